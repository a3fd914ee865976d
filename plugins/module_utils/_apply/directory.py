# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Create and delete volumes over directories of this node: gather, plan, apply, verify. Files are never touched."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
import typing as t

from .._gluster import helpers, peers, volumes, xml
from .._gluster.runner import WRITE_TIMEOUT, GlusterCli, Run
from .._gluster.store import GLUSTERD_DIR, holds_cluster
from .._host import mounts, places, processes
from .._model import errors
from .._model.cluster import DIRECTORY_MARK, PENDING, Volume
from .._model.errors import invalid
from .._model.identity import spelled
from .._plan import directory
from .._plan.directory import Folder, Found, Objection, Plan, Wanted
from .._ssh import descriptors, walk
from .._ssh.account_files import LocalFiles
from .secondary import LATE, READ_ONLY

DEBIAN = "/etc/debian_version"
#: gsyncd's processes on the secondary keep running for a moment after their session is deleted.
LINGER_SECONDS = 30.0
#: Reading all files that a directory already holds may take long.
TAKE_IN_TIMEOUT = 6 * 3600.0
_VOLUME_ID, _GFID = "trusted.glusterfs.volume-id", "trusted.gfid"


class Lacking(t.NamedTuple):
    """What is missing on this node before it can have a volume."""

    packages: tuple[str, ...] = ()
    service: str = ""

    def __bool__(self) -> bool:
        return bool(self.packages or self.service)


class Node(t.NamedTuple):
    """What is read once, for all directories."""

    lacking: Lacking
    uuid: t.Optional[str]
    volumes: dict[str, Volume]
    cluster: tuple[str, ...] = ()  #: UUIDs of all nodes of its cluster, including this node


class Outcome(t.NamedTuple):
    plan: Plan
    folder: Folder
    before: t.Optional[Found]
    after: t.Optional[Found]  #: as read back; None in a check run


def wanted_from(entry: t.Mapping[str, t.Any], prefix: str) -> Wanted:
    """:raises InvalidInput: naming the option, the value and the remedy."""
    path, volume = directory.check_destination(prefix + "directory", entry["secondary_host"], entry["directory"])
    read_only = entry.get("read_only")
    return Wanted(entry["secondary_host"], path, volume, entry["state"], frozenset(entry.get("accept") or ()), read_only)


def check_apart(wanted: t.Sequence[Wanted], option: str, own: t.Collection[str] = ()) -> None:
    """
    :param own: names that resolve to this node.
    :raises InvalidInput: a directory is declared twice, or is inside another.
    """
    for index, item in enumerate(wanted):
        for earlier in wanted[:index]:
            same = spelled(item.secondary_host) == spelled(earlier.secondary_host) or (item.secondary_host in own and earlier.secondary_host in own)
            if same and directory.overlap(item.directory, earlier.directory):
                raise invalid(
                    f"{option}[{index}].directory", item.directory, f"is the same directory as {earlier.directory}, contains it, or is in it.",
                    "Use a separate directory for each.",
                )


def here(
    wanted: t.Sequence[Wanted], skip: bool, uuids: t.Mapping[str, str | None] | None = None, own_uuid: str | None = None
) -> tuple[list[Wanted], list[str]]:
    """What is this node's, and the hosts of the rest.

    :param uuids: hosts, and which nodes they are, where that is known: nodes of two sites may take one name for their own.
    :param own_uuid: which node this one is; None as long as glusterd has not run here.
    :raises InvalidInput: there is a rest, and it is not to be skipped.
    """
    meant = {host: (uuids or {}).get(host) for host in dict.fromkeys(item.secondary_host for item in wanted)}
    hosts = {host: places.is_this_node(host) and (uuid is None or uuid == own_uuid) for host, uuid in meant.items()}
    others = [host for host, own in hosts.items() if not own]
    if others and not skip:
        raise invalid(
            "secondary_host", others[0],
            "does not resolve to an address of this node."
            if meant[others[0]] is None or not places.is_this_node(others[0])
            else f"is the node with the UUID {meant[others[0]]}, but this node has the UUID {own_uuid}.",
            "Run the module on the node that has this name. That node must resolve the name to itself (DNS or /etc/hosts).",
        )
    return [item for item in wanted if hosts[item.secondary_host]], others


def lacking_packages() -> tuple[str, ...]:
    """By the programs that are missing; on RPM systems gsyncd is a package of its own."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"])
    server = all(shutil.which(name, path=path) for name in ("gluster", "glusterd"))
    gsyncd = helpers.helper_dir() is not None
    if os.path.exists(DEBIAN):
        return () if server and gsyncd else ("glusterfs-server",)
    return (() if server else ("glusterfs-server",)) + (() if gsyncd else ("glusterfs-geo-replication",))


def look(cli: GlusterCli, glusterd_dir: str = GLUSTERD_DIR) -> Node:
    """:raises DaemonUnreachable: glusterd is silent, and this node has volumes or peers that somebody has to see to."""
    packages = lacking_packages()
    if packages:
        return Node(Lacking(packages, "glusterd"), None, {})
    try:
        found = volumes.read_volumes(cli)
    except errors.DaemonUnreachable:
        if holds_cluster(glusterd_dir):
            raise
        return Node(Lacking((), "glusterd"), None, {})
    pool = peers.read_peers(cli)
    uuid = next((peer.uuid for peer in pool if peer.name == "localhost"), None)
    return Node(Lacking(), uuid, found, tuple(peer.uuid for peer in pool))


def look_at_folder(path: str) -> Folder:
    """:raises InvalidInput: what is there cannot become a brick."""
    there = places.existing(path)
    try:
        descriptors.lstat(path)
    except walk.Refused as exc:
        raise invalid("directory", path, f"{exc.what}.", "Write a path without the link.") from None
    if os.path.islink(path):
        raise invalid("directory", path, f"is a symbolic link to {os.path.realpath(path)}.", "Write the path of the directory itself.")
    if not os.path.isdir(there):
        raise invalid("directory", path, f"{there} is not a directory.", "Write the path of a directory that exists or can be created.")
    held_by = places.file_system(os.path.realpath(there))
    if held_by.kind == "fuse.glusterfs":
        raise invalid(
            "directory", path, f"is in a mounted GlusterFS volume ({held_by.mount_point}).",
            "Use a directory of a local file system, or replicate into that volume (secondary_volume).",
        )
    reason = places.obstacle(path)
    if reason:
        raise invalid("directory", path, f"cannot be written: {reason}.", "Fix this on the node, or use another directory.")
    sizes = os.statvfs(there)
    counts = {
        "size": sizes.f_frsize * sizes.f_blocks,
        "used": sizes.f_frsize * (sizes.f_blocks - sizes.f_bfree),
        "available": sizes.f_frsize * sizes.f_bavail,
        "on_root": os.stat(there).st_dev == os.stat("/").st_dev,
    }
    if there != path:
        return Folder(**counts)  # type: ignore[arg-type]
    entries = tuple(directory.content(os.listdir(path)))
    leftovers = os.path.lexists(os.path.join(path, ".glusterfs")) or _has_marks(path)
    return Folder(True, entries, leftovers, os.path.ismount(path), **counts)  # type: ignore[arg-type]


def _has_marks(path: str) -> bool:
    with contextlib.suppress(OSError):
        return bool({_VOLUME_ID, _GFID} & set(os.listxattr(path, follow_symlinks=False)))
    return False


def _found(volume: Volume | None, wanted: Wanted, node: Node) -> Found | None:
    if volume is None:
        return None
    brick = volume.bricks[0]
    ours = len(volume.bricks) == 1 and (brick.node_uuid, brick.path) == (node.uuid, wanted.directory)
    return Found(
        volume.status, ours, tuple(str(brick) for brick in volume.bricks), volume.options.get(DIRECTORY_MARK, ""), volume.read_only,
    )


def _check_bricks(wanted: Wanted, node: Node) -> None:
    """glusterd refuses a brick that contains, or is contained by, another one of this node."""
    for volume in node.volumes.values():
        for brick in volume.bricks:
            if volume.name != wanted.volume and brick.node_uuid == node.uuid and directory.overlap(
                os.path.realpath(brick.path), os.path.realpath(wanted.directory)
            ):
                raise invalid(
                    "directory", wanted.directory, f"is the same directory as the brick {brick} of the volume {volume.name}, contains it, or is in it.",
                    f"Use another directory, or replicate into that volume: secondary_volume: {volume.name}.",
                )


def converge(
    cli: GlusterCli,
    run: Run,
    wanted: t.Sequence[Wanted],
    check_mode: bool,
    glusterd_dir: str = GLUSTERD_DIR,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> tuple[Node, list[Outcome]]:
    """Make every declared directory's volume so; nothing is touched before all have passed their checks.

    :raises PreconditionFailed: naming all objections.
    """
    if not wanted:
        return Node(Lacking(), None, {}), []
    node = look(cli, glusterd_dir)
    outcomes: list[Outcome] = []
    objections: list[str] = []
    for item in wanted:
        before = _found(node.volumes.get(item.volume), item, node)
        folder = Folder()
        if item.state != "absent" and directory.is_new(before):
            folder = look_at_folder(item.directory)
            _check_bricks(item, node)
        planned = directory.plan(item, folder, before)
        if isinstance(planned, Objection):
            objections.append(f"{planned.message} {planned.remedy}")
        else:
            outcomes.append(Outcome(planned, folder, before, None))
    if objections:
        raise errors.PreconditionFailed("Nothing was changed. " + " ".join(objections))
    if check_mode:
        return node, outcomes
    if node.lacking and any(outcome.plan.changed for outcome in outcomes):
        raise errors.PreconditionFailed(f"GlusterFS is not running on this node. {remedy(node.lacking)}")
    for outcome in outcomes:
        for verb, _why in outcome.plan.steps:
            if verb == "stop":
                _wait_until_unused(outcome.plan.wanted, clock, sleep)
            if verb == "take-in":
                _take_in(run, outcome.plan.wanted)
            else:
                _send(cli, outcome, verb, node, sleep)
    now = volumes.read_volumes(cli) if any(outcome.plan.changed for outcome in outcomes) else node.volumes
    node = node._replace(volumes=now)
    done = [outcome._replace(after=_found(now.get(outcome.plan.wanted.volume), outcome.plan.wanted, node)) for outcome in outcomes]
    for outcome in done:
        _verify(outcome, node)
    return node, done


def remedy(lacking: Lacking) -> str:
    """What a person must do if the role may not install packages."""
    parts = [f"install {', '.join(lacking.packages)}"] if lacking.packages else []
    parts += [f"start it (systemctl enable --now {lacking.service})"] if lacking.service else []
    return " and ".join(parts).capitalize() + "."


def after_of(outcome: Outcome) -> dict[str, t.Any]:
    """The volume as it is now; in a check run, as it would be."""
    plan = outcome.plan
    if outcome.after is not None:
        return side(outcome.after)
    if not plan.changed or plan.wanted.state == "absent":
        return side(None if plan.changed else outcome.before)
    verbs = {verb for verb, _why in plan.steps}
    before = side(outcome.before)
    read_only = True if "read-only" in verbs else False if "writable" in verbs else bool(before.get("read_only"))
    return {"status": "Started", "made_here": bool("mark" in verbs or before.get("made_here")), "read_only": read_only}


def side(found: Found | None) -> dict[str, t.Any]:
    if found is None:
        return {"status": "absent"}
    pending = {"taking_in": True} if found.taking_in else {}
    return {"status": found.status, "made_here": bool(found.mark), "read_only": found.read_only, **pending}


def _send(cli: GlusterCli, outcome: Outcome, verb: str, node: Node, sleep: t.Callable[[float], None]) -> None:
    wanted = outcome.plan.wanted
    if verb == "directory":
        try:
            descriptors.makedirs(wanted.directory, 0o755)
        except walk.Refused as exc:
            raise LocalFiles().refused(wanted.directory, exc.what) from None
        return
    words = {
        # Always with force: it is meant to be this very directory, mount point, root partition or used before; what glusterd would
        # object to was looked at, and what it must object to (a brick within a brick) force does not override.
        "create": ["create", wanted.volume, f"{wanted.secondary_host}:{wanted.directory}", "force"],
        "claim": ["set", wanted.volume, DIRECTORY_MARK, PENDING + wanted.directory],
        "mark": ["set", wanted.volume, DIRECTORY_MARK, wanted.directory],
        "read-only": ["set", wanted.volume, READ_ONLY, "on"],
        "writable": ["set", wanted.volume, READ_ONLY, "off"],
        "start": ["start", wanted.volume],
        "stop": ["stop", wanted.volume],
        "delete": ["delete", wanted.volume],
    }[verb]
    try:
        xml.accepted(cli.call(["volume", *words], xml=True, timeout=WRITE_TIMEOUT), f"gluster volume {' '.join(words)}")
    except (errors.CommandFailed, errors.OutcomeUnknown, errors.CommandTimeout) as exc:
        refused = isinstance(exc, errors.CommandFailed)
        if _is_so(cli, verb, wanted, node, (None,) if refused else (*LATE, None), sleep):
            return
        if verb == "create" and refused and not outcome.folder.exists:
            # Only while it is empty, as we made it.
            with contextlib.suppress(OSError):
                descriptors.rmdir(wanted.directory)
        exc.remedy = _hint(exc.message, wanted)
        raise


def _is_so(
    cli: GlusterCli, verb: str, wanted: Wanted, node: Node, pauses: t.Iterable[float | None], sleep: t.Callable[[float], None]
) -> bool:
    """Whether what a command was for is so, whoever did it: another run, or glusterd after its answer was lost."""
    for pause in pauses:
        found = _found(volumes.read_volumes(cli).get(wanted.volume), wanted, node)
        if found is None or verb == "delete":
            so = found is None and verb == "delete"
        else:
            so = {
                "create": found.only_ours,
                "claim": found.mark == PENDING + wanted.directory,
                "mark": found.mark == wanted.directory,
                "read-only": found.read_only,
                "writable": not found.read_only,
                "start": found.status == "Started",
                "stop": found.status != "Started",
            }[verb]
        if so or pause is None:
            return so
        sleep(pause)
    return False


def _take_in(run: Run, wanted: Wanted) -> None:
    """Look up every file once, which gives it its gfid.

    At a name without a gfid, gsyncd fails with "No data available" again and again (seen on 10.3).
    """
    with mounts.mounted(run, wanted.volume) as where:
        # The test by size makes find look up each file; no file is smaller than 0 bytes.
        argv = ["find", where, "-ignore_readdir_race", "-size", "-0c"]
        rc, out, err = run(argv, timeout=TAKE_IN_TIMEOUT)
    if rc != 0:
        raise errors.CommandFailed(
            f"Some files in {wanted.directory} could not be read through the volume {wanted.volume}: {err.strip() or 'no reason given'}",
            remedy=f"Read the log of the brick on {wanted.secondary_host}, fix these files, then run again: the module reads all files again.",
            command=argv, rc=rc, stdout=out, stderr=err,
        )  # fmt: skip


def _hint(said: str, wanted: Wanted) -> str:
    if re.search(r"extended attributes failed|not supported on brick", said):
        return f"The file system of {wanted.directory} has no trusted xattrs (NFS, or the overlay of a container). Use a local file system such as XFS or ext4."
    if re.search(r"Peer in Cluster|Failed to find host", said):
        return f"Every node of the cluster must resolve the name {wanted.secondary_host} to this node (DNS or /etc/hosts)."
    return "Read /var/log/glusterfs/glusterd.log on this node."


def _wait_until_unused(wanted: Wanted, clock: t.Callable[[], float], sleep: t.Callable[[float], None]) -> None:
    """Wait until the processes of a deleted session have ended.

    :raises PreconditionFailed: a session still writes into the volume.
    """
    end = clock() + LINGER_SECONDS
    while True:
        users = [entry for entry in processes.receiving() if entry["secondary_volume"] == wanted.volume]
        if not users:
            return
        if clock() > end:
            raise errors.PreconditionFailed(
                f"The volume {wanted.volume} still receives a session: the volume {users[0]['primary_volume']} of {users[0]['primary_node']}.",
                remedy="Delete that session first, then run again.",
            )
        sleep(1.0)


def _verify(outcome: Outcome, node: Node) -> None:
    if not outcome.plan.changed:
        return
    wanted = outcome.plan.wanted
    promised = after_of(outcome._replace(after=None))
    if side(outcome.after) != promised:
        raise errors.StateNotReached(
            f"gluster reported success, but the volume {wanted.volume} has {side(outcome.after)} instead of {promised}.",
            remedy="Run again. If this repeats, read /var/log/glusterfs/glusterd.log on this node.",
        )


def result_of(outcome: Outcome, node: Node) -> dict[str, t.Any]:
    """What a module returns about one directory."""
    wanted = outcome.plan.wanted
    return {
        "secondary_host": wanted.secondary_host,
        "directory": wanted.directory,
        "secondary_volume": wanted.volume,
        "state": wanted.state,
        "changed": outcome.plan.changed,
        "before": side(outcome.before),
        "after": after_of(outcome),
        "steps": outcome.plan.words,
        "notes": outcome.plan.notes,
        "left": outcome.plan.left,
        "node_uuid": node.uuid,
        "cluster_uuids": list(node.cluster),
        "size": outcome.folder.size,
        "used": outcome.folder.used,
        "available": outcome.folder.available,
        "entries": list(outcome.folder.entries),
    }


def diff_of(outcomes: t.Sequence[Outcome]) -> list[dict[str, t.Any]]:
    """One diff a directory whose volume changes."""
    return [
        {
            "before_header": outcome.plan.wanted.volume,
            "after_header": outcome.plan.wanted.volume,
            "before": side(outcome.before),
            "after": after_of(outcome),
        }
        for outcome in outcomes
        if outcome.plan.changed
    ]
