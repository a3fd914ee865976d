# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gsyncd's own files, held against what gluster said of the same sessions. tests/integration/test_node_view.py does so on real nodes."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from lxml import etree

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import gsyncd, xml
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.store import read_registered
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Brick, Config
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._model.node_view import NodeView
from ansible_collections.glusterops.georep.tests.unit.recorded import VERSIONS, recorded, recorded_file

ID = SessionId("projects", "secondary1", "projects-dr", "root")
UUID = "11111111-1111-4111-8111-111111111111"
each_version = pytest.mark.parametrize("version", VERSIONS)


def shown_config(version: str, name: str) -> dict[str, str]:
    document = etree.fromstring(recorded(version, name).out.encode())
    return Config.from_raw({child.tag: (child.text or "").strip() for child in document.iterfind("geoRep/config/*")}).values


class Node:
    """The files of a node with one session, as a release writes them; gsyncd's folders are below the temporary one."""

    def __init__(self, folder: Path, version: str = "10.3") -> None:
        self.folder, self.version = folder, version
        self.template = folder / "gsyncd.conf"
        text = recorded_file(version, "gsyncd-template").read_text()
        self.template.write_text(text.replace("/var/lib/glusterd", str(folder)).replace("/var/run/gluster", str(folder)))
        bricks = folder / "vols" / "projects" / "bricks"
        bricks.mkdir(parents=True)
        key = "slave1" if version == "9.2" else "secondary1"
        (folder / "glusterd.info").write_text(f"UUID={UUID}\n")
        (folder / "vols" / "projects" / "info").write_text(f"type=2\n{key}={UUID}:ssh://secondary1::projects-dr:{UUID}\n")
        (bricks / "primary1:-bricks-projects").write_text(f"uuid={UUID}\nhostname=primary1\npath=/bricks/projects\n")
        (bricks / "primary2:-bricks-projects").write_text("uuid=other\nhostname=primary2\npath=/bricks/projects\n")
        self.session = folder / "geo-replication" / ID.directory
        self.session.mkdir(parents=True)
        self.conf = self.session / "gsyncd.conf"
        self.conf.write_text("[vars]\n")
        self.monitor = self.session / "monitor.status"
        self.monitor.write_text("Started")
        self.worker = self.session / "brick_%2Fbricks%2Fprojects.status"
        self.pid = folder / "gsyncd-projects-secondary1-projects-dr.pid"

    def view(self, **more: t.Any) -> NodeView:
        before = sorted(self.folder.rglob("*"))
        view = gsyncd.read_view(glusterd_dir=str(self.folder), template=str(self.template), now=lambda: 5.0, **more)
        assert sorted(self.folder.rglob("*")) == before, "it creates nothing"
        return NodeView.from_result(json.loads(json.dumps(view.to_result())))

    def word(self) -> str | None:
        (session,) = self.view().sessions
        assert session.problem is None, session.problem
        return session.workers[0].status

    def problem(self) -> str:
        (session,) = self.view().sessions
        assert session.problem and not session.workers and session.config is None and session.doubts == [session.problem]
        return session.problem


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


@pytest.fixture
def lock() -> t.Iterator[t.Callable[[Path], None]]:
    """Another process that holds the lock of a file, as a monitor does: its own locks a process does not see."""
    running = []

    def take(path: Path) -> None:
        path.write_text("1\n")
        script = "import fcntl, sys; file = open(sys.argv[1], 'r+'); fcntl.lockf(file, fcntl.LOCK_EX); print(1, flush=True); sys.stdin.read()"
        process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        running.append(process)
        assert process.stdout and process.stdout.readline()

    yield take
    for process in running:
        process.communicate()


# --- options


@each_version
@pytest.mark.parametrize(("conf", "shown"), [(None, "config-default"), ("gsyncd-conf-new", "config-default")])
def test_the_options_are_those_that_gluster_shows(version: str, conf: str | None, shown: str, tmp_path: Path) -> None:
    own = tmp_path / "gsyncd.conf"
    own.write_text(recorded_file(version, conf).read_text() if conf else "")
    options = gsyncd.effective_options(ID, str(own), str(recorded_file(version, "gsyncd-template")))
    # gsyncd itself says it in the words and the order of the release.
    lines = [f"{name.replace('-', '_')}:{options[name]}" for name in sorted(options)]
    assert lines == recorded(version, "gsyncd-config-default").out.splitlines()
    assert Config.from_raw(options).values == shown_config(version, shown)


@each_version
def test_what_was_set_comes_before_the_defaults(version: str, tmp_path: Path) -> None:
    own = recorded_file(version, "gsyncd-conf-changed")
    assert "sync-jobs" in own.read_text()
    config = gsyncd.Config.from_raw(gsyncd.effective_options(ID, str(own), str(recorded_file(version, "gsyncd-template"))))
    assert config.values["sync-jobs"] == "5" and config.values["log-level"] == "INFO"
    assert config.old_words == (version == "9.2") and config.stale == ()


@pytest.mark.parametrize(
    ("line", "name", "expected"),
    [
        ("ignore-deletes = True", "ignore-deletes", "true"),
        ("ignore-deletes = TRUE", "ignore-deletes", "false"),
        ("ignore-deletes = 1", "ignore-deletes", "false"),
        ("sync-jobs = 007", "sync-jobs", "7"),
        ("rsync-options:  --a  --b ", "rsync-options", "--a  --b"),
        ("ssh-options = -i ${glusterd_workdir}/x ${secondaryuser}@${nothing}", "ssh-options", "-i /var/lib/glusterd/x root@${nothing}"),
        ("log-level = ${glusterd_workdir}", "log-level", "${glusterd_workdir}"),
        ("changelog-archive-format = %Y", "changelog-archive-format", "%Y"),
        ("something-new = 1", "something-new", "1"),
    ],
)
def test_values_as_gsyncd_reads_them(line: str, name: str, expected: str, tmp_path: Path) -> None:
    own = tmp_path / "gsyncd.conf"
    own.write_text(f"[vars]\n{line}\n")
    assert gsyncd.effective_options(ID, str(own), str(recorded_file("10.3", "gsyncd-template")))[name] == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense\n", "cannot be read"),
        ("[vars]\nsync-jobs = many\n", "sync-jobs is 'many'"),
        ("[vars]\nrsync-options = a\n  b\n", "more than one line"),
        ("[peers projects projects-dr]\nuse_tarssh = true\n", "GlusterFS 3"),
        ("[vars]\na = 1\na = 2\n", "cannot be read"),
    ],
)
def test_options_that_gsyncd_cannot_read(node: Node, text: str, says: str) -> None:
    node.conf.write_text(text)
    assert says in node.problem()


def test_a_node_without_the_files(node: Node) -> None:
    node.monitor.unlink()
    assert "monitor.status" in node.problem()
    node.conf.unlink()
    assert node.problem() == "this node has no file of the session"
    node.conf.write_text("[vars]\n")
    node.template.unlink()
    assert str(node.template) in node.problem()


# --- the state


@pytest.mark.parametrize("word", ["Created", "Stopped", "Paused", "Started", ""])
@pytest.mark.parametrize("running", [False, True])
def test_the_monitor_and_its_lock(node: Node, lock: t.Callable[[Path], None], word: str, running: bool) -> None:
    """A monitor that was killed leaves Started behind, and nobody holds its lock."""
    node.monitor.write_text(word + "\n")
    node.worker.write_text(json.dumps({"worker_status": "Passive"}))
    if running:
        lock(node.pid)
    rests = {"Created": "Created", "": "Stopped"}
    assert node.word() == rests.get(word, {"Started": "Passive"}.get(word, word) if running or word == "Stopped" else "Stopped")


def test_the_lock_is_not_taken(node: Node) -> None:
    node.pid.write_text("1\n")
    node.pid.chmod(0o400)
    assert not gsyncd.is_locked(str(node.pid)) and not gsyncd.is_locked(str(node.folder / "nosuch"))
    with open(node.pid, "rb") as file:
        # Asking for it has left none behind.
        answer = fcntl.fcntl(file, fcntl.F_GETLK, gsyncd.struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    assert gsyncd.struct.unpack("hhqqi", answer)[0] == fcntl.F_UNLCK


@pytest.mark.parametrize("text", [None, ""])
def test_a_worker_that_has_not_said_anything(node: Node, lock: t.Callable[[Path], None], text: str | None) -> None:
    lock(node.pid)
    if text is not None:
        node.worker.write_text(text)
    assert node.word() == "N/A"
    (session,) = node.view().sessions
    assert session.doubts == ["the worker of primary1:/bricks/projects is N/A"]


@pytest.mark.parametrize("text", ['{"worker_status": ', "[1]", '{"worker_status": "Active", "last_synced": "soon"}'])
def test_a_worker_whose_file_is_corrupt(node: Node, lock: t.Callable[[Path], None], text: str) -> None:
    lock(node.pid)
    node.worker.write_text(text)
    assert "soon" in node.problem() or "cannot be read" in node.problem()


def test_an_active_worker_as_gluster_shows_it(node: Node, lock: t.Callable[[Path], None]) -> None:
    """Its file and the answer of status were recorded at the same time, with a checkpoint that is complete."""
    version = node.version
    lock(node.pid)
    tape = recorded(version, "brick-status")
    node.worker.write_text(tape.out)
    document = etree.fromstring(recorded(version, "status-checkpoint-complete").out.encode())
    shown = next(row for row in map(xml.fields, document.iter("pair")) if row["status"] == "Active")
    checkpoint = shown_config(version, "config-checkpoint")["checkpoint"]
    node.conf.write_text(f"[vars]\ncheckpoint = {checkpoint}\n")
    (entry,) = read_registered(str(node.folder))
    options = gsyncd.read_options(ID, str(node.folder), str(node.template)).values
    brick = Brick(shown["primary_node"], shown["primary_brick"], shown["primary_node_uuid"])
    assert gsyncd.row_of(entry, brick, options, str(node.folder)) == shown


CHECKPOINTS = [
    # set in the options, known to the worker, synced up to, completed as the worker says, and how it is shown
    (0, 1000, 2000, "Yes", ("N/A", "N/A", "N/A")),
    (1000, 1000, 2000, "Yes", ("1970-01-01 00:16:40", "Yes", "1970-01-01 00:33:20")),
    (1000, 1000, 900, "No", ("1970-01-01 00:16:40", "No", "N/A")),
    # It does not know of the one that is set.
    (1000, 0, 900, "No", ("1970-01-01 00:16:40", "No", "N/A")),
    (1000, 500, 1500, "Yes", ("1970-01-01 00:16:40", "Yes", "1970-01-01 00:25:00")),
]


@pytest.mark.parametrize(("wanted", "known", "synced", "done", "expected"), CHECKPOINTS)
def test_checkpoints(
    node: Node, lock: t.Callable[[Path], None], wanted: int, known: int, synced: int, done: str, expected: tuple[str, str, str]
) -> None:
    lock(node.pid)
    completed_at = 2000 if done == "Yes" and known == wanted else 0
    node.worker.write_text(json.dumps({
        "worker_status": "Active", "checkpoint_time": known, "last_synced": synced, "checkpoint_completed": done, "checkpoint_completion_time": completed_at,
    }))  # fmt: skip
    (entry,) = read_registered(str(node.folder))
    options = {**gsyncd.read_options(ID, str(node.folder), str(node.template)).values, "checkpoint": str(wanted)}
    row = gsyncd.row_of(entry, Brick("n", "/bricks/projects", UUID), options, str(node.folder))
    assert (row["checkpoint_time"], row["checkpoint_completed"], row["checkpoint_completion_time"]) == expected


def test_only_own_bricks_and_only_the_options_that_are_asked_for(node: Node) -> None:
    node.conf.write_text("[vars]\nsync-jobs = 5\n")
    view = node.view(config_of=lambda _session: False, started={("projects", "secondary1::projects-dr"): 7.0})
    (session,) = view.sessions
    assert [worker.place for worker in session.workers] == [("primary1", "/bricks/projects")]
    assert session.config is None and session.modified == frozenset() and session.started == 7.0
    (session,) = node.view().sessions
    assert session.config and session.config.values["sync-jobs"] == "5" and session.modified == {"sync-jobs"}
    assert (view.node_uuid, view.read_at) == (UUID, 5.0)
