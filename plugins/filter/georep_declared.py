# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_declared
short_description: Complete and check declared geo-replication sessions
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Adds the defaults to declared sessions, and checks names, ports and options. A mistake is reported before
    the cluster is read.
options:
  _input:
    description:
      - Declared sessions, in the shape of the input of the role P(glusterops.georep.geo_replication#role), or the same as text in JSON or YAML.
    type: raw
    required: true
  names_only:
    description: Whether to return only the names that identify each session, as the option O(glusterops.georep.gluster_georep_info#module:only) takes them.
    type: bool
    default: false
  option:
    description: Name of the variable that holds the sessions, for error messages.
    type: str
    default: geo_replication_sessions
  ways:
    description:
      - Whether to return only the secondary hosts, accounts and ports of sessions that are not declared absent, each once, as the option
        O(glusterops.georep.gluster_georep_preflight_info#module:secondaries) takes them.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the secondary hosts of the declared sessions
  ansible.builtin.debug:
    msg: "{{ geo_replication_sessions | glusterops.georep.georep_declared | map(attribute='secondary_host') | unique }}"
"""

RETURN = r"""
_value:
  description: The declared sessions with all defaults. With O(names_only) or O(ways), only what that option says.
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._plan.asking import IDENTITY
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import LABEL, complete_declared
from ansible_collections.glusterops.georep.plugins.plugin_utils._written import as_filter_error, load_yaml

ACCOUNT = ("secondary_host", "secondary_user", "ssh_port")


def georep_declared(declared: t.Any, names_only: bool = False, ways: bool = False, option: str = LABEL) -> list[dict[str, t.Any]]:
    with as_filter_error():
        complete = complete_declared(declared, load_yaml, option)
    if ways:
        accounts = [{name: entry[name] for name in ACCOUNT} for entry in complete if entry["state"] != "absent"]
        return [account for place, account in enumerate(accounts) if account not in accounts[:place]]
    return [{name: entry[name] for name in IDENTITY} for entry in complete] if names_only else complete


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_declared": georep_declared}
