# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The key pairs of this node while new ones take the place of old ones.

Where a pair stands is told by its files alone, so that a run that was killed is finished by the next one::

    secret.pem  (nothing else)                 idle
    secret.pem  secret.pem.next                prepared: the next pair is made, and maybe brought
    secret.pem  secret.pem.previous            switched: the pair in use is the new one, the old one is still accepted
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._gluster import runner
from .._model import errors, key_lines
from . import georep_keys, keys

IDLE, PREPARED, SWITCHED = "idle", "prepared", "switched"
#: Seconds that ssh-keygen may take.
MAKING_TIMEOUT = 120


class Pair(t.NamedTuple):
    """One of this node's key pairs."""

    name: str
    folder: str

    def path(self, suffix: str = "", public: bool = False) -> str:
        return f"{self.folder}/{self.name}{suffix}" + (".pub" if public else "")

    def public(self, suffix: str = "") -> key_lines.PublicKey | None:
        try:
            with open(self.path(suffix, public=True), "rb") as file:
                return key_lines.parse_public_key(keys.decode(file.read()))
        except (FileNotFoundError, NotADirectoryError):
            return None

    @property
    def stage(self) -> str:
        if os.path.exists(self.path(georep_keys.NEXT)):
            return PREPARED
        return SWITCHED if os.path.exists(self.path(georep_keys.PREVIOUS)) else IDLE

    def old(self) -> key_lines.PublicKey | None:
        previous = self.public(georep_keys.PREVIOUS)
        if self.stage == SWITCHED:
            return previous
        # A switch that was killed early on has taken the public half away already.
        return self.public() or (previous if self.stage == PREPARED else None)

    def new(self) -> key_lines.PublicKey | None:
        return {PREPARED: self.public(georep_keys.NEXT), SWITCHED: self.public()}.get(self.stage)


def generate(pair: Pair, node: str, run: runner.Run) -> None:
    """As gluster makes its keys; under its name only when it is whole."""
    half = pair.path(".making")
    for path in (half, half + ".pub"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    argv = ["ssh-keygen", "-q", "-N", "", "-C", f"root@{node}", "-f", half]
    rc, out, err = run(argv, timeout=MAKING_TIMEOUT)
    if rc != 0:
        raise errors.TrustFailed(
            f"Could not create the new {pair.name} on {node}. The current keys are unchanged and still work. Fix the cause (see stderr), then run again.",
            command=argv,
            rc=rc,
            stdout=out,
            stderr=err,
        )
    os.replace(half + ".pub", pair.path(georep_keys.NEXT, public=True))
    os.replace(half, pair.path(georep_keys.NEXT))


def sweep(pairs: t.Sequence[Pair], now: float) -> None:
    """Remove what was killed before a next pair was whole, where no rotation is under way that would go on with it.

    Only what is older than the making of keys can take: another controller may just be at it.
    """
    for pair in pairs:
        for path in (f"{pair.path(suffix)}{end}" for suffix, end in ((".making", ""), (".making", ".pub"), (georep_keys.NEXT, ".pub"))):
            with contextlib.suppress(OSError):
                if now - os.lstat(path).st_mtime > MAKING_TIMEOUT + 30:
                    os.unlink(path)


def complete(pair: Pair, run: runner.Run) -> None:
    """Write the public half of the next pair again."""
    georep_keys.restore_public(run, pair.name + georep_keys.NEXT, pair.folder)


def settle(pair: Pair) -> None:
    """A switch that was killed between its two halves: the public key still waits, and none is in its place."""
    waiting = pair.path(georep_keys.NEXT, public=True)
    if os.path.exists(waiting):
        os.replace(waiting, pair.path(public=True))


def put_in_place(pair: Pair) -> None:
    """At every moment there is a whole private key under the name that gsyncd uses, and no public one that is another's.

    ssh asks the private key where there is no public one, and refuses to log in where the two do not match.
    """
    for public in (True, False):
        if not os.path.exists(pair.path(georep_keys.PREVIOUS, public)) and os.path.exists(pair.path(public=public)):
            os.link(pair.path(public=public), pair.path(georep_keys.PREVIOUS, public))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(pair.path(public=True))
    os.replace(pair.path(georep_keys.NEXT), pair.path())
    settle(pair)
