# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_problem
short_description: Say what is wrong with declared geo-replication sessions
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Checks what P(glusterops.georep.georep_declared#filter) and P(glusterops.georep.georep_plan#filter) check, and returns
    the message instead of failing, so that a playbook can show it without the surroundings of a failed template.
options:
  _input:
    description: Declared sessions, in the shape of the input of the role P(glusterops.georep.geo_replication#role).
    type: list
    elements: dict
    required: true
  info:
    description:
      - Result of M(glusterops.georep.gluster_georep_info), asked with O(glusterops.georep.gluster_georep_info#module:secondary_hosts).
      - Without it, only what needs no cluster is checked.
    type: dict
  undeclared:
    description: What is to become of sessions that are not declared.
    type: str
    choices: [keep, stop, absent]
    default: keep
  sync_method:
    description: As O(glusterops.georep.georep_plan#filter:sync_method).
    type: str
    choices: [auto, rsync, tarssh]
  nodes:
    description: As O(glusterops.georep.georep_plan#filter:nodes).
    type: list
    elements: dict
    default: []
  pin_rsync:
    description: As O(glusterops.georep.georep_plan#filter:pin_rsync).
    type: bool
    default: false
  versions:
    description:
      - Versions of GlusterFS by the secondary node that has it, where O(nodes) does not tell them. GlusterFS 9 and 10 are refused
        in either direction.
    type: dict
  releases_only:
    description: Whether to compare the releases of both sites, and leave the rest of O(info) to another time.
    type: bool
    default: false
  hosts:
    description:
      - Inventory hosts of the secondary clusters, and glusterd's UUID of each; empty where it could not be read.
      - Where given, one of them must be a node of the cluster that a session goes to.
    type: dict
"""

EXAMPLES = r"""
- name: Check the declaration before anything is read
  ansible.builtin.assert:
    that: problem | length == 0
    fail_msg: "{{ problem }}"
  vars:
    problem: "{{ geo_replication_sessions | glusterops.georep.georep_problem }}"
"""

RETURN = r"""
_value:
  description: The option at fault, its value and the remedy. Empty when nothing is wrong.
  type: str
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._operate.declared import (
    check_releases,
    check_undeclared,
    complete_declared,
    plan_declared,
)


def georep_problem(
    declared: t.Any,
    info: t.Mapping[str, t.Any] | None = None,
    undeclared: str = "keep",
    versions: t.Mapping[str, str] | None = None,
    releases_only: bool = False,
    hosts: t.Mapping[str, str | None] | None = None,
    **known: t.Any,
) -> str:
    try:
        if info is None:
            complete_declared(declared)
            check_undeclared(declared, undeclared)
        else:
            check_releases(declared, info["version"], known.get("nodes", ()), versions, info.get("secondaries", ()), hosts)
            if not releases_only:
                plan_declared(declared, info, managed=hosts, **known)
    except InvalidInput as exc:
        return f"{exc} {exc.remedy}"
    return ""


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_problem": georep_problem}
