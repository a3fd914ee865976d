# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""A gsyncd.log as gsyncd writes it: ``[time] LEVEL [module(worker BRICK):line:function] tag: text``, tracebacks following as plain lines.

The monitor of a session starts a worker for each brick, waits for it, and says how it ended. The last words of a worker are what it and the
monitor say since that worker's last start: a command that failed with its output, an exception with the call on the secondary that raised
it, the monitor's own line. What an earlier start said explains nothing.

Pure: the standard library only.
"""

from __future__ import annotations

import math
import re
import typing as t

from .progress import read_time

#: Between two records of one failure, in seconds. gsyncd waits for a mount for two, and retries an operation of it as long.
SAME_FAILURE = 10.0
#: A start that says nothing yet is undecided for so long: the monitor waits a minute for a worker.
UNDECIDED = 90.0
#: The monitor starts a worker anew after ten seconds, once it has tried to connect to every secondary node.
STARTED_ANEW = 300.0
#: Of one failure, this many of its last records are kept, and shown.
_KEPT, _SHOWN = 40, 3
#: All that is kept of one failure, in characters.
_TEXT = 20000
#: Of a traceback, this many of its last lines are kept; of a line, its beginning and its end.
_TRACEBACK, _LONGEST = 60, 4000

_LINE = re.compile(r"^\[(?P<time>[^\]]+)\] (?P<level>[A-Z]) \[(?P<where>.*?)\] (?P<text>.*)$")
#: Up to 4 the label of a worker is its path alone; up to 7 a worker had an agent.
_LABEL = re.compile(r"\((?:(?P<role>monitor)|(?:worker |agent )?(?P<brick>/.*)|(?P<other>[^)]*))\)(?::|$)")
#: What gluster runs beside the monitor: it has the same log, and ends no worker.
_COMMANDS = ("config-", "status", "monitor-status", "delete", "voluuidget", "verify-spawning", "upgrade")
_BRICK = re.compile(r"\bbrick=(?P<brick>[^}\t]*)")
_STARTING = re.compile(r"\bstarting gsyncd worker\b")
#: The monitor's words on a worker that ended, and on one that it ends.
_ENDED = re.compile(r"\bworker(?:\((?P<brick>[^)]*)\))? died (?:before establishing|in startup)")
_UNCONFIRMED = re.compile(r"\b[Ww]orker(?:\((?P<brick>[^)]*)\))? not confirmed ")
_WELL = re.compile(r"Worker Status Change\s+\[?\{?status=(?:Active|Passive)\b")
#: How far a worker has come.
_STEPS = re.compile(
    r"Initializing SSH connection|SSH connection between \w+ and \w+ established|Mount(?:ing|ed) gluster volume|Worker spawn successful"
    r"|Register time|starting (?:history|hybrid) crawl"
)

_COMMAND = re.compile(r"^Popen: command (?:returned error\b|\".*\" returned with \d)")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_CALL = re.compile(r'  File "(?:[^"]*/)?([^"/]+)", line \d+, in (\S+)')
_OUTPUT = re.compile(r"^Popen: (?P<said>\S+> ?.*)$")
#: gsyncd trips over its own report of a command that failed (glusterfs#4439); the report's first line stands before.
TRIPPED = (
    "TypeError: a bytes-like object is required, not 'str'",
    'TypeError: can only concatenate str (not "bytes") to str',
    "TypeError: must be str or None, not bytes",
)
#: Records and lines of a program's output that do no harm and explain nothing.
_HARMLESS = re.compile(
    r"failed to get the xattr value"
    r"|stale mount possibly left behind"
    r"|RENAME ignored: "
    r"|^\S+> ?(?:\s*$"
    r"|Warning: Permanently added "
    r"|\*\* (?:WARNING: connection is not using a post-quantum|This session may be vulnerable|The server may need to be upgraded)"
    r"|ControlSocket \S+ already exists, disabling multiplexing"
    r"|mux_client_(?:request_session|hello_exchange)\b"
    r"|Killed by signal \d+\.?$"
    r"|Pseudo-terminal will not be allocated"
    r"|(?:Control socket connect|Shared connection to |Connection to \S+ closed\.$|X11 forwarding request failed)"
    r"|(?:stty|mesg|tput): |Could not chdir to home directory"
    r"|\S*: warning: setlocale: |.*\bcannot change locale\b"
    r"|.*\bfailed to (?:open|create) logfile .*\bcli\.log)"
)
#: What only follows from another record, or advises on it: told if nothing else is.
_FOLLOWS = re.compile(
    r"connection to peer is broken|most likely due to MISCONFIGURATION|If `gsec_create container` was used|This is expected as per design|" + _ENDED.pattern
)
#: A worker goes on after these. They count if they belong to its end.
_GOES_ON = re.compile(r"\b(?:ENTRY|META|DATA) FAILED\b|SYNC Error\b|Failed to fix entry ops|could not be processed completely|incomplete sync, retrying")


class Record(t.NamedTuple):
    """One record of the log."""

    time: str
    level: str
    where: str
    text: str
    more: tuple[str, ...] = ()  #: plain lines that follow: a traceback

    @property
    def brick(self) -> str | None:
        """Whose worker it is of; None: of all, or of none."""
        label = _LABEL.search(self.where)
        if label and label["brick"]:
            return label["brick"]
        named = _ENDED.search(self.text) or _UNCONFIRMED.search(self.text)
        if named and named["brick"]:
            return named["brick"]
        named = _BRICK.search(self.text) if label and label["role"] else None
        return named["brick"] if named else None

    @property
    def of_a_command(self) -> bool:
        """Whether it is of another program than the monitor and its workers."""
        label = _LABEL.search(self.where)
        return bool(label and label["other"] and label["other"].startswith(_COMMANDS))

    @property
    def written(self) -> float:
        """In seconds since the epoch, UTC; infinite if it cannot be read."""
        return _written(f"[{self.time}]")

    @property
    def told(self) -> str:
        """The record in one line; of a traceback, the exception and the place that raised it."""
        return " ".join([self.text.strip(), *_exception(self.more), *_raised_in(self.more)])


class Words(t.NamedTuple):
    """What a worker said last."""

    line: str  #: for people: the time, and what tells most
    text: str  #: all of it, with tracebacks and the steps that the worker took, for the catalogue of faults


class _Block(t.NamedTuple):
    """One record, or a command with its output."""

    records: tuple[Record, ...]

    @property
    def first(self) -> Record:
        return self.records[0]

    @property
    def told(self) -> str:
        said = [_OUTPUT.match(record.text) for record in self.records[1:]]
        return " ".join([self.first.told, *(match["said"].strip() for match in said if match)])

    @property
    def tripped(self) -> bool:
        return any(line.strip() in TRIPPED for line in self.first.more)


def records(log: str) -> list[Record]:
    """The records of a log, from the first that is whole."""
    found: list[Record] = []
    # Not splitlines(): the name of a file may hold any other character that ends a line somewhere.
    for whole in filter(None, log.split("\n")):
        line = whole if len(whole) <= _LONGEST else f"{whole[: _LONGEST // 2]} ... {whole[-_LONGEST // 2 :]}"
        parts = _LINE.match(line)
        if parts:
            found.append(Record(parts["time"], parts["level"], parts["where"], parts["text"]))
        elif found:
            found[-1] = found[-1]._replace(more=(*found[-1].more, line))
    return found


def last_words(log: str, brick: str | None = None, now: float | None = None) -> Words | None:
    """What the worker of a brick, and the monitor on it, said last since that worker's last start; None: nothing that is wrong.

    :param brick: None: of whichever worker that does not work said something last.
    :param now: if the last start is younger than a worker needs, the one before it counts as long as the last says nothing.
    """
    found = [record for record in records(log) if not record.of_a_command]
    if brick is not None:
        return _said(found, brick, now).words
    bricks: list[str | None] = [*dict.fromkeys(record.brick for record in found if record.brick)]
    candidates = [_said(found, name, now) for name in bricks or [None]]
    return max((said for said in candidates if not said.is_well), key=lambda said: said.place, default=_SILENT).words


def last_error(log: str, brick: str | None = None) -> str | None:
    """What :func:`last_words` says, in one line."""
    words = last_words(log, brick)
    return words.line if words else None


def last_node(log: str, brick: str) -> str | None:
    """The secondary node that a brick's worker was given last, whether or not it could reach it."""
    given = re.compile(r"\bstarting gsyncd worker\s+\[?\{?brick=([^}\t]*)\}?(?:, |\t)\{?(?:secondary|slave)_node=([^}\s]*)")
    return next((node for path, node in reversed(given.findall(log)) if path == brick), None)


# --- the records of one start ----------------------------------------------------------------------------------------


class _Said(t.NamedTuple):
    """The last words on one brick."""

    words: t.Optional[Words]
    is_well: bool
    place: int  #: in the log


_SILENT = _Said(None, True, -1)


def _said(found: t.Sequence[Record], brick: str | None, now: float | None) -> _Said:
    mine = [(place, record) for place, record in enumerate(found) if record.brick in (brick, None)]
    starts = _starts([record for _place, record in mine])
    current = starts[-1]
    failure = _failure(current)
    if now is not None and len(starts) > 1 and _undecided(current, now) and not _is_well(starts[-2]):
        before = _failure(starts[-2])
        if before and current[0].written - before[-1].records[-1].written <= STARTED_ANEW:
            current, failure = starts[-2], before
    if not failure:
        return _SILENT
    place = max(place for place, record in mine if record is failure[-1].records[-1])
    return _Said(_in_words(failure, current), _is_well(current), place)


def _starts(mine: t.Sequence[Record]) -> list[list[Record]]:
    """The records of one brick, start by start; the first may have lost its beginning."""
    starts: list[list[Record]] = [[]]
    for record in mine:
        # The words of a monitor on no brick in particular belong to the start that they follow.
        if _STARTING.search(record.text):
            starts.append([])
        starts[-1].append(record)
    return starts if len(starts) == 1 or starts[0] else starts[1:]


def _undecided(start: t.Sequence[Record], now: float) -> bool:
    young = bool(start) and bool(_STARTING.search(start[0].text)) and abs(now - start[0].written) <= UNDECIDED
    return young and not _failure(start) and not _is_well(start)


def _is_well(start: t.Sequence[Record]) -> bool:
    """Whether the worker was Active or Passive after whatever could have ended it."""
    for record in reversed(start):
        if _WELL.search(record.text):
            return True
        if _tells(record) and not _GOES_ON.search(record.text):
            return False
    return False


def _tells(record: Record) -> bool:
    """Whether a record says that something is wrong. What the monitor says of a worker's end does, whatever its level."""
    if _HARMLESS.search(record.text.partition(": ")[2] or record.text):
        return False
    return record.level in "EC" or bool(_UNCONFIRMED.search(record.text) or _ENDED.search(record.text) or _GOES_ON.search(record.text))


def _failure(start: t.Sequence[Record]) -> list[_Block]:
    """The records that tell of a start's end, command by command.

    The monitor speaks of a worker that ends within its first minute: then all that this worker said counts. Else it is what stands close together.
    """
    telling = [record for record in start if _tells(record)]
    if not telling:
        return []
    whole = _STARTING.search(start[0].text) and (_ENDED.search(telling[-1].text) or _UNCONFIRMED.search(telling[-1].text))
    begin = 0 if whole else len(telling) - 1
    while begin and 0 <= telling[begin].written - telling[begin - 1].written <= SAME_FAILURE:
        begin -= 1
    return _in_blocks(telling[begin:])


def _in_blocks(telling: t.Sequence[Record]) -> list[_Block]:
    """Each command with its output: another thread of the worker may tell between them that the connection is gone."""
    blocks: list[list[Record]] = []
    last: list[Record] | None = None
    for record in telling:
        if last and _OUTPUT.match(record.text):
            last.append(record)
            continue
        blocks.append([record])
        if _COMMAND.match(record.text):
            last = blocks[-1]
        elif not _FOLLOWS.search(record.text):
            last = None
    return [_Block(tuple(block)) for block in blocks]


def _in_words(failure: t.Sequence[_Block], start: t.Sequence[Record]) -> Words:
    # That it trips over its own report only hides what the report was about.
    failure = failure[-_KEPT:]
    shown = [block for block in failure if not _FOLLOWS.search(block.first.text)]
    if any(_COMMAND.match(block.first.text) for block in shown):
        shown = [block for block in shown if not block.tripped]
    elif shown and _UNCONFIRMED.search(shown[-1].first.text):
        # Then nothing else tells why the connection is gone.
        shown = [block for block in failure if not _ENDED.search(block.first.text)]
    shown = shown or [block for block in failure if not _ENDED.search(block.first.text)] or list(failure)
    told = list(dict.fromkeys(block.told for block in shown))[-_SHOWN:]
    first = next(block.first for block in shown if block.told == told[0])
    steps = [record for record in start if _STARTING.search(record.text) or _STEPS.search(record.text) or _WELL.search(record.text)]
    line = f"{first.time} {'; '.join(told)}"
    if len(steps) > 1 and _UNCONFIRMED.search(told[-1]):
        line += f" Last step: {steps[-1].text.strip()}"
    lines: list[str] = []
    for block in failure:
        lines += [block.first.text, *block.first.more[-_TRACEBACK:]]
        lines += [match["said"] for match in (_OUTPUT.match(record.text) for record in block.records[1:]) if match]
    said = "\n".join(lines)[-_TEXT:]
    return Words(_CONTROL.sub(_escaped, line.replace("\t", " ")), "\n".join([*(f"step: {record.text}" for record in steps[-_KEPT:]), said]))


def _escaped(found: t.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"


def _exception(more: t.Sequence[str]) -> list[str]:
    """The exception of a traceback, without its places."""
    return [line.strip() for line in _last_traceback(more) if line.strip() and not line.startswith(" ")]


def _raised_in(more: t.Sequence[str]) -> list[str]:
    """The innermost call of a traceback; that it came through main says nothing."""
    calls = [match.groups() for match in map(_CALL.match, _last_traceback(more)) if match]
    return [f"(in {', '.join(calls[-1])})"] if calls and calls[-1] != ("gsyncd.py", "main") else []


def _last_traceback(more: t.Sequence[str]) -> t.Sequence[str]:
    """Of exceptions that were raised in turn, the last."""
    begins = max((number for number, line in enumerate(more) if line.startswith("Traceback")), default=-1)
    return more[begins + 1 :]


# --- single lines ----------------------------------------------------------------------------------------------------

_SKIPPED = re.compile(r"changelogs could not be processed completely - moving on")


def gave_up_since(line: str, since: float) -> bool:
    """Whether a worker says by this line, written at that time or later, that it gave up on a batch of changes."""
    return _SKIPPED.search(line) is not None and _written(line) >= since


def _written(line: str) -> float:
    """When a line was written, in UTC; one that does not tell counts as new."""
    stamp = re.match(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", line)
    moment = read_time(stamp.group(1)) if stamp else None
    return math.inf if moment is None else moment
