# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Sessions in a terminal: a table where it fits, else a few short lines a session.

Pure: the standard library only.
"""

from __future__ import annotations

import textwrap
import typing as t

from .._faults.health import CRITICAL, IDLE, OK, WARNING, line, problems, sets_of, site_of
from .._model.durations import clock_words, words_of
from .._model.identity import session_of

Entry = t.Mapping[str, t.Any]

_WORDS = {CRITICAL: "CRITICAL", WARNING: "WARNING", OK: "ok", IDLE: "at rest"}
Cells = t.Mapping[str, t.Callable[[Entry], str]]


def workers_words(session: Entry) -> str:
    words = [worker["status"] for worker in session["workers"]]
    return ", ".join(f"{words.count(word)} {word.rstrip('.')}" for word in dict.fromkeys(words)) or "none"


#: What the report tells of a session, by the heading of its column.
_REPORT: Cells = {
    "": lambda session: _WORDS[session["verdict"]],
    "SESSION": lambda session: str(session["name"]),
    "STATE": lambda session: str(session["state"]),
    "LAG": lambda session: words_of(session["lag_seconds"]),
    "RPO": lambda session: words_of(session["rpo_seconds"]) if session["rpo_seconds"] is not None else "-",
    "LAST SYNCED (UTC)": lambda session: clock_words(session["last_synced"]),
    "CHECKPOINT (UTC)": lambda session: _checkpoint(session["checkpoint"]),
    "WORKERS": workers_words,
    "FAILURES": lambda session: str(session["failures"]),
}
#: What the role's summary tells, of which the active workers alone tell how far it has got.
_SUMMARY: Cells = {
    "SESSION": lambda session: str(session_of(session)),
    "STATE": _REPORT["STATE"],
    "WORKERS": _REPORT["WORKERS"],
    "CRAWL": lambda session: ", ".join(sorted({worker["crawl_status"] or "-" for worker in _active(session)})) or "-",
    "LAST SYNCED (UTC)": lambda session: _of_active(session, "last_synced", min, clock_words),
    "LAG": lambda session: _of_active(session, "lag_seconds", max, words_of),
}
#: Narrower than this nothing is readable.
NARROWEST = 40


def headline(overview: Entry) -> str:
    """The whole report in one sentence."""
    counts, total = overview["counts"], len(overview["sessions"])
    bad, healthy, resting = counts[CRITICAL] + counts[WARNING], counts[OK], counts[IDLE]
    if bad:
        return f"{bad} of {total} session{'' if total == 1 else 's'} need{'s' if bad == 1 else ''} attention"
    if overview["problems"]:
        return "The cluster needs attention"
    if not total:
        return "No geo-replication sessions on this cluster"
    if not healthy:
        return "No session is running"
    within = all(session["within_rpo"] for session in overview["sessions"] if session["verdict"] == OK)
    who = "All sessions are" if healthy == total > 1 else f"{healthy} session{' is' if healthy == 1 else 's are'}"
    return f"{who} healthy{' and within the RPO' if within else ''}{f', {resting} not running' if resting else ''}"


def report_lines(overview: Entry, width: int = 69) -> list[str]:
    """The report for people before a terminal.

    :param width: columns there are; 69 is what ansible's own indentation leaves of 80.
    """
    width = max(NARROWEST, width)
    lines = _wrapped(f"{headline(overview)}. Read {clock_words(overview['read_at'])} UTC.", width, "  ")
    if overview["sessions"]:
        rows = _table(overview["sessions"], _REPORT)
        if max(map(len, rows)) <= width:
            lines += rows
        else:
            for session in overview["sessions"]:
                lines += _stanza(session, width)
    for problem in overview["problems"]:
        where = ", ".join(part for part in (problem["session"], problem["where"]) if part)
        lines += _wrapped(f"{_WORDS[problem['severity']]}  {where}: {problem['what']}", width, "  ")
        lines += _wrapped(f"  What helps: {problem['remedy']}", width, "    ")
    drift = overview["drift"]
    for heading, entries in (
        ("would be done by the role", drift["steps"]),
        ("cannot be compared", drift["errors"]),
        ("not declared, left alone", drift["undeclared"]),
    ):
        for entry in entries:
            lines += _wrapped(f"{heading}: {entry}", width, "  ")
    return lines


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False) or [""]


def _active(session: Entry) -> list[Entry]:
    return [worker for worker in session["workers"] if worker["status"] == "Active"]


def _of_active(session: Entry, name: str, slowest: t.Callable[[list[t.Any]], t.Any], words: t.Callable[[t.Any], str]) -> str:
    """A session has got as far as its slowest worker."""
    values = [worker[name] for worker in _active(session)]
    return "-" if not values or None in values else words(slowest(values))


def _table(sessions: t.Sequence[Entry], cells: Cells) -> list[str]:
    """Columns as wide as their widest cell, two blanks between."""
    rows = [list(cells), *([cell(session) for cell in cells.values()] for session in sessions)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(cells))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def summary_lines(status: t.Sequence[Entry], made: t.Sequence[Entry] = (), secondaries: t.Sequence[Entry] = ()) -> list[str]:
    """The sessions after a run of the role: a line each, and one for each thing that is wrong.

    :param status: as gluster_georep_info returned it.
    :param made: the ``sessions`` that gluster_georep_session returned after ``status`` was read.
    :param secondaries: as gluster_georep_info returned them.
    """
    entries = as_read_back(status, made)
    if not entries:
        return ["No geo-replication sessions on this cluster."]
    found = [problem for entry in entries for problem in problems(entry, sets_of(entry), site=site_of(entry, secondaries))]
    return [*_table(entries, _SUMMARY), *(f"  {line(problem.as_dict())}" for problem in found)]


def as_read_back(status: t.Sequence[Entry], made: t.Sequence[Entry]) -> list[Entry]:
    """The sessions as first read, with those that were changed since as they were read back; spares another reading."""
    known = {session_of(entry): entry for entry in status}
    for entry in made:
        known[session_of(entry)] = {**known.get(session_of(entry), {}), **entry, "state": entry["after"]["state"]}
    return [entry for entry in known.values() if entry["state"] != "absent"]


def _checkpoint(checkpoint: Entry) -> str:
    if not checkpoint["set"]:
        return "not known" if checkpoint["set"] is None else "-"
    if checkpoint["completed"]:
        return f"reached {clock_words(checkpoint['completed_at'])}"
    return (
        f"{'waiting since' if checkpoint['completed'] is False else 'unknown, set'} {clock_words(checkpoint['time'])}"
    )


def _stanza(session: Entry, width: int) -> list[str]:
    lag = f"lag {words_of(session['lag_seconds'])}"
    if session["rpo_seconds"] is not None:
        lag += f" of {words_of(session['rpo_seconds'])}"
    facts = [session["state"], lag, workers_words(session)]
    if session["failures"]:
        facts.append(f"{session['failures']} failures")
    if session["checkpoint"]["set"]:
        facts.append(f"checkpoint {_checkpoint(session['checkpoint'])}")
    facts.append(
        f"synced up to {clock_words(session['last_synced'])}" if session["last_synced"] else "nothing synced yet"
    )
    indent = " " * 10
    return [
        *_wrapped(f"{_WORDS[session['verdict']]:<8}  {session['name']}", width, indent),
        *_wrapped(indent + "; ".join(facts), width, indent),
    ]
