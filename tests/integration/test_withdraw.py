# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trust that is taken away, and keys that are replaced, on real clusters.

One story, told in order; each test starts where the one before it ended. Lines of others stand beside ours all the time,
and are compared byte by byte. Keys, accounts and settings of sshd are put back at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from lab import GEOREP, Lab, Node, Session, poll, status_calls
from test_role import _RESTORE, _SAVE, mutations

from playbooks import Playbooks, Played

KNOWN = f"{GEOREP}/known_hosts"
RECORD = f"{GEOREP}/distributed_keys.json"
ACCOUNT = "/root/.ssh/authorized_keys"
PASSWORD = "Secret-for-withdrawal-4711"
CONFIG = {"sync-method": "tarssh"}
A, B = Session("it-wa", "it-wa-dr"), Session("it-wb", "it-wb-dr")
GSYNCD = 'command="/usr/lib/x86_64-linux-gnu/glusterfs/gsyncd"'


def declared(session: Session, **more: t.Any) -> dict[str, t.Any]:
    return session.args(config=CONFIG, accept=["secondary_not_empty"], **more)


def absent(session: Session, **more: t.Any) -> dict[str, t.Any]:
    return session.args(state="absent", **more)


class Site(Playbooks):
    """The lab, with lines of somebody else in every file that is edited."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        super().__init__(lab, folder)
        self.foreign = self.make_key("primary1")  # another cluster may call its nodes just the same
        self.host_key = self.make_key("other")
        #: What stands in each account before ours come: a look-alike, a comment, odd blanks, no end of line at the end.
        own = lab.s1.sh(f"grep -v '^command=' {ACCOUNT}")  # Ansible's login
        self.others = f"{own}# keys of others\n\n{GSYNCD}  {self.foreign}\nssh-ed25519   AAAA not-a-key \r\n{self.make_key('x')}"
        self.known = f"other.example {' '.join(self.host_key.split()[:2])}\n"

    def make_key(self, comment: str) -> str:
        text = self.lab.p1.sh(f"rm -f /root/it-key*; ssh-keygen -q -t ed25519 -N '' -C root@{comment} -f /root/it-key; cat /root/it-key.pub")
        return text.strip()

    def from_nothing(self) -> None:
        for node in self.lab.nodes.values():
            node.sh(f"rm -rf {GEOREP}/*.pem* {GEOREP}/*.json {KNOWN} /root/.ssh/id_* /root/.ssh/known_hosts")
        for node in self.lab.secondaries:
            node.write(ACCOUNT, self.others)
        for node in self.lab.primaries:
            node.write(KNOWN, self.known)

    def common(self) -> list[str]:
        return self.lab.p1.read(f"{GEOREP}/common_secret.pem.pub").splitlines()

    def blobs(self) -> list[str]:
        """The keys in use, as they lie on the primary nodes."""
        return [node.read(f"{GEOREP}/{name}.pub").split()[1] for node in self.lab.primaries for name in ("secret.pem", "tar_ssh.pem")]

    def holds(self, node: Node, blobs: t.Sequence[str]) -> list[bool]:
        text = node.read(ACCOUNT)
        return [blob in text for blob in blobs]

    def files(self) -> dict[str, str]:
        """Everything that a run may leave behind, byte by byte."""
        look = (
            f"ls -l {GEOREP} | awk '{{print $1, $NF}}'; tail -n +1 {KNOWN} {GEOREP}/*.pub {GEOREP}/*.json {ACCOUNT} 2>/dev/null | base64;"
            " grep -hE '^(slave|secondary)[0-9]*=|^features' /var/lib/glusterd/vols/*/info | sort; true"
        )
        return {node.name: node.sh(look) for node in self.lab.nodes.values()}

    def is_read_only(self, volume: str) -> bool:
        return "features.read-only: on" in self.lab.s1.gluster("volume", "info", volume)

    def four(self, sessions: t.Sequence[dict[str, t.Any]], **more: t.Any) -> Played:
        """Check, run, check again, run again; the run."""
        before = self.files()
        check = self.done(sessions, "--check", **more)
        assert self.files() == before, "the check run changed something"
        run = self.done(sessions, **more)
        assert check.changed == run.changed != [], (check.changed, run.changed)
        assert check.lines("would do: ") == run.lines("done: ") != []
        after = self.files()
        for again in (self.done(sessions, "--check", **more), self.done(sessions, **more)):
            assert again.changed == [] and again.lines("done: ") == again.lines("would do: ") == [], again.summary
            assert mutations(again) == []
            assert len(status_calls(again.commands)) <= 2
        assert self.files() == after
        return run

    def arrives(self, session: Session, name: str) -> None:
        """A file that is written now comes through, as the ones before it did."""
        with self.lab.mounted(self.lab.p1, session.primary) as here, self.lab.mounted(self.lab.s1, session.secondary) as there:
            self.lab.p1.sh(f"echo {name} > {here}/{name}")
            poll(f"{name} arrives", lambda: self.lab.s1.sh(f"cat {there}/{name} 2>/dev/null || true") == f"{name}\n", 90)


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Site]:
    made = Site(lab, tmp_path_factory.mktemp("withdraw"))
    for node in lab.nodes.values():
        node.sh(_SAVE)
    for session in (A, B):
        lab.make_pair(session.primary[len("it-") :])
    made.from_nothing()
    try:
        yield made
    finally:
        for session in (A, B):
            lab.forget(session)
            lab.remove_volume("primary", session.primary)
            lab.remove_volume("secondary", session.secondary)
        for node in lab.nodes.values():
            node.sh(f"rm -f {GEOREP}/*.json {GEOREP}/it-*.pub /root/it-key*; {_RESTORE}")


# --- sessions that go ----------------------------------------------------------------------------------------------------


def test_one_of_two_goes_and_the_other_keeps_the_keys(site: Site) -> None:
    lab = site.lab
    # The proof also starts a session anew that delivers nothing after its first start.
    site.done([declared(A), declared(B)], geo_replication_prove=True)
    keys = site.blobs()
    for node in lab.secondaries:
        assert all(site.holds(node, keys)) and node.read(ACCOUNT).startswith(site.others + "\n")
        # What push-pem leaves behind, and a file of that name with a key that is nobody's here.
        node.write(f"{GEOREP}/{A.primary}_{A.secondary}_common_secret.pem.pub", "\n".join(site.common()) + "\n")
        node.write(f"{GEOREP}/{B.primary}_{B.secondary}_common_secret.pem.pub", f"{GSYNCD}  {site.foreign}\n")
    accounts = {node.name: node.read(ACCOUNT) for node in lab.secondaries}
    known = {node.name: node.read(KNOWN) for node in lab.primaries}

    run = site.four([absent(A), declared(B)])
    assert lab.raw_is(A, "absent") and lab.raw_is(B, "started")
    for node in lab.secondaries:
        assert node.read(ACCOUNT) == accounts[node.name], "a session still needs these"
        assert not node.read(f"{GEOREP}/{A.primary}_{A.secondary}_common_secret.pem.pub")
        assert node.read(f"{GEOREP}/{B.primary}_{B.secondary}_common_secret.pem.pub")
    assert {node.name: node.read(KNOWN) for node in lab.primaries} == known
    assert site.is_read_only(A.secondary), "nobody asked for a writable volume"
    command = f"gluster volume set {A.secondary} features.read-only off"
    left = f"clients of {A.secondary} on secondary1 may only read it. To let clients write to it, run on secondary1: {command}"
    assert left in run.lines("left: "), run.summary
    assert any("_common_secret.pem.pub removed" in line for line in run.lines("done: ")), run.summary
    site.arrives(B, "after-the-other-went")


def test_a_session_that_nobody_declared_keeps_the_keys(site: Site) -> None:
    before = site.files()
    again = site.done([absent(A)])
    assert again.changed == [] and site.files() == before
    assert again.lines("not declared, left alone: ") == [f"{B.primary} -> {B.target}"]


def test_the_last_one_takes_everything_of_ours_along(site: Site) -> None:
    lab = site.lab
    # A session that runs is stopped by the same run; the volume of the one that went before is asked for, too.
    run = site.four([absent(A, secondary_writable=True), absent(B)])
    steps = "\n".join(run.lines("done: "))
    assert ": stop: " in steps and ": delete: " in steps and "4 key lines deleted" in steps, steps
    assert lab.raw_is(B, "absent")
    for node in lab.secondaries:
        # The line break in front of ours is all that is left of them.
        assert node.read(ACCOUNT) == site.others + "\n"
        assert node.read(f"{GEOREP}/{B.primary}_{B.secondary}_common_secret.pem.pub").endswith(f"{site.foreign}\n")
    for node in lab.primaries:
        assert node.read(KNOWN) == site.known
        assert node.read(f"{GEOREP}/secret.pem.pub"), "the cluster's keys are its own"
    assert any(f"{B.primary}_{B.secondary}_common_secret.pem.pub holds keys" in line for line in run.summary), run.summary
    assert not site.is_read_only(A.secondary) and site.is_read_only(B.secondary)


def test_a_secondary_that_is_gone_does_not_keep_its_session(site: Site) -> None:
    """Its nodes do not answer any more: the session goes, and what may be left there is named."""
    lab = site.lab
    site.done([declared(A)])
    keys = site.blobs()
    played = site.without(lab.s2, [absent(A)])
    assert lab.raw_is(A, "absent"), played.text[-2000:]
    assert played.rc == 0, played.text[-2000:]
    assert any("Could not reach root on secondary2" in line and "SHA256:" in line for line in played.summary), played.summary
    assert not any(site.holds(lab.s1, keys)) and all(site.holds(lab.s2, keys))
    back = site.done([absent(A)])
    assert back.changed and not any(site.holds(lab.s2, keys)) and lab.s2.read(ACCOUNT) == site.others + "\n"


def test_a_name_or_a_volume_that_is_gone_does_not_keep_its_session_either(site: Site) -> None:
    lab = site.lab
    lost, orphan = Session(A.primary, A.secondary, "goner"), Session("it-wc", B.secondary)
    for node in lab.primaries:
        node.sh(f"echo '{lab.s1.address} goner' >> /etc/hosts")
    lab.act(lost, "create no-verify force")
    lab.make_volume("primary", orphan.primary)
    lab.act(orphan, "create no-verify force")
    lab.remove_volume("primary", orphan.primary)
    hosts = {}
    for node in lab.primaries:
        node.sh("grep -v goner /etc/hosts > /root/it-key; cat /root/it-key > /etc/hosts; rm /root/it-key")
        hosts[node.name] = node.read("/etc/hosts")
    alone = lab.run_module("gluster_georep_session", lost.args(state="absent"))
    assert alone["failed"] and "goner cannot be resolved" in alone["msg"] and "192.0.2.1 goner" in alone["msg"], alone["msg"]

    check = site.done([absent(lost), absent(orphan)], "--check")
    run = site.done([absent(lost), absent(orphan)])
    changes = [[one for one in played.changed if "Create, change and delete sessions" in one] for played in (run, check)]
    assert changes[0] == changes[1] != []
    assert not lab.registered(lost) and {node.name: node.read("/etc/hosts") for node in lab.primaries} == hosts
    assert any(f"rm -r {orphan.directory}" in line for line in run.summary), run.summary
    again = site.done([absent(lost), absent(orphan)])
    assert again.changed == [] and any(f"rm -r {orphan.directory}" in line for line in again.summary), again.summary
    for node in lab.primaries:
        node.sh(f"rm -r {orphan.directory}")


# --- a node that has left --------------------------------------------------------------------------------------------------


def test_keys_of_a_node_that_has_left_go_and_no_others(site: Site) -> None:
    lab = site.lab
    site.done([declared(A)], geo_replication_prove=True)
    left = [f"{GSYNCD}  {site.make_key('primary3')}", f'command="tar ${{SSH_ORIGINAL_COMMAND#* }}"  {site.make_key("primary3")}']
    record = json.loads(lab.p2.read(RECORD))
    assert sorted(record["keys"]) == sorted(site.common()) and record["volumes"]
    # As it is when a third node was there when the keys were brought: every node remembers it.
    for node in lab.primaries:
        node.write(RECORD, json.dumps({**record, "keys": record["keys"] + left}))
    lab.p1.write(f"{GEOREP}/common_secret.pem.pub", "\n".join(site.common() + left) + "\n")
    for node in lab.secondaries:
        node.write(ACCOUNT, node.read(ACCOUNT) + "\n".join(left) + "\n")
    keys = site.blobs()

    before = site.files()
    check = site.done([declared(A)], "--check")
    assert site.files() == before
    run = site.done([declared(A)])
    assert check.changed == run.changed != []
    for node in lab.secondaries:
        text = node.read(ACCOUNT)
        assert not any(line in text for line in left) and all(site.holds(node, keys))
        assert text.startswith(site.others + "\n")
    for node in lab.primaries:
        assert "primary3" not in node.read(RECORD) + node.read(f"{GEOREP}/common_secret.pem.pub")
    again = site.done([declared(A)])
    assert again.changed == [] and mutations(again) == [] and not any("Remove host keys and records" in name for name, _hosts in again.tasks)
    assert again.asked == []
    assert lab.raw_is(A, "started")


# --- new keys --------------------------------------------------------------------------------------------------------------

WRITER = """
cd {where} && mkdir -p writer && for number in $(seq 1 100000); do
    [ ! -e /root/it-stop ] || break
    head -c $((number % 5000 + 1)) /dev/urandom > writer/$number; sleep 0.3
done
"""


def tree(node: Node, where: str) -> str:
    return node.sh(f"cd {where}/writer 2>/dev/null && sha256sum * 2>/dev/null | sort -k 2 || true")


def rotate(site: Site, *options: str, **more: t.Any) -> Played:
    hosts = {"geo_replication_secondary_hosts": "{{ groups['gluster_secondary'] }}"}
    return site.run(*options, playbook="rotate_keys", **{**hosts, **more})


def stamp(node: Node) -> str:
    return node.sh("sleep 1; date -u +%Y-%m-%dT%H:%M:%SZ").strip()


def start_rotation(site: Site, moment: str) -> subprocess.Popen[bytes]:
    variables = {
        "geo_replication_rotate_before": moment,
        "geo_replication_secondary_hosts": "{{ groups['gluster_secondary'] }}",
        "geo_replication_prove": False,
    }
    argv = ["ansible-playbook", "-i", site.lab.inventory, "glusterops.georep.rotate_keys", "-e", json.dumps(variables)]
    return subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=site.lab.env(), start_new_session=True
    )


def test_keys_are_replaced_while_data_flows_and_a_killed_run_is_finished(site: Site) -> None:
    lab = site.lab
    assert lab.raw_is(A, "started")
    old = site.blobs()
    for node in lab.primaries:
        node.sh(f"cp -p {GEOREP}/secret.pem /root/it-key-old")
    refused = rotate(site, "--limit", "primary1", geo_replication_key_max_age=1)
    assert refused.rc != 0 and "2 nodes" in refused.failures[0] and "primary1" in refused.failures[0], refused.failures
    nothing = rotate(site, geo_replication_key_max_age=1)
    assert nothing.rc == 0 and nothing.changed == [] and site.blobs() == old, nothing.failures

    moment = stamp(lab.p1)
    before = site.files()
    check = rotate(site, "--check", geo_replication_rotate_before=moment)
    assert check.rc == 0 and len(check.changed) == 2 and site.files() == before, (check.failures, check.changed)

    with lab.mounted(lab.p1, A.primary) as here, lab.mounted(lab.s1, A.secondary) as there:
        lab.p1.sh("rm -f /root/it-stop")
        writer = subprocess.Popen([*lab.p1.within(), "bash", "-c", WRITER.format(where=here)])
        try:
            killed = start_rotation(site, moment)
            poll("the keys of a node are switched", lambda: lab.p1.run(["test", "-e", f"{GEOREP}/secret.pem.previous"]).returncode == 0, pause=0.2)
            os.killpg(killed.pid, signal.SIGKILL)
            killed.wait()
            # Both are accepted now, whatever the nodes have in place.
            for node in lab.secondaries:
                assert all(site.holds(node, old)) and all(site.holds(node, site.blobs()))
            assert site.blobs() != old
            # Modules that were running on the nodes end by themselves.
            time.sleep(3)
            run = rotate(site, geo_replication_rotate_before=moment)
            assert run.rc == 0 and not run.failures and run.changed, (run.failures, run.text[-1500:])
            time.sleep(2)
        finally:
            lab.p1.sh("touch /root/it-stop")
            writer.wait(timeout=30)
            lab.p1.sh("rm -f /root/it-stop")
        new = site.blobs()
        assert not set(new) & set(old)
        for node in lab.secondaries:
            text = node.read(ACCOUNT)
            assert not any(site.holds(node, old)) and all(site.holds(node, new)) and text.startswith(site.others + "\n")
            assert sorted(text[len(site.others) + 1 :].splitlines()) == sorted(site.common())
        for node in lab.primaries:
            assert not node.sh(f"ls -d {GEOREP}/*.next* {GEOREP}/*.previous* {GEOREP}/*.making* {GEOREP}/rotation.json 2>/dev/null || true")
            assert sorted(json.loads(node.read(RECORD))["keys"]) == sorted(site.common())
            login = ["ssh", "-oBatchMode=yes", "-oIdentitiesOnly=yes", f"-oUserKnownHostsFile={KNOWN}", "-i", "/root/it-key-old", "root@secondary1", "x"]
            assert b"Permission denied" in node.run(login).stderr, "the old key still opens"
        assert lab.raw_is(A, "started")
        # Every connection that is there was made with the new keys.
        wanted = tree(lab.p1, here)
        assert len(wanted.splitlines()) > 20
        try:
            poll("what was written meanwhile is there", lambda: tree(lab.s1, there) == wanted, 60, pause=1)
        except AssertionError:
            # The known race of a start; the role's proof starts such a session anew, and is left out here.
            for words in ("stop", "start"):
                lab.act(A, words)
            poll("what was written meanwhile is there after a restart", lambda: tree(lab.s1, there) == wanted, pause=1)
    again = rotate(site, geo_replication_rotate_before=moment)
    assert again.rc == 0 and again.changed == [] and site.blobs() == new, again.failures
    role = site.done([declared(A)])
    assert role.changed == [] and mutations(role) == [], role.changed


def test_keys_that_do_not_work_are_not_put_in_place(site: Site) -> None:
    lab = site.lab
    keys, moment = site.blobs(), stamp(lab.p1)
    played = rotate(site, geo_replication_rotate_before=moment, geo_replication_secondary_hosts=["secondary1"])
    assert played.rc != 0 and site.blobs() == keys
    message = "\n".join(played.failures)
    assert "secondary2" in message and "secret.pem.next" in message and "the current keys stay in use" in message, message
    assert lab.raw_is(A, "started") and all(all(site.holds(node, keys)) for node in lab.secondaries)
    run = rotate(site)
    assert run.rc == 0 and not set(site.blobs()) & set(keys), (run.failures, run.text[-1500:])


def test_new_keys_go_where_sshd_reads_them_for_the_primary_nodes(site: Site) -> None:
    """A Match block names another file for the logins of the primary nodes; everybody else's keys stay in root's own."""
    lab, old = site.lab, site.blobs()
    addresses, place = ",".join(node.address for node in lab.primaries), "/etc/ssh/it-keys/root"
    config = "/etc/ssh/sshd_config.d/000-withdraw.conf"
    with contextlib.ExitStack() as stack:
        for node in lab.secondaries:
            node.sh(f"install -d /etc/ssh/it-keys && cp -p {ACCOUNT} {place} && sed -i '/^command=/d' {ACCOUNT}")
            stack.callback(node.sh, f"cat {place} > {ACCOUNT}; rm -r /etc/ssh/it-keys {config}; lab-service sshd restart")
            node.write(config, f"Match Address {addresses}\n    AuthorizedKeysFile /etc/ssh/it-keys/%u\n", "0644")
            node.sh("lab-service sshd restart")
        run = rotate(site, geo_replication_rotate_before=stamp(lab.p1))
        assert run.rc == 0 and run.changed, (run.failures, run.text[-1500:])
        new = site.blobs()
        assert not set(new) & set(old)
        for node in lab.secondaries:
            text = node.read(place)
            assert all(blob in text for blob in new) and not any(blob in text for blob in old), text
            assert "command=" not in node.read(ACCOUNT)
        lab.reach(A)
    assert all(all(site.holds(node, new)) for node in lab.secondaries)


# --- a site that Ansible does not manage -------------------------------------------------------------------------------------


@pytest.fixture
def _password_logins(site: Site) -> t.Iterator[None]:
    with contextlib.ExitStack() as stack:
        for node in site.lab.secondaries:
            node.sh("mkdir -p /etc/ssh/sshd_config.d && chpasswd", stdin=f"root:{PASSWORD}\n".encode())
            stack.callback(node.sh, "rm -f /etc/ssh/sshd_config.d/000-withdraw.conf; passwd -l root; lab-service sshd restart")
            node.write("/etc/ssh/sshd_config.d/000-withdraw.conf", "PermitRootLogin yes\nPasswordAuthentication yes\n", "0644")
            node.service("sshd", "restart")
        yield


@pytest.mark.usefixtures("_password_logins")
def test_over_a_set_up_login(site: Site) -> None:
    lab, keys, moment = site.lab, site.blobs(), stamp(site.lab.p1)
    login = {"geo_replication_bootstrap_password": PASSWORD}
    before = lab.whole()
    # Next keys that nobody could bring are not made, in a check run as in a real one.
    for useless, words in (
        ({}, "but the new keys cannot be copied to"),
        ({"geo_replication_bootstrap_password": PASSWORD[::-1]}, "refuses the bootstrap password"),
    ):
        for options in (["--check"], []):
            refused = site.run(*options, playbook="rotate_keys", geo_replication_rotate_before=moment, **useless)
            assert refused.rc != 0 and words in "\n".join(refused.failures) and refused.changed == [], refused.failures
    assert lab.whole() == before
    rotated = site.run("-vvv", playbook="rotate_keys", geo_replication_rotate_before=moment, **login)
    assert rotated.rc == 0 and PASSWORD not in rotated.text, (rotated.failures, rotated.text[-1500:])
    new = site.blobs()
    assert not set(new) & set(keys)
    assert all(all(site.holds(node, new)) and not any(site.holds(node, keys)) for node in lab.secondaries)

    before = site.files()
    check = site.run("--check", geo_replication_sessions=[absent(A)], **login)
    assert check.rc == 0 and site.files() == before, check.failures
    run = site.run("-vvv", geo_replication_sessions=[absent(A)], **login)
    assert run.rc == 0 and not run.failures and PASSWORD not in run.text, (run.failures, run.text[-1500:])
    assert check.changed == run.changed != []
    assert all(node.read(ACCOUNT) == site.others + "\n" for node in lab.secondaries)
    assert all(node.read(KNOWN) == site.known for node in lab.primaries)
    again = site.run(geo_replication_sessions=[absent(A)], **login)
    assert again.rc == 0 and again.changed == [] and mutations(again) == [], (again.failures, again.changed)


def test_without_a_login_the_lines_are_named(site: Site) -> None:
    lab = site.lab
    site.done([declared(A, state="present")])
    prints = {line.split()[1] for line in lab.p1.sh(f"ssh-keygen -lf {GEOREP}/common_secret.pem.pub").splitlines()}
    run = site.run(geo_replication_sessions=[absent(A)])
    assert run.rc == 0 and lab.raw_is(A, "absent"), run.failures
    [line] = [line for line in run.summary if "No login for the secondary nodes is set" in line]
    assert all(one in line for one in prints) and "root on secondary1" in line and "root on secondary2" in line, line
    assert all(all(site.holds(node, site.blobs())) for node in lab.secondaries)
    assert all(node.read(KNOWN) == site.known for node in lab.primaries)
    managed = site.done([absent(A)])
    assert managed.changed and all(node.read(ACCOUNT) == site.others + "\n" for node in lab.secondaries)
