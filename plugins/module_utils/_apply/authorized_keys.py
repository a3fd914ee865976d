# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The public keys of a primary cluster in an account of this node, which receives: read, edit, read again."""

from __future__ import annotations

import grp
import ipaddress
import os
import pwd
import typing as t

from .._gluster.store import peer_names, read_node_uuid
from .._host.processes import receiving
from .._model import errors, identity
from .._read.preflight import resolve
from .._ssh import account_files, accounts, authorized_keys, sshd
from . import copies
from .key_work import Context, Report
from .logins import note_account
from .obstacles import Entry, pam_of, told


class Request(t.NamedTuple):
    """The checked input.

    :ivar logins: those that will be made, as :func:`sshd.logins_here` takes them; also of other nodes.
    :ivar copies_of: pairs of volumes as the user gives them; which of them are meant depends on the node.
    :ivar only_nodes: glusterd's UUIDs of the nodes whose account is edited; None: every node.
    :ivar keep_on_nodes: UUIDs of nodes whose account stays as it is.
    """

    account: str
    state: str
    lines: list[authorized_keys.Wanted]
    only_nodes: t.Optional[frozenset[str]]
    keep_on_nodes: frozenset[str]
    copies_of: t.Sequence[t.Mapping[str, t.Any]]
    logins: t.Sequence[tuple[str, t.Optional[str], int]] = ()


class AccountReport(Report):
    PARTS: t.ClassVar[dict[str, str]] = {"accounts": "authorized_keys", "copies": "copies of public keys"}

    def __init__(self) -> None:
        super().__init__()
        self.accounts: list[dict[str, t.Any]] = []
        self.host_keys: list[str] = []
        self.node_uuid: str | None = None
        self.receiving: list[dict[str, str]] = []
        self.obstacles: list[str] = []
        self.leftovers: list[str] = []

    def fields(self) -> dict[str, t.Any]:
        return {
            "accounts": self.accounts,
            "host_keys": self.host_keys,
            "node_uuid": self.node_uuid,
            "receiving": self.receiving,
            "obstacles": self.obstacles,
            "leftovers": self.leftovers,
        }


def read_request(params: t.Mapping[str, t.Any]) -> Request:
    """Check every word before anything is touched."""
    account = identity.check_user("account", params["account"])
    copies.read_names(params["copies_of"])
    # For removal the key counts, not what stands in front of it.
    plain = params["state"] == "absent" or params["shell_keys"]
    return Request(
        account=account,
        state=params["state"],
        lines=authorized_keys.read_wanted(params["public_keys"] or [], "public_keys", login_key=plain),
        only_nodes=None if params["only_nodes"] is None else frozenset(params["only_nodes"]),
        keep_on_nodes=frozenset(params["keep_on_nodes"] or ()),
        copies_of=params["copies_of"] or (),
        logins=[_login(number, one) for number, one in enumerate(params["logins"] or ())],
    )


def _login(number: int, given: t.Mapping[str, t.Any]) -> tuple[str, str | None, int]:
    where = f"logins[{number}]."

    def address(name: str) -> str:
        try:
            return str(ipaddress.ip_address(given[name]))
        except ValueError:
            raise errors.invalid(where + name, given[name], "is not an IP address.", "Write an address such as 192.0.2.11 or 2001:db8::11.") from None

    return address("address"), address("local_address") if given["local_address"] else None, identity.check_port(where + "port", given["port"])


def work(request: Request, ctx: Context, report: AccountReport) -> None:
    """Do what is asked for; the outcome is in the report.

    :raises TrustFailed: ``verified``, and something is missing.
    """
    report.node_uuid = read_node_uuid()
    left_out = request.only_nodes is not None and report.node_uuid not in request.only_nodes
    # Host keys are the same for all logins.
    views = sshd.local_views(ctx.run, request.account, () if left_out else _logins(request))
    report.host_keys = [key.line() for key in sshd.host_keys(ctx.run, views[0].settings)]
    if left_out:
        report.notes.append(f"{ctx.node} is not one of only_nodes; the account {request.account} was left alone.")
        return
    if request.state == "absent":
        report.receiving = receiving()
    try:
        account = accounts.local_account(request.account, [view.settings for view in views], request.state == "absent")
    except errors.PreconditionFailed:
        if request.state != "absent":
            raise
        report.notes.append(f"There is no account {request.account} on {ctx.node}, so there are no keys to remove.")
        return
    files = account_files.LocalFiles(ctx.node)
    outcome = _edit(request, ctx, report, files, account)
    if outcome is None:
        report.notes.append(f"A session still uses {request.account} on {ctx.node}; its keys were left alone.")
        return
    note_account(report, report.accounts, request.account, outcome, request.state)
    if request.state == "absent":
        return
    problems = obstacles(files, account, views)
    more = sshd.doubts_of(views, request.account) + ([] if problems else accounts.ageing_outlook(request.account, pam_of(views)))
    report.obstacles = problems
    report.notes += [f"{ctx.node}: {note}" for note in problems + more]
    if request.state == "verified" and request.lines and (outcome.changed or problems):
        needed = "; ".join(f"{action} (needed)" for action in outcome.actions)
        raise errors.TrustFailed(
            f"The keys of {request.account} on {ctx.node} do not work as they are: {' '.join([*([needed + '.'] if needed else []), *problems])}",
            remedy="Run with state: present, which adds the keys. Settings of sshd and of the home directory are not changed by the module: "
            "change them yourself.",
        )


def _logins(request: Request) -> list[sshd.Login]:
    """Those of the logins that end here."""
    own = sshd.logins_here(request.logins)
    if own or not request.logins:
        return own
    # Those to another node of this cluster come from where those to this one will come from.
    near = {address for name in peer_names() for address in resolve(name)}
    return sshd.logins_here((address, None, port) for address, local, port in request.logins if local in near)


def obstacles(files: account_files.Files, account: account_files.Account, views: t.Sequence[sshd.View]) -> list[str]:
    """What keeps an account of this node from logging in by key, each with what to do."""
    groups, shell = _entry(account.user, account.gid)
    entry = Entry(groups, shell, os.access(shell, os.X_OK), accounts.ageing_obstacles(account.user, account.uid, pam_of(views)))
    return told(files, account, views, entry)


def _entry(user: str, gid: int) -> tuple[list[str] | None, str]:
    """The groups of an account and its shell; None and nothing if it has no entry."""
    try:
        entry = pwd.getpwnam(user)
        gids = os.getgrouplist(user, gid)
    except (KeyError, OSError):
        return None, ""
    names = []
    for number in gids:
        try:
            names.append(grp.getgrgid(number).gr_name)
        except KeyError:
            names.append(str(number))
    return names, entry.pw_shell or "/bin/sh"


def _edit(
    request: Request, ctx: Context, report: AccountReport, files: account_files.Files, account: account_files.Account
) -> accounts.Outcome | None:
    """What was, or would be, done in the account; None: it stays as it is, because a session uses it."""
    in_use = request.state == "absent" and report.node_uuid in request.keep_on_nodes
    names = copies.read_names(request.copies_of, report.node_uuid or "")

    def run(dry: bool) -> tuple[accounts.Outcome | None, copies.Outcome]:
        outcome = None if in_use else accounts.edit(files, account, request.lines, request.state, check_mode=dry)
        if outcome is not None and not ctx.check_mode and request.state != "verified":
            accounts.sweep(files, account, request.state)
        return outcome, copies.remove(files, account, ctx.georep_dir, names, request.lines, dry=dry)

    try:
        # All of it is looked at before any of it is changed.
        outcome, gone = run(True)
        if not ctx.check_mode and (gone.removed or (outcome is not None and outcome.changed)):
            outcome, gone = run(False)
    except OSError as exc:
        raise errors.PreconditionFailed(
            f"The keys of {account.user} on {ctx.node} cannot be edited: {exc}.",
            remedy=f"If {account.home} or .ssh in it does not belong to {account.user}, run: chown {account.user}: {account.home}; "
            f"chown -R {account.user}: {account.home}/.ssh. If the disk is full or read-only, repair that. Then run again.",
        ) from exc
    copies.note(report, report.leftovers, ctx.node, gone)
    return outcome
