# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook checkpointed_sync, played by Ansible on this machine: what was written down answers in the modules' place."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.glusterops.georep.tests.unit.roles.played import ansible_playbook, link_collection

#: In place of each module, and without a process of its own: notes how it was asked, and answers what was written down.
STUB = """
import json
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        name = self._task.action.rpartition(".")[2]
        with open(FOLDER + "/asked", "a") as file:
            file.write(json.dumps([name, dict(self._task.args)]) + "\\n")
        return {"changed": False, **json.load(open(FOLDER + "/answers.json")).get(name, {})}
"""
MODULES = ("gluster_georep_info", "gluster_georep_session", "gluster_georep_checkpoint")


def named(volume: str, **more: t.Any) -> dict[str, t.Any]:
    return {"primary_volume": volume, "secondary_host": "s1", "secondary_volume": f"{volume}-dr", **more}


DECLARED = [named("a", state="stopped"), named("b"), named("c", state="stopped")]


class Played(t.NamedTuple):
    rc: int
    text: str
    asked: list[tuple[str, dict[str, t.Any]]]

    @property
    def states(self) -> list[tuple[str, list[str]]]:
        """What the session module was asked for: each state and the primary volumes."""
        wanted = [args["sessions"] for name, args in self.asked if name == "gluster_georep_session"]
        assert all(session["only_state"] is True and session["accept"] == [] for sessions in wanted for session in sessions)
        return [(sessions[0]["state"], [session["primary_volume"] for session in sessions]) for sessions in wanted]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("played")
    link_collection(made, dict.fromkeys(MODULES, STUB))
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    nodes = {"hosts": {"p1": None, "p2": None}, "vars": here}
    (made / "inventory.yml").write_text(yaml.safe_dump({"all": {"children": {"gluster_primary": nodes}}}))
    (made / "ansible.cfg").write_text("")
    return made


def play(folder: Path, checkpoint: dict[str, t.Any], volumes: str = "ac", **variables: t.Any) -> Played:
    """:param volumes: primary volumes of the sessions that exist."""
    info = {"status": [{"primary_volume": volume} for volume in volumes]}
    (folder / "answers.json").write_text(json.dumps({"gluster_georep_info": info, "gluster_georep_checkpoint": checkpoint}))
    (folder / "vars.json").write_text(json.dumps({"geo_replication_sessions": DECLARED, **variables}))
    (folder / "asked").write_text("")
    done = ansible_playbook(folder, "-i", "inventory.yml", "glusterops.georep.checkpointed_sync", "-e", "@vars.json")
    asked = [tuple(json.loads(line)) for line in (folder / "asked").read_text().splitlines()]
    return Played(done.returncode, done.stdout + done.stderr, asked)


THROUGH = {"checkpoints": [{"reached": True, "message": "a has it"}, {"reached": True, "message": "c has it"}]}
LATE = {"failed": True, "msg": "c is late", "checkpoints": [{"reached": True, "message": "a has it"}, {"reached": False, "message": "c is late"}]}


def test_sessions_that_are_declared_stopped_run_up_to_a_checkpoint(folder: Path) -> None:
    played = play(folder, THROUGH)
    assert played.rc == 0 and "a has it" in played.text, played.text
    assert [args["only"] for name, args in played.asked if name == "gluster_georep_info"] == [
        [named(volume, secondary_user="root") for volume in "ac"]
    ]
    assert played.states == [("started", ["a", "c"]), ("stopped", ["a", "c"])]


@pytest.mark.parametrize(("more", "stopped"), [({}, ["a", "c"]), ({"georep_stop_after_failure": "no"}, ["a"])])
def test_after_a_failure_all_are_stopped_or_those_that_are_through(folder: Path, more: dict[str, t.Any], stopped: list[str]) -> None:
    played = play(folder, LATE, **more)
    assert played.rc != 0 and "c is late" in played.text, played.text
    assert played.states == [("started", ["a", "c"]), ("stopped", stopped)]


def test_if_none_is_through_none_is_stopped(folder: Path) -> None:
    played = play(folder, {"failed": True, "msg": "glusterd does not answer"}, georep_stop_after_failure=False)
    assert played.rc != 0 and played.states == [("started", ["a", "c"])], played.text


def test_sessions_that_are_named_have_to_exist(folder: Path) -> None:
    played = play(folder, THROUGH, volumes="a", georep_sessions=[named("a"), named("x")])
    assert played.rc != 0 and "Only 1 of 2 sessions exist (a). Create the missing sessions first" in played.text and played.states == [], played.text
    played = play(folder, THROUGH, geo_replication_sessions=[named("b")])
    assert played.rc != 0 and "No session was chosen. Set georep_sessions" in played.text and played.asked == [], played.text
