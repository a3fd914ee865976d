# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The canary: a small tree whose arrival on the secondary proves that a session delivers, and what its absence means.

Pure: the standard library only.
"""

from __future__ import annotations

import re
import typing as t

PREFIX = ".georep-canary-"
NAME = re.compile(re.escape(PREFIX) + r"[0-9a-f]{16}")
XATTR = "user.georep-canary"


class Seen(t.NamedTuple):
    """One path as it was found on the secondary; ``size`` is None where there is nothing."""

    size: t.Optional[int]
    sha256: t.Optional[str] = None
    xattr: t.Optional[str] = None


class Expected(t.NamedTuple):
    """One path of the canary and what has to be found there."""

    path: str
    size: t.Optional[int]  #: None: nothing may be there
    sha256: t.Optional[str] = None
    xattr: t.Optional[str] = None
    what: str = ""  #: what this path stands for, in words
    replica_set: t.Optional[int] = None  #: the one that it lies on, where that is known


class Verdict(t.NamedTuple):
    missing: list[str]  #: has not arrived, or not as it should be, in words
    not_carried: list[str]  #: what the sync method in force does not carry
    wrong: bool = False  #: something arrived, and not as it was written
    silent: t.Sequence[int] = ()  #: replica sets from which nothing came


def judge(expected: t.Sequence[Expected], seen: t.Mapping[str, Seen], sync_method: str) -> Verdict:
    """Hold what was found against what was written."""
    missing: list[str] = []
    not_carried: list[str] = []
    silent: list[int] = []
    wrong = False
    for item in expected:
        found = seen.get(item.path, Seen(None))
        if item.size is None:
            if found.size is not None:
                missing.append(f"{item.path} ({item.what}) still exists")
        elif found.size is None:
            missing.append(f"{item.path} ({item.what}) is missing")
            if item.replica_set is not None:
                silent.append(item.replica_set)
        elif found.size != item.size:
            wrong = True
            missing.append(f"{item.path} ({item.what}) has {found.size} bytes instead of {item.size}")
        elif found.sha256 != item.sha256:
            wrong = True
            missing.append(f"{item.path} ({item.what}) has the right size but different content")
        elif item.xattr is not None and found.xattr != item.xattr:
            # Only tar leaves extended attributes out by design; with rsync their absence is a fault.
            (not_carried if sync_method == "tarssh" else missing).append(
                f"user extended attributes (seen on {item.path}, sync-method {sync_method})"
            )
    return Verdict(missing, not_carried, wrong, tuple(silent))


def restarted(count: int) -> str:
    """How often a session was started anew, as a sentence to go on with; empty where it was not.

    >>> restarted(1), restarted(2)
    (' The session was restarted once.', ' The session was restarted 2 times.')
    """
    return f" The session was restarted {'once' if count == 1 else f'{count} times'}." if count else ""


def explain(verdict: Verdict, seen: t.Mapping[str, Seen], sync_method: str, state: str) -> str:
    """Why a canary may have stayed away, and what to do."""
    sizes = [found.size for found in seen.values() if found.size is not None]
    if sizes and not any(sizes):
        if sync_method == "rsync":
            return (
                "Files arrive empty because of rsync 3.5 or newer on the secondary nodes: it resolves /proc/PID/cwd to / and reports "
                "success. Set sync-method: tarssh, or install an rsync older than 3.5 on the secondary nodes. Then touch these files on the primary volume, "
                "because gsyncd does not send them again by itself."
            )
        return "Files arrive empty. Read gsyncd.log on the primary nodes and on the secondary nodes."
    if not sizes and state == "active":
        return (
            "The session is Active but delivers nothing. A worker can lose a race in GlusterFS (changelog-ev-handle.c) when it connects to its brick, and "
            "then sees no changes until it is restarted. Stop and start the session, or run gluster_georep_proof with restart_stalled: true, which restarts "
            "the worker. The missing changes arrive after that."
        )
    if not sizes:
        return f"The session is {state}: check the status of its workers and their logs first."
    if not verdict.wrong:
        return (
            "Only some files arrived. Each replica set has its own worker, and a worker may have stalled (see 'stalled' in docs/known-faults.md). "
            "Restart the stalled worker (gluster_georep_worker), or run gluster_georep_proof with restart_stalled: true, which restarts it."
        )
    return "Only some of the test files arrived. On the node of the active worker, search gsyncd.log for the names of the missing files."
