# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What speaks against creating a session, and what waives it."""

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._plan import eligibility
from ansible_collections.glusterops.georep.plugins.module_utils._plan.eligibility import Sizes

G = 1024**3


@pytest.mark.parametrize(
    ("primary", "secondary", "says"),
    [
        (Sizes(10 * G, 1 * G, 9 * G), Sizes(10 * G, 0, 10 * G), None),
        (Sizes(10 * G, 1 * G, 9 * G), Sizes(20 * G, 15 * G, 5 * G), None),
        (Sizes(10 * G, 1 * G, 9 * G), Sizes(10 * G - 1, 0, 10 * G - 1), "is smaller than the primary (10 GiB)"),
        (
            Sizes(10 * G, 6 * G, 4 * G),
            Sizes(10 * G, 5 * G, 5 * G),
            "has 5 GiB free, but the primary already holds 6 GiB",
        ),
        (Sizes(10 * G, 5 * G, 5 * G), Sizes(10 * G, 5 * G, 5 * G), None),
        (Sizes(2048 * G, 0, 2048 * G), Sizes(512, 0, 512), "(512 B) is smaller than the primary (2 TiB)"),
    ],
)
def test_sizes(primary: Sizes, secondary: Sizes, says: str | None) -> None:
    found = eligibility.size_objection(primary, secondary)
    if says is None:
        assert found is None
    else:
        assert found is not None and says in found.message
        assert found.consent == "secondary_smaller"


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([], None),
        (["a"], "is not empty: a."),
        (list("abcde"), "is not empty: a, b, c, d, e."),
        (list("abcdefg"), "is not empty: a, b, c, d, e and 2 more."),
    ],
)
def test_emptiness(entries: list[str], says: str | None) -> None:
    found = eligibility.empty_objection("v", "dr1", entries)
    if says is None:
        assert found is None
    else:
        assert found is not None and says in found.message
        assert (found.consent, found.option) == ("secondary_not_empty", "secondary_volume")


@pytest.mark.parametrize(
    ("primary", "secondary", "differ", "consent"),
    [
        ("10.3", "10.3", False, None),
        ("10.3", "10.5", False, None),
        ("10.3", "11.1", True, "version_mismatch"),
        ("11.1", "10.3", True, "version_mismatch"),
        ("8.6", "9.2", True, "version_mismatch"),
        ("10.3", None, False, None),
        ("10.3", "", False, None),
        # GlusterFS 10 renamed the words between the sites: nothing helps across that line.
        ("9.2", "10.3", True, None),
        ("11.1", "9.2", True, None),
        ("1.0", "10.0", True, None),
    ],
)
def test_versions(primary: str, secondary: str | None, differ: bool, consent: str | None) -> None:
    found = eligibility.version_objection(primary, secondary)
    assert (found is not None) is differ
    if found is not None:
        assert found.consent == consent
        assert primary in found.message and str(secondary) in found.message


@pytest.mark.parametrize(
    ("down", "says"), [([], None), (["n2"], "Node n2 of the primary"), (["n2", "n3"], "Nodes n2, n3 of the primary")]
)
def test_nodes_that_are_down(down: list[str], says: str | None) -> None:
    found = eligibility.peer_objection(down)
    if says is None:
        assert found is None
    else:
        assert found is not None and found.message.startswith(says)
        assert found.consent == "peer_down"


def test_each_objection_is_waived_by_its_own_name_only() -> None:
    peer, empty = eligibility.peer_objection(["n2"]), eligibility.empty_objection("v", "dr1", ["a"])
    found = [peer, None, empty]
    assert eligibility.refused(found, ()) == [peer, empty]
    assert eligibility.refused(found, {"peer_down"}) == [empty]
    assert eligibility.refused(found, {"secondary_smaller", "version_mismatch"}) == [peer, empty]
    assert eligibility.refused(found, {"peer_down", "secondary_not_empty"}) == []


def test_an_objection_tells_its_waiver() -> None:
    assert str(eligibility.peer_objection(["n2"])).endswith("Or accept this: accept: [peer_down].")
    hard = eligibility.Objection(None, "x", "No.", "Do y.")
    assert str(hard) == "No. Do y."
    assert eligibility.refused([hard], {"peer_down"}) == [hard]
