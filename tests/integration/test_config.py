# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gluster_georep_config: what arrives in the session's configuration on every node, and what is never sent."""

from __future__ import annotations

import typing as t

import pytest
from lab import Lab, Session, config_reads, mutating, status_calls

MODULE = "gluster_georep_config"


@pytest.fixture(scope="module")
def session(make_pair: t.Callable[..., Session]) -> Session:
    return make_pair("config")


def sent(result: dict[str, t.Any]) -> list[str]:
    """What followed ``config`` on the command lines of the changes, or the verb of another change."""
    words = [line.split(" -- volume geo-replication ")[1].split(" ", 2)[2] for line in mutating(result)]
    return [word[len("config ") :] if word.startswith("config ") else word for word in words]


def judge(lab: Lab, session: Session, wanted: dict[str, str]) -> None:
    for node in lab.primaries:
        seen = lab.raw_config(session, node)
        assert {name: seen.get(name) for name in wanted} == wanted, node.name


def test_set_keep_and_reset(lab: Lab, session: Session) -> None:
    lab.bring(session, "created")
    names = ["sync-jobs", "ignore-deletes", "secondary-timeout", "rsync-options", "log-level", "ssh-options"]
    seen = lab.raw_config(session)
    defaults = {name: seen[name] for name in names}
    given = {
        "sync_jobs": 5,  # one character, which gluster's own XML of a single option loses
        "ignore-deletes": True,
        "slave_timeout": "60",  # in the words of GlusterFS 9
        "rsync-options": "--whole-file --bwlimit=0",  # dashes in front, a blank within
        "log_level": "debug",  # gsyncd knows upper case only
        "ssh-options": "-oPasswordAuthentication=no -oStrictHostKeyChecking=no -i /var/lib/glusterd/geo-replication/secret.pem",
    }
    wanted = {
        "sync-jobs": "5",
        "ignore-deletes": "true",
        "secondary-timeout": "60",
        "rsync-options": "--whole-file --bwlimit=0",
        "log-level": "DEBUG",
        "ssh-options": given["ssh-options"],
    }
    steps = lab.four_steps(MODULE, session.args(config=given))
    # The last one is as it was and is not sent.
    assert sent(steps.run) == [f"{name} {value}" for name, value in wanted.items() if name != "ssh-options"]
    assert steps.run["after"]["config"] == wanted
    judge(lab, session, wanted)
    assert len(status_calls(steps.run_again)) == 1 and len(config_reads(steps.run_again)) == 1
    # The same in the other spelling is the same.
    again = {"sync-jobs": "5", "ignore_deletes": "True", "secondary_timeout": 60, "log-level": "DEBUG"}
    lab.four_steps(MODULE, session.args(config=again), changed=False)

    back = dict.fromkeys(["sync_jobs", "ignore-deletes", "slave-timeout", "rsync_options", "log-level", "ssh-options"])
    steps = lab.four_steps(MODULE, session.args(config=back))
    assert sent(steps.run) == ["!sync-jobs", "!ignore-deletes", "!secondary-timeout", "!rsync-options", "!log-level"]
    judge(lab, session, defaults)
    assert lab.raw_is(session, "created")


def test_values_that_glusterd_takes_for_equal(lab: Lab, session: Session) -> None:
    """0 to a number, and truth values in words of their own: glusterd says success there and keeps the old value."""
    lab.bring(session, "created")
    lab.four_steps(MODULE, session.args(config={"secondary-timeout": 0, "ignore-deletes": "yes", "sync-xattrs": "off"}))
    judge(lab, session, {"secondary-timeout": "0", "ignore-deletes": "true", "sync-xattrs": "false"})
    steps = lab.four_steps(MODULE, session.args(config={"secondary-timeout": 90, "ignore-deletes": "False", "sync-xattrs": 1}))
    judge(lab, session, {"secondary-timeout": "90", "ignore-deletes": "false", "sync-xattrs": "true"})
    assert sent(steps.run)[0:2] == ["!secondary-timeout", "secondary-timeout 90"]
    # The default of a program's path is refused by name, and is what a reset gives.
    lab.run_module(MODULE, session.args(config={"ssh-command": "/usr/bin/ssh"}))
    steps = lab.four_steps(MODULE, session.args(config={"ssh-command": "ssh"}))
    assert sent(steps.run) == ["!ssh-command"]
    judge(lab, session, {"ssh-command": "ssh"})


def test_drift_is_named(lab: Lab, session: Session) -> None:
    """Somebody has changed an option by hand: the check run says which, from what and to what."""
    lab.bring(session, "created")
    lab.set_option(session, "sync-jobs", "7")
    args = session.args(config={"sync-jobs": 2, "sync-method": "tarssh"})
    result = lab.run_module(MODULE, args, check=True)
    assert result["changed"] is True
    assert len(result["steps"]) == 1 and "sync-jobs: 7 -> 2" in result["steps"][0]
    assert result["diff"][0]["before"]["config"]["sync-jobs"] == "7"
    assert result["diff"][0]["after"]["config"]["sync-jobs"] == "2"
    judge(lab, session, {"sync-jobs": "7"})
    assert sent(lab.run_module(MODULE, args)) == ["sync-jobs 2"]
    judge(lab, session, {"sync-jobs": "2"})


# option, value, words of the message: the option as it was given, the value, and a remedy
REFUSED = [
    ("secondary-timeout", "abc", ["secondary-timeout", "abc", "Write a number"]),
    ("connection_timeout", "1e3", ["connection-timeout", "1e3", "Write a number"]),
    ("sync-jobs", True, ["sync-jobs", "True", "Write a number"]),
    ("sync-jobs", -1, ["sync-jobs", "-1", "Write a number"]),
    ("rsync-options", "--a\nsync-jobs = 9", ["rsync-options", "line break", "Write one line"]),
    ("ssh-options", " -v", ["ssh-options", "' -v'", "Remove the blanks"]),
    ("rsync-options", "", ["rsync-options", "empty", "null"]),
    ("rsync-options", "force", ["rsync-options", "force", "another value"]),
    ("working-dir", "/tmp/x", ["working-dir", "is set by gsyncd", "Leave it out"]),
    ("state_file", "/tmp/x", ["state_file", "is set by gsyncd", "Leave it out"]),
    ("checkpoint", "now", ["checkpoint", "gluster_georep_checkpoint"]),
    ("sync-job", 4, ["sync-job", "Did you mean sync-jobs"]),
    ("no-such-thing-at-all", 1, ["no-such-thing-at-all", "documentation of gluster_georep_config"]),
    ("ignore-deletes", "maybe", ["ignore-deletes", "maybe", "true or false"]),
    ("log-level", "verbose", ["log-level", "verbose", "DEBUG"]),
    ("sync-method", "scp", ["sync-method", "scp", "tarssh"]),
    ("rsync-opt-existing", False, ["rsync-opt-existing", "root directory"]),
    ("ssh-command", "ssh2", ["ssh-command", "absolute path"]),
]


def test_harmful_values_are_never_sent(lab: Lab, session: Session) -> None:
    """One wrong entry among right ones, and nothing at all is sent."""
    lab.bring(session, "created")
    tasks = []
    for name, value, _words in REFUSED:
        right = {"max-rsync-retries": 11} if name != "max-rsync-retries" else {}
        tasks.append(lab.task(MODULE, session.args(config={**right, name: value})))
    tasks.append(lab.task(MODULE, session.args(config={"sync-jobs": 2, "sync_jobs": 3})))
    results = lab.refused(tasks)
    for (name, value, words), result in zip(REFUSED, results):
        for word in words:
            assert word in result["msg"], f"{name}={value!r}: {result['msg']}"
        assert result["option"].endswith((name, name.replace("_", "-"))), result["option"]
        assert "value" in result and result["remedy"], result
    assert "given twice" in results[-1]["msg"]
    # The session is as healthy as before.
    assert lab.raw_is(session, "created")


def test_a_session_that_is_not_there(lab: Lab, session: Session) -> None:
    lab.bring(session, "created")
    nowhere = {**session.args(config={"sync-jobs": 2}), "secondary_volume": "it-elsewhere"}
    (result,) = lab.refused([lab.task(MODULE, nowhere)])
    assert "it-elsewhere" in result["msg"] and session.target in result["msg"]


def test_a_running_session_restarts_only_for_a_change(lab: Lab, session: Session) -> None:
    lab.bring(session, "started")
    before = lab.monitors(session)
    assert all(before.values()), before
    value = int(lab.raw_option(session, "sync-jobs"))
    lab.four_steps(MODULE, session.args(config={"sync-jobs": value, "sync_method": "tarssh"}), changed=False)
    assert lab.monitors(session) == before
    steps = lab.four_steps(MODULE, session.args(config={"sync-jobs": value + 1}), settling=True)
    assert any("restarts the workers" in line for line in steps.check["steps"])
    judge(lab, session, {"sync-jobs": str(value + 1)})
    after = lab.monitors(session)
    assert all(after.values()) and not set(after.values()) & set(before.values())
    lab.reach(session)


def test_a_paused_session_stays_paused(lab: Lab, session: Session) -> None:
    """gluster itself resumes a paused session when its configuration is changed."""
    lab.bring(session, "paused")
    value = str(int(lab.raw_option(session, "sync-jobs")) + 1)
    lab.four_steps(MODULE, session.args(config={"sync-method": "tarssh"}), changed=False)
    steps = lab.four_steps(MODULE, session.args(config={"sync-jobs": value}))
    assert sent(steps.run) == [f"sync-jobs {value}", "pause force"]
    assert lab.raw_is(session, "paused"), lab.raw_words(session)
    judge(lab, session, {"sync-jobs": value})
    assert steps.run["after"] == {"state": "paused", "config": {"sync-jobs": value}}


def test_the_diff_says_what_becomes_of_the_workers(lab: Lab, session: Session) -> None:
    lab.bring(session, "paused")
    value = int(lab.raw_option(session, "sync-jobs")) + 1
    check = lab.run_module(MODULE, session.args(config={"sync-jobs": value}), check=True)
    assert check["diff"][0]["after"]["effect"] == "resumes then pauses again"
    lab.bring(session, "started")
    check = lab.run_module(MODULE, session.args(config={"sync-jobs": value}), check=True)
    assert check["diff"][0]["after"]["effect"] == "restarts workers"
    check = lab.run_module(MODULE, session.args(config={"log-rsync-performance": True}), check=True)
    assert check["changed"] is True and "effect" not in check["diff"][0]["after"]


def test_these_options_and_no_others(lab: Lab, session: Session) -> None:
    """What gsyncd wrote itself stays, and so do the checkpoint and SSH options that verify host keys."""
    lab.bring(session, "started")  # gsyncd writes stime-xattr-prefix at its first start
    verified = "-oStrictHostKeyChecking=yes -i /var/lib/glusterd/geo-replication/tar_ssh.pem"
    lab.bring(session, "stopped")
    for name, value in {"sync-jobs": "7", "rsync-options": "--bwlimit=9", "ssh-options-tar": verified, "log-level": "DEBUG"}.items():
        lab.set_option(session, name, value)
    lab.p1.gluster("volume", "geo-replication", session.primary, session.target, "config", "checkpoint", "now")
    own = {line.split("=")[0].strip() for line in lab.p1.read(f"{session.directory}/gsyncd.conf").splitlines() if "=" in line}
    assert {"stime-xattr-prefix", "checkpoint"} <= own, own
    keep = own & {"stime-xattr-prefix", "checkpoint", "ssh-options-tar", "sync-method", "sync-jobs"}
    args = session.args(config={"sync-method": "tarssh", "sync_jobs": 4}, config_exclusive=True)
    steps = lab.four_steps(MODULE, args)
    assert sent(steps.run)[0] == "sync-jobs 4" and set(sent(steps.run)[1:]) >= {"!rsync-options", "!log-level"}
    for node in lab.primaries:
        lines = node.read(f"{session.directory}/gsyncd.conf").splitlines()
        assert {line.split("=")[0].strip() for line in lines if "=" in line} == keep | {"sync-jobs"}, node.name
    judge(lab, session, {"sync-jobs": "4", "sync-method": "tarssh", "rsync-options": "", "ssh-options-tar": verified})
    lab.set_option(session, "ssh-options-tar")
    lab.set_option(session, "checkpoint")


def test_lines_that_an_upgrade_left_behind(lab: Lab, session: Session) -> None:
    """GlusterFS 10 does not read the slave- lines of 9, and its CLI cannot take them away."""
    lab.bring(session, "stopped")
    for node in lab.primaries:
        node.sh(f"sed -i '/^secondary-timeout/d; s/^.vars.$/[vars]\\nslave-timeout = 60/' {session.directory}/gsyncd.conf")
    assert lab.raw_option(session, "secondary-timeout") == "120"
    lab.four_steps(MODULE, session.args(config={"secondary-timeout": None}), changed=False)
    lab.four_steps(MODULE, session.args(config={"slave-timeout": 60}))
    judge(lab, session, {"secondary-timeout": "60"})
    lab.four_steps(MODULE, session.args(config={"slave-timeout": None}))
    judge(lab, session, {"secondary-timeout": "120"})


def test_another_node_has_other_options(lab: Lab, session: Session) -> None:
    """Each node has a file of its own: what gluster_georep_preflight_info sees there, one set from here mends."""
    lab.bring(session, "stopped")
    lab.set_option(session, "sync-jobs", "4")
    lab.set_option(session, "secondary-timeout", "90")
    conf = f"{session.directory}/gsyncd.conf"
    lab.p2.sh(f"sed -i 's/^sync-jobs.*/sync-jobs = 7/; s/^secondary-timeout.*/secondary-timeout = 0/; $ a log-level = DEBUG' {conf}")

    def nodes() -> list[dict[str, t.Any]]:
        looked = [lab.play([lab.task("gluster_georep_preflight_info", {"site": "primary"})], node.name)[0] for node in lab.primaries]
        return [{"node": one["node"], **{name: one["facts"][name] for name in ("node_uuid", "sessions")}} for one in looked]

    args = session.args(config={"sync-jobs": 4, "secondary-timeout": 90, "log-level": None})
    # Nobody looked: this node has what is declared.
    assert lab.run_module(MODULE, args, check=True)["changed"] is False
    args["nodes"] = nodes()
    check, run = (lab.run_module(MODULE, args, check=check) for check in (True, False))
    assert check["steps"] == run["steps"] == [
        "config sync-jobs: 7 on primary2 -> 4: differs",
        "config secondary-timeout: 0 on primary2 -> 90: differs",
        "config log-level: DEBUG on primary2 -> (default): differs",
    ]
    assert check["diff"] == run["diff"] and run["diff"][0]["before"]["other_nodes"]["sync-jobs"] == {"primary2": "7"}
    assert sent(run) == ["sync-jobs 4", "!secondary-timeout", "secondary-timeout 90", "!log-level"]
    judge(lab, session, {"sync-jobs": "4", "secondary-timeout": "90", "log-level": "INFO"})
    assert lab.p1.read(conf) == lab.p2.read(conf)
    args["nodes"] = nodes()
    lab.four_steps(MODULE, args, changed=False)
