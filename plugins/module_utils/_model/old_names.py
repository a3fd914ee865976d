# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Names of guides and inventories for GlusterFS 3, and what they are called today.

From gsyncd's own options of GlusterFS 3.3 to 3.13 (geo-replication/syncdaemon/gsyncd.py) and from how GlusterFS 4 rewrote its files
(gsyncdconfig.py, config_upgrade). Names with master and slave that GlusterFS 10 changed are in option_table.py: they are accepted.
"""

from __future__ import annotations

import difflib
import re
import typing as t

from .words import modern, truth

Today = t.Callable[[t.Any], str]  #: what to write in place of an option with this value


def _as(name: str) -> Today:
    """The same value under another name."""

    def written(value: t.Any) -> str:
        shown = "VALUE" if isinstance(value, (dict, list, tuple)) else "null" if value is None else str(value).lower() if isinstance(value, bool) else value
        return f"Write {name}: {shown}."

    return written


def _sync_method(value: t.Any) -> str:
    method = {True: "tarssh", False: "rsync"}.get(t.cast(bool, truth(value)), "tarssh (or rsync)")
    return f"Write sync-method: {method}."


def _ssh_options(value: t.Any) -> str:
    options = str(value).split(None, 1)
    return f"Write ssh-options-tar: {options[1] if len(options) > 1 else 'the options without the program'}."


#: Options of gsyncd, by their names with dashes.
_OPTIONS: dict[str, Today] = {
    "use-tarssh": _sync_method,
    "timeout": _as("secondary-timeout"),
    "ssh-command-tar": _ssh_options,
    "rollover-time": lambda value: f"It is an option of the primary volume: gluster volume set VOLUME changelog.rollover-time {value}.",
}
#: Options that GlusterFS 4 has no more, without anything in their place.
_GONE = frozenset({
    "agent", "canonicalize-url", "compress", "glusterd-uuid", "iprefix", "isolated-slave", "local-id", "local-node",
    "local-node-id", "local-path", "log-file-mbr", "mountbroker", "pause-on-start", "session-owner", "slave-id", "socketdir", "sparse",
    "state-detail-file", "turns", "volume-id",
})  # fmt: skip
#: Fields of a session, without blanks, dashes and underscores, as other collections, roles and guides call them.
_FIELDS = {
    "primary_volume": ("master", "mastervol", "mastervolume", "primary", "primaryvol", "volume", "source", "sourcevolume", "primaryvolname"),
    "secondary_host": ("slavehost", "secondaryhostname", "secondaryserver", "slavenode", "host", "remotehost", "slaveserver"),
    "secondary_volume": ("slavevol", "slavevolume", "secondaryvol", "targetvolume", "slavevolname"),
    "secondary_user": ("slaveuser", "georepuser", "user", "remoteuser", "account"),
    "secondary_directory": ("slavedirectory", "directory", "secondarydir", "secondarypath"),
    "ssh_port": ("sshport", "port"),
    "config": ("options", "configuration", "settings"),
    "accept": ("force",),
}  # fmt: skip
_BY_FIELD = {old: name for name, names in _FIELDS.items() for old in names}
#: Fields that held host and volume in one, as the gluster command takes them.
_TARGETS = ("slave", "secondary", "target", "remote", "slaveurl", "secondaryurl")
#: Words for what a session is to be.
_STATES = {
    "started": ("start", "running", "active", "up", "enabled", "on", "resume", "resumed", "true"),
    "stopped": ("stop", "inactive", "down", "disabled", "off", "false"),
    "paused": ("pause",),
    "present": ("create", "created", "exists"),
    "absent": ("delete", "deleted", "remove", "removed", "gone"),
}
_BY_STATE = {old: name for name, words in _STATES.items() for old in words}


def option_today(name: str, value: t.Any) -> tuple[str, str] | None:
    """Why an option that gsyncd does not know is known all the same, and what to write instead; None for any other.

    :param name: with dashes.
    """
    if name in _OPTIONS:
        return "is a name of GlusterFS 3.", _OPTIONS[name](value)
    if name in _GONE:
        return "is an option of GlusterFS 3. It is gone since GlusterFS 4, and gsyncd does without it.", "Leave it out."
    if re.match(r"[a-z]+\.", name):
        return "is an option of a volume, not of gsyncd.", f"Set it with the gluster command: gluster volume set VOLUME {name} {value}."
    return None


def near(name: str, known: t.Iterable[str], most: int = 2) -> list[str]:
    """The known names that are spelled most like one."""
    return difflib.get_close_matches(modern(name.lower()), list(known), n=most, cutoff=0.6)


def field_today(name: str, value: t.Any, known: t.Collection[str]) -> str:
    """What to write in place of a field of a session that does not exist."""
    plain = re.sub(r"[\s_-]", "", name.lower())
    today = _BY_FIELD.get(plain)
    if plain in _TARGETS:
        return f"Write {_target(value)}."
    if today == "accept":
        return (
            "No single word accepts everything. If a run refuses this session, its message names the word to write in accept, for example "
            "accept: [secondary_not_empty]."
        )
    if today and today.endswith("_volume") and "::" in str(value):
        return f"Write {_target(value)}."
    if today is None:
        changed = modern(name.strip().lower().replace("-", "_"))
        today = changed if changed in known else next(iter(near(name.replace("-", "_"), known, 1)), None)
    return f"Write {today}." if today else f"The fields of a session are: {', '.join(known)}."


_TARGET = re.compile(r"(?:ssh://)?(?:([^@:/\s]+)@)?([^@:/\s]+)::([^:/\s]+)\Z")


def _target(value: t.Any) -> str:
    """``[USER@]HOST::VOLUME`` in fields of their own."""
    found = _TARGET.match(str(value))
    if not found:
        return "secondary_host and secondary_volume"
    user = f", secondary_user: {found[1]}" if found[1] and found[1] != "root" else ""
    return f"secondary_host: {found[2]}, secondary_volume: {found[3]}{user}"


def target_today(value: str) -> str | None:
    """What to write where host and volume are given in one; None for anything else."""
    return f"Write {_target(value)}." if _TARGET.match(value) else None


def state_today(value: t.Any, known: t.Sequence[str]) -> str:
    """What to write in place of a state that does not exist."""
    word = str(value).strip().lower()
    today = _BY_STATE.get(word) or (word if word in known else next(iter(near(word, known, 1)), None))
    return f"Write {today}." if today else f"Write one of {', '.join(known)}."
