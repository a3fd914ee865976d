# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of real clusters, recorded by script/record-fixtures, one folder a GlusterFS version."""

from __future__ import annotations

import functools
import json
import typing as t
from pathlib import Path

from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId

FOLDER = Path(__file__).with_name("fixtures")
#: Debian 11, 12 and 13. 9.2 says master and slave, the others primary and secondary.
VERSIONS = ("9.2", "10.3", "11.1")
#: The recorded session whose options are recorded, too; and all of them.
ID = SessionId("projects", "secondary1", "projects-dr")
SIX = {
    SessionId("projects", "secondary1", "projects-dr"),
    SessionId("projects", "secondary2", "projects-dr2"),
    SessionId("homes", "secondary1", "homes-dr"),
    SessionId("homes", "secondary2", "homes-dr2", "geoaccount"),
    SessionId("media", "secondary1", "media-dr"),
    SessionId("media", "secondary2", "media-dr2"),
}


class Recorded(t.NamedTuple):
    """One answer as it came."""

    argv: list[str]
    rc: int
    out: str
    err: str

    @property
    def answer(self) -> tuple[int, str, str]:
        return self.rc, self.out, self.err


@functools.lru_cache(maxsize=None)
def recorded(version: str, name: str) -> Recorded:
    folder = FOLDER / version
    facts = json.loads((folder / f"{name}.json").read_text())
    return Recorded(facts["argv"], facts["rc"], (folder / facts["stdout"]).read_text(), facts["stderr"])


def recorded_file(version: str, name: str) -> Path:
    """A file of a node, such as gsyncd.conf."""
    return FOLDER / version / f"{name}.txt"


def lay_out(folder: Path, version: str, conf: str = "gsyncd-conf-changed") -> Path:
    """A node's /var/lib/glusterd, from recorded files."""
    for name in ("projects", "homes", "media"):
        place = folder / "vols" / name
        place.mkdir(parents=True)
        (place / "info").write_bytes(recorded_file(version, f"vol-info-file-{name}").read_bytes())
    place = folder / "geo-replication" / ID.directory
    place.mkdir(parents=True)
    (place / "gsyncd.conf").write_bytes(recorded_file(version, conf).read_bytes())
    return folder


def names(version: str) -> list[str]:
    return sorted(path.stem for path in (FOLDER / version).glob("*.json"))
