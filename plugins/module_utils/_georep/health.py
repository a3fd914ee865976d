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


#: gsyncd of GlusterFS 10 trips over its own report of a command that failed; the report's first line stands before.
_TRIPPED = "TypeError: a bytes-like object is required, not 'str'"
_SSH_FAILED = re.compile(r"\{cmd=ssh .*\{error=255\}|ssh> .*(Permission denied|Host key verification failed|Connection refused|timed out)")


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
        elif in_error and line.strip() == _TRIPPED and before:
            found = before
        elif in_error and line.strip() and not line.startswith((" ", "Traceback")):
            # The first unindented line after a traceback is the exception itself.
            found = f"{found or ''} {line.strip()}".strip()
    return found


def advice(error: str) -> str | None:
    """What to do about an error of gsyncd.log, where it is a known one."""
    if _SSH_FAILED.search(error):
        return "gsyncd cannot log in on the secondary over SSH: gluster_ssh_trust with state verified, on this node, says why."
    return None
