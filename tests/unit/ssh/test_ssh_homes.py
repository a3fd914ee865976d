# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Root in the home of an account that means harm: what lies there, and what is exchanged while root looks.

The account has no entry in passwd, only a uid. The files are reached as on this node and as over a login.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import stat
import tempfile
import time
import types
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import key_work
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import (
    account_files,
    accounts,
    authorized_keys,
    bootstrap,
    sshd,
    walk,
)
from ansible_collections.glusterops.georep.plugins.modules import gluster_georep_authorized_keys, gluster_ssh_trust
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples
from ansible_collections.glusterops.georep.tests.unit.ssh.shell_login import TARGET, Channel

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be led astray")
RACER, OTHER = 4711, 4712
SECRET = "only-root-may-read-this"
KEYS = "authorized_keys"
COPY = "v_dr_common_secret.pem.pub"
WANTED = authorized_keys.read_wanted([samples.gsyncd_line(1), samples.tar_line(1)], "public_keys")


class Place(t.NamedTuple):
    """A home, and beside it a folder of root with files that have the names of those in the home."""

    top: Path

    @property
    def home(self) -> Path:
        return self.top / "home"

    @property
    def path(self) -> Path:
        return self.home / ".ssh" / KEYS

    @property
    def victim(self) -> Path:
        return self.top / "root" / KEYS

    @property
    def account(self) -> account_files.Account:
        return account_files.Account("racer", str(self.home), RACER, RACER, (str(self.path),))

    def root(self) -> dict[str, t.Any]:
        return tree(self.top / "root")


def tree(top: Path) -> dict[str, t.Any]:
    """Everything below a folder that root could change by mistake."""
    found = {}
    for path in [top, *sorted(top.rglob("*"))]:
        info = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(info.st_mode) and info.st_size < 1 << 20 else b""
        found[str(path)] = (info.st_mode, info.st_uid, info.st_gid, info.st_ino, info.st_size, content)
    return found


def give(path: Path, uid: int = RACER) -> Path:
    os.chown(path, uid, uid, follow_symlinks=False)
    return path


@pytest.fixture
def place() -> t.Iterator[Place]:
    made = Place(Path(tempfile.mkdtemp(prefix="georep-home-")))
    made.top.chmod(0o755)
    (made.top / "root").mkdir()
    for name in (KEYS, COPY):
        (made.top / "root" / name).write_text(f"# {SECRET}\n")
        (made.top / "root" / name).chmod(0o600)
    made.home.mkdir(mode=0o755)
    made.path.parent.mkdir(mode=0o755)
    give(made.home), give(made.path.parent)
    yield made
    shutil.rmtree(made.top)


@pytest.fixture(params=["on this node", "over a login"])
def files(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[account_files.Files]:
    if request.param == "on this node":
        yield account_files.LocalFiles("dr1")
        return
    monkeypatch.setattr(bootstrap, "load", lambda: types.SimpleNamespace(SSHException=RuntimeError))
    channel = Channel("true")
    transport = types.SimpleNamespace(open_session=lambda timeout: channel)
    yield bootstrap.RemoteFiles(types.SimpleNamespace(get_transport=lambda: transport), TARGET, "root", 5)
    channel.close()


@contextlib.contextmanager
def within(seconds: int) -> t.Iterator[None]:
    """A FIFO would be waited for without end."""

    def late(*_given: t.Any) -> None:
        raise AssertionError(f"not done within {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# --- what lies there -------------------------------------------------------------------------------------------------


def fifo(path: Path, _place: Place) -> None:
    os.mkfifo(path, 0o666)


def unix_socket(path: Path, _place: Place) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


def device(path: Path, _place: Place) -> None:
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))


def folder(path: Path, _place: Place) -> None:
    path.mkdir()


def link(path: Path, place: Place) -> None:
    path.symlink_to(place.victim)


def link_to_a_large_file(path: Path, place: Place) -> None:
    with open(place.top / "large", "wb") as file:
        file.truncate(1 << 28)
    path.symlink_to(place.top / "large")


def hard_link(path: Path, place: Place) -> None:
    os.link(place.victim, path)


def hard_link_of_another(path: Path, place: Place) -> None:
    other = place.top / "other"
    other.write_text(f"# {SECRET}\n")
    other.chmod(0o644)
    os.link(give(other, OTHER), path)


def large(path: Path, _place: Place) -> None:
    with open(path, "wb") as file:
        file.truncate(walk.LIMIT + 1)


BAD = [
    (fifo, "is a FIFO"),
    (unix_socket, "is a socket"),
    (device, "is a device"),
    (folder, "is a directory"),
    (link, "is a symbolic link"),
    (link_to_a_large_file, "is a symbolic link"),
    (hard_link, "is a hard link to a file of root"),
    (hard_link_of_another, f"is a hard link to a file of uid {OTHER}"),
    (large, "is larger than 1048576 bytes"),
]
IDS = [make.__name__ for make, _words in BAD]


@pytest.mark.parametrize(("make", "words"), BAD, ids=IDS)
def test_what_is_no_plain_file_is_refused_in_every_state(place: Place, files: account_files.Files, make: t.Any, words: str) -> None:
    make(place.path, place)
    if make not in (hard_link, hard_link_of_another):
        give(place.path)
    before = tree(place.top)
    for state, check_mode in (("present", True), ("present", False), ("verified", False), ("absent", True), ("absent", False)):
        with within(20), pytest.raises(errors.PreconditionFailed) as caught:
            accounts.edit(files, place.account, WANTED, state, check_mode=check_mode)
        assert caught.value.message == (
            f"{place.path} of the account racer on dr1 {words}. Nothing of the account racer was changed."
        )
        assert "owned by racer" in str(caught.value.remedy)
        assert tree(place.top) == before


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (fifo, "of the account racer on dr1 is not a directory"),
        (link, f"/{KEYS} of the account racer on dr1 leads through the symbolic link .ssh,"),
        (large, "of the account racer on dr1 is not a directory"),
    ],
)
def test_what_is_no_folder_is_refused(place: Place, files: account_files.Files, make: t.Any, words: str) -> None:
    place.path.parent.rmdir()
    make(place.path.parent, place)
    give(place.path.parent)
    before = tree(place.top)
    for state, check_mode in (("present", True), ("present", False), ("verified", False)):
        with within(20), pytest.raises(errors.PreconditionFailed, match=rf"/home/\.ssh ?{words}"):
            accounts.edit(files, place.account, WANTED, state, check_mode=check_mode)
        assert tree(place.top) == before


def test_a_folder_of_the_keys_that_is_a_link_is_not_followed(place: Place, files: account_files.Files) -> None:
    place.path.parent.rmdir()
    give_link = place.home / ".ssh"
    give_link.symlink_to(place.top / "root")
    give(give_link)
    before = tree(place.top)
    for state in ("present", "absent"):
        with pytest.raises(errors.PreconditionFailed, match="symbolic link"):
            accounts.edit(files, place.account, WANTED, state, check_mode=False)
    assert tree(place.top) == before


def test_what_belongs_to_others_is_not_given_away(place: Place, files: account_files.Files) -> None:
    for path, owner, wanted in ((place.path, OTHER, []), (place.path.parent, OTHER, WANTED), (place.path.parent, 0, WANTED)):
        place.path.write_text("# mine\n")
        give(place.path), give(place.path.parent)
        give(path, owner)
        before = tree(place.top)
        for check_mode in (True, False):
            with pytest.raises(errors.PreconditionFailed, match="belongs to"):
                accounts.edit(files, place.account, wanted, "present", check_mode=check_mode)
        assert tree(place.top) == before


def test_a_file_of_root_in_the_account_s_folder_becomes_the_account_s(place: Place, files: account_files.Files) -> None:
    place.path.write_text("# mine\n")
    place.path.chmod(0o644)
    assert accounts.edit(files, place.account, WANTED, "present", check_mode=False).changed
    assert (place.path.stat().st_uid, place.path.stat().st_gid) == (RACER, RACER)
    assert place.path.read_text().startswith("# mine\ncommand=")
    assert not accounts.edit(files, place.account, WANTED, "present", check_mode=False).changed
    # One name more is the account's own affair, as long as the file is its own.
    os.link(place.path, place.home / "kept")
    assert accounts.edit(files, place.account, WANTED, "absent", check_mode=False).changed
    assert place.path.read_text() == "# mine\n" and "command=" in (place.home / "kept").read_text()


def test_in_a_folder_that_root_keeps_root_writes(place: Place, files: account_files.Files) -> None:
    """AuthorizedKeysFile /etc/ssh/keys/%u: the account cannot put anything there."""
    kept = place.account._replace(files=(str(place.top / "root" / "racer"),))
    for _turn in range(2):
        accounts.edit(files, kept, WANTED, "present", check_mode=False)
    path = place.top / "root" / "racer"
    assert path.stat().st_uid == RACER and path.read_text().count("command=") == 2
    # Root's own links to there are root's affair.
    (place.top / "keys").symlink_to("root")
    assert not accounts.edit(files, kept._replace(files=(f"{place.top}/keys/racer",)), WANTED, "present", check_mode=False).changed
    path.unlink()
    os.mkfifo(path)
    with within(20), pytest.raises(errors.PreconditionFailed, match="is a FIFO"):
        accounts.edit(files, kept, WANTED, "verified", check_mode=False)


def test_all_files_are_looked_at_before_the_first_is_changed(place: Place, files: account_files.Files) -> None:
    place.path.write_text(samples.gsyncd_line(1) + "\n")
    give(place.path)
    second = place.path.with_name("authorized_keys2")
    os.mkfifo(second)
    before = tree(place.top)
    with within(20), pytest.raises(errors.PreconditionFailed, match="authorized_keys2 of the account racer"):
        accounts.edit(files, place.account._replace(files=(str(place.path), str(second))), WANTED, "absent", check_mode=False)
    assert tree(place.top) == before


# --- copies of public keys -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delivery", ["local", "ssh"])
@pytest.mark.parametrize(("make", "words"), BAD, ids=IDS)
def test_copies_that_are_no_plain_files(
    place: Place, fake_run: t.Any, run_module: t.Any, monkeypatch: pytest.MonkeyPatch, make: t.Any, words: str, delivery: str
) -> None:
    """A copy that is refused keeps the keys in place, too: nothing is half done."""
    make(place.home / COPY, place)
    if make not in (hard_link, hard_link_of_another):
        give(place.home / COPY)
    place.path.write_text(samples.gsyncd_line(1) + "\n")
    give(place.path)
    folder_of_root = place.top / "georep"
    folder_of_root.mkdir()
    (folder_of_root / "known_hosts").touch()
    given: dict[str, t.Any] = dict(
        state="absent", public_keys=[samples.gsyncd_line(1)], copies_of=[dict(primary_volume="v", secondary_volume="dr")]
    )
    module = gluster_georep_authorized_keys if delivery == "local" else gluster_ssh_trust
    if delivery == "local":
        given.update(account="racer")
    else:
        given.update(secondaries=[dict(secondary_host="dr1", secondary_user="racer")], bootstrap_user="root", bootstrap_password="pssst")
        given.update(known_hosts_file=str(folder_of_root / "known_hosts"))

    class Login:
        def __init__(self, *_given: t.Any, **_more: t.Any) -> None:
            self.files = account_files.LocalFiles("dr1")

        def __enter__(self) -> t.Any:
            return self

        def __exit__(self, *_exc: t.Any) -> None:
            pass

        def account(self, _user: str) -> account_files.Account:
            return place.account

    context = key_work.Context
    monkeypatch.setattr(key_work, "Context", lambda *given, **more: context(*given, login=Login, georep_dir=str(folder_of_root), **more))
    monkeypatch.setattr(bootstrap, "load", lambda: None)
    monkeypatch.setattr(sshd, "local_settings", lambda _run, _user: {"hostkey": [str(place.top / "none")]})
    monkeypatch.setattr(accounts, "local_account", lambda _user, _settings, _more=False: place.account)
    before = tree(place.top)
    for check_mode in (True, False):
        with within(20):
            result = run_module(module, given, check_mode=check_mode, run=fake_run())
        assert result.failed and not result.changed and f"{COPY} of the account racer on " in result["msg"] and words in result["msg"], result
        assert SECRET not in repr(dict(result)) and tree(place.top) == before


# --- what is exchanged while root looks ------------------------------------------------------------------------------


def exchange_file(place: Place) -> None:
    """The file of the keys: now one that others may write, now a link."""
    new = f"{place.path}.new"
    while True:
        for target in (place.victim, place.top / "root"):
            with contextlib.suppress(OSError):
                os.symlink(target, new)
                os.rename(new, place.path)
                with open(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o666), "w") as file:
                    file.write("# mine\n")
                os.rename(new, place.path)


def exchange_folder(place: Place) -> None:
    """The folder of the keys: now one whose mode has to be put right, now a link to one of root with a file of the same name."""
    folder, other = place.path.parent, place.home / "folder"
    with contextlib.suppress(OSError):
        os.symlink(place.top / "root", place.home / "link")
    while True:
        with contextlib.suppress(OSError):
            os.chmod(other, 0o777)
        with contextlib.suppress(OSError):
            os.rename(folder, other)
        with contextlib.suppress(OSError):
            os.rename(place.home / "link", folder)
        with contextlib.suppress(OSError):
            os.rename(folder, place.home / "link")
        with contextlib.suppress(OSError):
            os.rename(other, folder)


def exchange_temporary(place: Place) -> None:
    """The new file, before it is given an owner and a mode."""
    while True:
        with contextlib.suppress(OSError):
            for name in os.listdir(place.path.parent):
                if ".georep-" in name:
                    os.unlink(place.path.parent / name)
                    os.symlink(place.victim, place.path.parent / name)


def exchange_for_a_fifo(place: Place) -> None:
    new = f"{place.path}.new"
    while True:
        with contextlib.suppress(OSError):
            os.mkfifo(new, 0o666)
            os.rename(new, place.path)
            with open(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o666), "w") as file:
                file.write("# mine\n")
            os.rename(new, place.path)


@contextlib.contextmanager
def at_work(work: t.Callable[[Place], None], place: Place) -> t.Iterator[None]:
    """A process of the account that does this in a loop."""
    pid = os.fork()
    if pid == 0:
        os.umask(0)
        os.setgroups([])
        os.setgid(RACER)
        os.setuid(RACER)
        try:
            work(place)
        finally:
            os._exit(1)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGKILL)
        assert os.waitpid(pid, 0)[1] == signal.SIGKILL, "the account gave up"


@pytest.mark.parametrize("work", [exchange_file, exchange_folder, exchange_temporary, exchange_for_a_fifo])
def test_a_loop_in_the_account_gains_nothing(place: Place, files: account_files.Files, work: t.Callable[[Place], None]) -> None:
    rounds = 1000 if isinstance(files, account_files.LocalFiles) else 200
    before, told, done = place.root(), set(), 0
    with at_work(work, place), within(120):
        for number in range(rounds):
            try:
                accounts.edit(files, place.account, WANTED, "absent" if number % 2 else "present", check_mode=False)
                done += 1
            except (errors.PreconditionFailed, OSError) as exc:
                told.add(str(exc))
            assert place.root() == before, (number, told)
    assert not [text for text in told if SECRET in text]
    leaked = [path for path in place.home.rglob("*") if path.is_file() and not path.is_symlink() and SECRET in path.read_text(errors="replace")]
    assert not leaked, "what only root may read was copied into the home"
    assert done or told


def test_an_account_that_exchanges_its_logs_is_given_nothing_else(place: Place) -> None:
    """gsyncd's logs on a secondary node lie in a folder of the log group; a withdrawal or a change of account gives them away."""
    started = time.monotonic()
    logs = place.home / "log"
    logs.mkdir()
    give(logs)
    for make in (hard_link, link, fifo):
        with contextlib.suppress(FileNotFoundError):
            (logs / "gsyncd.log").unlink()
        make(logs / "gsyncd.log", place)
        before = place.root()
        with pytest.raises(errors.PreconditionFailed):
            account_files.LocalFiles("dr1").repair(str(logs / "gsyncd.log"), None, OTHER, OTHER)
        assert place.root() == before
    assert time.monotonic() - started < 20
