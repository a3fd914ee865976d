# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_known_hosts
short_description: Build known_hosts lines from host keys read on the nodes themselves
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Gives every name under which primary nodes reach a secondary node the host keys of that node, so that nothing has to
    be trusted on first use.
options:
  _input:
    description: The V(host_names) of P(glusterops.georep.georep_plan#filter).
    type: dict
    required: true
  results:
    description: Results of M(glusterops.georep.gluster_ssh_trust) with O(glusterops.georep.gluster_ssh_trust#module:delivery=local).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Lines for the collection's own known_hosts file
  ansible.builtin.set_fact:
    lines: "{{ georep_plan.host_names | glusterops.georep.georep_known_hosts(georep_far.results) }}"
"""

RETURN = r"""
_value:
  description: Lines of the form C(name type key).
  type: list
  elements: str
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._operate.declared import known_hosts_lines


def georep_known_hosts(host_names: t.Mapping[str, t.Any], results: t.Sequence[t.Mapping[str, t.Any]]) -> list[str]:
    keys = {result["node_uuid"]: result["host_keys"] for result in results if result.get("node_uuid")}
    return known_hosts_lines(host_names, keys)


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_known_hosts": georep_known_hosts}
