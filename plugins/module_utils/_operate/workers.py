# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Single workers, started anew on their own node while all others go on.

gluster starts and stops whole sessions only. Each start draws anew for each worker whether it wins GlusterFS's race, so that
with many replica sets a start of all hardly ever succeeds for each; one that has won is not to draw again.
"""

from __future__ import annotations

import os
import signal
import time
import typing as t

from .._georep import progress, proved
from .._gluster.runner import GlusterCli
from .._model import errors, identity
from .._model.errors import invalid
from .._model.identity import SessionId, check_session
from . import logs, proofs
from .facts import GLUSTERD_DIR, read_node_uuid, read_registered, stored_option
from .local import Running, at_rest, own_bricks, running_workers, started_at, word_of
from .session import Clock

PAUSE = 0.5


class StalledWorker(t.NamedTuple):
    """A worker that is to be started anew."""

    session: SessionId
    node: str  #: as the volume names it; for people
    node_uuid: str  #: glusterd's, by which a node knows itself
    brick: str
    stalled_at: t.Optional[int] = None  #: when it was seen to have stalled, an epoch; one that was started later is another

    def __str__(self) -> str:
        return f"{self.session} on {self.node}:{self.brick}"

    def as_dict(self) -> dict[str, t.Any]:
        return {**self.session._asdict(), "node": self.node, "node_uuid": self.node_uuid, "brick": self.brick, "stalled_at": progress.iso(self.stalled_at)}


class WorkerSettings(t.NamedTuple):
    check_mode: bool = False
    timeout: float = 120.0
    glusterd_dir: str = GLUSTERD_DIR
    log_dir: str = logs.LOG_DIR
    proc_dir: str = "/proc"


class StartedAnew(t.NamedTuple):
    """What became of a worker of this node."""

    worker: StalledWorker
    ended: bool  #: whether the one that had stalled was there, and was ended; in check mode would be


def check_workers(entries: t.Sequence[t.Mapping[str, t.Any]]) -> list[StalledWorker]:
    """Workers as a module is given them, each once.

    :raises InvalidInput: naming the option, the value and the remedy.
    """
    found = []
    for number, entry in enumerate(entries):
        prefix = f"workers[{number}]."
        names = {name: entry[name] for name in SessionId._fields}
        if not entry["brick"].startswith("/"):
            raise invalid(prefix + "brick", entry["brick"], "is not the path of a brick.", "Write it as 'gluster volume info' shows it, without the host.")
        session = check_session(**names, prefix=prefix)
        found.append(StalledWorker(session, entry["node"], entry["node_uuid"], entry["brick"], _time(prefix, entry.get("stalled_at"))))
    return list(dict.fromkeys(found))


def _time(prefix: str, text: str | None) -> int | None:
    try:
        return None if text is None else progress.from_iso(text)
    except (ValueError, OverflowError) as exc:
        raise invalid(prefix + "stalled_at", text, "is not a time that says its zone.", "Write it like 2026-11-22T08:00:00Z, or leave it out.") from exc


def start_anew(
    cli: GlusterCli, workers: t.Sequence[StalledWorker], settings: WorkerSettings, clock: Clock | None = None
) -> list[StartedAnew]:
    """Start the workers of this node among the given ones anew, and wait until they are there; those of other nodes are left out.

    Nothing is touched before all have passed their checks. A session whose worker is ended is owed a proof from then on.

    :raises InvalidInput: a session shares its directory with another.
    :raises GeorepError: one cannot be started anew, or did not come back.
    """
    clock = clock or Clock()
    uuid = read_node_uuid(settings.glusterd_dir)
    own = [worker for worker in workers if worker.node_uuid == uuid]
    _check(own, uuid, settings)
    running = running_workers(settings.proc_dir) if own else {}
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
                remedy="Sessions there: " + (", ".join(str(session) for session in registered) or "none") + ".",
            )
        identity.check_apart(worker.session, registered, option="workers", value=str(worker))
        bricks = own_bricks(worker.session.primary_volume, uuid, settings.glusterd_dir)
        if worker.brick not in bricks:
            raise errors.InvalidInput(
                f"{worker.brick} is no brick of {worker.session.primary_volume} on {worker.node}.",
                remedy="Bricks there: " + (", ".join(bricks) or "none") + ".",
            )
        word = at_rest(worker.session, settings.glusterd_dir)
        if word is not None:
            # A paused one would not hear of it, and a stopped one has none.
            raise errors.PreconditionFailed(
                f"The session {worker.session} is {word.lower()} on {worker.node}: nobody would start its workers anew. Nothing was touched there.",
                remedy="Start or resume it first (gluster_georep_session).",
            )


def _is_meant(worker: StalledWorker, process: Running, settings: WorkerSettings) -> bool:
    """Whether this process is the one that was seen to have stalled, and not one that has come since."""
    if worker.stalled_at is None:
        return True
    began = started_at(process.pid, settings.proc_dir)
    return began is not None and began <= worker.stalled_at


def _withdraw_proofs(cli: GlusterCli, sessions: t.Collection[SessionId], glusterd_dir: str) -> None:
    """By glusterd's files, so that gluster is called only where a record stands."""
    for entry in read_registered(glusterd_dir) if sessions else ():
        option = proved.option_of(entry.id, entry.url.volume_uuid)
        if entry.id in sessions and proved.read(stored_option(entry.primary_volume, option, glusterd_dir)):
            proofs.withdraw(cli, entry.primary_volume, [option])


def _end(process: Running) -> None:
    """Ask a worker to end by itself: it takes its mount and its SSH connection along (finalize() of gsyncd's syncdutils.py).

    SIGUSR1 would spare it the word Faulty until its monitor has made the next, and leave a client of the volume behind.
    """
    try:
        os.kill(process.pid, signal.SIGTERM)
        # One that somebody has halted would not notice.
        os.kill(process.pid, signal.SIGCONT)
    except ProcessLookupError:  # it has ended by itself, which is what is wanted
        pass


def _await(planned: t.Sequence[tuple[StalledWorker, t.Optional[Running]]], since: float, settings: WorkerSettings, clock: Clock) -> None:
    """Until each has a new process that calls itself Active or Passive. The monitor waits 10 seconds before it makes one."""
    started = clock.now()
    left = list(planned)
    while True:
        running = running_workers(settings.proc_dir)
        left = [(worker, old) for worker, old in left if not _is_back(worker, old, running, since, settings)]
        if not left:
            return
        if clock.now() - started > settings.timeout:
            raise errors.StateNotReached(
                " ".join(_missed(worker, old, since, settings) for worker, old in left),
                remedy="See gsyncd.log on that node; stop and start the session if its monitor is gone (gluster_georep_session).",
            )
        clock.sleep(PAUSE)


def _is_back(
    worker: StalledWorker, old: Running | None, running: t.Mapping[tuple[str, str, str], Running], since: float, settings: WorkerSettings
) -> bool:
    now = running.get(_key(worker))
    if now is None or (old is not None and now.pid == old.pid):
        return False
    # Where none was running, what it said when it came may be older than this run.
    return word_of(worker.session, worker.brick, since if old else 0, settings.glusterd_dir) in ("Active", "Passive")


def _missed(worker: StalledWorker, old: Running | None, since: float, settings: WorkerSettings) -> str:
    word = word_of(worker.session, worker.brick, since if old else 0, settings.glusterd_dir)
    last = logs.last_error(worker.session, settings.log_dir, worker.brick)
    after = "after it was told to end" if old else "after it was looked for; another had ended before"
    return (
        f"The worker of {worker} is not back {settings.timeout:.0f} s {after}" + (f" (it says {word})." if word else ".")
    ) + (f" Last error in gsyncd.log there: {last}" if last else "")
