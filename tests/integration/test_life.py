# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of one session by the role: created and proved, left alone, changed and proved again, removed.

``script/test quick`` plays this file alone. What happened is judged by the stock CLI and by a file on the secondary's bricks.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

from lab import Lab, Session, poll
from test_role import mutations

from playbooks import Playbooks


def test_a_session_is_created_changed_proved_and_removed(lab: Lab, make_pair: t.Callable[..., Session], tmp_path: Path) -> None:
    site = Playbooks(lab, tmp_path)
    session = make_pair("life")
    declared = session.args(config={"sync-method": "tarssh"})

    first = site.done([declared], geo_replication_prove=True)
    assert lab.raw_is(session, "started") and first.changed
    assert [proof["proved"] for proof in first.proofs.values()] == [True]

    again = site.done([declared], geo_replication_prove=True)
    assert again.changed == [] and mutations(again) == []
    assert again.asked == [], "the nodes' own files say it all"

    changed = session.args(config={"sync-method": "tarssh", "sync-jobs": 2})
    checked = site.done([changed], "--check")
    assert len(checked.lines("would do: ")) == 1 and "sync-jobs" in checked.lines("would do: ")[0], checked.summary
    assert lab.raw_option(session, "sync-jobs") == "3"
    second = site.done([changed], geo_replication_prove=True)
    assert [lab.raw_option(session, "sync-jobs", node) for node in lab.primaries] == ["2", "2"]
    assert [proof["proved"] for proof in second.proofs.values()] == [True]

    with lab.mounted(lab.p1, session.primary) as where:
        lab.p1.sh(f"head -c 100000 /dev/urandom > {where}/letter")
        told = lab.p1.sh(f"sha256sum < {where}/letter")
    poll("the letter to arrive", lambda: lab.has(session, "letter") and lab.s1.sh(f"sha256sum < /bricks/{session.secondary}/letter") == told)

    site.done([session.args(state="absent")])
    assert lab.raw_is(session, "absent")
    assert lab.s1.sh(f"sha256sum < /bricks/{session.secondary}/letter") == told
