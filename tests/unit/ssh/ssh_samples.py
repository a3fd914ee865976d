# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys for the tests: real in form, made from a number, of no use to anybody."""

from __future__ import annotations

import base64
import hashlib
import struct

from ansible_collections.glusterops.georep.plugins.module_utils._model import key_lines

GSYNCD = "/usr/lib/x86_64-linux-gnu/glusterfs/gsyncd"


def public(number: int, kind: str = "ssh-ed25519", comment: str = "") -> key_lines.PublicKey:
    body = hashlib.sha256(f"{kind}{number}".encode()).digest()
    raw = b"".join(struct.pack(">I", len(part)) + part for part in (kind.encode(), body))
    return key_lines.PublicKey(kind, base64.b64encode(raw).decode(), comment)


def gsyncd_line(number: int) -> str:
    """As gsec_create writes it: two blanks between command and key."""
    return f'command="{GSYNCD}"  {public(number, comment=f"root@primary{number}").line()}'


def tar_line(number: int) -> str:
    return f'command="tar ${{SSH_ORIGINAL_COMMAND#* }}"  {public(100 + number, comment=f"root@primary{number}").line()}'
