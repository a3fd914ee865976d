# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two sessions in one directory, nodes whose files differ under a paused session, and two controllers at once."""

from __future__ import annotations

import re
import typing as t

import pytest
from lab import Lab, Node, Session, mutating, poll

from playbooks import Playbooks

MODULE = "gluster_georep_session"
TAR = {"sync-method": "tarssh"}
HOST = "it-h"  #: a name of secondary1, so that names of volumes that begin with it are the tests' own


@pytest.fixture(scope="module")
def session(make_pair: t.Callable[..., Session]) -> Session:
    return make_pair("races")


# --- one directory


@pytest.fixture(scope="module")
def shared(lab: Lab, keys: list[str]) -> t.Iterator[tuple[Session, Session]]:
    """The session that is there, and the one that gluster would keep in the same directory."""
    for node in lab.nodes.values():
        node.sh(f"cp -p /etc/hosts /root/it-hosts; echo '{lab.s1.address} {HOST}' >> /etc/hosts")
    pair = Session("it-a", f"{HOST}_it-v", HOST), Session(f"it-a_{HOST}", "it-v", HOST)
    assert pair[0].directory == pair[1].directory
    for one in pair:
        lab.make_volume("primary", one.primary)
        lab.make_volume("secondary", one.secondary)
    yield pair
    for one in pair:
        lab.forget(one)
    for one in pair:
        lab.remove_volume("primary", one.primary)
        lab.remove_volume("secondary", one.secondary)
    for node in lab.nodes.values():
        # Not mv: podman may have mounted the file.
        node.sh("cat /root/it-hosts > /etc/hosts; rm /root/it-hosts")


def refusals(lab: Lab, pair: tuple[Session, Session], tasks: t.Sequence[dict[str, t.Any]]) -> list[str]:
    """What each task says that must be refused: both sessions, their directory and the reason. Nothing may be touched."""
    texts = [result["msg"] for result in lab.refused(tasks)]
    for text in texts:
        assert all(f"{one.primary} -> {one.target}" in text for one in pair), text
        assert f" {pair[0].directory.rpartition('/')[2]} " in text and "one gsyncd.conf and one state" in text, text
        assert "already" not in text, text
    return texts


def test_a_session_in_the_directory_of_another_one(
    lab: Lab, shared: tuple[Session, Session], tmp_path_factory: pytest.TempPathFactory
) -> None:
    there, other = shared
    lab.bring(there, "started")
    lab.set_option(there, "sync-jobs", "7")
    lab.reach(there)
    changing = [other.args(state=state, config={"sync-jobs": 2}) for state in ("present", "started", "stopped", "paused")]
    tasks = [lab.task(MODULE, args, check) for args in changing for check in (True, False)]
    tasks.append(lab.task(MODULE, {"sessions": [there.args(), other.args()]}))
    tasks.append(lab.task("gluster_georep_config", other.args(config={"sync-jobs": 2})))
    for text in refusals(lab, shared, tasks):
        assert "another name of the secondary host" in text, text
    absent = lab.run_module(MODULE, other.args(state="absent"))
    assert absent["changed"] is False and mutating(absent) == [], absent
    # The role, by the one that is there alone, and with both declared.
    site = Playbooks(lab, tmp_path_factory.mktemp("races"))
    before = lab.raw_state()
    for declared in ([other.args()], [there.args(), other.args()]):
        played = site.managed(declared)
        (text,) = [text for text in played.failures if "one gsyncd.conf" in text]
        assert "geo_replication_sessions[" in text and "declared already" not in text, text
    assert lab.raw_state() == before
    assert lab.raw_is(there, "started") and lab.raw_option(there, "sync-jobs") == "7"


def test_two_sessions_of_one_directory_that_are_there(lab: Lab, shared: tuple[Session, Session]) -> None:
    there, other = shared
    lab.bring(there, "started")
    lab.act(other, "create no-verify force")
    uuid = lab.p1.sh("sed -n 's/^UUID=//p' /var/lib/glusterd/glusterd.info").strip()
    worker = {**there.args(), "node": "primary1", "node_uuid": uuid, "brick": f"/bricks/{there.primary}"}
    tasks = [lab.task(MODULE, one.args(state=state)) for one in shared for state in ("started", "paused", "absent")]
    tasks += [lab.task(MODULE, there.args(state="absent"), True)]
    tasks += [lab.task("gluster_georep_config", there.args(config={"sync-jobs": 2}))]
    tasks += [lab.task("gluster_georep_checkpoint", there.args(now=True, wait=False))]
    tasks += [lab.task("gluster_georep_worker", {"workers": [worker]})]
    tasks += [lab.task("gluster_georep_proof", {"sessions": [there.args()]})]
    texts = refusals(lab, shared, tasks)
    assert all("by hand" in text for text in texts), texts
    # The way out that is told is one.
    found = re.search(r"for example: gluster (volume geo-replication (\S+) (\S+)) stop force; gluster \1 delete\.", texts[0])
    assert found and (found[2], found[3]) == (other.primary, other.target), texts[0]
    for verb in ("stop force", "delete"):
        lab.p1.gluster(*found[1].split(), *verb.split())
    result = lab.run_module(MODULE, there.args(config=TAR))
    assert result.get("changed") is True, result
    assert lab.raw_is(there, "started") and lab.raw_is(other, "absent") is False, "its directory is the other's"
    assert "::it-v:" not in lab.p1.read(f"/var/lib/glusterd/vols/{other.primary}/info")
    again = lab.run_module(MODULE, there.args(config=TAR))
    assert again.get("changed") is False and mutating(again) == [], again


# --- nodes that differ


def write_option(node: Node, session: Session, value: str) -> None:
    """As somebody edits the file on one node."""
    file = f"{session.directory}/gsyncd.conf"
    node.sh(f"sed -Ei -e '/^sync[-_]jobs/d' -e 's/^\\[vars\\]$/&\\nsync-jobs = {value}/' {file}")
    assert f"sync-jobs = {value}" in node.read(file)


def seen_elsewhere(lab: Lab, session: Session) -> list[dict[str, t.Any]]:
    """What gluster_georep_preflight_info tells the role of the other node's file."""
    uuid = lab.p2.sh("sed -n 's/^UUID=//p' /var/lib/glusterd/glusterd.info").strip()
    lines = [line.partition("=") for line in lab.p2.read(f"{session.directory}/gsyncd.conf").splitlines() if "=" in line]
    own = {name.strip().replace("_", "-"): value.strip() for name, _equals, value in lines}
    return [{"node": "primary2", "node_uuid": uuid, "sessions": {session.directory.rpartition("/")[2]: own}}]


@pytest.mark.parametrize(
    ("module", "state", "here", "there"),
    [
        (MODULE, "paused", "4", "5"),
        (MODULE, "present", "5", "4"),
        (MODULE, "started", "4", "5"),
        ("gluster_georep_config", None, "4", "5"),
    ],
)
def test_nodes_that_differ_under_a_paused_session(lab: Lab, session: Session, module: str, state: str | None, here: str, there: str) -> None:
    """gluster resumes the node whose value changes, and not the other one."""
    lab.bring(session, "paused")
    write_option(lab.p1, session, here)
    write_option(lab.p2, session, there)
    more = {"state": state} if state else {}
    # On the node that asks, a file of another node is not seen.
    nodes = {"nodes": seen_elsewhere(lab, session)} if here == "5" else {}
    result = lab.run_module(module, session.args(config={"sync-jobs": 5}, **more, **nodes))
    assert result.get("changed") is True, result
    wanted = "started" if state == "started" else "paused"
    assert lab.raw_is(session, wanted), lab.raw_words(session)
    assert [lab.raw_option(session, "sync-jobs", node) for node in lab.primaries] == ["5", "5"]
    for again in lab.play([lab.task(module, session.args(config={"sync-jobs": 5}, **more), check) for check in (True, False)]):
        assert again.get("changed") is False and mutating(again) == [], again


def test_a_node_that_was_down_while_a_paused_session_was_changed(lab: Lab, session: Session) -> None:
    lab.bring(session, "paused")
    lab.p2.service("glusterd", "stop")
    try:
        # Resumes this node alone.
        lab.set_option(session, "sync-jobs", "3")
    finally:
        lab.p2.service("glusterd", "start")
    lab.wait_for_peers()
    poll("both nodes to tell", lambda: len(lab.raw_words(session)) == 2)
    assert lab.raw_option(session, "sync-jobs", lab.p2) != "3"
    args = session.args(state="paused", config={"sync-jobs": 3})
    check, run = lab.play([lab.task(MODULE, {**args, "nodes": seen_elsewhere(lab, session)}, check) for check in (True, False)])
    assert check.get("changed") is True and run.get("changed") is True, (check, run)
    assert check["sessions"][0]["steps"] == run["sessions"][0]["steps"]
    assert lab.raw_is(session, "paused"), lab.raw_words(session)
    assert [lab.raw_option(session, "sync-jobs", node) for node in lab.primaries] == ["3", "3"]
    again = lab.run_module(MODULE, args)
    assert again.get("changed") is False and mutating(again) == [], again


# --- two controllers

#: What the stock CLI has made, and what two controllers declare at once. Each begins where the one before it ended, where that is certain.
ROUNDS = [
    ("absent", "started", "started"),
    ("started", "paused", "paused"),
    ("paused", "started", "started"),
    ("started", "stopped", "stopped"),
    ("stopped", "started", "started"),
    ("started", "absent", "absent"),
    ("absent", "present", "present"),
    ("created", "started", "absent"),
    ("started", "absent", "started"),
    ("started", "paused", "absent"),
]


@pytest.mark.parametrize(("given", "first", "second"), ROUNDS)
def test_two_controllers_at_once(lab: Lab, session: Session, given: str, first: str, second: str) -> None:
    """Two that want the same both end well. Of two that want different things one may fail, and says why; nothing half-done stays."""
    lab.bring(session, given)
    states = {"primary1": first, "primary2": second}
    runs = [lab.start_play([lab.task(MODULE, session.args(state=state, config=TAR))], host) for host, state in states.items()]
    results = [run.results()[0] for run in runs]
    for result in results:
        assert "Traceback" not in str(result.get("msg")) and "MODULE FAILURE" not in str(result.get("msg")), result
        if result.get("failed"):
            assert first != second and f"{session.primary} -> {session.target}" in result["msg"] and result["error"], result
    shown = {state: "created" if state == "present" else state for state in (first, second)}
    poll(f"one of {first} and {second}", lambda: any(lab.raw_is(session, word) for word in shown.values()), patience=60)
    # What one of them read in the end is so, and one run of either makes it so.
    if first != second:
        result = lab.run_module(MODULE, session.args(state=first, config=TAR))
        assert not result.get("failed"), result
    assert lab.raw_is(session, shown[first]), lab.raw_words(session)
    again = lab.run_module(MODULE, session.args(state=first, config=TAR), host="primary2")
    assert again.get("changed") is False and mutating(again) == [], again
