# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""From what is and what is wanted to the few steps between, in the order that gluster needs.

Pure: the standard library only. The modules apply these steps, check mode prints them, the role's filter shows them:
it is one plan in all three.
"""

from __future__ import annotations

import typing as t

from .._model.cluster import Cluster, named
from .._model.identity import SessionId
from .._model.option_table import BY_NAME
from .._model.options import ConfigChange, default_of, exclusive_config, plan_config
from .._model.states import State

#: What people may declare.
DECLARED = ("present", "started", "stopped", "paused", "absent")
#: Named consents, in place of a blanket force.
CONSENTS = ("secondary_not_empty", "secondary_smaller", "version_mismatch", "peer_down")


class Wanted(t.NamedTuple):
    """One declared session, checked."""

    id: SessionId
    state: str = "started"
    ssh_port: t.Optional[int] = 22  #: None: as it is
    config: t.Mapping[str, t.Optional[str]] = {}
    accept: frozenset[str] = frozenset()
    reset_sync_time: bool = False
    config_exclusive: bool = False


class Current(t.NamedTuple):
    """One session as it is."""

    state: State = State.ABSENT
    config: t.Mapping[str, str] = {}
    modified: frozenset[str] = frozenset()
    bricks_without_worker: tuple[str, ...] = ()  #: bricks without a worker, though their node is up
    nodes_without_session: tuple[str, ...] = ()  #: nodes that are up and do not know the session
    #: what stands in the session's file on other nodes, where that was read
    nodes: t.Mapping[str, t.Mapping[str, str]] = {}
    #: what every session that does not set it has on the node that was asked, where that is not GlusterFS' own default
    site: t.Mapping[str, str] = {}
    #: the same of other nodes
    sites: t.Mapping[str, t.Mapping[str, str]] = {}

    @property
    def effective(self) -> t.Mapping[str, str]:
        """The options that the session has; of a new one, what it will begin with as far as that is not GlusterFS' own default."""
        return self.config or self.site

    @property
    def incomplete(self) -> str:
        """Where the session is not what it is elsewhere, in words; empty where it is whole."""
        found = [f"{node} does not know the session" for node in self.nodes_without_session]
        return "; ".join(found + [f"{brick} has no worker" for brick in self.bricks_without_worker])


def current_of(cluster: Cluster, session: SessionId) -> Current:
    """What the plan has to know of one session, by all that was read of its cluster."""
    seen = cluster.find(session)
    sites = {other.node: other.defaults for other in cluster.others}
    if seen is None:
        return Current(site=cluster.defaults, sites=sites)
    nodes_without_session, nodes = _elsewhere(cluster, session)
    volume = cluster.volumes.get(session.primary_volume)
    owners = {(brick.node, brick.path): brick.node_uuid for brick in (volume.bricks if volume else ())}
    return Current(
        # If all that is known of a session is that it is registered, it is as good as new.
        State.CREATED if seen.state is State.UNREADABLE and not seen.known_here else seen.state,
        seen.values,
        seen.modified,
        tuple(named(place) for place in seen.missing if owners.get(place) in cluster.connected),
        nodes_without_session if seen.known_here else ("this node", *nodes_without_session),
        nodes,
        cluster.defaults,
        sites,
    )


def _elsewhere(cluster: Cluster, session: SessionId) -> tuple[tuple[str, ...], dict[str, dict[str, str]]]:
    """Which other nodes have no file of a session, and what the files of the others say."""
    nodes_without_session = []
    nodes: dict[str, dict[str, str]] = {}
    for other in cluster.others:
        own = other.sessions.get(session.directory, {})
        if session.directory not in other.sessions:
            nodes_without_session.append(other.node)
        if own is not None:
            nodes[other.node] = dict(own)
    return tuple(nodes_without_session), nodes


class Step(t.NamedTuple):
    """One thing to do.

    :ivar verb: create, config, start, stop, pause, resume or delete.
    :ivar why: shown to the user.
    """

    verb: str
    why: str
    change: t.Optional[ConfigChange] = None
    force: bool = False

    def __str__(self) -> str:
        return f"{self.verb} {self.change}" if self.change else self.verb


class Plan(t.NamedTuple):
    wanted: Wanted
    current: Current
    steps: list[Step]
    after: State  #: what the fold should say when all steps have worked

    @property
    def changed(self) -> bool:
        return bool(self.steps)

    @property
    def creates(self) -> bool:
        """The session is to be made, and is not there on any node."""
        return any(step.verb == "create" and not step.force for step in self.steps)

    @property
    def completes(self) -> bool:
        """Nodes that do not know the session are told of it."""
        return any(step.verb == "create" and step.force for step in self.steps)

    @property
    def starts(self) -> bool:
        return any(step.verb in ("create", "start") for step in self.steps)

    @property
    def replicates(self) -> bool:
        """Workers have to run when all is done, if only to be paused."""
        return self.wanted.state in ("started", "paused")

    @property
    def needs_waiting(self) -> bool:
        """Nothing may be left to send, but the session is not as declared: on its way, Faulty, or unreadable."""
        state = self.current.state
        return state is State.UNREADABLE or (self.after is State.ACTIVE and state is not State.ACTIVE)

    @property
    def left_behind(self) -> list[str]:
        """What a node that is down does not learn."""
        options = [step.change.name for step in self.steps if step.change is not None]
        rest = ["the session itself"] if self.creates or self.completes else []
        return rest + options

    @property
    def effect(self) -> str:
        """What the change of its configuration does to the workers."""
        stops = any(step.verb == "stop" for step in self.steps)
        if stops or not any(step.change is not None and step.change.restarts for step in self.steps):
            return ""
        if self.current.state is State.PAUSED:
            again = self.steps[-1].verb == "pause"
            return "resumes then pauses again" if again else "resumes"
        return "restarts workers" if self.current.state.running else ""


def target_state(declared: str, current: State) -> State:
    """The fold's word for a declared state, given where the session stands.

    ``present`` leaves a session that exists as it is; a session that was never started is as good as stopped.
    """
    if declared == "absent":
        return State.ABSENT
    if declared == "present":
        return State.CREATED if current is State.ABSENT else current
    if declared == "stopped":
        return current if current in (State.CREATED, State.STOPPED) else (
            State.CREATED if current is State.ABSENT else State.STOPPED
        )
    return State.PAUSED if declared == "paused" else State.ACTIVE


def implied_config(wanted: Wanted) -> dict[str, str | None]:
    """The declared options plus those that follow from the session's identity.

    ``create ssh-port N`` is used for the checks only and not stored (glusterfs#2819), so it has to be an option too.
    """
    config = dict(wanted.config)
    if wanted.ssh_port is not None:
        config.setdefault("ssh-port", str(wanted.ssh_port))
    return config


def whole_config(wanted: Wanted, current: Current) -> dict[str, str | None]:
    """All options that are to be: declared, implied, and to be reset because nobody declares them."""
    config = implied_config(wanted)
    return exclusive_config(config, current.config, current.modified, current.nodes) if wanted.config_exclusive else config


def effective_config(wanted: Wanted, current: Current) -> dict[str, str | None]:
    """The options that are known of the session as declared; what nobody sets and the site does not set either is left out."""
    declared = {name: current.site.get(name) if value is None else value for name, value in wanted.config.items()}
    return {**current.effective, **declared}


def _settled_config(wanted: Wanted, current: Current) -> dict[str, str | None]:
    """The same, and for a node that has yet to learn of the session what was set on the others by hand."""
    config = whole_config(wanted, current)
    if current.incomplete:
        for name in sorted(current.modified):
            if name in BY_NAME and BY_NAME[name].settable and name != "checkpoint" and name in current.config:
                config.setdefault(name, current.config[name])
    return config


def plan_session(wanted: Wanted, current: Current) -> Plan:
    """The steps that make one session as declared; none when it already is."""
    if wanted.state == "absent":
        return Plan(wanted, current, _plan_absent(current), State.ABSENT)
    steps: list[Step] = []
    state = current.state
    after = target_state(wanted.state, state)
    if state is State.UNREADABLE:
        # No command but an editor mends it; whoever carries the plan out says so.
        return Plan(wanted, current, steps, after)
    if state is State.ABSENT:
        steps.append(Step("create", "the session does not exist"))
        state = State.CREATED
    elif current.incomplete:
        # gluster's own way to tell a node of a session that the others have; those keep what they have.
        steps.append(Step("create", current.incomplete, force=True))
    if current.config:
        changes = plan_config(current.config, _settled_config(wanted, current), current.modified, current.nodes, current.sites)
    else:
        changes = _changes_of_new(_settled_config(wanted, current), current)
    config_steps = [Step("config", _config_why(change, state), change) for change in changes]
    restarts = any(change.restarts for change in changes)

    if wanted.state == "stopped":
        # Stopping first spares the workers a restart.
        if state.running or state in (State.PAUSED, State.MIXED):
            steps.append(Step("stop", f"it is {state.value}", force=state is State.MIXED))
        steps += config_steps
    elif wanted.state == "started":
        steps += config_steps
        if state in (State.CREATED, State.STOPPED):
            steps.append(Step("start", f"it is {state.value}"))
        elif state is State.PAUSED and current.incomplete:
            steps.append(Step("start", "workers are missing", force=True))
            steps.append(Step("resume", "it is paused", force=True))
        elif state is State.PAUSED and not restarts:
            steps.append(Step("resume", "it is paused"))
        elif state is State.PAUSED:
            steps.append(Step("resume", "it is paused (the change of its configuration may have resumed it already)", force=True))
        elif state is State.MIXED:
            steps.append(Step("start", "some nodes run it and some do not", force=True))
            steps.append(Step("resume", "the session may be paused on some nodes", force=True))
        elif current.incomplete:
            steps.append(Step("start", "workers are missing", force=True))
    elif wanted.state == "paused":
        steps += config_steps
        if state in (State.CREATED, State.STOPPED):
            steps.append(Step("start", f"it is {state.value}, and only a running session can be paused"))
        elif state is State.MIXED:
            steps.append(Step("start", "some nodes run it and some do not", force=True))
        elif current.incomplete:
            steps.append(Step("start", "workers are missing", force=True))
        if state is not State.PAUSED or current.incomplete:
            # A node that is paused already refuses to be paused, unless forced.
            steps.append(Step("pause", f"it is {state.value}", force=state is State.MIXED or bool(current.incomplete)))
        elif restarts:
            steps.append(_pause_again())
    else:  # present
        steps += config_steps
        if current.incomplete and (state.running or state is State.PAUSED):
            steps.append(Step("start", "workers are missing", force=True))
            if state is State.PAUSED:
                steps.append(Step("pause", "the session is paused on the other nodes", force=True))
        elif state is State.PAUSED and restarts:
            steps.append(_pause_again())
    return Plan(wanted, current, steps, after)


def _pause_again() -> Step:
    """After a change of a paused session's configuration, which resumes the nodes whose value changes and no others.

    Without force a node that is paused still refuses to be paused, and gluster then pauses none.
    """
    return Step("pause", "the change of its configuration resumed the session", force=True)


def _plan_absent(current: Current) -> list[Step]:
    state = current.state
    if state is State.ABSENT:
        return []
    steps = []
    if current.incomplete:
        # A node that does not know the session refuses to delete it.
        steps.append(Step("create", current.incomplete, force=True))
    if state not in (State.CREATED, State.STOPPED):
        steps.append(Step("stop", f"it is {state.value}, and only a stopped session can be deleted", force=state is State.MIXED))
    steps.append(Step("delete", "it is declared absent"))
    return steps


def _changes_of_new(config: t.Mapping[str, str | None], current: Current) -> list[ConfigChange]:
    """A new session has the defaults of the site, which each node reads from a file of its own. Declared values that differ are sent."""
    begins = {name: default for name in config for default in [default_of(name, current.site)] if default is not None}
    declared = {name: value for name, value in config.items() if value is not None}
    changes = plan_config(begins, declared, (), {node: {} for node in current.sites}, current.sites)
    return [change._replace(before=current.site.get(change.name)) for change in changes]


def _config_why(change: ConfigChange, state: State) -> str:
    if not change.restarts:
        return "differs"
    if state.running:
        return "differs; restarts the workers"
    if state is State.PAUSED:
        return "differs; resumes the workers, which are paused again if the session is declared paused"
    return "differs"
