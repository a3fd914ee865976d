# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""One account's authorized_keys, on this node or at the other end of an SSH connection: the same code for both."""

from __future__ import annotations

import copy
import pwd
import stat
import typing as t

from .._model import errors, key_lines
from . import authorized_keys, descriptors, keys, sshd, walk


class Info(t.NamedTuple):
    """What stat says and sshd cares about."""

    uid: int
    gid: int
    mode: int

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)


class Account(t.NamedTuple):
    """An account and the files in which sshd looks for its keys, the first being the one we write."""

    user: str
    home: str
    uid: int
    gid: int
    files: tuple[str, ...]


class Files:
    """The few file operations that editing an account takes, see :mod:`descriptors`.

    :ivar node: the node that has the files, for messages.
    """

    def __init__(self, node: str = "this node") -> None:
        self.node = node
        self._account: Account | None = None

    def of(self, account: Account) -> Files:
        """The same for work in the folders of an account: with its rights, where root does not keep them."""
        found = copy.copy(self)
        found._account = account
        return found

    def _ask(self, name: str, words: t.Sequence[t.Any]) -> t.Any:
        """Call one of the functions of :mod:`descriptors` where the files are."""
        raise NotImplementedError

    def _call(self, name: str, path: str, *words: t.Any) -> t.Any:
        who = None if self._account is None else [self._account.uid, self._account.gid]
        try:
            return self._ask(name, [path, *words, who])
        except walk.Refused as exc:
            raise self.refused(exc.path, exc.what) from None

    def refused(self, path: str, what: str) -> errors.PreconditionFailed:
        """What is said of a file or folder that is not touched."""
        owner = f" of the account {self._account.user}" if self._account else ""
        put = f", owned by {self._account.user}," if self._account else ""
        return errors.PreconditionFailed(
            f"{path}{owner} on {self.node} {what}. Nothing{owner} was changed.",
            remedy=f"Find out which user or program created it. Then remove it, or replace it by a plain file{put} of at most {walk.LIMIT >> 20} MiB "
            f"and without "
            "further hard links, and run again.",
        )

    def lstat(self, path: str) -> Info | None:
        """What is at a path, a link itself; None where nothing is."""
        found = self._call("lstat", path)
        return None if found is None else Info(*found)

    def read(self, path: str) -> bytes | None:
        """The content; None where nothing is."""
        return t.cast("bytes | None", self._call("read", path))

    def mkdir(self, path: str, uid: int, gid: int) -> None:
        """Make a folder with mode 0700."""
        self._call("mkdir", path, uid, gid)

    def replace(self, path: str, content: bytes, mode: int, uid: int, gid: int) -> None:
        """Write by a temporary file and a rename."""
        self._call("replace", path, content, mode, uid, gid)

    def repair(self, path: str, mode: int | None, uid: int | None, gid: int | None) -> None:
        """Set mode and owner where they are given."""
        self._call("repair", path, mode, uid, gid)

    def remove(self, path: str) -> None:
        """Remove a file."""
        self._call("remove", path)

    def sweep(self, path: str) -> None:
        """Remove the temporary files of modules that were killed while they replaced this file."""
        self._call("sweep", path)

    def as_root(self, path: str) -> bool:
        """Whether a path is worked on with root's rights: root alone decides what is in its folder, or no account is named."""
        return bool(self._call("as_root", path))


class LocalFiles(Files):
    """Files of this node."""

    def _ask(self, name: str, words: t.Sequence[t.Any]) -> t.Any:
        return descriptors.CALLS[name](*words)


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
    # Keys are put into the first file; they are taken out of every file sshd reads.
    for path in account.files if state == "absent" else account.files[:1]:
        info = files.lstat(path)
        _refuse_link(files, info, path, account)
        text = keys.decode(files.read(path) or b"")
        before += authorized_keys.ours(text, wanted)
        change = authorized_keys.plan_absent if state == "absent" else authorized_keys.plan_present
        plan = change(text, wanted)
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
    return Outcome(account.files[0], bool(actions), before, after, actions)


def sweep(files: Files, account: Account, state: str) -> None:
    """Remove what modules left that were killed while they edited the account."""
    for path in account.files if state == "absent" else account.files[:1]:
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
            f"{account.user} cannot write there, and the module does not write there as root.",
            remedy=f"Run: chown {account.user}: {folder}. Or let root own every folder of the path (AuthorizedKeysFile of sshd_config).",
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


def local_account(user: str, settings: t.Mapping[str, t.Sequence[str]]) -> Account:
    """The account of this node."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise errors.PreconditionFailed(
            f"There is no account {user} on this node.",
            remedy=f"Create the account first (useradd --create-home --shell /bin/bash {user}, or the module "
            "glusterops.georep.gluster_mountbroker), on every node of the secondary cluster.",
            option="secondary_user",
            value=user,
        ) from None
    paths = sshd.key_files(settings, user, entry.pw_dir, entry.pw_uid)
    return Account(user, entry.pw_dir, entry.pw_uid, entry.pw_gid, paths)


def home_obstacles(files: Files, account: Account) -> list[str]:
    """sshd (StrictModes) ignores all keys of an account whose home others can write to."""
    info = files.lstat(account.home)
    if info is None:
        return [f"The home directory {account.home} does not exist."]
    found = []
    if info.mode & 0o022 and not info.is_link:
        found.append(
            f"The home directory {account.home} can be written by other accounts, so sshd ignores its keys. Run: chmod go-w {account.home}"
        )
    if info.uid not in (0, account.uid):
        found.append(f"The home directory {account.home} belongs to another account, so sshd ignores its keys.")
    return found
