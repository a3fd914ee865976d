# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible Galaxy and the Hub ask of galaxy.yml, seen before an upload and not after."""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.glusterops.georep.tests.unit.support import ROOT

GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text())
HUB_TAGS = {
    *("ai", "application", "cloud", "database", "eda", "infrastructure", "linux", "monitoring", "networking"),
    *("security", "storage", "tools", "windows"),
}


def test_names_the_collection() -> None:
    assert (GALAXY["namespace"], GALAXY["name"]) == ("glusterops", "georep")
    assert re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", GALAXY["version"])
    assert GALAXY["license_file"] == "LICENSE"
    assert GALAXY["authors"]
    assert GALAXY["repository"].startswith("https://")


def test_the_description_and_tags_fit() -> None:
    assert 20 < len(GALAXY["description"]) <= 1000
    assert len(GALAXY["tags"]) <= 20
    assert HUB_TAGS & set(GALAXY["tags"])
    for tag in GALAXY["tags"]:
        assert re.fullmatch(r"^(?!.*__)[a-z][0-9a-z_]*$", tag), tag
        assert len(tag) <= 64


@pytest.mark.parametrize("name", ["ee-requirements.txt", "ee-bindep.txt"])
def test_the_execution_environment_names_its_files(name: str) -> None:
    named = yaml.safe_load((ROOT / "meta/execution-environment.yml").read_text())["dependencies"]
    assert f"meta/{name}" in named.values()
    assert (ROOT / "meta" / name).is_file()
