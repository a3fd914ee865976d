# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Which unprivileged accounts have to mount which secondary volumes, and on the nodes of which cluster. Touches nothing."""

from __future__ import annotations

import typing as t

from .._model.cluster import Cluster, Volume
from .._model.identity import SessionId
from .clusters import Uuids, apart, asked_id, goes_to, volume_id
from .mountbroker import by_account


def needed_mappings(sessions: t.Iterable[SessionId], cluster: Cluster) -> list[dict[str, t.Any]]:
    """For gluster_mountbroker, cluster by cluster."""
    clusters: dict[Uuids, list[SessionId]] = {}
    for session in sessions:
        clusters.setdefault(goes_to(session, cluster), []).append(session)
    return [
        {
            **mapping,
            "sessions": [session.directory for session in own if session.secondary_user == mapping["secondary_user"]],
            **_where(uuids, {session.secondary_volume: asked_id(session, cluster) for session in own}, mapping["secondary_volumes"]),
        }
        for uuids, own in clusters.items()
        for mapping in by_account((session.secondary_user, session.secondary_volume) for session in own)
    ]


def obsolete_mappings(
    gone: t.Iterable[SessionId], staying: t.Sequence[SessionId], cluster: Cluster
) -> tuple[list[dict[str, t.Any]], list[SessionId]]:
    """Which mappings no session needs any more, and the sessions whose mappings are on nodes that nobody can name."""
    found: dict[tuple[Uuids, str, str], dict[str, str | None]] = {}
    unclear = []
    for session in sorted(gone):
        uuids, uuid = goes_to(session, cluster), volume_id(session, cluster)
        needed = any(
            (other.secondary_user, other.secondary_volume) == (session.secondary_user, session.secondary_volume)
            and not apart(uuids, goes_to(other, cluster))
            for other in staying
        )
        if needed or session.secondary_user == "root":
            continue
        if uuids or uuid:
            found.setdefault((uuids, "" if uuids else session.secondary_host, session.secondary_user), {})[session.secondary_volume] = uuid
        else:
            unclear.append(session)
    return [
        {"secondary_user": user, "secondary_volumes": sorted(volumes), **_where(uuids, volumes, volumes)}
        for (uuids, _host, user), volumes in found.items()
    ], unclear


def by_hand(session: SessionId) -> dict[str, t.Any]:
    return {"secondary_user": session.secondary_user, "secondary_volumes": [session.secondary_volume]}


def mapping_to_verify(session: SessionId, volume: Volume) -> dict[str, t.Any]:
    return {**by_hand(session), "secondary_nodes": list(dict.fromkeys([session.secondary_host, *volume.nodes]))}


def _where(uuids: Uuids, volumes: t.Mapping[str, str | None], names: t.Iterable[str]) -> dict[str, t.Any]:
    """The nodes and the volumes that are meant, as gluster_mountbroker takes them."""
    known = {name: volumes[name] for name in names if volumes[name]}
    return {**({"node_uuids": sorted(uuids)} if uuids else {}), **({"volume_uuids": known} if known else {})}
