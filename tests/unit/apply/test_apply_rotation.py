# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New keys in place of old ones, step by step and killed between any two of them."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import shutil
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import key_work, keys, rotation
from ansible_collections.glusterops.georep.plugins.module_utils._host import logins
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import client, key_pairs, key_record
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples

OLD = [samples.gsyncd_line(1), samples.tar_line(1)]
OTHER = [samples.gsyncd_line(2), samples.tar_line(2)]
GSYNCD_SAYS = (1, "", "invoking echo in restricted SSH session is not allowed\n")
TAR_SAYS = (0, "tar (GNU tar) 1.34\n", "")
DAY = 86400


class Node:
    """One primary node: its files, and a ssh-keygen and ssh that know what they are asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "geo-replication"
        self.folder.mkdir()
        (folder / "vols/projects").mkdir(parents=True)
        (folder / "vols/projects/info").write_text("volume-id=11111111-2222-4333-8444-555555555555\n")
        self.numbers = itertools.count(50)
        self.ways_work = True
        self.says: tuple[int, str, str] | None = None
        for name, line in zip(("secret.pem", "tar_ssh.pem"), OLD):
            self.put(name, " ".join(line.split()[-3:]))
            os.utime(self.folder / name, (1000 * DAY, 1000 * DAY))
        (self.folder / "common_secret.pem.pub").write_text("".join(f"{line}\n" for line in OLD + OTHER))
        self.commands: list[list[str]] = []

    def put(self, name: str, public: str) -> None:
        """A pair whose private half names its public one."""
        (self.folder / name).write_text(f"PRIVATE {public}\n")
        (self.folder / f"{name}.pub").write_text(public + "\n")

    def run(self, argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        self.commands.append(list(argv))
        if argv[:2] == ["ssh-keygen", "-q"]:
            key = samples.public(next(self.numbers), comment=argv[argv.index("-C") + 1])
            path = Path(argv[-1])
            self.put(path.name, key.line())
            return 0, "", ""
        if argv[:2] == ["ssh-keygen", "-y"]:
            return 0, Path(argv[-1]).read_text().replace("PRIVATE ", ""), ""
        assert argv[0] == "ssh", argv
        if not self.ways_work:
            return 255, "", "root@dr1: Permission denied (publickey).\n"
        if self.says is not None:
            return self.says
        return GSYNCD_SAYS if "secret.pem" in argv[argv.index("-i") + 1] else TAR_SAYS

    def step(self, name: str, check: bool = False, **more: t.Any) -> keys.KeysReport:
        report = keys.KeysReport()
        ctx = key_work.Context(run=self.run, node="primary1", check_mode=check, georep_dir=str(self.folder))
        none = dict.fromkeys(("public_keys", "replaced_keys", "known_hosts", "max_age", "rotate_before", "obstacles"))
        site = {"secondary_host": "dr1", "secondary_user": "root", "ssh_port": 22, "secondary_nodes": None}
        given = {"step": name, "known_hosts_file": str(self.folder / "known_hosts"), "secondaries": [site], "timeout": 10}
        rotation.rotate(rotation.read_request({**none, **given, **more}, time.time()), ctx, report)
        return report

    def prepare(self, check: bool = False, **more: t.Any) -> dict[str, t.Any]:
        found = self.step("prepare", check, public_keys=OLD + OTHER, **{"max_age": 30, **more}).rotation
        assert found is not None
        return found

    def files(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in sorted(self.folder.iterdir())}

    def in_use(self) -> list[str]:
        """The private keys by the public key that they belong to; each is whole at every moment."""
        return [(self.folder / name).read_text().split()[2] for name in ("secret.pem", "tar_ssh.pem")]

    def halves_match(self) -> bool:
        """ssh refuses to log in with a pair of which they do not; one without a public half it asks for that."""
        pairs = [(self.folder / name, self.folder / f"{name}.pub") for name in ("secret.pem", "tar_ssh.pem")]
        return all(not public.exists() or private.read_text() == f"PRIVATE {public.read_text()}" for private, public in pairs)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def blobs(lines: t.Iterable[str]) -> list[str]:
    return [line.split()[-2] for line in lines]


def through(node: Node, prepared: dict[str, t.Any]) -> None:
    given = {"public_keys": prepared["new_lines"], "replaced_keys": prepared["old_lines"]}
    node.step("switch", **given)
    node.step("finish", **given)


def test_from_old_to_new(node: Node) -> None:
    before = node.files()
    dry = node.prepare(check=True)
    assert dry["due"] and dry["new_lines"] == [] and node.files() == before
    first = node.prepare()
    # Killed here and run again: the very same keys go on.
    again = node.step("prepare", public_keys=OLD + OTHER)
    assert again.rotation is not None and not again.changed
    assert (again.rotation["old_lines"], again.rotation["new_lines"]) == (first["old_lines"], first["new_lines"])
    assert first["old_lines"] == OLD and not set(blobs(first["new_lines"])) & set(blobs(OLD))
    assert first["new_lines"][0].startswith(f'command="{samples.GSYNCD}"  ssh-ed25519 ') and first["new_lines"][0].endswith(" root@primary1")
    assert node.in_use() == blobs(OLD)

    given = {"public_keys": first["new_lines"], "replaced_keys": first["old_lines"]}
    before = node.files()
    assert node.step("switch", check=True, **given).changed and node.files() == before
    switched = node.step("switch", **given)
    assert switched.changed and len(switched.probes) == 2 and all(one["ok"] for one in switched.probes)
    assert node.in_use() == blobs(first["new_lines"])
    assert sorted((node.folder / "common_secret.pem.pub").read_text().splitlines()) == sorted(OTHER + first["new_lines"])
    record = key_record.read(str(node.folder))
    assert record is not None and set(first["new_lines"]) <= set(record.lines)
    assert not node.step("switch", **given).changed

    assert node.step("finish", **given).changed
    assert not [name for name in node.files() if "previous" in name or "next" in name]
    assert not node.step("finish", **given).changed
    assert not node.prepare()["due"], "new keys are not due"


@pytest.mark.parametrize(
    ("more", "due"),
    [
        ({}, True),
        ({"max_age": None}, False),
        ({"max_age": 99999}, False),
        ({"max_age": None, "rotate_before": "1972-09-26T00:00:00Z"}, False),
        ({"max_age": None, "rotate_before": "1972-09-28 00:00:00"}, True),
    ],
)
def test_when_keys_are_due(node: Node, more: dict[str, t.Any], due: bool) -> None:
    before = node.files()
    prepared = node.prepare(**more)
    assert prepared["due"] is due and prepared["made"] == "1972-09-27T00:00:00Z"
    assert (node.files() == before) is not due


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"max_age": 0}, "every run"),
        ({"max_age": None, "rotate_before": "yesterday"}, "is not a time"),
        ({"max_age": None, "rotate_before": "2999-01-01T00:00:00Z"}, "is in the future"),
    ],
)
def test_rules_that_would_never_be_content(node: Node, more: dict[str, t.Any], words: str) -> None:
    before = node.files()
    with pytest.raises(errors.InvalidInput, match=words):
        node.prepare(**more)
    assert node.files() == before


def test_without_keys_there_is_nothing_to_rotate(node: Node) -> None:
    (node.folder / "tar_ssh.pem").unlink()
    with pytest.raises(errors.PreconditionFailed, match=r"no geo-replication key tar_ssh\.pem"):
        node.prepare()


def test_keys_that_do_not_work_stay_aside(node: Node) -> None:
    prepared = node.prepare()
    before = node.files()
    node.ways_work = False
    with pytest.raises(errors.TrustFailed, match=r"secret\.pem\.next") as caught:
        node.step("switch", public_keys=prepared["new_lines"], replaced_keys=prepared["old_lines"])
    assert node.files() == before and "the current keys stay in use" in caught.value.message
    node.ways_work = True
    through(node, node.prepare(max_age=None))
    assert node.in_use() == blobs(prepared["new_lines"])


def test_the_old_key_does_not_speak_for_the_new_one(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ssh_config names the key in use, so ssh can log in whatever the next key does."""
    prepared = node.prepare()
    config = tmp_path / "ssh_config"
    config.write_text(f"Host dr*\n  IdentityFile {node.folder}/secret.pem\n")
    monkeypatch.setattr(client, "files", lambda: [(str(config), str(tmp_path))])
    keys_told = "".join(f"debug1: Offering public key: {node.folder}/secret.pem{end} ED25519 SHA256:x explicit\n" for end in (".next", ""))
    said = f"{keys_told}debug1: Server accepts key: {node.folder}/secret.pem ED25519 SHA256:x explicit\nAuthenticated to dr1 ([192.0.2.21]:22)"
    node.says = (1, "", f"{said} using \"publickey\".\n{GSYNCD_SAYS[2]}")
    before = node.files()
    with pytest.raises(errors.TrustFailed, match=r"dr1 refuses the key secret\.pem\.next") as caught:
        node.step("switch", public_keys=prepared["new_lines"], replaced_keys=prepared["old_lines"])
    assert node.files() == before and f"IdentityFile {node.folder}/secret.pem ({config} line 2)" in caught.value.message


def test_what_a_secondary_node_knows_is_the_error(node: Node) -> None:
    prepared = node.prepare()
    node.ways_work = False
    known = [{"secondary_node": "dr1", "secondary_user": "root", "obstacles": ["PermitRootLogin is no."]}]
    with pytest.raises(errors.TrustFailed, match="PermitRootLogin is no") as caught:
        node.step("switch", public_keys=prepared["new_lines"], replaced_keys=prepared["old_lines"], obstacles=known)
    assert "authorized_keys" not in caught.value.message


def test_b03_from_where_a_node_connects_is_told_with_keys_that_are_due(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "routes", lambda hosts: dict.fromkeys(hosts, ("192.0.2.11", "192.0.2.21")))
    way = {"user": "root", "address": "192.0.2.11", "local_address": "192.0.2.21", "port": 22}
    assert node.step("prepare", True, public_keys=OLD + OTHER, max_age=30).as_result()["logins"] == [way]
    assert node.step("prepare", public_keys=OLD + OTHER).as_result()["logins"] == []


def test_no_session_is_left_behind(node: Node, tmp_path: Path) -> None:
    prepared = node.prepare()
    info = tmp_path / "vols/projects/info"
    uuid = "11111111-2222-4333-8444-555555555555"
    info.write_text(info.read_text() + f"secondary1={uuid}:ssh://geo@east1::projects-dr:{uuid}\n")
    before = node.files()
    with pytest.raises(errors.InvalidInput, match=r"must list the host of every session.* Missing: projects -> geo@east1::projects-dr"):
        node.step("switch", public_keys=prepared["new_lines"], replaced_keys=prepared["old_lines"])
    assert node.files() == before


class Killed(BaseException):
    """SIGKILL, for once in a test."""


def count_of(monkeypatch: pytest.MonkeyPatch, node: Node, limit: int) -> None:
    """Let the process die before the given change of a file."""
    done = itertools.count()
    for name in ("replace", "link", "unlink"):
        real = getattr(os, name)

        def wrapped(*args: t.Any, _real: t.Callable[..., t.Any] = real, **more: t.Any) -> t.Any:
            assert node.halves_match(), sorted(node.files())
            if next(done) == limit:
                raise Killed
            return _real(*args, **more)

        monkeypatch.setattr(os, name, wrapped)


@pytest.mark.parametrize("limit", range(26))
def test_a_run_that_is_killed_anywhere_is_finished_by_the_next_one(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """At no moment does the node use a key that is not accepted, and none that is in use is ever taken away."""
    accepted = set(blobs(OLD))
    killed = False

    def once() -> None:
        prepared = node.prepare()
        if not prepared["due"]:
            return
        accepted.update(blobs(prepared["new_lines"]))
        given = {"public_keys": prepared["new_lines"], "replaced_keys": prepared["old_lines"]}
        node.step("switch", **given)
        accepted.difference_update(blobs(prepared["old_lines"]))
        assert set(node.in_use()) <= accepted
        node.step("finish", **given)

    with monkeypatch.context() as patch:
        count_of(patch, node, limit)
        try:
            once()
        except Killed:
            killed = True
    assert set(node.in_use()) <= accepted, "a key in use is not accepted"
    assert node.halves_match(), sorted(node.files())
    once()
    assert set(node.in_use()) == accepted and not accepted & set(blobs(OLD))
    assert [(node.folder / f"{name}.pub").read_text().split()[1] for name in ("secret.pem", "tar_ssh.pem")] == node.in_use()
    left = [name for name in node.files() if any(word in name for word in ("next", "previous"))]
    assert left == [], left
    assert not node.prepare()["due"]
    assert killed or limit > 17, "the limits reach the end"
    shutil.rmtree(tmp_path / "vols")


def test_a_public_half_without_its_private_one_is_not_put_in_place(node: Node) -> None:
    """A run was killed while it made the next pair, and the next run does not ask for new keys."""
    (node.folder / "secret.pem.next.pub").write_text(samples.public(70).line() + "\n")
    node.step("switch", public_keys=OLD + OTHER)
    assert node.halves_match() and node.in_use() == blobs(OLD)


def test_sessions_are_restarted_one_after_the_other(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was stopped for it is started again by the next run, whoever killed this one."""
    from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Cluster, Session
    from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
    from ansible_collections.glusterops.georep.plugins.module_utils._model.states import State

    ids = {name: SessionId(name, "dr1", f"{name}-dr") for name in ("busy", "sick", "paused", "idle")}
    states = dict(zip(ids, (State.ACTIVE, State.FAULTY, State.PAUSED, State.STOPPED)))
    done: list[str] = []
    deadly: list[str] = ["busy started"]

    def gather(*_args: t.Any, **_more: t.Any) -> Cluster:
        return Cluster([Session(one, None, states[name], [], []) for name, one in ids.items()], {}, [])

    def converge(_cli: t.Any, _run: t.Any, wanted: t.Any, settings: t.Any) -> None:
        name, state = wanted[0].id.primary_volume, wanted[0].state
        if f"{name} {state}" in deadly:
            deadly.clear()
            raise errors.StateNotReached("killed")
        done.append(f"{name} {state}" + ("" if settings.wait else " without waiting"))
        states[name] = State.STOPPED if state == "stopped" else State.ACTIVE

    monkeypatch.setattr(rotation, "gather", gather)
    monkeypatch.setattr(rotation.session, "converge", converge)
    assert node.step("reconnect", check=True).changed and done == []
    with pytest.raises(errors.StateNotReached):
        node.step("reconnect")
    assert json.loads((node.folder / rotation.MARKER).read_text())["restarting"] == [str(ids["busy"]), str(ids["sick"])]
    report = node.step("reconnect")
    assert done == ["busy stopped", "busy stopped", "busy started", "sick stopped", "sick started without waiting"]
    assert states["idle"] is State.STOPPED and states["paused"] is State.PAUSED
    assert any("These sessions stay paused" in note and "paused -> dr1::paused-dr" in note for note in report.notes)
    assert not (node.folder / rotation.MARKER).exists()


def test_half_a_pair_of_a_killed_run_goes_where_no_rotation_goes_on(node: Node) -> None:
    """A next key that is whole is kept for the prepared, whoever goes on with it; one that may just be made is left alone."""
    not_due = {"max_age": None, "rotate_before": "1972-01-01T00:00:00Z"}
    halves = ("secret.pem.making", "secret.pem.making.pub", "tar_ssh.pem.next.pub")
    now = os.stat(node.folder).st_mtime
    for age, gone in ((key_pairs.MAKING_TIMEOUT, False), (key_pairs.MAKING_TIMEOUT + 60, True)):
        for name in halves:
            (node.folder / name).touch()
            os.utime(node.folder / name, (now - age, now - age))
        before = node.files()
        node.prepare(check=True, **not_due)
        assert node.files() == before
        assert not node.prepare(**not_due)["due"]
        assert set(before) - set(node.files()) == (set(halves) if gone else set())
    (node.folder / "distributed_keys.json.georep-0123456789ab").touch()
    (node.folder / "known_hosts.georep-0123456789ab").touch()
    node.prepare(check=True)
    assert {name for name in node.files() if ".georep-" in name} != set()
    node.prepare()
    kept = {name for name in node.files() if ".next" in name}
    assert not any(".georep-" in name for name in node.files()) and len(kept) == 4
    for name in kept:
        os.utime(node.folder / name, (1000, 1000))
    node.prepare(**not_due)
    assert {name for name in node.files() if ".next" in name} == kept


def test_keys_are_not_made_anew_while_two_sessions_share_a_directory(node: Node) -> None:
    """Sessions are restarted in the end, and restarting one of these would stop the other."""
    vols = node.folder.parent / "vols"
    for volume, target in (("a", "dr1::dr1_v"), ("a_dr1", "dr1::v")):
        (vols / volume).mkdir()
        (vols / volume / "info").write_text(f"secondary1=11111111-2222-4333-8444-555555555555:ssh://{target}\n")
    before = node.files()
    assert node.prepare(max_age=100000)["due"] is False
    for check in (True, False):
        with pytest.raises(errors.PreconditionFailed, match=r"a_dr1_dr1_v with a_dr1 -> dr1::v.* one gsyncd.conf") as caught:
            node.prepare(check)
        assert "gluster volume geo-replication a_dr1 dr1::v stop force" in (caught.value.remedy or "")
    assert node.files() == before


def test_one_step_at_a_time(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module whose controller was killed goes on: the next run's waits for it, and makes no keys of its own meanwhile."""
    held = os.open(node.folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    begun = node.files()
    later = threading.Thread(target=node.prepare)
    later.start()
    later.join(0.5)
    assert later.is_alive() and node.files() == begun and node.commands == []
    os.close(held)
    later.join(30)
    assert not later.is_alive() and len([name for name in node.files() if ".next" in name]) == 4

    held = os.open(node.folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    monkeypatch.setattr(rotation, "ALONE_SECONDS", 0.1)
    with pytest.raises(errors.PreconditionFailed, match="Another run has been replacing the geo-replication keys of primary1"):
        node.prepare()
    os.close(held)
