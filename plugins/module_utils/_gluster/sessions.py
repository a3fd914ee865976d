# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""``gluster volume geo-replication``: every sub-command this collection uses, and what its answers really mean."""

from __future__ import annotations

import re
import typing as t

from .._model import errors
from .._model.cluster import Config, Worker
from .._model.identity import parse_secondary_url
from .._model.text import garbled
from . import xml
from .runner import CREATE_TIMEOUT, READ_TIMEOUT, WRITE_TIMEOUT, GlusterCli, Run


class Row(t.NamedTuple):
    """A session in the answer of ``status``."""

    primary_volume: str
    url: str  #: ``session_secondary``: PRIMARY_NODE_UUID:ssh://[USER@]HOST::VOLUME:VOLUME_UUID
    workers: list[Worker]


_NO_SESSIONS = re.compile(r"No active geo-replication sessions")


def read_status(cli: GlusterCli, pairs: t.Sequence[tuple[str, str]] = (), *, one_by_one: bool = False) -> list[Row]:
    """Every session of the cluster, by one call that takes no lock.

    The XML form prints no XML when there is no session, and just the same when something is wrong, so that answer is
    asked for again as text before anything is concluded.

    :param pairs: primary volume and target of the registered sessions. They are asked for one by one where the call
        for all kills gluster: from 14 workers on GlusterFS 11.1's CLI dies of a segmentation fault.
    :param one_by_one: ask so from the beginning, for these pairs alone.
    :raises UnreadableOutput: the cluster did not tell. It may have sessions.
    """
    try:
        if not one_by_one:
            return _read_status(cli, (), patient=not pairs)
    except _Crashed:
        if not pairs:
            raise
    return [session for pair in pairs for session in _read_status(cli, pair)]


class _Crashed(errors.UnreadableOutput):
    """gluster's CLI was ended by a signal."""


def _read_status(cli: GlusterCli, pair: t.Sequence[str], patient: bool = True) -> list[Row]:
    words = ["volume", "geo-replication", *pair, "status"]
    # Where the pairs are known, asking for each alone is the repetition.
    answer = cli.read(words, xml=True) if patient else cli.call(words, xml=True)
    if not answer.text and (answer.rc < 0 or answer.rc > 128):
        raise _Crashed(
            f"gluster itself crashed when it was asked for the status of {' -> '.join(pair) or 'all sessions'}.",
            remedy="Update GlusterFS on this node: GlusterFS 11.1 crashes if it must show more than 13 workers at once.",
            **answer.evidence(),
        )
    if not xml.looks_like_xml(answer):
        again = cli.read(words)
        if _NO_SESSIONS.search(again.text):
            return []
        if again.rc == 0:
            # A session appeared, or the trouble went away, between the two calls.
            answer = cli.read(words, xml=True)
        if not xml.looks_like_xml(answer):
            raise errors.UnreadableOutput(
                f"Could not read the session status from gluster: {again.said}",
                remedy="Read /var/log/glusterfs/glusterd.log on this node.",
                **again.evidence(),
            )
    with xml.told(cli, answer):
        reply = xml.parse(answer, "geoRep")
        if not reply.ok:
            raise errors.CommandFailed(
                f"gluster does not give the status of the sessions. {f'It says: {reply.op_errstr}' if reply.op_errstr else 'It gives no reason.'}",
                remedy="Run gluster volume geo-replication status on this node, and read /var/log/glusterfs/glusterd.log there.",
                **answer.evidence(),
            )
        xml.hold(answer, [], _status_gaps(reply.root))
    merged: dict[tuple[str, str], list[Worker]] = {}
    # The same volume may come several times, interleaved with others.
    for volume in reply.root.iterfind("geoRep/volume"):
        for session in volume.iterfind("sessions/session"):
            url = xml.text(session, "session_secondary") or xml.text(session, "session_slave")
            rows = merged.setdefault((xml.text(volume, "name"), url), [])
            rows.extend(Worker.from_row(xml.fields(pair)) for pair in session.iterfind("pair"))
    return [Row(name, url, rows) for (name, url), rows in merged.items()]


_NAME, _WORDS = re.compile(r"\S{1,600}"), re.compile(r"[^<>&]{0,255}")
_COUNTER = re.compile("-?[0-9]{1,18}|N/A|")
_TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}|N/A|")
#: What every row has in every release, whatever its worker is doing, and what it looks like; some may be empty elements.
_ROW = {
    "primary_node": _NAME, "primary_brick": re.compile("/.{0,4096}", re.DOTALL), "primary_node_uuid": xml.UUID, "secondary_user": _NAME, "secondary": _NAME,
    "secondary_node": _WORDS, "crawl_status": _WORDS, "entry": _COUNTER, "data": _COUNTER, "meta": _COUNTER, "failures": _COUNTER,
    "last_synced": _TIME, "checkpoint_time": _TIME, "checkpoint_completed": re.compile("Yes|No|N/A|"), "checkpoint_completion_time": _TIME,
    # gsyncdstatus.py, monitor.py and glusterd-geo-rep.c, all releases. Of another word nobody knows whether the worker runs.
    "status": re.compile(r"Active|Passive|Initializing\.\.\.|Faulty|Created|Stopped|Paused|Started|Config Corrupted|inconsistent|N/A"),
}  # fmt: skip


def _status_gaps(root: t.Any) -> list[str]:
    """What a status lacks. It announces no number, and says it in plain text where there is no session: so it is never empty.

    Rows of nodes that are down are missing from a whole answer, too: those are looked for by the volume's bricks.
    """
    volumes = root.findall("geoRep/volume")
    gaps = [] if volumes else ["every session, and the text that there is no session"]
    for volume in volumes:
        name = xml.text(volume, "name")
        found = volume.findall("sessions/session")
        known = _NAME.fullmatch(name) is not None and not garbled(name)
        gaps += ([] if known else ["the name of a volume"]) + ([] if found else [f"the sessions of the volume {name}"])
        for session in found:
            url = xml.text(session, "session_secondary") or xml.text(session, "session_slave")
            rows = [xml.fields(pair) for pair in session.iterfind("pair")]
            gaps += _target_gaps(name, url, rows) + ([] if rows else [f"the workers of {name} -> {url}"])
            gaps += [f"{field} of a worker of {name} -> {url}" for field, shape in _ROW.items() if not all(_has(row, field, shape) for row in rows)]
    return gaps


def _target_gaps(volume: str, url: str, rows: t.Sequence[t.Mapping[str, str]]) -> list[str]:
    """Who a session is, stands in its URL, and once more in the row of each worker, letter by letter: ``root@`` is there in both or in none."""
    try:
        parse_secondary_url(url)
    except ValueError:
        return [f"the target of a session of the volume {volume}"]
    # In the status of a single session the rows leave the ssh:// out.
    told = {row["secondary"].rpartition("//")[2] for row in rows if row.get("secondary")}
    return [] if all(f"//{target}:" in f"{url}:" for target in told) else [f"one name for the target of {volume} -> {url}"]


def _has(row: t.Mapping[str, str], field: str, shape: t.Pattern[str]) -> bool:
    # The path of a brick may hold any bytes.
    return field in row and shape.fullmatch(row[field]) is not None and (field == "primary_brick" or not garbled(row[field]))


def read_config_file(run: Run, helper: str, path: str, primary_volume: str, target: str) -> Config | None:
    """All effective options of one session, asked of gsyncd as gluster's CLI asks it once glusterd has let it.

    Without glusterd it takes no lock, waits for no ``status``, and a sixth of the time; the answer is the same to the
    letter (cli-rpc-ops.c, gf_cli_gsync_config_command). None where gsyncd does not answer: then ask :func:`read_config`,
    which tells why.

    :param helper: the folder of ``gsyncd``.
    :param path: the session's own configuration file on this node.
    """
    argv = [f"{helper}/gsyncd", "config-get", primary_volume, target, "--config-file", path, "--show-defaults", "--use-underscore"]
    try:
        rc, out, _err = run(argv, timeout=READ_TIMEOUT)
    except (errors.CommandMissing, errors.CommandTimeout, errors.UnreadableOutput, errors.SystemRefused):
        return None
    # Not splitlines(), to which several control characters end a line.
    pairs = (line.partition(":") for line in out.split("\n") if line.strip())
    raw = {name.strip(): value.strip() for name, _colon, value in pairs}
    # A line that is cut short has no end, and would pass for a shorter value.
    return Config.from_raw(raw) if rc == 0 and out.endswith("\n") and not _config_gaps(raw) else None


#: gsyncd tells the options in the order of their names, in every release from and up to these.
_FIRST_OPTION, _LAST_OPTION = "access_mount", "working_dir"


def _config_gaps(raw: t.Mapping[str, str]) -> list[str]:
    """What a list of options lacks, or has not whole. It announces no number, but has an order, and so an end."""
    ends = [name for name in (_FIRST_OPTION, _LAST_OPTION) if name not in raw]
    return ends + ([] if "slave_timeout" in raw or "secondary_timeout" in raw else ["secondary_timeout"]) + Config.from_raw(raw).doubts


def read_config(cli: GlusterCli, primary_volume: str, target: str) -> Config:
    """All effective options of one session in one call of the CLI.

    Single options are never asked for: their XML loses values of one character.

    :raises UnreadableOutput: the session's configuration cannot be read on this node.
    """
    answer = cli.read(["volume", "geo-replication", primary_volume, target, "config"], xml=True)
    with xml.told(cli, answer):
        reply = xml.parse(answer, "geoRep/config")
        if not reply.ok:
            raise errors.CommandFailed(
                f"gluster could not read the configuration of {primary_volume} -> {target}: "
                f"{reply.op_errstr or 'no reason given'}",
                **answer.evidence(),
            )
        raw = {child.tag: (child.text or "").strip() for child in reply.root.iterfind("geoRep/config/*")}
        if not raw:
            raise errors.UnreadableOutput(
                f"gluster showed no configuration of {primary_volume} -> {target}.", **answer.evidence()
            )
        xml.hold(answer, [], [f"the option {name} of {primary_volume} -> {target}" for name in _config_gaps(raw)])
    return Config.from_raw(raw)


#: By command, the refusals that say that what was asked for is so already; whether that is true, the next reading tells.
_SAYS_SO = {
    "create": r"is already created\.",
    "start": r"already started",
    "pause": r"already Paused",
    "resume": r"is not Paused",
    "stop": r"is not running",
    "delete": r"does not exist",
}
#: gsyncd cannot read the session's gsyncd.conf on the node that was asked.
SAYS_CORRUPT = re.compile(r"Staging failed on localhost\. Please check the log")


def says_so(verb: str, text: str) -> bool:
    """Whether a refusal speaks for another one having done what was asked for: a second run, or a command that was given up."""
    return verb in _SAYS_SO and re.search(_SAYS_SO[verb], text) is not None


def _mutate(
    cli: GlusterCli,
    doing: str,
    words: t.Sequence[str],
    timeout: float = WRITE_TIMEOUT,
    env: t.Mapping[str, str] | None = None,
) -> str:
    """Send one changing command; return glusterd's remark, which may be set on success too.

    :raises CommandFailed: glusterd refused; nothing was changed.
    :raises OutcomeUnknown: some nodes may have done it. The state has to be read again; the command is not repeated.
    """
    return xml.accepted(cli.call(words, xml=True, timeout=timeout, env=env), doing)


def create(
    cli: GlusterCli, primary_volume: str, target: str, *, push_pem: bool, ssh_port: int = 22, force: bool = False
) -> str:
    """Register a session. With ``push_pem`` gluster checks the far side and, in the background, pushes its keys."""
    words = ["volume", "geo-replication", primary_volume, target, "create"]
    # The grammar takes a port only directly after create and only with one of the two modes behind it.
    words += ["ssh-port", str(ssh_port)] if ssh_port != 22 else []
    words += ["push-pem" if push_pem else "no-verify"]
    words += ["force"] if force else []
    return _mutate(cli, f"Creating {primary_volume} -> {target}", words, CREATE_TIMEOUT)


def act(cli: GlusterCli, primary_volume: str, target: str, verb: str, *, force: bool = False) -> str:
    """``start``, ``stop``, ``pause`` or ``resume``. Success means that it was accepted, not that it is so."""
    words = ["volume", "geo-replication", primary_volume, target, verb] + (["force"] if force else [])
    return _mutate(cli, f"{verb.capitalize()} of {primary_volume} -> {target}", words)


def delete(cli: GlusterCli, primary_volume: str, target: str, *, reset_sync_time: bool = False) -> str:
    words = ["volume", "geo-replication", primary_volume, target, "delete"]
    return _mutate(
        cli, f"Deleting {primary_volume} -> {target}", words + (["reset-sync-time"] if reset_sync_time else [])
    )


def set_option(cli: GlusterCli, primary_volume: str, target: str, name: str, value: str) -> str:
    """Set one option; ``name`` spelt as the release spells it, ``value`` checked before (see _model.options)."""
    return _mutate(
        cli,
        f"Setting {name} of {primary_volume} -> {target}",
        ["volume", "geo-replication", primary_volume, target, "config", name, value],
    )


def reset_option(cli: GlusterCli, primary_volume: str, target: str, name: str) -> str:
    """Take one option back to its default. Restarts running workers even when it was not set."""
    return _mutate(
        cli,
        f"Resetting {name} of {primary_volume} -> {target}",
        ["volume", "geo-replication", primary_volume, target, "config", f"!{name}"],
    )


def set_checkpoint(cli: GlusterCli, primary_volume: str, target: str, utc: str) -> str:
    """Set a checkpoint at a UTC time, written ``YYYY-MM-DD HH:MM:SS``.

    gluster's CLI takes no epoch. It reads the time in the zone of its own process, and without regard for summer time,
    so it is given a process whose zone is UTC.
    """
    return _mutate(
        cli,
        f"Setting a checkpoint of {primary_volume} -> {target}",
        ["volume", "geo-replication", primary_volume, target, "config", "checkpoint", utc],
        env={"TZ": "UTC0"},
    )
