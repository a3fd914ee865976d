# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the nodes know of their own workers, put to gluster's status."""

from __future__ import annotations

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._model.views import merge
from ansible_collections.glusterops.georep.tests.unit.reports import IDENTITY, UUID, entry


def view(uuid: str = UUID, **fields: t.Any) -> dict[str, t.Any]:
    told = {
        "brick": "/b", "secondary_node": None, "caught_up": None, "waiting_since": None, "lag_seconds": None, "stalled": False,
        "last_error": None, "fault": None, **fields,
    }  # fmt: skip
    return {"node_uuid": uuid, "sessions": [{**IDENTITY, "bricks": [told]}]}


def test_a_view_of_the_active_worker_corrects_the_lag() -> None:
    (found,) = merge([entry("Active", "Passive")], [view(caught_up=True, lag_seconds=0, secondary_node="s2")])
    assert (found["lag_seconds"], found["caught_up"]) == (0, True)
    assert found["workers"][0]["secondary_node"] == "s2"


def test_a_view_of_the_passive_worker_does_not() -> None:
    (found,) = merge([entry("Active", "Passive")], [view("uuid2", caught_up=True, lag_seconds=0), None])
    assert (found["lag_seconds"], found["caught_up"]) == (500, None)


def test_what_is_not_known_stays_so() -> None:
    (found,) = merge([entry("Active", "Passive", lag_seconds=None)], [view(caught_up=True, lag_seconds=0)])
    assert found["lag_seconds"] is None, "another replica set does not tell"


def test_views_can_come_one_after_the_other() -> None:
    both = [view(caught_up=True, lag_seconds=0), view("uuid2", caught_up=False, lag_seconds=9)]
    once = merge([entry("Active", "Active")], both)
    assert once == merge(merge([entry("Active", "Active")], both[:1]), both[1:]) == merge(once, [])
    assert (once[0]["lag_seconds"], once[0]["caught_up"]) == (9, False)


def test_a_faulty_worker_of_another_node_is_explained() -> None:
    fault = {"id": "x", "title": "X", "cause": "Because.", "remedy": "Mend it."}
    told = view("uuid2", last_error="gone wrong", fault=fault, caught_up=True, lag_seconds=0)
    (found,) = merge([entry("Active", "Faulty")], [view(), told])
    assert found["workers"][1]["last_error"] == "gone wrong" and found["workers"][1]["fault"] == fault
    assert found["workers"][1]["caught_up"] is None, "only an Active one tells"
    (found,) = merge([entry("Active", "Passive")], [view("uuid2", last_error="long ago", fault=fault)])
    assert found["workers"][1]["last_error"] is None, "an old error of a worker that is well explains nothing"
