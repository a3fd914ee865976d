# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The fold: many workers' words into one session state.

Pure: the standard library only. The words are gsyncdstatus.py's and glusterd's.
"""

from __future__ import annotations

import enum
import typing as t


class State(str, enum.Enum):
    """What a session is doing as a whole."""

    ABSENT = "absent"
    CREATED = "created"  #: registered, never started
    STOPPED = "stopped"
    INITIALIZING = "initializing"  #: started, some replica set has no Active worker yet
    ACTIVE = "active"  #: every replica set has an Active worker
    FAULTY = "faulty"  #: some replica set has a Faulty worker and no Active one
    PAUSED = "paused"
    MIXED = "mixed"  #: some nodes run, stop or pause, others do not
    UNREADABLE = "unreadable"  #: registered, but its configuration is corrupt, or no node reports it

    @property
    def running(self) -> bool:
        return self in (State.INITIALIZING, State.ACTIVE, State.FAULTY)

    @property
    def at_rest(self) -> bool:
        """Nothing is replicated, and nobody says that something went wrong."""
        return self in (State.CREATED, State.STOPPED, State.PAUSED)


class WorkerLike(t.Protocol):
    """What the fold needs to know of a worker."""

    @property
    def node(self) -> str:
        """Host name of the node."""

    @property
    def brick(self) -> str:
        """Path of the brick on it."""

    @property
    def status(self) -> str:
        """gsyncd's word, for example Active."""


RUNNING_WORDS = frozenset({"Active", "Passive", "Initializing...", "Faulty"})
STOPPED_WORDS = frozenset({"Created", "Stopped"})


def fold(workers: t.Sequence[WorkerLike], sets: t.Sequence[t.Sequence[tuple[str, str]]] | None = None) -> State:
    """The state of one session.

    :param workers: what status reports; a node that is down reports nothing.
    :param sets: the primary volume's replica (or disperse) sets, each a list of ``(node, brick path)``.
        Without them all workers count as one set, which is too kind to distributed volumes.
    """
    words = {worker.status for worker in workers}
    if not words or "Config Corrupted" in words:
        return State.UNREADABLE
    if words == {"Created"}:
        return State.CREATED
    if words <= STOPPED_WORDS:
        return State.STOPPED
    if words == {"Paused"}:
        return State.PAUSED
    if words <= RUNNING_WORDS:
        return _fold_running(workers, sets)
    return State.MIXED


def _fold_running(workers: t.Sequence[WorkerLike], sets: t.Sequence[t.Sequence[tuple[str, str]]] | None) -> State:
    by_brick = {(worker.node, worker.brick): worker.status for worker in workers}
    groups = sets or [list(by_brick)]
    states = [_fold_set([by_brick[brick] for brick in group if brick in by_brick]) for group in groups]
    for state in (State.FAULTY, State.INITIALIZING):
        if state in states:
            return state
    return State.ACTIVE


def _fold_set(words: t.Sequence[str]) -> State:
    if "Active" in words:
        return State.ACTIVE
    if "Faulty" in words:
        return State.FAULTY
    # Only Passive ones, or none at all: the worker that should be Active is still coming, or its node is gone.
    return State.INITIALIZING


def missing_bricks(
    workers: t.Sequence[WorkerLike], sets: t.Sequence[t.Sequence[tuple[str, str]]]
) -> list[tuple[str, str]]:
    """Bricks of the primary volume for which no worker is reported: their node is down, or does not know the session."""
    reported = {(worker.node, worker.brick) for worker in workers}
    return [brick for group in sets for brick in group if brick not in reported]


def worst_workers(
    workers: t.Sequence[WorkerLike], sets: t.Sequence[t.Sequence[tuple[str, str]]] | None
) -> list[WorkerLike]:
    """The workers that keep the session from being Active, set by set."""
    by_brick = {(worker.node, worker.brick): worker for worker in workers}
    bad: list[WorkerLike] = []
    for group in sets or [list(by_brick)]:
        members = [by_brick[brick] for brick in group if brick in by_brick]
        if not any(worker.status == "Active" for worker in members):
            bad.extend(members)
    return bad
