# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The command lines of ssh: to test a key, to log in as gsyncd does, and to ask a secondary node for its version."""

from __future__ import annotations

import typing as t

from .._gluster import runner, version
from .._model import errors
from .._model.ssh_options import strict_options

#: What is sent. gsyncd's wrapper refuses the word ``echo`` without starting anything; tar's forced command drops
#: the first word and prints its version; a shell prints the second word. None of them does anything else.
REQUEST = "echo --version"


class Target(t.NamedTuple):
    host: str
    port: int
    user: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}" + ("" if self.port == 22 else f" port {self.port}")


def argv(
    target: Target, key_file: str, known_hosts_file: str, connect_timeout: int, request: str = REQUEST, *, level: str = "INFO", bare: bool = False
) -> list[str]:
    """A login that tests a key. :param level: ssh's LogLevel. :param bare: without the files of ssh_config."""
    return [
        "ssh",
        *(["-F", "none"] if bare else []),
        "-T",
        "-oBatchMode=yes",
        *strict_options(known_hosts_file),
        "-oIdentitiesOnly=yes",
        "-oIdentityAgent=none",
        "-oPreferredAuthentications=publickey",
        "-oControlPath=none",
        "-oClearAllForwardings=yes",
        f"-oLogLevel={level}",
        f"-oConnectTimeout={connect_timeout}",
        f"-p{target.port}",
        "-i",
        key_file,
        "-l",
        target.user,
        "--",
        target.host,
        request,
    ]


def gsyncd_argv(target: Target, key_file: str, known_hosts_file: str, connect_timeout: int, words: t.Sequence[str]) -> list[str]:
    """A login as gsyncd makes it. :param words: what else stands in the session's option ssh-options."""
    return [
        "ssh",
        "-oPasswordAuthentication=no",
        *strict_options(known_hosts_file),
        "-i",
        key_file,
        "-oBatchMode=yes",
        "-oControlPath=none",
        "-oLogLevel=DEBUG1",
        f"-oConnectTimeout={connect_timeout}",
        *words,
        "-p",
        str(target.port),
        f"{target.user}@{target.host}",
        REQUEST,
    ]


def read_secondary_version(run: runner.Run, target: Target, key_file: str, known_hosts_file: str, timeout: int = 10) -> str | None:
    """GlusterFS version of a secondary node, for example ``10.3``; None if the node does not tell it.

    glusterd does not tell its version to other clusters. gsyncd's forced command does: it runs ``gluster`` if nothing but
    options follows (geo-replication/src/gsyncd.c, invoke_gluster), for unprivileged accounts too.

    :param key_file: the private key that the workers use, secret.pem.
    """
    try:
        rc, out, _err = run(argv(target, key_file, known_hosts_file, timeout, "gluster --version"), timeout=timeout + 5)
    except (errors.CommandTimeout, errors.CommandMissing):
        return None
    return version.find_version(out) if rc == 0 else None
