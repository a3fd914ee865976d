# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role is told of both sites, and what it plans from that."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import PRIMARY, SECONDARY
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Cluster
from ansible_collections.glusterops.georep.plugins.module_utils._model.destination import Destination
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import (
    check_undeclared,
    read_declaration,
)
from ansible_collections.glusterops.georep.plugins.module_utils._plan.directories import (
    Looked,
    directories_to_do,
    with_planned,
)
from ansible_collections.glusterops.georep.plugins.module_utils._plan.role import plan_declared
from ansible_collections.glusterops.georep.plugins.module_utils._plan.ssh_paths import known_hosts_lines
from ansible_collections.glusterops.georep.plugins.module_utils._read import facts, inform
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import key_record
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import FAR_UUIDS, Volume, World
from ansible_collections.glusterops.georep.tests.unit.nodes import OPENSSH_10, RSYNC_3_5, looked, way

T = "secondary1::projects-dr"
KNOWN_HOSTS = "/var/lib/glusterd/geo-replication/known_hosts"


@pytest.fixture
def site(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(
        facts.gather, "__kwdefaults__", {**(facts.gather.__kwdefaults__ or {}), "glusterd_dir": str(world.folder)}
    )
    # The machine may have a lab whose processes it sees.
    monkeypatch.setattr(inform, "monitors", dict)
    return world


def read(site: World, *hosts: str, **more: t.Any) -> dict[str, t.Any]:
    """What gluster_georep_info returns, as it travels through Ansible."""
    info = inform.inform(
        site.cli(), site, far_hosts=hosts or ["secondary1"], glusterd_dir=str(site.folder), log_dir=str(site.folder / "log"), **more
    )
    return t.cast("dict[str, t.Any]", json.loads(json.dumps(info)))


def far_volumes(site: World) -> dict[str, Volume]:
    found = site.far["secondary1"]
    assert found is not None
    return found


def entry(volume: str = "projects", **more: t.Any) -> dict[str, t.Any]:
    return {"primary_volume": volume, "secondary_host": "secondary1", "secondary_volume": f"{volume}-dr", **more}


def protected(site: World, *names: str) -> dict[str, t.Any]:
    """As the plan has them where it is not told of the hosts that Ansible manages."""
    return {"host": None, "volumes": list(names), "uuids": {name: far_volumes(site)[name].uuid for name in names}}


def meant(site: World, user: str, *names: str) -> dict[str, t.Any]:
    """A mapping, on the nodes of the cluster of secondary1."""
    uuids = {name: far_volumes(site)[name].uuid for name in names}
    return {"secondary_user": user, "secondary_volumes": list(names), "node_uuids": sorted(FAR_UUIDS.values()), "volume_uuids": uuids}


# --- reading


def test_one_round_of_reading(site: World) -> None:
    site.add_volume("homes")
    site.add_session("projects", T, "Active", "Passive", sync_jobs="5")
    site.add_session("homes", "geo@secondary1::homes-dr", "Created")
    info = read(site, "secondary1", "secondary1", "secondary2")
    assert site.reads == {
        "status": 1, "volumes": 1, "peers": 1, "version": 1,
        f"config projects {T}": 1, "config homes geo@secondary1::homes-dr": 1,
        "secondary1: volumes": 1, "secondary1: peers": 1, "secondary2: volumes": 1, "secondary2: peers": 1,
    }  # fmt: skip
    assert site.mutations == []
    assert info["version"] == "10.3"
    assert [volume["name"] for volume in info["volumes"]] == ["projects", "homes"]
    assert info["volumes"][0]["bricks"][1]["node"] == "primary2"
    assert [(far["secondary_host"], far["node_uuid"], far["error"]) for far in info["secondaries"]] == [
        ("secondary1", FAR_UUIDS["secondary1"], None),
        ("secondary2", FAR_UUIDS["secondary2"], None),
    ]
    assert info["sessions"] == [
        entry(secondary_user="root", ssh_port=22, state="started", config={"sync-jobs": "5"}),
        entry("homes", secondary_user="geo", ssh_port=22, state="present", config={}),
    ]
    assert [(status["state"], status["modified"]) for status in info["status"]] == [
        ("active", ["sync-jobs"]),
        ("created", []),
    ]
    assert info["status"][0]["config"]["sync-jobs"] == "5"
    assert info["status"][0]["workers"][0]["crawl_status"] == "Changelog Crawl"


def test_a_host_that_does_not_answer_is_reported(site: World) -> None:
    site.far["secondary2"] = None
    good, bad = read(site, "secondary1", "secondary2")["secondaries"]
    assert good["error"] is None and good["volumes"]
    assert (bad["node_uuid"], bad["volumes"]) == (None, [])
    assert "glusterd does not answer on secondary2" in bad["error"]


def test_only_some_sessions(site: World) -> None:
    site.add_volume("homes")
    site.add_session("projects", T, "Active", "Passive")
    site.add_session("homes", "secondary1::homes-dr", "Created")
    wanted = SessionId("projects", "secondary1", "projects-dr")
    info = read(site, only=lambda session: session == wanted)
    assert [status["primary_volume"] for status in info["status"]] == ["projects"]
    assert [session["primary_volume"] for session in info["sessions"]] == ["projects"]
    assert "config homes secondary1::homes-dr" not in site.reads


def test_without_options(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive", sync_jobs="5")
    info = read(site, config_of=lambda _session: False)
    assert not [name for name in site.reads if name.startswith("config")]
    assert info["status"][0]["config"] == {}


def test_an_unreadable_session_is_in_status_only(site: World) -> None:
    site.add_session("projects", T, "Stopped").conf_broken = True
    info = read(site)
    assert info["sessions"] == []
    assert [status["state"] for status in info["status"]] == ["unreadable"]


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (("Created",), "present"),
        (("Stopped",), "stopped"),
        (("Paused",), "paused"),
        (("Active", "Passive"), "started"),
        (("Faulty",), "started"),
        (("Initializing...",), "started"),
    ],
)
@pytest.mark.parametrize(
    "own",
    [
        {},
        {
            "sync_jobs": "5",
            "ssh_port": "2222",
            "ignore_deletes": "true",
            "rsync_options": "--x -z",
            "log_level": "DEBUG",
            "stime_xattr_prefix": "trusted.x",
        },
    ],
)
def test_what_was_read_fed_back_changes_nothing(
    site: World, words: tuple[str, ...], state: str, own: dict[str, str]
) -> None:
    site.add_session("projects", T, *words, **own)
    info = read(site)
    (session,) = info["sessions"]
    assert session["state"] == state
    assert "stime-xattr-prefix" not in session["config"] and "ssh-port" not in session["config"]
    assert session["ssh_port"] == int(own.get("ssh_port", 22))
    plan = plan_declared(info["sessions"], info)
    assert (plan["changed"], plan["steps"], plan["creates"], plan["undeclared"]) == (False, [], False, [])
    healthy = words in (("Active", "Passive"),) or state != "started"
    assert len(plan["sessions"]) == (0 if healthy else 1), "one that is not active yet is handed on to be waited for"


# --- the plan


def test_a_new_session(site: World) -> None:
    plan = plan_declared([entry(config={"sync-method": "tarssh"})], read(site))
    assert plan["steps"] == [
        f"projects -> {T}: create: the session does not exist",
        f"projects -> {T}: config sync-method: (default) -> tarssh: differs",
        f"projects -> {T}: start: it is created",
    ]
    assert (plan["changed"], plan["creates"]) == (True, True)
    assert plan["to_protect"] == [protected(site, "projects-dr")]
    assert plan["sessions"] == [
        entry(
            secondary_user="root",
            ssh_port=22,
            state="started",
            config={"sync-method": "tarssh"},
            accept=[],
            reset_sync_time=False,
            config_exclusive=False,
        )
    ]
    assert plan["targets"] == [
        {
            "secondary_host": "secondary1",
            "secondary_user": "root",
            "ssh_port": 22,
            "secondary_nodes": ["secondary1", "secondary2"],
        }
    ]
    assert plan["host_names"] == {FAR_UUIDS["secondary1"]: ["secondary1"], FAR_UUIDS["secondary2"]: ["secondary2"]}


WAYS = [way(node, key) for node in ("secondary1", "secondary2") for key in ("secret.pem", "tar_ssh.pem")]


@pytest.mark.parametrize(
    ("nodes", "reached"),
    [
        ({"primary1": WAYS, "primary2": WAYS}, True),
        ({"primary1": WAYS, "primary2": [*WAYS, way("secondary3")]}, True),
        ({"primary1": WAYS}, False),
        ({"primary1": WAYS, "primary2": []}, False),
        # One did not know of the other node, or tried another account or port.
        ({"primary1": WAYS, "primary2": WAYS[:2]}, False),
        ({"primary1": WAYS, "primary2": [{**one, "user": "geo"} for one in WAYS]}, False),
        ({"primary1": WAYS, "primary2": [{**one, "port": 2222} for one in WAYS]}, False),
        # With one of the keys it does not work; or not to a node that nobody needs (any more).
        ({"primary1": WAYS, "primary2": [{**WAYS[0], "ok": False}, *WAYS[1:]]}, False),
        ({"primary1": WAYS, "primary2": [*WAYS, {**way("secondary3"), "ok": False}, {**way("secondary1", user="geo"), "ok": False}]}, True),
        ({}, False),
    ],
)
def test_ways_that_need_no_work(site: World, nodes: dict[str, list[t.Any]], reached: bool) -> None:
    found = [{**looked(name, PRIMARY), "ways": ways, "ways_error": "One does not work."} for name, ways in nodes.items()]
    far = {**looked("secondary1"), "ways": WAYS}
    assert plan_declared([entry()], read(site), nodes=[*found, far])["reached"] is reached


def test_a_plan_for_many_names_only_those_that_differ(site: World) -> None:
    for name in ("homes", "media"):
        site.add_volume(name)
        site.add_session(name, f"secondary1::{name}-dr", "Active", "Passive")
    site.add_session("projects", T, "Stopped")
    far_volumes(site)["homes-dr"].read_only = True
    info = read(site)
    plan = plan_declared([entry("homes"), entry("media", config={"sync-jobs": 5}), entry(state="absent")], info)
    assert [session["primary_volume"] for session in plan["sessions"]] == ["media", "projects"]
    assert plan["steps"] == [
        "media -> secondary1::media-dr: config sync-jobs: 3 -> 5: differs; restarts the workers",
        f"projects -> {T}: delete: it is declared absent",
    ]
    assert plan["creates"] is False
    assert plan["to_protect"] == [protected(site, "media-dr")], "one is read-only already, one goes"
    assert len(plan["targets"]) == 1, "one host, one account, one port: one target"
    assert plan["undeclared"] == []
    assert plan_declared([entry("homes")], info, read_only=False)["to_protect"] == []
    assert plan_declared([entry("homes")], info)["undeclared"] == ["media -> secondary1::media-dr", f"projects -> {T}"]


def test_host_keys_are_verified_where_a_file_is_given(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    info = read(site)
    plan = plan_declared([entry()], info, known_hosts_file=KNOWN_HOSTS)
    options = plan["sessions"][0]["config"]
    assert sorted(options) == ["ssh-options", "ssh-options-tar"]
    for name, key in (("ssh-options", "secret.pem"), ("ssh-options-tar", "tar_ssh.pem")):
        words = options[name].split()
        assert {
            "-oPasswordAuthentication=no",
            "-oStrictHostKeyChecking=yes",
            f"-oUserKnownHostsFile={KNOWN_HOSTS}",
        } < set(words)
        assert words[-2:] == ["-i", f"/var/lib/glusterd/geo-replication/{key}"]
    assert [step.partition(": config ")[2].partition(":")[0] for step in plan["steps"]] == [
        "ssh-options",
        "ssh-options-tar",
    ]
    own = plan_declared([entry(config={"ssh-options": "-i /my/key"})], info, known_hosts_file=KNOWN_HOSTS)
    assert own["sessions"][0]["config"] == {"ssh-options": "-i /my/key", "ssh-options-tar": options["ssh-options-tar"]}


def test_strict_sessions_fed_back_change_nothing(site: World) -> None:
    session = site.add_session("projects", T, "Active", "Passive")
    plan = plan_declared([entry()], read(site), known_hosts_file=KNOWN_HOSTS)
    session.own = plan["sessions"][0]["config"]
    site.write_files()
    info = read(site)
    assert plan_declared([entry()], info, known_hosts_file=KNOWN_HOSTS)["changed"] is False
    assert plan_declared(info["sessions"], info, known_hosts_file=KNOWN_HOSTS)["changed"] is False


def test_an_absent_session_needs_neither_volume_nor_host(site: World) -> None:
    gone = {"primary_volume": "gone", "secondary_host": "nowhere", "secondary_volume": "gone-dr", "state": "absent"}
    plan = plan_declared([gone], read(site), known_hosts_file=KNOWN_HOSTS)
    assert (plan["changed"], plan["targets"], plan["to_protect"]) == (False, [], [])


def test_several_ports_names_and_accounts(site: World) -> None:
    site.add_volume("homes")
    info = read(site, "secondary1", "secondary2")
    items = [entry(ssh_port=2222), {**entry("homes", secondary_user="geo"), "secondary_host": "secondary2"}]
    plan = plan_declared(items, info)
    assert [
        (target["secondary_host"], target["secondary_user"], target["ssh_port"], target["secondary_nodes"])
        for target in plan["targets"]
    ] == [
        ("secondary1", "root", 2222, ["secondary1", "secondary2"]),
        ("secondary2", "geo", 22, ["secondary2", "secondary1"]),
    ]
    assert plan["host_names"] == {
        FAR_UUIDS["secondary1"]: ["[secondary1]:2222", "secondary1"],
        FAR_UUIDS["secondary2"]: ["[secondary2]:2222", "secondary2"],
    }


@pytest.mark.parametrize(
    ("change", "option", "says"),
    [
        ("no such primary", "primary_volume", "is not a volume of the primary cluster"),
        ("primary stopped", "primary_volume", "is not started"),
        ("no such secondary", "secondary_volume", "is not a volume of secondary1"),
        ("secondary stopped", "secondary_volume", "is not started on secondary1"),
        ("silence", "secondary_host", "does not report its volumes"),
        ("not asked", "secondary_host", "has not reported its volumes"),
    ],
)
def test_what_cannot_be_is_named_with_its_place(site: World, change: str, option: str, says: str) -> None:
    site.add_volume("homes")
    far = far_volumes(site)
    if change == "no such primary":
        del site.volumes["homes"]
    elif change == "primary stopped":
        site.volumes["homes"].status = "Stopped"
    elif change == "no such secondary":
        del far["homes-dr"]
    elif change == "secondary stopped":
        far["homes-dr"].status = "Stopped"
    info = read(site)
    if change == "silence":
        site.far["secondary2"] = None
        info = read(site, "secondary1", "secondary2")
    second = {**entry("homes"), "secondary_host": "secondary2" if change in ("silence", "not asked") else "secondary1"}
    with pytest.raises(InvalidInput, match=says) as caught:
        plan_declared([entry(), second], info)
    assert caught.value.option == f"geo_replication_sessions[1].{option}"
    assert caught.value.remedy


@pytest.mark.parametrize("state", ["present", "started", "stopped", "paused"])
def test_an_unreadable_session_is_handed_on_to_whoever_complains(site: World, state: str) -> None:
    site.add_session("projects", T, "Stopped").conf_broken = True
    plan = plan_declared([entry(state=state)], read(site))
    assert len(plan["sessions"]) == 1
    assert plan["changed"] is False


# --- the sync method


def methods(plan: dict[str, t.Any]) -> dict[str, str | None]:
    return {session["primary_volume"]: session["config"].get("sync-method") for session in plan["sessions"]}


@pytest.fixture
def three(site: World) -> dict[str, t.Any]:
    """A session that syncs by rsync, one by tarssh, and one that is still to be made."""
    for name in ("homes", "media"):
        site.add_volume(name)
    site.add_session("homes", "secondary1::homes-dr", "Active", "Passive")
    site.add_session("media", "secondary1::media-dr", "Active", "Passive", sync_method="tarssh")
    return read(site)


ALL_THREE = [entry(), entry("homes"), entry("media")]


def test_without_being_asked_the_sync_method_is_glusters_affair(three: dict[str, t.Any]) -> None:
    plan = plan_declared(ALL_THREE, three, nodes=[looked("dr1", changes=RSYNC_3_5)])
    assert methods(plan) == {"projects": None}
    assert (plan["notes"], plan["warnings"]) == ([], [])


def test_where_rsync_works_new_sessions_use_it(three: dict[str, t.Any]) -> None:
    plan = plan_declared(ALL_THREE, three, sync_method="auto", nodes=[looked("dr1"), looked("dr2")])
    assert methods(plan) == {"projects": "rsync"}, "the others keep what works"
    assert (plan["notes"], plan["warnings"]) == ([], [])


def test_where_rsync_fails_every_session_leaves_it_and_one_note_says_why(three: dict[str, t.Any]) -> None:
    nodes = [looked("dr1", changes={**RSYNC_3_5, **OPENSSH_10}), looked("dr2", changes=OPENSSH_10)]
    plan = plan_declared(ALL_THREE, three, sync_method="auto", nodes=nodes)
    assert methods(plan) == {"projects": "tarssh", "homes": "tarssh"}
    assert "homes -> secondary1::homes-dr: config sync-method: rsync -> tarssh: differs; restarts the workers" in plan["steps"]
    (note,) = plan["notes"]
    assert note.startswith("projects, homes: sync-method tarssh, because rsync cannot work between the sites: ")
    assert "(dr1, dr2)" in note and "does not copy user xattrs and ACLs" in note
    assert plan["warnings"] == []


def test_where_nobody_can_look_new_sessions_take_what_works_everywhere(three: dict[str, t.Any]) -> None:
    plan = plan_declared(ALL_THREE, three, sync_method="auto")
    assert methods(plan) == {"projects": "tarssh"}
    (note,) = plan["notes"]
    assert note.startswith("projects: sync-method tarssh, because rsync was not tried")


@pytest.mark.parametrize("works", [True, False])
def test_the_users_own_word_wins_with_one_warning(three: dict[str, t.Any], works: bool) -> None:
    nodes = [looked("dr1", changes=None if works else RSYNC_3_5)]
    plan = plan_declared(ALL_THREE, three, sync_method="rsync", nodes=nodes)
    assert methods(plan) == {"projects": "rsync", "media": "rsync"}, "homes has it already"
    assert plan["notes"] == []
    assert [warning.partition(":")[0] for warning in plan["warnings"]] == ([] if works else ["projects, homes, media"])


def test_what_a_session_declares_wins_over_what_all_are_to_have(three: dict[str, t.Any]) -> None:
    declared = [entry(config={"sync_method": "rsync"}), entry("homes", config={"sync-method": "tarssh"}), entry("media")]
    plan = plan_declared(declared, three, sync_method="auto", nodes=[looked("dr1", changes=RSYNC_3_5)])
    assert methods(plan) == {"projects": "rsync", "homes": "tarssh"}
    assert plan["notes"] == []
    (warning,) = plan["warnings"]
    assert warning.startswith("projects: sync-method rsync is declared, but rsync cannot work between the sites: ")


NO_RSYNC = {"rsync.version": None, "rsync.delivers": None, "rsync.admitted": None}


@pytest.mark.parametrize("site_of_it", [PRIMARY, SECONDARY])
@pytest.mark.parametrize(
    ("config", "changes", "program"),
    [
        ({"sync-method": "rsync"}, NO_RSYNC, "rsync"),
        ({"sync-method": "tarssh"}, {"tar": None}, "tar"),
        ({}, {"tar": None, **NO_RSYNC}, "tar"),
        ({"sync-method": None}, NO_RSYNC, "rsync"),
    ],
)
def test_a_method_without_its_program_is_refused(
    three: dict[str, t.Any], config: dict[str, t.Any], changes: dict[str, t.Any], program: str, site_of_it: str
) -> None:
    nodes = [looked("p1", PRIMARY), looked("dr1"), looked("bare", site_of_it, changes)]
    with pytest.raises(InvalidInput, match=f"runs {program}, which is not installed on bare") as caught:
        plan_declared([entry(config=config)], three, sync_method="auto", nodes=nodes)
    assert caught.value.option == "geo_replication_sessions[0].config" and f"apt install {program}" in caught.value.remedy
    # Nobody needs it for a session that stays stopped, or goes.
    for state in ("stopped", "absent"):
        plan_declared([entry("homes", config=config, state=state)], three, sync_method="auto", nodes=nodes)


@pytest.mark.parametrize(("changes", "method"), [(NO_RSYNC, "tarssh"), ({"tar": None}, "rsync")])
def test_the_other_method_goes_round_a_program_that_is_missing(three: dict[str, t.Any], changes: dict[str, t.Any], method: str) -> None:
    plan = plan_declared([entry()], three, sync_method="auto", nodes=[looked("p1", PRIMARY, changes), looked("dr1")])
    assert methods(plan) == {"projects": method}


def test_a_session_that_goes_is_not_talked_about(three: dict[str, t.Any]) -> None:
    declared = [entry("homes", state="absent", config={"sync-method": "rsync"})]
    plan = plan_declared(declared, three, sync_method="auto", nodes=[looked("dr1", changes=RSYNC_3_5)])
    assert (plan["notes"], plan["warnings"]) == ([], [])


def test_a_second_run_has_nothing_left_to_choose(site: World) -> None:
    session = site.add_session("projects", T, "Active", "Passive")
    nodes = [looked("dr1", changes=RSYNC_3_5)]
    first = plan_declared([entry()], read(site), sync_method="auto", nodes=nodes)
    session.own = first["sessions"][0]["config"]
    site.write_files()
    again = plan_declared([entry()], read(site), sync_method="auto", nodes=nodes)
    assert (again["changed"], again["notes"]) == (False, []), "what it costs was said when it was chosen"


# --- known hosts


def test_known_hosts_lines() -> None:
    names = {"u1": ["dr1", "[dr1]:2222"], "u2": ["dr2"], "u3": ["dr3"]}
    keys = {"u1": ["ssh-ed25519 AAAA root@dr1", "ssh-rsa BBBB"], "u2": ["ssh-ed25519 CCCC"]}
    assert known_hosts_lines(names, keys) == [
        "dr1 ssh-ed25519 AAAA",
        "dr1 ssh-rsa BBBB",
        "[dr1]:2222 ssh-ed25519 AAAA",
        "[dr1]:2222 ssh-rsa BBBB",
        "dr2 ssh-ed25519 CCCC",
    ]


def test_a_volume_that_receives_from_another_cluster_is_not_taken(site: World) -> None:
    """GlusterFS would let both write, and the last one win."""
    info = read(site)
    other = {"primary_volume": "theirs", "secondary_volume": "projects-dr", "primary_node": "n9", "primary_node_uuid": "9" * 8}
    with pytest.raises(InvalidInput, match="receives another session already: theirs of n9 in another cluster") as caught:
        plan_declared([entry()], info, nodes=[looked("dr1", changes={"receiving": [other]})])
    assert (caught.value.option, caught.value.value) == ("geo_replication_sessions[0].secondary_volume", "projects-dr")
    own = dict(other, primary_node_uuid=info["peers"][0]["uuid"])
    elsewhere = dict(other, secondary_volume="media-dr")
    assert plan_declared([entry()], info, nodes=[looked("dr1", changes={"receiving": [own, elsewhere]})])["creates"]


def test_use_meta_volume_without_shared_storage_is_warned_of(site: World) -> None:
    declared = [entry(config={"use-meta-volume": True})]
    near = looked("p1", PRIMARY, changes={"shared_storage": False})
    [warning] = plan_declared(declared, read(site), nodes=[near, looked("dr1")])["warnings"]
    assert "p1" in warning and "dr1" not in warning and "cluster.enable-shared-storage" in warning
    mounted = looked("p1", PRIMARY, changes={"shared_storage": True})
    assert plan_declared(declared, read(site), nodes=[mounted])["warnings"] == []
    assert plan_declared([entry()], read(site), nodes=[near])["warnings"] == []


def test_null_is_glusters_default_and_stays_so(site: World) -> None:
    """Not a gap for auto to fill: the next run would take the answer away again."""
    declared = [entry(config={"sync-method": None})]
    plan = plan_declared(declared, read(site), sync_method="auto", nodes=[looked("dr1", changes=RSYNC_3_5)])
    assert plan["sessions"][0]["config"]["sync-method"] is None
    assert plan["uses_rsync"] and len(plan["warnings"]) == 1


@pytest.mark.parametrize("by_hand", [False, True])
def test_rsync_that_takes_root_for_the_volume_never_goes_without_existing(site: World, by_hand: bool) -> None:
    """It would write below / of the secondary nodes."""
    site.add_session("projects", T, "Active", "Passive")
    if by_hand:
        site.sessions["projects", T].own["rsync-opt-existing"] = "false"
    nodes = [looked("dr1", changes=RSYNC_3_5)]
    declared = [entry(config={"sync-method": "rsync"})]
    if not by_hand:
        assert plan_declared(declared, read(site), sync_method="auto", nodes=nodes)["warnings"]
        return
    with pytest.raises(InvalidInput, match="would write into their root directory") as caught:
        plan_declared(declared, read(site), sync_method="auto", nodes=nodes)
    assert caught.value.option == "geo_replication_sessions[0].config"
    reset = [entry(config={"sync-method": "rsync", "rsync-opt-existing": None})]
    assert plan_declared(reset, read(site), sync_method="auto", nodes=nodes)["warnings"]
    # tar does not care.
    assert plan_declared([entry(config={"sync-method": "tarssh"})], read(site), sync_method="auto", nodes=nodes)


def test_what_unprivileged_accounts_have_to_mount(site: World) -> None:
    """Of sessions that go, only what no other session needs: one that is not declared counts too."""
    for name in ("homes", "media", "old"):
        site.add_volume(name)
        far_volumes(site)[f"{name}-dr"] = Volume(f"{name}-dr", ("secondary1", "secondary2"))
    site.add_session("media", "geo@secondary1::media-dr", "Active", "Passive")
    site.add_session("old", "other@secondary1::media-dr", "Active", "Passive")
    declared = [
        entry(),
        entry("homes", secondary_user="geo"),
        entry("media", secondary_user="geo", state="absent"),
        entry("projects", secondary_volume="homes-dr", secondary_user="geo", state="absent"),
        entry("media", secondary_host="secondary2", secondary_user="other", state="absent"),
    ]
    plan = plan_declared(declared, read(site, "secondary1", "secondary2"))
    assert plan["mappings"] == [{**meant(site, "geo", "homes-dr"), "sessions": ["homes_secondary1_homes-dr"]}]
    assert plan["obsolete_mappings"] == [meant(site, "geo", "media-dr")]
    [asked] = plan["mappings_to_verify"]
    assert asked == {"secondary_user": "geo", "secondary_volumes": ["homes-dr"], "secondary_nodes": ["secondary1", "secondary2"]}
    assert "other" not in str(plan["obsolete_mappings"])


def test_once_gone_the_mapping_is_still_looked_for(site: World) -> None:
    """A run that was ended between the session and its mapping is finished by the next one."""
    plan = plan_declared([entry(secondary_user="geo", state="absent")], read(site, "secondary1"))
    assert not plan["changed"]
    assert plan["obsolete_mappings"] == [meant(site, "geo", "projects-dr")]


# --- a directory as destination

PATH = "/srv/dr/projects"
VOLUME = "georep-srv-dr-projects"


def into(path: str = PATH, volume: str = "projects", **more: t.Any) -> dict[str, t.Any]:
    return {"primary_volume": volume, "secondary_host": "secondary1", "secondary_directory": path, **more}


def looked_at(**change: t.Any) -> dict[str, t.Any]:
    """What gluster_georep_directory predicts on secondary1; its loop has another name for it."""
    found = {
        "secondary_host": "secondary1",
        "directory": PATH,
        "secondary_volume": VOLUME,
        "before": {"status": "absent"},
        "after": {"status": "Started", "made_here": True, "read_only": True},
        "node_uuid": FAR_UUIDS["secondary1"],
        "size": 100,
        "used": 40,
        "available": 60,
        "entries": [],
    }
    return {"item": "node-d", "directories": [{**found, **change}], "lacking": {"packages": [], "service": ""}}


def directory_volume(site: World, **change: t.Any) -> Volume:
    made = Volume(VOLUME, ["secondary1"])
    made.bricks, made.read_only = [("secondary1", PATH)], True
    for name, value in change.items():
        setattr(made, name, value)
    far_volumes(site)[VOLUME] = made
    return made


def test_a_name_that_a_killed_run_lent_is_taken_back(site: World) -> None:
    site.add_session("projects", T, "Stopped")
    site.lent_names = {"secondary1"}
    info = read(site, with_others=lambda _session: False)
    assert info["unresolved"] == ["secondary1"]
    plan = plan_declared([entry(state="absent")], info)
    assert plan["temporary_names"] == ["secondary1"], "what lends it takes it back in the end"


def test_keys_go_to_an_account_only_where_sessions_log_in_to_it(site: World) -> None:
    directory_volume(site)
    site.add_volume("homes")
    plan = plan_declared([entry(secondary_user="geo"), into(volume="homes")], read(site))
    both, one = [FAR_UUIDS["secondary1"], FAR_UUIDS["secondary2"]], [FAR_UUIDS["secondary1"]]
    assert plan["account_nodes"] == {"geo": both, "root": one}


def to_do(declared: list[dict[str, t.Any]], info: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return directories_to_do(read_declaration(declared), Cluster.from_result(info), **more)


def plan_with(looked: Looked, *declared: dict[str, t.Any]) -> dict[str, t.Any]:
    # What is planned travels through Ansible as well.
    return plan_declared(declared, json.loads(json.dumps(looked.cluster.to_result())))


def test_what_is_to_be_done_about_directories(site: World) -> None:
    whom = {"node_uuid": FAR_UUIDS["secondary1"]}
    todo = [{"secondary_host": "secondary1", "directory": PATH, "state": "present", "accept": [], "read_only": True, **whom}]
    assert to_do([into(), entry()], read(site)) == {"present": todo, "absent": []}
    (consenting,) = to_do([into(accept=["directory_not_empty"])], read(site), read_only=False)["present"]
    assert consenting["accept"] == ["directory_not_empty"] and "read_only" not in consenting
    assert to_do([into(state="absent")], read(site)) == {"present": [], "absent": []}

    made = directory_volume(site)
    assert to_do([into()], read(site)) == {"present": [], "absent": []}
    gone = [{"secondary_host": "secondary1", "directory": PATH, "state": "absent"}]
    assert to_do([into(state="absent")], read(site)) == {"present": [], "absent": [{**gone[0], **whom}]}
    assert to_do([into(state="absent"), into(volume="homes")], read(site))["absent"] == [], "another session stays in it"
    made.read_only = False
    assert to_do([into()], read(site))["present"] == todo
    assert to_do([into()], read(site), read_only=False)["present"] == []
    made.read_only, made.mark = True, f"pending:{PATH}"
    assert to_do([into()], read(site))["present"] == todo, "a run was killed before the content was taken in"
    made.mark = PATH
    assert to_do([into()], read(site))["present"] == []
    made.read_only, made.status = True, "Stopped"
    assert to_do([into()], read(site))["present"] == todo
    # A volume of that name over another directory, or over that of another node, is not the one.
    for brick in (("secondary2", PATH), ("secondary1", f"{PATH}2")):
        made.status, made.bricks = "Started", [brick]
        assert to_do([into()], read(site))["present"] == todo

    site.far["secondary1"] = None
    assert to_do([into()], read(site))["present"] == [{name: value for name, value in todo[0].items() if name != "node_uuid"}]
    assert to_do([into(state="absent")], read(site))["absent"] == gone


def test_a_session_into_a_directory_that_is_yet_to_be_made(site: World) -> None:
    looked = with_planned(Cluster.from_result(read(site)), [{"item": "node-c", "directories": [], "lacking": {}}, looked_at()])
    assert (looked.lacking, looked.found_hosts) == ({}, ["secondary1"])
    plan = plan_with(looked, into(accept=["directory_not_empty"]))
    name = f"projects -> secondary1::{VOLUME}"
    assert plan["steps"] == [f"{name}: create: the session does not exist", f"{name}: start: it is created"]
    (session,) = plan["sessions"]
    assert "secondary_directory" not in session, "gluster_georep_session does not know it"
    assert (session["secondary_volume"], session["accept"]) == (VOLUME, ["secondary_not_empty"])
    assert plan["pending_volumes"] == [
        {"secondary_host": "secondary1", "secondary_volume": VOLUME, "size": 100, "used": 40, "available": 60, "entries": []}
    ]
    assert plan["to_protect"] == [] and plan["host_names"] == {FAR_UUIDS["secondary1"]: ["secondary1"]}


@pytest.mark.parametrize(
    ("uuid", "uuids", "refused"),
    [("b", ["b"], False), (None, [], False), ("b", ["b", FAR_UUIDS["secondary1"]], True), (FAR_UUIDS["secondary1"], [FAR_UUIDS["secondary1"]], True)],
)
def test_the_same_directory_on_two_nodes(site: World, uuid: str | None, uuids: list[str], refused: bool) -> None:
    """One name for both volumes: on nodes of one cluster the second one could not be made."""
    site.add_volume("homes")
    site.far["secondary2"] = {}
    here = looked_at(cluster_uuids=[FAR_UUIDS["secondary1"]])
    cluster = Cluster.from_result(read(site, "secondary1", "secondary2"))
    planned = with_planned(cluster, [here, looked_at(secondary_host="secondary2", node_uuid=uuid, cluster_uuids=uuids)])
    sessions = [into(), into(volume="homes", secondary_host="secondary2")]
    if not refused:
        assert len(plan_with(planned, *sessions)["sessions"]) == 2
        return
    with pytest.raises(InvalidInput, match=r"geo_replication_sessions\[0\] on secondary1, in the same cluster") as caught:
        plan_with(planned, *sessions)
    assert caught.value.option == "geo_replication_sessions[1].secondary_directory" and caught.value.value == PATH and caught.value.remedy


def test_a_directory_whose_volume_is_there_is_like_any_other(site: World) -> None:
    directory_volume(site)
    site.add_session("projects", f"secondary1::{VOLUME}", "Active", "Passive")
    plan = plan_declared([into()], read(site))
    assert (plan["changed"], plan["sessions"], plan["pending_volumes"], plan["to_protect"]) == (False, [], [], [])
    # Its node may be in another cluster than that of the others: directories_make.yml protects it.
    far_volumes(site)[VOLUME].read_only = False
    assert plan_declared([into()], read(site))["to_protect"] == []


def test_a_site_that_nobody_manages_is_told_what_to_do_by_hand(site: World) -> None:
    with pytest.raises(InvalidInput, match="Ansible does not manage that site") as caught:
        plan_declared([into()], read(site))
    assert caught.value.option == "geo_replication_sessions[0].secondary_directory"
    assert f"gluster volume create {VOLUME} secondary1:{PATH} force; gluster volume start {VOLUME}" in caught.value.remedy


def test_a_node_without_gluster(site: World) -> None:
    site.far["secondary1"] = None
    bare = {**looked_at(node_uuid=None), "lacking": {"packages": ["glusterfs-server"], "service": "glusterd"}}
    half = {"item": "node-c", "failed": True, "msg": "Failed to import", "missing_library": "lxml"}
    both = {**bare, "item": "node-e", "missing_library": "lxml"}
    planned = with_planned(Cluster.from_result(read(site)), [bare, half, both])
    assert planned.lacking == {
        "node-d": {"packages": ["glusterfs-server"], "service": "glusterd"},
        "node-e": {"packages": ["glusterfs-server", "python3-lxml"], "service": "glusterd"},
        "node-c": {"packages": ["python3-lxml"], "service": ""},
    }
    assert plan_with(planned, into())["creates"]


# --- sessions that are not declared


@pytest.fixture
def many(site: World) -> World:
    for name, words in (("homes", "Active"), ("media", "Stopped"), ("mail", "Paused")):
        site.add_volume(name)
        site.add_session(name, f"secondary1::{name}-dr", words)
    site.add_session("projects", T, "Active", "Passive")
    return site


@pytest.mark.parametrize(
    ("undeclared", "steps"),
    [
        ("keep", []),
        ("stop", ["homes: stop", "mail: stop"]),
        ("absent", ["homes: stop", "homes: delete", "media: delete", "mail: stop", "mail: delete"]),
    ],
)
def test_undeclared_sessions(many: World, undeclared: str, steps: list[str]) -> None:
    plan = plan_declared([entry()], read(many, config_of=lambda session: session.primary_volume == "projects"), undeclared=undeclared)
    assert plan["steps"] == [
        "{0} -> secondary1::{0}-dr: {1}: it is not declared".format(*step.split(": ")) for step in steps
    ]
    state = {"stop": "stopped", "absent": "absent"}.get(undeclared)
    names = list(dict.fromkeys(step.partition(":")[0] for step in steps))
    assert plan["sessions"] == [entry(name, secondary_user="root", state=state, only_state=True) for name in names]
    assert plan["undeclared"] == [f"{name} -> secondary1::{name}-dr" for name in ("homes", "media", "mail")]
    assert plan["left_alone"] == [name for name in plan["undeclared"] if name.partition(" ")[0] not in names]
    assert (plan["changed"], plan["creates"], plan["warnings"]) == (bool(steps), False, [])


def test_a_run_that_was_ended_after_a_deletion_is_finished_by_the_record(many: World) -> None:
    def brought(host: str, user: str) -> dict[str, t.Any]:
        return {"secondary_host": host, "secondary_user": user, "ssh_port": 2222, "secondary_nodes": [host]}

    # homes, which nobody declared, goes in this very run.
    many.add_volume("docs")
    many.add_session("docs", "geo@secondary1::docs-dr", "Stopped")
    info = {**read(many), "recorded_sites": [brought("Secondary1", "root"), brought("secondary1", "geo"), brought("secondary2", "geo")]}
    assert plan_declared([entry()], info, undeclared="absent")["abandoned"] == [brought("secondary2", "geo")]
    assert plan_declared([entry()], info, undeclared="stop")["abandoned"] == []
    assert plan_declared([entry()], info)["abandoned"] == [], "where others are nobody's business"


def test_where_keys_were_brought_is_read_with_the_rest(site: World, tmp_path: Path) -> None:
    assert read(site)["recorded_sites"] == []
    folder = tmp_path / "of-others/geo-replication"
    (folder.parent / "vols/projects").mkdir(parents=True)
    (folder.parent / "vols/projects/info").write_text("volume-id=11111111-2222-4333-8444-555555555555\n")
    place = Destination("dr1", "geo", 2222, ("dr1", "dr2"))
    folder.mkdir()
    key_record.write(key_record.Record(("11111111-2222-4333-8444-555555555555",), (), (place,)), str(folder))
    assert inform.recorded_sites(str(folder)) == [{"secondary_host": "dr1", "secondary_user": "geo", "ssh_port": 2222, "secondary_nodes": ["dr1", "dr2"]}]


def test_the_port_of_an_undeclared_session_is_not_made_up(many: World) -> None:
    many.sessions["homes", "secondary1::homes-dr"].own["ssh-port"] = "2222"
    ports = {one["primary_volume"]: one["ssh_port"] for one in plan_declared([entry()], read(many), undeclared="absent")["to_delete"]}
    assert ports["homes"] == 2222
    info = read(many, config_of=lambda _session: False)
    assert {one["ssh_port"] for one in plan_declared([entry()], info, undeclared="absent")["to_delete"]} == {None}


def test_an_undeclared_session_takes_its_mapping_along(many: World) -> None:
    """It is known only as long as the session is: no later run would find what was left."""
    for name in ("docs", "wiki"):
        many.add_volume(name)
        many.add_session(name, f"geo@secondary1::{name}-dr", "Active", "Passive")
    many.sessions["wiki", "geo@secondary1::wiki-dr"].conf_broken = True
    plan = plan_declared([entry()], read(many), undeclared="absent")
    assert plan["obsolete_mappings"] == [meant(many, "geo", "docs-dr")], "the other is left alone"
    for word in ("keep", "stop"):
        plan = plan_declared([entry()], read(many), undeclared=word)
        assert plan["obsolete_mappings"] == plan["mappings"] == []


def test_an_undeclared_session_that_cannot_be_read_is_said_and_left_alone(many: World) -> None:
    many.sessions["homes", "secondary1::homes-dr"].conf_broken = True
    plan = plan_declared([entry()], read(many), undeclared="absent")
    assert [session["primary_volume"] for session in plan["sessions"]] == ["media", "mail"]
    assert plan["left_alone"] == ["homes -> secondary1::homes-dr"]
    assert plan["warnings"] == [
        "homes: homes -> secondary1::homes-dr is not declared and cannot be read, so it was left alone. To see why, declare it and run again."
    ]


@pytest.mark.parametrize(("undeclared", "says"), [("stop", "every session"), ("absent", "every session"), ("delete", "is not known")])
def test_nothing_declared_is_not_taken_for_everything_undeclared(many: World, undeclared: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        plan_declared([], read(many), undeclared=undeclared)
    assert (caught.value.option, caught.value.value) == ("geo_replication_undeclared", undeclared)
    check_undeclared([entry()], "absent" if undeclared == "delete" else undeclared)
    check_undeclared([], "keep")


# --- what is owed a proof

RECORD = "proved 2026-11-22T08:38:16Z, lag 17.3 s, tarssh, 1 restarts; not carried: user extended attributes"
AT = 1795336696


def proved_once(site: World, value: str = RECORD) -> None:
    site.volumes["projects"].more[f"user.glusterops.georep.proof.{far_volumes(site)['projects-dr'].uuid}"] = value


def owed(site: World, *declared: dict[str, t.Any]) -> list[str]:
    return [item["primary_volume"] for item in plan_declared(declared or [entry()], read(site))["to_prove"]]


def test_what_was_proved_last_is_told_without_another_call(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    proved_once(site)
    told = read(site)["status"][0]["last_proved"]
    assert told == {
        "when": "2026-11-22T08:38:16Z", "lag_seconds": 17.3, "method": "tarssh", "restarts": 1, "not_carried": ["user extended attributes"],
    }  # fmt: skip
    assert site.reads == {"status": 1, "volumes": 1, "peers": 1, "version": 1, f"config projects {T}": 1, "secondary1: volumes": 1, "secondary1: peers": 1}


@pytest.mark.parametrize(
    ("words", "value", "started"),
    [
        (("Active", "Passive"), "owed", None),
        (("Active", "Passive"), f"was {RECORD}", None),
        (("Active", "Passive"), RECORD, AT + 10),  # somebody started it again by hand, or deleted it and made it anew
        (("Created",), RECORD, None),  # so did they, and have not started it yet
    ],
)
def test_what_is_no_proof_of_the_session_as_it_is_is_not_told(
    site: World, words: tuple[str, ...], value: str, started: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add_session("projects", T, *words)
    proved_once(site, value)
    monkeypatch.setattr(inform, "monitors", lambda: {("projects", T): started} if started else {})
    assert read(site)["status"][0]["last_proved"] is None
    assert owed(site) == ["projects"]


@pytest.mark.parametrize("started", [None, AT - 5, AT + 1])
def test_a_session_that_was_proved_since_its_start_is_owed_nothing(site: World, started: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add_session("projects", T, "Active", "Passive")
    proved_once(site)
    monkeypatch.setattr(inform, "monitors", lambda: {("projects", T): started} if started else {})
    plan = plan_declared([entry()], read(site))
    assert plan["to_prove"] == [] and plan["unwell"] == [] and not plan["changed"]


@pytest.mark.parametrize("words", [("Active", "Passive"), ("Stopped",), ("Faulty", "Faulty"), ("Paused",)])
def test_a_session_without_a_proof_is_owed_one_whatever_this_run_changes(site: World, words: tuple[str, ...]) -> None:
    """A run that was killed, or whose proof failed, left it so."""
    site.add_session("projects", T, *words)
    plan = plan_declared([entry()], read(site))
    assert plan["to_prove"] == [entry(secondary_user="root")]
    assert plan["changed"] is (words[0] in ("Stopped", "Paused"))


def test_what_this_run_changes_is_owed_one_whatever_was_proved(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    proved_once(site)
    assert owed(site, entry(config={"sync-jobs": "5"})) == ["projects"]
    assert owed(site, entry(state="paused")) == []


@pytest.mark.parametrize("state", ["present", "stopped", "paused", "absent"])
def test_only_what_is_to_run_is_owed_a_proof(site: World, state: str) -> None:
    site.add_session("projects", T, "Active", "Passive")
    assert owed(site, entry(state=state)) == []


def test_a_new_session_is_owed_a_proof(site: World) -> None:
    assert owed(site) == ["projects"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"stalled": True, "lag_seconds": 604},
            "The worker is Active and has nothing to do, but it has stalled: it does not see a change that was made in the last 10 min 4 s.",
        ),
        ({"status": "Faulty", "last_error": "ssh ended"}, "The worker is Faulty, and its replica set has no active worker. Its last error: ssh ended."),
    ],
)
def test_a_session_that_is_read_to_deliver_nothing_is_owed_a_proof(site: World, change: dict[str, t.Any], said: str) -> None:
    site.add_session("projects", T, "Active", "Passive")
    proved_once(site)
    info = read(site)
    info["status"][0]["workers"][0].update(change)
    plan = plan_declared([entry()], info)
    assert plan["to_prove"] == [entry(secondary_user="root")]
    assert len(plan["unwell"]) == 1 and plan["unwell"][0].startswith(f"projects -> {T}, primary1:/bricks/projects: {said}")
    # Its workers are started anew by this run, and what was read says nothing of those.
    assert plan_declared([entry(config={"sync-jobs": "5"})], info)["unwell"] == []
    assert plan_declared([entry(state="present")], info)["unwell"] == []
