# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sites of GlusterFS 9 and 10: refused in both directions, whoever notices it, before anything is made of what the secondary answers."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.filter.georep_report import georep_report
from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import (
    CLI,
    EVERYTHING,
    PRIMARY,
    SECONDARY,
    explain,
)
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import nodes_from
from ansible_collections.glusterops.georep.plugins.module_utils._plan.drift import drift_of
from ansible_collections.glusterops.georep.plugins.module_utils._plan.eligibility import releases_apart
from ansible_collections.glusterops.georep.plugins.module_utils._plan.run import Found, Settings, plan_run
from ansible_collections.glusterops.georep.plugins.module_utils._plan.verdict import judge
from ansible_collections.glusterops.georep.plugins.module_utils._read.inform import inform
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import World, wanted
from ansible_collections.glusterops.georep.tests.unit.nodes import looked

T = "secondary1::projects-dr"
DECLARED = {"primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr", "accept": ["version_mismatch"]}
#: The primary's version, the secondary's.
BOTH_WAYS = [("9.2", "10.3"), ("9.2", "11.1"), ("8.6", "10.0"), ("10.3", "9.2"), ("11.1", "9.2"), ("12.0", "7.9")]
both_ways = pytest.mark.parametrize(("near", "far"), BOTH_WAYS)


def at(world: World, version: str) -> World:
    """The same cluster in another release."""
    world.version, world.old = version, int(version.split(".")[0]) < 10
    return world


def read(world: World, *hosts: str) -> dict[str, t.Any]:
    return inform(world.cli(), world, far_hosts=hosts or ("secondary1",), glusterd_dir=str(world.folder))


def nodes_of(near: str | None, far: str | None) -> list[dict[str, t.Any]]:
    """What gluster_georep_preflight_info found on a node of each site."""
    return [looked("p1", PRIMARY, {"glusterfs": near}), looked("dr1", SECONDARY, {"glusterfs": far})]


# --- the pure decision


@both_ways
def test_a_line_between_the_sites(near: str, far: str) -> None:
    found = releases_apart({"p1": near, "p2": near}, {"dr1": far})
    assert found is not None and found.consent is None
    assert f"GlusterFS {near} on p1, p2" in found.message and f"GlusterFS {far} on dr1" in found.message
    assert "cannot replicate to each other (known fault releases-apart)" in found.message and "10 or newer" in found.remedy
    assert t.cast("t.Any", explain(found.message, CLI)).id == "releases-apart"


@pytest.mark.parametrize(
    ("near", "far"),
    [
        ({"p1": "10.3"}, {"dr1": "11.1"}),
        ({"p1": "8.6"}, {"dr1": "9.2"}),
        ({"p1": "9.2"}, {"dr1": None}),
        ({"p1": ""}, {"dr1": "9.2"}),
        ({}, {"dr1": "9.2"}),
        ({}, {}),
    ],
)
def test_no_line_or_none_that_is_known(near: dict[str, str | None], far: dict[str, str | None]) -> None:
    assert releases_apart(near, far) is None


def test_one_node_is_enough() -> None:
    """In the middle of an upgrade, or in the second of two secondary clusters."""
    found = releases_apart({"p1": "10.3", "p2": "10.5"}, {"dr1": "10.3", "dr2": "9.2", "dr3": None})
    assert found is not None
    assert found.message.startswith("GlusterFS 10.3 on p1 and GlusterFS 10.5 on p2 and GlusterFS 9.2 on dr2 cannot replicate")
    assert "dr1" not in found.message and "dr3" not in found.message


# --- the role


def problem(declared: list[dict[str, t.Any]], info: dict[str, t.Any], **known: t.Any) -> str:
    """What the role fails with, if it does."""
    settings = Settings(declared, ["p1", "p2"], ["dr1"], preflight="nodes" in known)
    nodes = [{**node, "item": node["node"]} for node in known.get("nodes", ())]
    try:
        plan_run(settings, Found.from_results(info, nodes, versions=known.get("versions") or {}))
    except InvalidInput as exc:
        return f"{exc} {exc.remedy}"
    return ""


@both_ways
@pytest.mark.parametrize("fix", [True, False])
def test_the_verdict_over_all_nodes(near: str, far: str, fix: bool) -> None:
    """It counts where the sites cannot even be read, too."""
    verdict = judge(nodes_from(nodes_of(near, far)), fix)
    assert verdict["stops"].startswith("Geo-replication cannot work") and "Nothing was changed" in verdict["stops"]
    assert f"GlusterFS {far} on dr1" in verdict["stops"] and "(known fault releases-apart)" in verdict["stops"]
    assert judge(nodes_from(nodes_of(near, near)), fix)["stops"] == judge(nodes_from(nodes_of(near, None)), fix)["stops"] == ""


@both_ways
def test_the_comparison_with_the_declaration(world: World, near: str, far: str) -> None:
    """Before anything else that could be wrong with it, by what was seen on the nodes or by what they were asked."""
    at(world, near)
    info = read(world)
    missing = {**DECLARED, "secondary_volume": "nosuch"}
    assert "is not a volume of secondary1" in problem([missing], info)
    for known in ({"nodes": nodes_of(near, far)}, {"versions": {"dr1": far}}, {"versions": {"dr1": far, "dr2": ""}}):
        said = problem([missing], info, **t.cast("dict[str, t.Any]", known))
        assert said.startswith("geo_replication_sessions[0].secondary_host = 'secondary1': cannot be the secondary of this cluster. GlusterFS "), said
        assert f"GlusterFS {far} on dr1" in said and "(known fault releases-apart)" in said and "Nothing was changed." in said, said
        # Then no node is looked at.
        assert problem([{**missing, "state": "absent"}], info, versions=known.get("versions")) == ""
    assert "is not a volume of secondary1" in problem([missing], info, versions={"dr1": near})


# --- by the answers alone


def test_a_newer_secondary_is_no_cluster_without_volumes(world: World) -> None:
    at(world, "9.2")
    world.newer_hosts = {"secondary1"}
    info = read(world)
    (far,) = info["secondaries"]
    assert far["volumes"] == [] and far["node_uuid"] is None
    assert "releases-apart" in far["error"] and "glusterd on secondary1" in far["error"] and "GlusterFS 9.2" in far["error"]
    said = problem([DECLARED], info)
    assert "does not report its volumes" in said and "releases-apart" in said and "10 or newer" in said
    assert "is not a volume" not in said and "24007" not in said


def test_the_report_names_it_and_tells_the_rest(world: World) -> None:
    at(world, "9.2")
    world.add_volume("homes")
    world.add_session("homes", "secondary2::homes-dr", "Active", "Passive")
    world.newer_hosts = {"secondary1"}
    info = read(world, "secondary1", "secondary2")
    other = {"primary_volume": "homes", "secondary_host": "secondary2", "secondary_volume": "homes-dr", "state": "paused"}
    drift = drift_of([DECLARED, other], info)
    (error,) = drift["errors"]
    assert error.startswith("geo_replication_sessions[0].secondary_host = 'secondary1'") and "releases-apart" in error
    assert "is not a volume" not in error
    assert drift["steps"] == ["homes -> secondary2::homes-dr: pause: it is active"]


@both_ways
def test_the_report_names_it_by_the_versions_too(world: World, near: str, far: str) -> None:
    info = read(at(world, near))
    report = georep_report(info, declared=[DECLARED], versions={"dr1": far})
    (error,) = report["drift"]["errors"]
    assert f"GlusterFS {far} on dr1 cannot replicate" in error or f"GlusterFS {near} on this cluster" in error
    assert "secondary_host = 'secondary1'" in error and report["drift"]["steps"] == []
    assert georep_report(info, declared=[DECLARED], versions={"dr1": near})["drift"]["errors"] == []


# --- the module


def asked_far(world: World) -> list[list[str]]:
    return [argv for argv in world.calls if any("secondary1" in word for word in argv)]


@both_ways
@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("state", ["present", "started", "stopped", "paused"])
def test_the_module_refuses_before_it_asks(world: World, near: str, far: str, check_mode: bool, state: str) -> None:
    at(world, near)
    with pytest.raises(errors.PreconditionFailed) as caught:
        world.converge(wanted(state, accept=["version_mismatch"]), secondary_version=far, check_mode=check_mode)
    said = caught.value.message
    assert said.startswith(f"Nothing was changed. projects -> {T}: GlusterFS {near} on the primary and GlusterFS {far} on the secondary cannot"), said
    assert "(known fault releases-apart)" in said and "10 or newer" in (caught.value.remedy or "")
    assert world.mutations == [] and asked_far(world) == []


@both_ways
def test_a_session_across_the_line_can_still_go(world: World, near: str, far: str) -> None:
    at(world, near)
    world.add_session("projects", T, "Faulty", "Faulty")
    world.converge(wanted("absent"), secondary_version=far)
    assert ("projects", T) not in world.sessions


@pytest.mark.parametrize("check_mode", [True, False])
def test_without_a_version_the_module_goes_by_the_answers(world: World, check_mode: bool) -> None:
    at(world, "9.2")
    world.newer_hosts = {"secondary1"}
    with pytest.raises(errors.ReleasesApart, match=r"GlusterFS 9\.2 on this node and went to glusterd on secondary1") as caught:
        world.converge(wanted(accept=["version_mismatch"]), check_mode=check_mode)
    assert "10 or newer" in (caught.value.remedy or "")
    assert world.mutations == []
    assert [argv[-3:] for argv in asked_far(world)] == [["volume", "info", "projects-dr"]], "it is not mounted"


def with_key(world: World) -> None:
    folder = world.folder / "geo-replication"
    folder.mkdir(exist_ok=True)
    (folder / "secret.pem").write_text("a private key")


@both_ways
@pytest.mark.parametrize("check_mode", [True, False])
def test_without_a_version_the_module_asks_with_the_key_of_geo_replication(world: World, near: str, far: str, check_mode: bool) -> None:
    at(world, near)
    with_key(world)
    world.told_versions = {"secondary1": far}
    with pytest.raises(errors.PreconditionFailed) as caught:
        world.converge(wanted(accept=["version_mismatch"]), check_mode=check_mode)
    assert f"GlusterFS {far} on the secondary cannot replicate to each other (known fault releases-apart)" in caught.value.message
    assert world.mutations == []
    [argv] = asked_far(world)
    assert argv[0] == "ssh" and argv[-4:] == ["root", "--", "secondary1", "gluster --version"], argv
    assert f"-oUserKnownHostsFile={world.folder}/geo-replication/known_hosts" in argv and "-oStrictHostKeyChecking=yes" in argv, argv


def test_a_key_that_does_not_log_in_tells_nothing(world: World) -> None:
    with_key(world)
    world.converge(wanted())
    assert [argv[-1] for argv in world.calls if argv[0] == "ssh"] == ["gluster --version"]
    assert ("projects", T) in world.sessions


def test_nothing_is_asked_of_a_session_that_is_there_or_of_a_known_version(world: World) -> None:
    with_key(world)
    world.converge(wanted(), secondary_version="10.3")
    world.converge(wanted())
    assert [argv for argv in world.calls if argv[0] == "ssh"] == []


def test_the_catalogue_says_that_the_role_stops() -> None:
    fault = t.cast("t.Any", explain("... (known fault releases-apart) ...", CLI))
    assert (fault.id, fault.stops) == ("releases-apart", EVERYTHING)
