# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module that calls gluster, while one of its answers is garbled: see chaos.py for what is done to answers.

A garbled answer is never taken for absence. A run either does exactly what it does undisturbed, or it fails with one clear message,
before any command that it would not have sent otherwise. ``script/chaos ROUNDS [SEED]`` plays more rounds; a seed repeats them.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import random
import threading
import types
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import directory, key_work, mountbroker
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import runner
from ansible_collections.glusterops.georep.plugins.module_utils._host import places
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors, glusterd_vol
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import paths
from ansible_collections.glusterops.georep.plugins.modules import (
    gluster_georep_checkpoint,
    gluster_georep_config,
    gluster_georep_directory,
    gluster_georep_info,
    gluster_georep_keys,
    gluster_georep_secondary,
    gluster_georep_session,
    gluster_mountbroker,
)
from ansible_collections.glusterops.georep.tests.unit import chaos
from ansible_collections.glusterops.georep.tests.unit.apply.test_apply_directory import Glusterd
from ansible_collections.glusterops.georep.tests.unit.apply.test_apply_mountbroker import Node
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import World
from ansible_collections.glusterops.georep.tests.unit.ssh.trust_support import fill, pool
from ansible_collections.glusterops.georep.tests.unit.support import Result, run_module
from ansible_collections.glusterops.georep.tests.unit.worlds import at_home

#: Shared by all scenes.
ROUNDS = int(os.environ.get("GEOREP_CHAOS_ROUNDS", "140"))
SEED = os.environ.get("GEOREP_CHAOS_SEED", "1")
T = "secondary1::projects-dr"
PAIR = {"primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr"}
NEW = {**PAIR, "config": {"sync-jobs": 5, "rsync-options": "--whole-file"}}


class Chaos:
    """A runner between a module and a cluster that is played."""

    def __init__(self, world: t.Callable[..., t.Any], kind: str = "", first: int = 0, always: bool = False, mishap: str = "", seed: str = "") -> None:
        self._world = world
        self._meant = (kind, first, always)
        self._mishap = mishap
        self._seed = seed
        self._lock = threading.Lock()
        self.kinds: list[str] = []
        self.garbled: list[str] = []

    def __call__(self, argv: t.Sequence[str], **more: t.Any) -> tuple[int, str, str]:
        if argv[0] != "gluster":
            return t.cast("tuple[int, str, str]", self._world(argv, **more))
        kind = chaos.kind_of(argv)
        with self._lock:
            number = self.kinds.count(kind)
            self.kinds.append(kind)
        wanted, first, always = self._meant
        if kind != wanted or not (number >= first if always else number == first):
            return t.cast("tuple[int, str, str]", self._world(argv, **more))
        self.garbled.append(kind)
        if self._mishap == "never":
            return -9, "", ""
        rc, out, err = self._world(argv, **more)
        if self._mishap == "hangs":
            raise errors.CommandTimeout(f"'gluster' did not answer within {more['timeout']:g} seconds.", command=argv, stdout="", stderr="")
        if self._mishap == "late":
            if isinstance(self._world, World):
                self._world.time.sleep(3)
            return rc, out, err
        said = chaos.garbled(self._mishap, self._seed, chaos.Said(rc, out.encode(), err.encode()))
        # As the runner does it.
        return said.rc, said.out.decode(errors="replace"), said.err.decode(errors="replace")


class Scene(t.NamedTuple):
    """A module's run on a cluster."""

    module: types.ModuleType
    params: dict[str, t.Any]
    #: Makes what answers the module's commands in a folder; its ``mutations`` are what was sent to change something.
    begin: t.Callable[[Path, pytest.MonkeyPatch], t.Any]


def sessions(*words: str, version: str = "10.3", many: bool = False, **own: str) -> t.Callable[[Path, pytest.MonkeyPatch], World]:
    """Two clusters; with words there is a session, whose workers have these."""

    def begin(folder: Path, patch: pytest.MonkeyPatch) -> World:
        world = World(folder, version)
        for name, others in (("homes", ("Active", "Passive")), ("media", ("Stopped",)), ("mail", ("Paused",))) if many else ():
            world.add_volume(name)
            world.add_session(name, f"secondary1::{name}-dr", *others)
            world.volumes[name].read_only = True
        if words:
            world.add_session("projects", T, *words, **own)
        at_home(world, patch)
        return world

    return begin


class Directories(Glusterd):
    """A node whose directories become volumes."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__()
        for owner, name, value in (
            (directory, "lacking_packages", lambda: ()),
            (gluster_georep_directory, "lacking_packages", lambda: ()),
            (gluster_georep_directory, "read_node_uuid", lambda: None),
            (directory.processes, "receiving", list),
            (places, "is_this_node", lambda name: name == "dr1"),
            (directory.mounts, "mounted", lambda _run, volume: contextlib.nullcontext(f"/run/{volume}")),
            (directory.converge, "__defaults__", (directory.GLUSTERD_DIR, lambda: 0.0, lambda _seconds: None)),
            (runner.GlusterCli.__init__, "__kwdefaults__", {**runner.GlusterCli.__init__.__kwdefaults__, "lock_patience": 0}),
            (gluster_georep_directory.Call, "cli", property(lambda call: runner.GlusterCli(call.run, lock_patience=0))),
        ):
            patch.setattr(owner, name, value)

    def __call__(self, argv: t.Sequence[str], **more: t.Any) -> tuple[int, str, str]:
        return (0, "glusterfs 10.3\n", "") if argv[-1] == "--version" else super().__call__(argv, **more)


def directories(again: bool = False) -> t.Callable[[Path, pytest.MonkeyPatch], Directories]:
    def begin(folder: Path, patch: pytest.MonkeyPatch) -> Directories:
        made = Directories(patch)
        # The same path each time.
        patch.chdir(folder)
        patch.setattr(directory, "look_at_folder", lambda _path: directory.Folder(False, (), False, False, 10**9, 10**6, 10**9, False))
        patch.setattr(directory.descriptors, "makedirs", lambda _path, _mode: None)
        patch.setattr(directory.descriptors, "rmdir", lambda _path: None)
        if again:
            assert not run_module(gluster_georep_directory, copy.deepcopy(DIRECTORY), run=made).failed
            made.mutations.clear()
        return made

    return begin


class Broker(Node):
    """A node that receives by an account of its own."""

    @property
    def mutations(self) -> list[str]:
        sent = [" ".join(argv) for argv in self.ran if argv[0] != "gluster" and argv[-1] != "node-status"]
        return sent + (["glusterd.vol is edited"] if self.volfile.read_text() != self.stock else [])


def broker(mapped: bool = False) -> t.Callable[[Path, pytest.MonkeyPatch], Broker]:
    def begin(folder: Path, patch: pytest.MonkeyPatch) -> Broker:
        made = Broker(folder, patch)
        made.root = Path("/var")
        patch.setattr(mountbroker, "_root_steps", lambda *_args: [])
        patch.setattr(mountbroker.Context.__new__, "__defaults__", (str(made.volfile), str(folder / "lib"), str(folder)))
        patch.setattr(gluster_mountbroker.Call, "cli", property(lambda call: runner.GlusterCli(call.run, lock_patience=0)))
        made.loaded = {("geo", "projects-dr")} if mapped else set()
        if mapped:
            made.volfile.write_text(glusterd_vol.edit(made.stock, root="/var", group="geogroup", add=[("geo", "projects-dr")]))
            made.stock = made.volfile.read_text()
            # Whether glusterd has read the file is asked of glusterd.
            patch.setattr(mountbroker.processes, "glusterd_started", lambda: None)
            patch.setattr(mountbroker.os.path, "isdir", lambda path, real=os.path.isdir: path == "/var/mb_hive" or real(path))
        return made

    return begin


class Keys:
    """A node whose glusterd makes and gathers keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mutations: list[str] = []

    def __call__(self, argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        words = list(argv[argv.index("--") + 1 :])
        if words == ["pool", "list"]:
            return t.cast("tuple[int, str, str]", pool("Connected", "Connected"))
        assert words == ["system::", "execute", "gsec_create"], words
        self.mutations.append("gsec_create")
        fill(self.folder, 1, (1, 2))
        return 0, "Common secret pub file present at /x\n", ""


def keys(made: bool = False) -> t.Callable[[Path, pytest.MonkeyPatch], Keys]:
    def begin(folder: Path, patch: pytest.MonkeyPatch) -> Keys:
        own = folder / "geo-replication"
        own.mkdir()
        real = key_work.Context
        patch.setattr(key_work, "Context", lambda *given, **more: real(*given, **{"georep_dir": str(own), **more}))
        patch.setattr(paths.runner, "find_program", lambda name: f"/usr/bin/{name}")
        patch.setattr(runner.GlusterCli.__init__, "__kwdefaults__", {**runner.GlusterCli.__init__.__kwdefaults__, "lock_patience": 0})
        if made:
            fill(own)
        return Keys(own)

    return begin


session, config, info, checkpoint, secondary = (
    gluster_georep_session, gluster_georep_config, gluster_georep_info, gluster_georep_checkpoint, gluster_georep_secondary
)  # fmt: skip
DIRECTORY = {"directories": [{"secondary_host": "dr1", "directory": "/srv/georep-chaos/projects"}]}
MAPPED = {"mappings": [{"secondary_user": "geo", "secondary_volumes": ["projects-dr"]}], "root": "/var", "group": "geogroup"}
RUNS, AT = sessions("Active", "Passive"), {"at": "2026-01-02T10:00:01Z", "wait": False}
MANY = sessions("Active", "Passive", many=True, checkpoint="1767348000")
SCENES: dict[str, Scene] = {
    "create": Scene(session, NEW, sessions()),
    "create-9": Scene(session, NEW, sessions(version="9.2")),
    "create-11": Scene(session, {**NEW, "push_pem": True}, sessions(version="11.1")),
    "as-declared": Scene(session, PAIR, RUNS),
    "start": Scene(session, PAIR, sessions("Stopped")),
    "stop": Scene(session, {**PAIR, "state": "stopped"}, RUNS),
    "pause": Scene(session, {**PAIR, "state": "paused"}, RUNS),
    "resume": Scene(session, PAIR, sessions("Paused")),
    "delete": Scene(session, {**PAIR, "state": "absent"}, RUNS),
    "absent": Scene(session, {**PAIR, "state": "absent"}, sessions()),
    "change": Scene(session, {**PAIR, "config": {"sync-jobs": 5, "rsync-options": None}}, sessions("Active", "Passive", rsync_options="-x")),
    "one-of-many": Scene(session, {**PAIR, "config": {"sync-jobs": 4}}, MANY),
    "config": Scene(config, {**PAIR, "config": {"sync-jobs": 5}}, RUNS),
    "config-9": Scene(config, {**PAIR, "config": {"secondary-timeout": 90}}, sessions("Active", "Passive", version="9.2")),
    "info": Scene(info, {"all_secondaries": True}, MANY),
    "info-9": Scene(info, {}, sessions("Active", "Passive", version="9.2", many=True)),
    "info-none": Scene(info, {}, sessions()),
    "checkpoint": Scene(checkpoint, {**PAIR, **AT}, RUNS),
    "checkpoint-gone": Scene(checkpoint, {**PAIR, "state": "absent"}, sessions("Active", "Passive", checkpoint="1767348000")),
    "read-only": Scene(secondary, {"volumes": ["projects"]}, MANY),
    "writable": Scene(secondary, {"volumes": ["homes"], "read_only": False}, MANY),
    "directory": Scene(gluster_georep_directory, DIRECTORY, directories()),
    "directory-again": Scene(gluster_georep_directory, DIRECTORY, directories(again=True)),
    "mountbroker": Scene(gluster_mountbroker, MAPPED, broker()),
    "mountbroker-again": Scene(gluster_mountbroker, MAPPED, broker(mapped=True)),
    "mountbroker-there": Scene(gluster_mountbroker, {"state": "verified", "mappings": MAPPED["mappings"]}, broker(mapped=True)),
    "keys": Scene(gluster_georep_keys, {"known_hosts_file": "/nonexistent/known_hosts"}, keys()),
    "keys-again": Scene(gluster_georep_keys, {"known_hosts_file": "/nonexistent/known_hosts"}, keys(made=True)),
}


class Played(t.NamedTuple):
    result: Result
    chaos: Chaos
    did: list[str]  #: what was sent to change something
    left: list[str]  #: what is left behind


def play(scene: Scene, folder: Path, patch: pytest.MonkeyPatch, *disturbed: t.Any) -> Played:
    folder.mkdir(parents=True)
    world = scene.begin(folder, patch)
    between = Chaos(world, *disturbed)
    result = run_module(scene.module, copy.deepcopy(scene.params), run=between, bugs=True)
    result = Result(json.loads(json.dumps(result).replace(str(folder), "/tmp")))
    left = sorted(str(path) for path in folder.rglob("*georep-[!r]*")) + sorted(getattr(world, "mounted", ()))
    return Played(result, between, list(world.mutations), left)


@pytest.mark.parametrize("name", SCENES)
def test_a_garbled_answer_is_told_apart_from_absence(name: str, tmp_path: Path) -> None:
    scene = SCENES[name]
    with pytest.MonkeyPatch.context() as patch:
        quiet = play(scene, tmp_path / "quiet", patch)
    assert not quiet.result.failed, quiet.result
    bad = []
    count = -(-ROUNDS // len(SCENES))
    for number in range(count):
        seed = f"{SEED} {name} {number}"
        rng = random.Random(seed)
        kind, first, always, mishap = chaos.drawn(rng, quiet.chaos.kinds, chaos.MISHAPS)
        with pytest.MonkeyPatch.context() as patch:
            loud = play(scene, tmp_path / str(number), patch, kind, first, always, mishap, seed)
        wrong = chaos.problems((quiet.result, quiet.did), (loud.result, loud.did), loud.left)
        if wrong:
            told = {name: str(value)[:1500] for name, value in loud.result.items() if name in ("msg", "error", "exception", "stdout")}
            bad.append(f"seed {seed!r}: {mishap} of {kind} {first}{' and all later ones' if always else ''}: {'; '.join(wrong)}\n    {told}")
    assert not bad, f"{len(bad)} of {count}:\n" + "\n".join(bad)
