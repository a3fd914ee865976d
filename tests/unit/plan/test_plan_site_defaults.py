# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new session begins with what /etc/glusterfs/gsyncd.conf of each node says; what is declared and differs is sent before it starts."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import PRIMARY
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import gsyncd
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Cluster, SessionFiles
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import nodes_from
from ansible_collections.glusterops.georep.plugins.module_utils._model.options import (
    default_of,
    differs,
    undeclared_differences,
)
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import read_declaration
from ansible_collections.glusterops.georep.plugins.module_utils._plan.role import Options, plan_role, still_differs
from ansible_collections.glusterops.georep.plugins.module_utils._plan.session import Current, plan_session
from ansible_collections.glusterops.georep.plugins.module_utils._read.inform import inform
from ansible_collections.glusterops.georep.tests.unit.cases import sessions_of, text_of
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import NODES, UUIDS, World, wanted
from ansible_collections.glusterops.georep.tests.unit.nodes import RSYNC_3_5, looked
from ansible_collections.glusterops.georep.tests.unit.recorded import recorded_file


def put(world: World, monkeypatch: pytest.MonkeyPatch, text: str) -> World:
    """A site whose nodes have this file."""
    path = Path(world.folder) / "template"
    path.write_text(text)
    monkeypatch.setattr(gsyncd, "TEMPLATE", str(path))
    world.site = gsyncd.site_defaults()
    return world


def section(name: str, value: str, kind: str = "int") -> str:
    return f"[{name}]\nvalue={value}\ntype={kind}\n"


# --- the file


@pytest.mark.parametrize("version", ["9.2", "10.3", "11.1"])
def test_a_file_as_it_is_delivered_says_nothing_of_its_own(version: str) -> None:
    assert gsyncd.site_defaults(str(recorded_file(version, "gsyncd-template"))) == {}


@pytest.mark.parametrize(("version", "name"), [("9.2", "slave-timeout"), ("11.1", "secondary-timeout")])
def test_what_a_site_changes_in_it(version: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "gsyncd.conf"
    text = recorded_file(version, "gsyncd-template").read_text()
    assert f"[{name}]\nvalue=120" in text and "[sync-method]\nvalue=rsync" in text
    path.write_text(text.replace(f"[{name}]\nvalue=120", f"[{name}]\nvalue = 300 ").replace("[sync-method]\nvalue=rsync", "[sync-method]\nvalue=tarssh"))
    assert gsyncd.site_defaults(str(path)) == {"secondary-timeout": "300", "sync-method": "tarssh"}


def test_the_file_of_b17(tmp_path: Path) -> None:
    path = tmp_path / "gsyncd.conf"
    path.write_text(text_of("B17", "gsyncd.conf"))
    assert gsyncd.site_defaults(str(path)) == {"ssh-port": "2222"}


@pytest.mark.parametrize("text", [None, "a line without a section [", section("ssh-port", "many"), "\xff"], ids=["none", "broken", "no number", "latin"])
def test_a_file_that_gsyncd_cannot_read_tells_nothing(text: str | None, tmp_path: Path) -> None:
    path = tmp_path / "gsyncd.conf"
    if text is not None:
        path.write_bytes(text.encode("latin-1"))
    assert gsyncd.site_defaults(str(path)) == {}


# --- the plan


def changes(site: dict[str, str], others: dict[str, dict[str, str]] | None = None, port: int = 22, **config: t.Any) -> list[str]:
    plan = plan_session(wanted(config={name.replace("_", "-"): value for name, value in config.items()}, port=port), Current(site=site, sites=others or {}))
    verbs = [step.verb for step in plan.steps]
    assert verbs[0] == "create" and verbs[-1] == "start"
    return [str(step.change) for step in plan.steps if step.change]


@pytest.mark.parametrize(
    ("site", "others", "declared", "expected"),
    [
        pytest.param({"ssh-port": "2222"}, {}, {}, ["ssh-port: 2222 -> 22"], id="B17 the declared value is GlusterFS' default, and not the site's"),
        pytest.param({"ssh-port": "2222"}, {}, {"port": 2222}, [], id="B17 the declared value is the site's"),
        pytest.param({}, {}, {"port": 2222}, ["ssh-port: (default) -> 2222"], id="no default of the site"),
        pytest.param({"sync-jobs": "6"}, {}, {"sync_jobs": "6"}, [], id="another option, as the site has it"),
        pytest.param({"sync-jobs": "6"}, {}, {"sync_jobs": "3"}, ["sync-jobs: 6 -> 3"], id="another option, as GlusterFS has it"),
        pytest.param({"sync-jobs": "6"}, {}, {"sync_jobs": None}, [], id="null is the site's default"),
        pytest.param({"sync-jobs": "6"}, {}, {}, [], id="what nobody declares stays the site's"),
        pytest.param({"log-level": "DEBUG"}, {}, {"log_level": "INFO"}, ["log-level: DEBUG -> INFO"], id="a word"),
        pytest.param({"sync-xattrs": "false"}, {}, {"sync_xattrs": "true"}, ["sync-xattrs: false -> true"], id="a truth value"),
        pytest.param({}, {"n2": {"ssh-port": "2222"}}, {}, ["ssh-port: 2222 on n2 -> 22"], id="B17 another node has such a file"),
        pytest.param({"ssh-port": "2222"}, {"n2": {"ssh-port": "2222"}}, {"port": 2222}, [], id="both have it"),
        pytest.param({"ssh-port": "2222"}, {"n2": {}}, {"port": 2222}, ["ssh-port: (default) on n2 -> 2222"], id="the other has not"),
    ],
)
def test_what_is_sent_to_a_new_session(
    site: dict[str, str], others: dict[str, dict[str, str]], declared: dict[str, t.Any], expected: list[str]
) -> None:
    assert changes(site, others, **declared) == expected


def test_b17_in_the_module(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check mode predicts it, the run sends it before the start, and the second run changes nothing."""
    put(world, monkeypatch, text_of("B17", "gsyncd.conf"))
    declared = [entry.wanted for entry in read_declaration(sessions_of("B17"))]
    (predicted,) = world.converge(*declared, check_mode=True)
    assert world.mutations == []
    (outcome,) = world.converge(*declared)
    assert list(map(str, predicted.plan.steps)) == list(map(str, outcome.plan.steps)) == ["create", "config ssh-port: 2222 -> 22", "start"]
    assert [words.split()[-2:] for words in world.mutations][-2:] == [["ssh-port", "22"], ["secondary1::projects-dr", "start"]]
    before = len(world.mutations)
    (again,) = world.converge(*declared)
    assert not again.changed and len(world.mutations) == before


def test_b17_in_the_role(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    put(world, monkeypatch, text_of("B17", "gsyncd.conf"))
    info = inform(world.cli(), world, far_hosts=["secondary1"], glusterd_dir=str(world.folder), log_dir=str(world.folder / "log"))
    cluster = Cluster.from_result(json.loads(json.dumps(info)))
    assert cluster.defaults == {"ssh-port": "2222"}
    plan = plan_role(read_declaration(sessions_of("B17")), cluster, Options())
    assert "projects -> secondary1::projects-dr: config ssh-port: 2222 -> 22: differs" in plan.steps
    # Only the second node's file says so.
    nodes = [
        {**looked(node, PRIMARY, {"node_uuid": UUIDS[node], "site_defaults": own}), "item": node}
        for node, own in zip(NODES, ({}, {"ssh-port": "2222"}))
    ]
    plan = plan_role(read_declaration(sessions_of("B17")), cluster._replace(defaults={}), Options(nodes=nodes_from(nodes)))
    assert f"projects -> secondary1::projects-dr: config ssh-port: 2222 on {NODES[1]} -> 22: differs" in plan.steps
    assert [SessionFiles.from_result(node).defaults for node in plan.nodes] == [{}, {"ssh-port": "2222"}], "the module plans by the same"


def test_a_site_s_sync_method_is_a_session_s_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    put(world, monkeypatch, section("sync-method", "tarssh", "string"))
    info = inform(world.cli(), world, far_hosts=["secondary1"], glusterd_dir=str(world.folder), log_dir=str(world.folder / "log"))
    cluster = Cluster.from_result(info)
    for nodes in ([looked("dr1")], []):
        plan = plan_role(read_declaration(sessions_of("B17")), cluster, Options(sync_method="auto", nodes=nodes_from(nodes)))
        assert not [step for step in plan.steps if "sync-method" in step] and not plan.uses_rsync
    cluster = cluster._replace(defaults={"rsync-opt-existing": "false", "use-meta-volume": "true"})
    with pytest.raises(InvalidInput, match="is the default of this site") as caught:
        plan_role(read_declaration([{**sessions_of("B17")[0], "config": {"sync-method": "rsync"}}]), cluster, Options(
            sync_method="auto", nodes=nodes_from([looked("dr1", changes=RSYNC_3_5)])
        ))  # fmt: skip
    assert caught.value.remedy and "rsync-opt-existing: true" in caught.value.remedy
    plan = plan_role(read_declaration(sessions_of("B17")), cluster, Options(nodes=nodes_from([looked("p1", PRIMARY), looked("dr1")])))
    assert any("use-meta-volume is on" in warning for warning in plan.warnings)


# --- sessions that exist


def test_a_line_that_a_node_lacks_is_the_site_s_default_there() -> None:
    """A session whose option is the site's default on every node was told to differ, run after run."""
    config = {"ssh-port": "22", "sync-jobs": "6"}
    current = Current(config=config, nodes={"n2": {}}, site={"sync-jobs": "6"}, sites={"n2": {"sync-jobs": "6"}})._replace(
        state=plan_session(wanted(), Current()).after
    )
    assert plan_session(wanted(config={"sync-jobs": "6"}), current).steps == []
    (step,) = plan_session(wanted(config={"sync-jobs": "6"}), current._replace(sites={"n2": {}})).steps
    assert str(step.change) == "sync-jobs: (default) on n2 -> 6"
    (step,) = plan_session(wanted(), current._replace(sites={"n2": {"ssh-port": "2222"}})).steps
    assert str(step.change) == "ssh-port: 2222 on n2 -> 22"


def test_what_other_nodes_say_afterwards() -> None:
    heal = {"directory": "d", "option": "sync-jobs", "value": "6"}
    node = looked("n2", PRIMARY, {"sessions": {"d": {}}})
    assert still_differs([heal], nodes_from([node])) == ["sync-jobs of d is (default) on n2"]
    node["facts"]["site_defaults"] = {"sync-jobs": "6"}
    assert still_differs([heal], nodes_from([node])) == []
    node["facts"]["site_defaults"] = {"sync-jobs": "9"}
    assert still_differs([heal], nodes_from([node])) == ["sync-jobs of d is 9 on n2"]


def test_sites_whose_files_differ_from_node_to_node() -> None:
    said = undeclared_differences({}, {}, (), {"n2": {}}, "n1", {"sync-jobs": "6"}, {"n2": {}})
    assert said == ["sync-jobs is 6 on n1, (default) on n2"]
    assert undeclared_differences({}, {}, (), {"n2": {}}, "n1", {"sync-jobs": "6"}, {"n2": {"sync-jobs": "6"}}) == []
    assert undeclared_differences({}, {"sync-jobs": "6"}, ["sync-jobs"], {"n2": {}}, "n1", {}, {"n2": {"sync-jobs": "6"}}) == []


def test_defaults_of_a_site_in_a_result(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    put(world, monkeypatch, section("sync-jobs", "6"))
    world.add_session("projects", "secondary1::projects-dr", "Active", "Passive", sync_jobs="9")
    info = inform(world.cli(), world, far_hosts=["secondary1"], glusterd_dir=str(world.folder), log_dir=str(world.folder / "log"))
    assert (info["status"][0]["config"]["sync-jobs"], info["status"][0]["defaults"]["sync-jobs"]) == ("9", "6")
    assert default_of("sync-jobs", info["site_defaults"]) == "6" and not differs("sync-jobs", None, "6", info["site_defaults"])
