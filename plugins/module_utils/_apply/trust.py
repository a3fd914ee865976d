# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""SSH trust with secondary clusters: read, plan, set up what is missing, test every path."""

from __future__ import annotations

import os
import typing as t

from .._faults.catalogue import SSH_FAILURES
from .._model import errors, key_lines
from .._model.destination import Destination, read_destinations
from .._model.ssh_options import session_options
from .._ssh import authorized_keys, georep_keys, key_record, keys, known_hosts, paths
from .._ssh.answers import KeyFile
from .._ssh.command import Target
from . import host_keys, logins
from .key_work import Context, Report, sweep
from .keys import remember
from .logins import Logins, note_account

#: The one failure of a login that lines in authorized_keys mend.
KEY_REFUSED = "key-refused"
#: What the login key may be, the best one first. A node in FIPS mode allows no ed25519, and some policies no ecdsa.
KEY_KINDS = (("-t", "ed25519"), ("-t", "ecdsa", "-b", "384"), ("-t", "rsa", "-b", "3072"))
_ANYTHING = (authorized_keys.GSYNCD, authorized_keys.TAR, authorized_keys.SHELL)


class Request(t.NamedTuple):
    """The checked input.

    :ivar lines: the public keys to bring; None: those gathered on this node.
    :ivar private_key_file: a key of the user to test instead of the cluster's.
    :ivar login_key_file: with what ``create push-pem`` is to log in, if it is to.
    :ivar login: how to edit the accounts, if this run is to.
    :ivar causes: what secondary nodes said that stops a login, by their names and accounts.
    """

    state: str
    destinations: list[Destination]
    host_keys: host_keys.Given
    lines: t.Optional[list[authorized_keys.Wanted]]
    private_key_file: t.Optional[str]
    login_key_file: t.Optional[str]
    login: t.Optional[logins.Given]
    verify: bool
    timeout: int
    causes: t.Mapping[tuple[str, str], t.Sequence[str]] = {}

    @property
    def targets(self) -> list[Target]:
        return paths.targets_of(self.destinations)

    @property
    def all_targets(self) -> list[Target]:
        """The mesh, and the hosts that ``create push-pem`` logs in to."""
        return list(dict.fromkeys([*self.targets, *(paths.hosts_of(self.destinations) if self.login_key_file else [])]))

    @property
    def only_tests(self) -> bool:
        """Whether this run neither brings keys nor is told of keys that were brought: then all paths have to work as they are."""
        return (
            self.state == "present" and self.verify and bool(self.destinations)
            and not self.login and self.lines is None and not self.private_key_file
        )  # fmt: skip


class TrustReport(Report):
    PARTS: t.ClassVar[dict[str, str]] = {
        "keys": "key pair",
        "gathered": "gathered public keys",
        "recorded": "list of copied keys",
        "known_hosts": "known_hosts",
        "accounts": "authorized_keys",
        "copies": "copies of public keys",
    }

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[str] = []
        self.probes: list[dict[str, t.Any]] = []
        self.public_keys: list[str] = []
        self.accounts: list[dict[str, t.Any]] = []
        self.generated: list[str] = []
        self.session_options: dict[str, str] = {}
        self.unreached: list[dict[str, t.Any]] = []
        self.leftovers: list[str] = []

    def fields(self) -> dict[str, t.Any]:
        return {
            "probes": self.probes,
            "public_keys": self.public_keys,
            "accounts": self.accounts,
            "generated": self.generated,
            "session_options": self.session_options,
            "unreached": self.unreached,
            "leftovers": self.leftovers,
        }


def read_request(params: t.Mapping[str, t.Any]) -> Request:
    """Check every word before anything is touched."""
    destinations = read_destinations(params["secondaries"])
    timeout = paths.check_timeout(params["timeout"])
    given = params["public_keys"]
    if params["private_key_file"]:
        keys.check_private_key_file(params["private_key_file"], "private_key_file")
    request = Request(
        state=params["state"],
        destinations=destinations,
        host_keys=host_keys.Given(keys.check_path(params["known_hosts_file"], "known_hosts_file"), {}, params["trust_on_first_use"]),
        lines=None if given is None else authorized_keys.read_wanted(given, "public_keys"),
        private_key_file=params["private_key_file"],
        login_key_file=params["login_key_file"] and keys.check_path(params["login_key_file"], "login_key_file"),
        login=logins.read_given(params, destinations),
        verify=params["verify"],
        timeout=timeout,
        causes=paths.read_causes(params["obstacles"]),
    )
    hosts = list(dict.fromkeys((target.host, target.port) for target in request.all_targets))
    known = known_hosts.read_wanted(params["known_hosts"] or [], hosts, "known_hosts")
    return request._replace(host_keys=request.host_keys._replace(known=known))


def set_up(request: Request, ctx: Context, report: TrustReport) -> None:
    """Set up what is missing, then test it; with ``verified`` only test. The outcome is in the report.

    :raises TrustFailed: a path does not work.
    """
    dry = ctx.check_mode or request.state == "verified"
    _check_programs(request)
    if not dry:
        sweep([request.host_keys.file, f"{ctx.georep_dir}/{key_record.NAME}"])
    found = georep_keys.read(ctx.georep_dir)
    report.before["keys"] = report.after["keys"] = found.fingerprints()
    report.public_keys = [want.text for want in request.lines] if request.lines is not None else found.common or []
    hosts = host_keys.plan(
        ctx, request.host_keys, dict.fromkeys((target.host, target.port) for target in request.all_targets), request.timeout
    )
    login = request.login and Logins(request.login, request.host_keys.file, hosts.plan.text, request.timeout)
    if request.only_tests:
        _check_as_it_is(request, ctx, report, hosts, found)
    elif request.state == "present" and login:
        _try_login(request, ctx, login, hosts, found)
    pending = _keys_pending(request, ctx, found)
    _remember(request, ctx, report, pending=pending)
    report.session_options = {
        option.replace("-", "_"): value for option, value in session_options(request.host_keys.file, ctx.georep_dir).items()
    }
    report.warnings += host_keys.first_use_warnings(hosts, dry=dry)
    report.notes += report.warnings
    hosts_pending = host_keys.record(ctx, report, request.host_keys, hosts, only_test=request.state == "verified")
    login_pending, login_line = _login_key(request, ctx, report, dry=dry)
    waiting: set[Target] = set()
    if login and pending:
        report.notes.append(
            "The keys of this cluster do not exist yet, so a check run cannot compare them with the keys in the accounts on the secondary nodes. "
            "The real run creates the keys and adds them there."
        )
        waiting = set(request.targets)
        report.accounts += [
            {"account": str(target), "path": None, "changed": True, "before": [], "after": [], "actions": []} for target in request.targets
        ]
    elif login:
        waiting = _edit_accounts(request, ctx, report, login, login_line, dry=dry)
    if request.verify and request.destinations and not request.only_tests:
        with host_keys.for_ssh(request.host_keys.file, hosts.plan.text, hosts_pending) as path:
            mesh = Mesh(path, hosts.plan.text, pending, waiting, login_pending, login)
            _verify(request, ctx, report, mesh)


def _check_programs(request: Request) -> None:
    """Also what is not tested yet: who brings keys means to log in with them."""
    wanted = ["ssh"] if request.destinations else []
    wanted += ["ssh-keygen"] if request.login_key_file else []
    wanted += ["ssh-keyscan"] if request.host_keys.first_use and request.destinations else []
    paths.check_programs(wanted)


def _keys_pending(request: Request, ctx: Context, found: georep_keys.State) -> bool:
    """Whether a check run takes keys that this node lacks for made by an earlier task, so that they cannot be compared or tested."""
    if not ctx.check_mode or request.state != "present" or request.private_key_file or request.only_tests:
        return False
    lines_known = found.common is not None if request.lines is None else bool(request.lines)
    return not found.complete or not lines_known


def _check_as_it_is(request: Request, ctx: Context, report: TrustReport, hosts: host_keys.Planned, found: georep_keys.State) -> None:
    """The paths as they are, before anything is recorded that would not help.

    :raises TrustFailed: a path does not work; names what has to be done elsewhere.
    """
    if not found.complete:
        raise errors.TrustFailed(
            f"{ctx.node} has no geo-replication keys yet. Keys must be copied to the secondary nodes once they exist, but no login to the secondary nodes "
            "was given. Nothing was created or recorded.",
            remedy=_how_by_hand(request, ctx, [], made=False),
        )
    with host_keys.for_ssh(request.host_keys.file, hosts.plan.text, bool(hosts.plan.changes)) as path:
        _verify(request, ctx, report, Mesh(path, hosts.plan.text))


def _how_by_hand(request: Request, ctx: Context, lines: t.Sequence[str], *, made: bool) -> str:
    """What a person does at a site where nobody may log in.

    :param lines: the keys to be accepted, as far as they are gathered on this node.
    :param made: whether this node has keys.
    """
    users = ", ".join(dict.fromkeys(f"{target.user} on {target.host}" for target in request.targets))
    login = (
        "Give a login to the secondary nodes, which is used for this only: bootstrap_password or bootstrap_private_key_file (in the role: "
        "geo_replication_bootstrap_password, geo_replication_bootstrap_private_key_file). On nodes that Ansible manages, "
        "glusterops.georep.gluster_georep_authorized_keys adds the keys (in the role: geo_replication_secondary_hosts)."
    )
    add = f"to authorized_keys of {users}, then run again"
    path = " If gsyncd is in another folder on a secondary node, write that folder into command= there; later runs keep it."
    if lines:
        return f"{login}\nOr add these public key lines {add}.{path}\n" + "\n".join(lines)
    if made:
        return f"{login}\nOr add the lines of {ctx.georep_dir}/{georep_keys.COMMON}, on the node that created the keys, {add}."
    return (
        f"{login}\nOr copy the keys by hand. While all primary nodes are up, run this on one of them; it creates the keys and prints their lines "
        f"(public_keys): "
        f"ansible {ctx.node} -m glusterops.georep.gluster_georep_keys\nThen add these lines {add}."
    )


def _try_login(request: Request, ctx: Context, login: Logins, hosts: host_keys.Planned, found: georep_keys.State) -> None:
    """A wrong password, or an account that cannot be used, is told before anything is written here.

    Where that is done already, the login that edits the accounts tells it.
    """
    record = key_record.read(ctx.georep_dir)
    recorded = {one.key for one in record.destinations} if record else set()
    if hosts.plan.changes or {one.key for one in request.destinations} - recorded or not found.complete:
        logins.check(ctx, login, request.targets)


def _remember(request: Request, ctx: Context, report: TrustReport, *, pending: bool) -> None:
    """Who neither brings keys, nor is told of them, nor has found that every path works, only looks."""
    if request.state == "verified" or request.private_key_file:
        return
    if request.login or request.lines is not None or request.only_tests:
        # A check run does not know lines that are yet to be made.
        remember(ctx, report, report.public_keys, request.destinations, unknown=ctx.check_mode and (pending or request.lines == []))


def _login_key(request: Request, ctx: Context, report: TrustReport, *, dry: bool) -> tuple[bool, list[authorized_keys.Wanted]]:
    """The key with which gluster itself logs in for ``create push-pem``. True: it is about to be made."""
    path = request.login_key_file
    if not path:
        return False, []
    if not os.path.exists(path):
        if request.state == "verified":
            raise errors.TrustFailed(f"{ctx.node} has no login key {path}.", remedy="Run with state: present and login_key_file, which creates the key.")
        report.changed = True
        report.before["keys"] = {**report.before["keys"], path: None}
        report.after["keys"] = {**report.after["keys"], path: "(to be generated)"}
        if dry:
            return True, []
        kind = _make_login_key(path, ctx)
        if kind:
            report.notes.append(f"{ctx.node} creates no ed25519 keys (FIPS mode or a crypto policy), so the login key {path} is of the type {kind}.")
        report.generated.append(path)
    key = login_key_of(path, ctx)
    if report.after["keys"].get(path):
        report.after["keys"] = {**report.after["keys"], path: key.fingerprint}
    return False, login_line_of(key, ctx)


def _make_login_key(path: str, ctx: Context) -> str | None:
    """:returns: the kind of the key, if it is not the usual one, because this node does not allow that (FIPS)."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        os.mkdir(folder, 0o700)
    said: list[str] = []
    for kind in KEY_KINDS:
        argv = ["ssh-keygen", "-q", *kind, "-N", "", "-C", f"root@{ctx.node}", "-f", path]
        rc, out, err = ctx.run(argv, timeout=60)
        if rc == 0:
            return kind[1] if said else None
        told = key_lines.printable((err or out).strip()) or f"exit code {rc}"
        said += [told] if told not in said else []
        if os.path.exists(path):
            break  # it was not the kind of key
    raise errors.TrustFailed(
        f"{ctx.node}: the login key {path} could not be created: {' / '.join(said)}.",
        remedy="Fix this (a full disk, or a crypto policy such as FIPS that allows none of ed25519, ecdsa and rsa), or create a key without a passphrase "
        "yourself and name it in login_key_file.",
        command=argv,
        rc=rc,
        stdout=out,
        stderr=err,
    )


def login_key_of(path: str, ctx: Context) -> key_lines.PublicKey:
    """The public half of the login key."""
    keys.check_private_key_file(path, "login_key_file")
    rc, out, err = ctx.run(["ssh-keygen", "-y", "-P", "", "-f", path], timeout=30)
    key = key_lines.parse_public_key(out) if rc == 0 else None
    if key is None:
        raise errors.InvalidInput(
            f"login_key_file: {path} cannot be read by ssh-keygen ({err.strip()}).",
            remedy="Give an OpenSSH private key without passphrase.",
            option="login_key_file",
            value=path,
        )
    return key


def login_line_of(key: key_lines.PublicKey, ctx: Context) -> list[authorized_keys.Wanted]:
    """The line of authorized_keys for the login key."""
    line = key_lines.PublicKey(key.kind, key.blob, key.comment or f"root@{ctx.node}").line()
    return authorized_keys.read_wanted([line], "login_key_file", login_key=True)


def lines_to_bring(lines: list[authorized_keys.Wanted] | None, ctx: Context) -> list[authorized_keys.Wanted]:
    """The user's lines, or those gathered from this cluster."""
    if lines is not None:
        return lines
    common = georep_keys.read(ctx.georep_dir).common
    if common is None:
        raise errors.PreconditionFailed(
            f"{ctx.node} does not hold the public keys of its cluster ({georep_keys.COMMON} is missing).",
            remedy="Run glusterops.georep.gluster_georep_keys on this node first, or give the lines as public_keys.",
            option="public_keys",
        )
    return authorized_keys.read_wanted(common, "public_keys")


def lines_by_target(
    targets: t.Iterable[Target],
    lines: t.Sequence[authorized_keys.Wanted],
    destinations: t.Sequence[Destination],
    login_line: t.Sequence[authorized_keys.Wanted],
) -> dict[Target, list[authorized_keys.Wanted]]:
    """The cluster's lines for every node, the line of the login key for the hosts alone."""
    found = {target: list(lines) for target in targets}
    for target in paths.hosts_of(destinations) if login_line else []:
        found.setdefault(target, []).extend(login_line)
    return found


def _edit_accounts(
    request: Request, ctx: Context, report: TrustReport, login: Logins, login_line: list[authorized_keys.Wanted], *, dry: bool
) -> set[Target]:
    """Put the public keys into the accounts through the setup login. Returns targets that still wait (check mode)."""
    lines = lines_to_bring(request.lines, ctx)
    state = "verified" if request.state == "verified" else "present"
    wanted = lines_by_target(request.targets, lines, request.destinations, login_line)
    found, failures = logins.edit(ctx, login, logins.Edit(state, wanted))
    for target, edited in found.items():
        note_account(report, report.accounts, str(target), edited.account, state)
    logins.raise_any(ctx, failures)
    waiting = {target for target, edited in found.items() if edited.account.changed}
    if request.state == "verified" and waiting:
        raise errors.TrustFailed(
            "\n".join(f"{target}: {'; '.join(found[target].account.actions)} (needed)." for target in found if target in waiting),
            remedy="Run gluster_ssh_trust with state: present, which does this.",
        )
    return waiting if dry else set()


class Mesh(t.NamedTuple):
    """With which host keys the paths are tested, and what is left out.

    :ivar file: the file for ssh to read. :ivar text: what it holds.
    :ivar pending: the keys are not made yet. :ivar waiting: accounts that do not hold them yet.
    :ivar login: with what the nodes can be asked why they refuse a key.
    """

    file: str
    text: str
    pending: bool = False
    waiting: t.AbstractSet[Target] = frozenset()
    login_pending: bool = False
    login: t.Optional[Logins] = None


def _verify(request: Request, ctx: Context, report: TrustReport, mesh: Mesh) -> None:
    """Walk every path with every key; say which were left out and why."""
    own = request.private_key_file
    targets = request.targets
    key_files: list[KeyFile] = []
    if own:
        key_files = [KeyFile(own, os.path.basename(own), _ANYTHING)]
    elif mesh.pending:
        report.notes.append("SSH access to the secondary nodes was not tested, because the keys of this cluster do not exist yet.")
        targets = []
    else:
        key_files = paths.georep_key_files(ctx.node, ctx.georep_dir)
    skipped = [str(target) for target in targets if target in mesh.waiting]
    if skipped:
        targets = [target for target in targets if target not in mesh.waiting]
        report.notes.append(f"SSH access was not tested, because authorized_keys of these accounts does not contain the keys yet: {', '.join(skipped)}.")

    def walk(where: t.Sequence[Target], what: t.Sequence[KeyFile]) -> list[paths.Result]:
        return paths.mesh(
            ctx.run,
            where,
            what,
            failures=SSH_FAILURES,
            known_hosts_file=mesh.file,
            known_hosts_text=mesh.text,
            timeout=request.timeout,
            shown_file=request.host_keys.file,
        )

    results = walk(targets, key_files)
    if request.login_key_file and not mesh.login_pending:
        login_key = KeyFile(request.login_key_file, os.path.basename(request.login_key_file), (authorized_keys.SHELL,))
        results += walk([target for target in paths.hosts_of(request.destinations) if target not in mesh.waiting], [login_key])
    results = paths.with_known_causes(results, request.causes)
    refused = paths.refused_by(results)
    if mesh.login and refused:
        results = paths.with_known_causes(results, logins.causes(ctx, mesh.login, refused))
    report.probes = [result.as_dict() for result in results]
    failure = paths.failure_of(results, ctx.node)
    if failure is not None:
        if request.state == "present" and not request.login and any(result.verdict.fault == KEY_REFUSED for result in results):
            failure.remedy = f"{failure.remedy}\n" + _how_by_hand(request, ctx, report.public_keys, made=True)
        raise failure
