# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every file of the repository has to carry."""

from __future__ import annotations

import fnmatch
import os
import re
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.tests.unit.support import ROOT, git_files

# In two parts: reuse lint would take the quotation mark for a part of the licence.
LICENCE = ": ".join(("SPDX-License-Identifier", "GPL-3.0-or-later"))
COPYRIGHT = re.compile(r"Copyright \(c\) \d{4}, GlusterOps contributors")
NOTE = "# Note that this {} util is **PRIVATE** to the collection. It can have breaking changes at any time."


def files() -> list[str]:
    return [str(path) for path in git_files()]


def python_files() -> list[str]:
    return [path for path in files() if path.endswith(".py")]


def exempt() -> list[str]:
    """The patterns of REUSE.toml: files that cannot carry a header."""
    text = (ROOT / "REUSE.toml").read_text()
    patterns = re.findall(r'^ {4}"([^"]+)",$', text, re.MULTILINE)
    assert patterns, "REUSE.toml lists no path"
    return [pattern.replace("**/", "*").replace("**", "*") for pattern in patterns]


def header_complaint(path: str, text: str) -> str | None:
    if not text or path == "LICENSE" or path.startswith("LICENSES/"):
        return None
    if any(fnmatch.fnmatch(path, pattern) for pattern in exempt()):
        return None
    head = "\n".join(text.splitlines()[:15])
    if LICENCE not in head:
        return f"{path} has no line '{LICENCE}'"
    if not COPYRIGHT.search(head):
        return f"{path} has no line 'Copyright (c) YEAR, GlusterOps contributors'"
    return None


def test_every_file_carries_a_licence_header() -> None:
    found = [header_complaint(path, (ROOT / path).read_text(errors="replace")) for path in files()]
    complaints = [line for line in found if line]
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("text", ["x = 1\n", f"# {LICENCE}\n", "# Copyright (c) 2026, GlusterOps contributors\n"])
def test_a_missing_header_is_seen(text: str) -> None:
    assert header_complaint("plugins/x.py", text)
    assert not header_complaint("tests/unit/fixtures/10.3/status.xml", text)


def test_the_licence_is_whole_and_a_file() -> None:
    for name in ("LICENSE", "LICENSES/GPL-3.0-or-later.txt"):
        path = ROOT / name
        assert not path.is_symlink()
        assert "END OF TERMS AND CONDITIONS" in path.read_text()
    assert (ROOT / "LICENSE").read_text() == (ROOT / "LICENSES/GPL-3.0-or-later.txt").read_text()


@pytest.mark.parametrize("kind", ["module", "plugin"])
def test_utils_are_private_by_note_and_by_name(kind: str) -> None:
    for path in python_files():
        if path.startswith(f"plugins/{kind}_utils/"):
            text = (ROOT / path).read_text()
            assert not text or NOTE.format(kind) in text, f"{path} lacks the note that it is private"
            assert Path(path).parts[2].startswith("_"), f"{path} must be _name.py or in a _package/"


def test_annotations_are_never_evaluated() -> None:
    for path in python_files():
        text = (ROOT / path).read_text()
        if re.search(r"^\s*[^#\s]", text, re.MULTILINE):
            assert "from __future__ import annotations" in text, f"{path}: Python 3.9 cannot evaluate newer annotations"


def test_scripts_can_be_run() -> None:
    for path in files():
        if path.startswith("plugins/") or (ROOT / path).read_bytes()[:2] != b"#!":
            continue
        sourced = Path(path).name.startswith("_")
        assert os.access(ROOT / path, os.X_OK) or sourced, f"{path} has a shebang and is not executable"


def test_ci_runs_what_people_run() -> None:
    assert "script/test" in (ROOT / ".ci/run").read_text()
    assert os.access(ROOT / ".ci/run", os.X_OK)
