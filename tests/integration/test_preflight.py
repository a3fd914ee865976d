# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Known faults, each made real on one node and found there, and not found on the node beside it."""

from __future__ import annotations

import time
import typing as t

import pytest
from lab import Lab, mutating

PREFLIGHT = "gluster_georep_preflight_info"
HELPERS = "cd /usr/lib/*/glusterfs"


def look(lab: Lab, node: str, **more: t.Any) -> dict[str, t.Any]:
    found = lab.run_module(PREFLIGHT, {"site": "secondary", **more}, host=node)
    assert not found.get("failed"), found
    assert not found["changed"] and mutating(found) == []
    return found


def ids(found: dict[str, t.Any]) -> list[str]:
    return sorted(fault["id"] for fault in found["faults"])


@pytest.fixture(scope="module")
def usual(lab: Lab) -> list[str]:
    """What both secondary nodes have anyway, in this release."""
    # The first umount on a node, whoever calls it, makes /run/mount.
    left = "ls -A /tmp /run | grep -vx mount | sort; mount | wc -l"
    before = {node.name: node.sh(left) for node in lab.secondaries}
    found = {node.name: look(lab, node.name) for node in lab.secondaries}
    assert ids(found["secondary1"]) == ids(found["secondary2"])
    # Trying leaves nothing behind. Ansible's own folder in /tmp comes and goes.
    assert {node.name: node.sh(left) for node in lab.secondaries} == before
    return ids(found["secondary1"])


@pytest.mark.parametrize(
    ("fault", "make", "mend"),
    [
        ("rsync-missing", "mv /usr/bin/rsync /usr/bin/rsync.away", "mv /usr/bin/rsync.away /usr/bin/rsync"),
        (
            "sftp-missing",
            "mv /usr/lib/openssh/sftp-server /usr/lib/openssh/sftp-server.away",
            "mv /usr/lib/openssh/sftp-server.away /usr/lib/openssh/sftp-server",
        ),
        ("no-fuse", "mv /dev/fuse /dev/fuse.away", "mv /dev/fuse.away /dev/fuse"),
        ("glusterd-silent", "lab-service glusterd stop", "lab-service glusterd start"),
        (
            "locale-not-utf8",
            "lab-service glusterd stop; LC_ALL=C PYTHONUTF8=0 lab-service glusterd start",
            "lab-service glusterd stop; lab-service glusterd start",
        ),
        (
            "selinux-rsync",
            "cd /usr/local/sbin; printf '#!/bin/sh\necho Enforcing\n' >getenforce;"
            " printf '#!/bin/sh\necho \"rsync_client --> on\"; echo \"rsync_full_access --> off\"\n' >getsebool;"
            " chmod 755 getenforce getsebool",
            "rm /usr/local/sbin/getenforce /usr/local/sbin/getsebool",
        ),
        (
            "gsyncd-configuration",
            "cd /etc/glusterfs && cp -p gsyncd.conf gsyncd.conf.away && echo 'a line without a section or value [' >gsyncd.conf",
            "cd /etc/glusterfs && mv gsyncd.conf.away gsyncd.conf",
        ),
        (
            "gsyncd-missing",
            f"{HELPERS}/python/syncdaemon && mv gsyncd.py gsyncd.py.away",
            f"{HELPERS}/python/syncdaemon && mv gsyncd.py.away gsyncd.py",
        ),
        ("gsyncd-syntax", f"{HELPERS}/python/syncdaemon && echo 'print 1' >zz_test.py", f"{HELPERS} && rm python/syncdaemon/zz_test.py"),
        (
            "python-isalive",
            f"{HELPERS}/python/syncdaemon && printf 'def look(t):\n    return t.isAlive()\n' >zz_test.py",
            f"{HELPERS} && rm python/syncdaemon/zz_test.py",
        ),
    ],
)
def test_found_where_it_is(lab: Lab, usual: list[str], fault: str, make: str, mend: str) -> None:
    lab.s2.sh(make)
    try:
        there, beside = look(lab, "secondary2"), look(lab, "secondary1")
    finally:
        lab.s2.sh(mend)
    assert fault in ids(there), there["facts"]
    assert ids(beside) == usual
    [found] = [entry for entry in there["faults"] if entry["id"] == fault]
    assert found["evidence"] and found["cause"] and found["remedy"]


def test_clocks_are_compared_with_the_controllers(lab: Lab, usual: list[str]) -> None:
    assert ids(look(lab, "secondary2", controller_time=time.time())) == usual
    found = look(lab, "secondary2", controller_time=time.time() + 60)
    assert "clock" in ids(found) and -60 <= found["facts"]["clock_offset"] < -30
    # A clock that seems ahead may be a connection that took so long. What the controller knows after the answer decides.
    slow = look(lab, "secondary2", controller_time=time.time() - 25)
    assert ids(slow) == usual and 25 <= slow["facts"]["clock_offset"] < 55
    assert abs(slow["facts"]["clock"]["read_at"] - time.time()) < 30


def test_names_and_ways(lab: Lab, keys: list[str], usual: list[str]) -> None:
    """With the keys in place the ways work, once the host keys are known; each names the forced command that answered."""
    target = {"secondary_host": "secondary1", "secondary_nodes": ["secondary1", "secondary2"]}
    args = {"site": "primary", "secondaries": [target], "known_hosts_file": "/root/it-known-hosts", "resolve": ["secondary2", "nobody.invalid"]}
    unknown = lab.run_module(PREFLIGHT, args)
    assert "known" in unknown["ways_error"] and not any(way["ok"] for way in unknown["ways"]), unknown
    lines = [
        f"{node.name} {' '.join(line.split()[:2])}"
        for node in lab.secondaries
        for line in node.sh("cat /etc/ssh/ssh_host_*_key.pub").splitlines()
    ]
    lab.p1.write("/root/it-known-hosts", "\n".join(lines) + "\n")
    try:
        found = lab.run_module(PREFLIGHT, args)
    finally:
        lab.p1.sh("rm /root/it-known-hosts")
    assert found["ways_error"] is None and len(found["ways"]) == 4 and all(way["ok"] for way in found["ways"]), found
    assert found["names"]["nobody.invalid"] == [] and found["names"]["secondary2"] == [lab.s2.address]


def test_the_nodes_of_a_volume_know_each_other(lab: Lab, usual: list[str]) -> None:
    found = look(lab, "secondary2", volumes=["projects-dr", "nosuch"], resolve=["nobody.invalid"])
    assert found["names"] == {"nobody.invalid": [], "secondary1": [lab.s1.address], "secondary2": [lab.s2.address]}


def test_both_sites_are_read_meanwhile(lab: Lab, keys: list[str]) -> None:
    """Just what gluster_georep_info tells, by the same calls; and what cannot be read does not keep it from looking."""
    asked = {"config_of": [], "secondary_hosts": ["secondary1"]}
    alone = lab.run_module("gluster_georep_info", asked)
    found = lab.run_module(PREFLIGHT, {"site": "primary", "info": asked})
    assert mutating(found) == [] and {"volumes", "status", "secondaries"} <= set(found["info"])
    assert {name: value for name, value in found["info"].items() if name != "status"} == {
        name: alone[name] for name in found["info"] if name != "status"
    }
    assert [entry["secondary_host"] for entry in found["info"]["secondaries"]] == ["secondary1"]
    assert {tuple(command["argv"]) for command in alone["commands"]} <= {tuple(command["argv"]) for command in found["commands"]}
    lab.p1.sh("lab-service glusterd stop")
    try:
        silent = lab.run_module(PREFLIGHT, {"site": "primary", "info": asked})
    finally:
        lab.p1.sh("lab-service glusterd start")
    assert not silent.get("failed") and "glusterd-silent" in ids(silent), silent
    assert "status" not in silent["info"] and "glusterd does not answer on this node" in silent["info"]["msg"]


def test_the_usual_is_whole_again(lab: Lab, usual: list[str]) -> None:
    """The tests above put back what they took away."""
    assert ids(look(lab, "secondary2")) == usual
