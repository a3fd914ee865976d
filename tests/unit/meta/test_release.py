# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifact has the same bytes from every build, and holds what users need; script/release tries the rest for real."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import time
from pathlib import Path
from types import ModuleType

import pytest

from ansible_collections.glusterops.georep.tests.unit.support import load_script


@pytest.fixture(scope="module")
def release() -> ModuleType:
    return load_script("_release")


def built(path: Path, names: list[str], seconds: int) -> Path:
    """An artifact as ansible-galaxy builds it: in the order of the disk, with the time of the build."""
    files = [{"name": ".", "ftype": "dir"}, *({"name": name, "ftype": "file"} for name in names)]
    inside = json.dumps({"files": files, "format": 1}, indent=True).encode()
    manifest = {"format": 1, "file_manifest_file": {"name": "FILES.json", "chksum_sha256": hashlib.sha256(inside).hexdigest()}}
    with tarfile.open(path, "w:gz") as archive:
        content = {"MANIFEST.json": json.dumps(manifest, indent=True).encode(), "FILES.json": inside, **{name: name.encode() for name in names}}
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode, member.uname = len(data), seconds, 0o755 if name.endswith(".sh") else 0o644, "somebody"
            archive.addfile(member, io.BytesIO(data))
    return path


def test_two_builds_become_the_same_bytes(release: ModuleType, tmp_path: Path) -> None:
    one = built(tmp_path / "one.tar.gz", ["b.py", "a.sh", "README.md"], 1_000_000_000)
    two = built(tmp_path / "two.tar.gz", ["README.md", "a.sh", "b.py"], int(time.time()))
    assert one.read_bytes() != two.read_bytes()
    for source in (one, two):
        release.repack(source, source.with_suffix(".same"), 1_700_000_000)
    assert one.with_suffix(".same").read_bytes() == two.with_suffix(".same").read_bytes()


def test_what_is_repacked_still_verifies(release: ModuleType, tmp_path: Path) -> None:
    release.repack(built(tmp_path / "in.tar.gz", ["b.py", "a.sh"], 5), tmp_path / "out.tar.gz", 7)
    with tarfile.open(tmp_path / "out.tar.gz") as archive:
        members = {member.name: member for member in archive.getmembers()}
        read = {name: archive.extractfile(name).read() for name in members}  # type: ignore[union-attr]
    assert json.loads(read["MANIFEST.json"])["file_manifest_file"]["chksum_sha256"] == hashlib.sha256(read["FILES.json"]).hexdigest()
    assert [entry["name"] for entry in json.loads(read["FILES.json"])["files"]] == [".", "a.sh", "b.py"]
    assert read["a.sh"] == b"a.sh"
    assert members["a.sh"].mode == 0o755
    assert {member.mtime for member in members.values()} == {7}
    assert {member.uname for member in members.values()} == {""}


def test_files_that_no_user_needs_are_seen(release: ModuleType) -> None:
    good = dict.fromkeys(release.NEEDED, 1)
    assert release.contents_complaints({**good, "plugins/modules/x.py": 1, "roles/gate/README.md": 1}) == []
    assert release.contents_complaints({**good, "tests/unit/x.py": 1, "tests/unit/y/z.py": 1, "x.toml": 1}) == [
        "2 files of tests/unit are in the artifact.",
        "x.toml is in the artifact.",
    ]
    assert release.contents_complaints({name: 1 for name in good if name != "meta/runtime.yml"}) == ["meta/runtime.yml is not in the artifact."]
    assert "Galaxy takes" in release.contents_complaints({**good, "docs/film.png": 30 * 1024 * 1024})[0]


def tree(path: Path, version: str, changelog: str, *fragments: str) -> Path:
    (path / "changelogs/fragments").mkdir(parents=True)
    (path / "galaxy.yml").write_text(f"version: {version}\n")
    (path / "changelogs/changelog.yaml").write_text(changelog)
    for name in fragments:
        (path / "changelogs/fragments" / name).write_text("---\n")
    return path


def test_what_keeps_a_tree_from_being_a_release_is_said(release: ModuleType, tmp_path: Path) -> None:
    assert release.unreleased(tree(tmp_path / "a", "1.2.0", "releases: {1.2.0: {}}\n")) == []
    assert release.unreleased(tree(tmp_path / "b", "1.3.0", "releases: {1.2.0: {}}\n", "x.yml")) == [
        "changelogs/changelog.yaml has no release 1.3.0",
        "changelog fragments are left, 1 in changelogs/fragments: run script/release --prepare 1.3.0",
    ]
    assert len(release.unreleased(tree(tmp_path / "c", "1.0.0", "ancestor: null\nreleases: {}\n"))) == 1
