# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metrics and the alert rules, judged by Prometheus' own tools."""

from __future__ import annotations

import re
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.glusterops.georep.plugins.module_utils._show.metrics import metrics

from .conftest import EVIL, REPORTS

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "extensions/prometheus/georep-alerts.yml"


def families(name: str) -> dict[str, t.Any]:
    return {family.name: family for family in text_string_to_metric_families(metrics(REPORTS[name]()))}


def value(found: dict[str, t.Any], name: str, **labels: str) -> list[float]:
    return [
        sample.value
        for family in found.values()
        for sample in family.samples
        if sample.name == f"gluster_georep_{name}" and labels.items() <= sample.labels.items()
    ]


@pytest.mark.parametrize("name", REPORTS)
def test_promtool_finds_no_fault(promtool: str, name: str) -> None:
    done = subprocess.run(
        [promtool, "check", "metrics"], input=metrics(REPORTS[name]()), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_promtool_would_find_one(promtool: str) -> None:
    text = metrics(REPORTS["healthy"]()).replace("_failures_total", "_failures")
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert 'counter metrics should have "_total" suffix' in done.stdout + done.stderr


@pytest.mark.parametrize("name", REPORTS)
def test_the_official_parser_reads_it(name: str) -> None:
    found = families(name)
    assert all(family.documentation and family.type in ("gauge", "counter") for family in found.values())
    # A series that comes twice is refused by Prometheus.
    series = [
        (sample.name, tuple(sorted(sample.labels.items()))) for family in found.values() for sample in family.samples
    ]
    assert len(series) == len(set(series))
    assert value(found, "sessions") == [{"healthy": 1, "troubled": 6, "fifty": 50, "hostile": 1, "empty": 0}[name]]


def test_what_it_says() -> None:
    found = families("troubled")
    late = {
        "primary_volume": "projects",
        "secondary_host": "secondary1",
        "secondary_volume": "projects-dr",
        "secondary_user": "root",
    }
    assert value(found, "session_lag_seconds", **late) == [2251.0]
    assert value(found, "session_rpo_seconds", **late) == [900.0]
    assert value(found, "session_healthy", **late) == [0.0]
    assert value(found, "session_state", state="faulty", primary_volume="media", secondary_host="secondary1") == [1.0]
    assert sum(value(found, "session_state")) == 6, "each session is in one state"
    assert value(found, "worker_failures_total", node="primary1", **late) == [3.0]
    assert value(found, "session_missing_workers", primary_volume="homes", secondary_user="geoaccount") == [1.0]
    assert value(found, "session_checkpoint_completed", **late) == [0.0]
    assert value(found, "problems", problem="session-missing") == [1.0]
    assert value(found, "drift_steps") == [1.0]
    assert value(found, "peer_connected", node="primary2") == [0.0]
    assert value(found, "session_lag_seconds", primary_volume="media") == [], "what is not known has no series"
    assert value(found, "secondary_brick_state") == [], "nobody asked the secondary site"
    assert value(families("healthy"), "secondary_brick_state", node="secondary2", state="online") == [1.0]


def test_labels_survive_whatever_they_hold() -> None:
    found = families("hostile")
    assert value(found, "session_state", primary_volume=EVIL, state="faulty") == [1.0]


def test_the_rules_are_right(promtool: str) -> None:
    done = subprocess.run([promtool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    tested = ROOT / "tests/report/georep-alerts-test.yml"
    done = subprocess.run([promtool, "test", "rules", str(tested)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_is_tested_and_speaks_of_metrics_that_exist() -> None:
    rules = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    tests = (ROOT / "tests/report/georep-alerts-test.yml").read_text()
    known = {
        sample.name
        for name in ("healthy", "troubled")
        for family in families(name).values()
        for sample in family.samples
    }
    for rule in rules:
        assert rule["alert"] in tests
        assert (
            rule["annotations"]["summary"] and rule["annotations"]["description"] and rule["annotations"]["runbook_url"]
        )
        used = set(re.findall(r"gluster_georep_\w+", rule["expr"]))
        assert used and used <= known, used - known
