# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Short-lived private mounts of volumes."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
import time
import typing as t

from .._gluster import claims, management
from .._gluster.runner import Run
from .._model import errors
from . import places, processes

#: Folder of the mounts: only root can write there, and it is empty after a reboot.
PLACE = "/run"
_LOCK = re.compile(rf"(georep-.+-{claims.TOKEN})\.lock")

_MOUNT_TIMEOUT = 60
_LOOK_TIMEOUT = 30
#: Seconds within which a killed process is gone.
_END_TIMEOUT = 5.0
#: Time limit in seconds for each step in a mount that runs in this process.
ANSWER_TIMEOUT = 60.0


class Mount(t.NamedTuple):
    """One of our mounts and its volume."""

    where: str
    volume: str
    host: str = "localhost"


class Usage(t.NamedTuple):
    """Sizes in bytes, as ``df`` sees the mounted volume."""

    size: int
    used: int
    available: int
    entries: tuple[str, ...]  #: names in the volume's root, without gluster's own folders


#: Folders that gluster itself creates; a volume with nothing else is empty.
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
    sweep(run)
    descriptor, lock = claims.make(f"{PLACE}/georep-{volume}-", ".lock")
    where = lock[: -len(".lock")]
    log = _log_file(where)
    argv = [
        "glusterfs",
        *(() if writable and not as_gsyncd else ("--client-pid=-1",) if writable else ("--read-only",)),
        # Without caches, so that changes by other nodes are seen at once.
        "--attribute-timeout=0",
        "--entry-timeout=0",
        f"--volfile-server={host}",
        f"--volfile-id={volume}",
        f"--log-file={log}",
        f"--pid-file={_pid_file(where)}",
        where,
    ]
    mount = Mount(where, volume, host)
    try:
        os.mkdir(where, 0o700)
        rc, out, err = run(argv, timeout=_MOUNT_TIMEOUT)
        # glusterfs returns before a mount that fails late is gone again: ask the kernel, through a process that
        # may be given up on, because the call hangs when no brick answers.
        seen = _ask(run, ["stat", "--format=%i", where], mount)[0] if rc == 0 else 1
        if rc != 0 or seen != 0 or not _is_mounted(mount):
            tls = management.mismatch(host) if rc != 0 and host != "localhost" else None
            raise errors.MountFailed(
                f"The volume {volume} of {host} cannot be mounted on this node." + (f" {tls.message}" if tls else ""),
                remedy=tls.remedy if tls else f"{_reachable(host)}. /dev/fuse must exist on this node.",
                command=argv,
                rc=rc,
                stdout=out,
                stderr="\n".join(part for part in (err.strip(), _tail(log)) if part),
            )
        yield where
    except errors.CommandTimeout:
        # What could not be ended waits for an answer, which it gets like this.
        _kill(where)
        raise
    finally:
        _unmount(run, where)
        _forget(where)
        os.close(descriptor)


def sweep(run: Run) -> None:
    """Remove the glusterfs processes, mounts, folders and files of killed modules.

    A module that still runs, of another controller or another thread of this one, holds its lock: its mount stays.
    """
    for name in claims.abandoned(PLACE, _LOCK):
        where = os.path.join(PLACE, name[: -len(".lock")])
        # First, because a glusterfs that outlived its module may be about to mount.
        _end(where)
        if where in places.mount_points():
            _unmount(run, where)
        _forget(where)


def _forget(where: str) -> None:
    """Delete the lock last: it leads the next run to whatever is left after a kill, or to a mount that could not be removed."""
    try:
        # Of a place where something is mounted the kernel refuses this without asking what is mounted.
        os.rmdir(where)
    except FileNotFoundError:
        pass
    except OSError:
        return
    for left in (_log_file(where), _pid_file(where), _lock_file(where)):
        with contextlib.suppress(OSError):
            os.unlink(left)


def _end(where: str) -> None:
    """Every glusterfs of a mount: one that starts has a parent that waits for it, and a process id in no file yet."""
    end = time.monotonic() + _END_TIMEOUT
    while True:
        found = [process.pid for process in processes.running() if processes.serves(process, where)]
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not found or time.monotonic() > end:
            return
        time.sleep(0.05)


@contextlib.contextmanager
def answering(*mounts: Mount, seconds: float | None = None) -> t.Iterator[t.Callable[[], None]]:
    """Interrupt calls in our mounts if a volume does not answer in time.

    A brick whose disk hangs answers pings all the same, so that its clients wait for half an hour (``network.frame-timeout``).
    Nothing can be done in these mounts any more once their time was up.

    What the ``with`` statement gives is to be called before each further step: that has all the time for itself.

    :param seconds: for one step; ANSWER_TIMEOUT where it is not given.
    :raises PreconditionFailed: a step took longer; names the volume, or with several mounts all of theirs.
    """
    patience = ANSWER_TIMEOUT if seconds is None else seconds
    lock = threading.Lock()
    over, up = threading.Event(), threading.Event()
    until = time.monotonic() + patience

    def watch() -> None:
        left = patience
        while left > 0:
            if over.wait(left):
                return
            left = until - time.monotonic()
        with lock:
            if over.is_set():
                return
            up.set()
        for mount in mounts:
            _kill(mount.where)

    def step() -> None:
        nonlocal until
        until = time.monotonic() + patience
        if up.is_set():
            raise _silent(mounts, patience)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield step
    except OSError:
        if not up.is_set():
            raise
    finally:
        with lock:
            over.set()
    if up.is_set():
        raise _silent(mounts, patience)


def _ask(run: Run, argv: list[str], mount: Mount) -> tuple[int, str, str]:
    """Run a program on a mount with a time limit."""
    try:
        return run(argv, timeout=_LOOK_TIMEOUT)
    except errors.CommandTimeout as exc:
        _kill(mount.where)
        raise _silent([mount], _LOOK_TIMEOUT) from exc


def _is_mounted(mount: Mount) -> bool:
    with answering(mount):
        return os.path.ismount(mount.where)


def _silent(mounts: t.Sequence[Mount], seconds: float) -> errors.PreconditionFailed:
    names = ", or ".join(f"the volume {mount.volume} of {mount.host}" for mount in mounts)
    places = " and ".join(dict.fromkeys(mount.host for mount in mounts))
    return errors.PreconditionFailed(
        f"{names[0].upper()}{names[1:]} is mounted and did not answer within {seconds:g} seconds.",
        remedy=f"{_reachable(places)}. If all of them are reachable, a brick hangs, for example because of "
        "a failing disk: read the brick's log and its node's kernel log.",
    )


def _reachable(host: str) -> str:
    return (
        f"From this node {host} must be reachable on TCP port 24007, and every brick host of the volume on "
        "its brick port (see 'gluster volume status')"
    )


def _unmount(run: Run, where: str) -> None:
    """Unmount lazily. If that fails, end the mount's process and try again."""
    for _attempt in range(2):
        try:
            rc, _out, err = run(["umount", "--lazy", where], timeout=_LOOK_TIMEOUT)
        except errors.CommandTimeout:
            rc, err = 1, ""
        if rc == 0 or "not mounted" in err:
            return
        _kill(where)


def _kill(where: str) -> None:
    """End the mount's process: the kernel then fails every call in the mount at once, including those that wait."""
    with contextlib.suppress(OSError, ValueError):
        with open(_pid_file(where), encoding="ascii") as file:
            pid = int(file.read())
        # Another process may have this number by now. Read only this process: reading all would wait for those that hang.
        if processes.serves(processes.read(pid), where):
            os.kill(pid, signal.SIGKILL)


def _log_file(where: str) -> str:
    return where + ".log"


def _lock_file(where: str) -> str:
    return where + ".lock"


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
        mount = Mount(where, volume, host)
        rc, out, err = _ask(run, ["df", "--block-size=1", "--output=size,used,avail", where], mount)
        numbers = re.search(r"^\s*([0-9]{1,18})\s+([0-9]{1,18})\s+([0-9]{1,18})\s*\Z", out, re.MULTILINE)
        if rc != 0 or numbers is None:
            raise errors.UnreadableOutput(
                f"df could not measure {host}:{volume}: {errors.quoted(err.strip() or out.strip()) or 'no reason given'}", rc=rc, stdout=out, stderr=err
            )
        size, used, available = map(int, numbers.groups())
        rc, out, err = _ask(run, ["ls", "-A", where], mount)
        if rc != 0:
            raise errors.UnreadableOutput(f"The root of {host}:{volume} cannot be listed: {err.strip()}", rc=rc, stdout=out, stderr=err)
        return Usage(size, used, available, tuple(name for name in out.splitlines() if name not in _OWN_FOLDERS))
