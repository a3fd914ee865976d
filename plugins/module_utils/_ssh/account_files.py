# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The files of an account, on this node or at the other end of an SSH connection: the same operations for both."""

from __future__ import annotations

import copy
import stat
import typing as t

from .._model import errors
from . import descriptors, walk


class Info(t.NamedTuple):
    """What stat says and sshd cares about."""

    uid: int
    gid: int
    mode: int

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)


class Account(t.NamedTuple):
    """An account and the files in which sshd looks for its keys.

    :ivar first: those that we write: the first file of each login. Empty: the first of all.
    """

    user: str
    home: str
    uid: int
    gid: int
    files: tuple[str, ...]
    first: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[str, ...]:
        """The files that keys are put into."""
        return self.first or self.files[:1]


class Barrier(t.NamedTuple):
    """What an account may not enter or read, tried with its own rights.

    :ivar is_folder: whether it is a folder that the account may not enter.
    :ivar in_group: whether the account is in the group of it.
    """

    path: str
    is_folder: bool
    uid: int
    gid: int
    mode: int
    in_group: bool

    def told(self, account: Account) -> tuple[str, str]:
        """What is wrong, and the command that mends it."""
        letter = "x" if self.is_folder else "r"
        what = f"The account {account.user} may not {'enter' if self.is_folder else 'read'} {self.path}"
        who = "u" if self.uid == account.uid else "g" if self.in_group else "o"
        command = f"chmod {who}+{letter} {self.path}" if self.is_folder or who == "u" else f"chown {account.user}: {self.path}"
        return f"{what} (owner {walk.name_of(self.uid)}, mode {stat.S_IMODE(self.mode):04o}), so sshd cannot read its keys", command


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
        except PermissionError:
            found = self.barrier(self._account, path) if self._account else None
            if found is None or self._account is None:
                raise
            told, command = found.told(self._account)
            raise errors.PreconditionFailed(f"{self.node}: {told}. Nothing of this account was changed.", remedy=f"Run on {self.node}: {command}") from None

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

    def programs(self, paths: t.Sequence[str]) -> list[str]:
        """Which of these are programs there; a path with ``*`` stands for all that match."""
        return list(self._ask("programs", [list(paths)])) if paths else []

    def said(self, argv: t.Sequence[str]) -> str | None:
        """What a program there prints; None: it cannot be run, or fails."""
        found = self._ask("run", [list(argv)])
        return str(found[1]) if found is not None and found[0] == 0 else None

    def barrier(self, account: Account, path: str) -> Barrier | None:
        """What keeps an account from reading a file, as far as that can be tried; None: nothing."""
        found = self._ask("barrier", [path, [account.uid, account.gid]])
        return None if found is None else Barrier(*found)

    def as_root(self, path: str) -> bool:
        """Whether a path is worked on with root's rights: root alone decides what is in its folder, or no account is named."""
        return bool(self._call("as_root", path))


class LocalFiles(Files):
    """Files of this node."""

    def _ask(self, name: str, words: t.Sequence[t.Any]) -> t.Any:
        return descriptors.CALLS[name](*words)
