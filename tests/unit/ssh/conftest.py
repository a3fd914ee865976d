# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests of the modules about trust."""

from __future__ import annotations

import os

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import authorized_keys, key_work
from ansible_collections.glusterops.georep.plugins.module_utils._model import ssh_options
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import account_files, accounts, sshd
from ansible_collections.glusterops.georep.tests.unit.ssh.trust_support import HOST


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A georep folder instead of the real one."""
    path = tmp_path / "geo-replication"
    path.mkdir()
    real = key_work.Context
    assert real._field_defaults["georep_dir"] == ssh_options.GEOREP_DIR
    monkeypatch.setattr(key_work, "Context", lambda *given, **more: real(*given, **{"georep_dir": str(path), **more}))
    return path


@pytest.fixture
def volume(folder):
    """A volume of this node's cluster, by which its record knows it again."""
    (folder.parent / "vols/projects").mkdir(parents=True)
    (folder.parent / "vols/projects/info").write_text("volume-id=11111111-2222-4333-8444-555555555555\n")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """This machine as a secondary node, with an account and a host key of the test's own."""
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "ssh_host_key.pub").write_text(HOST.line() + " root@here\n")
    account = account_files.Account("root", str(home), os.getuid(), os.getgid(), (f"{home}/.ssh/authorized_keys",))
    monkeypatch.setattr(sshd, "local_settings", lambda _run, _user, *_login: {"hostkey": [str(tmp_path / "ssh_host_key")]})
    monkeypatch.setattr(sshd, "CONFIG", str(tmp_path / "sshd_config"))
    monkeypatch.setattr(accounts, "local_account", lambda _user, _settings, _more=False: account)
    monkeypatch.setattr(authorized_keys, "read_node_uuid", lambda: "404c73f0-38c5-4c9f-aa0c-64317b3c9e01")
    return home / ".ssh" / "authorized_keys"
