# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checkpoints: what is set when, what counts as complete, and who is named when it is not."""

from __future__ import annotations

import errno
import gzip
import json
import os
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import checkpoint
from ansible_collections.glusterops.georep.plugins.module_utils._apply.checkpoint import (
    CheckpointSettings,
    Clocks,
    Reached,
    Wish,
    check_wish,
    set_checkpoints,
)
from ansible_collections.glusterops.georep.plugins.module_utils._apply.session import Clock
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors, progress
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._read import remembered
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import Session, World, document

T = "secondary1::projects-dr"
P = f"projects {T}"
ID = SessionId("projects", "secondary1", "projects-dr")
NAME = str(ID)
DAY = 1767348000  # 2026-01-02 10:00:00 UTC
#: The world's clock begins at 1000.
BEGIN = DAY + 1000
NOW = "2026-01-02T10:16:40Z"
SET_NOW = f"{P} config checkpoint 2026-01-02 10:16:40"


class Worker:
    """The Active workers of a session: what they have synced, and what they then say of the checkpoint."""

    def __init__(self, world: World, session: Session) -> None:
        self.world = world
        self.session = session
        self.synced = {node: DAY for node, _path in session.volume.bricks}
        self.by_brick: dict[str, int] = {}
        self.more: dict[str, dict[str, str]] = {}
        self.sees_changes = True
        session.tell = self.tell
        world.unmounted = self.changed

    def changed(self, _host: str, name: str) -> None:
        """The mount in which a folder was made ended: the change travels."""
        if name == self.session.volume.name and self.sees_changes:
            self.by_brick = {}
            self.synced = {node: int(DAY + self.world.time.now) for node in self.synced}

    def tell(self, node: str, path: str, word: str) -> dict[str, str]:
        if word != "Active":
            return {}
        synced = self.by_brick.get(path, self.synced[node])
        at = int(self.session.own.get("checkpoint", "0"))
        told = {"last_synced": progress.write_time(synced), "data": "0", "meta": "0"}
        if at:
            told.update(checkpoint_time=progress.write_time(at), checkpoint_completed="Yes" if at <= synced else "No")
            if at <= synced:
                told["checkpoint_completion_time"] = progress.write_time(synced)
        else:
            told.update(checkpoint_time="N/A", checkpoint_completed="N/A", checkpoint_completion_time="N/A")
        return {**told, **self.more.get(path, {})}


@pytest.fixture
def worker(world: World) -> Worker:
    return Worker(world, world.add_session("projects", T, "Active", "Passive"))


def ask(world: World, wish: Wish | None = None, *sessions: SessionId, **settings: t.Any) -> list[Reached]:
    return set_checkpoints(
        world.cli(),
        world,
        sessions or (ID,),
        wish or Wish(now=True),
        CheckpointSettings(glusterd_dir=str(world.folder), log_dir=str(world.folder / "log"), **settings),
        Clocks(Clock(lambda: world.time.now, world.time.sleep), lambda: DAY + world.time.now),
    )


def log(world: World, text: str) -> None:
    path = Path(world.folder, "log", ID.directory, "gsyncd.log")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)


def mounts(world: World) -> list[list[str]]:
    return [argv for argv in world.calls if argv[0] == "glusterfs"]


# --- what is asked for


@pytest.mark.parametrize(
    ("at", "epoch"),
    [("2026-01-02T10:00:00Z", DAY), ("2026-01-02 05:00:00-05:00", DAY), ("2026-07-02T12:00:00+02:00", DAY + 181 * 86400)],
)
def test_a_time(at: str, epoch: int) -> None:
    assert check_wish(at, None, False, CheckpointSettings(), BEGIN + 10**8) == Wish(epoch)


@pytest.mark.parametrize(
    ("asked", "option", "part"),
    [
        (("2026-01-02T10:00:00", None, False), "at", "a time zone"),
        (("tomorrow", None, False), "at", "a time zone"),
        (("1970-01-02T00:00:00Z", None, False), "at", "1970"),
        (("2026-01-02T10:30:00Z", None, False), "at", "wait_timeout (600 s)"),
        ((None, "a b", False), "name", "not a valid checkpoint name"),
        ((None, "", False), "name", "not a valid checkpoint name"),
        ((None, "../x", False), "name", "not a valid checkpoint name"),
        ((None, None, False), "now", "no checkpoint"),
        (("2026-01-02T10:00:00Z", None, True), "now", "combined with at or name"),
        ((None, "n", True), "now", "combined with at or name"),
    ],
)
def test_what_cannot_be_asked_for(asked: tuple[str | None, str | None, bool], option: str, part: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_wish(*asked, CheckpointSettings(), BEGIN)
    assert caught.value.option == option and part in str(caught.value) and caught.value.remedy


def test_a_time_ahead_that_nobody_waits_for() -> None:
    assert check_wish("2026-02-02T10:00:00Z", None, False, CheckpointSettings(wait=False), BEGIN).at


# --- setting


def test_an_idle_volume_completes_by_the_change_that_is_made(world: World, worker: Worker) -> None:
    made: list[str] = []
    known = os.mkdir

    def mkdir(path: str, mode: int = 0o777) -> None:
        if os.path.basename(path).startswith(checkpoint.MARKER):
            assert os.path.dirname(path) in world.mounted
            made.append(path)
        known(path, mode)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "mkdir", mkdir)
        (reached,) = ask(world)
    assert reached.ok and reached.changed and reached.nudges == 1 and len(made) == 1
    assert not os.path.exists(made[0])
    assert world.mutations == [SET_NOW], "no option but the checkpoint, and no restart"
    assert (reached.before, reached.after) == (None, BEGIN)
    assert reached.checkpoint.completed and reached.checkpoint.time == BEGIN
    assert reached.steps == ["checkpoint now: none is set"]
    assert [argv[1] for argv in mounts(world)] == ["--client-pid=-1"], "a mount that may write to read-only volumes, too"


def test_a_busy_volume_is_left_alone_once_it_is_complete(world: World, worker: Worker) -> None:
    # A change that travels by itself before the first look.
    worker.synced = dict.fromkeys(worker.synced, BEGIN + 60)
    (reached,) = ask(world)
    assert reached.ok and reached.nudges == 0 and not mounts(world)


def test_without_that_change_it_is_said_what_lacks(world: World, worker: Worker) -> None:
    (reached,) = ask(world, trigger_change=False, timeout=30)
    assert not reached.ok and not mounts(world)
    assert f"{NAME}: the checkpoint {NOW} is not complete after" in reached.message
    assert "primary1:/bricks/projects is Active, has synced up to 2026-01-02T10:00:00Z, 1000 s before" in reached.message
    assert "nothing has changed since" in reached.message
    assert reached.held_back_by == [
        {"node": "primary1", "brick": "/bricks/projects", "why": reached.message.partition("Held back by: primary1:/bricks/projects ")[2].rstrip(".")}
    ]


def test_a_time_is_set_once(world: World, worker: Worker) -> None:
    (first,) = ask(world, Wish(DAY + 30))
    assert first.changed and first.ok and world.mutations == [f"{P} config checkpoint 2026-01-02 10:00:30"]
    world.calls.clear()
    (second,) = ask(world, Wish(DAY + 30))
    assert second.ok and not second.changed and second.steps == []
    assert world.mutations == [] and not mounts(world), "nothing is sent, and nothing is written"
    assert world.reads == {"status": 1, "volumes": 1, f"config {P}": 1}


@pytest.mark.parametrize(
    ("present", "target", "stands"),
    [(None, 100, False), (100, 100, True), (99, 100, False), (101, 100, True), (1000, 100, True), (1001, 100, False), (1001, 1001, True)],
)
def test_which_checkpoint_stands_for_another(present: int | None, target: int, stands: bool) -> None:
    assert checkpoint.stands_for(present, target, 1000) is stands


def test_now_is_another_time_at_each_run(world: World, worker: Worker) -> None:
    ask(world)
    world.time.now += 100
    assert ask(world)[0].changed


def test_a_name_means_the_moment_of_its_first_run(world: World, worker: Worker) -> None:
    worker.sees_changes = False
    (first,) = ask(world, Wish(name="nightly"), timeout=20)
    assert first.changed and not first.ok
    world.calls.clear()
    worker.sees_changes = True
    world.time.now += 500
    (second,) = ask(world, Wish(name="nightly"))
    assert second.ok and not second.changed and world.mutations == [] and second.after == BEGIN
    other = int(DAY + world.time.now)
    assert ask(world, Wish(name="other"))[0].after == other
    # Somebody removed it: it is set again, of the same moment.
    del worker.session.own["checkpoint"]
    world.write_files()
    assert ask(world, Wish(name="nightly"))[0].after == BEGIN
    path = world.folder / "geo-replication" / ID.directory / "checkpoint-names.json"
    assert json.loads(path.read_text())["nightly"] == BEGIN and path.stat().st_mode & 0o077 == 0


def test_names_that_cannot_be_read_are_told(world: World, worker: Worker) -> None:
    path = world.folder / "geo-replication" / ID.directory / "checkpoint-names.json"
    path.write_text("[1]")
    with pytest.raises(errors.UnreadableOutput, match=r"checkpoint-names\.json"):
        ask(world, Wish(name="nightly"))
    assert world.mutations == []


def test_old_names_are_forgotten(world: World, worker: Worker) -> None:
    for number in range(remembered.KEPT + 1):
        remembered.remember_name(ID, f"n{number}", number, str(world.folder))
    kept = remembered.read_names(ID, str(world.folder))
    assert len(kept) == remembered.KEPT and "n0" not in kept and "n1" in kept


def test_it_is_removed_and_once_more(world: World, worker: Worker) -> None:
    worker.session.own["checkpoint"] = str(DAY)
    (reached,) = ask(world, Wish())
    assert reached.changed and world.mutations == [f"{P} config !checkpoint"]
    assert (reached.before, reached.after) == (DAY, None) and reached.checkpoint.set is False
    (again,) = ask(world, Wish())
    assert not again.changed and len(world.mutations) == 1


@pytest.mark.parametrize("wish", [Wish(now=True), Wish(DAY + 30), Wish(name="n"), Wish()])
def test_a_check_run_predicts_the_run(world: World, worker: Worker, wish: Wish) -> None:
    worker.session.own["checkpoint"] = str(DAY)
    (check,) = ask(world, wish, check_mode=True)
    assert check.changed and world.mutations == [] and not mounts(world)
    assert not (world.folder / "geo-replication" / ID.directory / "checkpoint-names.json").exists()
    (run,) = ask(world, wish)
    assert (check.before, check.after, check.steps) == (run.before, run.after, run.steps)


def test_an_answer_that_got_lost_is_read_back(world: World, worker: Worker) -> None:
    world.afterwards["config"] = [document(ret=-1, errstr="Commit failed on primary2.")]
    assert ask(world)[0].ok


def test_a_checkpoint_that_did_not_stay_is_told(world: World, worker: Worker) -> None:
    world.instead["config"] = [document("<geoRep/>")]
    with pytest.raises(errors.StateNotReached, match=r"accepted the checkpoint .*, but its configuration has none"):
        ask(world)


# --- refused before anything is touched


@pytest.mark.parametrize("word", ["Stopped", "Created", "Paused"])
def test_a_session_that_does_not_run_is_not_waited_for(world: World, worker: Worker, word: str) -> None:
    worker.session.become(word)
    with pytest.raises(errors.PreconditionFailed, match=f"is {word.lower()}") as caught:
        ask(world)
    assert "wait: false" in str(caught.value.remedy) and world.mutations == []
    (reached,) = ask(world, wait=False)
    assert reached.ok and world.mutations == [SET_NOW] and reached.checkpoint.completed is None


def test_a_node_that_is_down_does_not_get_it(world: World, worker: Worker) -> None:
    world.down = {"primary2"}
    with pytest.raises(errors.PreconditionFailed, match=r"primary2.*accept: .peer_down."):
        ask(world)
    assert world.mutations == []
    assert ask(world, accept=frozenset({"peer_down"}))[0].ok


def test_a_node_without_a_file_of_the_session_says_so(world: World, worker: Worker) -> None:
    (world.folder / "geo-replication" / ID.directory / "gsyncd.conf").unlink()
    with pytest.raises(errors.PreconditionFailed, match="no file of the session"):
        ask(world)


def test_no_such_session(world: World, worker: Worker) -> None:
    with pytest.raises(InvalidInput) as caught:
        ask(world, None, SessionId("projects", "secondary9", "projects-dr"))
    assert NAME in caught.value.remedy
    with pytest.raises(InvalidInput, match="given twice"):
        ask(world, None, ID, ID)


# --- what is complete, and what holds it back


@pytest.fixture
def wide(world: World) -> Worker:
    """A session of two replica sets."""
    world.add_volume("homes", sets=2)
    made = Worker(world, world.add_session("homes", "secondary1::homes-dr", "Active", "Passive", "Passive", "Active"))
    made.sees_changes = False
    made.synced = dict.fromkeys(made.synced, BEGIN + 50)
    return made


HOMES = SessionId("homes", "secondary1", "homes-dr")


def homes(world: World, **settings: t.Any) -> Reached:
    return ask(world, None, HOMES, **{"timeout": 40, **settings})[0]


def test_every_set_has_to_say_so(world: World, wide: Worker) -> None:
    assert homes(world).ok
    wide.by_brick = {"/bricks/homes-b": DAY}
    reached = homes(world)
    assert not reached.ok and [item["brick"] for item in reached.held_back_by] == ["/bricks/homes-b"]
    assert "primary2:/bricks/homes-b" in reached.message and "homes-a" not in reached.message


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"checkpoint_time": "2026-01-02 09:00:00", "checkpoint_completed": "Yes"}, "has only the checkpoint 2026-01-02T09:00:00Z"),
        ({"checkpoint_time": "N/A", "checkpoint_completed": "N/A"}, "has no checkpoint"),
        ({"checkpoint_completed": "No", "crawl_status": "History Crawl"}, r"still replicates older changes \(History Crawl\)"),
        ({"checkpoint_completed": "No", "crawl_status": "Hybrid Crawl", "last_synced": "N/A"}, "has synced nothing yet"),
        ({"checkpoint_completed": "No", "entry": "3", "data": "12"}, "3 entries and 12 files wait"),
        ({"checkpoint_completed": "No"}, "does not see the change that was made after the checkpoint: see 'stalled'"),
    ],
)
def test_why_a_worker_holds_it_back(world: World, wide: Worker, more: dict[str, str], part: str) -> None:
    wide.more = {"/bricks/homes-b": more}
    reached = homes(world)
    assert not reached.ok
    with pytest.raises(AssertionError, match=part):
        raise AssertionError(reached.message)
    assert [(item["node"], item["brick"]) for item in reached.held_back_by] == [("primary2", "/bricks/homes-b")]


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("Faulty", "primary2:/bricks/homes-b is Faulty, and no worker of its replica set is Active"),
        ("Passive", "primary1:/bricks/homes-b is Passive, and no worker of its replica set is Active; its brick may be down"),
        (None, "primary2:/bricks/homes-b has no worker: its node is down"),
    ],
)
def test_a_set_without_an_active_worker_holds_it_back(world: World, wide: Worker, word: str | None, part: str) -> None:
    wide.session.script = [["Active", "Passive", "Passive", word]]
    reached = homes(world)
    assert not reached.ok and part in reached.message and reached.checkpoint.completed is None


def test_a_faulty_one_is_explained_from_the_log(world: World, worker: Worker) -> None:
    worker.session.become("Faulty")
    log(world, "[2026-01-02 10:00:00.0] E [syncdutils(worker /bricks/projects):1:x] Popen: ssh> Host key verification failed.\n")
    (reached,) = ask(world, timeout=20)
    assert "Host key verification failed." in reached.message and "Known fault" in reached.message


def test_failures_that_grow_end_the_waiting(world: World, worker: Worker) -> None:
    worker.more = {"/bricks/projects": {"failures": "2"}}
    assert ask(world)[0].ok, "what it gave up on before is not this checkpoint's matter"
    worker.sees_changes = False
    world.time.now += 100
    looks = 0

    def tell(node: str, path: str, word: str) -> t.Mapping[str, str]:
        nonlocal looks
        looks += word == "Active"
        return {**worker.tell(node, path, word), **({"failures": "5" if looks > 2 else "2"} if word == "Active" else {})}

    worker.session.tell = tell
    (reached,) = ask(world)
    assert not reached.ok and "primary1:/bricks/projects counts 3 more failures since it was set" in reached.message
    assert reached.waited < 60


def given_up(world: World, at: float | None = None) -> str:
    """gsyncd's line, written now or then."""
    stamp = progress.write_time(int(DAY + world.time.now if at is None else at))
    line = f"[{stamp}.123456] E [master(worker /bricks/projects):1:x] _GMaster: "
    return line + "changelogs could not be processed completely - moving on... [{files=['C']}]\n"


def test_changes_that_were_given_up_on_uncounted(world: World, worker: Worker) -> None:
    log(world, given_up(world, DAY))
    assert ask(world)[0].ok, "that was before"
    known = worker.changed

    def changed(host: str, name: str) -> None:
        log(world, given_up(world))
        known(host, name)

    world.unmounted = changed
    world.time.now += 100
    (reached,) = ask(world, Wish(name="nightly"))
    assert not reached.ok and "moving on" in reached.message and "gluster_georep_proof" in reached.message
    world.unmounted = worker.changed
    world.time.now += 100
    (again,) = ask(world, Wish(name="nightly"))
    assert not again.ok and not again.changed and "moving on" in again.message, "the same checkpoint is as untrue as before"
    (other,) = ask(world, Wish(name="the next night"))
    assert other.ok


@pytest.mark.parametrize("name", ["gsyncd.log.1", "gsyncd.log-20260102", "gsyncd.log.2.gz"])
def test_changes_that_were_given_up_on_in_a_log_that_was_turned_over(world: World, worker: Worker, name: str) -> None:
    ask(world, Wish(name="nightly"), wait=False)
    world.time.now += 5
    path = Path(world.folder, "log", ID.directory, name)
    path.parent.mkdir(parents=True)
    text = (given_up(world, DAY) + given_up(world)).encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    log(world, "[2026-01-02 10:20:00.0] I [x] new\n")
    (reached,) = ask(world, Wish(name="nightly"))
    assert not reached.ok and progress.write_time(BEGIN + 5) in reached.message


@pytest.mark.parametrize("wish", [Wish(name="nightly"), Wish(DAY + 30)])
def test_failures_that_grew_are_not_forgotten_by_the_next_run(world: World, worker: Worker, wish: Wish) -> None:
    worker.more = {"/bricks/projects": {"failures": "2"}}
    assert ask(world, wish, wait=False)[0].ok
    worker.more = {"/bricks/projects": {"failures": "5"}}
    for _run in range(2):
        world.time.now += 100
        (reached,) = ask(world, wish)
        assert not reached.ok and "counts 3 more failures since it was set" in reached.message
        assert "set a new checkpoint" in reached.message
    # Set again, it is of the same moment.
    del worker.session.own["checkpoint"]
    world.write_files()
    assert not ask(world, wish)[0].ok
    assert ask(world, Wish(name="another"))[0].ok


def test_a_worker_that_takes_over_is_judged_from_its_first_word(world: World, worker: Worker) -> None:
    ask(world, Wish(name="nightly"), wait=False)
    worker.session.become("Passive", "Active")
    worker.more = {"/bricks/projects": {"failures": "7"}}
    assert ask(world, Wish(name="nightly"))[0].ok, "nobody knows since when"
    worker.more = {"/bricks/projects": {"failures": "8"}}
    assert "counts 1 more failures" in ask(world, Wish(name="nightly"))[0].message


def test_checkpoints_of_before_are_judged_from_now_on(world: World, worker: Worker) -> None:
    ask(world, Wish(name="nightly"), wait=False)
    path = world.folder / "geo-replication" / ID.directory / "checkpoint-failures.json"
    assert path.stat().st_mode & 0o077 == 0
    path.unlink()
    worker.more = {"/bricks/projects": {"failures": "5"}}
    assert ask(world, Wish(name="nightly"))[0].ok


def test_what_was_so_and_cannot_be_read_is_told(world: World, worker: Worker) -> None:
    (world.folder / "geo-replication" / ID.directory / "checkpoint-failures.json").write_text('{"1": 2}')
    with pytest.raises(errors.UnreadableOutput, match=r"checkpoint-failures\.json"):
        ask(world)
    assert world.mutations == []


def test_old_ones_are_forgotten(world: World, worker: Worker) -> None:
    # Python sorts nothing here: the one that was set last may be of the oldest time.
    for number in range(remembered.KEPT + 1, 0, -1):
        remembered.remember_baseline(ID, number, remembered.Baseline(number, {}), str(world.folder))
    kept = remembered.read_baselines(ID, str(world.folder))
    assert len(kept) == remembered.KEPT and 1 in kept and remembered.KEPT + 1 not in kept


def test_a_session_that_is_stopped_meanwhile(world: World, worker: Worker) -> None:
    worker.sees_changes = False
    worker.session.script = [["Active", "Passive"], ["Active", "Passive"], ["Stopped", "Stopped"]]
    (reached,) = ask(world)
    assert not reached.ok and "is stopped now" in reached.message and reached.waited < 60


def test_a_session_that_is_deleted_meanwhile(world: World, worker: Worker) -> None:
    def gone(_host: str, _name: str) -> None:
        world.sessions.clear()
        world.write_files()

    world.unmounted = gone
    (reached,) = ask(world)
    assert not reached.ok and "was deleted in the meantime" in reached.message


def test_a_stalled_session_is_started_anew(world: World, worker: Worker) -> None:
    worker.sees_changes = False
    start = Session.run

    def run(session: Session, lag: bool = True, **more: t.Any) -> None:
        start(session, lag, **more)
        worker.synced = {node: int(DAY + world.time.now) for node in worker.synced}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "run", run)
        (reached,) = ask(world, restart_stalled=True)
    assert reached.ok and reached.restarts == 1 and reached.changed
    assert world.mutations == [SET_NOW, f"{P} stop", f"{P} start"]


def test_a_stalled_session_is_not_touched_unasked(world: World, worker: Worker) -> None:
    worker.sees_changes = False
    (reached,) = ask(world, timeout=120)
    assert not reached.ok and world.mutations == [SET_NOW] and reached.nudges > 1
    assert "see 'stalled'" in reached.message


def test_a_restart_that_fails_is_said(world: World, worker: Worker) -> None:
    worker.sees_changes = False
    refusal = document(ret=-1, errstr="Staging failed on primary2. Error: no.")
    world.instead["start"] = [refusal] * 10
    (reached,) = ask(world, restart_stalled=True)
    assert not reached.ok and "could not be started again. Start the session" in reached.message


def test_a_volume_that_cannot_be_mounted_is_said_when_time_is_up(world: World, worker: Worker) -> None:
    worker.sees_changes = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os.path, "ismount", lambda _path: False)
        (reached,) = ask(world, timeout=20)
    assert not reached.ok and "could not be created in the volume: The volume projects of localhost cannot be mounted" in reached.message


class Root:
    """The volume's root, which stays the same from mount to mount, and whose folders can only be removed at times."""

    def __init__(self, world: World, folder: Path, patch: pytest.MonkeyPatch, refusals: int) -> None:
        self.world = world
        self.folder = folder
        self.refusals = refusals
        folder.mkdir()
        self.mkdir, self.rmdir, self.listdir = os.mkdir, os.rmdir, os.listdir
        patch.setattr(os, "mkdir", lambda path, mode=0o777: self.mkdir(self.here(path), mode))
        patch.setattr(os, "rmdir", self.remove)
        patch.setattr(os, "listdir", lambda path=".": self.listdir(self.here(path)))

    def here(self, path: t.Any) -> t.Any:
        whole = str(path)
        mount = next((mount for mount in self.world.mounted if whole == mount or whole.startswith(mount + "/")), None)
        return path if mount is None else str(self.folder) + whole[len(mount) :]

    def remove(self, path: t.Any, **more: t.Any) -> None:
        if self.here(path) != path and self.refusals:
            self.refusals -= 1
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected", str(path))
        self.rmdir(self.here(path), **more)


def test_a_folder_that_cannot_be_removed_is_named(world: World, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Root(world, tmp_path / "root", monkeypatch, 99)
    (reached,) = ask(world)
    (name,) = root.listdir(root.folder)
    assert reached.ok and reached.nudges == 1, "the change was made"
    assert f"was created and could not be deleted: /{name} of the volume projects (Transport endpoint is not connected)" in reached.message
    assert "could not be created" not in reached.message and len(reached.left) == 1
    # The next run removes it, and nothing that is somebody else's.
    root.refusals = 0
    others = [".georep-checkpoint-mine", checkpoint.MARKER + "0" * 16, "files"]
    for other in others:
        (root.folder / other).mkdir()
    (root.folder / others[1] / "kept").write_text("x")
    world.time.now += 100
    (again,) = ask(world)
    assert again.ok and again.left == () and sorted(root.listdir(root.folder)) == sorted(others)


def test_a_folder_that_can_be_removed_later_is(world: World, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Root(world, tmp_path / "root", monkeypatch, 1)
    (reached,) = ask(world)
    assert reached.ok and reached.left == () and "deleted" not in reached.message and root.listdir(root.folder) == []
    root.refusals = 2
    worker.sees_changes = False
    world.time.now += 100
    (late,) = ask(world, timeout=120)
    assert not late.ok and late.nudges > 2 and late.left == () and root.listdir(root.folder) == []


def test_a_change_that_was_broken_off_restarts_nothing_and_is_named(world: World, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A brick hangs: the folder may be there on one replica set, or come to be later, and no worker has missed anything."""
    worker.sees_changes = False
    made: list[str] = []

    def refuse(why: int, real: t.Callable[..., None]) -> t.Callable[..., None]:
        def call(path: str, *more: t.Any) -> None:
            if checkpoint.MARKER not in str(path):
                real(path, *more)
                return
            made.append(os.path.basename(path))
            raise OSError(why, os.strerror(why))

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, "mkdir", refuse(errno.ECONNABORTED, os.mkdir))
        (reached,) = ask(world, timeout=100, restart_stalled=True)
    assert not reached.ok and (reached.restarts, reached.nudges) == (0, 0)
    assert "could not be created in the volume: [Errno 103] Software caused connection abort" in reached.message
    (name,) = set(made)
    assert len(made) > 1, "one that may come to be, and not one for each try"
    assert f"An empty folder may exist: /{name} of the volume projects (it may appear once the volume answers)" in reached.message and len(reached.left) == 1
    assert "was created" not in reached.message
    # One that was refused is not there.
    with monkeypatch.context() as patch:
        patch.setattr(os, "mkdir", refuse(errno.ENOSPC, os.mkdir))
        (reached,) = ask(world, timeout=20)
    assert not reached.ok and reached.left == () and "No space left" in reached.message


def test_a_change_that_could_be_made_in_the_end_leaves_nothing(world: World, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    mkdir, left = os.mkdir, [1]

    def once(path: str, *more: t.Any) -> None:
        if checkpoint.MARKER in str(path):
            if left:
                left.pop()
                raise OSError(errno.ECONNABORTED, "Software caused connection abort")
            worker.sees_changes = True
        mkdir(path, *more)

    worker.sees_changes = False
    monkeypatch.setattr(os, "mkdir", once)
    (reached,) = ask(world, timeout=100)
    assert reached.ok and reached.left == () and "may exist" not in reached.message


def test_a_volume_that_hangs_while_the_folder_is_removed_is_named(world: World, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.sees_changes = False
    rmdir = os.rmdir

    def hang(path: str) -> None:
        if checkpoint.MARKER in str(path):
            time.sleep(0.3)
            raise OSError(errno.ECONNABORTED, "Software caused connection abort")
        rmdir(path)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.mounts, "ANSWER_TIMEOUT", 0.1)
        patch.setattr(os, "rmdir", hang)
        (reached,) = ask(world, timeout=20)
    assert not reached.ok and reached.nudges == 1 and len(reached.left) == 1
    assert "The volume projects of localhost is mounted and did not answer within 0.1 seconds. From this node" in reached.message


def test_two_sessions_are_waited_for_together(world: World, worker: Worker) -> None:
    world.add_volume("homes")
    other = Worker(world, world.add_session("homes", "secondary1::homes-dr", "Active", "Passive"))
    other.sees_changes = False

    def changed(host: str, name: str) -> None:
        worker.changed(host, name)

    world.unmounted = changed
    first, second = ask(world, None, ID, HOMES, timeout=30)
    assert first.ok and not second.ok, "one that does not complete hides no other"
    assert world.reads["status"] < 30 and not any(name.startswith("status ") for name in world.reads)


def test_one_that_cannot_be_set_hides_no_other(world: World, worker: Worker) -> None:
    world.add_volume("homes")
    world.add_session("homes", "secondary1::homes-dr", "Stopped")
    world.instead["config"] = [document(ret=-1, errstr="Staging failed on primary2. Error: no.")]
    first, second = ask(world, None, HOMES, ID, wait=False)
    assert not first.ok and not first.changed and "Staging failed on primary2" in first.message
    assert second.ok and second.changed


def test_a_glusterd_that_is_away_for_a_moment_does_not_end_the_waiting(world: World, worker: Worker) -> None:
    away = (1, "Connection failed. Please check if gluster daemon is operational.\n", "")
    world.instead["status"] = [lambda: world._status(True, []), away, away]
    assert ask(world)[0].ok


def test_a_glusterd_that_stays_away_is_said(world: World, worker: Worker) -> None:
    away = (1, "Connection failed. Please check if gluster daemon is operational.\n", "")
    world.instead["status"] = [lambda: world._status(True, []), *([away] * 100)]
    (reached,) = ask(world, timeout=20)
    assert not reached.ok and "The last attempt to read the status failed: glusterd does not answer" in reached.message
