# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secondary of another release than the primary, on the same side of GlusterFS 10. See test_releases_apart for the others."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from other_release import declare, other_release

from playbooks import Playbooks


@pytest.fixture
def other(lab_inventory: str, tmp_path: Path) -> t.Iterator[tuple[Playbooks, str]]:
    with other_release(lab_inventory, tmp_path, "trixie") as made:
        yield made


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
    [proof] = played.proofs.values()
    assert proof["proved"], proof
    again = site.run(**declare(name))
    assert site.succeeded(again).changed == [], again.changed
