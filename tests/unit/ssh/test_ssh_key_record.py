# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this cluster remembers of the keys it has brought, and when it must not believe its own record."""

from __future__ import annotations

import json

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model import errors, key_lines
from ansible_collections.glusterops.georep.plugins.module_utils._model.destination import Destination
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import key_record
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples

ONE, TWO = samples.gsyncd_line(1), samples.tar_line(1)
ID, OTHER_ID = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-000000000000"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "geo-replication"
    path.mkdir()
    volume(tmp_path, "projects", ID)
    return path


def volume(glusterd, name, identity):
    (glusterd / "vols" / name).mkdir(parents=True)
    (glusterd / "vols" / name / "info").write_text(f"type=2\nvolume-id={identity}\nstatus=1\n")


def test_there_and_back(folder):
    assert key_record.read(str(folder)) is None
    record = key_record.extended(None, [ONE, TWO, "# nothing"], key_record.volume_ids(str(folder)))
    assert record == key_record.Record((ID,), (ONE, TWO))
    key_record.write(record, str(folder))
    assert key_record.read(str(folder)) == record
    assert (folder / key_record.NAME).stat().st_mode & 0o777 == 0o600


def test_only_what_is_new_is_added_and_what_was_stays():
    record = key_record.Record((ID,), (ONE,))
    assert key_record.extended(record, [ONE], (ID,)) is None
    # The same key by other words is the same key.
    assert key_record.extended(record, [samples.public(1).line()], (ID,)) is None
    assert key_record.extended(record, [TWO], (OTHER_ID,)) == key_record.Record((OTHER_ID,), (ONE, TWO))
    assert key_record.extended(record, [TWO], ()) is None, "a cluster without volumes would not know itself again"


def test_the_volumes_are_kept_up_to_date(folder):
    """Else, once the first ones are gone, the cluster would take its own record for another's, and leave its lines lying."""
    record = key_record.Record((ID,), (ONE,))
    both = key_record.extended(record, [], (ID, OTHER_ID))
    assert both == key_record.Record((ID, OTHER_ID), (ONE,))
    assert key_record.extended(both, [ONE], (OTHER_ID, ID)) is None, "their order is nobody's business"
    assert key_record.extended(both, [], (OTHER_ID,)) == key_record.Record((OTHER_ID,), (ONE,))
    assert key_record.extended(both, [], ()) is None
    assert key_record.extended(None, [], (ID,)) is None, "nothing was brought, so there is nothing to remember"
    assert key_record.extended(key_record.Record((ID,), ()), [], (OTHER_ID,)) is None


def test_where_they_were_brought(folder):
    one, two = Destination("dr1", "root", 22, ("dr1",)), Destination("DR1", "root", 22, ("dr2", "dr1"))
    record = key_record.extended(key_record.Record((ID,), (ONE,)), [ONE], (ID,), [one])
    assert record.destinations == (one,) and key_record.extended(record, [ONE], (ID,), [one]) is None
    record = key_record.extended(record, [], (ID,), [two])
    assert record.destinations[0].secondary_nodes == ("dr1", "dr2")
    key_record.write(record, str(folder))
    assert key_record.read(str(folder)) == record
    assert key_record.reduced(record, [], [one]) == key_record.Record((ID,), (ONE,))
    assert key_record.reduced(record, [], [one._replace(ssh_port=2222)]) is None


def test_what_was_taken_away_is_forgotten():
    record = key_record.Record((ID,), (ONE, TWO))
    assert key_record.reduced(record, [samples.public(1).line()]) == key_record.Record((ID,), (TWO,))
    assert key_record.reduced(record, [samples.gsyncd_line(9)]) is None
    assert key_record.reduced(None, [ONE]) is None


def test_the_record_of_a_cluster_that_this_node_has_left_is_not_believed(folder):
    """A node that is detached loses its volumes and keeps its files: the others' keys in them are others' keys."""
    key_record.write(key_record.Record((OTHER_ID,), (ONE,)), str(folder))
    assert key_record.read(str(folder)) is None
    volume(folder.parent, "homes", OTHER_ID)
    assert key_record.read(str(folder)) is not None


@pytest.mark.parametrize("text", ["{", "[]", '{"keys": []}', '{"keys": 5, "volumes": [], "sites": []}'])
def test_what_cannot_be_read_is_not_taken_for_nothing(folder, text):
    (folder / key_record.NAME).write_text(text)
    with pytest.raises(errors.UnreadableOutput, match=r"distributed_keys\.json cannot be read"):
        key_record.read(str(folder))


def test_descriptions_hold_no_keys():
    (text,) = key_lines.described([ONE, "", "nonsense"])
    assert text.startswith("ssh-ed25519 SHA256:") and text.endswith("root@primary1")
    assert samples.public(1).blob not in text and "AAAA" not in json.dumps(text)
