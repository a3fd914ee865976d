# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""SSH trust between two sites: gather, plan, apply, verify."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import tempfile
import typing as t

from .._gluster import claims, runner
from .._host.facts import receiving
from .._model import errors, identity
from .._model.identity import check_volume
from .._ssh import accounts, authorized_keys, bootstrap, georep_keys, key_record, keys, known_hosts, probe
from .facts import read_node_uuid

KNOWN_HOSTS = georep_keys.GEOREP_DIR + "/known_hosts"
LOGINS_AT_ONCE = 8
#: What the module's options are when nobody gives them; its argument_spec says the same, a test holds the two together.
DEFAULTS: dict[str, t.Any] = {
    "delivery": "ssh",
    "state": "present",
    "secondaries": None,
    "secondary_host": None,
    "secondary_user": "root",
    "ssh_port": 22,
    "secondary_nodes": None,
    "known_hosts": None,
    "trust_on_first_use": False,
    "known_hosts_file": KNOWN_HOSTS,
    "generate_keys": True,
    "nodes": None,
    "verify": True,
    "private_key_file": None,
    "public_keys": None,
    "bootstrap_user": None,
    "bootstrap_password": None,
    "bootstrap_private_key_file": None,
    "bootstrap_private_key_passphrase": None,
    "node_uuids": None,
    "except_node_uuids": None,
    "copies_of": None,
    "forget_host_keys": None,
    "hosts_in_use": None,
    "accounts_in_use": None,
    "departed_keys": None,
    "forget_sites": True,
    "ignore_unreachable": False,
    "rotation_step": "prepare",
    "rotate_before": None,
    "max_age": None,
    "replaced_keys": None,
    "authorize_login_key": False,
    "login_key_file": "/root/.ssh/id_ed25519",
    "timeout": 10,
}


class Report:
    """The module's result, filled as the work goes on, so that a failure shows what was done before it."""

    def __init__(self, commands: list[dict[str, t.Any]]) -> None:
        self.changed = False
        self.probes: list[dict[str, t.Any]] = []
        self.public_keys: list[str] = []
        self.host_keys: list[str] = []
        self.node_uuid: str | None = None
        self.own_public_keys: list[str] = []
        self.recorded_public_keys: list[str] = []
        self.recorded_sites: list[dict[str, t.Any]] = []
        self.recorded_host_keys: dict[str, list[str]] = {}
        self.receiving: list[dict[str, str]] = []
        self.leftovers: list[str] = []
        self.unreached: list[dict[str, t.Any]] = []
        self.rotation: dict[str, t.Any] | None = None
        self.generated: list[str] = []
        self.accounts: list[dict[str, t.Any]] = []
        self.session_options: dict[str, str] = {}
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.before: dict[str, t.Any] = {"keys": {}, "gathered": {}, "recorded": {}, "known_hosts": {}, "accounts": {}, "copies": {}}
        self.after: dict[str, t.Any] = {name: {} for name in self.before}
        self.commands = commands

    def as_result(self, *, diff_mode: bool) -> dict[str, t.Any]:
        result: dict[str, t.Any] = {
            "changed": self.changed,
            "probes": self.probes,
            "public_keys": self.public_keys,
            "host_keys": self.host_keys,
            "node_uuid": self.node_uuid,
            "own_public_keys": self.own_public_keys,
            "recorded_public_keys": self.recorded_public_keys,
            "recorded_sites": self.recorded_sites,
            "recorded_host_keys": self.recorded_host_keys,
            "receiving": self.receiving,
            "leftovers": self.leftovers,
            "unreached": self.unreached,
            "rotation": self.rotation,
            "generated": self.generated,
            "accounts": self.accounts,
            "session_options": self.session_options,
            "notes": self.notes,
            "before": self.before,
            "after": self.after,
            "commands": self.commands,
        }
        if diff_mode:
            result["diff"] = self.diff()
        return result

    def diff(self) -> list[dict[str, str]]:
        """Fingerprints and comments only; equal parts are left out."""
        found = []
        headers = {
            "keys": "key pair",
            "gathered": "gathered public keys",
            "recorded": "record of distributed keys",
            "known_hosts": "known_hosts",
            "accounts": "authorized_keys",
            "copies": "copies of public keys",
        }
        for part, header in headers.items():
            for name in {**self.before[part], **self.after[part]}:
                old, new = _text(self.before[part].get(name)), _text(self.after[part].get(name))
                if old != new:
                    title = f"{header} ({name})"
                    found.append({"before_header": title, "after_header": title, "before": old, "after": new})
        return found


def _text(value: t.Any) -> str:
    lines = value if isinstance(value, list) else [value] if value else []
    return "".join(f"{line}\n" for line in lines)


class Context(t.NamedTuple):
    """What comes from outside: how to run commands, and where things are."""

    run: runner.Run
    node: str
    check_mode: bool
    report: Report
    georep_dir: str = georep_keys.GEOREP_DIR
    login: t.Callable[..., t.Any] = bootstrap.Login


class Site(t.NamedTuple):
    """One secondary as the user gave it."""

    host: str
    user: str
    port: int
    nodes: tuple[str, ...]


class Wish(t.NamedTuple):
    """The checked input."""

    state: str
    sites: list[Site]
    targets: list[probe.Target]
    known: dict[str, list[keys.PublicKey]]
    first_use: bool
    known_hosts_file: str
    generate: bool
    nodes: list[dict[str, t.Any]]
    private_key_file: str | None
    public_keys: list[authorized_keys.Wanted] | None
    password: str | None
    bootstrap_key: str | None
    passphrase: str | None
    bootstrap_user: str | None
    authorize_login: bool
    login_key_file: str
    verify: bool
    timeout: int
    forget_host_keys: list[keys.PublicKey]
    hosts_in_use: frozenset[str]
    accounts_in_use: t.Optional[frozenset[tuple[str, str]]]  #: account and host; None: every account on the hosts in use
    departed: list[authorized_keys.Wanted]
    copies: list[str]
    forget_sites: bool
    ignore_unreachable: bool

    @property
    def has_bootstrap(self) -> bool:
        return bool(self.password or self.bootstrap_key)

    def still_uses(self, site: Site) -> bool:
        """Another account on the same host is another matter."""
        host = site.host.lower()
        return host in self.hosts_in_use if self.accounts_in_use is None else (site.user, host) in self.accounts_in_use


def trust(params: dict[str, t.Any], ctx: Context) -> None:
    """Do what the module's options ask for; the outcome is in ``ctx.report``."""
    if params["delivery"] == "local":
        _local(params, ctx)
    else:
        wish = read_wish(params)
        sweep(wish, ctx)
        if wish.state == "absent":
            _absent(wish, ctx)
        else:
            _present(wish, ctx)


def sweep(wish: Wish, ctx: Context) -> None:
    """Remove the temporary files that modules left behind which were killed while they wrote; files in use are not touched."""
    if not ctx.check_mode and wish.state != "verified":
        for path in (wish.known_hosts_file, f"{ctx.georep_dir}/{key_record.NAME}", f"{ctx.georep_dir}/{georep_keys.COMMON}"):
            accounts.LocalFiles().sweep(path)


# --- input -----------------------------------------------------------------------------------------------------------


def read_wish(params: dict[str, t.Any]) -> Wish:
    """Check every word before anything is touched."""
    sites = _read_sites(params)
    state = params["state"]
    targets = list(dict.fromkeys(probe.Target(node, site.port, site.user) for site in sites for node in site.nodes))
    if not 1 <= params["timeout"] <= 300:
        raise errors.InvalidInput(
            f"timeout: {params['timeout']} is out of range.",
            remedy="Give 1 to 300 seconds.",
            option="timeout",
            value=params["timeout"],
        )
    hosts = list(dict.fromkeys((target.host, target.port) for target in _all_targets(sites, targets, params)))
    known = known_hosts.read_wanted(params["known_hosts"] or [], hosts, "known_hosts")
    given = params["public_keys"]
    plain = state == "absent"
    public = None if given is None else authorized_keys.read_wanted(given, "public_keys", login_key=plain)
    if params["private_key_file"]:
        keys.check_private_key_file(params["private_key_file"], "private_key_file")
    if params["bootstrap_private_key_file"]:
        keys.check_private_key_file(
            params["bootstrap_private_key_file"],
            "bootstrap_private_key_file",
            encrypted_ok=bool(params["bootstrap_private_key_passphrase"]),
        )
    user = params["bootstrap_user"]
    if user:
        identity.check_user("bootstrap_user", user)
        for site in sites:
            if user not in ("root", site.user):
                raise errors.InvalidInput(
                    f"bootstrap_user: {user} cannot write the keys of {site.user} on {site.host}.",
                    remedy=f"Log in as root or as {site.user} itself.",
                    option="bootstrap_user",
                    value=user,
                )
    wish = Wish(
        state=state,
        sites=sites,
        targets=targets,
        known=known,
        first_use=params["trust_on_first_use"],
        known_hosts_file=keys.check_path(params["known_hosts_file"], "known_hosts_file"),
        generate=params["generate_keys"],
        nodes=params["nodes"] or [],
        private_key_file=params["private_key_file"],
        public_keys=public,
        password=params["bootstrap_password"],
        bootstrap_key=params["bootstrap_private_key_file"],
        passphrase=params["bootstrap_private_key_passphrase"],
        bootstrap_user=user,
        authorize_login=params["authorize_login_key"],
        login_key_file=keys.check_path(params["login_key_file"], "login_key_file"),
        verify=params["verify"],
        timeout=params["timeout"],
        forget_host_keys=_read_host_keys(params["forget_host_keys"] or []),
        hosts_in_use=frozenset(host.lower() for host in params["hosts_in_use"] or ()),
        accounts_in_use=_read_accounts_in_use(params["accounts_in_use"]),
        departed=authorized_keys.read_wanted(params["departed_keys"] or [], "departed_keys", login_key=True),
        copies=_read_copies(params),
        forget_sites=params["forget_sites"],
        ignore_unreachable=state == "absent" and params["ignore_unreachable"],
    )
    if state == "absent" and (wish.forget_host_keys or wish.departed) and not sites:
        return wish
    if not sites and (wish.has_bootstrap or wish.authorize_login or state == "absent" or wish.private_key_file):
        raise errors.InvalidInput(
            "No secondary is given.",
            remedy="Give secondaries, or secondary_host for a single one.",
            option="secondaries",
            value=[],
        )
    return wish


def _read_host_keys(lines: t.Sequence[str]) -> list[keys.PublicKey]:
    found = []
    for number, line in enumerate(lines):
        key = keys.parse_public_key(line)
        if key is None:
            raise errors.InvalidInput(
                f"forget_host_keys[{number}]: {keys.printable(line[:80])!r} is not a host key.",
                remedy="Give KEYTYPE BASE64, as the module returns host_keys with delivery: local.",
                option="forget_host_keys",
                value=keys.printable(line[:80]),
            )
        found.append(key)
    return found


def _read_accounts_in_use(given: t.Sequence[str] | None) -> frozenset[tuple[str, str]] | None:
    if given is None:
        return None
    found = []
    for number, text in enumerate(given):
        user, at, host = text.partition("@")
        if not at:
            raise errors.InvalidInput(
                f"accounts_in_use[{number}]: {text!r} is not an account on a host.",
                remedy="Write ACCOUNT@HOST.",
                option="accounts_in_use",
                value=text,
            )
        found.append((identity.check_user("accounts_in_use", user), identity.check_host("accounts_in_use", host).lower()))
    return frozenset(found)


def _read_copies(params: dict[str, t.Any], node_uuid: str | None = None) -> list[str]:
    """The names under which gluster leaves the public keys on secondary nodes (``create push-pem``).

    :param node_uuid: which node this is, where the module works on its own node; empty: glusterd does not know it yet.
    """
    names = []
    for number, pair in enumerate(params["copies_of"] or []):
        for option in ("primary_volume", "secondary_volume"):
            check_volume(f"copies_of[{number}].{option}", pair[option])
        if node_uuid is not None and pair.get("node_uuids") and node_uuid not in pair["node_uuids"]:
            continue
        names.append(f"{pair['primary_volume']}_{pair['secondary_volume']}_{georep_keys.COMMON}")
    return list(dict.fromkeys(names))


def _all_targets(
    sites: t.Sequence[Site], targets: t.Sequence[probe.Target], params: dict[str, t.Any]
) -> list[probe.Target]:
    """The mesh, and with ``authorize_login_key`` the name that ``create push-pem`` logs in to."""
    extra = [probe.Target(site.host, site.port, site.user) for site in sites] if params["authorize_login_key"] else []
    return list(dict.fromkeys([*targets, *extra]))


def _read_sites(params: dict[str, t.Any]) -> list[Site]:
    raw = params["secondaries"] or []
    prefix = "secondaries[{}]."
    if params["secondary_host"]:
        raw, prefix = [params], ""
    elif params["secondary_nodes"]:
        raise errors.InvalidInput(
            "secondary_nodes is given without secondary_host.",
            remedy="Give secondary_host too, or secondaries.",
            option="secondary_nodes",
            value=params["secondary_nodes"],
        )
    sites = []
    for number, one in enumerate(raw):
        where = prefix.format(number)
        host = identity.check_host(f"{where}secondary_host", one["secondary_host"])
        nodes = [identity.check_host(f"{where}secondary_nodes", node) for node in one["secondary_nodes"] or []] or [host]
        sites.append(
            Site(
                host,
                identity.check_user(f"{where}secondary_user", one["secondary_user"]),
                identity.check_port(f"{where}ssh_port", one["ssh_port"]),
                tuple(dict.fromkeys(nodes)),
            )
        )
    return sites


# --- delivery: ssh ---------------------------------------------------------------------------------------------------


def _present(wish: Wish, ctx: Context) -> None:
    report = ctx.report
    dry = ctx.check_mode or wish.state == "verified"
    _check_programs(wish)
    hosts = _plan_known_hosts(wish, ctx)
    by_hand = _brought_by_hand(wish)
    if by_hand:
        _check_by_hand(wish, ctx, hosts)
    elif wish.state == "present" and wish.has_bootstrap:
        _try_logins(wish, ctx, hosts)
    keys_pending = _georep_keys(wish, ctx, dry=dry)
    tell_keys(wish, ctx)
    _record(wish, ctx, keys_pending=keys_pending, dry=dry)
    report.session_options = {
        option.replace("-", "_"): value
        for option, value in probe.session_options(wish.known_hosts_file, ctx.georep_dir).items()
    }
    text, hosts_pending = _known_hosts(wish, ctx, hosts, dry=dry)
    login_pending, login_line = _login_key(wish, ctx, dry=dry)
    accounts_pending = _accounts(wish, ctx, text, login_line, keys_pending=keys_pending, dry=dry)
    if wish.verify and wish.targets and not by_hand:
        with known_hosts_for_ssh(wish, text, hosts_pending) as path:
            _verify(wish, ctx, text, path, keys_pending, accounts_pending, login_pending)


def _check_programs(wish: Wish) -> None:
    """Before anything is made: what later steps run on this node.

    :raises PreconditionFailed: naming what is missing.
    """
    # Also where nothing is tested yet: who brings keys means to log in with them.
    wanted = ["ssh"] if wish.targets else []
    wanted += ["ssh-keygen"] if wish.generate or wish.authorize_login else []
    wanted += ["ssh-keyscan"] if wish.first_use and wish.targets else []
    lacking = [name for name in wanted if runner.find_program(name) is None]
    if lacking:
        raise errors.CommandMissing(
            f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not installed on this node. Nothing was changed.",
            remedy="Install the OpenSSH client here (Debian: apt install openssh-client), then run again.",
            command=lacking[:1],
        )


def _brought_by_hand(wish: Wish) -> bool:
    """Whether this run neither brings keys nor is told of keys that were brought: then all ways have to work as they are."""
    return (
        wish.state == "present" and wish.verify and bool(wish.targets)
        and not wish.has_bootstrap and wish.public_keys is None and not wish.private_key_file
    )  # fmt: skip


def _check_by_hand(wish: Wish, ctx: Context, hosts: _Hosts) -> None:
    """The ways as they are, before anything is made or recorded that would not help.

    :raises TrustFailed: a way does not work; names what has to be done elsewhere.
    """
    found = georep_keys.read(ctx.georep_dir)
    ctx.report.public_keys = found.common or []
    keyless = [] if found.complete else [ctx.node]
    keyless += [node["node"] for node in wish.nodes if len(node["keys"]) < len(georep_keys.PAIRS) and node["node"] not in keyless]
    if keyless:
        raise errors.TrustFailed(
            f"{', '.join(keyless)} {'has' if len(keyless) == 1 else 'have'} no geo-replication keys yet, so no secondary node can accept them, "
            "and no login was given with which they could be brought there. Nothing was created or recorded.",
            remedy=_how_by_hand(wish, ctx, [], made=False),
        )
    with known_hosts_for_ssh(wish, hosts.plan.text, bool(hosts.plan.changes)) as path:
        _verify(wish, ctx, hosts.plan.text, path, False, set(), False)


def _how_by_hand(wish: Wish, ctx: Context, lines: t.Sequence[str], *, made: bool) -> str:
    """What a person does at a site where nobody may log in.

    :param lines: the keys to be accepted, as far as they are gathered on this node.
    :param made: whether this node has keys.
    """
    users = ", ".join(dict.fromkeys(f"{target.user} on {target.host}" for target in wish.targets))
    login = (
        "Give a login that is used for this only: bootstrap_password or bootstrap_private_key_file (in the role: "
        "geo_replication_bootstrap_password, geo_replication_bootstrap_private_key_file). With delivery: local the module brings keys to "
        "nodes that Ansible manages (in the role: geo_replication_secondary_hosts)."
    )
    add = f"added to authorized_keys of {users}, then run again"
    if lines:
        return f"{login}\nOr have these lines {add}:\n" + "\n".join(lines)
    if made:
        return f"{login}\nOr have the lines of {ctx.georep_dir}/{georep_keys.COMMON}, on the node that created the keys, {add}."
    return (
        f"{login}\nOr bring the keys by hand. This creates them and prints their lines (public_keys), on one primary node while all are up: "
        f"ansible {ctx.node} -m glusterops.georep.gluster_ssh_trust -a verify=false\nHave these lines {add}."
    )


def _try_logins(wish: Wish, ctx: Context, hosts: _Hosts) -> None:
    """A wrong password, or an account that cannot be used, is told before keys are made and anything is written here.

    Where that is done already, the login that edits the accounts tells it.
    """
    record = key_record.read(ctx.georep_dir)
    recorded = {site.key for site in record.sites} if record else set()
    new = {key_record.Site(*site).key for site in wish.sites} - recorded
    if hosts.plan.changes or new or not georep_keys.read(ctx.georep_dir).complete:
        _raise(_attempt(wish, ctx, hosts.plan.text, wish.targets, _look_at)[1], ctx)


def _look_at(target: probe.Target, login: t.Any) -> None:
    """What is in the way in an account is told as early as a wrong password."""
    accounts.edit(login.files, login.account(target.user), [], "verified", check_mode=True)


def _georep_keys(wish: Wish, ctx: Context, *, dry: bool) -> bool:
    """Make the cluster's keys where they are missing. True: they are about to be made (check mode)."""
    report, folder = ctx.report, ctx.georep_dir
    before = georep_keys.read(folder)
    report.before["keys"] = report.after["keys"] = before.fingerprints()
    report.before["gathered"] = report.after["gathered"] = {georep_keys.COMMON: before.gathered()}
    report.public_keys = before.common or []
    if wish.private_key_file and not wish.has_bootstrap:
        return False
    if not wish.generate or wish.state == "verified":
        if before.common is not None and before.missing_in_common():
            report.notes.append(
                f"{folder}/{georep_keys.COMMON} on {ctx.node} lacks this node's "
                f"{' and '.join(before.missing_in_common())}: generate_keys: true gathers the keys again."
            )
        return False
    halves = georep_keys.check_halves(before, folder)
    cli = runner.GlusterCli(ctx.run)
    pool = georep_keys.read_pool(cli)
    reason = georep_keys.reason_to_generate(before, pool, wish.nodes)
    if halves:
        reason = reason or f"the public half of {' and '.join(halves)} is missing"
    if pool.disconnected:
        report.notes.append(
            f"These primary nodes are down, their keys cannot be gathered now: {', '.join(pool.disconnected)}. Run "
            "again when they are back."
        )
    if reason is None:
        return False
    report.changed = True
    report.notes.append(f"Keys {'would be' if dry else 'were'} made or gathered because {reason}.")
    if dry:
        report.public_keys = []
        report.after["keys"] = {
            name: fingerprint or "(to be generated)" for name, fingerprint in before.fingerprints().items()
        }
        report.after["gathered"] = {georep_keys.COMMON: ["(to be gathered)"]}
        report.notes.append("The public key lines are not known before the keys are made.")
        return True
    for name in halves:
        georep_keys.restore_public(ctx.run, name, folder)
    after = georep_keys.generate(cli, folder)
    if pool.disconnected:
        georep_keys.keep_lost(before, after, folder)
        after = georep_keys.read(folder)
    rest = georep_keys.reason_to_generate(after, pool)
    if rest is not None:
        raise errors.CommandFailed(
            f"gluster made the geo-replication keys, but not all of them: {rest}.",
            remedy="Install the geo-replication package (gsyncd) and ssh-keygen on all primary nodes, then run again.",
        )
    old = set(before.fingerprints().values())
    report.generated = [name for name, fingerprint in after.fingerprints().items() if fingerprint not in old]
    report.after["keys"] = after.fingerprints()
    report.after["gathered"] = {georep_keys.COMMON: after.gathered()}
    report.public_keys = after.common or []
    return False


def tell_keys(wish: Wish, ctx: Context) -> None:
    """What else a play has to know of this node to tell its cluster's keys from others'."""
    report, folder = ctx.report, ctx.georep_dir
    report.node_uuid = read_node_uuid(os.path.dirname(folder))
    report.own_public_keys = georep_keys.own_lines(folder, ctx.run)
    record = key_record.read(folder)
    report.recorded_public_keys = list(record.lines) if record else []
    report.recorded_sites = [site.as_dict() for site in record.sites] if record else []
    report.recorded_host_keys = known_hosts.keys_of_names(read_file(wish.known_hosts_file))


def _record(wish: Wish, ctx: Context, *, keys_pending: bool, dry: bool) -> None:
    """Remember which keys are brought to others, as gluster forgets them with the node they belong to."""
    report, folder = ctx.report, ctx.georep_dir
    if wish.state == "verified" or wish.private_key_file:
        return
    if not wish.sites:
        # Nothing is brought; the record is kept one of this cluster, whose volumes come and go.
        rewrite_record(ctx, key_record.extended(key_record.read(folder), [], key_record.volume_ids(folder)), dry=dry)
        return
    # Who neither makes keys, nor brings them, nor is told of them, only looks.
    if not wish.generate and not wish.has_bootstrap and wish.public_keys is None:
        return
    lines = report.public_keys if wish.public_keys is None else [want.text for want in wish.public_keys]
    # A check run does not know lines that are yet to be made.
    unknown = dry and (keys_pending or wish.public_keys == [])
    sites = [key_record.Site(*site) for site in wish.sites]
    rewrite_record(ctx, key_record.extended(key_record.read(folder), lines, key_record.volume_ids(folder), sites), dry=dry)
    if unknown and os.path.isdir(os.path.join(os.path.dirname(folder), "vols")):
        report.changed = True
        report.after["recorded"] = {key_record.NAME: ["(to be recorded)"]}


def rewrite_record(ctx: Context, record: key_record.Record | None, *, dry: bool) -> None:
    report, folder = ctx.report, ctx.georep_dir
    before = key_record.read(folder)
    report.before["recorded"] = report.after["recorded"] = {
        key_record.NAME: key_record.shown(before)
    }
    if record is None:
        return
    report.changed = True
    report.after["recorded"] = {key_record.NAME: key_record.shown(record)}
    if not dry:
        key_record.write(record, folder)


class _Hosts(t.NamedTuple):
    """The known_hosts file as it is to be."""

    before: str
    names: dict[str, known_hosts.Target]
    scanned: dict[str, list[keys.PublicKey]]  #: host keys that were trusted on first use
    plan: known_hosts.Plan


def _plan_known_hosts(wish: Wish, ctx: Context) -> _Hosts:
    before = read_file(wish.known_hosts_file)
    names = {known_hosts.token(host, port): (host, port) for host, port in _hosts(wish)}
    scanned = _scan(wish, ctx, before, names) if wish.first_use else {}
    return _Hosts(before, names, scanned, known_hosts.plan_present(before, {**wish.known, **scanned}))


def _known_hosts(wish: Wish, ctx: Context, hosts: _Hosts, *, dry: bool) -> tuple[str, bool]:
    """Written unless dry. Returns its text and whether the file still differs."""
    report, path, plan = ctx.report, wish.known_hosts_file, hosts.plan
    for name, found in hosts.scanned.items():
        prints = ", ".join(f"{key.kind} {key.fingerprint}" for key in found)
        report.warnings.append(
            f"{'Would trust' if dry else 'Trusted'} the host key of {name} on first use, nobody vouched for it: "
            f"{prints}"
        )
    report.notes += report.warnings if wish.first_use else []
    report.before["known_hosts"] = known_hosts.fingerprints(hosts.before, hosts.names)
    report.after["known_hosts"] = report.before["known_hosts"]
    if not plan.changes:
        return hosts.before, False
    if wish.state == "verified":
        report.notes.append(
            f"Host keys of {', '.join(dict.fromkeys(change.name for change in plan.changes))} are not in {path} yet; "
            "they were used for this test only. state: present records them."
        )
        return plan.text, True
    report.changed = True
    report.after["known_hosts"] = known_hosts.fingerprints(plan.text, hosts.names)
    if dry:
        return plan.text, True
    _write_known_hosts(path, plan.text)
    return plan.text, False


def _scan(
    wish: Wish, ctx: Context, text: str, names: t.Mapping[str, known_hosts.Target]
) -> dict[str, list[keys.PublicKey]]:
    """Ask the hosts of which nothing is known for their keys."""
    unknown = [where for name, where in names.items() if name not in wish.known and not known_hosts.lookup(text, name)]
    return probe.scan(ctx.run, unknown, wish.timeout) if unknown else {}


def _hosts(wish: Wish) -> list[known_hosts.Target]:
    extra = [(site.host, site.port) for site in wish.sites] if wish.authorize_login else []
    return list(dict.fromkeys([(target.host, target.port) for target in wish.targets] + extra))


def read_file(path: str) -> str:
    return keys.decode(accounts.LocalFiles().read(path) or b"")


def _write_known_hosts(path: str, text: str) -> None:
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise errors.PreconditionFailed(
            f"The folder {folder} for known_hosts_file does not exist on this node.",
            remedy="Install the GlusterFS server package here (it makes /var/lib/glusterd/geo-replication), or give "
            "another known_hosts_file.",
            option="known_hosts_file",
            value=path,
        )
    files = accounts.LocalFiles()
    files.replace(path, keys.encode(text), 0o600, os.geteuid(), os.getegid())


@contextlib.contextmanager
def known_hosts_for_ssh(wish: Wish, text: str, pending: bool) -> t.Iterator[str]:
    """The file for ssh to read: the real one, or a stand-in where the real one must not be written."""
    if not pending:
        yield wish.known_hosts_file
        return
    folder, prefix = tempfile.gettempdir(), "georep-known_hosts-"
    for left in claims.abandoned(folder, claims.token_pattern(prefix)):
        os.unlink(os.path.join(folder, left))
    descriptor, path = claims.make(os.path.join(folder, prefix))
    try:
        # While it is open no other run takes it for what a killed module left.
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(keys.encode(text))
            handle.flush()
            yield path
    finally:
        os.unlink(path)


def _login_key(wish: Wish, ctx: Context, *, dry: bool) -> tuple[bool, list[authorized_keys.Wanted]]:
    """The key with which gluster itself logs in for ``create push-pem``. True: it is about to be made."""
    if not wish.authorize_login:
        return False, []
    path, report = wish.login_key_file, ctx.report
    if not os.path.exists(path):
        if wish.state == "verified":
            raise errors.TrustFailed(
                f"{ctx.node} has no login key {path}.",
                remedy="state: present with authorize_login_key: true makes one.",
            )
        report.changed = True
        report.before["keys"] = {**report.before["keys"], path: None}
        report.after["keys"] = {**report.after["keys"], path: "(to be generated)"}
        if dry:
            return True, []
        folder = os.path.dirname(path)
        if not os.path.isdir(folder):
            os.mkdir(folder, 0o700)
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"root@{ctx.node}", "-f", path]
        rc, out, err = ctx.run(argv, timeout=60)
        if rc != 0:
            raise errors.TrustFailed(
                f"The login key {path} could not be made.", command=argv, rc=rc, stdout=out, stderr=err
            )
        report.generated.append(path)
    keys.check_private_key_file(path, "login_key_file")
    rc, out, err = ctx.run(["ssh-keygen", "-y", "-P", "", "-f", path], timeout=30)
    key = keys.parse_public_key(out) if rc == 0 else None
    if key is None:
        raise errors.InvalidInput(
            f"login_key_file: {path} cannot be read by ssh-keygen ({err.strip()}).",
            remedy="Give an OpenSSH private key without passphrase.",
            option="login_key_file",
            value=path,
        )
    if report.after["keys"].get(path):
        report.after["keys"] = {**report.after["keys"], path: key.fingerprint}
    line = keys.PublicKey(key.kind, key.blob, key.comment or f"root@{ctx.node}").line()
    return False, authorized_keys.read_wanted([line], "login_key_file", login_key=True)


def _lines(wish: Wish, ctx: Context) -> list[authorized_keys.Wanted]:
    """The lines to distribute: the user's, or those gathered from this cluster."""
    if wish.public_keys is not None:
        return wish.public_keys
    common = georep_keys.read(ctx.georep_dir).common
    if common is None:
        raise errors.PreconditionFailed(
            f"{ctx.node} does not hold the public keys of its cluster ({georep_keys.COMMON} is missing).",
            remedy="Run with generate_keys: true on this node, or give the lines as public_keys.",
            option="public_keys",
        )
    return authorized_keys.read_wanted(common, "public_keys")


def _accounts(
    wish: Wish,
    ctx: Context,
    text: str,
    login_line: list[authorized_keys.Wanted],
    *,
    keys_pending: bool,
    dry: bool,
) -> set[probe.Target]:
    """Put the public keys into the accounts through the bootstrap login. Returns targets that still wait."""
    report = ctx.report
    if not wish.has_bootstrap:
        return set()
    if keys_pending:
        report.notes.append("The accounts on the secondary nodes were not compared: the keys are not made yet.")
        return set(wish.targets)
    lines = _lines(wish, ctx)
    jobs: dict[probe.Target, list[authorized_keys.Wanted]] = {target: list(lines) for target in wish.targets}
    for site in wish.sites if login_line else []:
        jobs.setdefault(probe.Target(site.host, site.port, site.user), []).extend(login_line)
    state = "verified" if wish.state == "verified" else "present"
    outcomes = _edit_accounts(wish, ctx, text, jobs, state, dry=dry)
    waiting = {target for target, outcome in outcomes.items() if outcome.changed}
    if wish.state == "verified" and waiting:
        raise errors.TrustFailed(
            "\n".join(
                f"{target}: {'; '.join(outcome.actions)} would be needed."
                for target, outcome in outcomes.items()
                if outcome.changed
            ),
            remedy="state: present does it.",
        )
    return waiting if dry else set()


_Edited = t.Tuple[accounts.Outcome, accounts.Outcome]  #: of the account's keys, and of gluster's copies there


def _edit_accounts(
    wish: Wish,
    ctx: Context,
    text: str,
    jobs: t.Mapping[probe.Target, list[authorized_keys.Wanted]],
    state: str,
    *,
    dry: bool,
) -> dict[probe.Target, accounts.Outcome]:
    """One login a target, side by side. What was done is in the report even when one of them fails."""

    def edit(target: probe.Target, login: t.Any, look: bool) -> _Edited:
        account = login.account(target.user)
        outcome = accounts.edit(login.files, account, jobs[target], state, check_mode=look)
        if not dry and state != "verified":
            accounts.sweep(login.files, account, state)
        return outcome, _remove_copies(login.files, account, ctx, wish.copies, jobs[target], dry=look)

    # What is in the way in one account is told before another one is changed.
    found, failures = _attempt(wish, ctx, text, list(jobs), lambda target, login: edit(target, login, True))
    if not dry and not any(isinstance(failure, errors.PreconditionFailed) for failure in failures):
        due = [target for target, outcomes in found.items() if any(outcome.changed for outcome in outcomes)]
        done, more = _attempt(wish, ctx, text, due, lambda target, login: edit(target, login, False)) if due else ({}, [])
        found = {target: done.get(target, outcomes) for target, outcomes in found.items() if target in done or target not in due}
        failures += more
    elif not dry:
        found = {}
    for target, (outcome, copies) in found.items():
        _note_account(ctx.report, str(target), outcome, state)
        _note_copies(ctx.report, target.host, copies)
    _raise(failures, ctx)
    return {target: outcomes[0] for target, outcomes in found.items()}


def _remove_copies(
    files: accounts.Files,
    account: accounts.Account,
    ctx: Context,
    names: t.Sequence[str],
    lines: t.Sequence[authorized_keys.Wanted],
    *,
    dry: bool,
) -> accounts.Outcome:
    """gluster leaves its copies of the public keys behind when a session is deleted.

    Another cluster may have left one of the same name: only files with nothing but our keys go.
    """
    ours = {want.entry.key.identity for want in lines}
    actions: list[str] = []
    left: list[str] = []
    files = files.of(account)
    for folder in dict.fromkeys([ctx.georep_dir, account.home]):
        for path in (f"{folder.rstrip('/')}/{name}" for name in names):
            try:
                content = files.read(path)
            except PermissionError:
                left.append(f"{path} cannot be read by this login.")
                continue
            if content is None:
                continue
            entries = [authorized_keys.parse_line(line) for line in keys.split_lines(keys.decode(content))]
            if any(entry is not None and entry.key.identity not in ours for entry in entries):
                left.append(f"{path} holds keys that are not known as this cluster's.")
                continue
            actions.append(f"{path}: removed")
            if not dry:
                files.remove(path)
    return accounts.Outcome("", bool(actions), left, [], actions)


def _note_copies(report: Report, name: str, outcome: accounts.Outcome) -> None:
    if outcome.changed:
        report.changed = True
        report.before["copies"][name] = [action.partition(": ")[0] for action in outcome.actions]
        report.after["copies"][name] = []
    report.leftovers += [f"{name}: {left}" for left in outcome.before]


_T = t.TypeVar("_T")


def _attempt(
    wish: Wish, ctx: Context, text: str, targets: t.Sequence[probe.Target], work: t.Callable[[probe.Target, t.Any], _T]
) -> tuple[dict[probe.Target, _T], list[errors.GeorepError]]:
    """Do something in a login to each target, side by side; what came of it, and what failed.

    Who cannot be reached may be gone for good: where that is no failure, it is noted.
    """
    bootstrap.load()

    def one(target: probe.Target) -> _T | errors.GeorepError:
        credentials = bootstrap.Credentials(
            wish.bootstrap_user or target.user, wish.password, wish.bootstrap_key, wish.passphrase
        )
        try:
            with ctx.login(
                target,
                credentials,
                known_hosts_file=wish.known_hosts_file,
                known_hosts_text=text,
                timeout=wish.timeout,
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
                f"Check the home directory of {target.user} there: it and .ssh must belong to {target.user}, and the "
                "disk must not be full or read-only.",
            )

    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, min(LOGINS_AT_ONCE, len(targets)))) as pool:
        answers = list(pool.map(one, targets))
    done: dict[probe.Target, _T] = {}
    failures: list[errors.GeorepError] = []
    for target, answer in zip(targets, answers):
        if wish.ignore_unreachable and isinstance(answer, bootstrap.StepFailed) and answer.step in (probe.RESOLVE, probe.CONNECT):
            ctx.report.unreached.append({"secondary_host": target.host, "secondary_user": target.user, "ssh_port": target.port})
            ctx.report.notes.append(f"Not reached: {target}: {answer.message}. Lines may be left there in authorized_keys.")
        elif isinstance(answer, errors.GeorepError):
            failures.append(answer)
        else:
            done[target] = answer
    return done, failures


def _raise(failures: t.Sequence[errors.GeorepError], ctx: Context) -> None:
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


def _note_account(report: Report, name: str, outcome: accounts.Outcome, state: str) -> None:
    report.accounts.append({"account": name, **outcome.as_dict()})
    report.before["accounts"][name] = outcome.before
    report.after["accounts"][name] = outcome.before if state == "verified" else outcome.after
    if outcome.changed and state != "verified":
        report.changed = True


def _verify(
    wish: Wish,
    ctx: Context,
    text: str,
    path: str,
    keys_pending: bool,
    accounts_pending: set[probe.Target],
    login_pending: bool,
) -> None:
    """Walk every way with every key; say which were left out and why."""
    report = ctx.report
    everything = (authorized_keys.GSYNCD, authorized_keys.TAR, authorized_keys.SHELL)
    if wish.private_key_file:
        key_files = [probe.KeyFile(wish.private_key_file, os.path.basename(wish.private_key_file), everything)]
    else:
        pairs = georep_keys.PAIRS.items()
        key_files = [probe.KeyFile(f"{ctx.georep_dir}/{name}", name, (kind,)) for name, kind in pairs]
        missing = [key.label for key in key_files if not os.path.exists(key.path)]
        if missing and not keys_pending:
            raise errors.TrustFailed(
                f"{ctx.node} has no geo-replication key {' and '.join(missing)} in {ctx.georep_dir}.",
                remedy="Run once with generate_keys: true on one node of the primary cluster while all of them are up.",
            )
    targets = wish.targets
    if keys_pending and not wish.private_key_file:
        report.notes.append("The ways to the secondary nodes were not tested: the keys are not made yet.")
        targets = []
    elif accounts_pending:
        skipped = [str(target) for target in targets if target in accounts_pending]
        targets = [target for target in targets if target not in accounts_pending]
        if skipped:
            report.notes.append(f"Not tested, because their keys are not in place yet: {', '.join(skipped)}.")

    def walk(where: t.Sequence[probe.Target], what: t.Sequence[probe.KeyFile]) -> list[probe.Result]:
        return probe.mesh(
            ctx.run,
            where,
            what,
            known_hosts_file=path,
            known_hosts_text=text,
            timeout=wish.timeout,
            shown_file=wish.known_hosts_file,
        )

    results = walk(targets, key_files)
    if wish.authorize_login and not login_pending:
        login = probe.KeyFile(wish.login_key_file, os.path.basename(wish.login_key_file), (authorized_keys.SHELL,))
        sites = dict.fromkeys(probe.Target(site.host, site.port, site.user) for site in wish.sites)
        results += walk([target for target in sites if target not in accounts_pending], [login])
    report.probes = [result.as_dict() for result in results]
    if any(not result.verdict.ok for result in results):
        message, remedy = probe.explain(results, ctx.node)
        if wish.state == "present" and not wish.has_bootstrap and any(r.verdict.step == probe.KEY for r in results):
            remedy += "\n" + _how_by_hand(wish, ctx, _lines_to_bring(wish, ctx), made=True)
        raise errors.TrustFailed(f"SSH from {ctx.node} to the secondary does not work.\n{message}\n", remedy=remedy)


def _lines_to_bring(wish: Wish, ctx: Context) -> list[str]:
    if wish.public_keys is not None:
        return [want.text for want in wish.public_keys]
    return georep_keys.read(ctx.georep_dir).common or []


def _absent(wish: Wish, ctx: Context) -> None:
    """Take our lines out of the accounts, then forget the hosts.

    Keys on this node stay: other sessions may use them.
    """
    report, path = ctx.report, wish.known_hosts_file
    before = read_file(path)
    names = {known_hosts.token(host, port): (host, port) for host, port in _hosts(wish)}
    report.before["keys"] = report.after["keys"] = georep_keys.read(ctx.georep_dir).fingerprints()
    tell_keys(wish, ctx)
    if wish.has_bootstrap and wish.sites:
        # The login still needs host keys; what is given or scanned for it is used in memory and not recorded.
        wanted = dict(wish.known)
        if wish.first_use:
            wanted.update(_scan(wish, ctx, before, names))
        text = known_hosts.plan_present(before, wanted).text
        lines = _lines(wish, ctx)
        jobs: dict[probe.Target, list[authorized_keys.Wanted]] = {target: list(lines) for target in wish.targets}
        login_line: list[authorized_keys.Wanted] = []
        if wish.authorize_login and os.path.exists(wish.login_key_file):
            _pending, login_line = _login_key(wish, ctx, dry=True)
        for site in wish.sites if login_line else []:
            jobs.setdefault(probe.Target(site.host, site.port, site.user), []).extend(login_line)
        _edit_accounts(wish, ctx, text, jobs, "absent", dry=ctx.check_mode)
    elif wish.sites:
        report.notes.append(
            "The accounts on the secondary nodes were left as they are: no bootstrap login was given. delivery: local "
            "with state: absent takes the keys out there."
        )
    # As long as lines may be left somewhere it is remembered where, and which host may be logged in to for them.
    unreached = {known_hosts.token(one["secondary_host"], one["ssh_port"]) for one in report.unreached}
    forgotten = [
        name
        for name in dict.fromkeys([*names, *known_hosts.names_of_keys(before, wish.forget_host_keys)])
        if known_hosts.host_of(name) not in wish.hosts_in_use and name not in unreached
    ]
    plan = known_hosts.plan_absent(before, forgotten)
    report.before["known_hosts"] = known_hosts.fingerprints(before, forgotten)
    report.after["known_hosts"] = known_hosts.fingerprints(plan.text, forgotten)
    if plan.changes:
        report.changed = True
        if not ctx.check_mode:
            _write_known_hosts(path, plan.text)
    sites = [key_record.Site(*site) for site in wish.sites if not wish.still_uses(site)]
    forget_departed(wish.departed, ctx, sites if wish.forget_sites and not unreached else [])


def forget_departed(
    departed: t.Sequence[authorized_keys.Wanted], ctx: Context, sites: t.Sequence[key_record.Site] = ()
) -> None:
    """Keys of nodes that have left, once they are taken away everywhere: this node shall not bring them again."""
    report, folder = ctx.report, ctx.georep_dir
    lines = [want.text for want in departed]
    rewrite_record(ctx, key_record.reduced(key_record.read(folder), lines, sites), dry=ctx.check_mode)
    report.before["gathered"] = {georep_keys.COMMON: georep_keys.read(folder).gathered()}
    report.after["gathered"] = dict(report.before["gathered"])
    text = georep_keys.common_text(folder)
    plan = authorized_keys.plan_absent(text, departed)
    if plan.changes:
        report.changed = True
        kept = georep_keys.State({}, {}, keys.split_lines(plan.text))
        report.after["gathered"] = {georep_keys.COMMON: kept.gathered()}
        if not ctx.check_mode:
            georep_keys.write_common(plan.text, folder)


# --- delivery: local -------------------------------------------------------------------------------------------------


def _local(params: dict[str, t.Any], ctx: Context) -> None:
    """The account of this very node, which Ansible manages."""
    report, state = ctx.report, params["state"]
    user = identity.check_user("secondary_user", params["secondary_user"])
    given = params["public_keys"]
    if given is None and state != "verified":
        raise errors.InvalidInput(
            f"public_keys is needed for delivery: local with state: {state}.",
            remedy="Give the lines that the module returned as public_keys on a primary node.",
            option="public_keys",
        )
    # For removal the key counts, not what stands in front of it.
    plain = state == "absent" or params["authorize_login_key"]
    wanted = authorized_keys.read_wanted(given or [], "public_keys", login_key=plain)
    settings = accounts.local_settings(ctx.run, user)
    report.host_keys = [key.line() for key in accounts.host_keys(ctx.run, settings)]
    report.node_uuid = read_node_uuid()
    if params["node_uuids"] is not None and report.node_uuid not in params["node_uuids"]:
        report.notes.append(f"{ctx.node} is none of the nodes that are reached over SSH as {user}; the account was left alone.")
        return
    if state == "absent":
        report.receiving = receiving()
    files = accounts.LocalFiles(ctx.node)
    try:
        account = accounts.local_account(user, settings)
    except errors.PreconditionFailed:
        if state != "absent":
            raise
        report.notes.append(f"There is no account {user} on {ctx.node}: it holds no keys.")
        return
    in_use = state == "absent" and report.node_uuid in (params["except_node_uuids"] or ())
    names = _read_copies(params, report.node_uuid or "") if state == "absent" else []

    def work(dry: bool) -> tuple[accounts.Outcome | None, accounts.Outcome]:
        outcome = None if in_use else accounts.edit(files, account, wanted, state, check_mode=dry)
        if outcome is not None and not ctx.check_mode and state != "verified":
            accounts.sweep(files, account, state)
        return outcome, _remove_copies(files, account, ctx, names, wanted, dry=dry)

    try:
        outcome, copies = work(True)
        if not ctx.check_mode and (copies.changed or (outcome is not None and outcome.changed)):
            outcome, copies = work(False)
    except OSError as exc:
        raise errors.PreconditionFailed(
            f"The keys of {user} on {ctx.node} cannot be edited: {exc}.",
            remedy=f"Check {account.home} and .ssh in it: both must belong to {user} "
            f"(chown -R {user}: {account.home}/.ssh), and the disk must not be full or read-only.",
        ) from exc
    _note_copies(report, ctx.node, copies)
    if outcome is None:
        report.notes.append(f"A session still uses {user} on {ctx.node}; its keys were left alone.")
        return
    _note_account(report, user, outcome, state)
    problems = accounts.obstacles(settings, user, account.uid)
    if settings.get("strictmodes", ["yes"])[0] != "no":
        problems += accounts.home_obstacles(files, account)
    report.notes += [f"{ctx.node}: {problem}" for problem in problems]
    if state == "verified" and wanted and (outcome.changed or problems):
        needed = [f"{action} (needed)" for action in outcome.actions]
        raise errors.TrustFailed(
            f"The keys of {user} on {ctx.node} are not in order: {'; '.join(needed + problems)}",
            remedy="state: present puts the keys in place; settings of sshd and the home directory are yours to "
            "change.",
        )
