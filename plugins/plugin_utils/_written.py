# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What people write as text: YAML is read by Ansible, and the pure rooms are given the function for it."""

from __future__ import annotations

import contextlib
import typing as t

from ansible.errors import AnsibleError, AnsibleFilterError
from ansible.parsing.utils.yaml import from_yaml

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput


def load_yaml(text: str) -> t.Any:
    """:raises ValueError: it is not YAML."""
    try:
        return from_yaml("".join(text))
    except AnsibleError as exc:
        raise ValueError(str(exc)) from exc


@contextlib.contextmanager
def as_filter_error() -> t.Iterator[None]:
    """A filter has no result that could hold the remedy, so the message holds both."""
    try:
        yield
    except InvalidInput as exc:
        raise AnsibleFilterError(f"{exc} {exc.remedy}") from exc
