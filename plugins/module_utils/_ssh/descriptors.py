# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Files in folders that other accounts can change, by descriptors.

Each path is walked as :mod:`walk` says, and owner and mode are set on descriptors.

This file is imported, and it is also a program: :mod:`bootstrap` runs its source with ``python3`` on nodes that Ansible does
not manage, and gives it one JSON array a line (:func:`serve`). SFTP will not do there: it knows paths only. So it needs the
standard library, :mod:`walk` and :mod:`claims` alone, and nothing newer than Python 3.6.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import glob
import json
import os
import pwd
import signal
import stat
import sys
import typing as t

from .._gluster import claims
from . import walk

#: Seconds after which the program gives up on a file system that does not answer.
PATIENCE = 60
READY = "georep-files-are-ready"
#: In front of each answer: whatever a login script prints meanwhile is none.
MARK = "georep-answer:"
#: What follows a file's name in that of the new one, until it is put in its place.
TEMPORARY = ".georep-"


def lstat(path: str, who: walk.Who = None) -> t.Optional[t.List[int]]:
    """Owner, group and mode of what is at a path, a link itself; None where nothing is."""
    with walk.work(path, who) as way:
        try:
            info = way.go(path, follow=False).look()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return [info.st_uid, info.st_gid, info.st_mode]


def read(path: str, who: walk.Who = None) -> t.Optional[bytes]:
    """The content of a file; None where nothing is."""
    with walk.work(path, who) as way:
        try:
            descriptor = way.go(path).open(path, who)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(walk.LIMIT + 1)
        if len(content) > walk.LIMIT:
            raise walk.Refused(path, "is larger than %d bytes" % walk.LIMIT)
        return content


def mkdir(path: str, uid: int, gid: int, who: walk.Who = None) -> None:
    """Make a folder with mode 0700."""
    with walk.work(path, who) as way:
        way.go(path, follow=False)
        os.mkdir(way.name, 0o700, dir_fd=way.folder)
        descriptor = os.open(way.name, os.O_RDONLY | walk.FOLDER, dir_fd=way.folder)
        try:
            if os.fstat(descriptor).st_uid != os.geteuid():
                raise walk.Refused(path, "was replaced while the module created it")
            _set(descriptor, 0o700, uid, gid)
        finally:
            os.close(descriptor)


def replace(path: str, content: bytes, mode: int, uid: int, gid: int, who: walk.Who = None) -> None:
    """Write a file beside the old one, and put it in its place."""
    with walk.work(path, who) as way:
        way.go(path)
        label = None
        try:
            descriptor = way.open(path, who)
        except FileNotFoundError:
            pass
        else:
            # SELinux: the new file keeps the label of the old one.
            with os.fdopen(descriptor, "rb"), contextlib.suppress(OSError):
                label = os.getxattr(descriptor, "security.selinux")
        _sweep(way)
        descriptor, temporary = claims.make(way.name + TEMPORARY, dir_fd=way.folder)
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
                os.replace(temporary, way.name, src_dir_fd=way.folder, dst_dir_fd=way.folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=way.folder)
            raise


def sweep(path: str, who: walk.Who = None) -> None:
    """Remove the temporary files of modules that were killed while they replaced a file."""
    with walk.work(path, who) as way:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            way.go(path)
            _sweep(way)


def _sweep(way: walk.Walk) -> None:
    owners = {os.geteuid()}
    with contextlib.suppress(FileNotFoundError):
        # It may have been given to the file's owner already.
        owners.add(way.look().st_uid)
    folder = os.open(".", os.O_RDONLY | walk.FOLDER, dir_fd=way.folder)
    try:
        for left in claims.abandoned(folder, claims.token_pattern(way.name + TEMPORARY), owners):
            with contextlib.suppress(OSError):
                os.unlink(left, dir_fd=folder)
    finally:
        os.close(folder)


def repair(path: str, mode: t.Optional[int], uid: t.Optional[int], gid: t.Optional[int], who: walk.Who = None) -> None:
    """Set mode and owner of a file or folder where they are given."""
    with walk.work(path, who) as way:
        descriptor = way.go(path, follow=False).open(path, who, folder=True, limit=None)
        try:
            _set(descriptor, mode, uid, gid)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def opened(top: str, path: str) -> t.Iterator[t.BinaryIO]:
    """A file of any size below a folder, to be read, without a link on the way.

    :param path: below ``top``.
    """
    with walk.Walk(top) as way:
        descriptor = way.go(path).open(path, None, limit=None)
    with os.fdopen(descriptor, "rb") as file:
        yield file


def makedirs(path: str, mode: int) -> None:
    """Make a folder and those above it that are missing."""
    so_far = ""
    for part in filter(None, path.split("/")):
        so_far += "/" + part
        with walk.work(so_far, None) as way:
            way.go(so_far)
            with contextlib.suppress(FileExistsError):
                if way.name:
                    os.mkdir(way.name, mode, dir_fd=way.folder)


def rmdir(path: str) -> None:
    """Remove an empty folder."""
    with walk.work(path, None) as way:
        way.go(path, follow=False)
        os.rmdir(way.name, dir_fd=way.folder)


def remove(path: str, who: walk.Who = None) -> None:
    """Remove a file."""
    with walk.work(path, who) as way:
        way.go(path, follow=False)
        os.unlink(way.name, dir_fd=way.folder)


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


def programs(paths: t.Sequence[str]) -> t.List[str]:
    """Which of these are programs of this node; a path with ``*`` stands for all that match."""
    found = [path for each in paths for path in (sorted(glob.glob(each)) if "*" in each else [each])]
    return [path for path in found if os.path.isfile(path) and os.access(path, os.X_OK)]


def barrier(path: str, who: t.Sequence[int]) -> t.Optional[t.List[t.Any]]:
    """What keeps an account from reading a file: the first folder that it may not enter, or the file itself, with owner, group and mode.

    That is tried with the account's own rights, as sshd does. None: nothing, or it cannot be tried.
    """
    if who[0] == 0 or os.geteuid() not in (0, who[0]):
        return None
    parts = path.split("/")
    with contextlib.ExitStack() as rights:
        if os.geteuid() == 0:
            walk.take_rights(who, rights)
        for count in range(2, len(parts) + 1):
            part, right = "/".join(parts[:count]), os.R_OK if count == len(parts) else os.X_OK
            try:
                info = os.stat(part)
            except OSError:
                return None  # it does not exist, or that is another matter
            if not os.access(part, right, effective_ids=True):
                return [part, right == os.X_OK, info.st_uid, info.st_gid, info.st_mode, info.st_gid in os.getgroups() + [os.getegid()]]
    return None


def connection() -> t.Optional[t.List[str]]:
    """The connection of this login as its sshd sees it: the client's address and port, the address and port here."""
    words = os.environ.get("SSH_CONNECTION", "").split()
    return words if len(words) == 4 else None


def run(argv: t.Sequence[str]) -> t.Optional[t.List[t.Any]]:
    """Exit code and output of a program; None: it cannot be run."""
    # Most logins run none, and it takes a while to load.
    import subprocess  # pylint: disable=import-outside-toplevel

    try:
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE // 3, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return [done.returncode, done.stdout[: walk.LIMIT].decode("utf-8", "replace")]


CALLS: t.Dict[str, t.Callable[..., t.Any]] = {
    call.__name__: call for call in (lstat, read, mkdir, replace, repair, remove, sweep, walk.as_root, passwd, programs, barrier, connection, run)
}


def _answer(name: str, given: t.Sequence[t.Any]) -> t.Dict[str, t.Any]:
    words = [base64.b64decode(word["bytes"]) if isinstance(word, dict) else word for word in given]
    try:
        found = CALLS[name](*words)
    except walk.Refused as exc:
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
        _say(answers, MARK + answer)


def _say(answers: t.TextIO, line: str) -> None:
    answers.write(line + "\n")
    answers.flush()


def program() -> str:
    """The source of this file and of what it needs, for :func:`serve` to run elsewhere."""
    modules = (sys.modules[__name__], walk, claims)
    # Python 3.6 does not understand this line, and all others do not need it.
    own, *others = (t.cast(t.Any, module).__loader__.get_source(module.__name__).replace("from __future__ import annotations\n", "") for module in modules)
    for name, source in zip(("walk", "claims"), others):
        there = "import types\n%s = types.ModuleType(%r)\nexec(%r, %s.__dict__)\n" % (name, name, source, name)
        own = own.replace("from . import walk\n" if name == "walk" else "from .._gluster import claims\n", there, 1)
    return str(own)


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
