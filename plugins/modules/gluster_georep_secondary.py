#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_secondary
short_description: Prepare the secondary volumes of GlusterFS geo-replication
version_added: 0.1.0
description:
  - Sets or resets C(features.read-only) of volumes that receive the data of a session, so that only geo-replication writes to them.
    C(create push-pem) of GlusterFS does the same; C(create no-verify) does not.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.session
  - glusterops.georep.attributes
  - glusterops.georep.attributes.actiongroup_georep
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - Unlike the other modules, it runs on a node of the secondary cluster.
options:
  volumes:
    description:
      - Names of volumes of the cluster on which the module runs.
    type: list
    elements: str
    required: true
  read_only:
    description:
      - Whether clients may only read the volumes.
    type: bool
    default: true
  volume_uuids:
    description:
      - UUIDs that the O(volumes) must have, by volume name, as C(gluster volume info) prints them. A volume with the same name and another
        UUID belongs to another cluster or was created again. The module then fails before it changes anything.
      - Volumes that are not listed here are identified by name only.
    type: dict
    default: {}
  ignore_missing:
    description:
      - Whether to skip a volume that does not exist or has another UUID than in O(volume_uuids). V(false) fails.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Set the secondary volume read-only for clients
  glusterops.georep.gluster_georep_secondary:
    volumes: [projects-dr]
    volume_uuids:
      projects-dr: 6f1cd5c1-5b0c-4a40-9d2c-4b2c4f6a3f1e
  delegate_to: secondary1

- name: Allow clients to write to the secondary volume after a failover
  glusterops.georep.gluster_georep_secondary:
    volumes: [projects-dr]
    read_only: false
  delegate_to: secondary1
"""

RETURN = r"""
volumes:
  description: Each volume, and whether it was read-only before and after the run. In check mode, what it would be.
  returned: success
  type: list
  elements: dict
  sample: [{"volume": "projects-dr", "before": false, "after": true}]
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

from ..module_utils._apply.secondary import READ_ONLY, set_read_only
from ..module_utils._model.identity import check_volume
from ..module_utils._module import LOCK_TIMEOUT, Call, run_module

SPEC = dict(
    argument_spec=dict(
        volumes=dict(type="list", elements="str", required=True),
        read_only=dict(type="bool", default=True),
        volume_uuids=dict(type="dict", default={}),
        ignore_missing=dict(type="bool", default=False),
        **LOCK_TIMEOUT,
    )
)


def work(call: Call) -> dict[str, t.Any]:
    params = call.params
    names = [check_volume("volumes", name) for name in params["volumes"]]
    done = set_read_only(call.cli, names, params["read_only"], call.check_mode, params["ignore_missing"], params["volume_uuids"])
    changed = [item for item in done if item.before != item.after]
    return dict(
        changed=bool(changed),
        volumes=[item._asdict() for item in done],
        diff=[
            {
                "before_header": item.volume,
                "after_header": item.volume,
                "before": {READ_ONLY: item.before},
                "after": {READ_ONLY: item.after},
            }
            for item in changed
        ],
    )


def main() -> None:
    run_module(SPEC, work, needs_lxml=True)


if __name__ == "__main__":
    main()
