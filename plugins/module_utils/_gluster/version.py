# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The version of the installed GlusterFS."""

from __future__ import annotations

import re

from .._model import errors
from .runner import Answer, Run

# The whole line: of one that is cut short a 10.3 would pass for a 1. Packagers and developers put letters behind the number.
_VERSION = re.compile(r"^glusterfs ([0-9]{1,9}(?:\.[0-9]{1,9})*)(?:[A-Za-z~+-][\w.~+-]*)?[ \t]*\r?\n", re.MULTILINE | re.ASCII)


def read_version(run: Run) -> str:
    """The version as ``gluster --version`` prints it, for example ``10.3``. Needs no daemon; about 5 ms."""
    argv = ["gluster", "--version"]
    answer = Answer(argv, *run(argv, timeout=10))
    found = find_version(answer.out)
    if answer.rc != 0 or found is None:
        raise errors.UnreadableOutput(
            f"gluster --version did not print a version: {answer.said}",
            remedy="Run 'gluster --version' on this node. If it prints no version, reinstall the package that contains gluster.",
            **answer.evidence(),
        )
    return found


def find_version(text: str) -> str | None:
    """The version in what ``gluster --version`` prints."""
    found = _VERSION.findall(text)
    # A login script may print something before it.
    return found[-1] if found else None


def version_key(version: str) -> tuple[int, ...]:
    """A version as numbers that compare: ``10.3`` -> ``(10, 3)``."""
    return tuple(int(part) for part in version.split("."))
