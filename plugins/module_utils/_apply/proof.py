# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Proof that a session delivers: write on the primary, read on the secondary, clean up. The status is no proof."""

from __future__ import annotations

import concurrent.futures
import contextlib
import enum
import hashlib
import os
import re
import secrets
import shutil
import time
import typing as t

from .._faults.catalogue import advice
from .._gluster import claims
from .._gluster.runner import GlusterCli, Run
from .._host import mounts
from .._model import errors, identity, progress
from .._model.cluster import Brick, Session, Volume, Worker
from .._model.identity import SessionId
from .._model.proved import Proved, option_of
from .._model.proved import read as read_record
from .._model.states import State
from .._plan import canary
from .._plan.canary import Expected, Seen, Verdict
from .._plan.features import sharded
from .._plan.session import Wanted
from .._read import logs
from .._read import site as site_of
from .._read.facts import gather, look_again
from . import compare, proofs
from .prepare import Settings
from .session import Clock, converge
from .workers import StalledWorker

PAUSE = 1.5
#: Each start can stall again: one start in seven did on a busy machine, one in two on an overloaded machine.
MAX_RESTARTS = 6
#: gluster's default of changelog.rollover-time.
ROLLOVER_SECONDS = 15.0
#: How many files are written at most, for each replica set, until every replica set has one.
SPREAD_TRIES = 100
#: A worker that is Faulty, and Faulty again after this many seconds, does not recover by itself.
FAULTY_SECONDS = 12.0
#: Younger files may be on their way; changes travel every 15 seconds.
RIPE_SECONDS = 60.0
#: A canary gets its lock file within this many seconds after its creation, or never.
HOLD_SECONDS = 10.0
#: Prefix of the lock file of a canary whose proof is running.
HELD = "held-"


class ProofSettings(t.NamedTuple):
    timeout: float = 180.0  #: for the arrival, and again for the removal
    restart_stalled: bool = False
    restart_after: t.Optional[float] = None  #: None: as often as the volume's changes travel
    check_mode: bool = False
    compare: str = "none"  #: none, sample or all
    sample: int = 200
    send_again: bool = False
    report_stalled: bool = False  #: the caller restarts single workers itself, on any node


class Proof(t.NamedTuple):
    """The result for one session."""

    session: SessionId
    proved: bool
    message: str
    lag: t.Optional[float]  #: seconds from the last write to the last byte read back
    removal_lag: t.Optional[float]
    not_carried: list[str]
    restarts: int
    files: list[str]
    compared: int = 0
    differences: list[dict[str, t.Any]] = []
    sent_again: int = 0
    pending: bool = False  #: no failure: the first copy is still running, and a proof must wait for it
    stalled: t.Sequence[StalledWorker] = ()  #: workers to restart, each on its node, before the session is proved again
    written_at: t.Optional[int] = None  #: when the files of a proof that passed were written, an epoch
    method: t.Optional[str] = None  #: the sync method

    @property
    def changed(self) -> bool:
        return self.restarts > 0 or self.sent_again > 0


def prove(
    cli: GlusterCli,
    run: Run,
    wanted: t.Sequence[SessionId] | None,
    settings: ProofSettings,
    clock: Clock | None = None,
) -> list[Proof]:
    """Prove the given sessions, or all but those at rest, in parallel. A half-running or unreadable session fails.

    The cluster stores a passed proof and forgets a failed one, so that the next run proves that session.

    :raises InvalidInput: a session does not exist or does not run.
    """
    clock = clock or Clock()
    site = gather(cli, run, config_of=lambda session: wanted is None or session in wanted)
    chosen = [_choose(site.sessions, session) for session in wanted] if wanted is not None else [
        seen for seen in site.sessions if not seen.state.at_rest
    ]
    known = [seen.id for seen in site.sessions]
    hopeless = {seen.id: _refused(seen) for seen in chosen if not seen.state.running}
    for seen in chosen:
        beside = identity.sharing(seen.id, known)
        if beside:
            # The state that is read may be that of the other session.
            message = f"{seen.id} is not proved to copy files: {identity.shared_words(seen.id, beside)} {identity.by_hand(beside[0])}"
            hopeless[seen.id] = Proof(seen.id, False, message, None, None, [], 0, [])
    if settings.check_mode:
        message = "A check run writes no test files, so it does not test whether files reach the secondary."
        return [hopeless.get(seen.id) or Proof(seen.id, False, message, None, None, [], 0, []) for seen in chosen]
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        return list(
            pool.map(
                lambda seen: _remembered(
                    cli,
                    seen,
                    hopeless.get(seen.id) or _Canary(cli, run, seen, settings, clock, site.volumes.get(seen.id.primary_volume)).fly(),
                ),
                chosen,
            )
        )


def _remembered(cli: GlusterCli, seen: Session, proof: Proof) -> Proof:
    """Store or delete the proof on the cluster. If that fails, the message says so, and the proof still counts."""
    try:
        if proof.proved and proof.written_at is not None and proof.method and proof.lag is not None:
            proofs.remember(cli, seen, Proved(proof.written_at, proof.lag, proof.method, proof.restarts, tuple(proof.not_carried)))
        elif not proof.pending and read_record(seen.record):
            proofs.withdraw(cli, seen.id.primary_volume, [option_of(seen.id, seen.secondary_uuid)])
    except errors.GeorepError as exc:
        end = "the next run proves the session again" if proof.proved else "an older proof is still stored there"
        return proof._replace(message=f"{proof.message} This result could not be stored in the cluster, so {end}: {exc.message}")
    return proof


def _choose(sessions: t.Sequence[Session], wanted: SessionId) -> Session:
    seen = next((item for item in sessions if item.id == wanted), None)
    if seen is None:
        raise errors.InvalidInput(
            f"There is no session {wanted}.", remedy="Sessions here: " + (", ".join(str(s.id) for s in sessions) or "none") + "."
        )
    if not seen.state.running:
        raise errors.InvalidInput(
            f"The session {wanted} is {seen.state.value}, so it does not replicate.", remedy="Start the session first (gluster_georep_session)."
        )
    return seen


def _refused(seen: Session) -> Proof:
    """The failure of a session that was started but cannot be proved in its state."""
    if seen.state is State.MIXED:
        words = ", ".join(f"{row.node}:{row.brick} is {row.status}" for row in seen.workers)
        why = f"the session runs on some nodes only ({words}). Start it with the role or gluster_georep_session."
    else:
        why = "its status or its configuration cannot be read on this node. Run gluster_georep_session for details."
    return Proof(seen.id, False, f"{seen.id} is not proved to copy files: {why}", None, None, [], 0, [])


class _Crawl(enum.Enum):
    """What the workers do."""

    LIVE = "live"
    LATE = "late"  #: still replicating older changes at the timeout
    FAULTY = "faulty"  #: failing again and again


class _Flight(t.NamedTuple):
    """The result for one tree of files."""

    lag: float
    removal_lag: t.Optional[float]
    verdict: Verdict
    seen: dict[str, Seen]
    files: list[str]
    written_at: int  #: an epoch
    untried: t.Sequence[int]  #: replica sets that store no file of the tree

    @property
    def stalled(self) -> bool:
        """Nothing arrived from at least one replica set, and everything that arrived is right."""
        return bool(self.verdict.missing) and not self.verdict.wrong


class _Canary:
    """Canaries for one session: one, and a new one after each restart.

    After a restart, the history crawl delivers the tree that a stalled worker missed. So only a new tree proves anything.
    """

    def __init__(
        self, cli: GlusterCli, run: Run, seen: Session, settings: ProofSettings, clock: Clock, volume: Volume | None
    ) -> None:
        self._cli = cli
        self._run = run
        self._seen = seen
        self._settings = settings
        self._clock = clock
        self._volume = volume
        self._sets = volume.places if volume else []
        self._left = ""  #: in words, what a failure leaves behind
        turn = rollover(volume)
        self._patience = 2 * turn + 15
        # An unneeded restart costs only seconds, and more than half of the first starts may need one.
        self._restart_after = settings.restart_after if settings.restart_after is not None else turn + 15
        self._method = (seen.config.values if seen.config else {}).get("sync-method", "rsync")

    def fly(self) -> Proof:
        """One session's proof. An error is only this session's result."""
        try:
            proof = self._fly()
            why = "" if proof.proved or proof.pending or proof.stalled else self._site_words()
            return proof._replace(message=proof.message + why + self._left)
        except errors.GeorepError as exc:
            words = f"{exc.message} {advice(exc) or ''}".strip()
        except OSError as exc:
            words = f"the volume {self._seen.id.primary_volume} cannot be written or read on this node: {exc}"
        message = f"It could not be tested whether files of {self._seen.id} reach the secondary: {words}{self._site_words()}{self._left}"
        return Proof(self._seen.id, False, message, None, None, [], 0, [])

    def _restart(self) -> None:
        """Stop and start the session. If the start fails, try once more, then say so."""
        accept = frozenset({"peer_down"})
        self._send("stopped", accept)
        left, self._left = self._left, f"{self._left} The session was stopped for a restart and could not be started again. Start the session."
        try:
            self._send("started", accept)
        except errors.GeorepError:
            self._send("started", accept)
        self._left = left

    def _send(self, state: str, accept: frozenset[str]) -> None:
        wanted = Wanted(self._seen.id, state, None, accept=accept)
        converge(self._cli, self._run, [wanted], Settings(may_create=False), self._clock)

    def _fly(self) -> Proof:
        session = self._seen.id
        with contextlib.ExitStack() as stack:
            # gsyncd's kind of mount gives a file of a sharded volume no size, and there is nothing to copy then.
            as_gsyncd = not sharded(self._volume)
            near = stack.enter_context(mounts.mounted(self._run, session.primary_volume, writable=True, as_gsyncd=as_gsyncd))
            far = stack.enter_context(mounts.mounted(self._run, session.secondary_volume, session.secondary_host))
            restarts = 0
            while True:
                crawl = self._await_live_crawl()
                if crawl is _Crawl.FAULTY:
                    return self._faulty(restarts)
                if crawl is _Crawl.LATE:
                    return self._late(restarts)
                may_restart = self._settings.restart_stalled and (restarts < MAX_RESTARTS or self._settings.report_stalled)
                flight = self._fly_once(near, far, self._restart_after if may_restart else self._settings.timeout)
                if not flight.stalled:
                    return self._older_files(self._proof(flight, restarts), far)
                rows = self._look().workers
                busy = self._at_work(flight.verdict, rows)
                if busy or not may_restart:
                    return self._proof(flight, restarts, busy)
                apart = self._stalled_workers(flight, rows) if self._settings.report_stalled else []
                if apart:
                    return self._handed_over(flight, restarts, apart)
                if restarts == MAX_RESTARTS:
                    return self._proof(flight, restarts)
                restarts += 1
                self._restart()

    def _at_work(self, verdict: Verdict, rows: t.Sequence[Worker]) -> list[Worker]:
        """The workers of the silent replica sets that have not stalled, because they still have other changes to replicate."""
        silent = {brick for number in verdict.silent for brick in self._sets[number]}
        active = [row for row in rows if row.status == "Active" and (not silent or (row.node, row.brick) in silent)]
        return [row for row in active if progress.at_work(row)]

    def _stalled_workers(self, flight: _Flight, rows: t.Sequence[Worker]) -> list[StalledWorker]:
        """The workers of the replica sets that delivered nothing; none if these are more than half of the replica sets.

        If workers start together, fewer stall than if a worker starts alone (one in nine, one in two), and they are back
        sooner. So if most have stalled, the whole session is restarted.
        """
        silent = [self._sets[number] for number in flight.verdict.silent]
        if 2 * len(silent) > len(self._sets):
            return []
        active = {(row.node, row.brick): row for row in rows if row.status == "Active"}
        found = [[active[brick] for brick in bricks if brick in active] for bricks in silent]
        if not all(found):  # a replica set without an Active worker has no worker to restart
            return []
        return [StalledWorker(self._seen.id, row.node, row.node_uuid, row.brick, flight.written_at) for bricks in found for row in bricks]

    def _handed_over(self, flight: _Flight, restarts: int, workers: t.Sequence[StalledWorker]) -> Proof:
        session = self._seen.id
        places = " and ".join(f"{worker.node}:{worker.brick}" for worker in workers)
        one = len(workers) == 1
        whose = "The worker of this brick has stalled. Restart it" if one else "The workers of these bricks have stalled. Restart them"
        message = (
            f"{session} is not yet proved to copy all files: {flight.lag:.0f} s after the test files were written, nothing has arrived from {places}, while "
            f"files of the other replica sets have arrived. {whose} with gluster_georep_worker; the other workers keep running."
        )
        return Proof(session, False, message, None, None, flight.verdict.not_carried, restarts, flight.files, stalled=workers)

    def _older_files(self, proof: Proof, far: str) -> Proof:
        settings = self._settings
        if settings.compare == "none" or not proof.proved:
            return proof
        session = str(self._seen.id)
        sent = 0
        # Not a mount like gsyncd's: see mounted().
        with mounts.mounted(self._run, self._seen.id.primary_volume, writable=settings.send_again, as_gsyncd=False) as near:
            with self._answering_both(near, far) as step:
                found = compare.compare(near, far, settings.compare, settings.sample, time.time() - RIPE_SECONDS, step)
            # A new file with an old date may still be on its way: a file differs only if it stays different for a while.
            if found.differences:
                self._clock.sleep(self._patience)
                found = found._replace(differences=self._still_different(near, far, found.differences))
            if found.differences and settings.send_again:
                with mounts.answering(self._near(near)) as step:
                    compare.send_again(near, found.differences, step)
                sent = len(found.differences)
                left = self._await_copies(near, far, found.differences)
                if not left:
                    return proof._replace(
                        message=f"{proof.message} {sent} older files whose copies differed were sent again and are now the same on both sites.",
                        compared=found.compared, sent_again=sent,
                    )
                found = found._replace(differences=left)
        text = compare.describe(found, session, sent)
        if not found.differences:
            return proof._replace(message=f"{proof.message} {text}".strip(), compared=found.compared)
        named = [item._asdict() for item in found.differences[: compare.NAMED_AT_MOST]]
        return proof._replace(proved=False, message=text, compared=found.compared, differences=named, sent_again=sent)

    def _still_different(
        self, near: str, far: str, wanted: t.Sequence[compare.Difference]
    ) -> list[compare.Difference]:
        contents = self._settings.compare == "all"
        with self._answering_both(near, far) as step:
            again = [compare.difference(near, far, item.path, item.size, contents, step) for item in wanted]
        return [item for item in again if item is not None]

    def _answering_both(self, near: str, far: str) -> t.ContextManager[t.Callable[[], None]]:
        return mounts.answering(self._near(near), self._far(far))

    def _await_copies(self, near: str, far: str, wanted: t.Sequence[compare.Difference]) -> list[compare.Difference]:
        started = self._clock.now()
        while True:
            left = self._still_different(near, far, wanted)
            if not left or self._clock.now() - started > self._settings.timeout:
                return left
            self._clock.sleep(PAUSE)

    def _await_live_crawl(self) -> _Crawl:
        """What is written during a crawl of the past is no test of what comes live. Bounded: a long crawl is proof enough.

        A worker that dies comes back every few seconds, so Faulty has to be seen twice, and some time apart.
        """
        started = self._clock.now()
        faulty_since: float | None = None
        while self._clock.now() - started < self._settings.timeout:
            seen = self._look()
            rows = [row for row in seen.workers if row.status == "Active"]
            if rows and all(row.crawl_status == "Changelog Crawl" for row in rows) and seen.state is State.ACTIVE:
                return _Crawl.LIVE
            if seen.state is State.FAULTY:
                now = self._clock.now()
                if faulty_since is not None and now - faulty_since >= FAULTY_SECONDS:
                    return _Crawl.FAULTY
                faulty_since = now if faulty_since is None else faulty_since
            self._clock.sleep(PAUSE)
        return _Crawl.LATE

    def _faulty(self, restarts: int) -> Proof:
        session = self._seen.id
        message = f"{session} is not replicating: its workers keep becoming Faulty (the session uses sync-method {self._method}).{self._log_words()}"
        return Proof(session, False, message, None, None, [], restarts, [])

    def _late(self, restarts: int) -> Proof:
        session = self._seen.id
        seen = self._look()
        crawls = sorted({row.crawl_status or "N/A" for row in seen.workers if row.status == "Active"})
        if seen.state is not State.ACTIVE and set(crawls) <= {"Changelog Crawl"}:
            # A replica set has no Active worker, and no worker replicates older changes: there is nothing to wait for.
            words = ", ".join(f"{row.node}:{row.brick} is {row.status}" for row in seen.workers) or "no worker is reported"
            message = f"{session} is not replicating: after {self._settings.timeout:.0f} s its state is {seen.state.value} ({words}).{self._log_words()}"
            return Proof(session, False, message, None, None, [], restarts, [])
        message = (
            f"{session} is not yet proved to copy new files: after {self._settings.timeout:.0f} s it still replicates older changes ({', '.join(crawls)}), "
            "and new files follow after them. Repeat the test later: ansible-playbook glusterops.georep.prove."
        )
        return Proof(session, False, message, None, None, [], restarts, [], pending=True)

    def _site_words(self) -> str:
        """What the secondary site says of itself: a dead brick there looks like many other faults here."""
        return site_of.words(site_of.look(self._cli, [self._seen.id])[self._seen.id])

    def _log_words(self) -> str:
        """The last error of this node's log, and the known fault that it speaks of."""
        last = logs.last_error(self._seen.id)
        return f" {last}" if last else ""

    def _look(self) -> Session:
        site = look_again(self._cli, self._run, {self._seen.id})
        found = site.find(self._seen.id)
        return found.refolded(self._volume) if found else self._seen._replace(state=State.ABSENT, workers=[])

    def _fly_once(self, near: str, far: str, patience: float) -> _Flight:
        folder = canary.PREFIX + secrets.token_hex(8)
        home = os.path.join(near, folder)
        written_at = int(time.time())
        held: int | None = None
        try:
            with mounts.answering(self._near(near)) as step:
                sweep(near)
                step()
                held = hold(home)
                expected = write_tree(home, folder)
                spread, untried = cover_sets(home, folder, self._volume.sets if self._volume else [], step)
            expected += spread
            names = [item.path for item in expected if item.size is not None]
            lag, verdict, seen = self._watch(far, expected, patience)
            if verdict.missing:
                return _Flight(lag, None, verdict, seen, names, written_at, untried)
            with mounts.answering(self._near(near)):
                # Once more: what a proof left that was killed shortly before this one began was too young then.
                sweep(near)
                shutil.rmtree(home)
            gone = [Expected(path, None, what="was removed on the primary") for path in names]
            removal_lag, left, seen = self._watch(far, gone, self._settings.timeout)
            return _Flight(lag, removal_lag, Verdict(left.missing, verdict.not_carried), seen, names, written_at, untried)
        finally:
            # Delete the canary in any case; the deletion is replicated too.
            self._clear(near, folder, held)

    def _near(self, where: str) -> mounts.Mount:
        return mounts.Mount(where, self._seen.id.primary_volume)

    def _far(self, where: str) -> mounts.Mount:
        return mounts.Mount(where, self._seen.id.secondary_volume, self._seen.id.secondary_host)

    def _clear(self, near: str, folder: str, held: int | None) -> None:
        home = os.path.join(near, folder)
        try:
            with mounts.answering(self._near(near)):
                shutil.rmtree(home, ignore_errors=True)
                if held is not None:
                    os.close(held)
                os.lstat(home)
        except FileNotFoundError:
            return
        except (errors.GeorepError, OSError):
            pass
        self._left += f" The folder /{folder} of the volume {self._seen.id.primary_volume} could not be deleted. Delete it if it exists."

    def _watch(self, far: str, expected: t.Sequence[Expected], patience: float) -> tuple[float, Verdict, dict[str, Seen]]:
        started = self._clock.now()
        while True:
            seen = {}
            with mounts.answering(self._far(far)) as step:
                for item in expected:
                    step()
                    seen[item.path] = look(os.path.join(far, item.path))
            verdict = canary.judge(expected, seen, self._method)
            waited = self._clock.now() - started
            if not verdict.missing:
                return waited, verdict, seen
            if waited > patience:
                # A worker has stalled only if it has nothing else to do: a large file may be on its way.
                if patience >= self._settings.timeout or verdict.wrong or not self._at_work(verdict, self._look().workers):
                    return waited, verdict, seen
                patience = self._settings.timeout
            self._clock.sleep(PAUSE)

    def _proof(self, flight: _Flight, restarts: int, busy: t.Sequence[Worker] = ()) -> Proof:
        session = self._seen.id
        again = canary.restarted(restarts)
        if flight.verdict.missing:
            state = self._look().state.value
            why = canary.explain(flight.verdict, flight.seen, self._method, state)
            if busy:
                places = ", ".join(f"{row.node}:{row.brick} ({progress.at_work(row)})" for row in busy)
                why = f"The worker still has older changes to replicate: {places}. Repeat the test later: ansible-playbook glusterops.georep.prove."
            elif state != State.ACTIVE.value:
                why = self._log_words().strip() or why
            message = (
                f"{session} is not replicating: {flight.lag:.0f} s after the test files were written, {'; '.join(flight.verdict.missing)} "
                f"(sync-method {self._method}, state {state}).{again} {why}"
            )
            return Proof(session, False, message, None, None, flight.verdict.not_carried, restarts, flight.files)
        message = f"{session}: {len(flight.files)} files arrived byte by byte {flight.lag:.0f} s after they were written."
        if flight.untried:
            places = ", ".join(" and ".join(f"{node}:{path}" for node, path in self._sets[number]) for number in flight.untried)
            message += f" No test file was stored on {places}, so the workers of these bricks were not tested."
        if flight.verdict.not_carried:
            message += f" Not copied: {', '.join(flight.verdict.not_carried)}."
        return Proof(
            session, True, message + again, flight.lag, flight.removal_lag, flight.verdict.not_carried, restarts, flight.files,
            written_at=flight.written_at, method=self._method,
        )


def rollover(volume: Volume | None) -> float:
    """Seconds after which a volume starts a new changelog, which is when changes are sent."""
    told = volume.options.get("changelog.rollover-time", "") if volume else ""
    return float(told) if re.fullmatch("[0-9]{1,6}", told) else ROLLOVER_SECONDS


def hold(home: str) -> int:
    """Create a canary's folder and lock it, with gluster's own locks that every node sees, until the descriptor is closed."""
    os.mkdir(home, 0o755)
    return claims.make(os.path.join(home, HELD))[0]


def sweep(near: str) -> None:
    """Delete canaries whose proofs were killed. Canaries of running proofs are locked, on any node."""
    for name in filter(canary.NAME.fullmatch, os.listdir(near)):
        home = os.path.join(near, name)
        with contextlib.suppress(OSError):
            info = os.lstat(home)
            if info.st_uid != os.geteuid() or time.time() - info.st_mtime < HOLD_SECONDS:
                continue
            holds = [entry for entry in os.listdir(home) if entry.startswith(HELD)]
            if not holds or list(claims.abandoned(home, claims.token_pattern(HELD))):
                shutil.rmtree(home, ignore_errors=True)


def write_tree(home: str, folder: str) -> list[Expected]:
    """Write the canary. Return the files that must arrive, by their paths below the volume's root."""
    os.makedirs(home, 0o755, exist_ok=True)
    with _open_folder(home) as into:
        return _write_files(into, folder)


@contextlib.contextmanager
def _open_folder(home: str) -> t.Iterator[int]:
    """Keep the canary's folder open, because accounts that may rename in the volume's root could replace it by a link."""
    into = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield into
    finally:
        os.close(into)


def _write(into: int, name: str, content: bytes, *, sync: bool = True, xattr: str | None = None, again: bool = False) -> None:
    """Write a new file of the canary, or with ``again`` an existing file."""
    flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_TRUNC if again else os.O_CREAT | os.O_EXCL)
    with os.fdopen(os.open(name, flags, 0o666, dir_fd=into), "wb") as file:
        file.write(content)
        file.flush()
        if sync:
            os.fsync(file.fileno())
        if xattr is not None:
            os.setxattr(file.fileno(), canary.XATTR, xattr.encode())


def _write_files(into: int, folder: str) -> list[Expected]:
    expected = []

    def put(name: str, content: bytes, what: str, xattr: str | None = None, again: bool = False) -> None:
        _write(into, name, content, xattr=xattr, again=again)
        expected.append(
            Expected(f"{folder}/{name}", len(content), hashlib.sha256(content).hexdigest(), xattr, what)
        )

    put("random.bin", secrets.token_bytes(65536), "random content")
    _write(into, "changed.txt", b"first\n")
    _write(into, "changed.txt", b"second, longer\n", again=True)
    put("changed.txt", b"third: " + secrets.token_hex(16).encode() + b"\n", "a file changed twice", again=True)
    put("name with blanks, größe 文.txt", secrets.token_bytes(512), "a name with blanks and other scripts")
    token = secrets.token_hex(8)
    put("attribute.bin", secrets.token_bytes(256), "a file with an extended attribute", token)
    content = secrets.token_bytes(1024)
    _write(into, "before-rename", content, sync=False)
    os.rename("before-rename", "renamed.bin", src_dir_fd=into, dst_dir_fd=into)
    expected.append(Expected(f"{folder}/renamed.bin", 1024, hashlib.sha256(content).hexdigest(), None, "a renamed file"))
    expected.append(Expected(f"{folder}/before-rename", None, what="the name before a rename"))
    _write(into, "deleted", b"gone\n", sync=False)
    os.unlink("deleted", dir_fd=into)
    expected.append(Expected(f"{folder}/deleted", None, what="a deleted file"))
    return expected


def cover_sets(
    home: str, folder: str, sets: t.Sequence[t.Sequence[Brick]], step: compare.Step = compare.no_step
) -> tuple[list[Expected], list[int]]:
    """Write a file on every replica set, because each has its own worker. gluster itself says where a file is stored.

    :param step: called before each file.
    :returns: the files, and the replica sets that store none.
    """
    expected: list[Expected] = []
    waiting = set(range(len(sets))) if len(sets) > 1 else set()
    unknown = 0
    for number in range(SPREAD_TRIES * len(sets)):
        if not waiting:
            break
        step()
        name = f"spread-{number}.bin"
        path = os.path.join(home, name)
        content = secrets.token_bytes(128)
        with _open_folder(home) as into:
            _write(into, name, content, sync=False)
        hit = set_of(_told(path, "pathinfo"), _told(path, "node-uuid"), sets)
        if hit is None:
            unknown += 1
        elif hit not in waiting:
            with _open_folder(home) as into:
                os.unlink(name, dir_fd=into)
            continue
        else:
            waiting.discard(hit)
        expected.append(Expected(f"{folder}/{name}", 128, hashlib.sha256(content).hexdigest(), None, "a file of one replica set", hit))
        # If gluster does not say where files are, many files are likely to cover every replica set.
        if unknown >= 4 * len(sets):
            break
    return expected, [] if unknown else sorted(waiting)


def _told(path: str, name: str) -> str:
    """What gluster says about a file; empty if it says nothing."""
    try:
        return os.getxattr(path, f"trusted.glusterfs.{name}").decode(errors="replace").strip("\0")
    except OSError:
        return ""


def set_of(place: str, node_uuid: str, sets: t.Sequence[t.Sequence[Brick]]) -> int | None:
    """The replica set that stores a file; None if unknown.

    :param place: ``trusted.glusterfs.pathinfo``. It names bricks by their nodes' own names, which may differ from those of the
        volume. So the sub-volume's number counts, and without sub-volumes the brick's path.
    :param node_uuid: ``trusted.glusterfs.node-uuid``, the node that answered: several nodes may have a brick with the same path.
    """
    number = re.search(r"-(?:replicate|disperse)-(\d+)>", place)
    if number:
        return int(number.group(1))
    hits = [index for index, bricks in enumerate(sets) if any(f"POSIX({brick.path})" in place for brick in bricks)]
    if len(hits) > 1:
        hits = [index for index in hits if any(brick.node_uuid == node_uuid for brick in sets[index])]
    return hits[0] if len(hits) == 1 else None


def look(path: str) -> Seen:
    """What is at a path of the mounted secondary."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except FileNotFoundError:
        return Seen(None)
    except OSError as exc:
        # The name is there but the data cannot be read yet: the file has not arrived.
        return Seen(-1, f"unreadable: {exc}")
    try:
        xattr: str | None = os.getxattr(path, canary.XATTR).decode(errors="replace")
    except OSError:
        xattr = None
    return Seen(len(content), hashlib.sha256(content).hexdigest(), xattr)
