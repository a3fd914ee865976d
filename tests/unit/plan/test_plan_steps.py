# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the results of one step of a run mean for the next one."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import GeorepError, PreconditionFailed
from ansible_collections.glusterops.georep.plugins.module_utils._plan import steps
from ansible_collections.glusterops.georep.plugins.module_utils._plan.run import Settings

SESSION: dict[str, t.Any] = {"primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr"}


def broker(host: str, **more: t.Any) -> dict[str, t.Any]:
    return {"item": host, "restart_needed": False, "peers_down": [], "quorum_lost": [], "steps": [], "notes": [], "accounts": [], **more}


def test_restarts_of_glusterd() -> None:
    share = {"p1": ["s1", "s3"], "p2": ["s2"]}
    answers = [
        broker("s1", restart_needed=True, steps=["group"], accounts=[{"name": "geo", "exists": False}, {"name": "root", "exists": True}]),
        broker("s2"),
        {"item": "s3", "unreachable": True, "msg": "no route to host"},
    ]
    found = steps.plan_restarts(answers, "absent", share)
    assert found["share"] == {"p1": ["s1"], "p2": []} and found["restart"] == ["s1"]
    assert found["steps"] == ["s1: group", "s1: restart glusterd, so that it reads glusterd.vol"] and found["left"] == []
    assert (found["unreached"], found["unrestarted"], found["unmade"]["s1"]) == (["s3"], [], ["geo"])
    barred = [broker("s1", restart_needed=True, peers_down=["dr2"]), broker("s2", restart_needed=True, quorum_lost=["vol"])]
    found = steps.plan_restarts(barred, "absent", share)
    assert (found["restart"], found["unrestarted"]) == ([], ["s1", "s2"])
    with pytest.raises(PreconditionFailed) as caught:
        steps.plan_restarts(barred, "present", share)
    assert "glusterd on s1, s2" in str(caught.value) and "dr2 is down, server quorum would stop the bricks of vol" in str(caught.value)


def test_keys_that_nobody_can_bring() -> None:
    own = Settings([SESSION], ["p1"])
    targets = [{"secondary_host": "dr1"}, {"secondary_host": "dr1"}]
    steps.check_access(own, targets, [{"probes": []}, {"probes": [{"ok": True}]}])
    answers = [{"probes": []}, {"probes": [], "error": "TrustFailed", "msg": "p2: no way. Do this.", "remedy": "Do this."}, {"unreachable": True}]
    with pytest.raises(PreconditionFailed) as caught:
        steps.check_access(own, targets, answers)
    text = str(caught.value.as_result()["msg"])
    assert text.startswith("projects: the primary nodes cannot log in to dr1 with the geo-replication keys") and text.count("Do this.") == 1
    assert "p2: no way." in text and "no answer" in text and "Nothing was created" in text


@pytest.mark.parametrize(
    ("generated", "answers", "check_mode", "verify"),
    [({}, [{"changed": True}], False, True), ({}, [{"changed": True}], True, False), ({"changed": True}, [], True, False), ({}, [{}], True, True)],
)
def test_what_a_check_run_has_only_announced_is_not_verified(
    generated: dict[str, t.Any], answers: list[dict[str, t.Any]], check_mode: bool, verify: bool
) -> None:
    assert steps.plan_verification({"host_names": {}, "share": {"p1": {}}}, [], generated, answers, check_mode)["verify"] is verify


def test_host_keys_of_nodes_that_answered() -> None:
    answers = [
        {"node_uuid": "u1", "host_keys": ["ssh-ed25519 AAAA root@dr1"]},
        {"node_uuid": None, "host_keys": ["ssh-ed25519 BBBB"]},
        {"msg": "unreachable"},
    ]
    plan = {"host_names": {"u1": ["dr1"], "u2": ["dr2"]}, "share": {"p1": {}, "p2": {}}}
    found = steps.plan_verification(plan, ["given ssh-ed25519 C"], {"public_keys": ["line"]}, answers, False)
    assert found["known_hosts"] == ["dr1 ssh-ed25519 AAAA", "given ssh-ed25519 C"]
    # The first one has recorded where the keys were brought when it generated them.
    assert found["public_keys"] == {"p2": ["line"]} and found["announced"] == []
    assert steps.plan_verification(plan, [], {}, [], True)["announced"] == ["p1"]


def test_what_secondary_nodes_find_out_of_themselves_goes_to_those_that_log_in() -> None:
    closed = {"node_uuid": "u1", "host_keys": [], "accounts": [{"account": "geo"}], "obstacles": ["PermitRootLogin is no: ..."]}
    free = {"node_uuid": "u2", "host_keys": [], "accounts": [{"account": "geo"}], "obstacles": []}
    plan = {"host_names": {"u1": ["dr1", "[dr1]:2222", "192.0.2.21"], "u2": ["dr2"]}, "share": {"p1": {}}}
    found = steps.plan_verification(plan, [], {}, [closed, free, {"msg": "unreachable"}], False)["obstacles"]
    assert [(one["secondary_node"], one["secondary_user"]) for one in found] == [("dr1", "geo"), ("192.0.2.21", "geo")]
    assert found[0]["obstacles"] == closed["obstacles"]


def test_keys_and_accounts_that_a_check_run_only_announces() -> None:
    own = [{"host": "s1", "account": "root", "node_uuids": ["u1"]}, {"host": "s1", "account": "geo", "node_uuids": ["u1"]}]
    way = {"address": "192.0.2.11", "local_address": "192.0.2.21", "port": 22}
    plan = {"share": {"p1": {"accounts": own}, "p2": {"accounts": []}}, "logins": [{**way, "user": user} for user in ("root", "geo")]}
    there = {"host": "s1", "only_nodes": ["u1"], "state": "present", "public_keys": ["line"], "pending_on": [], "logins": [way]}
    pending = {**there, "state": "verified", "pending_on": ["u1"]}
    for check_mode in (True, False):
        found = steps.plan_authorization(plan, {"public_keys": ["line"]}, {"s1": ["geo"]}, check_mode)["share"]
        account = {**pending, "public_keys": [], "account": "root"} if check_mode else {**there, "account": "geo"}
        assert found == {"p1": [{**there, "name": "root", "account": "root"}, {**account, "name": "geo"}], "p2": []}
    # With geo_replication_preflight: false only the node that gathers the keys says from where it connects.
    found = steps.plan_authorization({**plan, "logins": []}, {"public_keys": ["line"], "logins": plan["logins"]}, {}, False)["share"]
    assert [task["logins"] for task in found["p1"]] == [[way], [way]]
    found = steps.plan_authorization(plan, {"public_keys": []}, {}, True)["share"]
    assert [(task["state"], task["account"], task["pending_on"]) for task in found["p1"]] == [("verified", "root", ["u1"]), ("verified", "geo", ["u1"])]


def test_nodes_that_still_differ() -> None:
    planned = {"nodes": [{"node_uuid": "u1"}], "to_recheck": [{"directory": "a_b_c", "option": "sync-jobs", "value": "4"}]}
    own = {"node": "p1", "site": "primary", "facts": {"node_uuid": "u1", "sessions": {"a_b_c": {"sync-jobs": "4"}}}}
    other = {"node": "p3", "site": "primary", "facts": {"node_uuid": "u3", "sessions": {}}}
    steps.check_agreement(planned, [own, other, {"msg": "unreachable"}])
    own["facts"]["sessions"]["a_b_c"]["sync-jobs"] = "3"
    with pytest.raises(GeorepError, match="sync-jobs of a_b_c is 3 on p1"):
        steps.check_agreement(planned, [own])


def test_versions_are_read_from_what_gluster_says() -> None:
    answers = [
        {"item": "s1", "stdout": "glusterfs 10.3\nRepository revision: git://git.gluster.org/glusterfs.git\n"},
        {"item": "s2", "stdout": "no such thing"},
        {"item": "s3", "msg": "unreachable"},
    ]
    assert steps.versions_of(answers) == {"s1": "10.3", "s2": ""}


def test_an_rsync_that_the_archives_do_not_have_is_no_longer_pinned() -> None:
    plan = {"share": {"p1": {"rsync": ["s1", "s3"]}, "p2": {"rsync": ["s2"]}}}
    answers = [{"item": "s1", "faults": [{"id": "rsync-detached-mount"}]}, {"item": "s2", "faults": [{"id": "clock"}]}, {"item": "s3", "faults": []}]
    found = steps.plan_pinned(plan, answers)
    assert found["share"] == {"p1": ["s1"], "p2": []} and not found["helps"]
    assert found["message"].startswith("The package archives of s1 have no rsync before 3.5") and "geo_replication_pin_rsync to false" in found["message"]
    for nothing in (answers[1:], []):
        assert steps.plan_pinned(plan, nothing)["helps"] and steps.plan_pinned(plan, nothing)["share"] == {"p1": [], "p2": []}


@pytest.mark.parametrize(
    ("install", "check_mode", "says"),
    [
        (True, False, ""),
        (True, True, "No lxml on p1. A real run installs python3-lxml. A check run cannot continue without this package."),
        (False, False, "No lxml on p1. Install python3-lxml on that node, or set geo_replication_install_packages to true."),
        (False, True, "No lxml on p1. Install python3-lxml on that node, or set geo_replication_install_packages to true."),
    ],
)
def test_a_missing_package(install: bool, check_mode: bool, says: str) -> None:
    if not says:
        steps.check_may_install("No lxml on p1.", "python3-lxml", install, check_mode)
        return
    with pytest.raises(PreconditionFailed) as caught:
        steps.check_may_install("No lxml on p1.", "python3-lxml", install, check_mode)
    assert caught.value.as_result()["msg"] == says


@pytest.mark.parametrize(
    ("answer", "before", "after"),
    [
        ({"peers_down": [], "restart_needed": False}, "", ""),
        ({"peers_down": [], "restart_needed": True}, "", "A minute later it has not read glusterd.vol."),
        ({"peers_down": ["dr2", "dr3"], "restart_needed": True}, "not connected: dr2, dr3. Start these nodes", "it is not connected to dr2, dr3."),
        ({"failed": True, "msg": "glusterd does not answer."}, "could not be read: glusterd does not answer. Fix", "read: glusterd does not answer. glusterd"),
    ],
)
def test_a_restart_of_glusterd_waits_for_its_cluster(answer: dict[str, t.Any], before: str, after: str) -> None:
    for restarted, says in ((False, before), (True, after)):
        if not says:
            steps.check_rejoined("s1", answer, restarted)
            continue
        with pytest.raises(PreconditionFailed) as caught:
            steps.check_rejoined("s1", answer, restarted)
        text = caught.value.as_result()["msg"]
        assert text.startswith("glusterd on s1 ") and says in text and "run again" in text, text


def test_workers_that_deliver_nothing_are_not_passed_over() -> None:
    steps.check_unproved({"unwell": []})
    with pytest.raises(PreconditionFailed) as caught:
        steps.check_unproved({"unwell": ["A worker of a stands still.", "One of b is Faulty."]})
    text = caught.value.as_result()["msg"]
    assert text.startswith("A worker of a stands still. One of b is Faulty. geo_replication_prove is false") and "geo_replication_prove: true" in text
