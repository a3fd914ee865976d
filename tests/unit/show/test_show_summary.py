# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The summary of a run, letter by letter."""

from __future__ import annotations

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._faults import health
from ansible_collections.glusterops.georep.plugins.module_utils._show.lines import summary_lines


def worker(
    node: str, status: str, crawl: str | None = None, synced: str | None = None, lag: int | None = None
) -> dict[str, t.Any]:
    return {
        "node": node, "brick": "/b", "status": status, "crawl_status": crawl, "last_synced": synced, "lag_seconds": lag,
    }  # fmt: skip


def entry(
    volume: str, user: str, state: str, workers: list[dict[str, str]], missing: t.Sequence[str] = ()
) -> dict[str, t.Any]:
    return {
        "primary_volume": volume,
        "secondary_host": "dr1",
        "secondary_volume": f"{volume}-dr",
        "secondary_user": user,
        "state": state,
        "workers": workers,
        "missing": list(missing),
    }


def test_no_sessions() -> None:
    assert summary_lines([]) == ["No geo-replication sessions on this cluster."]


def test_the_table() -> None:
    status = [
        entry(
            "projects",
            "root",
            "active",
            [
                worker("n1", "Active", "Changelog Crawl", "2026-01-02T10:00:15Z", 5),
                worker("n2", "Passive"),
                worker("n3", "Active", "History Crawl", "2026-01-02T09:00:00Z", 3620),
                worker("n4", "Faulty", "History Crawl"),
            ],
        ),
        entry("homes", "geo", "stopped", [worker("n1", "Stopped")], ["n2:/b"]),
        entry("x", "root", "unreadable", []),
    ]
    (broken,) = health.problems(status[2], [])
    unreadable = health.line(broken.as_dict())
    assert unreadable.startswith("x -> dr1::x-dr: gluster does not show this session")
    assert summary_lines(status) == [
        "SESSION                       STATE       WORKERS                        CRAWL                           LAST SYNCED (UTC)    LAG",
        "projects -> dr1::projects-dr  active      2 Active, 1 Passive, 1 Faulty  Changelog Crawl, History Crawl  2026-01-02 09:00:00  1 h",
        "homes -> geo@dr1::homes-dr    stopped     1 Stopped                      -                               -                    -",
        "x -> dr1::x-dr                unreadable  none                           -                               -                    -",
        "  projects -> dr1::projects-dr, n4:/b: The worker is Faulty. What helps: Read /var/log/glusterfs/geo-replication/"
        "projects_dr1_projects-dr/gsyncd.log on n4, and look for known faults with gluster_georep_preflight_info on the nodes of both sites.",
        "  homes -> geo@dr1::homes-dr, n2:/b: No worker is reported for this brick. What helps: Check that glusterd runs on n2 and that the "
        "session's folder exists on that node, then run: gluster volume geo-replication homes geo@dr1::homes-dr start force",
        f"  {unreadable}",
    ]


def test_a_session_is_as_far_as_its_slowest_worker() -> None:
    workers = [
        worker("n1", "Active", "Changelog Crawl", "2026-01-02T10:00:15Z", 5),
        worker("n2", "Active", "History Crawl"),
    ]
    (_head, line) = summary_lines([entry("v", "root", "active", workers)])
    assert line.split()[-2:] == ["-", "-"], "one of them has synced nothing yet"


def test_what_was_done_since_is_shown_as_it_was_read_back() -> None:
    before = [entry("a", "root", "stopped", [worker("n1", "Stopped")]), entry("b", "root", "active", [worker("n1", "Active")])]
    made = [
        {**entry("a", "root", "", [worker("n1", "Active", "History Crawl")]), "after": {"state": "active"}},
        {**entry("b", "root", "", []), "after": {"state": "absent"}},
        {**entry("c", "root", "", [worker("n1", "Paused")]), "after": {"state": "paused"}},
    ]
    lines = summary_lines(before, made)
    assert [line.split("  ")[0] for line in lines[1:]] == ["a -> dr1::a-dr", "c -> dr1::c-dr"]
    assert "active" in lines[1] and "History Crawl" in lines[1] and "paused" in lines[2]
