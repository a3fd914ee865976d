# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster to work on."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._operate import facts
from ansible_collections.glusterops.georep.tests.unit.operate.fake_cluster import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[World]:
    made = World(tmp_path)
    monkeypatch.setattr(os.path, "ismount", lambda path: path in made.mounted)
    monkeypatch.setattr(facts, "_resolves", lambda host: host not in made.lost_names)
    monkeypatch.setattr(facts, "_is_lent", lambda host: host in made.lent_names)
    yield made
    assert not made.mounted, "every mount is undone"
