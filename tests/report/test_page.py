# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report in a real browser: it loads nothing, fits a phone, works by keyboard, and passes axe-core's rules."""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from ansible_collections.glusterops.georep.plugins.module_utils._show.page import page as render

from .conftest import REPORTS, SHOTS

SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1200, "height": 800}}
LOOKS = [(size, scheme) for size in SIZES for scheme in ("light", "dark")]


@contextlib.contextmanager
def opened(
    browser: t.Any, folder: Path, name: str, size: str = "desktop", scheme: str = "light", **more: t.Any
) -> t.Iterator[t.Any]:
    """A report in a window; everything that it asked the network for is in ``page.asked``, complaints in ``page.said``."""
    file = folder / f"{name}.html"
    file.write_text(render(REPORTS[name]()), encoding="utf-8")
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, **more)
    page = context.new_page()
    page.asked, page.loaded, page.said = [], [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("requestfinished", lambda request: page.loaded.append(request.url))
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("dialog", lambda dialog: (page.said.append(dialog.message), dialog.dismiss()))
    page.goto(file.as_uri())
    yield page
    context.close()


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_loads_nothing_fits_and_is_accessible(
    browser: t.Any, tmp_path: Path, name: str, size: str, scheme: str
) -> None:
    with opened(browser, tmp_path, name, size, scheme) as page:
        assert page.asked == [(tmp_path / f"{name}.html").as_uri()], "the page asked for more than itself"
        assert page.said == []
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], (
            "the page scrolls sideways"
        )
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}-{size}-{scheme}.png", full_page=True)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], (
            "unfolded it scrolls sideways"
        )
        if name == "fifty":
            return  # it is the same fifty times, and axe takes half a minute for it
        found = Axe().run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        assert found.violations_count == 0, found.generate_report()


def test_a_violation_would_be_seen(browser: t.Any, tmp_path: Path) -> None:
    with opened(browser, tmp_path, "healthy") as page:
        page.evaluate("document.querySelectorAll('.soft').forEach(one => one.style.color = '#bbb')")
        assert any(rule["id"] == "color-contrast" for rule in Axe().run(page).response["violations"])


def test_what_a_cluster_says_is_text(browser: t.Any, tmp_path: Path) -> None:
    with opened(browser, tmp_path, "hostile") as page:
        assert page.evaluate("document.scripts.length") == 0
        assert page.evaluate("document.images.length") == 0
        assert page.title() != "owned"
        assert '<script>document.title="owned"</script>' in page.inner_text("main"), "it is shown as it was said"


def test_scripts_and_loads_are_forbidden_even_where_they_are_put_in(browser: t.Any, tmp_path: Path) -> None:
    with opened(browser, tmp_path, "healthy") as page:
        html = (
            (tmp_path / "healthy.html")
            .read_text()
            .replace("</main>", "<script>document.title='owned'</script><img src='x.png'></main>")
        )
        (tmp_path / "broken.html").write_text(html)
        page.goto((tmp_path / "broken.html").as_uri())
        assert page.title() != "owned" and not any(url.endswith("x.png") for url in page.loaded)
        assert any("Content Security Policy" in text for text in page.said)


def test_by_keyboard(browser: t.Any, tmp_path: Path) -> None:
    with opened(browser, tmp_path, "fifty") as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        box = page.locator(".skip").bounding_box()
        assert box["x"] >= 0, "the skip link is seen once it has the focus"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        # Every fold opens and closes by the keyboard, and whatever has the focus shows it.
        page.locator("#s3 > summary").focus()
        before = page.evaluate("document.querySelector('#s3').open")
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector('#s3').open") is not before
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.locator("a[href='#s49']").focus()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#s50"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY", "the drawing of all sessions unfolds next"


def test_what_a_screen_reader_is_told(browser: t.Any, tmp_path: Path) -> None:
    with opened(browser, tmp_path, "troubled", "phone") as page:
        tree = page.locator("body").aria_snapshot()
        assert page.evaluate("document.documentElement.lang") == "en"
        assert tree.count('heading "Geo-replication of primary1, primary2" [level=1]') == 1
        for landmark in ("- banner", '- navigation "Sections"', "- main", "- contentinfo"):
            assert landmark in tree, tree[:2000]
        # Stacked on a phone, the table is still a table with named columns.
        assert 'columnheader "Lag and RPO"' in tree and 'rowheader "homes → secondary1::homes-dr"' in tree
        # States are words; drawings have names, and only one of the two sizes is there.
        assert "faulty" in tree and "Warning" in tree and "Critical" in tree
        assert tree.count('img "Which node replicates to which: homes → secondary1::homes-dr"') <= 1
        assert page.locator("svg.picture:visible").count() == page.locator("svg.picture.narrow:visible").count() > 0


def test_on_paper_everything_is_unfolded(browser: t.Any, tmp_path: Path) -> None:
    with opened(browser, tmp_path, "fifty") as page:
        page.emulate_media(media="print")
        assert page.locator("#s40 dl").is_visible()
        assert not page.locator("nav").is_visible()


def test_without_motion(browser: t.Any, tmp_path: Path) -> None:
    with opened(browser, tmp_path, "healthy", reduced_motion="reduce") as page:
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_the_bar_shows_the_lag_against_the_rpo(browser: t.Any, tmp_path: Path) -> None:
    with opened(browser, tmp_path, "troubled") as page:
        widths = page.evaluate(
            """[...document.querySelectorAll('#sessions tbody tr')].map(row => [row.querySelector('th').textContent,
               row.querySelector('.bar i') ? row.querySelector('.bar i').offsetWidth / row.querySelector('.bar').offsetWidth : null])"""
        )
        found = {name.replace("\u2192", "->"): width for name, width in widths}
        assert found["projects -> secondary1::projects-dr"] == pytest.approx(1.0, abs=0.02), "2251 s of 900 s fill it"
        assert found["homes -> secondary1::homes-dr"] < 0.06, "15 s of 900 s"
        assert found["media -> secondary1::media-dr"] is None, "nothing is drawn where nothing is known"
