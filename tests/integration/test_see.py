# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""States made real, one after the other on one session; what report, metrics and gate say of each, against the raw CLI."""

from __future__ import annotations

import json
import re
import time
import typing as t
from pathlib import Path

import pytest
from lab import Lab, Session, mutating, poll, status_calls

from playbooks import Playbooks, Played

GATE = "Fail if a session is not healthy"


class Seen(t.NamedTuple):
    """One reading: what the files say."""

    played: Played
    report: dict[str, t.Any]
    page: str
    metrics: dict[str, float]
    session: dict[str, t.Any]

    @property
    def problems(self) -> list[str]:
        return [problem["id"] for problem in self.report["problems"]]

    def metric(self, name: str, **labels: str) -> float | None:
        """The one series with these labels; None where there is none."""
        found = [
            value
            for series, value in self.metrics.items()
            if re.match(rf"gluster_georep_{name}(\{{|$)", series)
            and all(f'{key}="{word}"' in series for key, word in labels.items())
        ]
        assert len(found) <= 1, (name, labels, found)
        return found[0] if found else None


class Viewer:
    def __init__(self, lab: Lab, session: Session, folder: Path) -> None:
        self.lab = lab
        self.id = session
        self.books = Playbooks(lab, folder)
        self.folder = folder / "out"

    def declared(self, **more: t.Any) -> list[dict[str, t.Any]]:
        return [self.id.args(config={"sync-method": "tarssh"}, **more)]

    def see(self, **variables: t.Any) -> Seen:
        """Run the playbook status, and hold what it wrote against the raw CLI."""
        played = self.books.run(playbook="status", geo_replication_report_directory=str(self.folder), **variables)
        assert played.rc == 0 and not played.failures, (played.failures, played.text[-1500:])
        # A second one only where the first is not XML, as of a session that cannot be read.
        assert mutating(played.commands) == [] and len(status_calls(played.commands)) in (1, 2)
        report = json.loads((self.folder / "report.json").read_text())
        text = (self.folder / "georep.prom").read_text()
        metrics = {
            line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
            for line in text.splitlines()
            if not line.startswith("#")
        }
        (session,) = [entry for entry in report["sessions"] if entry["primary_volume"] == self.id.primary]
        return Seen(played, report, (self.folder / "report.html").read_text(), metrics, session)

    def like_the_cli(self, seen: Seen) -> None:
        """The words of all workers are those of the stock CLI, in JSON, in the metrics and on the page."""
        rows = self.lab.raw_status(self.id)
        raw = {(row["primary node"], row["primary brick"]): row["status"] for row in rows}
        told = {(worker["node"], worker["brick"]): worker["status"] for worker in seen.session["workers"]}
        assert {place: word for place, word in told.items() if word != "missing"} == raw
        for (node, brick), word in told.items():
            assert (
                seen.metric(
                    "worker_state",
                    primary_volume=self.id.primary,
                    node=node,
                    brick=brick,
                    state=word.rstrip(".").lower(),
                )
                == 1
            )
            assert f"{node}:{brick}: {word}" in seen.page

    def gate(self, **variables: t.Any) -> tuple[bool, str]:
        """Whether the gate let pass, and what it said."""
        played = self.books.run(playbook="gate", **variables)
        results = [result for name, hosts in played.tasks if name.endswith(GATE) for result in hosts.values()]
        assert len(results) == 1, played.text[-2000:]
        assert played.changed == [] and mutating(played.commands) == []
        passed = not results[0].get("failed")
        assert passed is (played.rc == 0)
        return passed, results[0]["msg"]


@pytest.fixture(scope="module")
def viewer(lab: Lab, make_pair: t.Callable[..., Session], tmp_path_factory: pytest.TempPathFactory) -> Viewer:
    return Viewer(lab, make_pair("see"), tmp_path_factory.mktemp("see"))


def write(viewer: Viewer, name: str) -> None:
    with viewer.lab.mounted(viewer.lab.p1, viewer.id.primary) as here:
        viewer.lab.p1.sh(f"echo {name} > {here}/{name}")


def arrived(viewer: Viewer, name: str) -> None:
    poll(f"{name} over there", lambda: viewer.lab.has(viewer.id, name))


def test_a_session_that_was_never_started(viewer: Viewer) -> None:
    viewer.lab.bring(viewer.id, "created")
    seen = viewer.see()
    viewer.like_the_cli(seen)
    assert (seen.session["state"], seen.session["verdict"], seen.problems) == ("created", "idle", [])
    assert seen.metric("session_state", primary_volume=viewer.id.primary, state="created") == 1
    assert seen.metric("session_healthy", primary_volume=viewer.id.primary) == 0
    passed, said = viewer.gate()
    assert not passed and f"{viewer.id.primary} -> {viewer.id.target}: The session is created" in said
    assert viewer.gate(gate_accept=["created"])[0]
    # Declared started, it is more than a remark.
    seen = viewer.see(geo_replication_sessions=viewer.declared(rpo="15m"))
    assert seen.problems == ["not-running"] and seen.report["verdict"] == "critical"
    assert any("start" in step for step in seen.report["drift"]["steps"]) and "Run the role" in seen.page
    passed, said = viewer.gate(geo_replication_sessions=viewer.declared(), gate_accept=["created"])
    assert not passed and "declared started" in said


def test_a_healthy_session_and_a_quiet_volume(viewer: Viewer) -> None:
    lab = viewer.lab
    lab.live(viewer.id)
    write(viewer, "first")
    arrived(viewer, "first")
    sessions = viewer.declared(rpo=8)
    # GlusterFS' own time of the last sync stands still on a quiet volume; nothing waits all the same.
    poll("the last sync to grow old", lambda: stale(viewer) > 9)
    seen = viewer.see(geo_replication_sessions=sessions)
    viewer.like_the_cli(seen)
    [raw] = [row["last_synced"] for row in lab.raw_status(viewer.id) if row["status"] == "Active"]
    assert seen.session["last_synced"] == raw.replace(" ", "T") + "Z", "the lab's clocks are UTC"
    assert (seen.session["lag_seconds"], seen.session["lag_exact"], seen.session["within_rpo"]) == (0, True, True)
    assert seen.report["verdict"] == "ok" and seen.problems == [] and seen.report["drift"]["steps"] == []
    assert seen.metric("session_lag_seconds", primary_volume=viewer.id.primary) == 0
    assert seen.metric("session_rpo_seconds", primary_volume=viewer.id.primary) == 8
    assert abs(seen.metrics["gluster_georep_last_read_timestamp_seconds"] - time.time()) < 60
    # Who syncs to whom is what the processes themselves were started with.
    for worker in seen.session["workers"]:
        lines = (
            lab.node(worker["node"])
            .sh(f"pgrep -af '[g]syncd.py worker {viewer.id.primary} ' | grep -o 'resource-remote [^ ]*'")
            .split()
        )
        assert {line.rpartition("@")[2] for line in lines if "@" in line or line.startswith("secondary")} == {
            worker["secondary_node"]
        }
    assert [brick["node"] for volume in seen.report["secondaries"][0]["volumes"] for brick in volume["bricks"]] == [
        "secondary1",
        "secondary2",
    ]
    assert "<script" not in seen.page and "Content-Security-Policy" in seen.page
    lines = next(result["msg"] for name, hosts in seen.played.tasks if name == "Show the sessions" for result in hosts.values())
    assert lines[0].startswith("1 session is healthy and within the RPO.") and all(len(line) <= 69 for line in lines)
    passed, said = viewer.gate(geo_replication_sessions=sessions)
    assert passed and "1 of 1 session running" in said and "no change waits" in said


def stale(viewer: Viewer) -> float:
    """Seconds since what the raw CLI calls the last sync."""
    [raw] = [row["last_synced"] for row in viewer.lab.raw_status(viewer.id) if row["status"] == "Active"]
    return float(viewer.lab.p1.sh(f"echo $(( $(date +%s) - $(date -u -d '{raw}' +%s) ))"))


def test_metrics_on_a_node(viewer: Viewer) -> None:
    """They are moved into place under their name, for everybody to read, and nothing else is left in the folder."""
    p2 = viewer.lab.p2
    p2.sh("rm -rf /tmp/it-textfiles && mkdir /tmp/it-textfiles && echo old > /tmp/it-textfiles/georep.prom")
    before = p2.sh("stat -c %i /tmp/it-textfiles/georep.prom")
    viewer.see(geo_replication_textfile_directory="/tmp/it-textfiles", georep_textfile_host="primary2")
    assert p2.sh("ls -A /tmp/it-textfiles").split() == ["georep.prom"]
    assert p2.sh("stat -c %a /tmp/it-textfiles/georep.prom").strip() == "644"
    assert p2.sh("stat -c %i /tmp/it-textfiles/georep.prom") != before, (
        "another file in its place, never a half-written one"
    )
    assert p2.read("/tmp/it-textfiles/georep.prom") == (viewer.folder / "georep.prom").read_text()
    p2.sh("rm -r /tmp/it-textfiles")


def test_a_checkpoint_that_waits(viewer: Viewer) -> None:
    viewer.lab.act(viewer.id, "config checkpoint now")
    seen = viewer.see(geo_replication_rpo="1h")
    viewer.like_the_cli(seen)
    assert (
        seen.session["checkpoint"]["set"] and seen.session["checkpoint"]["completed"] is False and seen.problems == []
    )
    assert seen.metric("session_checkpoint_completed", primary_volume=viewer.id.primary) == 0
    assert "waiting since" in seen.page
    passed, said = viewer.gate(gate_rpo="1s")
    assert not passed and "The checkpoint of" in said and "touch a file" in said
    # While something is written it is reached, and nobody has to do anything.
    write(viewer, "second")
    passed, said = viewer.gate(gate_rpo="30s", gate_wait=60)
    assert passed, said
    words = ["volume", "geo-replication", viewer.id.primary, viewer.id.target, "status", "detail"]
    poll("the checkpoint reached", lambda: re.search(r"\bYes\b", viewer.lab.p1.gluster(*words)))
    seen = viewer.see(geo_replication_rpo="1h")
    assert seen.session["checkpoint"]["completed"] is True and "reached" in seen.page


def test_a_paused_session_falls_behind(viewer: Viewer) -> None:
    arrived(viewer, "second")
    viewer.lab.bring(viewer.id, "paused")
    meant = viewer.declared(rpo="1h", state="paused")
    assert viewer.gate(geo_replication_sessions=meant)[0], "it is declared so, and nothing waits"
    write(viewer, "third")
    time.sleep(3)  # the journal is turned over, and the change grows older than the RPO
    seen = viewer.see(geo_replication_rpo=1)
    viewer.like_the_cli(seen)
    assert seen.session["state"] == "paused" and seen.session["lag_exact"] and 1 < seen.session["lag_seconds"] < 180
    assert seen.problems == ["lag-above-rpo"]
    passed, said = viewer.gate(gate_accept=["paused"], gate_rpo="1")
    assert not passed and "the RPO is 1 s" in said and f"{viewer.id.primary} {viewer.id.target} resume" in said
    viewer.lab.bring(viewer.id, "started")
    passed, said = viewer.gate(gate_rpo="20s", gate_wait=90)
    assert passed, said
    arrived(viewer, "third")


def test_a_worker_that_is_missing(viewer: Viewer) -> None:
    lab = viewer.lab
    lab.p2.service("glusterd", "stop")
    try:
        poll("primary1 to notice", lambda: "Disconnected" in lab.p1.gluster("peer", "status"))
        seen = viewer.see()
        viewer.like_the_cli(seen)
        assert sorted(seen.problems) == ["peer-down", "worker-missing"]
        assert seen.metric("session_missing_workers", primary_volume=viewer.id.primary) == 1
        assert seen.metric("peer_connected", node="primary2") == 0
        passed, said = viewer.gate()
        assert not passed and f"primary2:/bricks/{viewer.id.primary}" in said and "Start the node" in said
        assert said.count("\n* ") == 2
    finally:
        lab.p2.service("glusterd", "start")
        poll("primary2 to be back", lambda: "Disconnected" not in lab.p1.gluster("peer", "status"))
        lab.reach(viewer.id)


def test_the_first_node_is_down(viewer: Viewer) -> None:
    """Whoever answers tells of the cluster: glusterd of the first node is down, and then Ansible does not even get there."""
    lab = viewer.lab
    lab.p1.service("glusterd", "stop")
    try:
        poll("primary2 to notice", lambda: "Disconnected" in lab.p2.gluster("peer", "status"))
        for service in (None, "sshd"):
            if service:
                lab.p1.service(service, "stop")
            played = viewer.books.run(playbook="status", geo_replication_report_directory=str(viewer.folder))
            assert played.rc == 0, played.text[-2000:]
            report = json.loads((viewer.folder / "report.json").read_text())
            [session] = [entry for entry in report["sessions"] if entry["primary_volume"] == viewer.id.primary]
            told = {worker["node"]: worker["status"] for worker in session["workers"]}
            raw = {row["primary node"]: row["status"] for row in lab.raw_status(viewer.id, lab.p2)}
            assert told.pop("primary1") == "missing" and told == raw != {}, (told, raw)
            assert sorted(problem["id"] for problem in report["problems"]) == ["peer-down", "worker-missing"]
    finally:
        lab.p1.service("sshd", "start")
        lab.p1.service("glusterd", "start")
        poll("primary1 to be back", lambda: "Disconnected" not in lab.p2.gluster("peer", "status"))
    lab.reach(viewer.id)


def test_the_gate_in_a_play_of_other_hosts(viewer: Viewer, tmp_path: Path) -> None:
    """As a play calls it that is about to change the secondary nodes; and failures that were looked into."""
    lab = viewer.lab
    lab.live(viewer.id)
    play = tmp_path / "upgrade.yml"
    play.write_text("- hosts: gluster_secondary\n  gather_facts: false\n  roles: [glusterops.georep.gate]\n")

    def passes(**variables: t.Any) -> tuple[bool, str]:
        played = viewer.books.run(playbook=str(play), **variables)
        [result] = [result for name, hosts in played.tasks if name.endswith(GATE) for result in hosts.values()]
        assert mutating(played.commands) == [] and played.changed == []
        return not result.get("failed"), result["msg"]

    # The others of these tests have no say.
    mine = {"gate_sessions": [viewer.id.args()]}
    passed, said = passes(gate_rpo="1h", **mine)
    assert passed, said
    lab.set_failures(viewer.id, 2)
    try:
        assert {row["failures"] for row in lab.raw_status(viewer.id, detail=True) if row["status"] == "Active"} == {"2"}
        for known in ({}, {"gate_failures_known": 1}):
            passed, said = passes(**known, **mine)
            assert not passed and viewer.id.primary in said and "gate_failures_known=2" in said, said
        passed, said = passes(gate_failures_known=2, **mine)
        assert passed, said
    finally:
        lab.set_failures(viewer.id, 0)
    assert passes(**mine)[0]


def test_one_worker_is_faulty_beside_one_that_works(viewer: Viewer) -> None:
    """The Passive worker's node is shut out. (Were it the Active one's, the other would stay Passive: its brick is up.)"""
    lab = viewer.lab
    lab.bring(viewer.id, "started")
    [passive] = [row["primary node"] for row in lab.raw_status(viewer.id) if row["status"] == "Passive"]
    node = lab.node(passive)
    node.sh(
        "cd /var/lib/glusterd/geo-replication && cp -p secret.pem it-kept && ssh-keygen -q -t ed25519 -N '' -f it-new && cat it-new > secret.pem && rm it-new*"
    )
    try:
        node.sh(f"pkill -f '[g]syncd.py worker {viewer.id.primary} ' || true")
        poll("a Faulty one beside an Active one", lambda: sorted(lab.raw_words(viewer.id)) == ["Active", "Faulty"])
        # Whether the log has ssh's own words is luck.
        told = (["key-refused"], ["ssh-failed"])
        seen = poll(
            "the report to say why",
            lambda: (
                late if (late := viewer.see()) and [one["fault"] for one in late.report["problems"]] in told else None
            ),
        )
        assert seen.session["state"] == "active", "the replica set is synced all the same"
        assert seen.problems == ["worker-faulty"] and seen.report["verdict"] == "warning"
        [problem] = seen.report["problems"]
        assert problem["node"] == passive and "gluster_ssh_trust" in problem["remedy"] and problem["title"] in seen.page
        poll(
            "the gate to say it",
            lambda: viewer.gate()[1].count(f"{passive}:/bricks/{viewer.id.primary}: The worker is Faulty"),
        )
    finally:
        node.sh("cd /var/lib/glusterd/geo-replication && mv it-kept secret.pem")
    lab.reach(viewer.id)


def refused(viewer: Viewer, words: str) -> bool:
    passed, said = viewer.gate()
    assert not passed, said
    return words in said


def faults(seen: Seen) -> set[str]:
    return {problem["fault"] for problem in seen.report["problems"]}


def test_the_secondary_is_cut_off(viewer: Viewer) -> None:
    lab = viewer.lab
    # Both nodes: a worker that is refused by one goes to the other.
    for node in lab.secondaries:
        node.service("sshd", "stop")
    try:
        for node in lab.secondaries:
            node.sh(f"pkill -f '[g]syncd.* secondary {viewer.id.primary} ' || true")
        poll("Faulty workers", lambda: lab.raw_words(viewer.id) == ["Faulty", "Faulty"])
        # First they tell of the connection that was lost, and then of the one that they do not get. Started anew again and again,
        # they are Initializing in between.
        seen = poll(
            "the report to say why",
            lambda: late if "sshd-unreachable" in faults(late := viewer.see()) and late.session["state"] == "faulty" else None,
        )
        assert seen.report["verdict"] == "critical" and "worker-faulty" in seen.problems
        assert seen.metric("session_state", primary_volume=viewer.id.primary, state="faulty") == 1
        # Workers are started anew again and again, and are Initializing meanwhile: no reason to pass either.
        poll("the gate to say what helps", lambda: refused(viewer, "Start sshd on secondary"))
    finally:
        for node in lab.secondaries:
            node.service("sshd", "start")
    passed, said = viewer.gate(gate_wait=120)
    assert passed, said
    assert lab.raw_is(viewer.id, "started")


def test_no_brick_of_the_secondary_runs(viewer: Viewer) -> None:
    """The primary looks healthy until the next change; then all its log has is an ssh command that ended with 1."""
    lab = viewer.lab
    lab.bring(viewer.id, "started")
    volume = viewer.id.secondary
    for node in lab.secondaries:
        node.sh(f"kill -9 $(cat /run/gluster/vols/{volume}/*.pid)")
    try:
        seen = poll("the report to name the bricks", lambda: late if "secondary-down" in (late := viewer.see()).problems else None)
        assert seen.report["verdict"] == "critical" and "0 of 2 bricks online (2 offline)" in seen.page
        [problem] = [one for one in seen.report["problems"] if one["id"] == "secondary-down"]
        assert f"The secondary volume {volume} on {viewer.id.host} does not accept changes: the bricks " in problem["what"]
        assert f"gluster volume start {volume} force" in problem["remedy"] and problem["what"] in " ".join(seen.played.text.split())
        assert {volume["name"]: {brick["state"] for brick in volume["bricks"]} for volume in seen.report["secondaries"][0]["volumes"]} == {volume: {"offline"}}
        assert [seen.metric("secondary_brick_state", secondary_volume=volume, node=node.name, state="offline") for node in viewer.lab.secondaries] == [1, 1]
        assert refused(viewer, "No brick of that set is left.")
        write(viewer, "while-no-brick-runs")
        poll("Faulty workers", lambda: "Active" not in lab.raw_words(viewer.id))
        began = time.monotonic()
        result = lab.run_module("gluster_georep_session", viewer.id.args(state="started", wait_timeout=300))
        assert result["failed"] and f"gluster volume start {volume} force" in result["msg"], result
        assert time.monotonic() - began < 120, "it waited for what cannot come"
        # One cause, once, with the workers that it stops.
        seen = poll("one problem", lambda: late if (late := viewer.see()).problems == ["secondary-down"] and "for this reason: " in late.page else None)
    finally:
        lab.s1.gluster("volume", "start", volume, "force")
    passed, said = viewer.gate(gate_wait=180)
    assert passed, said
    arrived(viewer, "while-no-brick-runs")


def test_a_session_that_cannot_be_read(viewer: Viewer) -> None:
    lab = viewer.lab
    lab.bring(viewer.id, "stopped")
    file = f"{viewer.id.directory}/gsyncd.conf"
    for node in lab.primaries:
        node.sh(f"cp -p {file} {file}.kept && sed -i '/\\[vars\\]/a secondary-timeout = soon' {file}")
    try:
        seen = viewer.see()
        assert lab.raw_status(viewer.id) == []
        assert seen.session["state"] == "unreadable" and seen.problems == ["session-unreadable"]
        assert seen.metric("session_state", primary_volume=viewer.id.primary, state="unreadable") == 1
        passed, said = viewer.gate(gate_accept=["stopped"])
        assert not passed and f"{viewer.id.directory}/gsyncd.conf" in said
    finally:
        for node in lab.primaries:
            node.sh(f"mv {file}.kept {file}")
    passed, said = viewer.gate(gate_accept=["stopped"])
    assert passed, said


def test_bad_variables_and_sessions_that_are_not_there(viewer: Viewer) -> None:
    refused = viewer.books.run(playbook="gate", gate_accept=["everything"])
    assert refused.rc != 0 and "gate_accept" in refused.text and mutating(refused.commands) == []
    refused = viewer.books.run(playbook="gate", gate_rpo="soon")
    assert refused.rc != 0 and "such as 15m" in refused.text
    refused = viewer.books.run(playbook="status", geo_replication_sessions=viewer.declared(rpo="soon"))
    assert (
        refused.rc != 0
        and "geo_replication_sessions[0].rpo = 'soon'" in refused.text
        and refused.commands["commands"] == []
    )
    gone = {"primary_volume": viewer.id.primary, "secondary_host": "secondary2", "secondary_volume": "elsewhere"}
    passed, said = viewer.gate(gate_sessions=[gone])
    assert (
        not passed and f"{viewer.id.primary} -> secondary2::elsewhere: The session is requested, but does not exist on this cluster" in said
    )
    silent = viewer.books.run(playbook="gate", gate_hosts=["nobody"])
    assert silent.rc != 0 and "gate_hosts" in silent.text
    viewer.lab.forget(viewer.id)
    assert viewer.gate() == (True, "This cluster has no geo-replication sessions: nothing to wait for.")
