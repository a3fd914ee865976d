# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of real clusters, recorded by script/record-fixtures, one folder a GlusterFS version."""

from __future__ import annotations

import functools
import json
import typing as t
from pathlib import Path

FOLDER = Path(__file__).with_name("fixtures")
#: Debian 11, 12 and 13. 9.2 says master and slave, the others primary and secondary.
VERSIONS = ("9.2", "10.3", "11.1")


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


def names(version: str) -> list[str]:
    return sorted(path.stem for path in (FOLDER / version).glob("*.json"))
