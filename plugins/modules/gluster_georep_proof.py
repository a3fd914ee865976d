#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_proof
short_description: Prove that geo-replication sessions deliver files
version_added: 0.1.0
description:
  - Writes a small tree of files into the primary volume and reads it from the secondary volume until every byte is there. Then it deletes
    the tree and waits until it is gone on the secondary too. The module does not rely on the session status, because an C(Active) worker
    may deliver nothing.
  - The tree is a hidden folder with a unique name in the volume's root. The module always deletes it. If the volume does not allow that,
    the message names the folder.
  - The module gives up on a volume that does not answer for one minute, because a brick hangs or cannot be reached.
  - If files of a session do not arrive, the module fails with the file, the sizes, and the known causes.
  - This test is called a proof. The primary cluster stores a passed proof in the option C(user.glusterops.georep.proof) of the primary
    volume, until the session is created, started, resumed or changed, or a proof fails. M(glusterops.georep.gluster_georep_info) returns it as
    RV(glusterops.georep.gluster_georep_info#module:status[].last_proved). The role proves every started session without one.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.session.sessions
  - glusterops.georep.session
  - glusterops.georep.attributes
  - glusterops.georep.attributes.actiongroup_georep
attributes:
  check_mode:
    support: full
    details:
      - The module only says which sessions it would test.
  diff_mode:
    support: N/A
    details:
      - Nothing stays changed except the stored result.
  idempotent:
    support: full
    details:
      - Nothing stays changed except the stored result. O(restart_stalled) may restart a session, and O(send_again) may send files.
options:
  sessions:
    description:
      - Sessions to test. If not set, all sessions except those that are created, stopped or paused.
      - A session that is Faulty, that runs on only some nodes, or that cannot be read is not skipped. Its proof fails.
      - If the cluster has no session to test, the module succeeds and RV(proofs) is empty.
      - This node mounts each secondary volume from O(sessions[].secondary_host). TCP port 24007 and the brick ports must be open.
  timeout:
    description:
      - How long the test files may take to arrive on the secondary, and, after their deletion,
        to disappear there, in seconds. GlusterFS sends changes every 15 seconds.
    type: int
    default: 180
  restart_stalled:
    description:
      - Whether to stop and start a session that is active but delivers nothing, and to test it again, up to six times.
      - GlusterFS can lose a race when a worker connects to its brick (C(changelog-ev-handle.c)). The worker then sees no changes until it
        is restarted. Nothing is lost, and a restart delivers the missing changes. Each start can lose the race again.
    type: bool
    default: false
  report_stalled:
    description:
      - Whether the caller restarts single workers itself, with M(glusterops.georep.gluster_georep_worker) on all primary nodes. The role
        and the playbook C(glusterops.georep.prove) do.
      - If V(true) and no more than half of a session's replica sets deliver nothing, the module does not restart the whole session, because
        that could make other workers stall. It returns the stalled workers in RV(proofs[].stalled). The session then has not passed, but does not
        count as a failure. Restart these workers and test the session again.
      - Ignored without O(restart_stalled).
    type: bool
    default: false
  restart_after:
    description:
      - After how many seconds without any arrival a session counts as stalled.
      - By default the volume's C(changelog.rollover-time) plus 15 seconds, which is 30 seconds unless that option was changed.
    type: int
  compare:
    description:
      - Whether to compare older files with their copies too. The test files say nothing about files that were written before.
      - V(sample) compares the sizes of up to O(sample) files from all parts of the volume. V(all) compares size and content of every file,
        and so reads both sites completely.
      - Files that were written within the last minute are skipped. A file counts as different only if it stays different for a while.
      - If a file differs, the proof fails.
    type: str
    choices: [none, sample, all]
    default: none
  sample:
    description:
      - How many files O(compare=sample) compares.
    type: int
    default: 200
  send_again:
    description:
      - Whether to send files again whose copies differ. The module sets C(glusterfs.geo-rep.trigger-sync) on them, which changes neither
        their content nor their times.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Test that files of all started sessions reach the secondary
  glusterops.georep.gluster_georep_proof:

- name: Find files that are empty or differ on the secondary, and send them again
  glusterops.georep.gluster_georep_proof:
    compare: all
    send_again: true

- name: Test one session, and restart it if it has stalled
  glusterops.georep.gluster_georep_proof:
    sessions:
      - primary_volume: projects
        secondary_host: secondary1
        secondary_volume: projects-dr
    restart_stalled: true
"""

RETURN = r"""
proofs:
  description: One entry for each session.
  returned: always
  type: list
  elements: dict
  contains:
    session:
      description: The session, as C(VOLUME -> HOST::VOLUME).
      type: str
    proved:
      description: Whether every byte arrived and the deletion was seen.
      type: bool
    message:
      description: Result in words.
      type: str
    lag:
      description: Seconds from the last write until everything was read on the secondary.
      type: float
    removal_lag:
      description: Seconds from the deletion until it was seen on the secondary.
      type: float
    not_carried:
      description: What the session's sync method does not copy.
      type: list
      elements: str
    restarts:
      description: How many times the session was restarted because it had stalled.
      type: int
    written_at:
      description: When the files of a passed proof were written. UTC.
      type: str
      sample: "2026-11-22T08:38:16Z"
    method:
      description: Sync method of the session.
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
        - Workers that have stalled while the workers of other replica sets deliver, in the format of
          O(glusterops.georep.gluster_georep_worker#module:workers). Only with O(report_stalled).
      type: list
      elements: dict
    pending:
      description: Whether the session is still at its first copy. A proof is possible only after it, and this is no failure.
      type: bool
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

from ..module_utils._apply.proof import ProofSettings, prove
from ..module_utils._model.identity import check_session
from ..module_utils._model.progress import iso
from ..module_utils._module import LOCK_TIMEOUT, SESSION, Call, each, run_module

SPEC = dict(
    argument_spec=dict(
        sessions=each(SESSION),
        timeout=dict(type="int", default=180),
        restart_stalled=dict(type="bool", default=False),
        restart_after=dict(type="int"),
        compare=dict(type="str", choices=["none", "sample", "all"], default="none"),
        sample=dict(type="int", default=200),
        send_again=dict(type="bool", default=False),
        report_stalled=dict(type="bool", default=False),
        **LOCK_TIMEOUT,
    )
)


def work(call: Call) -> dict[str, t.Any]:
    params = call.params
    wanted = None if params["sessions"] is None else [check_session(**entry) for entry in params["sessions"]]
    settings = ProofSettings(
        params["timeout"],
        params["restart_stalled"],
        params["restart_after"],
        call.check_mode,
        params["compare"],
        params["sample"],
        params["send_again"],
        params["report_stalled"],
    )
    proofs = prove(call.cli, call.run, wanted, settings)
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
    )
    for proof in proofs:
        if proof.pending:
            call.warn(proof.message)
    failed = [proof.message for proof in proofs if not (proof.proved or proof.pending or proof.stalled or call.check_mode)]
    if failed:
        result.update(failed=True, msg="\n".join(failed))
    return result


def main() -> None:
    run_module(SPEC, work, needs_lxml=True)


if __name__ == "__main__":
    main()
