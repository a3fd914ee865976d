# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and lines of others: a terminal shows them and does not obey them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply.compare import compare, describe
from ansible_collections.glusterops.georep.plugins.module_utils._model.text import clean, name, names, printable
from ansible_collections.glusterops.georep.plugins.module_utils._plan.eligibility import empty_objection


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain größe 日本", "plain größe 日本"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\rOK", "a\\rOK"),
        ("a\x00b\x7f", "a\\x00b\\x7f"),
        ("\x9b31m", "\\x9b31m"),
        (os.fsdecode(b"caf\xe9"), "caf\\xe9"),
        ("\ud800", "\\ud800"),
        ("invoice\u202egpj.exe", "invoice\\u202egpj.exe"),
        ("a\u2028b", "a\\u2028b"),
        ("one\n\ttwo", "one\n\ttwo"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown == printable(shown)
    printable(text).encode("utf-8")


def test_a_name_stays_in_one_line() -> None:
    assert name("a\nfatal: [node]\t") == "a\\nfatal: [node]\\t"
    assert names(["a\n", "b", "c"], 2) == "a\\n, b and 1 more" and names(["a"]) == "a"


def test_a_result_is_clean_all_through() -> None:
    value = {"msg": "\x1b[2J", "a\x07": [("b\udce9", 5, None, True)], "diff": {"before": "one\ntwo\n"}}
    assert clean(value) == {"msg": "\\x1b[2J", "a\\x07": [["b\\xe9", 5, None, True]], "diff": {"before": "one\ntwo\n"}}
    json.dumps(clean(value)).encode("utf-8")


NASTY = [b"\x1b]0;owned\x07", b"caf\xe9", b"two\nlines"]


def test_files_with_such_names_are_compared_and_named(tmp_path: Path) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    for folder in (near, far):
        folder.mkdir()
    for file in NASTY:
        with open(os.path.join(os.fsencode(near), file), "wb") as opened:
            opened.write(b"content")
    found = compare(str(near), str(far), "all", 10, 2**40)
    assert {os.fsencode(item.path) for item in found.differences} == set(NASTY)
    told = describe(found, "a -> dr1::b")
    assert all(shown in told for shown in ("\\x1b]0;owned\\x07", "caf\\xe9", "two\\nlines")) and told == printable(told) and "\n" not in told


def test_entries_of_a_volume_that_is_not_empty() -> None:
    objection = empty_objection("b", "dr1", [os.fsdecode(file) for file in NASTY])
    assert objection is not None and objection.message.endswith("is not empty: \\x1b]0;owned\\x07, caf\\xe9, two\\nlines.")
