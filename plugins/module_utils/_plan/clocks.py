# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The nodes' clocks against that of the controller, when all answers are back. Pure.

A node knows when it was asked by the controller's clock, and not how long that took: a jump host may take half a minute. The controller
knows when it had the answer. Between the two the node has read its clock, and what no moment between them explains is a difference.
"""

from __future__ import annotations

import typing as t

from .._faults import catalogue

Node = t.Mapping[str, t.Any]
CLOCK = "clock"


def judged(turns: t.Iterable[t.Sequence[Node]], now: float) -> list[dict[str, t.Any]]:
    """The nodes, each with what is known of its clock among its faults.

    :param turns: results of gluster_georep_preflight_info, by the primary host that looked at the nodes one after the other. So the answer of one
        was back when the next was asked. :param now: the controller's time.
    """
    timed = [_timed(node, later, now) for answers in turns for node, later in zip(answers, [*answers[1:], None])]
    own = _controller_differs(timed)
    return [_judge(node, own) for node in timed]


def _timed(node: Node, later: Node | None, now: float) -> dict[str, t.Any]:
    asked = ((later or {}).get("facts", {}).get("clock") or {}).get("asked_at")
    clock = node["facts"].get("clock")
    if not clock or clock.get("asked_at") is None:
        return dict(node)
    return {**node, "facts": {**node["facts"], "clock": {**clock, "received_at": now if asked is None else min(now, asked)}}}


def _judge(node: Node, own: catalogue.Finding | None) -> dict[str, t.Any]:
    fault = catalogue.BY_ID[CLOCK]
    evidence = fault.check(node["facts"]) if node["site"] in fault.sites else None
    found = own or (catalogue.Finding(fault, evidence) if evidence else None)
    others = [finding for finding in node.get("faults", ()) if finding["id"] != CLOCK]
    return {**node, "faults": [*others, *([found.as_dict()] if found else [])]}


def _controller_differs(nodes: t.Sequence[Node]) -> catalogue.Finding | None:
    """If all nodes differ and agree with each other, the clock of the controller is the one to set."""
    fault = catalogue.BY_ID[CLOCK]
    bounds = [catalogue.clock_bounds(node["facts"]) for node in nodes]
    lows = [low for low, _high in bounds if low is not None]
    highs = [high for _low, high in bounds if high is not None]
    if len({node["node"] for node in nodes}) < 2 or not len(lows) == len(highs) == len(nodes) or max(lows) > min(highs):
        return None
    if min(lows) <= catalogue.CLOCK_SECONDS and max(highs) >= -catalogue.CLOCK_SECONDS:
        return None
    by = f"at least {min(lows):.0f} s behind" if min(lows) > 0 else f"at least {-max(highs):.0f} s ahead of"
    return catalogue.Finding(
        fault._replace(remedy="Synchronize the clock of the machine that runs Ansible, with chrony or systemd-timesyncd."),
        f"the clocks of all nodes agree, and the clock of the machine that runs Ansible is {by} them",
    )
