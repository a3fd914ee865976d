# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole runs against a cluster that keeps its own state: what is sent, in which order, and how often is asked.

Reads come side by side, so they are counted; what changes something is compared in order.
"""

from __future__ import annotations

import json
import os
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._host.mounts import Usage
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.states import State
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import wanted_from
from ansible_collections.glusterops.georep.plugins.module_utils._read import logs
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import (
    G,
    Volume,
    World,
    document,
    refusal,
    wanted,
    words_of,
)

T = "secondary1::projects-dr"
P = f"projects {T}"
XML = ["gluster", "--mode=script", "--xml"]
CONFIG = "config projects secondary1::projects-dr"


# --- nothing to do


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (("Active", "Passive"), "started"),
        (("Stopped",), "stopped"),
        (("Created",), "stopped"),
        (("Paused",), "paused"),
        (("Created",), "present"),
        (("Faulty",), "present"),
    ],
)
def test_nothing_to_do(world: World, words: tuple[str, ...], state: str) -> None:
    world.add_session("projects", T, *words, sync_jobs="5")
    (outcome,) = world.converge(wanted(state, {"sync-jobs": "5"}))
    assert not outcome.changed
    assert world.mutations == []
    assert world.reads == {"status": 1, "volumes": 1, "version": 1, CONFIG: 1}
    assert len(world.calls) == 4, "and nothing else"


def test_the_exact_command_lines_of_a_run_that_changes_nothing(world: World) -> None:
    world.add_session("projects", T, "Active", "Passive")
    world.converge(wanted())
    assert sorted(world.calls) == sorted(
        [
            ["gluster", "--version"],
            [*XML, "--timeout=120", "--", "volume", "geo-replication", "status"],
            [*XML, "--timeout=120", "--", "volume", "geo-replication", "projects", T, "config"],
            [*XML, "--timeout=120", "--", "volume", "info", "all"],
        ]
    )


def test_nothing_to_do_for_many(world: World) -> None:
    world.add_session("projects", T, "Active", "Passive")
    for name in ("homes", "media"):
        world.add_volume(name, sets=2)
        world.add_session(name, f"secondary1::{name}-dr", "Active", "Passive", "Active", "Passive")
    world.add_volume("other")
    world.add_session("other", "secondary1::other-dr", "Created")
    outcomes = world.converge(*[wanted(volume=name) for name in ("projects", "homes", "media")])
    assert [outcome.changed for outcome in outcomes] == [False] * 3
    reads = {f"config {name} secondary1::{name}-dr": 1 for name in ("projects", "homes", "media")}
    assert world.reads == {"status": 1, "volumes": 1, "version": 1, **reads}, (
        "the session that is not declared costs nothing"
    )


def test_absent_stays_absent(world: World) -> None:
    (outcome,) = world.converge(wanted("absent"))
    assert not outcome.changed and outcome.before is None and outcome.after is None
    assert world.calls and world.mutations == []
    assert world.reads == {"status": 1, "status as text": 1, "volumes": 1, "version": 1}


# --- creating


def test_create_configure_start(world: World) -> None:
    (outcome,) = world.converge(wanted("started", {"sync-method": "tarssh", "sync-jobs": "3"}, port=2222))
    assert world.mutations == [
        f"{P} create ssh-port 2222 no-verify",
        f"{P} config sync-method tarssh",
        f"{P} config ssh-port 2222",
        f"{P} start",
    ]
    assert outcome.changed
    assert outcome.before is None
    assert outcome.after is not None and outcome.after.state is State.ACTIVE
    assert outcome.notes == []
    reads = world.reads
    assert reads["peers"] == 1
    assert reads["secondary1: volume projects-dr"] == 1
    assert reads["mount localhost projects"] == reads["mount secondary1 projects-dr"] == 1
    assert reads[CONFIG] == 1, "read back once, after it was set"
    assert reads["volumes"] == reads["version"] == 1
    assert set(reads) == {
        "peers",
        "secondary1: volume projects-dr",
        "mount localhost projects",
        "mount secondary1 projects-dr",
        CONFIG,
        "volumes",
        "version",
        "status",
        "status as text",
    }


def test_the_command_line_of_a_creation(world: World) -> None:
    world.converge(wanted("present"), push_pem=True)
    assert [argv for argv in world.calls if "create" in argv] == [
        [*XML, "--timeout=600", "--", "volume", "geo-replication", "projects", T, "create", "push-pem"]
    ]


@pytest.mark.parametrize(
    ("state", "verbs"),
    [
        ("present", ["create"]),
        ("stopped", ["create"]),
        ("started", ["create", "start"]),
        ("paused", ["create", "start", "pause"]),
    ],
)
def test_created_in_each_state(world: World, state: str, verbs: list[str]) -> None:
    world.converge(wanted(state))
    assert [line.split()[2] for line in world.mutations] == verbs
    again = len(world.calls)
    (outcome,) = world.converge(wanted(state))
    assert not outcome.changed, "and once more changes nothing"
    assert len(world.mutations) == len(verbs) and len(world.calls) == again + 4


def test_words_of_glusterfs_9(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, "9.2")
    monkeypatch.setattr("os.path.ismount", lambda path: path in world.mounted)
    world.add_session("projects", T, "Active", "Passive")
    config: dict[str, str | None] = {"secondary-timeout": "90", "sync-jobs": "5"}
    (outcome,) = world.converge(wanted("started", config))
    assert world.mutations == [f"{P} config slave-timeout 90", f"{P} config sync-jobs 5"]
    assert outcome.before is not None and outcome.before.config is not None
    assert outcome.before.config.values["secondary-timeout"] == "120"
    assert not world.converge(wanted("started", config))[0].changed
    world.converge(wanted("started", {"secondary-timeout": None}))
    assert world.mutations[2:] == [f"{P} config !slave-timeout"]


def test_a_user_of_its_own(world: World) -> None:
    world.converge(wanted(user="geo"))
    assert world.mutations == [f"projects geo@{T} create no-verify", f"projects geo@{T} start"]
    assert not world.converge(wanted(user="geo"))[0].changed


def test_an_interrupted_creation_is_completed(world: World) -> None:
    world.instead["create"] = [refusal(f"Session between projects and {T} is already created.")]
    (outcome,) = world.converge(wanted())
    assert world.mutations == [f"{P} create no-verify", f"{P} create no-verify force", f"{P} start"], (
        "only the creation is forced"
    )
    assert outcome.notes == ["A session that an earlier run had created only in part was found and completed."]


def test_an_interrupted_creation_forces_nothing_else(world: World) -> None:
    world.instead["create"] = [refusal(f"Session between projects and {T} is already created.")]
    world.converge(wanted("paused"))
    assert world.mutations == [f"{P} create no-verify", f"{P} create no-verify force", f"{P} start", f"{P} pause"]


def test_killed_between_creation_and_start(world: World) -> None:
    world.add_session("projects", T, "Created")
    world.converge(wanted("started", {"sync-method": "tarssh"}))
    assert world.mutations == [f"{P} config sync-method tarssh", f"{P} start"]


# --- changing


def test_a_new_value_on_a_paused_session_pauses_it_again(world: World) -> None:
    world.add_session("projects", T, "Paused")
    (outcome,) = world.converge(wanted("paused", {"sync-jobs": "5"}))
    assert world.mutations == [f"{P} config sync-jobs 5", f"{P} pause force"]
    assert outcome.after is not None and outcome.after.state is State.PAUSED


def test_a_value_that_gluster_would_take_for_the_old_one(world: World) -> None:
    world.add_session("projects", T, "Stopped", secondary_timeout="0")
    world.converge(wanted("stopped", {"secondary-timeout": "120"}))
    assert world.mutations == [f"{P} config !secondary-timeout", f"{P} config secondary-timeout 120"]


def test_a_value_that_gluster_accepts_and_forgets(world: World) -> None:
    world.add_session("projects", T, "Stopped")
    world.instead["config"] = [document("<geoRep/>", errstr="config-set successful")]
    with pytest.raises(errors.StateNotReached, match="sync-jobs = '3' instead of '5'") as caught:
        world.converge(wanted("stopped", {"sync-jobs": "5"}))
    assert "gsyncd.conf" in (caught.value.remedy or "")
    assert world.mutations == [f"{P} config sync-jobs 5"], "it is not sent again blindly"


def test_back_to_the_default(world: World) -> None:
    world.add_session("projects", T, "Active", "Passive", sync_jobs="5", rsync_options="-z")
    world.converge(wanted("started", {"sync-jobs": None, "log-level": None}))
    assert world.mutations == [f"{P} config !sync-jobs"], "what was not set is not reset"


@pytest.mark.parametrize(
    ("words", "state", "verbs"),
    [
        (("Stopped",), "started", ["start"]),
        (("Paused",), "started", ["resume"]),
        (("Active", "Passive"), "stopped", ["stop"]),
        (("Faulty",), "stopped", ["stop"]),
        (("Active", "Passive"), "paused", ["pause"]),
        (("Active", "Passive"), "absent", ["stop", "delete"]),
        (("Paused",), "absent", ["stop", "delete"]),
        (("Created",), "absent", ["delete"]),
        (("Stopped", "Active"), "started", ["start force", "resume force"]),
        (("Stopped", "Active"), "absent", ["stop force", "delete"]),
    ],
)
def test_from_state_to_state(world: World, words: tuple[str, ...], state: str, verbs: list[str]) -> None:
    world.add_session("projects", T, *words)
    (outcome,) = world.converge(wanted(state))
    assert world.mutations == [f"{P} {verb}" for verb in verbs]
    assert outcome.changed
    assert not world.converge(wanted(state))[0].changed


def test_forgetting_how_far_it_had_got(world: World) -> None:
    world.add_session("projects", T, "Stopped")
    world.converge(wanted("absent", reset_sync_time=True))
    assert world.mutations == [f"{P} delete reset-sync-time"]


def test_one_of_two_sessions_differs(world: World) -> None:
    world.add_volume("homes")
    world.add_session("projects", T, "Active", "Passive")
    world.add_session("homes", "secondary1::homes-dr", "Stopped")
    first, second = world.converge(wanted(), wanted(volume="homes"))
    assert (first.changed, second.changed) == (False, True)
    assert world.mutations == ["homes secondary1::homes-dr start"]


# --- waiting


def test_the_words_lag_behind_the_command(world: World) -> None:
    session = world.add_session("projects", T, "Stopped")
    world.converge(wanted())
    assert session.words == ["Active", "Passive"]
    assert world.reads["status"] == 1 + 3, "once at the beginning, then Stopped, Initializing..., Active"
    assert world.reads["volumes"] == 1, "volumes are not asked again"


def test_without_waiting(world: World) -> None:
    world.add_session("projects", T, "Stopped")
    (outcome,) = world.converge(wanted(), wait=False)
    assert world.reads["status"] == 2
    assert outcome.after is not None and outcome.after.state is State.STOPPED


def test_stop_is_waited_for_even_without_waiting(world: World) -> None:
    session = world.add_session("projects", T, "Active", "Passive")

    def stop() -> tuple[int, str, str]:
        session.become("Stopped", through=[["Active", "Passive"], ["Active", "Stopped"]])
        return document("<geoRep/>")

    world.instead["stop"] = [stop]
    (outcome,) = world.converge(wanted("stopped"), wait=False)
    assert outcome.after is not None and outcome.after.state is State.STOPPED
    assert world.reads["status"] == 1 + 3


@pytest.mark.parametrize(
    ("verb", "words", "state"),
    [
        ("stop", ("Active", "Passive"), "stopped"),
        ("pause", ("Active", "Passive"), "paused"),
        ("resume", ("Paused",), "started"),
    ],
)
def test_success_without_effect_is_no_success(world: World, verb: str, words: tuple[str, ...], state: str) -> None:
    world.add_session("projects", T, *words)
    world.instead[verb] = [document("<geoRep/>", errstr="geo-replication is not set up")]
    with pytest.raises(errors.StateNotReached) as caught:
        world.converge(wanted(state))
    before, after = {"stop": ("active", "stopped"), "pause": ("active", "paused"), "resume": ("paused", "active")}[verb]
    assert f"projects -> {T} is {before}, not {after}," in caught.value.message
    assert world.mutations == [f"{P} {verb}"], "it is not sent again blindly"


def test_a_start_that_nobody_survives(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    session = world.add_session("projects", T, "Stopped")
    monkeypatch.setattr(logs, "last_error", lambda session: logs.LastError("Permission denied (publickey)", None))

    def start() -> tuple[int, str, str]:
        session.become("Faulty", through=[["Stopped"], ["Initializing..."]])
        return document("<geoRep/>")

    world.instead["start"] = [start]
    began = world.time.now
    with pytest.raises(errors.StateNotReached) as caught:
        world.converge(wanted(), wait_timeout=60)
    message = caught.value.message
    assert "is faulty, not active" in message
    assert "Worker primary1:/bricks/projects is Faulty. Worker primary2:/bricks/projects is Faulty." in message
    assert "Last error in gsyncd.log on this node: Permission denied (publickey)" in message
    assert 60 <= world.time.now - began <= 70


def test_a_monitor_that_is_gone_is_not_waited_for(world: World) -> None:
    """start says yes, and ssh to the other side fails at once: the words stay Stopped (field guide T8)."""
    world.add_session("projects", T, "Stopped")
    world.instead["start"] = [document("<geoRep/>")]
    began = world.time.now
    with pytest.raises(errors.StateNotReached, match="is stopped, not active"):
        world.converge(wanted(), wait_timeout=600)
    assert 20 <= world.time.now - began <= 30


def test_what_cannot_come_is_not_waited_for(world: World) -> None:
    """No brick of the secondary volume runs: said after seconds, with the reason and what helps."""
    world.add_session("projects", T, "Faulty")
    far = t.cast("dict[str, Volume]", world.far["secondary1"])["projects-dr"]
    world.offline = {f"{node}:{path}" for node, path in far.bricks}
    began = world.time.now
    with pytest.raises(errors.StateNotReached) as caught:
        world.converge(wanted(), wait_timeout=600)
    assert 20 <= world.time.now - began <= 40
    assert "The secondary volume projects-dr on secondary1 does not accept changes: the bricks " in caught.value.message
    assert "gluster volume start projects-dr force" in caught.value.message and "Repair the secondary site first." in (caught.value.remedy or "")
    assert world.reads["secondary1: bricks"] == 1


def test_a_secondary_that_does_without_a_brick_is_waited_for(world: World) -> None:
    world.add_session("projects", T, "Faulty")
    far = t.cast("dict[str, Volume]", world.far["secondary1"])["projects-dr"]
    world.offline = {":".join(far.bricks[0])}
    began = world.time.now
    with pytest.raises(errors.StateNotReached) as caught:
        world.converge(wanted(), wait_timeout=60)
    assert world.time.now - began >= 60 and "accepts changes, but the brick" in caught.value.message


def test_a_faulty_session_that_is_declared_started_is_waited_for(world: World) -> None:
    session = world.add_session("projects", T, "Faulty")
    session.become("Active", "Passive", through=[["Faulty"], ["Faulty"], ["Initializing..."]])
    (outcome,) = world.converge(wanted())
    assert not outcome.changed
    assert outcome.after is not None and outcome.after.state is State.ACTIVE
    assert world.mutations == []


def test_a_faulty_session_that_stays_faulty_is_an_error(world: World) -> None:
    world.add_session("projects", T, "Faulty")
    with pytest.raises(errors.StateNotReached, match="is faulty, not active"):
        world.converge(wanted())
    assert world.mutations == []


def test_each_replica_set_needs_its_worker(world: World) -> None:
    world.add_volume("homes", sets=2)
    world.add_session("homes", "secondary1::homes-dr", "Active", "Passive", "Faulty", "Faulty")
    with pytest.raises(errors.StateNotReached) as caught:
        world.converge(wanted(volume="homes"))
    assert "Worker primary1:/bricks/homes-b is Faulty." in caught.value.message
    assert "homes-a" not in caught.value.message, "the set that works is not named"


def test_a_node_without_rows_is_named(world: World) -> None:
    world.add_volume("homes", sets=2)
    session = world.add_session("homes", "secondary1::homes-dr", "Active", "Passive", "Active", "Passive")
    session.script = [["Active", "Passive", None, None]]
    # What should tell the nodes of it is accepted, and does not.
    world.instead = {verb: [document("<geoRep/>")] for verb in ("create", "start")}
    with pytest.raises(errors.StateNotReached) as caught:
        world.converge(wanted(volume="homes"))
    assert "is initializing, not active" in caught.value.message
    for brick in ("primary1:/bricks/homes-b", "primary2:/bricks/homes-b"):
        assert f"Brick {brick} has no worker: its node is down or does not know the session." in caught.value.message


# --- many sessions: how often is asked

MANY = ("projects", "v1", "v2", "v3", "v4")


def many(world: World, *words: str) -> None:
    """Five sessions whose words change with time."""
    world.in_step = True
    for name in MANY:
        if name not in world.volumes:
            world.add_volume(name)
        world.add_session(name, f"secondary1::{name}-dr", *words)


def asked(world: World) -> dict[str, int]:
    return {name.rpartition(" ")[2]: count for name, count in world.reads.items() if name.startswith("status")}


def test_of_many_the_one_that_was_started_last_is_asked_and_then_all_once(world: World) -> None:
    many(world, "Stopped")
    outcomes = world.converge(*[wanted(volume=name) for name in MANY])
    assert asked(world) == {"status": 1 + 1, "secondary1::v4-dr": 3}, "Stopped, Initializing..., Active; then everybody"
    assert [outcome.after.state for outcome in outcomes if outcome.after] == [State.ACTIVE] * 5
    assert [line.split()[2] for line in world.mutations] == ["start"] * 5


@pytest.mark.parametrize(("count", "calls"), [(1, {"status": 3}), (2, {"status": 3}), (3, {"status": 2, "v2": 3})])
def test_few_sessions_are_asked_about_at_once(world: World, count: int, calls: dict[str, int]) -> None:
    world.in_step = True
    for name in MANY[:count]:
        if name not in world.volumes:
            world.add_volume(name)
        world.add_session(name, f"secondary1::{name}-dr", "Stopped")
    world.converge(*[wanted(volume=name) for name in MANY[:count]])
    found = {name.replace("secondary1::", "").replace("-dr", ""): number for name, number in asked(world).items()}
    assert found == {name: number + (1 if count < 3 and name == "status" else 0) for name, number in calls.items()}


def test_few_late_ones_of_many_are_asked_one_by_one(world: World) -> None:
    many(world, "Active", "Passive")
    for name in ("v1", "v3"):
        world.sessions[name, f"secondary1::{name}-dr"].become("Stopped")
    outcomes = world.converge(*[wanted(volume=name) for name in MANY])
    assert [outcome.changed for outcome in outcomes] == [False, True, False, True, False]
    # Each of the two calls of a round is a moment for both.
    assert asked(world) == {"status": 1, "secondary1::v1-dr": 2, "secondary1::v3-dr": 2}
    assert all(outcome.after and outcome.after.state is State.ACTIVE for outcome in outcomes)


def test_one_late_one_of_many(world: World) -> None:
    many(world, "Active", "Passive")
    world.sessions["v1", "secondary1::v1-dr"].become("Stopped")
    world.converge(wanted(volume="v1"))
    assert asked(world) == {"status": 1, "secondary1::v1-dr": 3}, "neighbours that are not declared count among the many"


def test_stragglers_are_asked_about_one_by_one_after_the_last_one_is_there(world: World) -> None:
    many(world, "Stopped")

    def slowly() -> tuple[int, str, str]:
        world.sessions["v1", "secondary1::v1-dr"].become(
            "Active", "Passive", through=[["Stopped"], *[["Initializing..."]] * 6]
        )
        return document("<geoRep/>")

    start = world._start  # type: ignore[attr-defined]
    world._start = lambda volume, target, rest: slowly() if volume == "v1" else start(volume, target, rest)  # type: ignore[method-assign]
    outcomes = world.converge(*[wanted(volume=name) for name in MANY])
    assert asked(world) == {"status": 2, "secondary1::v4-dr": 3, "secondary1::v1-dr": 4}
    assert all(outcome.after and outcome.after.state is State.ACTIVE for outcome in outcomes)


def test_of_many_only_the_one_that_fails_is_blamed(world: World) -> None:
    """Until the end only the last one is asked about; what is told has to be true of the others, too."""
    many(world, "Stopped")
    start = world._start  # type: ignore[attr-defined]

    def last_fails(volume: str, target: str, rest: list[str]) -> t.Any:
        done = start(volume, target, rest)
        if volume == "v4":
            world.sessions[volume, target].become("Faulty", through=[["Stopped"]])
        return done

    world._start = last_fails  # type: ignore[method-assign]
    with pytest.raises(errors.StateNotReached) as caught:
        world.converge(*[wanted(volume=name) for name in MANY])
    assert "v4 -> secondary1::v4-dr is faulty, not active" in caught.value.message
    assert "is stopped" not in caught.value.message and "v1" not in caught.value.message
    assert asked(world)["status"] == 1 + 1


def test_of_many_a_monitor_that_is_gone_is_not_waited_for(world: World) -> None:
    many(world, "Stopped")
    world.instead["start"] = [document("<geoRep/>")] * 5
    began = world.time.now
    with pytest.raises(errors.StateNotReached) as caught:
        world.converge(*[wanted(volume=name) for name in MANY], wait_timeout=600)
    assert 20 <= world.time.now - began <= 30
    assert caught.value.message.count("is stopped, not active") == 5
    assert asked(world)["status"] == 1 + 1, "asked once more before it is said of all"


def test_of_many_without_waiting_each_is_told_as_it_is(world: World) -> None:
    many(world, "Stopped")
    for name in MANY[:2]:
        world.sessions[name, f"secondary1::{name}-dr"].become("Paused")
    outcomes = world.converge(*[wanted(volume=name) for name in MANY], wait=False)
    assert asked(world) == {"status": 2}
    assert [outcome.after.state for outcome in outcomes if outcome.after] == [State.PAUSED] * 2 + [State.STOPPED] * 3


def test_of_many_that_are_deleted_all_are_asked_about(world: World) -> None:
    many(world, "Stopped")
    outcomes = world.converge(*[wanted("absent", volume=name) for name in MANY])
    assert all(outcome.after is None for outcome in outcomes)
    assert asked(world)["status"] == 2 and not [name for name in asked(world) if "::" in name]


def test_a_session_that_cannot_be_read_alone_is_looked_for_among_all(world: World) -> None:
    many(world, "Stopped")
    real = world._status

    def status(xml: bool, pair: list[str]) -> t.Any:
        return refusal("Staging failed on primary2. Please check the log file for more details.") if pair else real(xml, pair)

    world._status = status  # type: ignore[method-assign]
    outcomes = world.converge(*[wanted(volume=name) for name in MANY])
    assert all(outcome.after and outcome.after.state is State.ACTIVE for outcome in outcomes)
    assert asked(world)["status"] == 1 + 3


# --- answers that say little


UNKNOWN = [
    refusal("Commit failed on primary2. Please check log file for details."),
    errors.CommandTimeout("gluster gave no answer within 300 seconds; glusterd may still be working on it."),
    (1, "Error : Request timed out\ngeo-replication command failed\n", ""),
]


@pytest.mark.parametrize("answer", UNKNOWN)
def test_an_unknown_outcome_is_read_again_and_not_repeated(world: World, answer: t.Any) -> None:
    world.add_session("projects", T, "Stopped")
    world.afterwards["start"] = [answer]
    (outcome,) = world.converge(wanted())
    assert world.mutations == [f"{P} start"]
    assert outcome.after is not None and outcome.after.state is State.ACTIVE
    assert len(outcome.notes) == 1 and outcome.notes[0].startswith("start: gluster reported an error ")


@pytest.mark.parametrize("answer", UNKNOWN)
def test_an_unknown_outcome_that_was_none(world: World, answer: t.Any) -> None:
    world.add_session("projects", T, "Stopped")
    world.instead["start"] = [answer]
    with pytest.raises((errors.OutcomeUnknown, errors.CommandTimeout)):
        world.converge(wanted())
    assert world.mutations == [f"{P} start"]


@pytest.mark.parametrize("answer", UNKNOWN)
@pytest.mark.parametrize("happened", [True, False])
def test_an_unknown_outcome_of_an_option(world: World, answer: t.Any, happened: bool) -> None:
    world.add_session("projects", T, "Stopped")
    (world.afterwards if happened else world.instead)["config"] = [answer]
    if happened:
        assert world.converge(wanted("stopped", {"sync-jobs": "5"}))[0].changed
    else:
        with pytest.raises((errors.OutcomeUnknown, errors.CommandTimeout)):
            world.converge(wanted("stopped", {"sync-jobs": "5"}))
    assert world.mutations == [f"{P} config sync-jobs 5"]


def test_somebody_else_was_faster(world: World) -> None:
    session = world.add_session("projects", T, "Stopped")

    def start() -> tuple[int, str, str]:
        session.run()
        return refusal(f"geo-replication session between projects & {T} already started")

    world.instead["start"] = [start]
    (outcome,) = world.converge(wanted())
    assert outcome.after is not None and outcome.after.state is State.ACTIVE
    assert "already started" in outcome.notes[0]


def test_a_note_about_an_answer_forces_nothing(world: World) -> None:
    session = world.add_session("projects", T, "Stopped")

    def start() -> tuple[int, str, str]:
        session.run(lag=False)
        return refusal(f"geo-replication session between projects & {T} already started")

    world.instead["start"] = [start]
    world.converge(wanted("paused"))
    assert world.mutations == [f"{P} start", f"{P} pause"]


def test_a_refusal_is_final(world: World) -> None:
    world.add_session("projects", T, "Stopped")
    world.instead["start"] = [refusal("Unable to spawn gsyncd")]
    with pytest.raises(errors.CommandFailed, match="Unable to spawn gsyncd"):
        world.converge(wanted())
    assert world.mutations == [f"{P} start"]


def test_glusterd_dies_meanwhile(world: World) -> None:
    world.add_session("projects", T, "Stopped")
    world.instead["start"] = [(1, "Connection failed. Please check if gluster daemon is operational.\n", "")]
    with pytest.raises(errors.DaemonUnreachable):
        world.converge(wanted())


def test_a_lock_is_waited_out(world: World) -> None:
    world.add_session("projects", T, "Stopped")
    busy = document(
        ret=-1, errno=30802, errstr="Another transaction is in progress for projects. Please try again after some time."
    )
    world.instead["start"] = [busy, busy]
    cli = world.cli(patience=30)
    world.cli = lambda patience=0: cli  # type: ignore[method-assign]
    world.converge(wanted())
    assert world.mutations == [f"{P} start"] * 3


# --- what speaks against it


def test_another_user_of_the_same_pair(world: World) -> None:
    world.add_session("projects", T, "Active", "Passive")
    with pytest.raises(InvalidInput, match="is not the user of the session that exists") as caught:
        world.converge(wanted(user="geo"))
    assert (caught.value.option, caught.value.value) == ("secondary_user", "geo")
    assert "secondary_user: root" in caught.value.remedy
    assert world.mutations == []


def test_the_secondary_of_another_session(world: World) -> None:
    """Two sessions into one volume would overwrite each other's files."""
    world.volumes["homes"] = Volume("homes")
    world.add_session("homes", T, "Active", "Passive")
    with pytest.raises(InvalidInput, match="receives another session already: homes -> ") as caught:
        world.converge(wanted())
    assert (caught.value.option, caught.value.value) == ("secondary_volume", "projects-dr")
    assert world.mutations == []


def test_another_name_of_the_same_host(world: World) -> None:
    world.add_session("projects", T, "Active", "Passive")
    (outcome,) = world.converge(wanted(host="secondary2"))
    assert not outcome.changed and outcome.plan.wanted.id.secondary_host == "secondary1"
    assert "is the session that gluster knows as" in outcome.notes[0] and "write secondary_host: secondary1" in outcome.notes[0]
    assert world.mutations == []
    assert world.reads == {"status": 1, "volumes": 1, "version": 1, CONFIG: 1, "secondary2: volume projects-dr": 1}


@pytest.mark.parametrize(
    ("volume", "host", "option", "says"),
    [
        ("nosuch", "secondary1", "primary_volume", "is not a volume of the primary cluster"),
        ("homes", "secondary1", "secondary_volume", "is not a volume of secondary1"),
    ],
)
def test_volumes_that_are_not_there(world: World, volume: str, host: str, option: str, says: str) -> None:
    world.add_volume("homes")
    t.cast("dict[str, t.Any]", world.far["secondary1"]).pop("homes-dr")
    with pytest.raises(InvalidInput, match=says) as caught:
        world.converge(wanted(volume=volume, host=host))
    assert caught.value.option == option
    assert world.mutations == []


@pytest.mark.parametrize(("near", "option"), [(True, "primary_volume"), (False, "secondary_volume")])
def test_volumes_that_are_not_started(world: World, near: bool, option: str) -> None:
    far = t.cast("dict[str, t.Any]", world.far["secondary1"])
    (world.volumes["projects"] if near else far["projects-dr"]).status = "Stopped"
    with pytest.raises(InvalidInput, match="is not started") as caught:
        world.converge(wanted())
    assert caught.value.option == option
    assert "gluster volume start" in caught.value.remedy
    assert world.mutations == []


def test_the_primary_volume_itself(world: World) -> None:
    t.cast("dict[str, t.Any]", world.far["secondary1"])["projects-dr"].uuid = world.volumes["projects"].uuid
    with pytest.raises(InvalidInput, match="is the primary volume itself"):
        world.converge(wanted())
    assert world.mutations == []


def test_nobody_answers_there(world: World) -> None:
    world.far["secondary1"] = None
    with pytest.raises(errors.PreconditionFailed, match="secondary_host = 'secondary1': glusterd on that host does not answer") as caught:
        world.converge(wanted())
    assert caught.value.option == "secondary_host"
    assert "24007" in (caught.value.remedy or "")
    assert world.mutations == []


OBJECTIONS = [
    ("secondary_not_empty", "is not empty: file"),
    ("secondary_smaller", "is smaller than the primary"),
    ("version_mismatch", "different GlusterFS releases: the primary 10.3, the secondary 11.1"),
    ("peer_down", "Node primary2 of the primary cluster cannot be reached"),
]


def object_to_everything(world: World) -> None:
    far = t.cast("dict[str, t.Any]", world.far["secondary1"])["projects-dr"]
    far.entries = ["file"]
    far.size = 5 * G
    world.down = {"primary2"}


def test_all_objections_come_at_once(world: World) -> None:
    object_to_everything(world)
    with pytest.raises(errors.PreconditionFailed) as caught:
        world.converge(wanted(), secondary_version="11.1")
    assert caught.value.message.startswith("Nothing was changed.")
    for consent, says in OBJECTIONS:
        assert says in caught.value.message
        assert f"accept: [{consent}]" in caught.value.message
    assert world.mutations == []


@pytest.mark.parametrize(("consent", "says"), OBJECTIONS)
def test_a_consent_waives_its_own_objection_only(world: World, consent: str, says: str) -> None:
    object_to_everything(world)
    others = [name for name, _says in OBJECTIONS if name != consent]
    with pytest.raises(errors.PreconditionFailed) as caught:
        world.converge(wanted(accept=[consent]), secondary_version="11.1")
    assert says not in caught.value.message
    with pytest.raises(errors.PreconditionFailed) as caught:
        world.converge(wanted(accept=others), secondary_version="11.1")
    assert says in caught.value.message
    assert world.mutations == []


def test_all_consents_together(world: World) -> None:
    object_to_everything(world)
    (outcome,) = world.converge(
        wanted("present", accept=[name for name, _says in OBJECTIONS]), secondary_version="11.1"
    )
    assert world.mutations == [f"{P} create no-verify force"]
    assert [note.partition(":")[0] for note in outcome.notes] == [
        "Accepted (peer_down)", "Accepted (version_mismatch)", "Accepted (secondary_smaller)", "Accepted (secondary_not_empty)",
    ]  # fmt: skip


def test_a_consent_that_is_not_needed_forces_nothing(world: World) -> None:
    (outcome,) = world.converge(wanted("present", accept=[name for name, _says in OBJECTIONS]))
    assert world.mutations == [f"{P} create no-verify"]
    assert outcome.notes == []


@pytest.mark.parametrize(
    ("state", "verb"), [("stopped", "stop"), ("paused", "pause"), ("absent", "stop"), ("started", "config")]
)
def test_a_node_that_is_down_stops_every_change(world: World, state: str, verb: str) -> None:
    world.add_session("projects", T, "Active", "Passive")
    world.down = {"primary2"}
    config: dict[str, str | None] = {"sync-jobs": "5"} if verb == "config" else {}
    with pytest.raises(errors.PreconditionFailed, match="Node primary2"):
        world.converge(wanted(state, config))
    assert world.mutations == []


def test_a_node_that_is_down_does_not_disturb_a_run_that_changes_nothing(world: World) -> None:
    world.add_session("projects", T, "Active", "Passive")
    world.down = {"primary2"}
    (outcome,) = world.converge(wanted())
    assert not outcome.changed
    assert outcome.after is not None and outcome.after.missing == [("primary2", "/bricks/projects")]
    assert world.reads["peers"] == 1, "it is down, and so not to be told of the session"


def test_stopping_without_a_node_that_is_down(world: World) -> None:
    world.add_session("projects", T, "Active", "Passive")
    world.down = {"primary2"}
    world.converge(wanted("stopped", accept=["peer_down"]))
    assert world.mutations == [f"{P} stop force"]


@pytest.mark.parametrize(
    ("words", "state", "config", "verbs"),
    [
        (("Active", "Passive"), "absent", {}, "delete"),
        (("Active", "Passive"), "paused", {}, "pause"),
        (("Paused", "Paused"), "started", {}, "resume"),
        # The change would resume it, and nothing could pause it again.
        (("Paused", "Paused"), "paused", {"sync-jobs": "5"}, "pause"),
        (("Paused", "Paused"), "present", {"sync-jobs": "5"}, "pause"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_glusterd_refuses_without_a_node_is_not_begun(
    world: World, words: tuple[str, str], state: str, config: dict[str, str | None], verbs: str, check_mode: bool
) -> None:
    world.add_session("projects", T, *words)
    world.down = {"primary2"}
    with pytest.raises(errors.PreconditionFailed, match=f"Node primary2.* refuses to {verbs} a session") as caught:
        world.converge(wanted(state, config, accept=["peer_down"]), check_mode=check_mode)
    assert "accept:" not in caught.value.message, "no consent helps"
    assert world.mutations == []


def test_nobody_is_touched_when_one_of_three_is_refused(world: World) -> None:
    for name in ("homes", "media"):
        world.add_volume(name)
    t.cast("dict[str, t.Any]", world.far["secondary1"])["media-dr"].entries = ["file"]
    with pytest.raises(errors.PreconditionFailed, match="media -> secondary1::media-dr") as caught:
        world.converge(wanted(), wanted(volume="homes"), wanted(volume="media"))
    assert "homes" not in caught.value.message
    assert world.mutations == []
    world.converge(wanted(), wanted(volume="homes"), wanted(volume="media", accept=["secondary_not_empty"]))
    assert [line for line in world.mutations if "create" in line] == [
        f"{P} create no-verify",
        "homes secondary1::homes-dr create no-verify",
        "media secondary1::media-dr create no-verify force",
    ]


def test_a_session_declared_twice(world: World) -> None:
    with pytest.raises(InvalidInput, match=r"sessions\[1\] = .*: is declared already, as sessions\[0\]"):
        world.converge(wanted(), wanted(user="geo"))
    assert world.calls == []


def test_a_session_that_has_to_be_there(world: World) -> None:
    world.add_volume("homes")
    world.add_session("homes", "secondary1::homes-dr", "Stopped")
    with pytest.raises(InvalidInput, match="has no session to") as caught:
        world.converge(wanted("present"), may_create=False)
    assert "Existing sessions: homes -> secondary1::homes-dr" in caught.value.remedy
    assert world.mutations == []


@pytest.mark.parametrize("state", ["present", "started", "stopped", "paused", "absent"])
def test_a_session_whose_configuration_is_corrupt(world: World, state: str) -> None:
    world.add_session("projects", T, "Stopped").conf_broken = True
    with pytest.raises(errors.PreconditionFailed, match="its status cannot be read") as caught:
        world.converge(wanted(state, {"sync-jobs": "5"}))
    assert "geo-replication/projects_secondary1_projects-dr/gsyncd.conf" in caught.value.message
    assert world.mutations == []


def test_a_corrupt_session_hides_others_of_its_volume(world: World) -> None:
    """glusterd leaves out what comes after it; the session that is named is not always the one to mend."""
    world.add_session("projects", T, "Stopped").script = [[None, None]]
    world.add_session("projects", "secondary2::other", "Stopped").conf_broken = True
    with pytest.raises(errors.PreconditionFailed) as caught:
        world.converge(wanted())
    assert "geo-replication/projects_secondary2_other/gsyncd.conf" in caught.value.message
    assert "geo-replication/projects_secondary1_projects-dr/gsyncd.conf" not in caught.value.message


@pytest.mark.parametrize("state", ["started", "stopped", "absent"])
def test_a_name_that_is_gone_hides_all_sessions_of_a_volume(world: World, state: str) -> None:
    """glusterd resolves each of them before it finds one, see glusterd_get_secondary()."""
    world.add_session("projects", T, "Stopped")
    world.add_session("projects", "gone::other", "Stopped")
    world.lost_names = {"gone"}
    with pytest.raises(errors.PreconditionFailed, match="gone cannot be resolved on this node") as caught:
        world.converge(wanted(state))
    assert "give it any address" in (caught.value.remedy or "") and world.mutations == []
    world.lost_names = set()
    world.converge(wanted("absent"))
    assert world.mutations == [f"{P} delete"]


def test_a_check_run_knows_that_such_a_session_can_be_deleted(world: World) -> None:
    world.add_session("projects", T, "Stopped")
    world.lost_names = {"secondary1"}
    (outcome,) = world.converge(wanted("absent"), check_mode=True)
    assert outcome.changed and [step.verb for step in outcome.plan.steps] == ["stop", "delete"]


def test_what_stays_of_a_session_that_went(world: World) -> None:
    world.add_session("projects", T, "Created")
    (check,) = world.converge(wanted("absent"), check_mode=True)
    (run,) = world.converge(wanted("absent"))
    assert check.leftovers == run.leftovers
    # A volume that was deleted takes its sessions along, and leaves their folders.
    folder = world.folder / "geo-replication/projects_secondary1_projects-dr"
    folder.mkdir()
    (again,) = world.converge(wanted("absent"))
    assert not again.changed and any(f"rm -r {folder}" in text for text in again.leftovers), again.leftovers


def test_gluster_crashes_when_asked_for_many_workers(world: World) -> None:
    """GlusterFS 11.1: see the recorded status-many."""
    world.add_volume("homes")
    world.add_session("projects", T, "Active", "Passive")
    world.add_session("homes", "secondary1::homes-dr", "Stopped")
    world.crash_above = 3
    first, second = world.converge(wanted(), wanted(volume="homes"))
    assert (first.changed, second.changed) == (False, True)
    assert world.mutations == ["homes secondary1::homes-dr start"]


def test_a_corrupt_neighbour_is_no_concern_of_ours(world: World) -> None:
    world.add_volume("homes")
    world.add_session("homes", "secondary1::homes-dr", "Stopped").conf_broken = True
    world.add_session("projects", T, "Stopped")
    world.converge(wanted())
    assert world.mutations == [f"{P} start"]


# --- check mode


@pytest.mark.parametrize(
    ("words", "state", "config"),
    [
        (None, "started", {"sync-jobs": "5"}),
        (None, "paused", {}),
        (("Active", "Passive"), "paused", {"sync-jobs": "5"}),
        (("Active", "Passive"), "stopped", {}),
        (("Paused",), "started", {"sync-jobs": "5"}),
        (("Stopped",), "absent", {}),
        (("Active", "Passive"), "started", {}),
        (("Created",), "present", {"sync-jobs": None}),
    ],
)
def test_a_check_run_tells_what_the_run_will_do(
    world: World, words: tuple[str, ...] | None, state: str, config: dict[str, str | None]
) -> None:
    if words:
        world.add_session("projects", T, *words)
    (check,) = world.converge(wanted(state, config), check_mode=True)
    assert world.mutations == []
    assert world.reads["status"] == 1
    (real,) = world.converge(wanted(state, config))
    assert [str(step) for step in check.plan.steps] == [str(step) for step in real.plan.steps]
    assert check.changed is real.changed
    seen = real.after.state if real.after else State.ABSENT
    assert check.plan.after is seen


def test_a_check_run_refuses_what_the_run_would_refuse(world: World) -> None:
    object_to_everything(world)
    with pytest.raises(errors.PreconditionFailed, match="Nothing was changed"):
        world.converge(wanted(), check_mode=True, secondary_version="11.1")


def test_what_gluster_checked_in_vain_is_told_with_its_logs(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``create push-pem`` mounts both volumes and says on the command line only that it could not."""
    (tmp_path / "gverify-secondarymnt.log").write_text(
        "[2026-11-22 09:00:00.1 +0000] I [MSGID: 1] nothing\n[2026-11-22 09:00:00.2 +0000] E [MSGID: 2] no route to dr1\n"
    )
    words = logs.gverify_words
    monkeypatch.setattr(logs, "gverify_words", lambda: words(str(tmp_path)))
    world.instead["create"] = [refusal("Unable to mount and fetch secondary volume details.")] * 3
    with pytest.raises(errors.CommandFailed) as caught:
        world.converge(wanted(), push_pem=True)
    assert "gverify-secondarymnt.log: " in caught.value.message and caught.value.message.endswith("no route to dr1")


# --- volumes that the run is going to make first


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_secondary_volume_that_is_yet_to_be_made(world: World, check_mode: bool) -> None:
    del t.cast("dict[str, t.Any]", world.far["secondary1"])["projects-dr"]
    coming = {("secondary1", "projects-dr"): Usage(20 * G, 0, 20 * G, ())}
    if not check_mode:
        with pytest.raises(InvalidInput, match="is not a volume of secondary1"):
            world.converge(wanted(), pending=coming)
        return
    (outcome,) = world.converge(wanted(), check_mode=True, pending=coming)
    assert [step.verb for step in outcome.plan.steps] == ["create", "start"] and world.mutations == []
    small = {key: usage._replace(size=G, entries=("file",)) for key, usage in coming.items()}
    with pytest.raises(errors.PreconditionFailed, match="is not empty: file") as caught:
        world.converge(wanted(), check_mode=True, pending=small)
    assert "smaller than the primary" in caught.value.message


def test_only_the_state_leaves_every_option_alone(world: World) -> None:
    world.add_session("projects", T, "Active", "Passive", ssh_port="2222", sync_jobs="5")
    params = {"primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr", "secondary_user": "root"}
    only = wanted_from({**params, "state": "stopped", "ssh_port": 22, "only_state": True})
    world.converge(only)
    assert world.mutations == [f"{P} stop"]
    with pytest.raises(InvalidInput, match="only_state leaves all options"):
        wanted_from({**params, "state": "stopped", "ssh_port": 22, "only_state": True, "config": {"sync-jobs": 4}})


# --- side by side, and in time


def meetings(world: World) -> list[bool]:
    """Each creation waits a while for another one; whether one came, in turn."""
    met: list[bool] = []
    barrier = threading.Barrier(2)

    def meet(argv: t.Sequence[str]) -> None:
        if "create" in argv:
            try:
                barrier.wait(0.3)
                met.append(True)
            except threading.BrokenBarrierError:
                barrier.reset()
                met.append(False)

    world.before_each = meet
    return met


def test_sessions_of_two_volumes_are_made_side_by_side(world: World) -> None:
    met = meetings(world)
    world.add_volume("homes")
    outcomes = world.converge(wanted(), wanted(volume="homes"), changes_at_once=2)
    assert met == [True, True]
    assert all(outcome.changed and outcome.after and outcome.after.state is State.ACTIVE for outcome in outcomes)
    for volume in ("projects", "homes"):
        assert [sent.split()[2] for sent in world.mutations if sent.startswith(volume)] == ["create", "start"]


@pytest.mark.parametrize(("volume", "host", "push_pem"), [("projects", "secondary3", False), ("homes", "secondary1", True)])
def test_what_would_get_in_each_others_way_comes_one_after_the_other(world: World, volume: str, host: str, push_pem: bool) -> None:
    """Sessions of one volume, and creations that put keys into the same files."""
    met = meetings(world)
    world.far["secondary3"] = {"projects-dr": Volume("projects-dr", ("secondary2",), uuid="d0000000-0000-4000-8000-000000000003")}
    world.add_volume("homes")
    world.converge(wanted(), wanted(volume=volume, host=host), changes_at_once=2, push_pem=push_pem)
    assert met == [False, False]


def test_after_a_failure_nothing_more_is_begun(world: World) -> None:
    world.add_volume("homes")
    world.add_volume("mail")
    world.instead["create"] = [refusal("Commit failed on primary2. Please check the log file for more details.")] * 4
    with pytest.raises(errors.OutcomeUnknown, match="Commit failed"):
        world.converge(wanted(), wanted(volume="homes"), wanted(volume="mail"))
    assert world.mutations == [f"{P} create no-verify"]


def test_of_two_failures_side_by_side_both_are_told(world: World) -> None:
    met = meetings(world)
    world.add_volume("homes")
    world.instead["create"] = [refusal("Commit failed on primary2. Please check the log file for more details.")] * 2
    with pytest.raises(errors.OutcomeUnknown) as caught:
        world.converge(wanted(), wanted(volume="homes"), changes_at_once=2)
    assert met == [True, True]
    first, _meanwhile, second = caught.value.message.partition(" At the same time: ")
    assert "projects -> secondary1::projects-dr" in first and "homes -> secondary1::homes-dr" in second


def told_here(world: World, word: str | None, age: float = 0) -> None:
    """This node holds a brick of the volume, and its worker says this of itself, or said so a while ago."""
    uuid = "5a4c4ef2-5f12-4ba1-9ff5-8a2b9b7d4d11"
    (world.folder / "glusterd.info").write_text(f"UUID={uuid}\n")
    bricks = world.folder / "vols" / "projects" / "bricks"
    bricks.mkdir(exist_ok=True)
    (bricks / "one").write_text(f"uuid={uuid}\npath=/bricks/projects\n")
    if word is not None:
        folder = world.folder / "geo-replication" / "projects_secondary1_projects-dr"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "brick_%2Fbricks%2Fprojects.status"
        file.write_text(json.dumps({"worker_status": word}))
        os.utime(file, (time.time() - age,) * 2)


@pytest.mark.parametrize(
    ("words", "there", "asked"),
    [
        # By second, counted from the start; one status call comes before anything is done.
        ({0: "Initializing...", 3: "Active"}, 3, 2),
        ({0: None, 2: "Initializing...", 4: "Passive"}, 4, 2),
        ({0: "Faulty", 1: "Active"}, 1, 3),
        # What the worker of an earlier start said last.
        ({0: "Active, earlier", 2: "Initializing...", 3: "Active"}, 3, 2),
        # Whoever never says so is asked about all the same.
        ({0: "Initializing..."}, 6, 3),
    ],
)
def test_gluster_is_not_asked_before_the_worker_of_this_node_is_there(
    world: World, words: dict[int, str | None], there: int, asked: int
) -> None:
    session = world.add_session("projects", T, "Stopped")
    sleep, began = world.time.sleep, world.time.now

    def pass_time(seconds: float = 0) -> None:
        sleep(seconds)
        since = world.time.now - began
        word = words[max(second for second in words if second <= since)]
        told_here(world, word and word.partition(",")[0], 60 if word and "earlier" in word else 0)
        session.become(*(("Active", "Passive") if since >= there else ("Initializing...",)))

    def start(argv: t.Sequence[str]) -> None:
        if argv[-1] == "start":
            world.afterwards["start"] = [lambda: (pass_time(), document())[1]]

    world.before_each = start
    world.time.sleep = pass_time  # type: ignore[method-assign]
    (outcome,) = world.converge(wanted())
    assert outcome.after and outcome.after.state is State.ACTIVE
    assert world.reads["status"] == asked


def asked_for(argv: t.Sequence[str]) -> str | None:
    """Which volume a status call is about; ``all`` for the one about all sessions, None for other commands."""
    words = words_of(argv)
    if words[:2] != ["volume", "geo-replication"] or "status" not in words:
        return None
    return "all" if words[2] == "status" else words[2]


@pytest.mark.parametrize("wait", [True, False])
def test_one_that_should_be_there_is_looked_at_while_others_are_made(world: World, wait: bool) -> None:
    """The last creation takes until the others were seen; nobody is asked about them again."""
    others = {"homes", "mail"}
    for volume in others:
        world.add_volume(volume)
    started, seen, asked = set(), threading.Event(), []

    def watch(argv: t.Sequence[str]) -> None:
        about = asked_for(argv)
        if about:
            asked.append(about)
            if others <= set(asked):
                seen.set()
        elif argv[-1] == "start" and others & set(argv):
            started.update(others & set(argv))
        elif "create" in argv and "projects" in argv:
            end = time.monotonic() + 5
            while started != others and time.monotonic() < end:
                time.sleep(0.01)
            # Workers need their time, and are not asked for before.
            time.sleep(0.7)
            early.extend(asked)
            for volume in others:
                world.sessions[volume, f"secondary1::{volume}-dr"].become("Active", "Passive")
            world.time.now += 6
            seen.wait(5 if wait else 1.2)

    early: list[str] = []
    world.before_each = watch
    outcomes = world.converge(wanted(), wanted(volume="homes"), wanted(volume="mail"), changes_at_once=3, wait=wait)
    # Where there is no session yet, gluster is asked in two forms.
    assert early == ["all", "all"]
    assert [outcome.after and outcome.after.state for outcome in outcomes[1:]] == [State.ACTIVE] * 2
    assert sorted(asked[2:4]) == ["homes", "mail"] and set(asked[4:]) == {"projects"} if wait else asked[2:] == ["all"]


def test_one_that_was_seen_too_early_is_looked_at_again(world: World) -> None:
    """Nothing that is read while others are made is held against it: not a state on the way, and not an error."""
    world.add_volume("homes")
    world.add_volume("mail")
    asked: list[str] = []

    def watch(argv: t.Sequence[str]) -> None:
        if asked_for(argv) == "homes":
            asked.append("homes")
            if len(asked) == 1:
                world.sessions["homes", "secondary1::homes-dr"].become("Initializing...", "Initializing...")
            elif len(asked) == 2:
                world.instead["status"] = [refusal("Locking failed on primary2.")]
            else:
                world.sessions["homes", "secondary1::homes-dr"].become("Active", "Passive")
        elif "create" in argv and "projects" in argv:
            end = time.monotonic() + 8
            while len(asked) < 3 and time.monotonic() < end:
                world.time.now += 6
                time.sleep(0.6)

    world.before_each = watch
    outcomes = world.converge(wanted(), wanted(volume="homes"), changes_at_once=2)
    assert len(asked) >= 3
    assert all(outcome.after and outcome.after.state is State.ACTIVE for outcome in outcomes)


def test_nobody_asks_while_the_same_volume_is_worked_on(world: World) -> None:
    """A status call about one session takes the lock that the creation of the next one holds."""
    world.far["secondary3"] = {"projects-dr": Volume("projects-dr", ("secondary2",), uuid="d0000000-0000-4000-8000-000000000003")}
    asked: list[str] = []
    meanwhile: list[str] = []

    def watch(argv: t.Sequence[str]) -> None:
        about = asked_for(argv)
        if about:
            asked.append(about)
        elif "create" in argv and any("secondary3" in word for word in argv):
            before = len(asked)
            world.time.now += 6
            time.sleep(1.2)
            meanwhile.extend(asked[before:])

    world.before_each = watch
    world.converge(wanted(), wanted(host="secondary3"), changes_at_once=2)
    assert meanwhile == [] and len(asked) > 2


# --- what was proved before the change is not believed after it

RECORD = "proved 2026-11-22T08:38:16Z, lag 17.3 s, rsync, 0 restarts"


def proved_once(world: World, volume: str = "projects") -> str:
    """The cluster remembers a proof of the volume's session; the option that holds it."""
    far = world.far["secondary1"]
    assert far is not None
    option = f"user.glusterops.georep.proof.{far[f'{volume}-dr'].uuid}"
    world.volumes[volume].more[option] = RECORD
    return option


@pytest.mark.parametrize(
    ("words", "state", "config", "first"),
    [
        (("Stopped",), "started", {}, "start"),
        (("Created",), "paused", {}, "start"),
        (("Paused",), "started", {}, "resume"),
        (("Active", "Passive"), "started", {"sync-jobs": "5"}, "config sync-jobs 5"),
        (("Active", "Passive"), "present", {"log-level": "DEBUG"}, "config log-level DEBUG"),
        (("Stopped",), "stopped", {"sync-jobs": "5"}, "config sync-jobs 5"),
        (("Stopped",), "absent", {}, "delete"),
        (("Active", "Passive"), "absent", {}, "stop"),
    ],
)
def test_a_proof_is_withdrawn_before_the_first_command(world: World, words: tuple[str, ...], state: str, config: t.Any, first: str) -> None:
    """Whoever kills the run after any of its commands leaves a session that is owed a proof."""
    world.add_session("projects", T, *words)
    option = proved_once(world)
    world.converge(wanted(state, config))
    assert world.mutations[:2] == [f"volume set projects {option} owed", f"{P} {first}"]
    assert sum(line.startswith("volume set") for line in world.mutations) == 1
    assert world.volumes["projects"].more == {option: "owed"}


@pytest.mark.parametrize(
    ("words", "state", "done"),
    [
        (("Active", "Passive"), "started", []),
        (("Active", "Passive"), "stopped", [f"{P} stop"]),  # its next start withdraws it
        (("Active", "Passive"), "paused", [f"{P} pause"]),
        (("Stopped",), "stopped", []),
    ],
)
def test_it_stays_where_nothing_is_started_or_changed(world: World, words: tuple[str, ...], state: str, done: list[str]) -> None:
    world.add_session("projects", T, *words)
    option = proved_once(world)
    world.converge(wanted(state))
    assert world.mutations == done and world.volumes["projects"].more == {option: RECORD}


@pytest.mark.parametrize("record", ["owed", "proved by somebody"])
def test_what_is_no_proof_needs_not_be_withdrawn(world: World, record: str) -> None:
    world.add_session("projects", T, "Stopped")
    world.volumes["projects"].more[proved_once(world)] = record
    world.converge(wanted())
    assert world.mutations == [f"{P} start"]


def test_only_that_of_the_session_that_changes_is_withdrawn(world: World) -> None:
    world.add_volume("homes")
    world.add_session("projects", T, "Stopped")
    world.add_session("homes", "secondary1::homes-dr", "Active", "Passive")
    one, other = proved_once(world), proved_once(world, "homes")
    world.volumes["projects"].more[other] = RECORD
    world.add_session("projects", "secondary1::homes-dr", "Active", "Passive")
    world.converge(wanted(), wanted(volume="homes"))
    assert world.mutations == [f"volume set projects {one} owed", f"{P} start"]
    assert world.volumes["projects"].more == {one: "owed", other: RECORD} and world.volumes["homes"].more == {other: RECORD}


def test_a_new_session_inherits_no_proof_of_one_that_somebody_deleted(world: World) -> None:
    option = proved_once(world)
    world.converge(wanted())
    assert world.mutations[:2] == [f"volume set projects {option} owed", f"{P} create no-verify"]


def test_nothing_is_touched_where_the_proof_cannot_be_withdrawn(world: World) -> None:
    world.add_session("projects", T, "Stopped")
    option = proved_once(world)
    world.instead["set"] = [(1, "", "volume set: failed: Quorum not met. Volume operation not allowed.\n")]
    with pytest.raises(errors.CommandFailed, match=f"Setting {option} of projects, which stores that files reached the secondary: .*Quorum not met"):
        world.converge(wanted())
    assert world.mutations == [f"volume set projects {option} owed"]


def test_a_check_run_withdraws_nothing(world: World) -> None:
    world.add_session("projects", T, "Stopped")
    option = proved_once(world)
    assert world.converge(wanted(), check_mode=True)[0].changed
    assert world.mutations == [] and world.volumes["projects"].more == {option: RECORD}
