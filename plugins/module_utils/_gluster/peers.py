# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The nodes of the trusted pool."""

from __future__ import annotations

import typing as t

from .._model import errors
from . import xml
from .runner import GlusterCli

#: How the node that is asked calls itself.
THIS_NODE = "localhost"


class Peer(t.NamedTuple):
    name: str  #: :data:`THIS_NODE` for the node that was asked
    uuid: str
    connected: bool


_TOLD = ("hostname", "uuid", "connected")


def read_peers(cli: GlusterCli, *, remote_host: str | None = None) -> list[Peer]:
    """All nodes of this cluster (or of ``remote_host``'s), the one that answers included, as ``localhost``.

    :raises UnreadableOutput: not all of them came.
    """
    answer = cli.call(["pool", "list"], xml=True, remote_host=remote_host)
    with xml.told(cli, answer):
        reply = xml.parse(answer, "peerStatus")
        if not reply.ok:
            raise errors.CommandFailed(
                f"gluster could not list the pool: {reply.op_errstr or 'no reason given'}", **answer.evidence()
            )
        rows = [[xml.text(peer, name) for name in _TOLD] for peer in reply.root.iterfind("peerStatus/peer")]
        gaps = [f"no {name} of a node" for name, values in zip(_TOLD, zip(*rows)) if not all(values)]
        # No number of nodes is told, but every release puts the one that answers behind all others.
        gaps += [] if any(row[0] == THIS_NODE for row in rows) else [f"the node that was asked, {THIS_NODE}, which ends the list"]
        xml.hold(answer, [], gaps)
    return [Peer(name, uuid, connected == "1") for name, uuid, connected in rows]
