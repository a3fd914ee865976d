# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the Pythons of this machine: on PATH, in /usr and under pyenv. Prints ``3.11 /usr/bin/python3.11``, one a line.

A pyenv shim of a version that is not active is there but does not run; so each candidate is asked for its version.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SUPPORTED = tuple(f"3.{minor}" for minor in range(9, 15))


def _candidates(version: str) -> list[Path]:
    folders = [Path("/usr/bin"), Path("/usr/local/bin")]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders += sorted(pyenv.glob(f"versions/{version}*/bin"), reverse=True)
    folders += [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    return [folder / f"python{version}" for folder in folders]


def _runs(python: Path, version: str) -> bool:
    # ensurepip and venv are asked for too: Debian's python3-minimal has neither, and cannot make an environment.
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [str(python), "-I", "-c", code], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == version


def find_pythons() -> dict[str, Path]:
    """The first interpreter that runs, for each supported version that is here."""
    found: dict[str, Path] = {}
    for version in SUPPORTED:
        for python in _candidates(version):
            if python.exists() and _runs(python, version):
                found[version] = python
                break
    return found


if __name__ == "__main__":
    for name, path in find_pythons().items():
        print(name, path)
