# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A role's defaults and its argument specification are one list written twice; this keeps them one."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.glusterops.georep.tests.unit.support import ROOT

ROLES = sorted(path.name for path in (ROOT / "roles").glob("*") if (path / "tasks").is_dir())


def read(path: Path) -> dict[str, t.Any]:
    return yaml.safe_load(path.read_text()) or {} if path.exists() else {}


def complaints(role: str, defaults: dict[str, t.Any], options: dict[str, t.Any]) -> list[str]:
    """Where the two disagree."""
    found = []
    required = {name for name, option in options.items() if option.get("required")}
    found += [f"defaults/main.yml sets {name}, the specification lacks it" for name in set(defaults) - set(options)]
    found += [
        f"the specification has {name}, defaults/main.yml does not set it"
        for name in set(options) - set(defaults) - required
    ]
    found += [f"{name} is required and has a default" for name in required & set(defaults)]
    found += [
        f"{name}: default {options[name].get('default')!r} in the specification, {value!r} in defaults/main.yml"
        for name, value in defaults.items()
        if name in options and "default" in options[name] and options[name]["default"] != value
    ]
    found += [f"{name} does not start with {role}_" for name in options if not name.startswith(f"{role}_")]
    return sorted(found)


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_the_specified_options(role: str) -> None:
    folder = ROOT / "roles" / role
    specification = read(folder / "meta/argument_specs.yml").get("argument_specs", {})
    assert "main" in specification, f"{role} has no meta/argument_specs.yml with an entry for main"
    assert not complaints(role, read(folder / "defaults/main.yml"), specification["main"].get("options") or {})


def test_nothing_to_do_is_what_no_step_has_to_do() -> None:
    """The steps of a change are left out all together: a condition that one of them has, and the whole has not, would never be met."""
    tasks = ROOT / "roles/geo_replication/tasks"
    steps = yaml.safe_load((tasks / "change.yml").read_text())
    # One of them has nothing to do itself: it checks what the others need.
    assert [step["name"] for step in steps if "when" not in step] == ["Check what the steps of this run need"]
    needs = [step["when"] for step in steps if "when" in step]
    (whole,) = (task["when"] for task in yaml.safe_load((tasks / "main.yml").read_text()) if "change.yml" in str(task))
    assert len(needs) > 10 and len(set(needs)) == len(needs)
    assert whole.split(" or ") == needs
    assert set(needs) <= set(read(ROOT / "roles/geo_replication/vars/main.yml"))


def test_what_is_known_only_by_a_session_goes_before_it() -> None:
    """Killed after the session and before its mapping, nothing would tell the next run of the mapping of one that nobody declared."""
    steps = yaml.safe_load((ROOT / "roles/geo_replication/tasks/change.yml").read_text())
    needs = [step.get("when") for step in steps]
    assert needs.index("__geo_replication_needs_unmapping") < needs.index("__geo_replication_needs_sessions")


@pytest.mark.parametrize(
    ("defaults", "options"),
    [
        ({"r_a": 1}, {}),
        ({}, {"r_a": {}}),
        ({"r_a": 1}, {"r_a": {"required": True}}),
        ({"r_a": 1}, {"r_a": {"default": 2}}),
        ({"a": 1}, {"a": {}}),
    ],
)
def test_a_difference_is_seen(defaults: dict[str, t.Any], options: dict[str, t.Any]) -> None:
    assert complaints("r", defaults, options)


def test_what_fits_passes() -> None:
    assert not complaints("r", {"r_a": 1, "r_b": []}, {"r_a": {"default": 1}, "r_b": {}, "r_c": {"required": True}})
