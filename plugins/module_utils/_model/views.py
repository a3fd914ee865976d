# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What the nodes know of their own workers, put to what gluster's status tells of them.

Pure: the standard library only.
"""

from __future__ import annotations

import typing as t

from .identity import SessionId, session_of

Entry = t.Mapping[str, t.Any]


class Views:
    """What the primary nodes told of themselves, found by glusterd's UUID, session and brick.

    :param views: ``local`` of gluster_georep_info, from any of the nodes; None for a node that was not read.
    """

    def __init__(self, views: t.Iterable[Entry | None]) -> None:
        told = [view for view in views if view]
        self.read = {view["node_uuid"] for view in told}
        self._bricks = {
            (view["node_uuid"], session_of(session), brick["brick"]): brick
            for view in told
            for session in view["sessions"]
            for brick in session["bricks"]
        }

    def worker(self, uuid: str, session: SessionId, brick: str) -> Entry | None:
        return self._bricks.get((uuid, session, brick))


def merge(status: t.Iterable[Entry], views: t.Iterable[Entry | None]) -> list[dict[str, t.Any]]:
    """The sessions with what their nodes know of the workers.

    :param status: as gluster_georep_info returns it; may be merged already.
    :param views: see :class:`Views`.
    """
    known = Views(views)
    return [_with_views(entry, known) for entry in status]


def _with_views(entry: Entry, known: Views) -> dict[str, t.Any]:
    session = session_of(entry)
    workers = [_worker(worker, known.worker(worker["node_uuid"], session, worker["brick"])) for worker in entry["workers"]]
    made = {**entry, "workers": workers}
    lags = [worker["lag_seconds"] for worker in workers if worker["status"] == "Active"]
    # One replica set that does not tell makes it unknown, whatever others know.
    if entry["lag_seconds"] is not None and lags and None not in lags:
        made["lag_seconds"] = max(lags)
        tells = [worker["caught_up"] for worker in workers if worker["status"] == "Active"]
        made["caught_up"] = False if False in tells else None if None in tells else True
    return made


def _worker(worker: Entry, view: Entry | None) -> dict[str, t.Any]:
    made = {"caught_up": None, "waiting_since": None, "stalled": None, "last_error": None, "fault": None, **worker}
    if view is None:
        return made
    made["secondary_node"] = worker["secondary_node"] or view["secondary_node"]
    if worker["status"] == "Active":
        if view["caught_up"] is not None:
            made.update({name: view[name] for name in ("caught_up", "waiting_since", "stalled", "lag_seconds")})
    elif worker["status"] != "Passive":
        made.update(last_error=view["last_error"], fault=view["fault"])
    return made
