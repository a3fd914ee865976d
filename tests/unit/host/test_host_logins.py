# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses that sshd sees of a login, with what ssh itself makes of its configuration."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._host.logins import logins_of
from ansible_collections.glusterops.georep.plugins.module_utils._model.destination import Destination
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import client

NODES = (Destination("127.0.0.1", "root", 2222, ("127.0.0.1",)), Destination("dr1", "geo", 22, ("dr1",)))
PLAIN = {"user": "root", "address": "127.0.0.1", "local_address": "127.0.0.1", "port": 2222}


class Ssh:
    """The real ssh, with a configuration file of its own."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.asked: list[str] = []

    def __call__(self, argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        self.asked.append(argv[-1])
        done = subprocess.run(["ssh", "-F", str(self.config), *argv[1:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ssh:
    made = Ssh(tmp_path / "config")
    made.config.write_text("")
    monkeypatch.setattr(client, "files", lambda: [(str(made.config), str(tmp_path))])
    return made


def test_ssh_is_not_asked_where_its_configuration_says_nothing_of_addresses(ssh: Ssh) -> None:
    ssh.config.write_text("Host other\n  HostName 127.0.0.9\nHost *\n  ServerAliveInterval 5\n")
    assert logins_of(NODES[:1], ssh) == [PLAIN]
    assert ssh.asked == []


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Host dr1\n  HostName 127.0.0.1\n", ("127.0.0.1", "127.0.0.1")),
        ("Host dr*\n  HostName 127.0.0.3\n  BindAddress 127.0.0.2\n", ("127.0.0.2", "127.0.0.3")),
        # Of a Match block only ssh knows whether it applies.
        ("Match user geo\n  HostName 127.0.0.1\nMatch user root\n  HostName 127.0.0.4\n", ("127.0.0.1", "127.0.0.1")),
        ("Host dr1\n  HostName 127.0.0.1\n  ProxyCommand none\n", ("127.0.0.1", "127.0.0.1")),
        # sshd sees the address of another machine, or of an interface.
        ("Host dr1\n  HostName 127.0.0.1\n  ProxyJump bastion\n", None),
        ("Host dr1\n  HostName 127.0.0.1\n  ProxyCommand nc %h %p\n", None),
        ("Host dr1\n  HostName 127.0.0.1\n  BindInterface lo\n", None),
        # An address that this node does not have.
        ("Host dr1\n  HostName 127.0.0.1\n  BindAddress 192.0.2.7\n", None),
        ("Host dr1\n  HostName 127.0.0.1\n  NoSuchKeyword yes\n", None),
    ],
)
def test_addresses_are_those_that_ssh_uses(ssh: Ssh, text: str, addresses: tuple[str, str] | None) -> None:
    """As sshd sees it: the address that the login comes from, and the one that it goes to."""
    ssh.config.write_text(text)
    found = [login for login in logins_of(NODES, ssh) if login["user"] == "geo"]
    assert found == ([{"user": "geo", "address": addresses[0], "local_address": addresses[1], "port": 22}] if addresses else [])
    assert "dr1" in ssh.asked
