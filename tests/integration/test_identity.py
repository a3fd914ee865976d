# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One session by many names: known by the UUID of its secondary volume, taken as it is, and never made twice."""

from __future__ import annotations

import typing as t

import pytest
from lab import GEOREP, Lab, Session, config_reads, mutating, status_calls
from test_role import mutations

from playbooks import Playbooks

MODULE = "gluster_georep_session"
TAR = {"sync-method": "tarssh"}
ALIASES = ("dr-alias", "dr-alias.example.org")


@pytest.fixture(scope="module")
def session(make_pair: t.Callable[..., Session]) -> Session:
    return make_pair("identity")


@pytest.fixture(scope="module")
def names(lab: Lab) -> t.Iterator[list[str]]:
    """Everything that secondary1 is called on the primary nodes besides its own name."""
    for node in lab.nodes.values():
        node.sh(f"cp -p /etc/hosts /root/it-hosts; echo '{lab.s1.address} {' '.join(ALIASES)}' >> /etc/hosts")
    yield [*ALIASES, lab.s1.address]
    for node in lab.nodes.values():
        # Not mv: podman may have mounted the file.
        node.sh("cat /root/it-hosts > /etc/hosts; rm /root/it-hosts")


@pytest.fixture
def by_hand(lab: Lab, session: Session) -> t.Iterator[Session]:
    """The session as somebody has made it before us, by the address of the host."""
    lab.bring(session, "absent")
    made = Session(session.primary, session.secondary, lab.s1.address)
    lab.bring(made, "created")
    yield made
    lab.forget(made)


@pytest.fixture(scope="module")
def site(lab: Lab, names: list[str], tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Playbooks]:
    saved = {node.name: node.read(f"{GEOREP}/known_hosts") for node in lab.primaries}
    yield Playbooks(lab, tmp_path_factory.mktemp("identity"))
    for node in lab.primaries:
        node.write(f"{GEOREP}/known_hosts", saved[node.name])


def only_one(lab: Lab, session: Session) -> None:
    """gluster's own files know the session once, under the name that it was made by."""
    for node in lab.primaries:
        lines = [line for line in node.read(f"/var/lib/glusterd/vols/{session.primary}/info").splitlines() if "ssh://" in line]
        assert len(lines) == 1 and f"ssh://{session.target}:" in lines[0], lines
        assert node.sh(f"ls -d {GEOREP}/{session.primary}_*").split() == [session.directory]


def test_by_every_name_of_the_host(lab: Lab, session: Session, names: list[str]) -> None:
    """Alias, FQDN, address, another node of the same cluster; with and without the user that is meant anyway."""
    lab.bring(session, "created")
    for name in [*names, "secondary2"]:
        args = {**session.args(state="present", config=TAR, secondary_user="root"), "secondary_host": name}
        result = lab.run_module(MODULE, args)
        assert result["changed"] is False and mutating(result) == [], result
        assert len(status_calls(result)) == 1 and len(config_reads(result)) == 1
        (entry,) = result["sessions"]
        assert entry["secondary_host"] == "secondary1" and "is the session that gluster knows as" in entry["notes"][0]
    args = {**session.args(state="present", config={**TAR, "sync-jobs": 6}), "secondary_host": names[0]}
    lab.four_steps(MODULE, args)
    lab.four_steps("gluster_georep_config", {**session.args(config={"sync-jobs": 5}), "secondary_host": names[1]})
    assert lab.raw_option(session, "sync-jobs", lab.p2) == "5"
    # To be rid of it, its own name is needed.
    for result in lab.play([lab.task(MODULE, {**session.args(state="absent"), "secondary_host": name}) for name in names]):
        assert result.get("changed") is False and mutating(result) == [], result
    assert lab.raw_is(session, "created")
    only_one(lab, session)


def test_one_that_was_made_by_hand_is_taken_as_it_is(lab: Lab, session: Session, by_hand: Session, site: Playbooks) -> None:
    declared = [session.args(config={**TAR, "sync-jobs": 4})]
    check = site.done(declared, "--check")
    run = site.done(declared)
    assert check.changed == run.changed != [] and check.lines("would do: ") == run.lines("done: ")
    assert not any(": create" in line for line in run.lines("done: ")), run.summary
    assert any("is the session that gluster knows as" in line and lab.s1.address in line for line in run.summary), run.summary
    assert lab.raw_is(by_hand, "started") and lab.raw_option(by_hand, "sync-jobs") == "4"
    only_one(lab, by_hand)
    # Its host keys are there by the very name that gluster uses.
    assert f"\n{lab.s1.address} " in "\n" + lab.p1.read(f"{GEOREP}/known_hosts")
    for again in (site.done(declared, "--check"), site.done(declared)):
        assert again.changed == [] and mutations(again) == [] and not again.walks
        assert again.asked == []

    # Two names of one session in one declaration.
    twice = site.managed([*declared, {**declared[0], "secondary_host": ALIASES[0]}])
    assert any("geo_replication_sessions[1]" in text and "by another name" in text for text in twice.failures), twice.failures
    # To be rid of it, its own name is needed.
    other = site.done([session.args(state="absent")])
    assert other.changed == [] and any("was not deleted" in line for line in other.summary), other.summary
    assert lab.raw_is(by_hand, "started")
    gone = site.done([by_hand.args(state="absent")])
    assert gone.changed and lab.raw_is(by_hand, "absent")


def test_by_an_alias_at_a_site_that_ansible_does_not_manage(lab: Lab, session: Session, names: list[str], site: Playbooks) -> None:
    # The last session before took them along.
    lab.distribute_keys()
    lab.bring(session, "created")
    declared = [{**session.args(state="present", config=TAR), "secondary_host": names[0]}]
    first = site.run(geo_replication_sessions=declared, geo_replication_trust_on_first_use=True)
    assert first.rc == 0 and not first.failures and first.walks, (first.failures, first.text[-1500:])
    assert any("is the session that gluster knows as" in line and "secondary1" in line for line in first.summary), first.summary
    for options in (("--check",), ()):
        again = site.run(*options, geo_replication_sessions=declared)
        assert again.rc == 0 and again.changed == [] and mutations(again) == [], (again.failures, again.changed)
        assert not again.walks
    only_one(lab, session)


def test_another_account_is_refused(lab: Lab, session: Session, names: list[str], site: Playbooks) -> None:
    lab.bring(session, "created")
    entries = [{**session.args(), "secondary_user": "geoaccount", "secondary_host": name} for name in ("secondary1", names[0], "secondary2")]
    for result in lab.refused([lab.task(MODULE, entry) for entry in entries]):
        assert result["option"] == "secondary_user" and "secondary_user: root" in result["remedy"], result
    before = lab.raw_state()
    played = site.managed([entries[1]])
    assert any("geo_replication_sessions[0].secondary_user" in text for text in played.failures), played.failures
    assert lab.raw_state() == before
    only_one(lab, session)


def test_a_secondary_of_another_session_is_not_stolen(lab: Lab, session: Session, names: list[str], site: Playbooks) -> None:
    lab.bring(session, "created")
    lab.make_volume("primary", "it-thief")
    try:
        for name in ("secondary1", names[0]):
            args = {"primary_volume": "it-thief", "secondary_host": name, "secondary_volume": session.secondary}
            (result,) = lab.refused([lab.task(MODULE, args)])
            assert f"receives another session already: {session.primary} -> {session.target}" in result["msg"]
            before = lab.raw_state()
            for declared in ([args], [session.args(config=TAR), args], [args, session.args(config=TAR)]):
                played = site.managed(declared)
                assert any(session.secondary in text and "overwrite each other" in text for text in played.failures), played.failures
            assert lab.raw_state() == before
    finally:
        lab.remove_volume("primary", "it-thief")


def test_an_entry_of_a_very_old_release(lab: Lab, session: Session, names: list[str]) -> None:
    """It lacks the UUID; the host is asked by the name that the entry has."""
    lab.bring(session, "created")
    info = f"/var/lib/glusterd/vols/{session.primary}/info"
    for node in lab.primaries:
        node.service("glusterd", "stop")
    for node in lab.primaries:
        node.sh(f"sed -Ei 's/^(secondary[0-9]=.*::[^:]+):.*$/\\1/' {info}")
    for node in lab.primaries:
        node.service("glusterd", "start")
    lab.wait_for_peers()
    assert f"::{session.secondary}\n" in lab.p1.read(info)
    result = lab.run_module(MODULE, {**session.args(state="present", config=TAR), "secondary_host": names[1]})
    assert result.get("changed") is False and result["sessions"][0]["secondary_host"] == "secondary1", result
    only = lab.p1.sh(f"ls -d {GEOREP}/{session.primary}_*").split()
    assert only == [session.directory]
