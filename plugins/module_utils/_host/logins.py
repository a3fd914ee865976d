# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The connections of this node to secondary nodes: what sshd there goes by may depend on them."""

from __future__ import annotations

import typing as t

from .._model.destination import Destination
from .._ssh import paths
from .names import routes


def logins_of(destinations: t.Sequence[Destination]) -> list[dict[str, t.Any]]:
    """One entry for each account on each node to which there is a route. No packet is sent."""
    targets = paths.targets_of(destinations)
    ways = routes((target.host, target.port) for target in targets)
    return [
        {"user": target.user, "address": ways[where][0], "local_address": ways[where][1], "port": target.port}
        for target in targets
        for where in [(target.host, target.port)]
        if where in ways
    ]
