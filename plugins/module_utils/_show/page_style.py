# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The report's style sheet: light and dark by the reader's own choice, 360 pixels and up, screen and paper."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f3f5f8; --card: #ffffff; --text: #17212c; --soft: #4d5b68; --line: #d3dae1; --strong-line: #76838f;
  --accent: #0a5a7c; --ok: #17693a; --warning: #845000; --critical: #ad1420; --idle: #4d5b68;
  --ok-bg: #e5f3ea; --warning-bg: #fcf0da; --critical-bg: #fdeaea; --idle-bg: #e9edf1; --track: #e3e8ed;
  --shadow: 0 1px 2px rgb(23 33 44 / 8%), 0 4px 14px rgb(23 33 44 / 5%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f151b; --card: #19222b; --text: #e9eef3; --soft: #a9b6c2; --line: #33414e; --strong-line: #7c8b99;
    --accent: #77c8ea; --ok: #74d69c; --warning: #f2bb63; --critical: #ff9793; --idle: #a9b6c2;
    --ok-bg: #15301f; --warning-bg: #34270f; --critical-bg: #3c1b1d; --idle-bg: #25303b; --track: #2a3642;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif;
}
a { color: var(--accent); text-underline-offset: .15em; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
code, .path { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "Liberation Mono", "DejaVu Sans Mono", monospace; font-size: .9em; }
code, .path, td, th, p, li, h1, h2, h3, dd { overflow-wrap: anywhere; }
.skip { position: absolute; left: -999px; top: 0; background: var(--card); padding: .6rem 1rem; z-index: 2; }
.skip:focus { left: .5rem; top: .5rem; }
.wrap { max-width: 68rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
.sprite { position: absolute; width: 0; height: 0; overflow: hidden; }
.out { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.soft { color: var(--soft); }
.icon { width: 1.15em; height: 1.15em; vertical-align: -.2em; flex: none; }
.ok { color: var(--ok); } .warning { color: var(--warning); } .critical { color: var(--critical); } .idle { color: var(--idle); }

header.top h1 { font-size: clamp(1.45rem, 4vw, 2rem); line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.01em; text-wrap: balance; }
header.top p { margin: 0; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: .75rem 0 0; padding: 0; }
nav a { display: inline-block; padding: .25rem 0; }
section { margin-top: 2rem; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 .75rem; }
h3 { font-size: 1.08rem; line-height: 1.35; margin: 0; }
h4 { font-size: .95rem; margin: 1.25rem 0 .4rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); }
.pad { padding: 1rem 1.1rem; }

.verdict { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; align-items: center; padding: 1.1rem 1.2rem;
  margin-top: 1.1rem; border-left: 6px solid currentColor; }
.verdict .icon { width: 2.6rem; height: 2.6rem; grid-row: span 2; }
.verdict p { margin: 0; color: var(--text); }
.verdict .big { font-size: 1.2rem; font-weight: 650; line-height: 1.35; }
.tiles { list-style: none; display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; padding: 0; margin: .9rem 0 0; }
.tiles li { padding: .7rem .9rem; display: flex; gap: .65rem; align-items: center; }
.tiles .icon { width: 1.6rem; height: 1.6rem; }
.tiles b { font-size: 1.45rem; line-height: 1; margin-right: .35rem; color: var(--text); }
.tiles span { color: var(--soft); font-size: .92rem; }
.tiles .none .icon { opacity: .55; } .tiles .none b { font-weight: 400; }

.badge { display: inline-flex; gap: .35em; align-items: center; padding: .1em .6em .12em .45em; border-radius: 99px;
  font-size: .88rem; font-weight: 600; white-space: nowrap; }
.badge.ok { background: var(--ok-bg); } .badge.warning { background: var(--warning-bg); }
.badge.critical { background: var(--critical-bg); } .badge.idle { background: var(--idle-bg); }

.problems { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem; }
.problem { padding: .9rem 1.1rem; border-left: 6px solid currentColor; }
.problem > * { color: var(--text); }
.problem .head { display: flex; flex-wrap: wrap; gap: .3rem .7rem; align-items: center; }
.problem .what { margin: .4rem 0 .5rem; }
.problem .help { margin: 0; padding: .55rem .8rem; background: var(--page); border-radius: 8px; }
.problem .more { margin: .45rem 0 0; font-size: .92rem; }

table { border-collapse: collapse; width: 100%; font-size: .95rem; }
caption { text-align: left; color: var(--soft); padding: .6rem .9rem; font-size: .92rem; }
th, td { text-align: left; padding: .55rem .9rem; vertical-align: top; border-top: 1px solid var(--line); }
thead th { font-size: .82rem; font-weight: 600; color: var(--soft); white-space: nowrap; }
tbody th { font-weight: 600; }
th.name, th.name a { min-width: 13rem; overflow-wrap: break-word; }
.stack td > div > div { white-space: nowrap; } .stack .lag { white-space: normal; }
td.count { font-variant-numeric: tabular-nums; }
time, .lag b { font-variant-numeric: tabular-nums; }
time { white-space: nowrap; }

.lag { display: grid; gap: .2rem; min-width: 8.5rem; }
.bar { position: relative; display: block; height: .7rem; border-radius: 99px; background: var(--track); overflow: hidden; }
.bar i { position: absolute; inset: 0 auto 0 0; background: currentColor; border-radius: 99px; min-width: 4px; }
.bar.critical i { background: repeating-linear-gradient(135deg, currentColor 0 5px, transparent 5px 8px);
  outline: 1px solid currentColor; outline-offset: -1px; }
.bar u { position: absolute; left: 80%; top: 0; bottom: 0; width: 2px; background: var(--text); }

.session { margin-top: 1rem; }
.session > summary, .fold > summary { cursor: pointer; padding: .85rem 1.1rem; border-radius: 12px; list-style-position: inside; }
.session > summary h3 { display: inline; }
.session > summary .badge { margin-left: .6rem; vertical-align: middle; }
.session[open] > summary { border-bottom: 1px solid var(--line); border-radius: 12px 12px 0 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .9rem 1.5rem; margin: 0; }
.facts dt { color: var(--soft); font-size: .86rem; }
.facts dd { margin: .1rem 0 0; }
.scroll { overflow-x: auto; }
figure { margin: 1rem 0 0; }
figcaption { color: var(--soft); font-size: .9rem; margin-top: .4rem; }
.picture { display: block; width: 100%; height: auto; }
.narrow { display: none; }
.picture text { fill: var(--text); font-size: 13px; }
.picture .small { fill: var(--soft); font-size: 12px; }
.picture .title { font-weight: 650; }
.picture .node { fill: var(--card); stroke: var(--strong-line); }
.picture .site { fill: var(--page); stroke: var(--line); }
.picture .row { fill: none; stroke: var(--line); }
.picture .way { fill: none; stroke: currentColor; stroke-width: 2.2; }
.picture .way.Passive, .picture .way.idle { stroke-width: 1.4; stroke-dasharray: 2 4; }
.picture .way.critical { stroke-dasharray: 7 4; }
.picture .way.warning { stroke-dasharray: 12 3; }
.picture .arrow { fill: currentColor; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; padding: 0; margin: .5rem 0 0; list-style: none; font-size: .88rem; color: var(--soft); }
.drift > p { margin: .9rem 0 .4rem; } .drift > p:first-child { margin-top: 0; } .drift > p:last-child { margin-bottom: 0; }
.plain { margin: 0; padding-left: 1.2rem; }
.plain li + li { margin-top: .3rem; }
footer { margin-top: 2.5rem; color: var(--soft); font-size: .92rem; border-top: 1px solid var(--line); padding-top: 1rem; }
footer dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .75rem 1.5rem; margin: 0 0 1rem; }
footer dt { color: var(--text); font-weight: 600; } footer dd { margin: 0; }

@media (max-width: 46rem) {
  .wide { display: none; } .narrow { display: block; }
  table.stack, .stack tbody, .stack tr, .stack td, .stack tbody th { display: block; width: auto; }
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack caption { display: block; }
  .stack tr { padding: .8rem .9rem; border-top: 1px solid var(--line); }
  .stack td, .stack tbody th { border: 0; padding: .18rem 0; }
  .stack td { display: grid; grid-template-columns: 6.6rem 1fr; gap: .6rem; align-items: start; }
  .stack td::before { content: attr(data-head); content: attr(data-head) / ""; color: var(--soft); font-size: .86rem; padding-top: .05rem; }
  .session > summary .badge { margin-left: 0; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@media (forced-colors: active) {
  .bar i { background: Highlight; forced-color-adjust: none; } .verdict, .problem { border-color: CanvasText; }
}
@media print {
  :root {
    --page: #fff; --card: #fff; --text: #000; --soft: #333; --line: #999; --strong-line: #555; --accent: #000; --ok: #17693a; --warning: #845000;
    --critical: #ad1420; --idle: #444; --ok-bg: #fff; --warning-bg: #fff; --critical-bg: #fff; --idle-bg: #fff; --track: #ddd; --shadow: none;
  }
  nav, .skip { display: none; }
  .card, .problem, tr { break-inside: avoid; }
  .session { break-inside: auto; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  .bar { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
