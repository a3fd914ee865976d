# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gluster_georep_preflight_info and gluster_georep_remedy as Ansible runs them."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.glusterops.georep.plugins.module_utils._faults.source_edits import EDITS
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import helpers, xml
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import invalid
from ansible_collections.glusterops.georep.plugins.module_utils._read import inform, preflight
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import paths
from ansible_collections.glusterops.georep.plugins.modules import (
    gluster_georep_info,
    gluster_georep_preflight_info,
    gluster_georep_remedy,
)
from ansible_collections.glusterops.georep.tests.unit.nodes import CONFIG, NEW_PYTHON, RESOURCE, RSYNC_3_5, facts
from ansible_collections.glusterops.georep.tests.unit.support import FakeRun, Result, run_module

# --- gluster_georep_remedy


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "python" / "syncdaemon"
    made.mkdir(parents=True)
    for name, text in (("gsyncd.py", ""), ("gsyncdconfig.py", CONFIG), ("resource.py", RESOURCE)):
        (made / name).write_text(text)
    monkeypatch.setattr(helpers, "HELPER_DIRS", (str(tmp_path),))
    return made


def remedy(check_mode: bool = False, **params: t.Any) -> Result:
    with FakeRun() as run:
        return run_module(gluster_georep_remedy, params, check_mode=check_mode, diff_mode=True, run=run)


def test_mended_and_once_more(folder: Path) -> None:
    check = remedy(check_mode=True)
    assert check.changed and len(list(folder.iterdir())) == 3
    done = remedy()
    assert done.changed and done["commands"] == []
    assert [(item["fault"], Path(item["path"]).name) for item in done["mended"]] == [
        ("python-readfp", "gsyncdconfig.py"),
        ("python-isalive", "resource.py"),
    ]
    for name in ("changed", "mended", "diff"):
        assert check[name] == done[name], name
    assert done["diff"][1] == {
        "before_header": str(folder / "resource.py"),
        "after_header": str(folder / "resource.py"),
        "before": RESOURCE,
        "after": RESOURCE.replace("isAlive", "is_alive"),
    }
    assert all(Path(item["backup"]).exists() for item in done["mended"])
    again = remedy()
    assert not again.failed and not again.changed and (again["mended"], again["diff"]) == ([], [])


def test_only_the_faults_that_are_named(folder: Path) -> None:
    done = remedy(faults=["python-isalive"])
    assert [item["fault"] for item in done["mended"]] == ["python-isalive"]
    assert not remedy(faults=[]).changed
    assert (folder / "gsyncdconfig.py").read_text() == CONFIG


def test_a_fault_that_nobody_can_mend_here() -> None:
    result = remedy(faults=["no-fuse"])
    assert result.failed and "must be one or more of: python-readfp, python-isalive" in result["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_strange_file(folder: Path, check_mode: bool) -> None:
    (folder / "resource.py").write_text(RESOURCE * 2)
    result = remedy(check_mode)
    assert result.failed and not result.changed and result["error"] == "PreconditionFailed"
    assert "in 2 lines instead of 1" in result["msg"] and result["commands"] == []
    assert (folder / "gsyncdconfig.py").read_text() == CONFIG, "the other one is not touched either"


def test_without_gsyncd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "HELPER_DIRS", ())
    result = remedy()
    assert result.failed and result["msg"].startswith("gsyncd is not installed on this node")


def test_what_is_documented_is_what_can_be_mended() -> None:
    choices = ", ".join(edit.fault for edit in EDITS)
    assert f"choices: [{choices}]" in gluster_georep_remedy.DOCUMENTATION
    assert f"default: [{choices}]" in gluster_georep_remedy.DOCUMENTATION


# --- gluster_georep_preflight_info


def look(monkeypatch: pytest.MonkeyPatch, changes: dict[str, t.Any] | None = None, **params: t.Any) -> tuple[Result, dict[str, t.Any]]:
    """The module on a node with these facts; and what was asked of it."""
    asked: dict[str, t.Any] = {}

    def gather(run: t.Any, _cli: t.Any, **given: t.Any) -> dict[str, t.Any]:
        asked.update(given)
        run(["rsync", "--version"], timeout=20)
        return facts(changes)

    monkeypatch.setattr(preflight.host_facts, "gather", gather)
    with FakeRun([(["rsync", "--version"], (0, "rsync  version 3.2.7\n", ""))]) as run:
        return run_module(gluster_georep_preflight_info, params, run=run), asked


@pytest.mark.parametrize(
    ("site", "found"), [("primary", ["python-readfp"]), ("secondary", ["python-readfp", "rsync-detached-mount"])]
)
def test_faults_of_a_node(monkeypatch: pytest.MonkeyPatch, site: str, found: list[str]) -> None:
    result, asked = look(monkeypatch, {**NEW_PYTHON, **RSYNC_3_5}, site=site, controller_time="1000.5", resolve=["127.0.0.1"])
    assert not result.failed and not result.changed
    assert [fault["id"] for fault in result["faults"]] == found and result["site"] == site and result["node"]
    primary = site == "primary"
    assert (asked["secondary"], asked["controller_time"]) == (not primary, 1000.5)
    assert {"/var/lib/glusterd/geo-replication", "/var/log/glusterfs", "/run"} <= set(asked["written"])
    assert ("ssh" in asked["programs"], "/var/lib/misc" in asked["written"]) == (primary, primary) and asked["own_accounts"] == ()
    assert result["names"] == {"127.0.0.1": ["127.0.0.1"]}
    assert (result["ways"], result["ways_error"], result["unexplained"]) == ([], None, [])
    (command,) = result["commands"]
    assert command["argv"] == ["rsync", "--version"] and command["rc"] == 0


def test_what_a_run_needs_besides(monkeypatch: pytest.MonkeyPatch) -> None:
    more = {"programs": ["ssh-keyscan"], "written": ["/root/.ssh/id_ed25519"], "known_hosts_file": "/etc/georep/known_hosts"}
    _result, asked = look(monkeypatch, site="primary", **more)
    assert {"ssh", "ssh-keyscan"} <= set(asked["programs"]) and {"/root/.ssh/id_ed25519", "/etc/georep"} <= set(asked["written"])
    assert asked["folders"] == ["/etc/georep"]
    _result, asked = look(monkeypatch, site="secondary", accounts=["root", "geo"])
    assert asked["own_accounts"] == ["root", "geo"] and not asked["folders"] and "/etc/georep" not in asked["written"]


def test_faults_are_no_failure_and_what_is_returned_is_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _asked = look(monkeypatch, {"helper_dir": None, "python": None}, site="primary")
    assert not result.failed and result["faults"]
    documented = yaml.safe_load(gluster_georep_preflight_info.RETURN)
    assert set(result) - {"changed", "invocation"} == set(documented) - {"info"}
    assert set(result["facts"]) == set(documented["facts"]["contains"])
    assert set(result["faults"][0]) == set(documented["faults"]["contains"])


def test_paths_to_the_secondaries(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(node: str, *_more: t.Any) -> t.NoReturn:
        raise errors.TrustFailed(f"No path from {node}.", remedy="Make one.")

    monkeypatch.setattr(paths.runner, "find_program", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(paths, "georep_key_files", none)
    result, _asked = look(monkeypatch, site="primary", secondaries=[{"secondary_host": "dr1"}])
    assert not result.failed and result["ways_error"] == f"No path from {result['node']}. Make one."


def test_reading_is_asked_for_as_gluster_georep_info_is() -> None:
    here = gluster_georep_preflight_info.SPEC["argument_spec"]["info"]["options"]
    documented = yaml.safe_load(gluster_georep_info.DOCUMENTATION)["options"]
    assert here["config_of"]["options"] == gluster_georep_info.SPEC["argument_spec"]["config_of"]["options"]
    own = {"registered"}
    for name, option in here.items():
        if name in own:
            continue
        assert {key: option.get(key) for key in ("type", "default")} == {key: documented[name].get(key) for key in ("type", "default")}


ASKED = {"config_of": [{"primary_volume": "one"}], "secondary_hosts": ["dr1"]}


def test_both_sites_are_read_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for goes to the very function of gluster_georep_info, with the commands in one list."""
    asked: list[t.Any] = []

    def read(cli: t.Any, run: t.Any, **given: t.Any) -> dict[str, t.Any]:
        asked.append(given)
        return {"status": []}

    monkeypatch.setattr(inform, "read_declared", read)
    result, _asked = look(monkeypatch, site="primary", info=ASKED)
    assert not result.failed and result["info"] == {"status": []} and result["faults"] == []
    identity = {"primary_volume": "one", "secondary_host": None, "secondary_volume": None, "secondary_user": None}
    assert asked == [{"config_of": [identity], "secondary_hosts": ["dr1"], "undeclared_secondaries": False, "with_sessions": True}]
    unread, _asked = look(monkeypatch, site="primary")
    assert "info" not in unread and len(asked) == 1


@pytest.mark.parametrize(
    ("problem", "says"),
    [
        (errors.UnreadableOutput("It says nothing.", remedy="Ask again."), "It says nothing. Ask again."),
        (RuntimeError("A mistake of ours."), "RuntimeError: A mistake of ours."),
        (invalid("secondary_hosts", "-x", "is no host name.", "Write one."), "secondary_hosts = '-x': is no host name. Write one."),
    ],
)
def test_what_cannot_be_read_is_no_reason_not_to_look(monkeypatch: pytest.MonkeyPatch, problem: Exception, says: str) -> None:
    def read(_cli: t.Any, _run: t.Any, **_given: t.Any) -> t.NoReturn:
        raise problem

    monkeypatch.setattr(inform, "read_declared", read)
    result, _asked = look(monkeypatch, NEW_PYTHON, site="primary", info=ASKED)
    assert not result.failed and [fault["id"] for fault in result["faults"]] == ["python-readfp"]
    assert result["info"]["msg"] == says and "status" not in result["info"]


def test_a_node_without_the_library_for_xml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "HAS_LXML", False)
    monkeypatch.setattr(inform, "read_declared", None)
    result, _asked = look(monkeypatch, site="primary", info=ASKED)
    assert not result.failed and "(lxml)" in result["info"]["msg"] and result["info"]["missing_library"] == "lxml"
    assert "info" not in look(monkeypatch, site="primary")[0], "who does not read does not need it"


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({}, "missing required arguments: site"),
        ({"site": "both"}, "value of site must be one of: primary, secondary"),
        ({"site": "primary", "secondaries": [{}]}, "missing required arguments: secondary_host"),
    ],
)
def test_parameters_that_ansible_refuses(params: dict[str, t.Any], says: str) -> None:
    with FakeRun() as run:
        result = run_module(gluster_georep_preflight_info, params, run=run)
    assert result.failed and says in result["msg"]


def test_an_error_comes_with_what_was_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def gather(run: t.Any, _cli: t.Any, **_given: t.Any) -> t.NoReturn:
        run(["gluster", "--version"], timeout=10)
        raise errors.LockBusy("Another gluster transaction held the cluster's lock.", remedy="Wait.")

    monkeypatch.setattr(preflight.host_facts, "gather", gather)
    with FakeRun([(["gluster", "--version"], (0, "glusterfs 10.3\n", ""))]) as run:
        result = run_module(gluster_georep_preflight_info, {"site": "primary"}, run=run)
    assert result.failed and result["error"] == "LockBusy"
    assert [command["argv"] for command in result["commands"]] == [["gluster", "--version"]]
