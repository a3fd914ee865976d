# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""glusterd.vol: what it says of the mountbroker, and changing it without losing a byte of anything else."""

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.glusterd_vol import (
    NotUnderstood,
    Settings,
    agree,
    edit,
    read,
    read_node_status,
)
from ansible_collections.glusterops.georep.tests.unit.recorded import VERSIONS, recorded, recorded_file

NOTHING = Settings(None, None, {})
#: What an administrator may have made of it; gluster-mountbroker ends with a traceback on it.
ODD = """\
# kept by hand, do not touch
volume management
    type mgmt/glusterd
\toption working-directory /var/lib/glusterd   \n\
    option transport-type "socket,rdma"
    option tls.ciphers HIGH:!SSLv2 MEDIUM
    option mountbroker-geo-replication.old one,two:old
#   option base-port 49152

    option mountbroker-geo-replication.geo media
    option mountbroker-root /srv/mounts
    option geo-replication-log-group loggers
    option mountbroker-geo-replication.geo homes,media
end-volume

# the end"""


@pytest.fixture(params=VERSIONS)
def stock(request: pytest.FixtureRequest) -> str:
    """glusterd.vol as the package brings it."""
    return recorded_file(request.param, "glusterd-vol-stock").read_text()


def test_a_stock_file_says_nothing(stock: str) -> None:
    assert read(stock) == NOTHING


def test_all_of_it_on_a_stock_file(stock: str) -> None:
    made = edit(stock, root="/var/mountbroker-root", group="geogroup", add=[("geo", "one"), ("geo", "two"), ("other", "one")])
    assert read(made) == Settings("/var/mountbroker-root", "geogroup", {"geo": ("one", "two"), "other": ("one",)})
    added = [
        "    option mountbroker-root /var/mountbroker-root",
        "    option geo-replication-log-group geogroup",
        "    option mountbroker-geo-replication.geo one,two",
        "    option mountbroker-geo-replication.other one",
    ]
    lines = stock.splitlines()
    end = lines.index("end-volume")
    assert made.splitlines() == lines[:end] + added + lines[end:]
    assert edit(made, root="/var/mountbroker-root", group="geogroup", add=[("geo", "two")]) == made
    # The way back leaves root and group, which others may use.
    back = edit(made, remove=[("geo", "one"), ("geo", "two"), ("other", "one"), ("other", "never")])
    assert read(back) == Settings("/var/mountbroker-root", "geogroup", {})
    assert back.splitlines() == lines[:end] + added[:2] + lines[end:]


@pytest.mark.parametrize("version", VERSIONS)
def test_both_readers_agree_on_what_gluster_wrote(version: str) -> None:
    """After gluster-mountbroker setup and add; its reader shuffles the volumes."""
    text = recorded_file(version, "glusterd-vol-by-gluster").read_text()
    found = read_node_status(recorded(version, "mountbroker-node-status").out)
    assert found.root == "/var/mountbroker-root" and found.group == "geogroup"
    assert set(found.users["geoaccount"]) == {"projects-dr", "homes-dr"} and found.users["other"] == ("projects-dr",)
    assert agree(found, read(text))
    more = edit(text, add=[("geoaccount", "media-dr")])
    assert not agree(found, read(more))
    assert read(more).users["other"] == ("projects-dr",)


def test_the_order_of_volumes_means_nothing() -> None:
    one = Settings("/r", "g", {"geo": ("a", "b"), "none": ()})
    assert agree(one, Settings("/r", "g", {"geo": ("b", "a")}))
    assert not agree(one, Settings("/r", "g", {"geo": ("b",)}))
    assert not agree(one, one._replace(root="/x"))


def test_every_other_byte_stays() -> None:
    assert read(ODD) == Settings("/srv/mounts", "loggers", {"old": ("one", "two"), "geo": ("homes", "media")})
    made = edit(ODD, add=[("geo", "new"), ("old", "three")], remove=[("geo", "homes")])
    assert made == ODD.replace("geo homes,media", "geo media,new").replace("one,two:old", "one,two,three:old")
    assert ("geo", "homes") not in read(made) and ("geo", "new") in read(made)


def test_taken_away_from_every_line_that_has_it() -> None:
    """glusterd takes the last of two lines: taking only that away would bring the first one back to life."""
    made = edit(ODD, remove=[("geo", "media"), ("geo", "homes")])
    assert made == ODD.replace("    option mountbroker-geo-replication.geo media\n", "").replace(
        "    option mountbroker-geo-replication.geo homes,media\n", ""
    )
    assert read(made).users == {"old": ("one", "two")}


def test_another_root_and_group() -> None:
    assert edit(ODD, root="/srv/other", group="g2") == ODD.replace("/srv/mounts", "/srv/other").replace("loggers", "g2")
    assert edit(ODD, root="/srv/mounts", group="loggers") == ODD


def test_line_ends_of_another_system() -> None:
    made = edit(ODD.replace("\n", "\r\n"), add=[("new", "v")])
    assert made.replace("\r\n", "\n") == ODD.replace("end-volume", "    option mountbroker-geo-replication.new v\nend-volume")
    assert made.count("\n") == made.count("\r\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no lines 'volume management'"),
        (ODD + "\n" + ODD, "2 lines"),
        (ODD.replace("end-volume", ""), "'end-volume' is missing"),
        (ODD.replace("mgmt/glusterd", "protocol/server"), "'type mgmt/glusterd' is missing"),
    ],
)
def test_what_is_no_glusterd_vol_is_left_alone(text: str, says: str) -> None:
    with pytest.raises(NotUnderstood, match=says):
        read(text)
    with pytest.raises(NotUnderstood, match=says):
        edit(text, add=[("geo", "v")])


def test_a_label_of_somebody_else_is_left_alone() -> None:
    text = ODD.replace("one,two:old", "one,two:someone")
    with pytest.raises(NotUnderstood, match="allows the account someone to mount"):
        edit(text, add=[("old", "three")])
    assert edit(text, add=[("geo", "media")]) == text


@pytest.mark.parametrize("out", ["", "Traceback (most recent call last):", '{"ok": true}', "[]", '{"ok": false, "error": "no"}'])
def test_a_reader_that_does_not_answer(out: str) -> None:
    with pytest.raises(NotUnderstood):
        read_node_status(out)
