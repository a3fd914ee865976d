# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""A cluster as it was read: its nodes, volumes and sessions, and what the secondary hosts said of theirs.

Pure: the standard library only. The rooms that read build these values, the planner decides over them. ``to_result()`` gives
the plain data that travels through Ansible as module results, and ``from_result()`` takes it back.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from . import progress, proved
from .identity import SessionId, session_of
from .option_table import BY_NAME
from .states import State, fold, missing_bricks
from .text import garbled
from .words import modern, truth

Result = t.Mapping[str, t.Any]
#: A brick by the host name of its node and its path.
Place = tuple[str, str]

#: How the node that is asked calls itself in the list of the cluster's nodes.
THIS_NODE = "localhost"
#: The option of a volume that says that this collection made it over a directory; its value is the directory. glusterd stores
#: any key that begins with ``user.``.
DIRECTORY_MARK = "user.glusterops.georep"
#: In front of that value until the content that the directory held before is taken into the volume.
PENDING = "pending:"

READ_ONLY = "features.read-only"
#: Options of a volume that decide whether a session works, or say why a mount fails or bricks are down; results tell them if they are set.
TOLD = (
    "features.shard", "features.shard-block-size", "client.ssl", "server.ssl", "auth.allow", "auth.reject", "auth.ssl-allow", "cluster.server-quorum-type",
)  # fmt: skip


class Brick(t.NamedTuple):
    node: str  #: host name by which the cluster knows the node
    path: str
    node_uuid: str

    def __str__(self) -> str:
        return f"{self.node}:{self.path}"


class Planned(t.NamedTuple):
    """What a volume over a directory will be, as its node said in check mode; sizes are in bytes."""

    size: int
    used: int
    available: int
    entries: tuple[str, ...]  #: names in the directory
    cluster_uuids: tuple[str, ...]  #: of the cluster that will have the volume
    coming: bool  #: the volume does not exist or is not started yet

    def to_result(self) -> dict[str, t.Any]:
        return {**self._asdict(), "entries": list(self.entries), "cluster_uuids": list(self.cluster_uuids)}

    @classmethod
    def from_result(cls, entry: Result) -> Planned:
        return cls(entry["size"], entry["used"], entry["available"], tuple(entry["entries"]), tuple(entry["cluster_uuids"]), entry["coming"])


class Volume(t.NamedTuple):
    name: str
    id: str  #: empty: the volume does not exist yet
    status: str  #: Created, Started or Stopped
    type: str  #: Replicate, Distribute, Distributed-Replicate, Disperse, ...
    bricks: list[Brick]
    set_size: int  #: bricks in one replica or disperse set; 1 for plain distribution
    options: dict[str, str]  #: only those that were set; from a result, only those that the result tells
    planned: t.Optional[Planned] = None  #: of a volume that this run creates or starts first
    needed: int = 1  #: so many bricks of a set have to run, or it refuses writes

    @property
    def started(self) -> bool:
        return self.status == "Started"

    @property
    def sets(self) -> list[list[Brick]]:
        """The replica or disperse sets, in the order of the volume's bricks."""
        return [self.bricks[i:i + self.set_size] for i in range(0, len(self.bricks), self.set_size)]

    @property
    def places(self) -> list[list[Place]]:
        """The same in the form that the fold takes."""
        return [[(brick.node, brick.path) for brick in group] for group in self.sets]

    @property
    def read_only(self) -> bool:
        return truth(self.options.get(READ_ONLY)) is True

    @property
    def taking_in(self) -> bool:
        """Whether files that the directory held before the volume was created are not in the volume yet."""
        return self.options.get(DIRECTORY_MARK, "").startswith(PENDING)

    @property
    def nodes(self) -> list[str]:
        """Host names of the nodes that hold bricks, each once, in brick order."""
        return list(dict.fromkeys(brick.node for brick in self.bricks))

    def to_result(self) -> dict[str, t.Any]:
        return {
            "name": self.name,
            "id": self.id or None,
            "status": self.status,
            "type": self.type,
            "bricks": [dict(brick._asdict()) for brick in self.bricks],
            "set_size": self.set_size,
            "read_only": self.read_only,
            "taking_in": self.taking_in,
            "needed": self.needed,
            "options": {name: self.options[name] for name in TOLD if name in self.options},
            **(self.planned.to_result() if self.planned else {}),
        }

    @classmethod
    def from_result(cls, entry: Result) -> Volume:
        options = {**(entry.get("options") or {}), **({READ_ONLY: "on"} if entry.get("read_only") else {})}
        if entry.get("taking_in"):
            options[DIRECTORY_MARK] = PENDING
        bricks = [Brick(brick["node"], brick["path"], brick["node_uuid"] or "") for brick in entry["bricks"]]
        planned = Planned.from_result(entry) if "coming" in entry else None
        size, needed = entry.get("set_size", 1), entry.get("needed", 1)
        return cls(entry["name"], entry.get("id") or "", entry["status"], entry.get("type", ""), bricks, size, options, planned, needed)


class BrickState(t.NamedTuple):
    """A brick of a started volume as ``volume status detail`` tells it; sizes are in bytes. None: not told."""

    node: str
    path: str
    online: t.Optional[bool]  #: None: glusterd does not reach the brick's node
    read_only: t.Optional[bool] = None  #: whether its file system is mounted read-only
    size: t.Optional[int] = None
    free: t.Optional[int] = None
    inodes: t.Optional[int] = None
    inodes_free: t.Optional[int] = None


#: The bricks of each started volume, by the volume's name.
Bricks = t.Mapping[str, t.Sequence[BrickState]]


class Peer(t.NamedTuple):
    """A node of the cluster, as glusterd on the node that was asked sees it."""

    name: str  #: :data:`THIS_NODE` for the node that was asked
    uuid: str
    connected: bool


class Config(t.NamedTuple):
    """A session's effective options as one node reads them."""

    values: dict[str, str]  #: by the names of GlusterFS >= 10, with dashes
    old_words: bool  #: this release still says master/slave
    stale: tuple[str, ...]  #: slave-/master- lines left behind by an upgrade to GlusterFS 10

    @classmethod
    def from_raw(cls, raw: t.Mapping[str, str]) -> Config:
        """One vocabulary for the options as any release names them, with dashes or underscores."""
        named_so = {name.replace("_", "-"): value for name, value in raw.items()}
        old_words = "secondary-timeout" not in named_so
        stale = () if old_words else tuple(name for name in named_so if modern(name) != name)
        return cls({modern(name): value for name, value in named_so.items() if name not in stale}, old_words, stale)

    @property
    def doubts(self) -> list[str]:
        """Options with a value that gsyncd could not have read or told."""
        return [name for name, value in self.values.items() if not _can_be(name, value)]


#: The last second of the year 9999.
_LAST_SECOND = 253402300799


def _can_be(name: str, value: str) -> bool:
    if garbled(name) or garbled(value):
        return False
    option = BY_NAME.get(name)
    if option is None or option.kind in ("string", "execpath") or (not value and option.default is None):
        return True
    if option.kind == "int":
        return re.fullmatch("-?[0-9]{1,12}", value) is not None and int(value) <= _LAST_SECOND
    # gsyncd takes every word for true or false, and does not check again what was once set. Some choices may be nothing.
    return bool(value) or option.kind == "choice"


class OwnView(t.NamedTuple):
    """What only the node of a brick knows of the brick's worker, from its journal and its log."""

    caught_up: t.Optional[bool] = None  #: whether no change waits; None: not known
    waiting_since: t.Optional[str] = None  #: when the oldest change that waits was made, at the earliest
    lag_seconds: t.Optional[int] = None  #: by the journal if that was read, else since the last sync
    stalled: t.Optional[bool] = None
    last_error: t.Optional[str] = None
    fault: t.Optional[Result] = None  #: the known fault behind that error


class Worker(t.NamedTuple):
    """One brick's worker, by its row of ``status``. None stands for what a row does not tell; only Active workers tell most of it."""

    node: str
    brick: str
    node_uuid: str
    status: str  #: gsyncd's word, for example Active
    secondary_user: str = ""
    secondary: str = ""
    secondary_node: t.Optional[str] = None
    crawl_status: t.Optional[str] = None
    entry: t.Optional[int] = None  #: creations, removals and renames that wait
    data: t.Optional[int] = None  #: files whose content waits
    meta: t.Optional[int] = None  #: attributes that wait
    failures: t.Optional[int] = None
    last_synced: t.Optional[int] = None  #: seconds since the epoch, like all times
    checkpoint_time: t.Optional[int] = None
    checkpoint_completed: t.Optional[bool] = None
    checkpoint_completion_time: t.Optional[int] = None
    own: t.Optional[OwnView] = None  #: None: the node of the brick did not say

    @property
    def place(self) -> Place:
        return self.node, self.brick

    @classmethod
    def from_row(cls, row: t.Mapping[str, str]) -> Worker:
        """:param row: the fields of ``status`` by the names of GlusterFS >= 10, times in UTC."""

        def word(name: str) -> str | None:
            value = row.get(name, "N/A")
            return None if value == "N/A" else value

        return cls(
            node=row.get("primary_node", ""),
            brick=row.get("primary_brick", ""),
            node_uuid=row.get("primary_node_uuid", ""),
            status=row.get("status", ""),
            secondary_user=row.get("secondary_user", ""),
            secondary=row.get("secondary", ""),
            # Empty on the packages of Debian, Active or not.
            secondary_node=word("secondary_node") or None,
            crawl_status=word("crawl_status"),
            entry=progress.number(row.get("entry", "")),
            data=progress.number(row.get("data", "")),
            meta=progress.number(row.get("meta", "")),
            failures=progress.number(row.get("failures", "")),
            last_synced=progress.read_time(row.get("last_synced", "")),
            checkpoint_time=progress.read_time(row.get("checkpoint_time", "")),
            checkpoint_completed={"Yes": True, "No": False}.get(row.get("checkpoint_completed", "")),
            checkpoint_completion_time=progress.read_time(row.get("checkpoint_completion_time", "")),
        )

    def to_result(self, read_at: float) -> dict[str, t.Any]:
        """:param read_at: the time of the reading, in seconds since the epoch."""
        own = self.own._asdict() if self.own else {}
        lag = own["lag_seconds"] if self.own else progress.lag_of(self, read_at)
        told = {name: value for name, value in self._asdict().items() if name != "own"}
        return {**told, **{name: progress.iso(getattr(self, name)) for name in _TIMES}, **own, "lag_seconds": lag}

    @classmethod
    def from_result(cls, entry: Result) -> Worker:
        told = {name: entry[name] for name in cls._fields if entry.get(name) is not None}
        told.update((name, progress.from_iso(told[name])) for name in _TIMES if name in told)
        own = OwnView(**{name: entry[name] for name in OwnView._fields}) if "caught_up" in entry else None
        return cls(**told, own=own)


_TIMES = ("last_synced", "checkpoint_time", "checkpoint_completion_time")


class Session(t.NamedTuple):
    """One session as the cluster has it."""

    id: SessionId
    secondary_uuid: t.Optional[str]  #: of the secondary volume that the session was created for; very old releases do not store it
    state: State
    workers: t.Sequence[Worker]
    missing: t.Sequence[Place]  #: bricks without a worker
    config: t.Optional[Config] = None  #: None: not read
    modified: frozenset[str] = frozenset()  #: options that stand in the session's own file on the node that was asked
    known_here: bool = True  #: that node has a file of the session; a node that was set up anew has none, though glusterd lists the session
    sets: t.Sequence[t.Sequence[Place]] = ()  #: replica sets of the primary volume
    read_at: float = 0.0  #: that node's clock when the status was read
    record: str = ""  #: what the primary volume remembers of a proof, if volumes were read; see _model/proved.py

    @property
    def values(self) -> t.Mapping[str, str]:
        """The effective options; empty if they were not read."""
        return self.config.values if self.config else {}

    def refolded(self, volume: Volume | None) -> Session:
        """The same session, judged by the replica sets of its primary volume."""
        if not self.workers:
            return self
        sets = volume.places if volume else []
        return self._replace(state=fold(self.workers, sets), missing=missing_bricks(self.workers, sets), sets=sets)

    def last_proved(self, started: float | None = None) -> proved.Proved | None:
        """The proof that the session, as it was last created, started and changed, delivers; None: the session needs a proof.

        :param started: when the session was last started on this node, if known. A start by hand does not withdraw the record.
        """
        found = proved.read(self.record)
        if found is None or self.state is State.CREATED:
            return None
        return None if started is not None and started > found.at + proved.SLACK else found

    def to_result(self, started: float | None = None, site: t.Mapping[str, str] | None = None) -> dict[str, t.Any]:
        """Everything known about the session.

        :param started: see :meth:`last_proved`. :param site: see :attr:`Cluster.defaults`.
        """
        lag = progress.session_lag(self.workers, self.sets, self.read_at)
        stored = self.values.get("checkpoint") if self.config else None
        last = self.last_proved(started)
        return {
            **self.id._asdict(),
            "secondary_volume_id": self.secondary_uuid,
            "state": self.state.value,
            "read_at": progress.iso(int(self.read_at)),
            "last_synced": progress.iso(lag.last_synced),
            "lag_seconds": lag.seconds,
            "lag_unknown": lag.reason,
            "caught_up": None,
            "checkpoint": progress.checkpoint_of(self.workers, self.sets, stored).as_dict(),
            "workers": [worker.to_result(self.read_at) for worker in self.workers],
            "missing": [named(place) for place in self.missing],
            "sets": [[named(place) for place in group] for group in self.sets],
            "config": dict(self.values),
            "defaults": defaults_of(self.values, self.modified, site or {}),
            "modified": sorted(self.modified),
            "stale": list(self.config.stale) if self.config else [],
            "known_here": self.known_here,
            "last_proved": last.to_result() if last else None,
        }

    @classmethod
    def from_result(cls, entry: Result) -> Session:
        config = Config(dict(entry["config"]), False, tuple(entry.get("stale", ()))) if entry["config"] else None
        return cls(
            session_of(entry),
            entry.get("secondary_volume_id"),
            State(entry["state"]),
            [Worker.from_result(worker) for worker in entry["workers"]],
            [place_of(name) for name in entry["missing"]],
            config,
            frozenset(entry["modified"]),
            entry.get("known_here", True),
            [[place_of(name) for name in group] for group in entry.get("sets", ())],
            progress.from_iso(entry["read_at"]) if entry.get("read_at") else 0.0,
            str(proved.Proved.from_result(entry["last_proved"])) if entry.get("last_proved") else "",
        )

    def as_declared(self) -> dict[str, t.Any]:
        """The session in the shape of the role's input: what a person would declare to get exactly this."""
        own = {
            name: self.values[name]
            for name in sorted(self.modified)
            if name in self.values and name in BY_NAME and BY_NAME[name].settable and name not in ("ssh-port", "checkpoint")
        }
        state = _DECLARED_WORD.get(self.state, "started")
        return {**self.id._asdict(), "ssh_port": int(self.values.get("ssh-port", 22)), "state": state, "config": own}


_DECLARED_WORD = {State.CREATED: "present", State.STOPPED: "stopped", State.PAUSED: "paused"}


def named(place: Place) -> str:
    return f"{place[0]}:{place[1]}"


def place_of(name: str) -> Place:
    """The one way from a brick's name to host and path: it ends at the first ``:/``, because an IPv6 address has colons, and a path may.

    >>> place_of("2001:db8::12:/bricks/a:/b"), place_of("n1:/b")
    (('2001:db8::12', '/bricks/a:/b'), ('n1', '/b'))
    """
    node, colon, path = name.partition(":/")
    return node, f"/{path}" if colon else ""


def defaults_of(values: t.Mapping[str, str], modified: t.Collection[str], site: t.Mapping[str, str]) -> dict[str, str | None]:
    """What each option would be had it not been set.

    :param site: what the site's gsyncd.conf sets otherwise than GlusterFS does.

    gsyncd's own word for it is wrong for numbers and truth values: what was not set is the default, and of what was set
    the table of options knows it.
    """
    found: dict[str, str | None] = {}
    for name, value in values.items():
        default: str | None = value
        if name in modified:
            default = site.get(name, BY_NAME[name].default if name in BY_NAME else None)
        if default is not None and name in modified:
            default = re.sub(r"\$\{(\w+)\}", lambda part: values.get(part[1].replace("_", "-"), part[0]), default)
            default = None if "@" in default else default
        found[name] = default
    return found


@dataclasses.dataclass(frozen=True)
class Secondary:
    """What a secondary host said of itself, its cluster, and the volumes there.

    Not a tuple like the others, so that ``uuids`` is put together once: every session asks for it.
    """

    host: str
    error: t.Optional[str] = None  #: why the host could not be asked; then the rest is not known
    remedy: t.Optional[str] = None
    node_uuid: t.Optional[str] = None  #: of the host: one node may go by several names
    cluster_uuids: tuple[str, ...] = ()  #: of all nodes of its cluster
    volumes: tuple[Volume, ...] = ()
    down: tuple[str, ...] = ()  #: nodes of its cluster that the host does not reach, by name
    bricks: t.Optional[Bricks] = None  #: None: not read

    def volume(self, name: str) -> Volume | None:
        return next((volume for volume in self.volumes if volume.name == name), None)

    @functools.cached_property
    def uuids(self) -> frozenset[str]:
        """glusterd's UUIDs of all nodes that are known to be of this cluster."""
        bricks = [brick.node_uuid for volume in self.volumes for brick in volume.bricks]
        return frozenset(uuid for uuid in (self.node_uuid, *self.cluster_uuids, *bricks) if uuid)

    def to_result(self) -> dict[str, t.Any]:
        return {
            "secondary_host": self.host,
            "error": self.error,
            "remedy": self.remedy,
            "node_uuid": self.node_uuid,
            "cluster_uuids": list(self.cluster_uuids),
            "volumes": [volume.to_result() for volume in self.volumes],
            "down": list(self.down),
            "bricks": None if self.bricks is None else {name: [brick._asdict() for brick in bricks] for name, bricks in self.bricks.items()},
        }

    @classmethod
    def from_result(cls, entry: Result) -> Secondary:
        bricks = entry.get("bricks")
        return cls(
            entry["secondary_host"],
            entry["error"],
            entry.get("remedy"),
            entry["node_uuid"],
            tuple(entry.get("cluster_uuids", ())),
            tuple(Volume.from_result(volume) for volume in entry["volumes"]),
            tuple(entry.get("down", ())),
            None if bricks is None else {name: tuple(BrickState(**brick) for brick in each) for name, each in bricks.items()},
        )


class SessionFiles(t.NamedTuple):
    """The sessions' files on one node of the cluster: every node has its own, and gluster shows those of the node that is asked."""

    node: str
    node_uuid: t.Optional[str]
    #: Options by the name of the session's directory; None: the file cannot be read.
    sessions: t.Mapping[str, t.Optional[t.Mapping[str, str]]]
    #: What sessions that do not set it have there, where that is not GlusterFS' own default.
    defaults: t.Mapping[str, str] = {}

    def to_result(self, directories: t.Container[str] | None = None) -> dict[str, t.Any]:
        """:param directories: of the sessions to tell of; all by default."""
        own = {name: found for name, found in self.sessions.items() if directories is None or name in directories}
        return {"node": self.node, "node_uuid": self.node_uuid, "sessions": own, "site_defaults": dict(self.defaults)}

    @classmethod
    def from_result(cls, entry: Result) -> SessionFiles:
        return cls(entry["node"], entry.get("node_uuid"), entry["sessions"], entry.get("site_defaults") or {})


class Cluster(t.NamedTuple):
    """What one round of reading found. Parts that were not asked for are empty."""

    sessions: list[Session]
    volumes: dict[str, Volume]
    peers: list[Peer]
    version: str = ""
    secondaries: t.Mapping[str, Secondary] = {}  #: by secondary host
    files: t.Sequence[SessionFiles] = ()  #: of other nodes of the cluster, if they were looked at
    here: t.Optional[str] = None  #: UUID of the node that was asked
    unresolved: tuple[str, ...] = ()  #: secondary hosts of sessions whose names that node cannot resolve
    keyed_nodes: int = 0  #: of how many nodes that node knows the geo-replication keys
    recorded_sites: t.Sequence[Result] = ()  #: hosts, accounts and ports that the cluster's keys were distributed to
    orphans: tuple[str, ...] = ()  #: folders of sessions that glusterd does not know there
    defaults: t.Mapping[str, str] = {}  #: what sessions that do not set it have on that node, where that is not GlusterFS' own default

    def find(self, wanted: SessionId) -> Session | None:
        return next((session for session in self.sessions if session.id == wanted), None)

    @property
    def ids(self) -> list[SessionId]:
        return [session.id for session in self.sessions]

    @property
    def others(self) -> list[SessionFiles]:
        """What was read of other nodes than the one that was asked."""
        return [other for other in self.files if self.here is not None and other.node_uuid not in (None, self.here)]

    @property
    def peers_down(self) -> list[str]:
        return [peer.name for peer in self.peers if not peer.connected]

    @property
    def connected(self) -> set[str]:
        """UUIDs of the nodes that glusterd reaches."""
        return {peer.uuid for peer in self.peers if peer.connected}

    def to_result(self, started: t.Mapping[tuple[str, str], float] | None = None) -> dict[str, t.Any]:
        """As gluster_georep_info returns it.

        :param started: when each session was last started on this node, by primary volume and target.
        """
        return {
            "version": self.version,
            "peers": [peer._asdict() for peer in self.peers],
            "volumes": [volume.to_result() for volume in self.volumes.values()],
            # What was not read is not declared: a default in its place would be taken for the session's own.
            "sessions": [
                session.as_declared() for session in self.sessions if session.state is not State.UNREADABLE and session.config is not None
            ],
            "status": [
                session.to_result((started or {}).get((session.id.primary_volume, session.id.target)), self.defaults) for session in self.sessions
            ],
            "secondaries": [secondary.to_result() for secondary in self.secondaries.values()],
            "unresolved": list(self.unresolved),
            "keyed_nodes": self.keyed_nodes,
            "recorded_sites": [dict(site) for site in self.recorded_sites],
            "orphans": list(self.orphans),
            "site_defaults": dict(self.defaults),
        }

    @classmethod
    def from_result(cls, result: Result) -> Cluster:
        peers = [Peer(peer["name"], peer["uuid"], peer["connected"]) for peer in result["peers"]]
        return cls(
            [Session.from_result(entry) for entry in result["status"]],
            {volume["name"]: Volume.from_result(volume) for volume in result["volumes"]},
            peers,
            result.get("version", ""),
            {entry["secondary_host"]: Secondary.from_result(entry) for entry in result["secondaries"]},
            (),
            next((peer.uuid for peer in peers if peer.name == THIS_NODE), None),
            tuple(result.get("unresolved", ())),
            result.get("keyed_nodes", 0),
            result.get("recorded_sites", ()),
            tuple(result.get("orphans", ())),
            result.get("site_defaults") or {},
        )
