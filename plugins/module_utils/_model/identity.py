# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Who a session is: the names that make it up, checked before gluster sees them.

Pure: the standard library only. Facts about names come from glusterd-geo-rep.c and cli-cmd-parser.c.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .errors import invalid
from .old_names import target_today


class SessionId(t.NamedTuple):
    """A session as people declare it and as gluster's CLI wants it."""

    primary_volume: str
    secondary_host: str
    secondary_volume: str
    secondary_user: str = "root"

    @property
    def target(self) -> str:
        """The word after the primary volume on gluster's command line; gluster itself leaves root out."""
        user = "" if self.secondary_user == "root" else f"{self.secondary_user}@"
        return f"{user}{self.secondary_host}::{self.secondary_volume}"

    @property
    def directory(self) -> str:
        """The name of the session's directory below ``geo-replication/``; gluster leaves the user out of it."""
        return f"{self.primary_volume}_{self.secondary_host}_{self.secondary_volume}"

    def __str__(self) -> str:
        return f"{self.primary_volume} -> {self.target}"


def session_of(entry: t.Mapping[str, t.Any]) -> SessionId:
    """The identity of a session in a result or a declaration, which names all four parts."""
    return SessionId(entry["primary_volume"], entry["secondary_host"], entry["secondary_volume"], entry["secondary_user"])


def names_of(sessions: t.Sequence[t.Mapping[str, t.Any]], others: t.Iterable[t.Mapping[str, t.Any]] = ()) -> list[str]:
    """What sessions are called in a sentence: by the primary volume, or whole if another session has the same one."""
    parts: dict[str, set[tuple[t.Any, ...]]] = {entry["primary_volume"]: set() for entry in sessions}
    for entry in (*sessions, *others):
        if entry["primary_volume"] in parts:
            parts[entry["primary_volume"]].add(tuple(entry.get(name) for name in SessionId._fields))
    return [str(session_of(entry)) if len(parts[entry["primary_volume"]]) > 1 else entry["primary_volume"] for entry in sessions]


def alike(declared: SessionId, known: SessionId) -> bool:
    """Whether these may be one session: between volumes of the same names, the host or the account called otherwise.

    Only the secondary volume's UUID can tell.
    """
    pair = (declared.primary_volume, declared.secondary_volume)
    return declared != known and pair == (known.primary_volume, known.secondary_volume)


def respelled(declared: SessionId, known: t.Collection[SessionId]) -> SessionId | None:
    """The known session whose host is the declared one in other capitals, which no UUID has to tell."""
    if declared in known:
        return None
    wanted = spelled(declared.secondary_host)
    return next((other for other in known if alike(declared, other) and declared[3] == other[3] and spelled(other.secondary_host) == wanted), None)


def known_as(declared: t.Iterable[SessionId], known: t.Sequence[SessionId]) -> set[SessionId]:
    """The known sessions that may be meant: by their names where one has exactly these, by their volumes otherwise."""
    meant: set[SessionId] = set()
    for session in declared:
        meant.update([session] if session in known else [other for other in known if alike(session, other)])
    return meant


def recognise(
    declared: SessionId,
    known: t.Collection[SessionId],
    meant_uuid: t.Callable[[], str | None],
    known_uuid: t.Callable[[SessionId], str | None],
) -> SessionId | None:
    """The known session that is the declared one under another name; None where there is none, or the UUIDs cannot be told.

    :param meant_uuid: asks for the UUID of the declared secondary volume, and only where it decides.
    :param known_uuid: tells that of a known session's.
    """
    candidates = [] if declared in known else [other for other in known if alike(declared, other)]
    uuid = meant_uuid() if candidates else None
    return next((other for other in candidates if uuid is not None and known_uuid(other) == uuid), None)


def left_alone(declared: SessionId, known: t.Collection[SessionId]) -> list[str]:
    """What to tell people of sessions that may be meant by one that is to be absent: to be rid of it, its own name is needed."""
    if declared in known:
        return []
    return [
        f"The session {other} exists between the same volumes. It was not deleted, because its host or user differs from the declared one. To "
        f"delete that session, write secondary_host: {other.secondary_host} and secondary_user: {other.secondary_user}."
        for other in known
        if alike(declared, other)
    ]


_ONE_FOR_BOTH = (
    "gluster keeps one gsyncd.conf and one state in this directory for both sessions: options and commands for one session change the other, "
    "and deleting one session deletes the files of the other."
)
_RENAME = (
    "Each session needs a directory of its own. For one of the two, write another name of the secondary host (an alias that every primary node "
    "resolves), or replicate into a volume of another name."
)


def sharing(session: SessionId, others: t.Iterable[SessionId]) -> list[SessionId]:
    """Of some sessions those that are others, and that gluster keeps in the same directory all the same.

    It joins the names with underscores, which volumes and hosts may hold themselves: a -> h::h_v and a_h -> h::v.
    """
    own = session.directory
    return [other for other in dict.fromkeys(others) if other.directory == own and other[:3] != session[:3]]


def check_apart(
    session: SessionId,
    found: t.Collection[SessionId],
    declared: t.Iterable[SessionId] = (),
    option: str = "secondary_host",
    value: t.Any = None,
) -> None:
    """Before anything is done to a session: no other one may share its directory.

    :param found: the sessions of the cluster; :param declared: those of the same declaration.
    :param option: at fault, with its value; by default the session's host.
    :raises InvalidInput: naming both sessions, the directory, and the way out.
    """
    near, there = sharing(session, declared), sharing(session, found)
    if not near and not there:
        return
    other = (there or near)[0]
    raise invalid(
        option,
        session.secondary_host if value is None else value,
        f"{session} {'shares' if session in found else 'would share'} the directory {session.directory} with {other}, which is "
        f"{'on this cluster' if there else 'declared, too'}. {_ONE_FOR_BOTH} Nothing was changed.",
        # Once gluster has made both, no new name helps the one that is declared.
        by_hand(other) if there and session in found else _RENAME,
    )


def by_hand(session: SessionId) -> str:
    """How to delete a session that shares its directory with another one, which this leaves without its files."""
    command = f"gluster volume geo-replication {session.primary_volume} {session.target}"
    return (
        f"Delete the session that is not needed by hand, for example: {command} stop force; {command} delete. That deletes the files of both "
        "sessions. Then run again with the remaining session declared: the run creates its files again. If both sessions are needed, declare "
        "the deleted session by another name of the secondary host."
    )


def shared_words(session: SessionId, others: t.Sequence[SessionId]) -> str:
    """What to tell people who only look."""
    return f"{session} shares the directory {session.directory} with {' and '.join(str(other) for other in others)}. {_ONE_FOR_BOTH}"


def adopt(declared: SessionId, known: SessionId, prefix: str = "") -> SessionId:
    """The known session in the place of the declared one, which was found to be the same.

    :param prefix: put before the option's name in errors.
    :raises InvalidInput: it logs in with another account. Under a second name it would be a second session.
    """
    if declared.secondary_user != known.secondary_user:
        raise invalid(
            f"{prefix}secondary_user",
            declared.secondary_user,
            f"is not the user of the session that exists between these volumes ({known}).",
            f"To keep that session, write secondary_user: {known.secondary_user}. To replicate as another user, delete that session first.",
        )
    return known


def adoption(declared: SessionId, known: SessionId) -> str:
    """What to tell people about it."""
    return (
        f"{declared} is the session that gluster knows as {known}: the secondary volume's UUID is the same. "
        f"The session is used under that name; write secondary_host: {known.secondary_host}."
    )


class SecondaryUrl(t.NamedTuple):
    """What gluster stores about the far end: ``ssh://[USER@]HOST::VOLUME[:VOLUME_UUID]``."""

    user: str
    host: str
    volume: str
    volume_uuid: str | None


_URL = re.compile(
    r"(?:[0-9a-f-]{36}:)?"  # UUID of the primary node that registered it
    r"ssh://(?:(?P<user>[^@:/]+)@)?(?P<host>[^@:/]+)::(?P<volume>[^:/]+)"
    r"(?::(?P<uuid>[0-9a-f-]{36}))?$"
)


def parse_secondary_url(url: str) -> SecondaryUrl:
    """Read a ``secondary`` or ``session_secondary`` value of gluster's XML.

    :raises ValueError: it has not that shape.
    """
    found = _URL.match(url)
    if not found:
        raise ValueError(f"not a geo-replication URL: {url!r}")
    return SecondaryUrl(found["user"] or "root", found["host"], found["volume"], found["uuid"])


# With \Z and not $, which lets a line break pass that YAML's block text brings along.
_VOLUME = re.compile(r"[A-Za-z0-9_-]{1,255}\Z")
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?\Z")
_NODE_ADDRESS = re.compile(r"[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?\Z")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,31}\Z")


def check_volume(option: str, value: str) -> str:
    if not _VOLUME.match(value) or value.startswith("-"):
        raise invalid(
            option,
            value,
            "is not a GlusterFS volume name.",
            target_today(value) or "Write the name as 'gluster volume list' shows it: letters, digits, '_' and '-', not beginning with '-'.",
        )
    return value


def is_ipv6(value: str) -> bool:
    """Whether a host is named by its IPv6 address, which may have a zone (``fe80::1%eth0``) and brackets."""
    try:
        ipaddress.IPv6Address(value.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True


def spelled(host: str) -> str:
    """The one spelling by which names of hosts are compared: capitals mean nothing in them, and an IPv6 address may be written in many ways.

    >>> spelled("DR1.Example.org"), spelled("2001:DB8:0:0::21"), spelled("FE80::1%Eth0")
    ('dr1.example.org', '2001:db8::21', 'fe80::1%Eth0')
    """
    address, percent, zone = host.partition("%")
    return f"{ipaddress.IPv6Address(address)}{percent}{zone}" if is_ipv6(address) and "[" not in address else host.lower()


def check_host(option: str, value: str) -> str:
    """The host in a session's URL."""
    if is_ipv6(value):
        raise invalid(
            option,
            value,
            "is an IPv6 literal, which glusterd cannot use: it splits the session's URL at every colon.",
            "Give the host a name (in DNS or /etc/hosts of every primary node) and write that name.",
        )
    if not _HOST.match(value):
        raise invalid(
            option,
            value,
            "is not a host name or IPv4 address.",
            target_today(value)
            or "Write only the name or address by which the primary nodes reach the host; user, port and volume have options of their own.",
        )
    return value


def check_node(option: str, value: str) -> str:
    """A node as its cluster calls it, for example by its bricks. SSH takes IPv6 addresses, which no session's URL does."""
    if _NODE_ADDRESS.match(value) and is_ipv6(value):
        return value
    return check_host(option, value)


def check_user(option: str, value: str) -> str:
    """The one rule for accounts, whether of a session, of keys, or of a login. Capitals tell accounts apart."""
    if "." in value and _USER.match(value.replace(".", "_")):
        raise invalid(
            option,
            value,
            "has a dot. gluster-mountbroker (GlusterFS 9 to 11) uses only the part after the last dot.",
            "Use an account on the secondary nodes whose name has no dot, for example geoaccount.",
        )
    if not _USER.match(value):
        raise invalid(
            option, value, "is not a plain account name.", "Write the account on the secondary nodes, for example root or geoaccount."
        )
    return value


def check_group(option: str, value: str) -> str:
    """A group is the value of an option of glusterd.vol, and not a part of its name: a dot does no harm."""
    if not _USER.match(value.replace(".", "_")):
        raise invalid(option, value, "is not a plain group name.", "Write the name of the mountbroker group, for example geogroup.")
    return value


def check_port(option: str, value: int) -> int:
    if not 1 <= value <= 65535:
        raise invalid(option, value, "is not a TCP port.", "Write a number from 1 to 65535. The SSH default is 22.")
    return value


def check_session(
    primary_volume: str, secondary_host: str, secondary_volume: str, secondary_user: str = "root", prefix: str = ""
) -> SessionId:
    """A checked identity.

    :param prefix: put before each option's name in errors, for example ``sessions[2].``.
    :raises InvalidInput: naming the option, the value and the remedy.
    """
    return SessionId(
        check_volume(prefix + "primary_volume", primary_volume),
        check_host(prefix + "secondary_host", secondary_host),
        check_volume(prefix + "secondary_volume", secondary_volume),
        check_user(prefix + "secondary_user", secondary_user),
    )
