# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""From outcomes to what modules return about sessions: one shape for all of them."""

from __future__ import annotations

import typing as t

from .._model.cluster import Session
from .._model.states import State
from .._plan.session import whole_config
from .session import Outcome


def before_of(outcome: Outcome) -> dict[str, t.Any]:
    """State and declared options as they were."""
    return _side(outcome, outcome.before)


def after_of(outcome: Outcome) -> dict[str, t.Any]:
    """State and declared options as they are now; in check mode as they would be."""
    plan = outcome.plan
    if outcome.after is not None:
        state = outcome.after.state
    else:
        state = plan.after
    if state is State.ABSENT:
        return {"state": state.value, "config": {}}
    config = dict(before_of(outcome)["config"])
    if outcome.before is None:
        # What is declared equal to the default is not sent, and there all the same.
        config = {name: value for name, value in whole_config(plan.wanted, plan.current).items() if value is not None}
    for step in plan.steps:
        # A node that has yet to learn of the session is told options that nobody declares, too.
        if step.change is not None and (step.change.name in config or not config):
            config[step.change.name] = step.change.after
    return {"state": state.value, "config": config}


def _side(outcome: Outcome, seen: Session | None) -> dict[str, t.Any]:
    if seen is None:
        return {"state": State.ABSENT.value, "config": {}}
    values = seen.values
    shown = {name: values.get(name) for name in whole_config(outcome.plan.wanted, outcome.plan.current)} if values else {}
    return {"state": seen.state.value, "config": shown}


def result_of(outcome: Outcome) -> dict[str, t.Any]:
    """What a module returns about one session."""
    after = outcome.after
    return dict(
        outcome.plan.wanted.id._asdict(),
        changed=outcome.changed,
        before=before_of(outcome),
        after=after_of(outcome),
        steps=[f"{step}: {step.why}" for step in outcome.plan.steps],
        notes=outcome.notes,
        leftovers=list(outcome.leftovers),
        workers=[worker.to_result(after.read_at) for worker in after.workers] if after else [],
        missing=[f"{node}:{path}" for node, path in after.missing] if after else [],
    )


def diff_of(outcomes: t.Sequence[Outcome]) -> list[dict[str, t.Any]]:
    """One diff a session that changes; with what other nodes have, and with what becomes of the workers."""
    found = []
    for outcome in outcomes:
        plan = outcome.plan
        if not outcome.changed:
            continue
        before, after = before_of(outcome), after_of(outcome)
        elsewhere = [step.change for step in plan.steps if step.change is not None and step.change.nodes]
        if elsewhere:
            before["other_nodes"] = {change.name: dict(change.nodes) for change in elsewhere}
            after["other_nodes"] = {change.name: dict.fromkeys(dict(change.nodes), change.after) for change in elsewhere}
        if plan.completes:
            before["incomplete"], after["incomplete"] = plan.current.incomplete, ""
        if plan.effect:
            after["effect"] = plan.effect
        found.append({"before_header": str(plan.wanted.id), "after_header": str(plan.wanted.id), "before": before, "after": after})
    return found
