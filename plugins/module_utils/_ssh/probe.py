# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Does the way from this node to a secondary node work, step by step, and which forced command answers at its end?

The system's own ssh client is used, as gsyncd uses it: same configuration, same crypto policy.
"""

from __future__ import annotations

import concurrent.futures
import random
import re
import time
import typing as t

from .._gluster import runner
from .._model import errors
from . import authorized_keys, georep_keys, keys, known_hosts

#: The steps, in the order in which they can fail.
RESOLVE, CONNECT, HOST_KEY, KEY, COMMAND = "resolve", "connect", "host_key", "key", "forced_command"

#: What is sent. gsyncd's wrapper refuses the word ``echo`` without starting anything; tar's forced command drops
#: the first word and prints its version; a shell prints the second word. None of them does anything else.
REQUEST = "echo --version"

#: Where sshd drops connections at random (MaxStartups), asking again is the answer.
ATTEMPTS = 3
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


class Result(t.NamedTuple):
    target: Target
    key: KeyFile
    verdict: Verdict
    seconds: float

    def as_dict(self) -> dict[str, t.Any]:
        return {
            "host": self.target.host,
            "port": self.target.port,
            "user": self.target.user,
            "key": self.key.label,
            "key_file": self.key.path,
            "step": self.verdict.step,
            "ok": self.verdict.ok,
            "forced_command": self.verdict.forced_command,
            "message": self.verdict.message,
            "remedy": self.verdict.remedy,
            "seconds": self.seconds,
        }


def strict_options(known_hosts_file: str) -> list[str]:
    """ssh options that check host keys against our own file only, and never write to it.

    CheckHostIP would make older clients (OpenSSH 8.4, Debian 11) add addresses to the file by themselves.
    """
    return [
        "-oStrictHostKeyChecking=yes",
        f"-oUserKnownHostsFile={known_hosts_file}",
        "-oGlobalKnownHostsFile=/dev/null",
        "-oCheckHostIP=no",
        "-oUpdateHostKeys=no",
    ]


def session_options(known_hosts_file: str, georep_dir: str = georep_keys.GEOREP_DIR) -> dict[str, str]:
    """gsyncd's SSH options with host keys verified strictly; all GlusterFS releases ship them with verification off."""
    return {
        option: " ".join(["-oPasswordAuthentication=no", *strict_options(known_hosts_file), "-i", f"{georep_dir}/{key}"])
        for option, key in (("ssh-options", "secret.pem"), ("ssh-options-tar", "tar_ssh.pem"))
    }


def argv(target: Target, key_file: str, known_hosts_file: str, connect_timeout: int) -> list[str]:
    return [
        "ssh",
        "-T",
        "-oBatchMode=yes",
        *strict_options(known_hosts_file),
        "-oIdentitiesOnly=yes",
        "-oIdentityAgent=none",
        "-oPreferredAuthentications=publickey",
        "-oControlPath=none",
        "-oClearAllForwardings=yes",
        "-oLogLevel=INFO",
        f"-oConnectTimeout={connect_timeout}",
        f"-p{target.port}",
        "-i",
        key_file,
        "-l",
        target.user,
        "--",
        target.host,
        REQUEST,
    ]


class _Known(t.NamedTuple):
    pattern: str
    step: str
    message: str
    remedy: str
    retry: bool = False


#: What ssh says, in plain words. The first pattern that fits wins.
_FAILURES = (
    _Known(
        r"Could not resolve hostname .*(Temporary failure|Try again)",
        RESOLVE,
        "the name {host} cannot be resolved at the moment (the name server does not answer)",
        "Check this node's name servers (/etc/resolv.conf), or put {host} into /etc/hosts on every primary node.",
        True,
    ),
    _Known(
        r"Could not resolve hostname",
        RESOLVE,
        "the name {host} cannot be resolved on this node",
        "Put {host} into DNS or into /etc/hosts on every primary node. gluster uses the names under which the bricks "
        "of the secondary volume were made, also when they are internal to that site.",
    ),
    _Known(
        r"Connection refused",
        CONNECT,
        "{host} is up but nothing listens on TCP port {port}",
        "Start sshd on {host}, or give the port it listens on as ssh_port.",
    ),
    _Known(
        r"connect to host .* Connection timed out|connect to host .* Operation timed out|Connection timed out during",
        CONNECT,
        "{host} does not answer on TCP port {port}",
        "Check that {host} is up and that firewalls on the way let TCP port {port} through from every primary node.",
    ),
    _Known(
        r"No route to host|Network is unreachable|Host is down",
        CONNECT,
        "there is no network path to {host}",
        "Check routing and firewalls between this node and {host}, and that {host} is up.",
    ),
    _Known(
        r"connect to host .* (?:Permission denied|Operation not permitted)",
        CONNECT,
        "a local firewall rule on this node forbids connections to {host} port {port}",
        "Allow outgoing TCP to {host} port {port}.",
    ),
    _Known(
        r"REVOKED HOST KEY",
        HOST_KEY,
        "the host key of {host} is marked @revoked in {known_hosts}",
        "Find out why it was revoked. Give {host} a new host key, and that key in known_hosts.",
    ),
    _Known(
        r"(?:Could not|can't|cannot) .*load .*known|known_hosts.*Permission denied",
        HOST_KEY,
        "ssh cannot read {known_hosts}",
        "Run as root (become: true).",
    ),
    _Known(
        r"No \S+ host key is known for|Host key verification failed",
        HOST_KEY,
        "the host key of {host} is not in {known_hosts}",
        "Give the key in known_hosts (on {host}: /etc/ssh/ssh_host_*_key.pub), or consent to "
        "trust_on_first_use: true and compare the fingerprints afterwards.",
    ),
    _Known(
        r"UNPROTECTED PRIVATE KEY FILE|bad permissions",
        KEY,
        "ssh refuses the private key {key}: other users of this node can read it",
        "Run: chmod 0600 {key_file}",
    ),
    _Known(
        r"Identity file .* not accessible|Load key .*(?:No such file|Permission denied)",
        KEY,
        "the private key {key_file} cannot be read",
        "Run as root, or make the keys with generate_keys: true.",
    ),
    _Known(
        r"Load key .*(?:invalid format|error in libcrypto|incorrect passphrase)",
        KEY,
        "{key_file} is not a private key that ssh can use (damaged, or protected by a passphrase)",
        "Put a working key without passphrase there.",
    ),
    _Known(
        r"Too many authentication failures",
        KEY,
        "{host} ended the login after too many keys were offered, or its MaxAuthTries is too low",
        "Raise MaxAuthTries in sshd_config of {host}, and look for IdentityFile lines in this node's ssh_config.",
    ),
    _Known(
        r"no mutual signature|sign_and_send_pubkey|signature algorithm",
        KEY,
        "{host} accepts none of the signature algorithms that the key {key} can make",
        "Old RSA keys meet this after an upgrade: make new keys, or allow the algorithm on {host} "
        "(PubkeyAcceptedAlgorithms).",
    ),
    _Known(
        r"Permission denied",
        KEY,
        "{host} refuses the key {key} for the account {user}",
        "Put this node's public key lines into the authorized_keys of {user} on {host} (state: present does it). If "
        "they are there: home, .ssh and authorized_keys must belong to {user} and not be writable by others, and "
        "sshd_config of {host} must allow {user} to log in by key (PermitRootLogin, AllowUsers, PubkeyAuthentication).",
    ),
    _Known(
        r"no matching (?:key exchange|cipher|MAC|host key)|Unable to negotiate|no kex alg|kex_choose",
        CONNECT,
        "this node and {host} share no encryption settings",
        "Compare 'ssh -Q kex' with 'sshd -T' on {host}; one side is much older, or a crypto policy is in the way.",
    ),
    _Known(
        r"kex_exchange_identification|ssh_exchange_identification|Connection closed|Connection reset|banner exchange"
        r"|Exceeded MaxStartups",
        CONNECT,
        "{host} closed the connection before the login",
        "Raise MaxStartups in sshd_config of {host} (many workers log in at once), and look for tcp wrappers or "
        "fail2ban blocking this node.",
        True,
    ),
)
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
        f"now {new or 'unknown'}. Somebody may be listening in, or {host} was reinstalled",
        f"Compare with 'ssh-keygen -lf /etc/ssh/ssh_host_{_short_kind(kind)}_key.pub' on the console of {host}. If the "
        "new key is right, give it in known_hosts: it replaces the old line. trust_on_first_use never accepts a "
        "changed key.",
    )


def _short_kind(kind: str) -> str:
    for word in ("ed25519", "ecdsa", "rsa"):
        if word in kind.lower():
            return word
    return "*"


def classify(
    rc: int, out: str, err: str, target: Target, key: KeyFile, *, known_hosts_file: str, known_hosts_text: str = ""
) -> Verdict:
    """What ssh's answer to :data:`REQUEST` means."""
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
    for known in _FAILURES:
        if re.search(known.pattern, err):
            return Verdict(
                False, known.step, None, known.message.format(**words), known.remedy.format(**words), known.retry
            )
    said = " / ".join(line.strip() for line in (err + "\n" + out).splitlines() if line.strip())[:300]
    if rc == 255:
        return Verdict(
            False,
            CONNECT,
            None,
            f"ssh to {target.host} failed: {keys.printable(said) or 'it said nothing'}",
            "Run the ssh command of the probe by hand with -v to see more.",
            bool(_DROPPED.search(err)),
        )
    return Verdict(
        False,
        COMMAND,
        authorized_keys.OTHER,
        f"{target.host} accepts the key {key.label}, but what answers is neither gsyncd nor tar "
        f"(exit code {rc}: {keys.printable(said) or 'no words'})",
        f"Look at the line of this key in the authorized_keys of {target.user} on {target.host}: its command= must be "
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
    entries = known_hosts.lookup(known_hosts_text, known_hosts.token(target.host, target.port))
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
    return keys.printable(text).replace("{", "{{").replace("}", "}}")


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
                "{host} accepts the key {key}, but the account {user} may not run gsyncd",
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
            "The key stands in authorized_keys of {user} on {host} without its command= in front, or such a line comes "
            "first. gsyncd then fails with 'No such file or directory'. state: present with public_keys puts it right.",
        )
    return Verdict(
        False,
        COMMAND,
        kind,
        f"{{host}} answers with {kind} for the key {{key}}, expected " + " or ".join(key.expected),
        "The line of this key in authorized_keys of {user} on {host} has the wrong command=. state: present with "
        "public_keys puts it right.",
    )


def probe(
    run: runner.Run,
    target: Target,
    key: KeyFile,
    *,
    known_hosts_file: str,
    known_hosts_text: str,
    timeout: int,
    shown_file: str | None = None,
    sleep: t.Callable[[float], None] = time.sleep,
    clock: t.Callable[[], float] = time.monotonic,
) -> Result:
    """One way, asked again when sshd dropped the connection.

    :param shown_file: the name to use in messages when ``known_hosts_file`` only stands in for it.
    """
    started = clock()
    verdict = None
    for attempt in range(ATTEMPTS):
        try:
            # ConnectTimeout covers TCP and the greeting; a name server or a hanging shell can take longer.
            rc, out, err = run(argv(target, key.path, known_hosts_file, timeout), timeout=timeout + 5)
        except errors.CommandTimeout:
            verdict = _hung(target)
            break
        verdict = classify(
            rc,
            out,
            err.replace(known_hosts_file, shown_file or known_hosts_file),
            target,
            key,
            known_hosts_file=shown_file or known_hosts_file,
            known_hosts_text=known_hosts_text,
        )
        if verdict.ok or not verdict.retry or attempt == ATTEMPTS - 1:
            break
        # Not in step with the other primary nodes that are probing now.
        sleep(0.2 + random.random() * (attempt + 1))
    return Result(target, key, verdict or _hung(target), round(clock() - started, 3))


def _hung(target: Target) -> Verdict:
    return Verdict(
        False,
        CONNECT,
        None,
        f"ssh to {target.host} gave no answer in time",
        f"Log in to {target.host} by hand. Usual causes: name servers that do not answer (on either side), a login "
        "script that waits, a disk that hangs.",
    )


def mesh(
    run: runner.Run,
    targets: t.Sequence[Target],
    key_files: t.Sequence[KeyFile],
    *,
    known_hosts_file: str,
    known_hosts_text: str,
    timeout: int,
    shown_file: str | None = None,
    workers: int = 8,
) -> list[Result]:
    """Every target with every key, side by side; the keys of one target after each other.

    sshd drops logins when many begin at once, and the other primary nodes are probing too. When a way fails before
    the key is asked for, the other keys would fail the same way: they take over the answer without another wait.
    """

    def one_target(target: Target) -> list[Result]:
        results: list[Result] = []
        for key in key_files:
            before = results[-1] if results else None
            if before is not None and not before.verdict.ok and before.verdict.step in (RESOLVE, CONNECT, HOST_KEY):
                results.append(Result(target, key, before.verdict, 0.0))
                continue
            results.append(
                probe(
                    run,
                    target,
                    key,
                    known_hosts_file=known_hosts_file,
                    known_hosts_text=known_hosts_text,
                    timeout=timeout,
                    shown_file=shown_file,
                )
            )
        return results

    if not targets:
        return []
    with concurrent.futures.ThreadPoolExecutor(max_workers=min(workers, len(targets))) as pool:
        return [result for results in pool.map(one_target, targets) for result in results]


def explain(results: t.Sequence[Result], node: str) -> tuple[str, str]:
    """The failures of a mesh as one message and one remedy; the same failure of several keys is told once."""
    told: dict[tuple[Target, str, str], list[str]] = {}
    remedies: list[str] = []
    for result in results:
        if result.verdict.ok:
            continue
        told.setdefault((result.target, result.verdict.step, result.verdict.message), []).append(result.key.label)
        if result.verdict.remedy and result.verdict.remedy not in remedies:
            remedies.append(result.verdict.remedy)
    lines = [
        f"{node} -> {target} with {' and '.join(labels)}: step {step}: {message}."
        for (target, step, message), labels in told.items()
    ]
    return "\n".join(lines), "\n".join(remedies)


def keyscan_argv(hosts: t.Sequence[str], port: int, timeout: int) -> list[str]:
    return ["ssh-keyscan", f"-T{timeout}", f"-p{port}", "-trsa,ecdsa,ed25519", "--", *hosts]


def scan(run: runner.Run, targets: t.Sequence[tuple[str, int]], timeout: int) -> dict[str, list[keys.PublicKey]]:
    """Ask hosts for their keys, one ssh-keyscan a port. Whoever answers is believed: only by consent of the user."""
    found: dict[str, list[keys.PublicKey]] = {}
    by_port: dict[int, list[str]] = {}
    for host, port in targets:
        by_port.setdefault(port, []).append(host)
    for port, hosts in by_port.items():
        try:
            _rc, out, _err = run(keyscan_argv(hosts, port, timeout), timeout=timeout * 3 + 5 * len(hosts))
        except errors.CommandTimeout:
            continue  # the hosts stay unknown, and the probe will say what is wrong with them
        found.update(known_hosts.read_scan(out, [(host, port) for host in hosts]))
    return found
