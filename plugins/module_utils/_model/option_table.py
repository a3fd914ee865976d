# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""gsyncd's options as data: what each takes and whether a user may set it.

From geo-replication/gsyncd.conf.in of GlusterFS (the same set from 7.0 to 11.1; 18 names changed at 10.0).
Names are those of GlusterFS >= 10, with dashes.
"""

from __future__ import annotations

import typing as t


class Option(t.NamedTuple):
    name: str
    kind: str  #: bool, int, choice, loglevel, execpath or string
    default: str | None
    summary: str
    old_name: str | None = None  #: spelling up to GlusterFS 9, where it differs
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    settable: bool = True  #: False: gsyncd's or glusterd's own; setting it breaks the session
    restarts: bool = True  #: a new value (and every reset) restarts the workers and un-pauses a paused session
    read_by_code: bool = True  #: False: declared, but no code of gsyncd looks at it


OPTIONS: tuple[Option, ...] = (
    Option(
        "primary-bricks",
        "string",
        None,
        "Bricks of the primary volume. Used only inside gsyncd; do not set it.",
        old_name="master-bricks",
        settable=False,
        read_by_code=False,
    ),
    Option(
        "secondary-bricks",
        "string",
        None,
        "Bricks of the secondary volume. Used only inside gsyncd; do not set it.",
        old_name="slave-bricks",
        settable=False,
        read_by_code=False,
    ),
    Option(
        "primary-volume-id",
        "string",
        None,
        "UUID of the primary volume. Used only inside gsyncd; do not set it.",
        old_name="master-volume-id",
        settable=False,
    ),
    Option(
        "secondary-volume-id",
        "string",
        None,
        "UUID of the secondary volume. Used only inside gsyncd; do not set it.",
        old_name="slave-volume-id",
        settable=False,
    ),
    Option(
        "primary-replica-count",
        "int",
        "1",
        "Replica count of the primary volume. Used only inside gsyncd; do not set it.",
        minimum=0,
        old_name="master-replica-count",
        settable=False,
    ),
    Option(
        "primary-disperse-count",
        "int",
        "1",
        "Disperse count of the primary volume. Used only inside gsyncd; do not set it.",
        minimum=0,
        old_name="master-disperse-count",
        settable=False,
    ),
    Option(
        "primary-distribution-count",
        "int",
        "1",
        "Distribute count of the primary volume. Used only inside gsyncd; do not set it.",
        minimum=0,
        old_name="master-distribution-count",
        settable=False,
    ),
    Option(
        "glusterd-workdir",
        "string",
        "@GLUSTERD_WORKDIR@",
        "Base directory of the paths of gsyncd, set when GlusterFS is built.",
        settable=False,
    ),
    Option(
        "gluster-logdir",
        "string",
        "/var/log/glusterfs",
        "Base of the log path templates.",
        settable=False,
    ),
    Option(
        "gluster-rundir",
        "string",
        "/var/run/gluster",
        "Base of the pid-file template.",
        settable=False,
    ),
    Option(
        "gsyncd-miscdir",
        "string",
        "/var/lib/misc/gluster/gsyncd",
        "Base of the changelog working-dir template.",
        settable=False,
    ),
    Option(
        "stime-xattr-prefix",
        "string",
        "",
        "Prefix of the xattrs with the sync time. gsyncd writes it at the first start; do not set it.",
        settable=False,
    ),
    Option(
        "checkpoint",
        "int",
        "0",
        "Epoch seconds of the checkpoint. CLI accepts only \"now\" or \"YYYY-MM-DD HH:MM:SS\" (local time of the CLI host), never a raw epoch.",
        minimum=0,
        restarts=False,
    ),
    Option(
        "gluster-cli-options",
        "string",
        "",
        "Extra options for the gluster CLI calls made by gsyncd for mountbroker mounts.",
    ),
    Option(
        "pid-file",
        "string",
        "${gluster_rundir}/gsyncd-${primary}-${primary_secondary_host}-${secondaryvol}.pid",
        "Monitor pid file; its lock is how glusterd decides \"running\".",
        settable=False,
    ),
    Option(
        "state-file",
        "string",
        "${glusterd_workdir}/geo-replication/${primary}_${primary_secondary_host}_${secondaryvol}/monitor.status",
        "monitor.status file (Created/Started/Paused/Stopped).",
        settable=False,
    ),
    Option(
        "georep-session-working-dir",
        "string",
        "${glusterd_workdir}/geo-replication/${primary}_${primary_secondary_host}_${secondaryvol}/",
        "Per-session directory; its existence is how glusterd decides \"session exists\".",
        settable=False,
    ),
    Option(
        "access-mount",
        "bool",
        "false",
        "Keep the gsyncd aux mount of the primary volume visible for debugging (no lazy unmount).",
    ),
    Option(
        "secondary-access-mount",
        "bool",
        "false",
        "Keep the gsyncd mount of the secondary volume visible for debugging.",
        old_name="slave-access-mount",
    ),
    Option(
        "isolated-secondarys",
        "string",
        "",
        "List of secondary nodes to leave out. gsyncd does not read this option. The name has a typo in GlusterFS.",
        old_name="isolated-slaves",
        read_by_code=False,
    ),
    Option(
        "changelog-batch-size",
        "int",
        "727040",
        "Upper bound in bytes of changelogs handled per batch.",
        minimum=0,
    ),
    Option(
        "secondary-timeout",
        "int",
        "120",
        "Idle seconds after which the secondary gsyncd disconnects; 0 disables the check.",
        minimum=0,
        old_name="slave-timeout",
    ),
    Option(
        "connection-timeout",
        "int",
        "60",
        "Seconds allowed for mounts and for a worker to confirm start.",
        minimum=0,
    ),
    Option(
        "replica-failover-interval",
        "int",
        "1",
        "Minimum seconds before a Passive worker may become Active.",
        minimum=0,
    ),
    Option(
        "changelog-archive-format",
        "string",
        "%Y%m",
        "strftime pattern of the archive file for processed changelogs.",
    ),
    Option(
        "use-meta-volume",
        "bool",
        "false",
        "Pick the Active worker through a lock on the shared meta volume.",
    ),
    Option(
        "meta-volume-mnt",
        "string",
        "/run/gluster/shared_storage",
        "Mount point of the shared meta volume.",
    ),
    Option(
        "allow-network",
        "string",
        "",
        "Old option that gsyncd does not read.",
        read_by_code=False,
    ),
    Option(
        "change-interval",
        "int",
        "5",
        "Seconds between two polls of the changelog API.",
        minimum=0,
    ),
    Option(
        "sync-method",
        "choice",
        "rsync",
        "Data transfer engine.",
        choices=("tarssh", "rsync"),
    ),
    Option(
        "remote-gsyncd",
        "string",
        "",
        "Path of gsyncd on the secondary. Used only if authorized_keys there has no command= prefix. Empty: the command= prefix decides.",
    ),
    Option(
        "gluster-command-dir",
        "string",
        "@SBIN_DIR@",
        "Directory of the gluster/glusterfs binaries on primary nodes.",
    ),
    Option(
        "secondary-gluster-command-dir",
        "string",
        "@SBIN_DIR@",
        "Directory of the gluster/glusterfs binaries on secondary nodes.",
        old_name="slave-gluster-command-dir",
    ),
    Option(
        "gluster-params",
        "string",
        "aux-gfid-mount acl",
        "Mount options of the gsyncd aux mount (used on both sides).",
    ),
    Option(
        "secondary-gluster-params",
        "string",
        "aux-gfid-mount acl",
        "Mount options of the secondary mount. gsyncd does not read this option and uses gluster-params instead.",
        old_name="slave-gluster-params",
        read_by_code=False,
    ),
    Option(
        "ignore-deletes",
        "bool",
        "false",
        "Do not delete files on the secondary that are deleted on the primary.",
    ),
    Option(
        "special-sync-mode",
        "choice",
        "",
        "Mode for failover and failback, set by glusterd.",
        choices=("partial", "recover"),
    ),
    Option(
        "gfid-conflict-resolution",
        "bool",
        "true",
        "Automatic resolution of gfid conflicts.",
    ),
    Option(
        "working-dir",
        "string",
        "${gsyncd_miscdir}/${primary}_${primary_secondary_host}_${secondaryvol}/",
        "Changelog working directory on the primary node.",
        settable=False,
    ),
    Option(
        "change-detector",
        "choice",
        "changelog",
        "How gsyncd finds changes. The normal mode is changelog. xsync makes gsyncd search the whole volume (hybrid crawl).",
        choices=("changelog", "xsync"),
    ),
    Option(
        "cli-log-file",
        "string",
        "${gluster_logdir}/geo-replication/cli.log",
        "Log of gsyncd sub-commands run by glusterd/CLI.",
        settable=False,
    ),
    Option(
        "cli-log-level",
        "loglevel",
        "INFO",
        "Log level of the gsyncd commands that glusterd runs.",
    ),
    Option(
        "log-file",
        "string",
        "${gluster_logdir}/geo-replication/${primary}_${primary_secondary_host}_${secondaryvol}/gsyncd.log",
        "Session log on the primary.",
        settable=False,
    ),
    Option(
        "changelog-log-file",
        "string",
        "${gluster_logdir}/geo-replication/${primary}_${primary_secondary_host}_${secondaryvol}/changes-${local_id}.log",
        "libgfchangelog log per brick.",
        settable=False,
    ),
    Option(
        "gluster-log-file",
        "string",
        "${gluster_logdir}/geo-replication/${primary}_${primary_secondary_host}_${secondaryvol}/mnt-${local_id}.log",
        "aux mount log per brick.",
        settable=False,
    ),
    Option(
        "secondary-log-file",
        "string",
        "${gluster_logdir}/geo-replication-secondaries/${primary}_${primary_secondary_host}_${secondaryvol}/gsyncd.log",
        "gsyncd log on the secondary.",
        old_name="slave-log-file",
        settable=False,
    ),
    Option(
        "secondary-gluster-log-file",
        "string",
        "${gluster_logdir}/geo-replication-secondaries/${primary}_${primary_secondary_host}_${secondaryvol}/mnt-${primary_node}-${primary_brick_id}.log",
        "aux mount log on the secondary.",
        old_name="slave-gluster-log-file",
        settable=False,
    ),
    Option(
        "secondary-gluster-log-file-mbr",
        "string",
        "${gluster_logdir}/geo-replication-secondaries/${primary}_${primary_secondary_host}_${secondaryvol}/mnt-mbr-${primary_node}-${primary_brick_id}.log",
        "aux mount log on the secondary for mountbroker mounts.",
        old_name="slave-gluster-log-file-mbr",
        settable=False,
        read_by_code=False,
    ),
    Option(
        "log-level",
        "loglevel",
        "INFO",
        "Level of the session log.",
    ),
    Option(
        "gluster-log-level",
        "loglevel",
        "INFO",
        "Level of the aux mount log.",
    ),
    Option(
        "changelog-log-level",
        "loglevel",
        "INFO",
        "Level of the changelog log.",
    ),
    Option(
        "secondary-log-level",
        "loglevel",
        "INFO",
        "Level of the secondary gsyncd log.",
        old_name="slave-log-level",
    ),
    Option(
        "secondary-gluster-log-level",
        "loglevel",
        "INFO",
        "Level of the secondary aux mount log.",
        old_name="slave-gluster-log-level",
    ),
    Option(
        "ssh-port",
        "int",
        "22",
        "SSH port used by gsyncd. NOT filled in by \"create ssh-port N\".",
        minimum=1,
        maximum=65535,
    ),
    Option(
        "ssh-command",
        "execpath",
        "ssh",
        "ssh binary (absolute path of an executable).",
    ),
    Option(
        "tar-command",
        "execpath",
        "tar",
        "Path of tar. gsyncd does not read this option and always runs \"tar\".",
        read_by_code=False,
    ),
    Option(
        "ssh-options",
        "string",
        "-oPasswordAuthentication=no -oStrictHostKeyChecking=no -i ${glusterd_workdir}/geo-replication/secret.pem",
        "ssh options incl. identity file for gsyncd/rsync.",
    ),
    Option(
        "ssh-options-tar",
        "string",
        "-oPasswordAuthentication=no -oStrictHostKeyChecking=no -i ${glusterd_workdir}/geo-replication/tar_ssh.pem",
        "ssh options incl. identity file for tarssh.",
    ),
    Option(
        "gluster-command",
        "execpath",
        "gluster",
        "Path of gluster. glusterd refuses to set it (Reserved option).",
        settable=False,
        read_by_code=False,
    ),
    Option(
        "sync-jobs",
        "int",
        "3",
        "Parallel sync jobs per worker.",
        minimum=1,
        maximum=100,
    ),
    Option(
        "rsync-command",
        "execpath",
        "rsync",
        "rsync binary (absolute path of an executable).",
    ),
    Option(
        "rsync-options",
        "string",
        "",
        "Extra rsync options, space separated.",
    ),
    Option(
        "rsync-ssh-options",
        "string",
        "",
        "Extra ssh options for the rsync transport.",
    ),
    Option(
        "rsync-opt-ignore-missing-args",
        "bool",
        "true",
        "Pass --ignore-missing-args to rsync.",
    ),
    Option(
        "rsync-opt-existing",
        "bool",
        "true",
        "Pass --existing to rsync.",
    ),
    Option(
        "log-rsync-performance",
        "bool",
        "false",
        "Log the figures of rsync --stats. A change does not restart the workers.",
        restarts=False,
    ),
    Option(
        "use-rsync-xattrs",
        "bool",
        "false",
        "Let rsync carry xattrs.",
    ),
    Option(
        "sync-xattrs",
        "bool",
        "true",
        "Sync xattrs.",
    ),
    Option(
        "sync-acls",
        "bool",
        "true",
        "Sync POSIX ACLs.",
    ),
    Option(
        "max-rsync-retries",
        "int",
        "10",
        "Retries of a failing batch before it is logged and skipped.",
        minimum=0,
    ),
    Option(
        "state_socket_unencoded",
        "string",
        "",
        "Old option without effect. gluster refuses to set it (Invalid option).",
        settable=False,
        read_by_code=False,
    ),
)

BY_NAME: dict[str, Option] = {option.name: option for option in OPTIONS}
BY_OLD_NAME: dict[str, Option] = {option.old_name: option for option in OPTIONS if option.old_name}
