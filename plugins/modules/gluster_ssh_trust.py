#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_ssh_trust
short_description: SSH trust between the clusters of a GlusterFS geo-replication
version_added: "0.1.0"
author:
  - GlusterOps contributors (@glusterops)
description:
  - Sets up, tests and revokes the SSH access of a primary node to the nodes of secondary clusters, without any root login between the
    sites and without switching off host key checks. It runs on the primary nodes, whose keys
    M(glusterops.georep.gluster_georep_keys) creates.
  - The test logs in to every given secondary node with each of this node's geo-replication keys, and finds out which forced command
    answers. A failure names the step, both ends, the cause and the remedy.
  - On secondary nodes that Ansible does not manage, the module edits C(authorized_keys) through a login that is used for the setup
    only. On nodes that Ansible manages, use M(glusterops.georep.gluster_georep_authorized_keys).
  - One task handles any number of secondary clusters.
extends_documentation_fragment:
  - glusterops.georep.trust
  - glusterops.georep.trust.destinations
  - glusterops.georep.trust.known_hosts
  - glusterops.georep.trust.known_hosts_file
  - glusterops.georep.trust.obstacles
  - glusterops.georep.attributes
requirements:
  - paramiko (Debian package C(python3-paramiko)) on this node for a login with O(bootstrap_password) or O(bootstrap_private_key_file), and Python 3 on the
    secondary nodes, which gsyncd needs there as well.
attributes:
  check_mode:
    support: full
    details:
      - Reads files, logs in to read accounts if O(bootstrap_password) or O(bootstrap_private_key_file) is set, and tests every SSH
        connection for which keys and lines are already in place. RV(notes) says what could not be tested yet.
      - Keys that this node lacks count as created by an earlier task of the same check run, if a login or O(public_keys) is given.
  diff_mode:
    support: full
    details:
      - Shows fingerprints and comments of keys, never keys.
  idempotent:
    support: full
options:
  state:
    description:
      - V(present) sets up what is missing, then tests it.
      - V(verified) only tests, and fails if something is missing. It is a state and not an C(_info) module because it asserts what
        V(present) sets up, with the same options.
      - V(absent) removes exactly the keys of O(public_keys) from the accounts, whatever options stand in front of
        them, if O(bootstrap_password) or O(bootstrap_private_key_file) is set. It removes the names of the secondary nodes from O(known_hosts_file), and
        forgets that keys were copied there. It does not delete the keys of this cluster, because other sessions may use them.
    type: str
    choices: [verified, present, absent]
    default: present
  secondaries:
    description:
      - Secondary clusters to log in to. A node, account and port that several of them share is tested once. Required unless
        O(state=absent).
  verify:
    description:
      - Whether to test every SSH connection. With V(false), O(state=verified) only compares accounts and host keys.
      - Without O(bootstrap_password), O(bootstrap_private_key_file) and O(public_keys), the module can only test. It then records nothing
        unless every login works already. The failure says which lines must be added to C(authorized_keys) of which accounts.
    type: bool
    default: true
  private_key_file:
    description:
      - Test this private key of this node instead of the cluster's two keys. gsyncd, tar or a shell may answer then.
    type: str
  public_keys:
    description:
      - Public key lines to add to C(authorized_keys) or to remove. By default the lines that gluster gathered on this node.
      - Each line must force a command of GlusterFS. A key without a forced command opens a shell and breaks gsyncd.
      - If gsyncd is in another folder on a secondary node than on the primary nodes, the line is written with that node's own path.
      - A node remembers in C(distributed_keys.json) the lines that it is given here or copies, to remove them later. Give them on
        every primary node, so that the other nodes can still remove the keys of a node that has left the cluster.
      - An empty list in check mode means lines that are not created yet.
    type: list
    elements: str
  bootstrap_user:
    description:
      - Account with which the module logs in to secondary nodes that Ansible does not manage, to edit C(authorized_keys) there. It must be
        the account whose keys are edited, or V(root). By default the account whose keys are edited.
      - Needs O(bootstrap_password) or O(bootstrap_private_key_file).
    type: str
  bootstrap_password:
    description:
      - Password for this login, see O(bootstrap_user). The module uses it for nothing else and does not store it.
    type: str
  bootstrap_private_key_file:
    description:
      - Private key on this node for this login, see O(bootstrap_user), instead of O(bootstrap_password).
    type: str
  bootstrap_private_key_passphrase:
    description:
      - Passphrase of O(bootstrap_private_key_file).
    type: str
  login_key_file:
    description:
      - Private key on this node with which C(create push-pem) logs in, usually C(/root/.ssh/id_ed25519). If set, the module
        creates it if it is missing, adds its public key to the account on O(secondaries[].secondary_host) with the login of
        O(bootstrap_user), and tests it. O(state=absent) removes the public key there.
      - A new key is of the type ed25519, or ecdsa or rsa if this node does not allow that (FIPS mode). RV(notes) says so.
      - Such a key opens a shell on the secondary node. Sessions that are created without verification do not need it.
    type: str
  copies_of:
    description:
      - With O(state=absent) and the login of O(bootstrap_user), the volumes of deleted sessions, in pairs. The copies of the public keys that
        C(create push-pem) left on the secondary nodes (C(PRIMARY_SECONDARY_common_secret.pem.pub)) are removed if they hold nothing but
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
  in_use:
    description:
      - With O(state=absent), the hosts and accounts that other sessions still use. The module keeps what it wrote for them on this node.
    type: dict
    suboptions:
      hosts:
        description:
          - Hosts whose names stay in O(known_hosts_file).
        type: list
        elements: str
      accounts:
        description:
          - Accounts, each C(ACCOUNT@HOST), that stay in C(distributed_keys.json) on this node, which lists the accounts to which keys were copied.
          - By default every account on O(in_use.hosts).
        type: list
        elements: str
  forget:
    description:
      - With O(state=absent), what this node removes from its files in addition to the names of O(secondaries).
    type: dict
    suboptions:
      host_keys:
        description:
          - Host keys as RV(glusterops.georep.gluster_georep_authorized_keys#module:host_keys) has them. Names with one of these keys are
            removed from O(known_hosts_file), too.
        type: list
        elements: str
      public_keys:
        description:
          - Keys of nodes that have left this cluster and are accepted nowhere any more. They are removed from
            C(common_secret.pem.pub) and from C(distributed_keys.json) on this node, so that they are not copied again.
        type: list
        elements: str
      destinations:
        description:
          - Whether to delete O(secondaries) from the list of destinations in C(distributed_keys.json) on this node. Set V(false) if the keys
            have not been removed there yet.
        type: bool
        default: true
  ignore_unreachable:
    description:
      - With O(state=absent), whether a secondary node that does not answer is no failure. RV(unreached) names it, and this node keeps
        what it knows about it, so that its keys can be removed once it is back.
      - A node that refuses the login, or shows another host key, is always a failure.
    type: bool
    default: false
  timeout:
    description:
      - Time to wait for each SSH connection to a secondary node, in seconds.
    type: int
    default: 10
"""

EXAMPLES = r"""
- name: Create the keys of the primary cluster
  glusterops.georep.gluster_georep_keys:
    secondaries: "{{ secondaries }}"
  run_once: true
  register: georep_keys

- name: Accept them on the nodes of the secondary cluster
  glusterops.georep.gluster_georep_authorized_keys:
    public_keys: "{{ georep_keys.public_keys }}"
  delegate_to: "{{ item }}"
  loop: "{{ groups['dr'] }}"
  register: georep_hosts

- name: Record the host keys and test SSH access from each primary node
  glusterops.georep.gluster_ssh_trust:
    secondaries:
      - secondary_host: dr1
        secondary_nodes: [dr1, dr2]
    public_keys: "{{ georep_keys.public_keys }}"
    known_hosts: >-
      {% set lines = [] %}
      {% for result in georep_hosts.results %}
      {% for key in result.host_keys %}{{ lines.append(result.item ~ ' ' ~ key) }}{% endfor %}
      {% endfor %}
      {{ lines }}

- name: Set up a site that Ansible does not manage, with a password that is needed only once
  glusterops.georep.gluster_ssh_trust:
    secondaries:
      - secondary_host: dr1.example.com
        secondary_nodes: [dr1.example.com, dr2.example.com]
    known_hosts:
      - dr1.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKvx3YBBsXdrwrTsUyWBKALeEDdMe3xxRnQ53NCVPkWj
      - dr2.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE6Nq1d4FZbO6gQpbYH4VcHS3oOcrIc4M6HFvtz5eEjC
    bootstrap_password: "{{ vault_dr_root_password }}"

- name: Test a key
  glusterops.georep.gluster_ssh_trust:
    state: verified
    secondaries:
      - secondary_host: dr1
    private_key_file: /root/new_key

- name: Remove this cluster's keys from a site that receives nothing any more
  glusterops.georep.gluster_ssh_trust:
    state: absent
    secondaries:
      - secondary_host: dr1.example.com
    bootstrap_password: "{{ vault_dr_root_password }}"
"""

RETURN = r"""
probes:
  description: What the test of the SSH connections found.
  returned: always
  type: list
  elements: dict
  contains:
    host:
      description: Secondary node.
      type: str
    port:
      description: TCP port of the SSH server.
      type: int
    user:
      description: Account on the secondary node.
      type: str
    key:
      description: Name of the private key.
      type: str
    key_file:
      description: Path of the private key.
      type: str
    step:
      description:
        - The step that failed, or the last one.
        - One of V(resolve), V(connect), V(host_key), V(key), V(forced_command).
      type: str
    ok:
      description: Whether all steps worked and the right forced command answered.
      type: bool
    forced_command:
      description: What answered, one of V(gsyncd), V(tar), V(shell), V(other). Null if the login failed.
      type: str
    message:
      description: What was found.
      type: str
    remedy:
      description: What to do about it.
      type: str
    seconds:
      description: Run time in seconds.
      type: float
  sample:
    - host: dr1
      port: 22
      user: root
      key: secret.pem
      key_file: /var/lib/glusterd/geo-replication/secret.pem
      step: forced_command
      ok: true
      forced_command: gsyncd
      message: gsyncd answers on dr1 for root
      remedy:
      seconds: 0.31
public_keys:
  description: The lines of O(public_keys). If it is not given, the lines that gluster gathered on this node.
  returned: always
  type: list
  elements: str
accounts:
  description:
    - Accounts that were examined with the login of O(bootstrap_user), and what was changed in them or would be changed.
    - In check mode, accounts were not examined if the keys do not exist yet. They are listed without a path.
  returned: always
  type: list
  elements: dict
  contains:
    account:
      description: The account and its node.
      type: str
    path:
      description: File in which the SSH server looks for its keys. Null if the account was not examined.
      type: str
    changed:
      description: Whether something was or would be changed.
      type: bool
    before:
      description: This cluster's keys that were there.
      type: list
      elements: str
    after:
      description: This cluster's keys that are there now.
      type: list
      elements: str
    actions:
      description: What was or would be done.
      type: list
      elements: str
generated:
  description: Private keys of this node that were created, that is O(login_key_file) or nothing.
  returned: always
  type: list
  elements: str
session_options:
  description: Values for the session's configuration with which gsyncd checks host keys against O(known_hosts_file).
  returned: always
  type: dict
  contains:
    ssh_options:
      description: Value for the option C(ssh-options).
      type: str
    ssh_options_tar:
      description: Value for the option C(ssh-options-tar).
      type: str
unreached:
  description: With O(ignore_unreachable), the nodes that did not answer, each with its C(secondary_host), C(secondary_user) and C(ssh_port).
  returned: always
  type: list
  elements: dict
leftovers:
  description: Files that were left on secondary nodes on purpose, and why.
  returned: always
  type: list
  elements: str
notes:
  description: Other information about this run.
  returned: always
  type: list
  elements: str
before:
  description: Keys of this node, recorded host keys, and this cluster's lines in the accounts, before the run.
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

from ..module_utils._apply import key_work, revoke, trust
from ..module_utils._module import DESTINATIONS, KNOWN_HOSTS, KNOWN_HOSTS_FILE, OBSTACLES, Call, each, run_module

COPY = dict(primary_volume=dict(type="str", required=True), secondary_volume=dict(type="str", required=True))
IN_USE = dict(hosts=dict(type="list", elements="str"), accounts=dict(type="list", elements="str"))
FORGET = dict(
    host_keys=dict(type="list", elements="str", no_log=False),
    public_keys=dict(type="list", elements="str", no_log=False),
    destinations=dict(type="bool", default=True),
)
SPEC: dict[str, t.Any] = dict(
    argument_spec=dict(
        state=dict(type="str", choices=["verified", "present", "absent"], default="present"),
        public_keys=dict(type="list", elements="str", no_log=False),
        verify=dict(type="bool", default=True),
        private_key_file=dict(type="str", no_log=False),
        login_key_file=dict(type="str", no_log=False),
        bootstrap_user=dict(type="str"),
        bootstrap_password=dict(type="str", no_log=True),
        bootstrap_private_key_file=dict(type="str", no_log=False),
        bootstrap_private_key_passphrase=dict(type="str", no_log=True),
        copies_of=each(COPY),
        in_use=dict(type="dict", options=IN_USE),
        forget=dict(type="dict", options=FORGET),
        ignore_unreachable=dict(type="bool", default=False),
        **OBSTACLES,
        timeout=dict(type="int", default=10),
        **DESTINATIONS,
        **KNOWN_HOSTS,
        **KNOWN_HOSTS_FILE,
    ),
    mutually_exclusive=[("bootstrap_password", "bootstrap_private_key_file")],
    required_by={"bootstrap_private_key_passphrase": ("bootstrap_private_key_file",)},
    required_if=[("state", "present", ("secondaries",)), ("state", "verified", ("secondaries",))],
    only_with={
        **{name: [("state", "present"), ("state", "verified")] for name in ("verify", "private_key_file", "obstacles")},
        **{name: [("state", "absent")] for name in ("copies_of", "in_use", "forget", "ignore_unreachable")},
    },
)


def work(call: Call) -> dict[str, t.Any]:
    report = trust.TrustReport()
    call.so_far = report.as_result
    ctx = key_work.Context(call.run, call.node, call.check_mode)
    if call.params["state"] == "absent":
        revoke.revoke(revoke.read_request(call.params), ctx, report)
    else:
        trust.set_up(trust.read_request(call.params), ctx, report)
    for warning in report.warnings:
        call.warn(warning)
    return report.as_result()


def main() -> None:
    run_module(SPEC, work)


if __name__ == "__main__":
    main()
