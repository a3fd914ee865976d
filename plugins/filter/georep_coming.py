# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_coming
short_description: Add volumes over directories that are going to be made to what was read
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Lets P(glusterops.georep.georep_plan#filter) plan sessions into volumes that M(glusterops.georep.gluster_georep_directory) is
    going to make in the same run. Changes nothing.
options:
  _input:
    description: Result of M(glusterops.georep.gluster_georep_info), asked with O(glusterops.georep.gluster_georep_info#module:secondary_hosts).
    type: dict
    required: true
  looked:
    description: Results of M(glusterops.georep.gluster_georep_directory) in check mode, from a loop over the secondary hosts.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Plan as if the volumes were there
  ansible.builtin.debug:
    msg: "{{ geo_replication_sessions | glusterops.georep.georep_plan(georep_info | glusterops.georep.georep_coming(georep_looked.results)) }}"
"""

RETURN = r"""
_value:
  description: What was read, with these volumes, and C(lacking), which has for each inventory host what it needs before it can have volumes.
  type: dict
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._operate.declared import with_coming


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_coming": with_coming}
