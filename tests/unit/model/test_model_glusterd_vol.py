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
    by_lines,
    edit,
    read,
    read_node_status,
)
from ansible_collections.glusterops.georep.tests.unit import graph
from ansible_collections.glusterops.georep.tests.unit.cases import text_of
from ansible_collections.glusterops.georep.tests.unit.recorded import VERSIONS, recorded, recorded_file

NOTHING = Settings(None, None, {})
#: What an administrator may have made of it; gluster-mountbroker ends with a traceback on it.
ODD = """\
# kept by hand, do not touch
volume management
    type mgmt/glusterd
\toption working-directory /var/lib/glusterd   \n\
    option transport-type "socket,rdma"
    option tls.ciphers "HIGH:!SSLv2 MEDIUM"
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


# --- read as glusterd reads it, by a reader of the tests that is written after graph.l

B30 = text_of("B30", "glusterd.vol")


def mappings_of(text: str) -> set[tuple[str, str]]:
    return {(user, volume) for user, volumes in read(text).users.items() for volume in volumes}


def test_b30_a_comment_behind_an_option_is_no_part_of_it() -> None:
    assert read(B30) == Settings("/var/mountbroker-root", "geogroup", {"georep": ("handbook",)})
    made = edit(B30, root="/var/mountbroker-root", group="geogroup", add=[("georep", "wiki")])
    assert made == B30.replace("handbook # docs", "handbook,wiki # docs")
    assert graph.mappings(made) == {("georep", "handbook"), ("georep", "wiki")} == mappings_of(made)
    # The comment is a person's, and stays.
    assert edit(B30, remove=[("georep", "handbook")]) == B30.replace("option mountbroker-geo-replication.georep handbook # docs", "# docs")
    assert edit(B30, root="/srv/m") == B30.replace("/var/mountbroker-root # made", "/srv/m # made")


def test_r01_a_file_of_others() -> None:
    text = text_of("R01", "glusterd.vol")
    assert read(text) == Settings("/var/mountbroker-root", "georep", {"georep": ("handbook",)})
    assert edit(text, root="/var/mountbroker-root", group="georep", add=[("georep", "handbook")]) == text
    assert edit(text, add=[("georep", "wiki")]) == text.replace("georep handbook", "georep handbook,wiki")


NAME = "mountbroker-geo-replication.georep"
WAYS = {
    "B30 a comment without a blank before it": (f"option {NAME} handbook#docs", {("georep", "handbook#docs")}),
    "B30 a comment right behind a blank": (f"option {NAME} handbook #docs", {("georep", "handbook")}),
    "B30 a comment with quotes in it": (f'option {NAME} handbook # the "docs', {("georep", "handbook")}),
    "B30 a comment between the words": (f"option {NAME} # of the docs team\n handbook", {("georep", "handbook")}),
    "B30 quotes": (f'option {NAME} "handbook,wiki"', {("georep", "handbook"), ("georep", "wiki")}),
    "B30 a quoted name of an option": (f'option "{NAME}" handbook', {("georep", "handbook")}),
    "B30 a hash in quotes": (f'option {NAME} "hand#book" # docs', {("georep", "hand#book")}),
    "B30 a backslash in quotes": (f'option {NAME} "hand\\b\\"ook"', {("georep", 'handb"ook')}),
    "B30 a line end in quotes": (f'option {NAME} "hand\nbook"', {("georep", "handbook")}),
    "B30 empty quotes": (f'option {NAME} wiki\n    option {NAME} ""', {("georep", "wiki")}),
    "B30 tabs": (f"\toption\t{NAME}\thandbook\t", {("georep", "handbook")}),
    "B30 several lines": (f"option\n{NAME}\n\n\thandbook", {("georep", "handbook")}),
    "B30 two in a line": (f"option {NAME} handbook option mountbroker-geo-replication.other wiki", {("georep", "handbook"), ("other", "wiki")}),
    "B30 twice": (f"option {NAME} wiki\n    option {NAME} handbook", {("georep", "handbook")}),
    "B30 commented out": (f"#option {NAME} wiki\n  # option {NAME} wiki\n    option {NAME} handbook", {("georep", "handbook")}),
    "B30 line ends of another system": (f"option {NAME} handbook\r", {("georep", "handbook")}),
    "B30 a form feed is no blank": (f"option {NAME} handbook\f", {("georep", "handbook\f")}),
    "B30 an account with a dot": ("option mountbroker-geo-replication.geo.account wiki", {("geo.account", "wiki")}),
    "B30 in front of the end": (f"option {NAME} handbook end-volume # and\n#", {("georep", "handbook")}),
}


@pytest.mark.parametrize("way", WAYS)
def test_both_readers_read_what_glusterd_would(way: str) -> None:
    line, expected = WAYS[way]
    text = B30.replace(f"option {NAME} handbook # docs", line).replace("\r\n    option geo", "\r\n    option geo")
    if "end-volume" in line:
        text = f"volume management\n    type mgmt/glusterd\n    {line}\n"
    assert graph.mappings(text) == expected == mappings_of(text)
    # Whatever is made of it, glusterd reads what is meant, and nothing else of it changes.
    made = edit(text, root="/srv/mounts", add=[("georep", "new"), ("second", "handbook")])
    assert graph.mappings(made) == expected | {("georep", "new"), ("second", "handbook")}
    assert graph.options(made)["mountbroker-root"] == "/srv/mounts"
    assert edit(made, root="/srv/mounts", add=[("georep", "new"), ("second", "handbook")]) == made
    for account, volume in sorted(graph.mappings(made)):
        gone = edit(made, remove=[(account, volume)])
        assert (account, volume) not in graph.mappings(gone) and (account, volume) not in mappings_of(gone)
    unchanged = {name: value for name, value in graph.options(text).items() if "mountbroker" not in name}
    assert {name: value for name, value in graph.options(gone).items() if "mountbroker" not in name} == unchanged


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("option mountbroker-geo-replication.georep handbook wiki", "line 5 has wiki"),
        ("option mountbroker-geo-replication.georep hand\"book\"", 'line 5 has "book"'),
        ("option mountbroker-geo-replication.georep hand\\book", "line 5 has book"),
        ("option mountbroker-geo-replication.georep", "line 6 has option in place of a word"),
        ("option mountbroker-geo-replication.georep volume", "line 5 has volume in place of a word"),
        ("option mountbroker-geo-replication.georep `hostname`", "line 5 has a backtick"),
        ('option mountbroker-geo-replication.georep "handbook', "the quotes of line 5 are not closed"),
        ("mountbroker-geo-replication.georep handbook", "line 5 has mountbroker-geo-replication.georep"),
        ("Option mountbroker-geo-replication.georep handbook", "line 5 has Option"),
        ("type mgmt/glusterd", "line 5 has type"),
        ("; option mountbroker-geo-replication.georep handbook", "line 5 has ;"),
        ("// docs", "line 5 has //"),
    ],
)
def test_b30_a_file_that_glusterd_does_not_start_with_is_left_alone(line: str, says: str) -> None:
    """A run that changed it would restart glusterd, which would not come back."""
    text = B30.replace("option mountbroker-geo-replication.georep handbook # docs", line)
    if "`" not in line:
        with pytest.raises(graph.DoesNotStart):
            graph.options(text)
    with pytest.raises(NotUnderstood) as caught:
        read(text)
    assert says in str(caught.value)
    with pytest.raises(NotUnderstood):
        edit(text, add=[("other", "wiki")])


def test_values_that_need_quotes_get_them() -> None:
    made = edit(B30, root='/srv/a "b"\\c', group="#1")
    assert graph.options(made)["mountbroker-root"] == '/srv/a "b"\\c' and graph.options(made)["geo-replication-log-group"] == "#1"
    assert read(made)[:2] == ('/srv/a "b"\\c', "#1")
    listed = B30.replace("handbook # docs", '"handbook, wiki"')
    assert mappings_of(listed) == {("georep", "handbook"), ("georep", " wiki")} and graph.mappings(listed) == {("georep", "handbook")}
    assert graph.mappings(edit(listed, add=[("georep", "wiki")])) == {("georep", "handbook"), ("georep", "wiki")}


def test_what_glusters_own_reader_makes_of_it() -> None:
    assert by_lines(B30) is None  # too many values to unpack
    quoted = B30.replace("handbook # docs", '"handbook"').replace(" # made by the storage team", "")
    assert by_lines(quoted) == Settings("/var/mountbroker-root", "geogroup", {"georep": ('"handbook"',)})
    assert by_lines(text_of("R01", "glusterd.vol")) == read(text_of("R01", "glusterd.vol"))
