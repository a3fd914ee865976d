# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What GlusterFS leaves behind of a session that is gone, as this node shows it, and how it is removed."""

from __future__ import annotations

import os
import typing as t

from .._gluster import store
from .._gluster.store import GLUSTERD_DIR
from .._model.cluster import Volume
from .._model.identity import SessionId
from .._model.words import truth

#: Where gsyncd works and writes, a folder a session (working-dir and log-dir of its own defaults).
WORKING_DIR = "/var/lib/misc/gluster/gsyncd"
LOG_DIR = "/var/log/glusterfs/geo-replication"
#: What create switches on for the primary volume, and delete leaves on.
VOLUME_OPTIONS = ("geo-replication.indexing", "geo-replication.ignore-pid-check", "changelog.changelog")


def leftovers(
    session: SessionId,
    found: t.Mapping[str, Volume],
    staying: t.Collection[SessionId] = (),
    glusterd_dir: str = GLUSTERD_DIR,
    working_dir: str = WORKING_DIR,
    log_dir: str = LOG_DIR,
) -> list[str]:
    """In words, each with what removes it.

    :param found: the volumes of this cluster; :param staying: the sessions that stay.
    """
    left = []
    folder = store.session_dir(session, glusterd_dir)
    if folder in store.orphans(glusterd_dir):
        left.append(f"{folder}: glusterd does not know the session of this folder. To delete the folder, run on every primary node: rm -r {folder}")
    paths = [f"{log_dir}/{session.directory}"]
    if session not in {entry.id for entry in store.read_registered(glusterd_dir)}:
        # delete takes it along.
        paths.insert(0, f"{working_dir}/{session.directory}")
    paths = [path for path in paths if os.path.isdir(path)]
    if paths:
        left.append(
            f"{' and '.join(paths)}: gsyncd's working files and logs. If you do not need them, run on every primary node: rm -r {' '.join(paths)}"
        )
    volume = found.get(session.primary_volume)
    if volume and not any(other.primary_volume == session.primary_volume for other in staying):
        on = [name for name in VOLUME_OPTIONS if truth(volume.options.get(name))]
        if on:
            left.append(
                f"{volume.name} still records changes ({', '.join(on)}), so that a later session misses none. To stop this, run: "
                + "; ".join(f"gluster volume reset {volume.name} {name} force" for name in on)
            )
    return left
