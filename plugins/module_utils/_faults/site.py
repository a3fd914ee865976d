# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The judge of the secondary site: what of it keeps a session from replicating, or soon may.

Pure: the standard library only. What a worker logs then is the same for many causes; only the secondary cluster's own glusterd tells.
"""

from __future__ import annotations

import typing as t

from .._model.text import size_words

Entry = t.Mapping[str, t.Any]

DOWN, DEGRADED, FULL, UNREACHED = "secondary-down", "secondary-degraded", "secondary-full", "secondary-unreached"
#: Shares of a brick's size that are left. GlusterFS refuses clients below the first by default (storage.reserve), gsyncd only at the end.
_NEARLY_FULL, _FULL = 0.01, 0.001
_QUORUM = "cluster.server-quorum-type"
#: What a worker's log says if its secondary volume does not work, by entries of the catalogue; the first: what nobody knows.
_LOST = (
    "", "secondary-volume-down", "secondary-io-error", "secondary-read-only", "secondary-gsyncd-failed", "secondary-call-failed", "secondary-start-hangs",
    "worker-not-confirmed", "rsync-file-io",
)  # fmt: skip


class Trouble(t.NamedTuple):
    """One thing that is wrong with a secondary volume."""

    id: str
    stops: bool  #: changes do not arrive until it is repaired, or not all of them
    what: str
    remedy: str
    explains: tuple[str, ...] = ()  #: faults of workers, by entries of the catalogue, that are this and nothing else
    ends: bool = False  #: no worker can even start until it is repaired: nothing answers for any file


def troubles(site: Entry | None, name: str) -> list[Trouble]:
    """What is wrong with a secondary volume, the worst first; nothing if nobody could be asked.

    :param site: of ``secondaries`` of gluster_georep_info, the entry of the session's host; :param name: of the volume.
    """
    volume = next((volume for volume in site["volumes"] if volume["name"] == name), None) if site and not site["error"] else None
    if site is None or volume is None:
        return []
    if volume["status"] != "Started":
        what = f"The secondary volume {name} on {site['secondary_host']} is not started (it is {volume['status']})."
        return [Trouble(DOWN, True, what, f"On the secondary site, run: gluster volume start {name}. The workers then continue by themselves.", _LOST, True)]
    bricks = (site.get("bricks") or {}).get(name) or []
    found = [*_bricks(site, volume, bricks), *_nodes(site, volume, bricks), *_space(name, bricks)]
    return sorted(found, key=lambda trouble: not trouble.stops)


def unreached(site: Entry | None) -> list[Trouble]:
    """That the session's host did not answer: no fault by itself, as the port may be closed on purpose, and the cause if workers fail."""
    if site is None or not site["error"] or "bricks" not in site:
        return []
    host, error = site["secondary_host"], site["error"].rstrip(".")
    what = f"The secondary host {host} could not be asked for the state of its volumes: {error}."
    remedy = f"Check that {host} is up and that glusterd runs on it (systemctl status glusterd)."
    remedy += f" If TCP port 24007 is closed on purpose, run gluster volume status on {host} to see the bricks."
    return [Trouble(UNREACHED, False, what, remedy)]


def _bricks(site: Entry, volume: Entry, bricks: t.Sequence[Entry]) -> t.Iterator[Trouble]:
    """Sets of which too few bricks run, and sets that do without one."""
    host, name, size, needed = site["secondary_host"], volume["name"], volume.get("set_size") or 1, volume.get("needed") or 1
    sets = [bricks[start : start + size] for start in range(0, len(bricks), size)]
    # A brick whose node is away may run.
    gone = [members for members in sets if sum(not _bad(brick) for brick in members) < needed]
    lost = [brick for members in gone for brick in members if _bad(brick)]
    missed = [brick for members in sets if members not in gone for brick in members if _bad(brick)]
    if lost:
        of = "those sets" if len(gone) > 1 else "that set"
        rest = "" if size == 1 else f" No brick of {of} is left." if needed == 1 else f" Each set needs {needed} of its {size} bricks to accept changes."
        part = " to some of its files" if len(gone) < len(sets) else ""
        what = f"The secondary volume {name} on {host} does not accept changes{part}: {_words(lost)}.{rest}"
        # Of a volume that works in part, an error that nobody knows may be anything.
        yield Trouble(DOWN, True, what, _remedy(site, volume, lost), _LOST[1:] if part else _LOST, ends=all(brick["online"] is False for brick in bricks))
    if missed:
        sure = any(brick["online"] and not _bad(brick) for brick in bricks)
        what = f"The secondary volume {name} on {host} {'accepts changes' if sure else 'may accept changes'}, but {_words(missed)}."
        explained = ("secondary-read-only",) if any(brick["online"] for brick in missed) else ()
        yield Trouble(DEGRADED, False, what, _remedy(site, volume, missed), explained)


def _bad(brick: Entry) -> bool:
    return brick["online"] is False or bool(brick["online"] and brick["read_only"])


#: What :func:`brick_word` may say.
BRICK_WORDS = ("online", "offline", "read-only", "full", "unknown")


def brick_word(brick: Entry) -> str:
    """The state of a brick in a word."""
    if _bad(brick):
        return "read-only" if brick["online"] else "offline"
    return "unknown" if brick["online"] is None else "full" if _left(brick) <= _FULL else "online"


def _names(bricks: t.Sequence[Entry]) -> str:
    return ("the bricks " if len(bricks) > 1 else "the brick ") + ", ".join(f"{brick['node']}:{brick['path']}" for brick in bricks)


def _words(bricks: t.Sequence[Entry]) -> str:
    offline = [brick for brick in bricks if not brick["online"]]
    frozen = [brick for brick in bricks if brick["online"]]
    told = [f"{_names(offline)} {'are' if len(offline) > 1 else 'is'} offline"] if offline else []
    told += [f"{_names(frozen)} {'are' if len(frozen) > 1 else 'is'} on a read-only file system"] if frozen else []
    return ", and ".join(told)


def _remedy(site: Entry, volume: Entry, bricks: t.Sequence[Entry]) -> str:
    steps = []
    if any(brick["online"] for brick in bricks):
        steps.append("On the node of the read-only brick, read dmesg, repair the file system, and remount it read-write.")
    down = ", ".join(site.get("down") or ())
    if down and (volume.get("options") or {}).get(_QUORUM) == "server":
        # Without quorum glusterd refuses to start a brick, by force, too.
        steps.append(
            f"The volume has server quorum ({_QUORUM}), and {down} cannot be reached from {site['secondary_host']}: if too few nodes are left, glusterd stops "
            f"the bricks. Start glusterd on {down} (systemctl start glusterd). The bricks then start by themselves."
        )
    else:
        steps.append(f"On the secondary site, run: gluster volume start {volume['name']} force.")
    return " ".join([*steps, "If a brick stays offline, read its log below /var/log/glusterfs/bricks."])


def _nodes(site: Entry, volume: Entry, bricks: t.Sequence[Entry]) -> t.Iterator[Trouble]:
    away = {brick["node"] for brick in bricks if brick["online"] is None} or set(site.get("down") or ())
    gone = list(dict.fromkeys(brick["node"] for brick in volume["bricks"] if brick["node"] in away))
    if gone:
        nodes, are = ("nodes", "are") if len(gone) > 1 else ("node", "is")
        what = f"The secondary {nodes} {', '.join(gone)} with bricks of {volume['name']} {are} not connected to {site['secondary_host']}: "
        what += "glusterd does not run there, or the node is down."
        yield Trouble(DEGRADED, False, what, "Start the node, or start glusterd on this node (systemctl start glusterd). Then check with gluster peer status.")


def _space(name: str, bricks: t.Sequence[Entry]) -> t.Iterator[Trouble]:
    full = [brick for brick in bricks if _left(brick) <= _NEARLY_FULL]
    if full:
        stops = any(_left(brick) <= _FULL for brick in full)
        told = [f"{brick['node']}:{brick['path']} has {_left_words(brick)} left" for brick in full]
        what = f"The secondary volume {name} is {'full' if stops else 'nearly full'}: {'; '.join(told)}."
        remedy = "Free space on the file systems of these bricks, or add bricks to the secondary volume. The workers then continue by themselves."
        # rsync's own words on a full disk are not in a worker's log, only its exit code.
        yield Trouble(FULL, stops, what, remedy, ("secondary-full", "rsync-file-io") if stops else ("secondary-full",))


def _left(brick: Entry) -> float:
    """The share of a brick's space, or of its inodes, that is left; 1 if nobody knows. Some file systems count no inodes."""
    pairs = ((brick["free"], brick["size"]), (brick["inodes_free"], brick["inodes"]))
    return min((free / whole for free, whole in pairs if whole and free is not None), default=1.0) if brick["online"] else 1.0


def _left_words(brick: Entry) -> str:
    if brick["size"] and brick["free"] is not None and brick["free"] / brick["size"] <= _NEARLY_FULL:
        return f"{size_words(brick['free'])} of {size_words(brick['size'])}"
    return f"{brick['inodes_free']} of {brick['inodes']} inodes"
