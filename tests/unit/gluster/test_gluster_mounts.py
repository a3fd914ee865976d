# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A look into a volume: what is run, and that nothing is left behind."""

from __future__ import annotations

import os
import tempfile
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import errors, mounts

DF = "      1B-blocks        Used       Avail\n 10737418240   104857600 10632560640\n"


class World:
    """A runner that plays glusterfs, and a kernel that knows one mount."""

    def __init__(self, folder: Path, **answers: t.Any) -> None:
        self.folder = folder
        self.answers = answers
        self.argvs: list[list[str]] = []
        self.timeouts: list[float | None] = []
        self.is_mounted = answers.get("mounted", True)

    def __call__(self, argv: t.Sequence[str], *, timeout: float | None = None, **_rest: t.Any) -> tuple[int, str, str]:
        self.argvs.append(list(argv))
        self.timeouts.append(timeout)
        answer = self.answers.get(argv[0], {"df": (0, DF, ""), "ls": (0, "", "")}.get(argv[0], (0, "", "")))
        if argv[0] == "glusterfs" and "log" in self.answers:
            log = next(word.partition("=")[2] for word in argv if word.startswith("--log-file="))
            Path(log).write_text(self.answers["log"])
        if isinstance(answer, BaseException):
            raise answer
        return t.cast("tuple[int, str, str]", answer)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., World]:
    """Mount points below a folder of the test, and os.path.ismount as the world has it."""

    def make(**answers: t.Any) -> World:
        made = World(tmp_path, **answers)
        real = tempfile.mkdtemp
        monkeypatch.setattr(tempfile, "mkdtemp", lambda prefix, dir: real(prefix=prefix, dir=str(tmp_path)))
        monkeypatch.setattr(os.path, "ismount", lambda path: made.is_mounted)
        return made

    return make


@pytest.mark.parametrize(
    ("writable", "as_gsyncd", "how"),
    [(False, True, ["--read-only"]), (False, False, ["--read-only"]), (True, True, ["--client-pid=-1"]), (True, False, [])],
)
def test_what_is_run(world: t.Callable[..., World], writable: bool, as_gsyncd: bool, how: list[str]) -> None:
    run = world()
    with mounts.mounted(run, "projects-dr", "dr1", writable=writable, as_gsyncd=as_gsyncd) as where:
        assert os.path.isdir(where)
        assert os.path.basename(where).startswith("georep-projects-dr-")
    assert run.argvs == [
        [
            "glusterfs",
            *how,
            "--attribute-timeout=0",
            "--entry-timeout=0",
            "--volfile-server=dr1",
            "--volfile-id=projects-dr",
            f"--log-file={where}.log",
            where,
        ],
        ["stat", "--format=%i", where],
        ["umount", "--lazy", where],
    ]
    assert all(run.timeouts), "each has a time limit"
    assert list(run.folder.iterdir()) == []


@pytest.mark.parametrize(
    "answers",
    [
        {"glusterfs": (1, "", "refused")},
        {"stat": (1, "", "Transport endpoint is not connected")},
        {"mounted": False},
    ],
)
def test_a_mount_that_fails_is_cleaned_up_and_explained(
    world: t.Callable[..., World], answers: dict[str, t.Any]
) -> None:
    run = world(log="[x] I [fine] y\n[x] E [MSGID: 1] connection to dr1:24007 failed\n", **answers)
    with pytest.raises(errors.PreconditionFailed, match="projects-dr of dr1 cannot be mounted") as caught:
        with mounts.mounted(run, "projects-dr", "dr1"):
            pytest.fail("there is nothing to look into")
    assert "24007" in (caught.value.remedy or "")
    assert "connection to dr1:24007 failed" in (caught.value.stderr or "")
    assert "fine" not in (caught.value.stderr or "")
    assert run.argvs[-1][:2] == ["umount", "--lazy"]
    assert list(run.folder.iterdir()) == []


@pytest.mark.parametrize("where", ["glusterfs", "stat", "df", "ls"])
def test_a_time_out_anywhere_is_cleaned_up(world: t.Callable[..., World], where: str) -> None:
    run = world(**{where: errors.CommandTimeout("slow")})
    with pytest.raises(errors.CommandTimeout):
        mounts.read_usage(run, "projects")
    assert run.argvs[-1][:2] == ["umount", "--lazy"]
    assert list(run.folder.iterdir()) == []


def test_an_error_inside_is_cleaned_up_too(world: t.Callable[..., World]) -> None:
    run = world()
    with pytest.raises(RuntimeError), mounts.mounted(run, "projects"):
        raise RuntimeError
    assert run.argvs[-1][:2] == ["umount", "--lazy"]
    assert list(run.folder.iterdir()) == []


def test_usage(world: t.Callable[..., World]) -> None:
    run = world(ls=(0, ".trashcan\n.glusterfs\nfile\n.hidden\n", ""))
    usage = mounts.read_usage(run, "projects")
    assert usage == mounts.Usage(10737418240, 104857600, 10632560640, ("file", ".hidden"))
    where = run.argvs[0][-1]
    assert {"--read-only", "--volfile-server=localhost", "--volfile-id=projects"} < set(run.argvs[0])
    assert run.argvs[2:4] == [["df", "--block-size=1", "--output=size,used,avail", where], ["ls", "-A", where]]


def test_gluster_s_own_folders_do_not_count(world: t.Callable[..., World]) -> None:
    assert mounts.read_usage(world(ls=(0, ".trashcan\n.shard\n.glusterfs-anonymous-inode\n", "")), "v").entries == ()


@pytest.mark.parametrize(("program", "says"), [("df", "could not measure"), ("ls", "cannot be listed")])
def test_a_look_that_fails_is_unreadable(world: t.Callable[..., World], program: str, says: str) -> None:
    run = world(**{program: (1, "", "Input/output error\n")})
    with pytest.raises(errors.UnreadableOutput, match=says):
        mounts.read_usage(run, "projects")
    assert run.argvs[-1][:2] == ["umount", "--lazy"]
