# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session is owed a proof until one has passed, whatever became of the run that made it.

The tests of this file are one story, told in order. What the cluster remembers is read by the stock CLI.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import typing as t
from pathlib import Path

import pytest
from lab import Lab, Session, mutating, poll

from playbooks import Playbooks, Played

RECORD = "user.glusterops.georep.proof."
#: Each start of a worker may lose GlusterFS's race; what proves may start it anew.
PROVING: dict[str, t.Any] = {"geo_replication_prove": True, "geo_replication_prove_timeout": 60}
NO_RESTART: dict[str, t.Any] = {**PROVING, "geo_replication_restart_stalled": False, "geo_replication_prove_timeout": 15}


class Site(Playbooks):
    """A pair of volumes of two bricks and no copies: each primary node has a worker that no other can stand in for."""

    def __init__(self, lab: Lab, folder: Path, session: Session) -> None:
        super().__init__(lab, folder)
        self.session = session
        self.config: dict[str, t.Any] = {"sync-method": "tarssh"}

    @property
    def declared(self) -> list[dict[str, t.Any]]:
        return [self.session.args(config=self.config)]

    def begin(self) -> subprocess.Popen[bytes]:
        """A run in a process group of its own, so that all of it can be killed."""
        variables = {**PROVING, "geo_replication_sessions": self.declared, "geo_replication_secondary_hosts": "{{ groups['gluster_secondary'] }}"}
        argv = ["ansible-playbook", "-i", self.lab.inventory, "glusterops.georep.converge", "-e", json.dumps(variables)]
        return subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.lab.env(), start_new_session=True
        )

    def remembered(self) -> str:
        """What the cluster remembers of the session's proof."""
        lines = self.lab.p2.gluster("volume", "info", self.session.primary).splitlines()
        found = [line.partition(": ")[2] for line in lines if line.startswith(RECORD)]
        assert len(found) <= 1, found
        return found[0] if found else ""

    def pays(self, played: Played) -> None:
        """The run proves the session, changes nothing for that, and the next one is done with it."""
        assert played.rc == 0 and not played.failures, (played.failures, played.text[-1500:])
        last = list(played.proofs.values())[-1]
        assert last["session"] == f"{self.session.primary} -> {self.session.target}" and last["proved"], last
        assert self.remembered().startswith(f"proved {last['written_at']}, lag "), (self.remembered(), last)
        again = self.managed(self.declared, **PROVING)
        assert again.rc == 0 and not again.failures and again.changed == [], (again.failures, again.changed)
        # The ways to the secondary are tried each time.
        assert again.proofs == {} and [line for line in mutating(again.commands) if line.startswith("gluster")] == [], mutating(again.commands)


@pytest.fixture(scope="module")
def site(lab: Lab, make_pair: t.Callable[..., Session], tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(lab, tmp_path_factory.mktemp("debt"), make_pair("debt", replica=1, sets=2))


def test_a_run_that_was_killed_while_it_made_the_session_is_finished_and_proved(site: Site) -> None:
    lab, session = site.lab, site.session
    run = site.begin()
    lab.p1.sh(f"""
    for _ in $(seq 3000); do
        cli=$(pgrep -o -f -- '[g]luster --mode=script .* geo-replication {session.primary} .* start$') && break
        sleep 0.1
    done
    kill -KILL "$(awk '/^PPid:/ {{ print $2 }}' "/proc/$cli/status")"
    """)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    ours = ["pgrep", "-f", "--", f"[g]luster --mode=script .* geo-replication {session.primary} "]
    poll("gluster to end what it had begun", lambda: lab.p1.run(ours).returncode != 0)
    # Its command may have met another one's lock, and nobody was there to repeat it: then the session is Created.
    assert lab.registered(session) and site.remembered() == ""
    site.pays(site.managed(site.declared, **PROVING))


def test_a_run_that_was_killed_in_the_proof_is_finished_and_proved(site: Site) -> None:
    lab, session = site.lab, site.session
    site.config["sync-jobs"] = 2
    run = site.begin()
    look = f"ls -A /bricks/{session.primary} | grep '^.georep-canary-' || true"
    try:
        canary = poll("the proof", lambda: lab.p1.sh(look).strip() or run.poll(), pause=0.1)
        assert run.poll() is None, "it ended before"
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    # The module on the node ends at once, too, and cleans nothing up.
    lab.p1.sh("pkill -KILL -f '[A]nsiballZ_gluster_georep|[p]ython3$' || true")
    assert site.remembered() == "owed", "what was proved was proved of other options"
    lab.p1.sh("for where in $(awk '$2 ~ \"^/run/georep-\" { print $2 }' /proc/mounts); do umount --lazy $where; done")
    played = site.managed(site.declared, **PROVING)
    assert played.changed_but_revived == [], played.changed
    site.pays(played)
    with lab.mounted(lab.p1, session.primary) as where:
        lab.p1.sh(f"rm -rf {where}/{canary}")


def test_a_worker_that_is_read_to_deliver_nothing_fails_every_run_until_it_does(site: Site) -> None:
    """One that is halted stands in for one that lost GlusterFS's race: all words stay as they were, and nothing comes.

    Only its own node knows, and the run asks gluster on the other one.
    """
    lab, session = site.lab, site.session
    poll("nothing to wait", lambda: not any(worker[name] for worker in lab.said(session) for name in ("entry", "data", "meta")), pause=0.25)
    (halted,) = lab.workers(lab.p2, session)
    place = f"primary2:/bricks/{session.primary}"
    lab.p2.sh(f"kill -STOP {halted}")
    try:
        with lab.mounted(lab.p1, session.primary) as where:
            lab.p1.sh(f"for number in $(seq 24); do echo waits > {where}/waits-$number; done")

        def stalled() -> bool:
            told = lab.run_module("gluster_georep_info", {"local_only": True}, host="primary2")["local"]["sessions"]
            return any(brick["stalled"] for entry in told if entry["primary_volume"] == session.primary for brick in entry["bricks"])

        poll("the node to read it", stalled, pause=5)
        for options in (["--check"], []):
            unproved = site.managed(site.declared, *options, geo_replication_prove=False)
            assert unproved.rc != 0, unproved.summary
            (message,) = unproved.failures
            assert f"{place}: The worker is Active" in message and "does not see a change that was made" in message, message
            assert "geo_replication_prove: true" in message, message
            assert unproved.changed == [] and site.remembered().startswith("proved ")
        for _turn in range(2):
            refused = site.managed(site.declared, **NO_RESTART)
            assert refused.rc != 0 and refused.changed == [], refused.summary
            assert "delivers nothing" in " ".join(refused.failures) or "is missing" in " ".join(refused.failures), refused.failures
            assert site.remembered() == "owed"
        played = site.managed(site.declared, **PROVING)
    finally:
        lab.p2.sh(f"kill -CONT {halted} 2>/dev/null || true")
    assert lab.workers(lab.p2, session) != {halted}
    site.pays(played)
    assert lab.has(session, "waits-1")


def test_a_session_that_was_started_again_by_hand_is_owed_a_proof(site: Site) -> None:
    lab, session = site.lab, site.session
    info = {"config": False, "only": [{"primary_volume": session.primary}]}
    (status,) = lab.run_module("gluster_georep_info", info)["status"]
    told = status["last_proved"]
    assert told["method"] == "tarssh" and f"proved {told['when']}, lag {told['lag_seconds']} s" in site.remembered(), told
    lab.act(session, "stop")
    lab.act(session, "start")
    lab.reach(session)
    assert site.remembered().startswith("proved "), "by hand nobody withdraws it"
    (status,) = lab.run_module("gluster_georep_info", info)["status"]
    assert status["last_proved"] is None
    check = site.managed(site.declared, "--check", **PROVING)
    assert check.rc == 0 and any("would do: test with a few files" in line and session.primary in line for line in check.summary), check.summary
    unproved = site.done(site.declared)
    told = "Not yet tested that files really reach the secondary, since"
    assert unproved.changed == [] and any(line.startswith(told) and session.primary in line for line in unproved.summary)
    # What goes takes its proof along.
    site.done([session.args(state="absent")])
    assert site.remembered() == "owed" and lab.raw_is(session, "absent")
