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
      - They are picked from the one status call for all, which takes no lock.
    type: list
    elements: dict
    suboptions:
      primary_volume:
        description: The primary volume.
        type: str
        required: true
      secondary_host:
        description: The host of the secondary; any when left out.
        type: str
      secondary_volume:
        description: The volume of the secondary; any when left out.
        type: str
      secondary_user:
        description: The account on the secondary; any when left out.
        type: str
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
        description: The host of the secondary; any when left out.
        type: str
      secondary_volume:
        description: The volume of the secondary; any when left out.
        type: str
      secondary_user:
        description: The account on the secondary; any when left out.
        type: str
  local_only:
    description:
      - Read only what this node knows of its own workers, from its own files, and return it as RV(local). No gluster command
        is run, and lxml is not needed.
      - For all nodes but one of a cluster. P(glusterops.georep.georep_merged#filter) brings the results together.
    type: bool
    default: false
  secondary_hosts:
    description:
      - Hosts of secondary clusters whose volumes are read as well, through TCP port 24007 of each.
    type: list
    elements: str
    default: []
  all_secondaries:
    description:
      - Read the volumes of the host of every session, too. One that does not answer is reported with its error.
    type: bool
    default: false
  secondaries_of_others:
    description:
      - Whether to read, like O(secondary_hosts), the hosts of all sessions of this cluster that are not among O(config_of),
        and to try the names of all of them, see RV(unresolved).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Read all sessions
  glusterops.georep.gluster_georep_info:
  register: georep

- name: Stop here when one of them is not active
  ansible.builtin.assert:
    that: georep.status | rejectattr('state', 'equalto', 'active') | length == 0
    fail_msg: "{{ georep.status | rejectattr('state', 'equalto', 'active') | map(attribute='primary_volume') | join(', ') }}"

- name: Those of one volume, without their options
  glusterops.georep.gluster_georep_info:
    config: false
    only:
      - primary_volume: projects

- name: The volumes of the other site as seen from here
  glusterops.georep.gluster_georep_info:
    config: false
    secondary_hosts: [secondary1]
"""

RETURN = r"""
sessions:
  description:
    - The sessions as one would declare them, in the shape of the input of the role P(glusterops.georep.geo_replication#role).
    - A session whose status cannot be read, or whose options were not read (O(config), O(config_of), or RV(status[].known_here)
      is false), is only in RV(status).
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
  description: Everything known about each session.
  returned: success, without O(local_only)
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
        - How many seconds of changes a disaster now could cost at most, of the worker that is furthest behind.
        - GlusterFS moves RV(status[].last_synced) only with changes, so that on an idle volume it stays behind more and more. Where the
          Active worker's brick is on this node (or P(glusterops.georep.georep_merged#filter) was given the results of that
          node), the brick's journal tells what waits, and the lag is 0 where nothing does, or else the age of the oldest
          period with a change that waits. Elsewhere it is the time since RV(status[].last_synced), which is never too little.
        - Null where it is not known at all, see RV(status[].lag_unknown).
      type: int
    caught_up:
      description: Whether nothing waits on any brick; null where the journals of all Active workers' bricks were not read.
      type: bool
    lag_unknown:
      description: Why the lag is not known.
      type: str
    checkpoint:
      description: The session's checkpoint, if one is set.
      type: dict
      contains:
        set:
          description:
            - Whether there is one.
            - Null where nobody tells, because the session's options were not read and no worker is Active.
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
          description:
            - How many creations, removals, renames and attributes the secondary refused since the session was created. Neither a
              restart nor a repair lowers it.
          type: int
        last_synced:
          description: The time up to which it has brought every change over.
          type: str
        lag_seconds:
          description: Seconds since then, or as the brick's journal tells, see RV(status[].lag_seconds).
          type: int
        caught_up:
          description: Whether the brick's journal holds no change that waits; null where it was not read.
          type: bool
        waiting_since:
          description: When the oldest change that waits was made, at the earliest.
          type: str
        stalled:
          description:
            - Whether the worker has nothing to do, and does not see a change that it could have taken a minute ago.
            - Null where RV(status[].workers[].status) is not V(Active), or the brick's journal was not read.
          type: bool
        last_error:
          description: Of a worker that is neither Active nor Passive, the last error in the log of its node, where that was read.
          type: str
        fault:
          description: The known fault that it speaks of, with C(id), C(title), C(cause) and C(remedy). See C(docs/known-faults.md).
          type: dict
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
    sets:
      description: The replica sets of the primary volume, each a list of bricks as C(NODE:PATH).
      type: list
      elements: list
    health:
      description: How well the session is.
      type: dict
      contains:
        verdict:
          description:
            - V(healthy), every replica set is being synced.
            - V(degraded), it is, with something missing, or a replica set is on its way.
            - V(failed), a replica set is not synced and will not be by itself.
            - V(not_running), it is created, stopped or paused.
            - V(unknown), its status cannot be read.
          type: str
        reasons:
          description: Why, naming nodes and bricks.
          type: list
          elements: str
      sample: {"verdict": "healthy", "reasons": []}
    config:
      description: Effective options, by the names of GlusterFS 10 and later. Empty where they were not read, like RV(status[].defaults).
      type: dict
    defaults:
      description: What each of them is where nobody sets it; null where that cannot be known.
      type: dict
    modified:
      description: Options that were set for this session.
      type: list
      elements: str
    stale:
      description:
        - Options in the session's file on this node that an upgrade to GlusterFS 10 left there under their old names. They are not
          read any more.
      type: list
      elements: str
    known_here:
      description:
        - Whether this node has a file of the session. One that was set up anew has not, though glusterd lists the session there.
      type: bool
    last_proved:
      description:
        - The last proof by M(glusterops.georep.gluster_georep_proof) that has passed since the session was created, started, resumed or
          changed, by this collection or by hand. The cluster remembers it, whichever node is asked.
        - Null where none has, or where a proof has failed since. The session is owed a proof then, and the role gives it one.
      type: dict
      contains:
        when:
          description: When the files of the proof were written.
          type: str
        lag_seconds:
          description: How long they took to arrive.
          type: float
        method:
          description: The sync method by which they arrived, V(rsync) or V(tarssh).
          type: str
        restarts:
          description: How many times the session had stalled and was restarted in that run.
          type: int
        not_carried:
          description: What the sync method did not carry.
          type: list
          elements: str
      sample: {"when": "2026-11-22T08:38:16Z", "lag_seconds": 17.3, "method": "rsync", "restarts": 0, "not_carried": []}
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
local:
  description: What this node knows of its own workers, for P(glusterops.georep.georep_merged#filter).
  returned: success
  type: dict
volumes:
  description: The volumes of this cluster.
  returned: success, without O(local_only)
  type: list
  elements: dict
peers:
  description: The nodes of this cluster and whether glusterd reaches them.
  returned: success, without O(local_only)
  type: list
  elements: dict
secondaries:
  description:
    - The volumes of each of O(secondary_hosts) and, with O(all_secondaries), of each session's host, or the error that was met there.
    - C(node_uuid) is glusterd's UUID of the host, and C(cluster_uuids) are those of all nodes of its cluster.
  returned: success, without O(local_only)
  type: list
  elements: dict
unresolved:
  description:
    - Secondary hosts of sessions whose names this node cannot resolve, with O(secondaries_of_others=true).
    - GlusterFS finds no session of a volume as long as one of its secondary hosts is among them.
    - Those count, too, to which a run of the role that was killed has lent an address of nobody in C(/etc/hosts).
  returned: success
  type: list
  elements: str
keyed_nodes:
  description: Of how many nodes of this cluster, those that have left among them, this node knows the geo-replication keys.
  returned: success
  type: int
recorded_sites:
  description: Where this cluster has brought its keys, in the shape of O(glusterops.georep.gluster_ssh_trust#module:secondaries).
  returned: success
  type: list
  elements: dict
orphans:
  description: Folders of sessions that glusterd does not know on this node (any more).
  returned: success
  type: list
  elements: str
version:
  description: Version of GlusterFS on this node.
  returned: success, without O(local_only)
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

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._gluster.runner import GlusterCli, Recorder
from ..module_utils._gluster.xml import HAS_LXML
from ..module_utils._model.errors import GeorepError
from ..module_utils._operate.inform import among, read_declared
from ..module_utils._operate.local import read_local


def identity_spec() -> dict:
    return dict(
        primary_volume=dict(type="str", required=True),
        secondary_host=dict(type="str"),
        secondary_volume=dict(type="str"),
        secondary_user=dict(type="str"),
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            config=dict(type="bool", default=True),
            only=dict(type="list", elements="dict", options=identity_spec()),
            config_of=dict(type="list", elements="dict", options=identity_spec()),
            secondary_hosts=dict(type="list", elements="str", default=[]),
            local_only=dict(type="bool", default=False),
            all_secondaries=dict(type="bool", default=False),
            secondaries_of_others=dict(type="bool", default=False),
            lock_timeout=dict(type="int", default=120),
        ),
        supports_check_mode=True,
    )
    params = module.params
    if not HAS_LXML and not params["local_only"]:
        module.fail_json(msg=missing_required_lib("lxml"))
    run = Recorder()
    try:
        if params["local_only"]:
            module.exit_json(changed=False, commands=[], local=read_local(among(params["only"])))
        result = read_declared(
            GlusterCli(run, lock_patience=params["lock_timeout"]),
            run,
            config_of=params["config_of"],
            secondary_hosts=params["secondary_hosts"],
            secondaries_of_others=params["secondaries_of_others"],
            config=params["config"],
            only=among(params["only"]),
            far_of_sessions=params["all_secondaries"],
        )
    except GeorepError as exc:
        module.fail_json(commands=run.commands, **exc.as_result())
    module.exit_json(changed=False, commands=run.commands, **result)


if __name__ == "__main__":
    main()
