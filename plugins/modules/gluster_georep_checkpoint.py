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
  - Sets a checkpoint, and waits until everything that was written before it is on the other site.
  - "It is complete when four things are so: every replica set has an Active worker; every Active worker says that it is
    complete; the checkpoint that it speaks of is not older than the one asked for, because an old answer stays visible on
    a node that has not got the new one; and no worker gave up on a change meanwhile. The log of gsyncd on this node is
    read for changes that it gave up on without counting them, too."
  - What the workers counted when a checkpoint was set is kept on this node beside the session's own files. A checkpoint that was
    refused because they gave up on a change is refused by any later run on this node, too. Set a new one once that is repaired.
  - GlusterFS completes no checkpoint of a volume on which nothing changes. A folder with a unique name is therefore made in
    the volume's root, and removed at once, through a mount like those of GlusterFS's own tools, which may write to a
    read-only volume, too. It is made on every replica set. Where it cannot be removed because a part of the volume is away, it is
    named, and removed by a later run that makes one.
  - When it is not complete in time, the module fails and names the node and brick that hold it back, and why.
  - A checkpoint is a time. The nodes of the primary cluster must agree on it (NTP), or what was written on one whose clock
    is ahead may be left out.
  - Setting one restarts no worker and resumes no paused session.
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
    details:
      - Says which checkpoint it would set. It does not wait.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - With O(at) and O(name), see there. O(now) is another time at each run.
options:
  sessions:
    description:
      - Several sessions, instead of a single one. They are waited for together, with one status call a look.
    type: list
    elements: dict
    suboptions:
      primary_volume:
        description: The primary volume.
        type: str
        required: true
      secondary_host:
        description: The host of the secondary.
        type: str
        required: true
      secondary_volume:
        description: The volume of the secondary.
        type: str
        required: true
      secondary_user:
        description: The account on the secondary.
        type: str
        default: root
  state:
    description:
      - V(present), there is a checkpoint, as one of O(now), O(at) and O(name) says.
      - V(absent), there is none.
    type: str
    choices: [present, absent]
    default: present
  now:
    description:
      - Set a checkpoint of this very second, whatever is set already. Never idempotent.
      - In check mode the time that is shown is that of the check.
    type: bool
    default: false
  at:
    description:
      - Have a checkpoint of this time, in ISO 8601 with its zone, such as V(2026-11-22T08:00:00Z).
      - Nothing is set when that very checkpoint is set, or a later one that does not lie in the future, because it says all that
        the earlier one would say.
      - GlusterFS keeps whole seconds. The time zone of the node does not matter.
    type: str
  name:
    description:
      - A name for this checkpoint, for example C(nightly-2026-11-22). The first run with a name sets a checkpoint of that
        moment; any later run with the same name means that same moment, as O(at) would, so that a run that was ended or timed
        out is taken up again instead of begun anew.
      - Take a new name for each checkpoint.
      - The last 200 names of a session are remembered, on the node that the module ran on, beside the session's own files, and
        vanish with the session. Run on another node the module sets a new checkpoint under the same name.
    type: str
  wait:
    description:
      - Whether to wait until the checkpoint is complete, for which the session has to be running.
      - Otherwise it is only set. RV(glusterops.georep.gluster_georep_info#module:status[].checkpoint) tells what became of it.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait, in seconds, for all sessions together.
      - A volume that hangs while O(nudge) makes its folder is given a minute to answer, which may come on top.
    type: int
    default: 600
  nudge:
    description:
      - Whether to make, and remove, the folder without which the checkpoint of an idle volume never completes.
    type: bool
    default: true
  restart_stalled:
    description:
      - Whether a session that is active and does not see that change is stopped and started, six times at most. See
        O(glusterops.georep.gluster_georep_proof#module:restart_stalled).
    type: bool
    default: false
  accept:
    description:
      - V(peer_down), go on although a node of the primary cluster cannot be reached. It does not get the checkpoint, and once it
        is back its worker, where that becomes the active one, holds the checkpoint back.
    type: list
    elements: str
    choices: [peer_down]
    default: []
"""

EXAMPLES = r"""
- name: Everything that is written by now is to be over there
  glusterops.georep.gluster_georep_checkpoint:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    now: true

- name: Wait for tonight's backup to be over there, however often this is run
  glusterops.georep.gluster_georep_checkpoint:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    name: nightly-2026-11-22
    wait_timeout: 7200

- name: Set one for several sessions, and go on at once
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

- name: Remove it
  glusterops.georep.gluster_georep_checkpoint:
    primary_volume: projects
    secondary_host: secondary1
    secondary_volume: projects-dr
    state: absent
"""

RETURN = r"""
checkpoints:
  description: One entry a session, in the order given.
  returned: when nothing was wrong before the first change
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
      description: Whether a checkpoint was set or removed, or the session restarted.
      type: bool
    before:
      description: C(time) of the checkpoint that was there; null for none. UTC, ISO 8601.
      type: dict
      sample: {"time": null}
    after:
      description: The same afterwards; in check mode what it would be.
      type: dict
      sample: {"time": "2026-11-22T08:00:00Z"}
    steps:
      description: What was done, or in check mode would be done, with its reason.
      type: list
      elements: str
    checkpoint:
      description:
        - The checkpoint as read last; in check mode the one that is there.
        - See RV(glusterops.georep.gluster_georep_info#module:status[].checkpoint).
      type: dict
      sample: {"set": true, "time": "2026-11-22T08:00:00Z", "completed": true, "completed_at": "2026-11-22T08:00:17Z"}
    message:
      description: What became of it, in words.
      type: str
    reached:
      description: Whether all that was asked for is so.
      type: bool
    held_back_by:
      description: Where it is not complete, C(node), C(brick) and C(why) of each worker that holds it back.
      type: list
      elements: dict
    waited:
      description: Seconds that were waited.
      type: float
    nudges:
      description: How many times a folder was made and removed.
      type: int
    restarts:
      description: How many times the session was stopped and started.
      type: int
    workers:
      description: The workers as read last, see RV(glusterops.georep.gluster_georep_info#module:status[].workers).
      type: list
      elements: dict
before:
  description: The entry's C(before), when a single session was given.
  returned: success, when O(sessions) is not used
  type: dict
  sample: {"time": null}
after:
  description: The entry's C(after), when a single session was given.
  returned: success, when O(sessions) is not used
  type: dict
  sample: {"time": "2026-11-22T08:00:00Z"}
commands:
  description: Every command that was run, in order. Those that set a checkpoint are run with C(TZ=UTC0).
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

import time

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._gluster.runner import GlusterCli, Recorder
from ..module_utils._gluster.xml import HAS_LXML
from ..module_utils._model.errors import GeorepError, invalid
from ..module_utils._model.identity import check_session
from ..module_utils._operate.checkpoint import CheckpointSettings, Wish, check_wish, set_checkpoints
from ..module_utils._operate.report import checkpoint_diff_of, checkpoint_result_of

REQUIRED = ("primary_volume", "secondary_host", "secondary_volume")


def identity_spec(required: bool) -> dict:
    spec: dict = {name: dict(type="str", required=required) for name in REQUIRED}
    return dict(spec, secondary_user=dict(type="str", default="root"))


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            identity_spec(False),
            sessions=dict(type="list", elements="dict", options=identity_spec(True)),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            now=dict(type="bool", default=False),
            at=dict(type="str"),
            name=dict(type="str"),
            wait=dict(type="bool", default=True),
            wait_timeout=dict(type="int", default=600),
            nudge=dict(type="bool", default=True),
            restart_stalled=dict(type="bool", default=False),
            accept=dict(type="list", elements="str", choices=["peer_down"], default=[]),
            lock_timeout=dict(type="int", default=120),
        ),
        supports_check_mode=True,
        mutually_exclusive=[*((name, "sessions") for name in REQUIRED), ("at", "name")],
        required_one_of=[("primary_volume", "sessions")],
        required_together=[REQUIRED],
    )
    if not HAS_LXML:
        module.fail_json(msg=missing_required_lib("lxml"))
    params = module.params
    run = Recorder()
    single = params["sessions"] is None
    try:
        wanted = [
            check_session(entry["primary_volume"], entry["secondary_host"], entry["secondary_volume"], entry["secondary_user"], prefix)
            for prefix, entry in ([("", params)] if single else [(f"sessions[{i}].", item) for i, item in enumerate(params["sessions"])])
        ]
        settings = CheckpointSettings(
            module.check_mode,
            params["wait"],
            params["wait_timeout"],
            params["nudge"],
            params["restart_stalled"],
            frozenset(params["accept"]),
        )
        asked = (params["at"], params["name"], params["now"])
        wish = Wish() if params["state"] == "absent" else check_wish(*asked, settings, time.time())
        if params["state"] == "absent" and any(asked):
            raise invalid("state", "absent", "goes with none of now, at and name.", "Leave them out.")
        reached = set_checkpoints(GlusterCli(run, lock_patience=params["lock_timeout"]), run, wanted, wish, settings)
    except GeorepError as exc:
        module.fail_json(commands=run.commands, **exc.as_result())
    results = [checkpoint_result_of(item) for item in reached]
    result = dict(
        changed=any(item.changed for item in reached),
        checkpoints=results,
        diff=checkpoint_diff_of(reached),
        commands=run.commands,
        **({name: results[0][name] for name in ("before", "after")} if single else {}),
    )
    for item in reached:
        if item.ok and item.left:
            module.warn(item.message)
    failed = [item.message for item in reached if not item.ok]
    if failed:
        module.fail_json(msg="\n".join(failed), error="StateNotReached", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
