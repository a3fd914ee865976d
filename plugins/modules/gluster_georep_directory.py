#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_directory
short_description: Make a plain directory the destination of GlusterFS geo-replication
version_added: 0.1.0
description:
  - GlusterFS replicates into volumes only. This makes a volume of one brick over a directory, so that the replicated files
    can be read in the directory itself, and takes that volume away again. Files are never deleted.
  - The volume is named after the directory, with dashes for slashes. C(/srv/dr/projects) becomes C(georep-srv-dr-projects). Where
    the path has other characters than letters, digits and underscores, or is long, a short hash of it is added.
  - The volume is marked with the option C(user.glusterops.georep). Only a volume with that mark is ever deleted. As long as what the
    directory held before is not taken in, the value begins with C(pending:), so that a run that was killed is finished by the next one.
  - Beside the files appear the folder C(.glusterfs), with one hard link for each file, and, on every file, xattrs that
    begin with C(trusted.gfid) and C(trusted.glusterfs). Leave them alone as long as the volume is there.
  - Reading the files in the directory is fine. Writing, renaming or deleting there goes behind the back of GlusterFS, cannot be
    prevented by O(directories[].read_only), and breaks the replication of what was touched.
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
  - Unlike most of the other modules it runs on the node that receives. It may be a node of a cluster, or stand alone.
  - The directory must be on a file system with trusted xattrs, such as XFS or ext4. On the root file system, a full copy fills
    the system.
options:
  directories:
    description:
      - The directories, and what each is to be. All are checked before the first is touched.
    type: list
    elements: dict
    required: true
    suboptions:
      secondary_host:
        description:
          - The name or IPv4 address by which the primary nodes reach this node. It becomes the host of the brick, so it must mean this
            very node here, too, and on all nodes of its cluster.
        type: str
        required: true
      directory:
        description:
          - The absolute path. It is made where it is missing. Directories of the system itself, and symbolic links, are refused.
        type: str
        required: true
      state:
        description:
          - V(present), there is a started volume over the directory.
          - V(absent), there is none that this module made. The directory and its files stay, and RV(directories[].left) says what
            GlusterFS leaves beside them.
        type: str
        choices: [present, absent]
        default: present
      accept:
        description:
          - Objections to accept, by name.
          - V(directory_not_empty), the directory holds something already. It becomes part of the volume, and GlusterFS resolves
            conflicts in favour of the primary. A file that has the name of one on the primary is deleted and replaced; a directory that
            has the name of one on the primary is deleted B(with all that it holds). Whatever has no such name stays. This is what
            GlusterFS 10.3 was seen to do. With C(gfid-conflict-resolution) set to V(false) in the session's config it leaves
            such names as they are, and does not replicate them. Everything is listed once through the volume, because workers fail
            at files that no client has ever looked up.
        type: list
        elements: str
        choices: [directory_not_empty]
        default: []
      node_uuid:
        description:
          - glusterd's UUID of O(directories[].secondary_host), where it is known. A node with another UUID is not that host,
            whatever address the name has there.
        type: str
      read_only:
        description:
          - Whether clients that mount the volume may only read. Left as it is where not given.
        type: bool
  other_hosts:
    description:
      - What to do about directories whose O(directories[].secondary_host) is not this node. V(fail), or V(skip) them and
        name them in RV(other_hosts), so that one list can be given to every node of a site.
    type: str
    choices: [fail, skip]
    default: fail
"""

EXAMPLES = r"""
- name: Receive into a directory
  glusterops.georep.gluster_georep_directory:
    directories:
      - secondary_host: secondary1
        directory: /srv/dr/projects
        read_only: true
  delegate_to: secondary1

- name: Replicate into it
  glusterops.georep.gluster_georep_session:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: georep-srv-dr-projects

- name: Take the volume away, and keep the files
  glusterops.georep.gluster_georep_directory:
    directories:
      - secondary_host: secondary1
        directory: /srv/dr/projects
        state: absent
  delegate_to: secondary1
"""

RETURN = r"""
directories:
  description: One entry for each directory of this node.
  returned: success
  type: list
  elements: dict
  contains:
    secondary_host:
      description: The host as it was given.
      type: str
    directory:
      description: The directory in its one spelling.
      type: str
    secondary_volume:
      description: The volume over it, for O(glusterops.georep.gluster_georep_session#module:secondary_volume).
      type: str
    state:
      description: What it was to be.
      type: str
    changed:
      description: Whether something was done about it.
      type: bool
    before:
      description:
        - The volume before; its C(status), whether it was C(made_here), and whether clients may C(read_only).
        - C(taking_in) is there, and true, as long as what the directory held is not taken in.
      type: dict
      sample: {"status": "absent"}
    after:
      description: The same afterwards, as it was read back; in check mode, as it would be.
      type: dict
      sample: {"status": "Started", "made_here": true, "read_only": true}
    steps:
      description: What was done, or in check mode would be done, in order, each with its reason.
      type: list
      elements: str
    notes:
      description: What was accepted by name, and what people should know.
      type: list
      elements: str
    left:
      description: What stays on the node when the volume is gone, and how to remove it by hand.
      type: list
      elements: str
    node_uuid:
      description: glusterd's UUID of this node; null as long as glusterd does not run.
      type: str
    cluster_uuids:
      description: glusterd's UUIDs of all nodes of its cluster, this one among them; empty as long as glusterd does not run.
      type: list
      elements: str
    size:
      description: Bytes of the file system that holds the directory; 0 where a volume exists already that was used.
      type: int
    used:
      description: Bytes of it in use.
      type: int
    available:
      description: Bytes of it that are free.
      type: int
    entries:
      description: What was in the directory before a volume was made over it.
      type: list
      elements: str
steps:
  description: The steps of all directories, each with its volume and host.
  returned: success
  type: list
  elements: str
  sample: ["georep-srv-dr-projects on secondary1: create: the volume does not exist"]
notes:
  description: The notes of all directories, and what stays of those that go.
  returned: success
  type: list
  elements: str
other_hosts:
  description: The O(directories[].secondary_host) that are not this node.
  returned: success
  type: list
  elements: str
lacking:
  description: What this node needs before it can have a volume, C(packages) and the C(service) to start; both empty where all is there.
  returned: success
  type: dict
  sample: {"packages": ["glusterfs-server"], "service": "glusterd"}
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

from ..module_utils._georep.directory import CONSENTS
from ..module_utils._gluster.runner import GlusterCli, Recorder
from ..module_utils._gluster.xml import HAS_LXML
from ..module_utils._model.errors import GeorepError
from ..module_utils._model.identity import check_host
from ..module_utils._operate.directory import (
    check_apart,
    converge,
    diff_of,
    here,
    lacking_packages,
    result_of,
    wanted_from,
)
from ..module_utils._operate.facts import read_node_uuid


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            directories=dict(
                type="list",
                elements="dict",
                required=True,
                options=dict(
                    secondary_host=dict(type="str", required=True),
                    directory=dict(type="str", required=True),
                    state=dict(type="str", choices=["present", "absent"], default="present"),
                    accept=dict(type="list", elements="str", choices=list(CONSENTS), default=[]),
                    node_uuid=dict(type="str"),
                    read_only=dict(type="bool"),
                ),
            ),
            other_hosts=dict(type="str", choices=["fail", "skip"], default="fail"),
            lock_timeout=dict(type="int", default=120),
        ),
        supports_check_mode=True,
    )
    params = module.params
    # Where GlusterFS is missing there is nothing to read, and the library is not needed yet.
    if not HAS_LXML and not lacking_packages():
        module.fail_json(msg=missing_required_lib("lxml"))
    run = Recorder()
    try:
        wanted = [wanted_from(entry, f"directories[{index}].") for index, entry in enumerate(params["directories"])]
        for index, item in enumerate(wanted):
            check_host(f"directories[{index}].secondary_host", item.secondary_host)
        uuids = {entry["secondary_host"]: entry["node_uuid"] for entry in params["directories"]}
        own, others = here(wanted, params["other_hosts"] == "skip", uuids, read_node_uuid())
        check_apart(wanted, "directories", {item.secondary_host for item in own})
        node, outcomes = converge(GlusterCli(run, lock_patience=params["lock_timeout"]), run, own, module.check_mode)
    except GeorepError as exc:
        module.fail_json(commands=run.commands, **exc.as_result())
    module.exit_json(
        changed=any(outcome.plan.changed for outcome in outcomes),
        steps=[f"{line.plan.wanted.volume} on {line.plan.wanted.secondary_host}: {step}" for line in outcomes for step in line.plan.words],
        notes=[note for line in outcomes for note in (*line.plan.notes, *line.plan.left)],
        directories=[result_of(outcome, node) for outcome in outcomes],
        other_hosts=others,
        lacking={"packages": list(node.lacking.packages), "service": node.lacking.service},
        commands=run.commands,
        diff=diff_of(outcomes),
    )


if __name__ == "__main__":
    main()
