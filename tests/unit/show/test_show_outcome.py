# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of the role shows in the end."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._show.outcome import Answers, outcome_lines

SETTINGS: dict[str, t.Any] = {"sessions": [{}], "primary_hosts": ["p1", "p2"], "secondary_hosts": ["s1", "s2"], "prove": True}
PLAN: dict[str, t.Any] = {
    "info": {"status": []}, "steps": [], "left_alone": [], "cautions": [], "notes": [], "fault_notes": [], "obsolete_directories": [],
    "obsolete_mappings": [], "to_prove": [], "targets": [], "to_protect": [], "push_pem": False, "peer_uuids": ["u1", "u2"],
}  # fmt: skip
NOT_TESTED = "Not yet tested that files really reach the secondary, since"
NONE = "No geo-replication sessions on this cluster."


def lines(check_mode: bool = False, settings: dict[str, t.Any] | None = None, answers: Answers | None = None, **plan: t.Any) -> list[str]:
    found = outcome_lines({**SETTINGS, **(settings or {})}, {**PLAN, **plan}, answers or Answers(), check_mode)
    assert found[0] == NONE
    return found[1:]


def test_nothing_to_say() -> None:
    assert lines() == []


@pytest.mark.parametrize(("check_mode", "word"), [(True, "would do: "), (False, "done: ")])
def test_the_same_steps_in_a_check_run_and_in_full(check_mode: bool, word: str) -> None:
    answers = Answers(
        directories_made=[{"steps": ["create"], "notes": ["a note"]}],
        directories_removed=[{"steps": ["delete"], "notes": [], "directories": []}, {"item": "s2", "unreachable": True}],
        cleanup={"steps": ["2 key lines deleted"], "notes": ["they stay"]},
    )
    long = "x" * 400
    assert lines(check_mode, answers=answers, steps=[long], left_alone=["a -> b::c"], cautions=["beware"]) == [
        f"{word}create", f"{word}{long}", f"{word}2 key lines deleted", f"{word}delete", "not declared, left alone: a -> b::c", "WARNING: beware",
        "a note", "they stay",
    ]  # fmt: skip


def test_what_gluster_leaves_behind() -> None:
    answers = Answers(sessions=[{"leftovers": ["/var/lib/x"], "primary_volume": "a", "secondary_user": "root", "secondary_host": "b",
                                 "secondary_volume": "c", "after": {"state": "absent"}}])  # fmt: skip
    assert lines(answers=answers) == lines(True, answers=answers) == ["left: /var/lib/x"]


DIRECTORY = {"secondary_host": "dr1", "directory": "/srv/dr"}


def test_volumes_over_directories_that_no_node_removed() -> None:
    gone = Answers(directories_removed=[{"steps": [], "notes": [], "directories": []}])
    assert [line.partition(".")[0] for line in lines(answers=gone, obsolete_directories=[DIRECTORY])] == ["dr1 is not in geo_replication_secondary_hosts"]
    down = Answers(directories_removed=[{"item": "s1", "unreachable": True}])
    (line,) = lines(answers=down, obsolete_directories=[DIRECTORY])
    assert line.startswith("Could not reach s1.") and "/srv/dr" in line
    done = Answers(directories_removed=[{"steps": [], "notes": [], "directories": [DIRECTORY]}, {"item": "s2", "unreachable": True}])
    assert lines(answers=done, obsolete_directories=[DIRECTORY]) == []


def test_mappings_that_were_not_removed() -> None:
    mapping = [{"secondary_user": "geo", "secondary_volumes": ["a-dr", "b-dr"]}]
    commands = "gluster-mountbroker remove --volume a-dr --user geo; gluster-mountbroker remove --volume b-dr --user geo; systemctl restart glusterd"
    (line,) = lines(answers=Answers(mappings_removed={"unreached": ["s1"], "notes": []}), obsolete_mappings=mapping)
    assert line.startswith("Could not reach s1.") and line.endswith(commands)
    (line,) = lines(answers=Answers(mappings_removed={"unrestarted": ["s1"], "notes": []}), obsolete_mappings=mapping)
    assert line.startswith("glusterd on s1 still uses mountbroker settings")
    (line,) = lines(settings={"secondary_hosts": []}, obsolete_mappings=mapping)
    assert commands in line and line.endswith("If nothing else on these nodes uses geo, delete the account, too: userdel --remove geo")
    stays = {"primary_volume": "x", "secondary_host": "dr1", "secondary_volume": "c-dr", "secondary_user": "geo"}
    (line,) = lines(settings={"secondary_hosts": []}, obsolete_mappings=mapping, remaining=[stays])
    assert line.endswith(commands), "a session still logs in to the account"


def test_what_is_left_is_told_in_full() -> None:
    answers = Answers(cleanup={"left": ["clients of a-dr may only read it"]}, mappings_removed={"left": ["the account geo"]})
    assert lines(answers=answers) == ["left: clients of a-dr may only read it", "left: the account geo"]


@pytest.mark.parametrize(
    ("prove", "check_mode", "begins"),
    [(True, True, "would do: test with a few files"), (True, False, None), (False, False, NOT_TESTED), (False, True, NOT_TESTED)],
)
def test_sessions_that_are_owed_a_proof(prove: bool, check_mode: bool, begins: str | None) -> None:
    found = lines(check_mode, {"prove": prove}, to_prove=[{"primary_volume": "projects"}] * 2)
    assert [line.startswith(begins or "") and line.count("projects") for line in found] == ([1] if begins else [])


def test_sessions_of_one_volume_are_named_whole() -> None:
    one = {"primary_volume": "projects", "secondary_host": "dr1", "secondary_volume": "a", "secondary_user": "root"}
    two, three = {**one, "secondary_host": "dr2", "secondary_user": "geo"}, {**one, "primary_volume": "homes"}
    (line,) = lines(True, to_prove=[one, two, three])
    assert line.endswith("really reaches the secondary: projects -> dr1::a, projects -> geo@dr2::a, homes")
    (line,) = lines(True, to_prove=[one], remaining=[two, one])
    assert line.endswith("really reaches the secondary: projects -> dr1::a"), "which of them"
    (line,) = lines(True, to_prove=[one], remaining=[one, three])
    assert line.endswith("really reaches the secondary: projects")


def test_a_site_that_ansible_does_not_manage() -> None:
    own = {"secondary_hosts": []}
    protect = [{"volumes": ["a-dr", "b-dr"]}]
    assert lines(to_protect=protect) == []
    (line,) = lines(settings=own, to_protect=protect)
    assert line == (
        "Clients can write to a-dr, b-dr on the secondary site. Files that clients write there can disturb replication. To make the volumes read-only, run "
        "on the secondary site: gluster volume set a-dr features.read-only on; gluster volume set b-dr features.read-only on"
    )
    (line,) = lines(settings=own, to_protect=protect, push_pem=True, targets=[{"secondary_host": "dr1"}])
    assert line.startswith("root of the first primary node can now log in on dr1")


def test_what_else_people_must_know() -> None:
    assert lines(settings={"sessions": []}) == ["geo_replication_sessions is empty: nothing is declared."]
    (line,) = lines(settings={"primary_hosts": ["p1"]}, targets=[{"secondary_host": "dr1"}])
    assert line.startswith("Only 1 of 2 primary nodes are in this play")
    assert lines(settings={"primary_hosts": ["p1"]}) == []
