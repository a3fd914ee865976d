# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Which sync method can work towards a secondary site, and what it costs. Pure."""

from __future__ import annotations

import typing as t

from .._faults import catalogue
from .._model.node import Node

AUTO, RSYNC, TARSSH = "auto", "rsync", "tarssh"
#: Seen on GlusterFS 9.2, 10.3 and 11.1: the tar call of syncdaemon names neither of them.
COST = "tarssh does not copy user xattrs and ACLs"
SHARDED = "a volume is sharded (features.shard), and tarssh does not copy the sizes of sharded files"
#: What helps whoever needs them. The role acts on the nodes that it manages, so each fits what was tried there.
PIN = "If you need user xattrs or ACLs, set geo_replication_pin_rsync: true, which installs an older rsync on nodes with apt."
MEND = "If you need user xattrs or ACLs, make rsync work on the nodes that are named here."
DECLARE = "If you need user xattrs or ACLs, check that rsync works on the secondary nodes, then set sync-method: rsync."

#: The program that a method runs on both sites, and the fault that it is missing.
PROGRAMS = {RSYNC: ("rsync", "rsync-missing"), TARSSH: ("tar", "tar-missing")}

#: The fault that another version of rsync does not have.
PINNABLE = "rsync-detached-mount"


class Choice(t.NamedTuple):
    """Which sync method works with the secondary site."""

    rsync_works: t.Optional[bool]  #: None: not tried
    why: str
    helps: str = ""  #: whoever needs what tarssh does not copy

    @property
    def method(self) -> str:
        return RSYNC if self.rsync_works else TARSSH


def choose(nodes: t.Sequence[Node], pin_rsync: bool = False) -> Choice:
    """Choose by what was tried on every secondary node, and by what is missing on the primary nodes.

    :param nodes: at least the secondary nodes. Without secondary nodes that were looked at
        tarssh is chosen, which works with every OpenSSH and every rsync.
    :param pin_rsync: an older rsync will be installed before it is used, so faults of its version do not count.
    """
    secondaries = [node for node in nodes if node.site == catalogue.SECONDARY]
    against: dict[str, list[str]] = {}
    found = set()
    for node in nodes:
        for fault in node.faults:
            if fault.stops == catalogue.RSYNC and not (pin_rsync and fault.id == PINNABLE):
                against.setdefault(fault.title, []).append(node.name)
                found.add(fault.id)
    if against:
        why = "; ".join(f"{title} ({', '.join(names)})" for title, names in against.items())
        return Choice(False, f"rsync cannot work between the sites: {why}", PIN if found == {PINNABLE} else MEND)
    untried = [node.name for node in secondaries if not node.rsync_tried]
    if not secondaries:
        return Choice(None, "rsync was not tried on the secondary nodes (Ansible does not manage them, or geo_replication_preflight is false)", DECLARE)
    if untried:
        return Choice(None, f"rsync could not be tried on {', '.join(untried)}", DECLARE)
    return Choice(True, "rsync was tried on every secondary node and works")


def nodes_without(method: str, nodes: t.Iterable[Node]) -> list[str]:
    """The nodes that lack the program of a method."""
    _program, fault = PROGRAMS[method]
    return list(dict.fromkeys(node.name for node in nodes if node.has(fault)))


class Decision(t.NamedTuple):
    """The decision for one session."""

    method: t.Optional[str]  #: the method to set; None: leave it as it is
    note: str = ""  #: for the summary; empty if there is nothing to say
    warning: str = ""


def decide(
    declared: str | None, asked: str, current: str | None, choice: Choice, prefer_rsync: bool = False, sharded: bool = False
) -> Decision:
    """The method of one session.

    The user's choice wins, with a warning if it cannot work. Otherwise an existing session keeps its method as long as
    that works, and a new session gets rsync if that works.

    :param declared: ``sync-method`` in the session's own config, if any.
    :param asked: geo_replication_sync_method: auto, rsync or tarssh.
    :param current: the session's method now; None for a new one.
    :param prefer_rsync: a session that syncs by tarssh changes to rsync once that works.
    :param sharded: files arrive by rsync or not at all.
    """
    explicit = declared or (asked if asked != AUTO else None)
    if explicit:
        warning = ""
        if explicit == RSYNC and choice.rsync_works is False:
            warning = f"sync-method rsync is declared, but {choice.why}. Files will not arrive, or will arrive empty."
            warning += " Set sync-method: tarssh, or leave it unset."
        return Decision(None if declared else explicit, "", warning)
    if sharded:
        return Decision(RSYNC, f"sync-method rsync, because {SHARDED}.") if current != RSYNC and choice.rsync_works is not False else Decision(None)
    if (current == TARSSH and not (prefer_rsync and choice.rsync_works)) or (current == RSYNC and choice.rsync_works is not False):
        return Decision(None)
    if choice.method == RSYNC:
        return Decision(RSYNC)
    return Decision(TARSSH, f"sync-method tarssh, because {choice.why}. {COST}. {choice.helps}".rstrip())
