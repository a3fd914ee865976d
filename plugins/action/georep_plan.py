# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results of the hosts in, one plan out, or one clean error. Runs nothing on any host; documented in plugins/modules/georep_plan.py."""

from __future__ import annotations

import time
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import GeorepError
from ansible_collections.glusterops.georep.plugins.module_utils._plan import (
    asking,
    given,
    proving,
    rotation,
    run,
    steps,
    waiting,
    withdraw,
)
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import KEEP, UNDECLARED
from ansible_collections.glusterops.georep.plugins.plugin_utils._results import (
    RESULT,
    RESULTS,
    WORDS,
    nodes_of,
    turns_of,
)
from ansible_collections.glusterops.georep.plugins.plugin_utils._written import load_yaml

Args = t.Mapping[str, t.Any]
Spec = t.Dict[str, t.Dict[str, t.Any]]

HOSTS: dict[str, t.Any] = dict(type="list", elements="str", required=True)
GIVEN: dict[str, t.Any] = dict(type="dict", required=True)

#: Types of the variables of the role that its tasks use besides the plan.
TYPES: dict[str, dict[str, t.Any]] = {
    "names": WORDS, "lines": WORDS, "truth": dict(type="bool"), "number": dict(type="int"), "text": dict(type="str"), "choice": dict(type="str"),
    "chosen": dict(type="raw"),
}  # fmt: skip
USED = (
    "secondary_hosts", "prove", "prove_timeout", "restart_stalled", "mountbroker_root", "mountbroker_group", "make_accounts", "install_packages",
    "wait_timeout", "lock_timeout", "known_hosts_file", "known_hosts", "trust_on_first_use", "bootstrap_user", "bootstrap_private_key_file",
    "prove_compare", "prove_send_again", "prove_first_copies", "prove_sessions",
)  # fmt: skip

#: The options of each stage; besides them there is no other.
SPECS: dict[str, Spec] = {
    "options": {**{name: TYPES[given.ROLE[name].kind] for name in USED}, "login_given": dict(type="bool", default=False)},
    "declaration": dict(
        sessions=dict(type="raw", required=True),
        undeclared=dict(type="str", choices=list(UNDECLARED), default=KEEP),
        primary_hosts=HOSTS,
        secondary_hosts=WORDS,
        login=dict(type="bool", default=False),
        preflight=dict(type="bool", default=True),
        fix_known_faults=dict(type="bool", default=False),
        sync_method=dict(type="str", choices=["auto", "rsync", "tarssh"], default="auto"),
        pin_rsync=dict(type="bool", default=False),
        prove=dict(type="bool", default=True),
        install_packages=dict(type="bool", default=True),
        secondary_read_only=dict(type="bool", default=True),
        known_hosts_file=dict(type="str"),
        known_hosts=WORDS,
        trust_on_first_use=dict(type="bool", default=False),
        push_pem=dict(type="bool", default=False),
        hosts_before=WORDS,
    ),
    "plan": dict(
        declared=GIVEN,
        info=RESULT,
        nodes=RESULTS,
        node_files=RESULTS,
        versions=dict(type="dict"),
        directories=RESULTS,
        remedied=dict(type="bool", default=False),
    ),
    "versions": dict(answers=RESULTS),
    "mountbroker": dict(
        plan=GIVEN,
        state=dict(type="str", choices=["present", "absent"], required=True),
        answers=RESULTS,
    ),
    "access": dict(declared=GIVEN, plan=GIVEN, answers=RESULTS),
    "authorization": dict(plan=GIVEN, generated=GIVEN, mapping=RESULT),
    "trust": dict(plan=GIVEN, known_hosts=WORDS, generated=RESULT, answers=RESULTS),
    "complete": dict(plan=GIVEN, info=RESULT),
    "agreement": dict(plan=GIVEN, answers=RESULTS),
    "package": dict(
        package=dict(type="str", required=True),
        need=dict(type="str", required=True),
        install_packages=dict(type="bool", default=True),
    ),
    "pinned": dict(plan=GIVEN, answers=RESULTS),
    "glusterd": dict(host=dict(type="str", required=True), answers=RESULTS, restarted=dict(type="bool", default=False)),
    "unproved": dict(plan=GIVEN),
    "cleanup": dict(
        declared=GIVEN,
        primary_hosts=HOSTS,
        plan=GIVEN,
        own_keys=RESULTS,
        answers=RESULTS,
        departed=RESULTS,
        logged_in=RESULT,
    ),
    "proof_lines": dict(proof=GIVEN),
    "proofs": dict(proof=GIVEN, earlier=dict(type="dict"), pending_fails=dict(type="bool", default=False)),
    "restarts": dict(earlier=GIVEN, answers=RESULTS),
    "rotation": dict(
        info=GIVEN,
        primary_hosts=HOSTS,
        secondary_hosts=WORDS,
        login=dict(type="bool", default=False),
    ),
    "next_keys": dict(plan=GIVEN, answers=RESULTS, reconnected=RESULT),
    "gate": dict(hosts=dict(type="raw"), primary_hosts=HOSTS, inventory=HOSTS, sessions=dict(type="raw")),
    "gate_host": dict(gate=GIVEN, answers=RESULTS),
    "verdict": dict(
        gate=GIVEN,
        answers=RESULTS,
        info=GIVEN,
        sessions=dict(type="raw"),
        rpo=dict(type="raw"),
        otherwise_rpo=dict(type="raw"),
        accept=WORDS,
        failures_known=dict(type="int", default=0),
    ),
    "status": dict(sessions=dict(type="raw")),
    "status_read": dict(hosts=dict(type="raw"), nodes=RESULTS, answers=RESULTS, sessions=dict(type="raw"), rpo=dict(type="raw")),
    "checkpointed": dict(chosen=dict(type="raw"), sessions=dict(type="raw"), accept=WORDS),
    "exist": dict(chosen=dict(type="raw"), info=GIVEN),
    "drift": dict(drift=GIVEN, fail=dict(type="bool", default=False)),
    "through": dict(chosen=dict(type="raw"), answers=RESULTS, all=dict(type="bool", default=True)),
    "waiting": dict(timeout=dict(type="int", required=True), since=dict(type="float")),
}


def _settings(declared: Args) -> run.Settings:
    return run.Settings(**declared["settings"])


def _plan(args: Args, check_mode: bool) -> dict[str, t.Any]:
    nodes = nodes_of(args["nodes"], time.time())
    # The node that was looked at first has read the sites meanwhile, unless they were read apart.
    read: dict[str, t.Any] = next((node["info"] for node in nodes if node.get("info")), {})
    info = read if not args["info"] or args["info"].get("skipped") else args["info"]
    found = run.Found.from_results(
        info, nodes, turns_of(args["node_files"]), args["versions"], turns_of(args["directories"]) or None, args["remedied"],
    )  # fmt: skip
    return run.plan_run(_settings(args["declared"]), found, check_mode)


def _cleanup(args: Args, check_mode: bool) -> dict[str, t.Any]:
    settings, plan = _settings(args["declared"]), args["plan"]
    found = withdraw.plan_cleanup(
        plan, turns_of(args["own_keys"]), turns_of(args["answers"]), turns_of(args["departed"]),
        managed=settings.managed, login=settings.login, known_hosts=settings.known_hosts,
        unreached=args["logged_in"].get("unreached", ()), share=run.share_out(settings.secondary_hosts, args["primary_hosts"]),
    )  # fmt: skip
    # The node that logged in has predicted its change already.
    return {**found, "announced": settings.primary_hosts[:1] if check_mode and args["logged_in"].get("changed") else []}


def _agreement(args: Args, check_mode: bool) -> dict[str, t.Any]:
    steps.check_agreement(args["plan"], args["answers"])
    return {}


def _complete(args: Args, check_mode: bool) -> dict[str, t.Any]:
    run.check_complete(args["plan"], args["info"])
    return {}


def _access(args: Args, check_mode: bool) -> dict[str, t.Any]:
    steps.check_access(_settings(args["declared"]), args["plan"]["targets"], args["answers"])
    return {}


def _package(args: Args, check_mode: bool) -> dict[str, t.Any]:
    steps.check_may_install(args["need"], args["package"], args["install_packages"], check_mode)
    return {}


def _glusterd(args: Args, check_mode: bool) -> dict[str, t.Any]:
    for answer in args["answers"]:
        steps.check_rejoined(args["host"], answer, args["restarted"])
    return {}


def _unproved(args: Args, check_mode: bool) -> dict[str, t.Any]:
    steps.check_unproved(args["plan"])
    return {}


def _options(args: Args, check_mode: bool) -> dict[str, t.Any]:
    # All sessions are meant where none is named.
    found = {name: args[name] for name in USED if (name, args[name]) != ("prove_sessions", given.ROLE["prove_sessions"].default)}
    return {**found, "login": args["login_given"] or bool(args["bootstrap_private_key_file"])}


def _verdict(args: Args, check_mode: bool) -> dict[str, t.Any]:
    # Only this stage needs the rooms that show something.
    from ansible_collections.glusterops.georep.plugins.module_utils._model.durations import seconds_from
    from ansible_collections.glusterops.georep.plugins.module_utils._show import gate
    from ansible_collections.glusterops.georep.plugins.plugin_utils._report import report

    hosts, sessions, info = args["gate"]["hosts"], args["gate"]["sessions"], args["info"]
    if "status" not in info:
        return gate.unread(asking.asked_first(hosts, args["answers"]), info)
    option = "gate_rpo" if args["rpo"] else "geo_replication_rpo"
    rpo = seconds_from(option, args["rpo"] or args["otherwise_rpo"])
    accept, failures = gate.consents_from("gate_accept", args["accept"]), gate.failures_from("gate_failures_known", args["failures_known"])
    found = report(info, asking.told(args["answers"]), args["sessions"] or (), sessions or None, rpo, drift=False)
    return gate.judgement(found, accept, failures)


def _status_read(args: Args, check_mode: bool) -> dict[str, t.Any]:
    from ansible_collections.glusterops.georep.plugins.plugin_utils._report import report

    info, nodes = asking.read_by(args["hosts"], args["nodes"], args["answers"]), asking.told(args["nodes"])
    found = report(info, nodes, args["sessions"] or (), rpo=args["rpo"])
    return {"info": info, "nodes": nodes, "asks_versions": asking.asks_versions(found)}


def _exist(args: Args, check_mode: bool) -> dict[str, t.Any]:
    asking.check_exist(args["chosen"], args["info"])
    return {}


def _drift(args: Args, check_mode: bool) -> dict[str, t.Any]:
    return {"lines": steps.judge_drift(args["drift"], args["fail"])}


def _through(args: Args, check_mode: bool) -> dict[str, t.Any]:
    stop = asking.through(args["chosen"], args["answers"], args["all"])
    return {"stop": stop, "any": bool(stop)}


def _mountbroker(args: Args, check_mode: bool) -> dict[str, t.Any]:
    share = {host: own["secondary_hosts"] for host, own in args["plan"]["share"].items()}
    return steps.plan_restarts(turns_of(args["answers"]), args["state"], share)


#: The stages that take variables of the role as people write them.
WRITTEN = ("declaration", "options")

#: What each stage does with its options.
STAGES: dict[str, t.Callable[[Args, bool], dict[str, t.Any]]] = {
    "options": _options,
    "plan": _plan,
    "versions": lambda args, check_mode: {"versions": steps.versions_of(args["answers"])},
    "mountbroker": _mountbroker,
    "access": _access,
    "authorization": lambda args, check_mode: steps.plan_authorization(
        args["plan"], args["generated"], args["mapping"].get("unmade", {}), check_mode
    ),
    "trust": lambda args, check_mode: steps.plan_verification(
        args["plan"], args["known_hosts"], args["generated"], turns_of(args["answers"]), check_mode
    ),
    "complete": _complete,
    "agreement": _agreement,
    "package": _package,
    "pinned": lambda args, check_mode: steps.plan_pinned(args["plan"], turns_of(args["answers"])),
    "glusterd": _glusterd,
    "unproved": _unproved,
    "cleanup": _cleanup,
    "proof_lines": lambda args, check_mode: {"lines": proving.proof_lines(args["proof"])},
    "proofs": lambda args, check_mode: proving.judge_proofs(
        args["proof"], args["earlier"], pending_fails=args["pending_fails"], check_mode=check_mode
    ),
    "restarts": lambda args, check_mode: {"report_stalled": proving.may_stall_again(args["earlier"], turns_of(args["answers"]))},
    "rotation": lambda args, check_mode: rotation.plan_rotation(
        args["info"], args["primary_hosts"], args["secondary_hosts"], args["login"]
    ),
    "next_keys": lambda args, check_mode: rotation.plan_next_keys(args["plan"], args["answers"], check_mode, args["reconnected"]),
    "gate": lambda args, check_mode: {
        "hosts": asking.hosts_of(args["hosts"], args["primary_hosts"], args["inventory"], load_yaml),
        "sessions": asking.names_of_sessions(args["sessions"], load_yaml, "gate_sessions"),
    },
    "gate_host": lambda args, check_mode: {"host": asking.asked_first(args["gate"]["hosts"], args["answers"])},
    "verdict": _verdict,
    "status": lambda args, check_mode: asking.asks_of(args["sessions"], load_yaml),
    "status_read": _status_read,
    "checkpointed": lambda args, check_mode: asking.choose(args["chosen"], args["sessions"], args["accept"], load_yaml),
    "exist": _exist,
    "drift": _drift,
    "through": _through,
    "waiting": lambda args, check_mode: waiting.plan_wait(args["timeout"], time.time(), args["since"]),
}


class ActionModule(ActionBase):
    """Plans on the controller."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def _strategy(self) -> str:
        """How the hosts of the play go through its tasks. No variable says it."""
        strategy = getattr(self._task.get_play(), "strategy", None)
        return strategy if isinstance(strategy, str) else ""

    @staticmethod
    def _hosts_before(task_vars: Args, batch: t.Sequence[str]) -> list[str]:
        """Hosts of earlier batches of the play that have used the role: a play in random order gives no order to go by."""
        known = task_vars.get("hostvars", {})
        found = run.hosts_before(list(task_vars.get("ansible_play_hosts", ())), batch)
        return found if all("__geo_replication_plan" in known[host] for host in found) else []

    def _declared_for(self, host: str, task_vars: Args, args: dict[str, t.Any]) -> dict[str, t.Any]:
        """What is declared for the host of the play, or else for the primary host: a play on other hosts does not see its group's variables.

        What is there and cannot be made out is an error: as if undeclared it would be let pass.
        """
        known = task_vars["hostvars"][host]
        wanted = {"sessions": "geo_replication_sessions", "otherwise_rpo": "geo_replication_rpo"}
        # Older releases leave a template that is not made out as it is.
        found = {name: self._templar.template(known[own]) for name, own in wanted.items() if not args[name] and own in known}
        return {**args, **found}

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        stage = self._task.args.get("stage")
        spec: Spec = {"stage": dict(type="str", choices=sorted(SPECS), required=True), **SPECS.get(str(stage), {})}
        check_mode = bool(self._task.check_mode)
        try:
            if stage in WRITTEN:
                run.check_strategy(self._strategy(), (task_vars or {}).get("ansible_play_batch", ()))
                given.check_variables(task_vars or {})
                nothing = dict.fromkeys(USED) if stage == "options" else {}
                self._task.args = given.read({**nothing, **self._task.args}, load_yaml)
            _validation, args = self.validate_argument_spec(spec)
            if stage == "declaration":
                args["hosts_before"] = args["hosts_before"] or self._hosts_before(task_vars or {}, args["primary_hosts"])
                settings = run.Settings(**{name: args[name] for name in run.Settings._fields})
                groups = (task_vars or {})["groups"]
                found = run.declare(settings, groups["all"], groups)
            else:
                if stage == "verdict":
                    args = self._declared_for(asking.asked_first(args["gate"]["hosts"], args["answers"]), task_vars or {}, args)
                found = STAGES[str(stage)](args, check_mode)
        except GeorepError as exc:
            return {**result, **exc.as_result(), "failed": True, "changed": False}
        return {**result, **found, "changed": False}
