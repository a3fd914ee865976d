# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gluster_georep_keys with scripted commands: what it creates, what it remembers, and which options it refuses together."""

from __future__ import annotations

import os

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._ssh import paths
from ansible_collections.glusterops.georep.plugins.modules import gluster_georep_keys
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples
from ansible_collections.glusterops.georep.tests.unit.ssh.trust_support import POOL, fill, params, pool, to

GENERATE = ["gluster", "--mode=script", "--timeout=300", "--", "system::", "execute", "gsec_create"]


def test_keys_that_are_complete_are_left_alone(folder, fake_run, run_module):
    fill(folder)
    result = run_module(gluster_georep_keys, params(folder), run=fake_run([(POOL, pool("Connected", "Connected"))]))
    assert not result.failed and not result.changed, result
    assert result["public_keys"] == (folder / "common_secret.pem.pub").read_text().splitlines()
    assert [command["argv"] for command in result["commands"]] == [POOL]


@pytest.mark.parametrize(
    ("node", "gathered", "states", "reason"),
    [
        (None, None, ("Connected",), "no geo-replication keys"),
        (1, None, ("Connected",), "have not been gathered"),
        (1, (2,), ("Connected",), "lacks this node's secret.pem and tar_ssh.pem"),
        (1, (1,), ("Connected", "Connected"), "keys of 1 nodes, but 2 nodes are connected"),
    ],
)
def test_why_keys_are_made(folder, fake_run, run_module, node, gathered, states, reason):
    if node:
        fill(folder, node, gathered)
    before = sorted(os.listdir(folder))
    dry = run_module(
        gluster_georep_keys, params(folder), check_mode=True, diff_mode=True, run=fake_run([(POOL, pool(*states))])
    )
    assert dry.changed and any(reason in note for note in dry["notes"]), dry
    assert dry["public_keys"] == [] and dry["diff"]
    assert sorted(os.listdir(folder)) == before

    def gsec_create(argv):
        fill(folder, 1, (1, 2))
        return argv == GENERATE

    done = (0, "Common secret pub file present at /x\n", "")
    run = fake_run([(POOL, pool(*states)), (gsec_create, done)])
    real = run_module(gluster_georep_keys, params(folder), run=run)
    assert real.changed and not real.failed, real
    assert len(real["public_keys"]) == 4
    assert real["generated"] == (["secret.pem", "tar_ssh.pem"] if node is None else [])


def test_nodes_that_are_down_do_not_make_it_run_again(folder, fake_run, run_module):
    fill(folder, 1, (1,))
    result = run_module(gluster_georep_keys, params(folder), run=fake_run([(POOL, pool("Connected", "Disconnected"))]))
    assert not result.changed
    assert any("node1" in note for note in result["notes"])


@pytest.mark.parametrize("name", ["distributed_keys.json", "common_secret.pem.pub"])
def test_what_a_killed_module_wrote_goes_though_there_is_nothing_to_do(folder, fake_run, run_module, name):
    fill(folder)
    left = folder / f"{name}.georep-0123456789ab"
    left.touch()
    for check_mode in (True, False):
        assert left.exists()
        result = run_module(gluster_georep_keys, params(folder), check_mode=check_mode, run=fake_run([(POOL, pool("Connected", "Connected"))]))
        assert not result.failed and not result.changed, result
    assert not left.exists()


def test_a_failed_generation_is_a_failure(folder, fake_run, run_module):
    run = fake_run([(POOL, pool("Connected")), (GENERATE, (1, "", "gsync peer_gsec_create command not found.\n"))])
    result = run_module(gluster_georep_keys, params(folder), run=run)
    assert result.failed and result["stderr"].startswith("gsync peer_gsec_create")
    assert result["cmd"] == GENERATE


def test_an_unreadable_pool_is_not_an_empty_one(folder, fake_run, run_module):
    result = run_module(gluster_georep_keys, params(folder), run=fake_run([(POOL, (0, "UUID\tHostname\tState\n", ""))]))
    assert result.failed and result["error"] == "UnreadableOutput"


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(("program", "more"), [("ssh-keygen", {}), ("ssh", {"secondaries": [{"secondary_host": "dr1"}]})])
def test_a_node_without_a_program(folder, fake_run, run_module, monkeypatch, check_mode, program, more):
    """Keys that are brought somewhere are used to log in there: without ssh not even they are created."""
    monkeypatch.setattr(paths.runner, "find_program", lambda name: None if name == program else f"/usr/bin/{name}")
    result = run_module(gluster_georep_keys, params(folder, **more), check_mode=check_mode, run=fake_run())
    assert result.failed and not result.changed and list(folder.iterdir()) == []
    assert f"{program} is not installed on this node. Nothing was changed." in result["msg"] and "openssh-client" in result["msg"]


def test_where_keys_are_about_to_be_brought_is_recorded_first(folder, fake_run, run_module, volume):
    fill(folder)
    given = params(folder, secondaries=to("dr1", nodes=["dr1", "dr2"]))
    dry = run_module(gluster_georep_keys, given, check_mode=True, diff_mode=True, run=fake_run([(POOL, pool("Connected"))]))
    assert dry.changed and not (folder / "distributed_keys.json").exists()
    real = run_module(gluster_georep_keys, given, diff_mode=True, run=fake_run([(POOL, pool("Connected"))]))
    assert real.changed and real["diff"] == dry["diff"] != [] and "AAAA" not in repr(real["diff"])
    again = run_module(gluster_georep_keys, given, run=fake_run([(POOL, pool("Connected"))]))
    assert not again.changed and again["recorded_public_keys"] == (folder / "common_secret.pem.pub").read_text().splitlines()
    assert again["recorded_sites"] == [{"secondary_host": "dr1", "secondary_user": "root", "ssh_port": 22, "secondary_nodes": ["dr1", "dr2"]}]
    assert again["own_public_keys"] == [samples.public(1, comment="root@primary1").line(), samples.public(101, comment="root@primary1").line()]


def test_a_check_run_announces_the_record_of_keys_that_are_yet_to_be_made(folder, fake_run, run_module, volume):
    dry = run_module(gluster_georep_keys, params(folder, secondaries=to("dr1")), check_mode=True, run=fake_run([(POOL, pool("Connected"))]))
    assert dry.changed and dry["after"]["recorded"] == {"distributed_keys.json": ["(to be recorded)"]}


def test_the_record_is_kept_up_with_the_volumes(folder, fake_run, run_module, volume):
    fill(folder)
    run_module(gluster_georep_keys, params(folder, secondaries=to("dr1")), run=fake_run([(POOL, pool("Connected"))]))
    homes = folder.parent / "vols/homes"
    homes.mkdir()
    (homes / "info").write_text("volume-id=66666666-7777-4888-8999-000000000000\n")
    written = (folder / "distributed_keys.json").read_text()
    keeps = params(folder, generate=False)
    dry = run_module(gluster_georep_keys, keeps, check_mode=True, diff_mode=True, run=fake_run())
    assert dry.changed and (folder / "distributed_keys.json").read_text() == written
    real = run_module(gluster_georep_keys, keeps, diff_mode=True, run=fake_run())
    assert real.changed and real["diff"] == dry["diff"] != [] and "66666666" in repr(real["diff"])
    assert not run_module(gluster_georep_keys, keeps, run=fake_run()).changed
    (folder.parent / "vols/projects/info").unlink()
    told = run_module(gluster_georep_keys, keeps, check_mode=True, run=fake_run())
    assert told["recorded_public_keys"] and told["recorded_sites"], "it is this cluster's still"


def test_a_key_without_its_public_half_is_not_taken_for_one_that_has_left(folder, fake_run, run_module):
    fill(folder)
    (folder / "secret.pem.pub").unlink()
    argv = ["ssh-keygen", "-y", "-P", "", "-f", f"{folder}/secret.pem"]
    given = params(folder, generate=False)
    told = run_module(gluster_georep_keys, given, check_mode=True, run=fake_run([(argv, (0, samples.public(1).line() + "\n", ""))]))
    assert [line.split()[1] for line in told["own_public_keys"]] == [samples.public(1).blob, samples.public(101).blob]
    assert not (folder / "secret.pem.pub").exists()
    silent = run_module(gluster_georep_keys, given, check_mode=True, run=fake_run([(argv, (255, "", "invalid format"))]))
    assert silent.failed and "not a usable private key" in silent["msg"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (dict(step="prepare"), "step can be used only together with state: rotated"),
        (dict(max_age=3), "max_age can be used only together with step: prepare"),
        (dict(rotate_before="2026-01-01"), "rotate_before can be used only together with step: prepare"),
        (dict(replaced_keys=[]), "replaced_keys can be used only together with step: switch or step: finish"),
        (dict(public_keys=[]), "public_keys can be used only together with step: prepare or step: switch or step: finish"),
        (dict(known_hosts=[]), "known_hosts can be used only together with step: switch"),
        (dict(timeout=3), "timeout can be used only together with step: switch"),
        (dict(state="rotated", step="prepare", generate=False), "generate can be used only together with state: present"),
        (dict(state="rotated", step="prepare", nodes=[]), "nodes can be used only together with state: present"),
        (dict(state="rotated", step="finish", secondaries=[]), "secondaries can be used only together with state: present or step: prepare or step: switch"),
        (dict(state="rotated", step="prepare", obstacles=[]), "obstacles can be used only together with step: switch"),
        (dict(state="rotated", step="finish", max_age=3), "max_age can be used only together with step: prepare"),
        (dict(state="rotated"), "missing: step"),
        (dict(state="rotated", step="switch"), "missing: secondaries, public_keys, replaced_keys"),
        (dict(state="rotated", step="prepare", max_age=3, rotate_before="x"), "mutually exclusive"),
    ],
)
def test_no_option_is_ignored(folder, fake_run, run_module, given, words):
    result = run_module(gluster_georep_keys, params(folder, **given), run=fake_run())
    assert result.failed and words in result["msg"], result["msg"]


def test_reading_the_status_needs_lxml_and_nothing_else_does(folder, fake_run, run_module, monkeypatch):
    from ansible_collections.glusterops.georep.plugins.module_utils._gluster import xml

    monkeypatch.setattr(xml, "HAS_LXML", False)
    result = run_module(gluster_georep_keys, params(folder, state="rotated", step="reconnect"), run=fake_run())
    assert result.failed and result["missing_library"] == "lxml"
    fill(folder)
    assert not run_module(gluster_georep_keys, params(folder, generate=False), run=fake_run()).failed
