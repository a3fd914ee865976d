# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A worker's last words, from real logs and from short ones."""

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._georep.health import last_error

TRACE = """[2026-01-02 10:00:00.1] I [monitor(monitor):160:monitor] Monitor: starting gsyncd worker
[2026-01-02 10:00:01.2] E [syncdutils(worker /b):363:log_raise_exception] <top>: FAIL:
Traceback (most recent call last):
  File "/usr/libexec/glusterfs/python/syncdaemon/gsyncd.py", line 325, in main
    func(args)
AttributeError: 'Thread' object has no attribute 'isAlive'
[2026-01-02 10:00:02.3] I [monitor(monitor):228:monitor] Monitor: worker died in startup phase [{brick=/b}]
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
        # the tail of a file begins anywhere
        ("half a line] E [a] b\n[2] E [a] whole\n", "2 whole"),
    ],
)
def test_last_error(log: str, expected: str | None) -> None:
    assert last_error(log) == expected
