# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The picture in a terminal: a table where it fits, else a few short lines a session.

Pure: the standard library only.
"""

from __future__ import annotations

import textwrap
import typing as t

from .durations import clock_words, words_of
from .overview import CRITICAL, IDLE, OK, WARNING
from .summary import table

Entry = t.Mapping[str, t.Any]

_WORDS = {CRITICAL: "CRITICAL", WARNING: "WARNING", OK: "ok", IDLE: "at rest"}
_HEADINGS = ("", "SESSION", "STATE", "LAG", "RPO", "LAST SYNCED (UTC)", "CHECKPOINT (UTC)", "WORKERS", "FAILURES")
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
        rows = table([_HEADINGS, *(_row(session) for session in overview["sessions"])])
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


def _row(session: Entry) -> tuple[str, ...]:
    return (
        _WORDS[session["verdict"]],
        session["name"],
        session["state"],
        words_of(session["lag_seconds"]),
        words_of(session["rpo_seconds"]) if session["rpo_seconds"] is not None else "-",
        clock_words(session["last_synced"]),
        _checkpoint(session["checkpoint"]),
        workers_words(session),
        str(session["failures"]),
    )


def _checkpoint(checkpoint: Entry) -> str:
    if not checkpoint["set"]:
        return "not known" if checkpoint["set"] is None else "-"
    if checkpoint["completed"]:
        return f"reached {clock_words(checkpoint['completed_at'])}"
    return (
        f"{'waiting since' if checkpoint['completed'] is False else 'unknown, set'} {clock_words(checkpoint['time'])}"
    )


def workers_words(session: Entry) -> str:
    words = [worker["status"] for worker in session["workers"]]
    return ", ".join(f"{words.count(word)} {word.rstrip('.')}" for word in dict.fromkeys(words)) or "none"


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
