# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster that is played, where modules look for a real one."""

from __future__ import annotations

import time
import types

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import checkpoint, directory, secondary, session
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import runner, store
from ansible_collections.glusterops.georep.plugins.module_utils._host import mounts, names
from ansible_collections.glusterops.georep.plugins.module_utils._read import facts, inform, local
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import World


def at_home(world: World, patch: pytest.MonkeyPatch) -> None:
    """Have modules use a cluster's folder, clock, mounts and names as they are."""
    folder = str(world.folder)
    time_sleep, time_monotonic = time.sleep, time.monotonic
    patch.setattr("os.path.ismount", lambda path: path in world.mounted)
    patch.setattr("time.sleep", world.time.sleep)
    patch.setattr("time.monotonic", lambda: world.time.now)
    # Private mounts leave something there if they are not ended.
    place = world.folder / "run"
    place.mkdir()
    patch.setattr(mounts, "PLACE", str(place))
    patch.setattr(names, "_resolves", lambda host: host not in world.lost_names)
    patch.setattr(names, "_is_lent", lambda host: host in world.lent_names)
    steady = types.SimpleNamespace(now=lambda: world.time.now, sleep=world.time.sleep)
    patch.setattr(session, "Clock", lambda: steady)
    patch.setattr(checkpoint, "Clocks", lambda: types.SimpleNamespace(steady=steady, calendar=time.time))
    for function in (facts.gather, facts.look_again, store.read_registered, store.read_modified, inform.inform, local.read_local):
        if function.__kwdefaults__:
            own = {"glusterd_dir": folder, "log_dir": f"{folder}/log"}
            patch.setattr(function, "__kwdefaults__", {name: own.get(name, value) for name, value in function.__kwdefaults__.items()})
        else:
            patch.setattr(function, "__defaults__", (folder,))
    # A default argument keeps the function that it was defined with.
    for waiting in (runner.GlusterCli.__init__, secondary.set_read_only, directory.converge):
        for place in ("__kwdefaults__", "__defaults__"):
            given = getattr(waiting, place)
            swapped = {time_sleep: world.time.sleep, time_monotonic: steady.now}
            if isinstance(given, dict):
                patch.setattr(waiting, place, {name: swapped.get(value, value) if callable(value) else value for name, value in given.items()})
            elif given:
                patch.setattr(waiting, place, tuple(swapped.get(value, value) if callable(value) else value for value in given))
    for settings, more in ((session.Settings, ()), (checkpoint.CheckpointSettings, (f"{folder}/log",))):
        own_defaults = (folder, *more)
        defaults = settings.__new__.__defaults__ or ()
        patch.setattr(settings.__new__, "__defaults__", (*defaults[: -len(own_defaults)], *own_defaults))
