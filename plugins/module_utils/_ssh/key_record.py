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

from .._model import errors
from . import accounts, authorized_keys, georep_keys, keys

NAME = "distributed_keys.json"


class Site(t.NamedTuple):
    """Where lines were brought: no other node is ever logged in to in order to take them away."""

    secondary_host: str
    secondary_user: str
    ssh_port: int
    secondary_nodes: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str, int]:
        return (self.secondary_host.lower(), self.secondary_user, self.ssh_port)

    def as_dict(self) -> dict[str, t.Any]:
        """For results."""
        return {**self._asdict(), "secondary_nodes": list(self.secondary_nodes)}


class Record(t.NamedTuple):
    """Lines that were brought, and the ids of the volumes that the cluster had then.

    A node that leaves a cluster loses its volumes and keeps its files: with none of these volumes here, the record is
    that of another cluster.
    """

    volumes: tuple[str, ...]
    lines: tuple[str, ...]
    sites: tuple[Site, ...] = ()


def identity(line: str) -> tuple[str, str] | None:
    """The key on a line, whatever stands around it."""
    entry = authorized_keys.parse_line(line)
    return entry.key.identity if entry else None


def volume_ids(folder: str) -> tuple[str, ...]:
    """The volumes of this node's cluster, from glusterd's files beside the folder ``geo-replication``."""
    found = []
    vols = os.path.join(os.path.dirname(folder.rstrip("/")), "vols")
    for name in sorted(os.listdir(vols)) if os.path.isdir(vols) else []:
        try:
            with open(os.path.join(vols, name, "info"), encoding="utf-8", errors="replace") as file:
                found += [line.split("=", 1)[1].strip() for line in file if line.startswith("volume-id=")]
        except OSError:  # a volume that is being deleted just now
            continue
    return tuple(found)


def read(folder: str = georep_keys.GEOREP_DIR) -> Record | None:
    """The record of this node's cluster; None where there is none, or only that of another cluster."""
    path = f"{folder}/{NAME}"
    try:
        with open(path, encoding="utf-8") as file:
            raw = json.load(file)
        sites = tuple(Site(**{**one, "secondary_nodes": tuple(one["secondary_nodes"])}) for one in raw["sites"])
        record = Record(tuple(map(str, raw["volumes"])), tuple(map(str, raw["keys"])), sites)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError) as exc:
        raise errors.UnreadableOutput(
            f"{path} cannot be read ({exc}).",
            remedy="Move it away. Keys of nodes that have left the cluster are not recognised then.",
        ) from exc
    return record if set(record.volumes) & set(volume_ids(folder)) else None


def extended(
    record: Record | None, lines: t.Iterable[str], volumes: tuple[str, ...], sites: t.Iterable[Site] = ()
) -> Record | None:
    """The record with these lines and sites too, and of the volumes that there are now; None when it is as it has to be."""
    known = record or Record((), ())
    there = {identity(line) for line in known.lines}
    missing = [line for line in lines if identity(line) not in there | {None}]
    places = {site.key: site for site in known.sites}
    for site in sites:
        nodes = (*(places[site.key].secondary_nodes if site.key in places else ()), *site.secondary_nodes)
        places[site.key] = site._replace(secondary_nodes=tuple(dict.fromkeys(nodes)))
    # The volumes that were there first may be deleted while sessions of later ones stay.
    outdated = bool(known.lines or known.sites) and set(known.volumes) != set(volumes)
    # A cluster without volumes has no sessions, and nothing by which to know itself again.
    if not volumes or (not missing and not outdated and tuple(places.values()) == known.sites):
        return None
    return Record(volumes, (*known.lines, *missing), tuple(places.values()))


def reduced(record: Record | None, lines: t.Iterable[str], sites: t.Iterable[Site] = ()) -> Record | None:
    """The record without these lines and sites; None when none of them is in it."""
    gone = {identity(line) for line in lines}
    left = {site.key for site in sites}
    if record is None:
        return None
    found = Record(
        record.volumes,
        tuple(line for line in record.lines if identity(line) not in gone),
        tuple(site for site in record.sites if site.key not in left),
    )
    return None if found == record else found


def write(record: Record, folder: str = georep_keys.GEOREP_DIR) -> None:
    content = {"volumes": record.volumes, "keys": record.lines, "sites": [site._asdict() for site in record.sites]}
    text = json.dumps(content, indent=2) + "\n"
    accounts.LocalFiles().replace(f"{folder}/{NAME}", keys.encode(text), 0o600, os.geteuid(), os.getegid())


def shown(record: Record | None) -> list[str]:
    """For results and diffs: the keys without their keys, where they were brought, and by what the cluster knows itself again."""
    if record is None:
        return []
    sites = [f"{site.secondary_user} on {', '.join(site.secondary_nodes)} port {site.ssh_port}" for site in record.sites]
    return [*described(record.lines), *sites, f"volumes {', '.join(sorted(record.volumes))}"]


def described(lines: t.Iterable[str]) -> list[str]:
    """For results: fingerprints and comments."""
    entries = [entry for entry in map(authorized_keys.parse_line, lines) if entry]
    return [keys.printable(entry.key.describe()) for entry in entries]
