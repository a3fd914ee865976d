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

from .._model.errors import invalid

PREFIX = "georep"
#: Says that a volume is ours; its value is the directory. glusterd stores any key that begins with ``user.``.
MARK = "user.glusterops.georep"
#: In front of that value as long as the content of the directory is not taken in: who is killed before that has not made it.
PENDING = "pending:"
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
    remedy = "Write the absolute path of a directory that is for this alone, for example /srv/dr/projects."
    if not isinstance(value, str) or not value.startswith("/"):
        raise invalid(option, value, "is not an absolute path.", remedy)
    if not _PATH.match(value):
        raise invalid(
            option, value, "has a character that GlusterFS or this collection cannot take in the path of a brick.",
            "Use letters, digits and . _ - + @ % = ~ only.",
        )
    if ".." in value.split("/"):
        raise invalid(option, value, "has .. in it.", "Write the path that is meant.")
    path = posixpath.normpath("/" + value.lstrip("/"))
    if path in _SYSTEM or any(path == folder or path.startswith(folder + "/") for folder in _FORBIDDEN_BELOW):
        raise invalid(option, value, "belongs to the system itself.", remedy)
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
        raise invalid(option, path, "is too long for GlusterFS, which makes file names of volume, host and path.", "Use a shorter path.")
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


def taking_in(mark: str) -> bool:
    """Whether what a directory held before is yet to be taken into the volume over it."""
    return mark.startswith(PENDING)


class Found(t.NamedTuple):
    """A volume as far as it matters here."""

    status: str  #: Created, Started or Stopped
    only_ours: bool  #: one brick, and that is the directory on this node
    bricks: tuple[str, ...]
    mark: str  #: empty: not made by this collection
    read_only: bool

    @property
    def taking_in(self) -> bool:
        return taking_in(self.mark)


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
    """The steps that bring the volume over a directory into being, or take it away; or why not."""
    return _plan_absent(wanted, found) if wanted.state == "absent" else _plan_present(wanted, folder, found)


def _plan_present(wanted: Wanted, folder: Folder, found: Found | None) -> Plan | Objection:
    steps: list[tuple[str, str]] = []
    notes: list[str] = []
    if found is not None and not found.only_ours:
        return Objection(
            f"The volume {wanted.volume} exists and is not over {wanted.directory} on {wanted.secondary_host} alone: {', '.join(found.bricks)}.",
            f"Name another directory, or declare that volume itself: secondary_volume: {wanted.volume}.",
        )
    if is_new(found):
        if folder.entries and NOT_EMPTY not in wanted.accept:
            return _not_empty(wanted, folder)
        if folder.entries:
            notes.append(f"Accepted ({NOT_EMPTY}): {len(folder.entries)} entries are in {wanted.directory} already.")
    if found is None:
        if not folder.exists:
            steps.append(("directory", "it does not exist"))
        if folder.leftovers:
            notes.append(f"{wanted.directory} was part of a volume before; what that left is used again.")
        if folder.on_root:
            notes.append(f"{wanted.directory} is on the root file system of {wanted.secondary_host}: a full copy fills the system.")
        steps.append(("create", "the volume does not exist"))
    elif not found.mark and found.status == "Stopped":
        return Objection(
            f"The volume {wanted.volume} over {wanted.directory} was not made by this collection, and is not started.",
            f"Start it on {wanted.secondary_host}: gluster volume start {wanted.volume}.",
        )
    if is_new(found):
        why = "so that it is known to be made here" if found is None else "an earlier run got no further than creating it"
        steps.append(("claim" if folder.entries else "mark", why))
    read_only = found is not None and found.read_only
    if wanted.read_only and not read_only:
        steps.append(("read-only", "clients may write through the volume" if found else "nobody but geo-replication is to write through the volume"))
    elif wanted.read_only is False and read_only:
        steps.append(("writable", "clients may only read"))
    if found is None or found.status != "Started":
        steps.append(("start", f"it is {found.status.lower()}" if found else "it is new"))
    if folder.entries if is_new(found) else found is not None and found.taking_in:
        steps.append(("take-in", "workers fail at files that no client of the volume has ever looked up"))
        steps.append(("mark", "all that the directory held is taken in"))
    return Plan(wanted, steps, notes, [])


def is_new(found: Found | None) -> bool:
    """Whether the content of the directory is still what it was before there was a volume over it.

    By our name, over our directory, never started and without the mark: nobody leaves a volume like that but a run that was killed.
    """
    return found is None or (found.only_ours and found.status == "Created" and not found.mark)


def _not_empty(wanted: Wanted, folder: Folder) -> Objection:
    shown = ", ".join(folder.entries[:5]) + (f" and {len(folder.entries) - 5} more" if len(folder.entries) > 5 else "")
    return Objection(
        f"The directory {wanted.directory} on {wanted.secondary_host} is not empty: {shown}.",
        "Replication would delete there each file that has the name of one on the primary, and each directory that has, with all "
        "that it holds. Name an empty directory"
        + (f", for example {wanted.directory}/data," if folder.mount_point else ",")
        + f" or accept it by name: accept: [{NOT_EMPTY}].",
    )


def _plan_absent(wanted: Wanted, found: Found | None) -> Plan:
    if found is None:
        return Plan(wanted, [], [], [])
    if not found.mark or not found.only_ours:
        why = "was not made by this collection" if not found.mark else f"has other bricks by now ({', '.join(found.bricks)})"
        return Plan(wanted, [], [f"The volume {wanted.volume} {why} and stays."], [])
    steps = [("stop", "only a stopped volume can be deleted")] if found.status == "Started" else []
    return Plan(wanted, [*steps, ("delete", "it is declared absent, and was made by this collection")], [], remains(wanted))


def remains(wanted: Wanted) -> list[str]:
    """What is left on the node when the volume is gone: said, and never done."""
    path = wanted.directory
    return [
        f"The files in {path} on {wanted.secondary_host} stay, with gluster's folder {path}/.glusterfs (hard links, no copies) and its "
        "xattrs trusted.gfid, trusted.gfid2path.*, trusted.glusterfs.* on every file.",
        f"To take those away and keep the files, on {wanted.secondary_host} (needs the package attr): "
        f"rm -rf {path}/.glusterfs {path}/.glusterfs-anonymous-inode-*; find {path} -xdev -exec sh -c 'for f do for x in "
        '$(getfattr --absolute-names -hm "^trusted[.](gfid|glusterfs)" "$f" | grep ^trusted); do setfattr -hx "$x" "$f"; done; done'
        "' sh {} +",
    ]
