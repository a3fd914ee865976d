#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_checkpoint
short_description: Set a checkpoint of GlusterFS geo-replication sessions and wait until it is complete
version_added: 0.1.0
description:
  - Sets a checkpoint, and waits until everything that was written before it is on the secondary.
  - A checkpoint counts as complete under four conditions. Every replica set has an Active worker. Every Active worker reports the
    checkpoint as complete. The checkpoint that a worker reports is not older than the requested one, because a node that has not received
    the new checkpoint still reports the old one. No worker gave up on a change in the meantime; for that, the module also reads the log of
    gsyncd on this node, because not every such change is counted.
  - The module keeps the workers' failure counts at the time of a checkpoint on this node, beside the session's own files. If a checkpoint
    fails because a worker gave up on a change, every later run on this node also fails for this checkpoint. Repair the cause and set a new
    checkpoint.
  - GlusterFS completes no checkpoint of a volume on which nothing changes. The module therefore creates a folder with a unique name in the
    volume's root, on every replica set, and deletes it at once. It uses a mount like GlusterFS's own tools, which works on a read-only
    volume too. If the folder cannot be deleted because a part of the volume is down, the module names it, and a later run that creates a
    folder deletes it.
  - If the checkpoint does not complete in time, the module fails and names the node and brick that hold it back, and why.
  - A checkpoint is a time. The clocks of the primary nodes must agree (NTP). Otherwise changes on a node whose clock is ahead may be left
    out.
  - A new checkpoint restarts no worker and resumes no paused session.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.session.sessions
  - glusterops.georep.session.peer_down
  - glusterops.georep.session
  - glusterops.georep.session.identity
  - glusterops.georep.attributes
  - glusterops.georep.attributes.actiongroup_georep
attributes:
  check_mode:
    support: full
    details:
      - Says which checkpoint it would set. It does not wait.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - Idempotent with O(at) and O(name). With O(now), each run sets another time.
options:
  sessions:
    description:
      - Several sessions instead of a single one. The module waits for all of them together and reads the status of all with one call.
  state:
    description:
      - V(present) sets the checkpoint that O(now), O(at) or O(name) describes.
      - V(absent) deletes the checkpoint.
    type: str
    choices: [present, absent]
    default: present
  now:
    description:
      - Whether to set a checkpoint of the current second, even if one is set already. Never idempotent.
      - In check mode the time that is shown is the time of the check.
    type: bool
    default: false
  at:
    description:
      - Time of the checkpoint, in ISO 8601 with a time zone, for example V(2026-11-22T08:00:00Z).
      - The module sets nothing if this checkpoint is set already, or a later one that is not in the future, because a later checkpoint
        includes the earlier one.
      - GlusterFS stores whole seconds. The time zone of the node does not matter.
    type: str
  name:
    description:
      - Name of the checkpoint, for example C(nightly-2026-11-22). The first run with a name sets a checkpoint of the current time. Every
        later run with the same name uses that same time, as with O(at). So a later run continues a run that was killed or timed out.
      - Use a new name for each checkpoint.
      - The node on which the module runs remembers the last 200 names of a session, beside the session's own files, until the session is
        deleted. On another node the module sets a new checkpoint under the same name.
    type: str
  wait:
    description:
      - Whether to wait until the checkpoint is complete. The session must be running.
      - With V(false) the module only sets the checkpoint. RV(glusterops.georep.gluster_georep_info#module:status[].checkpoint) shows
        whether it is complete.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for all sessions together, in seconds.
      - If a volume hangs while the module creates the folder of O(trigger_change), it waits up to one minute more.
    type: int
    default: 600
  trigger_change:
    description:
      - Whether to create and delete a folder on the volume. Without it, a checkpoint of an idle volume never completes.
    type: bool
    default: true
  restart_stalled:
    description:
      - Whether to stop and start a session, up to six times, if it is active but does not see the folder that O(trigger_change) creates on the
        primary volume. See O(glusterops.georep.gluster_georep_proof#module:restart_stalled).
    type: bool
    default: false
  accept:
    description:
      - Problems that do not stop the module, by name.
      - V(peer_down) means that a node of the primary cluster is down. That node does not get the checkpoint. If its worker becomes the
        active one after the node is back, the checkpoint does not complete.
"""

EXAMPLES = r"""
- name: Wait until everything that is written by now is on the secondary
  glusterops.georep.gluster_georep_checkpoint:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    now: true

- name: Wait until tonight's backup is on the secondary; run it again to continue waiting
  glusterops.georep.gluster_georep_checkpoint:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    name: nightly-2026-11-22
    wait_timeout: 7200

- name: Set a checkpoint for several sessions without waiting
  glusterops.georep.gluster_georep_checkpoint:
    sessions:
      - primary_volume: projects
        secondary_host: secondary1
        secondary_volume: projects-dr
      - primary_volume: homes
        secondary_host: secondary1
        secondary_volume: homes-dr
    at: "2026-11-22T08:00:00Z"
    wait: false

- name: Delete the checkpoint
  glusterops.georep.gluster_georep_checkpoint:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    state: absent
"""

RETURN = r"""
checkpoints:
  description: One entry for each session, in the order of the input.
  returned: when nothing was wrong before the first change
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
      description: Whether the module set or deleted a checkpoint, or restarted the session.
      type: bool
    before:
      description: C(time) of the checkpoint before the run, or null if none was set. UTC, ISO 8601.
      type: dict
      sample: {"time": null}
    after:
      description: C(time) of the checkpoint after the run. In check mode, what it would be.
      type: dict
      sample: {"time": "2026-11-22T08:00:00Z"}
    steps:
      description: What the module did, or would do in check mode, each with its reason.
      type: list
      elements: str
    checkpoint:
      description:
        - The checkpoint of the last reading. In check mode, the existing one.
        - See RV(glusterops.georep.gluster_georep_info#module:status[].checkpoint).
      type: dict
      sample: {"set": true, "time": "2026-11-22T08:00:00Z", "completed": true, "completed_at": "2026-11-22T08:00:17Z"}
    message:
      description: Result in words.
      type: str
    reached:
      description: Whether the checkpoint is in the requested state, and complete if O(wait=true).
      type: bool
    held_back_by:
      description: If the checkpoint is not complete, C(node), C(brick) and C(why) of each worker that holds it back.
      type: list
      elements: dict
    waited:
      description: How long the module waited, in seconds.
      type: float
    nudges:
      description: How many times the module created and deleted a folder.
      type: int
    restarts:
      description: How many times the module stopped and started the session.
      type: int
    workers:
      description: The workers of the last reading, see RV(glusterops.georep.gluster_georep_info#module:status[].workers).
      type: list
      elements: dict
before:
  description: C(before) of the entry, for a single session.
  returned: success, when O(sessions) is not used
  type: dict
  sample: {"time": null}
after:
  description: C(after) of the entry, for a single session.
  returned: success, when O(sessions) is not used
  type: dict
  sample: {"time": "2026-11-22T08:00:00Z"}
commands:
  description:
    - Every command that the module ran, in order. Commands that set a checkpoint run with C(TZ=UTC0).
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

from ..module_utils._apply.checkpoint import CheckpointSettings, Wish, check_wish, set_checkpoints
from ..module_utils._apply.checkpoint_report import diff_of, result_of
from ..module_utils._model.errors import StateNotReached, invalid
from ..module_utils._model.identity import check_session
from ..module_utils._module import IDENTITY, LOCK_TIMEOUT, PEER_DOWN, REQUIRED_IDENTITY, SESSION, Call, each, run_module

SPEC = dict(
    argument_spec=dict(
        IDENTITY,
        sessions=each(SESSION),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        now=dict(type="bool", default=False),
        at=dict(type="str"),
        name=dict(type="str"),
        wait=dict(type="bool", default=True),
        wait_timeout=dict(type="int", default=600),
        trigger_change=dict(type="bool", default=True),
        restart_stalled=dict(type="bool", default=False),
        **PEER_DOWN,
        **LOCK_TIMEOUT,
    ),
    mutually_exclusive=[*((name, "sessions") for name in REQUIRED_IDENTITY), ("at", "name")],
    required_one_of=[("primary_volume", "sessions")],
    required_together=[REQUIRED_IDENTITY],
)


def work(call: Call) -> dict[str, t.Any]:
    params = call.params
    single = params["sessions"] is None
    wanted = [
        check_session(entry["primary_volume"], entry["secondary_host"], entry["secondary_volume"], entry["secondary_user"], prefix)
        for prefix, entry in ([("", params)] if single else [(f"sessions[{i}].", item) for i, item in enumerate(params["sessions"])])
    ]
    settings = CheckpointSettings(
        call.check_mode,
        params["wait"],
        params["wait_timeout"],
        params["trigger_change"],
        params["restart_stalled"],
        frozenset(params["accept"]),
    )
    asked = (params["at"], params["name"], params["now"])
    wish = Wish() if params["state"] == "absent" else check_wish(*asked, settings, call.now())
    if params["state"] == "absent" and any(asked):
        raise invalid("state", "absent", "goes with none of now, at and name.", "Leave them out.")
    reached = set_checkpoints(call.cli, call.run, wanted, wish, settings)
    results = [result_of(item) for item in reached]
    result = dict(
        changed=any(item.changed for item in reached),
        checkpoints=results,
        diff=diff_of(reached),
        **({name: results[0][name] for name in ("before", "after")} if single else {}),
    )
    for item in reached:
        if item.ok and item.left:
            call.warn(item.message)
    failed = [item.message for item in reached if not item.ok]
    if failed:
        result.update(failed=True, msg="\n".join(failed), error=StateNotReached.__name__)
    return result


def main() -> None:
    run_module(SPEC, work, needs_lxml=True)


if __name__ == "__main__":
    main()
