# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Which keys this cluster has brought to others: a record beside gluster's own files, on every primary node.

Nothing in a line of authorized_keys says which cluster it belongs to, and gluster forgets the keys of nodes that have
left when it gathers again. What the record holds may be taken away later; all else is somebody else's.
"""

from __future__ import annotations

import json
import os
import typing as t

from .._gluster import store
from .._model import errors, identity, key_lines
from .._model.destination import Destination
from . import account_files, georep_keys, keys

NAME = "distributed_keys.json"


class Record(t.NamedTuple):
    """Lines that were brought, and the ids of the volumes that the cluster had then.

    A node that leaves a cluster loses its volumes and keeps its files: with none of these volumes here, the record is
    that of another cluster.
    """

    volumes: tuple[str, ...]
    lines: tuple[str, ...]
    destinations: tuple[Destination, ...] = ()


def volume_ids(folder: str) -> tuple[str, ...]:
    """The volumes of this node's cluster, from glusterd's files beside the folder ``geo-replication``."""
    return store.volume_ids(os.path.dirname(folder.rstrip("/")))


def read(folder: str = georep_keys.GEOREP_DIR) -> Record | None:
    """The record of this node's cluster; None where there is none, or only that of another cluster."""
    path = f"{folder}/{NAME}"
    try:
        with open(path, encoding="utf-8") as file:
            raw = json.load(file)
        places = tuple(Destination(**{**one, "secondary_nodes": tuple(one["secondary_nodes"])}) for one in raw["sites"])
        record = Record(tuple(map(str, raw["volumes"])), tuple(map(str, raw["keys"])), places)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError) as exc:
        raise errors.UnreadableOutput(
            f"{path} cannot be read ({exc}).",
            remedy="Move this file to another folder. After that, keys of nodes that have left the cluster are no longer recognised.",
        ) from exc
    return record if set(record.volumes) & set(volume_ids(folder)) else None


def extended(
    record: Record | None, lines: t.Iterable[str], volumes: tuple[str, ...], destinations: t.Iterable[Destination] = ()
) -> Record | None:
    """The record with these lines and destinations too, and of the volumes that there are now; None when it is as it has to be."""
    known = record or Record((), ())
    there = {key_lines.identity(line) for line in known.lines}
    missing = [line for line in lines if key_lines.identity(line) not in there | {None}]
    places = {place.key: place for place in known.destinations}
    for place in destinations:
        nodes = (*(places[place.key].secondary_nodes if place.key in places else ()), *place.secondary_nodes)
        names: dict[str, str] = {}
        for name in nodes:
            names.setdefault(identity.spelled(name), name)
        places[place.key] = (places.get(place.key) or place)._replace(secondary_nodes=tuple(names.values()))
    # The volumes that were there first may be deleted while sessions of later ones stay.
    outdated = bool(known.lines or known.destinations) and set(known.volumes) != set(volumes)
    # A cluster without volumes has no sessions, and nothing by which to know itself again.
    if not volumes or (not missing and not outdated and tuple(places.values()) == known.destinations):
        return None
    return Record(volumes, (*known.lines, *missing), tuple(places.values()))


def reduced(record: Record | None, lines: t.Iterable[str], destinations: t.Iterable[Destination] = ()) -> Record | None:
    """The record without these lines and destinations; None when none of them is in it."""
    gone = {key_lines.identity(line) for line in lines}
    left = {place.key for place in destinations}
    if record is None:
        return None
    found = Record(
        record.volumes,
        tuple(line for line in record.lines if key_lines.identity(line) not in gone),
        tuple(place for place in record.destinations if place.key not in left),
    )
    return None if found == record else found


def write(record: Record, folder: str = georep_keys.GEOREP_DIR) -> None:
    content = {"volumes": record.volumes, "keys": record.lines, "sites": [place._asdict() for place in record.destinations]}
    text = json.dumps(content, indent=2) + "\n"
    account_files.LocalFiles().replace(f"{folder}/{NAME}", keys.encode(text), 0o600, os.geteuid(), os.getegid())


def shown(record: Record | None) -> list[str]:
    """For results and diffs: the keys without their keys, where they were brought, and by what the cluster knows itself again."""
    if record is None:
        return []
    places = [f"{place.secondary_user} on {', '.join(place.secondary_nodes)} port {place.ssh_port}" for place in record.destinations]
    return [*key_lines.described(record.lines), *places, f"volumes {', '.join(sorted(record.volumes))}"]
