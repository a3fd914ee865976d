# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From parameters to declarations, and from outcomes to results."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._georep.plan import Wanted
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._operate import report
from ansible_collections.glusterops.georep.tests.unit.operate.fake_cluster import World, wanted

T = "secondary1::projects-dr"
NAME = f"projects -> {T}"


def params(**more: t.Any) -> dict[str, t.Any]:
    return {
        "primary_volume": "projects",
        "secondary_host": "secondary1",
        "secondary_volume": "projects-dr",
        "secondary_user": "root",
        "ssh_port": 22,
        "state": "started",
        "config": {},
        "accept": [],
        "reset_sync_time": False,
        **more,
    }


def test_a_declaration() -> None:
    found = report.wanted_from(
        params(ssh_port=2222, config={"sync_jobs": 4, "slave_timeout": None}, accept=["peer_down"], state="paused")
    )
    assert found == Wanted(
        SessionId("projects", "secondary1", "projects-dr"),
        "paused",
        2222,
        {"sync-jobs": "4", "secondary-timeout": None},
        frozenset({"peer_down"}),
        False,
    )


@pytest.mark.parametrize(
    ("more", "option", "value"),
    [
        ({"primary_volume": "a b"}, "sessions[3].primary_volume", "a b"),
        ({"ssh_port": 0}, "sessions[3].ssh_port", 0),
        ({"config": {"sync-jobs": "abc"}}, "sessions[3].config.sync-jobs", "abc"),
        ({"config": {"no-such": 1}}, "sessions[3].config.no-such", "no-such"),
        ({"config": {"ssh-port": 23}}, "sessions[3].config.ssh-port", "23"),
        ({"reset_sync_time": True}, "sessions[3].reset_sync_time", True),
    ],
)
def test_what_is_wrong_is_named_with_its_place(more: dict[str, t.Any], option: str, value: t.Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        report.wanted_from(params(**more), "sessions[3].")
    assert (caught.value.option, caught.value.value) == (option, value)
    error = caught.value.as_result()
    assert (error["option"], error["value"], error["error"]) == (option, value, "InvalidInput")
    assert error["remedy"] and error["msg"].endswith(error["remedy"])


def test_the_port_said_twice_alike() -> None:
    assert report.wanted_from(params(ssh_port=23, config={"ssh-port": 23})).config == {"ssh-port": "23"}


def test_a_declaration_about_options_alone() -> None:
    found = report.config_wanted_from({**params(config={"sync-jobs": 4}), "accept": []})
    assert (found.state, found.ssh_port, found.config) == ("present", None, {"sync-jobs": "4"})


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
