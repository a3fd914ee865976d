# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: georep_report
short_description: Build a report about the geo-replication sessions of a cluster
version_added: 0.1.0
author: GlusterOps contributors (@glusterops)
description:
  - Combines what was read of a cluster with the declaration. Reports for each session its state, its lag and RPO, its checkpoint, problems
    with their remedies, and the differences from the declaration.
  - The playbook C(glusterops.georep.status) writes the result as C(report.json). Its format is stable for one value of RV(_value.schema).
  - The filter changes nothing.
options:
  _input:
    description:
      - Result of M(glusterops.georep.gluster_georep_info). To compare with the declaration, it must contain the options of the declared
        sessions.
    type: dict
    required: true
  nodes:
    description:
      - Results of M(glusterops.georep.gluster_georep_info) on the other primary nodes, with
        O(glusterops.georep.gluster_georep_info#module:local_only). Results without C(local) are ignored.
    type: list
    elements: dict
    default: []
  declared:
    description:
      - Declared sessions, in the format of the input of the role P(glusterops.georep.geo_replication#role), or the same as text in JSON or YAML.
    type: raw
    default: []
  only:
    description:
      - Sessions to report, by their names. A listed session that does not exist on the cluster is a problem. All sessions if not set.
    type: list
    elements: dict
  rpo:
    description: RPO of sessions that declare none, in seconds or as V(15m), V(2h), V(1d). Empty means no RPO.
    type: str
  drift:
    description: Whether to compare the cluster with the declaration.
    type: bool
    default: true
  versions:
    description:
      - Versions of GlusterFS by secondary node. With them the report explains sessions between GlusterFS 9 and 10, which cannot work.
    type: dict
"""

EXAMPLES = r"""
- name: Show the sessions that exceed their RPO
  ansible.builtin.debug:
    msg: "{{ (georep_info | glusterops.georep.georep_report(rpo='15m')).sessions | rejectattr('within_rpo') | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: The report. Times are UTC and ISO 8601. Unknown values are null.
  type: dict
  contains:
    schema:
      description: Version of this format.
      type: int
    read_at:
      description: When the cluster was read, by the clock of the node that was asked.
      type: str
    version:
      description: Version of GlusterFS.
      type: str
    cluster:
      description: Names of the cluster's nodes.
      type: str
    verdict:
      description:
        - The worst verdict of all sessions, V(critical), V(warning), V(ok) or V(idle). V(idle) means that a session is not running.
      type: str
    counts:
      description: Number of sessions with each verdict.
      type: dict
    resting:
      description:
        - Number of sessions that are V(created), V(stopped) or V(paused), whatever their verdict.
      type: dict
    peers:
      description: The nodes, and whether they are connected.
      type: list
      elements: dict
    sessions:
      description:
        - The sessions, worst first. Each has its names, C(state), C(verdict), C(lag_seconds), C(rpo_seconds), C(within_rpo),
          C(last_synced), C(last_proved), C(checkpoint), C(failures), C(declared_state), C(workers), C(sets) and C(problems).
        - If C(lag_exact) is true, C(lag_seconds) is the age of the oldest change that the secondary does not have. Otherwise it is the time
          since the last sync.
        - C(last_proved) is the last passed proof (test that files reach the secondary) since the session was started or changed, with C(when),
          C(lag_seconds), C(method), C(restarts) and C(not_carried). Null if no proof has passed since then.
      type: list
      elements: dict
    problems:
      description:
        - All problems, worst first. Each has C(id), C(severity), C(session), C(node), C(brick), C(what) and C(remedy). A known fault also
          has C(fault), C(title) and C(reference).
        - If several workers fail for the same cause, one problem names all of them in C(workers), by their bricks. C(node) and C(brick) are
          empty then.
      type: list
      elements: dict
    secondaries:
      description:
        - Volumes of each secondary host that could be read. C(state) of a brick is V(online), V(offline), V(read-only), V(full), V(unknown) if
          its node is not connected, or null if the bricks were not read, see O(glusterops.georep.gluster_georep_info#module:secondary_bricks).
      type: list
      elements: dict
    drift:
      description: The C(steps) that a run of the role would take, the sessions that are C(undeclared), and the C(errors) of the comparison.
      type: dict
    unread_nodes:
      description: Connected nodes of the cluster whose results are missing in O(nodes).
      type: list
      elements: str
"""

import typing as t

from ansible_collections.glusterops.georep.plugins.plugin_utils._report import report
from ansible_collections.glusterops.georep.plugins.plugin_utils._written import as_filter_error


def georep_report(
    info: t.Mapping[str, t.Any],
    nodes: t.Sequence[t.Mapping[str, t.Any]] = (),
    declared: t.Any = (),
    only: t.Sequence[t.Mapping[str, t.Any]] | None = None,
    rpo: t.Any = None,
    drift: bool = True,
    versions: t.Mapping[str, str] | None = None,
) -> dict[str, t.Any]:
    with as_filter_error():
        return report(info, nodes, declared, only, rpo, drift, versions)


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"georep_report": georep_report}
