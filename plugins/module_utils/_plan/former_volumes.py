# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Volumes that received sessions that go: which of them become writable for clients again, and why others stay as they are. Touches nothing."""

from __future__ import annotations

import typing as t

from .._model.cluster import Cluster
from .._model.identity import SessionId, spelled
from .clusters import Managed, Uuids, apart, goes_to, hosts_in, uuids_of, volume_id


class Former(t.NamedTuple):
    """A volume that received a session that goes, and that is to be writable again."""

    volume: str
    uuid: str | None  #: None: neither its host nor the session itself could say
    uuids: Uuids
    host: str


def to_open(
    absent: t.Sequence[t.Mapping[str, t.Any]],
    stay: t.Sequence[SessionId],
    cluster: Cluster,
    looked: t.Sequence[t.Mapping[str, t.Any]] = (),
    managed: bool = True,
) -> tuple[list[Former], list[str]]:
    """Former secondary volumes that the user wants writable again, and why others stay as they are.

    :param looked: secondary nodes that said whose sessions write through them.
    :param managed: whether the volumes are going to be opened, and not only named: then each has to be known for sure.
    """
    own = {peer.uuid for peer in cluster.peers}
    opened: list[Former] = []
    notes: list[str] = []
    for entry in (entry for entry in absent if entry["secondary_writable"]):
        host = entry["secondary_host"]
        former = Former(entry["secondary_volume"], entry.get("secondary_volume_id"), uuids_of(cluster.secondaries.get(host)), host)
        users = [str(session) for session in stay if _goes_into(session, former, cluster)]
        users += [
            f"{other['primary_volume']} of {other['primary_node']}"
            for node in looked
            if not former.uuids or node["node_uuid"] in former.uuids
            for other in node["receiving"]
            if other["secondary_volume"] == former.volume and other["primary_node_uuid"] not in own
        ]
        if users and (former.uuid or not managed):
            notes.append(f"{former.volume} stays read-only, because {', '.join(dict.fromkeys(users))} replicates into it.")
        elif (former.uuid, former.volume) not in [(one.uuid, one.volume) for one in opened]:
            opened.append(former)
    return opened, notes


def still_read_only(
    absent: t.Sequence[t.Mapping[str, t.Any]], stay: t.Sequence[SessionId], cluster: Cluster, directories: t.Sequence[t.Mapping[str, t.Any]]
) -> list[str]:
    """Former secondary volumes that clients may only read, each with the command that changes it; nobody asked for them to be writable.

    :param directories: whose volumes are deleted.
    """
    goes = {(spelled(entry["secondary_host"]), entry["directory"]) for entry in directories}
    found = []
    for entry in absent:
        host, secondary = entry["secondary_host"], cluster.secondaries.get(entry["secondary_host"])
        volume = secondary.volume(entry["secondary_volume"]) if secondary and not secondary.error else None
        if volume is None or not volume.read_only or entry["secondary_writable"]:
            continue
        former = Former(volume.name, volume.id or None, uuids_of(secondary), host)
        if any((spelled(host), brick.path) in goes for brick in volume.bricks) or any(_goes_into(session, former, cluster) for session in stay):
            continue
        found.append(f"clients of {volume.name} on {host} may only read it. To let clients write to it, run on {host}: {set_writable(volume.name)}")
    return list(dict.fromkeys(found))


def set_writable(volume: str) -> str:
    return f"gluster volume set {volume} features.read-only off"


def _goes_into(session: SessionId, former: Former, cluster: Cluster) -> bool:
    """Whether a session that stays may replicate into that volume: one of its name in another cluster is another one."""
    uuid = volume_id(session, cluster)
    if uuid and former.uuid:
        return uuid == former.uuid
    return session.secondary_volume == former.volume and not apart(former.uuids, goes_to(session, cluster))


def hosts_for(former: Former, reachable: Managed) -> list[str]:
    """A node of its cluster; where nobody knows which those are, all nodes: the volume's UUID tells."""
    return hosts_in(former.uuids, reachable)[:1] if former.uuids else list(reachable)


def not_opened(opened: t.Sequence[Former], reachable: Managed) -> list[str]:
    """Volumes of which nobody can tell which they are, or that no node can be asked to open."""
    unclear = [one for one in opened if not one.uuid]
    unreached = [one for one in opened if one.uuid and not hosts_for(one, reachable)]
    return [
        f"{one.volume} was not made writable: {one.host} does not report its volumes, so the volume cannot be identified. Run again when {one.host} answers."
        for one in unclear
    ] + [f"{one.volume} was not made writable: no node of the cluster of {one.host} could be reached. Run again when its nodes are back." for one in unreached]
