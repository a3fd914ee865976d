# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A browser, promtool, and reports made of recorded clusters. ``script/test report`` brings what these tests need."""

from __future__ import annotations

import copy
import os
import shutil
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.health import Declared
from ansible_collections.glusterops.georep.plugins.module_utils._model.durations import instant
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._show.overview import overview
from ansible_collections.glusterops.georep.tests.unit.reports import info_of, many, node_of, over

#: Where screenshots go: to be looked at.
SHOTS = Path(os.environ.get("GEOREP_WORK", "/tmp")) / "screenshots"
EVIL = '</style></svg><script>document.title="owned"</script><img src=http://127.0.0.1:9/x onerror=alert(1)>'
LOG = (
    "2026-11-22 08:40:04.411568 Popen: command returned error [{cmd=ssh -oPasswordAuthentication=no -i "
    "/var/lib/glusterd/geo-replication/secret.pem -p 22 secondary2 /nonexistent/gsyncd secondary projects}, {error=255}]"
)


def _report(info: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return overview(info, now=instant("2026-11-22T08:38:31Z") or 0.0, **more)


def healthy() -> dict[str, t.Any]:
    info = over(info_of(), True, True)
    nodes = [
        node_of(info, "primary1", secondary_node="secondary1", last_synced="2026-11-22T08:38:16Z", lag_seconds=0),
        node_of(info, "primary2", secondary_node="secondary2"),
    ]
    return _report(
        info,
        nodes=nodes,
        declared={SessionId("projects", "secondary1", "projects-dr"): Declared("started", 900)},
        drift={},
    )


def troubled() -> dict[str, t.Any]:
    """Every state and every kind of problem at once; six sessions as recorded, with states that were recorded apart."""
    info = info_of("10.3", "status-many")
    faulty, active = info_of("10.3", "status-faulty")["status"][0], info_of()["status"][0]
    names = ("primary_volume", "secondary_host", "secondary_volume", "secondary_user")

    def like(entry: dict[str, t.Any], source: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
        return {**copy.deepcopy(source), **{name: entry[name] for name in names}, **more}

    first, second, third, fourth, fifth, sixth = info["status"]
    pending = {"set": True, "time": "2026-11-22T07:00:00Z", "completed": False, "completed_at": None}
    info["status"] = [
        like(first, active),
        like(second, faulty),
        like(third, active, checkpoint=pending),
        like(fourth, active),
        fifth,
        sixth,
    ]
    info["status"][2]["workers"][0].update(
        last_synced="2026-11-22T08:01:00Z", lag_seconds=2251, failures=3, entry=12, data=840
    )
    info["status"][3].update(workers=info["status"][3]["workers"][:1], missing=["primary2:/bricks/projects"])
    info["peers"] = info_of("10.3", pool="pool-list-peer-down")["peers"]
    declared = {SessionId(*(entry[name] for name in names)): Declared("started", 900) for entry in info["status"][:5]}
    declared[SessionId("gone", "secondary1", "gone-dr")] = Declared("started", None)
    drift = {
        "steps": ["homes -> secondary1::homes-dr: config sync-jobs: 2 -> 4: differs"],
        "undeclared": ["x -> secondary2::x-dr"],
        "errors": ["no"],
    }
    return _report(
        info,
        nodes=[node_of(info, "primary1", secondary_node="secondary1", last_error=LOG)],
        declared=declared,
        drift=drift,
    )


def fifty() -> dict[str, t.Any]:
    info = many(info_of(), 50)
    info["status"][9]["workers"][0].update(lag_seconds=4000, last_synced="2026-11-22T07:31:51Z")
    for entry in info["status"][5::17]:
        entry["state"] = "paused"
        for worker in entry["workers"]:
            worker["status"] = "Paused"
    return _report(info, rpo=3600)


def hostile() -> dict[str, t.Any]:
    """A cluster that was broken into says what it likes."""
    info = info_of("10.3", "status-faulty")
    info["version"] = EVIL
    info["peers"][0].update(connected=False)
    entry = info["status"][0]
    entry.update(primary_volume=EVIL, secondary_host=EVIL, state="faulty", missing=[f"{EVIL}:/{EVIL}"])
    for worker in entry["workers"]:
        worker.update(node=EVIL, brick=f"/{EVIL}", crawl_status=EVIL, secondary_node=EVIL)
    for far in info["secondaries"]:
        far.update(secondary_host=EVIL, error=EVIL)
    nodes = [node_of(info, EVIL, last_error=EVIL, secondary_node=EVIL)]
    return _report(info, nodes=nodes, drift={"steps": [EVIL], "undeclared": [EVIL], "errors": [EVIL]})


def empty() -> dict[str, t.Any]:
    return _report({**info_of(), "status": []})


REPORTS: dict[str, t.Callable[[], dict[str, t.Any]]] = {
    "healthy": healthy,
    "troubled": troubled,
    "fifty": fifty,
    "hostile": hostile,
    "empty": empty,
}


@pytest.fixture(scope="session")
def browser() -> t.Iterator[t.Any]:
    path = next(
        (found for name in ("chromium-headless-shell", "chromium", "google-chrome") if (found := shutil.which(name))),
        None,
    )
    if path is None:
        pytest.skip("there is no Chromium: apt-get install chromium-headless-shell")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def promtool() -> str:
    path = os.environ.get("GEOREP_PROMTOOL") or shutil.which("promtool")
    if not path:
        pytest.skip("there is no promtool: it is in Debian's package prometheus")
    return str(path)
