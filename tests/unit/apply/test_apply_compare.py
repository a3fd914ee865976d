# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Older files against their copies, on two folders that stand in for the mounts."""

from __future__ import annotations

import errno
import os
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import compare
from ansible_collections.glusterops.georep.plugins.module_utils._apply.compare import Comparison, Difference
from ansible_collections.glusterops.georep.plugins.module_utils._plan import canary

#: ctime cannot be set, so what is old is told by a limit that lies ahead, and what is young by one that lies behind.
AHEAD, BEHIND = time.time() + 3600, time.time() - 3600


@pytest.fixture
def sites(tmp_path: Path) -> tuple[Path, Path]:
    near, far = tmp_path / "near", tmp_path / "far"
    for site in (near, far):
        put(site, "a.txt", b"aaaa")
        put(site, "docs/b.txt", b"bb")
        put(site, "docs/empty", b"")
    return near, far


def put(site: Path, name: str, content: bytes) -> Path:
    path = site / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def compared(sites: tuple[Path, Path], how: str = "all", count: int = 200, before: float = AHEAD) -> Comparison:
    return compare.compare(str(sites[0]), str(sites[1]), how, count, before)


@pytest.mark.parametrize("how", ["all", "sample"])
def test_the_same_on_both_sites(sites: tuple[Path, Path], how: str) -> None:
    assert compared(sites, how) == Comparison(3, True, [], 0, how == "all")


@pytest.mark.parametrize(
    ("copy", "how", "expected"),
    [
        (None, "sample", Difference("a.txt", 4, None, "missing")),
        (b"", "sample", Difference("a.txt", 4, 0, "empty")),
        (b"aaa", "sample", Difference("a.txt", 4, 3, "size")),
        (b"aaaaa", "all", Difference("a.txt", 4, 5, "size")),
        (b"aaab", "all", Difference("a.txt", 4, 4, "content")),
        (b"aaab", "sample", None),
    ],
)
def test_each_kind_of_difference(
    sites: tuple[Path, Path], copy: bytes | None, how: str, expected: Difference | None
) -> None:
    if copy is None:
        (sites[1] / "a.txt").unlink()
    else:
        put(sites[1], "a.txt", copy)
    assert compared(sites, how).differences == ([expected] if expected else [])


def test_young_files_are_left_out(sites: tuple[Path, Path]) -> None:
    put(sites[1], "a.txt", b"")
    assert compared(sites, before=BEHIND) == Comparison(0, True, [], 3, True)


def test_a_file_is_as_old_as_its_content(sites: tuple[Path, Path]) -> None:
    """gsyncd's own marks move ctime, so a restart would make every file young (seen on 10.3)."""
    path = put(sites[0], "new-name", b"content")
    os.utime(path, (1.0, 1.0))
    listed = {name: ripe for name, _size, ripe in compare.old_files(str(sites[0]), BEHIND, None)}
    assert listed["new-name"] is True


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        (".glusterfs/x", False),
        (".trashcan/x", False),
        (".shard/x", False),
        (canary.PREFIX + "0123/x", False),
        ("docs/.shard/x", True),
        (".sharding-notes/x", True),
        (".hidden", True),
    ],
)
def test_glusters_own_folders_are_nobodys_files(sites: tuple[Path, Path], name: str, listed: bool) -> None:
    put(sites[0], name, b"x")
    assert (name in [item.path for item in compared(sites).differences]) is listed


def test_links_and_folders_are_not_compared(sites: tuple[Path, Path]) -> None:
    (sites[0] / "link").symlink_to("a.txt")
    (sites[0] / "folder").mkdir()
    os.mkfifo(sites[0] / "pipe")
    assert compared(sites).compared == 3


def test_a_sample_is_spread_and_not_the_first_ones(sites: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(97):
        put(sites[0], f"many/{number:03d}", b"x")
    found = compared(sites, "sample", count=10)
    assert (found.compared, found.whole) == (10, False)
    assert [item.path for item in found.differences][-1] > "many/08", "the last folder is looked into, too"
    assert compared(sites, "all", count=10).compared == 100
    monkeypatch.setattr(compare, "LISTED_AT_MOST", 5)
    cut = compared(sites, "sample", count=10)
    assert 0 < cut.compared < 5 and not cut.whole, "what was not even listed was not compared; folders count, too"


@pytest.mark.parametrize(
    ("length", "count", "expected"),
    [(0, 3, []), (3, 3, [0, 1, 2]), (2, 3, [0, 1]), (9, 3, [0, 3, 6]), (10, 4, [0, 2, 5, 7]), (5, 1, [0])],
)
def test_spread(length: int, count: int, expected: list[int]) -> None:
    assert compare.spread(range(length), count) == expected


def test_what_changes_meanwhile_is_no_finding(sites: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    real = compare.old_files
    gone, grown = put(sites[0], "gone", b"gone"), put(sites[0], "grown", b"now longer")
    put(sites[1], "grown", b"now longer")

    def listed(*args: t.Any) -> t.Iterator[tuple[str, int, bool]]:
        for path, size, ripe in list(real(*args)):
            yield path, 3 if path == "grown" else size, ripe
        gone.unlink()

    monkeypatch.setattr(compare, "old_files", listed)
    assert compared(sites).differences == [], "one was removed, one has grown, here and there"
    assert grown.exists()


def test_a_file_that_vanishes_while_it_is_read(sites: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    real = compare._digest

    def vanish(path: str, step: compare.Step) -> str:
        if path.endswith("near/a.txt"):
            os.unlink(path)
        return real(path, step)

    monkeypatch.setattr(compare, "_digest", vanish)
    assert compared(sites).differences == []


def test_a_copy_that_cannot_be_read_is_none(sites: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    real = compare._digest

    def broken(path: str, step: compare.Step) -> str:
        if path.endswith("far/a.txt"):
            raise OSError(5, "Input/output error")
        return real(path, step)

    monkeypatch.setattr(compare, "_digest", broken)
    assert compared(sites).differences == [Difference("a.txt", 4, 4, "content")]


def test_each_step_is_told_and_can_end_it(sites: tuple[Path, Path]) -> None:
    steps = [0]

    def step() -> None:
        steps[0] += 1
        if steps[0] == 5:
            raise PermissionError("enough")

    with pytest.raises(PermissionError, match="enough"):
        compare.compare(str(sites[0]), str(sites[1]), "all", 0, AHEAD, step)
    steps[0] = 100
    compare.compare(str(sites[0]), str(sites[1]), "all", 0, AHEAD, step)
    files = len(list(compare.old_files(str(sites[0]), AHEAD, None)))
    assert files > 1 and steps[0] - 100 > 3 * files, "folders, files, and the content of both"


def test_a_folder_that_cannot_be_listed_is_not_passed_over(sites: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def broken(path: str, why: int) -> t.Any:
        if str(path).endswith("near/docs"):
            raise OSError(why, os.strerror(why))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", lambda path: broken(path, errno.EIO))
    with pytest.raises(OSError, match="Input/output error"):
        compared(sites)
    monkeypatch.setattr(os, "scandir", lambda path: broken(path, errno.ENOENT))
    assert all(not item.path.startswith("docs/") for item in compared(sites).differences), "it is gone by now"


def test_sending_again_touches_neither_content_nor_times(sites: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str, bytes]] = []

    def note(path: str, name: str, value: bytes) -> None:
        asked.append((path, name, value))
        if path.endswith("b.txt"):
            raise OSError(95, "Operation not supported")

    monkeypatch.setattr(compare.os, "setxattr", note)
    before = (sites[0] / "a.txt").stat()
    compare.send_again(str(sites[0]), [Difference(name, 1, None, "missing") for name in ("docs/b.txt", "a.txt")])
    assert asked == [(f"{sites[0]}/{name}", "glusterfs.geo-rep.trigger-sync", b"1") for name in ("docs/b.txt", "a.txt")]
    assert (sites[0] / "a.txt").stat() == before


MANY = [Difference(f"f{number}", 4, 0, "empty") for number in range(5)] + [Difference("m", 4, None, "missing")]


@pytest.mark.parametrize(
    ("comparison", "sent", "expected"),
    [
        (Comparison(0, True, [], 9), 0, ""),
        (Comparison(7, True, [], 0, True), 0, "7 older files are the same on both sites (all of them, byte by byte)."),
        (Comparison(7, True, [], 0), 0, "7 older files are the same on both sites (all of them, by size)."),
        (Comparison(7, False, [], 0), 0, "7 older files are the same on both sites (a sample, by size)."),
    ],
)
def test_what_is_said_of_what_is_right(comparison: Comparison, sent: int, expected: str) -> None:
    assert compare.describe(comparison, "a -> b", sent) == expected


def test_what_is_said_of_what_differs() -> None:
    text = compare.describe(Comparison(9, True, MANY, 0), "a -> b")
    assert text.startswith("a -> b: of 9 older files 1 are missing, 5 are empty on the secondary (f0; f1; f2; ...). ")
    assert "send_again: true" in text and "setfattr -n glusterfs.geo-rep.trigger-sync -v 1 FILE" in text
    again = compare.describe(Comparison(9, True, MANY[:2], 0), "a -> b", sent=6)
    assert again.startswith("a -> b: of 9 older files 2 are empty on the secondary (f0; f1). 6 files were sent again")
    assert "send_again" not in again and "gsyncd.log" in again, "what was done already is not advised"
