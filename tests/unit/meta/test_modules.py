# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module says about itself."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.glusterops.georep.tests.unit.support import ROOT, git_files

NAME = "glusterops.georep"
# Words behind "glusterops.georep." that are not plugins: the action group, the documentation fragments, and the labels
# of the lab's containers.
NOT_PLUGINS = {"georep", "attributes", "session", "trust", "lab", "node"}


def actions() -> list[str]:
    """What runs on the controller; the module of that name is its documentation."""
    return sorted(path.stem for path in (ROOT / "plugins/action").glob("*.py") if path.stem != "__init__")


def modules() -> list[str]:
    names = {path.stem for path in (ROOT / "plugins/modules").glob("*.py") if path.stem != "__init__"}
    return sorted(names - set(actions()))


def runtime() -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", yaml.safe_load((ROOT / "meta/runtime.yml").read_text()))


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collections folder that holds this checkout and nothing else."""
    folder = tmp_path_factory.mktemp("collections")
    (folder / "ansible_collections/glusterops").mkdir(parents=True)
    (folder / "ansible_collections/glusterops/georep").symlink_to(ROOT)
    return folder


@pytest.fixture(scope="module")
def documented(collections: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, t.Any]:
    """All modules' documentation as ansible-doc puts it together, fragments merged."""
    if not modules():
        return {}
    home = tmp_path_factory.mktemp("ansible")
    done = subprocess.run(
        [sys.executable, "-m", "ansible.cli.doc", "--json", "-t", "module", *(f"{NAME}.{name}" for name in [*modules(), *actions()])],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_HOME": str(home)},
    )
    assert done.returncode == 0, done.stderr
    return t.cast("dict[str, t.Any]", json.loads(done.stdout))


def text_of(name: str, variable: str) -> str:
    """A module's DOCUMENTATION, EXAMPLES or RETURN, read without importing it."""
    for node in ast.parse((ROOT / f"plugins/modules/{name}.py").read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == variable:
            return str(ast.literal_eval(node.value))
    pytest.fail(f"{name} has no {variable}")


@pytest.mark.parametrize("name", [*modules(), *actions()])
def test_examples_parse_and_use_full_names(name: str) -> None:
    tasks = yaml.safe_load(text_of(name, "EXAMPLES"))
    assert tasks, f"{name} has no example"
    assert f"{NAME}.{name}" in text_of(name, "EXAMPLES")


@pytest.mark.parametrize("name", modules())
def test_returns_the_commands_it_ran(name: str, documented: dict[str, t.Any]) -> None:
    returned = documented[f"{NAME}.{name}"]["return"]
    assert returned, f"{name} documents no return value"
    assert "commands" in returned
    assert returned["commands"]["returned"] == "always"
    assert returned["commands"]["type"] == "list"
    assert returned["commands"]["elements"] == "dict"


@pytest.mark.parametrize("name", [*modules(), *actions()])
def test_says_which_pythons_and_cores_it_needs(name: str, documented: dict[str, t.Any]) -> None:
    needs = "\n".join(documented[f"{NAME}.{name}"]["doc"]["requirements"])
    minors = re.findall(r"range\((\d+), (\d+)\)", (ROOT / "script/_find_pythons.py").read_text())
    assert [f"Python 3.{first} to 3.{int(after) - 1} on" for first, after in minors] == re.findall(r"Python 3\.\d+ to 3\.\d+ on", needs)
    assert f"ansible-core {runtime()['requires_ansible'].lstrip('>=').rpartition('.')[0]} or newer" in needs


@pytest.mark.parametrize("name", modules())
def test_supports_check_and_diff_mode_in_full(name: str, documented: dict[str, t.Any]) -> None:
    attributes = documented[f"{NAME}.{name}"]["doc"]["attributes"]
    assert attributes["check_mode"]["support"] == "full"
    assert attributes["diff_mode"]["support"] == ("N/A" if name.endswith(("_info", "_proof")) else "full")
    assert attributes["idempotent"]["support"] == "full"
    assert ("action_group" in attributes) == (name in runtime()["action_groups"]["georep"])
    if "action_group" in attributes:
        assert attributes["action_group"]["support"] == "full"
        assert attributes["action_group"]["membership"] == [f"{NAME}.georep"]
    assert "run_module(SPEC, work" in (ROOT / f"plugins/modules/{name}.py").read_text(), "which says supports_check_mode"


@pytest.mark.parametrize("name", actions())
def test_an_action_has_a_documented_stub_without_code(name: str, documented: dict[str, t.Any]) -> None:
    attributes = documented[f"{NAME}.{name}"]["doc"]["attributes"]
    assert attributes["action"]["support"] == attributes["check_mode"]["support"] == "full"
    assert documented[f"{NAME}.{name}"]["return"]
    assert "def " not in (ROOT / f"plugins/modules/{name}.py").read_text()
    assert name not in runtime()["action_groups"]["georep"], "its defaults would reach no host"


#: What may be set for the action group; the fragment attributes.actiongroup_georep names them.
FOR_THE_GROUP = {"lock_timeout"}


def group_complaints(group: list[str], specs: dict[str, dict[str, t.Any]], shared: set[str]) -> list[str]:
    """What would break a play that sets these options for the group: a default that a module does not have ends its task."""
    found = [f"{name} is no module" for name in group if name not in specs]
    found += [f"{name} lacks {option}" for name in group for option in shared if option not in specs.get(name, {option: {}})]
    for option in sorted(shared):
        ways = {json.dumps(specs[name][option], sort_keys=True) for name in group if option in specs.get(name, {})}
        found += [f"{option} means several things: {ways}"] if len(ways) > 1 else []
    found += [f"{name} has {option} and is not in the group" for name in sorted(set(specs) - set(group)) for option in shared & set(specs[name])]
    return found


def test_a_default_of_the_action_group_breaks_no_module() -> None:
    group = runtime()["action_groups"]["georep"]
    specs = {name: t.cast("dict[str, t.Any]", specification(name)) for name in modules()}
    assert group == sorted(set(group))
    assert group_complaints(group, specs, FOR_THE_GROUP) == []
    every = set.intersection(*(set(specs[name]) for name in group))
    assert every == FOR_THE_GROUP, "say in the fragment attributes.actiongroup_georep what may be set for the group"
    fragment = (ROOT / "plugins/doc_fragments/attributes.py").read_text()
    assert all(f"O({option})" in fragment for option in FOR_THE_GROUP)
    for name in group:
        refused = ArgumentSpecValidator(specs[name]).validate({"lock_timeout": 7}).error_messages
        assert not [message for message in refused if "nsupported" in message or "lock_timeout" in message], name


def test_an_option_that_breaks_a_module_of_the_group_is_seen() -> None:
    specs = {"a": {"x": {"type": "int"}, "y": {}}, "b": {"x": {"type": "int"}}, "c": {"x": {"type": "str"}}, "d": {}}
    assert group_complaints(["a", "b"], {name: specs[name] for name in ("a", "b", "d")}, {"x"}) == []
    assert group_complaints(["a", "b"], specs, {"x"}) == ["c has x and is not in the group"]
    assert group_complaints(["a", "b"], {name: specs[name] for name in ("a", "b")}, {"y"}) == ["b lacks y"]
    assert group_complaints(["a", "c"], {name: specs[name] for name in ("a", "c")}, {"x"})[0].startswith("x means several things")
    assert group_complaints(["e"], specs, set()) == ["e is no module"]


def test_requires_the_oldest_core_that_is_tested() -> None:
    assert runtime()["requires_ansible"] == ">=2.16.0"
    assert "2.16" in (ROOT / "script/test").read_text()


def plugins() -> set[str]:
    names = set(modules())
    for kind in ("action", "filter", "lookup", "inventory", "callback"):
        names |= {path.stem for path in (ROOT / "plugins" / kind).glob("*.*")}
    names |= {path.name for path in (ROOT / "roles").glob("*")} if (ROOT / "roles").is_dir() else set()
    names |= {path.stem for path in (ROOT / "playbooks").glob("*.yml")} if (ROOT / "playbooks").is_dir() else set()
    return names


# Event sources and rulebooks have a search path of their own; they are checked where they are tested.
ELSEWHERE = ("changelogs", "extensions", ".github")


def unknown_names(text: str) -> set[str]:
    """Names behind ``glusterops.georep.`` that the collection does not have."""
    used = set(re.findall(r"(?<![\w./])glusterops\.georep\.([a-z_]+)\b(?!\()", text))
    return used - plugins() - NOT_PLUGINS


def test_only_names_that_exist_are_used() -> None:
    found = []
    for path in git_files():
        if path.suffix in (".yml", ".yaml", ".md", ".j2", ".py") and path.parts[0] not in ELSEWHERE:
            if path.parts[:2] != ("tests", "unit"):
                found += [f"{path} names {name}" for name in sorted(unknown_names((ROOT / path).read_text()))]
    assert not found, "\n".join(found)


def test_an_unknown_name_is_seen() -> None:
    assert unknown_names("  glusterops.georep.gluster_georep_sesion:\n") == {"gluster_georep_sesion"}
    assert not unknown_names("  glusterops.georep.gluster_georep_session:\n")


def tasks_of(node: t.Any) -> t.Iterator[dict[str, t.Any]]:
    """Every mapping of a playbook or task file, however deep in blocks."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    for item in node if isinstance(node, list) else ():
        yield from tasks_of(item)


def unknown_options(given: t.Any, options: dict[str, t.Any], where: str) -> list[str]:
    """Options that a specification does not have, those of dicts inside too."""
    found = []
    known = {**options, **{alias: option for option in options.values() for alias in option.get("aliases", ())}}
    for name, value in given.items() if isinstance(given, dict) else ():
        if name not in known:
            found.append(f"{where}.{name}")
            continue
        for item in value if isinstance(value, list) else [value]:
            found += unknown_options(item, known[name].get("options") or {}, f"{where}.{name}") if "options" in known[name] else []
    return found


def specification(name: str) -> dict[str, t.Any] | None:
    module = importlib.import_module(f"ansible_collections.{NAME}.plugins.modules.{name}")
    spec = getattr(module, "SPEC", None)
    return spec and spec["argument_spec"]


def test_tasks_give_options_that_exist() -> None:
    """Ansible would say so only in the run that comes to the task."""
    found, seen = [], 0
    for path in [path for path in git_files() if path.suffix == ".yml" and path.parts[0] in ("roles", "playbooks", "molecule", "docs")]:
        for task in tasks_of(yaml.safe_load((ROOT / path).read_text())):
            for key in [key for key in task if str(key).startswith(f"{NAME}.")]:
                name = str(key).rsplit(".", 1)[1]
                options = specification(name) if name in modules() else None
                if options is not None:
                    seen += 1
                    found += unknown_options(task[key] or {}, options, f"{path}: {name}")
    assert not found, "\n".join(found)
    assert seen > 30


def test_an_option_that_does_not_exist_is_seen() -> None:
    options = {"a": {"aliases": ["b"]}, "c": {"options": {"d": {}}}, "e": {"type": "dict"}}
    given = {"b": 1, "c": [{"d": 1, "x": 1}], "e": {"any": 1}, "y": 1}
    assert unknown_options(given, options, "m") == ["m.c.x", "m.y"]
