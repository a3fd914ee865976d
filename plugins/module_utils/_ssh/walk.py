# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""A way to a file in folders that other accounts can change, walked by descriptors with the rights that are due.

In a folder of another account a name can mean another file from one system call to the next. So each path is walked from
``/`` by descriptors, links of others are not followed, what is opened is looked at before it is read. In the folders of an account
(``who``) root takes the account's own rights.

This file is part of a program that runs on other nodes, see :mod:`descriptors`: it needs the standard library alone, and nothing newer
than Python 3.6.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import stat
import typing as t

#: Far more than any authorized_keys, known_hosts or list of public keys has.
LIMIT = 1 << 20
LINKS = 40
FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

#: The account in whose folders something is done: uid, gid. None: nobody's but root's.
Who = t.Optional[t.Sequence[int]]


class Refused(OSError):
    """What is at a path is left alone. ``what`` goes on where the path ends: "is a FIFO"."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(errno.ELOOP, what, path)
        self.path = path
        self.what = what


def _trusted() -> t.Set[int]:
    return {0, os.getuid()}


class Walk:
    """A way down from ``/``, folder by folder, each held by a descriptor."""

    def __init__(self, top: str = "/") -> None:
        self._top = top
        # For each folder: its descriptor, and whether nobody but root could have put it there.
        self._folders: t.List[t.Tuple[int, bool]] = []
        self.name = ""

    def __enter__(self) -> "Walk":
        # Another top may be reached by links, and below it none is followed.
        self._folders.append((os.open(self._top, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC), self._top == "/"))
        return self

    def __exit__(self, *_exc: t.Any) -> None:
        for descriptor, _fixed in self._folders:
            os.close(descriptor)

    @property
    def folder(self) -> int:
        return self._folders[-1][0]

    @property
    def fixed(self) -> bool:
        """Whether nobody but root can put another folder in the place of this one."""
        return self._folders[-1][1]

    @property
    def kept(self) -> bool:
        """Whether root alone decides what is in this folder."""
        info = os.fstat(self.folder)
        return self.fixed and info.st_uid in _trusted() and not info.st_mode & 0o022

    def _fixed(self, entry: os.stat_result) -> bool:
        """Whether nobody but root could have put an entry into this folder."""
        info = os.fstat(self.folder)
        if not self.fixed or info.st_uid not in _trusted():
            return False
        return not info.st_mode & 0o022 or (bool(info.st_mode & stat.S_ISVTX) and entry.st_uid in _trusted())

    def _back_to(self, count: int) -> None:
        while len(self._folders) > max(1, count):
            os.close(self._folders.pop()[0])

    def look(self) -> os.stat_result:
        """What is at the end of the way, a link itself."""
        if not self.name:
            return os.fstat(self.folder)
        return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)

    def go(self, path: str, follow: bool = True) -> "Walk":
        """To the folder of a path; ``name`` is what is left then, empty for a path that ends in a folder of the way.

        :param follow: also a link at the end, if root has put it there. Links on the way have to be of that kind anyway.
        :raises Refused: a link that another account may have put there.
        """
        waiting = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        links = 0
        while waiting:
            self.name = waiting.pop()
            if self.name == "..":
                self._back_to(len(self._folders) - 1)
                self.name = ""
                continue
            if not waiting and not follow:
                return self
            try:
                info = self.look()
            except FileNotFoundError:
                if not waiting:
                    return self
                raise
            if stat.S_ISLNK(info.st_mode):
                links += 1
                if links > LINKS or info.st_uid not in _trusted() or not self._fixed(info):
                    through = "leads through the symbolic link %s, which root alone could not have made" % self.name
                    raise Refused(path, through if waiting else "is a symbolic link")
                target = os.readlink(self.name, dir_fd=self.folder)
                if target.startswith("/"):
                    self._back_to(1)
                waiting += [part for part in reversed(target.split("/")) if part not in ("", ".")]
                self.name = ""
            elif waiting:
                if not stat.S_ISDIR(info.st_mode):
                    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
                self._enter(path)
        return self

    def _enter(self, path: str) -> None:
        try:
            descriptor = os.open(self.name, os.O_PATH | FOLDER, dir_fd=self.folder)
        except OSError as exc:
            if exc.errno in (errno.ENOTDIR, errno.ELOOP):
                raise Refused(path, "was moved while the module read it") from None
            raise
        try:
            fixed = self._fixed(os.fstat(descriptor))
        except BaseException:
            os.close(descriptor)
            raise
        self._folders.append((descriptor, fixed))
        self.name = ""

    def open(self, path: str, who: Who, folder: bool = False, limit: t.Optional[int] = LIMIT) -> int:
        """The file at the end of the way, when it is one that may be read and changed.

        :param folder: a folder will do as well.
        :param limit: the greatest size.
        :raises Refused: it is something else.
        """
        self._check(self.look(), path, who, folder, limit)
        try:
            descriptor = os.open(self.name or ".", _READ, dir_fd=self.folder)
        except OSError as exc:
            if exc.errno in (errno.ELOOP, errno.ENXIO, errno.EWOULDBLOCK):
                raise Refused(path, "was replaced or locked while the module read it") from None
            raise
        try:
            self._check(os.fstat(descriptor), path, who, folder, limit)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _check(self, info: os.stat_result, path: str, who: Who, folder: bool, limit: t.Optional[int]) -> None:
        for is_kind, kind in _KINDS:
            if is_kind(info.st_mode) and not (folder and stat.S_ISDIR(info.st_mode)):
                raise Refused(path, "is " + kind)
        if not stat.S_ISREG(info.st_mode):
            return
        if limit is not None and info.st_size > limit:
            raise Refused(path, "is larger than %d bytes" % limit)
        if info.st_nlink > 1 and not self.kept and (not who or info.st_uid != who[0]):
            raise Refused(path, "is a hard link to a file of %s" % name_of(info.st_uid))


def name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return "uid %d" % uid


def kept(path: str) -> bool:
    """Whether root alone decides what is at a path."""
    with Walk() as walk:
        try:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                walk.go(path, follow=False)
        except (Refused, PermissionError):
            return False
        return walk.kept


def fixed(folder: str) -> bool:
    """Whether nobody but root can put another folder in the place of this one."""
    with Walk() as walk:
        try:
            walk.go(folder + "/any")
        except OSError:
            return False
        return walk.fixed


def as_root(path: str, who: Who) -> bool:
    """Whether a path is worked on with root's rights: in folders that root alone can change, and where no account is named."""
    return os.geteuid() == 0 and (not who or who[0] == 0 or kept(path))


def _groups(uid: int, gid: int) -> t.List[int]:
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        return [gid]
    return os.getgrouplist(name, gid)


def take_rights(who: t.Sequence[int], rights: contextlib.ExitStack) -> None:
    """Take an account's rights until the stack is closed."""
    groups, gid = os.getgroups(), os.getegid()
    own = _groups(*who)
    rights.callback(os.setgroups, groups)
    rights.callback(os.setegid, gid)
    rights.callback(os.seteuid, 0)
    os.setgroups(own)
    os.setegid(who[1])
    os.seteuid(who[0])


@contextlib.contextmanager
def work(path: str, who: Who) -> t.Iterator[Walk]:
    """A way to begin, walked with the rights that are due."""
    rights = contextlib.ExitStack()
    try:
        if who and os.geteuid() == 0 and not as_root(path, who):
            take_rights(who, rights)
        with rights, Walk() as walk:
            yield walk
    except Refused:
        raise
    except OSError as exc:
        # Names were given relative to descriptors.
        exc.filename, exc.filename2 = path, None
        raise
    finally:
        rights.close()
