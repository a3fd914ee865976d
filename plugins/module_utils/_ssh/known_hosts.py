# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Editing known_hosts as text: only names we are told to manage are ever touched."""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
import re
import typing as t

from .._model import errors, identity
from . import keys

_BRACKETED = re.compile(r"^\[([^\]]+)\]:(\d+)\Z")


class Entry(t.NamedTuple):
    """One line of known_hosts. ``names`` as written: plain, patterns, ``!`` patterns, or one hashed name."""

    number: int
    marker: str
    names: tuple[str, ...]
    key: keys.PublicKey

    def holds(self, token: str) -> bool:
        """Is this very name on the line (plain or hashed), so that the line is ours to edit?"""
        if self.marker:
            return False
        return any(_same_name(name, token) for name in self.names)

    def matches(self, token: str) -> bool:
        """Would ssh use this line for the name?"""
        hit = False
        for name in self.names:
            if name.startswith("!"):
                if _pattern(name[1:], token):
                    return False
            elif _same_name(name, token) or _pattern(name, token):
                hit = True
        return hit


def token(host: str, port: int) -> str:
    """The name under which ssh looks a host up."""
    return host.lower() if port == 22 else f"[{host.lower()}]:{port}"


def host_of(name: str) -> str:
    """The host of a :func:`token`, without its port.

    >>> host_of("[dr1]:2222"), host_of("dr1")
    ('dr1', 'dr1')
    """
    found = _BRACKETED.match(name)
    return found.group(1) if found else name


def keys_of_names(text: str) -> dict[str, list[str]]:
    """The plain names that the file holds keys for, and these keys, each ``KEYTYPE BASE64``."""
    found: dict[str, list[str]] = {}
    for entry in parse(text):
        for name in entry.names if not entry.marker else ():
            if not re.search(r"[*?!|]", name):
                found.setdefault(name.lower(), []).append(f"{entry.key.kind} {entry.key.blob}")
    return found


def names_of_keys(text: str, wanted: t.Sequence[keys.PublicKey]) -> list[str]:
    """The plain names under which the file holds one of these keys."""
    identities = {key.identity for key in wanted}
    return [
        name
        for name in keys_of_names(text)
        if any(entry.holds(name) and entry.key.identity in identities for entry in parse(text))
    ]


def _same_name(name: str, wanted: str) -> bool:
    if name.startswith("|1|"):
        parts = name.split("|")
        if len(parts) != 4:
            return False
        try:
            salt, digest = base64.b64decode(parts[2], validate=True), base64.b64decode(parts[3], validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(hmac.new(salt, wanted.encode(), hashlib.sha1).digest(), digest)
    return name.lower() == wanted


def _pattern(name: str, wanted: str) -> bool:
    if name.startswith("|1|") or not re.search(r"[*?]", name):
        return name.lower() == wanted
    # ssh knows only * and ?; brackets are part of [host]:port.
    return fnmatch.fnmatchcase(wanted, name.lower().replace("[", "[[]"))


def parse_line(line: str, number: int = 0) -> Entry | None:
    """The entry on a line; ``None`` for blank lines, comments and what ssh would skip."""
    text = line.strip(" \t\r\n")
    if not text or text.startswith("#"):
        return None
    marker = ""
    if text.startswith("@"):
        marker, _blank, text = text.partition(" ")
        text = text.lstrip()
    names, _blank, rest = text.replace("\t", " ", 1).partition(" ")
    key = keys.parse_public_key(rest)
    if key is None or not names:
        return None
    return Entry(number, marker, tuple(names.split(",")), key)


def parse(text: str) -> list[Entry]:
    found = (parse_line(line, number) for number, line in enumerate(keys.split_lines(text), 1))
    return [entry for entry in found if entry is not None]


def lookup(text: str, name: str) -> list[Entry]:
    """Every line that ssh would use for this name."""
    return [entry for entry in parse(text) if entry.matches(name)]


Target = t.Tuple[str, int]


def read_wanted(lines: t.Sequence[str], targets: t.Sequence[Target], option: str) -> dict[str, list[keys.PublicKey]]:
    """From lines known to be right, the host keys of each target in use.

    A plain name speaks for the host, whatever port it is reached by; ``[name]:port`` speaks for that port and has
    the last word on it. Names that are not in use are left out.
    """
    entries: list[Entry] = []
    for number, line in enumerate(lines):
        text = line.strip(" \t\r\n")
        if not text or text.startswith("#"):
            continue
        where = f"{option}[{number}]"
        entry = None if "\n" in text else parse_line(text)
        if entry is None:
            raise errors.InvalidInput(
                f"{where}: {keys.printable(text[:80])!r} is not a line of known_hosts (malformed, cut off, or the "
                "key type does not fit the key).",
                remedy="Give lines of the form: NAME KEYTYPE BASE64, or [NAME]:PORT KEYTYPE BASE64.",
                option=option,
                value=keys.printable(text[:80]),
            )
        if entry.marker or any(re.search(r"[*?!]", name) for name in entry.names):
            raise errors.InvalidInput(
                f"{where}: markers such as @cert-authority and patterns are not taken here.",
                remedy="Give one plain line for each host and key.",
                option=option,
                value=keys.printable(text[:80]),
            )
        for name in entry.names:
            match = _BRACKETED.match(name)
            if match:
                identity.check_port(where, int(match.group(2)))
        entries.append(entry)
    result: dict[str, list[keys.PublicKey]] = {}
    for host, port in targets:
        name = token(host, port)
        found = [entry.key for entry in entries if entry.holds(name)]
        if not found:
            found = [entry.key for entry in entries if entry.holds(token(host, 22))]
        unique = {key.identity: keys.PublicKey(key.kind, key.blob) for key in found}
        if unique:
            result[name] = list(unique.values())
    return result


class Change(t.NamedTuple):
    action: str
    name: str
    key: keys.PublicKey

    def describe(self) -> str:
        return f"{self.action} {self.name} {self.key.kind} {self.key.fingerprint}"


class Plan(t.NamedTuple):
    text: str
    changes: list[Change]


def plan_present(text: str, wanted: t.Mapping[str, t.Sequence[keys.PublicKey]]) -> Plan:
    """Make the file hold exactly the given keys for each given name."""
    for name, right in wanted.items():
        for entry in parse(text):
            if entry.marker == "@revoked" and entry.matches(name) and entry.key.identity in {k.identity for k in right}:
                raise errors.PreconditionFailed(
                    f"The key {entry.key.fingerprint} given for {name} is marked @revoked on line {entry.number} of "
                    "the known_hosts file.",
                    remedy="Give the host's new key, or remove that line if the revocation was a mistake.",
                )
    body, changes = _without(text, {name: {key.identity for key in right} for name, right in wanted.items()})
    for name, right in wanted.items():
        there = {entry.key.identity for entry in parse(body) if entry.holds(name)}
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
    for number, line in enumerate(keys.split_lines(text), 1):
        entry = parse_line(line, number)
        if entry is None:
            kept.append(line)
            continue
        names = list(entry.names)
        for name, identities in right.items():
            if entry.holds(name) and entry.key.identity not in identities:
                names = [one for one in names if not _same_name(one, name)]
                changes.append(Change("removed", name, keys.PublicKey(entry.key.kind, entry.key.blob)))
        if len(names) == len(entry.names):
            kept.append(line)
        elif names:
            # Only the names change; blanks, comment and line end stay.
            kept.append(line.replace(",".join(entry.names), ",".join(names), 1))
    return "".join(kept), changes


def fingerprints(text: str, names: t.Iterable[str]) -> dict[str, list[str]]:
    """For results: what the file holds for each name."""
    entries = [entry for entry in parse(text) if not entry.marker]
    return {name: [f"{e.key.kind} {e.key.fingerprint}" for e in entries if e.matches(name)] for name in names}


def read_scan(out: str, targets: t.Sequence[Target]) -> dict[str, list[keys.PublicKey]]:
    """What ssh-keyscan found. It prints names as they were asked for, bracketed when the port is not 22."""
    entries = parse(out)
    result: dict[str, list[keys.PublicKey]] = {}
    for host, port in targets:
        name = token(host, port)
        found = {
            entry.key.identity: keys.PublicKey(entry.key.kind, entry.key.blob) for entry in entries if entry.holds(name)
        }
        if found:
            result[name] = [found[identity] for identity in sorted(found)]
    return result
