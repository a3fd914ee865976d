# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What follows from the proofs of sessions."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import PreconditionFailed
from ansible_collections.glusterops.georep.plugins.module_utils._plan.proving import (
    MOST_TURNS,
    judge_proofs,
    may_stall_again,
    proof_lines,
)


def named(volume: str) -> dict[str, str]:
    return {"primary_volume": volume, "secondary_host": "s1", "secondary_volume": f"{volume}-dr", "secondary_user": "root"}


def proof(volume: str, *bricks: str, proved: bool = False, pending: bool = False) -> dict[str, t.Any]:
    stalled = [{**named(volume), "node": "p1", "brick": brick} for brick in bricks]
    return {"session": volume, "proved": proved, "pending": pending, "message": f"{volume} says so.", "stalled": stalled}


def test_all_are_proved() -> None:
    found = judge_proofs({"proofs": [proof("a", proved=True)]})
    assert (found["stalled"], found["again"], found["turns"], found["unfinished"]) == ([], False, [], [])


def test_workers_that_have_stalled_get_another_start_and_each_session_one_proof() -> None:
    first = judge_proofs({"proofs": [proof("a", proved=True), proof("b", "/1", "/2")], "failed": True})
    assert len(first["stalled"]) == 2 and first["sessions"] == [named("b")] and first["turns"] == list(range(MOST_TURNS)) and first["again"]
    state = first
    for turn in range(MOST_TURNS):
        both = [{"workers": [{"ended": True}]}, {"workers": [{"ended": True}, {"ended": False}]}]
        assert may_stall_again(state, both) is (turn < MOST_TURNS - 1)
        # A node that is not in the play, cannot be reached or fails has not done its part.
        assert not may_stall_again(state, both[:1]) and not may_stall_again(state, [both[0], {"unreachable": True}])
        state = judge_proofs({"proofs": [proof("b", "/1", "/2")]}, state)
    assert state["turns"] == []
    with pytest.raises(PreconditionFailed, match="b says so"):
        judge_proofs({"proofs": [proof("b")], "failed": True}, state)


def test_what_is_wrong_with_one_is_said_when_the_others_are_through() -> None:
    first = judge_proofs({"proofs": [proof("a"), proof("b", "/1")], "failed": True})
    assert [one["session"] for one in first["unfinished"]] == ["a"]
    with pytest.raises(PreconditionFailed, match=r"^a says so"):
        judge_proofs({"proofs": [proof("b", proved=True)]}, first)


def test_a_first_copy_is_a_failure_only_where_that_is_asked() -> None:
    first = judge_proofs({"proofs": [proof("a", pending=True), proof("b", "/1")]})
    assert [one["session"] for one in judge_proofs({"proofs": [proof("b", proved=True)]}, first)["unfinished"]] == ["a"]
    with pytest.raises(PreconditionFailed, match=r"^a says so"):
        judge_proofs({"proofs": [proof("b", proved=True)]}, first, pending_fails=True)


def test_a_check_run_proves_nothing_and_misses_nothing() -> None:
    assert judge_proofs({"proofs": [proof("a", pending=True)]}, pending_fails=True, check_mode=True)["unfinished"] == []


def test_a_proof_that_did_not_run_is_a_failure_with_its_own_words() -> None:
    with pytest.raises(PreconditionFailed, match="no module lxml"):
        judge_proofs({"failed": True, "msg": "no module lxml"})


def test_what_a_proof_found_in_words() -> None:
    assert proof_lines({"proofs": [proof("a"), proof("b", proved=True)]}) == ["a says so.", "b says so."]
    assert proof_lines({"proofs": []}) == ["No session was tested: no session is started."]
    # Why it did not run is an error of its own.
    assert proof_lines({"msg": "glusterd does not answer."}) == ["No session was tested."]
