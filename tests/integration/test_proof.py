# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof on real clusters where bytes arrive. test_releases.py has those where only the status says so."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from lab import Lab, Session, mutating, poll

from playbooks import Playbooks

SESSION = "gluster_georep_session"
PROOF = "gluster_georep_proof"


@pytest.fixture(scope="module")
def session(lab: Lab, make_pair: t.Callable[..., Session]) -> Session:
    made = make_pair("proof")
    lab.run_module(SESSION, made.args(state="started", config={"sync-method": "tarssh"}))
    return made


def args(session: Session, **more: t.Any) -> dict[str, t.Any]:
    identity = {name: value for name, value in session.args().items() if name != "state"}
    return {"sessions": [identity], **more}


@pytest.fixture(scope="module")
def wide(lab: Lab, make_pair: t.Callable[..., Session]) -> Session:
    """Between volumes of two bricks and no copies: each node has a worker that no other can stand in for."""
    made = make_pair("proof-wide", replica=1, sets=2)
    lab.live(made)
    return made


def roots(lab: Lab, session: Session) -> dict[str, list[str]]:
    """What lies in the bricks' roots, gluster's own folders left out: no mount, no cache in between."""
    found = {}
    for node, volume in (("primary1", session.primary), ("secondary1", session.secondary)):
        names = lab.node(node).sh(f"ls -A /bricks/{volume}").split()
        found[node] = [name for name in names if not name.startswith(".glusterfs")]
    return found


def test_a_check_run_only_says_what_it_would_prove(lab: Lab, session: Session) -> None:
    result = lab.run_module(PROOF, args(session), check=True)
    assert [proof["proved"] for proof in result["proofs"]] == [False]
    assert not result["changed"] and not mutating(result)
    assert roots(lab, session) == {"primary1": [], "secondary1": []}


def test_bytes_that_arrive_are_proved_and_what_tar_leaves_out_is_said(lab: Lab, session: Session) -> None:
    # A worker may lose GlusterFS's race when it connects to its brick; the module is asked to cure that.
    (proof,) = lab.run_module(PROOF, args(session, restart_stalled=True))["proofs"]
    assert proof["proved"], proof
    assert proof["lag"] > 0 and proof["removal_lag"] > 0 and len(proof["files"]) == 5
    assert any("extended attributes" in item for item in proof["not_carried"]), "tarssh of 10.3 carries no user xattrs"
    assert roots(lab, session) == {"primary1": [], "secondary1": []}


def test_a_session_that_does_not_run_is_refused(lab: Lab, session: Session) -> None:
    lab.bring(session, "stopped")
    result = lab.run_module(PROOF, args(session))
    assert result["failed"] and "is stopped" in result["msg"]


def test_a_session_that_half_runs_is_not_passed_over(lab: Lab, session: Session) -> None:
    """Its monitor on one node is killed: the other node goes on, and nobody may call the cluster proved."""
    lab.bring(session, "started")
    # The worker may be gone with its monitor, so that the second finds none.
    lab.p2.sh(f"for what in '--monitor .*:{session.primary} ' 'worker {session.primary} '; do pkill -KILL -f \"[g]syncd.py.* $what\"; done; true")
    poll("primary2 to have stopped", lambda: "Stopped" in lab.raw_words(session))
    assert len(set(lab.raw_words(session))) == 2, lab.raw_words(session)
    result = lab.run_module(PROOF, {})
    assert result["failed"] and f"{session.primary} -> {session.target} is not proved" in result["msg"], result["msg"]
    assert f"primary2:/bricks/{session.primary} is Stopped" in result["msg"] and "Start it" in result["msg"], result["msg"]
    assert roots(lab, session) == {"primary1": [], "secondary1": []}
    healed = lab.run_module(SESSION, session.args(state="started"))
    assert healed["changed"] and not healed.get("failed"), healed
    lab.reach(session)


def test_only_the_worker_that_has_stalled_is_started_anew(lab: Lab, wide: Session, tmp_path: Path) -> None:
    """One that is halted stands in for one that lost GlusterFS's race: all words stay as they were, and nothing comes."""
    others, monitors = lab.workers(lab.p1, wide), lab.monitors(wide)
    (halted,) = lab.workers(lab.p2, wide)
    # Halted at work, it would be taken for one that is at work.
    poll("nothing to wait", lambda: not any(worker[name] for worker in lab.said(wide) for name in ("entry", "data", "meta")), pause=0.25)
    lab.p2.sh(f"kill -STOP {halted}")
    played = Playbooks(lab, tmp_path).run(playbook="prove", georep_sessions=[wide.args()], georep_restart_stalled=True, georep_compare="none")
    assert played.rc == 0 and not played.failures, (played.failures, played.text[-1500:])
    task = "Show whether the test files reached the secondary"
    shown = [result["msg"] for name, hosts in played.tasks if name.endswith(task) for result in hosts.values() if "msg" in result]
    assert len(shown) >= 2 and f"nothing has arrived from primary2:/bricks/{wide.primary}, while" in shown[0][0], shown
    assert "arrived byte by byte" in shown[-1][0], shown
    (anew,) = lab.workers(lab.p2, wide)
    # The monitors are those of before: the session as a whole was not restarted.
    assert anew != halted and lab.monitors(wide) == monitors
    if len(shown) == 2:
        assert lab.workers(lab.p1, wide) == others
        assert [name for name in played.changed if "primary1" in name] == []
    assert {row["failures"] for row in lab.raw_status(wide, detail=True)} == {"0"}
    # Each worker has a client of the volume, and none that has ended has left its own behind.
    clients = f"pgrep -fc '[-]-volfile-id={wide.primary} .*/gsyncd-aux-mount-'"
    assert [node.sh(clients, check=False).strip() for node in lab.primaries] == ["1", "1"]
