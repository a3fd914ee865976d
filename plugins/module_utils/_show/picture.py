# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Drawings of both sites: boxes for nodes, rows for bricks or volumes, and a line for everyone who syncs to someone.

Pure: the standard library only. A drawing is one picture to a screen reader; the tables beside it say the same in words.
"""

from __future__ import annotations

import typing as t

from .._faults.health import CRITICAL, IDLE, OK, WARNING
from .markup import Markup, join, tag, verbatim

#: Shapes that differ without their colours.
_SHAPES = {
    OK: '<circle cx="8" cy="8" r="7" fill="none" stroke="currentColor" stroke-width="1.8"/>'
    '<path d="M4.6 8.3 7 10.7l4.4-5" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/>',
    WARNING: '<path d="M8 1.4 15.2 14H.8z" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linejoin="round"/>'
    '<path d="M8 6v4" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/><circle cx="8" cy="12" r="1.05" fill="currentColor"/>',
    CRITICAL: '<path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z" fill="currentColor"/>'
    '<path d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2" stroke="var(--card)" stroke-width="1.9" stroke-linecap="round"/>',
    IDLE: '<rect x="1.2" y="1.2" width="13.6" height="13.6" rx="3" fill="none" stroke="currentColor" stroke-width="1.7"/>'
    '<path d="M5.8 5v6M10.2 5v6" stroke="currentColor" stroke-width="1.9" stroke-linecap="round"/>',
    "spare": '<circle cx="8" cy="8" r="6.6" fill="none" stroke="currentColor" stroke-width="1.8" stroke-dasharray="2.4 2.2"/>',
}

#: A worker's word -> its icon and class.
WORKER_LOOKS = {
    "Active": (OK, OK),
    "Passive": ("spare", IDLE),
    "Initializing...": (WARNING, WARNING),
    "Faulty": (CRITICAL, CRITICAL),
    "missing": (CRITICAL, CRITICAL),
    "Config Corrupted": (CRITICAL, CRITICAL),
}


#: The state of a brick of the secondary -> the same; nothing is shown if nobody knows.
BRICK_LOOKS: t.Mapping[t.Any, tuple[str, str]] = {
    "online": (OK, OK),
    "offline": (CRITICAL, CRITICAL),
    "read-only": (CRITICAL, CRITICAL),
    "full": (CRITICAL, CRITICAL),
    "unknown": (WARNING, WARNING),
}


def worker_looks(status: str) -> tuple[str, str]:
    return WORKER_LOOKS.get(status, (IDLE, IDLE))


def sprite() -> Markup:
    """The icons, once a page."""
    symbols = [tag("symbol", verbatim(shape), id=f"i-{name}", viewBox="0 0 16 16") for name, shape in _SHAPES.items()]
    return tag("svg", tag("defs", *symbols), class_="sprite", aria_hidden="true", focusable="false")


def icon(name: str, colour: str = "") -> Markup:
    """An icon beside a word that says the same."""
    return tag(
        "svg",
        tag("use", href=f"#i-{name}"),
        class_=f"icon {colour or name}",
        aria_hidden="true",
        focusable="false",
        viewBox="0 0 16 16",
    )


class Row(t.NamedTuple):
    """A brick or a volume within a box."""

    key: str
    label: str
    word: str = ""
    look: str = ""  #: icon
    colour: str = ""


class Box(t.NamedTuple):
    """A node, or a cluster."""

    key: str
    title: str
    rows: list[Row]


class Way(t.NamedTuple):
    """A line from a row on the left to a row or box on the right."""

    source: str
    target: str
    colour: str
    style: str = ""


class Measures(t.NamedTuple):
    """One size of a drawing; letters are as large in the narrow one."""

    width: int
    column: int
    letter: float = 7.4


WIDE, NARROW = Measures(760, 290), Measures(340, 148, 7.4)
_HEAD, _ROW, _GAP, _TOP = 28, 26, 14, 30


def drawing(
    name: str,
    title: str,
    description: str,
    sites: tuple[str, str],
    left: t.Sequence[Box],
    right: t.Sequence[Box],
    ways: t.Sequence[Way],
) -> Markup:
    """The same drawing twice: wide and narrow; the style sheet shows one of them."""
    return join(
        *(
            _drawing(f"{name}-{size}", title, description, sites, left, right, ways, size, measures)
            for size, measures in (("wide", WIDE), ("narrow", NARROW))
        )
    )


def _height(boxes: t.Sequence[Box]) -> int:
    return sum(_HEAD + _ROW * len(box.rows) + _GAP for box in boxes)


def _drawing(
    name: str,
    title: str,
    description: str,
    sites: tuple[str, str],
    left: t.Sequence[Box],
    right: t.Sequence[Box],
    ways: t.Sequence[Way],
    size: str,
    measures: Measures,
) -> Markup:
    tall = max(_height(left), _height(right))
    height = _TOP + tall + 6
    start = measures.width - measures.column
    parts: list[Markup] = []
    places: dict[str, float] = {}
    for boxes, x, side, site in ((left, 0, "l", sites[0]), (right, start, "r", sites[1])):
        parts.append(tag("rect", x=x + 0.5, y=0.5, width=measures.column - 1, height=height - 1, rx=12, class_="site"))
        parts.append(
            tag("text", _cut(site, measures.column - 20, measures.letter), x=x + 10, y=20, class_="small title")
        )
        # The shorter site stands in the middle.
        y = _TOP + (tall - _height(boxes)) / 2
        for box in boxes:
            parts.append(_box(box, x + 8, y, measures.column - 16, measures, side, places))
            y += _HEAD + _ROW * len(box.rows) + _GAP
    lines = []
    for way in ways:
        if f"l{way.source}" not in places or f"r{way.target}" not in places:
            continue
        y1, y2 = places[f"l{way.source}"], places[f"r{way.target}"]
        x1, x2 = measures.column - 8, start + 8
        middle = (x1 + x2) / 2
        lines.append(
            tag(
                "g",
                tag(
                    "path",
                    d=f"M{x1} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2 - 7} {y2:g}",
                    class_=f"way {way.colour} {way.style}",
                ),
                tag("path", d=f"M{x2} {y2:g}l-9 -4.5v9z", class_="arrow"),
                class_=way.colour,
            )
        )
    return tag(
        "svg",
        tag("title", title, id=f"{name}-t"),
        tag("desc", description, id=f"{name}-d"),
        *parts,
        *lines,
        class_=f"picture {size}",
        viewBox=f"0 0 {measures.width} {height + 1}",
        role="img",
        aria_labelledby=f"{name}-t",
        aria_describedby=f"{name}-d",
        style=f"max-width:{measures.width + 60}px",
    )


def _box(box: Box, x: float, y: float, width: float, measures: Measures, side: str, places: dict[str, float]) -> Markup:
    height = _HEAD + _ROW * len(box.rows)
    parts = [
        tag("rect", x=x, y=f"{y:g}", width=width, height=height, rx=8, class_="node"),
        tag(
            "text",
            _cut(box.title, width - 20, measures.letter),
            tag("title", box.title),
            x=x + 10,
            y=f"{y + 19:g}",
            class_="title",
        ),
    ]
    places[f"{side}{box.key}"] = y + _HEAD / 2
    for number, row in enumerate(box.rows):
        top = y + _HEAD + _ROW * number
        places[f"{side}{row.key}"] = top + _ROW / 2
        parts.append(tag("path", d=f"M{x} {top:g}h{width}", class_="row"))
        left, room = x + 10, width - 20
        if row.look:
            parts.append(
                tag("use", href=f"#i-{row.look}", x=left, y=f"{top + 6:g}", width=14, height=14, class_=row.colour)
            )
            left, room = left + 20, room - 20
        if row.word:
            taken = len(row.word) * 6.4 + 8
            if room - taken > 60:
                parts.append(
                    tag("text", row.word, x=x + width - 10, y=f"{top + 18:g}", text_anchor="end", class_="small")
                )
                room -= taken
        parts.append(
            tag(
                "text",
                _cut(row.label, room, measures.letter),
                tag("title", f"{row.label} {row.word}".strip()),
                x=left,
                y=f"{top + 18:g}",
            )
        )
    return join(*parts)


def _cut(label: str, room: float, letter: float) -> str:
    """As much of a label as there is room for; the end of a path tells more than its beginning.

    >>> _cut("/bricks/projects", 200, 7), _cut("/bricks/projects", 70, 7)
    ('/bricks/projects', '\\u2026/projects')
    """
    most = max(3, int(room / letter))
    if len(label) <= most:
        return label
    if not label.startswith("/"):
        return label[: most - 1] + "\u2026"
    parts = (label[place:] for place in range(1, len(label)) if label[place] == "/")
    return "\u2026" + next((part for part in parts if len(part) < most), label[-(most - 1) :])


# --- the two drawings ------------------------------------------------------------------------------------------------


def session_drawing(
    name: str, session: t.Mapping[str, t.Any], secondaries: t.Sequence[t.Mapping[str, t.Any]]
) -> Markup:
    """Who of one session syncs to whom."""
    left: dict[str, Box] = {}
    for worker in session["workers"]:
        look, colour = worker_looks(worker["status"])
        box = left.setdefault(worker["node"], Box(worker["node"], worker["node"], []))
        box.rows.append(Row(worker["brick_name"], worker["brick"], worker["status"].rstrip("."), look, colour))
    right: dict[str, Box] = {}
    for host in secondaries:
        if host["secondary_host"] == session["secondary_host"]:
            for volume in host["volumes"]:
                if volume["name"] == session["secondary_volume"]:
                    for brick in volume["bricks"]:
                        right.setdefault(brick["node"], Box(brick["node"], brick["node"], [])).rows.append(
                            Row(f"{brick['node']}:{brick['brick']}", brick["brick"], brick.get("state") or "", *BRICK_LOOKS.get(brick.get("state"), ("", "")))
                        )
    for worker in session["workers"]:
        if worker["secondary_node"]:
            right.setdefault(worker["secondary_node"], Box(worker["secondary_node"], worker["secondary_node"], []))
    if not right:
        right[session["secondary_host"]] = Box(session["secondary_host"], session["secondary_host"], [])
    ways = []
    for worker in session["workers"]:
        _look, colour = worker_looks(worker["status"])
        target = worker["secondary_node"]
        if target is None and worker["status"] == "Active":
            target = session["secondary_host"] if session["secondary_host"] in right else next(iter(right))
        if target and worker["status"] != "missing":
            ways.append(Way(worker["brick_name"], target, colour, worker["status"].rstrip(".")))
    return drawing(
        name,
        f"Which node replicates to which: {session['name']}".replace(" -> ", " \u2192 "),
        "; ".join(_worker_words(worker) for worker in session["workers"]) or "No worker is reported.",
        (f"Primary: {session['primary_volume']}", f"Secondary: {session['secondary_volume']}"),
        list(left.values()) or [Box("none", "no worker is reported", [])],
        list(right.values()),
        ways,
    )


def _worker_words(worker: t.Mapping[str, t.Any]) -> str:
    to = f", to {worker['secondary_node']}" if worker["secondary_node"] else ""
    return f"{worker['brick_name']}: {worker['status']}{to}"


def sites_drawing(overview: t.Mapping[str, t.Any]) -> Markup:
    """All sessions, from volume to volume."""
    left = Box("here", overview["cluster"], [])
    right: dict[str, Box] = {}
    ways = []
    for session in sorted(overview["sessions"], key=lambda session: (session["primary_volume"], session["name"])):
        if all(row.key != session["primary_volume"] for row in left.rows):
            left.rows.append(Row(session["primary_volume"], session["primary_volume"]))
        host = session["secondary_host"]
        box = right.setdefault(host, Box(host, host, []))
        key = f"{host}::{session['secondary_volume']}"
        box.rows.append(Row(key, session["secondary_volume"], session["state"], session["verdict"], session["verdict"]))
        ways.append(Way(session["primary_volume"], key, session["verdict"]))
    return drawing(
        "sites",
        "All sessions, from volume to volume",
        "; ".join(f"{session['name']}: {session['state']}" for session in overview["sessions"]),
        ("Primary", "Secondary"),
        [left],
        list(right.values()),
        ways,
    )
