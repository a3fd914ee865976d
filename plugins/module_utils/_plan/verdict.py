# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What the nodes' faults mean for a run of the role: what stops it, what it mends, what people should know."""

from __future__ import annotations

import typing as t

from .._faults import catalogue, source_edits
from .._model.node import Node, NodeFault
from . import sync_method
from .eligibility import releases_apart

SILENT = "glusterd-silent"


def judge(
    nodes: t.Sequence[Node],
    fix: bool,
    doing: t.Collection[str] = (),
    account_nodes: t.Mapping[str, t.Collection[str]] | None = None,
) -> dict[str, t.Any]:
    """Weigh the faults of all nodes.

    :param fix: whether the role may mend gsyncd's sources.
    :param doing: what the run is about to do: CHANGES, KEYS. Faults that only stop that are told as warnings otherwise.
    :param account_nodes: UUIDs of the nodes on which each account receives keys; None: on all.
    :returns: ``stops``, one text for people, empty where nothing stops the run; ``mend``, the faults to be mended;
        ``notes``, a line for each warning; ``pin``, the hosts on which an older rsync is all that is needed for rsync.
    """
    grouped: dict[tuple[str, str], list[tuple[Node, NodeFault]]] = {}
    for node in nodes:
        for finding in node.faults:
            if finding.stops == catalogue.KEYS and not _receives_keys(node, account_nodes):
                continue
            grouped.setdefault((finding.id, finding.evidence), []).append((node, finding))
    versions = ({node.name: node.glusterfs for node in nodes if node.site == site} for site in (catalogue.PRIMARY, catalogue.SECONDARY))
    apart = releases_apart(*versions)
    stops = [f"* {apart.message} What helps: {apart.remedy}"] if apart else []
    notes: list[str] = []
    mend: list[str] = []
    offered: list[str] = []
    for (fault, evidence), found in grouped.items():
        finding = found[0][1]
        where = ", ".join(dict.fromkeys(node.name for node, _finding in found))
        # One node whose glusterd is silent is a node that is down: others go on, and accept: [peer_down] is for it.
        site = [node for node in nodes if node.site == found[0][0].site]
        alone = fault == SILENT and len({node.name for node, _finding in found}) < len({node.name for node in site})
        if finding.stops in {catalogue.NOTHING, catalogue.CHANGES, catalogue.KEYS} - set(doing) or alone:
            title = finding.title
            notes.append(f"{where}: {title[:1].lower()}{title[1:]}: {evidence}. {finding.remedy}")
        elif finding.stops in (catalogue.EVERYTHING, catalogue.CHANGES, catalogue.KEYS):
            if finding.role == catalogue.SOURCE_FIX:
                (mend if fix else offered).append(fault)
                if fix:
                    continue
            stops.append(f"* {where}: {finding.title}: {evidence}. {finding.cause} What helps: {finding.remedy}")
    notes += [f"{node.name}: the name {name} cannot be resolved there" for node in nodes for name, addresses in node.names.items() if not addresses]
    notes += [
        f"{node.name}: the Python that runs gsyncd could not be checked. If this Python and gsyncd have a known fault, this run does not find it"
        for node in nodes
        if node.python_unknown
    ]
    text = ""
    if stops:
        text = "Geo-replication cannot work between these nodes. Nothing was changed.\n" + "\n".join(stops)
        edits = [source_edits.BY_FAULT[fault] for fault in dict.fromkeys(offered)]
        for edit in edits:
            text += (
                f"\nWith geo_replication_fix_known_faults: true the role replaces {edit.old} by {edit.new} in {edit.places} "
                f"line{'s' if edit.places > 1 else ''} of syncdaemon/{edit.file} on these nodes, and keeps the original file beside it."
            )
    # An older rsync where it alone does not help would lack fixes for nothing.
    pins = [name for name in map(pinnable, nodes) if name] if sync_method.choose(nodes, True).rsync_works else []
    return {"stops": text, "mend": list(dict.fromkeys(mend)), "notes": notes, "pin": pins}


def _receives_keys(node: Node, account_nodes: t.Mapping[str, t.Collection[str]] | None) -> bool:
    """Whether an account of this node with a problem is one that keys are brought to."""
    troubled = [account for account, problems in node.accounts.items() if problems]
    return account_nodes is None or any(node.uuid in account_nodes.get(account, ()) for account in troubled)


def pinnable(node: Node) -> str | None:
    """The inventory host, where the loop over the secondary hosts named it, on which another rsync is all that is needed."""
    against = {finding.id for finding in node.faults if finding.stops == catalogue.RSYNC}
    return node.host or None if against == {sync_method.PINNABLE} else None
