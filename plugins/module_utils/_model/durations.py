# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Lengths and points of time: as people write them, as gluster writes them, as people read them.

Pure: the standard library only.
"""

from __future__ import annotations

import datetime
import re
import typing as t

from .errors import invalid

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_WRITTEN = re.compile(r"([0-9]+)\s*([smhd]?)\Z")
_NOT_KNOWN = ("", "N/A", "None")


def seconds_from(option: str, value: t.Any) -> int | None:
    """A length of time: whole seconds, or text such as 90s, 15m, 2h or 1d; 0, empty text and None mean none.

    :raises InvalidInput: naming the option and the value.
    """
    text = "" if value is None else str(value).strip().lower()
    if not text:
        return None
    found = _WRITTEN.match(text) if not isinstance(value, bool) else None
    if found is None:
        raise invalid(
            option, value, "is not a duration.", "Write seconds, or a number with s, m, h or d, such as 15m."
        )
    return int(found[1]) * _UNITS[found[2]] or None


def instant(value: t.Any) -> float | None:
    """Seconds since 1970 of a time in UTC, as gluster's XML or ISO 8601 writes it; None where it tells none."""
    if value is None or str(value) in _NOT_KNOWN:
        return None
    text = str(value).strip().replace("T", " ").rstrip("Z")
    for shape in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f"):
        try:
            return datetime.datetime.strptime(text, shape).replace(tzinfo=datetime.timezone.utc).timestamp()
        except ValueError:
            continue
    return None


def iso(seconds: float | None) -> str | None:
    """
    >>> iso(0), iso(None)
    ('1970-01-01T00:00:00Z', None)
    """
    if seconds is None:
        return None
    return datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def words_of(seconds: float | None) -> str:
    """A length of time by its two largest units.

    >>> words_of(5), words_of(65), words_of(7200), words_of(93784), words_of(None)
    ('5 s', '1 min 5 s', '2 h', '1 d 2 h', 'unknown')
    """
    if seconds is None:
        return "unknown"
    rest = max(0, int(seconds))
    parts = []
    for size, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(rest, size)
        parts.append((count, name))
    first = next((index for index, (count, _name) in enumerate(parts) if count), len(parts) - 1)
    shown = [(count, name) for count, name in parts[first : first + 2] if count] or [parts[-1]]
    return " ".join(f"{count} {name}" for count, name in shown)


def clock_words(moment: str | None) -> str:
    """An ISO time as people read it, still UTC.

    >>> clock_words("2026-11-22T14:05:31Z"), clock_words(None)
    ('2026-11-22 14:05:31', 'never')
    """
    return moment.replace("T", " ").rstrip("Z") if moment else "never"
