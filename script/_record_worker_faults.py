# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes faults of workers real in a lab, for the unit tests, and stores what gsyncd logs on the primary node. See script/record-fixtures.

    python3 script/_record_worker_faults.py LAB tests/unit/fixtures [--only NAME...]

Each fault has a session of its own, and all sessions of a turn wait side by side: a worker that failed stays Faulty for ten seconds before
it starts again. A log is stored as it is when the monitor has called the worker Faulty for the fault: gsyncd-log-lab-NAME.txt. At the end of a
turn the faults are removed, and the workers run again. Takes some ten minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
import time
import typing as t
from pathlib import Path

from _record_fixtures import GLUSTERD, P1, P2, S1, S2, Lab, until

KEYS = f"{GLUSTERD}/geo-replication"
LOGS = "/var/log/glusterfs/geo-replication"
#: The primary volume of the sessions that need changes, and where it is mounted; of logins; of others. ext4 has no room for the marks of
#: all of them on one brick.
MANY, MOUNT = "f-many", "/mnt/f-many"
LOGINS, OTHERS = "f-logins", "f-others"
GROUP, BROKER = "geogroup", "/var/mountbroker-root"
#: Beside the node's own sshd: one that is stopped, and one whose settings depend on the port.
STOPPED, CHANGED = 2201, range(2202, 2207)

#: The monitor's word, at once or after the worker was started again.
FAULTY = r"status=Faulty\}\]\n"
AFRESH = rf"starting gsyncd worker(?:(?!starting gsyncd worker)[\s\S])*?{FAULTY}"
#: ... with what ssh said. gsyncd loses it if one of its threads reads it too early, as that one keeps it as bytes.
SAID = rf"starting gsyncd worker(?:(?!starting gsyncd worker)[\s\S])*?ssh> (?:(?!starting gsyncd worker)[\s\S])*?{FAULTY}"
#: After so many seconds a log without ssh's words is taken: 11 never logs them.
LOST = 80
#: So many seconds a change may take before a worker is taken for one that does not see it, and is started again.
SLOW = 40

#: Stops each mount with these words in its command line, as soon as it appears, until a file is there. argv: the words, the file.
STOP_MOUNTS = """
import contextlib, os, signal, sys, time
first, stopped = {}, set()
while not os.path.exists(sys.argv[2]):
    now = time.monotonic()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if now - first.setdefault(pid, now) > 2:
            continue
        with contextlib.suppress(OSError, UnicodeDecodeError):
            words = open(f"/proc/{pid}/cmdline").read().split(chr(0))
            if os.path.basename(words[0]) == "glusterfs" and any(sys.argv[1] in word for word in words):
                os.kill(int(pid), signal.SIGSTOP)
                stopped.add(int(pid))
    time.sleep(0.002)
for pid in stopped:
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)
"""

Do = t.Callable[["Recorder", "Fault"], None]


class Fault(t.NamedTuple):
    """One session, and what happens to it."""

    name: str  #: its secondary volume is f-NAME
    make: Do
    mend: t.Optional[Do]  #: None: nothing ends it, and the session is stopped
    stored: tuple[tuple[str, str], ...]  #: name of a fixture, and what its log ends with: one after the other
    primary: str = OTHERS
    near: str = P1  #: the node of its only worker
    far: str = S1
    user: str = "root"
    port: int = 22
    options: t.Mapping[str, str] = {}
    small: str = ""  #: its secondary brick is on a file system of its own: options of that
    data: bool = False  #: a change on the primary volume brings it about
    turn: int = 1

    @property
    def volume(self) -> str:
        return f"f-{self.name}"

    @property
    def target(self) -> str:
        return f"{'' if self.user == 'root' else f'{self.user}@'}{self.far}::{self.volume}"

    @property
    def folder(self) -> str:
        return f"{self.primary}_{self.far}_{self.volume}"

    @property
    def brick(self) -> str:
        return f"/mnt/{self.volume}/brick" if self.small else f"/bricks/{self.volume}"


def nothing(_recorder: Recorder, _fault: Fault) -> None:
    """Nothing to do."""


def on_far(script: str) -> Do:
    """A script of a shell on the secondary node, with the session's words in braces."""
    return lambda recorder, fault: recorder.run(fault.far, script, fault)


def on_near(script: str) -> Do:
    return lambda recorder, fault: recorder.run(fault.near, script, fault)


def and_again(make: Do) -> Do:
    """... and have the worker start again, to meet it."""

    def both(recorder: Recorder, fault: Fault) -> None:
        make(recorder, fault)
        recorder.restart(fault)

    return both


def with_change(make: Do, change: str) -> Do:
    """... and have something changed on the primary volume."""

    def both(recorder: Recorder, fault: Fault) -> None:
        make(recorder, fault)
        recorder.run(fault.near, f"cd {MOUNT}; {change}", fault)

    return both


def mounts_stop(node: str, words: str) -> Do:
    def start(recorder: Recorder, fault: Fault) -> None:
        recorder.lab.background(node, "python3", "-c", STOP_MOUNTS, words.format(fault=fault), f"/run/{fault.volume}.end")
        time.sleep(1)

    return and_again(start)


def port_with(settings: str) -> Do:
    """Settings of sshd for the session's port."""

    def change(recorder: Recorder, fault: Fault) -> None:
        recorder.settings[fault.port] = settings
        recorder.configure_sshd()

    return change


def port_as_before(recorder: Recorder, fault: Fault) -> None:
    del recorder.settings[fault.port]
    recorder.configure_sshd()


def setting(line: str) -> tuple[Do, Do]:
    """An option in the session's own file, and its end."""
    conf = "/var/lib/glusterd/geo-replication/{fault.folder}/gsyncd.conf"
    return and_again(on_near(f"echo '{line}' >>{conf}")), on_near(f"sed -i '/^{line.partition('=')[0]} *=/d' {conf}")


#: What has to be there for each of them is in Recorder.prepare().
FAULTS: tuple[Fault, ...] = (
    Fault("healthy", nothing, nothing, ()),
    # --- logins
    Fault(
        "sshd",
        on_far("pid=$(cat /run/sshd-stopped.pid); kill $pid $(pgrep -P $pid)"),
        on_far("/usr/sbin/sshd -f /etc/ssh/sshd_stopped"),
        (("sshd-cut", FAULTY), ("sshd-stopped", SAID)),
        primary=LOGINS,
        port=STOPPED,
    ),
    Fault("key", and_again(port_with("AuthorizedKeysFile none")), port_as_before, (("key-missing", SAID),), port=2202, primary=LOGINS),
    Fault(
        "prints",
        and_again(on_far("echo >>/root/.bashrc; sed -i '1i case \"$SSH_CONNECTION\" in *\" 2203\") echo \"Welcome to $(hostname)\";; esac' /root/.bashrc")),
        on_far("sed -i 1d /root/.bashrc"),
        (("login-script-prints", AFRESH),),
        primary=LOGINS,
        port=2203,
        options={"connection-timeout": "15"},
    ),
    Fault("moved", and_again(port_with("AuthorizedKeysFile /etc/ssh/keys-moved")), port_as_before, (("gsyncd-moved", SAID),), port=2204, primary=LOGINS),
    Fault("plain", and_again(port_with("AuthorizedKeysFile /etc/ssh/keys-plain")), port_as_before, (("key-without-command", SAID),), port=2205, primary=LOGINS),
    Fault(
        "factor",
        and_again(port_with("AuthenticationMethods publickey,keyboard-interactive")),
        port_as_before,
        (("second-factor", SAID),),
        primary=LOGINS,
        port=2206,
    ),
    Fault(
        "keyfile",
        and_again(on_near(f"mv {KEYS}/fault.pem /root/")),
        on_near(f"mv /root/fault.pem {KEYS}/"),
        (("key-file-missing", SAID),),
        primary=LOGINS,
        # gsyncd's own default but for the key.
        options={"ssh-options": f"-oPasswordAuthentication=no -oStrictHostKeyChecking=no -i {KEYS}/fault.pem"},
    ),
    Fault(
        "expired",
        and_again(on_far("chage -E 0 geoexpired")),
        on_far("chage -E -1 geoexpired"),
        (("account-expired", SAID),),
        primary=LOGINS,
        user="geoexpired",
    ),
    Fault(
        "aged",
        and_again(on_far("chage -d 0 geoaged")),
        on_far("chage -d 2026-01-01 -M -1 geoaged"),
        (("password-expired", SAID),),
        primary=LOGINS,
        user="geoaged",
    ),
    Fault(
        "noshell",
        and_again(on_far("usermod -s /usr/sbin/nologin geonoshell")),
        on_far("usermod -s /bin/bash geonoshell"),
        (("account-without-shell", AFRESH),),
        primary=LOGINS,
        user="geonoshell",
    ),
    # --- hangs
    Fault(
        "stopnear",
        mounts_stop(P1, "/{fault.folder}/"),
        on_near("touch /run/{fault.volume}.end"),
        (("mount-stopped", AFRESH),),
        options={"connection-timeout": "15"},
    ),
    Fault(
        "stopfar",
        mounts_stop(S1, "volfile-id={fault.volume}"),
        on_far("touch /run/{fault.volume}.end"),
        (("mount-stopped-there", AFRESH),),
        options={"connection-timeout": "15"},
    ),
    # --- the secondary volume
    Fault(
        "full",
        with_change(
            on_far("dd if=/dev/zero of=/mnt/{fault.volume}/filler bs=64k 2>/dev/null || df -h /mnt/{fault.volume}"),
            "dd if=/dev/urandom of=large bs=64k count=64 2>/dev/null",
        ),
        on_far("rm -f /mnt/{fault.volume}/filler"),
        (("brick-full", FAULTY),),
        far=S2,
        options={"sync-method": "rsync"},
        small="size=32m",
        data=True,
        primary=MANY,
    ),
    Fault(
        "inodes",
        with_change(on_far("cd /mnt/{fault.volume}; i=0; while touch x$i 2>/dev/null; do i=$((i+1)); done"), "mkdir one two; touch three"),
        on_far("rm -f /mnt/{fault.volume}/x*"),
        (("brick-without-inodes", FAULTY),),
        far=S2,
        small="size=32m,nr_inodes=1200",
        data=True,
        primary=MANY,
    ),
    Fault(
        "frozen",
        with_change(on_far("mount -o remount,ro /mnt/{fault.volume}"), "mkdir four; touch five"),
        on_far("mount -o remount,rw /mnt/{fault.volume}; gluster --mode=script volume start {fault.volume} force"),
        (("brick-read-only", FAULTY),),
        small="size=32m",
        data=True,
        primary=MANY,
    ),
    Fault(
        "notempty",
        with_change(on_far("touch /mnt/f-there/new/local; sync"), "mv -T old new"),
        on_far("rm /mnt/f-there/new/local"),
        (("directory-not-empty", FAULTY),),
        data=True,
        primary=MANY,
    ),
    Fault(
        "brick",
        on_far("kill -KILL $(cat /run/gluster/vols/{fault.volume}/*.pid)"),
        on_far("gluster --mode=script volume start {fault.volume} force"),
        (("brick-down", FAULTY), ("brick-still-down", AFRESH)),
        data=True,
        primary=MANY,
    ),
    Fault(
        "stopped",
        on_far("gluster --mode=script volume stop {fault.volume}"),
        on_far("gluster --mode=script volume start {fault.volume}"),
        (("volume-stopped", FAULTY), ("volume-still-stopped", AFRESH)),
        data=True,
        primary=MANY,
    ),
    # --- the primary node
    Fault(
        "killed",
        on_near("kill -KILL $(cat /run/gluster/vols/{fault.primary}/*.pid)"),
        on_near("gluster --mode=script volume start {fault.primary} force"),
        (("primary-brick-down", FAULTY), ("primary-brick-still-down", AFRESH)),
        primary="f-killed",
    ),
    Fault(
        "marks",
        on_near(
            f"x=$(sed -n 's/^stime-xattr-prefix *= *//p' {KEYS}/{{fault.folder}}/gsyncd.conf); x=${{x%.*}}; "
            "while setfattr -n $x.$(cat /proc/sys/kernel/random/uuid).stime -v 0x6b0de91900000000 /bricks/f-marks 2>/dev/null; do :; done; "
            "mkdir -p /mnt/f-marks; mount -t glusterfs localhost:/f-marks /mnt/f-marks; mkdir /mnt/f-marks/ten; umount /mnt/f-marks"
        ),
        on_near(
            f"x=$(sed -n 's/^stime-xattr-prefix *= *//p' {KEYS}/{{fault.folder}}/gsyncd.conf); "
            "for name in $(getfattr --absolute-names -m '[.]stime' /bricks/f-marks | grep ^trusted); do"
            " case $name in $x*) ;; *) setfattr -x $name /bricks/f-marks;; esac; done"
        ),
        (("marks-full", FAULTY),),
        primary="f-marks",
        data=True,
    ),
    Fault("meta", *setting("use-meta-volume=true"), (("meta-volume", AFRESH),)),
    Fault(
        "workdir",
        and_again(
            on_near(
                # dd fails once there is no room left: that is the fault.
                "cd /var/lib/misc/gluster/gsyncd; mount -t tmpfs -o size=8k small {fault.folder}; "
                "dd if=/dev/zero of={fault.folder}/filler bs=1k 2>/dev/null || true"
            )
        ),
        on_near("umount -l /var/lib/misc/gluster/gsyncd/{fault.folder}"),
        (("working-folder-full", AFRESH),),
        data=True,
        primary=MANY,
    ),
    Fault(
        "names",
        on_near("mkdir -p /mnt/f-names; mount -t glusterfs localhost:/f-names /mnt/f-names; touch $(printf '/mnt/f-names/\\351t\\351'); umount /mnt/f-names"),
        None,
        (("name-not-utf8", FAULTY),),
        primary="f-names",
        data=True,
    ),
    # --- programs
    Fault(
        "rsyncold",
        with_change(nothing, "echo some >six"),
        None,
        (("rsync-as-shipped", r"return_code=[^\n]*\n"),),
        options={"sync-method": "rsync"},
        data=True,
        primary=MANY,
    ),
    Fault(
        "rsyncopt",
        with_change(setting("rsync-options=--no-such-option")[0], "echo some >seven"),
        setting("rsync-options=--no-such-option")[1],
        (("rsync-wrong-option", AFRESH),),
        far=S2,
        options={"sync-method": "rsync"},
        data=True,
        primary=MANY,
    ),
    Fault(
        "rsyncgone",
        with_change(on_far("mv /usr/bin/rsync /root/"), "echo some >eight"),
        on_far("mv /root/rsync /usr/bin/"),
        (("rsync-missing-there", FAULTY),),
        far=S2,
        options={"sync-method": "rsync"},
        data=True,
        primary=MANY,
        turn=2,
    ),
    Fault(
        "targone",
        with_change(on_far("mv $(command -v tar) /root/"), "echo some >nine"),
        on_far("mv /root/tar /usr/bin/"),
        (("tar-missing-there", FAULTY),),
        far=S2,
        data=True,
        primary=MANY,
        turn=2,
    ),
    # --- glusterd
    Fault(
        "daemon",
        and_again(on_far("lab-service glusterd stop")),
        on_far("lab-service glusterd start"),
        (("glusterd-down-there", AFRESH),),
        turn=2,
    ),
    Fault(
        "daemonhere",
        and_again(on_near("lab-service glusterd stop")),
        on_near("lab-service glusterd start"),
        (("glusterd-down", AFRESH),),
        primary="f-here",
        near=P2,
        far=S2,
        turn=2,
    ),
)


class Recorder:
    def __init__(self, lab: Lab, folder: Path, faults: t.Sequence[Fault]) -> None:
        self.lab = lab
        self.folder = folder
        self.faults = faults
        self.settings: dict[int, str] = {}
        self.stored: list[str] = []
        self.failed: list[str] = []

    def tell(self) -> None:
        for number, step in enumerate((self.prepare, self.create, self.start), 1):
            print(f"[{number}/5] {step.__doc__}", flush=True)
            step()
        for turn in (1, 2):
            print(f"[{turn + 3}/5] the faults, {'at once' if turn == 1 else 'those that need others to be over'}", flush=True)
            self.record([fault for fault in self.faults if fault.turn == turn and fault.stored])

    # --- small pieces

    def run(self, node: str, script: str, fault: Fault | None = None) -> None:
        self.lab.sh(node, re.sub(r"\{(fault\.\w+)\}", lambda found: str(getattr(fault, found[1][6:])), script))

    def restart(self, fault: Fault) -> None:
        """The monitor starts the worker again, ten seconds later. One that has just ended by itself is started again, too."""
        self.run(fault.near, f"pkill -KILL -f 'gsyncd[.]py worker {fault.primary} [^ ]*::{fault.volume} ' || true")

    def logs(self) -> dict[str, str]:
        """The log of each session, by the name of its fault."""
        script = f"for file in {LOGS}/f-*/gsyncd.log; do echo \"=== $file\"; cat \"$file\"; done"
        text = {node: self.lab.sh(node, script) for node in dict.fromkeys(fault.near for fault in self.faults)}
        parts = {node: dict(re.findall(r"(?ms)^=== \S+/(f-\S+)/gsyncd\.log\n(.*?)(?=^=== /|\Z)", whole)) for node, whole in text.items()}
        return {fault.name: parts[fault.near].get(fault.folder, "") for fault in self.faults}

    def until_active(self, begin: t.Mapping[str, int], seconds: float = 240) -> tuple[dict[str, str], list[str]]:
        """The logs, once the last that these say of their workers, each behind its place, is that they are Active; and who is not in time."""
        logs: dict[str, str] = {}
        inactive: list[str] = []

        def all_active() -> bool:
            logs.update(self.logs())
            states = {name: re.findall(r"Worker Status Change \[\{status=([\w.]+)", logs[name][place:]) for name, place in begin.items()}
            inactive[:] = sorted(name for name, words in states.items() if words[-1:] != ["Active"])
            return not inactive

        with contextlib.suppress(RuntimeError):
            until("all workers are Active", all_active, seconds)
        for name in inactive:
            self.fail(f"not Active: {name}", logs[name][begin[name] :])
        return logs, inactive

    def fail(self, what: str, log: str = "") -> None:
        self.failed.append(what)
        print(f"        {what}\n{log[-4000:]}", flush=True)

    def store(self, name: str, log: str) -> None:
        (self.folder / f"gsyncd-log-lab-{name}.txt").write_text(log)
        self.stored.append(name)
        print(f"        {name}: {log.count(chr(10))} lines", flush=True)

    def configure_sshd(self) -> None:
        """The second sshd of the secondary node, whose settings depend on the port."""
        common = (
            "HostKey /etc/ssh/ssh_host_ed25519_key\nUsePAM yes\nPermitRootLogin prohibit-password\nKbdInteractiveAuthentication yes\n"
            "MaxStartups 100:30:200\nMaxSessions 50\nUseDNS no\n"
        )
        matches = "".join(f"Match LocalPort {port}\n    {line}\n" for port, line in self.settings.items())
        ports = "".join(f"Port {port}\n" for port in CHANGED)
        self.lab.must(S1, "sh", "-c", "cat >/etc/ssh/sshd_stopped", stdin=f"Port {STOPPED}\nPidFile /run/sshd-stopped.pid\n{common}")
        self.lab.must(S1, "sh", "-c", "cat >/etc/ssh/sshd_changed", stdin=f"{ports}PidFile /run/sshd-changed.pid\n{common}{matches}")
        self.run(S1, "if [ -s /run/sshd-changed.pid ]; then kill -HUP $(cat /run/sshd-changed.pid); else /usr/sbin/sshd -f /etc/ssh/sshd_changed; fi")
        time.sleep(1)

    # --- what they all need

    def prepare(self) -> None:
        "volumes, keys, accounts and a second sshd"
        for node in (P1, P2, S1, S2):
            # Known faults of stock packages, which would hide all others.
            self.run(
                node,
                "for name in 's/[.]readfp(/.read_file(/ gsyncdconfig.py' 's/isAlive/is_alive/ resource.py'; do"
                " sed -i \"${name% *}\" $(find /usr/lib /usr/libexec -path \"*/syncdaemon/${name#* }\" 2>/dev/null); done",
            )
        # rsync 3.5 does not work as gsyncd's receiver: rsync-as-shipped needs it, other faults do not.
        self.run(S2, "for file in /usr/local/share/lab-archive/rsync_*.deb; do [ ! -e $file ] || dpkg -i --force-downgrade $file >/dev/null 2>&1; done")
        for fault in self.faults:
            if fault.small:
                place = f"/mnt/{fault.volume}"
                self.run(fault.far, f"mkdir -p {place}; mountpoint -q {place} || mount -t tmpfs -o {fault.small} small {place}")
        volumes = [(P1, fault.primary, f"{fault.near}:/bricks/{fault.primary}") for fault in self.faults]
        volumes += [(S1, fault.volume, f"{fault.far}:{fault.brick}") for fault in self.faults]
        there = {node: self.lab.gluster("volume", "list", node=node).split() for node in (P1, S1)}
        for node, name, brick in dict.fromkeys(volumes):
            if name not in there[node]:
                self.lab.gluster("volume", "create", name, brick, "force", node=node)
                self.lab.gluster("volume", "start", name, node=node)
        self.run(P1, f"mkdir -p {MOUNT}; mountpoint -q {MOUNT} || mount -t glusterfs localhost:/{MANY} {MOUNT}; cd {MOUNT}; mkdir -p old new; touch first")
        self.lab.gluster("system::", "execute", "gsec_create")
        lines = self.lab.must(P1, "cat", f"{KEYS}/common_secret.pem.pub")
        self.run(P1, f"cp -p {KEYS}/secret.pem {KEYS}/fault.pem")
        accounts = {fault.user: fault.volume for fault in self.faults if fault.user != "root"}
        for node in (S1, S2):
            self.run(node, "sed -i '/^command=/d' /root/.ssh/authorized_keys")
            self.lab.must(node, "sh", "-c", "cat >>/root/.ssh/authorized_keys", stdin=lines)
            self.run(node, f"getent group {GROUP} >/dev/null || groupadd {GROUP}")
            for account in accounts:
                home = f"/home/{account}"
                self.run(node, f"id {account} >/dev/null 2>&1 || useradd -m -s /bin/bash -G {GROUP} {account}; install -d -m 0700 -o {account} {home}/.ssh")
                place = f"{home}/.ssh/authorized_keys"
                self.lab.must(node, "sh", "-c", f"cat >{place}; chmod 600 {place}; chown {account}: {place}", stdin=lines)
        moved = re.sub(r'command="/[^"]*/gsyncd"', 'command="/usr/libexec/glusterfs/gsyncd"', lines)
        self.lab.must(S1, "sh", "-c", "cat >/etc/ssh/keys-moved", stdin=moved)
        self.lab.must(S1, "sh", "-c", "cat >/etc/ssh/keys-plain", stdin=re.sub(r'(?m)^command="[^"]*" +', "", lines))
        self.configure_sshd()
        self.run(S1, "[ -s /run/sshd-stopped.pid ] || /usr/sbin/sshd -f /etc/ssh/sshd_stopped")
        if accounts:
            for words in (f"setup {BROKER} {GROUP}", *(f"add {volume} {account}" for account, volume in accounts.items())):
                self.lab.must(S1, "gluster-mountbroker", *words.split())
            for node in (S1, S2):
                self.lab.must(node, "lab-service", "glusterd", "restart")
            until("both secondary nodes are there", lambda: self.lab.run(S1, "gluster", "pool", "list").out.count("Connected") == 2)

    def create(self) -> None:
        "a session for each fault"
        scripts: dict[str, str] = {}
        there = self.lab.must(P1, "ls", KEYS).split()
        for fault in self.faults:
            if fault.folder in there:
                continue
            self.lab.gluster("volume", "geo-replication", fault.primary, fault.target, "create", "no-verify")
            # Not through gluster, which takes some seconds for each: nothing has read the file yet.
            options = {"sync-method": "tarssh", "ssh-port": str(fault.port), **fault.options}
            lines = "".join(f"{name}={value}\\n" for name, value in options.items())
            for node in (P1, P2):
                conf = f"{KEYS}/{fault.folder}/gsyncd.conf"
                scripts[node] = scripts.get(node, "") + f"grep -q '^.vars' {conf} || echo '[vars]' >>{conf}; printf '{lines}' >>{conf}\n"
        for node, script in scripts.items():
            self.run(node, script)

    def start(self) -> None:
        "all of them run"
        for fault in self.faults:
            self.lab.gluster("volume", "geo-replication", fault.primary, fault.target, "start", "force")
        _logs, inactive = self.until_active({fault.name: 0 for fault in self.faults})
        self.faults = [fault for fault in self.faults if fault.name not in inactive]
        self.arrived("new")
        there = next((fault for fault in self.faults if fault.name == "notempty"), None)
        if there:
            self.run(there.far, "mkdir -p /mnt/f-there; mountpoint -q /mnt/f-there || mount -t glusterfs localhost:/{fault.volume} /mnt/f-there", there)
        healthy = next((fault for fault in self.faults if fault.name == "healthy"), None)
        if healthy:
            self.handle(healthy)

    def arrived(self, name: str) -> None:
        """A change has come to every session that is to meet one: a worker that does not see changes would not meet its fault."""
        waiting = [fault for fault in self.faults if fault.data and fault.primary == MANY]
        for _attempt in range(5):
            begin = time.monotonic()
            while waiting and time.monotonic() - begin < SLOW:
                waiting = [fault for fault in waiting if self.lab.run(fault.far, "test", "-e", f"{fault.brick}/{name}").rc]
                time.sleep(1)
            for fault in waiting:
                print(f"        started again, as it does not see changes: {fault.name}", flush=True)
                self.restart(fault)

    def handle(self, fault: Fault) -> None:
        """What people do to a session that is well; its workers start again, and run."""
        session = ("volume", "geo-replication", fault.primary, fault.target)
        for words in (("pause",), ("resume",), ("config", "sync-jobs", "4")):
            self.lab.gluster(*session, *words)
        begin = len(self.logs()[fault.name])
        self.restart(fault)
        self.until_active({fault.name: begin})

    # --- the faults

    def record(self, faults: t.Sequence[Fault]) -> None:
        if not faults:
            return
        places = {name: len(text) for name, text in self.logs().items()}
        for fault in faults:
            print(f"        made: {fault.name}", flush=True)
            try:
                fault.make(self, fault)
            except RuntimeError as exc:
                self.fail(f"not made: {fault.name}: {exc}")
        waiting = {fault.name: list(fault.stored) for fault in faults}
        nudged: dict[str, float] = {}
        begin = time.monotonic()
        while waiting and time.monotonic() - begin < 240:
            logs = self.logs()
            lost = time.monotonic() - begin > LOST
            for fault in faults:
                self._take(fault, waiting, places, logs[fault.name], lost)
                since = time.monotonic() - nudged.setdefault(fault.name, begin)
                if fault.name in waiting and fault.data and since > SLOW:
                    places[fault.name] = len(logs[fault.name])
                    waiting[fault.name] = [(name, AFRESH if end == FAULTY else end) for name, end in waiting[fault.name]]
                    self.restart(fault)
                    nudged[fault.name] = time.monotonic()
            time.sleep(1)
        for name, stored in waiting.items():
            self.fail(f"not seen: {', '.join(fixture for fixture, _end in stored)}", self.logs()[name][places[name] :])
        places = {name: len(text) for name, text in self.logs().items()}
        for fault in faults:
            try:
                if fault.mend:
                    fault.mend(self, fault)
                    self.restart(fault)
                else:
                    self.lab.gluster("volume", "geo-replication", fault.primary, fault.target, "stop", "force")
            except RuntimeError as exc:
                self.fail(f"not removed: {fault.name}: {exc}")
        logs, _inactive = self.until_active({fault.name: places[fault.name] for fault in faults if fault.mend})
        if faults[0].turn == 1:
            for name, fixture in (("healthy", "healthy"), ("sshd", "mended-login"), ("brick", "mended-brick")):
                if name in logs:
                    self.store(fixture, logs[name])

    def _take(self, fault: Fault, waiting: dict[str, list[tuple[str, str]]], places: dict[str, int], log: str, lost: bool) -> None:
        while waiting.get(fault.name):
            name, end = waiting[fault.name][0]
            found = re.compile(AFRESH if lost and end == SAID else end).search(log, places[fault.name])
            if not found:
                return
            self.store(name, log[: found.end()])
            places[fault.name] = found.end()
            waiting[fault.name].pop(0)
        waiting.pop(fault.name, None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lab", help="name of the lab; its nodes are LAB-primary1 ...")
    parser.add_argument("folder", type=Path, help="tests/unit/fixtures")
    parser.add_argument("--only", nargs="+", help="names of these faults", choices=[fault.name for fault in FAULTS], default=[])
    args = parser.parse_args()
    lab = Lab(args.lab)
    version = lab.must(P1, "gluster", "--version").split()[1]
    started = time.monotonic()
    recorder = Recorder(lab, args.folder / version, [fault for fault in FAULTS if not args.only or fault.name in args.only])
    recorder.tell()
    print(f"GlusterFS {version}: {len(recorder.stored)} logs in {time.monotonic() - started:.0f} s. {'; '.join(recorder.failed)}")
    return 1 if recorder.failed else 0


if __name__ == "__main__":
    sys.exit(main())
