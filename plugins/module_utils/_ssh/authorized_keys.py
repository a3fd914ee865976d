# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Editing authorized_keys as text: only lines that hold one of our keys are ever touched."""

from __future__ import annotations

import typing as t

from .._gluster.helpers import HELPER_DIRS
from .._model import errors, key_lines

#: What a forced command is, to our mesh probe and to messages.
GSYNCD, TAR, SHELL, OTHER = "gsyncd", "tar", "shell", "other"


def command_kind(command: str | None) -> str:
    """Which of gluster's forced commands this is."""
    if not command:
        return SHELL
    word = command.split()[0] if command.split() else ""
    if word.rsplit("/", 1)[-1] == "gsyncd":
        return GSYNCD
    if word.rsplit("/", 1)[-1] == "tar":
        return TAR
    return OTHER


class Wanted(t.NamedTuple):
    """A line we are to put in place: ``text`` is written as it is.

    gluster's own key distribution compares whole lines, so that rewriting them would make it add them again.
    """

    text: str
    entry: key_lines.AuthorizedKey


def read_wanted(lines: t.Sequence[str], option: str, *, login_key: bool = False) -> list[Wanted]:
    """Check lines that the user or gluster gave; the same key twice is one key.

    :param login_key: lines without a forced command are meant (a shell key), not a mistake.
    """
    result: dict[tuple[str, str], Wanted] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip(" \t\r\n")
        if not text or text.startswith("#"):
            continue
        where = f"{option}[{number - 1}]"
        if "PRIVATE KEY" in text:
            raise errors.InvalidInput(
                f"{where} is a private key.",
                remedy="Give the public key line. Treat the private key as exposed if this playbook was shared.",
                option=option,
            )
        if "\n" in text or "\r" in text or "\0" in text:
            raise errors.InvalidInput(
                f"{where} holds several lines.",
                remedy="Give each line as a list item of its own.",
                option=option,
                value=_short(text),
            )
        entry = key_lines.authorized_key(text)
        if entry is None:
            raise errors.InvalidInput(
                f"{where}: {_short(text)!r} is not a line of authorized_keys (malformed, cut off, or the key type "
                "does not fit the key).",
                remedy='Give whole lines as in common_secret.pem.pub: command="..." KEYTYPE BASE64 [comment].',
                option=option,
                value=_short(text),
            )
        kind = command_kind(entry.forced_command)
        if kind not in (GSYNCD, TAR) and not login_key:
            what = "has no forced command" if kind == SHELL else f"forces the command {entry.forced_command!r}"
            raise errors.InvalidInput(
                f"{where}: the key {entry.key.describe()} {what}. A geo-replication key must force gsyncd or tar, else "
                "it opens a shell on the secondary and gsyncd fails there with 'No such file or directory'.",
                remedy="Use the lines of common_secret.pem.pub as 'gluster system:: execute gsec_create' writes them "
                "(without 'container' or --no-prefix).",
                option=option,
                value=_short(text),
            )
        known = result.get(entry.key.identity)
        if known is None:
            result[entry.key.identity] = Wanted(text, entry)
        elif known.entry.forced_command != entry.forced_command:
            raise errors.InvalidInput(
                f"{where}: the key {entry.key.describe()} is given twice with different forced commands.",
                remedy="Give each key once.",
                option=option,
                value=_short(text),
            )
    return list(result.values())


def _short(text: str) -> str:
    return key_lines.printable(text if len(text) <= 80 else text[:77] + "...")


class Change(t.NamedTuple):
    """One line that differs: ``old`` or ``new`` is None when it is added or removed."""

    action: str
    old: key_lines.AuthorizedKey | None
    new: key_lines.AuthorizedKey | None

    def describe(self) -> str:
        if self.action == "replaced" and self.old and self.new:
            return f"replaced {self.old.describe()} by {self.new.describe()}"
        entry = self.new or self.old
        return f"{self.action} {entry.describe()}" if entry else self.action


class Plan(t.NamedTuple):
    text: str
    changes: list[Change]


def programs_of(text: str, wanted: t.Sequence[Wanted]) -> list[str]:
    """Where gsyncd may be on a node, for :func:`plan_present`: paths and patterns, those of packages first."""
    if not any(command_kind(want.entry.forced_command) == GSYNCD for want in wanted):
        return []
    ours = {want.entry.key.identity for want in wanted}
    there = [entry for entry in map(key_lines.authorized_key, key_lines.split_lines(text)) if entry and entry.key.identity in ours]
    named = [_path_of(entry.forced_command) for entry in (*(want.entry for want in wanted), *there)]
    return list(dict.fromkeys([*(f"{folder}/gsyncd" for folder in HELPER_DIRS), *filter(None, named)]))


def _path_of(command: str | None) -> str:
    """The path of gsyncd in a forced command; empty for other commands."""
    path = command.split()[0] if command and command_kind(command) == GSYNCD else ""
    return path if path.startswith("/") else ""


def fitted(want: Wanted, programs: t.Sequence[str]) -> Wanted:
    """The line with the path of gsyncd on the node that receives: gluster writes that of the node whose key it is.

    :param programs: the paths of :func:`programs_of` that the node has, its own first; empty: not known, or gsyncd is not installed.
    """
    path = _path_of(want.entry.forced_command)
    if not programs or not path or path in programs:
        return want
    text = want.text.replace(path, programs[0], 1)
    entry = key_lines.authorized_key(text)
    return want if entry is None else Wanted(text, entry)


def plan_present(text: str, wanted: t.Sequence[Wanted], programs: t.Sequence[str] = ()) -> Plan:
    """Every wanted key once, with its forced command.

    A line of ours that has the right forced command stays as it is, with whatever else was put into its options
    (``from=``, ``restrict``). One with another command, or none, is replaced: sshd takes the first line that fits.
    Any path of gsyncd that the node has is right. Behind such a line gluster's own line may stand: ``create push-pem`` would add it again.

    :param programs: see :func:`fitted`.
    """
    lines = key_lines.split_lines(text)
    entries = [key_lines.authorized_key(line) for line in lines]
    changes: list[Change] = []
    result: list[str | None] = list(lines)
    missing: list[Wanted] = []
    for given in wanted:
        want = fitted(given, programs)
        commands = {want.entry.forced_command, *(programs if command_kind(want.entry.forced_command) == GSYNCD else ())}
        at = [
            index
            for index, entry in enumerate(entries)
            if entry is not None and entry.key.identity == want.entry.key.identity and not entry.is_authority
        ]
        right = [i for i in at if _entry(entries[i]).forced_command in commands]
        wrong = [i for i in at if i not in right and not (right and right[0] < i and lines[i].strip() == given.text)]
        if not at:
            missing.append(want)
            continue
        if not right:
            first = wrong.pop(0)
            old = lines[first]
            result[first] = want.text + old[len(old.rstrip("\r\n")) :]
            changes.append(Change("replaced", entries[first], want.entry))
        for index in wrong:
            result[index] = None
            changes.append(Change("removed", entries[index], None))
    body = "".join(line for line in result if line is not None)
    if missing and body and not body.endswith("\n"):
        body += "\n"
    for want in missing:
        body += want.text + "\n"
        changes.append(Change("added", None, want.entry))
    return Plan(body, changes)


def plan_absent(text: str, wanted: t.Sequence[Wanted]) -> Plan:
    """Take out every line that holds one of these keys, and nothing else."""
    identities = {want.entry.key.identity for want in wanted}
    changes: list[Change] = []
    kept: list[str] = []
    for line in key_lines.split_lines(text):
        entry = key_lines.authorized_key(line)
        if entry is not None and entry.key.identity in identities and not entry.is_authority:
            changes.append(Change("removed", entry, None))
        else:
            kept.append(line)
    return Plan("".join(kept), changes)


def ours(text: str, wanted: t.Sequence[Wanted]) -> list[str]:
    """What a file holds of our keys, described; foreign lines are nobody's business."""
    identities = {want.entry.key.identity for want in wanted}
    found = []
    for line in key_lines.split_lines(text):
        entry = key_lines.authorized_key(line)
        if entry is not None and entry.key.identity in identities and not entry.is_authority:
            found.append(key_lines.printable(entry.describe()))
    return found


def _entry(entry: key_lines.AuthorizedKey | None) -> key_lines.AuthorizedKey:
    if entry is None:  # never: only indexes of entries are asked for
        raise ValueError("no entry")
    return entry
