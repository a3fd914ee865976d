# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role and the playbooks on real clusters, run as people run them: ansible-playbook, the playbooks by FQCN.

The tests of this file are one story, told in order; each starts where the one before it ended. What happened is judged
by the stock CLI and by files on the nodes. Keys, accounts and settings of sshd are put back at the end.
"""

from __future__ import annotations

import contextlib
import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from lab import GEOREP, Lab, Node, Session, config_reads, poll, status_calls

from playbooks import Playbooks, Played

KNOWN = f"{GEOREP}/known_hosts"
ACCOUNT = "/root/.ssh/authorized_keys"
PASSWORD = "Secret-for-the-role-4711"
WRONG = "Wrong-for-the-role-0815"
CONFIG = {"sync-method": "tarssh", "sync-jobs": 4}
SESSIONS = [Session("it-ra", "it-ra-dr"), Session("it-rb", "it-rb-dr"), Session("it-rc", "it-rc-dr")]
A, B, C = SESSIONS

# What gluster_ssh_trust asks on the nodes when nothing is to be done.
_TRUST_READS = (
    r"gluster --mode=script( --timeout=\d+)? -- pool list",
    r"ssh .*",
    r"\S*sshd -T.*",
    r"ssh-keygen -[ly]\b.*",
    r"getent .*",
)


def mutations(played: Played) -> list[str]:
    """Commands that are neither reads of the CLI room nor of the SSH room."""
    from lab import _READS

    lines = [" ".join(entry["argv"]) for entry in played.commands["commands"]]
    return [line for line in lines if not any(re.fullmatch(read, line) for read in (*_READS, *_TRUST_READS))]


class Site(Playbooks):
    """The lab with the role on top of it."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        super().__init__(lab, folder)
        tree = yaml.safe_load(Path(lab.inventory).read_text(encoding="utf-8"))
        self.other_names = str(folder / "other.yml")
        Path(self.other_names).write_text(yaml.safe_dump(self._renamed(tree)), encoding="utf-8")

    def _renamed(self, tree: dict[str, t.Any]) -> dict[str, t.Any]:
        """The same nodes by names that say nothing, the secondary ones in reverse order."""
        values: dict[str, dict[str, t.Any]] = {}
        common: dict[str, t.Any] = {}

        def walk(group: dict[str, t.Any]) -> None:
            for content in group.values():
                common.update((content or {}).get("vars") or {})
                for name, own in ((content or {}).get("hosts") or {}).items():
                    values.setdefault(name, {}).update(own or {})
                walk((content or {}).get("children") or {})

        walk(tree)
        names = [node.name for node in (*self.lab.primaries, self.lab.s2, self.lab.s1)]
        hosts = {f"node-{letter}": values[name] for letter, name in zip("abcd", names)}
        groups = {"gluster_primary": ("node-a", "node-b"), "gluster_secondary": ("node-c", "node-d")}
        children = {group: {"hosts": {name: hosts[name] for name in members}} for group, members in groups.items()}
        return {"all": {"vars": common, "children": children}}

    # --- the judge ---------------------------------------------------------------------------------------------------

    def files(self) -> dict[str, str]:
        """Everything about trust and sessions that a run could leave behind, of all nodes."""
        look = (
            f"ls {GEOREP}; cat {KNOWN} {GEOREP}/*.pub {ACCOUNT} 2>/dev/null; ls /root/.ssh;"
            " grep -hE '^(slave|secondary)[0-9]*=|^features' /var/lib/glusterd/vols/*/info | sort; true"
        )
        return {node.name: node.sh(look) for node in self.lab.nodes.values()}

    def account_lines(self, node: Node) -> list[str]:
        return node.read(ACCOUNT).splitlines()

    def key_lines(self) -> list[str]:
        """The public keys as they lie on the primary nodes, with their forced commands."""
        kinds = {"secret.pem.pub": "/gsyncd", "tar_ssh.pem.pub": "tar "}
        keys = [(node.read(f"{GEOREP}/{name}").split()[1], word) for node in self.lab.primaries for name, word in kinds.items()]
        common = self.lab.p1.read(f"{GEOREP}/common_secret.pem.pub").splitlines()
        found = [line for key, word in keys for line in common if key in line and word in line.split('"')[1]]
        assert len(found) == 4, common
        return found

    def host_lines(self) -> list[str]:
        """known_hosts as it has to be, from the files of the secondary nodes' own sshd."""
        found = []
        for node in self.lab.secondaries:
            keys = node.sh("cat /etc/ssh/ssh_host_*_key.pub").splitlines()
            found += [f"{node.name} {' '.join(key.split()[:2])}" for key in keys]
        return sorted(found)

    def is_read_only(self, volume: str) -> bool:
        return "features.read-only: on" in self.lab.s1.gluster("volume", "info", volume)

    def sent(self) -> dict[str, list[str]]:
        """The raw state without the monitors, which are restarting after an option was set by hand."""
        found = self.lab.raw_state().items()
        return {name: [line for line in text.splitlines() if not line.startswith("monitor ")] for name, text in found}

    def from_nothing(self) -> None:
        """No keys, no host keys, and nothing of ours in the accounts."""
        for node in self.lab.nodes.values():
            node.sh(f"rm -f {GEOREP}/*.pem* {GEOREP}/*.json {KNOWN} /root/.ssh/id_* /root/.ssh/known_hosts; sed -i '/^command=/d' {ACCOUNT}")


def declared(session: Session, **more: t.Any) -> dict[str, t.Any]:
    return session.args(config=CONFIG, **more)


_SAVE = f"""
rm -f /root/role-test.tar
tar -cPpf /root/role-test.tar $(ls -d {GEOREP}/known_hosts {GEOREP}/*.pem {GEOREP}/*.pem.pub /root/.ssh 2>/dev/null)
"""
_RESTORE = f"""
rm -rf {GEOREP}/known_hosts {GEOREP}/*.pem {GEOREP}/*.pem.pub /root/.ssh
tar -xPpf /root/role-test.tar && rm -f /root/role-test.tar
"""


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Site]:
    made = Site(lab, tmp_path_factory.mktemp("role"))
    for node in lab.nodes.values():
        node.sh(_SAVE)
    for session in SESSIONS:
        lab.make_pair(session.primary[len("it-") :])
    made.from_nothing()
    try:
        yield made
    finally:
        for session in SESSIONS:
            lab.forget(session)
            lab.remove_volume("primary", session.primary)
            lab.remove_volume("secondary", session.secondary)
        for node in lab.nodes.values():
            node.sh(_RESTORE)


# --- what cannot be ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="class")
def _untouched(site: Site) -> t.Iterator[None]:
    before = site.files()
    yield
    assert site.files() == before


@pytest.mark.usefixtures("_untouched")
class TestRefused:
    """Each is told by option, value and remedy; on no node anything is left behind (see the fixture)."""

    @pytest.mark.parametrize(
        ("change", "option", "words"),
        [
            ({"state": "strted"}, "state", ["'strted'", "Write started."]),
            ({"ssh_prot": 22}, "ssh_prot", ["is not an option of a session", "Write ssh_port."]),
            ({"config": ["sync-jobs"]}, "config", ["['sync-jobs']", '"sync-jobs": 4']),
            ({"config": {"use-tarssh": True}}, "config", ["Write sync-method: tarssh."]),
            ({"primary_volume": None}, "primary_volume", ["is missing", "for example primary_volume: projects"]),
            ({"ssh_port": "ssh"}, "ssh_port", ["'ssh'", "for example 22"]),
            ({"secondary_host": "dr1;reboot"}, "secondary_host", ["'dr1;reboot'", "Write only the name or address"]),
            ({"secondary_host": "dr1:::x"}, "secondary_host", ["'dr1:::x'", "Write only the name or address"]),
            ({"secondary_host": "fd00::1"}, "secondary_host", ["IPv6 literal", "Give the host a name"]),
            ({"primary_volume": "../x"}, "primary_volume", ["'../x'", "gluster volume list"]),
            ({"config": {"sync-jobs": "abc"}}, "config", ["sync-jobs", "'abc'"]),
            ({"ssh_port": 70000}, "ssh_port", ["70000", "1 to 65535"]),
            ({"secondary_volume": None}, "secondary_volume", ["secondary_directory"]),
        ],
    )
    def test_before_anything_is_read(
        self, site: Site, change: dict[str, t.Any], option: str, words: list[str]
    ) -> None:
        played = site.managed([declared(B), {**declared(A), **change}])
        assert played.rc != 0
        [message] = played.failures
        assert f"geo_replication_sessions[1].{option}" in message, message
        assert all(word in message for word in words), message
        assert not played.commands["commands"], "nodes were asked about it"

    def test_a_session_declared_twice(self, site: Site) -> None:
        [message] = site.managed([declared(A), declared(B), declared(A, secondary_user="geo", state="stopped")]).failures
        assert "geo_replication_sessions[2]" in message and "geo_replication_sessions[0]" in message, message
        assert "Declare each session once" in message, message

    @pytest.mark.parametrize(
        ("change", "option", "words"),
        [
            ({"primary_volume": "it-nowhere"}, "primary_volume", ["'it-nowhere'", "it-ra"]),
            ({"secondary_volume": "it-nowhere"}, "secondary_volume", ["'it-nowhere'", "it-ra-dr"]),
            ({"secondary_host": "nobody.invalid"}, "secondary_host", ["'nobody.invalid'", "getent hosts", "24007"]),
        ],
    )
    def test_by_what_the_clusters_have(self, site: Site, change: dict[str, t.Any], option: str, words: list[str]) -> None:
        played = site.managed([declared(B), {**declared(A), **change}])
        assert played.rc != 0
        [message] = played.failures
        assert f"geo_replication_sessions[1].{option}" in message, message
        assert all(word in message for word in words), message
        assert mutations(played) == []

    def test_hosts_outside_of_the_inventory(self, site: Site) -> None:
        [message] = site.run(geo_replication_sessions=[declared(A)], geo_replication_secondary_hosts=["dr9"]).failures
        assert "geo_replication_secondary_hosts = dr9" in message and "inventory" in message

    def test_an_objection_comes_before_keys_are_spread(self, site: Site) -> None:
        with site.lab.mounted(site.lab.s1, A.secondary) as where:
            site.lab.s1.sh(f"touch {where}/here-first")
            played = site.managed([declared(A)])
            site.lab.s1.sh(f"rm {where}/here-first")
        [message] = played.failures
        assert "secondary_not_empty" in message and str(A.secondary) in message, message
        assert mutations(played) == []

    def test_people_read_one_clear_sentence(self, site: Site) -> None:
        sessions = [{**declared(A), "primary_volume": "it-nowhere"}]
        played = site.run(callback="default", geo_replication_sessions=sessions)
        sentence = "geo_replication_sessions[0].primary_volume = 'it-nowhere': is not a volume of the primary cluster. Volumes of the primary cluster: "
        assert sentence in played.text
        assert "Traceback" not in played.text and "filter plugin" not in played.text, played.text

    @pytest.mark.parametrize("install", [True, False])
    def test_without_the_library_for_xml(self, site: Site, install: bool) -> None:
        away = "cd /usr/lib/python3/dist-packages && mv {} {}"
        site.lab.p1.sh(away.format("lxml", "lxml.away"))
        try:
            # A check run may not install, whatever is allowed.
            played = site.managed([declared(A)], "--check", geo_replication_install_packages=install)
        finally:
            site.lab.p1.sh(away.format("lxml.away", "lxml"))
        [message] = played.failures
        assert "python3-lxml" in message and "primary1" in message, message
        assert ("check run" in message) is install and ("geo_replication_install_packages" in message) is not install


# --- a site that Ansible manages ----------------------------------------------------------------------------------------


def test_from_nothing_to_two_healthy_sessions(site: Site) -> None:
    """Through an inventory whose names gluster has never heard of."""
    sessions = [declared(A), declared(B, ssh_port="22")]  # text, as an AWX survey gives it
    before, accounts = site.files(), {node.name: site.account_lines(node) for node in site.lab.secondaries}
    assert not any(line.startswith("command=") for lines in accounts.values() for line in lines)

    check = site.done(sessions, "--check", inventory=site.other_names)
    assert site.files() == before, "the check run left something behind"
    run = site.done(sessions, inventory=site.other_names)
    assert check.changed == run.changed and len(run.changed) >= 6, (check.changed, run.changed)
    assert check.lines("would do: ") == run.lines("done: ") != []
    assert not check.lines("done: ") and not run.lines("would do: ")
    done = run.lines("done: ")
    for words in ("add the primary cluster's keys to authorized_keys", ": record the host keys of ", ": read-only: clients may write"):
        assert sum(words in line for line in done) == 2, (words, done)
    assert sum("generate and gather the SSH keys" in line for line in done) == 1, done

    assert all(site.lab.raw_is(session, "started") for session in (A, B))
    keys = site.key_lines()
    for node in site.lab.secondaries:
        assert sorted(site.account_lines(node)) == sorted(accounts[node.name] + keys), node.name
    for node in site.lab.primaries:
        assert sorted(node.read(KNOWN).splitlines()) == site.host_lines(), node.name
        assert "command=" not in node.read(ACCOUNT), f"{node.name} let itself in"
        for session in (A, B):
            conf = node.read(f"{session.directory}/gsyncd.conf")
            for name, key in (("ssh-options", "secret.pem"), ("ssh-options-tar", "tar_ssh.pem")):
                [line] = [line for line in conf.splitlines() if re.match(rf"{name}\s*[=:]", line)]
                assert "StrictHostKeyChecking=yes" in line and f"UserKnownHostsFile={KNOWN}" in line and key in line, line
    assert site.is_read_only(A.secondary) and site.is_read_only(B.secondary) and not site.is_read_only(C.secondary)
    assert not any(node.sh("ls /root/.ssh/id_* 2>/dev/null || true") for node in site.lab.primaries), "a login was made"

    raw = site.lab.raw_state()
    for again in (site.done(sessions, "--check"), site.done(sessions)):
        assert again.changed == [] and again.lines("done: ") == again.lines("would do: ") == [], again.summary
        assert mutations(again) == [] and not again.walks
        assert again.asked == []
    assert site.lab.raw_state() == raw
    assert any(f"{A.primary} -> {A.target}" in line and "active" in line for line in again.summary), again.summary


def test_others_are_named_and_left_alone_and_a_half_done_run_is_finished(site: Site) -> None:
    site.lab.p1.gluster("volume", "geo-replication", C.primary, C.target, "create", "no-verify")
    raw = site.lab.raw_state()
    one = site.done([declared(A)])
    assert one.changed == [] and site.lab.raw_state() == raw
    assert one.lines("not declared, left alone: ") == [f"{B.primary} -> {B.target}", f"{C.primary} -> {C.target}"]

    all_three = [declared(session) for session in SESSIONS]
    finished = site.done(all_three)
    assert finished.changed and not any(": create" in line for line in finished.lines("done: "))
    assert site.lab.raw_is(C, "started")
    assert "StrictHostKeyChecking=yes" in site.lab.raw_option(C, "ssh-options", site.lab.p2)

    three = site.done(all_three)
    assert three.changed == [] and mutations(three) == []
    assert three.asked == []
    grows = "the number of tasks grows with the number of sessions"
    assert three.count_to_summary == one.count_to_summary, grows
    assert three.rc or one.rc or three.count == one.count, grows


def test_states_and_drift(site: Site) -> None:
    for option, value in (("sync-jobs", "7"), ("ssh-options", "-oStrictHostKeyChecking=no")):
        site.lab.p1.gluster("volume", "geo-replication", B.primary, B.target, "config", option, value)
    sessions = [declared(A, state="paused"), declared(B), declared(C, state="stopped")]
    raw, file = site.sent(), site.folder / "drift.json"
    check = site.done(sessions, "--check", "--diff")
    assert site.sent() == raw
    assert any("sync-jobs: 7 -> 4" in line for line in check.lines("would do: ")), check.summary
    compared = site.managed(sessions, playbook="drift", georep_fail_on_drift=True, georep_drift_file=str(file))
    assert compared.rc == 2 and mutations(compared) == [] and site.sent() == raw
    [message] = compared.failures
    assert "The cluster differs from the declaration" in message and "sync-jobs: 7 -> 4" in message, message
    assert json.loads(file.read_text())["changes"] == check.lines("would do: ")
    run = site.done(sessions)
    assert check.changed == run.changed != [] and check.lines("would do: ") == run.lines("done: ")
    assert [site.lab.raw_is(*pair) for pair in ((A, "paused"), (B, "started"), (C, "stopped"))] == [True] * 3
    assert site.lab.raw_option(B, "sync-jobs") == "4" and "=yes" in site.lab.raw_option(B, "ssh-options")
    assert site.done(sessions).changed == []
    site.done(sessions, playbook="drift", georep_fail_on_drift="yes", georep_drift_file=str(file))
    assert json.loads(file.read_text()) == {"differs": False, "changes": [], "warnings": [], "undeclared": []}
    # Those that are there stay as they are.
    present = site.done([declared(session, state="present") for session in SESSIONS])
    assert present.changed == [], present.lines("done: ")


def test_data_arrives(site: Site) -> None:
    site.done([declared(A, state="stopped")])
    assert site.lab.raw_is(A, "stopped")
    check = site.done([declared(A), declared(B)], "--check", geo_replication_prove=True)
    assert any("would do: test with a few files" in line and A.primary in line and B.primary in line for line in check.summary)
    run = site.done([declared(A), declared(B)], geo_replication_prove=True)
    assert site.lab.raw_is(A, "started")
    # So is what earlier runs made without a proof, and what was proved is not proved again.
    assert run.proofs.keys() == {f"{session.primary} -> {session.target}" for session in (A, B)}
    assert all(proof["proved"] and proof["lag"] > 0 for proof in run.proofs.values()), run.proofs
    check = site.done([declared(A), declared(B)], "--check", geo_replication_prove=True)
    assert check.changed == [] and not any("would do: test with a few files" in line for line in check.summary), check.summary
    lab = site.lab
    with lab.mounted(lab.p1, A.primary) as here, lab.mounted(lab.s2, A.secondary) as there:
        lab.p1.sh(f"echo travels > {here}/file")
        poll("the file is on the other site", lambda: lab.s2.sh(f"cat {there}/file 2>/dev/null || true") == "travels\n")
        refused = lab.s2.run(["touch", f"{there}/by-hand"])
        assert b"Read-only file system" in refused.stderr, "clients of the secondary can write"


def test_the_status_playbook(site: Site) -> None:
    played = site.run(playbook="status", inventory=site.other_names, georep_primary_hosts="node-b")
    assert played.rc == 0, played.text
    [lines] = [result["msg"] for name, hosts in played.tasks for result in hosts.values() if name == "Show the sessions"]
    assert all(any(f"{session.primary} -> {session.target}" in line for line in lines) for session in SESSIONS), lines
    assert len(status_calls(played.commands)) == 1 and mutations(played) == []


def test_an_empty_declaration_and_half_of_the_nodes_are_said(site: Site) -> None:
    empty = site.done([])
    assert empty.changed == [] and any("geo_replication_sessions is empty" in line for line in empty.summary)
    assert len(empty.lines("not declared, left alone: ")) == 3
    half = site.done([declared(A)], "--limit", "primary1")
    assert any("Only 1 of 2 primary nodes" in line for line in half.summary), half.summary


def test_absent(site: Site) -> None:
    sessions = [session.args(state="absent") for session in SESSIONS]
    check = site.done(sessions, "--check")
    run = site.done(sessions)
    assert check.changed == run.changed != [] and check.lines("would do: ") == run.lines("done: ")
    assert all(site.lab.raw_is(session, "absent") for session in SESSIONS)
    again = site.done(sessions)
    assert again.changed == [] and len(status_calls(again.commands)) <= 2 and not config_reads(again.commands)
    assert mutations(again) == []


# --- a site that Ansible does not manage --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def _password_logins(site: Site) -> t.Iterator[None]:
    with contextlib.ExitStack() as stack:
        for node in site.lab.secondaries:
            node.sh("mkdir -p /etc/ssh/sshd_config.d && chpasswd", stdin=f"root:{PASSWORD}\n".encode())
            stack.callback(node.sh, "rm -f /etc/ssh/sshd_config.d/000-role.conf; passwd -l root; lab-service sshd restart")
            node.write("/etc/ssh/sshd_config.d/000-role.conf", "PermitRootLogin yes\nPasswordAuthentication yes\n", "0644")
            node.service("sshd", "restart")
        yield


@pytest.mark.usefixtures("_password_logins")
class TestUnmanaged:
    @staticmethod
    def options(site: Site, session: Session, **more: t.Any) -> dict[str, t.Any]:
        lines = site.host_lines()
        return {
            # What arrived in an earlier test is still there.
            "geo_replication_sessions": [declared(session, accept=["secondary_not_empty"])],
            **({} if more.get("geo_replication_trust_on_first_use") else {"geo_replication_known_hosts": lines}),
            **more,
        }

    def test_a_wrong_password_changes_nothing(self, site: Site) -> None:
        site.from_nothing()
        before = site.files()
        played = site.run(**self.options(site, A, geo_replication_bootstrap_password=WRONG))
        assert played.rc != 0 and site.files() == before
        [message] = played.failures
        assert "root@secondary1" in message and "root@secondary2" in message and "password" in message, message
        assert WRONG not in played.text

    def test_keys_that_are_brought_by_hand(self, site: Site) -> None:
        """Nothing is made before it is said that nobody can bring keys; who wants to bring them has them made, and is shown the lines."""
        site.from_nothing()
        options = self.options(site, A)

        def refused(*words: str) -> None:
            before = site.lab.whole()
            for mode in (["--check"], []):
                played = site.run(*mode, **options)
                message = "\n".join(played.failures)
                assert played.rc != 0 and played.changed == [] and all(word in message for word in words), message
                assert site.lab.whole() == before

        refused(A.primary, "geo_replication_bootstrap_password", "Nothing was created or recorded", "-m glusterops.georep.gluster_georep_keys")
        made = site.lab.run_module("gluster_georep_keys", {})
        assert made["changed"] and made["public_keys"] == site.lab.p1.read(f"{GEOREP}/common_secret.pem.pub").splitlines()
        refused(A.primary, "primary1", "primary2", "authorized_keys of root on secondary1, root on secondary2", *made["public_keys"])
        for node in site.lab.secondaries:
            node.sh(f"cat >> {ACCOUNT}", stdin="".join(line + "\n" for line in made["public_keys"]).encode())
        check = site.run("--check", **options)
        run = site.run(**options)
        assert site.succeeded(check).changed == site.succeeded(run).changed != []
        assert site.lab.raw_is(A, "started") and sorted(site.lab.p2.read(KNOWN).splitlines()) == site.host_lines()
        gone = site.run(geo_replication_sessions=[A.args(state="absent")])
        assert gone.rc == 0 and site.lab.raw_is(A, "absent")

    def test_push_pem_with_a_password(self, site: Site) -> None:
        site.from_nothing()
        accounts = {node.name: site.account_lines(node) for node in site.lab.secondaries}
        site.lab.s1.gluster("volume", "set", A.secondary, "features.read-only", "off")
        options = self.options(site, A, geo_replication_bootstrap_password=PASSWORD, geo_replication_push_pem=True)
        run = site.run("-vvv", "--diff", **options)
        site.succeeded(run)
        assert PASSWORD not in run.text and "PRIVATE KEY" not in run.text
        assert site.lab.raw_is(A, "started")
        assert any("/root/.ssh/id_ed25519" in line and "secondary1" in line for line in run.summary), run.summary
        # gluster's hook works on after create has answered; read-only is the last that it sets.
        poll("the hook of push-pem is through", lambda: site.is_read_only(A.secondary))
        login = site.lab.p1.read("/root/.ssh/id_ed25519.pub").split()[1]
        for node in site.lab.secondaries:
            lines = site.account_lines(node)
            own = [line for line in lines if login in line]
            assert len(own) == (1 if node is site.lab.s1 else 0), lines
            assert sorted(set(lines) - set(own)) == sorted(set(accounts[node.name] + site.key_lines()))
            assert len(lines) == len(set(lines)), "a key is there twice"

        again = site.run(geo_replication_sessions=options["geo_replication_sessions"])
        assert site.succeeded(again).changed == [] and mutations(again) == [], (again.changed, mutations(again))
        assert not any("id_ed25519" in line or "Clients can write" in line for line in again.summary), again.summary

    def test_trust_on_first_use_and_no_login_of_root(self, site: Site) -> None:
        gone = site.run(geo_replication_sessions=[A.args(state="absent")])
        assert gone.rc == 0 and site.lab.raw_is(A, "absent")
        site.from_nothing()
        site.lab.s1.gluster("volume", "set", C.secondary, "features.read-only", "off")
        options = self.options(
            site, C, geo_replication_bootstrap_password=PASSWORD, geo_replication_trust_on_first_use=True
        )
        check = site.run("--check", **options)
        assert check.rc == 0 and not check.failures, (check.failures, check.text[-1500:])
        run = site.run("-vvv", **options)
        site.succeeded(run)
        assert check.changed == run.changed != [] and PASSWORD not in run.text
        assert site.lab.raw_is(C, "started")
        for node in site.lab.primaries:
            assert {line.split()[0] for line in node.read(KNOWN).splitlines()} == {"secondary1", "secondary2"}
            assert set(node.read(KNOWN).splitlines()) <= set(site.host_lines())
        assert not site.lab.p1.sh("ls /root/.ssh/id_* 2>/dev/null || true"), "a login was made"
        assert any(f"Clients can write to {C.secondary}" in line for line in run.summary), run.summary
        again = site.run(geo_replication_sessions=options["geo_replication_sessions"])
        assert site.succeeded(again).changed == [] and mutations(again) == [], (again.changed, mutations(again))
