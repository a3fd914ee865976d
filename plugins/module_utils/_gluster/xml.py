# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Reads gluster's XML, in both dialects, into one vocabulary.

GlusterFS up to 9 says master/slave, from 10 on primary/secondary; behind this door only the latter exist.
"""

from __future__ import annotations

import re
import typing as t

from . import errors
from .runner import Answer

try:
    from lxml import etree

    HAS_LXML = True
except ImportError:  # main() of each module turns this into missing_required_lib()
    etree = None
    HAS_LXML = False


class Reply(t.NamedTuple):
    """The envelope of every XML answer. Success is ``op_ret == 0``, whatever the exit code was."""

    op_ret: int
    op_errno: int
    op_errstr: str
    root: t.Any

    @property
    def ok(self) -> bool:
        return self.op_ret == 0


def looks_like_xml(answer: Answer) -> bool:
    return answer.out.lstrip().startswith("<?xml")


def parse(answer: Answer) -> Reply:
    """Read the envelope of an answer.

    :raises UnreadableOutput: it is not XML, or has not gluster's shape. That never means "absent".
    """
    if not looks_like_xml(answer):
        raise errors.UnreadableOutput(
            f"gluster answered without XML where XML was asked for: {answer.text or '(nothing)'}", **answer.evidence()
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(answer.out.lstrip().encode(), parser)
    except etree.XMLSyntaxError as exc:
        raise errors.UnreadableOutput(f"gluster's XML is broken: {exc}", **answer.evidence()) from exc
    try:
        op_ret = int(text(root, "opRet"))
        op_errno = int(text(root, "opErrno") or 0)
    except ValueError as exc:
        raise errors.UnreadableOutput("gluster's XML has no readable opRet.", **answer.evidence()) from exc
    return Reply(op_ret, op_errno, text(root, "opErrstr"), root)


def text(node: t.Any, path: str, default: str = "") -> str:
    """The stripped text of the first element at ``path``; ``default`` when it is missing or empty."""
    found = node.findtext(path)
    return default if found is None else (found.strip() or default)


_OLD_WORDS = (("master", "primary"), ("slave", "secondary"))


def modern(name: str) -> str:
    """An element or option name in the words of GlusterFS >= 10.

    >>> modern("slave_user"), modern("master-node"), modern("session_slave"), modern("isolated_slaves")
    ('secondary_user', 'primary-node', 'session_secondary', 'isolated_secondarys')
    """
    for old, new in _OLD_WORDS:
        name = re.sub(rf"(?<![a-z]){old}(?=s?(?![a-z]))", new, name)
    return name


def fields(node: t.Any) -> dict[str, str]:
    """The direct children of an element, by modern name; an empty element is an empty string."""
    return {modern(child.tag): (child.text or "").strip() for child in node if isinstance(child.tag, str)}
