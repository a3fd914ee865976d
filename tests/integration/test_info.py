# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gluster_georep_info: it says what the stock CLI says, in one status call and one more for each session."""

from __future__ import annotations

import calendar
import re
import time
import typing as t
from pathlib import Path

import pytest
from lab import Lab, Result, Session, config_reads, mutating, poll, status_calls

from playbooks import Playbooks

MODULE = "gluster_georep_info"


@pytest.fixture(scope="module")
def pair(make_pair: t.Callable[..., Session]) -> list[Session]:
    return [make_pair("info1"), make_pair("info2")]


def only(*sessions: Session) -> dict[str, t.Any]:
    return {"only": [session.args() for session in sessions]}


def compare(lab: Lab, session: Session, result: Result, state: str) -> dict[str, t.Any]:
    """What the module tells of a session, against the text forms of status and config."""
    (status,) = (entry for entry in result["status"] if entry["primary_volume"] == session.primary)
    rows = lab.raw_status(session)
    assert {(w["node"], w["brick"]): w["status"] for w in status["workers"]} == {
        (row["primary node"], row["primary brick"]): row["status"] for row in rows
    }
    assert {(w["node"], w["secondary_user"]) for w in status["workers"]} == {
        (row["primary node"], row["secondary user"]) for row in rows
    }
    assert status["state"] == state
    by_name = {(row["primary node"], row["primary brick"]): row for row in rows}
    for worker in status["workers"]:
        row = by_name[worker["node"], worker["brick"]]
        # The lab's clocks are at UTC, so that text and XML agree; a worker may have gone on between the two.
        if worker["last_synced"] is not None:
            assert worker["last_synced"].replace("T", " ").rstrip("Z") <= row["last_synced"], (worker, row)
        if worker["status"] != "Active":
            assert worker["last_synced"] is worker["crawl_status"] is None and row["last_synced"] == row["crawl status"] == "N/A"
        assert all(worker[name] is None for name in ("entry", "failures", "lag_seconds")) or worker["status"] == "Active"
    assert status["secondary_volume_id"] in lab.s1.gluster("volume", "info", session.secondary)
    assert status["config"] == lab.raw_config(session)
    file = lab.p1.read(f"{session.directory}/gsyncd.conf")
    stored = {line.partition("=")[0].strip().replace("_", "-") for line in file.splitlines() if "=" in line}
    assert set(status["modified"]) == stored
    return status


def test_no_sessions(lab: Lab) -> None:
    result = lab.run_module(MODULE, {"secondary_hosts": ["secondary1", "secondary2", "nobody.invalid"]})
    assert not result.get("failed") and result["changed"] is False, result
    assert result["sessions"] == [] and result["status"] == []
    assert "No active" in lab.p1.gluster("volume", "geo-replication", "status", check=False)
    # The XML form is silent then, and the text form is asked for what that means.
    assert len(status_calls(result)) == 2 and config_reads(result) == [] and mutating(result) == []
    assert result["version"] in lab.p1.sh("gluster --version")
    assert sorted(peer["name"] for peer in result["peers"]) == ["localhost", "primary2"]
    assert all(peer["connected"] for peer in result["peers"])
    assert sorted(volume["name"] for volume in result["volumes"]) == sorted(lab.volumes("primary"))
    near, far, nobody = result["secondaries"]
    for host, told in (("secondary1", near), ("secondary2", far)):
        assert told["secondary_host"] == host and told["error"] is None
        assert sorted(volume["name"] for volume in told["volumes"]) == sorted(lab.volumes("secondary"))
        assert told["node_uuid"] in lab.node(host).read("/var/lib/glusterd/glusterd.info")
    assert nobody["error"] and nobody["volumes"] == []


def test_what_is_read_can_be_declared(lab: Lab, pair: list[Session]) -> None:
    """The sessions that the module tells, taken as the role's input, are a plan with nothing to do."""
    first, second = pair
    own = {"sync-method": "tarssh", "sync-jobs": 4, "rsync-options": "--whole-file --bwlimit=0", "ignore-deletes": True}
    both = [first.args(state="started", config=own), second.args(state="paused", config={"sync-method": "tarssh"})]
    made = lab.run_module("gluster_georep_session", {"sessions": both, "wait_timeout": 180})
    assert not made.get("failed"), made
    assert lab.raw_is(first, "started") and lab.raw_is(second, "paused")
    read = {f"glusterops.georep.{MODULE}": {"secondary_hosts": ["secondary1"]}, "register": "found"}

    def plans(sessions: str, read_only: bool) -> list[dict[str, t.Any]]:
        given = {"stage": "declaration", "sessions": "{{ " + sessions + " }}", "primary_hosts": ["primary1"], "secondary_read_only": read_only}
        planned = {"stage": "plan", "declared": "{{ declared }}", "info": "{{ found }}"}
        return [{"glusterops.georep.georep_plan": given, "register": "declared"}, {"glusterops.georep.georep_plan": planned}]

    shows = [*plans("found.sessions", False), *plans("found.sessions | map('combine', {'config': {'sync-jobs': 9}})", True)]
    result, _declared, same, _others, differing, one, bare = lab.play(
        [read, *shows, lab.task(MODULE, only(second)), lab.task(MODULE, {"config": False})]
    )
    assert len(status_calls(result)) == 1 and len(config_reads(result)) == 2 and mutating(result) == []
    active = compare(lab, first, result, "active")
    paused = compare(lab, second, result, "paused")
    assert active["health"] == {"verdict": "healthy", "reasons": []} and paused["health"]["verdict"] == "not_running"
    assert paused["lag_seconds"] is None and "No worker is Active" in paused["lag_unknown"]
    options = {name: (active["config"][name], active["defaults"][name], name in active["modified"]) for name in ("sync-jobs", "log-level")}
    assert options == {"sync-jobs": ("4", "3", True), "log-level": ("INFO", "INFO", False)}
    assert [entry["missing"] for entry in result["status"]] == [[], []]
    assert [(entry["state"], sorted(entry["config"])) for entry in result["sessions"]] == [
        ("started", ["ignore-deletes", "rsync-options", "sync-jobs", "sync-method"]),
        ("paused", ["sync-method"]),
    ]
    assert not same["todo"]["sessions"] and same["sessions"] == [] and same["steps"] == [], same
    assert same["undeclared"] == []
    assert differing["todo"]["sessions"] and len(differing["sessions"]) == 2, differing
    # Less is read where less is asked for.
    assert [entry["primary_volume"] for entry in one["status"]] == [second.primary]
    assert len(status_calls(one)) == 1 and len(config_reads(one)) == 1
    assert len(bare["status"]) == 2 and config_reads(bare) == [] and len(status_calls(bare)) == 1
    # And what is read by the module that applies it is no change either.
    lab.four_steps("gluster_georep_session", {"sessions": result["sessions"]}, changed=False)


STATES = [("paused", "paused", "paused"), ("stopped", "stopped", "stopped"), ("created", "created", "present")]


@pytest.mark.parametrize(("given", "state", "declared"), STATES, ids=[given for given, _state, _declared in STATES])
def test_states(lab: Lab, pair: list[Session], given: str, state: str, declared: str) -> None:
    session = pair[1]
    lab.bring(session, given)
    result = lab.run_module(MODULE, only(session))
    assert not result.get("failed") and result["changed"] is False, result
    status = compare(lab, session, result, state)
    assert status["missing"] == []
    (entry,) = result["sessions"]
    assert {name: entry[name] for name in session.args()} == session.args()
    assert entry["state"] == declared and entry["config"] == {"sync-method": "tarssh"}
    assert len(status_calls(result)) == 1 and len(config_reads(result)) == 1 and mutating(result) == []


def test_a_node_that_is_down(lab: Lab, pair: list[Session]) -> None:
    """The stock CLI leaves the rows of a node out whose glusterd is down; they are told as missing."""
    session = pair[1]
    lab.bring(session, "created")
    lab.p2.service("glusterd", "stop")
    try:
        poll("primary1 to notice", lambda: "Disconnected" in lab.p1.gluster("peer", "status"))
        result = lab.run_module(MODULE, only(session))
        status = compare(lab, session, result, "created")
        assert len(status["workers"]) == 1
        assert status["missing"] == [f"primary2:/bricks/{session.primary}"]
        assert status["health"]["verdict"] == "not_running" and "primary2:/bricks/" in status["health"]["reasons"][1]
        assert {peer["name"]: peer["connected"] for peer in result["peers"]} == {"localhost": True, "primary2": False}
    finally:
        lab.p2.service("glusterd", "start")
        poll("primary2 to be back", lambda: "Disconnected" not in lab.p1.gluster("peer", "status"))


def stime(lab: Lab, session: Session, node: str) -> int:
    """Up to when a brick's own mark says that everything is over there."""
    text = lab.node(node).sh(f"getfattr -d -m 'trusted.*stime' -e hex --absolute-names /bricks/{session.primary}")
    marks = re.findall(r"\.stime=0x([0-9a-f]{8})", text)
    return max(int(mark, 16) for mark in marks)


def test_the_lag_of_an_idle_volume_and_of_one_whose_changes_wait(lab: Lab, pair: list[Session]) -> None:
    """LAST SYNCED stays where the last change left it; what waits stands in the journal of the Active worker's brick."""
    session = pair[0]
    lab.live(session)
    node = next(row["primary node"] for row in lab.raw_status(session) if row["status"] == "Active")
    first = poll("an idle worker", lambda: through(lab, session, node))
    time.sleep(4)
    status = told(lab, session, node)
    (worker,) = (worker for worker in status["workers"] if worker["status"] == "Active")
    assert status["last_synced"] == first["last_synced"] == worker["last_synced"], "it does not move"
    assert seconds(status["last_synced"]) == stime(lab, session, node)
    assert (status["lag_seconds"], status["caught_up"], worker["stalled"]) == (0, True, False)
    # Workers that do not come to it: the session goes on with its workers held.
    lab.node(node).sh(f"pkill -STOP -f 'gsync[d].py worker {session.primary} '")
    try:
        written = int(lab.node(node).sh("date +%s"))
        with lab.mounted(lab.p1, session.primary) as where:
            lab.p1.sh(f"echo waits > {where}/waits")
        status = poll("a change that waits", lambda: waits(lab, session, node))
        read = seconds(status["read_at"])
        # It is the age of the change, to a period of 3 seconds, and not that of LAST SYNCED.
        assert 0 <= status["lag_seconds"] <= read - written + 5
        assert status["lag_seconds"] < read - seconds(status["last_synced"])
    finally:
        lab.node(node).sh(f"pkill -CONT -f 'gsync[d].py worker {session.primary} '")
    poll("it to be through", lambda: through(lab, session, node))


def seconds(text: str) -> int:
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def through(lab: Lab, session: Session, node: str) -> dict[str, t.Any] | None:
    status = told(lab, session, node)
    return status if status["caught_up"] is True else None


def waits(lab: Lab, session: Session, node: str) -> dict[str, t.Any] | None:
    status = told(lab, session, node)
    return status if status["caught_up"] is False else None


def told(lab: Lab, session: Session, node: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", lab.run_module(MODULE, {"config": False, **only(session)}, host=node)["status"][0])


def test_a_faulty_session_and_why(lab: Lab, pair: list[Session], tmp_path: Path) -> None:
    """The secondary nodes no longer let anybody in."""
    session = pair[0]
    lab.bring(session, "started")
    for node in lab.secondaries:
        node.service("sshd", "stop")
    try:
        for node in lab.primaries:
            node.sh("pkill -x ssh || true")
        poll("faulty workers", lambda: lab.raw_words(session) == ["Faulty", "Faulty"])
        # Workers are started again and again, so what both show may differ for a moment.
        result = poll("the module to call it faulty", lambda: faulty(lab, session))
        (status,) = result["status"]
        assert status["lag_seconds"] is None and status["health"]["verdict"] == "failed"
        assert f":/bricks/{session.primary}: The worker is Faulty" in " ".join(status["health"]["reasons"])
        # Each node explains its own worker; together they explain both.
        shown: dict[str, str] = {}
        poll("both workers' logs to say why", lambda: len(explained(lab, session, tmp_path, shown)) == 2)
        # A run that declares it started has nothing to send, and does not call it well.
        refused = lab.run_module("gluster_georep_session", session.args(wait_timeout=1))
        assert refused["failed"] and "faulty" in refused["msg"] and mutating(refused) == [], refused
    finally:
        for node in lab.secondaries:
            node.service("sshd", "start")
    lab.reach(session)


def faulty(lab: Lab, session: Session) -> Result | None:
    result = lab.run_module(MODULE, {"config": False, **only(session)})
    return result if result["status"][0]["state"] == "faulty" else None


def explained(lab: Lab, session: Session, folder: Path, shown: dict[str, str]) -> dict[str, str]:
    """What the playbook status has said by now of the bricks of both nodes: they are not always Faulty at once."""
    played = Playbooks(lab, folder).run(playbook="status", georep_width=5000)
    assert played.rc == 0, played.text
    (lines,) = (result["msg"] for name, hosts in played.tasks if name == "Show the sessions" for result in hosts.values())
    for line in lines:
        for node in lab.primaries:
            # Both are told in one line if they have the same cause.
            if f"{node.name}:/bricks/{session.primary}" in line and " Faulty" in line and "Connection refused" in line:
                shown[node.name] = line
    return shown
