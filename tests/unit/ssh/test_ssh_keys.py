# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model import errors, key_lines
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import keys
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKvx3YBBsXdrwrTsUyWBKALeEDdMe3xxRnQ53NCVPkWj root@primary1"


def test_a_public_key_is_read_with_its_comment():
    key = key_lines.parse_public_key(ED25519)
    assert key is not None
    assert (key.kind, key.comment) == ("ssh-ed25519", "root@primary1")
    assert key.line() == ED25519


def test_the_fingerprint_is_the_one_of_ssh_keygen(tmp_path):
    path = tmp_path / "key"
    try:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
        listed = subprocess.run(["ssh-keygen", "-lf", str(path)], check=True, stdout=subprocess.PIPE).stdout.decode()
    except FileNotFoundError:
        pytest.skip("ssh-keygen is not installed here")
    key = key_lines.parse_public_key((tmp_path / "key.pub").read_text())
    assert key is not None
    assert key.fingerprint == listed.split()[1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 !!!!",
        "ssh-ed25519 AAAA",
        "ssh-rsa " + samples.public(1).blob,  # the kind in front is not the kind inside
        samples.public(1).line()[:-5],  # cut off: the padding is gone
        'command="x" ' + samples.public(1).line(),
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "ssh-ed25519 " + "ä" * 20,
    ],
)
def test_what_is_not_a_public_key(text):
    assert key_lines.parse_public_key(text) is None


@pytest.mark.parametrize(
    "path", ["relative", "/with blank", "/a/../b", "/per%cent", "/dollar$x", '/quo"te', "/", "/folder/"]
)
def test_paths_that_ssh_would_read_differently(path):
    with pytest.raises(errors.InvalidInput):
        keys.check_path(path, "known_hosts_file")


PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ==\n-----END OPENSSH PRIVATE KEY-----\n"
LOCKED = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0\n"
    "-----END OPENSSH PRIVATE KEY-----\n"
)


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (PEM, 0o600, None),
        (PEM.replace("\n", "\r\n"), 0o400, None),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n", 0o600, None),
        ("-----BEGIN PRIVATE KEY-----\nabc\n", 0o600, None),
        (PEM, 0o644, "other accounts can read"),
        (samples.public(1).line(), 0o600, "is a public key"),
        ("PuTTY-User-Key-File-3: ssh-ed25519\n", 0o600, "PuTTY"),
        ("hello\n", 0o600, "is not a private key"),
        ("", 0o600, "is not a private key"),
        (LOCKED, 0o600, "passphrase"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nabc\n", 0o600, "passphrase"),
        ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", 0o600, "passphrase"),
    ],
)
def test_private_key_files(tmp_path, content, mode, words):
    path = tmp_path / "key"
    path.write_bytes(content.encode())
    os.chmod(path, mode)
    if words is None:
        keys.check_private_key_file(str(path), "private_key_file")
        return
    with pytest.raises(errors.InvalidInput, match=words) as caught:
        keys.check_private_key_file(str(path), "private_key_file")
    assert caught.value.option == "private_key_file"
    assert caught.value.remedy


def test_a_locked_key_is_fine_with_a_passphrase(tmp_path):
    path = tmp_path / "key"
    path.write_text(LOCKED)
    os.chmod(path, 0o600)
    keys.check_private_key_file(str(path), "bootstrap_private_key_file", encrypted_ok=True)


def test_missing_private_key_files(tmp_path):
    with pytest.raises(errors.InvalidInput, match="does not exist"):
        keys.check_private_key_file(str(tmp_path / "none"), "private_key_file")
    with pytest.raises(errors.InvalidInput, match="is a directory"):
        keys.check_private_key_file(str(tmp_path), "private_key_file")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a\n"]),
        ("a\r\nb", ["a\r\n", "b"]),
        ("a\x0bb\x0c\u2028c\x85\n\n", ["a\x0bb\x0c\u2028c\x85\n", "\n"]),
    ],
)
def test_lines_end_at_newlines_only(text, lines):
    assert key_lines.split_lines(text) == lines
    assert "".join(key_lines.split_lines(text)) == text


def test_bytes_survive():
    content = bytes(range(256))
    assert keys.encode(keys.decode(content)) == content


def test_a_pipe_in_place_of_a_private_key_is_not_waited_for(tmp_path):
    path = tmp_path / "key"
    os.mkfifo(path)
    with pytest.raises(errors.InvalidInput, match="is not a plain file"):
        keys.check_private_key_file(str(path), "private_key_file")
