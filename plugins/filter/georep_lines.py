# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_lines
short_description: Show a geo-replication report in a terminal
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - A table where it fits, else a few short lines a session. Below it what is wrong, where, and what helps.
options:
  _input:
    description: What P(glusterops.georep.georep_report#filter) returned.
    type: dict
    required: true
  width:
    description: Columns there are. 69 is what Ansible's own indentation leaves of 80.
    type: int
    default: 69
"""

EXAMPLES = r"""
- name: Show the sessions
  ansible.builtin.debug:
    msg: "{{ georep_info | glusterops.georep.georep_report | glusterops.georep.georep_lines(width=140) }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._georep.lines import report_lines


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_lines": report_lines}
