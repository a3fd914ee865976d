# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""One account's authorized_keys, on this node or at the other end of an SSH connection: the same code for both."""

from __future__ import annotations

import os
import pwd
import stat
import time
import typing as t

from .._model import ageing, errors, key_lines
from . import authorized_keys, keys, sshd, walk
from .account_files import Account, Files, Info

SHADOW = "/etc/shadow"
#: sshd refuses all accounts but root while the first of these exists, and pam_nologin while any does.
NOLOGIN = ("/etc/nologin", "/run/nologin", "/var/run/nologin")


class Outcome(t.NamedTuple):
    """What was found at an account, and what was or would be done."""

    path: str
    changed: bool
    before: list[str]
    after: list[str]
    actions: list[str]

    def as_dict(self) -> dict[str, t.Any]:
        return {
            "path": self.path,
            "changed": self.changed,
            "before": self.before,
            "after": self.after,
            "actions": self.actions,
        }


def edit(
    files: Files,
    account: Account,
    wanted: t.Sequence[authorized_keys.Wanted],
    state: str,
    *,
    check_mode: bool,
) -> Outcome:
    """Bring an account's authorized_keys to ``present`` or ``absent`` for these keys (``verified`` only looks).

    The new file is written beside the old one and put in its place at once, so that no login meets half a file.
    """
    if not account.files:
        raise errors.PreconditionFailed(
            f"sshd reads no key file for the account {account.user} (AuthorizedKeysFile none).",
            remedy="Set AuthorizedKeysFile in sshd_config, for example to .ssh/authorized_keys.",
        )
    files = files.of(account)
    before: list[str] = []
    after: list[str] = []
    actions: list[str] = []
    found: list[tuple[str, Info | None, authorized_keys.Plan]] = []
    # Keys are put into the first file of each login; they are taken out of every file sshd reads.
    for path in account.files if state == "absent" else account.written:
        info = files.lstat(path)
        _refuse_link(files, info, path, account)
        text = keys.decode(files.read(path) or b"")
        before += authorized_keys.ours(text, wanted)
        if state == "absent":
            plan = authorized_keys.plan_absent(text, wanted)
        else:
            plan = authorized_keys.plan_present(text, wanted, files.programs(authorized_keys.programs_of(text, wanted)))
        after += authorized_keys.ours(plan.text, wanted)
        actions += [f"{path}: {key_lines.printable(one.describe())}" for one in plan.changes]
        found.append((path, info, plan))
    put = _take if state == "absent" else _put
    # All of it is looked at before any of it is changed.
    more = [action for path, info, plan in found for action in put(files, account, path, info, plan, dry=True)]
    if not check_mode and state != "verified":
        sweep(files, account, state)
        for path, info, plan in found:
            put(files, account, path, info, plan, dry=False)
    actions += more
    return Outcome((account.files if state == "absent" else account.written)[0], bool(actions), before, after, actions)


def sweep(files: Files, account: Account, state: str) -> None:
    """Remove what modules left that were killed while they edited the account."""
    for path in account.files if state == "absent" else account.written:
        files.of(account).sweep(path)


def _take(files: Files, account: Account, path: str, info: Info | None, plan: authorized_keys.Plan, *, dry: bool) -> list[str]:
    """Write what is left of a file."""
    if plan.changes:
        _check_folder(files, account, path)
        if not dry:
            mode = stat.S_IMODE(info.mode) if info and not info.is_link else 0o600
            files.replace(path, keys.encode(plan.text), mode, *_owner(files, path, info, account))
    return []


def _put(files: Files, account: Account, path: str, info: Info | None, plan: authorized_keys.Plan, *, dry: bool) -> list[str]:
    """Write what differs: folder, content, ownership and modes that sshd insists on (StrictModes)."""
    actions: list[str] = []
    if info is None and not plan.changes:
        return actions
    folder = path.rsplit("/", 1)[0] or "/"
    folder_info = files.lstat(folder)
    in_home = path.startswith(account.home.rstrip("/") + "/")
    if folder_info is None:
        if not in_home or folder.rsplit("/", 1)[0] != account.home.rstrip("/"):
            raise errors.PreconditionFailed(
                f"The folder {folder} for the keys of {account.user} does not exist.",
                remedy="Create this folder, owned by root, mode 0755. AuthorizedKeysFile in sshd_config names it.",
            )
        if files.lstat(account.home) is None:
            raise errors.PreconditionFailed(
                f"The home directory {account.home} of {account.user} does not exist.",
                remedy=f"Create the home directory, which the account needs to log in: install -d -m 0700 -o {account.user} {account.home}",
            )
        _check_folder(files, account, folder)
        actions.append(f"{folder}: created with mode 0700")
        if not dry:
            files.mkdir(folder, account.uid, account.gid)
    elif not stat.S_ISDIR(folder_info.mode) and not folder_info.is_link:
        raise files.refused(folder, "is not a directory")
    elif folder == account.home.rstrip("/") + "/.ssh":
        # Other folders are not the account's own, and home directories are not ours to change.
        _refuse_link(files, folder_info, folder, account)
        actions += _repair(files, account, folder, folder_info, dry=dry)
    if plan.changes:
        if folder_info is not None:
            _check_folder(files, account, path)
        if not dry:
            mode = stat.S_IMODE(info.mode) & 0o755 if info and not info.is_link else 0o600
            files.replace(path, keys.encode(plan.text), mode | 0o600, *_owner(files, path, info, account))
    elif info is not None and in_home:
        actions += _repair(files, account, path, info, dry=dry)
    return actions


def _check_folder(files: Files, account: Account, path: str) -> None:
    """The account itself writes where root does not keep the folder, so that folder has to be its own."""
    folder = path.rsplit("/", 1)[0] or "/"
    info = None if account.uid == 0 or files.as_root(path) else files.lstat(folder)
    if info is not None and info.uid != account.uid:
        raise errors.PreconditionFailed(
            f"{folder} on {files.node} is in a folder of the account {account.user} and belongs to {walk.name_of(info.uid)}: "
            f"{account.user} cannot write to this folder, and the module does not write to it as root.",
            remedy=f"Run: chown {account.user}: {folder}. Or keep the keys where root owns every folder of the path "
            "(AuthorizedKeysFile of sshd_config).",
        )


def _repair(files: Files, account: Account, path: str, info: Info, *, dry: bool) -> list[str]:
    """Only what makes sshd ignore the file: a foreign owner, or others who may write."""
    if info.is_link:
        return []
    actions: list[str] = []
    mode = uid = gid = None
    if info.mode & 0o022:
        mode = stat.S_IMODE(info.mode) & ~0o022
        actions.append(
            f"{path}: mode {stat.S_IMODE(info.mode):04o} changed to {mode:04o}, because sshd ignores files that other accounts can write"
        )
    if info.uid not in (account.uid, 0):
        if account.uid != 0:
            raise files.refused(path, f"belongs to {walk.name_of(info.uid)}")
        uid, gid = account.uid, account.gid
        actions.append(f"{path}: owner changed to {account.user}, because sshd ignores files of other accounts")
    if actions and info.uid != account.uid and account.uid != 0 and not files.as_root(path):
        raise files.refused(path, "belongs to root and can be written by other accounts")
    if actions and not dry:
        files.repair(path, mode, uid, gid)
    return actions


def _owner(files: Files, path: str, info: Info | None, account: Account) -> tuple[int, int]:
    """Owner and group of a new file: those of the old one, as far as they may stay."""
    may_stay = (account.uid, 0) if account.uid == 0 or files.as_root(path) else (account.uid,)
    if info is not None and not info.is_link and info.uid in may_stay:
        return info.uid, info.gid
    return account.uid, account.gid


def _refuse_link(files: Files, info: Info | None, path: str, account: Account) -> None:
    """A plain account could point the link at any file of the system."""
    if info is not None and info.is_link and account.uid != 0:
        raise files.refused(path, "is a symbolic link")


def local_account(user: str, settings: t.Sequence[sshd.Settings], more: bool = False) -> Account:
    """The account of this node.

    :param settings: what sshd goes by, for each login that differs.
    :param more: also the files that sshd_config names for other logins.
    """
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise errors.PreconditionFailed(
            f"There is no account {user} on this node.",
            remedy=f"Create the account first (useradd --create-home --shell /bin/bash {ageing.USERADD_BY_HAND} {user}, or the module "
            "glusterops.georep.gluster_mountbroker), on every node of the secondary cluster.",
            option="secondary_user",
            value=user,
        ) from None
    where = user, entry.pw_dir, entry.pw_uid
    found = [sshd.key_files(one, *where) for one in settings]
    paths = [path for view in found for path in view]
    if more:
        paths += sshd.named_key_files(sshd.config_lines(), *where)
    first = tuple(dict.fromkeys(view[0] for view in found if view))
    return Account(user, entry.pw_dir, entry.pw_uid, entry.pw_gid, tuple(dict.fromkeys(paths)), first)


def home_obstacles(files: Files, account: Account) -> list[str]:
    """sshd (StrictModes) ignores the keys of an account if others can write to a folder on the way: up to its home, or to / outside of it."""
    home = account.home.rstrip("/")
    if files.lstat(account.home) is None:
        return [f"The home directory {account.home} does not exist."]
    folders: dict[str, str] = {}
    for path in account.written:
        folder = path.rsplit("/", 1)[0]
        while folder and folder != home:
            # Its own .ssh is corrected with the keys.
            if folder != f"{home}/.ssh":
                folders[folder] = f"The folder {folder}"
            folder = folder.rsplit("/", 1)[0]
        if path.startswith(home + "/"):
            folders[account.home] = f"The home directory {account.home}"
    found = []
    for folder, name in folders.items():
        info = files.lstat(folder)
        if info is None:
            continue
        if info.mode & 0o022 and not info.is_link:
            found.append(f"{name} can be written by other accounts, so sshd ignores the keys of {account.user}. Run: chmod go-w {folder}")
        if info.uid not in (0, account.uid):
            owner = account.user if folder == account.home or folder.startswith(home + "/") else "root"
            found.append(f"{name} belongs to another account, so sshd ignores the keys of {account.user}. Run: chown {owner} {folder}")
    return found


def ageing_obstacles(user: str, uid: int, pam: bool | None) -> list[str]:
    """Why an account of this node has expired, or will.

    :param pam: whether sshd uses PAM; None: not known.
    """
    there = next((path for path in nologin_files(uid, pam) if os.path.exists(path)), None)
    return expiry_obstacles(shadow_entry(user), there, user, pam)


def nologin_files(uid: int, pam: bool | None) -> tuple[str, ...]:
    """Files because of which sshd refuses an account while they are there."""
    return () if uid == 0 else NOLOGIN if pam else NOLOGIN[:1]


def expiry_obstacles(entry: ageing.Ageing | None, there: str | None, user: str, pam: bool | None) -> list[str]:
    """Why an account has expired, or will. :param there: one of :func:`nologin_files` that exists."""
    closed = [f"{there} exists, so all accounts but root are refused. Remove it after the maintenance."] if there else []
    return ageing.obstacles(entry, user, today(), pam) + closed


def ageing_outlook(user: str, pam: bool | None) -> list[str]:
    """When an account of this node that is good today will expire."""
    return ageing.outlook(shadow_entry(user), user, today(), pam)


def today() -> int:
    """The day, counted as shadow does."""
    return int(time.time()) // 86400


def shadow_entry(user: str) -> ageing.Ageing | None:
    """Expiry of an account of this node; None: nothing is known of it."""
    try:
        with open(SHADOW, encoding="utf-8", errors="replace") as file:
            return ageing.read_shadow(file.read(), user)
    except OSError:
        return None


def reading_obstacles(files: Files, account: Account) -> list[str]:
    """sshd reads the keys with the rights of the account, whatever StrictModes says."""
    found = [files.barrier(account, path) for path in account.written]
    return [". Run: ".join(one.told(account)) for one in dict.fromkeys(found) if one]
