# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people write: lists, mappings and numbers, each as text, too, as AWX surveys and the command line send them."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._plan import given
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import FIELDS, complete_declared
from ansible_collections.glusterops.georep.tests.unit.support import ROOT

SESSION: dict[str, t.Any] = {"primary_volume": "projects", "secondary_host": "dr1", "secondary_volume": "projects-dr"}
ROLE = ROOT / "roles/geo_replication"


def load(text: str) -> t.Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise ValueError(str(exc)) from exc


def role(path: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", yaml.safe_load((ROLE / path).read_text()))


# --- the role says the same


def test_the_variables_are_those_of_the_role() -> None:
    assert {given.PREFIX + name: kind.default for name, kind in given.ROLE.items()} == role("defaults/main.yml")
    options = {name: option for entry in role("meta/argument_specs.yml")["argument_specs"].values() for name, option in entry["options"].items()}
    assert {given.PREFIX + name for name in (*given.ROLE, *given.PLAYBOOKS)} >= set(options)
    for name, kind in given.ROLE.items():
        assert tuple(options[given.PREFIX + name].get("choices", ())) == kind.choices, name
    sessions = options["geo_replication_sessions"]["options"]
    assert set(FIELDS) == set(sessions)


def test_ansible_does_not_refuse_text_before_the_role_reads_it() -> None:
    """Its own messages about lists and numbers name neither the value nor what to write."""
    options = role("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    readable = {"sessions", "names", "lines", "number"}
    assert {name for name, kind in given.ROLE.items() if kind.kind in readable} == {
        name[len(given.PREFIX) :] for name, option in options.items() if option["type"] == "raw"
    }


def test_playbooks_take_variables_that_are_known() -> None:
    files = [path for folder in ("playbooks", "extensions", "molecule") for path in (ROOT / folder).rglob("*") if path.suffix in (".yml", ".md")]
    text = "\n".join(path.read_text() for path in files)
    given.check_variables(set(re.findall(r"\bgeo_replication_[a-z_]*[a-z]\b", text)))


# --- sessions


LISTED = [SESSION, {**SESSION, "primary_volume": "homes", "secondary_volume": "homes-dr"}]
AS_YAML = """\
- primary_volume: projects
  secondary_host: dr1
  secondary_volume: projects-dr
- {primary_volume: homes, secondary_host: dr1, secondary_volume: homes-dr}
"""


@pytest.mark.parametrize(
    "value",
    [LISTED, tuple(LISTED), json.dumps(LISTED), f"\n {json.dumps(LISTED, indent=1)}\n", AS_YAML, [json.dumps(LISTED[0]), LISTED[1]], repr(LISTED)],
    ids=["a list", "a tuple", "JSON", "JSON over lines", "YAML", "a list of JSON", "as Python writes it"],
)
def test_sessions_in_any_form(value: t.Any) -> None:
    assert complete_declared(value, load) == complete_declared(LISTED)


@pytest.mark.parametrize("value", [SESSION, json.dumps(SESSION), "primary_volume: projects\nsecondary_host: dr1\nsecondary_volume: projects-dr"])
def test_one_session_is_a_list_of_one(value: t.Any) -> None:
    assert complete_declared(value, load) == complete_declared([SESSION])


@pytest.mark.parametrize("value", [None, "", "  \n", "[]", "null", []])
def test_nothing_is_no_session(value: t.Any) -> None:
    assert complete_declared(value, load) == []


@pytest.mark.parametrize(
    ("value", "option"),
    [
        ("projects -> dr1::projects-dr", ""),
        ("projects, homes", ""),
        ("{{ nobody_sets_this }}", ""),
        ('[{"primary_volume": "projects"', ""),
        (5, ""),
        (True, ""),
        ([None], "[0]"),
        ([SESSION, "homes"], "[1]"),
        ([[SESSION]], "[0]"),
        ('["projects"]', "[0]"),
    ],
)
def test_what_is_no_list_of_sessions_gets_an_example(value: t.Any, option: str) -> None:
    for reader in (None, load):
        with pytest.raises(InvalidInput) as caught:
            complete_declared(value, reader)
        assert caught.value.option == f"geo_replication_sessions{option}"
        assert '"primary_volume": "projects", "secondary_host": "dr1"' in (caught.value.remedy or "")


def test_a_long_text_is_shown_by_its_beginning() -> None:
    with pytest.raises(InvalidInput) as caught:
        complete_declared("x" * 5000)
    assert len(caught.value.message) < 400 and caught.value.value == "x" * 5000


@pytest.mark.parametrize(
    ("more", "option", "remedy"),
    [
        ({"secondary_hots": "dr1"}, "secondary_hots", "Write secondary_host."),
        ({"master_volume": "a"}, "master_volume", "Write primary_volume."),
        ({"slave": "geo@dr1::v"}, "slave", "secondary_user: geo"),
        ({"state": "running"}, "state", "Write started."),
        ({"state": 5}, "state", "Write one of present, started"),
        ({"accept": "everything"}, "accept", "secondary_not_empty"),
        ({"accept": {"peer_down": True}}, "accept", "for example secondary_not_empty"),
        ({"accept": [None]}, "accept[0]", "for example secondary_not_empty"),
        ({"config": "sync-jobs"}, "config", '{"sync-jobs": 4}'),
        ({"config": ["sync-jobs"]}, "config", '{"sync-jobs": 4}'),
        ({"config": "sync-jobs=many"}, "config.sync-jobs", "1 to 100"),
        ({"ssh_port": "ssh"}, "ssh_port", "for example 22"),
        ({"ssh_port": [22]}, "ssh_port", "for example 22"),
        ({"ssh_port": True}, "ssh_port", "for example 22"),
        ({"ssh_port": 70000}, "ssh_port", "1 to 65535"),
        ({"secondary_user": 5}, "secondary_user", "secondary_user: geoaccount"),
        ({"secondary_user": ["geo"]}, "secondary_user", "secondary_user: geoaccount"),
        ({"primary_volume": None}, "primary_volume", "primary_volume: projects"),
        ({"rpo": "soon"}, "rpo", "15m"),
        ({"reset_sync_time": "perhaps"}, "reset_sync_time", "true or false"),
        ({"reset_sync_time": []}, "reset_sync_time", "true or false"),
    ],
)
def test_what_is_wrong_in_a_session_names_option_value_and_example(more: dict[str, t.Any], option: str, remedy: str) -> None:
    for value in ([{**SESSION, **more}], json.dumps([{**SESSION, **more}])):
        with pytest.raises(InvalidInput) as caught:
            complete_declared(value, load)
        assert caught.value.option == f"geo_replication_sessions[0].{option}" and remedy in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("more", "as_declared"),
    [
        ({"config": '{"sync-jobs": 4}'}, {"config": {"sync-jobs": 4}}),
        ({"config": "sync-jobs: 4\nignore-deletes: false"}, {"config": {"sync-jobs": 4, "ignore-deletes": False}}),
        ({"config": "sync-jobs=4, log-level=DEBUG"}, {"config": {"sync-jobs": "4", "log-level": "DEBUG"}}),
        ({"config": "sync-jobs=null"}, {"config": {"sync-jobs": None}}),
        ({"config": None}, {}),
        ({"config": ""}, {}),
        ({"accept": "peer_down, secondary_smaller"}, {"accept": ["peer_down", "secondary_smaller"]}),
        ({"accept": '["peer_down"]'}, {"accept": ["peer_down"]}),
        ({"accept": None, "state": None, "ssh_port": None, "secondary_user": None, "config_exclusive": None}, {}),
        ({"ssh_port": "2222"}, {"ssh_port": 2222}),
        ({"ssh_port": " 2222 "}, {"ssh_port": 2222}),
        ({"ssh_port": 2222.0}, {"ssh_port": 2222}),
        ({"ssh_port": ""}, {}),
        ({"config_exclusive": "yes"}, {"config_exclusive": True}),
        ({"config_exclusive": ""}, {}),
        ({"state": " stopped "}, {"state": "stopped"}),
    ],
)
def test_parts_of_a_session_in_any_form(more: dict[str, t.Any], as_declared: dict[str, t.Any]) -> None:
    assert complete_declared([{**SESSION, **more}], load) == complete_declared([{**SESSION, **as_declared}])


def test_what_is_complete_stays_as_it_is() -> None:
    into = {"primary_volume": "homes", "secondary_host": "dr1", "secondary_directory": "/srv/copy"}
    complete = complete_declared([SESSION, into])
    assert complete_declared(complete) == complete


# --- the other variables


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("secondary_hosts", "s1, s2", ["s1", "s2"]),
        ("secondary_hosts", "s1\ns2\n", ["s1", "s2"]),
        ("secondary_hosts", "- s1\n- s2", ["s1", "s2"]),
        ("secondary_hosts", '["s1", "s2"]', ["s1", "s2"]),
        ("secondary_hosts", "['s1', 's2']", ["s1", "s2"]),
        ("secondary_hosts", "s1", ["s1"]),
        ("secondary_hosts", "7", ["7"]),
        ("secondary_hosts", ["s1", " s2 "], ["s1", "s2"]),
        ("secondary_hosts", "", []),
        ("secondary_hosts", None, []),
        ("known_hosts", "h,i ssh-rsa BBBB\n\n[h]:2222 ssh-ed25519 AAAA", ["h,i ssh-rsa BBBB", "[h]:2222 ssh-ed25519 AAAA"]),
        ("known_hosts", "[h]:2222 ssh-ed25519 AAAA", ["[h]:2222 ssh-ed25519 AAAA"]),
        ("known_hosts", '["h ssh-rsa BBBB"]', ["h ssh-rsa BBBB"]),
        ("known_hosts", "- h ssh-rsa BBBB\n- i ssh-rsa CCCC", ["h ssh-rsa BBBB", "i ssh-rsa CCCC"]),
        ("known_hosts", None, []),
        ("wait_timeout", "300", 300),
        ("wait_timeout", 300.0, 300),
        ("wait_timeout", "", 120),
        ("wait_timeout", None, 120),
        ("prove", "no", False),
        ("prove", None, True),
        ("prove", "", True),
        ("sync_method", " tarssh", "tarssh"),
        ("sync_method", None, "auto"),
        ("sync_method", "", "auto"),
        ("known_hosts_file", None, "/var/lib/glusterd/geo-replication/known_hosts"),
        ("bootstrap_user", None, "root"),
        ("mountbroker_group", 5, "5"),
        ("prove_sessions", "all", "all"),
        ("prove_sessions", None, "all"),
        ("prove_sessions", "[]", []),
        ("prove_sessions", json.dumps([SESSION]), [SESSION]),
    ],
)
def test_variables_in_any_form(name: str, value: t.Any, read: t.Any) -> None:
    assert given.read({name: value, "login": "x"}, load) == {name: read, "login": "x"}


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("secondary_hosts", {"s1": None}, "for example dr1, dr2"),
        ("secondary_hosts", True, "for example dr1, dr2"),
        ("secondary_hosts", ["s1", None], "for example dr1, dr2"),
        ("secondary_hosts", ["s1", {"s2": 1}], "for example dr1, dr2"),
        ("known_hosts", {"h": "ssh-rsa"}, "for example dr1 ssh-ed25519"),
        ("known_hosts", [5], "for example dr1 ssh-ed25519"),
        ("wait_timeout", "soon", "for example 120"),
        ("wait_timeout", "2m", "for example 120"),
        ("wait_timeout", -1, "for example 120"),
        ("wait_timeout", True, "for example 120"),
        ("wait_timeout", [120], "for example 120"),
        ("prove", "perhaps", "true or false"),
        ("prove", [], "true or false"),
        ("sync_method", "rsnyc", "auto, rsync, tarssh"),
        ("sync_method", ["rsync"], "in quotes"),
        ("bootstrap_user", {"name": "root"}, "in quotes"),
        ("undeclared", "delete", "keep, stop, absent"),
        ("prove_sessions", "everything", "primary_volume"),
    ],
)
def test_what_has_no_meaning_names_variable_value_and_example(name: str, value: t.Any, remedy: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        given.read({name: value}, load)
    assert (caught.value.option or "").startswith(f"geo_replication_{name}") and remedy in (caught.value.remedy or "")
    assert repr(value) in caught.value.message or caught.value.option != f"geo_replication_{name}"


# --- slips of the pen


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("geo_replication_session", "geo_replication_sessions"),
        ("geo_replication_sesions", "geo_replication_sessions"),
        ("geo_replication_Sessions", "geo_replication_sessions"),
        ("geo_replication_secondary_host", "geo_replication_secondary_hosts"),
        ("geo_replication_undeclard", "geo_replication_undeclared"),
        ("geo_replication_fix_known_fault", "geo_replication_fix_known_faults"),
        ("geo_replication_bootstrap_pasword", "geo_replication_bootstrap_password"),
        ("geo_replication_secondary_readonly", "geo_replication_secondary_read_only"),
        ("geo_replication_restart_stale", "geo_replication_restart_stalled"),
    ],
)
def test_a_misspelt_variable_is_told(name: str, meant: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        given.check_variables(["inventory_hostname", name, "geo_replication_prove"])
    assert caught.value.option == name and meant in (caught.value.remedy or "") and caught.value.value is None


def test_variables_of_others_are_theirs() -> None:
    own = [
        "geo_replication_sessions_a", "geo_replication_eu_sessions", "geo_replication_secondary_hosts_dr", "geo_replication_primary_hosts",
        "geo_replication_site", "geo_replication_vault_id", "__geo_replication_plan", "georep_sessions", "geo_replication", "geo_replication_versions",
    ]  # fmt: skip
    given.check_variables([*own, *(given.PREFIX + name for name in (*given.ROLE, *given.PLAYBOOKS))])


def test_files_of_the_role_use_variables_that_exist() -> None:
    texts = [path.read_text() for path in Path(ROLE).rglob("*.yml")]
    names = {name for text in texts for name in re.findall(r"(?<![_\w.])geo_replication_[a-z_]*[a-z]\b", text)}
    assert {name[len(given.PREFIX) :] for name in names} <= {*given.ROLE, *given.PLAYBOOKS, "bootstrap"}
