# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people declare, checked and completed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import (
    complete_declared,
    config_wanted_from,
    wanted_from,
)
from ansible_collections.glusterops.georep.plugins.module_utils._plan.session import Wanted

PATH = "/srv/dr/projects"
VOLUME = "georep-srv-dr-projects"


def entry(volume: str = "projects", **more: t.Any) -> dict[str, t.Any]:
    return {"primary_volume": volume, "secondary_host": "secondary1", "secondary_volume": f"{volume}-dr", **more}


def into(path: str = PATH, volume: str = "projects", **more: t.Any) -> dict[str, t.Any]:
    return {"primary_volume": volume, "secondary_host": "secondary1", "secondary_directory": path, **more}


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
    found = wanted_from(
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
def test_what_is_wrong_with_one_session_is_named_with_its_place(more: dict[str, t.Any], option: str, value: t.Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        wanted_from(params(**more), "sessions[3].")
    assert (caught.value.option, caught.value.value) == (option, value)
    error = caught.value.as_result()
    assert (error["option"], error["value"], error["error"]) == (option, value, "InvalidInput")
    assert error["remedy"] and error["msg"].endswith(error["remedy"])


def test_the_port_said_twice_alike() -> None:
    assert wanted_from(params(ssh_port=23, config={"ssh-port": 23})).config == {"ssh-port": "23"}


def test_a_declaration_about_options_alone() -> None:
    found = config_wanted_from({**params(config={"sync-jobs": 4}), "accept": []})
    assert (found.state, found.ssh_port, found.config) == ("present", None, {"sync-jobs": "4"})


# --- the list of the role


def test_defaults_are_filled_in() -> None:
    assert complete_declared([entry(state=None, ssh_port="2222")]) == [
        entry(secondary_user="root", ssh_port=2222, state="started", config={}, accept=[], reset_sync_time=False, config_exclusive=False,
              secondary_writable=False)
    ]


@pytest.mark.parametrize(
    ("items", "option"),
    [
        ([entry(), entry(ssh_port="x")], "geo_replication_sessions[1].ssh_port"),
        ([entry(), {"primary_volume": "v"}], "geo_replication_sessions[1].secondary_host"),
        ([entry(primary_volume=5)], "geo_replication_sessions[0].primary_volume"),
        ([entry(secondary_host="a b")], "geo_replication_sessions[0].secondary_host"),
        ([entry(config={"sync-jobs": "abc"})], "geo_replication_sessions[0].config.sync-jobs"),
        ([entry(), entry("homes"), entry(secondary_user="geo")], "geo_replication_sessions[2]"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(items: list[dict[str, t.Any]], option: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        complete_declared(items)
    assert caught.value.option == option
    assert caught.value.remedy


def test_a_text_is_no_list_of_sessions() -> None:
    with pytest.raises(InvalidInput, match="is not a list of sessions") as caught:
        complete_declared("{{ nobody_sets_this }}")  # type: ignore[arg-type]
    assert caught.value.option == "geo_replication_sessions" and "nobody_sets_this" in str(caught.value)


@pytest.mark.parametrize("word", ["false", "no", "False", "0"])
def test_answers_of_a_survey_are_text(word: str) -> None:
    names = ("reset_sync_time", "config_exclusive", "secondary_writable")
    (complete,) = complete_declared([entry(**dict.fromkeys(names, word), accept="peer_down, secondary_smaller")])
    assert [complete[name] for name in names] == [False] * 3
    assert complete["accept"] == ["peer_down", "secondary_smaller"]
    for name in names:
        with pytest.raises(InvalidInput, match=rf"geo_replication_sessions\[0\].{name} = 'perhaps': must be true or false"):
            complete_declared([entry(**{name: "perhaps"})])
    assert complete_declared([entry(state="absent", secondary_writable="yes")])[0]["secondary_writable"] is True


def test_a_directory_is_a_volume_from_here_on() -> None:
    (completed,) = complete_declared([into("//srv/dr/projects/")])
    assert (completed["secondary_volume"], completed["secondary_directory"]) == (VOLUME, PATH)


@pytest.mark.parametrize(
    ("items", "option", "says"),
    [
        ([into(secondary_volume="v")], "[0].secondary_directory", "secondary_volume = 'v'"),
        ([entry(secondary_volume=None)], "[0].secondary_volume", "secondary_directory"),
        ([into("srv")], "[0].secondary_directory", "not an absolute path"),
        ([into(), into(volume="homes")], "[1].secondary_directory", r"geo_replication_sessions\[0\]"),
        ([into(), into(PATH + "/a", volume="homes")], "[1].secondary_directory", r"geo_replication_sessions\[0\]"),
        ([entry(accept=["directory_not_empty"])], "[0].accept", "is for secondary_directory"),
    ],
)
def test_destinations_that_cannot_be(items: list[dict[str, t.Any]], option: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        complete_declared(items)
    assert caught.value.option == f"geo_replication_sessions{option}" and caught.value.remedy


def test_a_directory_may_move_from_one_session_to_another() -> None:
    assert len(complete_declared([into(state="absent"), into(volume="homes")])) == 2
