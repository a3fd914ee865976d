# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Logins with a password or a private key of the user to nodes that Ansible does not manage, by paramiko.

paramiko is imported when the first login is due: most runs never need it. Debian 11 to 13 carry 2.7 to 3.5.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import logging
import socket
import typing as t
import warnings

from .._model import errors, key_lines, ssh_options
from . import account_files, answers, command, descriptors, known_hosts, sshd, walk

#: Runs what comes on the first line of its input; no quotes, so that every login shell understands it.
PYTHON = (
    "sh -c 'for python in python3 /usr/bin/python3 /usr/libexec/platform-python; do command -v $python >/dev/null 2>&1 &&"
    " exec $python -I -c \"import sys, base64; exec(base64.b64decode(sys.stdin.readline()))\"; done; exit 127'"
)
#: The longest line of an answer: a file of the greatest size that is read, in base64.
ANSWER = walk.LIMIT * 4 // 3 + 1000
#: The most lines of a login script that are skipped.
PRINTED = 1000


class Credentials(t.NamedTuple):
    """How to log in. ``repr`` shows no secret, so that no traceback can."""

    user: str
    password: str | None
    key_file: str | None
    passphrase: str | None

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r}, key_file={self.key_file!r})"

    @property
    def label(self) -> str:
        return self.key_file if self.key_file else "the bootstrap password"


def load() -> t.Any:
    """paramiko, quietly: it warns about old ciphers on import and logs to stderr."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import paramiko
    except ImportError as exc:
        raise errors.MissingLibrary("paramiko") from exc
    logging.getLogger("paramiko").addHandler(logging.NullHandler())
    logging.getLogger("paramiko").propagate = False
    return paramiko


class Login:
    """One login to a secondary node; a context manager."""

    def __init__(
        self,
        target: command.Target,
        credentials: Credentials,
        *,
        known_hosts_file: str,
        known_hosts_text: str,
        timeout: int,
        failures: t.Sequence[answers.Failure] = (),
    ) -> None:
        self._target = target
        self._credentials = credentials
        self._failures = failures
        self._file = known_hosts_file
        self._text = known_hosts_text
        self._timeout = timeout
        self._client: t.Any = None
        self._files: RemoteFiles | None = None
        self._views: dict[str, sshd.View] = {}

    def __enter__(self) -> Login:
        paramiko = load()
        host, port = self._target.host, self._target.port
        name = key_lines.token(host, port)
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        entries = [entry for entry in known_hosts.lookup(self._text, name) if not entry.marker]
        # paramiko asks for the first kind it knows; older releases cannot check RSA host keys of newer servers.
        for entry in sorted(entries, key=lambda one: ("ed25519" not in one.key.kind, "ecdsa" not in one.key.kind)):
            known = paramiko.hostkeys.HostKeyEntry.from_line(f"{name} {entry.key.kind} {entry.key.blob}")
            if known is not None and known.key is not None:
                client.get_host_keys().add(name, entry.key.kind, known.key)
        try:
            if not entries:
                raise self._failed(
                    ssh_options.HOST_KEY,
                    f"the host key of {host} is not in {self._file}, so nothing was sent there",
                    f"Give the key in known_hosts (on {host}: /etc/ssh/ssh_host_*_key.pub), or set "
                    "trust_on_first_use: true and compare the fingerprints afterwards.",
                )
            self._connect(paramiko, client)
            self._client = client
            return self
        except BaseException:
            client.close()
            raise

    def _connect(self, paramiko: t.Any, client: t.Any) -> None:
        host, port = self._target.host, self._target.port
        creds = self._credentials
        try:
            client.connect(
                # paramiko looks host keys up by the very spelling that it is given, and they are kept by ssh's.
                key_lines.host_of(key_lines.token(host, port)),
                port=port,
                username=creds.user,
                password=creds.password if creds.key_file is None else None,
                key_filename=creds.key_file,
                passphrase=creds.passphrase if creds.key_file else None,
                timeout=self._timeout,
                banner_timeout=self._timeout,
                auth_timeout=self._timeout,
                allow_agent=False,
                look_for_keys=False,
            )
            transport = client.get_transport()
            if transport is not None and not transport.is_authenticated():
                # sshd took the password, and asks for more; paramiko is content with that.
                raise self._failed(
                    ssh_options.KEY,
                    f"{host} takes {creds.label} for the account {creds.user} but wants a second factor (AuthenticationMethods in sshd_config)",
                    f"In sshd_config of {host}, let the account {creds.user} log in by one method alone from the primary nodes: a Match block with "
                    "AuthenticationMethods publickey (or password). Or set bootstrap_user to another account.",
                )
        except paramiko.BadHostKeyException as exc:
            entries = [e for e in known_hosts.lookup(self._text, key_lines.token(host, port)) if not e.marker]
            expected = exc.expected_key
            old = next((e for e in entries if e.key.blob == expected.get_base64()), None)
            new = key_lines.parse_public_key(f"{exc.key.get_name()} {exc.key.get_base64()}")
            message, remedy = answers.changed_host_key(
                host,
                self._file,
                old.number if old else None,
                expected.get_name(),
                old.key.fingerprint if old else None,
                new.fingerprint if new else None,
            )
            raise self._failed(ssh_options.HOST_KEY, message, remedy) from None
        except paramiko.BadAuthenticationType as exc:
            types = list(getattr(exc, "allowed_types", None) or [])
            if creds.key_file and types:
                # ssh would say so in these words.
                self._raise_known(f"{creds.user}@{host}: Permission denied ({','.join(types)}).", (ssh_options.KEY,), ("second-factor",))
            allowed = ", ".join(types or ["methods that this module does not have"])
            raise self._failed(
                ssh_options.KEY,
                f"{host} does not accept {creds.label} for {creds.user}: it allows only {allowed}",
                f"Allow this login method during the setup (on {host}: PasswordAuthentication yes, and for root "
                "PermitRootLogin yes), or give bootstrap_private_key_file instead.",
            ) from None
        except paramiko.PasswordRequiredException:
            raise errors.InvalidInput(
                f"bootstrap_private_key_file: {creds.key_file} is protected by a passphrase.",
                remedy="Give bootstrap_private_key_passphrase, or another key.",
                option="bootstrap_private_key_passphrase",
            ) from None
        except paramiko.AuthenticationException:
            said = self._banner(client)
            self._raise_known(said, (ssh_options.COMMAND,))
            raise self._failed(
                ssh_options.KEY,
                f"{host} refuses {creds.label} for the account {creds.user}" + (f". It says: {answers.said(said)}" if said.strip() else ""),
                "Check the password or key and bootstrap_user. For root, sshd's default (PermitRootLogin "
                "prohibit-password) accepts no password at all. If this node runs Debian 11, its paramiko cannot use RSA "
                f"keys with newer servers: use an ed25519 key. On {host}, check the account, too: chage -l {creds.user}, /etc/nologin.",
            ) from None
        except socket.gaierror:
            raise self._failed(
                ssh_options.RESOLVE,
                f"the name {host} cannot be resolved on this node",
                f"Put {host} into DNS or into /etc/hosts on every primary node.",
            ) from None
        except (socket.timeout, TimeoutError):
            raise self._failed(
                ssh_options.CONNECT,
                f"{host} does not answer on TCP port {port}",
                f"Check that {host} is up and that firewalls let TCP port {port} through.",
            ) from None
        except (paramiko.ssh_exception.NoValidConnectionsError, OSError, EOFError) as exc:
            numbers = {getattr(one, "errno", None) for one in getattr(exc, "errors", {}).values()} or {
                getattr(exc, "errno", None)
            }
            if errno.ECONNREFUSED in numbers:
                what = f"{host} is up but nothing listens on TCP port {port}"
                do = f"Start sshd on {host}, or correct ssh_port."
            else:
                what = f"there is no network path to {host} port {port} ({exc})"
                do = f"Check routing and firewalls between this node and {host}, and that {host} is up."
            raise self._failed(ssh_options.CONNECT, what, do) from None
        except ValueError as exc:
            raise errors.InvalidInput(
                f"bootstrap_private_key_file: {creds.key_file} cannot be used ({exc}).",
                remedy="Give an OpenSSH or PEM private key of type ed25519, ecdsa or rsa.",
                option="bootstrap_private_key_file",
            ) from None
        except paramiko.SSHException as exc:
            text = str(exc)
            if "not found in known_hosts" in text:
                raise self._failed(
                    ssh_options.HOST_KEY,
                    f"{host} shows a host key of a type that is not in {self._file}",
                    f"Give all host keys of {host} in known_hosts (/etc/ssh/ssh_host_*_key.pub there).",
                ) from None
            if "not a valid" in text or "encountered" in text or "unpack requires" in text or "checkints" in text:
                raise errors.InvalidInput(
                    f"bootstrap_private_key_file: {creds.key_file} cannot be used ({text}).",
                    remedy="Check the file, and bootstrap_private_key_passphrase if it has one.",
                    option="bootstrap_private_key_file",
                ) from None
            raise self._failed(
                ssh_options.CONNECT,
                f"the SSH connection to {host} failed: {text}",
                f"Try 'ssh -v {creds.user}@{host}' from this node.",
            ) from None

    def __exit__(self, *_exc: object) -> None:
        if self._client is not None:
            self._client.close()

    def _failed(self, step: str, message: str, remedy: str) -> StepFailed:
        return StepFailed(self._target, step, message, remedy)

    @staticmethod
    def _banner(client: t.Any) -> str:
        """What the node said before it ended the login: PAM's words, or those that greet everybody."""
        found = getattr(getattr(client.get_transport(), "auth_handler", None), "banner", None)
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found or "")

    def _raise_known(self, text: str, steps: t.Sequence[str], names: t.Sequence[str] | None = None) -> None:
        """:raises StepFailed: in the words of the catalogue, if the text is in it."""
        failures = [known for known in self._failures if names is None or known.id in names]
        found = answers.known_words(text, self._target._replace(user=self._credentials.user), self._credentials.label, failures, steps)
        if found:
            raise self._failed(*found) from None

    @property
    def files(self) -> RemoteFiles:
        """Files of the node, with the rights of the login."""
        if self._files is None:
            self._files = RemoteFiles(self._client, self._target, self._credentials.user, self._timeout, self._credentials.label, self._failures)
        return self._files

    def account(self, user: str) -> account_files.Account:
        """The account whose keys are to be edited, with the files that sshd there really reads."""
        found = self.files.passwd(user)
        if found is None:
            raise self._failed(
                "account",
                f"there is no account {user} on {self._target.host}",
                "Create the account on every node of the secondary cluster, with a home directory and a shell.",
            )
        home, uid, gid = found
        return account_files.Account(user, home, uid, gid, sshd.key_files(self.view(user).settings, user, home, uid))

    def view(self, user: str) -> sshd.View:
        """What sshd there goes by for logins from this node to an account; without settings if this login is not root's."""
        if user not in self._views:
            settings = self.files.sshd_settings(user) if self._credentials.user == "root" else {}
            login = self.files.login() if settings else None
            self._views[user] = sshd.View(settings, (login,) if login else ())
        return self._views[user]


class StepFailed(errors.TrustFailed):
    """A login did not come about, or broke; several are gathered into one TrustFailed."""

    def __init__(self, target: command.Target, step: str, message: str, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.target = target
        self.step = step


class RemoteFiles(account_files.Files):
    """Files at the other end of a login.

    A Python there runs the source of :mod:`descriptors`, which this node uses for its own files, and answers one request after
    the other. SFTP knows paths only: in a folder of another account each of them may mean another file a moment later.
    """

    def __init__(
        self,
        client: t.Any,
        target: command.Target,
        user: str,
        timeout: int,
        label: str = "the login",
        failures: t.Sequence[answers.Failure] = (),
    ) -> None:
        super().__init__(target.host)
        self._target = target
        self._user = user
        self._timeout = timeout
        self._channel = client.get_transport().open_session(timeout=timeout)
        self._channel.settimeout(timeout * 3)
        self._answers = self._channel.makefile("rb")
        with self._answering("its Python"):
            self._channel.exec_command(PYTHON)
            with contextlib.suppress(OSError):  # what has ended says why below
                self._channel.sendall(base64.b64encode(descriptors.program().encode()) + b"\n")
            # What a login script prints comes first.
            printed = b""
            for _line in range(PRINTED):
                line = self._answers.readline(ANSWER)
                if not line or line.strip() == descriptors.READY.encode():
                    break
                printed = printed.strip() or line
        if line.strip() != descriptors.READY.encode():
            said = self._errors()
            text = f"{printed.decode('utf-8', 'replace')}\n{said}"
            known = answers.known_words(text, target._replace(user=user), label, failures, (ssh_options.COMMAND,))
            if known:
                raise StepFailed(target, *known)
            raise self._printed(printed) or self._failed(f"Python 3 does not run on {target.host} in a login of {user}{self._last(said)}")

    def close(self) -> None:
        self._channel.close()

    def _errors(self) -> str:
        """What stands on standard error."""
        text = b""
        with contextlib.suppress(OSError, EOFError):
            self._channel.settimeout(1)
            text = self._channel.recv_stderr(2000)
        return text.decode("utf-8", "replace").strip()

    @staticmethod
    def _last(said: str) -> str:
        """The last line of it in brackets, for a message."""
        return f" ({key_lines.printable(said.splitlines()[-1])})" if said else ""

    def _printed(self, line: bytes) -> StepFailed | None:
        """What a login script has printed where an answer was due; None: nothing."""
        text = key_lines.printable(line.decode("utf-8", "replace").strip())
        if not text:
            return None
        return StepFailed(
            self._target,
            "files",
            f"a login script of {self._user} on {self._target.host} prints \"{text[:200]}\", and Python 3 did not answer after that",
            f"Find the command that prints this (~/.bashrc, ~/.profile, /etc/profile.d of {self._user} on {self._target.host}), and run it in interactive "
            "logins only: case $- in *i*) ...;; esac. The command must not end the login either. gsyncd and rsync need the same.",
        )

    def _failed(self, message: str) -> StepFailed:
        return StepFailed(
            self._target,
            "files",
            message,
            f"Install python3 on {self._target.host}; gsyncd needs python3 there too. Other possible causes: a login script that ends the login or waits, a "
            "ForceCommand, or a file system that hangs.",
        )

    @contextlib.contextmanager
    def _answering(self, what: str) -> t.Iterator[None]:
        """Nothing is waited for without end. What does not answer in time is not asked again."""
        try:
            yield
        except (socket.timeout, TimeoutError):
            self.close()
            raise self._failed(f"{self._target.host} gave no answer within {self._timeout * 3} s for {what}, so the connection was closed") from None
        except (load().SSHException, OSError, EOFError) as exc:
            raise self._failed(f"the connection to {self._target.host} ended while working on {what}: {exc or type(exc).__name__}") from None

    def _ask(self, name: str, words: t.Sequence[t.Any]) -> t.Any:
        given = [{"bytes": base64.b64encode(word).decode()} if isinstance(word, bytes) else word for word in words]
        what = str(words[0]) if words else name
        with self._answering(what):
            self._channel.sendall(json.dumps([name, given]).encode() + b"\n")
            line = self._answer()
        try:
            answer = json.loads(line)
            if "refused" in answer:
                raise walk.Refused(*map(str, answer["refused"]))
            if "failed" in answer:
                raise OSError(*answer["failed"])
            found = answer["found"]
            return base64.b64decode(found["bytes"]) if isinstance(found, dict) else found
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._failed(f"Python on {self._target.host} ended while working on {what}{self._last(self._errors())}") from None

    def _answer(self) -> bytes:
        """The next answer, without what a program that a login script has left in the background prints into it."""
        mark = descriptors.MARK.encode()
        for _line in range(PRINTED):
            line: bytes = self._answers.readline(ANSWER)
            if mark in line:
                return line.rpartition(mark)[2]
            if not line:
                break
        return b""

    def login(self) -> sshd.Login | None:
        """This connection as sshd there sees it; None: it does not tell."""
        words = self._ask("connection", [])
        return sshd.Login(str(words[0]), str(words[2]), int(words[3])) if words else None

    def sshd_settings(self, user: str) -> dict[str, list[str]]:
        """What sshd there goes by for logins like this one to an account, which root alone can ask; empty when it does not tell."""
        login = self.login() or sshd.LOCAL
        for program in sshd.SSHD:
            found = self._ask("run", [sshd.sshd_settings_argv(user, program, login)])
            if found is not None:
                return sshd.read_sshd_settings(str(found[1])) if found[0] == 0 else {}
        return {}

    def passwd(self, user: str) -> tuple[str, int, int] | None:
        """Home, uid and gid of an account there."""
        found = self._ask("passwd", [user])
        return None if found is None else (str(found[0]), int(found[1]), int(found[2]))
