# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Features of the volumes: what cannot work is refused before anything is created, and what works is not mentioned."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Brick, Cluster, Volume
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import nodes_from
from ansible_collections.glusterops.georep.plugins.module_utils._plan import features
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import read_declaration
from ansible_collections.glusterops.georep.plugins.module_utils._plan.role import Options, RolePlan, plan_role
from ansible_collections.glusterops.georep.plugins.module_utils._read.inform import inform
from ansible_collections.glusterops.georep.tests.unit.cases import sessions_of, volumes_of
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import World
from ansible_collections.glusterops.georep.tests.unit.nodes import RSYNC_3_5, looked

T = "secondary1::projects-dr"
SHARD = {"features.shard": "on"}
BIG = {**SHARD, "features.shard-block-size": "512MB"}


def volume(name: str, options: dict[str, str] | None = None) -> Volume:
    return Volume(name, f"id-{name}", "Started", "Replicate", [Brick("n1", "/b", "u1")], 1, options or {})


def entry(**more: t.Any) -> dict[str, t.Any]:
    return {"primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr", **more}


def site(world: World, near: dict[str, str], far: dict[str, str]) -> Cluster:
    """As it travels through Ansible."""
    world.volumes["projects"].more = dict(near)
    there = world.far["secondary1"]
    assert there is not None
    there["projects-dr"].more = dict(far)
    world.write_files()
    info = inform(world.cli(), world, far_hosts=["secondary1"], glusterd_dir=str(world.folder), log_dir=str(world.folder / "log"))
    return Cluster.from_result(json.loads(json.dumps(info)))


def plan(cluster: Cluster, declared: dict[str, t.Any], nodes: t.Sequence[dict[str, t.Any]] = (), **options: t.Any) -> RolePlan:
    return plan_role(read_declaration([declared]), cluster, Options(nodes=nodes_from(nodes), **options))


# --- sharding


def test_b24_a_plain_account() -> None:
    (declared,) = sessions_of("B24")
    (entered,) = read_declaration([declared])
    near = volumes_of("B24", "primary-volume.xml")["images"]
    for far in (None, volume("images-dr"), volume("images-dr", SHARD)):
        with pytest.raises(InvalidInput) as caught:
            features.check(entered.wanted.id, near, far, {})
        assert caught.value.option == "secondary_user" and "every file on the secondary would have 0 bytes" in str(caught.value)
        assert "sharded volume (features.shard of images)" in str(caught.value) and "secondary_user: root" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("near", "far", "more", "option", "says"),
    [
        (SHARD, SHARD, {"secondary_user": "geo"}, "secondary_user", "only root may write"),
        (SHARD, {}, {"secondary_user": "geo"}, "secondary_user", "only root may write"),
        ({}, SHARD, {"secondary_user": "geo"}, "secondary_user", "sharded volume (features.shard of projects-dr)"),
        (SHARD, SHARD, {"config": {"sync-method": "tarssh"}}, "config", "tarssh copies none"),
        ({}, SHARD, {"config": {"sync_method": "tarssh"}}, "config", "tarssh copies none"),
        (SHARD, SHARD, {"config": {"sync-xattrs": False}}, "config", "the size of each file is an extended attribute"),
        (SHARD, {}, {}, "secondary_volume", "only the first 64MB of each larger file"),
        (BIG, {}, {}, "secondary_volume", "gluster volume set projects-dr features.shard-block-size 512MB; gluster volume set projects-dr features.shard on"),
        ({"features.shard": "enable"}, {"features.shard": "off"}, {}, "secondary_volume", "is not sharded"),
    ],
)
def test_what_cannot_work_is_refused_in_one_text(
    world: World, near: dict[str, str], far: dict[str, str], more: dict[str, t.Any], option: str, says: str
) -> None:
    cluster = site(world, near, far)
    with pytest.raises(InvalidInput) as role:
        plan(cluster, entry(**more))
    with pytest.raises(InvalidInput) as module:
        world.converge(*(found.wanted for found in read_declaration([entry(**more)])))
    assert world.mutations == []
    assert (role.value.option, module.value.option) == (f"geo_replication_sessions[0].{option}", option)
    assert str(role.value) == f"geo_replication_sessions[0].{module.value}" and role.value.remedy == module.value.remedy
    assert says in f"{module.value} {module.value.remedy}"
    # A session that exists goes on, and people are told.
    user = "geo@" if "secondary_user" in more else ""
    world.add_session("projects", user + T, "Active", "Passive", sync_method="rsync")
    told = plan(site(world, near, far), entry(**more))
    assert sum(says in warning for warning in told.warnings) == 1 and not told.creates
    # One that goes is not talked about.
    assert plan(site(world, near, far), entry(**{**more, "state": "absent"})).warnings == []


@pytest.mark.parametrize(
    ("near", "far", "more"),
    [
        (SHARD, SHARD, {}),
        (SHARD, SHARD, {"config": {"sync-method": "rsync", "sync-xattrs": True}}),
        (BIG, {**SHARD, "features.shard-block-size": "536870912"}, {}),
        # rsync takes from the copies what the originals do not have.
        ({}, SHARD, {}),
        ({}, {}, {"secondary_user": "geo", "config": {"sync-method": "tarssh"}}),
        ({"features.shard": "off"}, {"features.shard": "disable"}, {"secondary_user": "geo"}),
        ({"features.quota": "on", "features.inode-quota": "on"}, {"features.quota": "on"}, {}),
        ({"transport.address-family": "inet6"}, {"transport.address-family": "inet6"}, {}),
        ({"features.worm": "on"}, {"features.worm": "on"}, {}),
        ({"cluster.server-quorum-type": "server"}, {"auth.allow": "192.0.2.*"}, {}),
    ],
)
def test_what_works_is_not_mentioned(world: World, near: dict[str, str], far: dict[str, str], more: dict[str, t.Any]) -> None:
    planned = plan(site(world, near, far), entry(**more))
    assert planned.creates and planned.warnings == planned.notes == []
    (outcome,) = world.converge(*(found.wanted for found in read_declaration([entry(**more)])), check_mode=True)
    assert outcome.changed and outcome.notes == []


def test_two_block_sizes_are_doubtful(world: World) -> None:
    (warning,) = plan(site(world, SHARD, BIG), entry()).warnings
    assert "features.shard-block-size is 64MB on projects and 512MB on projects-dr" in warning


@pytest.mark.parametrize(
    ("nodes", "method", "noted"),
    [([looked("dr1")], "rsync", True), ([], "rsync", True), ([looked("dr1", changes={"rsync.delivers": None})], "rsync", True)],
)
def test_left_to_choose_the_role_takes_rsync(world: World, nodes: list[t.Any], method: str, noted: bool) -> None:
    """Where rsync was not tried, the role takes tarssh for other volumes. Here that would copy nothing for sure."""
    planned = plan(site(world, SHARD, SHARD), entry(), sync_method="auto", nodes=nodes)
    assert planned.sessions[0]["config"]["sync-method"] == method
    assert [note for note in planned.notes if "tarssh does not copy the sizes of sharded files" in note] == planned.notes
    assert bool(planned.notes) is noted


def test_where_rsync_fails_nothing_is_left(world: World) -> None:
    cluster = site(world, SHARD, SHARD)
    with pytest.raises(InvalidInput, match="can be replicated by rsync only") as caught:
        plan(cluster, entry(), sync_method="auto", nodes=[looked("dr1", changes=RSYNC_3_5)])
    assert caught.value.option == "geo_replication_sessions[0].primary_volume" and "rsync 3.5 delivers empty files" in str(caught.value)
    assert "geo_replication_pin_rsync" in (caught.value.remedy or "")
    # The role installs one that works.
    planned = plan(cluster, entry(), sync_method="auto", nodes=[{**looked("dr1", changes=RSYNC_3_5), "item": "dr1"}], pin_rsync=True)
    assert planned.sessions[0]["config"]["sync-method"] == "rsync"


def test_a_session_that_the_role_had_given_tarssh_gets_rsync(world: World) -> None:
    world.add_session("projects", T, "Active", "Passive", sync_method="tarssh")
    planned = plan(site(world, SHARD, SHARD), entry(), sync_method="auto", nodes=[looked("dr1")])
    assert planned.sessions[0]["config"]["sync-method"] == "rsync"
    fails = plan(site(world, SHARD, SHARD), entry(), sync_method="auto", nodes=[looked("dr1", changes=RSYNC_3_5)])
    assert not fails.changed and any("tarssh copies none" in warning for warning in fails.warnings)


def test_a_volume_over_a_directory_is_not_sharded() -> None:
    made = volume("dr")._replace(id="")
    (found,) = features.troubles(SessionId("projects", "dr1", "dr"), volume("projects", SHARD), made, {})
    assert found.option == "secondary_volume" and "by hand" in found.remedy


def test_options_travel(world: World) -> None:
    cluster = site(world, {**SHARD, "cluster.lookup-optimize": "on"}, {"auth.allow": "192.0.2.1"})
    assert cluster.volumes["projects"].options == SHARD
    assert cluster.secondaries["secondary1"].volumes[0].options == {"auth.allow": "192.0.2.1"}
