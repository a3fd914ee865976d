#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_info
short_description: Read the geo-replication sessions of a GlusterFS cluster
version_added: 0.1.0
description:
  - Reads all sessions of the cluster with one status call, and the options of each with one call a session, side by side.
  - Changes nothing.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.session
  - glusterops.georep.attributes
  - glusterops.georep.attributes.info_module
  - glusterops.georep.attributes.actiongroup_georep
options:
  config:
    description:
      - Whether to read the sessions' options too.
    type: bool
    default: true
  only:
    description:
      - Only these sessions; all when left out. Others are neither returned nor asked for their options.
    type: list
    elements: dict
    suboptions:
      primary_volume:
        description: The primary volume.
        type: str
        required: true
      secondary_host:
        description: The host of the secondary.
        type: str
        required: true
      secondary_volume:
        description: The volume of the secondary.
        type: str
        required: true
      secondary_user:
        description: The account on the secondary.
        type: str
        default: root
  config_of:
    description:
      - Read the options of these sessions only. The others are returned all the same, without options.
    type: list
    elements: dict
    suboptions:
      primary_volume:
        description: The primary volume.
        type: str
        required: true
      secondary_host:
        description: The host of the secondary.
        type: str
        required: true
      secondary_volume:
        description: The volume of the secondary.
        type: str
        required: true
      secondary_user:
        description: The account on the secondary.
        type: str
        default: root
  secondary_hosts:
    description:
      - Hosts of secondary clusters whose volumes are read as well, through TCP port 24007 of each.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Read all sessions
  glusterops.georep.gluster_georep_info:
  register: georep

- name: Stop here when one of them is not active
  ansible.builtin.assert:
    that: georep.status | rejectattr('state', 'equalto', 'active') | length == 0
    fail_msg: "{{ georep.status | rejectattr('state', 'equalto', 'active') | map(attribute='primary_volume') | join(', ') }}"

- name: The volumes of the other site as seen from here
  glusterops.georep.gluster_georep_info:
    config: false
    secondary_hosts: [secondary1]
"""

RETURN = r"""
sessions:
  description:
    - The sessions as one would declare them, in the shape of the input of the role P(glusterops.georep.geo_replication#role).
    - A session whose status cannot be read is only in RV(status).
  returned: success
  type: list
  elements: dict
  sample:
    - primary_volume: projects
      secondary_host: secondary1
      secondary_volume: projects-dr
      secondary_user: root
      ssh_port: 22
      state: started
      config: {sync-method: tarssh}
status:
  description: Everything known about each session.
  returned: success
  type: list
  elements: dict
  contains:
    state:
      description:
        - The workers' states folded into one, replica set by replica set.
        - One of V(created), V(stopped), V(initializing), V(active), V(faulty), V(paused), V(mixed), V(unreadable).
      type: str
    read_at:
      description: This node's clock when the status was read. UTC, ISO 8601, like all times here.
      type: str
      sample: "2026-11-22T08:38:31Z"
    last_synced:
      description:
        - The time up to which every change has been brought over, of the replica set that is furthest behind.
        - Null where a set has no Active worker, or its first copy has not ended. See RV(status[].lag_unknown).
      type: str
      sample: "2026-11-22T08:38:16Z"
    lag_seconds:
      description:
        - Seconds from RV(status[].last_synced) to RV(status[].read_at), which is how much of the last changes a
          disaster now could cost at most.
        - Null where it is not known.
      type: int
    lag_unknown:
      description: Why the lag is not known.
      type: str
    checkpoint:
      description: The session's checkpoint, if one is set.
      type: dict
      contains:
        set:
          description: Whether there is one.
          type: bool
        time:
          description: The time up to which everything is to be over there.
          type: str
        completed:
          description:
            - Whether every replica set has an Active worker that says so of this very checkpoint.
            - Null without a checkpoint, and where a replica set has no Active worker to tell.
          type: bool
        completed_at:
          description: When the last of them said so.
          type: str
    workers:
      description: The workers, one a brick. What only an Active one tells is null for the others.
      type: list
      elements: dict
      contains:
        node:
          description: The node of the brick.
          type: str
        node_uuid:
          description: glusterd's UUID of that node.
          type: str
        brick:
          description: The brick's path.
          type: str
        secondary_user:
          description: The account on the secondary.
          type: str
        secondary:
          description: The secondary's URL.
          type: str
        secondary_node:
          description: The node of the secondary that the worker is connected to.
          type: str
        status:
          description: gsyncd's word, for example V(Active), V(Passive) or V(Faulty).
          type: str
        crawl_status:
          description: What it is at, for example V(Changelog Crawl).
          type: str
        entry:
          description: Creations, removals and renames that wait.
          type: int
        data:
          description: Files whose content waits.
          type: int
        meta:
          description: Changes of owners, modes and attributes that wait.
          type: int
        failures:
          description: How many changes it gave up on.
          type: int
        last_synced:
          description: The time up to which it has brought every change over.
          type: str
        lag_seconds:
          description: Seconds since then.
          type: int
        checkpoint_time:
          description: The checkpoint as this worker knows it.
          type: str
        checkpoint_completed:
          description: Whether it is complete.
          type: bool
        checkpoint_completion_time:
          description: Since when.
          type: str
    missing:
      description: Bricks of the primary volume without a worker.
      type: list
      elements: str
    config:
      description: Effective options, by the names of GlusterFS 10 and later.
      type: dict
    defaults:
      description: What each of them is where nobody sets it; null where that cannot be known.
      type: dict
    modified:
      description: Options that were set for this session.
      type: list
      elements: str
    secondary_volume_id:
      description: UUID of the secondary volume.
      type: str
    primary_volume:
      description: The primary volume.
      type: str
    secondary_host:
      description: The host of the secondary.
      type: str
    secondary_volume:
      description: The volume of the secondary.
      type: str
    secondary_user:
      description: The account on the secondary.
      type: str
volumes:
  description: The volumes of this cluster.
  returned: success
  type: list
  elements: dict
peers:
  description: The nodes of this cluster and whether glusterd reaches them.
  returned: success
  type: list
  elements: dict
secondaries:
  description: The volumes of each of O(secondary_hosts), or the error that was met there.
  returned: success
  type: list
  elements: dict
version:
  description: Version of GlusterFS on this node.
  returned: success
  type: str
  sample: "10.3"
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

import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._georep.identity import Invalid, SessionId, check_host, check_session
from ..module_utils._gluster.errors import GeorepError
from ..module_utils._gluster.runner import GlusterCli, Recorder
from ..module_utils._gluster.xml import HAS_LXML
from ..module_utils._operate.inform import inform
from ..module_utils._operate.report import as_error


def identity_spec() -> dict:
    return dict(
        primary_volume=dict(type="str", required=True),
        secondary_host=dict(type="str", required=True),
        secondary_volume=dict(type="str", required=True),
        secondary_user=dict(type="str", default="root"),
    )


def among(entries: list | None) -> t.Callable[[SessionId], bool]:
    """Whether a session is one of those given; all are, where none were."""
    given = None if entries is None else {check_session(**entry) for entry in entries}
    return lambda session: given is None or session in given


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            config=dict(type="bool", default=True),
            only=dict(type="list", elements="dict", options=identity_spec()),
            config_of=dict(type="list", elements="dict", options=identity_spec()),
            secondary_hosts=dict(type="list", elements="str", default=[]),
            lock_timeout=dict(type="int", default=120),
        ),
        supports_check_mode=True,
    )
    if not HAS_LXML:
        module.fail_json(msg=missing_required_lib("lxml"))
    params = module.params
    run = Recorder()
    try:
        hosts = [check_host("secondary_hosts", host) for host in params["secondary_hosts"]]
        config_of = among(params["config_of"])
        result = inform(
            GlusterCli(run, lock_patience=params["lock_timeout"]),
            run,
            config_of=lambda session: params["config"] and config_of(session),
            only=among(params["only"]),
            far_hosts=hosts,
        )
    except Invalid as exc:
        module.fail_json(commands=run.commands, **as_error(exc).as_result())
    except GeorepError as exc:
        module.fail_json(commands=run.commands, **exc.as_result())
    module.exit_json(changed=False, commands=run.commands, **result)


if __name__ == "__main__":
    main()
