# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Runs commands, and the gluster CLI by its laws.

``AnsibleModule.run_command`` is not used here: it has no time limit and changes process-wide state, so it cannot
read several sessions side by side.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import typing as t

from .._model import errors
from . import management

#: Seconds that a process has to be gone once it was killed.
KILL_TIMEOUT = 5.0
#: Bytes that are kept of each stream of a command. ``status`` needs 9 KiB a worker: room for 7,000 of them.
OUTPUT_LIMIT = 64 * 1024 * 1024


class Run(t.Protocol):
    """What every room takes from outside to run a command."""

    def __call__(
        self,
        argv: t.Sequence[str],
        *,
        timeout: float | None = None,
        stdin: str | None = None,
        env: t.Mapping[str, str] | None = None,
    ) -> tuple[int, str, str]:
        """Return ``(rc, stdout, stderr)``; raise CommandMissing or CommandTimeout."""


def search_path() -> str:
    """Where programs are looked for. Plain accounts and cron-like environments lack the sbin folders in which gluster's live."""
    own = os.environ.get("PATH", "")
    return os.pathsep.join([own, "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"]).lstrip(os.pathsep)


def find_program(name: str) -> str | None:
    """The path of a program as :func:`run_process` would find it; None if it is not installed."""
    return shutil.which(name, path=search_path())


def run_process(
    argv: t.Sequence[str],
    *,
    timeout: float | None = None,
    stdin: str | None = None,
    env: t.Mapping[str, str] | None = None,
) -> tuple[int, str, str]:
    """Run ``argv`` without a shell in the C locale; return ``(rc, stdout, stderr)``.

    :param timeout: seconds; then the whole process group is killed, and what is not gone by then is left to itself.
    :raises CommandMissing: the program is not there.
    :raises CommandTimeout: it did not end in time.
    :raises UnreadableOutput: it printed more than :data:`OUTPUT_LIMIT`.
    :raises SystemRefused: it is there and could not be started.
    """
    full_env = dict(os.environ, LC_ALL="C", LANGUAGE="C", PATH=search_path())
    full_env.update(env or {})
    try:
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            list(argv),
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=full_env,
            start_new_session=True,
        )
    except FileNotFoundError as exc:
        raise errors.CommandMissing(
            f"The program {argv[0]!r} is not installed on this node.",
            remedy="Install the GlusterFS server package (Debian: glusterfs-server) and run again."
            if "gluster" in argv[0]
            else f"Install the package that provides {argv[0]} and run again.",
            command=argv,
        ) from exc
    except OSError as exc:
        raise errors.SystemRefused(
            f"The program {argv[0]!r} could not be started on this node: {exc.strerror or exc}.",
            remedy=f"Run {argv[0]} by hand on this node to see the cause, such as a missing permission, a damaged file, or no free memory. Then run again.",
            command=argv,
        ) from exc
    threads = [_Stream(process.stdout), _Stream(process.stderr)]
    writer = threading.Thread(target=_write, args=(process.stdin, stdin), daemon=True)
    for thread in (*threads, writer):
        thread.start()
    if not _ended(process, threads, timeout):
        os.killpg(process.pid, signal.SIGKILL)
        # What waits in the kernel for a file system that does not answer is not even ended by SIGKILL.
        _ended(process, threads, KILL_TIMEOUT)
        raise errors.CommandTimeout(
            f"{argv[0]!r} did not answer within {timeout:g} seconds.",
            command=argv,
            stdout=threads[0].text,
            stderr=threads[1].text,
        )
    out, err = (thread.text for thread in threads)
    if any(thread.flooded for thread in threads):
        raise errors.UnreadableOutput(
            f"{argv[0]!r} printed more than {OUTPUT_LIMIT >> 20} MiB, so its output was not read.",
            remedy="Run the command by hand on this node to see what it prints.",
            command=argv,
            rc=process.returncode,
            stdout=out,
            stderr=err,
        )
    return process.returncode, out, err


class _Stream(threading.Thread):
    """Reads a pipe to its end, so that the command never waits, and keeps no more than :data:`OUTPUT_LIMIT` of it."""

    def __init__(self, pipe: t.IO[bytes] | None) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._kept = bytearray()
        self.flooded = False

    def run(self) -> None:
        if self._pipe is None:
            return
        with self._pipe:
            for chunk in iter(lambda: os.read(self._pipe.fileno(), 1 << 16), b""):  # type: ignore[union-attr]
                room = OUTPUT_LIMIT - len(self._kept)
                self._kept += chunk[:room]
                self.flooded = self.flooded or len(chunk) > room

    @property
    def text(self) -> str:
        return bytes(self._kept).decode(errors="replace")


def _write(pipe: t.IO[bytes] | None, text: str | None) -> None:
    """Give a command its input. One that ends without reading it says why itself."""
    if pipe is None:
        return
    with contextlib.suppress(BrokenPipeError), pipe:
        pipe.write((text or "").encode(errors="surrogateescape"))


def _ended(process: subprocess.Popen[bytes], threads: t.Sequence[threading.Thread], timeout: float | None) -> bool:
    """Whether a command has ended, and closed its streams, within so many seconds; None: wait for ever."""
    deadline = None if timeout is None else time.monotonic() + timeout
    for thread in threads:
        thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            return False
    try:
        process.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


class Recorder:
    """A :class:`Run` that keeps a list of what it ran: the ``commands`` a module returns.

    Standard input is never recorded: it is where secrets go.
    """

    def __init__(self, run: Run = run_process, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._run = run
        self._clock = clock
        self._lock = threading.Lock()
        self.commands: list[dict[str, t.Any]] = []

    def __call__(
        self,
        argv: t.Sequence[str],
        *,
        timeout: float | None = None,
        stdin: str | None = None,
        env: t.Mapping[str, str] | None = None,
    ) -> tuple[int, str, str]:
        started = self._clock()
        rc: int | None = None
        try:
            rc, out, err = self._run(argv, timeout=timeout, stdin=stdin, env=env)
            return rc, out, err
        finally:
            with self._lock:
                self.commands.append(
                    {"argv": list(argv), "rc": rc, "seconds": round(self._clock() - started, 3)}
                )


# Field: glusterd-syncop.c and glusterd-geo-rep.c; opErrno 30802 is the same fact in XML.
LOCK_BUSY = re.compile(r"Another transaction (is|could be) in progress|Locking failed on")
LOCK_BUSY_ERRNO = 30802
_UNREACHABLE = re.compile(r"Connection failed\. Please check if gluster daemon is operational")
_TIMED_OUT = re.compile(r"Error : Request timed out")

#: For how many seconds at most a read is repeated while the CLI dies or prints nothing. Under load it dies of signal 11, and works a
#: second later.
READ_PATIENCE = 20.0
#: How often a read is repeated if its connection with TLS to another host breaks.
TLS_REPEATS = 3
READ_TIMEOUT = 120
WRITE_TIMEOUT = 300
#: gverify and the hooks of ``create`` may take longer than the CLI's own 120 seconds.
CREATE_TIMEOUT = 600


class Answer(t.NamedTuple):
    """What one call of the CLI said, not yet interpreted."""

    argv: list[str]
    rc: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both streams, because gluster spreads its words over them."""
        return "\n".join(part.strip() for part in (self.out, self.err) if part.strip())

    @property
    def said(self) -> str:
        """The text, or how the command ended without any. For messages."""
        if self.rc < 0:
            words = errors.quoted(self.text)
            return f"{self.argv[0]} was ended by signal {-self.rc}" + (f" after printing: {words}" if words else " and printed nothing")
        return errors.quoted(self.text) or f"{self.argv[0]} printed nothing and ended with exit code {self.rc}"

    @property
    def complete(self) -> bool:
        """Whether the command came to its end and printed anything: every read prints something, also if nothing exists."""
        return self.rc >= 0 and bool(self.text)

    @property
    def host(self) -> str | None:
        """The other host whose glusterd was asked; None: this node's own."""
        return next((word.partition("=")[2] for word in self.argv if word.startswith("--remote-host=")), None)

    def evidence(self) -> dict[str, t.Any]:
        return {"command": self.argv, "rc": self.rc, "stdout": self.out, "stderr": self.err}


def pauses() -> t.Iterator[float]:
    """Seconds to wait before each repetition: growing from 0.5 to 5."""
    pause = 0.5
    while True:
        yield pause
        pause = min(pause * 1.6, 5.0)


class GlusterCli:
    """The gluster CLI: argv lists, C locale, a time limit a call, patience with a busy lock.

    :param run: runs a command, see :class:`Run`.
    :param lock_patience: seconds to go on retrying while another transaction holds a lock.
        A read that the CLI did not answer is repeated for as long, but at most for :data:`READ_PATIENCE`.
    """

    def __init__(
        self,
        run: Run,
        *,
        lock_patience: float = 120.0,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self._run = run
        self._lock_patience = lock_patience
        self._clock = clock
        self._sleep = sleep

    @property
    def run(self) -> Run:
        """For what is no question to glusterd."""
        return self._run

    def argv(self, words: t.Sequence[str], *, xml: bool, timeout: float, remote_host: str | None = None) -> list[str]:
        """The whole command line. ``--`` keeps values that start with dashes from being read as options."""
        argv = ["gluster", "--mode=script"]
        if xml:
            argv.append("--xml")
        argv.append(f"--timeout={int(timeout)}")
        if remote_host:
            argv.append(f"--remote-host={remote_host}")
        return argv + ["--"] + list(words)

    def call(
        self,
        words: t.Sequence[str],
        *,
        xml: bool = False,
        timeout: float = READ_TIMEOUT,
        remote_host: str | None = None,
        env: t.Mapping[str, str] | None = None,
    ) -> Answer:
        """Run one command once; wait out a busy lock. For commands that change something; for all others see :meth:`read`.

        :raises LockBusy: the lock was still held when ``lock_patience`` ended.
        :raises DaemonUnreachable: glusterd does not answer.
        :raises CommandTimeout: gluster gave up waiting; for a mutating command the outcome is unknown.
        """
        argv = self.argv(words, xml=xml, timeout=timeout, remote_host=remote_host)
        deadline = self._clock() + self._lock_patience
        waits = pauses()
        while True:
            # The CLI's own limit comes first; ours only ends a CLI that hangs.
            rc, out, err = self._run(argv, timeout=timeout + 10, env=env)
            answer = Answer(argv, rc, out, err)
            if not LOCK_BUSY.search(answer.text) and f"<opErrno>{LOCK_BUSY_ERRNO}</opErrno>" not in out:
                break
            pause = next(waits)
            if self._clock() + pause > deadline:
                raise errors.LockBusy(
                    f"Another gluster transaction held the cluster's lock for {self._lock_patience:g} seconds.",
                    remedy="Wait until the other operation has ended (see /var/log/glusterfs/cmd_history.log on each node), then run again.",
                    **answer.evidence(),
                )
            self._sleep(pause)
        if _UNREACHABLE.search(answer.text):
            tls = management.mismatch(remote_host) if remote_host else None
            if tls:
                kind = errors.ManagementTlsBroken if tls.both else errors.ManagementTls
                raise kind(tls.message, remedy=tls.remedy, **answer.evidence())
            where = f"on {remote_host}" if remote_host else "on this node"
            raise errors.DaemonUnreachable(
                f"glusterd does not answer {where}.",
                remedy="Start it (systemctl start glusterd), then run again." if not remote_host
                else f"If glusterd is not running on {remote_host}, start it there (systemctl start glusterd). If it is running, open TCP port 24007 of "
                f"{remote_host} to this node. Then run again.",
                **answer.evidence(),
            )
        if _TIMED_OUT.search(answer.text):
            raise errors.CommandTimeout(
                f"gluster gave no answer within {int(timeout)} seconds; glusterd may still be working on it.",
                **answer.evidence(),
            )
        return answer

    def read(
        self,
        words: t.Sequence[str],
        *,
        xml: bool = False,
        timeout: float = READ_TIMEOUT,
        remote_host: str | None = None,
    ) -> Answer:
        """:meth:`call` for a command that changes nothing: repeated while it is ended by a signal or prints nothing. Raises the same.

        The patience counts from the end of the first attempt; after it the last answer is returned as it is.
        """
        answer = self._connected(words, xml=xml, timeout=timeout, remote_host=remote_host)
        deadline = self._clock() + min(self._lock_patience, READ_PATIENCE)
        for pause in pauses():
            if answer.complete or self._clock() + pause > deadline:
                break
            self._sleep(pause)
            answer = self._connected(words, xml=xml, timeout=timeout, remote_host=remote_host)
        return answer

    def _connected(self, words: t.Sequence[str], **how: t.Any) -> Answer:
        """:meth:`call`, repeated if a connection with TLS breaks: now and then glusterd loses one ("decryption failed or bad record mac" in its log)."""
        for pause in itertools.islice(pauses(), TLS_REPEATS):
            try:
                return self.call(words, **how)
            except errors.ManagementTlsBroken:
                self._sleep(pause)
        return self.call(words, **how)
