# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What a run of the role shows in the end: the sessions, what was done, and what else people must know."""

from __future__ import annotations

import typing as t

from .._model.identity import names_of
from . import changes
from .changes import Done
from .lines import summary_lines

Result = t.Mapping[str, t.Any]


class Answers(t.NamedTuple):
    """What the steps of the run returned; empty where a step had nothing to do."""

    sessions: t.Sequence[Result] = ()  #: of gluster_georep_session
    directories_made: t.Sequence[Result] = ()  #: of gluster_georep_directory, each with its host as ``item``
    directories_removed: t.Sequence[Result] = ()  #: the same; a node may be gone
    mappings_removed: Result = {}  #: see plan_restarts() of _plan/steps.py
    cleanup: Result = {}  #: see plan_cleanup() of _plan/withdraw.py
    done: Done = Done()


def drift(plan: Result, answers: Answers) -> dict[str, t.Any]:
    """How the cluster differs from the declaration: what a run changes, what speaks against it, and what is not declared.

    :param plan: of this run, see _plan/run.py.
    """
    steps = _steps(plan, answers)
    return {"differs": bool(steps), "changes": steps, "warnings": list(plan["cautions"]), "undeclared": list(plan["left_alone"])}


def _removed(answers: Answers) -> list[Result]:
    return [answer for answer in answers.directories_removed if "directories" in answer]


def _steps(plan: Result, answers: Answers) -> list[str]:
    """Everything that the run changes on either site, in the order in which it is done."""
    return [
        *changes.before_sessions(plan, answers.done),
        *_all("steps", answers.directories_made),
        *changes.trust(answers.done),
        *answers.mappings_removed.get("steps", ()),
        *plan["steps"],
        *answers.cleanup.get("steps", ()),
        *changes.withdrawn(answers.done),
        *changes.protected(plan),
        *_all("steps", _removed(answers)),
    ]


def outcome_lines(settings: Result, plan: Result, answers: Answers, check_mode: bool) -> list[str]:
    """The lines of the summary.

    :param settings: the role's options; :param plan: of this run, see _plan/run.py.
    """
    done = "would do: " if check_mode else "done: "
    removed = _removed(answers)
    return [
        *summary_lines(plan["info"]["status"], () if check_mode else answers.sessions, plan["info"].get("secondaries", ())),
        *(f"{done}{step}" for step in _steps(plan, answers)),
        *(f"not declared, left alone: {session}" for session in plan["left_alone"]),
        *(f"WARNING: {warning}" for warning in plan["cautions"]),
        *_all("notes", [*answers.directories_made, *removed]),
        *answers.mappings_removed.get("notes", ()),
        *plan["notes"],
        *answers.cleanup.get("notes", ()),
        *(f"left: {path}" for path in _all("leftovers", answers.sessions)),
        *(f"left: {thing}" for thing in [*answers.cleanup.get("left", ()), *answers.mappings_removed.get("left", ())]),
        *plan["fault_notes"],
        *_notes(settings, plan, answers, check_mode),
    ]


def _all(name: str, answers: t.Iterable[Result]) -> list[t.Any]:
    return [value for answer in answers for value in answer[name]]


def _joined(values: t.Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(values))


def _notes(settings: Result, plan: Result, answers: Answers, check_mode: bool) -> list[str]:
    found = [
        *_directory_notes(plan, answers.directories_removed),
        *_mapping_notes(settings, plan, answers.mappings_removed),
        *_proof_notes(settings, plan, check_mode),
    ]
    if not settings["sessions"]:
        found.append("geo_replication_sessions is empty: nothing is declared.")
    hosts, peers = len(settings["primary_hosts"]), len(plan["peer_uuids"])
    if plan["targets"] and hosts < peers:
        found.append(
            f"Only {hosts} of {peers} primary nodes are in this play. The other nodes were not tested, and may lack the host keys of the secondary nodes. Add "
            "them to the play."
        )
    return found + _notes_of_others_sites(settings, plan)


def _directory_notes(plan: Result, answers: t.Sequence[Result]) -> list[str]:
    """Volumes over directories that no node could remove."""
    absent = plan["obsolete_directories"] if answers else []
    reached = {entry["secondary_host"] for answer in answers for entry in answer.get("directories", ())}
    missed = [entry for entry in absent if entry["secondary_host"] not in reached]
    unreached = [answer["item"] for answer in answers if answer.get("unreachable")]
    hosts = _joined(entry["secondary_host"] for entry in missed)
    if missed and unreached:
        return [
            f"Could not reach {_joined(unreached)}. If this collection created the volumes over these directories on {hosts}, these volumes stay: "
            f"{_joined(entry['directory'] for entry in missed)}. Run again when the nodes are back."
        ]
    if missed:
        return [
            f"{hosts} is not in geo_replication_secondary_hosts. If this collection created the volume over a secondary_directory on {hosts}, "
            "this volume stays."
        ]
    return []


def _mapping_notes(settings: Result, plan: Result, removed: Result) -> list[str]:
    accounts = _joined(mapping["secondary_user"] for mapping in plan["obsolete_mappings"])
    by_hand = _unmap(plan["obsolete_mappings"])
    found = []
    if removed.get("unreached"):
        found.append(
            f"Could not reach {_joined(removed['unreached'])}. glusterd.vol on these nodes may still allow {accounts} to mount a volume that no session uses. "
            f"Run again when the nodes are back, or run on these nodes: {by_hand}"
        )
    if removed.get("unrestarted"):
        found.append(
            f"glusterd on {_joined(removed['unrestarted'])} still uses mountbroker settings that were removed from glusterd.vol. glusterd was not "
            "restarted, because other nodes are down or the cluster would lose its quorum. Run again when all nodes of the secondary cluster are up."
        )
    if accounts and not settings["secondary_hosts"]:
        used = {session["secondary_user"] for session in plan.get("remaining", ())}
        left = [mapping["secondary_user"] for mapping in plan["obsolete_mappings"] if mapping["secondary_user"] not in used]
        delete = "; ".join(f"userdel --remove {account}" for account in dict.fromkeys(left))
        found.append(
            f"No session needs the permission of {accounts} to mount volumes of the secondary site (mountbroker) any more. To remove it, run on each "
            f"secondary node, one after the other: {by_hand}"
            + (f". If nothing else on these nodes uses {_joined(left)}, delete the account, too: {delete}" if left else "")
        )
    return found


def _unmap(mappings: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    """The commands that remove these mappings from a node."""
    pairs = [(volume, mapping["secondary_user"]) for mapping in mappings for volume in mapping["secondary_volumes"]]
    return "; ".join([*(f"gluster-mountbroker remove --volume {volume} --user {user}" for volume, user in pairs), "systemctl restart glusterd"])


def _proof_notes(settings: Result, plan: Result, check_mode: bool) -> list[str]:
    volumes = _joined(names_of(plan["to_prove"], plan.get("remaining", ())))
    if not volumes:
        return []
    if not settings["prove"]:
        return [
            f"Not yet tested that files really reach the secondary, since the last creation, start or change of: {volumes}. Leave geo_replication_prove at "
            "true, or run ansible-playbook glusterops.georep.prove to run this test."
        ]
    return [f"would do: test with a few files that data really reaches the secondary: {volumes}"] if check_mode else []


def _notes_of_others_sites(settings: Result, plan: Result) -> list[str]:
    """What people have to do on a site that Ansible does not manage."""
    if settings["secondary_hosts"]:
        return []
    writable = list(dict.fromkeys(volume for entry in plan["to_protect"] for volume in entry["volumes"]))
    if plan["push_pem"]:
        return [
            f"root of the first primary node can now log in on {_joined(target['secondary_host'] for target in plan['targets'])} with "
            "/root/.ssh/id_ed25519, which only create push-pem needs. When the sessions exist, remove this key from authorized_keys on these hosts."
        ]
    commands = "; ".join(f"gluster volume set {volume} features.read-only on" for volume in writable)
    if not writable:
        return []
    return [
        f"Clients can write to {', '.join(writable)} on the secondary site. Files that clients write there can disturb replication. "
        f"To make the volumes read-only, run on the secondary site: {commands}"
    ]
