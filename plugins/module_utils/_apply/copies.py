# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The copies of public keys that ``create push-pem`` of gluster leaves behind on secondary nodes."""

from __future__ import annotations

import typing as t

from .._model import key_lines
from .._model.identity import check_volume
from .._ssh import account_files, authorized_keys, georep_keys, keys
from .key_work import Report


def read_names(pairs: t.Iterable[t.Mapping[str, t.Any]] | None, node_uuid: str | None = None) -> list[str]:
    """The names of the files, for pairs of volumes as the user gives them.

    :param node_uuid: leave out pairs that name other nodes; None: all are meant.
    :raises InvalidInput: a name is not that of a volume.
    """
    names = []
    for number, pair in enumerate(pairs or ()):
        for option in ("primary_volume", "secondary_volume"):
            check_volume(f"copies_of[{number}].{option}", pair[option])
        if node_uuid is not None and pair.get("node_uuids") and node_uuid not in pair["node_uuids"]:
            continue
        names.append(f"{pair['primary_volume']}_{pair['secondary_volume']}_{georep_keys.COMMON}")
    return list(dict.fromkeys(names))


class Outcome(t.NamedTuple):
    """:ivar removed: paths that were, or would be, removed. :ivar left: what stays, and why."""

    removed: list[str]
    left: list[str]


def remove(
    files: account_files.Files,
    account: account_files.Account,
    georep_dir: str,
    names: t.Sequence[str],
    lines: t.Sequence[authorized_keys.Wanted],
    *,
    dry: bool,
) -> Outcome:
    """Another cluster may have left a copy of the same name: only files that hold nothing but these lines go."""
    ours = {want.entry.key.identity for want in lines}
    found = Outcome([], [])
    files = files.of(account)
    for folder in dict.fromkeys([georep_dir, account.home]):
        for path in (f"{folder.rstrip('/')}/{name}" for name in names):
            try:
                content = files.read(path)
            except PermissionError:
                found.left.append(f"{path} was not deleted, because the login cannot read the file. If it holds only keys of this cluster, delete it.")
                continue
            if content is None:
                continue
            entries = [key_lines.authorized_key(line) for line in key_lines.split_lines(keys.decode(content))]
            if any(entry is not None and entry.key.identity not in ours for entry in entries):
                found.left.append(
                    f"{path} holds keys that are not known to belong to this cluster, so the file was left alone. If no other cluster needs it, delete it."
                )
                continue
            found.removed.append(path)
            if not dry:
                files.remove(path)
    return found


def note(report: Report, leftovers: list[str], node: str, outcome: Outcome) -> None:
    """Tell of it in a module's result."""
    if outcome.removed:
        report.changed = True
        report.before["copies"][node] = outcome.removed
        report.after["copies"][node] = []
    leftovers += [f"{node}: {left}" for left in outcome.left]
