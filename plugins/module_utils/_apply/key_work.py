# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What the modules about keys share: what comes from outside, what they report, and what is remembered of keys."""

from __future__ import annotations

import typing as t

from .._gluster import runner
from .._model import ssh_options
from .._ssh import bootstrap, key_record
from .._ssh.account_files import LocalFiles


class Context(t.NamedTuple):
    """What comes from outside: how to run commands, and where things are."""

    run: runner.Run
    node: str
    check_mode: bool
    georep_dir: str = ssh_options.GEOREP_DIR
    login: t.Callable[..., t.Any] = bootstrap.Login


class Report:
    """A module's result, filled as the work goes on, so that a failure shows what was done before it."""

    #: Parts of ``before`` and ``after``, and their headers in a diff.
    PARTS: t.ClassVar[dict[str, str]] = {}

    def __init__(self) -> None:
        self.changed = False
        self.notes: list[str] = []
        self.before: dict[str, t.Any] = {part: {} for part in self.PARTS}
        self.after: dict[str, t.Any] = {part: {} for part in self.PARTS}

    def fields(self) -> dict[str, t.Any]:
        """What this module alone returns."""
        raise NotImplementedError

    def as_result(self) -> dict[str, t.Any]:
        """The result without the commands."""
        return {
            "changed": self.changed,
            **self.fields(),
            "notes": self.notes,
            "before": self.before,
            "after": self.after,
            "diff": self.diff(),
        }

    def diff(self) -> list[dict[str, str]]:
        """Fingerprints and comments only; equal parts are left out."""
        found = []
        for part, header in self.PARTS.items():
            for name in {**self.before[part], **self.after[part]}:
                old, new = _text(self.before[part].get(name)), _text(self.after[part].get(name))
                if old != new:
                    title = f"{header} ({name})"
                    found.append({"before_header": title, "after_header": title, "before": old, "after": new})
        return found


def _text(value: t.Any) -> str:
    lines = value if isinstance(value, list) else [value] if value else []
    return "".join(f"{line}\n" for line in lines)


def sweep(paths: t.Iterable[str]) -> None:
    """Remove the temporary files of modules that were killed while they wrote these; files in use are not touched."""
    for path in paths:
        LocalFiles().sweep(path)


def rewrite_record(ctx: Context, report: Report, record: key_record.Record | None) -> None:
    """Write the record of distributed keys, unless this is a check run; None: it stays as it is."""
    before = key_record.read(ctx.georep_dir)
    report.before["recorded"] = report.after["recorded"] = {key_record.NAME: key_record.shown(before)}
    if record is None:
        return
    report.changed = True
    report.after["recorded"] = {key_record.NAME: key_record.shown(record)}
    if not ctx.check_mode:
        key_record.write(record, ctx.georep_dir)
