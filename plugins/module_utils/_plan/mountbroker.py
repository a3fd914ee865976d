# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What has to be done so that a plain account can mount a volume: mappings, accounts, and how glusterd is asked what it goes by."""

from __future__ import annotations

import re
import shlex
import typing as t

from .._model.ageing import USERADD_BY_HAND
from .._model.glusterd_vol import DEFAULT_GROUP, DEFAULT_ROOT, Mapping

#: Logins with these end at once.
NO_SHELLS = ("nologin", "false", "true", "sync", "halt", "shutdown")


def by_account(mappings: t.Iterable[Mapping]) -> list[dict[str, t.Any]]:
    """As the module's option takes them; root needs none."""
    found: dict[str, list[str]] = {}
    for account, volume in mappings:
        if account != "root" and volume not in found.setdefault(account, []):
            found[account].append(volume)
    return [{"secondary_user": account, "secondary_volumes": volumes} for account, volumes in found.items()]


def leftovers(answers: t.Iterable[t.Mapping[str, t.Any]], volfile: str = "/etc/glusterfs/glusterd.vol") -> list[str]:
    """What stays of the mountbroker on nodes of which mappings were removed, each with the commands that remove it.

    :param answers: results of gluster_mountbroker with ``state: absent``, each with its host as ``item``.
    """
    places: dict[tuple[str, str], list[str]] = {}
    for answer in answers:
        left = answer.get("left") or {}
        things = [("account", name) for name in left.get("accounts", ())]
        things += [(kind, left[kind]) for kind in ("options", "root", "group") if left.get(kind)]
        for kind, value in things:
            text = value if isinstance(value, str) else ", ".join(f"{name} {word}" for name, word in value.items())
            places.setdefault((kind, text), []).append(answer["item"])
    return [_LEFT[kind](text, ', '.join(dict.fromkeys(hosts)), volfile) for (kind, text), hosts in places.items()]


def _options_left(text: str, hosts: str, volfile: str) -> str:
    names = [pair.split(" ")[0] for pair in text.split(", ")]
    edit = "; ".join(f"/^[[:space:]]*option[[:space:]]*{name}[[:space:]]/d" for name in names)
    return (
        f"the mountbroker options of glusterd ({text}) on {hosts}. No account uses these options any more. To delete them, run on these nodes: "
        f"sed -i '{edit}' {volfile}; systemctl restart glusterd"
    )


#: What is said of each kind of thing: what it is, the nodes, and the file of glusterd.
_LEFT: dict[str, t.Callable[[str, str, str], str]] = {
    "account": lambda name, hosts, _file: f"the account {name} on {hosts}. If nothing else uses it, run there: userdel --remove {name}",
    "options": _options_left,
    "root": lambda path, hosts, _file: (
        f"the folder {path} on {hosts}. After glusterd was restarted without the option mountbroker-root, run there: rm -r --one-file-system "
        f"{shlex.quote(path)}"
    ),
    "group": lambda name, hosts, _file: f"the group {name} on {hosts}. If nothing else uses it, run there: groupdel {name}",
}


# --- asking glusterd what it goes by ---------------------------------------------------------------------------------

#: errno of glusterd's answers.
REFUSED, NOTHING_THERE = 1, 2
_ERRNO = re.compile(r"^([0-9]{1,4}) : failed with this errno \(", re.MULTILINE)


def knows_account(account: str) -> list[str]:
    """Asks for a mount that glusterd has to refuse: as not permitted where it knows the account, as not found otherwise."""
    return ["system::", "mount", account, "volfile-id=."]


def may_mount(account: str, volume: str, logs: str = "/var/log/glusterfs") -> list[str]:
    """Asks for a mount of a volume that cannot be, by an account that may mount ``volume``: not found, or not permitted.

    glusterd first looks whether any of the volumes is allowed, then for the first one. Nothing is ever mounted.
    """
    return [
        *("system::", "mount", account, f"user-map-root={account}", "aux-gfid-mount", "acl", "log-level=INFO"),
        *(f"log-file={logs}/geo-replication/probe.log", "volfile-server=localhost", "client-pid=-1"),
        *("volfile-id=.", f"volfile-id={volume}"),
    ]


def read_errno(text: str) -> int | None:
    """The errno in glusterd's answer to a request for a mount; None where it has none."""
    found = _ERRNO.search(text)
    return int(found[1]) if found else None


# --- accounts --------------------------------------------------------------------------------------------------------


class Account(t.NamedTuple):
    """An account of a node, as far as a login by key cares."""

    name: str
    exists: bool = False
    home: str | None = None
    home_exists: bool = False
    home_is_own: bool = False
    shell: str | None = None
    shell_works: bool = False
    in_group: bool = False

    def lacks(self) -> list[str]:
        """What can be made or mended: ``account``, ``home``, ``shell``, ``group``."""
        if not self.exists:
            return ["account"]
        parts = {"home": self.home_exists, "shell": self.shell_works, "group": self.in_group}
        return [name for name, there in parts.items() if not there]


def is_shell(path: str) -> bool:
    """Whether a login with this shell can run a command, as far as its name tells."""
    return path.rsplit("/", 1)[-1] not in NO_SHELLS


def in_words(account: Account, group: str, shell: str) -> list[str]:
    """What an account lacks, each with the command that fixes it."""
    name = account.name
    told = {
        "account": f"the account {name} does not exist: useradd --create-home --shell {shell} --groups {group} {USERADD_BY_HAND} {name}",
        "home": f"the home directory {account.home} of {name} is missing: install -d -m 0700 -o {name} {account.home}",
        "shell": f"the shell {account.shell} of {name} cannot run commands: usermod --shell {shell} {name}",
        "group": f"{name} is not in the group {group}: usermod --append --groups {group} {name}",
    }
    return [told[part] for part in account.lacks()]


def by_hand(accounts: t.Iterable[tuple[str, t.Sequence[str]]], nodes: t.Sequence[str]) -> str:
    """The commands to run on a site that Ansible does not manage."""
    pairs = list(accounts)
    names = " ".join(dict.fromkeys(account for account, _volumes in pairs))
    commands = [
        f"on every secondary node ({', '.join(nodes)}): groupadd --system {DEFAULT_GROUP};"
        f" for account in {names}; do useradd --create-home --shell /bin/bash --groups {DEFAULT_GROUP} {USERADD_BY_HAND} $account; done",
        f"on one secondary node: gluster-mountbroker setup {DEFAULT_ROOT} {DEFAULT_GROUP}",
        *(f"on one secondary node: gluster-mountbroker add {volume} {account}" for account, volumes in pairs for volume in volumes),
        "on every secondary node, one after the other: systemctl restart glusterd",
    ]
    return "\n".join(f"* {command}" for command in commands)
