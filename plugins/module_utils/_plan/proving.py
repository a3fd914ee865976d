# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What follows from the proofs of sessions: workers that have stalled get another start on their nodes, and their sessions another proof.

Only Ansible reaches all nodes. Whatever cannot be done so is left to the proof itself, which restarts the whole session.
"""

from __future__ import annotations

import typing as t

from .._model.errors import PreconditionFailed

#: One start in two of a single worker was seen to stall.
MOST_TURNS = 15

_NO_RESULT = (
    "gluster_georep_proof returned no result, so it is not known whether files reach the secondary. Run again with -v, and read the result of the task "
    "before this one."
)

_IDENTITY = ("primary_volume", "secondary_host", "secondary_volume", "secondary_user")


def judge_proofs(
    proof: t.Mapping[str, t.Any], earlier: t.Mapping[str, t.Any] | None = None, *, pending_fails: bool = False, check_mode: bool = False
) -> dict[str, t.Any]:
    """What is not proved yet, and what comes next.

    :param proof: result of gluster_georep_proof; :param earlier: what this function returned before it.
    :param pending_fails: whether a session at its first copy, which cannot be proved yet, is a failure.
    :returns: ``stalled``, the workers that get another start, and whether there are any (``again``); ``sessions``, those to prove after that;
        ``turns``, a number for each time that this can be done; and ``unfinished``, proofs of sessions that are not proved, and that no other turn proves.
    :raises PreconditionFailed: nothing more can be done, and a session is not proved.
    """
    proofs = proof.get("proofs", ())
    stalled = [worker for one in proofs for worker in one["stalled"]]
    # In check mode none is proved.
    left = [] if check_mode else [one for one in proofs if not one["proved"] and not one["stalled"]]
    unfinished = [*(earlier or {}).get("unfinished", ()), *left]
    # What is wrong with one session keeps no other's workers from another start. It is said when these are through.
    failed = [] if stalled else [one["message"] for one in unfinished if pending_fails or not one["pending"]]
    # Ansible clears ``failed`` of a task with failed_when: what the module returns only if it ran tells a failure.
    if failed or ((proof.get("failed") or "proofs" not in proof) and not stalled):
        raise PreconditionFailed(" ".join(failed) or proof.get("msg") or _NO_RESULT)
    turn = earlier["turn"] + 1 if earlier else 0
    return {
        "turn": turn,
        "turns": list(range(turn, MOST_TURNS)) if stalled else [],
        "stalled": stalled,
        "again": bool(stalled),
        "sessions": [dict(names) for names in dict.fromkeys(tuple((name, worker[name]) for name in _IDENTITY) for worker in stalled)],
        "unfinished": unfinished,
    }


def may_stall_again(earlier: t.Mapping[str, t.Any], answers: t.Sequence[t.Mapping[str, t.Any]]) -> bool:
    """Whether the next proof may name workers that have stalled, or restarts their session as a whole.

    :param answers: of gluster_georep_worker; a node that cannot be reached, is not in the play or fails has not done its part.
    """
    restarted = [worker for answer in answers for worker in answer.get("workers", ()) if worker["ended"]]
    return len(earlier["turns"]) > 1 and len(restarted) == len(earlier["stalled"])


def proof_lines(proof: t.Mapping[str, t.Any]) -> list[str]:
    """What was proved, in words; nothing of a proof that did not run, whose reason is told as an error."""
    if "proofs" not in proof:
        return ["No session was tested."]
    return [one["message"] for one in proof["proofs"]] or ["No session was tested: no session is started."]
