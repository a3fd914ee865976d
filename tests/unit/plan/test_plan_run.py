# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of the role: what is read, which steps have something to do, and who does what."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import PRIMARY, SECONDARY
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Session
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import (
    InvalidInput,
    PreconditionFailed,
)
from ansible_collections.glusterops.georep.plugins.module_utils._model.node_view import NodeView, SessionView
from ansible_collections.glusterops.georep.plugins.module_utils._plan import run
from ansible_collections.glusterops.georep.plugins.module_utils._plan.run import LACKS, STEPS, Found, Settings
from ansible_collections.glusterops.georep.plugins.module_utils._read import facts, inform
from ansible_collections.glusterops.georep.plugins.modules import gluster_georep_preflight_info
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import FAR_UUIDS, UUIDS, World
from ansible_collections.glusterops.georep.tests.unit.nodes import NEW_PYTHON, RSYNC_3_5, looked, way

INVENTORY = ["p1", "p2", "s1", "s2", "localhost"]
SESSION: dict[str, t.Any] = {"primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr"}
INTO = {"primary_volume": "projects", "secondary_host": "secondary1", "secondary_directory": "/srv/dr/projects"}
VOLUME = "georep-srv-dr-projects"
T = "secondary1::projects-dr"


def settings(*sessions: dict[str, t.Any], **more: t.Any) -> Settings:
    return Settings(list(sessions or [SESSION]), ["p1", "p2"], **{"secondary_hosts": ["s1", "s2"], **more})


@pytest.fixture
def site(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(facts.gather, "__kwdefaults__", {**(facts.gather.__kwdefaults__ or {}), "glusterd_dir": str(world.folder)})
    # The machine may have a lab whose processes it sees.
    monkeypatch.setattr(inform, "monitors", dict)
    return world


def read(site: World, *hosts: str) -> dict[str, t.Any]:
    info = inform.inform(site.cli(), site, far_hosts=hosts or ["secondary1"], glusterd_dir=str(site.folder), log_dir=str(site.folder / "log"))
    return t.cast("dict[str, t.Any]", json.loads(json.dumps(info)))


def nodes(*ways: str, **changes: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """All four nodes, as their inventory hosts looked at them; ``changes``: of the facts of some."""
    found = []
    for host, role, uuid in (("p1", PRIMARY, "u1"), ("p2", PRIMARY, "u2"), *(("s" + name[-1], SECONDARY, uuid) for name, uuid in FAR_UUIDS.items())):
        node = looked(host, role, changes.get(host))
        node["facts"]["node_uuid"] = uuid
        node["ways"] = [way(name) for name in ways] if role == PRIMARY else []
        found.append({**node, "item": host, "local": None})
    return found


def plan(site: World, own: Settings, check_mode: bool = False, **more: t.Any) -> dict[str, t.Any]:
    return run.plan_run(own, Found.from_results(**{"info": read(site), "nodes": nodes(), **more}), check_mode)


def done(planned: dict[str, t.Any]) -> list[str]:
    return [name for name in STEPS if planned["todo"][name]]


def by_views(site: World, *ways: str, **changes: dict[str, t.Any]) -> dict[str, t.Any]:
    """What a run finds whose nodes tell of the sessions themselves; ``info`` as the first one reads it then."""
    info = read(site)
    found = nodes(*ways, **changes)
    for node in found:
        own = UUIDS.get({"p1": "primary1", "p2": "primary2"}.get(node["item"], ""), node["facts"]["node_uuid"])
        node["facts"].update(node_uuid=own, sessions={"projects_secondary1_projects-dr": {}})
        views = [
            SessionView(
                session.id, session.secondary_uuid, [worker for worker in session.workers if worker.node_uuid == own], None, session.config,
                session.modified, record=session.record,
            )
            for session in map(Session.from_result, info["status"])
        ]  # fmt: skip
        node.update(view=NodeView(own, 1e9, views).to_result(), local={"node_uuid": own, "sessions": []})
    return {"info": {**info, "sessions": [], "status": [], "from_views": True}, "nodes": json.loads(json.dumps(found))}


# --- before anything is read


@pytest.mark.parametrize(
    ("change", "option"),
    [
        ({"secondary_hosts": ["s1", "nowhere"]}, "geo_replication_secondary_hosts"),
        ({"undeclared": "stop", "sessions": []}, "geo_replication_undeclared"),
        ({"sessions": [{**SESSION, "primary_volume": "a b"}]}, "geo_replication_sessions[0].primary_volume"),
        ({"sessions": "{{ nobody_sets_this }}"}, "geo_replication_sessions"),
    ],
)
def test_a_mistake_is_found_before_anything_is_read(change: dict[str, t.Any], option: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        run.declare(settings()._replace(**change), INVENTORY)
    assert caught.value.option == option and caught.value.remedy and caught.value.value is not None
    assert option.partition("[")[0] in str(caught.value)


def test_what_is_read_and_by_whom() -> None:
    gone = {**SESSION, "primary_volume": "homes", "secondary_volume": "homes-dr", "secondary_host": "secondary2", "state": "absent"}
    found = run.declare(settings(SESSION, gone), INVENTORY)
    assert [names["primary_volume"] for names in found["info"]["config_of"]] == ["projects", "homes"]
    assert (found["info"]["secondary_hosts"], found["info"]["undeclared_secondaries"]) == (["secondary1", "secondary2"], True)
    assert found["todo"] == {"read": False, "look": True, "node_files": False}
    assert found["share"] == {"p1": ["s1"], "p2": ["s2"]}
    # The first one reads, so the other looks at the secondary nodes.
    assert {host: [item["host"] for item in items] for host, items in found["look"].items()} == {"p1": ["p1"], "p2": ["p2", "s1", "s2"]}
    assert [item.get("info") for item in (*found["look"]["p1"], *found["look"]["p2"])] == [
        {**found["info"], "registered": [{**SESSION, "secondary_user": "root"}]}, None, None, None,
    ]  # fmt: skip
    own, _other, far = found["look"]["p1"][0], found["look"]["p2"][0], found["look"]["p2"][1]
    assert own["secondaries"] == [{"secondary_host": "secondary1", "secondary_user": "root", "ssh_port": 22}]
    assert (own["resolve"], far["resolve"], far["volumes"], far["accounts"]) == (["secondary1"], [], ["projects-dr"], ["root"])
    # Just what the module takes.
    for item in (own, far):
        assert {*item, "known_hosts_file", "controller_time", "lock_timeout"} - {"host"} <= set(gluster_georep_preflight_info.SPEC["argument_spec"])


def test_with_many_secondary_hosts_all_look() -> None:
    found = run.declare(Settings([SESSION], ["p1", "p2"], ["a", "b", "c"]), ["a", "b", "c"])
    assert {host: [item["host"] for item in items[1:]] for host, items in found["look"].items()} == {"p1": ["a", "c"], "p2": ["b"]}


@pytest.mark.parametrize(
    ("own", "todo"),
    [
        (settings(preflight=False), {"read": True, "look": False, "node_files": True}),
        (settings({**SESSION, "state": "absent"}), {"read": True, "look": False, "node_files": True}),
        (settings(preflight=False, secondary_hosts=[]), {"read": True, "look": False, "node_files": False}),
    ],
)
def test_without_the_preflight_the_sites_are_read_apart(own: Settings, todo: dict[str, bool]) -> None:
    assert run.declare(own, INVENTORY)["todo"] == todo


def test_what_only_some_steps_need_is_looked_for_where_they_are_due() -> None:
    own = settings(secondary_hosts=[], trust_on_first_use=True, push_pem=True, login=True)
    (item,) = run.declare(own, INVENTORY)["look"]["p1"]
    assert (item["programs"], item["written"]) == (["ssh-keyscan"], [run.LOGIN_KEY])
    (item,) = run.declare(own._replace(login=False, trust_on_first_use=False), INVENTORY)["look"]["p1"]
    assert (item["programs"], item["written"]) == ([], [])
    assert run.declare(settings(trust_on_first_use=True), INVENTORY)["look"]["p1"][0]["programs"] == []


# --- the steps


def test_a_run_with_nothing_to_do(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    planned = plan(site, settings(secondary_read_only=False, sync_method="auto"), nodes=nodes("secondary1", "secondary2"))
    assert done(planned) == [] and planned["todo"]["any"] is False and not any(planned["lacks"].values())


def test_a_new_session(site: World) -> None:
    planned = plan(site, settings())
    assert done(planned) == ["consent", "trust_managed", "sessions", "read_only"]
    assert planned["todo"]["any"] and not planned["checks"]["access"]
    assert planned["share"]["p1"]["secondary_hosts"] == ["s1"] and planned["share"]["p2"]["secondary_hosts"] == ["s2"]
    assert planned["share"]["p2"]["accounts"] == [{"host": "s2", "account": "root", "node_uuids": list(FAR_UUIDS.values())}]
    assert planned["node_keys"] == [{"node": "p1", "keys": []}, {"node": "p2", "keys": []}]
    assert planned["to_protect"][0]["host"] == "s1" and planned["proves"]
    assert not plan(site, settings(), check_mode=True)["proves"] and not plan(site, settings(prove=False))["proves"]


def test_what_any_is() -> None:
    assert run._todo({})["any"] is False
    for name in STEPS:
        assert run._todo({name: ["x"]}) == {**dict.fromkeys(STEPS, False), name: True, "any": True}


def test_a_site_that_ansible_does_not_manage(site: World) -> None:
    own = settings(secondary_hosts=[], login=True, push_pem=True)
    planned = plan(site, own, nodes=nodes()[:2])
    assert done(planned) == ["consent", "trust_unmanaged", "sessions"]
    assert planned["checks"] == {"access": True, "mappings": False} and planned["push_pem"]
    assert not plan(site, own._replace(login=False), nodes=nodes()[:2])["push_pem"]
    account = plan(site, settings({**SESSION, "secondary_user": "geo"}, secondary_hosts=[]), nodes=nodes()[:2])
    assert account["checks"]["mappings"] and not account["todo"]["mappings"]


def test_known_hosts_that_are_given_are_recorded_whatever_works(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    own = settings(secondary_read_only=False)
    for known, steps in (([], []), (["secondary1 ssh-ed25519 AAAA"], ["trust_managed"])):
        planned = plan(site, own._replace(known_hosts=known), nodes=nodes("secondary1", "secondary2"))
        assert done(planned) == steps


def test_a_session_that_goes(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    planned = plan(site, settings({**SESSION, "state": "absent"}), nodes=[], node_files=())
    assert done(planned) == ["record", "sessions", "cleanup"]


def test_a_check_run_asks_no_node_whether_it_agrees(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    views = nodes("secondary1", "secondary2")
    for view in views[:2]:
        view["facts"]["sessions"] = {"projects_secondary1_projects-dr": {"sync-jobs": "4" if view["item"] == "p2" else "3"}}
    own = settings({**SESSION, "config": {"sync-jobs": 5}}, secondary_read_only=False)
    real, check = (plan(site, own, mode, nodes=views) for mode in (False, True))
    assert real["to_recheck"] == check["to_recheck"]
    assert real["todo"]["agreement"] is bool(real["to_recheck"]) and check["todo"]["agreement"] is False


def test_the_sessions_are_planned_with_what_their_nodes_know(site: World) -> None:
    """Of a worker that has stalled gluster tells nothing."""
    site.add_session("projects", T, "Active", "Passive")
    info = read(site)
    worker = info["status"][0]["workers"][0]
    brick = {"brick": worker["brick"], "secondary_node": None, "caught_up": False, "waiting_since": None, "stalled": True, "lag_seconds": 604}
    brick.update(last_error=None, fault=None)
    names = {name: info["status"][0][name] for name in ("primary_volume", "secondary_host", "secondary_volume", "secondary_user")}
    views = nodes("secondary1", "secondary2")
    views[0]["local"] = {"node_uuid": worker["node_uuid"], "sessions": [{**names, "bricks": [brick]}]}
    planned = plan(site, settings(secondary_read_only=False), info=info, nodes=views)
    assert len(planned["unwell"]) == 1 and planned["info"]["status"][0]["workers"][0]["stalled"]


# --- faults of the nodes


def test_a_fault_that_stops_everything_stops_the_plan(site: World) -> None:
    with pytest.raises(PreconditionFailed, match="Geo-replication cannot work between these nodes"):
        plan(site, settings(), nodes=nodes(p1=NEW_PYTHON))


def test_a_mistake_in_the_declaration_is_told_before_a_fault(site: World) -> None:
    with pytest.raises(InvalidInput, match="is not a volume of the primary cluster"):
        plan(site, settings({**SESSION, "primary_volume": "nowhere"}), nodes=nodes(p1=NEW_PYTHON))


def test_a_volume_that_another_cluster_writes_to_is_refused_in_one_place(site: World) -> None:
    """It passed a first plan once, and raised in a second one, as an error of a template."""
    other = {"secondary_volume": "projects-dr", "primary_node_uuid": "of-others", "primary_volume": "x", "primary_node": "far-away"}
    with pytest.raises(InvalidInput, match="x of far-away in another cluster") as caught:
        plan(site, settings(), nodes=nodes(s1={"receiving": [other]}))
    assert caught.value.option == "geo_replication_sessions[0].secondary_volume"


def test_patches_are_shared_out(site: World) -> None:
    planned = plan(site, settings(fix_known_faults=True), nodes=nodes(p2=NEW_PYTHON, s1=NEW_PYTHON))
    assert planned["todo"]["remedies"]
    assert planned["share"]["p1"]["remedies"] == [{"host": "s1", "faults": ["python-readfp"]}]
    assert planned["share"]["p2"]["remedies"] == [{"host": "p2", "faults": ["python-readfp"]}]
    # A second reading means that this was done before it.
    assert not plan(site, settings(fix_known_faults=True), nodes=nodes(p2=NEW_PYTHON), remedied=True)["todo"]["remedies"]


def test_a_fault_that_only_stops_changes_is_a_note_until_something_changes(site: World) -> None:
    faults = nodes(p1={"obstacles": {"/var/log/glusterfs": "is on a file system that is mounted read-only"}})
    ways = [way("secondary1"), way("secondary2")]
    for node in faults[:2]:
        node["ways"] = ways
    with pytest.raises(PreconditionFailed, match="/var/log/glusterfs"):
        plan(site, settings(), nodes=faults)
    site.add_session("projects", T, "Active", "Passive")
    planned = plan(site, settings(secondary_read_only=False), nodes=faults)
    assert done(planned) == [] and any("/var/log/glusterfs" in note for note in planned["fault_notes"])


def test_a_host_of_a_cluster_that_no_session_goes_to_stops_nothing(site: World) -> None:
    strange = nodes(s2=NEW_PYTHON)
    strange[3]["facts"]["node_uuid"] = "of-another-cluster"
    assert plan(site, settings(), nodes=strange)["todo"]["any"]
    with pytest.raises(PreconditionFailed):
        plan(site, settings({**SESSION, "state": "stopped"}), nodes=nodes(s2=NEW_PYTHON))


def test_pinned_rsync_is_shared_out(site: World) -> None:
    planned = plan(site, settings(pin_rsync=True, sync_method="auto"), nodes=nodes(s1=RSYNC_3_5, s2=RSYNC_3_5))
    assert planned["todo"]["rsync"]
    assert [planned["share"][host]["rsync"] for host in ("p1", "p2")] == [["s1"], ["s2"]]


def test_nodes_that_set_volumes_read_only_need_the_library(site: World) -> None:
    bare = nodes(s1={"libraries.lxml": False}, s2={"libraries.lxml": False})
    assert plan(site, settings(), nodes=bare)["without_library"] == [
        {"host": "s1", "need": "Python on s1 has no module lxml, which is needed to set secondary volumes read-only."}
    ]
    assert plan(site, settings(secondary_read_only=False), nodes=bare)["without_library"] == []


# --- what a plan lacks


def lacks(planned: dict[str, t.Any]) -> list[str]:
    found = [name for name in LACKS if planned["lacks"][name]]
    assert len(found) <= 1 and (found in ([], ["reading"]) or not planned["todo"]["any"])
    return found


def test_without_the_library_nothing_is_read() -> None:
    found = Found.from_results({"msg": "no module lxml", "missing_library": "lxml"}, nodes(p1=NEW_PYTHON))
    planned = run.plan_run(settings(), found)
    assert lacks(planned) == ["library"] and planned["need"] == "no module lxml"


def test_what_cannot_be_read_for_a_fault_is_read_after_its_patch() -> None:
    broken = nodes(p1=NEW_PYTHON)
    with pytest.raises(PreconditionFailed, match="Geo-replication cannot work"):
        run.plan_run(settings(), Found.from_results({"msg": "unreadable"}, broken))
    planned = run.plan_run(settings(fix_known_faults=True), Found.from_results({"msg": "unreadable"}, broken))
    assert lacks(planned) == ["reading"] and planned["todo"]["remedies"] and not planned["checks"]["access"]
    assert planned["share"]["p1"]["remedies"] == [{"host": "p1", "faults": ["python-readfp"]}]
    # Without a fault it is read once more, which says why it cannot be.
    planned = run.plan_run(settings(), Found.from_results({"msg": "unreadable"}, nodes()))
    assert lacks(planned) == ["reading"] and not planned["todo"]["any"]


def test_a_login_is_tried_before_the_patch_if_keys_have_to_be_brought() -> None:
    broken = nodes(p1=NEW_PYTHON)[:2]
    broken[1]["ways_error"] = "no way"
    planned = run.plan_run(settings(secondary_hosts=[], fix_known_faults=True), Found.from_results({"msg": "unreadable"}, broken))
    assert planned["checks"]["access"] and planned["targets"] == [{"secondary_host": "secondary1", "secondary_user": "root", "ssh_port": 22}]


def test_versions_are_asked_for_without_the_preflight_where_something_is_created(site: World) -> None:
    own = settings(preflight=False)
    assert lacks(plan(site, own, nodes=())) == ["versions"]
    planned = plan(site, own, nodes=(), versions={"s1": "10.3", "s2": ""}, node_files=files())
    assert lacks(planned) == [] and planned["secondary_versions"] == {"secondary1": "10.3"}
    with pytest.raises(InvalidInput, match="cannot be the secondary of this cluster"):
        plan(site, own, nodes=(), versions={"s1": "9.2"}, node_files=files())
    site.add_session("projects", T, "Active", "Passive")
    assert lacks(plan(site, own, nodes=(), node_files=files())) == []
    site.far["secondary1"] = None
    assert lacks(plan(site, own, nodes=(), node_files=files())) == ["versions"]


def files(**content: str) -> list[dict[str, t.Any]]:
    uuids = {"s1": FAR_UUIDS["secondary1"], "s2": FAR_UUIDS["secondary2"], **content}
    texts = {host: f"UUID={uuid}\noperating-version=100000\n" for host, uuid in uuids.items()}
    return [{"item": host, "content": base64.b64encode(text.encode()).decode()} for host, text in texts.items()]


def test_which_nodes_the_hosts_are() -> None:
    found = Found.from_results({}, nodes()[:3], [*files()[1:], {"item": "s3", "msg": "no such file"}])
    assert run.node_uuids(["s1", "s2", "s3"], found) == {"s1": FAR_UUIDS["secondary1"], "s2": FAR_UUIDS["secondary2"], "s3": ""}
    assert run._uuid_in("no base64") == run._uuid_in(base64.b64encode(b"nothing").decode()) == ""


def looked_at(**more: t.Any) -> dict[str, t.Any]:
    found = {
        "secondary_host": "secondary1", "directory": INTO["secondary_directory"], "secondary_volume": VOLUME,
        "before": {"status": "absent"}, "after": {"status": "Started", "made_here": True, "read_only": True},
        "node_uuid": FAR_UUIDS["secondary1"], "size": 100, "used": 40, "available": 60, "entries": [],
    }  # fmt: skip
    return {"item": "s1", "directories": [found], "lacking": {"packages": [], "service": ""}, **more}


def test_directories_are_looked_at_first(site: World) -> None:
    planned = plan(site, settings(INTO))
    assert lacks(planned) == ["directories"] and [entry["directory"] for entry in planned["directories"]] == ["/srv/dr/projects"]
    planned = plan(site, settings(INTO), directories=[looked_at(), {"item": "s2", "directories": [], "lacking": {}}])
    assert lacks(planned) == [] and done(planned) == ["consent", "directories", "trust_managed", "sessions"]
    assert planned["pending_names"] == [VOLUME]


def test_a_directory_that_two_nodes_or_none_take_for_their_own(site: World) -> None:
    with pytest.raises(PreconditionFailed, match="each of s1, s2 resolves this name to itself") as caught:
        plan(site, settings(INTO), directories=[looked_at(), looked_at(item="s2")])
    assert "DNS" in (caught.value.remedy or "")
    with pytest.raises(InvalidInput, match=r"none of geo_replication_secondary_hosts \(s1, s2\)") as found:
        plan(site, settings(INTO), directories=[{"item": "s1", "directories": [], "lacking": {}}])
    assert "/srv/dr/projects" in str(found.value)


LACKING = {"packages": ["glusterfs-server"], "service": "glusterd"}


@pytest.mark.parametrize(("check", "install", "says"), [(True, True, "A real run installs"), (False, False, "geo_replication_install_packages")])
def test_what_a_node_lacks_is_said_where_it_may_not_be_installed(site: World, check: bool, install: bool, says: str) -> None:
    with pytest.raises(PreconditionFailed) as caught:
        plan(site, settings(INTO, install_packages=install), check, directories=[looked_at(lacking=LACKING)])
    assert "s1 is the target of a session into a directory, but lacks glusterfs-server, a running glusterd" in str(caught.value)
    assert says in (caught.value.remedy or "")


def test_what_a_node_lacks_is_installed_by_one_host(site: World) -> None:
    planned = plan(site, settings(INTO), directories=[looked_at(lacking=LACKING)])
    assert lacks(planned) == ["packages"]
    assert planned["share"] == {
        "p1": {"packages": [{"host": "s1", "packages": ["glusterfs-server"]}], "services": [{"host": "s1", "service": "glusterd"}]},
        "p2": {"packages": [], "services": []},
    }  # fmt: skip
    assert [item["host"] for items in planned["look"].values() for item in items if "info" in item] == []


def test_a_node_that_lacks_the_library_does_not_say_yet_what_is_there(site: World) -> None:
    half = {"item": "s1", "failed": True, "msg": "no module lxml", "missing_library": "lxml"}
    planned = plan(site, settings(INTO), directories=[half])
    assert lacks(planned) == ["packages"]
    assert planned["share"]["p1"] == {"packages": [{"host": "s1", "packages": ["python3-lxml"]}], "services": []}


@pytest.mark.parametrize(
    ("play", "batch", "earlier"),
    [
        (["p1", "p2", "p3"], ["p1", "p2", "p3"], []), (["p1", "p2", "p3"], ["p1"], []), (["p1", "p2", "p3"], ["p3"], ["p1", "p2"]),
        # The first host has failed: it is no earlier batch.
        (["p2", "p3"], ["p2", "p3"], []), ([], ["p1"], []), (["p1"], [], []),
    ],
)  # fmt: skip
def test_batches_of_a_play(play: list[str], batch: list[str], earlier: list[str]) -> None:
    assert run.hosts_before(play, batch) == earlier


def test_a_check_run_names_the_changes_of_the_cluster_in_one_batch_only(site: World) -> None:
    own = settings(fix_known_faults=True)._replace(primary_hosts=["p2"], hosts_before=["p1"])
    found = nodes(p2=NEW_PYTHON, s2=NEW_PYTHON)
    real = plan(site, own, nodes=found)
    assert {"consent", "trust_managed", "sessions", "read_only", "remedies"} <= set(done(real)) and real["steps"] and real["to_prove"]
    assert {repair["host"] for repair in real["share"]["p2"]["remedies"]} == {"p2", "s2"}, "a run looks at what is there by then"
    check = plan(site, own, True, nodes=found)
    assert done(check) == ["remedies"] and check["share"]["p2"]["remedies"] == [{"host": "p2", "faults": ["python-readfp"]}]
    assert check["steps"] == check["to_prove"] == [] and not check["proves"]
    (note,) = [note for note in check["notes"] if "earlier batch of this play (p1)" in note]
    assert "on p2" in note
    assert done(plan(site, own._replace(hosts_before=()), True, nodes=found)) == done(real)


def test_a_later_batch_with_nothing_to_do_says_nothing_of_the_earlier_one(site: World) -> None:
    own = settings(SESSION, secondary_read_only=False)._replace(hosts_before=["p0"])
    site.add_session("projects", T, "Active", "Passive")
    quiet = done(plan(site, own, nodes=nodes("secondary1", "secondary2")))
    check = plan(site, own, True, nodes=nodes("secondary1", "secondary2"))
    assert bool([note for note in check["notes"] if "earlier batch" in note]) is bool(quiet) and done(check) == []


# --- by what the nodes say of themselves


def set_on(found: dict[str, t.Any], item: str, **options: str) -> None:
    """What stands in the file of the session on one node only."""
    node = next(node for node in found["nodes"] if node["item"] == item)
    node["facts"]["sessions"]["projects_secondary1_projects-dr"] = {name.replace("_", "-"): value for name, value in options.items()}


@pytest.mark.parametrize("elsewhere", [{}, {"primary_distribution_count": "4"}, {"sync_jobs": "7"}], ids=["alike", "gsyncd's own differ", "undeclared differ"])
def test_a_run_that_changes_nothing_asks_gluster_about_no_session(site: World, elsewhere: dict[str, str]) -> None:
    site.add_session("projects", T, "Active", "Passive")
    found = by_views(site, "secondary1", "secondary2")
    set_on(found, "p2", **elsewhere)
    own = settings(secondary_read_only=False)
    planned = run.plan_run(own, Found.from_results(**found))
    assert not any(planned["lacks"].values()) and not planned["todo"]["any"], planned
    by_gluster = plan(site, own, nodes=found["nodes"])
    # The two were read at different times.
    assert planned.pop("info") and by_gluster.pop("info")
    assert planned == by_gluster, "the very plan that gluster's answer leads to"
    told = str(planned["cautions"])
    assert ("sync-jobs" in told and "7 on p2" in told) is ("sync_jobs" in elsewhere), told


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"config": {"sync-jobs": 7}}, "not as declared"),
        ({"state": "absent"}, "not as declared"),
        ({"secondary_volume": "nosuch"}, "nosuch"),
    ],
)
def test_gluster_decides_about_every_change_and_refusal(site: World, change: dict[str, t.Any], says: str) -> None:
    site.add_session("projects", T, "Active", "Passive")
    planned = run.plan_run(settings({**SESSION, **change}, secondary_read_only=False), Found.from_results(**by_views(site, "secondary1", "secondary2")))
    assert planned["lacks"]["status"] and not planned["todo"]["any"] and says in planned["doubts"][0], planned


def test_accounts_whose_mountbroker_is_looked_at_ask_gluster_about_no_session(site: World) -> None:
    site.add_session("projects", f"geo@{T}", "Active", "Passive")
    found = by_views(site, "secondary1", "secondary2")
    for node in found["nodes"]:
        node["ways"] = [{**each, "user": "geo"} for each in node["ways"]]
    planned = run.plan_run(settings({**SESSION, "secondary_user": "geo"}, secondary_read_only=False), Found.from_results(**found))
    assert planned["todo"]["mappings"] and not any(planned["lacks"].values()), planned.get("doubts")


def test_gluster_is_asked_if_a_declared_option_is_another_on_one_node(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    found = by_views(site, "secondary1", "secondary2")
    set_on(found, "p2", sync_jobs="7")
    planned = run.plan_run(settings({**SESSION, "config": {"sync-jobs": 3}}, secondary_read_only=False), Found.from_results(**found))
    says = f"the sessions are not as declared: projects -> {T}: config sync-jobs: 7 on p2 -> 3: differs; restarts the workers, sessions, agreement"
    assert planned["lacks"]["status"] and planned["doubts"] == [says]


def test_gluster_is_asked_if_a_node_does_not_tell(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    found = by_views(site, "secondary1", "secondary2")
    found["nodes"] = [node for node in found["nodes"] if node["item"] != "p2"]
    planned = run.plan_run(settings(), Found.from_results(**found))
    assert planned["lacks"]["status"] and "no report from the node of" in planned["doubts"][0]


def test_b03_the_secondary_nodes_are_told_where_the_logins_come_from(site: World) -> None:
    """Each connection once, whichever of the primary nodes tells of it."""
    way = {"user": "root", "address": "192.0.2.11", "local_address": "192.0.2.21", "port": 22}
    found = nodes()
    found[0]["logins"], found[1]["logins"] = [way, {**way, "local_address": "192.0.2.22"}], [way, {**way, "address": "192.0.2.12"}]
    planned = plan(site, settings(), nodes=found)
    assert planned["logins"] == [way, {**way, "local_address": "192.0.2.22"}, {**way, "address": "192.0.2.12"}]
