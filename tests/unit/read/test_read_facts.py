# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a cluster, from recorded answers and recorded files."""

from __future__ import annotations

import os
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import helpers, sessions, store, volumes
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Cluster, Session
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._model.states import State
from ansible_collections.glusterops.georep.plugins.module_utils._read import facts, logs
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import World
from ansible_collections.glusterops.georep.tests.unit.recorded import (
    ID,
    SIX,
    VERSIONS,
    lay_out,
    recorded,
    recorded_file,
)
from ansible_collections.glusterops.georep.tests.unit.support import FakeRun

T = "secondary1::projects-dr"
each_version = pytest.mark.parametrize("version", VERSIONS)


def played(version: str, *names: str) -> GlusterCli:
    tapes = [recorded(version, name) for name in names]
    return GlusterCli(FakeRun([(tape.argv, tape.answer) for tape in tapes]), lock_patience=0)


ONE_BY_ONE = [
    f"status-pair-{name}" for name in ("projects-dr", "projects-dr2", "homes-dr", "homes-dr2", "media-dr", "media-dr2")
]


def observed(version: str, *tapes: str, registered: t.Sequence[store.Registered] = ()) -> list[Session]:
    pairs = [tuple(recorded(version, tape).argv[-3:-1]) for tape in tapes[1:]]
    rows = sessions.read_status(played(version, *tapes), t.cast("list[tuple[str, str]]", pairs))
    return facts.observe(rows, volumes.read_volumes(played(version, "volume-info-all")), registered)


@each_version
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("status-created", State.CREATED),
        ("status-initializing", State.INITIALIZING),
        ("status-active", State.ACTIVE),
        ("status-paused", State.PAUSED),
        ("status-faulty-passive", State.ACTIVE),
        ("status-faulty-active", State.FAULTY),
        ("status-faulty", State.FAULTY),
        ("status-stopped", State.STOPPED),
        ("status-mixed", State.MIXED),
        ("status-peer-down", State.ACTIVE),
    ],
)
def test_recorded_sessions_folded(version: str, status: str, state: State) -> None:
    (seen,) = observed(version, status)
    assert (seen.id, seen.state) == (ID, state)
    assert seen.secondary_uuid
    assert seen.missing == ([("primary2", "/bricks/projects")] if status == "status-peer-down" else [])


def test_stock_workers_of_glusterfs_9_on_python_3_9() -> None:
    (seen,) = observed("9.2", "status-faulty-stock")
    assert seen.state is State.FAULTY


@each_version
def test_six_sessions_folded(version: str) -> None:
    tapes = ["status-many"] if version != "11.1" else ["status-many", *ONE_BY_ONE]
    found = {seen.id: seen.state for seen in observed(version, *tapes)}
    assert set(found) == SIX
    assert {state for session, state in found.items() if session.secondary_volume.endswith("-dr2")} == {State.CREATED}
    assert {state for session, state in found.items() if session.secondary_volume.endswith("-dr")} == {State.ACTIVE}


@each_version
def test_a_corrupt_session_is_left_out_by_status_and_kept_by_us(version: str, tmp_path: Path) -> None:
    registered = store.read_registered(str(lay_out(tmp_path, version)))
    without = {seen.id for seen in observed(version, "status-many-one-corrupt")}
    corrupt = SessionId("media", "secondary2", "media-dr2")
    # Where glusterd comes to the corrupt one first, it hides its neighbour, too.
    neighbour = SessionId("media", "secondary1", "media-dr")
    assert without == (SIX - {corrupt, neighbour} if version == "11.1" else SIX - {corrupt})
    found = {seen.id: seen for seen in observed(version, "status-many-one-corrupt", registered=registered)}
    assert set(found) == SIX
    assert found[corrupt].state is State.UNREADABLE and found[corrupt].workers == []
    assert found[ID].state is not State.UNREADABLE


@each_version
def test_the_only_session_corrupt(version: str) -> None:
    """status says that there are none; that is why glusterd's files are read too."""
    assert sessions.read_status(played(version, "status-corrupt", "status-corrupt-text")) == []
    with pytest.raises(errors.CommandFailed, match="could not read the configuration"):
        sessions.read_config(played(version, "config-corrupt"), "projects", T)


HELPER = "/usr/lib/x86_64-linux-gnu/glusterfs"
CONF = "/var/lib/glusterd/geo-replication/projects_secondary1_projects-dr/gsyncd.conf"


@each_version
def test_options_past_glusterd_are_what_the_cli_says(version: str) -> None:
    tape = recorded(version, "gsyncd-config-default")
    past = sessions.read_config_file(FakeRun([(tape.argv, tape.answer)]), HELPER, CONF, "projects", T)
    assert past == sessions.read_config(played(version, "config-default"), "projects", T)


@pytest.mark.parametrize(
    ("version", "name"),
    [*((version, "gsyncd-config-corrupt") for version in VERSIONS), ("11.1", "gsyncd-config-readfp"), ("11.2", "gsyncd-config-readfp")],
)
def test_a_gsyncd_that_does_not_answer_is_no_empty_configuration(version: str, name: str) -> None:
    tape = recorded(version, name)
    assert tape.answer[0] != 0
    assert sessions.read_config_file(FakeRun([(tape.argv, tape.answer)]), HELPER, CONF, "projects", T) is None
    # a success that tells nothing is no answer either
    silent = FakeRun([(tape.argv, (0, "Usage: gsyncd\n", ""))])
    assert sessions.read_config_file(silent, HELPER, CONF, "projects", T) is None


@pytest.mark.parametrize(("rc", "asked_twice"), [(0, False), (1, True)])
def test_options_are_asked_of_glusterd_where_gsyncd_does_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rc: int, asked_twice: bool
) -> None:
    lay_out(tmp_path, "10.3")
    (tmp_path / "helper" / "python" / "syncdaemon").mkdir(parents=True)
    (tmp_path / "helper" / "python" / "syncdaemon" / "gsyncd.py").touch()
    monkeypatch.setattr(helpers, "HELPER_DIRS", (str(tmp_path / "helper"),))
    own, cli = recorded("10.3", "gsyncd-config-default"), recorded("10.3", "config-default")
    conf = tmp_path / "geo-replication" / ID.directory / "gsyncd.conf"
    argv = [str(tmp_path / "helper" / "gsyncd"), *own.argv[1:5], str(conf), *own.argv[6:]]
    run = FakeRun([(argv, (rc, own.out, ""))] + ([(cli.argv, cli.answer)] if asked_twice else []))
    with run:
        found = facts.read_config(GlusterCli(run, lock_patience=0), run, ID, str(tmp_path))
    assert found.values["sync-jobs"] == "3"
    # without a file of its own there is nothing that gsyncd could be asked about
    run = FakeRun([(cli.argv, cli.answer)])
    with run:
        facts.read_config(GlusterCli(run, lock_patience=0), run, ID, str(tmp_path / "elsewhere"))


def test_a_session_without_a_volume_is_judged_as_one_set() -> None:
    rows = sessions.read_status(played("10.3", "status-active"))
    (seen,) = facts.observe(rows, {})
    assert (seen.state, seen.missing) == (State.ACTIVE, [])


def test_gather_reads_each_thing_once(world: World) -> None:
    world.add_volume("homes")
    world.add_session("projects", T, "Active", "Passive", sync_jobs="5")
    world.add_session("homes", "secondary1::homes-dr", "Created")
    site = facts.gather(
        world.cli(),
        world,
        config_of=lambda session: session == ID,
        with_peers=True,
        with_version=True,
        glusterd_dir=str(world.folder),
    )
    assert world.reads == {"status": 1, "volumes": 1, "peers": 1, "version": 1, f"config projects {T}": 1}
    assert (site.version, sorted(site.volumes), site.peers_down) == ("10.3", ["homes", "projects"], [])
    seen, other = site.find(ID), site.find(SessionId("homes", "secondary1", "homes-dr"))
    assert seen is not None and seen.config is not None and other is not None
    assert (seen.state, seen.config.values["sync-jobs"], seen.modified) == (State.ACTIVE, "5", {"sync-jobs"})
    assert (other.state, other.config, other.modified) == (State.CREATED, None, frozenset())
    assert site.find(SessionId("projects", "secondary1", "projects-dr", "geo")) is None


def test_options_of_one_volume_are_read_one_after_the_other(world: World) -> None:
    """Two such reads at once collide: "Another transaction is in progress" (seen on 11.1)."""
    for name in ("homes", "media"):
        world.add_volume(name)
    for volume in ("projects", "homes", "media"):
        for host in ("secondary1", "secondary2"):
            world.add_session(volume, f"{host}::{volume}-dr", "Created")
    reading: list[str] = []
    lock = threading.Lock()

    def run(argv: t.Sequence[str], **kwargs: t.Any) -> tuple[int, str, str]:
        if argv[-1] != "config":
            return world(argv, **kwargs)
        volume = argv[-3]
        with lock:
            busy = volume in reading
            reading.append(volume)
        time.sleep(0.02)
        answer = world(argv, **kwargs)
        with lock:
            reading.remove(volume)
        return recorded("10.3", "lock-config-read").answer if busy else answer

    cli = GlusterCli(run, lock_patience=0)
    site = facts.gather(cli, run, config_of=lambda session: True, glusterd_dir=str(world.folder))
    assert sum(name.startswith("config") for name in world.reads) == 6
    assert all(seen.config for seen in site.sessions)


def test_gather_reads_only_what_is_asked_for(world: World) -> None:
    site = facts.gather(world.cli(), world, with_volumes=False, glusterd_dir=str(world.folder))
    assert world.reads == {"status": 1, "status as text": 1}
    assert site == Cluster([], {}, [], "", here=store.read_node_uuid(str(world.folder)))


@pytest.mark.parametrize("unreadable", [False, True])
def test_few_of_many_sessions_are_looked_at_alone(world: World, unreadable: bool) -> None:
    """One that cannot be read alone is read with all others, where more is told."""
    for name in ("homes", "media"):
        world.add_volume(name)
        world.add_session(name, f"secondary1::{name}-dr", "Created")
    world.add_session("projects", T, "Active", "Passive")
    if unreadable:
        one = recorded("10.3", "lock-status-pair")
        world.instead["status"] = [one.answer] * 2
    seen = facts.look_again(world.cli(), world, {ID}, str(world.folder))
    assert world.reads.get("status", 0) == int(unreadable) and world.reads[f"status projects {T}"] >= 1
    assert seen.find(ID) is not None and len(seen.sessions) == (3 if unreadable else 1) and seen.volumes == {}


def test_most_of_the_sessions_are_looked_at_together(world: World) -> None:
    world.add_volume("homes")
    world.add_session("homes", "secondary1::homes-dr", "Created")
    world.add_session("projects", T, "Active", "Passive")
    seen = facts.look_again(world.cli(), world, {ID}, str(world.folder))
    assert world.reads == {"status": 1} and len(seen.sessions) == 2


def test_a_session_that_is_gone_is_not_asked_for(world: World) -> None:
    """Others of its name go on: nobody waits for their status."""
    for name in ("homes", "media", "films"):
        world.add_volume(name)
        world.add_session(name, f"secondary1::{name}-dr", "Created")
    assert facts.look_again(world.cli(), world, {ID}, str(world.folder)).find(ID) is None
    assert world.reads == {}


def test_a_configuration_that_cannot_be_read_although_status_can(world: World) -> None:
    world.add_session("projects", T, "Active", "Passive")
    world.instead["read"] = [(2, "geo-replication command failed\n", "")]
    with pytest.raises(errors.UnreadableOutput):
        facts.gather(world.cli(), world, config_of=lambda session: True, glusterd_dir=str(world.folder))


# --- a worker's log


@each_version
def test_the_last_error_of_a_real_log(version: str, tmp_path: Path) -> None:
    place = tmp_path / ID.directory
    place.mkdir()
    (place / "gsyncd.log").write_bytes(recorded_file(version, "gsyncd-log-faulty").read_bytes())
    found = logs.last_error(ID, str(tmp_path))
    assert found is not None and found.fault is not None and "error=255" in found.line and "\n" not in found.line
    assert found.fault.id == ("ssh-failed" if version == "11.1" else "key-refused"), "11 hides what ssh said"
    assert str(found).startswith("Last error in gsyncd.log on this node: 2026-11-22 ") and f" Known fault {found.fault.id}: " in str(found)


def test_the_last_error_of_stock_glusterfs_9(tmp_path: Path) -> None:
    place = tmp_path / ID.directory
    place.mkdir()
    (place / "gsyncd.log").write_bytes(recorded_file("9.2", "gsyncd-log-faulty-stock").read_bytes())
    found = logs.last_error(ID, str(tmp_path))
    assert found and found.fault and found.fault.id == "python-isalive" and "'Thread' object has no attribute 'isAlive'" in found.line


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    place = tmp_path / ID.directory
    place.mkdir()
    old = "[1] E [a] long ago\n"
    (place / "gsyncd.log").write_text(old + "[2] I [a] fine\n" * 10000)
    assert logs.last_error(ID, str(tmp_path)) is None
    (place / "gsyncd.log").write_text("[2] I [a] fine\n" * 10000 + "[3] E [a] just now\n")
    assert logs.last_error(ID, str(tmp_path)) == ("3 just now", None)


@pytest.mark.parametrize("kind", ["pipe", "link", "link of the folder"])
def test_what_the_log_group_puts_in_place_of_a_log_is_not_read(tmp_path: Path, kind: str) -> None:
    """glusterd lets the group of the mountbroker write to the folder of the logs. A pipe would be waited for without end."""
    place, secret = tmp_path / ID.directory, tmp_path / "secret"
    secret.mkdir()
    (secret / "gsyncd.log").write_text("[3] E [a] of root\n")
    if kind == "link of the folder":
        place.symlink_to(secret)
    else:
        place.mkdir()
        if kind == "link":
            (place / "gsyncd.log").symlink_to(secret / "gsyncd.log")
        else:
            os.mkfifo(place / "gsyncd.log")
    assert logs.last_error(ID, str(tmp_path)) is None
    assert logs.given_node(ID, "/b", str(tmp_path)) is None
    assert logs.skipped_since(ID, 0, str(tmp_path)) is None
    os.mkfifo(tmp_path / "gverify-primarymnt.log")
    assert logs.gverify_words(str(tmp_path)) == []


def test_no_log(tmp_path: Path) -> None:
    assert logs.last_error(ID, str(tmp_path)) is None
