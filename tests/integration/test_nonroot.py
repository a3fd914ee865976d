# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions of unprivileged accounts, from nodes that know nothing of them to bytes on the other side, and back.

The judge is the stock CLI, processes and files: glusterd.vol, authorized_keys, known_hosts, the accounts. The tests are one
story, told in order; everything is put back at the end. On other releases than Debian 12 only the first chapter is told.
"""

from __future__ import annotations

import contextlib
import re
import typing as t

import pytest
from lab import _READS, GEOREP, Lab, Node, Session, poll
from test_node_view import agree, words

from playbooks import Playbooks, Played

MODULE = "gluster_mountbroker"
VOLFILE = "/etc/glusterfs/glusterd.vol"
ROOT = "/var/mountbroker-root"
ACCOUNTS = ("geoaccount", "GeoOther", "geolate")
A = Session("it-na", "it-na-dr", user="geoaccount")
B = Session("it-nb", "it-nb-dr", user="GeoOther")
C = Session("it-nc", "it-nc-dr")
D = Session("it-nd", "it-nd-dr", user="geoaccount")
PRESENT = {D.primary: {"state": "present"}}
LOG_DIR = "/var/log/glusterfs/geo-replication-secondaries"
LOGS = "it-na_secondary1_it-na-dr"
#: Somebody's own line, with a comment; neither may ever be lost.
BY_HAND = "    option mountbroker-geo-replication.byhand it-nc-dr\n    # kept for the auditors\n"
_MOUNTBROKER_READS = (
    r"gluster --mode=script( --timeout=\d+)?( --remote-host=\S+)? -- (pool list|system:: mount .* volfile-id=\S+)",
    r"\S*python3 \S*/peer_mountbroker.py node-status",
    r"ssh .*",
    r"ssh-keygen -[ly]\b.*",
    r"getent .*",
)


def mutations(result: t.Mapping[str, t.Any]) -> list[str]:
    lines = [" ".join(entry["argv"]) for entry in result["commands"]]
    return [line for line in lines if not any(re.fullmatch(read, line) for read in (*_READS, *_MOUNTBROKER_READS))]


class Site(Playbooks):
    """The lab, and what the other side looks like."""

    def state(self, *nodes: Node) -> dict[str, str]:
        """Everything of unprivileged sessions that a run could leave behind on a secondary node."""
        look = (
            f"cat {VOLFILE}; stat -c '%n %u %g %a' {ROOT} {ROOT}/mb_hive 2>/dev/null; getent group geogroup;"
            f" for name in {' '.join(ACCOUNTS)}; do getent passwd $name; id $name 2>/dev/null;"
            " find ~$name -printf '%p %U %m\\n' 2>/dev/null; cat /home/$name/.ssh/authorized_keys 2>/dev/null; done;"
            " cat /root/.ssh/authorized_keys; gluster volume info | grep -E '^Volume Name|read-only'; true"
        )
        return {node.name: node.sh(look) for node in nodes or self.lab.secondaries}

    def near(self) -> dict[str, str]:
        return {node.name: node.sh(f"cat {GEOREP}/known_hosts {GEOREP}/*.pub 2>/dev/null; true") for node in self.lab.primaries}

    def glusterds(self) -> list[str]:
        """The process of glusterd on each secondary node: another one after a restart."""
        return [node.sh("pgrep -x glusterd").strip() for node in self.lab.secondaries]

    def bricks(self) -> list[str]:
        return [node.sh("pgrep -x glusterfsd | sort").strip() for node in self.lab.secondaries]

    def mapping(self, node: Node) -> dict[str, list[str]]:
        """Accounts and volumes in the file, by no reader of this collection."""
        lines = node.sh(f"sed -n 's/^ *option mountbroker-geo-replication\\.//p' {VOLFILE}").splitlines()
        return {line.split()[0]: sorted(line.split()[1].split(",")) for line in lines}

    def may_mount(self, node: Node, account: str, volume: str) -> bool:
        """Mounted for real as gsyncd does it, by the account itself, and unmounted."""
        words = f"user-map-root={account} aux-gfid-mount acl log-level=INFO log-file=/var/log/glusterfs/geo-replication/x.log"
        mount = f"gluster --remote-host=localhost system:: mount {account} {words} volfile-server=localhost volfile-id={volume} client-pid=-1"
        done = node.run(["su", account, "-c", f"PATH=$PATH:/usr/sbin {mount}"])
        where = done.stdout.decode().strip()
        if done.returncode == 0:
            node.sh(f"gluster system:: umount {where} lazy")
        return done.returncode == 0

    def role(self, sessions: t.Sequence[Session], *options: str, **more: t.Any) -> Played:
        """With the known faults mended where a release has some."""
        declared = [session.args(**more.pop(session.primary, {})) for session in sessions]
        return self.done(declared, *options, geo_replication_fix_known_faults=True, **more)


def forget_accounts(node: Node) -> None:
    names = " ".join(ACCOUNTS)
    node.sh(
        f"for name in {names}; do pkill -KILL -u $name; userdel -r $name; done 2>/dev/null; groupdel geogroup 2>/dev/null;"
        f" mv /root/it-glusterd.vol {VOLFILE}; rm -rf {ROOT} /root/it-glusterd.vol; chgrp -R root /var/log/glusterfs/geo-replication*;"
        f" rm -rf {LOG_DIR}/it-n*; lab-service glusterd restart"
    )


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Site]:
    made = Site(lab, tmp_path_factory.mktemp("nonroot"))
    sessions = (A, B, C, D)
    keys = f"{GEOREP}/known_hosts {GEOREP}/*.pem {GEOREP}/*.pem.pub"
    with contextlib.ExitStack() as stack:
        for node in lab.nodes.values():
            node.sh(f"rm -f /root/it-n.tar; tar -cPpf /root/it-n.tar $(ls -d {keys} /root/.ssh 2>/dev/null)")
            stack.callback(node.sh, f"rm -rf {keys} /root/.ssh; tar -xPpf /root/it-n.tar && rm /root/it-n.tar")
            node.sh(f"rm -f {keys}; sed -i '/^command=/d' /root/.ssh/authorized_keys")
        for node in lab.secondaries:
            node.sh(f"cp -p {VOLFILE} /root/it-glusterd.vol")
            stack.callback(forget_accounts, node)
            node.sh(f"sed -i '/^end-volume/d' {VOLFILE}; cat >> {VOLFILE}; echo end-volume >> {VOLFILE}", stdin=BY_HAND.encode())
            # As a session of root has left it.
            node.sh(f"cd {LOG_DIR} && mkdir {LOGS} && touch {LOGS}/gsyncd.log && chmod 600 {LOGS}/gsyncd.log")
            node.service("glusterd", "restart")
        lab.wait_for_peers(lab.secondaries)
        for node in lab.nodes.values():
            stack.callback(
                node.sh,
                "cd /usr/lib/*/glusterfs/python/syncdaemon && for old in *.before-georep-*; do"
                ' [ ! -e "$old" ] || mv "$old" "${old%%.before-georep-*}"; done',
            )
        for session in sessions:
            lab.make_pair(session.primary[len("it-") :])
            stack.callback(lab.remove_volume, "secondary", session.secondary)
            stack.callback(lab.remove_volume, "primary", session.primary)
            stack.callback(lab.forget, session)
        yield made


@pytest.fixture(autouse=True)
def _the_first_chapter_elsewhere(site: Site, request: pytest.FixtureRequest) -> None:
    if "VERSION_CODENAME=bookworm" not in site.lab.s1.read("/etc/os-release") and "from_nothing" not in request.node.name:
        pytest.skip("told on Debian 12")


def test_from_nothing_to_bytes_on_the_other_side(site: Site) -> None:
    """Two accounts and root in one run; the check run has foretold it, a second run does nothing."""
    lab, sessions = site.lab, (A, B, C)
    before, near, daemons = site.state(), site.near(), site.glusterds()
    check = site.role(sessions, "--check", "--diff")
    assert (site.state(), site.near(), site.glusterds()) == (before, near, daemons), "the check run left something behind"
    run = site.role(sessions, "--diff", geo_replication_prove=True)
    assert check.changed == run.changed_but_revived, (check.changed, run.changed)
    assert check.lines("would do: ") == run.lines("done: ") != []
    for node in lab.secondaries:
        for told in ("account geoaccount: created", "glusterd.vol: ", "restart glusterd"):
            assert any(line.startswith(f"{node.name}: ") and told in line for line in run.lines("done: ")), (node.name, told, run.summary)

    assert [proof["proved"] for proof in run.proofs.values()] == [True] * 3, run.proofs
    assert all(lab.raw_is(session, "started") for session in sessions)
    for node, old in zip(lab.secondaries, daemons):
        assert node.sh("pgrep -x glusterd").strip() != old, "glusterd was not restarted"
        text = node.read(VOLFILE)
        assert BY_HAND in text and f"option mountbroker-root {ROOT}\n" in text and "option geo-replication-log-group geogroup\n" in text
        assert site.mapping(node) == {"byhand": ["it-nc-dr"], "geoaccount": ["it-na-dr"], "GeoOther": ["it-nb-dr"]}
        stock = [line for line in node.read("/root/it-glusterd.vol").splitlines() if line not in text.splitlines()]
        assert stock == [], "lines were lost"
        for account in ACCOUNTS[:2]:
            lines = node.read(f"/home/{account}/.ssh/authorized_keys").splitlines()
            assert len(lines) == 4 and all(line.startswith("command=") for line in lines), lines
            assert node.sh(f"stat -c '%U %a' /home/{account}/.ssh/authorized_keys").strip() == f"{account} 600"
            assert "geogroup" in node.sh(f"id -nG {account}").split()
            assert node.sh(f"getent passwd {account}").strip().endswith(":/bin/bash")
            assert node.sh(f"getent shadow {account}").split(":")[1] == "*", "it has a password, or sshd takes it for locked"
        assert node.sh(f"cd {LOG_DIR} && stat -c %U {LOGS} {LOGS}/gsyncd.log").split() == ["geoaccount"] * 2
        assert site.may_mount(node, "geoaccount", "it-na-dr")
        assert not site.may_mount(node, "geoaccount", "it-nb-dr") and not site.may_mount(node, "GeoOther", "it-na-dr")
    for node in lab.primaries:
        assert {line.split()[0] for line in node.read(f"{GEOREP}/known_hosts").splitlines()} == {"secondary1", "secondary2"}
    with lab.mounted(lab.p1, A.primary) as here, lab.mounted(lab.s2, A.secondary) as there:
        script = f"head -c 300000 /dev/urandom > {here}/file; chown 4711:4712 {here}/file; chmod 0640 {here}/file; sha256sum < {here}/file"
        wanted = lab.p1.sh(script)
        look = f"sha256sum < {there}/file 2>/dev/null; stat -c '%u:%g %a' {there}/file 2>/dev/null; true"
        poll("the file is there, with its owner and its mode", lambda: lab.s2.sh(look) == wanted + "4711:4712 640\n")
    # Either node may serve all of them.
    processes = "".join(node.sh("ps -eo user:20,args") for node in lab.secondaries).splitlines()
    far_ends = [line for line in processes if "gsyncd.py s" in line and "::it-n" in line]
    assert {(line.split()[0], line.split("::")[1].split()[0]) for line in far_ends} >= {
        ("geoaccount", "it-na-dr"),
        ("GeoOther", "it-nb-dr"),
        ("root", "it-nc-dr"),
    }, far_ends

    assert all("Active" in words(agree(lab, session)) for session in sessions), "the nodes and gluster say the same"
    after, daemons = site.state(), site.glusterds()
    for again in (site.role(sessions, "--check"), site.role(sessions)):
        assert again.changed == [] and not again.lines("done: ") and not again.lines("would do: "), (again.changed, again.summary)
        assert not again.walks
        assert mutations(again.commands) == []
        assert again.asked == []
    assert (site.state(), site.glusterds()) == (after, daemons)


def test_a_site_of_somebody_else_is_told_what_to_do(site: Site) -> None:
    lab = site.lab
    session = Session(D.primary, D.secondary, user="geolate")
    before = (site.state(), site.near(), lab.raw_state())
    played = site.run(geo_replication_sessions=[session.args()], geo_replication_trust_on_first_use=True)
    assert played.rc != 0
    message = "\n".join(played.failures)
    told = [f"secondary{number}: it-nd-dr by geolate" for number in (1, 2)]
    for line in (*told, "gluster-mountbroker add it-nd-dr geolate", "systemctl restart glusterd"):
        assert line in message, message
    assert (site.state(), site.near(), lab.raw_state()) == before
    mapping = {"secondary_user": "geoaccount", "secondary_volumes": [A.secondary], "secondary_nodes": ["secondary1", "secondary2"]}
    asked = lab.run_module(MODULE, {"state": "verified", "mappings": [mapping]})
    assert not asked.get("failed") and mutations(asked) == [], asked


def test_a_run_that_was_ended_before_the_restart_is_finished(site: Site) -> None:
    """The mapping of a second volume stands in the files, and no glusterd has read it."""
    lab = site.lab
    mapping = {"mappings": [{"secondary_user": "geoaccount", "secondary_volumes": [D.secondary]}]}
    for node in lab.secondaries:
        result = lab.run_module(MODULE, mapping, host=node.name)
        assert result["changed"] and result["restart_needed"] and len(result["steps"]) == 1, result
        assert not site.may_mount(node, "geoaccount", D.secondary)
    again = lab.run_module(MODULE, mapping, host="secondary1")
    assert not again["changed"] and again["restart_needed"] and mutations(again) == []
    daemons, bricks, files = site.glusterds(), site.bricks(), [node.read(VOLFILE) for node in lab.secondaries]
    run = site.role((A, B, C, D), **PRESENT)
    assert any("Restart glusterd" in line for line in run.changed) and not any("mountbroker" in line for line in run.changed), run.changed
    # One node after the other, and each is waited for.
    turns = [
        "Wait until all other nodes of the secondary cluster are connected",
        "Restart glusterd on the secondary node",
        "Wait until glusterd has read glusterd.vol and all nodes are connected again",
    ]
    names = [name.rpartition(" : ")[2] for name, _hosts in run.tasks]
    assert [name for name in names if name in turns] == turns * 2, names
    assert site.bricks() == bricks, "bricks were stopped"
    assert all(new != old for new, old in zip(site.glusterds(), daemons))
    assert [node.read(VOLFILE) for node in lab.secondaries] == files
    assert all(site.may_mount(node, "geoaccount", D.secondary) for node in lab.secondaries)
    assert all(lab.raw_is(session, "started") for session in (A, B, C)) and lab.raw_is(D, "created")


def test_four_steps_on_a_node(site: Site) -> None:
    """An account that is there, but cannot log in; a file that is newer than glusterd, but says what glusterd goes by."""
    node = site.lab.s1
    node.sh("useradd --no-create-home --shell /usr/sbin/nologin geolate; touch /etc/glusterfs/glusterd.vol")
    args = {"mappings": [{"secondary_user": "geolate", "secondary_volumes": [C.secondary]}]}
    states, results = [site.state(node)], []
    for check in (True, False, True, False):
        results.append(site.lab.run_module(MODULE, args, check, host="secondary1"))
        states.append(site.state(node))
    check, run, check_again, run_again = results
    for result in results:
        assert not result.get("failed"), result
    assert states[1] == states[0] != states[2] == states[3] == states[4]
    assert check["changed"] and run["changed"] and mutations(check) == []
    for part in ("steps", "before", "after", "diff", "accounts", "restart_needed"):
        assert check[part] == run[part], part
    for again in (check_again, run_again):
        assert not again["changed"] and again["steps"] == again["diff"] == [] and mutations(again) == []
        assert again["before"] == again["after"] == run["after"] and again["restart_needed"]
    assert len(run["steps"]) == 4, run["steps"]
    assert node.sh("su geolate -c 'cd && id -nG && pwd'").split() == ["geolate", "geogroup", "/home/geolate"]

    refused = site.lab.run_module(MODULE, {**args, "mappings": [{"secondary_user": "x9", "secondary_volumes": ["it-no"]}]}, host="secondary1")
    assert refused["failed"] and refused["option"] == "mappings" and "it-nc-dr" in refused["msg"], refused
    args["mappings"] = [{"secondary_user": "x9", "secondary_volumes": [C.secondary]}]
    refused = site.lab.run_module(MODULE, {**args, "make_accounts": False}, host="secondary1")
    assert refused["failed"] and "useradd" in refused["msg"], refused
    assert site.state(node) == states[4]

    gone = {"state": "absent", "mappings": [{"secondary_user": "geolate", "secondary_volumes": [C.secondary]}]}
    away = site.lab.run_module(MODULE, gone, host="secondary1")
    # glusterd has never gone by it, so there is nothing to restart for; only the file's age has to be got over.
    assert away["changed"] and "geolate" not in site.mapping(node) and "geoaccount" in site.mapping(node)
    still = site.lab.run_module(MODULE, gone, host="secondary1")
    assert not still["changed"] and not still["restart_needed"], still
    node.sh("userdel -r geolate 2>/dev/null; true")

    # Without the primary nodes' UUIDs the session that is running counts as somebody else's.
    used = next(node for node in site.lab.secondaries if "geoaccount@secondary1::it-na-dr" in node.sh("ps -eo args"))
    kept = site.lab.run_module(
        MODULE, {"state": "absent", "mappings": [{"secondary_user": "geoaccount", "secondary_volumes": [A.secondary]}]}, host=used.name
    )
    assert not kept["changed"] and "it-na of primary" in kept["notes"][0], kept


def test_a_restart_that_the_cluster_would_not_stand(site: Site) -> None:
    lab = site.lab
    lab.s2.service("glusterd", "stop")
    try:
        poll("secondary1 sees that", lambda: "Disconnected" in lab.s1.gluster("pool", "list"))
        before = site.state(lab.s1)
        played = site.run(
            geo_replication_sessions=[A.args()],
            geo_replication_secondary_hosts=["secondary1"],
            geo_replication_preflight=False,
            geo_replication_mountbroker_root="/var/other-root",
        )
        assert played.rc != 0
        assert any("secondary2 is down" in message and "Nothing was changed" in message for message in played.failures), played.failures
    finally:
        lab.s2.service("glusterd", "start")
    lab.wait_for_peers(lab.secondaries)
    assert site.state(lab.s1) == before


def test_absent_takes_away_the_mapping_and_nothing_else(site: Site) -> None:
    lab = site.lab
    before, daemons = site.state(), site.glusterds()
    gone = {A.primary: {"state": "absent"}, **PRESENT}
    check = site.role((A, B, C, D), "--check", **gone)
    assert (site.state(), site.glusterds()) == (before, daemons)
    run = site.role((A, B, C, D), **gone)
    assert check.changed == run.changed != [] and check.lines("would do: ") == run.lines("done: ")
    assert lab.raw_is(A, "absent")
    for node in lab.secondaries:
        assert site.mapping(node) == {"byhand": ["it-nc-dr"], "geoaccount": ["it-nd-dr"], "GeoOther": ["it-nb-dr"]}
        assert not site.may_mount(node, "geoaccount", "it-na-dr") and site.may_mount(node, "geoaccount", "it-nd-dr")
        assert BY_HAND in node.read(VOLFILE)
    assert all(new != old for new, old in zip(site.glusterds(), daemons))
    assert all(lab.raw_is(session, "started") for session in (B, C)) and lab.raw_is(D, "created")
    daemons = site.glusterds()
    again = site.role((A, B, C, D), **gone)
    assert again.changed == [] and mutations(again.commands) == [] and site.glusterds() == daemons, again.changed


def test_a_node_that_does_not_answer_does_not_keep_the_session(site: Site) -> None:
    """What may be left there is named, and the next run takes it away."""
    lab = site.lab
    before = site.mapping(lab.s2)
    played = site.without(lab.s2, [D.args(state="absent")])
    assert played.rc == 0 and lab.raw_is(D, "absent"), played.text[-2000:]
    assert any("Could not reach secondary2" in line and "geoaccount" in line for line in played.summary), played.summary
    assert site.mapping(lab.s1) == {"byhand": ["it-nc-dr"], "GeoOther": ["it-nb-dr"]} and site.mapping(lab.s2) == before
    back = site.done([D.args(state="absent")])
    assert back.changed and site.mapping(lab.s2) == site.mapping(lab.s1) and BY_HAND in lab.s2.read(VOLFILE)
    assert site.done([D.args(state="absent")]).changed == []
    assert all(lab.raw_is(session, "started") for session in (B, C))
