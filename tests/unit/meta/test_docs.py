# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages that are made say what they are made from: script/update-docs makes them anew."""

from __future__ import annotations

import importlib.util
import json
import typing as t
from types import ModuleType

import pytest

from ansible_collections.glusterops.georep.tests.unit.support import ROOT


@pytest.fixture(scope="module")
def made() -> ModuleType:
    spec = importlib.util.spec_from_file_location("update_docs", ROOT / "script" / "_update_docs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def releases() -> list[dict[str, t.Any]]:
    return t.cast("list[dict[str, t.Any]]", json.loads((ROOT / "docs" / "releases.json").read_text(encoding="utf-8")))


def test_the_page_of_faults_is_the_catalogue(made: ModuleType) -> None:
    assert (ROOT / "docs" / "known-faults.md").read_text(encoding="utf-8") == made.known_faults()


def test_the_readmes_table_is_what_the_tests_saw(made: ModuleType) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert made.readme(text, releases()) == text
    assert [entry["debian"] for entry in sorted(releases(), key=lambda entry: int(entry["debian"]))] == ["11", "12", "13"]
    assert all(entry["proved"] for entry in releases())
