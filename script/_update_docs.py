# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages that are made, not typed: docs/known-faults.md from the catalogue, the README's table from test results."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

from ansible_collections.glusterops.georep.plugins.module_utils._georep import faults

ROOT = Path(__file__).resolve().parents[1]
RELEASES = ROOT / "docs" / "releases.json"
PAGE = ROOT / "docs" / "known-faults.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- releases: made by script/update-docs from what the tests saw -->", "<!-- /releases -->"
LICENSE = """<!--
Copyright (c) 2026, GlusterOps contributors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->
"""
STOPS = {
    faults.EVERYTHING: "nothing is replicated; the role stops before any change",
    faults.RSYNC: "sessions that sync by rsync; the role chooses tarssh",
    faults.TARSSH: "sessions that sync by tarssh; the role stops before any change if one has to",
    faults.CHANGES: "a run of the role that changes something, before the first change",
    faults.KEYS: "a run of the role that brings keys to the node, before the first change",
    faults.NOTHING: "what it touches",
}


def known_faults() -> str:
    """The catalogue as a page."""
    lines = [
        LICENSE,
        "# Known faults of GlusterFS geo-replication",
        "",
        "Made by `script/update-docs` from `plugins/module_utils/_georep/faults.py`, which is what the modules go by.",
        "`gluster_georep_preflight` looks for them on every node before anything is changed, the role stops at those with which no",
        "byte would arrive, and errors of `gluster_georep_session` name the one that the last line of a gsyncd.log speaks of.",
        "",
        "| fault | what goes wrong | versions |",
        "|---|---|---|",
    ]
    lines += [f"| [{fault.id}](#{fault.id}) | {fault.title} | {fault.versions} |" for fault in faults.FAULTS]
    for fault in faults.FAULTS:
        where = "both sites" if len(fault.sites) == 2 else f"the {fault.sites[0]} site"
        lines += [
            "",
            f"## {fault.id}",
            "",
            f"**{fault.title}.** {fault.cause}",
            "",
            f"- What people see: {fault.shown}",
            f"- Versions: {fault.versions}",
            f"- Found by: {fault.checked}, on {where}",
            f"- Stops: {STOPS[fault.stops]}",
            f"- What helps: {fault.remedy}",
        ]
        if fault.role == faults.SOURCE_FIX:
            lines.append("- The role mends it with `geo_replication_fix_known_faults: true`")
        elif fault.role == faults.OTHER_METHOD:
            lines.append("- The role goes round it with `geo_replication_sync_method: auto`, the default")
        if fault.reference:
            lines.append("- Reported: " + ", ".join(f"<{url}>" for url in fault.reference))
    return "\n".join(lines) + "\n"


def table(releases: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    """Release by release: what stock does, what the role makes of it."""
    lines = [
        "| Debian | GlusterFS, Python, rsync, OpenSSH | the documented steps | the role |",
        "|---|---|---|---|",
    ]
    for seen in sorted(releases, key=lambda entry: int(entry["debian"])):
        carried = [name for name, known in (("user xattrs", "carries_xattrs"), ("ACLs", "carries_acls")) if seen.get(known)]
        role = f"`{seen['method']}`, " + (" and ".join(["with", *carried]).replace("with and", "with") if carried else "without user xattrs and ACLs")
        if seen["fault"]:
            role = f"stops and names [{seen['fault']}](docs/known-faults.md#{seen['fault']}); mends it when told to; then {role}"
        role += ": **bytes proved**" if seen["proved"] else ": not proved"
        parts = ", ".join(seen[name] for name in ("glusterfs", "python", "rsync", "openssh"))
        lines.append(f"| {seen['debian']} {seen['release']} | {parts} | {seen['stock']} | {role} |")
    return "\n".join(lines)


def readme(text: str, releases: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    """The README with its table made anew."""
    before, rest = text.split(BEGIN)
    _old, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{table(releases)}\n\n{END}{after}"


def main() -> None:
    """``_update_docs.py [RESULTS]``: with a folder of results, the releases are taken from there first."""
    if len(sys.argv) > 1:
        known = {entry["release"]: entry for entry in json.loads(RELEASES.read_text())} if RELEASES.exists() else {}
        for file in sorted(Path(sys.argv[1]).glob("release-*.json")):
            entry = json.loads(file.read_text(encoding="utf-8"))
            if {"proved", "stock", "carries_acls"} <= entry.keys():
                known[entry["release"]] = entry
        RELEASES.write_text(json.dumps([known[name] for name in sorted(known)], indent=2) + "\n", encoding="utf-8")
    PAGE.write_text(known_faults(), encoding="utf-8")
    releases = json.loads(RELEASES.read_text(encoding="utf-8"))
    README.write_text(readme(README.read_text(encoding="utf-8"), releases), encoding="utf-8")
    print(f"docs/known-faults.md: {len(faults.FAULTS)} faults; README.md: {', '.join(entry['release'] for entry in releases)}")


if __name__ == "__main__":
    main()
