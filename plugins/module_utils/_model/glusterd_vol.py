# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What glusterd.vol says of the mountbroker, which lets a plain account mount a volume, and how that text is changed.

It is read as glusterd reads it (libglusterfs/src/graph.l and graph.y, the same from GlusterFS 9 to 11): words between blanks and line ends,
text in quotes, comments from a ``#`` at the beginning of a word to the end of the line. A file that glusterd could not start with is refused.

Why the file is edited here and not by gluster-mountbroker: that one writes the file anew from the options it understood.
Lines that are no options are lost, an option with two words ends it with a traceback, comments and volumes change places,
and its exit code is 0 whatever happened. It also lets the group write below /var/lib/glusterd, which no session needs.
Here all other bytes stay as they are. What came of it is read back with gluster's own reader.
"""

from __future__ import annotations

import json
import re
import typing as t

ROOT, GROUP, USER = "mountbroker-root", "geo-replication-log-group", "mountbroker-geo-replication."
#: What is written where neither the file nor the user says otherwise; the names of GlusterFS' own documentation.
DEFAULT_ROOT, DEFAULT_GROUP = "/var/mountbroker-root", "geogroup"
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


# --- as glusterd reads it --------------------------------------------------------------------------------------------

#: A comment is as long as a word that begins there, or longer, and comes first in graph.l.
_TOKEN = re.compile(r'(?P<blank>[ \t\r\n]+|#[^\n]*|\\)|"(?P<text>(?:[^"\\]|\\[\s\S])*)"|(?P<word>[^ \t\r\n"\\]+)|(?P<open>")')
_VOLUME, _TYPE, _OPTION, _SUBVOLUMES, _END = "volume", "type", "option", "subvolumes", "end-volume"
_KEYWORDS = {word: word for word in (_VOLUME, _TYPE, _OPTION, _SUBVOLUMES, _END)}
_KEYWORDS["subvolumeS"] = _SUBVOLUMES
_MANAGEMENT, _GLUSTERD = "management", "mgmt/glusterd"


class Token(t.NamedTuple):
    """A word of the file, and where it stands."""

    start: int
    end: int
    value: t.Optional[str]  #: without quotes; None: empty quotes, of which glusterd makes nothing
    keyword: t.Optional[str]


class Option(t.NamedTuple):
    """``option NAME VALUE``: its three words."""

    word: Token
    name: Token
    value: Token


class Block(t.NamedTuple):
    """``volume NAME`` to ``end-volume``."""

    name: t.Optional[str]
    type: t.Optional[str]
    options: list[Option]
    end: Token


def _where(text: str, place: int) -> str:
    return f"line {text.count(chr(10), 0, place) + 1}"


def _tokens(text: str) -> list[Token]:
    """:raises NotUnderstood: glusterd runs a command to read the text, or does not find its end."""
    tick = re.search(r"(?<!\\)`", text)
    if tick:
        raise NotUnderstood(f"{_where(text, tick.start())} has a backtick, and glusterd runs what stands between backticks as a command")
    found = []
    for part in _TOKEN.finditer(text):
        if part["open"]:
            raise NotUnderstood(f"the quotes of {_where(text, part.start())} are not closed")
        if part["text"] is not None:
            # A line end in quotes is dropped, and so is a backslash before it.
            value = re.sub(r"\\?\n|\\([\s\S])", lambda sign: sign[1] or "", part["text"])
            found.append(Token(part.start(), part.end(), value or None, None))
        elif part["word"]:
            found.append(Token(part.start(), part.end(), part["word"], _KEYWORDS.get(part["word"])))
    return found


class _Reader:
    """The grammar of graph.y, one token after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0

    def blocks(self) -> list[Block]:
        found = []
        while self._next < len(self._tokens):
            found.append(self._block())
        return found

    def _block(self) -> Block:
        self._keyword(_VOLUME)
        name = self._word()
        # glusterd ends at an option that comes before the type.
        self._keyword(_TYPE)
        kind = self._word()
        options: list[Option] = []
        subvolumes = False
        while True:
            token = self._keyword(_END, _OPTION, *(() if subvolumes else (_SUBVOLUMES,)))
            if token.keyword == _END:
                return Block(name.value, kind.value, options, token)
            if token.keyword == _OPTION:
                options.append(Option(token, self._word(), self._word()))
            else:
                subvolumes = True
                self._word()
                while self._at_word():
                    self._word()

    def _at_word(self) -> bool:
        return self._next < len(self._tokens) and self._tokens[self._next].keyword is None

    def _word(self) -> Token:
        if not self._at_word():
            raise self._error("a word")
        self._next += 1
        return self._tokens[self._next - 1]

    def _keyword(self, *wanted: str) -> Token:
        token = self._tokens[self._next] if self._next < len(self._tokens) else None
        if token is None or token.keyword not in wanted:
            raise self._error(" or ".join(f"'{word}'" for word in wanted))
        self._next += 1
        return token

    def _error(self, wanted: str) -> NotUnderstood:
        if self._next >= len(self._tokens):
            return NotUnderstood(f"the line '{_END}' is missing")
        token = self._tokens[self._next]
        said = self._text[token.start : token.end]
        return NotUnderstood(f"glusterd does not start with this file: {_where(self._text, token.start)} has {said} in place of {wanted}")


def _management(text: str) -> Block:
    """The block with glusterd's own options.

    :raises NotUnderstood: it is not a glusterd.vol, or glusterd does not start with it.
    """
    found = [block for block in _Reader(text).blocks() if block.name == _MANAGEMENT]
    if len(found) != 1:
        raise NotUnderstood(f"this file has {len(found) or 'no'} lines 'volume management' instead of one")
    if found[0].type != _GLUSTERD:
        raise NotUnderstood(f"the line 'type {_GLUSTERD}' is missing")
    return found[0]


def _options(block: Block) -> dict[str, list[Option]]:
    """By name. Of an option that is there twice glusterd takes the last, and none without a value."""
    found: dict[str, list[Option]] = {}
    for option in block.options:
        if option.name.value is not None and option.value.value is not None:
            found.setdefault(option.name.value, []).append(option)
    return found


def _volumes(option: Option) -> tuple[tuple[str, ...], str]:
    """``one,two`` or ``one,two:account`` of an option, and what follows the volumes."""
    names, colon, account = (option.value.value or "").partition(":")
    return tuple(name for name in names.split(",") if name), colon + account


def read(text: str) -> Settings:
    """What glusterd would make of this text the next time it starts.

    :raises NotUnderstood: it is not a glusterd.vol.
    """
    options = _options(_management(text))

    def last(name: str) -> str | None:
        return options[name][-1].value.value if name in options else None

    users = {name[len(USER) :]: _volumes(found[-1])[0] for name, found in options.items() if name.startswith(USER)}
    return Settings(last(ROOT), last(GROUP), users)


# --- changed ---------------------------------------------------------------------------------------------------------


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
    for name, value in ((ROOT, root), (GROUP, group)):
        if value is not None:
            text = _set(text, name, value)
    for account, volume in add:
        text = _add(text, account, volume)
    for account, volume in remove:
        text = _remove(text, account, volume)
    return text


def _written(value: str) -> str:
    """A value as a word of the file, in quotes where it needs them."""
    if re.fullmatch(r'[^ \t\r\n"\\#`][^ \t\r\n"\\`]*', value) and value not in _KEYWORDS:
        return value
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def _with_value(text: str, option: Option, value: str) -> str:
    return text[: option.value.start] + _written(value) + text[option.value.end :]


def _set(text: str, name: str, value: str) -> str:
    block = _management(text)
    found = _options(block).get(name)
    if found:
        return text if found[-1].value.value == value else _with_value(text, found[-1], value)
    line = text.rfind("\n", 0, block.end.start) + 1
    indents = [text[text.rfind("\n", 0, option.word.start) + 1 : option.word.start] for option in block.options]
    indent = next((one for one in reversed(indents) if not one.strip()), "    ")
    ending = "\r\n" if "\r\n" in text[: block.end.start] else "\n"
    added = f"{indent}option {name} {_written(value)}{ending}"
    if text[line : block.end.start].strip():
        # Something else stands in the line of end-volume.
        line, added = block.end.start, f"{ending}{added}"
    return text[:line] + added + text[line:]


def _of(text: str, account: str) -> list[Option]:
    """The options that let an account mount.

    :raises NotUnderstood: another account is meant.
    """
    found = _options(_management(text)).get(USER + account, [])
    for option in found:
        other = _volumes(option)[1]
        if other not in ("", f":{account}"):
            raise NotUnderstood(f"'option {USER}{account}' allows the account {other[1:]} to mount, not {account}")
    return found


def _add(text: str, account: str, volume: str) -> str:
    found = _of(text, account)
    if not found:
        return _set(text, USER + account, volume)
    names, other = _volumes(found[-1])
    return text if volume in names else _with_value(text, found[-1], ",".join([*names, volume]) + other)


def _remove(text: str, account: str, volume: str) -> str:
    """From every line that has it: glusterd takes the last, and without that the one before comes back to life."""
    for option in reversed(_of(text, account)):
        names, other = _volumes(option)
        if volume in names:
            rest = [known for known in names if known != volume]
            text = _with_value(text, option, ",".join(rest) + other) if rest else _without(text, option)
    return text


def _without(text: str, option: Option) -> str:
    """The text without an option; its line goes too, if nothing else is in it."""
    start, end = option.word.start, option.value.end
    line = text.rfind("\n", 0, start) + 1
    after = re.compile(r"[ \t\r]*(\n|\Z)").match(text, end)
    if after and not text[line:start].strip():
        return text[:line] + text[after.end() :]
    return text[:start] + text[end:].lstrip(" \t")


# --- gluster's own reader --------------------------------------------------------------------------------------------


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
        raise exc if isinstance(exc, NotUnderstood) else NotUnderstood(f"its answer cannot be read: {out.strip()[:200]!r}") from exc


def by_lines(text: str) -> Settings | None:
    """What that reader makes of a text: it takes lines apart, and knows neither quotes nor comments behind an option. None: it ends with a traceback."""
    options: dict[str, str] = {}
    for line in text.split("\n"):
        if line.strip().startswith("option "):
            words = line.split()[1:]
            if len(words) != 2:
                return None
            options[words[0]] = words[1]
    users = {name.rsplit(".", 1)[-1]: tuple(value.split(",")) for name, value in options.items() if name.startswith(USER)}
    return Settings(options.get(ROOT), options.get(GROUP), users)


def agree(one: Settings, other: Settings) -> bool:
    """Whether two readings are the same; the order of volumes means nothing, and gluster's reader shuffles it."""

    def sets(settings: Settings) -> dict[str, set[str]]:
        return {user: set(volumes) for user, volumes in settings.users.items() if volumes}

    return one[:2] == other[:2] and sets(one) == sets(other)
