# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New keys for all primary nodes: who accepts them, and who brings them."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import PreconditionFailed
from ansible_collections.glusterops.georep.plugins.module_utils._plan.rotation import plan_next_keys, plan_rotation
from ansible_collections.glusterops.georep.plugins.module_utils._read import facts, inform
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import FAR_UUIDS, World

NODES = ["p1", "p2"]

PROVED = {"when": "2026-11-30T08:00:00Z", "lag_seconds": 3.0, "method": "rsync", "restarts": 0, "not_carried": []}


@pytest.fixture
def info(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, t.Any]:
    """Of a cluster with a session that runs and one that does not, by an account of its own."""
    monkeypatch.setattr(facts.gather, "__kwdefaults__", {**(facts.gather.__kwdefaults__ or {}), "glusterd_dir": str(world.folder)})
    monkeypatch.setattr(inform, "monitors", dict)
    world.add_volume("homes")
    world.add_session("projects", "secondary1::projects-dr", "Active", "Passive")
    world.add_session("homes", "geo@secondary1::homes-dr", "Stopped")
    found = inform.inform(
        world.cli(), world, far_hosts=["secondary1"], glusterd_dir=str(world.folder), log_dir=str(world.folder / "log")
    )
    return t.cast("dict[str, t.Any]", json.loads(json.dumps(found)))


def test_every_session_of_the_cluster_counts(info: dict[str, t.Any]) -> None:
    plan = plan_rotation(info, NODES, ["s1", "s2"], False)
    assert [target["secondary_user"] for target in plan["targets"]] == ["root", "geo"]
    assert plan["secondary_nodes"] == ["secondary1", "secondary2"] * 2
    uuids = sorted(FAR_UUIDS.values())
    assert [(one["host"], one["account"], sorted(one["node_uuids"])) for one in plan["share"]["p2"]["accounts"]] == [
        ("s2", "root", uuids), ("s2", "geo", uuids),
    ]  # fmt: skip
    assert {one["session"]["primary_volume"]: one["running"] for one in plan["sessions"]} == {"homes": False, "projects": True}
    assert plan["todo"] == {"managed": True, "unmanaged": False, "login": False}


@pytest.mark.parametrize("login", [True, False])
def test_a_site_that_ansible_does_not_manage(info: dict[str, t.Any], login: bool) -> None:
    plan = plan_rotation(info, NODES, [], login)
    assert plan["todo"] == {"managed": False, "unmanaged": True, "login": login} and plan["share"] == {"p1": {"accounts": []}, "p2": {"accounts": []}}


def test_all_primary_nodes_have_to_be_there(info: dict[str, t.Any]) -> None:
    wanted = r"The cluster has 2 nodes, and only 1 are in this play \(p1\)\. Add the other nodes to the play\. Nothing was changed"
    with pytest.raises(PreconditionFailed, match=wanted):
        plan_rotation(info, ["p1"], [], False)
    info["peers"][1]["connected"] = False
    with pytest.raises(PreconditionFailed, match="Not connected: primary2"):
        plan_rotation(info, NODES, [], False)


def test_who_accepts_the_keys_has_to_be_known(info: dict[str, t.Any]) -> None:
    info["status"][1]["config"] = {}
    volume = info["status"][1]["primary_volume"]
    with pytest.raises(PreconditionFailed, match=f"of these volumes cannot be read: {volume}") as caught:
        plan_rotation(info, NODES, [], False)
    assert "it is not known which accounts must accept the new keys, and no keys were replaced" in str(caught.value)
    info["secondaries"][0]["error"] = "no answer"
    with pytest.raises(PreconditionFailed, match="no answer"):
        plan_rotation(info, NODES, [], False)


def answer(due: bool, new: t.Sequence[str] = (), old: t.Sequence[str] = ()) -> dict[str, t.Any]:
    return {"rotation": {"due": due, "new_lines": list(new), "old_lines": list(old)}, "notes": ["next keys made"] if due else []}


def test_keys_that_are_due(info: dict[str, t.Any]) -> None:
    plan = plan_rotation(info, NODES, ["s1"], False)
    found = plan_next_keys(plan, [answer(True, ["new"], ["old"]), answer(False)], False)
    assert (found["due"], found["replace"], found["replaces"]) == (True, True, True)
    assert (found["new_lines"], found["old_lines"], found["lines"]) == (["new"], ["old"], ["done: next keys made"])
    found = plan_next_keys(plan, [answer(True), answer(False)], True)
    assert (found["due"], found["replace"], found["lines"]) == (True, False, ["would do: next keys made"])
    assert plan_next_keys(plan, [answer(False)] * 2, False)["lines"] == ["No key is due."]
    # Where nothing was asked yet nothing is due.
    assert not plan_next_keys(plan, [{"skipped": True}] * 2, False)["due"]


def test_b03_the_new_keys_are_put_where_sshd_reads_them_for_the_logins_of_the_primary_nodes(info: dict[str, t.Any]) -> None:
    way = {"address": "192.0.2.11", "local_address": "192.0.2.21", "port": 22}
    first = [{**way, "user": "root"}, {**way, "user": "geo"}, {**way, "user": "root"}]
    second = [{**way, "user": "root", "address": "192.0.2.12"}]
    plan = plan_rotation(info, NODES, ["s1"], False)
    both = [{**answer(True, ["new"]), "logins": first}, {**answer(True, ["new"]), "logins": second}]
    assert plan_next_keys(plan, both, False)["logins"] == {"root": [way, {**way, "address": "192.0.2.12"}], "geo": [way]}
    # Keys that stay are where they are.
    assert plan_next_keys(plan, [both[0], {**answer(False), "logins": second}], False)["logins"] == {"root": [way], "geo": [way]}
    assert plan_next_keys(plan, [answer(False)] * 2, False)["logins"] == {}


@pytest.mark.parametrize("state", ["active", "initializing", "faulty"])
@pytest.mark.parametrize("proved", [True, False])
@pytest.mark.parametrize("due", [True, False])
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_is_proved_after_it(info: dict[str, t.Any], due: bool, proved: bool, state: str, check_mode: bool) -> None:
    """What was restarted; without new keys, what a run that was killed has restarted and not proved, its workers up or not yet."""
    for entry in info["status"]:
        entry["last_proved"] = PROVED if proved else None
        entry["state"] = state if entry["primary_volume"] == "projects" else entry["state"]
    reconnected = {"rotation": {"restarted": ["projects -> secondary1::projects-dr"]}} if due and not check_mode else None
    found = plan_next_keys(plan_rotation(info, NODES, ["s1"], False), [answer(due, ["new"] if due else [])] * 2, check_mode, reconnected)
    session = {"primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr", "secondary_user": "root"}
    assert found["to_prove"] == ([session] if (due or not proved) and not check_mode else [])


def test_what_an_ended_run_had_stopped_is_proved_after_its_start(info: dict[str, t.Any]) -> None:
    """It is at rest when the sites are read, and the restart of the sessions starts it."""
    plan = plan_rotation(info, NODES, ["s1"], False)
    found = plan_next_keys(plan, [answer(True, ["new"])] * 2, False, {"rotation": {"restarted": ["homes -> geo@secondary1::homes-dr"]}})
    assert "homes" in [session["primary_volume"] for session in found["to_prove"]]
    assert "homes" not in [session["primary_volume"] for session in plan_next_keys(plan, [answer(True, ["new"])] * 2, False, {})["to_prove"]]


def test_next_keys_that_nobody_can_bring(info: dict[str, t.Any]) -> None:
    answers = [answer(False), answer(True)]
    with pytest.raises(PreconditionFailed, match="The keys of p2 are due to be replaced, but the new keys cannot be copied to secondary1"):
        plan_next_keys(plan_rotation(info, NODES, [], False), answers, True)
    assert plan_next_keys(plan_rotation(info, NODES, [], True), answers, True)["due"]
    # They may have been brought by a run that was ended.
    assert plan_next_keys(plan_rotation(info, NODES, [], False), [answer(False), answer(True, ["new"])], True)["due"]
