# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What people give the role, in whatever form it arrives: AWX surveys and ``-e NAME=VALUE`` send text, where the role takes lists and numbers.

Each form that has one meaning is taken; any other is refused with the option, the value and an example. ``null`` and empty text mean
that nothing is given. Pure: the standard library only; who can read YAML brings the function for it.
"""

from __future__ import annotations

import difflib
import json
import re
import typing as t

from .._model.errors import InvalidInput, invalid
from .._model.words import truth

Load = t.Callable[[str], t.Any]  #: reads YAML; raises ValueError
PREFIX = "geo_replication_"
_SESSION = '{"primary_volume": "projects", "secondary_host": "dr1", "secondary_volume": "projects-dr"}'
_SHOWN = 200


class Kind(t.NamedTuple):
    """A variable of the role.

    :ivar kind: sessions, names, lines, truth, number, text, choice, or chosen, which is sessions or the word all.
    :ivar default: as in defaults/main.yml of the role.
    """

    kind: str
    default: t.Any
    choices: tuple[str, ...] = ()


#: The variables of the role, without the prefix that all of them have.
ROLE: dict[str, Kind] = {
    "sessions": Kind("sessions", []),
    "undeclared": Kind("choice", "keep", ("keep", "stop", "absent")),
    "secondary_hosts": Kind("names", []),
    "preflight": Kind("truth", True),
    "fix_known_faults": Kind("truth", False),
    "sync_method": Kind("choice", "auto", ("auto", "rsync", "tarssh")),
    "pin_rsync": Kind("truth", False),
    "prove": Kind("truth", True),
    "prove_timeout": Kind("number", 180),
    "restart_stalled": Kind("truth", True),
    "mountbroker_root": Kind("text", ""),
    "mountbroker_group": Kind("text", ""),
    "make_accounts": Kind("truth", True),
    "install_packages": Kind("truth", True),
    "secondary_read_only": Kind("truth", True),
    "wait_timeout": Kind("number", 120),
    "lock_timeout": Kind("number", 120),
    "known_hosts_file": Kind("text", "/var/lib/glusterd/geo-replication/known_hosts"),
    "known_hosts": Kind("lines", []),
    "trust_on_first_use": Kind("truth", False),
    "bootstrap_user": Kind("text", "root"),
    "bootstrap_password": Kind("text", ""),
    "bootstrap_private_key_file": Kind("text", ""),
    "bootstrap_private_key_passphrase": Kind("text", ""),
    "push_pem": Kind("truth", False),
    "prove_sessions": Kind("chosen", "all"),
    "prove_compare": Kind("choice", "sample", ("none", "sample", "all")),
    "prove_send_again": Kind("truth", False),
    "prove_first_copies": Kind("truth", False),
}
#: Variables with this prefix that playbooks of the collection take, and one that the role sets.
PLAYBOOKS = ("rotate_before", "key_max_age", "rpo", "report_directory", "textfile_directory", "versions", "drift")


# --- one value -------------------------------------------------------------------------------------------------------


def structured(value: t.Any, load: Load | None = None) -> t.Any:
    """A value that may be written as text, as JSON or YAML; text that is neither stays text, and empty text is nothing.

    >>> structured('["a", "b"]'), structured(" "), structured("a, b"), structured(5)
    (['a', 'b'], None, 'a, b', 5)
    """
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    for reader in (json.loads, load):
        if reader is not None:
            try:
                return reader(value)
            except (ValueError, RecursionError):
                continue
    return value


def _refused(option: str, value: t.Any, reason: str, remedy: str) -> InvalidInput:
    """The usual form; a long text is shown by its beginning, and is whole in the result."""
    error = invalid(option, value, reason, remedy)
    if isinstance(value, str) and len(value) > _SHOWN:
        error = invalid(option, f"{value[:_SHOWN]} ...", reason, remedy)
        error.value = value
    return error


def sessions_from(option: str, value: t.Any, load: Load | None = None) -> list[dict[str, t.Any]]:
    """A list of sessions, a single session, or either as text.

    :raises InvalidInput: it is neither; naming the option, the value and an example.
    """
    found = structured(value, load)
    if found is None:
        return []
    if isinstance(found, t.Mapping):
        found = [found]
    if not isinstance(found, (list, tuple)):
        raise _refused(option, value, "is not a list of sessions.", f"Write a list, and set all variables in it, for example [{_SESSION}].")
    return [_session_from(f"{option}[{index}]", item, load) for index, item in enumerate(found)]


def _session_from(option: str, value: t.Any, load: Load | None) -> dict[str, t.Any]:
    found = structured(value, load)
    if not isinstance(found, t.Mapping):
        raise _refused(option, value, "is not a session.", f"Write its options by their names, for example {_SESSION}.")
    return {str(name): part for name, part in found.items()}


def names_from(option: str, value: t.Any, load: Load | None = None, example: str = "dr1, dr2") -> list[str]:
    """A list of names, or text with commas, blanks or lines between them.

    >>> names_from("o", "a, b"), names_from("o", "- a\\n- b".replace("- ", "")), names_from("o", None)
    (['a', 'b'], ['a', 'b'], [])
    """
    found = structured(value, load)
    if found is None:
        return []
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        found = str(value).strip()
    if isinstance(found, str):
        found = [word for word in re.split(r"[,\s]+", found) if word]
    if not isinstance(found, (list, tuple)):
        raise _refused(option, value, "is not a list of names.", f"Write a list, or names with commas between them, for example {example}.")
    return [_name_from(f"{option}[{index}]", item, example) for index, item in enumerate(found)]


def _name_from(option: str, value: t.Any, example: str) -> str:
    text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not text:
        raise _refused(option, value, "is not a name.", f"Write a name, or leave the entry out, for example {example}.")
    return text


def lines_from(option: str, value: t.Any, load: Load | None = None) -> list[str]:
    """A list of lines, or text with one line each. A line may hold commas and brackets, so only a text that begins like a list is one."""
    text = value.strip() if isinstance(value, str) else ""
    # [dr1]:2222 begins a line of known_hosts.
    found = structured(text, load) if text.startswith(("- ", '["', "['", "[]")) else value
    if isinstance(found, str):
        found = found.splitlines()
    if found is None:
        return []
    if not isinstance(found, (list, tuple)) or not all(isinstance(line, str) for line in found):
        raise _refused(option, value, "is not a list of lines.", "Write a list, or a text with one entry a line, for example dr1 ssh-ed25519 AAAAC3Nza...")
    return [line for line in found if line.strip()]


def mapping_from(option: str, value: t.Any, load: Load | None = None) -> dict[str, t.Any]:
    """Options by name, or text: JSON, YAML, or NAME=VALUE with commas or lines between them.

    >>> mapping_from("o", "sync-jobs=4, log-level: INFO"), mapping_from("o", None)
    ({'sync-jobs': '4', 'log-level': 'INFO'}, {})
    """
    found = structured(value, load)
    if found is None:
        return {}
    if isinstance(found, str):
        parts = [part.strip() for part in re.split(r"[,\n]", found) if part.strip()]
        pairs = [re.match(r"([\w.-]+)\s*[:=]\s*(.*)\Z", part) for part in parts]
        found = {pair[1]: None if pair[2] in ("null", "~") else pair[2] for pair in pairs if pair} if all(pairs) else None
    if not isinstance(found, t.Mapping):
        raise _refused(option, value, "does not name options and their values.", 'Write NAME: VALUE for each, for example {"sync-jobs": 4}.')
    return {str(name): part for name, part in found.items()}


def truth_from(option: str, value: t.Any, default: bool) -> bool:
    """True or false in any of its spellings."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return default
    found = truth(value) if isinstance(value, (bool, int, str)) else None
    if found is None:
        raise _refused(option, value, "must be true or false.", "Write true or false.")
    return found


def number_from(option: str, value: t.Any, default: t.Any = None, example: t.Any = None, what: str = "a whole number") -> t.Any:
    """A whole number, not negative."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return default
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", text):
        raise _refused(option, value, f"is not {what}.", f"Write a number, for example {default if example is None else example}.")
    return int(text)


def text_from(option: str, value: t.Any, default: str = "") -> str:
    """One text; a number is one, too."""
    if value is None:
        return default
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise _refused(option, value, "must be text.", "Write one text, in quotes.")
    return str(value) or default


def choice_from(option: str, value: t.Any, default: str, choices: t.Sequence[str]) -> str:
    """One of some words."""
    word = text_from(option, value, default).strip()
    if word not in choices:
        raise _refused(option, value, "is not known.", f"Write one of {', '.join(choices)}.")
    return word


# --- the role's variables --------------------------------------------------------------------------------------------


def read(given: t.Mapping[str, t.Any], load: Load | None = None) -> dict[str, t.Any]:
    """Arguments that hold variables of the role, each as the role takes it; those that are none stay as they are.

    :raises InvalidInput: naming the variable, its value and an example.
    """
    return {name: _read_one(name, value, load) if name in ROLE else value for name, value in given.items()}


def _read_one(name: str, value: t.Any, load: Load | None) -> t.Any:
    option, (kind, default, choices) = PREFIX + name, ROLE[name]
    if kind == "sessions":
        return sessions_from(option, value, load)
    if kind == "chosen":
        return default if structured(value) in (None, default) else sessions_from(option, value, load)
    if kind == "names":
        return names_from(option, value, load)
    if kind == "lines":
        return lines_from(option, value, load)
    if kind == "truth":
        return truth_from(option, value, default)
    if kind == "number":
        return number_from(option, value, default, what="a number of seconds")
    return choice_from(option, value, default, choices) if kind == "choice" else text_from(option, value, default)


def check_variables(names: t.Iterable[str]) -> None:
    """No variable is passed over because of a slip of the pen: the run would do without what was meant.

    :param names: of all variables; those without the role's prefix, and those that resemble none of the role's, are somebody's own.
    :raises InvalidInput: naming the variable, and the one that was probably meant.
    """
    known = [*ROLE, *PLAYBOOKS]
    for name in sorted(str(name) for name in names):
        own = name[len(PREFIX) :] if name.startswith(PREFIX) else None
        if own is None or own in known:
            continue
        # sessions_paris and paris_sessions are somebody's own parts of a list.
        parts = any(own.startswith(f"{word}_") or own.endswith(f"_{word}") for word, kind in ROLE.items() if kind.kind in ("sessions", "names", "lines"))
        alike = [] if parts else difflib.get_close_matches(own.lower(), known, n=2, cutoff=_ALIKE)
        if alike:
            meant = " or ".join(PREFIX + word for word in alike)
            raise InvalidInput(
                f"{name} is set, but the role has no such variable, so it would have no effect.", remedy=f"Write {meant}, or rename the variable.", option=name
            )


#: How much a name must resemble a variable of the role, of 1, to be taken for a slip of the pen: a letter or two, or a plural.
_ALIKE = 0.8
