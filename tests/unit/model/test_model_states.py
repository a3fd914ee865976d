# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fold: what many workers say, as one word about the session."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.states import (
    State,
    fold,
    missing_bricks,
    worst_workers,
)


class Worker(t.NamedTuple):
    node: str
    brick: str
    status: str


Sets = list[list[tuple[str, str]]]

REPLICA: Sets = [[("n1", "/b"), ("n2", "/b")]]
TWO_SETS: Sets = [[("n1", "/a"), ("n2", "/a")], [("n1", "/b"), ("n2", "/b")]]
DISTRIBUTE: Sets = [[("n1", "/b")], [("n2", "/b")]]
DISPERSE: Sets = [[("n1", "/a"), ("n2", "/b"), ("n1", "/c")]]

INIT = "Initializing..."


def workers(sets: Sets, *statuses: str | None) -> list[Worker]:
    """One status for each brick, in the order of the volume; None: no row, its node is down."""
    bricks = [brick for group in sets for brick in group]
    assert len(statuses) == len(bricks)
    return [Worker(*brick, status) for brick, status in zip(bricks, statuses) if status is not None]


CASES: list[tuple[Sets, tuple[str | None, ...], State]] = [
    (REPLICA, ("Created", "Created"), State.CREATED),
    (REPLICA, ("Stopped", "Stopped"), State.STOPPED),
    (REPLICA, ("Created", "Stopped"), State.STOPPED),
    (REPLICA, ("Paused", "Paused"), State.PAUSED),
    (REPLICA, ("Active", "Passive"), State.ACTIVE),
    (REPLICA, ("Passive", "Active"), State.ACTIVE),
    (REPLICA, ("Active", "Active"), State.ACTIVE),
    # one worker that lives is enough for its set
    (REPLICA, ("Active", "Faulty"), State.ACTIVE),
    (REPLICA, ("Faulty", "Active"), State.ACTIVE),
    (REPLICA, ("Active", INIT), State.ACTIVE),
    (REPLICA, ("Active", None), State.ACTIVE),
    (REPLICA, ("Faulty", "Faulty"), State.FAULTY),
    (REPLICA, ("Faulty", "Passive"), State.FAULTY),
    (REPLICA, ("Faulty", INIT), State.FAULTY),
    (REPLICA, ("Faulty", None), State.FAULTY),
    (REPLICA, ("Passive", "Passive"), State.INITIALIZING),
    (REPLICA, ("Passive", None), State.INITIALIZING),
    (REPLICA, (INIT, INIT), State.INITIALIZING),
    (REPLICA, ("Passive", INIT), State.INITIALIZING),
    # each replica set replicates its own part of the files
    (TWO_SETS, ("Active", "Passive", "Passive", "Active"), State.ACTIVE),
    (TWO_SETS, ("Active", "Passive", "Passive", "Passive"), State.INITIALIZING),
    (TWO_SETS, ("Active", "Passive", "Faulty", "Faulty"), State.FAULTY),
    (TWO_SETS, ("Active", "Passive", "Faulty", "Active"), State.ACTIVE),
    (TWO_SETS, (INIT, "Passive", "Faulty", "Faulty"), State.FAULTY),
    (TWO_SETS, ("Active", "Passive", None, None), State.INITIALIZING),
    (TWO_SETS, ("Active", None, "Active", None), State.ACTIVE),
    (DISTRIBUTE, ("Active", "Active"), State.ACTIVE),
    (DISTRIBUTE, ("Active", "Faulty"), State.FAULTY),
    (DISTRIBUTE, ("Active", "Passive"), State.INITIALIZING),
    (DISTRIBUTE, ("Active", None), State.INITIALIZING),
    (DISPERSE, ("Passive", "Active", "Passive"), State.ACTIVE),
    (DISPERSE, ("Faulty", "Faulty", "Active"), State.ACTIVE),
    (DISPERSE, ("Faulty", "Passive", "Faulty"), State.FAULTY),
    # some nodes have not followed
    (REPLICA, ("Active", "Stopped"), State.MIXED),
    (REPLICA, ("Paused", "Active"), State.MIXED),
    (REPLICA, ("Paused", "Stopped"), State.MIXED),
    (REPLICA, ("Created", "Passive"), State.MIXED),
    (REPLICA, ("N/A", "Active"), State.MIXED),
    (REPLICA, ("inconsistent", "inconsistent"), State.MIXED),
    (REPLICA, ("a word of tomorrow", "Active"), State.MIXED),
    (REPLICA, ("Config Corrupted", "Config Corrupted"), State.UNREADABLE),
    (REPLICA, ("Config Corrupted", "Active"), State.UNREADABLE),
    (REPLICA, (None, None), State.UNREADABLE),
    # a node that is down does not make a stopped session anything else
    (REPLICA, ("Stopped", None), State.STOPPED),
    (REPLICA, ("Paused", None), State.PAUSED),
    (REPLICA, ("Created", None), State.CREATED),
]


@pytest.mark.parametrize(("sets", "statuses", "expected"), CASES)
def test_fold(sets: Sets, statuses: tuple[str | None, ...], expected: State) -> None:
    rows = workers(sets, *statuses)
    assert fold(rows, sets) is expected
    assert fold(list(reversed(rows)), sets) is expected, "the order of rows means nothing"


def test_without_sets_all_bricks_count_as_one() -> None:
    rows = workers(DISTRIBUTE, "Active", "Passive")
    assert fold(rows) is State.ACTIVE
    assert fold(rows, []) is State.ACTIVE


@pytest.mark.parametrize(
    ("state", "running"),
    [
        (State.ABSENT, False), (State.CREATED, False), (State.STOPPED, False), (State.INITIALIZING, True), (State.ACTIVE, True),
        (State.FAULTY, True), (State.PAUSED, False), (State.MIXED, False), (State.UNREADABLE, False),
    ],
)  # fmt: skip
def test_running(state: State, running: bool) -> None:
    assert state.running is running


def test_missing_bricks_are_named_in_the_order_of_the_volume() -> None:
    rows = workers(TWO_SETS, None, "Active", None, "Active")
    assert missing_bricks(rows, TWO_SETS) == [("n1", "/a"), ("n1", "/b")]
    assert missing_bricks(workers(TWO_SETS, *["Active"] * 4), TWO_SETS) == []


@pytest.mark.parametrize(
    ("statuses", "named"),
    [
        (("Active", "Passive", "Passive", "Active"), []),
        (("Active", "Faulty", "Faulty", "Passive"), [("n1", "/b"), ("n2", "/b")]),
        (("Faulty", None, "Active", None), [("n1", "/a")]),
        ((INIT, "Passive", "Faulty", "Faulty"), [("n1", "/a"), ("n2", "/a"), ("n1", "/b"), ("n2", "/b")]),
    ],
)
def test_who_keeps_a_session_from_being_active(statuses: tuple[str | None, ...], named: list[tuple[str, str]]) -> None:
    assert [(w.node, w.brick) for w in worst_workers(workers(TWO_SETS, *statuses), TWO_SETS)] == named


def test_without_sets_everybody_is_named_or_nobody() -> None:
    assert worst_workers(workers(REPLICA, "Active", "Faulty"), None) == []
    assert len(worst_workers(workers(REPLICA, "Faulty", "Faulty"), None)) == 2
