# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""From module parameters to declared sessions, and from outcomes to module results: one shape for all modules."""

from __future__ import annotations

import typing as t

from .._georep import progress
from .._georep.options import check_config
from .._georep.plan import Wanted, whole_config
from .._georep.states import State
from .._gluster.sessions import Worker
from .._model.errors import invalid
from .._model.identity import SessionId, check_port, check_session
from .checkpoint import Reached
from .facts import Observed
from .session import Outcome


def wanted_from(params: t.Mapping[str, t.Any], prefix: str = "") -> Wanted:
    """Check one declaration.

    :param prefix: put before option names in errors, for example ``sessions[2].``.
    :raises InvalidInput: naming the option, the value and the remedy.
    """
    session = check_session(
        params["primary_volume"], params["secondary_host"], params["secondary_volume"], params["secondary_user"], prefix
    )
    only_state = bool(params.get("only_state"))
    port = None if only_state else check_port(prefix + "ssh_port", params["ssh_port"])
    config = check_config(params.get("config") or {}, prefix + "config")
    if only_state and config:
        raise invalid(prefix + "config", config, "is given, and only_state leaves all options as they are.", "Leave out one of the two.")
    if config.get("ssh-port") not in (None, str(port)):
        raise invalid(prefix + "config.ssh-port", config["ssh-port"], f"contradicts ssh_port, which is {port}.", "Write the port once, as ssh_port.")
    if params.get("reset_sync_time") and params["state"] != "absent":
        raise invalid(
            prefix + "reset_sync_time", True, "is only for state: absent; it makes a later session copy everything again.", "Leave it out."
        )
    return Wanted(
        session,
        params["state"],
        port,
        config,
        frozenset(params.get("accept") or ()),
        bool(params.get("reset_sync_time")),
        bool(params.get("config_exclusive")),
    )


def config_wanted_from(params: t.Mapping[str, t.Any]) -> Wanted:
    """A declaration about a session's options alone: state and port stay as they are.

    :raises InvalidInput: naming the option, the value and the remedy.
    """
    session = check_session(
        params["primary_volume"], params["secondary_host"], params["secondary_volume"], params["secondary_user"]
    )
    return Wanted(
        session,
        "present",
        None,
        check_config(params["config"]),
        frozenset(params["accept"]),
        config_exclusive=bool(params.get("config_exclusive")),
    )


def identity_of(session: SessionId) -> dict[str, t.Any]:
    return dict(session._asdict())


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


def _side(outcome: Outcome, seen: Observed | None) -> dict[str, t.Any]:
    if seen is None:
        return {"state": State.ABSENT.value, "config": {}}
    values = seen.config.values if seen.config else {}
    shown = {name: values.get(name) for name in whole_config(outcome.plan.wanted, outcome.plan.current)} if values else {}
    return {"state": seen.state.value, "config": shown}


def worker_of(worker: Worker, read_at: float) -> dict[str, t.Any]:
    """A worker's row with numbers for numbers, and null for what it does not tell; times in ISO 8601."""
    told = {name: None if value == "N/A" else value for name, value in worker._asdict().items()}
    counters = {name: progress.number(getattr(worker, name)) for name in ("entry", "data", "meta", "failures")}
    times = ("last_synced", "checkpoint_time", "checkpoint_completion_time")
    return dict(
        told,
        **counters,
        **{name: progress.iso(progress.read_time(getattr(worker, name))) for name in times},
        # Empty on the packages of Debian, Active or not.
        secondary_node=told["secondary_node"] or None,
        checkpoint_completed={"Yes": True, "No": False}.get(worker.checkpoint_completed),
        lag_seconds=progress.lag_of(worker, read_at),
    )


def result_of(outcome: Outcome) -> dict[str, t.Any]:
    """What a module returns about one session."""
    after = outcome.after
    return dict(
        identity_of(outcome.plan.wanted.id),
        changed=outcome.changed,
        before=before_of(outcome),
        after=after_of(outcome),
        steps=[f"{step}: {step.why}" for step in outcome.plan.steps],
        notes=outcome.notes,
        leftovers=list(outcome.leftovers),
        workers=[worker_of(worker, after.read_at) for worker in after.workers] if after else [],
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


def checkpoint_result_of(reached: Reached) -> dict[str, t.Any]:
    """What a module returns about one session's checkpoint."""
    seen = reached.seen
    return dict(
        identity_of(reached.session),
        changed=reached.changed,
        before={"time": progress.iso(reached.before)},
        after={"time": progress.iso(reached.after)},
        steps=reached.steps,
        checkpoint=reached.checkpoint.as_dict(),
        message=reached.message,
        reached=reached.ok,
        held_back_by=reached.held_back_by,
        waited=reached.waited,
        nudges=reached.nudges,
        restarts=reached.restarts,
        workers=[worker_of(worker, seen.read_at) for worker in seen.workers] if seen else [],
    )


def checkpoint_diff_of(reached: t.Sequence[Reached]) -> list[dict[str, t.Any]]:
    """One diff a session whose checkpoint changes."""
    return [
        {
            "before_header": str(item.session),
            "after_header": str(item.session),
            "before": {"checkpoint": progress.iso(item.before)},
            "after": {"checkpoint": progress.iso(item.after)},
        }
        for item in reached
        if item.before != item.after
    ]
