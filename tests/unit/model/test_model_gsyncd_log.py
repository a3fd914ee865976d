# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A worker's last words, from real logs and from short ones: which records belong to its last start, and which to its end."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import explain
from ansible_collections.glusterops.georep.plugins.module_utils._faults.entry import LOG
from ansible_collections.glusterops.georep.plugins.module_utils._model.gsyncd_log import (
    UNDECIDED,
    last_error,
    last_node,
    last_words,
    records,
)
from ansible_collections.glusterops.georep.tests.unit.gsyncd_logs import BRICK, Log

TRACE = """[2026-01-02 10:00:00.1] I [monitor(monitor):160:monitor] Monitor: starting gsyncd worker
[2026-01-02 10:00:01.2] E [syncdutils(worker /b):363:log_raise_exception] <top>: FAIL:
Traceback (most recent call last):
  File "/usr/libexec/glusterfs/python/syncdaemon/gsyncd.py", line 325, in main
    func(args)
AttributeError: 'Thread' object has no attribute 'isAlive'
[2026-01-02 10:00:02.3] I [monitor(monitor):228:monitor] Monitor: worker died in startup phase [{brick=/b}]
"""

SSH_FAILED = (
    "Popen: command returned error [{cmd=ssh -oPasswordAuthentication=no -p 22 secondary1 /usr/sbin/gluster --xml "
    "--remote-host=localhost volume info projects-dr}, {error=255}]"
)
# GlusterFS 10.3: gsyncd wants to log what ssh said, and fails at that.
TRIPPED = f"""[2026-11-22 08:38:17.742560] E [syncdutils(monitor):845:errlog] {SSH_FAILED}
[2026-11-22 08:38:17.742862] E [syncdutils(monitor):363:log_raise_exception] <top>: FAIL:
Traceback (most recent call last):
  File "/usr/lib/x86_64-linux-gnu/glusterfs/python/syncdaemon/syncdutils.py", line 853, in errlog
    ls = l.split('\\n')
TypeError: a bytes-like object is required, not 'str'
[2026-11-22 08:38:45.66877] I [subcmds(monitor-status):29:subcmd_monitor_status] <top>: Monitor Status Change [{{status=Stopped}}]
"""


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("", None),
        ("no log at all\n", None),
        ("[2026-01-02 10:00:00.1] I [x(y):1:z] Something: fine\n", None),
        ("[2026-01-02 10:00:00.1] W [x(y):1:z] Something: odd\n", None),
        (
            "[2026-01-02 10:00:00.1] E [x(y):1:z] Popen: bad [{error=255}]\n",
            "2026-01-02 10:00:00.1 Popen: bad [{error=255}]",
        ),
        ("[2026-01-02 10:00:00.1] C [x(y):1:z] Popen: worse\n", "2026-01-02 10:00:00.1 Popen: worse"),
        ("[1] E [a] first\n[2] E [a] second\n[3] I [a] after\n", "2 second"),
        ("[1] E [a] first\n[2] I [a] after\nplain line of nobody\n", "1 first"),
        (TRACE, "2026-01-02 10:00:01.2 <top>: FAIL: AttributeError: 'Thread' object has no attribute 'isAlive'"),
        (TRIPPED, f"2026-11-22 08:38:17.742560 {SSH_FAILED}"),
        # the tail of a file begins anywhere
        ("half a line] E [a] b\n[2] E [a] whole\n", "2 whole"),
    ],
)
def test_last_error(log: str, expected: str | None) -> None:
    assert last_error(log) == expected


# --- which start

B2 = "/bricks/b2"
DENIED = "root@dr1: Permission denied (publickey)."


def failed(log: Log, brick: str = BRICK) -> Log:
    return log.starts(brick).connects(brick).ssh_ends(255, DENIED, brick=brick).died(brick)


def line(log: Log, brick: str | None = BRICK, now: float | None = None) -> str:
    words = last_words(str(log), brick, now)
    return words.line if words else ""


def test_only_what_was_said_since_the_last_start_counts() -> None:
    log = failed(Log())
    assert DENIED in line(log)
    log.starts().works()
    assert line(log) == ""
    log.starts().connects()
    assert line(log) == "" and line(log, None) == ""


def test_B06_sibling_an_old_failure_of_another_worker() -> None:
    log = failed(failed(Log()), B2)
    log.later(86400).starts().works().says("<top>: Gluster Mount process exited [{error=ENOTCONN}]").faulty()
    assert "ENOTCONN" in line(log) and DENIED in line(log, B2)
    log.starts(B2).works(B2)
    assert line(log, B2) == "" and "ENOTCONN" in line(log, None)


def test_of_all_workers_only_those_that_do_not_work_are_asked() -> None:
    log = failed(Log())
    log.starts(B2).works(B2).says("_GPrimary: ENTRY FAILED [{data=({}, 17, {})}]", "primary:788:log_failures", brick=B2)
    assert "ENTRY FAILED" in line(log, B2) and DENIED in line(log, None)
    log.starts().works()
    assert "ENTRY FAILED" in line(log, B2) and line(log, None) == "", "what a worker went on after is nobody's trouble here"


def test_a_start_that_says_nothing_yet_leaves_the_word_to_the_one_before() -> None:
    """A worker that fails again and again is between two starts for most of the time."""
    log = failed(Log()).starts().connects()
    began = log.now
    assert DENIED in line(log, now=began + 1) and DENIED in line(log, None, began + 1)
    assert line(log, now=began + UNDECIDED + 1) == "", "it hangs, or it works"
    assert line(log, now=began - UNDECIDED - 1) == "", "a log of the future tells nothing of now"
    log.connected().mounted().works()
    assert line(log, now=began + 1) == "", "it works"


@pytest.mark.parametrize("between", [lambda log: log.starts().works().later(-3590), lambda log: log.later(400)])
def test_a_failure_before_a_start_that_worked_or_long_before_says_nothing(between: t.Callable[[Log], Log]) -> None:
    log = between(failed(Log())).starts().connects()
    assert line(log, now=log.now + 1) == ""


def test_the_end_of_a_file_may_hold_no_start() -> None:
    assert DENIED in line(Log().ssh_ends(255, DENIED).died())
    assert "Permission denied" in line(Log().says(f"Popen: ssh> {DENIED}"))


# --- which records


def test_a_command_and_its_output_are_one() -> None:
    log = Log().starts().connects().ssh_ends(1, "first", "second").died()
    assert line(log).startswith("2026-03-02 13:29:13.") and line(log).endswith("{error=1}] ssh> first ssh> second")
    assert "peer is broken" not in line(log)


def test_another_thread_may_write_in_between() -> None:
    log = Log().starts().connects().peer_is_gone().ends("ssh -p 22 dr1 x", 255).peer_is_gone().says(f"Popen: ssh> {DENIED}").died()
    assert line(log).endswith("{error=255}] ssh> " + DENIED)


def test_workers_write_in_between_each_other() -> None:
    first, second = failed(Log()), failed(Log(), B2)
    mixed = [entry for pair in zip(first.lines, second.lines) for entry in pair]
    log = Log()
    log.lines = [entry.replace(DENIED, "of the second") if "worker /bricks/b2" in entry else entry for entry in mixed]
    assert line(log).endswith(DENIED) and line(log, B2).endswith("of the second")


def test_a_call_and_what_it_raised_are_told_together() -> None:
    log = Log().starts().works().call_raises("OSError: [Errno 28] No space left on device").faulty()
    assert "call failed [{call=" in line(log)
    assert line(log).endswith("; <top>: FAIL: OSError: [Errno 28] No space left on device (in repce.py, __call__)")


def test_of_exceptions_in_turn_the_last_is_told() -> None:
    log = Log().starts().raises("KeyError: 1")
    log.lines += ["", "During handling of the above exception, another exception occurred:", "", "Traceback (most recent call last):", "  File", "OSError: 2"]
    assert line(log).endswith("<top>: FAIL: OSError: 2")


def test_what_the_monitor_says_of_its_end_is_told_if_nothing_else_is() -> None:
    assert line(Log().starts().connects().died()).endswith("Monitor: worker died before establishing connection [{brick=/bricks/b1}]")
    assert line(Log().starts().works().faulty()) == ""


def test_B05_sibling_the_last_step_is_told_of_a_worker_that_hung() -> None:
    assert line(Log().starts().connected().aborted()).endswith("Last step: GLUSTER: Mounting gluster volume locally...")
    assert "not confirmed" in line(Log().starts().aborted()) and "Last step" not in line(Log().starts().aborted())


def test_what_a_command_of_gluster_says_is_no_worker_s_word() -> None:
    log = Log().record("E", "gsyncd(config-set):299:main", "<top>: FAIL: OSError")
    assert line(log) == "" and line(log, None) == ""


def test_a_monitor_that_fails_before_its_workers_speaks_for_all() -> None:
    log = failed(Log()).later(1000).asks_for_volume(255, DENIED)
    assert "gluster --xml" in line(log) and "gluster --xml" in line(log, None)
    log.later(100).starts().connects()
    assert line(log) == "", "it went on"


@pytest.mark.parametrize(
    ("where", "brick"),
    [
        ("syncdutils(worker /bricks/b1):325:x", "/bricks/b1"),
        ("repce(agent /bricks/b1):105:worker", "/bricks/b1"),
        ("syncdutils(/bricks/b1):276:x", "/bricks/b1"),
        ("syncdutils(worker /bricks/a (old)):325:x", "/bricks/a (old)"),
        ("syncdutils(worker /bricks/a]):325:x", "/bricks/a]"),
        ("monitor(monitor):158:monitor", None),
        ("a", None),
    ],
)
def test_whose_record_it_is(where: str, brick: str | None) -> None:
    (record,) = records(f"[2026-01-01 00:00:00.1] E [{where}] <top>: x")
    assert record.brick == brick and record.text == "<top>: x"


def test_logs_of_old_releases() -> None:
    log = "\n".join([
        "[2018-01-02 10:00:00.1] I [monitor(monitor):158:monitor] Monitor: starting gsyncd worker\tbrick=/b\tslave_node=ssh://root@dr1:gluster://localhost:v",
        "[2018-01-02 10:00:01.1] E [syncdutils(/b):269:log_raise_exception] <top>: connection to peer is broken",
        "[2018-01-02 10:00:01.2] E [resource(/b):234:errlog] Popen: command \"ssh -p 22 root@dr1 /nonexistent/gsyncd\" returned with 255, saying:",
        "[2018-01-02 10:00:01.3] E [resource(/b):238:logerr] Popen: ssh> Permission denied (publickey).",
        "[2018-01-02 10:00:02.1] I [monitor(monitor):349:monitor] Monitor: worker(/b) died before establishing connection",
    ])  # fmt: skip
    assert (last_error(log, "/b") or "").endswith("ssh> Permission denied (publickey).")
    assert last_error(log, "/c") is None and last_node(log, "/b") == "ssh://root@dr1:gluster://localhost:v"


def test_what_is_too_long_is_cut_in_the_middle() -> None:
    """Whoever may write to the folder of the logs writes what he likes."""
    log = Log().starts().connects().ssh_ends(255, "begin " + "x" * 50000 + " end")
    words = last_words(str(log), BRICK)
    assert words and "ssh> begin xxx" in words.line and words.line.endswith("xxx end") and len(words.line) < 6000
    hostile = "[2026-03-02 13:29:13.1] E [" + "(/" * 30000 + "] Popen: command returned error [{cmd=ssh " + "a " * 30000
    began = time.perf_counter()
    found = last_words(hostile, None)
    assert found is None or explain(found.text, LOG) is None
    assert time.perf_counter() - began < 20


def test_control_characters_are_escaped() -> None:
    """They come from names of files, and would move the cursor or set the title of a terminal."""
    log = Log().starts().says("<top>: x \x1b]0;title\x07 \x85 \u2028 y\r").died()
    assert line(log).endswith("<top>: x \\x1b]0;title\\x07 \\x85 \u2028 y") and len(records(str(log))) == 5


def test_a_flood_of_errors_is_cut() -> None:
    log = Log().starts().connects()
    for number in range(500):
        log.says(f"<top>: error {number}")
    words = last_words(str(log.died()), BRICK)
    assert words and words.line.endswith("<top>: error 497; <top>: error 498; <top>: error 499") and len(words.text) < 3000
    assert "error 496" not in words.line
