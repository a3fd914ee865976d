# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What gluster_georep_proof makes of proofs: which are failures, and what is handed on."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply.proof import Proof, ProofSettings
from ansible_collections.glusterops.georep.plugins.module_utils._apply.workers import StalledWorker, check_workers
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.modules import gluster_georep_proof
from ansible_collections.glusterops.georep.tests.unit.support import FakeRun, Result, run_module

ID = SessionId("projects", "secondary1", "projects-dr")
WORKER = StalledWorker(ID, "primary2", "uuid", "/bricks/a2", 1795336696)
GOOD = Proof(ID, True, "arrived", 1.0, 1.0, [], 0, ["f"])
BAD = Proof(ID._replace(primary_volume="bad"), False, "does not deliver", None, None, [], 0, [])
PENDING = Proof(ID._replace(primary_volume="late"), False, "at its first copy", None, None, [], 0, [], pending=True)
STALLED = Proof(ID._replace(primary_volume="wide"), False, "has stalled", None, None, [], 0, [], stalled=[WORKER])


def run(monkeypatch: pytest.MonkeyPatch, *proofs: Proof, check_mode: bool = False, **params: t.Any) -> tuple[Result, ProofSettings]:
    asked: list[ProofSettings] = []

    def prove(_cli: t.Any, _run: t.Any, _wanted: t.Any, settings: ProofSettings) -> list[Proof]:
        asked.append(settings)
        return list(proofs)

    monkeypatch.setattr(gluster_georep_proof, "prove", prove)
    with FakeRun() as fake:
        result = run_module(gluster_georep_proof, params, check_mode=check_mode, run=fake)
    return result, asked[0]


def test_workers_that_have_stalled_are_handed_on_and_are_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    result, asked = run(monkeypatch, GOOD, STALLED, restart_stalled=True, report_stalled=True)
    assert not result.failed and not result.changed and asked.restart_stalled and asked.report_stalled
    assert [proof["stalled"] for proof in result["proofs"]] == [[], [WORKER.as_dict()]]
    assert check_workers(result["proofs"][1]["stalled"]) == [WORKER], "as gluster_georep_worker takes them"


@pytest.mark.parametrize(
    ("proofs", "told"),
    [((GOOD,), None), ((PENDING, GOOD), None), ((GOOD, BAD), "does not deliver"), ((BAD, STALLED, PENDING), "does not deliver")],
)
def test_which_are_failures(monkeypatch: pytest.MonkeyPatch, proofs: tuple[Proof, ...], told: str | None) -> None:
    result, asked = run(monkeypatch, *proofs)
    assert result.failed is (told is not None) and result.get("msg") == told
    assert [proof["session"] for proof in result["proofs"]] == [str(proof.session) for proof in proofs]
    assert not asked.report_stalled and not asked.restart_stalled


def test_a_check_run_fails_for_nothing_that_it_did_not_try(monkeypatch: pytest.MonkeyPatch) -> None:
    result, asked = run(monkeypatch, BAD, check_mode=True)
    assert not result.failed and asked.check_mode


def test_a_restart_is_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _asked = run(monkeypatch, GOOD._replace(restarts=1))
    assert result.changed
