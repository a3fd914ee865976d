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
  - Makes, distributes, tests and revokes the SSH keys with which the nodes of a primary cluster reach the nodes of
    secondary clusters, without any root login between the sites and without switching off host key checks.
  - The test walks the whole mesh. This node, with each of its geo-replication keys, logs in to every given secondary
    node and finds out which forced command answers. A failure names the step, both ends, the cause and the way out.
  - One task handles any number of secondaries.
extends_documentation_fragment:
  - glusterops.georep.attributes
  - glusterops.georep.attributes.actiongroup_georep
attributes:
  check_mode:
    support: full
    details:
      - Files are read, logins given for the set-up are used to read, and the mesh is tested as far as keys and
        lines are already in place. RV(notes) says what could not be tested yet.
  diff_mode:
    support: full
    details:
      - Shows fingerprints and comments of keys, never keys.
  idempotent:
    support: full
options:
  delivery:
    description:
      - Where the module runs and how it reaches the accounts on the secondary nodes.
      - With V(ssh) it runs on a node of the primary cluster. It makes the cluster's keys, records host keys,
        can put the public keys into accounts of nodes that Ansible does not manage, and tests the mesh.
      - With V(local) it runs on a node of a secondary cluster that Ansible manages, and puts the public keys into
        an account of that node.
    type: str
    choices: [ssh, local]
    default: ssh
  state:
    description:
      - V(present) sets up what is missing, then tests it.
      - V(verified) only tests, and fails when something is missing.
      - V(absent) takes exactly the keys of O(public_keys) out of the accounts, whatever stands in front of
        them, and with O(delivery=ssh) also the entries of the secondary nodes out of O(known_hosts_file).
        Keys of this cluster are not deleted, as other sessions may use them.
      - V(rotated) gives this node new key pairs in place of those it has, in the steps of O(rotation_step). Both are
        accepted in between. The playbook C(glusterops.georep.rotate_keys) does the steps in their order, on both sites.
    type: str
    choices: [verified, present, absent, rotated]
    default: present
  secondaries:
    description:
      - The secondary clusters to reach, with O(delivery=ssh). The same node, account and port is tested once.
    type: list
    elements: dict
    suboptions:
      secondary_host:
        description:
          - Host name or IPv4 address of the secondary cluster as in the session.
        type: str
        required: true
      secondary_user:
        description:
          - Account on the secondary nodes.
        type: str
        default: root
      ssh_port:
        description:
          - TCP port of SSH on the secondary nodes.
        type: int
        default: 22
      secondary_nodes:
        description:
          - Host names of all nodes that hold bricks of the secondary volume, as C(gluster volume info)
            shows them there.
          - Each worker logs in to one of them.
          - When not given, O(secondaries[].secondary_host) alone.
        type: list
        elements: str
  secondary_host:
    description:
      - Same as O(secondaries[].secondary_host), for a single secondary.
    type: str
  secondary_user:
    description:
      - Same as O(secondaries[].secondary_user), for a single secondary.
      - With O(delivery=local), the account of this node whose keys are managed.
    type: str
    default: root
    aliases: [account]
  ssh_port:
    description:
      - Same as O(secondaries[].ssh_port), for a single secondary.
    type: int
    default: 22
  secondary_nodes:
    description:
      - Same as O(secondaries[].secondary_nodes), for a single secondary.
    type: list
    elements: str
  known_hosts:
    description:
      - Host keys known to be right, as lines C(NAME KEYTYPE BASE64) or C([NAME]:PORT KEYTYPE BASE64). A plain
        name speaks for all ports of that host in use.
      - For each name in use, the given keys replace what O(known_hosts_file) holds. Lines of other names are
        ignored here and left alone in the file.
    type: list
    elements: str
  trust_on_first_use:
    description:
      - Whether to believe unknown hosts the first time, recording the keys that they show. RV(notes) and a
        warning report the fingerprints.
      - A host key that differs from the recorded one is never accepted this way.
    type: bool
    default: false
  known_hosts_file:
    description:
      - The collection's own known_hosts file on this node. Sessions use it through their C(ssh-options), see
        RV(session_options).
    type: str
    default: /var/lib/glusterd/geo-replication/known_hosts
  generate_keys:
    description:
      - Whether to have gluster make the geo-replication keys of the primary cluster (C(gsec_create)) when
        some are missing, and gather their public halves on this node.
      - Do this on one node of the cluster. Existing keys are never replaced.
      - Nodes that are down then are left out by gluster. They are named in RV(notes), and the next run with
        them up completes the set.
    type: bool
    default: true
  nodes:
    description:
      - What M(glusterops.georep.gluster_georep_preflight) saw on the primary nodes, for O(generate_keys). Where a node has no
        keys, or others than those gathered on this node, as one that was set up anew, the keys are made and gathered again.
      - Without it only the number of nodes is compared.
    type: list
    elements: dict
    suboptions:
      node:
        description: The node's name.
        type: str
        required: true
      keys:
        description: Its public keys, each C(type base64).
        type: list
        elements: str
        required: true
  verify:
    description:
      - Whether to test the mesh after O(state=present).
      - Without a set-up login and without O(public_keys), the module can only test. It then tests first, and creates and records
        nothing unless every way works already. The failure says which lines have to be added to which accounts. To create keys that
        are brought by hand, set O(verify=false) for one run.
    type: bool
    default: true
  private_key_file:
    description:
      - Test this private key of this node instead of the cluster's two keys. Any of gsyncd, tar and a shell
        may answer then.
    type: str
  public_keys:
    description:
      - Lines of authorized_keys to distribute or take away. Each must carry its forced command, as a key
        without one opens a shell and breaks gsyncd.
      - With O(delivery=ssh), the default are the lines gathered from the primary cluster, which the module
        also returns as RV(public_keys).
      - With O(delivery=ssh), a node remembers in C(distributed_keys.json) the lines that it is given here, has made or brings,
        to take them away in the end. Give them on every primary node, so that any of them knows when another has left.
      - That record is known as this cluster's by the volumes that there are. O(state=present) keeps it so, also where
        nothing is brought.
      - With O(delivery=local), required unless O(state=verified).
      - A line with the same key but another forced command, or none, is replaced. Options such as C(from=) on
        a line with the right forced command stay.
    type: list
    elements: str
  node_uuids:
    description:
      - With O(delivery=local), edit the account only where glusterd's UUID of this node is one of these.
        Other nodes are left alone, and RV(host_keys) is returned all the same.
      - When not given, every node the module runs on is meant.
    type: list
    elements: str
  except_node_uuids:
    description:
      - With O(delivery=local) and O(state=absent), leave the account alone where glusterd's UUID of this node is one of
        these, because other sessions still use it.
    type: list
    elements: str
  copies_of:
    description:
      - With O(state=absent), the pairs of volumes whose session is gone. The copies of the public keys that
        C(create push-pem) left behind on the secondary nodes
        (C(PRIMARY_SECONDARY_common_secret.pem.pub)) are removed where they hold nothing but O(public_keys).
    type: list
    elements: dict
    suboptions:
      primary_volume:
        description: The primary volume.
        type: str
        required: true
      secondary_volume:
        description: The secondary volume.
        type: str
        required: true
      node_uuids:
        description:
          - With O(delivery=local), glusterd's UUIDs of the nodes whose copies go. Another secondary cluster may have a volume of the
            same name, and a session into that one may stay. When not given, every node the module runs on is meant.
        type: list
        elements: str
  forget_host_keys:
    description:
      - With O(state=absent) and O(delivery=ssh), host keys as RV(host_keys) has them. Names that carry one of them are
        taken out of O(known_hosts_file), too.
    type: list
    elements: str
  hosts_in_use:
    description:
      - With O(state=absent) and O(delivery=ssh), hosts that other sessions still use. Their names stay in
        O(known_hosts_file), whatever else is said.
    type: list
    elements: str
  accounts_in_use:
    description:
      - With O(state=absent) and O(delivery=ssh), accounts that other sessions still use, each C(ACCOUNT@HOST). That keys were
        brought to these is remembered, whatever else is said.
      - When not given, every account on O(hosts_in_use).
    type: list
    elements: str
  forget_sites:
    description:
      - With O(state=absent) and O(delivery=ssh), whether to forget that keys were brought to O(secondaries). V(false) where
        they have not been taken away there yet.
    type: bool
    default: true
  ignore_unreachable:
    description:
      - With O(state=absent) and a login for the set-up, whether nodes that cannot be reached are no failure. They are named in
        RV(unreached), and what is known of them on this node stays, so that their keys can be taken away once they are back.
      - A node that refuses the login, or shows another host key, is a failure anyway.
    type: bool
    default: false
  departed_keys:
    description:
      - With O(state=absent) and O(delivery=ssh), keys of nodes that have left this cluster and are accepted nowhere any
        more. They are taken out of C(common_secret.pem.pub) and of the record on this node, so that they are not
        brought again.
    type: list
    elements: str
  rotation_step:
    description:
      - With O(state=rotated), what to do now. To be done on every primary node in this order, each after the one before
        it has succeeded everywhere. What a killed run left is taken up again from V(prepare) on.
      - V(prepare) makes the next pairs beside those in use, where they are due by O(rotate_before) or O(max_age), and
        returns in RV(rotation) which lines to bring to the secondary nodes, and which to take away in the end.
      - V(switch) tests every way to O(secondaries) with the next keys, and puts them in place of those in use. The old
        ones are still there and accepted. O(public_keys) and O(replaced_keys) are the new and the old lines of all nodes.
      - V(reconnect) restarts the running sessions one after the other, and waits until those that were active are active
        again. To be done on one node. Paused ones stay paused.
      - V(finish) removes the old pairs from this node, once O(replaced_keys) are accepted nowhere any more.
    type: str
    choices: [prepare, switch, reconnect, finish]
    default: prepare
  rotate_before:
    description:
      - With O(state=rotated), keys made before this time in UTC are due, as C(2026-11-22T14:00:00Z). The time of a key is
        that of its private key file's content.
      - With neither this nor O(max_age) nothing is due, and only a rotation that was begun is finished.
    type: str
  max_age:
    description:
      - With O(state=rotated), keys that are older than so many days are due.
    type: int
  replaced_keys:
    description:
      - With O(state=rotated), lines of all nodes that are to go or have gone.
    type: list
    elements: str
  bootstrap_user:
    description:
      - Account for the set-up login to secondary nodes that Ansible does not manage. Either the account whose
        keys are edited, or V(root).
      - When not given, the account whose keys are edited.
    type: str
  bootstrap_password:
    description:
      - Password for the set-up login. It is used for nothing else and is not stored.
      - The set-up login needs the Python library paramiko on the node, and Python 3 on the secondary nodes, which
        gsyncd needs there as well.
    type: str
  bootstrap_private_key_file:
    description:
      - Private key on this node for the set-up login, instead of O(bootstrap_password).
    type: str
  bootstrap_private_key_passphrase:
    description:
      - Passphrase of O(bootstrap_private_key_file).
    type: str
  authorize_login_key:
    description:
      - Whether C(create push-pem) shall be able to log in. With O(delivery=ssh), makes O(login_key_file) when it is
        missing, lets O(secondaries[].secondary_host) accept it (this needs a set-up login), and tests it.
      - With O(delivery=local), allows lines without forced command in O(public_keys).
      - Such a key opens a shell on the secondary node. Creating sessions without verification does not need it.
    type: bool
    default: false
  login_key_file:
    description:
      - The private key with which root of this node logs in by default.
    type: str
    default: /root/.ssh/id_ed25519
  timeout:
    description:
      - Seconds to wait for a connection, for each way of the mesh.
    type: int
    default: 10
notes:
  - Must run as root.
  - In the folders of an unprivileged account the module works with the rights of that account. It refuses a FIFO, a socket, a
    device, a directory, a symbolic link, a hard link to a file of another account and a file of more than 1 MiB in place of
    C(authorized_keys) or of a copy of public keys, before it changes anything, in check mode and with O(state=verified) as well.
  - gluster can use IPv6 only through host names.
seealso:
  - module: glusterops.georep.gluster_georep_session
  - module: glusterops.georep.gluster_georep_secondary
"""

EXAMPLES = r"""
- name: Make the keys of the primary cluster once
  glusterops.georep.gluster_ssh_trust:
    generate_keys: true
    verify: false
  run_once: true
  register: georep_keys

- name: Let the nodes of the secondary cluster accept them
  glusterops.georep.gluster_ssh_trust:
    delivery: local
    public_keys: "{{ georep_keys.public_keys }}"
  delegate_to: "{{ item }}"
  loop: "{{ groups['dr'] }}"
  register: georep_hosts

- name: Record the host keys and test every way on each primary node
  glusterops.georep.gluster_ssh_trust:
    secondary_host: dr1
    secondary_nodes: [dr1, dr2]
    generate_keys: false
    public_keys: "{{ georep_keys.public_keys }}"
    known_hosts: >-
      {% set lines = [] %}
      {% for result in georep_hosts.results %}
      {% for key in result.host_keys %}{{ lines.append(result.item ~ ' ' ~ key) }}{% endfor %}
      {% endfor %}
      {{ lines }}

- name: Set up a site that Ansible does not manage, with a password that is needed only once
  glusterops.georep.gluster_ssh_trust:
    secondary_host: dr1.example.com
    secondary_nodes: [dr1.example.com, dr2.example.com]
    known_hosts:
      - dr1.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKvx3YBBsXdrwrTsUyWBKALeEDdMe3xxRnQ53NCVPkWj
      - dr2.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE6Nq1d4FZbO6gQpbYH4VcHS3oOcrIc4M6HFvtz5eEjC
    bootstrap_password: "{{ vault_dr_root_password }}"

- name: Test a key
  glusterops.georep.gluster_ssh_trust:
    state: verified
    secondary_host: dr1
    private_key_file: /root/new_key

- name: Make new keys where those in use are older than a year (glusterops.georep.rotate_keys does this and the rest)
  glusterops.georep.gluster_ssh_trust:
    state: rotated
    max_age: 365

- name: Take the keys of a given-up primary cluster away again
  glusterops.georep.gluster_ssh_trust:
    state: absent
    delivery: local
    public_keys: "{{ old_public_keys }}"
"""

RETURN = r"""
probes:
  description: What the walk through the mesh found, with O(delivery=ssh).
  returned: always
  type: list
  elements: dict
  contains:
    host:
      description: The secondary node.
      type: str
    port:
      description: The TCP port of SSH.
      type: int
    user:
      description: The account.
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
      description: What answered, one of V(gsyncd), V(tar), V(shell), V(other), or nothing when no login came about.
      type: str
    message:
      description: What was found, in plain words.
      type: str
    remedy:
      description: What to do about it.
      type: str
    seconds:
      description: How long it took.
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
  description:
    - The lines of authorized_keys of the whole primary cluster, as gluster gathered them on this node.
    - Empty on nodes where they were not gathered, with O(delivery=local), and in check mode when they are not
      made yet.
  returned: always
  type: list
  elements: str
host_keys:
  description: The public host keys of this node's sshd, as C(KEYTYPE BASE64), with O(delivery=local).
  returned: always
  type: list
  elements: str
  sample: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKvx3YBBsXdrwrTsUyWBKALeEDdMe3xxRnQ53NCVPkWj]
node_uuid:
  description: The UUID by which glusterd knows this node.
  returned: always
  type: str
own_public_keys:
  description: The public keys of this node, without their forced commands, with O(delivery=ssh).
  returned: always
  type: list
  elements: str
recorded_public_keys:
  description:
    - The lines that were ever brought to secondary nodes from this cluster and not taken away again, as this node
      remembers them in C(distributed_keys.json), with O(delivery=ssh).
    - Empty where that record is of a cluster with none of whose volumes this node has to do any more.
  returned: always
  type: list
  elements: str
recorded_sites:
  description: Where these lines were brought, in the shape of O(secondaries), with O(delivery=ssh).
  returned: always
  type: list
  elements: dict
recorded_host_keys:
  description: The plain names in O(known_hosts_file) and their host keys, each C(KEYTYPE BASE64), with O(delivery=ssh).
  returned: always
  type: dict
receiving:
  description: Whose sessions write into volumes through this node just now, with O(delivery=local) and O(state=absent).
  returned: always
  type: list
  elements: dict
leftovers:
  description: What was left behind on purpose, and why.
  returned: always
  type: list
  elements: str
unreached:
  description: With O(ignore_unreachable), the nodes that could not be reached, each with its C(secondary_host), C(secondary_user) and C(ssh_port).
  returned: always
  type: list
  elements: dict
rotation:
  description: With O(state=rotated), what the step found or did.
  returned: always
  type: dict
  contains:
    due:
      description: Whether there is something to do.
      type: bool
    reason:
      description: Why the keys are due.
      type: str
    made:
      description: When the keys in use were made, in UTC.
      type: str
    old_lines:
      description: Lines of authorized_keys to take away in the end.
      type: list
      elements: str
    new_lines:
      description: Lines of authorized_keys to bring. Empty in check mode for keys that are not made yet.
      type: list
      elements: str
    restarted:
      description: The sessions that were or would be restarted.
      type: list
      elements: str
generated:
  description: The private keys of this node that were made.
  returned: always
  type: list
  elements: str
  sample: [secret.pem, tar_ssh.pem]
accounts:
  description: The accounts that were looked at, and what was or would be done there.
  returned: always
  type: list
  elements: dict
  contains:
    account:
      description: The account.
      type: str
    path:
      description: The file in which sshd looks for its keys.
      type: str
    changed:
      description: Whether something was or would be changed.
      type: bool
    before:
      description: Our keys that were there.
      type: list
      elements: str
    after:
      description: Our keys that are there now.
      type: list
      elements: str
    actions:
      description: What was or would be done.
      type: list
      elements: str
session_options:
  description:
    - Values for the session's configuration that make gsyncd check host keys against O(known_hosts_file), with
      O(delivery=ssh).
  returned: always
  type: dict
  contains:
    ssh_options:
      description: Value for the option C(ssh-options).
      type: str
    ssh_options_tar:
      description: Value for the option C(ssh-options-tar).
      type: str
notes:
  description: What else is worth knowing.
  returned: always
  type: list
  elements: str
before:
  description: The keys of this node, the recorded host keys and our lines in the accounts, before.
  returned: always
  type: dict
after:
  description: The same afterwards. In check mode, what it would be.
  returned: always
  type: dict
commands:
  description: The commands that were run on this node.
  returned: always
  type: list
  elements: dict
  contains:
    argv:
      description: The command and its arguments.
      type: list
      elements: str
    rc:
      description: Its exit code, nothing when it was ended for lack of an answer.
      type: int
    seconds:
      description: How long it took.
      type: float
"""

import socket
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import Recorder
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.xml import HAS_LXML
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import GeorepError
from ansible_collections.glusterops.georep.plugins.module_utils._operate import rotate, trust
from ansible_collections.glusterops.georep.plugins.module_utils._ssh.bootstrap import MissingLibrary


def argument_spec() -> dict[str, t.Any]:
    one: dict[str, dict[str, t.Any]] = dict(
        secondary_host=dict(type="str"),
        secondary_user=dict(type="str", default="root"),
        ssh_port=dict(type="int", default=22),
        secondary_nodes=dict(type="list", elements="str"),
    )
    return dict(
        delivery=dict(type="str", choices=["ssh", "local"], default="ssh"),
        state=dict(type="str", choices=["verified", "present", "absent", "rotated"], default="present"),
        secondaries=dict(
            type="list", elements="dict", options=dict(one, secondary_host=dict(type="str", required=True))
        ),
        secondary_host=one["secondary_host"],
        secondary_user=dict(one["secondary_user"], aliases=["account"]),
        ssh_port=one["ssh_port"],
        secondary_nodes=one["secondary_nodes"],
        known_hosts=dict(type="list", elements="str"),
        trust_on_first_use=dict(type="bool", default=False),
        known_hosts_file=dict(type="str", default=trust.KNOWN_HOSTS),
        generate_keys=dict(type="bool", default=True, no_log=False),
        nodes=dict(
            type="list",
            elements="dict",
            options=dict(node=dict(type="str", required=True), keys=dict(type="list", elements="str", required=True, no_log=False)),
        ),
        verify=dict(type="bool", default=True),
        private_key_file=dict(type="str", no_log=False),
        public_keys=dict(type="list", elements="str", no_log=False),
        bootstrap_user=dict(type="str"),
        bootstrap_password=dict(type="str", no_log=True),
        bootstrap_private_key_file=dict(type="str", no_log=False),
        bootstrap_private_key_passphrase=dict(type="str", no_log=True),
        node_uuids=dict(type="list", elements="str"),
        except_node_uuids=dict(type="list", elements="str"),
        copies_of=dict(
            type="list",
            elements="dict",
            options=dict(
                primary_volume=dict(type="str", required=True),
                secondary_volume=dict(type="str", required=True),
                node_uuids=dict(type="list", elements="str"),
            ),
        ),
        forget_host_keys=dict(type="list", elements="str", no_log=False),
        hosts_in_use=dict(type="list", elements="str"),
        accounts_in_use=dict(type="list", elements="str"),
        forget_sites=dict(type="bool", default=True),
        ignore_unreachable=dict(type="bool", default=False),
        departed_keys=dict(type="list", elements="str", no_log=False),
        rotation_step=dict(type="str", choices=["prepare", "switch", "reconnect", "finish"], default="prepare"),
        rotate_before=dict(type="str"),
        max_age=dict(type="int"),
        replaced_keys=dict(type="list", elements="str", no_log=False),
        authorize_login_key=dict(type="bool", default=False, no_log=False),
        login_key_file=dict(type="str", default="/root/.ssh/id_ed25519", no_log=False),
        timeout=dict(type="int", default=10),
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec=argument_spec(),
        supports_check_mode=True,
        mutually_exclusive=[
            ("secondaries", "secondary_host"),
            ("secondaries", "secondary_nodes"),
            ("bootstrap_password", "bootstrap_private_key_file"),
            ("rotate_before", "max_age"),
        ],
        required_by={"bootstrap_private_key_passphrase": ("bootstrap_private_key_file",)},
    )
    run = Recorder()
    report = trust.Report(run.commands)
    ctx = trust.Context(run=run, node=socket.gethostname(), check_mode=module.check_mode, report=report)
    try:
        if module.params["state"] == "rotated":
            if module.params["rotation_step"] == "reconnect" and not HAS_LXML:
                module.fail_json(msg=missing_required_lib("lxml"))
            rotate.rotate(module.params, ctx)
        else:
            trust.trust(module.params, ctx)
    except GeorepError as exc:
        failure = exc.as_result()
        if isinstance(exc, MissingLibrary):
            failure["msg"] = missing_required_lib(
                "paramiko",
                reason="for the set-up login (Debian package python3-paramiko)",
                url="https://www.paramiko.org",
            )
        module.fail_json(**dict(report.as_result(diff_mode=module._diff), **failure))
    for warning in report.warnings:
        module.warn(warning)
    module.exit_json(**report.as_result(diff_mode=module._diff))


if __name__ == "__main__":
    main()
