# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A worker's last words, from real logs and from short ones."""

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.gsyncd_log import last_error

TRACE = """[2026-01-02 10:00:00.1] I [monitor(monitor):160:monitor] Monitor: starting gsyncd worker
[2026-01-02 10:00:01.2] E [syncdutils(worker /b):363:log_raise_exception] <top>: FAIL:
Traceback (most recent call last):
  File "/usr/libexec/glusterfs/python/syncdaemon/gsyncd.py", line 325, in main
    func(args)
AttributeError: 'Thread' object has no attribute 'isAlive'
[2026-01-02 10:00:02.3] I [monitor(monitor):228:monitor] Monitor: worker died in startup phase [{brick=/b}]
"""

SSH_FAILED = (
    "Popen: command returned error [{cmd=ssh -oPasswordAuthentication=no -p 22 secondary1 /usr/sbin/gluster --xml "
    "--remote-host=localhost volume info projects-dr}, {error=255}]"
)
# GlusterFS 10.3: gsyncd wants to log what ssh said, and fails at that.
TRIPPED = f"""[2026-11-22 08:38:17.742560] E [syncdutils(monitor):845:errlog] {SSH_FAILED}
[2026-11-22 08:38:17.742862] E [syncdutils(monitor):363:log_raise_exception] <top>: FAIL:
Traceback (most recent call last):
  File "/usr/lib/x86_64-linux-gnu/glusterfs/python/syncdaemon/syncdutils.py", line 853, in errlog
    ls = l.split('\\n')
TypeError: a bytes-like object is required, not 'str'
[2026-11-22 08:38:45.66877] I [subcmds(monitor-status):29:subcmd_monitor_status] <top>: Monitor Status Change [{{status=Stopped}}]
"""


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("", None),
        ("no log at all\n", None),
        ("[2026-01-02 10:00:00.1] I [x(y):1:z] Something: fine\n", None),
        ("[2026-01-02 10:00:00.1] W [x(y):1:z] Something: odd\n", None),
        (
            "[2026-01-02 10:00:00.1] E [x(y):1:z] Popen: bad [{error=255}]\n",
            "2026-01-02 10:00:00.1 Popen: bad [{error=255}]",
        ),
        ("[2026-01-02 10:00:00.1] C [x(y):1:z] Popen: worse\n", "2026-01-02 10:00:00.1 Popen: worse"),
        ("[1] E [a] first\n[2] E [a] second\n[3] I [a] after\n", "2 second"),
        ("[1] E [a] first\n[2] I [a] after\nplain line of nobody\n", "1 first"),
        (TRACE, "2026-01-02 10:00:01.2 <top>: FAIL: AttributeError: 'Thread' object has no attribute 'isAlive'"),
        (TRIPPED, f"2026-11-22 08:38:17.742560 {SSH_FAILED}"),
        # the tail of a file begins anywhere
        ("half a line] E [a] b\n[2] E [a] whole\n", "2 whole"),
    ],
)
def test_last_error(log: str, expected: str | None) -> None:
    assert last_error(log) == expected
