# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The mountbroker of this node: accounts, folder, glusterd.vol, and whether glusterd has read it. Gather, plan, apply, verify."""

from __future__ import annotations

import contextlib
import functools
import grp
import os
import pwd
import re
import stat
import typing as t

from .._gluster import helpers
from .._gluster.runner import GlusterCli, Recorder, find_program
from .._gluster.store import GLUSTERD_DIR, cluster_options, read_node_uuid, stored_option, volume_names
from .._host import facts as host_facts
from .._host import places, processes
from .._model import errors, glusterd_vol
from .._model.ageing import USERADD
from .._model.errors import invalid
from .._model.glusterd_vol import Mapping, Settings
from .._model.identity import check_group, check_node, check_user, check_volume
from .._plan import mountbroker
from .._plan.mountbroker import Account
from .._ssh import georep_keys, sshd, walk
from .._ssh.account_files import LocalFiles
from .._ssh.accounts import ageing_obstacles, ageing_outlook

VOLFILE = "/etc/glusterfs/glusterd.vol"
LOG_DIR = "/var/log/glusterfs"
#: Ansible's service module needs one of these programs to restart glusterd.
RESTARTERS = ("systemctl", "service", "rc-service")
SHELLS = ("/bin/bash", "/bin/sh")
#: Within this many seconds it is uncertain whether a file is older than glusterd: the kernel counts in hundredths.
DOUBT = 0.1


class Wish(t.NamedTuple):
    """The checked input."""

    state: str
    mappings: list[Mapping]
    sessions: list[Mapping]  #: accounts and the names of their sessions' folders
    root: str | None
    group: str | None
    make_accounts: bool
    skip_unknown: bool
    pending: frozenset[str]
    asked: dict[str, list[Mapping]]  #: with state verified, the nodes to ask, and the mappings to ask for
    own_nodes: frozenset[str]


class Step(t.NamedTuple):
    """One change.

    :ivar subject: what is changed, as diffs name it.
    :ivar program: what it runs.
    :ivar path: what it writes.
    """

    subject: str
    before: str
    after: str
    do: t.Callable[[], None]
    program: str = ""
    path: str = ""

    def __str__(self) -> str:
        old, new = ([line.strip() for line in text.splitlines()] for text in (self.before, self.after))
        gone, come = [line for line in old if line not in new], [line for line in new if line not in old]
        return f"{self.subject}: {'; '.join(come + [f'no longer {line}' for line in gone])}"


class Context(t.NamedTuple):
    """What comes from outside: how to run commands, and where things are."""

    run: Recorder
    cli: GlusterCli
    node: str
    check_mode: bool
    volfile: str = VOLFILE
    glusterd_dir: str = GLUSTERD_DIR
    log_dir: str = LOG_DIR


def work(params: t.Mapping[str, t.Any], ctx: Context) -> dict[str, t.Any]:
    """The module's result, without its ``commands``."""
    try:
        wish = read_wish(params)
        if wish.state == "verified":
            return _verified(wish, ctx)
        meant = meant_here(params["mappings"], wish.state, ctx)
        if params["mappings"] and not meant:
            # Do not create the folder and the group either: these accounts receive on other nodes.
            return _unchanged(ctx)
        return _converge(read_wish({**params, "mappings": meant}), ctx)
    except glusterd_vol.NotUnderstood as exc:
        raise errors.PreconditionFailed(
            f"{ctx.volfile} on {ctx.node} was not changed: {exc}.",
            remedy="Compare the file with that of another node, fix it, then run again.",
        ) from exc


def read_wish(params: t.Mapping[str, t.Any]) -> Wish:
    """Check all options before anything is changed.

    :raises InvalidInput: naming the option, the value and the remedy.
    """
    mappings: list[Mapping] = []
    asked: dict[str, list[Mapping]] = {}
    sessions: list[Mapping] = []
    for number, one in enumerate(params["mappings"]):
        prefix = f"mappings[{number}]."
        account = check_user(prefix + "secondary_user", one["secondary_user"])
        if account == "root":
            raise invalid(prefix + "secondary_user", account, "needs no mountbroker.", "Leave this entry out, or write an unprivileged account.")
        for volume in one["secondary_volumes"]:
            mapping = (account, check_volume(prefix + "secondary_volumes", volume))
            if mapping not in mappings:
                mappings.append(mapping)
        for name in one["sessions"] or ():
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
                raise invalid(prefix + "sessions", name, "is not the name of a session directory.", "Write PRIMARYVOLUME_HOST_SECONDARYVOLUME.")
            sessions.append((account, name))
        for volume in one["secondary_volumes"]:
            for node in one["secondary_nodes"] or ():
                if params["state"] != "verified":
                    raise invalid(
                        prefix + "secondary_nodes", node, "works only with state: verified.", "Leave secondary_nodes out, and run the module on those nodes."
                    )
                asked.setdefault(check_node(prefix + "secondary_nodes", node), []).append((account, volume))
    root, group = params["root"] or None, params["group"] or None
    if root is not None:
        check_root("root", root)
    if group is not None:
        check_group("group", group)
    return Wish(
        params["state"],
        mappings,
        sessions,
        root,
        group,
        params["make_accounts"],
        params["skip_unknown"],
        frozenset(params["pending_volumes"]),
        asked,
        frozenset(params["primary_node_uuids"] or ()),
    )


def meant_here(mappings: t.Sequence[t.Mapping[str, t.Any]], state: str, ctx: Context) -> list[dict[str, t.Any]]:
    """The mappings for this node and for volumes of its cluster. Another cluster may have a volume with the same name."""
    own = read_node_uuid(ctx.glusterd_dir)
    found = []
    for one in mappings:
        nodes, uuids = one.get("node_uuids"), one.get("volume_uuids") or {}
        if nodes is None or own in nodes:
            names = [name for name in one["secondary_volumes"] if _is_meant(name, uuids.get(name), state, nodes is not None, ctx)]
            found += [{**one, "secondary_volumes": names}] if names else []
    return found


def _is_meant(volume: str, uuid: str | None, state: str, node_is: bool, ctx: Context) -> bool:
    """
    :param node_is: whether this node is known to belong to the cluster. A mapping of a volume that is gone then belongs to it too.
    :raises InvalidInput: the cluster has another volume with this name.
    """
    own = stored_option(volume, "volume-id", ctx.glusterd_dir) if uuid else ""
    if not own:
        return uuid is None or node_is
    if own != uuid and state == "present":
        raise invalid(
            "mappings", volume, f"has the UUID {own} in the cluster of {ctx.node}, but the requested volume has the UUID {uuid}.",
            "Run the module on the nodes of the cluster that has the requested volume.",
        )
    return own == uuid


def check_root(option: str, value: str) -> str:
    """A path that needs no quotes in glusterd.vol, because its readers do not agree on quotes."""
    parts = value.split("/")
    plain = all(part not in ("", ".", "..") and all(sign.isalnum() or sign in "._+-" for sign in part) for part in parts[1:])
    if parts[0] != "" or len(parts) < 2 or not plain:
        remedy = "Write an absolute path of letters, digits, '.', '_', '+' and '-', such as /var/mountbroker-root."
        raise invalid(option, value, "cannot be the mountbroker's root.", remedy)
    return value


# --- this node -------------------------------------------------------------------------------------------------------


def _converge(wish: Wish, ctx: Context) -> dict[str, t.Any]:
    notes: list[str] = []
    if wish.state == "absent" and not os.path.exists(ctx.volfile):
        # GlusterFS was removed from the node, so no account can mount there.
        return _unchanged(ctx, [f"{ctx.volfile} does not exist on {ctx.node}, so there is no mountbroker mapping to delete."])
    text = _read(ctx.volfile)
    before = glusterd_vol.read(text)
    mappings = _known(wish, ctx, notes)
    if wish.state == "absent":
        mappings = _unused(wish, mappings, ctx, notes)
    readers = _compare_readers(text, before, ctx, notes)
    steps: list[Step] = []
    accounts: list[Account] = []
    group = wish.group or before.group or glusterd_vol.DEFAULT_GROUP
    root = wish.root or before.root or glusterd_vol.DEFAULT_ROOT
    if wish.state == "present" and (mappings or wish.root or wish.group):
        accounts = [_account(name, group) for name in dict.fromkeys(name for name, _volume in mappings)]
        steps += _account_steps(accounts, group, wish, ctx)
        notes += [f"{ctx.node}: {note}" for account in accounts if account.exists for note in _ageing(account.name)]
        steps += _root_steps(root, ctx, notes) + _log_steps(wish.sessions, ctx)
        wanted = glusterd_vol.edit(text, root=root, group=group, add=mappings)
    else:
        wanted = glusterd_vol.edit(text, remove=mappings if wish.state == "absent" else ())
    edits = wanted != text
    if edits:
        steps.append(Step(ctx.volfile, text, wanted, lambda: _write(ctx.volfile, wanted), path=ctx.volfile))
    if wish.state == "absent" and processes.glusterd_started() is None:
        # A stopped glusterd mounts nothing, and reads the file when it starts.
        pool, due, quorum_lost = georep_keys.Pool([], []), False, []
    else:
        pool = georep_keys.read_pool(ctx.cli)
        # Check this before anything is changed: if the file is newer than glusterd, only glusterd knows what it has read.
        due = edits or not _goes_by(wish, before, mappings, ctx, doubted=readers.differ)
        quorum_lost = _quorum_lost(len(pool.connected), len(pool.disconnected), ctx.glusterd_dir)
    _check_steps(steps, due and wish.state == "present", ctx)
    if not ctx.check_mode:
        LocalFiles().sweep(ctx.volfile)
        for step in steps:
            step.do()
        if edits:
            _read_back(wanted, readers.agree, ctx)
    after = glusterd_vol.read(wanted)
    return {
        "changed": bool(steps),
        "node": ctx.node,
        "restart_needed": due,
        "peers_down": pool.disconnected,
        "quorum_lost": quorum_lost,
        "before": before.as_dict(),
        "after": after.as_dict(),
        "steps": [str(step) for step in steps],
        "accounts": [account._asdict() for account in accounts],
        "notes": notes,
        **({"left": _left(wish, after)} if wish.state == "absent" else {}),
        "diff": [
            {"before_header": step.subject, "after_header": step.subject, "before": step.before, "after": step.after} for step in steps
        ],
    }


def _left(wish: Wish, after: Settings) -> dict[str, t.Any]:
    """What nothing in glusterd.vol needs any more, and this module does not remove: it may have been there before, or serve others."""
    accounts = [name for name in dict.fromkeys(name for name, _volume in wish.mappings) if not after.users.get(name) and _account(name, "").exists]
    if any(after.users.values()):
        return {"accounts": accounts, "options": {}, "root": None, "group": None}
    options = {glusterd_vol.ROOT: after.root, glusterd_vol.GROUP: after.group}
    members = _members(after.group) if after.group else None
    return {
        "accounts": accounts,
        "options": {name: value for name, value in options.items() if value is not None},
        "root": after.root if after.root and os.path.isdir(after.root) else None,
        "group": after.group if members is not None and set(members) <= set(accounts) else None,
    }


def _read(path: str) -> str:
    try:
        # glusterd takes any bytes, in a comment for example.
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except FileNotFoundError as exc:
        raise errors.PreconditionFailed(
            f"{path} does not exist on this node.", remedy="Install the GlusterFS server package (Debian: glusterfs-server), then run again."
        ) from exc


def _write(path: str, text: str) -> None:
    info = os.stat(path)
    LocalFiles().replace(path, text.encode("utf-8", "surrogateescape"), stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid)


def _known(wish: Wish, ctx: Context, notes: list[str]) -> list[Mapping]:
    """The mappings of volumes that this cluster has, because gluster-mountbroker accepts any name without a check.

    A mapping to delete may be of a volume that is gone.
    """
    have = volume_names(ctx.glusterd_dir)
    unknown = [mapping for mapping in wish.mappings if mapping[1] not in {*have, *wish.pending}] if wish.state != "absent" else []
    if unknown and not wish.skip_unknown:
        raise invalid(
            "mappings",
            unknown[0][1],
            f"is not a volume of the cluster of {ctx.node}.",
            f"Write one of its volumes: {', '.join(have) or 'it has none'}. If the nodes belong to several clusters, set skip_unknown: true: each "
            "node then skips the volumes that its cluster does not have.",
        )
    if unknown:
        names = ", ".join(sorted({volume for _user, volume in unknown}))
        notes.append(f"The cluster of {ctx.node} does not have these volumes, so they were skipped: {names}.")
    return [mapping for mapping in wish.mappings if mapping not in unknown]


def _unused(wish: Wish, mappings: list[Mapping], ctx: Context, notes: list[str]) -> list[Mapping]:
    """The mappings that no session of another primary cluster uses at the moment, according to its processes."""
    foreign = {
        (entry["secondary_user"], entry["secondary_volume"]): entry
        for entry in processes.receiving()
        if entry["primary_node_uuid"] not in wish.own_nodes
    }
    for mapping in mappings:
        if mapping in foreign:
            other = foreign[mapping]
            notes.append(
                f"The mountbroker mapping of {mapping[1]} for {mapping[0]} on {ctx.node} is kept, because another session needs it: "
                f"{other['primary_volume']} of {other['primary_node']} replicates to {mapping[1]} as {mapping[0]}."
            )
    return [mapping for mapping in mappings if mapping not in foreign]


# --- two readers -----------------------------------------------------------------------------------------------------


def _node_status(ctx: Context) -> Settings | None:
    """What gluster's own reader reads from the file; None if it is not installed.

    Run directly, because 'system:: execute' locks the whole cluster.
    """
    helper = helpers.helper_dir()
    program = os.path.join(helper or "", "peer_mountbroker.py")
    if helper is None or not os.path.exists(program):
        return None
    rc, out, err = ctx.run([host_facts.gsyncd_python(helper), program, "node-status"], timeout=60)
    if rc != 0 and not out.strip():
        raise glusterd_vol.NotUnderstood((err.strip().splitlines() or ["no reason given"])[-1])
    return glusterd_vol.read_node_status(out)


class Readers(t.NamedTuple):
    """What gluster's own reader makes of the file, beside the module's. Neither is true if it is not installed."""

    agree: bool  #: both read the same, so that reader can check the file after the change
    differ: bool  #: glusterd is asked what it goes by


def _compare_readers(text: str, found: Settings, ctx: Context, notes: list[str]) -> Readers:
    """:raises NotUnderstood: the readers differ, and nothing in the text explains it."""
    try:
        told = _node_status(ctx)
    except glusterd_vol.NotUnderstood as exc:
        notes.append(f"gluster-mountbroker on {ctx.node} cannot read {ctx.volfile} ({exc}). The module read the file itself, as glusterd does.")
        return Readers(False, True)
    if told is None:
        return Readers(False, False)
    if glusterd_vol.agree(told, found):
        return Readers(True, False)
    known = glusterd_vol.by_lines(text)
    if known is None or not glusterd_vol.agree(told, known):
        raise glusterd_vol.NotUnderstood(f"gluster-mountbroker reads {told.as_dict()}, but glusterd would read {found.as_dict()}")
    notes.append(
        f"gluster-mountbroker on {ctx.node} misreads {ctx.volfile}: it knows neither quotes nor an option over several lines. Do not change the file with "
        "that command, which would write back what it read."
    )
    return Readers(False, True)


def _read_back(wanted: str, readable: bool, ctx: Context) -> None:
    if _read(ctx.volfile) != wanted or (readable and not glusterd_vol.agree(_node_status(ctx) or Settings(None, None, {}), glusterd_vol.read(wanted))):
        raise errors.StateNotReached(
            f"{ctx.volfile} on {ctx.node} was written, but now has other content.", remedy="Check whether another program writes this file, then run again."
        )


# --- group and accounts ----------------------------------------------------------------------------------------------


def _has_group(name: str) -> bool:
    with contextlib.suppress(KeyError):
        grp.getgrnam(name)
        return True
    return False


def _members(group: str) -> list[str] | None:
    """Accounts that were added to a group; None: there is no such group."""
    try:
        return grp.getgrnam(group).gr_mem
    except KeyError:
        return None


def _account(name: str, group: str) -> Account:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return Account(name)
    shell = entry.pw_shell or "/bin/sh"
    members = grp.getgrnam(group) if _has_group(group) else None
    return Account(
        name,
        True,
        entry.pw_dir,
        os.path.isdir(entry.pw_dir),
        os.path.isdir(entry.pw_dir) and os.stat(entry.pw_dir).st_uid in (0, entry.pw_uid),
        shell,
        mountbroker.is_shell(shell) and os.access(shell, os.X_OK),
        members is not None and members.gr_gid in os.getgrouplist(name, entry.pw_gid),
    )


def _ageing(name: str) -> list[str]:
    """Whether an existing account has expired, or will: its owner decides about that."""
    pam = sshd.uses_pam(sshd.config_lines())
    return ageing_obstacles(name, 1, pam) or ageing_outlook(name, pam)


def _account_steps(accounts: t.Sequence[Account], group: str, wish: Wish, ctx: Context) -> list[Step]:
    """The steps that create what is missing, with the tools of the distribution.

    :raises PreconditionFailed: something is missing that must not be created, or is wrong and must not be changed.
    """
    shell = next((path for path in SHELLS if os.path.exists(path)), SHELLS[-1])
    wrong = [
        f"the home directory {account.home} of {account.name} belongs to another account: chown {account.name} {account.home}"
        for account in accounts
        if account.home_exists and not account.home_is_own
    ]
    # Whoever can change the parent folder could make root change the owner of a file elsewhere.
    wrong += [
        f"the home directory {account.home} of {account.name} is missing, and other accounts than root can change its parent folder:"
        f" install -d -m 0700 -o {account.name} {account.home}"
        for account in accounts
        if account.exists and account.home and "home" in account.lacks() and not walk.kept(account.home)
    ]
    lacking = [] if _has_group(group) else [f"the group {group} does not exist: groupadd --system {group}"]
    lacking += [told for account in accounts for told in mountbroker.in_words(account, group, shell)]
    if wrong or (lacking and not wish.make_accounts):
        raise errors.PreconditionFailed(
            f"{ctx.node}: {'; '.join(wrong + ([] if wish.make_accounts else lacking))}.",
            remedy=f"Run these commands on {ctx.node}, or set make_accounts: true (in the role: geo_replication_make_accounts)."
            if not wrong
            else f"Nothing was changed. Run these commands on {ctx.node}, then run again.",
        )

    def step(subject: str, before: str, after: str, *argv: str, path: str = "/etc/passwd") -> Step:
        return Step(subject, before, after, lambda: _do(list(argv), ctx), argv[0], path)

    steps = [] if _has_group(group) else [step(f"group {group}", "", "created\n", "groupadd", "--system", group)]
    for account in accounts:
        name, title = account.name, f"account {account.name}"
        lacks = account.lacks()
        if "account" in lacks:
            make = ["useradd", "--create-home", "--shell", shell, "--groups", group, *USERADD, name]
            steps.append(step(title, "", f"created, with the shell {shell}, in the group {group}\n", *make))
        if "shell" in lacks:
            steps.append(step(title, f"shell {account.shell}\n", f"shell {shell}\n", "usermod", "--shell", shell, name))
        if "group" in lacks:
            steps.append(step(title, "", f"in the group {group}\n", "usermod", "--append", "--groups", group, name))
        if "home" in lacks:
            home = account.home or ""
            make = ["install", "--directory", "--mode", "0700", "--owner", name, "--group", str(pwd.getpwnam(name).pw_gid), home]
            steps.append(step(title, "", f"home {account.home}\n", *make, path=home))
    return steps


def _check_steps(steps: t.Sequence[Step], restarts: bool, ctx: Context) -> None:
    """Check before the first step what all steps need.

    :param restarts: whether glusterd must be restarted afterwards, which is not done here.
    :raises PreconditionFailed: names everything that is missing.
    """
    lacking = [f"{step.program} is not installed" for step in steps if step.program and find_program(step.program) is None]
    reasons = [(step.path, places.obstacle(step.path)) for step in steps if step.path]
    lacking += [f"{path} cannot be written: {reason}" for path, reason in reasons if reason]
    if restarts and not any(map(find_program, RESTARTERS)):
        lacking.append(f"glusterd must be restarted, but none of {', '.join(RESTARTERS)} is installed")
    if lacking:
        raise errors.PreconditionFailed(
            f"{ctx.node}: {'; '.join(dict.fromkeys(lacking))}. Nothing was changed.", remedy=f"Fix this on {ctx.node}, then run again."
        )


def _do(argv: list[str], ctx: Context) -> None:
    rc, out, err = ctx.run(argv, timeout=60)
    if rc != 0:
        raise errors.CommandFailed(
            f"{ctx.node}: {argv[0]} failed: {(err or out).strip()}", remedy="Fix this, then run again.", command=argv, rc=rc, stdout=out, stderr=err
        )


# --- the root of the mounts ------------------------------------------------------------------------------------------


def _root_steps(root: str, ctx: Context, notes: list[str], owner: int = 0) -> list[Step]:
    """The steps for the folder in which glusterd mounts. glusterd does not start if owner or mode are wrong.

    :param owner: who may own it and its parent folders besides root; for tests.
    :raises PreconditionFailed: the folder must not be changed.
    """

    def refuse(what: str, remedy: str) -> errors.PreconditionFailed:
        return errors.PreconditionFailed(f"{ctx.node}: {what}. With this folder as mountbroker-root, glusterd would not start any more.", remedy=remedy)

    missing = []
    path = root
    while not os.path.lexists(path):
        missing.append(path)
        path = os.path.dirname(path)
    for part in [path, *_ancestors(path)]:
        info = os.stat(part)
        if not stat.S_ISDIR(info.st_mode):
            raise refuse(f"{part} is not a folder", "Use another root, or move that file.")
        loose = info.st_mode & 0o022 and (part == root or not info.st_mode & stat.S_ISVTX)
        if info.st_uid not in (0, owner) or (loose and part != root):
            raise refuse(f"{part} can be changed by other accounts than root", f"Run: chown root {part} && chmod go-w {part}. Or use another root.")
    if not walk.fixed(path):
        raise refuse(f"{path} contains a symbolic link that other accounts than root can change", "Use another root, or remove that link.")
    hive = os.path.join(root, "mb_hive")
    if os.path.lexists(hive) and os.lstat(hive).st_mode != stat.S_IFDIR | 0o711:
        raise refuse(f"{hive} does not have the mode 0711", f"Run: chmod 0711 {hive}")
    if missing:
        return [Step(root, "", "created, mode 0711\n", lambda: _make_root(list(reversed(missing)), ctx, notes), path=root)]
    mode = stat.S_IMODE(os.stat(root).st_mode)
    # Other accounts may pass through the folder, but not write to it.
    if mode & 0o022 or mode & 0o011 != 0o011:
        return [Step(root, f"mode {mode:04o}\n", "mode 0711\n", lambda: LocalFiles(ctx.node).repair(os.path.realpath(root), 0o711, None, None))]
    return []


def _ancestors(path: str) -> t.Iterator[str]:
    while path != os.path.dirname(path):
        path = os.path.dirname(path)
        yield path


def _make_root(folders: t.Sequence[str], ctx: Context, notes: list[str]) -> None:
    # Set the mode at creation: if a run is killed before a second step, the accounts could never use the folder.
    mask = os.umask(0o022)
    try:
        for folder in folders:
            os.mkdir(folder, 0o711 if folder == folders[-1] else 0o755)
    finally:
        os.umask(mask)
    # With SELinux, set the label of home directories, as gluster-mountbroker setup does.
    if os.path.isdir("/sys/fs/selinux") and os.listdir("/sys/fs/selinux"):
        for argv in (["semanage", "fcontext", "-a", "-e", "/home", folders[-1]], ["restorecon", "-R", folders[-1]]):
            try:
                rc, out, err = ctx.run(argv, timeout=120)
            except errors.CommandMissing as exc:
                rc, out, err = 127, "", exc.message
            if rc != 0:
                notes.append(f"{ctx.node}: {' '.join(argv)} failed: {(err or out).strip()}")


def _log_steps(sessions: t.Sequence[Mapping], ctx: Context) -> list[Step]:
    """Change the owner of logs that another account left of these sessions: gsyncd ends at once if it cannot write them."""
    steps = []
    for account, name in sessions:
        folder = os.path.join(_log_folder(ctx) or ctx.log_dir, name)
        with contextlib.suppress(OSError):
            info = os.lstat(folder)
            owner = _name_of(info.st_uid)
            if stat.S_ISDIR(info.st_mode) and owner != account:
                _logs_to_give(folder, ctx.node)
                steps.append(Step(folder, f"owner {owner}\n", f"owner {account}\n", functools.partial(_give, folder, account, ctx.node)))
    return steps


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _logs_to_give(folder: str, node: str) -> list[str]:
    """The folder of a session's logs, and gsyncd.log. The other files in it are written by glusterfs, which runs as root.

    :raises PreconditionFailed: something else has this name. The accounts of the log group can write to the parent folder.
    """
    found = []
    for path in (folder, os.path.join(folder, "gsyncd.log")):
        with contextlib.suppress(FileNotFoundError):
            LocalFiles(node).repair(path, None, None, None)
            found.append(path)
    return found


def _give(folder: str, account: str, node: str) -> None:
    entry = pwd.getpwnam(account)
    # The folder last: its owner shows the next run whether this is complete.
    for path in reversed(_logs_to_give(folder, node)):
        LocalFiles(node).repair(path, None, entry.pw_uid, entry.pw_gid)


def _log_folder(ctx: Context) -> str | None:
    # The second name is that of GlusterFS 9 and older; an upgrade leaves it behind.
    folders = [os.path.join(ctx.log_dir, name) for name in ("geo-replication-secondaries", "geo-replication-slaves")]
    return next((path for path in folders if os.path.isdir(path)), None)


# --- glusterd --------------------------------------------------------------------------------------------------------


def _goes_by(wish: Wish, settings: Settings, mappings: t.Sequence[Mapping], ctx: Context, *, doubted: bool) -> bool:
    """Whether the running glusterd uses the file as it is. If not, an earlier run was killed before the restart.

    If the file is older than glusterd, glusterd has read it. Otherwise glusterd itself is asked.

    :param doubted: the readers of the file differ, so glusterd is asked in any case.
    """
    if wish.state == "present" and mappings:
        if settings.root is not None and not os.path.isdir(os.path.join(settings.root, "mb_hive")):
            return False
        if settings.group is not None and not _logs_open_to(settings.group, ctx):
            return False
    started = processes.glusterd_started()
    if not doubted and started is not None and os.stat(ctx.volfile).st_mtime < started - DOUBT:
        return True
    return all(allowed(ctx.cli, *mapping) is (mapping in settings) for mapping in mappings)


def _logs_open_to(group: str, ctx: Context) -> bool:
    """Whether the group may write gsyncd's logs; glusterd sets that when it starts."""
    folder = _log_folder(ctx)
    if folder is None:  # without geo-replication glusterd creates no such folder
        return True
    info = os.stat(folder)
    return _has_group(group) and info.st_gid == grp.getgrnam(group).gr_gid and bool(info.st_mode & stat.S_IWGRP)


def allowed(cli: GlusterCli, account: str, volume: str, host: str | None = None) -> bool:
    """Whether a running glusterd allows an account to mount a volume. Two impossible mounts show it by their errors.

    :raises UnreadableOutput: glusterd answered something else.
    """
    for words, yes in (
        (mountbroker.knows_account(account), mountbroker.REFUSED),
        (mountbroker.may_mount(account, volume), mountbroker.NOTHING_THERE),
    ):
        answer = cli.read(words, remote_host=host)
        code = mountbroker.read_errno(answer.text)
        if code not in (mountbroker.REFUSED, mountbroker.NOTHING_THERE):
            raise errors.UnreadableOutput(
                f"glusterd did not say whether the account {account} may mount the volume {volume}: {answer.said}",
                remedy=f"Run again. If this repeats, read /var/log/glusterfs/glusterd.log on {host or 'this node'}.", **answer.evidence(),
            )
        if code != yes:
            return False
    return True


def _quorum_lost(up: int, down: int, glusterd_dir: str) -> list[str]:
    """The volumes whose bricks the other nodes would stop while this node's glusterd is down (server quorum)."""
    percent = 0.0
    with contextlib.suppress(ValueError):
        percent = float(cluster_options(glusterd_dir).get("cluster.server-quorum-ratio", "0").strip().rstrip("%"))
    if enough(up - 1, up + down, percent):
        return []
    return [name for name in volume_names(glusterd_dir) if stored_option(name, "cluster.server-quorum-type", glusterd_dir) == "server"]


def enough(up: int, total: int, percent: float) -> bool:
    """glusterd's own rule: more than half of the nodes, or the given share of them."""
    return up * 100 >= percent * total if percent else up >= total // 2 + 1


# --- a site that Ansible does not manage -----------------------------------------------------------------------------


def _verified(wish: Wish, ctx: Context) -> dict[str, t.Any]:
    """Ask the glusterd of every node from here.

    :raises PreconditionFailed: a node refuses; with the commands to run there.
    """
    refused: dict[str, list[Mapping]] = {}
    for host, mappings in (wish.asked or {"": wish.mappings}).items():
        for mapping in dict.fromkeys(mappings):
            if not allowed(ctx.cli, *mapping, host or None):
                refused.setdefault(host or ctx.node, []).append(mapping)
    if refused:
        told = [f"{host}: {', '.join(f'{volume} by {account}' for account, volume in mappings)}" for host, mappings in refused.items()]
        volumes: dict[str, list[str]] = {}
        for account, volume in dict.fromkeys(mapping for mappings in refused.values() for mapping in mappings):
            volumes.setdefault(account, []).append(volume)
        raise errors.PreconditionFailed(
            "These nodes of the secondary site do not allow the account to mount the volume (mountbroker):\n"
            + "\n".join(f"* {line}" for line in told)
            + "\nNothing was changed.",
            remedy="Run these commands on the secondary site as root, then run again:\n"
            + mountbroker.by_hand(volumes.items(), list(refused)),
        )
    return _unchanged(ctx)


def _unchanged(ctx: Context, notes: t.Sequence[str] = ()) -> dict[str, t.Any]:
    nothing: dict[str, t.Any] = {name: [] for name in ("peers_down", "quorum_lost", "steps", "accounts", "diff")}
    return {"changed": False, "node": ctx.node, "restart_needed": False, **nothing, "notes": list(notes)}
