# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What the role needs to know of both sites, read on one primary node, as plain data that travels through Ansible."""

from __future__ import annotations

import concurrent.futures
import os
import re
import typing as t

from .._georep import progress
from .._georep.directory import MARK, taking_in
from .._georep.faults import PRIMARY
from .._georep.option_table import BY_NAME
from .._georep.plan import Current
from .._georep.states import State
from .._gluster import peers, volumes
from .._gluster.runner import GlusterCli, Run
from .._gluster.sessions import Config
from .._model import errors
from .._model.identity import SessionId, check_host, check_session, known_as
from .._ssh import georep_keys, key_record
from . import proofs
from .facts import GLUSTERD_DIR, Observed, gather, known_elsewhere, read_registered, unresolved, unserved
from .local import Monitors, monitors, read_local
from .logs import LOG_DIR
from .merge import merge
from .report import worker_of


def inform(
    cli: GlusterCli,
    run: Run,
    *,
    config_of: t.Callable[[SessionId], bool] = lambda _id: True,
    only: t.Callable[[SessionId], bool] = lambda _id: True,
    far_hosts: t.Sequence[str] = (),
    declared: t.Sequence[SessionId] | None = None,
    with_others: t.Callable[[SessionId], bool] | None = None,
    glusterd_dir: str = GLUSTERD_DIR,
    log_dir: str = LOG_DIR,
    far_of_sessions: bool = False,
) -> dict[str, t.Any]:
    """Read the primary cluster and the volumes of the named secondary hosts, all side by side.

    :param config_of: of which sessions to read the options; :param only: which sessions to return at all.
    :param far_hosts: hosts whose glusterd is asked for its volumes; one that does not answer is reported, not raised.
    :param far_of_sessions: ask the hosts of the sessions, too.
    :param declared: read the options of these, too, and of those that may be the same under another name of the host.
    :param with_others: of which registered sessions the hosts are asked, too; then all their names are tried as well.
    """
    meant: set[SessionId] = set()
    if declared is not None:
        known = [entry.id for entry in read_registered(glusterd_dir)]
        meant = known_as(declared, known)
        # Whether they are the same, the far volume's UUID tells.
        far_hosts = [*far_hosts, *(session.secondary_host for session in known if session in meant and session not in declared and far_hosts)]
    if far_of_sessions:
        far_hosts = [*far_hosts, *(entry.id.secondary_host for entry in read_registered(glusterd_dir) if only(entry.id))]
    registered = [entry.id for entry in read_registered(glusterd_dir)] if with_others else []
    others = [session for session in registered if with_others and with_others(session)]
    lost = unresolved(registered, or_lent=True)
    far_hosts = [*far_hosts, *(session.secondary_host for session in others if session.secondary_host not in lost)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        far_jobs = {host: pool.submit(_far_volumes, cli, host) for host in dict.fromkeys(far_hosts)}
        site = gather(
            cli, run, config_of=lambda session: only(session) and (session in meant or config_of(session)), with_peers=True, with_version=True,
            glusterd_dir=glusterd_dir,
        )
        far = [job.result() for job in far_jobs.values()]
    view = read_local(only, glusterd_dir=glusterd_dir, log_dir=log_dir)
    started = monitors() if any(seen.record for seen in site.sessions) else {}
    return {
        "version": site.version,
        "peers": [peer._asdict() for peer in site.peers],
        "volumes": [volume_as_dict(volume) for volume in site.volumes.values()],
        # What was not read is not declared: a default in its place would be taken for the session's own.
        "sessions": [
            declaration_of(seen, seen.config)
            for seen in site.sessions
            if only(seen.id) and seen.state is not State.UNREADABLE and seen.config is not None
        ],
        "status": merge([status_of(seen, started) for seen in site.sessions if only(seen.id)], [view]),
        "local": view,
        "secondaries": far,
        "unresolved": lost,
        "keyed_nodes": keyed_nodes(os.path.join(glusterd_dir, "geo-replication")),
        "recorded_sites": recorded_sites(os.path.join(glusterd_dir, "geo-replication")),
        "orphans": [f"{glusterd_dir}/geo-replication/{name}" for name in orphans(glusterd_dir)],
    }


def read_declared(
    cli: GlusterCli,
    run: Run,
    *,
    config_of: t.Sequence[t.Mapping[str, t.Any]] | None,
    secondary_hosts: t.Sequence[str] = (),
    secondaries_of_others: bool = False,
    config: bool = True,
    **more: t.Any,
) -> dict[str, t.Any]:
    """:func:`inform`, asked as a module is: by names of sessions, whole or in part.

    :raises InvalidInput: a name that cannot be one.
    """
    asked_for = among(config_of)
    # Only whole names can be those of a session under another name of its host.
    whole = [{"secondary_user": "root", **{name: value for name, value in entry.items() if value}} for entry in config_of or []]
    declared = [check_session(**entry) for entry in whole if len(entry) == 4]
    return inform(
        cli,
        run,
        config_of=lambda session: config and asked_for(session),
        declared=declared if config else None,
        far_hosts=[check_host("secondary_hosts", host) for host in secondary_hosts],
        with_others=(lambda session: not among(config_of or [])(session)) if secondaries_of_others else None,
        **more,
    )


def among(entries: t.Sequence[t.Mapping[str, t.Any]] | None) -> t.Callable[[SessionId], bool]:
    """Whether a session is one of those given; all are, where none were. What an entry leaves out may be anything."""
    for entry in entries or []:
        # Only names that can be: a typing error is told, not taken for a session that is not there.
        check_session(**{name: value or "root" for name, value in entry.items()})
    given = None if entries is None else [{name: value for name, value in entry.items() if value is not None} for entry in entries]
    return lambda session: given is None or any(entry.items() <= session._asdict().items() for entry in given)


def keyed_nodes(folder: str) -> int:
    """Of how many nodes this one knows the geo-replication keys, those that have left among them."""
    record = key_record.read(folder)
    lines = [*(record.lines if record else ()), *georep_keys.common_text(folder).splitlines()]
    return len({key_record.identity(line) for line in lines} - {None}) // len(georep_keys.PAIRS)


def recorded_sites(folder: str) -> list[dict[str, t.Any]]:
    """Where this cluster has brought its keys, and not taken them away again, as far as this node remembers."""
    record = key_record.read(folder)
    return [site.as_dict() for site in record.sites] if record else []


def orphans(glusterd_dir: str = GLUSTERD_DIR) -> list[str]:
    """Folders of sessions that glusterd does not know (any more) on this node.

    A volume that is deleted takes its sessions along and leaves their folders; a creation that was killed leaves one, too.
    """
    folder = os.path.join(glusterd_dir, "geo-replication")
    known = {entry.id.directory for entry in read_registered(glusterd_dir)}
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [name for name in names if name not in known and os.path.isfile(os.path.join(folder, name, "gsyncd.conf"))]


def _far_volumes(cli: GlusterCli, host: str) -> dict[str, t.Any]:
    try:
        found = volumes.read_volumes(cli, remote_host=host)
        pool = peers.read_peers(cli, remote_host=host)
    except errors.GeorepError as exc:
        # Of an answer that cannot be read the usual advice, to look whether there is one at all, would be wrong.
        remedy = exc.remedy if isinstance(exc, errors.UnreadableOutput) else None
        return {"secondary_host": host, "error": exc.message, "remedy": remedy, "node_uuid": None, "cluster_uuids": [], "volumes": []}
    return {
        "secondary_host": host,
        "error": None,
        "remedy": None,
        # The node that answers calls itself localhost: that is how we learn which node a name or alias stands for.
        "node_uuid": next((peer.uuid for peer in pool if peer.name == "localhost"), None),
        "cluster_uuids": [peer.uuid for peer in pool],
        "volumes": [volume_as_dict(volume) for volume in found.values()],
    }


def volume_as_dict(volume: volumes.Volume) -> dict[str, t.Any]:
    return {
        "name": volume.name,
        "id": volume.id,
        "status": volume.status,
        "type": volume.type,
        "bricks": [dict(brick._asdict()) for brick in volume.bricks],
        "set_size": volume.set_size,
        "read_only": volume.read_only,
        "taking_in": taking_in(volume.options.get(MARK, "")),
    }


_DECLARED_WORD = {State.CREATED: "present", State.STOPPED: "stopped", State.PAUSED: "paused"}


def declaration_of(seen: Observed, config: Config) -> dict[str, t.Any]:
    """A session in the shape of the role's input: what a person would declare to get exactly this."""
    values = config.values
    own = {
        name: values[name]
        for name in sorted(seen.modified)
        if name in values and name in BY_NAME and BY_NAME[name].settable and name not in ("ssh-port", "checkpoint")
    }
    return {
        "primary_volume": seen.id.primary_volume,
        "secondary_host": seen.id.secondary_host,
        "secondary_volume": seen.id.secondary_volume,
        "secondary_user": seen.id.secondary_user,
        "ssh_port": int(values.get("ssh-port", 22)),
        "state": _DECLARED_WORD.get(seen.state, "started"),
        "config": own,
    }


def defaults_of(values: t.Mapping[str, str], modified: t.Collection[str]) -> dict[str, str | None]:
    """What each option would be had it not been set.

    gsyncd's own word for it is wrong for numbers and truth values: what was not set is the default, and of what was set
    the table of options knows it.
    """
    found: dict[str, str | None] = {}
    for name, value in values.items():
        default: str | None = value
        if name in modified:
            default = BY_NAME[name].default if name in BY_NAME else None
        if default is not None and name in modified:
            default = re.sub(r"\$\{(\w+)\}", lambda part: values.get(part[1].replace("_", "-"), part[0]), default)
            default = None if "@" in default else default
        found[name] = default
    return found


def status_of(seen: Observed, started: Monitors | None = None) -> dict[str, t.Any]:
    """Everything known about one session.

    :param started: when the sessions were started on this node.
    """
    lag = progress.session_lag(seen.workers, seen.sets, seen.read_at)
    values = seen.config.values if seen.config else {}
    stored = values.get("checkpoint") if seen.config else None
    return {
        "primary_volume": seen.id.primary_volume,
        "secondary_host": seen.id.secondary_host,
        "secondary_volume": seen.id.secondary_volume,
        "secondary_user": seen.id.secondary_user,
        "secondary_volume_id": seen.url.volume_uuid,
        "state": seen.state.value,
        "read_at": progress.iso(int(seen.read_at)),
        "last_synced": progress.iso(lag.last_synced),
        "lag_seconds": lag.seconds,
        "lag_unknown": lag.reason,
        "caught_up": None,
        "checkpoint": progress.checkpoint_of(seen.workers, seen.sets, stored).as_dict(),
        "workers": [worker_of(worker, seen.read_at) for worker in seen.workers],
        "missing": [f"{node}:{path}" for node, path in seen.missing],
        "sets": [[f"{node}:{path}" for node, path in group] for group in seen.sets],
        "config": dict(values),
        "defaults": defaults_of(values, seen.modified),
        "modified": sorted(seen.modified),
        "stale": list(seen.config.stale) if seen.config else [],
        "known_here": seen.known_here,
        "last_proved": proofs.as_dict(proofs.last_proved(seen, started or {})),
    }


def current_from(
    status: t.Mapping[str, t.Any] | None, info: t.Mapping[str, t.Any] | None = None, nodes: t.Sequence[t.Mapping[str, t.Any]] = ()
) -> Current:
    """The way back, for the plan: state, effective options, options that were set, and what is missing where.

    :param info: the result that the status is part of; :param nodes: see :func:`members`.
    """
    if status is None:
        return Current()
    known_here = status.get("known_here", True)
    state = State(status["state"])
    current = Current(
        State.CREATED if state is State.UNREADABLE and not known_here else state,
        dict(status["config"]),
        frozenset(status["modified"]),
    )
    if info is None:
        return current
    volume = next((entry for entry in info["volumes"] if entry["name"] == status["primary_volume"]), None)
    bricks = [volumes.Brick(brick["node"], brick["path"], brick["node_uuid"]) for brick in (volume["bricks"] if volume else ())]
    up = {peer["uuid"] for peer in info["peers"] if peer["connected"]}
    session = SessionId(status["primary_volume"], status["secondary_host"], status["secondary_volume"])
    here = next((peer["uuid"] for peer in info["peers"] if peer["name"] == "localhost"), None)
    strangers, files = known_elsewhere(session.directory, nodes, here)
    missing = [(node, path) for node, _colon, path in (brick.partition(":") for brick in status["missing"])]
    return current._replace(
        unserved=unserved(missing, bricks, up),
        strangers=strangers if known_here else ("this node", *strangers),
        nodes=files,
    )


def members(info: t.Mapping[str, t.Any], nodes: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Of the results of gluster_georep_preflight what concerns the sessions' files, for nodes that take part just now."""
    up = {peer["uuid"] for peer in info["peers"] if peer["connected"]}
    return [
        {"node": node["node"], "node_uuid": node["facts"]["node_uuid"], "sessions": node["facts"]["sessions"]}
        for node in nodes
        if node["site"] == PRIMARY and node["facts"].get("node_uuid") in up
    ]
