# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""A secondary cluster, as the glusterd of one of its hosts tells it to a primary node."""

from __future__ import annotations

import dataclasses
import typing as t

from .._faults import site as judge
from .._gluster import bricks, peers, volumes
from .._gluster.runner import READ_TIMEOUT, GlusterCli
from .._model import errors
from .._model.cluster import THIS_NODE, Secondary
from .._model.identity import SessionId

#: The state of bricks is worth this long, in seconds: a host that is down, or whose port 24007 is closed, takes all of it.
PATIENCE = 30


def read_site(cli: GlusterCli, host: str, timeout: float = READ_TIMEOUT) -> Secondary:
    """The volumes and nodes of a secondary cluster; an error in their place if the host does not tell."""
    try:
        found = volumes.read_volumes(cli, remote_host=host, timeout=timeout)
        pool = peers.read_peers(cli, remote_host=host, timeout=timeout)
    except errors.GeorepError as exc:
        # Of an answer that cannot be read the usual advice, to look whether there is one at all, would be wrong.
        return Secondary(host, exc.message, exc.remedy if isinstance(exc, (errors.UnreadableOutput, errors.ManagementTls)) else None)
    # The node that answers calls itself localhost: that is how we learn which node a name or alias stands for.
    own = next((peer.uuid for peer in pool if peer.name == THIS_NODE), None)
    down = tuple(peer.name for peer in pool if not peer.connected)
    return Secondary(host, node_uuid=own, cluster_uuids=tuple(peer.uuid for peer in pool), volumes=tuple(found.values()), down=down)


def with_bricks(cli: GlusterCli, sites: t.Iterable[Secondary]) -> list[Secondary]:
    """The same with the state of their bricks: one call a cluster, however many of its hosts the sessions name."""
    known: list[Secondary] = []
    for site in sites:
        same = next((other for other in known if other.bricks is not None and site.uuids & other.uuids), None)
        if same is None and site.error is None:
            # What cannot be read is not known, and no reason for or against anything.
            try:
                found = bricks.read_bricks(cli, {volume.name: volume for volume in site.volumes}, remote_host=site.host, timeout=PATIENCE)
            except errors.GeorepError:
                found = None
            site = dataclasses.replace(site, bricks=found)
        known.append(dataclasses.replace(site, bricks=same.bricks) if same and site.error is None else site)
    return known


def look(cli: GlusterCli, sessions: t.Sequence[SessionId]) -> dict[SessionId, list[judge.Trouble]]:
    """What is wrong on the secondary sites with the volumes of these sessions, if anything is known to be. Asks their hosts."""
    sites = with_bricks(cli, [read_site(cli, host, PATIENCE) for host in dict.fromkeys(session.secondary_host for session in sessions)])
    told = {site.host: site.to_result() for site in sites}
    return {
        session: judge.troubles(told[session.secondary_host], session.secondary_volume) or judge.unreached(told[session.secondary_host])
        for session in sessions
    }


def of_volume(cli: GlusterCli, host: str, name: str) -> list[judge.Trouble]:
    """What is wrong with one volume of a secondary host's cluster, if anything is known to be. Asks the host."""
    (site,) = with_bricks(cli, [read_site(cli, host, PATIENCE)])
    return judge.troubles(site.to_result(), name)


def words(found: t.Sequence[judge.Trouble]) -> str:
    """As sentences of a message, with a blank in front."""
    return "".join(f" {trouble.what} What helps: {trouble.remedy}" for trouble in found)
