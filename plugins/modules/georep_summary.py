# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The code is in plugins/action/georep_summary.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: georep_summary
short_description: Summarize a run of the role geo_replication
version_added: 0.1.0
description:
  - Summarizes the plan of a run and the results of its steps in a few lines of text. The role
    P(glusterops.georep.geo_replication#role) shows these lines at the end of a run.
  - The action runs on the controller, and runs nothing on any host.
  - Its options can change in any release. Use the role, not this action.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.attributes
  - glusterops.georep.attributes.info_module
attributes:
  action:
    description: Runs as an action on the controller.
    support: full
options:
  declared:
    description: The checked declaration, as M(glusterops.georep.georep_plan) returns it with O(glusterops.georep.georep_plan#module:stage=declaration).
    type: dict
    required: true
  plan:
    description: The plan of the run, as M(glusterops.georep.georep_plan) returns it with O(glusterops.georep.georep_plan#module:stage=plan).
    type: dict
    required: true
  sessions:
    description: Result of M(glusterops.georep.gluster_georep_session), which changed the sessions. Empty if it did not run.
    type: dict
    default: {}
  directories_made:
    description: Results of M(glusterops.georep.gluster_georep_directory) with
      O(glusterops.georep.gluster_georep_directory#module:directories[].state=present), one from each host of the play. They tell which volumes were created.
    type: list
    elements: dict
    default: []
  directories_removed:
    description: Results of M(glusterops.georep.gluster_georep_directory) with
      O(glusterops.georep.gluster_georep_directory#module:directories[].state=absent), one from each host of the play. They tell which volumes were deleted.
    type: list
    elements: dict
    default: []
  mappings_removed:
    description:
      - Which accounts may no longer mount secondary volumes (mountbroker mappings), as M(glusterops.georep.georep_plan) returns it with
        O(glusterops.georep.georep_plan#module:stage=mountbroker). Empty if none were removed.
    type: dict
    default: {}
  cleanup:
    description:
      - Which keys and records were removed, as M(glusterops.georep.georep_plan) returns it with
        O(glusterops.georep.georep_plan#module:stage=cleanup). Empty if none were removed.
    type: dict
    default: {}
  hosts:
    description: Hosts of the play, the first one first. The results that each host of the play registered are in this order.
    type: list
    elements: str
    default: []
  mappings_made:
    description:
      - Which mountbroker settings were made, as M(glusterops.georep.georep_plan) returns it with
        O(glusterops.georep.georep_plan#module:stage=mountbroker). Empty if none were made.
    type: dict
    default: {}
  installed:
    description: Packages that were needed, each with its C(host) and C(package), and whether it was installed now (C(changed)).
    type: list
    elements: dict
    default: []
  prepared:
    description: Results of M(ansible.builtin.package) on nodes with target directories, as each host of the play registered them.
    type: list
    elements: dict
    default: []
  started:
    description: Results of M(ansible.builtin.service) on nodes with target directories, as each host of the play registered them.
    type: list
    elements: dict
    default: []
  patched:
    description: Results of M(glusterops.georep.gluster_georep_remedy), as each host of the play registered them.
    type: list
    elements: dict
    default: []
  generated:
    description: Result of M(glusterops.georep.gluster_georep_keys), which generated keys. Empty if it did not run.
    type: dict
    default: {}
  authorized:
    description: Results of M(glusterops.georep.gluster_georep_authorized_keys), which added keys, as each host of the play registered them.
    type: list
    elements: dict
    default: []
  first:
    description:
      - Result of M(glusterops.georep.gluster_ssh_trust), which added keys with the login of C(geo_replication_bootstrap_user). Empty if it
        did not run.
    type: dict
    default: {}
  tested:
    description: Results of M(glusterops.georep.gluster_ssh_trust), which recorded host keys and tested all SSH access, of each host of the play.
    type: list
    elements: dict
    default: []
  recorded:
    description:
      - Results of M(glusterops.georep.gluster_georep_keys), which updated the list of copied keys (C(distributed_keys.json)), of each host of
        the play.
    type: list
    elements: dict
    default: []
  removed:
    description:
      - Result of M(glusterops.georep.gluster_ssh_trust), which removed keys of sessions with the login of C(geo_replication_bootstrap_user).
        Empty if it did not run.
    type: dict
    default: {}
  departed:
    description: Result of M(glusterops.georep.gluster_ssh_trust), which removed keys of nodes that have left. Empty if it did not run.
    type: dict
    default: {}
  forgotten:
    description: Results of M(glusterops.georep.gluster_ssh_trust), which removed host keys and records, of each host of the play.
    type: list
    elements: dict
    default: []
  opened:
    description: Results of M(glusterops.georep.gluster_georep_secondary), which made volumes writable, as each host of the play registered them.
    type: list
    elements: dict
    default: []
seealso:
  - module: glusterops.georep.georep_plan
"""

EXAMPLES = r"""
- name: Summarize the run
  glusterops.georep.georep_summary:
    declared: "{{ declared }}"
    plan: "{{ plan }}"
  run_once: true
  register: summary
"""

RETURN = r"""
lines:
  description: A table of the sessions, then what was done (in check mode, what a run would do), warnings and notes.
  returned: always
  type: list
  elements: str
drift:
  description: How the cluster differs from the declaration.
  returned: always
  type: dict
  contains:
    differs:
      description: Whether the run changes anything, or in check mode, would change anything.
      type: bool
    changes:
      description: What it changes on either site, one text for each change.
      type: list
      elements: str
    warnings:
      description: What people must know before they make these changes.
      type: list
      elements: str
    undeclared:
      description: Sessions of the cluster that are not declared, and that the role leaves alone.
      type: list
      elements: str
"""
