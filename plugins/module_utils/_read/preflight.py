# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Look before anything is touched: what this node is made of, and whether its ways to the other site work."""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import socket
import time
import typing as t

from .._faults import catalogue, source_edits
from .._gluster import helpers, store
from .._gluster.gsyncd import read_view, site_defaults
from .._gluster.runner import GlusterCli, Recorder
from .._host import facts as host_facts
from .._host.logins import logins_of
from .._host.names import unresolved
from .._host.processes import monitors
from .._model import errors
from .._model.destination import Destination, read_destinations
from .._model.identity import check_session, check_user, known_as, spelled
from .._model.node_view import NodeView
from .._ssh import georep_keys, key_record, keys, paths
from .._ssh.account_files import LocalFiles
from . import local

#: Where glusterd, gsyncd and this collection write on every node: their store, their logs, sockets and mount points.
WRITTEN = ("/var/lib/glusterd/geo-replication", "/var/log/glusterfs", "/run", "/tmp")
#: Seconds to wait for a connection.
TIMEOUT = 10
#: Where gsyncd keeps the changes that it works on.
WRITTEN_ON_PRIMARY = ("/var/lib/misc",)


def look(params: t.Mapping[str, t.Any], run: Recorder, node: str) -> dict[str, t.Any]:
    """The module's result, without its ``changed``."""
    cli = GlusterCli(run, lock_patience=params["lock_timeout"])
    view = _view(params["info"]) if params["site"] == catalogue.PRIMARY else None
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool:
        # One status of many sessions takes glusterd long, and it uses one processor for that.
        reading = pool.submit(_read, params["info"], run, cli, view) if params["info"] is not None else None
        result = _look(params, run, cli, node)
        if reading:
            problem = reading.exception()
            # Even a mistake of ours must not hide the faults that were found.
            result["info"] = {"msg": f"{type(problem).__name__}: {problem}"} if problem else reading.result()
    if view is not None:
        result["view"] = view.to_result()
        # gluster does not tell of a worker that has stalled; only its own node knows.
        result["local"] = local.read_local()
    # As late as can be: whoever gets the result knows that it is no older than the answer.
    result["facts"]["clock"]["read_at"] = time.time()
    return result


def _view(asked: t.Mapping[str, t.Any] | None) -> NodeView:
    """What this node's own files say of the sessions; the options of those that the reading is to tell."""
    if asked is None or asked["registered"] is None:
        return _named(read_view(config_of=lambda _session: False, started=monitors()))
    from .inform import config_wanted  # pylint: disable=import-outside-toplevel

    return _named(read_view(config_of=config_wanted(asked["config_of"]), started=monitors()))


def _named(view: NodeView) -> NodeView:
    """glusterd tells of no session of a volume while the node cannot resolve the secondary host of one of them."""
    lost = unresolved(session.id for session in view.sessions)
    hidden = {session.id.primary_volume: session.id.secondary_host for session in view.sessions if session.id.secondary_host in lost}
    return view._replace(
        sessions=[
            session._replace(problem=session.problem or f"this node cannot resolve {hidden[session.id.primary_volume]}")
            if session.id.primary_volume in hidden
            else session
            for session in view.sessions
        ]
    )


def _suffices(view: NodeView | None, asked: t.Mapping[str, t.Any]) -> bool:
    """Whether this node knows of nothing that gluster must be asked about. What other nodes know, the plan sees."""
    if view is None or asked["registered"] is None or any(session.doubts for session in view.sessions):
        return False
    known = [session.id for session in view.sessions]
    return all(known_as([check_session(**entry)], known) for entry in asked["registered"])


def _read(asked: t.Mapping[str, t.Any], run: Recorder, cli: GlusterCli, view: NodeView | None) -> dict[str, t.Any]:
    """Both sites, as gluster_georep_info tells of them. Why they cannot be read is told, too: it may be a fault that is found here."""
    # Half of the collection, which Python would have to compile on every node that is only looked at.
    from .inform import read_declared  # pylint: disable=import-outside-toplevel

    try:
        suffices = _suffices(view, asked)
        result = read_declared(cli, run, with_sessions=not suffices, **{name: value for name, value in asked.items() if name != "registered"})
        return {**result, "from_views": True} if suffices else result
    except errors.GeorepError as exc:
        return exc.as_result()


def _gather(params: t.Mapping[str, t.Any], run: Recorder, cli: GlusterCli) -> dict[str, t.Any]:
    primary = params["site"] == catalogue.PRIMARY
    for name in params["accounts"] or ():
        check_user("accounts", name)
    folders = [os.path.dirname(params["known_hosts_file"])] if primary else []
    return host_facts.gather(
        run,
        cli,
        secondary=not primary,
        controller_time=params["controller_time"],
        programs=[*catalogue.programs_of(params["site"]), *(params["programs"] or ())],
        written=[*WRITTEN, *(WRITTEN_ON_PRIMARY if primary else ()), *folders, *(params["written"] or ())],
        # glusterd creates the usual one.
        folders=folders if primary and os.path.dirname(params["known_hosts_file"]) != georep_keys.GEOREP_DIR else (),
        own_accounts=params["accounts"] or (),
    )


def _look(params: t.Mapping[str, t.Any], run: Recorder, cli: GlusterCli, node: str) -> dict[str, t.Any]:
    site = params["site"]
    primary = site == catalogue.PRIMARY
    found = _gather(params, run, cli)
    found.update(
        node_uuid=store.read_node_uuid(),
        # The options of each session as they are stored here: every node has its own.
        sessions=store.read_sessions(found["glusterfs"] or "") if primary else {},
        site_defaults=site_defaults() if primary else {},
        key_identities=georep_keys.read().identities() if primary else [],
    )
    findings = [finding.as_dict() for finding in catalogue.find(found, site)]
    result: dict[str, t.Any] = {
        "node": node,
        "site": site,
        "facts": found,
        "faults": findings,
        "unexplained": catalogue.unexplained(found),
        "names": {name: resolve(name) for name in dict.fromkeys([*(params["resolve"] or ()), *store.stored_brick_nodes(params["volumes"] or ())])},
        "ways": [],
        "ways_error": None,
        "logins": [],
    }
    if params["secondaries"]:
        result.update(_ways(params, run, node))
    return result


def resolve(name: str) -> list[str]:
    """The addresses of a name, as this node's programs see them; empty where it has none."""
    try:
        return sorted({str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError):  # the latter: no host can be called so
        return []


def _ways(params: t.Mapping[str, t.Any], run: Recorder, node: str) -> dict[str, t.Any]:
    """Every path to the secondary with the very keys that the workers use."""
    file = keys.check_path(params["known_hosts_file"], "known_hosts_file")
    logins: list[dict[str, t.Any]] = []
    try:
        record = key_record.read()
        destinations = read_destinations(with_nodes(params["secondaries"], record.destinations if record else ()))
        logins = logins_of(destinations, run)
        paths.check_programs(["ssh"])
        results = paths.mesh(
            run,
            paths.targets_of(destinations),
            paths.georep_key_files(node),
            failures=catalogue.SSH_FAILURES,
            known_hosts_file=file,
            known_hosts_text=keys.decode(LocalFiles().read(file) or b""),
            timeout=TIMEOUT,
        )
    except (errors.TrustFailed, errors.UnreadableOutput, errors.CommandMissing) as exc:
        return {"ways": [], "ways_error": f"{exc.message} {exc.remedy or ''}".strip(), "logins": logins}
    failure = paths.failure_of(results, node)
    return {
        "ways": [result.as_dict() for result in results],
        "logins": logins,
        "ways_error": f"{failure.message} {failure.remedy or ''}".strip() if failure else None,
    }


def with_nodes(secondaries: t.Iterable[t.Mapping[str, t.Any]], recorded: t.Sequence[Destination]) -> list[dict[str, t.Any]]:
    """Where nobody says which nodes there are, those that the keys of this cluster were brought to.

    A host of which nothing is known may be another name of one that is: then all sites of the account are tried, too.

    :param recorded: what this node remembers of that, see :mod:`key_record`.
    """
    found: dict[tuple[str, str, int], dict[str, t.Any]] = {}
    for one in secondaries:
        host, user, port = one["secondary_host"], one["secondary_user"], one["ssh_port"]
        wanted = [Destination(host, user, port, tuple(one["secondary_nodes"] or (host,)))]
        if not one["secondary_nodes"]:
            alike = [site for site in recorded if (site.secondary_user, site.ssh_port) == (user, port)]
            wanted += [site for site in alike if spelled(host) in (site.key[0], *map(spelled, site.secondary_nodes))] or alike
        for site in wanted:
            merged = found.setdefault(site.key, {**site._asdict(), "secondary_nodes": []})
            merged["secondary_nodes"] += [name for name in site.secondary_nodes if name not in merged["secondary_nodes"]]
    return list(found.values())


# --- remedies --------------------------------------------------------------------------------------------------------


class Mended(t.NamedTuple):
    """One file that was, or would be, mended."""

    fault: str
    path: str
    backup: str
    before: str
    after: str


def mend(wanted: t.Sequence[str], check_mode: bool, helper: str | None = None) -> list[Mended]:
    """Apply the source edits of these faults where this node needs them.

    Nothing is written before all files were found to be what the catalogue expects.

    :param wanted: ids of the catalogue.
    :raises PreconditionFailed: gsyncd is not here, or a file is another one.
    """
    helper = helper or helpers.helper_dir()
    if helper is None:
        raise errors.PreconditionFailed(
            "gsyncd is not installed on this node, so its known bugs cannot be patched here.",
            remedy="Install gsyncd here (Debian: glusterfs-server, RPM systems: glusterfs-geo-replication), or leave this node out.",
        )
    folder = host_facts.syncdaemon_dir(helper)
    todo = []
    for fault in wanted:
        edit = source_edits.BY_FAULT[fault]
        path = os.path.join(folder, edit.file)
        try:
            with open(path, "rb") as file:
                raw = file.read()
            text = raw.decode("utf-8")
            mended = source_edits.apply(edit, text)
        except (OSError, UnicodeDecodeError, source_edits.Unexpected) as exc:
            raise errors.PreconditionFailed(
                f"{path} is not the file for which the patch of {fault} was written: {exc}. The file was left alone.",
                remedy=f"Patch the file by hand: {catalogue.BY_ID[fault].remedy}",
            ) from exc
        if mended != text:
            backup = f"{path}.before-georep-{hashlib.sha256(raw).hexdigest()[:12]}"
            todo.append(Mended(fault, path, backup, text, mended))
    for item in [] if check_mode else todo:
        files = LocalFiles()
        info = os.stat(item.path)
        if not os.path.exists(item.backup):
            files.replace(item.backup, item.before.encode(), 0o644, info.st_uid, info.st_gid)
        files.replace(item.path, item.after.encode(), info.st_mode & 0o7777, info.st_uid, info.st_gid)
    return todo
