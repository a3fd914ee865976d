# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""One declared session against both clusters: recognised, checked and planned. Touches nothing.

The role's plan and the session module decide here, over the same values, so that each mistake in a declaration has one text.
"""

from __future__ import annotations

import typing as t

from .._model import identity
from .._model.cluster import Cluster, Session, Volume
from .._model.errors import InvalidInput, invalid
from .._model.identity import SessionId
from . import features
from .session import Plan, Wanted, current_of, effective_config, plan_session

#: A session's secondary volume as the secondary host describes it; None: the host has no volume of that name.
Ask = t.Callable[[SessionId], t.Optional[Volume]]

#: What to do about a secondary host whose glusterd does not answer.
UNREACHED = (
    "Check on every primary node that the name of the secondary host resolves (getent hosts NAME) and that its TCP port 24007 is open. Check on the "
    "secondary host that glusterd runs (systemctl status glusterd)."
)


def as_read(cluster: Cluster) -> Ask:
    """By what the secondary hosts said when the cluster was read; nothing of those that were not asked."""

    def ask(session: SessionId) -> Volume | None:
        secondary = cluster.secondaries.get(session.secondary_host)
        return secondary.volume(session.secondary_volume) if secondary else None

    return ask


def recognise(wanted: Wanted, cluster: Cluster, ask: Ask, prefix: str = "") -> tuple[Wanted, list[str]]:
    """The declared session by the name that gluster has for it, and what people should know of that: a host may have several names.

    The secondary volume's UUID decides, unless the names differ in capitals only. A session that is declared absent is not looked for under
    other names.

    :raises InvalidInput: the session exists with another account.
    """
    same = identity.respelled(wanted.id, cluster.ids)
    if same:
        return wanted._replace(id=same), [f"{wanted.id} is the session that gluster knows as {same}. Write secondary_host: {same.secondary_host}."]
    if wanted.state == "absent":
        return wanted, identity.left_alone(wanted.id, cluster.ids)
    known = {session.id: session for session in cluster.sessions}
    found = identity.recognise(wanted.id, known, lambda: _id_of(ask(wanted.id)), lambda one: _uuid_of(known[one], ask))
    if found is None:
        return wanted, []
    return wanted._replace(id=identity.adopt(wanted.id, found, prefix)), [identity.adoption(wanted.id, found)]


def _uuid_of(session: Session, ask: Ask) -> str | None:
    """The UUID of a session's secondary volume. Entries of very old releases do not hold it: then the host is asked."""
    return session.secondary_uuid or _id_of(ask(session.id))


def _id_of(volume: Volume | None) -> str | None:
    return (volume.id or None) if volume else None


def _volumes_and_host(session: SessionId) -> tuple[str, str, str]:
    return session.primary_volume, identity.spelled(session.secondary_host), session.secondary_volume


def check_once(label: str, session: SessionId, earlier: t.Mapping[str, SessionId], written: SessionId | None = None) -> None:
    """Each session is declared once, and each has a directory of its own.

    :param label: of the declaration, like those of the earlier ones; :param written: the session as declared, if it is known by another name.
    :raises InvalidInput: naming both declarations.
    """
    # gluster leaves the user out, and so does this: two declarations would undo each other's work for ever.
    other = next((name for name, known in earlier.items() if _volumes_and_host(known) == _volumes_and_host(session)), None)
    if other is not None:
        known_as = f", by another name: {session}" if written not in (None, session) else ""
        raise invalid(label, str(written or session), f"is declared already, as {other}{known_as}.", "Declare each session once.")
    identity.check_apart(session, (), earlier.values(), label, str(session))


def plan_one(wanted: Wanted, cluster: Cluster, prefix: str = "", may_create: bool = True) -> Plan:
    """The steps for one session that was recognised.

    :param may_create: otherwise the session must exist, and no node is told of it.
    :raises InvalidInput: the primary volume or the account is at fault.
    """
    session, exists = wanted.id, cluster.find(wanted.id) is not None
    volume = cluster.volumes.get(session.primary_volume)
    if not exists and not may_create:
        raise invalid(
            prefix + "primary_volume", session.primary_volume, f"has no session to {session.target}.",
            f"Create the session first with gluster_georep_session. Existing sessions: {', '.join(map(str, cluster.ids)) or 'none'}.",
        )
    if wanted.state != "absent" and volume is None:
        raise invalid(
            prefix + "primary_volume", session.primary_volume, "is not a volume of the primary cluster.",
            f"Volumes of the primary cluster: {', '.join(sorted(cluster.volumes)) or 'none'}.",
        )
    if wanted.state != "absent" and not exists:
        check_account(session, cluster, prefix)
    current = current_of(cluster, session)
    plan = plan_session(wanted, current if may_create else current._replace(bricks_without_worker=(), nodes_without_session=()))
    if volume is not None and not volume.started and (plan.replicates or plan.starts):
        raise invalid(
            prefix + "primary_volume", session.primary_volume, "is not started.", f"Start the volume: gluster volume start {session.primary_volume}."
        )
    return plan


def check_account(session: SessionId, cluster: Cluster, prefix: str = "") -> None:
    """:raises InvalidInput: between the same volumes a session of another account exists."""
    for other in cluster.ids:
        if other[:3] == session[:3]:
            identity.adopt(session, other, prefix)


def check_destination(
    plan: Plan, volume: Volume | None, cluster: Cluster, ask: Ask, prefix: str = "", names: t.Sequence[str] | None = None
) -> Volume:
    """The secondary volume of a session that stays.

    :param volume: None: its host has no such volume; :param names: of the volumes there, if they are known.
    :raises InvalidInput: nothing can be replicated into it.
    """
    session, option = plan.wanted.id, prefix + "secondary_volume"
    if volume is None:
        host = session.secondary_host
        there = f"Write a name that 'gluster volume list' shows on {host}." if names is None else f"Volumes of {host}: {', '.join(names) or 'none'}."
        raise invalid(option, session.secondary_volume, f"is not a volume of {session.secondary_host}.", there)
    if not volume.started and (plan.replicates or plan.creates):
        raise invalid(
            option, session.secondary_volume, f"is not started on {session.secondary_host}.",
            f"Start the volume: on {session.secondary_host}, run gluster volume start {session.secondary_volume}.",
        )
    if plan.creates:
        check_addresses(option, volume)
        near = cluster.volumes.get(session.primary_volume)
        features.check(session, near, volume, effective_config(plan.wanted, plan.current), prefix)
    if plan.creates and volume.id:
        if any(own.id == volume.id and own.name == session.primary_volume for own in cluster.volumes.values()):
            raise invalid(option, session.secondary_volume, "is the primary volume itself.", "Choose a volume of another cluster.")
        for other in cluster.sessions:
            known = other.id.primary_volume != session.primary_volume and other.id.secondary_volume == session.secondary_volume
            if known and _uuid_of(other, ask) == volume.id:
                raise taken(option, session.secondary_volume, str(other.id))
    return volume


def addressed(volume: Volume) -> list[str]:
    """The bricks that gsyncd cannot copy files to: it dials the node by the brick's name, and rsync and its own tar command end a host at a colon."""
    return [str(brick) for brick in volume.bricks if identity.is_ipv6(brick.node)]


def addressed_words(volume: Volume) -> str:
    """What people should know of such bricks."""
    return (
        f"has bricks that are named by IPv6 addresses: {', '.join(addressed(volume))}. gsyncd connects to these addresses, but rsync and tar take the part "
        "up to the first colon for the host, so no file content arrives."
    )


ADDRESSED_REMEDY = "Name these bricks by host names: create the volume with host names, or rename its bricks with 'gluster volume reset-brick'."


def check_addresses(option: str, volume: Volume) -> None:
    """:raises InvalidInput: a new session into the volume would copy no content. Bricks of the primary may have any name: nobody dials them."""
    if addressed(volume):
        raise invalid(option, volume.name, addressed_words(volume), ADDRESSED_REMEDY)


def taken(option: str, volume: str, other: str) -> InvalidInput:
    """:param other: the session that replicates into the volume already."""
    return invalid(
        option, volume, f"receives another session already: {other}. Two sessions into one volume overwrite each other's files.",
        "Choose another volume, or delete the other session first.",
    )
