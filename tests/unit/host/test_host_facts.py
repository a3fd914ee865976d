# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a node, on each site, and what becomes of the answers. Nobody's answer is an answer too: None."""

from __future__ import annotations

import json
import os
import sys
import time
import types
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults import catalogue
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import helpers
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli
from ansible_collections.glusterops.georep.plugins.module_utils._host import (
    facts,
    forced_rsync,
    rsync_receiver,
    syncdaemon_walk,
)
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import accounts, sshd
from ansible_collections.glusterops.georep.tests.unit.nodes import HEALTHY
from ansible_collections.glusterops.georep.tests.unit.support import FakeRun

Answer = t.Union[tuple[int, str, str], BaseException]
PYTHON = "/usr/bin/python3"
POOL = "UUID\tHostname\tState\n1-1\tnode2\tConnected\n2-2\tnode3\tDisconnected\n3-3\tlocalhost\tConnected\n"
WALKED = {"version": "3.11.2", "executable": PYTHON, "encoding": "utf-8", "gone": [], "broken": []}
SSHD_T = "port 22\nsubsystem sftp internal-sftp\npermitrootlogin yes\n"
#: What the programs of Debian 11, 12 and 13 say when they are asked for their version.
SSHD_8_4 = (1, "", "unknown option -- V\nOpenSSH_8.4p1 Debian-5+deb11u3, OpenSSL 1.1.1w  11 Sep 2023\nusage: sshd [-46DdeiqTt] [-C spec]\n")
SSHD_9_2 = (0, "", "OpenSSH_9.2p1 Debian-2+deb12u7, OpenSSL 3.0.17 1 Jul 2025\n")
RSYNC = "rsync  version %s  protocol version 31\nCopyright (C) 1996-2022 by Andrew Tridgell, Wayne Davison, and others.\n"


class Node:
    """A node with gsyncd in a folder of ours; each program has one answer, which may be another."""

    def __init__(self, folder: Path) -> None:
        self.helper = folder / "glusterfs"
        self.sshd = folder / "sshd"
        sources = self.helper / "python" / "syncdaemon"
        sources.mkdir(parents=True)
        (sources / "gsyncd.py").write_text(f"#!{PYTHON}\n")
        self.sshd.write_text("")
        self.sources = str(sources)
        gsyncd = [PYTHON, f"{sources}/gsyncd.py", "config-check", "sync-jobs", "--value", "3"]
        #: name -> argv, answer, standard input
        self.programs: dict[str, tuple[list[str], Answer, types.ModuleType | None]] = {
            "gluster": (["gluster", "--version"], (0, "glusterfs 10.3\n", ""), None),
            "pool": (["gluster", "--mode=script", "--timeout=120", "--", "pool", "list"], (0, POOL, ""), None),
            "walk": ([PYTHON, "-W", "ignore", "-I", "-", self.sources], (0, json.dumps(WALKED), ""), syncdaemon_walk),
            "config_check": (gsyncd, (0, "", ""), None),
            "encoding": (
                [PYTHON, "-c", "import sys; print(sys.getfilesystemencoding())"],
                (0, "utf-8\n", ""),
                None,
            ),
            "rsync": (["rsync", "--version"], (0, RSYNC % "3.2.7", ""), None),
            "tar": (["tar", "--version"], (0, "tar (GNU tar) 1.34\nCopyright\n", ""), None),
            "settings": (sshd.sshd_settings_argv("root", str(self.sshd)), (0, SSHD_T, ""), None),
            "ssh": (["ssh", "-V"], SSHD_9_2, None),
            "sshd": ([str(self.sshd), "-V"], SSHD_9_2, None),
            "getenforce": (["getenforce"], errors.CommandMissing("getenforce is not installed."), None),
        }
        self.receives: dict[str, tuple[list[str], Answer, types.ModuleType | None]] = {
            "receiver": (
                ["unshare", "--mount", "--propagation", "private", sys.executable, "-I", "-"],
                (0, '{"delivers": true, "rc": 0, "said": "fine"}', ""),
                rsync_receiver,
            ),
            "forced": (
                [sys.executable, "-I", "-", str(self.helper / "gsyncd")],
                (0, '{"admits": true, "session_process": "sshd", "said": ""}', ""),
                forced_rsync,
            ),
        }

    def gather(self, secondary: bool = False, without: t.Sequence[str] = (), **answers: t.Any) -> dict[str, t.Any]:
        """With these answers instead; ``without``: what must not be asked at all."""
        expected = {**self.programs, **(self.receives if secondary else {})}
        assert set(answers) | set(without) <= set(expected)
        with FakeRun(ordered=False) as run:
            for name, (argv, answer, program) in expected.items():
                if name not in without:
                    source = {"stdin": Path(program.__file__ or "").read_text()} if program else {}
                    run.expect(argv, answers.get(name, answer), source)
            found = facts.gather(run, GlusterCli(run, lock_patience=0), secondary=secondary)
        assert all(call.timeout for call in run.calls), "nothing may hang"
        return t.cast("dict[str, t.Any]", json.loads(json.dumps(found)))


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    made = Node(tmp_path)
    monkeypatch.setattr(helpers, "HELPER_DIRS", (str(tmp_path / "*"),))
    monkeypatch.setattr(sshd, "SSHD", (str(tmp_path / "missing"), str(made.sshd)))
    return made


# --- both sites


def test_a_primary_node_is_asked_for_nothing_that_it_need_not_do(node: Node) -> None:
    found = node.gather()
    # What only gluster's own files tell is added by the module.
    assert set(found) == set(HEALTHY) - {"node_uuid", "sessions", "site_defaults", "key_identities"}, "the samples have the shape of the real thing"
    assert found["glusterfs"] == "10.3"
    assert found["glusterd"] == {"answers": True, "error": None, "down": ["node3"], "tls": False}
    assert found["helper_dir"] == str(node.helper)
    assert found["python"] == {**WALKED, "loads_configuration": True, "load_error": None}
    assert found["rsync"] == {"version": "3.2.7", "delivers": None, "said": "", "admitted": None, "session_process": None}
    assert found["openssh"] == {
        "client": "9.2p1", "server": "9.2p1", "sftp": "internal-sftp", "sftp_works": True, "settings_read": True
    }  # fmt: skip
    assert found["tar"] == "tar (GNU tar) 1.34"
    assert found["selinux"] == {"mode": "absent", "booleans": {}}
    assert found["fuse"] is os.path.exists("/dev/fuse") and found["clock_offset"] is None
    for name in ("python", "rsync", "openssh"):
        assert set(found[name]) == set(HEALTHY[name]), name
    assert (found["programs"], found["accounts"]) == ({}, {}), "what nobody needs is not looked for"
    assert [f.fault.id for f in catalogue.find({**found, "fuse": True, "obstacles": {}}, catalogue.PRIMARY)] == []


def test_a_secondary_node_is_made_to_receive(node: Node) -> None:
    found = node.gather(secondary=True)
    assert found["rsync"] == {"version": "3.2.7", "delivers": True, "said": "fine", "admitted": True, "session_process": "sshd"}


@pytest.mark.parametrize("secondary", [True, False])
def test_a_node_with_nothing_on_it(secondary: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(argv: t.Sequence[str], **_more: t.Any) -> t.NoReturn:
        raise errors.CommandMissing(f"{argv[0]} is not installed on this node.")

    monkeypatch.setattr(helpers, "HELPER_DIRS", (str(tmp_path / "*"),))
    monkeypatch.setattr(sshd, "SSHD", (str(tmp_path / "sshd"),))
    found = facts.gather(run, GlusterCli(run), secondary=secondary)
    assert (found["glusterfs"], found["python"], found["tar"], found["helper_dir"]) == (None, None, None, None)
    assert found["glusterd"] == {"answers": False, "error": "gluster is not installed on this node.", "down": [], "tls": False}
    assert set(found["rsync"].values()) == {None, ""}
    assert found["openssh"] == {"client": None, "server": None, "sftp": None, "sftp_works": False, "settings_read": False}
    assert found["selinux"] == {"mode": "absent", "booleans": {}}
    known = {finding.fault.id for finding in catalogue.find(found, catalogue.SECONDARY if secondary else catalogue.PRIMARY)}
    assert known - {"no-fuse"} == {"rsync-missing", "tar-missing", "gsyncd-missing", "glusterd-silent"}


# --- one by one


@pytest.mark.parametrize("name", ["gluster", "pool", "walk", "rsync", "tar", "ssh", "sshd", "settings"])
def test_one_that_hangs_or_is_missing_keeps_nobody_from_answering(node: Node, name: str) -> None:
    for trouble in (errors.CommandTimeout("no answer"), errors.CommandMissing("not installed")):
        without = ["config_check", "encoding"] if name == "walk" else []
        found = node.gather(without=without, **{name: trouble})
        lost = {
            "gluster": found["glusterfs"],
            "pool": found["glusterd"]["answers"] or None,
            "walk": found["python"],
            "rsync": found["rsync"]["version"],
            "tar": found["tar"],
            "ssh": found["openssh"]["client"],
            "sshd": found["openssh"]["server"],
            "settings": found["openssh"]["sftp"],
        }
        assert [who for who, fact in lost.items() if fact is None] == [name]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((1, "Connection failed. Please check if gluster daemon is operational.\n", ""), "glusterd does not answer on this node."),
        (errors.CommandTimeout("gluster gave no answer."), "gluster gave no answer."),
        ((0, "", ""), "gluster did not list the nodes of the cluster, or not all of them."),
    ],
)
def test_a_glusterd_that_does_not_answer(node: Node, answer: Answer, expected: str) -> None:
    assert node.gather(pool=answer)["glusterd"] == {"answers": False, "error": expected, "down": [], "tls": False}


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        (SSHD_8_4, "8.4p1"),
        (SSHD_9_2, "9.2p1"),
        ((0, "", "OpenSSH_10.0p2 Debian-7, OpenSSL 3.5.1 1 Jul 2025\n"), "10.0p2"),
        ((0, "", "OpenSSH_9.9p1, OpenSSL 3.2.2 4 Jun 2024\n"), "9.9p1"),
        ((1, "usage: sshd\n", ""), None),
        ((0, "OpenSSH_9.6", ""), "9.6"),
    ],
)
def test_versions_of_openssh(node: Node, answer: Answer, version: str | None) -> None:
    assert node.gather(sshd=answer)["openssh"]["server"] == version
    assert node.gather(ssh=answer)["openssh"]["client"] == version


@pytest.mark.parametrize(
    ("line", "version"),
    [
        (RSYNC % "3.5.0", "3.5.0"),
        (RSYNC % "v3.4.1", "3.4.1"),
        ("rsync version 3.2.3 protocol version 31", "3.2.3"),
        ("openrsync: protocol version 29", "29"),
        ("something else", None),
    ],
)
def test_versions_of_rsync(node: Node, line: str, version: str | None) -> None:
    assert node.gather(rsync=(0, line, ""))["rsync"]["version"] == version


def test_without_rsync_or_gsyncd_nobody_is_made_to_receive(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = {"version": None, "delivers": None, "said": "", "admitted": None, "session_process": None}
    missing = errors.CommandMissing("rsync is not installed.")
    assert node.gather(True, without=["receiver", "forced"], rsync=missing)["rsync"] == nothing
    monkeypatch.setattr(helpers, "HELPER_DIRS", ())
    found = node.gather(True, without=["receiver", "forced", "walk", "config_check", "encoding"])
    assert found["rsync"] == {**nothing, "version": "3.2.7"} and found["python"] is None


@pytest.mark.parametrize(
    ("receiver", "forced", "expected"),
    [
        ((0, '{"delivers": false, "said": "x"}', ""), (0, '{"admits": false, "session_process": "sshd-session"}', ""),
         (False, "x", False, "sshd-session")),
        ((0, '{"delivers": null, "said": "no mount"}', ""), (0, '{"admits": null, "session_process": "sshd"}', ""),
         (None, "no mount", None, "sshd")),
        ((1, "", "unshare: Operation not permitted"), (1, "", "Traceback"), (None, "", None, None)),
        ((0, "no JSON", ""), (0, "", ""), (None, "", None, None)),
        (errors.CommandMissing("unshare"), errors.CommandTimeout("late"), (None, "", None, None)),
    ],
)  # fmt: skip
def test_what_was_tried_and_what_could_not_be(node: Node, receiver: Answer, forced: Answer, expected: t.Any) -> None:
    rsync = node.gather(True, receiver=receiver, forced=forced)["rsync"]
    assert (rsync["delivers"], rsync["said"], rsync["admitted"], rsync["session_process"]) == expected
    assert rsync["version"] == "3.2.7"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((1, "", "Traceback ...\nAttributeError: no 'readfp'\n"), "AttributeError: no 'readfp'"),
        ((2, "on its output\n", ""), "on its output"),
        ((1, "", ""), "no reason given"),
    ],
)
def test_a_configuration_that_does_not_load(node: Node, answer: Answer, error: str) -> None:
    python = node.gather(config_check=answer)["python"]
    assert (python["loads_configuration"], python["load_error"]) == (False, error)


@pytest.mark.parametrize(
    ("settings", "sftp", "works"),
    [
        ("subsystem sftp internal-sftp\n", "internal-sftp", True),
        ("subsystem sftp internal-sftp -f AUTH\n", "internal-sftp", True),
        ("subsystem sftp /bin/sh\n", "/bin/sh", True),
        ("subsystem sftp /nonexistent/sftp-server\n", "/nonexistent/sftp-server", False),
        ("subsystem other /bin/sh\n", None, False),
        ("port 22\n", None, False),
    ],
)
def test_sftp(node: Node, settings: str, sftp: str | None, works: bool) -> None:
    openssh = node.gather(settings=(0, settings, ""))["openssh"]
    assert (openssh["sftp"], openssh["sftp_works"], openssh["settings_read"]) == (sftp, works, True)


GETSEBOOL = "rsync_client --> off\nrsync_export_all_ro --> on\nrsync_full_access --> on\nhttpd_enable_cgi --> on\n"


@pytest.mark.parametrize(
    ("mode", "booleans", "expected"),
    [
        ("Enforcing\n", (0, GETSEBOOL, ""), {"rsync_client": False, "rsync_full_access": True}),
        ("Permissive\n", (0, GETSEBOOL, ""), {"rsync_client": False, "rsync_full_access": True}),
        ("Enforcing\n", (1, "", "SELinux is disabled"), {}),
        ("Disabled\n", None, {}),
    ],
)
def test_selinux(node: Node, mode: str, booleans: Answer | None, expected: dict[str, bool]) -> None:
    if booleans:
        node.programs["getsebool"] = (["getsebool", "-a"], booleans, None)
    assert node.gather(getenforce=(0, mode, ""))["selinux"] == {"mode": mode.strip().lower(), "booleans": expected}


@pytest.mark.parametrize(("ahead", "expected"), [(None, None), (0.0, 0.0), (42.0, 42.0), (-42.0, -42.0)])
def test_the_clock(node: Node, ahead: float | None, expected: float | None) -> None:
    def run(argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        return 1, "", "Connection failed. Please check if gluster daemon is operational.\n"

    theirs = None if ahead is None else time.time() - ahead
    found = facts.gather(run, GlusterCli(run), secondary=False, controller_time=theirs)
    offset = found["clock_offset"]
    assert offset is None if expected is None else abs(offset - expected) < 5
    assert found["clock"]["asked_at"] == theirs and abs(found["clock"]["read_at"] - time.time()) < 5


# --- where gsyncd is, and its Python


def test_the_first_folder_that_holds_gsyncd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, file in (("a", "gsyncd"), ("b", "python/syncdaemon/gsyncd.py"), ("c", "python/syncdaemon/gsyncd.py")):
        (tmp_path / name / file).parent.mkdir(parents=True)
        (tmp_path / name / file).write_text("")
    monkeypatch.setattr(helpers, "HELPER_DIRS", (str(tmp_path / "missing"), str(tmp_path / "a"), str(tmp_path / "[bc]")))
    assert helpers.helper_dir() == str(tmp_path / "b")
    monkeypatch.setattr(helpers, "HELPER_DIRS", (str(tmp_path / "a"),))
    assert helpers.helper_dir() is None


@pytest.mark.parametrize(
    ("first", "python"),
    [
        ("#!/usr/bin/python3\n", "/usr/bin/python3"),
        ("#! /usr/bin/python3 -s\n", "/usr/bin/python3"),
        ("#!/usr/bin/env python3.11\n", "python3.11"),
        ("#!/usr/bin/env\n", "python3"),
        ("# nothing\n", "python3"),
        ("", "python3"),
    ],
)
def test_gsyncds_own_python(node: Node, first: str, python: str) -> None:
    Path(node.sources, "gsyncd.py").write_text(first + "import os\n")
    assert facts.gsyncd_python(str(node.helper)) == python


# --- glusterd's locale


def process(proc: Path, pid: int, name: str, **env: str) -> None:
    (proc / str(pid)).mkdir(parents=True)
    (proc / str(pid) / "cmdline").write_text(f"/usr/sbin/{name}\0--log-level\0INFO\0")
    (proc / str(pid) / "environ").write_bytes(b"\0".join(f"{key}={value}".encode() for key, value in env.items()) + b"\0")


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, {}),
        ({"LANG": "C.UTF-8", "HOME": "/root"}, {"LANG": "C.UTF-8"}),
        ({"LC_ALL": "C", "PYTHONUTF8": "1"}, {"LC_ALL": "C", "PYTHONUTF8": "1"}),
        ({"LANG": "a=b"}, {"LANG": "a=b"}),
        (None, {}),
    ],
)
def test_the_locale_of_glusterd(
    env: dict[str, str] | None, expected: dict[str, str], node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proc = tmp_path / "proc"
    process(proc, 1, "systemd", LANG="de_DE.UTF-8")
    process(proc, 2, "glusterfsd", LANG="fr_FR.UTF-8")
    if env is not None:
        process(proc, 3, "glusterd", **env)
    # What Ansible's own environment says must not shine through, so the names of the locale are always given.
    wanted = {"LC_ALL": "", "LC_CTYPE": "", "LANG": "", **expected}
    assert facts.glusterd_locale(str(proc)) == wanted
    monkeypatch.setattr(facts, "glusterd_locale", lambda: wanted)
    with FakeRun(ordered=False) as run:
        for name in ("walk", "config_check", "encoding"):
            argv, answer, _program = node.programs[name]
            run.expect(argv, answer, {"env": wanted} if name == "encoding" else {"env": None})
        assert (facts._python(run, str(node.helper)) or {})["encoding"] == "utf-8"


# --- what a later step needs


def need(**needs: t.Any) -> dict[str, t.Any]:
    def run(argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        if "-T" in argv:
            return 0, "strictmodes yes\nauthorizedkeysfile .ssh/authorized_keys\n", ""
        return 1, "", "Connection failed. Please check if gluster daemon is operational.\n"

    return facts.gather(run, GlusterCli(run), secondary=True, **needs)


def test_programs_are_found_as_they_are_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ssh").write_text("#!/bin/sh\n")
    (tmp_path / "ssh").chmod(0o755)
    (tmp_path / "tar-like").write_text("not to be run\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = need(programs=["ssh", "tar-like", "no-such-program", "sh"])["programs"]
    assert found["ssh"] == str(tmp_path / "ssh") and found["sh"], "the folders of the system are looked into, whatever PATH is"
    assert (found["tar-like"], found["no-such-program"]) == (None, None)


def test_places_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "HELPER_DIRS", ())
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **more: False if str(path).endswith("/fixed") else real(path, mode, **more))
    (tmp_path / "fixed").mkdir()
    gone = str(tmp_path / "gone" / "deep")
    found = need(written=[str(tmp_path), str(tmp_path / "fixed" / "file"), gone], folders=[gone])["obstacles"]
    assert list(found) == [gone, str(tmp_path / "fixed" / "file")] and found[gone] == "the folder does not exist"
    assert "immutable" in found[str(tmp_path / "fixed" / "file")]


class Home:
    """An account of this node, by its entry, its home and its files."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, uid: int) -> None:
        self.path = folder / "home"
        self.path.mkdir(mode=0o700)
        os.chown(self.path, uid, uid)
        entry = types.SimpleNamespace(pw_dir=str(self.path), pw_uid=uid, pw_gid=uid)
        monkeypatch.setattr(accounts, "pwd", types.SimpleNamespace(getpwnam=lambda name: {"geo": entry}[name]))
        monkeypatch.setattr(sshd, "SSHD", (sys.executable,))

    def problems(self) -> list[str]:
        return t.cast("list[str]", need(own_accounts=["geo", "nobody-yet"])["accounts"]["geo"])


@pytest.mark.parametrize("uid", [0, 1234])
def test_accounts_that_take_keys_and_that_do_not(open_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int) -> None:
    tmp_path = open_path
    home = Home(tmp_path, monkeypatch, uid)
    assert home.problems() == [], ".ssh is created"
    assert need(own_accounts=["nobody-yet"])["accounts"] == {"nobody-yet": []}, "it is yet to be created"
    ssh = home.path / ".ssh"
    ssh.symlink_to(tmp_path)
    refused = f"{ssh} is a symbolic link, which the collection does not follow for accounts other than root: replace it by its target"
    assert home.problems() == ([] if uid == 0 else [refused])
    ssh.unlink()
    ssh.mkdir()
    (ssh / "authorized_keys").write_text("")
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **more: not str(path).endswith("/authorized_keys") and real(path, mode, **more))
    problem = home.problems()[-1]
    assert problem.startswith(f"{ssh}/authorized_keys: ") and "immutable" in problem
    home.path.chmod(0o777)
    assert any("can be written by other accounts" in each for each in home.problems())
    home.path.chmod(0o700)
    os.rename(home.path, tmp_path / "away")
    assert bool(home.problems()) is (uid == 0), "the home of a plain account is created by gluster_mountbroker"
