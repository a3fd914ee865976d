# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of guides for GlusterFS 3, and of other roles: the error says what to write today."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import check_host, check_volume
from ansible_collections.glusterops.georep.plugins.module_utils._model.old_names import field_today, state_today
from ansible_collections.glusterops.georep.plugins.module_utils._model.option_table import BY_OLD_NAME
from ansible_collections.glusterops.georep.plugins.module_utils._model.options import check_config
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import read_declaration
from ansible_collections.glusterops.georep.tests.unit.cases import sessions_of


def refused(config: dict[str, t.Any]) -> str:
    with pytest.raises(InvalidInput) as caught:
        check_config(config)
    assert (caught.value.option or "").startswith("config.")
    return str(caught.value.as_result()["msg"])


def test_b26_old_names_of_options_in_a_declaration() -> None:
    (session,) = sessions_of("B26")
    for name, today in (("use-tarssh", "Write sync-method: tarssh."), ("timeout", "Write secondary-timeout: 120.")):
        with pytest.raises(InvalidInput) as caught:
            read_declaration([{**session, "config": {name: session["config"][name]}}])
        assert caught.value.option == f"geo_replication_sessions[0].config.{name}" and caught.value.remedy == today
    # What they say to write is taken.
    read_declaration([{**session, "config": {"sync-method": "tarssh", "secondary-timeout": 120}}])


@pytest.mark.parametrize(
    ("config", "today"),
    [
        ({"use_tarssh": "true"}, "sync-method: tarssh"),
        ({"use-tarssh": "No"}, "sync-method: rsync"),
        ({"USE-TARSSH": 1}, "sync-method: tarssh"),
        ({"use-tarssh": None}, "sync-method: tarssh (or rsync)"),
        ({"timeout": "30"}, "secondary-timeout: 30"),
        ({"timeout": None}, "secondary-timeout: null"),
        ({"ssh_command_tar": "ssh -oPort=2222 -i /k"}, "ssh-options-tar: -oPort=2222 -i /k"),
        ({"ssh-command": "ssh -oPasswordAuthentication=no -i /k"}, "options of ssh as ssh-options"),
        ({"rollover-time": 5}, "gluster volume set VOLUME changelog.rollover-time 5"),
        ({"changelog.rollover-time": 5}, "gluster volume set VOLUME changelog.rollover-time 5"),
        ({"volume_id": "0f"}, "Leave it out"),
        ({"session-owner": "0f"}, "gone since GlusterFS 4"),
        ({"isolated_slave": "s1"}, "Leave it out"),
        ({"socketdir": "/run"}, "Leave it out"),
        ({"gluster_log_file": "/var/log/x"}, "Leave it out"),
        ({"log_level": "critical"}, "ERROR"),
        ({"change-detector": "xtime"}, "xsync"),
        ({"Sync-Jobs": 3}, "sync-jobs"),
    ],
    ids=lambda value: "B26 " + next(iter(value)) if isinstance(value, dict) else "",
)
def test_b26_the_error_names_todays_option_and_value(config: dict[str, t.Any], today: str) -> None:
    assert today in refused(config)


def test_b26_names_with_master_and_slave_are_taken() -> None:
    settable = {old: option for old, option in BY_OLD_NAME.items() if option.settable and option.kind == "int"}
    assert settable
    for old, option in settable.items():
        assert check_config({old.replace("-", "_"): 7}) == {option.name: "7"}


FIELDS = ("primary_volume", "secondary_host", "secondary_volume", "secondary_directory", "secondary_user", "ssh_port", "state", "rpo", "config", "accept")


@pytest.mark.parametrize(
    ("name", "value", "today"),
    [
        ("master_volume", "a", "Write primary_volume."),
        ("mastervol", "a", "Write primary_volume."),
        ("slave-host", "a", "Write secondary_host."),
        ("slavevol", "a-dr", "Write secondary_volume."),
        ("slavevol", "dr1::a-dr", "Write secondary_host: dr1, secondary_volume: a-dr."),
        ("slave", "geo@dr1::a-dr", "Write secondary_host: dr1, secondary_volume: a-dr, secondary_user: geo."),
        ("secondary", "root@dr1::a-dr", "Write secondary_host: dr1, secondary_volume: a-dr."),
        ("slave", None, "Write secondary_host and secondary_volume."),
        ("georepuser", "geo", "Write secondary_user."),
        ("force", True, "accept: [secondary_not_empty]"),
        ("sshport", 22, "Write ssh_port."),
        ("secondary_volum", "x", "Write secondary_volume."),
        ("secondary-host", "x", "Write secondary_host."),
        ("Primary_Volume", "x", "Write primary_volume."),
        ("conifg", {}, "Write config."),
        ("zzz", 1, "The fields of a session are: primary_volume, secondary_host"),
    ],
)
def test_b26_fields_of_a_session(name: str, value: t.Any, today: str) -> None:
    assert today in field_today(name, value, FIELDS)


@pytest.mark.parametrize(
    ("word", "today"),
    [("running", "started"), ("Start", "started"), ("created", "present"), ("deleted", "absent"),
     ("stoped", "stopped"), (True, "started"), ("STARTED", "started")],
)
def test_b26_words_for_a_state(word: t.Any, today: str) -> None:
    assert state_today(word, ("present", "started", "stopped", "paused", "absent")) == f"Write {today}."
    assert "Write one of present, started" in state_today("x", ("present", "started", "stopped", "paused", "absent"))


def test_b26_host_and_volume_in_one() -> None:
    for check, value in ((check_volume, "dr1::projects-dr"), (check_host, "geo@dr1::projects-dr"), (check_host, "ssh://dr1::projects-dr")):
        with pytest.raises(InvalidInput) as caught:
            check("secondary", value)
        assert "secondary_host: dr1, secondary_volume: projects-dr" in (caught.value.remedy or "")
