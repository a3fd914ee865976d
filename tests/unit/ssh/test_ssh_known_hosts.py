# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import subprocess

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model import errors, key_lines
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import known_hosts as kh
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples

A, B, C = (samples.public(number) for number in (1, 2, 3))
RSA = samples.public(4, "ssh-rsa")


def line(name, key):
    return f"{name} {key.kind} {key.blob}"


def hashed(name):
    salt = b"0123456789abcdefghij"
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return "|1|{}|{}".format(base64.b64encode(salt).decode(), base64.b64encode(digest).decode())


def test_a_hash_made_by_ssh_keygen(tmp_path):
    path = tmp_path / "known_hosts"
    path.write_text(line("secondary1", A) + "\n")
    try:
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(path)], check=True, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        pytest.skip("ssh-keygen is not installed here")
    entry = key_lines.known_host(path.read_text())
    assert entry is not None and entry.names[0].startswith("|1|")
    assert entry.holds("secondary1") and not entry.holds("secondary2")


@pytest.mark.parametrize(("host", "port", "token"), [("DR1", 22, "dr1"), ("dr1", 2222, "[dr1]:2222")])
def test_tokens(host, port, token):
    assert key_lines.token(host, port) == token


@pytest.mark.parametrize(
    ("names", "token", "holds", "matches"),
    [
        ("dr1", "dr1", True, True),
        ("DR1", "dr1", True, True),
        ("dr10", "dr1", False, False),
        ("x,dr1,y", "dr1", True, True),
        ("dr?", "dr1", False, True),
        ("*", "dr1", False, True),
        ("*,!dr1", "dr1", False, False),
        ("dr1", "[dr1]:2222", False, False),
        ("[dr1]:2222", "[dr1]:2222", True, True),
        ("[dr*]:2222", "[dr1]:2222", False, True),
        ("[d]r1", "dr1", False, False),
        (hashed("dr1"), "dr1", True, True),
        (hashed("[dr1]:2222"), "[dr1]:2222", True, True),
        (hashed("dr2"), "dr1", False, False),
        ("|1|rubbish", "dr1", False, False),
        ("|1|!!|!!", "dr1", False, False),
    ],
)
def test_names(names, token, holds, matches):
    entry = key_lines.known_host(line(names, A))
    assert entry is not None
    assert (entry.holds(token), entry.matches(token)) == (holds, matches)


def test_markers_are_never_ours():
    entry = key_lines.known_host("@revoked " + line("dr1", A))
    assert entry is not None and not entry.holds("dr1") and entry.matches("dr1")


PRESENT = [
    ("empty", "", {"dr1": [A]}, "{dr1 A}\n", 1),
    ("there", "{dr1 A}\n", {"dr1": [A]}, "{dr1 A}\n", 0),
    ("there, hashed", "{#dr1 A}\n", {"dr1": [A]}, "{#dr1 A}\n", 0),
    ("changed", "{dr1 B}\n", {"dr1": [A]}, "{dr1 A}\n", 2),
    ("changed, hashed", "{#dr1 B}\n", {"dr1": [A]}, "{dr1 A}\n", 2),
    ("changed, shared with another name", "{x,dr1,y B}\n", {"dr1": [A]}, "{x,y B}\n{dr1 A}\n", 2),
    ("an old key of another kind goes", "{dr1 A}\n{dr1 R}\n", {"dr1": [A]}, "{dr1 A}\n", 1),
    ("no last line end", "{x B}", {"dr1": [A]}, "{x B}\n{dr1 A}\n", 1),
    ("a pattern stays", "{* B}\n", {"dr1": [A]}, "{* B}\n{dr1 A}\n", 1),
    ("other ports stay", "{[dr1]:2222 B}\n", {"dr1": [A]}, "{[dr1]:2222 B}\n{dr1 A}\n", 1),
    ("comments stay", "# c\r\n\n{x B} me\r\n", {"dr1": [A]}, "# c\r\n\n{x B} me\r\n{dr1 A}\n", 1),
    ("several", "{dr2 B}\n", {"dr1": [A, RSA], "dr2": [B]}, "{dr2 B}\n{dr1 A}\n{dr1 R}\n", 2),
    (
        "a certificate authority stays",
        "@cert-authority {dr1 B}\n",
        {"dr1": [A]},
        "@cert-authority {dr1 B}\n{dr1 A}\n",
        1,
    ),
]


def fill(text):
    for name in ("dr1", "dr2", "x,dr1,y", "x,y", "x", "*", "[dr1]:2222", "#dr1"):
        for letter, key in (("A", A), ("B", B), ("R", RSA)):
            real = hashed(name[1:]) if name.startswith("#") else name
            text = text.replace("{%s %s}" % (name, letter), line(real, key))
    return text


@pytest.mark.parametrize(
    ("before", "wanted", "after", "count"), [case[1:] for case in PRESENT], ids=[case[0] for case in PRESENT]
)
def test_present(before, wanted, after, count):
    plan = kh.plan_present(fill(before), wanted)
    assert plan.text == fill(after)
    assert len(plan.changes) == count
    again = kh.plan_present(plan.text, wanted)
    assert (again.text, again.changes) == (plan.text, [])


def test_a_revoked_key_is_not_taken():
    with pytest.raises(errors.PreconditionFailed, match="@revoked on line 2"):
        kh.plan_present("#\n@revoked " + line("*", A) + "\n", {"dr1": [A]})


def test_absent():
    text = fill("{dr1 A}\n{#dr1 B}\n{x,dr1,y R}\n{* B}\n{[dr1]:2222 A}\n# dr1\n@revoked {dr1 R}\n")
    plan = kh.plan_absent(text, ["dr1"])
    assert plan.text == fill("{x,y R}\n{* B}\n{[dr1]:2222 A}\n# dr1\n@revoked {dr1 R}\n")
    assert len(plan.changes) == 3
    assert kh.plan_absent(plan.text, ["dr1"]).changes == []


@pytest.mark.parametrize("seed", range(200))
def test_foreign_lines_are_never_lost_nor_changed(seed):
    rng = random.Random(seed)
    foreign_pool = [
        line("other", A),
        line("*.example.com,!bad", B),
        line(hashed("other"), C),
        "@cert-authority " + line("*", A),
        "# dr1",
        "",
        "rubbish \udcfe",
        line("[dr1]:2200", A),
        line("dr1.example.com", RSA) + " comment",
        "dr1 ssh-ed25519 AAAA",
    ]
    ours_pool = [
        line("dr1", A),
        line("dr1", B),
        line(hashed("dr1"), A),
        line(hashed("[dr2]:2222"), RSA),
        line("dr1,[dr2]:2222", C),
    ]
    lines = [
        (rng.choice(foreign_pool), False) if rng.random() < 0.6 else (rng.choice(ours_pool), True)
        for _n in range(rng.randint(0, 14))
    ]
    ends = [rng.choice(["\n", "\r\n"]) for _line in lines]
    if ends and rng.random() < 0.4:
        ends[-1] = ""
    text = "".join(one + end for (one, _our), end in zip(lines, ends))
    foreign = [one + end for (one, our), end in zip(lines, ends) if not our and one + end]
    wanted = {"dr1": [A, RSA], "[dr2]:2222": [B]}
    for plan in (kh.plan_present(text, wanted), kh.plan_absent(text, wanted)):
        left = key_lines.split_lines(plan.text)
        at = 0
        for one in foreign:
            while at < len(left) and left[at] not in (one, one + "\n"):
                at += 1
            assert at < len(left), f"{one!r} is gone"
            at += 1
    present = kh.plan_present(text, wanted)
    for name, right in wanted.items():
        found = {entry.key.identity for entry in key_lines.known_hosts(present.text) if entry.holds(name)}
        assert found == {key.identity for key in right}
    assert kh.plan_present(present.text, wanted).changes == []
    absent = kh.plan_absent(text, wanted)
    assert not [entry for entry in key_lines.known_hosts(absent.text) for name in wanted if entry.holds(name)]


@pytest.mark.parametrize(
    ("lines", "targets", "result"),
    [
        ([line("dr1", A)], [("dr1", 22)], {"dr1": [A]}),
        ([line("dr1", A)], [("dr1", 2222)], {"[dr1]:2222": [A]}),
        ([line("dr1", A), line("[dr1]:2222", B)], [("dr1", 2222), ("dr1", 22)], {"[dr1]:2222": [B], "dr1": [A]}),
        ([line("dr1,dr2", A), "", "# c"], [("dr2", 22)], {"dr2": [A]}),
        ([line("dr1", A), line("dr1", A), line("dr1", RSA)], [("dr1", 22)], {"dr1": [A, RSA]}),
        ([line(hashed("dr1"), A)], [("dr1", 22)], {"dr1": [A]}),
        ([line("dr9", A)], [("dr1", 22)], {}),
        ([line("dr1", A) + " comment"], [("DR1", 22)], {"dr1": [A]}),
    ],
)
def test_lines_of_the_user(lines, targets, result):
    assert kh.read_wanted(lines, targets, "known_hosts") == result


@pytest.mark.parametrize(
    "text",
    [
        "dr1",
        "dr1 ssh-ed25519",
        "dr1 ssh-rsa " + A.blob,
        line("dr1", A)[:-3],
        "@cert-authority " + line("dr1", A),
        line("dr*", A),
        line("dr1,!dr2", A),
        line("dr1", A) + "\n" + line("dr2", A),
        line("[dr1]:70000", A),
        A.line(),
    ],
)
def test_lines_of_the_user_that_are_refused(text):
    with pytest.raises(errors.InvalidInput) as caught:
        kh.read_wanted([line("dr1", B), text], [("dr1", 22)], "known_hosts")
    assert "known_hosts[1]" in caught.value.message
    assert caught.value.remedy


def test_what_ssh_keyscan_prints():
    out = (
        "# dr1:22 SSH-2.0-OpenSSH_9.2\n"
        + line("dr1", RSA)
        + "\n"
        + line("dr1", A)
        + "\n"
        + line("[dr2]:2222", B)
        + "\n"
    )
    assert kh.read_scan(out, [("dr1", 22), ("dr2", 2222), ("dr3", 22)]) == {"dr1": [A, RSA], "[dr2]:2222": [B]}


def test_fingerprints_tell_what_ssh_would_use():
    text = line("*", A) + "\n" + line("dr1", B) + "\n@revoked " + line("dr1", C) + "\n"
    assert kh.fingerprints(text, ["dr1", "[dr1]:2222"]) == {
        "dr1": [f"ssh-ed25519 {A.fingerprint}", f"ssh-ed25519 {B.fingerprint}"],
        "[dr1]:2222": [f"ssh-ed25519 {A.fingerprint}"],
    }
