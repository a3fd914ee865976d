# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The addresses and file systems of this node, read from /proc without running a program."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import typing as t

FIB = "/proc/net/fib_trie"
IF_INET6 = "/proc/net/if_inet6"
MOUNTS = "/proc/self/mounts"
MOUNTINFO = "/proc/self/mountinfo"
#: With fewer free bytes or inodes than this, a file system counts as full: keys, records and logs must be written completely.
LEAST_BYTES, LEAST_INODES = 1 << 20, 16


class FileSystem(t.NamedTuple):
    mount_point: str
    kind: str


def local_addresses(fib: str, inet6: str) -> set[str]:
    """The addresses of this node, from the kernel's routes and interfaces."""
    found = set()
    last = ""
    for line in fib.splitlines():
        address = re.search(r"\|-- (\d+(?:\.\d+){3})$", line)
        if address:
            last = address.group(1)
        elif "/32 host LOCAL" in line:
            found.add(last)
    for line in inet6.splitlines():
        words = line.split()
        if words:
            found.add(str(ipaddress.IPv6Address(int(words[0], 16))))
    return found


def is_this_node(name: str) -> bool:
    """Whether a name or address resolves to this node, as glusterd checks before it creates a brick."""
    try:
        addresses = {str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return False
    own = local_addresses(_text(FIB), _text(IF_INET6))
    return any(address in own or ipaddress.ip_address(address).is_loopback for address in addresses)


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def file_system(path: str, mounts: str | None = None) -> FileSystem:
    """The file system of a path: the longest mount point above it, and the last mount on that point."""
    best = FileSystem("/", "")
    for line in (_text(MOUNTS) if mounts is None else mounts).splitlines():
        words = line.split()
        where = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal.group(1), 8)), words[1])
        if (path == where or path.startswith(where.rstrip("/") + "/")) and len(where) >= len(best.mount_point):
            best = FileSystem(where, words[2])
    return best


def mount_points() -> set[str]:
    """Where something is mounted, by the kernel's table: to look at a mount itself is to wait for one that hangs."""
    try:
        with open(MOUNTINFO, encoding="utf-8", errors="surrogateescape") as file:
            return {line.split()[4] for line in file}
    except OSError:
        return set()


def existing(path: str) -> str:
    """The path itself, or its longest part that exists."""
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    return path


def obstacle(path: str) -> str | None:
    """Why a path cannot be written; None if it can. The path need not exist. Nothing is written to find out."""
    there = existing(os.path.realpath(path))
    held_by = file_system(there).mount_point
    try:
        sizes = os.statvfs(there)
    except OSError as exc:
        return f"{there} cannot be read: {exc.strerror}"
    if sizes.f_flag & os.ST_RDONLY:
        return f"the file system at {held_by} is mounted read-only"
    # Root may use the reserved blocks. File systems in memory have no blocks, and some others no inodes: they never count as full.
    if 0 < sizes.f_blocks and sizes.f_frsize * sizes.f_bfree < LEAST_BYTES:
        return f"the file system at {held_by} is full ({sizes.f_frsize * sizes.f_bfree // 1024} KiB are free)"
    if 0 < sizes.f_files and sizes.f_ffree < LEAST_INODES:
        return f"the file system at {held_by} has no free inodes"
    # Most paths that root cannot write are immutable.
    return None if os.access(there, os.W_OK) else f"{there} is immutable, or write-protected for another reason (check: lsattr -d)"
