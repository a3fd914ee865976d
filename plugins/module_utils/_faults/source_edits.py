# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Edits of gsyncd's sources that mend a known fault: data, and pure text work."""

from __future__ import annotations

import ast
import re
import typing as t


class Edit(t.NamedTuple):
    """One replacement in one file of syncdaemon."""

    fault: str  #: id of the catalogue
    file: str
    line: str  #: regular expression: what a line to be changed looks like, as a whole
    old: str
    new: str
    places: int  #: lines of that kind in the file


EDITS: tuple[Edit, ...] = (
    Edit("python-readfp", "gsyncdconfig.py", r"\s+(cnf|conf)\.readfp\(f\)", ".readfp(", ".read_file(", 4),
    Edit("python-isalive", "resource.py", r"\s+if not t\.isAlive\(\):", ".isAlive(", ".is_alive(", 1),
)
BY_FAULT: dict[str, Edit] = {edit.fault: edit for edit in EDITS}


class Unexpected(ValueError):
    """The file is not the one that the edit was made for."""


def apply(edit: Edit, text: str) -> str:
    """The patched text; the same text if it needs no patch.

    :raises Unexpected: the file uses the name in another way than the releases for which the patch was made.
    """
    lines = text.splitlines(keepends=True)
    hits = [number for number, line in enumerate(lines) if edit.old in line]
    if not hits:
        return text
    strange = [number for number in hits if not re.fullmatch(edit.line, lines[number].rstrip("\r\n"))]
    if strange or len(hits) != edit.places:
        raise Unexpected(
            f"line {strange[0] + 1} reads {lines[strange[0]].strip()!r}"
            if strange
            else f"the file uses {edit.old} in {len(hits)} lines instead of {edit.places}"
        )
    for number in hits:
        lines[number] = lines[number].replace(edit.old, edit.new)
    mended = "".join(lines)
    try:
        ast.parse(mended)
    except SyntaxError as exc:
        raise Unexpected(f"the patched file would not be valid Python: {exc}") from exc
    return mended
