# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Checkpoints: set the checkpoint if needed, make the change without which it cannot complete, and wait until it is complete."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import time
import typing as t

from .._faults.catalogue import advice
from .._gluster import peers, sessions
from .._gluster.runner import GlusterCli, Run
from .._gluster.store import GLUSTERD_DIR
from .._host import mounts
from .._model import errors, identity, progress
from .._model.cluster import Cluster, Session, Volume
from .._model.errors import invalid
from .._model.identity import SessionId
from .._model.states import State
from .._plan import canary, eligibility
from .._plan.session import Wanted
from .._read import logs
from .._read.facts import gather, look_again, read_config
from .._read.remembered import Baseline, read_baselines, read_names, remember_baseline, remember_name
from .prepare import Settings
from .proof import MAX_RESTARTS, rollover
from .session import SETTLE_SECONDS, Clock, converge

#: Prefix of the folder that is created and deleted in the volume's root, so that a change follows the checkpoint.
MARKER = ".georep-checkpoint-"
_MARKER = re.compile(re.escape(MARKER) + r"[0-9a-f]{16}\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,99}\Z")
#: Errors of a call that was interrupted: whether the call took effect is unknown.
_BROKEN_OFF = (errno.ECONNABORTED, errno.ENOTCONN)
#: gsyncd refuses times of 1970.
_OLDEST = 365 * 86400


class Wish(t.NamedTuple):
    """The requested checkpoint: a time, a name, or now. None of the three: delete the checkpoint."""

    at: t.Optional[int] = None
    name: t.Optional[str] = None
    now: bool = False

    @property
    def absent(self) -> bool:
        return self.at is None and self.name is None and not self.now


class CheckpointSettings(t.NamedTuple):
    check_mode: bool = False
    wait: bool = True
    timeout: float = 600.0
    trigger_change: bool = True
    restart_stalled: bool = False
    accept: frozenset[str] = frozenset()
    glusterd_dir: str = GLUSTERD_DIR
    log_dir: str = logs.LOG_DIR


class Clocks(t.NamedTuple):
    """Two clocks: a monotonic clock for waiting, and the calendar clock, in whose time checkpoints are set."""

    steady: Clock = Clock()
    calendar: t.Callable[[], float] = time.time


class Reached(t.NamedTuple):
    """The result for one session's checkpoint."""

    session: SessionId
    before: t.Optional[int]  #: the checkpoint before the run, an epoch
    after: t.Optional[int]  #: the checkpoint after the run; in check mode what it would be
    steps: list[str]
    checkpoint: progress.Checkpoint
    message: str
    ok: bool = True  #: the checkpoint is as requested
    seen: t.Optional[Session] = None
    waited: float = 0.0
    nudges: int = 0
    restarts: int = 0
    held_back_by: list[dict[str, str]] = []
    left: t.Sequence[str] = ()  #: folders in the volume's root that could not be deleted

    @property
    def changed(self) -> bool:
        return self.before != self.after or self.restarts > 0


def check_wish(at: str | None, name: str | None, now: bool, settings: CheckpointSettings, today: float) -> Wish:
    """Check the options, and return the requested checkpoint.

    :raises InvalidInput: naming the option, the value and the remedy.
    """
    if name is not None and not _NAME.match(name):
        raise invalid("name", name, "is not a valid checkpoint name.", "Use up to 100 letters, digits and . _ : @ + -, for example a date.")
    if now and (at or name):
        raise invalid("now", now, "cannot be combined with at or name.", "Set only one of the three.")
    if at is None:
        if name is None and not now:
            raise invalid("now", now, "sets no checkpoint.", "Set now: true, at or name. To delete a checkpoint, set state: absent.")
        return Wish(None, name, now)
    try:
        epoch = progress.from_iso(at)
    except (ValueError, OverflowError) as exc:
        raise invalid(
            "at", at, "is not a time with a time zone.", "Write it like 2026-11-22T08:00:00Z or 2026-11-22T09:00:00+01:00."
        ) from exc
    if epoch < _OLDEST:
        raise invalid("at", at, "is in 1970, which gsyncd refuses.", "Write a later time.")
    if settings.wait and epoch > today + settings.timeout:
        raise invalid(
            "at", at, f"is further in the future than wait_timeout ({settings.timeout:g} s), so the module would time out.",
            "Write an earlier time, raise wait_timeout, or set wait: false.",
        )
    return Wish(epoch)


def set_checkpoints(
    cli: GlusterCli,
    run: Run,
    wanted: t.Sequence[SessionId],
    wish: Wish,
    settings: CheckpointSettings,
    clocks: Clocks | None = None,
) -> list[Reached]:
    """Set or delete a checkpoint of each session, and wait for all of them together.

    Every session is checked before the first one is changed.

    :raises InvalidInput: an option is wrong.
    :raises GeorepError: gluster failed.
    """
    clocks = clocks or Clocks()
    for twice in (session for session in wanted if wanted.count(session) > 1):
        raise invalid("sessions", str(twice), "is given twice.", "Give each session once.")
    site = gather(cli, run, config_of=lambda session: session in wanted, glusterd_dir=settings.glusterd_dir)
    plans = [_Plan.of(_choose(site, session), wish, settings, clocks.calendar()) for session in wanted]
    if wish.absent:
        settings = settings._replace(wait=False)
    if settings.wait:
        _must_run(plans)
    if any(plan.steps for plan in plans):
        down = [peer.name for peer in peers.read_peers(cli) if not peer.connected]
        refused = eligibility.refused([eligibility.peer_objection(down)], settings.accept)
        if refused:
            raise errors.PreconditionFailed(
                "Nothing was changed. " + " ".join(str(objection) for objection in refused)
                + " That node keeps its old checkpoint."
            )
    if settings.check_mode:
        return [plan.predicted(settings.wait) for plan in plans]
    watches = [_Watch(cli, run, plan, settings, clocks, site) for plan in plans]
    for watch in watches:
        try:
            watch.set()
        except errors.GeorepError as exc:
            if len(watches) == 1:
                raise
            # An error of one session is only that session's result.
            watch.fail(exc)
    return _await(cli, run, watches, settings, clocks) if settings.wait else [watch.done or watch.unwatched() for watch in watches]


def _choose(site: Cluster, wanted: SessionId) -> Session:
    seen = site.find(wanted)
    if seen is None:
        raise invalid(
            "primary_volume", wanted.primary_volume, f"has no session to {wanted.target}.",
            "Sessions here: " + (", ".join(str(other.id) for other in site.sessions) or "none") + ".",
        )
    # A checkpoint is an option, and restarts are commands.
    identity.check_apart(wanted, [other.id for other in site.sessions])
    if not seen.known_here:
        raise errors.PreconditionFailed(
            f"This node has no file of the session {wanted}, although glusterd lists the session. The node was reinstalled.",
            remedy="Run gluster_georep_session or the role, which add the session on this node. Or run this module on another node.",
        )
    if seen.state is State.UNREADABLE or seen.config is None:
        raise errors.PreconditionFailed(
            f"The session {wanted} is registered with glusterd, but its status cannot be read.",
            remedy="Run gluster_georep_session for details.",
        )
    return seen


def _must_run(plans: t.Sequence[_Plan]) -> None:
    idle = [plan.seen for plan in plans if not plan.seen.state.running]
    if idle:
        raise errors.PreconditionFailed(
            "Nothing was changed. " + " ".join(f"The session {seen.id} is {seen.state.value}." for seen in idle)
            + " A checkpoint completes only while its session runs.",
            remedy="Start the session first (gluster_georep_session), or set wait: false to set the checkpoint without waiting.",
        )


# --- the plan --------------------------------------------------------------------------------------------------------


class _Plan(t.NamedTuple):
    """The plan for one session."""

    seen: Session
    wish: Wish
    before: t.Optional[int]
    target: t.Optional[int]  #: None: the time at which it will be set, or no checkpoint
    sets: bool
    removes: bool
    predicted_now: int
    baseline: t.Optional[Baseline] = None

    @classmethod
    def of(cls, seen: Session, wish: Wish, settings: CheckpointSettings, today: float) -> _Plan:
        before = _stored(seen)
        if wish.absent:
            return cls(seen, wish, before, None, False, before is not None, int(today))
        target = wish.at
        if wish.name is not None:
            target = read_names(seen.id, settings.glusterd_dir).get(wish.name)
        sets = target is None or not stands_for(before, target, today)
        known = read_baselines(seen.id, settings.glusterd_dir)
        # The failure counts of the requested time, or those of a later checkpoint that includes it.
        baseline = known.get(target or 0) or (None if sets else known.get(before or 0))
        return cls(seen, wish, before, target, sets, False, int(today), baseline)

    @property
    def steps(self) -> list[str]:
        if self.removes:
            return [f"checkpoint {progress.iso(self.before)}: deleted"]
        if not self.sets:
            return []
        had = "none is set" if self.before is None else f"replaces the checkpoint {progress.iso(self.before)}"
        return [f"checkpoint {progress.iso(self.target) or 'now'}: {had}"]

    @property
    def after(self) -> int | None:
        if self.removes or self.wish.absent:
            return None
        if not self.sets:
            return self.before
        return self.predicted_now if self.target is None else self.target

    def predicted(self, wait: bool) -> Reached:
        seen = self.seen
        what = "The checkpoint would be set" if self.sets else "The checkpoint would be deleted" if self.removes else "Nothing would be set"
        would = what + (", then waited for." if wait and not self.removes else ".")
        return Reached(
            seen.id, self.before, self.after, self.steps,
            progress.checkpoint_of(seen.workers, seen.sets, seen.config.values.get("checkpoint", "0") if seen.config else None),
            f"{seen.id}: {would}", seen=seen,
        )


def _stored(seen: Session) -> int | None:
    text = seen.config.values.get("checkpoint", "0") if seen.config else "0"
    return progress.number(text) or None


def stands_for(present: int | None, target: int, today: float) -> bool:
    """Whether the checkpoint that is set includes the requested time: once it is complete, so is the requested one.

    A later checkpoint does, unless it is in the future: it would not complete before its time.
    """
    return present is not None and (present == target or target < present <= today)


# --- doing it --------------------------------------------------------------------------------------------------------


class _Watch:
    """One session's checkpoint, from setting it until it is complete or given up."""

    def __init__(self, cli: GlusterCli, run: Run, plan: _Plan, settings: CheckpointSettings, clocks: Clocks, site: Cluster) -> None:
        self._cli = cli
        self._run = run
        self._plan = plan
        self._settings = settings
        self._clocks = clocks
        self.id = plan.seen.id
        self.volume: Volume | None = site.volumes.get(self.id.primary_volume)
        self.seen = plan.seen
        self.target = plan.target or 0
        today = int(clocks.calendar())
        self._baseline = plan.baseline or Baseline(today, {})
        self._remembered = plan.baseline
        self._nudges = 0
        self._made = False  # whether the last folder could be created
        self._triggered_at: float | None = None
        self._trouble: list[str] = []
        self._left: dict[str, str] = {}  # folders that could not be deleted, and why
        self._pending: str | None = None  # a folder whose creation was interrupted: it may exist, or may appear later
        self._restarts = 0
        self._stopped_since: float | None = None
        self._started = clocks.steady.now()
        self._turn = rollover(self.volume)
        self.done: Reached | None = None

    @property
    def seen_is_old(self) -> bool:
        return self._plan.sets

    # -- setting

    def set(self) -> None:
        """Set or delete the checkpoint as planned, and read it back."""
        plan, who = self._plan, (self._cli, self.id.primary_volume, self.id.target)
        if plan.removes:
            self._send(lambda: sessions.reset_option(*who, "checkpoint"), None)
        if plan.sets:
            self.target = plan.target if plan.target is not None else int(self._clocks.calendar())
            # Before the checkpoint is set: if this run is killed in between, a later run uses these counts.
            self._note_failures(self.seen)
            self._remember()
            self._send(lambda: sessions.set_checkpoint(*who, progress.write_time(self.target)), self.target)
        elif not plan.removes:
            # A later checkpoint includes the requested time.
            self.target = plan.before or 0
            if self._settings.wait:
                self._note_failures(self.seen)
                self._remember()
        if plan.wish.name is not None and plan.target is None:
            remember_name(self.id, plan.wish.name, self.target, self._settings.glusterd_dir)

    def _send(self, command: t.Callable[[], str], wanted: int | None) -> None:
        lost: errors.GeorepError | None = None
        try:
            command()
        except (errors.OutcomeUnknown, errors.CommandTimeout) as exc:
            lost = exc
        # Read without glusterd, because another command may hold its lock.
        config = read_config(self._cli, self._run, self.id, self._settings.glusterd_dir)
        stored = progress.number(config.values.get("checkpoint", "0")) or None
        if stored != wanted:
            if lost is not None:
                raise lost
            raise errors.StateNotReached(
                f"{self.id}: gluster accepted the checkpoint {progress.iso(wanted) or '(none)'}, but its configuration has {progress.iso(stored) or 'none'}.",
                remedy="Run again. If this repeats, read /var/log/glusterfs/glusterd.log on this node. It says why the checkpoint was not written.",
            )
        self.seen = self.seen._replace(config=config)

    def fail(self, exc: errors.GeorepError) -> None:
        self.target = 0
        self.done = self._reached(False, f"{self.id}: {exc.message} {advice(exc) or ''}".rstrip())

    def unwatched(self) -> Reached:
        """The result if the module does not wait."""
        after = _stored(self.seen)
        text = f"{self.id}: " + ("no checkpoint is set." if after is None else f"the checkpoint {progress.iso(after)} is set.")
        return self._reached(True, text)

    # -- waiting

    def look(self, seen: Session | None) -> None:
        """Evaluate what the workers report now."""
        if seen is None:
            self.done = self._reached(False, f"{self.id}: the session was deleted in the meantime.")
            return
        self.seen = seen.refolded(self.volume)._replace(config=self.seen.config)
        grown = self._note_failures(self.seen)
        with contextlib.suppress(errors.GeorepError):
            # A worker may report its count only now. This run uses it even if it cannot be stored.
            self._remember()
        if grown:
            self.done = self._reached(
                False,
                f"{self.id}: the checkpoint {progress.iso(self.target)} is not complete: {' and '.join(grown)} since it was set. "
                "These changes are not on the secondary. Read gsyncd.log on these nodes, and find the files that differ with gluster_georep_proof (compare: "
                "all). Later runs will fail for this checkpoint too: repair the cause, then set a new checkpoint.",
            )
        elif self._held_back():
            self._stopped_meanwhile()
        else:
            self._complete()

    def _held_back(self) -> list[tuple[tuple[str, str], str]]:
        return progress.held_back(self.seen.workers, self._sets(), self.target, triggered=self._nudges > 0)

    def _sets(self) -> t.Sequence[t.Sequence[tuple[str, str]]]:
        return self.seen.sets or [[(row.node, row.brick) for row in self.seen.workers]]

    def _complete(self) -> None:
        skipped = logs.skipped_since(self.id, min(self._moment, self._baseline.set_at), self._settings.log_dir)
        if skipped:
            self.done = self._reached(
                False,
                f"{self.id}: the workers report the checkpoint {progress.iso(self.target)} as complete, but they gave up on changes without counting "
                f"them: {skipped} Find the files that differ with gluster_georep_proof (compare: all). With send_again: true, that module sends these "
                f"files again. "
                "Later runs will fail for this checkpoint too: set a new checkpoint after that.",
            )
            return
        self.done = self._reached(
            True, f"{self.id}: everything up to {progress.iso(self.target)} is on the secondary, {self._waited():.0f} s after this run began."
        )

    @property
    def _moment(self) -> int:
        """The requested time, even if a later checkpoint includes it."""
        return self._plan.target or self.target

    def _note_failures(self, seen: Session) -> list[str]:
        """The workers with more failures than when the checkpoint was set, in words.

        Earlier failures do not count. For a worker that reported nothing then, its first report is the start.
        """
        first = self._baseline.failures
        told = {f"{row.node}:{row.brick}": row.failures for row in seen.workers}
        counts = {brick: count for brick, count in told.items() if count is not None}
        self._baseline = self._baseline._replace(failures={**counts, **first})
        return [f"{brick} counts {count - first[brick]} more failures" for brick, count in counts.items() if count > first.get(brick, count)]

    def _remember(self) -> None:
        """Store the failure counts for later runs."""
        if self._baseline == self._remembered:
            return
        remember_baseline(self.id, self._moment, self._baseline, self._settings.glusterd_dir)
        self._remembered = self._baseline

    def _stopped_meanwhile(self) -> None:
        """The status lags behind a start by some seconds, so the session counts as stopped only after SETTLE_SECONDS."""
        if self.seen.state not in (State.STOPPED, State.CREATED, State.PAUSED):
            self._stopped_since = None
            return
        now = self._clocks.steady.now()
        self._stopped_since = now if self._stopped_since is None else self._stopped_since
        if now - self._stopped_since > SETTLE_SECONDS:
            self.done = self._reached(
                False,
                " ".join(
                    [f"{self.id} is {self.seen.state.value} now, so the checkpoint {progress.iso(self.target)} cannot complete."]
                    + self._trouble[-1:]
                ),
            )

    def give_up(self, blind: str | None) -> None:
        """:param blind: the error of the last attempt to read the status, if it failed."""
        held = self._held_back()
        text = f"{self.id}: the checkpoint {progress.iso(self.target)} is not complete after {self._waited():.0f} s. Held back by: "
        text += "; ".join(f"{node}:{path} {why}" for (node, path), why in held) + "."
        text += "".join(f" {words}" for words in self._trouble[-1:])
        text += f" The last attempt to read the status failed: {blind}" if blind else ""
        text += canary.restarted(self._restarts)
        if any("Faulty" in why for _brick, why in held):
            last = logs.last_error(self.id, self._settings.log_dir)
            text += f" {last}" if last else ""
        self.done = self._reached(False, text)

    def help_on(self) -> None:
        """Make the change that an idle volume lacks, and restart a session that does not see it."""
        now = self._clocks.steady.now()
        if not self._settings.trigger_change or self._clocks.calendar() < self.target + 1:
            return
        if self._triggered_at is None:
            self._trigger(now)
            return
        rows = [row for row in self.seen.workers if row.status == "Active"]
        live = self.seen.state is State.ACTIVE and all(row.crawl_status == "Changelog Crawl" for row in rows)
        # Another change is needed if a changelog ended within that second, or if the clock of a brick is behind.
        if not live or now - self._triggered_at <= self._turn + 15:
            return
        # Without a change there was nothing that a worker could miss.
        if self._settings.restart_stalled and self._restarts < MAX_RESTARTS and self._made:
            self._restart()
        self._trigger(self._clocks.steady.now())

    def _trigger(self, now: float) -> None:
        self._triggered_at = now
        self._made = False
        # If a brick hangs, reuse the name: one folder may appear later, not one for each attempt.
        name = self._pending or MARKER + secrets.token_hex(8)
        try:
            with self._mounted() as (where, step):
                self._sweep(where)
                step()
                # A folder is created on every replica set. Deleted at once, it leaves nothing on either site.
                self._make(where, name)
                self._nudges += 1
                self._made = True
                self._remove(where, name)
        except (errors.GeorepError, OSError) as exc:
            words = f"{exc.message} {advice(exc) or ''}".strip() if isinstance(exc, errors.GeorepError) else str(exc)
            # An unmount that fails afterwards does not matter here.
            if not self._made:
                self._trouble.append(f"The folder {name}, which an idle volume needs to complete a checkpoint, could not be created in the volume: {words}")
            elif isinstance(exc, errors.PreconditionFailed):
                self._trouble.append(words)

    @contextlib.contextmanager
    def _mounted(self) -> t.Iterator[tuple[str, t.Callable[[], None]]]:
        """A mount like gsyncd's, which may write even to a volume that is read-only for clients."""
        with mounts.mounted(self._run, self.id.primary_volume, writable=True) as where:
            with mounts.answering(mounts.Mount(where, self.id.primary_volume)) as step:
                yield where, step

    def _make(self, where: str, name: str) -> None:
        try:
            os.mkdir(os.path.join(where, name), 0o700)
        except OSError as exc:
            if exc.errno in _BROKEN_OFF:
                self._pending = name
            raise
        self._pending = None

    def _remove(self, where: str, name: str) -> None:
        """Delete the folder. While a distributed part of the volume is down, a folder can be created but not deleted."""
        try:
            os.rmdir(os.path.join(where, name))
        except FileNotFoundError:  # another run has deleted it
            self._left.pop(name, None)
        except OSError as exc:
            self._left[name] = exc.strerror or str(exc)
        else:
            self._left.pop(name, None)

    def _sweep(self, where: str) -> None:
        """Delete folders that this run or an earlier run left. Only empty folders are deleted."""
        for name in list(self._left):
            self._remove(where, name)
        with contextlib.suppress(OSError):
            for name in filter(_MARKER.match, os.listdir(where)):
                if name not in self._left:
                    with contextlib.suppress(OSError):
                        os.rmdir(os.path.join(where, name))

    def tidy(self) -> None:
        """At the end: try once more to delete remaining folders, and name those that stay."""
        if self.done is None:
            return
        if self._left:
            with contextlib.suppress(errors.GeorepError, OSError):
                with self._mounted() as (where, _step):
                    self._sweep(where)
        volume = f"of the volume {self.id.primary_volume}"
        left = [f"/{name} {volume} ({why})" for name, why in self._left.items()]
        text = f" An empty folder was created and could not be deleted: {', '.join(left)}. Delete it, or run again: a later run deletes it." if left else ""
        if self._pending:
            left.append(f"/{self._pending} {volume} (it may appear once the volume answers)")
            text += f" An empty folder may exist: {left[-1]}. Delete it, or run again: a later run deletes it."
        if left:
            self.done = self.done._replace(message=self.done.message + text, left=left)

    def _restart(self) -> None:
        """Stop and start the session. If the start fails, try once more, then say so."""
        self._restarts += 1
        try:
            self._bring("stopped")
        except errors.GeorepError as exc:
            self._trouble.append(exc.message)
        for _attempt in range(2):
            try:
                self._bring("started")
                return
            except errors.GeorepError as exc:
                trouble = f"The session was stopped for a restart and could not be started again. Start the session. {exc.message}"
        self._trouble.append(trouble)

    def _bring(self, state: str) -> None:
        wanted = Wanted(self.id, state, None, accept=frozenset({"peer_down"}))
        settings = Settings(may_create=False, glusterd_dir=self._settings.glusterd_dir)
        converge(self._cli, self._run, [wanted], settings, self._clocks.steady)

    def _waited(self) -> float:
        return self._clocks.steady.now() - self._started

    def _reached(self, ok: bool, message: str) -> Reached:
        plan = self._plan
        stored = self.seen.config.values.get("checkpoint", "0") if self.seen.config else "0"
        held = [] if ok or not self.target else self._held_back()
        return Reached(
            self.id, plan.before, _stored(self.seen), plan.steps,
            progress.checkpoint_of(self.seen.workers, self.seen.sets, stored), message, ok, self.seen,
            round(self._waited(), 1), self._nudges, self._restarts,
            [{"node": node, "brick": path, "why": why} for (node, path), why in held],
        )


def _await(
    cli: GlusterCli, run: Run, watches: t.Sequence[_Watch], settings: CheckpointSettings, clocks: Clocks
) -> list[Reached]:
    """Watch all sessions until each is done."""
    started = clocks.steady.now()
    pause = 1.0
    # If nothing was set, the reading from before is still valid.
    for watch in watches:
        if watch.done is None and not watch.seen_is_old:
            watch.look(watch.seen)
    blind: str | None = None
    while True:
        left = [watch for watch in watches if watch.done is None]
        if not left:
            break
        if clocks.steady.now() - started > settings.timeout:
            for watch in left:
                watch.give_up(blind)
            break
        for watch in left:
            watch.help_on()
        clocks.steady.sleep(pause)
        pause = min(pause * 1.3, 4.0)
        try:
            site = look_again(cli, run, {watch.id for watch in left}, settings.glusterd_dir)
        except errors.GeorepError as exc:
            # glusterd may be restarted while this waits for hours.
            blind = exc.message
            continue
        blind = None
        for watch in left:
            watch.look(site.find(watch.id))
    for watch in watches:
        watch.tidy()
    return [watch.done for watch in watches if watch.done is not None]
