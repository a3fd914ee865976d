# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The canary's life on two folders that stand in for the mounts; the real thing is tested on the lab."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._georep.canary import judge
from ansible_collections.glusterops.georep.plugins.module_utils._georep.identity import SecondaryUrl, SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._georep.states import State
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import errors, sessions
from ansible_collections.glusterops.georep.plugins.module_utils._operate import facts, proof
from ansible_collections.glusterops.georep.plugins.module_utils._operate.session import Clock

ID = SessionId("projects", "secondary1", "projects-dr")
WORKER = sessions.Worker(
    **dict.fromkeys(sessions.Worker._fields, "N/A")  # type: ignore[arg-type]
)._replace(node="primary1", brick="/bricks/projects", status="Active", crawl_status="Changelog Crawl")


class World:
    """Two folders, a clock, and what replication does each time somebody looks at the clock."""

    def __init__(self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.near, self.far = tmp_path / "near", tmp_path / "far"
        self.near.mkdir()
        self.far.mkdir()
        self.time = 0.0
        self.stalled = 0  # so many starts still to stall
        self.converged: list[str] = []
        self.replicate: t.Callable[[], None] = self.mirror
        self.state = State.ACTIVE
        monkeypatch.setattr(proof.mounts, "mounted", self.mounted)
        monkeypatch.setattr(proof, "gather", lambda *_args, **_kwargs: self.site())
        monkeypatch.setattr(proof, "converge", self.converge)

    def site(self) -> facts.Site:
        config = sessions.Config({"sync-method": "tarssh"}, False, ())
        seen = facts.Observed(
            ID, SecondaryUrl("root", "secondary1", "projects-dr", None), self.state, [WORKER], [], config
        )
        return facts.Site([seen], {}, [])

    @contextlib.contextmanager
    def mounted(self, _run: t.Any, volume: str, host: str = "localhost", *, writable: bool = False) -> t.Iterator[str]:
        assert (volume, host, writable) in (("projects", "localhost", True), ("projects-dr", "secondary1", False))
        yield str(self.near if writable else self.far)

    def converge(self, _cli: t.Any, _run: t.Any, wanted: t.Any, _settings: t.Any, _clock: t.Any) -> None:
        self.converged.append(wanted[0].state)
        if wanted[0].state == "started" and self.stalled:
            self.stalled -= 1

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        if not self.stalled:
            self.replicate()

    def mirror(self) -> None:
        shutil.rmtree(self.far)
        shutil.copytree(self.near, self.far)

    def prove(self, **settings: t.Any) -> proof.Proof:
        clock = Clock(lambda: self.time, self.sleep)
        (only,) = proof.prove(None, None, [ID], proof.ProofSettings(**settings), clock)  # type: ignore[arg-type]
        return only


@pytest.fixture
def world(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def test_what_arrives_is_proved_and_nothing_stays_behind(world: World) -> None:
    done = world.prove()
    assert done.proved and done.lag and done.removal_lag and done.restarts == 0
    assert len(done.files) == 5 and done.not_carried == []
    assert os.listdir(world.near) == [] and os.listdir(world.far) == []


def test_nothing_that_arrives_is_no_proof_whatever_the_state_says(world: World) -> None:
    world.stalled = 99
    done = world.prove(timeout=30)
    assert not done.proved and "is not there" in done.message and "Active and delivers nothing" in done.message
    assert world.converged == [] and os.listdir(world.near) == []


def test_empty_files_are_no_proof(world: World) -> None:
    def empty() -> None:
        world.mirror()
        for path in world.far.rglob("*"):
            if path.is_file():
                path.write_bytes(b"")

    world.replicate = empty
    done = world.prove(timeout=10)
    assert not done.proved and "has 0 bytes instead of 65536" in done.message and "Files arrive empty" in done.message


def test_attributes_that_tar_leaves_out_are_reported(world: World) -> None:
    def without_attributes() -> None:
        world.mirror()
        for path in world.far.rglob("*"):
            for name in os.listxattr(path):
                os.removexattr(path, name)

    world.replicate = without_attributes
    done = world.prove()
    assert done.proved and len(done.not_carried) == 1 and "Not carried" in done.message


def test_a_removal_that_is_not_seen_is_a_failure(world: World) -> None:
    world.replicate = lambda: shutil.copytree(world.near, world.far, dirs_exist_ok=True) and None
    done = world.prove(timeout=10)
    assert not done.proved and "is still there" in done.message


def test_a_stalled_session_is_restarted_and_proved_with_a_new_canary(world: World) -> None:
    world.stalled = 2
    done = world.prove(restart_stalled=True, restart_after=20)
    assert done.proved and done.restarts == 2
    assert world.converged == ["stopped", "started"] * 2


def test_restarting_ends(world: World) -> None:
    world.stalled = 99
    done = world.prove(restart_stalled=True, restart_after=5, timeout=10)
    assert not done.proved and done.restarts == proof.MAX_RESTARTS


def test_the_canary_goes_even_when_looking_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_path: str) -> t.NoReturn:
        raise RuntimeError("boom")

    monkeypatch.setattr(proof, "look", broken)
    with pytest.raises(RuntimeError):
        world.prove()
    assert os.listdir(world.near) == []


def test_only_a_running_session_is_proved(world: World) -> None:
    world.state = State.PAUSED
    with pytest.raises(errors.InvalidInput, match="is paused"):
        world.prove()


def test_check_mode_writes_nothing(world: World) -> None:
    done = world.prove(check_mode=True)
    assert not done.proved and "check mode" in done.message and world.time == 0


def test_the_tree_as_written_passes_its_own_judgement(tmp_path: pathlib.Path) -> None:
    expected = proof.write_tree(str(tmp_path / "c"), "c")
    seen = {item.path: proof.look(str(tmp_path / item.path)) for item in expected}
    assert judge(expected, seen, "rsync").missing == []
    (tmp_path / "c" / "random.bin").write_bytes(b"\0" * 65536)
    seen = {item.path: proof.look(str(tmp_path / item.path)) for item in expected}
    assert len(judge(expected, seen, "rsync").missing) == 1
