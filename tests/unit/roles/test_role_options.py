# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's first tasks, played by Ansible on this machine: what people write reaches the tasks, or is refused before anything is read."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.glusterops.georep.tests.unit.roles.played import ansible_playbook, link_collection

#: In the place of the module that looks at the nodes: the first task after the declaration, which ends the play.
LOOK = """
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        with open(FOLDER + "/asked", "a") as file:
            file.write(repr((int(self._task.args.get("lock_timeout")), self._task.args.get("known_hosts_file"))) + "\\n")
        return {"failed": True, "msg": "the nodes were looked at"}
"""
SESSION = {"primary_volume": "a", "secondary_host": "s1", "secondary_volume": "b"}


class Stage:
    """The collection with an action in the place of one module, and everything else as it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        link_collection(folder, {"gluster_georep_preflight_info": LOOK})
        self.hosts = ["p1"]
        self.config = ""  #: of Ansible

    def play(self, *options: str, **variables: t.Any) -> str:
        here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        hosts = {"gluster_primary": {"hosts": dict.fromkeys(self.hosts, here)}, "dr": {"hosts": {"s1": here, "s2": here}}}
        files = {"vars.json": json.dumps(variables), "ansible.cfg": self.config, "inventory.yml": yaml.safe_dump({"all": {"children": hosts}}), "asked": ""}
        for name, text in files.items():
            (self.folder / name).write_text(text)
        done = ansible_playbook(self.folder, "-i", "inventory.yml", "glusterops.georep.converge", "-e", "@vars.json", *options)
        assert done.returncode
        return done.stdout + done.stderr


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_all_of_it_as_text(stage: Stage) -> None:
    text = stage.play(
        "-e", "geo_replication_lock_timeout=7", "-e", 'geo_replication_secondary_hosts="s1, s2"', geo_replication_sessions=json.dumps([SESSION]),
        geo_replication_known_hosts="h,i ssh-rsa BBBB\n[h]:22 ssh-ed25519 AAAA", geo_replication_wait_timeout=None,
    )  # fmt: skip
    assert "the nodes were looked at" in text, text
    assert set((stage.folder / "asked").read_text().splitlines()) == {"(7, '/var/lib/glusterd/geo-replication/known_hosts')"}


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"geo_replication_sessions": "a -> s1::b"}, "geo_replication_sessions = 'a -> s1::b': is not a list of sessions."),
        ({"geo_replication_sessions": [{**SESSION, "config": {"use-tarssh": True}}]}, "Write sync-method: tarssh."),
        ({"geo_replication_wait_timeout": "soon"}, "geo_replication_wait_timeout = 'soon': is not a number of seconds."),
        ({"geo_replication_secondary_hosts": {"s1": None}}, "geo_replication_secondary_hosts = {'s1': None}: is not a list of names."),
        ({"geo_replication_session": [SESSION]}, "Write geo_replication_sessions, or rename the variable."),
    ],
)
def test_what_has_no_meaning_is_refused_before_anything_is_read(stage: Stage, variables: dict[str, t.Any], says: str) -> None:
    text = stage.play(**variables)
    assert says in text and not (stage.folder / "asked").read_text(), text


@pytest.mark.parametrize(
    ("strategy", "hosts", "refused"),
    [
        ("free", ["p1", "p2"], True),
        ("ansible.builtin.host_pinned", ["p1", "p2"], True),
        ("free", ["p1"], False),
        ("ansible.builtin.linear", ["p1", "p2"], False),
    ],
)
def test_hosts_that_do_not_wait_for_each_other(stage: Stage, strategy: str, hosts: list[str], refused: bool) -> None:
    """A single host has nobody to wait for."""
    stage.hosts, stage.config = hosts, f"[defaults]\nstrategy = {strategy}\n"
    text = stage.play(geo_replication_sessions=[SESSION])
    assert (f"strategy = '{strategy}': cannot be used with several primary nodes." in text) is refused, text
    assert ("Set strategy: linear in the play." in text) is refused
    assert bool((stage.folder / "asked").read_text()) is not refused, text
