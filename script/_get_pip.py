# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes the place of the get-pip.py that ansible-test wants to download.

Installs pip from the wheel that the standard library's ensurepip brings along, so that the sanity tests need no site
but the package index that pip is set up for. script/test puts it where ansible-test looks first.
"""

from __future__ import annotations

import ensurepip
import runpy
import sys
from pathlib import Path

# Debian keeps the wheel apart from the standard library, and only the one that suits its own Python.
folders = (Path(ensurepip.__file__).parent / "_bundled", Path("/usr/share/python-wheels"))
wheels = next(filter(None, (sorted(map(str, folder.glob("pip-*.whl"))) for folder in folders)), [])
if not wheels:
    sys.exit(f"No pip wheel in {folders[0]} nor {folders[1]}; install the package python3-venv.")

sys.path.insert(0, wheels[-1])
# get-pip.py knows these two options, pip does not.
sys.argv = ["pip", "install", *(arg for arg in sys.argv[1:] if arg not in ("--no-setuptools", "--no-wheel"))]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
