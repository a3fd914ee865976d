# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The report as one page: HTML that loads nothing and runs nothing.

Pure: the standard library only. It shows what overview() says, and decides nothing.
"""

from __future__ import annotations

import typing as t

from .._faults.health import CRITICAL, IDLE, OK, WARNING
from .._model.durations import clock_words, words_of
from .lines import headline, workers_words
from .markup import Child, Markup, join, tag, verbatim
from .page_style import STYLE
from .picture import icon, session_drawing, sites_drawing, sprite, worker_looks

Entry = t.Mapping[str, t.Any]

_WORDS = {CRITICAL: "Critical", WARNING: "Warning", OK: "Healthy", IDLE: "Not running"}
_TILES = ((CRITICAL, "critical"), (WARNING, "with a warning"), (OK, "healthy"), (IDLE, "not running"))
_PENDING = {"entry": ("entry", "entries"), "data": ("file", "files"), "meta": ("attribute", "attributes")}
FAULTS_PAGE = "https://github.com/glusterops/glusterops.georep/blob/main/docs/known-faults.md"
#: Up to so many sessions are all shown unfolded.
UNFOLDED = 4
#: Nothing may be loaded or run, whatever a cluster calls its volumes.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(overview: Entry) -> str:
    """The whole document."""
    title = f"{headline(overview)} \u2013 geo-replication of {overview['cluster']}"
    sections: list[tuple[str, str, Markup | None]] = [
        ("problems", "What to do", _problems(overview)),
        ("sessions", "Sessions", _table(overview)),
        ("topology", "Which node replicates to which", _topology(overview)),
        ("drift", "Declaration and cluster", _drift(overview)),
    ]
    shown = [(name, heading, body) for name, heading, body in sections if body is not None]
    body = tag(
        "body",
        tag("a", "Skip to the content", class_="skip", href="#content"),
        sprite(),
        tag(
            "div",
            tag(
                "header",
                tag("h1", f"Geo-replication of {overview['cluster']}"),
                tag(
                    "p",
                    "Read ",
                    _time(overview["read_at"]),
                    " UTC",
                    f" \u00b7 GlusterFS {overview['version']}" if overview["version"] else None,
                    class_="soft",
                ),
                tag(
                    "nav",
                    tag("ul", *(tag("li", tag("a", heading, href=f"#{name}")) for name, heading, _body in shown)),
                    aria_label="Sections",
                ),
                class_="top",
            ),
            tag(
                "main",
                _verdict(overview),
                *(
                    tag("section", tag("h2", heading, id=f"{name}-h"), body, id=name, aria_labelledby=f"{name}-h")
                    for name, heading, body in shown
                ),
                id="content",
                tabindex="-1",
            ),
            _footer(overview),
            class_="wrap",
        ),
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name_="color-scheme", content="light dark"),
        tag("meta", name_="referrer", content="no-referrer"),
        tag("meta", name_="robots", content="noindex"),
        tag("title", title),
        tag("style", verbatim(STYLE)),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


# --- pieces ----------------------------------------------------------------------------------------------------------


def _time(moment: str | None) -> Markup:
    return tag("time", clock_words(moment), datetime=moment) if moment else tag("span", "never", class_="soft")


def _badge(verdict: str, word: str) -> Markup:
    return tag("span", icon(verdict), word, class_=f"badge {verdict}")


def _failures(session: Entry) -> list[str]:
    return [_plural(session["failures"], "failure")] if session["failures"] else []


def _name(name: str) -> Markup:
    """A session's name, which breaks between the sites first."""
    near, _arrow, far = name.partition(" -> ")
    host, colons, volume = far.partition("::")
    user, at, host = host.rpartition("@")
    return join(near, " \u2192 ", f"{user}{at}", tag("wbr") if at else None, host, tag("wbr"), colons, volume)


def _plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _verdict(overview: Entry) -> Markup:
    verdict = overview["verdict"]
    longest = max(
        (session for session in overview["sessions"] if session["lag_seconds"] is not None),
        key=lambda session: session["lag_seconds"],
        default=None,
    )
    detail: Child = None
    if longest is not None:
        every = all(session["lag_seconds"] == 0 and session["lag_exact"] for session in overview["sessions"])
        said: Child = "The secondary has every change."
        if not every:
            said = join(f"The longest wait is {words_of(longest['lag_seconds'])}: ", _name(longest["name"]), ".")
        detail = tag("p", said, class_="soft")
    return tag(
        "section",
        tag("h2", "Summary", class_="out", id="summary-h"),
        tag(
            "div",
            icon(verdict),
            tag("p", tag("span", f"{_WORDS[verdict]}: ", class_="out"), headline(overview) + ".", class_="big"),
            detail,
            class_=f"verdict card {verdict}",
        ),
        tag(
            "ul",
            *(
                tag(
                    "li",
                    icon(word),
                    tag("div", tag("b", count), tag("span", said)),
                    class_="card" + ("" if count else " none"),
                )
                for word, count, said in _tiles(overview)
            ),
            class_="tiles",
        ),
        aria_labelledby="summary-h",
        style="margin-top:0",
    )


def _tiles(overview: Entry) -> list[tuple[str, int, str]]:
    """A session at rest is looked for among those that do not run, whatever else is wrong with it."""
    resting = {word: count for word, count in overview["resting"].items() if count}
    words = ", ".join(f"{count} {word}" for word, count in resting.items())
    rest = (sum(resting.values()), f"not running{f': {words}' if words else ''}")
    return [(word, *(rest if word == IDLE else (overview["counts"][word], said))) for word, said in _TILES]


def _problems(overview: Entry) -> Markup | None:
    problems = overview["problems"]
    if not problems:
        return None
    shown = tag("ul", *(_problem(problem, overview) for problem in problems[:12]), class_="problems")
    if len(problems) <= 12:
        return shown
    rest = tag("ul", *(_problem(problem, overview) for problem in problems[12:]), class_="problems pad")
    return join(
        shown,
        tag(
            "details", tag("summary", f"{len(problems) - 12} more"), rest, class_="fold card", style="margin-top:.75rem"
        ),
    )


def _anchor(overview: Entry, name: str) -> str | None:
    return next(
        (f"#s{number}" for number, session in enumerate(overview["sessions"], 1) if session["name"] == name), None
    )


def _problem(problem: Entry, overview: Entry) -> Markup:
    severity, target = problem["severity"], _anchor(overview, problem["session"])
    session: Child = None
    if problem["session"]:
        session = tag("a", _name(problem["session"]), href=target) if target else tag("b", _name(problem["session"]))
    more: list[Child] = []
    if problem["fault"]:
        more += [
            "Known fault: ",
            tag("a", problem["title"] or problem["fault"], href=f"{FAULTS_PAGE}#{problem['fault']}"),
        ]
        more += [
            join(", ", tag("a", f"report {number}", href=link)) for number, link in enumerate(problem["reference"], 1)
        ]
    return tag(
        "li",
        tag(
            "div",
            _badge(severity, _WORDS[severity]),
            session,
            tag("span", problem["where"], class_="path soft") if problem["where"] else None,
            class_="head",
        ),
        tag("p", problem["what"], class_="what"),
        tag("p", tag("b", "What helps: "), problem["remedy"], class_="help"),
        tag("p", *more, class_="more") if more else None,
        class_=f"problem card {severity}",
    )


def _lag(session: Entry) -> Markup:
    lag, rpo = session["lag_seconds"], session["rpo_seconds"]
    said = tag("b", words_of(lag)) if lag is not None else tag("span", "unknown", class_="soft")
    if rpo is None:
        return tag("div", tag("span", said, tag("span", ", no RPO", class_="soft")), class_="lag")
    if lag is None:
        return tag("div", tag("span", said, tag("span", f", RPO {words_of(rpo)}", class_="soft")), class_="lag")
    share = lag / rpo
    look = CRITICAL if share > 1 else WARNING if share > 0.8 else OK
    over = tag(
        "span", " over the RPO of " if share > 1 else " of ", words_of(rpo), class_="soft" if share <= 1 else "critical"
    )
    return tag(
        "div",
        tag("span", said, over),
        # The mark stands at 80 % of the track: what goes beyond it is seen to do so.
        tag(
            "span",
            tag("i", style=f"width:{min(100.0, share * 80):.1f}%"),
            tag("u"),
            class_=f"bar {look}",
            aria_hidden="true",
        ),
        class_="lag",
    )


def _checkpoint_words(checkpoint: Entry) -> Child:
    if checkpoint["set"] is None:
        return tag("span", "not known", class_="soft")
    if not checkpoint["set"]:
        return tag("span", "none set", class_="soft")
    if checkpoint["completed"]:
        return join("reached ", _time(checkpoint["completed_at"]))
    if checkpoint["completed"] is None:
        return join("set ", _time(checkpoint["time"]), ", unknown whether reached")
    return join("waiting since ", _time(checkpoint["time"]))


def _cell(head: str, *children: Child, class_: str | None = None) -> Markup:
    # A table that is stacked on narrow screens stays a table to a screen reader only where it says so.
    return tag("td", tag("div", *children), data_head=head, role="cell", class_=class_)


def _stacked(caption: Child, heads: t.Sequence[str], rows: t.Sequence[Markup]) -> Markup:
    return tag(
        "table",
        tag("caption", caption),
        tag(
            "thead",
            tag("tr", *(tag("th", head, scope="col", role="columnheader") for head in heads), role="row"),
            role="rowgroup",
        ),
        tag("tbody", *rows, role="rowgroup"),
        class_="stack",
        role="table",
    )


def _table(overview: Entry) -> Markup:
    sessions = overview["sessions"]
    if not sessions:
        return tag("p", "There are no geo-replication sessions on this cluster.", class_="card pad")
    heads = ("Session", "State", "Lag and RPO", "Last synced (UTC)", "Checkpoint (UTC)", "Workers")
    rows = [
        tag(
            "tr",
            tag(
                "th", tag("a", _name(session["name"]), href=f"#s{number}"), scope="row", role="rowheader", class_="name"
            ),
            _cell("State", _badge(session["verdict"], session["state"])),
            _cell("Lag and RPO", _lag(session)),
            _cell("Last synced", _time(session["last_synced"])),
            _cell("Checkpoint", _checkpoint_words(session["checkpoint"])),
            _cell("Workers", [tag("div", part) for part in [*workers_words(session).split(", "), *_failures(session)]]),
            role="row",
        )
        for number, session in enumerate(sessions, 1)
    ]
    return tag(
        "div",
        _stacked(
            f"{_plural(len(sessions), 'session')}, worst first. Lag is the age of the oldest change that the secondary does not have.",
            heads,
            rows,
        ),
        class_="card",
    )


def _topology(overview: Entry) -> Markup | None:
    sessions = overview["sessions"]
    parts: list[Markup] = []
    if len(sessions) > 1:
        sites = join(sites_drawing(overview), _sites_legend())
        if len(sessions) > 12:
            parts.append(
                tag(
                    "details",
                    tag("summary", f"All {len(sessions)} sessions in one drawing"),
                    tag("div", sites, class_="pad"),
                    class_="fold card",
                )
            )
        else:
            parts.append(tag("figure", sites, class_="card pad", style="margin-top:0"))
    parts.append(_nodes(overview))
    parts += [_session(number, session, overview, len(sessions)) for number, session in enumerate(sessions, 1)]
    return join(*parts)


def _sites_legend() -> Markup:
    return tag(
        "ul",
        *(tag("li", icon(word), " ", _WORDS[word].lower()) for word in (OK, WARNING, CRITICAL, IDLE)),
        class_="legend",
    )


def _workers_legend() -> Markup:
    looks = (
        ("Active", "syncs"),
        ("Passive", "stands by"),
        ("Initializing...", "starts"),
        ("Faulty", "failed, or missing"),
        ("Stopped", "at rest"),
    )
    return tag("ul", *(tag("li", icon(*worker_looks(status)), f" {said}") for status, said in looks), class_="legend")


def _nodes(overview: Entry) -> Markup:
    items = [
        tag(
            "li",
            icon(OK if peer["connected"] else CRITICAL),
            " ",
            tag("b", peer["name"]),
            " connected" if peer["connected"] else " not connected",
        )
        for peer in overview["peers"]
    ]
    notes: list[Markup] = []
    if overview["unread_nodes"]:
        notes.append(
            tag(
                "p",
                f"Logs and changelogs were not read on: {', '.join(overview['unread_nodes'])}.",
                class_="soft",
            )
        )
    for host in overview["secondaries"]:
        if host["error"]:
            notes.append(
                tag(
                    "p", icon(WARNING), f" {host['secondary_host']} did not report its volumes: {host['error']}"
                )
            )
    return tag(
        "div",
        tag("h3", "Nodes of this cluster"),
        tag("ul", *items, class_="legend", style="font-size:1rem")
        if items
        else tag("p", "The nodes were not read.", class_="soft"),
        *notes,
        class_="card pad",
        style="margin-top:1rem",
    )


def _session(number: int, session: Entry, overview: Entry, total: int) -> Markup:
    unfolded = total <= UNFOLDED or session["verdict"] in (CRITICAL, WARNING)
    facts: list[tuple[str, Child]] = [
        ("Lag and RPO", _lag(session)),
        ("Last synced (UTC)", _time(session["last_synced"])),
        ("Checkpoint (UTC)", _checkpoint_words(session["checkpoint"])),
        ("Declared", session["declared_state"] or "not declared"),
    ]
    volume = next(
        (
            volume
            for host in overview["secondaries"]
            if host["secondary_host"] == session["secondary_host"]
            for volume in host["volumes"]
            if volume["name"] == session["secondary_volume"]
        ),
        None,
    )
    if volume is not None:
        facts.append(
            (
                "Secondary volume",
                f"{volume['status']}, {_bricks_words(volume['bricks'])}{'read-only for clients' if volume['read_only'] else 'clients may write'}",
            )
        )
    drawing = session_drawing(f"p{number}", session, overview["secondaries"])
    return tag(
        "details",
        tag("summary", tag("h3", _name(session["name"])), " ", _badge(session["verdict"], session["state"])),
        tag(
            "div",
            tag("dl", *(tag("div", tag("dt", term), tag("dd", said)) for term, said in facts), class_="facts"),
            tag(
                "ul",
                *(
                    tag(
                        "li",
                        problem["what"],
                        tag("span", f" ({problem['where']})", class_="path") if problem["where"] else None,
                    )
                    for problem in session["problems"]
                ),
                class_="plain",
                style="margin-top:1rem",
            )
            if session["problems"]
            else None,
            tag("figure", drawing, _workers_legend()),
            class_="pad",
        ),
        _workers_table(session),
        class_="session card",
        id=f"s{number}",
        open=unfolded,
    )


def _bricks_words(bricks: t.Sequence[Entry]) -> str:
    """How many bricks run, and what the others are; nothing if nobody knows."""
    words = [brick.get("state") for brick in bricks]
    if None in words or not words:
        return ""
    bad = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words) if word != "online")
    return f"{words.count('online')} of {_plural(len(words), 'brick')} online{f' ({bad})' if bad else ''}, "


def _workers_table(session: Entry) -> Markup:
    heads = ("Brick", "Worker", "Syncs to", "Crawl", "Lag", "Pending", "Failures")
    rows = []
    for worker in session["workers"]:
        look, colour = worker_looks(worker["status"])
        pending = [_plural(count, *_PENDING[kind]) for kind, count in worker["pending"].items() if count]
        syncs_to = worker["secondary_node"] or ("not told" if worker["status"] == "Active" else "\u2013")
        rows.append(
            tag(
                "tr",
                tag("th", tag("span", worker["brick_name"], class_="path"), scope="row", role="rowheader"),
                _cell("Worker", icon(look, colour), f" {worker['status']}"),
                _cell("Syncs to", syncs_to),
                _cell("Crawl", worker["crawl_status"] or "\u2013"),
                _cell("Lag", words_of(worker["lag_seconds"]) if worker["lag_seconds"] is not None else "\u2013"),
                _cell(
                    "Pending", ", ".join(pending) or ("nothing" if worker["pending"]["entry"] is not None else "\u2013")
                ),
                _cell("Failures", "\u2013" if worker["failures"] is None else worker["failures"], class_="count"),
                role="row",
            )
        )
    if not rows:
        return tag("p", "No node reports a worker.", class_="pad soft")
    return _stacked(join("Workers of ", _name(session["name"])), heads, rows)


def _drift(overview: Entry) -> Markup:
    drift = overview["drift"]
    if not drift["declared"]:
        return tag(
            "p",
            "No sessions are declared in the inventory (geo_replication_sessions), so nothing was compared.",
            class_="card pad soft",
        )
    parts: list[Markup] = []
    if drift["steps"]:
        parts.append(
            tag(
                "p",
                icon(WARNING),
                f" The cluster differs from the declaration. A run of the role would take {_plural(len(drift['steps']), 'step')}:",
            )
        )
        parts.append(tag("ul", *(tag("li", step) for step in drift["steps"]), class_="plain"))
    elif not drift["errors"]:
        parts.append(tag("p", icon(OK), " Every declared session matches its declaration."))
    if drift["errors"]:
        parts.append(tag("p", icon(WARNING), f" {_plural(len(drift['errors']), 'declaration')} could not be compared:"))
        parts.append(tag("ul", *(tag("li", error) for error in drift["errors"]), class_="plain"))
    if drift["undeclared"]:
        parts.append(
            tag(
                "p",
                icon(IDLE),
                f" {_plural(len(drift['undeclared']), 'session is', 'sessions are')} not declared, and the role leaves them alone:",
            )
        )
        parts.append(tag("ul", *(tag("li", name) for name in drift["undeclared"]), class_="plain"))
    return tag("div", *parts, class_="card pad drift")


def _footer(overview: Entry) -> Markup:
    exact = all(session["lag_exact"] for session in overview["sessions"])
    terms = [
        (
            "Lag",
            "The age of the oldest change that the secondary does not have, according to the changelogs of the bricks"
            + (
                "."
                if exact
                else ". If a node's changelogs were not read, the lag is the time since the last sync, which grows on an idle volume although no change waits."
            ),
        ),
        ("RPO", "Recovery point objective: how old the oldest change may get that the secondary does not have, as declared for the session."),
        (
            "Checkpoint",
            "A time on the primary. It is reached when everything before it is on the secondary, and GlusterFS shows that with the first change after it.",
        ),
        (
            "Failures",
            "Creations, deletions, renames and attributes that the secondary refused since the session was created. A repair does not lower the "
            "count.",
        ),
    ]
    return tag(
        "footer",
        tag("h2", "Words", class_="out"),
        tag("dl", *(tag("div", tag("dt", term), tag("dd", said)) for term, said in terms)),
        tag(
            "p",
            "Created by the playbook glusterops.georep.status. This page loads and runs nothing. report.json in the same folder has the same data.",
        ),
    )
