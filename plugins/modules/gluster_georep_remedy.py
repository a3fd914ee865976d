#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gluster_georep_remedy
short_description: Mend known faults in gsyncd's sources on a node
version_added: 0.1.0
description:
  - Changes the few words in the Python sources of GlusterFS geo-replication that newer Pythons no longer know, on the node
    it runs on. L(docs/known-faults.md, https://github.com/glusterops/georep/blob/main/docs/known-faults.md) tells each.
  - A file that is not exactly as the releases of GlusterFS had it is left alone, and the module says so.
  - The file as it was is kept beside it, as C(FILE.before-georep-HASH).
  - An update of the GlusterFS package brings the old words back. Running this again mends them again.
  - Running workers take notice the next time they start; a worker that is C(Faulty) does so by itself.
author:
  - GlusterOps contributors (@glusterops)
extends_documentation_fragment:
  - glusterops.georep.attributes
  - glusterops.georep.attributes.actiongroup_georep
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
      - Which faults to mend. A node that has none of them is left as it is.
    type: list
    elements: str
    choices: [python-readfp, python-isalive]
    default: [python-readfp, python-isalive]
seealso:
  - module: glusterops.georep.gluster_georep_preflight
"""

EXAMPLES = r"""
- name: Mend what newer Pythons no longer know
  glusterops.georep.gluster_georep_remedy:
"""

RETURN = r"""
mended:
  description: Each file that was mended; in check mode, would be.
  returned: success
  type: list
  elements: dict
  contains:
    fault:
      description: The fault's name in the catalogue.
      type: str
    path:
      description: The file.
      type: str
    backup:
      description: Where the file as it was is kept.
      type: str
commands:
  description: Always empty, as no command is needed.
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._georep.source_edits import EDITS
from ..module_utils._model.errors import GeorepError
from ..module_utils._operate import preflight


def main() -> None:
    known = [edit.fault for edit in EDITS]
    module = AnsibleModule(
        argument_spec=dict(faults=dict(type="list", elements="str", choices=known, default=known)),
        supports_check_mode=True,
    )
    try:
        mended = preflight.mend(module.params["faults"], module.check_mode)
    except GeorepError as exc:
        module.fail_json(commands=[], **exc.as_result())
    module.exit_json(
        changed=bool(mended),
        commands=[],
        mended=[{"fault": item.fault, "path": item.path, "backup": item.backup} for item in mended],
        diff=[
            {"before_header": item.path, "after_header": item.path, "before": item.before, "after": item.after}
            for item in mended
        ],
    )


if __name__ == "__main__":
    main()
