# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules about SSH trust against real sshd and glusterd of the lab.

Ansible runs the module; what it did is judged from outside, by files and logins in the nodes' own namespaces. Everything
the tests change on the nodes is put back at their end. Needs a lab that is up; see script/lab.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
import yaml
from lab import Node

GEOREP = "/var/lib/glusterd/geo-replication"
KNOWN = f"{GEOREP}/known_hosts"
KEYS = "/root/.ssh/authorized_keys"
SECONDARIES = ["secondary1", "secondary2"]
PASSWORD = "Secret-for-the-lab-4711"
TRUST, MAKE, ACCEPT = "gluster_ssh_trust", "gluster_georep_keys", "gluster_georep_authorized_keys"


def to(host: str, **more: t.Any) -> list[dict[str, t.Any]]:
    """The option ``secondaries``."""
    return [{"secondary_host": host, **more}]


class Nodes:
    """The lab, from outside of the collection."""

    def __init__(self, inventory: str) -> None:
        self.inventory = inventory
        tree = yaml.safe_load(Path(self.inventory).read_text(encoding="utf-8"))
        self.vars: dict[str, dict[str, t.Any]] = {}
        self._walk(tree)
        self._there = {name: Node(name, own["lab_container"], own["ansible_host"]) for name, own in self.vars.items()}
        self.outputs: list[str] = []

    def _walk(self, tree: dict[str, t.Any]) -> None:
        for group in tree.values():
            group = group or {}
            self.vars.update(group.get("hosts") or {})
            self._walk(group.get("children") or {})

    def sh(self, node: str, script: str, *, check: bool = True, stdin: bytes | None = None) -> str:
        return self._there[node].sh(script, check=check, stdin=stdin, timeout=120)

    def read(self, node: str, path: str) -> str:
        return self.sh(node, f"cat {path} 2>/dev/null || true")

    def write(self, node: str, path: str, content: str, mode: str = "0600") -> None:
        self.sh(node, f"cat > {path} && chmod {mode} {path}", stdin=content.encode("utf-8", "surrogateescape"))

    def module(self, node: str, *, check: bool = False, name: str = TRUST, **params: t.Any) -> dict[str, t.Any]:
        """One run of a module in diff mode; the result with ``unreachable`` never expected."""
        argv = ["ansible", "-i", self.inventory, node, "-m", f"glusterops.georep.{name}", "-D", "-vvv"]
        argv += (["-a", json.dumps(params)] if params else []) + (["-C"] if check else [])
        env = dict(os.environ, ANSIBLE_NOCOLOR="1", ANSIBLE_STDOUT_CALLBACK="minimal", ANSIBLE_DEPRECATION_WARNINGS="0")
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, check=False, timeout=180)
        text = done.stdout.decode()
        self.outputs.append(text + done.stderr.decode())
        marker = next((m for m in (f"{node} | {w}" for w in ("CHANGED", "SUCCESS", "FAILED!")) if m in text), None)
        assert marker, text[-3000:] + done.stderr.decode()[-3000:]
        tail = text[text.index(marker) :]
        result, _end = json.JSONDecoder().raw_decode(tail[tail.index("{") :])
        result["failed"] = "FAILED!" in marker
        return result

    def ssh(
        self, node: str, host: str, key: str, command: str, known: str = KNOWN
    ) -> subprocess.CompletedProcess[bytes]:
        """A login by hand, by ssh's own rules."""
        argv = ["ssh", "-T", "-i", key, "-oBatchMode=yes"]
        argv += ["-oIdentitiesOnly=yes", "-oStrictHostKeyChecking=yes", f"-oUserKnownHostsFile={known}"]
        # Without CheckHostIP=no, OpenSSH 8.4 adds addresses to the file, also with StrictHostKeyChecking=yes.
        argv += ["-oGlobalKnownHostsFile=/dev/null", "-oCheckHostIP=no", "-oConnectTimeout=5", host, command]
        return self._there[node].run(argv, timeout=60)


@pytest.fixture(scope="module")
def nodes(lab_inventory: str) -> Nodes:
    return Nodes(lab_inventory)


SAVE = f"""
rm -f /root/trust-test.tar
tar -cPpf /root/trust-test.tar $(ls -d {GEOREP}/known_hosts {GEOREP}/*.pem {GEOREP}/*.pem.pub /root/.ssh /etc/ssh 2>/dev/null)
"""
# Other tests of the same run may have left keys in place.
BASELINE = f"""
rm -f {GEOREP}/known_hosts
sed -i '/^command=/d' {KEYS}
"""
RESTORE = f"""
restart=no
tar -dPf /root/trust-test.tar 2>&1 | grep -q /etc/ssh && restart=yes
ls /etc/ssh/sshd_config.d/000-test.conf >/dev/null 2>&1 && restart=yes
rm -rf {GEOREP}/known_hosts {GEOREP}/*.pem {GEOREP}/*.pem.pub /root/.ssh /etc/ssh/sshd_config.d/000-test.conf
tar -xPpf /root/trust-test.tar && rm -f /root/trust-test.tar
passwd -l root >/dev/null
userdel -rf trusttest 2>/dev/null
[ $restart = no ] || lab-service sshd restart
true
"""


@pytest.fixture(autouse=True)
def _put_back(nodes: Nodes) -> t.Iterator[None]:
    """Files of all nodes as they were, whatever a test did."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda node: nodes.sh(node, SAVE + BASELINE), nodes.vars))
        yield
        list(pool.map(lambda node: nodes.sh(node, RESTORE), nodes.vars))


@pytest.fixture
def keyed(nodes: Nodes) -> list[str]:
    """The primary cluster has keys; returns their lines."""
    made = nodes.sh(
        "primary1", f"gluster --mode=script system:: execute gsec_create && cat {GEOREP}/common_secret.pem.pub"
    )
    lines = [line for line in made.splitlines() if line.startswith("command=")]
    assert len(lines) == 4
    return lines


@pytest.fixture
def host_lines(nodes: Nodes) -> list[str]:
    """known_hosts lines of the secondary nodes, read on their consoles."""
    lines = []
    for node in SECONDARIES:
        for text in nodes.sh(node, "cat /etc/ssh/ssh_host_{rsa,ecdsa,ed25519}_key.pub").splitlines():
            lines.append(f"{node} {' '.join(text.split()[:2])}")
    return lines


def four_steps(nodes: Nodes, node: str, snapshot: t.Callable[[], t.Any], **params: t.Any) -> list[dict[str, t.Any]]:
    """Check, run, check again, run again: the check predicts, the second run does nothing."""
    start = snapshot()
    checked = nodes.module(node, check=True, **params)
    assert not checked.get("failed"), checked
    assert checked["changed"] is True, checked
    assert snapshot() == start, "the check run changed something"
    ran = nodes.module(node, **params)
    assert not ran.get("failed"), ran
    assert ran["changed"] is True, ran
    end = snapshot()
    assert end != start
    for again in (nodes.module(node, check=True, **params), nodes.module(node, **params)):
        assert not again.get("failed"), again
        assert again["changed"] is False, again
        assert not again.get("diff")
        assert snapshot() == end
        argvs = [command["argv"] for command in again["commands"]]
        assert not [
            argv
            for argv in argvs
            if "gsec_create" in argv or argv[0] not in ("gluster", "ssh", "/usr/sbin/sshd", "ssh-keygen")
        ]
    return [checked, ran]


def keys_of(nodes: Nodes, path: str = KEYS) -> t.Callable[[], t.Any]:
    def snapshot() -> t.Any:
        state = f"cat {path} 2>/dev/null; stat -c '%a %U %n' {path} $(dirname {path}) 2>/dev/null; ls -A $(dirname {path}) 2>/dev/null"
        found = [nodes.sh(node, f"{state} || true") for node in SECONDARIES]
        return [*found, nodes.read("primary1", KNOWN), nodes.sh("primary1", f"cat {GEOREP}/*.pub 2>/dev/null || true")]

    return snapshot


def put_lines(nodes: Nodes, lines: t.Sequence[str]) -> None:
    for node in SECONDARIES:
        nodes.sh(node, f"cat >> {KEYS}", stdin="".join(line + "\n" for line in lines).encode())


def allow_password(nodes: Nodes, node: str) -> None:
    nodes.write(
        node, "/etc/ssh/sshd_config.d/000-test.conf", "PermitRootLogin yes\nPasswordAuthentication yes\n", "0644"
    )
    nodes.sh(node, "chpasswd && lab-service sshd restart", stdin=f"root:{PASSWORD}\n".encode())
    time.sleep(0.5)


def no_secret_anywhere(nodes: Nodes, secret: str) -> None:
    assert not [text for text in nodes.outputs if secret in text]
    for node in nodes.vars:
        logs = nodes.sh(
            node, f"grep -rlF {shlex.quote(secret)} /var/log /root /tmp /var/lib/glusterd 2>/dev/null || true"
        )
        assert not logs.strip()


# --- keys ------------------------------------------------------------------------------------------------------------


def test_keys_are_made_once_and_returned(nodes):
    for node in ("primary1", "primary2"):
        nodes.sh(node, f"rm -f {GEOREP}/*.pem {GEOREP}/*.pem.pub")
    checked, ran = four_steps(nodes, "primary1", keys_of(nodes), name=MAKE)
    assert checked["public_keys"] == []
    assert any("not known before" in note for note in checked["notes"])
    assert ran["generated"] == ["secret.pem", "tar_ssh.pem"]
    assert ran["public_keys"] == nodes.read("primary1", f"{GEOREP}/common_secret.pem.pub").splitlines()
    assert len(ran["public_keys"]) == 4
    assert nodes.sh("primary2", f"ls {GEOREP}/secret.pem {GEOREP}/tar_ssh.pem")


def test_a_node_that_was_down_is_named_and_completed_later(nodes, keyed):
    try:
        nodes.sh("primary2", "lab-service glusterd stop")
        _wait(lambda: "Disconnected" in nodes.sh("primary1", "gluster pool list"))
        down = nodes.module("primary1", name=MAKE)
        assert down["changed"] is False
        assert any("primary2" in note for note in down["notes"])
        # Without the gathered file it has to be made again: the lines of the node that is down are lost to gluster.
        nodes.sh(
            "primary1",
            f"sed -i '/{_blob(nodes, 'primary1', 'secret.pem').replace('/', '.')}/d' {GEOREP}/common_secret.pem.pub",
        )
        again = nodes.module("primary1", name=MAKE)
        assert again["changed"] is True
        assert sorted(again["public_keys"]) == sorted(keyed), "the keys of the node that is down were lost"
        nodes.sh("primary1", f"rm {GEOREP}/common_secret.pem.pub")
        assert len(nodes.module("primary1", name=MAKE)["public_keys"]) == 2
    finally:
        nodes.sh("primary2", "lab-service glusterd start")
    _wait(lambda: "Disconnected" not in nodes.sh("primary1", "gluster pool list"))
    back = nodes.module("primary1", name=MAKE)
    assert back["changed"] is True
    assert sorted(back["public_keys"]) == sorted(keyed)


def test_a_lost_public_half_is_written_again_and_no_key_replaced(nodes, keyed):
    before = nodes.read("primary1", f"{GEOREP}/secret.pem")
    blob = _blob(nodes, "primary1", "secret.pem")
    nodes.sh("primary1", f"rm {GEOREP}/secret.pem.pub")
    result = nodes.module("primary1", name=MAKE)
    assert result["changed"] is True, result
    assert nodes.read("primary1", f"{GEOREP}/secret.pem") == before
    assert _blob(nodes, "primary1", "secret.pem") == blob
    nodes.sh("primary1", f"rm {GEOREP}/secret.pem")
    broken = nodes.module("primary1", name=MAKE)
    assert broken["failed"] and "its private key secret.pem is missing" in broken["msg"]


def _blob(nodes: Nodes, node: str, name: str) -> str:
    return nodes.read(node, f"{GEOREP}/{name}.pub").split()[1]


def _wait(condition: t.Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.5)


# --- accounts of managed nodes -------------------------------------------------------------------------------------------------

FOREIGN = 'from="10.0.0.0/8" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKvx3YBBsXdrwrTsUyWBKALeEDdMe3xxRnQ53NCVPkWj other\r\n# \udcff no end'


def test_local_present_then_absent_touches_ours_only(nodes, keyed):
    foreign = nodes.read("secondary2", KEYS) + FOREIGN
    nodes.write("secondary2", KEYS, foreign)
    checked, ran = four_steps(nodes, "secondary2", keys_of(nodes), name=ACCEPT, public_keys=keyed)
    assert nodes.read("secondary2", KEYS) == foreign + "\n" + "".join(line + "\n" for line in keyed)
    assert checked["after"] == ran["after"]
    assert len(ran["host_keys"]) == 3
    on_console = {
        " ".join(line.split()[:2])
        for line in nodes.sh("secondary2", "cat /etc/ssh/ssh_host_{rsa,ecdsa,ed25519}_key.pub").splitlines()
    }
    assert set(ran["host_keys"]) == on_console
    four_steps(nodes, "secondary2", keys_of(nodes), name=ACCEPT, public_keys=keyed, state="absent")
    assert nodes.read("secondary2", KEYS) == foreign + "\n"


def test_local_puts_a_key_without_forced_command_right(nodes, keyed):
    original = nodes.read("secondary2", KEYS)
    plain = " ".join(keyed[0].split()[-3:])
    nodes.write("secondary2", KEYS, plain + "\n" + original)
    _checked, ran = four_steps(nodes, "secondary2", keys_of(nodes), name=ACCEPT, public_keys=keyed[:2])
    assert nodes.read("secondary2", KEYS) == keyed[0] + "\n" + original + keyed[1] + "\n"
    assert any("replaced" in action for action in ran["accounts"][0]["actions"])


def test_local_verified_looks_only(nodes, keyed):
    light = nodes.module("secondary2", name=ACCEPT, state="verified")
    assert light["changed"] is False and len(light["host_keys"]) == 3
    before = nodes.read("secondary2", KEYS)
    missing = nodes.module("secondary2", name=ACCEPT, state="verified", public_keys=keyed)
    assert missing["failed"] and "do not work as they are" in missing["msg"]
    assert nodes.read("secondary2", KEYS) == before
    assert len(missing["host_keys"]) == 3


def test_local_for_an_unprivileged_account(nodes, keyed):
    nodes.sh("secondary2", "useradd --create-home --shell /bin/bash trusttest")
    path = "/home/trusttest/.ssh/authorized_keys"
    four_steps(nodes, "secondary2", keys_of(nodes, path), name=ACCEPT, account="trusttest", public_keys=keyed)
    assert nodes.sh("secondary2", f"stat -c '%a %U %G' {path} $(dirname {path})").splitlines() == [
        "600 trusttest trusttest",
        "700 trusttest trusttest",
    ]
    nodes.sh("secondary2", f"chmod 666 {path}; chmod 777 $(dirname {path})")
    four_steps(nodes, "secondary2", keys_of(nodes, path), name=ACCEPT, account="trusttest", public_keys=keyed)
    nodes.sh("secondary2", f"mv {path} /home/trusttest/x; ln -s /etc/shadow {path}; cp /etc/shadow /root/shadow-before")
    trick = nodes.module("secondary2", name=ACCEPT, account="trusttest", public_keys=keyed)
    assert trick["failed"], trick
    nodes.sh("secondary2", "cmp /etc/shadow /root/shadow-before; rm /root/shadow-before")
    unknown = nodes.module("secondary2", name=ACCEPT, account="nobodyknows", public_keys=keyed)
    assert unknown["failed"] and "There is no account nobodyknows" in unknown["msg"]


def test_local_uses_the_file_that_sshd_reads(nodes, keyed):
    nodes.sh("secondary2", "install -d -m 0755 /etc/ssh/keys; cat /root/.ssh/authorized_keys > /etc/ssh/keys/root")
    nodes.write("secondary2", "/etc/ssh/sshd_config.d/000-test.conf", "AuthorizedKeysFile /etc/ssh/keys/%u\n", "0644")
    result = nodes.module("secondary2", name=ACCEPT, public_keys=keyed)
    assert result["accounts"][0]["path"] == "/etc/ssh/keys/root"
    assert nodes.read("secondary2", "/etc/ssh/keys/root").count("command=") == 4
    nodes.sh("secondary2", "rm -r /etc/ssh/keys")


def test_local_uses_the_file_that_sshd_reads_for_the_primary_nodes(nodes, keyed, host_lines):
    address = nodes.sh("secondary2", "getent ahostsv4 primary1").split()[0]
    nodes.sh("secondary2", "install -d -m 0755 /etc/ssh/keys; rm -f /root/.ssh/authorized_keys")
    nodes.write("secondary2", "/etc/ssh/sshd_config.d/000-test.conf", f"Match Address {address}\n    AuthorizedKeysFile /etc/ssh/keys/%u\n", "0644")
    nodes.sh("secondary2", "lab-service sshd restart")
    path = "/etc/ssh/keys/root"
    doubted = nodes.module("secondary2", name=ACCEPT, state="verified")
    assert any(f"Match Address {address}" in note for note in doubted["notes"]), doubted
    four_steps(nodes, "secondary2", keys_of(nodes, path), name=ACCEPT, public_keys=keyed, logins=[{"address": address}])
    reached = nodes.module("primary1", secondaries=to("secondary2"), known_hosts=host_lines)
    assert all(probe["ok"] for probe in reached["probes"]) and len(reached["probes"]) == 2, reached
    gone = nodes.module("secondary2", name=ACCEPT, state="absent", public_keys=keyed)
    assert gone["changed"] and "command=" not in nodes.read("secondary2", path)
    nodes.sh("secondary2", "rm -r /etc/ssh/keys")


# --- from a primary node ---------------------------------------------------------------------------------------------------


def test_the_roles_three_calls(nodes, keyed, host_lines):
    put_lines(nodes, keyed)
    params = dict(secondaries=to("secondary1", secondary_nodes=SECONDARIES), known_hosts=host_lines)
    checked, ran = four_steps(nodes, "primary1", keys_of(nodes), **params)
    assert nodes.read("primary1", KNOWN).splitlines() == host_lines
    assert nodes.sh("primary1", f"stat -c '%a %U' {KNOWN}").strip() == "600 root"
    expected = [
        (host, key, kind) for host in SECONDARIES for key, kind in (("secret.pem", "gsyncd"), ("tar_ssh.pem", "tar"))
    ]
    for result in (checked, ran):
        assert [(p["host"], p["key"], p["forced_command"]) for p in result["probes"] if p["ok"]] == expected
    # By hand: what gsyncd will do with the options that the module returned.
    words = shlex.split(ran["session_options"]["ssh_options"])
    by_hand = nodes.sh("primary1", shlex.join(["ssh", *words, "secondary2", "gsyncd --version"]))
    assert by_hand.startswith("gsyncd.py")
    nodes.sh("primary1", f"test $(wc -l < {KNOWN}) = {len(host_lines)}")


def test_several_secondaries_share_their_probes(nodes, keyed, host_lines):
    put_lines(nodes, keyed)
    two = [{"secondary_host": "secondary1", "secondary_nodes": SECONDARIES}, {"secondary_host": "secondary2"}]
    result = nodes.module("primary2", secondaries=two, known_hosts=host_lines)
    assert len(result["probes"]) == 4 and all(probe["ok"] for probe in result["probes"]), result


def test_a_key_without_forced_command_in_front(nodes, keyed, host_lines):
    plain = " ".join(keyed[0].split()[-3:])
    nodes.write("secondary2", KEYS, plain + "\n" + nodes.read("secondary2", KEYS))
    put_lines(nodes, keyed)
    result = nodes.module(
        "primary1" if "primary1" in plain else "primary2",
        secondaries=to("secondary2"),
        known_hosts=host_lines,
    )
    assert result["failed"]
    assert "opens a shell for the key secret.pem instead of forcing gsyncd" in result["msg"]
    assert [(p["ok"], p["forced_command"]) for p in result["probes"]] == [(False, "shell"), (True, "tar")]


def test_a_gsyncd_path_that_does_not_exist(nodes, keyed, host_lines):
    put_lines(nodes, [line.replace("/usr/lib/", "/nonexistent/") for line in keyed])
    result = nodes.module("primary1", state="verified", secondaries=to("secondary2"), known_hosts=host_lines)
    assert result["failed"] and result["changed"] is False
    assert "/gsyncd is not there" in result["msg"]
    assert result["probes"][0]["forced_command"] == "other"
    assert nodes.read("primary1", KNOWN) == "", "state: verified wrote known_hosts"


def test_B15_keys_of_primary_nodes_of_another_distribution(nodes, keyed, host_lines):
    """Lines with a path that the secondary nodes do not have are corrected in one run, with and without a login."""
    other = [re.sub(r"/usr/lib\S*/gsyncd", "/usr/lib/riscv64-linux-gnu/glusterfs/gsyncd", line) for line in keyed]
    nodes.sh("secondary1", f"cat >> {KEYS}", stdin="".join(line + "\n" for line in other).encode())
    four_steps(nodes, "secondary1", keys_of(nodes), name=ACCEPT, public_keys=other)
    four_steps(nodes, "secondary2", keys_of(nodes), name=ACCEPT, public_keys=other)
    for node in SECONDARIES:
        assert all(line in nodes.read(node, KEYS) for line in keyed)
    result = nodes.module("primary1", public_keys=other, secondaries=to("secondary1", secondary_nodes=SECONDARIES), known_hosts=host_lines)
    assert not result.get("failed") and all(probe["ok"] for probe in result["probes"]), result
    # A login script that prints breaks what works.
    nodes.write("secondary2", "/root/.ssh/rc", "echo Welcome\n")
    result = nodes.module("primary1", state="verified", secondaries=to("secondary2"), known_hosts=host_lines)
    assert "prints on standard output before gsyncd answers: Welcome" in result["msg"], result


def test_only_the_key_in_question_makes_a_login_succeed(nodes, keyed, host_lines):
    """secret.pem is refused, and ssh_config of the primary node names tar_ssh.pem, which is accepted."""
    tar_only = [line for line in keyed if "gsyncd" not in line]
    assert len(tar_only) == 2
    put_lines(nodes, tar_only)
    nodes.sh("primary1", "install -d -m 0700 /root/.ssh")
    nodes.write("primary1", "/root/.ssh/config", f"Host secondary*\n  IdentityFile {GEOREP}/tar_ssh.pem\n")
    result = nodes.module("primary1", state="verified", secondaries=to("secondary2"), known_hosts=host_lines)
    assert [(probe["key"], probe["step"], probe["ok"]) for probe in result["probes"]] == [
        ("secret.pem", "key", False), ("tar_ssh.pem", "forced_command", True),
    ], result  # fmt: skip
    assert "refuses the key secret.pem" in result["msg"]
    assert f"another key, {GEOREP}/tar_ssh.pem, which IdentityFile {GEOREP}/tar_ssh.pem (/root/.ssh/config line 2) adds" in result["msg"]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("PubkeyAuthentication no", "works on secondary2, but not with ssh's configuration on this node: {setting}"),
        ("HostName nowhere.invalid", "works on secondary2, but not with ssh's configuration on this node: {setting}"),
        ("PreferredAuthentications password", "a login as gsyncd makes it does not work with ssh's configuration on this node: {setting}"),
        ("RequestTTY force", "a login as gsyncd makes it does not work with ssh's configuration on this node: {setting}"),
    ],
)
def test_ssh_config_of_the_primary_node_is_named(nodes, keyed, host_lines, setting, words):
    put_lines(nodes, keyed)
    nodes.sh("primary1", "install -d -m 0700 /root/.ssh")
    nodes.write("primary1", "/root/.ssh/config", f"Host secondary*\n  {setting}\n")
    result = nodes.module("primary1", state="verified", secondaries=to("secondary2"), known_hosts=host_lines)
    assert result["failed"] and words.format(setting=f"{setting} (/root/.ssh/config line 2)") in result["msg"], result
    nodes.write("primary1", "/root/.ssh/config", f"Host other*\n  {setting}\n")
    result = nodes.module("primary1", state="verified", secondaries=to("secondary2"), known_hosts=host_lines)
    assert not result.get("failed") and all(probe["ok"] for probe in result["probes"]), result


def test_an_agent_in_front_of_gsyncd_s_key(nodes, keyed, host_lines):
    """An agent of ssh_config offers its keys first, and one of them opens a shell."""
    put_lines(nodes, keyed)
    nodes.sh("primary1", "install -d -m 0700 /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/of_a_person -C person")
    nodes.sh("secondary2", f"cat >> {KEYS}", stdin=nodes.read("primary1", "/root/.ssh/of_a_person.pub").encode())
    nodes.sh("primary1", "ssh-agent -a /root/.ssh/agent >/root/.ssh/agent.pid && SSH_AUTH_SOCK=/root/.ssh/agent ssh-add -q /root/.ssh/of_a_person")
    try:
        nodes.write("primary1", "/root/.ssh/config", "Host secondary*\n  IdentityAgent /root/.ssh/agent\n")
        result = nodes.module("primary1", state="verified", secondaries=to("secondary2"), known_hosts=host_lines)
        assert result["failed"] and "IdentityAgent /root/.ssh/agent (/root/.ssh/config line 2)" in result["msg"], result
        assert "ssh offers another key first (person), which secondary2 accepts" in result["msg"]
        assert "IdentitiesOnly yes and IdentityAgent none" in result["msg"]
    finally:
        nodes.sh("primary1", ". /root/.ssh/agent.pid >/dev/null; kill $SSH_AGENT_PID")


def test_keys_not_accepted(nodes, keyed, host_lines):
    """Nothing is recorded of it; the lines that somebody has to put there are printed."""
    files = f"cd {GEOREP}; ls; cat known_hosts *.json 2>/dev/null; true"
    before = nodes.sh("primary1", files)
    for check in (True, False):
        result = nodes.module("primary1", check=check, secondaries=to("secondary2"), known_hosts=host_lines)
        assert result["failed"] and result["changed"] is False, result
        assert "step key: secondary2 refuses the key secret.pem for the account root" in result["msg"]
        assert "bootstrap_password" in result["msg"] and all(line in result["msg"] for line in keyed)
        assert nodes.sh("primary1", files) == before


def test_keys_that_nobody_could_bring_are_not_made(nodes, host_lines):
    files = f"cd {GEOREP}; rm -f *.pem *.pem.pub; ls; cat known_hosts *.json 2>/dev/null; true"
    before = {node: nodes.sh(node, files) for node in ("primary1", "primary2")}
    for check in (True, False):
        result = nodes.module("primary1", check=check, secondaries=to("secondary2"), known_hosts=host_lines)
        assert result["failed"] and result["changed"] is False and "gsec_create" not in str(result["commands"])
        assert "primary1 has no geo-replication keys yet" in result["msg"] and "-m glusterops.georep.gluster_georep_keys" in result["msg"]
    assert {node: nodes.sh(node, files.replace("rm -f *.pem *.pem.pub; ", "")) for node in before} == before


def test_an_unknown_host_key(nodes, keyed):
    result = nodes.module("primary1", state="verified", secondaries=to("secondary2"))
    assert result["failed"] and "is not in " + KNOWN in result["msg"]
    assert {probe["step"] for probe in result["probes"]} == {"host_key"}


def test_unreachable_hosts(nodes, keyed):
    started = time.monotonic()
    hosts = ["nosuchhost.invalid", "secondary2", nodes.vars["secondary1"]["ansible_host"].rsplit(".", 1)[0] + ".250"]
    result = nodes.module(
        "primary1", state="verified", secondaries=to("x1", secondary_nodes=hosts, ssh_port=2299), timeout=3
    )
    assert result["failed"]
    assert [probe["step"] for probe in result["probes"][::2]] == ["resolve", "connect", "connect"], result["probes"]
    for words in ("cannot be resolved", "nothing listens on TCP port 2299"):
        assert words in result["msg"]
    assert time.monotonic() - started < 25


def test_trust_on_first_use_and_a_changed_host_key(nodes, keyed):
    put_lines(nodes, keyed)
    params = dict(secondaries=to("secondary2"), trust_on_first_use=True)
    _checked, ran = four_steps(nodes, "primary1", keys_of(nodes), **params)
    real = _fingerprints(nodes)
    assert all(any(one in note for note in ran["notes"]) for one in real)
    recorded = nodes.read("primary1", KNOWN)
    nodes.sh(
        "secondary2",
        "cd /etc/ssh; for k in rsa ecdsa ed25519; do rm ssh_host_${k}_key*; "
        "ssh-keygen -q -t $k -N '' -f ssh_host_${k}_key; done; lab-service sshd restart",
    )
    new = _fingerprints(nodes)
    changed = nodes.module("primary1", **params)
    assert changed["failed"], changed
    # Which kind of key is shown first differs between releases of OpenSSH; both must be of the same kind.
    pairs = [(old, now) for old, now in zip(real, new) if old in changed["msg"] and now in changed["msg"]]
    assert len(pairs) == 1, changed["msg"]
    assert f"{KNOWN} line " in changed["msg"]
    assert nodes.read("primary1", KNOWN) == recorded
    # The remedy: the new key given by the user replaces the old one.
    right = "secondary2 " + " ".join(nodes.sh("secondary2", "cat /etc/ssh/ssh_host_ed25519_key.pub").split()[:2])
    healed = nodes.module("primary1", **dict(params, known_hosts=[right]))
    assert not healed.get("failed") and healed["changed"] is True
    assert nodes.read("primary1", KNOWN) == right + "\n"


def _fingerprints(nodes: Nodes) -> list[str]:
    files = [f"/etc/ssh/ssh_host_{kind}_key.pub" for kind in ("rsa", "ecdsa", "ed25519")]
    return [nodes.sh("secondary2", f"ssh-keygen -lf {file}").split()[1] for file in files]


def test_test_a_key(nodes, host_lines):
    nodes.sh("primary1", "rm -f /root/.ssh/newkey*; ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/newkey")
    params = dict(
        state="verified", secondaries=to("secondary2"), known_hosts=host_lines, private_key_file="/root/.ssh/newkey"
    )
    assert nodes.module("primary1", **params)["failed"]
    nodes.sh("secondary2", f"cat >> {KEYS}", stdin=nodes.read("primary1", "/root/.ssh/newkey.pub").encode())
    result = nodes.module("primary1", **params)
    assert not result.get("failed") and result["changed"] is False
    assert [(p["key"], p["forced_command"]) for p in result["probes"]] == [("newkey", "shell")]


def test_bootstrap_with_a_password(nodes, keyed, host_lines):
    for node in SECONDARIES:
        allow_password(nodes, node)
    foreign = nodes.read("secondary2", KEYS) + FOREIGN
    nodes.write("secondary2", KEYS, foreign)
    nodes.sh("secondary1", "cp /root/.ssh/authorized_keys /root/lab-keys; rm -rf /root/.ssh")
    params = dict(
        secondaries=to("secondary1", secondary_nodes=SECONDARIES), known_hosts=host_lines, bootstrap_password=PASSWORD
    )
    checked, ran = four_steps(nodes, "primary1", keys_of(nodes), **params)
    assert any("SSH access was not tested" in note for note in checked["notes"])
    assert checked["after"] == ran["after"]
    assert nodes.read("secondary2", KEYS) == foreign + "\n" + "".join(line + "\n" for line in keyed)
    assert nodes.read("secondary1", KEYS).splitlines() == keyed
    assert nodes.sh("secondary1", f"stat -c '%a %U %G' {KEYS} /root/.ssh").splitlines() == [
        "600 root root",
        "700 root root",
    ]
    assert not nodes.sh("secondary2", "ls -A /root/.ssh | grep georep- || true")
    assert nodes.ssh("primary2", "secondary1", f"{GEOREP}/secret.pem", "gsyncd --version", KNOWN).returncode == 255
    assert nodes.ssh("primary1", "secondary1", f"{GEOREP}/secret.pem", "gsyncd --version").stdout.startswith(
        b"gsyncd.py"
    )
    no_secret_anywhere(nodes, PASSWORD)
    four_steps(nodes, "primary1", keys_of(nodes), state="absent", **params)
    assert nodes.read("secondary2", KEYS) == foreign + "\n"
    assert nodes.read("primary1", KNOWN) == ""
    nodes.sh("secondary1", "rm /root/lab-keys")


def test_a_wrong_password(nodes, keyed, host_lines):
    allow_password(nodes, "secondary2")
    before = nodes.read("secondary2", KEYS)
    result = nodes.module(
        "primary1", secondaries=to("secondary2"), known_hosts=host_lines, bootstrap_password="Wrong-" + PASSWORD
    )
    assert result["failed"]
    assert "secondary2 refuses the bootstrap password for the account root" in result["msg"]
    assert nodes.read("secondary2", KEYS) == before
    no_secret_anywhere(nodes, "Wrong-" + PASSWORD)


def test_passwords_not_allowed_at_all(nodes, keyed, host_lines):
    nodes.write(
        "secondary2",
        "/etc/ssh/sshd_config.d/000-test.conf",
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\n",
        "0644",
    )
    nodes.sh("secondary2", "lab-service sshd restart")
    result = nodes.module("primary1", secondaries=to("secondary2"), known_hosts=host_lines, bootstrap_password=PASSWORD)
    assert result["failed"] and "it allows only publickey" in result["msg"]


def test_bootstrap_never_sends_a_password_to_a_changed_host(nodes, keyed, host_lines):
    allow_password(nodes, "secondary2")
    swapped = [line.replace("secondary1 ", "secondary2 ") for line in host_lines if line.startswith("secondary1 ")]
    result = nodes.module("primary1", secondaries=to("secondary2"), known_hosts=swapped, bootstrap_password=PASSWORD)
    assert result["failed"] and "is not the one recorded in" in result["msg"]
    unknown = nodes.module(
        "primary1", secondaries=to("secondary2"), known_hosts_file="/root/empty", bootstrap_password=PASSWORD
    )
    assert unknown["failed"] and "nothing was sent there" in unknown["msg"]


@pytest.mark.parametrize("passphrase", [None, "Open-sesame-42"])
def test_bootstrap_with_a_key_for_another_account(nodes, keyed, host_lines, passphrase):
    nodes.sh("secondary2", "useradd --create-home --shell /bin/bash trusttest")
    nodes.sh("primary1", f"rm -f /root/.ssh/boot*; ssh-keygen -q -t ed25519 -N '{passphrase or ''}' -f /root/.ssh/boot")
    nodes.sh("secondary2", f"cat >> {KEYS}", stdin=nodes.read("primary1", "/root/.ssh/boot.pub").encode())
    params: dict[str, t.Any] = dict(
        secondaries=to("secondary2", secondary_user="trusttest"),
        bootstrap_user="root",
        bootstrap_private_key_file="/root/.ssh/boot",
        known_hosts=host_lines,
    )
    if passphrase:
        missing = nodes.module("primary1", **params)
        assert missing["failed"] and "passphrase" in missing["msg"]
        params["bootstrap_private_key_passphrase"] = passphrase
    path = "/home/trusttest/.ssh/authorized_keys"
    four_steps(nodes, "primary1", keys_of(nodes, path), **params)
    assert nodes.read("secondary2", path).splitlines() == keyed
    assert nodes.sh("secondary2", f"stat -c '%a %U %G' {path} $(dirname {path})").splitlines() == [
        "600 trusttest trusttest",
        "700 trusttest trusttest",
    ]
    if passphrase:
        no_secret_anywhere(nodes, passphrase)


def test_the_login_key_for_push_pem(nodes, keyed, host_lines):
    allow_password(nodes, "secondary2")
    nodes.sh("primary1", "rm -f /root/.ssh/id_ed25519*")
    params = dict(
        secondaries=to("secondary2"), known_hosts=host_lines, bootstrap_password=PASSWORD, login_key_file="/root/.ssh/id_ed25519"
    )
    _checked, ran = four_steps(nodes, "primary1", keys_of(nodes), **params)
    assert ran["probes"][-1]["forced_command"] == "shell"
    assert nodes.ssh("primary1", "secondary2", "/root/.ssh/id_ed25519", "echo inside").stdout == b"inside\n"


# --- input -----------------------------------------------------------------------------------------------------------


def test_wrong_input_is_named_before_anything_is_touched(nodes, keyed):
    before = keys_of(nodes)()
    cases = [
        (dict(secondaries=to("a;b")), "secondary_host"),
        (dict(secondaries=to("secondary1:::x")), "secondary_host"),
        (dict(secondaries=to("fd00::1")), "IPv6"),
        (dict(secondaries=to("secondary1", secondary_user="a b")), "secondary_user"),
        (dict(secondaries=to("secondary1", ssh_port=70000)), "secondaries[0].ssh_port"),
        (dict(secondaries=to("secondary1"), public_keys=["rubbish"]), "public_keys[0]"),
        (dict(secondaries=to("secondary1"), private_key_file="/nonexistent"), "private_key_file"),
        (dict(secondaries=to("secondary1"), private_key_file=f"{GEOREP}/secret.pem.pub"), "is a public key"),
        (dict(secondaries=to("secondary1"), forget={"destinations": False}), "forget can be used only together with state: absent"),
    ]
    for params, words in cases:
        result = nodes.module("primary1", **params)
        assert result["failed"] and result["error"] == "InvalidInput", result
        assert words in result["msg"]
        assert result["commands"] == []
    assert keys_of(nodes)() == before
