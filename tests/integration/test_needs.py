# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a later step of the role needs is said before the first change, in check mode, too, and then nothing is changed on any node."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from lab import GEOREP, Lab, Session

from playbooks import Playbooks

SOURCES = "cd /usr/lib/*/glusterfs/python/syncdaemon"
AWAY = "mv {0} {0}.away"
BACK = "mv {0}.away {0}"
READ_ONLY = "mount --bind {0} {0} && mount -o remount,bind,ro {0}"


class Site(Playbooks):
    """From nothing: no keys, and a known fault in gsyncd's sources on every node that the role could patch."""

    session = Session("it-needs", "it-needs-dr")

    def refuses(self, words: t.Sequence[str], nodes: t.Sequence[str], **more: t.Any) -> None:
        """Both kinds of a run fail with these words, and leave everything as it was."""
        variables = {
            "geo_replication_sessions": [self.session.args(state="started")],
            "geo_replication_secondary_hosts": "{{ groups['gluster_secondary'] }}",
            "geo_replication_fix_known_faults": True,
            **more,
        }
        before = self.lab.whole()
        for options in (["--check"], []):
            played = self.run(*options, **variables)
            message = "\n".join(dict.fromkeys(played.failures))
            assert played.rc != 0 and all(word in message for word in (*words, *nodes)), (options, message, played.text[-1500:])
            after = self.lab.whole()
            changed = {name: sorted(set(after[name]) ^ set(before[name])) for name in before if after[name] != before[name]}
            assert changed == {}, (options, changed)
            assert played.changed == [], played.changed


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Site]:
    made = Site(lab, tmp_path_factory.mktemp("needs"))
    save = f"tar -cPpf /root/needs.tar $(ls -d {GEOREP}/known_hosts {GEOREP}/*.json {GEOREP}/*.pem* /root/.ssh 2>/dev/null)"
    forget = f"rm -rf {GEOREP}/known_hosts {GEOREP}/*.json {GEOREP}/*.pem*"
    with contextlib.ExitStack() as stack:
        for node in lab.nodes.values():
            node.sh(f"{save}; {forget}; sed -i '/^command=/d' /root/.ssh/authorized_keys")
            stack.callback(node.sh, f"{forget} /root/.ssh && tar -xPpf /root/needs.tar && rm /root/needs.tar")
            node.sh(f"{SOURCES}; cp -p resource.py /root/needs-resource.py; sed -i 's/\\.is_alive(/.isAlive(/' resource.py; grep -q isAlive resource.py")
            stack.callback(node.sh, f"{SOURCES}; rm -f resource.py.before-georep*; mv /root/needs-resource.py resource.py")
        session = lab.make_pair("needs")
        stack.callback(lab.remove_volume, "secondary", session.secondary)
        stack.callback(lab.remove_volume, "primary", session.primary)
        stack.callback(lab.forget, session)
        yield made


@contextlib.contextmanager
def broken(lab: Lab, *faults: tuple[str, str, str]) -> t.Iterator[None]:
    """With each of these made on its node, and undone afterwards."""
    with contextlib.ExitStack() as stack:
        for node, make, mend in faults:
            lab.nodes[node].sh(make)
            stack.callback(lab.nodes[node].sh, mend)
        yield


def test_programs(lab: Lab, site: Site) -> None:
    """Each is needed by another step, and all of them are told at once."""
    ssh, keygen, umount = "/usr/bin/ssh", "/usr/bin/ssh-keygen", "/usr/bin/umount"
    faults = [(node, AWAY.format(path), BACK.format(path)) for node, path in (("primary1", keygen), ("primary2", ssh), ("secondary2", umount))]
    with broken(lab, *faults):
        words = ["ssh is not installed (Debian: openssh-client)", "ssh-keygen is not installed", "umount is not installed", "Nothing was changed"]
        site.refuses(words, ["primary1", "primary2", "secondary2"])


def test_ssh_without_the_preflight(lab: Lab, site: Site) -> None:
    """Nobody looked before; the first step that needs it is the first of all."""
    with broken(lab, ("primary1", AWAY.format("/usr/bin/ssh"), BACK.format("/usr/bin/ssh"))):
        site.refuses(["ssh is not installed on this node. Nothing was changed."], [], geo_replication_preflight=False)


def test_the_programs_of_the_sync_methods(lab: Lab, site: Site) -> None:
    faults = [("secondary2", AWAY.format(path), BACK.format(path)) for path in ("/usr/bin/rsync", "/usr/bin/tar")]
    with broken(lab, *faults):
        site.refuses(["geo_replication_sessions[0].config", "runs tar, which is not installed", "apt install tar"], ["secondary2"])


def test_a_library_that_may_not_be_installed(lab: Lab, site: Site) -> None:
    """The node that sets volumes read-only needs it in the end."""
    lxml = "/usr/lib/python3/dist-packages/lxml"
    with broken(lab, ("secondary1", AWAY.format(lxml), BACK.format(lxml))):
        site.refuses(["Install python3-lxml on that node", "read-only"], ["secondary1"], geo_replication_install_packages=False)


def test_places_that_cannot_be_written(lab: Lab, site: Site) -> None:
    logs, store, keys = "/var/log/glusterfs", "/var/lib/glusterd", "/root/.ssh"
    faults = [
        ("primary2", f"mount -t tmpfs -o size=64k full {logs}", f"umount -l {logs}"),
        ("secondary2", READ_ONLY.format(store), f"umount -l {store}"),
        ("secondary1", READ_ONLY.format(keys), f"umount -l {keys}"),
    ]
    with broken(lab, *faults):
        words = [f"{logs}: the file system at {logs} is full", f"{store} is mounted read-only", f"{keys} is mounted read-only"]
        site.refuses(words, ["primary2", "secondary2", "secondary1"])


@pytest.mark.parametrize("readable", [True, False])
def test_a_site_of_somebody_else_without_a_login(lab: Lab, site: Site, readable: bool) -> None:
    """Also where the sites cannot be read, and gsyncd would be patched first of all."""
    words = ["it-needs", "secondary1", "geo_replication_bootstrap_password", "Nothing was created or recorded", "gluster_georep_keys"]
    with broken(lab, *([] if readable else [("primary1", "lab-service glusterd stop", "lab-service glusterd start")])):
        site.refuses(words, ["primary1"], geo_replication_secondary_hosts=[])
    lab.wait_for_peers()
