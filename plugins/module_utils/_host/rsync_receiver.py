# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

# No module, but a program of its own: nothing of Ansible is there to call.
# pylint: disable=ansible-bad-function
"""A program, run as root in a mount namespace of its own: does this rsync, as a receiver, write where gsyncd lets it?

``unshare --mount --propagation private python3 -I - < this file`` prints one JSON object. gsyncd's receiver sits in a
volume that it has mounted and lazily unmounted, and rsync is told to write to ``/proc/PID/cwd``. The same is built here
with a tmpfs and one file, which nothing but this program sees. ``--existing`` is gsyncd's own flag: an rsync that goes
astray finds no such file there and writes nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import typing as t

#: resource.py of syncdaemon, Popen of rsync in SSH.rsync
FLAGS = ["-aR0", "--inplace", "--files-from=-", "--super", "--numeric-ids", "--no-implied-dirs", "--existing"]
CONTENT = b"bytes that arrived\n"


def said(argv: t.Sequence[str], **more: t.Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(list(argv), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, check=False, **more)


def probe(top: str) -> dict[str, t.Any]:
    lacking = [name for name in ("mount", "umount", "rsync") if shutil.which(name) is None]
    if lacking:
        # What is mounted and cannot be unmounted would keep its folder from being removed.
        return {"delivers": None, "said": f"{' and '.join(lacking)} not installed"}
    source = os.path.join(top, "source")
    place = os.path.join(top, "place")
    os.mkdir(source)
    os.mkdir(place)
    mounted = said(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "georep-probe", place])
    if mounted.returncode != 0:
        return {"delivers": None, "said": "a tmpfs cannot be mounted on this node: " + mounted.stdout.decode(errors="replace").strip()}
    name = os.path.basename(top)
    for folder, content in ((source, CONTENT), (place, b"")):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
    holder = subprocess.Popen(["sleep", "60"], cwd=place)
    try:
        said(["umount", "--lazy", place])
        target = "/proc/%d/cwd" % holder.pid
        sent = said(["rsync", *FLAGS, ".", target], cwd=source, input=name.encode() + b"\0")
        with open(os.path.join(target, name), "rb") as file:
            arrived = file.read() == CONTENT
        return {"delivers": arrived, "rc": sent.returncode, "said": sent.stdout.decode(errors="replace").strip()[:500]}
    finally:
        holder.kill()
        holder.wait()


def main() -> None:
    top = tempfile.mkdtemp(prefix="georep-rsync-")
    try:
        told = probe(top)
    except (OSError, subprocess.SubprocessError) as exc:
        told = {"delivers": None, "said": str(exc)}
    finally:
        shutil.rmtree(top, ignore_errors=True)
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
