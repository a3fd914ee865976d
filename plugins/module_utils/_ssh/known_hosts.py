# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Editing known_hosts as text: only names we are told to manage are ever touched."""

from __future__ import annotations

import re
import typing as t

from .._model import errors, identity, key_lines


def names_of_keys(text: str, wanted: t.Sequence[key_lines.PublicKey]) -> list[str]:
    """The plain names under which the file holds one of these keys."""
    identities = {key.identity for key in wanted}
    return [
        name
        for name in key_lines.keys_of_names(text)
        if any(entry.holds(name) and entry.key.identity in identities for entry in key_lines.known_hosts(text))
    ]


def lookup(text: str, name: str) -> list[key_lines.KnownHost]:
    """Every line that ssh would use for this name."""
    return [entry for entry in key_lines.known_hosts(text) if entry.matches(name)]


Target = t.Tuple[str, int]


def read_wanted(lines: t.Sequence[str], targets: t.Sequence[Target], option: str) -> dict[str, list[key_lines.PublicKey]]:
    """From lines known to be right, the host keys of each target in use.

    A plain name speaks for the host, whatever port it is reached by; ``[name]:port`` speaks for that port and has
    the last word on it. Names that are not in use are left out.
    """
    entries: list[key_lines.KnownHost] = []
    for number, line in enumerate(lines):
        text = line.strip(" \t\r\n")
        if not text or text.startswith("#"):
            continue
        where = f"{option}[{number}]"
        entry = None if "\n" in text else key_lines.known_host(text)
        if entry is None:
            raise errors.InvalidInput(
                f"{where}: {key_lines.printable(text[:80])!r} is not a line of known_hosts (malformed, cut off, or the "
                "key type does not fit the key).",
                remedy="Give lines of the form: NAME KEYTYPE BASE64, or [NAME]:PORT KEYTYPE BASE64.",
                option=option,
                value=key_lines.printable(text[:80]),
            )
        if entry.marker or any(re.search(r"[*?!]", name) for name in entry.names):
            raise errors.InvalidInput(
                f"{where}: markers such as @cert-authority and patterns are not supported here.",
                remedy="Give one plain line for each host and key.",
                option=option,
                value=key_lines.printable(text[:80]),
            )
        for name in entry.names:
            match = key_lines.BRACKETED.match(name)
            if match:
                identity.check_port(where, int(match.group(2)))
        entries.append(entry)
    result: dict[str, list[key_lines.PublicKey]] = {}
    for host, port in targets:
        name = key_lines.token(host, port)
        found = [entry.key for entry in entries if entry.holds(name)]
        if not found:
            found = [entry.key for entry in entries if entry.holds(key_lines.token(host, 22))]
        unique = {key.identity: key_lines.PublicKey(key.kind, key.blob) for key in found}
        if unique:
            result[name] = list(unique.values())
    return result


class Change(t.NamedTuple):
    action: str
    name: str
    key: key_lines.PublicKey

    def describe(self) -> str:
        return f"{self.action} {self.name} {self.key.kind} {self.key.fingerprint}"


class Plan(t.NamedTuple):
    text: str
    changes: list[Change]


def plan_present(text: str, wanted: t.Mapping[str, t.Sequence[key_lines.PublicKey]]) -> Plan:
    """Make the file hold exactly the given keys for each given name."""
    for name, right in wanted.items():
        for entry in key_lines.known_hosts(text):
            if entry.marker == "@revoked" and entry.matches(name) and entry.key.identity in {k.identity for k in right}:
                raise errors.PreconditionFailed(
                    f"The key {entry.key.fingerprint} given for {name} is marked @revoked on line {entry.number} of "
                    "the known_hosts file.",
                    remedy="Give the host's new key, or remove that line if the revocation was a mistake.",
                )
    body, changes = _without(text, {name: {key.identity for key in right} for name, right in wanted.items()})
    for name, right in wanted.items():
        there = {entry.key.identity for entry in key_lines.known_hosts(body) if entry.holds(name)}
        for key in right:
            if key.identity in there:
                continue
            if body and not body.endswith("\n"):
                body += "\n"
            body += f"{name} {key.kind} {key.blob}\n"
            changes.append(Change("added", name, key))
    return Plan(body, changes)


def plan_absent(text: str, names: t.Iterable[str]) -> Plan:
    """Forget these names; other names on the same line stay."""
    return Plan(*_without(text, {name: set() for name in names}))


def _without(text: str, right: t.Mapping[str, t.Collection[tuple[str, str]]]) -> tuple[str, list[Change]]:
    """Drop each name from the lines whose key is not among its right ones."""
    changes: list[Change] = []
    kept: list[str] = []
    for number, line in enumerate(key_lines.split_lines(text), 1):
        entry = key_lines.known_host(line, number)
        if entry is None:
            kept.append(line)
            continue
        names = list(entry.names)
        for name, identities in right.items():
            if entry.holds(name) and entry.key.identity not in identities:
                names = [one for one in names if not key_lines.same_name(one, name)]
                changes.append(Change("removed", name, key_lines.PublicKey(entry.key.kind, entry.key.blob)))
        if len(names) == len(entry.names):
            kept.append(line)
        elif names:
            # Only the names change; blanks, comment and line end stay.
            kept.append(line.replace(",".join(entry.names), ",".join(names), 1))
    return "".join(kept), changes


def fingerprints(text: str, names: t.Iterable[str]) -> dict[str, list[str]]:
    """For results: what the file holds for each name."""
    entries = [entry for entry in key_lines.known_hosts(text) if not entry.marker]
    return {name: [f"{e.key.kind} {e.key.fingerprint}" for e in entries if e.matches(name)] for name in names}


def read_scan(out: str, targets: t.Sequence[Target]) -> dict[str, list[key_lines.PublicKey]]:
    """What ssh-keyscan found. It prints names as they were asked for, bracketed when the port is not 22."""
    entries = key_lines.known_hosts(out)
    result: dict[str, list[key_lines.PublicKey]] = {}
    for host, port in targets:
        name = key_lines.token(host, port)
        found = {
            entry.key.identity: key_lines.PublicKey(entry.key.kind, entry.key.blob) for entry in entries if entry.holds(name)
        }
        if found:
            result[name] = [found[identity] for identity in sorted(found)]
    return result
