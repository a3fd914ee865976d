# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of the playbooks: a group that is missing, or has another name, must not end green."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.tests.unit.roles.played import ansible_playbook, link_collection
from ansible_collections.glusterops.georep.tests.unit.support import ROOT

PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
HOSTS = re.compile(r"  # Where no host matches.*?\n  hosts: >-\n(?:    .*\n)+")


def test_all_playbooks_choose_their_hosts_alike() -> None:
    found = [HOSTS.findall(path.read_text(encoding="utf-8")) for path in PLAYBOOKS]
    assert all(len(one) == 1 for one in found) and len({one[0] for one in found}) == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    link_collection(tmp_path, {})
    (tmp_path / "ansible.cfg").touch()
    (tmp_path / "inventory").write_text("[storage]\na ansible_connection=local\nb ansible_connection=local\n")
    return tmp_path


@pytest.mark.parametrize("more", [(), ("-e", "georep_primary_hosts=primaries")])
def test_a_group_that_the_inventory_does_not_have_is_an_error(folder: Path, more: tuple[str, ...]) -> None:
    done = ansible_playbook(folder, "-i", "inventory", "glusterops.georep.status", *more)
    assert done.returncode != 0
    assert f"No host of the inventory matches {'primaries' if more else 'gluster_primary'}." in done.stdout + done.stderr


def test_the_group_may_have_any_name(folder: Path) -> None:
    listed = ansible_playbook(folder, "-i", "inventory", "glusterops.georep.status", "--list-hosts", "-e", "georep_primary_hosts=storage", "--limit", "b")
    assert listed.returncode == 0 and "hosts (1)" in listed.stdout, listed.stdout + listed.stderr


def test_the_syntax_is_checked_without_an_inventory(folder: Path) -> None:
    assert ansible_playbook(folder, "glusterops.georep.status", "--syntax-check").returncode == 0
