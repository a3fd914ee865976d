# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lag and checkpoint, folded replica set by replica set."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model import progress
from ansible_collections.glusterops.georep.plugins.module_utils._model.progress import Checkpoint, Lag

SETS = [[("n1", "/a"), ("n2", "/a")], [("n1", "/b"), ("n2", "/b")]]
TEN = 1767348000  # 2026-01-02 10:00:00
YES = ("Yes", "10:00:00", "10:00:20")
NO = ("No", "10:00:00", "N/A")


class Worker(t.NamedTuple):
    node: str
    brick: str
    status: str
    last_synced: t.Optional[int] = None
    checkpoint_completed: t.Optional[bool] = None
    checkpoint_time: t.Optional[int] = None
    checkpoint_completion_time: t.Optional[int] = None
    crawl_status: t.Optional[str] = "Changelog Crawl"


def active(node: str, brick: str, synced: str = "10:00:00", completed: str = "N/A", at: str = "N/A", since: str = "N/A") -> Worker:
    def day(clock: str) -> int | None:
        return progress.read_time(f"2026-01-02 {clock}")

    return Worker(node, brick, "Active", day(synced), {"Yes": True, "No": False}.get(completed), day(at), day(since))


def passive(node: str, brick: str, status: str = "Passive") -> Worker:
    return Worker(node, brick, status)


@pytest.mark.parametrize("text", ["", "2026-01-02", "2026-01-02T10:00:00", "now", "N/A", "2026-13-02T10:00:00Z"])
def test_a_time_that_says_no_zone_is_none(text: str) -> None:
    with pytest.raises(ValueError):
        progress.from_iso(text)


def test_times_there_and_back() -> None:
    assert progress.read_time(progress.write_time(TEN)) == TEN
    assert progress.from_iso(str(progress.iso(TEN))) == TEN == progress.from_iso("2026-01-02T05:00:00-05:00")
    assert progress.iso(None) is None


def test_the_lag_is_that_of_the_set_furthest_behind() -> None:
    rows = [active("n1", "/a", "10:00:50"), passive("n2", "/a"), passive("n1", "/b"), active("n2", "/b", "10:00:10")]
    assert progress.session_lag(rows, SETS, TEN + 60.9) == Lag(50, TEN + 10, None)
    assert [progress.lag_of(row, TEN + 60.9) for row in rows] == [10, None, None, 50]


def test_two_active_workers_of_one_set_are_as_far_as_the_one_behind() -> None:
    rows = [active("n1", "/a", "10:00:50"), active("n2", "/a", "10:00:00")]
    assert progress.session_lag(rows, SETS[:1], TEN + 60).seconds == 60
    rows = [active("n1", "/a", "10:00:09", *YES), active("n2", "/a", "09:00:00", *NO)]
    assert progress.checkpoint_of(rows, SETS[:1], str(TEN)).completed is False


def test_clocks_that_differ_make_no_negative_lag() -> None:
    assert progress.session_lag([active("n1", "/a", "10:00:50")], SETS[:1], TEN).seconds == 0


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([active("n1", "/a"), passive("n2", "/b")], "No worker is Active for n1:/b and n2:/b, and only an Active worker reports the lag."),
        ([active("n1", "/a"), active("n2", "/b", "N/A")._replace(crawl_status="Hybrid Crawl")],
         "The first copy of n1:/b and n2:/b has not ended (Hybrid Crawl)."),
        ([passive("n1", "/a", "Stopped")], "No worker is Active for n1:/a and n2:/a, and only an Active worker reports the lag."),
    ],
)  # fmt: skip
def test_a_lag_that_one_set_does_not_tell_is_unknown(rows: list[Worker], reason: str) -> None:
    assert progress.session_lag(rows, SETS, TEN) == Lag(None, None, reason)


def test_without_sets_all_workers_are_one() -> None:
    assert progress.session_lag([active("n1", "/a"), passive("n2", "/a")], None, TEN + 5).seconds == 5
    assert progress.session_lag([], None, TEN).seconds is None


@pytest.mark.parametrize(
    ("rows", "stored", "expected"),
    [
        ([active("n1", "/a"), active("n1", "/b")], "0", Checkpoint(False)),
        ([active("n1", "/a"), active("n1", "/b")], None, Checkpoint(False)),
        # Its options were not read, and nobody else tells.
        ([passive("n1", "/a", "Stopped")], None, Checkpoint(None)),
        ([], None, Checkpoint(None)),
        ([active("n1", "/a", "10:00:09", *YES), active("n2", "/b", "10:00:09", *YES)], str(TEN), Checkpoint(True, TEN, True, TEN + 20)),
        ([active("n1", "/a", "10:00:09", *YES), active("n2", "/b", "10:00:09", *YES)], None, Checkpoint(True, TEN, True, TEN + 20)),
        # One says No, one says nothing, one speaks of an older checkpoint.
        ([active("n1", "/a", "10:00:09", *YES), active("n2", "/b", "09:00:00", *NO)], str(TEN), Checkpoint(True, TEN, False)),
        ([active("n1", "/a", "10:00:09", *YES), passive("n2", "/b", "Faulty")], str(TEN), Checkpoint(True, TEN, None)),
        ([active("n1", "/a", "10:00:09", *YES), active("n2", "/b", "10:00:09", *YES)], str(TEN + 1), Checkpoint(True, TEN + 1, False)),
        ([passive("n1", "/a", "Stopped")], str(TEN), Checkpoint(True, TEN, None)),
        ([], str(TEN), Checkpoint(True, TEN, None)),
    ],
)  # fmt: skip
def test_a_checkpoint(rows: list[Worker], stored: str | None, expected: Checkpoint) -> None:
    assert progress.checkpoint_of(rows, SETS, stored) == expected


def test_a_no_counts_more_than_a_set_that_tells_nothing() -> None:
    rows = [passive("n1", "/a", "Faulty"), active("n2", "/b", "09:00:00", *NO)]
    assert progress.checkpoint_of(rows, SETS, str(TEN)).completed is False
