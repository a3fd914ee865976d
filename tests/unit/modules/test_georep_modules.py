# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as Ansible runs them: parameters in, JSON out, every command through the fake cluster."""

from __future__ import annotations

import types
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import xml
from ansible_collections.glusterops.georep.plugins.modules import (
    gluster_georep_checkpoint,
    gluster_georep_config,
    gluster_georep_info,
    gluster_georep_secondary,
    gluster_georep_session,
)
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import World, refusal
from ansible_collections.glusterops.georep.tests.unit.support import FakeRun, Result, run_module
from ansible_collections.glusterops.georep.tests.unit.worlds import at_home

T = "secondary1::projects-dr"
P = f"projects {T}"
NAME = f"projects -> {T}"
PAIR = {"primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr"}
ALL = [
    gluster_georep_session, gluster_georep_config, gluster_georep_info, gluster_georep_secondary, gluster_georep_checkpoint
]
LEAST: dict[str, dict[str, t.Any]] = {
    "gluster_georep_session": PAIR,
    "gluster_georep_config": {**PAIR, "config": {"sync-jobs": 5}},
    "gluster_georep_info": {},
    "gluster_georep_checkpoint": {**PAIR, "now": True},
    "gluster_georep_secondary": {"volumes": ["projects"]},
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[World]:
    """A cluster whose folder and clock the modules use as they are."""
    made = World(tmp_path)
    at_home(made, monkeypatch)
    yield made
    assert not made.mounted


def name_of(module: types.ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def check_commands(result: Result, site: World) -> None:
    """What a module says it ran is what it ran."""
    assert [command["argv"] for command in result["commands"]] == site.calls
    for command in result["commands"]:
        assert set(command) == {"argv", "rc", "seconds"}


# --- gluster_georep_session


def test_session_created_and_once_more(site: World) -> None:
    params = {**PAIR, "config": {"sync-method": "tarssh", "sync_jobs": 3, "rsync-options": None}}
    first = run_module(gluster_georep_session, params, run=site, diff_mode=True)
    assert not first.failed and first.changed
    assert site.mutations == [f"{P} create no-verify", f"{P} config sync-method tarssh", f"{P} start"]
    assert first["before"] == {"state": "absent", "config": {}}
    assert first["after"] == {
        "state": "active",
        "config": {"sync-method": "tarssh", "sync-jobs": "3", "ssh-port": "22"},
    }
    assert first["diff"] == [
        {"before_header": NAME, "after_header": NAME, "before": first["before"], "after": first["after"]}
    ]
    (entry,) = first["sessions"]
    assert {name: entry[name] for name in PAIR} == PAIR and entry["secondary_user"] == "root"
    assert [worker["status"] for worker in entry["workers"]] == ["Active", "Passive"]
    check_commands(first, site)
    again = run_module(gluster_georep_session, params, run=site)
    assert not again.failed and not again.changed
    assert again["diff"] == [] and len(again["commands"]) == 4


def test_session_in_check_mode(site: World) -> None:
    params = {**PAIR, "state": "paused", "config": {"sync-jobs": 5}}
    check = run_module(gluster_georep_session, params, check_mode=True, diff_mode=True, run=site)
    assert check.changed and site.mutations == []
    real = run_module(gluster_georep_session, params, diff_mode=True, run=site)
    for name in ("changed", "before", "after", "diff"):
        assert check[name] == real[name], name
    assert check["sessions"][0]["steps"] == real["sessions"][0]["steps"]
    after = run_module(gluster_georep_session, params, check_mode=True, run=site)
    assert not after.changed


def test_several_sessions(site: World) -> None:
    site.add_volume("homes")
    site.add_session("homes", "geo@secondary1::homes-dr", "Active", "Passive")
    items = [
        PAIR,
        {
            "primary_volume": "homes",
            "secondary_host": "secondary1",
            "secondary_volume": "homes-dr",
            "secondary_user": "geo",
            "state": "stopped",
        },
    ]
    result = run_module(gluster_georep_session, {"sessions": items}, run=site)
    assert not result.failed
    assert [entry["changed"] for entry in result["sessions"]] == [True, True]
    assert "before" not in result and "after" not in result
    assert [header["before_header"] for header in result["diff"]] == [NAME, "homes -> geo@secondary1::homes-dr"]
    # Those of two volumes come side by side.
    assert [sent for sent in site.mutations if sent.startswith(P)] == [f"{P} create no-verify", f"{P} start"]
    assert [sent for sent in site.mutations if not sent.startswith(P)] == ["homes geo@secondary1::homes-dr stop"]


def test_options_of_the_creation(site: World) -> None:
    params = {
        **PAIR,
        "push_pem": True,
        "secondary_version": "11.1",
        "accept": ["version_mismatch"],
        "ssh_port": 2222,
        "state": "present",
    }
    result = run_module(gluster_georep_session, params, run=site)
    assert site.mutations == [f"{P} create ssh-port 2222 push-pem force", f"{P} config ssh-port 2222"]
    assert result["sessions"][0]["notes"] == [
        "Accepted (version_mismatch): The sites run different GlusterFS releases: the primary 10.3, the secondary 11.1."
    ]


@pytest.mark.parametrize(("wait", "state"), [(True, "active"), (False, "stopped")])
def test_waiting(site: World, wait: bool, state: str) -> None:
    site.add_session("projects", T, "Stopped")
    result = run_module(gluster_georep_session, {**PAIR, "wait": wait}, run=site)
    assert result["after"]["state"] == state


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({}, "one of the following is required: primary_volume, sessions"),
        ({"primary_volume": "projects"}, "required together: primary_volume, secondary_host, secondary_volume"),
        ({**PAIR, "sessions": []}, "mutually exclusive"),
        ({**PAIR, "state": "running"}, "value of state must be one of: present, started, stopped, paused, absent"),
        ({**PAIR, "accept": ["force"]}, "value of accept must be one or more of"),
        ({"sessions": [{"primary_volume": "v"}]}, "missing required arguments: secondary_host, secondary_volume"),
        ({**PAIR, "force": True}, "Unsupported parameters"),
    ],
)
def test_parameters_that_ansible_refuses(site: World, params: dict[str, t.Any], says: str) -> None:
    result = run_module(gluster_georep_session, params, run=site)
    assert result.failed and says in result["msg"]
    assert site.calls == []


# --- failures of every kind


@pytest.mark.parametrize(
    ("params", "option", "value", "remedy"),
    [
        ({**PAIR, "config": {"sync-jobs": "abc"}}, "config.sync-jobs", "abc", "Write a number, 1 to 100."),
        ({**PAIR, "config": {"sync-job": 5}}, "config.sync-job", "sync-job", "Did you mean sync-jobs"),
        ({**PAIR, "secondary_host": "::1"}, "secondary_host", "::1", "/etc/hosts"),
        ({**PAIR, "ssh_port": 70000}, "ssh_port", 70000, "65535"),
        ({"sessions": [PAIR, {**PAIR, "secondary_host": "a;b"}]}, "sessions[1].secondary_host", "a;b", "host"),
    ],
)
def test_a_wrong_value_is_told_before_anything_is_asked(
    site: World, params: dict[str, t.Any], option: str, value: t.Any, remedy: str
) -> None:
    result = run_module(gluster_georep_session, params, run=site)
    assert result.failed
    assert (result["option"], result["value"], result["error"]) == (option, value, "InvalidInput")
    assert option in result["msg"] and remedy in result["remedy"] and result["msg"].endswith(result["remedy"])
    assert result["commands"] == site.calls == []


def test_a_refusal_of_gluster_with_all_its_evidence(site: World) -> None:
    site.instead["create"] = [refusal("Unable to get remote volume uuid.")]
    result = run_module(gluster_georep_session, PAIR, run=site)
    assert result.failed and not result.changed
    assert result["msg"].startswith(f"Creating {NAME}: Unable to get remote volume uuid.")
    assert "24007" in result["remedy"]
    assert result["cmd"][-4:] == ["projects", T, "create", "no-verify"]
    assert (result["rc"], result["stderr"], result["error"]) == (0, "", "CommandFailed")
    assert "<opRet>-1</opRet>" in result["stdout"]
    check_commands(result, site)


def test_an_objection(site: World) -> None:
    site.down = {"primary2"}
    result = run_module(gluster_georep_session, PAIR, run=site)
    assert result.failed and result["error"] == "PreconditionFailed"
    assert result["msg"].startswith("Nothing was changed.") and "accept: [peer_down]" in result["msg"]
    check_commands(result, site)


@pytest.mark.parametrize("module", ALL, ids=name_of)
def test_glusterd_is_down(module: types.ModuleType) -> None:
    def run(argv: t.Sequence[str], **_rest: t.Any) -> tuple[int, str, str]:
        if list(argv) == ["gluster", "--version"]:
            return 0, "glusterfs 10.3\n", ""
        return 1, "Connection failed. Please check if gluster daemon is operational.\n", ""

    result = run_module(module, LEAST[name_of(module)], run=run)
    assert result.failed and result["error"] == "DaemonUnreachable"
    assert "systemctl start glusterd" in result["remedy"]
    assert result["commands"]


@pytest.mark.parametrize("module", ALL, ids=name_of)
def test_glusterfs_is_not_installed(module: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.Popen", no_program)
    result = run_module(module, LEAST[name_of(module)])
    assert result.failed and result["error"] == "CommandMissing"
    assert "glusterfs-server" in result["remedy"]


def no_program(*_args: t.Any, **_kwargs: t.Any) -> t.NoReturn:
    raise FileNotFoundError


@pytest.mark.parametrize("module", ALL, ids=name_of)
def test_without_lxml(module: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "HAS_LXML", False)
    with FakeRun() as run:
        result = run_module(module, LEAST[name_of(module)], run=run)
    assert result.failed and "lxml" in result["msg"]
    assert (result["missing_library"], result["error"], result["commands"]) == ("lxml", "MissingLibrary", [])


# --- gluster_georep_config


def test_options_set_and_once_more(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive", log_level="DEBUG")
    params = {**PAIR, "config": {"sync_jobs": 5, "ignore-deletes": True, "log-level": None}}
    check = run_module(gluster_georep_config, params, check_mode=True, run=site)
    assert check.changed and site.mutations == []
    result = run_module(gluster_georep_config, params, diff_mode=True, run=site)
    assert site.mutations == [f"{P} config sync-jobs 5", f"{P} config ignore-deletes true", f"{P} config !log-level"]
    assert result["before"] == {
        "state": "active",
        "config": {"sync-jobs": "3", "ignore-deletes": "false", "log-level": "DEBUG"},
    }
    assert result["after"]["config"] == {"sync-jobs": "5", "ignore-deletes": "true", "log-level": None}
    for name in ("before", "after", "steps", "diff"):
        assert check[name] == result[name], name
    again = run_module(gluster_georep_config, params, run=site)
    assert not again.changed and again["steps"] == [] and again["diff"] == []


def test_options_under_their_other_name(site: World) -> None:
    site.add_session("projects", T, "Stopped")
    result = run_module(gluster_georep_config, {**PAIR, "options": {"sync-jobs": 5}}, run=site)
    assert result.changed and site.mutations == [f"{P} config sync-jobs 5"]


def test_the_port_is_left_alone(site: World) -> None:
    site.add_session("projects", T, "Stopped", ssh_port="2222")
    result = run_module(gluster_georep_config, {**PAIR, "config": {"sync-jobs": 3}}, run=site)
    assert not result.failed and not result.changed


def test_a_paused_session_stays_paused(site: World) -> None:
    site.add_session("projects", T, "Paused")
    result = run_module(gluster_georep_config, {**PAIR, "config": {"sync-jobs": 5}}, run=site)
    assert site.mutations == [f"{P} config sync-jobs 5", f"{P} pause force"]
    assert result["after"]["state"] == "paused"


def test_a_faulty_session_can_be_configured(site: World) -> None:
    site.add_session("projects", T, "Faulty")
    result = run_module(gluster_georep_config, {**PAIR, "config": {"sync-method": "tarssh"}}, run=site)
    assert not result.failed and result.changed


def test_options_of_a_session_that_is_not_there(site: World) -> None:
    result = run_module(gluster_georep_config, {**PAIR, "config": {"sync-jobs": 5}}, run=site)
    assert result.failed and result["option"] == "primary_volume"
    assert "gluster_georep_session" in result["remedy"]
    assert site.mutations == []


# --- gluster_georep_info


def test_info(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive", sync_jobs="5")
    result = run_module(gluster_georep_info, {"secondary_hosts": ["secondary1"]}, run=site)
    assert not result.failed and not result.changed
    assert result["version"] == "10.3"
    assert result["sessions"] == [
        {**PAIR, "secondary_user": "root", "ssh_port": 22, "state": "started", "config": {"sync-jobs": "5"}}
    ]
    assert [volume["name"] for volume in result["secondaries"][0]["volumes"]] == ["projects-dr"]
    assert sorted(command["argv"] for command in result["commands"]) == sorted(site.calls)
    assert (
        run_module(gluster_georep_info, {"secondary_hosts": ["secondary1"]}, check_mode=True, run=site)["sessions"]
        == result["sessions"]
    )


@pytest.mark.parametrize(
    ("params", "configs", "shown"),
    [
        ({}, 2, 2),
        ({"config": False}, 0, 2),
        ({"only": [PAIR]}, 1, 1),
        ({"config_of": [PAIR]}, 1, 2),
        ({"only": []}, 0, 0),
        ({"only": [{**PAIR, "secondary_user": "geo"}]}, 0, 0),
    ],
)
def test_info_costs_what_is_asked_for(site: World, params: dict[str, t.Any], configs: int, shown: int) -> None:
    site.add_volume("homes")
    site.add_session("projects", T, "Active", "Passive")
    site.add_session("homes", "secondary1::homes-dr", "Created")
    result = run_module(gluster_georep_info, params, run=site)
    assert len(result["status"]) == shown
    assert sum(count for name, count in site.reads.items() if name.startswith("config")) == configs
    assert site.reads["status"] == 1
    assert len(result["sessions"]) == configs, "what was not read is not declared"


def test_info_declares_no_port_that_it_did_not_read(site: World) -> None:
    site.add_session("projects", T, "Stopped", ssh_port="2222", checkpoint="1767348000")
    result = run_module(gluster_georep_info, {"config": False}, run=site)
    assert result["sessions"] == [] and result["status"][0]["config"] == {}
    assert result["status"][0]["checkpoint"]["set"] is None, "nobody was asked who could know"
    result = run_module(gluster_georep_info, {}, run=site)
    assert result["sessions"][0]["ssh_port"] == 2222 and result["status"][0]["checkpoint"]["set"] is True


def test_info_with_a_host_that_cannot_be_one(site: World) -> None:
    result = run_module(gluster_georep_info, {"secondary_hosts": ["-oProxyCommand=x"]}, run=site)
    assert result.failed and result["option"] == "secondary_hosts"
    assert site.calls == []


def test_info_from_the_nodes_own_files(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive")
    result = run_module(gluster_georep_info, {"local_only": True}, run=site)
    assert not result.failed and not result.changed and site.calls == [] and result["commands"] == []
    (entry,) = result["local"]["sessions"]
    assert {name: entry[name] for name in PAIR} == PAIR
    assert run_module(gluster_georep_info, {"local_only": True, "only": []}, run=site)["local"]["sessions"] == []


def test_info_of_some_by_a_part_of_their_names(site: World) -> None:
    site.add_volume("homes")
    site.add_session("projects", T, "Active", "Passive")
    site.add_session("homes", "geo@secondary1::homes-dr", "Created")
    for only, count in (({"secondary_host": "secondary1"}, 1), ({}, 1), ({"secondary_volume": "other"}, 0), ({"secondary_user": "root"}, 0)):
        result = run_module(gluster_georep_info, {"only": [{"primary_volume": "homes", **only}]}, run=site)
        assert len(result["status"]) == len(result["sessions"]) == len(result["local"]["sessions"]) == count, only
    refused = run_module(gluster_georep_info, {"only": [{"primary_volume": "a b"}]}, run=site)
    assert refused.failed and refused["value"] == "a b"


def test_info_tells_effective_default_and_modified(site: World) -> None:
    own = {"sync_jobs": "5", "ssh_options": "-oX=y", "log_level": "INFO", "glusterd_workdir": "/g"}
    site.add_session("projects", T, "Stopped", **own)
    (entry,) = run_module(gluster_georep_info, {}, run=site)["status"]
    assert entry["modified"] == ["glusterd-workdir", "log-level", "ssh-options", "sync-jobs"]
    pairs = {name: (entry["config"][name], entry["defaults"][name]) for name in ("sync-jobs", "log-level", "sync-method")}
    assert pairs == {"sync-jobs": ("5", "3"), "log-level": ("INFO", "INFO"), "sync-method": ("rsync", "rsync")}
    assert entry["defaults"]["ssh-options"].endswith(" -i /g/geo-replication/secret.pem")
    assert entry["defaults"]["glusterd-workdir"] is None, "the build of GlusterFS decides, and nothing tells"


# --- gluster_georep_checkpoint


def test_a_checkpoint_set_without_waiting_and_once_more(site: World) -> None:
    site.add_session("projects", T, "Stopped", checkpoint="1767348000")
    params = {**PAIR, "at": "2026-01-02T10:00:01Z", "wait": False}
    check = run_module(gluster_georep_checkpoint, params, check_mode=True, diff_mode=True, run=site)
    assert check.changed and site.mutations == []
    result = run_module(gluster_georep_checkpoint, params, diff_mode=True, run=site)
    assert site.mutations == [f"{P} config checkpoint 2026-01-02 10:00:01"]
    assert (result["before"], result["after"]) == ({"time": "2026-01-02T10:00:00Z"}, {"time": "2026-01-02T10:00:01Z"})
    for name in ("changed", "before", "after", "diff"):
        assert check[name] == result[name], name
    (entry,) = result["checkpoints"]
    assert {name: entry[name] for name in PAIR} == PAIR and entry["steps"] == check["checkpoints"][0]["steps"]
    assert entry["checkpoint"] == {"set": True, "time": "2026-01-02T10:00:01Z", "completed": None, "completed_at": None}
    assert result["diff"][0]["before_header"] == NAME
    again = run_module(gluster_georep_checkpoint, params, run=site)
    assert not again.changed and again["diff"] == [] and len(site.mutations) == 1


def test_a_checkpoint_that_does_not_complete_fails_with_all_that_is_known(site: World) -> None:
    site.add_session("projects", T, "Active", "Passive").tell = lambda _node, _path, word: (
        {"checkpoint_completed": "No", "checkpoint_time": "2026-01-02 10:00:01", "data": "3"} if word == "Active" else {}
    )
    params = {"sessions": [PAIR], "at": "2026-01-02T10:00:01Z", "wait_timeout": 10, "trigger_change": False}
    result = run_module(gluster_georep_checkpoint, params, run=site)
    assert result.failed and result["changed"] and result["error"] == "StateNotReached"
    assert "Held back by: primary1:/bricks/projects is Active" in result["msg"] and "3 files wait" in result["msg"]
    assert result["checkpoints"][0]["held_back_by"][0]["node"] == "primary1" and "before" not in result


@pytest.mark.parametrize(
    ("params", "option"),
    [
        ({**PAIR}, "now"),
        ({**PAIR, "now": True, "name": "n"}, "now"),
        ({**PAIR, "at": "today"}, "at"),
        ({**PAIR, "name": "a/b"}, "name"),
        ({**PAIR, "state": "absent", "now": True}, "state"),
        ({"sessions": [PAIR, {**PAIR, "secondary_host": "a;b"}], "now": True}, "sessions[1].secondary_host"),
        ({"sessions": [PAIR, PAIR], "now": True}, "sessions"),
    ],
)
def test_a_checkpoint_that_cannot_be_is_refused_before_anything_is_asked(site: World, params: dict[str, t.Any], option: str) -> None:
    result = run_module(gluster_georep_checkpoint, params, run=site)
    assert result.failed and result["option"] == option and result["remedy"], result
    assert site.calls == []


# --- gluster_georep_secondary


def test_read_only_and_once_more(site: World) -> None:
    site.add_volume("homes")
    site.volumes["homes"].read_only = True
    params = {"volumes": ["projects", "homes"]}
    check = run_module(gluster_georep_secondary, params, check_mode=True, run=site)
    assert check.changed and site.mutations == []
    result = run_module(gluster_georep_secondary, params, diff_mode=True, run=site)
    assert site.mutations == ["volume set projects features.read-only on"]
    assert (
        result["volumes"]
        == check["volumes"]
        == [
            {"volume": "projects", "before": False, "after": True},
            {"volume": "homes", "before": True, "after": True},
        ]
    )
    assert (
        result["diff"]
        == check["diff"]
        == [
            {
                "before_header": "projects",
                "after_header": "projects",
                "before": {"features.read-only": False},
                "after": {"features.read-only": True},
            }
        ]
    )
    again = run_module(gluster_georep_secondary, params, run=site)
    assert not again.changed and again["diff"] == []


def test_a_volume_that_is_none(site: World) -> None:
    result = run_module(gluster_georep_secondary, {"volumes": ["a b"]}, run=site)
    assert result.failed and (result["option"], result["value"]) == ("volumes", "a b")
    assert site.calls == []
