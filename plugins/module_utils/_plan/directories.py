# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The directories that sessions of the role go to: whose volumes have to change, and what those volumes will be. Touches nothing."""

from __future__ import annotations

import typing as t

from .declaration import complete_declared
from .directory import NOT_EMPTY


def directories_to_do(declared: t.Sequence[t.Mapping[str, t.Any]], info: t.Mapping[str, t.Any], read_only: bool = True) -> dict[str, t.Any]:
    """The declared directories whose volumes are not as they are to be, as gluster_georep_directory takes them.

    What was read of the other site anyway says it for all those that are in order, so that nobody else has to be asked.

    :returns: ``present`` and ``absent``.
    :raises InvalidInput: naming the entry and option at fault.
    """
    completed = [entry for entry in complete_declared(declared) if "secondary_directory" in entry]
    far = {entry["secondary_host"]: entry for entry in info["secondaries"]}
    stay = {(entry["secondary_host"], entry["secondary_directory"]) for entry in completed if entry["state"] != "absent"}
    present, absent = [], []
    for entry in completed:
        host = far.get(entry["secondary_host"])
        silent = host is None or bool(host["error"])
        volume = next((volume for volume in host["volumes"] if volume["name"] == entry["secondary_volume"]), None) if host else None
        item = {"secondary_host": entry["secondary_host"], "directory": entry["secondary_directory"]}
        # Nodes of several sites may take one name for their own.
        own = host["node_uuid"] if host else None
        node = {"node_uuid": own} if own else {}
        if entry["state"] != "absent":
            as_it_is_to_be = (
                not silent and volume is not None and volume["status"] == "Started" and not volume.get("taking_in")
                and (volume["read_only"] or not read_only)
                and [(brick["node_uuid"], brick["path"]) for brick in volume["bricks"]] == [(own, entry["secondary_directory"])]
            )
            if not as_it_is_to_be:
                accept = [NOT_EMPTY] if NOT_EMPTY in entry["accept"] else []
                present.append(dict(item, state="present", accept=accept, **node, **({"read_only": True} if read_only else {})))
        elif (silent or volume is not None) and tuple(item.values()) not in stay:
            absent.append(dict(item, state="absent", **node))
    return {"present": present, "absent": absent}


def with_coming(info: t.Mapping[str, t.Any], looked: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """What was read, with the volumes over directories as they are going to be.

    :param looked: results of gluster_georep_directory in check mode, one a node; those of a loop have their host as ``item``.
    """
    coming: dict[str, list[t.Mapping[str, t.Any]]] = {}
    claimed: dict[str, list[str]] = {}
    for result in looked:
        for entry in result.get("directories", ()):
            coming.setdefault(entry["secondary_host"], []).append(entry)
            claimed.setdefault(entry["secondary_host"], []).append(result.get("item", ""))
    secondaries = []
    for host in info["secondaries"]:
        entries = coming.get(host["secondary_host"], [])
        names = {entry["secondary_volume"] for entry in entries}
        volumes = [volume for volume in host["volumes"] if volume["name"] not in names] + [_coming_volume(entry) for entry in entries]
        secondaries.append({**host, **(_known_by(entries[0], host) if entries else {}), "volumes": volumes})
    lacking = {result["item"]: lack for result, lack in _lacks(looked) if any(lack.values())}
    several = {host: nodes for host, nodes in ((host, list(dict.fromkeys(nodes))) for host, nodes in claimed.items()) if len(nodes) > 1}
    return {**info, "secondaries": secondaries, "lacking": lacking, "found_hosts": list(coming), "claimed_twice": several}


def _known_by(entry: t.Mapping[str, t.Any], host: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What a node says of itself, and its cluster, where its glusterd may not have been there to be asked."""
    uuids = [uuid for uuid in dict.fromkeys([*host.get("cluster_uuids", ()), entry["node_uuid"], *entry.get("cluster_uuids", ())]) if uuid]
    return {"error": None, "node_uuid": entry["node_uuid"] or host["node_uuid"], "cluster_uuids": uuids}


def _lacks(looked: t.Sequence[t.Mapping[str, t.Any]]) -> t.Iterator[tuple[t.Mapping[str, t.Any], dict[str, t.Any]]]:
    for result in looked:
        packages = list(result.get("lacking", {}).get("packages", ()))
        if packages or result.get("missing_library") == "lxml":
            packages.append("python3-lxml")
        yield result, {"packages": packages, "service": result.get("lacking", {}).get("service", "")}


def _coming_volume(entry: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        "name": entry["secondary_volume"],
        "id": None,
        "status": entry["after"]["status"],
        "type": "Distribute",
        "bricks": [{"node": entry["secondary_host"], "path": entry["directory"], "node_uuid": entry["node_uuid"]}],
        "set_size": 1,
        "read_only": entry["after"]["read_only"],
        "coming": entry["before"]["status"] != "Started",
        "cluster_uuids": [uuid for uuid in dict.fromkeys([entry["node_uuid"], *entry.get("cluster_uuids", ())]) if uuid],
        **{name: entry[name] for name in ("size", "used", "available", "entries")},
    }
