# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Trust that no session needs any more: take the cluster's keys out of accounts, then forget hosts, keys and destinations.

Keys on this node stay: other sessions may use them.
"""

from __future__ import annotations

import os
import typing as t

from .._model import errors, identity, key_lines
from .._model.destination import Destination, read_destinations
from .._ssh import authorized_keys, georep_keys, key_record, keys, known_hosts, paths
from .._ssh.command import Target
from . import copies, host_keys, logins
from .key_work import Context, rewrite_record, sweep
from .logins import Logins, note_account
from .trust import TrustReport, lines_by_target, lines_to_bring, login_key_of, login_line_of


class InUse(t.NamedTuple):
    """What other sessions still use.

    :ivar accounts: account and host; None: every account on the hosts.
    """

    hosts: frozenset[str]
    accounts: t.Optional[frozenset[tuple[str, str]]]

    def holds(self, one: Destination) -> bool:
        """Another account on the same host is another matter."""
        host = identity.spelled(one.secondary_host)
        return host in self.hosts if self.accounts is None else (one.secondary_user, host) in self.accounts


class Forget(t.NamedTuple):
    """What else this node is to forget.

    :ivar host_keys: names that show one of these are forgotten.
    :ivar lines: keys of nodes that have left the cluster, which are accepted nowhere any more.
    :ivar destinations: whether to forget that keys were brought to the destinations.
    """

    host_keys: list[key_lines.PublicKey]
    lines: list[authorized_keys.Wanted]
    destinations: bool


class Request(t.NamedTuple):
    """The checked input.

    :ivar lines: the public keys to take away; None: those gathered on this node.
    :ivar copies: names of copies of public keys that go.
    :ivar ignore_unreachable: whether a node that does not answer is no failure.
    """

    destinations: list[Destination]
    host_keys: host_keys.Given
    lines: t.Optional[list[authorized_keys.Wanted]]
    login_key_file: t.Optional[str]
    login: t.Optional[logins.Given]
    copies: list[str]
    in_use: InUse
    forget: Forget
    ignore_unreachable: bool
    timeout: int

    @property
    def hosts(self) -> list[known_hosts.Target]:
        extra = [(one.secondary_host, one.ssh_port) for one in self.destinations] if self.login_key_file else []
        return list(dict.fromkeys([*((target.host, target.port) for target in paths.targets_of(self.destinations)), *extra]))


def read_request(params: t.Mapping[str, t.Any]) -> Request:
    """Check every word before anything is touched."""
    destinations = read_destinations(params["secondaries"])
    given, in_use, forget = params["public_keys"], params["in_use"] or {}, params["forget"] or {}
    request = Request(
        destinations=destinations,
        host_keys=host_keys.Given(keys.check_path(params["known_hosts_file"], "known_hosts_file"), {}, params["trust_on_first_use"]),
        # For removal the key counts, not what stands in front of it.
        lines=None if given is None else authorized_keys.read_wanted(given, "public_keys", login_key=True),
        login_key_file=params["login_key_file"] and keys.check_path(params["login_key_file"], "login_key_file"),
        login=logins.read_given(params, destinations),
        copies=copies.read_names(params["copies_of"]),
        in_use=InUse(frozenset(identity.spelled(host) for host in in_use.get("hosts") or ()), _read_accounts(in_use.get("accounts"))),
        forget=Forget(
            _read_host_keys(forget.get("host_keys") or []),
            authorized_keys.read_wanted(forget.get("public_keys") or [], "forget.public_keys", login_key=True),
            forget.get("destinations") is not False,
        ),
        ignore_unreachable=params["ignore_unreachable"],
        timeout=paths.check_timeout(params["timeout"]),
    )
    if not destinations and not request.forget.host_keys and not request.forget.lines:
        raise errors.InvalidInput(
            "state: absent needs secondaries or forget, which say what to remove.",
            remedy="To remove the keys of this cluster from secondary nodes, give their hosts in secondaries. To remove host keys or public keys of nodes that "
            "are gone from this node's files, give forget.host_keys or forget.public_keys.",
            option="secondaries",
            value=[],
        )
    known = known_hosts.read_wanted(params["known_hosts"] or [], request.hosts, "known_hosts")
    return request._replace(host_keys=request.host_keys._replace(known=known))


def _read_host_keys(lines: t.Sequence[str]) -> list[key_lines.PublicKey]:
    found = []
    for number, line in enumerate(lines):
        key = key_lines.parse_public_key(line)
        if key is None:
            raise errors.InvalidInput(
                f"forget.host_keys[{number}]: {key_lines.printable(line[:80])!r} is not a host key.",
                remedy="Write KEYTYPE BASE64, as gluster_georep_authorized_keys returns them in host_keys.",
                option="forget.host_keys",
                value=key_lines.printable(line[:80]),
            )
        found.append(key)
    return found


def _read_accounts(given: t.Sequence[str] | None) -> frozenset[tuple[str, str]] | None:
    if given is None:
        return None
    found = []
    for number, text in enumerate(given):
        user, at, host = text.partition("@")
        if not at:
            raise errors.InvalidInput(
                f"in_use.accounts[{number}]: {text!r} is not an account on a host.",
                remedy="Write ACCOUNT@HOST.",
                option="in_use.accounts",
                value=text,
            )
        found.append((identity.check_user("in_use.accounts", user), identity.spelled(identity.check_node("in_use.accounts", host))))
    return frozenset(found)


def revoke(request: Request, ctx: Context, report: TrustReport) -> None:
    """Take the lines out of the accounts, then forget the hosts; the outcome is in the report."""
    path = request.host_keys.file
    if not ctx.check_mode:
        sweep([path, *(f"{ctx.georep_dir}/{name}" for name in (key_record.NAME, georep_keys.COMMON))])
    report.before["keys"] = report.after["keys"] = georep_keys.read(ctx.georep_dir).fingerprints()
    if request.login and request.destinations:
        _take_away(request, request.login, ctx, report)
    elif request.destinations:
        report.notes.append(
            "The accounts on the secondary nodes were left as they are, because no login to them was given (bootstrap_password or bootstrap_private_key_file). "
            "To remove the keys there, run gluster_georep_authorized_keys with state: absent on the secondary nodes."
        )
    # As long as lines may be left somewhere it is remembered where, and which host may be logged in to for them.
    unreached = {key_lines.token(one["secondary_host"], one["ssh_port"]) for one in report.unreached}
    names = [
        *(key_lines.token(host, port) for host, port in request.hosts),
        *known_hosts.names_of_keys(host_keys.read(path), request.forget.host_keys),
    ]
    forgotten = [
        name for name in dict.fromkeys(names) if key_lines.host_of(name) not in request.in_use.hosts and name not in unreached
    ]
    host_keys.forget(ctx, report, path, forgotten)
    gone = [one for one in request.destinations if not request.in_use.holds(one)]
    _forget_lines(request.forget.lines, ctx, report, gone if request.forget.destinations and not unreached else [])


def _take_away(request: Request, login: logins.Given, ctx: Context, report: TrustReport) -> None:
    """:raises TrustFailed: an account could not be edited; not so for a node that does not answer, where that is no failure."""
    # The login still needs host keys; what is given or scanned for it is used in memory and not recorded.
    paths.check_programs(["ssh-keyscan"] if request.host_keys.first_use else [])
    text = host_keys.plan(ctx, request.host_keys, request.hosts, request.timeout).plan.text
    login_line: list[authorized_keys.Wanted] = []
    if request.login_key_file and os.path.exists(request.login_key_file):
        login_line = login_line_of(login_key_of(request.login_key_file, ctx), ctx)
    lines = lines_by_target(
        paths.targets_of(request.destinations), lines_to_bring(request.lines, ctx), request.destinations, login_line
    )
    how = Logins(login, request.host_keys.file, text, request.timeout)
    found, failures = logins.edit(ctx, how, logins.Edit("absent", lines, request.copies))
    for target, edited in found.items():
        note_account(report, report.accounts, str(target), edited.account, "absent")
        copies.note(report, report.leftovers, target.host, edited.copies)
    if request.ignore_unreachable:
        for failure in logins.unreached(failures):
            _note_unreached(report, failure.target, failure.message)
            failures.remove(failure)
    logins.raise_any(ctx, failures)


def _note_unreached(report: TrustReport, target: Target, message: str) -> None:
    """Who cannot be reached may be gone for good."""
    report.unreached.append({"secondary_host": target.host, "secondary_user": target.user, "ssh_port": target.port})
    report.notes.append(f"Could not reach {target}: {message}. authorized_keys on {target.host} may still contain keys of this cluster.")


def _forget_lines(
    departed: t.Sequence[authorized_keys.Wanted], ctx: Context, report: TrustReport, destinations: t.Sequence[Destination]
) -> None:
    """Keys of nodes that have left, once they are taken away everywhere: this node shall not bring them again."""
    folder = ctx.georep_dir
    lines = [want.text for want in departed]
    rewrite_record(ctx, report, key_record.reduced(key_record.read(folder), lines, destinations))
    report.before["gathered"] = {georep_keys.COMMON: georep_keys.read(folder).gathered()}
    report.after["gathered"] = dict(report.before["gathered"])
    plan = authorized_keys.plan_absent(georep_keys.common_text(folder), departed)
    if plan.changes:
        report.changed = True
        kept = georep_keys.State({}, {}, key_lines.split_lines(plan.text))
        report.after["gathered"] = {georep_keys.COMMON: kept.gathered()}
        if not ctx.check_mode:
            georep_keys.write_common(plan.text, folder)
