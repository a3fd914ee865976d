# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nodes' views put together: what gluster_georep_info says, or why gluster has to be asked."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults import health
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import (
    Brick,
    Cluster,
    Config,
    Peer,
    Session,
    Volume,
    Worker,
)
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import nodes_from
from ansible_collections.glusterops.georep.plugins.module_utils._model.node_view import NodeView, SessionView
from ansible_collections.glusterops.georep.plugins.module_utils._model.states import State
from ansible_collections.glusterops.georep.plugins.module_utils._model.views import merge
from ansible_collections.glusterops.georep.plugins.module_utils._plan.views import join

ID = SessionId("projects", "dr1", "projects-dr", "root")
CONFIG = Config({"sync-jobs": "5", "checkpoint": "1000", "secondary-timeout": "120"}, False, ("slave-timeout",))
MODIFIED = frozenset(["sync-jobs", "checkpoint"])
RECORD = "proved 2026-11-22T08:38:16Z, lag 17.3 s, tarssh, 2 restarts"
BRICKS = [Brick(node, "/b", uuid) for node, uuid in (("n1", "u1"), ("n2", "u2"))]
ACTIVE = Worker(
    "n1", "/b", "u1", "Active", "root", "ssh://dr1::projects-dr", None, "Changelog Crawl", 0, 1, 2, 3, 1500, 1000, True, 1400,
)  # fmt: skip
PASSIVE = Worker("n2", "/b", "u2", "Passive", "root", "ssh://dr1::projects-dr")
VOLUME = Volume("projects", "vid", "Started", "Replicate", BRICKS, 2, {})
CLUSTER = Cluster(
    [], {"projects": VOLUME}, [Peer("localhost", "u1", True), Peer("n2", "u2", True)], "10.3", here="u1", keyed_nodes=2, orphans=("/x",),
)  # fmt: skip
VIEW = SessionView(ID, "far", [], None)
OWN = VIEW._replace(workers=[ACTIVE], config=CONFIG, modified=MODIFIED, started=1000.0, record=RECORD)
OTHER = VIEW._replace(workers=[PASSIVE])


def node(name: str, uuid: str, *sessions: SessionView) -> dict[str, t.Any]:
    """A result of gluster_georep_preflight_info."""
    return {
        "node": name, "site": "primary", "local": {"node_uuid": uuid, "sessions": []}, "view": NodeView(uuid, 2000.0, sessions).to_result(),
        "facts": {"node_uuid": uuid},
    }  # fmt: skip


def joined(*nodes: dict[str, t.Any], cluster: Cluster = CLUSTER) -> t.Any:
    return join(json.loads(json.dumps(cluster.to_result())), nodes_from(json.loads(json.dumps(nodes))))


def test_it_is_what_gluster_georep_info_returns() -> None:
    found = joined(node("n1", "u1", OWN), node("n2", "u2", OTHER))
    assert found.doubts == ()
    session = Session(ID, "far", State.ACTIVE, [ACTIVE, PASSIVE], [], CONFIG, MODIFIED, True, [[("n1", "/b"), ("n2", "/b")]], 2000.0, RECORD)
    told = CLUSTER._replace(sessions=[session]).to_result({("projects", "dr1::projects-dr"): 1000.0})
    assert found.info == {**told, "status": health.judged(merge(told["status"], [{"node_uuid": "u1", "sessions": []}]))}
    (status,) = found.info["status"]
    assert (status["state"], status["config"]["sync-jobs"], status["checkpoint"]["completed"]) == ("active", "5", True)
    assert status["last_proved"]["method"] == "tarssh" and status["stale"] == ["slave-timeout"]
    assert found.info["sessions"][0]["config"] == {"sync-jobs": "5"}


def test_a_start_after_the_proof_withdraws_it() -> None:
    found = joined(node("n1", "u1", OWN._replace(started=1e10)), node("n2", "u2", OTHER))
    assert found.info["status"][0]["last_proved"] is None


def test_a_cluster_without_sessions() -> None:
    found = joined(node("n1", "u1"), node("n2", "u2"))
    assert found.doubts == () and found.info["status"] == [] == found.info["sessions"]


@pytest.mark.parametrize("word", ["Created", "Stopped", "Paused"])
def test_sessions_at_rest(word: str) -> None:
    workers = [worker._replace(status=word) for worker in (Worker(*ACTIVE[:6]), PASSIVE)]
    found = joined(node("n1", "u1", OWN._replace(workers=workers[:1])), node("n2", "u2", OTHER._replace(workers=workers[1:])))
    assert found.doubts == () and found.info["status"][0]["state"] == word.lower()


ANOTHER = SessionId("projects", "dr1", "another", "root")
DOUBTS: list[tuple[str, list[dict[str, t.Any]], str]] = [
    ("a node that did not answer", [node("n1", "u1", OWN)], "no report from the node of n2:/b"),
    ("the node that read", [node("n2", "u2", OTHER)], "the node that read the volumes did not report"),
    ("a brick without a word", [node("n1", "u1", OWN), node("n2", "u2", VIEW)], "nothing from the worker of n2:/b"),
    ("a file that does not parse", [node("n1", "u1", OWN), node("n2", "u2", VIEW._replace(problem="it is corrupt"))], "n2: it is corrupt"),
    ("a session that a node does not know", [node("n1", "u1", OWN), node("n2", "u2")], "n2 knows other sessions"),
    ("one that only another knows", [node("n1", "u1", OWN), node("n2", "u2", OTHER, VIEW._replace(id=ANOTHER))], "n2 knows other sessions"),
]
for on_its_way in ("Initializing...", "Faulty", "N/A", "Config Corrupted"):
    DOUBTS.append((
        on_its_way, [node("n1", "u1", OWN), node("n2", "u2", OTHER._replace(workers=[PASSIVE._replace(status=on_its_way)]))],
        f"n2: the worker of n2:/b is {on_its_way}",
    ))  # fmt: skip

half = PASSIVE._replace(status="Stopped")
BOTH_PASSIVE = OWN._replace(workers=[ACTIVE._replace(status="Passive")])
DOUBTS.append(("half started", [node("n1", "u1", BOTH_PASSIVE), node("n2", "u2", OTHER._replace(workers=[half]))], "it is "))


@pytest.mark.parametrize(("nodes", "says"), [case[1:] for case in DOUBTS], ids=[case[0] for case in DOUBTS])
def test_what_only_gluster_can_say(nodes: list[dict[str, t.Any]], says: str) -> None:
    found = joined(*nodes)
    assert any(says in doubt for doubt in found.doubts), found.doubts
    assert found.info["status"] == [], "a part of the truth is none"


def test_a_session_of_a_volume_that_gluster_does_not_list() -> None:
    found = joined(node("n1", "u1", OWN), node("n2", "u2", OTHER), cluster=CLUSTER._replace(volumes={}))
    assert found.doubts == (f"{ID}: gluster does not list its primary volume",)


def test_a_node_that_gluster_does_not_reach() -> None:
    """Its own files may say Passive; gluster leaves its rows out."""
    away = CLUSTER._replace(peers=[CLUSTER.peers[0], CLUSTER.peers[1]._replace(connected=False)])
    found = joined(node("n1", "u1", OWN), node("n2", "u2", OTHER), cluster=away)
    assert found.doubts == (f"{ID}: gluster does not reach the node of n2:/b",)
