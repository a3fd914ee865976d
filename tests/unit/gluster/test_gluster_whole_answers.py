# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was cut short is not believed: an answer is read whole, or it is an error that says what is missing.

The answers are recorded ones. gluster closes a document that it could not finish; so do these tests, at every place there is.
"""

from __future__ import annotations

import copy
import re
import typing as t

import pytest
from lxml import etree

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import sessions
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.peers import read_peers
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.volumes import read_volumes
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._ssh.georep_keys import read_pool
from ansible_collections.glusterops.georep.tests.unit.recorded import VERSIONS, names, recorded

Reader = t.Callable[[GlusterCli], t.Any]
each_version = pytest.mark.parametrize("version", VERSIONS)


def reader_of(argv: t.Sequence[str]) -> Reader | None:
    """What of the collection reads this answer; None: nothing does."""
    words = list(argv[argv.index("--") + 1 :]) if "--" in argv else []
    host = next((word.partition("=")[2] for word in argv if word.startswith("--remote-host=")), None)
    if words[:2] == ["volume", "info"]:
        return lambda cli: read_volumes(cli, words[2], remote_host=host)
    if words == ["pool", "list"]:
        return (lambda cli: read_peers(cli, remote_host=host)) if "--xml" in argv else read_pool
    if words[:2] == ["volume", "geo-replication"] and "--xml" in argv:
        if words[-1] == "status":
            pair = tuple(words[2:-1])
            return lambda cli: sessions.read_status(cli, [pair] if pair else [], one_by_one=bool(pair))
        if words[-1] == "config":
            return lambda cli: sessions.read_config(cli, words[2], words[3])
    return None


def told(version: str, out: str, *, rc: int = 0, err: str = "") -> GlusterCli:
    """Plays one answer whatever is asked, and the version where an error asks for it."""

    def run(argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        return recorded(version, "version").answer if list(argv) == ["gluster", "--version"] else (rc, out, err)

    return GlusterCli(run, lock_patience=0, sleep=lambda seconds: None)


ANSWERS = [(version, name) for version in VERSIONS for name in names(version) if reader_of(recorded(version, name).argv)]
WHOLE = [
    (version, name)
    for version, name in ANSWERS
    if re.search(r"<opRet>0</opRet>", recorded(version, name).out) and not (version == "9.2" and name == "apart-volume-info-all")
]


@pytest.mark.parametrize(("version", "name"), WHOLE)
def test_every_recorded_answer_is_whole(version: str, name: str) -> None:
    """Nothing that is held against what came may be otherwise in an answer of a healthy cluster."""
    tape = recorded(version, name)
    reader = t.cast("Reader", reader_of(tape.argv))
    assert reader(told(version, tape.out)) or name.endswith("volume-info-none")


def closings(out: str) -> t.Iterator[bytes]:
    """The document as it would be, had gluster closed it after its first, second, ... element; then with the number it ends with."""
    root = etree.fromstring(out.encode())
    for length in range(1, len(list(root.iter()))):
        cut = copy.deepcopy(root)
        for late in list(cut.iter())[:length - 1:-1]:
            late.getparent().remove(late)
        yield etree.tostring(cut)
        # As the CLI of volume info does it: the number comes into whatever is still open.
        last = list(cut.iter())[-1]
        for place in (last, *last.iterancestors()):
            more = copy.deepcopy(cut)
            twin = more if place is cut else more.find(cut.getroottree().getelementpath(place))
            etree.SubElement(twin, "count").text = "0"
            yield etree.tostring(more)


CUT = [(version, name) for version, name in WHOLE if re.search("volume-info|pool-list|config-default", name)]


@pytest.mark.parametrize(("version", "name"), CUT)
def test_a_document_that_was_closed_early_is_never_believed(version: str, name: str) -> None:
    tape = recorded(version, name)
    reader = t.cast("Reader", reader_of(tape.argv))
    whole = reader(told(version, tape.out))
    believed = []
    for cut in closings(tape.out):
        try:
            found = reader(told(version, "<?xml version='1.0'?>" + cut.decode()))
        except errors.UnreadableOutput:
            continue
        # One that ends before the first volume is what a cluster without volumes answers, to the letter: gluster says beside it
        # why it ended ("Error : Request timed out"), and that is heard first.
        if found != whole and b"<count>0</count></volumes>" not in cut.replace(b"<volumes>\n      <count>", b"<volumes><count>"):
            believed.append(cut.decode())
    assert believed == [], believed[0]


@pytest.mark.parametrize(("version", "name"), [(version, name) for version, name in WHOLE if re.fullmatch("status-(many|active)", name)])
def test_a_status_tells_whole_rows_or_nothing(version: str, name: str) -> None:
    """What is missing as a whole shows elsewhere: a session by glusterd's own files, a worker by the bricks of its volume."""
    tape = recorded(version, name)
    whole = {(one.primary_volume, one.url): one.workers for one in sessions.read_status(told(version, tape.out))}
    read = 0
    for cut in closings(tape.out):
        try:
            found = sessions.read_status(told(version, "<?xml version='1.0'?>" + cut.decode()))
        except errors.UnreadableOutput:
            continue
        read += 1
        assert found and all(one.workers and set(one.workers) <= set(whole[one.primary_volume, one.url]) for one in found)
    assert read, "a cut between two rows is none that could be seen"


@each_version
def test_a_table_of_nodes_that_does_not_come_to_its_end(version: str) -> None:
    out = recorded(version, "pool-list-text").out
    whole = read_pool(told(version, out))
    assert (whole.connected, whole.disconnected) == (["primary2", "localhost"], [])
    for length in range(len(out.rstrip())):
        with pytest.raises(errors.UnreadableOutput):
            read_pool(told(version, out[:length]))


@each_version
def test_options_that_do_not_come_to_their_end(version: str) -> None:
    """gsyncd, asked past glusterd. What it does not tell is asked of gluster then."""
    tape = recorded(version, "gsyncd-config-default")

    def read(out: str) -> t.Any:
        return sessions.read_config_file(lambda _argv, **_more: (0, out, ""), "/usr/lib/x/glusterfs", "/f", "projects", "secondary1::projects-dr")

    whole = read(tape.out)
    assert whole is not None and whole.values["working-dir"].endswith("projects_secondary1_projects-dr/")
    assert {length for length in range(len(tape.out)) if read(tape.out[:length]) is not None} == set()
    assert read(tape.out.replace("access_mount:false\n", "")) is None


@pytest.mark.parametrize("announced", ["brickCount", "distCount", "optCount", "replicaCount", "disperseCount"])
@each_version
def test_every_number_is_held_against_what_came(version: str, announced: str) -> None:
    """One more than came, and none at all."""
    out = recorded(version, "volume-info-one").out
    for changed in (
        re.sub(rf"<{announced}>(\d+)<", lambda found: f"<{announced}>{int(found[1]) + 3}<", out),
        re.sub(rf"<{announced}>\d+</{announced}>", "", out),
    ):
        assert changed != out
        with pytest.raises(errors.UnreadableOutput, match="projects") as caught:
            read_volumes(told(version, changed), "projects")
        assert announced in caught.value.message, caught.value.message


@each_version
def test_fewer_volumes_than_announced(version: str) -> None:
    out = recorded(version, "volume-info-all").out
    with pytest.raises(errors.UnreadableOutput, match=r"volumes \(count\): 6 announced, 5 received"):
        read_volumes(told(version, out.replace("<count>5</count>", "<count>6</count>")))


@each_version
def test_a_volume_that_was_asked_for_and_is_neither_there_nor_missing(version: str) -> None:
    for name in ("volume-info-none", "volume-info-one"):
        with pytest.raises(errors.UnreadableOutput, match="the volume other, of which gluster does not say"):
            read_volumes(told(version, recorded(version, name).out), "other")


@each_version
@pytest.mark.parametrize("body", ["volInfo", "peerStatus", "geoRep"])
def test_success_without_what_was_asked_for(version: str, body: str) -> None:
    name = {"volInfo": "volume-info-all", "peerStatus": "pool-list", "geoRep": "config-default"}[body]
    tape = recorded(version, name)
    reader = t.cast("Reader", reader_of(tape.argv))
    with pytest.raises(errors.UnreadableOutput, match=f"success .opRet 0., but its answer lacks <{body}"):
        reader(told(version, re.sub(rf"<{body}>.*</{body}>", "", tape.out, flags=re.DOTALL)))


@each_version
def test_an_error_says_who_was_asked_and_by_whom(version: str) -> None:
    out = recorded(version, "remote-volume-info-all").out.replace("<brickCount>4<", "<brickCount>5<")
    with pytest.raises(errors.UnreadableOutput) as caught:
        read_volumes(told(version, out), remote_host="secondary1")
    assert caught.type is errors.UnreadableOutput
    said = caught.value.message
    assert "bricks of the volume homes-dr (brickCount): 5 announced, 4 received" in said
    assert f"The request came from GlusterFS {version} on this node and went to glusterd on secondary1." in said
    assert caught.value.stdout == out and caught.value.command
    with pytest.raises(errors.UnreadableOutput, match="on this node and went to its own glusterd"):
        read_volumes(told(version, out))


def test_a_version_that_cannot_be_told_keeps_no_error_back() -> None:
    def run(argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        return (1, "", "") if "--version" in argv else (2, "", "")

    with pytest.raises(errors.UnreadableOutput, match="GlusterFS of unknown version") as caught:
        read_volumes(GlusterCli(run, lock_patience=0), "src", remote_host="dr1")
    assert caught.type is errors.UnreadableOutput


# --- a site on the other side of GlusterFS 10 ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "volume", "says"),
    [
        ("apart-volume-info-all", "all", "bricks of the volume far (brickCount): 1 announced, 0 received"),
        ("apart-volume-info-one", "src", "not answer in XML, although XML was requested: gluster printed nothing and ended with exit code 2"),
    ],
)
def test_what_9_makes_of_10_is_told_for_what_it_is(name: str, volume: str, says: str) -> None:
    """A document that looks whole, and ends after the first volume's first numbers; for one volume not a word."""
    tape = recorded("9.2", name)
    with pytest.raises(errors.ReleasesApart) as caught:
        read_volumes(told("9.2", tape.out, rc=tape.rc, err=tape.err), volume, remote_host="other")
    said = caught.value.message
    assert says in said and "glusterd on other" in said and "GlusterFS 9.2" in said and "releases-apart" in said, said
    assert "10 or newer" in (caught.value.remedy or "")


def test_nothing_else_is_taken_for_that() -> None:
    """Of this node's own glusterd, or by a newer command line, the same answers have another cause."""
    for name, volume in (("apart-volume-info-all", "all"), ("apart-volume-info-one", "src")):
        tape = recorded("9.2", name)
        for version, host in (("9.2", None), ("10.3", "other"), ("11.1", "other")):
            with pytest.raises(errors.UnreadableOutput) as caught:
                read_volumes(told(version, tape.out, rc=tape.rc, err=tape.err), volume, remote_host=host)
            assert caught.type is errors.UnreadableOutput and "releases-apart" not in caught.value.message


@pytest.mark.parametrize("rc", [-11, 139, 1, 255])
def test_a_crash_is_not_taken_for_that_either(rc: int) -> None:
    """The command line of gluster dies under load now and then, without a word."""
    with pytest.raises(errors.UnreadableOutput) as caught:
        read_volumes(told("9.2", "", rc=rc), "src", remote_host="other")
    assert caught.type is errors.UnreadableOutput


@pytest.mark.parametrize("version", ["10.3", "11.1"])
def test_what_10_makes_of_9_is_whole(version: str) -> None:
    """Which is why the version has to be known: nothing in these answers tells it."""
    tape = recorded(version, "apart-volume-info-all")
    assert "glusterfs 9.2" in recorded(version, "apart-version").out
    found = read_volumes(told(version, tape.out), remote_host="other")
    assert [(volume.name, volume.started, [str(brick) for brick in volume.bricks]) for volume in found.values()] == [
        ("far", True, ["other:/bricks/far"]), ("src", True, ["other:/bricks/src"]),
    ]  # fmt: skip
    one = recorded(version, "apart-volume-info-one")
    assert read_volumes(told(version, one.out), "src", remote_host="other") == {"src": found["src"]}


@each_version
def test_what_both_sides_tell_alike(version: str) -> None:
    """A volume that is not there is not there, and a cluster without volumes has none, whoever asks."""
    unknown = recorded(version, "apart-volume-info-unknown")
    assert read_volumes(told(version, unknown.out), "nosuch", remote_host="other") == {}
    assert read_volumes(told(version, recorded(version, "apart-volume-info-none").out), remote_host="other") == {}
    (peer,) = read_peers(told(version, recorded(version, "apart-pool-list").out), remote_host="other")
    assert (peer.name, peer.connected) == ("localhost", True)


@each_version
def test_volumes_whose_numbers_are_out_of_the_ordinary(version: str) -> None:
    found = read_volumes(told(version, recorded(version, "volume-info-kinds").out))
    assert {name: (len(volume.bricks), volume.set_size, len(volume.sets)) for name, volume in found.items()} == {
        "k-arbiters": (6, 3, 2), "k-disperse": (6, 3, 2), "k-leaving": (4, 2, 2), "k-one": (1, 1, 1), "k-three": (3, 3, 1), "projects": (2, 2, 1),
    }  # fmt: skip
