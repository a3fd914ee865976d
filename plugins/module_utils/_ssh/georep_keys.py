# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The cluster's geo-replication key pairs: one pair for gsyncd and one for tar on every primary node."""

from __future__ import annotations

import os
import typing as t

from .._gluster import runner
from .._gluster.peers import THIS_NODE
from .._model import errors, key_lines
from .._model.ssh_options import GEOREP_DIR
from .._model.text import garbled
from . import account_files, authorized_keys, keys

#: private key file -> the forced command that belongs to it
PAIRS = {"secret.pem": authorized_keys.GSYNCD, "tar_ssh.pem": authorized_keys.TAR}
COMMON = "common_secret.pem.pub"
#: What a pair is called while it is about to come into use, and while it is about to go.
NEXT, PREVIOUS = ".next", ".previous"


class State(t.NamedTuple):
    """What this node has. ``common`` is there only on nodes where the keys were gathered."""

    public: dict[str, key_lines.PublicKey | None]
    private: dict[str, bool]
    common: list[str] | None

    @property
    def complete(self) -> bool:
        return all(self.private.values())

    def fingerprints(self) -> dict[str, str | None]:
        return {name: key.fingerprint if key else None for name, key in self.public.items()}

    def identities(self) -> list[str]:
        """The public halves of this node's own pairs, each ``type base64``; those that are missing are left out."""
        return [" ".join(key.identity) for name, key in self.public.items() if key is not None and self.private[name]]

    def gathered(self) -> list[str]:
        """The gathered lines, described for results."""
        entries = [entry for entry in map(key_lines.authorized_key, self.common or []) if entry]
        return [key_lines.printable(entry.describe()) for entry in entries]

    def missing_in_common(self) -> list[str]:
        """Names of this node's keys that the gathered file lacks."""
        found = {entry.key.identity for entry in map(key_lines.authorized_key, self.common or []) if entry}
        return [name for name, key in self.public.items() if key is not None and key.identity not in found]

    def unforced_in_common(self) -> list[str]:
        """Lines made for containers (``--no-prefix``): they would open a shell."""
        entries = [entry for entry in map(key_lines.authorized_key, self.common or []) if entry]
        return [entry.key.describe() for entry in entries if entry.forced_command is None]


def read(folder: str = GEOREP_DIR) -> State:
    """Look at the files, and only that."""
    public: dict[str, key_lines.PublicKey | None] = {}
    private: dict[str, bool] = {}
    for name in PAIRS:
        private[name] = os.path.isfile(f"{folder}/{name}")
        content = _read(f"{folder}/{name}.pub")
        public[name] = None if content is None else key_lines.parse_public_key(content)
    common = _read(f"{folder}/{COMMON}")
    lines = None if common is None else [line for line in common.splitlines() if line.strip()]
    return State(public, private, lines)


def _read(path: str) -> str | None:
    try:
        with open(path, "rb") as handle:
            return keys.decode(handle.read())
    except (FileNotFoundError, NotADirectoryError):
        return None


def own_lines(folder: str, run: runner.Run) -> list[str]:
    """The public keys of this node, those of a rotation that is under way too.

    What is not among them may be taken for the key of a node that has left: one whose public half is missing is asked for it.

    :raises PreconditionFailed: it does not tell.
    """
    found = []
    for name in (f"{name}{suffix}" for name in PAIRS for suffix in ("", NEXT, PREVIOUS)):
        content = _read(f"{folder}/{name}.pub")
        key = None if content is None else key_lines.parse_public_key(content)
        if key is None and os.path.isfile(f"{folder}/{name}"):
            key = key_lines.parse_public_key(_public_half(run, name, folder))
        found += [key.line()] if key else []
    return list(dict.fromkeys(found))


def common_text(folder: str = GEOREP_DIR) -> str:
    """The gathered lines as they stand in the file; empty where there is none."""
    return _read(f"{folder}/{COMMON}") or ""


def write_common(text: str, folder: str = GEOREP_DIR) -> None:
    """In place at once; owner and mode stay."""
    path = f"{folder}/{COMMON}"
    info = os.stat(path)
    account_files.LocalFiles().replace(path, keys.encode(text), info.st_mode & 0o777, info.st_uid, info.st_gid)


#: The words of ``pool list`` for a node.
_STATES = ("Connected", "Disconnected")
_HEAD = ["UUID", "Hostname", "State"]


class Pool(t.NamedTuple):
    """The trusted storage pool by host name; this node is ``localhost``."""

    connected: list[str]
    disconnected: list[str]


def read_pool(cli: runner.GlusterCli) -> Pool:
    """``pool list``: an unindented table of UUID, host name, state. The node that answers ends it.

    :raises UnreadableOutput: the table is none, or does not come to its end.
    """
    answer = cli.read(["pool", "list"])
    head, *rows = [line.split() for line in answer.out.split("\n") if line.strip()] or [[]]
    whole = head == _HEAD and all(len(row) == 3 and row[2] in _STATES and not garbled("".join(row)) for row in rows)
    # A node that is told twice would count as two.
    whole = whole and any(row[1] == THIS_NODE for row in rows) and len({row[0] for row in rows}) == len(rows)
    if answer.rc != 0 or not whole:
        raise errors.UnreadableOutput(
            "gluster did not list the nodes of the cluster, or not all of them.",
            remedy="Run again. If this repeats, run 'gluster pool list' on this node to see what it prints.",
            **answer.evidence(),
        )
    up = [row[1] for row in rows if row[-1] == "Connected"]
    return Pool(up, [row[1] for row in rows if row[-1] != "Connected"])


def reason_to_generate(state: State, pool: Pool, nodes: t.Sequence[t.Mapping[str, t.Any]] = ()) -> str | None:
    """Why ``gsec_create`` has to run, or None when every node that answers has its keys gathered.

    :param nodes: what was seen on the nodes themselves, each with ``node`` and ``keys`` (see :meth:`State.identities`). Without
        it a node that was set up anew goes unnoticed, because its old keys are still in the gathered file.
    """
    if not state.complete:
        return "this node has no geo-replication keys"
    if state.common is None:
        return f"the public keys of the cluster have not been gathered in {COMMON} on this node"
    if state.missing_in_common():
        return f"{COMMON} lacks this node's {' and '.join(state.missing_in_common())}"
    if state.unforced_in_common():
        return f"{COMMON} holds keys without a forced command"
    count = len({e.key.identity for e in map(key_lines.authorized_key, state.common) if e}) // len(PAIRS)
    if count < len(pool.connected):
        return f"{COMMON} holds the keys of {count} nodes, but {len(pool.connected)} nodes are connected"
    gathered = {" ".join(e.key.identity) for e in map(key_lines.authorized_key, state.common) if e}
    for node in nodes:
        if len(node["keys"]) < len(PAIRS):
            return f"{node['node']} has no geo-replication keys"
        if not gathered.issuperset(node["keys"]):
            return f"{COMMON} lacks the keys that {node['node']} has now"
    return None


def check_halves(state: State, folder: str = GEOREP_DIR) -> list[str]:
    """Names whose public half is missing: gluster would throw the private half away and make a new pair.

    :raises PreconditionFailed: a public half without its private half, which gluster takes for a whole pair.
    """
    for name in PAIRS:
        if not state.private[name] and os.path.exists(f"{folder}/{name}.pub"):
            raise errors.PreconditionFailed(
                f"{folder}/{name}.pub exists, but its private key {name} is missing on this node.",
                remedy=f"Restore {name} from a backup, or remove {name}.pub so that a new pair can be created. The new "
                "public key must then be copied to the secondary nodes.",
            )
    return [name for name in PAIRS if state.private[name] and state.public[name] is None]


def restore_public(run: runner.Run, name: str, folder: str = GEOREP_DIR) -> None:
    """Write the public half again from the private one."""
    out = _public_half(run, name, folder)
    with open(f"{folder}/{name}.pub", "w", encoding="utf-8") as handle:
        handle.write(out)


def _public_half(run: runner.Run, name: str, folder: str) -> str:
    path = f"{folder}/{name}"
    rc, out, err = run(["ssh-keygen", "-y", "-P", "", "-f", path], timeout=30)
    if rc != 0 or key_lines.parse_public_key(out) is None:
        raise errors.PreconditionFailed(
            f"{path} is not a usable private key.",
            remedy=f"Restore it from a backup, or remove {name} and {name}.pub so that a new pair can be created.",
            command=["ssh-keygen", "-y", "-f", path],
            rc=rc,
            stderr=err,
        )
    return out


def generate(cli: runner.GlusterCli, folder: str = GEOREP_DIR) -> State:
    """Have gluster make what is missing on all connected nodes and gather the public keys here."""
    answer = cli.call(["system::", "execute", "gsec_create"], timeout=runner.WRITE_TIMEOUT)
    state = read(folder)
    # A CLI that was ended by a signal says nothing; the files do.
    if answer.rc > 0 or not state.complete or state.common is None or state.missing_in_common():
        raise errors.CommandFailed(
            "gluster could not create the geo-replication keys of this cluster.",
            remedy="Read /var/log/glusterfs/glusterd.log on this node and on the other primary nodes. The "
            "geo-replication package (gsyncd) and ssh-keygen must be installed on all of them.",
            **answer.evidence(),
        )
    return state


def keep_lost(before: State, after: State, folder: str = GEOREP_DIR) -> list[str]:
    """Gathering forgets nodes that are down, though their keys are still in use: put their lines back."""
    there = {entry.key.identity for entry in map(key_lines.authorized_key, after.common or []) if entry}
    lost = []
    for line in before.common or []:
        entry = key_lines.authorized_key(line)
        if entry is not None and entry.key.identity not in there and entry.forced_command is not None:
            lost.append(line)
    if lost:
        with open(f"{folder}/{COMMON}", "a", encoding="utf-8", errors="surrogateescape") as handle:
            handle.write("".join(line + "\n" for line in lost))
    return lost
