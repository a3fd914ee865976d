# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What the nodes themselves know, put to what gluster's status tells of their workers."""

from __future__ import annotations

import typing as t

from .._georep import health

_IDENTITY = ("primary_volume", "secondary_host", "secondary_volume", "secondary_user")
Known = dict[tuple[t.Any, ...], t.Mapping[str, t.Any]]


def merge(status: t.Sequence[t.Mapping[str, t.Any]], views: t.Sequence[t.Mapping[str, t.Any] | None]) -> list[dict[str, t.Any]]:
    """The sessions with what their nodes know of the workers, and judged by it.

    :param status: as gluster_georep_info returns it; may be merged already.
    :param views: ``local`` of gluster_georep_info, from any of the nodes.
    """
    known: Known = {
        (view["node_uuid"], *_key(session), brick["brick"]): brick
        for view in views
        if view
        for session in view["sessions"]
        for brick in session["bricks"]
    }
    return [_with_views(entry, known) for entry in status]


def _key(entry: t.Mapping[str, t.Any]) -> tuple[t.Any, ...]:
    return tuple(entry[name] for name in _IDENTITY)


def _with_views(entry: t.Mapping[str, t.Any], known: Known) -> dict[str, t.Any]:
    workers = [_worker(worker, known.get((worker["node_uuid"], *_key(entry), worker["brick"]))) for worker in entry["workers"]]
    made = {**entry, "workers": workers}
    lags = [worker["lag_seconds"] for worker in workers if worker["status"] == "Active"]
    # One replica set that does not tell makes it unknown, whatever others know.
    if entry["lag_seconds"] is not None and lags and None not in lags:
        made["lag_seconds"] = max(lags)
        tells = [worker["caught_up"] for worker in workers if worker["status"] == "Active"]
        made["caught_up"] = False if False in tells else None if None in tells else True
    made["health"] = health.judge(made)
    return made


def _worker(worker: t.Mapping[str, t.Any], view: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
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
