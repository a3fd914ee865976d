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
  - Sets and resets options of gsyncd for one existing session. The module sends only options that differ, and reads each one back.
  - The module checks names and values first. glusterd accepts almost any value, and a wrong value (a word for a number) leaves a session
    that no gluster command can repair.
  - A change restarts the workers of a running session. GlusterFS resumes a paused session on a change; the module pauses it again.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.session.nodes
  - glusterops.georep.session.peer_down
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
      - Options to set, name to value. V(null) resets an option to its default.
      - You may write names with V(-) or V(_), and use the names of any GlusterFS release (V(slave-timeout) is V(secondary-timeout)).
      - The module refuses options that gsyncd sets itself, such as C(working-dir), and C(checkpoint). To set a checkpoint, use
        M(glusterops.georep.gluster_georep_checkpoint).
    type: dict
    required: true
    aliases: [options]
  config_exclusive:
    description:
      - Whether to reset every option that is set on the session and not named in O(config).
      - Options that gsyncd writes itself stay. C(checkpoint), C(ssh-port), and C(ssh-options) that verify host keys stay too.
    type: bool
    default: false
  accept:
    description:
      - Problems that do not stop the module, by name.
      - V(peer_down) means that a node of the primary cluster is down. That node keeps its old values.
"""

EXAMPLES = r"""
- name: Use more sync jobs, and keep deleted files on the secondary
  glusterops.georep.gluster_georep_config:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    config:
      sync-jobs: 5
      ignore-deletes: true

- name: Set these options and reset all others
  glusterops.georep.gluster_georep_config:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    config_exclusive: true
    config:
      sync-method: tarssh

- name: Reset two options to their defaults
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
  description: State of the session and values of the given options before the run.
  returned: success
  type: dict
  sample: {"state": "active", "config": {"sync-jobs": "3"}}
after:
  description: State and values after the run. In check mode, what they would be. A null value is the default.
  returned: success
  type: dict
  sample: {"state": "active", "config": {"sync-jobs": "5"}}
steps:
  description: What the module did, or would do in check mode, in order and each with its reason.
  returned: success
  type: list
  elements: str
  sample: ["config sync-jobs: 3 -> 5: differs; restarts the workers"]
notes:
  description: Problems that were accepted by name, and errors of gluster that had no effect in the end.
  returned: success
  type: list
  elements: str
commands:
  description:
    - Every command that the module ran, in order.
    - If the module fails, only the command that failed. Run Ansible with C(-v) for all.
  returned: always
  type: list
  elements: dict
  contains:
    argv:
      description: The command and its arguments.
      type: list
      elements: str
    rc:
      description: Exit code of the command. Null if the command exceeded its time limit.
      type: int
    seconds:
      description: Run time in seconds.
      type: float
"""

import typing as t

from ..module_utils._apply.prepare import Settings
from ..module_utils._apply.report import diff_of, result_of
from ..module_utils._apply.session import converge
from ..module_utils._model.cluster import SessionFiles
from ..module_utils._module import LOCK_TIMEOUT, NODES, PEER_DOWN, SESSION, Call, run_module
from ..module_utils._plan.declaration import config_wanted_from

SPEC = dict(
    argument_spec=dict(
        SESSION,
        config=dict(type="dict", required=True, aliases=["options"]),
        config_exclusive=dict(type="bool", default=False),
        **NODES,
        **PEER_DOWN,
        **LOCK_TIMEOUT,
    )
)


def work(call: Call) -> dict[str, t.Any]:
    wanted = config_wanted_from(call.params)
    settings = Settings(check_mode=call.check_mode, wait=False, may_create=False, nodes=[SessionFiles.from_result(node) for node in call.params["nodes"]])
    outcomes = converge(call.cli, call.run, [wanted], settings)
    result = result_of(outcomes[0])
    return dict(diff=diff_of(outcomes), **{name: result[name] for name in ("changed", "before", "after", "steps", "notes")})


def main() -> None:
    run_module(SPEC, work, needs_lxml=True)


if __name__ == "__main__":
    main()
