# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""glusterd's own files on a node: recorded ones, and such as a node may have at a bad moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import store
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Brick
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SecondaryUrl, SessionId
from ansible_collections.glusterops.georep.tests.unit.recorded import ID, SIX, VERSIONS, lay_out, recorded_file
from ansible_collections.glusterops.georep.tests.unit.support import ROOT

DIR = ID.directory
each_version = pytest.mark.parametrize("version", VERSIONS)


@each_version
def test_sessions_in_glusterd_s_own_files(version: str, tmp_path: Path) -> None:
    found = store.read_registered(str(lay_out(tmp_path, version)))
    assert len(found) == 6 and {entry.id for entry in found} == SIX
    assert all(entry.url.volume_uuid for entry in found)


def test_no_files_no_sessions(tmp_path: Path) -> None:
    assert store.read_registered(str(tmp_path)) == []
    (tmp_path / "vols" / "half-deleted").mkdir(parents=True)
    assert store.read_registered(str(tmp_path)) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["slave1=u", "type=2"], None),
        (["secondary1=ssh://h::v"], [SecondaryUrl("root", "h", "v", None)]),
        (
            ["secondary10=ssh://g@h::v", "slave2=ssh://h::v"],
            [SecondaryUrl("g", "h", "v", None), SecondaryUrl("root", "h", "v", None)],
        ),
        (["secondary1=", "secondary=ssh://h::v", "slavery=ssh://h::v", "xslave1=y", "brick-0=a"], []),
    ],
)
def test_lines_of_a_volume_s_file(lines: list[str], expected: list[SecondaryUrl] | None) -> None:
    keys = dict(line.split("=", 1) for line in lines)
    if expected is None:
        with pytest.raises(errors.UnreadableOutput, match="line of unknown shape: slave1=u"):
            store.registered_urls(keys)
    else:
        assert store.registered_urls(keys) == expected


@each_version
def test_options_that_were_set(version: str, tmp_path: Path) -> None:
    assert store.read_modified(ID, str(lay_out(tmp_path, version))) == {"sync-jobs", "rsync-options"}


@each_version
def test_a_new_session_has_set_nothing(version: str, tmp_path: Path) -> None:
    assert store.read_modified(ID, str(lay_out(tmp_path, version, "gsyncd-conf-new"))) == frozenset()


@each_version
def test_a_word_for_a_number_is_readable_for_us(version: str, tmp_path: Path) -> None:
    assert "secondary-timeout" in store.read_modified(ID, str(lay_out(tmp_path, version, "gsyncd-conf-corrupt")))


def test_no_file_is_nothing_set(tmp_path: Path) -> None:
    assert store.read_modified(ID, str(tmp_path)) == frozenset()


@pytest.mark.parametrize("text", ["no section\n", "[vars]\nx = 1\nx = 2\n", "[vars\n", b"[vars]\nx = \xff\n"])
def test_a_file_that_nobody_can_read(tmp_path: Path, text: str | bytes) -> None:
    place = tmp_path / "geo-replication" / ID.directory
    place.mkdir(parents=True)
    (place / "gsyncd.conf").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(errors.UnreadableOutput, match=r"gsyncd\.conf cannot be read"):
        store.read_modified(ID, str(tmp_path))


# --- who holds bricks, by glusterd's files


@each_version
def test_nodes_with_bricks_by_the_file(version: str, tmp_path: Path) -> None:
    text = recorded_file(version, "vol-info-file-third").read_text()
    assert "brick-2=primary1:-bricks-third-c" in text
    for name, lines in (("third", text), ("odd", "brick-0=fd00::7:-bricks-a\nbrick-1=dr-1.example.com:-b:-c\nbrick-count=dr9:-no\n")):
        (tmp_path / "vols" / name).mkdir(parents=True)
        (tmp_path / "vols" / name / "info").write_text(lines)
    assert store.stored_brick_nodes(["third"], str(tmp_path)) == ["primary1", "primary2"]
    assert store.stored_brick_nodes(["odd", "nosuch", "third"], str(tmp_path)) == ["fd00::7", "dr-1.example.com", "primary1", "primary2"]
    assert store.stored_brick_nodes(["third"], str(tmp_path / "nothing")) == []


# --- sessions


def test_lines_that_an_upgrade_left(tmp_path: Path) -> None:
    place = tmp_path / "geo-replication" / DIR
    place.mkdir(parents=True)
    (place / "gsyncd.conf").write_text("[vars]\nslave-timeout = 60\nsync_jobs = 4\n")
    (tmp_path / "geo-replication" / "secret.pem").write_text("")
    broken = tmp_path / "geo-replication" / "broken"
    broken.mkdir()
    (broken / "gsyncd.conf").write_text("no section\n")
    session = SessionId("projects", "secondary1", "projects-dr")
    assert store.read_own(session, str(tmp_path), True) == {"secondary-timeout": "60", "sync-jobs": "4"}
    assert store.read_own(session, str(tmp_path), False) == {"sync-jobs": "4"}
    assert store.read_sessions("9.2", str(tmp_path)) == {DIR: {"secondary-timeout": "60", "sync-jobs": "4"}, "broken": None}
    assert store.read_sessions("11.1", str(tmp_path)) == {DIR: {"sync-jobs": "4"}, "broken": None}
    assert store.read_sessions("", str(tmp_path / "nowhere")) == {}
    assert store.read_node_uuid(str(tmp_path)) is None


def test_folders_that_glusterd_does_not_know(tmp_path: Path) -> None:
    (tmp_path / "vols/projects").mkdir(parents=True)
    (tmp_path / "vols/projects/info").write_text("secondary1=ssh://secondary1::projects-dr\n")
    for name in (DIR, "goner_secondary1_goner-dr", "another"):
        (tmp_path / "geo-replication" / name).mkdir(parents=True)
    (tmp_path / "geo-replication/secret.pem").write_text("")
    assert store.orphans(str(tmp_path)) == [str(tmp_path / "geo-replication" / name) for name in ("another", "goner_secondary1_goner-dr")]
    assert store.orphans(str(tmp_path / "nowhere")) == []


@each_version
def test_volumes_by_their_files(version: str, tmp_path: Path) -> None:
    folder = str(lay_out(tmp_path, version))
    assert store.volume_names(folder) == ["homes", "media", "projects"] and len(set(store.volume_ids(folder))) == 3
    assert store.stored_option("projects", "volume-id", folder) == store.volume_ids(folder)[2]
    assert store.stored_option("projects", "no-such-key", folder) == "" == store.stored_option("nosuch", "volume-id", folder)
    (tmp_path / "vols/half-deleted").mkdir()
    assert len(store.volume_ids(folder)) == 3 and "half-deleted" in store.volume_names(folder)


def test_a_node_without_glusterd(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    assert store.read_node_uuid(nowhere) is None and store.cluster_options(nowhere) == {}
    assert (store.volume_names(nowhere), store.volume_ids(nowhere), store.holds_cluster(nowhere)) == ([], (), False)
    (tmp_path / "peers").mkdir()
    assert not store.holds_cluster(str(tmp_path))
    (tmp_path / "peers/1").write_text("uuid=1\n")
    assert store.holds_cluster(str(tmp_path))
    (tmp_path / "glusterd.info").write_text("UUID=404c73f0\noperating-version=100000\n")
    assert store.read_node_uuid(str(tmp_path)) == "404c73f0"


def test_bricks_of_this_node(tmp_path: Path) -> None:
    folder = tmp_path / "vols/projects/bricks"
    folder.mkdir(parents=True)
    (folder / "primary2:-b").write_text("uuid=two\nhostname=primary2\npath=/b\n")
    (folder / "primary1:-a").write_text("uuid=one\nhostname=primary1\npath=/a\n")
    (folder / "primary1:-c").write_text("uuid=one\n")
    assert store.bricks_of_node("projects", "one", str(tmp_path)) == [Brick("primary1", "/a", "one")]
    assert store.bricks_of_node("projects", None, str(tmp_path)) == [] == store.bricks_of_node("nosuch", "one", str(tmp_path))


def test_no_other_file_reads_them() -> None:
    """Whoever touches a node and wants to know something of glusterd's files asks the store."""
    rooms = ("_gluster", "_ssh", "_host", "_read", "_apply")
    names = ('"vols"', "vols/", '"info")', "glusterd.info", '"peers")', 'parents("vols')
    found = [
        path.name
        for room in rooms
        for path in sorted((ROOT / "plugins/module_utils" / room).glob("*.py"))
        if any(name in path.read_text(encoding="utf-8") for name in names)
    ]
    assert found == ["store.py"]


def test_names_of_peers(tmp_path):
    assert store.peer_names(str(tmp_path)) == []
    (tmp_path / "peers").mkdir()
    (tmp_path / "peers/404c73f0-38c5-4c9f-aa0c-64317b3c9e01").write_text("uuid=404c\nstate=3\nhostname1=dr2\nhostname2=192.0.2.22\n")
    (tmp_path / "peers/404c73f0-38c5-4c9f-aa0c-64317b3c9e02").write_text("uuid=404d\nstate=3\nhostname1=dr3\n")
    assert sorted(store.peer_names(str(tmp_path))) == ["192.0.2.22", "dr2", "dr3"]
