# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The nodes of the trusted pool."""

from __future__ import annotations

import typing as t

from . import errors, xml
from .runner import GlusterCli


class Peer(t.NamedTuple):
    name: str  #: ``localhost`` for the node that was asked
    uuid: str
    connected: bool


def read_peers(cli: GlusterCli, *, remote_host: str | None = None) -> list[Peer]:
    """All nodes of this cluster (or of ``remote_host``'s), the one that answers included, as ``localhost``."""
    answer = cli.call(["pool", "list"], xml=True, remote_host=remote_host)
    reply = xml.parse(answer)
    if not reply.ok:
        raise errors.CommandFailed(
            f"gluster could not list the pool: {reply.op_errstr or 'no reason given'}", **answer.evidence()
        )
    return [
        Peer(xml.text(peer, "hostname"), xml.text(peer, "uuid"), xml.text(peer, "connected") == "1")
        for peer in reply.root.iterfind("peerStatus/peer")
    ]
