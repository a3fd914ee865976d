# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""A short look into a volume through a mount of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import threading
import typing as t

from . import errors
from .runner import Run

_MOUNT_TIMEOUT = 60
_LOOK_TIMEOUT = 30
#: Seconds for what is done in a mount without a process of its own.
ANSWER_TIMEOUT = 60.0


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
        f"--pid-file={_pid_file(where)}",
        where,
    ]
    try:
        rc, out, err = run(argv, timeout=_MOUNT_TIMEOUT)
        # glusterfs returns before a mount that fails late is gone again: ask the kernel, through a process that
        # may be given up on, because the call hangs when no brick answers.
        seen, _out, _err = _first_look(run, where, volume, host) if rc == 0 else (1, "", "")
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
    except errors.CommandTimeout:
        # What could not be ended waits for an answer that it gets like this.
        _kill(where)
        raise
    finally:
        run(["umount", "--lazy", where], timeout=_LOOK_TIMEOUT)
        with contextlib.suppress(OSError):
            os.rmdir(where)
        for left in (log, _pid_file(where)):
            with contextlib.suppress(OSError):
                os.unlink(left)


@contextlib.contextmanager
def answering(where: str, volume: str, host: str = "localhost", *, seconds: float = ANSWER_TIMEOUT) -> t.Iterator[None]:
    """End what is done in one of our mounts when its volume does not answer in time.

    A brick whose disk hangs answers pings all the same, so that its clients wait for half an hour (``network.frame-timeout``).
    Nothing can be done in that mount any more once its time was up.

    :param seconds: for everything in the ``with`` block together.
    :raises PreconditionFailed: it did not; names the volume.
    """
    up = threading.Event()

    def end() -> None:
        up.set()
        _kill(where)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except OSError:
        if not up.is_set():
            raise
    finally:
        timer.cancel()
    if up.is_set():
        raise _hangs(volume, host, seconds)


def _first_look(run: Run, where: str, volume: str, host: str) -> tuple[int, str, str]:
    try:
        return run(["stat", "--format=%i", where], timeout=_LOOK_TIMEOUT)
    except errors.CommandTimeout as exc:
        _kill(where)
        raise _hangs(volume, host, _LOOK_TIMEOUT) from exc


def _hangs(volume: str, host: str, seconds: float) -> errors.PreconditionFailed:
    return errors.PreconditionFailed(
        f"The volume {volume} of {host} is mounted and did not answer within {seconds:g} seconds.",
        remedy="One of its bricks hangs, as with a failing disk: see which with 'gluster volume status VOLUME detail' and the bricks' logs.",
    )


def _kill(where: str) -> None:
    """Without the mount's process the kernel answers every call at once, also those that wait."""
    with contextlib.suppress(OSError, ValueError):
        with open(_pid_file(where), encoding="ascii") as file:
            pid = int(file.read())
        with open(f"/proc/{pid}/cmdline", "rb") as words:
            # Nobody else's, should that one have ended by itself.
            ours = os.fsencode(where) in words.read().split(b"\0")
        if ours:
            os.kill(pid, signal.SIGKILL)


def _pid_file(where: str) -> str:
    return where + ".pid"


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
