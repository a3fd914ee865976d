# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directories as destinations: their names, and what is to be done for them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import check_volume
from ansible_collections.glusterops.georep.plugins.module_utils._plan.directory import (
    NOT_EMPTY,
    Folder,
    Found,
    Objection,
    Plan,
    Wanted,
    check_destination,
    check_directory,
    content,
    overlap,
    plan,
    volume_name,
)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/srv/dr/projects", "georep-srv-dr-projects"),
        ("/data", "georep-data"),
        ("/srv/dr_2/p", "georep-srv-dr_2-p"),
        # A dash could be a slash, and a dot is no part of a volume's name: the hash tells them apart.
        ("/srv/dr-projects", "georep-srv-dr-projects-8fa0e1ae"),
        ("/srv/dr.projects", "georep-srv-dr-projects-ec9f2336"),
        ("/srv/-", "georep-srv-2680d20e"),
        ("/" + "/".join(["abcdefgh"] * 9), "georep-abcdefgh-abcdefgh-abcdefgh-abcdefgh-abcdefgh-ab-ac5b221a"),
    ],
)
def test_volume_names(path: str, name: str) -> None:
    assert volume_name(path) == name
    assert check_volume("x", name) == name and len(name) <= 63


def test_names_differ_where_paths_do() -> None:
    paths = ["/a/b/c", "/a/b-c", "/a-b/c", "/a-b-c", "/a.b.c", "/a/b.c", "/a/b_c", "/a_b_c", "/a/b+c", "/a/b/c-"]
    assert len({volume_name(path) for path in paths}) == len(paths)


@pytest.mark.parametrize(
    ("given", "path"),
    [("/srv/dr/projects", "/srv/dr/projects"), ("//srv//dr/", "/srv/dr"), ("/srv/./dr", "/srv/dr"), ("/home/dr", "/home/dr")],
)
def test_one_spelling(given: str, path: str) -> None:
    assert check_directory("x", given) == path


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("srv/dr", "not an absolute path"),
        (None, "not an absolute path"),
        (5, "not an absolute path"),
        ("/srv/a b", "character"),
        ("/srv/a:b", "character"),
        ("/srv/a,b", "character"),
        ("/srv/a\nb", "character"),
        ("/srv/a$(reboot)", "character"),
        ("/srv/\u00e4", "character"),
        ("/srv/../etc", r"\.\."),
        ("/", "is a directory of the system"),
        ("//", "is a directory of the system"),
        ("/srv", "is a directory of the system"),
        ("/etc/x", "is a directory of the system"),
        ("/var/lib/glusterd/vols", "is a directory of the system"),
        ("/proc/1", "is a directory of the system"),
    ],
)
def test_what_no_brick_can_be(given: t.Any, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        check_directory("sessions[1].secondary_directory", given)
    assert caught.value.option == "sessions[1].secondary_directory" and caught.value.remedy


def test_a_path_too_long_for_glusterds_files() -> None:
    assert check_destination("x", "dr1", "/srv/" + "a" * 150)[1].startswith("georep-srv-aaa")
    with pytest.raises(InvalidInput, match="too long"):
        check_destination("x", "dr1", "/srv/" + "a" * 200)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("/a/b", "/a/b", True), ("/a", "/a/b", True), ("/a/b", "/a", True), ("/a/b", "/a/bc", False), ("/a/b", "/a/c", False)],
)
def test_overlap(one: str, other: str, same: bool) -> None:
    assert overlap(one, other) is same


def test_what_gluster_leaves_is_nobodys_content() -> None:
    own = [".glusterfs", ".glusterfs-anonymous-inode-6a9f0b5a-8f6d-4f0e-9a43-0123456789ab"]
    assert content([*own, "b", ".a", ".glusterfs2", "lost+found"]) == [".a", ".glusterfs2", "b", "lost+found"]


WANTED = Wanted("dr1", "/srv/dr/projects", "georep-srv-dr-projects", read_only=True)
ABSENT = WANTED._replace(state="absent")
READY = Found("Started", True, ("dr1:/srv/dr/projects",), "/srv/dr/projects", True)


def verbs(found: Plan | Objection) -> list[str]:
    assert isinstance(found, Plan), found
    return [verb for verb, _why in found.steps]


@pytest.mark.parametrize(
    ("wanted", "folder", "found", "expected"),
    [
        (WANTED, Folder(), None, ["directory", "create", "mark", "read-only", "start"]),
        (WANTED, Folder(True), None, ["create", "mark", "read-only", "start"]),
        (WANTED._replace(read_only=None), Folder(True), None, ["create", "mark", "start"]),
        (WANTED._replace(read_only=False), Folder(True), None, ["create", "mark", "start"]),
        (WANTED, Folder(), READY, []),
        # an earlier run that ended in the middle
        (WANTED, Folder(), READY._replace(status="Created", mark="", read_only=False), ["mark", "read-only", "start"]),
        (WANTED, Folder(), READY._replace(status="Created"), ["start"]),
        (WANTED, Folder(), READY._replace(status="Stopped"), ["start"]),
        (WANTED, Folder(), READY._replace(mark="pending:/srv/dr/projects"), ["take-in", "mark"]),
        (WANTED, Folder(), READY._replace(mark="pending:/srv/dr/projects", status="Stopped"), ["start", "take-in", "mark"]),
        (ABSENT, Folder(), READY._replace(mark="pending:/srv/dr/projects"), ["stop", "delete"]),
        # made by hand, and used as it is
        (WANTED, Folder(), READY._replace(mark=""), []),
        (WANTED, Folder(), READY._replace(read_only=False), ["read-only"]),
        (WANTED._replace(read_only=False), Folder(), READY, ["writable"]),
        (WANTED._replace(read_only=None), Folder(), READY._replace(read_only=False), []),
        (ABSENT, Folder(), None, []),
        (ABSENT, Folder(), READY, ["stop", "delete"]),
        (ABSENT, Folder(), READY._replace(status="Stopped"), ["delete"]),
        (ABSENT, Folder(), READY._replace(mark=""), []),
        (ABSENT, Folder(), READY._replace(only_ours=False, bricks=("dr1:/srv/dr/projects", "dr1:/b")), []),
    ],
)
def test_steps(wanted: Wanted, folder: Folder, found: Found | None, expected: list[str]) -> None:
    assert verbs(plan(wanted, folder, found)) == expected


def test_content_needs_consent_by_name() -> None:
    folder = Folder(True, tuple("abcdefg"))
    refused = plan(WANTED, folder, None)
    assert isinstance(refused, Objection)
    assert "/srv/dr/projects on dr1 is not empty: a, b, c, d, e and 2 more." in refused.message
    assert "accept: [directory_not_empty]" in refused.remedy
    accepted = plan(WANTED._replace(accept=frozenset({NOT_EMPTY})), folder, None)
    assert verbs(accepted) == ["create", "claim", "read-only", "start", "take-in", "mark"]
    assert isinstance(accepted, Plan) and "7 entries" in accepted.notes[0]
    # Created by a run that was killed before it could mark it: the content is still what it was.
    created = READY._replace(status="Created", mark="", read_only=False)
    assert isinstance(plan(WANTED, folder, created), Objection)
    finished = plan(WANTED._replace(accept=frozenset({NOT_EMPTY})), folder, created)
    assert verbs(finished) == ["claim", "read-only", "start", "take-in", "mark"]
    # Once the volume is there its content is what was replicated.
    assert verbs(plan(WANTED, folder, READY)) == []


def test_a_file_system_of_its_own_is_told_of_a_directory_below() -> None:
    refused = plan(WANTED, Folder(True, ("lost+found",), mount_point=True), None)
    assert isinstance(refused, Objection) and "/srv/dr/projects/data" in refused.remedy


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (READY._replace(only_ours=False, bricks=("dr2:/srv/dr/projects",)), "with other bricks than /srv/dr/projects on dr1: dr2:/srv/dr/projects"),
        (READY._replace(mark="", status="Stopped"), "is not started, and was not created by this collection"),
    ],
)
def test_a_volume_that_is_somebodys(found: Found, says: str) -> None:
    refused = plan(WANTED, Folder(), found)
    assert isinstance(refused, Objection) and says in refused.message and refused.remedy


def test_what_stays_is_said() -> None:
    gone = plan(ABSENT, Folder(), READY)
    assert isinstance(gone, Plan) and len(gone.left) == 2
    assert "The files in /srv/dr/projects on dr1 stay" in gone.left[0] and "rm -rf /srv/dr/projects/.glusterfs" in gone.left[1]
    stays = plan(ABSENT, Folder(), READY._replace(mark=""))
    assert isinstance(stays, Plan) and stays.notes == ["The volume georep-srv-dr-projects was not created by this collection, so it stays."]


def test_notes() -> None:
    made = plan(WANTED, Folder(True, leftovers=True, on_root=True), None)
    assert isinstance(made, Plan)
    assert "part of another volume before" in made.notes[0] and "root file system" in made.notes[1]
