# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The readers, on recorded answers of three GlusterFS releases and on answers that nobody should ever see.

What is expected was read off the recorded text by a person.
"""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import sessions, xml
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.peers import read_peers
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import Answer, GlusterCli
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.version import read_version, version_key
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.volumes import read_volumes
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Config
from ansible_collections.glusterops.georep.plugins.module_utils._model.option_table import BY_NAME, OPTIONS
from ansible_collections.glusterops.georep.plugins.module_utils._model.options import plan_config
from ansible_collections.glusterops.georep.plugins.module_utils._model.words import modern, to_old_words
from ansible_collections.glusterops.georep.tests.unit.recorded import VERSIONS, recorded
from ansible_collections.glusterops.georep.tests.unit.support import FakeRun

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\Z")
TARGET = "secondary1::projects-dr"
each_version = pytest.mark.parametrize("version", VERSIONS)


def cli(*answers: tuple[int, str, str], version: str = "10.3") -> GlusterCli:
    """Plays answers whatever is asked; a further question fails, but for the one after the version, which an error tells."""
    run = FakeRun([(lambda argv: True, answer) for answer in answers])

    def ask(argv: t.Sequence[str], **more: t.Any) -> tuple[int, str, str]:
        return recorded(version, "version").answer if list(argv) == ["gluster", "--version"] else run(argv, **more)

    return GlusterCli(ask, lock_patience=0, sleep=lambda seconds: None)


def volume_xml(bricks: t.Sequence[str] = ("n:/b",), options: t.Mapping[str, str] | None = None, **changes: str) -> tuple[int, str, str]:
    """A volume named v as volume info tells it; with ``changes`` of its elements, empty ones left out."""
    told = {
        "name": "v", "id": "55555555-5555-4555-8555-555555555555", "statusStr": "Started",
        "brickCount": str(len(bricks)), "distCount": str(len(bricks)), "replicaCount": "1",
        "disperseCount": "0", "typeStr": "Distribute",
        "bricks": "".join(f"<brick><name>{brick}</name><hostUuid>66666666-6666-4666-8666-666666666666</hostUuid></brick>" for brick in bricks),
        "optCount": str(len(options or {})),
        "options": "".join(f"<option><name>{name}</name><value>{value}</value></option>" for name, value in (options or {}).items()),
        "count": "1",
        **changes,
    }  # fmt: skip
    body = "".join(f"<{name}>{value}</{name}>" for name, value in told.items() if value and name != "count")
    count = f"<count>{told['count']}</count>" if told["count"] else ""
    return envelope(f"<volInfo><volumes><volume>{body}</volume>{count}</volumes></volInfo>")


def played(version: str, *names: str) -> GlusterCli:
    """Plays recorded answers, and insists on the recorded command lines."""
    tapes = [recorded(version, name) for name in names]
    return GlusterCli(FakeRun([(tape.argv, tape.answer) for tape in tapes]), lock_patience=0)


def envelope(body: str = "", ret: str = "0", errno: str = "0", errstr: str = "") -> tuple[int, str, str]:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return (
        0,
        f"{head}<cliOutput><opRet>{ret}</opRet><opErrno>{errno}</opErrno><opErrstr>{errstr}</opErrstr>{body}</cliOutput>",
        "",
    )


# --- version


@each_version
def test_version(version: str) -> None:
    assert read_version(FakeRun([(["gluster", "--version"], recorded(version, "version").answer)])) == version


@pytest.mark.parametrize(
    "answer",
    [(0, "", ""), (1, "glusterfs 10.3\n", ""), (0, "gluster? never heard\n", ""), (0, "glusterfs devel\n", "")],
)
def test_a_version_that_cannot_be_read(answer: tuple[int, str, str]) -> None:
    with pytest.raises(errors.UnreadableOutput):
        read_version(FakeRun([(["gluster", "--version"], answer)]))


def test_versions_compare_as_numbers() -> None:
    assert version_key("9.2") < version_key("10") < version_key("10.3") < version_key("11.1")


# --- volumes

# name: status, type, bricks in order, bricks in a set
SITE = {
    "homes": ("Started", "Distributed-Replicate", "1:homes-a 2:homes-a 1:homes-b 2:homes-b", 2),
    "media": ("Started", "Disperse", "1:media-a 2:media-b 1:media-c", 3),
    "projects": ("Started", "Replicate", "1:projects 2:projects", 2),
    "spread": ("Created", "Distribute", "1:spread 2:spread", 1),
}
THIRD = ("Created", "Replicate", "1:third-a 2:third-b 1:third-c", 3)


def check_volume(found: t.Any, site: str, name: str, expected: tuple[str, str, str, int]) -> None:
    status, kind, bricks, size = expected
    paths = [brick.split(":") for brick in bricks.split()]
    assert found.name == name
    assert (found.status, found.started) == (status, status == "Started")
    assert (found.type, found.set_size) == (kind, size)
    assert [str(brick) for brick in found.bricks] == [f"{site}{number}:/bricks/{path}" for number, path in paths]
    assert [len(group) for group in found.sets] == [size] * (len(paths) // size)
    assert [brick for group in found.sets for brick in group] == found.bricks
    assert found.nodes == [f"{site}1", f"{site}2"]
    by_node = {brick.node: brick.node_uuid for brick in found.bricks}
    assert len(set(by_node.values())) == 2 and all(UUID.match(uuid) for uuid in by_node.values())
    assert UUID.match(found.id)


@each_version
def test_all_volumes(version: str) -> None:
    found = read_volumes(played(version, "volume-info-all"))
    assert sorted(found) == ["homes", "media", "projects", "spread", "third"]
    for name, expected in {**SITE, "third": THIRD}.items():
        check_volume(found[name], "primary", name, expected)
        assert not found[name].read_only
        assert found[name].options["nfs.disable"] == "on"
    assert len({volume.id for volume in found.values()}) == 5


@each_version
def test_one_volume(version: str) -> None:
    found = read_volumes(played(version, "volume-info-one"), "projects")
    assert list(found) == ["projects"]
    check_volume(found["projects"], "primary", "projects", SITE["projects"])


@each_version
@pytest.mark.parametrize(
    ("name", "remote"), [("volume-info-unknown", None), ("remote-volume-info-unknown", "secondary1")]
)
def test_a_volume_that_is_not_there(version: str, name: str, remote: str | None) -> None:
    assert read_volumes(played(version, name), "nosuch", remote_host=remote) == {}


@each_version
def test_volumes_of_the_other_site(version: str) -> None:
    found = read_volumes(played(version, "remote-volume-info-all"), remote_host="secondary1")
    assert sorted(found) == ["homes-dr", "media-dr", "projects-dr", "spread-dr"]
    for name, (status, kind, bricks, size) in SITE.items():
        bricks = bricks.replace(name, f"{name}-dr")
        check_volume(found[f"{name}-dr"], "secondary", f"{name}-dr", (status, kind, bricks, size))
    one = read_volumes(played(version, "remote-volume-info-one"), "projects-dr", remote_host="secondary1")
    assert one == {"projects-dr": found["projects-dr"]}


@each_version
def test_a_volume_that_is_read_only(version: str) -> None:
    found = read_volumes(played(version, "volume-info-read-only"))
    assert {name for name, volume in found.items() if volume.read_only} == {"projects-dr"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("on", True),
        ("ON", True),
        ("true", True),
        ("1", True),
        ("yes", True),
        ("enable", True),
        ("off", False),
        ("disable", False),
        ("0", False),
    ],
)
def test_spellings_of_read_only(value: str, expected: bool) -> None:
    assert read_volumes(cli(volume_xml(options={"features.read-only": value})))["v"].read_only is expected


def test_a_brick_host_may_hold_colons() -> None:
    (brick,) = read_volumes(cli(volume_xml(["2001:db8::1:/b/1"])))["v"].bricks
    assert (brick.node, brick.path) == ("2001:db8::1", "/b/1")


def test_no_volumes_at_all() -> None:
    assert read_volumes(cli(envelope("<volInfo><volumes><count>0</count></volumes></volInfo>"))) == {}


def test_volumes_that_gluster_refuses_to_tell() -> None:
    with pytest.raises(errors.CommandFailed, match="Quorum not met"):
        read_volumes(cli(envelope(ret="-1", errstr="Quorum not met.")))


# --- peers


@each_version
@pytest.mark.parametrize(
    ("name", "remote", "expected"),
    [
        ("pool-list", None, {"localhost": True, "primary2": True}),
        ("pool-list-peer-down", None, {"localhost": True, "primary2": False}),
        ("remote-pool-list", "secondary1", {"localhost": True, "secondary2": True}),
    ],
)
def test_peers(version: str, name: str, remote: str | None, expected: dict[str, bool]) -> None:
    found = read_peers(played(version, name), remote_host=remote)
    assert {peer.name: peer.connected for peer in found} == expected
    assert all(UUID.match(peer.uuid) for peer in found) and found[0].uuid != found[1].uuid


@each_version
def test_peers_and_bricks_name_nodes_by_the_same_uuids(version: str) -> None:
    peers = read_peers(played(version, "pool-list"))
    bricks = read_volumes(played(version, "volume-info-one"), "projects")["projects"].bricks
    assert {peer.uuid for peer in peers} == {brick.node_uuid for brick in bricks}


def test_a_pool_that_gluster_refuses_to_tell() -> None:
    with pytest.raises(errors.CommandFailed, match="no reason given"):
        read_peers(cli(envelope(ret="-1")))


# --- status

ONE = [("primary1", "/bricks/projects"), ("primary2", "/bricks/projects")]
# the words of primary1's and primary2's worker
STATUS = [
    ("status-created", ["Created", "Created"]),
    ("status-initializing", ["Initializing...", "Initializing..."]),
    ("status-active", ["Active", "Passive"]),
    ("status-paused", ["Paused", "Paused"]),
    ("status-after-config-set-paused", ["Active", "Passive"]),
    ("status-faulty-passive", ["Active", "Faulty"]),
    ("status-faulty-active", ["Faulty", "Passive"]),
    ("status-faulty", ["Faulty", "Faulty"]),
    ("status-stopped", ["Stopped", "Stopped"]),
    ("status-pause-stopped", ["Stopped", "Stopped"]),
]


@each_version
@pytest.mark.parametrize(("name", "words"), STATUS)
def test_status(version: str, name: str, words: list[str]) -> None:
    (session,) = sessions.read_status(played(version, name))
    assert session.primary_volume == "projects"
    _node, _colon, url = session.url.partition(":")
    assert re.fullmatch(rf"ssh://{TARGET}:[0-9a-f-]{{36}}", url)
    rows = sorted(session.workers)
    assert [(row.node, row.brick) for row in rows] == ONE
    assert [row.status for row in rows] == words
    assert {row.secondary_user for row in rows} == {"root"}
    assert {row.secondary for row in rows} == {f"ssh://{TARGET}"}
    assert all(UUID.match(row.node_uuid) for row in rows)
    for row in rows:
        if row.status != "Active":
            assert {row.crawl_status, row.entry, row.data, row.meta, row.failures, row.last_synced} == {None}
            assert {row.checkpoint_time, row.checkpoint_completed, row.checkpoint_completion_time} == {None}


@each_version
def test_what_an_active_worker_tells(version: str) -> None:
    (session,) = sessions.read_status(played(version, "status-active"))
    (row,) = [row for row in session.workers if row.status == "Active"]
    assert row.crawl_status in ("Changelog Crawl", "History Crawl")
    assert row.last_synced and row.last_synced > 1_700_000_000
    assert row.failures == 0
    assert all(isinstance(count, int) for count in (row.entry, row.data, row.meta))
    assert row.checkpoint_completed is None


@each_version
def test_a_node_that_is_down_has_no_row(version: str) -> None:
    (session,) = sessions.read_status(played(version, "status-peer-down"))
    assert [(row.node, row.brick) for row in session.workers] == ONE[:1]


@each_version
def test_nodes_that_disagree(version: str) -> None:
    (session,) = sessions.read_status(played(version, "status-mixed"))
    words = {row.node: row.status for row in session.workers}
    assert words["primary1"] == "Stopped"
    assert words["primary2"] in ("Active", "Passive")


@each_version
def test_no_session_is_no_xml_and_asked_again_as_text(version: str) -> None:
    assert sessions.read_status(played(version, "status-none", "status-none-text")) == []


@each_version
def test_half_a_session_is_no_session(version: str) -> None:
    assert sessions.read_status(played(version, "status-half-made", "status-half-made-text")) == []


MANY = [
    ("projects", "secondary1::projects-dr"),
    ("projects", "secondary2::projects-dr2"),
    ("homes", "secondary1::homes-dr"),
    ("homes", "geoaccount@secondary2::homes-dr2"),
    ("media", "secondary1::media-dr"),
    ("media", "secondary2::media-dr2"),
]
ONE_BY_ONE = [f"status-pair-{target.partition('::')[2]}" for _volume, target in MANY]


def test_glusterfs_11_crashes_over_many_workers() -> None:
    """Its command line dies from 14 rows on; here there are 18."""
    assert recorded("11.1", "status-many").answer == (139, "", "")
    assert recorded("11.1", "status-many-text").answer == (139, "", "")
    with pytest.raises(errors.UnreadableOutput, match="gluster itself crashed") as caught:
        sessions.read_status(played("11.1", "status-many"))
    assert "Update GlusterFS" in (caught.value.remedy or "")


@pytest.mark.parametrize("rc", [-11, -6, 134, 139])
def test_a_crash_for_one_session_is_told(rc: int) -> None:
    with pytest.raises(errors.UnreadableOutput, match="status of p -> h::s"):
        sessions.read_status(cli((rc, "", ""), (rc, "", "")), [("p", "h::s")])


@each_version
def test_six_sessions_of_three_volumes(version: str) -> None:
    tapes = ["status-many"] if version != "11.1" else ["status-many", *ONE_BY_ONE]
    found = sessions.read_status(played(version, *tapes), MANY)
    shown = {(s.primary_volume, s.url.partition("ssh://")[2].rpartition(":")[0]): s.workers for s in found}
    assert len(found) == len(shown) == 6
    assert {key: sorted(f"{row.node}:{row.brick}" for row in rows) for key, rows in shown.items()} == {
        ("projects", "secondary1::projects-dr"): ["primary1:/bricks/projects", "primary2:/bricks/projects"],
        ("projects", "secondary2::projects-dr2"): ["primary1:/bricks/projects", "primary2:/bricks/projects"],
        ("homes", "secondary1::homes-dr"): HOMES,
        ("homes", "geoaccount@secondary2::homes-dr2"): HOMES,
        ("media", "secondary1::media-dr"): MEDIA,
        ("media", "secondary2::media-dr2"): MEDIA,
    }
    assert {row.secondary_user for row in shown["homes", "geoaccount@secondary2::homes-dr2"]} == {"geoaccount"}
    running = {"Active", "Passive", "Initializing...", "Faulty"}
    for (_volume, target), rows in shown.items():
        words = {row.status for row in rows}
        assert words <= running if target.endswith("-dr") else words == {"Created"}, target


HOMES = [f"primary{number}:/bricks/homes-{letter}" for number in "12" for letter in "ab"]
MEDIA = ["primary1:/bricks/media-a", "primary1:/bricks/media-c", "primary2:/bricks/media-b"]


@pytest.mark.parametrize("version", ["9.2", "10.3"])
def test_the_same_volume_comes_several_times_in_one_document(version: str) -> None:
    names = re.findall(r"<volume>\s*<name>(\w+)</name>", recorded(version, "status-many").out)
    assert len(names) > len(set(names)) == 3, "if this fails, gluster has learnt to group; merging does no harm then"


CORRUPT = (2, "geo-replication command failed\n", "")
NOTHING_SAID = (1, "geo-replication command failed\n", "")
REASON = (
    1,
    "geo-replication command failed\n",
    "Staging failed on localhost. Please check the log file for more details.\n",
)


@pytest.mark.parametrize("again", [REASON, NOTHING_SAID, (1, "", "")])
def test_unreadable_is_not_absent(again: tuple[int, str, str]) -> None:
    with pytest.raises(errors.UnreadableOutput, match="Could not read the session status from gluster") as caught:
        sessions.read_status(cli(CORRUPT, again))
    assert caught.value.rc == 1 and "glusterd.log" in (caught.value.remedy or "")


def test_a_session_that_appears_between_the_two_calls() -> None:
    tape = recorded(VERSIONS[0], "status-created")
    text = recorded(VERSIONS[0], "status-created-text")
    (session,) = sessions.read_status(cli(CORRUPT, text.answer, tape.answer))
    assert session.primary_volume == "projects"


def test_trouble_that_goes_on_is_asked_about_three_times_at_most() -> None:
    with pytest.raises(errors.UnreadableOutput):
        sessions.read_status(cli(CORRUPT, (0, "something\n", ""), CORRUPT))


def test_a_status_that_gluster_refuses() -> None:
    with pytest.raises(errors.CommandFailed, match="Quorum not met"):
        sessions.read_status(cli(envelope(ret="-1", errstr="Quorum not met.")))


@pytest.mark.parametrize("body", ["<geoRep/>", ""])
def test_a_status_without_sessions_in_xml_is_unreadable(body: str) -> None:
    """gluster says it in plain text where there is none."""
    with pytest.raises(errors.UnreadableOutput):
        sessions.read_status(cli(envelope(body)))


# --- options

# What the options of a fresh session are, where the table cannot know it.
OWN_DEFAULTS = {"gluster-command-dir": "/usr/sbin", "secondary-gluster-command-dir": "/usr/sbin"}
SSH = "-oPasswordAuthentication=no -oStrictHostKeyChecking=no -i /var/lib/glusterd/geo-replication"


@each_version
def test_options_of_a_fresh_session(version: str) -> None:
    config = sessions.read_config(played(version, "config-default"), "projects", TARGET)
    assert config.old_words is (version == "9.2")
    assert config.stale == ()
    expected = {
        "sync-jobs": "3",
        "ssh-port": "22",
        "sync-method": "rsync",
        "secondary-timeout": "120",
        "secondary-log-level": "INFO",
        "isolated-secondarys": "",
        "primary-replica-count": "1",
        "ignore-deletes": "false",
        "checkpoint": "0",
        "stime-xattr-prefix": "",
        "rsync-options": "",
        "gluster-params": "aux-gfid-mount acl",
        "ssh-options": f"{SSH}/secret.pem",
        "ssh-options-tar": f"{SSH}/tar_ssh.pem",
        "working-dir": "/var/lib/misc/gluster/gsyncd/projects_secondary1_projects-dr/",
    }
    assert {name: config.values.get(name) for name in expected} == expected
    assert not [name for name in config.values if re.search("master|slave|_", name)]


@each_version
def test_every_settable_option_is_there_with_the_default_that_the_table_tells(version: str) -> None:
    """A new session is not sent what equals the table's default, so the table has to be right for each release."""
    values = sessions.read_config(played(version, "config-default"), "projects", TARGET).values
    # the only name with underscores, which the reader cannot know
    assert set(values) <= {option.name for option in OPTIONS} | {"state-socket-unencoded"}
    wrong = {
        option.name: (option.default, values.get(option.name))
        for option in OPTIONS
        if option.settable
        and "${" not in (option.default or "")
        and values.get(option.name) != OWN_DEFAULTS.get(option.name, option.default)
    }
    assert wrong == {}


@each_version
def test_options_that_were_changed(version: str) -> None:
    before = sessions.read_config(played(version, "config-default"), "projects", TARGET).values
    after = sessions.read_config(played(version, "config-after-zero"), "projects", TARGET).values
    differing = {name: after[name] for name in after if after[name] != before[name]}
    assert differing == {"sync-jobs": "5", "rsync-options": "--whole-file", "secondary-timeout": "0"}


#: name of the recording, option, what it was to gsyncd, what was sent, what it was to gsyncd then
COMPARED = [
    ("config-set-over-zero", "config-after-zero", "secondary-timeout", "0", "90", "0"),
    ("config-set-true", "config-after-true", "ignore-deletes", "false", "True", "false"),
    ("compare-zero-over-number", None, "secondary-timeout", "90", "0", "0"),
    ("compare-one-over-number", None, "sync-jobs", "5", "1", "1"),
    ("compare-number-over-one", None, "sync-jobs", "1", "5", "5"),
    ("compare-yes-over-false", None, "ignore-deletes", "false", "yes", "false"),
    ("compare-true-over-yes", None, "ignore-deletes", "false", "true", "true"),
    ("compare-off-over-true", None, "sync-xattrs", "true", "off", "false"),
    ("compare-true-over-off", None, "sync-xattrs", "false", "true", "true"),
]


@each_version
@pytest.mark.parametrize(("name", "after", "option", "before", "sent", "then"), COMPARED)
def test_which_values_glusterd_takes_for_the_old_one(
    version: str, name: str, after: str | None, option: str, before: str, sent: str, then: str
) -> None:
    tape = recorded(version, name)
    assert tape.argv[-2:] == [to_old_words(option) if version == "9.2" else option, sent]
    stored = "config-set successful" in tape.out
    values = sessions.read_config(played(version, after or f"{name}-after"), "projects", TARGET).values
    assert values[option] == then
    (change,) = plan_config({option: before}, {option: sent}, ())
    assert change.reset_first is not stored, "a reset goes first where, and only where, glusterd would store nothing"


@each_version
def test_options_of_a_session_that_is_not_there(version: str) -> None:
    with pytest.raises(errors.CommandFailed, match="does not exist"):
        sessions.read_config(played(version, "config-missing"), "projects", TARGET)


@each_version
def test_single_options_lose_values_of_one_character(version: str) -> None:
    """Why the reader always asks for all of them."""
    assert "<sync_jobs>" not in recorded(version, "config-get-one-character").out
    assert "sync_jobs" not in recorded(version, "config-get-one-character").out


def test_no_options_at_all_is_unreadable() -> None:
    for body, says in (("<geoRep><config/></geoRep>", "showed no configuration"), ("<geoRep/>", "lacks <geoRep/config>"), ("", "success")):
        with pytest.raises(errors.UnreadableOutput, match=says):
            sessions.read_config(cli(envelope(body)), "p", "h::s")


def test_lines_that_an_upgrade_has_left_behind() -> None:
    config = Config.from_raw({"secondary_timeout": "120", "slave_timeout": "90", "sync_jobs": "3"})
    assert config.values == {"secondary-timeout": "120", "sync-jobs": "3"}
    assert config.stale == ("slave-timeout",)
    assert not config.old_words


# how 9.2 spells them; the others spell every name as we do
OLD_SPELLING = {
    "secondary-timeout": "slave-timeout",
    "isolated-secondarys": "isolated-slaves",
    "secondary-gluster-log-level": "slave-gluster-log-level",
    "primary-distribution-count": "master-distribution-count",
    "sync-jobs": "sync-jobs",
    "state-file": "state-file",
}


@pytest.mark.parametrize(("name", "old"), OLD_SPELLING.items())
def test_spelling_on_the_wire(name: str, old: str) -> None:
    assert to_old_words(name) == old
    assert modern(old) == name
    assert modern(old.replace("-", "_")) == name.replace("-", "_")


def test_every_old_name_of_the_table_is_what_the_translation_makes() -> None:
    for option in OPTIONS:
        assert to_old_words(option.name) == (option.old_name or option.name)
    assert BY_NAME["secondary-timeout"].old_name in recorded("9.2", "config-default").out.replace("_", "-")


@pytest.mark.parametrize("name", ["mastery", "enslaved", "masterx-y", "xmaster"])
def test_words_that_only_look_old(name: str) -> None:
    assert modern(name) == name


# --- XML that is none


@pytest.mark.parametrize(
    "out",
    [
        "",
        "geo-replication command failed\n",
        "Connection reset\n",
        "<html/>",
        "<?xml version='1.0'?>",
        "<?xml version='1.0'?><cliOutput><opRet>0</opRet>",
        "<?xml version='1.0'?><cliOutput></cliOutput>",
        "<?xml version='1.0'?><cliOutput><opRet>no</opRet></cliOutput>",
        "<?xml version='1.0'?><cliOutput><opRet>0</opRet><opErrno>x</opErrno></cliOutput>",
        "<?xml version='1.0'?><a>\x01</a>",
    ],
)
@pytest.mark.parametrize("reader", [read_volumes, read_peers, lambda cli: sessions.read_config(cli, "p", "h::s")])
def test_broken_answers_are_unreadable(out: str, reader: t.Callable[[GlusterCli], t.Any]) -> None:
    with pytest.raises(errors.UnreadableOutput) as caught:
        reader(cli((0, out, "some words")))
    assert (caught.value.stdout, caught.value.stderr) == (out, "some words")


@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY x "expanded">]>',
    ],
)
def test_entities_are_not_expanded(dtd: str) -> None:
    out = f'<?xml version="1.0"?>{dtd}<cliOutput><opRet>-1</opRet><opErrstr>[&x;]</opErrstr></cliOutput>'
    reply = xml.parse(Answer([], 0, out, ""))
    assert "root" not in reply.op_errstr and "expanded" not in reply.op_errstr


def test_success_is_op_ret_and_nothing_else() -> None:
    for ret, good in (("0", True), ("-1", False), ("1", False), ("2", False), ("-3", False)):
        assert xml.parse(Answer([], 0, envelope(ret=ret, errstr="primary not found")[1], "")).ok is good
    assert xml.parse(Answer([], 255, envelope()[1], "")).ok


def test_blank_lines_before_the_document() -> None:
    assert xml.parse(Answer([], 0, "\n " + envelope()[1], "")).ok
