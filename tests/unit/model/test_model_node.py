# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node as the planner takes it, from what gluster_georep_preflight_info returned."""

from __future__ import annotations

import json

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import PRIMARY
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import (
    Login,
    Node,
    Receiving,
    Way,
    nodes_from,
)
from ansible_collections.glusterops.georep.plugins.module_utils._model.node_view import NodeView
from ansible_collections.glusterops.georep.tests.unit.nodes import NEW_PYTHON, RSYNC_3_5, looked, way


def test_what_a_healthy_node_tells() -> None:
    (node,) = nodes_from([json.loads(json.dumps(looked("dr1", names={"dr2": ["192.0.2.2"]})))])
    assert (node.name, node.site, node.host, node.uuid, node.glusterfs, node.tls) == ("dr1", "secondary", "", None, "10.3", False)
    assert (node.faults, node.names, node.ways, node.view, node.local) == ((), {"dr2": ["192.0.2.2"]}, (), None, None)
    assert (node.lxml, node.rsync_tried, node.python_unknown, node.glusterd_answers, node.shared_storage) == (True, True, False, True, False)


def test_what_is_wrong_with_a_node() -> None:
    result = looked("dr1", changes={**RSYNC_3_5, "libraries.lxml": False, "glusterd.answers": False, "accounts.geo": ["/home/geo is missing"]})
    node = Node.from_result({**result, "item": "s1"})
    assert node.has("rsync-detached-mount") and not node.has("python-readfp") and node.host == "s1"
    (fault,) = [fault for fault in node.faults if fault.id == "rsync-detached-mount"]
    assert {name: result["faults"][node.faults.index(fault)][name] for name in fault._fields} == fault._asdict()
    assert not node.lxml and not node.glusterd_answers and node.accounts == {"geo": ["/home/geo is missing"]}
    assert Node.from_result(looked("p1", PRIMARY, NEW_PYTHON)).has("python-readfp")
    # No rsync was tried on a primary node, and a missing helper is no Python that could not be checked.
    assert not Node.from_result(looked("p1", PRIMARY)).rsync_tried
    for helper, unknown in (("/usr/lib/gluster", True), (None, False)):
        assert Node.from_result(looked("dr1", changes={"python": None, "helper_dir": helper})).python_unknown is unknown


def test_what_a_primary_node_knows_of_the_others() -> None:
    login = {"user": "root", "address": "192.0.2.1", "local_address": "192.0.2.2", "port": 22}
    received = {"primary_volume": "a", "primary_node": "p9", "primary_node_uuid": "u9", "secondary_volume": "b", "pid": 7}
    view = NodeView("u1", 1000.0, [])
    files = {"a_h_b": {"sync-jobs": "4"}, "c_h_d": None}
    result = looked("p1", PRIMARY, {"node_uuid": "u1", "sessions": files, "receiving": [received], "key_identities": ["k"]})
    result.update(ways=[way("dr1")], logins=[login], view=view.to_result(), local={"node_uuid": "u1"}, ways_error="dr2: refused")
    node = Node.from_result(json.loads(json.dumps(result)))
    assert node.ways == (Way("dr1", 22, "root", True),) and node.ways_error == "dr2: refused"
    assert node.logins == (Login("root", "192.0.2.1", "192.0.2.2", 22),) and node.receiving == (Receiving("a", "p9", "u9", "b"),)
    assert (node.uuid, node.sessions, node.key_identities, node.view, node.local) == ("u1", files, ("k",), view, {"node_uuid": "u1"})


def test_a_node_that_tells_next_to_nothing() -> None:
    node = Node.from_result({"node": "p1", "site": PRIMARY, "facts": {"node_uuid": None}})
    assert node == Node("p1", PRIMARY)
