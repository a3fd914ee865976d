# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lengths of time and points of time."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model import durations
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (90, 90),
        ("90", 90),
        ("90s", 90),
        ("15m", 900),
        (" 2 H ", 7200),
        ("1d", 86400),
        (0, None),
        ("0", None),
        ("", None),
        (None, None),
    ],
)
def test_lengths_as_people_write_them(written: t.Any, seconds: int | None) -> None:
    assert durations.seconds_from("rpo", written) == seconds


@pytest.mark.parametrize("written", ["15 minutes", "-5", "1.5h", "m", True, [], "5w"])
def test_others_are_refused(written: t.Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        durations.seconds_from("sessions[2].rpo", written)
    assert caught.value.option == "sessions[2].rpo" and "15m" in caught.value.remedy


def test_times() -> None:
    assert durations.instant("2026-11-22 08:38:16") == durations.instant("2026-11-22T08:38:16Z") == 1795336696
    assert (
        durations.iso(1795336696) == "2026-11-22T08:38:16Z"
        and durations.clock_words("2026-11-22T08:38:16Z") == "2026-11-22 08:38:16"
    )
    assert [durations.instant(nothing) for nothing in (None, "", "N/A", "soon")] == [None] * 4


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (90061, "1 d 1 h"),
        (86401, "1 d"),
        (-3, "0 s"),
    ],
)
def test_lengths_as_people_read_them(seconds: int, words: str) -> None:
    assert durations.words_of(seconds) == words
