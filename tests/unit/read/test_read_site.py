# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secondary site's health, from answers of clusters whose bricks were really killed, filled and made read-only."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults import health, site
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.bricks import read_bricks
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli, Recorder
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.volumes import read_volumes
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Secondary
from ansible_collections.glusterops.georep.plugins.module_utils._read.inform import inform
from ansible_collections.glusterops.georep.plugins.module_utils._read.site import read_site, with_bricks
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import Volume, World
from ansible_collections.glusterops.georep.tests.unit.recorded import FOLDER, VERSIONS
from ansible_collections.glusterops.georep.tests.unit.reports import entry

Change = t.Callable[[str], str]
FAR = FOLDER / "site"
TWO = FAR / "10.3-two-nodes"


class Far:
    """glusterd of a secondary cluster that gives recorded answers."""

    def __init__(self, folder: Path, bricks: str, pool: str = "pool-list", change: Change = lambda text: text, info: Change = lambda text: text) -> None:
        self.answers = {
            "info": info((folder / "volume-info.xml").read_text()),
            "list": (folder / f"{pool}.xml").read_text(),
            "--version": "glusterfs 10.3\n",
            "status": change((folder / f"{bricks}.xml").read_text()),
        }
        self.recorder = Recorder(lambda argv, **_more: (0, next(text for word, text in self.answers.items() if word in argv), ""))
        self.cli = GlusterCli(self.recorder, lock_patience=0)

    @property
    def asked(self) -> list[str]:
        return [" ".join(command["argv"]) for command in self.recorder.commands]

    def told(self, host: str = "far1") -> dict[str, t.Any]:
        (secondary,) = with_bricks(self.cli, [read_site(self.cli, host)])
        assert Secondary.from_result(secondary.to_result()) == Secondary.from_result(Secondary.from_result(secondary.to_result()).to_result())
        return secondary.to_result()


def kinds(told: t.Mapping[str, t.Any], volume: str) -> list[tuple[str, bool, bool]]:
    return [(trouble.id, trouble.stops, trouble.ends) for trouble in site.troubles(told, volume)]


def test_a_site_that_is_well_is_asked_once_and_nothing_is_said() -> None:
    far = Far(TWO, "bricks")
    told = far.told()
    assert kinds(told, "alpha") == kinds(told, "solo") == []
    assert far.asked[2:] == ["gluster --mode=script --xml --timeout=30 --remote-host=far1 -- volume status all detail"]


def test_two_hosts_of_one_cluster_are_asked_for_its_bricks_once() -> None:
    far = Far(TWO, "bricks-dead")
    both = with_bricks(far.cli, [read_site(far.cli, "far1"), read_site(far.cli, "far2"), Secondary("far9", "no answer")])
    assert sum("status" in argv for argv in far.asked) == 1
    assert both[0].bricks == both[1].bricks and both[0].bricks is not None and both[2].bricks is None


@pytest.mark.parametrize("version", VERSIONS)
def test_the_only_brick_is_dead(version: str) -> None:
    told = Far(FAR / version, "bricks-dead").told()
    (trouble,) = site.troubles(told, "solo")
    assert (trouble.id, trouble.stops, trouble.ends) == ("secondary-down", True, True)
    assert trouble.what == "The secondary volume solo on far1 does not accept changes: the brick far1:/b/s/one is offline."
    assert "gluster volume start solo force" in trouble.remedy
    assert kinds(told, "alpha") == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_volume_that_is_not_started(version: str) -> None:
    told = Far(FAR / version, "bricks-dead").told()
    (trouble,) = site.troubles(told, "halt")
    assert (trouble.id, trouble.ends) == ("secondary-down", True) and "is not started (it is Created)" in trouble.what


@pytest.mark.parametrize("version", VERSIONS)
def test_a_brick_is_full(version: str) -> None:
    (trouble,) = site.troubles(Far(FAR / version, "bricks-full").told(), "alpha")
    assert (trouble.id, trouble.stops, trouble.ends) == ("secondary-full", True, False)
    assert trouble.what == "The secondary volume alpha is full: far1:/b/d2/brick has 0 B of 60 MiB left."


@pytest.mark.parametrize("version", VERSIONS)
def test_a_brick_is_read_only(version: str) -> None:
    (trouble,) = site.troubles(Far(FAR / version, "bricks-read-only").told(), "alpha")
    assert (trouble.id, trouble.stops) == ("secondary-degraded", False)
    assert "accepts changes, but the brick far1:/b/d2/brick is on a read-only file system." in trouble.what and "dmesg" in trouble.remedy


def test_one_brick_of_a_replica_is_dead() -> None:
    told = Far(TWO, "bricks-dead").told()
    (trouble,) = site.troubles(told, "alpha")
    assert (trouble.id, trouble.stops, trouble.explains) == ("secondary-degraded", False, ())
    assert trouble.what == "The secondary volume alpha on far1 accepts changes, but the brick far1:/b/A/br is offline."
    assert kinds(told, "solo") == [("secondary-down", True, True)]


def test_a_node_without_glusterd_is_named_and_its_bricks_are_not_called_dead() -> None:
    told = Far(TWO, "bricks-node-down", "pool-list-node-down").told()
    assert told["down"] == ["far2"]
    assert kinds(told, "solo") == [("secondary-degraded", False, False)]
    (only,) = site.troubles(told, "solo")
    assert only.what.startswith("The secondary node far2 with bricks of solo is not connected to far1: glusterd does not run there")
    first, second = site.troubles(told, "alpha")
    assert "may accept changes, but the brick far1:/b/A/br is offline" in first.what and "far2" in second.what


@pytest.mark.parametrize(("option", "remedy"), [("cluster.server-quorum-type", "Start glusterd on far2"), ("user.x", "gluster volume start alpha force")])
def test_server_quorum_starts_no_brick_by_force(option: str, remedy: str) -> None:
    told = Far(TWO, "bricks-node-down", "pool-list-node-down", info=_option(option, "server")).told()
    (offline, _node) = site.troubles(told, "alpha")
    assert remedy in offline.remedy and ("start alpha force" in offline.remedy) is (option == "user.x")


def _all_dead(text: str) -> str:
    return text.replace("<status>1</status>", "<status>0</status>")


def test_all_bricks_of_a_replica_are_dead() -> None:
    """Both, of which one was really killed."""
    (trouble,) = site.troubles(Far(TWO, "bricks-dead", change=_all_dead).told(), "alpha")
    assert (trouble.id, trouble.ends) == ("secondary-down", True)
    assert trouble.what.endswith("the bricks far1:/b/A/br, far2:/b/B/br are offline. No brick of that set is left.")


def _option(name: str, value: str) -> Change:
    """The first volume with one more option."""

    def change(text: str) -> str:
        head, start, rest = text.partition("<optCount>")
        count, _end, rest = rest.partition("</optCount>")
        option = f"<options><option><name>{name}</name><value>{value}</value></option>"
        return f"{head}{start}{int(count) + 1}</optCount>{rest.replace('<options>', option, 1)}"

    return change


@pytest.mark.parametrize(
    "options", [("cluster.quorum-type", "none"), ("cluster.quorum-type", "auto"), ("performance.cache-size", "1GB")], ids="=".join
)
def test_half_of_two_may_be_enough(options: tuple[str, str]) -> None:
    assert kinds(Far(TWO, "bricks-dead", info=_option(*options)).told(), "alpha") == [("secondary-degraded", False, False)]


def _bricks(*states: bool | None, **more: t.Any) -> list[dict[str, t.Any]]:
    base = {"read_only": False, "size": 100, "free": 50, "inodes": 100, "inodes_free": 50}
    return [{"node": f"s{i}", "path": "/b", "online": state, **base, **more} for i, state in enumerate(states, 1)]


def _site(bricks: t.Sequence[t.Mapping[str, t.Any]], size: int = 1, needed: int = 1) -> dict[str, t.Any]:
    places = [{"node": brick["node"], "path": brick["path"], "node_uuid": brick["node"]} for brick in bricks]
    volume = {"name": "projects-dr", "status": "Started", "bricks": places, "set_size": size, "needed": needed}
    return {"secondary_host": "secondary1", "error": None, "volumes": [volume], "down": [], "bricks": {"projects-dr": bricks}}


@pytest.mark.parametrize(
    ("bricks", "size", "needed", "found"),
    [
        (_bricks(True, True, True), 3, 2, []),
        (_bricks(True, True, False), 3, 2, [("secondary-degraded", False, False)]),
        (_bricks(True, False, False), 3, 2, [("secondary-down", True, False)]),
        # The node that is away may have the brick that makes the quorum.
        (_bricks(True, None, False), 3, 2, [("secondary-degraded", False, False)] * 2),
        (_bricks(False, False, False), 3, 2, [("secondary-down", True, True)]),
        # A disperse set of four and two.
        (_bricks(*[True] * 4, False, False), 6, 4, [("secondary-degraded", False, False)]),
        (_bricks(*[True] * 3, False, False, False), 6, 4, [("secondary-down", True, False)]),
        # Files of one brick only; a worker starts all the same.
        (_bricks(True, False), 1, 1, [("secondary-down", True, False)]),
        (_bricks(True, free=0), 1, 1, [("secondary-full", True, False)]),
        (_bricks(True, free=1), 1, 1, [("secondary-full", False, False)]),
        (_bricks(True, inodes_free=0), 1, 1, [("secondary-full", True, False)]),
        (_bricks(True, inodes=0, inodes_free=0), 1, 1, []),
        (_bricks(True, size=None, free=None, inodes=None, inodes_free=None, read_only=None), 1, 1, []),
        (_bricks(True, read_only=True), 1, 1, [("secondary-down", True, False)]),
        (_bricks(False, free=0), 1, 1, [("secondary-down", True, True)]),
    ],
)
def test_sets_quorum_space_and_mounts(bricks: list[dict[str, t.Any]], size: int, needed: int, found: list[t.Any]) -> None:
    assert kinds(_site(bricks, size, needed), "projects-dr") == found


def test_what_nobody_knows_is_no_trouble() -> None:
    unread = {**_site(_bricks(False)), "bricks": None}
    assert kinds(unread, "projects-dr") == kinds({**unread, "bricks": {}}, "projects-dr") == kinds(unread, "another") == []
    assert site.troubles(None, "projects-dr") == site.unreached(None) == site.unreached(unread) == []


def test_a_node_that_is_away_is_known_without_the_bricks() -> None:
    assert kinds({**_site(_bricks(True)), "bricks": None, "down": ["s1", "s9"]}, "projects-dr") == [("secondary-degraded", False, False)]


def test_quorum_is_read_with_the_volume() -> None:
    cli = GlusterCli(Recorder(lambda _argv, **_more: (0, (FOLDER / "10.3" / "volume-info-kinds.xml").read_text(), "")), lock_patience=0)
    needed = {volume.name: (volume.type, volume.set_size, volume.needed) for volume in read_volumes(cli).values()}
    assert all(least == size - 1 for kind, size, least in needed.values() if "Disperse" in kind), needed
    assert all(least == (2 if size == 3 else 1) for kind, size, least in needed.values() if "Disperse" not in kind), needed


def test_less_than_announced_is_not_taken_for_dead_bricks() -> None:
    far = Far(TWO, "bricks-dead", change=lambda text: text.replace("<nodeCount>2</nodeCount>", "<nodeCount>3</nodeCount>"))
    with pytest.raises(errors.UnreadableOutput, match="3 announced, 2 received"):
        read_bricks(far.cli, {}, remote_host="far1")
    assert far.told()["bricks"] is None and kinds(far.told(), "alpha") == []


# --- a session and its site ------------------------------------------------------------------------------------------

SSH = "Popen: command returned error [{cmd=ssh -oPasswordAuthentication=no -i /var/lib/glusterd/geo-replication/secret.pem root@secondary1 "
SSH += "/nonexistent/gsyncd secondary projects root@secondary1::projects-dr --primary-node n --secondary-log-level INFO}, {error=1}]"


def _faulty(*errors_said: str | None, **more: t.Any) -> dict[str, t.Any]:
    given = entry(*["Faulty"] * len(errors_said), state="faulty", **more)
    for worker, said in zip(given["workers"], errors_said):
        worker["last_error"] = said
    return given


def _problems(given: t.Mapping[str, t.Any], told: t.Mapping[str, t.Any] | None) -> list[health.Problem]:
    return health.problems(given, health.sets_of(given), site=told)


def test_a_dead_site_is_told_once_with_the_workers_that_it_stops() -> None:
    given = _faulty(SSH, SSH)
    (problem,) = _problems(given, _site(_bricks(False, False), 2))
    assert (problem.id, problem.severity, problem.workers, problem.where) == ("secondary-down", "critical", ("primary1:/b", "primary2:/b"), "")
    assert problem.what.endswith("These workers fail for this reason: primary1:/b, primary2:/b.") and "ssh" not in problem.what
    (said,) = health.unwell(given, _site(_bricks(False, False), 2))
    assert said.startswith("projects -> secondary1::projects-dr: The secondary volume projects-dr on secondary1 does not accept changes")


def test_an_active_session_over_a_dead_site_is_critical() -> None:
    (problem,) = _problems(entry("Active", "Passive"), _site(_bricks(False)))
    assert (problem.id, problem.severity, problem.workers) == ("secondary-down", "critical", ())
    assert health.judge(entry("Active", "Passive"), _site(_bricks(False)))["verdict"] == "failed"


def test_a_session_that_rests_needs_nothing_of_the_secondary() -> None:
    assert _problems(entry("Stopped", state="stopped"), _site(_bricks(False))) == []


def test_a_cause_that_the_site_does_not_explain_is_told_beside_it() -> None:
    found = _problems(_faulty("Popen: ssh> Host key verification failed.", SSH), _site(_bricks(False)))
    assert [(problem.id, problem.fault) for problem in found] == [("secondary-down", ""), ("worker-faulty", "host-key")]
    assert found[0].workers == ("primary2:/b",)
    # A replica that does without one brick explains nothing for certain.
    found = _problems(_faulty(SSH), _site(_bricks(True, False), 2))
    assert [problem.id for problem in found] == ["worker-faulty", "secondary-degraded"]


def test_a_volume_that_works_in_part_explains_only_what_is_known_to_be_of_it() -> None:
    half = _site(_bricks(True, False))
    assert [problem.id for problem in _problems(_faulty("nobody knows"), half)] == ["secondary-down", "worker-faulty"]
    (problem,) = _problems(_faulty(SSH), half)
    assert problem.id == "secondary-down" and "does not accept changes to some of its files: the brick s2:/b is offline." in problem.what
    (problem,) = _problems(_faulty("nobody knows"), _site(_bricks(False)))
    assert problem.id == "secondary-down"
    full = _problems(_faulty("nobody knows"), _site(_bricks(True, free=0)))
    assert [problem.id for problem in full] == ["secondary-full", "worker-faulty"]
    (problem,) = _problems(_faulty("x: call failed [{method=entry_ops}] FAIL: OSError: [Errno 28] No space left on device"), _site(_bricks(True, free=0)))
    assert (problem.id, problem.severity, problem.workers) == ("secondary-full", "critical", ("primary1:/b",))
    # rsync, whose words gsyncd does not log: its code may be that, or not as long as there is some space.
    rsync = "Popen: command returned error [{cmd=rsync -aR0 ... secondary1:/proc/1/cwd}, {error=11}]"
    (problem,) = _problems(_faulty(rsync), _site(_bricks(True, free=0)))
    assert (problem.id, problem.workers) == ("secondary-full", ("primary1:/b",))
    assert [problem.id for problem in _problems(_faulty(rsync), _site(_bricks(True, free=1)))] == ["worker-faulty", "secondary-full"]
    (problem,) = _problems(_faulty(rsync), _site(_bricks(False)))
    assert problem.id == "secondary-down"


def test_a_host_that_does_not_answer_is_a_problem_only_if_workers_fail() -> None:
    silent = {**_site([]), "error": "glusterd does not answer on secondary1.", "volumes": [], "bricks": None}
    assert _problems(entry("Active"), silent) == []
    found = _problems(_faulty(SSH), silent)
    assert [problem.id for problem in found] == ["worker-faulty", "secondary-unreached"]
    assert "could not be asked for the state of its volumes: glusterd does not answer on secondary1." in found[1].what
    starting = entry("Initializing...", state="initializing")
    assert [problem.id for problem in _problems(starting, silent)] == ["no-active-worker"]


def test_one_cause_of_several_workers_is_told_once() -> None:
    said = "Popen: ssh> Host key verification failed."
    (problem,) = _problems(_faulty(said, said), None)
    assert (problem.id, problem.workers, problem.node, problem.brick) == ("worker-faulty", ("primary1:/b", "primary2:/b"), "", "")
    assert problem.where == "primary1:/b, primary2:/b"
    assert problem.what.startswith("2 workers are Faulty for the same cause, and their replica sets have no active worker. Last error of primary1:/b: Popen")
    two = _problems(_faulty(said, "Popen: ssh> Connection refused"), None)
    assert len(two) == 2 and all(not problem.workers for problem in two)
    assert len(_problems(_faulty(None, None), None)) == 2, "of what nobody knows it is not known that it is one thing"


def test_the_ssh_command_does_not_hide_the_reason() -> None:
    (problem,) = _problems(_faulty(SSH), None)
    assert "Popen: command returned error [{cmd=ssh ...}, {error=1}]." in problem.what and "PasswordAuthentication" not in problem.what


# --- when it is asked for --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "more", "asked"), [
    (("Active", "Passive"), {}, False),
    (("Active", "Passive"), {"far_bricks": True}, True),
    (("Faulty", "Passive"), {}, True),
    (("Initializing...", "Passive"), {}, False),
    (("Stopped",), {}, False),
])  # fmt: skip
def test_bricks_are_asked_for_if_a_worker_fails_or_somebody_wants_to_know(world: World, words: tuple[str, ...], more: dict[str, bool], asked: bool) -> None:
    world.add_session("projects", "secondary1::projects-dr", *words)
    world.write_files()
    far: dict[str, Volume] = world.far["secondary1"]
    (brick, *_rest) = far["projects-dr"].bricks
    world.offline = {":".join(brick)}
    told = inform(world.cli(), world, far_hosts=["secondary1"], glusterd_dir=str(world.folder), log_dir=str(world.folder / "log"), **more)
    assert world.reads.get("secondary1: bricks", 0) == int(asked)
    assert [bool(far["bricks"]) for far in told["secondaries"]] == [asked]
    said = " ".join(told["status"][0]["health"]["reasons"])
    assert ("The secondary volume projects-dr on secondary1 accepts changes, but the brick" in said) is asked
