# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflows of a forge run nothing but parts of script/test, so whatever fails there can be run and seen on any machine."""

from __future__ import annotations

import re
import shlex
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.glusterops.georep.tests.unit.support import ROOT

FOLDER = ROOT / ".github" / "workflows"
SCRIPT = (ROOT / "script" / "test").read_text(encoding="utf-8")
ALLOWED = ("actions/checkout@", "actions/setup-python@")


def jobs() -> dict[str, dict[str, t.Any]]:
    found: dict[str, dict[str, t.Any]] = {}
    for file in sorted(FOLDER.glob("*.yml")):
        found.update(yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"])
    return found


def parts() -> set[str]:
    """The parts that script/test takes."""
    (line,) = re.findall(r"^    (all \|[^)]*)\) ;;$", SCRIPT, re.MULTILINE)
    return set(line.split(" | "))


def step_complaint(step: t.Mapping[str, t.Any]) -> str | None:
    """What in a step could not be run here."""
    if "uses" in step:
        return None if step["uses"].startswith(ALLOWED) else f"{step['uses']} is no command that runs on any machine"
    words = shlex.split(step["run"])
    if "script/test" not in words:
        return f"{step['run']!r} does not call script/test"
    before, after = words[: words.index("script/test")], words[words.index("script/test") + 1 :]
    if [word for word in before if word not in ("sudo", "env") and not re.match(r"(PATH|GEOREP_\w+)=", word)]:
        return f"{step['run']!r} does more than to call script/test"
    return None if len(after) == 1 and after[0] in parts() else f"{step['run']!r}: script/test has no part {after}"


def test_the_workflows_run_parts_of_script_test_only() -> None:
    steps = [step for job in jobs().values() for step in job["steps"]]
    assert [complaint for complaint in map(step_complaint, steps) if complaint] == []
    run = {word for step in steps for word in shlex.split(step.get("run", "")) if word in parts()}
    assert parts() - run == {"all", "quick", "kills"}, "these are made of other parts"


@pytest.mark.parametrize(
    "step",
    [{"run": "pip install x"}, {"run": "script/test lnit"}, {"run": "curl x | sh; script/test lint"}, {"uses": "someone/else@v1"}, {"run": "script/test"}],
)
def test_a_step_that_cannot_be_run_here_is_seen(step: dict[str, str]) -> None:
    assert step_complaint(step)


def test_every_core_is_tested_with_each_of_its_pythons() -> None:
    needs = {}
    for cores, pythons in re.findall(r"^        (2\.\d+(?: \| 2\.\d+)*)\) echo ([\d. ]+) ;;$", SCRIPT, re.MULTILINE):
        needs.update({core: set(pythons.split()) for core in cores.split(" | ")})
    tested: dict[str, set[str]] = {}
    for entry in jobs()["core"]["strategy"]["matrix"]["include"]:
        tested.setdefault(entry["core"], set()).add(entry["python"])
    assert tested == needs
    assert min(tested, key=lambda core: int(core.split(".")[1])) == "2.16"


def test_the_pythons_of_managed_nodes_are_there() -> None:
    (setup,) = [step for step in jobs()["core"]["steps"] if step.get("uses", "").startswith("actions/setup-python@")]
    first, after = re.findall(r"range\((\d+), (\d+)\)", (ROOT / "script/_find_pythons.py").read_text(encoding="utf-8"))[0]
    assert setup["with"]["python-version"].split() == [f"3.{minor}" for minor in range(int(first), int(after))]


def test_the_lab_runs_each_week() -> None:
    for name in ("tests", "lab"):
        workflow = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
        # YAML 1.1 reads the key "on" as true.
        (schedule,) = workflow[True]["schedule"]
        assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", schedule["cron"])


def forms() -> list[Path]:
    return [path for path in sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")) if path.name != "config.yml"]


@pytest.mark.parametrize("path", forms(), ids=lambda path: path.name)
def test_an_issue_form_is_one_that_the_forge_takes(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= form.keys() <= {"name", "description", "body", "labels", "title", "assignees"}
    names = [part["id"] for part in form["body"] if part["type"] != "markdown"]
    assert names and len(names) == len(set(names))
    for part in form["body"]:
        assert part["attributes"].get("label") or part["attributes"].get("value")
