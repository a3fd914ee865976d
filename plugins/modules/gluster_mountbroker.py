#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_mountbroker
short_description: Let unprivileged accounts of a secondary node receive geo-replication
version_added: 0.1.0
description:
  - A session with a O(glusterops.georep.gluster_georep_session#module:secondary_user) other than V(root) needs, on every node
    of the secondary cluster, that account with a home directory and a shell, a group, a folder for its mounts, and a mapping
    in C(glusterd.vol) that lets it mount the volume. This module sets up the node it runs on.
  - It changes single lines of C(glusterd.vol) and keeps all others, byte for byte. Mappings of other accounts and volumes are
    never touched. What was written is read back with the reader of C(gluster-mountbroker).
  - glusterd reads the file only when it starts. RV(restart_needed) says whether it has yet to. It is found out by the age of
    the file and by asking glusterd, so that a run which ended between the change and the restart is finished by the next one.
    The module does not restart glusterd. The role P(glusterops.georep.geo_replication#role) does, one node at a time.
  - Nothing has to be added to the account's C(PATH), because gsyncd calls gluster by its whole path. Only C(create push-pem) of
    GlusterFS looks for gluster there.
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
      - V(present) makes the group, the accounts, the folder and the mappings.
      - V(absent) takes away the mappings in O(mappings) and nothing else. A mapping that a session of another primary cluster
        is using just now stays, and RV(notes) say so. Where GlusterFS was removed there is nothing to take away, and where
        glusterd does not run nothing to restart.
      - V(verified) changes nothing. It asks the running glusterd of this node, or of each of O(mappings[].secondary_nodes),
        whether it would let the account mount the volumes, and fails with what is to be done where it would not.
    type: str
    choices: [present, absent, verified]
    default: present
  mappings:
    description: The accounts, and the volumes that each may mount.
    type: list
    elements: dict
    required: true
    suboptions:
      secondary_user:
        description: The account.
        type: str
        required: true
      secondary_volumes:
        description: The volumes that it receives.
        type: list
        elements: str
        required: true
      sessions:
        description:
          - The account's sessions by the names of their folders, C(PRIMARYVOLUME_HOST_SECONDARYVOLUME).
          - Where somebody else has left logs of such a session on this node, as it once was one of root, they are given to the
            account. Otherwise gsyncd could not write there.
        type: list
        elements: str
      secondary_nodes:
        description:
          - With O(state=verified), the nodes whose glusterd is asked, as C(gluster --remote-host) does. The module may then
            run on a node of the primary cluster.
        type: list
        elements: str
      node_uuids:
        description:
          - glusterd's UUIDs of the nodes of the cluster that has these volumes. On any other node the mapping is left out, and
            where no mapping is left nothing is read or changed. So one list can be given to nodes of several clusters, which may
            have volumes of the same names.
          - When not given, it is for every node that the module runs on. Has no meaning with O(state=verified).
        type: list
        elements: str
      volume_uuids:
        description:
          - The UUIDs of the volumes by their names, as C(gluster volume info) prints them. If the node's cluster has another volume
            of that name, V(present) fails, and V(absent) leaves its mapping alone.
          - Without O(mappings[].node_uuids), V(absent) leaves the mapping of a volume that the cluster does not have alone, too.
        type: dict
  root:
    description:
      - The folder below which glusterd mounts for the accounts. It is made, with mode 0711.
      - When not given, the one that C(glusterd.vol) has; V(/var/mountbroker-root) where it has none.
    type: path
  group:
    description:
      - The group that may write the logs of the far ends. All accounts are put into it.
      - When not given, the one that C(glusterd.vol) has; V(geogroup) where it has none.
    type: str
  make_accounts:
    description:
      - Whether to make what is missing of the group and the accounts. Of an account that exists, its home directory, a
        shell that runs commands, and being in the group.
      - A new account gets no password.
      - V(false) fails where something is missing, and says what.
    type: bool
    default: true
  skip_unknown:
    description:
      - Whether to leave out volumes that the node's cluster does not have, for lists of nodes of several clusters.
        V(false) takes them for a mistake.
    type: bool
    default: false
  pending_volumes:
    description: Volumes that a later task is going to make; they are taken for known.
    type: list
    elements: str
    default: []
  primary_node_uuids:
    description:
      - With O(state=absent), UUIDs of the primary nodes whose sessions are given up. Their last processes do not count as use.
    type: list
    elements: str
  lock_timeout:
    description: How long to go on trying, in seconds, while another gluster command holds the cluster's lock.
    type: int
    default: 120
seealso:
  - module: glusterops.georep.gluster_georep_session
  - module: glusterops.georep.gluster_ssh_trust
"""

EXAMPLES = r"""
- name: Let geoaccount receive the volume projects-dr
  glusterops.georep.gluster_mountbroker:
    mappings:
      - secondary_user: geoaccount
        secondary_volumes: [projects-dr]
  delegate_to: secondary1
  register: mountbroker

- name: Have glusterd read it
  ansible.builtin.service:
    name: glusterd
    state: restarted
  delegate_to: secondary1
  when: mountbroker.restart_needed

- name: Look from a primary node whether a site of somebody else is set up
  glusterops.georep.gluster_mountbroker:
    state: verified
    mappings:
      - secondary_user: geoaccount
        secondary_volumes: [projects-dr]
        secondary_nodes: [dr1.example.com, dr2.example.com]

- name: Take the mapping away
  glusterops.georep.gluster_mountbroker:
    state: absent
    mappings:
      - secondary_user: geoaccount
        secondary_volumes: [projects-dr]
  delegate_to: secondary1
"""

RETURN = r"""
restart_needed:
  description: Whether glusterd of this node has yet to read what C(glusterd.vol) says; in check mode, would have to.
  returned: success
  type: bool
peers_down:
  description: The other nodes of the cluster that this node's glusterd is not connected to.
  returned: success
  type: list
  elements: str
quorum_lost:
  description: The volumes with server quorum whose bricks would be stopped while this node's glusterd is away.
  returned: success
  type: list
  elements: str
node:
  description: The node's host name.
  returned: success
  type: str
before:
  description: What C(glusterd.vol) said of the mountbroker.
  returned: success, unless O(state=verified), no mapping is for this node, or C(glusterd.vol) is not there
  type: dict
  contains:
    root:
      description: The folder of the mounts.
      type: str
    group:
      description: The group.
      type: str
    users:
      description: Each account and its volumes.
      type: dict
  sample: {"root": "/var/mountbroker-root", "group": "geogroup", "users": {"geoaccount": ["projects-dr"]}}
after:
  description: What it says now; in check mode, would say. As RV(before).
  returned: success, unless O(state=verified), no mapping is for this node, or C(glusterd.vol) is not there
  type: dict
steps:
  description: What was done; in check mode, would be.
  returned: success
  type: list
  elements: str
accounts:
  description: The accounts as they were.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The account.
      type: str
    exists:
      description: Whether it exists.
      type: bool
    home:
      description: Its home directory.
      type: str
    home_exists:
      description: Whether that is there.
      type: bool
    home_is_own:
      description: Whether it belongs to the account or to root.
      type: bool
    shell:
      description: Its shell.
      type: str
    shell_works:
      description: Whether that runs commands.
      type: bool
    in_group:
      description: Whether it is in the group.
      type: bool
notes:
  description: What else is worth knowing.
  returned: success
  type: list
  elements: str
commands:
  description: Every command that was run, in order.
  returned: always
  type: list
  elements: dict
  contains:
    argv:
      description: The command and its arguments.
      type: list
      elements: str
    rc:
      description: Its exit code; null when it was ended for taking too long.
      type: int
    seconds:
      description: How long it took.
      type: float
"""

import socket

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._gluster.runner import GlusterCli, Recorder
from ..module_utils._model.errors import GeorepError
from ..module_utils._operate import mountbroker


def main() -> None:
    mapping = dict(
        secondary_user=dict(type="str", required=True),
        secondary_volumes=dict(type="list", elements="str", required=True),
        sessions=dict(type="list", elements="str"),
        secondary_nodes=dict(type="list", elements="str"),
        node_uuids=dict(type="list", elements="str"),
        volume_uuids=dict(type="dict"),
    )
    module = AnsibleModule(
        argument_spec=dict(
            state=dict(type="str", choices=["present", "absent", "verified"], default="present"),
            mappings=dict(type="list", elements="dict", options=mapping, required=True),
            root=dict(type="path"),
            group=dict(type="str"),
            make_accounts=dict(type="bool", default=True),
            skip_unknown=dict(type="bool", default=False),
            pending_volumes=dict(type="list", elements="str", default=[]),
            primary_node_uuids=dict(type="list", elements="str"),
            lock_timeout=dict(type="int", default=120),
        ),
        supports_check_mode=True,
    )
    run = Recorder()
    cli = GlusterCli(run, lock_patience=module.params["lock_timeout"])
    try:
        result = mountbroker.work(module.params, mountbroker.Context(run, cli, socket.gethostname(), module.check_mode))
    except GeorepError as exc:
        module.fail_json(commands=run.commands, **exc.as_result())
    module.exit_json(commands=run.commands, **result)


if __name__ == "__main__":
    main()
