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

import json
import os
import re
import time
import typing as t
import urllib.parse

from .._georep import progress
from .._georep.faults import explain
from .._model.identity import SessionId
from . import logs
from .facts import GLUSTERD_DIR, read_node_uuid, read_registered

#: How far back a journal is read; a line is about 70 bytes, and one is written every 15 seconds.
_JOURNAL_BYTES = 64 * 1024 * 1024
#: A worker looks for changes every 5 seconds.
_STALLED_SECONDS = 60
#: CHANGELOG.SECONDS of a period with changes, changelog.SECONDS of one without.
_PERIOD = re.compile(rb"/(CHANGELOG|changelog)\.(\d+)\0")


class Running(t.NamedTuple):
    """A worker's process."""

    pid: int
    secondary_node: str  #: the node over there that it works with


#: When each session was last started on this node, in seconds since the epoch, by primary volume and target.
Monitors = t.Mapping[tuple[str, str], float]


class Waiting(t.NamedTuple):
    """What a brick's journal holds after a time."""

    since: t.Optional[int]  #: when the oldest change that waits was made, at the earliest; None: nothing waits
    ended: t.Optional[int] = None  #: when its period ended, from where on the worker could have taken it


def read_local(
    only: t.Callable[[SessionId], bool] = lambda _id: True,
    *,
    glusterd_dir: str = GLUSTERD_DIR,
    log_dir: str = logs.LOG_DIR,
    proc_dir: str = "/proc",
    now: float | None = None,
) -> dict[str, t.Any]:
    """This node's own view of its bricks, for every session that is registered here."""
    now = time.time() if now is None else now
    uuid = read_node_uuid(glusterd_dir)
    sessions = []
    registered = [entry for entry in read_registered(glusterd_dir) if only(entry.id)]
    running = running_workers(proc_dir) if registered else {}
    for entry in registered:
        bricks = [_brick(entry.id, path, glusterd_dir, log_dir, now, running) for path in own_bricks(entry.primary_volume, uuid, glusterd_dir)]
        sessions.append({**entry.id._asdict(), "bricks": bricks})
    return {"node_uuid": uuid, "sessions": sessions}


def coming_up(session: SessionId, since: float = 0, glusterd_dir: str = GLUSTERD_DIR) -> bool:
    """Whether a worker of this node says of itself that it is not there yet: it is too early to ask gluster about the session.

    :param since: see :func:`word_of`.
    """
    paths = own_bricks(session.primary_volume, read_node_uuid(glusterd_dir), glusterd_dir)
    return any(word_of(session, path, since, glusterd_dir) not in ("Active", "Passive", "Faulty") for path in paths)


def word_of(session: SessionId, path: str, since: float = 0, glusterd_dir: str = GLUSTERD_DIR) -> str | None:
    """The status that a worker of this node says of itself; None where it says none.

    :param since: what was written before this time, in seconds since the epoch, was said by the worker of an earlier start.
    """
    if _written(session, path, glusterd_dir) < since:
        return None
    word = _status(session, path, glusterd_dir).get("worker_status")
    return word if isinstance(word, str) else None


def at_rest(session: SessionId, glusterd_dir: str = GLUSTERD_DIR) -> str | None:
    """In which state nothing of the session runs on this node, by gsyncd's own file: Created, Stopped or Paused. None: it runs."""
    try:
        with open(os.path.join(glusterd_dir, "geo-replication", session.directory, "monitor.status"), encoding="utf-8") as file:
            word = file.read().strip()
    except (OSError, ValueError):
        return None
    return word if word in ("Created", "Stopped", "Paused") else None


def own_bricks(volume: str, uuid: str | None, glusterd_dir: str = GLUSTERD_DIR) -> list[str]:
    """Paths of a volume's bricks on this node."""
    folder = os.path.join(glusterd_dir, "vols", volume, "bricks")
    found = [_pairs(os.path.join(folder, name)) for name in sorted(os.listdir(folder))] if os.path.isdir(folder) else []
    return [brick["path"] for brick in found if brick.get("path") and brick.get("uuid") == uuid]


def _pairs(path: str) -> dict[str, str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return dict(line.rstrip("\n").partition("=")[::2] for line in file)
    except OSError:
        return {}


def running_workers(proc_dir: str = "/proc") -> dict[tuple[str, str, str], Running]:
    """Each worker that runs here, by primary volume, target and brick, from its command line."""
    found: dict[tuple[str, str, str], list[Running]] = {}
    for pid, words in _gsyncds(proc_dir):
        if words[:1] != ["worker"] or len(words) < 3:
            continue
        options = dict(zip(words, words[1:]))
        brick, node = options.get("--local-path"), options.get("--resource-remote")
        if brick and node:
            found.setdefault((words[1], words[2], brick), []).append(Running(pid, node.rpartition("@")[2]))
    return {key: _oldest(seen, proc_dir) for key, seen in found.items()}


def monitors(proc_dir: str = "/proc") -> dict[tuple[str, str], float]:
    """When the monitor of each session that runs here began: every start of a session makes a new one, and no worker's start does."""
    found: dict[tuple[str, str], float] = {}
    for pid, words in _gsyncds(proc_dir):
        # gsyncd.py --path=BRICK --monitor -c FILE --iprefix=/var :VOLUME --glusterd-uuid=UUID TARGET
        volume = next((word[1:] for word in words if word.startswith(":")), None)
        if "--monitor" not in words or volume is None:
            continue
        began = started_at(pid, proc_dir)
        if began is not None:
            # What it starts has its command line for a moment.
            key = (volume, words[-1])
            found[key] = min(began, found.get(key, began))
    return found


def _gsyncds(proc_dir: str) -> t.Iterator[tuple[int, list[str]]]:
    """The processes of gsyncd here, each with what follows gsyncd.py on its command line."""
    for pid in os.listdir(proc_dir):
        if not pid.isdigit():
            continue
        try:
            with open(os.path.join(proc_dir, pid, "cmdline"), "rb") as file:
                words = file.read().decode(errors="replace").rstrip("\0").split("\0")
        except OSError:  # it has ended meanwhile
            continue
        place = next((number for number, word in enumerate(words) if word.endswith("/gsyncd.py")), None)
        if place is not None:
            yield int(pid), words[place + 1 :]


def _oldest(seen: t.Sequence[Running], proc_dir: str) -> Running:
    """A worker that starts a program has its own command line twice for a moment; the child is not the worker."""
    pids = {process.pid for process in seen}
    return next((process for process in seen if len(seen) == 1 or _parent(process.pid, proc_dir) not in pids), seen[0])


def _parent(pid: int, proc_dir: str) -> int | None:
    told = _stat(pid, proc_dir)
    return int(told[1]) if told else None


def started_at(pid: int, proc_dir: str = "/proc") -> float | None:
    """When a process began, in seconds since the epoch; None where it has ended meanwhile."""
    told = _stat(pid, proc_dir)
    try:
        with open(os.path.join(proc_dir, "stat"), encoding="utf-8") as file:
            booted = next((float(line.split()[1]) for line in file if line.startswith("btime ")), None)
    except (OSError, ValueError):
        return None
    return booted + int(told[19]) / os.sysconf("SC_CLK_TCK") if told and booted is not None else None


def _stat(pid: int, proc_dir: str) -> list[bytes]:
    """What the kernel tells of a process (proc_pid_stat(5)), from its state on; empty where it has ended meanwhile."""
    try:
        with open(os.path.join(proc_dir, str(pid), "stat"), "rb") as file:
            # The name before it is in brackets, and may hold anything.
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def _brick(
    session: SessionId, path: str, glusterd_dir: str, log_dir: str, now: float, running: t.Mapping[tuple[str, str, str], Running]
) -> dict[str, t.Any]:
    status = _status(session, path, glusterd_dir)
    synced = status.get("last_synced")
    waiting = waiting_after(path, synced) if isinstance(synced, int) and synced > 0 else None
    last = logs.last_error(session, log_dir, path)
    fault = explain(last) if last else None
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
        "last_error": last,
        "fault": {"id": fault.id, "title": fault.title, "cause": fault.cause, "remedy": fault.remedy} if fault else None,
    }


def _stalled(status: t.Mapping[str, t.Any], waiting: Waiting | None, now: float) -> bool:
    """Whether a worker calls itself well, has nothing to do, and leaves a change lie."""
    idle = status.get("worker_status") == "Active" and status.get("crawl_status") == "Changelog Crawl"
    idle = idle and not any(status.get(name) for name in ("entry", "data", "meta"))
    return idle and waiting is not None and waiting.ended is not None and now - waiting.ended > _STALLED_SECONDS


def _status_file(session: SessionId, path: str, glusterd_dir: str) -> str:
    return os.path.join(glusterd_dir, "geo-replication", session.directory, f"brick_{urllib.parse.quote_plus(path)}.status")


def _written(session: SessionId, path: str, glusterd_dir: str) -> float:
    try:
        return os.stat(_status_file(session, path, glusterd_dir)).st_mtime
    except OSError:
        return 0


def _status(session: SessionId, path: str, glusterd_dir: str) -> dict[str, t.Any]:
    """gsyncd's own file about a worker; empty where there is none, or it is being written."""
    try:
        with open(_status_file(session, path, glusterd_dir), encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


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
