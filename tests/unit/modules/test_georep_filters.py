# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters by their names, and their errors as Ansible shows them."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.glusterops.georep.plugins.filter import (
    georep_coming,
    georep_counted,
    georep_declared,
    georep_directories,
    georep_known_hosts,
    georep_plan,
    georep_problem,
    georep_summary,
    georep_verdict,
)
from ansible_collections.glusterops.georep.plugins.modules import gluster_georep_preflight
from ansible_collections.glusterops.georep.tests.unit.nodes import NEW_PYTHON, RSYNC_3_5, looked

INFO: dict[str, t.Any] = {"status": [], "secondaries": [], "volumes": [], "peers": []}


def filters() -> dict[str, t.Callable[..., t.Any]]:
    found: dict[str, t.Callable[..., t.Any]] = {}
    modules = (georep_coming, georep_declared, georep_directories, georep_known_hosts, georep_plan, georep_problem, georep_summary)
    for module in (*modules, georep_verdict):
        found.update(module.FilterModule().filters())
    return found


def test_names() -> None:
    assert sorted(filters()) == [
        *("georep_coming", "georep_declared", "georep_directories", "georep_known_hosts", "georep_plan", "georep_problem"),
        *("georep_summary", "georep_verdict"),
    ]


def test_declared() -> None:
    pair = {"primary_volume": "a", "secondary_host": "h", "secondary_volume": "b"}
    (entry,) = filters()["georep_declared"]([pair])
    assert entry == {
        **pair,
        "secondary_user": "root",
        "ssh_port": 22,
        "state": "started",
        "config": {},
        "accept": [],
        "reset_sync_time": False,
        "config_exclusive": False,
        "secondary_writable": False,
    }


@pytest.mark.parametrize("name", ["georep_declared", "georep_directories", "georep_plan"])
def test_errors_name_the_option_and_the_remedy(name: str) -> None:
    items = [{"primary_volume": "a b", "secondary_host": "h", "secondary_volume": "b"}]
    args = (items,) if name == "georep_declared" else (items, INFO)
    with pytest.raises(AnsibleFilterError) as caught:
        filters()[name](*args)
    text = str(caught.value)
    assert "geo_replication_sessions[0].primary_volume = 'a b'" in text and "gluster volume list" in text


def test_plan_of_nothing() -> None:
    plan = filters()["georep_plan"]([], INFO)
    assert plan == {
        "sessions": [], "creates": False, "changed": False, "steps": [], "targets": [], "reached": False, "host_names": {}, "account_nodes": {},
        "to_protect": [], "undeclared": [],
        "notes": [], "warnings": [], "uses_rsync": False, "pin": [], "doubtful": False, "heals": [], "nodes": [],
        "mappings": [], "obsolete_mappings": [], "mappings_to_verify": [], "pending_volumes": [], "left_alone": [],
        "secondary_versions": {}, "versions_to_ask": [],
        "going": [], "staying": [], "abandoned": [], "lend": [], "departed": False, "to_prove": [], "unwell": [],
    }  # fmt: skip


def test_ways_of_the_sessions_that_stay() -> None:
    """Just what gluster_georep_preflight takes, and nobody is to be reached for a session that goes."""
    one = {"primary_volume": "one", "secondary_host": "dr1", "secondary_volume": "one-dr"}
    declared = [{**one, "config": {"sync-jobs": 5}}, {**one, "primary_volume": "two", "secondary_volume": "two-dr"},
                {**one, "primary_volume": "three", "secondary_user": "geo", "ssh_port": "2222"},
                {**one, "primary_volume": "four", "secondary_host": "dr2", "state": "absent"}]  # fmt: skip
    ways = filters()["georep_declared"](declared, ways=True)
    assert ways == [
        {"secondary_host": "dr1", "secondary_user": "root", "ssh_port": 22},
        {"secondary_host": "dr1", "secondary_user": "geo", "ssh_port": 2222},
    ]
    assert set(ways[0]) <= set(gluster_georep_preflight.argument_spec()["secondaries"]["options"])


def test_known_hosts_of_nodes_that_answered() -> None:
    results = [
        {"node_uuid": "u1", "host_keys": ["ssh-ed25519 AAAA root@dr1"]},
        {"node_uuid": None, "host_keys": ["ssh-ed25519 BBBB"]},
        {"skipped": True},
    ]
    assert filters()["georep_known_hosts"]({"u1": ["dr1"], "u2": ["dr2"]}, results) == ["dr1 ssh-ed25519 AAAA"]


def test_summary() -> None:
    assert filters()["georep_summary"]([]) == ["No geo-replication sessions on this cluster."]


def test_verdict() -> None:
    nodes = [looked("dr1", changes=NEW_PYTHON)]
    strict, fixing = filters()["georep_verdict"](nodes), filters()["georep_verdict"](nodes, True)
    assert strict["stops"].startswith("Geo-replication cannot work") and strict["mend"] == []
    assert fixing == {"stops": "", "mend": ["python-readfp"], "notes": [], "pin": []}
    assert filters()["georep_verdict"](nodes, fix=True) == fixing
    assert filters()["georep_verdict"]([]) == {"stops": "", "mend": [], "notes": [], "pin": []}


def test_plan_with_a_sync_method() -> None:
    volume = {"name": "a", "id": "1", "status": "Started", "bricks": [], "read_only": True}
    far = {"secondary_host": "h", "error": None, "node_uuid": "u1", "volumes": [{**volume, "name": "b", "id": "2"}]}
    info = {"status": [], "secondaries": [far], "volumes": [volume], "peers": []}
    items = [{"primary_volume": "a", "secondary_host": "h", "secondary_volume": "b"}]
    nodes = [looked("dr1", changes=RSYNC_3_5)]
    plan = filters()["georep_plan"](items, info, sync_method="auto", nodes=nodes)
    assert plan["sessions"][0]["config"] == {"sync-method": "tarssh"}
    assert len(plan["notes"]) == 1 and plan["warnings"] == []
    assert filters()["georep_plan"](items, info)["sessions"][0]["config"] == {}


def test_an_empty_list_does_not_end_everything() -> None:
    problem = filters()["georep_problem"]
    assert problem([], undeclared="keep") == ""
    assert problem([], undeclared="absent").startswith("geo_replication_undeclared = 'absent': with an empty geo_replication_sessions")
    with pytest.raises(AnsibleFilterError, match="geo_replication_undeclared"):
        filters()["georep_plan"]([], INFO, undeclared="stop")


@pytest.mark.parametrize(
    ("given", "words"), [([{}, {}], "2 sessions"), ([{}], "1 session"), ([], "no sessions"), ("text", "no sessions"), (None, "no sessions")]
)
def test_sessions_counted(given: t.Any, words: str) -> None:
    assert georep_counted.FilterModule().filters()["georep_counted"](given) == words


def test_what_the_filters_need_is_loaded_with_the_one_of_a_name() -> None:
    """Ansible evaluates the names of tasks before it forks. What is missing then, every fork loads for itself."""
    package = georep_counted.__name__.rpartition(".")[0]
    names = sorted(file.stem for file in Path(georep_counted.__file__).parent.glob("georep_*.py"))
    script = f"""
import importlib, sys
importlib.import_module("{package}.georep_counted")
before = set(sys.modules)
for name in {names!r}:
    importlib.import_module("{package}." + name)
print(sorted(name for name in set(sys.modules) - before if "georep.plugins.module_utils" in name))
"""
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    assert len(names) > 10 and done.stdout == "[]\n", done.stdout
