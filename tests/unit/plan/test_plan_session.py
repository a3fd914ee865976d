# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: every state a session can be in against everything that can be declared.

The expected steps follow from four rules: a session is created before it is configured, configured before it is started,
and paused last, because a new value makes a paused session run; one that is to be stopped is stopped before it is
configured; what is declared present goes on as it is; only a stopped session can be deleted.
"""

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._model.states import State
from ansible_collections.glusterops.georep.plugins.module_utils._plan.session import (
    CONSENTS,
    DECLARED,
    Current,
    Plan,
    Wanted,
    implied_config,
    plan_session,
    target_state,
)

ID = SessionId("projects", "dr1", "projects-dr")
CONFIG = {"sync-jobs": "3", "ssh-port": "22", "log-rsync-performance": "false"}

# C stands for the change of configuration, ! for force.
TABLE = """
               present    started              stopped    paused               absent
absent         create C   create C start       create C   create C start pause -
created        C          C start              C          C start pause        delete
stopped        C          C start              C          C start pause        delete
initializing   C          C                    stop C     C pause              stop delete
active         C          C                    stop C     C pause              stop delete
faulty         C          C                    stop C     C pause              stop delete
paused         C P        C R                  stop C     C P                  stop delete
mixed          C          C start! resume!     stop! C    C start! pause!      stop! delete
"""
# P: pause again, only because of the change. R: resume, and after a change with force, because it resumed some of the nodes already.
AFTER = """
               present       started  stopped  paused  absent
absent         created       active   created  paused  absent
created        created       active   created  paused  absent
stopped        stopped       active   stopped  paused  absent
initializing   initializing  active   stopped  paused  absent
active         active        active   stopped  paused  absent
faulty         faulty        active   stopped  paused  absent
paused         paused        active   stopped  paused  absent
mixed          mixed         active   stopped  paused  absent
"""


def rows(table: str) -> list[tuple[str, str, str]]:
    head, *lines = [line for line in table.splitlines() if line.strip()]
    declared = head.split()
    starts = [head.index(word) for word in declared] + [200]
    return [
        (line.split()[0], word, line[starts[i] : starts[i + 1]].strip())
        for line in lines
        for i, word in enumerate(declared)
    ]


def plan(state: str, declared: str, config: dict[str, str | None] | None = None, port: int | None = 22) -> Plan:
    current = Current() if state == "absent" else Current(State(state), CONFIG, frozenset({"log-level"}))
    return plan_session(Wanted(ID, declared, port, config or {}), current)


def words(made: Plan) -> list[str]:
    return [step.verb + ("!" if step.force else "") for step in made.steps]


def test_the_tables_are_complete() -> None:
    for table in (TABLE, AFTER):
        assert {(state, declared) for state, declared, _cell in rows(table)} == {
            (state.value, declared) for state in State if state is not State.UNREADABLE for declared in DECLARED
        }


@pytest.mark.parametrize(("state", "declared", "cell"), rows(TABLE))
@pytest.mark.parametrize("differs", [True, False])
def test_steps(state: str, declared: str, cell: str, differs: bool) -> None:
    expected: list[str] = []
    for word in cell.split():
        if word == "C":
            expected += ["config"] if differs else []
        elif word == "P":
            expected += ["pause!"] if differs else []
        elif word == "R":
            expected += ["resume!"] if differs else ["resume"]
        elif word != "-":
            expected.append(word)
    made = plan(state, declared, {"sync-jobs": "5"} if differs else {"sync-jobs": "3"})
    assert words(made) == expected
    assert made.changed is bool(expected)


@pytest.mark.parametrize(("state", "declared", "expected"), rows(AFTER))
def test_where_it_ends(state: str, declared: str, expected: str) -> None:
    assert plan(state, declared).after is State(expected)
    assert target_state(declared, State(state)) is State(expected)


@pytest.mark.parametrize(
    ("declared", "expected"), [("present", ["config"]), ("started", ["config", "resume"]), ("paused", ["config"])]
)
def test_an_option_that_restarts_nothing_leaves_a_paused_session_paused(declared: str, expected: list[str]) -> None:
    assert words(plan("paused", declared, {"log-rsync-performance": "true"})) == expected


@pytest.mark.parametrize("state", ["created", "stopped", "active", "paused"])
def test_the_plan_that_was_carried_out_leaves_nothing_to_do(state: str) -> None:
    for declared in ("present", "started", "stopped", "paused"):
        first = plan(state, declared, {"sync-jobs": "5"})
        then = Current(first.after, dict(CONFIG, **{"sync-jobs": "5"}), frozenset({"sync-jobs"}))
        assert plan_session(first.wanted, then).steps == []


@pytest.mark.parametrize("declared", ["present", "started", "stopped", "paused"])
def test_nothing_else_is_done_to_an_unreadable_session(declared: str) -> None:
    # The module refuses it before; see operate.session.
    made = plan_session(Wanted(ID, declared), Current(State.UNREADABLE, {}, frozenset()))
    assert words(made) == []


def test_an_unreadable_session_that_is_to_go_is_stopped_and_deleted() -> None:
    assert words(plan("unreadable", "absent")) == ["stop", "delete"]


def test_each_option_is_a_step_of_its_own_in_the_order_given() -> None:
    made = plan("active", "started", {"sync-jobs": "5", "log-rsync-performance": "true", "log-level": None})
    assert [str(step) for step in made.steps] == [
        "config sync-jobs: 3 -> 5",
        "config log-rsync-performance: false -> true",
        "config log-level: (default) -> (default)",
    ]
    assert [step.why for step in made.steps] == [
        "differs; restarts the workers",
        "differs",
        "differs; restarts the workers",
    ]


def test_a_new_session_is_given_only_what_is_no_default() -> None:
    made = plan("absent", "started", {"sync-jobs": "3", "sync-method": "tarssh", "log-level": None})
    assert [str(step) for step in made.steps] == ["create", "config sync-method: (default) -> tarssh", "start"]
    assert not any(step.change.reset_first for step in made.steps if step.change)


def test_the_port_is_an_option_too_because_gluster_forgets_it() -> None:
    assert [str(step) for step in plan("absent", "present", port=2222).steps] == [
        "create",
        "config ssh-port: (default) -> 2222",
    ]
    assert [str(step) for step in plan("active", "started", port=2222).steps] == ["config ssh-port: 22 -> 2222"]
    assert plan("active", "started", port=None).steps == []


def test_implied_config_does_not_override_what_is_declared() -> None:
    assert implied_config(Wanted(ID, ssh_port=2222)) == {"ssh-port": "2222"}
    assert implied_config(Wanted(ID, ssh_port=None, config={"a": "b"})) == {"a": "b"}


def test_consents_are_these_four() -> None:
    assert CONSENTS == ("secondary_not_empty", "secondary_smaller", "version_mismatch", "peer_down")


# --- nodes that lack the session, a brick without a worker


@pytest.mark.parametrize(
    ("state", "declared", "expected"),
    [
        ("created", "present", ["create!"]),
        ("created", "started", ["create!", "start"]),
        ("stopped", "paused", ["create!", "start", "pause!"]),
        ("active", "present", ["create!", "start!"]),
        ("active", "started", ["create!", "start!"]),
        ("faulty", "started", ["create!", "start!"]),
        ("active", "stopped", ["create!", "stop"]),
        ("active", "paused", ["create!", "start!", "pause!"]),
        ("paused", "paused", ["create!", "start!", "pause!"]),
        ("paused", "present", ["create!", "start!", "pause!"]),
        ("paused", "started", ["create!", "start!", "resume!"]),
        ("mixed", "started", ["create!", "start!", "resume!"]),
        ("mixed", "paused", ["create!", "start!", "pause!"]),
        ("active", "absent", ["create!", "stop", "delete"]),
    ],
)
@pytest.mark.parametrize("how", ["bricks_without_worker", "nodes_without_session"])
def test_what_a_node_lacks(state: str, declared: str, expected: list[str], how: str) -> None:
    current = Current(State(state), CONFIG)._replace(**{how: ("dr3",)})
    made = plan_session(Wanted(ID, declared), current)
    assert words(made) == expected
    assert (made.completes, made.creates) == (True, False)


def test_a_session_that_is_nowhere_lacks_nothing() -> None:
    made = plan_session(Wanted(ID), Current(bricks_without_worker=("x",), nodes_without_session=("y",)))
    assert words(made) == ["create", "start"] and (made.creates, made.completes) == (True, False)


@pytest.mark.parametrize(
    ("state", "declared", "effect"),
    [
        ("active", "started", "restarts workers"),
        ("faulty", "present", "restarts workers"),
        ("active", "stopped", ""),
        ("stopped", "started", ""),
        ("paused", "paused", "resumes then pauses again"),
        ("paused", "present", "resumes then pauses again"),
        ("paused", "started", "resumes"),
        ("paused", "stopped", ""),
    ],
)
def test_what_becomes_of_the_workers(state: str, declared: str, effect: str) -> None:
    assert plan(state, declared, {"sync-jobs": "5"}).effect == effect
    assert plan(state, declared, {"log-rsync-performance": "true"}).effect == ""
    assert plan(state, declared).effect == ""


def test_what_a_node_that_is_down_does_not_learn() -> None:
    assert plan("active", "started", {"sync-jobs": "5"}).left_behind == ["sync-jobs"]
    assert plan("absent", "started", {"sync-jobs": "5"}).left_behind == ["the session itself", "sync-jobs"]
    assert plan("active", "stopped").left_behind == []
