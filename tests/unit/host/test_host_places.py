# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""This node's own addresses and file systems."""

from __future__ import annotations

import os
import socket
import types
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._host import places

# As the kernel of a lab node writes it.
FIB = """\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.89.7.0/24 2 0 2
        +-- 10.89.7.0/28 2 0 2
           |-- 10.89.7.0
              /24 link UNICAST
           |-- 10.89.7.11
              /32 host LOCAL
        |-- 10.89.7.255
           /32 link BROADCAST
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
"""
INET6 = """\
00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000d8f3b2fffe0c1a2b 02 40 20 80     eth0
"""
MOUNTS = """\
/dev/vda1 / ext4 rw 0 0
/dev/vdb1 /srv xfs rw 0 0
/dev/vdb2 /srv/dr xfs rw 0 0
dr1:/vol /mnt/a\\040b fuse.glusterfs rw 0 0
/dev/vdc1 /srv/dr ext4 rw 0 0
"""


def test_local_addresses() -> None:
    assert places.local_addresses(FIB, INET6) == {"10.89.7.11", "127.0.0.1", "::1", "fe80::d8f3:b2ff:fe0c:1a2b"}
    assert places.local_addresses("", "") == set()


@pytest.mark.parametrize(
    ("resolves_to", "own"),
    [
        (["10.89.7.11"], True),
        (["127.0.1.1"], True),
        (["10.89.7.12"], False),
        (["10.89.7.0"], False),
        (["10.89.7.12", "fe80::d8f3:b2ff:fe0c:1a2b%eth0"], True),
        ([], False),
    ],
)
def test_whether_a_name_means_this_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, resolves_to: list[str], own: bool) -> None:
    for name, text in (("FIB", FIB), ("IF_INET6", INET6)):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(places, name, str(tmp_path / name))

    def resolve(*_args: t.Any, **_more: t.Any) -> list[t.Any]:
        if not resolves_to:
            raise socket.gaierror("unknown")
        return [(0, 0, 0, "", (address, 0)) for address in resolves_to]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert places.is_this_node("dr1") is own


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ("/", "ext4")),
        ("/srv2/x", ("/", "ext4")),
        ("/srv/x", ("/srv", "xfs")),
        ("/srv/dr", ("/srv/dr", "ext4")),
        ("/srv/dr/projects", ("/srv/dr", "ext4")),
        ("/srv/dr2", ("/srv", "xfs")),
        ("/mnt/a b/c", ("/mnt/a b", "fuse.glusterfs")),
    ],
)
def test_file_systems(path: str, expected: tuple[str, str]) -> None:
    assert places.file_system(path, MOUNTS) == expected


def test_what_of_a_path_is_there(tmp_path: Path) -> None:
    assert places.existing(str(tmp_path / "a" / "b")) == str(tmp_path)
    (tmp_path / "a").symlink_to("nowhere")
    assert places.existing(str(tmp_path / "a")) == str(tmp_path / "a")


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({}, None),
        ({"f_flag": os.ST_RDONLY}, "is mounted read-only"),
        ({"f_bfree": 255}, "is full (1020 KiB are free)"),
        ({"f_bavail": 0}, None),
        ({"f_ffree": 0}, "has no free inodes"),
        ({"f_files": 0, "f_ffree": 0}, None),
        # as ramfs
        ({"f_blocks": 0, "f_bfree": 0, "f_files": 0, "f_ffree": 0}, None),
    ],
)
def test_what_keeps_a_file_from_being_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: dict[str, int], words: str | None) -> None:
    usual = {"f_flag": 0, "f_frsize": 4096, "f_blocks": 2000, "f_bfree": 1000, "f_bavail": 900, "f_files": 100, "f_ffree": 50}
    monkeypatch.setattr(os, "statvfs", lambda _path: types.SimpleNamespace(**{**usual, **sizes}))
    for path in (tmp_path, tmp_path / "yet" / "to" / "be", tmp_path / "file"):
        said = places.obstacle(str(path))
        assert said is None if words is None else words in str(said)
    assert list(tmp_path.iterdir()) == [], "nothing is tried by writing"


def test_a_link_is_followed_to_what_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = os.statvfs
    monkeypatch.setattr(os, "statvfs", lambda path: asked.append(path) or real(path))
    (tmp_path / "link").symlink_to(tmp_path / "there" / "deep")
    places.obstacle(str(tmp_path / "link"))
    assert asked == [str(tmp_path)]


def test_a_mount_that_may_hang_is_not_asked_whether_it_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's table is read, by whole names."""
    asked: list[t.Any] = []
    monkeypatch.setattr(os, "lstat", asked.append)
    found = places.mount_points()
    assert "/proc" in found and found.isdisjoint({"/pro", "/proc/none"}) and asked == []
    monkeypatch.setattr(places, "MOUNTINFO", "/nowhere")
    assert places.mount_points() == set()
