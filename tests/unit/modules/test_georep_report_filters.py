# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters behind the status playbook and the gate, by their names and with their errors as Ansible shows them."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.glusterops.georep.plugins.filter import (
    georep_declared,
    georep_gate,
    georep_lines,
    georep_metrics,
    georep_page,
    georep_report,
)
from ansible_collections.glusterops.georep.plugins.module_utils._plan.role import plan_declared
from ansible_collections.glusterops.georep.plugins.module_utils._show.gate import CONSENTS
from ansible_collections.glusterops.georep.tests.unit.reports import info_of, node_of
from ansible_collections.glusterops.georep.tests.unit.support import ROOT

SESSION = {"primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr"}


def filters() -> dict[str, t.Callable[..., t.Any]]:
    found: dict[str, t.Callable[..., t.Any]] = {}
    for module in (georep_report, georep_page, georep_metrics, georep_lines, georep_gate):
        found.update(module.FilterModule().filters())
    return found


def test_one_report_four_ways() -> None:
    assert sorted(filters()) == ["georep_gate", "georep_lines", "georep_metrics", "georep_page", "georep_report"]
    info = info_of()
    nodes = [
        node_of(info, "primary1", last_synced="2026-11-22T08:38:16Z", lag_seconds=0),
        {"msg": "unreachable", "unreachable": True},
    ]
    report = filters()["georep_report"](info, nodes=nodes, declared=[{**SESSION, "rpo": "15m"}])
    assert report["read_at"] == "2026-11-22T08:38:31Z" and report["unread_nodes"] == ["primary2"]
    assert report["sessions"][0]["rpo_seconds"] == 900 and report["sessions"][0]["declared_state"] == "started"
    assert report["drift"] == {"declared": True, "steps": [], "undeclared": [], "errors": []}
    # What is written as report.json is the same value.
    report = json.loads(json.dumps(report))
    assert filters()["georep_page"](report).startswith("<!DOCTYPE html>")
    assert "gluster_georep_session_rpo_seconds" in filters()["georep_metrics"](report)
    assert filters()["georep_lines"](report, width=60)[0].startswith("1 session is healthy and within the RPO.")
    assert filters()["georep_gate"](report)["passed"] is True


def test_drift_entry_by_entry() -> None:
    declared = [{**SESSION, "primary_volume": "no-such"}, {**SESSION, "state": "paused"}]
    report = filters()["georep_report"](info_of("10.3", "status-many"), declared=declared)
    assert [error.split(":")[0] for error in report["drift"]["errors"]] == [
        "geo_replication_sessions[0].primary_volume = 'no-such'"
    ]
    assert report["drift"]["steps"] == ["projects -> secondary1::projects-dr: pause: it is active"]
    assert len(report["drift"]["undeclared"]) == 5
    assert filters()["georep_report"](info_of(), declared=declared[1:], drift=False)["drift"]["declared"] is False


def test_a_declaration_as_text() -> None:
    """As an AWX survey gives it to the playbook status."""
    declared = [{**SESSION, "rpo": "15m"}]
    reports = [filters()["georep_report"](info_of(), declared=form) for form in (declared, json.dumps(declared), yaml.safe_dump(declared))]
    assert reports[0] == reports[1] == reports[2] and reports[0]["sessions"][0]["rpo_seconds"] == 900
    assert filters()["georep_report"](info_of(), declared=None)["drift"]["declared"] is False
    with pytest.raises(AnsibleFilterError, match="is not a list of sessions"):
        filters()["georep_report"](info_of(), declared="projects")


def test_a_session_that_is_declared_by_another_name_of_its_host() -> None:
    info = info_of()
    info["secondaries"] = []
    report = filters()["georep_report"](
        info, declared=[{**SESSION, "secondary_host": "10.0.0.3", "rpo": 60}], drift=False
    )
    assert report["problems"] == [] and report["sessions"][0]["rpo_seconds"] == 60


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"rpo": "soon"}, "rpo = 'soon': is not a duration. Write seconds"),
        ({"declared": [{**SESSION, "rpo": "soon"}]}, "geo_replication_sessions[0].rpo = 'soon'"),
        ({"only": [{**SESSION, "secondary_volume": "a b"}]}, "secondary_volume = 'a b'"),
    ],
)
def test_errors(arguments: dict[str, t.Any], said: str) -> None:
    with pytest.raises(AnsibleFilterError, match=re.escape(said)):
        filters()["georep_report"](info_of(), **arguments)


def test_consents_that_nobody_knows() -> None:
    with pytest.raises(AnsibleFilterError, match=r"everything.*not known.*worker-faulty"):
        filters()["georep_gate"](filters()["georep_report"](info_of()), accept=["everything"])


def test_consents_as_a_command_line_gives_them() -> None:
    report = filters()["georep_report"](info_of("10.3", "status-paused"))
    assert filters()["georep_gate"](report)["passed"] is False
    assert filters()["georep_gate"](report, accept="stopped, paused")["passed"] is True


def test_failures_that_are_known_as_a_command_line_gives_them() -> None:
    info = info_of()
    info["status"][0]["workers"][0]["failures"] = 2
    report = filters()["georep_report"](info)
    assert not filters()["georep_gate"](report, failures_known="1")["passed"]
    assert filters()["georep_gate"](report, failures_known="2")["passed"]
    for wrong in ("many", -1):
        with pytest.raises(AnsibleFilterError, match=re.escape(f"failures_known = {wrong!r}")):
            filters()["georep_gate"](report, failures_known=wrong)


def test_the_role_s_consents_are_the_filter_s() -> None:
    specification = yaml.safe_load((ROOT / "roles/gate/meta/argument_specs.yml").read_text())
    assert sorted(specification["argument_specs"]["main"]["options"]["gate_accept"]["choices"]) == sorted(CONSENTS)


def test_an_rpo_is_checked_with_the_declaration_and_goes_to_no_module() -> None:
    declared = georep_declared.FilterModule().filters()["georep_declared"]
    assert "rpo" not in declared([{**SESSION, "rpo": "15m"}])[0]
    with pytest.raises(AnsibleFilterError, match="rpo = '15 minutes'"):
        declared([{**SESSION, "rpo": "15 minutes"}])
    planned = plan_declared([{**SESSION, "rpo": "15m", "state": "stopped"}], info_of(), read_only=False)
    assert planned["changed"] and "rpo" not in planned["sessions"][0]
