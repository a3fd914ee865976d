# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names as people, machines and registries make them: IPv6 addresses, capitals, lengths nobody types."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults import health
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Cluster, named, place_of
from ansible_collections.glusterops.georep.plugins.module_utils._model.destination import Destination, read_destinations
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import check_node, spelled
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import Node, Way
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import read_declaration
from ansible_collections.glusterops.georep.plugins.module_utils._plan.role import Options, plan_role
from ansible_collections.glusterops.georep.plugins.module_utils._plan.ssh_paths import all_reached
from ansible_collections.glusterops.georep.tests.unit.cases import cluster_of, sessions_of, volumes_of

R04_SESSION = {
    "primary_volume": "vol_0123456789abcdef0123456789abcdef",
    "secondary_host": "ip-198-51-100-1.eu-west-1.compute.internal",
    "secondary_volume": "vol_fedcba9876543210fedcba9876543210",
}


def travelled(cluster: Cluster) -> Cluster:
    """As it comes out of Ansible's results, in which bricks are names."""
    return Cluster.from_result(json.loads(json.dumps(cluster.to_result())))


def planned(cluster: Cluster, session: dict[str, t.Any]) -> tuple[list[str], list[str]]:
    plan = plan_role(read_declaration([session]), cluster, Options())
    return plan.steps, plan.warnings


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("n1:/b", ("n1", "/b")),
        ("2001:db8:1::12:/bricks/projects", ("2001:db8:1::12", "/bricks/projects")),
        ("fe80::1%eth0:/b", ("fe80::1%eth0", "/b")),
        ("::1:/b", ("::1", "/b")),
        ("192.0.2.1:/b/with:colon", ("192.0.2.1", "/b/with:colon")),
        ("n1:/b/with:/colon", ("n1", "/b/with:/colon")),
        ("n1:/b/größe \udcff", ("n1", "/b/größe \udcff")),
    ],
)
def test_b16_a_bricks_name_ends_at_the_first_colon_with_a_slash(name: str, place: tuple[str, str]) -> None:
    assert place_of(name) == place and named(place) == name


@pytest.mark.parametrize("far_address", [True, False], ids=["B16 as it is", "B16 with names on the secondary"])
def test_b16_bricks_by_ipv6_address_get_the_same_steps_as_names(far_address: bool) -> None:
    cluster = cluster_of("B16")
    assert [brick.node for brick in cluster.volumes["projects"].bricks] == ["2001:db8:1::11", "2001:db8:1::12"]
    if not far_address:
        secondary = cluster.secondaries["dr1.example.net"]
        volume = secondary.volumes[0]
        there = volume._replace(bricks=[brick._replace(node=f"dr{number}") for number, brick in enumerate(volume.bricks)])
        cluster = cluster._replace(secondaries={"dr1.example.net": dataclasses.replace(secondary, volumes=(there,))})
    for seen in (cluster, travelled(cluster)):
        steps, warnings = planned(seen, sessions_of("B16")[0])
        name = "projects -> dr1.example.net::projects-dr"
        assert steps == [f"{name}: create: 2001:db8:1::12:/bricks/projects has no worker", f"{name}: start: workers are missing"]
        assert bool(warnings) is far_address
    if far_address:
        assert "2001:db8:2::21:/bricks/dr" in warnings[0] and "rsync" in warnings[0] and "reset-brick" in warnings[0]


def test_b16_a_new_session_onto_such_bricks_is_refused_with_what_gsyncd_does() -> None:
    cluster = cluster_of("B16")._replace(sessions=[])
    with pytest.raises(InvalidInput) as caught:
        planned(cluster, sessions_of("B16")[0])
    assert caught.value.option == "geo_replication_sessions[0].secondary_volume"
    for words in ("2001:db8:2::21:/bricks/dr", "2001:db8:2::22:/bricks/dr", "gsyncd", "no file content arrives"):
        assert words in caught.value.message
    assert "URL" not in caught.value.message and "host names" in (caught.value.remedy or "")


def test_b16_trust_takes_nodes_by_address_and_not_the_sessions_host() -> None:
    given = {"secondary_host": "dr1.example.net", "secondary_user": "root", "ssh_port": 2222, "secondary_nodes": ["2001:db8:2::21", "FE80::2%eth0"]}
    assert read_destinations([given])[0].secondary_nodes == ("2001:db8:2::21", "FE80::2%eth0")
    with pytest.raises(InvalidInput, match="IPv6 literal"):
        read_destinations([{**given, "secondary_host": "2001:db8:2::21", "secondary_nodes": None}])
    for wrong in ("[2001:db8::1]", "2001:db8::1 ", "-oProxyCommand=x", "2001:db8::1;id", "2001:db8::1%$(id)"):
        with pytest.raises(InvalidInput):
            check_node("secondary_nodes", wrong)


def test_b16_report_and_health_name_the_brick_that_has_no_worker() -> None:
    status = travelled(cluster_of("B16")).to_result()["status"]
    assert status[0]["missing"] == ["2001:db8:1::12:/bricks/projects"]
    (group,) = health.sets_of(status[0])
    assert [(seen.node, seen.brick, seen.status) for seen in group] == [
        ("2001:db8:1::11", "/bricks/projects", "Active"), ("2001:db8:1::12", "/bricks/projects", "missing"),
    ]  # fmt: skip


def test_r04_names_made_by_machines() -> None:
    cluster = cluster_of("R04", {"ssh-port": "22"})
    steps, warnings = planned(travelled(cluster), R04_SESSION)
    assert steps == [] and warnings == []
    path = "/var/lib/heketi/mounts/vg_0123456789abcdef0123456789abcdef/brick_0123456789abcdef0123456789abcdef/brick"
    assert [brick.path for brick in volumes_of("R04", "primary-volume.xml")[R04_SESSION["primary_volume"]].bricks] == [path] * 3


@pytest.mark.parametrize(
    ("one", "other"),
    [("DR1.Example.NET", "dr1.example.net"), ("LocalHost", "localhost"), ("2001:DB8::21", "2001:db8:0:0:0:0:0:21"), ("FE80::1%eth0", "fe80::1%eth0")],
)
def test_b18_names_have_one_spelling(one: str, other: str) -> None:
    assert spelled(one) == spelled(other) == spelled(spelled(one))
    assert Destination(one, "root", 22, ()).key == Destination(other, "root", 22, ()).key


def test_b18_what_was_probed_by_another_spelling_is_reached() -> None:
    nodes = [Node("p1", "primary", ways=(Way("dr1", 22, "root", True),))]
    assert all_reached([{"ssh_port": 22, "secondary_user": "root", "secondary_nodes": ["DR1"]}], [t.cast(t.Any, None)], nodes)


@pytest.mark.parametrize(("state", "verbs"), [("started", []), ("stopped", ["stop"]), ("absent", ["stop", "delete"])])
def test_b18_a_session_declared_in_other_capitals_is_the_same_one(state: str, verbs: list[str]) -> None:
    """No UUID has to tell: the secondary need not answer."""
    cluster = cluster_of("R04", {"ssh-port": "22"})
    shouted = {**R04_SESSION, "secondary_host": R04_SESSION["secondary_host"].upper(), "state": state}
    if state == "absent":
        cluster = cluster._replace(secondaries={})
    plan = plan_role(read_declaration([shouted]), cluster, Options())
    name = "vol_0123456789abcdef0123456789abcdef -> ip-198-51-100-1.eu-west-1.compute.internal::vol_fedcba9876543210fedcba9876543210"
    assert [line.partition(": ")[2].partition(":")[0] for line in plan.steps] == verbs and all(line.startswith(name) for line in plan.steps)
    assert any(f"gluster knows as {name}" in note for note in plan.notes), plan.notes


def test_b18_one_session_declared_by_two_spellings() -> None:
    one = {"primary_volume": "projects", "secondary_host": "DR1", "secondary_volume": "projects-dr"}
    with pytest.raises(InvalidInput, match="is declared already"):
        read_declaration([one, {**one, "secondary_host": "dr1"}])
    inside = {"primary_volume": "homes", "secondary_host": "dr1", "secondary_directory": "/srv/copy/homes"}
    with pytest.raises(InvalidInput, match="inside the directory"):
        read_declaration([{**inside, "primary_volume": "a", "secondary_host": "DR1", "secondary_directory": "/srv/copy"}, inside])
