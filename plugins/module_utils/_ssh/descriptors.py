# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Files in folders that other accounts can change, by descriptors.

In a folder of another account a name can mean another file from one system call to the next. So each path is walked from
``/`` by descriptors, links of others are not followed, what is opened is looked at before it is read, and owner and mode are
set on descriptors. In the folders of an account (``who``) root takes the account's own rights.

This file is imported, and it is also a program: :mod:`bootstrap` runs its source with ``python3`` on nodes that Ansible does
not manage, and gives it one JSON array a line (:func:`serve`). SFTP will not do there: it knows paths only. So it needs the
standard library and :mod:`claims` alone, and nothing newer than Python 3.6.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import os
import pwd
import signal
import stat
import sys
import typing as t

from .._gluster import claims

#: Far more than any authorized_keys, known_hosts or list of public keys has.
LIMIT = 1 << 20
LINKS = 40
#: Seconds after which the program gives up on a file system that does not answer.
PATIENCE = 60
READY = "georep-files-are-ready"
#: What follows a file's name in that of the new one, until it is put in its place.
TEMPORARY = ".georep-"
_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
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


class _Walk:
    """A way down from ``/``, folder by folder, each held by a descriptor."""

    def __init__(self, top: str = "/") -> None:
        self._top = top
        # For each folder: its descriptor, and whether nobody but root could have put it there.
        self._folders: t.List[t.Tuple[int, bool]] = []
        self.name = ""

    def __enter__(self) -> "_Walk":
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

    def go(self, path: str, follow: bool = True) -> "_Walk":
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
            descriptor = os.open(self.name, os.O_PATH | _FOLDER, dir_fd=self.folder)
        except OSError as exc:
            if exc.errno in (errno.ENOTDIR, errno.ELOOP):
                raise Refused(path, "is being moved about while it is looked at") from None
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
                raise Refused(path, "is being exchanged or held while it is looked at") from None
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
    with _Walk() as walk:
        try:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                walk.go(path, follow=False)
        except (Refused, PermissionError):
            return False
        return walk.kept


def fixed(folder: str) -> bool:
    """Whether nobody but root can put another folder in the place of this one."""
    with _Walk() as walk:
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


@contextlib.contextmanager
def _work(path: str, who: Who) -> t.Iterator[_Walk]:
    """A way to begin, walked with the rights that are due."""
    rights = contextlib.ExitStack()
    try:
        if who and os.geteuid() == 0 and not as_root(path, who):
            groups, gid = os.getgroups(), os.getegid()
            own = _groups(*who)
            rights.callback(os.setgroups, groups)
            rights.callback(os.setegid, gid)
            rights.callback(os.seteuid, 0)
            os.setgroups(own)
            os.setegid(who[1])
            os.seteuid(who[0])
        with rights, _Walk() as walk:
            yield walk
    except Refused:
        raise
    except OSError as exc:
        # Names were given relative to descriptors.
        exc.filename, exc.filename2 = path, None
        raise
    finally:
        rights.close()


def lstat(path: str, who: Who = None) -> t.Optional[t.List[int]]:
    """Owner, group and mode of what is at a path, a link itself; None where nothing is."""
    with _work(path, who) as walk:
        try:
            info = walk.go(path, follow=False).look()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return [info.st_uid, info.st_gid, info.st_mode]


def read(path: str, who: Who = None) -> t.Optional[bytes]:
    """The content of a file; None where nothing is."""
    with _work(path, who) as walk:
        try:
            descriptor = walk.go(path).open(path, who)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(LIMIT + 1)
        if len(content) > LIMIT:
            raise Refused(path, "is larger than %d bytes" % LIMIT)
        return content


def mkdir(path: str, uid: int, gid: int, who: Who = None) -> None:
    """Make a folder with mode 0700."""
    with _work(path, who) as walk:
        walk.go(path, follow=False)
        os.mkdir(walk.name, 0o700, dir_fd=walk.folder)
        descriptor = os.open(walk.name, os.O_RDONLY | _FOLDER, dir_fd=walk.folder)
        try:
            if os.fstat(descriptor).st_uid != os.geteuid():
                raise Refused(path, "is being exchanged while it is made")
            _set(descriptor, 0o700, uid, gid)
        finally:
            os.close(descriptor)


def replace(path: str, content: bytes, mode: int, uid: int, gid: int, who: Who = None) -> None:
    """Write a file beside the old one, and put it in its place."""
    with _work(path, who) as walk:
        walk.go(path)
        label = None
        try:
            descriptor = walk.open(path, who)
        except FileNotFoundError:
            pass
        else:
            # SELinux: the new file keeps the label of the old one.
            with os.fdopen(descriptor, "rb"), contextlib.suppress(OSError):
                label = os.getxattr(descriptor, "security.selinux")
        _sweep(walk)
        descriptor, temporary = claims.make(walk.name + TEMPORARY, dir_fd=walk.folder)
        try:
            # While it is open no other run takes it for what a killed module left.
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                _set(descriptor, mode, uid, gid)
                if label is not None:
                    with contextlib.suppress(OSError):
                        os.setxattr(descriptor, "security.selinux", label)
                os.fsync(descriptor)
                os.replace(temporary, walk.name, src_dir_fd=walk.folder, dst_dir_fd=walk.folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=walk.folder)
            raise


def sweep(path: str, who: Who = None) -> None:
    """Remove the temporary files of modules that were killed while they replaced a file."""
    with _work(path, who) as walk:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            walk.go(path)
            _sweep(walk)


def _sweep(walk: _Walk) -> None:
    owners = {os.geteuid()}
    with contextlib.suppress(FileNotFoundError):
        # It may have been given to the file's owner already.
        owners.add(walk.look().st_uid)
    folder = os.open(".", os.O_RDONLY | _FOLDER, dir_fd=walk.folder)
    try:
        for left in claims.abandoned(folder, claims.token_pattern(walk.name + TEMPORARY), owners):
            with contextlib.suppress(OSError):
                os.unlink(left, dir_fd=folder)
    finally:
        os.close(folder)


def repair(path: str, mode: t.Optional[int], uid: t.Optional[int], gid: t.Optional[int], who: Who = None) -> None:
    """Set mode and owner of a file or folder where they are given."""
    with _work(path, who) as walk:
        descriptor = walk.go(path, follow=False).open(path, who, folder=True, limit=None)
        try:
            _set(descriptor, mode, uid, gid)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def opened(top: str, path: str) -> t.Iterator[t.BinaryIO]:
    """A file of any size below a folder, to be read, without a link on the way.

    :param path: below ``top``.
    """
    with _Walk(top) as walk:
        descriptor = walk.go(path).open(path, None, limit=None)
    with os.fdopen(descriptor, "rb") as file:
        yield file


def makedirs(path: str, mode: int) -> None:
    """Make a folder and those above it that are missing."""
    so_far = ""
    for part in filter(None, path.split("/")):
        so_far += "/" + part
        with _work(so_far, None) as walk:
            walk.go(so_far)
            with contextlib.suppress(FileExistsError):
                if walk.name:
                    os.mkdir(walk.name, mode, dir_fd=walk.folder)


def rmdir(path: str) -> None:
    """Remove an empty folder."""
    with _work(path, None) as walk:
        walk.go(path, follow=False)
        os.rmdir(walk.name, dir_fd=walk.folder)


def remove(path: str, who: Who = None) -> None:
    """Remove a file."""
    with _work(path, who) as walk:
        walk.go(path, follow=False)
        os.unlink(walk.name, dir_fd=walk.folder)


def _set(descriptor: int, mode: t.Optional[int], uid: t.Optional[int], gid: t.Optional[int]) -> None:
    found = os.fstat(descriptor)
    if uid is not None and gid is not None and (found.st_uid, found.st_gid) != (uid, gid):
        os.fchown(descriptor, uid, gid)
    if mode is not None:
        os.fchmod(descriptor, stat.S_IMODE(mode))


def passwd(user: str) -> t.Optional[t.List[t.Any]]:
    """Home, uid and gid of an account of this node."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return None
    return [entry.pw_dir, entry.pw_uid, entry.pw_gid]


_CALLS: t.Dict[str, t.Callable[..., t.Any]] = {
    call.__name__: call for call in (lstat, read, mkdir, replace, repair, remove, sweep, as_root, passwd)
}


def _answer(name: str, given: t.Sequence[t.Any]) -> t.Dict[str, t.Any]:
    words = [base64.b64decode(word["bytes"]) if isinstance(word, dict) else word for word in given]
    try:
        found = _CALLS[name](*words)
    except Refused as exc:
        return {"refused": [exc.path, exc.what]}
    except OSError as exc:
        return {"failed": [exc.errno or errno.EIO, exc.strerror or str(exc), exc.filename]}
    return {"found": {"bytes": base64.b64encode(found).decode()} if isinstance(found, bytes) else found}


def serve(requests: t.Iterable[str], answers: t.TextIO) -> None:
    """Answer requests ``[name, arguments]``, one a line, until there are no more."""
    # What a login script has printed may lack its line end.
    _say(answers, "\n" + READY)
    for line in requests:
        signal.alarm(PATIENCE)
        answer = json.dumps(_answer(*json.loads(line)))
        signal.alarm(0)
        _say(answers, answer)


def _say(answers: t.TextIO, line: str) -> None:
    answers.write(line + "\n")
    answers.flush()


def program() -> str:
    """The source of this file and of what it needs, for :func:`serve` to run elsewhere."""
    own, other = (t.cast(t.Any, module).__loader__.get_source(module.__name__) for module in (sys.modules[__name__], claims))
    # Python 3.6 does not understand this line, and all others do not need it.
    own, other = (source.replace("from __future__ import annotations\n", "") for source in (own, other))
    there = "import types\nclaims = types.ModuleType('claims')\nexec(%r, claims.__dict__)\n" % other
    return str(own.replace("from .._gluster import claims\n", there, 1))


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
