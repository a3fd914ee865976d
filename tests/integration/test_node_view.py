# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node's own files against gluster: the same rows of ``status`` and the same options, field by field, in every state.

Runs on the lab of each release (script/test integration). The tests are one story, told in order. If a node cannot tell, gluster must
not be taken to say the same: the view then has a problem and no rows.
"""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from lab import GEOREP, Lab, Node, Session, poll

FIXES = {"bullseye": "python-isalive", "trixie": "python-readfp"}


@pytest.fixture(scope="module")
def session(lab: Lab, make_pair: t.Callable[..., Session]) -> t.Iterator[Session]:
    """gsyncd does not run on all releases as their packages have it: there with the known fault mended, and put back at the end."""
    release = lab.p1.sh(". /etc/os-release && echo $VERSION_CODENAME").strip()
    with contextlib.ExitStack() as stack:
        if release in FIXES:
            for node in lab.nodes.values():
                made = lab.run_module("gluster_georep_remedy", {"faults": [FIXES[release]]}, host=node.name)
                assert not made.get("failed"), made
                stack.callback(
                    node.sh,
                    "cd /usr/lib/*/glusterfs/python/syncdaemon && for old in *.before-georep-*; do"
                    ' [ ! -e "$old" ] || mv "$old" "${old%%.before-georep-*}"; done',
                )
        made = make_pair("view")
        yield made
        # As long as gsyncd is patched.
        lab.forget(made)


def differences(lab: Lab, session: Session, nodes: t.Sequence[Node]) -> list[str]:
    """What the nodes say otherwise than gluster does."""
    rows = lab.raw_rows(session)
    found = []
    for node in nodes:
        view = lab.node_views(node, session)
        if view["problem"]:
            found.append(f"{node.name}: {view['problem']}")
            continue
        own = {key: row for key, row in rows.items() if key[0] == view["node_uuid"]}
        told = {(row["primary_node_uuid"], row["primary_brick"]): row for row in view["rows"]}
        if own != told:
            found.append(f"{node.name}: status {own} is {told}")
        config = {name.replace("master", "primary").replace("slave", "secondary"): value for name, value in lab.raw_config(session, node).items()}
        if config != view["config"]:
            found.append(f"{node.name}: options {sorted(set(config.items()) ^ set(view['config'].items()))}")
        file = node.read(f"{session.directory}/gsyncd.conf")
        stored = {line.partition("=")[0].strip().replace("_", "-").replace("slave", "secondary") for line in file.splitlines() if "=" in line}
        if stored != set(view["modified"]):
            found.append(f"{node.name}: set here {stored ^ set(view['modified'])}")
    return found


def agree(lab: Lab, session: Session, *nodes: Node) -> dict[tuple[str, str], dict[str, str]]:
    """The rows of gluster, once the nodes (all by default) say the same: a worker may go on between two readings."""
    last: list[str] = []

    def look() -> bool:
        last[:] = differences(lab, session, nodes or lab.primaries)
        return not last

    try:
        poll("both views to be the same", look, patience=20, pause=0.5)
    except AssertionError as exc:
        raise AssertionError("\n".join(last)) from exc
    return lab.raw_rows(session)


def words(rows: t.Mapping[tuple[str, str], t.Mapping[str, str]]) -> list[str]:
    return sorted(row["status"] for row in rows.values())


def faulty(lab: Lab, session: Session) -> None:
    """A worker that has died is Faulty until its monitor starts it again, ten seconds later."""

    def look() -> bool:
        for node in lab.primaries:
            node.sh(f"pkill -KILL -f '[g]syncd.py worker {session.primary} ' || true")
        return "Faulty" in words(agree(lab, session))

    poll("a faulty worker", look, patience=60)


def test_created(lab: Lab, session: Session) -> None:
    lab.bring(session, "created")
    assert words(agree(lab, session)) == ["Created", "Created"]


def test_active_and_passive(lab: Lab, session: Session) -> None:
    lab.bring(session, "started")
    assert words(agree(lab, session)) == ["Active", "Passive"]


def test_a_checkpoint_that_is_set_and_reached(lab: Lab, session: Session) -> None:
    # A worker that still reads its history, or that lost the race of its start, completes no checkpoint.
    lab.live(session)
    lab.set_option(session, "checkpoint", "now")
    rows = agree(lab, session)
    active = next(row for row in rows.values() if row["status"] == "Active")
    assert active["checkpoint_time"] != "N/A"
    number = 0

    def reached() -> bool:
        nonlocal number
        number += 1
        with lab.mounted(lab.p1, session.primary) as where:
            lab.p1.sh(f"echo x > {where}/checkpoint-{number}")
        if "Yes" not in {row["checkpoint_completed"] for row in lab.raw_rows(session).values()}:
            if number % 8 == 0:
                lab.live(session)
            return False
        return True

    poll("the checkpoint", reached, pause=2)
    active = next(row for row in agree(lab, session).values() if row["status"] == "Active")
    assert active["checkpoint_completed"] == "Yes" and active["checkpoint_completion_time"] != "N/A"
    lab.set_option(session, "checkpoint")
    agree(lab, session)


def test_options_of_every_kind(lab: Lab, session: Session) -> None:
    for name, value in (
        ("sync-jobs", "5"), ("ignore-deletes", "true"), ("rsync-options", "--whole-file  --bwlimit=0"), ("log-level", "DEBUG"),
        ("ssh-options-tar", "-oPasswordAuthentication=no -oStrictHostKeyChecking=no -i ${glusterd_workdir}/geo-replication/tar_ssh.pem"),
    ):  # fmt: skip
        lab.set_option(session, name, value)
    lab.reach(session)
    agree(lab, session)
    assert lab.node_views(lab.p1, session)["config"]["ssh-options-tar"].endswith(f"-i {GEOREP}/tar_ssh.pem")
    # On one node only, as an editor leaves it.
    lab.p2.sh(f"sed -i 's/^sync-jobs.*/sync-jobs = 7/; $ a gluster-log-level = WARNING' {session.directory}/gsyncd.conf")
    agree(lab, session)
    assert [lab.node_views(node, session)["config"]["sync-jobs"] for node in lab.primaries] == ["5", "7"]


def test_half_started(lab: Lab, session: Session) -> None:
    """A monitor that was killed: its file still says Started, and nobody holds its lock."""
    pids = lab.monitors(session)[lab.p2.name]
    lab.p2.sh(f"kill -KILL {pids}; pkill -KILL -f '[g]syncd.py worker {session.primary} ' || true")
    rows = agree(lab, session)
    assert "Stopped" in words(rows) and len(rows) == 2


def test_paused_and_stopped(lab: Lab, session: Session) -> None:
    lab.bring(session, "stopped")
    assert words(agree(lab, session)) == ["Stopped", "Stopped"]
    lab.bring(session, "paused")
    assert words(agree(lab, session)) == ["Paused", "Paused"]


def test_faulty(lab: Lab, session: Session) -> None:
    lab.bring(session, "started")
    faulty(lab, session)


def test_a_monitor_that_ends_because_it_cannot_log_in(lab: Lab, session: Session) -> None:
    lab.bring(session, "stopped")
    lab.set_option(session, "ssh-options", "-oBatchMode=yes -i /nonexistent")
    lab.act(session, "start")
    agree(lab, session)
    lab.act(session, "stop force")
    lab.set_option(session, "ssh-options")
    agree(lab, session)


def test_a_node_whose_glusterd_is_down(lab: Lab, session: Session) -> None:
    """gluster leaves its rows out; its own files still tell."""
    lab.p2.service("glusterd", "stop")
    try:
        poll("primary1 to notice", lambda: "Disconnected" in lab.p1.gluster("peer", "status"))
        agree(lab, session, lab.p1)
        assert len(lab.raw_rows(session)) == 1 and len(lab.node_views(lab.p2, session)["rows"]) == 1
    finally:
        lab.p2.service("glusterd", "start")
        lab.wait_for_peers()


BROKEN = {
    "no options file": ("gsyncd.conf", "rm -f {file}", "no file of the session"),
    "no monitor file": ("monitor.status", "rm -f {file}", "monitor.status"),
    "corrupt options": ("gsyncd.conf", "echo nonsense > {file}", "cannot be read"),
    "a word for a number": ("gsyncd.conf", "sed -i '/^sync.jobs/d; $ a sync-jobs = many' {file}", "sync-jobs is 'many'"),
    "corrupt worker": ("brick_*", "echo '{{\"worker_status\": ' > {file}", "cannot be read"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_node_that_cannot_tell_says_so(lab: Lab, session: Session, what: str) -> None:
    name, script, says = BROKEN[what]
    file = lab.p2.sh(f"ls {session.directory}/{name}").strip()
    lab.p2.sh(f"cp -a {file} /root/it-kept")

    def told() -> bool:
        lab.p2.sh(script.format(file=file))
        view = lab.node_views(lab.p2, session)
        return says in (view["problem"] or "") and "rows" not in view

    try:
        # On 10.3, seen twice shortly after glusterd was started: the options file was there again.
        poll("the node to say so", told, patience=20)
        # gluster answers for no node then, or as if the session did not exist.
        assert lab.node_views(lab.p1, session)["problem"] is None
    finally:
        lab.p2.sh(f"cp -a /root/it-kept {file}; rm /root/it-kept")
    agree(lab, session)


def test_an_unprivileged_account(lab: Lab, session: Session) -> None:
    """Created, and started in vain, because the secondary does not know the account. test_nonroot has it Active."""
    lab.forget(session)
    plain = Session(session.primary, session.secondary, user="geoaccount")
    try:
        lab.act(plain, "create no-verify force")
        lab.set_option(plain, "sync-jobs", "2")
        rows = agree(lab, plain)
        assert words(rows) == ["Created", "Created"] and {row["secondary_user"] for row in rows.values()} == {"geoaccount"}
        lab.act(plain, "start")
        agree(lab, plain)
    finally:
        lab.forget(plain)
