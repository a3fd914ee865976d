# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""New key pairs in place of old ones, step by step, with both accepted in between.

Where a node stands is told by its files alone, see :mod:`key_pairs`, so that a run that was killed is finished by the next one.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
import time
import typing as t

from .._faults.catalogue import SSH_FAILURES
from .._gluster import runner
from .._gluster.store import read_registered
from .._host.logins import logins_of
from .._model import errors, identity, key_lines
from .._model.destination import Destination, read_destinations
from .._model.states import State
from .._plan.key_age import read_limit
from .._plan.session import Wanted
from .._read.facts import gather
from .._ssh import (
    account_files,
    authorized_keys,
    georep_keys,
    key_pairs,
    key_record,
    keys,
    known_hosts,
    paths,
)
from .._ssh.answers import KeyFile
from .._ssh.key_pairs import IDLE, PREPARED, SWITCHED, Pair
from . import host_keys, session
from .key_work import Context, rewrite_record, sweep
from .keys import KeysReport, tell
from .prepare import Settings

STEPS = ("prepare", "switch", "reconnect", "finish")
#: The sessions that are being restarted: one that was stopped for it has to be started again, whoever does it.
MARKER = "rotation.json"
#: Seconds to wait for a step of another run on this node; one restarts all running sessions.
ALONE_SECONDS = 600.0


class Request(t.NamedTuple):
    """The checked input of a step.

    :ivar limit: keys made before this moment are due, in seconds since 1970.
    :ivar lines: ``prepare``: the lines of the cluster, if they are not to be read on this node; later: the new lines of all nodes.
    :ivar replaced: the old lines of all nodes.
    :ivar destinations: where every path is tested before the next keys are put in place; ``prepare``: where they have to be accepted.
    :ivar causes: what secondary nodes said that stops a login, by their names and accounts.
    """

    step: str
    limit: t.Optional[float]
    lines: t.Optional[list[authorized_keys.Wanted]]
    replaced: list[authorized_keys.Wanted]
    destinations: list[Destination]
    host_keys: host_keys.Given
    timeout: int
    causes: t.Mapping[tuple[str, str], t.Sequence[str]] = {}


def read_request(params: t.Mapping[str, t.Any], now: float) -> Request:
    """Check every word before anything is touched."""
    destinations = read_destinations(params["secondaries"])
    hosts = list(dict.fromkeys((target.host, target.port) for target in paths.targets_of(destinations)))
    given = params["public_keys"]
    return Request(
        step=params["step"],
        limit=read_limit(params["rotate_before"], params["max_age"], now),
        lines=None if given is None else authorized_keys.read_wanted(given, "public_keys"),
        replaced=authorized_keys.read_wanted(params["replaced_keys"] or [], "replaced_keys", login_key=True),
        destinations=destinations,
        host_keys=host_keys.Given(
            keys.check_path(params["known_hosts_file"], "known_hosts_file"),
            known_hosts.read_wanted(params["known_hosts"] or [], hosts, "known_hosts"),
        ),
        timeout=paths.check_timeout(params["timeout"]),
        causes=paths.read_causes(params["obstacles"]),
    )


def rotate(request: Request, ctx: Context, report: KeysReport) -> None:
    """One step of the rotation on this node; the outcome is in the report."""
    with _alone(ctx):
        if request.step == "reconnect":
            _reconnect(ctx, report)
            return
        pairs = [Pair(name, ctx.georep_dir) for name in georep_keys.PAIRS]
        _check_pairs(pairs, ctx)
        if not ctx.check_mode:
            sweep([request.host_keys.file, *(f"{ctx.georep_dir}/{name}" for name in (key_record.NAME, georep_keys.COMMON))])
        state = georep_keys.read(ctx.georep_dir)
        report.before["keys"] = report.after["keys"] = state.fingerprints()
        report.public_keys = state.common or []
        {"prepare": _prepare, "switch": _switch, "finish": _finish}[request.step](pairs, request, ctx, report)
        tell(ctx, report, request.host_keys.file)


@contextlib.contextmanager
def _alone(ctx: Context) -> t.Iterator[None]:
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
                        remedy="Wait until that run has ended, then run again.",
                    ) from None
                time.sleep(0.2)
        yield
    finally:
        os.close(descriptor)


def _check_apart(ctx: Context) -> None:
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


def _check_pairs(pairs: t.Sequence[Pair], ctx: Context) -> None:
    missing = [pair.name for pair in pairs if not os.path.exists(pair.path())]
    if missing:
        raise errors.PreconditionFailed(
            f"{ctx.node} has no geo-replication key {' and '.join(missing)} in {ctx.georep_dir}, so no key can be rotated.",
            remedy="Run gluster_georep_keys with state: present once on one primary node, while all primary nodes are up.",
        )


def _rotation(due: bool, **more: t.Any) -> dict[str, t.Any]:
    return {"due": due, "reason": "", "made": "", "old_lines": [], "new_lines": [], **more}


# --- prepare ---------------------------------------------------------------------------------------------------------


def _prepare(pairs: t.Sequence[Pair], request: Request, ctx: Context, report: KeysReport) -> None:
    """Make the next pairs beside those in use, where they are due; tell the lines to bring and to take away."""
    made = min(os.stat(pair.path()).st_mtime for pair in pairs)
    begun = any(pair.stage != IDLE for pair in pairs)
    due = begun or (request.limit is not None and made < request.limit)
    told = datetime.datetime.fromtimestamp(made, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    reason = "an earlier rotation was not finished" if begun else f"they were created at {told}" if due else ""
    report.rotation = _rotation(due, reason=reason, made=told)
    if not due:
        if not ctx.check_mode:
            key_pairs.sweep(pairs, time.time())
        return
    _check_apart(ctx)
    report.logins = logins_of(request.destinations, ctx.run)
    lines = request.lines if request.lines is not None else _gathered(ctx)
    report.notes.append(f"The keys of {ctx.node} {'would be' if ctx.check_mode else 'are'} replaced: {reason}.")
    for pair in pairs:
        if pair.stage == PREPARED and pair.new() is None and not ctx.check_mode:
            key_pairs.complete(pair, ctx.run)
        if pair.stage == SWITCHED and not ctx.check_mode:
            key_pairs.settle(pair)
        if pair.stage == IDLE and begun and _others_are(pairs, SWITCHED, pair):
            # A run that was killed while it finished: this pair is through, and what it has is the new key.
            continue
        if pair.stage == IDLE:
            report.changed = True
            if ctx.check_mode:
                report.after["keys"] = {**report.after["keys"], pair.name: "(to be generated)"}
                continue
            key_pairs.generate(pair, ctx.node, ctx.run)
        old, new = pair.old(), pair.new()
        if old is not None:
            report.rotation["old_lines"].append(_line(old, lines, georep_keys.PAIRS[pair.name]))
        if new is not None:
            report.rotation["new_lines"].append(_line(new, lines, georep_keys.PAIRS[pair.name]))
            report.generated += [pair.path(georep_keys.NEXT)] if report.changed else []


def _others_are(pairs: t.Sequence[Pair], stage: str, but: Pair) -> bool:
    return all(pair.stage == stage for pair in pairs if pair is not but)


def _gathered(ctx: Context) -> list[authorized_keys.Wanted]:
    common = georep_keys.read(ctx.georep_dir).common
    if common is None:
        raise errors.PreconditionFailed(
            f"{ctx.node} does not hold the public keys of its cluster ({georep_keys.COMMON} is missing).",
            remedy="Give these lines in public_keys: gluster_georep_keys returns them on the node that gathered the keys.",
            option="public_keys",
        )
    return authorized_keys.read_wanted(common, "public_keys")


def _line(key: key_lines.PublicKey, lines: t.Sequence[authorized_keys.Wanted], kind: str) -> str:
    """The key behind the forced command that gluster puts in front of such a key, blank by blank: it compares whole lines."""
    same = [want for want in lines if want.entry.key.identity == key.identity]
    alike = [want for want in lines if authorized_keys.command_kind(want.entry.forced_command) == kind]
    if not same and not alike:
        raise errors.PreconditionFailed(
            f"None of the cluster's public key lines forces the command {kind}.",
            remedy="Gather the public keys again on one primary node: gluster system:: execute gsec_create.",
            option="public_keys",
        )
    model = (same or alike)[0]
    return model.text[: model.text.index(f"{model.entry.key.kind} ", len(model.entry.options))] + key.line()


# --- switch ----------------------------------------------------------------------------------------------------------


def _switch(pairs: t.Sequence[Pair], request: Request, ctx: Context, report: KeysReport) -> None:
    """Test every path with the next keys, then put them in place. Processes that run keep their connections."""
    waiting = [pair for pair in pairs if pair.stage == PREPARED]
    report.rotation = _rotation(bool(waiting))
    if waiting:
        _check_destinations(request, ctx)
        report.changed = True
        _test(waiting, request, ctx, report)
    if not ctx.check_mode:
        for pair in pairs:
            if pair.stage == PREPARED:
                key_pairs.put_in_place(pair)
            elif pair.stage == SWITCHED:
                key_pairs.settle(pair)
        report.after["keys"] = georep_keys.read(ctx.georep_dir).fingerprints()
    _gather_again(request, ctx, report)
    new = [want.text for want in request.lines or ()]
    rewrite_record(ctx, report, key_record.extended(key_record.read(ctx.georep_dir), new, key_record.volume_ids(ctx.georep_dir)))


def _check_destinations(request: Request, ctx: Context) -> None:
    """All sessions share the keys: none of them may be left behind."""
    given = {one.secondary_host for one in request.destinations}
    lost = [str(entry.id) for entry in read_registered(os.path.dirname(ctx.georep_dir)) if entry.url.host not in given]
    if lost:
        raise errors.InvalidInput(
            f"secondaries must list the host of every session, because all sessions use the same keys. Missing: {', '.join(lost)}.",
            remedy="Give the hosts of all sessions of this cluster. The module tests the new keys on all of these hosts before it replaces the old keys.",
            option="secondaries",
            value=sorted(given),
        )


def _test(pairs: t.Sequence[Pair], request: Request, ctx: Context, report: KeysReport) -> None:
    """:raises TrustFailed: a path does not work with the next keys; nothing is switched then."""
    path = request.host_keys.file
    before = host_keys.read(path)
    text = known_hosts.plan_present(before, request.host_keys.known).text
    key_files = [KeyFile(pair.path(georep_keys.NEXT), pair.name + georep_keys.NEXT, (georep_keys.PAIRS[pair.name],)) for pair in pairs]
    with host_keys.for_ssh(path, text, text != before) as file:
        results = paths.mesh(
            ctx.run,
            paths.targets_of(request.destinations),
            key_files,
            failures=SSH_FAILURES,
            known_hosts_file=file,
            known_hosts_text=text,
            timeout=request.timeout,
            shown_file=path,
        )
    results = paths.with_known_causes(results, request.causes)
    report.probes = [result.as_dict() for result in results]
    if any(not result.verdict.ok for result in results):
        message, remedy = paths.explain(results, ctx.node)
        raise errors.TrustFailed(
            f"The new keys of {ctx.node} do not work for every login, so the current keys stay in use.\n{message}\n",
            remedy=f"{remedy}\nThen run again: the new keys are kept.",
        )


def _gather_again(request: Request, ctx: Context, report: KeysReport) -> None:
    """``common_secret.pem.pub`` with the new lines in place of the old ones, where this node has it."""
    folder = ctx.georep_dir
    text = georep_keys.common_text(folder)
    report.before["gathered"] = report.after["gathered"] = {georep_keys.COMMON: georep_keys.read(folder).gathered()}
    if not text or not (request.replaced or request.lines):
        return
    plan = authorized_keys.plan_present(authorized_keys.plan_absent(text, request.replaced).text, request.lines or [])
    if plan.text == text:
        return
    report.changed = True
    report.after["gathered"] = {georep_keys.COMMON: georep_keys.State({}, {}, key_lines.split_lines(plan.text)).gathered()}
    if not ctx.check_mode:
        georep_keys.write_common(plan.text, folder)


# --- reconnect -------------------------------------------------------------------------------------------------------


def _reconnect(ctx: Context, report: KeysReport) -> None:
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
        report.notes.append(f"These sessions stay paused, and will use the new keys once they are resumed: {', '.join(paused)}.")
    report.rotation = _rotation(bool(todo), restarted=list(todo))
    if not todo:
        return
    _check_apart(ctx)
    report.changed = True
    if ctx.check_mode:
        return
    _write_marker(marker, list(todo))
    for number, (name, was_active) in enumerate(todo.items()):
        wanted = Wanted(ids[name].id, "stopped", None)
        session.converge(cli, ctx.run, [wanted], Settings())
        session.converge(cli, ctx.run, [wanted._replace(state="started")], Settings(wait=was_active))
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
    account_files.LocalFiles().replace(path, text.encode(), 0o600, os.geteuid(), os.getegid())


# --- finish ----------------------------------------------------------------------------------------------------------


def _finish(pairs: t.Sequence[Pair], request: Request, ctx: Context, report: KeysReport) -> None:
    """The old keys are accepted nowhere any more: forget them."""
    report.rotation = _rotation(False)
    _gather_again(request, ctx, report)
    rewrite_record(ctx, report, key_record.reduced(key_record.read(ctx.georep_dir), [want.text for want in request.replaced]))
    for pair in pairs:
        if pair.stage == PREPARED:
            raise errors.PreconditionFailed(
                f"{pair.path(georep_keys.NEXT)} exists: the new key is not in use yet, so the old key must not be removed.",
                remedy="Run the module with step: switch first.",
            )
        # The private half last: it tells where the node stands.
        for public in (True, False):
            path = pair.path(georep_keys.PREVIOUS, public)
            if os.path.exists(path):
                report.changed = True
                if not ctx.check_mode:
                    os.unlink(path)
