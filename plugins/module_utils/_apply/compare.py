# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Compare older files with their copies: a canary that arrives says nothing about files that were written before it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import typing as t

from .._model import text
from .._plan import canary

#: Folders of gluster, and our canaries: not files of users.
_SKIPPED = (".glusterfs", ".trashcan", ".shard")
#: Listing stops here when only a sample is wanted.
LISTED_AT_MOST = 20000
#: How many files are reported by name at most.
NAMED_AT_MOST = 50
#: gluster's own xattr for: send this file again (changelog translator, gsyncd's "trigger-sync").
TRIGGER = "glusterfs.geo-rep.trigger-sync"


#: Called before each step by a caller that limits the time; an exception ends the comparison.
Step = t.Callable[[], None]


def no_step() -> None:
    """No time limit."""


class Difference(t.NamedTuple):
    """A file whose copy differs."""

    path: str
    size: int
    copy_size: t.Optional[int]  #: None: no copy exists
    kind: str  #: missing, empty, size or content


class Comparison(t.NamedTuple):
    compared: int
    whole: bool  #: whether every older file was compared
    differences: list[Difference]
    left_out: int  #: skipped files, so new that their copies may still be on their way
    contents: bool = False  #: byte by byte, not only by size


def old_files(
    root: str, before: float, limit: int | None, cut: list[str] | None = None, step: Step = no_step
) -> t.Iterator[tuple[str, int, bool]]:
    """Every regular file below a mount: path, size, whether it was last changed before a time.

    :param limit: stop after so many files, folders and other entries.
    :param cut: where the listing stopped before its end, that folder is put here.
    :raises OSError: a folder cannot be listed.
    """
    listed = 0
    for folder, folders, names in os.walk(root, onerror=_unlisted):
        step()
        listed += len(folders)
        skipped = {name for name in folders if name in _SKIPPED or name.startswith(canary.PREFIX)} if folder == root else set()
        folders[:] = sorted(name for name in folders if name not in skipped)
        for name in sorted(names):
            path = os.path.join(folder, name)
            step()
            try:
                info = os.lstat(path)
            except OSError:  # removed since it was listed
                continue
            listed += 1
            if stat.S_ISREG(info.st_mode):
                # Not ctime: gsyncd's own marks move it.
                yield os.path.relpath(path, root), info.st_size, info.st_mtime < before
            if limit is not None and listed >= limit:
                if cut is not None:
                    cut.append(folder)
                return


def _unlisted(problem: OSError) -> None:
    """Whether a file still exists. A deleted file is not missing; a file that cannot be read was not compared."""
    if not isinstance(problem, FileNotFoundError):
        raise problem


def spread(items: t.Sequence[t.Any], count: int) -> list[t.Any]:
    """At most ``count`` of a list, evenly from its beginning to its end."""
    if len(items) <= count:
        return list(items)
    return [items[index * len(items) // count] for index in range(count)]


def _digest(path: str, step: Step) -> str:
    digest = hashlib.sha256()
    # The name may be a link or a pipe by now.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            step()
            digest.update(block)
    return digest.hexdigest()


def difference(near: str, far: str, path: str, size: int, contents: bool, step: Step = no_step) -> Difference | None:
    """Compare one file with its copy."""
    source, copy = os.path.join(near, path), os.path.join(far, path)
    step()
    found: int | None
    try:
        found = os.lstat(copy).st_size
    except OSError:
        found = None
    if found != size:
        try:
            size = os.lstat(source).st_size  # it may have changed meanwhile
        except OSError:
            return None
    if found is None:
        return Difference(path, size, None, "missing")
    if found != size:
        return Difference(path, size, found, "size" if found else "empty")
    try:
        same = not contents or _digest(source, step) == _digest(copy, step)
    except OSError:
        # A copy that cannot be read counts as missing; a deleted file needs no copy.
        same = not os.path.lexists(source)
    return None if same else Difference(path, size, found, "content")


def compare(near: str, far: str, how: str, count: int, before: float, step: Step = no_step) -> Comparison:
    """Compare files of the primary with files of the secondary, through mounts of both.

    :param how: ``sample``: the sizes of ``count`` files; ``all``: size and content of every file.
    :param before: seconds since the epoch; younger files may be on their way.
    """
    cut: list[str] = []
    listed = list(old_files(near, before, LISTED_AT_MOST if how == "sample" else None, cut, step))
    old = [(path, size) for path, size, ripe in listed if ripe]
    chosen = old if how == "all" else spread(old, count)
    found = [difference(near, far, path, size, how == "all", step) for path, size in chosen]
    real = [item for item in found if item is not None]
    return Comparison(len(chosen), len(chosen) == len(old) and not cut, real, len(listed) - len(old), how == "all")


def send_again(near: str, differences: t.Sequence[Difference], step: Step = no_step) -> None:
    """Mark these files as changed for gluster. Neither their content nor their times change."""
    for item in differences:
        step()
        with contextlib.suppress(OSError):
            os.setxattr(os.path.join(near, item.path), TRIGGER, b"1")


def describe(comparison: Comparison, session: str, sent: int = 0) -> str:
    """The result in words, and what to do.

    :param sent: how many files were sent again already.
    """
    if not comparison.differences:
        which = "all of them" if comparison.whole else "a sample"
        how = "byte by byte" if comparison.contents else "by size"
        return f"{comparison.compared} older files are the same on both sites ({which}, {how})." if comparison.compared else ""
    kinds = [item.kind for item in comparison.differences]
    words = {"missing": "are missing", "empty": "are empty", "size": "have a different size", "content": "have different content"}
    told = ", ".join(f"{kinds.count(kind)} {word}" for kind, word in words.items() if kind in kinds)
    names = "; ".join(text.name(item.path) for item in comparison.differences[:3])
    return (
        f"{session}: of {comparison.compared} older files {told} on the secondary ({names}"
        + ("; ..." if len(kinds) > 3 else "")
        + "). "
        + (
            f"{sent} files were sent again, and these still differ: read gsyncd.log on the nodes of the active workers."
            if sent
            else "gsyncd does not send these files again by itself. To send them, set send_again: true. Or, on a mount of the primary volume, touch these "
            f"files or run: setfattr -n {TRIGGER} -v 1 FILE."
        )
    )
