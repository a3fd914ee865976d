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
