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

from .._model.cluster import Cluster, Secondary
from .._model.errors import invalid
from .._model.identity import SessionId
from .._model.node import Node

Uuids = frozenset[str]  #: glusterd's, of the nodes of a cluster; empty: not known
Managed = t.Mapping[str, t.Optional[str]]  #: inventory hosts of the secondary sites, and glusterd's UUID of each where it could be read


def uuids_of(secondary: Secondary | None) -> Uuids:
    """The nodes of a secondary host's cluster, by what the host said."""
    return secondary.uuids if secondary else frozenset()


def goes_to(session: SessionId, cluster: Cluster) -> Uuids:
    """The nodes of the cluster that a session goes to."""
    return uuids_of(cluster.secondaries.get(session.secondary_host))


def asked_id(session: SessionId, cluster: Cluster) -> str | None:
    """The UUID of a session's secondary volume, by what its host said."""
    secondary = cluster.secondaries.get(session.secondary_host)
    volume = secondary.volume(session.secondary_volume) if secondary else None
    return (volume.id or None) if volume else None


def volume_id(session: SessionId, cluster: Cluster) -> str | None:
    """The same; if its host does not answer, the UUID that the session was created with."""
    seen = cluster.find(session)
    return asked_id(session, cluster) or (seen.secondary_uuid if seen else None)


def apart(one: Uuids, other: Uuids) -> bool:
    """Whether these are two clusters for sure."""
    return bool(one and other) and not one & other


def hosts_in(uuids: Uuids, managed: Managed) -> list[str]:
    """The inventory hosts that are nodes of a cluster."""
    return [host for host, uuid in managed.items() if uuid in uuids]


def seen_in(uuids: Uuids, nodes: t.Iterable[Node]) -> list[Node]:
    """Of the nodes that were looked at those of a cluster; one without a UUID yet may be of any."""
    return [node for node in nodes if not uuids or (node.uuid or "") in ("", *uuids)]


def nodes_of(site: str, nodes: t.Iterable[Node]) -> list[Node]:
    return [node for node in nodes if node.site == site]


def check_managed(session: SessionId, secondary: Secondary | None, managed: Managed, prefix: str, option: str = "secondary_host") -> None:
    """:raises InvalidInput: Ansible has hosts of secondary sites, and none of them is a node of the cluster that this session is about."""
    uuids = uuids_of(secondary)
    if not uuids or hosts_in(uuids, managed):
        return
    silent = [host for host, uuid in managed.items() if not uuid]
    names = [name for volume in (secondary.volumes if secondary else ()) for name in volume.nodes]
    raise invalid(
        prefix + option,
        session.secondary_host if option == "secondary_host" else True,
        f"{session} needs a node of the cluster of {session.secondary_host}, and none of geo_replication_secondary_hosts "
        f"({', '.join(managed)}) is a node of that cluster."
        + (f" glusterd's UUID could not be read on {', '.join(silent)}." if silent else "")
        + " Nothing was changed.",
        "Add the inventory hosts of that cluster to geo_replication_secondary_hosts. In GlusterFS, its nodes are called "
        f"{', '.join(dict.fromkeys([session.secondary_host, *names]))}.",
    )
