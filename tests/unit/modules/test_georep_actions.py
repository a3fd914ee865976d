# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of the role: arguments in, one plan or one clean error out, and nothing run on any host."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import types
import typing as t
from types import MappingProxyType
from unittest import mock

import pytest
import yaml
from ansible.errors import AnsibleActionFail

from ansible_collections.glusterops.georep.plugins.action import georep_plan, georep_summary
from ansible_collections.glusterops.georep.plugins.module_utils._plan import run
from ansible_collections.glusterops.georep.plugins.plugin_utils._results import turns_of
from ansible_collections.glusterops.georep.tests.unit.reports import info_of
from ansible_collections.glusterops.georep.tests.unit.support import NAMESPACE, ROOT

SESSION = {"primary_volume": "a", "secondary_host": "h", "secondary_volume": "b"}
ACTIONS = {"georep_plan": georep_plan, "georep_summary": georep_summary}


def act(module: types.ModuleType, check_mode: bool = False, variables: t.Mapping[str, t.Any] = MappingProxyType({}), **args: t.Any) -> dict[str, t.Any]:
    task = mock.Mock(args=args, check_mode=check_mode, diff=False, async_val=0, delegate_to=None)
    connection = mock.Mock()
    templar = mock.Mock(**{"template.side_effect": lambda value: value})
    action = module.ActionModule(task, connection, mock.Mock(), mock.Mock(), templar, mock.Mock())
    # The loader of ansible-core 2.16 sets it; an error about the options names it.
    action._load_name = module.__name__.rpartition(".")[2]
    with mock.patch.object(action, "_execute_module", side_effect=AssertionError("an action must run nothing on hosts")):
        found = action.run(task_vars={"groups": {"all": ["p1", "s1"]}, **variables})
    assert not connection.method_calls
    return t.cast("dict[str, t.Any]", json.loads(json.dumps(found)))


def plan(stage: str, check_mode: bool = False, **args: t.Any) -> dict[str, t.Any]:
    return act(georep_plan, check_mode, stage=stage, **args)


def declare(**more: t.Any) -> dict[str, t.Any]:
    return plan("declaration", sessions=[SESSION], primary_hosts=["p1"], **more)


# --- arguments


def test_a_stage_takes_its_own_options_only() -> None:
    with pytest.raises(AnsibleActionFail, match="state"):
        plan("versions", state="present")
    with pytest.raises(AnsibleActionFail, match="sessions"):
        plan("declaration", primary_hosts=["p1"])
    with pytest.raises(AnsibleActionFail, match="stage"):
        plan("nonsense")
    with pytest.raises(AnsibleActionFail, match="stage"):
        act(georep_plan)


def test_texts_of_a_command_line_are_taken_for_what_they_mean() -> None:
    found = declare(preflight="no", secondary_hosts="s1", push_pem="yes")
    assert found["settings"]["preflight"] is False and found["settings"]["secondary_hosts"] == ["s1"] and found["settings"]["push_pem"] is True


@pytest.mark.parametrize(
    ("known", "earlier"), [({"p1": {"__geo_replication_plan": {}}, "p2": {}}, ["p1"]), ({"p1": {}, "p2": {}}, [])], ids=["serial", "random order"]
)
def test_a_later_batch_knows_the_earlier_ones(known: dict[str, t.Any], earlier: list[str]) -> None:
    variables = {"hostvars": known, "ansible_play_hosts": ["p1", "p2"]}
    found = act(georep_plan, variables=variables, stage="declaration", sessions=[SESSION], primary_hosts=["p2"])
    assert found["settings"]["hosts_before"] == earlier
    assert declare()["settings"]["hosts_before"] == []


SESSION_AS_TEXT = {
    "JSON": json.dumps([SESSION]), "YAML": yaml.safe_dump([SESSION]), "one session": json.dumps(SESSION),
    "YAML in one line": "[{primary_volume: a, secondary_host: h, secondary_volume: b}]",
}  # fmt: skip


@pytest.mark.parametrize("form", SESSION_AS_TEXT)
def test_sessions_come_as_text(form: str) -> None:
    found = plan("declaration", sessions=SESSION_AS_TEXT[form], primary_hosts=["p1"])
    assert found["settings"]["sessions"] == [SESSION] and found["share"] == {"p1": []}, found


def test_lists_and_numbers_come_as_text() -> None:
    found = declare(secondary_hosts="p1, s1", known_hosts="h,i ssh-rsa BBBB\n[h]:2222 ssh-ed25519 AAAA", undeclared=" keep ")
    assert found["settings"]["secondary_hosts"] == ["p1", "s1"] and len(found["settings"]["known_hosts"]) == 2
    read = plan("options", secondary_hosts="- p1\n- s1", wait_timeout="300", lock_timeout="", prove="no", prove_sessions="all")
    assert (read["secondary_hosts"], read["wait_timeout"], read["lock_timeout"], read["prove"]) == (["p1", "s1"], 300, 120, False)
    assert "prove_sessions" not in read and read["known_hosts_file"].endswith("/known_hosts") and read["bootstrap_user"] == "root"
    assert not set(read) & {"bootstrap_password", "bootstrap_private_key_passphrase"}


def test_a_login_is_a_password_or_a_key() -> None:
    key = "bootstrap_private_key_file"
    for given, login in (({}, False), ({"login_given": True}, True), ({key: "/root/key"}, True), ({key: ""}, False)):
        assert plan("options", **given)["login"] is login, given


def test_null_is_not_given() -> None:
    found = declare(secondary_hosts=None, known_hosts=None, preflight=None, prove=None, undeclared=None, sync_method=None)
    assert found["settings"] == {**declare()["settings"]}
    assert plan("declaration", sessions=None, primary_hosts=["p1"])["settings"]["sessions"] == []


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"preflight": "perhaps"}, "geo_replication_preflight"),
        ({"secondary_hosts": {"s1": None}}, "geo_replication_secondary_hosts"),
        ({"undeclared": "delete"}, "geo_replication_undeclared"),
        ({"known_hosts": 5}, "geo_replication_known_hosts"),
    ],
)
def test_what_cannot_be_read_is_named_as_people_write_it(given: dict[str, t.Any], option: str) -> None:
    found = declare(**given)
    assert found["failed"] and found["option"] == option and found["msg"].startswith(f"{option} = ") and found["remedy"]


@pytest.mark.parametrize("stage", ["declaration", "options"])
def test_a_misspelt_variable_of_the_role_is_told(stage: str) -> None:
    args = {"sessions": [], "primary_hosts": ["p1"]} if stage == "declaration" else {}
    found = act(georep_plan, variables={"geo_replication_session": [SESSION]}, stage=stage, **args)
    assert found["failed"] and found["option"] == "geo_replication_session" and "Write geo_replication_sessions" in found["msg"]
    assert not act(georep_plan, variables={"geo_replication_site": "x", "geo_replication_rpo": "15m"}, stage=stage, **args).get("failed")


def test_every_setting_is_an_option_of_the_declaration() -> None:
    assert set(georep_plan.SPECS["declaration"]) == set(run.Settings._fields)
    assert set(georep_plan.SPECS) == {*georep_plan.STAGES, "declaration"}
    for name, option in georep_plan.SPECS["declaration"].items():
        if name in run.Settings._field_defaults:
            assert (option.get("default") or None) == (run.Settings._field_defaults[name] or None), name


@pytest.mark.parametrize("name", ACTIONS)
def test_the_documentation_is_the_specification(name: str) -> None:
    stub = importlib.import_module(f"{NAMESPACE}.plugins.modules.{name}")
    options = yaml.safe_load(stub.DOCUMENTATION)["options"]
    if name == "georep_summary":
        assert set(options) == set(georep_summary.SPEC)
        return
    assert sorted(options.pop("stage")["choices"]) == sorted(georep_plan.SPECS)
    assert set(options) == {option for spec in georep_plan.SPECS.values() for option in spec}
    for option, documented in options.items():
        text = json.dumps(documented["description"])
        stages = {stage for stage, spec in georep_plan.SPECS.items() if option in spec}
        assert all(f"O(stage={stage})" in text for stage in stages), (option, stages)
        defaults = {json.dumps(georep_plan.SPECS[stage][option].get("default")) for stage in stages}
        assert defaults <= {json.dumps(documented.get("default")), "null"}, option


# --- results


def test_a_mistake_is_one_message_with_option_value_and_remedy() -> None:
    found = plan("declaration", sessions=[{**SESSION, "primary_volume": "a b"}], primary_hosts=["p1"])
    assert found["failed"] and found["changed"] is False and found["error"] == "InvalidInput"
    assert found["option"] == "geo_replication_sessions[0].primary_volume" and found["value"] == "a b"
    assert found["msg"].startswith("geo_replication_sessions[0].primary_volume = 'a b'") and found["msg"].endswith(found["remedy"])


def test_a_host_that_is_not_in_the_inventory() -> None:
    found = declare(secondary_hosts=["s1", "s9"])
    assert found["failed"] and found["msg"].startswith("geo_replication_secondary_hosts = s9: not in the inventory.")
    assert "The inventory has s1." in declare(secondary_hosts=["S1"])["msg"]
    assert "all is a group: write \"{{ groups['all'] }}\" for its hosts." in declare(secondary_hosts="all")["msg"]


INFO: dict[str, t.Any] = {
    "status": [], "secondaries": [], "volumes": [], "peers": [], "sessions": [], "version": "10.3", "unresolved": [], "orphans": [],
}  # fmt: skip


def test_a_plan_of_nothing_and_its_summary() -> None:
    declared = plan("declaration", sessions=[], primary_hosts=["p1"])
    planned = plan("plan", declared=declared, info=INFO)
    assert planned["changed"] is False and planned["todo"]["any"] is False and "warnings" not in planned
    assert planned["share"] == {"p1": {"secondary_hosts": [], "remedies": [], "rsync": [], "accounts": []}}
    lines = act(georep_summary, declared=declared, plan=planned)["lines"]
    assert lines == ["No geo-replication sessions on this cluster.", "geo_replication_sessions is empty: nothing is declared."]


def test_what_a_node_read_meanwhile_is_taken_unless_it_was_read_again() -> None:
    declared = declare()
    skipped = {"changed": False, "skipped": True}
    reading = {"msg": "no module lxml", "missing_library": "lxml"}
    looked = [{"results": [{"item": {"host": "p1"}, "node": "p1", "site": "primary", "facts": {"node_uuid": None}, "info": reading}]}]
    for info in ({}, skipped):
        assert plan("plan", declared=declared, info=info, nodes=looked)["lacks"]["library"]
    assert plan("plan", declared=declared, info={"msg": "lxml is there now", "missing_library": "lxml"}, nodes=looked)["need"] == "lxml is there now"


def test_results_of_loops_and_hosts_are_one_list() -> None:
    registered = [{"results": [{"item": 1}, {"item": 2, "skipped": True}]}, {"skipped": True}, {"item": 3}]
    assert turns_of(registered) == [{"item": 1}, {"item": 3}]


def test_check_mode_reaches_the_plan() -> None:
    generated = {"changed": True}
    for mode in (True, False):
        assert plan("trust", mode, plan={"host_names": {}, "share": {"p1": {}}}, generated=generated)["verify"] is not mode


def test_drift_fails_where_that_is_asked_for() -> None:
    drift = {"differs": True, "changes": ["create a -> s1::b: it does not exist"], "warnings": ["s1 is slow"], "undeclared": ["c -> s1::d"]}
    lines = plan("drift", drift=drift)["lines"]
    assert lines == ["differs: create a -> s1::b: it does not exist", "WARNING: s1 is slow", "not declared, left alone: c -> s1::d"]
    failed = plan("drift", drift=drift, fail="yes")
    assert failed["failed"] and "would make 1 change: create a -> s1::b: it does not exist." in failed["msg"]
    same = {**drift, "differs": False, "changes": []}
    assert plan("drift", drift=same, fail=True)["lines"][-1] == "The cluster is as declared."


def test_small_stages() -> None:
    assert plan("versions", answers=[{"item": "s1", "stdout": "glusterfs 11.1"}])["versions"] == {"s1": "11.1"}
    share = {"p1": {"secondary_hosts": ["s1"]}}
    answers = [{"results": [{"item": "s1", "restart_needed": False, "steps": ["x"], "notes": [], "peers_down": [], "quorum_lost": []}]}]
    assert plan("mountbroker", plan={"share": share}, state="present", answers=answers)["share"] == {"p1": ["s1"]}
    generated = {"public_keys": ["line"]}
    planned = {"share": {"p1": {"accounts": [{"host": "s1", "account": "geo", "node_uuids": ["u1"]}]}}}
    (task,) = plan("authorization", True, plan=planned, generated=generated, mapping={"unmade": {"s1": ["geo"]}})["share"]["p1"]
    assert task["state"] == "verified" and task["pending_on"] == ["u1"]
    assert not plan("agreement", plan={"nodes": [], "to_recheck": []}).get("failed")
    assert not plan("access", declared=declare(), plan={"targets": []}, answers=[{"probes": []}]).get("failed")
    assert plan("proofs", proof={"proofs": []})["turns"] == []
    assert plan("proof_lines", proof={"proofs": []})["lines"]
    refused = plan("package", True, package="python3-lxml", need="No lxml on p1.")
    assert refused["failed"] and "A real run installs" in refused["msg"] and not plan("package", package="x", need="y").get("failed")
    found = {"share": {"p1": {"rsync": ["s1"]}}}
    assert plan("pinned", plan=found, answers=[{"results": [{"item": "s1", "skipped": True}]}])["helps"] is True
    down = {"peers_down": ["dr2"], "restart_needed": False}
    assert "dr2" in plan("glusterd", host="s1", answers=[down])["msg"] and plan("glusterd", host="s1", answers=[down], restarted=True)["failed"]
    assert not plan("unproved", plan={"unwell": []}).get("failed")
    assert plan("status", sessions=json.dumps([SESSION]))["secondary_hosts"] == ["h"]
    read = plan("status_read", hosts=["p1"], nodes=[{"local": {}}], answers=[info_of()], sessions=[SESSION])
    assert read["asks_versions"] and len(read["nodes"]) == 1 and read["info"]["status"]
    assert plan("status_read", hosts=["p1"], nodes=[{}], answers=[])["msg"].endswith("p1: no answer")
    chosen = plan("checkpointed", chosen=[SESSION], accept="peer_down")
    assert chosen["start"][0]["accept"] == ["peer_down"] and plan("checkpointed")["failed"]
    assert plan("exist", chosen=chosen["names"], info={"status": []})["failed"]
    assert plan("through", chosen=chosen["stop"], all="no")["any"] is False and plan("through", chosen=chosen["stop"])["stop"] == chosen["stop"]
    assert plan("restarts", earlier={"turns": [0, 1], "stalled": []})["report_stalled"] is True
    waiting = plan("waiting", timeout=60)
    assert not waiting["over"] and plan("waiting", timeout=60, since=waiting["since"] - 100)["over"]


NAMES = {**SESSION, "secondary_user": "root"}


def test_the_gate_s_hosts_and_sessions_come_as_people_write_them() -> None:
    for hosts in ("p1, s1", ["p1", "s1"], "- p1\n- s1"):
        assert plan("gate", hosts=hosts, primary_hosts=["p9"], inventory=["p1", "s1"])["hosts"] == ["p1", "s1"], hosts
    found = plan("gate", hosts="", primary_hosts=["p1"], inventory=["p1"], sessions=json.dumps([SESSION]))
    assert found["hosts"] == ["p1"] and found["sessions"] == [NAMES]
    for hosts, known in (("nobody", ["p1"]), ([], [])):
        refused = plan("gate", hosts=hosts, primary_hosts=known, inventory=["p1"])
        assert refused["failed"] and refused["option"] == "gate_hosts" and "define a group gluster_primary" in refused["msg"], refused
    assert "gate_sessions = 'a -> b'" in plan("gate", primary_hosts=["p1"], inventory=["p1"], sessions="a -> b")["msg"]


def verdict(hosts: t.Mapping[str, t.Any], answers: t.Sequence[t.Mapping[str, t.Any]] = ({"local": {}}, {}), **args: t.Any) -> dict[str, t.Any]:
    """The gate's, of two primary hosts of which ``hosts`` says what they have."""
    nodes = [{"results": [], **answer} for answer in answers]
    given = {"gate": {"hosts": ["p1", "p2"], "sessions": []}, "info": info_of(), "answers": nodes, **args}
    return act(georep_plan, variables={"hostvars": {"p1": {}, "p2": {}, **hosts}}, stage="verdict", **given)


def test_the_gate_asks_the_first_node_that_answers() -> None:
    down: dict[str, t.Any] = {"msg": "no route to host"}
    for answers, host in (([down, {"local": {}}], "p2"), ([{"local": {}}, down], "p1"), ([down, down], "p1")):
        assert plan("gate_host", gate={"hosts": ["p1", "p2"]}, answers=answers)["host"] == host
    found = verdict({}, [down, {"local": {}}], info=down)
    assert (found["passed"], found["reasons"]) == (False, [found["message"]])
    assert found["message"] == "It is not known whether geo-replication is healthy: the sessions could not be read on p2: no route to host"
    assert verdict({}, info={})["message"].endswith("on p1: no answer")


def test_the_gate_goes_by_what_the_play_declares_or_else_the_node() -> None:
    late = info_of()
    late["status"][0]["workers"][0].update(last_synced="2026-11-22T08:00:00Z", lag_seconds=2311)
    own = {name: late["status"][0][name] for name in ("primary_volume", "secondary_host", "secondary_volume")}
    of_node = {"p1": {"geo_replication_rpo": "15m", "geo_replication_sessions": [{**own, "state": "paused"}]}}
    assert verdict({}, info=late)["passed"]
    assert not verdict(of_node, info=late)["passed"] and verdict({"p2": of_node["p1"]}, info=late)["passed"], "the node that was asked"
    for more in ({"rpo": "2h"}, {"otherwise_rpo": 7200}, {"sessions": json.dumps([{**own, "rpo": "2h"}])}):
        assert verdict(of_node, info=late, **more)["passed"] is True, more
    assert verdict({}, info=late, otherwise_rpo="15m", accept=["lag-above-rpo"])["passed"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"rpo": "soon"}, "gate_rpo = 'soon'"),
        ({"otherwise_rpo": "soon"}, "geo_replication_rpo = 'soon'"),
        ({"accept": ["everything"]}, "gate_accept = ['everything']: not known."),
        ({"failures_known": -1}, "gate_failures_known = -1"),
        ({"sessions": "a -> b"}, "geo_replication_sessions = 'a -> b'"),
    ],
)
def test_mistakes_of_the_gate_are_named_as_people_write_them(args: dict[str, t.Any], says: str) -> None:
    found = verdict({}, **args)
    assert found["failed"] and says in found["msg"] and found["remedy"], found


def test_what_is_loaded_on_the_controller_touches_nothing() -> None:
    """Ansible runs each action in a process of its own, which loads this anew."""
    script = f"import sys; import {NAMESPACE}.plugins.action.georep_plan, {NAMESPACE}.plugins.action.georep_summary\n"
    script += "print([name for name in sys.modules if name.startswith('" + NAMESPACE + ".plugins.module_utils._')])"
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env)
    rooms = {name.split("module_utils.")[1].split(".")[0] for name in json.loads(done.stdout.replace("'", '"'))}
    assert rooms <= {"_model", "_faults", "_plan", "_show"}


def test_tasks_use_options_that_were_read() -> None:
    """And none that people wrote as it is, but secrets, which no result may hold, and what the declaration reads itself."""
    texts = {path.name: path.read_text() for path in (ROOT / "roles/geo_replication/tasks").glob("*.yml")}
    used = {name for text in texts.values() for name in re.findall(r"__geo_replication_options\.(\w+)", text)}
    asked = yaml.safe_load(texts.pop("options.yml"))[0]["glusterops.georep.georep_plan"]
    assert used - {"login"} <= set(georep_plan.USED) == set(asked) - {"stage", "login_given"}
    read = {name for text in texts.values() for part in re.findall(r"\{\{.*?\}\}", text) for name in re.findall(r"(?<![\w.])geo_replication_(\w+)", part)}
    own = {"bootstrap_password", "bootstrap_private_key_passphrase", "rotate_before", "key_max_age", "versions"}
    assert read - own <= set(georep_plan.SPECS["declaration"])
