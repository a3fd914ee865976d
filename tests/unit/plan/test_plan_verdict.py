# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the faults of all nodes mean for a run of the role."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import BY_ID, PRIMARY
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import nodes_from
from ansible_collections.glusterops.georep.plugins.module_utils._plan.verdict import judge
from ansible_collections.glusterops.georep.tests.unit.nodes import (
    IS_ALIVE,
    NEW_PYTHON,
    OLD_PYTHON,
    OPENSSH_10,
    READFP,
    RSYNC_3_5,
    looked,
)

NOTHING: dict[str, t.Any] = {"stops": "", "mend": [], "notes": [], "pin": []}


def weigh(nodes: t.Sequence[dict[str, t.Any]], *how: t.Any) -> dict[str, t.Any]:
    """By results of gluster_georep_preflight_info."""
    return judge(nodes_from(nodes), *how)


@pytest.mark.parametrize("fix", [True, False])
@pytest.mark.parametrize(
    "nodes",
    [
        [],
        [looked("p1", PRIMARY), looked("dr1")],
        [looked("p1", PRIMARY, names={"dr1": ["192.0.2.1"]})],
        # The sync method settles these.
        [looked("dr1", changes={**RSYNC_3_5, **OPENSSH_10})],
    ],
)
def test_nothing_to_say(nodes: list[dict[str, t.Any]], fix: bool) -> None:
    assert weigh(nodes, fix) == NOTHING


def test_the_same_fault_of_many_nodes_is_one_line() -> None:
    nodes = [looked(name, changes={"fuse": False}) for name in ("dr1", "dr2")] + [looked("p1", PRIMARY, {"fuse": False})]
    fault = BY_ID["no-fuse"]
    assert weigh(nodes, True) == {
        "stops": "Geo-replication cannot work between these nodes. Nothing was changed.\n"
        f"* dr1, dr2, p1: {fault.title}: /dev/fuse does not exist. {fault.cause} What helps: {fault.remedy}",
        "mend": [],
        "notes": [], "pin": [],
    }


def test_other_evidence_is_another_line() -> None:
    nodes = [looked("p1", PRIMARY, OLD_PYTHON), looked("p2", PRIMARY, {**OLD_PYTHON, "python.version": "3.13.5"})]
    stops = weigh(nodes, False)["stops"].splitlines()
    assert [line.partition(":")[0] for line in stops[1:3]] == ["* p1", "* p2"]
    assert len(stops) == 4, "what the role would do is told once"


def test_one_node_that_was_looked_at_twice_is_named_once() -> None:
    nodes = [looked("dr1", changes={"fuse": False}), looked("dr1", changes={"fuse": False})]
    assert "* dr1: " in weigh(nodes, False)["stops"]


def test_what_can_be_mended_is_offered() -> None:
    nodes = [looked("p1", PRIMARY, NEW_PYTHON), looked("dr1", changes={**NEW_PYTHON, "python.gone": READFP + IS_ALIVE})]
    verdict = weigh(nodes, False)
    assert verdict["mend"] == [] and verdict["notes"] == []
    lines = verdict["stops"].splitlines()
    assert lines[0] == "Geo-replication cannot work between these nodes. Nothing was changed."
    assert lines[1].startswith("* p1, dr1: gsyncd's configuration cannot be loaded: Python 3.13.5 has no RawConfigParser.readfp")
    assert lines[2].startswith("* dr1: Workers stay Faulty: ")
    assert lines[3] == (
        "With geo_replication_fix_known_faults: true the role replaces .readfp( by .read_file( in 4 lines of "
        "syncdaemon/gsyncdconfig.py on these nodes, and keeps the original file beside it."
    )
    assert "replaces .isAlive( by .is_alive( in 1 line of syncdaemon/resource.py" in lines[4]


def test_what_may_be_mended_stops_nobody() -> None:
    nodes = [looked("p1", PRIMARY, NEW_PYTHON), looked("dr1", changes=NEW_PYTHON), looked("dr2", changes=OLD_PYTHON)]
    assert weigh(nodes, True) == {"stops": "", "mend": ["python-readfp", "python-isalive"], "notes": [], "pin": []}


def test_what_may_be_mended_does_not_hide_what_may_not() -> None:
    verdict = weigh([looked("dr1", changes={**OLD_PYTHON, "helper_dir": None})], True)
    assert verdict["mend"] == ["python-isalive"]
    assert verdict["stops"].splitlines()[1].startswith("* dr1: The geo-replication part of GlusterFS is not installed: ")
    assert "geo_replication_fix_known_faults" not in verdict["stops"], "it is on already"


@pytest.mark.parametrize("fix", [True, False])
def test_warnings_and_names_become_notes(fix: bool) -> None:
    nodes = [
        looked("p1", PRIMARY, names={"dr1": ["192.0.2.1"], "dr2": []}),
        looked("dr1", changes={"python.encoding": "ascii"}),
        looked("dr2", changes={"python.encoding": "ascii", "clock_offset": -60.0}),
    ]
    verdict = weigh(nodes, fix)
    assert (verdict["stops"], verdict["mend"]) == ("", [])
    assert verdict["notes"] == [
        "dr1, dr2: names that are not ASCII make a worker Faulty after hours: in glusterd's environment gsyncd's Python reads "
        f"file names as ascii. {BY_ID['locale-not-utf8'].remedy}",
        f"dr2: clocks differ: the node's clock is at least 60 s behind the machine that runs Ansible. {BY_ID['clock'].remedy}",
        "p1: the name dr2 cannot be resolved there",
    ]


def test_another_rsync_is_offered_only_where_it_is_all_that_is_needed() -> None:
    nodes = [
        dict(looked("dr1", changes=RSYNC_3_5), item="host-1"),
        dict(looked("dr2", changes={**RSYNC_3_5, **OPENSSH_10}), item="host-2"),
        dict(looked("dr3"), item="host-3"),
        looked("p1", changes=RSYNC_3_5),
    ]
    # On one it would not help, so sessions stay as they are, and an older rsync would lack fixes for nothing.
    assert weigh(nodes, False)["pin"] == []
    assert weigh([nodes[0], nodes[2]], False)["pin"] == ["host-1"]


def test_one_silent_glusterd_stops_nobody() -> None:
    """accept: [peer_down] is for it. A site that is silent as a whole is another matter."""
    silent = {"glusterd": {"answers": False, "error": "no answer", "down": []}}
    one = weigh([looked("p1", PRIMARY, changes=silent), looked("p2", PRIMARY), looked("dr1")], False)
    assert one["stops"] == "" and any("p1" in note and "no answer" in note for note in one["notes"])
    both = weigh([looked("p1", PRIMARY, changes=silent), looked("p2", PRIMARY, changes=silent), looked("dr1")], False)
    assert "p1, p2" in both["stops"]


def test_a_node_that_could_not_be_looked_at_is_said() -> None:
    [note] = weigh([looked("dr1", changes={"python": None})], False)["notes"]
    assert "dr1" in note and "Python" in note


FULL = {"obstacles": {"/var/log/glusterfs": "the file system at /var is full (0 KiB are free)"}}
LOCKED = {"accounts": {"root": ["/root/.ssh: it is immutable"]}, "node_uuid": "1"}


@pytest.mark.parametrize(("changes", "kind"), [(FULL, "changes"), (LOCKED, "keys")])
def test_what_only_a_run_that_changes_something_needs(changes: dict[str, t.Any], kind: str) -> None:
    """A run with nothing to do only warns of it."""
    nodes = [looked("dr1", changes=changes), looked("dr2")]
    idle = weigh(nodes, False)
    assert idle["stops"] == "" and len(idle["notes"]) == 1 and idle["notes"][0].startswith("dr1: ")
    busy = weigh(nodes, True, [kind])
    assert busy["notes"] == [] and busy["stops"].splitlines()[1].startswith("* dr1: ")
    other = {"changes": "keys", "keys": "changes"}[kind]
    assert weigh(nodes, False, [other])["stops"] == ""


def test_an_account_that_no_session_uses_on_that_node_is_not_spoken_of() -> None:
    nodes = [looked("dr1", changes=LOCKED)]
    for used in ({}, {"geo": ["1"]}, {"root": ["2"]}):
        assert weigh(nodes, False, ["changes", "keys"], used) == NOTHING
    assert "dr1" in weigh(nodes, False, ["keys"], {"root": ["2", "1"]})["stops"]


def test_a_program_that_is_missing_stops_every_run() -> None:
    stops = weigh([looked("p1", PRIMARY, {"programs": {"ssh": None}}), looked("dr1")], True)["stops"]
    assert "* p1: Programs that geo-replication runs are not installed: ssh is not installed (Debian: openssh-client)" in stops


def test_tar_is_the_business_of_the_sync_method() -> None:
    assert weigh([looked("dr1", changes={"tar": None})], False, ["changes", "keys"]) == NOTHING
