# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What this node remembers of a session's checkpoints from one run to the next, beside gluster's own files."""

from __future__ import annotations

import json
import os
import typing as t

from .._gluster.store import GLUSTERD_DIR, session_dir
from .._model import errors, progress
from .._model.identity import SessionId
from .._ssh import account_files, keys

#: Names, and checkpoints, that are remembered for each session, the oldest forgotten first.
KEPT = 200
_T = t.TypeVar("_T")


class Baseline(t.NamedTuple):
    """What a checkpoint is judged by in every run: one that takes it up must not call truthful what the first refused."""

    set_at: int
    failures: dict[str, int]  #: by NODE:BRICK, as far as a worker told when it was first seen


def read_names(session: SessionId, glusterd_dir: str = GLUSTERD_DIR) -> dict[str, int]:
    """The names that this node remembers, each with its time.

    :raises UnreadableOutput: so is ``read_baselines``.
    """
    return _read(
        _names_file(session, glusterd_dir), lambda name, epoch: (str(name), int(epoch)),
        "The names of checkpoints", "After that, a name that was used before sets a new checkpoint.",
    )


def remember_name(session: SessionId, name: str, epoch: int, glusterd_dir: str = GLUSTERD_DIR) -> None:
    path = _names_file(session, glusterd_dir)
    names = {**read_names(session, glusterd_dir), name: epoch}
    try:
        _write(path, dict(sorted(names.items(), key=lambda item: item[1])[-KEPT:]))
    except OSError as exc:
        raise errors.PreconditionFailed(
            f"The checkpoint {progress.iso(epoch)} of {session} is set, but its name {name} could not be written to {path}: {exc}",
            remedy="Free space there, or correct the permissions. Until then, each run with this name sets a new checkpoint.",
        ) from exc


def read_baselines(session: SessionId, glusterd_dir: str = GLUSTERD_DIR) -> dict[int, Baseline]:
    """Of each checkpoint that was set from this node, by its time. Those of older releases of this collection are not there."""

    def entry(epoch: str, found: t.Mapping[str, t.Any]) -> tuple[int, Baseline]:
        failures = {str(brick): int(count) for brick, count in found["failures"].items()}
        return int(epoch), Baseline(int(found["set_at"]), failures)

    return _read(
        _baselines_file(session, glusterd_dir), entry,
        "The failure counts that belong to the checkpoints", "Then set a new checkpoint.",
    )


def remember_baseline(session: SessionId, epoch: int, baseline: Baseline, glusterd_dir: str = GLUSTERD_DIR) -> None:
    path = _baselines_file(session, glusterd_dir)
    known = {str(old): entry._asdict() for old, entry in read_baselines(session, glusterd_dir).items() if old != epoch}
    try:
        # In the order in which they were set, whatever times they are of.
        _write(path, dict([*known.items(), (str(epoch), baseline._asdict())][-KEPT:]))
    except OSError as exc:
        raise errors.PreconditionFailed(
            f"The failure counts of {session} could not be written to {path}: {exc}. Without them, no later run could tell whether the checkpoint is complete.",
            remedy="Free space there, or correct the permissions. Then run again.",
        ) from exc


def _names_file(session: SessionId, glusterd_dir: str) -> str:
    return _file_of(session, "checkpoint-names.json", glusterd_dir)


def _baselines_file(session: SessionId, glusterd_dir: str) -> str:
    return _file_of(session, "checkpoint-failures.json", glusterd_dir)


def _file_of(session: SessionId, name: str, glusterd_dir: str) -> str:
    # glusterd removes this folder with the session: what is remembered is of one session.
    return os.path.join(session_dir(session, glusterd_dir), name)


def _read(path: str, entry: t.Callable[[str, t.Any], tuple[t.Any, _T]], what: str, consequence: str) -> dict[t.Any, _T]:
    try:
        with open(path, encoding="utf-8") as file:
            return dict(entry(name, found) for name, found in json.load(file).items())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as exc:
        raise errors.UnreadableOutput(f"{what} cannot be read from {path}: {exc}", remedy=f"Delete that file. {consequence}") from exc


def _write(path: str, content: t.Mapping[str, t.Any]) -> None:
    """:raises OSError: it stays as it was."""
    account_files.LocalFiles().replace(path, keys.encode(json.dumps(content, indent=1)), 0o600, os.geteuid(), os.getegid())
