# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Which secondary nodes the primary nodes have to reach over SSH: by which names, accounts and ports. Touches nothing."""

from __future__ import annotations

import typing as t

from .._faults.catalogue import PRIMARY
from .._model.cluster import Peer, Secondary, Volume
from .._model.identity import SessionId, spelled
from .._model.node import Node, Way
from .clusters import nodes_of


class SshPaths(t.NamedTuple):
    """Nodes are told apart by glusterd's UUID, because one node may go by several names."""

    targets: list[dict[str, t.Any]]  #: each host, account and port, with the names of the nodes there
    host_names: dict[str, list[str]]  #: UUID of a node -> its names as known_hosts has them
    account_nodes: dict[str, list[str]]  #: account -> UUIDs of the nodes where sessions log in to it


def ssh_paths(destinations: t.Iterable[tuple[SessionId, int, Secondary, Volume]]) -> SshPaths:
    """The secondary host itself and every node that holds a brick.

    :param destinations: of each session that stays its port, its host, and its secondary volume.
    """
    targets: dict[tuple[str, str, int], dict[str, t.Any]] = {}
    paths = SshPaths([], {}, {})
    for session, port, secondary, volume in destinations:
        name, user = session.secondary_host, session.secondary_user
        target = targets.setdefault((name, user, port), {"secondary_host": name, "secondary_user": user, "ssh_port": port, "secondary_nodes": []})
        for node, uuid in [(name, secondary.node_uuid or ""), *((brick.node, brick.node_uuid) for brick in volume.bricks)]:
            _add(target["secondary_nodes"], node)
            _add(paths.host_names.setdefault(uuid, []), node if port == 22 else f"[{node}]:{port}")
            _add(paths.account_nodes.setdefault(user, []), uuid)
    return paths._replace(targets=list(targets.values()))


def _add(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)


def all_reached(targets: t.Iterable[t.Mapping[str, t.Any]], peers: t.Sequence[Peer], nodes: t.Iterable[Node]) -> bool:
    """Whether every path that is needed works, with every key, from every node of the primary cluster."""
    needed = {(spelled(node), target["ssh_port"], target["secondary_user"]) for target in targets for node in target["secondary_nodes"]}
    near = [node.ways for node in nodes_of(PRIMARY, nodes)]
    # Others may have been tried, too: nodes that sessions went to once, other names of the same host.
    paths = [({_path(one) for one in tried}, {_path(one) for one in tried if not one.ok}) for tried in near]
    return len(paths) == len(peers) > 0 and all(needed <= tried and not needed & broken for tried, broken in paths)


def _path(way: Way) -> tuple[str, int, str]:
    return spelled(way.host), way.port, way.user


def known_hosts_lines(host_names: t.Mapping[str, t.Sequence[str]], keys_by_uuid: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """known_hosts lines for every name of the nodes, from host keys that were read on the nodes themselves.

    :param host_names: see :class:`SshPaths`; :param keys_by_uuid: the same UUIDs -> SSH host keys, each ``type base64``.
    """
    return [
        f"{name} {' '.join(key.split()[:2])}"
        for uuid, names in host_names.items()
        for name in names
        for key in keys_by_uuid.get(uuid, ())
    ]
