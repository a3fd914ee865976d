# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are killed at random moments, each followed by one that has to finish what was begun.

``script/test kills ROUNDS [SEED]`` kills as many runs of each kind. The seed is printed, and the same seed chooses the same
moments again. ``ansible-playbook`` is killed as a whole, and every other time the modules on the nodes are, too: if they are not,
they go on while the next run is at work. The judge is the stock CLI, files and processes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import re
import signal
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from lab import GEOREP, Lab, Session, poll
from test_directory import BASE, DIR, VOLUME, forget_volumes
from test_nonroot import ROOT as MOUNTBROKER_ROOT
from test_nonroot import VOLFILE, mutations
from test_role import _RESTORE, _SAVE
from test_withdraw import ACCOUNT, CONFIG, KNOWN, RECORD, absent, declared, stamp
from test_withdraw import Site as Accounts

from playbooks import Played

ROUNDS = int(os.environ.get("GEOREP_KILL_ROUNDS", "1"))
SEED = os.environ.get("GEOREP_KILL_SEED") or str(time.time_ns() % 100_000)
USER = "geokilled"
A, N, D = Session("it-ka", "it-ka-dr"), Session("it-kn", "it-kn-dr", user=USER), Session("it-kd", VOLUME)
#: Seconds that a run takes on two cores that have nothing else to do: a moment within them is drawn, and within more where
#: runs were seen to take longer.
SECONDS = {"first": 40.0, "rotation": 30.0, "withdrawal": 12.0, "directory": 45.0, "mountbroker": 60.0}

# Whatever a killed run may leave on a node, a line each. The brackets keep pgrep from this very shell.
_LEFT = f"""
grep -o ' /run/georep-[^ ]*' /proc/mounts
pgrep -fa '[g]lusterfs .*/run/georep-' | cut -c1-300
ls -d /run/georep-*-* /tmp/georep-* {GEOREP}/*.next* {GEOREP}/*.previous* {GEOREP}/*.making* {GEOREP}/rotation.json 2>/dev/null
ls -d /bricks/*/.georep-canary-* /bricks/*/.georep-checkpoint-* {DIR}/.georep-* 2>/dev/null
find /etc /root /home /var/lib/glusterd /usr/lib/*/glusterfs -xdev -name '*.georep-*' ! -name '*.before-georep-*'
true
"""


class Site(Accounts):
    """The lab, with lines of somebody else in every file that is edited."""

    whole: Session | None = None  #: the session that was seen to be in order, if one was

    def __init__(self, lab: Lab, folder: Path) -> None:
        super().__init__(lab, folder)
        self.seconds = dict(SECONDS)

    def left(self) -> dict[str, list[str]]:
        found = {node.name: node.sh(_LEFT).splitlines() for node in self.lab.nodes.values()}
        return {name: lines for name, lines in found.items() if lines}

    def nothing(self) -> None:
        """As before the very first run."""
        lab, self.whole = self.lab, None
        for session in (A, N, D):
            if lab.registered(session):
                lab.forget(session)
        forget_volumes(lab)
        for session in (A, N):
            lab.s1.gluster("volume", "reset", session.secondary, "features.read-only")
        self.from_nothing()
        for node in lab.secondaries:
            if USER in node.read(VOLFILE) or node.run(["id", USER]).returncode == 0:
                node.sh(
                    f"pkill -KILL -u {USER}; userdel -r {USER} 2>/dev/null; groupdel geogroup;"
                    f" cp -p /root/it-kills.vol {VOLFILE}; rm -rf {MOUNTBROKER_ROOT}; true"
                )
                node.service("glusterd", "restart")
        lab.wait_for_peers(lab.secondaries)

    def has(self, session: Session, proved: bool = True) -> None:
        """The session of a run that nobody killed, or that was judged, and no other."""
        if self.whole is not session:
            self.nothing()
            self.done(entries(session), geo_replication_prove=proved)
        self.whole = None

    def kill(self, case: Case, rng: random.Random) -> tuple[bool, str]:
        """One run, killed at a moment of its own: whether that was before its end, and what was going on."""
        moment, modules = rng.uniform(0.5, self.seconds[case.kind]), rng.random() < 0.5
        given = {**case.variables, "geo_replication_secondary_hosts": "{{ groups['gluster_secondary'] }}"}
        argv = ["ansible-playbook", "-i", self.lab.inventory, f"glusterops.georep.{case.playbook}", "-e", json.dumps(given)]
        env = dict(self.lab.env(), ANSIBLE_STDOUT_CALLBACK="default")
        began, killed = time.monotonic(), True
        with subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, start_new_session=True
        ) as process:
            out = b""
            try:
                out, _err = process.communicate(timeout=moment)
                # The next draw is from what the run really takes.
                killed, self.seconds[case.kind] = False, time.monotonic() - began
                how = f"ended by itself before {moment:.1f} s, rc {process.returncode}"
            except subprocess.TimeoutExpired:
                kill_all(process.pid)
                how = f"killed after {moment:.1f} s" + (", with the modules on the nodes" if modules else "")
                if modules:
                    for node in self.lab.nodes.values():
                        node.sh("pkill -KILL -f -x /usr/bin/python3; true")
                out, _err = process.communicate(timeout=60)
        tasks = re.findall(r"^TASK \[(?:.* : )?(.*)\] \*", out.decode(), re.M)
        return killed, f"{how}, in {tasks[-1]!r}" if tasks else how

    def again(self, case: Case) -> Played:
        return self.run(
            playbook=case.playbook, **{**case.variables, "geo_replication_secondary_hosts": "{{ groups['gluster_secondary'] }}"}
        )


def kill_all(first: int) -> None:
    """A process and all below it: Ansible gives its workers sessions of their own."""
    told = subprocess.run(["ps", "-eo", "pid=,ppid="], stdout=subprocess.PIPE, check=True).stdout.decode()
    parents = dict(map(int, line.split()) for line in told.splitlines())
    found = [first]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@dataclasses.dataclass
class Case:
    """A run, and what has to be so in the end."""

    kind: str
    session: Session
    state: str
    variables: dict[str, t.Any]
    playbook: str = "converge"
    old_keys: t.Sequence[str] = ()


def entries(session: Session) -> list[dict[str, t.Any]]:
    if session is D:
        return [{"primary_volume": D.primary, "secondary_host": D.host, "secondary_directory": DIR, "config": CONFIG}]
    return [declared(session)]


def prepared(site: Site, kind: str, rng: random.Random) -> Case:
    """Bring the lab to where the run begins."""
    proves = {"geo_replication_prove": True}
    if kind == "rotation":
        site.has(A)
        return Case(kind, A, "started", {"geo_replication_rotate_before": stamp(site.lab.p1), **proves}, "rotate_keys", site.blobs())
    session = {"directory": D, "mountbroker": N}.get(kind, A)
    if kind == "first" or (kind != "withdrawal" and rng.random() < 0.5):
        site.nothing()
        return Case(kind, session, "started", {"geo_replication_sessions": entries(session), **proves})
    site.has(session, proved=False)
    if kind == "mountbroker":
        # Nobody declares it any more: only the session itself tells of its mapping.
        gone = {"geo_replication_sessions": [absent(A)], "geo_replication_undeclared": "absent"}
    else:
        gone = {"geo_replication_sessions": [{**entry, "state": "absent"} for entry in entries(session)]}
    return Case(kind, session, "absent", {**gone, **proves})


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Site]:
    made = Site(lab, tmp_path_factory.mktemp("kills"))
    with contextlib.ExitStack() as stack:
        for node in lab.nodes.values():
            node.sh(f"cp -p {VOLFILE} /root/it-kills.vol; {_SAVE}")
            stack.callback(node.sh, f"rm -f {GEOREP}/*.json {GEOREP}/it-*.pub /root/it-key* /root/it-kills.vol; {_RESTORE}")
        for session in (A, N):
            lab.make_pair(session.primary[len("it-") :])
            stack.callback(lab.remove_volume, "secondary", session.secondary)
            stack.callback(lab.remove_volume, "primary", session.primary)
        lab.make_volume("primary", D.primary, options={"changelog.rollover-time": "3"})
        stack.callback(lab.remove_volume, "primary", D.primary)
        lab.s1.sh(f"mkdir -p {BASE}")
        stack.callback(made.nothing)
        yield made


# --- the judge -------------------------------------------------------------------------------------------------------


def judge(site: Site, case: Case) -> None:
    """Both sites are as the declaration says, byte by byte, and data arrives."""
    lab, session, up = site.lab, case.session, case.state == "started"
    if up:
        lab.reach(session)
        arrives(site, session)
    else:
        assert lab.raw_is(session, "absent")
    ours = sorted(site.common())
    receive = [] if not up else [lab.s1] if session is D else lab.secondaries
    for node in lab.secondaries:
        lines = {"root": node.read(ACCOUNT).removeprefix(site.others).split("\n"), USER: node.read(f"/home/{USER}/.ssh/authorized_keys").split("\n")}
        assert node.read(ACCOUNT).startswith(site.others), f"lines of others were lost on {node.name}"
        for user, found in lines.items():
            wanted = ours if node in receive and user == session.user else []
            assert sorted(filter(None, found)) == wanted, f"the keys of {user} on {node.name}"
        mapping = node.sh(f"grep -c 'mountbroker-geo-replication.{USER} {N.secondary}$' {VOLFILE}; true").strip()
        assert mapping == ("1" if up and session is N else "0"), f"the mapping on {node.name}"
    for node in lab.primaries:
        lines = node.read(KNOWN).splitlines()
        assert site.known.strip() in lines
        names = {line.split()[0] for line in lines if line != site.known.strip()}
        assert names == {node.name for node in receive}, f"the host keys on {node.name}"
        record = json.loads(node.read(RECORD) or '{"keys": [], "sites": []}')
        # The keys stay in it, and in use for whatever session comes next.
        assert sorted(record["keys"]) == ours or not (up or record["keys"]), f"the record on {node.name}"
        assert bool(record["sites"]) is up, f"the record on {node.name}"
    if up:
        info = lab.s1.gluster("volume", "info", session.secondary)
        assert "features.read-only: on" in info
        blobs = site.blobs()
        assert not set(blobs) & set(case.old_keys) and all(blob in "".join(ours) for blob in blobs)
    elif session is D:
        assert VOLUME not in lab.volumes("secondary")


def arrives(site: Site, session: Session) -> None:
    """A file that is written now is there with the same checksum, by way of the bricks of the other site."""
    lab, name = site.lab, f"kill-{time.monotonic_ns()}"
    with lab.mounted(lab.p1, session.primary) as where:
        wanted = lab.p1.sh(f"head -c 100000 /dev/urandom > {where}/{name}; sha256sum < {where}/{name}")
    folder = DIR if session is D else f"/bricks/{session.secondary}"
    look = f"sha256sum < {folder}/{name} 2>/dev/null; true"
    poll(f"{name} arrives", lambda: lab.s1.sh(look) == wanted, 90)


def finish(site: Site, kind: str, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Kill a run, and see that the next one makes everything true, and that the one after that has nothing to do."""
    rng = random.Random(f"{SEED} {kind} {number}")
    began = time.monotonic()
    for _draw in range(5):
        case = prepared(site, kind, rng)
        ready = time.monotonic()
        done, how = site.kill(case, rng)
        told = f"seed {SEED}, {kind} {number} to {case.state}: {how}"
        with capsys.disabled():
            print(f"\n{told}")
        if done:
            break
    else:
        raise AssertionError(f"no run was killed before its end: {told}")
    killed = time.monotonic()
    run = site.again(case)
    ended = time.monotonic()
    assert run.rc == 0 and not run.failures, (told, run.failures, run.text[-1500:])
    site.seconds[kind] = max(site.seconds[kind], ended - killed)
    judge(site, case)
    again = site.again(case)
    if again.proofs:
        # A module that lived on has started the session once more after its proof, which withdraws it.
        assert again.rc == 0 and again.changed_but_revived == [], (told, again.failures, again.changed)
        again = site.again(case)
    assert again.rc == 0 and again.changed == [] and mutations(again.commands) == [], (told, again.failures, again.changed)
    with contextlib.suppress(AssertionError):
        # A module that was not killed may be about to end.
        poll("nothing is left", lambda: not site.left(), 20)
    assert site.left() == {}, told
    site.whole = case.session if case.state == "started" else None
    with capsys.disabled():
        print(f"finished: {ready - began:.0f} s to prepare, {ended - killed:.0f} s for the run, {time.monotonic() - ended:.0f} s to judge")


RUNS = [(number, kind) for number in range(ROUNDS) for kind in SECONDS]


@pytest.mark.parametrize(("number", "kind"), RUNS[:2])
def test_what_was_killed_is_finished(site: Site, kind: str, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    finish(site, kind, number, capsys)


PROOF = "gluster_georep_proof"
#: The mounts of our modules on a node, by the kernel's table.
MOUNTS = "grep -o ' /run/georep-[^ ]*' /proc/mounts; true"


def proving(site: Site, others: t.Collection[str]) -> tuple[t.Any, set[str]]:
    """A proof that has both volumes mounted, and where."""
    lab = site.lab
    run = lab.start_play([lab.task(PROOF, {"sessions": [A.args()], "restart_stalled": True})])

    def both() -> set[str]:
        found = set(lab.p1.sh(MOUNTS).split()) - set(others)
        return found if len(found) == 2 else set()

    return run, poll("both volumes are mounted", both, pause=0.1)


def test_what_a_module_had_mounted_when_it_was_killed(site: Site) -> None:
    """Its mounts, processes and folders go with the next one that mounts; those of one that runs stay."""
    lab = site.lab
    site.has(A)
    killed, dead = proving(site, ())
    lab.p1.sh("pkill -KILL -f -x /usr/bin/python3; true")
    killed.process.kill()
    with contextlib.suppress(AssertionError):
        killed.results()
    assert set(lab.p1.sh(MOUNTS).split()) == dead, "nothing ends them by itself"
    first, living = proving(site, dead)
    assert set(lab.p1.sh(MOUNTS).split()) == living
    second, more = proving(site, living)
    assert set(lab.p1.sh(MOUNTS).split()) >= more
    for run in (first, second):
        [result] = run.results()
        assert not result.get("failed") and all(proof["proved"] for proof in result["proofs"]), result
    # The removal of its canary takes as long as any change to reach the other site.
    with contextlib.suppress(AssertionError):
        poll("nothing is left", lambda: not site.left(), 40)
    assert site.left() == {}
    site.whole = A


# Here, because the session that the others begin with is there by now.
@pytest.mark.parametrize(("number", "kind"), RUNS[2:])
def test_what_was_killed_later_is_finished(site: Site, kind: str, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    finish(site, kind, number, capsys)
