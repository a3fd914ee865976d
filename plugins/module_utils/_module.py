# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""The front of every module: arguments in, one result out. Nothing else in the collection knows AnsibleModule.

A module is its documentation, a specification, and one function from a :class:`Call` to a result::

    SPEC = {"argument_spec": {**IDENTITY, **LOCK_TIMEOUT}}

    def work(call: Call) -> dict[str, t.Any]:
        ...

    def main() -> None:
        run_module(SPEC, work, needs_lxml=True)
"""

from __future__ import annotations

import copy
import errno
import os
import socket
import time
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._faults.catalogue import advice
from ._gluster.runner import GlusterCli, Recorder
from ._model import ssh_options
from ._model.errors import (
    GeorepError,
    InvalidInput,
    MissingLibrary,
    PreconditionFailed,
    SystemRefused,
    UnexpectedError,
    shortened,
)
from ._model.text import clean, printable

Options = t.Dict[str, t.Dict[str, t.Any]]

# --- options that several modules have -------------------------------------------------------------------------------
# Their documentation is in plugins/doc_fragments, under the same names.

#: What every session has to be named by.
REQUIRED_IDENTITY = ("primary_volume", "secondary_host", "secondary_volume")
IDENTITY: Options = dict(
    primary_volume=dict(type="str"),
    secondary_host=dict(type="str"),
    secondary_volume=dict(type="str"),
    secondary_user=dict(type="str", default="root"),
)
#: A session, or all sessions that the names which are given fit.
PARTIAL_IDENTITY: Options = dict(
    primary_volume=dict(type="str", required=True),
    secondary_host=dict(type="str"),
    secondary_volume=dict(type="str"),
    secondary_user=dict(type="str"),
)
LOCK_TIMEOUT: Options = dict(lock_timeout=dict(type="int", default=120))
PEER_DOWN: Options = dict(accept=dict(type="list", elements="str", choices=["peer_down"], default=[]))
#: What gluster_georep_preflight_info read of the sessions' files on the primary nodes.
NODES: Options = dict(
    nodes=dict(
        type="list",
        elements="dict",
        default=[],
        options=dict(
            node=dict(type="str", required=True),
            node_uuid=dict(type="str", required=True),
            sessions=dict(type="dict", required=True),
            site_defaults=dict(type="dict", default={}),
        ),
    )
)

#: A secondary cluster to log in to.
DESTINATION: Options = dict(
    secondary_host=dict(type="str", required=True),
    secondary_user=dict(type="str", default="root"),
    ssh_port=dict(type="int", default=22),
    secondary_nodes=dict(type="list", elements="str"),
)
DESTINATIONS: Options = dict(secondaries=dict(type="list", elements="dict", options=DESTINATION))
KNOWN_HOSTS: Options = dict(
    known_hosts=dict(type="list", elements="str"), trust_on_first_use=dict(type="bool", default=False)
)
KNOWN_HOSTS_FILE: Options = dict(known_hosts_file=dict(type="str", default=ssh_options.KNOWN_HOSTS_FILE))
OBSTACLE: Options = dict(
    secondary_node=dict(type="str", required=True),
    secondary_user=dict(type="str", default="root"),
    obstacles=dict(type="list", elements="str", required=True),
)
OBSTACLES: Options = dict(obstacles=dict(type="list", elements="dict", options=OBSTACLE))


def required(options: Options, *names: str) -> Options:
    """The same options, with these required."""
    return {name: dict(option, required=True) if name in names else option for name, option in options.items()}


def each(options: Options, **more: t.Any) -> dict[str, t.Any]:
    """An option that is a list of dicts with these options."""
    return dict(type="list", elements="dict", options=options, **more)


#: A session inside a list of them.
SESSION = required(IDENTITY, *REQUIRED_IDENTITY)


# --- one run of a module ---------------------------------------------------------------------------------------------


class Call:
    """What a module was asked for, and what its work uses of the outside.

    :ivar run: runs commands and records them for ``commands``.
    :ivar node: the name of this node.
    :ivar now: the time of day, in seconds since 1970.
    :ivar so_far: what the module has to report if it fails; a work that changes things step by step replaces it.
    """

    def __init__(self, params: dict[str, t.Any], *, check_mode: bool, warn: t.Callable[[str], None]) -> None:
        self.params = params
        self.check_mode = check_mode
        self.warn = warn
        self.run = Recorder()
        self.node = socket.gethostname()
        self.now: t.Callable[[], float] = time.time
        self.so_far: t.Callable[[], dict[str, t.Any]] = dict

    @property
    def cli(self) -> GlusterCli:
        """The gluster CLI, which waits for a busy lock as long as ``lock_timeout`` says."""
        return GlusterCli(self.run, lock_patience=self.params.get("lock_timeout", 120))


def has_lxml() -> bool:
    """Whether this Python has lxml."""
    # Modules that read no XML do not pay for loading it.
    from ._gluster import xml  # pylint: disable=import-outside-toplevel

    return xml.HAS_LXML


def require_lxml() -> None:
    """:raises MissingLibrary: this Python has no lxml."""
    if not has_lxml():
        raise MissingLibrary("lxml")


#: What else is said of a library that is missing.
_LIBRARIES: dict[str, dict[str, str]] = {
    "paramiko": {
        "reason": "for a login with bootstrap_password or bootstrap_private_key_file (Debian package python3-paramiko)",
        "url": "https://www.paramiko.org",
    },
}


#: What to do where the system refuses something; by errno.
_SYSTEM: dict[int, str] = {
    errno.ENOSPC: "Make room on that file system (df -h and df -i show it), then run again.",
    errno.EDQUOT: "Raise the quota, or make room, then run again.",
    errno.EROFS: "Mount that file system writable. If it became read-only by itself, look for the I/O error with dmesg. Then run again.",
    errno.EIO: "Check the disk (dmesg shows I/O errors), then run again.",
    errno.EACCES: "Check the owner and mode of that path, and SELinux (ausearch -m avc -ts recent), then run again.",
    errno.EPERM: "Check whether that path is immutable (lsattr -d), and whether a container or SELinux limits root on this node. Then run again.",
    errno.EMFILE: "Raise the limit of open files (ulimit -n), then run again.",
    errno.ENFILE: "Raise the system's limit of open files (fs.file-max), then run again.",
    errno.ENOMEM: "Free memory on this node, then run again.",
    errno.ENOTCONN: "The GlusterFS process of this mount has ended. Unmount that path (umount -l), then run again.",
}


def refused_by_system(exc: OSError, node: str) -> SystemRefused:
    """Python's error of a system call, in words."""
    path = exc.filename.decode(errors="replace") if isinstance(exc.filename, bytes) else exc.filename
    where = f" {path}" if isinstance(path, str) else ""
    return SystemRefused(
        f"{node}{where}: {exc.strerror or str(exc) or type(exc).__name__}.",
        remedy=_SYSTEM.get(exc.errno or 0, "Run again with -vvv to see where it happened."),
    )


def unexpected(exc: Exception, node: str) -> UnexpectedError:
    """What nobody thought of."""
    return UnexpectedError(
        f"{node}: the module failed with {type(exc).__name__}: {' '.join(str(exc).split())[:500]}.",
        remedy="This is a bug of the collection. Run again with -vvv, and report the traceback that is shown then.",
    )


def _is_root() -> bool:
    return os.geteuid() == 0


def require_root() -> None:
    """:raises PreconditionFailed: this process is not root's."""
    if not _is_root():
        raise PreconditionFailed(
            "This module runs gluster and reads glusterd's files, which only root can, but it was not run as root.",
            remedy="Set become: true for the task, the play or the inventory group, then run again.",
        )


def failure_of(exc: GeorepError) -> dict[str, t.Any]:
    """The result of a failure: what happened and what to do, with the command, rc, stdout and stderr; see :meth:`GeorepError.as_result`."""
    exc.remedy = advice(exc)
    found = exc.as_result()
    if isinstance(exc, MissingLibrary):
        found["msg"] = missing_required_lib(exc.library, **_LIBRARIES.get(exc.library, {}))
    return found


#: Nobody but the owner writes to what a module creates. What others must not read gets a mode of its own.
MASK = 0o022

#: Characters of a command's output in a failure that is shown without -v.
BRIEF = 400


def in_brief(result: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A failure as it fits the one line in which Ansible shows it, with its keys in the order of the alphabet.

    The commands come before the message, and so only the one that failed is left of them; with -v people see all.
    """
    failed = [entry for entry in result["commands"] if entry["rc"] != 0 or entry["argv"] == result.get("cmd")]
    outputs = {name: shortened(result[name], BRIEF) for name in ("stdout", "stderr") if isinstance(result.get(name), str)}
    return {**result, **outputs, "commands": failed[-1:]}


def check_given(options: Options, params: t.Mapping[str, t.Any], only_with: t.Mapping[str, t.Sequence[tuple[str, str]]]) -> None:
    """No option is ignored: each of these has a meaning only where one of the others has the value that is named.

    :param only_with: option -> pairs of another option and its value.
    :raises InvalidInput: naming the option.
    """
    for name, pairs in only_with.items():
        if params[name] != options[name].get("default") and not any(params[other] == value for other, value in pairs):
            words = " or ".join(f"{other}: {value}" for other, value in pairs)
            raise InvalidInput(f"{name} can be used only together with {words}.", remedy=f"Remove {name}, or set {words}.", option=name)


def filled(options: Options, params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The parameters with the default in place of what is not given: null, of which newer versions of Ansible make an empty text."""
    found = dict(params)
    for name, option in options.items():
        value, default = found.get(name), option.get("default")
        if value is None or (value == "" and option.get("type", "str") in ("str", "path") and default):
            found[name] = copy.deepcopy(default)
        elif option.get("options") and isinstance(value, dict):
            found[name] = filled(option["options"], value)
        elif option.get("options") and isinstance(value, list):
            found[name] = [filled(option["options"], part) if isinstance(part, dict) else part for part in value]
    return found


def run_module(spec: t.Mapping[str, t.Any], work: t.Callable[[Call], dict[str, t.Any]], *, needs_lxml: bool = False) -> None:
    """Run a module and end this process with its result.

    :param spec: the arguments of AnsibleModule, without ``supports_check_mode``, which all modules have; and ``only_with``, see
        :func:`check_given`.
    :param work: returns the result; ``failed`` and ``msg`` in it make it a failure. ``commands`` and ``changed: false`` are added.
    :param needs_lxml: whether there is nothing that the module could do without lxml.
    """
    # The login's mask is somebody's habit: with 077, clients could not enter a volume over a directory that was created here.
    os.umask(MASK)
    given = copy.deepcopy(dict(spec))
    only_with = given.pop("only_with", {})
    module = AnsibleModule(supports_check_mode=True, **given)
    call = Call(filled(spec["argument_spec"], module.params), check_mode=module.check_mode, warn=lambda words: module.warn(printable(words)))
    try:
        check_given(spec["argument_spec"], call.params, only_with)
        require_root()
        if needs_lxml:
            require_lxml()
        result = work(call)
    except GeorepError as exc:
        result = {**call.so_far(), **failure_of(exc), "failed": True}
    # Whatever it is: what was changed before it has to be told, and nobody reads a traceback for that.
    except Exception as exc:  # pylint: disable=broad-exception-caught
        known = refused_by_system(exc, call.node) if isinstance(exc, OSError) else unexpected(exc, call.node)
        # Ansible shows the traceback with -vvv only.
        result = {**call.so_far(), **failure_of(known), "exception": traceback.format_exc(), "failed": True}
    result = clean({"changed": False, "commands": call.run.commands, **result})
    if result.pop("failed", False):
        # Ansible tells modules how often -v was given.
        module.fail_json(**(result if getattr(module, "_verbosity", 0) else in_brief(result)))
    module.exit_json(**result)
