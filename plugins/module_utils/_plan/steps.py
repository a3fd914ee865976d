# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Between the steps of a run of the role: what the results of one step mean for the next. Touches nothing."""

from __future__ import annotations

import re
import typing as t

from .._model.errors import PreconditionFailed
from .._model.identity import names_of
from .._model.key_lines import host_of
from .._model.node import nodes_from
from .declaration import read_declaration
from .mountbroker import leftovers
from .role import still_differs
from .run import Settings, logins_by_account, unique, wanted_of
from .ssh_paths import known_hosts_lines
from .sync_method import PINNABLE

Result = t.Mapping[str, t.Any]  #: of a module


def versions_of(answers: t.Iterable[Result]) -> dict[str, str]:
    """By host, from the answers to ``gluster --version``, each with its host as ``item``; empty where it says none."""
    found = {}
    for answer in answers:
        if "stdout" in answer:
            version = re.search(r"[0-9][0-9.]*", answer["stdout"])
            found[answer["item"]] = version.group(0) if version else ""
    return found


def check_agreement(plan: Result, nodes: t.Sequence[Result]) -> None:
    """After the run, the files of all nodes that had another option have to say what the plan says.

    :param nodes: results of gluster_georep_preflight_info of the primary nodes, after the run.
    :raises PreconditionFailed: naming each option and node.
    """
    known = {node["node_uuid"] for node in plan["nodes"]}
    looked = nodes_from(node for node in nodes if "facts" in node)
    differ = still_differs(plan["to_recheck"], [node for node in looked if node.uuid in known])
    if differ:
        raise PreconditionFailed(
            f"gluster accepted the options, but {'; '.join(differ)}.",
            remedy="Run again. If this repeats, read /var/log/glusterfs/glusterd.log on the node that this message names. The log shows why the options were "
            "not written.",
        )


def check_access(settings: Settings, targets: t.Sequence[Result], answers: t.Sequence[Result]) -> None:
    """Without a login the keys must work already, as they do where somebody brought them by hand.

    :param answers: of gluster_ssh_trust in check mode, one a primary node; one that failed otherwise tells of no probes.
    :raises PreconditionFailed: they do not.
    """
    unreached = [answer for answer in answers if "error" in answer or "probes" not in answer]
    if not unreached:
        return
    waiting = unique(names_of(wanted_of(read_declaration(settings.sessions))))
    hosts = unique(target["secondary_host"] for target in targets)
    told = [answer.get("msg", "no answer").replace(answer.get("remedy") or "", "").strip() for answer in unreached]
    raise PreconditionFailed(
        f"{', '.join(waiting)}: the primary nodes cannot log in to {', '.join(hosts)} with the geo-replication keys, and no login "
        "(geo_replication_bootstrap_password or geo_replication_bootstrap_private_key_file) is set with which this run could copy the keys to these hosts. "
        "Nothing was created or recorded.\n" + "\n".join(told),
        remedy=unreached[0].get("remedy") or None,
    )


def plan_authorization(plan: Result, generated: Result, unmade: t.Mapping[str, t.Collection[str]], check_mode: bool) -> dict[str, t.Any]:
    """Which keys each primary host puts into which accounts of the secondary nodes.

    A check run does not know keys that are not generated yet, nor accounts that do not exist yet. There it only reads the host keys of
    the node, and what a real run would do is ``pending``.

    :param generated: result of gluster_georep_keys; :param unmade: by host, accounts that a real run would have created by now.
    """
    keys = generated["public_keys"]
    # Where no node was checked (geo_replication_preflight: false), those of the node that gathered the keys are known.
    logins = logins_by_account(plan.get("logins") or generated.get("logins", ()))

    def task(own: Result) -> dict[str, t.Any]:
        missing = check_mode and own["account"] in unmade.get(own["host"], ())
        pending = missing or not keys
        return {
            "host": own["host"],
            "name": own["account"],
            "account": "root" if missing else own["account"],
            "only_nodes": own["node_uuids"],
            "state": "verified" if pending else "present",
            "public_keys": [] if missing else keys,
            "pending_on": own["node_uuids"] if pending else [],
            "logins": logins.get(own["account"], []),
        }

    return {"share": {primary: [task(account) for account in own["accounts"]] for primary, own in plan["share"].items()}}


def plan_verification(
    plan: Result, known_hosts: t.Sequence[str], generated: Result, answers: t.Sequence[Result], check_mode: bool
) -> dict[str, t.Any]:
    """How the primary nodes test all SSH access, once the keys are where they have to be.

    :param known_hosts: lines that the user gave; :param generated: result of gluster_georep_keys.
    :param answers: of the secondary nodes that accepted them, with their host keys: so nothing has to be trusted on first use.
    :returns: ``known_hosts``; whether to ``verify``: what a check run has only announced cannot be tested yet; ``public_keys``, by primary
        host, which it records as brought, empty if a check run does not know them yet: the first one did so when it generated them;
        ``announced``, hosts whose change is predicted already; and ``obstacles`` that the nodes found themselves, by the names and accounts
        of the logins that they stop.
    """
    host_keys = {answer["node_uuid"]: answer["host_keys"] for answer in answers if answer.get("node_uuid")}
    pending = bool(generated.get("changed")) or any(answer.get("changed") for answer in answers)
    told = {(answer["node_uuid"], one["account"]): answer["obstacles"] for answer in answers if answer.get("obstacles") for one in answer["accounts"]}
    first, *others = plan["share"]
    return {
        "known_hosts": [*known_hosts_lines(plan["host_names"], host_keys), *known_hosts],
        "verify": not (check_mode and pending),
        "public_keys": {host: generated.get("public_keys", []) for host in others},
        "announced": [first] if check_mode else [],
        "obstacles": [
            {"secondary_node": name, "secondary_user": account, "obstacles": obstacles}
            for (uuid, account), obstacles in told.items()
            for name in unique(host_of(name) for name in plan["host_names"].get(uuid, ()))
        ],
    }


def plan_restarts(answers: t.Sequence[Result], state: str, share: t.Mapping[str, t.Sequence[str]]) -> dict[str, t.Any]:
    """Which secondary nodes differ, and on which glusterd has to read its file, after a look at the mountbroker of all of them.

    :param answers: of gluster_mountbroker in check mode, each with its host as ``item``; nodes may be gone.
    :param state: ``present`` or ``absent``. Mappings that must be there are no use before glusterd reads them; a mapping that nobody needs
        is left to people where the cluster cannot stand a restart.
    :raises PreconditionFailed: with ``present``, a node cannot be restarted now.
    """
    looked = [answer for answer in answers if "restart_needed" in answer]
    pending = [answer for answer in looked if answer["restart_needed"]]
    barred = [answer for answer in pending if answer["peers_down"] or answer["quorum_lost"]]
    if barred and state == "present":
        why = [f"{peer} is down" for peer in unique(peer for answer in barred for peer in answer["peers_down"])]
        why += [f"server quorum would stop the bricks of {volume}" for volume in unique(name for answer in barred for name in answer["quorum_lost"])]
        raise PreconditionFailed(
            f"glusterd on {', '.join(unique(answer['item'] for answer in barred))} must be restarted to read glusterd.vol, but a restart is not safe now: "
            f"{', '.join(why)}. Nothing was changed on the secondary site.",
            remedy="If nodes are down, start them. If not, restart glusterd by hand at a suitable time on the nodes that this message names (systemctl "
            "restart glusterd). Then run again.",
        )
    differing = {answer["item"] for answer in looked if answer["steps"]}
    restart = [answer["item"] for answer in pending if answer not in barred]
    return {
        "share": {primary: [host for host in hosts if host in differing] for primary, hosts in share.items()},
        "restart": restart,
        "steps": [
            *(f"{answer['item']}: {step}" for answer in looked for step in answer["steps"]),
            *(f"{host}: restart glusterd, so that it reads glusterd.vol" for host in restart),
        ],
        "left": leftovers(looked),
        "unrestarted": unique(answer["item"] for answer in barred),
        "unreached": [answer["item"] for answer in answers if answer.get("unreachable")],
        "notes": [note for answer in looked for note in answer["notes"]],
        # In a check run, accounts that a real run would have made by now.
        "unmade": {
            answer["item"]: [account["name"] for account in answer.get("accounts", ()) if not account["exists"]] for answer in looked
        },
    }


def judge_drift(drift: Result, fail: bool) -> list[str]:
    """The differences for people, a line each.

    :param drift: see drift() of _show/outcome.py.
    :raises PreconditionFailed: there are some, and they are to end the run.
    """
    changes = drift["changes"]
    if fail and changes:
        number = f"{len(changes)} change{'s' if len(changes) > 1 else ''}"
        raise PreconditionFailed(
            f"The cluster differs from the declaration. A run of glusterops.georep.converge would make {number}: {'; '.join(changes)}.",
            remedy="Run glusterops.georep.converge to make these changes, or correct the declaration.",
        )
    return [
        *(f"differs: {change}" for change in changes),
        *(f"WARNING: {warning}" for warning in drift["warnings"]),
        *(f"not declared, left alone: {session}" for session in drift["undeclared"]),
        *([] if changes else ["The cluster is as declared."]),
    ]


def check_may_install(need: str, package: str, install: bool, check_mode: bool) -> None:
    """:param need: what the package is for, as a sentence.

    :raises PreconditionFailed: this run must not install it.
    """
    if not install:
        raise PreconditionFailed(need, remedy=f"Install {package} on that node, or set geo_replication_install_packages to true.")
    if check_mode:
        raise PreconditionFailed(need, remedy=f"A real run installs {package}. A check run cannot continue without this package.")


def plan_pinned(plan: Result, answers: t.Sequence[Result]) -> dict[str, t.Any]:
    """What an older rsync did for the nodes that it was wanted on. Some package archives have none.

    :param answers: of gluster_georep_preflight_info after the packages were installed, each with its host as ``item``; none in a check run.
    :returns: ``share``, by primary host the nodes from which the pin goes; whether it ``helps``; and if not, a ``message``.
    """
    useless = [answer["item"] for answer in answers if PINNABLE in [finding["id"] for finding in answer["faults"]]]
    return {
        "share": {primary: [host for host in own["rsync"] if host in useless] for primary, own in plan["share"].items()},
        "helps": not useless,
        "message": useless
        and f"The package archives of {', '.join(useless)} have no rsync before 3.5, so geo_replication_pin_rsync cannot help on these nodes. "
        "Set geo_replication_pin_rsync to false: the sessions then use sync-method tarssh.",
    }


def check_rejoined(host: str, answer: Result, restarted: bool) -> None:
    """:param answer: of gluster_mountbroker in check mode, the last one: it may have failed; :param restarted: glusterd was restarted before.

    :raises PreconditionFailed: glusterd on that node is not with all nodes of its cluster, or has not read its file although it was restarted.
    """
    unread = "peers_down" not in answer
    down = answer.get("peers_down", ())
    if not unread and not down and not (restarted and answer["restart_needed"]):
        return
    said = str(answer.get("msg", "no answer")).rstrip(".")
    if not restarted:
        raise PreconditionFailed(
            f"glusterd on {host} has not read glusterd.vol yet. glusterd was not restarted, because "
            + (f"its cluster could not be read: {said}." if unread else f"other nodes of its cluster are not connected: {', '.join(down)}."),
            remedy="Fix the cause, then run again." if unread else "Start these nodes, then run again.",
        )
    lacks = f"its cluster could not be read: {said}" if unread else f"it is not connected to {', '.join(down)}" if down else "it has not read glusterd.vol"
    raise PreconditionFailed(
        f"glusterd on {host} was restarted. A minute later {lacks}. glusterd was not restarted on other nodes.",
        remedy=f"Read /var/log/glusterfs/glusterd.log on {host}, fix the cause, then run again.",
    )


def check_unproved(plan: Result) -> None:
    """:raises PreconditionFailed: workers deliver nothing, and this run proves nothing, which would settle it."""
    if plan["unwell"]:
        raise PreconditionFailed(
            f"{' '.join(plan['unwell'])} geo_replication_prove is false, so this run did not restart these workers, and did not test whether "
            "files reach the secondary.",
            remedy="Set geo_replication_prove: true, and run again. That run restarts stalled workers (geo_replication_restart_stalled) and tests the "
            "sessions. Or read gsyncd.log on the node of the worker, and fix the cause.",
        )
