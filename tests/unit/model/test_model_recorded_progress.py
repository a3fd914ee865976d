# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lag and checkpoints from what real clusters answered, and from a real brick's journal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import sessions
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli
from ansible_collections.glusterops.georep.plugins.module_utils._model import progress
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Worker
from ansible_collections.glusterops.georep.plugins.module_utils._read.local import Waiting, waiting_after
from ansible_collections.glusterops.georep.tests.unit.recorded import VERSIONS, recorded
from ansible_collections.glusterops.georep.tests.unit.support import FakeRun

each_version = pytest.mark.parametrize("version", VERSIONS)
#: Where script/record-fixtures has told the chapter of checkpoints.
CHECKPOINTS = pytest.mark.parametrize("version", ["10.3"])
SETS = [[("primary1", "/bricks/projects"), ("primary2", "/bricks/projects")]]


def rows(version: str, name: str) -> list[Worker]:
    tape = recorded(version, name)
    (found,) = sessions.read_status(GlusterCli(FakeRun([(tape.argv, tape.answer)]), lock_patience=0))
    return found.workers


def stored(version: str) -> int:
    found = re.search(r"<checkpoint>(\d+)</checkpoint>", recorded(version, "config-checkpoint").out)
    assert found
    return int(found[1])


@each_version
def test_the_lag_of_a_session_that_runs(version: str) -> None:
    workers = rows(version, "status-active")
    (active,) = (row for row in workers if row.status == "Active")
    synced = active.last_synced
    assert synced is not None
    assert progress.session_lag(workers, SETS, synced + 7) == progress.Lag(7, synced, None)
    assert not progress.checkpoint_of(workers, SETS, "0").set and not progress.checkpoint_of(workers, SETS, None).set
    told = {worker["status"]: worker for worker in (row.to_result(synced + 7) for row in workers)}
    assert told["Active"]["lag_seconds"] == 7 and told["Active"]["failures"] == 0 and told["Active"]["checkpoint_completed"] is None
    assert all(told["Passive"][name] is None for name in ("last_synced", "lag_seconds", "entry", "failures", "crawl_status"))


@pytest.mark.parametrize("name", ["status-paused", "status-stopped", "status-created", "status-faulty", "status-faulty-active"])
@each_version
def test_nobody_active_tells_no_lag(version: str, name: str) -> None:
    assert "No worker is Active" in str(progress.session_lag(rows(version, name), SETS, 0).reason)


@CHECKPOINTS
def test_a_checkpoint_that_waits_for_a_change(version: str) -> None:
    workers = rows(version, "status-checkpoint-pending")
    at = stored(version)
    assert progress.checkpoint_of(workers, SETS, str(at)) == progress.Checkpoint(True, at, False)
    assert progress.checkpoint_of(workers, SETS, None) == progress.Checkpoint(True, at, False), "the status tells it, too"
    ((_brick, why),) = progress.held_back(workers, SETS, at, triggered=False)
    assert "nothing has changed since" in why


@CHECKPOINTS
def test_a_checkpoint_that_is_complete(version: str) -> None:
    workers = rows(version, "status-checkpoint-complete")
    at = stored(version)
    found = progress.checkpoint_of(workers, SETS, str(at))
    assert found.completed and found.time == at and found.completed_at is not None and found.completed_at >= at
    assert progress.held_back(workers, SETS, at, triggered=True) == []
    assert progress.held_back(workers, SETS, at + 1, triggered=True), "an answer about an older one is none"


@CHECKPOINTS
def test_the_time_that_was_sent_is_the_one_that_is_stored(version: str) -> None:
    sent = recorded(version, "checkpoint-set")
    assert sent.argv[:2] == ["env", "TZ=UTC0"] and progress.write_time(stored(version)) == sent.argv[-1]
    cli = GlusterCli(FakeRun([(sent.argv[2:], sent.answer, {"env": {"TZ": "UTC0"}})]), lock_patience=0)
    sessions.set_checkpoint(cli, "projects", "secondary1::projects-dr", sent.argv[-1])


@CHECKPOINTS
def test_a_real_journal(version: str, tmp_path: Path) -> None:
    """The same brick, seen with what its worker knew before and after it took the change."""
    folder = tmp_path / ".glusterfs" / "changelogs" / "htime"
    folder.mkdir(parents=True)
    # The tape begins in the middle of a path, as the module's own reading may do.
    (folder / "HTIME.1").write_text(recorded(version, "changelog-journal").out)
    before = json.loads(recorded(version, "brick-status-waiting").out)["last_synced"]
    after = json.loads(recorded(version, "brick-status").out)["last_synced"]
    assert after > before
    assert waiting_after(str(tmp_path), after) == Waiting(None)
    found = waiting_after(str(tmp_path), before)
    assert found is not None and found.since is not None and found.ended is not None
    assert before < found.since < found.ended == after + 1
