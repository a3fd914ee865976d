# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_gate
short_description: Decide whether a cluster's sessions are healthy enough to go on
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Decides whether the sessions are healthy enough for an upgrade, a reboot or a change of bricks.
  - The role P(glusterops.georep.gate#role) fails with these lines.
options:
  _input:
    description: Result of P(glusterops.georep.georep_report#filter).
    type: dict
    required: true
  accept:
    description:
      - Reasons to ignore, by name. Use any C(id) of a problem, such as V(failures), or V(created), V(stopped) and V(paused) for sessions in
        that state.
    type: list
    elements: str
    default: []
  failures_known:
    description:
      - How many V(failures) of a session to ignore. GlusterFS does not lower their count until the session is deleted.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Fail unless all sessions are healthy
  ansible.builtin.assert:
    that: georep_judged.passed
    fail_msg: "{{ georep_judged.message }}"
  vars:
    georep_judged: "{{ georep_info | glusterops.georep.georep_report(rpo='15m') | glusterops.georep.georep_gate }}"
"""

RETURN = r"""
_value:
  description: The decision.
  type: dict
  contains:
    passed:
      description: Whether no reason was found.
      type: bool
    reasons:
      description: One line for each reason, with session, node, brick, what is wrong and what helps.
      type: list
      elements: str
    message:
      description: All reasons as one text.
      type: str
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._show.gate import (
    consents_from,
    failures_from,
    judgement,
)
from ansible_collections.glusterops.georep.plugins.plugin_utils._written import as_filter_error


def georep_gate(report: t.Mapping[str, t.Any], accept: t.Sequence[str] | str = (), failures_known: int | str = 0) -> dict[str, t.Any]:
    with as_filter_error():
        return judgement(report, consents_from("accept", accept), failures_from("failures_known", failures_known))


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_gate": georep_gate}
