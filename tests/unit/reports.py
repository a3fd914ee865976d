# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What gluster_georep_info returned of recorded clusters, and reports made of it."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import peers, sessions, volumes
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Cluster, Secondary
from ansible_collections.glusterops.georep.plugins.module_utils._model.durations import instant
from ansible_collections.glusterops.georep.plugins.module_utils._read import facts
from ansible_collections.glusterops.georep.tests.unit.recorded import recorded
from ansible_collections.glusterops.georep.tests.unit.support import FakeRun

#: When a recorded cluster is taken to have been read that tells no time itself.
READ_AT = "2026-11-22T08:38:31Z"
UUID = "11111111-1111-4111-8111-111111111111"
IDENTITY = {"primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr", "secondary_user": "root"}


def entry(*words: str, **more: t.Any) -> dict[str, t.Any]:
    """A session of one brick a node: UUID, then others."""
    workers = [
        {
            "node": f"primary{number}", "node_uuid": UUID if number == 1 else f"uuid{number}", "brick": "/b", "status": word,
            "secondary_node": None, "lag_seconds": 500 if word == "Active" else None, "failures": 0 if word == "Active" else None,
        }
        for number, word in enumerate(words, 1)
    ]  # fmt: skip
    return {
        **IDENTITY, "state": "active", "workers": workers, "missing": [], "lag_seconds": 500, "caught_up": None,
        "sets": [[f"primary{number}:/b" for number in range(1, len(words) + 1)]], **more,
    }  # fmt: skip


def _played(version: str, name: str) -> GlusterCli:
    tape = recorded(version, name)
    return GlusterCli(FakeRun([(lambda argv: True, tape.answer)]), lock_patience=0)


def info_of(version: str = "10.3", status: str = "status-active", *, pool: str = "pool-list") -> dict[str, t.Any]:
    """The module's result, read from recorded answers by the module's own code."""
    rows = sessions.read_status(_played(version, status))
    found = volumes.read_volumes(_played(version, "volume-info-all"))
    far = volumes.read_volumes(_played(version, "remote-volume-info-all"))
    times = [worker.last_synced for session in rows for worker in session.workers]
    # A rollover's length after its last sync.
    now = max((moment + 15.0 for moment in times if moment is not None), default=instant(READ_AT) or 0.0)
    seen = [entry._replace(read_at=now) for entry in facts.observe(rows, found)]
    hosts = sorted({entry.id.secondary_host for entry in seen})
    cluster = Cluster(
        seen, found, peers.read_peers(_played(version, pool)), version, {host: Secondary(host, volumes=tuple(far.values())) for host in hosts}
    )
    return cluster.to_result()


def node_of(info: t.Mapping[str, t.Any], node: str, **told: t.Any) -> dict[str, t.Any]:
    """What gluster_georep_info (local_only) would tell on a node: all that ``told`` says of each of its bricks."""
    own = [(entry, worker) for entry in info["status"] for worker in entry["workers"] if worker["node"] == node]
    names = ("primary_volume", "secondary_host", "secondary_volume", "secondary_user")
    brick = {
        "secondary_node": None,
        "last_synced": None,
        "caught_up": None,
        "waiting_since": None,
        "lag_seconds": None,
        "stalled": False,
        "last_error": None,
        "fault": None,
    }
    if "lag_seconds" in told:
        brick["caught_up"] = told["lag_seconds"] == 0
    return {
        "local": {
            "node_uuid": next((worker["node_uuid"] for _entry, worker in own), ""),
            "sessions": [
                {**{name: entry[name] for name in names}, "bricks": [{**brick, "brick": row["brick"], **told}]}
                for entry, row in own
            ],
        }
    }


def over(info: dict[str, t.Any], *online: bool | None) -> dict[str, t.Any]:
    """The same cluster, and what its secondary host says of the bricks of the first session's volume: whether each is online."""
    volume = info["status"][0]["secondary_volume"]
    for far in info["secondaries"]:
        bricks = [brick for found in far["volumes"] if found["name"] == volume for brick in found["bricks"]]
        far["bricks"] = {
            volume: [
                {"node": brick["node"], "path": brick["path"], "online": state, "read_only": False, "size": 9, "free": 9, "inodes": 9, "inodes_free": 9}
                for brick, state in zip(bricks, online)
            ]
        }
    return info


def many(info: t.Mapping[str, t.Any], count: int) -> dict[str, t.Any]:
    """The same cluster with its first session many times over, under other names."""
    grown = copy.deepcopy(dict(info))
    first = grown["status"][0]
    base = next(volume for volume in grown["volumes"] if volume["name"] == first["primary_volume"])
    far = grown["secondaries"][0]
    far_base = next(volume for volume in far["volumes"] if volume["name"] == first["secondary_volume"])
    for number in range(1, count):
        name = f"volume-{number:02d}"
        grown["volumes"].append({**copy.deepcopy(base), "name": name})
        far["volumes"].append({**copy.deepcopy(far_base), "name": f"{name}-dr"})
        grown["status"].append({**copy.deepcopy(first), "primary_volume": name, "secondary_volume": f"{name}-dr"})
    return grown
