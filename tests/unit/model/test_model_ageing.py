# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expiry of accounts, as a real sshd with and without PAM treated each of these lines on 30 November 2026 (day 20787)."""

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model import ageing
from ansible_collections.glusterops.georep.tests.unit.cases import text_of

DAY = 20787


def entry(line: str) -> ageing.Ageing | None:
    return ageing.read_shadow(f"root:*:20000:0:99999:7:::\n{line}\n", "geoaccount")


def told(line: str, pam: bool | None = True, day: int = DAY) -> list[str]:
    return ageing.obstacles(entry(line), "geoaccount", day, pam)


def test_b02_a_new_account_does_not_expire_whatever_login_defs_says() -> None:
    """Both lines are what useradd wrote under the login.defs of the case."""
    shadow = text_of("B02", "shadow")
    before, after = (ageing.read_shadow(shadow, name) for name in ("before", "after"))
    assert before is not None and (before.maximum, before.inactive) == (60, 30)
    assert after == ageing.Ageing("*", DAY, None, None, None)
    for day in (DAY, DAY + 61, DAY + 91, DAY + 9000):
        assert ageing.obstacles(after, "geoaccount", day, True) == ageing.outlook(after, "geoaccount", day, True) == []
    assert "--password '*' --key PASS_MAX_DAYS=-1 --inactive -1 --expiredate ''" == ageing.USERADD_BY_HAND
    assert [word.strip("'") for word in ageing.USERADD_BY_HAND.split()] == list(ageing.USERADD), "the same by hand"


@pytest.mark.parametrize(
    ("line", "pam", "words"),
    [
        ("geoaccount:*:20727:7:60:7:30::", True, None),
        ("geoaccount:*:20726:7:60:7:30::", True, "The password of the account geoaccount expired on 2026-11-29. Run: chage -M -1 -I -1 -E -1 geoaccount"),
        ("geoaccount:*:20697:7:60:7:30::", True, "The password of the account geoaccount expired on 2026-10-31."),
        ("geoaccount:*:20696:7:60:7:30::", True, "The account geoaccount is inactive: its password expired on 2026-10-30, more than 30 days ago."),
        ("geoaccount:*:20454:7:60:7:::", True, "The password of the account geoaccount expired on 2026-03-02."),
        ("geoaccount:*:20454:7:60:7:30::", False, None),
        ("geoaccount:*:20454:7:60:7:30::", None, None),
        ("geoaccount:*:0:7:60:7:::", True, "must be changed at the next login (chage -d 0). Run: chage -d 2026-11-30 -M -1 -I -1 -E -1 geoaccount"),
        ("geoaccount:*:20787::::::20454:", True, None),
        ("geoaccount:*:20787:::::20454:", True, "The account geoaccount expired on 2026-01-01. Run: chage -M -1 -I -1 -E -1 geoaccount"),
        ("geoaccount:*:20787:::::20454:", False, "expired on 2026-01-01"),
        ("geoaccount:*:20787:::::20787:", False, None),
        ("geoaccount:!:20787::::::", True, None),
        ("geoaccount:!$6$x:20787::::::", False, "locked, and sshd accepts no keys for it without PAM (UsePAM no). Run: usermod --password '*' geoaccount"),
        ("geoaccount:*:20787:0:99999:7:::", True, None),
        ("geoaccount:*::0:60:7:::", True, None),
        ("geoaccount:*:20800:0:1:7:::", True, None),
        ("geoaccount:*:garbled", True, None),
        ("other:*:0:0:60:7:::", True, None),
    ],
    ids=[
        "B02 last day", "B02 expired", "B02 expired, last day before inactive", "B02 inactive", "B02 expired without INACTIVE", "B02 without PAM",
        "B02 PAM not known", "B02 chage -d 0", "a field too many", "B02 account expired", "B02 account expired, no PAM", "B02 expires today",
        "locked, with PAM", "B02 locked, without PAM", "never", "no date", "changed in the future", "garbled", "not in shadow",
    ],
)  # fmt: skip
def test_what_keeps_an_account_out(line: str, pam: bool | None, words: str | None) -> None:
    found = told(line, pam)
    assert (found == []) if words is None else (len(found) == 1 and words in found[0]), found


def test_b02_what_will_expire_is_told_before() -> None:
    [note] = ageing.outlook(entry("geoaccount:*:20787:7:60:7:30::"), "geoaccount", DAY, True)
    assert note.startswith("The password of the account geoaccount expires on 2027-01-29. From then on") and "chage -M -1 -I -1 -E -1 geoaccount" in note
    assert ageing.outlook(entry("geoaccount:*:20787:7:60:7:30::"), "geoaccount", DAY, False) == [], "sshd without PAM does not mind"
    [note] = ageing.outlook(entry("geoaccount:*:20787:::::20800:"), "geoaccount", DAY, False)
    assert note.startswith("The account geoaccount expires on 2026-12-13")
    for line in ("geoaccount:*:20787:0:99999:7:::", "geoaccount:*:20787::::::", "other:*:20787:7:60:7:30::"):
        assert ageing.outlook(entry(line), "geoaccount", DAY, True) == []
