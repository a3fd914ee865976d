# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Set the secondary volumes of sessions read-only or writable for clients."""

from __future__ import annotations

import time
import typing as t

from .._gluster import volumes, xml
from .._gluster.runner import WRITE_TIMEOUT, GlusterCli
from .._model import errors
from .._model.errors import invalid

READ_ONLY = "features.read-only"
#: Seconds between readings after an answer that could not be read: glusterd may still be working.
LATE = (1.0, 2.0, 4.0)


class Prepared(t.NamedTuple):
    volume: str
    before: bool
    after: bool


def set_read_only(
    cli: GlusterCli,
    names: t.Sequence[str],
    read_only: bool,
    check_mode: bool = False,
    ignore_missing: bool = False,
    uuids: t.Mapping[str, str] | None = None,
    sleep: t.Callable[[float], None] = time.sleep,
) -> list[Prepared]:
    """Set the named volumes read-only for clients (geo-replication may still write), or writable again.

    :param uuids: the UUIDs that volumes must have: one of the same name with another UUID is another volume.
    :raises InvalidInput: a volume is not there; nothing was changed then.
    :raises StateNotReached: gluster said yes and the option reads otherwise.
    """
    found = volumes.read_volumes(cli)
    uuids = uuids or {}
    others = {name: found[name].id for name in names if name in found and uuids.get(name, found[name].id) != found[name].id}
    if ignore_missing:
        names = [name for name in names if name in found and name not in others]
    for name in names:
        if name not in found:
            raise invalid(
                "volumes", name, "is not a volume of this cluster.", f"Volumes here: {', '.join(sorted(found)) or 'none'}."
            )
        if name in others:
            raise invalid(
                "volumes", name, f"has the UUID {others[name]} in this cluster, but the requested volume has the UUID {uuids[name]}.",
                "Run this on a node of the cluster with that volume.",
            )
    wanted = [Prepared(name, found[name].read_only, read_only) for name in dict.fromkeys(names)]
    to_do = [item for item in wanted if item.before != item.after]
    if check_mode or not to_do:
        return wanted
    doubts: dict[str, errors.GeorepError] = {}
    for item in to_do:
        words = ["volume", "set", item.volume, READ_ONLY, "on" if read_only else "off"]
        try:
            xml.accepted(cli.call(words, xml=True, timeout=WRITE_TIMEOUT), f"Setting {READ_ONLY} of {item.volume}")
        except (errors.OutcomeUnknown, errors.CommandTimeout) as exc:
            doubts[item.volume] = exc
    for pause in (*LATE, None) if doubts else (None,):
        now = volumes.read_volumes(cli)
        late = [item.volume for item in to_do if item.volume not in now or now[item.volume].read_only != read_only]
        if not late or pause is None:
            break
        sleep(pause)
    for name in late:
        if name in doubts:
            raise doubts[name]
        raise errors.StateNotReached(
            f"gluster accepted the new value of {READ_ONLY} for the volume {name}, but the volume still has the old value.",
            remedy="Run again. If this repeats, read /var/log/glusterfs/glusterd.log on this node.",
        )
    return wanted
