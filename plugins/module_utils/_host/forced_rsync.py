# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

# No module, but a program of its own: nothing of Ansible is there to call.
# pylint: disable=ansible-bad-function
"""A program: does gsyncd's forced command let rsync in, on this node's OpenSSH?

``python3 -I - WRAPPER < this file`` prints one JSON object. The wrapper looks for an ancestor named ``sshd`` with a
gsyncd.py below it, and refuses rsync where it finds none. OpenSSH 9.8 and newer name the process of a session
otherwise. Here the wrapper is started below a process that is named as this node's sessions are, beside something
called gsyncd.py, and is asked for an rsync server, which gets no input and ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import typing as t

PR_SET_NAME = 15
PLACES = ("/usr/lib/openssh/sshd-session", "/usr/libexec/openssh/sshd-session", "/usr/lib/ssh/sshd-session")


def read_text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def session_process() -> str:
    """What the process of an SSH session is called here: the one that this runs in, or the one that is installed."""
    pid = os.getpid()
    while pid > 1:
        status = dict(line.partition(":\t")[::2] for line in read_text("/proc/%d/status" % pid).splitlines())
        if status.get("Name", "").startswith("sshd"):
            return status["Name"]
        pid = int(status.get("PPid", 0) or 0)
    return "sshd-session" if any(os.path.exists(place) for place in PLACES) else "sshd"


def python_of(wrapper: str) -> str:
    """The Python that was compiled into the wrapper, by which it knows gsyncd.py."""
    with open(wrapper, "rb") as file:
        found = re.search(rb"\0(/[\w./-]*python[\d.]*)\0", file.read())
    return found.group(1).decode() if found else "/usr/bin/python3"


def ask(wrapper: str, name: str, folder: str) -> dict[str, t.Any]:
    """In a child: take the name of a session's process, start a gsyncd.py, and ask the wrapper for rsync."""
    ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode()[:15], 0, 0, 0)
    script = os.path.join(folder, "gsyncd.py")
    with open(script, "w", encoding="ascii") as file:
        file.write("import time\ntime.sleep(30)\n")
    python = python_of(wrapper)
    sibling = subprocess.Popen([os.path.basename(python), script], executable=python, cwd=folder)
    try:
        end = time.monotonic() + 2
        while "gsyncd.py" not in read_text("/proc/%d/cmdline" % sibling.pid) and time.monotonic() < end:
            time.sleep(0.01)
        command = "rsync --server -logDtpAXrRe.iLsfxCIvu --super --existing --inplace . /proc/%d/cwd" % sibling.pid
        done = subprocess.run(
            [wrapper],
            env=dict(os.environ, SSH_ORIGINAL_COMMAND=command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=10,
            check=False,
        )
        words = done.stderr.decode(errors="replace").strip()
        # An rsync server greets with the four bytes of its protocol version.
        return {"admits": len(done.stdout) >= 4 and "disallowed" not in words, "said": words[:300]}
    finally:
        sibling.kill()
        sibling.wait()


def main() -> None:
    wrapper = sys.argv[1]
    name = session_process()
    told: dict[str, t.Any] = {"session_process": name, "admits": None, "said": ""}
    folder = tempfile.mkdtemp(prefix="georep-wrapper-")
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = ask(wrapper, name, folder)
        except (OSError, subprocess.SubprocessError) as exc:
            answer = {"admits": None, "said": str(exc)}
        os.write(into, json.dumps(answer).encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as answers:
        told.update(json.loads(answers.read() or b"{}"))
    os.waitpid(child, 0)
    shutil.rmtree(folder, ignore_errors=True)
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
