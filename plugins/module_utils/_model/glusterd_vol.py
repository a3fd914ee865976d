# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What glusterd.vol says of the mountbroker, which lets a plain account mount a volume, and how that text is changed.

Why the file is edited here and not by gluster-mountbroker: that one writes the file anew from the options it understood.
Lines that are no options are lost, an option with two words ends it with a traceback, comments and volumes change places,
and its exit code is 0 whatever happened. It also lets the group write below /var/lib/glusterd, which no session needs.
Here all other lines stay as they are, byte for byte. What came of it is read back with gluster's own reader.
"""

from __future__ import annotations

import json
import re
import typing as t

ROOT, GROUP, USER = "mountbroker-root", "geo-replication-log-group", "mountbroker-geo-replication."
#: What is written where neither the file nor the user says otherwise; the names of GlusterFS' own documentation.
DEFAULT_ROOT, DEFAULT_GROUP = "/var/mountbroker-root", "geogroup"
_OPTION = re.compile(r"(\s*option\s+)(\S+)(\s+)(.*?)(\s*)\Z", re.DOTALL)
_MANAGEMENT = re.compile(r"\s*volume\s+management\s*\Z")
_TYPE = re.compile(r"\s*type\s+mgmt/glusterd\s*\Z")
_END = re.compile(r"\s*end-volume\s*\Z")

Mapping = tuple[str, str]  #: an account and a volume that it may mount


class NotUnderstood(ValueError):
    """The text is not one that can be changed without fear."""


class Settings(t.NamedTuple):
    """The mountbroker's part of glusterd.vol."""

    root: str | None
    group: str | None
    users: dict[str, tuple[str, ...]]

    def __contains__(self, mapping: object) -> bool:
        return isinstance(mapping, tuple) and mapping[1] in self.users.get(mapping[0], ())

    def as_dict(self) -> dict[str, t.Any]:
        return {"root": self.root, "group": self.group, "users": {user: list(names) for user, names in self.users.items()}}


def _block(lines: t.Sequence[str]) -> range:
    """The places between ``volume management`` and its ``end-volume``."""
    starts = [place for place, line in enumerate(lines) if _MANAGEMENT.match(line)]
    if len(starts) != 1:
        raise NotUnderstood(f"it has {len(starts) or 'no'} lines 'volume management' instead of one")
    end = next((place for place in range(starts[0] + 1, len(lines)) if _END.match(lines[place])), None)
    if end is None:
        raise NotUnderstood("the line 'end-volume' is missing")
    inside = range(starts[0] + 1, end)
    if not any(_TYPE.match(lines[place]) for place in inside):
        raise NotUnderstood("the line 'type mgmt/glusterd' is missing")
    return inside


def _options(lines: t.Sequence[str]) -> dict[str, list[int]]:
    """The places of each option."""
    found: dict[str, list[int]] = {}
    for place in _block(lines):
        option = _OPTION.match(lines[place])
        if option:
            found.setdefault(option[2], []).append(place)
    return found


def _value(line: str) -> str:
    option = _OPTION.match(line)
    return option[4].strip('"') if option else ""


def _volumes(line: str) -> tuple[tuple[str, ...], str]:
    """``one,two`` or ``one,two:account`` of a line, and what follows the volumes."""
    names, colon, account = _value(line).partition(":")
    return tuple(name for name in names.split(",") if name), colon + account


def read(text: str) -> Settings:
    """What glusterd would make of this text the next time it starts.

    :raises NotUnderstood: it is not a glusterd.vol.
    """
    lines = text.splitlines(keepends=True)
    options = _options(lines)

    def last(name: str) -> str | None:
        # Of an option that is there twice glusterd takes the last.
        return _value(lines[options[name][-1]]) if name in options else None

    users = {name[len(USER) :]: _volumes(lines[places[-1]])[0] for name, places in options.items() if name.startswith(USER)}
    return Settings(last(ROOT), last(GROUP), users)


def edit(
    text: str,
    *,
    root: str | None = None,
    group: str | None = None,
    add: t.Iterable[Mapping] = (),
    remove: t.Iterable[Mapping] = (),
) -> str:
    """The text with these settings; the same text where it has them.

    :param root: None leaves it as it is, and so does ``group``.
    :raises NotUnderstood: nothing should be changed in it by a program.
    """
    lines = text.splitlines(keepends=True)
    for name, value in ((ROOT, root), (GROUP, group)):
        if value is not None:
            lines = _set(lines, name, value)
    for account, volume in add:
        lines = _change(lines, account, volume, True)
    for account, volume in remove:
        lines = _change(lines, account, volume, False)
    return "".join(lines)


def _set(lines: list[str], name: str, value: str) -> list[str]:
    places = _options(lines).get(name)
    if places:
        option = t.cast("re.Match[str]", _OPTION.match(lines[places[-1]]))
        if option[4].strip('"') == value:
            return lines
        changed = f"{option[1]}{name}{option[3]}{value}{option[5]}"
        return [changed if place == places[-1] else line for place, line in enumerate(lines)]
    inside = _block(lines)
    options = [line for place, line in enumerate(lines) if place in inside and _OPTION.match(line)]
    indent = options[-1][: len(options[-1]) - len(options[-1].lstrip())] if options else "    "
    ending = "\r\n" if lines[inside.start - 1].endswith("\r\n") else "\n"
    return [*lines[: inside.stop], f"{indent}option {name} {value}{ending}", *lines[inside.stop :]]


def _change(lines: list[str], account: str, volume: str, wanted: bool) -> list[str]:
    name = USER + account
    places = _options(lines).get(name, [])
    for place in places:
        other = _volumes(lines[place])[1]
        if other not in ("", f":{account}"):
            raise NotUnderstood(f"'option {name}' allows the account {other[1:]} to mount, not {account}")
    if wanted and not places:
        return _set(lines, name, volume)
    changed: list[str] = []
    for place, line in enumerate(lines):
        names, other = _volumes(line) if place in places else ((), "")
        if wanted and place == places[-1] and volume not in names:
            line = _with_value(line, ",".join([*names, volume]) + other)
        elif not wanted and volume in names:
            rest = [known for known in names if known != volume]
            if not rest:
                continue
            line = _with_value(line, ",".join(rest) + other)
        changed.append(line)
    return changed


def _with_value(line: str, value: str) -> str:
    option = t.cast("re.Match[str]", _OPTION.match(line))
    return f"{option[1]}{option[2]}{option[3]}{value}{option[5]}"


def read_node_status(out: str) -> Settings:
    """The answer of ``peer_mountbroker.py node-status``, the reader behind ``gluster-mountbroker status``.

    :raises NotUnderstood: it ended with a traceback, or says that it could not do it.
    """
    try:
        told = json.loads(out)
        if not told["ok"]:
            raise NotUnderstood(str(told.get("error")))
        output = told["output"]
        root = output["mountbroker-root"]
        return Settings(
            None if root == "None" else root,
            output["geo-replication-log-group"] or None,
            {user: tuple(volume for volume in volumes if volume) for user, volumes in output["users"].items()},
        )
    except (ValueError, KeyError, TypeError) as exc:
        raise exc if isinstance(exc, NotUnderstood) else NotUnderstood(f"no answer that can be read: {out.strip()[:200]!r}") from exc


def agree(one: Settings, other: Settings) -> bool:
    """Whether two readings are the same; the order of volumes means nothing, and gluster's reader shuffles it."""

    def sets(settings: Settings) -> dict[str, set[str]]:
        return {user: set(volumes) for user, volumes in settings.users.items() if volumes}

    return one[:2] == other[:2] and sets(one) == sets(other)
