# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secondary of another release than the primary: a clear answer either way. The other nodes are real ones, too."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from lab import GEOREP, ROOT, Lab

from playbooks import Playbooks

VOLUME = "it-mixed"


@pytest.fixture
def other(lab_inventory: str, tmp_path: Path, request: pytest.FixtureRequest) -> t.Iterator[tuple[Playbooks, str]]:
    """One more node of the release that the test names, with a volume of its own; and the role's playbooks."""
    release = request.param
    name = f"other{release[:2]}"
    script = [str(ROOT / "script" / "lab")]
    # The lab of these tests may be one of several; its folder says which.
    folder = Path(lab_inventory).parent.name
    env = dict(os.environ, GEOREP_LAB=folder.partition("-")[2])
    made = subprocess.run([*script, "add-node", name, "--node-release", release], env=env, capture_output=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    lab = Lab(lab_inventory)
    try:
        node = lab.node(name)
        node.gluster("volume", "create", f"{VOLUME}-dr", f"{name}:/bricks/{VOLUME}-dr", "force")
        node.gluster("volume", "start", f"{VOLUME}-dr")
        lab.make_volume("primary", VOLUME, options={"changelog.rollover-time": "3"})
        yield Playbooks(lab, tmp_path), name
    finally:
        lab.clean()
        for primary in lab.primaries:
            primary.sh(f"touch {GEOREP}/known_hosts && sed -i '/^{name} /d' {GEOREP}/known_hosts")
        lab.close()
        subprocess.run([*script, "remove-node", name], env=env, capture_output=True, check=True)


def declare(name: str, **more: t.Any) -> dict[str, t.Any]:
    session = {"primary_volume": VOLUME, "secondary_host": name, "secondary_volume": f"{VOLUME}-dr", **more}
    return {"geo_replication_sessions": [session], "geo_replication_secondary_hosts": [name]}


@pytest.mark.parametrize("other", ["trixie"], indirect=True)
def test_10_to_11_is_objected_to_and_works_when_accepted(other: tuple[Playbooks, str]) -> None:
    site, name = other
    fix = {"geo_replication_fix_known_faults": True}
    before = site.lab.raw_state()
    # The node over there has faults of its own, and they are told first.
    stopped = site.run(**declare(name))
    assert stopped.rc != 0 and f"* {name}: " in stopped.failures[0] and "readfp" in stopped.failures[0], stopped.failures
    objected = site.run(**declare(name), **fix)
    [message] = objected.failures
    assert "10.3" in message and "11.1" in message and "accept: [version_mismatch]" in message, message
    assert site.lab.raw_state() == before
    played = site.run(**declare(name, accept=["version_mismatch"]), **fix, geo_replication_prove=True)
    assert played.rc == 0, played.failures
    [proof] = [proof for result in played.results for proof in result.get("proofs", [])]
    assert proof["proved"], proof
    again = site.run(**declare(name))
    assert again.rc == 0 and again.changed == [], (again.failures, again.changed)


@pytest.mark.parametrize("other", ["bullseye"], indirect=True)
def test_10_to_9_is_refused_whatever_is_accepted(other: tuple[Playbooks, str]) -> None:
    site, name = other
    before = site.lab.raw_state()
    played = site.run(**declare(name, accept=["version_mismatch"]), geo_replication_fix_known_faults=True)
    [message] = played.failures
    assert "9.2" in message and "cannot talk to each other" in message and "accept:" not in message, message
    assert site.lab.raw_state() == before
