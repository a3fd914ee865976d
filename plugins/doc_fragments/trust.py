# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Documentation that the modules about SSH trust between the clusters share."""

    DOCUMENTATION = r"""
options: {}
notes:
  - Must run as root.
  - In the folders of an unprivileged account the module works with the rights of that account. If it finds a FIFO, a socket, a
    device, a directory, a symbolic link, a hard link to a file of another account, or a file of more than 1 MiB in place of
    C(authorized_keys) or of a copy of public keys, the module fails before it changes anything. So do check mode and
    the state V(verified).
seealso:
  - module: glusterops.georep.gluster_georep_keys
  - module: glusterops.georep.gluster_georep_authorized_keys
  - module: glusterops.georep.gluster_ssh_trust
  - module: glusterops.georep.gluster_georep_session
"""

    DESTINATIONS = r"""
options:
  secondaries:
    description:
      - Secondary clusters to log in to. A node, account and port that several of them share is used once.
    type: list
    elements: dict
    suboptions:
      secondary_host:
        description:
          - Host name or IPv4 address of the secondary cluster, as in the session. GlusterFS can use IPv6 only through host names.
        type: str
        required: true
      secondary_user:
        description:
          - Account on the secondary nodes.
        type: str
        default: root
      ssh_port:
        description:
          - TCP port of the SSH server on the secondary nodes.
        type: int
        default: 22
      secondary_nodes:
        description:
          - Host names or addresses of all nodes that hold bricks of the secondary volume, as C(gluster volume info) shows them there. Each
            replication worker logs in to one of them.
          - By default the host itself is the only node.
        type: list
        elements: str
"""

    OBSTACLES = r"""
options:
  obstacles:
    description:
      - What keeps keys from working on secondary nodes, as RV(glusterops.georep.gluster_georep_authorized_keys#module:obstacles) returns it there.
      - If a login with a key fails on such a node, the failure names these causes, because ssh does not know them.
    type: list
    elements: dict
    suboptions:
      secondary_node:
        description: Secondary node, by its name in O(secondaries).
        type: str
        required: true
      secondary_user:
        description: Account on that node.
        type: str
        default: root
      obstacles:
        description: What is in the way, in sentences.
        type: list
        elements: str
        required: true
"""

    KNOWN_HOSTS_FILE = r"""
options:
  known_hosts_file:
    description:
      - The collection's own known_hosts file on this node, which holds the host keys of the secondary nodes. Sessions use it through
        their option C(ssh-options).
    type: str
    default: /var/lib/glusterd/geo-replication/known_hosts
"""

    KNOWN_HOSTS = r"""
options:
  known_hosts:
    description:
      - Host keys that are known to be right, as lines C(NAME KEYTYPE BASE64) or C([NAME]:PORT KEYTYPE BASE64). A plain
        name applies to all ports of that host.
      - For each name in use, these keys replace the keys in O(known_hosts_file). Lines for other names are ignored, and their keys
        in the file stay.
    type: list
    elements: str
  trust_on_first_use:
    description:
      - Whether to accept the keys that unknown hosts show the first time, and to record them. RV(notes) and a
        warning report the fingerprints.
      - A host key that differs from the recorded one is never accepted this way.
    type: bool
    default: false
"""
