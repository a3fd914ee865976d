# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Root in the home of an account that means harm, on a real node, by the module and over a real login as root.

The judge looks at a folder of root beside the home: no file there may ever change, and none of it may be seen in the home.
``tests/unit/ssh/test_ssh_homes.py`` tries far more kinds; here real accounts, sshd and paramiko take part.
"""

from __future__ import annotations

import base64
import json
import shlex
import time
import typing as t

import pytest
from lab import ROOT, Lab, Node, poll

TRUST, ACCEPT = "gluster_ssh_trust", "gluster_georep_authorized_keys"
USER = "ithome"
HOME = f"/home/{USER}"
KEYS = f"{HOME}/.ssh/authorized_keys"
COPY = "it-v_it-dr_common_secret.pem.pub"
VICTIM = "/root/it-victim"
SECRET = "it-only-root-may-read-this"
SOURCES = "/root/it-sources"

# What the account does in a loop, as fast as it can.
LOOPS = {
    # The file of the keys: one that has them and whose mode has to be put right, or a link.
    "link": """
    keys, new = home + "/.ssh/authorized_keys", home + "/.ssh/new"
    for make in (lambda: os.symlink(victim + "/authorized_keys", new), lambda: write(new)):
        try:
            make()
            os.rename(new, keys)
        except OSError:
            pass
""",
    "fifo": """
    keys, new = home + "/.ssh/authorized_keys", home + "/.ssh/new"
    for make in (lambda: os.mkfifo(new, 0o666), lambda: write(new)):
        try:
            make()
            os.rename(new, keys)
        except OSError:
            pass
""",
    # The folder of the keys: one of the account whose mode has to be put right, or a link to that of root.
    "folder": """
    for old, new in ((".ssh", "own"), ("link", ".ssh"), (".ssh", "link"), ("own", ".ssh")):
        try:
            os.rename(home + "/" + old, home + "/" + new)
            os.chmod(home + "/own", 0o777)
        except OSError:
            pass
""",
}
LOOP = """
import os

def write(path):
    with open(path, "w") as file:
        file.write(line + "\\n")

os.umask(0)
try:
    os.symlink(victim, home + "/link")
except OSError:
    pass
while True:"""

# Edits over a login, present and absent in turn; prints how many there were and what was said.
EDITS = """
import json, sys, time
sys.path.insert(0, SOURCES)
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import accounts, authorized_keys, bootstrap, command

bootstrap.load()
wanted = authorized_keys.read_wanted([LINE], "public_keys")
credentials = bootstrap.Credentials("root", None, "/root/.ssh/it-boot", None)
rounds, told, end = 0, set(), time.monotonic() + 30
with bootstrap.Login(command.Target(NODE, 22, USER), credentials, known_hosts_file="it", known_hosts_text=KNOWN, timeout=10) as login:
    account = login.account(USER)
    while rounds < 1000 and time.monotonic() < end:
        try:
            accounts.edit(login.files, account, wanted, "absent" if rounds % 2 else "present", check_mode=False)
        except (errors.GeorepError, OSError) as exc:
            told.add(str(exc))
            if isinstance(exc, bootstrap.StepFailed):
                break
        rounds += 1
print(json.dumps([rounds, sorted(told)]))
"""


class Home:
    """The account on a secondary node, and the login of root there from a primary node."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.node: Node = lab.s2
        key = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + b"it" * 16).decode()
        self.line = f'command="/usr/libexec/glusterfs/gsyncd"  ssh-ed25519 {key} root@it'
        kinds = (line.split()[:2] for line in self.node.sh("cat /etc/ssh/ssh_host_*_key.pub").splitlines())
        self.known = [f"{self.node.name} {' '.join(words)}" for words in kinds]

    def fresh(self) -> None:
        """An account with nothing but a folder for its keys, and what root has beside it."""
        self.node.sh(
            f"rm -rf {HOME}/* {HOME}/.ssh {VICTIM}; install -d -m 755 -o {USER} -g {USER} {HOME} {HOME}/.ssh; chmod 755 /root;"
            f" install -d -m 711 {VICTIM}; for name in authorized_keys {COPY}; do echo {SECRET} > {VICTIM}/$name; chmod 600 {VICTIM}/$name; done"
        )

    def of_root(self) -> str:
        return self.node.sh(f"find {VICTIM} -printf '%p %U:%G %m %n %i %s\\n' | sort; sha256sum {VICTIM}/*")

    def in_home(self) -> str:
        return self.node.sh(f"find {HOME} -printf '%p %U:%G %m %y %s %l\\n' | sort; grep -rl --devices=skip {SECRET} {HOME} || true")

    def tries(self, **more: t.Any) -> list[t.Any]:
        """What a result says: by the module on the node, and from a primary node over a login."""
        over: dict[str, t.Any] = dict(
            secondaries=[dict(secondary_host=self.node.name, secondary_user=USER)], bootstrap_user="root",
            bootstrap_private_key_file="/root/.ssh/it-boot", known_hosts=self.known, known_hosts_file="/root/it-known_hosts",
        )  # fmt: skip
        if more["state"] != "absent":
            over["verify"] = False
        common = dict(public_keys=[self.line], **more)
        check = more["state"] != "verified"
        lab = self.lab
        local = lab.play([lab.task(ACCEPT, dict(common, account=USER), checked) for checked in ([True, False] if check else [False])], self.node.name)
        return local + lab.play([lab.task(TRUST, dict(common, **over), checked) for checked in ([True, False] if check else [False])])


@pytest.fixture(scope="module")
def home(lab: Lab) -> t.Iterator[Home]:
    made = Home(lab)
    where = f"{SOURCES}/ansible_collections/glusterops/georep/plugins/module_utils"
    try:
        lab.p1.sh(f"mkdir -p {where} && ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/it-boot")
        for room in ("_model", "_gluster", "_ssh"):
            lab.p1.sh(f"mkdir -p {where}/{room}")
            for source in (ROOT / "plugins/module_utils" / room).glob("*.py"):
                lab.p1.write(f"{where}/{room}/{source.name}", source.read_text(encoding="utf-8"))
        key = lab.p1.read("/root/.ssh/it-boot.pub")
        made.node.sh(f"cp -p /root/.ssh/authorized_keys /root/it-keys; cat >> /root/.ssh/authorized_keys; useradd --create-home {USER}", stdin=key.encode())
        yield made
    finally:
        made.node.sh(
            f"[ ! -e /root/it-keys ] || mv /root/it-keys /root/.ssh/authorized_keys; pkill -KILL -u {USER}; userdel -rf {USER}; rm -rf {VICTIM}",
            check=False,
        )
        lab.p1.sh(f"rm -rf {SOURCES} /root/.ssh/it-boot* /root/it-known_hosts")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (f"mkfifo -m 666 {KEYS}", "is a FIFO"),
        (f"truncate -s 100G {HOME}/large; ln -s {HOME}/large {KEYS}", "is a symbolic link"),
        (f"ln -s /dev/zero {KEYS}", "is a symbolic link"),
        (f"rmdir {HOME}/.ssh; ln -s {VICTIM} {HOME}/.ssh", "leads through the symbolic link .ssh"),
        (f"truncate -s 2M {KEYS}", "is larger than 1048576 bytes"),
    ],
)
def test_what_is_no_plain_file_is_refused(home: Home, make: str, words: str) -> None:
    home.fresh()
    home.node.sh(f"su {USER} -s /bin/bash -c {shlex.quote(make)}")
    before = home.of_root(), home.in_home()
    started = time.monotonic()
    checked_here, here, checked_there, there = home.tries(state="present")
    for result in (checked_here, here, checked_there, there):
        assert result["failed"], result
        assert f"{KEYS} of the account {USER} on {home.node.name} {words}" in result["msg"] and "Find out which user or program created it" in result["msg"]
    # Host keys are recorded in the end, which a check run foretells.
    assert not (checked_here["changed"] or here["changed"] or there["changed"])
    assert (home.of_root(), home.in_home()) == before and time.monotonic() - started < 120


def test_copies_and_hard_links_are_refused_before_the_keys_go(home: Home) -> None:
    home.fresh()
    # As on a node where links to files of others are allowed.
    home.node.sh(
        f"echo {shlex.quote(home.line)} > {KEYS}; chown {USER}: {KEYS};"
        f" mv {VICTIM} {HOME}/was; mkdir {VICTIM}; mv {HOME}/was/* {VICTIM}; rmdir {HOME}/was"
    )
    pair = [{"primary_volume": "it-v", "secondary_volume": "it-dr"}]
    for make, words in ((f"mkfifo {HOME}/{COPY}", "is a FIFO"), (f"ln {VICTIM}/{COPY} {HOME}/{COPY}", "is a hard link to a file of root")):
        linked = home.node.sh(f"{make} && echo made || true").strip()
        if linked != "made":
            continue  # /root and /home are file systems of their own
        before = home.of_root(), home.in_home()
        for result in home.tries(state="absent", copies_of=pair):
            assert result["failed"] and not result["changed"] and f"{COPY} of the account {USER} on {home.node.name} {words}" in result["msg"], result
        assert (home.of_root(), home.in_home()) == before
        home.node.sh(f"rm {HOME}/{COPY}")
    for result in home.tries(state="absent", copies_of=pair)[1:2]:
        assert result["changed"] and not result.get("failed"), result
    assert home.node.read(KEYS) == ""


@pytest.mark.parametrize("loop", sorted(LOOPS))
def test_a_loop_in_the_account_gains_nothing_over_a_login(home: Home, loop: str) -> None:
    home.fresh()
    before = home.of_root()
    head = "".join(f"{name} = {value!r}\n" for name, value in {"home": HOME, "victim": VICTIM, "line": home.line}.items())
    script = head + LOOP + LOOPS[loop]
    home.node.write(f"{HOME}/loop.py", script, "0644")
    home.node.sh(f"setsid su {USER} -s /bin/bash -c 'exec python3 {HOME}/loop.py' >/dev/null 2>&1 </dev/null &")
    try:
        poll("the account's loop", lambda: home.node.sh(f"pgrep -u {USER} -f loop.py", check=False))
        names = {"SOURCES": SOURCES, "LINE": home.line, "NODE": home.node.name, "USER": USER, "KNOWN": "\n".join(home.known)}
        head = "".join(f"{name} = {value!r}\n" for name, value in names.items())
        rounds, told = json.loads(home.lab.p1.sh("python3 -", stdin=(head + EDITS).encode()))
        for result in home.tries(state="present"):
            assert SECRET not in str(result)
        assert home.node.sh(f"pgrep -u {USER} -f loop.py", check=False), "the account gave up"
    finally:
        home.node.sh(f"pkill -KILL -u {USER}", check=False)
    assert rounds >= 100, (rounds, told)
    assert not [text for text in told if SECRET in text]
    assert home.of_root() == before, told
    assert not home.node.sh(f"grep -rl --devices=skip --exclude=loop.py {SECRET} {HOME} || true"), "what only root may read was copied into the home"
