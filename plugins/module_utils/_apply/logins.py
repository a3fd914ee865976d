# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Accounts of secondary nodes that Ansible does not manage, edited in a login that the user gave for the set-up."""

from __future__ import annotations

import concurrent.futures
import typing as t

from .._faults.catalogue import SSH_FAILURES
from .._model import errors, identity
from .._model.destination import Destination
from .._model.ssh_options import CONNECT, RESOLVE
from .._ssh import accounts, authorized_keys, bootstrap, keys
from .._ssh.command import Target
from . import copies, obstacles
from .key_work import Context, Report

LOGINS_AT_ONCE = 8
_T = t.TypeVar("_T")
Failures = t.List[errors.GeorepError]


class Given(t.NamedTuple):
    """The setup login. ``repr`` shows no secret, so that no traceback can.

    :ivar user: None: the account whose keys are edited.
    """

    user: str | None
    password: str | None
    key_file: str | None
    passphrase: str | None

    def __repr__(self) -> str:
        return f"Given(user={self.user!r}, key_file={self.key_file!r})"

    def to(self, target: Target) -> bootstrap.Credentials:
        return bootstrap.Credentials(self.user or target.user, self.password, self.key_file, self.passphrase)


def read_given(params: t.Mapping[str, t.Any], destinations: t.Iterable[Destination]) -> Given | None:
    """The options ``bootstrap_*``; None: there is no login.

    :raises InvalidInput: the key cannot be used, or the account could not edit the keys of another one.
    """
    given = Given(
        params["bootstrap_user"], params["bootstrap_password"], params["bootstrap_private_key_file"], params["bootstrap_private_key_passphrase"]
    )
    if given.key_file:
        keys.check_private_key_file(given.key_file, "bootstrap_private_key_file", encrypted_ok=bool(given.passphrase))
    if given.user:
        if not given.password and not given.key_file:
            raise errors.InvalidInput(
                "bootstrap_user is given without a login.",
                remedy="Give bootstrap_password or bootstrap_private_key_file, or leave bootstrap_user out.",
                option="bootstrap_user",
                value=given.user,
            )
        identity.check_user("bootstrap_user", given.user)
        for one in destinations:
            if given.user not in ("root", one.secondary_user):
                raise errors.InvalidInput(
                    f"bootstrap_user: {given.user} cannot write the keys of {one.secondary_user} on {one.secondary_host}.",
                    remedy=f"Log in as root or as {one.secondary_user} itself.",
                    option="bootstrap_user",
                    value=given.user,
                )
    return given if given.password or given.key_file else None


class Logins(t.NamedTuple):
    """How to log in anywhere.

    :ivar known_hosts_text: the host keys to go by, which the file may not hold yet.
    :ivar timeout: seconds to wait for a connection.
    """

    given: Given
    known_hosts_file: str
    known_hosts_text: str
    timeout: int


def attempt(
    ctx: Context, logins: Logins, targets: t.Sequence[Target], work: t.Callable[[Target, t.Any], _T]
) -> tuple[dict[Target, _T], Failures]:
    """Do something in a login to each target, side by side; what came of it, and what failed."""
    bootstrap.load()

    def one(target: Target) -> _T | errors.GeorepError:
        try:
            with ctx.login(
                target,
                logins.given.to(target),
                known_hosts_file=logins.known_hosts_file,
                known_hosts_text=logins.known_hosts_text,
                timeout=logins.timeout,
                failures=SSH_FAILURES,
            ) as login:
                return work(target, login)
        except errors.GeorepError as exc:
            exc.target = target  # type: ignore[attr-defined]
            return exc
        except (OSError, EOFError) as exc:
            return bootstrap.StepFailed(
                target,
                "authorized_keys",
                f"the keys of {target.user} on {target.host} cannot be edited: {exc or type(exc).__name__}",
                f"On {target.host}, the home directory of {target.user} and .ssh in it must belong to {target.user}, and the "
                "disk must not be full or read-only.",
            )

    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, min(LOGINS_AT_ONCE, len(targets)))) as pool:
        outcomes = list(pool.map(one, targets))
    done: dict[Target, _T] = {}
    failures: Failures = []
    for target, outcome in zip(targets, outcomes):
        if isinstance(outcome, errors.GeorepError):
            failures.append(outcome)
        else:
            done[target] = outcome
    return done, failures


def unreached(failures: Failures) -> list[bootstrap.StepFailed]:
    """Those of the failures where the node did not answer at all."""
    return [failure for failure in failures if isinstance(failure, bootstrap.StepFailed) and failure.step in (RESOLVE, CONNECT)]


def raise_any(ctx: Context, failures: Failures) -> None:
    """:raises TrustFailed: naming all targets where something failed."""
    invalid = next((failure for failure in failures if isinstance(failure, errors.InvalidInput)), None)
    if invalid is not None:
        raise invalid
    if failures:
        remedies = list(dict.fromkeys(failure.remedy for failure in failures if failure.remedy))
        raise errors.TrustFailed(
            "\n".join(
                f"{ctx.node} -> {getattr(failure, 'target', '')}: step {getattr(failure, 'step', 'account')}: "
                f"{failure.message.rstrip('.')}."
                for failure in failures
            ),
            remedy="\n".join(remedies),
        )


def check(ctx: Context, logins: Logins, targets: t.Sequence[Target]) -> None:
    """Whether every account can be logged in to and edited; nothing is changed.

    :raises TrustFailed: naming all targets where it cannot.
    """

    def look_at(target: Target, login: t.Any) -> None:
        # What is in the way in an account is told as early as a wrong password.
        accounts.edit(login.files, login.account(target.user), [], "verified", check_mode=True)

    raise_any(ctx, attempt(ctx, logins, targets, look_at)[1])


def causes(ctx: Context, logins: Logins, targets: t.Sequence[Target]) -> dict[tuple[str, str], list[str]]:
    """What the nodes themselves know of logins with a key that they refuse, by name and account; nothing of nodes where that cannot be read."""
    found, _failures = attempt(ctx, logins, targets, lambda target, login: obstacles.over_login(login, target.user))
    return {(identity.spelled(target.host), target.user): problems for target, problems in found.items() if problems}


class Edit(t.NamedTuple):
    """What to do in accounts.

    :ivar state: ``present``, ``absent``, or ``verified``, which only looks.
    :ivar lines: what each account is to hold, or to lose.
    :ivar copies: names of copies of the public keys that go.
    """

    state: str
    lines: t.Mapping[Target, t.Sequence[authorized_keys.Wanted]]
    copies: t.Sequence[str] = ()


class Edited(t.NamedTuple):
    """What was, or would be, done in one account."""

    account: accounts.Outcome
    copies: copies.Outcome

    @property
    def changed(self) -> bool:
        return self.account.changed or bool(self.copies.removed)


def edit(ctx: Context, logins: Logins, wanted: Edit) -> tuple[dict[Target, Edited], Failures]:
    """Edit the accounts, one login a target, side by side. A run in which something fails reports what was done before it."""
    dry = ctx.check_mode or wanted.state == "verified"

    def edit_one(target: Target, login: t.Any, look: bool) -> Edited:
        account, lines = login.account(target.user), wanted.lines[target]
        outcome = accounts.edit(login.files, account, lines, wanted.state, check_mode=look)
        if not dry:
            accounts.sweep(login.files, account, wanted.state)
        return Edited(outcome, copies.remove(login.files, account, ctx.georep_dir, wanted.copies, lines, dry=look))

    # What is in the way in one account is told before another one is changed.
    found, failures = attempt(ctx, logins, list(wanted.lines), lambda target, login: edit_one(target, login, True))
    if dry:
        return found, failures
    if any(isinstance(failure, errors.PreconditionFailed) for failure in failures):
        return {}, failures
    due = [target for target, edited in found.items() if edited.changed]
    done, more = attempt(ctx, logins, due, lambda target, login: edit_one(target, login, False)) if due else ({}, [])
    return {target: done.get(target, edited) for target, edited in found.items() if target in done or target not in due}, failures + more


def note_account(report: Report, told: list[dict[str, t.Any]], name: str, outcome: accounts.Outcome, state: str) -> None:
    """Tell of an account in a module's result."""
    told.append({"account": name, **outcome.as_dict()})
    report.before["accounts"][name] = outcome.before
    report.after["accounts"][name] = outcome.before if state == "verified" else outcome.after
    if outcome.changed and state != "verified":
        report.changed = True
