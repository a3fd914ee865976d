# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What keeps an account from logging in by key, in the same words on this node and at the other end of a setup login."""

from __future__ import annotations

import contextlib
import typing as t

from .._model import ageing, errors
from .._plan import mountbroker
from .._ssh import account_files, accounts, keys, sshd


class Entry(t.NamedTuple):
    """What a node knows of an account.

    :ivar groups: None: not known. :ivar shell: empty: not known. :ivar runs: whether the shell is a program there.
    :ivar expiry: why the account has expired, in sentences.
    """

    groups: t.Optional[t.List[str]]
    shell: str
    runs: bool
    expiry: t.List[str]


def pam_of(views: t.Sequence[sshd.View]) -> bool | None:
    """Whether sshd uses PAM; None: not known."""
    found = views[0].settings.get("usepam")
    return None if not found else found[0].lower() == "yes"


def told(files: account_files.Files, account: account_files.Account, views: t.Sequence[sshd.View], entry: Entry) -> list[str]:
    """Each obstacle with what to do."""
    user, shell = account.user, entry.shell
    found = sshd.obstacles_of(views, user, account.uid, entry.groups) + entry.expiry
    if shell and not entry.runs:
        found.append(f"The shell {shell} of {user} does not exist or cannot be run, so sshd refuses the account. Run: usermod --shell /bin/sh {user}")
    elif shell and not mountbroker.is_shell(shell):
        found.append(f"The shell {shell} of {user} runs no commands, and gsyncd is one. Run: usermod --shell /bin/sh {user}")
    if any(view.doubt for view in views):
        return found  # which files sshd reads is not known
    if any(view.settings.get("strictmodes", ["yes"])[0] != "no" for view in views):
        found += accounts.home_obstacles(files, account)
    return found + accounts.reading_obstacles(files, account)


def over_login(login: t.Any, user: str) -> list[str]:
    """The obstacles of an account at the other end of a setup login. Only root is told all of it there."""
    account = login.account(user)
    files = login.files
    view = login.view(user)
    return told(files, account, [view], _entry(files, account, pam_of([view])))


def _entry(files: account_files.Files, account: account_files.Account, pam: bool | None) -> Entry:
    # Both know accounts of directory services, too.
    groups = files.said(["id", "-nGz", account.user])
    fields = (files.said(["getent", "passwd", account.user]) or "").strip().split(":")
    shell = (fields[6] or "/bin/sh") if len(fields) == 7 else ""
    shadow = None
    with contextlib.suppress(OSError, errors.PreconditionFailed):
        shadow = ageing.read_shadow(keys.decode(files.read(accounts.SHADOW) or b""), account.user)
    there = next((path for path in accounts.nologin_files(account.uid, pam) if files.lstat(path) is not None), None)
    return Entry(
        [name for name in groups.split("\0") if name] if groups else None,
        shell,
        bool(shell and files.programs([shell])),
        accounts.expiry_obstacles(shadow, there, account.user, pam),
    )
