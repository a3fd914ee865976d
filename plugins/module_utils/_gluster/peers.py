# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The nodes of the trusted pool."""

from __future__ import annotations

import re

from .._model import errors
from .._model.cluster import THIS_NODE, Peer
from . import xml
from .runner import READ_TIMEOUT, GlusterCli

#: GD_FRIEND_STATE_BEFRIENDED, "Peer in Cluster".
_IN_CLUSTER = "3"
#: What every node's entry has, and what it looks like.
_TOLD = {"hostname": re.compile(r"[^\s/]{1,255}"), "uuid": xml.UUID, "connected": re.compile("[01]")}


def read_peers(cli: GlusterCli, *, remote_host: str | None = None, timeout: float = READ_TIMEOUT) -> list[Peer]:
    """All nodes of this cluster (or of ``remote_host``'s), the one that answers included, as ``localhost``.

    :raises UnreadableOutput: not all of them came.
    """
    answer = cli.read(["pool", "list"], xml=True, remote_host=remote_host, timeout=timeout)
    with xml.told(cli, answer):
        reply = xml.parse(answer, "peerStatus")
        if not reply.ok:
            raise errors.CommandFailed(
                f"gluster could not list the pool: {reply.op_errstr or 'no reason given'}", **answer.evidence()
            )
        found = list(reply.root.iterfind("peerStatus/peer"))
        rows = [[xml.text(peer, name) for name in _TOLD] for peer in found]
        gaps = [f"the {name} of a node" for name, values in zip(_TOLD, zip(*rows)) if not all(xml.fits(_TOLD[name], value) for value in values)]
        gaps += [] if all(xml.number(peer, "state") is not None for peer in found if xml.text(peer, "state")) else ["the state of a node"]
        gaps += [] if len({row[1] for row in rows}) == len(rows) else ["a UUID for each node: one comes twice"]
        # No number of nodes is told, but every release puts the one that answers behind all others.
        gaps += [] if any(row[0] == THIS_NODE for row in rows) else [f"the node itself ({THIS_NODE}), which is always the last one in the list"]
        xml.hold(answer, [], gaps)
    # glusterd passes over peers that are connected and not in the cluster, "Peer Rejected" among them. The one that answers tells no state.
    members = [xml.text(peer, "state") in ("", None, _IN_CLUSTER) for peer in found]
    return [Peer(name, uuid, connected == "1" and member) for (name, uuid, connected), member in zip(rows, members)]
