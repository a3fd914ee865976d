# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options: what may be set, in which spelling, and which commands a difference needs."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.option_table import BY_NAME, OPTIONS
from ansible_collections.glusterops.georep.plugins.module_utils._model.options import (
    ConfigChange,
    canonical_value,
    check_config,
    exclusive_config,
    plan_config,
    resolve,
    undeclared_differences,
)

# Written down from gsyncd.conf.in of GlusterFS 11.1, not taken from the table under test.
SETTABLE = """
    gluster-cli-options access-mount secondary-access-mount isolated-secondarys changelog-batch-size secondary-timeout
    connection-timeout replica-failover-interval changelog-archive-format use-meta-volume meta-volume-mnt allow-network
    change-interval sync-method remote-gsyncd gluster-command-dir secondary-gluster-command-dir gluster-params
    secondary-gluster-params ignore-deletes special-sync-mode gfid-conflict-resolution change-detector cli-log-level
    log-level gluster-log-level changelog-log-level secondary-log-level secondary-gluster-log-level ssh-port ssh-command
    tar-command ssh-options ssh-options-tar sync-jobs rsync-command rsync-options rsync-ssh-options
    rsync-opt-ignore-missing-args rsync-opt-existing log-rsync-performance use-rsync-xattrs sync-xattrs sync-acls
    max-rsync-retries
""".split()
REFUSED = """
    primary-bricks secondary-bricks primary-volume-id secondary-volume-id primary-replica-count primary-disperse-count
    primary-distribution-count glusterd-workdir gluster-logdir gluster-rundir gsyncd-miscdir stime-xattr-prefix pid-file
    state-file georep-session-working-dir working-dir cli-log-file log-file changelog-log-file gluster-log-file
    secondary-log-file secondary-gluster-log-file secondary-gluster-log-file-mbr gluster-command
""".split()
NUMBERS = """
    changelog-batch-size secondary-timeout connection-timeout replica-failover-interval change-interval ssh-port sync-jobs
    max-rsync-retries
""".split()
TRUTHS = """
    access-mount secondary-access-mount use-meta-volume ignore-deletes gfid-conflict-resolution rsync-opt-ignore-missing-args
    rsync-opt-existing log-rsync-performance use-rsync-xattrs sync-xattrs sync-acls
""".split()
LEVELS = """
    cli-log-level log-level gluster-log-level changelog-log-level secondary-log-level secondary-gluster-log-level
""".split()
OLD_NAMES = {
    "slave-timeout": "secondary-timeout",
    "slave_timeout": "secondary-timeout",
    "slave-access-mount": "secondary-access-mount",
    "isolated-slaves": "isolated-secondarys",
    "slave-gluster-command-dir": "secondary-gluster-command-dir",
    "slave-gluster-params": "secondary-gluster-params",
    "slave-log-level": "secondary-log-level",
    "slave-gluster-log-level": "secondary-gluster-log-level",
}


def test_all_71_options_are_known() -> None:
    assert {option.name for option in OPTIONS} == {*SETTABLE, *REFUSED, "checkpoint", "state_socket_unencoded"}
    assert len(OPTIONS) == 71


@pytest.mark.parametrize("name", SETTABLE)
def test_settable(name: str) -> None:
    assert resolve(name).name == name
    assert resolve(name.replace("-", "_")).name == name


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    for spelling in (name, name.replace("-", "_")):
        with pytest.raises(InvalidInput, match="is set by gsyncd and glusterd") as caught:
            resolve(spelling)
        assert caught.value.option == f"config.{spelling}"


@pytest.mark.parametrize("name", ["master-bricks", "slave_log_file", "master-replica-count", "slave-volume-id"])
def test_refused_in_old_words_too(name: str) -> None:
    with pytest.raises(InvalidInput, match="is set by gsyncd and glusterd"):
        resolve(name)


def test_checkpoint_is_an_event() -> None:
    with pytest.raises(InvalidInput, match="not a setting") as caught:
        resolve("checkpoint")
    assert "gluster_georep_checkpoint" in caught.value.remedy


@pytest.mark.parametrize(("old", "name"), OLD_NAMES.items())
def test_old_words(old: str, name: str) -> None:
    assert resolve(old).name == name


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("sync-job", "Did you mean sync-jobs"),
        ("ignore-delete", "Did you mean ignore-deletes"),
        ("secondary-timout", "secondary-timeout"),
        ("zzz", "See the list of options"),
        ("", "See the list of options"),
        ("all", "See the list of options"),
        ("state_socket_unencoded", "See the list of options"),
        ("!sync-jobs", "Did you mean sync-jobs"),
    ],
)
def test_unknown_names_get_a_suggestion(name: str, hint: str) -> None:
    with pytest.raises(InvalidInput, match="is not an option of gsyncd") as caught:
        resolve(name)
    assert hint in caught.value.remedy


def value_of(name: str, value: t.Any) -> str | None:
    return canonical_value(BY_NAME[name], value)


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "true"), ("True", "true"), ("yes", "true"), ("on", "true"), ("1", "true"), (1, "true"), ("true", "true"),
        (False, "false"), ("False", "false"), ("no", "false"), ("off", "false"), ("0", "false"), (0, "false"), (" true ", "true"),
    ],
)  # fmt: skip
def test_truth_values_have_one_spelling(name: str, value: t.Any, expected: str) -> None:
    assert value_of(name, value) == expected


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize("value", ["", "abc", "truee", 2, "-1", 1.0, ["true"], {"a": 1}])
def test_what_is_no_truth_value(name: str, value: t.Any) -> None:
    with pytest.raises(InvalidInput):
        value_of(name, value)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(("value", "expected"), [(5, "5"), ("5", "5"), ("05", "5"), (" 5 ", "5"), ("5\n", "5")])
def test_numbers_have_one_spelling(name: str, value: t.Any, expected: str) -> None:
    assert value_of(name, value) == expected


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "value",
    ["abc", "", "5 5", "5\nx = y", "-1", "+5", "5.0", 5.0, "0x10", "1e3", True, False, "١", "9999999999", [5], "5s"],
)
def test_what_is_no_number_would_brick_the_session(name: str, value: t.Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        value_of(name, value)
    assert caught.value.option == f"config.{name}"


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("sync-jobs", 1, True), ("sync-jobs", 100, True), ("sync-jobs", 0, False), ("sync-jobs", 101, False),
        ("ssh-port", 1, True), ("ssh-port", 65535, True), ("ssh-port", 0, False), ("ssh-port", 65536, False),
        ("secondary-timeout", 0, True), ("connection-timeout", 0, True), ("changelog-batch-size", 1, True),
    ],
)  # fmt: skip
def test_bounds(name: str, value: int, good: bool) -> None:
    if good:
        assert value_of(name, value) == str(value)
    else:
        with pytest.raises(InvalidInput, match="out of range"):
            value_of(name, value)


@pytest.mark.parametrize("name", LEVELS)
@pytest.mark.parametrize(
    ("value", "expected"),
    [("INFO", "INFO"), ("info", "INFO"), ("Debug", "DEBUG"), ("warning", "WARNING"), ("ERROR", "ERROR")],
)
def test_levels(name: str, value: str, expected: str) -> None:
    assert value_of(name, value) == expected


@pytest.mark.parametrize("name", LEVELS)
@pytest.mark.parametrize("value", ["CRITICAL", "TRACE", "warn", "", "INFO ", "INFO\n", True, 1])
def test_levels_that_gsyncd_cannot_read(name: str, value: t.Any) -> None:
    with pytest.raises(InvalidInput):
        value_of(name, value)


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("sync-method", "tarssh", True), ("sync-method", "rsync", True), ("sync-method", "tar", False), ("sync-method", "Rsync", False),
        ("sync-method", "", False), ("change-detector", "changelog", True), ("change-detector", "xsync", True),
        ("change-detector", "xtime", False), ("special-sync-mode", "partial", True), ("special-sync-mode", "recover", True),
        ("special-sync-mode", "blind", False),
    ],
)  # fmt: skip
def test_choices(name: str, value: str, good: bool) -> None:
    if good:
        assert value_of(name, value) == value
    else:
        with pytest.raises(InvalidInput, match="is not a known choice"):
            value_of(name, value)


@pytest.mark.parametrize(
    "value",
    ["--whole-file", "-z", "--bwlimit=100 --checksum", "x", "force it", "detailed", "inner  blanks", "a=b", "%", "1"],
)
def test_text_may_be_nearly_anything(value: str) -> None:
    assert value_of("rsync-options", value) == value


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("force", "keyword"), ("push-pem", "keyword"), ("no-verify", "keyword"),
        ("d", "keyword"), ("de", "keyword"), ("deta", "keyword"), ("detail", "keyword"),
        ("", "empty"), (" --x", "blank"), ("--x ", "blank"), ("\t--x", "control"), ("a\nb", "control"), ("a\n", "control"),
        ("a\rb", "control"), ("a\0b", "control"), ("a\x7fb", "control"),
        (True, "quotes"), (False, "quotes"), (1.5, "single word"), (["a"], "single word"), ({"a": 1}, "single word"),
    ],
)  # fmt: skip
def test_text_that_gluster_misreads(value: t.Any, why: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        value_of("rsync-options", value)
    assert why in f"{caught.value} {caught.value.remedy}"


@pytest.mark.parametrize("name", ["ssh-command", "tar-command", "rsync-command"])
def test_programs_need_their_whole_path(name: str) -> None:
    default = BY_NAME[name].default
    assert default == name.split("-")[0]
    assert value_of(name, f"/usr/bin/{default}") == f"/usr/bin/{default}"
    assert value_of(name, default) is None, "gluster refuses the default by name, and resets to it"
    for wrong in ("bin/x", "x", "/usr/bin/", "/"):
        with pytest.raises(InvalidInput, match="absolute path"):
            value_of(name, wrong)


@pytest.mark.parametrize("name", SETTABLE)
def test_null_asks_for_the_default(name: str) -> None:
    assert value_of(name, None) is None


@pytest.mark.parametrize("name", [name for name in SETTABLE if name not in (*NUMBERS, *TRUTHS, *LEVELS)])
def test_no_option_takes_a_line_break(name: str) -> None:
    with pytest.raises(InvalidInput):
        value_of(name, "/usr/bin/x\nsecondary-timeout = abc")


@pytest.mark.parametrize("value", [False, "false", "no", 0, "off"])
def test_rsync_must_not_leave_the_volume(value: t.Any) -> None:
    with pytest.raises(InvalidInput, match="root directory"):
        check_config({"rsync_opt_existing": value})
    assert check_config({"rsync-opt-existing": True}) == {"rsync-opt-existing": "true"}


def test_a_config_gets_canonical_names_and_values() -> None:
    assert check_config({"sync_jobs": 4, "slave-timeout": "90", "ignore_deletes": "yes", "rsync-options": None}) == {
        "sync-jobs": "4",
        "secondary-timeout": "90",
        "ignore-deletes": "true",
        "rsync-options": None,
    }


@pytest.mark.parametrize("second", ["sync_jobs", " sync-jobs"])
def test_an_option_given_twice(second: str) -> None:
    with pytest.raises(InvalidInput, match="given twice"):
        check_config({"sync-jobs": 4, second: 5})


def test_old_and_new_name_of_one_option() -> None:
    with pytest.raises(InvalidInput, match=r"sessions\[1\]\.config\.slave-timeout"):
        check_config({"secondary-timeout": 4, "slave-timeout": 5}, "sessions[1].config")


# What glusterd compares before it sets (field guide T12, T13): it reads 1, yes, true as true; against a current 0, no or
# false every other value is false and so "already set".
@pytest.mark.parametrize(
    ("before", "after", "reset_first"),
    [
        ("0", "120", True),  # the zero trap
        ("0", "5", True),
        ("false", "120", True),
        ("0", "1", False),  # false -> true: sees it
        ("false", "true", False),
        ("true", "false", False),
        ("no", "true", False),
        ("1", "true", True),  # both true to glusterd, not to gsyncd
        ("yes", "true", True),
        ("1", "5", False),
        ("3", "5", False),
        ("120", "90", False),
        ("5", "1", False),
        ("120", "0", False),
        ("1", "0", False),
        ("0", "yes", False),
        ("no", "90", True),
        ("false", "True", True),
        ("true", "True", False),
        ("rsync", "tarssh", False),
        ("", "--whole-file", False),
        ("/usr/bin/ssh", "/opt/ssh", False),
    ],
)
def test_reset_first(before: str, after: str, reset_first: bool) -> None:
    (change,) = plan_config({"secondary-timeout": before}, {"secondary-timeout": after}, ())
    assert change == ConfigChange("secondary-timeout", before, after, reset_first, True)


def test_only_differences_are_planned() -> None:
    current = {"sync-jobs": "3", "ignore-deletes": "false", "rsync-options": "", "log-level": "DEBUG"}
    wanted = {"sync-jobs": "3", "ignore-deletes": "true", "log-level": None, "rsync-options": None}
    assert plan_config(current, wanted, {"log-level", "stime-xattr-prefix"}) == [
        ConfigChange("ignore-deletes", "false", "true", False, True),
        ConfigChange("log-level", "DEBUG", None, False, True),
    ]


def test_what_was_not_set_is_not_reset() -> None:
    assert plan_config({"sync-jobs": "3"}, {"sync-jobs": None}, ()) == []


@pytest.mark.parametrize(
    ("name", "after", "restarts"), [("log-rsync-performance", "true", False), ("sync-jobs", "4", True)]
)
def test_which_changes_restart_the_workers(name: str, after: str, restarts: bool) -> None:
    (change,) = plan_config({name: "x"}, {name: after}, ())
    assert change.restarts is restarts
    (reset,) = plan_config({name: "x"}, {name: None}, {name})
    assert reset.restarts is True, "every reset restarts them"


def test_a_change_in_words() -> None:
    assert str(ConfigChange("sync-jobs", "3", "5", False, True)) == "sync-jobs: 3 -> 5"
    assert str(ConfigChange("sync-jobs", "3", None, False, True)) == "sync-jobs: 3 -> (default)"


# --- every node has a file of its own

OURS = "-oPasswordAuthentication=no -oStrictHostKeyChecking=yes -i /k"
FACTORY = "-oPasswordAuthentication=no -oStrictHostKeyChecking=no -i /var/lib/glusterd/geo-replication/secret.pem"


@pytest.mark.parametrize(
    ("name", "here", "modified", "there", "after", "expected"),
    [
        # the same, or as good as the same
        ("sync-jobs", "5", True, {"sync-jobs": "5"}, "5", None),
        ("sync-jobs", "3", True, {}, "3", None),
        ("sync-jobs", "3", False, {"sync-jobs": "3"}, "3", None),
        ("sync-jobs", "3", False, {}, None, None),
        ("gluster-command-dir", "/usr/sbin", True, {}, "/usr/sbin", None),
        ("ssh-options", FACTORY, True, {}, FACTORY, None),
        # another value, none, or one that should not be
        ("sync-jobs", "5", True, {"sync-jobs": "7"}, "5", ("7", False)),
        ("sync-jobs", "5", True, {}, "5", (None, False)),
        ("ssh-options", OURS, True, {}, OURS, (None, False)),
        ("rsync-options", "-z", True, {}, "-z", (None, False)),
        ("log-level", "INFO", False, {"log-level": "DEBUG"}, None, ("DEBUG", False)),
        # what glusterd over there takes for the same
        ("secondary-timeout", "90", True, {"secondary-timeout": "0"}, "90", ("0", True)),
        ("ignore-deletes", "true", True, {"ignore-deletes": "1"}, "true", ("1", True)),
    ],
)
def test_another_node(
    name: str, here: str, modified: bool, there: dict[str, str], after: str | None, expected: tuple[str | None, bool] | None
) -> None:
    found = plan_config({name: here}, {name: after}, {name} if modified else (), {"node2": there, "node3": {name: here} if modified else {}})
    if expected is None:
        assert found == []
    else:
        assert found == [ConfigChange(name, here, after, expected[1], True, (("node2", expected[0]),))]


def test_a_difference_here_is_told_as_such_and_minds_the_others() -> None:
    (change,) = plan_config({"secondary-timeout": "120"}, {"secondary-timeout": "90"}, (), {"node2": {"secondary-timeout": "0"}})
    assert (change.before, change.nodes, change.reset_first) == ("120", (), True)


def test_a_change_elsewhere_in_words() -> None:
    change = ConfigChange("sync-jobs", "5", "5", False, True, (("node2", "7"), ("node3", None)))
    assert str(change) == "sync-jobs: 7 on node2, (default) on node3 -> 5"


# --- these options and no others


def test_what_is_not_declared_is_reset() -> None:
    current = {"sync-jobs": "5", "rsync-options": "-z", "ssh-options": OURS, "ssh-options-tar": FACTORY, "checkpoint": "1", "ssh-port": "2222"}
    modified = {*current, "stime-xattr-prefix", "log-level", "no-such-option"}
    nodes = {"node2": {"sync-jobs": "5", "ignore-deletes": "true", "stime-xattr-prefix": "trusted.glusterfs", "working-dir": "/x"}}
    found = exclusive_config({"sync-jobs": "5"}, current, modified, nodes)
    assert found == {"sync-jobs": "5", "rsync-options": None, "ssh-options-tar": None, "log-level": None, "ignore-deletes": None}
    changes = plan_config(current, found, modified, nodes)
    assert [str(change) for change in changes] == [
        "log-level: (default) -> (default)",
        "rsync-options: -z -> (default)",
        f"ssh-options-tar: {FACTORY} -> (default)",
        "ignore-deletes: true on node2 -> (default)",
    ]


def test_what_nobody_declares_is_only_told() -> None:
    nodes = {"node2": {"sync-jobs": "7", "log-level": "DEBUG", "stime-xattr-prefix": "x"}, "node3": {"log-level": "DEBUG"}}
    said = undeclared_differences({"ignore-deletes": "true"}, {"log-level": "DEBUG"}, {"log-level", "stime-xattr-prefix"}, nodes, "node1")
    assert said == ["sync-jobs is (default) on node1, 7 on node2, (default) on node3"]
    assert undeclared_differences({"sync-jobs": "7"}, {"log-level": "DEBUG"}, {"log-level"}, nodes, "node1") == []
