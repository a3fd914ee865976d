# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that try things on a node, as far as they can be tried without being root and without GlusterFS."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._host import forced_rsync, rsync_receiver


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def run(program: t.Any, *args: str, **env: str) -> dict[str, t.Any]:
    """As the node runs it: from standard input, apart from everything."""
    done = subprocess.run(
        [sys.executable, "-I", "-", *args],
        input=Path(program.__file__).read_text(),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **env},
    )
    assert done.returncode == 0, done.stderr
    return t.cast("dict[str, t.Any]", json.loads(done.stdout))


# --- what a session's process is called


def status(name: str, parent: int) -> str:
    return f"Name:\t{name}\nUmask:\t0022\nPid:\t1\nPPid:\t{parent}\n"


@pytest.mark.parametrize(
    ("processes", "installed", "name"),
    [
        ({50: ("python3", 40), 40: ("sh", 30), 30: ("sshd", 20), 20: ("sshd", 1)}, False, "sshd"),
        ({50: ("python3", 40), 40: ("sshd-session", 30), 30: ("sshd", 1)}, True, "sshd-session"),
        # Run in the lab's container or on the machine itself: what is installed tells.
        ({50: ("python3", 40), 40: ("bash", 1)}, True, "sshd-session"),
        ({50: ("python3", 40), 40: ("bash", 1)}, False, "sshd"),
        # An older sshd that still runs while the newer one is installed.
        ({50: ("python3", 30), 30: ("sshd", 1)}, True, "sshd"),
        ({50: ("python3", 0)}, False, "sshd"),
        ({}, False, "sshd"),
    ],
)
def test_the_name_of_a_sessions_process(
    processes: dict[int, tuple[str, int]], installed: bool, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    texts = {f"/proc/{pid}/status": status(*facts) for pid, facts in processes.items()}
    monkeypatch.setattr(forced_rsync.os, "getpid", lambda: 50)
    monkeypatch.setattr(forced_rsync, "read_text", lambda path: texts.get(path, ""))
    place = tmp_path / "sshd-session"
    if installed:
        place.write_text("")
    monkeypatch.setattr(forced_rsync, "PLACES", (str(tmp_path / "elsewhere"), str(place)))
    assert forced_rsync.session_process() == name


@pytest.mark.parametrize(
    ("content", "python"),
    [
        (b"\x7fELF\0gsyncd.py\0/usr/bin/python3\0sshd\0", "/usr/bin/python3"),
        (b"\0/opt/rh/python3.11/root/usr/bin/python3.11\0", "/opt/rh/python3.11/root/usr/bin/python3.11"),
        (b"\0/usr/lib/glusterfs/python/syncdaemon/gsyncd.py\0/usr/bin/python3\0", "/usr/bin/python3"),
        (b"\0/usr/bin/perl\0", "/usr/bin/python3"),
        (b"", "/usr/bin/python3"),
    ],
)
def test_the_python_of_a_wrapper(content: bytes, python: str, tmp_path: Path) -> None:
    (tmp_path / "gsyncd").write_bytes(content)
    assert forced_rsync.python_of(str(tmp_path / "gsyncd")) == python


# --- whether the forced command lets rsync in

#: Asks what the real one asks: who is my parent, what was I told.
ASKS = 'echo "$(cat /proc/$PPID/comm) was told: $SSH_ORIGINAL_COMMAND" >"{log}"\n'


@pytest.mark.parametrize(
    ("answer", "admits", "said"),
    [
        (r"printf '\037\000\000\000'", True, ""),
        ("echo 'gsyncd sibling not found' >&2; echo 'disallowed rsync invocation' >&2; exit 1", False, "sibling not found"),
        # An old one prints its refusal where rsync would greet.
        ("echo greetings; echo 'disallowed rsync invocation' >&2; exit 1", False, "disallowed"),
        ("exit 1", False, ""),
        (r"printf '\037'", False, ""),
    ],
)
def test_a_wrapper_is_asked_for_rsync(answer: str, admits: bool, said: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    wrapper = script(tmp_path / "gsyncd", ASKS.format(log=log) + answer)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    told = run(forced_rsync, str(wrapper), TMPDIR=str(temporary))
    assert told["admits"] is admits and said in told["said"]
    name, _told, command = log.read_text().strip().partition(" was told: ")
    assert name == told["session_process"], "the wrapper sits below a process of that name"
    assert command.startswith("rsync --server ") and command.endswith("/cwd")
    pid = command.split("/")[-2]
    assert not os.path.exists(f"/proc/{pid}"), "what stood in for gsyncd.py is gone"
    assert list(temporary.iterdir()) == []


def test_a_wrapper_that_cannot_be_run_tells_nothing(tmp_path: Path) -> None:
    told = run(forced_rsync, str(tmp_path / "missing"), TMPDIR=str(tmp_path))
    assert told["admits"] is None and "missing" in told["said"]
    assert list(tmp_path.iterdir()) == []


# --- whether rsync delivers

COPIES = 'name=$(tr -d "\\000"); for target; do :; done; cat "$name" >"$target/$name"'


@pytest.mark.parametrize(
    ("rsync", "delivers", "said"),
    [
        (COPIES, True, ""),
        ("cat >/dev/null; echo 'not creating new directory'", False, "not creating new directory"),
        ("cat >/dev/null; exit 12", False, ""),
    ],
)
def test_rsync_is_judged_by_what_arrives(rsync: str, delivers: bool, said: str, tmp_path: Path) -> None:
    """mount and umount do nothing here, so that the file goes to a plain folder."""
    programs = tmp_path / "bin"
    for name in ("mount", "umount"):
        script(programs / name, f'echo "{name} $*" >>"{tmp_path}/log"')
    script(programs / "rsync", f'echo "rsync $*" >>"{tmp_path}/log"\n{rsync}')
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    told = run(rsync_receiver, PATH=f"{programs}:{os.environ['PATH']}", TMPDIR=str(temporary))
    assert told["delivers"] is delivers and said in told["said"]
    mount, umount, sent = (tmp_path / "log").read_text().splitlines()
    place = mount.split()[-1]
    assert mount.startswith("mount -t tmpfs ") and place.startswith(str(temporary))
    assert umount == f"umount --lazy {place}", "before rsync is asked"
    assert sent.split()[1:-2] == rsync_receiver.FLAGS and "--existing" in sent
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("mount", "others", "said"),
    [
        ("echo 'mount: permission denied'; exit 32", ("umount", "rsync"), "a tmpfs cannot be mounted on this node: mount: permission denied"),
        (None, ("umount", "rsync"), "mount not installed"),
        # The folder of what could not be unmounted would stay.
        ("echo it is mounted >&2; exit 99", ("rsync",), "umount not installed"),
    ],
)
def test_where_nothing_can_be_mounted_nothing_is_claimed(mount: str | None, others: tuple[str, ...], said: str, tmp_path: Path) -> None:
    programs, temporary = tmp_path / "bin", tmp_path / "tmp"
    for folder in (programs, temporary):
        folder.mkdir()
    for name, text in (("mount", mount), *((other, "exit 1") for other in others)):
        if text:
            script(programs / name, text)
    told = run(rsync_receiver, PATH=str(programs), TMPDIR=str(temporary))
    assert told["delivers"] is None and said in told["said"]
    assert list(temporary.iterdir()) == []
