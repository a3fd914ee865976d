# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gluster_georep_info: it says what the stock CLI says, in one status call and one more for each session."""

from __future__ import annotations

import typing as t

import pytest
from lab import Lab, Result, Session, config_reads, mutating, poll, status_calls

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
    lab.bring(first, "created")
    for name, value in {"sync-jobs": "4", "rsync-options": "--whole-file --bwlimit=0", "ignore-deletes": "true"}.items():
        lab.set_option(first, name, value)
    lab.bring(first, "started")
    lab.bring(second, "paused")
    plan = "found.sessions | glusterops.georep.georep_plan(found, read_only=false)"
    other = "found.sessions | map('combine', {'config': {'sync-jobs': 9}}) | glusterops.georep.georep_plan(found)"
    read = {f"glusterops.georep.{MODULE}": {"secondary_hosts": ["secondary1"]}, "register": "found"}
    shows = [{"ansible.builtin.debug": {"msg": "{{ " + text + " }}"}} for text in (plan, other)]
    result, same, differing, one, bare = lab.play(
        [read, *shows, lab.task(MODULE, only(second)), lab.task(MODULE, {"config": False})]
    )
    assert len(status_calls(result)) == 1 and len(config_reads(result)) == 2 and mutating(result) == []
    compare(lab, first, result, "active")
    compare(lab, second, result, "paused")
    assert [entry["missing"] for entry in result["status"]] == [[], []]
    assert [(entry["state"], sorted(entry["config"])) for entry in result["sessions"]] == [
        ("started", ["ignore-deletes", "rsync-options", "sync-jobs", "sync-method"]),
        ("paused", ["sync-method"]),
    ]
    assert same["msg"]["changed"] is False and same["msg"]["sessions"] == [] and same["msg"]["steps"] == [], same
    assert same["msg"]["undeclared"] == []
    assert differing["msg"]["changed"] is True and len(differing["msg"]["sessions"]) == 2, differing
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
        assert {peer["name"]: peer["connected"] for peer in result["peers"]} == {"localhost": True, "primary2": False}
    finally:
        lab.p2.service("glusterd", "start")
        poll("primary2 to be back", lambda: "Disconnected" not in lab.p1.gluster("peer", "status"))


def test_a_faulty_session(lab: Lab, pair: list[Session]) -> None:
    """The secondary volume is stopped under a running session."""
    session = pair[0]
    lab.bring(session, "started")
    lab.s1.gluster("volume", "stop", session.secondary, "force")
    try:
        poll("a faulty worker", lambda: lab.raw_words(session) == ["Faulty", "Faulty"])
        result = lab.run_module(MODULE, only(session))
        # Workers are started again and again, so what both show may differ for a moment.
        (status,) = result["status"]
        assert {worker["status"] for worker in status["workers"]} <= {"Faulty", "Initializing...", "Passive"}, status
        assert status["state"] in ("faulty", "initializing")
        poll("the module to call it faulty", lambda: lab.run_module(MODULE, only(session))["status"][0]["state"] == "faulty")
        # A run that declares it started has nothing to send, and does not call it well.
        args = session.args(wait_timeout=1)
        refused = lab.run_module("gluster_georep_session", args)
        assert refused["failed"] and "faulty" in refused["msg"] and mutating(refused) == [], refused
    finally:
        lab.s1.gluster("volume", "start", session.secondary)
