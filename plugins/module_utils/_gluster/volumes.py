# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Volumes as ``volume info`` tells them."""

from __future__ import annotations

import re
import typing as t

from .._model import errors
from .._model.cluster import DIRECTORY_MARK, READ_ONLY, Brick, Volume, place_of
from .._model.text import garbled
from .._model.words import truth
from . import xml
from .runner import READ_TIMEOUT, GlusterCli


def read_volumes(cli: GlusterCli, name: str = "all", *, remote_host: str | None = None, timeout: float = READ_TIMEOUT) -> dict[str, Volume]:
    """All volumes (or the one named) of this cluster, or of the cluster ``remote_host`` belongs to.

    A volume that does not exist is simply not in the result.

    :raises DaemonUnreachable: glusterd (here or on ``remote_host``) does not answer.
    :raises UnreadableOutput: less came than was announced.
    """
    answer = cli.read(["volume", "info", name], xml=True, remote_host=remote_host, timeout=timeout)
    with xml.told(cli, answer):
        reply = xml.parse(answer, "volInfo/volumes")
        if not reply.ok:
            if "does not exist" in reply.op_errstr:
                return {}
            raise errors.CommandFailed(
                f"gluster could not list volumes: {reply.op_errstr or 'no reason given'}", **answer.evidence()
            )
        nodes = reply.root.findall("volInfo/volumes/volume")
        counts = [xml.Count("volumes (count)", xml.number(reply.root, "volInfo/volumes/count"), len(nodes))]
        xml.hold(answer, counts + [count for node in nodes for count in _counts(node)], [gap for node in nodes for gap in _gaps(node)])
        found = {volume.name: volume for volume in map(_volume, nodes)}
        xml.hold(answer, [], [] if name == "all" or name in found else [f"the volume {name}, of which gluster does not say that it does not exist"])
    return found


#: Without one of these nobody could say what a volume is.
_TOLD = {
    "name": re.compile("[A-Za-z0-9_-]{1,255}"), "id": xml.UUID, "statusStr": re.compile("Created|Started|Stopped"), "typeStr": re.compile("[A-Za-z -]{1,99}"),
}  # fmt: skip
_BRICK = {"name": re.compile(r"[^/\s]{1,255}:/.{0,4096}", re.DOTALL), "hostUuid": xml.UUID}


def _counts(node: t.Any) -> list[xml.Count]:
    """Every number that a volume's answer announces, held against what came."""
    of = f"of the volume {xml.text(node, 'name', '(without a name)')}"
    came = len(node.findall("bricks/brick"))
    # The number of sets, and how many bricks each has; GlusterFS 9 still tells of stripes, of which it knows none but 1.
    sizes = [xml.number(node, name) for name in ("replicaCount", "disperseCount")]
    sets, size = xml.number(node, "distCount"), None if None in sizes else max(*(each or 0 for each in sizes), 1)
    if sets is not None and sets == size:
        # Up to 8, and where the gluster command and glusterd are of different releases, the number is that of the bricks in a set.
        sets = came // size
    return [
        xml.Count(f"bricks {of} (brickCount)", xml.number(node, "brickCount"), came),
        xml.Count(f"bricks {of} by its sets (distCount, replicaCount, disperseCount)", None if sets is None or size is None else sets * size, came),
        xml.Count(f"options {of} (optCount)", xml.number(node, "optCount"), len(node.findall("options/option"))),
    ]


def _gaps(node: t.Any) -> list[str]:
    of = f"of the volume {xml.text(node, 'name', '(without a name)')}"
    gaps = [f"the {name} {of}" for name, shape in _TOLD.items() if not xml.fits(shape, xml.text(node, name))]
    bricks = node.findall("bricks/brick")
    gaps += [f"the {name} of a brick {of}" for name, shape in _BRICK.items() if not all(shape.fullmatch(xml.text(brick, name)) for brick in bricks)]
    options = [(xml.text(option, "name"), xml.text(option, "value")) for option in node.iterfind("options/option")]
    gaps += [f"the name of an option {of}"] if not all(xml.fits(_OPTION, name) for name, _value in options) else []
    gaps += [f"the value of the option {name} {of}" for name, value in options if _decides(name) and not _is_told(name, value)]
    size = max(xml.number(node, "replicaCount") or 0, xml.number(node, "disperseCount") or 0, 1)
    return gaps + ([f"{len(bricks)} bricks {of} are no whole sets of {size}"] if len(bricks) % size else [])


_OPTION = re.compile(r"[!-~]{1,255}")


def _decides(option: str) -> bool:
    """Whether a run does something because of this option's value. What other options are set to, nobody here needs to know."""
    return option == READ_ONLY or option.startswith(DIRECTORY_MARK)


def _is_told(option: str, value: str) -> bool:
    return (truth(value) is not None if option == READ_ONLY else bool(value)) and not garbled(value)


def _volume(node: t.Any) -> Volume:
    bricks = []
    for brick in node.iterfind("bricks/brick"):
        bricks.append(Brick(*place_of(xml.text(brick, "name")), xml.text(brick, "hostUuid")))
    replica, disperse = (xml.number(node, name) or 0 for name in ("replicaCount", "disperseCount"))
    options = {xml.text(o, "name"): xml.text(o, "value") for o in node.iterfind("options/option")}
    return Volume(
        name=xml.text(node, "name"),
        id=xml.text(node, "id"),
        status=xml.text(node, "statusStr"),
        type=xml.text(node, "typeStr"),
        bricks=bricks,
        set_size=max(replica, disperse, 1),
        options=options,
        needed=disperse - (xml.number(node, "redundancyCount") or 0) if disperse else _quorum(replica, options),
    )


def _quorum(replica: int, options: t.Mapping[str, str]) -> int:
    """How many bricks of a replica set have to run at least, or clients cannot write. Of an even number, half may be enough."""
    kind = options.get("cluster.quorum-type") or ("auto" if replica > 2 else "none")
    count = options.get("cluster.quorum-count") or ""
    if kind == "fixed" and count.isdigit():
        return min(int(count), replica)
    return (replica + 1) // 2 if kind == "auto" else 1
