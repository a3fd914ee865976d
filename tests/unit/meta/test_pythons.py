# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything compiles, and module_utils and modules import, with each Python a managed node may have.

The probe sees the standard library and ansible-core alone: lxml and paramiko are missing on a fresh node, and a module
that cannot even be imported there cannot say so.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import textwrap
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.tests.unit.support import NAMESPACE, ROOT, load_script

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")

PROBE = textwrap.dedent(
    """
    import importlib, json, os, sys, traceback, types

    root, ansible, namespace = sys.argv[1:4]
    problems = []

    class Blocked:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name.split(".")[0] in ("lxml", "paramiko", "cryptography", "yaml", "jinja2"):
                raise ImportError(name + " is not installed on this node")

    sys.meta_path.insert(0, Blocked)
    sys.path.append(ansible)
    parts = namespace.split(".")
    for end in range(1, len(parts) + 1):
        package = types.ModuleType(".".join(parts[:end]))
        package.__path__ = [root] if end == len(parts) else []
        sys.modules[package.__name__] = package

    compiled = imported = 0
    for folder, _folders, names in sorted(os.walk(os.path.join(root, "plugins"))):
        for name in sorted(names):
            if not name.endswith(".py"):
                continue
            path = os.path.join(folder, name)
            inside = os.path.relpath(path, root)[:-3].split(os.sep)
            try:
                with open(path, encoding="utf-8") as stream:
                    compile(stream.read(), path, "exec", dont_inherit=True)
                compiled += 1
                # Actions and filters run on the controller only, with the controller's Python and libraries.
                if inside[1] in ("module_utils", "modules"):
                    if inside[-1] == "__init__":
                        inside.pop()
                    importlib.import_module(".".join([namespace] + inside))
                    imported += 1
            except Exception:
                problems.append(path + ": " + traceback.format_exc())
    print(json.dumps({"compiled": compiled, "imported": imported, "problems": problems}))
    """
)


def pythons() -> dict[str, Path]:
    return t.cast("dict[str, Path]", load_script("_find_pythons").find_pythons())


@pytest.fixture(scope="module")
def found() -> dict[str, Path]:
    return pythons()


@pytest.fixture(scope="module")
def ansible_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which ansible-core is the only package."""
    spec = importlib.util.find_spec("ansible")
    assert spec is not None
    assert spec.submodule_search_locations
    folder = tmp_path_factory.mktemp("ansible-alone")
    (folder / "ansible").symlink_to(spec.submodule_search_locations[0])
    return folder


def probe(python: Path, root: Path, ansible: Path) -> dict[str, t.Any]:
    done = subprocess.run(
        [str(python), "-B", "-S", "-E", "-c", PROBE, str(root), str(ansible), NAMESPACE],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent"},
    )
    assert done.returncode == 0, done.stderr
    return t.cast("dict[str, t.Any]", json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("version", VERSIONS)
def test_compiles_and_imports_without_lxml_and_paramiko(
    version: str, found: dict[str, Path], ansible_alone: Path
) -> None:
    if version not in found:
        pytest.skip(f"Python {version} is not on this machine")
    answer = probe(found[version], ROOT, ansible_alone)
    assert not answer["problems"], "\n".join(answer["problems"])
    assert answer["imported"] >= 4, answer


def test_the_probe_sees_what_it_is_for(found: dict[str, Path], ansible_alone: Path, tmp_path: Path) -> None:
    utils = tmp_path / "plugins" / "module_utils"
    utils.mkdir(parents=True)
    (utils / "_needs_lxml.py").write_text("import lxml\n")
    (utils / "_broken.py").write_text("def f(:\n")
    (utils / "_fine.py").write_text("import os\n")
    answer = probe(next(iter(found.values())), tmp_path, ansible_alone)
    assert len(answer["problems"]) == 2
    assert answer["imported"] == 1


def test_filters_import_on_a_controller_without_lxml_and_paramiko() -> None:
    """An execution environment has what ansible-core needs; the filters must ask for no more."""
    filters = sorted(path.stem for path in (ROOT / "plugins/filter").glob("*.py") if path.stem != "__init__")
    code = textwrap.dedent(
        """
        import importlib, sys, types

        root, namespace, *names = sys.argv[1:]
        sys.modules["lxml"] = sys.modules["paramiko"] = None
        parts = namespace.split(".")
        for end in range(1, len(parts) + 1):
            package = types.ModuleType(".".join(parts[:end]))
            package.__path__ = [root] if end == len(parts) else []
            sys.modules[package.__name__] = package
        for name in names:
            assert importlib.import_module(namespace + ".plugins.filter." + name).FilterModule().filters()
        """
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code, str(ROOT), NAMESPACE, *filters], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
