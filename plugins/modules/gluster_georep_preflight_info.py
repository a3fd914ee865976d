#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_preflight_info
short_description: Find known faults of GlusterFS geo-replication on a node before a run
version_added: 0.1.0
description:
  - Checks one node of either site and reports which known faults it has, why, and what to do. Nothing is changed.
  - The module tries things instead of comparing versions. It checks gsyncd's sources against the Python that runs them, loads gsyncd's
    configuration, asks the forced command for rsync as an SSH session of this node would, and lets rsync receive a file into a lazily
    unmounted directory, as gsyncd does.
  - All trials run in temporary folders and in a separate mount namespace.
  - The catalogue of known faults is L(docs/known-faults.md, https://github.com/glusterops/glusterops.georep/blob/main/docs/known-faults.md).
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.trust.destinations
  - glusterops.georep.trust.known_hosts_file
  - glusterops.georep.attributes
  - glusterops.georep.attributes.info_module
  - glusterops.georep.attributes.actiongroup_georep
requirements:
  - Run it as root, on every node of both sites.
notes:
  - It needs no library besides Python's own, unless O(info) is set.
options:
  site:
    description:
      - Site of this node. A secondary node is checked for more.
    type: str
    choices: [primary, secondary]
    required: true
  secondaries:
    description:
      - On a primary node, the secondary clusters to which SSH is tested, with the keys that the workers use. Nothing is tested if not set.
      - If an entry has no O(secondaries[].secondary_nodes), its secondary host is tested, and also the nodes to which this cluster's keys were
        copied for that secondary host, according to C(distributed_keys.json) on this node.
  resolve:
    description:
      - Host names that this node must be able to resolve.
    type: list
    elements: str
  volumes:
    description:
      - Volumes of this node's own cluster. The node must also be able to resolve the names of the nodes that hold their bricks.
    type: list
    elements: str
  info:
    description:
      - Also read both sites in parallel with the checks, as M(glusterops.georep.gluster_georep_info) does.
      - Only on a primary node. It needs lxml there.
    type: dict
    suboptions:
      config_of:
        description:
          - See O(glusterops.georep.gluster_georep_info#module:config_of).
        type: list
        elements: dict
        suboptions:
          primary_volume:
            description:
              - Name of the primary volume.
            type: str
            required: true
          secondary_host:
            description:
              - Host of the secondary. Any host if not set.
            type: str
          secondary_volume:
            description:
              - Name of the secondary volume. Any volume if not set.
            type: str
          secondary_user:
            description:
              - Account on the secondary nodes. Any account if not set.
            type: str
      secondary_hosts:
        description:
          - See O(glusterops.georep.gluster_georep_info#module:secondary_hosts).
        type: list
        elements: str
        default: []
      registered:
        description:
          - Sessions that should exist, with all four names. If each of them is registered on this node, and this node's own files leave
            no doubt about any session (see RV(view)), gluster is asked neither for the status nor for the options of sessions, and
            RV(info) says so by C(from_views).
          - By default gluster is asked.
        type: list
        elements: dict
        suboptions:
          primary_volume:
            description:
              - Name of the primary volume.
            type: str
            required: true
          secondary_host:
            description:
              - The host of the session.
            type: str
            required: true
          secondary_volume:
            description:
              - Name of the volume there.
            type: str
            required: true
          secondary_user:
            description:
              - The account there.
            type: str
            default: root
      undeclared_secondaries:
        description:
          - See O(glusterops.georep.gluster_georep_info#module:undeclared_secondaries).
        type: bool
        default: false
  programs:
    description:
      - Programs that a later step needs on this node, such as C(ssh-keyscan), in addition to those that every node of the site needs.
    type: list
    elements: str
  written:
    description:
      - Files or folders that a later step writes on this node, in addition to those that every node of the site needs. They need not exist
        yet. The module checks access and free space without writing anything.
    type: list
    elements: path
  accounts:
    description:
      - On a secondary node, accounts to which a later step copies keys. Accounts that do not exist are skipped.
    type: list
    elements: str
  controller_time:
    description:
      - Time on the Ansible controller when it sends the task, in seconds since the epoch. Clocks are not compared if not set.
      - The connection to this node may take any time, so a clock that seems to be ahead may only show that the task arrived late. Therefore the
        module itself reports only a clock that is behind. The role finds a clock that is ahead when the module's answer is back.
    type: float
  lock_timeout:
    description:
      - How long to retry while another gluster command holds the cluster's lock, in seconds.
    type: int
    default: 120
seealso:
  - module: glusterops.georep.gluster_georep_info
  - module: glusterops.georep.gluster_georep_remedy
  - module: glusterops.georep.gluster_georep_proof
"""

EXAMPLES = r"""
- name: Check the secondary nodes
  glusterops.georep.gluster_georep_preflight_info:
    site: secondary
    controller_time: "{{ now().timestamp() }}"
  register: preflight

- name: Fail if a known fault prevents replication
  ansible.builtin.assert:
    that: preflight.faults | rejectattr('stops', 'equalto', 'nothing') | length == 0
    fail_msg: "{{ preflight.faults }}"
"""

RETURN = r"""
node:
  description: This node's host name.
  returned: success
  type: str
site:
  description: Site for which the node was checked.
  returned: success
  type: str
local:
  description:
    - On a primary node, what its own files say about its workers.
    - See RV(glusterops.georep.gluster_georep_info#module:local).
  returned: success, with O(site=primary)
  type: dict
view:
  description:
    - On a primary node, its part of C(gluster volume geo-replication status) and C(config), from gsyncd's own files and without a call of
      gluster.
    - C(read_at) is the node's clock in seconds since the epoch. Each of C(sessions) has the C(workers) of this node's bricks, or a
      C(problem) that keeps the node from telling. With O(info.registered) the node tells the options, too.
  returned: success, with O(site=primary)
  type: dict
faults:
  description: The known faults of this node.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Name of the fault in the catalogue.
      type: str
    title:
      description: What goes wrong.
      type: str
    evidence:
      description: What was found on this node.
      type: str
    cause:
      description: Why it goes wrong.
      type: str
    remedy:
      description: What to do.
      type: str
    reference:
      description: Where the fault was reported.
      type: list
      elements: str
    stops:
      description:
        - What the fault prevents. V(everything) means any replication. V(rsync) and V(tarssh) mean sessions with that sync method.
          V(changes) means a run that changes something. V(keys) means a run that copies keys to this node. V(nothing) means that it is only
          a warning.
      type: str
    role:
      description: How the role deals with the fault, V(source_fix) or V(other_sync_method). Null if it cannot.
      type: str
logins:
  description:
    - On a primary node with O(secondaries), its connections to the secondary nodes. The SSH server there may treat logins by them, see
      O(glusterops.georep.gluster_georep_authorized_keys#module:logins).
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: Account on the secondary node.
      type: str
    address:
      description: This node's address in the connection.
      type: str
    local_address:
      description: Address of the secondary node.
      type: str
    port:
      description: TCP port of the SSH server.
      type: int
unexplained:
  description:
    - Names that gsyncd's sources use, that this Python lacks, and that the catalogue does not know. gsyncd never reaches most of these
      places.
  returned: success
  type: list
  elements: str
names:
  description: Addresses of each name of O(resolve) and of the nodes that hold bricks of O(volumes). Empty if a name cannot be resolved.
  returned: success
  type: dict
ways:
  description: Result of each SSH test, for each secondary node and key, as RV(glusterops.georep.gluster_ssh_trust#module:probes).
  returned: success
  type: list
  elements: dict
ways_error:
  description: Summary of the SSH tests that failed. Null if none failed.
  returned: success
  type: str
info:
  description:
    - Result of M(glusterops.georep.gluster_georep_info).
    - With C(from_views) true, C(sessions) and C(status) are left out, because the nodes' RV(view) tells them.
    - If the reading failed, only its C(msg). The module itself does not fail then, because RV(faults) may contain the cause.
  returned: when O(info) is given
  type: dict
facts:
  description: What the checks found. Null if a value could not be determined.
  returned: success
  type: dict
  contains:
    glusterfs:
      description: Version of GlusterFS.
      type: str
    glusterd:
      description:
        - Whether glusterd answers, which nodes it reports as down, and as C(tls) whether the node uses TLS for management connections
          (C(/var/lib/glusterd/secure-access)).
      type: dict
    helper_dir:
      description: Folder of gsyncd.
      type: str
    python:
      description:
        - Python of gsyncd, the names that its sources use and this Python lacks, whether the configuration can be loaded, and the encoding
          of file names.
      type: dict
    rsync:
      description: Version of rsync. On a secondary node also whether rsync delivers and whether the forced command allows it.
      type: dict
    openssh:
      description: Versions of the SSH client and server, and whether sftp is installed.
      type: dict
    tar:
      description: Version of tar.
      type: str
    fuse:
      description: Whether /dev/fuse exists.
      type: bool
    selinux:
      description: Mode of SELinux and its booleans that affect geo-replication.
      type: dict
    gluster_for_accounts:
      description: Path at which an unprivileged account finds gluster. Null if it finds none.
      type: str
    shared_storage:
      description: Whether gluster_shared_storage is mounted.
      type: bool
    node_uuid:
      description: UUID of the node, as glusterd has it.
      type: str
    sessions:
      description: On a primary node, the options in the node's own file of each session, by directory. Null if they cannot be read.
      type: dict
    site_defaults:
      description:
        - On a primary node, options that C(/etc/glusterfs/gsyncd.conf) sets for all sessions to another value than GlusterFS does. A new session
          begins with them.
      type: dict
    key_identities:
      description: On a primary node, its public geo-replication keys, each as C(type base64).
      type: list
      elements: str
    programs:
      description: Path of each program that this node needs. Null if it is not installed.
      type: dict
    obstacles:
      description: Paths that must be writable on this node and are not, each with the reason.
      type: dict
    accounts:
      description: For each of O(accounts), what prevents copying keys to it.
      type: dict
    libraries:
      description: Whether this node's Python has C(lxml) and C(paramiko).
      type: dict
    receiving:
      description: Sessions that write into volumes through this secondary node at the moment.
      type: list
      elements: dict
    clock_offset:
      description: How many seconds this node's clock is ahead of O(controller_time) at most. It includes the time of the login.
      type: float
    clock:
      description:
        - C(asked_at) is O(controller_time), and C(read_at) this node's clock at the end of the checks, in seconds since the epoch.
          C(read_at), less the time at which the controller has the answer, is how many seconds this node's clock is ahead at least.
      type: dict
commands:
  description:
    - Every command that the module ran, in order.
    - If the module fails, only the command that failed. Run Ansible with C(-v) for all.
  returned: always
  type: list
  elements: dict
  contains:
    argv:
      description: The command and its arguments.
      type: list
      elements: str
    rc:
      description: Exit code of the command. Null if the command exceeded its time limit.
      type: int
    seconds:
      description: Run time in seconds.
      type: float
"""

import typing as t

from ..module_utils._model.errors import MissingLibrary
from ..module_utils._module import (
    DESTINATIONS,
    KNOWN_HOSTS_FILE,
    LOCK_TIMEOUT,
    PARTIAL_IDENTITY,
    SESSION,
    Call,
    each,
    failure_of,
    require_lxml,
    run_module,
)
from ..module_utils._read import preflight

SPEC = dict(
    argument_spec=dict(
        site=dict(type="str", choices=["primary", "secondary"], required=True),
        resolve=dict(type="list", elements="str"),
        volumes=dict(type="list", elements="str"),
        info=dict(
            type="dict",
            options=dict(
                config_of=each(PARTIAL_IDENTITY),
                registered=each(SESSION),
                secondary_hosts=dict(type="list", elements="str", default=[]),
                undeclared_secondaries=dict(type="bool", default=False),
            ),
        ),
        programs=dict(type="list", elements="str"),
        written=dict(type="list", elements="path"),
        accounts=dict(type="list", elements="str"),
        controller_time=dict(type="float"),
        **DESTINATIONS,
        **KNOWN_HOSTS_FILE,
        **LOCK_TIMEOUT,
    )
)


def work(call: Call) -> dict[str, t.Any]:
    params = dict(call.params)
    unreadable = None
    try:
        if params["info"] is not None:
            require_lxml()
    except MissingLibrary as exc:
        # What is wrong with this node is told all the same.
        unreadable = failure_of(exc)
        params["info"] = None
    result = preflight.look(params, call.run, call.node)
    return result if unreadable is None else dict(result, info=unreadable)


def main() -> None:
    run_module(SPEC, work)


if __name__ == "__main__":
    main()
