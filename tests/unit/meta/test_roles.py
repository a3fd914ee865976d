# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A role's defaults and its argument specification are one list written twice; this keeps them one."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.glusterops.georep.plugins.module_utils._plan.run import STEPS
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
    # What an entry point alone takes has a default, too, unless its specification names none.
    options = {name: option for entry in specification.values() for name, option in entry["options"].items() if "default" in option}
    assert not complaints(role, read(folder / "defaults/main.yml"), {**options, **(specification["main"].get("options") or {})})


# --- a role composes: it holds no decision and no sentence

#: Filters that only gather what hosts answered.
COLLECTING = {"map", "selectattr", "list"}


def thoughts(value: str) -> list[str]:
    """What in a variable of a role is more than collecting results of hosts.

    >>> thoughts("{{ a | map('extract', hostvars) | selectattr('b', 'defined') }}")
    []
    >>> thoughts("{{ 'no' if a | length > 0 else b ~ 'yes, it is' }}")
    ['if', 'length', '>', '0', 'else', '~', 'a text']
    """
    texts = re.findall(r"'[^']*'|\"[^\"]*\"", value)
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", value)
    found = [word for word in re.findall(r"\w+|[^\s\w]", bare) if word in ("if", "else", "and", "or", "not", "in", "is", "~", "+", "-", "/", "%", "<", ">")
             or word.isdigit() or (word in JINJA and word not in COLLECTING)]  # fmt: skip
    return found + ["a text" for text in texts if " " in text]


JINJA = {
    "length", "count", "default", "join", "format", "unique", "combine", "dict", "zip", "zip_longest", "product", "flatten", "items2dict",
    "dict2items", "rejectattr", "reject", "select", "intersect", "difference", "union", "first", "last", "min", "max", "sum", "log", "round",
    "replace", "regex_search", "regex_replace", "ternary", "range", "b64decode", "int", "bool", "sort", "trim", "now", "query", "lookup",
}  # fmt: skip


def test_a_role_s_variables_only_collect_what_hosts_answered() -> None:
    found = read(ROOT / "roles/geo_replication/vars/main.yml")
    assert {name: thoughts(str(value)) for name, value in found.items() if thoughts(str(value))} == {}
    assert len(found) <= 15, "the plan knows the rest"


def test_thoughts_are_seen() -> None:
    assert thoughts("{{ ansible_play_batch | map('extract', hostvars, 'x') }}") == []
    for value in (
        "{{ a if b else c }}", "{{ a ~ b }}", "{{ a | regex_replace('x', 'y') }}", "{{ a[1] }}", "{{ a | length }}", "{{ 'Nothing was done.' }}", "{{ a + b }}",
        "{{ a | glusterops.georep.georep_plan | default(b) }}",
    ):  # fmt: skip
        assert thoughts(value), value


#: What tasks may still do: gather results, pass on what is there, leave out what is not, and tell Ansible what a result is.
PLUMBING = {"default", "now", "query"}


def thoughts_of_task(text: str) -> list[str]:
    """Decisions, counts and sentences in the templates of tasks; labels of loops are for people.

    >>> thoughts_of_task("    msg: \"{{ a | default(omit) }}\"\\n    label: \"{{ a | join(', ') }}\"")
    []
    >>> thoughts_of_task("    fail_msg: >-\\n      It failed: {{ a | length }}.")
    ['length', 'a sentence']
    """
    lines = [line for line in text.splitlines() if not re.match(r"\s*(#|label:)", line)]
    bare = "\n".join(lines)
    found = []
    for template in re.findall(r"\{\{.*?\}\}", bare, re.DOTALL):
        words = re.findall(r"\w+", re.sub(r"'[^']*'| if [\w.]+ else omit\b", "", template))
        found += [word for word in words if word in ("if", "else") or (word in JINJA and word not in COLLECTING | PLUMBING)]
        found += ["a text" for said in re.findall(r"'([^']*)'", template) if " " in said.strip(", ")]
    found += [word for line in lines if re.match(r"\s*(when|that|until|changed_when|failed_when):", line) for word in re.findall(r"\w+|==", line)
              if word in ("==", "select", "map", "length", "join")]  # fmt: skip
    for message in re.findall(r"^ *(?:fail_|success_)?msg: (.*(?:\n {6,}.*)*)", bare, re.MULTILINE):
        if not re.fullmatch(r'"\{\{[^{}]*\}\}"', message):
            found.append("a sentence")
    return found


def test_tasks_hold_no_decision_and_no_sentence() -> None:
    found = {str(path.relative_to(ROOT)): thoughts_of_task(path.read_text()) for path in (ROOT / "roles").glob("*/tasks/*.yml")}
    assert {path: thoughts for path, thoughts in found.items() if thoughts} == {}


@pytest.mark.parametrize(
    "line",
    [
        '    a: "{{ b if c else d }}"', '    a: "{{ b | map(attribute=\'id\') | select | first }}"',
        "  when: a.b | length > 0", "  when: \"'x' in a | map('y')\"",
        '    msg: "Nothing was done."', "    fail_msg: >-\n      It is {{ a }}.",
        '    a: "{{ b | default(\'no answer\') }}"', "  when: a == 'all'",
    ],
)  # fmt: skip
def test_thoughts_of_tasks_are_seen(line: str) -> None:
    assert thoughts_of_task(line)


def test_every_variable_of_a_role_is_used() -> None:
    for role in ROLES:
        folder = ROOT / "roles" / role
        tasks = "\n".join(path.read_text() for path in folder.rglob("*.yml"))
        for name in read(folder / "vars/main.yml"):
            assert len(re.findall(rf"\b{name}\b", tasks)) > 1, name


def test_playbooks_set_no_private_variable_of_a_role() -> None:
    for path in (ROOT / "playbooks").glob("*.yml"):
        text = path.read_text()
        assert not [name for role in ROLES for name in re.findall(rf"\b__{role}_\w+", text)], path.name


def test_nothing_branches_on_the_words_of_a_message() -> None:
    for path in (ROOT / "roles").rglob("*.yml"):
        assert not re.search(r"['\"] (not )?in \w+\.msg", path.read_text()), path


def test_no_tasks_include_each_other_in_turn() -> None:
    """Ansible looks all the way up from each task: tasks that include themselves end with a RecursionError."""
    for role in ROLES:
        files = {path.name: path.read_text() for path in (ROOT / "roles" / role / "tasks").glob("*.yml")}
        named = {name: re.findall(r"(?:include|import)_tasks:\s*(?:file: )?(.*)", text) for name, text in files.items()}
        includes = {name: {word for line in found for word in re.findall(r"\w+\.yml", line)} for name, found in named.items()}
        reached = {name: set(found) for name, found in includes.items()}
        for _round in includes:
            for found in reached.values():
                found.update(*(reached[name] for name in list(found)))
        assert [name for name, found in reached.items() if name in found] == [], role
        assert reached["main.yml"] | {"main.yml", "rotate.yml", "replace_keys.yml"} >= set(includes), role


def steps() -> list[dict[str, t.Any]]:
    return t.cast("list[dict[str, t.Any]]", yaml.safe_load((ROOT / "roles/geo_replication/tasks/change.yml").read_text()))


def test_each_step_of_a_run_is_one_of_the_plan() -> None:
    # One of them has nothing to do itself: it checks what the others need.
    assert [step["name"] for step in steps() if "when" not in step] == ["Check the packages, patches and SSH access that the next steps need"]
    needs = [step["when"].partition(" or ")[0] for step in steps() if "when" in step]
    assert needs == [f"__geo_replication_plan.todo.{name}" for name in STEPS]


def test_what_is_known_only_by_a_session_goes_before_it() -> None:
    """Killed after the session and before its mapping, nothing would tell the next run of the mapping of one that nobody declared."""
    assert STEPS.index("mapping_removal") < STEPS.index("sessions")


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
