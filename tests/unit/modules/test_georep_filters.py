# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter of declared sessions by its name, and its errors as Ansible shows them."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.glusterops.georep.plugins.filter import georep_declared
from ansible_collections.glusterops.georep.tests.unit.support import ROOT

FILTERS = georep_declared.FilterModule().filters()


def test_six_filters_are_for_users() -> None:
    names = sorted(path.stem for path in (ROOT / "plugins/filter").glob("*.py") if path.stem != "__init__")
    assert names == ["georep_declared", "georep_gate", "georep_lines", "georep_metrics", "georep_page", "georep_report"]
    assert list(FILTERS) == ["georep_declared"]


def test_declared() -> None:
    pair = {"primary_volume": "a", "secondary_host": "h", "secondary_volume": "b"}
    (entry,) = FILTERS["georep_declared"]([pair])
    assert entry == {
        **pair,
        "secondary_user": "root",
        "ssh_port": 22,
        "state": "started",
        "config": {},
        "accept": [],
        "reset_sync_time": False,
        "config_exclusive": False,
        "secondary_writable": False,
    }
    assert FILTERS["georep_declared"]([pair], names_only=True) == [{**pair, "secondary_user": "root"}]


def test_declared_as_text() -> None:
    declare = georep_declared.FilterModule().filters()["georep_declared"]
    text = "- {primary_volume: projects, secondary_host: dr1, secondary_volume: projects-dr}"
    (complete,) = declare(text)
    assert declare(text, names_only=True) == [{name: complete[name] for name in georep_declared.IDENTITY}] and declare("") == declare(None) == []


def test_errors_name_the_option_and_the_remedy() -> None:
    items: list[dict[str, t.Any]] = [{"primary_volume": "a b", "secondary_host": "h", "secondary_volume": "b"}]
    with pytest.raises(AnsibleFilterError) as caught:
        FILTERS["georep_declared"](items)
    text = str(caught.value)
    assert "geo_replication_sessions[0].primary_volume = 'a b'" in text and "gluster volume list" in text
