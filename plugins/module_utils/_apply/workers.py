# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Restart single workers on their own node, while all other workers keep running.

gluster starts and stops only whole sessions. At each start, every worker can lose GlusterFS's race and stall. With many
replica sets some worker nearly always stalls, so a worker that runs well must not be restarted.
"""

from __future__ import annotations

import os
import signal
import time
import typing as t

from .._gluster.gsyncd import at_rest, worker_status
from .._gluster.runner import GlusterCli
from .._gluster.store import GLUSTERD_DIR, bricks_of_node, read_node_uuid, read_registered, stored_option
from .._host import processes
from .._host.processes import WorkerProcess
from .._model import errors, identity, progress, proved
from .._model.errors import invalid
from .._model.identity import SessionId, check_session
from .._read import logs
from . import proofs
from .session import Clock

PAUSE = 0.5


class StalledWorker(t.NamedTuple):
    """A worker to restart."""

    session: SessionId
    node: str  #: as the volume names it; for people
    node_uuid: str  #: as glusterd has it, by which a node recognises its workers
    brick: str
    stalled_at: t.Optional[int] = None  #: when it was found to have stalled, an epoch; a worker that was started later is left alone

    def __str__(self) -> str:
        return f"{self.session} on {self.node}:{self.brick}"

    def as_dict(self) -> dict[str, t.Any]:
        return {**self.session._asdict(), "node": self.node, "node_uuid": self.node_uuid, "brick": self.brick, "stalled_at": progress.iso(self.stalled_at)}


class WorkerSettings(t.NamedTuple):
    check_mode: bool = False
    timeout: float = 120.0
    glusterd_dir: str = GLUSTERD_DIR
    log_dir: str = logs.LOG_DIR
    proc_dir: str = processes.PROC


class StartedAnew(t.NamedTuple):
    """The result for a worker of this node."""

    worker: StalledWorker
    ended: bool  #: whether the stalled worker was running and was ended; in check mode, would be


def check_workers(entries: t.Sequence[t.Mapping[str, t.Any]]) -> list[StalledWorker]:
    """The checked workers of the module's option, without duplicates.

    :raises InvalidInput: naming the option, the value and the remedy.
    """
    found = []
    for number, entry in enumerate(entries):
        prefix = f"workers[{number}]."
        names = {name: entry[name] for name in SessionId._fields}
        if not entry["brick"].startswith("/"):
            remedy = "Write the path as 'gluster volume info' shows it, without the host, for example /bricks/b1."
            raise invalid(prefix + "brick", entry["brick"], "is not the path of a brick.", remedy)
        session = check_session(**names, prefix=prefix)
        found.append(StalledWorker(session, entry["node"], entry["node_uuid"], entry["brick"], _time(prefix, entry.get("stalled_at"))))
    return list(dict.fromkeys(found))


def _time(prefix: str, text: str | None) -> int | None:
    try:
        return None if text is None else progress.from_iso(text)
    except (ValueError, OverflowError) as exc:
        raise invalid(prefix + "stalled_at", text, "is not a time with a time zone.", "Write it like 2026-11-22T08:00:00Z, or leave it out.") from exc


def start_anew(
    cli: GlusterCli, workers: t.Sequence[StalledWorker], settings: WorkerSettings, clock: Clock | None = None
) -> list[StartedAnew]:
    """Restart the given workers that belong to this node, and wait until they run. Workers of other nodes are skipped.

    All workers are checked before the first one is ended. The session's proof is deleted, so that the next run proves it.

    :raises InvalidInput: a session shares its directory with another.
    :raises GeorepError: a worker cannot be restarted, or did not start.
    """
    clock = clock or Clock()
    uuid = read_node_uuid(settings.glusterd_dir)
    own = [worker for worker in workers if worker.node_uuid == uuid]
    _check(own, uuid, settings)
    running = processes.workers(settings.proc_dir) if own else {}
    found = [(worker, running.get(_key(worker))) for worker in own]
    planned = [(worker, process if process and _is_meant(worker, process, settings) else None) for worker, process in found]
    if not settings.check_mode:
        _withdraw_proofs(cli, {worker.session for worker, process in planned if process is not None}, settings.glusterd_dir)
        since = time.time()
        for _worker, process in planned:
            if process is not None:
                _end(process)
        _await(planned, since, settings, clock)
    return [StartedAnew(worker, process is not None) for worker, process in planned]


def _key(worker: StalledWorker) -> tuple[str, str, str]:
    return worker.session.primary_volume, worker.session.target, worker.brick


def _check(own: t.Sequence[StalledWorker], uuid: str | None, settings: WorkerSettings) -> None:
    registered = [entry.id for entry in read_registered(settings.glusterd_dir)] if own else []
    for worker in own:
        if worker.session not in registered:
            raise errors.InvalidInput(
                f"There is no session {worker.session} on {worker.node}.",
                remedy=f"Sessions on {worker.node}: " + (", ".join(str(session) for session in registered) or "none") + ".",
            )
        identity.check_apart(worker.session, registered, option="workers", value=str(worker))
        bricks = [brick.path for brick in bricks_of_node(worker.session.primary_volume, uuid, settings.glusterd_dir)]
        if worker.brick not in bricks:
            raise errors.InvalidInput(
                f"{worker.brick} is not a brick of {worker.session.primary_volume} on {worker.node}.",
                remedy=f"Bricks on {worker.node}: " + (", ".join(bricks) or "none") + ".",
            )
        word = at_rest(worker.session, settings.glusterd_dir)
        if word is not None:
            # A paused worker does not handle SIGTERM, and a stopped session has no worker.
            raise errors.PreconditionFailed(
                f"The session {worker.session} is {word.lower()} on {worker.node}, so gsyncd would not restart its workers. Nothing was changed there.",
                remedy="Start or resume the session first (gluster_georep_session).",
            )


def _is_meant(worker: StalledWorker, process: WorkerProcess, settings: WorkerSettings) -> bool:
    """Whether this process is the stalled worker, and not a worker that was started later."""
    if worker.stalled_at is None:
        return True
    began = processes.started_at(process.pid, settings.proc_dir)
    return began is not None and began <= worker.stalled_at


def _withdraw_proofs(cli: GlusterCli, sessions: t.Collection[SessionId], glusterd_dir: str) -> None:
    """Delete the stored proofs. glusterd's files show which exist, so that gluster is called only for those."""
    for entry in read_registered(glusterd_dir) if sessions else ():
        option = proved.option_of(entry.id, entry.url.volume_uuid)
        if entry.id in sessions and proved.read(stored_option(entry.primary_volume, option, glusterd_dir)):
            proofs.withdraw(cli, entry.primary_volume, [option])


def _end(process: WorkerProcess) -> None:
    """End a worker by SIGTERM: it then removes its mount and closes its SSH connection (finalize() of gsyncd's syncdutils.py).

    With SIGUSR1 it would not be shown as Faulty in the meantime, but would leave a mount behind.
    """
    try:
        os.kill(process.pid, signal.SIGTERM)
        # A halted (SIGSTOP) worker handles SIGTERM only after SIGCONT.
        os.kill(process.pid, signal.SIGCONT)
    except ProcessLookupError:  # the worker has already ended
        pass


def _await(planned: t.Sequence[tuple[StalledWorker, t.Optional[WorkerProcess]]], since: float, settings: WorkerSettings, clock: Clock) -> None:
    """Wait until each worker has a new process that is Active or Passive. The monitor waits 10 seconds before it starts one."""
    started = clock.now()
    left = list(planned)
    while True:
        running = processes.workers(settings.proc_dir)
        left = [(worker, old) for worker, old in left if not _is_back(worker, old, running, since, settings)]
        if not left:
            return
        if clock.now() - started > settings.timeout:
            raise errors.StateNotReached(
                " ".join(_missed(worker, old, since, settings) for worker, old in left),
                remedy="Read gsyncd.log on the worker's node. If gsyncd's monitor is gone, stop and start the session (gluster_georep_session).",
            )
        clock.sleep(PAUSE)


def _is_back(
    worker: StalledWorker, old: WorkerProcess | None, running: t.Mapping[tuple[str, str, str], WorkerProcess], since: float, settings: WorkerSettings
) -> bool:
    now = running.get(_key(worker))
    if now is None or (old is not None and now.pid == old.pid):
        return False
    # If no old worker was running, the status of the new one may be older than this run.
    return worker_status(worker.session, worker.brick, since if old else 0, settings.glusterd_dir) in ("Active", "Passive")


def _missed(worker: StalledWorker, old: WorkerProcess | None, since: float, settings: WorkerSettings) -> str:
    word = worker_status(worker.session, worker.brick, since if old else 0, settings.glusterd_dir)
    last = logs.last_error(worker.session, settings.log_dir, worker.brick)
    after = "after it was ended" if old else "after the module began to wait for it; the old worker had ended before"
    return (
        f"The worker of {worker} did not start within {settings.timeout:.0f} s {after}" + (f" (its status is {word})." if word else ".")
    ) + (f" Last error in gsyncd.log there: {last.line}" if last else "")
