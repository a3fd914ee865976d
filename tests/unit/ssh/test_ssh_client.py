# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only the key in question may make a login succeed, and what ssh_config changes is told with its line.

What ssh says is recorded from OpenSSH 9.2 (fixtures/logins/ssh_config).
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import SSH_FAILURES
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import (
    answers,
    authorized_keys,
    client,
    command,
    paths,
)

FOLDER = Path(__file__).parents[1] / "fixtures" / "logins" / "ssh_config"
TARGET = command.Target("dr1", 2222, "root")
SECRET = answers.KeyFile("/k/secret.pem", "secret.pem", (authorized_keys.GSYNCD,))
OTHER = answers.KeyFile("/k/other.pem", "other.pem", (authorized_keys.SHELL,))
GSYNCD_SAYS = (1, "", "invoking echo in restricted SSH session is not allowed\n")
DENIED = (255, "", "root@dr1: Permission denied (publickey,password,keyboard-interactive).\r\n")
REFUSED = (255, "", "ssh: connect to host 10.0.0.9 port 2222: Connection refused\r\n")
#: What the fixtures of all unit tests replace.
FILES = client.files
Answer = t.Tuple[int, str, str]


def told(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text()


class Ssh:
    """ssh of this node, with one file of its configuration."""

    def __init__(self, folder: Path) -> None:
        self.config, self.system = folder / "config", folder / "ssh_config"
        self.probe: Answer = GSYNCD_SAYS
        self.bare: Answer = GSYNCD_SAYS
        self.gsyncd: Answer | Exception = (1, "", told("fine.err"))
        self.changes = ""
        self.calls: list[str] = []
        self.argv: list[str] = []
        self.env: t.Mapping[str, str] = {}

    def __call__(self, argv: t.Sequence[str], *, env: t.Mapping[str, str] | None = None, **_more: t.Any) -> Answer:
        bare = "none" in argv and argv[argv.index("none") - 1] == "-F"
        if "-G" in argv:
            self.calls.append("settings without files" if bare else "settings")
            return 0, told("G-none") if bare else self.changes + "".join(
                line for line in told("G-none").splitlines(keepends=True) if line.split()[0] not in self.changes
            ), ""
        if "-oIdentitiesOnly=yes" not in argv:
            self.calls.append("as gsyncd")
            self.argv, self.env = list(argv), env or {}
            if isinstance(self.gsyncd, Exception):
                raise self.gsyncd  # pylint: disable=raising-bad-type
            return self.gsyncd
        self.calls.append("without files" if bare else "probe" + " with debug" * ("-oLogLevel=DEBUG1" in argv))
        return self.bare if bare else self.probe

    def walk(self, key: answers.KeyFile = SECRET) -> answers.Verdict:
        return paths.mesh(self, [TARGET], [key], failures=SSH_FAILURES, known_hosts_file="/k/known", known_hosts_text="", timeout=7)[0].verdict


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ssh:
    made = Ssh(tmp_path)
    monkeypatch.setattr(client, "files", lambda: [(str(made.config), str(tmp_path)), (str(made.system), str(tmp_path))])
    monkeypatch.setattr(paths.time, "sleep", lambda _seconds: None)
    return made


# --- the files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("IdentityFile /k/one\n", [("IdentityFile", "/k/one", True)]),
        ("Host dr1\n  IdentityFile=/k/one\n  identityagent  none\n", [("IdentityFile", "/k/one", True), ("identityagent", "none", True)]),
        ("host DR?\n\tHostName = 10.0.0.9\n", [("HostName", "10.0.0.9", True)]),
        ('Host "dr1" other\n  ProxyCommand "nc -x p:1 %h %p"\n', [("ProxyCommand", "nc -x p:1 %h %p", True)]),
        ("Host dr* !dr1\n  IdentityFile /k/one\n", []),
        ("Host unix/* machine/*\n  ProxyCommand /usr/lib/systemd/systemd-ssh-proxy %h %p\n", []),
        ("#IdentityFile /k/one\n  # Host *\n\n", []),
        ("Match exec \"test -e /x\"\n  PubkeyAuthentication no\n", [("PubkeyAuthentication", "no", False)]),
        ("Host other\n  IdentityFile /k/a\nMatch all\n  IdentityFile /k/b\n", [("IdentityFile", "/k/b", True)]),
        ("Host *\n  SendEnv LANG LC_*\n", [("SendEnv", "LANG LC_*", True)]),
    ],
)  # fmt: skip
def test_the_lines_that_apply_to_a_host(ssh, text, found):
    ssh.config.write_text(text)
    assert [(one.name, one.value, one.sure) for one in client.settings_for("dr1")] == found


def test_included_files_count_where_they_are_included(ssh):
    (ssh.config.parent / "more").mkdir()
    (ssh.config.parent / "more" / "a.conf").write_text("IdentityFile /k/a\nHost x\n  IdentityFile /k/x\n")
    ssh.config.write_text("Host other\n  Include more/*.conf\nHost dr1\n  Include more/*.conf\n  IdentityFile /k/b\n")
    ssh.system.write_text(f"Include {ssh.config.parent}/more/*.conf\nInclude {ssh.system}\n")
    assert [(one.value, one.place.rsplit("/", 1)[1]) for one in client.settings_for("dr1")][:3] == [
        ("/k/a", "a.conf line 1"), ("/k/b", "config line 5"), ("/k/a", "a.conf line 1"),
    ]  # fmt: skip


def test_the_files_are_root_s_and_the_system_s():
    assert [path for path, _folder in FILES()][1:] == ["/etc/ssh/ssh_config"]


# --- only the key in question ----------------------------------------------------------------------------------------


def test_nothing_more_is_asked_where_ssh_config_says_nothing_that_matters(ssh):
    ssh.system.write_text("Host *\n  SendEnv LANG LC_*\n  HashKnownHosts yes\n  GSSAPIAuthentication yes\nHost unix/*\n  ProxyCommand x\n")
    assert ssh.walk().ok and ssh.calls == ["probe"]
    ssh.probe, ssh.calls = DENIED, []
    assert ssh.walk().fault == "key-refused" and ssh.calls == ["probe"]


def test_another_key_does_not_make_a_login_succeed(ssh):
    """ssh logs in with a key that IdentityFile adds: the key in question is refused all the same."""
    ssh.config.write_text("Host dr*\n  IdentityFile /k/other.pem\n")
    ssh.probe = (0, "--version\n", told("other.err"))
    verdict = ssh.walk()
    assert (verdict.ok, verdict.step, verdict.fault) == (False, "key", "key-refused") and ssh.calls == ["probe with debug"]
    assert verdict.message.startswith("dr1 refuses the key secret.pem for the account root.")
    assert f"another key, /k/other.pem, which IdentityFile /k/other.pem ({ssh.config} line 2) adds" in verdict.message


def test_a_key_of_gsyncd_s_own_does_not_speak_for_another_one(ssh):
    """The old key is still accepted and named in ssh_config: the next key is not proved by it."""
    ssh.config.write_text("IdentityFile /k/other.pem\n")
    ssh.probe = (1, "", told("other.err") + GSYNCD_SAYS[2])
    verdict = ssh.walk()
    assert not verdict.ok and verdict.fault == "key-refused"


def test_the_key_in_question_counts_whatever_else_is_offered(ssh):
    ssh.config.write_text("Host dr*\n  IdentityFile ~/.ssh/id_%h\n")
    ssh.probe = (1, "", told("fine.err"))
    assert ssh.walk().ok and ssh.calls == ["probe with debug"]
    ssh.probe, ssh.calls = (0, "--version\n", told("other.err")), []
    assert ssh.walk(OTHER).ok, "that is the key that was accepted"


def test_too_many_keys_after_the_refused_one(ssh):
    ssh.config.write_text("IdentityFile /k/m1\n" * 7)
    before = told("other.err").partition("debug1: Offering public key: /k/other.pem")[0]
    end = "Received disconnect from 127.0.0.1 port 2222:2: Too many authentication failures\n"
    ssh.probe = (255, "", before + end)
    assert ssh.walk().fault == "key-refused"
    ssh.probe = (255, "", before.replace("key: /k/secret.pem", "key: /k/m1-cert") + end)
    assert ssh.walk().fault == "too-many-keys", "the key in question was not even offered"


def test_what_ssh_says_of_itself_is_no_evidence(ssh):
    ssh.config.write_text("IdentityFile /k/other.pem\n")
    ssh.probe = (255, "", "debug1: Connection refused? no\ndebug1: Authentications that can continue: publickey\n" + DENIED[2])
    assert ssh.walk().fault == "key-refused"
    assert "debug1" not in client.plain(told("agent.err")) and client.plain(told("fine.err")) == GSYNCD_SAYS[2]


# --- gsyncd's own login ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "answer", "words", "advice"),
    [
        ("IdentityAgent /run/agent", (0, "--version\n", told("agent.err")), "ssh offers another key first (other), which dr1 accepts", "IdentityAgent none"),
        ("IdentityAgent /run/agent", (255, "", "Received disconnect from 127.0.0.1 port 2222:2: Too many authentication failures\n"),
         "Too many authentication failures", "IdentitiesOnly yes"),
        ("PreferredAuthentications password", DENIED, "Permission denied", "PreferredAuthentications publickey"),
        ("RequestTTY force", (1, GSYNCD_SAYS[2].replace("\n", "\r\n"), "Connection to dr1 closed.\r\n"), "Connection to dr1 closed.", "RequestTTY no"),
        ("ExitOnForwardFailure yes", (255, "", "bind [127.0.0.1]:2222: Address already in use\r\nCould not request local forwarding.\r\n"),
         "Could not request local forwarding.", "ExitOnForwardFailure no"),
    ],
)  # fmt: skip
def test_a_login_that_only_gsyncd_cannot_make(ssh, line, answer, words, advice):
    ssh.config.write_text(f"Host dr*\n  {line}\n")
    ssh.gsyncd = answer
    verdict = ssh.walk()
    assert (verdict.ok, verdict.fault) == (False, "ssh-config") and ssh.calls == ["probe", "as gsyncd"]
    assert verdict.message.startswith("dr1 accepts the key secret.pem, but a login as gsyncd makes it does not work")
    assert f"{line} ({ssh.config} line 2)" in verdict.message and words in verdict.message
    assert advice in verdict.remedy
    assert ssh.env == {"SSH_AUTH_SOCK": ""}, "glusterd has no agent, whatever this module has"


def test_a_login_that_gsyncd_can_make(ssh):
    ssh.config.write_text("IdentityAgent /run/agent\n")
    assert ssh.walk().ok and ssh.calls == ["probe", "as gsyncd"]
    ssh.config.write_text("IdentityAgent none\nRequestTTY auto\nIdentitiesOnly yes\nPreferredAuthentications publickey\n")
    ssh.calls.clear()
    assert ssh.walk().ok and ssh.calls == ["probe"]
    ssh.config.write_text("IdentityAgent /run/agent\n")
    ssh.probe, ssh.calls = (0, "--version\n", ""), []
    assert ssh.walk(OTHER).ok and ssh.calls == ["probe"], "gsyncd does not log in with such a key"


def test_gsyncd_hangs(ssh):
    ssh.config.write_text("IdentityAgent /run/agent\n")
    ssh.gsyncd = errors.CommandTimeout("x")
    verdict = ssh.walk()
    assert not verdict.ok and "a login as gsyncd makes it" in verdict.message


def test_the_session_s_own_options_are_gsyncd_s(ssh, tmp_path):
    """Who has told a session to use no agent is not told to do so."""
    vols = tmp_path / "vols" / "projects"
    vols.mkdir(parents=True)
    url = "ssh://root@dr1::copy:21ab0cc1-100f-4c06-9aff-3ba592c9c901"
    (vols / "info").write_text(f"secondary1=11111111-2222-4333-8444-555555555555:{url}\n")
    session = tmp_path / "geo-replication" / "projects_dr1_copy"
    session.mkdir(parents=True)
    (session / "gsyncd.conf").write_text("[vars]\nssh-options = -oIdentityAgent=none -i /k/secret.pem -oPort=9\n")
    ssh.config.write_text("IdentityAgent /run/agent\n")
    ssh.walk(answers.KeyFile(str(tmp_path / "geo-replication" / "secret.pem.next"), "secret.pem.next", (authorized_keys.GSYNCD,)))
    assert ssh.calls == ["probe", "as gsyncd"]
    assert "-oIdentityAgent=none" in ssh.argv and "-oPort=9" in ssh.argv and ssh.argv.count("-i") == 1 and "/k/secret.pem" not in ssh.argv
    assert ssh.argv[-2:] == ["root@dr1", "echo --version"]


# --- a login that fails because of ssh_config --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "changes", "answer", "words"),
    [
        ("PubkeyAuthentication no", "pubkeyauthentication false\n", DENIED, "Permission denied"),
        ("HostName 10.0.0.9", "hostname 10.0.0.9\n", REFUSED, "connect to host 10.0.0.9 port 2222: Connection refused"),
        ("ProxyJump jump", "proxyjump jump\n", (255, "", "ssh: Could not resolve hostname jump: Name or service not known\r\n"), "hostname jump"),
        ("HostKeyAlias zz", "hostkeyalias zz\n", (255, "", "No ED25519 host key is known for zz and you have requested strict checking.\r\n"), "known for zz"),
        ("LocalCommand echo hello", "localcommand echo hello\n", (1, "hello\n", GSYNCD_SAYS[2]), "hello"),
        ("Ciphers aes128-cbc", "ciphers aes128-cbc\n", (255, "", "Unable to negotiate with 127.0.0.1 port 2222: no matching cipher found.\r\n"), "cipher"),
        ("RemoteCommand ls", "remotecommand ls\n", (255, "", "Cannot execute command-line and remote command.\r\n"), "remote command"),
        ("Match exec true\n  PubkeyAuthentication no", "pubkeyauthentication false\n", DENIED, "Permission denied"),
    ],
)  # fmt: skip
def test_ssh_config_is_the_cause_where_the_login_works_without_it(ssh, lines, changes, answer, words):
    ssh.config.write_text(f"Host dr1\n  {lines}\n")
    ssh.probe, ssh.changes = answer, changes
    verdict = ssh.walk()
    line = lines.splitlines()[-1].strip()
    number = 1 + len(lines.splitlines())
    assert (verdict.ok, verdict.fault) == (False, "ssh-config"), verdict
    assert f"but not with ssh's configuration on this node: {line} ({ssh.config} line {number}). ssh says: " in verdict.message and words in verdict.message
    assert "authorized_keys" not in verdict.message + (verdict.remedy or "") and "MaxStartups" not in (verdict.remedy or "")
    assert ssh.calls[-3:] == ["without files", "settings", "settings without files"]


def test_a_match_block_that_does_not_apply_is_not_named(ssh):
    ssh.config.write_text("Match exec false\n  PubkeyAuthentication no\n")
    ssh.probe = DENIED
    verdict = ssh.walk()
    assert verdict.fault == "key-refused" and "ssh_config" not in verdict.message and "PubkeyAuthentication no" not in verdict.message


def test_the_way_is_told_where_the_login_fails_without_it_too(ssh):
    ssh.config.write_text("Host dr1\n  HostName 10.0.0.9\n")
    ssh.probe, ssh.bare, ssh.changes = REFUSED, (255, "", "ssh: Could not resolve hostname dr1: Name or service not known\r\n"), "hostname 10.0.0.9\n"
    verdict = ssh.walk()
    assert verdict.message == (
        f"ssh on this node goes to dr1 by HostName 10.0.0.9 ({ssh.config} line 2), and that connection failed: "
        "ssh: connect to host 10.0.0.9 port 2222: Connection refused"
    )
    assert "If they are right: Start sshd on dr1" in verdict.remedy
    ssh.probe = DENIED
    verdict = ssh.walk()
    assert verdict.fault == "key-refused" and verdict.message.endswith(f"ssh on this node goes there by HostName 10.0.0.9 ({ssh.config} line 2)")


def test_what_is_not_the_cause_is_not_named(ssh):
    ssh.config.write_text("PubkeyAcceptedAlgorithms ssh-ed25519\n")
    ssh.probe = ssh.bare = DENIED
    ssh.changes = "pubkeyacceptedalgorithms ssh-ed25519\n"
    verdict = ssh.walk()
    assert verdict.fault == "key-refused" and "PubkeyAcceptedAlgorithms" not in verdict.message
