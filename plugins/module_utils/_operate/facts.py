# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Gather: everything about a cluster and its sessions, read once and side by side."""

from __future__ import annotations

import concurrent.futures
import configparser
import contextlib
import os
import re
import socket
import time
import typing as t

from .._georep import proved
from .._georep.states import State, fold, missing_bricks
from .._gluster import helpers, peers, sessions, version, volumes, xml
from .._gluster.runner import GlusterCli, Run
from .._model import errors
from .._model.identity import SecondaryUrl, SessionId, parse_secondary_url

GLUSTERD_DIR = "/var/lib/glusterd"


class Observed(t.NamedTuple):
    """One session as the cluster has it."""

    id: SessionId
    url: SecondaryUrl
    state: State
    workers: list[sessions.Worker]
    missing: list[tuple[str, str]]  #: bricks without a worker: (node, path)
    config: t.Optional[sessions.Config] = None
    modified: frozenset[str] = frozenset()  #: options that stand in the session's own file on this node
    known_here: bool = True  #: this node has a file of it; one that was set up anew has not, though glusterd lists the session
    sets: t.Sequence[t.Sequence[tuple[str, str]]] = ()  #: replica sets of the primary volume: (node, path)
    read_at: float = 0.0  #: this node's clock when the status was read
    record: str = ""  #: what the primary volume remembers of a proof, where volumes were read; see _georep/proved.py


class Site(t.NamedTuple):
    """What one round of reading found. Parts that were not asked for are empty."""

    sessions: list[Observed]
    volumes: dict[str, volumes.Volume]
    peers: list[peers.Peer]
    version: str = ""

    def find(self, wanted: SessionId) -> Observed | None:
        return next((seen for seen in self.sessions if seen.id == wanted), None)

    @property
    def peers_down(self) -> list[str]:
        return [peer.name for peer in self.peers if not peer.connected]


class Registered(t.NamedTuple):
    """A session as glusterd's own files on this node know it."""

    primary_volume: str
    url: SecondaryUrl

    @property
    def id(self) -> SessionId:
        return SessionId(self.primary_volume, self.url.host, self.url.volume, self.url.user)


def read_registered(glusterd_dir: str = GLUSTERD_DIR) -> list[Registered]:
    """The sessions in glusterd's volume files.

    ``status`` leaves out a session whose configuration is broken; these files do not. They also tell which
    configurations can be read while ``status`` is still running.
    """
    found = []
    folder = os.path.join(glusterd_dir, "vols")
    for volume in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        try:
            with open(os.path.join(folder, volume, "info"), encoding="utf-8", errors="replace") as file:
                lines = file.read().splitlines()
        except OSError:  # a volume that is being deleted just now
            continue
        found += [Registered(volume, url) for url in registered_urls(lines)]
    return found


#: An address of nobody (RFC 5737), which the role lends to a name that is gone while it deletes its session.
LENT = "192.0.2.1"


def unresolved(sessions: t.Iterable[SessionId], or_lent: bool = False) -> list[str]:
    """Secondary hosts whose names this node cannot resolve.

    :param or_lent: or only because a run that was killed has lent them an address: the next one takes it back.

    glusterd has every secondary of a volume resolved before it looks for one: a single name that is gone hides all
    sessions of the volume, and each command says that its session does not exist.
    """
    hosts = dict.fromkeys(session.secondary_host for session in sessions)
    return [host for host in hosts if not _resolves(host) or (or_lent and _is_lent(host))]


def _resolves(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True


def _is_lent(host: str) -> bool:
    with contextlib.suppress(OSError):
        return {entry[4][0] for entry in socket.getaddrinfo(host, None)} == {LENT}
    return False


def registered_urls(lines: t.Iterable[str]) -> list[SecondaryUrl]:
    """The ``slaveN=`` (up to 9) or ``secondaryN=`` lines of a volume's info file."""
    found = []
    for line in lines:
        name, _equals, value = line.partition("=")
        if re.fullmatch(r"(slave|secondary)[0-9]+", name) and value:
            try:
                found.append(parse_secondary_url(value))
            except ValueError as exc:
                raise errors.UnreadableOutput(f"glusterd's volume file holds a line of unknown shape: {line}") from exc
    return found


def stored_brick_nodes(names: t.Iterable[str], glusterd_dir: str = GLUSTERD_DIR) -> list[str]:
    """Host names of the nodes that hold bricks of these volumes of this node's cluster, by glusterd's files; each once."""
    found: dict[str, None] = {}
    for name in names:
        try:
            with open(os.path.join(glusterd_dir, "vols", name, "info"), encoding="utf-8", errors="replace") as file:
                # brick-0=dr1:-bricks-one: the path's slashes are dashes here.
                found.update(dict.fromkeys(re.findall(r"^brick-[0-9]+=(\S+?):-", file.read(), re.MULTILINE)))
        except OSError:  # it is not there (yet)
            continue
    return list(found)


def stored_option(volume: str, option: str, glusterd_dir: str = GLUSTERD_DIR) -> str:
    """An option of a volume of this node's cluster, or another key of its file; empty if it is not set or there is no such volume."""
    try:
        with open(os.path.join(glusterd_dir, "vols", volume, "info"), encoding="utf-8", errors="replace") as file:
            return dict(line.rstrip("\n").partition("=")[::2] for line in file).get(option, "")
    except OSError:  # it is not there (yet)
        return ""


def read_node_uuid(glusterd_dir: str = GLUSTERD_DIR) -> str | None:
    """The UUID by which glusterd knows this node, whatever names it goes by; None where there is no glusterd."""
    try:
        with open(os.path.join(glusterd_dir, "glusterd.info"), encoding="ascii", errors="replace") as file:
            found = re.search(r"^UUID=(\S+)", file.read(), re.MULTILINE)
    except OSError:
        return None
    return found.group(1) if found else None


def read_own(session: SessionId, glusterd_dir: str = GLUSTERD_DIR, old_words: bool | None = None) -> dict[str, str] | None:
    """The options in a session's file on this node (names of GlusterFS >= 10, with dashes); None: there is no such file.

    :param old_words: whether this release says slave. One that does not never reads the lines of older ones, which an
        upgrade leaves in the file; None: whatever it says.
    """
    return _read_own(conf_path(session, glusterd_dir), old_words)


def conf_path(session: SessionId, glusterd_dir: str = GLUSTERD_DIR) -> str:
    return os.path.join(glusterd_dir, "geo-replication", session.directory, "gsyncd.conf")


def _read_own(path: str, old_words: bool | None) -> dict[str, str] | None:
    parser = configparser.RawConfigParser()
    try:
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
    except FileNotFoundError:
        return None
    except (configparser.Error, OSError, UnicodeDecodeError) as exc:
        raise errors.UnreadableOutput(
            f"The session's configuration file {path} cannot be read: {exc}",
            remedy="Mend or restore the file, then run again.",
        ) from exc
    own = {name.replace("_", "-"): value for name, value in parser.items("vars")} if parser.has_section("vars") else {}
    return {xml.modern(name): value for name, value in own.items() if old_words is not False or xml.modern(name) == name}


def read_modified(session: SessionId, glusterd_dir: str = GLUSTERD_DIR, old_words: bool | None = None) -> frozenset[str]:
    """The names of the options that were set for a session, as this node stores them."""
    return frozenset(read_own(session, glusterd_dir, old_words) or ())


def read_sessions(version_here: str, glusterd_dir: str = GLUSTERD_DIR) -> dict[str, dict[str, str] | None]:
    """Every session that this node has a file of, by its directory's name: the options in it; None: it cannot be read.

    Each node has files of its own, and the gluster CLI shows those of the node that it runs on only.
    """
    folder = os.path.join(glusterd_dir, "geo-replication")
    old_words = None if not version_here else int(version_here.split(".")[0]) < 10
    found: dict[str, dict[str, str] | None] = {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name, "gsyncd.conf")
        if os.path.exists(path):
            try:
                found[name] = _read_own(path, old_words)
            except errors.UnreadableOutput:
                found[name] = None
    return found


def read_config(cli: GlusterCli, run: Run, session: SessionId, glusterd_dir: str = GLUSTERD_DIR) -> sessions.Config:
    """A session's options, past glusterd where that goes."""
    helper = helpers.helper_dir()
    path = conf_path(session, glusterd_dir)
    if helper and os.path.exists(path):
        found = sessions.read_config_file(run, helper, path, session.primary_volume, session.target)
        if found:
            return found
    return sessions.read_config(cli, session.primary_volume, session.target)


def gather(
    cli: GlusterCli,
    run: Run,
    *,
    config_of: t.Callable[[SessionId], bool] = lambda _id: False,
    with_volumes: bool = True,
    with_peers: bool = False,
    with_version: bool = False,
    only: t.Sequence[SessionId] | None = None,
    glusterd_dir: str = GLUSTERD_DIR,
) -> Site:
    """Read a cluster: one status call, one configuration read for each session asked for, all side by side.

    :param config_of: says for which sessions to read the configuration.
    :param only: ask for these sessions one by one instead, and leave out all others.
    """
    registered = [entry for entry in read_registered(glusterd_dir) if only is None or entry.id in only]
    unknown = {entry.id for entry in registered if not os.path.exists(conf_path(entry.id, glusterd_dir))}
    wanted = [entry.id for entry in registered if config_of(entry.id) and entry.id not in unknown]
    # Each configuration read starts a Python of its own, and waits for gluster half of its time.
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(4, min(8, os.cpu_count() or 2)) + 1) as pool:
        pairs = [(entry.primary_volume, entry.id.target) for entry in registered]
        status_job = pool.submit(sessions.read_status, cli, pairs, one_by_one=only is not None)
        volumes_job = pool.submit(volumes.read_volumes, cli) if with_volumes else None
        peers_job = pool.submit(peers.read_peers, cli) if with_peers else None
        # By the CLI reading options takes the lock of the primary volume: those of one volume come one after the other.
        by_volume: dict[str, list[SessionId]] = {}
        for session in wanted:
            by_volume.setdefault(session.primary_volume, []).append(session)
        config_jobs = [pool.submit(_read_configs, cli, run, group, glusterd_dir) for group in by_volume.values()]
        found_version = version.read_version(run) if with_version else ""
        rows = status_job.result()
        read_at = time.time()
        found_volumes = volumes_job.result() if volumes_job else {}
        observed = [
            entry._replace(known_here=entry.id not in unknown, read_at=read_at)
            for entry in observe(rows, found_volumes, registered)
        ]
        configs = {session: config for job in config_jobs for session, config in job.result().items()}
        with_config = [
            _with_config(entry, configs[entry.id], glusterd_dir) if entry.id in configs else entry
            for entry in observed
        ]
    return Site(with_config, found_volumes, peers_job.result() if peers_job else [], found_version)


def _read_configs(
    cli: GlusterCli, run: Run, group: t.Sequence[SessionId], glusterd_dir: str
) -> dict[SessionId, sessions.Config | errors.CommandFailed | errors.UnreadableOutput]:
    """The options of each session; in their place the error of one that cannot be read."""
    found: dict[SessionId, sessions.Config | errors.CommandFailed | errors.UnreadableOutput] = {}
    for session in group:
        try:
            found[session] = read_config(cli, run, session, glusterd_dir)
        except (errors.CommandFailed, errors.UnreadableOutput) as exc:
            found[session] = exc
    return found


def _with_config(
    entry: Observed, found: sessions.Config | errors.CommandFailed | errors.UnreadableOutput, glusterd_dir: str
) -> Observed:
    if not isinstance(found, errors.GeorepError):
        return entry._replace(config=found, modified=read_modified(entry.id, glusterd_dir, found.old_words))
    # A session that cannot be read in one way usually cannot be read in the other: one finding, not two errors.
    # Where its file is corrupt on this node alone, the others still show their workers.
    if entry.state is State.UNREADABLE or sessions.SAYS_CORRUPT.search(found.message):
        return entry._replace(state=State.UNREADABLE)
    raise found


def sets_of(volume: volumes.Volume | None) -> list[list[tuple[str, str]]]:
    """A volume's replica sets in the form the fold takes."""
    return [[(brick.node, brick.path) for brick in group] for group in volume.sets] if volume else []


def refold(entry: Observed, volume: volumes.Volume | None) -> Observed:
    """The same session, judged by the replica sets of its volume."""
    if not entry.workers:
        return entry
    sets = sets_of(volume)
    return entry._replace(state=fold(entry.workers, sets), missing=missing_bricks(entry.workers, sets), sets=sets)


def observe(
    rows: t.Sequence[sessions.Session],
    found_volumes: t.Mapping[str, volumes.Volume],
    registered: t.Sequence[Registered] = (),
) -> list[Observed]:
    """Fold the rows of ``status`` into sessions; add those that are registered and not shown."""
    found: dict[SessionId, Observed] = {}
    for row in rows:
        url = parse_secondary_url(row.url)
        session = SessionId(row.primary_volume, url.host, url.volume, url.user)
        found[session] = refold(
            Observed(session, url, State.UNREADABLE, row.workers, []), found_volumes.get(row.primary_volume)
        )
    for entry in registered:
        if entry.id not in found:
            found[entry.id] = Observed(entry.id, entry.url, State.UNREADABLE, [], [])
    return [_with_record(entry, found_volumes.get(entry.id.primary_volume)) for entry in found.values()]


def _with_record(entry: Observed, volume: volumes.Volume | None) -> Observed:
    return entry._replace(record=volume.options.get(proved.option_of(entry.id, entry.url.volume_uuid), "")) if volume else entry


def unserved(missing: t.Iterable[tuple[str, str]], bricks: t.Iterable[t.Any], up: t.Container[str]) -> tuple[str, ...]:
    """Of the bricks without a worker those whose node is up: it has not been told of the session, or of the brick.

    :param bricks: of the volume, each with ``node``, ``path`` and ``node_uuid``; :param up: UUIDs of connected nodes.
    """
    owners = {(brick.node, brick.path): brick.node_uuid for brick in bricks}
    return tuple(f"{node}:{path}" for node, path in missing if owners.get((node, path)) in up)


def known_elsewhere(
    directory: str, nodes: t.Iterable[t.Mapping[str, t.Any]], here: str | None
) -> tuple[tuple[str, ...], dict[str, dict[str, str]]]:
    """What gluster_georep_preflight saw of a session on other nodes: who has no file of it, and what the others' files say.

    :param nodes: each with ``node``, ``node_uuid`` and ``sessions``; :param here: the UUID of the node that was asked.
    """
    strangers = []
    files: dict[str, dict[str, str]] = {}
    for node in nodes:
        if here is None or node.get("node_uuid") in (None, here):
            continue
        own = node["sessions"].get(directory, {})
        if directory not in node["sessions"]:
            strangers.append(str(node["node"]))
        if own is not None:
            files[str(node["node"])] = dict(own)
    return tuple(strangers), files
