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
from .._model.ssh_options import COMMAND, CONNECT, HOST_KEY, KEY
from . import authorized_keys, known_hosts
from .command import Target

_DROPPED = re.compile(
    r"kex_exchange_identification|Connection closed by (?!remote host)|Connection reset by|ssh_exchange_identification"
    r"|banner exchange: Connection to|Exceeded MaxStartups",
    re.I,
)
#: What a shell, and sshd with it, exits with if it does not find the program, and if it must not run it: in any language.
_MISSING, _NOT_RUNNABLE = 127, 126
#: ssh itself failed, or the login did.
_SSH_FAILED = 255
#: Lines that are ssh's own.
_OF_SSH = re.compile(r"^(?:\*\* |Warning: |debug\d: |ssh: |\S+_exchange_identification: |(?:Connection|Received disconnect|Disconnected|Authenticated) )")
_ENDED = re.compile(r"^Connection closed by \S+ port \d+", re.M)


class KeyFile(t.NamedTuple):
    """A private key on this node, and which forced commands may answer to it."""

    path: str
    label: str
    expected: tuple[str, ...]


class Verdict(t.NamedTuple):
    """What one answer of ssh means.

    :ivar fault: the entry of the catalogue that ssh's words match; empty if none does.
    """

    ok: bool
    step: str
    forced_command: str | None
    message: str
    remedy: str | None
    retry: bool = False
    fault: str = ""


class Failure(t.Protocol):
    """A known failure of a login: an entry of the catalogue, which is handed to this room."""

    @property
    def id(self) -> str:
        """Its name in the catalogue."""

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
        "new key is right, give it in the option known_hosts (in the role: geo_replication_known_hosts): it replaces the old line. "
        "trust_on_first_use never accepts a changed key.",
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
        "login": target.user,
        "key": key.label,
        "key_file": key.path,
        "known_hosts": known_hosts_file,
    }
    if rc == _SSH_FAILED and _CHANGED.search(err):
        return _changed(err, target, known_hosts_file, known_hosts_text)
    found = _answer(rc, out, err, key) or _known(rc, out, err, failures) or _not_run(rc, out, err, key) or _unknown(rc, out, err)
    if found.step == CONNECT and found.retry:
        # Whatever ends a connection: the node's own words say more.
        found = _ended(err) or found
    return found._replace(message=found.message.format(**words), remedy=found.remedy and found.remedy.format(**words))


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


def said(*texts: str) -> str:
    """The last of what was said, on one line. ssh's advice on post-quantum algorithms explains no failure."""
    lines = [line.strip() for text in texts for line in text.splitlines() if line.strip() and not line.startswith("** ")]
    return key_lines.printable(" / ".join(line[:300] for line in lines[-4:]))


def _said(*texts: str) -> str:
    """The same inside a template."""
    return _plain(said(*texts))


_CORRECTS = "Run gluster_ssh_trust, or gluster_georep_authorized_keys on {host}, with state: present and public_keys: this corrects the line."


def _answer(rc: int, out: str, err: str, key: KeyFile) -> Verdict | None:
    """A verdict if one of the forced commands or a shell answered; texts still hold their {placeholders}."""
    found = _answering(rc, out, err)
    if found is None:
        return None
    kind, before = found
    names = {authorized_keys.GSYNCD: "gsyncd", authorized_keys.TAR: "tar", authorized_keys.SHELL: "a shell"}
    if kind in key.expected and before:
        return Verdict(
            False,
            COMMAND,
            kind,
            f"{{host}} accepts the key {{key}}, but something prints on standard output before {names[kind]} answers: "
            f"{_said(before) or 'an empty line'}. gsyncd and rsync read this text as data",
            "Mostly it is a login script. On {host}, look for commands that print: in .bashrc, .profile and .ssh/rc of {user}, in /etc/profile.d, "
            "/etc/bash.bashrc, /etc/bashrc and /etc/ssh/sshrc. Let them print only in interactive shells, or to standard error.",
        )
    if kind in key.expected:
        return Verdict(True, COMMAND, kind, f"{names[kind]} answers on {{host}} for {{user}}", None)
    if kind == authorized_keys.SHELL:
        return Verdict(
            False,
            COMMAND,
            kind,
            "{host} opens a shell for the key {key} instead of forcing " + " or ".join(key.expected),
            "authorized_keys of {user} on {host} has a line with this key but without command=, and sshd uses that line "
            "first. gsyncd then fails with 'No such file or directory'. " + _CORRECTS,
        )
    return Verdict(
        False,
        COMMAND,
        kind,
        f"{{host}} answers with {kind} for the key {{key}}, expected " + " or ".join(key.expected),
        "The line of this key in authorized_keys of {user} on {host} has the wrong command=. " + _CORRECTS,
    )


def _answering(rc: int, out: str, err: str) -> tuple[str, str] | None:
    """What answers, and what stands on standard output before its answer, which has to be the only thing there."""
    if re.search(r"^invoking \S+ in restricted SSH session is not allowed", err, re.M):
        return authorized_keys.GSYNCD, out
    version = re.search(r"^(?:(?:bsd)?tar \(|bsdtar \d)", out, re.M)
    if version and rc == 0:
        return authorized_keys.TAR, out[: version.start()]
    version = re.search(r"^echo \(GNU coreutils\)", out, re.M)
    if version:
        return authorized_keys.SHELL, out[: version.start()]
    echoed = re.search(r"^--version\s*\Z", out, re.M)
    return (authorized_keys.SHELL, out[: echoed.start()]) if echoed else None


def _known(rc: int, out: str, err: str, failures: t.Sequence[Failure]) -> Verdict | None:
    """A failure of the catalogue; texts still hold their {placeholders}.

    What runs on the secondary node after the login may print anything, also what ssh says of its own failures: there the exit code decides.
    """
    for known in failures:
        after_login = known.step == COMMAND
        text = f"{err}\n{out}" if after_login else err
        found = next(filter(None, (re.search(expression, text) for expression in known.ssh)), None)
        if found and (after_login or rc == _SSH_FAILED):
            cause = known.cause.rstrip(".") + (f". {{host}} says: {_said(err, out)}" if after_login else "")
            for name, value in found.groupdict().items():
                cause = cause.replace(f"{{{name}}}", _plain(value or ""))
            answers = authorized_keys.OTHER if rc != _SSH_FAILED else None
            return Verdict(False, known.step, answers, cause, known.remedy, known.retry, known.id)
    return None


def known_words(text: str, target: Target, login: str, failures: t.Sequence[Failure], steps: t.Sequence[str]) -> tuple[str, str, str] | None:
    """A failure of the catalogue by what a node said in another login than a probe's: step, message and remedy; None: it said none of that.

    :param login: what the login was made with, in words.
    """
    for known in failures:
        found = next(filter(None, (re.search(expression, text) for expression in known.ssh)), None) if known.step in steps else None
        if found:
            words = {"host": target.host, "port": target.port, "user": target.user, "login": target.user, "key": login, "key_file": login, "known_hosts": ""}
            words.update({name: value or "" for name, value in found.groupdict().items()})
            cause = known.cause.rstrip(".").replace("the key {key}", "{key}").replace("accepts the key", "accepts the login")
            return known.step, cause.format(**words), known.remedy.replace(" The worker then starts by itself.", "").format(**words)
    return None


def _ended(err: str) -> Verdict | None:
    """A login that the secondary node ended with a sentence of its own, mostly PAM's, whose words are known to nobody but its administrator."""
    said = [line for line in err.splitlines() if line.strip() and not _OF_SSH.search(line)]
    if not said or not _ENDED.search(err):
        return None
    return Verdict(
        False,
        KEY,
        None,
        f"{{host}} ended the login of {{user}} and said: {_said(*said)}",
        "The line in authorized_keys is not the cause. On {host}, read what sshd and PAM logged at that time (journalctl -t sshd, or /var/log/auth.log "
        "or secure), and check the account: chage -l {user}, passwd -S {user}, /run/nologin, /etc/nologin, /etc/security/access.conf.",
    )


def _not_run(rc: int, out: str, err: str, key: KeyFile) -> Verdict | None:
    """A forced command that the account's shell could not run; texts still hold their {placeholders}.

    The exit code says so in every language. tcsh alone has no such code, and speaks English.
    """
    missing = rc == _MISSING or (rc == 1 and re.search(r"^\S+: Command not found\.", err, re.M))
    if not missing and rc != _NOT_RUNNABLE and not (rc == 1 and re.search(r"^/\S+: Permission denied\.", err, re.M)):
        return None
    code = f" (exit code {rc}: {_said(err, out) or 'no output'})"
    name = _program(err, key)
    if not missing:
        return Verdict(
            False,
            COMMAND,
            authorized_keys.OTHER,
            f"{{host}} accepts the key {{key}}, but the account {{user}} is not allowed to run {name.rsplit('/', 1)[-1]}{code}",
            "On {host}, check the mode of that program and of the folders above it, the mount option noexec, and SELinux (ausearch -m avc).",
        )
    if name.rsplit("/", 1)[-1] == "tar":
        message, remedy = ", but tar is not installed there", "Install tar on {host}."
    else:
        message = f" and runs its forced command, but {name} is not there"
        remedy = (
            "If gsyncd is not installed on {host}, install it (Debian: glusterfs-server, RPM systems: glusterfs-geo-replication). If gsyncd is in another "
            "folder on {host} than on the primary nodes, run the role again, or gluster_georep_authorized_keys on {host}: both write that node's own "
            "path into command= of this cluster's keys. If Ansible cannot log in to {host}, change command= in authorized_keys of {user} by hand; later "
            "runs keep this change."
        )
    return Verdict(False, COMMAND, authorized_keys.OTHER, "{host} accepts the key {key}" + message + code, remedy)


def _program(err: str, key: KeyFile) -> str:
    """What a shell could not run, inside a template: as it names it, else what the key is for."""
    gsyncd = re.search(r"(?:/[^\s:'\"`]*/)?gsyncd(?:\.py)?(?![\w./])", err)
    path = re.search(r"(?<![^\s:'\"`])/[^\s:'\"`]+", (err.strip().splitlines() or [""])[-1])
    if gsyncd or path:
        return "the program " + _plain((gsyncd or path).group(0))  # type: ignore[union-attr]
    if re.search(r"(?<![\w.-])tar(?![\w.-])", err):
        return "tar"
    return {authorized_keys.GSYNCD: "the program gsyncd", authorized_keys.TAR: "tar"}.get("".join(key.expected), "the program that it names")


def _unknown(rc: int, out: str, err: str) -> Verdict:
    """An answer that no rule knows; texts still hold their {placeholders}."""
    said = _said(err, out)
    if rc == _SSH_FAILED:
        return Verdict(
            False,
            CONNECT,
            None,
            f"ssh to {{host}} failed: {said or 'it said nothing'}",
            "Run ssh to {host} by hand on the primary node, with -v, to see more.",
            bool(_DROPPED.search(err)),
        )
    return Verdict(
        False,
        COMMAND,
        authorized_keys.OTHER,
        f"{{host}} accepts the key {{key}}, but neither gsyncd nor tar answers (exit code {rc}: {said or 'no output'})",
        "Check the line of this key in the authorized_keys of {user} on {host}: its command= must name the gsyncd of that node. The account needs a "
        "shell that can run it (not nologin or false), and sshd_config must not set a ForceCommand for the account.",
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
