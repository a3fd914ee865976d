# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import SSH_FAILURES
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import answers, authorized_keys
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples

TARGET = answers.Target("dr1", 22, "root")
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
        "neither gsyncd nor tar",
    ),
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
