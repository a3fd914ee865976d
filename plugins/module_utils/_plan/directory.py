# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""A directory as the destination of a session: the volume over it, and what has to be done for that.

Pure: the standard library only. What glusterd accepts is from glusterd_validate_and_create_brickpath (glusterd-utils.c)
and cli_validate_volname (cli-cmd-parser.c).
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import typing as t

from .._model.cluster import PENDING
from .._model.errors import invalid
from .._model.text import names

PREFIX = "georep"
#: The consent to content that is there already.
NOT_EMPTY = "directory_not_empty"
CONSENTS = (NOT_EMPTY,)

#: A session's directory is named after both volumes and the host, and a file name ends at 255 bytes.
_LONGEST_NAME = 63
_LONGEST_FILE = 255
# gluster parts a brick from the next by a blank, and host from path by a colon.
_PATH = re.compile(r"/[A-Za-z0-9._+@%=~/-]*\Z")
_SYSTEM = frozenset(
    "/ /bin /boot /dev /etc /home /lib /lib32 /lib64 /libx32 /lost+found /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /var"
    " /usr/local /var/lib /var/log".split()
)
_FORBIDDEN_BELOW = ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr/bin", "/usr/lib", "/usr/sbin",
                    "/var/lib/glusterd")  # fmt: skip

#: What gluster itself puts beside the files; a directory that holds nothing else holds nothing of anybody's.
GLUSTERS_OWN = re.compile(r"\.glusterfs\Z|\.glusterfs-anonymous-inode-[0-9a-f-]{36}\Z")


def check_directory(option: str, value: t.Any) -> str:
    """The directory in its one spelling: no slash at the end, none doubled, no dots.

    :raises InvalidInput: no brick can be there, or none should.
    """
    remedy = "Write the absolute path of a directory that is used for nothing else, for example /srv/dr/projects."
    if not isinstance(value, str) or not value.startswith("/"):
        raise invalid(option, value, "is not an absolute path.", remedy)
    if not _PATH.match(value):
        raise invalid(
            option, value, "has a character that is not supported in the path of a brick.",
            "Use letters, digits and . _ - + @ % = ~ only.",
        )
    if ".." in value.split("/"):
        raise invalid(option, value, "contains '..'.", "Write the path without '..'.")
    path = posixpath.normpath("/" + value.lstrip("/"))
    if path in _SYSTEM or any(path == folder or path.startswith(folder + "/") for folder in _FORBIDDEN_BELOW):
        raise invalid(option, value, "is a directory of the system.", remedy)
    return path


def volume_name(path: str) -> str:
    """The name of the volume over a directory, the same on every run.

    The path with dashes for slashes; with a short hash of the whole where that would not be unique, or too long.

    >>> volume_name("/srv/dr/projects")
    'georep-srv-dr-projects'
    >>> volume_name("/srv/dr-projects")
    'georep-srv-dr-projects-8fa0e1ae'
    """
    plain = path.strip("/")
    name = f"{PREFIX}-{re.sub(r'[^A-Za-z0-9_]+', '-', plain).strip('-')}"
    if re.fullmatch(r"[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*", plain) and len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(path.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST_NAME - 9].rstrip('-')}-{digest}"


def check_destination(option: str, host: str, path: t.Any) -> tuple[str, str]:
    """The directory, checked, and the name of its volume.

    :raises InvalidInput: naming the option, the value and the remedy.
    """
    path = check_directory(option, path)
    volume = volume_name(path)
    # glusterd's files are called so, one for each brick.
    if len(f"{volume}.{host}.{path.strip('/').replace('/', '-')}.vol") > _LONGEST_FILE:
        raise invalid(option, path, "is too long: GlusterFS builds file names from volume, host and path.", "Use a shorter path.")
    return path, volume


def overlap(one: str, other: str) -> bool:
    """Whether one directory is, or lies in, the other; glusterd takes no brick within a brick."""
    return one == other or one.startswith(other + "/") or other.startswith(one + "/")


def content(entries: t.Iterable[str]) -> list[str]:
    """What in a directory is somebody's."""
    return sorted(name for name in entries if not GLUSTERS_OWN.match(name))


class Folder(t.NamedTuple):
    """A directory as it is on its node."""

    exists: bool = False
    entries: tuple[str, ...] = ()  #: gluster's own left out
    leftovers: bool = False  #: marks of a volume that was here
    mount_point: bool = False
    on_root: bool = False  #: the root file system holds it
    size: int = 0
    used: int = 0
    available: int = 0


class Found(t.NamedTuple):
    """A volume as far as it matters here."""

    status: str  #: Created, Started or Stopped
    only_ours: bool  #: one brick, and that is the directory on this node
    bricks: tuple[str, ...]
    mark: str  #: empty: not made by this collection
    read_only: bool

    @property
    def taking_in(self) -> bool:
        return self.mark.startswith(PENDING)


class Wanted(t.NamedTuple):
    secondary_host: str
    directory: str
    volume: str
    state: str = "present"
    accept: frozenset[str] = frozenset()
    read_only: t.Optional[bool] = None  #: None: as it is


class Plan(t.NamedTuple):
    wanted: Wanted
    steps: list[tuple[str, str]]  #: a verb and why: directory, create, claim, mark, read-only, start, take-in, stop, delete
    notes: list[str]
    left: list[str]  #: what stays on the node, and how to remove it by hand

    @property
    def changed(self) -> bool:
        return bool(self.steps)

    @property
    def words(self) -> list[str]:
        return [f"{verb}: {why}" for verb, why in self.steps]


class Objection(t.NamedTuple):
    message: str
    remedy: str


def plan(wanted: Wanted, folder: Folder, found: Found | None) -> Plan | Objection:
    """The steps that create or delete the volume over a directory, or the objection to it."""
    return _plan_absent(wanted, found) if wanted.state == "absent" else _plan_present(wanted, folder, found)


def _plan_present(wanted: Wanted, folder: Folder, found: Found | None) -> Plan | Objection:
    steps: list[tuple[str, str]] = []
    notes: list[str] = []
    if found is not None and not found.only_ours:
        return Objection(
            f"The volume {wanted.volume} exists with other bricks than {wanted.directory} on {wanted.secondary_host}: {', '.join(found.bricks)}.",
            f"Use another directory, or declare that volume itself: secondary_volume: {wanted.volume}.",
        )
    if is_new(found):
        if folder.entries and NOT_EMPTY not in wanted.accept:
            return _not_empty(wanted, folder)
        if folder.entries:
            notes.append(f"Accepted ({NOT_EMPTY}): {wanted.directory} already holds {len(folder.entries)} entries.")
    if found is None:
        if not folder.exists:
            steps.append(("directory", "the directory does not exist"))
        if folder.leftovers:
            notes.append(f"{wanted.directory} was part of another volume before. GlusterFS uses the files that the old volume left in it.")
        if folder.on_root:
            notes.append(f"{wanted.directory} is on the root file system of {wanted.secondary_host}: a full copy fills the system.")
        steps.append(("create", "the volume does not exist"))
    elif not found.mark and found.status == "Stopped":
        return Objection(
            f"The volume {wanted.volume} over {wanted.directory} is not started, and was not created by this collection.",
            f"Start it on {wanted.secondary_host}: gluster volume start {wanted.volume}.",
        )
    if is_new(found):
        why = "it shows that this collection created the volume" if found is None else "an earlier run created the volume, but did not mark it"
        steps.append(("claim" if folder.entries else "mark", why))
    read_only = found is not None and found.read_only
    if wanted.read_only and not read_only:
        steps.append(("read-only", "clients may write to the volume" if found else "only geo-replication may write to the volume"))
    elif wanted.read_only is False and read_only:
        steps.append(("writable", "clients may only read"))
    if found is None or found.status != "Started":
        steps.append(("start", f"the volume is {found.status.lower()}" if found else "the volume is new"))
    if folder.entries if is_new(found) else found is not None and found.taking_in:
        steps.append(("take-in", "workers fail on files that no client has looked up yet"))
        steps.append(("mark", "all files of the directory are part of the volume"))
    return Plan(wanted, steps, notes, [])


def is_new(found: Found | None) -> bool:
    """Whether the directory still holds only what it held before there was a volume over it.

    A volume with our name, over our directory, never started and without the mark was left by a run that was killed.
    """
    return found is None or (found.only_ours and found.status == "Created" and not found.mark)


def _not_empty(wanted: Wanted, folder: Folder) -> Objection:
    shown = names(folder.entries)
    return Objection(
        f"The directory {wanted.directory} on {wanted.secondary_host} is not empty: {shown}.",
        "Replication would delete every file and every directory, with everything in it, that has the same name as on the primary. "
        "Use an empty directory"
        + (f", for example {wanted.directory}/data," if folder.mount_point else ",")
        + f" or set accept: [{NOT_EMPTY}].",
    )


def _plan_absent(wanted: Wanted, found: Found | None) -> Plan:
    if found is None:
        return Plan(wanted, [], [], [])
    if not found.mark or not found.only_ours:
        why = "was not created by this collection" if not found.mark else f"has other bricks now ({', '.join(found.bricks)})"
        return Plan(wanted, [], [f"The volume {wanted.volume} {why}, so it stays."], [])
    steps = [("stop", "only a stopped volume can be deleted")] if found.status == "Started" else []
    return Plan(wanted, [*steps, ("delete", "the volume is declared absent, and this collection created it")], [], remains(wanted))


def remains(wanted: Wanted) -> list[str]:
    """What stays on the node after the volume is deleted. The module only reports it."""
    path = wanted.directory
    return [
        f"The files in {path} on {wanted.secondary_host} stay, and so do the folder {path}/.glusterfs of GlusterFS (hard links, no copies) "
        "and the xattrs trusted.gfid, trusted.gfid2path.*, trusted.glusterfs.* on every file.",
        f"To delete this folder and these xattrs and keep the files, run on {wanted.secondary_host} (needs the package attr): "
        f"rm -rf {path}/.glusterfs {path}/.glusterfs-anonymous-inode-*; find {path} -xdev -exec sh -c 'for f do for x in "
        '$(getfattr --absolute-names -hm "^trusted[.](gfid|glusterfs)" "$f" | grep ^trusted); do setfattr -hx "$x" "$f"; done; done'
        "' sh {} +",
    ]
