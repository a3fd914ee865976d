#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_directory
short_description: Use a plain directory as destination of GlusterFS geo-replication
version_added: 0.1.0
description:
  - GlusterFS replicates only into volumes. This module creates a volume with a directory as its only brick, so that the replicated files can be
    read in the directory itself. It also deletes that volume again. It never deletes files.
  - The volume is named after the directory, with dashes for slashes. For example, C(/srv/dr/projects) becomes C(georep-srv-dr-projects). If
    the path is long or has characters other than letters, digits and underscores, a short hash of it is added.
  - The module marks the volume with the option C(user.glusterops.georep), and deletes only volumes with that mark. The value begins with
    C(pending:) until the files that the directory already had are part of the volume. So the next run finishes a run that was killed.
  - GlusterFS adds the folder C(.glusterfs), with one hard link for each file, and xattrs that begin with C(trusted.gfid) and
    C(trusted.glusterfs) on every file. Do not change them as long as the volume exists.
  - You may read files in the directory. Writing, renaming or deleting there bypasses GlusterFS and breaks the replication of the files that
    you touch. O(directories[].read_only) cannot prevent that.
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
  - Unlike most of the other modules, it runs on the node that receives. That node may belong to a cluster or stand alone.
  - The directory must be on a file system with trusted xattrs, such as XFS or ext4. On the root file system, a full copy fills the system.
options:
  directories:
    description:
      - The directories, and the state of each. The module checks all of them before it changes the first one.
    type: list
    elements: dict
    required: true
    suboptions:
      secondary_host:
        description:
          - Name or IPv4 address by which the primary nodes reach this node. It becomes the host of the brick, so it must resolve to this
            node here and on all nodes of its cluster.
        type: str
        required: true
      directory:
        description:
          - Absolute path of the directory. Created if missing. System directories and symbolic links are refused.
        type: str
        required: true
      state:
        description:
          - V(present) creates and starts a volume over the directory.
          - V(absent) deletes the volume if this module created it. The directory and its files stay. RV(directories[].left) lists what
            GlusterFS leaves beside them.
        type: str
        choices: [present, absent]
        default: present
      accept:
        description:
          - Problems that do not stop the module, by name.
          - V(directory_not_empty) means that the directory already holds files. They become part of the volume, and GlusterFS resolves
            conflicts in favour of the primary. A file with the same name as a file on the primary is deleted and replaced. A directory with
            the same name as one on the primary is deleted B(with everything in it). Everything else stays. This was observed with GlusterFS
            10.3.
          - If C(gfid-conflict-resolution) is V(false) in the session's config, GlusterFS keeps files with such names as they are and does
            not replicate them.
          - With this consent the module reads every name once through the volume, because workers fail at files that no client has ever
            looked up.
        type: list
        elements: str
        choices: [directory_not_empty]
        default: []
      node_uuid:
        description:
          - UUID of O(directories[].secondary_host), as glusterd has it. A node with another UUID is not that host, whatever the name
            resolves to there. Not checked if not set.
        type: str
      read_only:
        description:
          - Whether clients that mount the volume may only read. Not changed if not set.
        type: bool
  other_hosts:
    description:
      - What to do with directories whose O(directories[].secondary_host) is not this node. V(fail) fails. V(skip) skips them and lists them
        in RV(other_hosts), so that you can give one list to every node of a site.
    type: str
    choices: [fail, skip]
    default: fail
"""

EXAMPLES = r"""
- name: Create a volume with a directory as its only brick
  glusterops.georep.gluster_georep_directory:
    directories:
      - secondary_host: secondary1
        directory: /srv/dr/projects
        read_only: true
  delegate_to: secondary1

- name: Replicate into the directory
  glusterops.georep.gluster_georep_session:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: georep-srv-dr-projects

- name: Delete the volume and keep the files
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
      description: Host as given.
      type: str
    directory:
      description: Normalized path of the directory.
      type: str
    secondary_volume:
      description: Name of the volume over the directory, for O(glusterops.georep.gluster_georep_session#module:secondary_volume).
      type: str
    state:
      description: Requested state.
      type: str
    changed:
      description: Whether the module changed something for this directory.
      type: bool
    before:
      description:
        - The volume before the run, with its C(status), whether this module made it (C(made_here)), and whether clients may only read it
          (C(read_only)).
        - C(taking_in) is true until the files that the directory already had are part of the volume. Otherwise it is missing.
      type: dict
      sample: {"status": "absent"}
    after:
      description: The volume after the run, read from gluster. In check mode, what it would be.
      type: dict
      sample: {"status": "Started", "made_here": true, "read_only": true}
    steps:
      description: What the module did, or would do in check mode, in order and each with its reason.
      type: list
      elements: str
    notes:
      description: Problems that were accepted by name, and other information for people.
      type: list
      elements: str
    left:
      description: What stays on the node after the volume is deleted, and how to delete it by hand.
      type: list
      elements: str
    node_uuid:
      description: UUID of this node. Null if glusterd is not running.
      type: str
    cluster_uuids:
      description: UUIDs of all nodes of this node's cluster, including this node. Empty if glusterd is not running.
      type: list
      elements: str
    size:
      description: Size in bytes of the file system with the directory. 0 if a volume that was used exists already.
      type: int
    used:
      description: Bytes in use.
      type: int
    available:
      description: Free bytes.
      type: int
    entries:
      description: Names that the directory held before a volume was created over it.
      type: list
      elements: str
steps:
  description: The steps of all directories, each with its volume and host.
  returned: success
  type: list
  elements: str
  sample: ["georep-srv-dr-projects on secondary1: create: the volume does not exist"]
notes:
  description: The notes of all directories, and what stays of those with O(directories[].state=absent).
  returned: success
  type: list
  elements: str
other_hosts:
  description: The O(directories[].secondary_host) that are not this node.
  returned: success
  type: list
  elements: str
lacking:
  description:
    - What is missing on this node before it can have a volume, C(packages) to install and the C(service) to start. Both are empty if
      nothing is missing.
  returned: success
  type: dict
  sample: {"packages": ["glusterfs-server"], "service": "glusterd"}
missing_library:
  description: V(lxml) if this node lacks packages of GlusterFS and also the Python library lxml, which the module needs once they are installed.
  returned: if the library is missing
  type: str
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

from ..module_utils._apply.directory import (
    check_apart,
    converge,
    diff_of,
    here,
    lacking_packages,
    result_of,
    wanted_from,
)
from ..module_utils._gluster.store import read_node_uuid
from ..module_utils._model.identity import check_host
from ..module_utils._module import LOCK_TIMEOUT, Call, Options, each, has_lxml, require_lxml, run_module
from ..module_utils._plan.directory import CONSENTS

DIRECTORY: Options = dict(
    secondary_host=dict(type="str", required=True),
    directory=dict(type="str", required=True),
    state=dict(type="str", choices=["present", "absent"], default="present"),
    accept=dict(type="list", elements="str", choices=list(CONSENTS), default=[]),
    node_uuid=dict(type="str"),
    read_only=dict(type="bool"),
)
SPEC = dict(
    argument_spec=dict(
        directories=each(DIRECTORY, required=True),
        other_hosts=dict(type="str", choices=["fail", "skip"], default="fail"),
        **LOCK_TIMEOUT,
    )
)


def work(call: Call) -> dict[str, t.Any]:
    params = call.params
    # Where GlusterFS is missing there is nothing to read, and the library is not needed yet.
    if not lacking_packages():
        require_lxml()
    wanted = [wanted_from(entry, f"directories[{index}].") for index, entry in enumerate(params["directories"])]
    for index, item in enumerate(wanted):
        check_host(f"directories[{index}].secondary_host", item.secondary_host)
    uuids = {entry["secondary_host"]: entry["node_uuid"] for entry in params["directories"]}
    own, others = here(wanted, params["other_hosts"] == "skip", uuids, read_node_uuid())
    check_apart(wanted, "directories", {item.secondary_host for item in own})
    node, outcomes = converge(call.cli, call.run, own, call.check_mode)
    return dict(
        changed=any(outcome.plan.changed for outcome in outcomes),
        steps=[f"{line.plan.wanted.volume} on {line.plan.wanted.secondary_host}: {step}" for line in outcomes for step in line.plan.words],
        notes=[note for line in outcomes for note in (*line.plan.notes, *line.plan.left)],
        directories=[result_of(outcome, node) for outcome in outcomes],
        other_hosts=others,
        lacking={"packages": list(node.lacking.packages), "service": node.lacking.service},
        **({"missing_library": "lxml"} if node.lacking.packages and not has_lxml() else {}),
        diff=diff_of(outcomes),
    )


def main() -> None:
    run_module(SPEC, work)


if __name__ == "__main__":
    main()
