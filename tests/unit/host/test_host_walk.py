# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sources ask of a Python that no longer has it: the program, run as the node's Pythons run it."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._host import syncdaemon_walk
from ansible_collections.glusterops.georep.tests.unit.meta.test_pythons import VERSIONS, pythons

PROGRAM = Path(syncdaemon_walk.__file__).read_text()
ALWAYS, NEVER = (3, 0), (99,)
Version = tuple[int, ...]


class Case(t.NamedTuple):
    source: str
    gone: str = ""  #: ``LINE NAME``, where it is
    since: Version = ALWAYS  #: the first Python that lacks it


#: One file each, which says something by itself.
CASES: dict[str, Case] = {
    "gone_method": Case("def load(conf, f):\n    conf.readfp(f)\n", "2 RawConfigParser.readfp", (3, 12)),
    "gone_method_of_thread": Case("def wait(t):\n    return t.isAlive()\n", "2 Thread.isAlive", (3, 9)),
    "gone_method_of_dict": Case("def f(d):\n    return d.has_key('a')\n", "2 dict.has_key"),
    "method_that_is_there": Case("def f(conf, t):\n    conf.read_file(t.is_alive())\n", since=NEVER),
    "gone_attribute": Case("import string\nstring.zfill('1', 2)\n", "2 string.zfill"),
    "gone_attribute_of_an_alias": Case("import os.path as p\nimport os\nos.path.join('a', 'b')\np.walk('a')\n", "4 posixpath.walk"),
    "gone_name": Case("from string import Template, zfill\n", "1 string.zfill"),
    "gone_name_of_a_module_in_a_package": Case("from os import path\npath.walk('a')\n", "2 posixpath.walk"),
    "attribute_that_is_set": Case("import string\nstring.zfill = len\n", since=NEVER),
    "gone_module_3_12": Case("import imp\n", "1 imp", (3, 12)),
    "gone_module_of_a_package": Case("import distutils.spawn\n", "1 distutils.spawn", (3, 12)),
    "gone_module_3_13": Case("def f():\n    import cgi\n    return cgi\n", "2 cgi", (3, 13)),
    "gone_module_3_15": Case("import sre_parse\n", "1 sre_parse", (3, 15)),
    "gone_module_with_its_names": Case("from pipes import quote\n", "1 pipes", (3, 13)),
    "gone_submodule": Case("import asyncio.compat as c\n", "1 asyncio.compat"),
    "gone_submodule_as_a_name": Case("from asyncio import compat, events\n", "1 asyncio.compat"),
    "somebody_elses_module": Case("import gfevents.eventtypes\nfrom gfevents import gf_event\nimport ConfigParser\n", since=NEVER),
    "relative": Case("from . import zfill\nfrom .string import zfill\nfrom string import *\n", since=NEVER),
    "guarded": Case("try:\n    from string import zfill\nexcept ImportError:\n    zfill = str.zfill\n", since=NEVER),
    "guarded_among_others": Case(
        "import string\ntry:\n    f = string.zfill\nexcept (KeyError, AttributeError):\n    f = None\n", since=NEVER
    ),
    "guarded_by_everything": Case("try:\n    import imp\nexcept:\n    pass\n", since=NEVER),
    "guarded_by_the_exact_name": Case("try:\n    import imp\nexcept ModuleNotFoundError:\n    pass\n", since=NEVER),
    "guarded_by_the_base": Case("try:\n    import imp\nexcept BaseException:\n    pass\n", since=NEVER),
    "guarded_further_out": Case(
        "try:\n    try:\n        from string import zfill\n    finally:\n        pass\nexcept ImportError:\n    pass\n", since=NEVER
    ),
    "way_out_of_a_guard": Case("try:\n    import json\nexcept ImportError:\n    from string import zfill\n", since=NEVER),
    "guarded_against_something_else": Case(
        "try:\n    from string import zfill\nexcept ValueError:\n    zfill = None\n", "2 string.zfill"
    ),
    "way_out_of_something_else": Case("try:\n    f = 1\nexcept OSError:\n    from string import zfill\n", "4 string.zfill"),
    "after_a_guard": Case(
        "try:\n    import json\nexcept ImportError:\n    pass\nelse:\n    from string import zfill\n", "6 string.zfill"
    ),
    "at_the_end_of_a_guard": Case(
        "try:\n    import json\nexcept ImportError:\n    pass\nfinally:\n    from string import zfill\n", "6 string.zfill"
    ),
    "for_another_python": Case(
        "import sys\nif sys.version_info[0] == 2:\n    from string import zfill\nelse:\n    from string import atoi\n", since=NEVER
    ),
    "on_another_condition": Case("import sys\nif sys.argv:\n    from string import zfill\n", "3 string.zfill"),
}


def run(python: str | Path, folder: Path) -> dict[str, t.Any]:
    done = subprocess.run(
        [str(python), "-W", "ignore", "-I", "-", str(folder)], input=PROGRAM, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return t.cast("dict[str, t.Any]", json.loads(done.stdout))


def write(folder: Path, files: t.Mapping[str, str]) -> Path:
    for name, source in files.items():
        (folder / name).write_text(textwrap.dedent(source))
    return folder


def told(answer: t.Mapping[str, t.Any]) -> dict[str, str]:
    assert len({item["file"] for item in answer["gone"]}) == len(answer["gone"]), "each case asks for one thing"
    return {item["file"][:-3]: f"{item['line']} {item['name']}" for item in answer["gone"]}


@pytest.fixture(scope="module")
def found() -> dict[str, Path]:
    return pythons()


@pytest.mark.parametrize("version", VERSIONS)
def test_with_every_python(version: str, found: dict[str, Path], tmp_path: Path) -> None:
    if version not in found:
        pytest.skip(f"Python {version} is not on this machine")
    answer = run(found[version], write(tmp_path, {f"{name}.py": case.source for name, case in CASES.items()}))
    numbers = tuple(int(part) for part in version.split("."))
    assert told(answer) == {name: case.gone for name, case in CASES.items() if numbers >= case.since}
    assert answer["broken"] == []
    assert answer["version"].startswith(version + ".") and answer["encoding"] == answer["encoding"].lower()


@pytest.mark.parametrize("name", CASES)
def test_with_this_python(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    answer = run(sys.executable, write(tmp_path, {f"{name}.py": case.source}))
    assert told(answer) == ({name: case.gone} if sys.version_info >= case.since else {})
    assert answer["executable"] == sys.executable


@pytest.mark.parametrize(
    ("files", "gone"),
    [
        # syncdaemon has a resource.py of its own, and runs in its own folder.
        ({"string.py": "", "a.py": "import string\nstring.zfill('1', 2)\n"}, []),
        ({"string.py": "", "a.py": "from string import zfill\n"}, []),
        ({"imp.py": "", "a.py": "import imp\n"}, []),
        ({"a.py": "import string\nstring.zfill('1', 2)\n"}, ["string.zfill"]),
        ({"a.py": "class D:\n    def has_key(self): pass\n", "b.py": "def f(d):\n    d.has_key(1)\n"}, []),
        ({"a.py": "class D:\n    async def has_key(self): pass\n", "b.py": "def f(d):\n    d.has_key(1)\n"}, []),
        ({"a.py": "has_key = 1\n", "b.py": "def f(d):\n    d.has_key(1)\n"}, ["dict.has_key"]),
        ({"a.txt": "import string\nstring.zfill('1', 2)\n", "b.pyc": "\0"}, []),
    ],
)
def test_what_a_folder_has_itself_comes_first(files: dict[str, str], gone: list[str], tmp_path: Path) -> None:
    answer = run(sys.executable, write(tmp_path, files))
    assert [item["name"] for item in answer["gone"]] == gone and answer["broken"] == []


def test_a_file_that_does_not_parse_hides_no_other(tmp_path: Path) -> None:
    answer = run(sys.executable, write(tmp_path, {"a.py": "x = 1\nprint 'old'\n", "b.py": "from string import zfill\n"}))
    (broken,) = answer["broken"]
    assert (broken["file"], broken["line"]) == ("a.py", 2) and "print" in broken["name"]
    assert told(answer) == {"b": "1 string.zfill"}


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes("# -*- coding: latin-1 -*-\nx = 'ü'\nfrom string import zfill\n".encode("latin-1"))
    assert told(run(sys.executable, tmp_path)) == {"a": "3 string.zfill"}


def test_nothing_of_the_folder_is_run(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": f"open({str(tmp_path / 'ran')!r}, 'w')\nimport b\n", "b.py": "raise SystemExit(3)\n"})
    assert run(sys.executable, tmp_path)["gone"] == []
    assert not (tmp_path / "ran").exists()
