# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes over directories: what is asked of gluster, in which order, and what is never done."""

from __future__ import annotations

import contextlib
import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import directory as subject
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import xml
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli
from ansible_collections.glusterops.georep.plugins.module_utils._host import places
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import DIRECTORY_MARK
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._plan.directory import (
    NOT_EMPTY,
    Wanted,
    volume_name,
)
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import descriptors, walk
from ansible_collections.glusterops.georep.plugins.modules import gluster_georep_directory
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import document, refusal
from ansible_collections.glusterops.georep.tests.unit.support import run_module

UUID = "33333333-3333-4333-8333-333333333333"
OTHER = "44444444-4444-4444-8444-444444444444"


class Glusterd:
    """One node: its volumes, and every command that changes them."""

    def __init__(self) -> None:
        self.volumes: dict[str, dict[str, t.Any]] = {}
        self.mutations: list[str] = []
        self.silent = False
        self.refuse: dict[str, str] = {}
        #: By command: answered so, and done all the same or not.
        self.garble: dict[str, tuple[tuple[int, str, str], bool]] = {}
        self.walk = (0, "", "")

    def add(self, name: str, *bricks: str, status: str = "Started", uuid: str = UUID, **options: str) -> None:
        self.volumes[name] = {"bricks": bricks, "status": status, "uuid": uuid, "options": options}

    def __call__(self, argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        if argv[0] == "find":
            self.mutations.append(" ".join(argv))
            return self.walk
        words = list(argv[argv.index("--") + 1 :])
        if self.silent:
            return 1, "Connection failed. Please check if gluster daemon is operational.\n", ""
        if words == ["pool", "list"]:
            return document(f"<peerStatus><peer><uuid>{UUID}</uuid><hostname>localhost</hostname><connected>1</connected></peer></peerStatus>")
        if words[:2] == ["volume", "info"]:
            return document(f"<volInfo><volumes>{''.join(self._xml(name) for name in self.volumes)}<count>{len(self.volumes)}</count></volumes></volInfo>")
        self.mutations.append(" ".join(words[1:]))
        verb, name, *rest = words[1:]
        if verb in self.refuse:
            return refusal(self.refuse[verb])
        answer, done = self.garble.pop(verb, (document("<x/>"), True))
        if not done:
            return answer
        if verb == "create":
            self.add(name, rest[0], status="Created")
        elif verb == "set":
            self.volumes[name]["options"][rest[0]] = rest[1]
        elif verb == "delete":
            del self.volumes[name]
        else:
            self.volumes[name]["status"] = {"start": "Started", "stop": "Stopped"}[verb]
        return answer

    def _xml(self, name: str) -> str:
        volume = self.volumes[name]
        bricks = "".join(f"<brick><name>{brick}</name><hostUuid>{volume['uuid']}</hostUuid></brick>" for brick in volume["bricks"])
        options = "".join(f"<option><name>{key}</name><value>{value}</value></option>" for key, value in volume["options"].items())
        return (
            f"<volume><name>{name}</name><id>55555555-5555-4555-8555-555555555555</id><statusStr>{volume['status']}</statusStr>"
            f"<brickCount>{len(volume['bricks'])}</brickCount><distCount>{len(volume['bricks'])}</distCount>"
            "<replicaCount>1</replicaCount><disperseCount>0</disperseCount>"
            f"<typeStr>Distribute</typeStr><bricks>{bricks}</bricks><optCount>{len(volume['options'])}</optCount><options>{options}</options></volume>"
        )


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Glusterd:
    monkeypatch.setattr(subject, "lacking_packages", lambda: ())
    monkeypatch.setattr(subject.processes, "receiving", list)
    monkeypatch.setattr(places, "is_this_node", lambda name: name == "dr1")
    monkeypatch.setattr(subject.mounts, "mounted", lambda _run, volume: contextlib.nullcontext(f"/run/{volume}"))
    return Glusterd()


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "dr" / "projects")


def wanted(path: str, state: str = "present", accept: t.Iterable[str] = (), read_only: bool | None = True) -> Wanted:
    return Wanted("dr1", path, volume_name(path), state, frozenset(accept), read_only)


def run(node: Glusterd, *items: Wanted, check_mode: bool = False, **more: t.Any) -> list[dict[str, t.Any]]:
    more.setdefault("glusterd_dir", "/nonexistent")
    looked, outcomes = subject.converge(GlusterCli(node, lock_patience=0), node, items, check_mode, sleep=lambda _seconds: None, **more)
    return [subject.result_of(outcome, looked) for outcome in outcomes]


def test_from_nothing_to_a_volume_and_nothing_on_the_second_run(node: Glusterd, path: str) -> None:
    item = wanted(path)
    (predicted,) = run(node, item, check_mode=True)
    assert node.mutations == [] and not os.path.exists(os.path.dirname(path))
    (made,) = run(node, item)
    assert node.mutations == [
        f"create {item.volume} dr1:{path} force",
        f"set {item.volume} {DIRECTORY_MARK} {path}",
        f"set {item.volume} features.read-only on",
        f"start {item.volume}",
    ]
    # Others write to the same disk meanwhile.
    same = made.keys() - {"used", "available"}
    assert os.path.isdir(path) and {name: predicted[name] for name in same} == {name: made[name] for name in same}
    assert made["after"] == {"status": "Started", "made_here": True, "read_only": True} and made["node_uuid"] == UUID
    assert made["cluster_uuids"] == [UUID]
    node.mutations.clear()
    (again,) = run(node, item)
    assert (again["changed"], node.mutations) == (False, []) and again["before"] == made["after"]


@pytest.mark.parametrize("done", [1, 2, 3])
def test_a_run_that_ended_in_the_middle_is_finished(node: Glusterd, path: str, done: int) -> None:
    item = wanted(path)
    run(node, item)
    whole = list(node.mutations)
    node.volumes.clear()
    for line in whole[:done]:
        node(["gluster", "--", "volume", *line.split()])
    node.mutations.clear()
    run(node, item)
    assert node.mutations == whole[done:]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make the link of another account")
def test_a_link_of_another_account_above_it_is_not_followed(node: Glusterd, path: str, tmp_path: Path) -> None:
    """Root would make folders wherever the account points it to."""
    (tmp_path / "behind").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "behind")
    os.chown(link, 4711, 4711, follow_symlinks=False)
    with pytest.raises(InvalidInput, match="leads through the symbolic link link, which root alone could not have made"):
        run(node, wanted(path), wanted(f"{link}/made/here"))
    with pytest.raises(walk.Refused):
        descriptors.makedirs(f"{link}/made/here", 0o755)
    assert node.mutations == [] and os.listdir(tmp_path / "behind") == [] and not os.path.exists(path)
    os.chown(link, 0, 0, follow_symlinks=False)
    descriptors.makedirs(f"{link}/made/here", 0o755)
    descriptors.makedirs(f"{link}/made/here", 0o755)
    descriptors.rmdir(f"{link}/made/here")
    assert os.listdir(tmp_path / "behind" / "made") == []


def test_content_is_neither_touched_nor_mixed_in(node: Glusterd, path: str) -> None:
    os.makedirs(path)
    Path(path, "mine").write_text("precious")
    other = wanted(path + "2")
    with pytest.raises(errors.PreconditionFailed, match=r"is not empty: mine.*accept: \[directory_not_empty\]"):
        run(node, other, wanted(path))
    assert node.mutations == [] and not os.path.exists(other.directory), "one was made before all had passed their checks"
    node.walk = (1, "", "find: it/x: No data available")
    with pytest.raises(errors.CommandFailed, match=r"Some files .* could not be read .* No data available"):
        run(node, wanted(path, accept=[NOT_EMPTY]))
    node.volumes.clear()
    node.mutations.clear()
    node.walk = (0, "", "")
    (made,) = run(node, wanted(path, accept=[NOT_EMPTY]))
    assert node.mutations[-3:] == [
        f"start {volume_name(path)}",
        f"find /run/{volume_name(path)} -ignore_readdir_race -size -0c",
        f"set {volume_name(path)} {DIRECTORY_MARK} {path}",
    ]
    assert made["entries"] == ["mine"] and Path(path, "mine").read_text() == "precious"


@pytest.mark.parametrize("done", range(1, 6))
def test_content_is_taken_in_by_the_next_run_where_one_was_killed(
    node: Glusterd, path: str, monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    """Without that every worker would fail at it, again and again."""
    os.makedirs(path)
    Path(path, "mine").write_text("precious")
    item = wanted(path, accept=[NOT_EMPTY])
    with monkeypatch.context() as patch:
        real = Glusterd.__call__

        def killed(self: Glusterd, argv: t.Sequence[str], **more: t.Any) -> tuple[int, str, str]:
            if len(self.mutations) == done and "info" not in argv and "pool" not in argv:
                raise KeyboardInterrupt
            return real(self, argv, **more)

        patch.setattr(Glusterd, "__call__", killed)
        with pytest.raises(KeyboardInterrupt):
            run(node, item)
    assert len(node.mutations) == done
    node.mutations.clear()
    (predicted,) = run(node, item, check_mode=True)
    assert predicted["changed"] and node.mutations == []
    (finished,) = run(node, item)
    assert finished["steps"] == predicted["steps"] and finished["after"] == predicted["after"] != predicted["before"]
    assert [line.split()[0] for line in node.mutations[-2:]] == ["find", "set"] and sum("find" in line for line in node.mutations) == 1
    assert "taking_in" not in finished["after"] and node.volumes[item.volume]["options"][DIRECTORY_MARK] == path
    node.mutations.clear()
    for check_mode in (True, False):
        assert run(node, wanted(path), check_mode=check_mode)[0]["changed"] is False
    assert node.mutations == []


def test_what_cannot_be_taken_in_is_tried_again(node: Glusterd, path: str) -> None:
    os.makedirs(path)
    Path(path, "mine").write_text("precious")
    node.walk = (1, "", "find: it/x: No data available")
    for _run in range(2):
        with pytest.raises(errors.CommandFailed, match="Some files in") as caught:
            run(node, wanted(path, accept=[NOT_EMPTY]))
        assert "run again" in (caught.value.remedy or "") and node.mutations[-1].startswith("find")


def test_absent_takes_only_what_is_ours_and_never_files(node: Glusterd, path: str) -> None:
    item = wanted(path)
    run(node, item)
    Path(path, "replica").write_text("precious")
    node.mutations.clear()
    gone = wanted(path, "absent")
    assert [result["after"] for result in run(node, gone, check_mode=True)] == [{"status": "absent"}]
    (result,) = run(node, gone)
    assert node.mutations == [f"stop {item.volume}", f"delete {item.volume}"]
    assert Path(path, "replica").read_text() == "precious" and path in result["left"][0]
    assert run(node, gone)[0]["changed"] is False
    node.add(item.volume, f"dr1:{path}")
    node.mutations.clear()
    (result,) = run(node, gone)
    assert node.mutations == [] and "was not created by this collection" in result["notes"][0]


def test_a_volume_that_receives_is_not_taken_away(node: Glusterd, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run(node, wanted(path))
    node.mutations.clear()
    session = {"primary_volume": "theirs", "secondary_volume": volume_name(path), "primary_node": "p9", "primary_node_uuid": "9"}
    monkeypatch.setattr(subject.processes, "receiving", lambda: [session])
    ticks = iter(range(0, 1000, 10))
    with pytest.raises(errors.PreconditionFailed, match="still receives a session: the volume theirs of p9"):
        run(node, wanted(path, "absent"), clock=lambda: next(ticks))
    assert node.mutations == []


@pytest.mark.parametrize("below", ["", "/a/b"])
def test_a_brick_within_a_brick(node: Glusterd, path: str, below: str) -> None:
    node.add("other", f"dr1:{path}")
    with pytest.raises(InvalidInput, match=r"brick dr1:.*of the volume other") as caught:
        run(node, wanted(path + below))
    assert caught.value.remedy.endswith("secondary_volume: other.")
    node.add("other", f"dr2:{path}", uuid=OTHER)
    assert run(node, wanted(path + below))[0]["changed"]


def test_somebody_elses_volume_of_that_name(node: Glusterd, path: str) -> None:
    node.add(volume_name(path), f"dr2:{path}", uuid=OTHER)
    with pytest.raises(errors.PreconditionFailed, match="exists with other bricks than"):
        run(node, wanted(path))


def test_what_cannot_be_a_brick(node: Glusterd, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    os.makedirs(os.path.dirname(path))
    Path(path).write_text("a file")
    with pytest.raises(InvalidInput, match="is not a directory"):
        run(node, wanted(path))
    with pytest.raises(InvalidInput, match="is not a directory"):
        run(node, wanted(path + "/below"))
    os.unlink(path)
    os.symlink("/tmp", path)
    with pytest.raises(InvalidInput, match="is a symbolic link to /tmp"):
        run(node, wanted(path))
    os.unlink(path)
    monkeypatch.setattr(places, "file_system", lambda _path: places.FileSystem("/mnt/v", "fuse.glusterfs"))
    with pytest.raises(InvalidInput, match="mounted GlusterFS volume"):
        run(node, wanted(path))


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("Glusterfs is not supported on brick: dr1:/x.\nSetting extended attributes failed, reason: Operation not supported.", "XFS or ext4"),
        ("Host dr1 is not in 'Peer in Cluster' state", "resolve the name dr1"),
        ("no idea", "glusterd.log"),
    ],
)
def test_a_refusal_leaves_no_empty_directory(node: Glusterd, path: str, said: str, remedy: str) -> None:
    node.refuse["create"] = said
    with pytest.raises(errors.CommandFailed) as caught:
        run(node, wanted(path))
    assert " ".join(said.split()) in caught.value.message and remedy in (caught.value.remedy or "")
    assert not os.path.exists(path)


def test_success_without_effect(node: Glusterd, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run(node, wanted(path))
    node.volumes[volume_name(path)]["status"] = "Stopped"
    real = Glusterd.__call__
    monkeypatch.setattr(Glusterd, "__call__", lambda self, argv, **more: document() if "start" in argv else real(self, argv, **more))
    with pytest.raises(errors.StateNotReached, match=r"has .*Stopped"):
        run(node, wanted(path))


# --- nodes without GlusterFS


@pytest.mark.parametrize(
    ("debian", "programs", "gsyncd", "packages"),
    [
        (True, ("gluster", "glusterd"), True, ()),
        (True, ("gluster",), True, ("glusterfs-server",)),
        (True, ("gluster", "glusterd"), False, ("glusterfs-server",)),
        (False, ("gluster", "glusterd"), True, ()),
        (False, ("gluster", "glusterd"), False, ("glusterfs-geo-replication",)),
        (False, (), False, ("glusterfs-server", "glusterfs-geo-replication")),
    ],
)
def test_packages_that_are_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, debian: bool, programs: tuple[str, ...], gsyncd: bool, packages: tuple[str, ...]
) -> None:
    monkeypatch.setattr(subject, "DEBIAN", str(tmp_path if debian else tmp_path / "none"))
    monkeypatch.setattr(subject.shutil, "which", lambda name, path: name if name in programs else None)
    monkeypatch.setattr(subject.helpers, "helper_dir", lambda: "/usr/lib/x/glusterfs" if gsyncd else None)
    assert subject.lacking_packages() == packages


@pytest.mark.parametrize("lxml", [True, False])
@pytest.mark.parametrize("host", ["dr1", "dr2"])
def test_a_node_without_gluster_says_whether_it_has_the_library(node: Glusterd, path: str, monkeypatch: pytest.MonkeyPatch, lxml: bool, host: str) -> None:
    for place in (subject, gluster_georep_directory):
        monkeypatch.setattr(place, "lacking_packages", lambda: ("glusterfs-server",))
    monkeypatch.setattr(xml, "HAS_LXML", lxml)
    params = {"directories": [{"secondary_host": host, "directory": path}], "other_hosts": "skip"}
    result = run_module(gluster_georep_directory, params, check_mode=True, run=node)
    lacks = host == "dr1"
    assert not result.failed and result["lacking"] == {"packages": ["glusterfs-server"] * lacks, "service": "glusterd" * lacks}
    assert result.get("missing_library") == (None if lxml or not lacks else "lxml"), "another node's directory needs nothing here"


def test_a_node_without_gluster_predicts_and_refuses(node: Glusterd, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "lacking_packages", lambda: ("glusterfs-server",))
    looked, (outcome,) = subject.converge(GlusterCli(node), node, [wanted(path)], True)
    assert looked.lacking == subject.Lacking(("glusterfs-server",), "glusterd") and outcome.plan.changed
    with pytest.raises(errors.PreconditionFailed, match=r"GlusterFS is not running on this node\. Install glusterfs-server and start it"):
        run(node, wanted(path))
    assert run(node, wanted(path, "absent"))[0]["changed"] is False


def test_a_silent_glusterd_is_started_only_where_it_has_nothing(node: Glusterd, path: str, tmp_path: Path) -> None:
    node.silent = True
    (tmp_path / "vols").mkdir()
    looked, _outcomes = subject.converge(GlusterCli(node), node, [wanted(path)], True, str(tmp_path))
    assert looked.lacking == subject.Lacking((), "glusterd")
    (tmp_path / "vols" / "homes").mkdir()
    with pytest.raises(errors.DaemonUnreachable, match="glusterd does not answer"):
        subject.converge(GlusterCli(node), node, [wanted(path)], True, str(tmp_path))


# --- whose directory it is


def test_other_hosts(node: Glusterd, path: str) -> None:
    items = [wanted(path), wanted(path)._replace(secondary_host="dr2")]
    assert subject.here(items, skip=True) == (items[:1], ["dr2"])
    with pytest.raises(InvalidInput, match="'dr2': does not resolve to an address of this node") as caught:
        subject.here(items, skip=False)
    assert caught.value.option == "secondary_host"
    # Another site's node may take the name for its own; the UUID that the primary cluster was told says that it is not meant.
    assert subject.here(items[:1], True, {"dr1": "u1"}, "u1") == (items[:1], [])
    for own in ("u2", None):
        assert subject.here(items[:1], True, {"dr1": "u1"}, own) == ([], ["dr1"])
    with pytest.raises(InvalidInput, match="'dr1': is the node with the UUID u1, but this node has the UUID u2"):
        subject.here(items[:1], False, {"dr1": "u1"}, "u2")
    assert subject.converge(GlusterCli(node), node, [], False)[1] == []


def test_directories_lie_apart() -> None:
    items = [wanted("/srv/a"), wanted("/srv/b"), wanted("/srv/a/c")]
    with pytest.raises(InvalidInput) as caught:
        subject.check_apart(items, "directories")
    assert caught.value.option == "directories[2].directory"
    elsewhere = [items[0], items[2]._replace(secondary_host="dr2")]
    subject.check_apart(elsewhere, "directories", {"dr1"})
    with pytest.raises(InvalidInput, match="is the same directory as /srv/a, contains it, or is in it"):
        subject.check_apart(elsewhere, "directories", {"dr1", "dr2"})


@pytest.mark.parametrize("answer", [(0, "<?xml version='1.0'?><cliOutput><opRet>0", ""), (0, "", ""), (-11, "", ""), refusal("Volume x already started")])
@pytest.mark.parametrize("verb", ["create", "set", "start", "stop", "delete"])
@pytest.mark.parametrize("done", [True, False])
def test_an_answer_that_cannot_be_read_or_another_run_that_was_first(
    node: Glusterd, path: str, verb: str, done: bool, answer: tuple[int, str, str]
) -> None:
    """What became of it, the volume shows. It is not sent again."""
    gone = verb in ("stop", "delete")
    if gone:
        run(node, wanted(path))
        node.mutations.clear()
    node.garble[verb] = (answer, done)
    item = wanted(path, "absent" if gone else "present")
    if done:
        (result,) = run(node, item)
        assert result["changed"] and result["after"]["status"] == ("absent" if gone else "Started")
    else:
        with pytest.raises((errors.OutcomeUnknown, errors.CommandFailed), match=f"gluster volume {verb}"):
            run(node, item)
    sent = [line for line in node.mutations if line.split()[0] == verb]
    assert len(sent) == len(set(sent)), node.mutations


def test_a_directory_that_cannot_be_written_is_refused_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "obstacle", lambda _path: "the file system at /srv is mounted read-only")
    with pytest.raises(InvalidInput, match="the file system at /srv is mounted read-only"):
        subject.look_at_folder(str(tmp_path / "yet" / "to" / "be"))
    assert list(tmp_path.iterdir()) == []
