# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""A table of sessions for people.

Pure: the standard library only.
"""

from __future__ import annotations

import typing as t

_HEADINGS = ("SESSION", "STATE", "WORKERS", "CRAWL", "LAST SYNCED (UTC)", "LAG")


def table(rows: t.Sequence[t.Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell, two blanks between."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def overlay(
    status: t.Sequence[t.Mapping[str, t.Any]], made: t.Sequence[t.Mapping[str, t.Any]]
) -> list[t.Mapping[str, t.Any]]:
    """The sessions as first read, with those that were changed since as they were read back; spares another reading."""
    news = {_name(entry): {**entry, "state": entry["after"]["state"]} for entry in made}
    merged = {_name(entry): entry for entry in status} | news
    return [entry for entry in merged.values() if entry["state"] != "absent"]


def summary_lines(
    status: t.Sequence[t.Mapping[str, t.Any]], made: t.Sequence[t.Mapping[str, t.Any]] = ()
) -> list[str]:
    """One line a session, and one for each brick that has no worker or a Faulty one.

    :param made: the ``sessions`` that gluster_georep_session returned after ``status`` was read.
    """
    status = overlay(status, made)
    if not status:
        return ["No geo-replication sessions on this cluster."]
    rows: list[t.Sequence[str]] = [_HEADINGS]
    trouble: list[str] = []
    for entry in status:
        workers = entry["workers"]
        active = [worker for worker in workers if worker["status"] == "Active"]
        rows.append(
            (
                _name(entry),
                entry["state"],
                _count_words(workers),
                ", ".join(sorted({worker["crawl_status"] or "-" for worker in active})) or "-",
                # The session is as far as its slowest worker.
                _synced_words(active),
                _lag_words(active),
            )
        )
        trouble += [f"  {_name(entry)}: {words}" for words in _trouble(entry)]
    return table(rows) + trouble


def _name(entry: t.Mapping[str, t.Any]) -> str:
    user = "" if entry["secondary_user"] == "root" else f"{entry['secondary_user']}@"
    return f"{entry['primary_volume']} -> {user}{entry['secondary_host']}::{entry['secondary_volume']}"


def _trouble(entry: t.Mapping[str, t.Any]) -> list[str]:
    if "health" in entry:
        # That a session is stopped stands in the table.
        return [reason for reason in entry["health"]["reasons"] if reason != f"It is {entry['state']}."]
    faulty = [f"{worker['node']}:{worker['brick']} is Faulty" for worker in entry["workers"] if worker["status"] == "Faulty"]
    return faulty + [f"{brick} has no worker" for brick in entry["missing"]]


def _synced_words(active: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    times = [worker["last_synced"] for worker in active]
    return "-" if not times or None in times else str(min(times)).replace("T", " ").rstrip("Z")


def _lag_words(active: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    lags = [worker["lag_seconds"] for worker in active]
    return "-" if not lags or None in lags else f"{max(lags)} s"


def _count_words(workers: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    words = [worker["status"] for worker in workers]
    return ", ".join(f"{words.count(word)} {word}" for word in sorted(set(words))) or "none"
