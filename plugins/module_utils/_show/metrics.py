# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The picture as Prometheus reads it: text for node_exporter's textfile collector.

Pure: the standard library only. Names and units follow Prometheus' conventions: base units, _total for what only grows,
one series a state with 1 for the one that is.
"""

from __future__ import annotations

import typing as t

from .._faults.health import PROBLEMS
from .._faults.site import BRICK_WORDS
from .._model import durations
from .._model.states import State

Labels = t.Mapping[str, str]

#: What gsyncd may say of a worker, as label values.
WORKER_STATES = ("active", "passive", "initializing", "faulty", "paused", "stopped", "created", "missing", "other")
_SESSION_STATES = tuple(state.value for state in State if state is not State.ABSENT)
PREFIX = "gluster_georep_"


class Metric:
    """One metric and its series."""

    def __init__(self, name: str, kind: str, told: str) -> None:
        self.name = PREFIX + name
        self.kind = kind
        self.told = told
        # One line a label set: Prometheus refuses a whole file for a line that comes twice.
        self.series: dict[tuple[tuple[str, str], ...], float] = {}

    def add(self, labels: Labels, value: float | bool | None) -> None:
        """A series; what is not known has none."""
        if value is not None:
            self.series[tuple(labels.items())] = float(value)

    def lines(self) -> list[str]:
        if not self.series:
            return []
        return [
            f"# HELP {self.name} {self.told}",
            f"# TYPE {self.name} {self.kind}",
            *(f"{self.name}{_labels(dict(labels))} {_value(value)}" for labels, value in self.series.items()),
        ]


def _labels(labels: Labels) -> str:
    def escaped(value: str) -> str:
        return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return "{" + ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items()) + "}" if labels else ""


def _value(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def metrics(overview: t.Mapping[str, t.Any]) -> str:
    """All metrics of a cluster."""
    found: dict[str, Metric] = {}

    def metric(name: str, told: str, kind: str = "gauge") -> Metric:
        return found.setdefault(name, Metric(name, kind, told))

    metric("last_read_timestamp_seconds", "When the cluster was read, in seconds since 1970.").add(
        {}, durations.instant(overview["read_at"])
    )
    metric("cluster_info", "Version of GlusterFS, as a label. The value is always 1.").add({"version": overview["version"]}, 1)
    metric("sessions", "Sessions on this cluster.").add({}, len(overview["sessions"]))
    for peer in overview["peers"]:
        metric("peer_connected", "Whether a node of the cluster is connected, as glusterd sees it.").add(
            {"node": peer["name"]}, peer["connected"]
        )
    if overview["drift"]["declared"]:
        metric("drift_steps", "Steps that a run of the role would take to make the sessions as declared.").add(
            {}, len(overview["drift"]["steps"])
        )
        metric("drift_errors", "Declared sessions that could not be compared.").add(
            {}, len(overview["drift"]["errors"])
        )
        metric("undeclared_sessions", "Sessions of the cluster that are not declared.").add(
            {}, len(overview["drift"]["undeclared"])
        )
    counts = dict.fromkeys(PROBLEMS, 0)
    for problem in overview["problems"]:
        counts[problem["id"]] += 1
    for name, count in counts.items():
        metric("problems", "Number of problems found, by kind.").add({"problem": name}, count)
    for session in overview["sessions"]:
        _session(session, metric)
    for site in overview["secondaries"]:
        _secondary(site, metric)
    lines = [line for one in found.values() for line in one.lines()]
    return "\n".join(lines) + "\n"


def _secondary(site: t.Mapping[str, t.Any], metric: t.Callable[..., Metric]) -> None:
    """The bricks that receive something. A site that did not tell their state has no series."""
    for volume in site["volumes"]:
        for brick in volume["bricks"]:
            own = {"secondary_host": site["secondary_host"], "secondary_volume": volume["name"], "node": brick["node"], "brick": brick["brick"]}
            for word in BRICK_WORDS if brick["state"] else ():
                metric(
                    "secondary_brick_state",
                    "State of the brick of the secondary volume, as the secondary host sees it: 1 for the present state, 0 for the others.",
                ).add({**own, "state": word}, word == brick["state"])


def _session(session: t.Mapping[str, t.Any], metric: t.Callable[..., Metric]) -> None:
    own = {
        name: str(session[name]) for name in ("primary_volume", "secondary_host", "secondary_volume", "secondary_user")
    }
    for state in _SESSION_STATES:
        metric(
            "session_state",
            "State of the session: 1 for the present state, 0 for the others.",
        ).add({**own, "state": state}, session["state"] == state)
    metric("session_healthy", "Whether the session runs and has no problem.").add(own, session["verdict"] == "ok")
    declared = session["declared_state"]
    if declared:
        metric("session_declared_started", "Whether the session is declared started.").add(own, declared == "started")
    metric("session_lag_seconds", "How long the oldest change that is missing on the secondary has waited, in seconds.").add(
        own, session["lag_seconds"]
    )
    metric("session_rpo_seconds", "RPO: how long changes may wait, as declared, in seconds.").add(own, session["rpo_seconds"])
    metric(
        "session_last_synced_timestamp_seconds", "Up to when the slowest replica set has synced, in seconds since 1970."
    ).add(own, durations.instant(session["last_synced"]))
    metric("session_missing_workers", "Bricks of the primary volume for which no worker is reported.").add(
        own, sum(worker["status"] == "missing" for worker in session["workers"])
    )
    checkpoint = session["checkpoint"]
    if checkpoint["set"]:
        metric("session_checkpoint_timestamp_seconds", "The checkpoint that is set, in seconds since 1970.").add(
            own, durations.instant(checkpoint["time"])
        )
        metric("session_checkpoint_completed", "Whether the checkpoint is complete (1) or not (0).").add(own, checkpoint["completed"])
        metric("session_checkpoint_completion_timestamp_seconds", "When the checkpoint was completed, in seconds since 1970.").add(
            own, durations.instant(checkpoint["completed_at"])
        )
    for worker in session["workers"]:
        place = {**own, "node": worker["node"], "brick": worker["brick"]}
        state = worker["status"].rstrip(".").lower()
        state = state if state in WORKER_STATES else "other"
        for word in WORKER_STATES:
            metric("worker_state", "State of the worker of the brick: 1 for the present state, 0 for the others.").add(
                {**place, "state": word}, word == state
            )
        metric("worker_lag_seconds", "How long the oldest change on the brick has waited, in seconds.").add(
            place, worker["lag_seconds"] if state == "active" else None
        )
        metric("worker_failures_total", "Changes that the secondary refused since the session was created.", "counter").add(
            place, worker["failures"]
        )
        for kind, count in worker["pending"].items():
            metric("worker_pending_operations", "Changes of the current batch that are not done yet.").add(
                {**place, "kind": kind}, count
            )
