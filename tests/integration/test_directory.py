# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions into a plain directory, and sessions that nobody declared; by the modules, and by the role as people run it.

The tests of this file are one story, told in order. The judge is the stock CLI, and the files in the directory themselves.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from lab import GEOREP, ROOT, Lab, Session, poll
from test_role import mutations

from playbooks import Playbooks, Played

BASE = "/bricks/it_dir"
HAND, DIR = f"{BASE}/hand", f"{BASE}/projects"
HAND_VOLUME, VOLUME = "georep-bricks-it_dir-hand", "georep-bricks-it_dir-projects"
PRIMARY = "it-d"
SESSION = Session(PRIMARY, VOLUME)
CONFIG = {"sync-method": "tarssh"}


def directory(path: str = HAND, **more: t.Any) -> dict[str, t.Any]:
    return {"directories": [{"secondary_host": "secondary1", "directory": path, **more}]}


def declared(state: str = "started", **more: t.Any) -> dict[str, t.Any]:
    return {"primary_volume": PRIMARY, "secondary_host": "secondary1", "secondary_directory": DIR, "state": state, "config": CONFIG, **more}


def raw_volume(lab: Lab, name: str) -> str:
    """What the stock CLI says of a volume on the secondary site; empty where there is none."""
    text = lab.s1.gluster("volume", "info", name, check=False)
    return "" if "does not exist" in text else text


def tree(lab: Lab, path: str) -> list[str]:
    """The files below a directory, gluster's own folder left out, with their checksums."""
    return lab.s1.sh(f"cd {path} && find . -path ./.glusterfs -prune -o -type f -exec sha256sum {{}} + | sort").splitlines()


def forget_volumes(lab: Lab) -> None:
    for name in lab.volumes("secondary"):
        if name.startswith("georep-bricks-it_dir-"):
            lab.s1.gluster("volume", "stop", name, "force", check=False)
            lab.s1.gluster("volume", "delete", name)
    lab.s1.sh(f"rm -rf {BASE}")


class Site(Playbooks):
    """The lab with the role on top of it."""

    def sent(self) -> dict[str, list[str]]:
        """The raw state of both sites without what changes by itself."""
        found = {**self.lab.raw_state(), "directory": self.lab.s1.sh(f"ls -A {BASE} 2>/dev/null; true")}
        return {name: [line for line in text.splitlines() if not line.startswith("monitor ")] for name, text in found.items()}


@pytest.fixture(scope="module")
def site(lab: Lab, keys: list[str], tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Site]:
    forget_volumes(lab)
    lab.make_volume("primary", PRIMARY, options={"changelog.rollover-time": "3"})
    try:
        yield Site(lab, tmp_path_factory.mktemp("directory"))
    finally:
        lab.forget(SESSION)
        forget_volumes(lab)
        lab.remove_volume("primary", PRIMARY)


# --- the module


def test_a_volume_over_a_directory_and_away_again(site: Site) -> None:
    lab = site.lab
    steps = lab.four_steps("gluster_georep_directory", directory(read_only=True), host="secondary1")
    assert [entry["steps"] for entry in steps.check["directories"]] == [entry["steps"] for entry in steps.run["directories"]]
    text = raw_volume(lab, HAND_VOLUME)
    assert f"Brick1: secondary1:{HAND}\n" in text and "Brick2" not in text and "Status: Started" in text
    assert "features.read-only: on" in text and f"user.glusterops.georep: {HAND}" in text
    with lab.mounted(lab.s1, HAND_VOLUME) as where:
        assert b"Read-only file system" in lab.s1.run(["touch", f"{where}/x"]).stderr
    lab.s1.sh(f"echo precious > {HAND}/file && ln -s {HAND} {HAND}/link")
    assert "trusted.gfid" in lab.s1.sh(f"getfattr -hm - {HAND} 2>&1")

    gone = lab.four_steps("gluster_georep_directory", directory(state="absent"), host="secondary1")
    assert raw_volume(lab, HAND_VOLUME) == "" and lab.s1.read(f"{HAND}/file") == "precious\n"
    assert any(HAND in line and "stay" in line for line in gone.run["notes"]), gone.run["notes"]
    # What a person is told to do by hand does what it says, and to nothing but gluster's own.
    [by_hand] = [line for line in gone.run["notes"] if "rm -rf" in line]
    lab.s1.sh(by_hand[by_hand.index("rm -rf") :])
    left = lab.s1.sh(f"ls -A {HAND}; getfattr -Rhm - -d {HAND} 2>/dev/null; true")
    assert left.split() == ["file", "link"], left


def test_what_is_refused_is_left_as_it_is(site: Site) -> None:
    lab = site.lab
    lab.s1.sh(f"mkdir -p {HAND} {BASE}/target && echo precious > {HAND}/file && ln -sfn {BASE}/target {BASE}/link")
    lab.make_volume("secondary", "it-other", replica=1)
    cases = {
        "is not empty: file": directory(),
        "is a symbolic link": directory(f"{BASE}/link"),
        "brick secondary1:/bricks/it-other": directory("/bricks/it-other/below"),
        "is a directory of the system": directory("/etc/x"),
        "does not resolve to an address of this node": {"directories": [{"secondary_host": "secondary2", "directory": HAND}]},
    }
    before = tree(lab, BASE)
    results = lab.refused([lab.task("gluster_georep_directory", args) for args in cases.values()], "secondary1")
    for words, result in zip(cases, results):
        assert words in result["msg"], result["msg"]
    assert tree(lab, BASE) == before
    lab.remove_volume("secondary", "it-other")
    # A file system without xattrs; the directory that was made for it goes again.
    lab.s1.sh(f"mkdir {BASE}/ram && mount -t ramfs ramfs {BASE}/ram")
    [refused] = lab.play([lab.task("gluster_georep_directory", directory(f"{BASE}/ram/dir"))], "secondary1")
    left = lab.s1.sh(f"ls -A {BASE}/ram; umount {BASE}/ram")
    assert refused.get("failed") and "has no trusted xattrs" in refused["msg"] and left == "", (refused, left)


def test_a_run_that_was_killed_is_finished_and_what_others_made_stays(site: Site) -> None:
    lab = site.lab
    lab.s1.sh(f"rm -rf {HAND} && mkdir -p {BASE}")
    lab.s1.gluster("volume", "create", HAND_VOLUME, f"secondary1:{HAND}", "force")
    lab.four_steps("gluster_georep_directory", directory(), host="secondary1")
    assert "user.glusterops.georep" in raw_volume(lab, HAND_VOLUME) and "Status: Started" in raw_volume(lab, HAND_VOLUME)
    for words in ("stop {0}", "delete {0}", f"create {{0}} secondary1:{HAND} force", "start {0}"):
        lab.s1.gluster("volume", *words.format(HAND_VOLUME).split())
    result = lab.run_module("gluster_georep_directory", directory(state="absent"), host="secondary1")
    assert not result["changed"] and "was not created by this collection" in result["notes"][0], result
    assert "Status: Started" in raw_volume(lab, HAND_VOLUME)


# --- the role


def test_before_anything_is_touched(site: Site) -> None:
    lab = site.lab
    before = site.sent()
    lab.s1.sh(f"mkdir -p {DIR} && echo precious > {DIR}/mine")
    [message] = site.managed([declared()]).failures
    assert "is not empty: mine" in message and "accept: [directory_not_empty]" in message, message
    lab.s1.sh(f"rm {DIR}/mine && rmdir {DIR}")
    [message] = site.run(geo_replication_sessions=[declared()]).failures
    assert "Ansible does not manage that site" in message and f"gluster volume create {VOLUME} secondary1:{DIR} force" in message
    [message] = site.managed([declared(secondary_volume="it-x")]).failures
    assert "secondary_directory" in message and "secondary_volume = 'it-x'" in message
    only = site.run(geo_replication_sessions=[declared()], geo_replication_secondary_hosts=["secondary2"])
    assert "none of geo_replication_secondary_hosts (secondary2)" in "\n".join(only.failures), only.failures
    assert site.sent() == before


@pytest.mark.parametrize("install", [True, False])
def test_a_node_without_glusterfs_is_told_of(site: Site, install: bool) -> None:
    lab = site.lab
    lab.s1.sh("mv /usr/sbin/glusterd /usr/sbin/glusterd.away")
    before = site.sent()
    try:
        played = site.managed([declared()], *(["--check"] if install else []), geo_replication_install_packages=install)
    finally:
        lab.s1.sh("mv /usr/sbin/glusterd.away /usr/sbin/glusterd")
    [message] = played.failures
    assert "secondary1 is the target of a session into a directory, but lacks glusterfs-server" in message, message
    assert ("check run" in message) is install and ("geo_replication_install_packages" in message) is not install
    assert site.sent() == before


def test_four_steps_into_a_directory(site: Site) -> None:
    lab = site.lab
    sessions = [declared()]
    before = site.sent()
    check = site.done(sessions, "--check")
    assert site.sent() == before
    run = site.done(sessions)
    assert check.changed == run.changed and check.lines("would do: ") == run.lines("done: ")
    assert any(f"{VOLUME} on secondary1: create" in line for line in run.lines("done: ")), run.summary
    text = raw_volume(lab, VOLUME)
    assert f"Brick1: secondary1:{DIR}\n" in text and "Brick2" not in text and "features.read-only: on" in text
    assert lab.raw_is(SESSION, "started")
    raw = site.sent()
    for again in (site.done(sessions, "--check"), site.done(sessions)):
        assert again.changed == [] and again.lines("done: ") == again.lines("would do: ") == [] and mutations(again) == []
        assert again.asked == []
        assert not any("georep_directory" in str(result.get("invocation", {})) for result in again.results)
        assert not any("other_hosts" in result for result in again.results), "the directory was looked at although all is in order"
    assert site.sent() == raw


def write(site: Site, script: str) -> None:
    with site.lab.mounted(site.lab.p1, PRIMARY) as where:
        site.lab.p1.sh(f"cd {where} && {script}")


def arrives(site: Site, path: str, content: str) -> None:
    """Whether it is readable in the directory itself; a stalled first start is started anew, as the proof would."""

    def there() -> bool:
        return site.lab.s1.sh(f"cat {DIR}/{path} 2>/dev/null || true") == content

    with contextlib.suppress(AssertionError):
        poll(f"{path} arrives", there, patience=40)
        return
    site.lab.act(SESSION, "stop")
    site.lab.act(SESSION, "start")
    poll(f"{path} arrives", there)


def test_the_files_are_readable_in_the_directory(site: Site) -> None:
    write(site, "mkdir -p a/b && echo travels > a/b/file && echo top > top")
    arrives(site, "a/b/file", "travels\n")
    arrives(site, "top", "top\n")
    beside = [name for name in site.lab.s1.sh(f"ls -A {DIR}").split() if not name.startswith(".glusterfs")]
    assert beside == ["a", "top"], beside


def test_what_was_changed_by_hand_is_mended_where_it_is(site: Site) -> None:
    lab = site.lab
    lab.s1.gluster("volume", "set", VOLUME, "features.read-only", "off")
    check, run = site.done([declared()], "--check"), site.done([declared()])
    assert check.changed == run.changed != [] and check.lines("would do: ") == run.lines("done: ") == [
        f"{VOLUME} on secondary1: read-only: clients may write to the volume"
    ]
    assert "features.read-only: on" in raw_volume(lab, VOLUME)


def test_absent_takes_session_and_volume_and_leaves_the_files(site: Site) -> None:
    lab = site.lab
    files = tree(lab, DIR)
    assert len(files) == 2
    gone = [declared("absent")]
    before = site.sent()
    check = site.done(gone, "--check")
    assert site.sent() == before
    run = site.done(gone)
    assert check.changed == run.changed != [] and check.lines("would do: ") == run.lines("done: ")
    assert lab.raw_is(SESSION, "absent") and raw_volume(lab, VOLUME) == "" and tree(lab, DIR) == files
    assert any(f"The files in {DIR} on secondary1 stay" in line for line in run.summary), run.summary
    for again in (site.done(gone, "--check"), site.done(gone)):
        assert again.changed == [] and mutations(again) == [], again.summary
    assert tree(lab, DIR) == files


def test_again_into_what_an_earlier_session_left(site: Site) -> None:
    """With consent, because the directory may have become somebody's place of work meanwhile."""
    lab = site.lab
    lab.s1.sh(f"mkdir -p {DIR} && echo mine > {DIR}/mine && mkdir {DIR}/c && echo mine > {DIR}/c/mine && echo mine > {DIR}/same")
    files = tree(lab, DIR)
    [message] = site.managed([declared()]).failures
    assert "is not empty" in message and tree(lab, DIR) == files
    write(site, "mkdir c && echo theirs > c/theirs && echo theirs > same && echo more >> top")
    consenting = [declared(accept=["directory_not_empty"])]
    check, run = site.done(consenting, "--check"), site.done(consenting)
    assert check.changed == run.changed != [] and check.lines("would do: ") == run.lines("done: ")
    arrives(site, "c/theirs", "theirs\n")
    arrives(site, "same", "theirs\n")
    poll("the last change arrives", lambda: lab.s1.sh(f"cat {DIR}/top").endswith("more\n"))
    # What an earlier session brought is known by its gfid, and stays; what is only the same by name is not merged but replaced.
    assert lab.s1.sh(f"cat {DIR}/mine; ls {DIR}/c") == "mine\ntheirs\n"
    assert [line for line in files if line.endswith("/a/b/file")] == [line for line in tree(lab, DIR) if line.endswith("/a/b/file")]
    assert site.done([declared()]).changed == [], "the consent is for the making alone"


# --- sessions that nobody declared


def undeclared(site: Site, played_as: str, *options: str) -> Played:
    return site.managed([{"primary_volume": "it-gone", "secondary_host": "secondary1", "secondary_volume": "x", "state": "absent"}],
                        *options, geo_replication_undeclared=played_as)  # fmt: skip


def test_undeclared_sessions(site: Site) -> None:
    lab = site.lab
    name = f"{PRIMARY} -> {SESSION.target}"
    lab.set_option(SESSION, "sync-jobs", "5")
    lab.reach(SESSION)
    keep = undeclared(site, "keep")
    assert site.succeeded(keep).changed == [] and keep.lines("not declared, left alone: ") == [name]

    [message] = site.managed([], geo_replication_undeclared="absent").failures
    assert "geo_replication_undeclared = 'absent': with an empty geo_replication_sessions" in message, message
    assert lab.raw_is(SESSION, "started")

    for word, state, verbs in (("stop", "stopped", ["stop"]), ("absent", "absent", ["delete"])):
        before = site.sent()
        check = undeclared(site, word, "--check")
        assert site.sent() == before
        run = undeclared(site, word)
        assert not run.failures and check.changed == run.changed != []
        assert check.lines("would do: ") == run.lines("done: ")
        # With the last session its keys go, too.
        told = [line for line in run.lines("done: ") if line.startswith(name)]
        assert told == [f"{name}: {verb}: it is not declared" for verb in verbs]
        assert lab.raw_is(SESSION, state)
        if word == "stop":
            assert lab.raw_option(SESSION, "sync-jobs") == "5", "its options are nobody's business"
        for again in (undeclared(site, word, "--check"), undeclared(site, word)):
            assert again.changed == [] and mutations(again) == [] and not again.failures
        assert again.lines("not declared, left alone: ") == ([name] if word == "stop" else [])
    assert "Status: Started" in raw_volume(lab, VOLUME), "the volume is not the session"


def test_a_machine_that_does_not_answer_does_not_keep_its_session(site: Site) -> None:
    """The session goes, what stays over there is named, and the next run takes it away; the files stay in any case."""
    lab = site.lab
    site.done([declared("present", accept=["directory_not_empty"])])
    assert lab.raw_is(SESSION, "created")
    files = tree(lab, DIR)
    played = site.without(lab.s1, [declared("absent")])
    assert played.rc == 0 and lab.raw_is(SESSION, "absent"), played.text[-2000:]
    assert any("Could not reach secondary1" in line and DIR in line for line in played.summary), played.summary
    assert "Status: Started" in raw_volume(lab, VOLUME)
    back = site.done([declared("absent")])
    assert back.changed and raw_volume(lab, VOLUME) == "" and tree(lab, DIR) == files != []
    assert site.done([declared("absent")]).changed == []


# --- a machine of its own, on which there is no GlusterFS yet

ALONE = "alone"
ALONE_DIR = "/bricks/dr/projects"
ALONE_VOLUME = "georep-bricks-dr-projects"

#: The package that is installed, made into a package again, for apt to install it from a folder; and no GlusterFS any more.
_UNINSTALL = r"""
set -e
mkdir -p /repo/pkg/DEBIAN && cd /repo
dpkg -L glusterfs-server | while read -r path; do
    if [ ! -d "$path" ] && [ -e "$path" ]; then echo "$path"; fi
done | tar -cf - -C / --transform 's,^/,,' -PT - | tar -xf - -C pkg
fields='Package: ${Package}\nVersion: ${Version}\nArchitecture: ${Architecture}\nDepends: ${Depends}\n'
dpkg-query -W -f="${fields}Maintainer: lab <lab@localhost>\nDescription: the same\n" glusterfs-server >pkg/DEBIAN/control
dpkg-deb --build pkg server.deb >/dev/null
cat pkg/DEBIAN/control >Packages
echo "Filename: ./server.deb" >>Packages
echo "Size: $(stat -c %s server.deb)" >>Packages
echo "SHA256: $(sha256sum server.deb | cut -d' ' -f1)" >>Packages
rm -rf pkg /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/repo ./' >/etc/apt/sources.list
apt-get -q update >/dev/null
lab-service glusterd stop
dpkg --purge --force-depends glusterfs-server >/dev/null
rm -rf /var/lib/glusterd
printf '#!/bin/sh\n### BEGIN INIT INFO\n# Provides: glusterd\n# Required-Start:\n# Required-Stop:\n' >/etc/init.d/glusterd
printf '# Default-Start: 3\n# Default-Stop: 0\n### END INIT INFO\n' >>/etc/init.d/glusterd
echo 'exec lab-service glusterd "$1"' >>/etc/init.d/glusterd
chmod 755 /etc/init.d/glusterd
# The CLI is a package of its own, which stays.
! command -v glusterd
"""


@pytest.fixture
def alone(site: Site, lab_inventory: str, tmp_path: Path) -> t.Iterator[Playbooks]:
    """One more node, in no cluster, from which GlusterFS was taken away."""
    script = [str(ROOT / "script" / "lab")]
    env = dict(os.environ, GEOREP_LAB=Path(lab_inventory).parent.name.partition("-")[2])
    made = subprocess.run([*script, "add-node", ALONE], env=env, capture_output=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    lab = Lab(lab_inventory)
    try:
        lab.node(ALONE).sh(_UNINSTALL)
        yield Playbooks(lab, tmp_path)
    finally:
        lab.forget(Session(PRIMARY, ALONE_VOLUME, ALONE))
        for primary in lab.primaries:
            primary.sh(f"touch {GEOREP}/known_hosts && sed -i '/^{ALONE} /d' {GEOREP}/known_hosts")
        lab.close()
        subprocess.run([*script, "remove-node", ALONE], env=env, capture_output=True, check=True)


def test_a_machine_of_its_own_without_glusterfs(alone: Playbooks) -> None:
    lab, node = alone.lab, alone.lab.node(ALONE)
    session = Session(PRIMARY, ALONE_VOLUME, ALONE)
    options = {
        "geo_replication_sessions": [{"primary_volume": PRIMARY, "secondary_host": ALONE, "secondary_directory": ALONE_DIR, "config": CONFIG}],
        "geo_replication_secondary_hosts": [ALONE],
    }
    check = alone.run("--check", **options)
    [message] = check.failures
    library = ", python3-lxml" if node.sh("python3 -c 'import lxml' 2>/dev/null || echo no") else ""
    assert f"{ALONE} is the target of a session into a directory, but lacks glusterfs-server{library}, a running glusterd" in message, message
    assert node.sh("command -v glusterd; ls -A /bricks; true") == ""
    run = alone.run(**options, geo_replication_prove=True)
    assert run.rc == 0 and not run.failures, (run.failures, run.text[-1500:])
    assert lab.raw_is(session, "started")
    assert f"Brick1: {ALONE}:{ALONE_DIR}\n" in node.gluster("volume", "info", ALONE_VOLUME)
    [proof] = run.proofs.values()
    assert proof["proved"], proof
    for again in (alone.run("--check", **options), alone.run(**options)):
        assert alone.succeeded(again).changed == [] and mutations(again) == [], (again.changed, mutations(again))
