# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a role waits before it looks again."""

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._plan.waiting import plan_wait


@pytest.mark.parametrize(("timeout", "most"), [(0, 0), (4, 1), (52, 11), (240, 28), (7200, 70)])
def test_a_wait_takes_as_long_as_it_may_and_not_many_looks(timeout: int, most: int) -> None:
    state = plan_wait(timeout, 1000.0)
    turns, now = state["turns"], 1000.0
    assert len(turns) <= most
    for _turn in turns:
        assert not state["over"] and state["pause"] >= 1
        now += state["pause"]
        state = plan_wait(timeout, now, state["since"])
    assert state["over"] and now == 1000.0 + timeout and state["turns"] == []
