# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What the steps of a run changed beside the sessions, a line for each thing and node.

A check run and the run after it have to give the same lines. So a line says nothing that a check run cannot know, such as how many keys
there are before the keys exist.
"""

from __future__ import annotations

import typing as t

Result = t.Mapping[str, t.Any]  #: of a module

KEYS, GATHERED, RECORDED, KNOWN_HOSTS = "keys", "gathered", "recorded", "known_hosts"


class Done(t.NamedTuple):
    """Results of the steps; empty where a step had nothing to do. Those by host have the primary host that the module ran on as key."""

    installed: t.Sequence[Result] = ()  #: ``host``, ``package`` and whether it was installed now (``changed``)
    prepared: t.Sequence[Result] = ()  #: of package, on nodes with target directories, each with its host and packages as ``item``
    started: t.Sequence[Result] = ()  #: of service, on the same nodes
    mappings: Result = {}  #: see plan_restarts() of _plan/steps.py
    patched: t.Sequence[Result] = ()  #: of gluster_georep_remedy, each with its host as ``item``
    generated: t.Mapping[str, Result] = {}  #: of gluster_georep_keys, by host
    authorized: t.Sequence[Result] = ()  #: of gluster_georep_authorized_keys, each with its host and account as ``item``
    first: t.Mapping[str, Result] = {}  #: of gluster_ssh_trust with the setup login, by host
    tested: t.Mapping[str, Result] = {}  #: of gluster_ssh_trust, by host
    recorded: t.Mapping[str, Result] = {}  #: of gluster_georep_keys, by host
    removed: t.Mapping[str, Result] = {}  #: of gluster_ssh_trust with the setup login: keys that no session needs
    departed: t.Mapping[str, Result] = {}  #: the same: keys of nodes that have left
    forgotten: t.Mapping[str, Result] = {}  #: of gluster_ssh_trust, by host
    opened: t.Sequence[Result] = ()  #: of gluster_georep_secondary, each with its host as ``item``


def before_sessions(plan: Result, done: Done) -> list[str]:
    """What comes before the sessions are changed."""
    pinned = [host for own in plan.get("share", {}).values() for host in own.get("rsync", ())] if _todo(plan, "rsync") else []
    return [
        *(f"{one['host']}: install {one['package']}" for one in done.installed if one["changed"]),
        *(f"{one['item']['host']}: install {', '.join(one['item']['packages'])}" for one in done.prepared if one.get("changed")),
        *(f"{one['item']['host']}: start {one['item']['service']}" for one in done.started if one.get("changed")),
        *(f"{host}: install and pin an rsync before 3.5" for host in pinned),
        *done.mappings.get("steps", ()),
        *(f"{one['item']['host']}: patch {item['path']} ({item['fault']})" for one in done.patched for item in one.get("mended", ())),
    ]


def trust(done: Done) -> list[str]:
    """Keys, accounts that accept them, and host keys."""
    return [
        *_each(done.generated, _generated_lines),
        *(line for turn in done.authorized for line in _authorized_lines(turn)),
        *(line for result in done.first.values() for entry in result.get("accounts", ()) for line in _account_lines(entry)),
        *_each(done.first, _file_lines),
        *_each(done.tested, _file_lines),
        *_each(done.recorded, _file_lines),
        *_kept(done),
    ]


def protected(plan: Result) -> list[str]:
    """Secondary volumes that clients may only read afterwards."""
    sides = plan["to_protect"] if _todo(plan, "read_only") else ()
    return [f"{volume} on {side['host']}: read-only: clients may write to the volume" for side in sides for volume in side["volumes"]]


def withdrawn(done: Done) -> list[str]:
    """What goes with sessions, as far as the plan of the clean-up does not say it."""
    return [
        *(line for result in done.removed.values() for line in _removed_lines(result, "that no session needs")),
        *(line for result in done.departed.values() for line in _removed_lines(result, "of nodes that have left")),
        *dict.fromkeys([*_each(done.removed, _file_lines), *_each(done.departed, _file_lines), *_each(done.forgotten, _file_lines)]),
        *(
            f"{item['volume']} on {turn['item']['host']}: writable: clients may only read the volume"
            for turn in done.opened
            for item in turn.get("volumes", ())
            if item["before"] != item["after"]
        ),
    ]


def _todo(plan: Result, step: str) -> bool:
    return bool(plan.get("todo", {}).get(step))


def _each(results: t.Mapping[str, Result], lines: t.Callable[[Result], list[str]]) -> list[str]:
    return [f"{host}: {line}" for host, result in results.items() if result.get("changed") for line in lines(result)]


def _differs(result: Result, part: str) -> bool:
    return result.get("before", {}).get(part) != result.get("after", {}).get(part)


def _generated_lines(result: Result) -> list[str]:
    """A check run does not know of keys more than that they are to be generated or gathered."""
    return ["generate and gather the SSH keys of the primary cluster"] if _differs(result, KEYS) or _differs(result, GATHERED) else []


def _kept(done: Done) -> list[str]:
    """What the primary nodes keep of the keys, once for all nodes and steps: a check run cannot know which of its steps finds it written already."""
    steps = (done.generated, done.first, done.tested, done.recorded, done.removed, done.departed, done.forgotten)
    changed = [(step is done.generated, result) for step in steps for result in step.values() if result.get("changed")]
    gathers = any(own and _generated_lines(result) for own, result in changed)
    leaves = any(not own and _differs(result, GATHERED) for own, result in changed) and not gathers
    records = any(_differs(result, RECORDED) for _own, result in changed)
    return [
        *(["primary nodes: remove keys of nodes that have left from common_secret.pem.pub"] if leaves else []),
        *(["primary nodes: update distributed_keys.json, the record of where keys were copied"] if records else []),
    ]


def _file_lines(result: Result) -> list[str]:
    """What gluster_ssh_trust wrote on the primary node that it ran on."""
    before, after = (result.get(when, {}) for when in ("before", "after"))
    made = [name for name, key in after.get(KEYS, {}).items() if key and not before.get(KEYS, {}).get(name)]
    old, new = before.get(KNOWN_HOSTS, {}), after.get(KNOWN_HOSTS, {})
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    verbs = {
        "record": [name for name in names if not old.get(name)],
        "replace": [name for name in names if old.get(name) and new.get(name)],
        "remove": [name for name in names if not new.get(name)],
    }
    return [
        *(f"generate the login key {name}" for name in made),
        *(f"{verb} the host keys of {', '.join(own)} (known_hosts)" for verb, own in verbs.items() if own),
    ]


def _authorized_lines(turn: Result) -> list[str]:
    """The account of a managed node; an account or keys that a check run only announces show no difference yet."""
    if not turn.get("changed"):
        return []
    item = turn["item"]
    repairs = [action for entry in turn.get("accounts", ()) for action in entry["actions"]] if not item["pending_on"] else []
    adds = not repairs or any(entry["before"] != entry["after"] for entry in turn["accounts"])
    return [_adds(item["name"], item["host"])] if adds else [f"{item['name']} on {item['host']}: {'; '.join(repairs)}"]


def _adds(account: str, host: str) -> str:
    return f"{account} on {host}: add the primary cluster's keys to authorized_keys"


def _place(entry: Result) -> tuple[str, str]:
    """Account and host of what gluster_ssh_trust says of an account: ``ACCOUNT@HOST``, with a port where it is not 22."""
    account, _at, host = entry["account"].rpartition("@")
    return account, host


def _account_lines(entry: Result) -> list[str]:
    """The account of a node that Ansible does not manage."""
    if not entry["changed"]:
        return []
    if entry["actions"] and entry["before"] == entry["after"]:
        account, host = _place(entry)
        return [f"{account} on {host}: {'; '.join(entry['actions'])}"]
    return [_adds(*_place(entry))]


def _removed_lines(result: Result, which: str) -> list[str]:
    found = []
    for entry in result.get("accounts", ()):
        if entry["changed"]:
            account, host = _place(entry)
            found.append(f"{account} on {host}: {len(entry['actions'])} key lines deleted {which}")
    copies = result.get("before", {}).get("copies", {})
    return found + [f"{host}: {path} removed" for host, paths in copies.items() for path in paths]
