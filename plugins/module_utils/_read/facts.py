# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Gather: everything about a cluster and its sessions, read once and side by side."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import time
import typing as t

from .._gluster import helpers, peers, sessions, version, volumes
from .._gluster.gsyncd import site_defaults
from .._gluster.runner import GlusterCli, Run
from .._gluster.store import GLUSTERD_DIR, Registered, conf_path, read_modified, read_node_uuid, read_registered
from .._model import errors, proved
from .._model.cluster import Cluster, Config, Session, Volume, Worker
from .._model.identity import SessionId, parse_secondary_url
from .._model.states import State


def read_config(cli: GlusterCli, run: Run, session: SessionId, glusterd_dir: str = GLUSTERD_DIR) -> Config:
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
    with_defaults: bool = False,
    with_sessions: bool = True,
    only: t.Sequence[SessionId] | None = None,
    glusterd_dir: str = GLUSTERD_DIR,
) -> Cluster:
    """Read a cluster: one status call, one configuration read for each session asked for, all side by side.

    :param config_of: says for which sessions to read the configuration.
    :param with_defaults: what sessions that do not set it have on this node.
    :param with_sessions: False: neither a status call nor configuration reads.
    :param only: ask for these sessions one by one instead, and leave out all others.
    """
    registered = [entry for entry in read_registered(glusterd_dir) if with_sessions and (only is None or entry.id in only)]
    unknown = {entry.id for entry in registered if not os.path.exists(conf_path(entry.id, glusterd_dir))}
    wanted = [entry.id for entry in registered if config_of(entry.id) and entry.id not in unknown]
    # Each configuration read starts a Python of its own, and waits for gluster half of its time.
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(4, min(8, os.cpu_count() or 2)) + 1) as pool:
        pairs = [(entry.primary_volume, entry.id.target) for entry in registered]
        status_job = pool.submit(sessions.read_status, cli, pairs, one_by_one=only is not None) if with_sessions else None
        volumes_job = pool.submit(volumes.read_volumes, cli) if with_volumes else None
        peers_job = pool.submit(peers.read_peers, cli) if with_peers else None
        # By the CLI reading options takes the lock of the primary volume: those of one volume come one after the other.
        by_volume: dict[str, list[SessionId]] = {}
        for session in wanted:
            by_volume.setdefault(session.primary_volume, []).append(session)
        config_jobs = [pool.submit(_read_configs, cli, run, group, glusterd_dir) for group in by_volume.values()]
        found_version = version.read_version(run) if with_version else ""
        rows = status_job.result() if status_job else []
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
    return Cluster(
        with_config, found_volumes, peers_job.result() if peers_job else [], found_version, here=read_node_uuid(glusterd_dir),
        defaults=site_defaults() if with_defaults else {},
    )


def look_again(cli: GlusterCli, run: Run, wanted: t.Collection[SessionId], glusterd_dir: str = GLUSTERD_DIR) -> Cluster:
    """How these sessions are by now, without their volumes.

    glusterd starts ten Pythons for each session that it is asked for. So of many sessions only these are asked for, one by one.
    """
    known = read_registered(glusterd_dir)
    alone = [entry.id for entry in known if entry.id in wanted]
    if 2 * len(alone) < len(known):
        # One that cannot be read alone is told more about by the call for all.
        with contextlib.suppress(errors.CommandFailed, errors.UnreadableOutput):
            return gather(cli, run, with_volumes=False, only=alone, glusterd_dir=glusterd_dir)
    return gather(cli, run, with_volumes=False, glusterd_dir=glusterd_dir)


def _read_configs(
    cli: GlusterCli, run: Run, group: t.Sequence[SessionId], glusterd_dir: str
) -> dict[SessionId, Config | errors.CommandFailed | errors.UnreadableOutput]:
    """The options of each session; in their place the error of one that cannot be read."""
    found: dict[SessionId, Config | errors.CommandFailed | errors.UnreadableOutput] = {}
    for session in group:
        try:
            found[session] = read_config(cli, run, session, glusterd_dir)
        except (errors.CommandFailed, errors.UnreadableOutput) as exc:
            found[session] = exc
    return found


def _with_config(
    entry: Session, found: Config | errors.CommandFailed | errors.UnreadableOutput, glusterd_dir: str
) -> Session:
    if not isinstance(found, errors.GeorepError):
        return entry._replace(config=found, modified=read_modified(entry.id, glusterd_dir, found.old_words))
    # A session that cannot be read in one way usually cannot be read in the other: one finding, not two errors.
    # Where its file is corrupt on this node alone, the others still show their workers.
    if entry.state is State.UNREADABLE or sessions.SAYS_CORRUPT.search(found.message):
        return entry._replace(state=State.UNREADABLE)
    raise found


def observe(
    rows: t.Sequence[sessions.Row],
    found_volumes: t.Mapping[str, Volume],
    registered: t.Sequence[Registered] = (),
) -> list[Session]:
    """Fold the rows of ``status`` into sessions; add those that are registered and not shown."""
    found: dict[SessionId, Session] = {}
    for row in rows:
        url = parse_secondary_url(row.url)
        session = SessionId(row.primary_volume, url.host, url.volume, url.user)
        _check_bricks(session, row.workers, found_volumes.get(row.primary_volume))
        found[session] = Session(session, url.volume_uuid, State.UNREADABLE, row.workers, []).refolded(found_volumes.get(row.primary_volume))
    for entry in registered:
        if entry.id not in found:
            found[entry.id] = Session(entry.id, entry.url.volume_uuid, State.UNREADABLE, [], [])
    return [_with_record(entry, found_volumes.get(entry.id.primary_volume)) for entry in found.values()]


def _check_bricks(session: SessionId, workers: t.Sequence[Worker], volume: Volume | None) -> None:
    """Both answers name a brick alike. So a worker of no brick is no worker, and the brick that it is taken for would seem to have none.

    :raises UnreadableOutput: one of them came garbled, or a brick was replaced in between.
    """
    strange = [f"{worker.node}:{worker.brick}" for worker in workers if volume and worker.place not in {(brick.node, brick.path) for brick in volume.bricks}]
    if strange:
        raise errors.UnreadableOutput(
            f"gluster's status of {session} contains a worker on {errors.quoted(strange[0])}, which is not a brick of the volume {session.primary_volume}.",
            remedy=f"Run again. If this repeats, compare 'gluster volume info {session.primary_volume}' with 'gluster volume geo-replication status'.",
        )


def _with_record(entry: Session, volume: Volume | None) -> Session:
    return entry._replace(record=volume.options.get(proved.option_of(entry.id, entry.secondary_uuid), "")) if volume else entry
