# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs in the shape of public reports, one folder a case, with addresses and names of nobody."""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml

from ansible_collections.glusterops.georep.plugins.module_utils._gluster.peers import read_peers
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli, Recorder
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.sessions import read_status
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.volumes import read_volumes
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import (
    Cluster,
    Config,
    Secondary,
    Session,
    Volume,
)
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId, parse_secondary_url
from ansible_collections.glusterops.georep.plugins.module_utils._model.states import State

FOLDER = Path(__file__).with_name("fixtures") / "cases"


def text_of(case: str, name: str) -> str:
    return (FOLDER / case / name).read_text(encoding="utf-8")


def answer_of(case: str, name: str = "answer.txt") -> tuple[int, str, str]:
    """The exit code and the output of a program, written as ``rc=N``, ``stdout:`` and ``stderr:``."""
    first, *lines = text_of(case, name).splitlines(keepends=True)
    parts: dict[str, list[str]] = {"stdout": [], "stderr": []}
    part = "stdout"
    for line in lines:
        if line.strip() in ("stdout:", "stderr:"):
            part = line.strip()[:-1]
        else:
            parts[part].append(line)
    return int(first.strip().partition("=")[2]), "".join(parts["stdout"]), "".join(parts["stderr"])


def sessions_of(case: str) -> list[dict[str, t.Any]]:
    """The declared sessions of a case."""
    return list(yaml.safe_load(text_of(case, "sessions.yml"))["georep_sessions"])


def cli_of(case: str, name: str) -> GlusterCli:
    """A gluster whose every answer is one file of a case."""
    return GlusterCli(Recorder(lambda _argv, **_more: (0, text_of(case, name), "")), lock_patience=0)


def volumes_of(case: str, name: str) -> dict[str, Volume]:
    return read_volumes(cli_of(case, name))


def cluster_of(case: str, config: t.Mapping[str, str] | None = None) -> Cluster:
    """The primary cluster of a case with its secondary, read from the answers of gluster."""
    volumes = volumes_of(case, "primary-volume.xml")
    peers = read_peers(cli_of(case, "primary-pool.xml"))
    far = volumes_of(case, "secondary-volume.xml")
    sessions = []
    secondaries = {}
    for row in read_status(cli_of(case, "status.xml")):
        url = parse_secondary_url(row.url)
        found = SessionId(row.primary_volume, url.host, url.volume, url.user)
        session = Session(found, url.volume_uuid, State.UNREADABLE, row.workers, [], Config(dict(config or {"ssh-port": "22"}), False, ()))
        sessions.append(session.refolded(volumes.get(row.primary_volume)))
        node = next(iter(far.values())).bricks[0].node_uuid
        secondaries[url.host] = Secondary(url.host, node_uuid=node, cluster_uuids=(node,), volumes=tuple(far.values()))
    here = next(peer.uuid for peer in peers if peer.name == "localhost")
    return Cluster(sessions, volumes, peers, "11.1", secondaries, here=here)
