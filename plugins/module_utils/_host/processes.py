# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The processes of this node that matter to geo-replication: one walk of /proc, and one clock.

The clock: the kernel counts a process's start in hundredths of a second since boot. The moment of boot is taken from
CLOCK_BOOTTIME. ``btime`` in /proc/stat is that moment cut off to whole seconds: by it a glusterd that started half a second
before its file was written would seem to have read that file.
"""

from __future__ import annotations

import os
import time
import typing as t

PROC = "/proc"


class Process(t.NamedTuple):
    pid: int
    words: list[str]  #: its command line, which is never empty

    @property
    def program(self) -> str:
        return os.path.basename(self.words[0])

    @property
    def gsyncd(self) -> list[str] | None:
        """What follows ``gsyncd.py`` on the command line; None: the process is not gsyncd."""
        place = next((number for number, word in enumerate(self.words) if word.endswith("/gsyncd.py")), None)
        return None if place is None else self.words[place + 1 :]


class WorkerProcess(t.NamedTuple):
    """The process of a replication worker."""

    pid: int
    secondary_node: str  #: the secondary node that the worker is connected to


#: When each session was last started on this node, in seconds since the epoch, by primary volume and target.
Monitors = t.Mapping[tuple[str, str], float]


def running(proc_dir: str = PROC) -> t.Iterator[Process]:
    """All processes of this node, by ascending number. Kernel threads and what ends meanwhile are left out."""
    for pid in sorted(int(name) for name in os.listdir(proc_dir) if name.isdigit()):
        process = read(pid, proc_dir)
        if process:
            yield process


def read(pid: int, proc_dir: str = PROC) -> Process | None:
    """A single process; None if it has ended, or is the kernel's."""
    line = _content(pid, "cmdline", proc_dir).rstrip(b"\0")
    return Process(pid, line.decode(errors="replace").split("\0")) if line else None


def started_at(pid: int, proc_dir: str = PROC) -> float | None:
    """When a process started, in seconds since the epoch, exact to a hundredth; None if it has ended meanwhile."""
    fields = _stat(pid, proc_dir)
    return booted_at() + int(fields[19]) / os.sysconf("SC_CLK_TCK") if fields else None


def booted_at() -> float:
    """When this node was booted, in seconds since the epoch."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


def environment(pid: int, proc_dir: str = PROC) -> dict[str, str]:
    """The environment that a process was started with; empty if it has ended meanwhile."""
    pairs = (item.decode(errors="replace").partition("=") for item in _content(pid, "environ", proc_dir).split(b"\0"))
    return {name: value for name, equals, value in pairs if equals}


def _stat(pid: int, proc_dir: str) -> list[bytes]:
    """The fields of proc_pid_stat(5), from the state on; empty if the process has ended meanwhile."""
    # The name before them is in brackets, and may hold anything.
    return _content(pid, "stat", proc_dir).rpartition(b")")[2].split()


def _content(pid: int, name: str, proc_dir: str) -> bytes:
    try:
        with open(os.path.join(proc_dir, str(pid), name), "rb") as file:
            return file.read()
    except OSError:
        return b""


# --- gsyncd ----------------------------------------------------------------------------------------------------------


def workers(proc_dir: str = PROC) -> dict[tuple[str, str, str], WorkerProcess]:
    """Each replication worker of this node, by primary volume, target and brick."""
    found: dict[tuple[str, str, str], list[WorkerProcess]] = {}
    for process in running(proc_dir):
        words = process.gsyncd or []
        if words[:1] != ["worker"] or len(words) < 3:
            continue
        options = dict(zip(words, words[1:]))
        brick, node = options.get("--local-path"), options.get("--resource-remote")
        if brick and node:
            found.setdefault((words[1], words[2], brick), []).append(WorkerProcess(process.pid, node.rpartition("@")[2]))
    return {key: _parent_of_all(seen, proc_dir) for key, seen in found.items()}


def _parent_of_all(seen: t.Sequence[WorkerProcess], proc_dir: str) -> WorkerProcess:
    """A worker that starts a program has its own command line twice for a moment; the child is not the worker."""
    pids = {process.pid for process in seen}
    for process in seen if len(seen) > 1 else ():
        fields = _stat(process.pid, proc_dir)
        if fields and int(fields[1]) not in pids:
            return process
    return seen[0]


def monitors(proc_dir: str = PROC) -> dict[tuple[str, str], float]:
    """When the monitor of each session on this node started: each start of a session makes a new one, a worker's start does not."""
    found: dict[tuple[str, str], float] = {}
    for process in running(proc_dir):
        # gsyncd.py --path=BRICK --monitor -c FILE --iprefix=/var :VOLUME --glusterd-uuid=UUID TARGET
        words = process.gsyncd or []
        volume = next((word[1:] for word in words if word.startswith(":")), None)
        if "--monitor" not in words or volume is None:
            continue
        began = started_at(process.pid, proc_dir)
        if began is not None:
            # A program that the monitor starts has its command line for a moment.
            key = (volume, words[-1])
            found[key] = min(began, found.get(key, began))
    return found


def receiving(proc_dir: str = PROC) -> list[dict[str, str]]:
    """The sessions that write into volumes through this secondary node just now, each once."""
    found: list[dict[str, str]] = []
    for process in running(proc_dir):
        entry = received_by(process)
        if entry and entry not in found:
            found.append(entry)
    return found


def received_by(process: Process) -> dict[str, str] | None:
    """What ``gsyncd.py secondary VOLUME HOST::VOLUME --primary-node N --primary-node-id UUID`` says; None for all else.

    Up to GlusterFS 9 the words are slave and master.
    """
    words = process.gsyncd or []
    if len(words) < 3 or words[0] not in ("secondary", "slave"):
        return None
    named = {name.lstrip("-").replace("master", "primary"): value for name, value in zip(words[3:], words[4:]) if name.startswith("--")}
    return {
        "primary_volume": words[1],
        "secondary_volume": words[2].partition("::")[2],
        "secondary_user": words[2].rpartition("@")[0] or "root",
        "primary_node": named.get("primary-node", ""),
        "primary_node_uuid": named.get("primary-node-id", ""),
    }


# --- glusterd and glusterfs ------------------------------------------------------------------------------------------


def glusterd(proc_dir: str = PROC) -> int | None:
    """The number of this node's glusterd; None if it does not run."""
    return next((process.pid for process in running(proc_dir) if process.program == "glusterd"), None)


def glusterd_started(proc_dir: str = PROC) -> float | None:
    """When this node's glusterd started, in seconds since the epoch; None if it does not run."""
    pid = glusterd(proc_dir)
    return None if pid is None else started_at(pid, proc_dir)


def serves(process: Process | None, where: str) -> bool:
    """Whether a process is the glusterfs that was started for a mount of ours."""
    return process is not None and process.program == "glusterfs" and process.words[-1] == where
