# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a session and what helps, decided once, on what recorded clusters answered."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.health import PROBLEMS, Declared
from ansible_collections.glusterops.georep.plugins.module_utils._model.durations import instant
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._show import gate, lines
from ansible_collections.glusterops.georep.plugins.module_utils._show.overview import overview
from ansible_collections.glusterops.georep.plugins.module_utils._show.page import page
from ansible_collections.glusterops.georep.tests.unit.recorded import VERSIONS
from ansible_collections.glusterops.georep.tests.unit.reports import READ_AT, info_of, node_of

ID = SessionId("projects", "secondary1", "projects-dr")
NAME = "projects -> secondary1::projects-dr"
BRICK = "/bricks/projects"


def report(info: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    read_at = info["status"][0]["read_at"] if info["status"] else READ_AT
    return overview(info, now=instant(read_at) or 0.0, **more)


def started(rpo: int | None = None, state: str = "started") -> dict[SessionId, Declared]:
    return {ID: Declared(state, rpo)}


def kinds(told: dict[str, t.Any]) -> list[tuple[str, str]]:
    return [(problem["id"], problem["severity"]) for problem in told["problems"]]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_active_session(version: str) -> None:
    told = report(info_of(version), rpo=86400)
    (session,) = told["sessions"]
    assert (session["name"], session["state"], session["verdict"]) == (NAME, "active", "ok")
    assert told["problems"] == [] and told["verdict"] == "ok" and session["within_rpo"] is True
    assert session["lag_seconds"] == 15
    assert session["lag_exact"] is False, "no node was read"
    assert session["sets"] == [[f"primary1:{BRICK}", f"primary2:{BRICK}"]]
    assert [peer["name"] for peer in told["peers"]] == ["primary1", "primary2"], (
        "the node that was asked is not called localhost"
    )
    assert [volume["name"] for volume in told["secondaries"][0]["volumes"]] == ["projects-dr"], (
        "others are nobody's business"
    )


STATES = {
    "status-created": ("created", []),
    "status-stopped": ("stopped", []),
    "status-paused": ("paused", []),
    "status-faulty": ("faulty", [("worker-faulty", "critical")] * 2),
    "status-faulty-active": ("faulty", [("worker-faulty", "critical")]),
    "status-faulty-passive": ("active", [("worker-faulty", "warning")]),
    "status-peer-down": ("active", [("worker-missing", "warning")]),
    "status-mixed": ("mixed", [("half-running", "critical")]),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", STATES)
def test_states_as_recorded(version: str, name: str) -> None:
    state, expected = STATES[name]
    told = report(info_of(version, name))
    assert told["sessions"][0]["state"] == state
    assert kinds(told) == expected
    assert told["verdict"] == ({"critical": "critical", "warning": "warning"}[expected[0][1]] if expected else "idle")
    assert all(problem["what"] and problem["remedy"] and problem["session"] == NAME for problem in told["problems"])


@pytest.mark.parametrize("proof", [None, {"when": "2026-11-22T08:38:16Z", "lag_seconds": 17.3, "method": "rsync", "restarts": 0, "not_carried": []}])
def test_the_last_proof_is_part_of_the_picture(proof: t.Any) -> None:
    info = info_of("10.3", "status-active")
    info["status"][0]["last_proved"] = proof
    assert report(info)["sessions"][0]["last_proved"] == proof


def test_a_session_that_rests_is_no_problem_unless_declared_started() -> None:
    paused = info_of("10.3", "status-paused")
    assert kinds(report(paused, declared=started(state="paused"))) == []
    told = report(paused, declared=started())
    assert (
        kinds(told) == [("not-running", "critical")]
        and "projects secondary1::projects-dr resume" in told["problems"][0]["remedy"]
    )
    assert (
        "projects secondary1::projects-dr start"
        in report(info_of("10.3", "status-stopped"), declared=started())["problems"][0]["remedy"]
    )


def test_a_session_that_cannot_be_read() -> None:
    info = info_of()
    info["status"][0].update(state="unreadable", workers=[])
    told = report(info, declared=started(900))
    assert kinds(told) == [("session-unreadable", "critical")], "that nobody knows the lag goes without saying"
    assert "projects_secondary1_projects-dr/gsyncd.conf" in told["problems"][0]["remedy"]


def test_a_faulty_worker_with_a_known_fault() -> None:
    info = info_of("10.3", "status-faulty")
    told = report(
        info,
        nodes=[
            node_of(info, "primary1", last_error="x [{cmd=ssh -i key root@s}, {error=255}]"),
            node_of(info, "primary2"),
        ],
    )
    first, second = told["problems"]
    assert (first["node"], first["brick"], first["fault"]) == ("primary1", BRICK, "ssh-failed") and first["reference"]
    assert "{error=255}" in first["what"] and "gluster_ssh_trust" in first["remedy"]
    assert (
        second["fault"] == ""
        and "Its log contains no error since it started" in second["what"]
        and "gsyncd.log on primary2" in second["remedy"]
    )
    assert "was not read" in report(info)["problems"][0]["what"]


def test_a_faulty_worker_with_a_fault_that_only_its_node_knows() -> None:
    """The last line alone says nothing; its node read the traceback."""
    fault = {"id": "login-script-prints", "title": "A login script prints", "cause": "It prints.", "remedy": "Silence it."}
    told = report(info_of("10.3", "status-faulty"), nodes=[node_of(info_of("10.3", "status-faulty"), "primary1", last_error="ValueError: x", fault=fault)])
    first = told["problems"][0]
    assert (first["node"], first["fault"], first["remedy"]) == ("primary1", "login-script-prints", "It prints. Silence it.")
    assert "fault" not in told["sessions"][0]["workers"][0]


def test_a_missing_worker_whose_node_is_down() -> None:
    told = report(info_of("10.3", "status-peer-down", pool="pool-list-peer-down"))
    assert kinds(told) == [("peer-down", "warning"), ("worker-missing", "warning")]
    assert all(problem["node"] == "primary2" for problem in told["problems"])
    assert "its node is not connected" in told["problems"][1]["what"]
    worker = told["sessions"][0]["workers"][1]
    assert (worker["brick_name"], worker["status"]) == (f"primary2:{BRICK}", "missing")


# --- lag -------------------------------------------------------------------------------------------------------------


def test_the_last_sync_alone_would_cry_wolf_on_a_quiet_volume() -> None:
    info = info_of()
    info["status"][0]["workers"][0].update(last_synced="2026-11-20T08:38:16Z", lag_seconds=172815)
    assert kinds(report(info, rpo=900)) == [("lag-above-rpo", "critical")]
    nodes = [node_of(info, "primary1", last_synced="2026-11-20T08:38:16Z", lag_seconds=0)]
    told = report(info, rpo=900, nodes=nodes)
    session = told["sessions"][0]
    assert told["problems"] == [] and session["lag_seconds"] == 0 and session["lag_exact"] and session["within_rpo"]
    assert told["unread_nodes"] == ["primary2"]


def test_lag_against_the_rpo() -> None:
    info = info_of()
    for pending, rpo, expected in ((900, 900, []), (901, 900, [("lag-above-rpo", "critical")]), (901, None, [])):
        nodes = [node_of(info, "primary1", last_synced="2026-11-22T08:00:00Z", lag_seconds=pending)]
        told = report(info, nodes=nodes, declared=started(rpo))
        assert kinds(told) == expected, (pending, rpo)
        assert told["sessions"][0]["within_rpo"] == (None if rpo is None else not expected)
    # What a session declares goes before what is given for all.
    assert report(info, declared=started(3600), rpo=1)["sessions"][0]["rpo_seconds"] == 3600
    assert report(info, declared=started(), rpo=1)["sessions"][0]["rpo_seconds"] == 1


def test_the_brick_that_has_got_farthest_tells_for_its_replica_set() -> None:
    info = info_of("10.3", "status-faulty")
    nodes = [
        node_of(info, "primary1", last_synced="2026-11-22T08:30:00Z", lag_seconds=300),
        node_of(info, "primary2", last_synced="2026-11-22T07:00:00Z", lag_seconds=5400),
    ]
    assert report(info, nodes=nodes)["sessions"][0]["lag_seconds"] == 300, "a dead session can be judged too"
    active = info_of()
    assert report(active, nodes=nodes)["sessions"][0]["lag_seconds"] == 300
    assert [worker["lag_seconds"] for worker in report(active, nodes=nodes)["sessions"][0]["workers"]] == [300, None]


@pytest.mark.parametrize(
    ("active", "passive", "expected"),
    [
        # A healthy session whose passive worker's mark is two days old.
        (("2026-11-22T08:38:16Z", 15), ("2026-11-20T08:38:16Z", 172815), (15, "2026-11-22T08:38:16Z", [])),
        # A sick one, on whose other brick nothing waits.
        (
            ("2026-11-20T08:38:16Z", 172815),
            ("2026-11-22T08:38:16Z", 0),
            (172815, "2026-11-20T08:38:16Z", [("lag-above-rpo", "critical")]),
        ),
        # One that has not synced anything yet.
        ((None, None), ("2026-11-22T08:38:16Z", 0), (None, None, [("lag-unknown", "warning")])),
    ],
)
def test_a_passive_worker_does_not_tell_for_the_active_one_that_was_not_read(
    active: tuple[t.Any, t.Any], passive: tuple[str, int], expected: tuple[t.Any, t.Any, t.Any]
) -> None:
    info = info_of()
    assert [worker["status"] for worker in info["status"][0]["workers"]] == ["Active", "Passive"]
    info["status"][0]["workers"][0].update(last_synced=active[0], lag_seconds=active[1])
    told = report(info, rpo=900, nodes=[node_of(info, "primary2", last_synced=passive[0], lag_seconds=passive[1])])
    session = told["sessions"][0]
    assert (session["lag_seconds"], session["last_synced"], kinds(told)) == expected
    assert session["lag_exact"] is False


def test_a_passive_worker_tells_where_nobody_is_active() -> None:
    info = info_of("10.3", "status-faulty")
    info["status"][0]["workers"][1]["status"] = "Passive"
    session = report(info, nodes=[node_of(info, "primary2", last_synced="2026-11-22T08:30:00Z", lag_seconds=300)])[
        "sessions"
    ][0]
    assert (session["lag_seconds"], session["last_synced"]) == (300, "2026-11-22T08:30:00Z") and session["lag_exact"]


def test_a_session_is_as_late_as_its_slowest_replica_set() -> None:
    info = info_of("10.3", "status-many")
    entry = next(entry for entry in info["status"] if entry["primary_volume"] == "homes" and entry["state"] == "active")
    info["status"] = [entry]
    active = [worker for worker in entry["workers"] if worker["status"] == "Active"]
    assert len(active) == 2
    active[0].update(last_synced="2026-11-22T08:00:00Z", lag_seconds=2311)
    active[1].update(last_synced="2026-11-22T08:30:00Z", lag_seconds=511)
    session = report(info)["sessions"][0]
    assert (session["lag_seconds"], session["last_synced"]) == (2311, "2026-11-22T08:00:00Z")
    active[1].update(last_synced=None, lag_seconds=None)
    told = report(info, rpo=900)
    assert told["sessions"][0]["lag_seconds"] is None and kinds(told) == [("lag-unknown", "warning")]


def test_a_worker_that_hears_of_nothing() -> None:
    info = info_of()
    nodes = [
        node_of(info, "primary1", last_synced="2026-11-22T08:30:00Z", lag_seconds=300, stalled=True),
        node_of(info, "primary2", stalled=True),
    ]
    told = report(info, nodes=nodes)
    assert kinds(told) == [("worker-stalled", "critical")] and told["problems"][0]["fault"] == "stalled"
    assert told["problems"][0]["node"] == "primary1" and "5 min" in told["problems"][0]["what"]


def test_a_worker_that_is_paused_is_not_stalled() -> None:
    info = info_of("10.3", "status-paused")
    nodes = [node_of(info, "primary1", last_synced="2026-11-22T08:30:00Z", lag_seconds=300, stalled=True)]
    told = report(info, nodes=nodes)
    assert [worker["stalled"] for worker in told["sessions"][0]["workers"]] == [False, False]


def test_a_checkpoint_that_nobody_tells_of() -> None:
    told = report(info_of("10.3", "status-paused"))
    assert told["sessions"][0]["checkpoint"]["set"] is None
    assert any(" not known " in line and NAME in line for line in lines.report_lines(told, 200))
    assert "none set" not in page(told) and ">not known<" in page(told)


def test_failures_and_a_checkpoint() -> None:
    info = info_of()
    info["status"][0]["workers"][0]["failures"] = 2
    info["status"][0]["checkpoint"] = {
        "set": True,
        "time": "2026-11-22T08:00:00Z",
        "completed": False,
        "completed_at": None,
    }
    assert kinds(report(info)) == [("failures", "warning")], "without an RPO nobody says what late is"
    told = report(info, rpo=900)
    assert kinds(told) == [("failures", "warning"), ("checkpoint-overdue", "warning")]
    assert told["problems"][0]["fault"] == "changes-refused" and "The count stays, even after a restart or a repair" in told["problems"][0]["remedy"]
    assert "georep_compare=all" in told["problems"][0]["remedy"] and "38 min 31 s old" in told["problems"][1]["what"]


def test_what_is_declared_and_not_there() -> None:
    declared = {
        **started(),
        SessionId("x", "h", "y"): Declared("started", None),
        SessionId("z", "h", "z"): Declared("absent", None),
    }
    told = report(info_of(), declared=declared)
    assert kinds(told) == [("session-missing", "critical")] and told["problems"][0]["session"] == "x -> h::y"
    assert told["verdict"] == "critical"


def test_only_some() -> None:
    info = info_of("10.3", "status-many")
    told = report(
        info,
        only=[ID, SessionId("nobody", "h", "x")],
        declared={SessionId("other", "h", "x"): Declared("started", None)},
    )
    assert [session["name"] for session in told["sessions"]] == [NAME]
    assert [problem["session"] for problem in told["problems"]] == ["nobody -> h::x"]


# --- the gate and the terminal ---------------------------------------------------------------------------------------


def test_the_gate_lets_a_healthy_cluster_pass() -> None:
    info = info_of()
    nodes = [node_of(info, "primary1", last_synced="2026-11-22T08:38:16Z", lag_seconds=0)]
    assert gate.judgement(report(info, nodes=nodes, rpo=900)) == {
        "passed": True,
        "reasons": [],
        "message": "No problem: 1 of 1 session running; no change waits (smallest RPO 15 min).",
    }
    # A limit that was meant and not given must not look like one that is kept.
    assert gate.judgement(report(info, nodes=nodes))["message"] == (
        "No problem: 1 of 1 session running; no change waits; no RPO is known for any of them, so their lag was not checked."
    )
    info["status"].append({**copy.deepcopy(info["status"][0]), "secondary_volume": "other"})
    assert "(smallest RPO 2 d); no RPO is known for 1 of them" in gate.judgement(report(info, declared=started(172800)))["message"]
    assert gate.judgement(report({**info, "status": []}))["message"].startswith(
        "This cluster has no geo-replication sessions"
    )


def test_the_gate_says_session_brick_what_and_remedy() -> None:
    found = gate.judgement(report(info_of("10.3", "status-faulty-passive")))
    assert found["passed"] is False and found["message"].startswith(
        "Geo-replication is not healthy, for 1 reason:\n* "
    )
    (reason,) = found["reasons"]
    assert (
        reason.startswith(f"{NAME}, primary")
        and "The worker is Faulty" in reason
        and "gluster_georep_preflight_info" in reason
    )
    assert gate.judgement(report(info_of("10.3", "status-faulty-passive")), ["worker-faulty"])["passed"]


def test_the_gate_and_failures_that_are_known() -> None:
    info = info_of()
    info["status"][0]["workers"][0]["failures"] = 2
    told = report(info)
    (reason,) = gate.reasons(told)
    assert "2 changes could not be carried out" in reason and "gate_failures_known=2" in reason
    assert len(gate.reasons(told, (), 1)) == 1, "one more than is known"
    assert gate.judgement(told, (), 2)["passed"] and gate.judgement(told, ["failures"])["passed"]


@pytest.mark.parametrize(
    ("name", "state"), [("status-created", "created"), ("status-stopped", "stopped"), ("status-paused", "paused")]
)
def test_the_gate_and_sessions_that_rest(name: str, state: str) -> None:
    info = info_of("10.3", name)
    (reason,) = gate.reasons(report(info))
    assert f"The session is {state}" in reason and f"add '{state}' to gate_accept" in reason
    assert gate.reasons(report(info), [state]) == []
    assert gate.reasons(report(info, declared=started(state="stopped" if state == "created" else state))) == []
    assert len(gate.reasons(report(info, declared=started()))) == 1, "declared started: one reason, not two"


def test_every_consent_is_a_problem_or_a_state() -> None:
    assert set(PROBLEMS) < set(gate.CONSENTS) and {"created", "stopped", "paused"} < set(gate.CONSENTS)


def test_a_terminal_of_any_width() -> None:
    told = report(info_of("10.3", "status-many"), rpo=900)
    wide = lines.report_lines(told, 200)
    assert wide[1].split()[:5] == ["SESSION", "STATE", "LAG", "RPO", "LAST"] and len(wide) >= 8
    assert any(line.startswith("ok ") and f" {NAME} " in line and " 15 min " in line for line in wide)
    for width in (69, 100):
        narrow = lines.report_lines(told, width)
        assert any(line.endswith(NAME) for line in narrow)
        assert all(len(line) <= width or " " not in line.strip() for line in narrow), width


def test_headlines() -> None:
    def of(info: dict[str, t.Any], **more: t.Any) -> str:
        return lines.headline(report(info, **more))

    assert of(info_of()) == "1 session is healthy"
    assert of(info_of(), rpo=900) == "1 session is healthy and within the RPO"
    assert of({**info_of(), "status": []}) == "No geo-replication sessions on this cluster"
    assert of(info_of("10.3", "status-paused")) == "No session is running"
    assert of(info_of("10.3", "status-faulty")) == "1 of 1 session needs attention"
    two = info_of()
    two["status"].append({**copy.deepcopy(two["status"][0]), "secondary_volume": "other"})
    assert of(two) == "All sessions are healthy"
    two["status"][1].update(copy.deepcopy(info_of("10.3", "status-paused")["status"][0]), secondary_volume="other")
    assert of(two) == "1 session is healthy, 1 not running"
    assert of(info_of(pool="pool-list-peer-down")) == "The cluster needs attention"
