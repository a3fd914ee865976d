# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Edits of gsyncd's sources, on inputs with the few lines that they are about, as 9.2, 10.3 and 11.1 have them."""

from __future__ import annotations

import ast

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults import catalogue
from ansible_collections.glusterops.georep.plugins.module_utils._faults.source_edits import (
    BY_FAULT,
    EDITS,
    Edit,
    Unexpected,
    apply,
)
from ansible_collections.glusterops.georep.tests.unit.nodes import CONFIG, RESOURCE

READFP, IS_ALIVE = BY_FAULT["python-readfp"], BY_FAULT["python-isalive"]
SAMPLES = [pytest.param(READFP, CONFIG, id="readfp"), pytest.param(IS_ALIVE, RESOURCE, id="isAlive")]


def test_each_edit_mends_a_fault_of_the_catalogue() -> None:
    assert len(BY_FAULT) == len(EDITS)
    for edit in EDITS:
        assert catalogue.BY_ID[edit.fault].role == catalogue.SOURCE_FIX
        assert edit.file in catalogue.BY_ID[edit.fault].remedy and edit.old not in edit.new


@pytest.mark.parametrize(("edit", "text"), SAMPLES)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_only_the_words_are_changed(edit: Edit, text: str, newline: str, last: bool) -> None:
    text = (text if last else text.rstrip("\n")).replace("\n", newline)
    mended = apply(edit, text)
    assert text.count(edit.old) == mended.count(edit.new) == edit.places and edit.old not in mended
    assert mended == text.replace(edit.old, edit.new), "every other byte stays, the ends of the lines too"
    ast.parse(mended)


@pytest.mark.parametrize(("edit", "text"), SAMPLES)
def test_once_more_changes_nothing(edit: Edit, text: str) -> None:
    mended = apply(edit, text)
    assert apply(edit, mended) == mended


def test_a_release_that_has_the_new_words_needs_nothing() -> None:
    """10.3 and 11.1 say is_alive already."""
    newer = RESOURCE.replace("isAlive", "is_alive")
    assert apply(IS_ALIVE, newer) == newer
    assert apply(IS_ALIVE, "") == ""


@pytest.mark.parametrize(
    ("edit", "text", "words"),
    [
        (READFP, CONFIG + "        conf.readfp(f)\n", "in 5 lines instead of 4"),
        (READFP, CONFIG.replace("cnf.readfp(f)", "pass", 1), "in 3 lines instead of 4"),
        (READFP, CONFIG.replace("cnf.readfp(f)", "cnf.readfp(f, name)", 1), "line 6 reads 'cnf.readfp(f, name)'"),
        (READFP, CONFIG.replace("cnf.readfp(f)", "parser.readfp(f)", 1), "line 6 reads 'parser.readfp(f)'"),
        (READFP, CONFIG.replace("cnf.readfp(f)", "cnf.readfp(f)  # as ever", 1), "line 6 reads"),
        (READFP, CONFIG + "# .readfp( is gone\n", "line 20 reads '# .readfp( is gone'"),
        (READFP, CONFIG.replace("cnf.readfp(f)", "cnf.read_file(f)", 2), "in 2 lines instead of 4"),
        (IS_ALIVE, RESOURCE.replace("not t.", "not other."), "line 4 reads 'if not other.isAlive():'"),
        (IS_ALIVE, RESOURCE.replace("if not t.", "while t."), "line 4 reads"),
        (IS_ALIVE, RESOURCE * 2, "in 2 lines instead of 1"),
        (IS_ALIVE, RESOURCE + "def broken(:\n", "would not be valid Python"),
    ],
)
def test_a_strange_file_is_refused(edit: Edit, text: str, words: str) -> None:
    with pytest.raises(Unexpected) as caught:
        apply(edit, text)
    assert words in str(caught.value)
