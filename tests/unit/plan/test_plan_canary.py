# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a canary's state on the secondary is taken for."""

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._plan.canary import (
    Expected,
    Seen,
    Verdict,
    explain,
    judge,
)

FILE = Expected("c/f", 10, "aa", None, "random content")
MARKED = Expected("c/x", 10, "aa", "token", "a file with an extended attribute")
GONE = Expected("c/g", None, what="a deleted file")


@pytest.mark.parametrize(
    ("expected", "seen", "words"),
    [
        (FILE, Seen(10, "aa"), None),
        (FILE, Seen(None), "is missing"),
        (FILE, Seen(0, "e3b0"), "has 0 bytes instead of 10"),
        (FILE, Seen(10, "bb"), "has the right size but different content"),
        (FILE, Seen(-1, "unreadable: EIO"), "has -1 bytes instead of 10"),
        (GONE, Seen(None), None),
        (GONE, Seen(5, "cc"), "still exists"),
    ],
)
def test_a_path_is_right_only_byte_by_byte(expected: Expected, seen: Seen, words: str | None) -> None:
    verdict = judge([expected], {expected.path: seen}, "rsync")
    if words is None:
        assert verdict == Verdict([], [])
    else:
        assert len(verdict.missing) == 1 and words in verdict.missing[0] and expected.path in verdict.missing[0]


def test_a_path_nobody_looked_at_is_missing() -> None:
    assert judge([FILE], {}, "tarssh").missing == ["c/f (random content) is missing"]


def test_a_replica_set_is_silent_only_where_nothing_came() -> None:
    files = [FILE._replace(path=f"c/{number}", replica_set=number) for number in range(3)]
    seen = {"c/0": Seen(10, "aa"), "c/1": Seen(0, "e3b0")}
    verdict = judge([*files, FILE], seen, "tarssh")
    assert verdict.silent == (2,) and verdict.wrong and len(verdict.missing) == 3


def test_tar_may_leave_attributes_out_and_says_so_while_rsync_may_not() -> None:
    without = {"c/x": Seen(10, "aa", None)}
    tar, rsync = judge([MARKED], without, "tarssh"), judge([MARKED], without, "rsync")
    assert (tar.missing, len(tar.not_carried)) == ([], 1) and "tarssh" in tar.not_carried[0]
    assert (len(rsync.missing), rsync.not_carried) == (1, [])
    assert judge([MARKED], {"c/x": Seen(10, "aa", "token")}, "tarssh") == Verdict([], [])


@pytest.mark.parametrize(
    ("seen", "method", "state", "words"),
    [
        ({"a": Seen(0), "b": Seen(0)}, "rsync", "active", "rsync 3.5"),
        ({"a": Seen(0)}, "tarssh", "active", "arrive empty"),
        ({"a": Seen(None)}, "tarssh", "active", "lose a race"),
        ({"a": Seen(None)}, "tarssh", "faulty", "The session is faulty"),
        ({"a": Seen(0), "b": Seen(7)}, "rsync", "active", "Only some files arrived"),
    ],
)
def test_the_cause_is_named(seen: dict[str, Seen], method: str, state: str, words: str) -> None:
    assert words in explain(Verdict(["x"], []), seen, method, state)


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        ({}, False),
        ({"c/f": Seen(10, "aa")}, False),
        ({"c/f": Seen(None)}, False),
        ({"c/f": Seen(10, "aa"), "c/g": Seen(5, "cc")}, False),
        ({"c/f": Seen(10, "aa"), "c/x": Seen(10, "aa", None)}, False),
        ({"c/f": Seen(0, "e3")}, True),
        ({"c/f": Seen(10, "bb")}, True),
        ({"c/f": Seen(-1, "unreadable: EIO")}, True),
        ({"c/f": Seen(None), "c/x": Seen(10, "bb", "token")}, True),
    ],
)
@pytest.mark.parametrize("method", ["rsync", "tarssh"])
def test_absent_is_not_wrong(seen: dict[str, Seen], wrong: bool, method: str) -> None:
    """What is wrong is not mended by starting the session again; what stays away may be."""
    assert judge([FILE, GONE, MARKED], seen, method).wrong is wrong


@pytest.mark.parametrize(
    ("wrong", "seen", "state", "words"),
    [
        (False, {"a": Seen(7), "b": Seen(None)}, "active", "Each replica set has its own worker"),
        (True, {"a": Seen(7), "b": Seen(9)}, "active", "search gsyncd.log for the names of the missing files"),
        (False, {"a": Seen(None)}, "active", "lose a race"),
        (True, {"a": Seen(0)}, "active", "arrive empty"),
    ],
)
def test_what_came_and_was_right_points_to_a_stalled_set(
    wrong: bool, seen: dict[str, Seen], state: str, words: str
) -> None:
    assert words in explain(Verdict(["x"], [], wrong), seen, "rsync", state)
