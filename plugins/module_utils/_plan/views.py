# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The sessions of a cluster as its nodes' own files tell of them, or why gluster has to be asked."""

from __future__ import annotations

import typing as t

from .._faults import health
from .._model.cluster import Cluster, Result, Session, Volume
from .._model.identity import SessionId
from .._model.node import Node
from .._model.node_view import SessionView
from .._model.states import State
from .._model.views import merge

#: What a session stays in, unless somebody changes it.
SETTLED = (State.CREATED, State.STOPPED, State.PAUSED, State.ACTIVE)


#: What each node says of each session, by glusterd's UUID of the node.
Known = t.Mapping[str, t.Mapping[SessionId, SessionView]]


class Joined(t.NamedTuple):
    """What the nodes' views make together."""

    info: Result  #: the given one; with ``sessions`` and ``status`` as gluster_georep_info returns them, if there are no doubts
    doubts: tuple[str, ...]  #: why the views are not whole, or not fresh: then gluster must be asked


def join(info: Result, nodes: t.Sequence[Node]) -> Joined:
    """Add the sessions to a reading of both sites that left them out.

    :param info: of one of the nodes, as gluster_georep_info returns it but for the sessions.
    :param nodes: all nodes of the primary cluster.
    """
    cluster = Cluster.from_result(info)
    views = {node.view.node_uuid: node.view for node in nodes if node.view and node.view.node_uuid}
    own = views.get(cluster.here or "")
    if own is None:
        return Joined(info, ("the node that read the volumes did not report its sessions",))
    by_id = {uuid: {session.id: session for session in view.sessions} for uuid, view in views.items()}
    names = {node.uuid: node.name for node in nodes}
    # glusterd gives every node the same list; one that was away or set up anew has another.
    doubts = [f"{names[uuid]} knows other sessions" for uuid, known in by_id.items() if known.keys() != by_id[cluster.here or ""].keys()]
    # A glusterd that hangs keeps its connections.
    doubts += [f"glusterd does not answer on {node.name}" for node in nodes if not node.glusterd_answers]
    sessions = []
    for view in own.sessions:
        volume = cluster.volumes.get(view.id.primary_volume)
        # gluster leaves out the rows of a node that it does not reach.
        away = [str(brick) for brick in (volume.bricks if volume else ()) if brick.node_uuid not in cluster.connected]
        found = [f"gluster does not reach the node of {', '.join(away)}"] if away else _doubts(view.id, volume, by_id, names)
        doubts += [f"{view.id}: {doubt}" for doubt in found]
        if volume and not found:
            session = _session(view, own.read_at, volume, by_id)
            doubts += [] if session.state in SETTLED else [f"{view.id}: it is {session.state.value}"]
            sessions.append(session)
    if doubts:
        return Joined(info, tuple(doubts))
    started = {(view.id.primary_volume, view.id.target): view.started for view in own.sessions if view.started is not None}
    told = cluster._replace(sessions=sessions).to_result(started)
    local = next(node.local for node in nodes if node.uuid == cluster.here)
    return Joined({**info, "sessions": told["sessions"], "status": health.judged(merge(told["status"], [local]), info.get("secondaries", ()))}, ())


def _doubts(session: SessionId, volume: Volume | None, views: Known, names: t.Mapping[t.Any, str]) -> list[str]:
    """Options that differ from node to node are none: the plan compares them by the nodes' own files, whoever told the rest."""
    if volume is None:
        return ["gluster does not list its primary volume"]
    silent = [str(brick) for brick in volume.bricks if brick.node_uuid not in views]
    if silent:
        return [f"no report from the node of {', '.join(silent)}"]
    uuids = dict.fromkeys(brick.node_uuid for brick in volume.bricks)
    found = [(uuid, views[uuid].get(session)) for uuid in uuids]
    doubts = [f"{names[uuid]}: {doubt}" for uuid, view in found for doubt in (view.doubts if view else ["the session is not registered there"])]
    told = {worker.place for _uuid, view in found if view for worker in view.workers}
    return doubts or [f"nothing from the worker of {brick}" for brick in volume.bricks if (brick.node, brick.path) not in told]


def _session(view: SessionView, read_at: float, volume: Volume, views: Known) -> Session:
    told = {worker.place: worker for uuid in {brick.node_uuid for brick in volume.bricks} for worker in views[uuid][view.id].workers}
    workers = [told[brick.node, brick.path] for brick in volume.bricks]
    made = Session(view.id, view.secondary_uuid, State.UNREADABLE, workers, [], view.config, view.modified, read_at=read_at, record=view.record)
    return made.refolded(volume)
