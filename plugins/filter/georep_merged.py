# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_merged
short_description: Put what each node knows of its own workers to the status of all sessions
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Why a worker is Faulty stands in the log of its own node, and what waits for it in the journal of its own brick. The module
    M(glusterops.georep.gluster_georep_info) reads both on the node that it runs on, and with
    O(glusterops.georep.gluster_georep_info#module:local_only) on any other, without a call of gluster.
  - This filter brings them together, and judges lag and health anew.
options:
  _input:
    description: The value RV(glusterops.georep.gluster_georep_info#module:status).
    type: list
    elements: dict
    required: true
  results:
    description: >-
      Results of M(glusterops.georep.gluster_georep_info) of the nodes. Those without RV(glusterops.georep.gluster_georep_info#module:local) are left out.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Read all sessions on the first node, and on every node what it knows of its own workers
  glusterops.georep.gluster_georep_info:
    local_only: "{{ inventory_hostname != ansible_play_hosts | first }}"
  register: georep

- name: Bring it together
  ansible.builtin.set_fact:
    sessions: "{{ georep.status | glusterops.georep.georep_merged(ansible_play_hosts | map('extract', hostvars, 'georep') | list) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The sessions, in the shape of the input.
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._operate.merge import merge


def georep_merged(
    status: t.Sequence[t.Mapping[str, t.Any]], results: t.Sequence[t.Mapping[str, t.Any]]
) -> list[dict[str, t.Any]]:
    return merge(status, [result.get("local") for result in results])


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_merged": georep_merged}
