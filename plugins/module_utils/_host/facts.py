# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What this node is made of, as far as geo-replication cares: found out by trying wherever trying is harmless.

Everything is read; nothing outside of a temporary folder is written. A fact that cannot be had is None, never a guess.
"""

from __future__ import annotations

import concurrent.futures
import importlib.util
import json
import os
import re
import shutil
import sys
import time
import typing as t
from types import ModuleType

from .._gluster import helpers, management, runner, version
from .._gluster.runner import GlusterCli, Run
from .._model import errors
from .._ssh import account_files, accounts, georep_keys, sshd
from . import forced_rsync, places, processes, rsync_receiver, syncdaemon_walk

#: What sshd hands to a plain account that runs one command: no sbin folders.
PLAIN_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
SHARED_STORAGE = ("/run/gluster/shared_storage", "/var/run/gluster/shared_storage")
#: SELinux booleans that geo-replication was reported to need (glusterfs#1182, glusterfs#1454).
SELINUX_BOOLEANS = ("rsync_full_access", "rsync_client")
_OPENSSH = re.compile(r"OpenSSH_(\S+?),?(?:\s|$)")


def gather(
    run: Run,
    cli: GlusterCli,
    *,
    secondary: bool,
    controller_time: float | None = None,
    programs: t.Sequence[str] = (),
    written: t.Sequence[str] = (),
    folders: t.Sequence[str] = (),
    own_accounts: t.Sequence[str] = (),
) -> dict[str, t.Any]:
    """The facts of this node.

    :param secondary: also try what only a receiving node has to be able to.
    :param controller_time: seconds since the epoch where the play runs, taken before it connected to this node.
    :param programs: what is run here later.
    :param written: paths that are written later.
    :param folders: those of them that have to exist.
    :param own_accounts: accounts of this node whose authorized_keys are written later.
    """
    now = time.time()
    helper = helpers.helper_dir()
    jobs: dict[str, t.Callable[[], t.Any]] = {
        "glusterfs": lambda: version.read_version(run),
        "glusterd": lambda: _glusterd(cli),
        "python": lambda: _python(run, helper),
        "rsync": lambda: _rsync(run, helper, secondary),
        "openssh": lambda: _openssh(run),
        "tar": lambda: _first_line(run, ["tar", "--version"]),
        "selinux": lambda: _selinux(run),
    }
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        futures = {name: pool.submit(_or_none, job) for name, job in jobs.items()}
        facts = {name: future.result() for name, future in futures.items()}
    facts.update(
        helper_dir=helper,
        fuse=os.path.exists("/dev/fuse"),
        gluster_for_accounts=shutil.which("gluster", path=PLAIN_PATH),
        shared_storage=not places.mount_points().isdisjoint(SHARED_STORAGE),
        receiving=processes.receiving() if secondary else [],
        clock_offset=None if controller_time is None else round(now - controller_time, 1),
        clock={"asked_at": controller_time, "read_at": time.time()},
        programs={name: runner.find_program(name) for name in dict.fromkeys(programs)},
        obstacles=_obstacles([*written, *([syncdaemon_dir(helper)] if helper else [])], folders),
        accounts={name: account_obstacles(run, name) for name in dict.fromkeys(own_accounts)},
        libraries={name: importlib.util.find_spec(name) is not None for name in ("lxml", "paramiko")},
    )
    return facts


def _obstacles(paths: t.Iterable[str], folders: t.Iterable[str]) -> dict[str, str]:
    """The paths that cannot be written, each with the reason."""
    found: dict[str, str | None] = {path: "the folder does not exist" for path in folders if not os.path.isdir(path)}
    found.update({path: places.obstacle(path) for path in dict.fromkeys(paths) if path not in found})
    return {path: reason for path, reason in found.items() if reason}


def account_obstacles(run: Run, user: str) -> list[str]:
    """Why keys cannot be copied to an account of this node; empty if they can, or if the account does not exist yet.

    Only names and modes are looked at: folders of a plain account may hold anything.
    """
    view = sshd.local_views(run, user)[0]
    try:
        account = accounts.local_account(user, [view.settings])
    except errors.PreconditionFailed:
        return []
    pam = view.settings.get("usepam", [""])[0].lower()
    dead = accounts.ageing_obstacles(user, account.uid, pam == "yes" if pam else None)
    if dead:
        return dead
    if view.doubt:
        return []  # which file it will be depends on the logins
    if not account.files:
        return [f"sshd reads no authorized_keys file for {user} (AuthorizedKeysFile none)"]
    if account.uid != 0 and not os.path.isdir(account.home):
        return []  # gluster_mountbroker creates it, or says why not
    found = []
    files = account_files.LocalFiles()
    if view.settings.get("strictmodes", ["yes"])[0] != "no":
        found += [problem.rstrip(".") for problem in accounts.home_obstacles(files, account)]
    found += accounts.reading_obstacles(files, account)
    path = account.files[0]
    folder = os.path.dirname(path)
    links = [each for each in (folder, path) if account.uid != 0 and os.path.islink(each)]
    if links:
        return [*found, f"{links[0]} is a symbolic link, which the collection does not follow for accounts other than root: replace it by its target"]
    if not os.path.isdir(folder) and os.path.dirname(folder) != account.home.rstrip("/"):
        return [*found, f"the folder {folder} does not exist (AuthorizedKeysFile of sshd_config names it): create it, owned by root, mode 0755"]
    for each in [folder] + ([path] if os.path.exists(path) else []):
        reason = places.obstacle(each)
        if reason:
            return [*found, f"{each}: {reason}"]
    return found


def _or_none(job: t.Callable[[], t.Any]) -> t.Any:
    """Run a program. A program that is missing or does not answer is a fact too."""
    try:
        return job()
    except (errors.CommandMissing, errors.CommandTimeout, errors.UnreadableOutput, errors.CommandFailed, OSError):
        return None


def syncdaemon_dir(helper: str) -> str:
    return os.path.join(helper, "python", "syncdaemon")


def _program(run: Run, source: ModuleType, argv: t.Sequence[str], **more: t.Any) -> dict[str, t.Any] | None:
    """Run one of this folder's programs by its source, and return what it printed."""
    loader = t.cast(t.Any, source).__loader__
    rc, out, _err = run(argv, stdin=loader.get_source(source.__name__), timeout=60, **more)
    try:
        return t.cast("dict[str, t.Any]", json.loads(out)) if rc == 0 else None
    except ValueError:
        return None


def _first_line(run: Run, argv: t.Sequence[str]) -> str | None:
    rc, out, _err = run(argv, timeout=20)
    return out.splitlines()[0].strip() if rc == 0 and out.strip() else None


def _glusterd(cli: GlusterCli) -> dict[str, t.Any]:
    try:
        pool = georep_keys.read_pool(cli)
    except (errors.DaemonUnreachable, errors.CommandMissing, errors.CommandTimeout, errors.UnreadableOutput) as exc:
        return {"answers": False, "error": exc.message, "down": [], "tls": management.uses_tls()}
    return {"answers": True, "error": None, "down": pool.disconnected, "tls": management.uses_tls()}


def gsyncd_python(helper: str) -> str:
    """The Python that runs gsyncd, from the first line of gsyncd.py."""
    with open(os.path.join(syncdaemon_dir(helper), "gsyncd.py"), encoding="utf-8", errors="replace") as file:
        first = file.readline()
    words = first[2:].split() if first.startswith("#!") else []
    if words and os.path.basename(words[0]) == "env":
        words = words[1:]
    return words[0] if words else "python3"


def glusterd_locale(proc_dir: str = processes.PROC) -> dict[str, str]:
    """The locale that gsyncd gets from glusterd; empty values if glusterd sets none."""
    found = dict.fromkeys(("LC_ALL", "LC_CTYPE", "LANG", "PYTHONUTF8", "PYTHONIOENCODING"), "")
    pid = processes.glusterd(proc_dir)
    if pid is not None:
        found.update({name: value for name, value in processes.environment(pid, proc_dir).items() if name in found})
    # An empty PYTHONUTF8 is an error.
    return {name: value for name, value in found.items() if value or name.startswith("L")}


def _python(run: Run, helper: str | None) -> dict[str, t.Any] | None:
    """gsyncd's Python: names that the sources use and it lacks, whether the configuration loads, the encoding of file names."""
    if helper is None:
        return None
    python, folder = gsyncd_python(helper), syncdaemon_dir(helper)
    found = _program(run, syncdaemon_walk, [python, "-W", "ignore", "-I", "-", folder])
    if found is None:
        return None
    rc, out, err = run([python, os.path.join(folder, "gsyncd.py"), "config-check", "sync-jobs", "--value", "3"], timeout=30)
    found["loads_configuration"] = rc == 0
    found["load_error"] = None if rc == 0 else ((out + err).strip().splitlines() or ["no reason given"])[-1]
    # Not -I, which would ignore the environment that matters here.
    rc, out, err = run([python, "-c", "import sys; print(sys.getfilesystemencoding())"], timeout=20, env=glusterd_locale())
    found["encoding"] = out.strip().lower() if rc == 0 else None
    return found


def _rsync(run: Run, helper: str | None, secondary: bool) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {"version": None, "delivers": None, "said": "", "admitted": None, "session_process": None}
    line = _or_none(lambda: _first_line(run, ["rsync", "--version"])) or ""
    parts = re.search(r"version\s+v?(\S+)", line)
    found["version"] = parts.group(1) if parts else None
    if not secondary or not parts or helper is None:
        return found
    told = _or_none(
        lambda: _program(run, rsync_receiver, ["unshare", "--mount", "--propagation", "private", sys.executable, "-I", "-"])
    )
    if told:
        found.update(delivers=told.get("delivers"), said=told.get("said", ""))
    wrapper = os.path.join(helper, "gsyncd")
    told = _or_none(lambda: _program(run, forced_rsync, [sys.executable, "-I", "-", wrapper]))
    if told:
        found.update(admitted=told.get("admits"), session_process=told.get("session_process"))
    return found


def _openssh(run: Run) -> dict[str, t.Any]:
    def told(argv: t.Sequence[str]) -> str | None:
        # Old versions do not know -V, but print the version in the usage text.
        _rc, out, err = run(argv, timeout=20)
        parts = _OPENSSH.search(out + err)
        return parts.group(1) if parts else None

    settings = sshd.local_settings(run, "root")
    subsystems = [value.split() for value in settings.get("subsystem", [])]
    sftp = next((words[1] for words in subsystems if len(words) > 1 and words[0] == "sftp"), None)
    server = next((path for path in sshd.SSHD if os.path.exists(path)), sshd.SSHD[0])
    return {
        "client": _or_none(lambda: told(["ssh", "-V"])),
        "server": _or_none(lambda: told([server, "-V"])),
        "sftp": sftp,
        "sftp_works": sftp is not None and (sftp == "internal-sftp" or os.access(sftp, os.X_OK)),
        "settings_read": bool(settings),
    }


def _selinux(run: Run) -> dict[str, t.Any]:
    mode = _or_none(lambda: _first_line(run, ["getenforce"]))
    found: dict[str, t.Any] = {"mode": (mode or "absent").lower(), "booleans": {}}
    if found["mode"] in ("enforcing", "permissive"):
        rc, out, _err = run(["getsebool", "-a"], timeout=20)
        pairs = (line.partition(" --> ") for line in out.splitlines()) if rc == 0 else ()
        found["booleans"] = {name: value == "on" for name, _arrow, value in pairs if name in SELINUX_BOOLEANS}
    return found
