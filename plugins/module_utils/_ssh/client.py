# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What ssh of this node goes by: the files of ssh_config, which gsyncd's ssh reads, too, and what of them concerns a login.

The files are only read. ssh itself is asked (``ssh -G``) where a login fails and they may be the cause.
"""

from __future__ import annotations

import glob
import os
import pwd
import re
import typing as t

from .._gluster import runner, store
from .._model import errors
from .._model.identity import spelled
from .._model.ssh_options import COMMAND, CONNECT, HOST_KEY, KEY, RESOLVE
from .._model.words import truth
from .command import Target
from .sshd import fits, read_sshd_settings

SYSTEM = "/etc/ssh/ssh_config"
#: ssh itself stops at this depth of Include.
DEPTH = 16

#: Settings that let a login succeed with another key than the one that is tested.
OFFERS = frozenset(("identityfile", "certificatefile", "pkcs11provider"))
#: Settings that a probe overrides, and gsyncd does not; each with the values that change nothing.
OVERRIDDEN = {
    "identityagent": ("none", "ssh_auth_sock", "$ssh_auth_sock", "${ssh_auth_sock}"),
    "preferredauthentications": ("publickey",),
    "requesttty": ("no", "auto", "yes"),
    "exitonforwardfailure": ("no",),
    "certificatefile": ("none",),
    "pkcs11provider": ("none",),
}
#: With what gsyncd's logins do not follow them.
ADVICE = {
    "identityagent": "IdentitiesOnly yes and IdentityAgent none",
    "preferredauthentications": "PreferredAuthentications publickey",
    "requesttty": "RequestTTY no",
    "exitonforwardfailure": "ExitOnForwardFailure no",
}
#: Settings that lead a connection somewhere else.
WAY = ("hostname", "proxycommand", "proxyjump", "canonicalizehostname")
#: By the step of a login, the settings that can make it fail.
CONCERNS: dict[str, tuple[str, ...]] = {
    RESOLVE: (*WAY, "addressfamily"),
    CONNECT: (*WAY, "addressfamily", "bindaddress", "bindinterface", "remotecommand", "sessiontype"),
    HOST_KEY: (*WAY, "hostkeyalias", "hostkeyalgorithms", "casignaturealgorithms", "knownhostscommand", "revokedhostkeys"),
    KEY: (
        *WAY, "pubkeyauthentication", "pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes", "requiredrsasize", "certificatefile", "pkcs11provider",
    ),
    COMMAND: (*WAY, "localcommand", "permitlocalcommand", "remotecommand", "sessiontype", "stdinnull"),
}  # fmt: skip
#: Where two nodes have none in common. Crypto policies set them on every node of some distributions.
ALGORITHMS = ("ciphers", "kexalgorithms", "macs", "hostkeyalgorithms")

#: Which address a login goes to, and which one it comes from.
DIALLING = ("addressfamily", "bindaddress", "bindinterface", "canonicalizehostname", "hostname", "proxycommand", "proxyjump")

_LINE = re.compile(r"^\s*(\w+)(?:\s*=\s*|\s+)(.*?)\s*$")
_OFFERED = re.compile(r"^debug1: (Offering public key|Server accepts key): (\S+)", re.M)
#: What ssh says of itself with LogLevel DEBUG1; without that level it does not say it.
_OWN = re.compile(r"^(?:debug\d: |Authenticated to \S+ \(|Authenticated using |Transferred: sent \d|Bytes per second: sent |OpenSSH_\d)")


class Setting(t.NamedTuple):
    """One line of ssh_config.

    :ivar name: as it is written there. :ivar place: its file and line.
    :ivar sure: False: it stands in a Match block, of which only ssh knows whether it applies.
    """

    name: str
    value: str
    place: str
    sure: bool = True

    @property
    def keyword(self) -> str:
        return self.name.lower()

    def __str__(self) -> str:
        return f"{self.name} {self.value} ({self.place})"


def files() -> list[tuple[str, str]]:
    """The files of ssh_config, and the folders from which their Include lines count, in the order in which ssh reads them."""
    home = pwd.getpwuid(os.geteuid()).pw_dir
    return [(f"{home}/.ssh/config", f"{home}/.ssh"), (SYSTEM, os.path.dirname(SYSTEM))]


def settings_for(host: str) -> list[Setting]:
    """The lines of ssh_config that apply to a host, or may. Files that cannot be read are left out."""
    return [setting for path, folder in files() for setting in _read(path, host, folder, True, DEPTH)]


def _read(path: str, host: str, folder: str, inherited: bool | None, depth: int) -> t.Iterator[Setting]:
    """:param inherited: whether the Include line of this file applies; None: only ssh knows."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    applies: bool | None = inherited
    for number, line in enumerate(lines, 1):
        found = _LINE.match(line)
        if not found:
            continue
        name, value = found.groups()
        keyword = name.lower()
        if keyword == "host":
            applies = inherited if _names(value, host) else False
        elif keyword == "match":
            applies = inherited if value.lower().split() in (["all"], ["final", "all"]) else None
        elif applies is False:
            continue
        elif keyword == "include":
            for word in value.replace('"', "").split() if depth else ():
                for part in sorted(glob.glob(os.path.join(folder, os.path.expanduser(word)))):
                    yield from _read(part, host, folder, applies, depth - 1)
        else:
            yield Setting(name, value.strip('"'), f"{path} line {number}", applies is True)


def _names(patterns: str, host: str) -> bool:
    """Whether a Host line names a host; ``!`` in front of a pattern leaves out what fits it."""
    words = patterns.replace('"', "").split()
    name = host.lower()
    if any(fits(name, word[1:].lower()) for word in words if word.startswith("!")):
        return False
    return any(fits(name, word.lower()) for word in words if not word.startswith("!"))


def offering(settings: t.Iterable[Setting]) -> list[Setting]:
    """Those that let ssh offer other keys than the one that it is given."""
    return [setting for setting in settings if setting.keyword in OFFERS and setting.value.lower() != "none"]


def overridden(settings: t.Iterable[Setting]) -> list[Setting]:
    """Those that do something to gsyncd's logins and nothing to a probe."""
    return [setting for setting in settings if setting.keyword in OVERRIDDEN and _word(setting.value) not in OVERRIDDEN[setting.keyword]]


def _word(value: str) -> str:
    """A value as the table above writes it: ssh takes true and false for yes and no."""
    means = truth(value)
    return value.lower() if means is None else "yes" if means else "no"


def concerning(settings: t.Iterable[Setting], step: str, algorithms: bool) -> list[Setting]:
    """Those that can make a step of a login fail."""
    names = CONCERNS.get(step, ()) + (ALGORITHMS if algorithms else ())
    return [setting for setting in settings if setting.keyword in names]


# --- what ssh says with LogLevel DEBUG1 --------------------------------------------------------------------------------


class Offer(t.NamedTuple):
    """The keys of a login by the names that ssh gives them: those that it offered, and those of them that the server accepted."""

    offered: tuple[str, ...]
    accepted: tuple[str, ...]

    def by(self, key_file: str) -> bool:
        """Whether the key in question was accepted, or its certificate."""
        return any(name in (key_file, f"{key_file}-cert", f"{key_file}-cert.pub") for name in self.accepted)


def read_offer(err: str) -> Offer:
    """What LogLevel DEBUG1 tells of it. Empty without that level."""
    before, _login, _after = err.partition("\nAuthenticated to ")
    found = [(what.startswith("Server"), name) for what, name in _OFFERED.findall(before)]
    return Offer(tuple(name for accepted, name in found if not accepted), tuple(name for accepted, name in found if accepted))


def plain(err: str) -> str:
    """What ssh would have said without LogLevel DEBUG1."""
    return "".join(line for line in err.splitlines(keepends=True) if not _OWN.match(line))


# --- what ssh goes by --------------------------------------------------------------------------------------------------


def effective(run: runner.Run, target: Target, bare: bool) -> dict[str, list[str]]:
    """What ``ssh -G`` says of a login; empty if it does not. :param bare: without the files of ssh_config."""
    argv = ["ssh", *(["-F", "none"] if bare else []), "-G", f"-p{target.port}", "-l", target.user, "--", target.host]
    try:
        rc, out, _err = run(argv, timeout=20)
    except errors.GeorepError:
        return {}
    return read_sshd_settings(out) if rc == 0 else {}


class Dialled(t.NamedTuple):
    """What ssh connects to instead of the host's name. :ivar bind: the address of this node that it uses; None: the one of the route."""

    host: str
    bind: str | None = None


def dialled(run: runner.Run, target: Target) -> Dialled | None:
    """Where a login goes; None: through a proxy or from a named interface, so nobody here knows which addresses sshd sees."""
    if not any(setting.keyword in DIALLING for setting in settings_for(target.host)):
        return Dialled(target.host)
    told = effective(run, target, bare=False)
    if not told or any(told.get(word, ["none"]) != ["none"] for word in ("bindinterface", "proxycommand", "proxyjump")):
        return None
    bind = told.get("bindaddress", ["none"])[0]
    return Dialled(told["hostname"][0], None if bind == "none" else bind)


def differences(run: runner.Run, target: Target, settings: t.Sequence[Setting], step: str, algorithms: bool) -> list[Setting]:
    """The settings of ssh_config that concern a step of a login and are in force."""
    real, bare = effective(run, target, False), effective(run, target, True)
    named = concerning(settings, step, algorithms)
    if not real or not bare:
        return [setting for setting in named if setting.sure]
    found: list[Setting] = []
    for keyword in dict.fromkeys(setting.keyword for setting in named):
        values = real.get(keyword, [])
        if values == bare.get(keyword, []):
            continue
        written = [setting for setting in named if setting.keyword == keyword]
        same = [setting for setting in written if setting.value.lower() in [value.lower() for value in values]]
        found += same if keyword in OFFERS and same else (same or written)[:1]
    return found


def session_words(key_file: str, host: str, option: str) -> list[str]:
    """What a session to this host that this node knows has of its own in ``ssh-options``, apart from the key."""
    glusterd_dir = os.path.dirname(os.path.dirname(key_file))
    try:
        found = [
            (store.read_own(entry.id, glusterd_dir) or {}).get(option, "")
            for entry in store.read_registered(glusterd_dir)
            if spelled(entry.url.host) == spelled(host)
        ]
    except errors.GeorepError:
        return []
    words = next((words.split() for words in found if words), [])
    return [word for number, word in enumerate(words) if word != "-i" and not (number and words[number - 1] == "-i")]
