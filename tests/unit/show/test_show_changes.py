# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every change of a run has its line, with the node; a check run and the run after it say the same."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.action.georep_summary import done_of
from ansible_collections.glusterops.georep.plugins.module_utils._show import changes
from ansible_collections.glusterops.georep.plugins.module_utils._show.changes import Done

Parts = t.Dict[str, t.Dict[str, t.Any]]
BARE: Parts = {"keys": {"secret.pem": None, "tar_ssh.pem": None}, "gathered": {"common": []}, "recorded": {"json": []}}
MADE: Parts = {"keys": {"secret.pem": "SHA256:a", "tar_ssh.pem": "SHA256:b"}, "gathered": {"common": ["a", "b"]}, "recorded": {"json": ["a", "b"]}}
TO_MAKE: Parts = {
    "keys": dict.fromkeys(BARE["keys"], "(to be generated)"), "gathered": {"common": ["(to be gathered)"]}, "recorded": {"json": ["(to be recorded)"]},
}  # fmt: skip
RECORD = "primary nodes: update distributed_keys.json, the record of where keys were copied"
ADDS = "add the primary cluster's keys to authorized_keys"


def result(before: Parts, after: Parts, **more: t.Any) -> dict[str, t.Any]:
    return {"changed": True, "before": before, "after": after, **more}


def test_nothing_was_done() -> None:
    plan = {"share": {"p1": {"rsync": ["s1"]}}, "to_protect": [{"host": None, "volumes": ["a"]}], "todo": {"rsync": False, "read_only": False}}
    still = {"changed": False, "before": BARE, "after": BARE}
    done = Done(generated={"p1": still}, tested={"p1": {"skipped": True}, "p2": {}}, first={"p1": {}}, forgotten={"p1": still})
    assert [*changes.before_sessions(plan, done), *changes.trust(done), *changes.protected(plan), *changes.withdrawn(done)] == []


def test_what_comes_before_the_sessions() -> None:
    plan = {"share": {"p1": {"rsync": ["s1"]}, "p2": {"rsync": ["s2"]}}, "todo": {"rsync": True}}
    item = {"host": "s3", "packages": ["glusterfs-server", "python3-lxml"], "service": "glusterd"}
    done = Done(
        installed=[{"host": "p1", "package": "python3-lxml", "changed": True}, {"host": "p2", "package": "python3-lxml", "changed": False}],
        prepared=[{"changed": True, "item": item}, {"changed": False, "item": item}],
        started=[{"changed": True, "item": item}],
        mappings={"steps": ["s1: group geogroup: created", "s1: restart glusterd"]},
        patched=[{"item": {"host": "p1"}, "mended": [{"fault": "python-readfp", "path": "/x/gsyncdconfig.py", "backup": "/x/b"}]}, {"item": {"host": "p2"}}],
    )
    assert changes.before_sessions(plan, done) == [
        "p1: install python3-lxml", "s3: install glusterfs-server, python3-lxml", "s3: start glusterd", "s1: install and pin an rsync before 3.5",
        "s2: install and pin an rsync before 3.5", "s1: group geogroup: created", "s1: restart glusterd", "p1: patch /x/gsyncdconfig.py (python-readfp)",
    ]  # fmt: skip


@pytest.mark.parametrize("after", [MADE, TO_MAKE], ids=["run", "check"])
def test_keys_and_their_record(after: Parts) -> None:
    made = ["p1: generate and gather the SSH keys of the primary cluster", RECORD]
    assert changes.trust(Done(generated={"p1": result(BARE, after)})) == made
    assert changes.trust(Done(generated={"p1": result({**after, "recorded": {}}, after)})) == made[1:]
    assert changes.trust(Done(recorded={"p1": result({**after, "recorded": {}}, after), "p2": {"changed": False}})) == made[1:]


def test_what_two_steps_of_a_check_run_find_and_one_of_the_run_is_said_once() -> None:
    """The later step of the run finds what the earlier one has written; for a check run nothing is written."""
    twice = result(BARE, {**TO_MAKE, "keys": BARE["keys"]})
    check = changes.trust(Done(generated={"p1": result(BARE, TO_MAKE)}, tested={"p1": twice, "p2": twice}, forgotten={"p1": twice, "p2": twice}))
    ended = {"changed": False, "before": MADE, "after": MADE}
    run = changes.trust(Done(generated={"p1": result(BARE, MADE)}, tested={"p1": ended, "p2": ended}, forgotten={"p1": ended, "p2": ended}))
    assert check == run == ["p1: generate and gather the SSH keys of the primary cluster", RECORD]


def authorized(pending: bool, before: list[str], after: list[str], *actions: str, changed: bool = True) -> dict[str, t.Any]:
    item = {"host": "s1", "name": "geo", "account": "root" if pending else "geo", "pending_on": ["u1"] if pending else []}
    entry = {"account": item["account"], "changed": bool(actions), "before": before, "after": after, "actions": list(actions)}
    return {"changed": changed, "item": item, "accounts": [entry]}


@pytest.mark.parametrize(
    ("turn", "line"),
    [
        (authorized(False, [], ["k"], "/home/geo/.ssh: created with mode 0700", "/home/geo/.ssh/authorized_keys: k added"), f"geo on s1: {ADDS}"),
        # A check run knows neither the account nor the keys: it looked at another account, or only at the host keys.
        (authorized(True, [], []), f"geo on s1: {ADDS}"),
        (authorized(True, ["k"], ["k"], "/root/.ssh: mode 0775 changed to 0755"), f"geo on s1: {ADDS}"),
        ({"changed": True, "item": authorized(True, [], [])["item"], "accounts": []}, f"geo on s1: {ADDS}"),
        (authorized(False, ["k"], ["k"], "/home/geo/.ssh: mode 0775 changed to 0755"), "geo on s1: /home/geo/.ssh: mode 0775 changed to 0755"),
        (authorized(False, ["k"], ["k"], changed=False), None),
    ],
)
def test_accounts_of_nodes_that_ansible_manages(turn: dict[str, t.Any], line: str | None) -> None:
    assert changes.trust(Done(authorized=[turn])) == ([line] if line else [])


def account(name: str, changed: bool, before: list[str], after: list[str], *actions: str) -> dict[str, t.Any]:
    return {"account": name, "path": None, "changed": changed, "before": before, "after": after, "actions": list(actions)}


def test_accounts_of_nodes_that_ansible_does_not_manage() -> None:
    known = {"known_hosts": {"dr1": ["ssh-ed25519 SHA256:c"], "[dr2]:2222": ["ssh-ed25519 SHA256:d"]}}
    login: Parts = {**MADE, "keys": {**MADE["keys"], "/root/.ssh/id_ed25519": "(to be generated)"}, **known}
    accounts = [
        account("root@dr1", True, [], ["k"], "k added"), account("geo@dr2 port 2222", True, [], []), account("root@dr3", False, ["k"], ["k"]),
        account("root@dr4", True, ["k"], ["k"], "/root/.ssh: mode 0775 changed to 0755"),
    ]  # fmt: skip
    before = {**MADE, "known_hosts": {"dr1": ["ssh-ed25519 SHA256:old"], "[dr2]:2222": []}}
    found = changes.trust(Done(first={"p1": result(before, login, accounts=accounts)}, tested={"p2": result({**before, "recorded": {}}, {**MADE, **known})}))
    assert found == [
        f"root on dr1: {ADDS}", f"geo on dr2 port 2222: {ADDS}", "root on dr4: /root/.ssh: mode 0775 changed to 0755",
        "p1: generate the login key /root/.ssh/id_ed25519", "p1: record the host keys of [dr2]:2222 (known_hosts)",
        "p1: replace the host keys of dr1 (known_hosts)", "p2: record the host keys of [dr2]:2222 (known_hosts)",
        "p2: replace the host keys of dr1 (known_hosts)", RECORD,
    ]  # fmt: skip


def test_volumes_that_clients_may_only_read() -> None:
    plan = {"todo": {"read_only": True}, "to_protect": [{"host": "s1", "volumes": ["a", "b"], "uuids": {}}]}
    assert changes.protected(plan) == [f"{name} on s1: read-only: clients may write to the volume" for name in "ab"]


def test_what_goes_with_sessions() -> None:
    gone = {**MADE, "recorded": {"json": []}, "known_hosts": {"dr1": []}}
    removal = result(
        {**MADE, "known_hosts": {"dr1": ["ssh-ed25519 SHA256:c"]}, "copies": {"dr1": ["/x.pub"]}}, gone,
        accounts=[account("geo@dr1", True, ["k", "l"], [], "k removed", "l removed"), account("root@dr1", False, [], [])],
    )  # fmt: skip
    left = result({**MADE, "gathered": {"common": ["a", "b", "c"]}}, MADE, accounts=[account("root@dr2", True, ["c"], [], "c removed")])
    volumes = [{"volume": "a", "before": True, "after": False}, {"volume": "b", "before": False, "after": False}]
    opened = {"item": {"host": "s1", "volumes": ["a", "b"]}, "volumes": volumes}
    done = Done(removed={"p1": removal}, departed={"p1": left}, forgotten={"p1": {"changed": False}, "p2": removal}, opened=[opened])
    assert changes.trust(done) == ["primary nodes: remove keys of nodes that have left from common_secret.pem.pub", RECORD]
    assert changes.withdrawn(done) == [
        "geo on dr1: 2 key lines deleted that no session needs", "dr1: /x.pub removed", "root on dr2: 1 key lines deleted of nodes that have left",
        "p1: remove the host keys of dr1 (known_hosts)", "p2: remove the host keys of dr1 (known_hosts)", "a on s1: writable: clients may only read the volume",
    ]  # fmt: skip


def test_results_find_their_hosts() -> None:
    names = ("installed", "prepared", "started", "patched", "authorized", "opened", "tested", "recorded", "forgotten")
    args: dict[str, t.Any] = {**{name: [] for name in names}, **{name: {} for name in ("generated", "first", "removed", "departed", "mappings_made")}}
    nothing = Done(generated={}, first={}, removed={}, departed={}, installed=[], prepared=[], started=[], patched=[], authorized=[], opened=[])
    assert done_of({**args, "hosts": []})._replace(mappings={}) == nothing
    turns = [{"results": [{"item": {"host": "s1"}}, {"skipped": True}]}, {"results": []}]
    found = done_of({**args, "hosts": ["p1", "p2"], "tested": [{"a": 1}, {"b": 2}], "first": {"c": 3}, "patched": turns})
    assert found.tested == {"p1": {"a": 1}, "p2": {"b": 2}} and found.first == {"p1": {"c": 3}} and found.patched == [{"item": {"host": "s1"}}]
