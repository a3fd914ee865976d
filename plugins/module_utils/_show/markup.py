# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""HTML and SVG, piece by piece: whatever is not markup already is escaped, so that nothing a cluster says becomes code.

Pure: the standard library only.
"""

from __future__ import annotations

import html
import re
import typing as t

#: Elements without an end tag.
_VOID = frozenset({"meta", "br", "hr", "img", "link", "wbr"})
#: What XML and HTML forbid in text.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Markup(str):
    """Text that is markup. Only this file makes it."""

    __slots__ = ()


Child = t.Union[str, int, float, None, t.Iterable["Child"]]


def text(value: object) -> Markup:
    """
    >>> str(text("<b> & 'c'"))
    '&lt;b&gt; &amp; &#x27;c&#x27;'
    """
    return value if isinstance(value, Markup) else Markup(html.escape(_FORBIDDEN.sub("\ufffd", str(value))))


def join(*children: Child) -> Markup:
    """Children one after the other; None is left out, lists are taken apart."""
    parts: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, (str, int, float)):
            parts.append(text(child))
        else:
            parts.append(join(*child))
    return Markup("".join(parts))


def tag(name: str, /, *children: Child, **attributes: t.Any) -> Markup:
    """One element. ``class_`` stands for class, ``aria_label`` for aria-label; None and False leave an attribute out.

    >>> str(tag("a", "x<y", href="#s1", class_="k", hidden=False))
    '<a href="#s1" class="k">x&lt;y</a>'
    """
    written = "".join(
        f" {_attribute(key)}" + ("" if value is True else f'="{text(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    end = "" if name in _VOID else f"{join(*children)}</{name}>"
    return Markup(f"<{name}{written}>{end}")


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def verbatim(source: str) -> Markup:
    """A constant of this collection, such as a style sheet. Never for anything that was read."""
    return Markup(source)
