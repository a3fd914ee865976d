# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""New key pairs in place of old ones, step by step, with both accepted in between.

Where a node stands is told by its files alone, so that a run that was killed is finished by the next one::

    secret.pem  (nothing else)                 idle
    secret.pem  secret.pem.next                prepared: the next pair is made, and maybe brought
    secret.pem  secret.pem.previous            switched: the pair in use is the new one, the old one is still accepted
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
import time
import typing as t

from .._georep.plan import Wanted
from .._georep.states import State
from .._gluster import runner
from .._model import errors, identity
from .._ssh import accounts, authorized_keys, georep_keys, key_record, keys, known_hosts, probe
from . import session, trust
from .facts import gather, read_registered

IDLE, PREPARED, SWITCHED = "idle", "prepared", "switched"
STEPS = ("prepare", "switch", "reconnect", "finish")
#: The sessions that are being restarted: one that was stopped for it has to be started again, whoever does it.
MARKER = "rotation.json"
#: Seconds to wait for a step of another run on this node; one restarts all running sessions.
ALONE_SECONDS = 600.0
#: Seconds that ssh-keygen may take.
MAKING_TIMEOUT = 120


class Pair(t.NamedTuple):
    """One of this node's key pairs."""

    name: str
    folder: str

    def path(self, suffix: str = "", public: bool = False) -> str:
        return f"{self.folder}/{self.name}{suffix}" + (".pub" if public else "")

    def public(self, suffix: str = "") -> keys.PublicKey | None:
        try:
            with open(self.path(suffix, public=True), "rb") as file:
                return keys.parse_public_key(keys.decode(file.read()))
        except (FileNotFoundError, NotADirectoryError):
            return None

    @property
    def stage(self) -> str:
        if os.path.exists(self.path(georep_keys.NEXT)):
            return PREPARED
        return SWITCHED if os.path.exists(self.path(georep_keys.PREVIOUS)) else IDLE

    def old(self) -> keys.PublicKey | None:
        previous = self.public(georep_keys.PREVIOUS)
        if self.stage == SWITCHED:
            return previous
        # A switch that was killed early on has taken the public half away already.
        return self.public() or (previous if self.stage == PREPARED else None)

    def new(self) -> keys.PublicKey | None:
        return {PREPARED: self.public(georep_keys.NEXT), SWITCHED: self.public()}.get(self.stage)


def rotate(params: dict[str, t.Any], ctx: trust.Context) -> None:
    """One step of the rotation on this node; the outcome is in ``ctx.report``."""
    wish = trust.read_wish(params)
    with _alone(ctx):
        _rotate(params, wish, ctx)


@contextlib.contextmanager
def _alone(ctx: trust.Context) -> t.Iterator[None]:
    """One step at a time on this node: a module whose controller was killed goes on for a while, with the same files.

    :raises PreconditionFailed: another one takes too long.
    """
    if not os.path.isdir(ctx.georep_dir):
        yield
        return
    descriptor = os.open(ctx.georep_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        end = time.monotonic() + ALONE_SECONDS
        while True:
            try:
                # The kernel releases it with the process.
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise errors.PreconditionFailed(
                        f"Another run has been replacing the geo-replication keys of {ctx.node} for {ALONE_SECONDS:g} seconds.",
                        remedy="Wait until it has ended, then run again: this run goes on from there.",
                    ) from None
                time.sleep(0.2)
        yield
    finally:
        os.close(descriptor)


def _rotate(params: dict[str, t.Any], wish: trust.Wish, ctx: trust.Context) -> None:
    pairs = [Pair(name, ctx.georep_dir) for name in georep_keys.PAIRS]
    if params["rotation_step"] == "reconnect":
        _reconnect(ctx)
        return
    _check_pairs(pairs, ctx)
    trust.sweep(wish, ctx)
    limit = read_limit(params["rotate_before"], params["max_age"], time.time())
    state = georep_keys.read(ctx.georep_dir)
    ctx.report.before["keys"] = ctx.report.after["keys"] = state.fingerprints()
    ctx.report.public_keys = state.common or []
    replaced = authorized_keys.read_wanted(params["replaced_keys"] or [], "replaced_keys", login_key=True)
    step = {"prepare": _prepare, "switch": _switch, "finish": _finish}[params["rotation_step"]]
    step(pairs, wish, ctx, limit, replaced)
    trust.tell_keys(wish, ctx)


def _check_apart(ctx: trust.Context) -> None:
    """Before a rotation begins, because it ends with a restart of all running sessions.

    :raises PreconditionFailed: two sessions share a directory, and with it one state: restarting one would stop the other.
    """
    known = [entry.id for entry in read_registered(os.path.dirname(ctx.georep_dir))]
    for found in known:
        beside = identity.sharing(found, known)
        if beside:
            raise errors.PreconditionFailed(
                f"The keys of {ctx.node} were not rotated, because that restarts all running sessions. {identity.shared_words(found, beside)}",
                remedy=identity.by_hand(beside[0]),
            )


def read_limit(rotate_before: str | None, max_age: int | None, now: float) -> float | None:
    """Keys made before this moment are due.

    :raises InvalidInput: with a rule by which the keys would be due again on every run.
    """
    if max_age is not None:
        if max_age < 1:
            raise errors.InvalidInput(
                f"max_age: {max_age} days would make the keys due on every run.",
                remedy="Give at least 1 day, or the moment from which on keys are new enough as rotate_before.",
                option="max_age",
                value=max_age,
            )
        return now - 86400 * max_age
    if rotate_before is None:
        return None
    text = rotate_before.strip().replace(" ", "T")
    text = text[:-1] + "+00:00" if text.endswith("Z") else text
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as exc:
        raise errors.InvalidInput(
            f"rotate_before: {rotate_before!r} is not a time.",
            remedy="Write it in UTC, for example 2026-11-22T14:00:00Z.",
            option="rotate_before",
            value=rotate_before,
        ) from exc
    limit = (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp()
    if limit > now + 60:
        raise errors.InvalidInput(
            f"rotate_before: {rotate_before!r} lies in the future; the keys would be due on every run until then.",
            remedy="Give the time of now, in UTC, or max_age.",
            option="rotate_before",
            value=rotate_before,
        )
    return limit


def _check_pairs(pairs: t.Sequence[Pair], ctx: trust.Context) -> None:
    missing = [pair.name for pair in pairs if not os.path.exists(pair.path())]
    if missing:
        raise errors.PreconditionFailed(
            f"{ctx.node} has no geo-replication key {' and '.join(missing)} in {ctx.georep_dir}: there is nothing to rotate.",
            remedy="Run once with state: present and generate_keys: true on one node of the primary cluster while all of "
            "them are up.",
        )


# --- prepare ---------------------------------------------------------------------------------------------------------


def _prepare(
    pairs: t.Sequence[Pair],
    wish: trust.Wish,
    ctx: trust.Context,
    limit: float | None,
    _replaced: t.Sequence[authorized_keys.Wanted],
) -> None:
    """Make the next pairs beside those in use, where they are due; tell the lines to bring and to take away."""
    report = ctx.report
    made = min(os.stat(pair.path()).st_mtime for pair in pairs)
    begun = any(pair.stage != IDLE for pair in pairs)
    due = begun or (limit is not None and made < limit)
    told = datetime.datetime.fromtimestamp(made, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    reason = "a rotation was begun and not finished" if begun else f"they were made {told}" if due else ""
    report.rotation = {"due": due, "reason": reason, "made": told, "old_lines": [], "new_lines": []}
    if not due:
        if not ctx.check_mode:
            _sweep(pairs, time.time())
        return
    _check_apart(ctx)
    lines = wish.public_keys if wish.public_keys is not None else _gathered(ctx)
    report.notes.append(f"The keys of {ctx.node} {'would be' if ctx.check_mode else 'are'} replaced: {reason}.")
    for pair in pairs:
        if pair.stage == PREPARED and pair.new() is None and not ctx.check_mode:
            _complete(pair, ctx)
        if pair.stage == SWITCHED and not ctx.check_mode:
            _settle(pair)
        if pair.stage == IDLE and begun and _others_are(pairs, SWITCHED, pair):
            # A run that was killed while it finished: this pair is through, and what it has is the new key.
            continue
        if pair.stage == IDLE:
            report.changed = True
            if ctx.check_mode:
                report.after["keys"] = {**report.after["keys"], pair.name: "(to be generated)"}
                continue
            _generate(pair, ctx)
        old, new = pair.old(), pair.new()
        if old is not None:
            report.rotation["old_lines"].append(_line(old, lines, georep_keys.PAIRS[pair.name]))
        if new is not None:
            report.rotation["new_lines"].append(_line(new, lines, georep_keys.PAIRS[pair.name]))
            report.generated += [pair.path(georep_keys.NEXT)] if report.changed else []


def _others_are(pairs: t.Sequence[Pair], stage: str, but: Pair) -> bool:
    return all(pair.stage == stage for pair in pairs if pair is not but)


def _gathered(ctx: trust.Context) -> list[authorized_keys.Wanted]:
    common = georep_keys.read(ctx.georep_dir).common
    if common is None:
        raise errors.PreconditionFailed(
            f"{ctx.node} does not hold the public keys of its cluster ({georep_keys.COMMON} is missing).",
            remedy="Give them as public_keys: the module returns them on the node that gathered them.",
            option="public_keys",
        )
    return authorized_keys.read_wanted(common, "public_keys")


def _line(key: keys.PublicKey, lines: t.Sequence[authorized_keys.Wanted], kind: str) -> str:
    """The key behind the forced command that gluster puts in front of such a key, blank by blank: it compares whole lines."""
    same = [want for want in lines if want.entry.key.identity == key.identity]
    alike = [want for want in lines if authorized_keys.command_kind(want.entry.forced_command) == kind]
    if not same and not alike:
        raise errors.PreconditionFailed(
            f"No line of the cluster's public keys forces {kind}.",
            remedy="Gather them again: gluster system:: execute gsec_create.",
            option="public_keys",
        )
    model = (same or alike)[0]
    return model.text[: model.text.index(f"{model.entry.key.kind} ", len(model.entry.options))] + key.line()


def _generate(pair: Pair, ctx: trust.Context) -> None:
    """As gluster makes its keys; under its name only when it is whole."""
    half = pair.path(".making")
    for path in (half, half + ".pub"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    argv = ["ssh-keygen", "-q", "-N", "", "-C", f"root@{ctx.node}", "-f", half]
    rc, out, err = ctx.run(argv, timeout=MAKING_TIMEOUT)
    if rc != 0:
        raise errors.TrustFailed(
            f"The next {pair.name} of {ctx.node} could not be made; the keys in use are untouched.",
            command=argv,
            rc=rc,
            stdout=out,
            stderr=err,
        )
    os.replace(half + ".pub", pair.path(georep_keys.NEXT, public=True))
    os.replace(half, pair.path(georep_keys.NEXT))


def _sweep(pairs: t.Sequence[Pair], now: float) -> None:
    """Remove what was killed before a next pair was whole, where no rotation is under way that would go on with it.

    Only what is older than the making of keys can take: another controller may just be at it.
    """
    for pair in pairs:
        for path in (f"{pair.path(suffix)}{end}" for suffix, end in ((".making", ""), (".making", ".pub"), (georep_keys.NEXT, ".pub"))):
            with contextlib.suppress(OSError):
                if now - os.lstat(path).st_mtime > MAKING_TIMEOUT + 30:
                    os.unlink(path)


def _complete(pair: Pair, ctx: trust.Context) -> None:
    georep_keys.restore_public(ctx.run, pair.name + georep_keys.NEXT, ctx.georep_dir)


def _settle(pair: Pair) -> None:
    """A switch that was killed between its two halves: the public key still waits, and none is in its place."""
    waiting = pair.path(georep_keys.NEXT, public=True)
    if os.path.exists(waiting):
        os.replace(waiting, pair.path(public=True))


# --- switch ----------------------------------------------------------------------------------------------------------


def _switch(
    pairs: t.Sequence[Pair],
    wish: trust.Wish,
    ctx: trust.Context,
    _limit: float | None,
    replaced: t.Sequence[authorized_keys.Wanted],
) -> None:
    """Test every way with the next keys, then put them in place. Processes that run keep their connections."""
    report = ctx.report
    waiting = [pair for pair in pairs if pair.stage == PREPARED]
    report.rotation = {"due": bool(waiting), "reason": "", "made": "", "old_lines": [], "new_lines": []}
    if waiting:
        _check_sites(wish, ctx)
        report.changed = True
        _test(waiting, wish, ctx)
    if not ctx.check_mode:
        for pair in pairs:
            if pair.stage == PREPARED:
                _put_in_place(pair)
            elif pair.stage == SWITCHED:
                _settle(pair)
        report.after["keys"] = georep_keys.read(ctx.georep_dir).fingerprints()
    _gather_again(wish, ctx, replaced)
    new = [want.text for want in wish.public_keys or ()]
    record = key_record.extended(key_record.read(ctx.georep_dir), new, key_record.volume_ids(ctx.georep_dir))
    trust.rewrite_record(ctx, record, dry=ctx.check_mode)


def _check_sites(wish: trust.Wish, ctx: trust.Context) -> None:
    """All sessions share the keys: none of them may be left behind."""
    given = {site.host for site in wish.sites}
    lost = [str(entry.id) for entry in read_registered(os.path.dirname(ctx.georep_dir)) if entry.url.host not in given]
    if lost:
        raise errors.InvalidInput(
            f"secondaries: the hosts of {', '.join(lost)} are not among them, and these sessions use the keys, too.",
            remedy="Give the hosts of all sessions of this cluster, so that every way can be tested before the keys are put in place.",
            option="secondaries",
            value=sorted(given),
        )


def _test(pairs: t.Sequence[Pair], wish: trust.Wish, ctx: trust.Context) -> None:
    """:raises TrustFailed: a way does not work with the next keys; nothing is switched then."""
    path = wish.known_hosts_file
    before = trust.read_file(path)
    text = known_hosts.plan_present(before, wish.known).text
    key_files = [
        probe.KeyFile(pair.path(georep_keys.NEXT), pair.name + georep_keys.NEXT, (georep_keys.PAIRS[pair.name],)) for pair in pairs
    ]
    with trust.known_hosts_for_ssh(wish, text, text != before) as file:
        results = probe.mesh(
            ctx.run, wish.targets, key_files, known_hosts_file=file, known_hosts_text=text, timeout=wish.timeout, shown_file=path
        )
    ctx.report.probes = [result.as_dict() for result in results]
    if any(not result.verdict.ok for result in results):
        message, remedy = probe.explain(results, ctx.node)
        raise errors.TrustFailed(
            f"The next keys of {ctx.node} do not work on every way, so those in use stay.\n{message}\n",
            remedy=f"{remedy}\nRun again then: the next keys are kept.",
        )


def _put_in_place(pair: Pair) -> None:
    """At every moment there is a whole private key under the name that gsyncd uses, and no public one that is another's.

    ssh asks the private key where there is no public one, and refuses to log in where the two do not match.
    """
    for public in (True, False):
        if not os.path.exists(pair.path(georep_keys.PREVIOUS, public)) and os.path.exists(pair.path(public=public)):
            os.link(pair.path(public=public), pair.path(georep_keys.PREVIOUS, public))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(pair.path(public=True))
    os.replace(pair.path(georep_keys.NEXT), pair.path())
    _settle(pair)


def _gather_again(wish: trust.Wish, ctx: trust.Context, replaced: t.Sequence[authorized_keys.Wanted]) -> None:
    """``common_secret.pem.pub`` with the new lines in place of the old ones, where this node has it."""
    report, folder = ctx.report, ctx.georep_dir
    text = georep_keys.common_text(folder)
    report.before["gathered"] = report.after["gathered"] = {georep_keys.COMMON: georep_keys.read(folder).gathered()}
    if not text or not (replaced or wish.public_keys):
        return
    plan = authorized_keys.plan_present(authorized_keys.plan_absent(text, replaced).text, wish.public_keys or [])
    if plan.text == text:
        return
    report.changed = True
    report.after["gathered"] = {
        georep_keys.COMMON: georep_keys.State({}, {}, keys.split_lines(plan.text)).gathered()
    }
    if not ctx.check_mode:
        georep_keys.write_common(plan.text, folder)


# --- reconnect -------------------------------------------------------------------------------------------------------


def _reconnect(ctx: trust.Context) -> None:
    """Restart running sessions one after the other: what runs logs in with the keys in place when it started.

    :raises StateNotReached: one that was active is not active again; the old keys are still accepted then.
    """
    cli = runner.GlusterCli(ctx.run)
    marker = f"{ctx.georep_dir}/{MARKER}"
    begun = _read_marker(marker)
    site = gather(cli, ctx.run)
    ids = {str(seen.id): seen for seen in site.sessions}
    running = {name: seen.state is State.ACTIVE for name, seen in ids.items() if seen.state.running}
    todo = {**{name: True for name in begun if name in ids}, **running}
    paused = [name for name, seen in ids.items() if seen.state is State.PAUSED]
    if paused:
        ctx.report.notes.append(f"Left paused, and logs in with the new keys once resumed: {', '.join(paused)}.")
    ctx.report.rotation = {"due": bool(todo), "reason": "", "made": "", "old_lines": [], "new_lines": [], "restarted": list(todo)}
    if not todo:
        return
    _check_apart(ctx)
    ctx.report.changed = True
    if ctx.check_mode:
        return
    _write_marker(marker, list(todo))
    for number, (name, was_active) in enumerate(todo.items()):
        wanted = Wanted(ids[name].id, "stopped", None)
        session.converge(cli, ctx.run, [wanted], session.Settings())
        session.converge(cli, ctx.run, [wanted._replace(state="started")], session.Settings(wait=was_active))
        _write_marker(marker, list(todo)[number + 1 :])
    os.unlink(marker)


def _read_marker(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8") as file:
            return [str(name) for name in json.load(file)["restarting"]]
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return []


def _write_marker(path: str, names: t.Sequence[str]) -> None:
    text = json.dumps({"restarting": list(names)}) + "\n"
    accounts.LocalFiles().replace(path, text.encode(), 0o600, os.geteuid(), os.getegid())


# --- finish ----------------------------------------------------------------------------------------------------------


def _finish(
    pairs: t.Sequence[Pair],
    wish: trust.Wish,
    ctx: trust.Context,
    _limit: float | None,
    replaced: t.Sequence[authorized_keys.Wanted],
) -> None:
    """The old keys are accepted nowhere any more: forget them."""
    report = ctx.report
    report.rotation = {"due": False, "reason": "", "made": "", "old_lines": [], "new_lines": []}
    _gather_again(wish, ctx, replaced)
    record = key_record.reduced(key_record.read(ctx.georep_dir), [want.text for want in replaced])
    trust.rewrite_record(ctx, record, dry=ctx.check_mode)
    for pair in pairs:
        if pair.stage == PREPARED:
            raise errors.PreconditionFailed(
                f"{pair.path(georep_keys.NEXT)} is there: the new key is not in use yet, so the old one must not go.",
                remedy="Do the step switch first.",
            )
        # The private half last: it tells where the node stands.
        for public in (True, False):
            path = pair.path(georep_keys.PREVIOUS, public)
            if os.path.exists(path):
                report.changed = True
                if not ctx.check_mode:
                    os.unlink(path)
