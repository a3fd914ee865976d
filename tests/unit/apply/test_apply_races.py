# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes that differ under a paused session, another run that works on the same session, and answers that cannot be read."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import checkpoint
from ansible_collections.glusterops.georep.plugins.module_utils._apply.secondary import set_read_only
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._model.states import State
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import (
    UUIDS,
    Session,
    World,
    document,
    refusal,
    uuid_of,
    wanted,
)

T = "secondary1::projects-dr"
P = f"projects {T}"


# --- nodes that differ under a paused session


STARTS = {"present": State.PAUSED, "paused": State.PAUSED, "started": State.ACTIVE, "stopped": State.STOPPED}


@pytest.mark.parametrize("state", STARTS)
@pytest.mark.parametrize(
    ("own", "elsewhere"),
    [
        ({"sync_jobs": "4"}, {"sync-jobs": "5"}),  # the other node has what is declared
        ({"sync_jobs": "5"}, {"sync-jobs": "4"}),  # this node has it
        ({"sync_jobs": "4"}, {"sync-jobs": "6"}),
        ({}, {"sync-jobs": "5"}),
    ],
)
def test_a_paused_session_whose_nodes_differ(world: World, state: str, own: dict[str, str], elsewhere: dict[str, str | None]) -> None:
    """gluster resumes the nodes whose value changes, and no others; pause and resume without force fail then."""
    session = world.add_session("projects", T, "Paused", "Paused", **own)
    session.elsewhere = {"primary2": elsewhere}
    (world.folder / "glusterd.info").write_text(f"UUID={UUIDS['primary1']}\n")
    nodes = [{"node": "primary2", "node_uuid": UUIDS["primary2"], "sessions": {"projects_secondary1_projects-dr": dict(elsewhere)}}]
    (check,) = world.converge(wanted(state, {"sync-jobs": "5"}), nodes=nodes, check_mode=True)
    (outcome,) = world.converge(wanted(state, {"sync-jobs": "5"}), nodes=nodes)
    assert outcome.after is not None and outcome.after.state is STARTS[state] is check.plan.after
    assert [str(step) for step in check.plan.steps] == [str(step) for step in outcome.plan.steps]
    assert session.node_value("primary1", "sync-jobs") == session.node_value("primary2", "sync-jobs") == "5"
    sent = len(world.mutations)
    (again,) = world.converge(wanted(state, {"sync-jobs": "5"}))
    assert not again.changed and len(world.mutations) == sent


@pytest.mark.parametrize("state", ["paused", "present"])
def test_an_answer_that_is_lost_after_another_node_was_set_right(world: World, state: str) -> None:
    """What stood in the other node's file was read before; what was sent since counts."""
    session = world.add_session("projects", T, "Paused", "Paused", sync_jobs="5")
    session.elsewhere = {"primary2": {"sync-jobs": "4"}}
    (world.folder / "glusterd.info").write_text(f"UUID={UUIDS['primary1']}\n")
    nodes = [{"node": "primary2", "node_uuid": UUIDS["primary2"], "sessions": {"projects_secondary1_projects-dr": {"sync-jobs": "4"}}}]
    world.afterwards["pause"] = [(-11, "", "")]
    began = world.time.now
    (outcome,) = world.converge(wanted(state, {"sync-jobs": "5"}), nodes=nodes)
    assert outcome.after is not None and outcome.after.state is State.PAUSED
    assert world.mutations == [f"{P} config sync-jobs 5", f"{P} pause force"] and world.time.now - began < 10


def test_whoever_only_sets_options_goes_on_with_nothing_else(world: World) -> None:
    """Nodes that do not know the session are told by others."""
    world.add_session("projects", T, "Active", "Passive")
    (world.folder / "glusterd.info").write_text(f"UUID={UUIDS['primary1']}\n")
    nodes = [{"node": "primary2", "node_uuid": UUIDS["primary2"], "sessions": {}}]
    world.afterwards["config"] = [(-11, "", "")]
    world.converge(wanted("present", {"sync-jobs": "5"}, port=None), may_create=False, wait=False, nodes=nodes)
    assert world.mutations == [f"{P} config sync-jobs 5"]


def test_only_its_options_are_declared(world: World) -> None:
    """As gluster_georep_config does it."""
    session = world.add_session("projects", T, "Paused", "Paused")
    session.elsewhere = {"primary2": {"sync-jobs": "5"}}
    (outcome,) = world.converge(wanted("present", {"sync-jobs": "5"}, port=None), may_create=False, wait=False)
    assert outcome.after is not None and outcome.after.state is State.PAUSED
    assert world.mutations == [f"{P} config sync-jobs 5", f"{P} pause force"]


@pytest.mark.parametrize(("state", "verb"), [("paused", "pause"), ("present", "pause"), ("started", "resume")])
def test_force_that_had_no_effect_on_a_node_is_noticed_and_sent_again(world: World, state: str, verb: str) -> None:
    """T9 of the field guide: success, whatever the node does."""
    session = world.add_session("projects", T, "Paused", "Paused")

    def half() -> tuple[int, str, str]:
        session.become(*(("Active", "Paused") if verb == "pause" else ("Active", "Stopped")))
        return document("<geoRep/>")

    world.instead[verb] = [half]
    (outcome,) = world.converge(wanted(state, {"sync-jobs": "5"}))
    assert outcome.after is not None and outcome.after.state is STARTS[state]
    assert world.mutations[:2] == [f"{P} config sync-jobs 5", f"{P} {verb} force"]
    assert f"{P} start force" in world.mutations[2:] and f"{P} {verb} force" in world.mutations[2:]


def test_what_never_has_an_effect_is_an_error_in_the_end(world: World) -> None:
    session = world.add_session("projects", T, "Paused", "Paused")

    def resumes() -> tuple[int, str, str]:
        session.own["sync-jobs"] = "5"
        session.run(lag=False)
        world.write_files()
        return document("<geoRep/>")

    world.instead["config"] = [resumes]
    world.instead["pause"] = [document("<geoRep/>")] * 20
    with pytest.raises(errors.StateNotReached, match="is active, not paused"):
        world.converge(wanted("paused", {"sync-jobs": "5"}))
    assert world.mutations.count(f"{P} pause") + world.mutations.count(f"{P} pause force") == 1 + 3


def test_half_paused_and_declared_present_goes_on_with_new_options(world: World) -> None:
    """Which of its nodes are right, nobody has said; a new option resumes those that are paused."""
    session = world.add_session("projects", T, "Active", "Paused")

    def resumes() -> tuple[int, str, str]:
        session.own["sync-jobs"] = "5"
        session.become("Active", "Passive")
        world.write_files()
        return document("<geoRep/>")

    world.instead["config"] = [resumes]
    (outcome,) = world.converge(wanted("present", {"sync-jobs": "5"}))
    assert outcome.changed and outcome.after is not None and outcome.after.state is State.ACTIVE


# --- another run


@dataclasses.dataclass
class Other:
    """Another controller: what it does right before a command of this run is carried out."""

    world: World
    before: dict[str, t.Callable[[], None]]

    def __post_init__(self) -> None:
        self.world.before_each = self

    def __call__(self, argv: t.Sequence[str]) -> None:
        # The last word of a command that only reads.
        reads = argv[-1] in ("config", "status")
        verbs = [verb for verb in self.before if "--" in argv and not reads and verb in argv[argv.index("--") + 5 :]]
        for verb in verbs:
            self.before.pop(verb)()


def late(session: Session, *words: str, after: int) -> None:
    """What the status says lags behind so many looks."""
    session.become(*words, through=[t.cast("list[str]", session.words)] * after)


@pytest.mark.parametrize("after", [1, 8])
def test_another_run_starts_it_first(world: World, after: int) -> None:
    """It may take longer than a few seconds to show: the machine that is slow is the one on which two runs meet."""
    session = world.add_session("projects", T, "Stopped")

    def start() -> tuple[int, str, str]:
        late(session, "Active", "Passive", after=after)
        return refusal(f"geo-replication session between projects & {T} already started")

    world.instead["start"] = [start]
    (outcome,) = world.converge(wanted())
    assert outcome.after is not None and outcome.after.state is State.ACTIVE
    assert world.mutations == [f"{P} start"] and "already started" in outcome.notes[0]


def test_what_another_run_has_started_is_waited_for_no_longer_than_was_asked(world: World) -> None:
    world.add_session("projects", T, "Stopped")
    world.instead["start"] = [refusal(f"geo-replication session between projects & {T} already started")]
    began = world.time.now
    with pytest.raises(errors.CommandFailed, match=r"already started. After that, the state of the session is stopped."):
        world.converge(wanted(), wait_timeout=90)
    assert 90 <= world.time.now - began < 100
    assert world.mutations == [f"{P} start"]


def test_another_run_has_started_and_paused_it(world: World) -> None:
    """gluster says "already started" of a paused session, too."""
    session = world.add_session("projects", T, "Stopped")
    Other(world, {"start": lambda: session.become("Paused")})
    (outcome,) = world.converge(wanted())
    assert outcome.after is not None and outcome.after.state is State.ACTIVE
    assert world.mutations == [f"{P} start", f"{P} resume"]


@pytest.mark.parametrize(
    ("words", "state", "verb", "there"),
    [
        (("Active", "Passive"), "paused", "pause", ("Paused",)),
        (("Paused",), "started", "resume", ("Active", "Passive")),
        (("Active", "Passive"), "stopped", "stop", ("Stopped",)),
    ],
)
def test_another_run_brings_about_the_state_first(world: World, words: tuple[str, ...], state: str, verb: str, there: tuple[str, ...]) -> None:
    session = world.add_session("projects", T, *words)
    Other(world, {verb: lambda: session.become(*there)})
    (outcome,) = world.converge(wanted(state))
    assert outcome.after is not None and outcome.after.state is {"paused": State.PAUSED, "started": State.ACTIVE, "stopped": State.STOPPED}[state]
    assert world.mutations == [f"{P} {verb}"]


def test_another_run_deletes_it_first(world: World) -> None:
    world.add_session("projects", T, "Stopped")
    Other(world, {"delete": lambda: world._delete("projects", T, []) and None})  # type: ignore[func-returns-value]
    (outcome,) = world.converge(wanted("absent"))
    assert outcome.after is None and world.mutations == [f"{P} delete"]
    assert "does not exist" in outcome.notes[0]


@pytest.mark.parametrize(("words", "steps"), [(("Created",), ["start"]), (("Active", "Passive"), [])])
def test_another_run_creates_it_first(world: World, words: tuple[str, ...], steps: list[str]) -> None:
    """It is not created by force over the other one's, and what is left to be done is done."""
    nodes = [{"node": "primary2", "node_uuid": UUIDS["primary2"], "sessions": {}}]
    (world.folder / "glusterd.info").write_text(f"UUID={UUIDS['primary1']}\n")
    Other(world, {"create": lambda: world.add_session("projects", T, *words) and None})  # type: ignore[func-returns-value]
    (outcome,) = world.converge(wanted("started", {"sync-jobs": "5"}), nodes=nodes)
    assert outcome.after is not None and outcome.after.state is State.ACTIVE
    assert world.mutations == [f"{P} create no-verify", f"{P} config sync-jobs 5", *(f"{P} {verb}" for verb in steps)]
    assert not any("created only in part" in note for note in outcome.notes)


def test_another_run_creates_it_for_another_volume(world: World) -> None:
    def create() -> None:
        world.add_session("projects", T, "Created").far_uuid = uuid_of("another")
        world.write_files()

    Other(world, {"create": create})
    with pytest.raises(errors.PreconditionFailed, match=r"Another run has created projects -> .* in the meantime, for a secondary volume with the UUID"):
        world.converge(wanted())
    assert world.mutations == [f"{P} create no-verify"]


def test_another_run_creates_it_with_another_account(world: World) -> None:
    def create() -> None:
        world.add_session("projects", f"geo@{T}", "Created")
        world.instead["create"] = [refusal(f"Session between projects and {T} is already created.")]

    Other(world, {"create": create})
    with pytest.raises(InvalidInput, match="is not the user of the session that exists"):
        world.converge(wanted())
    assert world.mutations == [f"{P} create no-verify"]


@pytest.mark.parametrize(
    ("words", "state", "config", "verb"),
    [
        (("Stopped",), "started", {}, "start"),
        (("Stopped",), "paused", {}, "start"),
        (("Active", "Passive"), "stopped", {}, "stop"),
        (("Active", "Passive"), "paused", {}, "pause"),
        (("Paused",), "started", {}, "resume"),
        (("Active", "Passive"), "present", {"sync-jobs": "5"}, "config"),
    ],
)
def test_another_run_deletes_what_this_one_works_on(
    world: World, words: tuple[str, ...], state: str, config: dict[str, str | None], verb: str
) -> None:
    session = world.add_session("projects", T, *words)

    def delete() -> None:
        session.become("Stopped")
        world._delete("projects", T, [])
        world.write_files()

    Other(world, {verb: delete})
    began = world.time.now
    with pytest.raises(errors.CommandFailed, match=r"does not exist.* another run or a person has deleted it"):
        world.converge(wanted(state, config), wait_timeout=600)
    assert [line.split()[2] for line in world.mutations] == [verb], "it is not made again"
    assert world.time.now - began < 30, "nobody is waited for"


def test_another_run_deletes_what_this_one_waits_for(world: World) -> None:
    session = world.add_session("projects", T, "Stopped")

    def gone() -> tuple[int, str, str]:
        session.become("Stopped")
        world._delete("projects", T, [])
        return document("<geoRep/>")

    world.instead["start"] = [gone]
    began = world.time.now
    with pytest.raises(errors.StateNotReached, match=r"is absent, not active.* has deleted the session in the meantime"):
        world.converge(wanted(), wait_timeout=600)
    assert world.time.now - began < 40


def test_another_run_starts_what_this_one_deletes(world: World) -> None:
    session = world.add_session("projects", T, "Active", "Passive")
    Other(world, {"delete": lambda: session.run(lag=False)})
    with pytest.raises(errors.CommandFailed, match=r"still active.* After that, the state of the session is active"):
        world.converge(wanted("absent"))
    assert world.mutations == [f"{P} stop", f"{P} delete"]


def test_two_runs_that_go_on_and_on_against_each_other_end(world: World) -> None:
    session = world.add_session("projects", T, "Stopped")
    real = world._start

    def toggle(volume: str, target: str, rest: list[str]) -> t.Any:
        session.become("Paused")
        return real(volume, target, rest) if rest == ["force"] else refusal("geo-replication session between a & b already started")

    world._start = toggle  # type: ignore[method-assign]
    said = "Geo-replication session between a and b is not Paused."
    world._resume = lambda _volume, _target, _rest: (session.become("Stopped"), refusal(said, 1))[1]  # type: ignore[method-assign]
    with pytest.raises(errors.CommandFailed, match=r"already started|is not Paused"):
        world.converge(wanted())
    assert len(world.mutations) < 20


# --- answers that cannot be read


BROKEN = [
    (0, "<?xml version='1.0'?><cliOutput><opRet>0</opR", ""),
    (0, "<?xml version='1.0'?><cliOutput><opErrno>0</opErrno></cliOutput>", ""),
    (0, "", ""),
    (0, "success\n", ""),
    (-11, "", ""),
    (-15, "<?xml version='1.0'?><cliO", ""),
]


@pytest.mark.parametrize("answer", BROKEN)
@pytest.mark.parametrize(
    ("words", "state", "config", "verb"),
    [
        (None, "present", {}, "create"),
        (("Stopped",), "started", {}, "start"),
        (("Active", "Passive"), "stopped", {}, "stop"),
        (("Active", "Passive"), "paused", {}, "pause"),
        (("Paused",), "started", {}, "resume"),
        (("Paused",), "paused", {"sync-jobs": "5"}, "config"),
        (("Paused",), "present", {"sync-jobs": "5"}, "pause"),
        (("Stopped",), "absent", {}, "delete"),
    ],
)
def test_an_answer_that_cannot_be_read_is_read_back(
    world: World, words: tuple[str, ...] | None, state: str, config: dict[str, str | None], verb: str, answer: tuple[int, str, str]
) -> None:
    if words:
        world.add_session("projects", T, *words)
    world.afterwards[verb] = [answer]
    (outcome,) = world.converge(wanted(state, config))
    assert len([line for line in world.mutations if line.split()[2] == verb]) == 1, "it is not sent again"
    assert outcome.plan.after is (outcome.after.state if outcome.after else State.ABSENT)
    assert any("did not say what became of it" in note for note in outcome.notes)


@pytest.mark.parametrize("answer", BROKEN)
@pytest.mark.parametrize(
    ("words", "state", "verb"),
    [(None, "present", "create"), (("Stopped",), "started", "start"), (("Active", "Passive"), "stopped", "stop"), (("Stopped",), "absent", "delete")],
)
def test_an_answer_that_cannot_be_read_and_nothing_done(
    world: World, words: tuple[str, ...] | None, state: str, verb: str, answer: tuple[int, str, str]
) -> None:
    if words:
        world.add_session("projects", T, *words)
    world.instead[verb] = [answer]
    with pytest.raises(errors.OutcomeUnknown, match=r"did not say what became of it.* After that, the state of the session is"):
        world.converge(wanted(state))
    assert [line.split()[2] for line in world.mutations] == [verb]


def test_glusterd_that_is_restarted_in_the_middle_of_a_command(world: World) -> None:
    """The CLI says the same of a glusterd that does not run as of one that ends while it works."""
    world.add_session("projects", T, "Stopped")
    gone = (1, "Connection failed. Please check if gluster daemon is operational.\n", "")
    world.afterwards["start"] = [gone]
    world.instead["status"] = [document("<geoRep/>")]
    real = world._answer
    silent = [3]

    def answer(argv: list[str]) -> t.Any:
        if world.mutations and silent[0] and "status" in argv:
            silent[0] -= 1
            return gone
        return real(argv)

    world.instead["status"] = []
    world._answer = answer  # type: ignore[method-assign]
    (outcome,) = world.converge(wanted())
    assert outcome.after is not None and outcome.after.state is State.ACTIVE and not silent[0]
    assert world.mutations == [f"{P} start"]


@pytest.mark.parametrize("answer", [*BROKEN, errors.CommandTimeout("gluster gave no answer within 300 seconds.")])
@pytest.mark.parametrize("happened", [True, False])
def test_an_answer_about_a_volume_that_cannot_be_read(world: World, answer: t.Any, happened: bool) -> None:
    (world.afterwards if happened else world.instead)["set"] = [answer]
    if happened:
        (done,) = set_read_only(world.cli(), ["projects"], True, sleep=world.time.sleep)
        assert done.after
    else:
        with pytest.raises((errors.OutcomeUnknown, errors.CommandTimeout)):
            set_read_only(world.cli(), ["projects"], True, sleep=world.time.sleep)
    assert world.mutations == ["volume set projects features.read-only on"]


@pytest.mark.parametrize("answer", BROKEN)
@pytest.mark.parametrize("happened", [True, False])
def test_an_answer_about_a_checkpoint_that_cannot_be_read(world: World, answer: t.Any, happened: bool, tmp_path: Path) -> None:
    world.add_session("projects", T, "Active", "Passive")
    (world.afterwards if happened else world.instead)["config"] = [answer]
    settings = checkpoint.CheckpointSettings(wait=False, glusterd_dir=str(tmp_path))
    ask = (world.cli(), world, [SessionId("projects", "secondary1", "projects-dr")], checkpoint.Wish(now=True), settings)
    if happened:
        assert checkpoint.set_checkpoints(*ask)[0].ok
    else:
        with pytest.raises(errors.OutcomeUnknown):
            checkpoint.set_checkpoints(*ask)
    assert len(world.mutations) == 1
