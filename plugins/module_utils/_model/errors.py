# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The one exception family of the collection.

Every room raises only these; ``_module.py`` turns one into one ``fail_json``.
"""

from __future__ import annotations

import typing as t

#: Characters of a command's output that a result shows: half of them from its beginning, half from its end.
EVIDENCE_LIMIT = 4000


def shortened(text: str, limit: int = EVIDENCE_LIMIT) -> str:
    """The beginning and the end of a long output."""
    half, left = limit // 2, len(text) - limit
    return text if left <= 0 else f"{text[:half]}\n[{left} characters are left out here]\n{text[-half:]}"


#: Characters of others' words that a message quotes.
QUOTE_LIMIT = 600
#: Characters of a message. Those about many sessions are long.
MESSAGE_LIMIT = 20_000


def quoted(text: str) -> str:
    """Words of a program in a message, in one line: a program that went wrong may print megabytes, or a traceback."""
    text = " ".join(text.rpartition("Traceback (most recent call last):")[2].strip().rpartition("\n")[2].split() if "Traceback (m" in text else text.split())
    left = len(text) - QUOTE_LIMIT
    return text if left <= 0 else f"{text[: QUOTE_LIMIT // 2]} [{left} characters are left out here] {text[-QUOTE_LIMIT // 2 :]}"


class GeorepError(Exception):
    """Something the user has to know about, with the evidence and the way out.

    :param message: what happened, on which node or brick, in one or two sentences.
    :param remedy: what to do next; shown right after the message.
    :param command: argv of the command that failed; never holds a secret.
    :param option: the name of the module or gsyncd option that is at fault, if it is one.
    :param value: the offending value of that option.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str | None = None,
        command: t.Sequence[str] | None = None,
        rc: int | None = None,
        stdout: str | None = None,
        stderr: str | None = None,
        option: str | None = None,
        value: t.Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.command = None if command is None else list(command)
        self.rc = rc
        self.stdout = stdout
        self.stderr = stderr
        self.option = option
        self.value = value

    def __str__(self) -> str:
        # Whoever knows more adds it to the message.
        return self.message

    def as_result(self) -> dict[str, t.Any]:
        """The keyword arguments for ``fail_json``; absent evidence is left out."""
        message = shortened(self.message, MESSAGE_LIMIT)
        result: dict[str, t.Any] = {"msg": message if not self.remedy else f"{message} {self.remedy}"}
        for name in ("remedy", "rc", "option", "value"):
            if getattr(self, name) is not None:
                result[name] = getattr(self, name)
        for name in ("stdout", "stderr"):
            if getattr(self, name) is not None:
                result[name] = shortened(getattr(self, name))
        if self.command is not None:
            result["cmd"] = self.command
        result["error"] = type(self).__name__
        return result


class InvalidInput(GeorepError):
    """The user asked for something that cannot be; nothing was touched."""


def invalid(option: str, value: t.Any, reason: str, remedy: str) -> InvalidInput:
    """The usual form: an option has a value that gluster or this collection cannot accept.

    :param reason: the end of a sentence that begins with the option and its value; :param remedy: what to write instead.
    """
    return InvalidInput(f"{option} = {value!r}: {reason}", remedy=remedy, option=option, value=value)


class CommandMissing(GeorepError):
    """The program is not installed on this node."""


class MissingLibrary(GeorepError):
    """A Python library is not installed for the Python that runs the module.

    :param library: its name; playbooks find it as ``missing_library`` and need not read the message.
    """

    def __init__(self, library: str) -> None:
        super().__init__(f"The Python library {library} is not installed on this node.", remedy=f"Install {library} here, then run again.")
        self.library = library

    def as_result(self) -> dict[str, t.Any]:
        return {**super().as_result(), "missing_library": self.library}


class SystemRefused(GeorepError):
    """The node's own system refused something: no room, no permission, a file system that is read-only or broken."""


class UnexpectedError(GeorepError):
    """A fault of the collection: something that nobody thought of."""


class CommandTimeout(GeorepError):
    """The program did not answer in time. What it was asked for may still happen."""


class CommandFailed(GeorepError):
    """gluster refused, and said why."""


class LockBusy(GeorepError):
    """Another cluster-wide operation held the lock until our deadline."""


class OutcomeUnknown(GeorepError):
    """gluster may or may not have done it (time-out, commit failed on some node): read the state again."""


class UnreadableOutput(GeorepError):
    """The answer could not be understood. It says nothing about what exists."""


class ReleasesApart(UnreadableOutput):
    """As gluster answers across the line between GlusterFS 9 and 10, which no session can cross either."""


class DaemonUnreachable(GeorepError):
    """glusterd does not answer on this node."""


class ManagementTls(DaemonUnreachable):
    """glusterd of another host does not answer, because only one of the two uses TLS for that, or because of the certificates."""


class ManagementTlsBroken(ManagementTls):
    """Both of them use TLS, and the connection failed all the same."""


class PreconditionFailed(GeorepError):
    """gluster or our own checks found something the user must put right, or consent to by name."""


class MountFailed(PreconditionFailed):
    """A volume cannot be mounted. Its log, in ``stderr``, may say why."""


class StateNotReached(GeorepError):
    """Everything was accepted, but the state did not come within ``wait_timeout``."""


class TrustFailed(GeorepError):
    """A step of the way from a primary node to a secondary node over SSH does not work."""
