# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Which keys are old enough to be replaced."""

from __future__ import annotations

import datetime

from .._model import errors


def read_limit(rotate_before: str | None, max_age: int | None, now: float) -> float | None:
    """Keys made before this moment are due.

    :raises InvalidInput: with a rule by which the keys would be due again on every run.
    """
    if max_age is not None:
        if max_age < 1:
            raise errors.InvalidInput(
                f"max_age: {max_age} days would make the keys due on every run.",
                remedy="Give at least 1 day. Or give rotate_before: all keys that are older than that time are replaced.",
                option="max_age",
                value=max_age,
            )
        return now - 86400 * max_age
    if rotate_before is None:
        return None
    text = rotate_before.strip().replace(" ", "T")
    text = text[:-1] + "+00:00" if text.endswith("Z") else text
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as exc:
        raise errors.InvalidInput(
            f"rotate_before: {rotate_before!r} is not a time.",
            remedy="Write it in UTC, for example 2026-11-22T14:00:00Z.",
            option="rotate_before",
            value=rotate_before,
        ) from exc
    limit = (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp()
    if limit > now + 60:
        raise errors.InvalidInput(
            f"rotate_before: {rotate_before!r} is in the future. Until then, the keys would be due on every run.",
            remedy="Give the present time in UTC, or use max_age.",
            option="rotate_before",
            value=rotate_before,
        )
    return limit
