# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_verdict
short_description: Say what the known faults of all nodes mean for geo-replication between them
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Weighs the results of M(glusterops.georep.gluster_georep_preflight) of the nodes of both sites. Changes nothing.
options:
  _input:
    description: Results of M(glusterops.georep.gluster_georep_preflight), one a node.
    type: list
    elements: dict
    required: true
  fix:
    description: Whether gsyncd's sources may be mended, with M(glusterops.georep.gluster_georep_remedy).
    type: bool
    default: false
  doing:
    description:
      - What is about to be done, V(changes) or V(keys). Faults whose C(stops) is one of these are then among RV(_value.stops), and
        otherwise among RV(_value.notes).
    type: list
    elements: str
    default: []
  account_nodes:
    description: By account, the UUIDs of the nodes that keys are brought to. By default all.
    type: dict
"""

EXAMPLES = r"""
- name: Stop where geo-replication cannot work
  ansible.builtin.assert:
    that: (georep_nodes | glusterops.georep.georep_verdict).stops | length == 0
    fail_msg: "{{ (georep_nodes | glusterops.georep.georep_verdict).stops }}"
"""

RETURN = r"""
_value:
  description: The verdict.
  type: dict
  contains:
    stops:
      description: What makes geo-replication impossible, node by node, with causes and remedies; empty where nothing does.
      type: str
    mend:
      description: The faults for O(glusterops.georep.gluster_georep_remedy#module:faults).
      type: list
      elements: str
    notes:
      description: What people should know besides.
      type: list
      elements: str
    pin:
      description: Inventory hosts, as C(item) of the results, on which another version of rsync is all that rsync needs.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._operate.verdict import judge


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_verdict": lambda nodes, fix=False, doing=(), account_nodes=None: judge(nodes, fix, doing, account_nodes)}
