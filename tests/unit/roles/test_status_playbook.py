# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook status where nodes are down: played on this machine, with a module that answers for each node as it is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.tests.unit.reports import info_of, node_of
from ansible_collections.glusterops.georep.tests.unit.support import ROOT

PLAY = Path(sys.executable).with_name("ansible-playbook")
DOWN = "ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1 ansible_ssh_common_args='-F none'"
MODULE = """#!/usr/bin/python
import json, os
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(argument_spec=dict(
    local_only=dict(type="bool"), config=dict(type="bool"), config_of=dict(type="list"), secondary_hosts=dict(type="list"),
    all_secondaries=dict(type="bool"), secondary_bricks=dict(type="bool"),
))
folder, node = os.environ["GEOREP_TEST"].rsplit("/", 1)
kind = "local" if module.params["local_only"] else "full"
with open(folder + "/asked", "a") as file:
    file.write(node + " " + kind + "\\n")
with open(folder + "/" + kind + "-" + node + ".json") as file:
    answer = json.load(file)
module.fail_json(**answer) if "msg" in answer else module.exit_json(**answer)
"""
REFUSED = {"msg": "glusterd does not answer on this node."}


class Stage:
    """Three primary nodes and what each of them answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hosts: dict[str, str] = {}
        home = folder / "ansible_collections" / "glusterops" / "georep"
        (home / "plugins" / "modules").mkdir(parents=True)
        plugins = [f"plugins/{path.name}" for path in (ROOT / "plugins").iterdir() if path.name != "modules"]
        for name in ("playbooks", "roles", *plugins):
            (home / name).symlink_to(ROOT / name)
        (home / "plugins" / "modules" / "gluster_georep_info.py").write_text(MODULE)
        info = info_of()
        for node in ("primary1", "primary2", "primary3"):
            local = node_of(info, node)
            local["local"]["node_uuid"] = local["local"]["node_uuid"] or node
            self.answers(node, {**info, **local}, local)

    def answers(self, node: str, full: t.Mapping[str, t.Any], local: t.Mapping[str, t.Any]) -> None:
        for kind, answer in (("full", full), ("local", local)):
            (self.folder / f"{kind}-{node}.json").write_text(json.dumps(answer))
        python = self.folder / f"python-{node}"
        python.write_text(f'#!/bin/sh\nGEOREP_TEST={self.folder}/{node} exec {sys.executable} "$@"\n')
        python.chmod(0o755)
        self.hosts[node] = f"ansible_connection=local ansible_python_interpreter={python}"

    def play(self, *options: str) -> tuple[int, str, list[str]]:
        """The exit code, the output, and who was asked for what."""
        (self.folder / "asked").write_text("")
        lines = [f"{node} {words}" for node, words in self.hosts.items()]
        (self.folder / "inventory").write_text("\n".join(["[gluster_primary]", *lines, ""]))
        done = subprocess.run(
            [str(PLAY), "-i", "inventory", "glusterops.georep.status", *options],
            cwd=self.folder, capture_output=True, text=True, check=False, timeout=300,
            env={
                **os.environ, "ANSIBLE_COLLECTIONS_PATH": str(self.folder), "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp"),
                "ANSIBLE_REMOTE_TEMP": str(self.folder / "tmp"), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_PIPELINING": "1",
                "ANSIBLE_DEPRECATION_WARNINGS": "0",
            },
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr, (self.folder / "asked").read_text().splitlines()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_one_node_is_asked_for_the_sessions_and_all_for_their_own(stage: Stage) -> None:
    folder = stage.folder / "out"
    rc, text, asked = stage.play("-e", f"geo_replication_report_directory={folder}")
    assert rc == 0, text
    assert sorted(asked) == ["primary1 full", "primary1 local", "primary2 local", "primary3 local"]
    assert sorted(os.listdir(folder)) == ["georep.prom", "report.html", "report.json"]
    assert json.loads((folder / "report.json").read_text())["unread_nodes"] == []


def test_a_first_node_that_is_down_hides_no_session(stage: Stage) -> None:
    stage.hosts["primary1"] = DOWN
    stage.answers("primary2", REFUSED, json.loads((stage.folder / "local-primary2.json").read_text()))
    folder = stage.folder / "out"
    rc, text, asked = stage.play("-e", f"geo_replication_report_directory={folder}")
    assert rc == 0 and "projects -> secondary1::projects-dr" in text, text
    assert sorted(asked) == ["primary2 full", "primary2 local", "primary3 full", "primary3 local"]
    assert json.loads((folder / "report.json").read_text())["unread_nodes"] == ["primary1"]


def test_where_nobody_answers_each_node_s_reason_is_told(stage: Stage) -> None:
    stage.hosts["primary1"] = DOWN
    stage.answers("primary2", REFUSED, json.loads((stage.folder / "local-primary2.json").read_text()))
    stage.answers("primary3", REFUSED, {"msg": "No such tool here."})
    rc, text, _asked = stage.play()
    assert rc != 0 and "The sessions could not be read on any node." in text
    assert "primary1: " in text and "primary2: glusterd does not answer" in text and "primary3: No such tool here." in text


def test_the_metrics_stay_on_one_node_whatever_limit_says(stage: Stage) -> None:
    textfiles = stage.folder / "textfiles"
    textfiles.mkdir()
    rc, text, _asked = stage.play("--limit", "primary2", "-e", f"geo_replication_textfile_directory={textfiles}")
    assert rc == 0 and os.listdir(textfiles) == ["georep.prom"], text
    assert "[primary2 -> primary1" in text


def test_a_declaration_that_cannot_be_is_told(stage: Stage) -> None:
    declared = [{"primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr", "rpo": "soon"}]
    rc, text, asked = stage.play("-e", json.dumps({"geo_replication_sessions": declared}))
    assert rc != 0 and "geo_replication_sessions[0].rpo = 'soon'" in text
    assert not any("full" in line for line in asked)


def test_the_secondary_hosts_are_asked_for_their_version_if_a_session_is_missing(stage: Stage) -> None:
    gluster = stage.folder / "gluster"
    gluster.write_text("#!/bin/sh\necho glusterfs 9.2\n")
    gluster.chmod(0o755)
    declared = {"primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "another-dr"}
    given = {"geo_replication_sessions": [declared], "geo_replication_secondary_hosts": ["primary3"]}
    folder = stage.folder / "out"
    there = f"PATH={stage.folder}:{os.environ['PATH']}"
    for node in stage.hosts:
        python = stage.folder / f"python-{node}"
        python.write_text(python.read_text().replace("GEOREP_TEST", f"{there} GEOREP_TEST"))
    rc, text, _asked = stage.play("-e", json.dumps(given), "-e", f"geo_replication_report_directory={folder}")
    assert rc == 0 and "Read the GlusterFS versions of the secondary hosts" in text, text
    (error,) = json.loads((folder / "report.json").read_text())["drift"]["errors"]
    assert "GlusterFS 9.2 on primary3" in error and "(known fault releases-apart)" in error
