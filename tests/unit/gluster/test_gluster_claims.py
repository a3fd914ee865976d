# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that show whether their module still runs: made, taken for abandoned, and neither by mistake."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import claims

PATTERN = claims.token_pattern("a+b-", ".x")


def left(folder: Path) -> list[str]:
    return list(claims.abandoned(str(folder), PATTERN))


def test_while_it_is_open_it_is_somebody_s(tmp_path: Path) -> None:
    descriptor, path = claims.make(f"{tmp_path}/a+b-", ".x")
    assert PATTERN.fullmatch(os.path.basename(path)) and stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert left(tmp_path) == []
    os.close(descriptor)
    assert left(tmp_path) == [os.path.basename(path)]


def test_by_the_folder_s_descriptor(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    descriptor, name = claims.make("a+b-", ".x", dir_fd=folder)
    assert os.listdir(tmp_path) == [name] and list(claims.abandoned(folder, PATTERN)) == []
    os.close(descriptor)
    assert list(claims.abandoned(folder, PATTERN)) == [name]
    os.close(folder)


def test_it_does_not_live_on_in_a_program_that_was_started(tmp_path: Path) -> None:
    descriptor, _path = claims.make(f"{tmp_path}/a+b-", ".x")
    assert not os.get_inheritable(descriptor)
    os.close(descriptor)


def test_one_that_is_swept_before_it_is_locked_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, made = fcntl.flock, []

    def late(descriptor: int, how: int) -> None:
        if not made:
            made.extend(tmp_path.iterdir())
            made[0].unlink()
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)
    descriptor, path = claims.make(f"{tmp_path}/a+b-", ".x")
    assert list(tmp_path.iterdir()) == [Path(path)] != made
    os.close(descriptor)


def test_without_locks_nothing_is_taken_for_abandoned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_descriptor: int, _how: int) -> t.NoReturn:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    descriptor, _path = claims.make(f"{tmp_path}/a+b-", ".x")
    os.close(descriptor)
    assert left(tmp_path) == []


def test_what_is_swept_by_one_is_not_swept_by_another(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"a+b-{number:012x}.x").touch()
    found: list[str] = []
    for name in claims.abandoned(str(tmp_path), PATTERN):
        other = threading.Thread(target=lambda: found.extend(left(tmp_path)))
        other.start()
        other.join()
        assert name not in found
        found.clear()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert left(tmp_path / "none") == left(tmp_path / "file") == []


def test_what_is_ours_neither_by_name_nor_by_kind_nor_by_owner(tmp_path: Path) -> None:
    for name in ("a+b-0123456789ab", "a+b-0123456789aB.x", "aab-0123456789ab.x", "a+b-0123456789ab.x~"):
        (tmp_path / name).touch()
    (tmp_path / "a+b-00000000000a.x").symlink_to(tmp_path / "a+b-0123456789ab")
    os.mkfifo(tmp_path / "a+b-00000000000b.x")
    (tmp_path / "a+b-00000000000c.x").mkdir()
    if os.geteuid() == 0:
        (tmp_path / "a+b-00000000000d.x").touch()
        os.chown(tmp_path / "a+b-00000000000d.x", 4711, -1)
        assert list(claims.abandoned(str(tmp_path), PATTERN, {0, 4711})) == ["a+b-00000000000d.x"]
    assert left(tmp_path) == []
