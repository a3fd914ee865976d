# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generates docs/known-faults.md from the catalogue of faults, and the README's table of releases from test results."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

from ansible_collections.glusterops.georep.plugins.module_utils._faults import catalogue

ROOT = Path(__file__).resolve().parents[1]
RELEASES = ROOT / "docs" / "releases.json"
#: Absolute, because Galaxy shows the README on a page of its own.
PAGE_URL = "https://github.com/glusterops/glusterops.georep/blob/main/docs/known-faults.md"
PAGE = ROOT / "docs" / "known-faults.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- releases: made by script/update-docs from what the tests saw -->", "<!-- /releases -->"
LICENSE = """<!--
Copyright (c) 2026, GlusterOps contributors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->
"""
#: What was seen on a release that the tests have no lab of.
NEXT = """
## Debian's next release

The tests have no lab of Debian's next release (forky) yet. Its packages of 30 October 2026 were tried on one node: GlusterFS 11.2,
Python 3.14.8, rsync 3.5.1, OpenSSH 10.6. The remedies of Debian 13 work there too.

- The stock packages fail as those of Debian 13 do. `gluster_georep_preflight_info` names [python-readfp](#python-readfp),
  [rsync-detached-mount](#rsync-detached-mount) and [sshd-session](#sshd-session), and no other fault of gsyncd, rsync or OpenSSH.
- gsyncd's sources differ from those of 11.1 in two lines, neither of which is part of a fault on this page. `gluster_georep_remedy` patches
  them. What else they use and Python 3.14 lacks is `string.zfill`, in a function that is never called. 11.1 has it too.
- With patched sources and `sync-method tarssh`, new files, a hard link, a symbolic link, a rename, a deletion and a changed time arrived,
  and a checkpoint completed. With `sync-method rsync`, the worker ends with error 12 and is `Faulty`.
- What gsyncd logs about connections and mounts that fail is matched to the same faults as the logs of 11.1.
- Forky also has Python 3.15.0. The sources use nothing more that it lacks, and the patched gsyncd reads its configuration under it.

Not tried: two clusters, several nodes, sessions without root, and the role as a whole.
"""
#: What stands in a cause or remedy for what only a text or a login tells.
WORDS = {"host": "HOST", "port": "PORT", "user": "ACCOUNT", "key": "KEY", "key_file": "KEYFILE", "known_hosts": "the known_hosts file"}
STOPS = {
    catalogue.EVERYTHING: "nothing is replicated; the role stops before any change",
    catalogue.RSYNC: "sessions that sync by rsync; the role chooses tarssh",
    catalogue.TARSSH: "sessions that sync by tarssh; the role stops before any change if one has to",
    catalogue.CHANGES: "a run of the role that changes something, before the first change",
    catalogue.KEYS: "a run of the role that brings keys to the node, before the first change",
    catalogue.NOTHING: "what it touches",
}


def known_faults() -> str:
    """The catalogue as a page."""
    lines = [
        LICENSE,
        "# Known faults of GlusterFS geo-replication",
        "",
        "Made by `script/update-docs` from `plugins/module_utils/_faults/catalogue.py`, which is what the modules go by.",
        "`gluster_georep_preflight_info` looks for them on every node before anything is changed, the role stops at those with which no",
        "byte would arrive. Errors of the modules name the one that a gsyncd.log, an answer of the gluster command or ssh speaks of.",
        "",
        "| fault | what goes wrong | versions |",
        "|---|---|---|",
    ]
    lines += [f"| [{fault.id}](#{fault.id}) | {fault.title} | {fault.versions} |" for fault in catalogue.FAULTS]
    for fault in (catalogue.filled(fault, WORDS) for fault in catalogue.FAULTS):
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
        if fault.role == catalogue.SOURCE_FIX:
            lines.append("- The role mends it with `geo_replication_fix_known_faults: true`")
        elif fault.role == catalogue.OTHER_METHOD:
            lines.append("- The role goes round it with `geo_replication_sync_method: auto`, the default")
        if fault.reference:
            lines.append("- Reported: " + ", ".join(f"<{url}>" for url in fault.reference))
    return "\n".join(lines) + "\n" + NEXT


def table(releases: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    """A row for each release: what the stock packages do, and what the role achieves with them."""
    lines = [
        "| Debian | GlusterFS, Python, rsync, OpenSSH | the documented steps | this role |",
        "|---|---|---|---|",
    ]
    for seen in sorted(releases, key=lambda entry: int(entry["debian"])):
        carried = [name for name, known in (("user xattrs", "carries_xattrs"), ("ACLs", "carries_acls")) if seen.get(known)]
        role = f"`{seen['method']}`, " + (" and ".join(["with", *carried]).replace("with and", "with") if carried else "without user xattrs and ACLs")
        if seen["fault"]:
            role = f"stops and names [{seen['fault']}]({PAGE_URL}#{seen['fault']}); patches gsyncd if you allow it; then {role}"
        role += ": **proved**" if seen["proved"] else ": not proved"
        parts = ", ".join(seen[name] for name in ("glusterfs", "python", "rsync", "openssh"))
        lines.append(f"| {seen['debian']} {seen['release']} | {parts} | {seen['stock']} | {role} |")
    return "\n".join(lines)


def readme(text: str, releases: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    """The README with a new table of releases."""
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
    print(f"docs/known-faults.md: {len(catalogue.FAULTS)} faults; README.md: {', '.join(entry['release'] for entry in releases)}")


if __name__ == "__main__":
    main()
