#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_remedy
short_description: Patch known gsyncd bugs on a node
version_added: 0.1.0
description:
  - Patches the Python sources of GlusterFS geo-replication on this node in the few places that newer Python versions no longer support.
    L(docs/known-faults.md, https://github.com/glusterops/glusterops.georep/blob/main/docs/known-faults.md) describes each bug.
  - If a file differs from the file of the GlusterFS releases, the module does not change it and says so.
  - The original file is kept beside the patched file, as C(FILE.before-georep-HASH).
  - An update of the GlusterFS package restores the bugs. Run the module again after an update.
  - A running worker uses the patched sources after its next start. A C(Faulty) worker restarts by itself.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
requirements:
  - Run it as root, on every node that has the fault.
options:
  faults:
    description:
      - Bugs to patch. A node without any of them is not changed.
    type: list
    elements: str
    choices: [python-readfp, python-isalive]
    default: [python-readfp, python-isalive]
seealso:
  - module: glusterops.georep.gluster_georep_preflight_info
"""

EXAMPLES = r"""
- name: Patch gsyncd for newer Python versions
  glusterops.georep.gluster_georep_remedy:
"""

RETURN = r"""
mended:
  description: Each file that was patched. In check mode, each file that would be patched.
  returned: success
  type: list
  elements: dict
  contains:
    fault:
      description: Name of the fault in the catalogue.
      type: str
    path:
      description: Path of the patched file.
      type: str
    backup:
      description: Path of the original file.
      type: str
commands:
  description: Always empty, because the module runs no command.
  returned: always
  type: list
  elements: dict
"""

import typing as t

from ..module_utils._faults.source_edits import EDITS
from ..module_utils._module import Call, run_module
from ..module_utils._read import preflight

KNOWN = [edit.fault for edit in EDITS]
SPEC = dict(argument_spec=dict(faults=dict(type="list", elements="str", choices=KNOWN, default=KNOWN)))


def work(call: Call) -> dict[str, t.Any]:
    mended = preflight.mend(call.params["faults"], call.check_mode)
    return dict(
        changed=bool(mended),
        mended=[{"fault": item.fault, "path": item.path, "backup": item.backup} for item in mended],
        diff=[
            {"before_header": item.path, "after_header": item.path, "before": item.before, "after": item.after}
            for item in mended
        ],
    )


def main() -> None:
    run_module(SPEC, work)


if __name__ == "__main__":
    main()
