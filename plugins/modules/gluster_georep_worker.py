#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_worker
short_description: Restart single workers of GlusterFS geo-replication sessions
version_added: 0.1.0
description:
  - Ends workers of this node and waits until gsyncd's monitor has started new ones, which takes about 15 seconds. The session's other
    workers keep running. Nothing is lost, because the new worker begins with the changes that the old one missed.
  - Use it for a worker that has stalled, see C(stalled) in L(docs/known-faults.md,
    https://github.com/glusterops/glusterops.georep/blob/main/docs/known-faults.md). gluster itself can only restart a whole session, and every worker
    can stall again at each start.
  - The worker gets C(SIGTERM), so that it also removes its mount. Until the monitor has started the new worker, for about ten seconds,
    gluster reports C(Faulty) and sends the event C(GEOREP_FAULTY).
  - The module deletes the stored result of the test that files of the session arrive (M(glusterops.georep.gluster_georep_proof)). The next
    run of the role repeats this test.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A worker that was started after O(workers[].stalled_at) is left alone. Without that time, each run restarts it.
requirements:
  - Run it as root, on the nodes of the primary cluster.
options:
  workers:
    description:
      - The workers to restart, in the format of RV(glusterops.georep.gluster_georep_proof#module:proofs[].stalled).
      - Workers of other nodes are skipped, so you can give the same list to all nodes.
      - The module fails and restarts no worker of this node if a session or brick is not on this node, or if a session is stopped or
        paused.
    type: list
    elements: dict
    required: true
    suboptions:
      primary_volume:
        description: Name of the primary volume.
        type: str
        required: true
      secondary_host:
        description: Host of the secondary, as in the session.
        type: str
        required: true
      secondary_volume:
        description: Name of the secondary volume.
        type: str
        required: true
      secondary_user:
        description: Account on the secondary nodes.
        type: str
        default: root
      node:
        description: Node of the worker, as in the volume. Used only in messages.
        type: str
        required: true
      node_uuid:
        description: UUID of the node, as C(gluster pool list) shows it. The node compares it with its own UUID.
        type: str
        required: true
      brick:
        description: Path of the worker's brick.
        type: str
        required: true
      stalled_at:
        description:
          - Time at which the worker was found to have stalled, in ISO 8601 with a time zone, for example V(2026-11-22T08:00:00Z). A worker
            that was started later is left alone. The clocks of the nodes must agree (NTP).
          - If not set, the worker is restarted whenever it was started.
        type: str
  wait_timeout:
    description:
      - How long to wait until the restarted workers run again, in seconds. After that, the module fails and names the workers that do not.
    type: int
    default: 120
seealso:
  - module: glusterops.georep.gluster_georep_proof
  - module: glusterops.georep.gluster_georep_info
"""

EXAMPLES = r"""
- name: Prove all sessions, and return single workers that have stalled
  glusterops.georep.gluster_georep_proof:
    restart_stalled: true
    report_stalled: true
  run_once: true
  register: proof

- name: Restart these workers, each on its node
  glusterops.georep.gluster_georep_worker:
    workers: "{{ proof.proofs | map(attribute='stalled') | flatten }}"

# One start in two stalls again: the playbook glusterops.georep.prove repeats these two tasks several times.
- name: Prove all sessions, and restart sessions that still stall
  glusterops.georep.gluster_georep_proof:
    restart_stalled: true
  run_once: true
"""

RETURN = r"""
workers:
  description: The given workers that belong to this node.
  returned: success
  type: list
  elements: dict
  contains:
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
    node:
      description: Node as given.
      type: str
    node_uuid:
      description: UUID of the node.
      type: str
    brick:
      description: Path of the brick.
      type: str
    stalled_at:
      description: Time as given, in UTC.
      type: str
    ended:
      description:
        - Whether the module ended the worker. In check mode, whether it would.
        - V(false) means that a newer worker was already there or starting, and that the module waited for it.
      type: bool
commands:
  description:
    - Every gluster command that the module ran. Empty unless the stored proof of a session had to be deleted first.
    - If the module fails, only the command that failed. Run Ansible with C(-v) for all.
  returned: always
  type: list
  elements: dict
"""

import typing as t

from ..module_utils._apply.workers import WorkerSettings, check_workers, start_anew
from ..module_utils._module import SESSION, Call, each, run_module

WORKER = dict(
    SESSION,
    node=dict(type="str", required=True),
    node_uuid=dict(type="str", required=True),
    brick=dict(type="str", required=True),
    stalled_at=dict(type="str"),
)
SPEC = dict(argument_spec=dict(workers=each(WORKER, required=True), wait_timeout=dict(type="int", default=120)))


def work(call: Call) -> dict[str, t.Any]:
    workers = check_workers(call.params["workers"])
    done = start_anew(call.cli, workers, WorkerSettings(call.check_mode, call.params["wait_timeout"]))
    return dict(
        changed=any(item.ended for item in done),
        workers=[{**item.worker.as_dict(), "ended": item.ended} for item in done],
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


def main() -> None:
    run_module(SPEC, work)


if __name__ == "__main__":
    main()
