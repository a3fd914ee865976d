# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The role's plan: all declared sessions against what was read, by the same code the modules use. Touches nothing."""

from __future__ import annotations

import typing as t

from .._georep.faults import BY_ID, PRIMARY
from .._georep.identity import Invalid, SessionId
from .._georep.mountbroker import by_account
from .._georep.plan import Current, Plan, Wanted, plan_session
from .._georep.states import State
from .._georep.sync_method import RSYNC, choose, decide
from .._ssh.probe import session_options
from .inform import current_from
from .report import wanted_from

LABEL = "geo_replication_sessions"

#: What a declaration may leave out; the role's argument_specs.yml says the same, a test holds the two together.
DEFAULTS: dict[str, t.Any] = {
    "secondary_user": "root",
    "ssh_port": 22,
    "state": "started",
    "config": {},
    "accept": [],
    "reset_sync_time": False,
}


def complete_declared(declared: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The role's input with its defaults filled in, each entry checked as the modules would check it.

    :raises Invalid: naming the entry and option at fault.
    """
    completed = []
    places: dict[str, int] = {}
    for index, item in enumerate(declared):
        prefix = f"{LABEL}[{index}]."
        entry = {**DEFAULTS, **{name: value for name, value in item.items() if value is not None}}
        for name in ("primary_volume", "secondary_host", "secondary_volume"):
            if not isinstance(entry.get(name), str):
                raise Invalid(prefix + name, entry.get(name), "is missing or not text.", "Write it as text.")
        try:
            # Answers of an AWX survey arrive as text.
            entry["ssh_port"] = int(entry["ssh_port"])
        except (TypeError, ValueError) as exc:
            raise Invalid(prefix + "ssh_port", entry["ssh_port"], "is not a TCP port.", "Write a number from 1 to 65535.") from exc
        session = wanted_from(entry, prefix).id
        # gluster leaves the user out, and so does this: two entries would undo each other's work for ever.
        if places.setdefault(session.directory, index) != index:
            raise Invalid(
                f"{LABEL}[{index}]", str(session), f"is declared already, as {LABEL}[{places[session.directory]}].", "Declare each session once."
            )
        completed.append(entry)
    return completed


def plan_declared(
    declared: t.Sequence[t.Mapping[str, t.Any]],
    info: t.Mapping[str, t.Any],
    *,
    known_hosts_file: str | None = None,
    read_only: bool = True,
    sync_method: str | None = None,
    nodes: t.Sequence[t.Mapping[str, t.Any]] = (),
    pin_rsync: bool = False,
) -> dict[str, t.Any]:
    """What has to be done for all declared sessions.

    :param declared: the role's input, complete with its defaults.
    :param info: result of gluster_georep_info with ``secondary_hosts``.
    :param known_hosts_file: where set, sessions verify host keys with it unless they declare SSH options themselves.
    :param sync_method: ``auto``, ``rsync`` or ``tarssh``, for sessions that do not declare one; None: leave it to gluster.
    :param nodes: results of gluster_georep_preflight of the nodes of both sites, by which ``auto`` chooses.
    :param pin_rsync: an rsync that works is going to be installed where only its version is at fault, and is wanted.
    :raises Invalid: naming the entry and option at fault.
    """
    choice = choose(nodes, pin_rsync)
    uses_rsync = False
    notes: dict[str, list[str]] = {}
    warnings: dict[str, list[str]] = {}
    by_id = {_id_of(entry): entry for entry in info["status"]}
    far = {entry["secondary_host"]: entry for entry in info["secondaries"]}
    local_volumes = {volume["name"]: volume for volume in info["volumes"]}
    plans: list[tuple[dict[str, t.Any], Plan]] = []
    targets: dict[tuple[str, str, int], dict[str, t.Any]] = {}
    host_names: dict[str, list[str]] = {}
    to_protect: set[str] = set()
    to_verify: list[dict[str, t.Any]] = []
    for index, entry in enumerate(complete_declared(declared)):
        prefix = f"{LABEL}[{index}]."
        wanted = wanted_from(entry, prefix)
        if wanted.state != "absent":
            if known_hosts_file:
                config = dict(session_options(known_hosts_file), **wanted.config)
                wanted = wanted._replace(config=config)
            _state, config_now, _modified = current_from(by_id.get(wanted.id))
            if sync_method:
                # null stands for GlusterFS' own default, which is rsync.
                own = (wanted.config["sync-method"] or RSYNC) if "sync-method" in wanted.config else None
                decision = decide(own, sync_method, config_now.get("sync-method"), choice, prefer_rsync=pin_rsync)
                if decision.method:
                    wanted = wanted._replace(config=dict(wanted.config, **{"sync-method": decision.method}))
                method = decision.method or own or config_now.get("sync-method") or RSYNC
                uses_rsync = uses_rsync or method == RSYNC
                if method == RSYNC and choice.rsync_works is False:
                    _check_existing({**config_now, **wanted.config}, prefix)
                _note(notes, decision.note, wanted)
                _note(warnings, decision.warning, wanted)
            _note(warnings, _meta_volume_warning({**config_now, **wanted.config}, nodes), wanted)
            _check_primary(wanted, local_volumes, prefix)
            volume = _far_volume(wanted, far, prefix)
            _add_target(targets, host_names, wanted, volume, far[wanted.id.secondary_host])
            if read_only and not volume["read_only"]:
                to_protect.add(volume["name"])
        entry["config"] = dict(wanted.config)
        plan = plan_session(wanted, Current(*current_from(by_id.get(wanted.id))))
        if any(step.verb == "create" for step in plan.steps):
            _check_free(wanted, info, nodes, prefix)
            if wanted.id.secondary_user != "root":
                to_verify.append(_mapping_to_verify(wanted, volume))
        plans.append((entry, plan))
    differing = [entry for entry, plan in plans if plan.changed or _needs_waiting(plan)]
    return {
        "sessions": differing,
        "creates": any(step.verb == "create" for _entry, plan in plans for step in plan.steps),
        "changed": any(plan.changed for _entry, plan in plans),
        "steps": [f"{plan.wanted.id}: {step}: {step.why}" for _entry, plan in plans for step in plan.steps],
        "targets": list(targets.values()),
        "host_names": host_names,
        "to_protect": sorted(to_protect),
        **_mappings([plan.wanted for _entry, plan in plans], by_id),
        "mappings_to_verify": to_verify,
        "uses_rsync": uses_rsync,
        "notes": [f"{', '.join(names)}: {said}" for said, names in notes.items()],
        "warnings": [f"{', '.join(names)}: {said}" for said, names in warnings.items()],
        "undeclared": [str(found) for found in by_id if found not in {plan.wanted.id for _entry, plan in plans}],
    }


def _mappings(declared: t.Sequence[Wanted], existing: t.Iterable[SessionId]) -> dict[str, t.Any]:
    """Which unprivileged accounts have to mount which volumes, and which of the sessions declared absent no longer have to.

    Accounts and volumes of one cluster: where it has several secondary clusters, a mapping more is kept rather than lost.
    """
    gone = {wanted.id for wanted in declared if wanted.state == "absent"}
    needed = [wanted.id for wanted in declared if wanted.state != "absent"]
    kept = {(found.secondary_user, found.secondary_volume) for found in (*needed, *existing) if found not in gone}
    obsolete = [(found.secondary_user, found.secondary_volume) for found in gone]
    mappings = by_account((found.secondary_user, found.secondary_volume) for found in needed)
    for mapping in mappings:
        mapping["sessions"] = [found.directory for found in needed if found.secondary_user == mapping["secondary_user"]]
    return {
        "mappings": mappings,
        "obsolete_mappings": by_account(sorted(set(obsolete) - kept)),
    }


def _mapping_to_verify(wanted: Wanted, volume: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        "secondary_user": wanted.id.secondary_user,
        "secondary_volumes": [wanted.id.secondary_volume],
        "secondary_nodes": list(dict.fromkeys([wanted.id.secondary_host, *(brick["node"] for brick in volume["bricks"])])),
    }


def _check_existing(config: t.Mapping[str, t.Any], prefix: str) -> None:
    """Without --existing an rsync that takes / for the volume would write under the nodes' own root directory."""
    if str(config.get("rsync-opt-existing") or "true").lower() in ("false", "0", "no", "off"):
        raise Invalid(
            prefix + "config",
            {"rsync-opt-existing": "false"},
            "is how the session is set, and with the rsync of the secondary nodes it would write below / there.",
            "Write rsync-opt-existing: null to reset it, or sync-method: tarssh.",
        )


def _note(kept: dict[str, list[str]], said: str, wanted: Wanted) -> None:
    """What is to be said of several sessions is said once."""
    if said:
        kept.setdefault(said, []).append(wanted.id.primary_volume)


def _check_free(
    wanted: Wanted, info: t.Mapping[str, t.Any], nodes: t.Sequence[t.Mapping[str, t.Any]], prefix: str
) -> None:
    """Two sessions into one volume would overwrite each other; one of another cluster shows by its processes over there."""
    own = {peer["uuid"] for peer in info["peers"]}
    for node in nodes:
        for other in node["facts"].get("receiving", ()):
            if other["secondary_volume"] == wanted.id.secondary_volume and other["primary_node_uuid"] not in own:
                raise Invalid(
                    prefix + "secondary_volume",
                    wanted.id.secondary_volume,
                    f"receives a session of another cluster already: {other['primary_volume']} of {other['primary_node']} (seen on {node['node']}).",
                    "Choose another volume, or delete that session over there first.",
                )


def _meta_volume_warning(config: t.Mapping[str, t.Any], nodes: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    """use-meta-volume without shared storage makes every worker Faulty."""
    if str(config.get("use-meta-volume") or "").lower() not in ("true", "1", "yes", "on"):
        return ""
    without = [node["node"] for node in nodes if node["site"] == PRIMARY and node["facts"]["shared_storage"] is False]
    fault = BY_ID["meta-volume"]
    return f"use-meta-volume is on, and shared storage is not mounted on {', '.join(without)}. {fault.remedy}" if without else ""


def _needs_waiting(plan: Plan) -> bool:
    """Nothing to send, but the session is not what was declared either: on its way, Faulty, or unreadable."""
    state = plan.current.state
    return state is State.UNREADABLE or (plan.after is State.ACTIVE and state is not State.ACTIVE)


def _id_of(entry: t.Mapping[str, t.Any]) -> SessionId:
    return SessionId(entry["primary_volume"], entry["secondary_host"], entry["secondary_volume"], entry["secondary_user"])


def _check_primary(wanted: Wanted, local_volumes: t.Mapping[str, t.Any], prefix: str) -> None:
    name = wanted.id.primary_volume
    if name not in local_volumes:
        raise Invalid(
            prefix + "primary_volume",
            name,
            "is not a volume of the primary cluster.",
            f"Volumes there: {', '.join(sorted(local_volumes)) or 'none'}.",
        )
    if local_volumes[name]["status"] != "Started" and wanted.state in ("started", "paused"):
        raise Invalid(prefix + "primary_volume", name, "is not started.", f"Start it: gluster volume start {name}.")


def _far_volume(wanted: Wanted, far: t.Mapping[str, t.Any], prefix: str) -> dict[str, t.Any]:
    host = far.get(wanted.id.secondary_host)
    if host is None:
        raise Invalid(
            prefix + "secondary_host",
            wanted.id.secondary_host,
            "was not asked for its volumes.",
            "Read the cluster with gluster_georep_info and name this host in its secondary_hosts.",
        )
    if host["error"]:
        raise Invalid(
            prefix + "secondary_host",
            wanted.id.secondary_host,
            f"cannot be asked for its volumes: {host['error']}",
            "Check the name (getent hosts), that glusterd runs there, and that TCP port 24007 of it is open from every primary node.",
        )
    found = next((volume for volume in host["volumes"] if volume["name"] == wanted.id.secondary_volume), None)
    if found is None:
        raise Invalid(
            prefix + "secondary_volume",
            wanted.id.secondary_volume,
            f"is not a volume of {wanted.id.secondary_host}.",
            f"Volumes there: {', '.join(volume['name'] for volume in host['volumes']) or 'none'}.",
        )
    if found["status"] != "Started" and wanted.state in ("started", "paused"):
        raise Invalid(
            prefix + "secondary_volume",
            wanted.id.secondary_volume,
            f"is not started on {wanted.id.secondary_host}.",
            f"Start it there: gluster volume start {wanted.id.secondary_volume}.",
        )
    return found


def _add_target(
    targets: dict[tuple[str, str, int], dict[str, t.Any]],
    host_names: dict[str, list[str]],
    wanted: Wanted,
    volume: t.Mapping[str, t.Any],
    host: t.Mapping[str, t.Any],
) -> None:
    """Collect whom the primary nodes have to reach: the host itself and every node that holds a brick.

    Nodes are told apart by glusterd's UUID, because one node may go by several names.
    """
    name = wanted.id.secondary_host
    port = wanted.ssh_port or 22
    target = targets.setdefault(
        (name, wanted.id.secondary_user, port),
        {
            "secondary_host": name,
            "secondary_user": wanted.id.secondary_user,
            "ssh_port": port,
            "secondary_nodes": [],
        },
    )
    nodes = [(name, host["node_uuid"])] + [(brick["node"], brick["node_uuid"]) for brick in volume["bricks"]]
    for node, uuid in nodes:
        if node not in target["secondary_nodes"]:
            target["secondary_nodes"].append(node)
        shown = node if port == 22 else f"[{node}]:{port}"
        if shown not in host_names.setdefault(uuid, []):
            host_names[uuid].append(shown)


def known_hosts_lines(
    host_names: t.Mapping[str, t.Sequence[str]], keys_by_uuid: t.Mapping[str, t.Sequence[str]]
) -> list[str]:
    """known_hosts lines for every name of the nodes, from host keys that were read on the nodes themselves.

    :param host_names: glusterd's UUID of a secondary node -> the names (``NAME`` or ``[NAME]:PORT``) it is reached by.
    :param keys_by_uuid: the same UUIDs -> SSH host keys, each ``type base64``.
    """
    return [
        f"{name} {' '.join(key.split()[:2])}"
        for uuid, names in host_names.items()
        for name in names
        for key in keys_by_uuid.get(uuid, ())
    ]
