# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""From module parameters to declared sessions, and from outcomes to module results: one shape for all modules."""

from __future__ import annotations

import typing as t

from .._georep.identity import Invalid, check_port, check_session
from .._georep.options import check_config
from .._georep.plan import Wanted, implied_config
from .._georep.states import State
from .._gluster import errors
from .facts import Observed
from .session import Outcome


def wanted_from(params: t.Mapping[str, t.Any], prefix: str = "") -> Wanted:
    """Check one declaration.

    :param prefix: put before option names in errors, for example ``sessions[2].``.
    :raises Invalid: naming the option, the value and the remedy.
    """
    session = check_session(
        params["primary_volume"], params["secondary_host"], params["secondary_volume"], params["secondary_user"], prefix
    )
    only_state = bool(params.get("only_state"))
    port = None if only_state else check_port(prefix + "ssh_port", params["ssh_port"])
    config = check_config(params.get("config") or {}, prefix + "config")
    if only_state and config:
        raise Invalid(prefix + "config", config, "is given, and only_state leaves all options as they are.", "Leave out one of the two.")
    if config.get("ssh-port") not in (None, str(port)):
        raise Invalid(prefix + "config.ssh-port", config["ssh-port"], f"contradicts ssh_port, which is {port}.", "Write the port once, as ssh_port.")
    if params.get("reset_sync_time") and params["state"] != "absent":
        raise Invalid(
            prefix + "reset_sync_time", True, "is only for state: absent; it makes a later session copy everything again.", "Leave it out."
        )
    return Wanted(
        session,
        params["state"],
        port,
        config,
        frozenset(params.get("accept") or ()),
        bool(params.get("reset_sync_time")),
    )


def config_wanted_from(params: t.Mapping[str, t.Any]) -> Wanted:
    """A declaration about a session's options alone: state and port stay as they are.

    :raises Invalid: naming the option, the value and the remedy.
    """
    session = check_session(
        params["primary_volume"], params["secondary_host"], params["secondary_volume"], params["secondary_user"]
    )
    return Wanted(session, "present", None, check_config(params["config"]), frozenset(params["accept"]))


def as_error(exc: Invalid) -> errors.InvalidInput:
    """The pure rooms' complaint as one of the family."""
    return errors.InvalidInput(f"{exc}", remedy=exc.remedy, option=exc.option, value=exc.value)


def identity_of(wanted: Wanted) -> dict[str, t.Any]:
    return {
        "primary_volume": wanted.id.primary_volume,
        "secondary_host": wanted.id.secondary_host,
        "secondary_volume": wanted.id.secondary_volume,
        "secondary_user": wanted.id.secondary_user,
    }


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
        config = {name: value for name, value in implied_config(plan.wanted).items() if value is not None}
    for step in plan.steps:
        if step.change is not None:
            config[step.change.name] = step.change.after
    return {"state": state.value, "config": config}


def _side(outcome: Outcome, seen: Observed | None) -> dict[str, t.Any]:
    if seen is None:
        return {"state": State.ABSENT.value, "config": {}}
    values = seen.config.values if seen.config else {}
    shown = {name: values.get(name) for name in implied_config(outcome.plan.wanted)} if values else {}
    return {"state": seen.state.value, "config": shown}


def result_of(outcome: Outcome) -> dict[str, t.Any]:
    """What a module returns about one session."""
    after = outcome.after
    return dict(
        identity_of(outcome.plan.wanted),
        changed=outcome.changed,
        before=before_of(outcome),
        after=after_of(outcome),
        steps=[f"{step}: {step.why}" for step in outcome.plan.steps],
        notes=outcome.notes,
        workers=[worker._asdict() for worker in after.workers] if after else [],
        missing=[f"{node}:{path}" for node, path in after.missing] if after else [],
    )


def diff_of(outcomes: t.Sequence[Outcome]) -> list[dict[str, t.Any]]:
    """One diff a session that changes."""
    return [
        {
            "before_header": str(outcome.plan.wanted.id),
            "after_header": str(outcome.plan.wanted.id),
            "before": before_of(outcome),
            "after": after_of(outcome),
        }
        for outcome in outcomes
        if outcome.changed
    ]
