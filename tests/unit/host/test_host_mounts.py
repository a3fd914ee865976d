# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A look into a volume: what is run, and that nothing is left behind."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._host import mounts, places
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors

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
        monkeypatch.setattr(mounts, "PLACE", str(tmp_path))
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
            f"--pid-file={where}.pid",
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
def test_a_time_out_anywhere_is_cleaned_up(world: t.Callable[..., World], where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = world(**{where: errors.CommandTimeout("slow")})
    ended: list[str] = []
    monkeypatch.setattr(mounts, "_kill", ended.append)
    with pytest.raises(errors.CommandTimeout if where == "glusterfs" else errors.PreconditionFailed, match=r"did not answer|slow"):
        mounts.read_usage(run, "projects")
    assert ended == [run.argvs[0][-1]], "what still waits in there is let go"
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


# --- a volume that hangs


class Client:
    """A process that stands for glusterfs: while it lives, what is read from its mount waits."""

    def __init__(self, folder: Path) -> None:
        self.mount = mounts.Mount(str(folder / "georep-projects-x"), "projects-dr", "dr1")
        argv = ["glusterfs", "-c", "import time; time.sleep(60)", self.mount.where]
        self.process = subprocess.Popen(argv, executable=sys.executable, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    def tell(self, pid: int | str) -> None:
        Path(f"{self.mount.where}.pid").write_text(f"{pid}\n", encoding="ascii")

    def read(self) -> None:
        """Ends with the process only."""
        assert self.process.stdout is not None
        self.process.stdout.read()

    @property
    def lives(self) -> bool:
        return self.process.poll() is None


@pytest.fixture
def client(tmp_path: Path) -> t.Iterator[Client]:
    made = Client(tmp_path)
    made.tell(made.process.pid)
    # Between fork and exec its words are still those of this process.
    end = time.monotonic() + 30
    while made.mount.where not in Path(f"/proc/{made.process.pid}/cmdline").read_text() and time.monotonic() < end:
        time.sleep(0.01)
    yield made
    made.process.kill()
    made.process.wait()


def test_what_hangs_is_ended_and_says_whose_volume_it_was(client: Client) -> None:
    with pytest.raises(errors.PreconditionFailed, match=r"volume projects-dr of dr1 is mounted and did not answer within 0\.2 seconds") as caught:
        with mounts.answering(client.mount, seconds=0.2):
            client.read()
    assert "24007" in (caught.value.remedy or "") and "hangs" in (caught.value.remedy or "")
    assert client.process.wait(30) == -9


def test_what_fails_once_time_is_up_is_that(client: Client) -> None:
    def break_off() -> None:
        client.process.wait(30)
        raise OSError(errno.ECONNABORTED, "Software caused connection abort")

    with pytest.raises(errors.PreconditionFailed, match="did not answer"), mounts.answering(client.mount, seconds=0.1):
        break_off()


def test_what_fails_in_time_is_nothing_else(client: Client) -> None:
    with pytest.raises(FileNotFoundError), mounts.answering(client.mount):
        os.stat(f"{client.mount.where}/none")
    assert client.lives


def test_what_ends_in_time_leaves_the_mount_alone(client: Client) -> None:
    with mounts.answering(client.mount, seconds=0.5):
        pass
    time.sleep(0.8)
    assert client.lives


def test_each_step_has_all_the_time_and_none_comes_after_it(client: Client) -> None:
    with mounts.answering(client.mount, seconds=2) as step:
        for _step in range(6):
            time.sleep(0.5)
            step()
    assert client.lives

    def go_on() -> None:
        with mounts.answering(client.mount, seconds=0.1) as step:
            client.read()
            step()
            pytest.fail("nothing can be done in there any more")

    with pytest.raises(errors.PreconditionFailed, match="did not answer"):
        go_on()


def test_of_two_mounts_both_are_named_and_ended(client: Client, tmp_path: Path) -> None:
    other = mounts.Mount(str(tmp_path / "near"), "projects")
    with pytest.raises(errors.PreconditionFailed, match=r"^The volume projects of localhost, or the volume projects-dr of dr1 is mounted"):
        with mounts.answering(other, client.mount, seconds=0.1):
            client.read()


@pytest.mark.parametrize("told", ["1", "0", "-1", "", "glusterfs"])
def test_nobody_else_s_process_is_ended(client: Client, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _signal: ended.append(pid))
    client.tell(told)
    with pytest.raises(errors.PreconditionFailed), mounts.answering(client.mount, seconds=0.05):
        time.sleep(0.5)
    assert ended == []


def test_a_mount_s_number_does_not_stay(world: t.Callable[..., World]) -> None:
    run = world()
    with mounts.mounted(run, "projects") as where:
        Path(f"{where}.pid").write_text("7\n", encoding="ascii")
    assert list(run.folder.iterdir()) == []


@pytest.mark.parametrize("umount", [errors.CommandTimeout("slow"), (32, "", "umount: target is busy")])
def test_where_unmounting_fails_the_mount_s_process_goes(world: t.Callable[..., World], umount: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = world(umount=umount)
    ended: list[str] = []
    monkeypatch.setattr(mounts, "_kill", ended.append)
    with pytest.raises(RuntimeError, match="what went wrong"), mounts.mounted(run, "projects") as where:
        raise RuntimeError("what went wrong")
    assert ended == [where, where] and list(run.folder.iterdir()) == []


# --- what a killed module left


class Served:
    """A mount's process, by the words that it is known by."""

    def __init__(self, *words: str) -> None:
        argv = ["glusterfs", "-c", "import time; time.sleep(60)", *words]
        self.process = subprocess.Popen(argv, executable=sys.executable, stdin=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + 30
        while os.fsencode(words[-1]) not in Path(f"/proc/{self.process.pid}/cmdline").read_bytes() and time.monotonic() < end:
            time.sleep(0.01)

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_rest: object) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def lives(self) -> bool:
        return self.process.poll() is None


@contextlib.contextmanager
def module(run: World, volume: str) -> t.Iterator[tuple[int, str]]:
    """A process that has a volume mounted, and where."""
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        with mounts.mounted(run, volume) as where:
            for more in ("log", "pid"):
                Path(f"{where}.{more}").touch()
            os.write(into, where.encode() + b"\n")
            time.sleep(60)
        os._exit(0)
    os.close(into)
    try:
        with os.fdopen(out, encoding="utf-8") as told:
            yield pid, told.readline().strip()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


@pytest.mark.parametrize("is_mounted", [True, False])
def test_what_a_killed_module_left_goes_with_the_next_mount(world: t.Callable[..., World], is_mounted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    run = world()
    monkeypatch.setattr(places, "mount_points", lambda: {left} if is_mounted else set())
    # A glusterfs that starts has a parent with the same words.
    with module(run, "projects") as (pid, left):
        with Served(left) as first, Served("--x", left) as second:
            assert sorted(run.folder.iterdir()) == sorted(Path(left + end) for end in ("", ".lock", ".log", ".pid"))
            kill(pid)
            with mounts.mounted(run, "media") as where:
                assert sorted(run.folder.iterdir()) == sorted([Path(where), Path(where + ".lock")])
            assert not first.lives and not second.lives
    swept = [["umount", "--lazy", left]] if is_mounted else []
    assert run.argvs[: len(swept) + 1] == [*swept, next(argv for argv in run.argvs if argv[0] == "glusterfs")]
    assert list(run.folder.iterdir()) == []


def test_what_a_living_module_has_mounted_stays(world: t.Callable[..., World]) -> None:
    """Of another process, and of another thread of this one."""
    run = world()
    with module(run, "projects") as (_pid, left):
        with Served(left) as served, mounts.mounted(run, "own") as own, mounts.mounted(run, "media"):
            assert served.lives
            for where in (left, own):
                assert os.path.isdir(where) and os.path.exists(where + ".lock")
    assert ["umount", "--lazy", left] not in run.argvs


@pytest.mark.parametrize("ends", [(), ("",), ("", ".log"), ("", ".log", ".pid"), (".pid",)])
def test_at_whatever_moment_it_was_killed(world: t.Callable[..., World], ends: t.Sequence[str]) -> None:
    run = world()
    left = run.folder / "georep-a-b.c-0123456789ab"
    Path(f"{left}.lock").touch()
    for end in ends:
        Path(f"{left}{end}").touch() if end else left.mkdir()
    mounts.sweep(run)
    assert run.argvs == [] and list(run.folder.iterdir()) == []


def test_what_cannot_be_told_to_be_ours_stays(world: t.Callable[..., World]) -> None:
    run = world()
    names = ["georep-a-0123456789ab", "georep-a-0123456789ab.pid", "georep-a-x.lock", "other-0123456789ab.lock", "georep-0123456789ab.lock.x"]
    for name in names:
        (run.folder / name).touch()
    (run.folder / "georep-link-0123456789ab.lock").symlink_to(run.folder / "georep-a-x.lock")
    (run.folder / "georep-dir-0123456789ab.lock").mkdir()
    os.mkfifo(run.folder / "georep-fifo-0123456789ab.lock")
    if os.geteuid() == 0:
        (run.folder / "georep-other-0123456789ab.lock").touch()
        os.chown(run.folder / "georep-other-0123456789ab.lock", 4711, -1)
    before = sorted(run.folder.iterdir())
    mounts.sweep(run)
    assert run.argvs == [] and sorted(run.folder.iterdir()) == before


def test_no_other_process_is_ended(world: t.Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> None:
    """A brick's, a user's mount, or somebody who looks at our folder."""
    run = world()
    left = str(run.folder / "georep-a-0123456789ab")
    Path(f"{left}.lock").touch()
    with Served(left, "/mnt/users") as users, Served(f"{left}0") as longer:
        with subprocess.Popen(["tail", "-f", "/dev/null", left], stderr=subprocess.DEVNULL) as looks:
            mounts.sweep(run)
            assert users.lives and longer.lives and looks.poll() is None
            looks.kill()


def test_a_mount_that_cannot_be_ended_is_left_to_the_next_run(world: t.Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> None:
    run = world(umount=(32, "", "umount: target is busy"))
    monkeypatch.setattr(places, "mount_points", lambda: {str(left)})
    left = run.folder / "georep-a-0123456789ab"
    (left / "busy").mkdir(parents=True)
    for end in ("lock", "log"):
        Path(f"{left}.{end}").touch()
    before = sorted(run.folder.iterdir())
    mounts.sweep(run)
    assert sorted(run.folder.iterdir()) == before
    (left / "busy").rmdir()
    mounts.sweep(run)
    assert list(run.folder.iterdir()) == []
