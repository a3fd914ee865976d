# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The bricks of all started volumes, as ``volume status all detail`` tells them. glusterd answers this to other hosts, too (9 to 11)."""

from __future__ import annotations

import typing as t

from .._model import errors
from .._model.cluster import BrickState, Volume
from . import xml
from .runner import READ_TIMEOUT, GlusterCli

_NUMBERS = ("sizeTotal", "sizeFree", "inodesTotal", "inodesFree")


def read_bricks(
    cli: GlusterCli, volumes: t.Mapping[str, Volume], *, remote_host: str | None = None, timeout: float = READ_TIMEOUT
) -> dict[str, tuple[BrickState, ...]]:
    """The bricks of each started volume, in the volume's order.

    A brick that the answer leaves out is on a node that glusterd does not reach: nobody knows whether it runs.

    :param volumes: of that cluster, as read before.
    :raises CommandFailed: gluster refused. :raises UnreadableOutput: less came than was announced.
    """
    answer = cli.read(["volume", "status", "all", "detail"], xml=True, remote_host=remote_host, timeout=timeout)
    with xml.told(cli, answer):
        reply = xml.parse(answer, "volStatus/volumes")
        if not reply.ok:
            raise errors.CommandFailed(f"gluster could not read the state of the bricks: {reply.op_errstr or 'no reason given'}", **answer.evidence())
        found: dict[str, tuple[BrickState, ...]] = {}
        for node in reply.root.iterfind("volStatus/volumes/volume"):
            name, rows = xml.text(node, "volName"), node.findall("node")
            xml.hold(
                answer,
                [xml.Count(f"bricks of the volume {name} (nodeCount)", xml.number(node, "nodeCount"), len(rows))],
                [f"the {part} of a brick" for part in ("hostname", "path", "status") if not all(xml.text(row, part) for row in rows)],
            )
            # Names of nodes may be told in two ways; a path and the node's UUID cannot.
            told = {(xml.text(row, "peerid"), xml.text(row, "path")): row for row in rows}
            if name in volumes:
                found[name] = tuple(
                    _state(brick.node, brick.path, told.get((brick.node_uuid, brick.path))) for brick in volumes[name].bricks
                )
    return found


def _state(node: str, path: str, row: t.Any) -> BrickState:
    if row is None:
        return BrickState(node, path, None)
    mounted = xml.text(row, "mntOptions").split(",")
    read_only = None if mounted == [""] else "ro" in mounted
    return BrickState(node, path, xml.text(row, "status") == "1", read_only, *(xml.number(row, part) for part in _NUMBERS))
