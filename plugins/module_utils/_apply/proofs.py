# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What the cluster remembers of proofs: an option of the primary volume for each session, which glusterd keeps on every node."""

from __future__ import annotations

import typing as t

from .._gluster.runner import WRITE_TIMEOUT, GlusterCli
from .._model import errors, proved
from .._model.cluster import Session
from .._model.proved import OWED, PREFIX, Proved

_DONE = "volume set: success"


def remember(cli: GlusterCli, seen: Session, found: Proved) -> None:
    """:raises GeorepError: it is not remembered, so that the next run proves the session again."""
    _set(cli, seen.id.primary_volume, proved.option_of(seen.id, seen.secondary_uuid), str(found))


def withdraw(cli: GlusterCli, volume: str, options: t.Iterable[str]) -> None:
    """From now on the sessions of these records are owed a proof. Before the first command that changes one.

    :raises GeorepError: a record may stand.
    """
    for option in options:
        _set(cli, volume, option, OWED)


def standing(options: t.Mapping[str, str], seen: Session | None, others: t.Iterable[Session]) -> list[str]:
    """The options with records that a change of a session makes untrue.

    :param options: of the primary volume; :param seen: the session; None: it is to be created, and then what was remembered of
        one that somebody deleted by hand must not be taken for its own.
    :param others: the other sessions of the volume.
    """
    if seen is not None:
        names = [proved.option_of(seen.id, seen.secondary_uuid)]
    else:
        known = {proved.option_of(other.id, other.secondary_uuid) for other in others}
        names = [name for name in options if name.startswith(PREFIX) and name not in known]
    return [name for name in names if proved.read(options.get(name, ""))]


def _set(cli: GlusterCli, volume: str, option: str, value: str) -> None:
    # As text: the workers' module does so on nodes that may have no lxml.
    answer = cli.call(["volume", "set", volume, option, value], timeout=WRITE_TIMEOUT)
    # Nothing reads it back. So whatever does not say that it is done counts as not done.
    if answer.rc != 0 or _DONE not in answer.text:
        raise errors.CommandFailed(f"Setting {option} of {volume}, which stores that files reached the secondary: {answer.said}", **answer.evidence())
