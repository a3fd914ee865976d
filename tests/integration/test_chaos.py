# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules on real clusters while answers of the real gluster command are cut, garbled, late, missing or far too long.

tests/unit/chaos.py says what is done to answers, and judges; a copy of it comes before gluster in PATH. Both primary nodes run their
share of the rounds in one process each, which forks a module's run for each round. ``script/chaos ROUNDS [SEED]`` plays more of them.
"""

from __future__ import annotations

import concurrent.futures
import importlib.util
import io
import json
import os
import random
import time
import typing as t
import zipfile
from pathlib import Path

import ansible
import pytest
from lab import ROOT, Lab, Node, Session

_spec = importlib.util.spec_from_file_location("georep_chaos", ROOT / "tests" / "unit" / "chaos.py")
assert _spec and _spec.loader
chaos = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(chaos)

ROUNDS = int(os.environ.get("GEOREP_CHAOS_ROUNDS", "24"))
SEED = os.environ.get("GEOREP_CHAOS_SEED") or str(time.time_ns() % 100_000)
PLACE = "/root/it-chaos"
#: One that hangs would need the minutes that a call of gluster has.
MISHAPS = tuple(name for name in chaos.MISHAPS if name != "hangs")

# Runs modules one after the other, each in a fork of this process; a line of JSON for each.
_DRIVER = r"""
import importlib, json, os, signal, sys, time
sys.path.insert(0, "/root/it-chaos/all.zip")
from ansible.module_utils import basic
order = json.loads(sys.stdin.read())
for name in {one["module"] for one in order}:
    importlib.import_module("ansible_collections.glusterops.georep.plugins.modules." + name)

def left():
    places = [f"/{folder}/{name}" for folder in ("run", "tmp") for name in os.listdir("/" + folder) if name.startswith("georep-")]
    found = [f"/var/lib/glusterd/geo-replication/{name}" for name in os.listdir("/var/lib/glusterd/geo-replication") if ".georep-" in name]
    with open("/proc/mounts") as file:
        return places + found + [line.split()[1] for line in file if " /run/georep-" in line]

before = set(left())
for number, one in enumerate(order):
    log, out = f"/root/it-chaos/{number}.log", f"/root/it-chaos/{number}.out"
    open(log, "w").close()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.environ.update(PATH="/root/it-chaos/bin:" + os.environ["PATH"], GEOREP_CHAOS=json.dumps({**one["chaos"], "log": log}))
        os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(1, 2)
        basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = json.dumps({"ANSIBLE_MODULE_ARGS": one["args"]}).encode(), "legacy"
        try:
            sys.modules["ansible_collections.glusterops.georep.plugins.modules." + one["module"]].main()
        except SystemExit as ended:
            sys.stdout.flush()
            os._exit(ended.code or 0)
        os._exit(99)
    os.waitpid(pid, 0)
    living = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                stat = file.read()
        except OSError:
            continue
        # Each command has a session of its own, and the first process for its parent once the module has ended.
        state, parent, _group, session = stat.rpartition(")")[2].split()[:4]
        if state != "Z" and (session == str(pid) or (parent == "1" and "(gluster)" in stat)):
            living.append(stat[:60])
    with open(out) as file, open(log) as calls:
        print(json.dumps({"said": file.read(), "calls": [json.loads(line) for line in calls], "left": sorted(set(left()) - before) + living}), flush=True)
    os.unlink(log), os.unlink(out)
"""


def everything() -> bytes:
    """The modules, and what of Ansible they import, as one archive."""
    archive = io.BytesIO()
    core = Path(ansible.__file__).parent
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("ansible/__init__.py", "")
        packed.write(core / "release.py", "ansible/release.py")
        for path in (core / "module_utils").rglob("*.py"):
            packed.write(path, f"ansible/{path.relative_to(core)}")
        base = "ansible_collections/glusterops/georep/plugins"
        folders = [base.rsplit("/", depth)[0] if depth else base for depth in range(4)]
        for folder in (*folders, f"{base}/modules"):
            packed.writestr(f"{folder}/__init__.py", "")
        packed.writestr(f"{base}/module_utils/__init__.py", "")
        for path in [*(ROOT / "plugins" / "module_utils").rglob("*.py"), *(ROOT / "plugins" / "modules").glob("gluster_*.py")]:
            packed.write(path, f"{base}/{path.relative_to(ROOT / 'plugins')}")
    return archive.getvalue()


class Played(t.NamedTuple):
    result: dict[str, t.Any]
    kinds: list[str]
    did: list[str]
    left: list[str]


def play(node: Node, runs: t.Sequence[dict[str, t.Any]]) -> list[Played]:
    told = node.sh(f"python3 {PLACE}/driver.py", stdin=json.dumps(runs).encode(), timeout=60 + 60 * len(runs))
    found = []
    for run, line in zip(runs, told.splitlines(), strict=True):
        entry = json.loads(line)
        try:
            result = json.loads(entry["said"])
        except ValueError:
            result = {"failed": True, "msg": f"Traceback: no result, but {entry['said'][-1500:]}"}
        changes = [call for call in entry["calls"] if call["kind"] not in chaos.READS]
        # What died before it was sent may be sent once more.
        sent = [call for call in changes if not (call["garbled"] and run["chaos"]["garble"] == "never")]
        did = [" ".join(call["argv"][call["argv"].index("--") + 1 :]) for call in sent]
        found.append(Played(result, [call["kind"] for call in entry["calls"]], did, entry["left"]))
    return found


@pytest.fixture(scope="module")
def chaotic(lab: Lab, make_pair: t.Callable[..., Session]) -> t.Iterator[Session]:
    session = make_pair("chaos")
    lab.bring(session, "started")
    lab.reach(session)
    everywhere = everything()
    for node in lab.primaries:
        node.sh(f"mkdir -p {PLACE}/bin")
        node.sh(f"cat > {PLACE}/all.zip", stdin=everywhere)
        node.write(f"{PLACE}/driver.py", _DRIVER)
        program = "#!/usr/bin/python3\n" + (ROOT / "tests" / "unit" / "chaos.py").read_text(encoding="utf-8")
        node.write(f"{PLACE}/bin/gluster", program, "0755")
    yield session
    for node in lab.primaries:
        node.sh(f"rm -rf {PLACE}")


def scenes(session: Session) -> list[dict[str, t.Any]]:
    """Runs that have nothing to do, and check runs: so a garbled answer must not have them do anything either."""
    own, patience = session.args(), {"lock_timeout": 2}
    found: list[tuple[str, dict[str, t.Any], bool]] = [
        ("gluster_georep_info", {"all_secondaries": True, **patience}, False),
        ("gluster_georep_session", {**own, "config": {"sync-method": "tarssh"}, **patience}, False),
        ("gluster_georep_session", {**own, "state": "absent", **patience}, True),
        ("gluster_georep_session", {**own, "state": "stopped", "config": {"sync-jobs": 7}, **patience}, True),
        ("gluster_georep_config", {**own, "config": {"sync-method": "tarssh"}, **patience}, False),
        ("gluster_georep_secondary", {"volumes": [session.primary], "read_only": False, **patience}, False),
        ("gluster_georep_checkpoint", {**own, "state": "absent", **patience}, False),
        ("gluster_georep_proof", {"sessions": [own], **patience}, True),
        ("gluster_georep_preflight_info", {"site": "primary", **patience}, False),
    ]
    return [{"module": module, "args": {**args, "_ansible_check_mode": check}} for module, args, check in found]


def disturbed(scene: t.Mapping[str, t.Any], **order: t.Any) -> dict[str, t.Any]:
    return {**scene, "chaos": {"real": "/usr/sbin/gluster", "kind": "", "from": 0, "always": False, "garble": "", "seed": "", **order}}


def test_garbled_answers_are_told_apart_from_absence(lab: Lab, chaotic: Session, capsys: pytest.CaptureFixture[str]) -> None:
    whole = scenes(chaotic)
    before = lab.raw_state()
    quiet = play(lab.p1, [disturbed(scene) for scene in whole])
    for scene, played in zip(whole, quiet):
        assert not played.result.get("failed") and played.did == [] and played.left == [], (scene, played)
    drawn = []
    for number in range(ROUNDS):
        seed = f"{SEED} {number}"
        rng = random.Random(seed)
        place = number % len(whole)
        kind, first, always, garble = chaos.drawn(rng, quiet[place].kinds, MISHAPS)
        drawn.append((place, disturbed(whole[place], kind=kind, always=always, garble=garble, seed=seed, **{"from": first})))
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        halves = [pool.submit(play, node, [run for _place, run in drawn[index::2]]) for index, node in enumerate(lab.primaries)]
        told = [half.result() for half in halves]
    bad = []
    for number, (place, run) in enumerate(drawn):
        loud = told[number % 2][number // 2]
        wrong = chaos.problems((quiet[place].result, quiet[place].did), (loud.result, loud.did), loud.left)
        if wrong:
            shown = {name: str(value)[:1500] for name, value in loud.result.items() if name in ("msg", "error", "exception", "stdout")}
            bad.append(f"{run['module']} {run['args']}: {run['chaos']}: {'; '.join(wrong)}\n    {shown}")
    with capsys.disabled():
        print(f"\nseed {SEED}: {ROUNDS - len(bad)} of {ROUNDS} garbled answers in {time.monotonic() - began:.0f} s")
    assert not bad, "\n".join(bad)
    assert lab.raw_state() == before


@pytest.mark.parametrize("garble", ["cut", "silent", "alien", "cut_and_killed", "never"])
def test_a_change_whose_answer_is_garbled(lab: Lab, chaotic: Session, garble: str) -> None:
    """What became of it is read, and a change that was made is not made again."""
    state = "paused" if lab.raw_is(chaotic, "started") else "started"
    verb = "pause" if state == "paused" else "resume"
    # What was never sent is waited for all the same: shorter than this test waits.
    args = {**chaotic.args(), "state": state, "lock_timeout": 5, "wait_timeout": 30}
    order = {"kind": verb, "garble": garble, "seed": f"{SEED} {garble}"}
    (played,) = play(lab.p1, [disturbed({"module": "gluster_georep_session", "args": args}, **order)])
    sent = [f"volume geo-replication {chaotic.primary} {chaotic.target} {verb}"]
    told = {"failed": True, "msg": "It was done after all.", **played.result}
    assert chaos.problems(({}, sent), ({**told, "failed": True}, played.did), played.left) == [], played
    lab.bring(chaotic, state)
