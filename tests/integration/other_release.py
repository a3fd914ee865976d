# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One more node on the lab, of another release than the others: a secondary of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import typing as t
from pathlib import Path

from lab import GEOREP, ROOT, Lab

from playbooks import Playbooks

#: The volume of the primary cluster; that of the other node has -dr behind it.
VOLUME = "it-mixed"


@contextlib.contextmanager
def other_release(lab_inventory: str, folder: Path, release: str) -> t.Iterator[tuple[Playbooks, str]]:
    """The role's playbooks, and the name of a node of this release that has a volume."""
    name = f"other{release[:2]}"
    script = [str(ROOT / "script" / "lab")]
    lab = Lab(lab_inventory)
    # The lab of these tests may be one of several, and of any release; its folder and its nodes say which.
    home = Path(lab_inventory).parent.name
    own = lab.s1.sh(". /etc/os-release && echo $VERSION_CODENAME").strip()
    env = dict(os.environ, GEOREP_LAB=home.partition("-")[2], GEOREP_RELEASE=own)
    lab.close()
    made = subprocess.run([*script, "add-node", name, "--node-release", release], env=env, capture_output=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    lab = Lab(lab_inventory)
    try:
        node = lab.node(name)
        node.gluster("volume", "create", f"{VOLUME}-dr", f"{name}:/bricks/{VOLUME}-dr", "force")
        node.gluster("volume", "start", f"{VOLUME}-dr")
        lab.make_volume("primary", VOLUME, options={"changelog.rollover-time": "3"})
        yield Playbooks(lab, folder), name
    finally:
        lab.clean()
        for primary in lab.primaries:
            primary.sh(f"touch {GEOREP}/known_hosts && sed -i '/^{name} /d' {GEOREP}/known_hosts")
        lab.close()
        subprocess.run([*script, "remove-node", name], env=env, capture_output=True, check=True)


def declare(name: str, **more: t.Any) -> dict[str, t.Any]:
    """The role's variables: one session, to the volume of that node."""
    session = {"primary_volume": VOLUME, "secondary_host": name, "secondary_volume": f"{VOLUME}-dr", **more}
    return {"geo_replication_sessions": [session], "geo_replication_secondary_hosts": [name]}
