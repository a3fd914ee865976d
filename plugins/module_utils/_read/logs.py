# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The last words of a worker, from its log on this node, and what they mean."""

from __future__ import annotations

import contextlib
import glob
import gzip
import os
import re
import time
import typing as t
import zlib

from .._faults.catalogue import explain
from .._faults.entry import LOG, Fault
from .._faults.health import shortened
from .._model import gsyncd_log
from .._model.identity import SessionId
from .._ssh import descriptors

LOG_DIR = "/var/log/glusterfs/geo-replication"
_TAIL_BYTES = 65536


def gverify_words(log_dir: str = LOG_DIR) -> list[str]:
    """The last error of each mount that ``create push-pem`` tried on this node, to look into both volumes."""
    found = []
    for name in ("gverify-primarymnt.log", "gverify-mastermnt.log", "gverify-secondarymnt.log", "gverify-slavemnt.log"):
        errors = [line for line in _tail(name, log_dir).splitlines() if re.match(r"\[[^\]]+\] E ", line)]
        found += [f"{name}: {errors[-1].strip()}"] if errors else []
    return found


def _tail(name: str, log_dir: str) -> str:
    """The end of a log, where the last words are; empty if there is no such log."""
    try:
        with descriptors.opened(log_dir, name) as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def _log_of(session: SessionId, log_dir: str) -> str:
    return os.path.join(log_dir, session.directory, "gsyncd.log")


def skipped_since(session: SessionId, since: int, log_dir: str = LOG_DIR) -> str | None:
    """The line by which a worker of this node says that it gave up on a batch of changes, which no counter counts.

    :param since: only lines of this moment and later. gsyncd writes UTC; logs that were turned over are read, too.
    """
    for path in _logs_since(session, since, log_dir):
        # One that is turned over just now is found under its new name by the next look.
        with contextlib.suppress(OSError, EOFError, zlib.error):
            with descriptors.opened(log_dir, os.path.relpath(path, log_dir)) as file:
                for line in gzip.GzipFile(fileobj=file) if path.endswith(".gz") else file:
                    text = line.decode(errors="replace").strip() if b"moving on" in line else ""
                    if gsyncd_log.gave_up_since(text, since):
                        return text
    return None


def _logs_since(session: SessionId, since: int, log_dir: str) -> list[str]:
    """A session's log and those before it, the oldest first, as far as they were written to since then."""
    found = []
    for path in glob.glob(glob.escape(_log_of(session, log_dir)) + "*"):
        with contextlib.suppress(OSError):
            found.append((os.path.getmtime(path), path))
    return [path for written, path in sorted(found) if written >= since]


class LastError(t.NamedTuple):
    """What a worker said last, and the known fault that all of it speaks of."""

    line: str
    fault: t.Optional[Fault]

    def __str__(self) -> str:
        """As sentences of a message."""
        known = f" Known fault {self.fault.id}: {self.fault.cause} What helps: {self.fault.remedy}" if self.fault else ""
        return f"Last error in gsyncd.log on this node: {shortened(self.line)}{known}"


def last_error(session: SessionId, log_dir: str = LOG_DIR, brick: str | None = None, now: float | None = None) -> LastError | None:
    """The last error in this node's gsyncd.log of a session since the worker's last start; None if there is none, or no log.

    :param brick: path of a brick: leave out what other bricks' workers say.
    """
    words = gsyncd_log.last_words(_tail(f"{session.directory}/gsyncd.log", log_dir), brick, time.time() if now is None else now)
    return LastError(words.line, explain(words.text, LOG)) if words else None


def given_node(session: SessionId, brick: str, log_dir: str = LOG_DIR) -> str | None:
    """The secondary node that a brick's worker was given last, whether or not it could reach it."""
    return gsyncd_log.last_node(_tail(f"{session.directory}/gsyncd.log", log_dir), brick)
