# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-playbook, forked from a process that has Ansible loaded already.

It is the same program with the same arguments and environment; only its start, two thirds of its CPU time on a small
play, is paid once and not a thousand times. Run as a program, this file is that process: it takes orders on a socket
until its standard input is closed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

#: What a play loads anyway.
LOADED = (
    "ansible.cli.playbook",
    "ansible.executor.module_common",
    "ansible.executor.playbook_executor",
    "ansible.plugins.action.assert",
    "ansible.plugins.action.command",
    "ansible.plugins.action.debug",
    "ansible.plugins.action.normal",
    "ansible.plugins.action.set_fact",
    "ansible.plugins.connection.ssh",
    "ansible.plugins.filter.core",
    "ansible.plugins.filter.mathstuff",
    "ansible.plugins.filter.urls",
    "ansible.plugins.inventory.yaml",
    "ansible.plugins.shell.sh",
    "ansible.plugins.strategy.linear",
    "ansible.plugins.test.core",
    "ansible.plugins.test.files",
    "ansible.plugins.test.mathstuff",
)
COLLECTIONS = (
    "ansible_collections.ansible.posix.plugins.callback.json",
    "ansible_collections.glusterops.georep.plugins.action.georep_plan",
)


class Process:
    """One run, with what is needed of ``subprocess.Popen``."""

    def __init__(self, order: socket.socket, out: Path, err: Path) -> None:
        self._order = order
        self._words = order.makefile("r", encoding="ascii")
        self._files = (out, err)
        self.pid = int(self._words.readline())
        self.returncode: int | None = None

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Both streams when it has ended.

        :raises subprocess.TimeoutExpired: it has not ended.
        """
        if self.returncode is None:
            ready, _write, _error = select.select([self._order], [], [], timeout)
            if not ready:
                raise subprocess.TimeoutExpired("ansible-playbook", timeout or 0)
            self.returncode = int(self._words.readline())
            self._words.close()
            self._order.close()
        out, err = (file.read_bytes() for file in self._files)
        for file in self._files:
            file.unlink()
        return out, err

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class Warm:
    """The process with everything loaded, for one environment.

    :param folder: where the socket and the output of runs go; short, as a socket's path has to be.
    """

    def __init__(self, folder: str, env: t.Mapping[str, str]) -> None:
        self._folder = tempfile.mkdtemp(prefix="w", dir=folder)
        self._server = subprocess.Popen(
            [sys.executable, __file__, f"{self._folder}/s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(env)
        )
        assert self._server.stdout is not None
        assert self._server.stdout.readline() == b"ready\n", "Ansible could not be loaded"

    def start(self, argv: t.Sequence[str]) -> Process:
        """Begin a run of ansible-playbook with these arguments, without the program's name."""
        order = socket.socket(socket.AF_UNIX)
        order.connect(f"{self._folder}/s")
        files = [Path(tempfile.mkstemp(dir=self._folder)[1]) for _stream in range(2)]
        words = {"argv": ["ansible-playbook", *argv], "streams": [str(file) for file in files], "folder": os.getcwd()}
        order.sendall(json.dumps(words).encode() + b"\n")
        return Process(order, *files)

    def close(self) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()


# --- the process itself ----------------------------------------------------------------------------------------------


def load() -> None:
    import warnings

    for name in LOADED:
        importlib.import_module(name)
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader()
    # Each run would say that this is done already.
    warnings.filterwarnings("ignore", message="AnsibleCollectionFinder has already been configured")
    for name in COLLECTIONS:
        importlib.import_module(name)


def serve(path: str) -> None:
    load()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(8)
    print("ready", flush=True)
    # Whoever takes an order is nobody's to wait for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _write, _error = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        order, _address = listener.accept()
        if os.fork() == 0:
            listener.close()
            take(order)
        order.close()


def take(order: socket.socket) -> t.NoReturn:
    """One order in a process of its own: tell the run's process id, and its exit code in the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    words = json.loads(order.makefile("r", encoding="utf-8").readline())
    pid = os.fork()
    if pid == 0:
        order.close()
        run(words)
    order.sendall(f"{pid}\n".encode())
    _pid, status = os.waitpid(pid, 0)
    order.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def run(words: t.Mapping[str, t.Any]) -> t.NoReturn:
    from ansible.cli.playbook import PlaybookCLI

    os.chdir(words["folder"])
    for number, path in ((0, os.devnull), *zip((1, 2), words["streams"])):
        os.dup2(os.open(path, os.O_RDWR), number)
    code = 250
    try:
        PlaybookCLI.cli_executor(words["argv"])
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Without what Python would do at the end: the folder for temporary files is everybody's.
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
