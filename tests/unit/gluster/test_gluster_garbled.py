# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What garbled answers of gluster are never taken for. Each was drawn by the chaos suite, or stands beside one that was."""

from __future__ import annotations

import errno
import os
import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import proof, proofs
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import runner, sessions, version
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.peers import read_peers
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.volumes import read_volumes
from ansible_collections.glusterops.georep.plugins.module_utils._host import mounts
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors, progress
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Config, Volume
from ansible_collections.glusterops.georep.plugins.module_utils._plan import mountbroker
from ansible_collections.glusterops.georep.plugins.module_utils._read.facts import observe
from ansible_collections.glusterops.georep.plugins.module_utils._ssh.georep_keys import read_pool
from ansible_collections.glusterops.georep.tests.unit.recorded import VERSIONS, recorded

each_version = pytest.mark.parametrize("version_", VERSIONS)


def told(out: str, rc: int = 0, err: str = "", release: str = "10.3") -> GlusterCli:
    def run(argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        return recorded(release, "version").answer if list(argv) == ["gluster", "--version"] else (rc, out, err)

    return GlusterCli(run, lock_patience=0, sleep=lambda seconds: None)


def changed(text: str, pattern: str, new: str) -> str:
    made = re.sub(pattern, lambda found: new.replace("{}", found[0]), text, count=1)
    assert made != text, pattern
    return made


@each_version
@pytest.mark.parametrize(
    ("pattern", "new", "says"),
    [
        # A word that no release prints was taken for a session that runs on some nodes only, and "start force" and "resume force" were sent.
        (r"(?<=<status>)Active", "Act\ufffdve", "status of a worker"),
        (r"(?<=<status>)Active", "", "status of a worker"),
        (r"(?<=<status>)Active", "Actve", "status of a worker"),
        # A garbled URL ended in "unexpected error, ValueError".
        (r"ssh://(?=\S+::projects-dr:)", "ssh:/\ufffd", "the target of a session of the volume projects"),
        (r"(?<=::projects-dr:)[0-9a-f]{8}", "", "the target of a session of the volume projects"),
        # A name that is cut is a name, too: but the rows say another one.
        (r"ssh://secondary1::projects-dr(?=:)", "ssh://secondary1::projects-d", "one name for the target of projects"),
        (r"ssh://secondary1(?=::projects-dr:)", "ssh://secondary", "one name for the target of projects"),
        (r"(?<=<name>)projects", "proj\ufffdcts", "the name of a volume"),
        # "unexpected error" of int(): digits of other scripts are digits to Python.
        (r"(?<=<failures>)\d+", "\u00b2", "failures of a worker"),
        (r"(?<=<entry>)\d+", "9" * 5000, "entry of a worker"),
        (r"(?<=<last_synced>)[^<]+", "2026-11-22 08:38", "last_synced of a worker"),
    ],
)
def test_a_status_with_a_garbled_value_is_unreadable(version_: str, pattern: str, new: str, says: str) -> None:
    tape = recorded(version_, "status-active")
    with pytest.raises(errors.UnreadableOutput, match=says):
        sessions.read_status(told(changed(tape.out, pattern, new)))


@each_version
def test_root_may_be_named_in_a_target(version_: str) -> None:
    """glusterd keeps a target as it was typed at creation."""
    [row] = sessions.read_status(told(recorded(version_, "status-active").out.replace("ssh://", "ssh://root@")))
    assert row.workers and "root@" in row.url


@each_version
@pytest.mark.parametrize(
    ("pattern", "new", "says"),
    [
        (r"(?<=<statusStr>)\w+", "St\ufffdrted", "statusStr"),
        (r"(?<=<statusStr>)\w+", "Started\u0080", "statusStr"),
        (r"(?<=<id>)[0-9a-f]+", "", "the id"),
        (r"(?<=<volume>)(\s*)<name>\w+", "<name>" + "x" * 500_000, "name of the volume"),
        (r"(?<=<hostUuid>)[0-9a-f]", "\ufffd", "hostUuid of a brick"),
        (r"(?<=<name>)[a-z0-9]+:/", "primary1/", "name of a brick"),
        (r"(?<=<replicaCount>)\d+", "9" * 5000, "replicaCount"),
    ],
)
def test_a_volume_with_a_garbled_value_is_unreadable(version_: str, pattern: str, new: str, says: str) -> None:
    with pytest.raises(errors.UnreadableOutput, match=says) as caught:
        read_volumes(told(changed(recorded(version_, "volume-info-one").out, pattern, new)), "projects")
    assert len(caught.value.message) < 3000


@each_version
@pytest.mark.parametrize("value", ["o\ufffd", "", "onn"])
def test_a_garbled_option_is_not_taken_for_one_that_is_off(version_: str, value: str) -> None:
    """A run set the volume read-only once more."""
    out = changed(recorded(version_, "volume-info-read-only").out, r"(?s)(?<=<name>features.read-only</name>)(\s*)<value>on", f"<value>{value}")
    with pytest.raises(errors.UnreadableOutput, match=r"the value of the option features\.read-only"):
        read_volumes(told(out), re.findall(r"<name>([a-z-]+)</name>", out)[0])


@each_version
@pytest.mark.parametrize(
    ("pattern", "new"),
    [(r"(?<=<connected>)1", "-1"), (r"(?<=<uuid>)....", ""), (r"(?<=<hostname>)\w+", "prim\ufffdy2"), (r"(?<=<state>)3", "x")],
)
def test_a_garbled_node_is_not_one_that_is_down(version_: str, pattern: str, new: str) -> None:
    with pytest.raises(errors.UnreadableOutput):
        read_peers(told(changed(recorded(version_, "pool-list").out, pattern, new)))


@each_version
def test_a_node_that_is_told_twice_is_not_two(version_: str) -> None:
    out = recorded(version_, "pool-list").out
    with pytest.raises(errors.UnreadableOutput, match="one comes twice"):
        read_peers(told(changed(out, r"(?s)<peer>.*?</peer>", "{}{}")))


@each_version
def test_a_table_of_nodes_without_its_head_has_lost_a_node(version_: str) -> None:
    out = recorded(version_, "pool-list-text").out
    twice = "\n".join([*out.splitlines()[:2], *out.splitlines()[1:]])
    for garbled in (twice, out.partition("\n")[2], out.replace("primary2", "prim\ufffdry2"), out.replace("UUID", "UU\x01D")):
        with pytest.raises(errors.UnreadableOutput):
            read_pool(told(garbled))


@each_version
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("sync_jobs", "3\ufffd"), ("sync_jobs", ""), ("ssh_port", "2\u00b2"), ("checkpoint", "9" * 12), ("ignore_deletes", ""),
        ("rsync_options", "\u0080-x"), ("log_level", ""),
    ],
)
def test_options_with_a_garbled_value_are_unreadable(version_: str, option: str, value: str) -> None:
    """They would be set once more, or read as a number that they are not."""
    out = re.sub(rf"<{option}>[^<]*</{option}>|<{option}/>", f"<{option}>{value}</{option}>", recorded(version_, "config-default").out)
    with pytest.raises(errors.UnreadableOutput, match=option.replace("_", "-")):
        sessions.read_config(told(out), "projects", "secondary1::projects-dr")
    text = re.sub(rf"(?m)^{option}:.*$", f"{option}:{value}", recorded(version_, "gsyncd-config-default").out)
    assert sessions.read_config_file(lambda _argv, **_more: (0, text, ""), "/usr/lib/x", "/f", "projects", "secondary1::projects-dr") is None


def test_options_that_gsyncd_takes_as_they_are_raise_no_doubt() -> None:
    for name, value in (("rsync-options", ""), ("special-sync-mode", ""), ("ssh-command", "/opt/\u00fc/ssh"), ("of-tomorrow", "x"), ("use-meta-volume", "tru")):
        assert Config({name: value}, False, ()).doubts == [], name


@pytest.mark.parametrize("problem", [errors.UnreadableOutput("flood"), errors.SystemRefused("no"), errors.CommandTimeout("late")])
def test_gluster_is_asked_where_gsyncd_cannot_be(problem: Exception) -> None:
    def run(_argv: t.Sequence[str], **_more: t.Any) -> t.NoReturn:
        raise problem

    assert sessions.read_config_file(run, "/usr/lib/x", "/f", "projects", "secondary1::projects-dr") is None


@each_version
def test_a_worker_of_no_brick_is_no_worker(version_: str) -> None:
    """The brick that it is taken for would seem to have none, and the session would be created once more by force."""
    rows = sessions.read_status(told(recorded(version_, "status-active").out))
    found = read_volumes(told(recorded(version_, "volume-info-one").out), "projects")
    assert [seen.missing for seen in observe(rows, found)] == [[]]
    bricks = [brick._replace(path="/bricks/pro\ufffdects") if index else brick for index, brick in enumerate(found["projects"].bricks)]
    with pytest.raises(errors.UnreadableOutput, match="which is not a brick of the volume projects") as caught:
        observe(rows, {"projects": found["projects"]._replace(bricks=bricks)})
    assert "gluster volume info projects" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("glusterfs 10.3\nRepository", "10.3"), ("glusterfs 11.0rc1\n", "11.0"), ("glusterfs 3.12.2 \n", "3.12.2"), ("glusterfs 9.2-1+deb11u1\n", "9.2"),
        # Cut: a 10.3 was taken for a 1, whose options have other names.
        ("glusterfs 1", None), ("glusterfs 10.", None), ("glusterfs 10.3", None), ("glusterfs 1\x00.3\n", None), ("glusterfs 1itory revision: git\n", None),
        ("glusterfs 10.\ufffd\n", None), (f"glusterfs {'1' * 5000}\n", None), ("glusterfs \u0661\n", None),
    ],
)  # fmt: skip
def test_a_version_is_read_whole_or_not_at_all(text: str, found: str | None) -> None:
    assert version.find_version(text) == found


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<?xml version="1.0" encoding="nonsense"?>', "<opRet>0</opRet>"),
        ('<?xml version="1.0" encoding="utf-16"?>', "<opRet>0</opRet>"),
        ('<?xml version="1.0"?>', f"<opRet>{'0' * 5000}</opRet>"),
        ('<?xml version="1.0"?>', "<opRet>0_0</opRet>"),
        ('<?xml version="1.0"?>', "<opRet>0</opRet><opErrno>\u00b2</opErrno>"),
        ('<?xml version="1.0"?>', f"<opRet>0</opRet>{'<x>' * 5000}{'</x>' * 5000}"),
        ('<?xml version="1.0"?>', "<opRet>0\x00</opRet>"),
        ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>', "<opRet>&f;</opRet>"),
    ],
)
def test_xml_that_is_none(head: str, body: str) -> None:
    with pytest.raises(errors.UnreadableOutput) as caught:
        read_peers(told(f"{head}<cliOutput>{body}</cliOutput>"))
    assert "root:" not in caught.value.message


@pytest.mark.parametrize(
    "flood",
    [
        "y\n" * 500_000,
        f'<?xml version="1.0"?><x>{"z" * 500_000}',
        f'<?xml version="1.0"?><cliOutput><opRet>-1</opRet><opErrstr>{"z" * 500_000}</opErrstr></cliOutput>',
    ],
    ids=["lines", "element", "reason"],
)
def test_a_flood_makes_no_long_message(flood: str) -> None:
    for read in (read_peers, read_volumes, sessions.read_status):
        with pytest.raises(errors.GeorepError) as caught:
            read(told(flood))  # type: ignore[operator]
        assert len(caught.value.message) < 2000
        assert len(repr(caught.value.as_result())) < 20_000


def test_the_words_of_a_program_in_one_line() -> None:
    assert errors.quoted("one\n  two\n") == "one two"
    assert errors.quoted("Traceback (most recent call last):\n  File x\nOSError: no space") == "OSError: no space"
    assert len(errors.quoted("x" * 10**6)) < 700 and "999400 characters are left out" in errors.quoted("x" * 10**6)
    assert len(errors.GeorepError("x" * 10**6).as_result()["msg"]) < 21_000


@pytest.mark.parametrize(
    ("code", "why"), [(errno.EACCES, "Permission denied"), (errno.ENOEXEC, "Exec format error"), (errno.ENOMEM, "Cannot allocate memory")]
)
def test_a_program_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch, code: int, why: str) -> None:
    def refuse(*_args: t.Any, **_more: t.Any) -> t.NoReturn:
        raise OSError(code, os.strerror(code), "gluster")

    monkeypatch.setattr(runner.subprocess, "Popen", refuse)
    with pytest.raises(errors.SystemRefused, match=f"'gluster' could not be started on this node: {why}") as caught:
        runner.run_process(["gluster", "--version"])
    assert caught.value.command == ["gluster", "--version"] and "Run gluster by hand" in (caught.value.remedy or "")


def test_a_file_that_is_no_program(tmp_path: Path) -> None:
    path = tmp_path / "gluster"
    path.write_text("x")
    with pytest.raises(errors.SystemRefused, match="Permission denied"):
        runner.run_process([str(path)])


def test_input_that_is_not_utf_8_reaches_the_program() -> None:
    assert runner.run_process(["wc", "-c"], stdin="a\udcff")[1].strip() == "2"


@pytest.mark.parametrize(("out", "rc"), [("", 0), ("volume se", 0), ("volume set: success\n", 1), ("", -11)])
def test_a_proof_is_not_taken_for_withdrawn(out: str, rc: int) -> None:
    with pytest.raises(errors.CommandFailed, match="which stores that files reached the secondary: "):
        proofs.withdraw(told(out, rc), "projects", ["user.glusterops.georep.proof.x"])
    proofs.withdraw(told("volume set: success\n"), "projects", ["user.glusterops.georep.proof.x"])


@pytest.mark.parametrize("out", ["", "1B-blocks Used Avail\n", "Size Used Avail\n10 x 1\n", "10 \u00b2 1\n", "1 2\n", "1 2 3 4\n"])
def test_sizes_that_df_did_not_tell(monkeypatch: pytest.MonkeyPatch, out: str) -> None:
    monkeypatch.setattr(mounts, "mounted", mounted)
    with pytest.raises(errors.UnreadableOutput, match="df could not measure localhost:projects: "):
        mounts.read_usage(lambda _argv, **_more: (0, out, ""), "projects")
    answers = iter([(0, "1B-blocks Used Avail\n 30 10 20\n", ""), (0, "a\n", "")])
    assert mounts.read_usage(lambda _argv, **_more: next(answers), "projects") == mounts.Usage(30, 10, 20, ("a",))


class mounted:
    def __init__(self, *_args: t.Any) -> None:
        """Nothing is mounted."""

    def __enter__(self) -> str:
        return "/run/x"

    def __exit__(self, *_args: object) -> None:
        """Nothing is unmounted."""


def test_numbers_that_are_none() -> None:
    assert [progress.number(text) for text in ("7", "N/A", "\u00b2", "\u0663", "-1", "9" * 5000)] == [7, None, None, None, None, None]
    volume = Volume("v", "", "Started", "", [], 1, {})
    for text, seconds in (("3", 3.0), ("nan", 15.0), ("9" * 5000, 15.0), ("x", 15.0)):
        assert proof.rollover(volume._replace(options={"changelog.rollover-time": text})) == seconds


@pytest.mark.parametrize(
    ("text", "found"),
    [("1 : failed with this errno (Operation not permitted)", 1), ("1 : failed with this", None), ("\u0661 : failed with this errno (x)", None)],
)
def test_the_answer_to_a_mount_that_cannot_be(text: str, found: int | None) -> None:
    assert mountbroker.read_errno(text) == found
