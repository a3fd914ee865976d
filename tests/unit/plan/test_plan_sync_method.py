# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sync method a site allows, and what becomes of a session: the user's word, then what works, then tarssh."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import PRIMARY
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import nodes_from
from ansible_collections.glusterops.georep.plugins.module_utils._plan.sync_method import (
    AUTO,
    COST,
    DECLARE,
    MEND,
    PIN,
    RSYNC,
    TARSSH,
    Choice,
    choose,
    decide,
)
from ansible_collections.glusterops.georep.tests.unit.nodes import NEW_PYTHON, OPENSSH_10, RSYNC_3_5, looked

UNTRIED = {"rsync.delivers": None, "rsync.admitted": None}
WORKS = Choice(True, "rsync was tried")
FAILS = Choice(False, "rsync cannot work between the sites: it loses files (dr1)", "Mend it.")
UNKNOWN = Choice(None, "nobody could try", "Try it.")


# --- what a site allows


@pytest.mark.parametrize(
    ("nodes", "works", "method", "why"),
    [
        ([looked("dr1"), looked("dr2")], True, RSYNC, "rsync was tried on every secondary node and works"),
        ([], None, TARSSH, "geo_replication_preflight is false)"),
        ([looked("dr1"), looked("dr2", changes=UNTRIED)], None, TARSSH, "rsync could not be tried on dr2"),
        ([looked("dr1", changes={"rsync.delivers": None})], None, TARSSH, "rsync could not be tried on dr1"),
        ([looked("dr1", changes={"rsync.admitted": None})], None, TARSSH, "rsync could not be tried on dr1"),
        # What is known not to work on one node weighs more than what is not known of another.
        (
            [looked("dr1", changes=UNTRIED), looked("dr2", changes=RSYNC_3_5)], False, TARSSH,
            "rsync 3.5 delivers empty files, although every worker is Active (dr2)",
        ),
        ([looked("dr1"), looked("dr2", changes=OPENSSH_10)], False, TARSSH, "OpenSSH 9.8 and newer, error 12 (dr2)"),
        ([looked("dr1", changes={"rsync.version": None})], False, TARSSH, "rsync is not installed (dr1)"),
        # What stops everything, or nothing, is not for the sync method to settle.
        ([looked("dr1", changes={**NEW_PYTHON, "clock_offset": -99.0})], True, RSYNC, "works"),
        # A primary node sends: it has to have rsync, and need not be able to receive.
        ([looked("p1", PRIMARY), looked("dr1")], True, RSYNC, "works"),
        ([looked("p1", PRIMARY, {"rsync.version": None}), looked("dr1")], False, TARSSH, "rsync is not installed (p1)"),
        ([looked("p1", PRIMARY)], None, TARSSH, "geo_replication_preflight is false)"),
    ],
)
def test_a_site_is_judged_by_what_was_tried(
    nodes: list[dict[str, t.Any]], works: bool | None, method: str, why: str
) -> None:
    choice = choose(nodes_from(nodes))
    assert (choice.rsync_works, choice.method) == (works, method)
    assert choice.why.endswith(why)


def test_each_cause_is_named_once_with_its_nodes() -> None:
    both = {**RSYNC_3_5, **OPENSSH_10}
    why = choose(nodes_from([looked("dr1", changes=both), looked("dr2", changes=RSYNC_3_5)])).why
    assert why == (
        "rsync cannot work between the sites: rsync 3.5 delivers empty files, although every worker is Active (dr1, dr2); "
        "GlusterFS refuses rsync with OpenSSH 9.8 and newer, error 12 (dr1)"
    )


# --- what becomes of a session


@pytest.mark.parametrize("choice", [WORKS, FAILS, UNKNOWN])
@pytest.mark.parametrize("current", [None, RSYNC, TARSSH])
@pytest.mark.parametrize("asked", [AUTO, RSYNC, TARSSH])
@pytest.mark.parametrize("declared", [RSYNC, TARSSH])
def test_what_a_session_declares_itself_is_left_to_it(
    declared: str, asked: str, current: str | None, choice: Choice
) -> None:
    decision = decide(declared, asked, current, choice)
    assert (decision.method, decision.note) == (None, ""), "the session's own config says it already"
    assert bool(decision.warning) is (declared == RSYNC and choice is FAILS)


@pytest.mark.parametrize("choice", [WORKS, FAILS, UNKNOWN])
@pytest.mark.parametrize("current", [None, RSYNC, TARSSH])
@pytest.mark.parametrize("asked", [RSYNC, TARSSH])
def test_what_is_asked_for_all_is_done(asked: str, current: str | None, choice: Choice) -> None:
    decision = decide(None, asked, current, choice)
    assert (decision.method, decision.note) == (asked, "")
    assert bool(decision.warning) is (asked == RSYNC and choice is FAILS)


def test_a_warning_says_why_and_what_else() -> None:
    warning = decide(RSYNC, AUTO, None, FAILS).warning
    assert FAILS.why in warning and "Set sync-method: tarssh" in warning


@pytest.mark.parametrize(
    ("current", "choice", "method", "noted"),
    [
        (None, WORKS, RSYNC, False),
        (None, FAILS, TARSSH, True),
        (None, UNKNOWN, TARSSH, True),
        (RSYNC, WORKS, None, False),
        (RSYNC, UNKNOWN, None, False),  # a session that runs is not changed on a guess
        (RSYNC, FAILS, TARSSH, True),
        (TARSSH, WORKS, None, False),
        (TARSSH, FAILS, None, False),
        (TARSSH, UNKNOWN, None, False),
    ],
)
def test_left_to_choose_it_keeps_what_works(
    current: str | None, choice: Choice, method: str | None, noted: bool
) -> None:
    decision = decide(None, AUTO, current, choice)
    assert (decision.method, decision.warning) == (method, "")
    assert bool(decision.note) is noted
    if noted:
        assert choice.why in decision.note and COST in decision.note and decision.note.endswith(f" {choice.helps}")


@pytest.mark.parametrize(
    ("current", "choice", "method"),
    [(None, WORKS, RSYNC), (TARSSH, WORKS, RSYNC), (TARSSH, FAILS, None), (TARSSH, UNKNOWN, None), (RSYNC, WORKS, None)],
)
def test_who_installs_an_older_rsync_wants_it(current: str | None, choice: Choice, method: str | None) -> None:
    assert decide(None, AUTO, current, choice, prefer_rsync=True).method == method


@pytest.mark.parametrize(
    ("nodes", "helps"),
    [
        ([looked("dr1", changes=RSYNC_3_5), looked("dr2")], PIN),
        ([looked("dr1", changes=RSYNC_3_5), looked("dr2", changes=OPENSSH_10)], MEND),
        ([looked("dr1", changes=OPENSSH_10)], MEND),
        ([looked("p1", PRIMARY, {"rsync.version": None}), looked("dr1")], MEND),
        # Nobody looked at these nodes, or Ansible does not manage them: no option of the role acts there.
        ([looked("p1", PRIMARY)], DECLARE),
        ([looked("dr1", changes=UNTRIED)], DECLARE),
        ([looked("dr1")], ""),
    ],
)
def test_what_helps_fits_the_nodes(nodes: list[dict[str, t.Any]], helps: str) -> None:
    choice = choose(nodes_from(nodes))
    assert choice.helps == helps
    assert ("geo_replication_pin_rsync" in decide(None, AUTO, None, choice).note) is (helps == PIN)


def test_another_rsync_mends_its_own_fault_and_no_other() -> None:
    old, both = looked("dr1", changes=RSYNC_3_5), looked("dr2", changes={**RSYNC_3_5, **OPENSSH_10})
    assert choose(nodes_from([old])).rsync_works is False
    # Its version is all that is wrong, and is going to be another.
    assert choose(nodes_from([old]), pin_rsync=True).rsync_works is not False
    assert choose(nodes_from([old, both]), pin_rsync=True).rsync_works is False
