# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What script/release does with an artifact besides running ansible: the same bytes from each build, and a look at what is in it.

``_release.py repack IN OUT SECONDS``   the artifact IN as OUT: sorted, and with this time (seconds since 1970) in place of the build's
``_release.py contents ARTIFACT``       fails if a file is in the artifact that no user needs, or if one is missing
``_release.py unreleased TREE``         prints what keeps this tree from being a release, a line each
"""

from __future__ import annotations

import fnmatch
import gzip
import hashlib
import io
import json
import sys
import tarfile
import typing as t
from pathlib import Path

import yaml

#: What users run and read, as patterns that also match what is below; anything else is for developers.
KEPT = (
    *("MANIFEST.json", "FILES.json", "README.md", "CHANGELOG.md", "CODE_OF_CONDUCT.md", "LICENSE", "LICENSES/*", "REUSE.toml"),
    *("changelogs/changelog.yaml", "changelogs/config.yaml", "docs/*", "extensions/*", "meta/*", "playbooks/*", "plugins/*", "roles/*"),
    # ansible-test reads there which Pythons the modules have to run on. Automation Hub runs it on the installed artifact.
    "tests/config.yml",
)
NEEDED = (
    *("MANIFEST.json", "FILES.json", "README.md", "CHANGELOG.md", "LICENSE", "meta/runtime.yml", "meta/execution-environment.yml"),
    *("changelogs/changelog.yaml", "tests/config.yml", "docs/examples/site.yml"),
)
LARGEST = 20 * 1024 * 1024


def _json(value: t.Any) -> bytes:
    """As ansible-galaxy writes it."""
    return json.dumps(value, indent=True).encode()


def repack(source: Path, target: Path, seconds: int) -> None:
    """ansible-galaxy writes files in the order of the disk and with the time of the build; here both are the same in every build."""
    with tarfile.open(source) as archive:
        members = {member.name: member for member in archive.getmembers()}
        content = {name: archive.extractfile(member).read() for name, member in members.items() if member.isfile()}  # type: ignore[union-attr]
    files = json.loads(content["FILES.json"])
    files["files"].sort(key=lambda entry: (entry["name"] != ".", entry["name"]))
    content["FILES.json"] = _json(files)
    manifest = json.loads(content["MANIFEST.json"])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(content["FILES.json"]).hexdigest()
    content["MANIFEST.json"] = _json(manifest)
    # Without a name: the header of gzip would hold that of the file.
    with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=seconds) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for name in sorted(members, key=lambda name: (name not in ("MANIFEST.json", "FILES.json"), name)):
            member = tarfile.TarInfo(name)
            member.mtime = seconds
            member.type, member.mode, member.linkname = members[name].type, members[name].mode, members[name].linkname
            member.size = len(content.get(name, b""))
            archive.addfile(member, io.BytesIO(content[name]) if name in content else None)


def contents_complaints(files: t.Mapping[str, int]) -> list[str]:
    """What is wrong with an artifact of these files, name to size in bytes."""
    unwanted = [name for name in sorted(files) if not any(fnmatch.fnmatchcase(name, pattern) for pattern in KEPT)]
    places = ["/".join(name.split("/")[:-1][:2]) or name for name in unwanted]
    found = [
        f"{places.count(place)} files of {place} are in the artifact." if place not in unwanted else f"{place} is in the artifact."
        for place in sorted(set(places))
    ]
    found += [f"{name} is not in the artifact." for name in NEEDED if name not in files]
    if sum(files.values()) > LARGEST:
        found.append(f"The files of the artifact have {sum(files.values())} bytes; Galaxy takes {LARGEST}.")
    return found


def contents(artifact: Path) -> int:
    """Print how many files of each folder are in the artifact, and complain."""
    with tarfile.open(artifact) as archive:
        files = {member.name: member.size for member in archive.getmembers() if not member.isdir()}
    complaints = contents_complaints(files)
    tops = [name.split("/")[0] for name in files]
    print(f"{len(files)} files: " + ", ".join(f"{top} {tops.count(top)}" for top in sorted(set(tops)) if tops.count(top) > 1))
    for complaint in complaints:
        print(complaint)
    if complaints:
        print("Add what no user needs to build_ignore of galaxy.yml, and what users need to KEPT in script/_release.py.")
    return 1 if complaints else 0


def unreleased(tree: Path) -> list[str]:
    """What the files of a release must say, and these do not."""
    version = yaml.safe_load((tree / "galaxy.yml").read_text())["version"]
    releases = yaml.safe_load((tree / "changelogs/changelog.yaml").read_text()).get("releases") or {}
    fragments = sorted(path.name for path in (tree / "changelogs/fragments").glob("*.yml"))
    found = [] if version in releases else [f"changelogs/changelog.yaml has no release {version}"]
    if fragments:
        found.append(f"changelog fragments are left, {len(fragments)} in changelogs/fragments: run script/release --prepare {version}")
    return found


def main(words: t.Sequence[str]) -> int:
    """See the top of this file."""
    if words[0] == "repack":
        repack(Path(words[1]), Path(words[2]), int(words[3]))
        return 0
    if words[0] == "contents":
        return contents(Path(words[1]))
    print("\n".join(unreleased(Path(words[1]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
