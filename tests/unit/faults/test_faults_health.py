# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The judge of a session: one verdict for all who ask, and the same reasons."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults import health
from ansible_collections.glusterops.georep.plugins.module_utils._model.states import State
from ansible_collections.glusterops.georep.tests.unit.reports import entry

MISSING = "No worker is reported for this brick."
BAD = "The worker is Faulty, and its replica set has no active worker."
LOST = [["primary1:/b"], ["primary9:/b"]]


@pytest.mark.parametrize(
    ("given", "verdict", "reasons"),
    [
        (entry("Active", "Passive"), "healthy", []),
        (entry("Stopped", "Stopped", state="stopped"), "not_running", ["It is stopped."]),
        (entry("Created", state="created"), "not_running", ["It is created."]),
        (entry("Paused", state="paused", missing=["n:/b"]), "not_running", ["It is paused.", f"n:/b: {MISSING}"]),
        (entry(state="unreadable"), "unknown", ["gluster does not show this session"]),
        (entry("Active", "Stopped", state="mixed"), "failed",
         ["The session runs on some nodes only: primary1:/b is Active, primary2:/b is Stopped."]),
        (entry("Passive", "Passive", state="initializing"), "degraded", ["No active worker yet on primary1:/b, primary2:/b."]),
        (entry("Faulty", "Passive", state="faulty"), "failed", [f"primary1:/b: {BAD}"]),
        (entry("Active", "Faulty"), "degraded", ["primary2:/b: The worker is Faulty."]),
        (entry("Active", missing=["primary9:/b"]), "degraded", [f"primary9:/b: {MISSING}"]),
        (entry("Active", sets=LOST, missing=["primary9:/b"], state="initializing"), "failed", [f"primary9:/b: {MISSING}"]),
    ],
)  # fmt: skip
def test_a_verdict_and_why(given: dict[str, t.Any], verdict: str, reasons: list[str]) -> None:
    told = health.judge(given)
    assert told["verdict"] == verdict and len(told["reasons"]) == len(reasons)
    for said, expected in zip(told["reasons"], reasons):
        assert said.startswith(expected), said
        assert expected.startswith("It is ") or " What helps: " in said
    assert health.judged([given]) == [{**given, "health": told}]


def test_every_verdict_has_a_severity() -> None:
    """A new state or a new severity needs a word for gluster_georep_info."""
    assert set(health.VERDICTS) == set(health.SEVERITIES) and set(health.RESTING) == {state.value for state in State if state.at_rest}


def test_changes_that_were_given_up_on_are_told() -> None:
    given = entry("Active")
    given["workers"][0]["failures"] = 4
    told = health.judge(given)
    assert told["verdict"] == "degraded" and told["reasons"][0].startswith("primary1:/b: 4 changes could not be carried out on the secondary.")


def test_a_stalled_worker_has_failed_though_it_calls_itself_active() -> None:
    given = entry("Active")
    given["workers"][0].update(stalled=True, lag_seconds=200)
    told = health.judge(given)
    assert told["verdict"] == "failed" and "it does not see a change that was made in the last 3 min 20 s" in told["reasons"][0]
    (said,) = health.unwell(given)
    assert said == f"projects -> secondary1::projects-dr, {told['reasons'][0]}"


def test_a_known_fault_is_named_with_cause_and_remedy() -> None:
    given = entry("Active", "Faulty")
    given["workers"][1]["last_error"] = "Popen: ssh> Host key verification failed."
    (problem,) = health.problems(given, health.sets_of(given))
    assert (problem.fault, problem.where, problem.severity) == ("host-key", "primary2:/b", "warning")
    assert "Its last error: Popen: ssh> Host key verification failed." in problem.what and problem.reference == health.catalogue.BY_ID["host-key"].reference
    assert health.unwell(given) == [health.line(problem.as_dict())]


def test_what_the_node_found_in_its_log_counts_for_more_than_the_last_error_alone() -> None:
    """The traceback and the other records are only there."""
    given = entry("Active", "Faulty")
    error = "<top>: FAIL: ValueError: invalid literal for int() with base 10: 'am dr1'"
    given["workers"][1].update(last_error=error, fault=None)
    (problem,) = health.problems(given, health.sets_of(given))
    assert problem.fault == "" and problem.reference == ()
    known = health.catalogue.filled(health.catalogue.BY_ID["login-script-prints"], {})
    given["workers"][1]["fault"] = {"id": known.id, "title": known.title, "cause": "It prints.", "remedy": "Silence it."}
    (problem,) = health.problems(given, health.sets_of(given))
    assert (problem.fault, problem.title, problem.remedy) == (known.id, known.title, "It prints. Silence it.") and problem.reference == known.reference
    given["workers"][1]["fault"]["id"] = "of another version of this collection"
    (problem,) = health.problems(given, health.sets_of(given))
    assert problem.fault == ""


def test_B05_sibling_a_worker_that_fails_whenever_it_starts_is_initializing_for_most_of_the_time() -> None:
    given = entry("Initializing...", "Passive")
    given["state"] = "initializing"
    (quiet,) = health.problems(given, health.sets_of(given))
    assert quiet.id == "no-active-worker" and quiet.what == "No active worker yet on primary1:/b, primary2:/b." and quiet.fault == ""
    given["workers"][0]["last_error"] = "Popen: ssh> Host key verification failed."
    (problem,) = health.problems(given, health.sets_of(given))
    assert (problem.id, problem.severity, problem.fault) == ("no-active-worker", "warning", "host-key")
    assert problem.what == f"{quiet.what} primary1:/b failed at an earlier start. Its last error: Popen: ssh> Host key verification failed."
    assert problem.remedy.startswith(health.catalogue.BY_ID["host-key"].cause)
    given["workers"][0]["last_error"] = "nobody knows"
    (problem,) = health.problems(given, health.sets_of(given))
    assert problem.what.endswith("Its last error: nobody knows.") and problem.remedy == quiet.remedy


def test_a_worker_of_no_known_set_is_judged_with_all() -> None:
    """A brick was added since the sets were read."""
    given = entry("Faulty", "Active", sets=[["primary1:/b"]])
    assert [problem.severity for problem in health.problems(given, health.sets_of(given))] == ["warning"]
    assert [len(members) for members in health.sets_of(entry("Active", "Active", sets=[["primary1:/b"], ["primary2:/b"]]))] == [1, 1]


@pytest.mark.parametrize(("read", "says"), [(True, "Its log contains no error since it started."), (False, "was not read."), (None, "")])
def test_whether_the_log_was_read(read: bool | None, says: str) -> None:
    session = entry("Faulty", state="faulty")
    (problem,) = health.problems(session, [[health.Seen("n", "/b", "Faulty", log_read=read)]])
    assert problem.what.endswith(says or "has no active worker.") and "gsyncd.log on n" in problem.remedy
