# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Entries of the catalogue that only the log of a worker or of its monitor speaks of: why a worker became Faulty.

Source: monitor.py, syncdutils.py (log_raise_exception, Popen.errlog), resource.py, primary.py and repce.py of 9.2, 10.3 and 11.1. What the
secondary node says stands behind ``ssh> ``; an exception that a call on the secondary raised follows after ``call failed``.
"""

from __future__ import annotations

from .._model.ssh_options import COMMAND, KEY
from .entry import ISSUE, KIND, NAMED, PRIMARY, SECONDARY, SIGN, Fault

BOTH = (PRIMARY, SECONDARY)


def command(program: str, codes: str, within: str = "") -> str:
    """The record of a program that ended with one of these codes, as a regular expression; ``within`` stands in its command line."""
    words = rf"[^}}\n]*?{within}[^}}\n]*?" if within else r"[^}\n]*?"
    return rf"cmd=(?:/\S*/)?{program} {words}\}}?,?\s+\{{?error={codes}(?!\d)"


#: The command line by which a worker starts gsyncd on the secondary, and by which the monitor asks the secondary's glusterd for the volume.
_GSYNCD = r"/\S*gsyncd (?:slave|secondary) "
_VOLUME_INFO = r"gluster --xml "


def far(errnos: str, words: str) -> tuple[str, ...]:
    """An error of the secondary: a call there that raised it, or what a program there said."""
    return (rf"(?s)\bcall failed\b.*?\[Errno (?:{errnos})\]", rf"(?:ssh|rsync|tar)> [^\n]*(?:{words})", rf"SYNC Error\b[^\n]*(?:{words})")


def far_write(errnos: str, words: str) -> tuple[str, ...]:
    """An error of a change on the secondary. By its gfid gsyncd only reads a file on the primary, and so changes it on the secondary alone."""
    return (*far(errnos, words), rf"\[Errno (?:{errnos})\] [^\n]*'\.gfid/")


def _seen(
    name: str,
    title: str,
    log: tuple[str, ...],
    shown: str,
    cause: str,
    remedy: str,
    *,
    says: int = NAMED,
    sites: tuple[str, ...] = BOTH,
    versions: str = "any",
    reference: tuple[str, ...] = (),
    ssh: tuple[str, ...] = (),
    step: str = "",
) -> Fault:
    """:param ssh: what ssh says of it, and ``step`` the step at which a login fails; none where only a log speaks of it."""
    checked = "not checked in advance: only the log of a worker shows this fault"
    if ssh:
        checked = "the login with each key, from every primary node (gluster_ssh_trust)"
    shown = f"status `Faulty`; gsyncd.log: {shown}"
    return Fault(name, title, checked, log, shown, versions, cause, reference, remedy, sites=sites, says=says, ssh=ssh, step=step)


_PASSWORD_EXPIRED = (r"Password change required", r"\b[Pp]assword has expired", r"required to change your password")
_ACCOUNT_EXPIRED = (r"account has expired", r"account is expired")
#: publickey stands in the brackets as long as sshd still asks for a key.
_NO_KEY_ASKED = (r"(?m)(?:^|> |@\S+: )Permission denied \((?![^)\n]*publickey)(?P<methods>[\w,@.-]+)\)",)

#: Of a login that ssh brings about, or not. They come before what ssh says of a key.
LOGINS_OF_WORKERS: tuple[Fault, ...] = (
    _seen(
        "password-expired",
        "The password of the account on the secondary has expired",
        _PASSWORD_EXPIRED,
        "`ssh> WARNING: Your password has expired.`, `ssh> Password change required but no TTY available.`",
        "the password of the account {user} on {host} has expired. sshd accepts the key, but does not start gsyncd until the password is changed.",
        "Run on every secondary node: chage -d $(date +%F) -M -1 -I -1 -E -1 {login}. The worker then starts by itself.",
        ssh=_PASSWORD_EXPIRED,
        step=COMMAND,
        sites=(SECONDARY,),
        versions="any; accounts that were created under a login.defs with PASS_MAX_DAYS",
    ),
    _seen(
        "account-expired",
        "The account on the secondary has expired",
        _ACCOUNT_EXPIRED,
        "`ssh> Your account has expired; please contact your system administrator.`",
        "the account {user} on {host} has expired, or its password expired longer ago than its inactive period allows. sshd accepts no login of it.",
        "Run on every secondary node: chage -M -1 -I -1 -E -1 {login}. The worker then starts by itself.",
        ssh=_ACCOUNT_EXPIRED,
        step=COMMAND,
        sites=(SECONDARY,),
        versions="any; accounts that were created under a login.defs or default/useradd with EXPIRE, INACTIVE or PASS_MAX_DAYS",
    ),
    _seen(
        "second-factor",
        "The secondary wants more than a key",
        _NO_KEY_ASKED,
        "`ssh> ACCOUNT@H: Permission denied (keyboard-interactive).`",
        "{host} takes the key {key} for the account {user} but wants a second factor: it no longer asks for a key, but for {methods} (AuthenticationMethods "
        "in sshd_config; if that is not set, PubkeyAuthentication is no).",
        "In sshd_config of every secondary node, let the account {login} log in by key alone from the primary nodes: a Match block with "
        "AuthenticationMethods publickey. The lines in authorized_keys are not the cause.",
        ssh=_NO_KEY_ASKED,
        step=KEY,
        sites=(SECONDARY,),
    ),
)

WORKERS: tuple[Fault, ...] = (
    # --- named by the log itself
    _seen(
        "gsyncd-elsewhere",
        "The secondary has no gsyncd at the path that the key names",
        (
            r"(?P<path>(?!/nonexistent/)/\S*/gsyncd(?:\.py)?): (?i:no such file or directory|(?:command )?not found)",
            r"no such file or directory: (?P<path>(?!/nonexistent/)/\S*/gsyncd)\b",
        ),
        "`ssh> bash: line 1: /usr/libexec/glusterfs/gsyncd: No such file or directory`",
        "The forced command of the key on {host}, or the option remote-gsyncd, is {path}. {host} has no such file: its gsyncd is in another folder, or not "
        "installed.",
        "If gsyncd is installed on {host}, run the role, or run gluster_georep_authorized_keys on the secondary nodes. Both write each node's own path of "
        "gsyncd into command= of this cluster's keys. If Ansible cannot log in to the secondary nodes, change command= in authorized_keys of {login} by hand "
        "to the path of gsyncd (/usr/lib/TRIPLET/glusterfs/gsyncd on Debian, /usr/libexec/glusterfs/gsyncd on RPM systems). Later runs keep this path. If "
        "gsyncd is not installed on {host}, install glusterfs-server (Debian) or glusterfs-geo-replication (RPM systems). If the session sets remote-gsyncd, "
        "reset this option.",
        sites=(SECONDARY,),
        versions="any; sites of different distributions or processor types",
    ),
    _seen(
        "login-script-prints",
        "A login script on the secondary prints text",
        (
            r"UnpicklingError: (?!pickle data was truncated)",
            r"is your shell clean",
            r"ParseError: (?!no element found)",
            r"in recv\n\s+return pickle\.load\(.*\)\n(?:\s.*\n)*(?!EOFError)(?!.*truncated)(?:\w+\.)*\w+Error: ",
            r"FAIL: +(?!EOFError)(?!.*truncated)(?:\w+\.)*\w+Error: .*\(in repce\.py, recv\)",
            r"(?s)connection to peer is broken(?!.*command returned error).*\bnot confirmed after wait",
        ),
        "`_pickle.UnpicklingError: invalid load key, 'W'.`, `xml.etree.ElementTree.ParseError: syntax error: line 1, column 0`, or `connection to peer is "
        "broken` and a minute later `Worker not confirmed after wait`; rsync says `is your shell clean?`",
        "Something on the secondary node writes to standard output before gsyncd answers: mostly .bashrc, .profile or /etc/profile.d of the account. "
        "gsyncd reads these words as data.",
        "On the node of the worker, run its ssh command (gsyncd.log shows it) by hand, and look at what it prints first. On every secondary node, let login "
        "scripts print only in interactive shells, or to standard error.",
        sites=(SECONDARY,),
        reference=("https://github.com/rust-lang/rustup/issues/498",),
    ),
    _seen(
        "directory-refused",
        "The secondary cannot create a directory",
        (r"The above directory failed to sync",),
        "`ENTRY FAILED [{data=({'op': 'MKDIR', ...})}]` and `The above directory failed to sync. Please fix it to proceed further.`",
        "gsyncd could not create a directory on the secondary, because the secondary has another entry with the same name or the same gfid. The worker does "
        "not continue without this directory. The line before this error in gsyncd.log names the directory.",
        "The line before this error in gsyncd.log names the directory. Mount the secondary volume, and move away the entry with this name. The worker then "
        "creates the directory by itself.",
        reference=(ISSUE + "1268",),
    ),
    _seen(
        "libgfchangelog-missing",
        "gsyncd cannot load the changelog library",
        (r"libgfchangelog\S*: cannot open shared object", r"undefined symbol: gf_(?:history_)?changelog_"),
        "`OSError: libgfchangelog.so: cannot open shared object file: No such file or directory`",
        "gsyncd needs the library libgfchangelog to read changes. The library is not installed on this node, or the linker's cache does not list it.",
        "On the node of the worker, install the package that has libgfchangelog (libgfchangelog0; glusterfs-libs on older RPM systems), then run ldconfig.",
        sites=(PRIMARY,),
    ),
    _seen(
        "marks-full",
        "A brick of the primary volume has no room for how far another session has synced",
        (
            r"(?s), in set_(?:entry_)?stime\n(?:(?!Traceback).)*?OSError: \[Errno 28\]",
            r"FAIL: +OSError: \[Errno 28\] [^\n]*\(in libcxattr\.py, ",
        ),
        "a traceback through set_stime or set_entry_stime; last error of the report: `FAIL: OSError: [Errno 28] No space left on device (in libcxattr.py, "
        "raise_oserr)`",
        "gsyncd stores how far each session has synced in two extended attributes on the root directory of the brick. On ext4 all extended attributes of a "
        "directory share 4 KiB, which is enough for some 20 sessions of one volume. Attributes of deleted sessions count too. The same error occurs if the "
        "file system of the brick is full.",
        "On the node of the worker, check df -h and df -i of the brick. If it has space, list these "
        "attributes: getfattr -d -m 'stime$' -e hex BRICK. The second UUID in each name is the volume ID of a secondary volume (gluster volume "
        "info on the secondary sites). Remove only attributes whose secondary volume belongs to no session any more: setfattr -x NAME BRICK. If all of "
        "these sessions exist, move the volume to bricks on XFS, which has no such limit.",
        sites=(PRIMARY,),
        versions="any; bricks on ext4",
    ),
    _seen(
        "no-temporary-folder",
        "gsyncd has no folder for temporary files",
        (r"No usable temporary directory found",),
        "`FileNotFoundError: [Errno 2] No usable temporary directory found in ['/tmp', '/var/tmp', '/usr/tmp', '/']`",
        "On this node, /tmp and /var/tmp are full, read-only or not writable, so gsyncd cannot create temporary files.",
        "On this node, check /tmp with df -h and df -i. If /tmp is full, free space or inodes. If /tmp is read-only, run: mount -o remount,rw /tmp.",
    ),
    _seen(
        "indexing-off",
        "The primary volume has no volume mark",
        (r"\b(?:master|primary) volinfo unavailable",),
        "`primary volinfo unavailable`",
        "gsyncd needs the volume mark of the primary volume. This mark exists only while the volume option geo-replication.indexing is on.",
        "On a primary node, run: gluster volume get VOLUME geo-replication.indexing. If it is off, run: gluster volume set VOLUME geo-replication.indexing on.",
        sites=(PRIMARY,),
    ),
    _seen(
        "several-sources",
        "The primary volume is itself replicated from several volumes",
        (r"cannot work with multiple foreign (?:master|primary)s",),
        "`cannot work with multiple foreign primarys`",
        "The primary volume has the marks of several other volumes that replicate into it. gsyncd passes on the changes of at most one other volume.",
        "Of the sessions that replicate into this primary volume, stop all but one. The marks of the stopped sessions expire by themselves.",
        sites=(PRIMARY,),
    ),
    _seen(
        "time-went-back",
        "A time stamp on the secondary is later than on the primary",
        (r"timestamp corruption for ",),
        "`timestamp corruption for PATH`",
        "The time stamp that gsyncd keeps on this path is newer on the secondary than on the primary. Either a clock was set back, or another program wrote "
        "the time stamp.",
        "Synchronize the clocks of all nodes, with chrony or systemd-timesyncd. Then delete the session with reset_sync_time and create it again.",
    ),
    _seen(
        "gsyncd-of-another-version",
        "gsyncd of the two sites do not understand each other",
        (r"RePCe major version mismatch", r"gsyncd\.py: error: unrecognized arguments"),
        "`RePCe major version mismatch: local ..., remote ...`, `ssh> gsyncd.py: error: unrecognized arguments`",
        "gsyncd on the primary and gsyncd on the secondary use different versions of their protocol, or the secondary's gsyncd does not know an option that "
        "the primary's uses.",
        "Install the same release of GlusterFS on both sites.",
    ),
    _seen(
        "rsync-xattrs-of-an-account",
        "use-rsync-xattrs needs root on the secondary",
        (r"using rsync for extended attributes is not supported",),
        "`ssh> failure: using rsync for extended attributes is not supported`",
        "The option use-rsync-xattrs of the session is on. gsyncd supports this option only for root on the secondary, and the session uses an unprivileged "
        "account.",
        "Reset the option use-rsync-xattrs of the session: run gluster_georep_config with the value null.",
    ),
    _seen(
        "rsync-protects-its-arguments",
        "rsync is told to protect its arguments, which gsyncd on the secondary refuses",
        (r"need an rsync invocation without protected args",),
        "`rsync> need an rsync invocation without protected args`",
        "rsync-options of the session, or RSYNC_PROTECT_ARGS in glusterd's environment, set -s (--secluded-args). The forced command gsyncd then cannot see "
        "where rsync writes.",
        "Remove -s, --protect-args and --secluded-args from the session's rsync-options, and RSYNC_PROTECT_ARGS from glusterd's environment.",
    ),
    _seen(
        "python-missing-there",
        "The secondary node has no Python for gsyncd",
        (r"exec of '\S*python\S*' failed",),
        "`ssh> exec of 'python3' failed`",
        "gsyncd on {host} could not start Python.",
        "Install Python on {host}, or the GlusterFS package of its distribution.",
        sites=(SECONDARY,),
    ),
    _seen(
        "node-id-missing",
        "The file glusterd.info of this node is damaged",
        (r"Failed to get Host UUID from",),
        "`Failed to get Host UUID from /var/lib/glusterd/glusterd.info`",
        "/var/lib/glusterd/glusterd.info of this node contains no UUID, and gsyncd needs it to start.",
        "Restore /var/lib/glusterd/glusterd.info on this node. To see the UUID of this node, run gluster peer status on another node of the same cluster.",
    ),
    _seen(
        "monitor-runs-already",
        "Two monitors of one session run on a node",
        (r"cannot grab temporary pidfile",),
        "`cannot grab temporary pidfile`",
        "Another monitor process of this session is running on this node and has locked the pid file.",
        "Stop the session with force. Check that no gsyncd.py monitor process of the session is left on this node (pgrep -af gsyncd.py). Then start the "
        "session.",
        sites=(PRIMARY,),
    ),
    _seen(
        "name-not-utf8",
        "A name is not valid UTF-8",
        (r"Unicode(?:De|En)codeError: 'utf-?8' codec",),
        "`UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 4`",
        "gsyncd reads names as UTF-8. The name of a file, or another text that gsyncd reads, is not valid UTF-8.",
        "Find names in another encoding on the primary volume (through a mount: find . | LC_ALL=C.UTF-8 grep -axv '.*'), and rename these files.",
        sites=(PRIMARY,),
    ),
    _seen(
        "connection-lost",
        "The connection to the secondary broke",
        (
            r"ssh> (?:Timeout, server \S+ not responding|client_loop: |packet_write_wait: |Write failed: |ssh_dispatch_run_fatal: )",
            r"ssh> (?:Connection to \S+ closed by remote host|Read from remote host \S+: )",
            r"(?s)SSH connection between \w+ and \w+ established.*" + command("ssh", "255", _GSYNCD),
        ),
        "`ssh> Timeout, server H not responding.`, `ssh> client_loop: send disconnect: Broken pipe`",
        "The worker was connected to {host}, and the connection broke: {host}, its network or its sshd failed, or a firewall dropped the connection.",
        "The worker connects again by itself, to another secondary node if {host} is down. If the connection breaks often, check the network between the "
        "sites, "
        "firewalls that drop idle connections, and the system log of {host} at that time.",
    ),
    # --- a call on the secondary that failed, by errno
    _seen(
        "secondary-full",
        "A file system of the secondary is full",
        far_write("28|122", "No space left on device|Disk quota exceeded"),
        "`call failed [{method=entry_ops}, {error=OSError}]` and `FAIL: OSError: [Errno 28] No space left on device: '.gfid/...'`",
        "The secondary has no space, inodes or quota left. This is either on a brick of the secondary volume, or in /var or /tmp of the secondary node.",
        "On the secondary nodes, check the bricks, /var and /tmp with df -h and df -i, and run gluster volume quota VOLUME list. Free space or extend the "
        "volume. The worker then continues by itself.",
        sites=(SECONDARY,),
    ),
    _seen(
        "secondary-read-only",
        "A file system of the secondary is read-only",
        far_write("30", "Read-only file system"),
        "`call failed [{method=entry_ops}, {error=OSError}]` and `FAIL: OSError: [Errno 30] Read-only file system: '.gfid/...'`",
        "The secondary refuses to write: the file system of a brick is mounted read-only (the kernel does this after an I/O error), or the volume has "
        "features.worm. features.read-only does not stop gsyncd.",
        "On the secondary nodes, check the mounts of the bricks, and read dmesg. If a file system is read-only, repair it, remount it, and start its brick "
        "(gluster volume start VOLUME force). If the volume has features.worm on, set it to off.",
        sites=(SECONDARY,),
    ),
    _seen(
        "directory-not-empty",
        "A directory on the secondary is not empty",
        (r"\[Errno 39\]", r"\bDirectory not empty\b"),
        "`FAIL: OSError: [Errno 39] Directory not empty: '.gfid/...'`",
        "gsyncd must delete or replace a directory on the secondary, but the directory still contains files. These files were written on the secondary, or "
        "the primary deleted them and gsyncd missed that change.",
        "The error shows the gfid of the directory. Mount the secondary volume, and compare the directory with the primary. Move away the files that only the "
        "secondary has. Keep the secondary read-only (gluster_georep_secondary).",
        sites=(SECONDARY,),
    ),
    _seen(
        "secondary-volume-down",
        "gsyncd on the secondary lost its volume",
        (
            r"(?s)\bcall failed\b.*?(?:error=(?:ENOTCONN|ECONNABORTED)|\[Errno (?:107|103)\])",
            r"(?:ssh|rsync|tar)> [^\n]*(?:Transport endpoint is not connected|Gluster Mount process exited)",
            r"SYNC Error\b[^\n]*Transport endpoint is not connected",
        ),
        "`call failed [{method=entry_ops}, {error=OSError}]` and `Gluster Mount process exited [{error=ENOTCONN}]`",
        "The mount of the secondary volume on the secondary node is gone: bricks of the secondary volume are down or without quorum, or the mount's "
        "glusterfs process ended.",
        "Run gluster volume status VOLUME on the secondary site, and start the bricks that are offline (gluster volume start VOLUME force). The worker then "
        "starts by itself.",
        sites=(SECONDARY,),
    ),
    _seen(
        "secondary-io-error",
        "A brick of the secondary is down or in split-brain",
        (r"(?s)\bcall failed\b.*?Input/Output error", *far("5", "Input/output error")),
        "`call failed [{method=entry_ops}, {error=OSError}]` and `FAIL: OSError: [Errno 5] Input/output error`",
        "The secondary volume answered a call of gsyncd with an I/O error: a brick is down, the copies of a file differ, or a disk fails.",
        "On the secondary site, run gluster volume status VOLUME and gluster volume heal VOLUME info, and read dmesg on the nodes. If a brick is down, start "
        "it (gluster volume start VOLUME force). If files are in split-brain, heal them.",
        sites=(SECONDARY,),
    ),
    # --- by class
    _seen(
        "primary-bricks-down",
        "Bricks of the primary volume are not up",
        (r"Subvols are not up",),
        "`Subvols are not up`",
        "gsyncd mounted the primary volume. After two seconds, the mount was not yet connected to all of the volume's replica sets (subvolumes), so the "
        "worker stopped.",
        "Run gluster volume status VOLUME on the primary site, and start the bricks that are offline (gluster volume start VOLUME force).",
        says=KIND,
        sites=(PRIMARY,),
    ),
    _seen(
        "primary-mount-lost",
        "gsyncd on the primary node lost its volume",
        (r"Gluster Mount process exited", r"\[Errno (?:107|103)\]", r"Transport endpoint is not connected"),
        "`Gluster Mount process exited [{error=ENOTCONN}]`",
        "The worker's mount of the primary volume is gone: bricks of the primary volume are down or without quorum, or the mount's glusterfs process ended.",
        "Run gluster volume status VOLUME on the primary site, and start the bricks that are offline (gluster volume start VOLUME force). If all of them "
        "are online, do the same for the secondary volume on the secondary site: gsyncd logs the same words if its mount there is gone. Then read the "
        "mount's log on the node of the worker: the option gluster-log-file of the session shows its path.",
        says=KIND,
        sites=(PRIMARY,),
    ),
    _seen(
        "mount-failed",
        "gsyncd cannot mount its volume",
        (command("glusterfs", r"-?\d+"), r"cleaning up temp mountpoint \S+ failed with status", r"mount cleanup failure"),
        "`command returned error [{cmd=/usr/sbin/glusterfs --aux-gfid-mount ...}, {error=1}]`",
        "On the node of the worker, gsyncd could not mount the primary volume. The reason is in the mount's log, not in gsyncd.log.",
        "On the node of the worker, read the mount's log: the option gluster-log-file of the session shows its path. Usual causes: glusterd on this node does "
        "not answer, the primary volume is not started, /dev/fuse is missing, or auth.allow of the volume does not admit this node.",
        says=KIND,
    ),
    _seen(
        "changelog-register",
        "The brick process gives gsyncd no changelogs",
        (r"Changelog register failed",),
        "`Changelog register failed [{error=[Errno 2] No such file or directory}]`",
        "The worker could not connect to the changelog socket of its brick: the brick process does not run or has just started, or changelog.changelog "
        "is off.",
        "Run gluster volume status VOLUME on the primary site. If the brick is offline, start it (gluster volume start VOLUME force). If the brick is online, "
        "check that the volume option changelog.changelog is on. Then read the brick's log and the session's changelog log (its option changelog-log-file "
        "shows the path).",
        says=KIND,
        sites=(PRIMARY,),
    ),
    _seen(
        "changelog-crawl",
        "The brick process ended while a worker read its changelogs",
        (r"Changelog crawl failed",),
        "`Changelog crawl failed [{error=[Errno 104] Connection reset by peer}]`",
        "The worker lost the connection to its brick: the brick process ended or was restarted.",
        "Run gluster volume status VOLUME on the primary site, and start the brick if it is offline. The worker then starts by itself. If the brick ended "
        "by itself, read its log.",
        says=KIND,
        sites=(PRIMARY,),
    ),
    _seen(
        "changelog-history",
        "The older changelogs of a brick cannot be read",
        (r"Changelog History Crawl failed",),
        "`Changelog History Crawl failed [{error=[Errno 2] No such file or directory}]`",
        "The worker could not read older changes of the primary volume. Either it could not read the changelogs of its brick (BRICK/.glusterfs/changelogs, "
        "and htime in this folder), or it could not copy them to its working folder below /var/lib/misc/gluster/gsyncd.",
        "On the node of the worker, read the session's changelog log (its option changelog-log-file shows the path): it names the file and the reason. If the "
        "reason is No space left on device, free space or inodes below /var/lib/misc/gluster/gsyncd (df -h, df -i). The worker then continues by itself. If "
        "changelogs are lost, delete the session with reset_sync_time and create it again. gsyncd then compares all files.",
        says=KIND,
        sites=(PRIMARY,),
    ),
    _seen(
        "disk-full",
        "A file system of this node is full",
        (r"\[Errno (?:28|122)\]", r"No space left on device", r"Disk quota exceeded"),
        "`FAIL: OSError: [Errno 28] No space left on device: '/var/lib/misc/gluster/gsyncd/...'`",
        "A file system of this node has no space or inodes left. It is the file system of a brick, /var/lib/glusterd, /var/lib/misc, /var/log or /tmp.",
        "On this node, find the full file system with df -h and df -i, and free space or inodes. The worker then continues by itself.",
        says=KIND,
    ),
    _seen(
        "read-only-here",
        "A file system of this node is read-only",
        (r"\[Errno 30\]", r"Read-only file system"),
        "`FAIL: OSError: [Errno 30] Read-only file system: '/var/lib/misc/gluster/gsyncd/...'`",
        "On this node, a file system to which gsyncd writes is mounted read-only. Usually the kernel has done this after an I/O error.",
        "On this node, find the read-only file system (findmnt -O ro), and read dmesg. Repair the file system, and remount it (mount -o remount,rw).",
        says=KIND,
    ),
    _seen(
        "access-denied",
        "gsyncd may not touch a file on this node",
        (r"\[Errno 13\] Permission denied", r"\[Errno 1\] Operation not permitted"),
        "`FAIL: PermissionError: [Errno 13] Permission denied: '...'`",
        "gsyncd on this node may not use the file that the error names. The cause is the file's owner or mode, an attribute (lsattr), SELinux or AppArmor.",
        "Run ls -lZ FILE and lsattr FILE on this node, with the file that the error names, and search /var/log/audit/audit.log "
        "and the output of dmesg for 'denied'.",
        says=KIND,
    ),
    _seen(
        "out-of-resources",
        "This node has no memory, processes or open files left",
        (
            r"\[Errno (?:12|23|24)\]",
            r"\bMemoryError\b",
            r"can't start new thread",
            r"execution of \"[^\"]+\" failed with (?:ENOMEM|EAGAIN|EMFILE|ENFILE)\b",
            r"(?:Cannot allocate memory|Too many open files)",
            command("rsync", "22"),
        ),
        "`FAIL: OSError: [Errno 12] Cannot allocate memory`, `[Errno 24] Too many open files`",
        "The kernel refused memory, a process or an open file on this node.",
        "On this node, check free memory (free -m), dmesg, and the limits of glusterd (systemctl show glusterd). Free memory, or raise the limit that is "
        "reached.",
        says=KIND,
    ),
    _seen(
        "program-not-runnable",
        "A program that gsyncd needs cannot be run on this node",
        (r"execution of \"[^\"]+\" failed with (?!ENOENT|ENOMEM|EAGAIN|EMFILE|ENFILE)E[A-Z0-9]+",),
        "`execution of \"ssh\" failed with EACCES (Permission denied)`",
        "The program that the error names exists on this node, but cannot be run. Usual causes: its mode, a mount with noexec, SELinux, AppArmor, or another "
        "processor type.",
        "On this node, run the program that the error names by hand to see the reason. If an option of the session sets the path of this program "
        "(ssh-command, rsync-command), reset the option.",
        says=KIND,
    ),
    _seen(
        "python-module-missing",
        "gsyncd's Python lacks a module",
        (r"(?:ModuleNotFoundError|ImportError): ",),
        "`ModuleNotFoundError: No module named '...'`",
        "gsyncd on this node imports a Python module that is not installed, or that this version of Python no longer has.",
        "On this node, install the GlusterFS package of this release of the distribution, with its dependencies.",
        says=KIND,
    ),
    _seen(
        "rsync-options",
        "rsync does not know one of its options",
        (command("rsync", "[14]"),),
        "`command returned error [{cmd=rsync ...}, {error=1}]`",
        "rsync refused its command line: an option in rsync-options or rsync-ssh-options of the session is wrong, or one of the two nodes has an older "
        "rsync that does not know it.",
        "The module gluster_georep_config shows rsync-options and rsync-ssh-options of the session, and resets them if their value is null. "
        "Run rsync --version on the node of the worker and on the secondary node that it is connected to: "
        "an option that only the newer of the two knows cannot be used.",
        says=KIND,
    ),
    _seen(
        "rsync-protocol",
        "The two rsync do not understand each other",
        (command("rsync", "2"),),
        "`command returned error [{cmd=rsync ...}, {error=2}]`",
        "rsync received something other than an answer of rsync. Usually this is text that a login script on the secondary prints. It can also be an rsync of "
        "an incompatible version.",
        "On this node, run the worker's ssh command by hand, and look at what it prints first. On the secondary nodes, let login scripts print only in "
        "interactive shells. If nothing is printed, compare rsync --version on both nodes.",
        says=KIND,
    ),
    _seen(
        "rsync-file-io",
        "rsync could not read or write a file",
        (command("rsync", "(?:3|11)"),),
        "`command returned error [{cmd=rsync ...}, {error=11}]`",
        "A file system failed while rsync ran: mostly the secondary is full or read-only, otherwise a brick is down.",
        "On the secondary nodes, check free space and inodes (df -h, df -i), the mounts of the bricks, and gluster volume status VOLUME.",
        says=KIND,
    ),
    _seen(
        "rsync-network",
        "The connection broke while rsync ran",
        (command("rsync", "(?:5|10|30|35)"),),
        "`command returned error [{cmd=rsync ...}, {error=10}]`",
        "rsync lost its connection, or got no answer in time.",
        "Check the network between the sites. If the session's rsync-options contain --timeout, raise or remove it.",
        says=KIND,
    ),
    _seen(
        "rsync-missing-there",
        "rsync is not installed on the secondary node",
        (command("rsync", "127"), r"\brsync: (?:command )?not found", r"exec of rsync failed"),
        "`command returned error [{cmd=rsync ...}, {error=127}]`, `rsync: command not found`",
        "rsync is not installed on the secondary node, or is not on the PATH of the account.",
        "Install rsync on every secondary node, or use sync-method tarssh.",
        says=KIND,
        sites=(SECONDARY,),
    ),
    _seen(
        "tar-missing-there",
        "tar is not installed on the secondary node",
        (command("ssh", "127", "tar --overwrite "), r"\btar: (?:command )?not found"),
        "`command returned error [{cmd=ssh ... tar --overwrite ...}, {error=127}]`, `tar: command not found`",
        "sync-method tarssh runs tar on the secondary node. The node has no tar, or tar is not on the PATH of the account.",
        "Install tar on every secondary node, or use sync-method rsync if rsync works there.",
        says=KIND,
        sites=(SECONDARY,),
    ),
    _seen(
        "gsyncd-not-found-there",
        "The secondary node found no program to run for a worker",
        (command("ssh", "12[67]", _GSYNCD), r"most likely due to MISCONFIGURATION"),
        "`getting \"No such file or directory\"errors is most likely due to MISCONFIGURATION`, `command returned error [{cmd=ssh ... "
        "/nonexistent/gsyncd ...}, {error=127}]`",
        "The login worked, but {host} could not start gsyncd. Either sshd used a line of authorized_keys without command=, or command= names a path that "
        "{host} does not have.",
        "Run gluster_ssh_trust with state: verified on the node of the worker. It reports which forced command each key starts. For the next step, see "
        "plain-key-first and gsyncd-elsewhere in docs/known-faults.md.",
        says=KIND,
        sites=(SECONDARY,),
        reference=(ISSUE + "732", ISSUE + "4187"),
    ),
    _seen(
        "gluster-missing-there",
        "The secondary node has no gluster at the path that gsyncd calls",
        (command("ssh", "12[67]", _VOLUME_INFO), r"/gluster: (?i:no such file or directory|(?:command )?not found)", r"exec of gluster failed"),
        "`command returned error [{cmd=ssh ... /usr/sbin/gluster --xml --remote-host=localhost volume info V}, {error=127}]`",
        "The session's monitor runs gluster on {host} to read the secondary volume. {host} has no program gluster at this path.",
        "Install glusterfs-cli (RPM systems) or glusterfs-server (Debian) on {host}. If gluster is in another folder on {host}, set the option "
        "secondary-gluster-command-dir (slave-gluster-command-dir before 10) of the session.",
        says=KIND,
        sites=(SECONDARY,),
    ),
    _seen(
        "secondary-volume-unknown",
        "The secondary's glusterd does not show the volume",
        (command("ssh", r"(?:[1-9]\d?|1[01]\d|12[0-5]|2[0-4]\d|25[0-4])", _VOLUME_INFO), r"getting volume info of \S+ \(via [^\n]* failed with errorcode"),
        "`command returned error [{cmd=ssh ... /usr/sbin/gluster --xml --remote-host=localhost volume info V}, {error=1}]`",
        "The session's monitor asked glusterd on {host} for the secondary volume, and got none. Either glusterd on {host} does not answer, or the volume does "
        "not exist in that cluster.",
        "Run gluster volume info VOLUME on {host}. If glusterd does not answer, start it on {host} (systemctl start glusterd).",
        says=KIND,
        sites=(SECONDARY,),
    ),
    _seen(
        "primary-volume-unknown",
        "This node's glusterd does not show the volume",
        (command("gluster", r"\d+", r"--xml [^}\n]*volume info"), r"getting volume info of \S+  ?failed with errorcode", r": ambiguous uuid"),
        "`command returned error [{cmd=/usr/sbin/gluster --xml --remote-host=localhost volume info V}, {error=1}]`",
        "gsyncd asked glusterd on this node for its volume, and got none. Either glusterd does not answer, or the volume does not exist.",
        "Run gluster volume info VOLUME on this node. If glusterd does not answer, start it (systemctl start glusterd).",
        says=KIND,
    ),
    _seen(
        "ended-by-signal",
        "A program of gsyncd was killed",
        (
            command("(?:ssh|rsync|tar|glusterfs)", r"(?:-\d+|129|13\d|14[0-3])"),
            command("rsync", "(?:19|20)"),
            r"(?:ssh|rsync|tar)> (?:bash: line \d+: +\d+ |sh: line \d+: +\d+ )?(?:Killed|Terminated|Segmentation fault)\b",
        ),
        "`command returned error [{cmd=ssh ...}, {error=137}]`, `{error=-9}`",
        "A signal ended the program that the error names. If the error code is negative, the program ran on the primary node. If the code is above 128, ssh "
        "started the program on the secondary node. Usually the kernel had no memory left, or a person killed the program.",
        "On the primary and the secondary node of this worker, look for 'Out of memory' in dmesg at the time of the error.",
        says=KIND,
    ),
    _seen(
        "secondary-gsyncd-failed",
        "gsyncd on the secondary node failed",
        (command("ssh", "1", _GSYNCD),),
        "`command returned error [{cmd=ssh ... /nonexistent/gsyncd secondary ...}, {error=1}]`",
        "The program that sshd started on {host} for this worker ended with an error. Usually gsyncd cannot mount the secondary volume, because bricks are "
        "down, glusterd does not run, or the volume has no quorum. The login of the account can also be the cause: an expired password, or a shell such as "
        "nologin.",
        "On the secondary site, run gluster volume status VOLUME, and check that all bricks are online. On {host}, read gsyncd.log below "
        "/var/log/glusterfs/geo-replication-secondaries (before GlusterFS 10: geo-replication-slaves). If it has no entry of the time when the worker "
        "failed, run gluster_ssh_trust with state: verified on the node of the worker.",
        says=KIND,
        sites=(SECONDARY,),
    ),
    _seen(
        "ssh-failed",
        "ssh to the secondary failed, and its reason is not in the log",
        (command("ssh", "255"), command("rsync", "255")),
        "`command returned error [{cmd=ssh ...}, {error=255}]` without a line `ssh> ...`",
        "ssh from the worker to {host} failed: {host} could not be reached, the login failed, or the connection broke. gsyncd did not log what ssh printed, "
        "so the log does not show which.",
        "Run gluster_ssh_trust with state: verified on the node of the worker. It logs in with the same keys, and reports which step fails and why.",
        says=KIND,
        versions="any; 11 never logs ssh's words",
        reference=(ISSUE + "4439",),
    ),
    _seen(
        "secondary-call-failed",
        "A call on the secondary failed",
        (r"RepceClient: call failed\b",),
        "`RepceClient: call failed [{method=entry_ops}, {error=OSError}]`",
        "A call of the worker failed in gsyncd on the secondary node, with the exception that follows in this log.",
        "On the secondary node, read gsyncd.log at the time of the error, below /var/log/glusterfs/geo-replication-secondaries (geo-replication-slaves before "
        "GlusterFS 10). The traceback follows after 'call failed'.",
        says=KIND,
        sites=(SECONDARY,),
    ),
    _seen(
        "secondary-start-hangs",
        "Starting gsyncd on the secondary hangs",
        (
            r"(?s)step: [^\n]*Initializing SSH connection[^\n]*\n(?!step: ).*\bnot confirmed after wait",
            r"(?s)not confirmed after wait.* Last step: SSH: Initializing",
        ),
        "`Worker not confirmed after wait, aborting it. ... Last step: SSH: Initializing SSH connection between primary and secondary...`",
        "The worker waited for gsyncd on the secondary node until the monitor ended the worker. Either ssh hangs (a firewall drops packets, or a name server "
        "does not answer), or gsyncd on the secondary node hangs while it mounts the secondary volume.",
        "Run gluster_ssh_trust with state: verified on the node of the worker. If it passes, run gluster volume status VOLUME on the secondary site, read "
        "gsyncd.log on the secondary node, and restart the bricks that do not answer.",
        says=KIND,
        sites=(SECONDARY,),
        reference=(ISSUE + "3746",),
    ),
    _seen(
        "primary-mount-hangs",
        "The mount of the primary volume hangs",
        (
            r"(?s)step: [^\n]*(?:SSH connection between \w+ and \w+ established|Mounting gluster volume)[^\n]*\n(?!step: ).*\bnot confirmed after wait",
            r"(?s)not confirmed after wait.* Last step: (?:SSH: SSH connection between \w+ and \w+ established|GLUSTER: Mounting)",
        ),
        "`Worker not confirmed after wait, aborting it. ... Last step: GLUSTER: Mounting gluster volume locally...`",
        "The worker reached the secondary. Then its mount of the primary volume did not answer, until the monitor ended the worker.",
        "Run gluster volume status VOLUME on the primary site, and restart the bricks that do not answer. Read the mount's log (gluster-log-file of the "
        "session) on the node of the worker.",
        says=KIND,
        sites=(PRIMARY,),
        reference=(ISSUE + "3746",),
    ),
    _seen(
        "worker-not-confirmed",
        "A worker hangs while it starts",
        (r"\b[Ww]orker(?:\([^)]*\))? not confirmed ",),
        "`Worker not confirmed after wait, aborting it.`",
        "The monitor ended the worker because it was not ready in time (connection-timeout, 60 s). ssh hangs, gsyncd on the secondary hangs, or the mount of "
        "the primary volume hangs.",
        "Run gluster_ssh_trust with state: verified on the node of the worker, and gluster volume status VOLUME on both sites; restart the bricks that do "
        "not answer.",
        says=KIND,
        reference=(ISSUE + "3746",),
    ),
    _seen(
        "sync-incomplete",
        "A batch of changes is tried again and again",
        (r"incomplete sync, retrying changelogs",),
        "`incomplete sync, retrying changelogs`",
        "Not every file of the batch could be sent, so gsyncd sends the whole batch again, up to max-rsync-retries times. Lines with SYNC Error name the files "
        "and the reason.",
        "Look for SYNC Error in gsyncd.log. If such a line exists, fix the reason that it names. If not, check free space on the secondary nodes (df -h), and "
        "run gluster volume status on both sites.",
        says=SIGN,
    ),
)
