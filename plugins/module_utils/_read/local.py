# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What only a node itself knows of its workers: from its files alone, without a single call of gluster.

gsyncd's log says why a worker is Faulty. The brick's journal of changes says what waits: ``status`` shows of an idle volume the
time of its last change, however long ago, and of a worker that hears of nothing just the same.
"""

from __future__ import annotations

import os
import re
import time
import typing as t

from .._gluster.gsyncd import at_rest, worker_file
from .._gluster.store import GLUSTERD_DIR, bricks_of_node, read_node_uuid, read_registered
from .._host.processes import PROC, WorkerProcess, workers
from .._model import progress
from .._model.identity import SessionId
from . import logs

#: How far back a journal is read; a line is about 70 bytes, and one is written every 15 seconds.
_JOURNAL_BYTES = 64 * 1024 * 1024
#: A worker looks for changes every 5 seconds.
_STALLED_SECONDS = 60
#: CHANGELOG.SECONDS of a period with changes, changelog.SECONDS of one without.
_PERIOD = re.compile(rb"/(CHANGELOG|changelog)\.(\d+)\0")


class Waiting(t.NamedTuple):
    """What a brick's journal holds after a time."""

    since: t.Optional[int]  #: when the oldest change that waits was made, at the earliest; None: nothing waits
    ended: t.Optional[int] = None  #: when its period ended, from where on the worker could have taken it


def read_local(
    only: t.Callable[[SessionId], bool] = lambda _id: True,
    *,
    glusterd_dir: str = GLUSTERD_DIR,
    log_dir: str = logs.LOG_DIR,
    proc_dir: str = PROC,
    now: float | None = None,
) -> dict[str, t.Any]:
    """This node's own view of its bricks, for every session that is registered here."""
    now = time.time() if now is None else now
    uuid = read_node_uuid(glusterd_dir)
    sessions = []
    registered = [entry for entry in read_registered(glusterd_dir) if only(entry.id)]
    running = workers(proc_dir) if registered else {}
    for entry in registered:
        own = bricks_of_node(entry.primary_volume, uuid, glusterd_dir)
        bricks = [_brick(entry.id, brick.path, glusterd_dir, log_dir, now, running) for brick in own]
        sessions.append({**entry.id._asdict(), "bricks": bricks})
    return {"node_uuid": uuid, "sessions": sessions}


def _brick(
    session: SessionId, path: str, glusterd_dir: str, log_dir: str, now: float, running: t.Mapping[tuple[str, str, str], WorkerProcess]
) -> dict[str, t.Any]:
    status = worker_file(session, path, glusterd_dir)
    synced = status.get("last_synced")
    waiting = waiting_after(path, synced) if isinstance(synced, int) and synced > 0 else None
    last = logs.last_error(session, log_dir, path, now)
    fault = last.fault if last else None
    worker = running.get((session.primary_volume, session.target, path))
    return {
        "brick": path,
        # The workers of some packages never learn it, though it stands in their command line.
        "secondary_node": (worker.secondary_node if worker else None)
        or (status.get("secondary_node") if status.get("secondary_node") not in ("N/A", "") else None)
        or logs.given_node(session, path, log_dir),
        "last_synced": progress.iso(synced) if waiting is not None else None,
        "caught_up": None if waiting is None else waiting.since is None,
        "waiting_since": progress.iso(waiting.since) if waiting else None,
        "lag_seconds": None if waiting is None else 0 if waiting.since is None else max(0, int(now) - waiting.since),
        # A worker's own file says Active for as long as nobody starts it anew.
        "stalled": at_rest(session, glusterd_dir) is None and _stalled(status, waiting, now),
        "last_error": last.line if last else None,
        "fault": {"id": fault.id, "title": fault.title, "cause": fault.cause, "remedy": fault.remedy} if fault else None,
    }


def _stalled(status: t.Mapping[str, t.Any], waiting: Waiting | None, now: float) -> bool:
    """Whether a worker calls itself well, has nothing to do, and leaves a change lie."""
    idle = status.get("worker_status") == "Active" and status.get("crawl_status") == "Changelog Crawl"
    idle = idle and not any(status.get(name) for name in ("entry", "data", "meta"))
    return idle and waiting is not None and waiting.ended is not None and now - waiting.ended > _STALLED_SECONDS


def waiting_after(brick: str, synced: int) -> Waiting | None:
    """What a brick's journal holds after the time up to which its worker has synced; None where that cannot be known.

    The journal (HTIME) lists every period with its end, and whether it saw a change. A worker that is through with a period
    calls itself synced up to one second before its end.
    """
    folder = os.path.join(brick, ".glusterfs", "changelogs")
    try:
        journals = [name for name in os.listdir(os.path.join(folder, "htime")) if re.fullmatch(r"HTIME\.\d+", name)]
        newest = max(journals, key=lambda name: int(name.partition(".")[2]))
    except (OSError, ValueError):
        return None
    periods = _periods_after(os.path.join(folder, "htime", newest), synced)
    begins_later = int(newest.partition(".")[2]) > synced + 1
    if periods is None or (begins_later and not any(end <= synced for _changed, end in periods)):
        # What was before this journal was begun is in another, or too far back.
        return None
    begun = synced
    for changed, end in periods:
        if changed and end - 1 > synced:
            return Waiting(begun, end)
        begun = end
    try:
        with open(os.path.join(folder, "CHANGELOG"), "rb") as file:
            # One line says what it is; whatever follows is a change of the period that has not ended.
            begins = file.read(1024).partition(b"\n")[2]
    except OSError:
        return Waiting(None)
    return Waiting(begun if begins else None)


def _periods_after(path: str, synced: int) -> list[tuple[bool, int]] | None:
    """The periods of a journal that ended after a time, and what stands before; None where it is too long to be read back so far.

    :returns: whether each saw a change, and its end.
    """
    size = 256 * 1024
    while True:
        try:
            with open(path, "rb") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(0, end - size))
                found = file.read(size)
        except OSError:
            return None
        periods = [(kind == b"CHANGELOG", int(seconds)) for kind, seconds in _PERIOD.findall(found)]
        if size >= end or (periods and periods[0][1] <= synced):
            return periods
        if size >= _JOURNAL_BYTES:
            return None
        size *= 4
