# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""How long to pause before looking again, and how often, until a time is up."""

from __future__ import annotations

import math
import typing as t

SHORTEST = 5
#: After so many parts of the time that has passed: no wait is much longer than needed, and two hours take some sixty looks.
PART = 10


def pause_after(passed: float, timeout: int) -> int:
    """Seconds to wait until the next look; the last one is not before the time is up. 0: it is.

    >>> [pause_after(passed, 7200) for passed in (0, 50, 600, 7195, 7200)]
    [5, 5, 60, 5, 0]
    """
    left = math.ceil(timeout - passed)
    return max(0, min(left, max(SHORTEST, math.ceil(passed / PART))))


def looks(timeout: int) -> int:
    """How many pauses there can be at most."""
    passed = 0
    count = 0
    while passed < timeout:
        passed += pause_after(passed, timeout)
        count += 1
    return count


def plan_wait(timeout: int, now: float, since: float | None = None) -> dict[str, t.Any]:
    """The next pause.

    :param timeout: seconds from ``since`` on; :param since: when waiting began; None: it begins now.
    """
    start = now if since is None else since
    pause = pause_after(now - start, timeout)
    return {"since": start, "pause": pause, "over": pause == 0, "turns": list(range(looks(timeout))) if since is None else []}
