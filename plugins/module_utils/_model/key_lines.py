# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Lines with SSH keys as OpenSSH reads them: public keys, and the lines of authorized_keys and known_hosts.

Reads text and returns values; nothing here opens a file.
"""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
import re
import struct
import typing as t

from .text import printable

_KIND = re.compile(r"^[a-z][a-z0-9@.-]*\Z")
BRACKETED = re.compile(r"^\[([^\]]+)\]:(\d+)\Z")


class PublicKey(t.NamedTuple):
    """A public key. Two keys are the same key when ``kind`` and ``blob`` are, whatever the comment says."""

    kind: str
    blob: str
    comment: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        return (self.kind, self.blob)

    @property
    def fingerprint(self) -> str:
        """As ``ssh-keygen -l`` prints it."""
        digest = hashlib.sha256(base64.b64decode(self.blob)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def describe(self) -> str:
        """For messages and diffs: never the key itself, which nobody can read anyway."""
        return " ".join(part for part in (self.kind, self.fingerprint, self.comment) if part)

    def line(self) -> str:
        return " ".join(part for part in (self.kind, self.blob, self.comment) if part)


def parse_public_key(text: str) -> PublicKey | None:
    """Read ``KIND BASE64 [COMMENT]``; ``None`` when it is not that.

    The kind written in front must be the kind inside the blob, as OpenSSH demands.
    """
    parts = text.strip().split(None, 2)
    if len(parts) < 2 or not _KIND.match(parts[0]):
        return None
    try:
        raw = base64.b64decode(parts[1].encode("ascii", "replace"), validate=True)
    except (binascii.Error, ValueError):
        return None
    fields = _fields(raw)
    if len(fields) < 2 or fields[0] != parts[0].encode():
        return None
    return PublicKey(parts[0], base64.b64encode(raw).decode(), parts[2].strip() if len(parts) > 2 else "")


def _fields(raw: bytes) -> list[bytes]:
    """The length-prefixed parts of a key; empty when it is cut off."""
    fields: list[bytes] = []
    at = 0
    while at < len(raw):
        if at + 4 > len(raw):
            return []
        (length,) = struct.unpack(">I", raw[at : at + 4])
        at += 4 + length
        if at > len(raw):
            return []
        fields.append(raw[at - length : at])
    return fields


def split_lines(text: str) -> list[str]:
    """Lines with their ends, cut at ``\\n`` only: str.splitlines() cuts at seven other characters too."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


class AuthorizedKey(t.NamedTuple):
    """One line of authorized_keys that holds a key."""

    options: str
    key: PublicKey

    @property
    def forced_command(self) -> str | None:
        return forced_command(self.options)

    @property
    def is_authority(self) -> bool:
        """``cert-authority`` lines trust what the key signs, not the key: never ours."""
        return any(name == "cert-authority" for name, _value in split_options(self.options))

    def describe(self) -> str:
        """For messages and diffs."""
        return " ".join(part for part in (self.options, self.key.describe()) if part)


def authorized_key(line: str) -> AuthorizedKey | None:
    """The entry on a line, read as sshd reads it; ``None`` for blank lines, comments, and what sshd would skip."""
    text = line.strip(" \t\r\n")
    if not text or text.startswith("#"):
        return None
    key = parse_public_key(text)
    if key is not None:
        return AuthorizedKey("", key)
    end = _options_end(text)
    key = parse_public_key(text[end:])
    if key is None:
        return None
    return AuthorizedKey(text[:end], key)


def _options_end(text: str) -> int:
    """Where the options end: at the first blank outside quotes; ``\\"`` inside quotes is a quote character."""
    quoted = False
    index = 0
    while index < len(text):
        if text[index] == "\\" and text[index + 1 : index + 2] == '"':
            index += 2
            continue
        if text[index] == '"':
            quoted = not quoted
        elif text[index] in " \t" and not quoted:
            break
        index += 1
    return index


def split_options(options: str) -> list[tuple[str, str | None]]:
    """``name[="value"],...`` as (lower-case name, value) pairs; commas inside quotes do not separate."""
    result: list[tuple[str, str | None]] = []
    for match in re.finditer(r'([^,="]+)(?:="((?:\\"|[^"])*)"|=([^,]*))?(?:,|$)', options):
        value = match.group(2) if match.group(2) is not None else match.group(3)
        result.append((match.group(1).strip().lower(), None if value is None else value.replace('\\"', '"')))
    return result


def forced_command(options: str) -> str | None:
    """The command that these options force, if any."""
    for name, value in split_options(options):
        if name == "command":
            return value
    return None


def identity(line: str) -> tuple[str, str] | None:
    """The key on a line, whatever stands around it."""
    entry = authorized_key(line)
    return entry.key.identity if entry else None


def described(lines: t.Iterable[str]) -> list[str]:
    """For results: fingerprints and comments."""
    entries = [entry for entry in map(authorized_key, lines) if entry]
    return [printable(entry.key.describe()) for entry in entries]


class KnownHost(t.NamedTuple):
    """One line of known_hosts. ``names`` as written: plain, patterns, ``!`` patterns, or one hashed name."""

    number: int
    marker: str
    names: tuple[str, ...]
    key: PublicKey

    def holds(self, token: str) -> bool:
        """Is this very name on the line (plain or hashed), so that the line is ours to edit?"""
        if self.marker:
            return False
        return any(same_name(name, token) for name in self.names)

    def matches(self, token: str) -> bool:
        """Would ssh use this line for the name?"""
        hit = False
        for name in self.names:
            if name.startswith("!"):
                if _pattern(name[1:], token):
                    return False
            elif same_name(name, token) or _pattern(name, token):
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
    found = BRACKETED.match(name)
    return found.group(1) if found else name


def keys_of_names(text: str) -> dict[str, list[str]]:
    """The plain names that the file holds keys for, and these keys, each ``KEYTYPE BASE64``."""
    found: dict[str, list[str]] = {}
    for entry in known_hosts(text):
        for name in entry.names if not entry.marker else ():
            if not re.search(r"[*?!|]", name):
                found.setdefault(name.lower(), []).append(f"{entry.key.kind} {entry.key.blob}")
    return found


def same_name(name: str, wanted: str) -> bool:
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


def known_host(line: str, number: int = 0) -> KnownHost | None:
    """The entry on a line; ``None`` for blank lines, comments and what ssh would skip."""
    text = line.strip(" \t\r\n")
    if not text or text.startswith("#"):
        return None
    marker = ""
    if text.startswith("@"):
        marker, _blank, text = text.partition(" ")
        text = text.lstrip()
    names, _blank, rest = text.replace("\t", " ", 1).partition(" ")
    key = parse_public_key(rest)
    if key is None or not names:
        return None
    return KnownHost(number, marker, tuple(names.split(",")), key)


def known_hosts(text: str) -> list[KnownHost]:
    found = (known_host(line, number) for number, line in enumerate(split_lines(text), 1))
    return [entry for entry in found if entry is not None]
