#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_session
short_description: Make GlusterFS geo-replication sessions as declared
version_added: 0.1.0
description:
  - Creates, configures, starts, stops, pauses, resumes and deletes geo-replication sessions, and reads the state back
    until it is really there.
  - A session is taken for started when every replica set of the primary volume has an C(Active) worker, not when
    gluster answered that the start was successful.
  - Before it creates a session it checks what C(gverify.sh) of GlusterFS checks, and refuses to go on unless the
    objection is accepted by name in O(accept).
  - A session is recognised by the UUID of its secondary volume. One that exists under another name of O(secondary_host) is
    taken by the name that gluster has, and RV(sessions[].notes) say so; no second one is made. To delete it, its own name is needed.
  - Bricks without a worker though their node is up are drift. A node that was added or set up anew is told of the session with
    C(create force), after the secondary volume was found to be the very same, and gets its options and workers.
  - Several sessions can be given at once in O(sessions). All are checked before the first is touched, and they are
    waited for together.
  - GlusterFS joins volume, host and volume with underscores to the name of a session's directory, so that C(a -> h::h_v) and C(a_h -> h::v)
    have the same one, and with it one configuration and one state. Such a session is refused, even with O(state=absent) if both exist, because
    deleting one deletes the files of the other.
  - If another run works on the same session, what that run has brought about is waited for within O(wait_timeout), and only the rest is done.
    If gluster's answer to a command cannot be read, the state is read back; no command is repeated blindly.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.session
  - glusterops.georep.session.identity
  - glusterops.georep.attributes
  - glusterops.georep.attributes.actiongroup_georep
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  ssh_port:
    description:
      - Port of the SSH server on the secondary nodes.
      - GlusterFS forgets the port it was given at creation (glusterfs issue 2819), so it is also set as the session's
        option C(ssh-port).
    type: int
    default: 22
  state:
    description:
      - V(present), the session exists. One that has to be created is not started; one that exists goes on as it is.
      - V(started), it exists and replicates. A paused one is resumed.
      - V(stopped), it exists and does not run.
      - V(paused), it exists, was started, and is paused.
      - V(absent), it does not exist. A running one is stopped first. Data on the secondary volume is left alone.
    type: str
    choices: [present, started, stopped, paused, absent]
    default: started
  config:
    description:
      - Options of gsyncd that the session must have, name to value. V(null) means the default.
      - The same as O(glusterops.georep.gluster_georep_config#module:config), at creation or later.
    type: dict
    default: {}
  config_exclusive:
    description:
      - Whether to reset every option that somebody has set and that O(config) does not name.
      - What gsyncd writes itself stays, so do C(checkpoint), C(ssh-port), and C(ssh-options) that verify host keys.
    type: bool
    default: false
  accept:
    description:
      - Objections to accept, by name. Without it they stop the run before anything is changed.
      - V(secondary_not_empty), the secondary volume holds files already. They get mixed with the primary's.
      - V(secondary_smaller), the secondary volume is smaller than the primary, or has less free space than the
        primary has data.
      - V(version_mismatch), the two sites run different releases of GlusterFS.
      - V(peer_down), a node of the primary cluster cannot be reached. What is set now will be missing there, and the notes say
        what that is; the next run after the node is back makes up for it. To delete, to pause and to resume GlusterFS refuses
        then in any case, if the node has bricks of the volume; a run that would have to is refused before anything is done.
    type: list
    elements: str
    choices: [secondary_not_empty, secondary_smaller, version_mismatch, peer_down]
    default: []
  reset_sync_time:
    description:
      - With O(state=absent), forget how far the session had got, so that a later one copies everything again.
    type: bool
    default: false
  only_state:
    description:
      - Leave all options of a session that exists as they are, O(ssh_port) included; with O(state=stopped), for example.
    type: bool
    default: false
  sessions:
    description:
      - Several sessions at once, each with the options above. Takes the place of O(primary_volume) and the others.
    type: list
    elements: dict
    suboptions:
      primary_volume:
        description: See O(primary_volume).
        type: str
        required: true
      secondary_host:
        description: See O(secondary_host).
        type: str
        required: true
      secondary_volume:
        description: See O(secondary_volume).
        type: str
        required: true
      secondary_user:
        description: See O(secondary_user).
        type: str
        default: root
      ssh_port:
        description: See O(ssh_port).
        type: int
        default: 22
      state:
        description: See O(state).
        type: str
        choices: [present, started, stopped, paused, absent]
        default: started
      config:
        description: See O(config).
        type: dict
        default: {}
      config_exclusive:
        description: See O(config_exclusive).
        type: bool
        default: false
      accept:
        description: See O(accept).
        type: list
        elements: str
        choices: [secondary_not_empty, secondary_smaller, version_mismatch, peer_down]
        default: []
      reset_sync_time:
        description: See O(reset_sync_time).
        type: bool
        default: false
      only_state:
        description: See O(only_state).
        type: bool
        default: false
  nodes:
    description:
      - What M(glusterops.georep.gluster_georep_preflight) saw of the sessions' files on the primary nodes. Every node has a file
        of its own, and gluster shows that of the node it is asked on alone.
      - With it, options that another node has otherwise are seen and set again, and so are nodes that do not know a session.
        Without it such a node is noticed only where a brick of it has no worker.
    type: list
    elements: dict
    default: []
    suboptions:
      node:
        description: The node's name.
        type: str
        required: true
      node_uuid:
        description: glusterd's UUID of it.
        type: str
        required: true
      sessions:
        description: The options in the file of each session, by the name of the session's directory.
        type: dict
        required: true
  push_pem:
    description:
      - How a session that is missing is created. V(false), with C(no-verify), which needs the keys to be on the
        secondary nodes already, for example by M(glusterops.georep.gluster_ssh_trust), and no login of root.
      - V(true), with C(push-pem), for which root of this node must be able to log in on O(secondary_host) without a
        password. gluster then copies the keys itself.
    type: bool
    default: false
  secondary_version:
    description:
      - Version of GlusterFS on the secondary site, as C(gluster --version) prints it there. With it the releases of the
        two sites are compared before a session is created; glusterd does not tell it over the network.
      - GlusterFS 9 and older with 10 and newer is refused in either direction before the secondary is asked for anything. Without
        this option, 9 notices it by the answers of a newer glusterd, and 10 only by the workers' logs.
    type: str
  secondary_versions:
    description:
      - The same for sessions of several sites, as O(secondary_host) and the version of its cluster. A host that is not named here
        has O(secondary_version).
    type: dict
    default: {}
  pending_volumes:
    description:
      - Secondary volumes that a later task is going to make, for example M(glusterops.georep.gluster_georep_directory). In check
        mode they are taken for started, and what is given here for what they will be. Has no meaning otherwise.
    type: list
    elements: dict
    default: []
    suboptions:
      secondary_host:
        description: As in O(secondary_host).
        type: str
        required: true
      secondary_volume:
        description: As in O(secondary_volume).
        type: str
        required: true
      size:
        description: Its size in bytes.
        type: int
        required: true
      used:
        description: Bytes of it in use.
        type: int
        required: true
      available:
        description: Bytes of it that are free.
        type: int
        required: true
      entries:
        description: What it will hold from the beginning.
        type: list
        elements: str
        default: []
  wait:
    description:
      - Wait until a session that is to run is active.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for that, in seconds, counted from the last command.
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: Replicate the volume projects into projects-dr of another cluster
  glusterops.georep.gluster_georep_session:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    state: started
    config:
      sync-method: tarssh
      sync-jobs: 4

- name: Pause it for a while
  glusterops.georep.gluster_georep_session:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    state: paused

- name: Start into a volume that holds files already
  glusterops.georep.gluster_georep_session:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    accept:
      - secondary_not_empty

- name: Remove the session; the files on the secondary stay
  glusterops.georep.gluster_georep_session:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    state: absent

- name: Several at once
  glusterops.georep.gluster_georep_session:
    sessions:
      - primary_volume: projects
        secondary_host: secondary1
        secondary_volume: projects-dr
      - primary_volume: homes
        secondary_host: secondary1
        secondary_volume: homes-dr
        state: stopped
"""

RETURN = r"""
sessions:
  description: One entry a declared session, in the order given.
  returned: success
  type: list
  elements: dict
  contains:
    primary_volume:
      description: The primary volume.
      type: str
    secondary_host:
      description: The host of the secondary.
      type: str
    secondary_volume:
      description: The volume of the secondary.
      type: str
    secondary_user:
      description: The account on the secondary.
      type: str
    changed:
      description: Whether this session was changed.
      type: bool
    before:
      description: Its state and its declared options before.
      type: dict
    after:
      description: The same afterwards, read back from gluster; in check mode what it would be.
      type: dict
    steps:
      description: What was done, or in check mode would be done, in order, each with its reason.
      type: list
      elements: str
    notes:
      description: What was accepted by name, and what gluster answered that did not matter in the end.
      type: list
      elements: str
    leftovers:
      description:
        - What GlusterFS leaves behind of a session with O(state=absent), as this node shows it, each with what removes it.
        - Key lines and host keys are the business of M(glusterops.georep.gluster_ssh_trust) and of the role.
      type: list
      elements: str
    workers:
      description: The workers as read last, one a brick. Empty in check mode.
      type: list
      elements: dict
    missing:
      description: Bricks that have no worker.
      type: list
      elements: str
before:
  description: State and declared options before, when a single session was given.
  returned: success, when O(sessions) is not used
  type: dict
  sample: {"state": "stopped", "config": {"sync-jobs": "3", "ssh-port": "22"}}
after:
  description: State and declared options afterwards, when a single session was given.
  returned: success, when O(sessions) is not used
  type: dict
  sample: {"state": "active", "config": {"sync-jobs": "4", "ssh-port": "22"}}
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

import copy
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._georep.plan import CONSENTS, DECLARED
from ..module_utils._gluster.mounts import Usage
from ..module_utils._gluster.runner import GlusterCli, Recorder
from ..module_utils._gluster.xml import HAS_LXML
from ..module_utils._model.errors import GeorepError
from ..module_utils._operate.report import diff_of, result_of, wanted_from
from ..module_utils._operate.session import Settings, converge

SESSION_SPEC: dict[str, dict[str, t.Any]] = dict(
    primary_volume=dict(type="str"),
    secondary_host=dict(type="str"),
    secondary_volume=dict(type="str"),
    secondary_user=dict(type="str", default="root"),
    ssh_port=dict(type="int", default=22),
    state=dict(type="str", choices=list(DECLARED), default="started"),
    config=dict(type="dict", default={}),
    config_exclusive=dict(type="bool", default=False),
    accept=dict(type="list", elements="str", choices=list(CONSENTS), default=[]),
    reset_sync_time=dict(type="bool", default=False, no_log=False),
    only_state=dict(type="bool", default=False),
)
REQUIRED = ("primary_volume", "secondary_host", "secondary_volume")


def argument_spec() -> dict[str, dict[str, t.Any]]:
    entry = copy.deepcopy(SESSION_SPEC)
    for name in REQUIRED:
        entry[name]["required"] = True
    return dict(
        copy.deepcopy(SESSION_SPEC),
        sessions=dict(type="list", elements="dict", options=entry),
        nodes=dict(
            type="list",
            elements="dict",
            default=[],
            options=dict(
                node=dict(type="str", required=True),
                node_uuid=dict(type="str", required=True),
                sessions=dict(type="dict", required=True),
            ),
        ),
        push_pem=dict(type="bool", default=False),
        secondary_version=dict(type="str"),
        secondary_versions=dict(type="dict", default={}),
        pending_volumes=dict(
            type="list",
            elements="dict",
            default=[],
            options=dict(
                secondary_host=dict(type="str", required=True),
                secondary_volume=dict(type="str", required=True),
                size=dict(type="int", required=True),
                used=dict(type="int", required=True),
                available=dict(type="int", required=True),
                entries=dict(type="list", elements="str", default=[]),
            ),
        ),
        wait=dict(type="bool", default=True),
        wait_timeout=dict(type="int", default=120),
        lock_timeout=dict(type="int", default=120),
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec=argument_spec(),
        supports_check_mode=True,
        mutually_exclusive=[(name, "sessions") for name in REQUIRED],
        required_one_of=[("primary_volume", "sessions")],
        required_together=[REQUIRED],
    )
    if not HAS_LXML:
        module.fail_json(msg=missing_required_lib("lxml"))
    params = module.params
    run = Recorder()
    try:
        single = params["sessions"] is None
        wanted = (
            [wanted_from(params)]
            if single
            else [wanted_from(entry, f"sessions[{index}].") for index, entry in enumerate(params["sessions"])]
        )
        outcomes = converge(
            GlusterCli(run, lock_patience=params["lock_timeout"]),
            run,
            wanted,
            Settings(
                check_mode=module.check_mode,
                wait=params["wait"],
                wait_timeout=params["wait_timeout"],
                push_pem=params["push_pem"],
                secondary_version=params["secondary_version"],
                secondary_versions=params["secondary_versions"],
                nodes=params["nodes"],
                pending={
                    (entry["secondary_host"], entry["secondary_volume"]): Usage(
                        entry["size"], entry["used"], entry["available"], tuple(entry["entries"])
                    )
                    for entry in params["pending_volumes"]
                },
            ),
        )
    except GeorepError as exc:
        module.fail_json(commands=run.commands, **exc.as_result())
    results = [result_of(outcome) for outcome in outcomes]
    single_result = {name: results[0][name] for name in ("before", "after")} if single else {}
    module.exit_json(
        changed=any(outcome.changed for outcome in outcomes),
        sessions=results,
        commands=run.commands,
        diff=diff_of(outcomes),
        **single_result,
    )


if __name__ == "__main__":
    main()
