# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks of the collection, run as people run them, and what they told."""

from __future__ import annotations

import dataclasses
import json
import typing as t
import weakref
from pathlib import Path

from lab import Lab, Node, config_reads, status_calls

#: Tasks that may restart a worker.
REVIVING = ("Write files on the primary", "Restart the stalled workers")


@dataclasses.dataclass
class Played:
    """One run of ansible-playbook, as its JSON callback and its exit code tell it."""

    rc: int
    text: str
    told: dict[str, t.Any]

    @property
    def tasks(self) -> list[tuple[str, dict[str, dict[str, t.Any]]]]:
        return [(task["task"]["name"], task["hosts"]) for play in self.told["plays"] for task in play["tasks"]]

    @property
    def results(self) -> list[dict[str, t.Any]]:
        """Every result of every task and host, and of every turn of a loop."""
        found = [result for _name, hosts in self.tasks for result in hosts.values()]
        return found + [turn for result in found for turn in result.get("results", [])]

    @property
    def changed(self) -> list[str]:
        """The tasks that changed something, each with its host."""
        found = [(name, host, result) for name, hosts in self.tasks for host, result in hosts.items()]
        return sorted(f"{name} ({host})" for name, host, result in found if result.get("changed"))

    @property
    def changed_but_revived(self) -> list[str]:
        """The same without what only the proof does, and no check run foretells: restarts of workers that lost GlusterFS's race."""
        return [name for name in self.changed if not any(task in name for task in REVIVING)]

    @property
    def proofs(self) -> dict[str, dict[str, t.Any]]:
        """The last proof of each session. One whose workers have lost GlusterFS's race is restarted and proved again."""
        return {proof["session"]: proof for result in self.results for proof in result.get("proofs", [])}

    @property
    def commands(self) -> dict[str, t.Any]:
        """All commands of all modules, in the shape of one module's result."""
        return {"commands": [entry for result in self.results for entry in result.get("commands", [])]}

    @property
    def asked(self) -> list[t.Any]:
        """What gluster was asked that the nodes' own files could have told, and why it was asked."""
        doubts = [doubt for result in self.results for doubt in result.get("doubts", [])]
        return [*status_calls(self.commands), *config_reads(self.commands), *doubts]

    @property
    def walks(self) -> bool:
        """Whether the role saw to the trust between the sites once more: what works already is only looked at."""
        return any(name.endswith("Test SSH access from every primary node to every secondary node") for name, _hosts in self.tasks)

    @property
    def count(self) -> int:
        """How many tasks ran or were left out, on all hosts together."""
        return sum(len(hosts) for _name, hosts in self.tasks)

    @property
    def count_to_summary(self) -> int:
        """The same, up to the lines that the role shows in the end: a run that reads a stalled worker ends behind them."""
        names = [name for name, _hosts in self.tasks]
        last = next(index for index, name in enumerate(names) if name.endswith("Show the sessions"))
        return sum(len(hosts) for _name, hosts in self.tasks[: last + 1])

    @property
    def summary(self) -> list[str]:
        """The lines that the role shows in the end."""
        return next(
            result["msg"] for name, hosts in self.tasks if name.endswith("Show the sessions") for result in hosts.values()
        )

    def lines(self, start: str) -> list[str]:
        return [line[len(start) :] for line in self.summary if line.startswith(start)]

    @property
    def failures(self) -> list[str]:
        return [
            str(result.get("msg"))
            for result in self.results
            if (result.get("failed") or result.get("unreachable")) and "results" not in result
        ]


def lost_race(failure: str) -> bool:
    """Whether a run failed for nothing but stalled workers: none of them is Faulty, and nothing else is wrong."""
    reasons, _colon, rest = failure.partition(" geo_replication_prove is false")
    return bool(rest) and "does not see a change" in reasons and " is Faulty" not in reasons


#: All that tests of this run have made, see :func:`revive_all`.
MADE: weakref.WeakSet[Playbooks] = weakref.WeakSet()


def revive_all() -> None:
    """After each test: what the next one compares must not be changed by what this one left to do."""
    for books in list(MADE):
        if books.stalled is not None:
            books.revive()


class Playbooks:
    """Runs the collection's playbooks by their full names on a lab."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.folder = folder
        #: The variables of a run that read a stalled worker; the next run comes after a proof, see :meth:`succeeded`.
        self.stalled: dict[str, t.Any] | None = None
        MADE.add(self)

    def run(
        self,
        *options: str,
        playbook: str = "converge",
        inventory: str | None = None,
        callback: str = "ansible.posix.json",
        **variables: t.Any,
    ) -> Played:
        """One run, of a playbook of the collection or of a file. Variables travel in a file, as secrets would.

        The proof takes its time, and has tests of its own.
        """
        if self.stalled is not None and playbook == "converge":
            self.revive()
        variables = {"geo_replication_prove": False, **variables}
        file = self.folder / "vars.json"
        file.write_text(json.dumps(variables), encoding="utf-8")
        name = playbook if "/" in playbook else f"glusterops.georep.{playbook}"
        argv = ["-i", inventory or self.lab.inventory, name, "-e", f"@{file}", *options]
        process = self.lab.ansible_playbook(*argv, callback=callback)
        out, err = self.lab.ended(process, name, 900)
        text = out.decode() + err.decode()
        told: dict[str, t.Any] = {"plays": []}
        if callback.endswith("json"):
            assert "\n{" in "\n" + text, text
            told, _end = json.JSONDecoder().raw_decode(text[("\n" + text).index("\n{") :])
        return Played(t.cast("int", process.returncode), text, told)

    def succeeded(self, played: Played, **variables: t.Any) -> Played:
        """A run that has to succeed.

        GlusterFS loses a race at the start of a worker now and then (field guide, "Why workers stall"), more often on a busy
        machine, and a run without a proof that reads such a worker fails after everything else is done. That is told from a
        fault of ours: only this one reason is let through, and only if a proof that may restart the worker passes before the next run.

        :param variables: of that run, as far as they say where it ran.
        """
        if played.rc and played.failures and all(lost_race(failure) for failure in played.failures):
            self.stalled = {name: value for name, value in variables.items() if name in ("inventory", "georep_primary_hosts")}
            return played
        assert played.rc == 0 and not played.failures, (played.failures, played.text[-1500:])
        return played

    def revive(self) -> None:
        where, self.stalled = self.stalled or {}, None
        self.prove(**where)

    def prove(self, **where: t.Any) -> Played:
        """Every replica set of every session delivers. A start often loses GlusterFS's race, on a busy machine four times in a row."""
        for last in (False, True):
            proved = self.run(playbook="prove", georep_restart_stalled=True, **where)
            if proved.rc == 0:
                break
            assert not last, (proved.failures, proved.text[-1500:])
        return proved

    def managed(self, sessions: t.Sequence[dict[str, t.Any]], *options: str, **more: t.Any) -> Played:
        return self.run(
            *options,
            geo_replication_sessions=sessions,
            geo_replication_secondary_hosts="{{ groups['gluster_secondary'] }}",
            **more,
        )

    def done(self, sessions: t.Sequence[dict[str, t.Any]], *options: str, **more: t.Any) -> Played:
        """A run that has to succeed."""
        return self.succeeded(self.managed(sessions, *options, **more), **more)

    def without(self, node: Node, sessions: t.Sequence[dict[str, t.Any]]) -> Played:
        """A run while Ansible looks for one of the nodes at an address that nobody has (RFC 5737)."""
        inventory = self.folder / "without.yml"
        inventory.write_text(Path(self.lab.inventory).read_text(encoding="utf-8").replace(node.address, "192.0.2.1"), encoding="utf-8")
        return self.managed(sessions, inventory=str(inventory), ansible_ssh_timeout=2)
