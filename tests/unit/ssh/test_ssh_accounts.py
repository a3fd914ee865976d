# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import signal
import stat
import time
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import (
    account_files,
    accounts,
    authorized_keys,
    sshd,
)
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples

OURS = [samples.gsyncd_line(1), samples.tar_line(1)]


def wanted():
    return authorized_keys.read_wanted(OURS, "public_keys")


@pytest.fixture
def account(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return account_files.Account(
        "me", str(home), os.getuid(), os.getgid(), (f"{home}/.ssh/authorized_keys", f"{home}/.ssh/authorized_keys2")
    )


def edit(account, state, check_mode=False):
    return accounts.edit(account_files.LocalFiles(), account, wanted(), state, check_mode=check_mode)


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_a_new_account_gets_folder_and_file(account):
    dry = edit(account, "present", check_mode=True)
    assert dry.changed and not os.path.exists(account.home + "/.ssh")
    real = edit(account, "present")
    assert real == dry
    assert mode(account.home + "/.ssh") == 0o700 and mode(account.files[0]) == 0o600
    with open(account.files[0], encoding="utf-8") as handle:
        assert handle.read() == "".join(line + "\n" for line in OURS)
    again = edit(account, "present")
    assert not again.changed and again.before == again.after == real.after
    assert os.listdir(account.home + "/.ssh") == ["authorized_keys"]


def test_modes_that_sshd_refuses_are_put_right(account):
    edit(account, "present")
    os.chmod(account.home + "/.ssh", 0o775)
    os.chmod(account.files[0], 0o666)
    dry = edit(account, "present", check_mode=True)
    assert dry.changed and mode(account.files[0]) == 0o666
    assert edit(account, "verified").changed
    assert mode(account.files[0]) == 0o666
    assert edit(account, "present") == dry
    assert (mode(account.home + "/.ssh"), mode(account.files[0])) == (0o755, 0o644)
    assert not edit(account, "present").changed


def test_modes_that_are_fine_stay(account):
    edit(account, "present")
    os.chmod(account.files[0], 0o644)
    assert not edit(account, "present").changed
    assert mode(account.files[0]) == 0o644


def test_absent_looks_into_every_file_and_leaves_modes(account):
    edit(account, "present")
    foreign = b"# \xff\r\n" + samples.public(9).line().encode()
    with open(account.files[1], "wb") as handle:
        handle.write(foreign + b"\n" + OURS[0].encode())
    os.chmod(account.files[1], 0o640)
    result = edit(account, "absent")
    assert result.changed and len(result.before) == 3 and result.after == []
    with open(account.files[1], "rb") as handle:
        assert handle.read() == foreign + b"\n"
    assert mode(account.files[1]) == 0o640
    assert not edit(account, "absent").changed


def test_absent_makes_nothing(account):
    assert not edit(account, "absent").changed
    assert os.listdir(account.home) == []


def test_a_link_is_not_followed_for_plain_accounts(account, tmp_path):
    victim = tmp_path / "shadow"
    victim.write_text("root:*:\n")
    os.mkdir(account.home + "/.ssh")
    os.symlink(victim, account.files[0])
    plain = account._replace(uid=12345)
    with pytest.raises(errors.PreconditionFailed, match="symbolic link"):
        edit(plain, "present")
    with pytest.raises(errors.PreconditionFailed, match="symbolic link"):
        accounts.edit(
            account_files.LocalFiles(),
            plain._replace(home=str(tmp_path / "link-home"), files=(_linked_folder(tmp_path) + "/authorized_keys",)),
            wanted(),
            "present",
            check_mode=False,
        )
    assert victim.read_text() == "root:*:\n"


def _linked_folder(tmp_path):
    home = tmp_path / "link-home"
    home.mkdir()
    os.symlink(tmp_path, home / ".ssh")
    return str(home / ".ssh")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can write files as root")
def test_root_may_link_its_file(account, tmp_path):
    real = tmp_path / "real"
    real.write_text("# mine\n")
    os.mkdir(account.home + "/.ssh")
    os.symlink(real, account.files[0])
    edit(account, "present")
    assert os.path.islink(account.files[0])
    assert real.read_text() == "# mine\n" + "".join(line + "\n" for line in OURS)


def test_a_missing_home_is_said(account):
    os.rmdir(account.home)
    with pytest.raises(errors.PreconditionFailed, match="home directory"):
        edit(account, "present")


def test_a_missing_folder_outside_of_the_home_is_said(account):
    with pytest.raises(errors.PreconditionFailed, match="folder /nonexistent/keys"):
        edit(account._replace(files=("/nonexistent/keys/me",)), "present")


def test_no_file_at_all_is_said(account):
    with pytest.raises(errors.PreconditionFailed, match="AuthorizedKeysFile none"):
        edit(account._replace(files=()), "present")


def test_a_failed_write_leaves_nothing_behind(account, monkeypatch):
    edit(account, "present")
    before = Path(account.files[0]).read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_a, **_more: (nothing for nothing in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError):
        edit(account, "absent")
    assert Path(account.files[0]).read_bytes() == before
    assert os.listdir(account.home + "/.ssh") == ["authorized_keys"]


SSHD = """port 22
permitrootlogin without-password
pubkeyauthentication yes
strictmodes yes
forcecommand none
authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2
hostkey /etc/ssh/ssh_host_rsa_key
hostkey /etc/ssh/ssh_host_ed25519_key
"""


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        (
            ".ssh/authorized_keys .ssh/authorized_keys2",
            ("/home/u/.ssh/authorized_keys", "/home/u/.ssh/authorized_keys2"),
        ),
        ("/etc/ssh/keys/%u", ("/etc/ssh/keys/u",)),
        ("%h/k-%U-%%", ("/home/u/k-1001-%",)),
        ("none", ()),
        ("", ("/home/u/.ssh/authorized_keys",)),
    ],
)
def test_where_sshd_looks(value, paths):
    settings = sshd.read_sshd_settings(f"authorizedkeysfile {value}\n") if value else {}
    assert sshd.key_files(settings, "u", "/home/u", 1001) == paths


@pytest.mark.parametrize(
    ("change", "uid", "words"),
    [
        (("", ""), 0, None),
        (("permitrootlogin without-password", "permitrootlogin no"), 0, "PermitRootLogin"),
        (("permitrootlogin without-password", "permitrootlogin no"), 1000, None),
        (("permitrootlogin without-password", "permitrootlogin forced-commands-only"), 0, None),
        (("pubkeyauthentication yes", "pubkeyauthentication no"), 0, "PubkeyAuthentication"),
        (("forcecommand none", "forcecommand internal-sftp"), 0, "ForceCommand"),
        (("port 22", "allowusers a\nallowusers b"), 0, "AllowUsers"),
        (("port 22", "allowusers a\nallowusers u"), 0, None),
        (("port 22", "allowusers *@10.0.0.0/8"), 0, None),
        (("port 22", "denyusers u"), 0, "DenyUsers"),
    ],
)
def test_what_keeps_an_account_out(change, uid, words):
    found = sshd.obstacles(sshd.read_sshd_settings(SSHD.replace(*change) if change[0] else SSHD), "u", uid)
    assert [words in one for one in found] == ([True] if words else [])


def test_a_home_that_others_can_write(account):
    files = account_files.LocalFiles()
    assert accounts.home_obstacles(files, account) == []
    os.chmod(account.home, 0o777)
    assert "can be written by other accounts" in accounts.home_obstacles(files, account)[0]
    os.rmdir(account.home)
    assert "does not exist" in accounts.home_obstacles(files, account)[0]


class Stat:
    """A file system where everything belongs to account 4711."""

    def lstat(self, _path):
        return account_files.Info(4711, 4711, 0o40755)


def test_a_home_of_somebody_else(account):
    assert "belongs to another account" in accounts.home_obstacles(Stat(), account)[0]


def test_host_keys_come_from_the_files_sshd_names(tmp_path, fake_run):
    one, two = samples.public(1), samples.public(2, "ssh-rsa")
    (tmp_path / "a.pub").write_text(one.line() + " root@x\n")
    (tmp_path / "b").write_text("private")
    settings = {"hostkey": [str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "gone")]}
    run = fake_run([(["ssh-keygen", "-y", "-f", str(tmp_path / "b")], (0, two.line() + "\n", ""))])
    assert [key.line() for key in sshd.host_keys(run, settings)] == [one.line(), two.line()]


# --- what a killed module left


@contextlib.contextmanager
def writing(path):
    """A module that has written a new file beside a file, and has yet to put it in its place."""
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.replace = lambda *_paths, **_more: (os.write(into, b"x"), time.sleep(60))
        account_files.LocalFiles().replace(path, b"half", 0o600, os.getuid(), os.getgid())
        os._exit(0)
    try:
        assert os.read(out, 1) == b"x"
        yield pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        os.close(out)
        os.close(into)


def kill(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def beside(path):
    return sorted(os.listdir(os.path.dirname(path)))


@pytest.mark.parametrize("next_run", ["present", "absent", "nothing to do"])
def test_what_a_killed_module_wrote_goes_with_the_next_run(account, next_run):
    path = account.files[0]
    os.mkdir(os.path.dirname(path), 0o700)
    if next_run == "nothing to do":
        edit(account, "present")
    with writing(path) as pid:
        kill(pid)
        before = beside(path)
        assert len(before) == 1 + os.path.exists(path) and any(".georep-" in name for name in before)
        edit(account, "present", check_mode=True)
        edit(account, "verified")
        assert beside(path) == before
        edit(account, "absent" if next_run == "absent" else "present")
    assert beside(path) == ["authorized_keys"] * (next_run != "absent")


def test_what_a_living_module_writes_stays(account):
    path = account.files[0]
    edit(account, "present")
    with writing(path):
        before = beside(path)
        edit(account, "absent")
        account_files.LocalFiles().replace(path, b"whole", 0o600, os.getuid(), os.getgid())
        assert beside(path) == before and len(before) == 2


def test_what_others_have_beside_it_stays(account):
    path = account.files[0]
    edit(account, "present")
    for name in ("authorized_keys.georep-mine", "authorized_keys2.georep-0123456789ab", "authorized_keys.georep-0123456789ab.bak", "x.georep-0123456789ab"):
        with open(os.path.join(os.path.dirname(path), name), "wb"):
            pass
    before = beside(path)
    account_files.LocalFiles().sweep(path)
    account_files.LocalFiles().sweep(account.home + "/none/file")
    assert beside(path) == before


def test_one_that_was_given_to_the_file_s_owner_is_ours_too(account):
    if os.geteuid() != 0:
        pytest.skip("needs root")
    path = account.files[0]
    edit(account, "present")
    for name, owner in (("0123456789ab", 4711), ("0123456789ac", 4712)):
        with open(f"{path}.georep-{name}", "wb"):
            pass
        os.chown(f"{path}.georep-{name}", owner, -1)
    os.chown(path, 4711, -1)
    account_files.LocalFiles().sweep(path)
    assert beside(path) == ["authorized_keys", "authorized_keys.georep-0123456789ac"]
