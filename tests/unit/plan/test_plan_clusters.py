# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two secondary clusters with volumes of the same names: what is planned for one is never done to the other."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply.prepare import Settings
from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import PRIMARY
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Cluster
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId, session_of
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import nodes_from
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import read_declaration
from ansible_collections.glusterops.georep.plugins.module_utils._plan.directories import with_planned
from ansible_collections.glusterops.georep.plugins.module_utils._plan.role import Options, check_releases, plan_declared
from ansible_collections.glusterops.georep.plugins.module_utils._plan.withdraw import plan_withdrawal
from ansible_collections.glusterops.georep.plugins.module_utils._read import facts, inform
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import FAR_UUIDS, Volume, World, uuid_of
from ansible_collections.glusterops.georep.tests.unit.nodes import OPENSSH_10, RSYNC_3_5, looked

OTHER = "other"
KNOWN = uuid_of("known to the session alone")
HERE, THERE = sorted(FAR_UUIDS.values()), [uuid_of(OTHER)]
#: Inventory hosts have names of their own. The first is of the other cluster.
MANAGED = {"node-z": THERE[0], "node-c": FAR_UUIDS["secondary1"], "node-d": FAR_UUIDS["secondary2"]}


@pytest.fixture
def site(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Both clusters have projects-dr and homes-dr."""
    monkeypatch.setattr(facts.gather, "__kwdefaults__", {**(facts.gather.__kwdefaults__ or {}), "glusterd_dir": str(world.folder)})
    world.add_volume("homes")
    world.far[OTHER] = {name: Volume(name, (OTHER,), uuid=other_uuid(name)) for name in ("projects-dr", "homes-dr")}
    return world


def other_uuid(name: str) -> str:
    return uuid_of(f"{name} of {OTHER}")


def read(site: World) -> dict[str, t.Any]:
    info = inform.inform(
        site.cli(), site, far_hosts=["secondary1", OTHER], glusterd_dir=str(site.folder), log_dir=str(site.folder / "log")
    )
    return t.cast("dict[str, t.Any]", json.loads(json.dumps(info)))


def entry(volume: str = "projects", host: str = "secondary1", **more: t.Any) -> dict[str, t.Any]:
    return {"primary_volume": volume, "secondary_host": host, "secondary_volume": f"{volume}-dr", **more}


def both_ways() -> t.Any:
    return pytest.mark.parametrize("managed", [MANAGED, dict(reversed(MANAGED.items()))])


# --- the plan


def test_a_host_tells_of_which_cluster_it_is(site: World) -> None:
    first, other = read(site)["secondaries"]
    assert (first["node_uuid"], sorted(first["cluster_uuids"])) == (FAR_UUIDS["secondary1"], HERE)
    assert (other["node_uuid"], other["cluster_uuids"]) == (THERE[0], THERE)
    site.far[OTHER] = None
    assert read(site)["secondaries"][1]["cluster_uuids"] == []


@both_ways()
def test_each_volume_is_protected_on_a_node_of_its_own_cluster(site: World, managed: dict[str, str]) -> None:
    plan = plan_declared([entry(host=OTHER), entry("homes")], read(site), managed=managed)
    first = next(host for host in managed if host != "node-z")
    homes = (site.far["secondary1"] or {})["homes-dr"].uuid
    assert plan["to_protect"] == [
        {"host": "node-z", "volumes": ["projects-dr"], "uuids": {"projects-dr": other_uuid("projects-dr")}},
        {"host": first, "volumes": ["homes-dr"], "uuids": {"homes-dr": homes}},
    ]
    assert {uuid: names for uuid, names in plan["host_names"].items() if OTHER in names} == {THERE[0]: [OTHER]}


def test_keys_go_to_the_nodes_of_a_session_s_own_cluster(site: World) -> None:
    plan = plan_declared([entry(host=OTHER, secondary_user="geo"), entry("homes")], read(site), managed=MANAGED)
    assert {user: sorted(uuids) for user, uuids in plan["account_nodes"].items()} == {"geo": THERE, "root": HERE}


@pytest.mark.parametrize(
    ("hosts", "session", "option"),
    [
        (["node-c", "node-d"], entry(host=OTHER), "secondary_host"),
        (["node-z"], entry(), "secondary_host"),
        (["node-z"], entry(state="absent", secondary_writable=True), "secondary_writable"),
    ],
)
def test_a_cluster_without_a_managed_node_is_told(site: World, hosts: list[str], session: dict[str, t.Any], option: str) -> None:
    managed: dict[str, str | None] = {**{host: MANAGED[host] for host in hosts}, "node-y": ""}
    with pytest.raises(InvalidInput) as caught:
        plan_declared([session], read(site), managed=managed)
    said = str(caught.value)
    assert caught.value.option == f"geo_replication_sessions[0].{option}"
    assert f"projects -> {session['secondary_host']}::projects-dr" in said and f"({', '.join(managed)})" in said
    assert "could not be read on node-y" in said and session["secondary_host"] in caught.value.remedy
    assert plan_declared([session], read(site)), "a site of somebody else's has no managed nodes"
    assert plan_declared([session], read(site), managed=MANAGED)


def test_a_session_that_just_goes_needs_no_managed_node(site: World) -> None:
    site.add_session("projects", "secondary1::projects-dr", "Stopped")
    assert plan_declared([entry(state="absent")], read(site), managed={"node-z": THERE[0]})["changed"]


def test_an_account_receives_in_each_cluster_what_goes_there(site: World) -> None:
    site.add_session("homes", "geo@secondary1::homes-dr", "Stopped")
    declared = [entry(host=OTHER, secondary_user="geo"), entry(secondary_user="geo"), entry("homes", OTHER, secondary_user="geo")]
    info = read(site)
    assert [(one["node_uuids"], one["secondary_volumes"], one["sessions"]) for one in plan_declared(declared, info, managed=MANAGED)["mappings"]] == [
        (THERE, ["projects-dr", "homes-dr"], ["projects_other_projects-dr", "homes_other_homes-dr"]),
        (HERE, ["projects-dr"], ["projects_secondary1_projects-dr"]),
    ]


def test_a_mapping_goes_from_the_cluster_that_its_session_went_to(site: World) -> None:
    """A session that stays needs a mapping of the same names in the other one."""
    for host in ("secondary1", OTHER):
        site.add_session("projects", f"geo@{host}::projects-dr", "Active", "Passive")
    plan = plan_declared([entry(host=OTHER, secondary_user="geo", state="absent")], read(site), managed=MANAGED)
    assert plan["obsolete_mappings"] == [
        {
            "secondary_user": "geo", "secondary_volumes": ["projects-dr"], "node_uuids": THERE,
            "volume_uuids": {"projects-dr": other_uuid("projects-dr")},
        }
    ]  # fmt: skip
    # Where it does not answer, the session itself knows the volume's UUID; of one that is gone by then nobody knows anything.
    site.far[OTHER] = None
    info = read(site)
    (mapping,) = plan_declared([entry("homes", OTHER, secondary_user="geo", state="absent"), entry(secondary_user="geo")], info)["obsolete_mappings"]
    assert mapping == {"secondary_user": "geo", "secondary_volumes": ["homes-dr"]}, "for a person to take away"
    plan = plan_declared([entry("homes", OTHER, secondary_user="geo", state="absent")], info, managed=MANAGED)
    assert plan["obsolete_mappings"] == [] and f"glusterd on {OTHER} does not answer" in plan["notes"][0]
    site.far[OTHER] = {}
    site.add_session("homes", f"geo@{OTHER}::homes-dr", "Stopped").far_uuid = KNOWN
    site.far[OTHER] = None
    site.write_files()
    (mapping,) = plan_declared([entry("homes", OTHER, secondary_user="geo", state="absent")], read(site), managed=MANAGED)["obsolete_mappings"]
    assert "node_uuids" not in mapping and mapping["volume_uuids"] == {"homes-dr": KNOWN}


def node(name: str, changes: dict[str, t.Any] | None = None, **more: t.Any) -> dict[str, t.Any]:
    return {**looked(name, changes={"node_uuid": MANAGED[name], **(changes or {})}), "item": name, **more}


def test_each_cluster_is_judged_by_its_own_nodes(site: World) -> None:
    """Its sync method, its version, and who replicates into it already."""
    taken = [{"primary_volume": "p", "primary_node": "n", "primary_node_uuid": "elsewhere", "secondary_volume": "projects-dr"}]
    nodes = [
        looked("primary1", PRIMARY),
        node("node-z", {**OPENSSH_10, "glusterfs": "11.1"}),
        node("node-c", {"receiving": taken}),
        node("node-d"),
    ]
    declared = [entry(host=OTHER), entry("homes")]
    plan = plan_declared(declared, read(site), sync_method="auto", nodes=nodes, managed=MANAGED)
    assert [session["config"]["sync-method"] for session in plan["sessions"]] == ["tarssh", "rsync"]
    assert (plan["secondary_versions"], plan["versions_to_ask"]) == ({OTHER: "11.1", "secondary1": "10.3"}, [])
    with pytest.raises(InvalidInput, match="receives another session already: p of n in another cluster"):
        plan_declared([entry()], read(site), nodes=nodes, managed=MANAGED)
    unseen = plan_declared(declared, read(site), managed=MANAGED)
    assert unseen["secondary_versions"] == {}
    assert unseen["versions_to_ask"] == [{"secondary_host": OTHER, "host": "node-z"}, {"secondary_host": "secondary1", "host": "node-c"}]


def test_releases_are_compared_with_the_cluster_that_a_session_goes_to() -> None:
    settings = Settings(secondary_version="10.3", secondary_versions={OTHER: "11.1"})
    versions = [settings.version_of(SessionId("projects", host, "projects-dr")) for host in (OTHER, "secondary1")]
    assert versions == ["11.1", "10.3"]


def test_an_old_release_in_another_cluster_is_nothing_to_a_session(site: World) -> None:
    """Neither as the preflight saw it, nor as the node itself was asked; a session that goes there is the one that is named."""
    cluster = Cluster.from_result(read(site))
    nodes = [looked("primary1", PRIMARY), node("node-z", {"glusterfs": "9.2"}), node("node-c")]
    asked = {"node-z": "9.2", "node-c": "10.3"}
    homes, other = read_declaration([entry("homes"), entry(host=OTHER)])
    options = Options(managed=MANAGED)
    for known in (options._replace(nodes=nodes_from(nodes)), options._replace(versions=asked)):
        check_releases([homes], cluster, known)
        with pytest.raises(InvalidInput) as caught:
            check_releases([homes, other], cluster, known)
        assert caught.value.option == "geo_replication_sessions[1].secondary_host"
        # Before it is known whose nodes they are, any may be meant.
        with pytest.raises(InvalidInput, match="cannot be the secondary of this cluster"):
            check_releases([homes], cluster._replace(secondaries={}), known._replace(managed=None))


def test_an_older_rsync_is_held_only_where_a_session_receives_by_it(site: World) -> None:
    """What is wrong in the other cluster does not keep it from being held here."""
    nodes = [looked("primary1", PRIMARY), node("node-z", OPENSSH_10), node("node-c", RSYNC_3_5), node("node-d", RSYNC_3_5)]
    declared = [entry(host=OTHER), entry("homes")]
    plan = plan_declared(declared, read(site), sync_method="auto", nodes=nodes, pin_rsync=True, managed=MANAGED)
    assert [session["config"]["sync-method"] for session in plan["sessions"]] == ["tarssh", "rsync"]
    assert plan["pin"] == ["node-c", "node-d"]
    nodes[1] = node("node-z", RSYNC_3_5)
    only = plan_declared([entry("homes")], read(site), sync_method="auto", nodes=nodes, pin_rsync=True, managed=MANAGED)
    assert only["pin"] == ["node-c", "node-d"], "no session goes to the other one"
    tar = plan_declared(declared, read(site), sync_method="tarssh", nodes=nodes, pin_rsync=True, managed=MANAGED)
    assert tar["pin"] == []


def test_a_name_that_two_nodes_take_for_their_own() -> None:
    cluster = Cluster([], {}, [])
    one = {"secondary_host": "dr1"}
    assert with_planned(cluster, [{"item": "a", "directories": [one, one]}, {"item": "b", "directories": []}]).claimed_twice == {}
    assert with_planned(cluster, [{"item": "a", "directories": [one]}, {"item": "b", "directories": [one]}]).claimed_twice == {"dr1": ["a", "b"]}


# --- what is taken away


def withdrawal(
    site: World, declared: list[dict[str, t.Any]], *, nodes: t.Iterable[str] = tuple(MANAGED), receiving: t.Mapping[str, t.Any] | None = None, **more: t.Any
) -> dict[str, t.Any]:
    """By the plan for the declared sessions, and the secondary nodes that were looked at."""
    info = read(site)
    plan = plan_declared(declared, info, managed=MANAGED)
    far = [
        {
            "item": [name, "root"], "node_uuid": MANAGED[name], "host_keys": [], "receiving": (receiving or {}).get(name, []), "leftovers": [],
            "accounts": [], "before": {"copies": {}},
        }
        for name in nodes
    ]  # fmt: skip
    near = [{"node_uuid": "n", "own_public_keys": [], "recorded_public_keys": [], "public_keys": [], "recorded_host_keys": {}, "recorded_sites": []}]
    return plan_withdrawal(plan, info, near, far, **more)


@pytest.fixture
def twins(site: World) -> World:
    """From one volume to volumes of one name, in both clusters."""
    for host in ("secondary1", OTHER):
        site.add_session("projects", f"{host}::projects-dr", "Active", "Passive")
    return site


@pytest.mark.parametrize(("host", "where"), [(OTHER, "node-z"), ("secondary1", "node-c")])
def test_a_session_that_stays_keeps_its_own_volume_alone_read_only(twins: World, host: str, where: str) -> None:
    found = withdrawal(twins, [entry(host=host, state="absent", secondary_writable=True)])
    uuid = (twins.far[host] or {})["projects-dr"].uuid
    assert found["to_open"] == [{"host": where, "volumes": ["projects-dr"], "uuids": {"projects-dr": uuid}}]
    assert not any("stays" in note for note in found["notes"]), found["notes"]


def test_who_writes_in_another_cluster_does_not_keep_it_read_only(twins: World) -> None:
    others = [{"primary_volume": "p", "primary_node": "n", "primary_node_uuid": "elsewhere", "secondary_volume": "projects-dr"}]
    declared = [entry(host=OTHER, state="absent", secondary_writable=True)]
    assert withdrawal(twins, declared, receiving={"node-c": others})["to_open"]
    held = withdrawal(twins, declared, receiving={"node-z": others})
    assert held["to_open"] == [] and "projects-dr stays read-only, because p of n replicates into it." in held["notes"]


def test_copies_go_where_no_session_of_the_same_volumes_stays(twins: World) -> None:
    pair = {"primary_volume": "projects", "secondary_volume": "projects-dr"}
    declared = [entry(host=OTHER, state="absent")]
    assert withdrawal(twins, declared)["copies_of"] == [{**pair, "node_uuids": THERE}]
    assert withdrawal(twins, declared, managed=False)["copies_of"] == [], "logins do not know the nodes by their UUIDs"


def test_a_volume_is_opened_only_where_it_is_known_which_one_is_meant(twins: World) -> None:
    declared = [entry(host=OTHER, state="absent", secondary_writable=True), entry()]
    # Once its session is gone, a run that was killed before is finished by what the cluster says.
    del twins.sessions["projects", f"{OTHER}::projects-dr"]
    twins.write_files()
    assert [one["host"] for one in withdrawal(twins, declared)["to_open"]] == ["node-z"]
    twins.far[OTHER] = None
    found = withdrawal(twins, declared)
    assert found["to_open"] == [] and any("the volume cannot be identified" in note for note in found["notes"])
    # The session knew the UUID. Where nobody knows whose node has the volume, each is asked, and the UUID decides.
    twins.far[OTHER] = {}
    twins.add_session("projects", f"{OTHER}::projects-dr", "Stopped").far_uuid = KNOWN
    twins.far[OTHER] = None
    twins.write_files()
    found = withdrawal(twins, declared)
    assert found["to_open"] == [{"host": host, "volumes": ["projects-dr"], "uuids": {"projects-dr": KNOWN}} for host in MANAGED]


def test_a_cluster_of_which_no_node_was_reached_is_named(twins: World) -> None:
    found = withdrawal(twins, [entry(host=OTHER, state="absent", secondary_writable=True)], nodes=["node-c", "node-d"])
    assert found["to_open"] == [] and any("no node of the cluster of other could be reached" in note for note in found["notes"])
    hosts = {**MANAGED}
    opened = withdrawal(twins, [entry(host=OTHER, state="absent", secondary_writable=True)], nodes=[], hosts=hosts)["to_open"]
    assert [one["host"] for one in opened] == ["node-z"]


def test_going_sessions_carry_their_volumes_uuid(twins: World) -> None:
    plan = plan_declared([entry(host=OTHER, state="absent")], read(twins), managed=MANAGED)
    assert [(session_of(one).secondary_host, one["secondary_volume_id"]) for one in plan["to_delete"]] == [(OTHER, other_uuid("projects-dr"))]
