# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role gate, played by Ansible on this machine: recorded clusters answer in the place of gluster_georep_info."""

from __future__ import annotations

import json
import re
import shutil
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.glusterops.georep.tests.unit.reports import info_of
from ansible_collections.glusterops.georep.tests.unit.roles.played import ansible_playbook, link_collection
from ansible_collections.glusterops.georep.tests.unit.support import ROOT

Info = t.Mapping[str, t.Any]
LOOK = "Read the sessions"
#: In the module's place, and without a process of its own: tells what the test wrote down, one answer a call, and the last one
#: again and again.
STUB = """
import json
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        if self._task.args.get("local_only"):
            return {"changed": False, "local": {"node_uuid": "", "sessions": []}}
        with open(FOLDER + "/calls", "a+") as file:
            file.write(".")
            number = file.tell() - 1
        answers = json.load(open(FOLDER + "/answers.json"))
        answer = answers[min(number, len(answers) - 1)]
        return {"changed": False, **answer}
"""
#: Sessions that are declared for the primary nodes alone, by way of another variable of theirs.
GROUP: dict[str, t.Any] = {
    "site_rpo": "15m",
    "geo_replication_sessions": [
        {
            "primary_volume": "projects",
            "secondary_host": "secondary1",
            "secondary_volume": "projects-dr",
            "rpo": "{{ site_rpo }}",
        }
    ],
}


class Played(t.NamedTuple):
    rc: int
    text: str

    @property
    def looks(self) -> int:
        return sum(line.startswith("TASK [") and LOOK in line for line in self.text.splitlines())

    @property
    def waited(self) -> float:
        return float(re.findall(r"waited ([0-9.]+) s", self.text)[-1])


class Stage:
    """The collection with an action in the reading module's place, and everything else as it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        link_collection(folder, {"gluster_georep_info": STUB}, ("roles", "meta", "galaxy.yml"))

    def make_time_fly(self, more: int = 0) -> None:
        """Let the role count the seconds of its pauses, and some more, and not wait for them."""
        roles = self.folder / "ansible_collections/glusterops/georep/roles"
        roles.unlink()
        shutil.copytree(ROOT / "roles", roles)
        file = roles / "gate/tasks/again.yml"
        tasks = yaml.safe_load(file.read_text())
        [pause] = [task for task in tasks if "ansible.builtin.pause" in task]
        seconds = pause.pop("ansible.builtin.pause")["seconds"].strip("{} ")
        passed = f"{{'since': __gate_waiting.since - ({seconds}) - {more}}}"
        pause["ansible.builtin.set_fact"] = {"__gate_waiting": f"{{{{ __gate_waiting | combine({passed}) }}}}"}
        file.write_text(yaml.safe_dump(tasks, sort_keys=False))

    def play(
        self, answers: t.Sequence[Info], *, hosts: str = "gluster_primary", group: Info | None = None, **variables: t.Any
    ) -> Played:
        """Call the gate from a play on some hosts; ``group`` is what the group of the primary nodes has."""
        nodes = {"hosts": {"p1": None, "p2": None}, "vars": dict(group or {})}
        site = {
            "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
            "children": {"gluster_primary": nodes, "gluster_secondary": {"hosts": {"s1": None, "s2": None}}},
        }
        (self.folder / "calls").write_text("")
        (self.folder / "ansible.cfg").write_text("")
        (self.folder / "answers.json").write_text(json.dumps(answers))
        (self.folder / "inventory.yml").write_text(yaml.safe_dump({"all": site}))
        gate = {"ansible.builtin.include_role": {"name": "glusterops.georep.gate"}, "vars": variables}
        gone = "waited {{ now(utc=true).timestamp() | float - __gate_waiting.since }} s"
        tasks = [{"block": [gate], "always": [{"ansible.builtin.debug": {"msg": gone}, "run_once": True}]}]
        (self.folder / "play.yml").write_text(yaml.safe_dump([{"hosts": hosts, "gather_facts": False, "tasks": tasks}]))
        done = ansible_playbook(self.folder, "-i", str(self.folder / "inventory.yml"), str(self.folder / "play.yml"))
        return Played(done.returncode, done.stdout + done.stderr)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def late() -> dict[str, t.Any]:
    """A session that is beyond an RPO of 15 minutes, and has nothing else."""
    info = info_of()
    info["status"][0]["workers"][0].update(last_synced="2026-11-22T08:00:00Z", lag_seconds=2311)
    return info


# --- what is declared ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hosts", ["gluster_secondary", "localhost"])
def test_the_declared_rpo_counts_whatever_hosts_the_play_is_on(stage: Stage, hosts: str) -> None:
    played = stage.play([late()], hosts=hosts, group=GROUP)
    assert played.rc != 0 and "the RPO is 15 min" in played.text, played.text


def test_what_is_asked_may_be_text(stage: Stage) -> None:
    """As surveys of AWX and -e send it."""
    names = {name: info_of()["status"][0][name] for name in ("primary_volume", "secondary_host", "secondary_volume")}
    for sessions in (json.dumps([names]), yaml.safe_dump([names])):
        played = stage.play([late()], group=GROUP, gate_sessions=sessions, gate_hosts="p1, p2", gate_accept="lag-above-rpo")
        assert played.rc == 0, played.text
    played = stage.play([late()], group=GROUP, gate_sessions="a -> b")
    assert played.rc and "gate_sessions = 'a -> b': is not a list of sessions." in played.text, played.text


def test_so_does_the_one_for_all_sessions(stage: Stage) -> None:
    played = stage.play([late()], hosts="gluster_secondary", group={"geo_replication_rpo": "15m"})
    assert played.rc != 0 and "the RPO is 15 min" in played.text, played.text


def test_what_the_play_says_goes_before(stage: Stage) -> None:
    own = [{**GROUP["geo_replication_sessions"][0], "rpo": "1h"}]
    played = stage.play([late()], hosts="gluster_secondary", group=GROUP, geo_replication_sessions=own)
    assert played.rc == 0 and "smallest RPO 1 h" in played.text, played.text


def test_where_nothing_is_declared_the_gate_says_so(stage: Stage) -> None:
    played = stage.play([late()], hosts="gluster_secondary")
    assert played.rc == 0 and "no RPO is known for any of them" in played.text, played.text


@pytest.mark.parametrize(
    ("hosts", "name"), [("gluster_primary", "geo_replication_rpo"), ("gluster_secondary", "geo_replication_sessions")]
)
def test_what_cannot_be_made_out_is_no_reason_to_pass(stage: Stage, hosts: str, name: str) -> None:
    played = stage.play([late()], hosts=hosts, group={name: "{{ nobody_sets_this }}"})
    assert played.rc != 0 and played.looks == 1 and "nobody_sets_this" in played.text, played.text


# --- waiting ---------------------------------------------------------------------------------------------------------


def test_without_a_need_to_wait_there_is_one_look(stage: Stage) -> None:
    played = stage.play([info_of()], gate_wait=60)
    assert played.rc == 0 and played.looks == 1 and "Wait until the next check of the sessions" not in played.text, played.text
    played = stage.play([info_of("10.3", "status-faulty")])
    assert played.rc != 0 and played.looks == 1 and "The worker is Faulty" in played.text, played.text


def test_it_waits_until_the_sessions_are_well(stage: Stage) -> None:
    stage.make_time_fly()
    faulty = info_of("10.3", "status-faulty")
    played = stage.play([faulty, faulty, info_of()], gate_wait=300)
    assert played.rc == 0 and played.looks == 3 and "1 of 1 session running" in played.text, played.text


def test_what_was_read_is_judged_though_the_time_is_up_by_then(stage: Stage) -> None:
    stage.make_time_fly(more=1000)
    played = stage.play([info_of("10.3", "status-faulty"), info_of()], gate_wait=60)
    assert played.rc == 0 and played.looks == 2 and "1 of 1 session running" in played.text, played.text
    assert played.waited > 1000


@pytest.mark.parametrize(("seconds", "most"), [(4, 2), (52, 12), (240, 29)])
def test_it_waits_as_long_as_it_is_told_to(stage: Stage, seconds: int, most: int) -> None:
    """Not one look for each five seconds, and still the last one is when the time is up."""
    stage.make_time_fly()
    played = stage.play([info_of("10.3", "status-faulty")], gate_wait=seconds)
    assert played.rc != 0 and "The worker is Faulty" in played.text, played.text[-3000:]
    # Only pauses fly: one look is enough for the time where the look itself took that long, on a busy machine.
    assert played.looks <= most and played.waited >= seconds, played.text[-3000:]
    assert played.looks > 1 or seconds < 30, played.text[-3000:]
