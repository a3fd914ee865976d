# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Files that show by a lock whether the module that made them still runs.

The kernel releases the lock when the process ends, however it ends, and another process with the same id does not have it.
So a later run can tell what a killed module left behind from what a module of another controller is using.

Its source also runs on nodes that Ansible does not manage (see ``_ssh/descriptors.py``), with nothing newer than Python 3.6.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import stat
import typing as t

#: The part of a name that no two modules share.
TOKEN = r"[0-9a-f]{12}"


def make(prefix: str, suffix: str = "", dir_fd: t.Optional[int] = None) -> t.Tuple[int, str]:
    """Create a file that nobody else has, with mode 0600, and hold its lock until the descriptor is closed.

    :returns: the descriptor, open for writing, and the name, which is ``prefix``, a token, and ``suffix``.
    """
    while True:
        name = f"{prefix}{secrets.token_hex(6)}{suffix}"
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=dir_fd)
        # Without locks, as on some network file systems, nobody can take the lock, and the file is never taken for abandoned.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Between the two calls another run may have taken the file for abandoned.
        if os.fstat(descriptor).st_nlink:
            return descriptor, name
        os.close(descriptor)


def abandoned(folder: t.Union[str, int], pattern: t.Pattern[str], owners: t.Collection[int] = ()) -> t.Iterator[str]:
    """The names in a folder of such files whose module does not run any more.

    The file's lock is held until the next name is asked for, so that no other run removes the same things meanwhile.

    :param folder: its path, or a descriptor of it.
    :param pattern: of the whole name.
    :param owners: who may own them; only the account that this runs as where nobody is given.
    """
    try:
        names = sorted(filter(pattern.fullmatch, os.listdir(folder)))
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        at, path = (None, os.path.join(folder, name)) if isinstance(folder, str) else (folder, name)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
        except OSError:
            continue
        try:
            if _is_abandoned(descriptor, owners or (os.geteuid(),)):
                yield name
        finally:
            os.close(descriptor)


def _is_abandoned(descriptor: int, owners: t.Collection[int]) -> bool:
    info = os.fstat(descriptor)
    # What somebody else has put there is none of ours, whatever its name.
    if not stat.S_ISREG(info.st_mode) or info.st_uid not in owners:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    # Another run may have removed it in between.
    return os.fstat(descriptor).st_nlink > 0


def token_pattern(prefix: str, suffix: str = "") -> t.Pattern[str]:
    """The names that ``make`` gives: with these words before and after the token."""
    return re.compile(f"{re.escape(prefix)}{TOKEN}{re.escape(suffix)}")
