# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From outcomes to results."""

from __future__ import annotations

from ansible_collections.glusterops.georep.plugins.module_utils._apply import report
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import World, wanted

T = "secondary1::projects-dr"
NAME = f"projects -> {T}"


def test_results_of_a_run_that_changed_something(world: World) -> None:
    world.add_session("projects", T, "Active", "Passive")
    outcomes = world.converge(wanted("paused", {"sync-jobs": "5", "log-level": "INFO"}))
    result = report.result_of(outcomes[0])
    before = {"state": "active", "config": {"sync-jobs": "3", "log-level": "INFO", "ssh-port": "22"}}
    after = {"state": "paused", "config": {"sync-jobs": "5", "log-level": "INFO", "ssh-port": "22"}}
    assert {name: result[name] for name in ("primary_volume", "secondary_host", "secondary_volume", "secondary_user")} == {
        "primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr", "secondary_user": "root",
    }  # fmt: skip
    assert (result["changed"], result["before"], result["after"]) == (True, before, after)
    assert result["steps"] == ["config sync-jobs: 3 -> 5: differs; restarts the workers", "pause: it is active"]
    assert [worker["status"] for worker in result["workers"]] == ["Paused", "Paused"]
    assert (result["missing"], result["notes"]) == ([], [])
    assert report.diff_of(outcomes) == [{"before_header": NAME, "after_header": NAME, "before": before, "after": {**after, "effect": "restarts workers"}}]


def test_results_of_a_check_run(world: World) -> None:
    outcomes = world.converge(wanted("started", {"sync-jobs": "5"}), check_mode=True)
    result = report.result_of(outcomes[0])
    assert result["before"] == {"state": "absent", "config": {}}
    assert result["after"] == {"state": "active", "config": {"sync-jobs": "5", "ssh-port": "22"}}
    assert result["workers"] == []
    real = report.result_of(world.converge(wanted("started", {"sync-jobs": "5"}))[0])
    assert (real["before"], real["after"], real["steps"]) == (result["before"], result["after"], result["steps"])


def test_results_of_a_run_that_changed_nothing(world: World) -> None:
    world.add_session("projects", T, "Active", "Passive", sync_jobs="5")
    outcomes = world.converge(wanted("started", {"sync-jobs": "5"}))
    result = report.result_of(outcomes[0])
    assert result["before"] == result["after"] == {"state": "active", "config": {"sync-jobs": "5", "ssh-port": "22"}}
    assert result["steps"] == [] and result["changed"] is False
    assert report.diff_of(outcomes) == []


def test_results_of_a_deletion(world: World) -> None:
    world.add_session("projects", T, "Stopped")
    outcomes = world.converge(wanted("absent"))
    result = report.result_of(outcomes[0])
    assert result["before"]["state"] == "stopped"
    assert result["after"] == {"state": "absent", "config": {}}
    assert result["steps"] == ["delete: it is declared absent"]
