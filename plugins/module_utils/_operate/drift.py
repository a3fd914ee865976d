# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What people declared, held against a cluster for a report: nothing here may keep the rest from being told."""

from __future__ import annotations

import typing as t

from .._georep.durations import seconds_from
from .._georep.overview import Declared
from .._georep.plan import Wanted
from .._model import identity
from .._model.errors import InvalidInput
from .._model.identity import SessionId
from . import declared as declared_sessions
from .clusters import uuid_of
from .report import wanted_from


def asked_of(declared: t.Sequence[t.Mapping[str, t.Any]], info: t.Mapping[str, t.Any]) -> dict[SessionId, Declared]:
    """State and RPO of each declared session, by the name that the cluster has for it.

    :raises InvalidInput: naming the entry and option at fault.
    """
    found = {}
    for index, entry in enumerate(declared_sessions.complete_declared(declared)):
        prefix = f"{declared_sessions.LABEL}[{index}]."
        asked = Declared(entry["state"], seconds_from(prefix + "rpo", declared[index].get("rpo")))
        found[_known_name(wanted_from(entry, prefix), info, prefix)] = asked
    return found


def _known_name(wanted: Wanted, info: t.Mapping[str, t.Any], prefix: str) -> SessionId:
    by_id = {identity.session_of(entry): entry for entry in info["status"]}
    far = {entry["secondary_host"]: entry for entry in info["secondaries"]}
    known = declared_sessions.recognise(wanted, by_id, far, prefix)[0].id
    alike = [other for other in by_id if identity.alike(wanted.id, other)]
    # Where nobody asked the other site for its volumes, one of that volume's name is taken for the one that is meant.
    return alike[0] if known not in by_id and len(alike) == 1 and uuid_of(far, wanted.id) is None else known


def drift_of(
    declared: t.Sequence[t.Mapping[str, t.Any]], info: t.Mapping[str, t.Any], versions: t.Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """How a cluster differs from the declaration, entry by entry: one that cannot be compared does not hide the others.

    :param versions: of GlusterFS, by the secondary node that was asked for it.
    """
    steps: list[str] = []
    errors: list[str] = []
    known: set[SessionId] = set()
    for index, entry in enumerate(declared):
        try:
            known.update(asked_of([entry], info))
            declared_sessions.check_releases([entry], info.get("version", ""), versions=versions)
            steps += declared_sessions.plan_declared([entry], info, read_only=False)["steps"]
        except InvalidInput as exc:
            errors.append(f"{exc} {exc.remedy}".replace(f"{declared_sessions.LABEL}[0]", f"{declared_sessions.LABEL}[{index}]", 1))
    there = [identity.session_of(entry) for entry in info["status"]]
    return {"steps": steps, "errors": errors, "undeclared": [str(found) for found in there if found not in known]}
