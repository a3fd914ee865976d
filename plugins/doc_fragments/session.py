# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Documentation that all modules about sessions share."""

    DOCUMENTATION = r"""
options:
  lock_timeout:
    description: How long to retry while another gluster command holds the cluster's lock, in seconds.
    type: int
    default: 120
requirements:
  - GlusterFS 9 to 11 with geo-replication on the node the module runs on, which must belong to the primary cluster.
  - lxml (Debian and Red Hat package C(python3-lxml)) for the Python that runs the module.
notes:
  - Run it on one node of the primary cluster, as root. The gluster CLI reaches the other nodes.
  - RV(commands) returns every gluster call of the module.
seealso:
  - module: glusterops.georep.gluster_georep_session
  - module: glusterops.georep.gluster_georep_config
  - module: glusterops.georep.gluster_georep_info
  - module: glusterops.georep.gluster_georep_checkpoint
  - module: glusterops.georep.gluster_ssh_trust
"""

    IDENTITY = r"""
options:
  primary_volume:
    description:
      - Name of the volume to replicate. It must be a volume of the cluster on which the module runs.
    type: str
  secondary_host:
    description:
      - Name or IPv4 address of one node of the secondary cluster, as the primary nodes reach it.
      - It is part of the session's identity. The same host under another name would be another session.
      - If GlusterFS keeps two sessions in the same directory, for example C(a -> h::h_v) and C(a_h -> h::v), the module refuses both.
      - GlusterFS does not support IPv6 literals here. Use a host name instead.
    type: str
  secondary_volume:
    description:
      - Name of the volume on the secondary cluster that receives the data.
    type: str
  secondary_user:
    description:
      - Account on the secondary nodes that receives the data.
    type: str
    default: root
"""

    NODES = r"""
options:
  nodes:
    description:
      - What M(glusterops.georep.gluster_georep_preflight_info) read from the session files of the primary nodes. Every node has its own file,
        and gluster shows only the file of the node on which it runs.
      - With this list, the module finds nodes whose options differ and nodes that do not know a session, and corrects them. Without it, a
        node that does not know a session is noticed only if one of its bricks has no worker.
    type: list
    elements: dict
    default: []
    suboptions:
      node:
        description: Name of the node.
        type: str
        required: true
      node_uuid:
        description: UUID of the node, as glusterd has it.
        type: str
        required: true
      sessions:
        description: Options in the node's file of each session, by the name of the session's directory.
        type: dict
        required: true
      site_defaults:
        description:
          - Options that the node's C(/etc/glusterfs/gsyncd.conf) sets for all sessions to another value than GlusterFS does. Every node has
            its own file.
        type: dict
        default: {}
"""

    SESSIONS = r"""
options:
  sessions:
    description:
      - Sessions.
    type: list
    elements: dict
    suboptions:
      primary_volume:
        description: Name of the primary volume.
        type: str
        required: true
      secondary_host:
        description: Host of the secondary, as in the session.
        type: str
        required: true
      secondary_volume:
        description: Name of the secondary volume.
        type: str
        required: true
      secondary_user:
        description: Account on the secondary nodes.
        type: str
        default: root
"""

    PEER_DOWN = r"""
options:
  accept:
    description:
      - Problems that do not stop the module, by name.
      - V(peer_down) means that a node of the primary cluster is down.
    type: list
    elements: str
    choices: [peer_down]
    default: []
"""
