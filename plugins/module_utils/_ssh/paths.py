# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Does the SSH path from this node to a secondary node work, step by step, and which forced command answers at its end?

The system's own ssh client is used, as gsyncd uses it: same configuration, same crypto policy.
"""

from __future__ import annotations

import concurrent.futures
import os
import random
import time
import typing as t

from .._gluster import runner
from .._model import errors, key_lines
from .._model.destination import Destination
from .._model.identity import spelled
from .._model.ssh_options import COMMAND, CONNECT, GEOREP_DIR, HOST_KEY, KEY, RESOLVE
from . import authorized_keys, client, georep_keys, known_hosts
from .answers import Failure, KeyFile, Verdict
from .command import Target
from .login import Login

#: Where sshd drops connections at random (MaxStartups), asking again is the answer.
ATTEMPTS = 3


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


def probe(
    run: runner.Run,
    target: Target,
    key: KeyFile,
    *,
    failures: t.Sequence[Failure],
    known_hosts_file: str,
    known_hosts_text: str,
    timeout: int,
    shown_file: str | None = None,
    own: t.Sequence[client.Setting] = (),
    sleep: t.Callable[[float], None] = time.sleep,
    clock: t.Callable[[], float] = time.monotonic,
) -> Result:
    """One path, asked again when sshd dropped the connection.

    :param shown_file: the name to use in messages when ``known_hosts_file`` only stands in for it.
    :param own: the lines of ssh_config that apply to the node, or may.
    """
    started = clock()
    asked = Login(run, target, key, failures, known_hosts_file, known_hosts_text, timeout, shown_file)
    # Only then ssh may offer other keys, and with this level it tells which one was accepted.
    level = "DEBUG1" if client.offering(own) else "INFO"
    found = asked.ask(level)
    for attempt in range(1, ATTEMPTS):
        if found.verdict.ok or not found.verdict.retry:
            break
        # Not in step with the other primary nodes that are probing now.
        sleep(0.2 + random.random() * attempt)
        found = asked.ask(level)
    if not found.verdict.ok:
        verdict = asked.by_configuration(found, own)
    elif client.overridden(own) and key.expected in ((authorized_keys.GSYNCD,), (authorized_keys.TAR,)):
        verdict = asked.as_gsyncd(found, own)
    else:
        verdict = found.verdict
    return Result(target, key, verdict, round(clock() - started, 3))


def mesh(
    run: runner.Run,
    targets: t.Sequence[Target],
    key_files: t.Sequence[KeyFile],
    *,
    failures: t.Sequence[Failure],
    known_hosts_file: str,
    known_hosts_text: str,
    timeout: int,
    shown_file: str | None = None,
    workers: int = 8,
) -> list[Result]:
    """Every target with every key, side by side; the keys of one target after each other.

    sshd drops logins when many begin at once, and the other primary nodes are probing too. When a path fails before
    the key is asked for, the other keys would fail the same way: they take over the answer without another wait.

    :param failures: what ssh may say, from the catalogue.
    """

    def one_target(target: Target) -> list[Result]:
        results: list[Result] = []
        own = client.settings_for(target.host)
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
                    failures=failures,
                    known_hosts_file=known_hosts_file,
                    known_hosts_text=known_hosts_text,
                    timeout=timeout,
                    shown_file=shown_file,
                    own=own,
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


def read_causes(given: t.Sequence[t.Mapping[str, t.Any]] | None) -> dict[tuple[str, str], t.Sequence[str]]:
    """The option ``obstacles``, by the names and accounts of the logins that they stop."""
    return {(spelled(one["secondary_node"]), one["secondary_user"]): one["obstacles"] for one in given or () if one["obstacles"]}


def with_known_causes(results: t.Sequence[Result], causes: t.Mapping[tuple[str, str], t.Sequence[str]]) -> list[Result]:
    """What a secondary node says of itself is the error where a login with a key fails: ssh only tells that it failed.

    :param causes: by the name of a node, and by the account.
    """

    def told(result: Result) -> Result:
        verdict, key = result.verdict, result.key.label
        known = causes.get((spelled(result.target.host), result.target.user))
        if not known or not _may_be_known(verdict):
            return result
        message = f"{result.target.host} does not let {result.target.user} use the key {key}: {' '.join(known).rstrip('.')}"
        return result._replace(verdict=verdict._replace(message=message, remedy=f"Fix this on {result.target.host}, then run again.", fault="known"))

    return [told(result) for result in results]


def _may_be_known(verdict: Verdict) -> bool:
    """Whether the secondary node may know more of a failure than ssh does."""
    refused = verdict.step == KEY and verdict.fault in ("", "key-refused", "second-factor")
    # What answers in place of gsyncd or tar may be a ForceCommand.
    return not verdict.ok and (refused or (verdict.step == COMMAND and verdict.forced_command in (authorized_keys.OTHER, None)))


def refused_by(results: t.Iterable[Result]) -> list[Target]:
    """Nodes and accounts that may know why they do not accept a login."""
    return list(dict.fromkeys(result.target for result in results if _may_be_known(result.verdict)))


def failure_of(results: t.Sequence[Result], node: str) -> errors.TrustFailed | None:
    """What to raise where a path does not work; None: all of them do."""
    if all(result.verdict.ok for result in results):
        return None
    message, remedy = explain(results, node)
    return errors.TrustFailed(f"SSH from {node} to the secondary does not work.\n{message}\n", remedy=remedy)


def georep_key_files(node: str, folder: str = GEOREP_DIR) -> list[KeyFile]:
    """The two keys of gsyncd on this node.

    :raises TrustFailed: naming those that do not exist.
    """
    found = [KeyFile(f"{folder}/{name}", name, (kind,)) for name, kind in georep_keys.PAIRS.items()]
    missing = [key.label for key in found if not os.path.exists(key.path)]
    if missing:
        raise errors.TrustFailed(
            f"{node} has no geo-replication key {' and '.join(missing)} in {folder}.",
            remedy="Run glusterops.georep.gluster_georep_keys once on one node of the primary cluster, while all its nodes are up.",
        )
    return found


def check_programs(names: t.Iterable[str]) -> None:
    """Before anything is made: what later steps run on this node.

    :raises CommandMissing: naming what is missing.
    """
    lacking = [name for name in names if runner.find_program(name) is None]
    if lacking:
        raise errors.CommandMissing(
            f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not installed on this node. Nothing was changed.",
            remedy="Install the OpenSSH client here (Debian: apt install openssh-client), then run again.",
            command=lacking[:1],
        )


def check_timeout(value: int, option: str = "timeout") -> int:
    """:raises InvalidInput: it is no number of seconds that makes sense."""
    if not 1 <= value <= 300:
        raise errors.InvalidInput(f"{option}: {value} is out of range.", remedy="Give 1 to 300 seconds.", option=option, value=value)
    return value


def targets_of(destinations: t.Iterable[Destination]) -> list[Target]:
    """Every node once with each account and port."""
    return list(dict.fromkeys(Target(node, one.ssh_port, one.secondary_user) for one in destinations for node in one.secondary_nodes))


def hosts_of(destinations: t.Iterable[Destination]) -> list[Target]:
    """The hosts in the sessions' URLs alone, which ``create push-pem`` logs in to."""
    return list(dict.fromkeys(Target(one.secondary_host, one.ssh_port, one.secondary_user) for one in destinations))


def keyscan_argv(hosts: t.Sequence[str], port: int, timeout: int) -> list[str]:
    return ["ssh-keyscan", f"-T{timeout}", f"-p{port}", "-trsa,ecdsa,ed25519", "--", *hosts]


def scan(run: runner.Run, targets: t.Sequence[tuple[str, int]], timeout: int) -> dict[str, list[key_lines.PublicKey]]:
    """Ask hosts for their keys, one ssh-keyscan a port. Whoever answers is believed: only by consent of the user."""
    found: dict[str, list[key_lines.PublicKey]] = {}
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
