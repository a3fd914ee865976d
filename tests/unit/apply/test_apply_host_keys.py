# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of host keys: whose it is, before it is written."""

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply.host_keys import check_ours
from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.ssh_options import KNOWN_HOSTS_FILE

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBkq5ZbmiDd0cMEPT0fPlnoMBI+qlDYTVlGRAGB9UxuL"


@pytest.mark.parametrize(
    "text",
    [
        "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\n",
        f"{KEY} root@primary1\n",
        f'command="/usr/libexec/glusterfs/gsyncd" {KEY} root@primary1\n',
        "\x7fELF\x02\x01\x01\n",
        "secondary1 ssh-ed25519 AAAA\n",
    ],
    ids=["passwd", "authorized_keys", "forced command", "a program", "cut off"],
)
def test_a_file_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_ours("/etc/passwd", text)
    assert caught.value.option == "known_hosts_file" and caught.value.value == "/etc/passwd" and KNOWN_HOSTS_FILE in (caught.value.remedy or "")


@pytest.mark.parametrize(
    "text",
    [
        "", "\n\n", "# nothing yet\n", f"secondary1 {KEY}\n", f"[secondary1]:2222,192.0.2.1 {KEY}\r\n", f"@cert-authority *.example.com {KEY}\n",
        f"|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= {KEY}\n", f"half a line\nsecondary1 {KEY}\n",
    ],
)  # fmt: skip
def test_a_file_of_host_keys_is_ours_whatever_else_it_holds(text: str) -> None:
    check_ours(KNOWN_HOSTS_FILE, text)
