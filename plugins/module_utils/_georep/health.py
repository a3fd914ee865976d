# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""How well a session is, and what a worker's log says about its end.

Pure: the standard library only. The log's shape is gsyncd's: ``[time] LEVEL [module(worker BRICK):line:function] tag: text``,
tracebacks following as plain lines.
"""

from __future__ import annotations

import re
import typing as t

_LINE = re.compile(r"^\[(?P<time>[^\]]+)\] (?P<level>[A-Z]) \[(?P<where>[^\]]*)\] (?P<text>.*)$")
#: gsyncd trips over its own report of a command that failed (glusterfs#4439); the report's first line stands before.
_TRIPPED = (
    "TypeError: a bytes-like object is required, not 'str'",
    'TypeError: can only concatenate str (not "bytes") to str',
    "TypeError: must be str or None, not bytes",
)


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


#: From good to bad; the last two say nothing about how a session that should run does.
VERDICTS = ("healthy", "degraded", "failed", "not_running", "unknown")


def judge(entry: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """One word about a session, and why, from what gluster_georep_info returns about it."""
    state = entry["state"]
    if state == "unreadable":
        return _verdict("unknown", "It is registered with glusterd, and its status cannot be read.")
    if state in ("created", "stopped", "paused"):
        return _verdict("not_running", f"It is {state}.", *_missing(entry))
    reasons = ["Some nodes run it, and some do not."] if state == "mixed" else []
    workers = {f"{worker['node']}:{worker['brick']}": worker for worker in entry["workers"]}
    groups = entry["sets"] or [list(workers)]
    dead = False
    named: set[str] = set()
    for group in groups:
        members = {name: workers[name] for name in group if name in workers}
        if any(worker["status"] == "Active" for worker in members.values()):
            continue
        words = " and ".join(
            f"{name} is {workers[name]['status']}"
            if name in workers
            else f"{name} has no worker (its node is down, or does not know the session)"
            for name in group
        )
        hint = " Its brick may be down (gluster volume status)." if members and {w["status"] for w in members.values()} == {"Passive"} else ""
        reasons.append(f"No worker is Active: {words}.{hint}")
        named |= set(group)
        dead = dead or any(worker["status"] == "Faulty" for worker in members.values()) or not members
    reasons += [
        _faulty(name, worker)
        for name, worker in workers.items()
        if worker["status"] == "Faulty" and (name not in named or worker.get("last_error"))
    ]
    reasons += _missing(entry, named)
    reasons += [f"{name} gave up on {worker['failures']} changes." for name, worker in workers.items() if worker["failures"]]
    reasons += [_stalled(name, worker) for name, worker in workers.items() if worker.get("stalled")]
    if not reasons:
        return _verdict("healthy")
    return _verdict("failed" if dead or state == "mixed" else "degraded", *reasons)


def _verdict(word: str, *reasons: str) -> dict[str, t.Any]:
    return {"verdict": word, "reasons": list(reasons)}


def _missing(entry: t.Mapping[str, t.Any], named: t.Collection[str] = ()) -> list[str]:
    return [f"{brick} has no worker: its node is down, or does not know the session." for brick in entry["missing"] if brick not in named]


def unwell(workers: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """The workers that do not deliver by what was read of them, in words."""
    named = [(f"{worker['node']}:{worker['brick']}", worker) for worker in workers]
    faulty = [_faulty(name, worker) for name, worker in named if worker["status"] == "Faulty"]
    return faulty + [_stalled(name, worker) for name, worker in named if worker.get("stalled")]


def _stalled(name: str, worker: t.Mapping[str, t.Any]) -> str:
    return (
        f"{name} does not see a change that was made {worker['lag_seconds']} s ago or less, and nothing is on its way: see 'stalled' in "
        "docs/known-faults.md."
    )


def _faulty(name: str, worker: t.Mapping[str, t.Any]) -> str:
    text = f"{name} is Faulty."
    if worker.get("last_error"):
        text += f" The last error in its log: {worker['last_error']}"
    fault = worker.get("fault")
    return f"{text} Known fault {fault['id']}: {fault['cause']} What helps: {fault['remedy']}" if fault else text
