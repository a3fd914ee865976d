# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The lines of a gsyncd.log: ``[time] LEVEL [module(worker BRICK):line:function] tag: text``, tracebacks following as plain lines.

Pure: the standard library only.
"""

from __future__ import annotations

import math
import re

from .progress import read_time

_LINE = re.compile(r"^\[(?P<time>[^\]]+)\] (?P<level>[A-Z]) \[(?P<where>[^\]]*)\] (?P<text>.*)$")
#: gsyncd trips over its own report of a command that failed (glusterfs#4439); the report's first line stands before.
_TRIPPED = (
    "TypeError: a bytes-like object is required, not 'str'",
    'TypeError: can only concatenate str (not "bytes") to str',
    "TypeError: must be str or None, not bytes",
)
_GIVEN = re.compile(r"starting gsyncd worker\s*\[\{brick=([^}]*)\}, \{(?:secondary|slave)_node=([^}]*)\}\]")
_SKIPPED = re.compile(r"changelogs could not be processed completely - moving on")


def last_error(log: str, brick: str | None = None) -> str | None:
    """The last error of a gsyncd.log, in one line; of a traceback, its last line, where the exception is named.

    :param brick: leave out what the workers of other bricks say.
    """
    found: str | None = None
    before: str | None = None
    in_error = False
    for line in log.splitlines():
        parts = _LINE.match(line)
        if parts:
            worker = re.search(r"\(worker ([^)]*)\)", parts["where"])
            others = brick is not None and worker is not None and worker[1] != brick
            in_error = parts["level"] in "EC" and not others
            if in_error:
                before, found = found, f"{parts['time']} {parts['text'].strip()}"
        elif in_error and line.strip() in _TRIPPED and before:
            found = before
        elif in_error and line.strip() and not line.startswith((" ", "Traceback")):
            # The first unindented line after a traceback is the exception itself.
            found = f"{found or ''} {line.strip()}".strip()
    return found


def last_node(log: str, brick: str) -> str | None:
    """The secondary node that a brick's worker was given last, whether or not it could reach it."""
    return next((node for path, node in reversed(_GIVEN.findall(log)) if path == brick), None)


def gave_up_since(line: str, since: float) -> bool:
    """Whether a worker says by this line, written at that time or later, that it gave up on a batch of changes."""
    return _SKIPPED.search(line) is not None and _written(line) >= since


def _written(line: str) -> float:
    """When a line was written, in UTC; one that does not tell counts as new."""
    stamp = re.match(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", line)
    moment = read_time(stamp.group(1)) if stamp else None
    return math.inf if moment is None else moment
