# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What gsyncd's own monitor and worker log when they fail, for the unit tests: without a cluster, with programs in place of ssh and of the mount.

    python3 script/_record_worker_logs.py SYNCDAEMON tests/unit/fixtures/VERSION [NAME...]

SYNCDAEMON is the folder python/syncdaemon of that release. Each situation takes some three seconds; those that hang take eight.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

NEAR, FAR = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
VOLUME = (
    "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><volume><name>v</name><id>{0}</id><replicaCount>1</replicaCount>"
    "<disperseCount>0</disperseCount><distCount>1</distCount><typeStr>Distribute</typeStr><bricks><brick uuid='{0}'><name>{1}:/bricks/projects</name>"
    "<hostUuid>{0}</hostUuid></brick></bricks></volume></volumes></volInfo></cliOutput>"
)
#: gsyncd's side of the connection, with nothing behind it.
PEER = """
import os, sys
sys.path.insert(0, os.environ["BASE"] + "/syncdaemon")
import gsyncdconfig, syncdutils
syncdutils.finalize = lambda *args, **more: os._exit(0)
import repce
class Peer:
    def pid(self): return os.getpid()
    def version(self): return float(os.environ.get("PEER_VERSION", "1.0"))
repce.RepceServer(Peer(), sys.stdin, sys.stdout, 2).service_loop()
"""
ANSWERS = "exec python3 -W ignore $BASE/peer.py"


class Situation(t.NamedTuple):
    """What the programs do, as lines of a shell."""

    ssh: str = "exit 0"  #: to gsyncd on the secondary
    volume: str = "cat $BASE/far.xml; exit 0"  #: to gluster on the secondary
    mount: str = "exit 1"
    config: t.Mapping[str, str] = {}
    seconds: float = 2.0


def says(text: str, code: int) -> str:
    return "".join(f"echo '{line}' >&2; " for line in text.splitlines()) + f"exit {code}"


def prints(text: str) -> str:
    return f"echo '{text}'; exec sleep 20"


DENIED = "root@secondary1: Permission denied (publickey)."
SITUATIONS: dict[str, Situation] = {
    "ssh-denied": Situation(says(DENIED, 255)),
    "ssh-255": Situation("exit 255"),
    "ssh-expired": Situation(says("WARNING: Your password has expired.\nPassword change required but no TTY available.", 1)),
    "ssh-elsewhere": Situation(says("bash: line 1: /usr/lib/x86_64-linux-gnu/glusterfs/gsyncd: No such file or directory", 127)),
    "ssh-nonexistent": Situation(says("bash: line 1: /nonexistent/gsyncd: No such file or directory", 127)),
    "ssh-no-glusterfs": Situation(says('failure: execution of "/usr/sbin/glusterfs" failed with ENOENT (No such file or directory)', 1)),
    "ssh-0": Situation("exit 0"),
    "ssh-1": Situation("exit 1"),
    "ssh-killed": Situation("kill -9 $$"),
    "ssh-missing": Situation(config={"ssh-command": "/nowhere/ssh"}, seconds=3),
    "ssh-hangs": Situation("exec sleep 20", seconds=7),
    "prints-welcome": Situation(prints("Welcome to secondary1, kernel 6.1.0"), seconds=7),
    "prints-i-am": Situation(prints("I am secondary1"), seconds=7),
    "prints-last-login": Situation(prints("Last login: Mon Nov 30 10:00:00 2026"), seconds=7),
    "prints-stars": Situation(prints("***********************"), seconds=7),
    "version": Situation(f"PEER_VERSION=2.0 {ANSWERS}", seconds=3),
    "mount-fails": Situation(ANSWERS, seconds=3),
    "mount-hangs": Situation(ANSWERS, mount="exec sleep 20", seconds=8),
    "mount-not-a-program": Situation(ANSWERS, mount="", seconds=3),
    "volume-garbled": Situation(volume="echo Welcome to secondary1; cat $BASE/far.xml; exit 0"),
    "volume-denied": Situation(volume=says(DENIED, 255)),
    "volume-1": Situation(volume="echo Connection failed.; exit 1"),
    "volume-127": Situation(volume=says("bash: line 1: /usr/sbin/gluster: No such file or directory", 127)),
}


def record(sources: Path, template: Path, situation: Situation) -> str:
    """What is in gsyncd.log some seconds after the monitor was started."""
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        for folder in ("etc", "bin", "state", "log", "tmp"):
            (base / folder).mkdir()
        shutil.copytree(sources, base / "syncdaemon")
        new = (base / "syncdaemon" / "primary.py").exists()
        conf = base / "syncdaemon" / "conf.py"
        conf.write_text(re.sub(r"/etc/glusterfs", f"{base}/etc", re.sub(r"/var/lib/glusterd", f"{base}/state", conf.read_text())))
        resource = base / "syncdaemon" / "resource.py"
        # 9.2 does not run on today's Python otherwise.
        resource.write_text(resource.read_text().replace(".isAlive(", ".is_alive("))
        shutil.copy(template, base / "etc" / "gsyncd.conf")
        (base / "peer.py").write_text(PEER)
        (base / "near.xml").write_text(VOLUME.format(NEAR, "primary1"))
        (base / "far.xml").write_text(VOLUME.format(FAR, "secondary1"))
        programs = {
            "gluster": "#!/bin/sh\ncat $BASE/near.xml\n",
            "ssh": f'#!/bin/bash\ncase "$*" in *"gluster --xml"*) {situation.volume};; esac\n{situation.ssh}\n',
            "glusterfs": f"#!/bin/sh\n{situation.mount}\n" if situation.mount else "no program\n",
        }
        for program, text in programs.items():
            (base / "bin" / program).write_text(text)
            (base / "bin" / program).chmod(0o755)
        config = {
            "state-file": base / "state" / "monitor.status", "pid-file": base / "state" / "monitor.pid", "log-file": base / "log" / "gsyncd.log",
            "gluster-log-file": base / "log" / "mnt.log", "changelog-log-file": base / "log" / "changes.log", "working-dir": base / "work",
            "georep-session-working-dir": base / "state", "gluster-command-dir": base / "bin", "connection-timeout": 4, "access-mount": "true",
            f"{'secondary' if new else 'slave'}-gluster-command-dir": "/usr/sbin", **situation.config,
        }  # fmt: skip
        session = base / "state" / "gsyncd.conf"
        session.write_text("[vars]\n" + "".join(f"{option}={value}\n" for option, value in config.items()))
        argv = [sys.executable, "-W", "ignore", str(base / "syncdaemon" / "gsyncd.py"), "monitor", "projects", "secondary1::projects-dr"]
        environment = {**os.environ, "BASE": name, "TMPDIR": f"{base}/tmp", "PATH": f"{base}/bin:{os.environ['PATH']}"}
        subprocess.run([*argv, "--local-node-id", NEAR, "-c", str(session)], env=environment, check=True, timeout=30, stdin=subprocess.DEVNULL)
        time.sleep(situation.seconds)
        # One that has failed has ended itself.
        with contextlib.suppress(OSError, ValueError):
            os.killpg(int((base / "state" / "monitor.pid").read_text()), signal.SIGKILL)
        time.sleep(0.2)
        log = (base / "log" / "gsyncd.log").read_text()
    for old, place in (("/syncdaemon", "/usr/lib/x86_64-linux-gnu/glusterfs/python/syncdaemon"), ("/bin", "/usr/sbin"), ("", "")):
        log = log.replace(f"{base}{old}", place)
    return log


def main() -> None:
    sources, fixtures, *names = sys.argv[1:]
    for name, situation in SITUATIONS.items():
        if not names or name in names:
            log = record(Path(sources), Path(fixtures) / "gsyncd-template.txt", situation)
            (Path(fixtures) / f"gsyncd-log-{name}.txt").write_text(log)
            print(f"{name}: {len(log.splitlines())} lines", flush=True)


if __name__ == "__main__":
    main()
