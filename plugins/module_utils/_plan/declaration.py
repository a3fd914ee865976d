# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What people declare, checked and completed: the list of sessions of the role, and one session as the modules take it. Touches nothing."""

from __future__ import annotations

import typing as t

from .._model import old_names
from .._model.durations import seconds_from
from .._model.errors import invalid
from .._model.identity import check_port, check_session, spelled
from .._model.options import check_config
from . import given
from .decide import check_once
from .directory import NOT_EMPTY, check_destination, overlap
from .session import CONSENTS, DECLARED, Wanted

LABEL = "geo_replication_sessions"

#: geo_replication_undeclared, and the state that it stands for.
KEEP = "keep"
UNDECLARED = {KEEP: "present", "stop": "stopped", "absent": "absent"}

#: What a declaration may leave out; the role's argument_specs.yml says the same, a test holds the two together.
DEFAULTS: dict[str, t.Any] = {"secondary_user": "root", **Wanted._field_defaults, "accept": [], "secondary_writable": False}
#: All that a declaration of the role may have.
FIELDS = (
    "primary_volume", "secondary_host", "secondary_volume", "secondary_directory", "secondary_user", "ssh_port", "state", "rpo", "config",
    "config_exclusive", "accept", "reset_sync_time", "secondary_writable",
)  # fmt: skip
#: Fields of a session that are true or false.
SWITCHES = tuple(name for name, default in Wanted._field_defaults.items() if isinstance(default, bool))


def wanted_from(params: t.Mapping[str, t.Any], prefix: str = "") -> Wanted:
    """Check one declaration.

    :param prefix: put before option names in errors, for example ``sessions[2].``.
    :raises InvalidInput: naming the option, the value and the remedy.
    """
    session = check_session(
        params["primary_volume"], params["secondary_host"], params["secondary_volume"], params["secondary_user"], prefix
    )
    only_state = bool(params.get("only_state"))
    port = None if only_state else check_port(prefix + "ssh_port", params["ssh_port"])
    config = check_config(params.get("config") or {}, prefix + "config")
    if only_state and config:
        raise invalid(prefix + "config", config, "is given, and only_state leaves all options as they are.", "Leave out one of the two.")
    if config.get("ssh-port") not in (None, str(port)):
        raise invalid(prefix + "config.ssh-port", config["ssh-port"], f"contradicts ssh_port, which is {port}.", "Write the port once, as ssh_port.")
    if params.get("reset_sync_time") and params["state"] != "absent":
        raise invalid(
            prefix + "reset_sync_time", True, "works only with state: absent. It makes a session that is created later copy all files again.", "Leave it out."
        )
    return Wanted(
        session,
        params["state"],
        port,
        config,
        frozenset(params.get("accept") or ()),
        **{name: bool(params.get(name)) for name in SWITCHES},
    )


def config_wanted_from(params: t.Mapping[str, t.Any]) -> Wanted:
    """A declaration about a session's options alone: state and port stay as they are.

    :raises InvalidInput: naming the option, the value and the remedy.
    """
    session = check_session(
        params["primary_volume"], params["secondary_host"], params["secondary_volume"], params["secondary_user"]
    )
    return Wanted(
        session,
        "present",
        None,
        check_config(params["config"]),
        frozenset(params["accept"]),
        config_exclusive=bool(params.get("config_exclusive")),
    )


class Entry(t.NamedTuple):
    """A session of the role's list, checked."""

    label: str  #: its place, for example geo_replication_sessions[2]
    given: dict[str, t.Any]  #: in the shape of the role's input, complete with its defaults
    wanted: Wanted
    rpo: t.Optional[int]  #: seconds

    @property
    def prefix(self) -> str:
        """Put before the names of options in errors."""
        return f"{self.label}."

    @property
    def directory(self) -> str | None:
        return self.given.get("secondary_directory")

    def params(self, wanted: Wanted) -> dict[str, t.Any]:
        """The session as gluster_georep_session takes it.

        :param wanted: what the plan made of the declaration.
        """
        # That module has no business with the volume on the other site.
        own = {name: value for name, value in self.given.items() if name not in ("secondary_directory", "secondary_writable")}
        return {**own, "secondary_host": wanted.id.secondary_host, "config": dict(wanted.config), "accept": _consents(self.given)}


def complete_declared(declared: t.Any, load: given.Load | None = None, label: str = LABEL) -> list[dict[str, t.Any]]:
    """The role's input with its defaults filled in; see :func:`read_declaration`.

    :raises InvalidInput: naming the entry and option at fault.
    """
    return [entry.given for entry in read_declaration(declared, load, label)]


def read_declaration(declared: t.Any, load: given.Load | None = None, label: str = LABEL) -> list[Entry]:
    """The role's input, each entry checked as the modules would check it.

    :param load: reads YAML, where the input may be text; :param label: the variable that holds the input.
    :raises InvalidInput: naming the entry and option at fault.
    """
    entries: list[Entry] = []
    for index, item in enumerate(given.sessions_from(label, declared, load)):
        entry = _read_entry(f"{label}[{index}]", item, load)
        check_once(entry.label, entry.wanted.id, {other.label: other.wanted.id for other in entries})
        _check_apart(entry, entries)
        entries.append(entry)
    return entries


def _read_entry(label: str, item: t.Mapping[str, t.Any], load: given.Load | None) -> Entry:
    prefix = f"{label}."
    for name, value in item.items():
        if name not in FIELDS:
            raise invalid(prefix + name, value, "is not an option of a session.", old_names.field_today(name, value, FIELDS))
    own = {**DEFAULTS, **{name: value for name, value in item.items() if value is not None}}
    for name in ("primary_volume", "secondary_host", "secondary_user"):
        _check_text(own, name, prefix)
    _complete_destination(own, prefix, load)
    _check_text(own, "secondary_volume", prefix)
    for name in (*SWITCHES, "secondary_writable"):
        own[name] = given.truth_from(prefix + name, own[name], DEFAULTS[name])
    own["config"] = given.mapping_from(prefix + "config", own["config"], load)
    own["ssh_port"] = given.number_from(prefix + "ssh_port", own["ssh_port"], DEFAULTS["ssh_port"], what="a TCP port")
    own["state"] = _state(prefix, own["state"])
    rpo = seconds_from(prefix + "rpo", own.pop("rpo", None))
    wanted = wanted_from({**own, "accept": _consents(own)}, prefix)
    if own["secondary_writable"] and wanted.state != "absent":
        raise invalid(
            prefix + "secondary_writable", True, "works only with state: absent. Only geo-replication may write to a volume that it replicates into.",
            "Leave it out.",
        )
    return Entry(label, own, wanted, rpo)


def _state(prefix: str, value: t.Any) -> str:
    word = value.strip() if isinstance(value, str) else value
    if word not in DECLARED:
        raise invalid(prefix + "state", value, "is not a state that can be declared.", old_names.state_today(value, DECLARED))
    return str(word)


def _accept(prefix: str, value: t.Any, load: given.Load | None) -> list[str]:
    known = (*CONSENTS, NOT_EMPTY)
    words = given.names_from(prefix + "accept", value, load, "secondary_not_empty, peer_down")
    for word in words:
        if word not in known:
            raise invalid(prefix + "accept", value, f"has {word!r}, which is not the name of a consent.", f"Write some of {', '.join(known)}.")
    return words


def _consents(own: t.Mapping[str, t.Any]) -> list[str]:
    """One consent is enough: a volume shows what its directory holds."""
    return list(dict.fromkeys("secondary_not_empty" if name == NOT_EMPTY else name for name in own["accept"]))


def _check_text(entry: t.Mapping[str, t.Any], name: str, prefix: str) -> None:
    value = entry.get(name)
    if not isinstance(value, str):
        reason, how = ("is missing.", "Write it") if value is None else ("is not text.", "Write it as text, a number in quotes")
        raise invalid(prefix + name, value, reason, f"{how}, for example {name}: {_EXAMPLES[name]}.")


_EXAMPLES = {"primary_volume": "projects", "secondary_host": "dr1", "secondary_volume": "projects-dr", "secondary_user": "geoaccount"}


def _complete_destination(entry: dict[str, t.Any], prefix: str, load: given.Load | None) -> None:
    """From a directory follows the volume over it: from here on the session is like any other."""
    entry["accept"] = _accept(prefix, entry["accept"], load)
    volume, path = entry.get("secondary_volume"), entry.get("secondary_directory")
    if volume is None and path is None:
        raise invalid(
            prefix + "secondary_volume", None, "is missing, and so is secondary_directory.",
            "Write one of the two: a volume of the secondary cluster, or a directory on secondary_host.",
        )
    if path is None:
        if NOT_EMPTY in entry["accept"]:
            raise invalid(prefix + "accept", entry["accept"], f"{NOT_EMPTY} is for secondary_directory.", "Write secondary_not_empty.")
        return
    # What was completed before has both.
    if volume is not None and volume != check_destination(prefix + "secondary_directory", entry["secondary_host"], path)[1]:
        raise invalid(
            prefix + "secondary_directory",
            path,
            f"is given beside secondary_volume = {volume!r}.",
            "Write one of the two, secondary_volume or secondary_directory.",
        )
    entry["secondary_directory"], entry["secondary_volume"] = check_destination(prefix + "secondary_directory", entry["secondary_host"], path)


def _check_apart(entry: Entry, earlier: t.Sequence[Entry]) -> None:
    for other in earlier:
        if (
            entry.directory and other.directory
            and "absent" not in (entry.wanted.state, other.wanted.state)
            and spelled(entry.wanted.id.secondary_host) == spelled(other.wanted.id.secondary_host)
            and overlap(entry.directory, other.directory)
        ):
            raise invalid(
                entry.prefix + "secondary_directory", entry.directory, f"is, contains, or is inside the directory of {other.label}.",
                "Use a separate directory for each session.",
            )


def check_undeclared(declared: t.Sequence[t.Any], undeclared: str) -> None:
    """:raises InvalidInput: a list that is empty, maybe by mistake, would end every session of the cluster."""
    if undeclared not in UNDECLARED:
        raise invalid("geo_replication_undeclared", undeclared, "is not known.", f"Write one of {', '.join(UNDECLARED)}.")
    if undeclared != KEEP and not declared:
        raise invalid(
            "geo_replication_undeclared",
            undeclared,
            f"with an empty {LABEL} would affect every session of the cluster.",
            f"Declare the sessions to keep. If every session of the cluster must be {UNDECLARED[undeclared]}, declare at least one of them with state: "
            f"{UNDECLARED[undeclared]}. The list is then not empty, and the run also changes the sessions that are not declared.",
        )
