# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The collection's own file of host keys: what it is to hold, and the file for ssh to read meanwhile."""

from __future__ import annotations

import contextlib
import os
import tempfile
import typing as t

from .._gluster import claims
from .._model import errors, key_lines, ssh_options
from .._ssh import keys, known_hosts, paths
from .._ssh.account_files import LocalFiles
from .key_work import Context, Report


class Given(t.NamedTuple):
    """What the user says about host keys.

    :ivar known: host keys by name, as ``known_hosts`` gives them.
    :ivar first_use: whether to believe unknown hosts the first time.
    """

    file: str
    known: dict[str, list[key_lines.PublicKey]]
    first_use: bool = False


class Planned(t.NamedTuple):
    """The file as it is to be.

    :ivar scanned: host keys that are trusted on first use.
    """

    before: str
    names: dict[str, known_hosts.Target]
    scanned: dict[str, list[key_lines.PublicKey]]
    plan: known_hosts.Plan


def read(path: str) -> str:
    """The text of a file of this node; empty if it does not exist."""
    return keys.decode(LocalFiles().read(path) or b"")


def plan(ctx: Context, given: Given, hosts: t.Iterable[known_hosts.Target], timeout: int) -> Planned:
    """What the file is to hold of these hosts; the unknown ones are asked for their keys where the user consents."""
    before = read(given.file)
    check_ours(given.file, before)
    names = {key_lines.token(host, port): (host, port) for host, port in hosts}
    scanned: dict[str, list[key_lines.PublicKey]] = {}
    if given.first_use:
        unknown = [where for name, where in names.items() if name not in given.known and not known_hosts.lookup(before, name)]
        scanned = paths.scan(ctx.run, unknown, timeout) if unknown else {}
    return Planned(before, names, scanned, known_hosts.plan_present(before, {**given.known, **scanned}))


def check_ours(path: str, text: str) -> None:
    """:raises InvalidInput: the file holds something else than host keys; writing it would give it another owner and mode."""
    lines = [line for line in key_lines.split_lines(text) if line.strip() and not line.lstrip().startswith("#")]
    entries = [entry for entry in map(key_lines.known_host, lines) if entry]
    # A line of authorized_keys with options looks like one whose name has quotes.
    if lines and not any('"' not in name for entry in entries for name in entry.names):
        raise errors.invalid(
            "known_hosts_file", path, "is not a file of host keys: none of its lines is a host key.",
            f"Give the collection a file of its own, for example {ssh_options.KNOWN_HOSTS_FILE}.",
        )  # fmt: skip


def record(ctx: Context, report: Report, given: Given, planned: Planned, *, only_test: bool) -> bool:
    """Write what is planned, unless this is a check run or ``only_test`` is set. Returns whether the file still differs."""
    report.before["known_hosts"] = report.after["known_hosts"] = known_hosts.fingerprints(planned.before, planned.names)
    if not planned.plan.changes:
        return False
    if only_test:
        report.notes.append(
            f"Host keys of {', '.join(dict.fromkeys(change.name for change in planned.plan.changes))} are not in {given.file} yet. "
            "They were used for this test only. To record them, run with state: present."
        )
        return True
    report.changed = True
    report.after["known_hosts"] = known_hosts.fingerprints(planned.plan.text, planned.names)
    if ctx.check_mode:
        return True
    write(given.file, planned.plan.text)
    return False


def first_use_warnings(planned: Planned, *, dry: bool) -> list[str]:
    """Which host keys nobody has vouched for."""
    return [
        f"{'Would trust' if dry else 'Trusted'} the host key of {name} on first use, without verification: "
        + ", ".join(f"{key.kind} {key.fingerprint}" for key in found)
        for name, found in planned.scanned.items()
    ]


def forget(ctx: Context, report: Report, path: str, names: t.Collection[str]) -> None:
    """Take names out of the file."""
    before = read(path)
    planned = known_hosts.plan_absent(before, names)
    report.before["known_hosts"] = known_hosts.fingerprints(before, names)
    report.after["known_hosts"] = known_hosts.fingerprints(planned.text, names)
    if planned.changes:
        report.changed = True
        if not ctx.check_mode:
            write(path, planned.text)


def write(path: str, text: str) -> None:
    """:raises PreconditionFailed: its folder does not exist."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise errors.PreconditionFailed(
            f"The folder {folder} for known_hosts_file does not exist on this node.",
            remedy="Install the GlusterFS server package here (it creates /var/lib/glusterd/geo-replication), or give "
            "another known_hosts_file.",
            option="known_hosts_file",
            value=path,
        )
    LocalFiles().replace(path, keys.encode(text), 0o600, os.geteuid(), os.getegid())


@contextlib.contextmanager
def for_ssh(path: str, text: str, pending: bool) -> t.Iterator[str]:
    """The file for ssh to read: the real one, or a stand-in if the real one differs and must not be written."""
    if not pending:
        yield path
        return
    folder, prefix = tempfile.gettempdir(), "georep-known_hosts-"
    for left in claims.abandoned(folder, claims.token_pattern(prefix)):
        os.unlink(os.path.join(folder, left))
    descriptor, stand_in = claims.make(os.path.join(folder, prefix))
    try:
        # While it is open no other run takes it for what a killed module left.
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(keys.encode(text))
            handle.flush()
            yield stand_in
    finally:
        os.unlink(stand_in)
