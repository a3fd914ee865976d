# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts that mount volumes: what they lack, and what glusterd says of them."""

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._plan import mountbroker
from ansible_collections.glusterops.georep.plugins.module_utils._plan.mountbroker import Account
from ansible_collections.glusterops.georep.tests.unit.recorded import VERSIONS, recorded


@pytest.mark.parametrize("version", VERSIONS)
def test_glusterd_of_each_version_tells_what_it_goes_by(version: str) -> None:
    """Neither question mounts anything; what glusterd said was recorded before and after it had read its file."""
    answers = {
        "unknown-account": 2, "known-account": 1, "known-volume": 2, "other-volume": 1,
    }  # fmt: skip
    for name, wanted in answers.items():
        answer = recorded(version, f"mountbroker-probe-{name}")
        assert mountbroker.read_errno(answer.out + answer.err) == wanted, (name, answer)
        assert answer.rc != 0
    assert mountbroker.read_errno("Connection failed") is None


def test_accounts_in_words() -> None:
    missing = Account("geo")
    assert missing.lacks() == ["account"]
    assert mountbroker.in_words(missing, "g", "/bin/sh") == [
        "the account geo does not exist: useradd --create-home --shell /bin/sh --groups g "
        "--password '*' --key PASS_MAX_DAYS=-1 --inactive -1 --expiredate '' geo"
    ]
    bare = Account("geo", True, "/home/geo", False, False, "/usr/sbin/nologin", False, False)
    assert bare.lacks() == ["home", "shell", "group"]
    told = "; ".join(mountbroker.in_words(bare, "g", "/bin/sh"))
    assert "install -d -m 0700 -o geo /home/geo" in told and "usermod --shell /bin/sh geo" in told and "--groups g geo" in told
    assert Account("geo", True, "/home/geo", True, True, "/bin/sh", True, True).lacks() == []


@pytest.mark.parametrize(("shell", "works"), [("/bin/bash", True), ("/usr/sbin/nologin", False), ("/bin/false", False), ("/x/gsyncd", True)])
def test_shells_by_their_names(shell: str, works: bool) -> None:
    assert mountbroker.is_shell(shell) is works


def test_root_needs_no_mapping() -> None:
    pairs = [("geo", "a"), ("root", "a"), ("geo", "b"), ("geo", "a"), ("other", "a")]
    assert mountbroker.by_account(pairs) == [
        {"secondary_user": "geo", "secondary_volumes": ["a", "b"]},
        {"secondary_user": "other", "secondary_volumes": ["a"]},
    ]


def test_what_is_to_be_done_elsewhere_is_told_as_commands() -> None:
    told = mountbroker.by_hand([("geo", ["a", "b"]), ("other", ["a"])], ["dr1", "dr2"])
    for words in (
        "dr1, dr2", "groupadd --system geogroup", "for account in geo other",
        "--groups geogroup --password '*' --key PASS_MAX_DAYS=-1 --inactive -1 --expiredate '' $account",
        "gluster-mountbroker setup /var/mountbroker-root geogroup",
        "gluster-mountbroker add a geo", "gluster-mountbroker add b geo", "gluster-mountbroker add a other", "systemctl restart glusterd",
    ):  # fmt: skip
        assert words in told


def test_what_stays_is_told_with_the_commands_that_remove_it() -> None:
    one = {"accounts": ["geo"], "options": {"mountbroker-root": "/var/m b", "geo-replication-log-group": "geogroup"}, "root": "/var/m b", "group": "geogroup"}
    two = {"accounts": ["geo", "other"], "options": {}, "root": None, "group": None}
    found = mountbroker.leftovers([{"item": "s1", "left": one}, {"item": "s2", "left": two}, {"item": "s3", "left": one}, {"item": "s4"}])
    assert found == [
        "the account geo on s1, s2, s3. If nothing else uses it, run there: userdel --remove geo",
        "the mountbroker options of glusterd (mountbroker-root /var/m b, geo-replication-log-group geogroup) on s1, s3. No account uses these "
        "options any more. To delete them, run on these nodes: sed -i '/^[[:space:]]*option[[:space:]]*mountbroker-root[[:space:]]/d; "
        "/^[[:space:]]*option[[:space:]]*geo-replication-log-group[[:space:]]/d' /etc/glusterfs/glusterd.vol; systemctl restart glusterd",
        "the folder /var/m b on s1, s3. After glusterd was restarted without the option mountbroker-root, run there: rm -r --one-file-system '/var/m b'",
        "the group geogroup on s1, s3. If nothing else uses it, run there: groupdel geogroup",
        "the account other on s2. If nothing else uses it, run there: userdel --remove other",
    ]
    assert not [word for line in found for word in ("VOLUME", "ACCOUNT") if word in line]
