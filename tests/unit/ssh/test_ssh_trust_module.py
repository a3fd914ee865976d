# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gluster_ssh_trust with scripted commands: what it runs, what it returns, what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import key_work, trust
from ansible_collections.glusterops.georep.plugins.module_utils._apply import logins as logins_room
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.destination import Destination
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import bootstrap, command, key_record, paths, sshd
from ansible_collections.glusterops.georep.plugins.modules import gluster_georep_keys, gluster_ssh_trust
from ansible_collections.glusterops.georep.tests.unit.cases import sessions_of, text_of
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples
from ansible_collections.glusterops.georep.tests.unit.ssh.trust_support import (
    GSYNCD_SAYS,
    HOST,
    TAR_SAYS,
    fill,
    is_ssh,
    params,
    to,
)


def told(folder, run_module, fake_run):
    """What the node knows, read by gluster_georep_keys in check mode."""
    return run_module(gluster_georep_keys, params(folder, generate=False), check_mode=True, run=fake_run())


def mesh_params(folder, **more):
    line = f"dr1 {HOST.kind} {HOST.blob}"
    return params(folder, secondaries=to("dr1"), known_hosts=[line], **more)


def test_the_mesh_runs_exactly_these_commands(folder, fake_run, run_module):
    fill(folder)
    for expected_change in (True, False):
        run = fake_run([(is_ssh("dr1", "secret.pem"), GSYNCD_SAYS), (is_ssh("dr1", "tar_ssh.pem"), TAR_SAYS)])
        result = run_module(gluster_ssh_trust, mesh_params(folder), diff_mode=True, run=run)
        assert not result.failed and result.changed is expected_change, result
        assert [probe["forced_command"] for probe in result["probes"]] == ["gsyncd", "tar"]
        assert len(result["commands"]) == 2
        assert bool(result["diff"]) is expected_change
    assert (folder / "known_hosts").read_text() == f"dr1 {HOST.kind} {HOST.blob}\n"
    assert os.stat(folder / "known_hosts").st_mode & 0o777 == 0o600


def test_check_mode_probes_with_a_stand_in_for_known_hosts(folder, fake_run, run_module, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    # A module that was killed has left its own.
    (tmp_path / "tmp/georep-known_hosts-0123456789ab").touch()
    fill(folder)
    seen = []

    def ssh(argv):
        path = next(word.split("=", 1)[1] for word in argv if word.startswith("-oUserKnownHostsFile="))
        seen.append(Path(path).read_text(encoding="utf-8"))
        assert path != str(folder / "known_hosts")
        return True

    run = fake_run([(ssh, GSYNCD_SAYS), (ssh, TAR_SAYS)])
    result = run_module(gluster_ssh_trust, mesh_params(folder), check_mode=True, run=run)
    assert os.listdir(tmp_path / "tmp") == []
    assert not result.failed and result.changed, result
    assert seen == [f"dr1 {HOST.kind} {HOST.blob}\n"] * 2
    assert not (folder / "known_hosts").exists()


def test_failures_keep_the_whole_result(folder, fake_run, run_module):
    fill(folder)
    denied = (255, "", "Permission denied (publickey).\n")
    run = fake_run([(is_ssh("dr1", "secret.pem"), denied), (is_ssh("dr1", "tar_ssh.pem"), TAR_SAYS)])
    result = run_module(gluster_ssh_trust, mesh_params(folder), run=run)
    assert result.failed and result["error"] == "TrustFailed"
    assert not result.changed and not (folder / "known_hosts").exists(), "nothing is recorded of a path that does not work"
    assert [probe["ok"] for probe in result["probes"]] == [False, True]
    assert "-> root@dr1 with secret.pem: step key" in result["msg"]
    for name in (
        "public_keys",
        "generated",
        "before",
        "after",
        "commands",
        "notes",
        "accounts",
        "session_options",
    ):
        assert name in result


def test_what_the_node_said_itself_is_the_error(folder, fake_run, run_module):
    fill(folder)
    denied = (255, "", "root@dr1: Permission denied (publickey).\n")
    run = fake_run([(is_ssh("dr1", "secret.pem"), denied), (is_ssh("dr1", "tar_ssh.pem"), denied)])
    said = [{"secondary_node": "DR1", "obstacles": ["PermitRootLogin is no: use a secondary_user."]}, {"secondary_node": "dr2", "obstacles": []}]
    result = run_module(gluster_ssh_trust, mesh_params(folder, obstacles=said), run=run)
    assert result.failed and "dr1 does not let root use the key secret.pem: PermitRootLogin is no: use a secondary_user." in result["msg"]
    assert "refuses the key" not in result["msg"] and "bootstrap_password" not in result["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_without_a_login_nothing_is_made_before_it_is_said(folder, fake_run, run_module, check_mode):
    """Keys that nobody can bring are not created; and where they are, their lines are printed for those who can."""
    given = mesh_params(folder)
    none = run_module(gluster_ssh_trust, given, check_mode=check_mode, run=fake_run())
    assert none.failed and not none.changed and list(folder.iterdir()) == [], none
    assert "no geo-replication keys yet" in none["msg"] and "Nothing was created or recorded" in none["msg"]
    for words in ("bootstrap_password", "geo_replication_bootstrap_password", "-m glusterops.georep.gluster_georep_keys", "root on dr1"):
        assert words in none["msg"], words
    fill(folder)
    before = {path: path.read_text() for path in folder.iterdir()}
    denied = (255, "", "Permission denied (publickey).\n")
    run = fake_run([(is_ssh("dr1", "secret.pem"), denied), (is_ssh("dr1", "tar_ssh.pem"), denied)])
    refused = run_module(gluster_ssh_trust, given, check_mode=check_mode, run=run)
    assert refused.failed and not refused.changed and {path: path.read_text() for path in folder.iterdir()} == before
    lines = (folder / "common_secret.pem.pub").read_text().splitlines()
    assert len(lines) == 4 and all(line in refused["msg"] for line in lines) and "bootstrap_password" in refused["msg"]


def test_paths_that_were_prepared_by_hand(folder, fake_run, run_module, volume):
    """All of them work: then it is recorded, in a check run only said."""
    fill(folder, gathered=(1,))
    given = mesh_params(folder)
    ways = [(is_ssh("dr1", "secret.pem"), GSYNCD_SAYS), (is_ssh("dr1", "tar_ssh.pem"), TAR_SAYS)]
    for check_mode in (True, False):
        result = run_module(gluster_ssh_trust, given, check_mode=check_mode, run=fake_run(ways))
        assert result.changed and not result.failed, result
        assert (folder / "known_hosts").exists() is not check_mode
        assert (folder / "distributed_keys.json").exists() is not check_mode


@pytest.mark.parametrize(
    ("program", "more"),
    [("ssh", {}), ("ssh-keygen", {"login_key_file": "/root/.ssh/id_none"}), ("ssh-keyscan", {"trust_on_first_use": True}), ("ssh", {"state": "verified"})],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_program_that_a_later_step_needs(folder, fake_run, run_module, monkeypatch, program, more, check_mode):
    monkeypatch.setattr(paths.runner, "find_program", lambda name: None if name == program else f"/usr/bin/{name}")
    given = mesh_params(folder, bootstrap_password="pssst") | more
    result = run_module(gluster_ssh_trust, given, check_mode=check_mode, run=fake_run())
    assert result.failed and not result.changed and list(folder.iterdir()) == []
    assert f"{program} is not installed on this node. Nothing was changed." in result["msg"] and "openssh-client" in result["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_login_that_fails_is_told_before_it_is_recorded_where_keys_go(folder, fake_run, run_module, logins, tmp_path, volume, check_mode):
    fill(folder)
    (folder / "known_hosts").touch()
    before = sorted(os.listdir(folder))
    target = command.Target("dr2", 22, "root")
    logins.homes["dr2"] = bootstrap.StepFailed(target, "key", "dr2 refuses the bootstrap password", "Check it.")
    result = run_module(gluster_ssh_trust, bootstrap_params(folder), check_mode=check_mode, run=fake_run())
    assert result.failed and not result.changed, result
    assert sorted(os.listdir(folder)) == before and (folder / "known_hosts").read_text() == ""


def test_verified_without_keys_says_so(folder, fake_run, run_module):
    result = run_module(gluster_ssh_trust, mesh_params(folder, state="verified"), run=fake_run())
    assert result.failed and "has no geo-replication key secret.pem and tar_ssh.pem" in result["msg"]


def test_verify_false_asks_nobody(folder, fake_run, run_module):
    fill(folder)
    result = run_module(gluster_ssh_trust, mesh_params(folder, verify=False), run=fake_run())
    assert not result.failed and result["probes"] == []


def test_absent_forgets_the_hosts_only(folder, fake_run, run_module):
    fill(folder)
    other = f"other {HOST.kind} {HOST.blob}\n"
    (folder / "known_hosts").write_text(other + f"dr1 {HOST.kind} {HOST.blob}\n")
    result = run_module(gluster_ssh_trust, params(folder, state="absent", secondaries=to("dr1")), run=fake_run())
    assert result.changed and (folder / "known_hosts").read_text() == other
    assert any("left as they are" in note for note in result["notes"])
    assert (folder / "secret.pem").exists()
    again = run_module(gluster_ssh_trust, params(folder, state="absent", secondaries=to("dr1")), run=fake_run())
    assert not again.changed


WRONG = [
    (dict(secondaries=to("a;b")), "secondaries[0].secondary_host", "a;b"),
    (dict(secondaries=to("dr1:::x")), "secondaries[0].secondary_host", "dr1:::x"),
    (dict(secondaries=to("fd00::1")), "secondaries[0].secondary_host", "fd00::1"),
    (dict(secondaries=to("dr1", secondary_user="a b")), "secondaries[0].secondary_user", "a b"),
    (dict(secondaries=to("dr1", ssh_port=0)), "secondaries[0].ssh_port", 0),
    (dict(secondaries=to("dr1", ssh_port=70000)), "secondaries[0].ssh_port", 70000),
    (dict(secondaries=to("dr1", nodes=["dr1", "-x"])), "secondaries[0].secondary_nodes", "-x"),
    (dict(secondaries=to("dr1", "x y")), "secondaries[1].secondary_host", "x y"),
    (dict(secondaries=to("dr1"), known_hosts=["dr1"]), "known_hosts", "dr1"),
    (dict(secondaries=to("dr1"), known_hosts_file="relative"), "known_hosts_file", "relative"),
    (dict(secondaries=to("dr1"), public_keys=["x"]), "public_keys", "x"),
    (dict(secondaries=to("dr1"), private_key_file="/nonexistent/key"), "private_key_file", "/nonexistent/key"),
    (dict(secondaries=to("dr1"), login_key_file="relative"), "login_key_file", "relative"),
    (dict(secondaries=to("dr1"), timeout=0), "timeout", 0),
    (dict(secondaries=to("dr1"), bootstrap_user="bin", bootstrap_password="x"), "bootstrap_user", "bin"),
    (dict(secondaries=to("dr1"), bootstrap_user="root"), "bootstrap_user", "root"),
    (dict(state="absent", bootstrap_password="x"), "secondaries", []),
    # The session module refuses these names, too: keys for them would be keys for sessions that cannot be.
    *((dict(secondaries=to(name)), "secondaries[0].secondary_host", name) for name in ("a..b", ".lead", "dr1-", "dr1::vol", "2001:db8::1")),
    *((dict(secondaries=to("dr1", secondary_user=name)), "secondaries[0].secondary_user", name) for name in ("geo.repl", "svc$", "-x")),
]


@pytest.mark.parametrize(("given", "option", "value"), WRONG)
def test_wrong_input_touches_nothing(folder, fake_run, run_module, given, option, value):
    fill(folder)
    before = sorted(os.listdir(folder))
    result = run_module(gluster_ssh_trust, {**params(folder), **given}, run=fake_run())
    assert result.failed and result["error"] == "InvalidInput", result
    assert result["option"] == option and result.get("value") == value
    assert result["remedy"] and result["commands"] == [] and not result.changed
    assert sorted(os.listdir(folder)) == before


class FakeLogin:
    """A login whose far end is a folder of this machine."""

    homes: dict = {}
    seen: list = []

    def __init__(self, target, credentials, **more):
        self.target, self.credentials, self.more = target, credentials, more

    def __enter__(self):
        type(self).seen.append((self.target.host, self.credentials, self.more["known_hosts_text"]))
        problem = self.homes[self.target.host]
        if isinstance(problem, Exception):
            raise problem
        return self

    def __exit__(self, *_exc):
        pass

    files = bootstrap.account_files.LocalFiles()
    settings: dict = {}

    def view(self, _user):
        return sshd.View(self.settings.get(self.target.host, {}), (sshd.Login("192.0.2.11", "192.0.2.21", 22),))

    def account(self, user):
        home = str(self.homes[self.target.host])
        return bootstrap.account_files.Account(user, home, os.getuid(), os.getgid(), (f"{home}/.ssh/authorized_keys",))


@pytest.fixture
def logins(folder, tmp_path, monkeypatch):
    FakeLogin.homes, FakeLogin.seen, FakeLogin.settings = {}, [], {}
    for name in ("dr1", "dr2"):
        (tmp_path / name).mkdir()
        FakeLogin.homes[name] = tmp_path / name
    context = key_work.Context
    monkeypatch.setattr(key_work, "Context", lambda *given, **more: context(*given, login=FakeLogin, **more))
    monkeypatch.setattr(bootstrap, "load", lambda: None)
    return FakeLogin


def bootstrap_params(folder, **more):
    line = f"dr1,dr2 {HOST.kind} {HOST.blob}"
    given = dict(secondaries=to("dr1", nodes=["dr1", "dr2"]), known_hosts=[line])
    return params(folder, **{**given, "bootstrap_password": "pssst-4711", **more})


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_a_node_knows_of_a_refused_key_is_read_over_the_setup_login(folder, fake_run, run_module, logins, tmp_path, check_mode):
    """The words are those of a node that Ansible manages."""
    fill(folder)
    for name in ("dr1", "dr2"):
        (tmp_path / name / ".ssh").mkdir(mode=0o700)
        (tmp_path / name / ".ssh" / "authorized_keys").write_text((folder / "common_secret.pem.pub").read_text())
        (tmp_path / name / ".ssh" / "authorized_keys").chmod(0o600)
    logins.settings = {"dr1": {"authenticationmethods": ["publickey,password"], "strictmodes": ["no"]}, "dr2": {"strictmodes": ["no"]}}
    denied = (255, "", "root@dr: Permission denied (publickey).\r\n")
    run = fake_run([(is_ssh(host, key), denied) for host in ("dr1", "dr2") for key in ("secret.pem", "tar_ssh.pem")], ordered=False)
    result = run_module(gluster_ssh_trust, bootstrap_params(folder), check_mode=check_mode, run=run)
    assert result.failed, result
    first, second = (line for line in result["msg"].splitlines() if "secret.pem" in line and "root@dr" in line)
    assert "dr1 does not let root use the key secret.pem: AuthenticationMethods is publickey,password" in first
    assert "Let root log in by key alone" in first and "authorized_keys" not in first
    assert "dr2 refuses the key secret.pem" in second and "AuthenticationMethods" not in second
    seen = len(logins.seen)
    run = fake_run(mesh_script("dr1", "dr2"), ordered=False)
    assert not run_module(gluster_ssh_trust, bootstrap_params(folder), check_mode=check_mode, run=run).failed
    assert len(logins.seen) - seen in (2, 4), "nobody is asked about a login that works"


def mesh_script(*hosts):
    return [
        entry
        for host in hosts
        for entry in ((is_ssh(host, "secret.pem"), GSYNCD_SAYS), (is_ssh(host, "tar_ssh.pem"), TAR_SAYS))
    ]


def test_bootstrap_puts_the_gathered_lines_on_every_node(folder, fake_run, run_module, logins, tmp_path):
    fill(folder)
    dry = run_module(gluster_ssh_trust, bootstrap_params(folder), check_mode=True, diff_mode=True, run=fake_run())
    assert dry.changed and not dry.failed, dry
    assert not (tmp_path / "dr1/.ssh").exists() and not (folder / "known_hosts").exists()
    assert any("SSH access was not tested" in note for note in dry["notes"])
    # The login already goes by the host keys that are to be recorded.
    assert all(HOST.blob in text for _host, _credentials, text in logins.seen)
    run = fake_run(mesh_script("dr1", "dr2"), ordered=False)
    real = run_module(gluster_ssh_trust, bootstrap_params(folder), diff_mode=True, run=run)
    assert real.changed and not real.failed, real
    assert (real["after"], real["diff"]) == (dry["after"], dry["diff"])
    lines = (folder / "common_secret.pem.pub").read_text()
    assert [(tmp_path / name / ".ssh/authorized_keys").read_text() for name in ("dr1", "dr2")] == [lines, lines]
    run = fake_run(mesh_script("dr1", "dr2"), ordered=False)
    again = run_module(gluster_ssh_trust, bootstrap_params(folder), run=run)
    assert not again.changed and not again.failed
    assert "pssst" not in repr([dry, real, again, logins.seen])
    gone = run_module(gluster_ssh_trust, bootstrap_params(folder, state="absent"), run=fake_run())
    assert gone.changed and (tmp_path / "dr1/.ssh/authorized_keys").read_text() == ""
    assert (folder / "known_hosts").read_text() == ""
    again = run_module(gluster_ssh_trust, bootstrap_params(folder, state="absent"), run=fake_run())
    assert not again.changed and not again.failed


def test_a_wrong_password_at_the_first_set_up_touches_nothing(folder, fake_run, run_module, logins, tmp_path):
    target = command.Target("dr2", 22, "root")
    logins.homes["dr2"] = bootstrap.StepFailed(target, "key", "dr2 refuses the bootstrap password", "Check it.")
    result = run_module(gluster_ssh_trust, bootstrap_params(folder), run=fake_run())
    assert result.failed and not result.changed
    assert "-> root@dr2: step key: dr2 refuses the bootstrap password." in result["msg"]
    assert not (folder / "known_hosts").exists() and not (tmp_path / "dr1/.ssh").exists()


def test_a_login_that_fails_is_told_before_anything_is_recorded(folder, fake_run, run_module, logins, tmp_path):
    """The keys of this cluster are made, and the host keys of the new site are yet to be recorded."""
    fill(folder)
    (folder / "known_hosts").touch()
    logins.homes["dr2"] = bootstrap.StepFailed(command.Target("dr2", 22, "root"), "key", "dr2 refuses the bootstrap password", "Check it.")
    before = sorted(os.listdir(folder))
    result = run_module(gluster_ssh_trust, bootstrap_params(folder), run=fake_run())
    assert result.failed and not result.changed and "dr2 refuses the bootstrap password" in result["msg"]
    assert (folder / "known_hosts").read_text() == "" and sorted(os.listdir(folder)) == before and not (tmp_path / "dr1/.ssh").exists()


def test_one_login_that_fails_does_not_hide_the_others(folder, fake_run, run_module, logins, tmp_path):
    fill(folder)
    (folder / "known_hosts").write_text(f"dr1 {HOST.kind} {HOST.blob}\ndr2 {HOST.kind} {HOST.blob}\n")
    (folder.parent / "vols/v").mkdir(parents=True)
    (folder.parent / "vols/v/info").write_text("volume-id=1\n")
    key_record.write(key_record.Record(("1",), (), (Destination("dr1", "root", 22, ("dr1", "dr2")),)), str(folder))
    target = command.Target("dr2", 22, "root")
    logins.homes["dr2"] = bootstrap.StepFailed(target, "key", "dr2 refuses the bootstrap password", "Check it.")
    result = run_module(gluster_ssh_trust, bootstrap_params(folder), run=fake_run())
    assert result.failed and result.changed
    assert "-> root@dr2: step key: dr2 refuses the bootstrap password." in result["msg"]
    assert [one["account"] for one in result["accounts"]] == ["root@dr1"]
    assert "pssst" not in repr(result)


@pytest.mark.parametrize(("step", "tolerated"), [("resolve", True), ("connect", True), ("key", False), ("host_key", False)])
def test_a_node_that_is_gone_does_not_keep_the_others(folder, fake_run, run_module, logins, tmp_path, step, tolerated):
    """What is known of it stays: it may be back one day, and has to be logged in to then."""
    fill(folder)
    known = f"dr1 {HOST.kind} {HOST.blob}\ndr2 {HOST.kind} {HOST.blob}\n"
    (folder / "known_hosts").write_text(known)
    for name in ("dr1", "dr2"):
        (tmp_path / name / ".ssh").mkdir(mode=0o700)
        (tmp_path / name / ".ssh/authorized_keys").write_text((folder / "common_secret.pem.pub").read_text())
    home = logins.homes["dr2"]
    logins.homes["dr2"] = bootstrap.StepFailed(command.Target("dr2", 22, "root"), step, "dr2 does not answer", "Check it.")
    strict = run_module(gluster_ssh_trust, bootstrap_params(folder, state="absent"), run=fake_run(), check_mode=True)
    assert strict.failed and "dr2 does not answer" in strict["msg"]
    given = bootstrap_params(folder, state="absent", ignore_unreachable=True)
    for check_mode in (True, False):
        result = run_module(gluster_ssh_trust, given, run=fake_run(), check_mode=check_mode)
        assert result.failed is not tolerated
        if not tolerated:
            return
        assert result.changed and result["unreached"] == [{"secondary_host": "dr2", "secondary_user": "root", "ssh_port": 22}]
        assert any("Could not reach root@dr2: dr2 does not answer" in note for note in result["notes"])
    assert (tmp_path / "dr1/.ssh/authorized_keys").read_text() == ""
    assert (folder / "known_hosts").read_text() == f"dr2 {HOST.kind} {HOST.blob}\n"
    assert not run_module(gluster_ssh_trust, given, run=fake_run()).changed
    logins.homes["dr2"] = home
    back = run_module(gluster_ssh_trust, given, run=fake_run())
    assert back.changed and back["unreached"] == [] and (folder / "known_hosts").read_text() == ""
    assert (home / ".ssh/authorized_keys").read_text() == ""


def test_verified_with_a_login_names_what_is_missing(folder, fake_run, run_module, logins, tmp_path):
    fill(folder)
    result = run_module(gluster_ssh_trust, bootstrap_params(folder, state="verified"), run=fake_run())
    assert result.failed and "(needed)" in result["msg"] and not result.changed
    assert not (tmp_path / "dr1/.ssh").exists()


def test_credentials_never_show_their_secret():
    shown = repr(bootstrap.Credentials("root", "pssst", None, "hush"))
    assert "pssst" not in shown and "hush" not in shown


def test_nothing_that_holds_a_login_shows_its_secret():
    given = logins_room.Given("root", "pssst", None, "hush")
    request = trust.read_request({**dict.fromkeys(gluster_ssh_trust.SPEC["argument_spec"]), "known_hosts_file": "/k", "timeout": 10})
    shown = repr([given, logins_room.Logins(given, "/k", "", 10), request._replace(login=given)])
    assert "pssst" not in shown and "hush" not in shown and "user='root'" in shown


def test_paramiko_missing_names_the_package(folder, fake_run, run_module, monkeypatch):
    fill(folder)

    def load():
        raise errors.MissingLibrary("paramiko")

    monkeypatch.setattr(bootstrap, "load", load)
    result = run_module(gluster_ssh_trust, bootstrap_params(folder), run=fake_run())
    assert result.failed and "python3-paramiko" in result["msg"]


@pytest.mark.parametrize("name", ["known_hosts", "distributed_keys.json"])
def test_what_a_killed_module_wrote_goes(folder, fake_run, run_module, name):
    fill(folder)
    left = folder / f"{name}.georep-0123456789ab"
    left.touch()
    ways = [(is_ssh("dr1", "secret.pem"), GSYNCD_SAYS), (is_ssh("dr1", "tar_ssh.pem"), TAR_SAYS)]
    for check_mode, state in ((True, "present"), (False, "verified"), (False, "present")):
        assert left.exists()
        assert not run_module(gluster_ssh_trust, mesh_params(folder, state=state), check_mode=check_mode, run=fake_run(ways)).failed
    assert not left.exists()


@pytest.mark.parametrize(
    ("state", "given"),
    [
        *((state, option) for state in ("present", "verified") for option in ("copies_of", "in_use", "forget", "ignore_unreachable")),
        ("absent", "verify"),
        ("absent", "private_key_file"),
    ],
)
def test_no_option_is_ignored(folder, fake_run, run_module, state, given):
    values = {
        "copies_of": [], "in_use": {}, "forget": {}, "ignore_unreachable": True, "verify": False, "private_key_file": "/root/key",
    }  # fmt: skip
    result = run_module(gluster_ssh_trust, params(folder, state=state, secondaries=to("dr1"), **{given: values[given]}), run=fake_run())
    assert result.failed and result["option"] == given and f"{given} can be used only together with state: " in result["msg"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "missing: secondaries"),
        ({"state": "verified"}, "missing: secondaries"),
        ({"secondaries": to("dr1"), "bootstrap_password": "pssst", "bootstrap_private_key_file": "/root/key"}, "mutually exclusive"),
        ({"secondaries": to("dr1"), "bootstrap_private_key_passphrase": "pssst"}, "bootstrap_private_key_file"),
    ],
)
def test_what_ansible_refuses(folder, fake_run, run_module, given, words):
    result = run_module(gluster_ssh_trust, params(folder, **given), run=fake_run())
    assert result.failed and words in result["msg"]


def test_a_check_run_takes_keys_for_made_that_it_was_told_of(folder, fake_run, run_module, logins, tmp_path, volume):
    """Where an earlier task makes them the real run has them; by itself it says what to do first."""
    dry = run_module(gluster_ssh_trust, bootstrap_params(folder), check_mode=True, run=fake_run())
    assert not dry.failed and dry.changed and dry["after"]["recorded"] == {"distributed_keys.json": ["(to be recorded)"]}
    assert any("cannot compare them" in note for note in dry["notes"]) and any("not tested" in note for note in dry["notes"])
    real = run_module(gluster_ssh_trust, bootstrap_params(folder), run=fake_run())
    assert real.failed and "gluster_georep_keys" in real["remedy"] and not (tmp_path / "dr1/.ssh").exists()
    told_of = mesh_params(folder, public_keys=[])
    assert not run_module(gluster_ssh_trust, told_of, check_mode=True, run=fake_run()).failed
    assert run_module(gluster_ssh_trust, told_of, run=fake_run()).failed


# --- what is remembered, and what is taken away


def test_what_is_brought_is_remembered_once(folder, fake_run, run_module, volume):
    fill(folder)
    looks = params(folder, secondaries=to("dr1"), verify=False)
    assert not run_module(gluster_ssh_trust, looks, run=fake_run()).changed, "it brings nothing, and is told of nothing"
    given = dict(looks, public_keys=(folder / "common_secret.pem.pub").read_text().splitlines())
    dry = run_module(gluster_ssh_trust, given, check_mode=True, diff_mode=True, run=fake_run())
    assert dry.changed and not (folder / "distributed_keys.json").exists()
    assert told(folder, run_module, fake_run)["recorded_public_keys"] == []
    real = run_module(gluster_ssh_trust, given, diff_mode=True, run=fake_run())
    assert real.changed and real["diff"] == dry["diff"] != [] and "AAAA" not in repr(real["diff"])
    assert not run_module(gluster_ssh_trust, given, run=fake_run()).changed
    recorded = told(folder, run_module, fake_run)["recorded_public_keys"]
    assert recorded == (folder / "common_secret.pem.pub").read_text().splitlines()
    # Another node, which has not gathered them, is told.
    (folder / "common_secret.pem.pub").unlink()
    (folder / "distributed_keys.json").unlink()
    assert run_module(gluster_ssh_trust, dict(given, public_keys=recorded), run=fake_run()).changed
    ways = [(is_ssh("dr1", "secret.pem"), GSYNCD_SAYS), (is_ssh("dr1", "tar_ssh.pem"), TAR_SAYS)]
    (folder / "distributed_keys.json").unlink()
    verifies = params(folder, secondaries=to("dr1"), public_keys=recorded, state="verified")
    assert not run_module(gluster_ssh_trust, verifies, run=fake_run(ways)).changed


def test_the_record_outlives_the_volumes_it_began_with(folder, fake_run, run_module, volume):
    """Who brings the same lines again keeps it up to date."""
    fill(folder)
    lines = (folder / "common_secret.pem.pub").read_text().splitlines()
    brings = params(folder, secondaries=to("dr1"), verify=False, public_keys=lines)
    run_module(gluster_ssh_trust, brings, run=fake_run())
    homes = folder.parent / "vols/homes"
    homes.mkdir()
    (homes / "info").write_text("volume-id=66666666-7777-4888-8999-000000000000\n")
    looks = params(folder, secondaries=to("dr1"), verify=False)
    assert not run_module(gluster_ssh_trust, looks, run=fake_run()).changed, "it brings nothing, and is told of nothing"
    assert run_module(gluster_ssh_trust, brings, run=fake_run()).changed
    assert not run_module(gluster_ssh_trust, brings, run=fake_run()).changed
    (folder.parent / "vols/projects/info").unlink()
    assert told(folder, run_module, fake_run)["recorded_public_keys"] == lines


def test_keys_of_a_node_that_has_left_are_forgotten_here(folder, fake_run, run_module, volume):
    fill(folder, 1, (1, 2))
    there = (folder / "common_secret.pem.pub").read_text().splitlines()
    run_module(gluster_ssh_trust, params(folder, secondaries=to("dr1"), verify=False, public_keys=there), run=fake_run())
    left = [samples.gsyncd_line(2), samples.tar_line(2)]
    given = params(folder, state="absent", forget={"public_keys": left})
    dry = run_module(gluster_ssh_trust, given, check_mode=True, diff_mode=True, run=fake_run())
    real = run_module(gluster_ssh_trust, given, diff_mode=True, run=fake_run())
    assert dry.changed and real.changed and real["diff"] == dry["diff"] != []
    assert (folder / "common_secret.pem.pub").read_text().splitlines() == [samples.gsyncd_line(1), samples.tar_line(1)]
    assert not run_module(gluster_ssh_trust, given, run=fake_run()).changed
    assert told(folder, run_module, fake_run)["recorded_public_keys"] == [samples.gsyncd_line(1), samples.tar_line(1)]


def test_names_are_forgotten_by_their_key_but_never_while_in_use(folder, fake_run, run_module):
    other = samples.public(78)
    text = f"dr1 {HOST.line()}\n[alias]:2222,used {HOST.line()} a comment\nelsewhere {other.line()}\n* {HOST.line()}\n"
    (folder / "known_hosts").write_text(text)
    known = told(folder, run_module, fake_run)["recorded_host_keys"]
    assert list(known) == ["dr1", "[alias]:2222", "used", "elsewhere"]
    assert known["used"] == [HOST.line()] and known["elsewhere"] == [other.line()]
    given = params(folder, state="absent", forget={"host_keys": [HOST.line()]}, in_use={"hosts": ["USED"]})
    assert run_module(gluster_ssh_trust, given, run=fake_run()).changed
    assert (folder / "known_hosts").read_text() == f"used {HOST.line()} a comment\nelsewhere {other.line()}\n* {HOST.line()}\n"
    assert not run_module(gluster_ssh_trust, given, run=fake_run()).changed


def test_where_keys_were_brought_is_remembered_by_account(folder, fake_run, run_module, volume):
    fill(folder)
    there = (folder / "common_secret.pem.pub").read_text().splitlines()
    sites = [{"secondary_host": "DR1", "secondary_user": user} for user in ("root", "geo")]
    run_module(gluster_ssh_trust, params(folder, secondaries=sites, verify=False, public_keys=there), run=fake_run())

    def accounts():
        return [site["secondary_user"] for site in told(folder, run_module, fake_run)["recorded_sites"]]

    given = params(folder, state="absent", secondaries=sites, in_use={"hosts": ["dr1"]})
    assert not run_module(gluster_ssh_trust, given, run=fake_run()).changed and accounts() == ["root", "geo"]
    given["in_use"]["accounts"] = ["root@Dr1"]
    kept = dict(given, forget={"destinations": False})
    assert not run_module(gluster_ssh_trust, kept, run=fake_run()).changed and accounts() == ["root", "geo"]
    assert run_module(gluster_ssh_trust, given, run=fake_run()).changed and accounts() == ["root"]
    assert not run_module(gluster_ssh_trust, given, run=fake_run()).changed


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"secondaries": to("dr1"), "in_use": {"accounts": ["dr1"]}}, ["in_use.accounts[0]", "dr1"]),
        ({"forget": {"host_keys": ["ssh-ed25519 nonsense"]}}, ["forget.host_keys[0]", "nonsense"]),
        ({"forget": {"public_keys": ["nonsense"]}}, ["forget.public_keys[0]", "nonsense"]),
        ({"secondaries": to("dr1"), "copies_of": [{"primary_volume": "../x", "secondary_volume": "y"}]}, ["copies_of[0].primary_volume", "../x"]),
        ({}, ["state: absent needs secondaries or forget"]),
    ],
)
def test_what_is_to_be_forgotten_is_checked_first(folder, fake_run, run_module, more, words):
    result = run_module(gluster_ssh_trust, params(folder, state="absent", **more), run=fake_run())
    assert result.failed and all(word in result["msg"] for word in words), result["msg"]


def test_b16_a_node_by_its_ipv6_address_is_reached_and_known(folder, fake_run, run_module, volume):
    """ssh takes the address; known_hosts has it in small letters, in brackets for another port."""
    fill(folder, gathered=(1,))
    line = f"2001:DB8:2::21 {HOST.kind} {HOST.blob}"
    ways = [(is_ssh("2001:DB8:2::21", "secret.pem"), GSYNCD_SAYS), (is_ssh("2001:DB8:2::21", "tar_ssh.pem"), TAR_SAYS)]
    given = params(folder, secondaries=to("dr1", nodes=["2001:DB8:2::21"], ssh_port=2222), known_hosts=[line])
    result = run_module(gluster_ssh_trust, given, run=fake_run(ways))
    assert result.changed and not result.failed, result
    assert (folder / "known_hosts").read_text() == f"[2001:db8:2::21]:2222 {HOST.kind} {HOST.blob}\n"
    assert not run_module(gluster_ssh_trust, given, run=fake_run(ways)).changed


def test_b18_a_host_with_capitals_is_reached_and_known(folder, fake_run, run_module, volume):
    (session,) = sessions_of("B18")
    host, user, port = session["secondary_host"], session["secondary_user"], session["ssh_port"]
    fill(folder, gathered=(1,))
    ways = [(is_ssh(host, "secret.pem"), GSYNCD_SAYS), (is_ssh(host, "tar_ssh.pem"), TAR_SAYS)]
    given = params(folder, secondaries=to(host, ssh_port=port, secondary_user=user), known_hosts=[f"[{host}]:{port} {HOST.kind} {HOST.blob}"])
    assert run_module(gluster_ssh_trust, given, run=fake_run(ways)).changed
    assert (folder / "known_hosts").read_text() == f"[localhost]:{port} {HOST.kind} {HOST.blob}\n"
    # Written by another hand, it is the same site, which is recorded once.
    given["secondaries"][0]["secondary_host"] = host.lower()
    ways = [(is_ssh(host.lower(), "secret.pem"), GSYNCD_SAYS), (is_ssh(host.lower(), "tar_ssh.pem"), TAR_SAYS)]
    again = run_module(gluster_ssh_trust, given, run=fake_run(ways))
    assert not again.failed, again
    sites = json.loads((folder / "distributed_keys.json").read_text())["sites"]
    assert [site["secondary_nodes"] for site in sites] == [[host]] and not again.changed, again


# --- nodes that do not allow every kind of key


class Keygen:
    """ssh-keygen of this machine, behind the one of the case, which does not make the kinds that are named."""

    def __init__(self, tmp_path, forbidden=("ed25519",), said=None):
        self.said, self.tried = said, []
        script = text_of("B01", "ssh-keygen").replace("case $word in ed25519)", f"case $word in {'|'.join(forbidden)})")
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/ssh-keygen").write_text(script)
        (tmp_path / "bin/ssh-keygen").chmod(0o755)
        self.program = str(tmp_path / "bin/ssh-keygen")

    def __call__(self, argv, **_more):
        assert argv[0] == "ssh-keygen"
        self.tried += [argv[argv.index("-t") + 1]] if "-t" in argv else []
        if self.said:
            return 1, "", self.said
        done = subprocess.run([self.program, *argv[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        return done.returncode, done.stdout, done.stderr


def make_login_key(tmp_path, keygen):
    report = trust.TrustReport()
    request = trust.read_request({
        **dict.fromkeys(gluster_ssh_trust.SPEC["argument_spec"]), "state": "present", "known_hosts_file": "/k", "timeout": 10,
        "login_key_file": str(tmp_path / ".ssh/id_georep"),
    })  # fmt: skip
    return report, trust._login_key(request, key_work.Context(keygen, "p1", False), report, dry=False)


@pytest.mark.parametrize(
    ("forbidden", "kind"),
    [((), "ssh-ed25519"), (("ed25519",), "ecdsa-sha2-nistp384"), (("ed25519", "ecdsa"), "ssh-rsa")],
    ids=["ed25519", "B01", "B01 nor ecdsa"],
)
def test_b01_the_login_key_is_of_a_kind_that_the_node_allows(tmp_path, forbidden, kind):
    keygen = Keygen(tmp_path, forbidden or ("none",))
    report, (pending, [line]) = make_login_key(tmp_path, keygen)
    assert not pending and line.entry.key.kind == kind and report.generated == [str(tmp_path / ".ssh/id_georep")]
    assert os.stat(tmp_path / ".ssh/id_georep").st_mode & 0o777 == 0o600
    assert [("FIPS" in note, kind.split("-")[0].replace("ssh", "rsa") in note) for note in report.notes] == [(True, True)] * bool(forbidden)
    # The next run takes it as it is.
    again, (_pending, [same]) = make_login_key(tmp_path, keygen)
    assert same == line and not again.changed and again.generated == again.notes == [] and len(keygen.tried) == len(forbidden) + 1


def test_b01_no_kind_at_all(tmp_path):
    with pytest.raises(errors.TrustFailed, match="ED25519 keys are not allowed in FIPS mode") as caught:
        make_login_key(tmp_path, Keygen(tmp_path, ("ed25519", "ecdsa", "rsa")))
    assert "login_key_file" in str(caught.value.remedy) and "FIPS" in str(caught.value.remedy)


def test_what_is_wrong_with_the_disk_is_said_once(tmp_path):
    keygen = Keygen(tmp_path, said="Saving key \"/root/.ssh/id\" failed: No space left on device")
    with pytest.raises(errors.TrustFailed) as caught:
        make_login_key(tmp_path, keygen)
    assert caught.value.message.count("No space left on device") == 1
