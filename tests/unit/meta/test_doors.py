# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may import whom. The rooms stay apart only as long as something says no."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.tests.unit.support import NAMESPACE, ROOT

# What a room may import besides the standard library: other rooms (_name) and libraries.
TOOLS = {"_gluster", "_ssh", "_host"}
DOORS: dict[str, set[str]] = {
    "plugins/module_utils/_model": set(),
    "plugins/module_utils/_faults": {"_model"},
    "plugins/module_utils/_plan": {"_model", "_faults"},
    "plugins/module_utils/_show": {"_model", "_faults"},
    "plugins/module_utils/_gluster": {"lxml", "_model"},
    "plugins/module_utils/_ssh": {"paramiko", "_model", "_gluster"},
    "plugins/module_utils/_host": {"_model", "_gluster", "_ssh"},
    "plugins/module_utils/_read": {*TOOLS, "_model", "_faults"},
    "plugins/module_utils/_apply": {*TOOLS, "_model", "_faults", "_plan", "_read"},
    "plugins/module_utils/_module.py": {"ansible", "_model", "_faults", "_gluster"},
    "plugins/modules": {*TOOLS, "_module", "_model", "_faults", "_plan", "_read", "_apply"},
    "plugins/plugin_utils": {"ansible", "_model", "_faults", "_plan", "_show"},
    "plugins/action": {"ansible", "plugin_utils", "_model", "_faults", "_plan", "_show"},
    "plugins/filter": {"ansible", "plugin_utils", "_model", "_faults", "_plan", "_show"},
    "plugins/doc_fragments": {"ansible"},
}

# What one of these needs of another is in plugin_utils.
APART = {"plugins/action", "plugins/filter"}

# Programs that are run on their own by their source; this one looks modules of the standard library up by name.
PROGRAMS = {"plugins/module_utils/_host/syncdaemon_walk.py"}

# sys.stdlib_module_names came with Python 3.10, which ansible-core 2.16's controller needs anyway.
STANDARD = set(getattr(sys, "stdlib_module_names", ())) | {"__future__"}


def plugin_files() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "plugins").rglob("*.py"))


def room_of(path: str) -> str | None:
    return next((room for room in DOORS if path == room or path.startswith(room + "/")), None)


def imported(path: str, source: str) -> t.Iterator[tuple[int, str]]:
    """Every import as ``(line, absolute dotted name)``, wherever in the file it stands."""
    package = [*NAMESPACE.split("."), *Path(path).parent.parts]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - (node.level - 1)] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{origin}.{alias.name}"
        elif isinstance(node, ast.Call) and path not in PROGRAMS:
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in ("__import__", "import_module"):
                yield node.lineno, f"<{name} at run time>"


def complaints(path: str, source: str) -> list[str]:
    room = room_of(path)
    if room is None:
        return [f"{path}: is in no room that the house knows; add it to DOORS or move it"]
    found = []
    for line, name in imported(path, source):
        top = name.split(".", 1)[0]
        if top in STANDARD:
            continue
        if name.startswith(NAMESPACE + "."):
            inside = name[len(NAMESPACE) + 1 :].split(".")
            if inside[:2] == ["plugins", "module_utils"] and len(inside) > 2:
                if inside[2] in DOORS[room] or "/".join(inside[:3]) == room:
                    continue
            elif set(inside[1:2]) & DOORS[room] or ("/".join(inside[:2]) == room and room not in APART):
                continue
        elif top in DOORS[room]:
            continue
        found.append(f"{path}:{line}: {room} must not import {name}")
    return found


def test_imports_go_through_the_doors() -> None:
    found = [line for path in plugin_files() for line in complaints(path, (ROOT / path).read_text())]
    assert not found, "\n".join(found)


def test_every_room_is_there() -> None:
    rooms = {room_of(path) for path in plugin_files()}
    assert not [room for room in DOORS if room not in rooms]


UTILS = "ansible_collections.glusterops.georep.plugins.module_utils"


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("plugins/module_utils/_plan/x.py", "import lxml.etree"),
        ("plugins/module_utils/_plan/x.py", "from ansible.module_utils.basic import AnsibleModule"),
        ("plugins/module_utils/_plan/x.py", "from .. import _gluster"),
        ("plugins/module_utils/_model/x.py", "from .._plan import session"),
        ("plugins/module_utils/_plan/x.py", "from .._gluster import xml"),
        ("plugins/module_utils/_plan/x.py", f"from {UTILS}._gluster import xml"),
        ("plugins/module_utils/_plan/x.py", f"from {UTILS} import _gluster"),
        ("plugins/module_utils/_plan/x.py", "def f():\n    import paramiko"),
        ("plugins/module_utils/_plan/x.py", "import importlib\nimportlib.import_module('lxml')"),
        ("plugins/module_utils/_gluster/x.py", "import paramiko"),
        ("plugins/module_utils/_gluster/x.py", "from .._plan import session"),
        ("plugins/module_utils/_ssh/x.py", "from .._plan import session"),
        ("plugins/module_utils/_ssh/x.py", "import lxml"),
        ("plugins/module_utils/_apply/x.py", "import ansible"),
        ("plugins/module_utils/_apply/x.py", "import paramiko"),
        ("plugins/module_utils/loose.py", "import os"),
        ("plugins/module_utils/_apply/x.py", "from .. import _module"),
        ("plugins/module_utils/_apply/x.py", "from .._module import Call"),
        ("plugins/module_utils/_module.py", "from ._apply import session"),
        ("plugins/modules/x.py", "from . import y_that_is_not_a_room\nimport lxml"),
        ("plugins/modules/x.py", "from ansible.module_utils.basic import AnsibleModule"),
        ("plugins/modules/x.py", f"from {NAMESPACE}.plugins.plugin_utils._written import load_yaml"),
        ("plugins/module_utils/_plan/x.py", f"from {NAMESPACE}.plugins.plugin_utils._written import load_yaml"),
        ("plugins/plugin_utils/_x.py", f"from {UTILS}._gluster import xml"),
        ("plugins/plugin_utils/_x.py", f"from {NAMESPACE}.plugins.action.georep_plan import SPECS"),
        ("plugins/filter/x.py", "from .georep_declared import georep_declared"),
        ("plugins/action/x.py", f"from {NAMESPACE}.plugins.action.georep_plan import SPECS"),
    ],
)
def test_a_forbidden_import_is_seen(path: str, source: str) -> None:
    assert complaints(path, source)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("plugins/module_utils/_plan/x.py", "import os, re\nfrom . import states\nfrom .states import State"),
        ("plugins/module_utils/_gluster/x.py", "from lxml import etree"),
        ("plugins/module_utils/_ssh/x.py", f"from {UTILS}._gluster import errors\nfrom .._gluster.runner import Run"),
        ("plugins/module_utils/_apply/x.py", "from .. import _plan, _ssh\nfrom .._gluster import xml"),
        ("plugins/module_utils/_module.py", "from ansible.module_utils.basic import AnsibleModule\nfrom ._gluster.runner import Recorder"),
        ("plugins/modules/x.py", f"from ..module_utils._module import run_module\nfrom {UTILS}._apply import session"),
        ("plugins/filter/x.py", f"from {UTILS}._plan import given\nfrom {NAMESPACE}.plugins.plugin_utils._written import load_yaml"),
        ("plugins/action/x.py", "from ..plugin_utils._results import turns_of\nfrom ..plugin_utils import _written"),
        ("plugins/plugin_utils/_x.py", f"from ansible.errors import AnsibleError\nfrom {UTILS}._plan import clocks\nfrom ._written import load_yaml"),
    ],
)
def test_an_allowed_import_passes(path: str, source: str) -> None:
    assert not complaints(path, source)


def test_the_planner_loads_nothing_that_touches_anything() -> None:
    """On the controller and in every module: no subprocess, no XML, no SSH, and no room but the pure ones."""
    package = f"{UTILS}._plan"
    names = sorted(path.stem for path in (ROOT / "plugins/module_utils/_plan").glob("*.py") if path.stem != "__init__")
    script = f"import sys\nfor name in {names!r}: __import__('{package}.' + name)\nprint('\\n'.join(sys.modules))"
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    # Without the site's own start-up files, which may load anything.
    loaded = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True, env=env).stdout.split()
    rooms = {name[len(UTILS) + 1 :].split(".")[0] for name in loaded if name.startswith(UTILS + ".")}
    assert rooms == {"_plan", "_model", "_faults"}
    assert f"{package}.role" in loaded and not {"subprocess", "lxml", "paramiko", "ansible"} & {name.split(".")[0] for name in loaded}


# Each task sends its module to the node with everything that this imports, and Python compiles all of it there, each time.
NEEDLESS = {
    "gluster_georep_session": {"_apply/checkpoint", "_apply/proof", "_apply/workers", "_ssh/accounts", "_ssh/paths", "_ssh/sshd"},
    "gluster_georep_config": {"_apply/checkpoint", "_apply/proof", "_apply/workers", "_ssh/accounts", "_ssh/paths", "_ssh/sshd"},
    "gluster_georep_info": {"_apply/session", "_plan/session", "_ssh/accounts", "_ssh/paths", "_ssh/sshd"},
    "gluster_georep_secondary": {"_apply/session", "_plan/session", "_ssh/descriptors"},
}


def sent_with(module: str) -> set[str]:
    """The files of module_utils that a task of this module takes along: ``room/name``."""
    inside = "plugins/module_utils/"
    found: set[str] = set()
    waiting = [f"plugins/modules/{module}.py"]
    while waiting:
        path = waiting.pop()
        for _line, name in imported(path, (ROOT / path).read_text(encoding="utf-8")):
            parts = name[len(NAMESPACE) + 1 :].split(".") if name.startswith(NAMESPACE) else []
            # The last part may be something in the file that the others name.
            for file in ("/".join(parts) + ".py", "/".join(parts[:-1]) + ".py"):
                if file.startswith(inside) and (ROOT / file).is_file() and file[len(inside) : -3] not in found:
                    found.add(file[len(inside) : -3])
                    waiting.append(file)
    return found


@pytest.mark.parametrize("module", NEEDLESS)
def test_a_task_takes_along_what_it_needs(module: str) -> None:
    names = set().union(*NEEDLESS.values())
    assert all((ROOT / f"plugins/module_utils/{name}.py").is_file() for name in names), "one has another name by now"
    sent = sent_with(module)
    assert {"_module", "_model/errors", "_gluster/runner"} <= sent
    assert sent & NEEDLESS[module] == set()
