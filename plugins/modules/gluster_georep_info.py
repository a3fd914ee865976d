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
  - Reads all sessions of the cluster with one status call, and the options of each session with one call each, in parallel.
  - The module changes nothing.
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
      - Whether to read the options of the sessions too.
    type: bool
    default: true
  only:
    description:
      - Sessions to read. Other sessions are not returned, and their options are not read. All sessions if not set.
      - The module selects them from the one status call for all sessions, which takes no lock.
    type: list
    elements: dict
    suboptions:
      primary_volume:
        description: Name of the primary volume.
        type: str
        required: true
      secondary_host:
        description: Host of the secondary. Any host if not set.
        type: str
      secondary_volume:
        description: Name of the secondary volume. Any volume if not set.
        type: str
      secondary_user:
        description: Account on the secondary nodes. Any account if not set.
        type: str
  config_of:
    description:
      - Sessions whose options are read. Other sessions are returned without options. All sessions if not set.
    type: list
    elements: dict
    suboptions:
      primary_volume:
        description: Name of the primary volume.
        type: str
        required: true
      secondary_host:
        description: Host of the secondary. Any host if not set.
        type: str
      secondary_volume:
        description: Name of the secondary volume. Any volume if not set.
        type: str
      secondary_user:
        description: Account on the secondary nodes. Any account if not set.
        type: str
  local_only:
    description:
      - Whether to read only what this node's own files say about its workers, and to return it as RV(local). The module then runs no
        gluster command and does not need lxml.
      - Use it on all nodes of a cluster but one. P(glusterops.georep.georep_report#filter) combines the results.
    type: bool
    default: false
  secondary_hosts:
    description:
      - Hosts of secondary clusters whose volumes are read too, through TCP port 24007 of each host.
    type: list
    elements: str
    default: []
  all_secondaries:
    description:
      - Whether to read the volumes of the host of every session too. If a host does not answer, the result contains its error.
    type: bool
    default: false
  secondary_bricks:
    description:
      - Whether to read the state of the bricks of the secondary volumes too, with one call for each secondary cluster whose volumes are read.
      - If a worker of a session fails, the module asks the session's host for it in any case, if it reads the volumes of that host.
      - With V(true), a host that does not answer within 30 seconds counts as unreachable, instead of 120 seconds.
    type: bool
    default: false
  undeclared_secondaries:
    description:
      - Whether to read, like O(secondary_hosts), the hosts of all sessions of this cluster that are not in O(config_of), and to check that
        this node can resolve the names of all hosts, see RV(unresolved).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Read all sessions
  glusterops.georep.gluster_georep_info:
  register: georep

- name: Fail if a session is not active
  ansible.builtin.assert:
    that: georep.status | rejectattr('state', 'equalto', 'active') | length == 0
    fail_msg: "{{ georep.status | rejectattr('state', 'equalto', 'active') | map(attribute='primary_volume') | join(', ') }}"

- name: Read the sessions of one volume without their options
  glusterops.georep.gluster_georep_info:
    config: false
    only:
      - primary_volume: projects

- name: Read the volumes of the secondary site
  glusterops.georep.gluster_georep_info:
    config: false
    secondary_hosts: [secondary1]
"""

RETURN = r"""
sessions:
  description:
    - The sessions as a declaration, in the format of the input of the role P(glusterops.georep.geo_replication#role).
    - A session is only in RV(status) if its status cannot be read or its options were not read (see O(config), O(config_of) and
      RV(status[].known_here)).
  returned: success, without O(local_only)
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
  description: Everything that is known about each session.
  returned: success, without O(local_only)
  type: list
  elements: dict
  contains:
    state:
      description:
        - State of the session, combined from the states of its workers, replica set by replica set.
        - One of V(created), V(stopped), V(initializing), V(active), V(faulty), V(paused), V(mixed), V(unreadable).
      type: str
    read_at:
      description: Time of this node's clock when the status was read. UTC, ISO 8601, like all times of this module.
      type: str
      sample: "2026-11-22T08:38:31Z"
    last_synced:
      description:
        - Time up to which every change is on the secondary, for the replica set that is furthest behind.
        - Null if a replica set has no Active worker or its first copy has not ended. See RV(status[].lag_unknown).
      type: str
      sample: "2026-11-22T08:38:16Z"
    lag_seconds:
      description:
        - How many seconds of changes a disaster now could lose at most, for the worker that is furthest behind.
        - GlusterFS moves RV(status[].last_synced) only when something changes, so on an idle volume it falls further and further behind. If
          the brick's journal can be read, the lag is the age of the oldest period with a change that waits, or 0 if no change waits. The
          journal is read if the Active worker's brick is on this node, or if P(glusterops.georep.georep_report#filter) got the results of
          that node. Otherwise the lag is the time since RV(status[].last_synced), which is never too small.
        - Null if the lag is not known, see RV(status[].lag_unknown).
      type: int
    caught_up:
      description: Whether no change waits on any brick. Null if the journals of the Active workers' bricks were not all read.
      type: bool
    lag_unknown:
      description: Why the lag is not known.
      type: str
    checkpoint:
      description: Checkpoint of the session.
      type: dict
      contains:
        set:
          description:
            - Whether a checkpoint is set.
            - Null if that is unknown, because the session's options were not read and no worker is Active.
          type: bool
        time:
          description: Time of the checkpoint. Everything that was written before it must be on the secondary.
          type: str
        completed:
          description:
            - Whether every replica set has an Active worker that reports this checkpoint as complete.
            - Null if no checkpoint is set, or if a replica set has no Active worker.
          type: bool
        completed_at:
          description: When the last replica set reported the checkpoint as complete.
          type: str
    workers:
      description: The workers, one for each brick. Values that only an Active worker reports are null for other workers.
      type: list
      elements: dict
      contains:
        node:
          description: Node of the brick.
          type: str
        node_uuid:
          description: UUID of that node, as glusterd has it.
          type: str
        brick:
          description: Path of the brick.
          type: str
        secondary_user:
          description: Account on the secondary nodes.
          type: str
        secondary:
          description: URL of the secondary.
          type: str
        secondary_node:
          description: Secondary node to which the worker is connected.
          type: str
        status:
          description: Status as gsyncd reports it, for example V(Active), V(Passive) or V(Faulty).
          type: str
        crawl_status:
          description: What the worker does, for example V(Changelog Crawl).
          type: str
        entry:
          description: Number of creations, deletions and renames that wait.
          type: int
        data:
          description: Number of files whose content waits.
          type: int
        meta:
          description: Number of changes of owners, modes and attributes that wait.
          type: int
        failures:
          description:
            - Number of creations, deletions, renames and attributes that the secondary refused since the session was created. Neither a
              restart nor a repair lowers it.
          type: int
        last_synced:
          description: Time up to which the worker has synced every change.
          type: str
        lag_seconds:
          description: Lag of this worker in seconds, see RV(status[].lag_seconds).
          type: int
        caught_up:
          description: Whether no change waits in the brick's journal. Null if the journal was not read.
          type: bool
        waiting_since:
          description: Start of the period in which the oldest change that waits was made.
          type: str
        stalled:
          description:
            - Whether the worker has nothing to do and has not seen a change for a minute although the brick's journal has one.
            - Null if RV(status[].workers[].status) is not V(Active) or the journal was not read.
          type: bool
        last_error:
          description:
            - Last error in the log of the worker's node since the worker's last start, for a worker that is neither Active nor Passive.
            - Only if that log was read.
          type: str
        fault:
          description: Known fault that matches what the worker logged last, with C(id), C(title), C(cause) and C(remedy). See C(docs/known-faults.md).
          type: dict
        checkpoint_time:
          description: Time of the checkpoint that this worker reports.
          type: str
        checkpoint_completed:
          description: Whether this worker reports the checkpoint as complete.
          type: bool
        checkpoint_completion_time:
          description: When this worker completed the checkpoint.
          type: str
    missing:
      description: Bricks of the primary volume without a worker.
      type: list
      elements: str
    sets:
      description: The replica sets of the primary volume, each a list of bricks as C(NODE:PATH).
      type: list
      elements: list
    health:
      description: Health of the session.
      type: dict
      contains:
        verdict:
          description:
            - V(healthy) means that every replica set is synced.
            - V(degraded) means that every replica set is synced but something is missing, or that a replica set is starting.
            - V(failed) means that a replica set is not synced and will not recover by itself.
            - V(not_running) means that the session is created, stopped or paused.
            - V(unknown) means that the status cannot be read.
          type: str
        reasons:
          description: Reasons for the verdict, with nodes and bricks.
          type: list
          elements: str
      sample: {"verdict": "healthy", "reasons": []}
    config:
      description:
        - Effective options, with the names of GlusterFS 10 and later. Empty if the options were not read, like RV(status[].defaults).
      type: dict
    defaults:
      description: Default value of each option. Null if it is not known.
      type: dict
    modified:
      description: Names of the options that are set for this session.
      type: list
      elements: str
    stale:
      description:
        - Options in the session's file on this node that an upgrade to GlusterFS 10 left there under their old names. gsyncd no longer
          reads them.
      type: list
      elements: str
    known_here:
      description:
        - Whether this node has a file of the session. A node that was reinstalled has none, although glusterd lists the session there.
      type: bool
    last_proved:
      description:
        - Last passed test that files arrive on the secondary (M(glusterops.georep.gluster_georep_proof)) since the session was created,
          started, resumed or changed, by this collection or by hand. The cluster stores it, so every node reports the same.
        - Null if no such test has passed since then, or if one has failed. The role then tests the session.
      type: dict
      contains:
        when:
          description: When the test files were written.
          type: str
        lag_seconds:
          description: How long the test files took to arrive, in seconds.
          type: float
        method:
          description: Sync method of the session during the test, V(rsync) or V(tarssh).
          type: str
        restarts:
          description: How many times the test restarted the session because it had stalled.
          type: int
        not_carried:
          description: What the sync method did not copy.
          type: list
          elements: str
      sample: {"when": "2026-11-22T08:38:16Z", "lag_seconds": 17.3, "method": "rsync", "restarts": 0, "not_carried": []}
    secondary_volume_id:
      description: UUID of the secondary volume.
      type: str
    primary_volume:
      description: Name of the primary volume.
      type: str
    secondary_host:
      description: Host of the secondary, as in the session.
      type: str
    secondary_volume:
      description: Name of the secondary volume.
      type: str
    secondary_user:
      description: Account on the secondary nodes.
      type: str
local:
  description: What this node's files say about its workers, for the option C(nodes) of P(glusterops.georep.georep_report#filter).
  returned: success
  type: dict
volumes:
  description:
    - The volumes of this cluster. C(options) has those options of a volume that affect geo-replication and are set, such as C(features.shard)
      and C(auth.allow).
  returned: success, without O(local_only)
  type: list
  elements: dict
peers:
  description: The nodes of this cluster, and whether glusterd is connected to them.
  returned: success, without O(local_only)
  type: list
  elements: dict
secondaries:
  description:
    - The volumes of each of O(secondary_hosts) and, with O(all_secondaries), of each session's host. If a host could not be read, its
      error.
    - C(node_uuid) is the UUID of the host. C(cluster_uuids) are the UUIDs of all nodes of its cluster. C(down) are the names of nodes that
      the host does not reach.
    - C(bricks) is the state of the bricks of each started volume, see O(secondary_bricks). Null if it was not read. C(online) is null if
      glusterd of the host does not reach the brick's node. Sizes are in bytes.
  returned: success, without O(local_only)
  type: list
  elements: dict
unresolved:
  description:
    - Secondary hosts of sessions whose names this node cannot resolve. Only with O(undeclared_secondaries=true).
    - GlusterFS finds no session of a volume if one of the volume's secondary hosts is in this list.
    - The list also contains hosts whose name a run of the role has added to C(/etc/hosts) temporarily, if that run was killed.
  returned: success
  type: list
  elements: str
keyed_nodes:
  description: Number of nodes whose geo-replication keys this node has, including nodes that have left the cluster.
  returned: success
  type: int
recorded_sites:
  description:
    - Secondary sites to which this cluster has copied its keys, in the format of O(glusterops.georep.gluster_ssh_trust#module:secondaries).
  returned: success
  type: list
  elements: dict
orphans:
  description: Directories on this node of sessions that glusterd does not know.
  returned: success
  type: list
  elements: str
site_defaults:
  description:
    - Options that C(/etc/glusterfs/gsyncd.conf) of this node sets for all sessions to another value than GlusterFS does. A new session begins
      with them.
  returned: success, without O(local_only)
  type: dict
  sample: {"ssh-port": "2222"}
version:
  description: Version of GlusterFS on this node.
  returned: success, without O(local_only)
  type: str
  sample: "10.3"
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

from ..module_utils._module import LOCK_TIMEOUT, PARTIAL_IDENTITY, Call, each, require_lxml, run_module
from ..module_utils._read.inform import among, read_declared
from ..module_utils._read.local import read_local

SPEC = dict(
    argument_spec=dict(
        config=dict(type="bool", default=True),
        only=each(PARTIAL_IDENTITY),
        config_of=each(PARTIAL_IDENTITY),
        secondary_hosts=dict(type="list", elements="str", default=[]),
        local_only=dict(type="bool", default=False),
        all_secondaries=dict(type="bool", default=False),
        secondary_bricks=dict(type="bool", default=False),
        undeclared_secondaries=dict(type="bool", default=False),
        **LOCK_TIMEOUT,
    )
)


def work(call: Call) -> dict[str, t.Any]:
    params = call.params
    if params["local_only"]:
        return {"local": read_local(among(params["only"]))}
    require_lxml()
    return read_declared(
        call.cli,
        call.run,
        config_of=params["config_of"],
        secondary_hosts=params["secondary_hosts"],
        undeclared_secondaries=params["undeclared_secondaries"],
        config=params["config"],
        only=among(params["only"]),
        far_of_sessions=params["all_secondaries"],
        far_bricks=params["secondary_bricks"],
    )


def main() -> None:
    run_module(SPEC, work)


if __name__ == "__main__":
    main()
