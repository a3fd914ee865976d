# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection in a folder of its own, with action plugins in place of modules, and real ansible-playbook runs of it."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

from ansible_collections.glusterops.georep.tests.unit.support import ROOT


def link_collection(folder: Path, instead: t.Mapping[str, str], parts: t.Sequence[str] = ("roles", "playbooks", "meta", "galaxy.yml")) -> None:
    """Link this checkout into a folder.

    :param instead: source of action plugins, by the modules that they stand in for; ``FOLDER`` in it is the folder.
    """
    own = folder / "ansible_collections/glusterops/georep"
    (own / "plugins/action").mkdir(parents=True)
    for name in parts:
        (own / name).symlink_to(ROOT / name)
    for path in [path for path in (ROOT / "plugins").iterdir() if path.name != "action"] + list((ROOT / "plugins/action").glob("*.py")):
        (own / path.relative_to(ROOT)).symlink_to(path)
    for module, text in instead.items():
        (own / f"plugins/action/{module}.py").write_text(f"FOLDER = {str(folder)!r}\n{text}")


def ansible_playbook(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """A run in that folder, with no setting of this machine but its ``ansible.cfg``."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHON"))},
        "ANSIBLE_COLLECTIONS_PATH": str(folder),
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    return subprocess.run([program, *argv], capture_output=True, text=True, check=False, env=env, cwd=folder, stdin=subprocess.DEVNULL)
