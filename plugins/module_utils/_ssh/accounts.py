# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""One account's authorized_keys, on this node or on the other end of an SFTP connection: the same code for both."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import stat
import typing as t

from .._gluster import claims, errors, runner
from . import authorized_keys, keys

#: sshd insists on being called by its whole path.
SSHD = ("/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/lib/openssh/sshd")
#: What follows a file's name in that of the new one, until it is put in its place.
TEMPORARY = ".georep-"


class Info(t.NamedTuple):
    """What stat says and sshd cares about."""

    uid: int
    gid: int
    mode: int

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)


class Files(t.Protocol):
    """The few file operations that editing an account takes."""

    def lstat(self, path: str) -> Info | None:
        """What is at a path, a link itself; None where nothing is."""

    def read(self, path: str) -> bytes | None:
        """The content; None where nothing is."""

    def mkdir(self, path: str, uid: int, gid: int) -> None:
        """Make a folder with mode 0700."""

    def replace(self, path: str, content: bytes, mode: int, uid: int, gid: int) -> None:
        """Write by a temporary file and a rename."""

    def repair(self, path: str, mode: int | None, uid: int | None, gid: int | None) -> None:
        """Set mode and owner where they are given."""

    def remove(self, path: str) -> None:
        """Remove a file."""

    def sweep(self, path: str) -> None:
        """Remove the temporary files of modules that were killed while they replaced this file."""


class Account(t.NamedTuple):
    """An account and the files in which sshd looks for its keys, the first being the one we write."""

    user: str
    home: str
    uid: int
    gid: int
    files: tuple[str, ...]


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


def sshd_settings_argv(user: str, sshd: str = SSHD[0]) -> list[str]:
    return [sshd, "-T", "-C", f"user={user},host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22"]


def read_sshd_settings(out: str) -> dict[str, list[str]]:
    """``sshd -T`` prints one lower-case keyword and its value a line; some keywords repeat."""
    settings: dict[str, list[str]] = {}
    for line in out.splitlines():
        name, _blank, value = line.strip().partition(" ")
        if name:
            settings.setdefault(name.lower(), []).append(value.strip())
    return settings


def key_files(settings: t.Mapping[str, t.Sequence[str]], user: str, home: str, uid: int) -> tuple[str, ...]:
    """The paths of AuthorizedKeysFile with their tokens filled in; sshd's default when it is not known."""
    words = " ".join(settings.get("authorizedkeysfile", [])).split() or [".ssh/authorized_keys"]
    tokens = {"%h": home, "%u": user, "%U": str(uid), "%%": "%"}
    paths: list[str] = []
    for word in words:
        if word.lower() == "none":
            continue
        path = re.sub(r"%[huU%]", lambda match: tokens[match.group(0)], word)
        path = path if path.startswith("/") else f"{home.rstrip('/')}/{path}"
        if path not in paths:
            paths.append(path)
    return tuple(paths)


def obstacles(settings: t.Mapping[str, t.Sequence[str]], user: str, uid: int) -> list[str]:
    """Settings of sshd that keep this account from logging in by key, in plain words."""
    found: list[str] = []

    def value(name: str) -> str:
        return (settings.get(name) or [""])[0].lower()

    if value("pubkeyauthentication") == "no":
        found.append("PubkeyAuthentication is no: sshd accepts no keys at all.")
    if uid == 0 and value("permitrootlogin") == "no":
        found.append("PermitRootLogin is no: use 'prohibit-password' or 'forced-commands-only', or a secondary_user.")
    if value("forcecommand") not in ("", "none"):
        found.append(f"ForceCommand is set ({value('forcecommand')}): it is run instead of gsyncd.")
    denied = " ".join(settings.get("denyusers", [])).split()
    if user in denied:
        found.append(f"DenyUsers names {user}.")
    allowed = " ".join(settings.get("allowusers", [])).split()
    if allowed and not any(re.search(r"[*?!@]", word) or word == user for word in allowed):
        found.append(f"AllowUsers is set and does not name {user}.")
    return found


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
    before: list[str] = []
    after: list[str] = []
    actions: list[str] = []
    # Keys are put into the first file; they are taken out of every file sshd reads.
    for path in account.files if state == "absent" else account.files[:1]:
        if not check_mode and state != "verified":
            files.sweep(path)
        content = files.read(path)
        text = keys.decode(content or b"")
        before += authorized_keys.ours(text, wanted)
        change = authorized_keys.plan_absent if state == "absent" else authorized_keys.plan_present
        plan = change(text, wanted)
        after += authorized_keys.ours(plan.text, wanted)
        actions += [f"{path}: {keys.printable(one.describe())}" for one in plan.changes]
        if state == "absent":
            if plan.changes and not check_mode:
                info = files.lstat(path)
                _refuse_link(info, path, account)
                mode = stat.S_IMODE(info.mode) if info else 0o600
                files.replace(path, keys.encode(plan.text), mode, *_owner(info, account))
            continue
        actions += _put(files, account, path, plan, content is None, dry=check_mode or state == "verified")
    return Outcome(account.files[0], bool(actions), before, after, actions)


def _put(
    files: Files, account: Account, path: str, plan: authorized_keys.Plan, is_new: bool, *, dry: bool
) -> list[str]:
    """Write what differs: folder, content, ownership and modes that sshd insists on (StrictModes)."""
    actions: list[str] = []
    if is_new and not plan.changes:
        return actions
    folder = path.rsplit("/", 1)[0] or "/"
    folder_info = files.lstat(folder)
    in_home = path.startswith(account.home.rstrip("/") + "/")
    if folder_info is None:
        if not in_home or folder.rsplit("/", 1)[0] != account.home.rstrip("/"):
            raise errors.PreconditionFailed(
                f"The folder {folder} for the keys of {account.user} does not exist.",
                remedy="Make it (AuthorizedKeysFile of sshd_config names it), owned by root, mode 0755.",
            )
        if files.lstat(account.home) is None:
            raise errors.PreconditionFailed(
                f"The home directory {account.home} of {account.user} does not exist.",
                remedy=f"Make it: install -d -m 0700 -o {account.user} {account.home}; the account needs it to log in.",
            )
        actions.append(f"{folder}: created with mode 0700")
        if not dry:
            files.mkdir(folder, account.uid, account.gid)
    elif folder == account.home.rstrip("/") + "/.ssh":
        # Other folders are not the account's own, and home directories are not ours to change.
        _refuse_link(folder_info, folder, account)
        actions += _repair(files, account, folder, folder_info, dry=dry)
    info = files.lstat(path)
    _refuse_link(info, path, account)
    if plan.changes:
        if not dry:
            mode = stat.S_IMODE(info.mode) & 0o755 if info and not info.is_link else 0o600
            files.replace(path, keys.encode(plan.text), mode | 0o600, *_owner(info, account))
    elif info is not None and in_home:
        actions += _repair(files, account, path, info, dry=dry)
    return actions


def _repair(files: Files, account: Account, path: str, info: Info, *, dry: bool) -> list[str]:
    """Only what makes sshd ignore the file: a foreign owner, or others who may write."""
    if info.is_link:
        return []
    actions: list[str] = []
    mode = uid = gid = None
    if info.mode & 0o022:
        mode = stat.S_IMODE(info.mode) & ~0o022
        actions.append(
            f"{path}: mode {stat.S_IMODE(info.mode):04o} changed to {mode:04o}, sshd refuses files others can write"
        )
    if info.uid not in (account.uid, 0):
        uid, gid = account.uid, account.gid
        actions.append(f"{path}: owner changed to {account.user}, sshd refuses files of others")
    if actions and not dry:
        files.repair(path, mode, uid, gid)
    return actions


def _owner(info: Info | None, account: Account) -> tuple[int, int]:
    if info is not None and not info.is_link and info.uid in (account.uid, 0):
        return info.uid, info.gid
    return account.uid, account.gid


def _refuse_link(info: Info | None, path: str, account: Account) -> None:
    """A plain account could point the link at any file of the system, and we write as root."""
    if info is not None and info.is_link and account.uid != 0:
        raise errors.PreconditionFailed(
            f"{path} is a symbolic link; it is not followed for an account other than root.",
            remedy=f"Put a plain file there, owned by {account.user}.",
        )


class LocalFiles:
    """Files of this node."""

    def lstat(self, path: str) -> Info | None:
        try:
            found = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Info(found.st_uid, found.st_gid, found.st_mode)

    def read(self, path: str) -> bytes | None:
        try:
            with open(path, "rb") as handle:
                return handle.read()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def mkdir(self, path: str, uid: int, gid: int) -> None:
        os.mkdir(path, 0o700)
        self._own(path, uid, gid)

    def replace(self, path: str, content: bytes, mode: int, uid: int, gid: int) -> None:
        path = os.path.realpath(path)
        self.sweep(path)
        descriptor, temporary = claims.make(f"{path}{TEMPORARY}")
        try:
            # While it is open no other run takes it for what a killed module left.
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
                self._own(temporary, uid, gid)
                os.chmod(temporary, mode)
                with contextlib.suppress(OSError, AttributeError):
                    # SELinux: the new file keeps the label of the old one.
                    os.setxattr(temporary, "security.selinux", os.getxattr(path, "security.selinux"))
                os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise

    def repair(self, path: str, mode: int | None, uid: int | None, gid: int | None) -> None:
        if uid is not None and gid is not None:
            self._own(path, uid, gid)
        if mode is not None:
            os.chmod(path, mode)

    def remove(self, path: str) -> None:
        os.unlink(path)

    def sweep(self, path: str) -> None:
        folder, name = os.path.split(os.path.realpath(path))
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            return
        try:
            # It may have been given to the file's owner already.
            found = self.lstat(path)
            owners = {os.geteuid()} | ({found.uid} if found else set())
            for left in claims.abandoned(descriptor, claims.token_pattern(name + TEMPORARY), owners):
                with contextlib.suppress(OSError):
                    os.unlink(left, dir_fd=descriptor)
        finally:
            os.close(descriptor)

    @staticmethod
    def _own(path: str, uid: int, gid: int) -> None:
        found = os.lstat(path)
        if (found.st_uid, found.st_gid) != (uid, gid):
            os.chown(path, uid, gid, follow_symlinks=False)


@contextlib.contextmanager
def acting_as(account: Account) -> t.Iterator[None]:
    """Do file work with the account's own rights where it owns its home, so that tricks with links gain nothing."""
    try:
        owner = os.stat(account.home).st_uid
    except OSError:
        owner = -1
    inside = all(path.startswith(account.home.rstrip("/") + "/") for path in account.files)
    if os.geteuid() != 0 or account.uid == 0 or owner != account.uid or not inside:
        yield
        return
    groups, gid = os.getgroups(), os.getegid()
    os.setgroups([account.gid])
    os.setegid(account.gid)
    os.seteuid(account.uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(gid)
        os.setgroups(groups)


def local_settings(run: runner.Run, user: str) -> dict[str, list[str]]:
    """What sshd of this node goes by for this account; empty when it does not tell."""
    sshd = next((path for path in SSHD if os.path.exists(path)), None)
    if sshd is None:
        return {}
    try:
        rc, out, _err = run(sshd_settings_argv(user, sshd), timeout=20)
    except errors.GeorepError:
        return {}
    return read_sshd_settings(out) if rc == 0 else {}


def local_account(user: str, settings: t.Mapping[str, t.Sequence[str]]) -> Account:
    """The account of this node."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise errors.PreconditionFailed(
            f"There is no account {user} on this node.",
            remedy=f"Make it first (useradd --create-home --shell /bin/bash {user}, or the module "
            "glusterops.georep.gluster_mountbroker), on every node of the secondary cluster.",
            option="secondary_user",
            value=user,
        ) from None
    paths = key_files(settings, user, entry.pw_dir, entry.pw_uid)
    return Account(user, entry.pw_dir, entry.pw_uid, entry.pw_gid, paths)


def home_obstacles(files: Files, account: Account) -> list[str]:
    """sshd (StrictModes) ignores all keys of an account whose home others can write to."""
    info = files.lstat(account.home)
    if info is None:
        return [f"The home directory {account.home} does not exist."]
    found = []
    if info.mode & 0o022 and not info.is_link:
        found.append(
            f"The home directory {account.home} is writable by others, sshd ignores its keys (chmod go-w {account.home})."
        )
    if info.uid not in (0, account.uid):
        found.append(f"The home directory {account.home} belongs to another account; sshd ignores its keys.")
    return found


def host_keys(run: runner.Run, settings: t.Mapping[str, t.Sequence[str]]) -> list[keys.PublicKey]:
    """The public host keys that sshd of this node shows to its clients."""
    paths = [path for path in settings.get("hostkey", []) if path.startswith("/")]
    if not paths:
        folder = "/etc/ssh"
        with contextlib.suppress(OSError):
            names = sorted(os.listdir(folder))
            paths = [f"{folder}/{n[:-4]}" for n in names if re.match(r"^ssh_host_\w+_key\.pub\Z", n)]
    found: list[keys.PublicKey] = []
    for path in paths:
        key = None
        with contextlib.suppress(OSError):
            with open(path + ".pub", encoding="utf-8", errors="replace") as handle:
                key = keys.parse_public_key(handle.read())
        if key is None and os.path.exists(path):
            rc, out, _err = run(["ssh-keygen", "-y", "-f", path], timeout=20)
            key = keys.parse_public_key(out) if rc == 0 else None
        if key is not None and key.identity not in {one.identity for one in found}:
            found.append(keys.PublicKey(key.kind, key.blob))
    return found
