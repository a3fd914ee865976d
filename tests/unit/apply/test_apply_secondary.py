# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read-only secondary volumes."""

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply.secondary import Prepared, set_read_only
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import World, document, refusal


@pytest.fixture
def site(world: World) -> World:
    for name in ("homes", "media"):
        world.add_volume(name)
    world.volumes["homes"].read_only = True
    return world


def test_only_what_differs_is_set_and_read_back(site: World) -> None:
    assert set_read_only(site.cli(), ["projects", "homes", "projects"], True) == [
        Prepared("projects", False, True),
        Prepared("homes", True, True),
    ]
    assert site.mutations == ["volume set projects features.read-only on"]
    assert site.reads == {"volumes": 2}
    assert [argv for argv in site.calls if "set" in argv] == [
        [
            "gluster",
            "--mode=script",
            "--xml",
            "--timeout=300",
            "--",
            "volume",
            "set",
            "projects",
            "features.read-only",
            "on",
        ]
    ]


def test_nothing_to_do(site: World) -> None:
    assert set_read_only(site.cli(), ["homes"], True) == [Prepared("homes", True, True)]
    assert site.mutations == [] and site.reads == {"volumes": 1}


def test_writable_again(site: World) -> None:
    set_read_only(site.cli(), ["homes"], False)
    assert site.mutations == ["volume set homes features.read-only off"]
    assert not site.volumes["homes"].read_only


def test_a_check_run_sets_nothing(site: World) -> None:
    assert set_read_only(site.cli(), ["projects"], True, check_mode=True) == [Prepared("projects", False, True)]
    assert site.mutations == []


def test_a_volume_that_is_not_there_keeps_the_others_as_they_are(site: World) -> None:
    with pytest.raises(InvalidInput, match="is not a volume of this cluster") as caught:
        set_read_only(site.cli(), ["projects", "nosuch"], True)
    assert "homes, media, projects" in caught.value.remedy
    assert site.mutations == []


def test_a_volume_of_the_same_name_is_another_one(site: World) -> None:
    """The names are those of another cluster's volumes: nothing is set, not even on the one that is meant."""
    uuids = {"projects": site.volumes["projects"].uuid, "media": "another"}
    with pytest.raises(InvalidInput, match=r"has the UUID .* in this cluster, but the requested volume has the UUID another") as caught:
        set_read_only(site.cli(), ["projects", "media"], True, uuids=uuids)
    assert caught.value.value == "media" and site.mutations == []
    assert set_read_only(site.cli(), ["homes"], False, ignore_missing=True, uuids={"homes": "another"}) == []
    assert site.mutations == [] and site.volumes["homes"].read_only
    set_read_only(site.cli(), ["homes", "media"], False, ignore_missing=True, uuids={"homes": site.volumes["homes"].uuid, "media": "another"})
    assert site.mutations == ["volume set homes features.read-only off"]


def test_a_refusal(site: World) -> None:
    site.instead["set"] = [refusal("Quorum not met. Volume operation not allowed.")]
    with pytest.raises(errors.CommandFailed, match=r"features.read-only of projects: Quorum not met"):
        set_read_only(site.cli(), ["projects"], True)


def test_success_without_effect(site: World) -> None:
    site.instead["set"] = [document("<volSet/>")]
    with pytest.raises(errors.StateNotReached, match="but the volume still has the old value"):
        set_read_only(site.cli(), ["projects"], True)
