# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_directories
short_description: Name the declared directories whose volumes are not as they are to be
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Compares sessions that are declared with a directory as their destination with what
    M(glusterops.georep.gluster_georep_info) read of the secondary hosts. Changes nothing.
options:
  _input:
    description: Declared sessions, in the shape of the input of the role P(glusterops.georep.geo_replication#role).
    type: list
    elements: dict
    required: true
  info:
    description: Result of M(glusterops.georep.gluster_georep_info), asked with O(glusterops.georep.gluster_georep_info#module:secondary_hosts).
    type: dict
    required: true
  read_only:
    description: Whether their volumes are to be read-only for clients.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: What would have to be made
  ansible.builtin.debug:
    msg: "{{ (geo_replication_sessions | glusterops.georep.georep_directories(georep_info)).present }}"
"""

RETURN = r"""
_value:
  description: Two lists, each as O(glusterops.georep.gluster_georep_directory#module:directories) takes it.
  type: dict
  contains:
    present:
      description: Directories whose volumes are to be made, started, or made read-only.
      type: list
      elements: dict
    absent:
      description: Directories whose volumes are to go, where they are ours.
      type: list
      elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._operate.declared import directories_to_do


def georep_directories(declared: t.Any, info: t.Mapping[str, t.Any], read_only: bool = True) -> dict[str, t.Any]:
    try:
        return directories_to_do(declared, info, read_only)
    except InvalidInput as exc:
        raise AnsibleFilterError(f"{exc} {exc.remedy}") from exc


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_directories": georep_directories}
