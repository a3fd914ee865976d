# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at a node before anything is touched, and mending its sources without harm."""

from __future__ import annotations

import hashlib
import os
import socket
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults import catalogue
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import helpers, store
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import Recorder
from ansible_collections.glusterops.georep.plugins.module_utils._host import logins
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors, ssh_options
from ansible_collections.glusterops.georep.plugins.module_utils._model.destination import Destination
from ansible_collections.glusterops.georep.plugins.module_utils._model.node_view import NodeView
from ansible_collections.glusterops.georep.plugins.module_utils._read import preflight
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import answers, key_record, paths
from ansible_collections.glusterops.georep.plugins.module_utils._ssh.key_record import Record
from ansible_collections.glusterops.georep.tests.unit.nodes import (
    CONFIG,
    NEW_PYTHON,
    READFP,
    RESOURCE,
    RSYNC_3_5,
    facts,
)

BOTH = ("python-readfp", "python-isalive")
FILES = {"gsyncdconfig.py": CONFIG, "resource.py": RESOURCE}


@pytest.fixture
def helper(tmp_path: Path) -> Path:
    """A folder of gsyncd as 9.2 has it."""
    folder = tmp_path / "python" / "syncdaemon"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return tmp_path


def sources(helper: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (helper / "python" / "syncdaemon").iterdir()}


# --- mending


def test_both_files_are_mended_and_kept_as_they_were(helper: Path) -> None:
    done = preflight.mend(BOTH, check_mode=False, helper=str(helper))
    folder = helper / "python" / "syncdaemon"
    assert [(item.fault, item.path) for item in done] == [
        ("python-readfp", str(folder / "gsyncdconfig.py")),
        ("python-isalive", str(folder / "resource.py")),
    ]
    for item in done:
        name = os.path.basename(item.path)
        digest = hashlib.sha256(FILES[name].encode()).hexdigest()[:12]
        assert item.backup == f"{item.path}.before-georep-{digest}"
        assert Path(item.backup).read_text() == FILES[name] == item.before
        assert Path(item.path).read_text() == item.after != item.before
        compile(item.after, item.path, "exec")
    assert len(sources(helper)) == 4, "and nothing else is left"


def test_once_more_nothing_is_done(helper: Path) -> None:
    preflight.mend(BOTH, check_mode=False, helper=str(helper))
    before = {path: path.stat() for path in (helper / "python" / "syncdaemon").iterdir()}
    assert preflight.mend(BOTH, check_mode=False, helper=str(helper)) == []
    after = {path: path.stat() for path in (helper / "python" / "syncdaemon").iterdir()}
    assert {path: (info.st_ino, info.st_mtime_ns) for path, info in before.items()} == {
        path: (info.st_ino, info.st_mtime_ns) for path, info in after.items()
    }


def test_an_update_of_the_package_is_mended_again_and_the_backup_stays(helper: Path) -> None:
    (first,) = preflight.mend(["python-isalive"], check_mode=False, helper=str(helper))
    backup = Path(first.backup).stat()
    Path(first.path).write_text(RESOURCE)
    (second,) = preflight.mend(["python-isalive"], check_mode=False, helper=str(helper))
    again = Path(second.backup).stat()
    assert second == first and (again.st_ino, again.st_mtime_ns) == (backup.st_ino, backup.st_mtime_ns)
    # Another release, another backup: neither overwrites the other.
    Path(first.path).write_text("# 9.3\n" + RESOURCE)
    (third,) = preflight.mend(["python-isalive"], check_mode=False, helper=str(helper))
    assert third.backup != first.backup and Path(first.backup).read_text() == RESOURCE


def test_only_what_is_asked_for(helper: Path) -> None:
    (done,) = preflight.mend(["python-isalive"], check_mode=False, helper=str(helper))
    assert done.path.endswith("resource.py") and sources(helper)["gsyncdconfig.py"] == CONFIG.encode()
    assert preflight.mend([], check_mode=False, helper=str(helper)) == []


def test_mode_and_owner_stay(helper: Path) -> None:
    path = helper / "python" / "syncdaemon" / "resource.py"
    path.chmod(0o751)
    if os.geteuid() == 0:
        os.chown(path, 12, 34)
    before = path.stat()
    (done,) = preflight.mend(["python-isalive"], check_mode=False, helper=str(helper))
    after, backup = path.stat(), Path(done.backup).stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert (backup.st_mode & 0o7777, backup.st_uid, backup.st_gid) == (0o644, before.st_uid, before.st_gid), (
        "the file as it was is no program"
    )


def test_check_mode_tells_all_and_writes_nothing(helper: Path) -> None:
    before = sources(helper)
    check = preflight.mend(BOTH, check_mode=True, helper=str(helper))
    assert sources(helper) == before
    assert check == preflight.mend(BOTH, check_mode=False, helper=str(helper))


def test_line_ends_of_another_system_stay(helper: Path) -> None:
    path = helper / "python" / "syncdaemon" / "resource.py"
    path.write_bytes(RESOURCE.replace("\n", "\r\n").encode())
    (done,) = preflight.mend(["python-isalive"], check_mode=False, helper=str(helper))
    assert path.read_bytes() == RESOURCE.replace("\n", "\r\n").replace("isAlive", "is_alive").encode()
    assert Path(done.backup).read_bytes() == RESOURCE.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("resource.py", b"if t.isAlive(): pass\n", "line 1 reads 'if t.isAlive(): pass'"),
        ("resource.py", b"x = '\xff'\n", "utf-8"),
        ("resource.py", None, "No such file"),
        ("gsyncdconfig.py", b"    cnf.readfp(f)\n", "in 1 lines instead of 4"),
    ],
)
@pytest.mark.parametrize("wanted", [BOTH, BOTH[::-1]])
@pytest.mark.parametrize("check_mode", [True, False])
def test_one_strange_file_and_nothing_is_written(
    helper: Path, name: str, content: bytes | None, words: str, wanted: t.Sequence[str], check_mode: bool
) -> None:
    path = helper / "python" / "syncdaemon" / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    before = sources(helper)
    with pytest.raises(errors.PreconditionFailed) as caught:
        preflight.mend(wanted, check_mode, helper=str(helper))
    assert f"{path} is not the file for which the patch of" in caught.value.message and words in caught.value.message
    assert "by hand" in (caught.value.remedy or "")
    assert sources(helper) == before


def test_without_gsyncd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "HELPER_DIRS", ())
    with pytest.raises(errors.PreconditionFailed, match="gsyncd is not installed on this node") as caught:
        preflight.mend(BOTH, check_mode=False)
    assert "geo-replication" in (caught.value.remedy or "")


def test_the_folder_is_found(helper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (helper / "python" / "syncdaemon" / "gsyncd.py").write_text("")
    monkeypatch.setattr(helpers, "HELPER_DIRS", (str(helper),))
    assert len(preflight.mend(BOTH, check_mode=True)) == 2


# --- looking

PARAMS: dict[str, t.Any] = {
    "site": "primary", "secondaries": None, "known_hosts_file": "/kh", "resolve": None, "volumes": None, "info": None, "controller_time": None,
    "programs": None, "written": None, "accounts": None, "lock_timeout": 5,
}  # fmt: skip


class Gathered:
    """What the node tells; and what it was asked with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.changes: dict[str, t.Any] = {}
        self.asked: dict[str, t.Any] = {}
        self.walked: list[dict[str, t.Any]] = []
        self.programs = True
        self.verdict = answers.Verdict(True, ssh_options.COMMAND, "gsyncd", "gsyncd answers", None)
        monkeypatch.setattr(preflight.host_facts, "gather", self.gather)
        monkeypatch.setattr(paths, "mesh", self.mesh)
        monkeypatch.setattr(logins, "routes", lambda hosts: {one: ("192.0.2.11", "192.0.2.2" + one.host[-1]) for one in hosts if one.host < "dr9"})
        monkeypatch.setattr(paths.os.path, "exists", lambda path: str(path).endswith(".pem") or os.path.lexists(path))
        monkeypatch.setattr(paths.runner, "find_program", lambda name: f"/usr/bin/{name}" if self.programs else None)

    def gather(self, _run: t.Any, _cli: t.Any, **asked: t.Any) -> dict[str, t.Any]:
        self.asked = asked
        return facts(self.changes)

    def mesh(self, _run: t.Any, targets: list[t.Any], key_files: list[t.Any], **more: t.Any) -> list[paths.Result]:
        self.walked.append({"targets": list(map(str, targets)), "keys": [key.path for key in key_files], **more})
        return [paths.Result(target, key_files[0], self.verdict, 0.5) for target in targets]


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> Gathered:
    return Gathered(monkeypatch)


def look(**params: t.Any) -> dict[str, t.Any]:
    return preflight.look({**PARAMS, **params}, Recorder(run=lambda *_a, **_k: (0, "", "")), "node1")


def test_a_healthy_node(gathered: Gathered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "read_view", lambda **_more: NodeView(None, 9.5, []))
    monkeypatch.setattr(preflight.time, "time", lambda: 1001.0)
    assert look() == {
        "node": "node1", "site": "primary", "facts": facts(), "faults": [], "unexplained": [], "names": {}, "ways": [],
        "ways_error": None, "logins": [], "local": {"node_uuid": None, "sessions": []}, "view": {"node_uuid": None, "read_at": 9.5, "sessions": []},
    }  # fmt: skip
    assert (gathered.asked["secondary"], gathered.asked["controller_time"]) == (False, None) and gathered.walked == []


@pytest.mark.parametrize("site", ["primary", "secondary"])
def test_a_primary_node_tells_what_it_knows_of_its_own_workers(gathered: Gathered, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """gluster calls a worker that has stalled Active; the role has every primary node looked at anyway."""
    monkeypatch.setattr(preflight.local, "read_local", lambda: {"node_uuid": "u", "sessions": ["its own"]})
    assert look(site=site).get("local") == ({"node_uuid": "u", "sessions": ["its own"]} if site == "primary" else None)


@pytest.mark.parametrize(("site", "found"), [("primary", ["python-readfp"]), ("secondary", ["python-readfp", "rsync-detached-mount"])])
def test_faults_are_those_of_the_site(gathered: Gathered, site: str, found: list[str]) -> None:
    zfill = {"file": "primary.py", "line": 634, "name": "string.zfill"}
    gathered.changes = {**NEW_PYTHON, **RSYNC_3_5, "python.gone": [*READFP, zfill]}
    told = look(site=site, controller_time=12.5)
    assert [fault["id"] for fault in told["faults"]] == found
    assert told["unexplained"] == ["string.zfill (primary.py:634)"]
    assert (gathered.asked["secondary"], gathered.asked["controller_time"]) == (site == catalogue.SECONDARY, 12.5)


def test_paths_are_tested_with_the_keys_that_workers_use(gathered: Gathered) -> None:
    told = look(secondaries=[way_to("dr1", "dr1", "dr2", user="geo", port=2222)])
    assert told["ways_error"] is None and [(way["host"], way["user"], way["ok"]) for way in told["ways"]] == [("dr1", "geo", True), ("dr2", "geo", True)]
    # What sshd of those nodes goes by may depend on where the logins come from.
    way = {"user": "geo", "address": "192.0.2.11", "port": 2222}
    assert told["logins"] == [{**way, "local_address": "192.0.2.21"}, {**way, "local_address": "192.0.2.22"}]
    folder = "/var/lib/glusterd/geo-replication"
    assert gathered.walked == [
        {
            "targets": ["geo@dr1 port 2222", "geo@dr2 port 2222"],
            "keys": [f"{folder}/secret.pem", f"{folder}/tar_ssh.pem"],
            "known_hosts_file": "/kh",
            "known_hosts_text": "",
            "timeout": 10,
            "failures": catalogue.SSH_FAILURES,
        }
    ]


@pytest.mark.parametrize(("remedy", "last"), [("Do this.", "Do this."), (None, "It does not work..")])
def test_a_path_that_does_not_work_is_told(gathered: Gathered, remedy: str | None, last: str) -> None:
    gathered.verdict = answers.Verdict(False, ssh_options.KEY, None, "It does not work.", remedy)
    told = look(secondaries=[way_to("dr1")])
    assert [way["ok"] for way in told["ways"]] == [False]
    assert told["ways_error"].startswith("SSH from node1 to the secondary does not work.\nnode1 -> root@dr1 with secret.pem: step key: ")
    assert told["ways_error"].endswith(last)


def test_a_node_without_keys(gathered: Gathered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths.os.path, "exists", lambda _path: False)
    told = look(secondaries=[way_to("dr1")])
    assert told["ways"] == [] == gathered.walked
    assert told["ways_error"].startswith("node1 has no geo-replication key secret.pem and tar_ssh.pem in /var/lib/glusterd/geo-replication.")


def test_a_node_without_ssh_is_told_like_any_other_fault(gathered: Gathered) -> None:
    """The paths cannot be tested then, and the finding says why."""
    gathered.changes = {"programs": {"ssh": None}}
    gathered.programs = False
    result = look(secondaries=[way_to("dr1")])
    assert [fault["id"] for fault in result["faults"]] == ["programs-missing"] and gathered.walked == []
    assert result["ways_error"].startswith("ssh is not installed on this node. Nothing was changed. Install")


WRONG_HOST = {"secondary_host": "a;b", "secondary_user": "root", "ssh_port": 22, "secondary_nodes": None}


@pytest.mark.parametrize("wrong", [{"secondaries": [WRONG_HOST]}, {"known_hosts_file": "kh"}])
def test_words_that_end_up_on_a_command_line_are_checked(gathered: Gathered, wrong: dict[str, t.Any]) -> None:
    with pytest.raises(errors.InvalidInput):
        look(**{"secondaries": [way_to("dr1")], **wrong})
    assert gathered.walked == []


def test_names(gathered: Gathered) -> None:
    """Nobody is asked about these: one is an address, and the others cannot be names."""
    told = look(resolve=["127.0.0.1", "a..b", "x" * 64, "127.0.0.1"])
    assert told["names"] == {"127.0.0.1": ["127.0.0.1"], "a..b": [], "x" * 64: []}


def test_a_name_without_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: t.Any, **_kwargs: t.Any) -> t.NoReturn:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert preflight.resolve("dr1") == []


# --- who the other site's nodes are


def way_to(host: str, *nodes: str, user: str = "root", port: int = 22) -> dict[str, t.Any]:
    return {"secondary_host": host, "secondary_user": user, "ssh_port": port, "secondary_nodes": list(nodes) or None}


def site(host: str, *nodes: str, user: str = "root", port: int = 22) -> Destination:
    return Destination(host, user, port, nodes)


SITES = [site("dr1", "dr1", "dr2"), site("dr1", "dr1", user="geo"), site("gate", "dr8", "dr9", port=2222), site("10.0.0.5", "10.0.0.5", "dr4")]


@pytest.mark.parametrize(
    ("wanted", "tried"),
    [
        # Each account and port has its own nodes, and what two sessions share is tried once.
        ([way_to("dr1")], [way_to("dr1", "dr1", "dr2")]),
        ([way_to("DR1"), way_to("dr1")], [way_to("DR1", "DR1", "dr1", "dr2")]),
        ([way_to("dr1", user="geo")], [way_to("dr1", "dr1", user="geo")]),
        ([way_to("gate", port=2222)], [way_to("gate", "gate", "dr8", "dr9", port=2222)]),
        # By the name of another node of that cluster.
        ([way_to("dr2")], [way_to("dr2", "dr2"), way_to("dr1", "dr1", "dr2")]),
        # Nobody knows this one: it may be another name of any.
        ([way_to("secondary")], [way_to("secondary", "secondary"), way_to("dr1", "dr1", "dr2"), way_to("10.0.0.5", "10.0.0.5", "dr4")]),
        ([way_to("secondary", port=2222)], [way_to("secondary", "secondary", port=2222), way_to("gate", "dr8", "dr9", port=2222)]),
        ([way_to("secondary", user="new")], [way_to("secondary", "secondary", user="new")]),
        # Who says which nodes there are is taken by the word.
        ([way_to("dr1", "dr7")], [way_to("dr1", "dr7")]),
        ([way_to("dr1", "dr7"), way_to("dr1")], [way_to("dr1", "dr7", "dr1", "dr2")]),
    ],
)
def test_the_nodes_that_keys_were_brought_to(wanted: list[dict[str, t.Any]], tried: list[dict[str, t.Any]]) -> None:
    assert preflight.with_nodes(wanted, SITES) == tried


def test_a_node_that_remembers_nothing_tries_the_host(gathered: Gathered) -> None:
    assert preflight.with_nodes([way_to("dr1")], ()) == [way_to("dr1", "dr1")]


def test_what_the_record_says_is_tried(gathered: Gathered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_record, "read", lambda: Record(("v",), (), (SITES[0],)))
    look(secondaries=[way_to("dr1")])
    assert gathered.walked[0]["targets"] == ["root@dr1", "root@dr2"]


def test_a_record_that_cannot_be_read_is_told_and_the_rest_is_looked_at(gathered: Gathered, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> t.NoReturn:
        raise errors.UnreadableOutput("distributed_keys.json cannot be read.", remedy="Move it away.")

    monkeypatch.setattr(key_record, "read", broken)
    told = look(secondaries=[way_to("dr1")])
    assert (told["ways"], told["ways_error"]) == ([], "distributed_keys.json cannot be read. Move it away.") and told["facts"]
    assert gathered.walked == []


def test_the_nodes_of_its_own_volumes_are_names_to_know(gathered: Gathered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "stored_brick_nodes", lambda names: [f"127.0.0.{len(names)}", "127.0.0.9"])
    assert look(resolve=["127.0.0.9"], volumes=["one-dr", "two-dr"])["names"] == {"127.0.0.9": ["127.0.0.9"], "127.0.0.2": ["127.0.0.2"]}
