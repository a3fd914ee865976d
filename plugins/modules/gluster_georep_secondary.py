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
  - Sets or unsets C(features.read-only) of volumes that receive a session's data, so that nobody but geo-replication
    writes to them. C(create push-pem) of GlusterFS does the same; C(create no-verify) does not.
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
  - Unlike the other modules it runs on a node of the secondary cluster.
options:
  volumes:
    description:
      - Names of volumes of the cluster the module runs on.
    type: list
    elements: str
    required: true
  read_only:
    description:
      - Whether clients may only read.
    type: bool
    default: true
  volume_uuids:
    description:
      - The UUIDs that volumes of O(volumes) must have, by their names, as C(gluster volume info) prints them. A volume of the
        same name with another UUID belongs to another cluster, or was made anew. The module then fails before it changes anything.
      - Volumes that are not named here are known by their names alone.
    type: dict
    default: {}
  ignore_missing:
    description:
      - Whether a volume that does not exist, or has another UUID than O(volume_uuids) says, is left out instead of an error.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Nobody but geo-replication writes to the copy
  glusterops.georep.gluster_georep_secondary:
    volumes: [projects-dr]
    volume_uuids:
      projects-dr: 6f1cd5c1-5b0c-4a40-9d2c-4b2c4f6a3f1e
  delegate_to: secondary1

- name: Let clients write to it after a failover
  glusterops.georep.gluster_georep_secondary:
    volumes: [projects-dr]
    read_only: false
  delegate_to: secondary1
"""

RETURN = r"""
volumes:
  description: Each volume and whether it was and is read-only; in check mode, would be.
  returned: success
  type: list
  elements: dict
  sample: [{"volume": "projects-dr", "before": false, "after": true}]
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

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._gluster.runner import GlusterCli, Recorder
from ..module_utils._gluster.xml import HAS_LXML
from ..module_utils._model.errors import GeorepError
from ..module_utils._model.identity import check_volume
from ..module_utils._operate.secondary import READ_ONLY, set_read_only


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            volumes=dict(type="list", elements="str", required=True),
            read_only=dict(type="bool", default=True),
            volume_uuids=dict(type="dict", default={}),
            ignore_missing=dict(type="bool", default=False),
            lock_timeout=dict(type="int", default=120),
        ),
        supports_check_mode=True,
    )
    if not HAS_LXML:
        module.fail_json(msg=missing_required_lib("lxml"))
    run = Recorder()
    try:
        names = [check_volume("volumes", name) for name in module.params["volumes"]]
        cli = GlusterCli(run, lock_patience=module.params["lock_timeout"])
        done = set_read_only(
            cli, names, module.params["read_only"], module.check_mode, module.params["ignore_missing"], module.params["volume_uuids"]
        )
    except GeorepError as exc:
        module.fail_json(commands=run.commands, **exc.as_result())
    changed = [item for item in done if item.before != item.after]
    module.exit_json(
        changed=bool(changed),
        volumes=[item._asdict() for item in done],
        commands=run.commands,
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


if __name__ == "__main__":
    main()
