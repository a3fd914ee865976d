# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Single workers started anew, on a node made of files; that gsyncd's monitor plays its part is seen on the lab."""

from __future__ import annotations

import json
import os
import shutil
import signal
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import workers
from ansible_collections.glusterops.georep.plugins.module_utils._apply.session import Clock
from ansible_collections.glusterops.georep.plugins.module_utils._apply.workers import StalledWorker, WorkerSettings
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli
from ansible_collections.glusterops.georep.plugins.module_utils._host import processes
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.modules import gluster_georep_worker
from ansible_collections.glusterops.georep.tests.unit.support import Result, run_module

UUID = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
SESSION = SessionId("projects", "secondary1", "projects-dr")
GSYNCD = "/usr/lib/x86_64-linux-gnu/glusterfs/python/syncdaemon/gsyncd.py"


class Node:
    """Two bricks, a worker for each, and a monitor that makes a new one some seconds after one has ended."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.proc = folder, folder / "proc"
        self.time = 0.0
        self.sent: list[tuple[int, int]] = []
        self.calls: list[list[str]] = []
        self.word = "Active"  # what a new worker says
        self.delay: float | None = 10.0
        self.dying = 0.0  # so long one goes on that was told to end, and writes its status
        self.silent = 4.0  # so long a new one says nothing of itself
        self.due: list[tuple[float, t.Callable[[], None]]] = []
        bricks = folder / "vols/projects/bricks"
        bricks.mkdir(parents=True)
        self.proc.mkdir()
        monkeypatch.setattr(processes, "booted_at", lambda: 1000.0)
        (folder / "glusterd.info").write_text(f"UUID={UUID}\n")
        (folder / "vols/projects/info").write_text(f"type=2\nsecondary1={UUID}:ssh://secondary1::projects-dr:{UUID}\n")
        self.session = folder / "geo-replication" / SESSION.directory
        self.session.mkdir(parents=True)
        for name, uuid in (("a", UUID), ("b", UUID), ("c", OTHER)):
            (bricks / f"primary1:-{name}").write_text(f"uuid={uuid}\nhostname=primary1\npath=/{name}\n")
        self.make(100, "/a")
        self.make(200, "/b")
        self.say("/a", "Active", age=500)
        self.say("/b", "Active", age=500)
        monkeypatch.setattr(workers.os, "kill", self.kill)

    def make(self, pid: int, brick: str, parent: int = 1) -> None:
        place = self.proc / str(pid)
        place.mkdir()
        words = ["python3", GSYNCD, "worker", "projects", "secondary1::projects-dr", "--local-path", brick, "--resource-remote", "secondary2"]
        (place / "cmdline").write_bytes("\0".join([*words, ""]).encode())
        # Started 300 seconds after the machine, which was up at 1000.
        fields = ["S", str(parent), *["0"] * 17, str(300 * os.sysconf("SC_CLK_TCK")), "0"]
        (place / "stat").write_text(f"{pid} (python3 (x) y) {' '.join(fields)}\n")

    def say(self, brick: str, word: str, age: float = -5) -> None:
        path = self.session / f"brick_{brick.replace('/', '%2F')}.status"
        path.write_text(json.dumps({"worker_status": word}))
        stamp = os.stat(path).st_mtime - age
        os.utime(path, (stamp, stamp))

    def kill(self, pid: int, number: int) -> None:
        self.sent.append((pid, number))
        if not (self.proc / str(pid)).exists():
            raise ProcessLookupError(3, "No such process")
        if number == signal.SIGTERM:
            brick = {100: "/a", 200: "/b"}[pid]
            self.at(self.dying, lambda: shutil.rmtree(self.proc / str(pid)))
            if self.dying:
                self.say(brick, "Active")
            if self.delay is not None:
                self.at(self.dying + self.delay, lambda: self.make(1000 + ord(brick[1]), brick))
                self.at(self.dying + self.delay + self.silent, lambda: self.say(brick, self.word))

    def at(self, delay: float, what: t.Callable[[], None]) -> None:
        if delay:
            self.due.append((self.time + delay, what))
        else:
            what()

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        for due, what in [entry for entry in self.due if entry[0] <= self.time]:
            self.due.remove((due, what))
            what()

    def gluster(self, argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        assert self.sent == [], "only before a worker is ended"
        self.calls.append(list(argv[argv.index("--") + 1 :]))
        return 0, "volume set: success\n", ""

    def run(self, *given: StalledWorker, **settings: t.Any) -> list[tuple[str, bool]]:
        made = WorkerSettings(glusterd_dir=str(self.folder), log_dir=str(self.folder / "log"), proc_dir=str(self.proc), **settings)
        done = workers.start_anew(GlusterCli(self.gluster), given, made, Clock(lambda: self.time, self.sleep))
        return [(item.worker.brick, item.ended) for item in done]


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    return Node(tmp_path, monkeypatch)


def worker(brick: str = "/a", uuid: str = UUID, session: SessionId = SESSION, stalled_at: int | None = None) -> StalledWorker:
    return StalledWorker(session, "primary1", uuid, brick, stalled_at)


def test_one_is_ended_and_awaited_and_the_others_go_on(node: Node) -> None:
    assert node.run(worker("/a"), worker("/c", OTHER)) == [("/a", True)]
    # One that was halted takes the first only with the second.
    assert node.sent == [(100, signal.SIGTERM), (100, signal.SIGCONT)]
    # The new one is not there before it says so; until then its status file has the word of the old one.
    assert 14 <= node.time < 15 and (node.proc / "200").exists()


def test_one_that_goes_on_for_a_while_is_not_the_new_one(node: Node) -> None:
    node.dying, node.silent = 5.0, 0.0
    assert node.run(worker("/a")) == [("/a", True)] and 15 <= node.time < 16


def test_several_are_awaited_together(node: Node) -> None:
    assert node.run(worker("/a"), worker("/b")) == [("/a", True), ("/b", True)]
    assert {pid for pid, _number in node.sent} == {100, 200} and node.time < 15


def test_a_node_that_is_not_meant_touches_nothing(node: Node) -> None:
    shutil.rmtree(node.folder / "vols")
    assert node.run(worker("/c", OTHER)) == [] and node.sent == [] and node.time == 0


def test_a_check_run_says_the_same_and_touches_nothing(node: Node) -> None:
    assert node.run(worker("/a"), check_mode=True) == [("/a", True)] and node.sent == [] and node.time == 0


def test_one_that_is_on_its_way_is_awaited(node: Node) -> None:
    shutil.rmtree(node.proc / "100")
    assert node.run(worker("/a"), check_mode=True) == [("/a", False)]
    node.at(3.0, lambda: node.make(1000, "/a"))
    assert node.run(worker("/a")) == [("/a", False)] and node.sent == [] and node.time >= 3


@pytest.mark.parametrize(("stalled_at", "ended"), [(1299, False), (1300, True), (5000, True), (None, True)])
def test_one_that_was_started_since_is_left_alone(node: Node, stalled_at: int | None, ended: bool) -> None:
    """So that a second run with the same words changes nothing."""
    given = worker("/a", stalled_at=stalled_at)
    assert node.run(given, check_mode=True) == [("/a", ended)]
    assert node.run(given) == [("/a", ended)] and bool(node.sent) is ended


def test_what_an_earlier_worker_said_is_not_the_new_ones_word(node: Node) -> None:
    """Its status file says Active until the monitor has made the next."""
    node.word = "Initializing..."
    said = r"projects -> secondary1::projects-dr on primary1:/a did not start within 30 s.*its status is Initializing"
    with pytest.raises(errors.StateNotReached, match=said):
        node.run(worker("/a"), timeout=30)


def test_one_that_does_not_come_back_is_told_with_its_log(node: Node) -> None:
    node.delay = None
    log = node.folder / "log" / SESSION.directory / "gsyncd.log"
    log.parent.mkdir(parents=True)
    log.write_text("[2026-11-22 10:00:00.0] E [syncdutils(worker /a):847:errlog] Popen: ssh> Host key verification failed.\n")
    with pytest.raises(errors.StateNotReached, match=r"Host key verification failed") as caught:
        node.run(worker("/a"), timeout=20)
    assert "monitor" in (caught.value.remedy or "")


def test_a_faulty_one_has_not_come_back(node: Node) -> None:
    node.word = "Faulty"
    with pytest.raises(errors.StateNotReached, match="its status is Faulty"):
        node.run(worker("/a"), timeout=20)


@pytest.mark.parametrize("word", ["Paused", "Stopped", "Created"])
def test_a_session_at_rest_is_left_so(node: Node, word: str) -> None:
    (node.session / "monitor.status").write_text(word)
    with pytest.raises(errors.PreconditionFailed, match=f"is {word.lower()} on primary1.*Nothing was changed"):
        node.run(worker("/a"))
    assert node.sent == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (worker("/elsewhere"), r"/elsewhere is not a brick of projects on primary1"),
        # The brick of another node is none of this one's.
        (worker("/c"), r"/c is not a brick of projects on primary1"),
        (worker(session=SESSION._replace(secondary_volume="other")), r"There is no session projects -> secondary1::other on primary1"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_all_are_checked_before_one_is_touched(node: Node, wrong: StalledWorker, words: str, check_mode: bool) -> None:
    with pytest.raises(errors.InvalidInput, match=words):
        node.run(worker("/b"), wrong, check_mode=check_mode)
    assert node.sent == []


@pytest.mark.parametrize("child", [150, 50])
def test_the_child_of_a_worker_is_not_the_worker(node: Node, child: int) -> None:
    """Between fork and exec it has the same command line; numbers are given out anew, so that a child may have the smaller one."""
    node.make(child, "/a", parent=100)
    assert processes.workers(str(node.proc))[("projects", "secondary1::projects-dr", "/a")].pid == 100


def test_names_are_checked_and_each_worker_counts_once() -> None:
    given = {**SESSION._asdict(), "node": "primary1", "node_uuid": UUID, "brick": "/a"}
    assert workers.check_workers([given, dict(given)]) == [worker("/a")]
    assert worker("/a").as_dict() == {**given, "stalled_at": None}
    timed = {**given, "stalled_at": "1970-01-01T00:21:40Z"}
    assert workers.check_workers([timed]) == [worker("/a", stalled_at=1300)] and worker("/a", stalled_at=1300).as_dict() == timed
    wrong = (("brick", "primary1:/a"), ("primary_volume", "a b"), ("secondary_host", "::1"), ("stalled_at", "2026-11-22 08:00:00"))
    for name, value in wrong:
        with pytest.raises(InvalidInput) as caught:
            workers.check_workers([given, {**given, name: value}])
        assert caught.value.option == f"workers[1].{name}" and caught.value.value == value


# --- the module


def module(node: Node, monkeypatch: pytest.MonkeyPatch, *given: StalledWorker, **more: t.Any) -> Result:
    settings = WorkerSettings._field_defaults
    places = {"glusterd_dir": str(node.folder), "log_dir": str(node.folder / "log"), "proc_dir": str(node.proc)}
    monkeypatch.setattr(WorkerSettings.__new__, "__defaults__", tuple({**settings, **places}.values()))
    monkeypatch.setattr(workers, "Clock", lambda: Clock(lambda: node.time, node.sleep))
    return run_module(gluster_georep_worker, {"workers": [item.as_dict() for item in given]}, **more)


def test_the_module_says_what_it_did(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    given = (worker("/a"), worker("/c", OTHER))
    check = module(node, monkeypatch, *given, check_mode=True)
    done = module(node, monkeypatch, *given)
    assert done.changed and done["workers"] == [{**worker("/a").as_dict(), "ended": True}] and done["commands"] == []
    assert [item["after_header"] for item in done["diff"]] == ["projects -> secondary1::projects-dr on primary1:/a"]
    for name in ("changed", "workers", "diff"):
        assert check[name] == done[name], name
    none = module(node, monkeypatch, worker("/c", OTHER))
    assert not none.changed and none["workers"] == [] == none["diff"]


def test_the_module_fails_with_words(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    (node.session / "monitor.status").write_text("Paused")
    result = module(node, monkeypatch, worker("/a"))
    assert result.failed and "is paused" in result["msg"] and "resume the session" in result["msg"]
    result = module(node, monkeypatch, worker("a"))
    assert result.failed and result["option"] == "workers[0].brick" and "gluster volume info" in result["msg"]


# --- the session is owed a proof from then on

RECORD = f"user.glusterops.georep.proof.{UUID}=proved 2026-11-22T08:38:16Z, lag 17.3 s, rsync, 0 restarts"


@pytest.mark.parametrize(
    ("line", "calls"),
    [
        (RECORD, [["volume", "set", "projects", f"user.glusterops.georep.proof.{UUID}", "owed"]]),
        (RECORD.replace(UUID, OTHER), []),  # of another session
        (RECORD.replace("proved", "owed"), []),
        (f"{RECORD}x", []),
    ],
)
def test_what_was_proved_is_not_believed_of_a_new_worker(node: Node, line: str, calls: list[list[str]]) -> None:
    """gluster() holds that it is said before the worker is ended: whoever is killed in between leaves no record."""
    with (node.folder / "vols/projects/info").open("a") as file:
        file.write(f"{line}\n")
    assert node.run(worker("/a"), worker("/b"), check_mode=True) and node.calls == []
    assert node.run(worker("/a"), worker("/b")) == [("/a", True), ("/b", True)] and node.calls == calls


def test_one_that_is_on_its_way_already_withdraws_nothing(node: Node) -> None:
    with (node.folder / "vols/projects/info").open("a") as file:
        file.write(f"{RECORD}\n")
    assert node.run(worker("/a", stalled_at=1299)) == [("/a", False)] and node.calls == []
