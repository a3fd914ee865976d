# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions that gluster keeps in one directory, because it joins their names with underscores."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import (
    checkpoint,
    host_keys,
    key_work,
    keys,
    proof,
    rotation,
    workers,
)
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import complete_declared
from ansible_collections.glusterops.georep.plugins.module_utils._plan.role import plan_declared
from ansible_collections.glusterops.georep.plugins.module_utils._plan.session import DECLARED, Wanted
from ansible_collections.glusterops.georep.plugins.module_utils._read import facts, inform
from ansible_collections.glusterops.georep.plugins.module_utils._show import overview
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import UUIDS, Volume, World, refusal

#: Two sessions of one directory.
ONE = SessionId("a", "secondary1", "secondary1_v")
TWO = SessionId("a_secondary1", "secondary1", "v")
SHARED = "a_secondary1_secondary1_v"


@pytest.fixture
def shared(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(facts.gather, "__kwdefaults__", {**(facts.gather.__kwdefaults__ or {}), "glusterd_dir": str(world.folder)})
    for session in (ONE, TWO):
        world.volumes[session.primary_volume] = Volume(session.primary_volume)
        t.cast("dict[str, Volume]", world.far["secondary1"])[session.secondary_volume] = Volume(session.secondary_volume, ("secondary1", "secondary2"))
    world.write_files()
    return world


def found(world: World, *sessions: SessionId, words: t.Sequence[str] = ("Active", "Passive")) -> None:
    for session in sessions:
        world.add_session(session.primary_volume, session.target, *words)


def said(caught: pytest.ExceptionInfo[InvalidInput], *, by_hand: bool) -> None:
    """Both sessions, the directory, the reason and the way out; and never that one of them is the other."""
    text = str(caught.value)
    assert str(ONE) in text and str(TWO) in text and SHARED in text and "one gsyncd.conf and one state" in text
    assert "already" not in text and "twice" not in text
    assert ("delete" in caught.value.remedy and "by hand" in caught.value.remedy) is by_hand
    assert by_hand or "another name of the secondary host" in caught.value.remedy


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("state", DECLARED)
def test_a_session_in_the_directory_of_another_one_is_refused(shared: World, state: str, check_mode: bool) -> None:
    found(shared, ONE)
    if state == "absent":
        # It is not there, and nothing is done to the other one.
        assert not shared.converge(Wanted(TWO, state), check_mode=check_mode)[0].changed
    else:
        with pytest.raises(InvalidInput) as caught:
            shared.converge(Wanted(TWO, state, config={"sync-jobs": "5"}), check_mode=check_mode)
        said(caught, by_hand=False)
    assert shared.mutations == []


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("state", DECLARED)
def test_two_sessions_of_one_directory_that_are_there_are_both_left_alone(shared: World, state: str, check_mode: bool) -> None:
    """Deleting one would delete the files of the other."""
    found(shared, ONE, TWO)
    with pytest.raises(InvalidInput) as caught:
        shared.converge(Wanted(ONE, state), check_mode=check_mode)
    said(caught, by_hand=True)
    assert f"geo-replication {TWO.primary_volume} {TWO.target} stop force" in caught.value.remedy
    assert shared.mutations == []


@pytest.mark.parametrize("states", [("started", "started"), ("started", "absent"), ("absent", "present")])
def test_two_sessions_of_one_directory_are_not_declared_together(shared: World, states: tuple[str, str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        shared.converge(*(Wanted(session, state) for session, state in zip((ONE, TWO), states)))
    said(caught, by_hand=False)
    assert shared.calls == [], "before anything is read"


def test_their_options_are_not_set(shared: World) -> None:
    found(shared, ONE, TWO)
    with pytest.raises(InvalidInput) as caught:
        shared.converge(Wanted(ONE, "present", None, {"sync-jobs": "5"}), may_create=False, wait=False)
    said(caught, by_hand=True)
    assert shared.mutations == []


def test_their_checkpoints_are_not_set(shared: World) -> None:
    found(shared, ONE, TWO)
    settings = checkpoint.CheckpointSettings(wait=False, glusterd_dir=str(shared.folder))
    with pytest.raises(InvalidInput) as caught:
        checkpoint.set_checkpoints(shared.cli(), shared, [TWO], checkpoint.Wish(now=True), settings)
    said(caught, by_hand=True)
    assert shared.mutations == []


def test_their_workers_are_not_started_anew(shared: World) -> None:
    found(shared, ONE, TWO)
    (shared.folder / "glusterd.info").write_text(f"UUID={UUIDS['primary1']}\n")
    worker = workers.StalledWorker(ONE, "primary1", UUIDS["primary1"], "/bricks/a")
    with pytest.raises(InvalidInput) as caught:
        workers.start_anew(shared.cli(), [worker], workers.WorkerSettings(glusterd_dir=str(shared.folder)))
    assert shared.mutations == []
    said(caught, by_hand=True)


@pytest.mark.parametrize("named", [True, False])
def test_they_are_not_proved(shared: World, named: bool) -> None:
    found(shared, ONE, TWO)
    proofs = proof.prove(shared.cli(), shared, [ONE] if named else None, proof.ProofSettings())
    assert [one.session for one in proofs] == ([ONE] if named else [ONE, TWO])
    for one in proofs:
        assert not one.proved and not one.pending and SHARED in one.message and "by hand" in one.message
    assert not [argv for argv in shared.calls if argv[0] == "glusterfs"], "nothing is mounted"


def test_running_ones_are_not_restarted_for_new_keys(shared: World) -> None:
    found(shared, ONE, TWO)
    ctx = key_work.Context(run=shared, node="primary1", check_mode=False, georep_dir=str(shared.folder / "geo-replication"))
    with pytest.raises(errors.PreconditionFailed, match="were not rotated") as caught:
        rotation.rotate(rotation.Request("reconnect", None, None, [], [], host_keys.Given("/k", []), 10), ctx, keys.KeysReport())
    assert SHARED in caught.value.message and "by hand" in (caught.value.remedy or "")
    assert shared.mutations == []


def entry(session: SessionId, **more: t.Any) -> dict[str, t.Any]:
    return {**session._asdict(), **more}


def read(world: World) -> dict[str, t.Any]:
    info = inform.inform(world.cli(), world, far_hosts=["secondary1"], glusterd_dir=str(world.folder), log_dir=str(world.folder / "log"))
    return t.cast("dict[str, t.Any]", json.loads(json.dumps(info)))


def test_the_role_does_not_say_that_another_session_is_declared_already() -> None:
    with pytest.raises(InvalidInput) as caught:
        complete_declared([entry(ONE), entry(TWO)])
    said(caught, by_hand=False)
    assert caught.value.option == "geo_replication_sessions[1]"
    with pytest.raises(InvalidInput, match="is declared already"):
        complete_declared([entry(ONE), entry(ONE, secondary_user="geo")])


def test_the_role_refuses_the_directory_of_a_session_that_is_not_declared(shared: World) -> None:
    found(shared, ONE)
    with pytest.raises(InvalidInput) as caught:
        plan_declared([entry(TWO)], read(shared))
    said(caught, by_hand=False)
    assert plan_declared([entry(TWO, state="absent")], read(shared))["changed"] is False
    found(shared, TWO)
    for state in DECLARED:
        with pytest.raises(InvalidInput) as caught:
            plan_declared([entry(TWO, state=state)], read(shared))
        said(caught, by_hand=True)


@pytest.mark.parametrize("undeclared", ["stop", "absent"])
def test_the_role_neither_stops_nor_deletes_two_undeclared_ones(shared: World, undeclared: str) -> None:
    found(shared, ONE, TWO)
    with pytest.raises(InvalidInput, match="geo_replication_undeclared") as caught:
        plan_declared([entry(SessionId("projects", "secondary1", "projects-dr"))], read(shared), undeclared=undeclared)
    said(caught, by_hand=True)


def test_the_role_warns_of_two_undeclared_ones(shared: World) -> None:
    found(shared, ONE, TWO)
    plan = plan_declared([entry(SessionId("projects", "secondary1", "projects-dr"))], read(shared))
    assert [line for line in plan["warnings"] if SHARED in line and str(TWO) in line]


def test_the_picture_does_not_show_them_as_fine(shared: World) -> None:
    found(shared, ONE, TWO)
    told = overview.overview(read(shared), now=0)
    assert [(problem["id"], problem["session"]) for problem in told["problems"] if problem["id"] == "directory-shared"] == [
        ("directory-shared", str(ONE)), ("directory-shared", str(TWO)),
    ]  # fmt: skip
    assert told["verdict"] == "critical"


def test_another_run_creates_one_in_its_directory(shared: World) -> None:
    """gluster says "already created" of it, and with force would make the second one over the first."""

    def create() -> None:
        found(shared, ONE)
        shared.instead["create"] = [refusal(f"Session between {TWO.primary_volume} and {TWO.target} is already created.")]

    shared.before_each = lambda argv: create() if "create" in argv else None
    with pytest.raises(InvalidInput) as caught:
        shared.converge(Wanted(TWO))
    said(caught, by_hand=False)
    assert shared.mutations == [f"{TWO.primary_volume} {TWO.target} create no-verify"]
