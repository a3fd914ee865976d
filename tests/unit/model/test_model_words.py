# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One spelling of true and false, whoever wrote it."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.words import same_to_glusterd, truth, truth_of
from ansible_collections.glusterops.georep.tests.unit.support import ROOT


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        *((word, True) for word in (True, 1, "true", "True", "yes", "ON", "1", "y", "t", "enable", " true ")),
        *((word, False) for word in (False, 0, "false", "False", "no", "OFF", "0", "n", "f", "disable")),
        *((word, None) for word in (None, "", "abc", "truee", 2, "-1", [True])),
    ],
)
def test_true_false_or_neither(value: t.Any, meant: bool | None) -> None:
    assert truth(value) is meant
    if meant is None:
        with pytest.raises(InvalidInput, match="must be true or false"):
            truth_of("config.sync-xattrs", value)
    else:
        assert truth_of("config.sync-xattrs", value) is meant


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("true", "yes", True), ("1", "true", True), ("false", "off", True), ("no", "5", True),
        ("true", "on", False), ("false", "true", False), ("on", "true", False), ("5", "1", False), (None, "true", False),
    ],
)  # fmt: skip
def test_what_glusterd_takes_for_the_same(before: str | None, after: str, same: bool) -> None:
    assert same_to_glusterd(before, after) is same


def test_no_other_file_lists_words_for_true() -> None:
    """A list of at least two of these words, as a tuple, list or set."""
    word = r"[\"'](?:true|yes|on|1|enable|false|no|off|0|disable)[\"']"
    lists = re.compile(rf"[(\[{{]\s*{word}\s*,\s*{word}\s*[,)\]}}]", re.IGNORECASE)
    found = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "plugins").rglob("*.py"))
        if lists.search(path.read_text(encoding="utf-8"))
    ]
    assert found == ["plugins/module_utils/_model/words.py"]
