# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model import errors, key_lines
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import authorized_keys as ak
from ansible_collections.glusterops.georep.tests.unit import cases
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples

OURS = [samples.gsyncd_line(1), samples.tar_line(1), samples.gsyncd_line(2), samples.tar_line(2)]
PLAIN = samples.public(1, comment="root@primary1").line()
FOREIGN = 'from="10.0.0.0/8,!10.0.0.1",command="echo \\"a, b\\" c" ' + samples.public(50, comment="backup key").line()


def wanted(lines=None):
    return ak.read_wanted(OURS if lines is None else lines, "public_keys")


@pytest.mark.parametrize(
    ("line", "options", "command"),
    [
        (PLAIN, "", None),
        (OURS[0], f'command="{samples.GSYNCD}"', samples.GSYNCD),
        (OURS[1], 'command="tar ${SSH_ORIGINAL_COMMAND#* }"', "tar ${SSH_ORIGINAL_COMMAND#* }"),
        (FOREIGN, 'from="10.0.0.0/8,!10.0.0.1",command="echo \\"a, b\\" c"', 'echo "a, b" c'),
        ('restrict,COMMAND="x y",pty ' + PLAIN, 'restrict,COMMAND="x y",pty', "x y"),
        ("\tno-pty \t" + PLAIN + "\r\n", "no-pty", None),
        ('environment="A=command=\\"x\\"" ' + PLAIN, 'environment="A=command=\\"x\\""', None),
    ],
)
def test_lines_are_read_as_sshd_reads_them(line, options, command):
    entry = key_lines.authorized_key(line)
    assert entry is not None
    assert (entry.options, entry.forced_command) == (options, command)


@pytest.mark.parametrize(
    "line", ["", "\n", "# " + PLAIN, "  #x", "rubbish", "no-pty", "ssh-ed25519 AAAA", 'command="x']
)
def test_lines_without_a_key(line):
    assert key_lines.authorized_key(line) is None


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (None, "shell"),
        ("", "shell"),
        ("/nonexistent/gsyncd", "gsyncd"),
        ("/usr/libexec/glusterfs/gsyncd -x", "gsyncd"),
        ("tar ${SSH_ORIGINAL_COMMAND#* }", "tar"),
        ("/bin/date", "other"),
    ],
)
def test_kinds_of_forced_commands(command, kind):
    assert ak.command_kind(command) == kind


PRESENT = [
    # name, before, after, actions
    ("empty", "", "{g1}\n{t1}\n", ["added", "added"]),
    ("nothing to do", "{g1}\n{t1}\n", "{g1}\n{t1}\n", []),
    ("other order, foreign lines between", "#c\n{t1}\n{f}\n{g1}", "#c\n{t1}\n{f}\n{g1}", []),
    ("last line without its end", "{f}", "{f}\n{g1}\n{t1}\n", ["added", "added"]),
    ("line ends of others stay", "{f}\r\n\r\n", "{f}\r\n\r\n{g1}\n{t1}\n", ["added", "added"]),
    ("a key without its command is put right", "{f}\n{p1}\n{t1}\n", "{f}\n{g1}\n{t1}\n", ["replaced"]),
    ("and keeps its line end", "{p1}\r\n{t1}", "{g1}\r\n{t1}", ["replaced"]),
    ("a plain line before the right one goes", "{p1}\n{g1}\n{t1}\n", "{g1}\n{t1}\n", ["removed"]),
    ("and after it too", "{g1}\n{t1}\n{p1}\n", "{g1}\n{t1}\n", ["removed"]),
    ("another command is put right", 'command="/x" {p1}\n{t1}\n', "{g1}\n{t1}\n", ["replaced"]),
    ("several wrong ones become one", "{p1}\nno-pty {p1}\n{t1}\n", "{g1}\n{t1}\n", ["replaced", "removed"]),
    ("more options on a right line stay", 'from="10.*",{g1}\n{t1}\n', 'from="10.*",{g1}\n{t1}\n', []),
    ("another comment is the same key", "{g1}x y\n{t1}\n", "{g1}x y\n{t1}\n", []),
    (
        "a certificate authority is not ours",
        "cert-authority {p1}\n{g1}\n{t1}\n",
        "cert-authority {p1}\n{g1}\n{t1}\n",
        [],
    ),
    ("a commented-out key is not there", "#{g1}\n{t1}\n", "#{g1}\n{t1}\n{g1}\n", ["added"]),
]


def fill(text):
    return text.replace("{g1}", OURS[0]).replace("{t1}", OURS[1]).replace("{p1}", PLAIN).replace("{f}", FOREIGN)


@pytest.mark.parametrize(
    ("before", "after", "actions"), [case[1:] for case in PRESENT], ids=[case[0] for case in PRESENT]
)
def test_present(before, after, actions):
    plan = ak.plan_present(fill(before), wanted(OURS[:2]))
    assert plan.text == fill(after)
    assert [change.action for change in plan.changes] == actions
    again = ak.plan_present(plan.text, wanted(OURS[:2]))
    assert (again.text, again.changes) == (plan.text, [])


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        ("", "", 0),
        ("{f}", "{f}", 0),
        ("{g1}\n{f}\n{t1}", "{f}\n", 2),
        ("{p1}\r\n{f}\r\n", "{f}\r\n", 1),
        ("#{g1}\n", "#{g1}\n", 0),
        ("cert-authority {p1}\n", "cert-authority {p1}\n", 0),
        ("{g1}\n{g1}\n", "", 2),
    ],
)
def test_absent(before, after, count):
    plan = ak.plan_absent(fill(before), wanted(OURS[:2]))
    assert (plan.text, len(plan.changes)) == (fill(after), count)


def test_lines_are_written_as_they_came():
    # gluster's own distribution greps for whole lines and would add a rewritten one again.
    assert ak.plan_present("", wanted()).text == "".join(line + "\n" for line in OURS)


@pytest.mark.parametrize("seed", range(200))
def test_foreign_lines_are_never_lost_nor_changed(seed):
    rng = random.Random(seed)
    foreign_pool = [
        FOREIGN,
        "# comment",
        "",
        "   ",
        "rubbish \udcff bytes",
        samples.public(60, "ssh-rsa", "x").line(),
        'command="tar ${SSH_ORIGINAL_COMMAND#* }"  ' + samples.public(61).line(),
        "cert-authority " + PLAIN,
        "#" + OURS[0],
        'command="unfinished ' + PLAIN,
        "\x0b\x0c\u2028 odd",
    ]
    ours_pool = [*OURS, PLAIN, "no-pty " + PLAIN, 'command="/x" ' + PLAIN, OURS[0] + " other comment"]
    lines = [
        (rng.choice(foreign_pool), False) if rng.random() < 0.6 else (rng.choice(ours_pool), True)
        for _n in range(rng.randint(0, 14))
    ]
    ends = [rng.choice(["\n", "\r\n"]) for _line in lines]
    if ends and rng.random() < 0.4:
        ends[-1] = ""
    text = "".join(line + end for (line, _our), end in zip(lines, ends))
    foreign = [line + end for (line, our), end in zip(lines, ends) if not our]
    for plan in (ak.plan_present(text, wanted()), ak.plan_absent(text, wanted())):
        left = key_lines.split_lines(plan.text)
        at = 0
        for line in foreign:
            if line == "":  # an empty last line without its end is no line
                continue
            # In order, byte for byte; only a missing last line end may have been added.
            while at < len(left) and left[at] not in (line, line + "\n"):
                at += 1
            assert at < len(left), f"{line!r} is gone"
            at += 1
    present = ak.plan_present(text, wanted())
    first = {}
    for line in key_lines.split_lines(present.text):
        entry = key_lines.authorized_key(line)
        if entry is not None and not entry.is_authority:
            first.setdefault(entry.key.identity, entry.forced_command)
    for want in wanted():
        assert first[want.entry.key.identity] == want.entry.forced_command
    assert ak.plan_present(present.text, wanted()).changes == []
    absent = ak.plan_absent(text, wanted())
    assert ak.ours(absent.text, wanted()) == []
    assert ak.plan_absent(absent.text, wanted()).changes == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (PLAIN, "has no forced command"),
        ('command="/bin/sh" ' + PLAIN, "forces the command '/bin/sh'"),
        ("rubbish", "is not a line of authorized_keys"),
        (OURS[0][:-30], "is not a line of authorized_keys"),
        (OURS[0] + "\n" + OURS[1], "several lines"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "is a private key"),
    ],
)
def test_lines_that_are_refused(line, words):
    with pytest.raises(errors.InvalidInput, match=words) as caught:
        wanted([OURS[2], line])
    assert "public_keys[1]" in caught.value.message
    assert caught.value.remedy


def test_a_refused_private_key_is_not_repeated():
    with pytest.raises(errors.InvalidInput) as caught:
        wanted(["-----BEGIN OPENSSH PRIVATE KEY-----b3BlbnNzaC1rZXk"])
    assert "b3Blbn" not in repr(caught.value.as_result())


def test_login_keys_need_no_command():
    assert len(ak.read_wanted([PLAIN], "login_key_file", login_key=True)) == 1


def test_the_same_key_twice():
    assert len(wanted([OURS[0], OURS[0], "# comment", ""])) == 1
    with pytest.raises(errors.InvalidInput, match="twice"):
        wanted([OURS[0], f'command="tar x" {PLAIN}'])


def test_ours_are_described_by_fingerprint_only():
    described = ak.ours("\n".join([FOREIGN, *OURS]), wanted())
    assert len(described) == 4
    assert samples.public(1).fingerprint in described[0]
    assert not any(samples.public(number).blob in line for line in described for number in (1, 2, 50, 101, 102))


# --- gsyncd in another folder on the node that receives ---------------------------------------------------------------

OWN = "/usr/libexec/glusterfs/gsyncd"
ARM = "/usr/lib/aarch64-linux-gnu/glusterfs/gsyncd"


def of_case(name):
    """A file of the case, with a key in place of the word for it."""
    return cases.text_of("B15", name).replace("ssh-ed25519 KEY1", samples.public(1).line())


@pytest.mark.parametrize("own", [OWN, ARM, samples.GSYNCD])
@pytest.mark.parametrize("before", ["", OURS[0] + "\n", of_case("authorized_keys"), PLAIN + "\n", OURS[0].replace(samples.GSYNCD, "/old/gsyncd")])
def test_B15_the_line_names_the_gsyncd_of_its_node_after_one_run(own, before):
    plan = ak.plan_present(before, wanted(OURS[:2]), [own])
    entries = [entry for entry in map(key_lines.authorized_key, plan.text.splitlines()) if entry]
    assert [entry.forced_command for entry in entries] == [own, "tar ${SSH_ORIGINAL_COMMAND#* }"]
    assert ak.plan_present(plan.text, wanted(OURS[:2]), [own]).changes == []
    assert ak.plan_absent(plan.text, wanted(OURS[:2])).text == "".join(line + "\n" for line in before.splitlines() if line.startswith("#"))


def test_B15_the_remedy_of_an_administrator_stays():
    text = of_case("authorized_keys")
    given = wanted([line for line in of_case("primary-public-keys.txt").splitlines() if line])
    assert ak.plan_present(text, given, [OWN]).changes == [], "the node's own path"
    assert ak.plan_present(text, given, [OWN, samples.GSYNCD]).changes == [], "whatever else is there, too"
    assert ak.plan_present(text.replace(OWN, "/opt/gluster/sbin/gsyncd"), given, [OWN, "/opt/gluster/sbin/gsyncd"]).changes == [], "a build of one's own"
    limited = text.replace("command=", 'from="192.0.2.11",command=')
    assert ak.plan_present(limited, given, [OWN]).changes == [], "with options"
    assert ak.plan_present(text, given, []).changes != [], "where gsyncd is not installed, or nobody knows, gluster's line is right"


def test_B15_a_link_at_the_primary_s_path_is_enough():
    assert ak.plan_present(OURS[0] + "\n", wanted(OURS[:1]), [OWN, samples.GSYNCD]).changes == []
    assert ak.plan_present("", wanted(OURS[:1]), [OWN, samples.GSYNCD]).text == OURS[0] + "\n"


def test_B15_gluster_s_own_line_behind_the_right_one_is_left_to_gluster():
    mine = OURS[0].replace(samples.GSYNCD, OWN)
    # create push-pem adds whole lines that it does not find.
    assert ak.plan_present(f"{mine}\n{OURS[0]}\n", wanted(OURS[:1]), [OWN]).changes == []
    # In front of it, sshd would take it; and a line that opens a shell is no line of gluster's.
    assert ak.plan_present(f"{OURS[0]}\n{mine}\n", wanted(OURS[:1]), [OWN]).text == mine + "\n"
    assert ak.plan_present(f"{mine}\n{PLAIN}\n", wanted(OURS[:1]), [OWN]).text == mine + "\n"


def test_B15_where_gsyncd_is_looked_for():
    asked = ak.programs_of(f"# x\n{OURS[2].replace(samples.GSYNCD, '/opt/gsyncd')}\n{FOREIGN}\n", wanted())
    assert asked[0] == "/usr/lib/*/glusterfs/gsyncd" and asked[-2:] == [samples.GSYNCD, "/opt/gsyncd"]
    assert ak.programs_of(OURS[0], wanted([OURS[1]])) == [], "tar is found on the path"
    assert ak.programs_of("", []) == []
    assert ak.fitted(wanted([OURS[1]])[0], [OWN]).text == OURS[1]
