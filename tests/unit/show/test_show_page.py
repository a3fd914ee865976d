# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page and the metrics as text. What a browser and Prometheus make of them is in tests/report."""

from __future__ import annotations

import re
import typing as t
from html.parser import HTMLParser

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.durations import instant
from ansible_collections.glusterops.georep.plugins.module_utils._show import markup
from ansible_collections.glusterops.georep.plugins.module_utils._show.metrics import metrics
from ansible_collections.glusterops.georep.plugins.module_utils._show.overview import overview
from ansible_collections.glusterops.georep.plugins.module_utils._show.page import page
from ansible_collections.glusterops.georep.plugins.module_utils._show.page_style import STYLE
from ansible_collections.glusterops.georep.tests.unit.reports import READ_AT, info_of, many, node_of, over

EVIL = "\"'></style><script>x</script>\x1b\x00"


def report(info: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return overview(info, now=instant(READ_AT) or 0.0, **more)


class Elements(HTMLParser):
    """Every element with its attributes; complains about tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "wbr", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}>"


def test_markup_escapes_all_that_is_not_markup() -> None:
    made = markup.tag("p", EVIL, [markup.tag("b", 3), None], title=EVIL, hidden=True, class_=None)
    assert made.count("<") == 4 and "<script" not in made and 'title="&quot;' in made and " hidden>" in made
    assert "\x1b" not in made and "\x00" not in made
    assert markup.join("a<", markup.text("&")) == "a&lt;&amp;"


@pytest.mark.parametrize(
    ("version", "name"),
    [
        *((version, name) for version in ("9.2", "10.3", "11.1") for name in ("status-active", "status-faulty")),
        *(("10.3", name) for name in ("status-many", "status-created", "status-peer-down", "status-mixed")),
    ],
)
def test_a_page_is_whole_and_asks_for_nothing(version: str, name: str) -> None:
    text = page(report(info_of(version, name), rpo=900))
    elements = Elements(text)
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    tags = {tag for tag, _attributes in elements.found}
    assert not tags & {"script", "img", "iframe", "object", "embed", "link", "form", "base", "audio", "video", "source"}
    for tag, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on")]
        assert "src" not in attributes and "srcset" not in attributes and "data" not in attributes
        if tag == "use":
            assert str(attributes["href"]).startswith("#")
        elif tag == "a":
            assert re.match(r"#|https://", str(attributes["href"]))
    assert "url(" not in text and "@import" not in text
    ids = [attributes["id"] for _tag, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [
        str(attributes["href"])[1:]
        for _tag, attributes in elements.found
        if str(attributes.get("href")).startswith("#")
    ]
    assert set(targets) <= set(ids), "a link within the page leads nowhere"
    policy = [
        attributes["content"]
        for _tag, attributes in elements.found
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy and str(policy[0]).startswith("default-src 'none'; style-src 'unsafe-inline'")


def test_headings_go_down_step_by_step() -> None:
    levels = [
        int(tag[1])
        for tag, _attributes in Elements(page(report(info_of("10.3", "status-many")))).found
        if re.fullmatch("h[1-6]", tag)
    ]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:]))


def test_who_syncs_to_whom() -> None:
    info = info_of()
    text = page(
        report(
            info,
            nodes=[
                node_of(info, "primary1", secondary_node="secondary2"),
                node_of(info, "primary2", secondary_node="secondary1"),
            ],
        )
    )
    assert "primary1:/bricks/projects: Active, to secondary2; primary2:/bricks/projects: Passive, to secondary1" in text
    assert text.count('class="way ok Active"') == 2, "once in each of the two sizes"
    assert text.count('class="way idle Passive"') == 2
    # Without the nodes' word the active one leads to the host that the session names.
    assert page(report(info)).count('class="way ok Active"') == 2 and 'class="way idle Passive"' not in page(
        report(info)
    )


def test_fifty_sessions_are_folded_and_still_small() -> None:
    text = page(report(many(info_of(), 50)))
    opened = [attributes for tag, attributes in Elements(text).found if tag == "details" and "open" in attributes]
    assert opened == [] and len(text) < 700_000
    assert "All 50 sessions in one drawing" in text


def test_browsers_that_know_no_alternative_text_show_a_cells_label_too() -> None:
    """Safari before 17.4 and Firefox before 128 drop a ``content`` with an alternative text, and keep the one before it."""
    told = re.findall(r"content: ([^;]+);", STYLE)
    spoken = [place for place, value in enumerate(told) if " / " in value]
    assert spoken and all(told[place - 1] == told[place].partition(" / ")[0] for place in spoken), told


# --- the secondary site and the tiles


def _over(*online: bool | None) -> dict[str, t.Any]:
    """A session whose secondary volume has bricks in these states."""
    return over(info_of(), *online)


def test_the_page_shows_bricks_of_the_secondary_that_do_not_run() -> None:
    told = report(_over(False, False))
    assert [problem["id"] for problem in told["problems"]] == ["secondary-down"] and told["verdict"] == "critical"
    shown = page(told)
    Elements(shown)
    assert "Started, 0 of 2 bricks online (2 offline), " in shown and "does not accept changes" in shown
    assert 'gluster_georep_problems{problem="secondary-down"} 1' in metrics(told).splitlines()
    assert "2 of 2 bricks online, " in page(report(_over(True, True))) and report(_over(True, True))["problems"] == []
    assert "1 of 2 bricks online (1 unknown), " in page(report(_over(True, None)))
    assert "bricks online" not in page(report(info_of())), "nobody asked"


def test_a_session_that_rests_is_counted_where_people_look_for_it() -> None:
    """Also if something else is wrong with it."""
    info = info_of("10.3", "status-paused")
    info["status"][0]["missing"] = ["primary9:/b"]
    told = report(info)
    assert told["sessions"][0]["verdict"] == "warning" and told["counts"]["idle"] == 0
    assert told["resting"] == {"created": 0, "stopped": 0, "paused": 1}
    assert "<b>1</b><span>not running: 1 paused</span>" in page(told)
    assert "<b>0</b><span>not running</span>" in page(report(info_of()))


# --- metrics ---------------------------------------------------------------------------------------------------------


def test_metrics_of_a_session() -> None:
    info = info_of()
    text = metrics(
        report(
            info,
            rpo=900,
            nodes=[node_of(info, "primary1", last_synced="2026-11-22T08:38:16Z", lag_seconds=0)],
            drift={"steps": ["x"]},
        )
    )
    own = 'primary_volume="projects",secondary_host="secondary1",secondary_volume="projects-dr",secondary_user="root"'
    for line in (
        "gluster_georep_last_read_timestamp_seconds 1795336711",
        'gluster_georep_cluster_info{version="10.3"} 1',
        "gluster_georep_sessions 1",
        "gluster_georep_drift_steps 1",
        f'gluster_georep_session_state{{{own},state="active"}} 1',
        f'gluster_georep_session_state{{{own},state="faulty"}} 0',
        f"gluster_georep_session_healthy{{{own}}} 1",
        f"gluster_georep_session_lag_seconds{{{own}}} 0",
        f"gluster_georep_session_rpo_seconds{{{own}}} 900",
        f"gluster_georep_session_last_synced_timestamp_seconds{{{own}}} 1795336696",
        f"gluster_georep_session_missing_workers{{{own}}} 0",
        f'gluster_georep_worker_state{{{own},node="primary2",brick="/bricks/projects",state="passive"}} 1',
        f'gluster_georep_worker_failures_total{{{own},node="primary1",brick="/bricks/projects"}} 0',
        f'gluster_georep_worker_pending_operations{{{own},node="primary1",brick="/bricks/projects",kind="data"}} 0',
        'gluster_georep_problems{problem="worker-faulty"} 0',
    ):
        assert line in text.splitlines(), line
    assert text.endswith("\n") and "None" not in text


def test_metrics_of_the_bricks_of_the_secondary() -> None:
    """One series a state; a node that is away leaves it unknown, and a site that nobody asked has no series."""
    info = _over(False, None)
    info["secondaries"][0]["bricks"]["projects-dr"][0].update(online=True, read_only=True)
    own = 'secondary_host="secondary1",secondary_volume="projects-dr",node="secondary{0}",brick="/bricks/projects-dr"'
    for text, words in ((metrics(report(_over(True, False))), ("online", "offline")), (metrics(report(info)), ("read-only", "unknown"))):
        for number, word in enumerate(words, 1):
            assert f'gluster_georep_secondary_brick_state{{{own.format(number)},state="{word}"}} 1' in text.splitlines()
            assert sum(line.startswith(f"gluster_georep_secondary_brick_state{{{own.format(number)},") for line in text.splitlines()) == 5
        assert sum(line.startswith("gluster_georep_secondary_brick_state{") and line.endswith(" 1") for line in text.splitlines()) == 2
    assert "secondary_brick_state" not in metrics(report(info_of()))


def test_every_line_of_the_metrics_has_its_shape() -> None:
    info = info_of("10.3", "status-many")
    info["status"][0]["primary_volume"] = 'a"b\\c\nd'
    lines = metrics(report(info, rpo=900)).splitlines()
    label = r'[a-z_]+="(?:[^"\\\n]|\\["\\n])*"'
    shapes = (
        r"# HELP gluster_georep_\w+ \S.*\.",
        r"# TYPE gluster_georep_\w+ (gauge|counter)",
        rf"gluster_georep_\w+(\{{{label}(,{label})*\}})? -?[0-9.]+",
    )
    for line in lines:
        assert any(re.fullmatch(shape, line) for shape in shapes), line
    # One block a metric, its heading first.
    names = [line.split("{")[0].split(" ")[0] for line in lines if not line.startswith("#")]
    blocks = [name for name, before in zip(names, [None, *names]) if name != before]
    assert (
        len(blocks) == len(set(blocks)) and [line.split()[2] for line in lines if line.startswith("# TYPE")] == blocks
    )
