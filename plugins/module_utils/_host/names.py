# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Which names of secondary hosts this node cannot resolve."""

from __future__ import annotations

import concurrent.futures
import contextlib
import socket
import typing as t

from .._model.identity import SessionId

#: An address of nobody (RFC 5737), which the role lends to a name that is gone while it deletes its session.
LENT = "192.0.2.1"


def unresolved(sessions: t.Iterable[SessionId], or_lent: bool = False) -> list[str]:
    """Secondary hosts whose names this node cannot resolve.

    :param or_lent: or only because a run that was killed has lent them an address: the next one takes it back.

    glusterd has every secondary of a volume resolved before it looks for one: a single name that is gone hides all
    sessions of the volume, and each command says that its session does not exist.
    """
    hosts = dict.fromkeys(session.secondary_host for session in sessions)
    return [host for host in hosts if not _resolves(host) or (or_lent and _is_lent(host))]


class Wanted(t.NamedTuple):
    """A connection. :ivar bind: the address of this node that it must come from; None: any."""

    host: str
    port: int
    bind: str | None = None


def routes(hosts: t.Iterable[Wanted]) -> dict[Wanted, tuple[str, str]]:
    """The address of this node in each connection, and the address that it connects to. No packet is sent."""
    wanted = list(dict.fromkeys(hosts))
    if not wanted:
        return {}
    # A name server that does not answer is waited for once.
    with concurrent.futures.ThreadPoolExecutor(max_workers=min(8, len(wanted))) as pool:
        found = dict(zip(wanted, pool.map(lambda one: _route(*one), wanted)))
    return {one: route for one, route in found.items() if route}


def _route(host: str, port: int, bind: str | None) -> tuple[str, str] | None:
    with contextlib.suppress(OSError, UnicodeError):
        for family, _type, _protocol, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            # The first one that there is a route to, as ssh takes it.
            with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
                if bind:
                    probe.bind((bind, 0))
                probe.connect(address)
                return str(probe.getsockname()[0]), str(address[0])
    return None


def _resolves(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True


def _is_lent(host: str) -> bool:
    with contextlib.suppress(OSError):
        return {entry[4][0] for entry in socket.getaddrinfo(host, None)} == {LENT}
    return False
