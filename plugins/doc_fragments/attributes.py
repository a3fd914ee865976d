# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What all modules document: attributes, of which each module still states its own C(support), and what every module needs."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - ansible-core 2.16 or newer on the controller.
  - Python 3.9 to 3.14 on the host that runs it. Python 3.8 and older cannot run it, and Python 3.14 needs ansible-core 2.20 or newer.
attributes:
  check_mode:
    description:
      - Can run in C(check_mode) and predict exactly what a real run changes, without changing anything.
  diff_mode:
    description:
      - Shows in diff mode what changed, or in check mode what would change.
  idempotent:
    description:
      - When run twice in a row with the same arguments outside check mode, the second run changes nothing.
      - This assumes that the clusters themselves were not changed in between.
"""

    # For modules that only read.
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module never changes anything.
  diff_mode:
    support: N/A
    details:
      - This module never changes anything.
  idempotent:
    support: full
    details:
      - This module never changes anything.
"""

    # For modules with lock_timeout, the one option that every module of the group has.
    ACTIONGROUP_GEOREP = r"""
options: {}
attributes:
  action_group:
    description:
      - Use C(group/glusterops.georep.georep) in C(module_defaults) to set a default of O(lock_timeout).
      - Set no other option there. Every module of the group gets it, and a module that does not have the option fails.
    support: full
    membership:
      - glusterops.georep.georep
"""
