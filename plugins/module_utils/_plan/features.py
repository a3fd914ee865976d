# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Features of the two volumes with which a session cannot work, or works with less than its status says. Pure.

Arbiter and disperse volumes, quota, WORM, brick multiplexing, server quorum and the address family of the transport were looked at: they do not
get in gsyncd's way, and nothing is said of them.

Sharding is what does (seen on GlusterFS 10.3, glusterfs#2805). gsyncd's mounts do not join the shards of a file: each is copied as a file of its
own. How large the whole file is tells an extended attribute, ``trusted.glusterfs.shard.file-size``, which has to be copied, too. Only root may
write it, and only rsync with --xattrs does. A sharded volume gives each new file one that says 0 bytes.
"""

from __future__ import annotations

import re
import typing as t

from .._model.cluster import Volume
from .._model.errors import invalid
from .._model.identity import SessionId
from .._model.words import truth

SHARD, BLOCK_SIZE = "features.shard", "features.shard-block-size"
_DEFAULT_BLOCK = "64MB"


class Trouble(t.NamedTuple):
    """Why the content of files does not arrive.

    :ivar option: of the declaration, the one at fault; :ivar words: the end of a sentence that begins with the subject, or with option and value.
    """

    option: str
    value: t.Any
    subject: str
    words: str
    remedy: str


def sharded(volume: Volume | None) -> bool:
    return volume is not None and truth(volume.options.get(SHARD)) is True


def block_of(volume: Volume) -> str:
    return volume.options.get(BLOCK_SIZE) or _DEFAULT_BLOCK


def troubles(session: SessionId, near: Volume | None, far: Volume | None, config: t.Mapping[str, str | None]) -> list[Trouble]:
    """What keeps the files of a session from being whole on the secondary, the least repairable first.

    :param far: None: not known; :param config: the options of the session, by canonical name; one that is missing has GlusterFS' default.
    """
    if not sharded(near) and not sharded(far):
        return []
    found = []
    empty = "so every file on the secondary would have 0 bytes for its clients"
    which = f"sharded volume ({SHARD} of {near.name if near is not None and sharded(near) else session.secondary_volume})"
    if session.secondary_user != "root":
        found.append(Trouble(
            "secondary_user", session.secondary_user, f"The account {session.secondary_user}",
            f"cannot replicate a {which}: the size of each file is an extended attribute that only root may write, {empty} (glusterfs#2805).",
            "Use secondary_user: root, or volumes without sharding.",
        ))  # fmt: skip
    if config.get("sync-method") == "tarssh":
        found.append(Trouble(
            "config", {"sync-method": "tarssh"}, "sync-method tarssh",
            f"cannot replicate a {which}: the size of each file is an extended attribute, and tarssh copies none, {empty}.",
            "Use sync-method: rsync, with an rsync that works on the secondary nodes, or volumes without sharding.",
        ))  # fmt: skip
    elif truth(config.get("sync-xattrs")) is False:
        found.append(Trouble(
            "config", {"sync-xattrs": "false"}, "sync-xattrs false",
            f"cannot replicate a {which}: the size of each file is an extended attribute, {empty}.",
            "Leave sync-xattrs unset, or set it to true.",
        ))  # fmt: skip
    if near is not None and far is not None and sharded(near) and not sharded(far):
        host, block = session.secondary_host, block_of(near)
        found.append(Trouble(
            "secondary_volume", far.name, f"The secondary volume {far.name}",
            f"is not sharded, and the primary volume {near.name} is ({SHARD}). gsyncd copies each shard as a file of its own, so clients of the "
            f"secondary would see only the first {block} of each larger file.",
            f"Run on a node of the cluster of {host}: gluster volume set {far.name} {BLOCK_SIZE} {block}; gluster volume set {far.name} {SHARD} on." if far.id
            else f"Create the volume on {host} by hand, set {BLOCK_SIZE} {block} and {SHARD} on, and declare it as secondary_volume.",
        ))  # fmt: skip
    return found


def check(session: SessionId, near: Volume | None, far: Volume | None, config: t.Mapping[str, str | None], prefix: str = "") -> None:
    """Before a session is created.

    :raises InvalidInput: it could not work.
    """
    for trouble in troubles(session, near, far, config):
        raise invalid(prefix + trouble.option, trouble.value, trouble.words, trouble.remedy)


def warnings(session: SessionId, near: Volume | None, far: Volume | None, config: t.Mapping[str, str | None], exists: bool) -> list[str]:
    """What people should know of a session.

    :param exists: a new session is refused because of :func:`troubles`.
    """
    said = [f"{one.subject} {one.words} {one.remedy}" for one in (troubles(session, near, far, config) if exists else ())]
    if near is not None and far is not None and sharded(near) and sharded(far) and _bytes(block_of(near)) != _bytes(block_of(far)):
        said.append(
            f"{BLOCK_SIZE} is {block_of(near)} on {near.name} and {block_of(far)} on {far.name}. Both sites need the same size. Before files are copied, run "
            f"on a node of the cluster of {session.secondary_host}: gluster volume set {far.name} {BLOCK_SIZE} {block_of(near)}."
        )
    return said


def one_sided_tls(volume: Volume) -> str | None:
    """Why no client can connect to the bricks, in words with what helps, if only one end of the connections uses TLS."""
    server, client = (truth(volume.options.get(name)) is True for name in ("server.ssl", "client.ssl"))
    if server == client:
        return None
    on, off = ("server.ssl", "client.ssl") if server else ("client.ssl", "server.ssl")
    return (
        f"{on} of the volume {volume.name} is on and {off} is not, so no client can connect to its bricks. It is not the network. Set both options "
        f"to the same value, then stop and start the volume: gluster volume set {volume.name} {off} on."
    )


def unreachable(volume: Volume) -> str | None:
    """Why clients may not reach the bricks of a volume that runs, by its options, in words with what helps; None: the options do not say."""
    return one_sided_tls(volume) or _by_ipv6(volume)


def _by_ipv6(volume: Volume) -> str | None:
    """Such a volume needs names and a glusterd that know IPv6, which nothing tells (seen on GlusterFS 10.3): clients ask glusterd for a brick's port."""
    if volume.options.get("transport.address-family") != "inet6":
        return None
    return (
        f"Clients reach the bricks of the volume {volume.name} by IPv6 only (its option transport.address-family is inet6). Check the nodes of the bricks: "
        f"{', '.join(volume.nodes)}. On this node, getent ahostsv6 must print an address of each. There, glusterd must listen on IPv6: set option "
        "transport.address-family inet6 in /etc/glusterfs/glusterd.vol and restart glusterd."
    )


def _bytes(size: str) -> int | str:
    """
    >>> _bytes("64MB") == _bytes("67108864") == _bytes("64 m"), _bytes("a lot")
    (True, 'a lot')
    """
    found = re.fullmatch(r"(\d+)\s*([kmgt]?)i?b?", size.strip().lower())
    return int(found[1]) << 10 * " kmgt".index(found[2] or " ") if found else size
