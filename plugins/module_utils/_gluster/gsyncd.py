# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""gsyncd's own files on this node: what its workers and monitors write, and the options it reads. No call of gluster.

``status`` and ``config`` of the gluster command start one gsyncd for each session and brick, which reads these files and nothing else
(gsyncdstatus.py, gsyncdconfig.py). :func:`read_view` gives the same answer for all sessions of the node at once. Unlike gsyncd it creates
no file and takes no lock.
"""

from __future__ import annotations

import configparser
import fcntl
import json
import os
import string
import struct
import time
import typing as t
import urllib.parse
from datetime import datetime, timezone

from .._model import errors, proved
from .._model.cluster import Brick, Config, Worker
from .._model.identity import SessionId
from .._model.node_view import NodeView, SessionView
from .._model.option_table import BY_NAME
from .._model.options import is_default
from .._model.words import modern
from .store import (
    GLUSTERD_DIR,
    Registered,
    bricks_of_node,
    conf_path,
    read_modified,
    read_node_uuid,
    read_registered,
    session_dir,
    stored_option,
)

#: The defaults of every session, and what the site sets for all of them.
TEMPLATE = "/etc/glusterfs/gsyncd.conf"
#: What gsyncd shows of a worker that has not written a value.
_NOTHING = "N/A"
_DEFAULTS: dict[str, t.Any] = {
    "secondary_node": _NOTHING, "worker_status": _NOTHING, "last_synced": 0, "crawl_status": _NOTHING, "entry": 0, "data": 0, "meta": 0,
    "failures": 0, "checkpoint_completed": _NOTHING, "checkpoint_time": 0, "checkpoint_completion_time": 0,
}  # fmt: skip


# --- one worker's own word -------------------------------------------------------------------------------------------


def status_file(session: SessionId, path: str, glusterd_dir: str = GLUSTERD_DIR) -> str:
    """The file that the worker of a brick writes its status to."""
    return os.path.join(session_dir(session, glusterd_dir), f"brick_{urllib.parse.quote_plus(path)}.status")


def worker_file(session: SessionId, path: str, glusterd_dir: str = GLUSTERD_DIR) -> dict[str, t.Any]:
    """What the worker of a brick has written, by the names of GlusterFS >= 10; empty if there is nothing readable (yet)."""
    try:
        return _read_worker(status_file(session, path, glusterd_dir))
    except (OSError, ValueError):
        return {}


def _read_worker(path: str) -> dict[str, t.Any]:
    """:raises OSError: it cannot be read; :raises ValueError: it holds something else."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    # gsyncd creates the file empty, and replaces it as a whole from then on.
    found = json.loads(text) if text else {}
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")
    return {modern(name): value for name, value in found.items()}


def worker_status(session: SessionId, path: str, since: float = 0, glusterd_dir: str = GLUSTERD_DIR) -> str | None:
    """The status that a worker of this node says of itself; None if it says none.

    :param since: what was written before this time, in seconds since the epoch, was said by the worker of an earlier start.
    """
    try:
        if os.stat(status_file(session, path, glusterd_dir)).st_mtime < since:
            return None
    except OSError:
        return None
    word = worker_file(session, path, glusterd_dir).get("worker_status")
    return word if isinstance(word, str) else None


def coming_up(session: SessionId, since: float = 0, glusterd_dir: str = GLUSTERD_DIR) -> bool:
    """Whether a worker of this node says of itself that it is not there yet: it is too early to ask gluster about the session.

    :param since: see :func:`worker_status`.
    """
    bricks = bricks_of_node(session.primary_volume, read_node_uuid(glusterd_dir), glusterd_dir)
    return any(worker_status(session, brick.path, since, glusterd_dir) not in ("Active", "Passive", "Faulty") for brick in bricks)


def at_rest(session: SessionId, glusterd_dir: str = GLUSTERD_DIR) -> str | None:
    """In which state nothing of the session runs on this node, by gsyncd's own file: Created, Stopped or Paused. None: it runs."""
    try:
        word = _monitor_word(os.path.join(session_dir(session, glusterd_dir), "monitor.status"))
    except (OSError, ValueError):
        return None
    return word if word in ("Created", "Stopped", "Paused") else None


def _monitor_word(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


# --- a session's options ---------------------------------------------------------------------------------------------


def effective_options(session: SessionId, path: str, template: str = TEMPLATE) -> dict[str, str]:
    """All options of a session as ``gsyncd config-get --show-defaults`` prints them, by the names that this release uses.

    :param path: the session's own file.
    :raises ValueError: gsyncd cannot read one of the files, or the output would be ambiguous; the message names the file or option.
    """
    parser = configparser.RawConfigParser()
    for name in (template, path):
        try:
            with open(name, encoding="utf-8") as file:
                parser.read_file(file)
        except (OSError, UnicodeDecodeError, configparser.Error) as exc:
            raise ValueError(f"{name} cannot be read: {exc}") from exc
    if not parser.has_option("__meta__", "version"):
        raise ValueError(f"{template} names no version")
    if any(section.startswith("peers ") for section in parser.sections()):
        raise ValueError(f"{path} has the form of GlusterFS 3, which gsyncd rewrites when it reads it")
    options = [section for section in parser.sections() if section not in ("__meta__", "vars")]
    found = {name: parser.get(name, "value").strip() for name in options if parser.has_option(name, "value")}
    found.update((name, value.strip()) for name, value in (parser.items("vars") if parser.has_section("vars") else ()))
    words = {name.replace("-", "_"): value for name, value in found.items()}
    words.update(_template_words(session))
    made = {}
    for name, value in found.items():
        own = parser[name] if parser.has_section(name) else {}
        if own.get("template", "").lower().strip() == "true":
            value = string.Template(value).safe_substitute(words)
        made[name] = _as_printed(name, value, own.get("type", "string"))
    return made


def site_defaults(template: str | None = None) -> dict[str, str]:
    """What this node's file for all sessions sets otherwise than GlusterFS does: a new session begins with that, and one that does not set it keeps to it.

    By the names of GlusterFS >= 10, of options that people may set. A file that gsyncd cannot read tells nothing.
    """
    parser = configparser.RawConfigParser()
    try:
        with open(template or TEMPLATE, encoding="utf-8") as file:
            parser.read_file(file)
        options = {name: parser[name] for name in parser.sections() if name not in ("__meta__", "vars") and "value" in parser[name]}
        made = {name: _as_printed(name, own["value"].strip(), own.get("type", "string")) for name, own in options.items()}
    except (OSError, UnicodeDecodeError, configparser.Error, ValueError):
        return {}
    values = Config.from_raw(made).values
    # A value with the names of a session in it is no single value.
    settable = [name for name in values if name in BY_NAME and BY_NAME[name].settable and name != "checkpoint" and "${" not in values[name]]
    return {name: values[name] for name in settable if not is_default(name, values[name], {})}


def _template_words(session: SessionId) -> dict[str, str]:
    """What gsyncd puts in for a session, in the words of every release (gsyncd.py)."""
    host, user, volume = session.secondary_host, session.secondary_user, session.secondary_volume
    return {
        "primary": session.primary_volume, "secondary": session.target, "primary_secondary_host": host, "secondaryuser": user, "secondaryvol": volume,
        "master": session.primary_volume, "slave": session.target, "primary_slave_host": host, "slaveuser": user, "slavevol": volume,
    }  # fmt: skip


def _as_printed(name: str, value: str, kind: str) -> str:
    """A value after gsyncd's conversion to its type and back."""
    if "\n" in value:
        raise ValueError(f"the option {name} has more than one line")
    try:
        if kind == "int":
            return str(int(value))
        if kind == "float":
            return str(float(value))
    except ValueError as exc:
        raise ValueError(f"the option {name} is {value!r}, which gsyncd cannot read as a number") from exc
    # gsyncd takes no other spelling for true.
    return str(value[:1].lower() + value[1:] == "true").lower() if kind == "bool" else value


def read_options(session: SessionId, glusterd_dir: str = GLUSTERD_DIR, template: str = TEMPLATE) -> Config:
    """:func:`effective_options` in the words of GlusterFS >= 10. Raises the same."""
    return Config.from_raw(effective_options(session, conf_path(session, glusterd_dir), template))


# --- this node's part of ``status`` and ``config`` -------------------------------------------------------------------


def read_view(
    *,
    config_of: t.Callable[[SessionId], bool] = lambda _id: True,
    started: t.Mapping[tuple[str, str], float] | None = None,
    glusterd_dir: str = GLUSTERD_DIR,
    template: str = TEMPLATE,
    now: t.Callable[[], float] = time.time,
) -> NodeView:
    """What this node knows of every session that glusterd has registered here.

    :param config_of: of which sessions to tell the effective options.
    :param started: when each session was last started on this node, by primary volume and target.
    """
    uuid = read_node_uuid(glusterd_dir)
    sessions = [
        _view_of(entry, uuid, config_of(entry.id), (started or {}).get((entry.primary_volume, entry.id.target)), glusterd_dir, template)
        for entry in read_registered(glusterd_dir)
    ]
    return NodeView(uuid, now(), sessions)


def _view_of(entry: Registered, uuid: str | None, with_config: bool, started: float | None, glusterd_dir: str, template: str) -> SessionView:
    record = stored_option(entry.primary_volume, proved.option_of(entry.id, entry.url.volume_uuid), glusterd_dir)
    view = SessionView(entry.id, entry.url.volume_uuid, [], None, started=started, record=record)
    if not os.path.exists(conf_path(entry.id, glusterd_dir)):
        return view._replace(problem="this node has no file of the session")
    try:
        options = effective_options(entry.id, conf_path(entry.id, glusterd_dir), template)
        config = Config.from_raw(options)
        if config.doubts:
            raise ValueError(f"the option {config.doubts[0]} of {conf_path(entry.id, glusterd_dir)} or {template} has a value that gsyncd cannot read")
        workers = [
            Worker.from_row(row_of(entry, brick, config.values, glusterd_dir)) for brick in bricks_of_node(entry.primary_volume, uuid, glusterd_dir)
        ]
        modified = read_modified(entry.id, glusterd_dir, config.old_words) if with_config else frozenset()
    except LookupError as exc:
        return view._replace(problem=f"{template} and the session's file lack the option {exc}")
    except (OSError, ValueError, ArithmeticError, errors.UnreadableOutput) as exc:
        return view._replace(problem=str(exc))
    return view._replace(workers=workers, config=config if with_config else None, modified=modified)


def row_of(entry: Registered, brick: Brick, options: t.Mapping[str, str], glusterd_dir: str = GLUSTERD_DIR) -> dict[str, str]:
    """A brick's row of ``status``, to the letter, in the words of GlusterFS >= 10.

    :param options: the effective ones of the session.
    :raises OSError: a file that every session has cannot be read; :raises ValueError: it holds something else.
    """
    data = dict(_DEFAULTS)
    try:
        data.update(_read_worker(status_file(entry.id, brick.path, glusterd_dir)))
    except FileNotFoundError:
        pass
    except ValueError as exc:
        raise ValueError(f"{status_file(entry.id, brick.path, glusterd_dir)} cannot be read: {exc}") from exc
    word = _monitor_word(options["state-file"])
    if word in ("Started", "Paused") and not is_locked(options["pid-file"]):
        word = "Stopped"
    if word in ("Created", "Paused", "Stopped", ""):
        data["worker_status"] = word or "Stopped"
    active = data["worker_status"] == "Active"
    return {
        "primary_node": brick.node, "primary_brick": brick.path, "primary_node_uuid": brick.node_uuid,
        "secondary_user": entry.id.secondary_user, "secondary": f"ssh://{entry.id.target}",
        "secondary_node": str(data["secondary_node"]) if data["worker_status"] in ("Active", "Passive") else _NOTHING,
        "status": str(data["worker_status"]),
        **{name: str(data[name]) if active else _NOTHING for name in ("crawl_status", "entry", "data", "meta", "failures")},
        "last_synced": _utc(data["last_synced"]) if active else _NOTHING,
        **(_checkpoint(data, int(options["checkpoint"])) if active else dict.fromkeys(_CHECKPOINT, _NOTHING)),
    }  # fmt: skip


_CHECKPOINT = ("checkpoint_time", "checkpoint_completed", "checkpoint_completion_time")


def _checkpoint(data: t.Mapping[str, t.Any], wanted: int) -> dict[str, str]:
    """What an Active worker says of its checkpoint. It may not have noticed yet that another one was set."""
    synced, known = data["last_synced"], data["checkpoint_time"]
    if wanted == 0:
        return dict.fromkeys(_CHECKPOINT, _NOTHING)
    if wanted == known:
        return {
            "checkpoint_time": _utc(known), "checkpoint_completed": str(data["checkpoint_completed"]),
            "checkpoint_completion_time": _utc(data["checkpoint_completion_time"]),
        }  # fmt: skip
    reached = isinstance(synced, int) and wanted <= synced
    return {
        "checkpoint_time": _utc(wanted), "checkpoint_completed": "Yes" if reached else "No",
        "checkpoint_completion_time": _utc(synced) if reached else _NOTHING,
    }  # fmt: skip


def _utc(value: t.Any) -> str:
    """A time as gsyncd writes it."""
    if value in (0, _NOTHING):
        return _NOTHING
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"a worker's file holds the time {value!r}")
    return datetime.fromtimestamp(value, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def is_locked(path: str) -> bool:
    """Whether a process holds the lock of a pid file, as the monitor does while it runs.

    It is asked for, not tried: a lock that is taken for a moment only would keep a monitor from starting just then.
    """
    question = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    try:
        with open(path, "rb") as file:
            answer = fcntl.fcntl(file, fcntl.F_GETLK, question)
    except FileNotFoundError:
        return False
    return bool(struct.unpack("hhqqi", answer)[0] != fcntl.F_UNLCK)
