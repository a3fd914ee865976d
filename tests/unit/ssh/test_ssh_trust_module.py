# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module as a whole, with scripted commands: what it runs, what it returns, what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._operate import trust
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import bootstrap, georep_keys
from ansible_collections.glusterops.georep.plugins.modules import gluster_ssh_trust
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples

POOL = ["gluster", "--mode=script", "--timeout=120", "--", "pool", "list"]
GENERATE = ["gluster", "--mode=script", "--timeout=300", "--", "system::", "execute", "gsec_create"]
GSYNCD_SAYS = (1, "", "invoking echo in restricted SSH session is not allowed\n")
TAR_SAYS = (0, "tar (GNU tar) 1.34\n", "")
PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ==\n-----END OPENSSH PRIVATE KEY-----\n"
HOST = samples.public(77)


def pool(*states):
    rows = [
        f"21ab0cc1-100f-4c06-9aff-3ba592c9c9{number:02d}\t{f'node{number}' if number else 'localhost'} \t{state} "
        for number, state in reversed(list(enumerate(states)))
    ]
    return (0, "\n".join(["UUID\t\t\t\t\tHostname \tState", *rows]) + "\n", "")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A georep folder instead of the real one."""
    path = tmp_path / "geo-replication"
    path.mkdir()
    defaults = list(trust.Context._field_defaults.items())
    assert ("georep_dir", georep_keys.GEOREP_DIR) in defaults
    real = trust.Context

    def context(**values):
        return real(**{"georep_dir": str(path), **values})

    monkeypatch.setattr(trust, "Context", context)
    return path


def fill(folder, node=1, gathered=(1, 2)):
    for name, line in (("secret.pem", samples.gsyncd_line(node)), ("tar_ssh.pem", samples.tar_line(node))):
        (folder / name).write_text(PEM)
        os.chmod(folder / name, 0o600)
        (folder / f"{name}.pub").write_text(" ".join(line.split()[-3:]) + "\n")
    if gathered is not None:
        lines = [line for number in gathered for line in (samples.gsyncd_line(number), samples.tar_line(number))]
        (folder / "common_secret.pem.pub").write_text("".join(line + "\n" for line in lines))


def params(folder, **more):
    return {"known_hosts_file": str(folder / "known_hosts"), **more}


def is_ssh(host, key):
    return lambda argv: argv[0] == "ssh" and argv[-2] == host and argv[argv.index("-i") + 1].endswith("/" + key)


def test_keys_that_are_complete_are_left_alone(folder, fake_run, run_module):
    fill(folder)
    result = run_module(gluster_ssh_trust, params(folder), run=fake_run([(POOL, pool("Connected", "Connected"))]))
    assert not result.failed and not result.changed, result
    assert result["public_keys"] == (folder / "common_secret.pem.pub").read_text().splitlines()
    assert [command["argv"] for command in result["commands"]] == [POOL]


@pytest.mark.parametrize(
    ("node", "gathered", "states", "reason"),
    [
        (None, None, ("Connected",), "no geo-replication keys"),
        (1, None, ("Connected",), "have not been gathered"),
        (1, (2,), ("Connected",), "lacks this node's secret.pem and tar_ssh.pem"),
        (1, (1,), ("Connected", "Connected"), "keys of 1 nodes, 2 nodes are connected"),
    ],
)
def test_why_keys_are_made(folder, fake_run, run_module, node, gathered, states, reason):
    if node:
        fill(folder, node, gathered)
    before = sorted(os.listdir(folder))
    dry = run_module(
        gluster_ssh_trust, params(folder), check_mode=True, diff_mode=True, run=fake_run([(POOL, pool(*states))])
    )
    assert dry.changed and any(reason in note for note in dry["notes"]), dry
    assert dry["public_keys"] == [] and dry["diff"]
    assert sorted(os.listdir(folder)) == before

    def gsec_create(argv):
        fill(folder, 1, (1, 2))
        return argv == GENERATE

    done = (0, "Common secret pub file present at /x\n", "")
    run = fake_run([(POOL, pool(*states)), (gsec_create, done)])
    real = run_module(gluster_ssh_trust, params(folder), run=run)
    assert real.changed and not real.failed, real
    assert len(real["public_keys"]) == 4
    assert real["generated"] == (["secret.pem", "tar_ssh.pem"] if node is None else [])


def test_nodes_that_are_down_do_not_make_it_run_again(folder, fake_run, run_module):
    fill(folder, 1, (1,))
    result = run_module(gluster_ssh_trust, params(folder), run=fake_run([(POOL, pool("Connected", "Disconnected"))]))
    assert not result.changed
    assert any("node1" in note for note in result["notes"])


@pytest.mark.parametrize("name", ["known_hosts", "distributed_keys.json", "common_secret.pem.pub"])
def test_what_a_killed_module_wrote_goes_though_there_is_nothing_to_do(folder, fake_run, run_module, name):
    fill(folder)
    left = folder / f"{name}.georep-0123456789ab"
    left.touch()
    for check_mode, state in ((True, "present"), (False, "verified"), (False, "present")):
        assert left.exists()
        run = fake_run([] if state == "verified" else [(POOL, pool("Connected", "Connected"))])
        result = run_module(gluster_ssh_trust, params(folder, state=state), check_mode=check_mode, run=run)
        assert not result.failed and not result.changed, result
    assert not left.exists()


def test_a_failed_generation_is_a_failure(folder, fake_run, run_module):
    run = fake_run([(POOL, pool("Connected")), (GENERATE, (1, "", "gsync peer_gsec_create command not found.\n"))])
    result = run_module(gluster_ssh_trust, params(folder), run=run)
    assert result.failed and result["stderr"].startswith("gsync peer_gsec_create")
    assert result["cmd"] == GENERATE


def test_an_unreadable_pool_is_not_an_empty_one(folder, fake_run, run_module):
    result = run_module(gluster_ssh_trust, params(folder), run=fake_run([(POOL, (0, "", ""))]))
    assert result.failed and result["error"] == "UnreadableOutput"


def mesh_params(folder, **more):
    line = f"dr1 {HOST.kind} {HOST.blob}"
    return params(folder, secondary_host="dr1", generate_keys=False, known_hosts=[line], **more)


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
    assert not result.changed and not (folder / "known_hosts").exists(), "nothing is recorded of a way that does not work"
    assert [probe["ok"] for probe in result["probes"]] == [False, True]
    assert "-> root@dr1 with secret.pem: step key" in result["msg"]
    for name in (
        "public_keys",
        "host_keys",
        "generated",
        "before",
        "after",
        "commands",
        "notes",
        "accounts",
        "session_options",
    ):
        assert name in result


@pytest.mark.parametrize("check_mode", [True, False])
def test_without_a_login_nothing_is_made_before_it_is_said(folder, fake_run, run_module, check_mode):
    """Keys that nobody can bring are not created; and where they are, their lines are printed for those who can."""
    given = mesh_params(folder) | {"generate_keys": True}
    none = run_module(gluster_ssh_trust, given, check_mode=check_mode, run=fake_run())
    assert none.failed and not none.changed and list(folder.iterdir()) == [], none
    assert "no geo-replication keys yet" in none["msg"] and "Nothing was created or recorded" in none["msg"]
    for words in ("bootstrap_password", "geo_replication_bootstrap_password", "-a verify=false", "root on dr1"):
        assert words in none["msg"], words
    fill(folder)
    before = {path: path.read_text() for path in folder.iterdir()}
    denied = (255, "", "Permission denied (publickey).\n")
    run = fake_run([(is_ssh("dr1", "secret.pem"), denied), (is_ssh("dr1", "tar_ssh.pem"), denied)])
    refused = run_module(gluster_ssh_trust, given, check_mode=check_mode, run=run)
    assert refused.failed and not refused.changed and {path: path.read_text() for path in folder.iterdir()} == before
    lines = (folder / "common_secret.pem.pub").read_text().splitlines()
    assert len(lines) == 4 and all(line in refused["msg"] for line in lines) and "bootstrap_password" in refused["msg"]


def test_keys_of_another_node_that_are_yet_to_be_made(folder, fake_run, run_module):
    fill(folder)
    given = mesh_params(folder, nodes=[{"node": "node2", "keys": []}]) | {"generate_keys": True}
    result = run_module(gluster_ssh_trust, given, run=fake_run())
    assert result.failed and not result.changed and "node2 has no geo-replication keys yet" in result["msg"]
    assert not (folder / "known_hosts").exists()


def test_ways_that_were_prepared_by_hand(folder, fake_run, run_module, volume):
    """All of them work: then it is recorded, in a check run only said."""
    fill(folder, gathered=(1,))
    given = mesh_params(folder) | {"generate_keys": True}
    ways = [(is_ssh("dr1", "secret.pem"), GSYNCD_SAYS), (is_ssh("dr1", "tar_ssh.pem"), TAR_SAYS)]
    for check_mode in (True, False):
        result = run_module(gluster_ssh_trust, given, check_mode=check_mode, run=fake_run([*ways, (POOL, pool("Connected"))]))
        assert result.changed and not result.failed, result
        assert (folder / "known_hosts").exists() is not check_mode
        assert (folder / "distributed_keys.json").exists() is not check_mode


@pytest.mark.parametrize(
    ("program", "more"),
    [("ssh", {}), ("ssh-keygen", {}), ("ssh-keyscan", {"trust_on_first_use": True}), ("ssh", {"state": "verified"})],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_program_that_a_later_step_needs(folder, fake_run, run_module, monkeypatch, program, more, check_mode):
    monkeypatch.setattr(trust.runner, "find_program", lambda name: None if name == program else f"/usr/bin/{name}")
    given = mesh_params(folder, bootstrap_password="pssst") | {"generate_keys": True, **more}
    result = run_module(gluster_ssh_trust, given, check_mode=check_mode, run=fake_run())
    assert result.failed and not result.changed and list(folder.iterdir()) == []
    assert f"{program} is not installed on this node. Nothing was changed." in result["msg"] and "openssh-client" in result["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_login_that_fails_is_told_before_it_is_recorded_where_keys_go(folder, fake_run, run_module, logins, tmp_path, volume, check_mode):
    fill(folder)
    (folder / "known_hosts").touch()
    before = sorted(os.listdir(folder))
    target = trust.probe.Target("dr2", 22, "root")
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
    result = run_module(gluster_ssh_trust, params(folder, state="absent", secondary_host="dr1"), run=fake_run())
    assert result.changed and (folder / "known_hosts").read_text() == other
    assert any("left as they are" in note for note in result["notes"])
    assert (folder / "secret.pem").exists()
    again = run_module(gluster_ssh_trust, params(folder, state="absent", secondary_host="dr1"), run=fake_run())
    assert not again.changed


WRONG = [
    (dict(secondary_host="a;b"), "secondary_host", "a;b"),
    (dict(secondary_host="dr1:::x"), "secondary_host", "dr1:::x"),
    (dict(secondary_host="fd00::1"), "secondary_host", "fd00::1"),
    (dict(secondary_host="dr1", secondary_user="a b"), "secondary_user", "a b"),
    (dict(secondary_host="dr1", ssh_port=0), "ssh_port", 0),
    (dict(secondary_host="dr1", ssh_port=70000), "ssh_port", 70000),
    (dict(secondary_host="dr1", secondary_nodes=["dr1", "-x"]), "secondary_nodes", "-x"),
    (
        dict(secondaries=[dict(secondary_host="dr1"), dict(secondary_host="x y")]),
        "secondaries[1].secondary_host",
        "x y",
    ),
    (dict(secondary_host="dr1", known_hosts=["dr1"]), "known_hosts", "dr1"),
    (dict(secondary_host="dr1", known_hosts_file="relative"), "known_hosts_file", "relative"),
    (dict(secondary_host="dr1", public_keys=["x"]), "public_keys", "x"),
    (dict(secondary_host="dr1", private_key_file="/nonexistent/key"), "private_key_file", "/nonexistent/key"),
    (dict(secondary_host="dr1", timeout=0), "timeout", 0),
    (dict(secondary_host="dr1", bootstrap_user="bin", bootstrap_password="x"), "bootstrap_user", "bin"),
    (dict(secondary_nodes=["dr1"]), "secondary_nodes", ["dr1"]),
    (dict(bootstrap_password="x"), "secondaries", []),
    (dict(delivery="local"), "public_keys", None),
    (dict(delivery="local", secondary_user="a b", public_keys=[]), "secondary_user", "a b"),
    # The session module refuses these names, too: keys for them would be keys for sessions that cannot be.
    *((dict(secondary_host=name), "secondary_host", name) for name in ("a..b", ".lead", "dr1-", "dr1::vol", "2001:db8::1")),
    *((dict(secondary_host="dr1", secondary_user=name), "secondary_user", name) for name in ("geo.repl", "svc$", "-x")),
    (dict(secondary_host="dr1", ssh_port=70000), "ssh_port", 70000),
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

    files = bootstrap.accounts.LocalFiles()

    def account(self, user):
        home = str(self.homes[self.target.host])
        return bootstrap.accounts.Account(user, home, os.getuid(), os.getgid(), (f"{home}/.ssh/authorized_keys",))


@pytest.fixture
def logins(folder, tmp_path, monkeypatch):
    FakeLogin.homes, FakeLogin.seen = {}, []
    for name in ("dr1", "dr2"):
        (tmp_path / name).mkdir()
        FakeLogin.homes[name] = tmp_path / name
    context = trust.Context
    monkeypatch.setattr(trust, "Context", lambda **values: context(login=FakeLogin, **values))
    monkeypatch.setattr(bootstrap, "load", lambda: None)
    return FakeLogin


def bootstrap_params(folder, **more):
    line = f"dr1,dr2 {HOST.kind} {HOST.blob}"
    given = dict(secondary_host="dr1", secondary_nodes=["dr1", "dr2"], generate_keys=False, known_hosts=[line])
    return params(folder, **{**given, "bootstrap_password": "pssst-4711", **more})


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
    assert any("Not tested" in note for note in dry["notes"])
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
    target = trust.probe.Target("dr2", 22, "root")
    logins.homes["dr2"] = bootstrap.StepFailed(target, "key", "dr2 refuses the bootstrap password", "Check it.")
    result = run_module(gluster_ssh_trust, bootstrap_params(folder, generate_keys=True), run=fake_run())
    assert result.failed and not result.changed
    assert "-> root@dr2: step key: dr2 refuses the bootstrap password." in result["msg"]
    assert not (folder / "known_hosts").exists() and not (tmp_path / "dr1/.ssh").exists()


def test_a_login_that_fails_is_told_before_anything_is_recorded(folder, fake_run, run_module, logins, tmp_path):
    """The keys of this cluster are made, and the host keys of the new site are yet to be recorded."""
    fill(folder)
    (folder / "known_hosts").touch()
    logins.homes["dr2"] = bootstrap.StepFailed(trust.probe.Target("dr2", 22, "root"), "key", "dr2 refuses the bootstrap password", "Check it.")
    before = sorted(os.listdir(folder))
    result = run_module(gluster_ssh_trust, bootstrap_params(folder), run=fake_run())
    assert result.failed and not result.changed and "dr2 refuses the bootstrap password" in result["msg"]
    assert (folder / "known_hosts").read_text() == "" and sorted(os.listdir(folder)) == before and not (tmp_path / "dr1/.ssh").exists()


def test_one_login_that_fails_does_not_hide_the_others(folder, fake_run, run_module, logins, tmp_path):
    fill(folder)
    (folder / "known_hosts").write_text(f"dr1 {HOST.kind} {HOST.blob}\ndr2 {HOST.kind} {HOST.blob}\n")
    (folder.parent / "vols/v").mkdir(parents=True)
    (folder.parent / "vols/v/info").write_text("volume-id=1\n")
    trust.key_record.write(trust.key_record.Record(("1",), (), (trust.key_record.Site("dr1", "root", 22, ("dr1", "dr2")),)), str(folder))
    target = trust.probe.Target("dr2", 22, "root")
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
    logins.homes["dr2"] = bootstrap.StepFailed(trust.probe.Target("dr2", 22, "root"), step, "dr2 does not answer", "Check it.")
    strict = run_module(gluster_ssh_trust, bootstrap_params(folder, state="absent"), run=fake_run(), check_mode=True)
    assert strict.failed and "dr2 does not answer" in strict["msg"]
    given = bootstrap_params(folder, state="absent", ignore_unreachable=True)
    for check_mode in (True, False):
        result = run_module(gluster_ssh_trust, given, run=fake_run(), check_mode=check_mode)
        assert result.failed is not tolerated
        if not tolerated:
            return
        assert result.changed and result["unreached"] == [{"secondary_host": "dr2", "secondary_user": "root", "ssh_port": 22}]
        assert any("Not reached: root@dr2: dr2 does not answer" in note for note in result["notes"])
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
    assert result.failed and "would be needed" in result["msg"] and not result.changed
    assert not (tmp_path / "dr1/.ssh").exists()


def test_credentials_never_show_their_secret():
    shown = repr(bootstrap.Credentials("root", "pssst", None, "hush"))
    assert "pssst" not in shown and "hush" not in shown


def test_paramiko_missing_names_the_package(folder, fake_run, run_module, monkeypatch):
    fill(folder)

    def load():
        raise bootstrap.MissingLibrary("No module named 'paramiko'")

    monkeypatch.setattr(bootstrap, "load", load)
    result = run_module(gluster_ssh_trust, bootstrap_params(folder), run=fake_run())
    assert result.failed and "python3-paramiko" in result["msg"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """delivery: local on this machine, with an account and a host key of the test's own."""
    local = trust.accounts
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "ssh_host_key.pub").write_text(HOST.line() + " root@here\n")
    account = local.Account("root", str(home), os.getuid(), os.getgid(), (f"{home}/.ssh/authorized_keys",))
    monkeypatch.setattr(local, "local_settings", lambda _run, _user: {"hostkey": [str(tmp_path / "ssh_host_key")]})
    monkeypatch.setattr(local, "local_account", lambda _user, _settings: account)
    monkeypatch.setattr(trust, "read_node_uuid", lambda: "404c73f0-38c5-4c9f-aa0c-64317b3c9e01")
    return home / ".ssh" / "authorized_keys"


def test_local_delivery(here, folder, fake_run, run_module):
    given = dict(delivery="local", public_keys=[samples.gsyncd_line(1)])
    dry = run_module(gluster_ssh_trust, given, check_mode=True, run=fake_run())
    assert dry.changed and not here.exists()
    real = run_module(gluster_ssh_trust, given, run=fake_run())
    assert real.changed and here.read_text() == samples.gsyncd_line(1) + "\n"
    assert real["after"] == dry["after"]
    assert real["host_keys"] == [HOST.line()]
    assert not run_module(gluster_ssh_trust, given, run=fake_run()).changed
    assert not run_module(gluster_ssh_trust, dict(given, state="verified"), run=fake_run()).failed


def test_local_delivery_leaves_other_nodes_alone(here, folder, fake_run, run_module):
    given = dict(delivery="local", public_keys=[samples.gsyncd_line(1)], node_uuids=["another"])
    result = run_module(gluster_ssh_trust, given, run=fake_run())
    assert not result.changed and not here.exists()
    assert result["host_keys"] == [HOST.line()]
    assert result["node_uuid"] == "404c73f0-38c5-4c9f-aa0c-64317b3c9e01"
    given["node_uuids"].append(result["node_uuid"])
    assert run_module(gluster_ssh_trust, given, run=fake_run()).changed


def test_local_delivery_takes_login_keys_by_consent_only(here, folder, fake_run, run_module):
    given = dict(delivery="local", public_keys=[samples.public(9).line()])
    assert run_module(gluster_ssh_trust, given, run=fake_run())["error"] == "InvalidInput"
    assert run_module(gluster_ssh_trust, dict(given, authorize_login_key=True), run=fake_run()).changed


def test_the_defaults_that_others_build_upon_are_the_modules():
    """gluster_georep_preflight tests the ways by trust() with DEFAULTS, without going through the argument_spec."""
    spec = gluster_ssh_trust.argument_spec()
    assert {name: option.get("default") for name, option in spec.items()} == trust.DEFAULTS
    assert all(set(option) >= {"type"} for option in spec.values())


# --- what is remembered, and what is taken away


@pytest.fixture
def volume(folder):
    """A volume of this node's cluster, by which its record knows it again."""
    (folder.parent / "vols/projects").mkdir(parents=True)
    (folder.parent / "vols/projects/info").write_text("volume-id=11111111-2222-4333-8444-555555555555\n")


def test_what_is_brought_is_remembered_once(folder, fake_run, run_module, volume):
    fill(folder)
    looks = params(folder, secondary_host="dr1", verify=False, generate_keys=False)
    assert not run_module(gluster_ssh_trust, looks, run=fake_run()).changed, "it brings nothing, and is told of nothing"
    given = dict(looks, public_keys=(folder / "common_secret.pem.pub").read_text().splitlines())
    dry = run_module(gluster_ssh_trust, given, check_mode=True, diff_mode=True, run=fake_run())
    assert dry.changed and not (folder / "distributed_keys.json").exists()
    real = run_module(gluster_ssh_trust, given, diff_mode=True, run=fake_run())
    assert real.changed and real["diff"] == dry["diff"] != []
    assert real["recorded_public_keys"] == [] and "AAAA" not in repr(real["diff"])
    again = run_module(gluster_ssh_trust, given, run=fake_run())
    assert not again.changed
    assert again["recorded_public_keys"] == (folder / "common_secret.pem.pub").read_text().splitlines()
    assert again["own_public_keys"] == [samples.public(1, comment="root@primary1").line(), samples.public(101, comment="root@primary1").line()]
    # Another node, which has not gathered them, is told.
    (folder / "common_secret.pem.pub").unlink()
    (folder / "distributed_keys.json").unlink()
    assert run_module(gluster_ssh_trust, dict(given, public_keys=again["recorded_public_keys"]), run=fake_run()).changed
    assert not run_module(gluster_ssh_trust, dict(given, state="verified"), run=fake_run()).changed


def test_the_record_outlives_the_volumes_it_began_with(folder, fake_run, run_module, volume):
    fill(folder)
    lines = (folder / "common_secret.pem.pub").read_text().splitlines()
    brings = params(folder, secondary_host="dr1", verify=False, generate_keys=False, public_keys=lines)
    run_module(gluster_ssh_trust, brings, run=fake_run())
    homes = folder.parent / "vols/homes"
    homes.mkdir()
    (homes / "info").write_text("volume-id=66666666-7777-4888-8999-000000000000\n")
    written = (folder / "distributed_keys.json").read_text()

    keeps = params(folder, verify=False, generate_keys=False)
    assert not run_module(gluster_ssh_trust, dict(keeps, state="verified"), run=fake_run()).changed
    looks = dict(keeps, secondary_host="dr1")
    assert not run_module(gluster_ssh_trust, looks, run=fake_run()).changed, "it brings nothing, and is told of nothing"
    dry = run_module(gluster_ssh_trust, keeps, check_mode=True, diff_mode=True, run=fake_run())
    assert dry.changed and (folder / "distributed_keys.json").read_text() == written
    real = run_module(gluster_ssh_trust, keeps, diff_mode=True, run=fake_run())
    assert real.changed and real["diff"] == dry["diff"] != [] and "66666666" in repr(real["diff"])
    for given in (keeps, brings):
        assert not run_module(gluster_ssh_trust, given, run=fake_run()).changed

    (folder.parent / "vols/projects/info").unlink()
    told = run_module(gluster_ssh_trust, dict(keeps, state="verified"), run=fake_run())
    assert told["recorded_public_keys"] == lines and told["recorded_sites"], "it is this cluster's still"
    # Who brings the same lines again keeps it up to date, too.
    assert run_module(gluster_ssh_trust, brings, run=fake_run()).changed
    assert not run_module(gluster_ssh_trust, brings, run=fake_run()).changed


def test_a_key_without_its_public_half_is_not_taken_for_one_that_has_left(folder, fake_run, run_module):
    fill(folder)
    (folder / "secret.pem.pub").unlink()
    argv = ["ssh-keygen", "-y", "-P", "", "-f", f"{folder}/secret.pem"]
    given = params(folder, state="verified", verify=False, generate_keys=False)
    told = run_module(gluster_ssh_trust, given, run=fake_run([(argv, (0, samples.public(1).line() + "\n", ""))]))
    assert [line.split()[1] for line in told["own_public_keys"]] == [samples.public(1).blob, samples.public(101).blob]
    assert not (folder / "secret.pem.pub").exists()
    silent = run_module(gluster_ssh_trust, given, run=fake_run([(argv, (255, "", "invalid format"))]))
    assert silent.failed and "not a usable private key" in silent["msg"]


def test_keys_of_a_node_that_has_left_are_forgotten_here(folder, fake_run, run_module, volume):
    fill(folder, 1, (1, 2))
    there = (folder / "common_secret.pem.pub").read_text().splitlines()
    run_module(gluster_ssh_trust, params(folder, secondary_host="dr1", verify=False, generate_keys=False, public_keys=there), run=fake_run())
    left = [samples.gsyncd_line(2), samples.tar_line(2)]
    given = params(folder, state="absent", departed_keys=left)
    dry = run_module(gluster_ssh_trust, given, check_mode=True, diff_mode=True, run=fake_run())
    real = run_module(gluster_ssh_trust, given, diff_mode=True, run=fake_run())
    assert dry.changed and real.changed and real["diff"] == dry["diff"] != []
    assert (folder / "common_secret.pem.pub").read_text().splitlines() == [samples.gsyncd_line(1), samples.tar_line(1)]
    again = run_module(gluster_ssh_trust, given, run=fake_run())
    assert not again.changed and again["recorded_public_keys"] == [samples.gsyncd_line(1), samples.tar_line(1)]


def test_names_are_forgotten_by_their_key_but_never_while_in_use(folder, fake_run, run_module):
    other = samples.public(78)
    text = f"dr1 {HOST.line()}\n[alias]:2222,used {HOST.line()} a comment\nelsewhere {other.line()}\n* {HOST.line()}\n"
    (folder / "known_hosts").write_text(text)
    given = params(folder, state="absent", forget_host_keys=[HOST.line()], hosts_in_use=["USED"])
    real = run_module(gluster_ssh_trust, given, run=fake_run())
    assert real.changed and list(real["recorded_host_keys"]) == ["dr1", "[alias]:2222", "used", "elsewhere"]
    assert real["recorded_host_keys"]["used"] == [HOST.line()] and real["recorded_host_keys"]["elsewhere"] == [other.line()]
    assert (folder / "known_hosts").read_text() == f"used {HOST.line()} a comment\nelsewhere {other.line()}\n* {HOST.line()}\n"
    assert not run_module(gluster_ssh_trust, given, run=fake_run()).changed


def test_where_keys_were_brought_is_remembered_by_account(folder, fake_run, run_module, volume):
    fill(folder)
    there = (folder / "common_secret.pem.pub").read_text().splitlines()
    sites = [{"secondary_host": "DR1", "secondary_user": user} for user in ("root", "geo")]
    run_module(gluster_ssh_trust, params(folder, secondaries=sites, verify=False, generate_keys=False, public_keys=there), run=fake_run())

    def accounts():
        told = run_module(gluster_ssh_trust, params(folder, state="verified", verify=False), run=fake_run())
        return [site["secondary_user"] for site in told["recorded_sites"]]

    given = params(folder, state="absent", secondaries=sites, hosts_in_use=["dr1"])
    assert not run_module(gluster_ssh_trust, given, run=fake_run()).changed and accounts() == ["root", "geo"]
    given["accounts_in_use"] = ["root@Dr1"]
    assert run_module(gluster_ssh_trust, given, run=fake_run()).changed and accounts() == ["root"]
    assert not run_module(gluster_ssh_trust, given, run=fake_run()).changed


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"secondary_host": "dr1", "accounts_in_use": ["dr1"]}, ["accounts_in_use[0]", "dr1"]),
        ({"forget_host_keys": ["ssh-ed25519 nonsense"]}, ["forget_host_keys[0]", "nonsense"]),
        ({"secondary_host": "dr1", "copies_of": [{"primary_volume": "../x", "secondary_volume": "y"}]}, ["copies_of[0].primary_volume", "../x"]),
        ({}, ["No secondary is given"]),
    ],
)
def test_what_is_to_be_forgotten_is_checked_first(folder, fake_run, run_module, more, words):
    result = run_module(gluster_ssh_trust, params(folder, state="absent", **more), run=fake_run())
    assert result.failed and all(word in result["msg"] for word in words), result["msg"]


@pytest.fixture
def copies(here, monkeypatch):
    """The places where gluster leaves copies of the keys: on this machine, the account's home alone."""
    real = trust.Context
    monkeypatch.setattr(trust, "Context", lambda **values: real(**{"georep_dir": str(here.parent.parent), **values}))
    here.parent.mkdir()
    others = f"# others\nssh-ed25519 AAAA x \r\n{samples.gsyncd_line(9)}"
    here.write_text(f"{others}\n{samples.gsyncd_line(1)}\n{samples.tar_line(1)}\n")
    (here.parent.parent / "p_s_common_secret.pem.pub").write_text(samples.gsyncd_line(1) + "\n")
    (here.parent.parent / "q_s_common_secret.pem.pub").write_text(f"{samples.gsyncd_line(1)}\n{samples.gsyncd_line(9)}\n")
    return others


def test_exactly_our_lines_and_copies_go(here, copies, fake_run, run_module):
    home = here.parent.parent
    pairs = [{"primary_volume": name, "secondary_volume": "s"} for name in "pqr"]
    given = dict(delivery="local", state="absent", public_keys=[samples.gsyncd_line(1), samples.public(101).line()], copies_of=pairs)
    dry = run_module(gluster_ssh_trust, given, check_mode=True, diff_mode=True, run=fake_run())
    assert dry.changed and (home / "p_s_common_secret.pem.pub").exists()
    real = run_module(gluster_ssh_trust, given, diff_mode=True, run=fake_run())
    assert real.changed and real["diff"] == dry["diff"] != []
    assert here.read_bytes().decode() == copies + "\n"
    assert not (home / "p_s_common_secret.pem.pub").exists() and (home / "q_s_common_secret.pem.pub").exists()
    assert any("q_s_common_secret.pem.pub holds keys" in text for text in real["leftovers"])
    assert not run_module(gluster_ssh_trust, given, run=fake_run()).changed


def test_an_account_that_is_in_use_keeps_its_lines_and_loses_the_copies(here, copies, fake_run, run_module):
    before = here.read_text()
    given = dict(
        delivery="local", state="absent", public_keys=[samples.gsyncd_line(1)], copies_of=[{"primary_volume": "p", "secondary_volume": "s"}],
        except_node_uuids=["404c73f0-38c5-4c9f-aa0c-64317b3c9e01"],
    )  # fmt: skip
    real = run_module(gluster_ssh_trust, given, run=fake_run())
    assert real.changed and here.read_text() == before and real["host_keys"] == [HOST.line()]
    assert not (here.parent.parent / "p_s_common_secret.pem.pub").exists()
    assert not run_module(gluster_ssh_trust, given, run=fake_run()).changed


@pytest.mark.parametrize("own", ["404c73f0-38c5-4c9f-aa0c-64317b3c9e01", None])
def test_copies_stay_on_nodes_of_another_cluster(here, copies, fake_run, run_module, monkeypatch, own):
    """Where a session between volumes of the same names stays."""
    monkeypatch.setattr(trust, "read_node_uuid", lambda: own)
    copy = here.parent.parent / "p_s_common_secret.pem.pub"
    pair = {"primary_volume": "p", "secondary_volume": "s"}
    given = dict(delivery="local", state="absent", public_keys=[samples.gsyncd_line(1)])
    run_module(gluster_ssh_trust, {**given, "copies_of": [{**pair, "node_uuids": ["of another cluster"]}]}, run=fake_run())
    assert copy.exists()
    run_module(gluster_ssh_trust, {**given, "copies_of": [{**pair, "node_uuids": ["x", "404c73f0-38c5-4c9f-aa0c-64317b3c9e01"]}]}, run=fake_run())
    assert copy.exists() is (own is None)


def test_an_account_that_is_gone_holds_nothing(fake_run, run_module, monkeypatch):
    monkeypatch.setattr(trust.accounts, "local_settings", lambda _run, _user: {})
    given = dict(delivery="local", state="absent", account="nobody-knows-it", public_keys=[samples.gsyncd_line(1)])
    result = run_module(gluster_ssh_trust, given, run=fake_run())
    assert not result.failed and not result.changed and any("no account nobody-knows-it" in note for note in result["notes"])
