# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What one node knows of the sessions from its own files: its part of ``status``, and the options as it reads them."""

from __future__ import annotations

import typing as t

from .cluster import Config, Result, Worker, named
from .identity import SessionId, session_of

#: What a worker says that is where it stays, and neither on its way nor in trouble.
SETTLED = ("Active", "Passive", "Created", "Stopped", "Paused")


class SessionView(t.NamedTuple):
    """One session on one node."""

    id: SessionId
    secondary_uuid: t.Optional[str]
    workers: t.Sequence[Worker]  #: of this node's bricks
    problem: t.Optional[str]  #: why the node cannot tell; then there are neither workers nor options
    config: t.Optional[Config] = None  #: None: not told
    modified: frozenset[str] = frozenset()  #: options that stand in the session's own file here
    started: t.Optional[float] = None  #: when the session was last started here, in seconds since the epoch; None: it does not run here
    record: str = ""  #: what the primary volume remembers of a proof; see proved.py

    @property
    def doubts(self) -> list[str]:
        """Why gluster must be asked about the session, as far as this node knows."""
        if self.problem:
            return [self.problem]
        return [f"the worker of {named(worker.place)} is {worker.status}" for worker in self.workers if worker.status not in SETTLED]

    def to_result(self, read_at: float) -> dict[str, t.Any]:
        """:param read_at: see :attr:`NodeView.read_at`."""
        told = [{name: value for name, value in worker.to_result(read_at).items() if value is not None} for worker in self.workers]
        config = {"config": self.config.values, "stale": list(self.config.stale), "modified": sorted(self.modified)} if self.config else {}
        return {
            **self.id._asdict(), "secondary_volume_id": self.secondary_uuid, "workers": told, "problem": self.problem, "started": self.started,
            "record": self.record, **config,
        }  # fmt: skip

    @classmethod
    def from_result(cls, entry: Result) -> SessionView:
        config = Config(dict(entry["config"]), False, tuple(entry["stale"])) if "config" in entry else None
        workers = [Worker.from_result(worker) for worker in entry["workers"]]
        return cls(
            session_of(entry), entry["secondary_volume_id"], workers, entry["problem"], config, frozenset(entry.get("modified", ())), entry["started"],
            entry["record"],
        )  # fmt: skip


class NodeView(t.NamedTuple):
    """All sessions that are registered on one node."""

    node_uuid: t.Optional[str]
    read_at: float  #: the node's clock, in seconds since the epoch
    sessions: t.Sequence[SessionView]

    def to_result(self) -> dict[str, t.Any]:
        return {"node_uuid": self.node_uuid, "read_at": self.read_at, "sessions": [view.to_result(self.read_at) for view in self.sessions]}

    @classmethod
    def from_result(cls, result: Result) -> NodeView:
        return cls(result["node_uuid"], result["read_at"], [SessionView.from_result(entry) for entry in result["sessions"]])
