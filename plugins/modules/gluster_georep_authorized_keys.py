#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_authorized_keys
short_description: Accept the keys of a GlusterFS geo-replication on a secondary node
version_added: "0.1.0"
author:
  - GlusterOps contributors (@glusterops)
description:
  - Adds the public keys of a primary cluster to C(authorized_keys) of an account of this node, or removes them. It runs on the
    secondary nodes.
  - The module edits only lines that hold one of these keys, in the files that the SSH server of this node really reads.
  - It returns the host keys of this node, so that the primary nodes can verify them.
extends_documentation_fragment:
  - glusterops.georep.trust
  - glusterops.georep.attributes
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
      - V(present) adds the missing lines of O(public_keys), and corrects the owner and mode of C(.ssh) and C(authorized_keys) if the SSH
        server would ignore them.
      - V(verified) changes nothing, and fails if a line is missing or the SSH server would refuse the keys. It is a state and not an
        C(_info) module because it asserts what V(present) sets up, with the same options.
      - V(absent) removes every line that holds one of the keys, whatever options stand in front of it.
    type: str
    choices: [present, verified, absent]
    default: present
  account:
    description:
      - Account of this node whose keys are edited.
    type: str
    default: root
  public_keys:
    description:
      - Lines of authorized_keys, as RV(glusterops.georep.gluster_georep_keys#module:public_keys) returns them on a primary node. Required
        unless O(state=verified).
      - Each line must force a command of GlusterFS. A key without a forced command opens a shell and breaks gsyncd.
      - A line with the same key and another forced command, or none, is replaced. Options such as C(from=) on
        a line with the right forced command stay.
      - If gsyncd is in another folder on this node than on the primary nodes, the module writes this node's own path into the line. A line
        with any path of gsyncd that this node has stays as it is.
    type: list
    elements: str
  only_nodes:
    description:
      - Edit the account only if glusterd's UUID of this node is one of these. Other nodes return RV(host_keys) without a change.
      - By default the account is edited on every node on which the module runs.
    type: list
    elements: str
  logins:
    description:
      - The connections from which the primary nodes log in to O(account), because settings of the SSH server may depend on them (C(Match
        Address), C(LocalAddress), C(LocalPort)). The module asks C(sshd -T) for each of them, adds the keys to the file that the SSH server
        reads for it, and compares its address with C(AllowUsers) and C(DenyUsers).
      - One list may serve several nodes. Each node takes the entries whose O(logins[].local_address) is its own.
      - If not set, and the settings depend on the connection, they are not checked, and RV(notes) says so.
    type: list
    elements: dict
    suboptions:
      address:
        description: IP address of the primary node, as this node sees it.
        type: str
        required: true
      local_address:
        description: IP address of the secondary node that the primary node connects to. By default the one from which this node answers it.
        type: str
      port:
        description: TCP port of the SSH server.
        type: int
        default: 22
  keep_on_nodes:
    description:
      - With O(state=absent), keep the keys if glusterd's UUID of this node is one of these, because other sessions still use the
        account.
    type: list
    elements: str
  copies_of:
    description:
      - With O(state=absent), the volumes of deleted sessions, in pairs. The copies of the public keys that
        C(create push-pem) left on this node (C(PRIMARY_SECONDARY_common_secret.pem.pub)) are removed if they hold nothing but
        O(public_keys).
    type: list
    elements: dict
    suboptions:
      primary_volume:
        description: Name of the primary volume.
        type: str
        required: true
      secondary_volume:
        description: Name of the secondary volume.
        type: str
        required: true
      node_uuids:
        description:
          - glusterd's UUIDs of the nodes whose copies are removed. Another secondary cluster may have a volume of the same name with a
            session that stays. By default the copies are removed on every node on which the module runs.
        type: list
        elements: str
  shell_keys:
    description:
      - Whether to accept lines without a forced command. Such a key opens a shell on this node.
      - Only C(create push-pem) needs one. Sessions that are created without verification do not.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Create the keys of the primary cluster
  glusterops.georep.gluster_georep_keys:
  run_once: true
  register: georep_keys

- name: Accept them on the nodes of the secondary cluster
  glusterops.georep.gluster_georep_authorized_keys:
    public_keys: "{{ georep_keys.public_keys }}"
  delegate_to: "{{ item }}"
  loop: "{{ groups['dr'] }}"
  register: georep_hosts

- name: Remove the keys of a primary cluster that does not exist any more
  glusterops.georep.gluster_georep_authorized_keys:
    state: absent
    account: geoaccount
    public_keys: "{{ old_public_keys }}"
"""

RETURN = r"""
accounts:
  description: Accounts that were examined, and what was changed in them or would be changed.
  returned: always
  type: list
  elements: dict
  contains:
    account:
      description: Name of the account.
      type: str
    path:
      description: File in which the SSH server looks for its keys.
      type: str
    changed:
      description: Whether something was or would be changed.
      type: bool
    before:
      description: Lines of O(public_keys) that were there.
      type: list
      elements: str
    after:
      description: Lines of O(public_keys) that are there now.
      type: list
      elements: str
    actions:
      description: What was or would be done.
      type: list
      elements: str
host_keys:
  description: Public host keys of this node's SSH server, as C(KEYTYPE BASE64).
  returned: always
  type: list
  elements: str
  sample: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKvx3YBBsXdrwrTsUyWBKALeEDdMe3xxRnQ53NCVPkWj]
node_uuid:
  description: UUID by which glusterd knows this node. Null if this node has none.
  returned: always
  type: str
receiving:
  description: With O(state=absent), the sessions that write into volumes through this node at this moment.
  returned: always
  type: list
  elements: dict
obstacles:
  description: What keeps the account from logging in by key, as far as this node tells. They are also in RV(notes).
  returned: always
  type: list
  elements: str
  sample: ["PermitRootLogin is no: use 'prohibit-password' or 'forced-commands-only', or a secondary_user."]
leftovers:
  description: Files that were left on purpose, and why.
  returned: always
  type: list
  elements: str
notes:
  description:
    - Other information about this run, such as what keeps the account from logging in by key (settings of the SSH server, groups, an
      account that has expired, its home directory and shell), each with what to do.
  returned: always
  type: list
  elements: str
before:
  description: Lines of O(public_keys) in the account, and copies of public keys, before the run.
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

from ..module_utils._apply import authorized_keys, key_work
from ..module_utils._module import Call, Options, each, run_module

COPY: Options = dict(
    primary_volume=dict(type="str", required=True),
    secondary_volume=dict(type="str", required=True),
    node_uuids=dict(type="list", elements="str"),
)
LOGIN: Options = dict(address=dict(type="str", required=True), local_address=dict(type="str"), port=dict(type="int", default=22))
SPEC: dict[str, t.Any] = dict(
    argument_spec=dict(
        state=dict(type="str", choices=["present", "verified", "absent"], default="present"),
        account=dict(type="str", default="root"),
        public_keys=dict(type="list", elements="str", no_log=False),
        only_nodes=dict(type="list", elements="str"),
        logins=each(LOGIN),
        keep_on_nodes=dict(type="list", elements="str"),
        copies_of=each(COPY),
        shell_keys=dict(type="bool", default=False, no_log=False),
    ),
    required_if=[("state", "present", ("public_keys",)), ("state", "absent", ("public_keys",))],
    only_with={
        "keep_on_nodes": [("state", "absent")],
        "copies_of": [("state", "absent")],
        "shell_keys": [("state", "present"), ("state", "verified")],
    },
)


def work(call: Call) -> dict[str, t.Any]:
    report = authorized_keys.AccountReport()
    call.so_far = report.as_result
    ctx = key_work.Context(call.run, call.node, call.check_mode)
    authorized_keys.work(authorized_keys.read_request(call.params), ctx, report)
    return report.as_result()


def main() -> None:
    run_module(SPEC, work)


if __name__ == "__main__":
    main()
