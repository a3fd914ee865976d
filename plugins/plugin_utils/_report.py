# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The report of a cluster, from results of modules and a declaration as people write it."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._model.durations import instant, seconds_from
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import check_session
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import LABEL
from ansible_collections.glusterops.georep.plugins.module_utils._plan.drift import asked_of, drift_of
from ansible_collections.glusterops.georep.plugins.module_utils._plan.given import sessions_from
from ansible_collections.glusterops.georep.plugins.module_utils._show.overview import overview

from ._written import load_yaml

Result = t.Mapping[str, t.Any]


def report(
    info: Result,
    nodes: t.Sequence[Result] = (),
    declared: t.Any = (),
    only: t.Sequence[Result] | None = None,
    rpo: t.Any = None,
    drift: bool = True,
    versions: t.Mapping[str, str] | None = None,
) -> dict[str, t.Any]:
    """See the filter georep_report.

    :raises InvalidInput: naming the option, the value and the remedy.
    """
    declared = sessions_from(LABEL, declared, load_yaml)
    asked = asked_of(declared, info)
    chosen = None if only is None else [check_session(**dict(entry)) for entry in only]
    limit = seconds_from("rpo", rpo)
    # A volume that is gone is what the report is to show, not what it may fail of.
    compared = drift_of(declared, info, versions) if declared and drift else None
    times = [instant(entry["read_at"]) for entry in info["status"]]
    now = max((moment for moment in times if moment is not None), default=time.time())
    return overview(info, nodes=nodes, declared=asked, only=chosen, rpo=limit, now=now, drift=compared)
