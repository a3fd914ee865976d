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
  - Renders a table if it fits the width, otherwise a few short lines for each session. Problems follow below, with their places and
    remedies.
options:
  _input:
    description: Result of P(glusterops.georep.georep_report#filter).
    type: dict
    required: true
  width:
    description: Width in columns. The default fits a terminal of 80 columns with Ansible's indentation.
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

from ansible_collections.glusterops.georep.plugins.module_utils._show.lines import report_lines


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_lines": report_lines}
