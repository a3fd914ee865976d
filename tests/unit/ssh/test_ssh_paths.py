# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import SSH_FAILURES
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import answers, command, paths
from ansible_collections.glusterops.georep.tests.unit.ssh.test_ssh_answers import (
    CHANGED,
    DENIED,
    GSYNCD_SAYS,
    KNOWN,
    OLD,
    SECRET,
    TAR,
    TAR_SAYS,
    TARGET,
)


def argv(target, key):
    return [
        "ssh", "-T", "-oBatchMode=yes", "-oStrictHostKeyChecking=yes", f"-oUserKnownHostsFile={KNOWN}",
        "-oGlobalKnownHostsFile=/dev/null", "-oCheckHostIP=no", "-oUpdateHostKeys=no", "-oIdentitiesOnly=yes",
        "-oIdentityAgent=none", "-oPreferredAuthentications=publickey", "-oControlPath=none", "-oClearAllForwardings=yes",
        "-oLogLevel=INFO", "-oConnectTimeout=7", f"-p{target.port}", "-i", key.path, "-l", target.user, "--", target.host,
        "echo --version",
    ]  # fmt: skip


def walk(run, targets, key_files):
    return paths.mesh(run, targets, key_files, failures=SSH_FAILURES, known_hosts_file=KNOWN, known_hosts_text="", timeout=7)


def test_the_mesh_asks_each_path_once(fake_run):
    other = command.Target("dr2", 2222, "geo")
    run = fake_run(
        [
            (argv(TARGET, SECRET), GSYNCD_SAYS),
            (argv(TARGET, TAR), TAR_SAYS),
            (argv(other, SECRET), GSYNCD_SAYS),
            (argv(other, TAR), TAR_SAYS),
        ],
        ordered=False,
    )
    results = walk(run, [TARGET, other], [SECRET, TAR])
    assert [(r.target, r.key, r.verdict.ok) for r in results] == [
        (TARGET, SECRET, True), (TARGET, TAR, True), (other, SECRET, True), (other, TAR, True),
    ]  # fmt: skip


def test_a_path_that_fails_early_is_walked_once(fake_run):
    run = fake_run([(argv(TARGET, SECRET), (255, "", "ssh: connect to host dr1 port 22: Connection refused\n"))])
    results = walk(run, [TARGET], [SECRET, TAR])
    assert [(r.key.label, r.verdict.step) for r in results] == [("secret.pem", "connect"), ("tar_ssh.pem", "connect")]
    message, remedy = paths.explain(results, "primary1")
    assert message == (
        "primary1 -> root@dr1 with secret.pem and tar_ssh.pem: step connect: dr1 is up but nothing listens on TCP port 22."
    )
    assert remedy.count("Start sshd") == 1


def test_a_refused_key_does_not_speak_for_the_other(fake_run):
    run = fake_run([(argv(TARGET, SECRET), DENIED), (argv(TARGET, TAR), TAR_SAYS)])
    assert [r.verdict.ok for r in walk(run, [TARGET], [SECRET, TAR])] == [False, True]


def test_dropped_connections_are_tried_again(fake_run, monkeypatch):
    pauses = []
    dropped = (255, "", "kex_exchange_identification: Connection closed by remote host\n")
    run = fake_run([(argv(TARGET, SECRET), dropped), (argv(TARGET, SECRET), GSYNCD_SAYS)])
    result = paths.probe(
        run, TARGET, SECRET, failures=SSH_FAILURES, known_hosts_file=KNOWN, known_hosts_text="", timeout=7, sleep=pauses.append
    )
    assert result.verdict.ok and len(pauses) == 1
    run = fake_run([(argv(TARGET, SECRET), dropped)] * paths.ATTEMPTS)
    result = paths.probe(
        run, TARGET, SECRET, failures=SSH_FAILURES, known_hosts_file=KNOWN, known_hosts_text="", timeout=7, sleep=pauses.append
    )
    assert not result.verdict.ok and "MaxStartups" in result.verdict.remedy


def test_refused_keys_are_not_tried_again(fake_run):
    run = fake_run([(argv(TARGET, SECRET), DENIED)])
    paths.probe(run, TARGET, SECRET, failures=SSH_FAILURES, known_hosts_file=KNOWN, known_hosts_text="", timeout=7, sleep=lambda _s: None)


def test_no_answer_in_time(fake_run):
    run = fake_run([(argv(TARGET, SECRET), errors.CommandTimeout("x"))])
    result = paths.probe(run, TARGET, SECRET, failures=SSH_FAILURES, known_hosts_file=KNOWN, known_hosts_text="", timeout=7)
    assert (result.verdict.step, result.verdict.ok) == ("connect", False)
    assert "no answer in time" in result.verdict.message


def test_messages_name_the_real_file_when_a_stand_in_is_read(fake_run):
    stand_in = "/tmp/georep-known_hosts-x"
    real = [word.replace(KNOWN, stand_in) for word in argv(TARGET, SECRET)]
    run = fake_run([(real, (255, "", CHANGED.replace(KNOWN, stand_in)))])
    result = paths.probe(
        run, TARGET, SECRET, failures=SSH_FAILURES, known_hosts_file=stand_in, known_hosts_text="", timeout=7, shown_file=KNOWN
    )
    assert KNOWN in result.verdict.message and stand_in not in result.verdict.message


def test_scanning_runs_once_a_port(fake_run):
    line = f"{OLD.kind} {OLD.blob}"
    run = fake_run(
        [
            (["ssh-keyscan", "-T7", "-p22", "-trsa,ecdsa,ed25519", "--", "dr1", "dr3"], (0, f"dr1 {line}\n", "")),
            (["ssh-keyscan", "-T7", "-p2222", "-trsa,ecdsa,ed25519", "--", "dr2"], (0, f"[dr2]:2222 {line}\n", "")),
        ]
    )
    found = paths.scan(run, [("dr1", 22), ("dr2", 2222), ("dr3", 22)], 7)
    assert {name: [key.identity for key in keys] for name, keys in found.items()} == {
        "dr1": [OLD.identity],
        "[dr2]:2222": [OLD.identity],
    }


def test_a_scan_that_hangs_finds_nothing(fake_run):
    run = fake_run([(lambda words: words[0] == "ssh-keyscan", errors.CommandTimeout("x"))])
    assert paths.scan(run, [("dr1", 22)], 7) == {}


def probed(answer, key=SECRET, target=TARGET):
    verdict = answers.classify(*answer, target, key, failures=SSH_FAILURES, known_hosts_file=KNOWN)
    return paths.Result(target, key, verdict, 0.1)


def test_a_known_cause_beats_the_general_text():
    closed = {("dr1", "root"): ["PermitRootLogin is no: use a secondary_user."]}
    found = paths.with_known_causes([probed(DENIED), probed(DENIED, TAR)], closed)
    message, remedy = paths.explain(found, "primary1")
    assert message.splitlines()[0].endswith("dr1 does not let root use the key secret.pem: PermitRootLogin is no: use a secondary_user.")
    assert "refuses" not in message and remedy == "Fix this on dr1, then run again."
    forced = {("dr1", "root"): ["ForceCommand is set (/bin/true): sshd runs this command instead of gsyncd."]}
    assert "ForceCommand is set" in paths.with_known_causes([probed((0, "", ""))], forced)[0].verdict.message


def test_a_cause_explains_no_other_failure():
    closed = {("dr1", "root"): ["PermitRootLogin is no."]}
    others = [
        probed(GSYNCD_SAYS),
        probed((255, "", "ssh: connect to host dr1 port 22: Connection refused\n")),
        probed((255, "", 'Load key "/k/secret.pem": invalid format\nroot@dr1: Permission denied (publickey).\n')),
        probed((0, "--version\n", "")),
        probed(DENIED, target=command.Target("dr2", 22, "root")),
        probed(DENIED, target=command.Target("dr1", 22, "geo")),
    ]
    assert paths.with_known_causes(others, closed) == others
    assert paths.with_known_causes([probed(DENIED)], {}) == [probed(DENIED)]
