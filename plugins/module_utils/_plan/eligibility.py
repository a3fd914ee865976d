# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Whether a session may be created: what gverify.sh of GlusterFS checks, as a pure decision over gathered facts.

Pure: the standard library only. Each objection can be waived only by its own name.
"""

from __future__ import annotations

import typing as t

from .._model.text import names, size_words


class Objection(t.NamedTuple):
    """A reason not to create a session.

    :ivar consent: the name that waives it; None when nothing can.
    :ivar option: the module's option at fault.
    """

    consent: t.Optional[str]
    option: str
    message: str
    remedy: str

    def __str__(self) -> str:
        waiver = f" Or accept this: accept: [{self.consent}]." if self.consent else ""
        return f"{self.message} {self.remedy}{waiver}"


class Sizes(t.NamedTuple):
    """Bytes, as df of a mount tells them."""

    size: int
    used: int
    available: int


def size_objection(primary: Sizes, secondary: Sizes) -> Objection | None:
    """The secondary has to hold at least as much as the primary may come to hold."""
    if secondary.size < primary.size:
        message = f"The secondary volume ({size_words(secondary.size)}) is smaller than the primary ({size_words(primary.size)})."
    elif secondary.available < primary.used:
        message = (
            f"The secondary volume has {size_words(secondary.available)} free, but the primary already holds "
            f"{size_words(primary.used)}."
        )
    else:
        return None
    return Objection("secondary_smaller", "secondary_volume", message, "Enlarge the secondary volume.")


def empty_objection(volume: str, host: str, entries: t.Sequence[str]) -> Objection | None:
    """Files that are already there get mixed with, and may be overwritten by, the primary's."""
    if not entries:
        return None
    shown = names(entries)
    return Objection(
        "secondary_not_empty",
        "secondary_volume",
        f"The secondary volume {volume} on {host} is not empty: {shown}.",
        "Its files would be mixed with files of the primary. Empty the volume, or use another volume.",
    )


#: From slave to secondary; no consent helps across that line (syncdaemon/gsyncd.py, the subcommand of the far side).
RENAMED_IN = 10


def releases_apart(near: t.Mapping[str, str | None], far: t.Mapping[str, str | None]) -> Objection | None:
    """Whether the line that no session crosses lies between the sites.

    :param near: versions of GlusterFS by the node that has it; nodes whose version nobody knows are left out. :param far: the same.
    """
    sides = [{node: version for node, version in site.items() if version and version[0].isdigit()} for site in (near, far)]
    old, new = ([{node: version for node, version in site.items() if _old(version) is wanted} for site in sides] for wanted in (True, False))
    for here, there in ((old[0], new[1]), (new[0], old[1])):
        if here and there:
            return Objection(
                None,
                "secondary_host",
                f"{_running(here)} and {_running(there)} cannot replicate to each other (known fault releases-apart): GlusterFS {RENAMED_IN} renamed the "
                "options with which a worker starts gsyncd on the secondary. The option accept does not help here.",
                f"Update both sites to GlusterFS {RENAMED_IN} or newer.",
            )
    return None


def _old(version: str) -> bool:
    return int(version.split(".")[0]) < RENAMED_IN


def _running(nodes: t.Mapping[str, str]) -> str:
    """GlusterFS 9.2 on a and b"""
    by_version: dict[str, list[str]] = {}
    for node, version in nodes.items():
        by_version.setdefault(version, []).append(node)
    return " and ".join(f"GlusterFS {version} on {', '.join(names)}" for version, names in by_version.items())


def version_objection(primary: str, secondary: str | None) -> Objection | None:
    """Both sites should run one release: the first number of the version. An unknown version is no objection.

    glusterd does not tell its version to other hosts, so the secondary's has to come from whoever knows it.
    """
    if not secondary or primary.split(".")[0] == secondary.split(".")[0]:
        return None
    return releases_apart({"the primary": primary}, {"the secondary": secondary}) or Objection(
        "version_mismatch",
        "secondary_host",
        f"The sites run different GlusterFS releases: the primary {primary}, the secondary {secondary}.",
        "Update both sites to the same release, the secondary first.",
    )


def peer_objection(down: t.Sequence[str], left: t.Sequence[str] = ()) -> Objection | None:
    """A node that is down now does not learn of what is done now.

    :param left: what that is, in words.
    """
    if not down:
        return None
    return Objection(
        "peer_down",
        "primary_volume",
        f"{'Node' if len(down) == 1 else 'Nodes'} {', '.join(down)} of the primary cluster cannot be reached, so the changes of this run would be missing on "
        f"{'it' if len(down) == 1 else 'them'}{': ' if left else ''}{', '.join(left)}. A run when all nodes are back adds these changes.",
        "Start glusterd on all nodes of the primary cluster first.",
    )


#: What glusterd refuses while a node with bricks of the volume is down, forced or not.
NEEDS_ALL_PEERS = ("delete", "pause", "resume")


def peer_refusal(down: t.Sequence[str], verbs: t.Iterable[str]) -> Objection | None:
    """What no consent helps against: begun all the same, it would end halfway, a session stopped and not deleted, or resumed
    and not paused again.

    :param down: nodes with bricks of the volume that glusterd cannot reach.
    :param verbs: what is to be done.
    """
    meant = set(verbs)
    refuses = [verb for verb in NEEDS_ALL_PEERS if verb in meant]
    if not down or not refuses:
        return None
    return Objection(
        None,
        "primary_volume",
        f"{'Node' if len(down) == 1 else 'Nodes'} {', '.join(down)} of the primary cluster cannot be reached. While a node with bricks of the volume is "
        f"down, glusterd refuses to {' and to '.join(refuses)} a session, even with force.",
        "Start glusterd on all nodes of the primary cluster first.",
    )


def refused(objections: t.Iterable[Objection | None], accept: t.Collection[str]) -> list[Objection]:
    """Those that stand, given the consents."""
    return [item for item in objections if item is not None and item.consent not in accept]
