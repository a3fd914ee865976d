# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""From checkpoints that were waited for to what the module returns about them."""

from __future__ import annotations

import typing as t

from .._model import progress
from .checkpoint import Reached


def result_of(reached: Reached) -> dict[str, t.Any]:
    """What a module returns about one session's checkpoint."""
    seen = reached.seen
    return dict(
        reached.session._asdict(),
        changed=reached.changed,
        before={"time": progress.iso(reached.before)},
        after={"time": progress.iso(reached.after)},
        steps=reached.steps,
        checkpoint=reached.checkpoint.as_dict(),
        message=reached.message,
        reached=reached.ok,
        held_back_by=reached.held_back_by,
        waited=reached.waited,
        nudges=reached.nudges,
        restarts=reached.restarts,
        workers=[worker.to_result(seen.read_at) for worker in seen.workers] if seen else [],
    )


def diff_of(reached: t.Sequence[Reached]) -> list[dict[str, t.Any]]:
    """One diff a session whose checkpoint changes."""
    return [
        {
            "before_header": str(item.session),
            "after_header": str(item.session),
            "before": {"checkpoint": progress.iso(item.before)},
            "after": {"checkpoint": progress.iso(item.after)},
        }
        for item in reached
        if item.before != item.after
    ]
