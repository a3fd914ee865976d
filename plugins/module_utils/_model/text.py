# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Text of others in ours: names of files, lines of logs, and answers of programs may hold bytes that are no text, and signs that a terminal obeys."""

from __future__ import annotations

import re
import typing as t

#: Control characters, bytes that are not UTF-8 (as surrogates), and signs that turn the direction of the text or end a line.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_LINE = re.compile("[\n\t]")


#: What no name, number or word of GlusterFS holds: control characters, and U+FFFD, which stands for bytes that are not UTF-8.
_GARBLED = re.compile("[\x00-\x1f\x7f-\x9f\ufffd\ud800-\udfff]")


def garbled(text: str) -> bool:
    """Whether a word of an answer is none: something on its way has changed it.

    >>> garbled("projects-dr"), garbled("proj\ufffdcts"), garbled("Act\x1bive")
    (False, True, True)
    """
    return _GARBLED.search(text) is not None


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that Python could not decode
        return f"\\x{code - 0xDC00:02x}"
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(found[0]) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def printable(text: str) -> str:
    """A text, of one line or several, that a terminal shows and does not obey.

    >>> printable("a\\x1b]0;title\\x07"), printable("caf\\udce9"), printable("one\\ntwo")
    ('a\\\\x1b]0;title\\\\x07', 'caf\\\\xe9', 'one\\ntwo')
    """
    return _OBEYED.sub(_escaped, text)


def name(text: str) -> str:
    """The name of a file or folder: what is in one line stays in one line.

    >>> name("a\\nOK: all is well")
    'a\\\\nOK: all is well'
    """
    return _LINE.sub(_escaped, printable(text))


def names(texts: t.Sequence[str], most: int = 5) -> str:
    """The first names of several, and how many more there are."""
    return ", ".join(name(text) for text in texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")


def size_words(size: int) -> str:
    """A number of bytes for people.

    >>> size_words(0), size_words(3 * 2**29)
    ('0 B', '1.5 GiB')
    """
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.4g} {unit}"
        value /= 1024
    return f"{value:.4g} TiB"


def clean(value: t.Any) -> t.Any:
    """A result with every text in it :func:`printable`; what is clean is returned as it is."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {clean(key): clean(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(part) for part in value]
    return value
