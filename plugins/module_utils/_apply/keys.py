# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The geo-replication keys of the primary cluster: create and gather what is missing, remember where they are brought."""

from __future__ import annotations

import os
import typing as t

from .._gluster import runner
from .._gluster.store import read_node_uuid
from .._host.logins import logins_of
from .._model import errors, key_lines
from .._model.destination import Destination, read_destinations
from .._ssh import georep_keys, key_record, keys, paths
from . import host_keys
from .key_work import Context, Report, rewrite_record, sweep


class Request(t.NamedTuple):
    """The checked input.

    :ivar generate: whether gluster creates and gathers what is missing.
    :ivar nodes: what was read on the primary nodes, each with ``node`` and ``keys``.
    :ivar destinations: where the keys are about to be brought.
    """

    generate: bool
    nodes: t.Sequence[t.Mapping[str, t.Any]]
    destinations: list[Destination]
    known_hosts_file: str


class KeysReport(Report):
    PARTS: t.ClassVar[dict[str, str]] = {"keys": "key pair", "gathered": "gathered public keys", "recorded": "list of copied keys"}

    def __init__(self) -> None:
        super().__init__()
        self.public_keys: list[str] = []
        self.node_uuid: str | None = None
        self.own_public_keys: list[str] = []
        self.recorded_public_keys: list[str] = []
        self.recorded_sites: list[dict[str, t.Any]] = []
        self.recorded_host_keys: dict[str, list[str]] = {}
        self.generated: list[str] = []
        self.rotation: dict[str, t.Any] | None = None
        self.probes: list[dict[str, t.Any]] = []
        self.logins: list[dict[str, t.Any]] = []

    def fields(self) -> dict[str, t.Any]:
        return {
            "public_keys": self.public_keys,
            "node_uuid": self.node_uuid,
            "own_public_keys": self.own_public_keys,
            "recorded_public_keys": self.recorded_public_keys,
            "recorded_sites": self.recorded_sites,
            "recorded_host_keys": self.recorded_host_keys,
            "generated": self.generated,
            "rotation": self.rotation,
            "probes": self.probes,
            "logins": self.logins,
        }


def read_request(params: t.Mapping[str, t.Any]) -> Request:
    """Check every word before anything is touched."""
    return Request(
        generate=params["generate"],
        nodes=params["nodes"] or (),
        destinations=read_destinations(params["secondaries"]),
        known_hosts_file=keys.check_path(params["known_hosts_file"], "known_hosts_file"),
    )


def present(request: Request, ctx: Context, report: KeysReport) -> None:
    """Create what is missing, and remember where the keys are brought; the outcome is in the report."""
    # Also what is not run yet: keys that are brought somewhere are used to log in there.
    paths.check_programs([*(["ssh-keygen"] if request.generate else []), *(["ssh"] if request.destinations else [])])
    if not ctx.check_mode:
        sweep(f"{ctx.georep_dir}/{name}" for name in (key_record.NAME, georep_keys.COMMON))
    report.logins = logins_of(request.destinations, ctx.run)
    pending = _create(request, ctx, report)
    tell(ctx, report, request.known_hosts_file)
    remember(ctx, report, report.public_keys, request.destinations, unknown=pending)


def _create(request: Request, ctx: Context, report: KeysReport) -> bool:
    """Have gluster create and gather what is missing. Returns whether that is yet to be done (check mode)."""
    folder = ctx.georep_dir
    before = georep_keys.read(folder)
    report.before["keys"] = report.after["keys"] = before.fingerprints()
    report.before["gathered"] = report.after["gathered"] = {georep_keys.COMMON: before.gathered()}
    report.public_keys = before.common or []
    if not request.generate:
        return False
    halves = georep_keys.check_halves(before, folder)
    cli = runner.GlusterCli(ctx.run)
    pool = georep_keys.read_pool(cli)
    reason = georep_keys.reason_to_generate(before, pool, request.nodes)
    if halves:
        reason = reason or f"the public half of {' and '.join(halves)} is missing"
    if pool.disconnected:
        report.notes.append(
            f"These primary nodes are down, so their keys cannot be gathered now: {', '.join(pool.disconnected)}. Run "
            "again when these nodes are back."
        )
    if reason is None:
        return False
    report.changed = True
    report.notes.append(f"Keys {'would be' if ctx.check_mode else 'were'} created or gathered, because {reason}.")
    if ctx.check_mode:
        report.public_keys = []
        report.after["keys"] = {name: fingerprint or "(to be generated)" for name, fingerprint in before.fingerprints().items()}
        report.after["gathered"] = {georep_keys.COMMON: ["(to be gathered)"]}
        report.notes.append("The public key lines are not known before the keys are created.")
        return True
    for name in halves:
        georep_keys.restore_public(ctx.run, name, folder)
    after = georep_keys.generate(cli, folder)
    if pool.disconnected:
        georep_keys.keep_lost(before, after, folder)
        after = georep_keys.read(folder)
    rest = georep_keys.reason_to_generate(after, pool)
    if rest is not None:
        raise errors.CommandFailed(
            f"gluster created the geo-replication keys, but not all of them: {rest}.",
            remedy="Install the geo-replication package (gsyncd) and ssh-keygen on all primary nodes, then run again.",
        )
    old = set(before.fingerprints().values())
    report.generated = [name for name, fingerprint in after.fingerprints().items() if fingerprint not in old]
    report.after["keys"] = after.fingerprints()
    report.after["gathered"] = {georep_keys.COMMON: after.gathered()}
    report.public_keys = after.common or []
    return False


def tell(ctx: Context, report: KeysReport, known_hosts_file: str) -> None:
    """What else a play has to know of this node to tell its cluster's keys from others'."""
    folder = ctx.georep_dir
    report.node_uuid = read_node_uuid(os.path.dirname(folder))
    report.own_public_keys = georep_keys.own_lines(folder, ctx.run)
    record = key_record.read(folder)
    report.recorded_public_keys = list(record.lines) if record else []
    report.recorded_sites = [place.as_dict() for place in record.destinations] if record else []
    report.recorded_host_keys = key_lines.keys_of_names(host_keys.read(known_hosts_file))


def remember(ctx: Context, report: Report, lines: t.Sequence[str], destinations: t.Sequence[Destination], *, unknown: bool = False) -> None:
    """Record which keys are brought where, as gluster forgets them with the node they belong to.

    Without destinations nothing is brought; the record is kept one of this cluster, whose volumes come and go.

    :param unknown: a check run, which does not know lines that are yet to be made.
    """
    folder = ctx.georep_dir
    volumes = key_record.volume_ids(folder)
    rewrite_record(ctx, report, key_record.extended(key_record.read(folder), lines if destinations else [], volumes, destinations))
    if unknown and destinations and volumes:
        report.changed = True
        report.after["recorded"] = {key_record.NAME: ["(to be recorded)"]}
