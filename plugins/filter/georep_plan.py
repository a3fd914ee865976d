# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_plan
short_description: Plan what the role has to do for the declared sessions
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Compares declared geo-replication sessions with what M(glusterops.georep.gluster_georep_info) read, by the same code
    that the modules apply. Changes nothing.
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
  known_hosts_file:
    description: Where given, sessions are to verify SSH host keys with this file.
    type: str
  read_only:
    description: Whether secondary volumes are to be read-only for clients.
    type: bool
    default: true
  sync_method:
    description:
      - The sync method of sessions that do not declare one. V(auto) keeps what works, and for a new session chooses V(rsync)
        where every secondary node of O(nodes) was seen to receive by it, V(tarssh) otherwise.
      - Without it the choice is left to GlusterFS.
    type: str
    choices: [auto, rsync, tarssh]
  nodes:
    description: Results of M(glusterops.georep.gluster_georep_preflight) of the nodes of both sites.
    type: list
    elements: dict
    default: []
  pin_rsync:
    description: Whether an older rsync is going to be installed where only its version keeps sessions from syncing by it.
    type: bool
    default: false
  undeclared:
    description: What is to become of sessions that are not declared.
    type: str
    choices: [keep, stop, absent]
    default: keep
  hosts:
    description:
      - Inventory hosts of the secondary clusters, and glusterd's UUID of each; empty where it could not be read.
      - Where given, one of them must be a node of the cluster that a session goes to. Not given for clusters that Ansible does not manage.
    type: dict
"""

EXAMPLES = r"""
- name: What would be done
  ansible.builtin.debug:
    msg: "{{ (geo_replication_sessions | glusterops.georep.georep_plan(georep_info)).steps }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    sessions:
      description: Sessions that differ from their declaration, ready for O(glusterops.georep.gluster_georep_session#module:sessions).
      type: list
      elements: dict
    steps:
      description: What will be done, in words.
      type: list
      elements: str
    creates:
      description: Whether a session has to be created.
      type: bool
    doubtful:
      description: Whether a node is told of a session by force, or a change leaves a node behind that is down.
      type: bool
    heals:
      description: What other nodes' files are to say afterwards, which only these nodes themselves can show.
      type: list
      elements: dict
    nodes:
      description: What O(nodes) saw of sessions that differ, ready for O(glusterops.georep.gluster_georep_session#module:nodes).
      type: list
      elements: dict
    changed:
      description: Whether anything has to be done.
      type: bool
    to_prove:
      description:
        - Sessions that are declared started and are owed a proof, ready for
          O(glusterops.georep.gluster_georep_proof#module:sessions). Those are the ones that will be changed, those without
          RV(glusterops.georep.gluster_georep_info#module:status[].last_proved), and those with RV(_value.unwell) workers.
      type: list
      elements: dict
    unwell:
      description: The workers of sessions that are declared started, and are not changed, which are Faulty or have stalled, in words.
      type: list
      elements: str
    targets:
      description: Hosts, accounts and ports that every primary node has to reach over SSH.
      type: list
      elements: dict
    reached:
      description: Whether O(nodes) has every node of the primary cluster, and each of them found every way to the targets working.
      type: bool
    host_names:
      description: glusterd's UUID of each secondary node in use, and the names by which it is reached.
      type: dict
    account_nodes:
      description: For each account on the secondary nodes, glusterd's UUIDs of the nodes where sessions log in to it.
      type: dict
    to_protect:
      description:
        - Secondary volumes that are to become read-only, one entry for each cluster. C(volumes) and their C(uuids) are as
          O(glusterops.georep.gluster_georep_secondary#module:volumes) and
          O(glusterops.georep.gluster_georep_secondary#module:volume_uuids) take them. C(host) is the one of O(hosts) to do it on.
      type: list
      elements: dict
    mappings:
      description: Unprivileged accounts and the volumes they receive, for O(glusterops.georep.gluster_mountbroker#module:mappings).
      type: list
      elements: dict
    obsolete_mappings:
      description: The same of sessions that are to be absent, as far as no other session needs them.
      type: list
      elements: dict
    mappings_to_verify:
      description: The same of sessions that have to be created, each with the nodes of the secondary volume.
      type: list
      elements: dict
    secondary_versions:
      description: The GlusterFS version of the clusters in which sessions have to be created, by secondary host, as far as O(nodes) tell it.
      type: dict
    versions_to_ask:
      description: The C(secondary_host) of the others, and the C(host) of O(hosts) that can tell it.
      type: list
      elements: dict
    uses_rsync:
      description: Whether a session that stays is to sync by rsync.
      type: bool
    pin:
      description: Inventory hosts that receive by rsync, and on which only another version of it is needed.
      type: list
      elements: str
    lend:
      description: Names of secondary hosts that have to resolve for a moment, so that their sessions can be deleted.
      type: list
      elements: str
    going:
      description:
        - Sessions that are to be absent, by which it is known what trust may have to be taken away.
        - C(ssh_port) is null for a session that is not declared, and whose options were not read.
      type: list
      elements: dict
    staying:
      description: All sessions that are there afterwards, those that nobody declared among them.
      type: list
      elements: dict
    abandoned:
      description:
        - Where keys were brought and no session goes any more, with O(undeclared=absent), in the shape of
          O(glusterops.georep.gluster_ssh_trust#module:secondaries). A run that was ended is finished by that.
      type: list
      elements: dict
    departed:
      description: Whether keys of nodes are known that have left the primary cluster.
      type: bool
    notes:
      description: Why a sync method was chosen, and what it costs.
      type: list
      elements: str
    warnings:
      description: Which declared sync method cannot work, and why.
      type: list
      elements: str
    pending_volumes:
      description:
        - Volumes over directories that are to be made first, ready for
          O(glusterops.georep.gluster_georep_session#module:pending_volumes).
      type: list
      elements: dict
    undeclared:
      description: Sessions of the cluster that are not declared.
      type: list
      elements: str
    left_alone:
      description: Those of them about which nothing is done.
      type: list
      elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._operate.declared import plan_declared


def georep_plan(
    declared: t.Any,
    info: t.Mapping[str, t.Any],
    known_hosts_file: str | None = None,
    read_only: bool = True,
    sync_method: str | None = None,
    nodes: t.Sequence[t.Mapping[str, t.Any]] = (),
    pin_rsync: bool = False,
    undeclared: str = "keep",
    hosts: t.Mapping[str, str | None] | None = None,
) -> dict[str, t.Any]:
    try:
        return plan_declared(
            declared,
            info,
            known_hosts_file=known_hosts_file,
            read_only=read_only,
            sync_method=sync_method,
            nodes=nodes,
            pin_rsync=pin_rsync,
            undeclared=undeclared,
            managed=hosts,
        )
    except InvalidInput as exc:
        raise AnsibleFilterError(f"{exc} {exc.remedy}") from exc


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_plan": georep_plan}
