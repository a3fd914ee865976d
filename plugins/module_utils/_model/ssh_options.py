# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Logins to secondary nodes: their steps, and options of ssh with which host keys are verified against a file of our own."""

from __future__ import annotations

#: The steps of a login, in the order in which they can fail.
RESOLVE, CONNECT, HOST_KEY, KEY, COMMAND = "resolve", "connect", "host_key", "key", "forced_command"
#: Where glusterd keeps the keys of geo-replication.
GEOREP_DIR = "/var/lib/glusterd/geo-replication"
#: The collection's own file of host keys, if the user names no other.
KNOWN_HOSTS_FILE = GEOREP_DIR + "/known_hosts"


def strict_options(known_hosts_file: str) -> list[str]:
    """ssh options that check host keys against our own file only, and never write to it.

    CheckHostIP would make older clients (OpenSSH 8.4, Debian 11) add addresses to the file by themselves.
    """
    return [
        "-oStrictHostKeyChecking=yes",
        f"-oUserKnownHostsFile={known_hosts_file}",
        "-oGlobalKnownHostsFile=/dev/null",
        "-oCheckHostIP=no",
        "-oUpdateHostKeys=no",
    ]


def session_options(known_hosts_file: str, georep_dir: str = GEOREP_DIR) -> dict[str, str]:
    """gsyncd's SSH options with host keys verified strictly; all GlusterFS releases ship them with verification off."""
    return {
        option: " ".join(["-oPasswordAuthentication=no", *strict_options(known_hosts_file), "-i", f"{georep_dir}/{key}"])
        for option, key in (("ssh-options", "secret.pem"), ("ssh-options-tar", "tar_ssh.pem"))
    }
