# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mistake in a declaration is the same mistake in the role's plan and in the session module: one text, one remedy."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Cluster
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import nodes_from
from ansible_collections.glusterops.georep.plugins.module_utils._plan.decide import as_read, check_destination, plan_one
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import read_declaration
from ansible_collections.glusterops.georep.plugins.module_utils._plan.role import Options, RolePlan, plan_role
from ansible_collections.glusterops.georep.plugins.module_utils._read.inform import inform
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import Volume, World
from ansible_collections.glusterops.georep.tests.unit.nodes import looked

T = "secondary1::projects-dr"
LABEL = "geo_replication_sessions"


def entry(volume: str = "projects", **more: t.Any) -> dict[str, t.Any]:
    return {"primary_volume": volume, "secondary_host": "secondary1", "secondary_volume": f"{volume}-dr", **more}


def read(world: World) -> Cluster:
    """As it travels through Ansible."""
    info = inform(world.cli(), world, far_hosts=["secondary1", "secondary2"], glusterd_dir=str(world.folder), log_dir=str(world.folder / "log"))
    return Cluster.from_result(json.loads(json.dumps(info)))


def in_role(world: World, declared: list[dict[str, t.Any]]) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        plan_role(read_declaration(declared), read(world), Options())
    return caught.value


def in_module(world: World, declared: list[dict[str, t.Any]]) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        world.converge(*(found.wanted for found in read_declaration(declared)))
    assert world.mutations == []
    return caught.value


def far(world: World) -> dict[str, Volume]:
    found = world.far["secondary1"]
    assert found is not None
    return found


def stop_primary(world: World) -> None:
    world.volumes["projects"].status = "Stopped"


def stop_secondary(world: World) -> None:
    far(world)["projects-dr"].status = "Created"


def one_that_receives(world: World) -> None:
    world.add_volume("homes")
    world.add_session("homes", T, "Active", "Passive")


def other_account(world: World) -> None:
    world.add_session("projects", f"geo@{T}", "Stopped")


@pytest.mark.parametrize(
    ("prepare", "declared", "option", "says"),
    [
        (None, [entry("nosuch")], "primary_volume", "is not a volume of the primary cluster"),
        (stop_primary, [entry()], "primary_volume", "gluster volume start projects"),
        (stop_primary, [entry(state="present")], "primary_volume", "is not started"),
        (stop_secondary, [entry()], "secondary_volume", "is not started on secondary1"),
        (stop_secondary, [entry(state="stopped")], "secondary_volume", "is not started on secondary1"),
        (one_that_receives, [entry()], "secondary_volume", f"receives another session already: homes -> {T}"),
        (other_account, [entry()], "secondary_user", "is not the user of the session that exists"),
        (None, [entry(secondary_host="secondary2"), entry()], None, None),
    ],
)
def test_one_text_for_each_mistake(
    world: World, prepare: t.Callable[[World], None] | None, declared: list[dict[str, t.Any]], option: str | None, says: str | None
) -> None:
    if prepare:
        prepare(world)
    if option is None:
        # Two names of one host are two sessions for gluster until one of them exists; into one volume only one may go.
        assert "receives another session already" in str(in_role(world, declared))
        return
    role, module = in_role(world, declared), in_module(world, declared)
    assert (role.option, module.option) == (f"{LABEL}[0].{option}", option)
    assert str(role) == f"{LABEL}[0].{module}" and role.remedy == module.remedy
    assert says in f"{module} {module.remedy}"


def test_a_volume_that_is_not_there(world: World) -> None:
    """The module asks about one volume only, so it cannot name the others."""
    declared = [entry(secondary_volume="nosuch")]
    role, module = in_role(world, declared), in_module(world, declared)
    assert str(role) == f"{LABEL}[0].{module}" and "is not a volume of secondary1" in str(module)
    assert "Volumes of secondary1: " in str(role.remedy) and "gluster volume list" in str(module.remedy)


def test_a_directory_that_two_sessions_share(world: World) -> None:
    far(world)["dr"] = Volume("dr", ("secondary1",))
    world.add_volume("projects_secondary1")
    world.add_session("projects_secondary1", "h::dr", "Stopped")
    declared = [{"primary_volume": "projects", "secondary_host": "secondary1_h", "secondary_volume": "dr"}]
    role, module = in_role(world, declared), in_module(world, declared)
    assert "would share the directory projects_secondary1_h_dr" in str(role) and "would share" in str(module)
    assert str(role).partition(": ")[2] == str(module).partition(": ")[2] and role.remedy == module.remedy


def test_what_goes_is_not_looked_for_under_another_account(world: World) -> None:
    other_account(world)
    assert plan_role(read_declaration([entry(state="absent")]), read(world), Options()).sessions == []
    (outcome,) = world.converge(*(found.wanted for found in read_declaration([entry(state="absent")])))
    assert not outcome.changed and "was not deleted" in outcome.notes[0]


def test_the_primary_volume_is_no_secondary(world: World) -> None:
    cluster = read(world)
    (found,) = read_declaration([entry()])
    with pytest.raises(InvalidInput, match="is the primary volume itself"):
        check_destination(plan_one(found.wanted, cluster), cluster.volumes["projects"], cluster, as_read(cluster))


def test_a_volume_that_another_cluster_writes_to_fails_in_the_one_plan(world: World) -> None:
    """It showed only in the second of two plans once, as an error of the template that made it."""
    other = {"primary_volume": "theirs", "secondary_volume": "projects-dr", "primary_node": "n9", "primary_node_uuid": "9" * 8}
    options = Options(
        known_hosts_file="/var/lib/glusterd/geo-replication/known_hosts", sync_method="auto", undeclared="stop", pin_rsync=True,
        nodes=nodes_from([looked("dr1", changes={"receiving": [other]})]),
    )  # fmt: skip
    with pytest.raises(InvalidInput) as caught:
        plan_role(read_declaration([entry()]), read(world), options)
    assert caught.value.option == f"{LABEL}[0].secondary_volume" and caught.value.remedy
    assert "receives another session already: theirs of n9 in another cluster (seen on dr1)" in str(caught.value)
    # A session that exists is not created over it.
    world.add_session("projects", T, "Active", "Passive")
    assert plan_role(read_declaration([entry()]), read(world), options).creates is False


def test_the_plan_as_a_result(world: World) -> None:
    plan = plan_role(read_declaration([entry()]), read(world), Options())
    result = json.loads(json.dumps(plan.to_result()))
    assert list(result) == list(RolePlan._fields) and result["creates"] is True
    assert result["remaining"] == [SessionId("projects", "secondary1", "projects-dr")._asdict()]
