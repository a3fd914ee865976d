# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running programs, and the gluster command line by its laws."""

from __future__ import annotations

import os
import signal
import sys
import time
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import runner
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli, Recorder, run_process
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.tests.unit.recorded import VERSIONS, recorded
from ansible_collections.glusterops.georep.tests.unit.support import FakeRun

PYTHON = sys.executable
LOCK = (1, "", "Another transaction is in progress for projects. Please try again after some time.\n")
LOCK_XML = (
    0,
    '<?xml version="1.0"?><cliOutput><opRet>-1</opRet><opErrno>30802</opErrno><opErrstr>busy</opErrstr></cliOutput>',
    "",
)
GOOD = (0, "fine\n", "")


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def cli(run: t.Any, clock: Clock | None = None, patience: float = 120.0) -> GlusterCli:
    clock = clock or Clock()
    return GlusterCli(run, lock_patience=patience, clock=clock.now, sleep=clock.sleep)


# --- the command line


@pytest.mark.parametrize(
    ("kwargs", "head"),
    [
        ({}, ["gluster", "--mode=script", "--timeout=120", "--"]),
        ({"xml": True}, ["gluster", "--mode=script", "--xml", "--timeout=120", "--"]),
        ({"xml": True, "timeout": 600}, ["gluster", "--mode=script", "--xml", "--timeout=600", "--"]),
        ({"timeout": 2.9}, ["gluster", "--mode=script", "--timeout=2", "--"]),
        (
            {"xml": True, "remote_host": "dr1"},
            ["gluster", "--mode=script", "--xml", "--timeout=120", "--remote-host=dr1", "--"],
        ),
    ],
)
def test_the_command_line(kwargs: dict[str, t.Any], head: list[str]) -> None:
    words = ["volume", "geo-replication", "p", "dr1::s", "config", "rsync-options", "--whole-file"]
    with FakeRun([([*head, *words], GOOD)]) as run:
        answer = cli(run).call(words, **kwargs)
    assert (answer.argv, answer.rc, answer.out, answer.err) == ([*head, *words], *GOOD)


@pytest.mark.parametrize("timeout", [30, 120, 600])
def test_the_process_gets_more_time_than_gluster_itself(timeout: int) -> None:
    with FakeRun([(lambda argv: f"--timeout={timeout}" in argv, GOOD, {"timeout": timeout + 10})]) as run:
        cli(run).call(["x"], timeout=timeout)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_recorder_asked_with_our_own_command_lines(version: str) -> None:
    for name, words, remote in (
        ("volume-info-all", ["volume", "info", "all"], None),
        ("remote-volume-info-all", ["volume", "info", "all"], "secondary1"),
        ("status-active", ["volume", "geo-replication", "status"], None),
        ("config-default", ["volume", "geo-replication", "projects", "secondary1::projects-dr", "config"], None),
    ):
        assert recorded(version, name).argv == cli(None).argv(words, xml=True, timeout=120, remote_host=remote)


# --- patience with a busy lock


@pytest.mark.parametrize(
    "busy",
    [
        LOCK,
        LOCK_XML,
        (1, "", "Another transaction could be in progress. Please try again after some time.\n"),
        (1, "", "Locking failed on primary2. Please check log file for details.\n"),
        (1, "Locking failed on primary2. Error: x\n", ""),
    ],
)
def test_a_busy_lock_is_waited_out(busy: tuple[int, str, str]) -> None:
    clock = Clock()
    with FakeRun([(lambda argv: True, answer) for answer in (busy, busy, busy, GOOD)]) as run:
        assert cli(run, clock).call(["volume", "info"]).out == "fine\n"
    assert clock.slept == pytest.approx([0.5, 0.8, 1.28])
    assert len({tuple(argv) for argv in run.argvs}) == 1, "the very same command each time"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "name", ["lock-config-set", "lock-config-read", "lock-start", "lock-volume-set", "lock-status-pair-text"]
)
def test_a_busy_lock_as_recorded(version: str, name: str) -> None:
    answer = recorded(version, name).answer
    with FakeRun([(lambda argv: True, answer), (lambda argv: True, GOOD)]) as run:
        assert cli(run).call(["x"], xml=True).out == "fine\n"


def test_patience_ends() -> None:
    clock = Clock()
    run = FakeRun([(lambda argv: True, LOCK)] * 100)
    with pytest.raises(errors.LockBusy, match="for 20 seconds") as caught:
        cli(run, clock, patience=20).call(["volume", "info"])
    assert max(clock.slept) == 5.0
    assert 15 <= sum(clock.slept) <= 20, "it neither gives up early nor waits longer than told"
    assert len(run.calls) == len(clock.slept) + 1
    assert "cmd_history.log" in (caught.value.remedy or "")
    assert caught.value.command == ["gluster", "--mode=script", "--timeout=120", "--", "volume", "info"]


def test_no_patience_is_one_try() -> None:
    with FakeRun([(lambda argv: True, LOCK)]) as run, pytest.raises(errors.LockBusy):
        cli(run, patience=0).call(["x"])


@pytest.mark.parametrize(
    "answer",
    [
        (1, "", "Volume nosuch does not exist\n"),
        (2, "geo-replication command failed\n", ""),
        (1, "", "Commit failed on localhost. Please check the log file for more details.\n"),
        (1, "", "Quorum not met. Volume operation not allowed.\n"),
    ],
)
def test_nothing_else_is_tried_again(answer: tuple[int, str, str]) -> None:
    with FakeRun([(lambda argv: True, answer)]) as run:
        assert cli(run).call(["x"])[1:] == answer


# --- reads that the CLI did not answer

SILENT = [(-11, "", ""), (-11, "half of it\n", ""), (0, "", ""), (2, "", "\n"), (139, "", "")]


@pytest.mark.parametrize("silent", SILENT)
def test_a_read_without_an_answer_is_repeated(silent: tuple[int, str, str]) -> None:
    clock = Clock()
    with FakeRun([(lambda argv: True, answer) for answer in (silent, silent, GOOD)]) as run:
        assert cli(run, clock).read(["volume", "info"], xml=True, timeout=30, remote_host="dr1").out == "fine\n"
    assert clock.slept == pytest.approx([0.5, 0.8])
    assert {tuple(argv) for argv in run.argvs} == {
        ("gluster", "--mode=script", "--xml", "--timeout=30", "--remote-host=dr1", "--", "volume", "info")
    }


@pytest.mark.parametrize("silent", SILENT)
def test_a_change_is_never_repeated(silent: tuple[int, str, str]) -> None:
    with FakeRun([(lambda argv: True, silent)]) as run:
        assert cli(run).call(["volume", "stop", "projects"])[1:] == silent


def test_a_read_is_repeated_for_twenty_seconds_at_most() -> None:
    clock = Clock()
    run = FakeRun([(lambda argv: True, (-11, "", ""))] * 100)
    assert cli(run, clock).read(["volume", "info"]).rc == -11, "the last answer; who asked says what it means"
    assert 15 <= sum(clock.slept) <= 20


def test_an_answer_that_took_long_to_fail_still_has_its_repetition() -> None:
    clock = Clock()
    answers = iter([(-11, "", ""), GOOD])

    def slow(_argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        clock.time += 90
        return next(answers)

    assert cli(slow, clock).read(["volume", "geo-replication", "status"]).out == "fine\n"


def test_a_read_waits_out_a_busy_lock_too() -> None:
    with FakeRun([(lambda argv: True, answer) for answer in ((-11, "", ""), LOCK, GOOD)]) as run:
        assert cli(run).read(["volume", "info"]).out == "fine\n"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((1, "", "no\n"), "no"),
        ((0, "", ""), "gluster printed nothing and ended with exit code 0"),
        ((-11, "", ""), "gluster was ended by signal 11 and printed nothing"),
        ((-6, "half\n", ""), "gluster was ended by signal 6 after printing: half"),
    ],
)
def test_what_an_answer_says_of_itself(answer: tuple[int, str, str], said: str) -> None:
    assert runner.Answer(["gluster"], *answer).said == said


# --- no answer


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "name",
    [
        "daemon-down-volume-info",
        "daemon-down-pool-list",
        "daemon-down-status",
        "daemon-down-status-text",
        "daemon-down-start",
    ],
)
def test_glusterd_is_down_here(version: str, name: str) -> None:
    with FakeRun([(lambda argv: True, recorded(version, name).answer)]) as run:
        with pytest.raises(errors.DaemonUnreachable, match="on this node") as caught:
            cli(run).call(["x"], xml=True)
    assert "systemctl start glusterd" in (caught.value.remedy or "")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["remote-daemon-down", "remote-unknown-host"])
def test_glusterd_is_down_there(version: str, name: str) -> None:
    with FakeRun([(lambda argv: True, recorded(version, name).answer)]) as run:
        with pytest.raises(errors.DaemonUnreachable, match="on secondary2") as caught:
            cli(run).call(["x"], xml=True, remote_host="secondary2")
    assert "24007" in (caught.value.remedy or "")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["timed-out", "timed-out-text"])
def test_gluster_gave_up_waiting(version: str, name: str) -> None:
    with FakeRun([(lambda argv: True, recorded(version, name).answer)]) as run:
        with pytest.raises(errors.CommandTimeout, match="within 2 seconds; glusterd may still be working"):
            cli(run).call(["x"], timeout=2)


def test_a_client_that_hangs_is_a_time_out_too() -> None:
    with FakeRun([(lambda argv: True, errors.CommandTimeout("'gluster' did not answer"))]) as run:
        with pytest.raises(errors.CommandTimeout):
            cli(run).call(["x"])


# --- real processes


def test_both_streams_and_the_exit_code() -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    assert run_process([PYTHON, "-c", code]) == (3, "out\n", "err\n")


def test_standard_input() -> None:
    code = "import sys; print(sys.stdin.read()[::-1])"
    assert run_process([PYTHON, "-c", code], stdin="süß")[1] == "ßüs\n"
    assert run_process([PYTHON, "-c", code])[1] == "\n", "without one it is empty, not ours"


def test_the_locale_is_c_and_sbin_is_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setenv("PATH", "/nowhere")
    code = "import os; print(*(os.environ[name] for name in ('LC_ALL', 'LANGUAGE', 'PATH', 'EXTRA')), sep='|')"
    out = run_process([PYTHON, "-c", code], env={"EXTRA": "x"})[1].strip().split("|")
    assert out[:2] == ["C", "C"]
    assert out[2].startswith("/nowhere:") and "/usr/sbin" in out[2].split(":")
    assert out[3] == "x"
    assert os.environ["LC_ALL"] == "de_DE.UTF-8", "our own environment is left alone"


def test_no_shell_ever() -> None:
    assert (
        run_process([PYTHON, "-c", "import sys; print(sys.argv[1:])", "; echo x", "$HOME", "*"])[1]
        == "['; echo x', '$HOME', '*']\n"
    )


def test_bytes_that_are_no_text() -> None:
    assert run_process([PYTHON, "-c", "import os; os.write(1, b'a\\xff')"])[1] == "a\ufffd"


def test_a_flood_ends_in_an_error_and_not_in_our_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "OUTPUT_LIMIT", 1 << 20)
    code = "import sys\nfor _ in range(50): sys.stdout.write('x' * (1 << 20))\nsys.exit(7)"
    with pytest.raises(errors.UnreadableOutput, match="more than 1 MiB") as caught:
        run_process([PYTHON, "-c", code])
    assert len(caught.value.stdout or "") == 1 << 20 and caught.value.rc == 7, "it was read to its end"
    assert run_process([PYTHON, "-c", f"print('y' * {(1 << 20) - 1})"])[0] == 0, "as much as is allowed"


def test_much_input_and_much_output_at_once() -> None:
    text = "abc\n" * 500_000
    assert run_process([PYTHON, "-c", "import sys, shutil; shutil.copyfileobj(sys.stdin, sys.stdout)"], stdin=text)[1] == text
    assert run_process([PYTHON, "-c", "print('not read')"], stdin=text) == (0, "not read\n", ""), "it may leave its input"


@pytest.mark.parametrize(
    ("program", "says"),
    [("gluster-nosuch", "glusterfs-server"), ("nosuchprogram", "package that provides nosuchprogram")],
)
def test_a_program_that_is_missing(program: str, says: str) -> None:
    with pytest.raises(errors.CommandMissing, match="not installed on this node") as caught:
        run_process([program, "x"])
    assert says in (caught.value.remedy or "")
    assert caught.value.command == [program, "x"]


def test_a_time_out_ends_the_whole_family(tmp_path: t.Any) -> None:
    child = tmp_path / "child"
    code = f"import subprocess; p = subprocess.Popen(['sleep', '60']); open({str(child)!r}, 'w').write(str(p.pid)); print('begun', flush=True); p.wait()"
    started = time.monotonic()
    with pytest.raises(errors.CommandTimeout, match=r"within 1\.5 seconds") as caught:
        run_process([PYTHON, "-c", code], timeout=1.5)
    assert time.monotonic() - started < 30
    assert caught.value.stdout == "begun\n", "what it had said already is evidence"
    pid = child.read_text()
    for _attempt in range(100):
        try:
            state = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0]
        except OSError:
            break
        if state == "Z":
            break
        time.sleep(0.05)
    else:
        pytest.fail(f"the child {pid} is still running")


def test_one_that_cannot_be_ended_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that waits in the kernel for a dead mount does not die of SIGKILL."""
    spared: list[int] = []
    started = time.monotonic()
    with monkeypatch.context() as patch:
        patch.setattr(runner, "KILL_TIMEOUT", 0.1)
        patch.setattr(os, "killpg", lambda group, _signal: spared.append(group))
        with pytest.raises(errors.CommandTimeout) as caught:
            run_process(["sh", "-c", "echo begun; exec sleep 60"], timeout=1)
    os.killpg(spared[0], signal.SIGKILL)
    assert time.monotonic() - started < 30
    assert caught.value.stdout == "begun\n"


def test_the_recorder_keeps_what_ran_and_never_standard_input() -> None:
    times = iter([10.0, 10.25, 20.0, 21.0, 30.0, 30.0])
    with FakeRun(
        [
            (["a", "1"], (3, "", "")),
            (["b"], errors.CommandTimeout("slow")),
            (["c"], GOOD, {"stdin": "secret", "env": {"K": "secret"}, "timeout": 5}),
        ]
    ) as run:
        recorder = Recorder(run, clock=lambda: next(times))
        recorder(["a", "1"])
        with pytest.raises(errors.CommandTimeout):
            recorder(["b"])
        recorder(["c"], stdin="secret", env={"K": "secret"}, timeout=5)
    assert recorder.commands == [
        {"argv": ["a", "1"], "rc": 3, "seconds": 0.25},
        {"argv": ["b"], "rc": None, "seconds": 1.0},
        {"argv": ["c"], "rc": 0, "seconds": 0.0},
    ]


# --- the one exception family


def test_an_error_as_a_module_result() -> None:
    full = errors.CommandFailed(
        "It failed.", remedy="Do this.", command=("a", "b"), rc=3, stdout="o", stderr="e", option="x", value=[1]
    )
    assert full.as_result() == {
        "msg": "It failed. Do this.", "remedy": "Do this.", "rc": 3, "stdout": "o", "stderr": "e",
        "option": "x", "value": [1], "cmd": ["a", "b"], "error": "CommandFailed",
    }  # fmt: skip
    assert errors.LockBusy("Busy.").as_result() == {"msg": "Busy.", "error": "LockBusy"}
