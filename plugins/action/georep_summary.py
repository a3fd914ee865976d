# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan and the results in, lines for people out. Runs nothing on any host; documented in plugins/modules/georep_summary.py."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.glusterops.georep.plugins.module_utils._show.changes import Done
from ansible_collections.glusterops.georep.plugins.module_utils._show.outcome import Answers, drift, outcome_lines
from ansible_collections.glusterops.georep.plugins.plugin_utils._results import RESULT, RESULTS, WORDS, turns_of

SPEC: dict[str, dict[str, t.Any]] = dict(
    declared=dict(type="dict", required=True),
    plan=dict(type="dict", required=True),
    sessions=RESULT,
    directories_made=RESULTS,
    directories_removed=RESULTS,
    mappings_removed=RESULT,
    cleanup=RESULT,
    hosts=WORDS,
    mappings_made=RESULT,
    installed=RESULTS,
    prepared=RESULTS,
    started=RESULTS,
    patched=RESULTS,
    authorized=RESULTS,
    opened=RESULTS,
    generated=RESULT,
    first=RESULT,
    removed=RESULT,
    departed=RESULT,
    tested=RESULTS,
    recorded=RESULTS,
    forgotten=RESULTS,
)


def done_of(args: t.Mapping[str, t.Any]) -> Done:
    """The results of the steps, each with the host that it is of: of tasks that ran once, that is the first host of the play."""
    hosts = args["hosts"]

    def once(name: str) -> dict[str, t.Any]:
        return dict(zip(hosts[:1], [args[name]]))

    def each(name: str) -> dict[str, t.Any]:
        return dict(zip(hosts, args[name]))

    return Done(
        installed=args["installed"],
        prepared=turns_of(args["prepared"]),
        started=turns_of(args["started"]),
        mappings=args["mappings_made"],
        patched=turns_of(args["patched"]),
        generated=once("generated"),
        authorized=turns_of(args["authorized"]),
        first=once("first"),
        tested=each("tested"),
        recorded=each("recorded"),
        removed=once("removed"),
        departed=once("departed"),
        forgotten=each("forgotten"),
        opened=turns_of(args["opened"]),
    )


class ActionModule(ActionBase):
    """Writes the summary on the controller."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(SPEC)
        answers = Answers(
            args["sessions"].get("sessions", ()),
            turns_of(args["directories_made"]),
            turns_of(args["directories_removed"]),
            args["mappings_removed"],
            args["cleanup"],
            done_of(args),
        )
        lines = outcome_lines(args["declared"]["settings"], args["plan"], answers, bool(self._task.check_mode))
        return {**result, "lines": lines, "drift": drift(args["plan"], answers), "changed": False}
