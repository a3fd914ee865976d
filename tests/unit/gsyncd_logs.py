# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gsyncd.log written in gsyncd's own order (monitor.py, log_raise_exception, Popen.errlog), record after record."""

from __future__ import annotations

import calendar
import time

from ansible_collections.glusterops.georep.tests.unit.recorded import FOLDER

BRICK = "/bricks/b1"
SYNCDAEMON = "/usr/lib/x86_64-linux-gnu/glusterfs/python/syncdaemon"
#: The calls that lead to a failure, by what failed.
RECV = (("syncdutils.py", 393, "twrap", "tf(*aargs)"), ("repce.py", 177, "listen", "rid, exc, res = recv(self.inf)"),
        ("repce.py", 65, "recv", "return pickle.load(inf)"))  # fmt: skip
CALL = (("gsyncd.py", 317, "main", "func(args)"), ("primary.py", 1220, "process_change", "failures = self.secondary.server.entry_ops(entries)"),
        ("repce.py", 232, "__call__", "return self.ins(self.meth, *a)"), ("repce.py", 214, "__call__", "raise res"))  # fmt: skip
LOCAL = (("gsyncd.py", 317, "main", "func(args)"), ("primary.py", 700, "archive_and_purge_changelogs", "tar.add(f)"))
OPTIONS = (("gsyncd.py", 317, "main", "func(args)"), ("gsyncdconfig.py", 225, "getr", "return self._load(name)"),
           ("gsyncdconfig.py", 402, "_typed", "value = int(value)"))  # fmt: skip


def recorded_log(version: str, name: str) -> str:
    """What gsyncd of a release wrote: see script/_record_worker_logs.py."""
    return (FOLDER / version / f"gsyncd-log-{name}.txt").read_text(encoding="utf-8")


class Log:
    """One log, and the moment of its next record.

    :param old_words: those of GlusterFS 9 and older: master and slave.
    """

    def __init__(self, old_words: bool = False, user: str = "", now: str = "2026-03-02 13:29:13") -> None:
        self.now = float(calendar.timegm(time.strptime(now, "%Y-%m-%d %H:%M:%S")))
        self.near, self.far = ("master", "slave") if old_words else ("primary", "secondary")
        self.host = f"{user}@dr1" if user else "dr1"
        self.lines: list[str] = []

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    def later(self, seconds: float) -> Log:
        self.now += seconds
        return self

    def record(self, level: str, where: str, text: str, *more: str) -> Log:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.now))
        # Without leading zeros, as gsyncd does.
        self.lines += [f"[{stamp}.{int(self.now % 1 * 1e6)}] {level} [{where}] {text}", *more]
        return self.later(0.000137)

    def of_worker(self, level: str, place: str, text: str, *more: str, brick: str = BRICK) -> Log:
        module, _colon, rest = place.partition(":")
        return self.record(level, f"{module}(worker {brick}):{rest}", text, *more)

    # --- the monitor

    def starts(self, brick: str = BRICK) -> Log:
        self.record("I", "gsyncdstatus(monitor):247:set_worker_status", "GeorepStatus: Worker Status Change [{status=Initializing...}]")
        return self.record(
            "I", "monitor(monitor):158:monitor", f"Monitor: starting gsyncd worker [{{brick={brick}}}, {{{self.far}_node=dr1}}]"
        ).later(0.2)

    def died(self, brick: str = BRICK, when: str = "before establishing connection") -> Log:
        self.later(0.01).record("I", "monitor(monitor):218:monitor", f"Monitor: worker died {when} [{{brick={brick}}}]")
        return self.faulty()

    def faulty(self) -> Log:
        return self.later(0.01).record(
            "I", "gsyncdstatus(monitor):247:set_worker_status", "GeorepStatus: Worker Status Change [{status=Faulty}]"
        ).later(10)

    def aborted(self, brick: str = BRICK) -> Log:
        self.later(60).record(
            "I", "monitor(monitor):233:monitor",
            f"Monitor: Worker not confirmed after wait, aborting it. Gsyncd invocation on remote {self.far} via SSH or gluster {self.near} mount might have "
            f"hung. Please check the above logs for exact issue and check {self.near} or {self.far} volume for errors. Restarting {self.near}/{self.far} "
            f"volume accordingly might help. [{{brick={brick}}}, {{timeout=60}}]",
        )  # fmt: skip
        return self.faulty()

    # --- the steps of a worker

    def connects(self, brick: str = BRICK) -> Log:
        text = f"SSH: Initializing SSH connection between {self.near} and {self.far}..."
        return self.of_worker("I", "resource:1387:connect_remote", text, brick=brick)

    def connected(self, brick: str = BRICK) -> Log:
        self.connects(brick).later(1)
        text = f"SSH: SSH connection between {self.near} and {self.far} established. [{{duration=1.0123}}]"
        self.of_worker("I", "resource:1435:connect_remote", text, brick=brick)
        return self.of_worker("I", "resource:1116:connect", "GLUSTER: Mounting gluster volume locally...", brick=brick)

    def mounted(self, brick: str = BRICK) -> Log:
        self.connected(brick).later(1).of_worker("I", "resource:1138:connect", "GLUSTER: Mounted gluster volume [{duration=1.0456}]", brick=brick)
        return self.of_worker("I", "subcmds:84:subcmd_worker", "<top>: Worker spawn successful. Acknowledging back to monitor", brick=brick)

    def works(self, brick: str = BRICK, word: str = "Active") -> Log:
        self.mounted(brick).later(2)
        self.of_worker("I", "resource:1291:service_loop", "GLUSTER: Register time [{time=1772458155}]", brick=brick)
        return self.of_worker("I", "gsyncdstatus:280:set_active", f"GeorepStatus: Worker Status Change [{{status={word}}}]", brick=brick).later(3600)

    # --- its failures

    def says(self, text: str, place: str = "syncdutils:320:log_raise_exception", level: str = "E", brick: str = BRICK) -> Log:
        return self.of_worker(level, place, text, brick=brick)

    def raises(self, exception: str, *frames: tuple[str, int, str, str], brick: str = BRICK) -> Log:
        more = ["Traceback (most recent call last):"]
        for file, line, function, code in frames or LOCAL:
            more += [f'  File "{SYNCDAEMON}/{file}", line {line}, in {function}', f"    {code}"]
        return self.of_worker("E", "syncdutils:363:log_raise_exception", "<top>: FAIL: ", *more, exception, brick=brick)

    def call_raises(self, exception: str, method: str = "entry_ops") -> Log:
        """A call on the secondary that raised it there."""
        kind = exception.partition(":")[0]
        text = f"RepceClient: call failed [{{call=4711:139789:1772458155.04}}, {{method={method}}}, {{error={kind}}}]"
        return self.of_worker("E", "repce:210:__call__", text).raises(exception, *CALL)

    def ends(self, command: str, code: int, *output: str, brick: str = BRICK) -> Log:
        text = f"Popen: command returned error [{{cmd={command}}}, {{error={code}}}]"
        self.of_worker("E", "syncdutils:845:errlog", text, brick=brick)
        for line in output:
            self.of_worker("E", "syncdutils:851:logerr", f"Popen: {command.split()[0]}> {line}", brick=brick)
        return self

    def peer_is_gone(self, brick: str = BRICK) -> Log:
        return self.of_worker("E", "syncdutils:325:log_raise_exception", "<top>: connection to peer is broken", brick=brick)

    def ssh_ends(self, code: int, *output: str, brick: str = BRICK) -> Log:
        """The ssh to gsyncd on the secondary; see log_raise_exception."""
        self.later(0.3).peer_is_gone(brick)
        if code == 127:
            self.says(
                '<top>: getting "No such file or directory"errors is most likely due to MISCONFIGURATION, please remove all the public keys added by '
                f"geo-replication from authorized_keys file in {self.far} nodes and run Geo-replication create command again.", brick=brick,
            )  # fmt: skip
            self.says(
                "<top>: If `gsec_create container` was used, then run `gluster volume geo-replication <PRIMARYVOL> [<SECONDARYUSER>@]<SECONDARYHOST>::"
                "<SECONDARYVOL> config remote-gsyncd <GSYNCD_PATH> (Example GSYNCD_PATH: `/usr/libexec/glusterfs/gsyncd`)", brick=brick,
            )  # fmt: skip
        return self.ends(self.ssh(), code, *output, brick=brick)

    def ssh(self) -> str:
        return (
            "ssh -oPasswordAuthentication=no -oStrictHostKeyChecking=no -i /var/lib/glusterd/geo-replication/secret.pem -p 22 -oControlMaster=auto -S "
            f"/tmp/gsyncd-aux-ssh-bwe900x3/6adb3115c0f08030b3ffae263ecdc262.sock {self.host} /nonexistent/gsyncd {self.far} projects {self.host}::projects-dr "
            f"--{self.near}-node primary1 --{self.near}-brick {BRICK} --local-node dr1 --{self.far}-timeout 120"
        )

    def asks_for_volume(self, code: int, *output: str) -> Log:
        """The monitor, of the secondary's glusterd; it ends itself then."""
        command = f"ssh -oPasswordAuthentication=no -p 22 {self.host} /usr/sbin/gluster --xml --remote-host=localhost volume info projects-dr"
        self.record("E", "syncdutils(monitor):845:errlog", f"Popen: command returned error [{{cmd={command}}}, {{error={code}}}]")
        for line in output:
            self.record("E", "syncdutils(monitor):851:logerr", f"Popen: ssh> {line}")
        return self

    def rsync_ends(self, code: int, *output: str) -> Log:
        command = (
            "rsync -aR0 --inplace --files-from=- --super --stats --numeric-ids --no-implied-dirs --existing --xattrs --acls --ignore-missing-args . -e ssh "
            f"-oPasswordAuthentication=no -i /var/lib/glusterd/geo-replication/secret.pem -p 22 -oControlMaster=auto {self.host}:/proc/1974/cwd"
        )
        self.of_worker("I", "primary:2009:syncjob", f"Syncer: Sync Time Taken [{{job=1}}, {{num_files=2}}, {{return_code={code}}}, {{duration=0.1}}]")
        return self.ends(command, code, *output)

    def tar_ends(self, code: int, *output: str) -> Log:
        command = f"ssh -oPasswordAuthentication=no -i /var/lib/glusterd/geo-replication/tar_ssh.pem -p 22 {self.host} tar --overwrite -xf - -C /proc/1974/cwd"
        return self.ends(command, code, *output)
