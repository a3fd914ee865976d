# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The processes of a node: who they are by their command lines, and when they started by one clock."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._host import processes
from ansible_collections.glusterops.georep.plugins.module_utils._host.processes import Process, WorkerProcess
from ansible_collections.glusterops.georep.tests.unit.support import ROOT


def process(proc: Path, pid: int, *words: str) -> None:
    (proc / str(pid)).mkdir(parents=True)
    (proc / str(pid) / "cmdline").write_bytes("\0".join([*words, ""]).encode())


def test_running_workers_by_their_command_lines(tmp_path: Path) -> None:
    gsyncd = "/usr/lib/x86_64-linux-gnu/glusterfs/python/syncdaemon/gsyncd.py"
    process(tmp_path, 1, "/sbin/init")
    process(tmp_path, 2, "python3", gsyncd, "monitor", "v", "s::w", "--local-path", "/b")
    more = ["--feedback-fd", "9", "--local-path", "/b", "--subvol-num", "1", "--resource-remote"]
    process(tmp_path, 3, "python3", gsyncd, "worker", "v", "s::w", *more, "secondary2", "--resource-remote-id", "x")
    process(tmp_path, 4, "python3", gsyncd, "worker", "v", "geo@s::x", *more, "geo@10.0.0.2")
    process(tmp_path, 5, "python3", gsyncd, "worker")
    (tmp_path / "6").mkdir()
    assert processes.workers(str(tmp_path)) == {
        ("v", "s::w", "/b"): WorkerProcess(3, "secondary2"), ("v", "geo@s::x", "/b"): WorkerProcess(4, "10.0.0.2")
    }  # fmt: skip


@pytest.mark.parametrize("seconds", ["300", "299"])
def test_when_sessions_were_started_by_their_monitors(tmp_path: Path, seconds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As gsyncd's processes were seen on 9.2 to 11.1; a program that a monitor is about to start has its command line for a moment."""
    gsyncd = "/usr/lib/x86_64-linux-gnu/glusterfs/python/syncdaemon/gsyncd.py"
    rest = ["-c", "/var/lib/glusterd/geo-replication/v_s_w/gsyncd.conf", "--iprefix=/var", ":v", "--glusterd-uuid=x", "geo@s::w"]
    monkeypatch.setattr(processes, "booted_at", lambda: 1000.5)
    process(tmp_path, 1, "/usr/bin/python3", gsyncd, "--path=/bricks/v", "--path=/bricks/w", "--monitor", *rest)
    process(tmp_path, 2, "/usr/bin/python3", gsyncd, "--path=/bricks/v", "--monitor", *rest)
    process(tmp_path, 3, "/usr/bin/python3", gsyncd, "--path=/bricks/x", "--monitor", *rest[:-3], ":x", "--glusterd-uuid=x", "s::y")
    process(tmp_path, 4, "python3", gsyncd, "worker", "v", "geo@s::w", "--local-path", "/b", "--resource-remote", "r")
    process(tmp_path, 5, "python3", gsyncd, "--monitor")
    process(tmp_path, 6, "vi", "gsyncd.py", "--monitor", ":v", "geo@s::w")
    ticks = os.sysconf("SC_CLK_TCK")
    for pid, began in ((1, "300"), (2, seconds), (4, "1"), (5, "1"), (6, "1")):
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (python3) S 1 {' '.join(['0'] * 17)} {int(began) * ticks} 0\n")
    assert processes.monitors(str(tmp_path)) == {("v", "geo@s::w"): 1000.5 + int(seconds)}, "of 3, which has ended meanwhile, nothing is known"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (
            "/usr/bin/python3 /usr/lib/x/python/syncdaemon/gsyncd.py secondary projects secondary1::projects-dr --primary-node "
            "primary2 --primary-node-id 5820 --primary-brick /bricks/projects --local-node secondary1",
            ("projects", "projects-dr", "root", "primary2", "5820"),
        ),
        (
            "/usr/bin/python3 /usr/lib/x/python/syncdaemon/gsyncd.py slave projects geo@secondary1::projects-dr --master-node "
            "primary1 --master-node-id 9182 --master-brick /bricks/projects --slave-timeout 120",
            ("projects", "projects-dr", "geo", "primary1", "9182"),
        ),
        ("/usr/bin/python3 /usr/lib/x/python/syncdaemon/gsyncd.py --path=/bricks/p --monitor -c x :p s1::p-dr", None),
        ("/usr/bin/python3 /usr/lib/x/python/syncdaemon/gsyncd.py secondary", None),
        ("vim gsyncd.py.bak secondary projects s1::p-dr", None),
        ("", None),
    ],
)
def test_whose_session_writes_here(line: str, wanted: tuple[str, ...] | None) -> None:
    """The lines are those of 10.3 and 9.2 on the lab, shortened."""
    found = processes.received_by(processes.Process(1, line.split(" ")))
    assert (tuple(found.values()) if found else None) == wanted


def test_a_session_that_writes_here_is_told_once(tmp_path: Path) -> None:
    words = ["python3", "/x/gsyncd.py", "secondary", "projects", "s1::projects-dr", "--primary-node", "p1", "--primary-node-id", "5820"]
    process(tmp_path, 20, *words)
    process(tmp_path, 3, *words)
    process(tmp_path, 4, *words[:3], "media", *words[4:])
    assert [entry["primary_volume"] for entry in processes.receiving(str(tmp_path))] == ["projects", "media"]


@pytest.mark.parametrize(
    ("words", "is_ours"),
    [
        (["glusterfs", "--read-only", "/run/georep-a-1"], True),
        (["/usr/sbin/glusterfs", "/run/georep-a-1"], True),
        (["glusterfs", "/run/georep-a-1", "/mnt/users"], False),
        (["glusterfs", "/run/georep-a-10"], False),
        (["tail", "-f", "/run/georep-a-1"], False),
    ],
)
def test_which_glusterfs_serves_a_mount(words: list[str], is_ours: bool) -> None:
    assert processes.serves(Process(7, words), "/run/georep-a-1") is is_ours
    assert not processes.serves(None, "/run/georep-a-1")


def test_glusterd_is_found_and_its_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proc = str(tmp_path)
    process(tmp_path, 1, "/sbin/init")
    process(tmp_path, 2, "/usr/sbin/glusterfsd", "-s", "primary1")
    process(tmp_path, 3, "vi", "/usr/sbin/glusterd")
    assert (processes.glusterd(proc), processes.glusterd_started(proc)) == (None, None)
    process(tmp_path, 4, "/usr/sbin/glusterd", "-p", "/var/run/glusterd.pid")
    (tmp_path / "4/stat").write_text(f"4 (glusterd) S 1 {' '.join(['0'] * 17)} {int(2.5 * os.sysconf('SC_CLK_TCK'))} 0\n")
    monkeypatch.setattr(processes, "booted_at", lambda: 1000.25)
    assert (processes.glusterd(proc), processes.glusterd_started(proc)) == (4, 1002.75)


def test_what_is_no_program_is_left_out(tmp_path: Path) -> None:
    """A kernel thread has no command line, and what has ended has no folder any more."""
    process(tmp_path, 2)
    (tmp_path / "3").mkdir()
    (tmp_path / "self").mkdir()
    process(tmp_path, 10, "a", "b")
    process(tmp_path, 9, "c")
    assert list(processes.running(str(tmp_path))) == [Process(9, ["c"]), Process(10, ["a", "b"])]


def test_the_clock_is_exact_to_a_part_of_a_second() -> None:
    """By btime of /proc/stat, which is cut off to seconds, a process would mostly seem to have started before it did."""
    for _attempt in range(3):
        before = time.time()
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
            after = time.time()
            began = processes.started_at(child.pid)
            assert child.stdin is not None
            child.stdin.write(b"\n")
        assert began is not None and before - 0.05 <= began <= after + 0.05
        time.sleep(0.37)
    assert processes.started_at(2**22 + 1) is None


#: These run by themselves below gsyncd's forced command, and look at single processes of their own.
PROGRAMS = {"forced_rsync.py", "rsync_receiver.py"}


def test_no_other_file_walks_the_processes() -> None:
    walks = ("/proc/[0-9]", 'listdir("/proc', "btime ", "CLOCK_BOOTTIME", "/cmdline")
    paths = [path for path in sorted((ROOT / "plugins").rglob("*.py")) if path.name not in PROGRAMS]
    found = {path.name for path in paths if any(walk in path.read_text(encoding="utf-8") for walk in walks)}
    assert found == {"processes.py"}
