# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""A secondary cluster that primary nodes log in to."""

from __future__ import annotations

import typing as t

from . import identity


class Destination(t.NamedTuple):
    """The nodes of a secondary cluster, and the account there.

    :ivar secondary_host: the host in the session's URL.
    :ivar secondary_nodes: all nodes that workers may log in to, by the names that primary nodes reach them by.
    """

    secondary_host: str
    secondary_user: str
    ssh_port: int
    secondary_nodes: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str, int]:
        """Two destinations with the same key are one."""
        return (identity.spelled(self.secondary_host), self.secondary_user, self.ssh_port)

    def as_dict(self) -> dict[str, t.Any]:
        """For results."""
        return {**self._asdict(), "secondary_nodes": list(self.secondary_nodes)}


def read_destinations(given: t.Iterable[t.Mapping[str, t.Any]] | None, option: str = "secondaries") -> list[Destination]:
    """Check what the user wrote; without ``secondary_nodes`` the host is the only node.

    :raises InvalidInput: naming the option and its place in the list.
    """
    found = []
    for number, one in enumerate(given or ()):
        where = f"{option}[{number}]."
        host = identity.check_host(f"{where}secondary_host", one["secondary_host"])
        nodes = [identity.check_node(f"{where}secondary_nodes", node) for node in one["secondary_nodes"] or []] or [host]
        user = identity.check_user(f"{where}secondary_user", one["secondary_user"])
        port = identity.check_port(f"{where}ssh_port", one["ssh_port"])
        found.append(Destination(host, user, port, tuple(dict.fromkeys(nodes))))
    return found
