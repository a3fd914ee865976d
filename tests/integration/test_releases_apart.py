# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secondary on the other side of GlusterFS 10: refused for what it is, whatever is accepted, before anything is touched.

On a lab of 10 or newer the other node is of 9, and on a lab of 9 it is of 10: script/test runs these tests on both.
"""

from __future__ import annotations

import contextlib
import hashlib
import typing as t

import pytest
from lab import GEOREP, Lab
from other_release import VOLUME, declare, other_release

from playbooks import Playbooks, Played

MODULES = {"session": "gluster_georep_session", "info": "gluster_georep_info"}


class Sites(t.NamedTuple):
    """Two sites that no session can connect."""

    book: Playbooks
    lab: Lab
    name: str  #: of the secondary node
    near: str  #: its versions of GlusterFS
    far: str

    @property
    def from_old(self) -> bool:
        return int(self.near.split(".")[0]) < 10

    def state(self) -> dict[str, str]:
        """Everything that a run could change, on either site."""
        node = self.lab.node(self.name)
        sums = node.sh("gluster volume info; sha256sum /root/.ssh/authorized_keys /usr/lib/*/glusterfs/python/syncdaemon/*.py; mount")
        return {**self.lab.raw_state(), self.name: hashlib.sha256(sums.encode()).hexdigest()}

    def asked(self, played: Played) -> list[list[str]]:
        """The commands of all modules that looked into the secondary volume."""
        argvs = [entry["argv"] for entry in played.commands["commands"]]
        return [argv for argv in argvs if argv[0] in ("mount", "glusterfs", "/usr/sbin/glusterfs") and any(self.name in word for word in argv)]


@pytest.fixture(scope="module")
def sites(lab_inventory: str, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Sites]:
    lab = Lab(lab_inventory)
    near = lab.p1.sh("gluster --version").split()[1]
    lab.close()
    release = "bookworm" if int(near.split(".")[0]) < 10 else "bullseye"
    with other_release(lab_inventory, tmp_path_factory.mktemp("apart"), release) as (book, name):
        far = book.lab.node(name).sh("gluster --version").split()[1]
        yield Sites(book, book.lab, name, near, far)


def refused(sites: Sites, played: Played) -> None:
    assert played.rc != 0 and played.failures, played.text[-1500:]
    message = played.failures[0]
    assert f"GlusterFS {sites.near} on " in message and f"GlusterFS {sites.far} on {sites.name}" in message, message
    assert "cannot replicate to each other (known fault releases-apart)" in message and "accept:" not in message, message
    assert "is not a volume" not in played.text and "(nothing)" not in message, message
    assert sites.asked(played) == []


@pytest.mark.parametrize("preflight", [True, False])
def test_the_role_refuses_whatever_is_accepted(sites: Sites, preflight: bool) -> None:
    before = sites.state()
    wish = declare(sites.name, accept=["version_mismatch"])
    refused(sites, sites.book.run(**wish, geo_replication_preflight=preflight, geo_replication_fix_known_faults=True))
    assert sites.state() == before


def test_the_role_refuses_a_site_of_somebody_else(sites: Sites) -> None:
    """9 sees it in the answers of the newer glusterd. The answers of 9 are whole and tell no version: its gsyncd tells it."""
    options = dict(declare(sites.name, accept=["version_mismatch"]), geo_replication_secondary_hosts=[])
    with accepted(sites):
        before = sites.state()
        for check in (["--check"], []):
            played = sites.book.run(*check, **options)
            message = played.failures[0]
            assert played.rc != 0 and "(known fault releases-apart)" in message and "10 or newer" in played.text, played.text[-1500:]
            assert f"GlusterFS {sites.far} on the secondary" in message or sites.from_old, message
            assert "is not a volume" not in played.text and "24007" not in message, message
            assert sites.state() == before


@contextlib.contextmanager
def accepted(sites: Sites) -> t.Iterator[None]:
    """The owner of the site let in the keys of the primary cluster, and told its host keys."""
    lab, node = sites.lab, sites.lab.node(sites.name)
    own = node.read("/root/.ssh/authorized_keys")
    lines = "".join(line + "\n" for line in lab.distribute_keys())
    node.sh("mkdir -p /root/.ssh && cat >> /root/.ssh/authorized_keys", stdin=lines.encode())
    host_keys = "".join(f"{sites.name} {line}\n" for line in node.sh("cat /etc/ssh/ssh_host_*_key.pub").splitlines())
    for primary in lab.primaries:
        primary.sh(f"cat >> {GEOREP}/known_hosts", stdin=host_keys.encode())
    try:
        yield
    finally:
        node.write("/root/.ssh/authorized_keys", own)
        for primary in lab.primaries:
            primary.sh(f"sed -i '/^{sites.name} /d' {GEOREP}/known_hosts")


def test_the_status_names_it_for_that_host(sites: Sites) -> None:
    before = sites.state()
    played = sites.book.run(playbook="status", callback="ansible.builtin.default", **declare(sites.name))
    told = " ".join(played.text.replace('"', " ").replace(",", " ").split())
    assert played.rc == 0 and "releases-apart" in told and f"secondary_host = '{sites.name}'" in told, played.text[-3000:]
    assert "is not a volume" not in told, played.text[-3000:]
    assert sites.state() == before


def test_the_modules_refuse_by_the_version(sites: Sites) -> None:
    before = sites.state()
    session = declare(sites.name, accept=["version_mismatch"])["geo_replication_sessions"][0]
    result = sites.lab.run_module(MODULES["session"], {"sessions": [session], "secondary_version": sites.far})
    assert result["failed"] and result["error"] == "PreconditionFailed", result
    assert "(known fault releases-apart)" in result["msg"] and sites.near in result["msg"] and sites.far in result["msg"], result["msg"]
    assert not [entry for entry in result["commands"] if any(sites.name in word for word in entry["argv"])], result["commands"]
    assert sites.state() == before


def test_the_modules_name_it_by_the_answers_of_a_newer_glusterd(sites: Sites) -> None:
    before = sites.state()
    info = sites.lab.run_module(MODULES["info"], {"secondary_hosts": [sites.name]})
    [far] = info["secondaries"]
    if not sites.from_old:
        # What 10 makes of 9 is whole.
        assert far["error"] is None and [volume["name"] for volume in far["volumes"]] == [f"{VOLUME}-dr"], far
        return
    assert "releases-apart" in far["error"] and "brickCount): 1 announced, 0 received" in far["error"] and far["volumes"] == [], far
    session = declare(sites.name, accept=["version_mismatch"])["geo_replication_sessions"][0]
    result = sites.lab.run_module(MODULES["session"], {"sessions": [session]})
    assert result["failed"] and result["error"] == "ReleasesApart" and sites.name in result["msg"], result
    assert "10 or newer" in result["remedy"]
    assert sites.state() == before
