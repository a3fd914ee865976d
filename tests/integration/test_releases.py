# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Debian release with its stock packages: what the documented steps do there, and what the role makes of it.

Runs on the lab of each release (script/test integration). The tests are one story, told in order. What was seen is
written to ``results/release-NAME.json``, from which the README's table is made (script/update-docs).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import time
import typing as t
from pathlib import Path

import pytest
from lab import Lab, Node, Session, poll

from playbooks import Playbooks, Played

#: What is known of each release, by its own name for itself.
KNOWN: dict[str, dict[str, t.Any]] = {
    "bullseye": {"fault": "python-isalive", "file": "resource.py", "method": "rsync", "found": ["python-isalive"]},
    "bookworm": {"fault": None, "method": "tarssh", "found": ["rsync-detached-mount"]},
    "trixie": {
        "fault": "python-readfp",
        "file": "gsyncdconfig.py",
        "method": "tarssh",
        "found": ["python-readfp", "rsync-detached-mount", "sshd-session"],
    },
}
SESSION = Session("it-release", "it-release-dr")
PATIENCE = 90.0


class Site(Playbooks):
    def __init__(self, lab: Lab, folder: Path) -> None:
        super().__init__(lab, folder)
        self.release = lab.s1.sh(". /etc/os-release && echo $VERSION_CODENAME").strip()
        self.known = KNOWN[self.release]
        self.seen: dict[str, t.Any] = {
            "release": self.release,
            "debian": lab.s1.sh(". /etc/os-release && echo $VERSION_ID").strip(),
            "glusterfs": lab.s1.sh("gluster --version").split()[1],
            "python": lab.s1.sh("python3 -V").split()[1],
            "rsync": lab.s1.sh("rsync --version").split()[2],
            "openssh": re.findall(r"OpenSSH_([0-9.]+)", lab.s1.sh("ssh -V 2>&1"))[0],
        }

    def declare(self, **more: t.Any) -> list[dict[str, t.Any]]:
        return [SESSION.args(**more)]

    def source(self, node: Node) -> str:
        return node.sh(f"cat /usr/lib/*/glusterfs/python/syncdaemon/{self.known['file']}")

    def digest(self, node: Node, where: str) -> str:
        return node.sh(f"sha256sum < '{where}' 2>/dev/null || true").split(" ")[0]


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Site]:
    made = Site(lab, tmp_path_factory.mktemp("release"))
    lab.make_pair(SESSION.primary[len("it-") :])
    with contextlib.ExitStack() as stack:
        # A lab that was used before may be mended already: back to what the packages brought.
        for node in lab.nodes.values():
            stock(node)
            stack.callback(stock, node)
        stack.callback(lab.remove_volume, "secondary", SESSION.secondary)
        stack.callback(lab.remove_volume, "primary", SESSION.primary)
        stack.callback(lab.forget, SESSION)
        yield made
    folder = os.environ.get("GEOREP_WORK")
    if folder:
        Path(folder, "results", f"release-{made.release}.json").write_text(
            json.dumps(made.seen, indent=2) + "\n", encoding="utf-8"
        )


def stock(node: Node) -> None:
    """gsyncd's sources as the package has them."""
    node.sh(
        "cd /usr/lib/*/glusterfs/python/syncdaemon && for old in *.before-georep-*; do"
        ' [ ! -e "$old" ] || mv "$old" "${old%%.before-georep-*}"; done'
    )


def failed_with(played: Played) -> str:
    assert played.rc != 0, (played.proofs, played.summary, played.changed)
    return "\n".join(played.failures)


def test_the_faults_of_this_release_are_found_and_no_others(site: Site) -> None:
    for side, nodes in (("secondary", site.lab.secondaries), ("primary", site.lab.primaries)):
        for node in nodes:
            found = site.lab.run_module("gluster_georep_preflight_info", {"site": side}, host=node.name)
            # Only receiving nodes have to be able to receive.
            wanted = [fault for fault in site.known["found"] if side == "secondary" or fault.startswith("python")]
            assert sorted(fault["id"] for fault in found["faults"]) == wanted, (node.name, found["faults"])


# --- what the documented steps do -----------------------------------------------------------------------------------------


def test_the_documented_steps_deliver_nothing(site: Site, keys: list[str]) -> None:
    """Keys distributed, create, start: by the stock CLI, with stock options."""
    lab = site.lab
    words = ["volume", "geo-replication", SESSION.primary, SESSION.target]
    made = lab.p1.run(["gluster", "--mode=script", *words, "create", "no-verify"])
    if made.returncode != 0:
        said = (made.stdout + made.stderr).decode()
        assert "Unable to get statefile's name" in said, said
        assert site.release == "trixie"
        site.seen["stock"] = "`create` fails: `Unable to get statefile's name`"
        lab.forget(SESSION)
        return
    lab.act(SESSION, "start")
    if site.release == "bullseye":
        poll("every worker is Faulty", lambda: set(lab.raw_words(SESSION)) == {"Faulty"}, PATIENCE)
        site.seen["stock"] = "every worker stays `Faulty`"
    else:
        lab.reach(SESSION)
        with lab.mounted(lab.p1, SESSION.primary) as here, lab.mounted(lab.s1, SESSION.secondary) as there:
            sizes: list[str] = []
            # The first start often loses GlusterFS's race between worker and brick; a start anew draws again.
            for turn in range(4):
                lab.p1.sh(f"echo content > {here}/file-{turn}")
                end = time.monotonic() + 40
                while time.monotonic() < end and not sizes:
                    sizes = lab.s1.sh(f"cd {there} && stat -c %s file-* 2>/dev/null || true").split()
                    time.sleep(2)
                if sizes:
                    break
                lab.act(SESSION, "stop force")
                lab.act(SESSION, "start")
                lab.reach(SESSION)
            time.sleep(10)
            sizes = lab.s1.sh(f"cd {there} && stat -c %s file-*").split()
        assert sizes and set(sizes) == {"0"}, sizes
        assert lab.raw_is(SESSION, "started")
        lab.act(SESSION, "stop force")
        for node, volume in ((lab.p1, SESSION.primary), (lab.s1, SESSION.secondary)):
            with lab.mounted(node, volume) as where:
                node.sh(f"rm -f {where}/file-*")
        site.seen["stock"] = "everything says `Active`, and every file arrives empty"
    lab.forget(SESSION)


# --- what the role makes of it --------------------------------------------------------------------------------------------


def test_it_stops_before_any_change_and_names_the_fault(site: Site) -> None:
    if not site.known["fault"]:
        played = site.managed(site.declare(accept=["secondary_not_empty"]), "--check")
        assert played.rc == 0, played.failures
        assert any("sync-method tarssh, because rsync cannot work between the sites" in line for line in played.summary), played.summary
        return
    before = site.lab.raw_state()
    for options in (("--check",), ()):
        message = failed_with(site.managed(site.declare(), *options))
        assert "Nothing was changed" in message and "geo_replication_fix_known_faults: true" in message, message
        assert site.known["file"] in message and all(name in message for name in site.lab.nodes), message
    assert site.lab.raw_state() == before
    assert not site.lab.registered(SESSION)


def test_mended_made_and_proved(site: Site) -> None:
    lab = site.lab
    originals = {node.name: site.source(node) for node in lab.nodes.values()} if site.known["fault"] else {}
    wanted = site.declare(accept=["secondary_not_empty"])
    more = {"geo_replication_fix_known_faults": True}
    check = site.done(wanted, "--check", "--diff", **more)
    assert not lab.registered(SESSION)
    assert all(site.source(lab.node(name)) == text for name, text in originals.items()), "the check run mended"
    run = site.done(wanted, "--diff", geo_replication_prove=True, **more)
    assert check.changed == run.changed_but_revived
    assert any("Patch known gsyncd bugs" in line for line in run.changed) is bool(site.known["fault"]), run.changed
    [proof] = run.proofs.values()
    assert proof["proved"], proof
    assert lab.raw_is(SESSION, "started")
    assert lab.raw_option(SESSION, "sync-method") == site.known["method"]
    carried = not proof["not_carried"]
    assert carried is (site.known["method"] == "rsync"), proof
    for name, text in originals.items():
        node = lab.node(name)
        backups = node.sh(f"cat /usr/lib/*/glusterfs/python/syncdaemon/{site.known['file']}.before-georep-*")
        assert backups == text != site.source(node), name
    site.seen.update(
        fault=site.known["fault"],
        method=site.known["method"],
        carries_xattrs=carried,
        proved=proof["proved"],
    )
    again = site.done(wanted, **more)
    assert again.changed == [], again.changed
    # Once mended, nothing has to be asked for any more.
    assert site.done(wanted).changed == []


#: Sets an ACL entry for the user 1777 on a file, or tells it; the package acl is not on the nodes.
_ACL = r"""
import os, struct, sys
name, path = "system.posix_acl_access", sys.argv[2]
entry = lambda tag, perm, who=0xFFFFFFFF: struct.pack("<HHI", tag, perm, who)
value = struct.pack("<I", 2) + entry(1, 6) + entry(2, 4, 1777) + entry(4, 4) + entry(0x10, 6) + entry(0x20, 0)
if sys.argv[1] == "set":
    os.setxattr(path, name, value)
else:
    try:
        print(os.getxattr(path, name) == value)
    except OSError:
        print(False)
"""


def test_acls_travel_where_rsync_does_and_nowhere_else(site: Site) -> None:
    lab = site.lab

    def acl(node: Node, volume: str, verb: str) -> str:
        where = f"/mnt/acl-{volume}"
        mounted = f"mkdir -p {where} && mount -t glusterfs -o acl localhost:/{volume} {where}"
        touch = f"echo guarded > {where}/guarded;" if verb == "set" else f"cat {where}/guarded >/dev/null;"
        return node.sh(
            f"{mounted} && {{ {touch} python3 - {verb} {where}/guarded; rc=$?; umount --lazy {where}; exit $rc; }}",
            stdin=_ACL.encode(),
            check=False,
        ).strip()

    acl(lab.p1, SESSION.primary, "set")
    with lab.mounted(lab.s1, SESSION.secondary) as there:
        poll("the file is there", lambda: lab.s1.sh(f"cat {there}/guarded 2>/dev/null || true") == "guarded\n", PATIENCE)
    carried = site.known["method"] == "rsync"
    if carried:
        poll("the ACL is there", lambda: acl(lab.s1, SESSION.secondary, "get") == "True", PATIENCE)
    else:
        assert acl(lab.s1, SESSION.secondary, "get") == "False"
    site.seen["carries_acls"] = carried


def test_files_arrive_byte_by_byte(site: Site) -> None:
    lab = site.lab
    with lab.mounted(lab.p1, SESSION.primary) as here, lab.mounted(lab.s2, SESSION.secondary) as there:
        lab.p1.sh(f"head -c 3000000 /dev/urandom > '{here}/größe 1.bin'")
        wanted = hashlib.sha256(lab.p1.run(["cat", f"{here}/größe 1.bin"]).stdout).hexdigest()
        poll("the file is there", lambda: site.digest(lab.s2, f"{there}/größe 1.bin") == wanted, PATIENCE)


def test_a_package_update_is_noticed_and_mended_again(site: Site) -> None:
    if not site.known["fault"]:
        pytest.skip("the sources of this release need no mending")
    stock(site.lab.s2)
    wanted = site.declare()
    message = failed_with(site.managed(wanted))
    told = message.partition("With geo_rep")[0]
    assert "* secondary2:" in told and "secondary1" not in told and "primary1" not in told, message
    run = site.done(wanted, geo_replication_fix_known_faults=True)
    assert len(run.changed) == 1 and "Patch known gsyncd bugs" in run.changed[0], run.changed
    assert site.done(wanted).changed == []


def test_an_unexpected_file_is_left_alone(site: Site) -> None:
    if not site.known["fault"]:
        pytest.skip("the sources of this release need no mending")
    stock(site.lab.s2)
    path = f"$(echo /usr/lib/*/glusterfs/python/syncdaemon)/{site.known['file']}"
    word = "readfp" if site.release == "trixie" else "isAlive"
    site.lab.s2.sh(f"cp -p {path} /root/it-source && echo '# other.{word}(x)' >> {path}")
    changed = site.source(site.lab.s2)
    try:
        result = site.lab.run_module("gluster_georep_remedy", {}, host="secondary2")
        assert result["failed"] and "left alone" in result["msg"] and site.known["file"] in result["msg"], result
        assert site.source(site.lab.s2) == changed
    finally:
        site.lab.s2.sh(f"mv /root/it-source {path}")
    assert site.lab.run_module("gluster_georep_remedy", {}, host="secondary2")["changed"]


# --- who insists on rsync -------------------------------------------------------------------------------------------------


def test_rsync_by_explicit_choice(site: Site) -> None:
    """The user's word wins, with a warning; where it cannot work the run fails loudly and says why."""
    lab = site.lab
    wanted = site.declare(config={"sync-method": "rsync"})
    more = {"geo_replication_wait_timeout": 40, "geo_replication_prove_timeout": 45, "geo_replication_prove": True}
    if site.release == "bookworm":
        with lab.mounted(lab.p1, SESSION.primary) as here:
            played = site.managed(wanted, **more)
            message = failed_with(played)
            assert "is not replicating" in message and "0 bytes" in message and "rsync 3.5" in message, message
            assert any(line.startswith("WARNING: it-release: sync-method rsync is declared, but") for line in played.summary)
            assert not lab.p1.sh(f"ls -A '{here}' | grep georep || true"), "the proof's files are cleaned up after a failure, too"
            # A file of the user, for the next test: what gsyncd takes for synced is not sent again by itself.
            lab.p1.sh(f"echo precious > '{here}/left empty.txt'")
            written = lab.p1.sh(f"date -u -d @$(stat -c %Z '{here}/left empty.txt') '+%F %T'").strip()

            def passed() -> bool:
                lab.p1.sh(f"date > {here}/nudge")
                return any(row["last_synced"] > written for row in lab.raw_status(SESSION) if row["status"] == "Active")

            poll("gsyncd takes the file for synced", passed, PATIENCE, pause=3)
            lab.p1.sh(f"rm {here}/nudge")
        return
    if site.release == "trixie":
        message = failed_with(site.managed(wanted, **more))
        assert "faulty" in message.lower() and "sshd-session" in message, message
        return
    played = site.done(wanted, **more)
    assert played.changed == [] and not any(line.startswith("WARNING") for line in played.summary)


def test_files_that_were_left_empty_are_found_and_sent_again(site: Site) -> None:
    lab = site.lab
    if site.release == "trixie":
        # Back to what works; the workers come up again.
        site.done(site.declare(config={"sync-method": "tarssh"}), geo_replication_prove=True)
        return
    if site.release != "bookworm":
        pytest.skip("no file was left empty in this release")
    with lab.mounted(lab.p1, SESSION.primary) as here, lab.mounted(lab.s1, SESSION.secondary) as there:
        assert lab.s1.sh(f"stat -c %s '{there}/left empty.txt'").strip() == "0"
        written = int(lab.p1.sh(f"stat -c %Z '{here}/left empty.txt'"))
        time.sleep(max(0.0, written + 65 - time.time()))
        wanted = site.declare(config={"sync-method": "tarssh"})
        run = site.managed(wanted, geo_replication_prove=True)
        if any(proof["pending"] for proof in run.proofs.values()):
            # The crawl after the restart was not over within the time limit. The run said so, and has compared nothing yet.
            run = site.managed(wanted, geo_replication_prove=True)
        message = failed_with(run)
        assert "left empty.txt" in message and "are empty on the secondary" in message and "send_again" in message, message
        before = lab.p1.sh(f"stat -c '%Y %s %U' '{here}/left empty.txt'")
        proof = site.run(playbook="prove", georep_compare="all", georep_send_again=True, georep_restart_stalled=True)
        assert proof.rc == 0, proof.failures
        assert lab.s1.sh(f"cat '{there}/left empty.txt'") == "precious\n"
        assert lab.p1.sh(f"stat -c '%Y %s %U' '{here}/left empty.txt'") == before


def test_an_older_rsync_is_installed_and_held_when_asked_for(site: Site) -> None:
    """From an archive on the nodes themselves, which have no way out; see molecule/shared/image/older-rsync."""
    if site.release != "bookworm":
        pytest.skip("only there is the version of rsync all that is wrong")
    lab = site.lab
    save = "cd /root && cp -a /usr/bin/rsync it-rsync && cp -a /var/lib/dpkg/status it-status && cp -a /etc/apt/sources.list it-sources"
    restore = (
        "cd /root && mv it-rsync /usr/bin/rsync && mv it-status /var/lib/dpkg/status && mv it-sources /etc/apt/sources.list;"
        " rm -f /etc/apt/preferences.d/glusterops-georep-rsync"
    )
    with contextlib.ExitStack() as stack:
        for node in lab.secondaries:
            node.sh(save)
            stack.callback(node.sh, restore)
            node.write("/etc/apt/sources.list", "deb [trusted=yes] file:/usr/local/share/lab-archive ./\n", "0644")
        more = {"geo_replication_pin_rsync": True}
        check = site.done(site.declare(), "--check", **more)
        assert all("version 3.5" in node.sh("rsync --version") for node in lab.secondaries)
        run = site.done(site.declare(), geo_replication_prove=True, **more)
        assert check.changed == run.changed_but_revived, (check.changed, run.changed)
        assert all("version 3.2" in node.sh("rsync --version") for node in lab.secondaries)
        assert all("3.2" in node.sh("apt-cache policy rsync | grep Candidate") for node in lab.secondaries)
        assert lab.raw_option(SESSION, "sync-method") == "rsync"
        [proof] = run.proofs.values()
        assert proof["proved"] and not proof["not_carried"], proof
        assert site.done(site.declare(), **more).changed == []
        # Without the wish it stays as it is, because it works.
        assert site.done(site.declare()).changed == []
        site.done(site.declare(state="stopped"))
