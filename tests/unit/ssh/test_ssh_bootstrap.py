# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of other nodes, over an SFTP that may break off at any moment."""

from __future__ import annotations

import os
import types
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._ssh import bootstrap


class Sftp:
    """What is needed of paramiko's, on a folder of this machine."""

    def __init__(self) -> None:
        self.breaks_at = ""
        self.broken = False

    def __getattr__(self, name: str) -> t.Any:
        if name == self.breaks_at:
            self.broken = True
            raise KeyboardInterrupt
        return {"lstat": os.lstat, "chmod": os.chmod, "chown": os.chown, "posix_rename": os.replace, "normalize": os.path.realpath}[name]

    def open(self, path: str, mode: str) -> t.Any:
        handle = open(path, mode.replace("wx", "x"))
        return handle if "b" not in mode else _Handle(handle)

    def remove(self, path: str) -> None:
        if self.broken:
            raise EOFError
        os.remove(path)


class _Handle(types.SimpleNamespace):
    def __init__(self, handle: t.Any) -> None:
        super().__init__(handle=handle, write=handle.write, chmod=lambda mode: os.fchmod(handle.fileno(), mode))

    def __enter__(self) -> _Handle:
        return self

    def __exit__(self, *_rest: object) -> None:
        self.handle.close()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bootstrap, "LOCK", str(tmp_path / "lock"))
    (tmp_path / "node").write_text("UUID=1\noperating-version=100000\n")
    monkeypatch.setattr(bootstrap, "NODE_FILES", (str(tmp_path / "none"), str(tmp_path / "node")))
    (tmp_path / "far").mkdir()
    return tmp_path / "far" / "authorized_keys"


def killed(path: Path) -> list[str]:
    """A module that is killed while it replaces a file over there; what lies there then."""
    sftp = Sftp()
    sftp.breaks_at = "posix_rename"
    with pytest.raises(KeyboardInterrupt):
        bootstrap.RemoteFiles(sftp).replace(str(path), b"half", 0o600, os.getuid(), os.getgid())
    return sorted(os.listdir(path.parent))


@pytest.mark.parametrize("is_there", [True, False])
def test_what_a_killed_module_wrote_over_there_goes_with_the_next_run(path: Path, is_there: bool) -> None:
    if is_there:
        path.write_bytes(b"before")
    assert len(killed(path)) == 1 + is_there
    bootstrap.RemoteFiles(Sftp()).sweep(str(path))
    assert os.listdir(path.parent) == [path.name] * is_there
    killed(path)
    bootstrap.RemoteFiles(Sftp()).replace(str(path), b"whole", 0o640, os.getuid(), os.getgid())
    assert os.listdir(path.parent) == [path.name] and path.read_bytes() == b"whole"
    bootstrap.RemoteFiles(Sftp()).sweep(str(path.parent / "none" / "file"))


def test_what_another_node_writes_over_there_stays(path: Path) -> None:
    left = killed(path)
    node = Path(bootstrap.NODE_FILES[1])
    node.write_text("UUID=2\noperating-version=100000\n")
    bootstrap.RemoteFiles(Sftp()).sweep(str(path))
    assert os.listdir(path.parent) == left
    node.write_text("UUID=1\noperating-version=110000\n")
    bootstrap.RemoteFiles(Sftp()).sweep(str(path))
    assert os.listdir(path.parent) == []
