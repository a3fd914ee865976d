# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node's own files tell of its workers, and how it is put to what gluster tells."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.gsyncd_log import last_error
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._read import local, logs
from ansible_collections.glusterops.georep.plugins.module_utils._read.local import Waiting, waiting_after
from ansible_collections.glusterops.georep.tests.unit.gsyncd_logs import Log
from ansible_collections.glusterops.georep.tests.unit.recorded import FOLDER, recorded_file

UUID = "11111111-1111-4111-8111-111111111111"
IDENTITY = {
    "primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr", "secondary_user": "root",
}  # fmt: skip
HEADER = b"GlusterFS Changelog | version: v1.2 | encoding : 2\n"


class Brick:
    """A brick with a journal, as changelog.c of GlusterFS writes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path / ".glusterfs" / "changelogs"
        (self.folder / "htime").mkdir(parents=True)
        self.now(False)

    def journal(self, begun: int, *periods: tuple[str, int]) -> Brick:
        """``periods``: C with a change, c without, and when it ended."""
        words = {"C": "CHANGELOG", "c": "changelog"}
        lines = [f"{self.folder}/2026/11/22/{words[kind]}.{end}\0" for kind, end in periods]
        (self.folder / "htime" / f"HTIME.{begun}").write_text("".join(lines))
        return self

    def now(self, changed: bool) -> Brick:
        (self.folder / "CHANGELOG").write_bytes(HEADER + (b"E00000000\0" if changed else b""))
        return self


@pytest.fixture
def brick(tmp_path: Path) -> Brick:
    return Brick(tmp_path / "bricks" / "projects")


@pytest.mark.parametrize(
    ("periods", "changed_now", "expected"),
    [
        ([], False, Waiting(None)),
        # A worker is through with a period once it calls itself synced up to a second before its end.
        ([("C", 1015), ("C", 1030)], False, Waiting(None)),
        ([("C", 1015), ("C", 1030), ("c", 1045), ("c", 9000)], False, Waiting(None)),
        # The change was made between the last end and the next.
        ([("C", 1015), ("C", 1030), ("c", 1045), ("C", 1060), ("C", 1075)], False, Waiting(1045, 1060)),
        ([("C", 1030), ("C", 1031)], False, Waiting(1030, 1031)),
        # It is in the period that has not ended.
        ([("C", 1015), ("C", 1030), ("c", 1045)], True, Waiting(1045)),
        ([("C", 1030)], True, Waiting(1030)),
    ],
)
def test_what_waits_on_a_brick(brick: Brick, periods: list[tuple[str, int]], changed_now: bool, expected: Waiting) -> None:
    brick.journal(1000, *periods).now(changed_now)
    assert waiting_after(str(brick.path), 1029) == expected


def test_a_journal_that_was_begun_later_does_not_tell(brick: Brick) -> None:
    brick.journal(2000, ("c", 2015))
    assert waiting_after(str(brick.path), 1029) is None
    assert waiting_after(str(brick.path), 1999) == Waiting(None)


def test_the_newest_journal_counts(brick: Brick) -> None:
    brick.journal(900, ("C", 915), ("C", 1500)).journal(1000, ("c", 1015))
    assert waiting_after(str(brick.path), 1005) == Waiting(None)


def test_a_brick_without_a_journal_does_not_tell(tmp_path: Path) -> None:
    assert waiting_after(str(tmp_path), 1000) is None


def test_a_long_journal_is_read_from_its_end(brick: Brick, monkeypatch: pytest.MonkeyPatch) -> None:
    periods = [("C", 1000), ("C", 1015), *(("c", 1030 + 15 * number) for number in range(30000))]
    brick.journal(0, *periods)
    assert waiting_after(str(brick.path), 1014) == Waiting(None)
    assert waiting_after(str(brick.path), 999) == Waiting(1000, 1015)
    monkeypatch.setattr(local, "_JOURNAL_BYTES", 300 * 1024)
    assert waiting_after(str(brick.path), 1014) is None, "too far back is not the same as nothing"
    assert waiting_after(str(brick.path), periods[-10][1] - 1) == Waiting(None)


class Node:
    """glusterd's and gsyncd's files of one node."""

    def __init__(self, folder: Path, brick: Brick) -> None:
        self.folder = folder
        self.brick = brick
        bricks = folder / "vols" / "projects" / "bricks"
        bricks.mkdir(parents=True)
        (folder / "glusterd.info").write_text(f"UUID={UUID}\noperating-version=100000\n")
        (folder / "vols" / "projects" / "info").write_text(
            f"type=2\nsecondary1={UUID}:ssh://secondary1::projects-dr:{UUID}\n"
        )
        (bricks / "primary1:-bricks-projects").write_text(f"uuid={UUID}\nhostname=primary1\npath={brick.path}\n")
        (bricks / "primary2:-bricks-projects").write_text("uuid=another\nhostname=primary2\npath=/bricks/elsewhere\n")
        self.session = folder / "geo-replication" / "projects_secondary1_projects-dr"
        self.session.mkdir(parents=True)

    def status(self, **fields: t.Any) -> None:
        name = "brick_" + str(self.brick.path).replace("/", "%2F") + ".status"
        told = {"worker_status": "Active", "crawl_status": "Changelog Crawl", "entry": 0, "data": 0, "meta": 0, **fields}
        (self.session / name).write_text(json.dumps(told))

    def log(self, *lines: str) -> None:
        path = self.folder / "log" / "projects_secondary1_projects-dr" / "gsyncd.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines))

    def read(self, now: float = 1100, **more: t.Any) -> dict[str, t.Any]:
        found = local.read_local(glusterd_dir=str(self.folder), log_dir=str(self.folder / "log"), now=now, **more)
        return t.cast("dict[str, t.Any]", json.loads(json.dumps(found)))

    def read_brick(self, now: float = 1100) -> dict[str, t.Any]:
        (session,) = self.read(now)["sessions"]
        (found,) = session["bricks"]
        return t.cast("dict[str, t.Any]", found)


@pytest.fixture
def node(tmp_path: Path, brick: Brick) -> Node:
    return Node(tmp_path / "glusterd", brick)


def test_only_its_own_bricks_and_sessions(node: Node) -> None:
    found = node.read()
    assert found["node_uuid"] == UUID
    (session,) = found["sessions"]
    assert {name: session[name] for name in IDENTITY} == IDENTITY
    assert [item["brick"] for item in session["bricks"]] == [str(node.brick.path)]
    assert node.read(only=lambda _session: False)["sessions"] == []


def test_a_worker_that_is_through_has_no_lag_however_long_ago_that_was(node: Node) -> None:
    node.brick.journal(1000, ("C", 1015), ("c", 90000))
    node.status(last_synced=1014, secondary_node="secondary2")
    found = node.read_brick(now=90010)
    assert (found["caught_up"], found["lag_seconds"], found["waiting_since"]) == (True, 0, None)
    assert (found["secondary_node"], found["stalled"], found["last_error"]) == ("secondary2", False, None)


def test_a_change_that_waits_is_a_lag_and_after_a_while_a_stall(node: Node) -> None:
    node.brick.journal(1000, ("C", 1015), ("c", 1030), ("C", 1045))
    node.status(last_synced=1014)
    found = node.read_brick(now=1050)
    assert (found["caught_up"], found["lag_seconds"], found["waiting_since"]) == (False, 20, "1970-01-01T00:17:10Z")
    assert found["stalled"] is False and node.read_brick(now=1200)["stalled"] is True
    node.status(last_synced=1014, data=3)
    assert node.read_brick(now=1200)["stalled"] is False, "it is at work"
    node.status(last_synced=1014, crawl_status="History Crawl")
    assert node.read_brick(now=1200)["stalled"] is False


@pytest.mark.parametrize("fields", [{}, {"last_synced": 0}])
def test_a_worker_that_has_synced_nothing_yet_tells_no_lag(node: Node, fields: dict[str, t.Any]) -> None:
    node.brick.journal(1000, ("C", 1015))
    node.status(**fields)
    found = node.read_brick()
    assert (found["caught_up"], found["lag_seconds"], found["stalled"]) == (None, None, False)


def test_a_file_that_is_being_written_tells_nothing(node: Node) -> None:
    assert node.read_brick()["caught_up"] is None
    node.status(last_synced=1014)
    (path,) = node.session.glob("brick_*")
    path.write_text('{"last_')
    assert node.read_brick()["caught_up"] is None


@pytest.mark.parametrize(("word", "stalled"), [("Started", True), ("Paused", False), ("Stopped", False), ("Created", False)])
def test_a_session_at_rest_has_not_stalled(node: Node, word: str, stalled: bool) -> None:
    node.brick.journal(1000, ("C", 1015), ("C", 1030))
    node.status(last_synced=1014)
    assert node.read_brick()["stalled"] is True
    (node.session / "monitor.status").write_text(word + "\n")
    assert node.read_brick()["stalled"] is stalled


def test_the_log_of_the_workers_own_brick(node: Node) -> None:
    mine, other = node.brick.path, "/bricks/other"
    node.log(
        f"[2026-11-22 10:00:00.0] E [syncdutils(worker {mine}):847:errlog] Popen: ssh> Host key verification failed.",
        f"[2026-11-22 10:00:01.0] E [syncdutils(worker {other}):847:errlog] Popen: command returned error",
    )
    found = node.read_brick()
    assert found["last_error"].endswith("Host key verification failed.") and found["fault"]["id"] == "host-key"
    assert last_error("[t] E [monitor(monitor):1:x] Monitor: worker died", str(mine)), "the monitor speaks of all"


def case_log(case: str, brick: Path) -> list[str]:
    return (FOLDER / "cases" / case / "gsyncd.log").read_text().replace("/bricks/b1", str(brick)).splitlines()


def test_B05_a_hang_is_told_with_its_cause(node: Node) -> None:
    node.log(*case_log("B05", node.brick.path))
    found = node.read_brick()
    assert "Worker not confirmed after wait" in found["last_error"] and found["fault"]["id"] == "secondary-start-hangs"
    assert set(found["fault"]) == {"id", "title", "cause", "remedy"}


def test_B06_an_old_error_is_not_the_cause(node: Node) -> None:
    lines = case_log("B06", node.brick.path)
    node.log(*lines)
    assert "error=255" not in node.read_brick()["last_error"]
    node.log(*[line for line in lines if "not confirmed" not in line and "Faulty" not in line])
    found = node.read_brick()
    assert (found["last_error"], found["fault"]) == (None, None)


def test_what_the_worker_had_done_before_tells_more_than_its_last_words(node: Node) -> None:
    brick = str(node.brick.path)
    log = Log().starts(brick).works(brick).ssh_ends(255, brick=brick).faulty()
    node.log(*log.lines)
    found = node.read_brick()
    assert found["last_error"].endswith("{error=255}]") and found["fault"]["id"] == "connection-lost"


def test_a_worker_between_two_starts_is_explained_by_the_one_before(node: Node) -> None:
    brick = str(node.brick.path)
    log = Log()
    log.starts(brick).connects(brick).ssh_ends(255, "root@dr1: Permission denied (publickey).", brick=brick).died(brick).starts(brick)
    node.log(*log.lines)
    assert node.read_brick(now=log.now + 1)["fault"]["id"] == "key-refused"
    assert node.read_brick(now=log.now + 3600)["fault"] is None


def test_the_node_that_a_worker_was_given_last(tmp_path: Path) -> None:
    session = SessionId("projects", "secondary1", "projects-dr")
    assert logs.given_node(session, "/bricks/projects", str(tmp_path)) is None
    (tmp_path / session.directory).mkdir()
    (tmp_path / session.directory / "gsyncd.log").write_bytes(recorded_file("10.3", "gsyncd-log-faulty").read_bytes())
    assert logs.given_node(session, "/bricks/projects", str(tmp_path)) == "secondary2"
    assert logs.given_node(session, "/bricks/other", str(tmp_path)) is None
