# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""How far a session is: its lag and its checkpoint, told replica set by replica set.

Pure: the standard library only. A set is as far as its Active worker, and a session as far as the set that is furthest
behind. Times in gluster's XML are UTC (the ``_utc`` fields of glusterd), to the second.
"""

from __future__ import annotations

import calendar
import datetime
import re
import time
import typing as t

from .states import WorkerLike

_GLUSTER_TIME = "%Y-%m-%d %H:%M:%S"


class Row(WorkerLike, t.Protocol):
    """What has to be known of a worker; the words are gsyncd's."""

    @property
    def crawl_status(self) -> str | None:
        """For example Changelog Crawl; None: not told."""

    @property
    def entry(self) -> int | None:
        """Entries that wait; None: not told."""

    @property
    def data(self) -> int | None:
        """Files whose content waits."""

    @property
    def meta(self) -> int | None:
        """Attributes that wait."""

    @property
    def last_synced(self) -> int | None:
        """Seconds since the epoch, like all times here; None: not told."""

    @property
    def checkpoint_time(self) -> int | None:
        """The checkpoint that the worker knows."""

    @property
    def checkpoint_completed(self) -> bool | None:
        """Whether the worker says that this checkpoint is complete."""

    @property
    def checkpoint_completion_time(self) -> int | None:
        """Since when."""


class Lag(t.NamedTuple):
    """How far behind a session is."""

    seconds: t.Optional[int]
    last_synced: t.Optional[int]  #: epoch; of the set that is furthest behind
    reason: t.Optional[str]  #: why it is not known


class Checkpoint(t.NamedTuple):
    """A session's checkpoint; times are epochs."""

    set: t.Optional[bool]  #: None: nobody tells
    time: t.Optional[int] = None
    completed: t.Optional[bool] = None  #: None: no checkpoint, or nobody can tell
    completed_at: t.Optional[int] = None

    def as_dict(self) -> dict[str, t.Any]:
        return {"set": self.set, "time": iso(self.time), "completed": self.completed, "completed_at": iso(self.completed_at)}


def read_time(text: str) -> int | None:
    """Seconds since the epoch of one of gluster's times; None for N/A.

    >>> read_time("2026-11-22 08:38:16"), read_time("N/A")
    (1795336696, None)
    """
    try:
        return calendar.timegm(time.strptime(text, _GLUSTER_TIME))
    except ValueError:
        return None


def write_time(epoch: int) -> str:
    """The way back, as gluster's CLI takes it."""
    return time.strftime(_GLUSTER_TIME, time.gmtime(epoch))


def iso(epoch: int | None) -> str | None:
    """
    >>> iso(1795336696)
    '2026-11-22T08:38:16Z'
    """
    return None if epoch is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))


def from_iso(text: str) -> int:
    """Seconds since the epoch of an ISO 8601 time that says its zone.

    :raises ValueError: it is none, or does not say its zone.

    >>> from_iso("2026-11-22T08:38:16Z") == from_iso("2026-11-22 09:38:16+01:00") == 1795336696
    True
    """
    # Python learnt only in 3.11 that Z is a zone.
    found = datetime.datetime.fromisoformat(text.strip().replace("Z", "+00:00").replace("z", "+00:00"))
    if found.tzinfo is None:
        raise ValueError("it has no time zone")
    return int(found.timestamp())


def number(text: str) -> int | None:
    """One of the counters; None for N/A, and for what no counter can be."""
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None


def lag_of(row: Row, now: float) -> int | None:
    """Seconds since the last change that a worker has brought over; None where it does not tell."""
    synced = row.last_synced
    # Clocks of nodes may be a little apart.
    return None if synced is None else max(0, int(now) - synced)


def by_set(rows: t.Sequence[Row], sets: t.Sequence[t.Sequence[tuple[str, str]]] | None) -> list[list[Row]]:
    """The workers of each replica set; without sets, all in one."""
    known = {(row.node, row.brick): row for row in rows}
    return [[known[brick] for brick in group if brick in known] for group in sets or [list(known)]]


def active_of(group: t.Sequence[Row]) -> list[Row]:
    return [row for row in group if row.status == "Active"]


def session_lag(rows: t.Sequence[Row], sets: t.Sequence[t.Sequence[tuple[str, str]]] | None, now: float) -> Lag:
    """The lag of the replica set that is furthest behind; unknown as soon as one set does not tell."""
    synced: list[int] = []
    for group, bricks in zip(by_set(rows, sets), sets or [[(row.node, row.brick) for row in rows]]):
        where = " and ".join(f"{node}:{path}" for node, path in bricks)
        active = active_of(group)
        times = [row.last_synced for row in active]
        if not active:
            return Lag(None, None, f"No worker is Active for {where or 'any brick'}, and only an Active worker reports the lag.")
        if None in times:
            crawls = ", ".join(sorted({row.crawl_status or "N/A" for row in active}))
            return Lag(None, None, f"The first copy of {where} has not ended ({crawls}).")
        synced += [found for found in times if found is not None]
    if not synced:
        return Lag(None, None, "No worker is reported.")
    last = min(synced)
    return Lag(max(0, int(now) - last), last, None)


def checkpoint_of(
    rows: t.Sequence[Row], sets: t.Sequence[t.Sequence[tuple[str, str]]] | None, stored: str | None
) -> Checkpoint:
    """A session's checkpoint, complete only when every replica set has an Active worker, and every Active one says so.

    :param stored: option ``checkpoint`` as the session's configuration has it; None where that was not read. An Active
        worker tells then.
    """
    if stored is None and not active_of(rows):
        return Checkpoint(None)
    told = [row.checkpoint_time for row in active_of(rows) if row.checkpoint_time is not None]
    at = (number(stored) or 0) if stored is not None else max(told, default=0)
    if not at:
        return Checkpoint(False)
    ends: list[int] = []
    unknown = False
    for group in by_set(rows, sets):
        active = active_of(group)
        if not active:
            unknown = True
            continue
        if not all(says_complete(row, at) for row in active):
            return Checkpoint(True, at, False)
        ends += [row.checkpoint_completion_time for row in active if row.checkpoint_completion_time is not None]
    if unknown or not rows:
        return Checkpoint(True, at, None)
    return Checkpoint(True, at, True, max(ends, default=None))


def says_complete(row: Row, at: int) -> bool:
    """Whether a worker says that everything up to a time is over there.

    An old Yes of a node that has not got the new checkpoint stays visible: the time counts, too.
    """
    told = row.checkpoint_time
    return row.checkpoint_completed is True and told is not None and told >= at


def held_back(
    rows: t.Sequence[Row], sets: t.Sequence[t.Sequence[tuple[str, str]]], at: int, *, triggered: bool
) -> list[tuple[tuple[str, str], str]]:
    """Which brick keeps a checkpoint from being complete, and why, in words; nothing once it is complete.

    :param triggered: whether a change was made after the checkpoint, so that even an idle volume could complete it.
    """
    found: list[tuple[tuple[str, str], str]] = []
    known = {(row.node, row.brick): row for row in rows}
    for bricks in sets:
        group = [known[brick] for brick in bricks if brick in known]
        active = active_of(group)
        if not active:
            for brick in bricks:
                if brick not in known:
                    found.append((brick, "has no worker: its node is down or does not know the session"))
                else:
                    found.append((brick, f"is {known[brick].status}, and no worker of its replica set is Active{_why_passive(group)}"))
        found += [((row.node, row.brick), _why(row, at, triggered)) for row in active if not says_complete(row, at)]
    return found


def _why_passive(group: t.Sequence[Row]) -> str:
    """A worker whose own brick is down has nothing to read from, and is Passive for ever."""
    return "; its brick may be down (gluster volume status)" if all(row.status == "Passive" for row in group) else ""


def at_work(row: Row) -> str | None:
    """What an Active worker still has to do, in words; None where it calls itself through."""
    if row.crawl_status != "Changelog Crawl":
        return f"still replicates older changes ({row.crawl_status or 'N/A'})"
    counted = ((row.entry, "entries"), (row.data, "files"), (row.meta, "attributes"))
    waiting = [f"{count} {what}" for count, what in counted if count]
    return f"{' and '.join(waiting)} wait" if waiting else None


def _why(row: Row, at: int, triggered: bool) -> str:
    told = row.checkpoint_time
    if told is None:
        return "is Active but has no checkpoint: its node did not receive the checkpoint"
    if told < at:
        return f"is Active but has only the checkpoint {iso(told)}: its node did not receive the new checkpoint"
    synced = row.last_synced
    far = "has synced nothing yet" if synced is None else f"has synced up to {iso(synced)}, {max(0, at - synced)} s before the checkpoint"
    work = at_work(row)
    if work and row.crawl_status != "Changelog Crawl":
        return f"is Active, {work}, and {far}"
    if work:
        return f"is Active, {far}, and {work}"
    if triggered:
        return f"is Active, {far}, and does not see the change that was made after the checkpoint: see 'stalled' in docs/known-faults.md"
    return f"is Active, {far}, and nothing has changed since; only a later change completes a checkpoint: set trigger_change: true"
