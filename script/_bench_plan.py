# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's own cost: the plan of a run that changes nothing, for a recorded session blown up to many nodes and sessions.

script/bench --only plan. Needs no lab. Prints the CPU seconds of each half: putting the nodes' views together, and the whole plan.
"""

from __future__ import annotations

import sys
import time
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "unit"))

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import sessions, xml
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import Answer
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import (
    Brick,
    Cluster,
    Peer,
    Secondary,
    Volume,
    Worker,
)
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import nodes_from
from ansible_collections.glusterops.georep.plugins.module_utils._model.node_view import NodeView, SessionView
from ansible_collections.glusterops.georep.plugins.module_utils._plan.run import Found, Settings, plan_run
from ansible_collections.glusterops.georep.plugins.module_utils._plan.views import join
from ansible_collections.glusterops.georep.tests.unit.nodes import looked, way
from ansible_collections.glusterops.georep.tests.unit.recorded import recorded

HOST = "secondary1"


def blown_up(nodes: int, count: int) -> tuple[list[dict[str, t.Any]], dict[str, t.Any], list[dict[str, t.Any]]]:
    """Sessions as the role's input, a reading of both sites, and what each node tells: replica 2, each volume on two nodes in turn, all Active."""
    tape = recorded("10.3", "config-running")
    config = sessions.Config.from_raw(
        {child.tag: (child.text or "").strip() for child in xml.parse(Answer(tape.argv, *tape.answer)).root.iterfind("geoRep/config/*")}
    )
    names = [f"node{number}" for number in range(nodes)]
    uuids = {name: f"{number:08d}-1111-4111-8111-111111111111" for number, name in enumerate(names)}
    volumes, views = {}, {name: [] for name in names}
    declared, far = [], []
    for number in range(count):
        own = (names[(2 * number) % nodes], names[(2 * number + 1) % nodes])
        volume, target = f"v{number}", f"v{number}-dr"
        bricks = [Brick(name, f"/bricks/{volume}", uuids[name]) for name in own]
        volumes[volume] = Volume(volume, f"{number:08d}-2222-4222-8222-222222222222", "Started", "Replicate", bricks, 2, {})
        bricks = [Brick(HOST, f"/b/{target}", "far")]
        far.append(Volume(target, f"{number:08d}-3333-4333-8333-333333333333", "Started", "Replicate", bricks, 1, {"features.read-only": "on"}))
        session = SessionId(volume, HOST, target, "root")
        declared.append({"primary_volume": volume, "secondary_host": HOST, "secondary_volume": target, "config": {"sync-method": "tarssh"}})
        for name in names:
            workers = [Worker(name, f"/bricks/{volume}", uuids[name], "Active" if name == own[0] else "Passive")] if name in own else []
            view = SessionView(session, far[-1].id, workers, None, record="proved 2026-11-22T08:38:16Z, lag 17.3 s, tarssh, 0 restarts")
            views[name].append(view._replace(config=config, modified=frozenset(["sync-method"])) if name == names[0] else view)
    peers = [Peer("localhost" if name == names[0] else name, uuids[name], True) for name in names]
    cluster = Cluster([], volumes, peers, "10.3", {HOST: Secondary(HOST, None, None, "far", ("far",), tuple(far))}, here=uuids[names[0]])
    looks = []
    for name in names:
        node = looked(name, "primary", None)
        node["facts"].update(node_uuid=uuids[name], sessions={view.id.directory: {"sync-method": "tarssh"} for view in views[name]})
        node.update(view=NodeView(uuids[name], time.time(), views[name]).to_result(), local={"node_uuid": uuids[name], "sessions": []}, ways=[way(HOST)])
        looks.append({**node, "item": name})
    return declared, {**cluster.to_result(), "from_views": True}, looks


def main() -> None:
    print(f"{'nodes':>6} {'sessions':>9} {'views':>9} {'plan':>9}")
    for nodes, count in ((2, 10), (10, 100), (50, 500), (100, 500)):
        declared, info, looks = blown_up(nodes, count)
        started = time.process_time()
        joined = join(info, nodes_from(looks))
        views = time.process_time() - started
        if joined.doubts:
            sys.exit(f"the views are not whole: {joined.doubts[:3]}")
        started = time.process_time()
        plan = plan_run(Settings(declared, [node["item"] for node in looks], secondary_read_only=False), Found.from_results(info, looks))
        print(f"{nodes:>6} {count:>9} {views:>7.2f} s {time.process_time() - started:>7.2f} s  {plan.get('doubts', '')}", flush=True)
    print("goal: the plan of 100 nodes and 500 sessions under 2 s")


if __name__ == "__main__":
    main()
