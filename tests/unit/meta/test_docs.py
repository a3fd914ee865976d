# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The README fits one screen, links and names are right, and generated pages are what script/update-docs would write."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from ansible_collections.glusterops.georep.tests.unit.support import ROOT, git_files, load_script


@pytest.fixture(scope="module")
def made() -> ModuleType:
    return load_script("_update_docs")


def releases() -> list[dict[str, t.Any]]:
    return t.cast("list[dict[str, t.Any]]", json.loads((ROOT / "docs" / "releases.json").read_text(encoding="utf-8")))


def test_the_page_of_faults_is_the_catalogue(made: ModuleType) -> None:
    assert (ROOT / "docs" / "known-faults.md").read_text(encoding="utf-8") == made.known_faults()


def test_the_readmes_table_is_what_the_tests_saw(made: ModuleType) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert made.readme(text, releases()) == text
    assert [entry["debian"] for entry in sorted(releases(), key=lambda entry: int(entry["debian"]))] == ["11", "12", "13"]
    assert all(entry["proved"] for entry in releases())


#: Galaxy shows these apart from the repository, where a relative link leads nowhere.
SHOWN_BY_GALAXY = sorted([ROOT / "README.md", *(ROOT / "roles").glob("*/README.md")])
PAGES = sorted([*SHOWN_BY_GALAXY, ROOT / "CONTRIBUTING.md", ROOT / "CODE_OF_CONDUCT.md", *(ROOT / "docs").glob("*.md")])
REPOSITORY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def link_complaint(target: str, page: Path) -> str | None:
    """What is wrong with a link that leads into this repository, given by its address there or from a page on."""
    if re.match(r"https?://", target):
        if "glusterops" not in target or target.rstrip("/") in (REPOSITORY, f"{REPOSITORY}/issues", "https://github.com/glusterops"):
            return None
        prefix = f"{REPOSITORY}/blob/main/"
        if not target.startswith(prefix):
            return f"{target} is not in {REPOSITORY}, which galaxy.yml names"
        name, _hash, anchor = target[len(prefix) :].partition("#")
        file = ROOT / name
    else:
        if page in SHOWN_BY_GALAXY:
            return f"{target} must be absolute, because Galaxy shows {page.relative_to(ROOT)} on a page of its own"
        name, _hash, anchor = target.partition("#")
        file = page.parent / name if name else page
    if not file.exists():
        return f"{target}: there is no {name}"
    if anchor and anchor not in anchors(file):
        return f"{target}: {name} has no heading {anchor}"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    assert [complaint for complaint in (link_complaint(target, page) for target in targets) if complaint] == []


def test_addresses_in_what_users_get_are_of_this_repository() -> None:
    """In module and role documentation, messages, alerts and galaxy.yml, where no link can be relative."""
    found, seen = [], 0
    for path in git_files():
        if path.parts[0] in ("plugins", "roles", "playbooks", "extensions", "meta", "galaxy.yml") and path.suffix in (".py", ".yml", ".json"):
            for address in re.findall(r"https://github\.com/glusterops[^\s,;)\"'<>`]*[^\s,;)\"'<>`.]", (ROOT / path).read_text(encoding="utf-8")):
                seen += 1
                complaint = link_complaint(address, ROOT / path)
                found += [f"{path}: {complaint}"] if complaint else []
    assert found == []
    assert seen > 10


def test_a_link_that_leads_nowhere_is_seen() -> None:
    readme = ROOT / "README.md"
    assert link_complaint(f"{REPOSITORY}/blob/main/docs/proof.md", readme) is None
    assert link_complaint("https://semver.org/", readme) is None
    assert link_complaint("proof.md", ROOT / "docs" / "sessions.md") is None
    for target in (
        *("docs/proof.md", f"{REPOSITORY}/blob/main/docs/prove.md", f"{REPOSITORY}/blob/main/docs/proof.md#nothing"),
        *("https://github.com/glusterops/georep/blob/main/docs/proof.md", "https://github.com/glusterops/georep"),
    ):
        assert link_complaint(target, readme), target


def test_the_readme_fits_one_screen_and_leads_to_every_page() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 85
    for page in (ROOT / "docs").glob("*.md"):
        assert f"/docs/{page.name})" in text, page.name


def test_the_readmes_declaration_is_yaml_that_the_role_takes() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.+?)```", text, re.DOTALL)
    assert len(block.splitlines()) <= 10
    (play,) = yaml.safe_load(block)
    spec = yaml.safe_load((ROOT / "roles" / "geo_replication" / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options = spec["argument_specs"]["main"]["options"]
    assert play["vars"].keys() <= options.keys()
    for session in play["vars"]["geo_replication_sessions"]:
        assert session.keys() <= options["geo_replication_sessions"]["options"].keys()


def test_the_reference_names_every_module_role_and_playbook() -> None:
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    modules = {file.stem for file in (ROOT / "plugins" / "modules").glob("*.py")} - {file.stem for file in (ROOT / "plugins" / "action").glob("*.py")}
    roles = {folder.name for folder in (ROOT / "roles").iterdir()}
    playbooks = {file.stem for file in (ROOT / "playbooks").glob("*.yml")}
    rows = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert rows == modules | roles | playbooks
