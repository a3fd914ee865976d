# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Where this node's GlusterFS keeps what stands behind its CLI: gsyncd and the helper scripts."""

from __future__ import annotations

import glob
import os

#: Where packages put gsyncd and its helpers: Debian's triplet, RPM systems, builds from source.
HELPER_DIRS = ("/usr/lib/*/glusterfs", "/usr/libexec/glusterfs", "/usr/lib/glusterfs", "/usr/local/libexec/glusterfs")


def helper_dir() -> str | None:
    """The folder of the forced command ``gsyncd`` and of its Python sources."""
    for pattern in HELPER_DIRS:
        for path in sorted(glob.glob(pattern)):
            if os.path.exists(os.path.join(path, "python", "syncdaemon", "gsyncd.py")):
                return path
    return None
