# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Reads gluster's XML, in both dialects, into one vocabulary.

GlusterFS up to 9 says master/slave, from 10 on primary/secondary; behind this door only the latter exist.
"""

from __future__ import annotations

import contextlib
import re
import typing as t

from .._model import errors
from .._model.text import garbled
from .._model.words import modern
from .runner import LOCK_BUSY, Answer, GlusterCli
from .version import read_version, version_key

try:
    from lxml import etree

    HAS_LXML = True
except ImportError:  # _module.require_lxml() says so before anything is run
    etree = None
    HAS_LXML = False


class Reply(t.NamedTuple):
    """The envelope of every XML answer. Success is ``op_ret == 0``, whatever the exit code was."""

    op_ret: int
    op_errno: int
    op_errstr: str
    root: t.Any

    @property
    def ok(self) -> bool:
        return self.op_ret == 0


def looks_like_xml(answer: Answer) -> bool:
    return answer.out.lstrip().startswith("<?xml")


def parse(answer: Answer, body: str | None = None) -> Reply:
    """Read the envelope of an answer.

    :param body: the element without which an answer that means success tells nothing.
    :raises UnreadableOutput: it is not XML, or has not gluster's shape. That never means "absent".
    """
    if not looks_like_xml(answer):
        raise errors.UnreadableOutput(
            f"gluster did not answer in XML, although XML was requested: {answer.said}", **answer.evidence()
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(answer.out.lstrip().encode(), parser)
    except (etree.LxmlError, LookupError, ValueError) as exc:  # the latter: it names an encoding that nobody knows
        raise errors.UnreadableOutput(f"gluster's XML is broken: {errors.quoted(str(exc))}", **answer.evidence()) from exc
    op_ret, op_errno = number(root, "opRet"), number(root, "opErrno") if text(root, "opErrno") else 0
    if op_ret is None or op_errno is None:
        raise errors.UnreadableOutput(f"gluster's XML has no readable {'opRet' if op_ret is None else 'opErrno'}.", **answer.evidence())
    if op_ret == 0 and body is not None and root.find(body) is None:
        raise errors.UnreadableOutput(
            f"gluster reported success (opRet 0), but its answer lacks <{body}>, which contains the requested data.", **answer.evidence()
        )
    return Reply(op_ret, op_errno, errors.quoted(text(root, "opErrstr")), root)


#: As glusterd names nodes and volumes.
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def fits(shape: t.Pattern[str], value: str) -> bool:
    """Whether a value is one that gluster can have told, as a whole."""
    return shape.fullmatch(value) is not None and not garbled(value)


class Count(t.NamedTuple):
    """A number that an answer announces, and what came of it."""

    what: str  #: in words, with the name of the element: "bricks of the volume src (brickCount)"
    announced: int | None  #: None: the answer ends before it says, though every release does
    came: int

    def __str__(self) -> str:
        return f"{self.what}: {'no number' if self.announced is None else self.announced} announced, {self.came} received"


def hold(answer: Answer, counts: t.Iterable[Count], gaps: t.Iterable[str] = ()) -> None:
    """Hold what an answer announces against what came: gluster closes a document that it could not finish, and says success.

    :param gaps: what every release tells and this answer does not, in words.
    :raises UnreadableOutput: another number came, or nothing says how many there are. What did not come may be there all the same.
    """
    problems = [str(count) for count in counts if count.announced != count.came]
    problems += [f"missing: {gap}" for gap in gaps]
    if problems:
        shown = "; ".join(map(errors.quoted, problems[:3])) + (f"; and {len(problems) - 3} more" if len(problems) > 3 else "")
        raise errors.UnreadableOutput(
            f"gluster reported success, but its answer is incomplete ({shown}). What is missing from it may still exist.", **answer.evidence()
        )


def number(node: t.Any, path: str) -> int | None:
    """The number of the first element at ``path``; None when there is none."""
    found = text(node, path)
    return int(found) if re.fullmatch(r"-?[0-9]{1,18}", found) else None


#: What the command line of GlusterFS 9 makes of a volume of 10 or newer, which has no stripe count any more: it stops there,
#: and closes the document. Asked for one volume by name it says nothing at all and ends with this exit code, not with a signal.
_SPEECHLESS = 2
_STOPS_AT_STRIPES = re.compile(r"</distCount>\s*<count>0</count>\s*</volume>")
#: The first release that did without stripes, and renamed slave to secondary.
_NEW = (10,)


@contextlib.contextmanager
def told(cli: GlusterCli, answer: Answer) -> t.Iterator[None]:
    """Whatever cannot be read of this answer is told with whom was asked, and by which release.

    :raises ReleasesApart: it is the answer that GlusterFS 9 makes of one of 10 or newer.
    """
    try:
        yield
    except errors.UnreadableOutput as exc:
        own = "of unknown version"
        with contextlib.suppress(errors.GeorepError):
            own = read_version(cli.run)
        whom = f"glusterd on {answer.host}" if answer.host else "its own glusterd"
        exc.message = f"{exc.message.rstrip('.')}. The request came from GlusterFS {own} on this node and went to {whom}."
        exc.args = (exc.message,)
        exc.remedy = exc.remedy or "Run again. If the answer stays incomplete, run the command by hand and read /var/log/glusterfs/cli.log on this node."
        old = own[:1].isdigit() and version_key(own) < _NEW
        if answer.host and old and (_STOPS_AT_STRIPES.search(answer.out) or (answer.rc == _SPEECHLESS and not answer.text)):
            raise errors.ReleasesApart(
                f"{exc.message} GlusterFS 9 and older show this when the other glusterd is of 10 or newer (known fault releases-apart).",
                remedy="Compare 'gluster --version' on both sites, and bring both to GlusterFS 10 or newer: no session works between GlusterFS 9 and 10.",
                **answer.evidence(),
            ) from exc
        raise


_UNKNOWN_OUTCOME = re.compile(r"Commit failed on|Unlocking failed on|glusterd defunct|operation failed", re.IGNORECASE)


def accepted(answer: Answer, doing: str) -> str:
    """The answer to a command that changes something: glusterd's remark, which may be set on success too.

    :param doing: what was asked for, in the words of the error.
    :raises CommandFailed: glusterd refused; nothing was changed.
    :raises OutcomeUnknown: some nodes may have done it, or the answer cannot be read. The state has to be read again; the command is
        not repeated.
    """
    evidence = answer.evidence()
    if looks_like_xml(answer):
        try:
            reply = parse(answer)
        except errors.UnreadableOutput as exc:
            raise errors.OutcomeUnknown(f"{doing}: gluster did not say what became of it. {exc.message}", **evidence) from exc
        if reply.ok:
            return reply.op_errstr
        reason = reply.op_errstr
    elif answer.rc < 0:
        # glusterd may have been asked before.
        raise errors.OutcomeUnknown(f"{doing}: gluster itself was ended by signal {-answer.rc}, and did not say what became of it.", **evidence)
    else:
        # Usage errors and some early refusals come as text even where XML was asked for; with exit code 0 nothing was refused.
        reason = _plain_reason(answer) if answer.rc else ""
    if _UNKNOWN_OUTCOME.search(reason) or not reason:
        raise errors.OutcomeUnknown(f"{doing}: gluster did not say what became of it: {reason or answer.said}", **evidence)
    raise errors.CommandFailed(f"{doing}: {reason}", **evidence)


def _plain_reason(answer: Answer) -> str:
    lines = [
        line
        for line in answer.text.splitlines()
        if line.strip() and line.strip() != "geo-replication command failed" and not LOCK_BUSY.search(line)
    ]
    return errors.quoted(" ".join(line.strip() for line in lines))


def text(node: t.Any, path: str, default: str = "") -> str:
    """The stripped text of the first element at ``path``; ``default`` when it is missing or empty."""
    found = node.findtext(path)
    return default if found is None else (found.strip() or default)


def fields(node: t.Any) -> dict[str, str]:
    """The direct children of an element, by modern name; an empty element is an empty string."""
    return {modern(child.tag): (child.text or "").strip() for child in node if isinstance(child.tag, str)}
