# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_withdrawal
short_description: Plan which trust of geo-replication is to be taken away
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Says for sessions that are declared absent which key lines, host keys and copies nobody needs any more, and which keys
    belong to nodes that have left the primary cluster. Changes nothing.
  - All sessions of a cluster share its keys. What a session that stays may use, declared or not, stays.
options:
  _input:
    description: Result of P(glusterops.georep.georep_plan#filter), which says what goes and what stays.
    type: dict
    required: true
  info:
    description:
      - Result of M(glusterops.georep.gluster_georep_info), asked with
        O(glusterops.georep.gluster_georep_info#module:secondaries_of_others).
    type: dict
    required: true
  near:
    description: Results of M(glusterops.georep.gluster_ssh_trust) of the primary nodes.
    type: list
    elements: dict
    default: []
  far:
    description: Results of M(glusterops.georep.gluster_ssh_trust) of the secondary nodes, with C(delivery=local).
    type: list
    elements: dict
    default: []
  cleaned:
    description: The same of secondary nodes from which keys of nodes that have left were taken.
    type: list
    elements: dict
    default: []
  known_hosts:
    description: Lines of known_hosts that the user gave.
    type: list
    elements: str
    default: []
  managed:
    description: Whether Ansible manages the secondary nodes.
    type: bool
    default: true
  login:
    description: Whether the user gave a login for nodes that it does not.
    type: bool
    default: false
  reached:
    description: Hosts of secondary clusters that are logged in to.
    type: list
    elements: str
    default: []
  unreached:
    description: Nodes that could not be logged in to, as RV(glusterops.georep.gluster_ssh_trust#module:unreached) has them.
    type: list
    elements: dict
    default: []
  hosts:
    description: Inventory hosts of the secondary clusters, and glusterd's UUID of each; empty where it could not be read.
    type: dict
"""

EXAMPLES = r"""
- name: What would be taken away
  ansible.builtin.debug:
    msg: "{{ georep_plan | glusterops.georep.georep_withdrawal(georep_info, near=[georep_keys]) }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    accounts:
      description: Accounts on the secondary nodes from which lines go, where no session that stays uses them.
      type: list
      elements: str
    all_accounts:
      description: These, and the accounts of all sessions that stay.
      type: list
      elements: str
    lines:
      description: The cluster's key lines.
      type: list
      elements: str
    departed:
      description: Lines of nodes that have left the primary cluster.
      type: list
      elements: str
    departed_gone:
      description: Whether taking them away on the managed secondary nodes takes them away everywhere.
      type: bool
    in_use:
      description: Account, and glusterd's UUIDs of the secondary nodes on which sessions that stay use it.
      type: dict
    hosts_in_use:
      description: Names by which sessions that stay reach secondary nodes.
      type: list
      elements: str
    accounts_in_use:
      description: The same with the account that each is reached by, as C(ACCOUNT@HOST).
      type: list
      elements: str
    copies_of:
      description: Pairs of volumes whose copies of the public keys go, and the nodes of which cluster they are on, where that is known.
      type: list
      elements: dict
    sites:
      description: Hosts, accounts and ports of the sessions that go, as far as no other session uses them.
      type: list
      elements: dict
    logins:
      description: The same, as far as there is anything to log in for.
      type: list
      elements: dict
    forget_sites:
      description: Whether the lines were taken away there, so that nobody has to remember where they were brought.
      type: bool
    steps:
      description: What was or would be taken away on the secondary nodes, in words.
      type: list
      elements: str
    forget_host_keys:
      description: Host keys of managed secondary nodes that no session uses any more.
      type: list
      elements: str
    to_open:
      description:
        - Secondary volumes to be made writable, C(volumes) and their C(uuids) as O(glusterops.georep.gluster_georep_secondary#module:volumes)
          and O(glusterops.georep.gluster_georep_secondary#module:volume_uuids) take them, and the inventory C(host) to do it on.
        - Where the volume's cluster cannot be told, it is there once for each host. The UUID tells which of them has it.
      type: list
      elements: dict
    notes:
      description: What was left alone, and why.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._operate.withdraw import plan_withdrawal


def georep_withdrawal(
    plan: t.Mapping[str, t.Any],
    info: t.Mapping[str, t.Any],
    near: t.Sequence[t.Mapping[str, t.Any]] = (),
    far: t.Sequence[t.Mapping[str, t.Any]] = (),
    cleaned: t.Sequence[t.Mapping[str, t.Any]] = (),
    known_hosts: t.Sequence[str] = (),
    managed: bool = True,
    login: bool = False,
    reached: t.Sequence[str] = (),
    unreached: t.Sequence[t.Mapping[str, t.Any]] = (),
    hosts: t.Mapping[str, str | None] | None = None,
) -> dict[str, t.Any]:
    return plan_withdrawal(
        plan, info, near, far, cleaned,
        given_known_hosts=known_hosts, managed=managed, login=login, reached=reached, unreached=unreached, hosts=hosts,
    )  # fmt: skip


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_withdrawal": georep_withdrawal}
