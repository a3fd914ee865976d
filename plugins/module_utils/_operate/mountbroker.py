# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The mountbroker of this node: accounts, folder, glusterd.vol, and whether glusterd goes by it. Gather, plan, apply, verify."""

from __future__ import annotations

import contextlib
import functools
import glob
import grp
import os
import pwd
import re
import stat
import time
import typing as t

from .._georep import mountbroker
from .._georep.mountbroker import Account, Mapping, Settings
from .._gluster import helpers
from .._gluster.runner import GlusterCli, Recorder, find_program
from .._host import facts as host_facts
from .._host import places
from .._model import errors
from .._model.errors import invalid
from .._model.identity import check_host, check_user, check_volume
from .._ssh import descriptors, georep_keys
from .._ssh.accounts import LocalFiles
from .facts import GLUSTERD_DIR, read_node_uuid, stored_option

VOLFILE = "/etc/glusterfs/glusterd.vol"
LOG_DIR = "/var/log/glusterfs"
#: One of them restarts glusterd, by Ansible's own module.
RESTARTERS = ("systemctl", "service", "rc-service")
SHELLS = ("/bin/bash", "/bin/sh")
#: Seconds within which a file may or may not be older than glusterd: the kernel counts in hundredths.
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
    asked: dict[str, list[Mapping]]  #: nodes of another site, and what is asked of each
    own_nodes: frozenset[str]


class Step(t.NamedTuple):
    """One thing to do.

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
            # Not even the folder and the group: what these accounts receive is on other nodes.
            return _unchanged(ctx)
        return _converge(read_wish({**params, "mappings": meant}), ctx)
    except mountbroker.NotUnderstood as exc:
        raise errors.PreconditionFailed(
            f"{ctx.volfile} on {ctx.node} was left alone: {exc}.",
            remedy="Compare it with the one of another node, mend it, and run again.",
        ) from exc


def read_wish(params: t.Mapping[str, t.Any]) -> Wish:
    """Check every word before anything is touched.

    :raises InvalidInput: naming the option, the value and the remedy.
    """
    mappings: list[Mapping] = []
    asked: dict[str, list[Mapping]] = {}
    sessions: list[Mapping] = []
    for number, one in enumerate(params["mappings"]):
        prefix = f"mappings[{number}]."
        account = check_user(prefix + "secondary_user", one["secondary_user"])
        if account == "root":
            raise invalid(prefix + "secondary_user", account, "needs no mountbroker.", "Leave it out, or name an unprivileged account.")
        for volume in one["secondary_volumes"]:
            mapping = (account, check_volume(prefix + "secondary_volumes", volume))
            if mapping not in mappings:
                mappings.append(mapping)
        for name in one["sessions"] or ():
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
                raise invalid(prefix + "sessions", name, "is no session.", "Write PRIMARYVOLUME_HOST_SECONDARYVOLUME.")
            sessions.append((account, name))
        for volume in one["secondary_volumes"]:
            for node in one["secondary_nodes"] or ():
                if params["state"] != "verified":
                    raise invalid(prefix + "secondary_nodes", node, "is only for state: verified.", "Run the module on those nodes, or leave it out.")
                asked.setdefault(check_host(prefix + "secondary_nodes", node), []).append((account, volume))
    root, group = params["root"] or None, params["group"] or None
    if root is not None:
        check_root("root", root)
    if group is not None:
        check_user("group", group)
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
    """What of it is for this node and for the volumes of its cluster: another cluster may have a volume of the same name."""
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
    :param node_is: whether this node is known to be of the cluster; then a volume that it does not have (any more) is meant, too.
    :raises InvalidInput: it has another volume of this name.
    """
    own = stored_option(volume, "volume-id", ctx.glusterd_dir) if uuid else ""
    if not own:
        return uuid is None or node_is
    if own != uuid and state == "present":
        raise invalid(
            "mappings", volume, f"has the UUID {own} in the cluster of {ctx.node}, and the one that is meant has {uuid}.",
            "Read both sites again, and run this on the nodes of the cluster that has that volume.",
        )
    return own == uuid


def check_root(option: str, value: str) -> str:
    """glusterd.vol knows no quoting that all its readers understand."""
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
        # GlusterFS was removed there, and with it what lets accounts mount.
        return _unchanged(ctx, [f"{ctx.volfile} is not on {ctx.node}: there is no mapping to take away."])
    text = _read(ctx.volfile)
    before = mountbroker.read(text)
    mappings = _known(wish, ctx, notes)
    if wish.state == "absent":
        mappings = _unused(wish, mappings, ctx, notes)
    readable = _compare_readers(before, ctx, notes)
    steps: list[Step] = []
    accounts: list[Account] = []
    group = wish.group or before.group or mountbroker.DEFAULT_GROUP
    root = wish.root or before.root or mountbroker.DEFAULT_ROOT
    if wish.state == "present" and (mappings or wish.root or wish.group):
        accounts = [_account(name, group) for name in dict.fromkeys(name for name, _volume in mappings)]
        steps += _account_steps(accounts, group, wish, ctx)
        steps += _root_steps(root, ctx, notes) + _log_steps(wish.sessions, ctx)
        wanted = mountbroker.edit(text, root=root, group=group, add=mappings)
    else:
        wanted = mountbroker.edit(text, remove=mappings if wish.state == "absent" else ())
    edits = wanted != text
    if edits:
        steps.append(Step(ctx.volfile, text, wanted, lambda: _write(ctx.volfile, wanted), path=ctx.volfile))
    if wish.state == "absent" and glusterd_started() is None:
        # Who does not run lets nobody mount, and reads the file when it starts.
        pool, due, quorum_lost = georep_keys.Pool([], []), False, []
    else:
        pool = georep_keys.read_pool(ctx.cli)
        # Before anything is changed: with a file that is newer than glusterd only glusterd itself knows.
        due = edits or not _goes_by(wish, before, mappings, ctx)
        quorum_lost = _quorum_lost(len(pool.connected), len(pool.disconnected), ctx.glusterd_dir)
    _check_steps(steps, due and wish.state == "present", ctx)
    if not ctx.check_mode:
        LocalFiles().sweep(ctx.volfile)
        for step in steps:
            step.do()
        if edits:
            _read_back(wanted, readable, ctx)
    after = mountbroker.read(wanted)
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
        "diff": [
            {"before_header": step.subject, "after_header": step.subject, "before": step.before, "after": step.after} for step in steps
        ],
    }


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError as exc:
        raise errors.PreconditionFailed(
            f"{path} is not on this node.", remedy="Install the GlusterFS server package (Debian: glusterfs-server) there, and run again."
        ) from exc
    except UnicodeDecodeError as exc:
        raise mountbroker.NotUnderstood(f"it is not text ({exc})") from exc


def _write(path: str, text: str) -> None:
    info = os.stat(path)
    LocalFiles().replace(path, text.encode(), stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid)


def _known(wish: Wish, ctx: Context, notes: list[str]) -> list[Mapping]:
    """The mappings of volumes that this cluster has; gluster-mountbroker takes any name and says nothing.

    A volume that is gone may still have a mapping to take away.
    """
    have = sorted(os.path.basename(path) for path in glob.glob(os.path.join(ctx.glusterd_dir, "vols", "*")))
    unknown = [mapping for mapping in wish.mappings if mapping[1] not in {*have, *wish.pending}] if wish.state != "absent" else []
    if unknown and not wish.skip_unknown:
        raise invalid(
            "mappings",
            unknown[0][1],
            f"is not a volume of the cluster of {ctx.node}.",
            f"Volumes there: {', '.join(have) or 'none'}. For nodes of several clusters there is skip_unknown.",
        )
    if unknown:
        notes.append(f"{ctx.node} belongs to a cluster without {', '.join(sorted({volume for _user, volume in unknown}))}; left out.")
    return [mapping for mapping in wish.mappings if mapping not in unknown]


def _unused(wish: Wish, mappings: list[Mapping], ctx: Context, notes: list[str]) -> list[Mapping]:
    """What no session of another primary cluster needs just now; its processes tell."""
    foreign = {
        (entry["secondary_user"], entry["secondary_volume"]): entry
        for entry in host_facts.receiving()
        if entry["primary_node_uuid"] not in wish.own_nodes
    }
    for mapping in mappings:
        if mapping in foreign:
            other = foreign[mapping]
            notes.append(
                f"The mapping of {mapping[1]} on {ctx.node} stays: {other['primary_volume']} of {other['primary_node']}"
                f" is replicated into that volume by {mapping[0]}."
            )
    return [mapping for mapping in mappings if mapping not in foreign]


# --- two readers -----------------------------------------------------------------------------------------------------


def _node_status(ctx: Context) -> Settings | None:
    """What gluster's own reader makes of the file; None where it is not installed.

    Run directly and not by 'system:: execute', which takes a lock of the whole cluster.
    """
    helper = helpers.helper_dir()
    program = os.path.join(helper or "", "peer_mountbroker.py")
    if helper is None or not os.path.exists(program):
        return None
    rc, out, err = ctx.run([host_facts.gsyncd_python(helper), program, "node-status"], timeout=60)
    if rc != 0 and not out.strip():
        raise mountbroker.NotUnderstood((err.strip().splitlines() or ["no reason given"])[-1])
    return mountbroker.read_node_status(out)


def _compare_readers(found: Settings, ctx: Context, notes: list[str]) -> bool:
    """Whether gluster's own reader can be asked again after the file is changed."""
    try:
        told = _node_status(ctx)
    except mountbroker.NotUnderstood as exc:
        notes.append(f"gluster-mountbroker on {ctx.node} cannot read {ctx.volfile} ({exc}); it was read without it.")
        return False
    if told is not None and not mountbroker.agree(told, found):
        raise mountbroker.NotUnderstood(f"gluster-mountbroker reads {told.as_dict()}, and glusterd would read {found.as_dict()}")
    return told is not None


def _read_back(wanted: str, readable: bool, ctx: Context) -> None:
    if _read(ctx.volfile) != wanted or (readable and not mountbroker.agree(_node_status(ctx) or Settings(None, None, {}), mountbroker.read(wanted))):
        raise errors.StateNotReached(
            f"{ctx.volfile} on {ctx.node} was written and reads otherwise.", remedy="Look whether something else writes it, and run again."
        )


# --- group and accounts ----------------------------------------------------------------------------------------------


def _has_group(name: str) -> bool:
    with contextlib.suppress(KeyError):
        grp.getgrnam(name)
        return True
    return False


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


def _account_steps(accounts: t.Sequence[Account], group: str, wish: Wish, ctx: Context) -> list[Step]:
    """Make what is missing with the tools of the distribution, or say how.

    :raises PreconditionFailed: something is missing that is not to be made, or that is not ours to change.
    """
    shell = next((path for path in SHELLS if os.path.exists(path)), SHELLS[-1])
    wrong = [
        f"the home directory {account.home} of {account.name} belongs to another account: chown {account.name} {account.home}"
        for account in accounts
        if account.home_exists and not account.home_is_own
    ]
    # Whoever can change the folder above could have root give away what lies elsewhere.
    wrong += [
        f"the home directory {account.home} of {account.name} is missing, and others than root can change the folder above it:"
        f" install -d -m 0700 -o {account.name} {account.home}"
        for account in accounts
        if account.exists and account.home and "home" in account.lacks() and not descriptors.kept(account.home)
    ]
    lacking = [] if _has_group(group) else [f"there is no group {group}: groupadd --system {group}"]
    lacking += [told for account in accounts for told in mountbroker.in_words(account, group, shell)]
    if wrong or (lacking and not wish.make_accounts):
        raise errors.PreconditionFailed(
            f"{ctx.node}: {'; '.join(wrong + ([] if wish.make_accounts else lacking))}.",
            remedy="Run these commands there, or set make_accounts: true (in the role: geo_replication_make_accounts)."
            if not wrong
            else "Nothing was changed; run that there first.",
        )

    def step(subject: str, before: str, after: str, *argv: str, path: str = "/etc/passwd") -> Step:
        return Step(subject, before, after, lambda: _do(list(argv), ctx), argv[0], path)

    steps = [] if _has_group(group) else [step(f"group {group}", "", "made\n", "groupadd", "--system", group)]
    for account in accounts:
        name, title = account.name, f"account {account.name}"
        lacks = account.lacks()
        if "account" in lacks:
            # '*': no password lets in, and sshd does not take the account for locked, as it may with '!'.
            make = ["useradd", "--create-home", "--shell", shell, "--groups", group, "--password", "*", name]
            steps.append(step(title, "", f"made, with the shell {shell}, in the group {group}\n", *make))
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
    """Before the first of them is done, what any of them needs.

    :param restarts: whether glusterd has to be restarted afterwards, which is not done here.
    :raises PreconditionFailed: naming all that is missing.
    """
    lacking = [f"{step.program} is not installed" for step in steps if step.program and find_program(step.program) is None]
    reasons = [(step.path, places.obstacle(step.path)) for step in steps if step.path]
    lacking += [f"{path} cannot be written: {reason}" for path, reason in reasons if reason]
    if restarts and not any(map(find_program, RESTARTERS)):
        lacking.append(f"glusterd has to be restarted, and none of {', '.join(RESTARTERS)} is installed")
    if lacking:
        raise errors.PreconditionFailed(
            f"{ctx.node}: {'; '.join(dict.fromkeys(lacking))}. Nothing was changed.", remedy="Fix this there, then run again."
        )


def _do(argv: list[str], ctx: Context) -> None:
    rc, out, err = ctx.run(argv, timeout=60)
    if rc != 0:
        raise errors.CommandFailed(
            f"{ctx.node}: {argv[0]} failed: {(err or out).strip()}", remedy="Put that right, and run again.", command=argv, rc=rc, stdout=out, stderr=err
        )


# --- the root of the mounts ------------------------------------------------------------------------------------------


def _root_steps(root: str, ctx: Context, notes: list[str], owner: int = 0) -> list[Step]:
    """The folder below which glusterd mounts, as glusterd insists on it: with any other it would not start again.

    :param owner: who may own it and the folders above besides root; for tests.
    :raises PreconditionFailed: it is not ours to change.
    """

    def refuse(what: str, remedy: str) -> errors.PreconditionFailed:
        return errors.PreconditionFailed(f"{ctx.node}: {what}; with that, glusterd would not start any more.", remedy=remedy)

    missing = []
    path = root
    while not os.path.lexists(path):
        missing.append(path)
        path = os.path.dirname(path)
    for part in [path, *_ancestors(path)]:
        info = os.stat(part)
        if not stat.S_ISDIR(info.st_mode):
            raise refuse(f"{part} is no folder", "Choose another root, or move that away.")
        loose = info.st_mode & 0o022 and (part == root or not info.st_mode & stat.S_ISVTX)
        if info.st_uid not in (0, owner) or (loose and part != root):
            raise refuse(f"{part} can be changed by others than root", f"chown root {part} && chmod go-w {part}, or choose another root.")
    if not descriptors.fixed(path):
        raise refuse(f"{path} leads through a symbolic link that others than root can change", "Choose another root, or remove that link.")
    hive = os.path.join(root, "mb_hive")
    if os.path.lexists(hive) and os.lstat(hive).st_mode != stat.S_IFDIR | 0o711:
        raise refuse(f"{hive} has not the mode 0711", f"chmod 0711 {hive}")
    if missing:
        return [Step(root, "", "made, mode 0711\n", lambda: _make_root(list(reversed(missing)), ctx, notes), path=root)]
    mode = stat.S_IMODE(os.stat(root).st_mode)
    # Others may pass through it and not write to it.
    if mode & 0o022 or mode & 0o011 != 0o011:
        return [Step(root, f"mode {mode:04o}\n", "mode 0711\n", lambda: LocalFiles(ctx.node).repair(os.path.realpath(root), 0o711, None, None))]
    return []


def _ancestors(path: str) -> t.Iterator[str]:
    while path != os.path.dirname(path):
        path = os.path.dirname(path)
        yield path


def _make_root(folders: t.Sequence[str], ctx: Context, notes: list[str]) -> None:
    # With its mode at once: a folder of a run that was killed before a second step would keep the accounts out for ever.
    mask = os.umask(0o022)
    try:
        for folder in folders:
            os.mkdir(folder, 0o711 if folder == folders[-1] else 0o755)
    finally:
        os.umask(mask)
    # The label of home directories, as gluster-mountbroker setup gives it; only where there is SELinux.
    if os.path.isdir("/sys/fs/selinux") and os.listdir("/sys/fs/selinux"):
        for argv in (["semanage", "fcontext", "-a", "-e", "/home", folders[-1]], ["restorecon", "-R", folders[-1]]):
            try:
                rc, out, err = ctx.run(argv, timeout=120)
            except errors.CommandMissing as exc:
                rc, out, err = 127, "", exc.message
            if rc != 0:
                notes.append(f"{ctx.node}: {' '.join(argv)} failed: {(err or out).strip()}")


def _log_steps(sessions: t.Sequence[Mapping], ctx: Context) -> list[Step]:
    """Give the accounts the logs that others left of their sessions: gsyncd ends at once where it cannot write them."""
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
    """The folder of a session's logs, and its log; the others in there are written by glusterfs, which is root.

    :raises PreconditionFailed: something else is there. The accounts of the log group can write to the folder above.
    """
    found = []
    for path in (folder, os.path.join(folder, "gsyncd.log")):
        with contextlib.suppress(FileNotFoundError):
            LocalFiles(node).repair(path, None, None, None)
            found.append(path)
    return found


def _give(folder: str, account: str, node: str) -> None:
    entry = pwd.getpwnam(account)
    # The folder last: by its owner the next run tells whether this was done.
    for path in reversed(_logs_to_give(folder, node)):
        LocalFiles(node).repair(path, None, entry.pw_uid, entry.pw_gid)


def _log_folder(ctx: Context) -> str | None:
    # The second one up to GlusterFS 9; an upgrade leaves it behind.
    folders = [os.path.join(ctx.log_dir, name) for name in ("geo-replication-secondaries", "geo-replication-slaves")]
    return next((path for path in folders if os.path.isdir(path)), None)


# --- glusterd --------------------------------------------------------------------------------------------------------


def glusterd_started() -> float | None:
    """When this node's glusterd started, in seconds since the epoch."""
    for path in glob.glob("/proc/[0-9]*/comm"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open(path, encoding="ascii", errors="replace") as file:
                if file.read().strip() != "glusterd":
                    continue
            with open(os.path.join(os.path.dirname(path), "stat"), encoding="ascii", errors="replace") as file:
                ticks = int(file.read().rpartition(")")[2].split()[19])
            # Not by btime of /proc/stat, which is cut off to seconds.
            return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK")
    return None


def _goes_by(wish: Wish, settings: Settings, mappings: t.Sequence[Mapping], ctx: Context) -> bool:
    """Whether the running glusterd goes by the file: a run that was ended before the restart is finished by the next one.

    A file that is older than glusterd is what it has read. Otherwise only glusterd knows, and is asked.
    """
    if wish.state == "present" and mappings:
        if settings.root is not None and not os.path.isdir(os.path.join(settings.root, "mb_hive")):
            return False
        if settings.group is not None and not _logs_open_to(settings.group, ctx):
            return False
    started = glusterd_started()
    if started is not None and os.stat(ctx.volfile).st_mtime < started - DOUBT:
        return True
    return all(allowed(ctx.cli, *mapping) is (mapping in settings) for mapping in mappings)


def _logs_open_to(group: str, ctx: Context) -> bool:
    """glusterd gives the folder of the far ends' logs to the group when it starts."""
    folder = _log_folder(ctx)
    if folder is None:  # without geo-replication glusterd makes none
        return True
    info = os.stat(folder)
    return _has_group(group) and info.st_gid == grp.getgrnam(group).gr_gid and bool(info.st_mode & stat.S_IWGRP)


def allowed(cli: GlusterCli, account: str, volume: str, host: str | None = None) -> bool:
    """Whether a running glusterd would let an account mount a volume, asked for by two mounts that cannot be.

    :raises UnreadableOutput: it answered something else.
    """
    for words, yes in (
        (mountbroker.knows_account(account), mountbroker.REFUSED),
        (mountbroker.may_mount(account, volume), mountbroker.NOTHING_THERE),
    ):
        answer = cli.call(words, remote_host=host)
        code = mountbroker.read_errno(answer.text)
        if code is None:
            raise errors.UnreadableOutput("glusterd did not say whether it would mount.", **answer.evidence())
        if code != yes:
            return False
    return True


def _quorum_lost(up: int, down: int, glusterd_dir: str) -> list[str]:
    """The volumes whose bricks the other nodes would stop as long as this node's glusterd is away (server quorum)."""
    percent = 0.0
    with contextlib.suppress(OSError, ValueError):
        with open(os.path.join(glusterd_dir, "options"), encoding="utf-8") as file:
            options = dict(line.strip().split("=", 1) for line in file if "=" in line)
        percent = float(options.get("cluster.server-quorum-ratio", "0").rstrip("%"))
    total = up + down
    if enough(up - 1, total, percent):
        return []
    found = []
    for path in sorted(glob.glob(os.path.join(glusterd_dir, "vols", "*", "info"))):
        with contextlib.suppress(OSError):
            with open(path, encoding="utf-8", errors="replace") as file:
                if "cluster.server-quorum-type=server" in file.read().split():
                    found.append(os.path.basename(os.path.dirname(path)))
    return found


def enough(up: int, total: int, percent: float) -> bool:
    """glusterd's own rule: more than half of the nodes, or the given share of them."""
    return up * 100 >= percent * total if percent else up >= total // 2 + 1


# --- a site that Ansible does not manage -----------------------------------------------------------------------------


def _verified(wish: Wish, ctx: Context) -> dict[str, t.Any]:
    """Ask every node's glusterd, from here.

    :raises PreconditionFailed: some would refuse; with what is to be done there.
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
            "These nodes of the secondary site would not let the account mount the volume (mountbroker):\n"
            + "\n".join(f"* {line}" for line in told)
            + "\nNothing was changed.",
            remedy="What has to be done on the secondary site, as root, before this runs again:\n"
            + mountbroker.by_hand(volumes.items(), list(refused)),
        )
    return _unchanged(ctx)


def _unchanged(ctx: Context, notes: t.Sequence[str] = ()) -> dict[str, t.Any]:
    nothing: dict[str, t.Any] = {name: [] for name in ("peers_down", "quorum_lost", "steps", "accounts", "diff")}
    return {"changed": False, "node": ctx.node, "restart_needed": False, **nothing, "notes": list(notes)}
