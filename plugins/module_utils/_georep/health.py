# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What a worker's log says about its end.

Pure: the standard library only. The log's shape is gsyncd's: ``[time] LEVEL [worker(brick):line:function] tag: text``,
tracebacks following as plain lines.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"^\[(?P<time>[^\]]+)\] (?P<level>[A-Z]) \[(?P<where>[^\]]*)\] (?P<text>.*)$")
#: gsyncd trips over its own report of a command that failed (glusterfs#4439); the report's first line stands before.
_TRIPPED = (
    "TypeError: a bytes-like object is required, not 'str'",
    'TypeError: can only concatenate str (not "bytes") to str',
    "TypeError: must be str or None, not bytes",
)


def last_error(log: str) -> str | None:
    """The last error of a gsyncd.log, in one line; of a traceback, its last line, where the exception is named."""
    found: str | None = None
    before: str | None = None
    in_error = False
    for line in log.splitlines():
        parts = _LINE.match(line)
        if parts:
            in_error = parts["level"] in "EC"
            if in_error:
                before, found = found, f"{parts['time']} {parts['text'].strip()}"
        elif in_error and line.strip() in _TRIPPED and before:
            found = before
        elif in_error and line.strip() and not line.startswith((" ", "Traceback")):
            # The first unindented line after a traceback is the exception itself.
            found = f"{found or ''} {line.strip()}".strip()
    return found
