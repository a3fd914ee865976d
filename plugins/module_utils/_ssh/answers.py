# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""What an answer of ssh means: how far a login came, why it failed and what to do, and which forced command answered."""

from __future__ import annotations

import re
import typing as t

from .._model import key_lines
from .._model.ssh_options import COMMAND, CONNECT, HOST_KEY
from . import authorized_keys, known_hosts

#: What is sent. gsyncd's wrapper refuses the word ``echo`` without starting anything; tar's forced command drops
#: the first word and prints its version; a shell prints the second word. None of them does anything else.
REQUEST = "echo --version"

_DROPPED = re.compile(
    r"kex_exchange_identification|Connection closed by (?!remote host)|Connection reset by|ssh_exchange_identification"
    r"|banner exchange: Connection to|Exceeded MaxStartups",
    re.I,
)


class Target(t.NamedTuple):
    host: str
    port: int
    user: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}" + ("" if self.port == 22 else f" port {self.port}")


class KeyFile(t.NamedTuple):
    """A private key on this node, and which forced commands may answer to it."""

    path: str
    label: str
    expected: tuple[str, ...]


class Verdict(t.NamedTuple):
    """What one answer of ssh means."""

    ok: bool
    step: str
    forced_command: str | None
    message: str
    remedy: str | None
    retry: bool = False


class Failure(t.Protocol):
    """A known failure of a login: an entry of the catalogue, which is handed to this room."""

    @property
    def ssh(self) -> t.Sequence[str]:
        """Regular expressions over what ssh says."""

    @property
    def step(self) -> str:
        """The step that fails."""

    @property
    def cause(self) -> str:
        """A sentence with words in braces."""

    @property
    def remedy(self) -> str:
        """Sentences with words in braces."""

    @property
    def retry(self) -> bool:
        """Whether the same login may succeed a moment later."""


_CHANGED = re.compile(r"REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for \S+ has changed")
_SENT = re.compile(r"fingerprint for the (\S+) key sent by the remote host is\s+(\S+)")
_OFFENDING = re.compile(r"Offending (\S+) key in (\S+):(\d+)")


def changed_host_key(
    host: str, file: str, line: int | None, kind: str, old: str | None, new: str | None
) -> tuple[str, str]:
    """One wording for a changed host key, whoever noticed it."""
    where = f"{file} line {line}" if line else file
    return (
        f"the host key of {host} is not the one recorded in {where}: recorded {kind} {old or 'unknown'}, "
        f"now {new or 'unknown'}. Either {host} was reinstalled, or another machine answers under this name",
        f"Compare with 'ssh-keygen -lf /etc/ssh/ssh_host_{_short_kind(kind)}_key.pub' on the console of {host}. If the "
        "new key is right, add it to known_hosts: it replaces the old line. trust_on_first_use never accepts a "
        "changed key.",
    )


def _short_kind(kind: str) -> str:
    for word in ("ed25519", "ecdsa", "rsa"):
        if word in kind.lower():
            return word
    return "*"


def classify(
    rc: int,
    out: str,
    err: str,
    target: Target,
    key: KeyFile,
    *,
    failures: t.Sequence[Failure],
    known_hosts_file: str,
    known_hosts_text: str = "",
) -> Verdict:
    """What ssh's answer to :data:`REQUEST` means.

    :param failures: what ssh may say; the first that fits wins.
    """
    words = {
        "host": target.host,
        "port": target.port,
        "user": target.user,
        "key": key.label,
        "key_file": key.path,
        "known_hosts": known_hosts_file,
    }
    answered = _answer(rc, out, err, key)
    if answered is not None:
        return answered._replace(
            message=answered.message.format(**words), remedy=answered.remedy and answered.remedy.format(**words)
        )
    if _CHANGED.search(err):
        return _changed(err, target, known_hosts_file, known_hosts_text)
    for known in failures:
        if any(re.search(expression, err) for expression in known.ssh):
            message = known.cause.format(**words).rstrip(".")
            return Verdict(False, known.step, None, message, known.remedy.format(**words), known.retry)
    said = " / ".join(line.strip() for line in (err + "\n" + out).splitlines() if line.strip())[:300]
    if rc == 255:
        return Verdict(
            False,
            CONNECT,
            None,
            f"ssh to {target.host} failed: {key_lines.printable(said) or 'it said nothing'}",
            "Run the ssh command of the probe by hand with -v to see more.",
            bool(_DROPPED.search(err)),
        )
    return Verdict(
        False,
        COMMAND,
        authorized_keys.OTHER,
        f"{target.host} accepts the key {key.label}, but neither gsyncd nor tar answers "
        f"(exit code {rc}: {key_lines.printable(said) or 'no output'})",
        f"Look at the line of this key in the authorized_keys of {target.user} on {target.host}: its command= must name "
        "the gsyncd of that node, and the account needs a shell that can run it (not nologin).",
    )


def _changed(err: str, target: Target, known_hosts_file: str, known_hosts_text: str) -> Verdict:
    """A changed host key, told with both fingerprints.

    The "offending" line that ssh names may hold a key of another kind than the one sent; the recorded key of the
    same kind says more.
    """
    sent = _SENT.search(err)
    offending = _OFFENDING.search(err)
    kind = sent.group(1) if sent else offending.group(1) if offending else ""
    line = int(offending.group(3)) if offending and offending.group(2) == known_hosts_file else None
    file = known_hosts_file if line or not offending else offending.group(2)
    entries = known_hosts.lookup(known_hosts_text, key_lines.token(target.host, target.port))
    same_kind = [entry for entry in entries if kind and _short_kind(entry.key.kind) == _short_kind(kind)]
    named = [entry for entry in entries if entry.number == line]
    recorded = next(iter([entry for entry in same_kind if entry in named] or same_kind or named), None)
    message, remedy = changed_host_key(
        target.host,
        known_hosts_file if recorded else file,
        recorded.number if recorded else int(offending.group(3)) if offending else None,
        recorded.key.kind if recorded else kind,
        recorded.key.fingerprint if recorded else None,
        sent.group(2).rstrip(".") if sent else None,
    )
    return Verdict(False, HOST_KEY, None, message, remedy)


def _plain(text: str) -> str:
    """Words of the far end inside one of our templates."""
    return key_lines.printable(text).replace("{", "{{").replace("}", "}}")


def _answer(rc: int, out: str, err: str, key: KeyFile) -> Verdict | None:
    """A verdict when something answered at the far end; texts still hold their {placeholders}."""
    kind: str | None = None
    if re.search(r"^invoking \S+ in restricted SSH session is not allowed", err, re.M):
        kind = authorized_keys.GSYNCD
    elif re.search(r"^(?:bsd)?tar \(|^tar \(GNU tar\)|^bsdtar \d", out, re.M) and rc == 0:
        kind = authorized_keys.TAR
    elif out.strip().splitlines()[-1:] == ["--version"] or re.search(r"^echo \(GNU coreutils\)", out, re.M):
        kind = authorized_keys.SHELL
    else:
        missing = re.search(r"(\S*gsyncd)\S*: (?:No such file or directory|not found|command not found)", err)
        if missing and rc in (126, 127):
            return Verdict(
                False,
                COMMAND,
                authorized_keys.OTHER,
                "{host} accepts the key {key} and runs its forced command, but the program "
                + _plain(missing.group(1))
                + " is not there",
                "Install the GlusterFS geo-replication package on {host} (Debian: glusterfs-server). If gsyncd lives "
                "in another folder there than on the primary nodes, the command= in authorized_keys of {user} must "
                "name that folder.",
            )
        if re.search(r"gsyncd: Permission denied", err) and rc == 126:
            return Verdict(
                False,
                COMMAND,
                authorized_keys.OTHER,
                "{host} accepts the key {key}, but the account {user} is not allowed to run gsyncd",
                "Check the mode of gsyncd and of the folders above it on {host}.",
            )
        if re.search(r"tar\S*: (?:not found|command not found|No such file)", err) and rc in (126, 127):
            return Verdict(
                False,
                COMMAND,
                authorized_keys.OTHER,
                "{host} accepts the key {key}, but tar is not installed there",
                "Install tar on {host}.",
            )
        return None
    if kind in key.expected:
        names = {authorized_keys.GSYNCD: "gsyncd", authorized_keys.TAR: "tar", authorized_keys.SHELL: "a shell"}
        return Verdict(True, COMMAND, kind, f"{names[kind]} answers on {{host}} for {{user}}", None)
    if kind == authorized_keys.SHELL:
        return Verdict(
            False,
            COMMAND,
            kind,
            "{host} opens a shell for the key {key} instead of forcing " + " or ".join(key.expected),
            "authorized_keys of {user} on {host} has a line with this key but without command=, and sshd uses that line "
            "first. gsyncd then fails with 'No such file or directory'. Run with state: present and public_keys, which corrects the line.",
        )
    return Verdict(
        False,
        COMMAND,
        kind,
        f"{{host}} answers with {kind} for the key {{key}}, expected " + " or ".join(key.expected),
        "The line of this key in authorized_keys of {user} on {host} has the wrong command=. Run with state: present and "
        "public_keys, which corrects the line.",
    )


def hung(target: Target) -> Verdict:
    return Verdict(
        False,
        CONNECT,
        None,
        f"ssh to {target.host} gave no answer in time",
        f"Log in to {target.host} by hand. Usual causes: name servers that do not answer (on either side), a login "
        "script that waits, a disk that hangs.",
    )
