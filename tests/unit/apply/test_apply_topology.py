# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes that do not know a session, nodes with other options, sessions by other names: in the modules and in the role's plan."""

from __future__ import annotations

import json
import re
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import PRIMARY
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import store
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import nodes_from
from ansible_collections.glusterops.georep.plugins.module_utils._plan.role import plan_declared, still_differs
from ansible_collections.glusterops.georep.plugins.module_utils._read import facts, inform
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import UUIDS, Volume, World, uuid_of, wanted
from ansible_collections.glusterops.georep.tests.unit.nodes import looked

T = "secondary1::projects-dr"
P = f"projects {T}"
DIR = "projects_secondary1_projects-dr"


@pytest.fixture
def site(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """One whose files are where the code looks for them; the node that is asked is primary1."""
    for function in (facts.gather, store.read_registered):
        names = function.__kwdefaults__ or {}
        if "glusterd_dir" in names:
            monkeypatch.setattr(function, "__kwdefaults__", {**names, "glusterd_dir": str(world.folder)})
        else:
            monkeypatch.setattr(function, "__defaults__", (str(world.folder),))
    (world.folder / "glusterd.info").write_text(f"UUID={UUIDS['primary1']}\noperating-version=100000\n")
    return world


def read(site: World, *hosts: str, declared: t.Sequence[SessionId] | None = None) -> dict[str, t.Any]:
    info = inform.inform(
        site.cli(),
        site,
        far_hosts=hosts or ["secondary1"],
        declared=declared,
        config_of=lambda _id: declared is None,
        glusterd_dir=str(site.folder),
    )
    return t.cast("dict[str, t.Any]", json.loads(json.dumps(info)))


def entry(volume: str = "projects", host: str = "secondary1", **more: t.Any) -> dict[str, t.Any]:
    return {"primary_volume": volume, "secondary_host": host, "secondary_volume": f"{volume}-dr", **more}


def node(name: str, sessions: dict[str, dict[str, str] | None]) -> dict[str, t.Any]:
    """What gluster_georep_preflight_info tells of a primary node."""
    return looked(name, PRIMARY, {"node_uuid": UUIDS[name], "sessions": sessions})


def for_module(*nodes: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    return [{"node": one["node"], "node_uuid": one["facts"]["node_uuid"], "sessions": one["facts"]["sessions"]} for one in nodes]


# --- nodes that do not know the session


@pytest.mark.parametrize(
    ("state", "words", "verbs"),
    [
        ("started", ("Active", None), ["create no-verify force", "start force"]),
        ("present", ("Active", None), ["create no-verify force", "start force"]),
        ("started", ("Stopped", None), ["create no-verify force", "start"]),
        ("stopped", ("Stopped", None), ["create no-verify force"]),
        ("stopped", ("Active", None), ["create no-verify force", "stop"]),
        ("absent", ("Stopped", None), ["create no-verify force", "delete"]),
    ],
)
def test_a_brick_without_a_worker(site: World, state: str, words: tuple[str, None], verbs: list[str]) -> None:
    session = site.add_session("projects", T, "Active", "Passive")
    session.script = [list(words)]
    (check,) = site.converge(wanted(state), check_mode=True)
    assert site.mutations == []
    (outcome,) = site.converge(wanted(state))
    assert site.mutations == [f"{P} {verb}" for verb in verbs]
    assert check.plan.steps == outcome.plan.steps
    assert outcome.plan.steps[0].why == "primary2:/bricks/projects has no worker"
    assert site.reads["secondary1: volume projects-dr"] == 2, "by force only into the very same volume"
    assert "mount localhost projects" not in site.reads, "that the secondary is not empty is in the nature of things"
    assert not site.converge(wanted(state))[0].changed


def test_who_only_sets_options_tells_no_node_of_a_session(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive").script = [["Active", None]]
    site.converge(wanted("present", {"sync-jobs": "5"}, port=None), may_create=False, wait=False)
    assert site.mutations == [f"{P} config sync-jobs 5"]


def test_a_brick_whose_node_is_down_is_not_waited_for(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    site.down = {"primary2"}
    assert not site.converge(wanted())[0].changed


def test_the_others_options_go_with_it(site: World) -> None:
    """What people have set by hand, too; and not what gsyncd writes itself."""
    session = site.add_session("projects", T, "Active", "Passive", sync_jobs="5", log_level="DEBUG", stime_xattr_prefix="x")
    session.script = [["Active", None]]
    nodes = for_module(node("primary1", {DIR: {}}), node("primary2", {}))
    site.converge(wanted("started", {"sync-jobs": "5"}), nodes=nodes)
    assert [line.partition(T)[2].strip() for line in site.mutations] == [
        "create no-verify force", "config sync-jobs 5", "config log-level DEBUG", "start force",
    ]  # fmt: skip


def test_a_far_volume_that_was_made_anew_is_not_forced_upon(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive").script = [["Active", None]]
    t.cast("dict[str, Volume]", site.far["secondary1"])["projects-dr"].uuid = uuid_of("another")
    with pytest.raises(errors.PreconditionFailed, match="the session was created for another secondary volume") as caught:
        site.converge(wanted())
    assert uuid_of("another") in caught.value.message and site.mutations == []


def test_this_very_node_does_not_know_it(site: World) -> None:
    """Set up anew: glusterd lists the session, and its file is not here. gluster cannot tell the options."""
    site.add_session("projects", T, "Active", "Passive").script = [[None, "Active"]]
    original = site.write_files

    def forgetful() -> None:
        original()
        if not any("create" in line for line in site.mutations):
            (site.folder / "geo-replication" / DIR / "gsyncd.conf").unlink(missing_ok=True)

    site.write_files = forgetful  # type: ignore[method-assign]
    forgetful()
    (outcome,) = site.converge(wanted("started", {"sync-jobs": "5"}))
    assert site.mutations == [f"{P} create no-verify force", f"{P} config sync-jobs 5", f"{P} start force"]
    assert "this node does not know the session" in outcome.plan.steps[0].why
    assert site.reads[f"config {P}"] == 1, "read back; before, there was nothing to read"


# --- nodes with other options


def test_options_of_another_node(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive", sync_jobs="5", log_level="DEBUG")
    nodes = for_module(node("primary1", {DIR: {"sync-jobs": "9"}}), node("primary2", {DIR: {"sync-jobs": "7", "log-level": "DEBUG"}}))
    (outcome,) = site.converge(wanted("started", {"sync-jobs": "5"}), nodes=nodes)
    assert [str(step) for step in outcome.plan.steps] == ["config sync-jobs: 7 on primary2 -> 5"], "this node speaks for itself"
    assert site.mutations == [f"{P} config sync-jobs 5"]
    assert not site.converge(wanted("started", {"sync-jobs": "5"}))[0].changed, "without nodes nobody knows"


def test_the_plan_of_the_role_sees_the_nodes(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive", sync_jobs="5")
    good, bad = {DIR: {"sync-jobs": "5"}}, {DIR: {"sync-jobs": "7", "log-level": "DEBUG"}}
    info = read(site)
    same = plan_declared([entry(config={"sync-jobs": 5})], info, nodes=[node("primary1", {}), node("primary2", dict(good))])
    assert (same["changed"], same["to_recheck"], same["nodes"][1]["sessions"], same["warnings"]) == (False, [], {}, [])
    plan = plan_declared([entry(config={"sync-jobs": 5})], info, nodes=[node("primary1", good), node("primary2", dict(bad))])
    assert plan["steps"] == [f"projects -> {T}: config sync-jobs: 7 on primary2 -> 5: differs; restarts the workers"]
    assert plan["to_recheck"] == [{"directory": DIR, "option": "sync-jobs", "value": "5"}]
    assert [one["sessions"] for one in plan["nodes"]] == [good, bad]
    (said,) = plan["warnings"]
    assert "log-level is (default) on the first node, DEBUG on primary2, and the option is not declared" in said
    exclusive = plan_declared([entry(config={"sync-jobs": 5}, config_exclusive=True)], info, nodes=[node("primary1", good), node("primary2", bad)])
    assert any("log-level: DEBUG on primary2 -> (default)" in step for step in exclusive["steps"]) and exclusive["warnings"] == []
    unknown = plan_declared([entry()], info, nodes=[node("primary1", good), node("primary2", {})])
    assert "primary2 does not know the session" in unknown["steps"][0] and (unknown["creates"], unknown["doubtful"]) == (False, True)
    broken = plan_declared([entry()], info, nodes=[node("primary1", good), node("primary2", {DIR: None})])
    assert broken["changed"] is False, "a file that cannot be read is another matter"


def test_a_session_that_is_only_waited_for_is_known_as_well(site: World) -> None:
    site.add_session("projects", T, "Faulty", "Faulty")
    nodes = [node("primary1", {DIR: {}}), node("primary2", {DIR: {}})]
    plan = plan_declared([entry()], read(site), nodes=nodes)
    assert len(plan["sessions"]) == 1 and not plan["changed"]
    assert [list(one["sessions"]) for one in plan["nodes"]] == [[DIR], [DIR]], "else its nodes would seem not to know it"


def test_nodes_that_take_no_part_are_left_out(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    site.down = {"primary2"}
    stranger = looked("primary9", PRIMARY, {"node_uuid": "no-member", "sessions": {}})
    plan = plan_declared([entry()], read(site), nodes=[node("primary1", {DIR: {}}), node("primary2", {}), stranger])
    assert (plan["changed"], [one["node"] for one in plan["nodes"]]) == (False, ["primary1"])


def test_what_is_still_not_so() -> None:
    to_recheck = [{"directory": DIR, "option": "sync-jobs", "value": "5"}, {"directory": DIR, "option": "log-level", "value": None}]
    nodes = nodes_from([node("primary1", {DIR: {"sync-jobs": "5"}}), node("primary2", {DIR: {"log-level": "DEBUG"}})])
    assert still_differs(to_recheck, nodes) == [f"sync-jobs of {DIR} is (default) on primary2", f"log-level of {DIR} is DEBUG on primary2"]
    assert still_differs(to_recheck, nodes_from([node("primary1", {})])) == [f"primary1 still does not know {DIR}"]
    assert still_differs([], nodes) == []


# --- a node that is down


def test_what_will_be_left_behind(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    site.down = {"primary2"}
    with pytest.raises(errors.PreconditionFailed, match="would be missing on it: sync-jobs, log-level"):
        site.converge(wanted("started", {"sync-jobs": "5", "log-level": "DEBUG"}))
    info = read(site)
    plan = plan_declared([entry(config={"sync-jobs": 5})], info)
    assert (plan["doubtful"], plan["warnings"]) == (True, []), "the module is asked, and objects"
    plan = plan_declared([entry(config={"sync-jobs": 5}, accept=["peer_down"])], info)
    assert plan["warnings"] == [
        "projects: primary2 cannot be reached, and did not get the changes of this run: sync-jobs. Run again when all primary nodes are back."
    ]
    assert plan_declared([entry(accept=["peer_down"])], info)["warnings"] == []


# --- one session by several names


def test_an_alias_in_the_plan_of_the_role(site: World) -> None:
    site.add_session("projects", T, "Stopped")
    declared = [SessionId("projects", "secondary2", "projects-dr")]
    info = read(site, "secondary2", declared=declared)
    assert site.reads[f"config {P}"] == 1 and site.reads["secondary1: volumes"] == 1, "it may be the same"
    plan = plan_declared([entry(host="secondary2")], info)
    assert plan["sessions"][0]["secondary_host"] == "secondary1" and plan["creates"] is False
    assert plan["steps"] == [f"projects -> {T}: start: it is stopped"] and plan["undeclared"] == []
    assert "is the session that gluster knows as" in plan["notes"][0]
    assert plan["targets"][0]["secondary_host"] == "secondary1"
    with pytest.raises(InvalidInput, match=r"is declared already, as geo_replication_sessions\[0\], by another name: projects -> secondary1"):
        plan_declared([entry(), entry(host="secondary2")], info)
    with pytest.raises(InvalidInput, match="is not the user of the session that exists"):
        plan_declared([entry(host="secondary2", secondary_user="geo")], info)
    gone = plan_declared([entry(host="secondary2", state="absent")], info)
    assert gone["changed"] is False and "was not deleted" in gone["notes"][0]


def test_the_same_name_on_another_cluster_is_another_session(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    elsewhere = Volume("projects-dr", ("secondary1", "secondary2"), uuid=uuid_of("elsewhere"))
    site.far["third"] = {"projects-dr": elsewhere}
    site.converge(wanted("present", host="third"))
    assert site.mutations == ["projects third::projects-dr create no-verify"]


def test_entries_of_very_old_releases(site: World) -> None:
    """They lack the UUID: the host is asked by the name that the entry has."""
    site.add_session("projects", T, "Active", "Passive")
    url = site._url
    site._url = lambda session: re.sub(r"(::[^:]+):.*$", r"\1", url(session))  # type: ignore[method-assign]
    site.write_files()
    (outcome,) = site.converge(wanted(host="secondary2"))
    assert not outcome.changed and outcome.plan.wanted.id.secondary_host == "secondary1"
    info = read(site, "secondary2", declared=[SessionId("projects", "secondary2", "projects-dr")])
    assert info["status"][0]["secondary_volume_id"] is None
    assert plan_declared([entry(host="secondary2")], info)["changed"] is False
    site.volumes["homes"] = Volume("homes")
    with pytest.raises(InvalidInput, match="receives another session already: projects -> "):
        site.converge(wanted(volume="homes")._replace(id=SessionId("homes", "secondary2", "projects-dr")))


def test_two_new_sessions_into_one_volume(site: World) -> None:
    site.volumes["homes"] = Volume("homes")
    items = [entry(), {**entry("homes", host="secondary2"), "secondary_volume": "projects-dr"}]
    said = r"receives another session already: projects -> secondary1::projects-dr \(geo_replication_sessions\[0\]\)"
    with pytest.raises(InvalidInput, match=said) as caught:
        plan_declared(items, read(site, "secondary1", "secondary2"))
    assert caught.value.option == "geo_replication_sessions[1].secondary_volume"


def test_a_far_volume_that_was_made_anew_is_told(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    t.cast("dict[str, Volume]", site.far["secondary1"])["projects-dr"].uuid = uuid_of("another")
    (said,) = plan_declared([entry()], read(site))["warnings"]
    assert "was created again after the session" in said and uuid_of("another") in said and uuid_of("projects-dr") in said
