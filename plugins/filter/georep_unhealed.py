# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_unhealed
short_description: Which nodes still have other options of a session than planned
version_added: 0.1.0
description:
  - Holds what P(glusterops.georep.georep_plan#filter) wanted to be the same on all nodes against what they have after the run.
author:
  - GlusterOps contributors (@glusterops)
positional: nodes
options:
  _input:
    description: RV(glusterops.georep.georep_plan#filter:_value) of the plan, its C(heals).
    type: list
    elements: dict
    required: true
  nodes:
    description: Results of M(glusterops.georep.gluster_georep_preflight) of the primary nodes, after the run.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: See that all nodes agree
  ansible.builtin.assert:
    that: plan.heals | glusterops.georep.georep_unhealed(nodes) | length == 0
"""

RETURN = r"""
_value:
  description: One sentence for each option and node that differ still; empty where all agree.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._operate.declared import unhealed


def georep_unhealed(heals: t.Any, nodes: t.Any) -> list[str]:
    return unhealed(heals, nodes)


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_unhealed": georep_unhealed}
