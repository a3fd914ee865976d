# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""SSH keys, and the words of the user that end up on a command line of ssh: paths and key files."""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
import struct

from .._model import errors, key_lines

_SAFE_PATH = re.compile(r"^/[A-Za-z0-9_./@+,=-]*[A-Za-z0-9_@+,=-]\Z")


def check_path(value: str, option: str) -> str:
    """A path that ssh and gsyncd read the same way as we do: ssh splits file options at blanks and expands ``%``."""
    if not _SAFE_PATH.match(value) or "/../" in value:
        raise errors.InvalidInput(
            f"{option}: ssh and gsyncd cannot use the path {value!r}.",
            remedy="Give an absolute path without blanks, quotes, percent or dollar signs.",
            option=option,
            value=value,
        )
    return value


def check_private_key_file(path: str, option: str, *, encrypted_ok: bool = False) -> None:
    """Raise InvalidInput unless ``path`` is a private key that ssh can use as it is."""

    def wrong(what: str, remedy: str) -> errors.InvalidInput:
        return errors.InvalidInput(f"{option}: {path} {what}.", remedy=remedy, option=option, value=path)

    check_path(path, option)
    try:
        # A FIFO would be waited for without end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise wrong("is a directory" if stat.S_ISDIR(mode) else "is not a plain file", "Give the path of the private key itself.")
            content = os.read(descriptor, 65536)
        finally:
            os.close(descriptor)
        mode = stat.S_IMODE(mode) & 0o777
    except FileNotFoundError:
        raise wrong(
            "does not exist on this node", "Give the path of a private key on the node where the module runs."
        ) from None
    except OSError as exc:
        raise wrong(f"cannot be read ({exc.strerror})", "Run as root (become: true), or give another file.") from exc
    text = content.decode("utf-8", "replace")
    if key_lines.parse_public_key(text.splitlines()[0] if text.strip() else "") is not None:
        guess = path[: -len(".pub")] if path.endswith(".pub") else "the file without .pub"
        raise wrong("is a public key, not a private key", f"Give the private half ({guess}).")
    if text.startswith("PuTTY-User-Key-File"):
        raise wrong("is a PuTTY key", "Convert it: puttygen KEY.ppk -O private-openssh -o KEY.")
    if not re.match(r"^-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----\s*$", text.lstrip().split("\n", 1)[0].rstrip("\r")):
        raise wrong(
            "is not a private key", "Give a file that begins with '-----BEGIN OPENSSH PRIVATE KEY-----' or the like."
        )
    if mode & 0o077:
        raise wrong(
            f"has mode {mode:04o}; ssh refuses private keys that other accounts can read",
            f"Run: chmod 0600 {path}",
        )
    if not encrypted_ok and is_encrypted(text):
        raise wrong(
            "is protected by a passphrase; geo-replication runs unattended and cannot give one",
            f"Use a key without a passphrase (ssh-keygen -p -f {path} removes it).",
        )


def is_encrypted(pem: str) -> bool:
    """Does this private key need a passphrase?"""
    if "BEGIN ENCRYPTED PRIVATE KEY" in pem or re.search(r"^Proc-Type:.*ENCRYPTED", pem, re.M):
        return True
    match = re.search(r"-----BEGIN OPENSSH PRIVATE KEY-----(.*?)-----END", pem, re.S)
    if not match:
        return False
    try:
        raw = base64.b64decode("".join(match.group(1).split()))
    except (binascii.Error, ValueError):
        return False
    magic = b"openssh-key-v1\0"
    if not raw.startswith(magic) or len(raw) < len(magic) + 8:
        return False
    (length,) = struct.unpack(">I", raw[len(magic) : len(magic) + 4])
    return raw[len(magic) + 4 : len(magic) + 4 + length] != b"none"


def decode(content: bytes) -> str:
    """Bytes to text and back without loss, whatever encoding comments are in."""
    return content.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
