# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters that change: nodes and bricks come and go, a node is set up anew, another is down while things change.

One story on a lab with a fifth node, told in order; each test starts where the one before it ended. The role is run as
people run it; the stock CLI and the nodes' own files are the judge.
"""

from __future__ import annotations

import os
import re
import subprocess
import typing as t
from pathlib import Path

import pytest
from lab import GEOREP, ROOT, Lab, Node, Session, poll
from test_role import mutations

from playbooks import Playbooks, Played

NAME = "extra1"
SESSION = Session("it-topo", "it-topo-dr")
CONFIG = {"sync-method": "tarssh", "sync-jobs": 4, "log-rsync-performance": True}
DECLARED = SESSION.args(config=CONFIG)
ACCOUNT = "/root/.ssh/authorized_keys"


class Grown:
    """The lab with a node more, which belongs to no cluster at first."""

    def __init__(self, lab: Lab, books: Playbooks) -> None:
        self.lab = lab
        self.books = books
        self.extra = lab.node(NAME)
        #: What the role runs on, and where it brings keys to.
        self.near = "gluster_primary"
        self.far = "groups['gluster_secondary']"

    def played(self, *options: str, **more: t.Any) -> Played:
        return self.books.run(
            *options,
            **{
                "geo_replication_sessions": [DECLARED],
                "georep_primary_hosts": self.near,
                "geo_replication_secondary_hosts": "{{ " + self.far + " }}",
                **more,
            },
        )

    def done(self, *options: str, **more: t.Any) -> Played:
        return self.books.succeeded(self.played(*options, **more), georep_primary_hosts=self.near)

    def raw(self) -> dict[str, str]:
        return {**self.lab.raw_state(), **{node.name: self.files(node) for node in self.lab.nodes.values()}}

    def files(self, node: Node) -> str:
        return node.sh(
            f"cat {GEOREP}/known_hosts {GEOREP}/*.pub {ACCOUNT} 2>/dev/null; cd {GEOREP} 2>/dev/null &&"
            f" grep -vs -e '^stime.xattr.prefix' -e '^primary.distribution.count' -e '^$' {SESSION.primary}_*/gsyncd.conf; true"
        )

    def four_steps(self, **more: t.Any) -> tuple[Played, Played]:
        """Check, run, check again, run again; the first check run and the run."""
        before = self.raw()
        check = self.done("--check", "--diff", **more)
        assert self.raw() == before, "the check run changed something"
        run = self.done(**more)
        assert check.changed == run.changed != [], (check.changed, run.changed)
        assert check.lines("would do: ") == run.lines("done: ") != [], (check.summary, run.summary)
        # The workers of new bricks may have stalled, which a second run would read and not call green.
        self.proved()
        after = self.raw()
        for again in (self.done("--check", **more), self.done(**more)):
            assert again.changed == [] and mutations(again) == [], (again.changed, mutations(again), again.summary)
            assert again.asked == []
        assert self.raw() == after
        return check, run

    # --- the judge ---------------------------------------------------------------------------------------------------

    def conf(self, node: Node) -> list[str]:
        """A node's own file of the session, without what gsyncd writes itself."""
        lines = node.read(f"{SESSION.directory}/gsyncd.conf").splitlines()
        return sorted(line for line in lines if line and not re.match("stime|primary-distribution-count", line))

    def keys(self, node: Node) -> list[str]:
        return [node.read(f"{GEOREP}/{name}.pub").split()[1] for name in ("secret.pem", "tar_ssh.pem")]

    def words(self) -> dict[str, str]:
        rows = self.lab.raw_status(SESSION)
        return {f"{row['primary node']}:{row['primary brick']}": row["status"] for row in rows}

    def bricks(self) -> list[str]:
        text = self.lab.p1.gluster("volume", "info", SESSION.primary)
        return [line.split(": ")[1] for line in text.splitlines() if line.startswith("Brick") and ":/" in line]

    def whole(self, *nodes: Node) -> None:
        """Every brick has a worker, each pair an Active one; these nodes have one file, and their keys log in."""
        words = self.words()
        bricks = self.bricks()
        assert sorted(words) == sorted(bricks), (words, bricks)
        pairs = [sorted(words[brick] for brick in bricks[index : index + 2]) for index in range(0, len(bricks), 2)]
        # A node that is Active for one pair is so for all of its bricks: two of a pair may be.
        assert all("Active" in pair and set(pair) <= {"Active", "Passive"} for pair in pairs), words
        confs = {node.name: self.conf(node) for node in nodes}
        assert confs[self.lab.p1.name] and all(conf == confs[self.lab.p1.name] for conf in confs.values()), confs
        for node in nodes:
            for there in self.lab.secondaries:
                account = there.read(ACCOUNT)
                assert all(key in account for key in self.keys(node)), (node.name, there.name)
            assert {line.split()[0] for line in node.read(f"{GEOREP}/known_hosts").splitlines()} >= {"secondary1", "secondary2"}

    def proved(self) -> None:
        self.books.prove(georep_primary_hosts=self.near)

    def delivers(self, name: str, count: int = 8) -> None:
        """Files that fall on every pair of bricks arrive."""
        lab = self.lab
        self.proved()
        with lab.mounted(lab.p1, SESSION.primary) as here, lab.mounted(lab.s1, SESSION.secondary) as there:
            lab.p1.sh(f"for i in $(seq {count}); do echo {name} > {here}/{name}-$i; done")
            poll(
                f"{count} files of {name} on the other site",
                lambda: lab.s1.sh(f"cat {there}/{name}-* 2>/dev/null | grep -c {name} || true").strip() == str(count),
            )


def script_lab(lab_inventory: str, *words: str) -> None:
    folder = Path(lab_inventory).parent.name
    env = dict(os.environ, GEOREP_LAB=folder.partition("-")[2])
    done = subprocess.run([str(ROOT / "script" / "lab"), *words], env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def grown(lab_inventory: str, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Grown]:
    # One that an interrupted run has left is as good.
    if NAME not in Path(lab_inventory).read_text(encoding="utf-8"):
        script_lab(lab_inventory, "add-node", NAME)
    lab = Lab(lab_inventory)
    four = list(lab.nodes.values())
    keep = f"{GEOREP}/known_hosts {GEOREP}/*.pem {GEOREP}/*.pub /root/.ssh"
    for node in four:
        node.sh(f"tar -cPpf /root/topology.tar $(ls -d {keep} 2>/dev/null)")
    made = Grown(lab, Playbooks(lab, tmp_path_factory.mktemp("topology")))
    lab.clean()
    lab.make_pair("topo")
    try:
        made.done()
        made.whole(*lab.primaries)
        yield made
    finally:
        lab.clean()
        for site in (lab.p1, lab.s1):
            if NAME in site.gluster("pool", "list"):
                site.gluster("peer", "detach", NAME, "force")
        for node in four:
            node.sh(f"rm -rf {keep}; tar -xPpf /root/topology.tar && rm /root/topology.tar")
        lab.close()
        script_lab(lab_inventory, "remove-node", NAME)


def in_cluster(leader: Node, count: int) -> None:
    poll("the cluster to be whole", lambda: leader.gluster("peer", "status").count("Peer in Cluster (Connected)") == count)


def test_a_node_that_is_down_while_options_change(grown: Grown) -> None:
    lab = grown.lab
    changed = [{**DECLARED, "config": {**CONFIG, "sync-jobs": 6}}]
    lab.p2.service("glusterd", "stop")
    try:
        poll("primary1 to notice", lambda: "Disconnected" in lab.p1.gluster("peer", "status"))
        before = grown.raw()
        for options in (["--check"], []):
            played = grown.played(*options, geo_replication_sessions=changed)
            [message] = played.failures
            assert "primary2" in message and "sync-jobs" in message and "accept: [peer_down]" in message, message
        assert grown.raw() == before, "something was touched"
        accepted = grown.done(geo_replication_sessions=[{**changed[0], "accept": ["peer_down"]}])
        assert any("primary2" in line and "sync-jobs" in line and "Run again" in line for line in accepted.lines("WARNING: ")), accepted.summary
        assert lab.raw_option(SESSION, "sync-jobs") == "6"
    finally:
        lab.p2.service("glusterd", "start")
        lab.wait_for_peers()
    assert lab.raw_option(SESSION, "sync-jobs", lab.p2) == "4", "it was told after all"
    check, _run = grown.four_steps(geo_replication_sessions=changed)
    assert any("sync-jobs: 4 on primary2 -> 6" in line for line in check.lines("would do: ")), check.summary
    assert lab.raw_option(SESSION, "sync-jobs", lab.p2) == "6"
    grown.done()
    grown.whole(*lab.primaries)


def test_bricks_on_the_nodes_that_are_there(grown: Grown) -> None:
    lab = grown.lab
    lab.p1.gluster("volume", "add-brick", SESSION.primary, *(f"{node.name}:/bricks/{SESSION.primary}-b" for node in lab.primaries), "force")
    # glusterd starts the session anew by itself: there is nothing left to do, and that is what is said.
    poll("workers of the new bricks", lambda: sorted(grown.words().values()) == ["Active"] * 2 + ["Passive"] * 2)
    for again in (grown.done("--check"), grown.done()):
        assert again.changed == [] and mutations(again) == [], again.summary
    grown.whole(*lab.primaries)
    grown.delivers("more-bricks")


def test_a_node_is_added(grown: Grown) -> None:
    lab = grown.lab
    lab.p1.gluster("peer", "probe", NAME)
    in_cluster(lab.p1, 2)
    for name in (NAME, lab.p1.name):
        lab.node(name).sh(f"mkdir -p /bricks/{SESSION.primary}-c")
    lab.p1.gluster("volume", "add-brick", SESSION.primary, *(f"{name}:/bricks/{SESSION.primary}-c/brick" for name in (NAME, lab.p1.name)), "force")
    grown.near = "gluster_primary:gluster_extra"
    check, _run = grown.four_steps()
    assert any(NAME in line for line in check.lines("would do: ")), check.summary
    grown.whole(*lab.primaries, grown.extra)
    grown.delivers("more-nodes", 16)


def test_a_node_is_set_up_anew(grown: Grown) -> None:
    """As after a new disk: the same name, the same UUID, the same bricks, and nothing else that glusterd had."""
    lab = grown.lab
    old_keys = grown.keys(lab.p2)
    set_up_anew(lab.p2)
    in_cluster(lab.p1, 2)
    poll("the volumes to be known again", lambda: SESSION.primary in lab.p2.gluster("volume", "list", check=False))
    assert lab.p2.sh(f"ls -d {GEOREP}/*/ 2>/dev/null || true") == ""
    check, _run = grown.four_steps()
    assert any("primary2" in line for line in check.lines("would do: ")), check.summary
    assert not set(old_keys) & set(grown.keys(lab.p2))
    grown.whole(*lab.primaries, grown.extra)
    grown.delivers("anew", 16)


def set_up_anew(node: Node) -> None:
    """Everything glusterd had but for its UUID, which people restore from the other nodes, is gone."""
    node.service("glusterd", "stop")
    # The brackets keep pkill from this very shell.
    node.sh("pkill -f '[g]syncd.py'; pkill -x glusterfsd; pkill -x glusterfs; sleep 1")
    node.sh("cd /var/lib/glusterd && tar -cf /root/anew.tar glusterd.info peers && rm -rf vols peers geo-replication/* glusterd.info")
    node.sh("cd /var/lib/glusterd && tar -xf /root/anew.tar && rm /root/anew.tar")
    node.service("glusterd", "start")


def test_a_node_is_removed(grown: Grown) -> None:
    lab = grown.lab
    grown.done(geo_replication_sessions=[{**DECLARED, "state": "stopped"}])
    gone = [f"{name}:/bricks/{SESSION.primary}-c/brick" for name in (NAME, lab.p1.name)]
    lab.p1.gluster("volume", "remove-brick", SESSION.primary, *gone, "force")
    lab.p1.gluster("peer", "detach", NAME)
    grown.near = "gluster_primary"
    check, _run = grown.four_steps()
    assert not any(": create" in line for line in check.lines("would do: ")), check.summary
    grown.whole(*lab.primaries)
    grown.delivers("fewer-nodes")


def test_a_node_is_added_on_the_other_site(grown: Grown) -> None:
    lab = grown.lab
    grown.extra.service("glusterd", "stop")
    grown.extra.sh("pkill -x glusterfsd; rm -rf /var/lib/glusterd/* /bricks/*; sed -i '/^command=/d' /root/.ssh/authorized_keys || true")
    grown.extra.service("glusterd", "start")
    lab.s1.gluster("peer", "probe", NAME)
    in_cluster(lab.s1, 2)
    bricks = [f"{name}:/bricks/{SESSION.secondary}-b" for name in (NAME, "secondary1")]
    lab.s1.gluster("volume", "add-brick", SESSION.secondary, *bricks, "force")
    grown.far = "groups['gluster_secondary'] + groups['gluster_extra']"
    before = grown.raw()
    check = grown.done("--check")
    assert grown.raw() == before
    run = grown.done()
    assert check.changed == run.changed != [], (check.changed, run.changed)
    account = grown.extra.read(ACCOUNT)
    for node in lab.primaries:
        assert all(key in account for key in grown.keys(node)), account
        assert NAME in {line.split()[0] for line in node.read(f"{GEOREP}/known_hosts").splitlines()}
    for again in (grown.done("--check"), grown.done()):
        assert again.changed == [] and mutations(again) == []
    grown.whole(*lab.primaries)
    grown.delivers("further")
