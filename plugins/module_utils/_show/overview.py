# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The whole picture of a cluster's sessions: one value that the table, the page, the metrics and the gate all show.

Pure: the standard library only. What is a problem, how bad it is and what helps is decided in _faults/health.py.
"""

from __future__ import annotations

import typing as t

from .._faults import health
from .._faults.health import IDLE, OK, RESTING, SEVERITIES, Declared, Seen
from .._faults.site import brick_word
from .._model import durations
from .._model.cluster import place_of
from .._model.identity import SessionId, session_of, sharing
from .._model.views import Views

Entry = t.Mapping[str, t.Any]
#: Version of the shape below; a change that breaks readers raises it.
SCHEMA = 1


def overview(
    info: Entry,
    *,
    nodes: t.Sequence[Entry] = (),
    declared: t.Mapping[SessionId, Declared] | None = None,
    only: t.Collection[SessionId] | None = None,
    rpo: int | None = None,
    now: float,
    drift: Entry | None = None,
) -> dict[str, t.Any]:
    """Everything people want to know of a cluster's sessions.

    :param info: result of gluster_georep_info.
    :param nodes: results of gluster_georep_info (``local_only``) of the other primary nodes, as many as could be read.
    :param declared: the declared sessions; None where nothing is declared.
    :param only: these sessions alone; one of them that is not there is a problem. None: all.
    :param rpo: for sessions that declare none.
    :param now: when the cluster was read, by its own clock.
    :param drift: ``steps``, ``undeclared`` and ``errors``, see drift_of() in _plan/drift.py.
    """
    local = Views(result.get("local") for result in [info, *nodes])
    names = _names_of(info)
    wanted = {session: asked for session, asked in (declared or {}).items() if only is None or session in only}
    sessions = []
    for entry in info["status"]:
        if only is not None and session_of(entry) not in only:
            continue
        asked = wanted.get(session_of(entry))
        sessions.append(_session(entry, info, local, names, asked, asked.rpo if asked and asked.rpo else rpo, now))
    # The worst first, else as they are called.
    sessions.sort(key=lambda session: (SEVERITIES.index(session["verdict"]), session["name"]))
    peers = [
        {"name": names.get(peer["uuid"], peer["name"]), "uuid": peer["uuid"], "connected": peer["connected"]}
        for peer in info.get("peers", ())
    ]
    peers.sort(key=lambda peer: peer["name"])
    general = [
        *health.missing_sessions(info, wanted, only or ()),
        *(health.peer_down(peer["name"]) for peer in peers if not peer["connected"]),
    ]
    problems = [problem.as_dict() for problem in general] + [
        problem for session in sessions for problem in session["problems"]
    ]
    problems.sort(key=lambda problem: SEVERITIES.index(problem["severity"]))
    return {
        "schema": SCHEMA,
        "read_at": durations.iso(now),
        "version": info.get("version", ""),
        "cluster": ", ".join(peer["name"] for peer in peers) or "this cluster",
        "verdict": health.worst([*(problem["severity"] for problem in problems), *(session["verdict"] for session in sessions)]),
        "counts": {word: sum(session["verdict"] == word for session in sessions) for word in SEVERITIES},
        # Whatever else is wrong with them: a paused session with a problem counts above as that.
        "resting": {word: sum(session["state"] == word for session in sessions) for word in RESTING},
        "peers": peers,
        "sessions": sessions,
        "problems": problems,
        "secondaries": _secondaries(info),
        "drift": _drift(drift),
        "unread_nodes": sorted(peer["name"] for peer in peers if peer["connected"] and peer["uuid"] not in local.read),
    }


def _names_of(info: Entry) -> dict[str, str]:
    """The nodes' names by glusterd's UUID: the node that was asked calls itself localhost."""
    names = {brick["node_uuid"]: brick["node"] for volume in info.get("volumes", ()) for brick in volume["bricks"]}
    names.update({worker["node_uuid"]: worker["node"] for entry in info["status"] for worker in entry["workers"]})
    return names


# --- one session -----------------------------------------------------------------------------------------------------


def _session(
    entry: Entry,
    info: Entry,
    local: Views,
    names: t.Mapping[str, str],
    asked: Declared | None,
    rpo: int | None,
    now: float,
) -> dict[str, t.Any]:
    session = session_of(entry)
    volume = next((volume for volume in info.get("volumes", ()) if volume["name"] == session.primary_volume), None)
    down = {peer["uuid"] for peer in info.get("peers", ()) if not peer["connected"]}
    workers = [_worker(worker, session, local, now) for worker in entry["workers"]]
    workers += [_absent_worker(brick, volume, session, local, down) for brick in entry["missing"]]
    by_name = {worker["brick_name"]: worker for worker in workers}
    seen = health.grouped([_seen(worker) for worker in workers], entry)
    sets = [[by_name[member.name] for member in members] for members in seen]
    tellers = [_tellers(members) for members in sets]
    lags = [_set_lag(members) for members in tellers]
    lag = None if not lags or None in lags else max(t.cast("list[int]", lags))
    synced = [max((worker["_synced"] for worker in members if worker["_synced"]), default=None) for members in tellers]
    last_synced = None if not synced or None in synced else min(t.cast("list[float]", synced))
    checkpoint = dict(entry["checkpoint"])
    told = {
        "name": str(session),
        **{name: entry[name] for name in ("primary_volume", "secondary_host", "secondary_volume", "secondary_user")},
        "state": entry["state"],
        "declared_state": asked.state if asked else None,
        "rpo_seconds": rpo,
        "lag_seconds": lag,
        # By the changelogs of the bricks, where every replica set could be read; else by the last sync alone.
        "lag_exact": bool(sets) and all(any(worker["_exact"] for worker in members) for members in tellers),
        "within_rpo": None if rpo is None or lag is None else lag <= rpo,
        "last_synced": durations.iso(last_synced),
        "last_proved": entry.get("last_proved"),
        "checkpoint": checkpoint,
        "failures": sum(worker["failures"] or 0 for worker in workers),
        "workers": workers,
        "sets": [[worker["brick_name"] for worker in members] for members in sets],
    }
    beside = sharing(session, (session_of(other) for other in info["status"]))
    problems = health.problems(told, seen, asked.state if asked else None, health.site_of(entry, info.get("secondaries", ())))
    problems = health.shared(session, beside) + health.worst_first([*problems, *health.late(told, problems, now)])
    for worker in workers:
        if worker["status"] == "Passive":
            # Its own mark stays behind until it takes over; another worker of the set tells.
            worker.update(lag_seconds=None, last_synced=None)
        for name in [name for name in worker if name.startswith("_")]:
            del worker[name]
    told["problems"] = [problem.as_dict() for problem in problems]
    told["verdict"] = health.worst([*(problem.severity for problem in problems), IDLE if entry["state"] in RESTING else OK])
    return told


def _worker(worker: Entry, session: SessionId, local: Views, now: float) -> dict[str, t.Any]:
    own = local.worker(worker["node_uuid"], session, worker["brick"]) or {}
    synced = durations.instant(own.get("last_synced")) or durations.instant(worker.get("last_synced"))
    exact = own.get("caught_up") is not None
    lag = own["lag_seconds"] if exact else worker.get("lag_seconds")
    if lag is None and synced is not None:
        lag = max(0, int(now - synced))
    return {
        "node": worker["node"],
        "brick": worker["brick"],
        "brick_name": f"{worker['node']}:{worker['brick']}",
        "status": worker["status"],
        "crawl_status": _told(worker.get("crawl_status")),
        "secondary_node": own.get("secondary_node") or _told(worker.get("secondary_node")),
        "lag_seconds": lag,
        "last_synced": durations.iso(synced),
        "pending": {kind: _number(worker.get(kind)) for kind in ("entry", "data", "meta")},
        "failures": _number(worker.get("failures")),
        # A node cannot tell of itself whether the session is paused.
        "stalled": bool(own.get("stalled")) and worker["status"] == "Active",
        "last_error": own.get("last_error"),
        "_fault": own.get("fault"),
        "_synced": synced,
        "_exact": exact,
        "_peer_down": False,
        "_read": bool(own),
    }


def _seen(worker: Entry) -> Seen:
    return Seen(
        worker["node"],
        worker["brick"],
        worker["status"],
        worker["failures"] or 0,
        worker["stalled"],
        worker["lag_seconds"],
        worker["last_error"],
        worker["_read"],
        worker["_peer_down"],
        worker["_fault"],
    )


def _absent_worker(
    brick_name: str, volume: Entry | None, session: SessionId, local: Views, down: t.Collection[str]
) -> dict[str, t.Any]:
    node, path = place_of(brick_name)
    bricks = volume["bricks"] if volume else ()
    uuid = next((brick["node_uuid"] for brick in bricks if (brick["node"], brick["path"]) == (node, path)), "")
    row = {"node": node, "brick": path, "node_uuid": uuid, "status": "missing"}
    return {
        **_worker(row, session, local, 0),
        "lag_seconds": None,
        "_synced": None,
        "_exact": False,
        "_peer_down": uuid in down,
    }


def _tellers(members: t.Sequence[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Whose word on how far a replica set has got counts: the active one's, else, as in a session that rests, anybody's.

    A Passive worker's mark stays behind until it takes over, and is nobody's measure while another one works: not even where
    its node is the only one that could be read.
    """
    return [worker for worker in members if worker["status"] == "Active"] or list(members)


def _set_lag(tellers: t.Sequence[dict[str, t.Any]]) -> int | None:
    """How long the oldest change of a replica set waits: the brick that has got farthest tells for all."""
    exact = [worker for worker in tellers if worker["_exact"] and worker["_synced"]]
    if exact:
        return t.cast("int", max(exact, key=lambda worker: worker["_synced"])["lag_seconds"])
    known = [
        worker["lag_seconds"]
        for worker in tellers
        if worker["status"] == "Active" and worker["lag_seconds"] is not None
    ]
    return min(known) if known else None


def _told(value: t.Any) -> str | None:
    return None if value in (None, "", "N/A") else str(value)


def _number(value: t.Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


# --- both sites ------------------------------------------------------------------------------------------------------


def _secondaries(info: Entry) -> list[dict[str, t.Any]]:
    """The other sites, host by host, with the volumes that receive something."""
    wanted: dict[str, set[str]] = {}
    for entry in info["status"]:
        wanted.setdefault(entry["secondary_host"], set()).add(entry["secondary_volume"])
    asked = {far["secondary_host"]: far for far in info.get("secondaries", ())}
    told = []
    for host, volumes in sorted(wanted.items()):
        far = asked.get(host, {"error": "was not asked", "volumes": []})
        states = {
            (name, brick["node"], brick["path"]): brick_word(brick) for name, bricks in (far.get("bricks") or {}).items() for brick in bricks
        }
        told.append(
            {
                "secondary_host": host,
                "error": far["error"],
                "volumes": [
                    {
                        "name": volume["name"],
                        "status": volume["status"],
                        "read_only": volume["read_only"],
                        "bricks": [
                            {"node": brick["node"], "brick": brick["path"], "state": states.get((volume["name"], brick["node"], brick["path"]))}
                            for brick in volume["bricks"]
                        ],
                    }
                    for volume in far["volumes"]
                    if volume["name"] in volumes
                ],
            }
        )
    return told


def _drift(drift: Entry | None) -> dict[str, t.Any]:
    told = drift or {}
    return {
        "declared": drift is not None,
        "steps": list(told.get("steps", ())),
        "undeclared": list(told.get("undeclared", ())),
        # Declarations that cannot be compared, such as one of a volume that is not there.
        "errors": list(told.get("errors", ())),
    }
