# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A shell of this machine in place of one at the other end of a login."""

from __future__ import annotations

import select
import socket
import subprocess
import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._ssh import command

TARGET = command.Target("dr1", 22, "root")


class Channel:
    """What is needed of paramiko's, with a shell of this machine at its other end."""

    def __init__(self, before: str) -> None:
        self._before = before
        self._read = b""
        self.patience = 10.0
        self.process: t.Any = None

    def settimeout(self, seconds: float) -> None:
        self.patience = min(self.patience, seconds)

    def makefile(self, _mode: str) -> Channel:
        return self

    def exec_command(self, command: str) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(["bash", "-c", f"{self._before}\n{command}"], stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)

    def sendall(self, data: bytes) -> None:
        self.process.stdin.write(data)

    def readline(self, limit: int) -> bytes:
        while b"\n" not in self._read:
            if not select.select([self.process.stdout], [], [], self.patience)[0]:
                raise socket.timeout
            more = self.process.stdout.read(65536)
            if not more:
                break
            self._read += more
        line, end, self._read = self._read.partition(b"\n")
        assert len(line) < limit
        return line + end

    def recv_stderr(self, count: int) -> bytes:
        # As paramiko's, which does not wait for ever either.
        if not select.select([self.process.stderr], [], [], self.patience)[0]:
            raise socket.timeout
        return t.cast(bytes, self.process.stderr.read(count))

    def close(self) -> None:
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
        self.process.wait()
