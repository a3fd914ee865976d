# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes as gluster_georep_preflight_info tells of them, for everything that judges by its results."""

from __future__ import annotations

import copy
import textwrap
import typing as t

from ansible_collections.glusterops.georep.plugins.module_utils._faults import catalogue

#: A node without a fault, of either site.
HEALTHY: dict[str, t.Any] = {
    "glusterfs": "10.3",
    "glusterd": {"answers": True, "error": None, "down": [], "tls": False},
    "helper_dir": "/usr/lib/x86_64-linux-gnu/glusterfs",
    "python": {
        "version": "3.11.2",
        "executable": "/usr/bin/python3",
        "encoding": "utf-8",
        "gone": [],
        "broken": [],
        "loads_configuration": True,
        "load_error": None,
    },
    "rsync": {"version": "3.2.7", "delivers": True, "said": "", "admitted": True, "session_process": "sshd"},
    "openssh": {
        "client": "9.2p1", "server": "9.2p1", "sftp": "internal-sftp", "sftp_works": True, "settings_read": True
    },
    "tar": "tar (GNU tar) 1.34",
    "selinux": {"mode": "absent", "booleans": {}},
    "fuse": True,
    "gluster_for_accounts": None,
    "shared_storage": False,
    "clock_offset": 0.2,
    "clock": {"asked_at": 1000.0, "read_at": 1001.0},
    "programs": {name: f"/usr/bin/{name}" for name in ("ssh", "ssh-keygen", "unshare", "umount", "glusterfs")},
    "obstacles": {},
    "accounts": {},
    "libraries": {"lxml": True, "paramiko": True},
    "receiving": [],
    "node_uuid": None,
    "sessions": {},
    "site_defaults": {},
    "key_identities": [],
}  # fmt: skip

READFP = [{"file": "gsyncdconfig.py", "line": line, "name": "RawConfigParser.readfp"} for line in (99, 143, 184, 189)]
IS_ALIVE = [{"file": "resource.py", "line": 893, "name": "Thread.isAlive"}]
#: What a change of the facts makes of a healthy node, see facts().
OLD_PYTHON = {"python.version": "3.9.2", "python.gone": IS_ALIVE}
NEW_PYTHON = {
    "python.version": "3.13.5",
    "python.gone": READFP,
    "python.loads_configuration": False,
    "python.load_error": "AttributeError: 'RawConfigParser' object has no attribute 'readfp'",
}
#: Debian's next release, as gluster_georep_preflight_info saw it.
NEXT_PYTHON = {
    "python.version": "3.14.8",
    "python.gone": [*READFP, *({"file": "primary.py", "line": line, "name": "string.zfill"} for line in (634, 635, 635))],
    "python.loads_configuration": False,
    "python.load_error": "AttributeError: 'RawConfigParser' object has no attribute 'readfp'. Did you mean: 'read'?",
}
RSYNC_3_5 = {"rsync.version": "3.5.0", "rsync.delivers": False}
RSYNC_3_5_1 = {"rsync.version": "3.5.1", "rsync.delivers": False}
OPENSSH_10 = {"rsync.admitted": False, "rsync.session_process": "sshd-session"}

#: The few lines of gsyncd's sources that a remedy is about, as 9.2 has them.
CONFIG = textwrap.dedent(
    """\
    # 9.2 to 11.2: lines 99, 143, 184 and 189 use it
    class Gconf:
        def reset(self, name):
            cnf = RawConfigParser()
            with open(self.custom_conf_file) as f:
                cnf.readfp(f)

        def set(self, name, value):
            cnf = RawConfigParser()
            with open(self.custom_conf_file) as f:
                cnf.readfp(f)

        def _load(self):
            conf = RawConfigParser()
            with open(self.default_conf_file) as f:
                conf.readfp(f)
            if self.custom_conf_file is not None:
                with open(self.custom_conf_file) as f:
                    conf.readfp(f)
    """
)
RESOURCE = textwrap.dedent(
    """\
    # 9.2: line 893 uses it
    def wait(t, tlim):
        while True:
            if not t.isAlive():
                break
            if time.time() >= tlim:
                finalize(exval=1)
    """
)


def facts(changes: t.Mapping[str, t.Any] | None = None) -> dict[str, t.Any]:
    """The facts of a healthy node but for these: ``{"rsync.version": None}``."""
    made = copy.deepcopy(HEALTHY)
    for path, value in (changes or {}).items():
        *above, last = path.split(".")
        place = made
        for name in above:
            place = place[name]
        assert last in place or above in (["selinux", "booleans"], ["obstacles"], ["accounts"]), f"no fact is called {path}"
        place[last] = value
    return made


def looked(
    node: str,
    site: str = catalogue.SECONDARY,
    changes: t.Mapping[str, t.Any] | None = None,
    names: t.Mapping[str, t.Sequence[str]] | None = None,
) -> dict[str, t.Any]:
    """The module's result for a node."""
    found = facts(changes)
    if site == catalogue.PRIMARY:
        # Only a node that receives is made to try.
        found["rsync"].update(delivers=None, admitted=None, session_process=None)
    return {
        "node": node,
        "site": site,
        "facts": found,
        "faults": [finding.as_dict() for finding in catalogue.find(found, site)],
        "unexplained": catalogue.unexplained(found),
        "names": dict(names or {}),
        "ways": [],
        "ways_error": None,
    }


def way(node: str, key: str = "secret.pem", port: int = 22, user: str = "root") -> dict[str, t.Any]:
    """One way of a primary node that works, as far as anybody judges by it."""
    return {"host": node, "port": port, "user": user, "key": key, "ok": True}
