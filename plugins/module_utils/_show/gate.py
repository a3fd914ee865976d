# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Whether a cluster's sessions are well enough for an upgrade, a reboot or a brick change to go on.

Pure: the standard library only.
"""

from __future__ import annotations

import collections
import typing as t

from .._faults.health import PROBLEMS, RESTING, line
from .._model.durations import words_of
from .._model.errors import invalid

#: What a caller may accept by name: any problem, and each state in which a session rests.
CONSENTS = (*PROBLEMS, *RESTING)


def reasons(overview: t.Mapping[str, t.Any], accept: t.Collection[str] = (), failures_known: int = 0) -> list[str]:
    """Why not to go on, one a line: session, node and brick, what, and what helps. Empty: go on.

    A session that rests is a reason unless that is what was declared, or accepted: it protects nobody meanwhile.

    :param failures_known: so many failures of a session are no reason: gsyncd counts them for ever, repaired or not.
    """
    known = {session["name"] for session in overview["sessions"] if session["failures"] <= failures_known}
    found = [
        line(problem)
        for problem in overview["problems"]
        if problem["id"] not in accept and not (problem["id"] == "failures" and problem["session"] in known)
    ]
    for session in overview["sessions"]:
        state = session["state"]
        told = any(problem["id"] == "not-running" for problem in session["problems"])
        meant = {"present": RESTING, "stopped": ("stopped", "created"), "paused": ("paused",)}.get(
            session["declared_state"] or "", ()
        )
        if state in RESTING and state not in accept and state not in meant and not told:
            found.append(
                f"{session['name']}: The session is {state}: nothing is replicated. Start the session. If the session is meant to be {state}, "
                f"add '{state}' to gate_accept (of the filter georep_gate: accept)."
            )
    return found


def consents_from(option: str, accept: t.Sequence[str] | str) -> list[str]:
    """Reasons to ignore; ``-e gate_accept=paused,stopped`` arrives as text.

    :raises InvalidInput: one of them is not known.
    """
    words = [word.strip() for word in accept.split(",") if word.strip()] if isinstance(accept, str) else list(accept)
    unknown = sorted(set(words) - set(CONSENTS))
    if unknown:
        raise invalid(option, unknown, "not known.", f"Write some of: {', '.join(CONSENTS)}.")
    return words


def failures_from(option: str, value: int | str) -> int:
    """:raises InvalidInput: it is not a number of failures."""
    try:
        known = int(value)
    except (TypeError, ValueError):
        known = -1
    if known < 0:
        raise invalid(option, value, "is not a number of failures.", "Write 0 or more.")
    return known


def unread(host: str, info: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The judgement if the sessions could not be read.

    :param info: what the host said in their place.
    """
    said = f"It is not known whether geo-replication is healthy: the sessions could not be read on {host}: {info.get('msg', 'no answer')}"
    return {"passed": False, "reasons": [said], "message": said}


def judgement(overview: t.Mapping[str, t.Any], accept: t.Collection[str] = (), failures_known: int = 0) -> dict[str, t.Any]:
    found = reasons(overview, accept, failures_known)
    return {"passed": not found, "reasons": found, "message": _refusal(found) if found else _passage(overview)}


def _refusal(found: t.Sequence[str]) -> str:
    head = f"Geo-replication is not healthy, for {len(found)} reason{'s' if len(found) > 1 else ''}:"
    return "\n".join([head, *(f"* {line}" for line in found)])


def _passage(overview: t.Mapping[str, t.Any]) -> str:
    """What can be said when there is no reason against it."""
    sessions = overview["sessions"]
    if not sessions:
        return "This cluster has no geo-replication sessions: nothing to wait for."
    running = [session for session in sessions if session["state"] not in RESTING]
    lags = [session["lag_seconds"] for session in running if session["lag_seconds"] is not None]
    limits = [session["rpo_seconds"] for session in running if session["rpo_seconds"] is not None]
    resting = collections.Counter(session["state"] for session in sessions if session["state"] in RESTING)
    text = f"No problem: {len(running)} of {len(sessions)} session{'s' if len(sessions) > 1 else ''} running"
    text += "".join(f", {count} {state}" for state, count in sorted(resting.items()))
    if lags:
        text += (
            f"; the oldest change that is not on the secondary has waited {words_of(max(lags))}"
            if max(lags)
            else "; no change waits"
        )
    if limits:
        text += f" (smallest RPO {words_of(min(limits))})"
    # A limit that was meant and not found must not look like one that is kept.
    unlimited = len(running) - len(limits)
    if unlimited:
        text += f"; no RPO is known for {unlimited if limits else 'any'} of them, so their lag was not checked"
    return f"{text}."
