# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What every module that deals with sessions says once."""

    DOCUMENTATION = r"""
options:
  lock_timeout:
    description:
      - How long to go on trying, in seconds, while another gluster command holds the cluster's lock.
    type: int
    default: 120
requirements:
  - GlusterFS 9 to 11 with geo-replication on the node the module runs on, which must belong to the primary cluster.
  - lxml (Debian and Red Hat package C(python3-lxml)) for the Python that runs the module.
notes:
  - Run it on one node of the primary cluster, as root. The gluster CLI reaches the others.
  - Every gluster call of a run is returned in RV(commands).
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
      - The volume that is replicated, a volume of the cluster the module runs on.
    type: str
  secondary_host:
    description:
      - Name or IPv4 address of one node of the secondary cluster, as the primary nodes reach it.
      - It is part of the session's identity; the same host under another name would be another session.
      - A session that GlusterFS keeps in the same directory as another one, as C(a -> h::h_v) and C(a_h -> h::v), is refused.
      - GlusterFS cannot use IPv6 literals here. Give the host a name.
    type: str
  secondary_volume:
    description:
      - The volume on the secondary cluster that receives the data.
    type: str
  secondary_user:
    description:
      - The account on the secondary nodes that receives the data.
    type: str
    default: root
"""
