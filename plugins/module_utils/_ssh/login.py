# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""One login with ssh that tests a key, and what ssh_config of this node does to it.

Only the key in question may make a login succeed. Where ssh_config has more to say, a second login is made: as gsyncd makes it, or without
these files (see :mod:`client`).
"""

from __future__ import annotations

import os
import typing as t

from .._gluster import runner
from .._model import errors
from .._model.ssh_options import CONNECT, RESOLVE
from . import authorized_keys, client
from .answers import Failure, KeyFile, Verdict, classify, hung, said
from .command import Target, argv, gsyncd_argv


class Said(t.NamedTuple):
    """One answer of ssh, and what it means.

    :ivar offer: the keys that took part, as far as ssh was asked to tell that.
    """

    verdict: Verdict
    offer: client.Offer = client.Offer((), ())
    words: str = ""


class Login:
    """One path with one key."""

    def __init__(
        self,
        run: runner.Run,
        target: Target,
        key: KeyFile,
        failures: t.Sequence[Failure],
        known_hosts_file: str,
        known_hosts_text: str,
        timeout: int,
        shown_file: str | None,
    ) -> None:
        self._run, self._target, self._key, self._failures = run, target, key, failures
        self._file, self._text, self._timeout, self._shown = known_hosts_file, known_hosts_text, timeout, shown_file or known_hosts_file

    def ask(self, level: str = "INFO", bare: bool = False) -> Said:
        return self._answer(argv(self._target, self._key.path, self._file, self._timeout, level=level, bare=bare))

    def _ask_as_gsyncd(self) -> Said:
        option = "ssh-options-tar" if self._key.expected == (authorized_keys.TAR,) else "ssh-options"
        words = client.session_words(self._key.path, self._target.host, option)
        return self._answer(gsyncd_argv(self._target, self._key.path, self._file, self._timeout, words), {"SSH_AUTH_SOCK": ""})

    def _answer(self, words: list[str], env: dict[str, str] | None = None) -> Said:
        more: dict[str, t.Any] = {"env": env} if env else {}
        try:
            # ConnectTimeout covers TCP and the greeting; a name server or a hanging shell can take longer.
            rc, out, err = self._run(words, timeout=self._timeout + 5, **more)
        except errors.CommandTimeout:
            return Said(hung(self._target))
        offer = client.read_offer(err)
        told = client.plain(err).replace(self._file, self._shown)
        refused = offer.offered and not offer.by(self._key.path) and (offer.accepted or "Too many authentication failures" in told)
        if refused and self._key.path in offer.offered:
            # ssh went on with other keys, so its last words are not about this one.
            rc, out, told = 255, "", f"{self._target.user}@{self._target.host}: Permission denied (publickey)."
        verdict = classify(
            rc, out, told, self._target, self._key, failures=self._failures, known_hosts_file=self._shown, known_hosts_text=self._text
        )
        return Said(verdict, offer, said(told, out))

    def by_configuration(self, found: Said, own: t.Sequence[client.Setting]) -> Verdict:
        """What fails because of ssh_config on this node, as far as a login without it shows that."""
        verdict = found.verdict
        step, algorithms = verdict.step, verdict.fault == "no-common-encryption"
        other = self._other(found.offer)
        if other:
            offers = client.offering(own)
            line = next((setting for setting in offers if os.path.basename(setting.value) == os.path.basename(other)), offers[0])
            verdict = verdict._replace(
                message=f"{verdict.message.rstrip('.')}. ssh was able to log in with another key, {other}, which {line} adds, so gsyncd would log in with it"
            )
        if not client.concerning(own, step, algorithms):
            return verdict
        without = self.ask(bare=True)
        named = client.differences(self._run, self._target, own, step, algorithms)
        if not named:
            return verdict
        lines = ", ".join(map(str, named))
        if without.verdict.ok:
            return verdict._replace(
                fault="ssh-config",
                message=f"the key {self._key.label} works on {self._target.host}, but not with ssh's configuration on this node: {lines}. "
                f"ssh says: {found.words or 'nothing'}",
                remedy=f"{self._correct_lines}. gsyncd's ssh reads the same files.",
            )
        ways = ", ".join(str(setting) for setting in named if setting.keyword in client.WAY)
        if ways and step in (RESOLVE, CONNECT):
            return verdict._replace(
                message=f"ssh on this node goes to {self._target.host} by {ways}, and that connection failed: {found.words or 'ssh said nothing'}",
                remedy="Check these lines on this node, and the nodes and programs that they name. gsyncd's ssh reads the same files. "
                f"If they are right: {verdict.remedy}",
            )
        return verdict._replace(message=f"{verdict.message.rstrip('.')}. ssh on this node goes there by {ways}") if ways else verdict

    def as_gsyncd(self, found: Said, own: t.Sequence[client.Setting]) -> Verdict:
        """Whether gsyncd's own login works as well, which ssh_config may change where it changes nothing for a probe."""
        login = self._ask_as_gsyncd()
        if login.verdict.retry:
            login = self._ask_as_gsyncd()
        other = None if login.offer.by(self._key.path) else self._other(login.offer)
        if login.verdict.ok and not other:
            return found.verdict
        named = client.overridden(own)
        advice = "; ".join(dict.fromkeys(client.ADVICE[setting.keyword] for setting in named if setting.keyword in client.ADVICE))
        why = f"ssh offers another key first ({other}), which {self._target.host} accepts" if other else f"ssh says: {login.words or 'nothing'}"
        return login.verdict._replace(
            ok=False,
            retry=False,
            fault="ssh-config",
            message=f"{self._target.host} accepts the key {self._key.label}, but a login as gsyncd makes it does not work with ssh's configuration on this "
            f"node: {', '.join(map(str, named))}. {why}",
            remedy=self._correct_lines + (f" ({advice})." if advice else "."),
        )

    def _other(self, offer: client.Offer) -> str | None:
        """A key that the server accepted, and that is not the one in question."""
        return next((name for name in offer.accepted if name != self._key.path), None)

    @property
    def _correct_lines(self) -> str:
        return f"Correct these lines on this node, or put a Host block for {self._target.host} in front of them that sets other values"
