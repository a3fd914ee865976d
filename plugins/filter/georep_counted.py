# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_counted
short_description: Say how many sessions are declared
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - The number of sessions in words, for the name of a task. Never fails, whatever it is given.
  - Ansible evaluates names of tasks in its main process, and everything else in a process of its own for each task and host.
    What this filter loads is there for all of those, which would otherwise load it again one by one.
options:
  _input:
    description: The sessions, as role P(glusterops.georep.geo_replication#role) takes them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: "Check the declaration: {{ geo_replication_sessions | glusterops.georep.georep_counted }}"
  ansible.builtin.assert:
    that: geo_replication_sessions | glusterops.georep.georep_problem | length == 0
"""

RETURN = r"""
_value:
  description: For example C(1 session) or C(10 sessions).
  type: str
"""

import typing as t

# Not used here: what the other filters stand on.
from ansible_collections.glusterops.georep.plugins.module_utils._georep import (  # pylint: disable=unused-import # noqa: F401
    gate,
    lines,
    metrics,
    page,
)
from ansible_collections.glusterops.georep.plugins.module_utils._operate import (  # pylint: disable=unused-import # noqa: F401
    declared,
    drift,
    merge,
    verdict,
    withdraw,
)


def counted(sessions: t.Any) -> str:
    """The number of sessions in words."""
    number = len(sessions) if isinstance(sessions, (list, tuple)) else 0
    return f"{number or 'no'} session{'' if number == 1 else 's'}"


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_counted": counted}
