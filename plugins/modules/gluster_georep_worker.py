#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_worker
short_description: Start single workers of GlusterFS geo-replication sessions anew
version_added: 0.1.0
description:
  - Ends workers of the node it runs on and waits until gsyncd's monitor has made new ones, which takes some 15 seconds. The
    session's other workers go on meanwhile, and nothing is lost; the new worker begins with what the old one missed.
  - This is for a worker that has stalled, see C(stalled) in
    L(docs/known-faults.md, https://github.com/glusterops/georep/blob/main/docs/known-faults.md). gluster can only stop and start
    a session as a whole, and each start draws anew for every worker whether it stalls.
  - The worker is asked to end by itself (C(SIGTERM)), so that it takes its mount along. Until the monitor has made the next, some
    ten seconds later, gluster calls it C(Faulty), and sends the event C(GEOREP_FAULTY) where events are listened to.
  - The session is owed a proof from then on (M(glusterops.georep.gluster_georep_proof)); the next run of the role proves it.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.attributes
  - glusterops.georep.attributes.actiongroup_georep
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A worker that was started since O(workers[].stalled_at) is left alone. Without that time it is started anew each time.
requirements:
  - Run it as root, on the nodes of the primary cluster.
options:
  workers:
    description:
      - The workers, as RV(glusterops.georep.gluster_georep_proof#module:proofs[].stalled) names them.
      - Those of other nodes are left out, so that all nodes can be given the same list.
      - A session or brick that this node does not have, and a session that is stopped or paused, is an error, and no worker
        of this node is touched then.
    type: list
    elements: dict
    required: true
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
      node:
        description: The node, as the volume names it. It is only used in messages.
        type: str
        required: true
      node_uuid:
        description: The node's UUID, by which it knows whether it is meant; C(gluster pool list) shows it.
        type: str
        required: true
      brick:
        description: The path of the brick that the worker serves.
        type: str
        required: true
      stalled_at:
        description:
          - When the worker was seen to have stalled, in ISO 8601 with a zone, such as V(2026-11-22T08:00:00Z). One that was started
            later is left alone. The nodes' clocks have to agree (NTP).
          - When it is left out, the worker that runs is started anew, whenever it was started.
        type: str
  wait_timeout:
    description:
      - How long to wait until the new workers are there, in seconds.
    type: int
    default: 120
seealso:
  - module: glusterops.georep.gluster_georep_proof
  - module: glusterops.georep.gluster_georep_info
"""

EXAMPLES = r"""
- name: Prove all sessions, and leave single workers that have stalled to the next task
  glusterops.georep.gluster_georep_proof:
    restart_stalled: true
    workers_apart: true
  run_once: true
  register: proof

- name: Start these workers anew, each on its node
  glusterops.georep.gluster_georep_worker:
    workers: "{{ proof.proofs | map(attribute='stalled') | flatten }}"

# One start in two stalls again: the playbook glusterops.georep.prove takes several such turns.
- name: Prove them all, and restart as a whole what still stalls
  glusterops.georep.gluster_georep_proof:
    restart_stalled: true
  run_once: true
"""

RETURN = r"""
workers:
  description: Those of the given workers that are this node's.
  returned: success
  type: list
  elements: dict
  contains:
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
    node:
      description: The node, as it was given.
      type: str
    node_uuid:
      description: The node's UUID.
      type: str
    brick:
      description: The path of the brick.
      type: str
    stalled_at:
      description: The time that was given, in UTC.
      type: str
    ended:
      description:
        - Whether the worker was there and was ended; in check mode, would be.
        - If not, another is there or on its way already, and was waited for.
      type: bool
commands:
  description: Empty, except where a proof that was remembered of a session had to be withdrawn first.
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._gluster.runner import GlusterCli, Recorder
from ..module_utils._model.errors import GeorepError
from ..module_utils._operate.workers import WorkerSettings, check_workers, start_anew


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            workers=dict(
                type="list",
                elements="dict",
                required=True,
                options=dict(
                    primary_volume=dict(type="str", required=True),
                    secondary_host=dict(type="str", required=True),
                    secondary_volume=dict(type="str", required=True),
                    secondary_user=dict(type="str", default="root"),
                    node=dict(type="str", required=True),
                    node_uuid=dict(type="str", required=True),
                    brick=dict(type="str", required=True),
                    stalled_at=dict(type="str"),
                ),
            ),
            wait_timeout=dict(type="int", default=120),
        ),
        supports_check_mode=True,
    )
    run = Recorder()
    try:
        workers = check_workers(module.params["workers"])
        done = start_anew(GlusterCli(run), workers, WorkerSettings(module.check_mode, module.params["wait_timeout"]))
    except GeorepError as exc:
        module.fail_json(commands=run.commands, **exc.as_result())
    module.exit_json(
        changed=any(item.ended for item in done),
        workers=[{**item.worker.as_dict(), "ended": item.ended} for item in done],
        commands=run.commands,
        diff=[
            {
                "before_header": str(item.worker),
                "after_header": str(item.worker),
                "before": {"worker": "as it was started before"},
                "after": {"worker": "started anew"},
            }
            for item in done
            if item.ended
        ],
    )


if __name__ == "__main__":
    main()
