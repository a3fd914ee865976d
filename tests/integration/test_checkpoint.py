# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checkpoints on real clusters, of a volume with two replica sets: each has a worker of its own, on a node of its own."""

from __future__ import annotations

import calendar
import typing as t
from pathlib import Path

import pytest
from lab import Lab, Result, Session, config_reads, mutating, poll, status_calls

from playbooks import Playbooks

MODULE = "gluster_georep_checkpoint"
INFO = "gluster_georep_info"
PROOF = "gluster_georep_proof"
MARKER = ".georep-checkpoint-"
#: The clocks there are 10 or 11 hours ahead, and 11 just now; written so that no time zone files are needed.
SYDNEY = "AEST-10AEDT,M10.1.0,M4.1.0/3"


@pytest.fixture(scope="module")
def session(lab: Lab, make_pair: t.Callable[..., Session]) -> Session:
    """A session between volumes of two bricks and no copies, started by the stock CLI."""
    made = make_pair("wide", replica=1, sets=2)
    lab.bring(made, "started")
    return made


def stored(lab: Lab, session: Session) -> int:
    """The checkpoint as the stock CLI reads it, in seconds since the epoch."""
    return int(lab.raw_option(session, "checkpoint"))


def seconds(text: str) -> int:
    return calendar.timegm((int(text[0:4]), int(text[5:7]), int(text[8:10]), int(text[11:13]), int(text[14:16]), int(text[17:19])))


def raw_checkpoints(lab: Lab, session: Session) -> list[tuple[str, str]]:
    """What the stock CLI's detailed status says of each worker: whether it is complete, and which checkpoint it speaks of."""
    rows = lab.raw_status(session, detail=True)
    return sorted((row["checkpoint completed"], row["checkpoint time"]) for row in rows)


def leftovers(lab: Lab, session: Session) -> str:
    """Markers on any brick of both sites: no mount, no cache in between."""
    script = f"ls -A /bricks/{session.primary} /bricks/{session.secondary} 2>/dev/null | grep -F {MARKER} || true"
    return "".join(node.sh(script) for node in (*lab.primaries, *lab.secondaries))


def entry_of(result: Result) -> dict[str, t.Any]:
    (entry,) = result["checkpoints"]
    return t.cast("dict[str, t.Any]", entry)


def test_an_idle_read_only_volume_completes(lab: Lab, session: Session) -> None:
    lab.p1.gluster("volume", "set", session.primary, "features.read-only", "on")
    try:
        # The very first start loses GlusterFS's race more often than not.
        result = lab.run_module(MODULE, session.args(now=True, restart_stalled=True))
        assert not result.get("failed") and result["changed"] is True, result
        entry = entry_of(result)
        assert entry["reached"] and entry["nudges"] >= 1 and entry["held_back_by"] == []
        at = entry["after"]["time"]
        assert stored(lab, session) == seconds(at)
        # The lab's clocks are at UTC, so that text and XML agree.
        assert raw_checkpoints(lab, session) == [("Yes", at.replace("T", " ").rstrip("Z"))] * 2
        assert [row["failures"] for row in lab.raw_status(session, detail=True)] == ["0", "0"]
        poll("no marker on any brick", lambda: leftovers(lab, session) == "", 20)

        # Without that change nothing completes it, and what the module says is what the stock CLI shows. A worker that has
        # just been restarted for the race reads its history first, and that is another reason to wait.
        poll("the crawl of the history to end", lambda: lab.follows(session))
        result = lab.run_module(MODULE, session.args(now=True, trigger_change=False, wait_timeout=6))
        assert result["failed"] and result["changed"] is True, result
        assert {words for words, _at in raw_checkpoints(lab, session)} == {"No"}
        assert sorted(item["node"] for item in entry_of(result)["held_back_by"]) == ["primary1", "primary2"]
        assert "primary2:/bricks/it-wide is Active" in result["msg"] and "nothing has changed since" in result["msg"]
        assert not [line for line in mutating(result) if "config checkpoint" not in line], "nothing was mounted"
        pending = lab.run_module(INFO, {"only": [session.args()]})["status"][0]["checkpoint"]
        assert pending == {"set": True, "time": entry_of(result)["after"]["time"], "completed": False, "completed_at": None}
    finally:
        lab.p1.gluster("volume", "set", session.primary, "features.read-only", "off")


def test_a_time_is_set_once_whatever_the_zone(lab: Lab, session: Session) -> None:
    """The stock CLI takes local time, and is an hour off in summer."""
    lab.live(session)
    lab.p1.gluster("volume", "geo-replication", session.primary, session.target, "config", "!checkpoint")
    before = lab.p1.sh("date +%s").strip()
    at = lab.p1.sh(f"date -u -d @{before} +%Y-%m-%dT%H:%M:%SZ").strip()
    # Something to complete it by itself.
    with lab.mounted(lab.p1, session.primary) as where:
        lab.p1.sh(f"sleep 1; mkdir {where}/a-change")
    local = lab.p1.sh(f"TZ={SYDNEY} date -d @{before} '+%Y-%m-%d %H:%M:%S'").strip()
    lab.p1.sh(f"TZ={SYDNEY} gluster volume geo-replication {session.primary} {session.target} config checkpoint '{local}'")
    assert stored(lab, session) - int(before) == 3600, "the trap is there"
    lab.p1.gluster("volume", "geo-replication", session.primary, session.target, "config", "!checkpoint")
    monitors = lab.monitors(session)
    task = {**lab.task(MODULE, session.args(at=at)), "environment": {"TZ": SYDNEY}}
    check = {**lab.task(MODULE, session.args(at=at), check=True), "environment": {"TZ": SYDNEY}}
    predicted, first, second, checked = lab.play([check, task, task, check])
    assert predicted["changed"] is True and mutating(predicted) == []
    assert first["changed"] is True and not first.get("failed"), first
    assert first["after"] == predicted["after"] == {"time": at} and first["before"] == predicted["before"] == {"time": None}
    assert first["diff"] == predicted["diff"] != []
    assert stored(lab, session) == int(before)
    for again in (second, checked):
        assert again["changed"] is False and mutating(again) == [] and again["diff"] == [], again
        assert len(status_calls(again)) == 1 and len(config_reads(again)) == 1
    assert lab.monitors(session) == monitors, "no worker was restarted"


def test_a_name_means_one_moment_until_it_is_complete(lab: Lab, session: Session) -> None:
    """A brick is killed: its worker is Passive then, and named; the run after it is mended takes the name up again."""
    lab.p2.sh("kill -9 $(pgrep -f 'glusterfs[d] .*--brick-name /bricks/it-wide ')")
    try:
        poll("a worker without a brick", lambda: lab.raw_words(session) == ["Active", "Passive"])
        result = lab.run_module(MODULE, session.args(name="release-1", wait_timeout=8))
        assert result["failed"] and result["changed"] is True, result
        assert "primary2:/bricks/it-wide is Passive, and no worker of its replica set is Active; its brick may be" in result["msg"]
        assert ("primary2", "/bricks/it-wide") in [(item["node"], item["brick"]) for item in entry_of(result)["held_back_by"]]
        at = stored(lab, session)
        (status,) = lab.run_module(INFO, {"only": [session.args()], "config": False})["status"]
        assert (status["state"], status["lag_seconds"], status["checkpoint"]["set"]) == ("initializing", None, True)
        assert status["checkpoint"]["completed"] is not True
        assert status["health"]["verdict"] == "degraded" and "No active worker yet on primary2:/bricks/it-wide." in status["health"]["reasons"][0]
    finally:
        lab.p1.gluster("volume", "start", session.primary, "force")
    poll("two active workers", lambda: lab.raw_words(session) == ["Active", "Active"])
    again = lab.run_module(MODULE, session.args(name="release-1", restart_stalled=True, wait_timeout=180))
    assert not again.get("failed") and not [line for line in mutating(again) if "config" in line], again
    assert stored(lab, session) == at == seconds(again["after"]["time"])
    assert {words for words, _at in raw_checkpoints(lab, session)} == {"Yes"}


def test_failures_between_two_runs_with_one_name(lab: Lab, session: Session) -> None:
    """What the first run remembered, every later one judges by: changes that the secondary refused do not come to be fine."""
    named = session.args(name="release-2", wait_timeout=120, restart_stalled=True)
    first = lab.run_module(MODULE, session.args(name="release-2", wait=False))
    assert first["changed"] is True and not first.get("failed"), first
    lab.set_failures(session, 3)
    assert {row["failures"] for row in lab.raw_status(session, detail=True)} == {"3"}
    lab.live(session)
    poll("gluster itself to call it complete", lambda: {words for words, _at in raw_checkpoints(lab, session)} == {"Yes"})
    for result in lab.play([lab.task(MODULE, named)] * 2):
        assert result["failed"] and "3 more failures" in result["msg"], result
        assert not [line for line in mutating(result) if "config" in line], "the name stands for the moment of the first run"
    # A new one is judged from now on.
    anew = lab.run_module(MODULE, session.args(name="release-3", wait_timeout=120, restart_stalled=True))
    assert not anew.get("failed") and entry_of(anew)["reached"], anew


def test_writes_that_go_on_do_not_keep_it_from_completing(lab: Lab, session: Session) -> None:
    with lab.mounted(lab.p1, session.primary) as where:
        lab.p1.sh(f"(for i in $(seq 600); do echo $i > {where}/busy-$i; sleep 0.1; done) >/dev/null 2>&1 & echo $! > /run/it-writer")
        try:
            result = lab.run_module(MODULE, session.args(now=True, restart_stalled=True))
            assert not result.get("failed") and entry_of(result)["reached"], result
            at = seconds(result["after"]["time"])
            assert {words for words, _at in raw_checkpoints(lab, session)} == {"Yes"}
            # What was written before it is there: no brick of the primary holds an older file that no brick over there has.
            older = names(lab.primaries, session.primary, f"! -newermt @{at}")
            assert older and older <= names(lab.secondaries, session.secondary)
        finally:
            lab.p1.sh("kill $(cat /run/it-writer)")


def names(nodes: t.Sequence[t.Any], volume: str, test: str = "") -> set[str]:
    found = "".join(node.sh(f"find /bricks/{volume} -maxdepth 1 -name 'busy-*' -type f -size +0 {test} -printf '%f\\n'") for node in nodes)
    return set(found.split())


def test_it_is_removed(lab: Lab, session: Session) -> None:
    steps = lab.four_steps(MODULE, session.args(state="absent"))
    assert steps.run["after"] == {"time": None} and stored(lab, session) == 0
    (status,) = lab.run_module(INFO, {"only": [session.args()]})["status"]
    assert status["checkpoint"] == {"set": False, "time": None, "completed": None, "completed_at": None}


def test_a_scheduled_sync(lab: Lab, session: Session, tmp_path: Path) -> None:
    """Start, checkpoint, wait, stop; and what becomes of it when the time is up."""
    books = Playbooks(lab, tmp_path)
    lab.act(session, "stop")
    poll("stopped", lambda: set(lab.raw_words(session)) == {"Stopped"})
    refused = lab.run_module(MODULE, session.args(now=True))
    assert refused["failed"] and "is stopped" in refused["msg"] and mutating(refused) == []
    with lab.mounted(lab.p1, session.primary) as where:
        lab.p1.sh(f"for i in $(seq 20); do echo $i > {where}/nightly-$i; done")
    # What it says of options is for converge: sync-method and the rest stay as they are.
    declared = [session.args(state="stopped", config={"sync-jobs": 2}, config_exclusive=True)]
    before = lab.raw_state()
    check = books.run("--check", playbook="checkpointed_sync", geo_replication_sessions=declared)
    assert check.rc == 0 and lab.raw_state() == before, check.failures
    # A worker that is halted is never through; the session is left running when that is wished for.
    lab.bring(session, "started")
    (halted,) = lab.workers(lab.p2, session)
    lab.p2.sh(f"kill -STOP {halted}")
    try:
        late = books.run(
            playbook="checkpointed_sync", geo_replication_sessions=declared, georep_checkpoint_timeout=1,
            georep_checkpoint_name="tonight", georep_stop_after_failure=False,
        )  # fmt: skip
    finally:
        lab.p2.sh(f"kill -CONT {halted}")
    assert late.rc != 0 and "is not complete after" in " ".join(late.failures), late.text[-1500:]
    assert lab.raw_words(session) == ["Active", "Active"] and lab.workers(lab.p2, session) == {halted}
    at = stored(lab, session)
    # As it is between two runs.
    lab.bring(session, "stopped")
    played = books.run(
        playbook="checkpointed_sync", geo_replication_sessions=declared, georep_checkpoint_timeout=600, georep_checkpoint_name="tonight",
    )  # fmt: skip
    assert played.rc == 0, (played.failures, played.text[-1500:])
    assert set(lab.raw_words(session)) == {"Stopped"} and stored(lab, session) == at
    arrived = "".join(node.sh(f"ls /bricks/{session.secondary}") for node in lab.secondaries).split()
    assert {f"nightly-{number}" for number in range(1, 21)} <= set(arrived)
    assert (lab.raw_option(session, "sync-method"), lab.raw_option(session, "sync-jobs")) == ("tarssh", "3")
    # A session that is not there is not made.
    typo = books.run(playbook="checkpointed_sync", georep_sessions=[{**declared[0], "secondary_volume": "it-typo"}])
    assert typo.rc != 0 and "Only 0 of 1 sessions exist" in " ".join(typo.failures)


def test_a_brick_that_hangs_is_not_waited_for(lab: Lab, session: Session) -> None:
    """GlusterFS's own means of testing holds each mkdir for ten minutes; the brick answers pings, and its client waits.

    The last test of this file: the volume stays like that.
    """
    options = {"debug.delay-gen": "posix", "delay-gen.enable": "mkdir", "delay-gen.delay-percentage": "100", "delay-gen.delay-duration": "600000000"}
    lab.bring(session, "stopped")
    lab.p1.sh("".join(f"gluster --mode=script volume set {session.primary} {name} {value}\n" for name, value in options.items()))
    lab.p1.gluster("volume", "stop", session.primary)
    lab.p1.gluster("volume", "start", session.primary)
    lab.bring(session, "started")
    # What a worker is at is not told any more once it waits, too.
    poll("both to follow", lambda: lab.follows(session), 120)
    named = session.args(now=True, restart_stalled=True, wait_timeout=10)
    waits = lab.start_play([lab.task(MODULE, named)], timeout=300)
    poll("its mount", lambda: lab.p1.sh("grep georep-it-wide- /proc/mounts", check=False) != "", pause=0.25)
    # This one comes upon a volume that hangs already.
    proved = lab.run_module(PROOF, {"sessions": [session.args()], "timeout": 30, "restart_stalled": True})
    (reached,) = waits.results()
    for result, seconds in ((reached, 60), (proved, 30)):
        assert result.get("failed") and f"The volume {session.primary} of localhost is mounted and did not answer within {seconds} " in result["msg"], result
    assert entry_of(reached)["nudges"] == 0 and f"An empty folder may exist: /{MARKER}" in reached["msg"], reached
    left = "grep georep-it-wide- /proc/mounts; pgrep -fa '[g]lusterfs .*/run/georep-it-wide-'; ls -d /run/georep-it-wide-*"
    poll("nothing to be left on the node", lambda: lab.p1.sh(left, check=False) == "", 30)
