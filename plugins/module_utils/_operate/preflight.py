# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Look before anything is touched: what this node is made of, and whether its ways to the other site work."""

from __future__ import annotations

import hashlib
import os
import socket
import typing as t

from .._georep import faults, source_edits
from .._gluster import errors, helpers
from .._gluster.runner import GlusterCli, Recorder
from .._host import facts as host_facts
from .._ssh import georep_keys
from .._ssh.accounts import LocalFiles
from . import facts, trust


def look(params: t.Mapping[str, t.Any], run: Recorder, node: str) -> dict[str, t.Any]:
    """The module's result, without its ``changed``."""
    site = params["site"]
    cli = GlusterCli(run, lock_patience=params["lock_timeout"])
    found = host_facts.gather(run, cli, secondary=site == faults.SECONDARY, controller_time=params["controller_time"])
    primary = site == faults.PRIMARY
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
        "names": {name: resolve(name) for name in dict.fromkeys(params["names"] or ())},
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
    wish = dict(trust.DEFAULTS, state="verified", secondaries=params["secondaries"], known_hosts_file=params["known_hosts_file"])
    try:
        trust.trust(wish, trust.Context(run=run, node=node, check_mode=True, report=report))
    except errors.TrustFailed as exc:
        return {"ways": report.probes, "ways_error": f"{exc.message} {exc.remedy or ''}".strip()}
    return {"ways": report.probes, "ways_error": None}


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
