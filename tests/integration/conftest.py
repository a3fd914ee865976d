# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the integration tests. See lab.py for what a lab can do.

``GEOREP_LAB_INVENTORY=PATH`` chooses a lab that is up; by default it is this checkout's, brought up where needed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lab import ROOT, Lab, Session

from playbooks import revive_all


@pytest.fixture(scope="session")
def lab_inventory() -> str:
    """Path of the inventory of a lab that is up."""
    path = os.environ.get("GEOREP_LAB_INVENTORY")
    if not path:
        script = str(ROOT / "script" / "lab")
        up = subprocess.run([script, "up"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert up.returncode == 0, f"the lab did not come up:\n{up.stdout.decode()}"
        asked = subprocess.run([script, "inventory"], stdout=subprocess.PIPE, check=True)
        path = asked.stdout.decode().strip().splitlines()[-1]
    assert Path(path).exists(), f"no inventory at {path}"
    return path


@pytest.fixture(scope="session")
def lab(lab_inventory: str) -> t.Iterator[Lab]:
    """The lab, without leftovers of these tests at the beginning and at the end."""
    made = Lab(lab_inventory)
    try:
        # The file before this one may have ended with a restart of glusterd.
        made.wait_for_peers()
        made.wait_for_peers(made.secondaries)
        made.clean()
        yield made
        made.clean()
    finally:
        made.close()


@pytest.fixture(autouse=True)
def _no_worker_stays_stalled() -> t.Iterator[None]:
    yield
    revive_all()


@pytest.fixture(scope="session")
def keys(lab: Lab) -> list[str]:
    """The primary cluster's public keys, which from here on log in on the secondary nodes. Stays until the end."""
    return lab.distribute_keys()


@pytest.fixture(scope="module")
def make_pair(lab: Lab, keys: list[str]) -> t.Iterator[t.Callable[..., Session]]:
    """Makes pairs of volumes with all that a session between them needs; removes them after the module's last test.

    ``make_pair("name")`` returns the :class:`lab.Session` between ``it-name`` and ``it-name-dr``.
    """
    made: list[Session] = []

    def make(name: str, **options: t.Any) -> Session:
        session = lab.make_pair(name, **options)
        made.append(session)
        return session

    yield make
    for session in made:
        lab.forget(session)
        lab.remove_volume("primary", session.primary)
        lab.remove_volume("secondary", session.secondary)
