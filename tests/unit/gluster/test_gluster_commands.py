# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands that change something: the exact command line, and what each recorded answer is taken for."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import advice
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import sessions
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.tests.unit.recorded import VERSIONS, recorded
from ansible_collections.glusterops.georep.tests.unit.support import FakeRun

TARGET = "secondary1::projects-dr"
XML = ["gluster", "--mode=script", "--xml"]
PAIR = ["volume", "geo-replication", "p", "geo@dr1::s"]
GOOD = (0, "<?xml version='1.0'?><cliOutput><opRet>0</opRet><opErrstr>fine</opErrstr></cliOutput>", "")
each_version = pytest.mark.parametrize("version", VERSIONS)

Command = t.Callable[..., str]


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "argv"),
    [
        (sessions.create, (), {"push_pem": True}, ["--timeout=600", "--", *PAIR, "create", "push-pem"]),
        (sessions.create, (), {"push_pem": False}, ["--timeout=600", "--", *PAIR, "create", "no-verify"]),
        (
            sessions.create,
            (),
            {"push_pem": True, "ssh_port": 2222},
            ["--timeout=600", "--", *PAIR, "create", "ssh-port", "2222", "push-pem"],
        ),
        (
            sessions.create,
            (),
            {"push_pem": False, "ssh_port": 2222, "force": True},
            ["--timeout=600", "--", *PAIR, "create", "ssh-port", "2222", "no-verify", "force"],
        ),
        (
            sessions.create,
            (),
            {"push_pem": True, "force": True},
            ["--timeout=600", "--", *PAIR, "create", "push-pem", "force"],
        ),
        (sessions.act, ("start",), {}, ["--timeout=300", "--", *PAIR, "start"]),
        (sessions.act, ("stop",), {"force": True}, ["--timeout=300", "--", *PAIR, "stop", "force"]),
        (sessions.act, ("pause",), {}, ["--timeout=300", "--", *PAIR, "pause"]),
        (sessions.act, ("resume",), {}, ["--timeout=300", "--", *PAIR, "resume"]),
        (sessions.delete, (), {}, ["--timeout=300", "--", *PAIR, "delete"]),
        (sessions.delete, (), {"reset_sync_time": True}, ["--timeout=300", "--", *PAIR, "delete", "reset-sync-time"]),
        (sessions.set_option, ("sync-jobs", "5"), {}, ["--timeout=300", "--", *PAIR, "config", "sync-jobs", "5"]),
        (
            sessions.set_option,
            ("rsync-options", "--xml -z"),
            {},
            ["--timeout=300", "--", *PAIR, "config", "rsync-options", "--xml -z"],
        ),
        (sessions.reset_option, ("sync-jobs",), {}, ["--timeout=300", "--", *PAIR, "config", "!sync-jobs"]),
    ],
)
def test_command_lines(function: Command, args: tuple[str, ...], kwargs: dict[str, t.Any], argv: list[str]) -> None:
    with FakeRun([([*XML, *argv], GOOD)]) as run:
        assert function(GlusterCli(run), "p", "geo@dr1::s", *args, **kwargs) == "fine"


def played(version: str, name: str) -> GlusterCli:
    tape = recorded(version, name)
    return GlusterCli(FakeRun([(tape.argv, tape.answer)]), lock_patience=0)


def act(verb: str, target: str = TARGET, **kwargs: t.Any) -> t.Callable[[GlusterCli], str]:
    return lambda cli: sessions.act(cli, "projects", target, verb, **kwargs)


def create(
    target: str = TARGET, volume: str = "projects", push_pem: bool = False, **kwargs: t.Any
) -> t.Callable[[GlusterCli], str]:
    return lambda cli: sessions.create(cli, volume, target, push_pem=push_pem, **kwargs)


def setting(name: str, value: str) -> t.Callable[[GlusterCli], str]:
    return lambda cli: sessions.set_option(cli, "projects", TARGET, name, value)


def delete(cli: GlusterCli) -> str:
    return sessions.delete(cli, "projects", TARGET)


#: What glusterd says with success.
SUCCESSES: list[tuple[str, t.Callable[[GlusterCli], str], str]] = [
    ("create", create(), ""),
    ("create-half-made-force", create(force=True), ""),
    ("start", act("start"), ""),
    ("start-no-keys", act("start"), ""),
    ("start-force-mixed", act("start", force=True), ""),
    ("stop", act("stop"), ""),
    ("pause", act("pause"), ""),
    ("resume", act("resume"), ""),
    ("stop-force-peer-down", act("stop", force=True), ""),
    ("delete", lambda cli: sessions.delete(cli, "projects", "secondary2::projects-dr2"), "delete successful"),
    ("config-set", setting("sync-jobs", "5"), "config-set successful"),
    ("config-set-same", setting("sync-jobs", "5"), ""),
    ("config-set-dashes", setting("rsync-options", "--whole-file"), "config-set successful"),
    ("config-set-paused", setting("sync-jobs", "4"), "config-set successful"),
    ("config-set-peer-down", setting("sync-jobs", "6"), "config-set successful"),
    ("config-reset", lambda cli: sessions.reset_option(cli, "projects", TARGET, "sync-jobs"), "config-del successful"),
    (
        "config-reset-unset",
        lambda cli: sessions.reset_option(cli, "projects", TARGET, "sync-jobs"),
        "config-del successful",
    ),
    # success that did nothing
    ("config-set-true", setting("ignore-deletes", "True"), ""),
    ("stop-again", act("stop"), "geo-replication is not set up"),
    ("pause-stopped", act("pause"), "geo-replication is not set up"),
]


@each_version
@pytest.mark.parametrize(("name", "command", "remark"), SUCCESSES)
def test_success(version: str, name: str, command: t.Callable[[GlusterCli], str], remark: str) -> None:
    assert command(played(version, name)) == remark


#: name, command, what the message says, what the remedy says
REFUSALS: list[tuple[str, t.Callable[[GlusterCli], str], str, str | None]] = [
    (
        "create-no-login",
        create(push_pem=True),
        "Passwordless ssh login has not been setup with secondary1",
        "gluster_ssh_trust",
    ),
    ("create-unknown-volume", create(volume="nosuch"), "Volume nosuch does not exist", "gluster volume list"),
    ("create-unknown-secondary-volume", create("secondary1::nosuch"), "Unable to get remote volume uuid", "24007"),
    ("create-unknown-host", create("nosuchhost::projects-dr"), "Unable to get remote volume uuid", "name resolves"),
    ("create-unreachable", create("secondary2::projects-dr"), "Unable to get remote volume uuid", "24007"),
    ("create-again", create(), f"Session between projects and {TARGET} is already created.", None),
    ("create-half-made", create(), f"Session between projects and {TARGET} is already created.", None),
    ("create-other-user", create(f"geoaccount@{TARGET}"), f"geoaccount@{TARGET} is already created.", None),
    ("create-other-name", create("secondary2::projects-dr"), "Cannot create with new", "another name of the host"),
    ("create-bad-url", create("secondary1:::projects-dr"), "Invalid", None),
    (
        "create-peer-down",
        lambda cli: sessions.create(cli, "homes", "secondary1::homes-dr", push_pem=False),
        "Peer primary2",
        "peer_down",
    ),
    ("create-corrupt", create(force=True), "Unable to get statefile's name", "gsyncd.conf"),
    ("start-missing", act("start"), "does not exist", None),
    ("start-again", act("start"), "already started", None),
    ("start-paused", act("start"), "already started", None),
    ("start-mixed", act("start"), "Staging failed on primary2. Error: ", None),
    ("start-corrupt", act("start"), "Staging failed on localhost", "gsyncd.conf"),
    ("stop-corrupt", act("stop"), "Staging failed on localhost", "gsyncd.conf"),
    ("delete-corrupt", delete, "Staging failed on localhost", "gsyncd.conf"),
    ("config-set-corrupt", setting("sync-jobs", "3"), "Staging failed on localhost", "gsyncd.conf"),
    ("stop-missing", act("stop"), "does not exist", None),
    ("pause-missing", act("pause"), "does not exist", None),
    ("resume-missing", act("resume"), "does not exist", None),
    ("delete-missing", delete, "does not exist", None),
    ("delete-half-made", delete, "does not exist", None),
    ("pause-again", act("pause"), "already Paused", None),
    ("resume-running", act("resume"), "is not Paused", None),
    ("delete-running", delete, "is still active. Please stop the session and retry.", None),
    ("delete-paused", delete, "is still active. Please stop the session and retry.", None),
    (
        "pause-peer-down",
        act("pause"),
        "Peer primary2, which is a part of projects volume, is down",
        "Start the node",
    ),
    (
        "pause-force-peer-down",
        act("pause", force=True),
        "Peer primary2, which is a part of projects volume, is down",
        "Start the node",
    ),
    (
        "stop-peer-down",
        act("stop"),
        "Peer primary2, which is a part of projects volume, is down",
        "Start the node",
    ),
    ("delete-peer-down", delete, "Peer primary2", None),
    ("config-set-invalid", setting("sync-jobs", "abc"), "config-set failed", None),
    ("config-set-invalid-level", setting("log-level", "LOUD"), "Invalid value(LOUD) for option log-level", None),
    ("config-set-unknown", setting("no-such-option", "1"), "Invalid option", None),
    ("config-set-reserved", setting("pid-file", "/tmp/x"), "Reserved option", None),
    # not XML although XML was asked for
    ("config-set-keyword", setting("rsync-options", "force"), "Usage:", None),
]


@each_version
@pytest.mark.parametrize(("name", "command", "says", "remedy"), REFUSALS)
def test_refusals(
    version: str, name: str, command: t.Callable[[GlusterCli], str], says: str, remedy: str | None
) -> None:
    tape = recorded(version, name)
    with pytest.raises(errors.CommandFailed) as caught:
        command(played(version, name))
    error = caught.value
    assert says in error.message
    if remedy is not None:
        assert remedy in (advice(error) or "")
    assert (error.command, error.rc, error.stdout, error.stderr) == (tape.argv, *tape.answer)


@each_version
def test_words_of_another_release_are_refused(version: str) -> None:
    name = "secondary-timeout" if version == "9.2" else "slave-timeout"
    with pytest.raises(errors.CommandFailed, match="Invalid option"):
        setting(name, "90")(played(version, "config-set-other-words"))


@pytest.mark.parametrize("version", ["11.1", "11.2"])
@pytest.mark.parametrize(
    ("name", "command", "says"),
    [
        ("create-readfp", create(), "Unable to get statefile's name"),
        ("start-readfp", act("start"), "Staging failed on localhost"),
    ],
)
def test_stock_packages_on_python_3_13_and_3_14(version: str, name: str, command: t.Callable[[GlusterCli], str], says: str) -> None:
    with pytest.raises(errors.CommandFailed, match=says) as caught:
        command(played(version, name))
    assert "readfp" in (advice(caught.value) or "")


def refused(text: str, ret: str = "-1") -> tuple[int, str, str]:
    return 0, f"<?xml version='1.0'?><cliOutput><opRet>{ret}</opRet><opErrstr>{text}</opErrstr></cliOutput>", ""


@pytest.mark.parametrize(
    "answer",
    [
        refused("Commit failed on localhost. Please check the log file for more details."),
        refused("Commit failed on primary2. Error: x"),
        refused("Unlocking failed on primary2. Please check log file for details."),
        refused("glusterd defunct"),
        refused("Operation failed"),
        refused(""),
        (2, "geo-replication command failed\n", ""),
        (1, "", ""),
        (1, "geo-replication command failed\n", "Commit failed on localhost.\n"),
    ],
)
def test_an_unknown_outcome_is_never_a_refusal(answer: tuple[int, str, str]) -> None:
    with pytest.raises(errors.OutcomeUnknown, match="did not say what became of it"):
        act("start")(GlusterCli(FakeRun([(lambda argv: True, answer)])))


@pytest.mark.parametrize("ret", ["-1", "1", "2", "-3"])
def test_every_return_code_but_0_is_a_refusal(ret: str) -> None:
    with pytest.raises(errors.CommandFailed, match="some reason"):
        act("pause")(GlusterCli(FakeRun([(lambda argv: True, refused("some reason", ret))])))


@each_version
@pytest.mark.parametrize(
    ("name", "verb"),
    [
        ("start-again", "start"), ("start-paused", "start"), ("start-mixed", "start"), ("pause-again", "pause"),
        ("resume-running", "resume"), ("create-again", "create"), ("delete-missing", "delete"),
        ("start-missing", None), ("delete-running", None), ("create-unreachable", None), ("pause-peer-down", None),
        ("config-set-invalid", None), ("start-corrupt", None),
    ],
)  # fmt: skip
def test_which_refusals_may_mean_that_it_is_so_already(version: str, name: str, verb: str | None) -> None:
    """Each for its own command alone: a session that is gone speaks for its deletion, and not for its start."""
    verbs = ("create", "start", "pause", "resume", "stop", "delete", "config")
    said = [one for one in verbs if sessions.says_so(one, recorded(version, name).out)]
    assert [one for one in said if one == (verb or name.partition("-")[0])] == ([verb] if verb else [])


NO_ANSWER = [
    (0, "<?xml version='1.0'?><cliOutput><opRet>0</opRet>", ""),
    (0, "<?xml version='1.0'?><cliOutput><opErrno>0</opErrno></cliOutput>", ""),
    (0, "done\n", ""),
    (0, "", ""),
    (2, "geo-replication command failed\n", ""),
    (-11, "", ""),
    (-9, "<?xml version='1.0'?><cli", ""),
    (-15, "Starting geo-replication session", ""),
]


@pytest.mark.parametrize("answer", NO_ANSWER)
def test_an_answer_that_cannot_be_read_says_nothing_about_the_outcome(answer: tuple[int, str, str]) -> None:
    with FakeRun([([*XML, "--timeout=300", "--", *PAIR, "start"], answer)]) as run:
        with pytest.raises(errors.OutcomeUnknown, match=r"Start of p -> geo@dr1::s: .*did not say what became of it"):
            sessions.act(GlusterCli(run), "p", "geo@dr1::s", "start")
