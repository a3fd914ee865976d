#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_proof
short_description: Prove that geo-replication sessions deliver
version_added: 0.1.0
description:
  - Writes a small tree into the primary volume, reads it back from the secondary volume until every byte is there, removes
    it and waits until it is gone there too. Status words are not asked, since they are no proof.
  - The tree is a hidden folder in the volume's root with a name of its own. It is removed in any case; where the volume does not
    let it be removed, the message names it.
  - A volume that does not answer for a minute, because one of its bricks hangs or cannot be reached, is not waited for.
  - Fails when a session does not deliver, and says which file, which sizes, and what is known to cause it.
  - A proof that has passed is remembered on the primary cluster, as a C(user.glusterops.georep.proof) option of the primary volume,
    until the session is created, started, resumed or changed again, or a proof fails. M(glusterops.georep.gluster_georep_info)
    returns it as RV(glusterops.georep.gluster_georep_info#module:status[].last_proved), and the role proves a session that has none.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.session
  - glusterops.georep.attributes
  - glusterops.georep.attributes.actiongroup_georep
attributes:
  check_mode:
    support: full
    details:
      - Only says which sessions it would prove.
  diff_mode:
    support: N/A
    details:
      - Nothing stays changed but what is remembered of the proof.
  idempotent:
    support: full
    details:
      - Nothing stays changed but what is remembered of the proof, except that O(restart_stalled) may have restarted a session and O(send_again) sent files.
options:
  sessions:
    description:
      - The sessions to prove; when left out, all but those that are created, stopped or paused.
      - A Faulty one is not left out, nor is one that only some nodes run, or that cannot be read. They fail.
      - A cluster without a session to prove is no failure, and RV(proofs) is empty then.
    type: list
    elements: dict
    suboptions:
      primary_volume:
        description: The primary volume.
        type: str
        required: true
      secondary_host:
        description:
          - The host of the secondary.
          - This node mounts the secondary volume from it, for which TCP port 24007 and the brick ports must be open.
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
  timeout:
    description:
      - How long the tree may take to arrive, in seconds, and again to vanish. Changes travel every 15 seconds.
    type: int
    default: 180
  restart_stalled:
    description:
      - Whether a session that is active and delivers nothing is stopped and started, and proved again, six times at most.
      - GlusterFS can lose a race when a worker connects to its brick (C(changelog-ev-handle.c)), and the worker then hears of
        no change until it is started again. Nothing is lost, and a restart delivers what was missed; but each start can
        lose the race anew.
    type: bool
    default: false
  workers_apart:
    description:
      - Whether whoever asks can start single workers anew, with M(glusterops.georep.gluster_georep_worker) on all primary nodes.
        The role and the playbook C(glusterops.georep.prove) can.
      - Then a session of which no more than half of the replica sets deliver nothing is not stopped and started as a whole, which
        would draw anew for all of its workers. It is returned with the workers that have stalled in RV(proofs[].stalled). It is
        neither proved nor a failure then; start these workers anew and prove it again.
      - It only counts with O(restart_stalled).
    type: bool
    default: false
  restart_after:
    description:
      - After how many seconds without any arrival a session counts as stalled.
      - By default the volume's C(changelog.rollover-time) and 15 seconds more, which is 30 where nobody changed it.
    type: int
  compare:
    description:
      - Whether to hold older files against their copies, too. A canary that arrives does not prove what was written before.
      - V(sample) compares the sizes of up to O(sample) files from all over the volume, V(all) size and content of every file,
        for which both sites are read whole.
      - Files that were written within the last minute are left out, and what differs has to differ for a while.
      - A difference fails the proof.
    type: str
    choices: [none, sample, all]
    default: none
  sample:
    description:
      - How many files V(sample) compares.
    type: int
    default: 200
  send_again:
    description:
      - Whether files whose copies differ are sent again, by setting C(glusterfs.geo-rep.trigger-sync) on them, which changes
        neither their content nor their times.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Prove all sessions that are started
  glusterops.georep.gluster_georep_proof:

- name: Find files that an earlier run left empty on the secondary, and send them again
  glusterops.georep.gluster_georep_proof:
    compare: all
    send_again: true

- name: Prove one, and restart it if it has stalled
  glusterops.georep.gluster_georep_proof:
    sessions:
      - primary_volume: projects
        secondary_host: secondary1
        secondary_volume: projects-dr
    restart_stalled: true
"""

RETURN = r"""
proofs:
  description: One entry a session.
  returned: always
  type: list
  elements: dict
  contains:
    session:
      description: The session, as C(VOLUME -> HOST::VOLUME).
      type: str
    proved:
      description: Whether every byte arrived and the removal was seen.
      type: bool
    message:
      description: What was found, in words.
      type: str
    lag:
      description: Seconds from the last write to the moment when everything was read back.
      type: float
    removal_lag:
      description: Seconds from the removal to the moment when it was seen.
      type: float
    not_carried:
      description: What the session's sync method does not carry.
      type: list
      elements: str
    restarts:
      description: How many times the session had stalled and was restarted.
      type: int
    written_at:
      description: When the files of a proof that passed were written, in UTC.
      type: str
      sample: "2026-11-22T08:38:16Z"
    method:
      description: The sync method by which they arrived.
      type: str
    files:
      description: The files that were written.
      type: list
      elements: str
    compared:
      description: How many older files were compared.
      type: int
    differences:
      description: Up to 50 older files whose copies differ, each with C(path), C(size), C(copy_size) and C(kind).
      type: list
      elements: dict
    sent_again:
      description: How many files were sent again.
      type: int
    stalled:
      description:
        - The workers that have stalled while those of other replica sets deliver, as M(glusterops.georep.gluster_georep_worker)
          takes them. Only with O(workers_apart).
      type: list
      elements: dict
    pending:
      description: Whether the session is still at its first copy, after which alone a proof is possible. That is no failure.
      type: bool
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

from ..module_utils._georep.progress import iso
from ..module_utils._gluster.runner import GlusterCli, Recorder
from ..module_utils._gluster.xml import HAS_LXML
from ..module_utils._model.errors import GeorepError
from ..module_utils._model.identity import check_session
from ..module_utils._operate.proof import ProofSettings, prove


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            sessions=dict(
                type="list",
                elements="dict",
                options=dict(
                    primary_volume=dict(type="str", required=True),
                    secondary_host=dict(type="str", required=True),
                    secondary_volume=dict(type="str", required=True),
                    secondary_user=dict(type="str", default="root"),
                ),
            ),
            timeout=dict(type="int", default=180),
            restart_stalled=dict(type="bool", default=False),
            restart_after=dict(type="int"),
            compare=dict(type="str", choices=["none", "sample", "all"], default="none"),
            sample=dict(type="int", default=200),
            send_again=dict(type="bool", default=False),
            workers_apart=dict(type="bool", default=False),
            lock_timeout=dict(type="int", default=120),
        ),
        supports_check_mode=True,
    )
    if not HAS_LXML:
        module.fail_json(msg=missing_required_lib("lxml"))
    params = module.params
    run = Recorder()
    try:
        wanted = None if params["sessions"] is None else [check_session(**entry) for entry in params["sessions"]]
        proofs = prove(
            GlusterCli(run, lock_patience=params["lock_timeout"]),
            run,
            wanted,
            ProofSettings(
                params["timeout"],
                params["restart_stalled"],
                params["restart_after"],
                module.check_mode,
                params["compare"],
                params["sample"],
                params["send_again"],
                params["workers_apart"],
            ),
        )
    except GeorepError as exc:
        module.fail_json(commands=run.commands, **exc.as_result())
    result = dict(
        changed=any(proof.changed for proof in proofs),
        proofs=[
            dict(
                proof._asdict(),
                session=str(proof.session),
                stalled=[worker.as_dict() for worker in proof.stalled],
                written_at=iso(proof.written_at),
            )
            for proof in proofs
        ],
        commands=run.commands,
    )
    failed = [proof.message for proof in proofs if not (proof.proved or proof.pending or proof.stalled or module.check_mode)]
    for proof in proofs:
        if proof.pending:
            module.warn(proof.message)
    if failed:
        module.fail_json(msg="\n".join(failed), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
