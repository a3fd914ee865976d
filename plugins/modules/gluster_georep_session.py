#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_session
short_description: Create and manage GlusterFS geo-replication sessions
version_added: 0.1.0
description:
  - Creates, configures, starts, stops, pauses, resumes and deletes geo-replication sessions. After each change the module waits until
    gluster reports the new state.
  - A session counts as started if every replica set of the primary volume has an C(Active) worker. The answer of gluster that the start was
    successful is not enough.
  - Before it creates a session, the module checks what C(gverify.sh) of GlusterFS checks. A problem stops the module, unless you accept
    it by name in O(accept).
  - The module recognises a session by the UUID of its secondary volume. If a session exists under another name of O(secondary_host), the
    module uses it under that name, does not create a second session, and says so in RV(sessions[].notes). To delete such a session, give
    its own name.
  - If a brick has no worker although its node is up, that is drift. A node that was added or reinstalled gets the session with C(create
    force), after the module has checked that the secondary volume is the same, and then its options and workers.
  - O(sessions) takes several sessions. All are checked before the first one is changed, and the module waits for all of them together.
  - GlusterFS builds the name of a session's directory from volume, host and volume, with underscores between them. C(a -> h::h_v) and C(a_h
    -> h::v) therefore share one directory, one configuration and one state. The module refuses such a session. If both exist, it refuses
    O(state=absent) too, because deleting one session deletes the files of the other.
  - If another run works on the same session, the module waits for the changes of that run within O(wait_timeout) and does only the rest. If
    the module cannot read gluster's answer to a command, it reads the state again. It never repeats a command blindly.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.session.nodes
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
      - TCP port of the SSH server on the secondary nodes.
      - The module also sets it as the session's option C(ssh-port), because GlusterFS forgets the port that it was given at creation
        (glusterfs issue 2819).
    type: int
    default: 22
  state:
    description:
      - V(present) creates the session if needed, but does not start it. An existing session keeps its state.
      - V(started) creates the session if needed, then starts or resumes it.
      - V(stopped) creates the session if needed, and stops it if it runs.
      - V(paused) creates and starts the session if needed, then pauses it.
      - V(absent) stops and deletes the session. Data on the secondary volume stays.
    type: str
    choices: [present, started, stopped, paused, absent]
    default: started
  config:
    description:
      - Options of gsyncd to set, name to value. V(null) resets an option to its default.
      - Works like O(glusterops.georep.gluster_georep_config#module:config), when the session is created or later.
    type: dict
    default: {}
  config_exclusive:
    description:
      - Whether to reset every option that is set on the session and not named in O(config).
      - Options that gsyncd writes itself stay. C(checkpoint), C(ssh-port), and C(ssh-options) that verify host keys stay too.
    type: bool
    default: false
  accept:
    description:
      - Problems that do not stop the module, by name. Any other problem stops it before any change.
      - V(secondary_not_empty) means that the secondary volume already holds files. They get mixed with the files of the primary.
      - V(secondary_smaller) means that the secondary volume is smaller than the primary volume, or has less free space than the primary has
        data.
      - V(version_mismatch) means that the two sites run different releases of GlusterFS.
      - V(peer_down) means that a node of the primary cluster is down. That node misses the changes. RV(sessions[].notes) list them, and the
        next run after the node is back adds them there. GlusterFS itself refuses to delete, pause and resume a session if the node has bricks
        of the volume. The module then stops before any change.
    type: list
    elements: str
    choices: [secondary_not_empty, secondary_smaller, version_mismatch, peer_down]
    default: []
  reset_sync_time:
    description:
      - Whether GlusterFS forgets how far the session has synced. Only with O(state=absent).
      - A later session between these volumes then copies everything again.
    type: bool
    default: false
  only_state:
    description:
      - Whether to leave all options of an existing session as they are, including O(ssh_port).
      - Use it to start or stop a session without changing its configuration.
    type: bool
    default: false
  sessions:
    description:
      - Several sessions, each with the options above. Use it instead of O(primary_volume) and the other options of a single session.
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
  push_pem:
    description:
      - How to create a session. V(false) uses C(no-verify). The secondary nodes must then accept the keys already, for example through
        M(glusterops.georep.gluster_georep_authorized_keys); no root login is needed.
      - V(true) uses C(push-pem). gluster then copies the keys itself. For that, root of this node must be able to log in on
        O(secondary_host) without a password.
    type: bool
    default: false
  secondary_version:
    description:
      - GlusterFS version on the secondary site, as C(gluster --version) prints it there. Before it creates a session, the module compares it
        with the version of the primary site. It refuses a session between GlusterFS 9 or older and 10 or newer, in either direction.
      - Without this option, the module asks the secondary host for its version, using the primary node's geo-replication key. If that key
        cannot log in there yet, the versions are not compared before the session is created. A primary of GlusterFS 9 then notices the
        difference when a newer glusterd answers, and a primary of GlusterFS 10 or newer only when its workers fail.
    type: str
  secondary_versions:
    description:
      - GlusterFS version of each secondary host, by O(secondary_host), for sessions to several clusters. O(secondary_version) applies to hosts
        that are not listed.
    type: dict
    default: {}
  pending_volumes:
    description:
      - Secondary volumes that a later task will create, for example M(glusterops.georep.gluster_georep_directory). In check mode the module
        treats them as started volumes with the given sizes. Ignored outside check mode.
    type: list
    elements: dict
    default: []
    suboptions:
      secondary_host:
        description: Host of the secondary, as in O(secondary_host).
        type: str
        required: true
      secondary_volume:
        description: Name of the secondary volume, as in O(secondary_volume).
        type: str
        required: true
      size:
        description: Size of the volume in bytes.
        type: int
        required: true
      used:
        description: Bytes in use.
        type: int
        required: true
      available:
        description: Free bytes.
        type: int
        required: true
      entries:
        description: Names that the root of the volume will hold from the start.
        type: list
        elements: str
        default: []
  wait:
    description:
      - Whether to wait until a session that must run is active.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait until the session is active, in seconds, counted from the last gluster command that changes the session.
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

- name: Pause the session
  glusterops.georep.gluster_georep_session:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    state: paused

- name: Start a session into a volume that already holds files
  glusterops.georep.gluster_georep_session:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    accept:
      - secondary_not_empty

- name: Delete the session; the files on the secondary stay
  glusterops.georep.gluster_georep_session:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    state: absent

- name: Manage several sessions at once
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
  description: One entry for each session, in the order of the input.
  returned: success
  type: list
  elements: dict
  contains:
    primary_volume:
      description: Name of the primary volume.
      type: str
    secondary_host:
      description: Host of the secondary, as in the session.
      type: str
    secondary_volume:
      description: Name of the secondary volume.
      type: str
    secondary_user:
      description: Account on the secondary nodes.
      type: str
    changed:
      description: Whether the module changed this session.
      type: bool
    before:
      description: State and declared options of the session before the run.
      type: dict
    after:
      description: State and declared options after the run, read from gluster. In check mode, what they would be.
      type: dict
    steps:
      description: What the module did, or would do in check mode, in order and each with its reason.
      type: list
      elements: str
    notes:
      description: Problems that were accepted by name, and errors of gluster that had no effect in the end.
      type: list
      elements: str
    leftovers:
      description:
        - With O(state=absent), what GlusterFS leaves on this node, each with the command that removes it.
        - Key lines and host keys are not listed. M(glusterops.georep.gluster_georep_authorized_keys), M(glusterops.georep.gluster_ssh_trust)
          and the role delete them.
      type: list
      elements: str
    workers:
      description: The workers of the last reading, one for each brick. Empty in check mode.
      type: list
      elements: dict
    missing:
      description: Bricks without a worker.
      type: list
      elements: str
before:
  description: State and declared options before the run, for a single session.
  returned: success, when O(sessions) is not used
  type: dict
  sample: {"state": "stopped", "config": {"sync-jobs": "3", "ssh-port": "22"}}
after:
  description: State and declared options after the run, for a single session.
  returned: success, when O(sessions) is not used
  type: dict
  sample: {"state": "active", "config": {"sync-jobs": "4", "ssh-port": "22"}}
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

from ..module_utils._apply.prepare import Settings
from ..module_utils._apply.report import diff_of, result_of
from ..module_utils._apply.session import converge
from ..module_utils._host.mounts import Usage
from ..module_utils._model.cluster import SessionFiles
from ..module_utils._module import (
    IDENTITY,
    LOCK_TIMEOUT,
    NODES,
    REQUIRED_IDENTITY,
    Call,
    Options,
    each,
    required,
    run_module,
)
from ..module_utils._plan.declaration import wanted_from
from ..module_utils._plan.session import CONSENTS, DECLARED

DECLARATION: Options = dict(
    IDENTITY,
    ssh_port=dict(type="int", default=22),
    state=dict(type="str", choices=list(DECLARED), default="started"),
    config=dict(type="dict", default={}),
    config_exclusive=dict(type="bool", default=False),
    accept=dict(type="list", elements="str", choices=list(CONSENTS), default=[]),
    reset_sync_time=dict(type="bool", default=False, no_log=False),
    only_state=dict(type="bool", default=False),
)
PENDING_VOLUME: Options = dict(
    secondary_host=dict(type="str", required=True),
    secondary_volume=dict(type="str", required=True),
    size=dict(type="int", required=True),
    used=dict(type="int", required=True),
    available=dict(type="int", required=True),
    entries=dict(type="list", elements="str", default=[]),
)
SPEC = dict(
    argument_spec=dict(
        DECLARATION,
        sessions=each(required(DECLARATION, *REQUIRED_IDENTITY)),
        push_pem=dict(type="bool", default=False),
        secondary_version=dict(type="str"),
        secondary_versions=dict(type="dict", default={}),
        pending_volumes=each(PENDING_VOLUME, default=[]),
        wait=dict(type="bool", default=True),
        wait_timeout=dict(type="int", default=120),
        **NODES,
        **LOCK_TIMEOUT,
    ),
    mutually_exclusive=[(name, "sessions") for name in REQUIRED_IDENTITY],
    required_one_of=[("primary_volume", "sessions")],
    required_together=[REQUIRED_IDENTITY],
)


def work(call: Call) -> dict[str, t.Any]:
    params = call.params
    single = params["sessions"] is None
    wanted = (
        [wanted_from(params)]
        if single
        else [wanted_from(entry, f"sessions[{index}].") for index, entry in enumerate(params["sessions"])]
    )
    settings = Settings(
        check_mode=call.check_mode,
        wait=params["wait"],
        wait_timeout=params["wait_timeout"],
        push_pem=params["push_pem"],
        secondary_version=params["secondary_version"],
        secondary_versions=params["secondary_versions"],
        nodes=[SessionFiles.from_result(node) for node in params["nodes"]],
        pending={
            (entry["secondary_host"], entry["secondary_volume"]): Usage(
                entry["size"], entry["used"], entry["available"], tuple(entry["entries"])
            )
            for entry in params["pending_volumes"]
        },
    )
    outcomes = converge(call.cli, call.run, wanted, settings)
    results = [result_of(outcome) for outcome in outcomes]
    return dict(
        changed=any(outcome.changed for outcome in outcomes),
        sessions=results,
        diff=diff_of(outcomes),
        **({name: results[0][name] for name in ("before", "after")} if single else {}),
    )


def main() -> None:
    run_module(SPEC, work, needs_lxml=True)


if __name__ == "__main__":
    main()
