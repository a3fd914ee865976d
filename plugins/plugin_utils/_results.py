# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Results that tasks of a role registered, as options of an action."""

from __future__ import annotations

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._plan import clocks

Result = t.Mapping[str, t.Any]

#: Kinds of options.
RESULTS: dict[str, t.Any] = dict(type="list", elements="dict", default=[])
RESULT: dict[str, t.Any] = dict(type="dict", default={})
WORDS: dict[str, t.Any] = dict(type="list", elements="str", default=[])


def turns_of(registered: t.Iterable[Result]) -> list[dict[str, t.Any]]:
    """The single results of tasks that ran on several hosts, in a loop or not; those that were skipped are left out."""
    found: list[dict[str, t.Any]] = []
    for result in registered:
        found += [dict(turn) for turn in result.get("results", [result])]
    return [result for result in found if not result.get("skipped")]


def nodes_of(registered: t.Iterable[Result], now: float) -> list[dict[str, t.Any]]:
    """Results of gluster_georep_preflight_info, each with its inventory host as ``item``.

    :param now: the time of this machine, by which the clocks of the nodes are judged.
    """
    turns = [[{**node, "item": node["item"]["host"]} for node in turns_of([result]) if "facts" in node] for result in registered]
    return clocks.judged(turns, now)
