# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.glusterops.georep.plugins.module_utils._model import ssh_options

KNOWN = "/k/known_hosts"


def test_sessions_check_host_keys_strictly():
    common = (
        f"-oPasswordAuthentication=no -oStrictHostKeyChecking=yes -oUserKnownHostsFile={KNOWN} "
        "-oGlobalKnownHostsFile=/dev/null -oCheckHostIP=no -oUpdateHostKeys=no"
    )
    assert ssh_options.session_options(KNOWN, "/k") == {
        "ssh-options": f"{common} -i /k/secret.pem",
        "ssh-options-tar": f"{common} -i /k/tar_ssh.pem",
    }
