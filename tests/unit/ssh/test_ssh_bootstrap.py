# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of other nodes: the real program in a shell of this machine, in place of one at the other end of a login."""

from __future__ import annotations

import base64
import fcntl
import os
import re
import types
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import SSH_FAILURES
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import (
    bootstrap,
    descriptors,
    known_hosts,
    sshd,
    walk,
)
from ansible_collections.glusterops.georep.plugins.module_utils._ssh.answers import Target
from ansible_collections.glusterops.georep.tests.unit.cases import text_of
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples
from ansible_collections.glusterops.georep.tests.unit.ssh.shell_login import TARGET, Channel

CREDENTIALS = bootstrap.Credentials("root", "secret", None, None)


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[t.Callable[..., bootstrap.RemoteFiles]]:
    """Files over a login whose shell does something before; the login ends with the test."""
    monkeypatch.setattr(bootstrap, "load", lambda: types.SimpleNamespace(SSHException=RuntimeError))
    channels = []

    def log_in(before: str = "true", timeout: int = 1) -> bootstrap.RemoteFiles:
        channels.append(Channel(before))
        transport = types.SimpleNamespace(open_session=lambda timeout: channels[-1])
        client = types.SimpleNamespace(get_transport=lambda: transport)
        return bootstrap.RemoteFiles(client, TARGET, "root", timeout, "the bootstrap password", SSH_FAILURES)

    yield log_in
    for channel in channels:
        if channel.process.poll() is None:
            channel.close()


def test_what_a_file_goes_through(login: t.Any, tmp_path: Path) -> None:
    """After a login script has said things, without a line end too."""
    files = login("echo Welcome; echo; printf '\\377 quota: 3 %%'")
    path, own = tmp_path / "far" / "größe\n", (os.getuid(), os.getgid())
    assert files.lstat(str(path)) is None and files.read(str(path)) is None
    files.mkdir(str(path.parent), *own)
    assert path.parent.stat().st_mode & 0o7777 == 0o700
    content = bytes(range(256)) * 4096
    files.replace(str(path), content, 0o640, *own)
    assert files.read(str(path)) == path.read_bytes() == content and len(content) == walk.LIMIT
    assert files.lstat(str(path))[:2] == own and files.lstat(str(path)).mode == 0o100640
    files.repair(str(path), 0o600, *own)
    assert path.stat().st_mode & 0o7777 == 0o600 and os.listdir(path.parent) == [path.name]
    files.remove(str(path))
    assert not path.exists() and files.as_root(str(path)) is (os.geteuid() == 0)
    assert files.passwd("root") == ("/root", 0, 0) and files.passwd("nobodyknows") is None
    (tmp_path / "gsyncd").touch(0o755)
    assert files.programs([f"{tmp_path}/gs*", f"{tmp_path}/none", str(path.parent)]) == [f"{tmp_path}/gsyncd"]
    with pytest.raises(FileNotFoundError, match="far/none"):
        files.remove(str(path.parent / "none"))


def test_what_is_refused_there_names_the_node(login: t.Any, tmp_path: Path) -> None:
    files = login()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(errors.PreconditionFailed, match="pipe on dr1 is a FIFO"):
        files.read(str(tmp_path / "pipe"))
    assert files.lstat(str(tmp_path)) is not None, "the connection is good for more"


def test_the_program_understands_what_python_3_6_does() -> None:
    """The oldest Python of a secondary node with GlusterFS 9; it evaluates annotations, and knows none that came later."""
    text = descriptors.program()
    assert "from __future__" not in text.partition("def program")[0] and not re.search("^from [.]", text.partition("def program")[0], re.M)
    compile(text, "program", "exec", flags=0, dont_inherit=True)
    exec(text.replace('__name__ == "__main__"', "False"), {"__name__": "far", "sys": None})


def test_no_python_there(login: t.Any) -> None:
    with pytest.raises(bootstrap.StepFailed, match=r"Python 3 does not run on dr1 in a login of root \(not today\)") as caught:
        login("echo not today >&2; exit 127")
    assert "Install python3 on dr1" in str(caught.value.remedy)


def replace_lstat(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """The program that is sent to the secondary node, with another body of lstat."""
    text = descriptors.program().replace("def lstat(", f"def lstat(path, who):\n    {body}\ndef was(")
    monkeypatch.setattr(descriptors, "program", lambda: text)


def test_a_node_that_does_not_answer_is_not_waited_for(login: t.Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(bootstrap.StepFailed, match="dr1 gave no answer within 3 s for its Python, so the connection was closed"):
        login("sleep 30")
    # As on a file system that hangs.
    replace_lstat(monkeypatch, "sys.stdin.read()")
    files = login(timeout=3)  # on a busy machine Python itself needs more than 3 s
    with pytest.raises(bootstrap.StepFailed, match=f"dr1 gave no answer within 9 s for {tmp_path}"):
        files.lstat(str(tmp_path))


def test_a_program_that_ends_is_said(login: t.Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_lstat(monkeypatch, "sys.exit('out of memory')")
    with pytest.raises(bootstrap.StepFailed, match=r"ended while working on .* \(out of memory\)"):
        login().lstat(str(tmp_path))


@pytest.mark.parametrize("is_there", [True, False])
def test_what_a_killed_module_wrote_over_there_goes_with_the_next_run(login: t.Any, tmp_path: Path, is_there: bool) -> None:
    path = tmp_path / "authorized_keys"
    if is_there:
        path.write_bytes(b"before")
    files = login()
    for do in (lambda: files.sweep(str(path)), lambda: files.replace(str(path), b"whole", 0o640, os.getuid(), os.getgid())):
        (tmp_path / "authorized_keys.georep-0123456789ab").touch()
        with open(tmp_path / "authorized_keys.georep-0123456789ac", "w") as used:
            fcntl.flock(used, fcntl.LOCK_EX)
            do()
            assert sorted(os.listdir(tmp_path)) == [path.name] * path.exists() + ["authorized_keys.georep-0123456789ac"]
        files.sweep(str(path))
        assert os.listdir(tmp_path) == [path.name] * path.exists()
    assert path.read_bytes() == b"whole"
    files.sweep(str(tmp_path / "none" / "file"))


def test_the_program_fits_on_its_line() -> None:
    assert len(base64.b64encode(descriptors.program().encode())) < 65536


@pytest.mark.parametrize(
    ("host", "port", "line"),
    [
        ("LocalHost", 22022, "[LocalHost]:22022"),
        ("LocalHost", 22022, "[localhost]:22022"),
        ("localhost", 22022, "[LOCALHOST]:22022"),
        ("DR1.Example.NET", 22, "dr1.example.net"),
        ("2001:DB8::21", 22, "2001:db8::21"),
        ("2001:db8::21", 2222, "[2001:DB8::21]:2222"),
    ],
    ids=["B18", "B18 recorded small", "B18 recorded in capitals", "B18 port 22", "B18 an IPv6 address", "B18 an IPv6 address and a port"],
)
def test_b18_the_host_key_is_found_whatever_the_capitals(monkeypatch: pytest.MonkeyPatch, host: str, port: int, line: str) -> None:
    """paramiko looks a host key up by the very spelling that it connects to."""
    paramiko = bootstrap.load()
    asked: list[t.Any] = []

    def connect(client: t.Any, hostname: str, port: int, **_more: t.Any) -> None:
        # As paramiko/client.py makes the name.
        asked.append(client.get_host_keys().lookup(hostname if port == 22 else f"[{hostname}]:{port}"))

    monkeypatch.setattr(paramiko.SSHClient, "connect", connect)
    key = samples.public(77)
    given = known_hosts.read_wanted([f"{line} {key.line()}"], [(host, port)], "known_hosts")
    text = known_hosts.plan_present("", given).text
    login = bootstrap.Login(Target(host, port, "geoaccount"), CREDENTIALS, known_hosts_file="known_hosts", known_hosts_text=text, timeout=1)
    with login:
        assert asked[0] is not None and asked[0][key.kind].get_base64() == key.blob


# --- login scripts that print


@pytest.mark.parametrize(
    "before",
    [
        text_of("B11", "bashrc"),
        "printf 'root:x:0:0:root:/root:/bin/sh'",
        "echo 'geoaccount:x:not:a number:::'; echo '{\"found\": [\"/wrong\", 1, 1]}'",
        f"echo {descriptors.MARK}",
        "for i in $(seq 400); do echo \"line $i: of the message of the day\"; done",
    ],
    ids=["B11", "B11 a line of passwd without its end", "B11 what looks like an answer", "B11 the mark itself", "B11 400 lines"],
)
def test_b11_what_a_login_script_prints_is_no_answer(login: t.Any, before: str) -> None:
    files = login(before, 10)
    assert files.passwd("root") == ("/root", 0, 0) and files.passwd("nobodyknows") is None


def test_b11_what_goes_on_printing_is_no_answer_either(login: t.Any) -> None:
    """A program that the login script has left in the background."""
    files = login("(while sleep 0.02; do echo 'load: 0.5, 0.4'; printf 'free: 3%% '; done) &\n", 10)
    for _time in range(20):
        assert files.passwd("root") == ("/root", 0, 0)


@pytest.mark.parametrize(
    "before",
    [text_of("B11", "bashrc") + "exit 0", text_of("B11", "bashrc") + "exec true", text_of("B11", "bashrc") + "while :; do echo again; done"],
    ids=["B11 and exit", "B11 and exec", "B11 for ever"],
)
def test_b11_a_login_script_that_keeps_python_away_is_named(login: t.Any, before: str) -> None:
    with pytest.raises(bootstrap.StepFailed, match=r"a login script of root on dr1 prints \"Last patched: 2026-03-01 02:00, see https") as caught:
        login(before, 10)
    assert "~/.bashrc" in str(caught.value.remedy) and "interactive" in str(caught.value.remedy)


def test_b03_sshd_there_is_asked_for_the_login_that_is_made(login: t.Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "sshd"
    program.write_text("#!/bin/sh\necho authorizedkeysfile /etc/ssh/cluster_keys/%u\necho \"asked $3\"\n")
    program.chmod(0o755)
    monkeypatch.setattr(sshd, "SSHD", (str(tmp_path / "none"), str(program)))
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.11 50022 192.0.2.21 2222")
    settings = login(text_of("B11", "bashrc"), 10).sshd_settings("geoaccount")
    assert settings["asked"] == ["user=geoaccount,host=192.0.2.11,addr=192.0.2.11,laddr=192.0.2.21,lport=2222"]
    assert sshd.key_files(settings, "geoaccount", "/home/g", 1001) == ("/etc/ssh/cluster_keys/geoaccount",)
    assert list(settings) == ["authorizedkeysfile", "asked"], "nothing of what the login script has printed"
    monkeypatch.delenv("SSH_CONNECTION")
    files = login(timeout=10)
    assert "addr=127.0.0.1" in files.sshd_settings("geoaccount")["asked"][0]
    program.write_text("#!/bin/sh\nexit 1\n")
    assert files.sshd_settings("geoaccount") == {}
    program.unlink()
    assert files.sshd_settings("geoaccount") == {}


# --- why a setup login fails: the words of the login with a key ----------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "words", "remedy"),
    [
        ("echo This account is currently not available.; exit 1",
         "dr1 accepts the bootstrap password, but the shell of the account root is nologin", "usermod --shell"),
        ("echo This service allows sftp connections only.; exit 1",
         "dr1 accepts the bootstrap password, but its sshd_config has ForceCommand internal-sftp for the account root", "Match block with ForceCommand"),
        ("echo WARNING: Your password has expired. >&2; echo Password change required but no TTY available. >&2; exit 1",
         "the password of the account root on dr1 has expired", "chage -d $(date +%F) -M -1 -I -1 -E -1 root"),
    ],
)  # fmt: skip
def test_what_ends_a_setup_login_is_told_as_of_the_final_login(login: t.Any, before: str, words: str, remedy: str) -> None:
    with pytest.raises(bootstrap.StepFailed) as caught:
        login(before, 10)
    assert words in caught.value.message and remedy in str(caught.value.remedy)
    assert "login script" not in caught.value.message and "python3" not in str(caught.value.remedy)
    assert "worker" not in str(caught.value.remedy)


class Refusing:
    """paramiko's client after sshd has said no; what comes is recorded from OpenSSH 9.2 with paramiko 2.12."""

    def __init__(self, problem: Exception | None, banner: bytes | None = None) -> None:
        self.problem = problem
        self.transport = types.SimpleNamespace(auth_handler=types.SimpleNamespace(banner=banner), is_authenticated=lambda: False)

    def connect(self, *_given: t.Any, **_more: t.Any) -> None:
        if self.problem:
            raise self.problem

    def get_transport(self) -> t.Any:
        return self.transport


@pytest.mark.parametrize(
    ("problem", "banner", "key_file", "words", "remedy"),
    [
        ("failed", b"Your account has expired; please contact your system administrator.\n", None, "the account root on dr1 has expired", "chage"),
        ("failed", b"Unprivileged users are not permitted to log in yet.\n", "/k", "dr1 accepts no logins except of root at the moment", "nologin"),
        ("failed", b"down for maintenance\n", None, "dr1 refuses the bootstrap password for the account root. It says: down for maintenance", "/etc/nologin"),
        ("failed", None, "/k", "dr1 refuses /k for the account root", "Check the password or key"),
        (["password"], None, "/k", "dr1 takes /k for the account root but wants a second factor: it no longer asks for a key, but for password", "publickey"),
        (["publickey"], None, None, "dr1 does not accept the bootstrap password for root: it allows only publickey", "bootstrap_private_key_file"),
        (None, None, None, "dr1 takes the bootstrap password for the account root but wants a second factor", "AuthenticationMethods"),
    ],
)  # fmt: skip
def test_a_refused_setup_login(problem: t.Any, banner: bytes | None, key_file: str | None, words: str, remedy: str) -> None:
    paramiko = pytest.importorskip("paramiko")
    raised = None
    if problem:
        raised = paramiko.AuthenticationException("Authentication failed.") if problem == "failed" else paramiko.BadAuthenticationType("Bad", problem)
    credentials = bootstrap.Credentials("root", None if key_file else "secret", key_file, None)
    login = bootstrap.Login(TARGET, credentials, known_hosts_file="k", known_hosts_text="", timeout=1, failures=SSH_FAILURES)
    with pytest.raises(bootstrap.StepFailed) as caught:
        login._connect(paramiko, Refusing(raised, banner))
    assert words in caught.value.message and remedy in str(caught.value.remedy)
