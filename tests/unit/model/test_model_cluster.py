# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster as a value, and as the plain data that travels through Ansible."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import (
    DIRECTORY_MARK,
    PENDING,
    Brick,
    Cluster,
    Config,
    OwnView,
    Secondary,
    Session,
    SessionFiles,
    Volume,
    Worker,
)
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._model.proved import Proved
from ansible_collections.glusterops.georep.plugins.module_utils._model.states import State
from ansible_collections.glusterops.georep.tests.unit.recorded import VERSIONS
from ansible_collections.glusterops.georep.tests.unit.reports import info_of

ID = SessionId("projects", "secondary1", "projects-dr")
WORKER = Worker("n1", "/b", "uuid-1", "Active", crawl_status="Changelog Crawl", entry=0, data=2, meta=0, failures=0, last_synced=1767348000)
PROOF = Proved(1767348000, 17.3, "rsync", 1, ("user xattrs",))
VOLUME = Volume("projects", "id-1", "Started", "Replicate", [Brick("n1", "/b", "uuid-1"), Brick("n2", "/b", "uuid-2")], 2, {})


def travelled(value: t.Any) -> t.Any:
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "status", ["status-active", "status-paused", "status-created", "status-faulty", "status-peer-down"]
)
def test_a_cluster_there_and_back(version: str, status: str) -> None:
    result = travelled(info_of(version, status))
    cluster = Cluster.from_result(result)
    assert cluster.sessions and cluster.volumes and cluster.secondaries and cluster.here
    assert travelled(cluster.to_result()) == result


def test_a_session_there_and_back() -> None:
    session = Session(
        ID, "id-9", State.ACTIVE, [WORKER], [("n2", "/b")], Config({"sync-jobs": "5", "timeout": "120"}, False, ("slave-timeout",)),
        frozenset({"sync-jobs"}), sets=[[("n1", "/b"), ("n2", "/b")]], read_at=1767348060.0, record=str(PROOF),
    )  # fmt: skip
    result = travelled(session.to_result())
    assert Session.from_result(result) == session
    assert (result["lag_seconds"], result["workers"][0]["lag_seconds"], result["workers"][0]["entry"]) == (60, 60, 0)
    assert result["missing"] == ["n2:/b"] and result["stale"] == ["slave-timeout"]
    assert session.as_declared() == {**ID._asdict(), "ssh_port": 22, "state": "started", "config": {"sync-jobs": "5"}}


def test_what_the_node_of_a_brick_knows_comes_along() -> None:
    own = OwnView(True, None, 0, False, "an error", {"id": "x", "cause": "c", "remedy": "r"})
    result = WORKER._replace(own=own).to_result(1767348060)
    assert (result["lag_seconds"], result["caught_up"], result["stalled"], result["last_error"]) == (0, True, False, "an error")
    assert Worker.from_result(travelled(result)).own == own
    assert "stalled" not in WORKER.to_result(1767348060)


@pytest.mark.parametrize(
    ("state", "started", "known"),
    [(State.ACTIVE, None, True), (State.ACTIVE, PROOF.at + 1, True), (State.ACTIVE, PROOF.at + 3, False), (State.CREATED, None, False)],
)
def test_a_start_after_the_proof_makes_it_worth_nothing(state: State, started: float | None, known: bool) -> None:
    assert (Session(ID, None, state, [], [], record=str(PROOF)).last_proved(started) is not None) is known


@pytest.mark.parametrize(
    ("options", "read_only", "taking_in"),
    [({}, False, False), ({"features.read-only": "on", DIRECTORY_MARK: "/srv"}, True, False), ({DIRECTORY_MARK: PENDING + "/srv"}, False, True)],
)
def test_a_volume_there_and_back(options: dict[str, str], read_only: bool, taking_in: bool) -> None:
    result = travelled(VOLUME._replace(options=options).to_result())
    volume = Volume.from_result(result)
    assert (volume.read_only, volume.taking_in) == (result["read_only"], result["taking_in"]) == (read_only, taking_in)
    assert volume.places == [[("n1", "/b"), ("n2", "/b")]] and volume.to_result() == result


def test_all_nodes_of_a_secondary_host_that_are_known() -> None:
    assert Secondary("h", node_uuid="uuid-3", cluster_uuids=("uuid-4",), volumes=(VOLUME,)).uuids == {f"uuid-{n}" for n in (1, 2, 3, 4)}
    assert Secondary("h", "no answer").uuids == frozenset()


def test_files_of_chosen_sessions() -> None:
    files = SessionFiles("n2", "uuid-2", {"a_h_b": {"sync-jobs": "5"}, "c_h_d": None})
    assert SessionFiles.from_result(travelled(files.to_result())) == files
    assert files.to_result({"c_h_d"})["sessions"] == {"c_h_d": None}
