# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_metrics
short_description: Show a geo-replication report as Prometheus metrics
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Renders text in Prometheus' exposition format, for node_exporter's textfile collector. Alert rules are in
    C(extensions/prometheus/georep-alerts.yml) of this collection.
options:
  _input:
    description: Result of P(glusterops.georep.georep_report#filter).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the metrics
  ansible.builtin.debug:
    msg: "{{ (georep_info | glusterops.georep.georep_report | glusterops.georep.georep_metrics).splitlines() }}"
"""

RETURN = r"""
_value:
  description: The metrics.
  type: str
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._show.metrics import metrics


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_metrics": metrics}
