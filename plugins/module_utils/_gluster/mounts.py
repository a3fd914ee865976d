# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""A short look into a volume through a mount of its own."""

from __future__ import annotations

import contextlib
import os
import tempfile
import typing as t

from . import errors
from .runner import Run

_MOUNT_TIMEOUT = 60
_LOOK_TIMEOUT = 30


class Usage(t.NamedTuple):
    """Sizes in bytes, as ``df`` sees the mounted volume."""

    size: int
    used: int
    available: int
    entries: tuple[str, ...]  #: what lies in the volume's root, gluster's own folders left out


#: Folders that gluster makes itself; a volume that holds nothing else is empty.
_OWN_FOLDERS = frozenset({".trashcan", ".glusterfs", ".shard", ".glusterfs-anonymous-inode"})


@contextlib.contextmanager
def mounted(
    run: Run, volume: str, host: str = "localhost", *, writable: bool = False, as_gsyncd: bool = True
) -> t.Iterator[str]:
    """Mount a volume at a private place for as long as the ``with`` block lasts.

    :param writable: mount as geo-replication's own tools do, so that a volume set read-only can be written to, too;
        what is written that way is replicated like any other change.
    :param as_gsyncd: False: writable as for any client. gsyncd's kind of mount does not take ``glusterfs.geo-rep.trigger-sync``,
        and shows when gsyncd marked a file instead of when somebody changed it.
    :raises PreconditionFailed: it cannot be mounted; says what has to be reachable.
    """
    where = tempfile.mkdtemp(prefix=f"georep-{volume}-", dir="/run" if os.path.isdir("/run") else None)
    log = where + ".log"
    argv = [
        "glusterfs",
        *(() if writable and not as_gsyncd else ("--client-pid=-1",) if writable else ("--read-only",)),
        # What other nodes change is to be seen at once, not when a cache has run out.
        "--attribute-timeout=0",
        "--entry-timeout=0",
        f"--volfile-server={host}",
        f"--volfile-id={volume}",
        f"--log-file={log}",
        where,
    ]
    try:
        rc, out, err = run(argv, timeout=_MOUNT_TIMEOUT)
        # glusterfs returns before a mount that fails late is gone again: ask the kernel, through a process that
        # may be given up on, because the call hangs when no brick answers.
        seen, _out, _err = run(["stat", "--format=%i", where], timeout=_LOOK_TIMEOUT) if rc == 0 else (1, "", "")
        if rc != 0 or seen != 0 or not os.path.ismount(where):
            raise errors.PreconditionFailed(
                f"The volume {volume} of {host} cannot be mounted on this node to look into it.",
                remedy=f"From this node {host} must be reachable on TCP port 24007, and every brick host of the volume on "
                "its brick port (see 'gluster volume status'); /dev/fuse must exist.",
                command=argv,
                rc=rc,
                stdout=out,
                stderr="\n".join(part for part in (err.strip(), _tail(log)) if part),
            )
        yield where
    finally:
        run(["umount", "--lazy", where], timeout=_LOOK_TIMEOUT)
        with contextlib.suppress(OSError):
            os.rmdir(where)
        with contextlib.suppress(OSError):
            os.unlink(log)


def _tail(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "".join(line for line in file.readlines() if " E [" in line)[-2000:]
    except OSError:
        return ""


def read_usage(run: Run, volume: str, host: str = "localhost") -> Usage:
    """Sizes and root entries of a volume of this cluster or of another host's."""
    with mounted(run, volume, host) as where:
        rc, out, err = run(["df", "--block-size=1", "--output=size,used,avail", where], timeout=_LOOK_TIMEOUT)
        if rc != 0:
            raise errors.UnreadableOutput(f"df could not measure {host}:{volume}: {err.strip()}", rc=rc, stdout=out, stderr=err)
        size, used, available = (int(word) for word in out.splitlines()[-1].split())
        rc, out, err = run(["ls", "-A", where], timeout=_LOOK_TIMEOUT)
        if rc != 0:
            raise errors.UnreadableOutput(f"The root of {host}:{volume} cannot be listed: {err.strip()}", rc=rc, stdout=out, stderr=err)
        return Usage(size, used, available, tuple(name for name in out.splitlines() if name not in _OWN_FOLDERS))
