# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong in real clusters: each fault is made for real, told in plain words, and nothing is touched."""

from __future__ import annotations

import contextlib
import re
import typing as t

import pytest
from lab import GEOREP, Lab, Result, Session, mutating, poll

MODULE = "gluster_georep_session"
TAR = {"sync-method": "tarssh"}


@pytest.fixture(scope="module")
def session(make_pair: t.Callable[..., Session]) -> Session:
    return make_pair("faults")


@pytest.fixture(scope="module")
def unstarted(lab: Lab) -> t.Iterator[str]:
    """A volume on each site that is not started."""
    for site in ("primary", "secondary"):
        lab.make_volume(site, "it-unstarted", replica=1, start=False)
    yield "it-unstarted"
    for site in ("primary", "secondary"):
        lab.remove_volume(site, "it-unstarted")


def told(result: Result, *words: str) -> None:
    """The message holds all the words; a fault of an option is reported with its name, value and remedy."""
    for word in words:
        assert word in result["msg"], f"{word!r} is not in: {result['msg']}"
    if result["error"] == "InvalidInput":
        assert result["option"] and "value" in result and result["remedy"], result
    assert len(result["msg"]) < 1500, result["msg"]


# --- declarations that cannot be ---------------------------------------------------------------------

# changes to a right declaration, the option at fault, words of the message
NAMES = [
    ({"primary_volume": "it-x;touch /root/y"}, "primary_volume", ["it-x;touch /root/y", "letters, digits"]),
    ({"primary_volume": "it x"}, "primary_volume", ["'it x'", "letters, digits"]),
    ({"primary_volume": "--xml"}, "primary_volume", ["--xml", "not beginning with '-'"]),
    ({"primary_volume": ""}, "primary_volume", ["''", "letters, digits"]),
    ({"secondary_volume": "$(id)"}, "secondary_volume", ["$(id)", "letters, digits"]),
    ({"secondary_volume": "it-x\nforce"}, "secondary_volume", ["force", "letters, digits"]),
    ({"secondary_host": "secondary1:::x"}, "secondary_host", ["secondary1:::x", "options of their own"]),
    ({"secondary_host": "root@secondary1"}, "secondary_host", ["root@secondary1", "options of their own"]),
    ({"secondary_host": "h; id"}, "secondary_host", ["h; id", "host name or IPv4"]),
    ({"secondary_host": "-oProxyCommand=id"}, "secondary_host", ["-oProxyCommand=id", "host name or IPv4"]),
    ({"secondary_host": "fd00::1"}, "secondary_host", ["fd00::1", "IPv6", "Give the host a name"]),
    ({"secondary_host": "[fd00::1]"}, "secondary_host", ["[fd00::1]", "IPv6", "Give the host a name"]),
    ({"secondary_host": "::1"}, "secondary_host", ["::1", "IPv6", "Give the host a name"]),
    ({"secondary_user": "u;id"}, "secondary_user", ["u;id", "account"]),
    ({"ssh_port": 70000}, "ssh_port", ["70000", "1 to 65535"]),
    ({"config": {"ssh-port": 2222}}, "config.ssh-port", ["2222", "contradicts ssh_port"]),
    ({"reset_sync_time": True}, "reset_sync_time", ["state: absent"]),
]


def test_names(lab: Lab, session: Session) -> None:
    results = lab.refused([lab.task(MODULE, session.args(**change)) for change, _option, _words in NAMES])
    for (_change, option, words), result in zip(NAMES, results):
        told(result, option, *words)
        assert result["option"] == option
        assert result["commands"] == []


def test_what_is_not_there(lab: Lab, session: Session, unstarted: str) -> None:
    """Volumes and hosts that are missing or not started, in a check run and in a real one."""
    nobody = lab.p1.address.rsplit(".", 1)[0] + ".250"
    cases: list[tuple[dict[str, t.Any], str, list[str]]] = [
        ({"primary_volume": "it-nothing"}, "primary_volume", ["it-nothing", "is not a volume of the primary cluster", session.primary]),
        ({"primary_volume": unstarted}, "primary_volume", [unstarted, "is not started", f"gluster volume start {unstarted}"]),
        ({"secondary_volume": "it-nothing"}, "secondary_volume", ["it-nothing", "is not a volume of secondary1"]),
        ({"secondary_volume": unstarted}, "secondary_volume", [unstarted, "is not started on secondary1"]),
        ({"secondary_host": "nobody.invalid"}, "secondary_host", ["nobody.invalid", "getent hosts", "24007"]),
        ({"secondary_host": nobody}, "secondary_host", [nobody, "24007"]),
        ({"secondary_version": "11.1"}, "", ["different GlusterFS releases", "11.1", "version_mismatch"]),
    ]
    # In turn in a check run and in a real one: the checks come before they part.
    tasks = [lab.task(MODULE, session.args(**change), bool(number % 2)) for number, (change, _o, _w) in enumerate(cases)]
    both = {"sessions": [session.args(), session.args(secondary_volume="it-nothing")]}
    twice = {"sessions": [session.args(), session.args(secondary_user="other")]}
    *results, in_both, in_twice = lab.refused([*tasks, lab.task(MODULE, both), lab.task(MODULE, twice)])
    for (_change, option, words), result in zip(cases, results):
        told(result, option, *words)
        assert result.get("option", "") == option
    told(in_both, "it-nothing")
    told(in_twice, "is declared already, as sessions[0]")


def test_a_secondary_that_is_not_empty(lab: Lab, session: Session) -> None:
    lab.bring(session, "absent")
    with lab.mounted(lab.s1, session.secondary) as where:
        lab.s1.sh(f"touch {where}/'old letter.txt'")
        args = session.args(state="present")
        # another consent is not this one
        other = {**args, "accept": ["secondary_smaller"]}
        for result in lab.refused([lab.task(MODULE, args, True), lab.task(MODULE, other)]):
            told(result, session.target, session.secondary, "old letter.txt", "Nothing was changed", "accept: [secondary_not_empty]")
        steps = lab.four_steps(MODULE, {**args, "accept": ["secondary_not_empty"]})
        assert "old letter.txt" in steps.run["sessions"][0]["notes"][0]
        assert lab.raw_is(session, "created")
        lab.s1.sh(f"rm {where}/'old letter.txt'")


def test_a_secondary_that_is_smaller(lab: Lab, session: Session) -> None:
    """Its brick lies on a small file system; a file is on it too, and both objections are told at once."""
    small = Session(session.primary, "it-small-dr")
    lab.s1.sh("mkdir -p /mnt/it-small && mount -t tmpfs -o size=48m it-small /mnt/it-small")
    try:
        lab.s1.gluster("volume", "create", small.secondary, "secondary1:/mnt/it-small/brick", "force")
        lab.s1.gluster("volume", "start", small.secondary)
        with lab.mounted(lab.s1, small.secondary) as where:
            lab.s1.sh(f"touch {where}/thing")
        args = small.args(state="present")
        accepted = {**args, "accept": ["secondary_smaller"]}
        bare, result = lab.refused([lab.task(MODULE, args, True), lab.task(MODULE, accepted)])
        told(bare, "48 MiB", "smaller", "accept: [secondary_smaller]", "thing", "accept: [secondary_not_empty]")
        told(result, "thing")
        assert "smaller" not in result["msg"]
        steps = lab.four_steps(MODULE, {**args, "accept": ["secondary_smaller", "secondary_not_empty"]})
        assert len(steps.run["sessions"][0]["notes"]) == 2
        assert lab.raw_is(small, "created")
    finally:
        lab.forget(small)
        lab.remove_volume("secondary", small.secondary)
        lab.s1.sh("while umount --lazy /mnt/it-small 2>/dev/null; do :; done; rmdir /mnt/it-small")


# --- daemons that are down ---------------------------------------------------------------------------


@contextlib.contextmanager
def glusterd_down(lab: Lab, name: str) -> t.Iterator[None]:
    node, other = (lab.p1, lab.p2) if name == "primary1" else (lab.p2, lab.p1)
    node.service("glusterd", "stop")
    try:
        poll(f"{other.name} to notice", lambda: "Disconnected" in other.gluster("peer", "status"))
        yield
    finally:
        node.service("glusterd", "start")
        lab.wait_for_peers()


def test_glusterd_is_down_here(lab: Lab, session: Session) -> None:
    lab.bring(session, "created")
    with glusterd_down(lab, "primary1"):
        tasks = [lab.task(MODULE, session.args(state=state)) for state in ("started", "absent")]
        tasks.append(lab.task("gluster_georep_config", session.args(config={"sync-jobs": 5})))
        tasks.append(lab.task("gluster_georep_info", {}))
        for result in lab.refused(tasks):
            told(result, "glusterd does not answer on this node", "Start it")
            assert result["error"] == "DaemonUnreachable"
    assert lab.raw_is(session, "created")


def test_glusterd_is_down_on_the_other_node(lab: Lab, session: Session) -> None:
    lab.bring(session, "created")
    with glusterd_down(lab, "primary2"):
        refused = [
            lab.task(MODULE, session.args(state="started")),
            lab.task(MODULE, session.args(state="present", config={"sync-jobs": 6})),
            lab.task("gluster_georep_config", session.args(config={"sync-jobs": 6})),
            # glusterd itself refuses this one then, and no consent helps.
            lab.task(MODULE, session.args(state="absent", accept=["peer_down"])),
        ]
        *waivable, final = lab.refused(refused)
        for result in (*waivable, final):
            told(result, "primary2", "cannot be reached", "Nothing was changed")
        assert all("accept: [peer_down]" in result["msg"] for result in waivable)
        assert "refuses to delete" in final["msg"] and "accept:" not in final["msg"], final["msg"]
        # What is so already may be declared; and a consent lets the rest through.
        unchanged = session.args(state="present", config=TAR)
        found = lab.play([lab.task(MODULE, unchanged), lab.task(MODULE, {**unchanged, "config": {"sync-jobs": 6}, "accept": ["peer_down"]})])
        assert found[0]["changed"] is False, found[0]
        assert found[1]["changed"] is True and "primary2" in found[1]["sessions"][0]["notes"][0], found[1]
        assert lab.raw_option(session, "sync-jobs") == "6"
    assert lab.raw_is(session, "created")
    assert lab.raw_option(session, "sync-jobs", lab.p2) != "6"
    lab.set_option(session, "sync-jobs")


# --- several at once ---------------------------------------------------------------------------------


@contextlib.contextmanager
def locked(lab: Lab, session: Session) -> t.Iterator[t.Callable[[], None]]:
    """The lock of the session's primary volume, held by a create of the stock CLI until the yielded function is called.

    gverify.sh runs while glusterd holds it: here it waits for a file to go.
    """
    gverify = lab.p1.sh("ls /usr/lib/*/glusterfs/gverify.sh /usr/libexec/glusterfs/gverify.sh 2>/dev/null | head -n 1").strip()
    lab.p1.sh(f"touch /run/it-hold && cp -p {gverify} /root/it-gverify")
    # The real one writes its verdict into the file that is its last but one argument; none means failure.
    lab.p1.write(gverify, "#!/bin/bash\ntouch /run/it-held\nwhile [ -e /run/it-hold ]; do sleep 0.2; done\nexit 1\n", "0755")
    try:
        words = f"volume geo-replication {session.primary} secondary1::projects-dr create push-pem"
        lab.p1.sh(f"nohup gluster --mode=script --timeout=600 -- {words} >/run/it-create 2>&1 </dev/null & disown")
        poll("the lock to be held", lambda: lab.p1.run(["test", "-e", "/run/it-held"]).returncode == 0)
        yield lambda: lab.p1.sh("rm -f /run/it-hold") and None
    finally:
        lab.p1.sh(f"rm -f /run/it-hold /run/it-held; cp -p /root/it-gverify {gverify}; rm -f /root/it-gverify")
        poll("the other command to end", lambda: lab.p1.run(["pgrep", "-f", "create push-pem"]).returncode != 0)
        lab.forget(Session(session.primary, "projects-dr"))


def test_another_command_holds_the_lock(lab: Lab, session: Session) -> None:
    """Short of patience it is told so; with patience it waits until the lock is free, and succeeds."""
    lab.bring(session, "created")
    args = session.args(state="present", config={"sync-jobs": 8})
    refusals = "grep -c 'Lock for .* held by' /var/log/glusterfs/glusterd.log || true"
    with locked(lab, session) as release:
        # Reading needs no lock: gsyncd itself is asked for the options.
        status, everything, failed = lab.play(
            [
                lab.task("gluster_georep_info", {"config": False}),
                lab.task("gluster_georep_info", {"lock_timeout": 2}),
                lab.task(MODULE, {**args, "lock_timeout": 2}),
            ]
        )
        for read in (status, everything):
            assert not read.get("failed") and len(read["status"]) == 1, read
        assert failed.get("failed") and failed["error"] == "LockBusy", failed
        told(failed, "lock for 2 seconds", "run again")
        assert "sync-jobs" not in lab.p1.read(f"{session.directory}/gsyncd.conf")
        before = int(lab.p1.sh(refusals))
        running = lab.start_play([lab.task(MODULE, args)])
        poll("the module to be refused twice", lambda: int(lab.p1.sh(refusals)) >= before + 2)
        release()
        (result,) = running.results()
    assert result.get("changed") is True, result
    sent = mutating(result)
    assert len(sent) >= 3 and len(set(sent)) == 1, "it was to be refused at least twice"
    assert lab.raw_option(session, "sync-jobs") == "8"
    lab.set_option(session, "sync-jobs")


def test_two_runs_at_once(lab: Lab, session: Session) -> None:
    """The same declaration, applied on two nodes at the same time: both succeed, and the session is there once."""
    lab.bring(session, "absent")
    args = session.args(config=TAR)
    runs = [lab.start_play([lab.task(MODULE, args)], host) for host in ("primary1", "primary2")]
    results = [run.results()[0] for run in runs]
    for result in results:
        assert not result.get("failed"), result
        assert result["after"]["state"] == "active"
    assert any(result["changed"] for result in results)
    assert lab.raw_is(session, "started")
    assert [lab.raw_option(session, "sync-method", node) for node in lab.primaries] == ["tarssh", "tarssh"]
    (entry,) = lab.run_module("gluster_georep_info", {})["status"]
    assert entry["state"] == "active"


# --- runs that broke off -----------------------------------------------------------------------------


def test_a_run_that_was_killed(lab: Lab, session: Session) -> None:
    """The module dies while gluster creates the session; the next run does what is left to do."""
    lab.bring(session, "absent")
    killer = f"""
    for _ in $(seq 3000); do
        cli=$(pgrep -o -f -- '[g]luster --mode=script .* geo-replication {session.primary} .* create') && break
        sleep 0.02
    done
    kill -KILL "$(awk '/^PPid:/ {{ print $2 }}' "/proc/$cli/status")"
    """
    run = lab.start_play([lab.task(MODULE, session.args(config=TAR))])
    lab.p1.sh(killer)
    (result,) = run.results()
    assert result["failed"] and "commands" not in result, result
    ours = ["pgrep", "-f", "--", f"[g]luster --mode=script .* geo-replication {session.primary} .* create"]
    poll("gluster to end what it had begun", lambda: lab.p1.run(ours).returncode != 0)
    # Its command may have met another one's lock, and nobody was there to repeat it.
    begun = lab.raw_is(session, "created")
    (result,) = lab.play([lab.task(MODULE, session.args(config=TAR))])
    assert result.get("changed") is True, result
    assert any(" create " in line for line in mutating(result)) is not begun
    assert lab.raw_is(session, "started")
    assert lab.raw_option(session, "sync-method") == "tarssh"


def test_a_half_made_session(lab: Lab, session: Session) -> None:
    """glusterd died after it had made the session's directory and before it registered the session."""
    lab.bring(session, "absent")
    for node in lab.primaries:
        node.sh(f"mkdir -p {session.directory}")
    refusal = lab.p1.gluster("volume", "geo-replication", session.primary, session.target, "create", "no-verify", check=False)
    assert "already created" in refusal, refusal
    steps = lab.four_steps(MODULE, session.args(state="present"))
    assert any("created only in part" in note for note in steps.run["sessions"][0]["notes"])
    assert lab.raw_is(session, "created")


# --- sessions that do not work -----------------------------------------------------------------------


def test_a_corrupt_configuration(lab: Lab, session: Session) -> None:
    """gluster says 'no active sessions' of a session whose configuration gsyncd cannot read."""
    lab.bring(session, "stopped")
    lab.p1.gluster("volume", "geo-replication", session.primary, session.target, "config", "secondary-timeout", "abc", check=False)
    try:
        assert "abc" in lab.p1.read(f"{session.directory}/gsyncd.conf")
        tasks = [lab.task(MODULE, session.args(state=state)) for state in ("started", "stopped", "paused", "present", "absent")]
        tasks.append(lab.task("gluster_georep_config", session.args(config={"sync-jobs": 5})))
        for result in lab.refused(tasks):
            told(result, session.target, "gsyncd.conf", session.directory.rsplit("/", 1)[1], "on every node")
        # The other node still shows its worker.
        assert lab.raw_words(session) == ["Stopped"]
        info = lab.run_module("gluster_georep_info", {"only": [session.args()]})
        assert [entry["state"] for entry in info["status"]] == ["unreadable"]
        assert info["sessions"] == []
    finally:
        for node in lab.primaries:
            node.sh(f"sed -i /abc/d {session.directory}/gsyncd.conf")
    assert lab.raw_is(session, "stopped")
    assert lab.run_module(MODULE, session.args(state="stopped"))["changed"] is False


def test_workers_that_cannot_live(lab: Lab, session: Session, keys: list[str]) -> None:
    """The secondary nodes do not know the keys: gluster says success, and the session does not run."""
    lab.bring(session, "stopped")
    files = {node.name: node.read("/root/.ssh/authorized_keys") for node in lab.secondaries}
    for node in lab.secondaries:
        left = "".join(f"{line}\n" for line in files[node.name].splitlines() if not line.startswith("command="))
        node.write("/root/.ssh/authorized_keys", left)
    try:
        result = lab.run_module(MODULE, session.args(wait_timeout=5))
        assert result.get("failed") and result["error"] == "StateNotReached", result
        told(result, f"{session.primary} -> {session.target}", "not active", f"primary1:/bricks/{session.primary}", "gsyncd.log")
        # Whether the log has ssh's own words depends on the release, and on luck.
        last = re.search(r"Last error in gsyncd\.log on this node: (\S+ \S+) (.*\S) Known fault (key-refused|ssh-failed): ", result["msg"])
        assert last, result["msg"]
        log = lab.p1.read(f"/var/log/glusterfs/geo-replication/{session.directory.rsplit('/', 1)[1]}/gsyncd.log")
        # The words of a command that failed are left out of the message.
        assert f"[{last[1]}] E [" in log and last[2].partition(" ssh> ")[0].partition(" ...}")[0] in log and "gluster_ssh_trust" in result["msg"]
        assert ("Permission denied (" in last[2]) is (last[3] == "key-refused")
        # Who does not wait is not told.
        lab.bring(session, "stopped")
        result = lab.run_module(MODULE, session.args(wait=False))
        assert result.get("changed") is True, result
    finally:
        for node in lab.secondaries:
            node.write("/root/.ssh/authorized_keys", files[node.name])
    result = lab.run_module(MODULE, session.args())
    assert not result.get("failed"), result
    assert lab.raw_is(session, "started")


def test_no_keys_no_push(lab: Lab, session: Session) -> None:
    """``push_pem`` without a login for root: gluster's own check refuses, and the reason and remedy are told."""
    lab.bring(session, "absent")
    before = lab.raw_state()
    result = lab.run_module(MODULE, session.args(state="present", push_pem=True))
    assert result.get("failed"), result
    assert lab.raw_is(session, "absent")
    told(result, "Passwordless ssh login", "secondary1", "gluster_ssh_trust")
    after = lab.raw_state()
    assert {name: re.sub("sent: .*", "", text) for name, text in after.items()} == {
        name: re.sub("sent: .*", "", text) for name, text in before.items()
    }
    assert GEOREP in session.directory and not lab.registered(session)
