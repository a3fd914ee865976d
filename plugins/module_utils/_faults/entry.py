# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What an entry of the catalogue holds."""

from __future__ import annotations

import typing as t

Facts = t.Mapping[str, t.Any]

PRIMARY, SECONDARY = "primary", "secondary"
#: What a fault stops: every session, those that sync by rsync or by tarssh, or none (it is a warning).
EVERYTHING, RSYNC, TARSSH, NOTHING = "everything", "rsync", "tarssh", "nothing"
#: Or only a run that changes something, or that has to bring keys: what is in place already goes on.
CHANGES, KEYS = "changes", "keys"
#: What the role can do about it.
SOURCE_FIX, OTHER_METHOD = "source_fix", "other_sync_method"
#: Where a text was seen: in gsyncd's or glusterd's log, in an answer of the gluster command, in what ssh says.
LOG, CLI, SSH = "log", "cli", "ssh"
#: Or in the log of a mount that this collection tried.
MOUNT = "mount"

#: How much a symptom says: it names the cause, it tells only the kind of failure (an errno, an exit code), or it merely goes along with one.
NAMED, KIND, SIGN = 0, 1, 2

ISSUE = "https://github.com/gluster/glusterfs/issues/"


class Fault(t.NamedTuple):
    """One entry of the catalogue.

    :ivar cause: one or more sentences. In the cause and in the remedy words in braces, such as ``{host}``, stand for what is known
        of the login or found by the expression that matched.
    """

    id: str
    title: str
    checked: str  #: what is looked at on a node, in words
    log: tuple[str, ...]  #: regular expressions over the lines of logs
    shown: str  #: what people see, as they see it
    versions: str
    cause: str
    reference: tuple[str, ...]
    remedy: str
    stops: str = NOTHING
    sites: tuple[str, ...] = (PRIMARY, SECONDARY)
    role: t.Optional[str] = None  #: how the role deals with it, where it can
    check: t.Callable[[Facts], t.Optional[str]] = lambda facts: None  #: the evidence on a node; None where it has not the fault
    cli: tuple[str, ...] = ()  #: regular expressions over answers of the gluster command
    ssh: tuple[str, ...] = ()  #: regular expressions over what ssh says
    step: str = ""  #: the step of the login that fails, where ssh says so
    retry: bool = False  #: whether the same login may succeed a moment later
    mount: tuple[str, ...] = ()  #: regular expressions over the log of a mount
    says: int = NAMED  #: how much its symptoms in a log say; of several entries that match, those that say more come first

    def seen_in(self, where: str) -> tuple[str, ...]:
        """The regular expressions over one kind of text."""
        return {LOG: self.log, CLI: self.cli, SSH: self.ssh, MOUNT: self.mount}[where]


class Finding(t.NamedTuple):
    """A fault on a node."""

    fault: Fault
    evidence: str

    def as_dict(self) -> dict[str, t.Any]:
        fault = self.fault
        return {
            "id": fault.id,
            "title": fault.title,
            "evidence": self.evidence,
            "cause": fault.cause,
            "remedy": fault.remedy,
            "reference": list(fault.reference),
            "stops": fault.stops,
            "role": fault.role,
        }


class Program(t.NamedTuple):
    """What is run on every node of these sites, by gsyncd, glusterd or this collection."""

    name: str
    package: str  #: of Debian
    why: str
    sites: tuple[str, ...] = (PRIMARY, SECONDARY)
