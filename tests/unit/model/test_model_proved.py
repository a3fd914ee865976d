# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._model.proved import OWED, Proved, option_of, read

UUID = "44444444-0000-4000-8000-00000000000b"
SESSION = SessionId("projects", "secondary1", "projects-dr")
TEXT = "proved 2026-11-22T08:38:16Z, lag 17.3 s, tarssh, 2 restarts"


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ((), ()),
        (("user extended attributes (seen on .georep/a, sync-method tarssh)",), ("user extended attributes",)),
        (("one; two,\nthree", "four"), ("one two three", "four")),
    ],
)
def test_what_is_written_is_read(left: tuple[str, ...], told: tuple[str, ...]) -> None:
    made = Proved(1795336696, 17.34, "tarssh", 2, left)
    assert read(str(made)) == Proved(1795336696, 17.3, "tarssh", 2, told)
    assert str(made).startswith(TEXT) and "\n" not in str(made)


@pytest.mark.parametrize(
    "value",
    ["", OWED, "proved", TEXT + "x", TEXT[1:], TEXT.replace("11-22", "13-22"), TEXT.replace("17.3", "-1"), TEXT.replace("17.3", "nan"),
     TEXT.replace("tarssh", "ftp"), TEXT + "; not carried: ", TEXT + "\n", TEXT.replace("2 restarts", "restarts"), f" {TEXT}"],
)  # fmt: skip
def test_what_cannot_be_read_is_a_debt(value: str) -> None:
    assert read(value) is None


def test_each_session_has_an_option_of_its_own() -> None:
    assert option_of(SESSION, UUID) == f"user.glusterops.georep.proof.{UUID}"
    without = {option_of(session, None) for session in (SESSION, SESSION._replace(secondary_host="secondary2"), SESSION._replace(secondary_volume="b"))}
    assert len(without) == 3
    assert option_of(SESSION._replace(secondary_user="geo"), None) in without, "gluster leaves the user out of a session's identity"


@pytest.mark.parametrize("uuid", [UUID, None])
def test_no_name_is_part_of_the_option(uuid: str | None) -> None:
    """A glusterd that starts takes any option with one of these words in its key for a session, and then knows none of the volume any more."""
    option = option_of(SessionId("secondary-slave", "secondary1", "slave-secondary"), uuid)
    assert "secondary" not in option and "slave" not in option
