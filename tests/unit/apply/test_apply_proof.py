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
import time
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import compare, proof
from ansible_collections.glusterops.georep.plugins.module_utils._apply.session import Clock
from ansible_collections.glusterops.georep.plugins.module_utils._apply.workers import StalledWorker
from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import explain
from ansible_collections.glusterops.georep.plugins.module_utils._faults.entry import LOG
from ansible_collections.glusterops.georep.plugins.module_utils._faults.site import Trouble
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors, proved
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import (
    Brick,
    Cluster,
    Config,
    Session,
    Volume,
    Worker,
)
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._model.proved import Proved
from ansible_collections.glusterops.georep.plugins.module_utils._model.states import State
from ansible_collections.glusterops.georep.plugins.module_utils._plan.canary import PREFIX, judge

ID = SessionId("projects", "secondary1", "projects-dr")
FAR = "44444444-0000-4000-8000-00000000000b"
WORKER = Worker("primary1", "/bricks/projects", "", "Active", crawl_status="Changelog Crawl")


def volume_of(sets: t.Sequence[t.Sequence[Brick]]) -> Volume:
    return Volume("projects", "", "Started", "", [brick for group in sets for brick in group], 2, {})


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
        self.volumes: dict[str, t.Any] = {}
        self.plain_writable = False
        self.set: list[list[str]] = []  # what the cluster was told to remember
        self.refusal = ""
        self.record = ""
        self.cli = GlusterCli(self.run)
        monkeypatch.setattr(proof.mounts, "mounted", self.mounted)
        for reading in ("gather", "look_again"):
            monkeypatch.setattr(proof, reading, lambda *_args, **_kwargs: self.site())
        monkeypatch.setattr(proof, "converge", self.converge)
        self.troubles: list[Trouble] = []  #: what the secondary site says of itself
        monkeypatch.setattr(proof.site_of, "look", lambda _cli, sessions: dict.fromkeys(sessions, self.troubles))

    def site(self) -> Cluster:
        config = Config({"sync-method": "tarssh"}, False, ())
        seen = Session(ID, FAR, self.state, [WORKER], [], config, record=self.record)
        return Cluster([seen], self.volumes, [])

    def run(self, argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        words = list(argv[argv.index("--") + 1 :])
        assert words[:4] == ["volume", "set", "projects", f"user.glusterops.georep.proof.{FAR}"], words
        self.set.append(words[4:])
        return (1, "", f"volume set: failed: {self.refusal}\n") if self.refusal else (0, "volume set: success\n", "")

    @contextlib.contextmanager
    def mounted(
        self, _run: t.Any, volume: str, host: str = "localhost", *, writable: bool = False, as_gsyncd: bool = True
    ) -> t.Iterator[str]:
        if not as_gsyncd:
            # Older files: gsyncd's own kind of mount does not take the wish to have a file sent again.
            assert (volume, host) == ("projects", "localhost")
        else:
            assert (volume, host, writable) in (("projects", "localhost", True), ("projects-dr", "secondary1", False))
        self.plain_writable = writable and not as_gsyncd
        yield str(self.near if host == "localhost" else self.far)

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

    def prove_all(self, **settings: t.Any) -> list[proof.Proof]:
        clock = Clock(lambda: self.time, self.sleep)
        return proof.prove(self.cli, None, None, proof.ProofSettings(**settings), clock)  # type: ignore[arg-type]

    def prove(self, **settings: t.Any) -> proof.Proof:
        clock = Clock(lambda: self.time, self.sleep)
        (only,) = proof.prove(self.cli, None, [ID], proof.ProofSettings(**settings), clock)  # type: ignore[arg-type]
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
    assert not done.proved and "is missing" in done.message and "Active but delivers nothing" in done.message
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
    assert done.proved and len(done.not_carried) == 1 and "Not copied" in done.message


def test_a_removal_that_is_not_seen_is_a_failure(world: World) -> None:
    world.replicate = lambda: shutil.copytree(world.near, world.far, dirs_exist_ok=True) and None
    done = world.prove(timeout=10)
    assert not done.proved and "still exists" in done.message


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
    assert not done.proved and "A check run writes no test files" in done.message and world.time == 0


def test_the_tree_as_written_passes_its_own_judgement(tmp_path: pathlib.Path) -> None:
    expected = proof.write_tree(str(tmp_path / "c"), "c")
    seen = {item.path: proof.look(str(tmp_path / item.path)) for item in expected}
    assert judge(expected, seen, "rsync").missing == []
    (tmp_path / "c" / "random.bin").write_bytes(b"\0" * 65536)
    seen = {item.path: proof.look(str(tmp_path / item.path)) for item in expected}
    assert len(judge(expected, seen, "rsync").missing) == 1


@pytest.mark.parametrize("write", ["tree", "spread"])
def test_a_link_in_place_of_the_canary_s_folder_is_not_followed(tmp_path: pathlib.Path, write: str) -> None:
    """Who may rename in the root of the volume points it to a folder of the node, where root would write, rename and remove."""
    node = tmp_path / "of the node"
    node.mkdir()
    for name in ("changed.txt", "deleted", "before-rename", "spread-0.bin"):
        (node / name).write_text("mine")
    home = tmp_path / "canary"
    home.symlink_to(node)
    with pytest.raises(OSError):
        proof.write_tree(str(home), "c") if write == "tree" else proof.cover_sets(str(home), "c", SETS)
    home.unlink()
    home.mkdir()
    for name in ("random.bin", "spread-0.bin"):
        (home / name).symlink_to(node / "deleted")
    with pytest.raises(FileExistsError):
        proof.write_tree(str(home), "c") if write == "tree" else proof.cover_sets(str(home), "c", SETS)
    assert {path.name: path.read_text() for path in node.iterdir()} == dict.fromkeys(("changed.txt", "deleted", "before-rename", "spread-0.bin"), "mine")


# --- what a killed proof left


def old(path: pathlib.Path) -> None:
    long_ago = time.time() - 60
    os.utime(path, (long_ago, long_ago))


@pytest.mark.parametrize("content", [[], ["random.bin"], ["held-0123456789ab", "random.bin"]])
def test_the_canary_of_a_killed_proof_goes_with_the_next_one(world: World, content: list[str]) -> None:
    left = world.near / (PREFIX + "0123456789abcdef")
    left.mkdir()
    for name in content:
        (left / name).touch()
    old(left)
    assert world.prove().proved
    assert list(world.near.iterdir()) == []


def test_the_canary_of_a_proof_that_was_killed_just_before_goes_too(world: World) -> None:
    left = world.near / (PREFIX + "0123456789abcdef")
    left.mkdir()

    def replicate() -> None:
        world.mirror()
        if left.exists():
            old(left)

    world.replicate = replicate
    assert world.prove().proved
    assert list(world.near.iterdir()) == []


def test_the_canary_of_a_proof_that_is_under_way_stays(world: World) -> None:
    """It is held; or was made so lately that it may not be yet. What only looks like one stays, too."""
    home = world.near / (PREFIX + "0123456789abcdef")
    held = proof.hold(str(home))
    old(home)
    (world.near / (PREFIX + "fedcba9876543210")).mkdir()
    (world.near / (PREFIX + "mine")).mkdir()
    old(world.near / (PREFIX + "mine"))
    before = sorted(world.near.rglob("*"))
    assert world.prove().proved
    assert sorted(world.near.rglob("*")) == before
    os.close(held)
    assert world.prove().proved
    assert home not in list(world.near.iterdir())


# --- a part that arrives


def but(world: World, left_out: str) -> t.Callable[[], None]:
    """One replica set has lost its race until the session is started again; its files stay away."""

    def replicate() -> None:
        world.mirror()
        if "started" not in world.converged:
            for path in world.far.rglob(left_out):
                path.unlink()

    return replicate


def test_a_stalled_replica_set_is_restarted_although_others_deliver(world: World) -> None:
    world.replicate = but(world, "random.bin")
    done = world.prove(restart_stalled=True, restart_after=20)
    assert done.proved and done.restarts == 1 and done.changed
    assert world.converged == ["stopped", "started"]


def test_a_stalled_replica_set_is_named_as_such(world: World) -> None:
    world.replicate = but(world, "random.bin")
    done = world.prove(timeout=10)
    assert not done.proved and "random.bin (random content) is missing" in done.message
    assert "Each replica set has its own worker" in done.message and "restart_stalled" in done.message
    assert world.converged == [] and not done.changed


def test_what_arrives_wrong_is_not_stalled(world: World) -> None:
    def spoil() -> None:
        world.mirror()
        for path in world.far.rglob("random.bin"):
            path.write_bytes(b"\0" * 65536)
        for path in world.far.rglob("changed.txt"):
            path.unlink()

    world.replicate = spoil
    done = world.prove(restart_stalled=True, restart_after=5, timeout=10)
    assert not done.proved and done.restarts == 0 and world.converged == [], "starting it again mends no content"
    assert "the right size but different content" in done.message and "changed.txt (a file changed twice) is missing" in done.message


# --- single workers


class Wide:
    """A volume of three replica sets; the workers of some of them have stalled."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.sets = SETS
        self.silent = {1}
        self.passive: set[int] = set()  # of which no worker is active when it is looked for once more
        self.looks = 0
        self.busy: int | None = None
        place_by(lambda number: number % 3, monkeypatch)
        world.volumes = {"projects": volume_of(SETS)}
        world.replicate = self.replicate
        monkeypatch.setattr(world, "site", self.site)
        self._site = World.site

    def site(self) -> Cluster:
        # At first, while the crawl is awaited, when patience ends, and then to see who has stalled.
        self.looks += 1
        passive = self.passive if self.looks == 4 else set()
        rows = [
            WORKER._replace(
                node=brick.node, brick=brick.path, node_uuid=brick.node_uuid,
                status="Active" if brick.node == "primary2" and number not in passive else "Passive",
                data=2 if number == self.busy and self.looks > 2 else 0,
            )
            for number, group in enumerate(self.sets)
            for brick in group
        ]  # fmt: skip
        found = self._site(self.world)
        return found._replace(sessions=[seen._replace(workers=rows) for seen in found.sessions])

    def replicate(self) -> None:
        self.world.mirror()
        if "started" not in self.world.converged:
            for number in self.silent:
                for path in self.world.far.rglob(f"spread-{number}.bin"):
                    path.unlink()


@pytest.fixture
def wide(world: World, monkeypatch: pytest.MonkeyPatch) -> Wide:
    return Wide(world, monkeypatch)


def test_a_stalled_worker_is_named_for_whoever_can_start_it_anew(world: World, wide: Wide, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them draw anew when the session is restarted: with many, one nearly always loses."""
    monkeypatch.setattr(proof.time, "time", lambda: 1795336696.5)
    done = world.prove(restart_stalled=True, restart_after=20, report_stalled=True)
    assert done.stalled == [StalledWorker(ID, "primary2", "uuid of primary2", "/bricks/a2", 1795336696)]
    assert not done.proved and not done.pending and not done.changed and world.converged == []
    assert "nothing has arrived from primary2:/bricks/a2, while files of the other replica sets have arrived. The worker of this brick" in done.message
    assert os.listdir(world.near) == []


@pytest.mark.parametrize(
    ("silent", "passive", "settings"),
    [
        ({1}, set(), {}),  # nobody could start it anew
        ({0, 1, 2}, set(), {"report_stalled": True}),
        ({0, 2}, set(), {"report_stalled": True}),  # most have stalled
        ({1}, {1}, {"report_stalled": True}),  # no worker to be named
    ],
)
def test_otherwise_the_session_is_restarted_as_a_whole(
    world: World, wide: Wide, silent: set[int], passive: set[int], settings: dict[str, bool]
) -> None:
    wide.silent, wide.passive = silent, passive
    done = world.prove(restart_stalled=True, restart_after=20, **settings)
    assert done.proved and done.restarts == 1 and done.stalled == ()


@pytest.mark.parametrize("settings", [{"report_stalled": True}, {}])
def test_one_that_is_at_work_has_not_stalled(world: World, wide: Wide, settings: dict[str, bool]) -> None:
    """A large file is on its way; to end its worker would send it once more from its beginning."""
    wide.busy = 1
    done = world.prove(restart_stalled=True, restart_after=20, timeout=90, **settings)
    assert not done.proved and done.stalled == () and world.converged == [] and world.time > 90
    assert "primary2:/bricks/a2 (2 files wait)" in done.message and "Repeat the test later" in done.message


def test_one_that_gets_through_with_its_work_is_proved(world: World, wide: Wide) -> None:
    wide.busy = 1
    plain = wide.replicate

    def replicate() -> None:
        if world.time > 40:
            wide.silent = set()
        plain()

    world.replicate = replicate
    done = world.prove(restart_stalled=True, restart_after=20, timeout=90, report_stalled=True)
    assert done.proved and world.converged == [] and done.lag is not None and 35 < done.lag < 60


def test_one_that_is_at_work_elsewhere_excuses_nobody(world: World, wide: Wide) -> None:
    wide.busy = 0
    done = world.prove(restart_stalled=True, restart_after=20, report_stalled=True)
    assert [worker.brick for worker in done.stalled] == ["/bricks/a2"]


def test_half_of_the_replica_sets_are_not_most(world: World, wide: Wide, monkeypatch: pytest.MonkeyPatch) -> None:
    place_by(lambda number: number % 2, monkeypatch)
    wide.sets = SETS[:2]
    world.volumes = {"projects": volume_of(wide.sets)}
    done = world.prove(restart_stalled=True, restart_after=20, report_stalled=True)
    assert [worker.brick for worker in done.stalled] == ["/bricks/a2"] and world.converged == []


def test_single_workers_have_their_turns_also_after_the_restarts_of_all(world: World, wide: Wide) -> None:
    wide.silent = {0, 1, 2}

    def replicate() -> None:
        world.mirror()
        silent = {0, 1, 2} if world.converged.count("started") < proof.MAX_RESTARTS else {1}
        for number in silent:
            for path in world.far.rglob(f"spread-{number}.bin"):
                path.unlink()

    world.replicate = replicate
    done = world.prove(restart_stalled=True, restart_after=20, report_stalled=True)
    assert done.restarts == proof.MAX_RESTARTS and [worker.brick for worker in done.stalled] == ["/bricks/a2"]
    wide.silent = {0, 1, 2}
    world.converged.clear()
    world.replicate = lambda: [path.unlink() for path in (world.mirror(), *world.far.rglob("spread-*"))[1:]] and None
    done = world.prove(restart_stalled=True, restart_after=20, report_stalled=True)
    assert not done.proved and done.stalled == () and done.restarts == proof.MAX_RESTARTS


def test_nobody_is_asked_to_start_what_may_not_be_restarted(world: World, wide: Wide) -> None:
    done = world.prove(timeout=10, report_stalled=True)
    assert not done.proved and done.stalled == () and "spread-1.bin" in done.message and "restart_stalled" in done.message


def test_what_arrives_wrong_is_no_stalled_worker(world: World, wide: Wide) -> None:
    def spoil() -> None:
        wide.replicate()
        for path in world.far.rglob("random.bin"):
            path.write_bytes(b"")

    world.replicate = spoil
    done = world.prove(restart_stalled=True, restart_after=5, timeout=10, report_stalled=True)
    assert not done.proved and done.stalled == () and world.converged == []


# --- a file on every replica set

SETS = [[Brick(node, f"/bricks/a{number}", f"uuid of {node}") for node in ("primary1", "primary2")] for number in ("", "2", "3")]
#: The usual volume without copies: every node has its brick at the same path.
ALIKE = [[Brick(f"primary{number}", "/bricks/a", f"uuid of primary{number}")] for number in (1, 2, 3)]


def place_by(hashes: t.Callable[[int], int], monkeypatch: pytest.MonkeyPatch, sets: list[list[Brick]] = SETS) -> None:
    """gluster tells on which bricks a file lies; which ones, its name decides. Nodes call themselves otherwise than the volume does."""

    real = os.getxattr

    def getxattr(path: t.Any, name: str, **more: t.Any) -> bytes:
        if not name.startswith("trusted.glusterfs."):
            return real(path, name, **more)
        number = int(path.rpartition("-")[2].partition(".")[0])
        lies = sets[hashes(number)]
        if name == "trusted.glusterfs.node-uuid":
            # As seen on 10.3.
            return lies[0].node_uuid.encode() + b"\0"
        assert name == "trusted.glusterfs.pathinfo"
        bricks = " ".join(f"<POSIX({brick.path}):node-{brick.node}:{brick.path}/x/spread-{number}.bin>" for brick in lies)
        return f"(<DISTRIBUTE:projects-dht> {bricks})".encode()

    monkeypatch.setattr(proof.os, "getxattr", getxattr)


def test_every_replica_set_gets_a_file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """/bricks/a2 is not /bricks/a."""
    place_by(lambda number: [2, 2, 0, 0, 2, 1, 0][number], monkeypatch)
    expected, untried = proof.cover_sets(str(tmp_path), "c", SETS)
    assert [(item.path, item.replica_set) for item in expected] == [("c/spread-0.bin", 2), ("c/spread-2.bin", 0), ("c/spread-5.bin", 1)]
    assert untried == []
    assert sorted(os.listdir(tmp_path)) == ["spread-0.bin", "spread-2.bin", "spread-5.bin"], "the others are taken away"
    monkeypatch.undo()
    seen = {item.path: proof.look(str(tmp_path / item.path[2:])) for item in expected}
    assert judge(expected, seen, "rsync").missing == []


def test_the_search_for_a_replica_set_ends(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place_by(lambda number: number % 2, monkeypatch)
    expected, untried = proof.cover_sets(str(tmp_path), "c", SETS)
    assert [item.path for item in expected] == ["c/spread-0.bin", "c/spread-1.bin"] and untried == [2]
    assert len(os.listdir(tmp_path)) == 2


@pytest.mark.parametrize("sets", [[], SETS[:1]])
def test_one_replica_set_needs_no_search(sets: t.Any, tmp_path: pathlib.Path) -> None:
    assert proof.cover_sets(str(tmp_path), "c", sets) == ([], []) and os.listdir(tmp_path) == []


def test_bricks_of_one_path_are_told_apart_by_their_nodes(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place_by(lambda number: [1, 1, 0, 1, 2][number], monkeypatch, ALIKE)
    expected, untried = proof.cover_sets(str(tmp_path), "c", ALIKE)
    assert [(item.path, item.replica_set) for item in expected] == [("c/spread-0.bin", 1), ("c/spread-2.bin", 0), ("c/spread-4.bin", 2)]
    assert untried == []


def test_where_no_file_comes_to_lie_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    place_by(lambda number: number % 2, monkeypatch)
    world.volumes = {"projects": volume_of(SETS)}
    monkeypatch.setattr(Session, "refolded", lambda seen, _volume: seen)
    done = world.prove()
    assert done.proved and "No test file was stored on primary1:/bricks/a3 and primary2:/bricks/a3, so the workers of these bricks" in done.message


def test_where_nobody_tells_the_place_there_are_some_files(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: t.Any) -> t.NoReturn:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(proof.os, "getxattr", refuse)
    expected, untried = proof.cover_sets(str(tmp_path), "c", SETS)
    assert len(expected) == len(os.listdir(tmp_path)) == 4 * len(SETS) and untried == []
    assert {item.replica_set for item in expected} == {None}


def test_the_canary_covers_the_volumes_replica_sets(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.volumes = {"projects": volume_of(SETS)}
    monkeypatch.setattr(Session, "refolded", lambda seen, _volume: seen)
    asked: list[t.Any] = []

    def cover(_home: str, _folder: str, sets: t.Any, _step: t.Any) -> tuple[list[t.Any], list[int]]:
        asked.append(sets)
        return [], []

    monkeypatch.setattr(proof, "cover_sets", cover)
    assert world.prove().proved
    assert asked == [SETS]


def test_a_first_copy_that_is_still_running_is_no_failure(world: World) -> None:
    """The canary would come after terabytes: nothing is wrong, and nothing is proved."""
    rows = [WORKER._replace(crawl_status="Hybrid Crawl")]
    site = world.site()
    world.site = lambda: site._replace(sessions=[site.sessions[0]._replace(workers=rows)])  # type: ignore[method-assign]
    done = world.prove(timeout=30, restart_stalled=True)
    assert done.pending and not done.proved and world.converged == []
    assert "Hybrid Crawl" in done.message and "glusterops.georep.prove" in done.message
    assert list(world.near.iterdir()) == [], "nothing was written"


def test_one_without_an_active_worker_is_at_no_first_copy(world: World) -> None:
    """Its proof would be called pending for ever, and the run green."""
    site = world.site()
    rows = [WORKER._replace(status="Passive", crawl_status=None)]
    world.site = lambda: site._replace(sessions=[site.sessions[0]._replace(state=State.INITIALIZING, workers=rows)])  # type: ignore[method-assign]
    done = world.prove(timeout=30, restart_stalled=True)
    assert not done.proved and not done.pending and "its state is initializing (primary1:/bricks/projects is Passive" in done.message


def test_a_failed_proof_says_what_is_wrong_on_the_secondary_site(world: World) -> None:
    world.troubles = [Trouble("secondary-down", True, "The brick secondary1:/b is offline.", "Start it.")]
    assert world.prove().proved, "nobody asks while data arrives"
    rows = [WORKER._replace(status="Passive", crawl_status=None)]
    site = world.site()
    world.site = lambda: site._replace(sessions=[site.sessions[0]._replace(state=State.INITIALIZING, workers=rows)])  # type: ignore[method-assign]
    done = world.prove(timeout=30)
    assert not done.proved and "The brick secondary1:/b is offline. What helps: Start it." in done.message


def test_what_goes_wrong_with_one_session_is_its_own_result(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_home: str, _folder: str) -> t.Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(proof, "write_tree", full)
    done = world.prove()
    assert not done.proved and "No space left" in done.message and "It could not be tested" in done.message


ANSWERING = proof.mounts.answering


class Hanging:
    """Mounts of which one hangs, once: its time is up soon after something was done there, but not before, however busy this machine is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, volume: str) -> None:
        self.volume = volume
        self.left = 1
        monkeypatch.setattr(proof.mounts, "answering", self.answering)

    def answering(self, *places: t.Any) -> t.Any:
        hangs = self.left and any(place.volume == self.volume for place in places)
        self.left -= bool(hangs)
        return self.waiting(*places) if hangs else ANSWERING(*places)

    @contextlib.contextmanager
    def waiting(self, *places: t.Any) -> t.Iterator[t.Any]:
        with ANSWERING(*places, seconds=0.2) as step:
            yield step
            time.sleep(0.5)


def test_a_primary_volume_that_hangs_is_said_with_what_may_be_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    Hanging(monkeypatch, "projects")
    done = world.prove()
    assert not done.proved and "The volume projects of localhost is mounted and did not answer" in done.message
    assert list(world.near.iterdir()) == [] and "deleted" not in done.message, "here it could be deleted"
    Hanging(monkeypatch, "projects")
    monkeypatch.setattr(shutil, "rmtree", lambda _path, ignore_errors: None)
    done = world.prove()
    (left,) = world.near.iterdir()
    assert f"The folder /{left.name} of the volume projects could not be deleted" in done.message


def test_a_secondary_volume_that_hangs_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    Hanging(monkeypatch, "projects-dr")
    done = world.prove()
    assert not done.proved and "The volume projects-dr of secondary1 is mounted and did not answer" in done.message
    assert list(world.near.iterdir()) == []


def test_a_volume_that_hangs_while_older_files_are_compared_has_none_sent_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that cannot be asked for is not one that is missing."""
    def late(*_args: t.Any) -> compare.Comparison:
        time.sleep(0.5)
        return compare.Comparison(1, True, [compare.Difference("a", 1, None, "missing")], 0)

    sent: list[t.Any] = []
    monkeypatch.setattr(compare, "compare", late)
    monkeypatch.setattr(compare, "send_again", lambda *args: sent.append(args))
    monkeypatch.setattr(proof.mounts, "answering", lambda *places: ANSWERING(*places, seconds=0.01 if len(places) == 2 else None))
    done = world.prove(compare="all", send_again=True)
    assert not done.proved and sent == []
    assert "The volume projects of localhost, or the volume projects-dr of secondary1 is mounted and did not answer" in done.message


def test_a_session_that_was_stopped_is_started_at_the_second_try(world: World) -> None:
    world.stalled = 1
    refused = ["started"]
    converge = world.converge

    def flaky(cli: t.Any, run: t.Any, wanted: t.Any, settings: t.Any, clock: t.Any) -> None:
        assert "peer_down" in wanted[0].accept
        if wanted[0].state in refused:
            refused.remove(wanted[0].state)
            raise errors.LockBusy("busy")
        converge(cli, run, wanted, settings, clock)

    proof.converge, kept = flaky, proof.converge  # type: ignore[assignment]
    try:
        done = world.prove(restart_stalled=True, restart_after=5)
    finally:
        proof.converge = kept
    assert done.proved and world.converged == ["stopped", "started"], done


@pytest.mark.parametrize(
    ("place", "found"),
    [
        # 10.3, two replica sets; the nodes' own names are not those of the volume
        ("(<DISTRIBUTE:v-dht> (<REPLICATE:v-replicate-1> <POSIX(/b/v-b):node-a:/b/v-b/f> <POSIX(/b/v-b):node-b:/b/v-b/f>))", 1),
        ("(<DISTRIBUTE:v-dht> (<EC:v-disperse-0> <POSIX(/b/v-a):x:/b/v-a/f>))", 0),
        ("(<DISTRIBUTE:v-dht> <POSIX(/b/v-b):x:/b/v-b/f>)", 1),
        ("(<DISTRIBUTE:v-dht> <POSIX(/b/other):x:/b/other/f>)", None),
        ("", None),
    ],
)
def test_where_a_file_lies(place: str, found: int | None) -> None:
    sets = [[Brick("n1", path, "u1"), Brick("n2", path, "u2")] for path in ("/b/v-a", "/b/v-b")]
    assert proof.set_of(place, "u1", sets) == found


@pytest.mark.parametrize(("uuid", "found"), [("uuid of primary2", 1), ("uuid of primary3", 2), ("another", None), ("", None)])
def test_where_a_file_lies_among_bricks_of_one_path(uuid: str, found: int | None) -> None:
    """As 10.3 told it of two bricks."""
    assert proof.set_of("(<DISTRIBUTE:it-pi-dht> <POSIX(/bricks/a):primary2:/bricks/a/f1>)", uuid, ALIKE) == found


# --- older files


class Older:
    """Files of an earlier run beside the canary, which arrive only when gluster is told to send them again."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.told: list[str] = []
        self.obeys = True
        self._setxattr = os.setxattr
        world.replicate = self.replicate
        monkeypatch.setattr(os, "setxattr", self.setxattr)
        # What was written just now counts as old.
        monkeypatch.setattr(proof, "RIPE_SECONDS", -3600.0)

    def setxattr(self, path: str, name: str, value: bytes, **more: t.Any) -> None:
        if name == compare.TRIGGER:
            assert self.world.plain_writable, "gsyncd's own kind of mount passes it by (seen on 10.3)"
            self.told.append(os.path.relpath(path, self.world.near))
        else:
            self._setxattr(path, name, value, **more)

    def replicate(self) -> None:
        for path in self.world.far.glob(PREFIX + "*"):
            shutil.rmtree(path)
        for path in self.world.near.glob(PREFIX + "*"):
            shutil.copytree(path, self.world.far / path.name)
        for name in self.told if self.obeys else []:
            shutil.copy2(self.world.near / name, self.world.far / name)

    def put(self, name: str, content: bytes, copy: bytes | None) -> None:
        (self.world.near / name).write_bytes(content)
        if copy is not None:
            (self.world.far / name).write_bytes(copy)


@pytest.fixture
def older(world: World, monkeypatch: pytest.MonkeyPatch) -> Older:
    made = Older(world, monkeypatch)
    made.put("good", b"content", b"content")
    made.put("empty", b"content", b"")
    made.put("other", b"content", b"CONTENT")
    return made


def test_older_files_are_left_alone_unless_asked_for(world: World, older: Older) -> None:
    done = world.prove()
    assert done.proved and (done.compared, done.differences, done.sent_again) == (0, [], 0)


@pytest.mark.parametrize(("how", "names"), [("sample", ["empty"]), ("all", ["empty", "other"])])
def test_older_files_that_differ_are_no_proof(world: World, older: Older, how: str, names: list[str]) -> None:
    done = world.prove(compare=how)
    assert not done.proved and not done.changed and done.compared == 3
    assert [item["path"] for item in done.differences] == names and done.differences[0] == {
        "path": "empty", "size": 7, "copy_size": 0, "kind": "empty",
    }  # fmt: skip
    assert "send_again: true" in done.message and older.told == []


def test_what_is_on_its_way_is_no_difference(world: World, older: Older) -> None:
    """A file that was unpacked just now may carry an old date."""
    (world.far / "other").write_bytes(b"content")
    plain = world.replicate

    def arrives() -> None:
        plain()
        (world.far / "empty").write_bytes(b"content")

    # Not before the canary is through: the comparison sees it empty once.
    older.told = []
    seen = compare.difference
    asked: list[str] = []

    def look(near: str, far: str, path: str, *more: t.Any) -> t.Any:
        asked.append(path)
        if asked.count("empty") == 1:
            world.replicate = arrives
        return seen(near, far, path, *more)

    compare.difference, kept = look, compare.difference
    try:
        done = world.prove(compare="all")
    finally:
        compare.difference = kept
    assert done.proved and done.differences == [], done
    assert asked.count("empty") == 2


def test_older_files_that_are_the_same_are_told(world: World, older: Older) -> None:
    for name in ("empty", "other"):
        older.put(name, b"content", b"content")
    done = world.prove(compare="all")
    assert done.proved and (done.compared, done.differences, done.sent_again) == (3, [], 0)
    assert "byte by byte" in done.message and done.message.endswith("(all of them, byte by byte).")


def test_older_files_are_sent_again(world: World, older: Older) -> None:
    done = world.prove(compare="all", send_again=True)
    assert done.proved and done.changed
    assert (done.compared, done.differences, done.sent_again) == (3, [], 2)
    assert done.message.endswith("2 older files whose copies differed were sent again and are now the same on both sites.")
    assert older.told == ["empty", "other"], "and no other file"
    again = world.prove(compare="all", send_again=True)
    assert again.proved and not again.changed


def test_older_files_that_do_not_come_are_told(world: World, older: Older) -> None:
    older.obeys = False
    done = world.prove(compare="all", send_again=True, timeout=30)
    assert not done.proved and done.changed and done.sent_again == 2
    assert [item["path"] for item in done.differences] == ["empty", "other"]
    assert "2 files were sent again, and these still differ" in done.message


def test_a_file_that_is_removed_while_it_is_awaited_is_not_awaited(world: World, older: Older) -> None:
    real = older.replicate

    def replicate() -> None:
        real()
        if older.told:
            older.told.clear()
            for name in ("empty", "other"):
                (world.near / name).unlink()
                (world.far / name).unlink()

    world.replicate = replicate
    assert world.prove(compare="all", send_again=True, timeout=30).proved


def test_few_of_many_are_named(world: World, older: Older) -> None:
    for number in range(60):
        older.put(f"lost-{number}", b"x", None)
    done = world.prove(compare="all")
    assert done.compared == 63 and len(done.differences) == compare.NAMED_AT_MOST and "60 are missing" in done.message


def test_without_a_canary_that_arrives_older_files_say_nothing(world: World, older: Older) -> None:
    world.stalled = 99
    done = world.prove(timeout=10, compare="all", send_again=True)
    assert not done.proved and (done.compared, older.told) == (0, [])


# --- workers that never get to the present


def worker_is(world: World, monkeypatch: pytest.MonkeyPatch, *words: tuple[str, str | None]) -> None:
    """Status and crawl of the worker with each look, the last one for ever."""
    script = list(words)
    real = world.site

    def site() -> Cluster:
        status, crawl = script.pop(0) if len(script) > 1 else script[0]
        found = real()
        rows = [WORKER._replace(status=status, crawl_status=crawl)]
        state = {"Active": State.ACTIVE, "Faulty": State.FAULTY}.get(status, State.INITIALIZING)
        return found._replace(sessions=[seen._replace(workers=rows, state=state) for seen in found.sessions])

    monkeypatch.setattr(world, "site", site)


def test_a_faulty_session_is_told_soon_and_with_its_log(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    worker_is(world, monkeypatch, ("Faulty", None), ("Initializing...", None), ("Faulty", None))
    line = "ssh> root@dr1: Permission denied (publickey)."
    monkeypatch.setattr(proof.logs, "last_error", lambda _session: proof.logs.LastError(line, explain(line, LOG)))
    done = world.prove(timeout=180, restart_stalled=True)
    assert not done.proved and world.converged == [] and os.listdir(world.near) == []
    assert world.time < 30, "nobody waits out the time limit for what dies again and again"
    assert "Permission denied" in done.message and "Known fault key-refused: " in done.message


def test_a_worker_that_comes_back_is_no_faulty_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = [("Faulty", None)] * 5
    worker_is(world, monkeypatch, *faulty, ("Initializing...", None), ("Active", "Changelog Crawl"))
    assert world.prove().proved


def test_a_long_crawl_of_the_past_is_not_taken_for_a_stalled_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would begin anew with each start."""
    worker_is(world, monkeypatch, ("Active", "History Crawl"))
    world.stalled = 99
    done = world.prove(timeout=20, restart_stalled=True, restart_after=5)
    assert not done.proved and done.restarts == 0 and world.converged == []


# --- without names


@pytest.mark.parametrize("state", [State.CREATED, State.STOPPED, State.PAUSED])
def test_of_a_session_at_rest_nothing_is_expected(world: World, state: State) -> None:
    world.state = state
    assert world.prove_all() == []
    with pytest.raises(errors.InvalidInput, match=f"is {state.value}"):
        world.prove()


@pytest.mark.parametrize(("state", "part"), [(State.MIXED, "primary1:/bricks/projects is Active"), (State.UNREADABLE, "cannot be read")])
@pytest.mark.parametrize("check_mode", [False, True])
def test_silence_about_a_session_is_no_proof(world: World, state: State, part: str, check_mode: bool) -> None:
    world.state = state
    (done,) = world.prove_all(check_mode=check_mode)
    assert not done.proved and not done.pending and part in done.message and "gluster_georep_session" in done.message
    assert os.listdir(world.near) == []


def test_all_that_are_started_are_proved(world: World) -> None:
    (done,) = world.prove_all()
    assert done.proved


# --- what the cluster remembers

RECORD = "proved 2026-11-22T08:38:16Z, lag 17.3 s, rsync, 0 restarts"


def test_a_proof_is_remembered_with_when_lag_method_and_what_was_not_carried(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_attributes() -> None:
        world.mirror()
        for path in world.far.rglob("*"):
            for name in os.listxattr(path):
                os.removexattr(path, name)

    monkeypatch.setattr(proof.time, "time", lambda: 1795336696.5)
    world.replicate = without_attributes
    assert world.prove().proved
    ((value,),) = world.set
    assert value == "proved 2026-11-22T08:38:16Z, lag 1.5 s, tarssh, 0 restarts; not carried: user extended attributes"
    assert proved.read(value) == Proved(1795336696, 1.5, "tarssh", 0, ("user extended attributes",))


def test_the_first_file_written_counts_and_not_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that is restarted while the proof goes on was not seen to deliver since."""
    monkeypatch.setattr(proof.time, "time", lambda: 1795336696.5 + world.time)
    world.stalled = 1
    assert world.prove(restart_stalled=True, restart_after=20).restarts == 1
    found = proved.read(world.set[-1][0])
    # The one whose files never came was written at 0, and nobody waits for less than 20 seconds.
    assert found and found.restarts == 1 and 1795336696 + 20 <= found.at < 1795336696 + world.time


@pytest.mark.parametrize("record", [RECORD, "owed", ""])
@pytest.mark.parametrize("apart", [False, True])
def test_a_proof_that_fails_withdraws_an_earlier_one_and_nothing_else(world: World, wide: Wide, record: str, apart: bool) -> None:
    world.record = record
    done = world.prove(timeout=25, restart_stalled=apart, restart_after=20, report_stalled=apart)
    assert not done.proved and bool(done.stalled) is apart
    assert world.set == ([["owed"]] if record == RECORD else [])


def test_one_that_cannot_be_proved_yet_keeps_what_is_remembered(world: World) -> None:
    world.record = RECORD
    site = world.site()
    rows = [WORKER._replace(crawl_status="Hybrid Crawl")]
    world.site = lambda: site._replace(sessions=[site.sessions[0]._replace(workers=rows)])  # type: ignore[method-assign]
    assert world.prove(timeout=30).pending and world.set == []


@pytest.mark.parametrize("state", [State.MIXED, State.UNREADABLE])
def test_one_that_cannot_be_proved_at_all_is_owed_a_proof(world: World, state: State) -> None:
    world.state, world.record = state, RECORD
    assert not world.prove_all()[0].proved and world.set == [["owed"]]


def test_a_check_run_remembers_nothing(world: World) -> None:
    world.record = RECORD
    world.prove_all(check_mode=True)
    assert world.set == []


@pytest.mark.parametrize(("stalled", "end"), [(0, "the next run proves the session again"), (9, "an older proof is still stored there")])
def test_a_cluster_that_takes_nothing_down_undoes_no_proof_and_is_told(world: World, stalled: int, end: str) -> None:
    world.record, world.stalled = RECORD, stalled
    world.refusal = "Quorum not met. Volume operation not allowed."
    done = world.prove(timeout=10)
    assert done.proved is (stalled == 0)
    assert end in done.message and "Quorum not met" in done.message
