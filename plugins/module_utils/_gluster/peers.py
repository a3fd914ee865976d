# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The nodes of the trusted pool."""

from __future__ import annotations

from .._model import errors
from .._model.cluster import THIS_NODE, Peer
from . import xml
from .runner import GlusterCli

#: GD_FRIEND_STATE_BEFRIENDED, "Peer in Cluster".
_IN_CLUSTER = "3"
_TOLD = ("hostname", "uuid", "connected")


def read_peers(cli: GlusterCli, *, remote_host: str | None = None) -> list[Peer]:
    """All nodes of this cluster (or of ``remote_host``'s), the one that answers included, as ``localhost``.

    :raises UnreadableOutput: not all of them came.
    """
    answer = cli.read(["pool", "list"], xml=True, remote_host=remote_host)
    with xml.told(cli, answer):
        reply = xml.parse(answer, "peerStatus")
        if not reply.ok:
            raise errors.CommandFailed(
                f"gluster could not list the pool: {reply.op_errstr or 'no reason given'}", **answer.evidence()
            )
        found = list(reply.root.iterfind("peerStatus/peer"))
        rows = [[xml.text(peer, name) for name in _TOLD] for peer in found]
        gaps = [f"the {name} of a node" for name, values in zip(_TOLD, zip(*rows)) if not all(values)]
        # No number of nodes is told, but every release puts the one that answers behind all others.
        gaps += [] if any(row[0] == THIS_NODE for row in rows) else [f"the node itself ({THIS_NODE}), which is always the last one in the list"]
        xml.hold(answer, [], gaps)
    # glusterd passes over peers that are connected and not in the cluster, "Peer Rejected" among them. The one that answers tells no state.
    members = [xml.text(peer, "state") in ("", None, _IN_CLUSTER) for peer in found]
    return [Peer(name, uuid, connected == "1" and member) for (name, uuid, connected), member in zip(rows, members)]
