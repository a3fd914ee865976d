#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_keys
short_description: Create and rotate the keys of a GlusterFS geo-replication
version_added: "0.1.0"
author:
  - GlusterOps contributors (@glusterops)
description:
  - Creates the SSH keys with which the nodes of a primary cluster log in to the secondary clusters, and returns their public lines. It
    runs on the primary nodes.
  - Replaces these keys by new keys in several steps. Until the last step, the secondary nodes accept both.
  - Each node records in C(distributed_keys.json) which keys were copied to which secondary nodes. The keys can then be removed there
    later, even after their node has left the cluster.
extends_documentation_fragment:
  - glusterops.georep.trust
  - glusterops.georep.trust.destinations
  - glusterops.georep.trust.known_hosts_file
  - glusterops.georep.trust.obstacles
  - glusterops.georep.attributes
requirements:
  - lxml (Debian and Red Hat package C(python3-lxml)) for O(step=reconnect).
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows fingerprints and comments of keys, never keys.
  idempotent:
    support: full
options:
  state:
    description:
      - V(present) creates the keys that are missing. Existing keys are never replaced.
      - V(rotated) replaces the key pairs of this node by new ones, in the steps of O(step). The playbook
        C(glusterops.georep.rotate_keys) runs all steps in their order, on both sites.
    type: str
    choices: [present, rotated]
    default: present
  generate:
    description:
      - With O(state=present), whether gluster creates the missing keys of the primary cluster (C(gsec_create)) and gathers their
        public lines on this node.
      - Set V(true) on one node of the cluster. gluster leaves out nodes that are down. RV(notes) names these nodes. Run again once they are
        up, to add their keys.
      - Set V(false) on the other nodes. The module then creates no keys, and only updates C(distributed_keys.json) there, the list of the
        keys that were copied to secondary nodes.
    type: bool
    default: true
  nodes:
    description:
      - With O(state=present), what M(glusterops.georep.gluster_georep_preflight_info) read on the primary nodes. If a node has no
        keys, or others than those gathered on this node, for example because it was reinstalled, the keys are created and gathered again.
      - By default only the number of nodes is compared.
    type: list
    elements: dict
    suboptions:
      node:
        description: Name of the node.
        type: str
        required: true
      keys:
        description: Public keys of the node, each C(type base64).
        type: list
        elements: str
        required: true
  secondaries:
    description:
      - With O(state=present), the secondary clusters to which the keys will be copied. The module records them before the keys
        are there.
      - With O(step=switch), the secondary clusters of all sessions. Every SSH connection to them is tested with the new keys.
      - With O(step=prepare), the same list. RV(logins) then says from where this node connects to them.
  step:
    description:
      - With O(state=rotated), the step to do now. Run each step on every primary node, and the next step only after the one before
        succeeded everywhere. After a run that was killed, start again with V(prepare).
      - V(prepare) creates new key pairs beside the current ones if the current ones are due by O(rotate_before) or O(max_age), and
        returns in RV(rotation) which public key lines to add on the secondary nodes, and which to remove there after V(reconnect).
      - V(switch) tests the login to every node of O(secondaries) with the new keys, and then replaces the current keys by them. The old
        keys still exist, and the secondary nodes still accept them. O(public_keys) and O(replaced_keys) are the new and the old public key lines of all nodes.
      - V(reconnect) restarts the running sessions one after the other, and waits until those that were active are active
        again. Run it on one node. Paused sessions stay paused.
      - V(finish) deletes the old pairs of this node. Before that, remove O(replaced_keys) from C(authorized_keys) on all secondary nodes.
    type: str
    choices: [prepare, switch, reconnect, finish]
  rotate_before:
    description:
      - With O(step=prepare), keys that were created before this time in UTC are due, for example C(2026-11-22T14:00:00Z). The age of a
        key is that of its private key file.
      - Without O(rotate_before) and O(max_age), no key is due. The module then only finishes a rotation that an earlier run began.
    type: str
  max_age:
    description:
      - With O(step=prepare), keys that are older than this number of days are replaced.
    type: int
  public_keys:
    description:
      - Public key lines. With O(step=prepare), the lines of all primary nodes. By default the lines that gluster gathered on this node.
      - With O(step=switch) and O(step=finish), the new public key lines of all primary nodes.
    type: list
    elements: str
  replaced_keys:
    description:
      - With O(step=switch) and O(step=finish), the old public key lines of all primary nodes.
    type: list
    elements: str
  known_hosts:
    description:
      - With O(step=switch), host keys that are known to be right, as lines C(NAME KEYTYPE BASE64) or C([NAME]:PORT KEYTYPE BASE64). They
        are used for this test instead of the keys in O(known_hosts_file), and not recorded.
    type: list
    elements: str
  timeout:
    description:
      - With O(step=switch), time to wait for each SSH connection from a primary node to a secondary node, in seconds.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: Create the keys of the primary cluster
  glusterops.georep.gluster_georep_keys:
  run_once: true
  register: georep_keys

- name: Create new keys if the current keys are older than a year (glusterops.georep.rotate_keys does this and the other steps)
  glusterops.georep.gluster_georep_keys:
    state: rotated
    step: prepare
    max_age: 365
"""

RETURN = r"""
public_keys:
  description:
    - Lines of authorized_keys of the whole primary cluster, as gluster gathered them on this node.
    - Empty on nodes where they were not gathered, and in check mode if they are not created yet.
  returned: always
  type: list
  elements: str
node_uuid:
  description: UUID by which glusterd knows this node. Null if this node has none.
  returned: always
  type: str
own_public_keys:
  description: Public keys of this node, without their forced commands.
  returned: always
  type: list
  elements: str
recorded_public_keys:
  description:
    - Public key lines that were copied from this cluster to secondary nodes and not removed there, according to
      C(distributed_keys.json) on this node.
    - Empty if that file was written for volumes of which this node has none any more. It then belongs to another cluster.
  returned: always
  type: list
  elements: str
recorded_sites:
  description: Secondary clusters to which these lines were copied, in the form of O(secondaries).
  returned: always
  type: list
  elements: dict
recorded_host_keys:
  description: Plain names in O(known_hosts_file) and their host keys, each C(KEYTYPE BASE64).
  returned: always
  type: dict
generated:
  description: Private keys of this node that were created.
  returned: always
  type: list
  elements: str
  sample: [secret.pem, tar_ssh.pem]
rotation:
  description: With O(state=rotated), what the step found or did. Null otherwise.
  returned: always
  type: dict
  contains:
    due:
      description: Whether keys must be replaced, or sessions restarted.
      type: bool
    reason:
      description: Why the keys are due.
      type: str
    made:
      description: When the current keys were created, in UTC.
      type: str
    old_lines:
      description: Lines of authorized_keys to remove in the end.
      type: list
      elements: str
    new_lines:
      description: Lines of authorized_keys to copy to the secondary nodes. Empty in check mode for keys that are not created yet.
      type: list
      elements: str
    restarted:
      description: Sessions that were or would be restarted.
      type: list
      elements: str
probes:
  description: With O(step=switch), what the test of the SSH connections found. See RV(glusterops.georep.gluster_ssh_trust#module:probes).
  returned: always
  type: list
  elements: dict
logins:
  description:
    - With O(secondaries) and O(state=present), or with O(step=prepare) if keys are due, the connections of this node to the secondary nodes. The SSH
      server there may treat logins by them, see O(glusterops.georep.gluster_georep_authorized_keys#module:logins).
  returned: always
  type: list
  elements: dict
  contains:
    user:
      description: Account on the secondary node.
      type: str
    address:
      description: This node's address in the connection.
      type: str
    local_address:
      description: Address of the secondary node.
      type: str
    port:
      description: TCP port of the SSH server.
      type: int
notes:
  description: Other information about this run.
  returned: always
  type: list
  elements: str
before:
  description: Key pairs of this node, gathered public key lines, and contents of C(distributed_keys.json) before the run.
  returned: always
  type: dict
after:
  description: The same after the run. In check mode, what it would be.
  returned: always
  type: dict
commands:
  description:
    - Commands that the module ran on this node.
    - If the module fails, only the command that failed. Run Ansible with C(-v) for all.
  returned: always
  type: list
  elements: dict
  contains:
    argv:
      description: Command and its arguments.
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

from ..module_utils._apply import key_work, keys, rotation
from ..module_utils._module import DESTINATIONS, KNOWN_HOSTS_FILE, OBSTACLES, Call, each, require_lxml, run_module

NODE_KEYS = dict(node=dict(type="str", required=True), keys=dict(type="list", elements="str", required=True, no_log=False))
SPEC: dict[str, t.Any] = dict(
    argument_spec=dict(
        state=dict(type="str", choices=["present", "rotated"], default="present"),
        generate=dict(type="bool", default=True),
        nodes=each(NODE_KEYS),
        step=dict(type="str", choices=list(rotation.STEPS)),
        rotate_before=dict(type="str"),
        max_age=dict(type="int"),
        public_keys=dict(type="list", elements="str", no_log=False),
        replaced_keys=dict(type="list", elements="str", no_log=False),
        known_hosts=dict(type="list", elements="str"),
        timeout=dict(type="int", default=10),
        **DESTINATIONS,
        **OBSTACLES,
        **KNOWN_HOSTS_FILE,
    ),
    mutually_exclusive=[("rotate_before", "max_age")],
    required_if=[("state", "rotated", ("step",)), ("step", "switch", ("secondaries", "public_keys", "replaced_keys"))],
    only_with={
        **{name: [("state", "present")] for name in ("generate", "nodes")},
        "step": [("state", "rotated")],
        "secondaries": [("state", "present"), ("step", "prepare"), ("step", "switch")],
        **{name: [("step", "prepare")] for name in ("rotate_before", "max_age")},
        "public_keys": [("step", "prepare"), ("step", "switch"), ("step", "finish")],
        "replaced_keys": [("step", "switch"), ("step", "finish")],
        **{name: [("step", "switch")] for name in ("known_hosts", "timeout", "obstacles")},
    },
)


def work(call: Call) -> dict[str, t.Any]:
    report = keys.KeysReport()
    call.so_far = report.as_result
    ctx = key_work.Context(call.run, call.node, call.check_mode)
    if call.params["state"] == "present":
        keys.present(keys.read_request(call.params), ctx, report)
    else:
        if call.params["step"] == "reconnect":
            require_lxml()
        rotation.rotate(rotation.read_request(call.params, call.now()), ctx, report)
    return report.as_result()


def main() -> None:
    run_module(SPEC, work)


if __name__ == "__main__":
    main()
