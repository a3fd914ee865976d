# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What the gate and the playbooks ask of a cluster: which of its nodes, and about which sessions. Touches nothing."""

from __future__ import annotations

import typing as t

from .._model.errors import InvalidInput, PreconditionFailed
from .declaration import LABEL, complete_declared, read_declaration
from .given import Load, names_from

Result = t.Mapping[str, t.Any]  #: of a module

IDENTITY = ("primary_volume", "secondary_host", "secondary_volume", "secondary_user")


def names_of_sessions(declared: t.Any, load: Load | None, option: str) -> list[dict[str, t.Any]]:
    """What identifies each session of a list that people wrote.

    :raises InvalidInput: naming the entry and option at fault.
    """
    return [{name: entry[name] for name in IDENTITY} for entry in complete_declared(declared, load, option)]


def hosts_of(written: t.Any, otherwise: t.Sequence[str], inventory: t.Container[str], load: Load | None = None) -> list[str]:
    """The primary hosts of the gate.

    :param written: gate_hosts; :param otherwise: the hosts if it is empty.
    :raises InvalidInput: there are none, or they are not in the inventory.
    """
    hosts = names_from("gate_hosts", written, load, "primary1, primary2") or list(otherwise)
    if not hosts or any(host not in inventory for host in hosts):
        raise InvalidInput(
            f"gate_hosts = {hosts}: not hosts of the inventory.",
            remedy="Write inventory hosts of the primary cluster, or set georep_primary_hosts, or define a group gluster_primary in the inventory.",
            option="gate_hosts",
            value=hosts,
        )
    return hosts


def told(answers: t.Iterable[Result]) -> list[Result]:
    """Of the results of gluster_georep_info with ``local_only`` those that tell of workers; a node may be down."""
    return [answer for answer in answers if "local" in answer]


def asked_first(hosts: t.Sequence[str], answers: t.Sequence[Result]) -> str:
    """The first host that answered, or else the first one.

    :param answers: one for each host, in their order.

    >>> asked_first(["p1", "p2"], [{"msg": "no route to host"}, {"local": {}}]), asked_first(["p1", "p2"], [{}, {}])
    ('p2', 'p1')
    """
    return next((host for host, answer in zip(hosts, answers) if "local" in answer), hosts[0])


# --- the playbook status


def asks_of(declared: t.Any, load: Load | None = None) -> dict[str, t.Any]:
    """What is read for a comparison with the declaration, as arguments of gluster_georep_info.

    :raises InvalidInput: naming the entry and option at fault.
    """
    entries = read_declaration(declared, load)
    names = [{name: entry.given[name] for name in IDENTITY} for entry in entries]
    hosts = dict.fromkeys(entry.given["secondary_host"] for entry in entries if entry.wanted.state != "absent")
    return {"config": bool(entries), "names": names, "secondary_hosts": list(hosts)}


def read_by(hosts: t.Sequence[str], views: t.Sequence[Result], answers: t.Sequence[Result]) -> Result:
    """The reading that went through.

    :param views: what each host says of its own workers; :param answers: of those that were asked for all sessions, each with ``__georep_host``.
    :raises PreconditionFailed: none went through; naming what each host said.
    """
    info = next((answer for answer in answers if "status" in answer), None)
    if info is None:
        said = [(host, view) for host, view in zip(hosts, views) if "local" not in view]
        said += [(answer["__georep_host"], answer) for answer in answers]
        lines = [f"{host}: {answer.get('msg', 'no answer')}" for host, answer in said]
        raise PreconditionFailed("\n".join(["The sessions could not be read on any node.", *lines]))
    return info


def asks_versions(report: Result) -> bool:
    """Whether the GlusterFS versions of the secondary hosts may explain what a report says.

    Across some releases no session works, and not even what the secondary answers means what it says.
    """
    drift = report["drift"]
    return bool(drift["declared"] and (report["verdict"] == "critical" or drift["steps"] or drift["errors"]))


# --- the playbook checkpointed_sync


def choose(chosen: t.Any, declared: t.Any, accept: t.Sequence[str], load: Load | None = None) -> dict[str, t.Any]:
    """The sessions that sync up to a checkpoint, to be started and stopped. Their options are left as they are; only converge changes those.

    :param chosen: georep_sessions; None: those that are declared stopped, which is what they are between two runs.
    :raises InvalidInput: there are none, or one of them is not a session.
    """
    if chosen is None:
        entries = [entry for entry in complete_declared(declared, load) if entry["state"] == "stopped"]
    else:
        entries = complete_declared(chosen, load, "georep_sessions")
    if not entries:
        raise InvalidInput(
            "No session was chosen.",
            remedy=f"Set georep_sessions, or declare the sessions in {LABEL} with state: stopped, which is their state between two runs of this playbook.",
            option="georep_sessions",
            value=chosen,
        )
    names = [{name: entry[name] for name in IDENTITY} for entry in entries]
    start, stop = ([{**entry, "only_state": True, "accept": list(accept), "state": state} for entry in names] for state in ("started", "stopped"))
    return {"names": names, "start": start, "stop": stop}


def check_exist(names: t.Sequence[Result], info: Result) -> None:
    """:raises PreconditionFailed: not all sessions exist; :param info: result of gluster_georep_info about them alone."""
    found = [session["primary_volume"] for session in info["status"]]
    if len(found) != len(names):
        raise PreconditionFailed(
            f"Only {len(found)} of {len(names)} sessions exist ({', '.join(found)}).",
            remedy="Create the missing sessions first: run the playbook glusterops.georep.converge.",
        )


def through(sessions: t.Sequence[Result], checkpoints: t.Sequence[Result], everything: bool) -> list[Result]:
    """Of the sessions those to stop: all, or those that have reached their checkpoint.

    :param checkpoints: of gluster_georep_checkpoint, in the order of the sessions; none if it failed.
    """
    return list(sessions) if everything else [session for session, one in zip(sessions, checkpoints) if one["reached"]]
