# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Logins with a password or a private key of the user to nodes that Ansible does not manage, by paramiko.

paramiko is imported when the first login is due: most runs never need it. Debian 11 to 13 carry 2.7 to 3.5.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import logging
import socket
import stat
import typing as t
import warnings

from .._gluster import errors
from . import accounts, known_hosts, probe

#: What tells this node from all others.
NODE_FILES = ("/etc/machine-id", "/var/lib/glusterd/glusterd.info")
#: Held while a file of another node is replaced.
LOCK = "/run/georep-sftp.lock"


class MissingLibrary(errors.GeorepError):
    """paramiko is not there; main() words the message."""


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
        raise MissingLibrary(str(exc)) from exc
    logging.getLogger("paramiko").addHandler(logging.NullHandler())
    logging.getLogger("paramiko").propagate = False
    return paramiko


class Login:
    """One login to a secondary node; a context manager."""

    def __init__(
        self,
        target: probe.Target,
        credentials: Credentials,
        *,
        known_hosts_file: str,
        known_hosts_text: str,
        timeout: int,
    ) -> None:
        self._target = target
        self._credentials = credentials
        self._file = known_hosts_file
        self._text = known_hosts_text
        self._timeout = timeout
        self._client: t.Any = None
        self._sftp: t.Any = None

    def __enter__(self) -> Login:
        paramiko = load()
        host, port = self._target.host, self._target.port
        name = known_hosts.token(host, port)
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
                    probe.HOST_KEY,
                    f"the host key of {host} is not in {self._file}, so nothing was sent there",
                    f"Give the key in known_hosts (on {host}: /etc/ssh/ssh_host_*_key.pub), or consent to "
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
                host,
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
        except paramiko.BadHostKeyException as exc:
            entries = [e for e in known_hosts.lookup(self._text, known_hosts.token(host, port)) if not e.marker]
            expected = exc.expected_key
            old = next((e for e in entries if e.key.blob == expected.get_base64()), None)
            new = known_hosts.keys.parse_public_key(f"{exc.key.get_name()} {exc.key.get_base64()}")
            message, remedy = probe.changed_host_key(
                host,
                self._file,
                old.number if old else None,
                expected.get_name(),
                old.key.fingerprint if old else None,
                new.fingerprint if new else None,
            )
            raise self._failed(probe.HOST_KEY, message, remedy) from None
        except paramiko.BadAuthenticationType as exc:
            allowed = ", ".join(getattr(exc, "allowed_types", None) or ["nothing we have"])
            raise self._failed(
                probe.KEY,
                f"{host} does not take {creds.label} for {creds.user}: it allows only {allowed}",
                f"Allow it for the time of the set-up (on {host}: PasswordAuthentication yes, and for root "
                "PermitRootLogin yes), or give bootstrap_private_key_file instead.",
            ) from None
        except paramiko.PasswordRequiredException:
            raise errors.InvalidInput(
                f"bootstrap_private_key_file: {creds.key_file} is protected by a passphrase.",
                remedy="Give bootstrap_private_key_passphrase, or another key.",
                option="bootstrap_private_key_passphrase",
            ) from None
        except paramiko.AuthenticationException:
            raise self._failed(
                probe.KEY,
                f"{host} refuses {creds.label} for the account {creds.user}",
                "Check the password or key and bootstrap_user. For root, sshd's default (PermitRootLogin "
                "prohibit-password) takes no password at all. The older paramiko of Debian 11 cannot use RSA keys "
                "with newer servers: take an ed25519 key.",
            ) from None
        except socket.gaierror:
            raise self._failed(
                probe.RESOLVE,
                f"the name {host} cannot be resolved on this node",
                f"Put {host} into DNS or into /etc/hosts on every primary node.",
            ) from None
        except (socket.timeout, TimeoutError):
            raise self._failed(
                probe.CONNECT,
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
            raise self._failed(probe.CONNECT, what, do) from None
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
                    probe.HOST_KEY,
                    f"{host} shows a host key of a kind that is not in {self._file}",
                    f"Give all host keys of {host} in known_hosts (/etc/ssh/ssh_host_*_key.pub there).",
                ) from None
            if "not a valid" in text or "encountered" in text or "unpack requires" in text or "checkints" in text:
                raise errors.InvalidInput(
                    f"bootstrap_private_key_file: {creds.key_file} cannot be used ({text}).",
                    remedy="Check the file, and bootstrap_private_key_passphrase if it has one.",
                    option="bootstrap_private_key_file",
                ) from None
            raise self._failed(
                probe.CONNECT,
                f"the SSH connection to {host} failed: {text}",
                f"Try 'ssh -v {creds.user}@{host}' from this node.",
            ) from None

    def __exit__(self, *_exc: object) -> None:
        if self._client is not None:
            self._client.close()

    def _failed(self, step: str, message: str, remedy: str) -> StepFailed:
        return StepFailed(self._target, step, message, remedy)

    @property
    def sftp(self) -> t.Any:
        if self._sftp is None:
            try:
                self._sftp = self._client.open_sftp()
                self._sftp.get_channel().settimeout(self._timeout * 3)
            except Exception as exc:  # paramiko lets SSHException, EOFError, OSError and more through here
                raise self._failed(
                    "sftp",
                    f"{self._target.host} offers no sftp ({exc or type(exc).__name__})",
                    f"Have 'Subsystem sftp internal-sftp' in sshd_config of {self._target.host}; gluster's own key "
                    "distribution needs it too. A login script that prints text also breaks sftp.",
                ) from None
        return self._sftp

    def run(self, command: str) -> tuple[int, str]:
        """One of our two fixed questions; user names in them were checked before."""
        _in, out, _err = self._client.exec_command(command, timeout=self._timeout)
        text = out.read(262144).decode("utf-8", "replace")
        return out.channel.recv_exit_status(), text

    def account(self, user: str) -> accounts.Account:
        """The account whose keys are to be edited, with the files that sshd there really reads."""
        if self._credentials.user == user:
            home = self.sftp.normalize(".")
            found = self.sftp.stat(home)
            uid, gid = found.st_uid, found.st_gid
        else:
            home, uid, gid = "", -1, -1
        if self._credentials.user == "root":
            rc, text = self.run(f"getent passwd {user}")
            fields = text.strip().split(":")
            if rc != 0 or len(fields) < 7:
                raise self._failed(
                    "account",
                    f"there is no account {user} on {self._target.host}",
                    "Make it on every node of the secondary cluster, with a home directory and a shell.",
                )
            home, uid, gid = fields[5], int(fields[2]), int(fields[3])
            words = " ".join(accounts.sshd_settings_argv(user))
            rc, text = self.run(words)
            settings = accounts.read_sshd_settings(text) if rc == 0 else {}
        else:
            settings = {}
        return accounts.Account(user, home, uid, gid, accounts.key_files(settings, user, home, uid))


class StepFailed(errors.TrustFailed):
    """A login did not come about, or broke; several are gathered into one TrustFailed."""

    def __init__(self, target: probe.Target, step: str, message: str, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.target = target
        self.step = step


@contextlib.contextmanager
def _only_writer() -> t.Iterator[str]:
    """The part of a temporary name over there that only this node uses, and only one module at a time.

    No lock can be held over SFTP. So a file of that name, while this lock is held, is what a killed module of this node left.
    """
    told = ""
    for path in NODE_FILES:
        with contextlib.suppress(OSError):
            with open(path, encoding="utf-8", errors="replace") as file:
                # glusterd's version stands there, too, and may change.
                told += "".join(line for line in file if not line.startswith("operating-version"))
    with open(LOCK, "a", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield hashlib.sha256(told.encode()).hexdigest()[:12]


class RemoteFiles:
    """Files at the other end of SFTP."""

    def __init__(self, sftp: t.Any) -> None:
        self._sftp = sftp

    def lstat(self, path: str) -> accounts.Info | None:
        try:
            found = self._sftp.lstat(path)
        except FileNotFoundError:
            return None
        return accounts.Info(found.st_uid, found.st_gid, found.st_mode)

    def read(self, path: str) -> bytes | None:
        try:
            with self._sftp.open(path, "rb") as handle:
                return handle.read()
        except FileNotFoundError:
            return None

    def mkdir(self, path: str, uid: int, gid: int) -> None:
        self._sftp.mkdir(path, 0o700)
        self._own(path, uid, gid)
        self._sftp.chmod(path, 0o700)

    def replace(self, path: str, content: bytes, mode: int, uid: int, gid: int) -> None:
        found = self._sftp.normalize(path)
        with _only_writer() as token:
            temporary = f"{found}{accounts.TEMPORARY}{token}"
            self._discard(temporary)
            try:
                with self._sftp.open(temporary, "wxb") as handle:
                    handle.chmod(0o600)
                    handle.write(content)
                self._own(temporary, uid, gid)
                self._sftp.chmod(temporary, stat.S_IMODE(mode))
                self._sftp.posix_rename(temporary, found)
            except BaseException:
                with contextlib.suppress(OSError, EOFError):
                    self._sftp.remove(temporary)
                raise

    def repair(self, path: str, mode: int | None, uid: int | None, gid: int | None) -> None:
        if uid is not None and gid is not None:
            self._own(path, uid, gid)
        if mode is not None:
            self._sftp.chmod(path, mode)

    def remove(self, path: str) -> None:
        self._sftp.remove(path)

    def sweep(self, path: str) -> None:
        try:
            found = self._sftp.normalize(path)
        except OSError:  # its folder is not there
            return
        with _only_writer() as token:
            self._discard(f"{found}{accounts.TEMPORARY}{token}")

    def _discard(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._sftp.remove(path)

    def _own(self, path: str, uid: int, gid: int) -> None:
        found = self._sftp.lstat(path)
        if (found.st_uid, found.st_gid) != (uid, gid):
            self._sftp.chown(path, uid, gid)
