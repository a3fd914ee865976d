# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clocks that differ are told of; the time that a connection takes is not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import BY_ID, PRIMARY, SECONDARY, find
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import nodes_from
from ansible_collections.glusterops.georep.plugins.module_utils._plan.clocks import judged
from ansible_collections.glusterops.georep.plugins.module_utils._plan.verdict import judge
from ansible_collections.glusterops.georep.plugins.plugin_utils._results import nodes_of
from ansible_collections.glusterops.georep.tests.unit.nodes import looked

#: When the task was sent, by the controller's clock.
SENT = 1_700_000_000.0


def answer(node: str = "p1", *, there: float = 0.5, took: float = 2.0, ahead: float = 0.0, sent: float = SENT) -> dict[str, t.Any]:
    """What the module of a node tells whose clock is ahead by so much.

    :param there: seconds until the module runs; :param took: seconds that it runs.
    """
    began = sent + there + ahead
    made = looked(node, PRIMARY if node.startswith("p") else SECONDARY)
    made["facts"].update(clock_offset=round(began - sent, 1), clock={"asked_at": sent, "read_at": began + took})
    made["faults"] = [finding.as_dict() for finding in find(made["facts"], made["site"])]
    return {**made, "item": {"host": node}}


def told(*turns: t.Sequence[dict[str, t.Any]], after: float) -> list[str]:
    """The notes about clocks, if the plan is made so many seconds after the tasks were sent."""
    found = judged(turns, SENT + after)
    notes = judge(nodes_from(found), False)["notes"]
    assert all(note.split(": ")[1] == "clocks differ" for note in notes)
    return [note.replace(f". {BY_ID['clock'].remedy}", "").replace(" clocks differ:", "") for note in notes]


AHEAD = "p1: the node's clock is at least {} s ahead of the machine that runs Ansible"
BEHIND = "p1: the node's clock is at least {} s behind the machine that runs Ansible"


@pytest.mark.parametrize(
    ("one", "after", "expected"),
    [
        pytest.param({"there": 25}, 28, [], id="B25 a jump host takes 25 s on the way there"),
        pytest.param({"there": 0.5}, 30, [], id="the way back takes as long"),
        pytest.param({"there": 11}, 14, [], id="a busy machine"),
        pytest.param({"there": 1, "took": 90}, 92, [], id="the module itself takes long"),
        pytest.param({"there": 25, "ahead": 60}, 28, [AHEAD.format(59)], id="a slow way and a clock that is ahead"),
        pytest.param({"there": 25, "ahead": -60}, 28, [BEHIND.format(35)], id="a slow way and a clock that is behind"),
        pytest.param({"ahead": 60}, 3, [AHEAD.format(60)], id="ahead"),
        pytest.param({"ahead": -60}, 3, [BEHIND.format(60)], id="behind"),
        pytest.param({"ahead": 60, "took": 90}, 92, [AHEAD.format(58)], id="ahead, and the module takes long"),
        pytest.param({"there": 25, "ahead": 20}, 55, [], id="not certain any more"),
        pytest.param({"ahead": 9}, 3, [], id="little"),
    ],
)
def test_only_a_certain_difference_is_told(one: dict[str, t.Any], after: float, expected: list[str]) -> None:
    assert told([answer(**one)], after=after) == expected


def test_the_answer_of_a_node_was_back_when_the_next_was_asked() -> None:
    """The plan waits for the slowest of all nodes; the clocks of the others are told exactly all the same."""
    assert told([answer(ahead=30), answer("dr1", there=45, sent=SENT + 3)], after=60) == [AHEAD.format(30)]
    last = [answer("dr1"), answer(ahead=30, sent=SENT + 3)]
    assert told(last, after=60) == [], "the last answer may have been on its way back"


def test_another_primary_host_tells_nothing_of_when_an_answer_was_back() -> None:
    assert told([answer(ahead=30)], [answer("p2", sent=SENT + 3)], after=60) == []


def test_if_all_clocks_agree_the_controllers_is_wrong() -> None:
    nodes = [[answer(ahead=60), answer("dr1", ahead=60, sent=SENT + 3)], [answer("p2", ahead=61)]]
    assert told(*nodes, after=6) == [
        "p1, dr1, p2: the clocks of all nodes agree, and the clock of the machine that runs Ansible is at least 58 s behind them. "
        "Synchronize the clock of the machine that runs Ansible, with chrony or systemd-timesyncd."
    ]
    nodes = [[answer(ahead=-60)], [answer("p2", ahead=-60)]]
    (note,) = told(*nodes, after=3)
    assert note.startswith("p1, p2: the clocks of all nodes agree, and the clock of the machine that runs Ansible is at least 60 s ahead of them.")


def test_nodes_that_differ_from_each_other_are_told_one_by_one() -> None:
    assert told([answer(ahead=60)], [answer("p2", ahead=600)], after=3) == [AHEAD.format(60), AHEAD.format(600).replace("p1", "p2")]
    assert told([answer(ahead=60)], [answer("p2")], after=3) == [AHEAD.format(60)]


def test_one_node_alone_is_no_majority() -> None:
    assert told([answer(ahead=60)], after=3) == [AHEAD.format(60)]


@pytest.mark.parametrize("clock", [None, {"asked_at": None, "read_at": SENT}])
def test_clocks_that_nobody_compares_are_not_told(clock: t.Any) -> None:
    node = answer()
    node["facts"].update(clock=clock, clock_offset=None)
    assert judged([[node]], SENT + 900)[0]["faults"] == []


def test_the_action_judges_when_the_answers_are_back() -> None:
    """As Ansible registers a loop on one host, and another on the next."""
    registered = [{"results": [answer(ahead=60), {"skipped": True}, answer("dr1", there=25, sent=SENT + 3)]}, {"results": [answer("p2", there=25)]}]
    found = {node["item"]: [fault["id"] for fault in node["faults"]] for node in nodes_of(registered, SENT + 31)}
    assert found == {"p1": ["clock"], "dr1": [], "p2": []}
