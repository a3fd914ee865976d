# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What sshd goes by for an account: its settings, the files that it reads keys from, and the host keys that it shows."""

from __future__ import annotations

import contextlib
import os
import re
import typing as t

from .._gluster import runner
from .._model import errors, key_lines

#: sshd insists on being called by its whole path.
SSHD = ("/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/lib/openssh/sshd")


def sshd_settings_argv(user: str, sshd: str = SSHD[0]) -> list[str]:
    return [sshd, "-T", "-C", f"user={user},host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22"]


def read_sshd_settings(out: str) -> dict[str, list[str]]:
    """``sshd -T`` prints one lower-case keyword and its value a line; some keywords repeat."""
    settings: dict[str, list[str]] = {}
    for line in out.splitlines():
        name, _blank, value = line.strip().partition(" ")
        if name:
            settings.setdefault(name.lower(), []).append(value.strip())
    return settings


def key_files(settings: t.Mapping[str, t.Sequence[str]], user: str, home: str, uid: int) -> tuple[str, ...]:
    """The paths of AuthorizedKeysFile with their tokens filled in; sshd's default when it is not known."""
    words = " ".join(settings.get("authorizedkeysfile", [])).split() or [".ssh/authorized_keys"]
    tokens = {"%h": home, "%u": user, "%U": str(uid), "%%": "%"}
    paths: list[str] = []
    for word in words:
        if word.lower() == "none":
            continue
        path = re.sub(r"%[huU%]", lambda match: tokens[match.group(0)], word)
        path = path if path.startswith("/") else f"{home.rstrip('/')}/{path}"
        if path not in paths:
            paths.append(path)
    return tuple(paths)


def obstacles(settings: t.Mapping[str, t.Sequence[str]], user: str, uid: int) -> list[str]:
    """Settings of sshd that keep this account from logging in by key, in plain words."""
    found: list[str] = []

    def value(name: str) -> str:
        return (settings.get(name) or [""])[0].lower()

    if value("pubkeyauthentication") == "no":
        found.append("sshd accepts no keys at all (PubkeyAuthentication no).")
    if uid == 0 and value("permitrootlogin") == "no":
        found.append("PermitRootLogin is no: use 'prohibit-password' or 'forced-commands-only', or a secondary_user.")
    if value("forcecommand") not in ("", "none"):
        found.append(f"ForceCommand is set ({value('forcecommand')}): sshd runs this command instead of gsyncd.")
    denied = " ".join(settings.get("denyusers", [])).split()
    if user in denied:
        found.append(f"DenyUsers names {user}.")
    allowed = " ".join(settings.get("allowusers", [])).split()
    if allowed and not any(re.search(r"[*?!@]", word) or word == user for word in allowed):
        found.append(f"AllowUsers is set and does not name {user}.")
    return found


def local_settings(run: runner.Run, user: str) -> dict[str, list[str]]:
    """What sshd of this node goes by for this account; empty when it does not tell."""
    sshd = next((path for path in SSHD if os.path.exists(path)), None)
    if sshd is None:
        return {}
    try:
        rc, out, _err = run(sshd_settings_argv(user, sshd), timeout=20)
    except errors.GeorepError:
        return {}
    return read_sshd_settings(out) if rc == 0 else {}


def host_keys(run: runner.Run, settings: t.Mapping[str, t.Sequence[str]]) -> list[key_lines.PublicKey]:
    """The public host keys that sshd of this node shows to its clients."""
    paths = [path for path in settings.get("hostkey", []) if path.startswith("/")]
    if not paths:
        folder = "/etc/ssh"
        with contextlib.suppress(OSError):
            names = sorted(os.listdir(folder))
            paths = [f"{folder}/{n[:-4]}" for n in names if re.match(r"^ssh_host_\w+_key\.pub\Z", n)]
    found: list[key_lines.PublicKey] = []
    for path in paths:
        key = None
        with contextlib.suppress(OSError):
            with open(path + ".pub", encoding="utf-8", errors="replace") as handle:
                key = key_lines.parse_public_key(handle.read())
        if key is None and os.path.exists(path):
            rc, out, _err = run(["ssh-keygen", "-y", "-f", path], timeout=20)
            key = key_lines.parse_public_key(out) if rc == 0 else None
        if key is not None and key.identity not in {one.identity for one in found}:
            found.append(key_lines.PublicKey(key.kind, key.blob))
    return found
