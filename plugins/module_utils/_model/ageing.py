# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Expiry of accounts and their passwords (shadow), as pam_unix and sshd judge it. It ends logins by key, too."""

from __future__ import annotations

import datetime
import typing as t

#: What useradd is told so that the site's login.defs and default/useradd do not make the account expire.
#: '*': no password works, and sshd does not treat the account as locked, as it may with '!'.
USERADD = ("--password", "*", "--key", "PASS_MAX_DAYS=-1", "--inactive", "-1", "--expiredate", "")
#: The same in a shell.
USERADD_BY_HAND = "--password '*' --key PASS_MAX_DAYS=-1 --inactive -1 --expiredate ''"


class Ageing(t.NamedTuple):
    """One line of shadow; days since 1970, None where a field is empty or negative."""

    password: str
    changed: int | None
    maximum: int | None
    inactive: int | None
    expires: int | None

    @property
    def password_expires(self) -> int | None:
        """The last day on which the password is good; None: it does not expire."""
        return None if not self.changed or self.maximum is None else self.changed + self.maximum


def date(day: int) -> str:
    return str(datetime.date(1970, 1, 1) + datetime.timedelta(days=min(day, 2932896)))


def read_shadow(text: str, user: str) -> Ageing | None:
    """The account's line; None: it has none, because it comes from a directory service for example."""
    for line in text.splitlines():
        fields = line.split(":")
        if fields[0] == user and len(fields) >= 8:
            numbers = [int(field) if field.isdigit() else None for field in fields]
            return Ageing(fields[1], numbers[2], numbers[4], numbers[6], numbers[7])
    return None


def obstacles(entry: Ageing | None, user: str, day: int, pam: bool | None) -> list[str]:
    """Why the account cannot log in by key today.

    :param day: today. :param pam: sshd's UsePAM; None: not known. Without PAM, sshd minds the account's own expiry and a lock alone.
    """
    if entry is None:
        return []
    forever = f"chage -M -1 -I -1 -E -1 {user}"
    # On the day itself some refuse the account, and some do not.
    if entry.expires is not None and day > entry.expires:
        return [f"The account {user} expired on {date(entry.expires)}. Run: {forever}"]
    if pam is False and entry.password.startswith("!"):
        return [f"The account {user} is locked, and sshd accepts no keys for it without PAM (UsePAM no). Run: usermod --password '*' {user}"]
    if not pam:
        return []
    if entry.changed == 0:
        return [f"The password of the account {user} must be changed at the next login (chage -d 0). Run: chage -d {date(day)} -M -1 -I -1 -E -1 {user}"]
    expired = entry.password_expires
    if expired is None or day <= expired:
        return []
    if entry.inactive is not None and day > expired + entry.inactive:
        return [f"The account {user} is inactive: its password expired on {date(expired)}, more than {entry.inactive} days ago. Run: {forever}"]
    return [f"The password of the account {user} expired on {date(expired)}. Run: {forever}"]


def outlook(entry: Ageing | None, user: str, day: int, pam: bool | None) -> list[str]:
    """When an account that can log in today will not be able to any more."""
    if entry is None:
        return []
    ends = [(f"The account {user}", entry.expires), (f"The password of the account {user}", entry.password_expires if pam else None)]
    return [
        f"{what} expires on {date(end)}. From then on, logins by key fail, too. To prevent this, run: chage -M -1 -I -1 -E -1 {user}"
        for what, end in ends
        # 9999 days and more are how "never" is written.
        if end is not None and day <= end < day + 9999
    ][:1]
