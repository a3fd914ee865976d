# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""glusterd's own files on this node: its UUID, its volumes, its sessions. Read here and nowhere else, without a call of gluster.

A file that vanishes while it is read belongs to a volume that is being deleted just now: it counts as absent.
"""

from __future__ import annotations

import configparser
import os
import re
import typing as t

from .._model import errors
from .._model.cluster import Brick
from .._model.identity import SecondaryUrl, SessionId, parse_secondary_url
from .._model.words import modern

GLUSTERD_DIR = "/var/lib/glusterd"


class Registered(t.NamedTuple):
    """A session as glusterd's own files on this node know it."""

    primary_volume: str
    url: SecondaryUrl

    @property
    def id(self) -> SessionId:
        return SessionId(self.primary_volume, self.url.host, self.url.volume, self.url.user)


def read_node_uuid(glusterd_dir: str = GLUSTERD_DIR) -> str | None:
    """The UUID by which glusterd knows this node, whatever names it goes by; None where there is no glusterd."""
    return _pairs(os.path.join(glusterd_dir, "glusterd.info")).get("UUID")


def cluster_options(glusterd_dir: str = GLUSTERD_DIR) -> dict[str, str]:
    """What was set for the whole cluster, as ``volume set all`` does."""
    return _pairs(os.path.join(glusterd_dir, "options"))


def holds_cluster(glusterd_dir: str = GLUSTERD_DIR) -> bool:
    """Whether this node has peers or volumes."""
    return bool(_names(os.path.join(glusterd_dir, "peers")) or volume_names(glusterd_dir))


# --- volumes ---------------------------------------------------------------------------------------------------------


def peer_names(glusterd_dir: str = GLUSTERD_DIR) -> list[str]:
    """The names of the other nodes of the cluster; several of one node."""
    folder = os.path.join(glusterd_dir, "peers")
    found = [value for name in _names(folder) for key, value in _pairs(os.path.join(folder, name)).items() if key.startswith("hostname")]
    return list(dict.fromkeys(found))


def volume_names(glusterd_dir: str = GLUSTERD_DIR) -> list[str]:
    """The volumes of this node's cluster, by name."""
    return _names(os.path.join(glusterd_dir, "vols"))


def volume_file(volume: str, glusterd_dir: str = GLUSTERD_DIR) -> dict[str, str]:
    """The keys of a volume's file, its options among them; empty if there is no such volume (yet)."""
    return _pairs(os.path.join(glusterd_dir, "vols", volume, "info"))


def stored_option(volume: str, option: str, glusterd_dir: str = GLUSTERD_DIR) -> str:
    """An option of a volume, or another key of its file; empty if it is not set or there is no such volume."""
    return volume_file(volume, glusterd_dir).get(option, "")


def volume_ids(glusterd_dir: str = GLUSTERD_DIR) -> tuple[str, ...]:
    """The UUIDs of the volumes of this node's cluster."""
    found = (stored_option(name, "volume-id", glusterd_dir) for name in volume_names(glusterd_dir))
    return tuple(uuid for uuid in found if uuid)


def stored_brick_nodes(names: t.Iterable[str], glusterd_dir: str = GLUSTERD_DIR) -> list[str]:
    """Host names of the nodes that hold bricks of these volumes, each once."""
    found: dict[str, None] = {}
    for name in names:
        for key, value in volume_file(name, glusterd_dir).items():
            # brick-0=dr1:-bricks-one: the path's slashes are dashes here.
            node = re.match(r"\S+?(?=:-)", value) if re.fullmatch(r"brick-[0-9]+", key) else None
            if node:
                found[node[0]] = None
    return list(found)


def bricks_of_node(volume: str, uuid: str | None, glusterd_dir: str = GLUSTERD_DIR) -> list[Brick]:
    """A volume's bricks on the node with this UUID."""
    folder = os.path.join(glusterd_dir, "vols", volume, "bricks")
    found = [_pairs(os.path.join(folder, name)) for name in _names(folder)]
    return [Brick(brick.get("hostname", ""), brick["path"], brick["uuid"]) for brick in found if brick.get("path") and brick.get("uuid") == uuid]


# --- sessions --------------------------------------------------------------------------------------------------------


def read_registered(glusterd_dir: str = GLUSTERD_DIR) -> list[Registered]:
    """The sessions in glusterd's volume files.

    ``status`` leaves out a session whose configuration is broken; these files do not. They also tell which
    configurations can be read while ``status`` is still running.

    :raises UnreadableOutput: a line of a session has an unknown shape.
    """
    return [Registered(name, url) for name in volume_names(glusterd_dir) for url in registered_urls(volume_file(name, glusterd_dir))]


def registered_urls(keys: t.Mapping[str, str]) -> list[SecondaryUrl]:
    """The ``slaveN=`` (up to 9) or ``secondaryN=`` keys of a volume's file."""
    found = []
    for name, value in keys.items():
        if re.fullmatch(r"(slave|secondary)[0-9]+", name) and value:
            try:
                found.append(parse_secondary_url(value))
            except ValueError as exc:
                raise errors.UnreadableOutput(f"glusterd's volume file holds a line of unknown shape: {name}={value}") from exc
    return found


def session_dir(session: SessionId, glusterd_dir: str = GLUSTERD_DIR) -> str:
    """The folder of a session's files."""
    return os.path.join(glusterd_dir, "geo-replication", session.directory)


def conf_path(session: SessionId, glusterd_dir: str = GLUSTERD_DIR) -> str:
    """The file of a session's own options."""
    return os.path.join(session_dir(session, glusterd_dir), "gsyncd.conf")


def orphans(glusterd_dir: str = GLUSTERD_DIR) -> list[str]:
    """The folders of sessions that glusterd on this node does not know (any more).

    A volume that is deleted takes its sessions along and leaves their folders; a creation that was killed leaves one, too.
    """
    folder = os.path.join(glusterd_dir, "geo-replication")
    known = {entry.id.directory for entry in read_registered(glusterd_dir)}
    return [path for path in (os.path.join(folder, name) for name in _names(folder) if name not in known) if os.path.isdir(path)]


def read_own(session: SessionId, glusterd_dir: str = GLUSTERD_DIR, old_words: bool | None = None) -> dict[str, str] | None:
    """The options in a session's file on this node (names of GlusterFS >= 10, with dashes); None: there is no such file.

    :param old_words: whether this release says slave. One that does not never reads the lines of older ones, which an
        upgrade leaves in the file; None: whatever it says.
    :raises UnreadableOutput: the file is corrupt.
    """
    return _read_own(conf_path(session, glusterd_dir), old_words)


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
            remedy="Repair or restore the file, then run again.",
        ) from exc
    own = {name.replace("_", "-"): value for name, value in parser.items("vars")} if parser.has_section("vars") else {}
    return {modern(name): value for name, value in own.items() if old_words is not False or modern(name) == name}


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
    for name in _names(folder):
        path = os.path.join(folder, name, "gsyncd.conf")
        if os.path.exists(path):
            try:
                found[name] = _read_own(path, old_words)
            except errors.UnreadableOutput:
                found[name] = None
    return found


# --- files -----------------------------------------------------------------------------------------------------------


def _names(folder: str) -> list[str]:
    """What is in a folder, in order; nothing if there is no such folder."""
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _pairs(path: str) -> dict[str, str]:
    """The ``key=value`` lines of a file; none if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return dict(line.rstrip("\n").partition("=")[::2] for line in file if "=" in line)
    except OSError:
        return {}
