# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mountbroker of one node, in a folder that stands in for it."""

from __future__ import annotations

import grp
import json
import os
import pwd
import time
import types
import typing as t
from pathlib import Path
from unittest import mock

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import mountbroker
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import helpers
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli, Recorder
from ansible_collections.glusterops.georep.plugins.module_utils._host import facts as host_facts
from ansible_collections.glusterops.georep.plugins.module_utils._host import processes
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model import glusterd_vol as pure
from ansible_collections.glusterops.georep.plugins.module_utils._plan.mountbroker import Account
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import accounts, sshd
from ansible_collections.glusterops.georep.tests.unit.cases import text_of
from ansible_collections.glusterops.georep.tests.unit.graph import mappings
from ansible_collections.glusterops.georep.tests.unit.recorded import recorded, recorded_file

POOL = "UUID\t\t\t\tHostname \tState\nu1\tsecondary2\tConnected \nu2\tlocalhost\tConnected \n"
MAPPINGS = [{"secondary_user": "geo", "secondary_volumes": ["projects-dr"], "sessions": None, "secondary_nodes": None}]
DEFAULTS: dict[str, t.Any] = {
    "state": "present",
    "mappings": MAPPINGS,
    "root": None,
    "group": None,
    "make_accounts": True,
    "skip_unknown": False,
    "pending_volumes": [],
    "primary_node_uuids": None,
    "lock_timeout": 1,
}
READY = Account("geo", True, "/home/geo", True, True, "/bin/bash", True, True)


class Node:
    """A node: its files, its accounts, its glusterd."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.volfile = folder / "glusterd.vol"
        self.volfile.write_text(recorded_file("10.3", "glusterd-vol-stock").read_text())
        self.stock = self.volfile.read_text()
        (folder / "lib/vols/projects-dr").mkdir(parents=True)
        (folder / "lib/vols/projects-dr/info").write_text("status=1\n")
        self.root = folder / "mounts"
        self.account = READY
        self.groups = {"geogroup"}
        self.members = ["geo"]
        self.loaded: set[tuple[str, str]] = set()  #: what glusterd goes by
        self.started = time.time() + 60
        self.pool = POOL
        self.reader: str | None = None
        self.receiving: list[dict[str, str]] = []
        self.ran: list[list[str]] = []
        self.missing: set[str] = set()
        for name, value in (
            ("_account", lambda name, _group: self.account._replace(name=name)),
            ("_has_group", lambda name: name in self.groups),
            ("_members", lambda name: self.members if name in self.groups else None),
            ("_logs_open_to", lambda _group, _ctx: True),
            ("find_program", lambda name: None if name in self.missing else f"/usr/sbin/{name}"),
        ):
            monkeypatch.setattr(mountbroker, name, value)
        monkeypatch.setattr(processes, "receiving", lambda: self.receiving)
        monkeypatch.setattr(processes, "glusterd_started", lambda: self.started)
        monkeypatch.setattr(helpers, "helper_dir", lambda: None)
        monkeypatch.setattr(mountbroker._root_steps, "__defaults__", (os.geteuid(),))

    def __call__(self, argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        words = list(argv)
        self.ran.append(words)
        if words[-2:] == ["pool", "list"]:
            return 0, self.pool, ""
        if "mount" in words:
            account, volume = words[words.index("mount") + 1], words[-1].partition("=")[2]
            known = account in {name for name, _volume in self.loaded}
            if volume == ".":
                return recorded("10.3", f"mountbroker-probe-{'known' if known else 'unknown'}-account").answer
            allowed = (account, volume) in self.loaded
            return recorded("10.3", f"mountbroker-probe-{'known' if allowed else 'other'}-volume").answer
        if words[-1] == "node-status":
            return (1, "", "Traceback\nValueError: too many values to unpack") if self.reader is None else (0, self.reader, "")
        return 0, "", ""

    def work(self, check_mode: bool = False, **params: t.Any) -> dict[str, t.Any]:
        self.ran.clear()
        run = Recorder(getattr(self, "run", self))
        ctx = mountbroker.Context(
            run, GlusterCli(run, lock_patience=0), "secondary1", check_mode, str(self.volfile), str(self.folder / "lib"), str(self.folder)
        )
        wanted = {**DEFAULTS, "root": str(self.root) if params.get("state", "present") == "present" else None, **params}
        return mountbroker.work(wanted, ctx)

    def restart(self) -> None:
        """What glusterd does when it starts."""
        self.loaded = mappings(self.volfile.read_text())
        (self.root / "mb_hive").mkdir(exist_ok=True)
        (self.root / "mb_hive").chmod(0o711)
        self.started = time.time() + 60

    def changes(self) -> list[list[str]]:
        return [words for words in self.ran if words[0] != "gluster" and words[-1] != "node-status"]

    @property
    def asked(self) -> int:
        return sum("mount" in words for words in self.ran)


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    return Node(tmp_path, monkeypatch)


def test_the_logs_are_given_before_the_folder_that_tells_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gsyncd.log").touch()
    given: list[str] = []

    class Files:
        def __init__(self, _node: str) -> None:
            pass

        def repair(self, path: str, _mode: None, uid: int | None, _gid: int | None) -> None:
            if uid is not None:
                given.append(path)

    monkeypatch.setattr(mountbroker, "LocalFiles", Files)
    mountbroker._give(str(tmp_path), pwd.getpwuid(os.geteuid()).pw_name, "here")
    assert given == [f"{tmp_path}/gsyncd.log", str(tmp_path)]


def test_folders_of_a_killed_module_let_the_accounts_through(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = os.mkdir

    def killed(path: str, mode: int) -> None:
        real(path, mode)
        made.append(path)
        if path.endswith("/a"):
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "mkdir", killed)
    mask = os.umask(0o077)
    try:
        with pytest.raises(KeyboardInterrupt):
            node.work(root=str(node.folder / "a/b"))
        node.work(root=str(node.folder / "a/b"))
    finally:
        os.umask(mask)
    assert [os.stat(path).st_mode & 0o777 for path in made] == [0o755, 0o711]


def test_what_a_killed_module_wrote_goes(node: Node) -> None:
    left = Path(f"{node.volfile}.georep-0123456789ab")
    left.touch()
    node.work(True)
    assert left.exists()
    node.work()
    left.touch()
    node.work()
    assert not left.exists()


def test_four_steps(node: Node) -> None:
    node.account, node.groups = Account("geo"), set()
    check = node.work(True)
    assert check["changed"] and check["restart_needed"] and node.changes() == []
    assert node.volfile.read_text() == node.stock and not node.root.exists()
    run = node.work()
    for name in ("changed", "steps", "before", "after", "diff", "accounts", "restart_needed"):
        assert run[name] == check[name], name
    assert [words[0] for words in node.changes()] == ["groupadd", "useradd"]
    assert node.changes()[1][-9:] == ["--password", "*", "--key", "PASS_MAX_DAYS=-1", "--inactive", "-1", "--expiredate", "", "geo"]
    assert node.root.stat().st_mode & 0o7777 == 0o711
    assert pure.read(node.volfile.read_text()) == (str(node.root), "geogroup", {"geo": ("projects-dr",)})
    assert run["after"]["users"] == {"geo": ["projects-dr"]} and run["before"]["users"] == {}
    node.account, node.groups = READY, {"geogroup"}
    node.restart()
    for again in (node.work(True), node.work()):
        assert not again["changed"] and not again["restart_needed"] and again["steps"] == again["diff"] == []
        assert node.changes() == [] and node.asked == 0


def test_b02_an_existing_account_that_expires_is_told(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account is its owner's, so nothing is changed."""
    shadow, config = node.folder / "shadow", node.folder / "sshd_config"
    monkeypatch.setattr(accounts, "SHADOW", str(shadow))
    monkeypatch.setattr(accounts, "NOLOGIN", ())
    monkeypatch.setattr(accounts, "today", lambda: 20787)
    monkeypatch.setattr(sshd, "CONFIG", str(config))
    config.write_text("UsePAM yes\n")
    shadow.write_text("geo:*:20787:7:60:7:30::\n")
    found = node.work()
    assert found["notes"] == [
        "secondary1: The password of the account geo expires on 2027-01-29. From then on, logins by key fail, too. "
        "To prevent this, run: chage -M -1 -I -1 -E -1 geo"
    ]
    assert not any(words[0] in ("chage", "usermod", "useradd") for words in node.changes())
    shadow.write_text("geo:*:20454:7:60:7:30::\n")
    assert [note.startswith("secondary1: The account geo is inactive") for note in node.work()["notes"]] == [True]
    config.write_text("Port 22\n")
    assert node.work()["notes"] == [], "sshd without PAM does not mind"


def is_node(node: Node, uuid: str, **volumes: str) -> None:
    """Which node it is, and the UUIDs of its cluster's volumes."""
    (node.folder / "lib/glusterd.info").write_text(f"UUID={uuid}\noperating-version=100000\n")
    for name, own in volumes.items():
        (node.folder / "lib/vols" / name.replace("_", "-")).mkdir(exist_ok=True)
        (node.folder / "lib/vols" / name.replace("_", "-") / "info").write_text(f"type=2\nvolume-id={own}\nstatus=1\n")


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("uuid", ["u9", ""])
def test_a_node_of_another_cluster_is_left_as_it_is(node: Node, state: str, uuid: str) -> None:
    """It has a volume of that name, too. Not even the folder, the group and the lock of its cluster are touched."""
    if uuid:
        is_node(node, uuid, projects_dr="v1")
    node.account, node.groups = Account("geo"), set()
    found = node.work(state=state, mappings=[{**MAPPINGS[0], "node_uuids": ["u1", "u2"]}], group="others")
    assert not found["changed"] and not found["restart_needed"] and found["steps"] == found["notes"] == []
    assert node.ran == [] and node.volfile.read_text() == node.stock and not node.root.exists()


def test_of_a_list_for_several_clusters_each_takes_its_own(node: Node) -> None:
    is_node(node, "u2", projects_dr="v1")
    (node.folder / "geo-replication-secondaries/there").mkdir(parents=True)
    elsewhere = {**MAPPINGS[0], "secondary_volumes": ["homes-dr"], "node_uuids": ["u9"], "sessions": ["there"]}
    own = {**MAPPINGS[0], "node_uuids": ["u1", "u2"], "volume_uuids": {"projects-dr": "v1"}}
    run = node.work(mappings=[elsewhere, own])
    assert not any("there" in step for step in run["steps"]), "the logs of a session into another cluster"
    assert pure.read(node.volfile.read_text()).users == {"geo": ("projects-dr",)}
    node.restart()
    node.work(state="absent", mappings=[{**own, "node_uuids": ["u9"]}])
    assert pure.read(node.volfile.read_text()).users == {"geo": ("projects-dr",)}
    node.work(state="absent", mappings=[own])
    assert pure.read(node.volfile.read_text()).users == {}


def test_a_volume_is_known_by_its_uuid(node: Node) -> None:
    is_node(node, "u2", projects_dr="v1")
    other = {**MAPPINGS[0], "volume_uuids": {"projects-dr": "v9"}}
    with pytest.raises(errors.InvalidInput, match="has the UUID v1 in the cluster of secondary1, but the requested volume has the UUID v9"):
        node.work(mappings=[other])
    assert node.volfile.read_text() == node.stock
    node.work()
    node.restart()
    assert not node.work(state="absent", mappings=[other])["changed"], "it is another volume's mapping"
    # Of a volume that is gone the mapping goes where the node is known to be the right one, and only there.
    (node.folder / "lib/vols/projects-dr/info").unlink()
    (node.folder / "lib/vols/projects-dr").rmdir()
    assert not node.work(state="absent", mappings=[other])["changed"]
    assert node.work(state="absent", mappings=[{**other, "node_uuids": ["u2"]}])["changed"]


def test_a_run_that_ended_before_the_restart_is_noticed(node: Node) -> None:
    node.started = time.time() - 60
    node.work()
    (node.root / "mb_hive").mkdir(mode=0o711)
    later = node.work()
    assert not later["changed"] and later["restart_needed"] and node.asked == 1
    node.loaded = {("geo", "other-dr")}
    assert node.work()["restart_needed"] and node.asked == 2


def test_a_file_that_was_only_touched_needs_no_restart(node: Node) -> None:
    node.work()
    node.restart()
    node.started = time.time() - 60
    os.utime(node.volfile)
    assert not node.work()["restart_needed"]
    assert node.asked == 2


def test_absent_takes_the_named_mapping_and_unloads_it(node: Node) -> None:
    node.work(mappings=[dict(MAPPINGS[0]), {**MAPPINGS[0], "secondary_user": "other"}])
    before = node.volfile.read_text()
    node.restart()
    check = node.work(True, state="absent")
    run = node.work(state="absent")
    assert check["changed"] and run["changed"] and run["restart_needed"]
    assert node.volfile.read_text() == before.replace("    option mountbroker-geo-replication.geo projects-dr\n", "")
    assert run["after"] == {"root": str(node.root), "group": "geogroup", "users": {"other": ["projects-dr"]}}
    node.started = time.time() - 60
    assert node.work(state="absent")["restart_needed"], "glusterd still lets it mount"
    node.restart()
    again = node.work(state="absent")
    assert not again["changed"] and not again["restart_needed"]


def test_absent_tells_what_it_leaves(node: Node) -> None:
    node.work(mappings=[dict(MAPPINGS[0]), {**MAPPINGS[0], "secondary_user": "other"}])
    node.restart()
    assert node.work(state="absent")["left"] == {"accounts": ["geo"], "options": {}, "root": None, "group": None}, "the other one still mounts"
    gone = {"state": "absent", "mappings": [dict(MAPPINGS[0]), {**MAPPINGS[0], "secondary_user": "other"}]}
    options = {"mountbroker-root": str(node.root), "geo-replication-log-group": "geogroup"}
    everything = {"accounts": ["geo", "other"], "options": options, "root": str(node.root), "group": "geogroup"}
    # A check run foretells it, and later runs say it as long as it is there.
    assert node.work(True, **gone)["left"] == node.work(**gone)["left"] == node.work(**gone)["left"] == everything
    node.members = ["geo", "backup"]
    assert node.work(**gone)["left"]["group"] is None, "an account of somebody else is in it"
    node.groups, node.account = set(), node.account._replace(exists=False)
    assert node.work(**gone)["left"] == {**everything, "accounts": [], "group": None}
    assert "left" not in node.work()


def test_absent_where_glusterfs_is_gone(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """First only its daemon and its programs, then its file, too."""
    node.work()

    def missing(_self: Node, argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        raise errors.CommandMissing(f"{argv[0]} is not there.")

    monkeypatch.setattr(processes, "glusterd_started", lambda: None)
    monkeypatch.setattr(Node, "__call__", missing)
    check, run = node.work(True, state="absent"), node.work(state="absent")
    assert check["changed"] and run["changed"] and run["after"]["users"] == {} == pure.read(node.volfile.read_text()).users
    assert (run["restart_needed"], run["peers_down"], run["quorum_lost"]) == (False, [], [])
    node.volfile.unlink()
    for found in (node.work(True, state="absent"), node.work(state="absent")):
        assert not found["changed"] and not found["restart_needed"] and "no mountbroker mapping to delete" in found["notes"][0]
    with pytest.raises(errors.PreconditionFailed, match=r"glusterd\.vol does not exist on this node"):
        node.work()


def test_absent_leaves_what_another_cluster_uses(node: Node) -> None:
    node.work()
    node.restart()
    far = {"primary_volume": "p", "secondary_volume": "projects-dr", "secondary_user": "geo"}
    far.update(primary_node="elsewhere1", primary_node_uuid="u9")
    node.receiving = [far, {**far, "secondary_volume": "other-dr"}]
    found = node.work(state="absent", primary_node_uuids=["u1"])
    assert not found["changed"] and "elsewhere1" in found["notes"][0]
    assert node.work(True, state="absent", primary_node_uuids=["u9"])["changed"]
    # Root needs no mapping, nor does another account need this one.
    node.receiving = [{**far, "secondary_user": name} for name in ("root", "other")]
    assert node.work(True, state="absent")["changed"]


def test_what_the_file_has_already_is_kept(node: Node) -> None:
    node.root.mkdir(mode=0o711)
    node.groups.add("loggers")
    node.volfile.write_text(pure.edit(node.stock, root=str(node.root), group="loggers", add=[("by-hand", "v")]))
    found = node.work(root=None)
    assert found["after"] == {"root": str(node.root), "group": "loggers", "users": {"by-hand": ["v"], "geo": ["projects-dr"]}}


def test_accounts_that_are_not_to_be_made(node: Node) -> None:
    node.account = Account("geo", True, "/home/geo", False, False, "/usr/sbin/nologin", False, False)
    with pytest.raises(errors.PreconditionFailed) as caught:
        node.work(make_accounts=False)
    for words in ("usermod --shell /bin/", "install -d -m 0700 -o geo /home/geo", "usermod --append --groups geogroup geo"):
        assert words in str(caught.value)
    assert "geo_replication_make_accounts" in (caught.value.remedy or "")
    assert node.volfile.read_text() == node.stock and node.changes() == []


def test_a_home_of_somebody_else_is_never_taken(node: Node) -> None:
    node.account = READY._replace(home_is_own=False)
    with pytest.raises(errors.PreconditionFailed, match="chown geo /home/geo"):
        node.work()
    assert node.volfile.read_text() == node.stock


def test_a_tool_that_fails_ends_it(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    node.account = Account("geo")
    real = Node.__call__
    monkeypatch.setattr(Node, "__call__", lambda self, argv, **more: (9, "", "exists") if argv[0] == "useradd" else real(self, argv, **more))
    with pytest.raises(errors.CommandFailed, match="useradd failed: exists"):
        node.work()
    assert node.volfile.read_text() == node.stock


@pytest.mark.parametrize(
    ("change", "option"),
    [
        ({"mappings": [{**MAPPINGS[0], "secondary_user": "root"}]}, "mappings[0].secondary_user"),
        ({"mappings": [{**MAPPINGS[0], "secondary_user": "Geo Account"}]}, "mappings[0].secondary_user"),
        ({"mappings": [{**MAPPINGS[0], "secondary_volumes": ["a,b"]}]}, "mappings[0].secondary_volumes"),
        ({"mappings": [{**MAPPINGS[0], "secondary_volumes": ["nowhere"]}]}, "mappings"),
        ({"mappings": [{**MAPPINGS[0], "secondary_nodes": ["x"]}]}, "mappings[0].secondary_nodes"),
        ({"mappings": [{**MAPPINGS[0], "sessions": ["../x"]}]}, "mappings[0].sessions"),
        ({"root": "mounts"}, "root"),
        ({"root": "/a/../b"}, "root"),
        ({"root": "/with blank"}, "root"),
        ({"group": "a b"}, "group"),
    ],
)
def test_what_cannot_be(node: Node, change: dict[str, t.Any], option: str) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        node.work(**change)
    assert caught.value.option == option and caught.value.remedy
    assert node.volfile.read_text() == node.stock and not node.root.exists()


def test_nodes_of_another_cluster_are_left_out(node: Node) -> None:
    found = node.work(mappings=[{**MAPPINGS[0], "secondary_volumes": ["nowhere"]}], skip_unknown=True, root=None)
    assert not found["changed"] and not found["restart_needed"] and "nowhere" in found["notes"][0]
    pending = node.work(mappings=[{**MAPPINGS[0], "secondary_volumes": ["nowhere"]}], skip_unknown=True, pending_volumes=["nowhere"])
    assert pending["after"]["users"] == {"geo": ["nowhere"]}


def test_glusters_own_reader_is_asked_before_and_after(node: Node, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "peer_mountbroker.py").touch()
    monkeypatch.setattr(helpers, "helper_dir", lambda: str(tmp_path))
    monkeypatch.setattr(host_facts, "gsyncd_python", lambda _helper: "python3")
    found = node.work()
    assert found["changed"] and "too many values" in found["notes"][0]
    assert sum(words[-1] == "node-status" for words in node.ran) == 1
    # It goes on saying what it said, which is no more what is there.
    users = {"geo": ["projects-dr"]}
    output = {"mountbroker-root": str(node.root), "geo-replication-log-group": "geogroup", "users": users}
    node.reader = json.dumps({"ok": True, "nodeid": None, "output": output})
    assert not node.work()["changed"]
    with pytest.raises(errors.StateNotReached, match="but now has other content"):
        node.work(mappings=[{**MAPPINGS[0], "secondary_user": "more"}])
    with pytest.raises(errors.PreconditionFailed, match="was not changed"):
        node.work()


@pytest.fixture
def reader(node: Node, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Node:
    """A node with gluster's own reader, which reads the file as gluster-mountbroker does: line by line, without quotes and comments."""
    (tmp_path / "peer_mountbroker.py").touch()
    monkeypatch.setattr(helpers, "helper_dir", lambda: str(tmp_path))
    monkeypatch.setattr(host_facts, "gsyncd_python", lambda _helper: "python3")

    def status(argv: t.Sequence[str], **more: t.Any) -> tuple[int, str, str]:
        if argv[-1] == "node-status":
            known = pure.by_lines(node.volfile.read_text(errors="replace"))
            output = {"mountbroker-root": known.root or "None", "geo-replication-log-group": known.group, "users": known.users} if known else {}
            node.reader = json.dumps({"ok": True, "nodeid": None, "output": output}) if known else None
        return Node.__call__(node, argv, **more)

    monkeypatch.setattr(node, "run", status, raising=False)
    return node


def test_b30_what_is_behind_a_hash_is_no_volume_and_glusterd_has_the_last_word(reader: Node) -> None:
    (reader.folder / "lib/vols/wiki").mkdir()
    (reader.folder / "lib/vols/handbook").mkdir()
    reader.volfile.write_text(text_of("B30", "glusterd.vol").replace("/var/mountbroker-root", str(reader.root)))
    reader.root.mkdir(mode=0o711)
    reader.restart()
    assert reader.loaded == {("georep", "handbook")}
    mapping = {**MAPPINGS[0], "secondary_user": "georep", "secondary_volumes": ["handbook", "wiki"]}
    first = reader.work(mappings=[mapping])
    assert first["changed"] and first["restart_needed"] and "option mountbroker-geo-replication.georep handbook,wiki # docs" in reader.volfile.read_text()
    # The run is killed, and glusterd still goes by what it has read: even if the file looks older than glusterd, glusterd is asked.
    reader.started = time.time() + 60
    second = reader.work(mappings=[mapping])
    assert not second["changed"] and second["restart_needed"] and reader.asked
    reader.restart()
    third = reader.work(mappings=[mapping])
    assert not third["changed"] and not third["restart_needed"] and reader.asked
    assert reader.loaded == {("georep", "handbook"), ("georep", "wiki")}


def test_b30_a_comment_need_not_be_utf_8(reader: Node) -> None:
    reader.work()
    content = reader.volfile.read_bytes().replace(b"volume management", b"# f\xfcr die Au\xdfenstelle\nvolume management")
    reader.volfile.write_bytes(content)
    (reader.folder / "lib/vols/wiki").mkdir()
    found = reader.work(mappings=[{**MAPPINGS[0], "secondary_volumes": ["projects-dr", "wiki"]}])
    assert found["changed"] and reader.volfile.read_bytes() == content.replace(b"projects-dr", b"projects-dr,wiki")


def test_b30_glusters_own_reader_misreads_quotes_and_nobody_minds(reader: Node) -> None:
    reader.work()
    reader.volfile.write_text(reader.volfile.read_text().replace(" geogroup", ' "geogroup"'))
    reader.restart()
    found = reader.work()
    assert not found["changed"] and not found["restart_needed"] and reader.asked
    assert "knows neither quotes" in found["notes"][0] and found["after"]["group"] == "geogroup"
    # Whatever else the readers disagree on is nobody's to change.
    reader.volfile.write_text(reader.volfile.read_text().replace('"geogroup"', "geogroup"))
    with mock.patch.object(pure, "by_lines", return_value=None), mock.patch.object(
        mountbroker, "_node_status", return_value=pure.Settings("/other", "geogroup", {})
    ), pytest.raises(errors.PreconditionFailed, match="gluster-mountbroker reads"):
        reader.work()


def test_without_the_file(node: Node) -> None:
    node.volfile.unlink()
    with pytest.raises(errors.PreconditionFailed, match="does not exist on this node"):
        node.work()


@pytest.mark.parametrize("text", ["volume management\n", "\udcff"])
def test_a_file_that_is_not_understood(node: Node, text: str) -> None:
    node.volfile.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(errors.PreconditionFailed, match="was not changed"):
        node.work()


def test_logs_of_a_former_session_are_given_to_the_account(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    given = []
    monkeypatch.setattr(mountbroker, "_give", lambda folder, account, _node: given.append((folder, account)))
    folder = node.folder / "geo-replication-secondaries"
    for name in ("projects_s1_projects-dr", "other_s1_other-dr"):
        (folder / name).mkdir(parents=True)
    mapping = {**MAPPINGS[0], "sessions": ["projects_s1_projects-dr", "never_s1_there"]}
    check = node.work(True, mappings=[mapping])
    assert given == []
    assert node.work(mappings=[mapping])["steps"] == check["steps"]
    assert given == [(str(folder / "projects_s1_projects-dr"), "geo")]
    monkeypatch.setattr(mountbroker, "_name_of", lambda _uid: "geo")
    assert node.work(mappings=[mapping])["steps"] == []


def test_a_home_is_made_only_where_root_alone_can_make_one(node: Node) -> None:
    """Whoever can change the folder above puts a link there, and root gives away what it points to."""
    node.account = READY._replace(home=str(node.folder / "home/geo"), home_exists=False)
    (node.folder / "home").mkdir()
    (node.folder / "home").chmod(0o1777)
    for check_mode in (True, False):
        with pytest.raises(errors.PreconditionFailed, match="other accounts than root can change its parent folder"):
            node.work(check_mode)
    (node.folder / "home").chmod(0o755)
    with mock.patch.object(mountbroker.pwd, "getpwnam", return_value=types.SimpleNamespace(pw_gid=os.getegid())):
        assert any(step.startswith("account geo: home") for step in node.work(True)["steps"])


class TestRoot:
    def test_others_may_write_to_it(self, node: Node) -> None:
        node.root.mkdir()
        node.root.chmod(0o777)
        assert str(node.root) in node.work(True)["steps"][0]
        node.work()
        assert node.root.stat().st_mode & 0o7777 == 0o711

    def test_others_may_write_above_it(self, node: Node) -> None:
        node.folder.chmod(0o777)
        with pytest.raises(errors.PreconditionFailed, match="would not start any more"):
            node.work()
        assert node.volfile.read_text() == node.stock

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can make the link of another account")
    def test_a_link_of_another_account_is_not_followed(self, node: Node) -> None:
        """Root would give the folder behind it the mode 0711."""
        behind = node.folder / "behind"
        behind.mkdir(mode=0o700)
        node.root.symlink_to(behind)
        assert node.work(True)["steps"], "a link of root is root's affair"
        os.chown(node.root, 4711, 4711, follow_symlinks=False)
        for check_mode in (True, False):
            with pytest.raises(errors.PreconditionFailed, match="contains a symbolic link that other accounts than root can change"):
                node.work(check_mode)
        assert behind.stat().st_mode & 0o7777 == 0o700

    def test_it_is_a_file(self, node: Node) -> None:
        node.root.touch()
        with pytest.raises(errors.PreconditionFailed, match="is not a folder"):
            node.work()

    def test_the_hive_is_open(self, node: Node) -> None:
        (node.root / "mb_hive").mkdir(parents=True)
        (node.root / "mb_hive").chmod(0o755)
        with pytest.raises(errors.PreconditionFailed, match="mb_hive does not have the mode 0711"):
            node.work()

    def test_folders_above_it_are_made(self, node: Node) -> None:
        node.work(root=str(node.folder / "a/b/c"))
        assert [os.stat(node.folder / path).st_mode & 0o777 for path in ("a", "a/b", "a/b/c")] == [0o755, 0o755, 0o711]


def test_quorum(node: Node) -> None:
    assert node.work(True)["quorum_lost"] == []
    (node.folder / "lib/vols/projects-dr/info").write_text("cluster.server-quorum-type=server\n")
    assert node.work(True)["quorum_lost"] == ["projects-dr"]
    (node.folder / "lib/options").write_text("global-option-version=1\ncluster.server-quorum-ratio=50%\n")
    assert node.work(True)["quorum_lost"] == []
    node.pool = POOL.replace("secondary2\tConnected", "secondary2\tDisconnected")
    found = node.work(True)
    assert found["peers_down"] == ["secondary2"] and found["quorum_lost"] == ["projects-dr"]


@pytest.mark.parametrize(
    ("up", "total", "percent", "kept"),
    [(2, 3, 0, True), (1, 3, 0, False), (1, 2, 0, False), (3, 4, 0, True), (2, 4, 0, False), (1, 2, 50, True), (2, 3, 67, False)],
)
def test_glusterds_own_rule_of_quorum(up: int, total: int, percent: float, kept: bool) -> None:
    assert mountbroker.enough(up, total, percent) is kept


class TestVerified:
    def test_another_site_that_is_set_up(self, node: Node) -> None:
        node.loaded = {("geo", "projects-dr")}
        found = node.work(state="verified", mappings=[{**MAPPINGS[0], "secondary_nodes": ["dr1", "dr2"]}])
        assert not found["changed"]
        assert [words[3] for words in node.ran] == ["--remote-host=dr1", "--remote-host=dr1", "--remote-host=dr2", "--remote-host=dr2"]

    def test_another_site_that_is_not(self, node: Node) -> None:
        with pytest.raises(errors.PreconditionFailed) as caught:
            node.work(state="verified", mappings=[{**MAPPINGS[0], "secondary_nodes": ["dr1", "dr2"]}])
        told = f"{caught.value} {caught.value.remedy}"
        for words in ("dr1: projects-dr by geo", "dr2: projects-dr by geo", "gluster-mountbroker add projects-dr geo", "Nothing was changed"):
            assert words in told

    def test_this_node(self, node: Node) -> None:
        node.loaded = {("geo", "projects-dr")}
        node.work(state="verified")
        assert all("--remote-host" not in " ".join(words) for words in node.ran)

    def test_an_answer_that_means_nothing(self, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Node, "__call__", lambda _self, _argv, **_more: (1, "Mount command failed", ""))
        with pytest.raises(errors.UnreadableOutput):
            node.work(state="verified")


class TestThisMachine:
    """What is asked of the system itself."""

    def test_accounts(self) -> None:
        me = pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(me.pw_gid).gr_name
        found = mountbroker._account(me.pw_name, group)
        assert found.exists and found.home == me.pw_dir and found.in_group
        assert not mountbroker._account(me.pw_name, "nosuchgroup9").in_group
        assert mountbroker._account("nosuchuser9", group) == Account("nosuchuser9")
        assert mountbroker._name_of(me.pw_uid) == me.pw_name and mountbroker._name_of(2**31 - 7) == str(2**31 - 7)

    def test_the_folder_of_the_logs(self, tmp_path: Path) -> None:
        run = Recorder()
        ctx = mountbroker.Context(run, GlusterCli(run), "here", False, log_dir=str(tmp_path))
        group = grp.getgrgid(os.getegid()).gr_name
        assert mountbroker._logs_open_to(group, ctx)
        folder = tmp_path / "geo-replication-slaves"
        folder.mkdir()
        os.chown(folder, -1, os.getegid())
        for mode, is_open in ((0o755, False), (0o1775, True)):
            folder.chmod(mode)
            assert mountbroker._logs_open_to(group, ctx) is is_open
        assert not mountbroker._logs_open_to("nosuchgroup9", ctx)
        # An upgrade leaves the old one behind; only the new one counts.
        (tmp_path / "geo-replication-secondaries").mkdir(mode=0o755)
        assert not mountbroker._logs_open_to(group, ctx)

    @pytest.mark.parametrize("kind", ["link", "pipe", "hard link"])
    def test_giving_logs_gives_nothing_else(self, tmp_path: Path, kind: str) -> None:
        """The accounts of the log group can write to the folder above."""
        tmp_path.chmod(0o775)
        logs, victim = tmp_path / "logs", tmp_path / "victim"
        logs.mkdir()
        victim.write_text("of root")
        path = logs / "gsyncd.log"
        {"link": lambda: path.symlink_to(victim), "pipe": lambda: os.mkfifo(path), "hard link": lambda: os.link(victim, path)}[kind]()
        mountbroker_changes = mountbroker._logs_to_give, mountbroker._give
        for change, given in zip(mountbroker_changes, (("here",), (pwd.getpwuid(os.geteuid()).pw_name, "here"))):
            with pytest.raises(errors.PreconditionFailed, match=r"gsyncd\.log on here is a"):
                change(str(logs), *given)
        path.unlink()
        with open(path, "wb") as log:
            log.truncate(1 << 30)
        mountbroker._give(str(logs), pwd.getpwuid(os.geteuid()).pw_name, "here")


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_a_step_needs_is_said_before_the_first_one(node: Node, monkeypatch: pytest.MonkeyPatch, check_mode: bool) -> None:
    node.account, node.groups = Account("geo"), set()
    node.missing = {"useradd", "systemctl", "service", "rc-service"}
    monkeypatch.setattr(mountbroker.places, "obstacle", lambda path: "the file system at /etc is mounted read-only" if path == str(node.volfile) else None)
    with pytest.raises(errors.PreconditionFailed) as caught:
        node.work(check_mode)
    for words in (
        "secondary1: useradd is not installed", f"{node.volfile} cannot be written: the file system at /etc is mounted read-only",
        "glusterd must be restarted, but none of systemctl, service, rc-service is installed", "Nothing was changed",
    ):  # fmt: skip
        assert words in caught.value.message
    assert node.changes() == [] and node.volfile.read_text() == node.stock and not node.root.exists()


def test_what_no_step_needs_is_not_missed(node: Node) -> None:
    """With the account there, nothing is to be created; and once glusterd goes by its file, nothing is to be restarted."""
    node.missing = {"useradd", "groupadd", "usermod"}
    assert node.work()["changed"]
    node.restart()
    node.missing = {"systemctl", "service", "rc-service"}
    again = node.work()
    assert not again["changed"] and not again["restart_needed"]
