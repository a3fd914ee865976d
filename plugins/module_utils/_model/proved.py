# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The proof of a session, as an option of its primary volume remembers it.

Pure: the standard library only. The proof is remembered and not the debt: a session without a valid record is owed a proof, so a
run that is killed at any moment leaves the debt standing. glusterd keeps every option that begins with ``user.`` on all nodes.
"""

from __future__ import annotations

import hashlib
import re
import typing as t

from . import progress
from .identity import SessionId

PREFIX = "user.glusterops.georep.proof."
#: What stands in place of a record. gluster resets no single ``user.`` option ("does not exist", 9.2 to 11.1) and takes no empty value.
OWED = "owed"

_RECORD = re.compile(
    r"proved (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ), lag (?P<lag>\d{1,6}(\.\d)?) s, (?P<method>rsync|tarssh), (?P<restarts>\d{1,4}) restarts"
    r"(; not carried: (?P<left>[^;]+))?\Z"
)


#: Seconds by which the start of a process may seem later than it was.
SLACK = 2.0


class Proved(t.NamedTuple):
    """A proof that has passed."""

    at: int  #: when its files were written, an epoch; a session that was started later is another matter
    lag: float
    method: str
    restarts: int = 0
    not_carried: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The value of the option; read() takes nothing else."""
        text = f"proved {progress.iso(self.at)}, lag {self.lag:.1f} s, {self.method}, {self.restarts} restarts"
        # Without what stands in brackets: on which file it was seen.
        left = ", ".join(re.sub(r"[;,\s]+", " ", said.partition(" (")[0]) for said in self.not_carried)
        return f"{text}; not carried: {left}" if left else text

    def to_result(self) -> dict[str, t.Any]:
        return {
            "when": progress.iso(self.at),
            "lag_seconds": self.lag,
            "method": self.method,
            "restarts": self.restarts,
            "not_carried": list(self.not_carried),
        }

    @classmethod
    def from_result(cls, entry: t.Mapping[str, t.Any]) -> Proved:
        return cls(progress.from_iso(entry["when"]), entry["lag_seconds"], entry["method"], entry["restarts"], tuple(entry["not_carried"]))


def option_of(session: SessionId, volume_uuid: str | None) -> str:
    """The option of the primary volume that holds a session's record.

    :param volume_uuid: of the secondary volume; None: gluster stores none (sessions of very old releases).

    A name in it could ruin the cluster: when glusterd reads its files again it takes every option with ``secondary`` (up to 9:
    ``slave``) in its key for a session.
    """
    names = f"{session.secondary_host}::{session.secondary_volume}"
    return PREFIX + (volume_uuid or hashlib.sha256(names.encode()).hexdigest()[:32])


def read(value: str) -> Proved | None:
    """The proof that a record tells of; None where it is not one: the session is owed a proof then."""
    found = _RECORD.match(value)
    if not found:
        return None
    try:
        at = progress.from_iso(found["at"])
    except ValueError:
        return None
    left = tuple(found["left"].split(", ")) if found["left"] else ()
    return Proved(at, float(found["lag"]), found["method"], int(found["restarts"]), left)
