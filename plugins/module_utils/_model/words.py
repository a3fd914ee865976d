# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Words that mean the same: true and false, and the names that GlusterFS 10 changed.

Pure: the standard library only.
"""

from __future__ import annotations

import re
import typing as t

from .errors import invalid

#: What YAML 1.1 and Ansible, gsyncd (gsyncdconfig.py, boolify) and glusterd (common-utils.c, gf_string2boolean) take for true and false.
_TRUE = frozenset({"true", "yes", "on", "1", "y", "t", "enable"})
_FALSE = frozenset({"false", "no", "off", "0", "n", "f", "disable"})

_OLD_WORDS = (("master", "primary"), ("slave", "secondary"))


def truth(value: t.Any) -> bool | None:
    """Whether a value means true or false; None if it is neither, such as an option that is not set.

    >>> truth("Yes"), truth("disable"), truth(True), truth(None), truth("")
    (True, False, True, None, None)
    """
    word = str(value).strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def truth_of(option: str, value: t.Any, more: str = "") -> bool:
    """The truth value that an option is given.

    :param more: the end of the remedy, for options that take other values too.
    :raises InvalidInput: the value is neither true nor false.
    """
    found = truth(value)
    if found is None:
        raise invalid(option, value, "must be true or false.", f"Write true or false{more}.")
    return found


def same_to_glusterd(before: str | None, after: str) -> bool:
    """Whether glusterd takes two different values for one, and ignores the new one (glusterd-geo-rep.c:4193).

    glusterd compares truth values by a list of its own: 1, yes, true are true; if the old value is 0, no or false, every
    other new value is false. All other values are compared as they are, 5 with 1 too.
    """
    truths = ("1", "yes", "true")
    if before in ("0", "no", "false"):
        return after not in truths
    return before in truths and after in truths


def modern(name: str) -> str:
    """An element or option name in the words of GlusterFS >= 10.

    >>> modern("slave_user"), modern("master-node"), modern("session_slave"), modern("isolated_slaves")
    ('secondary_user', 'primary-node', 'session_secondary', 'isolated_secondarys')
    """
    for old, new in _OLD_WORDS:
        name = re.sub(rf"(?<![a-z]){old}(?=s?(?![a-z]))", new, name)
    return name


def to_old_words(name: str) -> str:
    """The same name as GlusterFS up to 9 spells it.

    >>> to_old_words("secondary-timeout"), to_old_words("isolated-secondarys")
    ('slave-timeout', 'isolated-slaves')
    """
    for old, new in _OLD_WORDS:
        name = re.sub(rf"(?<![a-z]){new}(?=s?(?![a-z]))", old, name)
    return name
