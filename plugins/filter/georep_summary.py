# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_summary
short_description: Show geo-replication sessions as a table
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - One line a session (state, workers, crawl, last synced), and one for each worker that is Faulty or missing.
options:
  _input:
    description: The value RV(glusterops.georep.gluster_georep_info#module:status).
    type: list
    elements: dict
    required: true
  made:
    description: The value RV(glusterops.georep.gluster_georep_session#module:sessions) of what was done since.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Show the sessions
  ansible.builtin.debug:
    msg: "{{ georep_info.status | glusterops.georep.georep_summary }}"
"""

RETURN = r"""
_value:
  description: The lines of the table.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._georep.summary import summary_lines


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_summary": summary_lines}
