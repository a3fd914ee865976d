#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_mountbroker
short_description: Allow unprivileged accounts of a secondary node to receive geo-replication
version_added: 0.1.0
description:
  - A session with a O(glusterops.georep.gluster_georep_session#module:secondary_user) other than V(root) needs several things on every node
    of the secondary cluster. These are the account with a home directory and a shell, a group, a folder for its mounts, and a line in
    C(glusterd.vol) that allows the account to mount the volume (mountbroker mapping). This module sets up the node on which it runs.
  - The module changes single lines of C(glusterd.vol) and keeps all others, byte for byte. It never touches mappings of other accounts and
    volumes. It checks the result with the reader of C(gluster-mountbroker).
  - glusterd reads the file only when it starts. RV(restart_needed) says whether glusterd must be restarted. The module decides that by the
    age of the file and by asking glusterd, so the next run finishes a run that was killed between the change and the restart. The module
    does not restart glusterd. The role P(glusterops.georep.geo_replication#role) does, one node at a time.
  - The account's C(PATH) does not need gluster, because gsyncd calls gluster by its full path. Only C(create push-pem) of GlusterFS looks
    for gluster there.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.attributes
  - glusterops.georep.attributes.actiongroup_georep
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
requirements:
  - Run it as root, on every node of the secondary cluster, with GlusterFS 9 to 11 and geo-replication.
options:
  state:
    description:
      - V(present) creates the group, the accounts, the folder and the mappings.
      - V(absent) deletes the mappings in O(mappings) and nothing else. A mapping that a session of another primary cluster uses at that
        moment stays, and RV(notes) says so. If GlusterFS was removed, there is nothing to delete. If glusterd is not running, there is
        nothing to restart.
      - V(verified) changes nothing. It asks the running glusterd of this node, or of each of O(mappings[].secondary_nodes), whether it
        allows the account to mount the volumes. If not, the module fails and says what to do. It is a state and not an C(_info) module
        because it asserts what V(present) sets up, with the same options.
    type: str
    choices: [present, absent, verified]
    default: present
  mappings:
    description: The accounts, and the volumes that each account may mount.
    type: list
    elements: dict
    required: true
    suboptions:
      secondary_user:
        description: Name of the account.
        type: str
        required: true
      secondary_volumes:
        description: Names of the volumes that the account receives.
        type: list
        elements: str
        required: true
      sessions:
        description:
          - Names of the directories of the account's sessions, C(PRIMARYVOLUME_HOST_SECONDARYVOLUME).
          - If log files of such a session on this node belong to another account, for example because the session used root before, the
            module changes their owner to the account. Otherwise gsyncd could not write to them.
        type: list
        elements: str
      secondary_nodes:
        description:
          - With O(state=verified), the nodes whose glusterd is asked, as with C(gluster --remote-host). The module may then run on a node
            of the primary cluster.
        type: list
        elements: str
      node_uuids:
        description:
          - UUIDs of the nodes of the cluster that has these volumes, as glusterd has them. Other nodes skip the mapping. If a node skips
            all mappings, nothing is read or changed there. So you can give one list to nodes of several clusters whose volumes have the
            same names.
          - If not set, the mapping applies to every node on which the module runs. Ignored with O(state=verified).
        type: list
        elements: str
      volume_uuids:
        description:
          - UUIDs of the volumes by volume name, as C(gluster volume info) prints them. If the node's cluster has a volume with that name
            and another UUID, V(present) fails, and V(absent) leaves its mapping alone.
          - Without O(mappings[].node_uuids), V(absent) also leaves the mapping alone if the cluster has no volume with that name.
        type: dict
  root:
    description:
      - Folder in which glusterd creates the mounts of the accounts. Created if missing, with mode 0711.
      - If not set, the folder that C(glusterd.vol) names, or V(/var/mountbroker-root) if it names none.
    type: path
  group:
    description:
      - Group of the accounts. Members may write gsyncd's logs on the secondary nodes. The module adds all accounts to it.
      - If not set, the group that C(glusterd.vol) names, or V(geogroup) if it names none.
    type: str
  make_accounts:
    description:
      - Whether to create the group and the accounts if they are missing. An existing account gets a home directory and a working shell if
        it lacks them, and is added to the group.
      - A new account gets no password, and never expires, whatever C(login.defs) and C(default/useradd) of the node say. If an existing
        account has expired or will, RV(notes) says so and nothing is changed.
      - With V(false), the module fails if something is missing, and prints the commands that create it.
    type: bool
    default: true
  skip_unknown:
    description:
      - Whether to skip volumes that the node's cluster does not have. V(false) fails.
      - Set V(true) if you give the same O(mappings) to nodes of several clusters.
    type: bool
    default: false
  pending_volumes:
    description: Volumes that a later task will create. The module treats them as existing.
    type: list
    elements: str
    default: []
  primary_node_uuids:
    description:
      - With O(state=absent), UUIDs of the primary nodes whose sessions were deleted. Processes that still run for these nodes do not keep
        a mapping from being deleted.
    type: list
    elements: str
  lock_timeout:
    description: How long to retry while another gluster command holds the cluster's lock, in seconds.
    type: int
    default: 120
seealso:
  - module: glusterops.georep.gluster_georep_session
  - module: glusterops.georep.gluster_ssh_trust
"""

EXAMPLES = r"""
- name: Allow geoaccount to receive the volume projects-dr
  glusterops.georep.gluster_mountbroker:
    mappings:
      - secondary_user: geoaccount
        secondary_volumes: [projects-dr]
  delegate_to: secondary1
  register: mountbroker

- name: Restart glusterd so that it reads the mapping
  ansible.builtin.service:
    name: glusterd
    state: restarted
  delegate_to: secondary1
  when: mountbroker.restart_needed

- name: Check from a primary node whether a secondary site is set up
  glusterops.georep.gluster_mountbroker:
    state: verified
    mappings:
      - secondary_user: geoaccount
        secondary_volumes: [projects-dr]
        secondary_nodes: [dr1.example.com, dr2.example.com]

- name: Delete the mapping
  glusterops.georep.gluster_mountbroker:
    state: absent
    mappings:
      - secondary_user: geoaccount
        secondary_volumes: [projects-dr]
  delegate_to: secondary1
"""

RETURN = r"""
restart_needed:
  description: Whether glusterd of this node must be restarted to read C(glusterd.vol). In check mode, whether it would have to.
  returned: success
  type: bool
peers_down:
  description: Other nodes of the cluster to which this node's glusterd is not connected.
  returned: success
  type: list
  elements: str
quorum_lost:
  description: Volumes with server quorum whose bricks would stop while this node's glusterd is down.
  returned: success
  type: list
  elements: str
node:
  description: Host name of the node.
  returned: success
  type: str
before:
  description: Mountbroker settings in C(glusterd.vol) before the run.
  returned: success, unless O(state=verified), no mapping is for this node, or C(glusterd.vol) is not there
  type: dict
  contains:
    root:
      description: Folder of the mounts.
      type: str
    group:
      description: Group of the accounts.
      type: str
    users:
      description: Volumes of each account.
      type: dict
  sample: {"root": "/var/mountbroker-root", "group": "geogroup", "users": {"geoaccount": ["projects-dr"]}}
after:
  description: Mountbroker settings after the run, in the format of RV(before). In check mode, what they would be.
  returned: success, unless O(state=verified), no mapping is for this node, or C(glusterd.vol) is not there
  type: dict
steps:
  description: What the module did, or would do in check mode.
  returned: success
  type: list
  elements: str
accounts:
  description: The accounts before the run.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the account.
      type: str
    exists:
      description: Whether the account exists.
      type: bool
    home:
      description: Path of its home directory.
      type: str
    home_exists:
      description: Whether the home directory exists.
      type: bool
    home_is_own:
      description: Whether the home directory belongs to the account or to root.
      type: bool
    shell:
      description: Shell of the account.
      type: str
    shell_works:
      description: Whether the shell runs commands.
      type: bool
    in_group:
      description: Whether the account is in the group.
      type: bool
left:
  description:
    - What stays on this node and is needed by no mapping in C(glusterd.vol) any more. The module does not remove these things, because they
      may have been there before or be needed by others.
  returned: with O(state=absent), if a mapping is for this node and C(glusterd.vol) is there
  type: dict
  contains:
    accounts:
      description: Accounts of O(mappings) that exist and have no mapping any more.
      type: list
      elements: str
    options:
      description: The mountbroker options of C(glusterd.vol) and their values, if no account has a mapping any more.
      type: dict
    root:
      description: The folder of the mounts, if it exists and no account has a mapping any more. Otherwise null.
      type: str
    group:
      description: The group, if it exists, has no other members, and no account has a mapping any more. Otherwise null.
      type: str
  sample: {"accounts": ["geoaccount"], "options": {"mountbroker-root": "/var/mountbroker-root"}, "root": "/var/mountbroker-root", "group": "geogroup"}
notes:
  description: Other information for people.
  returned: success
  type: list
  elements: str
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

from ..module_utils._apply import mountbroker
from ..module_utils._module import LOCK_TIMEOUT, Call, Options, each, run_module

MAPPING: Options = dict(
    secondary_user=dict(type="str", required=True),
    secondary_volumes=dict(type="list", elements="str", required=True),
    sessions=dict(type="list", elements="str"),
    secondary_nodes=dict(type="list", elements="str"),
    node_uuids=dict(type="list", elements="str"),
    volume_uuids=dict(type="dict"),
)
SPEC = dict(
    argument_spec=dict(
        state=dict(type="str", choices=["present", "absent", "verified"], default="present"),
        mappings=each(MAPPING, required=True),
        root=dict(type="path"),
        group=dict(type="str"),
        make_accounts=dict(type="bool", default=True),
        skip_unknown=dict(type="bool", default=False),
        pending_volumes=dict(type="list", elements="str", default=[]),
        primary_node_uuids=dict(type="list", elements="str"),
        **LOCK_TIMEOUT,
    )
)


def work(call: Call) -> dict[str, t.Any]:
    return mountbroker.work(call.params, mountbroker.Context(call.run, call.cli, call.node, call.check_mode))


def main() -> None:
    run_module(SPEC, work)


if __name__ == "__main__":
    main()
