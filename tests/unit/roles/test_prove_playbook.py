# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The turns of the playbook prove, played by Ansible on this machine: what was written down answers in the modules' place."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.glusterops.georep.plugins.module_utils._plan.proving import MOST_TURNS
from ansible_collections.glusterops.georep.tests.unit.roles.played import ansible_playbook, link_collection

#: Without a process of its own; notes how it was asked. A session that has stalled and may not be handed over is a failure,
#: as it is in the module after its own restarts.
PROOF = """
import json
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        args = dict(self._task.args)
        with open(FOLDER + "/proofs", "a+") as file:
            file.write(json.dumps(args) + "\\n")
            file.seek(0)
            number = len(file.readlines()) - 1
        answers = json.load(open(FOLDER + "/answers.json"))
        proofs = answers[min(number, len(answers) - 1)]
        apart = str(args["report_stalled"]).lower() == "true"
        if not apart:
            proofs = [dict(proof, stalled=[]) for proof in proofs]
        bad = [proof["message"] for proof in proofs if not (proof["proved"] or proof["pending"] or proof["stalled"])]
        return {"changed": False, "proofs": proofs, **({"failed": True, "msg": " ".join(bad)} if bad else {})}
"""
WORKER = """
import json
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        node = task_vars["inventory_hostname"]
        if "ansible_host" in task_vars["hostvars"][node]:
            raise AnsibleConnectionFailure("no route to host")
        own = [worker for worker in self._task.args["workers"] if worker["node"] == node]
        with open(FOLDER + "/starts", "a") as file:
            file.write(json.dumps([node, [worker["brick"] for worker in own]]) + "\\n")
        if any("gone" in worker["brick"] for worker in own):
            return {"failed": True, "msg": "it is not back"}
        return {"changed": bool(own), "workers": [dict(worker, ended=True) for worker in own]}
"""
DOWN = {"ansible_host": "192.0.2.1"}  # RFC 5737
Proof = dict[str, t.Any]


def named(volume: str) -> dict[str, str]:
    return {"primary_volume": volume, "secondary_host": "s1", "secondary_volume": f"{volume}-dr", "secondary_user": "root"}


def proof(volume: str, *stalled: str, pending: bool = False, bad: bool = False) -> Proof:
    """``stalled``: NODE:BRICK."""
    workers = [{**named(volume), "node": place.partition(":")[0], "node_uuid": "u", "brick": place.partition(":")[2]} for place in stalled]
    word = "has stalled" if stalled else "is at its first copy" if pending else "does not deliver" if bad else "is proved"
    proved = not stalled and not pending and not bad
    return {"session": volume, "proved": proved, "pending": pending, "message": f"{volume} {word}", "stalled": workers}


class Played(t.NamedTuple):
    rc: int
    text: str
    proofs: list[dict[str, t.Any]]  #: how the proof was asked, a call each
    starts: list[tuple[str, list[str]]]  #: each node and what it started anew, in no order


class Stage:
    """The collection with actions in the place of two modules, and everything else as it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        link_collection(folder, {"gluster_georep_proof": PROOF, "gluster_georep_worker": WORKER})

    def play(self, answers: t.Sequence[t.Sequence[Proof]], *options: str, down: bool = False, **variables: t.Any) -> Played:
        """One run, in which the proof gives one answer a call, and the last one again and again; ``down``: a node cannot be reached."""
        here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        nodes = {"hosts": {"p1": None, "p2": None, **({"p3": DOWN} if down else {})}, "vars": here}
        files = {
            "answers.json": json.dumps(answers), "vars.json": json.dumps(variables), "proofs": "", "starts": "", "ansible.cfg": "",
            "inventory.yml": yaml.safe_dump({"all": {"children": {"gluster_primary": nodes}}}),
        }  # fmt: skip
        for name, text in files.items():
            (self.folder / name).write_text(text)
        done = ansible_playbook(self.folder, "-i", "inventory.yml", "glusterops.georep.prove", "-e", "@vars.json", *options)
        proofs, starts = ([json.loads(line) for line in (self.folder / name).read_text().splitlines()] for name in ("proofs", "starts"))
        return Played(done.returncode, done.stdout + done.stderr, proofs, [tuple(entry) for entry in starts])


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def apart(played: Played) -> list[bool]:
    return [str(asked["report_stalled"]).lower() == "true" for asked in played.proofs]


def test_all_are_proved_where_none_is_named(stage: Stage) -> None:
    played = stage.play([[proof("a"), proof("b")]])
    assert played.rc == 0 and "b is proved" in played.text, played.text
    (asked,) = played.proofs
    assert "sessions" not in asked and played.starts == []
    assert (asked["compare"], str(asked["send_again"]), str(asked["restart_stalled"])) == ("sample", "False", "False")


def test_of_an_empty_list_none_is_proved(stage: Stage) -> None:
    played = stage.play([[]], georep_sessions=[])
    assert played.rc == 0 and [asked["sessions"] for asked in played.proofs] == [[]]
    assert "No session was tested" in played.text, played.text


def test_workers_are_started_anew_on_their_nodes_and_their_sessions_proved_again(stage: Stage) -> None:
    answers = [[proof("a"), proof("b", "p1:/b1", "p2:/b2")], [proof("b", "p2:/b2")], [proof("b")]]
    played = stage.play(answers, georep_sessions=[named("a"), named("b")], georep_restart_stalled=True, georep_compare="all")
    assert played.rc == 0 and "b is proved" in played.text, played.text
    assert [asked["sessions"] for asked in played.proofs] == [[named("a"), named("b")], [named("b")], [named("b")]]
    assert apart(played) == [True] * 3 and {asked["compare"] for asked in played.proofs} == {"all"}
    assert sorted(played.starts[:2]) == [("p1", ["/b1"]), ("p2", ["/b2"])]
    assert sorted(played.starts[2:]) == [("p1", []), ("p2", ["/b2"])]


def test_where_a_node_is_left_out_the_session_is_started_as_a_whole(stage: Stage) -> None:
    played = stage.play([[proof("b", "p1:/b1", "p2:/b2")], [proof("b")]], "--limit", "p1", georep_restart_stalled=True)
    assert played.rc == 0, played.text
    assert apart(played) == [True, False] and played.starts == [("p1", ["/b1"])]


def test_it_ends(stage: Stage) -> None:
    played = stage.play([[proof("b", "p1:/b1")]], georep_restart_stalled=True)
    assert played.rc != 0 and "b has stalled" in played.text, played.text
    assert apart(played) == [True] * MOST_TURNS + [False] and len(played.starts) == 2 * MOST_TURNS


def test_a_first_copy_of_an_earlier_turn_is_not_forgotten(stage: Stage) -> None:
    played = stage.play([[proof("a", pending=True), proof("b", "p1:/b1")], [proof("b")]], georep_restart_stalled=True)
    assert played.rc != 0 and len(played.proofs) == 2, played.text
    assert "a is at its first copy" in played.text.rpartition("Fail if the test files of a session did not reach the secondary")[2]


def test_what_is_wrong_with_one_keeps_no_others_workers_from_another_start(stage: Stage) -> None:
    """A run of the role proves what it changes: nobody would prove the other one later."""
    played = stage.play([[proof("a", bad=True), proof("b", "p2:/b2")], [proof("b")]], georep_restart_stalled=True)
    assert len(played.proofs) == 2 and "b is proved" in played.text and ("p2", ["/b2"]) in played.starts, played.text
    assert played.rc != 0 and "a does not deliver" in played.text.rpartition("Fail if the test files of a session did not reach the secondary")[2], played.text


def test_one_that_fails_beside_nobody_is_told_at_once(stage: Stage) -> None:
    played = stage.play([[proof("a", bad=True), proof("b")]], georep_restart_stalled=True)
    assert played.rc != 0 and "a does not deliver" in played.text and len(played.proofs) == 1


def test_a_node_that_is_down_stops_nothing(stage: Stage) -> None:
    played = stage.play([[proof("b", "p2:/b2")], [proof("b")]], down=True, georep_restart_stalled=True)
    assert played.rc == 0 and len(played.proofs) == 2 and apart(played) == [True, True], played.text


def test_a_worker_that_does_not_come_back_has_its_session_started_as_a_whole(stage: Stage) -> None:
    played = stage.play([[proof("b", "p1:/gone", "p2:/b2")], [proof("b")]], georep_restart_stalled=True)
    assert played.rc == 0 and apart(played) == [True, False] and "it is not back" in played.text, played.text


def test_a_check_run_proves_nothing_and_misses_nothing(stage: Stage) -> None:
    played = stage.play([[proof("b", pending=True)]], "--check")
    assert played.rc == 0 and len(played.proofs) == 1, played.text
