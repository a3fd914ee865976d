# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Which sync method can work towards a secondary site, and what it costs. Pure."""

from __future__ import annotations

import typing as t

from . import faults

AUTO, RSYNC, TARSSH = "auto", "rsync", "tarssh"
#: Seen on GlusterFS 9.2, 10.3 and 11.1: the tar call of syncdaemon names neither of them.
COST = "tarssh does not carry user xattrs and ACLs"
KEEP_RSYNC = (
    "Who needs them makes rsync work on the secondary nodes (with apt, where only its version is at fault: "
    "geo_replication_pin_rsync: true)."
)

#: The program that a method runs on both sites, and the fault that it is missing.
PROGRAMS = {RSYNC: ("rsync", "rsync-missing"), TARSSH: ("tar", "tar-missing")}

#: The one fault that another version of rsync mends.
PINNABLE = "rsync-detached-mount"


class Choice(t.NamedTuple):
    """What a site allows."""

    rsync_works: t.Optional[bool]  #: None: nobody could look
    why: str

    @property
    def method(self) -> str:
        return RSYNC if self.rsync_works else TARSSH


def choose(nodes: t.Sequence[t.Mapping[str, t.Any]], pin_rsync: bool = False) -> Choice:
    """Judge by what was tried on every node that receives, and by what those that send lack.

    :param nodes: results of gluster_georep_preflight of the nodes, of the secondary ones at least; where there is none of
        them, nobody can look into the site, and tarssh is chosen, which works with every OpenSSH and every rsync.
    :param pin_rsync: what only the version of rsync is to blame for is going to be mended before it is used.
    """
    secondaries = [node for node in nodes if node["site"] == faults.SECONDARY]
    against: dict[str, list[str]] = {}
    for node in nodes:
        for finding in node["faults"]:
            if finding["stops"] == faults.RSYNC and not (pin_rsync and finding["id"] == PINNABLE):
                against.setdefault(finding["title"], []).append(node["node"])
    if against:
        why = "; ".join(f"{title} ({', '.join(nodes)})" for title, nodes in against.items())
        return Choice(False, f"rsync cannot work there: {why}")
    untried = [
        node["node"]
        for node in secondaries
        if node["facts"]["rsync"]["delivers"] is None or node["facts"]["rsync"]["admitted"] is None
    ]
    if not secondaries:
        return Choice(None, "nobody tried rsync on the secondary nodes (Ansible does not manage them, or geo_replication_preflight is off)")
    if untried:
        return Choice(None, f"rsync could not be tried on {', '.join(untried)}")
    return Choice(True, "rsync was tried on every secondary node and works")


def nodes_without(method: str, nodes: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """The nodes that lack the program of a method."""
    _program, fault = PROGRAMS[method]
    return list(dict.fromkeys(node["node"] for node in nodes if fault in [finding["id"] for finding in node["faults"]]))


class Decision(t.NamedTuple):
    """What becomes of one session."""

    method: t.Optional[str]  #: to be set; None: as it is
    note: str = ""  #: for the summary, where there is something to say
    warning: str = ""


def decide(
    declared: str | None, asked: str, current: str | None, choice: Choice, prefer_rsync: bool = False
) -> Decision:
    """The method of one session.

    The user's own word wins, with a warning where it cannot work. Otherwise a session that exists keeps its method while
    that works, and a new one gets rsync where it works.

    :param declared: ``sync-method`` in the session's own config, if any.
    :param asked: geo_replication_sync_method: auto, rsync or tarssh.
    :param current: the session's method now; None for a new one.
    :param prefer_rsync: a session that syncs by tarssh changes to rsync once that works.
    """
    explicit = declared or (asked if asked != AUTO else None)
    if explicit:
        warning = ""
        if explicit == RSYNC and choice.rsync_works is False:
            warning = f"sync-method rsync is declared, but {choice.why}. Files will not arrive, or arrive empty. Declare tarssh, or nothing."
        return Decision(None if declared else explicit, "", warning)
    if (current == TARSSH and not (prefer_rsync and choice.rsync_works)) or (current == RSYNC and choice.rsync_works is not False):
        return Decision(None)
    if choice.method == RSYNC:
        return Decision(RSYNC)
    return Decision(TARSSH, f"sync-method tarssh, because {choice.why}. {COST}. {KEEP_RSYNC}")
