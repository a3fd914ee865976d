# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The directories that sessions of the role go to: whose volumes have to change, and what those volumes will be. Touches nothing."""

from __future__ import annotations

import dataclasses
import typing as t

from .._model.cluster import Brick, Cluster, Planned, Secondary, Volume
from .declaration import Entry
from .directory import NOT_EMPTY

Result = t.Mapping[str, t.Any]  #: of gluster_georep_directory, or a part of it


def directories_to_do(entries: t.Iterable[Entry], cluster: Cluster, read_only: bool = True) -> dict[str, list[dict[str, t.Any]]]:
    """The declared directories whose volumes have to change, as gluster_georep_directory takes them.

    What the secondary hosts said tells of all those that are in order, so that no node has to be asked about them.

    :returns: ``present`` and ``absent``.
    """
    declared = [(entry, entry.directory) for entry in entries if entry.directory]
    stay = {(entry.wanted.id.secondary_host, path) for entry, path in declared if entry.wanted.state != "absent"}
    present, absent = [], []
    for entry, path in declared:
        host = entry.wanted.id.secondary_host
        secondary = cluster.secondaries.get(host) or Secondary(host, "not asked")
        volume = secondary.volume(entry.wanted.id.secondary_volume)
        # Nodes of several sites may take one name for their own.
        item = {"secondary_host": host, "directory": path, **({"node_uuid": secondary.node_uuid} if secondary.node_uuid else {})}
        if entry.wanted.state != "absent":
            if secondary.error or not _is_ready(volume, secondary, path, read_only):
                accept = [NOT_EMPTY] if NOT_EMPTY in entry.given["accept"] else []
                present.append({**item, "state": "present", "accept": accept, **({"read_only": True} if read_only else {})})
        elif (secondary.error or volume) and (host, path) not in stay:
            absent.append({**item, "state": "absent"})
    return {"present": present, "absent": absent}


def _is_ready(volume: Volume | None, secondary: Secondary, path: str, read_only: bool) -> bool:
    if volume is None or not volume.started or volume.taking_in or (read_only and not volume.read_only):
        return False
    return [(brick.node_uuid, brick.path) for brick in volume.bricks] == [(secondary.node_uuid, path)]


class Looked(t.NamedTuple):
    """What the nodes said of the directories, in check mode."""

    cluster: Cluster  #: with the volumes over directories as they will be
    lacking: dict[str, dict[str, t.Any]]  #: inventory host -> packages and the service that it lacks
    found_hosts: list[str]  #: secondary hosts that a node took for itself
    claimed_twice: dict[str, list[str]]  #: those that several nodes took for themselves, and these nodes


def with_planned(cluster: Cluster, looked: t.Iterable[Result]) -> Looked:
    """:param looked: results of gluster_georep_directory in check mode, one a node; those of a loop have their host as ``item``."""
    planned: dict[str, list[Result]] = {}
    claimed: dict[str, list[str]] = {}
    lacking = {}
    for result in looked:
        lack = _lack(result)
        if any(lack.values()):
            lacking[result["item"]] = lack
        for entry in result.get("directories", ()):
            planned.setdefault(entry["secondary_host"], []).append(entry)
            claimed.setdefault(entry["secondary_host"], []).append(result.get("item", ""))
    secondaries = {host: _with_volumes(secondary, planned.get(host, ())) for host, secondary in cluster.secondaries.items()}
    several = {host: list(dict.fromkeys(nodes)) for host, nodes in claimed.items() if len(set(nodes)) > 1}
    return Looked(cluster._replace(secondaries=secondaries), lacking, list(planned), several)


def _lack(result: Result) -> dict[str, t.Any]:
    """A node without GlusterFS says itself whether it has the library; another one fails where it would need it."""
    packages = [*result.get("lacking", {}).get("packages", ()), *(["python3-lxml"] if result.get("missing_library") == "lxml" else [])]
    return {"packages": packages, "service": result.get("lacking", {}).get("service", "")}


def _with_volumes(secondary: Secondary, entries: t.Sequence[Result]) -> Secondary:
    """What a node says of itself, and its cluster, counts where its glusterd may not have been there to be asked."""
    if not entries:
        return secondary
    names = {entry["secondary_volume"] for entry in entries}
    first = entries[0]
    return dataclasses.replace(
        secondary,
        error=None,
        node_uuid=first["node_uuid"] or secondary.node_uuid,
        cluster_uuids=_uuids(*secondary.cluster_uuids, first["node_uuid"], *first.get("cluster_uuids", ())),
        volumes=(*(volume for volume in secondary.volumes if volume.name not in names), *map(_planned_volume, entries)),
    )


def _uuids(*uuids: str | None) -> tuple[str, ...]:
    return tuple(uuid for uuid in dict.fromkeys(uuids) if uuid)


def _planned_volume(entry: Result) -> Volume:
    planned = Planned(
        entry["size"], entry["used"], entry["available"], tuple(entry["entries"]), _uuids(entry["node_uuid"], *entry.get("cluster_uuids", ())),
        entry["before"]["status"] != "Started",
    )  # fmt: skip
    bricks = [Brick(entry["secondary_host"], entry["directory"], entry["node_uuid"] or "")]
    options = {"features.read-only": "on"} if entry["after"]["read_only"] else {}
    return Volume(entry["secondary_volume"], "", entry["after"]["status"], "Distribute", bricks, 1, options, planned)
