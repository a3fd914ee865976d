#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_config
short_description: Set options of a GlusterFS geo-replication session
version_added: 0.1.0
description:
  - Sets and resets options of gsyncd for one session that exists. Only options that differ are sent, and each is read back.
  - Names and values are checked first, because glusterd takes nearly any value, and a wrong one (a word where gsyncd
    reads a number) leaves a session that no gluster command can mend.
  - A change restarts the workers of a running session. A paused session would start to run, and is paused again.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.session
  - glusterops.georep.session.identity
  - glusterops.georep.attributes
  - glusterops.georep.attributes.actiongroup_georep
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  primary_volume:
    required: true
  secondary_host:
    required: true
  secondary_volume:
    required: true
  config:
    description:
      - Options to have, name to value. V(null) resets an option to its default.
      - Names may be written with V(-) or V(_), and in the words of any release of GlusterFS (V(slave-timeout) is
        V(secondary-timeout)).
      - Options that belong to gsyncd itself, such as C(working-dir), are refused, and so is C(checkpoint), which is an
        event and not a setting; M(glusterops.georep.gluster_georep_checkpoint) sets one.
    type: dict
    required: true
    aliases: [options]
  config_exclusive:
    description:
      - Whether to reset every option that somebody has set and that O(config) does not name.
      - What gsyncd writes itself stays, so do C(checkpoint), C(ssh-port), and C(ssh-options) that verify host keys.
    type: bool
    default: false
  nodes:
    description:
      - What M(glusterops.georep.gluster_georep_preflight) saw of the sessions' files on the primary nodes. Every node has a file
        of its own, and gluster shows that of the node it is asked on alone.
      - With it, options that another node has otherwise are seen and set again, and so are nodes that do not know a session.
        Without it such a node is noticed only where a brick of it has no worker.
    type: list
    elements: dict
    default: []
    suboptions:
      node:
        description: The node's name.
        type: str
        required: true
      node_uuid:
        description: glusterd's UUID of it.
        type: str
        required: true
      sessions:
        description: The options in the file of each session, by the name of the session's directory.
        type: dict
        required: true
  accept:
    description:
      - V(peer_down), go on although a node of the primary cluster cannot be reached. It keeps its old values.
    type: list
    elements: str
    choices: [peer_down]
    default: []
"""

EXAMPLES = r"""
- name: More workers, and no deletions on the secondary
  glusterops.georep.gluster_georep_config:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    config:
      sync-jobs: 5
      ignore-deletes: true

- name: These options and no others
  glusterops.georep.gluster_georep_config:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    config_exclusive: true
    config:
      sync-method: tarssh

- name: Back to the defaults
  glusterops.georep.gluster_georep_config:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    config:
      sync-jobs: null
      ignore_deletes: null
"""

RETURN = r"""
before:
  description: State of the session and the values of the given options before.
  returned: success
  type: dict
  sample: {"state": "active", "config": {"sync-jobs": "3"}}
after:
  description: The same afterwards; in check mode what it would be. A null value is the default.
  returned: success
  type: dict
  sample: {"state": "active", "config": {"sync-jobs": "5"}}
steps:
  description: What was done, or in check mode would be done, in order, each with its reason.
  returned: success
  type: list
  elements: str
  sample: ["config sync-jobs: 3 -> 5: differs; restarts the workers"]
notes:
  description: What was accepted by name, and what gluster answered that did not matter in the end.
  returned: success
  type: list
  elements: str
commands:
  description: Every command that was run, in order.
  returned: always
  type: list
  elements: dict
  contains:
    argv:
      description: The command and its arguments.
      type: list
      elements: str
    rc:
      description: Its exit code; null when it was ended for taking too long.
      type: int
    seconds:
      description: How long it took.
      type: float
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._gluster.runner import GlusterCli, Recorder
from ..module_utils._gluster.xml import HAS_LXML
from ..module_utils._model.errors import GeorepError
from ..module_utils._operate.report import config_wanted_from, diff_of, result_of
from ..module_utils._operate.session import Settings, converge


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            primary_volume=dict(type="str", required=True),
            secondary_host=dict(type="str", required=True),
            secondary_volume=dict(type="str", required=True),
            secondary_user=dict(type="str", default="root"),
            config=dict(type="dict", required=True, aliases=["options"]),
            config_exclusive=dict(type="bool", default=False),
            nodes=dict(
                type="list",
                elements="dict",
                default=[],
                options=dict(
                    node=dict(type="str", required=True),
                    node_uuid=dict(type="str", required=True),
                    sessions=dict(type="dict", required=True),
                ),
            ),
            accept=dict(type="list", elements="str", choices=["peer_down"], default=[]),
            lock_timeout=dict(type="int", default=120),
        ),
        supports_check_mode=True,
    )
    if not HAS_LXML:
        module.fail_json(msg=missing_required_lib("lxml"))
    run = Recorder()
    try:
        wanted = config_wanted_from(module.params)
        settings = Settings(check_mode=module.check_mode, wait=False, may_create=False, nodes=module.params["nodes"])
        cli = GlusterCli(run, lock_patience=module.params["lock_timeout"])
        outcomes = converge(cli, run, [wanted], settings)
    except GeorepError as exc:
        module.fail_json(commands=run.commands, **exc.as_result())
    result = result_of(outcomes[0])
    module.exit_json(
        commands=run.commands,
        diff=diff_of(outcomes),
        **{name: result[name] for name in ("changed", "before", "after", "steps", "notes")},
    )


if __name__ == "__main__":
    main()
