# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Sessions, made as declared: gather, plan, apply, verify. Any number of them in one go."""

from __future__ import annotations

import concurrent.futures
import contextlib
import threading
import time
import typing as t

from .._faults import health
from .._faults.site import UNREACHED, Trouble
from .._gluster import sessions
from .._gluster.gsyncd import coming_up
from .._gluster.runner import GlusterCli, Run
from .._gluster.store import read_modified
from .._gluster.version import version_key
from .._model import errors, identity
from .._model.cluster import Cluster, Session
from .._model.identity import SessionId
from .._model.options import plan_config
from .._model.states import State, worst_workers
from .._model.words import to_old_words
from .._plan import decide
from .._plan.session import Current, Plan, Step, Wanted, current_of, plan_session, whole_config
from .._read import logs, site
from .._read.facts import (
    gather,
    read_config,
)
from .._read.leftovers import leftovers
from . import proofs
from .prepare import Settings, far_uuid, prepare

#: Status words follow a command after 1 to 5 seconds; this long they may lag before we call it a failure.
SETTLE_SECONDS = 20.0
#: Each starts a Python of its own on this node.
READS_AT_ONCE = 4
#: Workers need the processor that an answer of gluster takes. So while those of this node say that they are on their way, it is
#: asked this seldom, in seconds.
SELDOM_SECONDS = 5.0
#: After these a session is owed a proof. One that is only stopped or paused is owed it from its next start.
OWING = frozenset(("create", "config", "start", "resume", "delete"))
#: So long a session may take to become Active before its secondary site is asked for the reason, and between two questions, in seconds.
SITE_SECONDS = 20.0
#: So often a plan is made again because another run got in the way; then that one is left to win.
TURNS_AT_MOST = 6
#: A session that nodes were to be paused or resumed in, whatever each of them did before, is told once more after so many seconds.
CORRECT_SECONDS = 5.0
CORRECTIONS_AT_MOST = 3


class Outcome(t.NamedTuple):
    """What became of one declared session."""

    plan: Plan
    before: t.Optional[Session]
    after: t.Optional[Session]
    notes: list[str]
    leftovers: t.Sequence[str] = ()  #: of a session that is declared absent

    @property
    def changed(self) -> bool:
        return self.plan.changed


class Clock(t.NamedTuple):
    """Time from outside, so that tests need not wait."""

    now: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep


def converge(
    cli: GlusterCli, run: Run, wanted: t.Sequence[Wanted], settings: Settings, clock: Clock | None = None
) -> list[Outcome]:
    """Make every declared session so, and prove it by reading back.

    Nothing is touched before all of them have passed their checks.

    :raises InvalidInput: an option is at fault.
    :raises GeorepError: gluster is.
    """
    clock = clock or Clock()
    cluster, plans, remarks, notes = prepare(cli, run, wanted, settings)
    before = [cluster.find(plan.wanted.id) for plan in plans]
    if settings.check_mode:
        left = [_left_of(plan, plans, cluster, settings) for plan in plans]
        return [Outcome(plan, seen, None, said + note, rest) for plan, seen, said, note, rest in zip(plans, before, remarks, notes, left)]
    worker = _Applier(cli, run, cluster, settings, clock)
    worker.apply_all(plans, notes)
    # Not between the changes, where each would wait for the other's lock, but while the last workers come up.
    configured = [
        plan for plan in plans if plan.after is not State.ABSENT and any(step.verb in ("create", "config") for step in plan.steps)
    ]
    with concurrent.futures.ThreadPoolExecutor(max_workers=READS_AT_ONCE) as pool:
        for job in [pool.submit(_verify_config, cli, run, plan, settings.glusterd_dir) for plan in configured]:
            job.result()
    after = worker.verify(plans)
    left = [_left_of(plan, plans, cluster, settings) for plan in plans]
    return [Outcome(plan, seen, then, said + note, rest) for plan, seen, then, said, note, rest in zip(plans, before, after, remarks, notes, left)]


def _left_of(plan: Plan, plans: t.Sequence[Plan], cluster: Cluster, settings: Settings) -> list[str]:
    """What stays of a session that is declared absent; nothing is said of others."""
    if plan.wanted.state != "absent":
        return []
    gone = {other.wanted.id for other in plans if other.wanted.state == "absent"}
    staying = {seen.id for seen in cluster.sessions} | {other.wanted.id for other in plans}
    return leftovers(plan.wanted.id, cluster.volumes, staying - gone, settings.glusterd_dir)


def _check_made(cli: GlusterCli, plan: Plan, seen: Session) -> None:
    """A session that another run has made meanwhile has to be the one that was to be made."""
    uuid, meant = seen.secondary_uuid, far_uuid(cli, plan.wanted.id)
    if uuid is not None and meant is not None and uuid != meant:
        raise errors.PreconditionFailed(
            f"Another run has created {plan.wanted.id} in the meantime, for a secondary volume with the UUID {uuid}. The volume "
            f"{seen.id.secondary_volume} on {seen.id.secondary_host} has the UUID {meant}. The session was left as it is.",
            remedy="If you do not need that session, delete it. Then run again.",
        )


def _verify_config(cli: GlusterCli, run: Run, plan: Plan, glusterd_dir: str) -> None:
    """Read the options back: glusterd takes some values and keeps the old ones, with success on its lips."""
    session = plan.wanted.id
    now = read_config(cli, run, session, glusterd_dir)
    wanted = whole_config(plan.wanted, plan.current)
    left = plan_config(now.values, wanted, read_modified(session, glusterd_dir, now.old_words))
    if left:
        raise errors.StateNotReached(
            f"{session}: gluster accepted the configuration, but the session has "
            + ", ".join(f"{change.name} = {change.before!r} instead of {change.after or 'the default'!r}" for change in left)
            + ".",
            remedy="Run again. If this repeats, read the session's gsyncd.conf on this node.",
        )


class _Applier:
    """Sends the steps, and judges by reading, not by what the commands answer."""

    def __init__(self, cli: GlusterCli, run: Run, cluster: Cluster, settings: Settings, clock: Clock) -> None:
        self._cli = cli
        self._run = run
        self._cluster = cluster
        self._settings = settings
        self._clock = clock
        self._old_words = version_key(cluster.version) < (10,)
        # Stamps of files are a tick of the kernel behind.
        self._began = time.time() - 0.1
        #: Sessions that are waited for: when gluster was last asked about each, or when all was sent to its volume, by the clock.
        self._asked: dict[SessionId, float] = {}
        #: Of sessions that did not take all their commands: how often they were told again, and when last.
        self._corrections: dict[SessionId, tuple[int, float]] = {}
        #: Sessions that were seen to be as planned while others were still worked on.
        self._arrived: dict[SessionId, Session | None] = {}

    def apply_all(self, plans: t.Sequence[Plan], notes: t.Sequence[list[str]]) -> None:
        """Side by side where they are of different volumes. After the first failure none is begun any more; those under way end."""
        # With push-pem each brings its keys into the same files over there.
        at_once = 1 if self._settings.push_pem else self._settings.changes_at_once
        by_volume: dict[str, list[tuple[Plan, list[str]]]] = {}
        for plan, note in zip(plans, notes):
            if plan.steps:
                by_volume.setdefault(plan.wanted.id.primary_volume, []).append((plan, note))
        failed = threading.Event()

        def work(group: t.Sequence[tuple[Plan, list[str]]]) -> None:
            for plan, note in group:
                if failed.is_set():
                    return
                try:
                    self.apply(plan, note)
                except BaseException:
                    failed.set()
                    raise
            # Not before: the question would take the lock that the next change of the volume needs.
            now = self._clock.now()
            if self._settings.wait:
                self._asked.update((plan.wanted.id, now) for plan, _note in group if plan.after is State.ACTIVE)

        with concurrent.futures.ThreadPoolExecutor(max_workers=at_once) as pool:
            jobs = [pool.submit(work, group) for group in by_volume.values()]
            while concurrent.futures.wait(jobs, timeout=0.5).not_done and not failed.is_set():
                self._look_meanwhile(plans)
        failures = [failure for failure in (job.exception() for job in jobs) if failure is not None]
        if failures:
            first, *others = failures
            if isinstance(first, errors.GeorepError):
                first.message += "".join(f" At the same time: {getattr(other, 'message', other)}" for other in others)
            raise first

    def _look_meanwhile(self, plans: t.Sequence[Plan]) -> None:
        """At one session that should be there by now, while others are worked on: gluster's answer costs the same later."""
        for plan in plans:
            session, now = plan.wanted.id, self._clock.now()
            due = session in self._asked and session not in self._arrived and now - self._asked[session] >= SELDOM_SECONDS
            if not due or self._too_early([plan]):
                continue
            self._asked[session] = now
            # What cannot be read now is read in the end, and told then.
            with contextlib.suppress(errors.GeorepError):
                seen = self._read([session])[session]
                if _reached(plan, seen):
                    self._arrived[session] = seen
            return

    def apply(self, plan: Plan, notes: list[str]) -> None:
        # Only what was accepted by name forces; the notes made below are no consents.
        forced = bool(notes)
        left, sent, turns = list(plan.steps), t.cast("list[Step]", []), 0
        believed = True
        while left:
            if believed and not OWING.isdisjoint(step.verb for step in left):
                self._withdraw_proof(plan)
                believed = False
            step = left.pop(0)
            try:
                self._send(plan, step, forced)
            except (errors.CommandFailed, errors.OutcomeUnknown, errors.CommandTimeout, errors.DaemonUnreachable) as exc:
                if step.verb == "create" and not step.force and sessions.says_so("create", exc.message) and self._half_made(plan):
                    # An earlier run died between making the session's directory and registering it.
                    self._send(plan, step, forced=True)
                    notes.append("A session that an earlier run had created only in part was found and completed.")
                elif step.verb == "create" and self._settings.push_pem and logs.gverify_words() and not sessions.says_so("create", exc.message):
                    # gluster's own check says little on the command line, and more in its logs.
                    exc.message = f"{exc.message} gverify's logs on this node: {' '.join(logs.gverify_words())}"
                    raise
                elif turns == TURNS_AT_MOST:
                    raise
                else:
                    turns += 1
                    left = self._left(plan, step, exc, [*sent, step])
                    notes.append(f"{step}: gluster reported an error ({exc.message!r}), but the session has the wanted state.")
            sent.append(step)

    def _withdraw_proof(self, plan: Plan) -> None:
        """Before the first command: a run that is killed after it leaves a session of which nobody believes that it was proved."""
        session = plan.wanted.id
        volume = self._cluster.volumes.get(session.primary_volume)
        if volume:
            others = [seen for seen in self._cluster.sessions if seen.id.primary_volume == session.primary_volume]
            proofs.withdraw(self._cli, volume.name, proofs.standing(volume.options, self._cluster.find(session), others))

    def _send(self, plan: Plan, step: Step, forced: bool) -> None:
        session = plan.wanted.id
        who = (self._cli, session.primary_volume, session.target)
        if step.verb == "create":
            sessions.create(*who, push_pem=self._settings.push_pem, ssh_port=plan.wanted.ssh_port or 22, force=forced or step.force)
        elif step.verb == "delete":
            sessions.delete(*who, reset_sync_time=plan.wanted.reset_sync_time)
        elif step.change is not None:
            name = to_old_words(step.change.name) if self._old_words else step.change.name
            if step.change.after is None or step.change.reset_first:
                sessions.reset_option(*who, name)
            if step.change.after is not None:
                sessions.set_option(*who, name, step.change.after)
        else:
            # Stop refuses when a node is down, unless forced; who accepted that wants it done on the others.
            sessions.act(*who, step.verb, force=step.force or (forced and step.verb == "stop"))

    def _half_made(self, plan: Plan) -> bool:
        """Whether a creation that was refused as made already left a directory alone; a session was made by another run meanwhile.

        gluster refuses so with its lock in hand: no other creation is under way.

        :raises InvalidInput: the directory is that of another session.
        """
        session = plan.wanted.id
        cluster = self._gather(plan)
        identity.check_apart(session, cluster.ids)
        decide.check_account(session, cluster)
        return cluster.find(session) is None

    def _left(self, plan: Plan, step: Step, refusal: errors.GeorepError, sent: t.Sequence[Step]) -> list[Step]:
        """What is left to be done after an answer that is no success, by the state read back, whoever brought it about.

        :param sent: all steps so far, this one among them.
        :raises GeorepError: the answer itself, where the state is not what the step was for.
        """
        claimed = isinstance(refusal, errors.CommandFailed) and sessions.says_so(step.verb, refusal.message)
        # A refusal of another kind is final. glusterd that does not answer is not waited for as long as workers are.
        patience = 0.0 if isinstance(refusal, errors.CommandFailed) and not claimed else SETTLE_SECONDS
        if patience and self._settings.wait and not isinstance(refusal, errors.DaemonUnreachable):
            patience = max(patience, self._settings.wait_timeout)
        started, pause = self._clock.now(), 0.5
        while True:
            if patience:
                self._clock.sleep(pause)
                pause = min(pause * 1.5, 3.0)
            waited = self._clock.now() - started
            told = ""
            try:
                seen = self._gather(plan, with_config=True).find(plan.wanted.id)
            except errors.GeorepError as exc:
                # What cannot be read now is asked again.
                told = f" The state of the session could not be read after that: {exc.message}"
            else:
                if seen is None and plan.after is not State.ABSENT and step.verb != "create":
                    refusal.message = (
                        f"{refusal.message.rstrip('.')}. {plan.wanted.id} does not exist any more: another run or a person has deleted it. "
                        "Run again to create it anew, or take it out of the declaration."
                    )
                    raise refusal
                left = self._plan_again(plan, seen, sent)
                again = next((item for item in left if item.verb == step.verb and _option(item) == _option(step)), None)
                # One that runs on some nodes alone may be on its way, or need the force that this step lacked.
                if again is None or (claimed and again.force and not step.force and waited > SETTLE_SECONDS):
                    if seen is not None and step.verb == "create":
                        _check_made(self._cli, plan, seen)
                    return left
                if patience or len(sent) > 1:
                    told = f" After that, the state of the session is {seen.state.value if seen else 'absent'}."
            if waited >= patience:
                refusal.message = f"{refusal.message}{'' if refusal.message.endswith('.') or not told else '.'}{told}"
                raise refusal

    def _plan_again(self, plan: Plan, seen: Session | None, sent: t.Sequence[Step]) -> list[Step]:
        """The plan from where the session stands by now. Other nodes' files were read before, so what was sent counts as done there."""
        others = [other for other in self._cluster.sessions if other.id != plan.wanted.id]
        current = current_of(self._cluster._replace(sessions=[*others, seen] if seen else others), plan.wanted.id)
        done = {(item.verb, _option(item)) for item in sent[:-1] if item.verb in ("create", "config")}
        if plan.creates or ("create", None) in done or not self._settings.may_create:
            current = current._replace(nodes_without_session=())
        if plan.creates or not self._settings.may_create:
            current = current._replace(bricks_without_worker=())
        nodes = {node: dict(own) for node, own in current.nodes.items()} if not plan.creates else {}
        # Of the last one this node's own file tells, unless it was for other nodes alone: then nothing tells what became of it.
        told = [item.change for item in sent if item.change is not None and (item is not sent[-1] or not item.change.nodes)]
        for change in told:
            for own in nodes.values():
                own.pop(change.name, None)
                own.update({change.name: change.after} if change.after is not None else {})
        wanted = plan.wanted
        if wanted.state == "present" and plan.after is State.PAUSED:
            wanted = wanted._replace(state="paused")
        left = plan_session(wanted, current._replace(nodes=nodes)).steps
        return [item for item in left if (item.verb, _option(item)) not in done]

    def _gather(self, plan: Plan, with_config: bool = False) -> Cluster:
        return gather(
            self._cli, self._run, config_of=lambda session: with_config and session == plan.wanted.id,
            glusterd_dir=self._settings.glusterd_dir,
        )

    def verify(self, plans: t.Sequence[Plan]) -> list[Session | None]:
        """Poll until every session is as planned, or the deadline passes.

        :raises StateNotReached: naming session, worker, brick and its last error.
        """
        to_see = [plan for plan in plans if plan.changed or (self._settings.wait and plan.after is State.ACTIVE)]
        seen = {plan.wanted.id: self._arrived.get(plan.wanted.id, self._cluster.find(plan.wanted.id)) for plan in plans}
        late = [plan for plan in to_see if plan.wanted.id not in self._arrived and (plan.changed or not _reached(plan, seen[plan.wanted.id]))]
        if not late:
            return [seen[plan.wanted.id] for plan in plans]
        started = self._clock.now()
        asked = looked = 0.0
        pause = 1.0
        patience = max(self._settings.wait_timeout, SETTLE_SECONDS) if self._settings.wait else SETTLE_SECONDS
        troubles: dict[SessionId, list[Trouble]] = {}
        while True:
            waited = self._clock.now() - started
            if self._settings.wait and waited <= patience and waited - asked < SELDOM_SECONDS and self._too_early(late):
                self._clock.sleep(0.5)
                continue
            asked = waited
            seen.update(self._look_at(late, plans, waited, thorough=waited > patience or not self._settings.wait))
            late = [plan for plan in late if not _reached(plan, seen[plan.wanted.id])]
            late = [plan for plan in late if self._settings.wait or plan.after is not State.ACTIVE]
            if not late:
                return [seen[plan.wanted.id] for plan in plans]
            for plan in late:
                self._correct(plan, seen[plan.wanted.id], waited)
            over = waited > patience or (waited > SETTLE_SECONDS and all(_gave_up(plan, seen[plan.wanted.id]) for plan in late))
            starting = [plan.wanted.id for plan in late if plan.after is State.ACTIVE and seen[plan.wanted.id] is not None]
            # A host that did not answer takes its time whenever it is asked.
            silent = any(each.id == UNREACHED for found in troubles.values() for each in found)
            if starting and not silent and (over or waited - looked > SITE_SECONDS):
                looked = waited
                troubles = site.look(self._cli, starting)
                # What cannot come is not waited for. A worker starts by itself when its secondary volume is back.
                over = over or (len(starting) == len(late) and all(any(each.ends for each in troubles.get(session, ())) for session in starting))
            if over:
                raise errors.StateNotReached(
                    " ".join(self._explain(plan, seen[plan.wanted.id], waited, troubles.get(plan.wanted.id, [])) for plan in late),
                    remedy="Read gsyncd.log on the node of each worker, below /var/log/glusterfs/geo-replication/."
                    if not all(troubles.get(plan.wanted.id) for plan in late)
                    else "Repair the secondary site first. The workers then continue by themselves; run again to check.",
                )
            self._clock.sleep(pause)
            pause = min(pause * 1.3, 3.0)

    def _correct(self, plan: Plan, seen: Session | None, waited: float) -> None:
        """Send what is left for a session whose nodes need not all have been as the plan took them to be.

        ``pause force`` and ``resume force`` succeed without effect on a node that does not run, or does not run yet.
        """
        count, last = self._corrections.get(plan.wanted.id, (0, 0.0))
        uncertain = any(step.force and step.verb in ("pause", "resume") for step in plan.steps)
        if seen is None or not uncertain or count == CORRECTIONS_AT_MOST or waited - last < CORRECT_SECONDS:
            return
        self._corrections[plan.wanted.id] = count + 1, waited
        wanted = Wanted(plan.wanted.id, "paused" if plan.after is State.PAUSED else "started", None)
        for step in plan_session(wanted, Current(seen.state)).steps:
            # What it is worth is read next.
            with contextlib.suppress(errors.CommandFailed, errors.OutcomeUnknown, errors.CommandTimeout):
                self._send(plan, step, forced=False)

    def _too_early(self, late: t.Sequence[Plan]) -> bool:
        return all(plan.after is State.ACTIVE for plan in late) and any(
            coming_up(plan.wanted.id, self._began if any(step.verb == "start" for step in plan.steps) else 0, self._settings.glusterd_dir)
            for plan in late
        )

    def _look_at(
        self, late: t.Sequence[Plan], plans: t.Sequence[Plan], waited: float, thorough: bool
    ) -> dict[SessionId, Session | None]:
        """How the late ones are by now, and maybe others.

        The call for all sessions takes half a second for each of them, so of many only the one that was started last
        is asked until it is there: the others had more time.

        :param thorough: ask about all of them, because what is seen now is what will be told.
        """
        known = {entry.id for entry in self._cluster.sessions} | {plan.wanted.id for plan in plans}
        wanted = [plan.wanted.id for plan in late]
        alone = [] if len(known) < 3 else wanted if 2 * len(wanted) < len(known) else wanted[-1:]
        if alone and not thorough and not any(plan.after is State.ABSENT for plan in late):
            # One that cannot be read alone is told more about by the call for all.
            with contextlib.suppress(errors.CommandFailed, errors.UnreadableOutput):
                seen = self._read(alone)
                # Right after its start it is Stopped still; that means something only later.
                gave_up = waited > SETTLE_SECONDS and _gave_up(late[-1], seen[alone[-1]])
                if len(alone) == len(wanted) or not (gave_up or _reached(late[-1], seen[alone[-1]])):
                    return seen
        return self._read([plan.wanted.id for plan in plans], together=True)

    def _read(self, wanted: t.Sequence[SessionId], together: bool = False) -> dict[SessionId, Session | None]:
        cluster = gather(
            self._cli, self._run, with_volumes=False, only=None if together else wanted,
            glusterd_dir=self._settings.glusterd_dir,
        )
        # With the replica sets that were read at the beginning, instead of asking for them at each poll.
        cluster = cluster._replace(sessions=[entry.refolded(self._cluster.volumes.get(entry.id.primary_volume)) for entry in cluster.sessions])
        return {session: cluster.find(session) for session in wanted}

    def _explain(self, plan: Plan, seen: Session | None, waited: float, troubles: t.Sequence[Trouble]) -> str:
        session = plan.wanted.id
        state = seen.state.value if seen else "absent"
        text = f"{session} is {state}, not {plan.after.value}, {waited:.0f} s after the last command."
        if seen is None:
            return f"{text} Another run, or a person, has deleted the session in the meantime."
        if plan.after is State.ABSENT:
            return f"{text} Another run, or a person, has created the session again in the meantime."
        volume = self._cluster.volumes.get(session.primary_volume)
        sets = volume.places if volume else []
        bad = worst_workers(seen.workers, sets)
        text += "".join(f" Worker {worker.node}:{worker.brick} is {worker.status}." for worker in bad)
        text += "".join(f" Brick {node}:{path} has no worker: its node is down or does not know the session." for node, path in seen.missing)
        last = logs.last_error(session)
        if any(trouble.stops for trouble in troubles):
            # The reason is known: what the log makes of it would only be a guess.
            return f"{text}{site.words(troubles)}" + (f" Last error in gsyncd.log on this node: {health.shortened(last.line)}" if last else "")
        return f"{text}{site.words(troubles)}" + (f" {last}" if last else "")


def _option(step: Step) -> str | None:
    return step.change.name if step.change else None


def _reached(plan: Plan, seen: Session | None) -> bool:
    state = seen.state if seen else State.ABSENT
    if plan.completes and seen and any(f"{node}:{path}" in plan.current.bricks_without_worker for node, path in seen.missing):
        return False
    if plan.after in (State.STOPPED, State.CREATED):
        # Stopping a session that was never started leaves it Created or makes it Stopped, by release.
        return state in (State.STOPPED, State.CREATED)
    if plan.wanted.state == "present" and plan.after is State.MIXED:
        # A change of its configuration may have resumed the nodes that were paused.
        return state not in (State.ABSENT, State.UNREADABLE)
    if plan.wanted.state == "present" and plan.after.running:
        return state.running
    return state is plan.after


def _gave_up(plan: Plan, seen: Session | None) -> bool:
    """The monitor was started and is gone, or another run has changed its mind: waiting longer changes nothing."""
    if (seen is None) is not (plan.after is State.ABSENT):
        return True
    return plan.after is State.ACTIVE and seen is not None and seen.state in (State.CREATED, State.STOPPED)
