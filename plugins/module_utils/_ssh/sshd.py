# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What sshd goes by for a login to an account: its settings, the files that it reads keys from, and the host keys that it shows.

Settings in Match blocks depend on the connection, so sshd is asked for the logins that are really made.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import ipaddress
import os
import re
import socket
import typing as t

from .._gluster import runner
from .._model import errors, key_lines

#: sshd insists on being called by its whole path.
SSHD = ("/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/lib/openssh/sshd")
CONFIG = "/etc/ssh/sshd_config"
#: sshd itself stops at this depth of Include.
DEPTH = 16

Settings = t.Mapping[str, t.Sequence[str]]


class Login(t.NamedTuple):
    """The connection of a login, as sshd sees it: the client's address, and the address and port that it connects to."""

    address: str
    local_address: str
    port: int


#: Where no login is known. What sshd says of it holds for others too, unless Match blocks depend on the connection.
LOCAL = Login("127.0.0.1", "127.0.0.1", 22)


class View(t.NamedTuple):
    """What sshd goes by for some logins.

    :ivar logins: empty: no login is known.
    :ivar doubt: the Match line because of which the settings may be others for the logins that are made; None: they are certain.
    """

    settings: Settings
    logins: tuple[Login, ...] = ()
    doubt: str | None = None


def sshd_settings_argv(user: str, sshd: str = SSHD[0], login: Login = LOCAL, host: str | None = None) -> list[str]:
    """:param host: the client's name, if sshd looks it up (UseDNS); without that sshd takes the address for it."""
    name = host or ("localhost" if login == LOCAL else login.address)
    return [sshd, "-T", "-C", f"user={user},host={name},addr={login.address},laddr={login.local_address},lport={login.port}"]


def read_sshd_settings(out: str) -> dict[str, list[str]]:
    """``sshd -T`` prints one lower-case keyword and its value a line; some keywords repeat."""
    settings: dict[str, list[str]] = {}
    for line in out.splitlines():
        name, _blank, value = line.strip().partition(" ")
        if name:
            settings.setdefault(name.lower(), []).append(value.strip())
    return settings


def key_files(settings: Settings, user: str, home: str, uid: int) -> tuple[str, ...]:
    """The paths of AuthorizedKeysFile with their tokens filled in; sshd's default when it is not known."""
    words = " ".join(settings.get("authorizedkeysfile", [])).split() or [".ssh/authorized_keys"]
    return _paths(words, user, home, uid)


def _paths(words: t.Iterable[str], user: str, home: str, uid: int) -> tuple[str, ...]:
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


# --- sshd_config itself: only what sshd -T does not tell -------------------------------------------------------------

_KEYWORD = re.compile(r"^\s*(\w+)(?:\s*=\s*|\s+)(.*?)\s*$")
_BY_CONNECTION = re.compile(r"(?:^|\s)(?:address|host|localaddress|localport|rdomain)(?=[\s=])", re.I)


def config_lines(path: str | None = None, depth: int = DEPTH) -> t.Iterator[tuple[str, str, str]]:
    """The lines of sshd_config and of the files that it includes: keyword in lower case, value, place. Files that cannot be read are left out."""
    path = path or CONFIG
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    for number, line in enumerate(lines, 1):
        found = _KEYWORD.match(line)
        if not found:
            continue
        keyword, value = found.group(1).lower(), found.group(2)
        yield keyword, value, f"{path} line {number}"
        if keyword == "include" and depth:
            for word in value.replace('"', "").split():
                for part in sorted(glob.glob(os.path.join(os.path.dirname(CONFIG), word))):
                    yield from config_lines(part, depth - 1)


def connection_match(lines: t.Iterable[tuple[str, str, str]]) -> str | None:
    """The first Match line that depends on the connection; None: only the account matters."""
    return next((f"{place}: Match {value}" for keyword, value, place in lines if keyword == "match" and _BY_CONNECTION.search(value)), None)


def named_key_files(lines: t.Iterable[tuple[str, str, str]], user: str, home: str, uid: int) -> tuple[str, ...]:
    """Every file in which some login of an account may find its keys, whatever Match block names it."""
    words = [word for keyword, value, _place in lines if keyword == "authorizedkeysfile" for word in value.replace('"', "").split()]
    return _paths(words, user, home, uid)


def uses_pam(lines: t.Iterable[tuple[str, str, str]]) -> bool | None:
    """UsePAM, of which the first line counts; None: sshd_config cannot be read."""
    found = None
    for keyword, value, _place in lines:
        if keyword == "usepam":
            return value.strip('"').lower() == "yes"
        found = False
    return found


# --- who may log in --------------------------------------------------------------------------------------------------


def fits(text: str, pattern: str) -> bool:
    """sshd's match_pattern: only ``*`` and ``?`` mean something."""
    expression = "".join({"*": ".*", "?": "."}.get(sign) or re.escape(sign) for sign in pattern)
    return re.fullmatch(expression, text, re.S) is not None


def fits_address(address: str | None, patterns: str, names: bool) -> bool | None:
    """sshd's match_host_and_ip for the part behind the ``@``: addresses, CIDR blocks and names, with ``!`` in front of what is left out.

    :param names: whether sshd looks names up (UseDNS).
    :returns: None: that cannot be known here.
    """
    if patterns == "*":
        return True
    if address is None:
        return None
    found: bool | None = False
    for part in patterns.split(","):
        denied, word = part.startswith("!"), part.lstrip("!").lower()
        fit = _fits_one(address.lower(), word, names)
        if fit and denied:
            return False
        if fit is None and not found:
            found = None
        if fit and not denied:
            found = True
    return found


def _fits_one(address: str, word: str, names: bool) -> bool | None:
    if fits(address, word):
        return True
    try:
        return ipaddress.ip_address(address.partition("%")[0]) in ipaddress.ip_network(word)
    except ValueError:
        # A name, or a pattern of one: sshd compares it with the client's name if it looks that up.
        return None if names and re.search(r"[g-z]", word) else False


def fits_user(user: str, pattern: str, address: str | None, names: bool) -> bool | None:
    """sshd's match_user: ``USER`` or ``USER@HOST``. None: that cannot be known here."""
    name, at, host = pattern.partition("@")
    if not fits(user, name):
        return False
    return fits_address(address, host, names) if at else True


def _refusals(settings: Settings, user: str, groups: t.Sequence[str] | None, address: str | None) -> list[str]:
    """What AllowUsers, DenyUsers, AllowGroups and DenyGroups say, in sshd's order."""
    names = (settings.get("usedns") or ["no"])[0].lower() == "yes"
    found = []
    denied = [word for word in _words(settings, "denyusers") if fits_user(user, word, address, names)]
    if denied:
        found.append(f"DenyUsers names {user}" + (f" ({denied[0]})." if denied[0] != user else "."))
    allowed = _words(settings, "allowusers")
    if allowed and not any(fits_user(user, word, address, names) is not False for word in allowed):
        found.append(f"AllowUsers is set ({' '.join(allowed)}) and does not name {user}.")
    if groups is None:
        return found
    bad = [group for group in groups for word in settings.get("denygroups", []) if fits(group, word)]
    if bad:
        found.append(f"DenyGroups names {bad[0]}, a group of {user}.")
    # A group's name may have blanks: sshd prints one a line.
    wanted = [word for word in settings.get("allowgroups", []) if word]
    if wanted and not any(fits(group, word) for group in groups for word in wanted):
        plain = next((word for word in wanted if not re.search(r"[*?\s]", word)), None)
        found.append(
            f"AllowGroups is set ({', '.join(wanted)}), and {user} is in none of these groups (it is in {', '.join(groups) or 'no group'})."
            + (f" Run: usermod --append --groups {plain} {user}" if plain else "")
        )
    return found


def _words(settings: Settings, name: str) -> list[str]:
    return " ".join(settings.get(name, [])).split()


def obstacles(settings: Settings, user: str, uid: int, groups: t.Sequence[str] | None = None, address: str | None = None) -> list[str]:
    """Settings of sshd that keep this account from logging in by key, in plain words.

    :param groups: the account's groups; None: not known.
    :param address: the client's; None: not known.
    """
    found: list[str] = []

    def value(name: str) -> str:
        return (settings.get(name) or [""])[0]

    if value("pubkeyauthentication").lower() == "no":
        found.append("sshd accepts no keys at all (PubkeyAuthentication no).")
    if uid == 0 and value("permitrootlogin").lower() == "no":
        found.append("PermitRootLogin is no: use 'prohibit-password' or 'forced-commands-only', or a secondary_user.")
    if value("forcecommand").lower() not in ("", "none"):
        found.append(f"ForceCommand is set ({value('forcecommand')}): sshd runs this command instead of gsyncd.")
    if value("refuseconnection").lower() == "yes":
        found.append("sshd refuses these connections (RefuseConnection yes).")
    methods = value("authenticationmethods")
    if methods and not any(words in ("any", "publickey") for words in methods.split()):
        found.append(
            f"AuthenticationMethods is {methods}: sshd wants more than the key. Let {user} log in by key alone from the primary nodes "
            "(a Match block with AuthenticationMethods publickey)."
        )
    return found + _refusals(settings, user, groups, address)


def obstacles_of(views: t.Sequence[View], user: str, uid: int, groups: t.Sequence[str] | None = None) -> list[str]:
    """The same for all logins that are made; what concerns only some of them names their addresses.

    Of a view in doubt nothing is said: its settings may be those of another login.
    """
    logins = [login for view in views for login in view.logins]
    found: dict[str, list[str]] = {}
    for view in views:
        for login in view.logins or (() if view.doubt else (None,)):
            for problem in obstacles(view.settings, user, uid, groups, login.address if login else None):
                found.setdefault(problem, []).append(login.address if login else "")
    return [
        problem if len(addresses) >= len(logins) else f"Logins from {', '.join(dict.fromkeys(addresses))}: {problem}"
        for problem, addresses in found.items()
    ]


def doubts_of(views: t.Sequence[View], user: str) -> list[str]:
    """What could not be found out, because nobody said which logins will be made."""
    return [
        f"sshd's settings for {user} depend on the connection ({view.doubt}). They were not checked, because the addresses of the primary nodes "
        "are not known here. To check them, give these addresses in the option logins."
        for view in views
        if view.doubt
    ]


# --- this node -------------------------------------------------------------------------------------------------------


def local_settings(run: runner.Run, user: str, login: Login = LOCAL) -> dict[str, list[str]]:
    """What sshd of this node goes by for a login to this account; empty when it does not tell."""
    sshd = next((path for path in SSHD if os.path.exists(path)), None)
    if sshd is None:
        return {}

    def ask(host: str | None) -> dict[str, list[str]]:
        try:
            rc, out, _err = run(sshd_settings_argv(user, sshd, login, host), timeout=20)
        except errors.GeorepError:
            return {}
        return read_sshd_settings(out) if rc == 0 else {}

    found = ask(None)
    name = client_name(login.address) if login != LOCAL and found.get("usedns") == ["yes"] else None
    return ask(name) if name else found


def local_views(run: runner.Run, user: str, logins: t.Sequence[Login] = ()) -> list[View]:
    """What sshd of this node goes by for these logins, asked once for each that may differ."""
    doubt = connection_match(config_lines())
    if not logins:
        return [View(local_settings(run, user), (), doubt)]
    if doubt is None:
        return [View(local_settings(run, user, logins[0]), tuple(logins))]
    views: list[View] = []
    for login in dict.fromkeys(logins):
        settings = local_settings(run, user, login)
        alike = next((number for number, view in enumerate(views) if view.settings == settings), None)
        if alike is None:
            views.append(View(settings, (login,)))
        else:
            views[alike] = views[alike]._replace(logins=(*views[alike].logins, login))
    return views


def client_name(address: str) -> str | None:
    """The name of an address, if that name has this address: what sshd takes with UseDNS."""
    try:
        name = socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0]
        back = {entry[4][0] for entry in socket.getaddrinfo(name, None)}
    except (OSError, UnicodeError):
        return None
    return name if address in back else None


def logins_here(given: t.Iterable[tuple[str, str | None, int]]) -> list[Login]:
    """The logins that end on this node, of a list for several nodes: client address, address that it connects to, port.

    Where only the client is known, it connects to the address from which this node would answer. An address that no node of the list
    has as its own is translated on the way, and then sshd may see another client, too: such a login is left out.
    """
    found = []
    for address, local, port in given:
        if local is None:
            local = local_address_to(address)
        elif not is_own(local):
            continue
        if local is not None:
            found.append(Login(address, local, port))
    return list(dict.fromkeys(found))


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def is_own(address: str) -> bool:
    """Whether this node has this address."""
    try:
        with socket.socket(_family(address), socket.SOCK_DGRAM) as probe:
            probe.bind(socket.getaddrinfo(address, 0, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[0][4])
    except OSError as exc:
        # What cannot be tried is not denied.
        return exc.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
    return True


def local_address_to(address: str) -> str | None:
    """The address of this node in connections with another one. No packet is sent; None: there is no route."""
    try:
        with socket.socket(_family(address), socket.SOCK_DGRAM) as probe:
            probe.connect(socket.getaddrinfo(address, 9, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[0][4])
            return str(probe.getsockname()[0])
    except OSError:
        return None


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
