# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The judge of a session's health. What is a problem, how bad it is and what helps is decided here and nowhere else.

Pure: the standard library only. The report, the gate, the metrics and gluster_georep_info all say what is found here.
"""

from __future__ import annotations

import re
import typing as t

from .._model import durations
from .._model.cluster import place_of
from .._model.identity import SessionId, by_hand, session_of, shared_words
from .._model.states import State
from . import catalogue
from . import site as secondary_site
from .entry import LOG

Entry = t.Mapping[str, t.Any]

CRITICAL, WARNING, OK, IDLE = "critical", "warning", "ok", "idle"
SEVERITIES = (CRITICAL, WARNING, OK, IDLE)
#: In front of what the log of a worker said last; and what is said of a worker whose replica set another one serves.
_LAST, _ALONE = " Its last error: ", "The worker is Faulty. "
#: As values: this reads results of modules.
RESTING = tuple(state.value for state in State if state.at_rest)

#: What can be wrong, by the names that the gate's consents, the JSON and the metrics use.
PROBLEMS = {
    "session-missing": "a declared session is not on the cluster",
    "directory-shared": "another session uses the same directory, and so the same configuration and state",
    "session-unreadable": "the session's configuration cannot be read, or no node reports it",
    "not-running": "the session is declared started, but is created, stopped or paused",
    "half-running": "the session runs on some nodes only",
    "no-active-worker": "a replica set of the primary volume has no active worker yet",
    "worker-faulty": "a worker is Faulty",
    "worker-missing": "no worker is reported for a brick of the primary volume",
    "peer-down": "a node of the primary cluster is not connected",
    "lag-above-rpo": "changes wait longer than the RPO allows",
    "lag-unknown": "the session has an RPO, but it is not known how far the session has synced",
    "worker-stalled": "a worker is Active and has nothing to do, but does not see a change that waits",
    "failures": "gsyncd could not apply some changes on the secondary",
    "checkpoint-overdue": "a checkpoint is older than the RPO and not reached",
    "secondary-down": "the secondary volume is not started, or too few of its bricks run to accept changes",
    "secondary-degraded": "a brick or a node of the secondary volume is down, but the volume accepts changes",
    "secondary-full": "a brick of the secondary volume is full, or nearly full",
    "secondary-unreached": "workers fail, and the secondary host did not tell the state of its volumes",
}

#: The words of gluster_georep_info for how bad the worst problem of a session is.
VERDICTS = {CRITICAL: "failed", WARNING: "degraded", OK: "healthy", IDLE: "not_running"}
UNKNOWN = "unknown"


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
    workers: tuple[str, ...] = ()  #: all workers with the same cause, by their bricks, if one problem stands for several

    @property
    def where(self) -> str:
        if self.id.startswith("secondary-"):
            return ""  # it is not where the workers are, which its text names
        return ", ".join(self.workers) or (f"{self.node}:{self.brick}" if self.brick else self.node)

    def as_dict(self) -> dict[str, t.Any]:
        return {**self._asdict(), "reference": list(self.reference), "workers": list(self.workers), "where": self.where}


class Declared(t.NamedTuple):
    """What a person asked of a session, as far as its health depends on it."""

    state: str
    rpo: t.Optional[int]


class Seen(t.NamedTuple):
    """What is known of one worker."""

    node: str
    brick: str
    status: str  #: gsyncd's word, or "missing" if no worker is reported for the brick
    failures: int = 0
    stalled: bool = False
    lag_seconds: t.Optional[int] = None
    last_error: t.Optional[str] = None
    log_read: t.Optional[bool] = None  #: whether the log of its node was read; None: not known
    peer_down: t.Optional[bool] = None  #: whether its node is not connected; None: not known
    fault: t.Optional[Entry] = None  #: the known fault that its node found in its log, which tells more than the last error alone

    @property
    def name(self) -> str:
        return f"{self.node}:{self.brick}"


# --- a session by itself ---------------------------------------------------------------------------------------------


def problems(session: Entry, sets: t.Sequence[t.Sequence[Seen]], declared: str | None = None, site: Entry | None = None) -> list[Problem]:
    """What is wrong with a session by its state and its workers, the worst first.

    :param session: its names and ``state``, as modules return them.
    :param sets: the workers, replica set by replica set, with those that are missing.
    :param declared: the state that a person asked for.
    :param site: what its secondary host said, as modules return it; None: it was not asked.
    """
    found = [*_of_state(session, sets, declared)]
    for members in sets:
        found += _of_set(session, members)
    found = _with_site(session, _once(found), site)
    workers = [worker for members in sets for worker in members]
    failures = sum(worker.failures for worker in workers)
    found += [problem for worker in workers for problem in _of_worker(session, worker, failures)]
    return worst_first(found)


def _once(found: t.Iterable[Problem]) -> list[Problem]:
    """Workers that are Faulty for the same known cause, as one problem."""
    grouped: dict[t.Hashable, list[Problem]] = {}
    for number, problem in enumerate(found):
        same = problem.id == "worker-faulty" and problem.fault
        key = (problem.severity, problem.fault, problem.remedy, problem.what.partition(_LAST)[0]) if same else number
        grouped.setdefault(key, []).append(problem)
    return [group[0] if len(group) == 1 else _several(group) for group in grouped.values()]


def _several(group: t.Sequence[Problem]) -> Problem:
    first = group[0]
    works = "" if _ALONE in first.what else ", and their replica sets have no active worker"
    last = first.what.partition(_LAST)[2]
    what = f"{len(group)} workers are Faulty for the same cause{works}." + (f" Last error of {first.where}: {last}" if last else "")
    return first._replace(what=what, node="", brick="", workers=tuple(problem.where for problem in group))


def _with_site(session: Entry, found: list[Problem], site: Entry | None) -> list[Problem]:
    """With what is wrong on the secondary site: told once, in place of every worker that fails for it, and with their names.

    A session at rest needs nothing of the secondary.
    """
    if session["state"] in RESTING:
        return found
    name, failing = str(session_of(session)), [problem for problem in found if problem.id in ("worker-faulty", "no-active-worker")]
    fails = any(problem.id == "worker-faulty" or _LAST in problem.what for problem in failing)
    troubles = secondary_site.troubles(site, session["secondary_volume"]) or (secondary_site.unreached(site) if fails else [])
    told = []
    for trouble in troubles:
        hit = [problem for problem in failing if problem in found and problem.fault in trouble.explains]
        found = [problem for problem in found if problem not in hit]
        workers = tuple(dict.fromkeys(worker for problem in hit for worker in problem.workers or (problem.where,) if worker))
        severity = CRITICAL if trouble.stops else worst([WARNING, *(problem.severity for problem in hit)])
        stops = f" {'These workers fail' if len(workers) > 1 else 'This worker fails'} for this reason: {', '.join(workers)}." if workers else ""
        told.append(Problem(trouble.id, severity, trouble.what + stops, trouble.remedy, name, workers=workers))
    return [*told, *found]


def worst_first(found: t.Iterable[Problem]) -> list[Problem]:
    return sorted(found, key=lambda problem: SEVERITIES.index(problem.severity))


def worst(severities: t.Iterable[str]) -> str:
    return min(severities, key=SEVERITIES.index, default=OK)


def line(problem: Entry, session: bool = True) -> str:
    """A problem in one line for people: the session, node and brick, what is wrong, and what helps.

    :param session: whether to name the session.
    """
    where = ", ".join(part for part in (problem["session"] if session else "", problem["where"]) if part)
    return f"{f'{where}: ' if where else ''}{problem['what']} What helps: {problem['remedy']}"


def _command(session: Entry) -> str:
    return f"gluster volume geo-replication {session['primary_volume']} {session_of(session).target}"


def _of_state(session: Entry, sets: t.Sequence[t.Sequence[Seen]], declared: str | None) -> t.Iterator[Problem]:
    who, state = session_of(session), session["state"]
    if state == State.UNREADABLE.value:
        fault = catalogue.BY_ID["gsyncd-configuration"]
        yield Problem(
            "session-unreadable",
            CRITICAL,
            "gluster does not show this session, or reports its configuration as corrupted.",
            f"Check /var/lib/glusterd/geo-replication/{who.directory}/gsyncd.conf on every primary node. {fault.remedy}",
            str(who),
            fault=fault.id,
            title=fault.title,
            reference=fault.reference,
        )
    elif state == State.MIXED.value:
        words = ", ".join(f"{worker.name} is {worker.status}" for members in sets for worker in members)
        yield Problem(
            "half-running",
            CRITICAL,
            f"The session runs on some nodes only: {words}.",
            f"Run the role, or run: {_command(session)} start force",
            str(who),
        )
    elif state in RESTING and declared == "started":
        yield Problem(
            "not-running",
            CRITICAL,
            f"The session is declared started, but is {state}: nothing is replicated.",
            f"Run the role, or run: {_command(session)} {_verb(state)}",
            str(who),
        )


def _verb(state: str) -> str:
    return "resume" if state == State.PAUSED.value else "start"


def _of_set(session: Entry, members: t.Sequence[Seen]) -> t.Iterator[Problem]:
    """What is wrong with one replica set: without an active worker it is worse than with one."""
    name, state = str(session_of(session)), session["state"]
    works = any(worker.status == "Active" for worker in members)
    severity = WARNING if works or state in RESTING else CRITICAL
    for worker in members:
        if worker.status == "Faulty":
            yield _faulty(session, worker, severity, works)
        elif worker.status == "missing":
            yield Problem(
                "worker-missing",
                severity,
                "No worker is reported for this brick" + (": its node is not connected." if worker.peer_down else "."),
                "Start the node. Its worker then starts by itself."
                if worker.peer_down
                else f"Check that glusterd runs on {worker.node} and that the session's folder exists on that node, then run: {_command(session)} start force",
                name,
                worker.node,
                worker.brick,
            )
    if state == State.INITIALIZING.value and members and all(worker.status in ("Passive", "Initializing...") for worker in members):
        yield _not_active_yet(members, name)


def _not_active_yet(members: t.Sequence[Seen], name: str) -> Problem:
    """A worker that fails whenever it starts is Initializing for most of the time: what its log says of its last start is told here, too."""
    tells = next((worker for worker in members if worker.last_error), None)
    fault = _known_fault(tells) if tells else None
    what = f"No active worker yet on {', '.join(worker.name for worker in members)}."
    return Problem(
        "no-active-worker",
        WARNING,
        f"{what} {tells.name} failed at an earlier start.{_LAST}{shortened(tells.last_error or '').rstrip('.')}." if tells else what,
        f"{fault.cause} {fault.remedy}"
        if fault
        else "Workers need half a minute to start. If no worker becomes active, check that all bricks are online (gluster volume status), and read gsyncd.log "
        "on the nodes of the workers.",
        name,
        fault=fault.id if fault else "",
        title=fault.title if fault else "",
        reference=fault.reference if fault else (),
    )


def _faulty(session: Entry, worker: Seen, severity: str, works: bool) -> Problem:
    last = worker.last_error
    fault = _known_fault(worker)
    # Whether there was no error, or nobody read the log.
    silence = {True: " Its log contains no error since it started.", False: " Its node's log was not read.", None: ""}[worker.log_read]
    return Problem(
        "worker-faulty",
        severity,
        f"The worker is Faulty{'' if works else ', and its replica set has no active worker'}."
        + (f"{_LAST}{shortened(last).rstrip('.')}." if last else silence),
        f"{fault.cause} {fault.remedy}"
        if fault
        else f"Read /var/log/glusterfs/geo-replication/{session_of(session).directory}/gsyncd.log on {worker.node}, and look for known "
        "faults with gluster_georep_preflight_info on the nodes of both sites.",
        str(session_of(session)),
        worker.node,
        worker.brick,
        fault=fault.id if fault else "",
        title=fault.title if fault else "",
        reference=fault.reference if fault else (),
    )


def _known_fault(worker: Seen) -> catalogue.Fault | None:
    """What the node found, which knows all that the worker said; else what the last error says by itself."""
    known = catalogue.BY_ID.get(worker.fault["id"]) if worker.fault else None
    if worker.fault and known:
        return known._replace(title=worker.fault["title"], cause=worker.fault["cause"], remedy=worker.fault["remedy"])
    return catalogue.explain(worker.last_error, LOG) if worker.last_error else None


#: gsyncd prints whole commands, up to the brace that closes them: ``{cmd=ssh -oPasswordAuthentication=no ... H::V}, {error=1}``.
_COMMAND = re.compile(r"\{cmd=(\S+) [^}]*\}")


def shortened(text: str, most: int = 480) -> str:
    """A line of a log without the words of the command that failed, which hide why it failed; the beginning and end of a very long one."""
    text = _COMMAND.sub(r"{cmd=\1 ...}", text)
    return text if len(text) <= most else f"{text[: most - 245]} ... {text[-240:]}"


def _of_worker(session: Entry, worker: Seen, failures: int) -> t.Iterator[Problem]:
    """:param failures: of the whole session, as the gate counts them."""
    name = str(session_of(session))
    if worker.failures:
        fault = catalogue.BY_ID["changes-refused"]
        yield Problem(
            "failures",
            WARNING,
            f"{worker.failures} change{'s' if worker.failures > 1 else ''} could not be carried out on the secondary.",
            "To find the files that differ, run the playbook glusterops.georep.prove with georep_compare=all. To send them again, add georep_send_again=true. "
            "The count stays, even after a restart or a repair. When the files are repaired, set "
            f"gate_failures_known={failures} for the role gate.",
            name,
            worker.node,
            worker.brick,
            fault=fault.id,
            title=fault.title,
        )
    if worker.stalled and worker.status == "Active":
        fault = catalogue.BY_ID["stalled"]
        yield Problem(
            "worker-stalled",
            CRITICAL,
            "The worker is Active and has nothing to do, but it has stalled: it does not see a change that was made in the last "
            f"{durations.words_of(worker.lag_seconds)}.",
            fault.remedy,
            name,
            worker.node,
            worker.brick,
            fault=fault.id,
            title=fault.title,
        )


# --- a session as gluster_georep_info returns it ---------------------------------------------------------------------


def sets_of(entry: Entry) -> list[list[Seen]]:
    """The workers of a session, replica set by replica set; as one set if the sets are not known."""
    workers = [
        Seen(
            worker["node"],
            worker["brick"],
            worker["status"],
            worker.get("failures") or 0,
            bool(worker.get("stalled")),
            worker.get("lag_seconds"),
            worker.get("last_error"),
            fault=worker.get("fault"),
        )
        for worker in entry["workers"]
    ]
    workers += [Seen(*place_of(name), "missing") for name in entry["missing"]]
    return grouped(workers, entry)


Named = t.TypeVar("Named", bound=t.Any)


def grouped(workers: t.Sequence[Named], entry: Entry) -> list[list[Named]]:
    """Workers, each with a ``name``, by the ``sets`` of a session; as one set if these are not known."""
    by_name = {worker.name: worker for worker in workers}
    groups = entry.get("sets") or []
    if not set(by_name) <= {name for group in groups for name in group}:
        return [list(workers)] if workers else []
    return [[by_name[name] for name in group if name in by_name] for group in groups]


def site_of(entry: Entry, secondaries: t.Iterable[Entry]) -> Entry | None:
    """What the session's host said, of ``secondaries`` of gluster_georep_info; None: it was not asked."""
    return next((site for site in secondaries if site["secondary_host"] == entry["secondary_host"]), None)


def judge(entry: Entry, site: Entry | None = None) -> dict[str, t.Any]:
    """One word about a session, and why: ``health`` of gluster_georep_info."""
    found = problems(entry, sets_of(entry), site=site)
    said = [line(problem.as_dict(), session=False) for problem in found]
    if entry["state"] == State.UNREADABLE.value:
        return {"verdict": UNKNOWN, "reasons": said}
    if entry["state"] in RESTING:
        return {"verdict": VERDICTS[IDLE], "reasons": [rest_words(entry["state"]), *said]}
    return {"verdict": VERDICTS[worst(problem.severity for problem in found)], "reasons": said}


def rest_words(state: str) -> str:
    return f"It is {state}."


def judged(status: t.Iterable[Entry], secondaries: t.Sequence[Entry] = ()) -> list[dict[str, t.Any]]:
    """Sessions as gluster_georep_info returns them, each with its ``health``."""
    return [{**entry, "health": judge(entry, site_of(entry, secondaries))} for entry in status]


def unwell(entry: Entry, site: Entry | None = None) -> list[str]:
    """The workers of a session that do not deliver by what was read of them, a line for each cause."""
    found = problems(entry, sets_of(entry), site=site)
    return [line(problem.as_dict()) for problem in found if problem.id in ("worker-faulty", "worker-stalled", secondary_site.DOWN)]


def doubtful(entry: Entry) -> bool:
    """Whether the secondary site may be why a session does not replicate: a worker failed, and nobody looked there yet."""
    return any(problem.id == "worker-faulty" or (problem.id == "no-active-worker" and _LAST in problem.what) for problem in problems(entry, sets_of(entry)))


# --- a session against what was asked of it --------------------------------------------------------------------------


def shared(session: SessionId, beside: t.Sequence[SessionId]) -> list[Problem]:
    """What the cluster says of such sessions is said of whichever of them ran last."""
    return [Problem("directory-shared", CRITICAL, shared_words(session, beside), by_hand(beside[0]), str(session))] if beside else []


def late(session: Entry, found: t.Sequence[Problem], now: float) -> t.Iterator[Problem]:
    """Whether a session keeps its RPO, and its checkpoint.

    :param session: as the report has it, with ``rpo_seconds``, ``lag_seconds``, ``lag_exact`` and ``checkpoint``.
    :param found: its other problems.
    """
    name, state, rpo, lag = str(session_of(session)), session["state"], session["rpo_seconds"], session["lag_seconds"]
    if rpo is None:
        return
    if lag is not None and lag > rpo:
        waits = f"The oldest change that is not on the secondary has waited {durations.words_of(lag)}"
        if not session["lag_exact"]:
            waits = f"The last sync was {durations.words_of(lag)} ago"
        remedy = (
            "Fix the other problems of this session first."
            if found
            else (
                "The connection or the secondary is too slow for the changes, or a worker hangs. To test whether new files reach the secondary, run the "
                "playbook glusterops.georep.prove. If they do, raise the session's option sync-jobs."
            )
        )
        if state in RESTING:
            remedy = f"The session is {state}. Run: {_command(session)} {_verb(state)}"
        yield Problem("lag-above-rpo", CRITICAL, f"{waits}; the RPO is {durations.words_of(rpo)}.", remedy, name)
    elif lag is None and state != State.CREATED.value and not any(problem.severity == CRITICAL for problem in found):
        yield Problem(
            "lag-unknown",
            WARNING,
            f"The RPO is {durations.words_of(rpo)}, but how far this session has synced is not known: it has synced nothing yet, or no node reports it.",
            "If the first copy is still running, wait. If not, run the playbook glusterops.georep.status on all primary nodes. Then test with the playbook "
            "glusterops.georep.prove whether new files reach the secondary.",
            name,
        )
    checkpoint = session["checkpoint"]
    set_at = durations.instant(checkpoint["time"])
    if checkpoint["set"] and checkpoint["completed"] is False and set_at and now - set_at > rpo:
        yield Problem(
            "checkpoint-overdue",
            WARNING,
            f"The checkpoint of {durations.clock_words(checkpoint['time'])} UTC is {durations.words_of(now - set_at)} old and not reached.",
            "A checkpoint completes with the first change after it. If nothing changes on the primary volume, touch a file on it. If the volume is in use, "
            "check the lag of the session with the playbook glusterops.georep.status.",
            name,
        )


# --- the cluster -----------------------------------------------------------------------------------------------------


def peer_down(name: str) -> Problem:
    return Problem(
        "peer-down",
        WARNING,
        f"The node {name} is not connected to the cluster.",
        "Start glusterd on this node (systemctl start glusterd), and check with gluster peer status.",
        node=name,
    )


def missing_sessions(info: Entry, declared: t.Mapping[SessionId, Declared], only: t.Collection[SessionId]) -> list[Problem]:
    """Sessions that are declared or asked for, and are not there."""
    there = {session_of(entry) for entry in info["status"]}
    found = []
    for session in dict.fromkeys([*declared, *only]):
        asked = declared.get(session)
        if session not in there and (asked is None or asked.state != "absent"):
            what = f"The session is {f'declared {asked.state}' if asked else 'requested'}, but does not exist on this cluster."
            remedy = (
                "To create the session, run the playbook glusterops.georep.converge."
                if asked
                else "Write the names of the session as 'gluster volume geo-replication status' shows them."
            )
            found.append(Problem("session-missing", CRITICAL, what, remedy, str(session)))
    return found
