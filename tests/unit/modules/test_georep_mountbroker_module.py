# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gluster_mountbroker as Ansible runs it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.modules import gluster_mountbroker
from ansible_collections.glusterops.georep.tests.unit.recorded import recorded
from ansible_collections.glusterops.georep.tests.unit.support import FakeRun, run_module

MAPPING = {"secondary_user": "geo", "secondary_volumes": ["projects-dr"]}
ASK = ["gluster", "--mode=script", "--timeout=120", "--remote-host=dr1", "--", "system::", "mount", "geo"]
WHOLE = [
    *("user-map-root=geo", "aux-gfid-mount", "acl", "log-level=INFO", "log-file=/var/log/glusterfs/geo-replication/probe.log"),
    *("volfile-server=localhost", "client-pid=-1", "volfile-id=.", "volfile-id=projects-dr"),
]


def test_another_site_is_asked_by_two_mounts_that_cannot_be() -> None:
    answers = [recorded("11.1", f"mountbroker-probe-known-{what}").answer for what in ("account", "volume")]
    with FakeRun([([*ASK, "volfile-id=."], answers[0]), (ASK + WHOLE, answers[1])]) as run:
        result = run_module(gluster_mountbroker, {"state": "verified", "mappings": [{**MAPPING, "secondary_nodes": ["dr1"]}]}, run=run)
    assert not result.failed and not result.changed and len(result["commands"]) == 2


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"mappings": [{**MAPPING, "secondary_user": "root"}]}, "mappings[0].secondary_user"),
        ({"mappings": [MAPPING], "root": "relative"}, "absolute path"),
        ({"mappings": [{"secondary_user": "geo"}]}, "secondary_volumes"),
        ({}, "mappings"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_run(params: dict[str, t.Any], says: str) -> None:
    with FakeRun() as run:
        result = run_module(gluster_mountbroker, params, run=run)
    assert result.failed and says in result["msg"], result
