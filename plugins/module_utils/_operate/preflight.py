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
import typing as t

from .._georep import faults, source_edits
from .._gluster import helpers
from .._gluster.runner import GlusterCli, Recorder
from .._host import facts as host_facts
from .._model import errors
from .._ssh import georep_keys, key_record
from .._ssh.accounts import LocalFiles
from . import facts, local, trust

#: Where glusterd, gsyncd and this collection write on every node: their store, their logs, sockets and mount points.
WRITTEN = ("/var/lib/glusterd/geo-replication", "/var/log/glusterfs", "/run", "/tmp")
#: Where gsyncd keeps the changes that it works on.
WRITTEN_ON_PRIMARY = ("/var/lib/misc",)


def look(params: t.Mapping[str, t.Any], run: Recorder, node: str) -> dict[str, t.Any]:
    """The module's result, without its ``changed``."""
    cli = GlusterCli(run, lock_patience=params["lock_timeout"])
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool:
        # One status of many sessions takes glusterd long, and it uses one processor for that.
        reading = pool.submit(_read, params["read"], run, cli) if params["read"] is not None else None
        result = _look(params, run, cli, node)
        if reading:
            problem = reading.exception()
            # Even a mistake of ours must not hide the faults that were found.
            result["read"] = {"msg": f"{type(problem).__name__}: {problem}"} if problem else reading.result()
    if params["site"] == faults.PRIMARY:
        # gluster does not tell of a worker that has stalled; only its own node knows.
        result["local"] = local.read_local()
    return result


def _read(asked: t.Mapping[str, t.Any], run: Recorder, cli: GlusterCli) -> dict[str, t.Any]:
    """Both sites, as gluster_georep_info tells of them. Why they cannot be read is told, too: it may be a fault that is found here."""
    # Half of the collection, which Python would have to compile on every node that is only looked at.
    from .inform import read_declared  # pylint: disable=import-outside-toplevel

    try:
        return read_declared(cli, run, **asked)
    except errors.GeorepError as exc:
        return exc.as_result()


def _gather(params: t.Mapping[str, t.Any], run: Recorder, cli: GlusterCli) -> dict[str, t.Any]:
    primary = params["site"] == faults.PRIMARY
    folders = [os.path.dirname(params["known_hosts_file"])] if primary else []
    return host_facts.gather(
        run,
        cli,
        secondary=not primary,
        controller_time=params["controller_time"],
        programs=[*faults.programs_of(params["site"]), *(params["programs"] or ())],
        written=[*WRITTEN, *(WRITTEN_ON_PRIMARY if primary else ()), *folders, *(params["written"] or ())],
        # glusterd creates the usual one.
        folders=folders if primary and os.path.dirname(params["known_hosts_file"]) != georep_keys.GEOREP_DIR else (),
        own_accounts=params["accounts"] or (),
    )


def _look(params: t.Mapping[str, t.Any], run: Recorder, cli: GlusterCli, node: str) -> dict[str, t.Any]:
    site = params["site"]
    primary = site == faults.PRIMARY
    found = _gather(params, run, cli)
    found.update(
        node_uuid=facts.read_node_uuid(),
        # The options of each session as they are stored here: every node has its own.
        sessions=facts.read_sessions(found["glusterfs"] or "") if primary else {},
        key_identities=georep_keys.read().identities() if primary else [],
    )
    findings = [finding.as_dict() for finding in faults.find(found, site)]
    result: dict[str, t.Any] = {
        "node": node,
        "site": site,
        "facts": found,
        "faults": findings,
        "unexplained": faults.unexplained(found),
        "names": {name: resolve(name) for name in dict.fromkeys([*(params["names"] or ()), *facts.stored_brick_nodes(params["volumes"] or ())])},
        "ways": [],
        "ways_error": None,
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
    """Every way to the secondary with the very keys that the workers use, by the code of gluster_ssh_trust."""
    report = trust.Report(run.commands)
    try:
        record = key_record.read()
        secondaries = with_nodes(params["secondaries"], record.sites if record else ())
        wish = dict(trust.DEFAULTS, state="verified", secondaries=secondaries, known_hosts_file=params["known_hosts_file"])
        trust.trust(wish, trust.Context(run=run, node=node, check_mode=True, report=report))
    except (errors.TrustFailed, errors.UnreadableOutput, errors.CommandMissing) as exc:
        return {"ways": report.probes, "ways_error": f"{exc.message} {exc.remedy or ''}".strip()}
    return {"ways": report.probes, "ways_error": None}


def with_nodes(secondaries: t.Iterable[t.Mapping[str, t.Any]], sites: t.Sequence[key_record.Site]) -> list[dict[str, t.Any]]:
    """Where nobody says which nodes there are, those that the keys of this cluster were brought to.

    A host of which nothing is known may be another name of one that is: then all sites of the account are tried, too.

    :param sites: what this node remembers of that, see :mod:`key_record`.
    """
    found: dict[tuple[str, str, int], dict[str, t.Any]] = {}
    for one in secondaries:
        host, user, port = one["secondary_host"], one["secondary_user"], one["ssh_port"]
        wanted = [key_record.Site(host, user, port, tuple(one["secondary_nodes"] or (host,)))]
        if not one["secondary_nodes"]:
            alike = [site for site in sites if (site.secondary_user, site.ssh_port) == (user, port)]
            wanted += [site for site in alike if host.lower() in (site.key[0], *map(str.lower, site.secondary_nodes))] or alike
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
            "The sources of gsyncd are not on this node.",
            remedy="Install GlusterFS with geo-replication here, or leave this node out.",
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
                f"{path} is not the file that the remedy of {fault} was made for: {exc}. It was left alone.",
                remedy=f"Mend it by hand: {faults.BY_ID[fault].remedy}",
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
