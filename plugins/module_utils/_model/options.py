# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""gsyncd's options: names and values checked before gluster sees them, and the difference that has to be sent.

Pure: the standard library only. Why each check is there: glusterd takes almost any value, and some of them
(a word where gsyncd reads a number) make a session that nothing but an editor can mend.
"""

from __future__ import annotations

import re
import typing as t

from . import old_names
from .errors import invalid
from .option_table import BY_NAME, BY_OLD_NAME, OPTIONS, Option
from .words import same_to_glusterd, truth_of

#: The CLI takes these as keywords even where a value is due (cli-cmd-parser.c).
_KEYWORDS = frozenset({"force", "push-pem", "no-verify"})


def resolve(name: str, option: str = "config", value: t.Any = None) -> Option:
    """The option a user means: ``-`` or ``_``, new or old words.

    :param value: what it is set to; for an option of GlusterFS 3 the error names today's option with today's value.
    :raises InvalidInput: there is no such option, or users must not set it.
    """
    canonical = name.strip().replace("_", "-")
    found = BY_NAME.get(canonical) or BY_OLD_NAME.get(canonical)
    if found is None:
        today = old_names.option_today(canonical.lower(), value)
        if today:
            raise invalid(f"{option}.{name}", value, *today)
        alike = old_names.near(canonical, [o.name for o in OPTIONS if o.settable])
        hint = f"Did you mean {' or '.join(alike)}?" if alike else "See the list of options in the documentation of gluster_georep_config."
        raise invalid(f"{option}.{name}", name, "is not an option of gsyncd.", hint)
    if not found.settable:
        raise invalid(
            f"{option}.{name}",
            name,
            "is set by gsyncd and glusterd themselves. Setting it breaks the session.",
            "Leave it out.",
        )
    if found.name == "checkpoint":
        raise invalid(
            f"{option}.{name}",
            name,
            "is not a setting: 'now' would mean another time at each run.",
            "Leave it out, and set a checkpoint with the module glusterops.georep.gluster_georep_checkpoint, which also waits for it.",
        )
    return found


def canonical_value(spec: Option, value: t.Any, option: str = "config") -> str | None:
    """The one spelling of a value that glusterd and gsyncd both understand; None asks for the default.

    :raises InvalidInput: the value would be refused, misread or harmful.
    """
    label = f"{option}.{spec.name}"
    if value is None:
        return None
    if isinstance(value, (dict, list, tuple, float)):
        raise invalid(label, value, "must be a single word, number or text.", "Write one value, or null for the default.")
    if spec.kind == "bool":
        return "true" if truth_of(label, value, " (or null for the default)") else "false"
    if spec.kind == "int":
        return _integer(spec, value, label)
    if isinstance(value, bool):
        raise invalid(label, value, "must be text, and YAML read it as true or false.", "Put the value in quotes.")
    text = str(value)
    if spec.kind == "loglevel":
        if text.upper() not in ("ERROR", "WARNING", "INFO", "DEBUG"):
            raise invalid(label, value, "is not a log level of gsyncd.", "Write ERROR, WARNING, INFO or DEBUG.")
        return text.upper()
    if spec.kind == "choice":
        if text not in spec.choices:
            raise invalid(label, value, "is not a known choice.", f"Write {' or '.join(spec.choices)} (or null for the default).")
        return text
    return _free_text(spec, text, label)


def _integer(spec: Option, value: t.Any, label: str) -> str:
    text = str(value).strip()
    bounds = f"{spec.minimum} to {spec.maximum}" if spec.maximum is not None else f"{spec.minimum} or more"
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", text):
        raise invalid(
            label, value, "must be a whole number. With another value gsyncd cannot read its configuration.", f"Write a number, {bounds}."
        )
    number = int(text)
    if number < (spec.minimum or 0) or (spec.maximum is not None and number > spec.maximum):
        raise invalid(label, value, "is out of range.", f"Write a number, {bounds}.")
    return str(number)


def _free_text(spec: Option, text: str, label: str) -> str | None:
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise invalid(
            label, text, "holds a line break or control character, which would corrupt the session's configuration file.", "Write one line."
        )
    if text != text.strip():
        raise invalid(
            label, text, "begins or ends with a blank, which gsyncd drops: the value would differ at every run.", "Remove the blanks."
        )
    if not text:
        raise invalid(label, text, "is empty, which gluster's CLI does not accept.", "Write null to reset the option to its default.")
    if text in _KEYWORDS or "detail".startswith(text):
        raise invalid(label, text, "is a keyword of gluster's CLI, so it cannot be a value.", "Choose another value.")
    if spec.kind == "execpath":
        if text == spec.default:
            return None  # gluster refuses to set it by name, and takes the option back to it all the same
        if not text.startswith("/") or text.endswith("/"):
            raise invalid(
                label, text, "must be the absolute path of a program on every primary node.",
                # GlusterFS 3 had the options in the same value.
                "Write the whole path, for example /usr/bin/ssh, and options of ssh as ssh-options." if " " in text and spec.name == "ssh-command"
                else "Write the whole path, for example /usr/bin/ssh.",
            )  # fmt: skip
    return text


def check_config(config: t.Mapping[str, t.Any], option: str = "config") -> dict[str, str | None]:
    """Check a whole ``config`` mapping; the result has canonical names and values.

    :raises InvalidInput: on the first entry that cannot be.
    """
    checked: dict[str, str | None] = {}
    for name, value in config.items():
        spec = resolve(str(name), option, value)
        if spec.name in checked:
            raise invalid(f"{option}.{name}", value, f"is given twice (as {spec.name}).", "Keep one of the spellings.")
        checked[spec.name] = canonical_value(spec, value, option)
    if checked.get("rsync-opt-existing") == "false":
        raise invalid(
            f"{option}.rsync-opt-existing",
            "false",
            "lets an rsync >= 3.5 on the secondary write below the node's own root directory instead of into the volume.",
            "Leave it at its default (true).",
        )
    return checked


#: Other nodes' own options, each by canonical name: what stands in the session's file there and nowhere else.
Nodes = t.Mapping[str, t.Mapping[str, str]]


class ConfigChange(t.NamedTuple):
    """One option to change in one session."""

    name: str
    before: str | None
    after: str | None  #: None: back to the default
    reset_first: bool  #: glusterd would take the new value for the old one and ignore it
    restarts: bool  #: running workers are restarted, paused ones start to run
    nodes: tuple[tuple[str, t.Optional[str]], ...] = ()  #: where the node that was asked is right: others, and what they have

    def __str__(self) -> str:
        if self.nodes:
            before = ", ".join(f"{_shown(value)} on {node}" for node, value in self.nodes)
        else:
            before = _shown(self.before)
        return f"{self.name}: {before} -> {_shown(self.after)}"


def _shown(value: str | None) -> str:
    return "(default)" if value is None else value


def plan_config(
    current: t.Mapping[str, str],
    wanted: t.Mapping[str, str | None],
    modified: t.Collection[str],
    nodes: Nodes | None = None,
    defaults: Nodes | None = None,
) -> list[ConfigChange]:
    """What has to be sent so that ``current`` becomes ``wanted``, on every node.

    :param current: effective values by canonical name, as ``config`` without an option prints them.
    :param wanted: result of :func:`check_config`.
    :param modified: canonical names that stand in the session's own file; only these can be reset.
    :param nodes: what stands in that file on other nodes. Each node has its own, and one that was down keeps old values.
    :param defaults: what the sites' own defaults of these nodes are, see :func:`default_of`.
    """
    changes = []
    for name, after in wanted.items():
        spec = BY_NAME[name]
        before = current.get(name)
        here = name in modified if after is None else before != after
        sites = {node: (defaults or {}).get(node, {}) for node in nodes or {}}
        there = tuple((node, own.get(name, sites[node].get(name))) for node, own in (nodes or {}).items() if differs(name, own.get(name), after, sites[node]))
        if here or there:
            reset_first = after is not None and any(
                same_to_glusterd(value, after) for value in ([before] if here else []) + [value for _node, value in there]
            )
            changes.append(ConfigChange(name, before, after, reset_first, after is None or spec.restarts, () if here else there))
    return changes


def differs(name: str, own: str | None, after: str | None, site: t.Mapping[str, str]) -> bool:
    """Whether a node with this line in its file, or None, has another value than it should.

    :param site: the node's own defaults, see :func:`default_of`.
    """
    if own is None:
        return after is not None and not is_default(name, after, site)
    return own != after


def default_of(name: str, site: t.Mapping[str, str]) -> str | None:
    """What an option is in a session that does not set it.

    :param site: by canonical name, what a node's gsyncd.conf for all sessions sets otherwise than GlusterFS does.
    """
    return site.get(name, BY_NAME[name].default)


def is_default(name: str, value: str, site: t.Mapping[str, str]) -> bool:
    """Whether a session that does not set the option has this value. Where a default holds a path of the installation, any path may stand there."""
    if name in site:
        return site[name] == value
    default = BY_NAME[name].default or ""
    pattern = ".*".join(re.escape(part) for part in re.split(r"@\w+@|\$\{\w+\}", default))
    return re.fullmatch(pattern, value) is not None


#: Never reset by ``config_exclusive``: an event, and what belongs to ssh_port.
_NEVER_RESET = frozenset({"checkpoint", "ssh-port"})


def exclusive_config(
    wanted: t.Mapping[str, str | None],
    current: t.Mapping[str, str],
    modified: t.Collection[str],
    nodes: Nodes | None = None,
) -> dict[str, str | None]:
    """The declared options, and a reset for every other that somebody has set, here or on another node.

    What gsyncd writes itself stays, and so do SSH options that verify host keys: the default does not.
    """
    found = dict(wanted)
    files = [{name: current.get(name, "") for name in modified}, *(nodes or {}).values()]
    for name, value in ((name, value) for own in files for name, value in sorted(own.items())):
        spec = BY_NAME.get(name)
        if spec is None or not spec.settable or name in _NEVER_RESET or "StrictHostKeyChecking=yes" in value:
            continue
        found.setdefault(name, None)
    return found


def undeclared_differences(
    wanted: t.Mapping[str, str | None],
    current: t.Mapping[str, str],
    modified: t.Collection[str],
    nodes: Nodes,
    here: str = "this node",
    site: t.Mapping[str, str] | None = None,
    defaults: Nodes | None = None,
) -> list[str]:
    """Options that nobody declares and that are not the same on all nodes: which of the values is right, people know.

    :param site: the own defaults of the node that was asked, and :param defaults: those of the others, see :func:`default_of`.
    """
    sites = [site or {}, *((defaults or {}).get(node, {}) for node in nodes)]
    names = {name for own in [*nodes.values(), *sites] for name in own} | set(modified)
    found = []
    for name in sorted(names):
        spec = BY_NAME.get(name)
        if spec is None or not spec.settable or name in wanted or name in _NEVER_RESET:
            continue
        values = {here: current.get(name) if name in modified else sites[0].get(name)}
        values.update({node: own.get(name, default.get(name)) for (node, own), default in zip(nodes.items(), sites[1:])})
        if len(set(values.values())) > 1:
            found.append(f"{name} is " + ", ".join(f"{_shown(value)} on {node}" for node, value in values.items()))
    return found
