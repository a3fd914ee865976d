# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The connections of this node to secondary nodes: what sshd there goes by may depend on them."""

from __future__ import annotations

import typing as t

from .._gluster.runner import Run
from .._model.destination import Destination
from .._ssh import client, paths
from .names import Wanted, routes


def logins_of(destinations: t.Sequence[Destination], run: Run) -> list[dict[str, t.Any]]:
    """One entry for each account on each node to which there is a route, with the addresses that ssh_config gives it. No packet is sent."""
    found = {target: client.dialled(run, target) for target in paths.targets_of(destinations)}
    wanted = {target: Wanted(dialled.host, target.port, dialled.bind) for target, dialled in found.items() if dialled}
    ways = routes(wanted.values())
    return [
        {"user": target.user, "address": ways[where][0], "local_address": ways[where][1], "port": target.port}
        for target, where in wanted.items()
        if where in ways
    ]
