# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_report
short_description: Put together everything about a cluster's geo-replication sessions
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Takes what was read of a cluster, and what was declared, and tells for each session its state, its lag against its RPO,
    its checkpoint, what is wrong with it and what helps, and how the cluster differs from the declaration.
  - The result is what the playbook C(glusterops.georep.status) writes as C(report.json). Its shape is stable for one value
    of RV(_value.schema).
  - Changes nothing.
options:
  _input:
    description: Result of M(glusterops.georep.gluster_georep_info). For drift it has to hold the declared sessions' options.
    type: dict
    required: true
  nodes:
    description:
      - Results of M(glusterops.georep.gluster_georep_info) of the other primary nodes, asked with
        O(glusterops.georep.gluster_georep_info#module:local_only). Those without C(local) are left out.
    type: list
    elements: dict
    default: []
  declared:
    description: Declared sessions, in the shape of the input of the role P(glusterops.georep.geo_replication#role).
    type: list
    elements: dict
    default: []
  only:
    description: These sessions alone, by their names. One of them that is not on the cluster is a problem. All when left out.
    type: list
    elements: dict
  rpo:
    description: RPO of sessions that declare none, as seconds or as V(15m), V(2h), V(1d). Empty means none.
    type: str
  drift:
    description: Whether to compare the cluster with the declaration.
    type: bool
    default: true
  versions:
    description: Versions of GlusterFS by the secondary node that has it. Sessions between GlusterFS 9 and 10 cannot work, which is told then.
    type: dict
"""

EXAMPLES = r"""
- name: Which sessions are beyond their RPO
  ansible.builtin.debug:
    msg: "{{ (georep_info | glusterops.georep.georep_report(rpo='15m')).sessions | rejectattr('within_rpo') | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: The picture. Times are UTC and ISO 8601; what is not known is null.
  type: dict
  contains:
    schema:
      description: Version of this shape.
      type: int
    read_at:
      description: When the cluster was read, by its own clock.
      type: str
    version:
      description: Version of GlusterFS.
      type: str
    cluster:
      description: The names of the cluster's nodes.
      type: str
    verdict:
      description: The worst of all, V(critical), V(warning), V(ok) or V(idle), which is a session that does not run.
      type: str
    counts:
      description: How many sessions have each verdict.
      type: dict
    peers:
      description: The nodes and whether they are connected.
      type: list
      elements: dict
    sessions:
      description:
        - The sessions, the worst first. Each has its names, C(state), C(verdict), C(lag_seconds), C(rpo_seconds), C(within_rpo),
          C(last_synced), C(last_proved), C(checkpoint), C(failures), C(declared_state), C(workers), C(sets) and C(problems).
        - C(lag_seconds) is how long the oldest change waits that the secondary does not have where C(lag_exact) is true,
          else the time since the last sync.
        - C(last_proved) is the proof that the session, as it was last started and changed, delivers, with C(when), C(lag_seconds),
          C(method), C(restarts) and C(not_carried); null where none has passed.
      type: list
      elements: dict
    problems:
      description:
        - All problems, the worst first. Each has C(id), C(severity), C(session), C(node), C(brick), C(what), C(remedy) and,
          where it is a known fault, C(fault), C(title) and C(reference).
      type: list
      elements: dict
    secondaries:
      description: The receiving volumes, host by host, as far as they could be read.
      type: list
      elements: dict
    drift:
      description: C(steps) that a run of the role would take, sessions that are C(undeclared), and the C(errors) met.
      type: dict
    unread_nodes:
      description: Nodes of the cluster that are connected, and whose own view was not given with O(nodes).
      type: list
      elements: str
"""

import time
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.glusterops.georep.plugins.module_utils._georep.durations import instant, seconds_from
from ansible_collections.glusterops.georep.plugins.module_utils._georep.overview import overview
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import check_session
from ansible_collections.glusterops.georep.plugins.module_utils._operate.drift import asked_of, drift_of


def georep_report(
    info: t.Mapping[str, t.Any],
    nodes: t.Sequence[t.Mapping[str, t.Any]] = (),
    declared: t.Sequence[t.Mapping[str, t.Any]] = (),
    only: t.Sequence[t.Mapping[str, t.Any]] | None = None,
    rpo: t.Any = None,
    drift: bool = True,
    versions: t.Mapping[str, str] | None = None,
) -> dict[str, t.Any]:
    try:
        asked = asked_of(declared, info)
        chosen = None if only is None else [check_session(**dict(entry)) for entry in only]
        limit = seconds_from("rpo", rpo)
    except InvalidInput as exc:
        raise AnsibleFilterError(f"{exc} {exc.remedy}") from exc
    # A volume that is gone is what the report is to show, not what it may fail of.
    compared = drift_of(declared, info, versions) if declared and drift else None
    times = [instant(entry["read_at"]) for entry in info["status"]]
    now = max((moment for moment in times if moment is not None), default=time.time())
    return overview(info, nodes=nodes, declared=asked, only=chosen, rpo=limit, now=now, drift=compared)


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_report": georep_report}
