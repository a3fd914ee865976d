# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes and sessions the gate and the playbooks are about."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput, PreconditionFailed
from ansible_collections.glusterops.georep.plugins.module_utils._plan import asking

A: dict[str, t.Any] = {"primary_volume": "a", "secondary_host": "h", "secondary_volume": "b"}
B: dict[str, t.Any] = {"primary_volume": "c", "secondary_host": "i", "secondary_volume": "d"}
ROOT = {"secondary_user": "root"}


def test_what_is_read_for_a_comparison() -> None:
    assert asking.asks_of([]) == {"config": False, "names": [], "secondary_hosts": []}
    found = asking.asks_of(json.dumps([A, {**B, "secondary_host": "h"}, {**B, "state": "absent"}]))
    assert found == {"config": True, "names": [{**A, **ROOT}, {**B, **ROOT, "secondary_host": "h"}, {**B, **ROOT}], "secondary_hosts": ["h"]}


def test_the_reading_that_went_through() -> None:
    silent = [{"__georep_host": "p2", "msg": "glusterd does not answer."}, {"__georep_host": "p3"}]
    views = [{"msg": "no route"}, {"local": {}}, {"local": {}}]
    good = {"__georep_host": "p3", "status": []}
    assert asking.read_by(["p1", "p2", "p3"], views, [silent[0], good]) is good
    with pytest.raises(PreconditionFailed) as caught:
        asking.read_by(["p1", "p2", "p3"], views, silent)
    assert str(caught.value).splitlines()[1:] == ["p1: no route", "p2: glusterd does not answer.", "p3: no answer"]


@pytest.mark.parametrize(
    ("verdict", "drift", "asks"),
    [
        ("critical", {}, True), ("ok", {"steps": ["x"]}, True), ("warning", {"errors": ["x"]}, True), ("warning", {}, False),
        ("critical", {"declared": False}, False),
    ],
)  # fmt: skip
def test_versions_are_asked_for_where_they_may_explain_something(verdict: str, drift: dict[str, t.Any], asks: bool) -> None:
    assert asking.asks_versions({"verdict": verdict, "drift": {"declared": True, "steps": [], "errors": [], **drift}}) is asks


def test_the_sessions_that_sync_up_to_a_checkpoint() -> None:
    found = asking.choose(None, [A, {**B, "state": "stopped"}], ["peer_down"])
    assert found["names"] == [{**B, **ROOT}]
    assert found["start"] == [{**B, **ROOT, "only_state": True, "accept": ["peer_down"], "state": "started"}]
    assert found["stop"] == [{**found["start"][0], "state": "stopped"}]
    # Whatever is declared of those that are named.
    assert asking.choose([A], [{**B, "state": "stopped"}], [])["names"] == [{**A, **ROOT}]
    for chosen, declared in ((None, None), (None, [A]), ([], [{**B, "state": "stopped"}])):
        with pytest.raises(InvalidInput, match="No session was chosen"):
            asking.choose(chosen, declared, [])
    with pytest.raises(InvalidInput) as caught:
        asking.choose([{**A, "primary_volume": "a b"}], None, [])
    assert caught.value.option == "georep_sessions[0].primary_volume"


def test_all_of_them_have_to_exist() -> None:
    asking.check_exist([A], {"status": [{"primary_volume": "a"}]})
    with pytest.raises(PreconditionFailed) as caught:
        asking.check_exist([A, B], {"status": [{"primary_volume": "a"}]})
    assert caught.value.as_result()["msg"] == "Only 1 of 2 sessions exist (a). Create the missing sessions first: run the playbook glusterops.georep.converge."


def test_those_that_are_not_through_may_go_on() -> None:
    reached = [{"reached": False}, {"reached": True}]
    assert asking.through([A, B], reached, True) == asking.through([A, B], [], True) == [A, B]
    assert asking.through([A, B], reached, False) == [B] and asking.through([A, B], [], False) == []
