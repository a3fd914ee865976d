#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_preflight
short_description: Find known faults of GlusterFS geo-replication on a node before anything is started
version_added: 0.1.0
description:
  - Looks at one node of either site and says which known faults it has, why, and what to do. Nothing is changed.
  - It tries rather than compares versions. gsyncd's sources are held against the very Python they run under, its
    configuration is loaded, its forced command is asked for rsync below a process named as this node's SSH sessions are,
    and rsync is given a file for a lazily unmounted directory, as gsyncd's receiver is.
  - What is tried stays in temporary folders and in a mount namespace of its own.
  - The catalogue of known faults is L(docs/known-faults.md, https://github.com/glusterops/georep/blob/main/docs/known-faults.md).
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.attributes
  - glusterops.georep.attributes.info_module
  - glusterops.georep.attributes.actiongroup_georep
requirements:
  - Run it as root, on every node of both sites.
notes:
  - It needs no library besides Python's own, unless O(read) is given.
options:
  site:
    description:
      - Which side of the replication this node is on. A receiving node has to be able to do more.
    type: str
    choices: [primary, secondary]
    required: true
  secondaries:
    description:
      - On a primary node, the secondary hosts to whom every way is tested, with the keys that the workers use.
      - Without it no way is tested.
    type: list
    elements: dict
    suboptions:
      secondary_host:
        description:
          - Name or address of the secondary.
        type: str
        required: true
      secondary_user:
        description:
          - The account there.
        type: str
        default: root
      ssh_port:
        description:
          - TCP port of its SSH server.
        type: int
        default: 22
      secondary_nodes:
        description:
          - All nodes there that hold bricks.
          - By default the host itself, and the nodes that the keys of this cluster were brought to for it, as this node remembers.
        type: list
        elements: str
  known_hosts_file:
    description:
      - The file with the host keys of the secondary nodes.
    type: path
    default: /var/lib/glusterd/geo-replication/known_hosts
  names:
    description:
      - Names that this node has to know the address of.
    type: list
    elements: str
  volumes:
    description:
      - Volumes of this node's own cluster. The names of the nodes that hold their bricks are among those it has to know.
    type: list
    elements: str
  read:
    description:
      - Also read both sites, side by side with the look, as M(glusterops.georep.gluster_georep_info) does.
      - For a primary node. It needs Python's lxml there.
    type: dict
    suboptions:
      config_of:
        description:
          - As O(glusterops.georep.gluster_georep_info#module:config_of).
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
          secondary_volume:
            description:
              - Name of the volume there.
            type: str
          secondary_user:
            description:
              - The account there.
            type: str
      secondary_hosts:
        description:
          - As O(glusterops.georep.gluster_georep_info#module:secondary_hosts).
        type: list
        elements: str
        default: []
      secondaries_of_others:
        description:
          - As O(glusterops.georep.gluster_georep_info#module:secondaries_of_others).
        type: bool
        default: false
  programs:
    description:
      - Programs that a later step runs on this node, besides those that every node of the site needs, such as C(ssh-keyscan).
    type: list
    elements: str
  written:
    description:
      - Files or folders that a later step writes on this node, besides those that every node of the site needs.
        They need not exist yet. Nothing is written to find out whether they could be.
    type: list
    elements: path
  accounts:
    description:
      - On a secondary node, the accounts that a later step gives keys to. One that does not exist yet is left out.
    type: list
    elements: str
  controller_time:
    description:
      - Seconds since the epoch on the machine that runs Ansible, taken when the task is sent. Without it clocks are not compared.
    type: float
  lock_timeout:
    description:
      - How long to go on trying, in seconds, while another gluster command holds the cluster's lock.
    type: int
    default: 120
seealso:
  - module: glusterops.georep.gluster_georep_info
  - module: glusterops.georep.gluster_georep_remedy
  - module: glusterops.georep.gluster_georep_proof
"""

EXAMPLES = r"""
- name: Look at the nodes that receive
  glusterops.georep.gluster_georep_preflight:
    site: secondary
    controller_time: "{{ now().timestamp() }}"
  register: preflight

- name: Stop where something is known not to work
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
  description: The side it was looked at for.
  returned: success
  type: str
local:
  description:
    - What a primary node knows of its own workers, from its own files, for P(glusterops.georep.georep_merged#filter).
    - As M(glusterops.georep.gluster_georep_info) returns it.
  returned: success, with O(site=primary)
  type: dict
faults:
  description: The known faults that this node has.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its name in the catalogue.
      type: str
    title:
      description: What goes wrong.
      type: str
    evidence:
      description: What was seen on this node.
      type: str
    cause:
      description: Why.
      type: str
    remedy:
      description: What to do.
      type: str
    reference:
      description: Where it was reported.
      type: list
      elements: str
    stops:
      description:
        - V(everything), V(rsync) or V(tarssh) for sessions that sync by it, V(changes) for a run that changes something,
          V(keys) for one that brings keys to this node, or V(nothing) for a warning.
      type: str
    role:
      description: How the role deals with it, V(source_fix) or V(other_sync_method); null where it cannot.
      type: str
unexplained:
  description: What gsyncd's sources ask of this Python in vain and the catalogue does not know. Most of it is never reached.
  returned: success
  type: list
  elements: str
names:
  description: Each of O(names), and of the names that O(volumes) have, and its addresses; empty where it has none.
  returned: success
  type: dict
ways:
  description: Each way to the secondary with each key, as RV(glusterops.georep.gluster_ssh_trust#module:probes).
  returned: success
  type: list
  elements: dict
ways_error:
  description: What is wrong with the ways, in words; null where nothing is.
  returned: success
  type: str
read:
  description:
    - What M(glusterops.georep.gluster_georep_info) returns.
    - Where it would have failed, its C(msg) in place of that. The module does not fail then, because it may tell why.
  returned: when O(read) is given
  type: dict
facts:
  description: What was found out; null stands for what could not be.
  returned: success
  type: dict
  contains:
    glusterfs:
      description: The version of GlusterFS.
      type: str
    glusterd:
      description: Whether glusterd answers, and which nodes it says are down.
      type: dict
    helper_dir:
      description: The folder of gsyncd.
      type: str
    python:
      description: gsyncd's Python, what its sources ask of it in vain, whether the configuration loads, the encoding of file names.
      type: dict
    rsync:
      description: Its version; on a receiving node, whether it delivers and whether the forced command admits it.
      type: dict
    openssh:
      description: Versions of client and server, and whether there is sftp.
      type: dict
    tar:
      description: The version of tar.
      type: str
    fuse:
      description: Whether there is /dev/fuse.
      type: bool
    selinux:
      description: Its mode and the booleans that matter.
      type: dict
    gluster_for_accounts:
      description: The path at which a plain account finds gluster; null where it does not.
      type: str
    shared_storage:
      description: Whether gluster_shared_storage is mounted.
      type: bool
    node_uuid:
      description: glusterd's UUID of the node.
      type: str
    sessions:
      description: On a primary node, the options in its own file of each session, by directory; null where it cannot be read.
      type: dict
    key_identities:
      description: On a primary node, the public halves of its geo-replication keys, each C(type base64).
      type: list
      elements: str
    programs:
      description: The path of each program that is run on this node; null if it is not installed.
      type: dict
    obstacles:
      description: Of the paths that are written on this node those that cannot be, each with the reason.
      type: dict
    accounts:
      description: For each of O(accounts), what keeps it from being given keys.
      type: dict
    libraries:
      description: Whether this node's Python has C(lxml) and C(paramiko).
      type: dict
    receiving:
      description: Whose sessions write into volumes through this receiving node just now.
      type: list
      elements: dict
    clock_offset:
      description: Seconds by which this node's clock is ahead of O(controller_time), the time of the login included.
      type: float
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
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._gluster.runner import Recorder
from ..module_utils._gluster.xml import HAS_LXML
from ..module_utils._model.errors import GeorepError
from ..module_utils._operate import preflight, trust


def argument_spec() -> dict[str, t.Any]:
    return dict(
        site=dict(type="str", choices=["primary", "secondary"], required=True),
        secondaries=dict(
            type="list",
            elements="dict",
            options=dict(
                secondary_host=dict(type="str", required=True),
                secondary_user=dict(type="str", default="root"),
                ssh_port=dict(type="int", default=22),
                secondary_nodes=dict(type="list", elements="str"),
            ),
        ),
        known_hosts_file=dict(type="path", default=trust.KNOWN_HOSTS),
        names=dict(type="list", elements="str"),
        volumes=dict(type="list", elements="str"),
        read=dict(
            type="dict",
            options=dict(
                config_of=dict(
                    type="list",
                    elements="dict",
                    options=dict(
                        primary_volume=dict(type="str", required=True),
                        secondary_host=dict(type="str"),
                        secondary_volume=dict(type="str"),
                        secondary_user=dict(type="str"),
                    ),
                ),
                secondary_hosts=dict(type="list", elements="str", default=[]),
                secondaries_of_others=dict(type="bool", default=False),
            ),
        ),
        programs=dict(type="list", elements="str"),
        written=dict(type="list", elements="path"),
        accounts=dict(type="list", elements="str"),
        controller_time=dict(type="float"),
        lock_timeout=dict(type="int", default=120),
    )


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    run = Recorder()
    unreadable = module.params["read"] is not None and not HAS_LXML
    if unreadable:
        module.params["read"] = None
    try:
        result = preflight.look(module.params, run, socket.gethostname())
    except GeorepError as exc:
        module.fail_json(commands=run.commands, **exc.as_result())
    if unreadable:
        result["read"] = {"msg": missing_required_lib("lxml")}
    module.exit_json(changed=False, commands=run.commands, **result)


if __name__ == "__main__":
    main()
