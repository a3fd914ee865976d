# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What people declared, held against a cluster for a report: nothing here may keep the rest from being told."""

from __future__ import annotations

import typing as t

from .._faults.health import Declared
from .._model import identity
from .._model.cluster import Cluster
from .._model.errors import InvalidInput
from .._model.identity import SessionId
from .clusters import asked_id
from .decide import as_read, recognise
from .declaration import LABEL, Entry, read_declaration
from .role import Options, plan_role


def asked_of(declared: t.Sequence[t.Mapping[str, t.Any]], info: t.Mapping[str, t.Any]) -> dict[SessionId, Declared]:
    """State and RPO of each declared session, by the name that the cluster has for it.

    :raises InvalidInput: naming the entry and option at fault.
    """
    return _asked_of(read_declaration(declared), Cluster.from_result(info))


def _asked_of(entries: t.Iterable[Entry], cluster: Cluster) -> dict[SessionId, Declared]:
    return {_known_name(entry, cluster): Declared(entry.wanted.state, entry.rpo) for entry in entries}


def _known_name(entry: Entry, cluster: Cluster) -> SessionId:
    known = recognise(entry.wanted, cluster, as_read(cluster), entry.prefix)[0].id
    alike = [other for other in cluster.ids if identity.alike(entry.wanted.id, other)]
    # Where nobody asked the other site for its volumes, one of that volume's name is taken for the one that is meant.
    return alike[0] if known not in cluster.ids and len(alike) == 1 and asked_id(entry.wanted.id, cluster) is None else known


def drift_of(
    declared: t.Sequence[t.Mapping[str, t.Any]], info: t.Mapping[str, t.Any], versions: t.Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """How a cluster differs from the declaration, entry by entry: one that cannot be compared does not hide the others.

    :param versions: of GlusterFS, by the secondary node that was asked for it.
    """
    cluster = Cluster.from_result(info)
    steps: list[str] = []
    errors: list[str] = []
    known: set[SessionId] = set()
    for index, entry in enumerate(declared):
        try:
            entries = read_declaration([entry])
            known.update(_asked_of(entries, cluster))
            steps += plan_role(entries, cluster, Options(read_only=False, versions=versions or {})).steps
        except InvalidInput as exc:
            errors.append(f"{exc} {exc.remedy}".replace(f"{LABEL}[0]", f"{LABEL}[{index}]", 1))
    return {"steps": steps, "errors": errors, "undeclared": [str(found) for found in cluster.ids if found not in known]}
