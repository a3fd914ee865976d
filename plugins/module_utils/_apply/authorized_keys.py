# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The public keys of a primary cluster in an account of this node, which receives: read, edit, read again."""

from __future__ import annotations

import typing as t

from .._gluster.store import read_node_uuid
from .._host.processes import receiving
from .._model import errors, identity
from .._ssh import accounts, authorized_keys, sshd
from . import copies
from .key_work import Context, Report
from .logins import note_account


class Request(t.NamedTuple):
    """The checked input.

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


class AccountReport(Report):
    PARTS: t.ClassVar[dict[str, str]] = {"accounts": "authorized_keys", "copies": "copies of public keys"}

    def __init__(self) -> None:
        super().__init__()
        self.accounts: list[dict[str, t.Any]] = []
        self.host_keys: list[str] = []
        self.node_uuid: str | None = None
        self.receiving: list[dict[str, str]] = []
        self.leftovers: list[str] = []

    def fields(self) -> dict[str, t.Any]:
        return {
            "accounts": self.accounts,
            "host_keys": self.host_keys,
            "node_uuid": self.node_uuid,
            "receiving": self.receiving,
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
    )


def work(request: Request, ctx: Context, report: AccountReport) -> None:
    """Do what is asked for; the outcome is in the report.

    :raises TrustFailed: ``verified``, and something is missing.
    """
    settings = sshd.local_settings(ctx.run, request.account)
    report.host_keys = [key.line() for key in sshd.host_keys(ctx.run, settings)]
    report.node_uuid = read_node_uuid()
    if request.only_nodes is not None and report.node_uuid not in request.only_nodes:
        report.notes.append(f"{ctx.node} is not one of only_nodes; the account {request.account} was left alone.")
        return
    if request.state == "absent":
        report.receiving = receiving()
    try:
        account = accounts.local_account(request.account, settings)
    except errors.PreconditionFailed:
        if request.state != "absent":
            raise
        report.notes.append(f"There is no account {request.account} on {ctx.node}, so no keys are there.")
        return
    files = accounts.LocalFiles(ctx.node)
    outcome = _edit(request, ctx, report, files, account)
    if outcome is None:
        report.notes.append(f"A session still uses {request.account} on {ctx.node}; its keys were left alone.")
        return
    note_account(report, report.accounts, request.account, outcome, request.state)
    problems = sshd.obstacles(settings, request.account, account.uid)
    if settings.get("strictmodes", ["yes"])[0] != "no":
        problems += accounts.home_obstacles(files, account)
    report.notes += [f"{ctx.node}: {problem}" for problem in problems]
    if request.state == "verified" and request.lines and (outcome.changed or problems):
        needed = [f"{action} (needed)" for action in outcome.actions]
        raise errors.TrustFailed(
            f"The keys of {request.account} on {ctx.node} do not work as they are: {'; '.join(needed + problems)}",
            remedy="Run with state: present, which adds the keys. Settings of sshd and of the home directory are not changed by the module: "
            "change them yourself.",
        )


def _edit(
    request: Request, ctx: Context, report: AccountReport, files: accounts.Files, account: accounts.Account
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
            remedy=f"Check {account.home} and .ssh in it: both must belong to {account.user} "
            f"(chown -R {account.user}: {account.home}/.ssh), and the disk must not be full or read-only.",
        ) from exc
    copies.note(report, report.leftovers, ctx.node, gone)
    return outcome
