# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for all unit tests, and the import path of the collection.

``FakeRun`` and ``run_module`` are also importable:
``from ansible_collections.glusterops.georep.tests.unit.support import FakeRun, run_module``
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
import types
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _make_importable() -> None:
    """Let ``ansible_collections.glusterops.georep`` be this checkout, wherever it lies and however pytest was started."""
    name = "ansible_collections.glusterops.georep"
    try:
        spec = importlib.util.find_spec(name)
    except ImportError:
        spec = None
    if spec is not None and any(Path(path).resolve() == ROOT for path in spec.submodule_search_locations or ()):
        return
    for package, path in (("ansible_collections", []), ("ansible_collections.glusterops", []), (name, [str(ROOT)])):
        module = sys.modules.get(package) or types.ModuleType(package)
        module.__path__ = [*path, *getattr(module, "__path__", [])]
        sys.modules[package] = module
        if "." in package:
            parent, child = package.rsplit(".", 1)
            setattr(sys.modules[parent], child, module)


_make_importable()

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import helpers, management  # noqa: E402
from ansible_collections.glusterops.georep.plugins.module_utils._host import mounts, names  # noqa: E402
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import client  # noqa: E402
from ansible_collections.glusterops.georep.tests.unit import support  # noqa: E402
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import World  # noqa: E402

FakeRun = support.FakeRun
run_module = support.run_module


@pytest.fixture
def fake_run() -> t.Iterator[t.Callable[..., support.FakeRun]]:
    """Makes FakeRun objects: ``fake_run([(argv, (rc, out, err)), ...])``; checks at the end that every call came."""
    made: list[support.FakeRun] = []

    def make(script: t.Iterable[t.Sequence[t.Any]] = (), *, ordered: bool = True) -> support.FakeRun:
        made.append(support.FakeRun(script, ordered=ordered))
        return made[-1]

    yield make
    for run in made:
        run.done()


@pytest.fixture(name="run_module")
def _run_module() -> t.Callable[..., support.Result]:
    """See support.run_module."""
    return support.run_module


@pytest.fixture(scope="session")
def _run_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("run"))


@pytest.fixture(autouse=True)
def _apart_from_this_machine(_run_folder: str) -> t.Iterator[None]:
    """What this machine has must not decide a test.

    Not by the fixture monkeypatch, which would then outlive all that a test sets up, and its patches with it.
    """
    with pytest.MonkeyPatch.context() as patch:
        # Hosts that do not answer are made up: nobody asks whether they speak TLS.
        patch.setattr(management, "speaks_tls", lambda _host: None)
        patch.setattr(client, "files", list)
        # Tests that are killed leave locks of private mounts, and each later test would sweep them.
        patch.setattr(mounts, "PLACE", _run_folder)
        # Those that want a gsyncd lay one out.
        patch.setattr(helpers, "HELPER_DIRS", ())
        yield


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[World]:
    made = World(tmp_path)
    monkeypatch.setattr(os.path, "ismount", lambda path: path in made.mounted)
    monkeypatch.setattr(names, "_resolves", lambda host: host not in made.lost_names)
    monkeypatch.setattr(names, "_is_lent", lambda host: host in made.lent_names)
    yield made
    assert not made.mounted, "every mount is undone"


@pytest.fixture
def open_path():
    """A folder that every account may enter, which pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="georep-test-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)
