# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two secondary clusters in one run, with volumes of the same names: each session touches its own cluster, and no other.

A fifth node is a cluster of its own. The tests are one story, told in order; what is nobody's business is compared byte by byte.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from lab import GEOREP, ROOT, Lab, Node, Session
from test_nonroot import VOLFILE, forget_accounts
from test_role import _RESTORE, _SAVE

from playbooks import Playbooks, Played

OTHER = "other"
KNOWN = f"{GEOREP}/known_hosts"
ACCOUNT = "geoaccount"
FIRST = [OTHER, "secondary1", "secondary2"]
LAST = ["secondary1", "secondary2", OTHER]
CONFIG = {"sync-method": "tarssh"}
#: Into the other cluster, by root and by an account; into the first one, from the same volume, and by the account from another one.
X = Session("it-cl", "it-cl-dr", host=OTHER)
X_ACCOUNT = Session("it-cl", "it-cl-dr", host=OTHER, user=ACCOUNT)
Y = Session("it-cl", "it-cl-dr")
Z = Session("it-cm", "it-cm-dr", user=ACCOUNT)
COPY = f"{GEOREP}/it-cl_it-cl-dr_common_secret.pem.pub"


class Site(Playbooks):
    """The lab, and the other cluster."""

    @property
    def other(self) -> Node:
        return self.lab.node(OTHER)

    def play(self, hosts: t.Sequence[str], sessions: t.Sequence[dict[str, t.Any]], *options: str, **more: t.Any) -> Played:
        return self.run(*options, geo_replication_sessions=sessions, geo_replication_secondary_hosts=hosts, **more)

    def twice(
        self, hosts: t.Sequence[str], sessions: t.Sequence[dict[str, t.Any]], prove: bool = False, check: bool = True, **more: t.Any
    ) -> Played:
        """Check, run, and run again, which finds nothing to do; the run."""
        foretold = self.play(hosts, sessions, "--check", **more) if check else None
        run = self.play(hosts, sessions, geo_replication_prove=prove, **more)
        assert self.succeeded(run).lines("done: ")
        # Only a run that is no check run proves.
        assert foretold is None or foretold.lines("would do: ")[: len(run.lines("done: "))] == run.lines("done: "), foretold.failures
        before = self.state()
        again = self.play(hosts, sessions, **more)
        assert (self.succeeded(again).changed, self.state()) == ([], before), again.changed
        return run

    def info(self, node: Node, volume: str) -> list[str]:
        """Every line of it; a glusterd that was restarted lists the options in another order."""
        return sorted(node.gluster("volume", "info", volume).splitlines())

    def is_read_only(self, node: Node, volume: str) -> bool:
        return "features.read-only: on" in self.info(node, volume)

    def state(self) -> dict[str, str]:
        """All that a run could leave behind on a secondary node."""
        look = (
            f"gluster volume info; cat {VOLFILE} /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys 2>/dev/null;"
            f" getent passwd; pgrep -x glusterd; ls {GEOREP}; true"
        )
        return {node.name: node.sh(look) for node in (*self.lab.secondaries, self.other)}

    def mappings(self, node: Node) -> list[str]:
        return node.sh(f"sed -n 's/^ *option mountbroker-geo-replication\\.//p' {VOLFILE}").splitlines()

    def keys(self, node: Node, home: str) -> int:
        """How many of the primary nodes' keys an account accepts."""
        held = node.read(f"{home}/.ssh/authorized_keys")
        names = [f"{GEOREP}/{name}.pub" for name in ("secret.pem", "tar_ssh.pem")]
        return sum(primary.read(name).split()[1] in held for primary in self.lab.primaries for name in names)

    def known(self, node: Node) -> set[str]:
        return {line.split()[0] for line in node.read(KNOWN).splitlines() if not line.startswith("#")}


def end(lab: Lab, session: Session) -> None:
    """Lab.forget() takes the other session between volumes of these names for this one."""
    for words in ("stop force", "delete"):
        lab.p1.gluster("volume", "geo-replication", session.primary, session.target, *words.split(), check=False)


@pytest.fixture(scope="module")
def site(lab_inventory: str, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Site]:
    script = [str(ROOT / "script" / "lab")]
    env = dict(os.environ, GEOREP_LAB=Path(lab_inventory).parent.name.partition("-")[2])
    made = subprocess.run([*script, "add-node", OTHER], env=env, capture_output=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    lab = Lab(lab_inventory)
    lab.clean()
    with contextlib.ExitStack() as stack:
        stack.callback(subprocess.run, [*script, "remove-node", OTHER], env=env, capture_output=True, check=True)
        stack.callback(lab.close)
        stack.callback(lab.clean)
        for node in (*lab.primaries, *lab.secondaries):
            node.sh(_SAVE)
            stack.callback(node.sh, f"rm -f {GEOREP}/*.json {GEOREP}/it-*.pub; {_RESTORE}")
            node.sh(f"rm -f {GEOREP}/*.pem* {GEOREP}/*.json {KNOWN}; sed -i '/^command=/d' /root/.ssh/authorized_keys")
        for node in lab.secondaries:
            node.sh(f"cp -p {VOLFILE} /root/it-glusterd.vol")
            stack.callback(forget_accounts, node)
        for name in ("it-cl", "it-cm"):
            lab.make_pair(name.partition("-")[2])
            lab.node(OTHER).gluster("volume", "create", f"{name}-dr", f"{OTHER}:/bricks/{name}-dr", "force")
            lab.node(OTHER).gluster("volume", "start", f"{name}-dr")
            stack.callback(lab.remove_volume, "secondary", f"{name}-dr")
            stack.callback(lab.remove_volume, "primary", name)
        for session in (X, X_ACCOUNT, Y, Z):
            stack.callback(end, lab, session)
        yield Site(lab, tmp_path_factory.mktemp("clusters"))


def test_each_session_goes_to_its_own_cluster(site: Site) -> None:
    """The first host is of the other cluster. Volumes of the receivers' names live on beside them in both."""
    lab = site.lab
    bystanders = [(site.other, Z.secondary), (lab.s1, X.secondary)]
    before = [site.info(*place) for place in bystanders]
    vol, glusterd = site.other.read(VOLFILE), site.other.sh("pgrep -x glusterd")
    sessions = [X.args(config=CONFIG), Z.args(config=CONFIG)]
    run = site.twice(FIRST, sessions, prove=True, check=False)
    assert [proof["proved"] for proof in run.proofs.values()] == [True, True], run.proofs
    assert site.is_read_only(site.other, X.secondary) and site.is_read_only(lab.s1, Z.secondary)
    assert [site.info(*place) for place in bystanders] == before, "a volume of the same name in another cluster was touched"
    # The account receives in the first cluster alone, and root in the other.
    for node in lab.secondaries:
        assert site.mappings(node) == [f"{ACCOUNT} {Z.secondary}"]
        assert (site.keys(node, f"/home/{ACCOUNT}"), site.keys(node, "/root")) == (4, 0)
    assert (site.other.read(VOLFILE), site.other.sh("pgrep -x glusterd")) == (vol, glusterd)
    assert site.other.run(["getent", "passwd", ACCOUNT]).returncode != 0 and site.keys(site.other, "/root") == 4
    assert all(site.known(node) == {OTHER, "secondary1", "secondary2"} for node in lab.primaries)


def test_a_session_that_goes_opens_its_own_volume_alone(site: Site) -> None:
    """From the same volume another session goes to a volume of the same name, in the first cluster; it comes, and stays."""
    lab = site.lab
    for node in (*lab.secondaries, site.other):
        node.write(COPY, lab.p1.read(f"{GEOREP}/common_secret.pem.pub"))
    bystander = site.info(site.other, Z.secondary)
    # Where volumes, keys and mappings are looked at, nothing has to flow: a worker that lost GlusterFS' race would only disturb.
    sessions = [X.args(state="absent", secondary_writable=True), Y.args(state="present"), Z.args(state="stopped")]
    run = site.twice(LAST, sessions)
    assert not any("stays read-only" in line for line in run.summary), run.summary
    assert not site.is_read_only(site.other, X.secondary), "its own volume was left read-only"
    assert site.is_read_only(lab.s1, Y.secondary) and site.is_read_only(lab.s1, Z.secondary)
    assert site.info(site.other, Z.secondary) == bystander
    assert site.other.read(COPY) == "" and all(node.read(COPY) for node in lab.secondaries), "the pair of volumes stays in the first cluster"
    assert site.keys(site.other, "/root") == 0 and all(site.keys(node, "/root") == 4 for node in lab.secondaries)
    assert all(site.known(node) == {"secondary1", "secondary2"} for node in lab.primaries)
    assert lab.raw_is(Y, "created") and lab.raw_is(Z, "stopped") and lab.raw_words(X) == []


def test_an_account_of_one_name_in_both_clusters(site: Site) -> None:
    """It receives another volume in each, though both clusters have both. Without the preflight, the nodes are told apart all the same."""
    lab = site.lab
    glusterds = [node.sh("pgrep -x glusterd") for node in lab.secondaries]
    bystander = site.info(site.other, Z.secondary)
    sessions = [X_ACCOUNT.args(state="present", accept=["secondary_not_empty"]), Y.args(state="present"), Z.args(state="stopped")]
    site.twice(LAST, sessions, check=False, geo_replication_preflight=False)
    assert site.mappings(site.other) == [f"{ACCOUNT} {X.secondary}"]
    assert all(site.mappings(node) == [f"{ACCOUNT} {Z.secondary}"] for node in lab.secondaries)
    assert [node.sh("pgrep -x glusterd") for node in lab.secondaries] == glusterds, "a glusterd was restarted that had nothing to read"
    assert site.is_read_only(site.other, X.secondary) and site.info(site.other, Z.secondary) == bystander
    assert (site.keys(site.other, f"/home/{ACCOUNT}"), site.keys(site.other, "/root")) == (4, 0)
    assert lab.raw_is(X_ACCOUNT, "created")


@pytest.mark.parametrize("preflight", [True, False])
def test_hosts_of_another_cluster_are_refused(site: Site, preflight: bool) -> None:
    lab = site.lab
    before, raw = site.state(), lab.raw_state()
    fresh = X.args(primary_volume="it-cm", secondary_user="root")
    cases = [
        (["secondary1", "secondary2"], fresh, f"it-cm -> {OTHER}::{X.secondary}", "secondary_host"),
        ([OTHER], Y.args(), str(Y.target), "secondary_host"),
        (["secondary2"], X_ACCOUNT.args(state="absent", secondary_writable=True), X_ACCOUNT.target, "secondary_writable"),
    ]
    for hosts, session, name, option in cases:
        played = site.play(hosts, [session], geo_replication_preflight=preflight)
        [message] = played.failures
        assert f"geo_replication_sessions[0].{option} = " in message and name in message, message
        assert f"none of geo_replication_secondary_hosts ({', '.join(hosts)})" in message and "Nothing was changed" in message, message
        assert played.changed == [], played.changed
    assert (site.state(), lab.raw_state()) == (before, raw)


def test_a_mapping_goes_where_its_session_went(site: Site) -> None:
    lab = site.lab
    volume = site.info(site.other, X.secondary)
    mappings, glusterd = site.mappings(site.other), site.other.sh("pgrep -x glusterd")
    sessions = [X_ACCOUNT.args(state="present"), Y.args(state="absent"), Z.args(state="absent", secondary_writable=True)]
    site.twice(FIRST, sessions)
    assert all(site.mappings(node) == [] for node in lab.secondaries)
    assert (site.mappings(site.other), site.other.sh("pgrep -x glusterd")) == (mappings, glusterd)
    assert site.info(site.other, X.secondary) == volume
    assert not site.is_read_only(lab.s1, Z.secondary) and site.is_read_only(lab.s1, Y.secondary)
    assert (site.keys(site.other, f"/home/{ACCOUNT}"), site.keys(lab.s1, f"/home/{ACCOUNT}"), site.keys(lab.s2, "/root")) == (4, 0, 0)
    assert all(site.known(node) == {OTHER} for node in lab.primaries)
