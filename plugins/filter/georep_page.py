# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_page
short_description: Show a geo-replication report as one HTML page
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Renders one self-contained page that loads and runs nothing. It works on screens of any width, with a keyboard and a screen reader, and
    has a light and a dark theme.
options:
  _input:
    description: Result of P(glusterops.georep.georep_report#filter).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Write the page
  ansible.builtin.copy:
    content: "{{ georep_info | glusterops.georep.georep_report | glusterops.georep.georep_page }}"
    dest: /srv/www/georep.html
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The HTML document.
  type: str
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._show.page import page


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_page": page}
