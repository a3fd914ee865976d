# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What glusterd makes of glusterd.vol, written after libglusterfs/src/graph.l and graph.y sign by sign: no code of the collection is used.

A glusterd of the tests that read with the collection's own reader would agree with each of its mistakes.
"""

from __future__ import annotations

import typing as t

BLANKS = " \t\r\n"
KEYWORDS = ("volume", "type", "option", "subvolumes", "subvolumeS", "end-volume")


class DoesNotStart(Exception):
    """glusterd logs a syntax error, and ends."""


def lex(text: str) -> list[tuple[str, t.Optional[str]]]:
    """Words as (kind, value); the kind is the word itself for a keyword, and "" otherwise."""
    found: list[tuple[str, t.Optional[str]]] = []
    at = 0
    while at < len(text):
        sign = text[at]
        if sign in BLANKS or sign == "\\":
            at += 1
        elif sign == "#":
            while at < len(text) and text[at] != "\n":
                at += 1
        elif sign == '"':
            value = ""
            at += 1
            while True:
                if at >= len(text):
                    raise DoesNotStart("quotes are not closed")
                if text[at] == '"':
                    break
                if text[at] == "\\" and text[at + 1 : at + 2] not in ("", "\n"):
                    value += text[at + 1]
                    at += 2
                    continue
                value += text[at] if text[at] not in "\n\\" else ""
                at += 1
            at += 1
            found.append(("", value or None))
        else:
            start = at
            while at < len(text) and text[at] not in BLANKS + '"\\':
                at += 1
            word = text[start:at]
            found.append((word if word in KEYWORDS else "", word))
    return found


def options(text: str) -> dict[str, str]:
    """The options of the last volume in the file, which is what glusterd runs as.

    :raises DoesNotStart: the text is not in the grammar.
    """
    words = lex(text)
    last: dict[str, str] = {}

    def take(*kinds: str) -> t.Tuple[str, t.Optional[str]]:
        if not words or words[0][0] not in kinds:
            raise DoesNotStart(f"{words[:1]} in place of {kinds}")
        return words.pop(0)

    if not words:
        raise DoesNotStart("no volume")
    while words:
        last = {}
        take("volume")
        take("")
        take("type")
        take("")
        seen = False
        while True:
            kind = take("option", "end-volume", "subvolumes", "subvolumeS")[0]
            if kind == "end-volume":
                break
            if kind == "option":
                name, value = take("")[1], take("")[1]
                if name is not None and value is not None:
                    last[name] = value
                continue
            if seen:
                raise DoesNotStart("two lines subvolumes")
            seen = True
            take("")
            while words and words[0][0] == "":
                take("")
    return last


def mappings(text: str) -> set[tuple[str, str]]:
    """Accounts and the volumes that each may mount, as glusterd-mountbroker.c takes the options apart."""
    found = set()
    for name, value in options(text).items():
        label = "mountbroker-geo-replication."
        if name.startswith(label):
            volumes, _colon, _user = value.partition(":")
            found.update((name[len(label) :], volume) for volume in volumes.split(",") if volume and not set(volume) & set(BLANKS))
    return found
