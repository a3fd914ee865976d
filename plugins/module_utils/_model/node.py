# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""A node of either site as gluster_georep_preflight_info looked at it, with what the planner goes by. Pure: the standard library only."""

from __future__ import annotations

import typing as t

from .node_view import NodeView

Result = t.Mapping[str, t.Any]


class NodeFault(t.NamedTuple):
    """A fault of a node that is known, see the catalogue of _faults."""

    id: str
    title: str
    evidence: str
    cause: str
    remedy: str
    stops: str  #: what it keeps from working
    role: str  #: what the role does about it

    @classmethod
    def from_result(cls, entry: Result) -> NodeFault:
        return cls(*(entry[name] for name in cls._fields))


class Way(t.NamedTuple):
    """A login from a primary node that was tried with one of the keys of geo-replication."""

    host: str
    port: int
    user: str
    ok: bool


class Login(t.NamedTuple):
    """A connection from a primary node to a secondary one: what sshd there goes by may depend on it."""

    user: str
    address: str
    local_address: str
    port: int


class Receiving(t.NamedTuple):
    """A session that writes through a secondary node, of whatever cluster."""

    primary_volume: str
    primary_node: str
    primary_node_uuid: str
    secondary_volume: str


class Node(t.NamedTuple):
    """None stands for what the node did not tell."""

    name: str
    site: str
    host: str = ""  #: inventory host; empty where a person ran the module
    uuid: t.Optional[str] = None  #: glusterd's
    glusterfs: t.Optional[str] = None  #: version
    glusterd_answers: bool = True  #: true where the node did not try
    tls: t.Optional[bool] = None  #: whether glusterd uses TLS for management connections
    faults: tuple[NodeFault, ...] = ()
    names: t.Mapping[str, t.Sequence[str]] = {}  #: addresses by the names that the node has to resolve
    ways: tuple[Way, ...] = ()
    ways_error: t.Optional[str] = None
    logins: tuple[Login, ...] = ()
    receiving: tuple[Receiving, ...] = ()
    accounts: t.Mapping[str, t.Sequence[str]] = {}  #: problems by account that receives keys
    lxml: bool = True  #: whether Python has the library
    rsync_tried: bool = False
    python_unknown: bool = False  #: gsyncd is there, and the Python that runs it could not be checked
    shared_storage: t.Optional[bool] = None
    key_identities: tuple[t.Any, ...] = ()
    #: Options by the name of the session's directory; None: the file cannot be read.
    sessions: t.Mapping[str, t.Optional[t.Mapping[str, str]]] = {}
    site_defaults: t.Mapping[str, str] = {}
    view: t.Optional[NodeView] = None
    local: t.Optional[Result] = None  #: what only this node knows of its workers, as model.views merges it

    def has(self, fault: str) -> bool:
        return any(one.id == fault for one in self.faults)

    @classmethod
    def from_result(cls, result: Result) -> Node:
        """:param result: with the inventory host as ``item``."""
        facts: Result = result["facts"]
        glusterd, rsync = facts.get("glusterd") or {}, facts.get("rsync") or {}
        return cls(
            name=result["node"],
            site=result["site"],
            host=result.get("item") or "",
            uuid=facts["node_uuid"],
            glusterfs=facts.get("glusterfs"),
            glusterd_answers=glusterd.get("answers", True),
            tls=glusterd.get("tls"),
            faults=tuple(map(NodeFault.from_result, result.get("faults", ()))),
            names=result.get("names") or {},
            ways=tuple(Way(*(one[name] for name in Way._fields)) for one in result.get("ways", ())),
            ways_error=result.get("ways_error"),
            logins=tuple(Login(*(one[name] for name in Login._fields)) for one in result.get("logins", ())),
            receiving=tuple(Receiving(*(one[name] for name in Receiving._fields)) for one in facts.get("receiving", ())),
            accounts=facts.get("accounts") or {},
            lxml=bool(facts.get("libraries", {}).get("lxml", True)),
            rsync_tried=rsync.get("delivers") is not None and rsync.get("admitted") is not None,
            python_unknown=bool(facts.get("helper_dir")) and facts.get("python") is None,
            shared_storage=facts.get("shared_storage"),
            key_identities=tuple(facts.get("key_identities", ())),
            sessions=facts.get("sessions") or {},
            site_defaults=facts.get("site_defaults") or {},
            view=NodeView.from_result(result["view"]) if result.get("view") else None,
            local=result.get("local"),
        )


def nodes_from(results: t.Iterable[Result]) -> list[Node]:
    return [Node.from_result(result) for result in results]
