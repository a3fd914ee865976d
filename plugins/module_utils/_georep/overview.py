# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The whole picture of a cluster's sessions: one value that the table, the page, the metrics and the gate all show.

Pure: the standard library only. What is a problem, how bad it is and what helps is decided here and nowhere else.
"""

from __future__ import annotations

import typing as t

from .._model.identity import SessionId, by_hand, session_of, shared_words, sharing
from . import durations, faults
from .states import State

Entry = t.Mapping[str, t.Any]
#: Version of the shape below; a change that breaks readers raises it.
SCHEMA = 1
CRITICAL, WARNING, OK, IDLE = "critical", "warning", "ok", "idle"
SEVERITIES = (CRITICAL, WARNING, OK, IDLE)
#: As values: this reads results of modules.
RESTING = tuple(state.value for state in State if state.at_rest)

#: What can be wrong, by the names that the gate's consents, the JSON and the metrics use.
PROBLEMS = {
    "session-missing": "a declared session is not on the cluster",
    "directory-shared": "another session has the same directory, and with it one configuration and one state",
    "session-unreadable": "the session's configuration cannot be read, or no node reports it",
    "not-running": "the session is declared started and is created, stopped or paused",
    "half-running": "some nodes run the session and others do not",
    "no-active-worker": "a replica set of the primary volume has no active worker yet",
    "worker-faulty": "a worker is Faulty",
    "worker-missing": "no worker is reported for a brick of the primary volume",
    "peer-down": "a node of the primary cluster is not connected",
    "lag-above-rpo": "changes wait longer than the RPO allows",
    "lag-unknown": "there is an RPO, and how far the session has got is not known",
    "worker-stalled": "a worker is Active, has nothing to do, and does not see a change that waits",
    "failures": "gsyncd counts changes that it could not carry out",
    "checkpoint-overdue": "a checkpoint is older than the RPO and not reached",
}


class Problem(t.NamedTuple):
    """One thing that is wrong, where, and what helps."""

    id: str
    severity: str
    what: str
    remedy: str
    session: str = ""
    node: str = ""
    brick: str = ""
    fault: str = ""  #: entry of the catalogue of known faults
    title: str = ""  #: its title
    reference: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        return f"{self.node}:{self.brick}" if self.brick else self.node

    def as_dict(self) -> dict[str, t.Any]:
        return {**self._asdict(), "reference": list(self.reference), "where": self.where}


class Declared(t.NamedTuple):
    """What a person asked of a session, as far as the picture needs it."""

    state: str
    rpo: t.Optional[int]


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
    :param drift: ``steps``, ``undeclared`` and ``errors``, see drift_of() in _operate/drift.py.
    """
    local = Local([info, *nodes])
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
        *_missing_sessions(info, wanted, only or ()),
        *(_peer_down(peer["name"]) for peer in peers if not peer["connected"]),
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
        "verdict": _worst([problem["severity"] for problem in problems], [session["verdict"] for session in sessions]),
        "counts": {word: sum(session["verdict"] == word for session in sessions) for word in SEVERITIES},
        "peers": peers,
        "sessions": sessions,
        "problems": problems,
        "secondaries": _secondaries(info),
        "drift": _drift(drift),
        "unread_nodes": sorted(peer["name"] for peer in peers if peer["connected"] and peer["uuid"] not in local.read),
    }


class Local:
    """What the primary nodes told of themselves, found by glusterd's UUID, session and brick."""

    def __init__(self, results: t.Sequence[Entry]) -> None:
        views = [result["local"] for result in results if result.get("local")]
        self.read = {view["node_uuid"] for view in views}
        self._bricks = {
            (view["node_uuid"], session_of(session), brick["brick"]): brick
            for view in views
            for session in view["sessions"]
            for brick in session["bricks"]
        }

    def worker(self, uuid: str, session: SessionId, brick: str) -> Entry:
        return self._bricks.get((uuid, session, brick), {})


def _names_of(info: Entry) -> dict[str, str]:
    """The nodes' names by glusterd's UUID: the node that was asked calls itself localhost."""
    names = {brick["node_uuid"]: brick["node"] for volume in info.get("volumes", ()) for brick in volume["bricks"]}
    names.update({worker["node_uuid"]: worker["node"] for entry in info["status"] for worker in entry["workers"]})
    return names


# --- one session -----------------------------------------------------------------------------------------------------


def _session(
    entry: Entry,
    info: Entry,
    local: Local,
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
    sets = _sets(workers, volume)
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
    problems = _shared(session, info) + _problems(told, sets, asked, checkpoint, now)
    for worker in workers:
        if worker["status"] == "Passive":
            # Its own mark stays behind until it takes over; another worker of the set tells.
            worker.update(lag_seconds=None, last_synced=None)
        for name in [name for name in worker if name.startswith("_")]:
            del worker[name]
    severities = [problem.severity for problem in problems]
    rest = IDLE if entry["state"] in RESTING else OK
    told["problems"] = [problem.as_dict() for problem in problems]
    told["verdict"] = _worst(severities, [rest])
    return told


def _worker(worker: Entry, session: SessionId, local: Local, now: float) -> dict[str, t.Any]:
    own = local.worker(worker["node_uuid"], session, worker["brick"])
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
        "_synced": synced,
        "_exact": exact,
        "_peer_down": False,
        "_read": bool(own),
    }


def _absent_worker(
    brick_name: str, volume: Entry | None, session: SessionId, local: Local, down: t.Collection[str]
) -> dict[str, t.Any]:
    node, _colon, path = brick_name.partition(":/")
    path = "/" + path
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


def _sets(workers: t.Sequence[dict[str, t.Any]], volume: Entry | None) -> list[list[dict[str, t.Any]]]:
    """The workers, replica set by replica set; as one set where the volume is not known."""
    by_brick = {worker["brick_name"]: worker for worker in workers}
    bricks = [f"{brick['node']}:{brick['path']}" for brick in volume["bricks"]] if volume else []
    if not volume or not set(by_brick) <= set(bricks):
        return [list(workers)] if workers else []
    size = volume["set_size"] or 1
    groups = [bricks[start : start + size] for start in range(0, len(bricks), size)]
    return [[by_brick[brick] for brick in group if brick in by_brick] for group in groups]


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


# --- what is wrong, and what helps -----------------------------------------------------------------------------------


def _shared(session: SessionId, info: Entry) -> list[Problem]:
    """What the cluster says of such sessions is said of whichever of them ran last."""
    beside = sharing(session, (session_of(entry) for entry in info["status"]))
    return [Problem("directory-shared", CRITICAL, shared_words(session, beside), by_hand(beside[0]), session=str(session))] if beside else []


def _problems(
    told: Entry, sets: t.Sequence[t.Sequence[Entry]], asked: Declared | None, checkpoint: Entry, now: float
) -> list[Problem]:
    name, state, rpo, lag = told["name"], told["state"], told["rpo_seconds"], told["lag_seconds"]
    found: list[Problem] = []

    def add(kind: str, severity: str, what: str, remedy: str, **more: t.Any) -> None:
        found.append(Problem(kind, severity, what, remedy, session=name, **more))

    command = f"gluster volume geo-replication {told['primary_volume']} {session_of(told).target}"
    if state == State.UNREADABLE.value:
        fault = faults.BY_ID["gsyncd-configuration"]
        add(
            "session-unreadable",
            CRITICAL,
            "gluster does not show this session, or calls its configuration corrupted.",
            f"Look at /var/lib/glusterd/geo-replication/{session_of(told).directory}/gsyncd.conf on every primary node. {fault.remedy}",
            fault=fault.id,
            title=fault.title,
            reference=fault.reference,
        )
    elif state == State.MIXED.value:
        words = ", ".join(f"{worker['brick_name']} is {worker['status']}" for worker in told["workers"])
        add(
            "half-running",
            CRITICAL,
            f"Some nodes run it and others do not: {words}.",
            f"Run the role, or by hand: {command} start force",
        )
    elif state in RESTING and asked and asked.state == "started":
        verb = "resume" if state == State.PAUSED.value else "start"
        add(
            "not-running",
            CRITICAL,
            f"It is declared started, and is {state}: nothing is replicated.",
            f"Run the role, or by hand: {command} {verb}",
        )
    for members in sets:
        found += _of_set(told, members, command)
    for worker in told["workers"]:
        if worker["failures"]:
            fault = faults.BY_ID["changes-refused"]
            add(
                "failures",
                WARNING,
                f"{worker['failures']} change{'s' if worker['failures'] > 1 else ''} could not be carried out on the secondary.",
                "See what differs: playbook glusterops.georep.prove with georep_compare=all; georep_send_again=true sends it anew. "
                "The count stays until the session is deleted, whatever is restarted or repaired: tell the gate what is "
                f"repaired by gate_failures_known={told['failures']}.",
                node=worker["node"],
                brick=worker["brick"],
                fault=fault.id,
                title=fault.title,
            )
        if worker["stalled"] and worker["status"] == "Active":
            fault = faults.BY_ID["stalled"]
            add(
                "worker-stalled",
                CRITICAL,
                f"The worker calls itself Active and has nothing to do, while a change waits for {durations.words_of(worker['lag_seconds'])}.",
                fault.remedy,
                node=worker["node"],
                brick=worker["brick"],
                fault=fault.id,
                title=fault.title,
            )
    if rpo is not None and lag is not None and lag > rpo:
        waits = f"The oldest change that is not over there yet has waited {durations.words_of(lag)}"
        if not told["lag_exact"]:
            waits = f"The last sync was {durations.words_of(lag)} ago"
        remedy = (
            "See the faults of this session first."
            if found
            else (
                "The link or the secondary is slower than the changes come in, or the worker is stuck: see CRAWL and pending, raise "
                "sync-jobs, and prove delivery with the playbook glusterops.georep.prove."
            )
        )
        if state in RESTING:
            remedy = f"It is {state}: {command} {'resume' if state == State.PAUSED.value else 'start'}"
        add("lag-above-rpo", CRITICAL, f"{waits}; the RPO is {durations.words_of(rpo)}.", remedy)
    elif rpo is not None and lag is None and state != State.CREATED.value and not any(problem.severity == CRITICAL for problem in found):
        add(
            "lag-unknown",
            WARNING,
            f"The RPO is {durations.words_of(rpo)}, and how far this session has got is not known: nothing was synced yet, or no node tells.",
            "A first copy takes its time. Else read the status on all primary nodes, and prove delivery with the playbook glusterops.georep.prove.",
        )
    set_at = durations.instant(checkpoint["time"])
    if rpo is not None and checkpoint["set"] and checkpoint["completed"] is False and set_at and now - set_at > rpo:
        add(
            "checkpoint-overdue",
            WARNING,
            f"The checkpoint of {durations.clock_words(checkpoint['time'])} UTC is {durations.words_of(now - set_at)} old and not reached.",
            "A checkpoint is reached with the first change after it: on a quiet volume touch a file. Else see the lag.",
        )
    return sorted(found, key=lambda problem: SEVERITIES.index(problem.severity))


def _of_set(told: Entry, members: t.Sequence[Entry], command: str) -> t.Iterator[Problem]:
    """What is wrong with one replica set: without an active worker it is worse than with one."""
    name, state = told["name"], told["state"]
    works = any(worker["status"] == "Active" for worker in members)
    severity = WARNING if works or state in RESTING else CRITICAL
    for worker in members:
        place = {"session": name, "node": worker["node"], "brick": worker["brick"]}
        if worker["status"] == "Faulty":
            last = worker["last_error"]
            fault = faults.explain(last) if last else None
            yield Problem(
                "worker-faulty",
                severity,
                f"The worker is Faulty{'' if works else ', and its replica set has no other'}. "
                + (
                    f"Its last error: {_shortened(last).rstrip('.')}."
                    if last
                    else "Its log tells no error."
                    if worker["_read"]
                    else "Its node's log was not read."
                ),
                (f"{fault.cause} {fault.remedy}" if fault else _log_remedy(told, worker)),
                fault=fault.id if fault else "",
                title=fault.title if fault else "",
                reference=fault.reference if fault else (),
                **place,
            )
        elif worker["status"] == "missing":
            gone = worker["_peer_down"]
            yield Problem(
                "worker-missing",
                severity,
                "No worker is reported for this brick" + (": its node is not connected." if gone else "."),
                "Bring the node back; its worker starts by itself."
                if gone
                else f"Check that glusterd runs on {worker['node']} and that the session's folder is there, then: {command} start force",
                **place,
            )
    if (
        state == State.INITIALIZING.value
        and not works
        and all(worker["status"] in ("Passive", "Initializing...") for worker in members)
    ):
        yield Problem(
            "no-active-worker",
            WARNING,
            f"No active worker yet on {', '.join(worker['brick_name'] for worker in members)}.",
            "Workers take half a minute to start. If it stays so, see gsyncd.log on these nodes.",
            session=name,
        )


def _shortened(text: str, most: int = 240) -> str:
    """The beginning and the end of a long line: gsyncd prints whole ssh commands, with the exit code behind."""
    return text if len(text) <= most else f"{text[: most - 125]} ... {text[-120:]}"


def _log_remedy(told: Entry, worker: Entry) -> str:
    return (
        f"Read /var/log/glusterfs/geo-replication/{session_of(told).directory}/gsyncd.log on {worker['node']}, and look for known faults "
        "with gluster_georep_preflight on the nodes of both sites."
    )


def _peer_down(name: str) -> Problem:
    return Problem(
        "peer-down",
        WARNING,
        f"The node {name} is not connected to the cluster.",
        "Bring it back: gluster peer status; systemctl start glusterd there.",
        node=name,
    )


def _missing_sessions(
    info: Entry, declared: t.Mapping[SessionId, Declared], only: t.Collection[SessionId]
) -> list[Problem]:
    there = {session_of(entry) for entry in info["status"]}
    found = []
    for session in dict.fromkeys([*declared, *only]):
        asked = declared.get(session)
        if session not in there and (asked is None or asked.state != "absent"):
            what = f"It is {f'declared {asked.state}' if asked else 'asked for'}, and not on this cluster."
            remedy = (
                "Run the role: glusterops.georep.converge."
                if asked
                else "Write it as 'gluster volume geo-replication status' shows it."
            )
            found.append(Problem("session-missing", CRITICAL, what, remedy, str(session)))
    return found


def _worst(problems: t.Sequence[str], verdicts: t.Sequence[str]) -> str:
    return min([*problems, *verdicts], key=SEVERITIES.index, default=OK)


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
        told.append(
            {
                "secondary_host": host,
                "error": far["error"],
                "volumes": [
                    {
                        "name": volume["name"],
                        "status": volume["status"],
                        "read_only": volume["read_only"],
                        "bricks": [{"node": brick["node"], "brick": brick["path"]} for brick in volume["bricks"]],
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
