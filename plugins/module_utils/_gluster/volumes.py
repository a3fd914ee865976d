# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Volumes as ``volume info`` tells them."""

from __future__ import annotations

import typing as t

from . import errors, xml
from .runner import GlusterCli


class Brick(t.NamedTuple):
    node: str  #: host name by which the cluster knows the node
    path: str
    node_uuid: str

    def __str__(self) -> str:
        return f"{self.node}:{self.path}"


class Volume(t.NamedTuple):
    name: str
    id: str
    status: str  #: Created, Started or Stopped
    type: str  #: Replicate, Distribute, Distributed-Replicate, Disperse, ...
    bricks: list[Brick]
    set_size: int  #: bricks in one replica or disperse set; 1 for plain distribution
    options: dict[str, str]  #: only those that were set

    @property
    def started(self) -> bool:
        return self.status == "Started"

    @property
    def sets(self) -> list[list[Brick]]:
        """The replica or disperse sets, in the order of the volume's bricks."""
        return [self.bricks[i:i + self.set_size] for i in range(0, len(self.bricks), self.set_size)]

    @property
    def read_only(self) -> bool:
        return self.options.get("features.read-only", "off").lower() in ("on", "true", "yes", "enable", "1")

    @property
    def nodes(self) -> list[str]:
        """Host names of the nodes that hold bricks, each once, in brick order."""
        return list(dict.fromkeys(brick.node for brick in self.bricks))


def read_volumes(cli: GlusterCli, name: str = "all", *, remote_host: str | None = None) -> dict[str, Volume]:
    """All volumes (or the one named) of this cluster, or of the cluster ``remote_host`` belongs to.

    A volume that does not exist is simply not in the result.

    :raises DaemonUnreachable: glusterd (here or on ``remote_host``) does not answer.
    """
    answer = cli.call(["volume", "info", name], xml=True, remote_host=remote_host)
    reply = xml.parse(answer)
    if not reply.ok:
        if "does not exist" in reply.op_errstr:
            return {}
        raise errors.CommandFailed(
            f"gluster could not list volumes: {reply.op_errstr or 'no reason given'}", **answer.evidence()
        )
    volumes = (_volume(node) for node in reply.root.iterfind("volInfo/volumes/volume"))
    return {volume.name: volume for volume in volumes}


def _volume(node: t.Any) -> Volume:
    bricks = []
    for brick in node.iterfind("bricks/brick"):
        host, _colon, path = xml.text(brick, "name").rpartition(":/")
        bricks.append(Brick(host, "/" + path, xml.text(brick, "hostUuid")))
    # In every release read so far distCount is the number of bricks in one set, not the number of sets.
    replica, disperse = (int(xml.text(node, name, "0")) for name in ("replicaCount", "disperseCount"))
    return Volume(
        name=xml.text(node, "name"),
        id=xml.text(node, "id"),
        status=xml.text(node, "statusStr"),
        type=xml.text(node, "typeStr"),
        bricks=bricks,
        set_size=max(replica, disperse, 1),
        options={xml.text(o, "name"): xml.text(o, "value") for o in node.iterfind("options/option")},
    )
