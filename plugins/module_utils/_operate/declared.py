# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The role's plan: all declared sessions against what was read, by the same code the modules use. Touches nothing."""

from __future__ import annotations

import typing as t

from .._georep import health
from .._georep.directory import NOT_EMPTY, check_destination, overlap
from .._georep.durations import seconds_from
from .._georep.eligibility import releases_apart
from .._georep.faults import BY_ID, PRIMARY, SECONDARY
from .._georep.mountbroker import by_account
from .._georep.options import differs, truth_of, undeclared_differences
from .._georep.plan import Current, Plan, Step, Wanted, plan_session, whole_config
from .._georep.states import State
from .._georep.sync_method import PROGRAMS, RSYNC, choose, decide, nodes_without
from .._gluster import xml
from .._model import identity
from .._model.errors import InvalidInput, invalid
from .._model.identity import SessionId, check_session
from .._ssh.probe import session_options
from .clusters import Cluster, Managed, apart, check_managed, cluster_of, hosts_in, seen_in, uuid_of, volume_id
from .inform import current_from, members
from .report import identity_of, wanted_from
from .verdict import pinnable

LABEL = "geo_replication_sessions"

#: geo_replication_undeclared, and the state that it stands for.
KEEP = "keep"
UNDECLARED = {KEEP: "present", "stop": "stopped", "absent": "absent"}

#: What a declaration may leave out; the role's argument_specs.yml says the same, a test holds the two together.
DEFAULTS: dict[str, t.Any] = {
    "secondary_user": "root",
    "ssh_port": 22,
    "state": "started",
    "config": {},
    "accept": [],
    "reset_sync_time": False,
    "config_exclusive": False,
    "secondary_writable": False,
}


def complete_declared(declared: t.Sequence[t.Mapping[str, t.Any]] | str) -> list[dict[str, t.Any]]:
    """The role's input with its defaults filled in, each entry checked as the modules would check it.

    :raises InvalidInput: naming the entry and option at fault.
    """
    if isinstance(declared, str):
        # What older versions of Ansible make of another host's variable that holds one nobody sets.
        raise invalid(LABEL, declared, "is not a list of sessions.", "Write a list, and set the variables that it is made of.")
    completed: list[dict[str, t.Any]] = []
    places: dict[tuple[str, ...], int] = {}
    known: list[SessionId] = []
    for index, item in enumerate(declared):
        prefix = f"{LABEL}[{index}]."
        entry = {**DEFAULTS, **{name: value for name, value in item.items() if value is not None}}
        for name in ("primary_volume", "secondary_host"):
            _check_text(entry, name, prefix)
        _complete_destination(entry, prefix)
        _check_text(entry, "secondary_volume", prefix)
        # Answers of an AWX survey arrive as text.
        for name in ("reset_sync_time", "config_exclusive", "secondary_writable"):
            entry[name] = truth_of(prefix + name, entry[name])
        if isinstance(entry["accept"], str):
            entry["accept"] = [word.strip() for word in entry["accept"].split(",") if word.strip()]
        try:
            entry["ssh_port"] = int(entry["ssh_port"])
        except (TypeError, ValueError) as exc:
            raise invalid(prefix + "ssh_port", entry["ssh_port"], "is not a TCP port.", "Write a number from 1 to 65535.") from exc
        session = wanted_from(entry, prefix).id
        if entry["secondary_writable"] and entry["state"] != "absent":
            raise invalid(
                prefix + "secondary_writable", True, "is only for state: absent; a volume that is replicated into has one writer.",
                "Leave it out.",
            )
        # gluster leaves the user out, and so does this: two entries would undo each other's work for ever.
        if places.setdefault(session[:3], index) != index:
            raise invalid(f"{LABEL}[{index}]", str(session), f"is declared already, as {LABEL}[{places[session[:3]]}].", "Declare each session once.")
        identity.check_apart(session, (), known, f"{LABEL}[{index}]", str(session))
        known.append(session)
        _check_apart(entry, completed, prefix)
        seconds_from(prefix + "rpo", entry.pop("rpo", None))
        completed.append(entry)
    return completed


def _check_text(entry: t.Mapping[str, t.Any], name: str, prefix: str) -> None:
    if not isinstance(entry.get(name), str):
        raise invalid(prefix + name, entry.get(name), "is missing or not text.", "Write it as text.")


def _complete_destination(entry: dict[str, t.Any], prefix: str) -> None:
    """From a directory follows the volume over it: from here on the session is like any other."""
    volume, path = entry.get("secondary_volume"), entry.get("secondary_directory")
    if volume is None and path is None:
        raise invalid(
            prefix + "secondary_volume", None, "is missing, and so is secondary_directory.",
            "Write one of the two: a volume of the secondary cluster, or a directory on secondary_host.",
        )
    if path is None:
        if NOT_EMPTY in entry["accept"]:
            raise invalid(prefix + "accept", entry["accept"], f"{NOT_EMPTY} is for secondary_directory.", "Write secondary_not_empty.")
        return
    if volume is not None:
        raise invalid(
            prefix + "secondary_directory",
            path,
            f"is given beside secondary_volume = {volume!r}.",
            "Write one of the two, secondary_volume or secondary_directory.",
        )
    entry["secondary_directory"], entry["secondary_volume"] = check_destination(prefix + "secondary_directory", entry["secondary_host"], path)


def _check_apart(entry: t.Mapping[str, t.Any], earlier: t.Sequence[t.Mapping[str, t.Any]], prefix: str) -> None:
    for index, other in enumerate(earlier):
        if (
            all("secondary_directory" in one and one["state"] != "absent" for one in (entry, other))
            and entry["secondary_host"] == other["secondary_host"]
            and overlap(entry["secondary_directory"], other["secondary_directory"])
        ):
            raise invalid(
                prefix + "secondary_directory", entry["secondary_directory"], f"is, contains, or lies in the directory of {LABEL}[{index}].",
                "Give each session a directory of its own.",
            )


def directories_to_do(declared: t.Sequence[t.Mapping[str, t.Any]], info: t.Mapping[str, t.Any], read_only: bool = True) -> dict[str, t.Any]:
    """The declared directories whose volumes are not as they are to be, as gluster_georep_directory takes them.

    What was read of the other site anyway says it for all those that are in order, so that nobody else has to be asked.

    :returns: ``present`` and ``absent``.
    :raises InvalidInput: naming the entry and option at fault.
    """
    completed = [entry for entry in complete_declared(declared) if "secondary_directory" in entry]
    far = {entry["secondary_host"]: entry for entry in info["secondaries"]}
    stay = {(entry["secondary_host"], entry["secondary_directory"]) for entry in completed if entry["state"] != "absent"}
    present, absent = [], []
    for entry in completed:
        host = far.get(entry["secondary_host"])
        silent = host is None or bool(host["error"])
        volume = next((volume for volume in host["volumes"] if volume["name"] == entry["secondary_volume"]), None) if host else None
        item = {"secondary_host": entry["secondary_host"], "directory": entry["secondary_directory"]}
        # Nodes of several sites may take one name for their own.
        own = host["node_uuid"] if host else None
        node = {"node_uuid": own} if own else {}
        if entry["state"] != "absent":
            as_it_is_to_be = (
                not silent and volume is not None and volume["status"] == "Started" and not volume.get("taking_in")
                and (volume["read_only"] or not read_only)
                and [(brick["node_uuid"], brick["path"]) for brick in volume["bricks"]] == [(own, entry["secondary_directory"])]
            )
            if not as_it_is_to_be:
                accept = [NOT_EMPTY] if NOT_EMPTY in entry["accept"] else []
                present.append(dict(item, state="present", accept=accept, **node, **({"read_only": True} if read_only else {})))
        elif (silent or volume is not None) and tuple(item.values()) not in stay:
            absent.append(dict(item, state="absent", **node))
    return {"present": present, "absent": absent}


def with_coming(info: t.Mapping[str, t.Any], looked: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """What was read, with the volumes over directories as they are going to be.

    :param looked: results of gluster_georep_directory in check mode, one a node; those of a loop have their host as ``item``.
    """
    coming: dict[str, list[t.Mapping[str, t.Any]]] = {}
    claimed: dict[str, list[str]] = {}
    for result in looked:
        for entry in result.get("directories", ()):
            coming.setdefault(entry["secondary_host"], []).append(entry)
            claimed.setdefault(entry["secondary_host"], []).append(result.get("item", ""))
    secondaries = []
    for host in info["secondaries"]:
        entries = coming.get(host["secondary_host"], [])
        names = {entry["secondary_volume"] for entry in entries}
        volumes = [volume for volume in host["volumes"] if volume["name"] not in names] + [_coming_volume(entry) for entry in entries]
        secondaries.append({**host, **(_known_by(entries[0], host) if entries else {}), "volumes": volumes})
    lacking = {result["item"]: lack for result, lack in _lacks(looked) if any(lack.values())}
    several = {host: nodes for host, nodes in ((host, list(dict.fromkeys(nodes))) for host, nodes in claimed.items()) if len(nodes) > 1}
    return {**info, "secondaries": secondaries, "lacking": lacking, "found_hosts": list(coming), "claimed_twice": several}


def _known_by(entry: t.Mapping[str, t.Any], host: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What a node says of itself, and its cluster, where its glusterd may not have been there to be asked."""
    uuids = [uuid for uuid in dict.fromkeys([*host.get("cluster_uuids", ()), entry["node_uuid"], *entry.get("cluster_uuids", ())]) if uuid]
    return {"error": None, "node_uuid": entry["node_uuid"] or host["node_uuid"], "cluster_uuids": uuids}


def _lacks(looked: t.Sequence[t.Mapping[str, t.Any]]) -> t.Iterator[tuple[t.Mapping[str, t.Any], dict[str, t.Any]]]:
    for result in looked:
        packages = list(result.get("lacking", {}).get("packages", ()))
        if packages or "(lxml)" in result.get("msg", ""):
            packages.append("python3-lxml")
        yield result, {"packages": packages, "service": result.get("lacking", {}).get("service", "")}


def _coming_volume(entry: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        "name": entry["secondary_volume"],
        "id": None,
        "status": entry["after"]["status"],
        "type": "Distribute",
        "bricks": [{"node": entry["secondary_host"], "path": entry["directory"], "node_uuid": entry["node_uuid"]}],
        "set_size": 1,
        "read_only": entry["after"]["read_only"],
        "coming": entry["before"]["status"] != "Started",
        "cluster_uuids": [uuid for uuid in dict.fromkeys([entry["node_uuid"], *entry.get("cluster_uuids", ())]) if uuid],
        **{name: entry[name] for name in ("size", "used", "available", "entries")},
    }


def check_releases(
    declared: t.Sequence[t.Mapping[str, t.Any]],
    version: str,
    nodes: t.Sequence[t.Mapping[str, t.Any]] = (),
    versions: t.Mapping[str, str] | None = None,
    secondaries: t.Sequence[t.Mapping[str, t.Any]] = (),
    managed: Managed | None = None,
) -> None:
    """Before anything is made of what the secondary answers: across some releases not even that means what it says.

    Nodes that are known to be of another cluster than a session goes to are nothing to it.

    :param version: of this cluster; :param nodes: results of gluster_georep_preflight of both sites.
    :param versions: of secondary nodes that were asked otherwise.
    :param secondaries: what the secondary hosts told; :param managed: which nodes the inventory hosts are, see :func:`plan_declared`.
    :raises InvalidInput: naming the first session that stays, and the nodes.
    """
    near = {node["node"]: node["facts"]["glusterfs"] for node in nodes_of(PRIMARY, nodes)} or {"this cluster": version}
    clusters = {entry["secondary_host"]: cluster_of(entry) for entry in secondaries}
    for index, entry in enumerate(complete_declared(declared)):
        cluster = clusters.get(entry["secondary_host"], frozenset())
        there = {node["node"]: node["facts"]["glusterfs"] for node in seen_in(cluster, nodes_of(SECONDARY, nodes))}
        asked = {host: found for host, found in (versions or {}).items() if not cluster or ((managed or {}).get(host) or "") in ("", *cluster)}
        objection = releases_apart(near, {**there, **asked}) if entry["state"] != "absent" else None
        if objection:
            raise invalid(
                f"{LABEL}[{index}].secondary_host", entry["secondary_host"], f"cannot receive from this cluster. {objection.message} "
                "Nothing was changed.", objection.remedy,
            )


def plan_declared(
    declared: t.Sequence[t.Mapping[str, t.Any]],
    info: t.Mapping[str, t.Any],
    *,
    known_hosts_file: str | None = None,
    read_only: bool = True,
    sync_method: str | None = None,
    nodes: t.Sequence[t.Mapping[str, t.Any]] = (),
    pin_rsync: bool = False,
    undeclared: str = KEEP,
    managed: Managed | None = None,
) -> dict[str, t.Any]:
    """What has to be done for all declared sessions.

    :param declared: the role's input, complete with its defaults.
    :param info: result of gluster_georep_info with ``secondary_hosts``.
    :param known_hosts_file: where set, sessions verify host keys with it unless they declare SSH options themselves.
    :param sync_method: ``auto``, ``rsync`` or ``tarssh``, for sessions that do not declare one; None: leave it to gluster.
    :param nodes: results of gluster_georep_preflight of the nodes of both sites, by which ``auto`` chooses.
    :param pin_rsync: an rsync that works is going to be installed where only its version is at fault, and is wanted.
    :param undeclared: what becomes of sessions that are not declared: ``keep``, ``stop`` or ``absent``.
    :param managed: the inventory hosts of the secondary sites, and which nodes they are; None: Ansible manages none, or nobody asks.
    :raises InvalidInput: naming the entry and option at fault.
    """
    check_undeclared(declared, undeclared)
    uses_rsync = False
    pins: list[str] = []
    notes: dict[str, list[str]] = {}
    warnings: dict[str, list[str]] = {}
    by_id = {identity.session_of(entry): entry for entry in info["status"]}
    far = {entry["secondary_host"]: entry for entry in info["secondaries"]}
    local_volumes = {volume["name"]: volume for volume in info["volumes"]}
    files = members(info, nodes)
    down = [peer["name"] for peer in info["peers"] if not peer["connected"]]
    receivers: dict[str, tuple[int, bool]] = {}
    coming: dict[str, list[tuple[int, str, frozenset[str]]]] = {}
    plans: list[tuple[dict[str, t.Any], Plan]] = []
    going: list[dict[str, t.Any]] = []
    targets: dict[tuple[str, str, int], dict[str, t.Any]] = {}
    host_names: dict[str, list[str]] = {}
    account_nodes: dict[str, list[str]] = {}
    to_protect: dict[Cluster, dict[str, str]] = {}
    versions: dict[str, str | None] = {}
    to_verify: list[dict[str, t.Any]] = []
    pending: list[dict[str, t.Any]] = []
    for index, entry in enumerate(complete_declared(declared)):
        prefix = f"{LABEL}[{index}]."
        path = entry.pop("secondary_directory", None)
        # One consent is enough: the volume shows what the directory holds.
        entry["accept"] = list(dict.fromkeys("secondary_not_empty" if name == NOT_EMPTY else name for name in entry["accept"]))
        wanted, remark = recognise(wanted_from(entry, prefix), by_id, far, prefix)
        _note(notes, remark, wanted)
        if any(wanted.id == plan.wanted.id for _entry, plan in plans):
            raise invalid(
                f"{LABEL}[{index}]", str(wanted_from(entry).id), f"is declared already, by another name: {wanted.id}.", "Declare each session once."
            )
        entry["secondary_host"] = wanted.id.secondary_host
        cluster = cluster_of(far.get(wanted.id.secondary_host))
        there = seen_in(cluster, nodes_of(SECONDARY, nodes))
        involved = [*nodes_of(PRIMARY, nodes), *there]
        choice = choose(involved, pin_rsync)
        status = by_id.get(wanted.id)
        if wanted.state != "absent" or status is not None:
            identity.check_apart(wanted.id, by_id, [plan.wanted.id for _entry, plan in plans], f"{LABEL}[{index}]", str(wanted.id))
        current = current_from(status, info, files)
        if wanted.state != "absent":
            if known_hosts_file:
                config = dict(session_options(known_hosts_file), **wanted.config)
                wanted = wanted._replace(config=config)
            config_now = current.config
            if sync_method:
                # null stands for GlusterFS' own default, which is rsync.
                own = (wanted.config["sync-method"] or RSYNC) if "sync-method" in wanted.config else None
                decision = decide(own, sync_method, config_now.get("sync-method"), choice, prefer_rsync=pin_rsync)
                if decision.method:
                    wanted = wanted._replace(config=dict(wanted.config, **{"sync-method": decision.method}))
                method = decision.method or own or config_now.get("sync-method") or RSYNC
                if wanted.config_exclusive and "sync-method" in current.modified:
                    # Chosen by an earlier run of the role, which is as good as declared.
                    wanted = wanted._replace(config={"sync-method": method, **wanted.config})
                uses_rsync = uses_rsync or method == RSYNC
                if wanted.state != "stopped":
                    _check_program(method, choice.why if decision.method else "", involved, prefix)
                # Of another cluster the rsync is as good as it has to be for what goes there.
                if method == RSYNC and choose(involved, True).rsync_works:
                    pins += [host for host in map(pinnable, there) if host]
                if method == RSYNC and choice.rsync_works is False:
                    _check_existing({**config_now, **wanted.config}, prefix)
                _note(notes, decision.note, wanted)
                _note(warnings, decision.warning, wanted)
            _note(warnings, _meta_volume_warning({**config_now, **wanted.config}, nodes), wanted)
            _check_primary(wanted, local_volumes, prefix)
            volume = _far_volume(wanted, far, prefix, path)
            if volume.get("coming"):
                pending.append(_pending(wanted.id.secondary_host, volume))
            if managed is not None:
                check_managed(wanted.id, far[wanted.id.secondary_host], managed, prefix)
            _add_target(targets, host_names, account_nodes, wanted, volume, far[wanted.id.secondary_host])
            # Those over directories may be of another cluster; they are seen to where they are.
            if read_only and not volume["read_only"] and path is None:
                to_protect.setdefault(cluster, {})[volume["name"]] = volume["id"]
            if status is not None:
                for said in _file_warnings(wanted, current, status, volume):
                    _note(warnings, said, wanted)
            if volume["id"]:  # one that is yet to be made has none
                _check_receiver(receivers, volume, index, status is None, prefix)
            elif path is not None:
                _check_coming(coming, volume, path, index, wanted.id.secondary_host)
        entry["config"] = dict(wanted.config)
        plan = plan_session(wanted, current)
        if plan.creates:
            _check_free(wanted, info, there, prefix)
            versions[wanted.id.secondary_host] = next((node["facts"]["glusterfs"] for node in there if node["facts"]["glusterfs"]), None)
            if wanted.id.secondary_user != "root":
                to_verify.append(_mapping_to_verify(wanted, volume))
        if down and plan.changed and "peer_down" in wanted.accept:
            left = f": {', '.join(plan.left_behind)}" if plan.left_behind else ""
            _note(warnings, f"{', '.join(down)} cannot be reached and stays as it is{left}. Run again once it is back.", wanted)
        if wanted.state == "absent" and not plan.changed:
            _note(notes, _orphan_note(wanted, info), wanted)
        # The module for sessions has no business with the volume on the other site, and a volume over a directory goes anyway.
        writable = entry.pop("secondary_writable") and path is None
        if wanted.state == "absent":
            if managed is not None and writable:
                check_managed(wanted.id, far.get(wanted.id.secondary_host), managed, prefix, "secondary_writable")
            going.append({**identity_of(wanted.id), "ssh_port": entry["ssh_port"], "secondary_writable": writable})
        plans.append((entry, plan))
    declared_ids = {plan.wanted.id for _entry, plan in plans}
    others = {found: status for found, status in by_id.items() if found not in declared_ids}
    orphans = _plan_orphans(others, by_id, undeclared, warnings)
    going += [
        {**identity_of(plan.wanted.id), "ssh_port": _own_port(by_id[plan.wanted.id]), "secondary_writable": False}
        for _entry, plan in orphans
        if plan.wanted.state == "absent"
    ]
    for one in going:
        one["secondary_volume_id"] = volume_id(identity.session_of(one), far, by_id)
    lend = _names_to_lend([plan for _entry, plan in plans], info)
    gone = {plan.wanted.id for _entry, plan in plans + orphans if plan.wanted.state == "absent"}
    staying = [session for session in dict.fromkeys([*declared_ids, *by_id]) if session not in gone]
    needed = [plan.wanted.id for _entry, plan in plans if plan.wanted.state != "absent"]
    obsolete, unclear = _obsolete_mappings(gone, [*needed, *(found for found in by_id if found not in gone)], far, by_id)
    for session in unclear if managed is not None else ():
        _note(
            notes,
            f"{session.secondary_host} cannot be asked for its cluster, so the mapping of {session.secondary_volume} for {session.secondary_user} "
            "stays in glusterd.vol of the nodes there. Run again once it answers.",
            Wanted(session, "absent", None),
        )
    differing = [(entry, plan) for entry, plan in plans if plan.changed or _needs_waiting(plan)]
    return {
        "sessions": [entry for entry, _plan in differing + orphans],
        "creates": any(plan.creates for _entry, plan in plans),
        "doubtful": any(plan.completes or (down and plan.changed) for _entry, plan in plans),
        "heals": [heal for _entry, plan in plans for heal in _heals(plan)],
        "nodes": _of_sessions(files, {plan.wanted.id.directory for _entry, plan in differing}),
        "changed": bool(orphans) or any(plan.changed for _entry, plan in plans),
        "to_prove": [identity_of(plan.wanted.id) for _entry, plan in plans if _owed(plan, by_id.get(plan.wanted.id))],
        "unwell": [said for _entry, plan in plans for said in _unwell(plan, by_id.get(plan.wanted.id))],
        "steps": [_said(plan, step, lend) for _entry, plan in plans for step in plan.steps]
        + [f"{plan.wanted.id}: {step}: it is not declared" for _entry, plan in orphans for step in plan.steps],
        "targets": list(targets.values()),
        "reached": _reached(list(targets.values()), info, nodes),
        "host_names": host_names,
        "account_nodes": account_nodes,
        "to_protect": [
            {"host": next(iter(hosts_in(cluster, managed or {})), None), "volumes": sorted(uuids), "uuids": uuids}
            for cluster, uuids in to_protect.items()
        ],
        "mappings": _mappings(needed, far),
        "obsolete_mappings": [*obsolete, *(_by_hand(session) for session in unclear if managed is None)],
        "mappings_to_verify": to_verify,
        "pending_volumes": pending,
        "secondary_versions": {host: found for host, found in versions.items() if found},
        "versions_to_ask": _versions_to_ask([host for host, found in versions.items() if not found], far, managed or {}),
        "uses_rsync": uses_rsync,
        "pin": list(dict.fromkeys(pins)),
        "notes": [f"{', '.join(names)}: {said}" for said, names in notes.items()],
        "warnings": [f"{', '.join(names)}: {said}" for said, names in warnings.items()],
        "undeclared": [str(found) for found in others],
        "left_alone": [str(found) for found in others if found not in {plan.wanted.id for _entry, plan in orphans}],
        "lend": lend,
        "going": going,
        "staying": [identity_of(session) for session in staying],
        "abandoned": _abandoned(info.get("recorded_sites", ()), [*staying, *gone]) if undeclared == "absent" else [],
        # Keys of more nodes than the cluster has: some of them have left.
        "departed": not any(not peer["connected"] for peer in info["peers"]) and info.get("keyed_nodes", 0) > len(info["peers"]),
    }


def _of_sessions(files: t.Sequence[t.Mapping[str, t.Any]], directories: t.Container[str]) -> list[dict[str, t.Any]]:
    return [
        {**node, "sessions": {name: own for name, own in node["sessions"].items() if name in directories}} for node in files
    ]


def _heals(plan: Plan) -> list[dict[str, t.Any]]:
    """What other nodes' files are to say after the run."""
    changes = [step.change for step in plan.steps if step.change is not None]
    return [
        {"directory": plan.wanted.id.directory, "option": change.name, "value": change.after}
        for change in changes
        if change.nodes or plan.completes
    ]


def unhealed(heals: t.Sequence[t.Mapping[str, t.Any]], nodes: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    """Which nodes' files still say something else, in words.

    :param heals: of the plan; :param nodes: results of gluster_georep_preflight of the primary nodes, after the run.
    """
    found = []
    for node in nodes:
        for heal in heals:
            own = node["facts"]["sessions"].get(heal["directory"])
            if own is None:
                found.append(f"{node['node']} still does not know {heal['directory']}")
            elif differs(heal["option"], own.get(heal["option"]), heal["value"]):
                found.append(f"{heal['option']} of {heal['directory']} is {own.get(heal['option']) or '(default)'} on {node['node']}")
    return list(dict.fromkeys(found))


def recognise(
    wanted: Wanted, by_id: t.Mapping[SessionId, t.Mapping[str, t.Any]], far: t.Mapping[str, t.Any], prefix: str
) -> tuple[Wanted, str]:
    """The declared session by the name that gluster has for it: a host may be known by several. The far volume's UUID decides."""
    if wanted.state == "absent":
        return wanted, " ".join(identity.left_alone(wanted.id, by_id))
    # Entries of very old releases do not hold the UUID: there the host was asked by the name that they have.
    found = identity.recognise(
        wanted.id, by_id, lambda: uuid_of(far, wanted.id), lambda known: by_id[known]["secondary_volume_id"] or uuid_of(far, known)
    )
    if found is None:
        return wanted, ""
    return wanted._replace(id=identity.adopt(wanted.id, found, prefix)), identity.adoption(wanted.id, found)


def nodes_of(site: str, nodes: t.Iterable[t.Mapping[str, t.Any]]) -> list[t.Mapping[str, t.Any]]:
    return [node for node in nodes if node["site"] == site]


def _check_receiver(receivers: dict[str, tuple[int, bool]], volume: t.Mapping[str, t.Any], index: int, is_new: bool, prefix: str) -> None:
    """Two declared sessions into one volume, by whatever names: the second would be made over the first."""
    other, other_is_new = receivers.setdefault(volume["id"], (index, is_new))
    if other != index and (is_new or other_is_new):
        raise invalid(
            prefix + "secondary_volume",
            volume["name"],
            f"is the secondary volume of {LABEL}[{other}] too (UUID {volume['id']}). Two of them would overwrite each other's files.",
            "Choose another volume for one of them.",
        )


def _check_coming(
    coming: dict[str, list[tuple[int, str, frozenset[str]]]], volume: t.Mapping[str, t.Any], path: str, index: int, host: str
) -> None:
    """One directory on two nodes of a cluster, or on one that goes by two names: glusterd would refuse the second volume, with the first one made."""
    nodes = frozenset(volume["cluster_uuids"])
    earlier = coming.setdefault(volume["name"], [])
    for other, name, known in earlier:
        if nodes & known:
            raise invalid(
                f"{LABEL}[{index}].secondary_directory",
                path,
                f"on {host} gives a volume of the name {volume['name']}, and so does {LABEL}[{other}] on {name}, in the same cluster.",
                "Name another directory for one of them.",
            )
    earlier.append((index, host, nodes))


def _file_warnings(
    wanted: Wanted, current: Current, status: t.Mapping[str, t.Any], volume: t.Mapping[str, t.Any]
) -> list[str]:
    """What people should know of a session's files, and of its far end."""
    found = []
    if volume["id"] and status["secondary_volume_id"] not in (None, volume["id"]):
        found.append(
            f"The secondary volume {volume['name']} was made anew since the session was created: its UUID is {volume['id']}, the session's "
            f"{status['secondary_volume_id']}. What was copied to the old one is not copied again by itself."
        )
    stale = [name for name in status.get("stale", ()) if name in current.modified or status["config"]]
    if stale:
        found.append(
            f"An upgrade to GlusterFS 10 left {', '.join(stale)} in the session's file, which is not read any more. Declare "
            f"{', '.join(xml.modern(name) for name in stale)} to have it again."
        )
    if not wanted.config_exclusive:
        config = whole_config(wanted, current)
        differences = undeclared_differences(config, current.config, current.modified, current.nodes, "the first node")
        found += [f"{said}, and is not declared: declare it (null for the default), and it is made the same." for said in differences]
    return found


def _mappings(needed: t.Sequence[SessionId], far: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """Which unprivileged accounts have to mount which volumes, and on the nodes of which cluster."""
    clusters: dict[Cluster, list[SessionId]] = {}
    for session in needed:
        clusters.setdefault(cluster_of(far.get(session.secondary_host)), []).append(session)
    return [
        {
            **mapping,
            "sessions": [session.directory for session in own if session.secondary_user == mapping["secondary_user"]],
            **_where(cluster, {session.secondary_volume: uuid_of(far, session) for session in own}, mapping["secondary_volumes"]),
        }
        for cluster, own in clusters.items()
        for mapping in by_account((session.secondary_user, session.secondary_volume) for session in own)
    ]


def _obsolete_mappings(
    gone: t.Collection[SessionId], staying: t.Sequence[SessionId], far: t.Mapping[str, t.Any], by_id: t.Mapping[SessionId, t.Any]
) -> tuple[list[dict[str, t.Any]], list[SessionId]]:
    """Which mappings no session needs any more, and of which sessions nobody can tell whose nodes have them."""
    found: dict[tuple[Cluster, str, str], dict[str, str | None]] = {}
    unclear = []
    for session in sorted(gone):
        cluster, uuid = cluster_of(far.get(session.secondary_host)), volume_id(session, far, by_id)
        needed = any(
            (other.secondary_user, other.secondary_volume) == (session.secondary_user, session.secondary_volume)
            and not apart(cluster, cluster_of(far.get(other.secondary_host)))
            for other in staying
        )
        if needed or session.secondary_user == "root":
            continue
        if cluster or uuid:
            found.setdefault((cluster, "" if cluster else session.secondary_host, session.secondary_user), {})[session.secondary_volume] = uuid
        else:
            unclear.append(session)
    return [
        {"secondary_user": user, "secondary_volumes": sorted(uuids), **_where(cluster, uuids, uuids)} for (cluster, _host, user), uuids in found.items()
    ], unclear


def _by_hand(session: SessionId) -> dict[str, t.Any]:
    return {"secondary_user": session.secondary_user, "secondary_volumes": [session.secondary_volume]}


def _where(cluster: Cluster, uuids: t.Mapping[str, str | None], names: t.Iterable[str]) -> dict[str, t.Any]:
    """The nodes and the volumes that are meant, as gluster_mountbroker takes them."""
    known = {name: uuids[name] for name in names if uuids[name]}
    return {**({"node_uuids": sorted(cluster)} if cluster else {}), **({"volume_uuids": known} if known else {})}


def _versions_to_ask(hosts: t.Sequence[str], far: t.Mapping[str, t.Any], managed: Managed) -> list[dict[str, str]]:
    """Of secondary hosts whose nodes nobody looked at, an inventory host each that can say its GlusterFS version."""
    found = {host: hosts_in(cluster_of(far[host]), managed) for host in hosts}
    return [{"secondary_host": host, "host": nodes[0]} for host, nodes in found.items() if nodes]


def _mapping_to_verify(wanted: Wanted, volume: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        "secondary_user": wanted.id.secondary_user,
        "secondary_volumes": [wanted.id.secondary_volume],
        "secondary_nodes": list(dict.fromkeys([wanted.id.secondary_host, *(brick["node"] for brick in volume["bricks"])])),
    }


def check_undeclared(declared: t.Sequence[t.Any], undeclared: str) -> None:
    """:raises InvalidInput: a list that is empty, maybe by mistake, would end every session of the cluster."""
    if undeclared not in UNDECLARED:
        raise invalid("geo_replication_undeclared", undeclared, "is not known.", f"Write one of {', '.join(UNDECLARED)}.")
    if undeclared != KEEP and not declared:
        raise invalid(
            "geo_replication_undeclared",
            undeclared,
            f"with an empty {LABEL} would be for every session of the cluster.",
            f"Declare what is to stay; where nothing is, declare one of the sessions with state: {UNDECLARED[undeclared]}.",
        )


def _abandoned(sites: t.Sequence[t.Mapping[str, t.Any]], sessions: t.Sequence[SessionId]) -> list[dict[str, t.Any]]:
    """Where keys were brought and no session goes any more: a run may have been ended after it had deleted the last one."""
    used = {(session.secondary_host.lower(), session.secondary_user) for session in sessions}
    return [dict(site) for site in sites if (site["secondary_host"].lower(), site["secondary_user"]) not in used]


def _own_port(status: t.Mapping[str, t.Any]) -> int | None:
    """By the session's options, where they were read; None: nobody has said, and the record of distributed keys may know."""
    port = str(status["config"].get("ssh-port", ""))
    return int(port) if port.isdecimal() else None


def _plan_orphans(
    others: t.Mapping[SessionId, t.Mapping[str, t.Any]], known: t.Collection[SessionId], undeclared: str, warnings: dict[str, list[str]]
) -> list[tuple[dict[str, t.Any], Plan]]:
    """Those of the sessions that nobody declared about which there is something to do, ready for gluster_georep_session.

    :param known: all sessions of the cluster.
    :raises InvalidInput: one of them shares its directory with another.
    """
    found = []
    for session in others:
        beside = identity.sharing(session, known)
        if beside:
            _note(warnings, identity.shared_words(session, beside), Wanted(session))
    for session, status in others.items() if undeclared != KEEP else ():
        wanted = Wanted(session, UNDECLARED[undeclared], None)
        plan = plan_session(wanted, Current(State(status["state"])))
        if plan.changed:
            identity.check_apart(session, known, option="geo_replication_undeclared", value=undeclared)
        try:
            check_session(*session)
            readable = plan.current.state is not State.UNREADABLE
        except InvalidInput:
            readable = False
        if not readable:
            _note(warnings, f"{session} is not declared and cannot be read; it was left alone. Declare it to learn more.", wanted)
        elif plan.changed:
            found.append((dict(session._asdict(), state=wanted.state, only_state=True), plan))
    return found


def _check_program(method: str, why: str, nodes: t.Sequence[t.Mapping[str, t.Any]], prefix: str) -> None:
    """Without the method's program on each node the workers would be Faulty.

    :param why: for a method that was chosen: why it was.
    """
    without = nodes_without(method, nodes)
    if without:
        program, _fault = PROGRAMS[method]
        chosen = f", and was chosen because {why}" if why else ""
        raise invalid(
            prefix + "config",
            {"sync-method": method},
            f"runs {program}, which is not installed on {', '.join(without)}{chosen}.",
            f"Install {program} there (apt install {program}), or use another sync-method, then run again.",
        )


def _check_existing(config: t.Mapping[str, t.Any], prefix: str) -> None:
    """Without --existing an rsync that takes / for the volume would write under the nodes' own root directory."""
    if str(config.get("rsync-opt-existing") or "true").lower() in ("false", "0", "no", "off"):
        raise invalid(
            prefix + "config",
            {"rsync-opt-existing": "false"},
            "is how the session is set, and with the rsync of the secondary nodes it would write below / there.",
            "Write rsync-opt-existing: null to reset it, or sync-method: tarssh.",
        )


def _note(kept: dict[str, list[str]], said: str, wanted: Wanted) -> None:
    """What is to be said of several sessions is said once."""
    if said:
        kept.setdefault(said, []).append(wanted.id.primary_volume)


def _said(plan: Plan, step: Step, lend: t.Sequence[str]) -> str:
    if lend and step.verb == "stop" and plan.current.state is State.UNREADABLE:
        return f"{plan.wanted.id}: stop, if it runs: nobody can tell before {' and '.join(lend)} can be resolved, for which the run sees"
    return f"{plan.wanted.id}: {step}: {step.why}"


def _names_to_lend(plans: t.Sequence[Plan], info: t.Mapping[str, t.Any]) -> list[str]:
    """Names that have to resolve for a moment, so that sessions of hosts that are gone can be deleted."""
    volumes = {plan.wanted.id.primary_volume for plan in plans if plan.after is State.ABSENT and plan.changed}
    hosts = [entry["secondary_host"] for entry in info["status"] if entry["primary_volume"] in volumes]
    return [host for host in dict.fromkeys(hosts) if host in info.get("unresolved", ())]


def _orphan_note(wanted: Wanted, info: t.Mapping[str, t.Any]) -> str:
    """The folder of a session that glusterd does not know any more would be in the way of a new one."""
    path = next((path for path in info.get("orphans", ()) if path.rsplit("/", 1)[-1] == wanted.id.directory), None)
    return f"glusterd does not know the session of {path}, which is left over; on every primary node: rm -r {path}" if path else ""


def _check_free(
    wanted: Wanted, info: t.Mapping[str, t.Any], nodes: t.Sequence[t.Mapping[str, t.Any]], prefix: str
) -> None:
    """Two sessions into one volume would overwrite each other; one of another cluster shows by its processes over there."""
    own = {peer["uuid"] for peer in info["peers"]}
    for node in nodes:
        for other in node["facts"].get("receiving", ()):
            if other["secondary_volume"] == wanted.id.secondary_volume and other["primary_node_uuid"] not in own:
                raise invalid(
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


def _owed(plan: Plan, status: t.Mapping[str, t.Any] | None) -> bool:
    """Whether the session is to deliver after this run and nobody has seen that it does: not since this run changed it, not since an
    earlier one did that was killed or whose proof failed, or what was read of its workers says otherwise.
    """
    if plan.wanted.state != "started":
        return False
    return status is None or plan.changed or _needs_waiting(plan) or not status.get("last_proved") or bool(_unwell(plan, status))


def _unwell(plan: Plan, status: t.Mapping[str, t.Any] | None) -> list[str]:
    """The workers of a session that is to deliver which do not by what was read of them; none of one that this run restarts anyway."""
    if status is None or plan.wanted.state != "started" or plan.changed or _needs_waiting(plan):
        return []
    return [f"{plan.wanted.id}: {said}" for said in health.unwell(status["workers"])]


def _needs_waiting(plan: Plan) -> bool:
    """Nothing to send, but the session is not what was declared either: on its way, Faulty, or unreadable."""
    state = plan.current.state
    return state is State.UNREADABLE or (plan.after is State.ACTIVE and state is not State.ACTIVE)


def _check_primary(wanted: Wanted, local_volumes: t.Mapping[str, t.Any], prefix: str) -> None:
    name = wanted.id.primary_volume
    if name not in local_volumes:
        raise invalid(
            prefix + "primary_volume",
            name,
            "is not a volume of the primary cluster.",
            f"Volumes there: {', '.join(sorted(local_volumes)) or 'none'}.",
        )
    if local_volumes[name]["status"] != "Started" and wanted.state in ("started", "paused"):
        raise invalid(prefix + "primary_volume", name, "is not started.", f"Start it: gluster volume start {name}.")


def _pending(host: str, volume: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """As gluster_georep_session takes it in a check run."""
    sizes = {name: volume[name] for name in ("size", "used", "available", "entries")}
    return {"secondary_host": host, "secondary_volume": volume["name"], **sizes}


def _far_volume(wanted: Wanted, far: t.Mapping[str, t.Any], prefix: str, path: str | None = None) -> dict[str, t.Any]:
    host = far.get(wanted.id.secondary_host)
    if host is None:
        raise invalid(
            prefix + "secondary_host",
            wanted.id.secondary_host,
            "was not asked for its volumes.",
            "Read the cluster with gluster_georep_info and name this host in its secondary_hosts.",
        )
    if host["error"]:
        raise invalid(
            prefix + "secondary_host",
            wanted.id.secondary_host,
            f"cannot be asked for its volumes: {host['error']}",
            host.get("remedy")
            or "Check the name (getent hosts), that glusterd runs there, and that TCP port 24007 of it is open from every primary node.",
        )
    found = next((volume for volume in host["volumes"] if volume["name"] == wanted.id.secondary_volume), None)
    if found is None and path is not None:
        volume = wanted.id.secondary_volume
        raise invalid(
            prefix + "secondary_directory",
            path,
            f"has no volume on {wanted.id.secondary_host} yet, and Ansible does not manage that site.",
            f"Over there, in an empty directory: gluster volume create {volume} {wanted.id.secondary_host}:{path} force; gluster volume start {volume}. "
            "Or name the host in geo_replication_secondary_hosts.",
        )
    if found is None:
        raise invalid(
            prefix + "secondary_volume",
            wanted.id.secondary_volume,
            f"is not a volume of {wanted.id.secondary_host}.",
            f"Volumes there: {', '.join(volume['name'] for volume in host['volumes']) or 'none'}.",
        )
    if found["status"] != "Started" and wanted.state in ("started", "paused"):
        raise invalid(
            prefix + "secondary_volume",
            wanted.id.secondary_volume,
            f"is not started on {wanted.id.secondary_host}.",
            f"Start it there: gluster volume start {wanted.id.secondary_volume}.",
        )
    return found


def _add_target(
    targets: dict[tuple[str, str, int], dict[str, t.Any]],
    host_names: dict[str, list[str]],
    account_nodes: dict[str, list[str]],
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
        if uuid not in account_nodes.setdefault(wanted.id.secondary_user, []):
            account_nodes[wanted.id.secondary_user].append(uuid)


def _reached(targets: t.Sequence[t.Mapping[str, t.Any]], info: t.Mapping[str, t.Any], nodes: t.Sequence[t.Mapping[str, t.Any]]) -> bool:
    """Every way that is needed was found working, with every key, from every node of the primary cluster."""
    needed = {(node, target["ssh_port"], target["secondary_user"]) for target in targets for node in target["secondary_nodes"]}
    near = [node.get("ways", ()) for node in nodes if node["site"] == PRIMARY]
    # Others may have been tried, too: nodes that sessions went to once, other names of the same host.
    ways = [({_way(one) for one in tried}, {_way(one) for one in tried if not one["ok"]}) for tried in near]
    return len(ways) == len(info["peers"]) > 0 and all(needed <= tried and not needed & broken for tried, broken in ways)


def _way(probe: t.Mapping[str, t.Any]) -> tuple[str, int, str]:
    return probe["host"], probe["port"], probe["user"]


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
