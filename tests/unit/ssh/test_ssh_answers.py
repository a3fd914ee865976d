# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import SSH_FAILURES
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import answers, authorized_keys, command
from ansible_collections.glusterops.georep.tests.unit import cases
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples

TARGET = command.Target("dr1", 22, "root")
SECRET = answers.KeyFile("/k/secret.pem", "secret.pem", (authorized_keys.GSYNCD,))
TAR = answers.KeyFile("/k/tar_ssh.pem", "tar_ssh.pem", (authorized_keys.TAR,))
KNOWN = "/k/known_hosts"

GSYNCD_SAYS = (1, "", "invoking echo in restricted SSH session is not allowed\n")
TAR_SAYS = (0, "tar (GNU tar) 1.34\nCopyright (C) 2021 Free Software Foundation, Inc.\n", "")
SHELL_SAYS = (0, "--version\n", "")
DENIED = (255, "", "root@dr1: Permission denied (publickey,password).\r\n")

OLD = samples.public(1)
NEW = "SHA256:7Bd1Qz1yqEjEO4UzjOI0MGnUMM1j4dZ3x9rQWkx1v0A"
CHANGED = f"""@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
{NEW}.
Please contact your system administrator.
Add correct host key in {KNOWN} to get rid of this message.
Offending ED25519 key in {KNOWN}:2
Host key for dr1 has changed and you have requested strict checking.
Host key verification failed.
"""


def classify(*answer, **more):
    return answers.classify(*answer, failures=SSH_FAILURES, **more)


CASES = [
    # answer, key, ok, step, forced command, words
    (GSYNCD_SAYS, SECRET, True, "forced_command", "gsyncd", "gsyncd answers on dr1"),
    ((1, "", "Warning: something\n" + GSYNCD_SAYS[2]), SECRET, True, "forced_command", "gsyncd", ""),
    (TAR_SAYS, TAR, True, "forced_command", "tar", "tar answers on dr1"),
    ((0, "bsdtar 3.7.2 - libarchive\n", ""), TAR, True, "forced_command", "tar", ""),
    (
        SHELL_SAYS,
        SECRET,
        False,
        "forced_command",
        "shell",
        "opens a shell for the key secret.pem instead of forcing gsyncd",
    ),
    ((0, "Welcome!\n--version\n", ""), TAR, False, "forced_command", "shell", "instead of forcing tar"),
    ((0, "echo (GNU coreutils) 9.1\n", ""), TAR, False, "forced_command", "shell", ""),
    (TAR_SAYS, SECRET, False, "forced_command", "tar", "answers with tar for the key secret.pem, expected gsyncd"),
    (GSYNCD_SAYS, TAR, False, "forced_command", "gsyncd", "expected tar"),
    (
        (127, "", "bash: line 1: /nonexistent/gsyncd: No such file or directory\n"),
        SECRET,
        False,
        "forced_command",
        "other",
        "/nonexistent/gsyncd is not there",
    ),
    (
        (127, "", "sh: 1: /usr/x{y}/gsyncd: not found\n"),
        SECRET,
        False,
        "forced_command",
        "other",
        "/usr/x{y}/gsyncd is not there",
    ),
    (
        (126, "", "bash: line 1: /usr/lib/gsyncd: Permission denied\n"),
        SECRET,
        False,
        "forced_command",
        "other",
        "is not allowed to run gsyncd",
    ),
    (
        (127, "", "bash: line 1: tar: command not found\n"),
        TAR,
        False,
        "forced_command",
        "other",
        "tar is not installed",
    ),
    (
        (1, "This account is currently not available.\n", ""),
        SECRET,
        False,
        "forced_command",
        "other",
        "the shell of the account root is nologin",
    ),
    ((1, "", ""), SECRET, False, "forced_command", "other", "neither gsyncd nor tar"),
    ((0, "Sun Nov 22\n", ""), SECRET, False, "forced_command", "other", "Sun Nov 22"),
    ((0, "", ""), SECRET, False, "forced_command", "other", "no output"),
    (DENIED, SECRET, False, "key", None, "dr1 refuses the key secret.pem for the account root"),
    (
        (255, "", "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\n"),
        SECRET,
        False,
        "key",
        None,
        "too many keys",
    ),
    (
        (
            255,
            "",
            '@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\nLoad key "/k/secret.pem": bad permissions\nroot@dr1: Permission denied (publickey).\n',
        ),
        SECRET,
        False,
        "key",
        None,
        "other users of this node can read it",
    ),
    (
        (255, "", 'Load key "/k/secret.pem": invalid format\nroot@dr1: Permission denied (publickey).\n'),
        SECRET,
        False,
        "key",
        None,
        "damaged",
    ),
    (
        (
            255,
            "",
            "Warning: Identity file /k/secret.pem not accessible: No such file or directory.\nPermission denied (publickey).\n",
        ),
        SECRET,
        False,
        "key",
        None,
        "cannot be read",
    ),
    (
        (255, "", "sign_and_send_pubkey: no mutual signature supported\nroot@dr1: Permission denied (publickey).\n"),
        SECRET,
        False,
        "key",
        None,
        "signature algorithms",
    ),
    ((255, "", CHANGED), SECRET, False, "host_key", None, f"recorded ssh-ed25519 {OLD.fingerprint}, now {NEW}"),
    (
        (
            255,
            "",
            "No ED25519 host key is known for dr1 and you have requested strict checking.\nHost key verification failed.\n",
        ),
        SECRET,
        False,
        "host_key",
        None,
        f"is not in {KNOWN}",
    ),
    (
        (255, "", "@ WARNING: REVOKED HOST KEY DETECTED! @\nHost key verification failed.\n"),
        SECRET,
        False,
        "host_key",
        None,
        "@revoked",
    ),
    (
        (255, "", "ssh: Could not resolve hostname dr1: Name or service not known\n"),
        SECRET,
        False,
        "resolve",
        None,
        "cannot be resolved on this node",
    ),
    (
        (255, "", "ssh: Could not resolve hostname dr1: Temporary failure in name resolution\n"),
        SECRET,
        False,
        "resolve",
        None,
        "at the moment",
    ),
    (
        (255, "", "ssh: connect to host dr1 port 22: Connection refused\n"),
        SECRET,
        False,
        "connect",
        None,
        "nothing listens on TCP port 22",
    ),
    (
        (255, "", "ssh: connect to host dr1 port 22: Connection timed out\n"),
        SECRET,
        False,
        "connect",
        None,
        "does not answer on TCP port 22",
    ),
    (
        (255, "", "ssh: connect to host dr1 port 22: No route to host\n"),
        SECRET,
        False,
        "connect",
        None,
        "no network path",
    ),
    (
        (255, "", "ssh: connect to host dr1 port 22: Network is unreachable\n"),
        SECRET,
        False,
        "connect",
        None,
        "no network path",
    ),
    (
        (255, "", "ssh: connect to host dr1 port 22: Permission denied\n"),
        SECRET,
        False,
        "connect",
        None,
        "firewall rule on this node",
    ),
    ((255, "", "Connection timed out during banner exchange\n"), SECRET, False, "connect", None, "does not answer"),
    (
        (255, "", "kex_exchange_identification: Connection closed by remote host\n"),
        SECRET,
        False,
        "connect",
        None,
        "closed the connection before the login",
    ),
    (
        (255, "", "kex_exchange_identification: read: Connection reset by peer\n"),
        SECRET,
        False,
        "connect",
        None,
        "closed the connection",
    ),
    ((255, "", "Connection closed by 10.0.0.1 port 22\n"), SECRET, False, "connect", None, "closed the connection"),
    (
        (255, "", "Unable to negotiate with 10.0.0.1 port 22: no matching key exchange method found. Their offer: x\n"),
        SECRET,
        False,
        "connect",
        None,
        "have no encryption settings in common",
    ),
    ((255, "", "something {odd} new\n"), SECRET, False, "connect", None, "something {odd} new"),
]


@pytest.mark.parametrize(("answer", "key", "ok", "step", "forced", "words"), CASES)
def test_answers_of_ssh(answer, key, ok, step, forced, words):
    text = f"other ssh-ed25519 {samples.public(9).blob}\ndr1 {OLD.kind} {OLD.blob}\n"
    verdict = classify(*answer, TARGET, key, known_hosts_file=KNOWN, known_hosts_text=text)
    assert (verdict.ok, verdict.step, verdict.forced_command) == (ok, step, forced), verdict
    assert words in verdict.message
    assert ok or verdict.remedy
    left = (verdict.message + (verdict.remedy or "")).replace("{y}", "").replace("{odd}", "")
    assert "{" not in left, "a placeholder was not filled in"


def test_any_forced_command_will_do_for_a_key_under_test():
    anything = answers.KeyFile("/k/x", "x", ("gsyncd", "tar", "shell"))
    for answer, kind in ((GSYNCD_SAYS, "gsyncd"), (TAR_SAYS, "tar"), (SHELL_SAYS, "shell")):
        verdict = classify(*answer, TARGET, anything, known_hosts_file=KNOWN)
        assert verdict.ok and verdict.forced_command == kind


def test_a_changed_key_names_line_and_remedy():
    verdict = classify(255, "", CHANGED, TARGET, SECRET, known_hosts_file=KNOWN, known_hosts_text="\n")
    assert f"{KNOWN} line 2" in verdict.message
    assert "trust_on_first_use never accepts a changed key" in verdict.remedy
    assert "ssh_host_ed25519_key.pub" in verdict.remedy


def test_a_changed_key_is_compared_with_the_recorded_one_of_its_kind():
    # OpenSSH 9.2 names the first line of the host as offending, whatever kind of key it holds.
    rsa = samples.public(5, "ssh-rsa")
    text = f"#\ndr1 {rsa.kind} {rsa.blob}\ndr1 {OLD.kind} {OLD.blob}\n"
    verdict = classify(
        255,
        "",
        CHANGED.replace("Offending ED25519", "Offending RSA"),
        TARGET,
        SECRET,
        known_hosts_file=KNOWN,
        known_hosts_text=text,
    )
    assert f"{KNOWN} line 3: recorded ssh-ed25519 {OLD.fingerprint}, now {NEW}" in verdict.message


def test_a_changed_key_in_another_file_is_told_as_ssh_tells_it():
    verdict = classify(255, "", CHANGED.replace(KNOWN, "/etc/x"), TARGET, SECRET, known_hosts_file=KNOWN)
    assert "/etc/x line 2: recorded ED25519 unknown" in verdict.message


# --- inputs in the shape of public reports ---------------------------------------------------------------------------

GEO = command.Target("dr1.example.net", 22, "geoaccount")
#: Also where the account has to change its password at the next login (chage -d 0).
RENEW = "chage -d $(date +%F) -M -1 -I -1 -E -1 geoaccount"
RESET = "chage -M -1 -I -1 -E -1 geoaccount"


def of_case(case, name, key=SECRET):
    return classify(*cases.answer_of(case, name), GEO, key, known_hosts_file=KNOWN)


def of(rc, err, key=SECRET, out="", target=GEO):
    return classify(rc, out, err, target, key, known_hosts_file=KNOWN)


@pytest.mark.parametrize(
    ("case", "name", "key", "step", "words", "remedy", "never"),
    [
        ("B02", "answer-expired.txt", SECRET, "forced_command", "password of the account geoaccount on dr1.example.net has", RENEW, "authorized_keys"),
        ("B02", "answer-inactive.txt", SECRET, "forced_command", "the account geoaccount on dr1.example.net has expired", RESET, "MaxStartups"),
        ("B10", "answer-gsyncd.txt", SECRET, "forced_command", "prints on standard output before gsyncd answers: Welcome to dr1,", ".bashrc", "command="),
        ("B10", "answer-tar.txt", TAR, "forced_command", "prints on standard output before tar answers: Welcome to dr1,", "login script", "command="),
        ("B12", "answer.txt", SECRET, "key", "takes the key secret.pem for the account geoaccount but wants a second", "AuthenticationMethods", "Run "),
        ("B15", "answer.txt", SECRET, "forced_command", "/usr/lib/x86_64-linux-gnu/glusterfs/gsyncd is not there", "that node's own path", "must name"),
    ],
    ids=["B02 expired", "B02 inactive", "B10 gsyncd", "B10 tar", "B12", "B15"],
)  # fmt: skip
def test_cases_of_the_field(case, name, key, step, words, remedy, never):
    verdict = of_case(case, name, key)
    assert (verdict.ok, verdict.step) == (False, step)
    assert words in verdict.message and remedy in verdict.remedy and never not in verdict.remedy
    assert not verdict.retry


def test_B02_words_of_pam_are_shown():
    assert "says: Your account has expired; please contact your system administrator." in of_case("B02", "answer-inactive.txt").message
    assert "Password change required but no TTY available." in of_case("B02", "answer-expired.txt").message


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Ihr Benutzerkonto ist abgelaufen; bitte wenden Sie sich an den Administrator.", "Ihr Benutzerkonto ist abgelaufen"),
        ("Account locked due to 5 failed logins", "Account locked due to 5 failed logins"),
        ("Maintenance until 04:00\n", "Maintenance until 04:00"),
        ("Access only from the {jump} hosts", "Access only from the {jump} hosts"),
    ],
)
def test_B02_a_sentence_that_nobody_knows_is_shown_and_not_explained(sentence, shown):
    verdict = of(255, f"{sentence}\nConnection closed by 192.0.2.21 port 22\n")
    assert (verdict.ok, verdict.step, verdict.retry, verdict.fault) == (False, "key", False, "")
    assert f"ended the login of geoaccount and said: {shown}" in verdict.message
    assert "MaxStartups" not in verdict.remedy and "chage -l geoaccount" in verdict.remedy


def test_B02_a_login_that_ends_without_a_word_is_tried_again_and_not_guessed():
    verdict = of(255, "Connection closed by 192.0.2.21 port 22\n")
    assert verdict.retry and "did not say why" in verdict.message
    assert "journalctl -t sshd" in verdict.remedy and "chage -l geoaccount" in verdict.remedy and "MaxStartups" in verdict.remedy


def test_B10_an_empty_line_and_control_characters_are_text_too():
    for out, shown in (("\n", "an empty line"), ("\x1b[2J", "\\x1b[2J"), ("motd {x}\n", "motd {x}")):
        verdict = of(1, GSYNCD_SAYS[2], out=out)
        assert not verdict.ok and f"before gsyncd answers: {shown}" in verdict.message
        verdict = of(0, "", TAR, out=out + "tar (GNU tar) 1.34\n")
        # What lacks its line end hides the answer.
        assert not verdict.ok
    shell = answers.KeyFile("/k/id", "id", (authorized_keys.SHELL,))
    assert not of(0, "", shell, out="Welcome\n--version\n").ok and of(0, "", shell, out="--version\n").ok


def test_B10_what_a_login_says_on_standard_error_does_no_harm():
    banner = "Authorized use only. Your password has expired? Ask us. Permission denied (to all others).\n"
    assert of(1, banner + GSYNCD_SAYS[2]).ok
    assert of(0, banner, TAR, out=TAR_SAYS[1]).ok


@pytest.mark.parametrize("methods", ["keyboard-interactive", "password", "password,keyboard-interactive", "gssapi-with-mic,hostbased"])
def test_B12_a_key_that_is_taken_is_not_refused(methods):
    verdict = of(255, f"geoaccount@dr1.example.net: Permission denied ({methods}).\r\n")
    assert verdict.fault == "second-factor" and f"but for {methods} (AuthenticationMethods" in verdict.message
    assert "PubkeyAuthentication" in verdict.message, "the same words come from an sshd that takes no keys at all"


@pytest.mark.parametrize("methods", ["publickey", "publickey,password", "gssapi-keyex,publickey,keyboard-interactive"])
def test_B12_a_key_is_refused_while_publickey_is_offered(methods):
    verdict = of(255, f"Banner: Permission denied (for others)\ngeoaccount@dr1.example.net: Permission denied ({methods}).\r\n")
    assert verdict.fault == "key-refused" and "refuses the key secret.pem" in verdict.message


@pytest.mark.parametrize(
    ("rc", "err", "key", "words"),
    [
        (127, "bash: Zeile 1: /usr/lib/x86_64-linux-gnu/glusterfs/gsyncd: Datei oder Verzeichnis nicht gefunden", SECRET, "glusterfs/gsyncd is not there"),
        (127, "bash: línea 1: /usr/libexec/glusterfs/gsyncd: No existe el fichero o el directorio", SECRET, "/usr/libexec/glusterfs/gsyncd is not there"),
        (127, "bash: 行 1: /usr/libexec/glusterfs/gsyncd: そのようなファイルやディレクトリはありません", SECRET, "/usr/libexec/glusterfs/gsyncd is not there"),
        (127, "fish: Unknown command: /usr/libexec/glusterfs/gsyncd", SECRET, "/usr/libexec/glusterfs/gsyncd is not there"),
        (127, "zsh:1: no such file or directory: /usr/lib/aarch64-linux-gnu/glusterfs/gsyncd", SECRET, "/usr/lib/aarch64-linux-gnu/glusterfs/gsyncd is not"),
        (1, "/usr/libexec/glusterfs/gsyncd: Command not found.", SECRET, "/usr/libexec/glusterfs/gsyncd is not there"),
        (127, "bash: Zeile 1: /opt/wrap.sh: Datei oder Verzeichnis nicht gefunden", SECRET, "the program /opt/wrap.sh is not there"),
        (127, "", SECRET, "the program gsyncd is not there"),
        (127, "bash: Zeile 1: tar: Befehl nicht gefunden", TAR, "tar is not installed"),
        (127, "ash: tar: not found", TAR, "tar is not installed"),
        (126, "bash: Zeile 1: /usr/libexec/glusterfs/gsyncd: Keine Berechtigung", SECRET, "geoaccount is not allowed to run gsyncd"),
        (126, "bash: line 1: /usr/bin/tar: Permission denied", TAR, "geoaccount is not allowed to run tar"),
        (1, "/usr/libexec/glusterfs/gsyncd: Permission denied.", SECRET, "geoaccount is not allowed to run gsyncd"),
    ],
)
def test_B15_exit_codes_tell_what_a_shell_could_not_run(rc, err, key, words):
    verdict = of(rc, err and err + "\n", key)
    assert (verdict.ok, verdict.step, verdict.forced_command) == (False, "forced_command", "other")
    assert words in verdict.message


def test_words_of_programs_on_the_secondary_are_not_those_of_ssh():
    verdict = of(3, "cat: /home/geo/x: Permission denied\nConnection refused\n")
    assert verdict.step == "forced_command" and "exit code 3" in verdict.message


#: What real OpenSSH servers of Debian 12 and 13 answered, recorded in the lab's images.
SAYS = {
    "good": ("", True, "gsyncd answers"),
    "expired": ("password-expired", False, "password of the account"),
    "inactive": ("account-expired", False, "has expired"),
    "acctexpired": ("account-expired", False, "has expired"),
    "factor": ("second-factor", False, "a second factor"),
    "nokeys": ("second-factor", False, "PubkeyAuthentication is no"),
    "sftp": ("sftp-only", False, "ForceCommand internal-sftp"),
    "bannered": ("", True, "gsyncd answers"),
    "nologin": ("login-shell-refuses", False, "is nologin"),
    "false": ("", False, "exit code 1: no output"),
    "prints": ("", False, "before gsyncd answers: Welcome to dr1, kernel 6.1.0"),
    "printstar": ("", False, "before tar answers: Welcome to dr1, kernel 6.1.0"),
    "rcprints": ("", False, "before gsyncd answers: from rc"),
    "missing": ("", False, "/usr/libexec/glusterfs/gsyncd is not there"),
    "missingsh": ("", False, "/usr/libexec/glusterfs/gsyncd is not there"),
    "notexec": ("", False, "is not allowed to run gsyncd"),
    "notexecsh": ("", False, "is not allowed to run gsyncd"),
    "nokey": ("key-refused", False, "refuses the key"),
    "failing": ("", False, "it said nothing"),
    "nosuch": ("key-refused", False, "refuses the key"),
    "etcnologin": ("", False, "and said: System goes down for maintenance"),
    "runnologin": ("login-dropped", False, "did not say why"),
    "config-identity": ("", False, "opens a shell"),
    "config-identity-F-none": ("key-refused", False, "refuses the key"),
    "config-broken": ("ssh-config-broken", False, "an error in its configuration"),
    "config-remotecommand": ("ssh-config-broken", False, "an error in its configuration"),
    "config-mode": ("ssh-config-broken", False, "an error in its configuration"),
    "config-hostname": ("sshd-unreachable", False, "nothing listens"),
    "config-nopub": ("key-refused", False, "refuses the key"),
}


def recorded(version):
    text = (Path(cases.FOLDER).parent / "logins" / f"openssh-{version}.txt").read_text(encoding="utf-8")
    for name, rc, body in re.findall(r"^=== (\S+) rc=(\d+)\n((?:(?:out|err)\|.*\n)*)", text, re.M):
        lines = [(line[:3], line[4:] + "\n") for line in body.splitlines()]
        yield name, int(rc), "".join(line for where, line in lines if where == "out"), "".join(line for where, line in lines if where == "err")


@pytest.mark.parametrize("version", ["9.2", "10.0"])
def test_what_real_servers_answer(version):
    seen = {}
    for name, rc, out, err in recorded(version):
        if name in SAYS:
            verdict = of(rc, err, TAR if name == "printstar" else SECRET, out)
            fault, ok, words = SAYS[name]
            assert (verdict.fault, verdict.ok) == (fault, ok), (name, verdict)
            assert words in verdict.message, (name, verdict)
            seen[name] = verdict
    assert set(seen) == set(SAYS)
