# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults that were made on a lab, and what the log of their worker is explained by: see script/_record_worker_faults.py."""

from __future__ import annotations

import re
import time

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import BY_ID, explain
from ansible_collections.glusterops.georep.plugins.module_utils._faults.entry import LOG, Fault
from ansible_collections.glusterops.georep.plugins.module_utils._model.gsyncd_log import last_words
from ansible_collections.glusterops.georep.plugins.module_utils._model.progress import read_time
from ansible_collections.glusterops.georep.tests.unit.gsyncd_logs import Log, recorded_log
from ansible_collections.glusterops.georep.tests.unit.recorded import FOLDER, VERSIONS

#: What was made, and the entry of the catalogue that is right for it; None: nothing is wrong.
MADE: dict[str, str | None] = {
    "healthy": None,
    "mended-login": None,
    "mended-brick": None,
    # logins
    "sshd-cut": "connection-lost",
    "sshd-stopped": "sshd-unreachable",
    "key-missing": "key-refused",
    "key-file-missing": "key-file-unreadable",
    "key-without-command": "plain-key-first",
    "gsyncd-moved": "gsyncd-elsewhere",
    "second-factor": "second-factor",
    "account-expired": "account-expired",
    "password-expired": "password-expired",
    # nologin writes its sentence to standard output, which gsyncd reads as data: all that is left is an exit code.
    "account-without-shell": "secondary-gsyncd-failed",
    "login-script-prints": "login-script-prints",
    # hangs
    "mount-stopped": "primary-mount-hangs",
    "mount-stopped-there": "secondary-start-hangs",
    # the secondary volume
    # rsync's words are not logged, only its code.
    "brick-full": "rsync-file-io",
    "brick-without-inodes": "secondary-full",
    "brick-read-only": "secondary-read-only",
    "directory-not-empty": "directory-not-empty",
    "brick-down": "secondary-volume-down",
    # gsyncd on the secondary cannot mount it, and ends with 1: its own log has the rest.
    "brick-still-down": "secondary-gsyncd-failed",
    "volume-stopped": "secondary-volume-down",
    "volume-still-stopped": "secondary-gsyncd-failed",
    # the primary node
    "primary-brick-down": "primary-mount-lost",
    "primary-brick-still-down": "primary-mount-lost",
    "meta-volume": "meta-volume",
    # libgfchangelog turns the full disk into an invalid argument.
    # 25 sessions of one volume, on ext4.
    "marks-full": "marks-full",
    "working-folder-full": "changelog-history",
    "name-not-utf8": "name-not-utf8",
    # programs
    # rsync 3.5 reports success, and the files on the secondary are empty: only a probe or a proof finds it.
    "rsync-as-shipped": None,
    "rsync-wrong-option": "rsync-options",
    "rsync-missing-there": "rsync-missing-there",
    "tar-missing-there": "tar-missing-there",
    # glusterd
    "glusterd-down": "mount-failed",
    "glusterd-down-there": "secondary-gsyncd-failed",
}
#: Faults of which ssh itself says nothing, or whose words do not decide.
WITHOUT_WORDS = ("sshd-cut", "account-without-shell", "brick-still-down", "volume-still-stopped", "glusterd-down-there", "tar-missing-there")
#: Of all others, if gsyncd has lost what ssh said, the exit code of ssh is all that its log has.
LOST = {"255": "ssh-failed", "127": "gsyncd-not-found-there", "1": "secondary-gsyncd-failed"}
#: Words that the cause must have, filled in from the log: the node, port or account to look at.
NAMED = {
    "sshd-stopped": "secondary1 is up but nothing listens on TCP port 2201",
    "key-missing": "secondary1 refuses the key",
    "gsyncd-moved": "is /usr/libexec/glusterfs/gsyncd. That node has no such file",
    "second-factor": "no longer asks for a key, but for keyboard-interactive",
    "account-expired": "the account geoexpired on secondary1 has expired",
    "password-expired": "the password of the account geoaged on secondary1 has expired",
}
RECORDED = [(version, name) for version in VERSIONS for name in MADE if (FOLDER / version / f"gsyncd-log-lab-{name}.txt").exists()]


def log_of(version: str, name: str) -> str:
    return recorded_log(version, f"lab-{name}")


def expected(version: str, name: str) -> str | None:
    """What was made, as far as gsyncd tells it."""
    end = log_of(version, name).rpartition("starting gsyncd worker")[2]
    code = re.search(r"cmd=ssh .*\{error=(\d+)\}", end)
    return LOST[code[1]] if code and "ssh> " not in end and name not in WITHOUT_WORDS else MADE[name]


def brick_of(log: str) -> str:
    return re.findall(r"starting gsyncd worker \[\{brick=([^}]*)\}", log)[-1]


def fault_in(log: str, brick: str | None, now: float | None = None) -> Fault | None:
    words = last_words(log, brick, now)
    return explain(words.text, LOG) if words else None


def test_every_recorded_log_is_read() -> None:
    files = {path.stem[len("gsyncd-log-lab-") :] for version in VERSIONS for path in (FOLDER / version).glob("gsyncd-log-lab-*.txt")}
    assert files == set(MADE) == {name for _version, name in RECORDED}
    script = (FOLDER.parents[2] / "script" / "_record_worker_faults.py").read_text(encoding="utf-8")
    assert [name for name in MADE if f'"{name}"' not in script] == [], "nothing makes this fault"


@pytest.mark.parametrize(("version", "name"), RECORDED)
def test_a_fault_that_was_made_is_named(version: str, name: str) -> None:
    log = log_of(version, name)
    for brick in (brick_of(log), None):
        found, words = fault_in(log, brick), last_words(log, brick)
        assert (found and found.id) == expected(version, name), words and words.line
        assert (words is None) is (MADE[name] is None)
        if found and found.id == MADE[name] and name in NAMED:
            assert NAMED[name].lower() in found.cause.lower(), found.cause


@pytest.mark.parametrize(("version", "name"), [pair for pair in RECORDED if MADE[pair[1]]])
def test_it_is_named_while_the_worker_starts_again(version: str, name: str) -> None:
    """The start after it says nothing yet."""
    log = log_of(version, name)
    stamp = re.findall(r"(?m)^\[(\S+ \d\d:\d\d:\d\d)", log)[-1]
    now = (read_time(stamp) or 0.0) + 12
    log += str(Log(now=time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))).starts(brick_of(log)))
    found = fault_in(log, brick_of(log), now + 5)
    assert (found and found.id) == expected(version, name)
    assert last_words(log, brick_of(log), now + 500) is None, "a start that has run for so long is not explained by the one before it"


@pytest.mark.parametrize(("version", "name"), RECORDED)
def test_nothing_is_named_before_the_fault(version: str, name: str) -> None:
    """Each worker was started, became Active and copied; its log says nothing bad of that."""
    log = log_of(version, name)
    active = log.index("status=Active")
    for end in (active, log.index("\n", active), log.find("] E [", active)):
        before = log[: log.rfind("\n", 0, end) + 1] if end > 0 else ""
        assert last_words(before, brick_of(log)) is last_words(before) is None


def test_the_entries_exist() -> None:
    assert {*filter(None, MADE.values()), *LOST.values()} <= set(BY_ID)
