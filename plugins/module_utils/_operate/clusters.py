# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Which cluster a secondary host is of, and which of Ansible's own hosts are nodes of it. Touches nothing.

Volumes of two clusters may have one name. So a volume is meant by its cluster and its UUID, and a cluster by its nodes' UUIDs.
"""

from __future__ import annotations

import typing as t

from .._model.errors import invalid
from .._model.identity import SessionId

Cluster = frozenset[str]  #: glusterd's UUIDs of its nodes; empty: nobody could tell
Managed = t.Mapping[str, t.Optional[str]]  #: inventory hosts of the secondary sites, and glusterd's UUID of each where it could be read


def cluster_of(far: t.Mapping[str, t.Any] | None) -> Cluster:
    """By what a secondary host told of itself, see gluster_georep_info."""
    if far is None:
        return frozenset()
    bricks = [brick["node_uuid"] for volume in far["volumes"] for brick in volume["bricks"]]
    return frozenset(uuid for uuid in (far["node_uuid"], *far.get("cluster_uuids", ()), *bricks) if uuid)


def uuid_of(far: t.Mapping[str, t.Any], session: SessionId) -> str | None:
    """The UUID of a session's secondary volume, by what its host told."""
    host = far.get(session.secondary_host) or {"volumes": ()}
    return next((volume.get("id") for volume in host["volumes"] if volume["name"] == session.secondary_volume), None)


def volume_id(session: SessionId, far: t.Mapping[str, t.Any], by_id: t.Mapping[SessionId, t.Mapping[str, t.Any]]) -> str | None:
    """The same; where its host does not answer, the UUID that the session was created with."""
    return uuid_of(far, session) or (by_id[session]["secondary_volume_id"] if session in by_id else None)


def apart(one: Cluster, other: Cluster) -> bool:
    """Whether these are two clusters for sure."""
    return bool(one and other) and not one & other


def hosts_in(cluster: Cluster, managed: Managed) -> list[str]:
    """The inventory hosts that are nodes of a cluster."""
    return [host for host, uuid in managed.items() if uuid in cluster]


def seen_in(cluster: Cluster, nodes: t.Iterable[t.Mapping[str, t.Any]]) -> list[t.Mapping[str, t.Any]]:
    """Of the results of gluster_georep_preflight those of a cluster's nodes; one without a UUID yet may be of any."""
    return [node for node in nodes if not cluster or (node["facts"].get("node_uuid") or "") in ("", *cluster)]


def check_managed(session: SessionId, far: t.Mapping[str, t.Any] | None, managed: Managed, prefix: str, option: str = "secondary_host") -> None:
    """:raises InvalidInput: Ansible has hosts of secondary sites, and none of them is a node of the cluster that this session is about."""
    cluster = cluster_of(far)
    if not cluster or hosts_in(cluster, managed):
        return
    silent = [host for host, uuid in managed.items() if not uuid]
    names = [brick["node"] for volume in (far or {"volumes": ()})["volumes"] for brick in volume["bricks"]]
    raise invalid(
        prefix + option,
        session.secondary_host if option == "secondary_host" else True,
        f"{session} needs a node of the cluster of {session.secondary_host}, and none of geo_replication_secondary_hosts "
        f"({', '.join(managed)}) is a node of that cluster."
        + (f" glusterd's UUID could not be read on {', '.join(silent)}." if silent else "")
        + " Nothing was changed.",
        "Add the inventory hosts of that cluster to geo_replication_secondary_hosts. Its nodes are called "
        f"{', '.join(dict.fromkeys([session.secondary_host, *names]))} there.",
    )
