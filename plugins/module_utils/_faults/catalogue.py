# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Known faults of geo-replication: data, and pure matching. docs/known-faults.md is generated from this table.

An entry says where it is seen: by the facts of a node (see _host/facts.py) before anything is started, in a log, in an answer of
the gluster command, or in what ssh says. Whatever a text came from, its cause and its remedy are written here once.
"""

from __future__ import annotations

import re
import typing as t

from .._model.errors import CommandFailed, GeorepError, MountFailed
from .entry import (
    CHANGES,
    CLI,
    EVERYTHING,
    ISSUE,
    KEYS,
    KIND,
    LOG,
    MOUNT,
    NOTHING,
    OTHER_METHOD,
    PRIMARY,
    RSYNC,
    SECONDARY,
    SIGN,
    SOURCE_FIX,
    TARSSH,
    Facts,
    Fault,
    Finding,
    Program,
)
from .logins import LOGINS
from .mounting import MOUNTS
from .refusals import REFUSALS
from .workers import LOGINS_OF_WORKERS, WORKERS, command, far

#: rsync and tar are looked for by faults of their own: a session needs one of them.
PROGRAMS: tuple[Program, ...] = (
    Program("ssh", "openssh-client", "the replication workers log in to the secondary nodes with this program", (PRIMARY,)),
    Program("ssh-keygen", "openssh-client", "gluster creates the SSH keys with this program", (PRIMARY,)),
    Program("ssh-keyscan", "openssh-client", "this program reads the host keys for trust_on_first_use", ()),
    Program("unshare", "util-linux", "gsyncd mounts the primary volume in a separate namespace with this program", (PRIMARY,)),
    Program("umount", "mount", "gsyncd unmounts its volume with this program"),
    Program("glusterfs", "glusterfs-client", "gsyncd mounts its volume with this program"),
)


def programs_of(site: str) -> list[str]:
    """The programs that every node of a site needs."""
    return [program.name for program in PROGRAMS if site in program.sites]


# --- what to look at in the facts ------------------------------------------------------------------------------------


def _gone(facts: Facts, name: str) -> list[str]:
    python = facts.get("python") or {}
    return [f"{item['file']}:{item['line']}" for item in python.get("gone", ()) if item["name"] == name]


def _asks_for(name: str) -> t.Callable[[Facts], str | None]:
    def check(facts: Facts) -> str | None:
        places = _gone(facts, name)
        return f"Python {facts['python']['version']} has no {name}, which is used in {', '.join(places)}" if places else None

    return check


def _no_helper(facts: Facts) -> str | None:
    return "no folder of this node contains python/syncdaemon/gsyncd.py" if facts.get("helper_dir") is None else None


def _cannot_load(facts: Facts) -> str | None:
    python = facts.get("python") or {}
    if python.get("loads_configuration") is not False or _gone(facts, "RawConfigParser.readfp"):
        return None
    return f"gsyncd.py config-check says: {python.get('load_error')}"


def _does_not_parse(facts: Facts) -> str | None:
    broken = (facts.get("python") or {}).get("broken") or []
    return "; ".join(f"{item['file']}:{item['line']}: {item['name']}" for item in broken) or None


def _loses_the_detached_mount(facts: Facts) -> str | None:
    rsync = facts.get("rsync") or {}
    if rsync.get("delivers") is not False:
        return None
    return f"rsync {rsync.get('version')} did not write a file to /proc/PID/cwd of a detached mount"


def _refuses_rsync(facts: Facts) -> str | None:
    rsync = facts.get("rsync") or {}
    if rsync.get("admitted") is not False:
        return None
    return f"as the forced command below a process named {rsync.get('session_process')}, gsyncd refused to start rsync"


def _no_rsync(facts: Facts) -> str | None:
    return "rsync is not installed" if (facts.get("rsync") or {}).get("version") is None else None


def _no_tar(facts: Facts) -> str | None:
    return "tar is not installed" if facts.get("tar", "") is None else None


def _no_programs(facts: Facts) -> str | None:
    found = facts.get("programs") or {}
    lacking = [program for program in PROGRAMS if program.name in found and found[program.name] is None]
    return "; ".join(f"{program.name} is not installed (Debian: {program.package}), and {program.why}" for program in lacking) or None


def _sources(path: str) -> bool:
    return path.endswith("/syncdaemon")


def _cannot_write(facts: Facts) -> str | None:
    found = {path: reason for path, reason in (facts.get("obstacles") or {}).items() if not _sources(path)}
    return "; ".join(f"{path}: {reason}" for path, reason in found.items()) or None


def _cannot_fix_sources(facts: Facts) -> str | None:
    gone = _gone(facts, "RawConfigParser.readfp") + _gone(facts, "Thread.isAlive")
    return "; ".join(f"{path}: {reason}" for path, reason in (facts.get("obstacles") or {}).items() if gone and _sources(path)) or None


def _account_takes_no_keys(facts: Facts) -> str | None:
    return "; ".join(problem for problems in (facts.get("accounts") or {}).values() for problem in problems) or None


def _no_sftp(facts: Facts) -> str | None:
    openssh = facts.get("openssh") or {}
    if not openssh.get("settings_read") or openssh.get("sftp_works"):
        return None
    return f"sshd has the subsystem sftp = {openssh['sftp']}, which cannot be run" if openssh.get("sftp") else "sshd has no subsystem sftp"


def _no_fuse(facts: Facts) -> str | None:
    return "/dev/fuse does not exist" if facts.get("fuse") is False else None


def _no_glusterd(facts: Facts) -> str | None:
    glusterd = facts.get("glusterd") or {}
    return f"{glusterd.get('error') or 'gluster pool list fails'}" if glusterd.get("answers") is False else None


def _not_unicode(facts: Facts) -> str | None:
    encoding = (facts.get("python") or {}).get("encoding")
    if not encoding or encoding.replace("-", "") == "utf8":
        return None
    return f"in glusterd's environment gsyncd's Python reads file names as {encoding}"


def _selinux_forbids(facts: Facts) -> str | None:
    selinux = facts.get("selinux") or {}
    off = [name for name in ("rsync_full_access", "rsync_client") if selinux.get("booleans", {}).get(name) is False]
    return f"SELinux is enforcing and {' and '.join(off)} {'is' if len(off) == 1 else 'are'} off" if selinux.get("mode") == "enforcing" and off else None


def _clock_differs(facts: Facts) -> str | None:
    """Only what is certain: the node was asked, and answered, at some moment between two that the machine that runs Ansible knows."""
    low, high = clock_bounds(facts)
    if low is not None and low > CLOCK_SECONDS:
        return f"the node's clock is at least {low:.0f} s ahead of the machine that runs Ansible"
    if high is not None and high < -CLOCK_SECONDS:
        return f"the node's clock is at least {-high:.0f} s behind the machine that runs Ansible"
    return None


def clock_bounds(facts: Facts) -> tuple[float | None, float | None]:
    """By how many seconds a node's clock is ahead of the controller's: at least, and at most; None: not known.

    The way to the node may take any time, and so may the way back. So the controller's time before it connected tells how far ahead the
    clock is at most, and how far at least only its time after the answer tells (``received_at``, which the plan adds).
    """
    clock = facts.get("clock") or {}
    received = clock.get("received_at")
    return None if received is None else clock["read_at"] - received, facts.get("clock_offset")


def _old_gluster(facts: Facts) -> str | None:
    version = str(facts.get("glusterfs") or "")
    return f"GlusterFS {version}" if re.match(r"[1-7]\.", version) else None


#: By so many seconds a clock may differ before anybody is told: checkpoints and lags are no more exact than a rollover of changelogs.
CLOCK_SECONDS = 10.0

FAULTS: tuple[Fault, ...] = (
    Fault(
        "python-readfp",
        "gsyncd's configuration cannot be loaded",
        "syncdaemon's sources against the Python they run under",
        (r"has no attribute '?readfp'?",),
        "create fails: `Please check gsync config file. Unable to get statefile's name`; other commands: `Staging failed on localhost`; "
        "gsyncd itself: `AttributeError: 'RawConfigParser' object has no attribute 'readfp'`",
        "any GlusterFS so far on Python 3.12 and newer; seen with 11.1 on Python 3.13 (Debian 13) and with 11.2 on Python 3.14 (Debian's next release)",
        "gsyncdconfig.py calls RawConfigParser.readfp, which Python 3.12 no longer has.",
        (ISSUE + "4403", ISSUE + "4480", "https://github.com/gluster/glusterfs/pull/4404"),
        "Replace readfp by read_file in syncdaemon/gsyncdconfig.py (four places) on this node. The role does this with "
        "geo_replication_fix_known_faults: true, or run the module gluster_georep_remedy.",
        EVERYTHING,
        role=SOURCE_FIX,
        check=_asks_for("RawConfigParser.readfp"),
    ),
    Fault(
        "python-isalive",
        "Workers stay Faulty",
        "syncdaemon's sources against the Python they run under",
        (r"'?Thread'? object has no attribute '?isAlive'?",),
        "status `Faulty`; gsyncd.log of the secondary: `AttributeError: 'Thread' object has no attribute 'isAlive'`",
        "GlusterFS 9.0 to 9.2 on Python 3.9 and newer (Debian 11)",
        "resource.py calls Thread.isAlive, which Python 3.9 no longer has.",
        (ISSUE + "2440", "https://github.com/gluster/glusterdocs/issues/716"),
        "Replace isAlive by is_alive in syncdaemon/resource.py (one place) on this node. The role does this with "
        "geo_replication_fix_known_faults: true, or run the module gluster_georep_remedy.",
        EVERYTHING,
        role=SOURCE_FIX,
        check=_asks_for("Thread.isAlive"),
    ),
    Fault(
        "rsync-detached-mount",
        "rsync 3.5 delivers empty files, although every worker is Active",
        "whether this rsync receives a file into a detached mount, as gsyncd needs it",
        (r"not creating new directory \"\.gfid\"",),
        "nothing: `Active`, `Changelog Crawl`, no failures; the files on the secondary have 0 bytes",
        "rsync 3.5.0 and newer on the secondary nodes (Debian 12 and 13 with the security archive, Debian's next release with 3.5.1), any GlusterFS release",
        "gsyncd on the secondary runs rsync in a detached mount, whose path /proc/PID/cwd only the kernel can resolve. rsync 3.5 resolves that path itself, "
        "to /, so the data of the files does not arrive.",
        ("https://github.com/RsyncProject/rsync/issues/1053",),
        "Use sync-method tarssh (the role chooses it unless you set another), or install an older rsync on the secondary nodes, such as 3.2.7 from "
        "the main archive of Debian 12. Then touch these empty files on the primary volume (through a mount): gsyncd sends them again.",
        RSYNC,
        (SECONDARY,),
        OTHER_METHOD,
        _loses_the_detached_mount,
    ),
    Fault(
        "sshd-session",
        "GlusterFS refuses rsync with OpenSSH 9.8 and newer, error 12",
        "whether the forced command gsyncd starts rsync below a process with the name that this sshd gives its sessions",
        (r"gsyncd sibling not found", r"sshd ancestor not found"),
        "status `Faulty`; gsyncd.log: an rsync with error 12, see [rsync-stream](#rsync-stream); by hand also "
        "`gsyncd sibling not found`, `disallowed rsync invocation`",
        "any GlusterFS so far with OpenSSH 9.8 and newer on the secondary nodes and any rsync; seen with 11.1 and OpenSSH 10.0 (Debian 13) "
        "and with 11.2 and OpenSSH 10.6 (Debian's next release)",
        "gsyncd, the forced command of the keys, starts rsync only below a process named sshd. OpenSSH 9.8 and newer name that process sshd-session, so "
        "gsyncd refuses rsync.",
        ("https://github.com/openssh/openssh-portable/commit/03e3de416ed7c34faeb692967737be4a7bbe2eb5",),
        "Use sync-method tarssh. The role chooses tarssh unless you set another method.",
        RSYNC,
        (SECONDARY,),
        OTHER_METHOD,
        _refuses_rsync,
    ),
    Fault(
        "rsync-stream",
        "rsync ended early on the secondary",
        "not checked in advance: only the log of a worker shows this fault",
        (command("rsync", "12"),),
        "status `Faulty`; gsyncd.log: `command returned error [{cmd=rsync ...}, {error=12}]`",
        "any",
        "rsync ended early on the secondary. If the secondary node has OpenSSH 9.8 or newer, gsyncd on that node most probably refused to start rsync (the "
        "known "
        "fault sshd-session). If not, the secondary is full, or the connection broke.",
        ("https://openssh.com/txt/release-9.8",),
        "Run gluster_georep_preflight_info on the secondary nodes. If it reports sshd-session, use sync-method tarssh. If not, check free space (df -h) on the "
        "secondary nodes and the network between the sites.",
        says=KIND,
    ),
    Fault(
        "rsync-missing",
        "rsync is not installed",
        "whether rsync --version answers",
        (r"No such file or directory: '?b?'?(?:/\S*/)?rsync\b", r"execution of \"(?:\S*/)?rsync\" failed with ENOENT"),
        "status `Faulty`; gsyncd.log: `No such file or directory: 'rsync'`",
        "any",
        "The package rsync is not installed.",
        (),
        "Install rsync on this node, or use sync-method tarssh.",
        RSYNC,
        role=OTHER_METHOD,
        check=_no_rsync,
    ),
    Fault(
        "tar-missing",
        "tar is not installed",
        "whether tar --version answers",
        (r"No such file or directory: '?b?'?(?:/\S*/)?tar\b", r"execution of \"(?:\S*/)?tar\" failed with ENOENT"),
        "status `Faulty`; gsyncd.log: `No such file or directory: 'tar'`, `execution of \"tar\" failed with ENOENT`",
        "any",
        "sync-method tarssh runs tar on both nodes of a replication worker.",
        (),
        "Install tar on this node (apt install tar), or use sync-method rsync if rsync works there.",
        TARSSH,
        check=_no_tar,
    ),
    Fault(
        "programs-missing",
        "Programs that geo-replication runs are not installed",
        "the programs that gsyncd, glusterd and this collection run on this site, in the PATH of root",
        (
            r"No such file or directory: '?b?'?(?:/\S*/)?(?:ssh|umount|unshare|glusterfs)\b",
            r"execution of \"(?!(?:\S*/)?(?:rsync|tar)\")[^\"]+\" failed with ENOENT",
            r"\bssh-keygen: (command )?not found",
        ),
        "status `Faulty`; gsyncd.log: `FileNotFoundError: [Errno 2] No such file or directory: 'ssh'`; without ssh-keygen gluster creates no keys",
        "any; openssh-server of Debian's next release does not install openssh-client",
        "gsyncd, glusterd and this collection start these programs by name.",
        (),
        "On this node, install the packages of the missing programs (apt install openssh-client for ssh, ssh-keygen and ssh-keyscan), then run again.",
        EVERYTHING,
        check=_no_programs,
    ),
    Fault(
        "place-not-writable",
        "A folder that geo-replication writes to cannot be written",
        "the mount flags, free space, free inodes and access rights of these folders",
        (),
        "a command of gluster fails with `No space left on device` or `Read-only file system`, or a run ends half-way",
        "any",
        "gluster, gsyncd and this collection write keys, sessions, logs, records and mount points to this folder.",
        (),
        "If the file system of the folder is full, free space. If the folder is missing, create it. If its file system is read-only, remount it (mount -o "
        "remount,rw). If the folder has the immutable attribute, remove the attribute (chattr -i). Then run again.",
        CHANGES,
        check=_cannot_write,
    ),
    Fault(
        "sources-not-writable",
        "gsyncd's own Python files cannot be patched",
        "the mount flags, free space and access rights of the folder syncdaemon, if a patch is needed in that folder",
        (),
        "the module gluster_georep_remedy fails: `Read-only file system`",
        "any; typical of systems whose /usr is read-only",
        "This node needs a patch of gsyncd, but cannot write to the folder syncdaemon. gluster_georep_remedy writes the patched file to this folder, and "
        "keeps the original file beside it.",
        (),
        "Make the folder syncdaemon writable during the run (if /usr is read-only: mount -o remount,rw /usr). Or patch the file in the image of the system.",
        EVERYTHING,
        check=_cannot_fix_sources,
    ),
    Fault(
        "account-takes-no-keys",
        "SSH keys cannot be copied to the account",
        "the home directory, .ssh and authorized_keys of each account on the secondary: owner, mode, links, mount flags, free space and access "
        "rights, and whether the account has expired",
        (),
        "gluster_georep_authorized_keys fails on that node: `The keys of ACCOUNT cannot be edited`",
        "any",
        "The role must write the keys of the primary nodes to authorized_keys of the account. Either it cannot write this file, or sshd would ignore the file "
        "or refuse the login.",
        (),
        "Fix on this node what the message says about the account, then run again.",
        KEYS,
        (SECONDARY,),
        check=_account_takes_no_keys,
    ),
    Fault(
        "gsyncd-missing",
        "The geo-replication part of GlusterFS is not installed",
        "the folder of gsyncd and its helpers",
        (r"(?<![/\w])gsyncd(\.py)?: (command )?not found", r"can't open file '\S*/syncdaemon/gsyncd\.py'"),
        "`unrecognized word: geo-replication (position 1)`; gsyncd.log: `gsyncd: not found`",
        "any; on RPM systems, gsyncd is in a separate package",
        "gsyncd is not installed on this node. glusterd then does not offer the command geo-replication.",
        (),
        "Install glusterfs-geo-replication (RPM systems) or glusterfs-server (Debian) on this node.",
        EVERYTHING,
        check=_no_helper,
        cli=(r"unrecognized word: geo-replication",),
    ),
    Fault(
        "gsyncd-configuration",
        "gsyncd cannot load its configuration",
        "gsyncd.py config-check",
        (
            r"configparser\.\w+Error",
            # An option that cannot be read ends in the same words as any number: the traceback tells.
            r"(?s)\b(?:gsyncdconfig|configparser)\.py\", line \d+, in .*?\n(?:\w+\.)*ValueError: ",
            r"ValueError: .*\(in (?:gsyncdconfig|configparser)\.py, ",
        ),
        "`Staging failed on localhost. Please check the log file for more details.`, create: `Unable to get statefile's name`; gsyncd itself: "
        "`configparser.MissingSectionHeaderError: File contains no section headers`, or `ValueError: invalid literal for int() with base 10` below a line "
        "of gsyncdconfig.py",
        "any",
        "/etc/glusterfs/gsyncd.conf, or a session's gsyncd.conf, contains a value that gsyncd cannot read, such as a word instead of a number.",
        (),
        "On the node with the error, run: gsyncd.py config-check sync-jobs --value 3. Fix the file that the command names, usually the session's gsyncd.conf "
        "below /var/lib/glusterd/geo-replication/. If the command names readfp, run gluster_georep_remedy instead.",
        EVERYTHING,
        check=_cannot_load,
        cli=(r"Unable to get statefile's name", r"Staging failed on localhost\. Please check the log"),
    ),
    Fault(
        "gsyncd-syntax",
        "gsyncd's own files do not fit the Python of this node",
        "whether this Python can parse syncdaemon's sources",
        (r"SyntaxError: ",),
        "gsyncd.log or glusterd.log: `SyntaxError: invalid syntax`",
        "a package that was built for another Python",
        "gsyncd's own Python files were written for another version of Python than the one that runs them, so gsyncd cannot start.",
        (ISSUE + "787",),
        "On this node, install the GlusterFS package that was built for this release of the distribution.",
        EVERYTHING,
        check=_does_not_parse,
    ),
    Fault(
        "no-fuse",
        "No worker can mount its volume",
        "/dev/fuse",
        (r"cannot open /dev/fuse", r"fuse: device not found", r"failed to open /dev/fuse"),
        "status `Faulty`; the log of the mount: `cannot open /dev/fuse`",
        "any; common in containers",
        "gsyncd mounts the volumes through FUSE, and this node has no /dev/fuse.",
        (),
        "Run on this node: modprobe fuse. If the node is a container, give it the device /dev/fuse.",
        EVERYTHING,
        check=_no_fuse,
    ),
    Fault(
        "glusterd-silent",
        "glusterd does not answer",
        "gluster pool list",
        (),
        "`Connection failed. Please check if gluster daemon is operational.`",
        "any",
        "glusterd is not running on this node, or hangs.",
        (),
        "Run on this node: systemctl start glusterd. If glusterd does not start, read /var/log/glusterfs/glusterd.log.",
        EVERYTHING,
        check=_no_glusterd,
        cli=(r"Connection failed\. Please check if gluster daemon is operational",),
    ),
    Fault(
        "locale-not-utf8",
        "Names that are not ASCII make a worker Faulty after hours",
        "the encoding of file names of gsyncd's Python in glusterd's environment",
        (r"Unicode(?:De|En)codeError: '(?!utf-?8')",),
        "gsyncd.log: `UnicodeDecodeError: 'ascii' codec can't decode byte`",
        "a C locale, or Python 2 on one site and 3 on the other",
        "gsyncd reads file names in the encoding of its locale, and both sites must use the same encoding.",
        (ISSUE + "3830", ISSUE + "787"),
        "On every node, give glusterd a UTF-8 locale (systemctl edit glusterd: Environment=LC_ALL=C.UTF-8). Then restart glusterd on one node after the other.",
        NOTHING,
        check=_not_unicode,
    ),
    Fault(
        "selinux-rsync",
        "SELinux keeps the workers from syncing",
        "getenforce, getsebool",
        (r"avc: +denied .*rsync", command("rsync", "14")),
        "status `Faulty`; gsyncd.log: `command returned error [{cmd=rsync ...}, {error=14}]`; audit.log: `avc: denied` for rsync_t",
        "RPM systems with SELinux enforcing",
        "If SELinux is enforcing, the targeted policy does not allow rsync to read or write the volume when gsyncd starts it.",
        (ISSUE + "1182", ISSUE + "1454"),
        "Run on every node of both sites: setsebool -P rsync_full_access on; setsebool -P rsync_client on.",
        RSYNC,
        role=OTHER_METHOD,
        check=_selinux_forbids,
        says=KIND,
    ),
    Fault(
        "sftp-missing",
        "Keys cannot be copied over SFTP",
        "sshd -T: the subsystem sftp",
        (r"subsystem request failed", r"Channel closed", r"EOF during negotiation"),
        "`create push-pem` succeeds, but its keys never arrive: `subsystem request failed on channel 0`",
        "any",
        "sshd on this node does not offer sftp, which Ansible and `create push-pem` use to copy files.",
        (),
        "On this node, write 'Subsystem sftp internal-sftp' into sshd_config, then reload sshd (systemctl reload ssh, or sshd).",
        NOTHING,
        (SECONDARY,),
        check=_no_sftp,
    ),
    Fault(
        "clock",
        "Clocks differ",
        "the node's clock against that of the machine that runs Ansible, less the time that the connection took",
        (),
        "checkpoints and times in LAST SYNCED are in the future or too far in the past",
        "any",
        "GlusterFS takes checkpoints and sync times from the clocks of the primary nodes. If the clocks differ, checkpoints and lags are wrong.",
        (),
        "Synchronize the clock of every node, with chrony or systemd-timesyncd.",
        NOTHING,
        check=_clock_differs,
    ),
    Fault(
        "changelog-layout",
        "Changelogs of GlusterFS 7 are not found after the upgrade to 8",
        "the version of GlusterFS",
        (r"Changelog History Crawl failed\s+\[?\{?error=\[Errno 0\]", r"gf_history_changelog.*wrong result"),
        "status `Faulty` after an upgrade; gsyncd.log: `Changelog History Crawl failed [{error=[Errno 0] Success}]`",
        "an upgrade from GlusterFS 7 or older to 8 or newer",
        "GlusterFS 8 and newer look for changelogs in folders by date. After an upgrade, they find the older changelogs only if glusterfs-georep-upgrade.py "
        "has moved these files before.",
        (ISSUE + "1766", ISSUE + "2133"),
        "Before an upgrade from GlusterFS 7 or older to 8 or newer, stop the sessions and run glusterfs-georep-upgrade.py on every brick. If the upgrade is "
        "done already, delete the session with reset_sync_time and create the session again. The new session compares all files.",
        NOTHING,
        (PRIMARY,),
        check=_old_gluster,
    ),
    Fault(
        "plain-key-first",
        "authorized_keys has an older line of the key without a forced command",
        "which forced command answers to each key, from every primary node (gluster_ssh_trust)",
        (r"/nonexistent/gsyncd: ",),
        "status `Faulty`; gsyncd.log: `ssh> bash: line 1: /nonexistent/gsyncd: No such file or directory`",
        "any",
        "sshd uses the first line of authorized_keys that has the key. That line has no command=, so sshd does not start gsyncd.",
        (ISSUE + "732", ISSUE + "4187"),
        "Remove the line of this key that has no command= from authorized_keys on the secondary node. gluster_ssh_trust with state: verified reports "
        "the node and the key.",
    ),
    *LOGINS_OF_WORKERS,
    *LOGINS,
    Fault(
        "ssh-port",
        "Workers connect to port 22",
        "the session's option ssh-port against the declared port",
        (),
        "status `Faulty`; gsyncd.log: `ssh: connect to host H port 22: Connection refused`, while sshd listens elsewhere",
        "any",
        "GlusterFS uses the port given with 'create ssh-port N' only for its checks at creation, and does not store the port. The workers then use port 22.",
        (ISSUE + "2819",),
        "Declare ssh_port. The role and gluster_georep_session then also set the session's option ssh-port.",
    ),
    Fault(
        "gluster-not-on-path",
        "The account on the secondary cannot run gluster",
        "gluster in the PATH that sshd gives to an unprivileged account (facts of gluster_georep_preflight_info: gluster_for_accounts)",
        (),
        "create push-pem fails: `gluster command not found on H for user U.`",
        "Debian and Ubuntu, sessions of an unprivileged account",
        "gluster is in /usr/sbin, and the PATH of an unprivileged account does not contain this folder.",
        (),
        "Run on the secondary nodes: ln -s /usr/sbin/gluster /usr/local/bin/gluster. Or copy the keys without push-pem, as the role does with "
        "gluster_georep_authorized_keys.",
        cli=(r"gluster command not found on \S+ for user",),
    ),
    Fault(
        "account-unusable",
        "The account on the secondary has no shell or no home directory",
        "shell and home of the account (gluster_mountbroker)",
        (r"This account is currently not available", r"Could not chdir to home directory"),
        "status `Faulty`; gsyncd.log: an ssh with error 1, see [secondary-gsyncd-failed](#secondary-gsyncd-failed); a login by hand says "
        "`This account is currently not available.`",
        "sessions of an unprivileged account",
        "sshd starts gsyncd through the shell of the account, in the account's home directory. This account has no shell that runs commands, or no home "
        "directory.",
        ("https://github.com/gluster/glusterdocs/pull/781",),
        "On the secondary nodes, give the account a shell such as /bin/sh and its own home directory. The role or the module gluster_mountbroker can do this.",
    ),
    Fault(
        "mountbroker-refuses",
        "glusterd on the secondary does not allow the account to mount the volume",
        "the mountbroker entry in glusterd.vol, and whether glusterd has read it (gluster_mountbroker)",
        (r"glusterd answered \[\{mnt=\}\]", r"\d+ : failed with this errno", r"cmd=\S*gluster .*system:: mount \S+ user-map-root="),
        "status `Faulty`; on the secondary node, gsyncd.log: `glusterd answered [{mnt=}]` and "
        "`2 : failed with this errno (No such file or directory)`; lines about cli.log next to it do not matter",
        "sessions of an unprivileged account",
        "glusterd.vol of the secondary node has no mountbroker entry for the account and the volume, or glusterd was not restarted since the entry was added.",
        (),
        "On one secondary node, run gluster-mountbroker add VOLUME ACCOUNT. Then restart glusterd on every secondary node, one after the other. The role does "
        "this for you.",
        sites=(SECONDARY,),
    ),
    Fault(
        "far-logs-not-writable",
        "The account on the secondary cannot write its log",
        "the group of the folder of the logs, and the owner of the session's logs (gluster_mountbroker)",
        (r"Permission denied: '\S*/geo-replication-(secondaries|slaves)/",),
        "status `Faulty`; gsyncd.log: `PermissionError: [Errno 13] Permission denied: "
        "'/var/log/glusterfs/geo-replication-secondaries/P_H_V'`",
        "sessions of an unprivileged account",
        "When glusterd starts, it gives gsyncd's log folder on the secondary node to the group that geo-replication-log-group in glusterd.vol names. The "
        "account of the session is not in this group, or the session used root before.",
        (),
        "On the secondary node, add the account to the group that geo-replication-log-group in glusterd.vol names. If the session used root before, change "
        "the owner of the session's log folder. The role or the module gluster_mountbroker can do this.",
        sites=(SECONDARY,),
    ),
    Fault(
        "meta-volume",
        "use-meta-volume without shared storage",
        "whether shared_storage is mounted if use-meta-volume is on",
        (r"[Mm]eta-?volume is not mounted",),
        "status `Faulty`; gsyncd.log: `Meta-volume is not mounted. Worker Exiting...`",
        "any",
        "The workers decide which of them is active by a lock on the volume gluster_shared_storage. On the node of the worker, this volume is not mounted.",
        (ISSUE + "2895",),
        "On a primary node, run: gluster volume set all cluster.enable-shared-storage enable. Or set use-meta-volume: false in the config of "
        "the session: the workers then decide without this volume.",
    ),
    Fault(
        "releases-apart",
        "One site is older than GlusterFS 10, the other is not",
        "the versions of both sites, before anything else that the secondary answers is used",
        (r"invalid choice: '?(slave|secondary)'?", command("ssh", "2", r"/nonexistent/gsyncd (?:slave|secondary) ") + r"(?!\}?\]?\s+\S*ssh> )"),
        "status `Faulty`; gsyncd.log: `command returned error [{cmd=ssh ... /nonexistent/gsyncd slave ...}, {error=2}]`; "
        "`gluster --remote-host=H volume info` of 9 does not show a volume of 10; create: `Gluster version mismatch between primary and secondary.`",
        "9 and older with 10 and newer, in either direction",
        "GlusterFS 10 renamed the options with which a worker starts gsyncd on the secondary, from slave to secondary. GlusterFS 9 and older do not know the "
        "new names, and 10 and newer do not know the old ones.",
        ("https://docs.gluster.org/en/main/Upgrade-Guide/generic-upgrade-procedure/",),
        "Update both sites to GlusterFS 10 or newer. Sites with other differences between their releases can replicate. To create a session between such "
        "sites, set accept: [version_mismatch].",
        EVERYTHING,
        cli=(r"\(known fault releases-apart\)", r"Gluster version mismatch"),
    ),
    Fault(
        "cause-hidden",
        "gsyncd fails while it prints an error message",
        "gsyncd.log",
        (
            r"TypeError: a bytes-like object is required, not 'str'",
            r"TypeError: can only concatenate str \(not \"bytes\"\) to str",
            r"TypeError: must be str or None, not bytes",
        ),
        "gsyncd.log: a traceback that ends in `errlog` and `TypeError: a bytes-like object is required, not 'str'`",
        "all, 11 always",
        "When gsyncd logs the output of a failed command, it mixes text and bytes and fails itself. So the real cause is not in the log.",
        (ISSUE + "4439", ISSUE + "2469", ISSUE + "1132"),
        "In gsyncd.log, the line before this error shows the command that failed. On the node of this log, run gluster_ssh_trust with state: verified, and "
        "gluster_georep_preflight_info. These modules find most causes.",
        says=SIGN,
    ),
    Fault(
        "brick-io-error",
        "A brick of the primary is down or in split-brain",
        "gluster volume heal VOLUME info",
        (r"Split br(ai|ia)n issue", r"Getting \"Input/Output error\" is most likely", r"\[Errno 5\]"),
        "status `Faulty`; gsyncd.log: `Getting \"Input/Output error\" is most likely due to a. Brick is down or b. Split brain issue.`",
        "any",
        "A brick is down, or the replicas of a file differ (split-brain). gsyncd then cannot read the file.",
        (ISSUE + "1104", ISSUE + "2814"),
        "If a brick is down (gluster volume status VOLUME), start it. If all bricks are online, list the files in split-brain (gluster volume heal VOLUME "
        "info split-brain), and heal them. The "
        "worker then continues by itself.",
        says=KIND,
    ),
    Fault(
        "secondary-touched",
        "Files were written or deleted on the secondary",
        "whether the secondary volume is read-only",
        far("116", "Stale file handle"),
        "nothing, or gsyncd.log: `call failed [{method=entry_ops}, {error=OSError}]` and `FAIL: OSError: [Errno 116] Stale file handle`",
        "any",
        "gsyncd finds files by their gfid (GlusterFS' file ID). On the secondary, these files do not exist or have other gfids, so gsyncd cannot change them.",
        (ISSUE + "3621", ISSUE + "1268"),
        "Keep the secondary volume read-only (gluster_georep_secondary). If a file differs between the sites, touch this file on the primary volume (through "
        "a mount): gsyncd then sends it again.",
        says=KIND,
    ),
    Fault(
        "changelogs-skipped",
        "gsyncd skipped changes, and the secondary does not have them",
        "gsyncd.log",
        (r"changelogs could not be processed completely - moving on",),
        "gsyncd.log: `changelogs could not be processed completely - moving on...`, while FAILURES stays 0",
        "any",
        "After several attempts, gsyncd gives up on a batch of changes and continues with the next batch. The changes that it skipped are missing on the "
        "secondary.",
        (),
        "Find the files that differ with gluster_georep_proof (compare: all), and send them again (send_again: true). Or delete the session with "
        "reset_sync_time and create the session again: gsyncd then compares all files.",
        says=SIGN,
    ),
    Fault(
        "changes-refused",
        "The secondary refused changes",
        "FAILURES of the status, gsyncd.log",
        (r"\b(?:ENTRY|META) FAILED\b",),
        "FAILURES above 0 in `status detail`; gsyncd.log: `ENTRY FAILED` or `META FAILED`",
        "any",
        "gsyncd logs, counts and skips a creation, deletion, rename or attribute that the secondary refuses again and again. "
        "The count stays until the session is deleted.",
        (),
        "Find the files that differ with gluster_georep_proof (compare: all), and send them again (send_again: true). Then set gate_failures_known to the "
        "count, so that the role gate accepts it.",
        says=SIGN,
    ),
    Fault(
        "cli-crash",
        "gluster itself crashes when asked for the status",
        "the signal that ends gluster",
        (),
        "`gluster volume geo-replication status` ends with `Segmentation fault`",
        "GlusterFS 11.0 and 11.1 with 14 workers or more in one answer",
        "The gluster command of GlusterFS 11 crashes if its output is larger than 128 KiB. Each worker adds about 9 KiB to the output of status.",
        (ISSUE + "4204", ISSUE + "4323", ISSUE + "4552"),
        "If gluster crashes, this collection reads the status of each session in a call of its own. Update GlusterFS when a release fixes this bug.",
        cli=(r"gluster itself crashed when it was asked for the status", r"geo-replication .*status.*Segmentation fault"),
    ),
    Fault(
        "stalled",
        "A worker is Active, but new changes do not arrive",
        "a test file written on the primary and read on the secondary (gluster_georep_proof), the changelogs of the brick (gluster_georep_info)",
        (r"delivers nothing", r"lost the race"),
        "nothing: `Active`, `Changelog Crawl`, no failures",
        "9.2 to 11.1 at least; one start in seven on a busy machine, one in two if a worker starts alone",
        "When a worker connects to its brick, a race in the brick process can leave the worker without notice of changes until the worker is restarted.",
        (),
        "Restart the stalled worker (gluster_georep_worker), or stop and start the session. The role restarts stalled workers if "
        "geo_replication_restart_stalled is true, and so does the playbook glusterops.georep.prove with georep_restart_stalled=true. After each start, a "
        "worker can stall again.",
    ),
    *MOUNTS,
    *WORKERS,
    *REFUSALS,
)

BY_ID: dict[str, Fault] = {fault.id: fault for fault in FAULTS}
#: What ssh says of a login, for the probe in _ssh, which knows the words for the braces.
SSH_FAILURES: tuple[Fault, ...] = tuple(fault for fault in FAULTS if fault.ssh)
#: Those that say more come first; of equals, the first of the catalogue.
_BY_WHAT_THEY_SAY: tuple[Fault, ...] = tuple(sorted(FAULTS, key=lambda fault: fault.says))


# --- matching --------------------------------------------------------------------------------------------------------


def find(facts: Facts, site: str) -> list[Finding]:
    """The faults that a node has."""
    found = []
    for fault in FAULTS:
        evidence = fault.check(facts) if site in fault.sites else None
        if evidence:
            found.append(Finding(fault, evidence))
    return found


#: What is known of a login to a secondary node, where the text itself does not tell.
_WORDS = {
    "host": "the secondary node",
    "port": "22",
    "user": "of the session",
    "login": "ACCOUNT",
    "key": "of this node",
    "key_file": "of this node",
    "known_hosts": "the known_hosts file",
    "path": "another path",
    "methods": "something else",
    "node": "NODE",
}
#: Whom a command of gsyncd logs in to.
_LOGIN_OF = re.compile(
    r"cmd=(?:/\S*/)?(?:ssh|rsync) [^}\n]*? (?:(?P<user>[^\s@]+)@)?(?P<host>[^\s@]+?)"
    r"(?: /\S*gsyncd (?:slave|secondary) | \S*gluster --xml | tar --overwrite |:/proc/\d+/cwd)"
)


def explain(text: str, where: str) -> Fault | None:
    """The fault that a text speaks of, with its cause and remedy in whole words; the most telling of the catalogue that matches.

    :param where: what the text is: of a log, one line or all that a worker said last; an answer of the gluster command; or what ssh said (LOG, CLI, SSH).
    """
    for fault in _BY_WHAT_THEY_SAY if where == LOG else FAULTS:
        for expression in fault.seen_in(where):
            found = re.search(expression, text)
            if found:
                told = filled(fault, {**_login_in(text), **{name: value for name, value in found.groupdict().items() if value}})
                return _there(told) if where == LOG and _said_there(text, found) else told
    return None


def _login_in(text: str) -> dict[str, str]:
    """The account and the host of the login that a log speaks of."""
    login = _LOGIN_OF.search(text)
    return {"user": login["user"] or "root", "login": login["user"] or "root", "host": login["host"]} if login else {}


def _said_there(text: str, found: t.Match[str]) -> bool:
    """Whether the words that matched are the secondary node's, which a worker's log repeats."""
    return "ssh> " in text[text.rfind("\n", 0, found.end()) + 1 : found.end()]


def _there(fault: Fault) -> Fault:
    """The fault on the secondary node. What ssh itself says is about the node that logs in."""
    if fault.step:
        return fault
    title, cause, remedy = (
        text.replace("this node", "the secondary node").replace("This node", "The secondary node") for text in (fault.title, fault.cause, fault.remedy)
    )
    return fault._replace(title=title, cause=cause, remedy=remedy)


def filled(fault: Fault, words: t.Mapping[str, t.Any]) -> Fault:
    """The fault with these words in the braces of its cause and remedy; what they do not tell is told in general."""
    words = {**_WORDS, **words}
    cause, remedy = fault.cause.format(**words), fault.remedy.format(**words)
    # What follows "step key:" in the probe's words is a sentence here. One that begins with the name of a host stays as it is.
    if fault.step and (not fault.cause.startswith("{") or " " in str(words.get(fault.cause[1:].partition("}")[0], ""))):
        cause = cause[:1].upper() + cause[1:]
    return fault._replace(cause=cause, remedy=remedy)


def advice(exc: GeorepError) -> str | None:
    """What helps against an error: what it says itself, else what the catalogue knows of gluster's refusal."""
    if isinstance(exc, MountFailed):
        # The general advice is to look at the network.
        why = explain(exc.stderr or "", MOUNT)
        return f"{why.cause} {why.remedy}" if why else exc.remedy
    fault = explain(exc.message, CLI) if exc.remedy is None and isinstance(exc, CommandFailed) else None
    return fault.remedy if fault else exc.remedy


def unexplained(facts: Facts) -> list[str]:
    """What the sources ask of this Python in vain and no entry knows of. Most of it is never reached."""
    known = {"RawConfigParser.readfp", "Thread.isAlive"}
    gone = (facts.get("python") or {}).get("gone", ())
    return sorted({f"{item['name']} ({item['file']}:{item['line']})" for item in gone if item["name"] not in known})
