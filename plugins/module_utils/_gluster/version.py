# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The version of the installed GlusterFS."""

from __future__ import annotations

import re

from .._model import errors
from .runner import Run

_VERSION = re.compile(r"^glusterfs (\d+(?:\.\d+)*)", re.MULTILINE)


def read_version(run: Run) -> str:
    """The version as ``gluster --version`` prints it, for example ``10.3``. Needs no daemon; about 5 ms."""
    argv = ["gluster", "--version"]
    rc, out, err = run(argv, timeout=10)
    found = _VERSION.search(out)
    if rc != 0 or not found:
        raise errors.UnreadableOutput(
            "gluster --version did not tell a version.", command=argv, rc=rc, stdout=out, stderr=err
        )
    return found.group(1)


def version_key(version: str) -> tuple[int, ...]:
    """A version as numbers that compare: ``10.3`` -> ``(10, 3)``."""
    return tuple(int(part) for part in version.split("."))
