# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""New keys for all primary nodes: who has to accept them, and who can bring them. Touches nothing."""

from __future__ import annotations

import typing as t

from .._model.errors import InvalidInput, PreconditionFailed
from .._model.identity import session_of
from .._model.states import State
from .role import plan_declared
from .run import logins_by_account, share_out

Result = t.Mapping[str, t.Any]

_IDENTITY = ("primary_volume", "secondary_host", "secondary_volume", "secondary_user")


def plan_rotation(info: Result, primary_hosts: t.Sequence[str], secondary_hosts: t.Sequence[str], login: bool) -> dict[str, t.Any]:
    """Where the next keys have to be accepted.

    :param info: result of gluster_georep_info; :param login: the user gave a login for secondary nodes that Ansible does not manage.
    :raises PreconditionFailed: a primary node is missing, or it is not known where the keys are accepted.
    """
    down = [peer["name"] for peer in info["peers"] if not peer["connected"]]
    if down or len(primary_hosts) != len(info["peers"]):
        raise PreconditionFailed(
            "Keys are rotated only if all primary nodes take part. "
            + (
                f"Not connected: {', '.join(down)}. Start glusterd on these nodes, then run again."
                if down
                else f"The cluster has {len(info['peers'])} nodes, and only {len(primary_hosts)} are in this play ({', '.join(primary_hosts)}). "
                "Add the other nodes to the play."
            )
            + " Nothing was changed."
        )
    plan = _plan_every(info)
    users = list(dict.fromkeys(target["secondary_user"] for target in plan["targets"]))
    managed = bool(secondary_hosts)
    return {
        **plan,
        "secondary_nodes": [node for target in plan["targets"] for node in target["secondary_nodes"]],
        "share": {
            primary: {"accounts": [{"host": host, "account": user, "node_uuids": plan["account_nodes"].get(user, [])} for host in own for user in users]}
            for primary, own in share_out(secondary_hosts, primary_hosts).items()
        },
        "sessions": [
            {"session": {name: entry[name] for name in _IDENTITY}, "running": State(entry["state"]).running, "owed": not entry["last_proved"]}
            for entry in info["status"]
        ],
        "login": login,
        "todo": {
            "managed": managed,
            "unmanaged": not managed and bool(plan["targets"]),
            "login": not managed and login and bool(plan["targets"]),
        },
    }


def _plan_every(info: Result) -> dict[str, t.Any]:
    """The plan for every session of the cluster, declared or not, whatever it is doing."""
    every = [{**session, "state": "present", "config": {}} for session in info["sessions"]]
    unreadable = dict.fromkeys(entry["primary_volume"] for entry in info["status"] if entry["state"] == "unreadable" or not entry["config"])
    problems = []
    plan: dict[str, t.Any] = {}
    try:
        plan = plan_declared(every, info)
    except InvalidInput as exc:
        problems.append(f"{exc} {exc.remedy}")
    if unreadable:
        problems.append(f"The configuration of sessions of these volumes cannot be read: {', '.join(unreadable)}. To see why, run gluster_georep_info.")
    if problems:
        problems.append("So it is not known which accounts must accept the new keys, and no keys were replaced. Nothing was changed.")
        raise PreconditionFailed(" ".join(problems))
    return plan


def plan_next_keys(plan: Result, answers: t.Sequence[Result], check_mode: bool, reconnected: Result | None = None) -> dict[str, t.Any]:
    """Which keys are due, and what takes their place.

    :param answers: of gluster_ssh_trust, one for each primary host of the plan: what it says of the rotation.
    :param reconnected: result of the restart of the sessions. An earlier run that was killed may have left one of them stopped.
    :returns: ``due``; whether to ``replace`` keys in this run, and whether that ``replaces`` any that have to be removed; the key lines;
        ``to_prove``, the sessions that were restarted, and those that still lack the proof after an earlier run, whether their workers are
        up already or not, and whether there are any (``proves``); and ``lines``, what was done in words.
    :raises PreconditionFailed: keys are due, and nobody can bring the next ones.
    """
    answers_of = dict(zip(plan["share"], answers))
    found = {host: answer["rotation"] for host, answer in answers_of.items() if answer.get("rotation")}
    due = [host for host, rotation in found.items() if rotation["due"]]
    # Next keys that are there already may have been brought by a run that was ended.
    unbrought = [host for host in due if not found[host]["new_lines"]]
    if unbrought and plan["todo"]["unmanaged"] and not plan["login"]:
        hosts = dict.fromkeys(target["secondary_host"] for target in plan["targets"])
        raise PreconditionFailed(
            f"The keys of {', '.join(unbrought)} are due to be replaced, but the new keys cannot be copied to {', '.join(hosts)}: "
            "geo_replication_secondary_hosts, geo_replication_bootstrap_password and geo_replication_bootstrap_private_key_file are all empty. "
            "Nothing was created or recorded.",
            remedy="Set one of these three options, then run again.",
        )
    notes = [note for answer in answers for note in answer.get("notes", ())]
    replace = bool(due) and not check_mode
    restarted = ((reconnected or {}).get("rotation") or {}).get("restarted", ())
    lines = [f"{'would do' if check_mode else 'done'}: {note}" for note in notes]
    to_prove = [
        entry["session"]
        for entry in plan["sessions"]
        if not check_mode and (str(session_of(entry["session"])) in restarted or (entry["running"] and entry["owed"]))
    ]
    return {
        "due": bool(due),
        "replaces": any(rotation["old_lines"] for rotation in found.values()),
        "replace": replace,
        "to_prove": to_prove,
        "proves": bool(to_prove),
        # By account: which files sshd reads for it may depend on where the logins come from.
        "logins": logins_by_account(login for host in due for login in answers_of[host].get("logins", ())),
        "new_lines": [line for rotation in found.values() for line in rotation["new_lines"]],
        "old_lines": [line for rotation in found.values() for line in rotation["old_lines"]],
        "lines": lines or ["No key is due."],
    }
