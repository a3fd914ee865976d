# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The code is in plugins/action/georep_plan.py.

from __future__ import annotations

DOCUMENTATION = r"""
module: georep_plan
short_description: Plan the next step of the roles and playbooks of this collection
version_added: 0.1.0
description:
  - Plans the next step from results of modules on the hosts of the play, or fails with one message. The role
    P(glusterops.georep.geo_replication#role), the role P(glusterops.georep.gate#role) and some playbooks run it between their tasks.
  - The action runs on the controller, and runs nothing on any host.
  - The options and the results of the stages can change in any release. Use the role, not this action.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.attributes
  - glusterops.georep.attributes.info_module
attributes:
  action:
    description: Runs as an action on the controller.
    support: full
notes:
  - Each stage accepts its own options only, and fails if it gets another one. The description of each option names its stages.
options:
  stage:
    description:
      - What to plan.
      - V(declaration) checks the declared sessions before anything is read, and says what to read and which host checks which nodes.
      - V(plan) plans the run, or says what has to be read before that.
      - V(versions) collects the GlusterFS versions of hosts.
      - V(mountbroker) plans the restarts of glusterd after a check of the mountbroker.
      - V(access) fails if the primary nodes cannot log in to a site that Ansible does not manage, and the keys cannot be copied there.
      - V(authorization) plans which keys each host puts into which accounts of the secondary nodes.
      - V(trust) plans how the primary nodes verify their SSH access.
      - V(complete) fails if the plan still lacks something that had to be read for it.
      - V(agreement) fails if primary nodes still have different options of a session.
      - V(package) fails if a package is missing and this run must not install it.
      - V(pinned) plans on which secondary nodes the pin of an older rsync stays.
      - V(glusterd) fails if a secondary node is not connected to all nodes of its cluster.
      - V(unproved) fails if a worker replicates nothing and the run proves no session.
      - V(cleanup) plans which keys and records to remove.
      - V(proof_lines) says in words whether test files arrived on the secondary.
      - V(proofs) plans what follows the test that files arrive on the secondary (proof), and fails if a session fails this test.
      - V(restarts) plans to repeat that test after workers were restarted.
      - V(rotation) plans where new keys must be accepted.
      - V(next_keys) plans which keys to replace.
      - V(options) reads the options of the role, which may be text.
      - V(gate) checks which hosts and sessions the gate is about.
      - V(gate_host) chooses the node that reads the sessions.
      - V(verdict) evaluates the sessions.
      - V(status) checks the declared sessions, and says what the playbook C(glusterops.georep.status) reads.
      - V(status_read) chooses the reading that succeeded, or fails with what each host answered.
      - V(checkpointed) chooses the sessions of the playbook C(glusterops.georep.checkpointed_sync).
      - V(exist) fails if one of these sessions does not exist.
      - V(drift) shows how the cluster differs from the declaration, and fails if it differs and O(fail=true).
      - V(through) plans which of them to stop.
      - V(waiting) plans how long to wait before the next check.
    type: str
    required: true
    choices:
      - access
      - agreement
      - authorization
      - cleanup
      - complete
      - checkpointed
      - declaration
      - drift
      - exist
      - gate
      - gate_host
      - glusterd
      - mountbroker
      - next_keys
      - options
      - package
      - pinned
      - plan
      - proof_lines
      - proofs
      - restarts
      - rotation
      - status
      - status_read
      - through
      - trust
      - unproved
      - verdict
      - versions
      - waiting
  sessions:
    description:
      - The declared sessions, as in C(geo_replication_sessions) of the role. Required with O(stage=declaration).
      - For O(stage=gate), the sessions to evaluate. Value of C(gate_sessions).
      - For O(stage=verdict), which takes those of the node that was asked if there are none.
      - For O(stage=status), O(stage=status_read) and O(stage=checkpointed).
    type: raw
  undeclared:
    description: What to do about sessions that are not declared. For O(stage=declaration).
    type: str
    choices: [keep, stop, absent]
    default: keep
  primary_hosts:
    description:
      - Inventory hosts of the play, the first one first. For O(stage=declaration), O(stage=cleanup) and O(stage=rotation), which require it.
      - For O(stage=gate), which requires it, the hosts of the primary cluster if O(hosts) is empty.
    type: list
    elements: str
  hosts_before:
    description:
      - Hosts of earlier batches of the same play (C(serial)) that have used the role. For O(stage=declaration), which finds them out if
        the list is empty. In check mode, the changes of the cluster are planned for the first batch only.
    type: list
    elements: str
    default: []
  secondary_hosts:
    description:
      - Inventory hosts of the secondary site. Empty if Ansible does not manage it. For O(stage=declaration) and O(stage=rotation).
      - For O(stage=options), which takes text, too.
    type: list
    elements: str
    default: []
  login:
    description:
      - Whether a login to secondary nodes that Ansible does not manage is set, C(geo_replication_bootstrap_password) or
        C(geo_replication_bootstrap_private_key_file).
      - For O(stage=declaration) and O(stage=rotation).
    type: bool
    default: false
  preflight:
    description: Whether the run checks all nodes for known faults first. Value of C(geo_replication_preflight). For O(stage=declaration).
    type: bool
    default: true
  fix_known_faults:
    description: Whether the run may patch known gsyncd bugs. Value of C(geo_replication_fix_known_faults). For O(stage=declaration).
    type: bool
    default: false
  sync_method:
    description: Sync method of sessions that do not set one. Value of C(geo_replication_sync_method). For O(stage=declaration).
    type: str
    choices: [auto, rsync, tarssh]
    default: auto
  pin_rsync:
    description:
      - Whether the run may install and pin an rsync older than 3.5 on the secondary nodes. Value of C(geo_replication_pin_rsync).
      - For O(stage=declaration).
    type: bool
    default: false
  prove:
    description:
      - Whether the run tests that files of the sessions arrive on the secondary (proof). Value of C(geo_replication_prove). For O(stage=declaration).
      - For O(stage=options), which takes text, too.
    type: bool
    default: true
  install_packages:
    description:
      - Whether the run may install missing packages. Value of C(geo_replication_install_packages).
      - For O(stage=declaration) and O(stage=package).
      - For O(stage=options), which takes text, too.
    type: bool
    default: true
  secondary_read_only:
    description:
      - Whether the run sets secondary volumes read-only for clients. Value of C(geo_replication_secondary_read_only).
      - For O(stage=declaration).
    type: bool
    default: true
  known_hosts_file:
    description:
      - Path on the primary nodes of the file with the host keys of the secondary nodes. Value of C(geo_replication_known_hosts_file).
      - For O(stage=declaration).
      - For O(stage=options), which takes text, too.
    type: str
  known_hosts:
    description:
      - Lines with verified host keys of secondary nodes. Value of C(geo_replication_known_hosts).
      - For O(stage=declaration) and O(stage=trust).
      - For O(stage=options), which takes text, too.
    type: list
    elements: str
    default: []
  trust_on_first_use:
    description:
      - Whether unknown host keys are accepted from the network. Value of C(geo_replication_trust_on_first_use). For O(stage=declaration).
      - For O(stage=options), which takes text, too.
    type: bool
    default: false
  push_pem:
    description: Whether GlusterFS itself copies the keys (C(create push-pem)). Value of C(geo_replication_push_pem). For O(stage=declaration).
    type: bool
    default: false
  prove_timeout:
    description:
      - How long the test files may take to arrive on the secondary, in seconds. Value of C(geo_replication_prove_timeout).
      - For O(stage=options).
    type: int
  prove_sessions:
    description:
      - The sessions for which to test that files arrive on the secondary, or V(all). Value of C(geo_replication_prove_sessions).
      - For O(stage=options).
    type: raw
  prove_compare:
    description:
      - Which older files this test compares with their copies. Value of C(geo_replication_prove_compare).
      - For O(stage=options).
    type: str
  prove_send_again:
    description:
      - Whether this test sends files again whose copies differ. Value of C(geo_replication_prove_send_again).
      - For O(stage=options).
    type: bool
  prove_first_copies:
    description:
      - Whether a session that is still at its first copy is a failure. Value of C(geo_replication_prove_first_copies).
      - For O(stage=options).
    type: bool
  restart_stalled:
    description:
      - Whether stalled workers and sessions are restarted. Value of C(geo_replication_restart_stalled).
      - For O(stage=options).
    type: bool
  mountbroker_root:
    description:
      - Folder of the mounts of unprivileged accounts. Value of C(geo_replication_mountbroker_root).
      - For O(stage=options).
    type: str
  mountbroker_group:
    description:
      - Group of the unprivileged accounts. Value of C(geo_replication_mountbroker_group).
      - For O(stage=options).
    type: str
  make_accounts:
    description:
      - Whether the run may create accounts. Value of C(geo_replication_make_accounts).
      - For O(stage=options).
    type: bool
  wait_timeout:
    description:
      - How long to wait for sessions to become active, in seconds. Value of C(geo_replication_wait_timeout).
      - For O(stage=options).
    type: int
  lock_timeout:
    description:
      - How long to retry while another gluster command holds the cluster's lock, in seconds. Value of C(geo_replication_lock_timeout).
      - For O(stage=options).
    type: int
  bootstrap_user:
    description:
      - Account for the login to secondary nodes that Ansible does not manage. Value of C(geo_replication_bootstrap_user).
      - For O(stage=options).
    type: str
  bootstrap_private_key_file:
    description:
      - Path on the primary nodes of the private key for that login. Value of C(geo_replication_bootstrap_private_key_file).
      - For O(stage=options).
    type: str
  login_given:
    description: Whether C(geo_replication_bootstrap_password) is set. For O(stage=options).
    type: bool
    default: false
  declared:
    description: Result of O(stage=declaration). Required with O(stage=plan), O(stage=access) and O(stage=cleanup).
    type: dict
  info:
    description:
      - Result of M(glusterops.georep.gluster_georep_info). For O(stage=plan), O(stage=complete), O(stage=rotation), O(stage=verdict) and
        O(stage=exist). The last three require it.
      - Without it, O(stage=plan) takes what one of O(nodes) read.
    type: dict
    default: {}
  nodes:
    description:
      - Results of M(glusterops.georep.gluster_georep_preflight_info), as each host of the play registered them. For O(stage=plan).
      - Results of M(glusterops.georep.gluster_georep_info) with C(local_only), one for each of O(hosts). For O(stage=status_read).
    type: list
    elements: dict
    default: []
  node_files:
    description: Results of M(ansible.builtin.slurp) of C(/var/lib/glusterd/glusterd.info), registered as O(nodes). For O(stage=plan).
    type: list
    elements: dict
    default: []
  versions:
    description: GlusterFS versions by secondary host, from O(stage=versions). For O(stage=plan).
    type: dict
  directories:
    description: Results of M(glusterops.georep.gluster_georep_directory) in check mode, registered as O(nodes). For O(stage=plan).
    type: list
    elements: dict
    default: []
  remedied:
    description: Whether an earlier task of this run has patched gsyncd's sources. For O(stage=plan).
    type: bool
    default: false
  plan:
    description:
      - Result of O(stage=plan), or of O(stage=rotation) for O(stage=trust) and O(stage=next_keys).
      - For O(stage=mountbroker), O(stage=access), O(stage=authorization), O(stage=trust), O(stage=agreement), O(stage=cleanup),
        O(stage=complete), O(stage=pinned), O(stage=unproved) and O(stage=next_keys), which require it.
    type: dict
  state:
    description:
      - Whether accounts are allowed to mount secondary volumes with mountbroker (V(present)), or no longer (V(absent)).
      - Required with O(stage=mountbroker).
    type: str
    choices: [present, absent]
  answers:
    description:
      - Results of the module that ran on the hosts, registered as O(nodes). For O(stage=versions), O(stage=mountbroker), O(stage=access),
        O(stage=trust), O(stage=agreement), O(stage=cleanup), O(stage=pinned), O(stage=glusterd), O(stage=gate_host),
        O(stage=verdict), O(stage=status_read), O(stage=through), O(stage=restarts) and O(stage=next_keys).
    type: list
    elements: dict
    default: []
  reconnected:
    description:
      - Result of M(glusterops.georep.gluster_georep_keys), which restarted the sessions so that they use the new keys. For
        O(stage=next_keys).
    type: dict
    default: {}
  generated:
    description:
      - Result of M(glusterops.georep.gluster_georep_keys), which generated the keys. For O(stage=authorization), which requires it, and
        for O(stage=trust).
    type: dict
    default: {}
  mapping:
    description:
      - Result of O(stage=mountbroker), if this run has set up which accounts may mount which secondary volumes. For O(stage=authorization).
    type: dict
    default: {}
  own_keys:
    description: Results of M(glusterops.georep.gluster_georep_keys) of the primary hosts, registered as O(nodes). For O(stage=cleanup).
    type: list
    elements: dict
    default: []
  departed:
    description: Results of the task that removed keys of removed primary nodes, registered as O(nodes). For O(stage=cleanup).
    type: list
    elements: dict
    default: []
  logged_in:
    description: Result of the task that removed keys from secondary nodes that Ansible does not manage. For O(stage=cleanup).
    type: dict
    default: {}
  proof:
    description:
      - Result of M(glusterops.georep.gluster_georep_proof), which tests whether files arrive on the secondary.
      - Required with O(stage=proofs) and O(stage=proof_lines), otherwise not accepted.
    type: dict
  earlier:
    description:
      - What this module returned for O(stage=proofs) the last time in this run. For O(stage=proofs), if it is not the first time.
      - Required with O(stage=restarts).
    type: dict
  pending_fails:
    description: Whether a session that is still at its first copy is a failure. For O(stage=proofs).
    type: bool
    default: false
  package:
    description: Name of the missing package. Required with O(stage=package), otherwise not accepted.
    type: str
  need:
    description: A sentence that says what the package is needed for, and where. Required with O(stage=package), otherwise not accepted.
    type: str
  host:
    description: Inventory host of the secondary node. Required with O(stage=glusterd), otherwise not accepted.
    type: str
  restarted:
    description: Whether glusterd on O(host) was restarted before. For O(stage=glusterd).
    type: bool
    default: false
  hosts:
    description:
      - Inventory hosts of the primary cluster, as a list or text. Value of C(gate_hosts). For O(stage=gate).
      - The hosts of the play. For O(stage=status_read).
    type: raw
  chosen:
    description:
      - The sessions of the playbook, as people write them. Value of C(georep_sessions). For O(stage=checkpointed), which takes the sessions
        that are declared stopped if it is not set.
      - The sessions, from O(stage=checkpointed). For O(stage=exist) and O(stage=through).
    type: raw
  drift:
    description: How the cluster differs from the declaration, as M(glusterops.georep.georep_summary) returns it. Required with O(stage=drift).
    type: dict
  fail:
    description: Whether to fail if the cluster differs from the declaration. Value of C(georep_fail_on_drift). For O(stage=drift).
    type: bool
    default: false
  all:
    description: Whether to stop all sessions, not only those that have reached their checkpoint. For O(stage=through).
    type: bool
    default: true
  inventory:
    description: All hosts of the inventory. Required with O(stage=gate), otherwise not accepted.
    type: list
    elements: str
  gate:
    description: Result of O(stage=gate). Required with O(stage=gate_host) and O(stage=verdict), otherwise not accepted.
    type: dict
  rpo:
    description:
      - How long changes may wait, in seconds or as a text such as C(15m).
      - For O(stage=verdict), give the value of C(gate_rpo). For O(stage=status_read), give the value of C(geo_replication_rpo).
    type: raw
  otherwise_rpo:
    description:
      - How long changes may wait if O(rpo) is empty. Value of C(geo_replication_rpo) of this host, or else of the node that read the sessions.
        For O(stage=verdict).
    type: raw
  accept:
    description:
      - Reasons to ignore. Value of C(gate_accept). For O(stage=verdict).
      - Objections to ignore. Value of C(georep_accept). For O(stage=checkpointed).
    type: list
    elements: str
    default: []
  failures_known:
    description: How many failures of a session to ignore. Value of C(gate_failures_known). For O(stage=verdict).
    type: int
    default: 0
  timeout:
    description: How long to wait in total, in seconds. Required with O(stage=waiting).
    type: int
  since:
    description: Time at which waiting began, as the first O(stage=waiting) returned it. For O(stage=waiting).
    type: float
seealso:
  - module: glusterops.georep.georep_summary
"""

EXAMPLES = r"""
- name: Check the declared sessions
  glusterops.georep.georep_plan:
    stage: declaration
    sessions: "{{ geo_replication_sessions }}"
    primary_hosts: "{{ ansible_play_batch }}"
  run_once: true
  register: declared
"""

RETURN = r"""
todo:
  description: Which steps of the role have something to do.
  returned: O(stage=declaration), O(stage=plan), O(stage=cleanup) and O(stage=rotation)
  type: dict
lacks:
  description: What has to be read before there is a plan. One value is true at most.
  returned: O(stage=plan)
  type: dict
doubts:
  description: Why gluster must be asked about the sessions. The nodes' own files are incomplete, or something has to be changed.
  returned: O(stage=plan), with C(lacks.status)
  type: list
  elements: str
share:
  description: For each host of the play, what it does.
  returned: O(stage=declaration), O(stage=plan), O(stage=mountbroker), O(stage=cleanup) and O(stage=rotation)
  type: dict
msg:
  description: The option at fault with its value, or what is wrong on which node, and what to do.
  returned: failure
  type: str
"""
