# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes situations real in a fresh lab and stores what the gluster command line answers. See script/record-fixtures.

Each answer becomes two files: NAME.json (argv, exit code, standard error, what the situation was) and NAME.xml or
NAME.txt (standard output as it came). Files of the nodes that the collection reads become NAME.txt alone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import subprocess
import sys
import time
import typing as t
from pathlib import Path

P1, P2, S1, S2 = "primary1", "primary2", "secondary1", "secondary2"
#: A cluster of its own whose release is on the other side of GlusterFS 10.
OTHER = "other"
TARGET = "secondary1::projects-dr"
GLUSTERD = "/var/lib/glusterd"
SESSION = f"{GLUSTERD}/geo-replication/projects_secondary1_projects-dr"

# The end of a brick's journal, which is text with a NUL behind each path; and gsyncd's own file about the brick.
JOURNAL = ("sh", "-c", "tail -c 1400 /bricks/projects/.glusterfs/changelogs/htime/HTIME.*")
BRICK_STATUS = ("cat", f"{SESSION}/brick_%2Fbricks%2Fprojects.status")

# The lines of a volume's file that the collection or a reader cares for; others hold passwords of the lab's bricks.
INFO = "^(type|status|volume-id|slave|secondary|brick)"


class Answer(t.NamedTuple):
    rc: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


class Lab:
    """The four nodes, by podman."""

    def __init__(self, name: str) -> None:
        self._name = name

    def run(self, node: str, *argv: str, stdin: str | None = None) -> Answer:
        done = subprocess.run(
            ["podman", "exec", "--interactive", "--env=LC_ALL=C", f"{self._name}-{node}", *argv],
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            errors="replace",
            timeout=300,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def must(self, node: str, *argv: str, stdin: str | None = None) -> str:
        answer = self.run(node, *argv, stdin=stdin)
        if answer.rc != 0:
            raise RuntimeError(f"{node}: {' '.join(argv)}: exit code {answer.rc}: {answer.text.strip()}")
        return answer.out

    def sh(self, node: str, script: str) -> str:
        return self.must(node, "sh", "-euc", script)

    def gluster(self, *words: str, node: str = P1) -> str:
        """A step on the way to a situation. A busy lock is waited out."""
        for _attempt in range(20):
            answer = self.run(node, "gluster", "--mode=script", "--timeout=600", "--", *words)
            if not re.search("Another transaction|Locking failed", answer.text):
                break
            time.sleep(1)
        if answer.rc != 0:
            raise RuntimeError(f"{node}: gluster {' '.join(words)}: {answer.text.strip()}")
        return answer.out

    def background(self, node: str, *argv: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["podman", "exec", f"{self._name}-{node}", *argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


def until(what: str, test: t.Callable[[], bool], seconds: float = 120, pause: float = 1.0) -> None:
    deadline = time.monotonic() + seconds
    while not test():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(pause)


class Tape:
    """Where answers are written to."""

    def __init__(self, lab: Lab, folder: Path, keep: bool) -> None:
        self.lab = lab
        self.folder = folder
        self.rows: list[tuple[str, ...]] = []
        folder.mkdir(parents=True, exist_ok=True)
        for old in [] if keep else list(folder.iterdir()):
            old.unlink()

    def ask(
        self,
        name: str,
        note: str,
        *words: str,
        xml: bool = True,
        host: str | None = None,
        timeout: int = 120,
        node: str = P1,
        keep: t.Callable[[Answer], bool] = lambda _answer: True,
    ) -> Answer:
        """Ask gluster with the very argv that the collection uses, and store the answer if ``keep`` wants it."""
        argv = ["gluster", "--mode=script", *(["--xml"] if xml else []), f"--timeout={timeout}"]
        argv += [f"--remote-host={host}"] if host else []
        argv += ["--", *words]
        return self.raw(name, note, *argv, node=node, keep=keep)

    def raw(
        self,
        name: str,
        note: str,
        *argv: str,
        node: str = P1,
        keep: t.Callable[[Answer], bool] = lambda _answer: True,
    ) -> Answer:
        answer = self.lab.run(node, *argv)
        if keep(answer):
            self._write(name, note, node, list(argv), answer)
        return answer

    def _write(self, name: str, note: str, node: str, argv: list[str], answer: Answer) -> None:
        path = self.folder / f"{name}.{'xml' if answer.out.lstrip().startswith('<?xml') else 'txt'}"
        path.write_text(answer.out)
        facts = {"note": note, "node": node, "argv": argv, "rc": answer.rc, "stdout": path.name, "stderr": answer.err}
        (self.folder / f"{name}.json").write_text(json.dumps(facts, indent=2) + "\n")
        found = re.search(r"<opRet>(-?\d+)</opRet>.*?<opErrstr>([^<]*)<", answer.out, re.DOTALL)
        said = found[2] if found else answer.text
        row = (name, str(answer.rc), found[1] if found else "", " ".join(said.split())[:90])
        self.rows.append(row)
        print("        " + "  ".join(row), flush=True)

    def file(self, name: str, node: str, path: str, pattern: str = "") -> None:
        text = self.lab.must(node, "cat", path)
        lines = [line for line in text.splitlines(keepends=True) if re.search(pattern, line)]
        (self.folder / f"{name}.txt").write_text("".join(lines[-200:]))
        self.rows.append((name, "", "", f"{node}:{path}"))

    # The commands that are asked for again and again.

    def status(self, name: str, note: str, *words: str) -> None:
        """With ``words``, only an answer that shows these workers is kept: some states last but a moment."""
        question = ("volume", "geo-replication", "status")
        kept: list[Answer] = []

        def wanted(answer: Answer) -> bool:
            if not words or sorted(re.findall("<status>([^<]*)<", answer.out)) == sorted(words):
                kept.append(answer)
            return bool(kept)

        until(f"status {words}", lambda: bool(self.ask(name, note, *question, keep=wanted) and kept), 180, 0.5)
        self.ask(f"{name}-text", note, *question, xml=False)

    def georep(self, name: str, note: str, *verb: str, target: str = TARGET, timeout: int = 300) -> Answer:
        return self.ask(name, note, "volume", "geo-replication", "projects", target, *verb, timeout=timeout)

    def config(self, name: str, note: str, target: str = TARGET) -> Answer:
        return self.georep(name, note, "config", target=target, timeout=120)

    def gsyncd_config(self, name: str, note: str) -> Answer:
        """The same question past glusterd, as the CLI puts it to gsyncd."""
        gsyncd = self.lab.sh(P1, "ls /usr/lib/*/glusterfs/gsyncd").strip()
        conf = f"{SESSION}/gsyncd.conf"
        options = ("--config-file", conf, "--show-defaults", "--use-underscore")
        return self.raw(name, note, gsyncd, "config-get", "projects", TARGET, *options)

    def table(self) -> None:
        rows = [("NAME", "RC", "OPRET", "ANSWER"), *self.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        for row in rows:
            print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[3]]).rstrip())


class Story:
    """One release from the fresh lab on, chapter by chapter; each begins where the one before it has ended."""

    def __init__(self, lab: Lab, tape: Tape, version: str) -> None:
        self.lab = lab
        self.tape = tape
        self.version = version
        self.old_words = int(version.split(".")[0]) < 10
        self.secondary_timeout = "slave-timeout" if self.old_words else "secondary-timeout"

    def tell(self, first: str) -> None:
        chapters: list[t.Callable[[], None]] = [
            self.volumes,
            self.stock,
            self.nobody,
            self.creating,
            self.options,
            self.without_keys,
            self.faulty_by_itself,
            self.running,
            self.paused,
            self.checkpoints,
            self.broken_login,
            self.stopped,
            self.peers_down,
            self.lock_held,
            self.corrupt,
            self.daemon_down,
            self.many,
            self.mountbroker,
            self.counts,
            self.releases_apart,
        ]
        for number, chapter in enumerate(chapters, 1):
            if number <= [chapter.__name__ for chapter in chapters].index(first):
                continue
            print(f"[{number}/{len(chapters)}] {chapter.__name__.replace('_', ' ')}: {chapter.__doc__}", flush=True)
            chapter()

    # --- helpers

    def states(self) -> list[str]:
        """The status of each worker of the session, by its XML."""
        answer = self.lab.run(P1, "gluster", "--xml", "volume", "geo-replication", "projects", TARGET, "status")
        return re.findall(r"<status>([^<]*)</status>", answer.out)

    def until_states(self, *wanted: str, seconds: float = 180) -> None:
        until(f"workers {wanted}, last {self.states()}", lambda: sorted(self.states()) == sorted(wanted), seconds)

    def edit_gsyncd(self, name: str, sed: str, nodes: t.Sequence[str] = (P1, P2, S1, S2)) -> None:
        """Mend a file of gsyncd on the nodes of the lab."""
        for node in nodes:
            self.lab.sh(node, f"sed -i '{sed}' $(find /usr/lib /usr/libexec -path '*/syncdaemon/{name}')")

    def authorize(self) -> None:
        """Let the session's keys in on the secondary nodes, as an administrator would by hand."""
        lines = self.lab.must(P1, "cat", f"{GLUSTERD}/geo-replication/common_secret.pem.pub")
        for node in (S1, S2):
            self.lab.must(node, "sh", "-c", "cat >>/root/.ssh/authorized_keys", stdin=lines)

    def unauthorize(self) -> None:
        for node in (S1, S2):
            self.lab.sh(node, "sed -i '/command=/d' /root/.ssh/authorized_keys")

    def cut_connections(self, *nodes: str) -> None:
        for node in nodes:
            self.lab.run(node, "pkill", "-x", "ssh")

    # --- chapters

    def volumes(self) -> None:
        "volumes of several types, the nodes, the other site as seen from here"
        create = ["volume", "create"]
        for site, suffix in ((P1[:-1], ""), (S1[:-1], "-dr")):
            one, two, node = site + "1", site + "2", site + "1"
            # 2 x 2, and one disperse set of three on two nodes
            self.lab.gluster(
                *create,
                f"homes{suffix}",
                "replica",
                "2",
                *(f"{n}:/bricks/homes{suffix}-{i}" for i in "ab" for n in (one, two)),
                "force",
                node=node,
            )
            self.lab.gluster(
                *create,
                f"media{suffix}",
                "disperse",
                "3",
                "redundancy",
                "1",
                f"{one}:/bricks/media{suffix}-a",
                f"{two}:/bricks/media{suffix}-b",
                f"{one}:/bricks/media{suffix}-c",
                "force",
                node=node,
            )
            self.lab.gluster("volume", "start", f"homes{suffix}", node=node)
            self.lab.gluster("volume", "start", f"media{suffix}", node=node)
            self.lab.gluster(
                *create,
                f"spread{suffix}",
                f"{one}:/bricks/spread{suffix}",
                f"{two}:/bricks/spread{suffix}",
                "force",
                node=node,
            )
        self.lab.gluster(
            *create,
            "third",
            "replica",
            "3",
            "arbiter",
            "1",
            f"{P1}:/bricks/third-a",
            f"{P2}:/bricks/third-b",
            f"{P1}:/bricks/third-c",
            "force",
        )
        ask = self.tape.ask
        self.tape.raw("version", "installed version", "gluster", "--version")
        ask("volume-info-all", "five volumes, spread and third not started", "volume", "info", "all")
        ask("volume-info-one", "one volume by name", "volume", "info", "projects")
        ask("volume-info-unknown", "no such volume", "volume", "info", "nosuch")
        self.tape.file("vol-info-file-third", P1, f"{GLUSTERD}/vols/third/info", INFO)
        ask("pool-list", "both nodes connected", "pool", "list")
        ask("remote-volume-info-all", "all volumes of the other site", "volume", "info", "all", host=S1)
        ask("remote-volume-info-one", "one volume of the other site", "volume", "info", "projects-dr", host=S1)
        ask("remote-volume-info-unknown", "no such volume on the other site", "volume", "info", "nosuch", host=S1)
        ask("remote-pool-list", "the nodes of the other site", "pool", "list", host=S1)
        ask("remote-unknown-host", "a host name that does not resolve", "volume", "info", "all", host="nosuchhost")
        self.lab.must(S2, "lab-service", "glusterd", "stop")
        ask("remote-daemon-down", "glusterd is stopped on that host", "volume", "info", "all", host=S2)
        self.lab.must(S2, "lab-service", "glusterd", "start")
        read_only = ("volume", "set", "projects-dr", "features.read-only")
        ask("volume-set-read-only", "an option of a volume", *read_only, "on", node=S1, timeout=300)
        ask("volume-info-read-only", "after that", "volume", "info", "all", node=S1)
        ask(
            "volume-set-unknown-volume",
            "no such volume",
            "volume",
            "set",
            "nosuch",
            "features.read-only",
            "on",
            node=S1,
            timeout=300,
        )
        self.lab.gluster(*read_only, "off", node=S1)

    def stock(self) -> None:
        "stock packages on a Python that they do not know"
        if self.version.startswith("11."):
            self.tape.georep("create-readfp", "RawConfigParser.readfp is gone", "create", "no-verify", timeout=600)
            self.tape.georep("start-readfp", "RawConfigParser.readfp is gone", "start")
            self.tape.config("config-readfp", "RawConfigParser.readfp is gone")
            self.tape.gsyncd_config("gsyncd-config-readfp", "RawConfigParser.readfp is gone")
            self.edit_gsyncd("gsyncdconfig.py", r"s/\.readfp(/.read_file(/")

    def nobody(self) -> None:
        "no session yet"
        self.tape.status("status-none", "no session on the cluster")
        self.tape.config("config-missing", "the session does not exist")
        for verb in ("start", "stop", "pause", "resume", "delete"):
            self.tape.georep(f"{verb}-missing", "the session does not exist", verb)

    def creating(self) -> None:
        "create in all its ways"
        create = self.tape.georep
        create("create-no-keys", "push-pem before the keys were generated", "create", "push-pem", timeout=600)
        self.lab.gluster("system::", "execute", "gsec_create")
        create("create-no-login", "push-pem without a login of root", "create", "push-pem", timeout=600)
        self.tape.ask(
            "create-unknown-volume",
            "no such primary volume",
            "volume",
            "geo-replication",
            "nosuch",
            TARGET,
            "create",
            "no-verify",
            timeout=600,
        )
        create(
            "create-unknown-secondary-volume",
            "no such volume there",
            "create",
            "no-verify",
            target="secondary1::nosuch",
            timeout=600,
        )
        create(
            "create-unknown-host",
            "a name that does not resolve",
            "create",
            "no-verify",
            target="nosuchhost::projects-dr",
            timeout=600,
        )
        self.lab.must(S2, "lab-service", "glusterd", "stop")
        create(
            "create-unreachable",
            "glusterd is stopped there",
            "create",
            "no-verify",
            target="secondary2::projects-dr",
            timeout=600,
        )
        self.lab.must(S2, "lab-service", "glusterd", "start")
        create("create-bad-url", "three colons", "create", "no-verify", target="secondary1:::projects-dr", timeout=600)
        create(
            "create-usage",
            "words in an order that the grammar does not know",
            "create",
            "push-pem",
            "no-verify",
            timeout=600,
        )
        create("create", "the first session", "create", "no-verify", timeout=600)
        create("create-again", "it exists", "create", "no-verify", timeout=600)
        create(
            "create-other-name",
            "the same secondary volume under another node's name",
            "create",
            "no-verify",
            target="secondary2::projects-dr",
            timeout=600,
        )
        create(
            "create-other-user",
            "the same pair with another user",
            "create",
            "no-verify",
            target="geoaccount@secondary1::projects-dr",
            timeout=600,
        )
        self.tape.status("status-created", "one session, never started", "Created", "Created")
        self.tape.file("vol-info-file", P1, f"{GLUSTERD}/vols/projects/info", INFO)
        self.tape.file("gsyncd-conf-new", P1, f"{SESSION}/gsyncd.conf")
        self.half_made()

    def half_made(self) -> None:
        """A create that was killed between making the session's directory and registering it."""
        for node in (P1, P2):
            self.lab.must(node, "cp", "-a", SESSION, "/root/kept")
        self.lab.gluster("volume", "geo-replication", "projects", TARGET, "delete")
        for node in (P1, P2):
            self.lab.must(node, "cp", "-a", "/root/kept", SESSION)
        self.tape.georep(
            "create-half-made", "only the session's directory is there", "create", "no-verify", timeout=600
        )
        self.tape.status("status-half-made", "only the session's directory is there")
        self.tape.georep("delete-half-made", "only the session's directory is there", "delete")
        self.tape.georep("create-half-made-force", "the same with force", "create", "no-verify", "force", timeout=600)

    def options(self) -> None:
        "reading, setting and resetting options"
        tape = self.tape
        tape.config("config-default", "every option at its default")
        tape.gsyncd_config("gsyncd-config-default", "every option at its default, past glusterd")
        tape.raw("gsyncd-template", "the defaults of every session", "cat", "/etc/glusterfs/gsyncd.conf")
        tape.georep("config-set", "a new value", "config", "sync-jobs", "5")
        tape.georep("config-set-same", "the value it has", "config", "sync-jobs", "5")
        tape.georep("config-set-invalid", "a word for a number", "config", "sync-jobs", "abc")
        tape.georep("config-set-invalid-level", "checked by glusterd itself", "config", "log-level", "LOUD")
        tape.georep("config-set-unknown", "no such option", "config", "no-such-option", "1")
        tape.georep(
            "config-set-other-words",
            "an option in the words of other releases",
            "config",
            "secondary-timeout" if self.old_words else "slave-timeout",
            "90",
        )
        tape.georep("config-set-reserved", "glusterd's own", "config", "pid-file", "/tmp/x")
        tape.georep("config-set-dashes", "a value that begins with dashes", "config", "rsync-options", "--whole-file")
        tape.georep(
            "config-set-keyword", "a value that the grammar knows as a keyword", "config", "rsync-options", "force"
        )
        tape.georep("config-set-true", "True over false: success, and not set", "config", "ignore-deletes", "True")
        tape.config("config-after-true", "ignore-deletes is still false")
        self.lab.gluster("volume", "geo-replication", "projects", TARGET, "config", self.secondary_timeout, "0")
        tape.georep("config-set-over-zero", "90 over 0: success, and not set", "config", self.secondary_timeout, "90")
        tape.config("config-after-zero", "the timeout is still 0")
        self.compare("zero-over-number", self.secondary_timeout, "90", "0")
        self.compare("one-over-number", "sync-jobs", "5", "1")
        self.compare("number-over-one", "sync-jobs", "1", "5")
        self.compare("yes-over-false", "ignore-deletes", "false", "yes")
        self.compare("true-over-yes", "ignore-deletes", "yes", "true")
        self.compare("off-over-true", "sync-xattrs", "true", "off")
        self.compare("true-over-off", "sync-xattrs", "off", "true")
        self.lab.gluster("volume", "geo-replication", "projects", TARGET, "config", "sync-jobs", "5")
        tape.georep("config-get-one-character", "a single option of one character", "config", "sync-jobs", timeout=120)
        tape.file("gsyncd-conf-changed", P1, f"{SESSION}/gsyncd.conf")
        tape.georep("config-reset", "an option that was set", "config", "!sync-jobs")
        tape.georep("config-reset-unset", "an option that was not set", "config", "!sync-jobs")
        for name in (self.secondary_timeout, "rsync-options"):
            self.lab.gluster("volume", "geo-replication", "projects", TARGET, "config", f"!{name}")
        tape.config("config-changed-back", "all back at their defaults")

    def compare(self, name: str, option: str, before: str, after: str) -> None:
        """Whether glusterd takes a new value for what it has."""
        config = ("volume", "geo-replication", "projects", TARGET, "config")
        for words in ((f"!{option}",), (option, before)):
            self.lab.gluster(*config, *words)
        self.tape.georep(f"compare-{name}", f"{option}: {after} over {before}", "config", option, after)
        self.tape.config(f"compare-{name}-after", f"{option} after {after} over {before}")
        self.lab.gluster(*config, f"!{option}")

    def without_keys(self) -> None:
        "started before the keys are on the other side"
        # rsync does not work on two of the three releases as they come
        self.lab.gluster("volume", "geo-replication", "projects", TARGET, "config", "sync-method", "tarssh")
        self.tape.georep("start-no-keys", "success, though no worker can log in", "start")
        time.sleep(15)
        self.tape.status("status-no-keys", "15 s after that")
        self.tape.georep("stop-no-keys", "and stopped", "stop")
        self.tape.status("status-no-keys-stopped", "after that")

    def faulty_by_itself(self) -> None:
        "the workers of stock packages, where they cannot run"
        self.authorize()
        if not self.old_words:
            return
        self.lab.gluster("volume", "geo-replication", "projects", TARGET, "start")
        until("a worker's own words", lambda: "isAlive" in self.log_text(), 240)
        self.tape.status(
            "status-faulty-stock", "'Thread' object has no attribute 'isAlive' on the secondary", "Faulty", "Faulty"
        )
        self.tape.file("gsyncd-log-faulty-stock", P1, self.log)
        self.lab.gluster("volume", "geo-replication", "projects", TARGET, "stop")
        self.edit_gsyncd("resource.py", "s/isAlive/is_alive/")

    def log_text(self) -> str:
        return self.lab.must(P1, "cat", self.log)

    @property
    def log(self) -> str:
        return "/var/log/glusterfs/geo-replication/projects_secondary1_projects-dr/gsyncd.log"

    def running(self) -> None:
        "started, and running"
        self.tape.georep("start", "keys are there", "start")
        caught = False
        for _attempt in range(60):
            answer = self.tape.ask(
                "status-initializing",
                "seconds after the start",
                "volume",
                "geo-replication",
                "status",
                keep=lambda a: "Initializing" in a.out,
            )
            caught = caught or "Initializing" in answer.out
            if caught or "Active" in answer.out:
                break
            time.sleep(0.2)
        if not caught:
            print("        not caught this time: Initializing...")
        self.until_states("Active", "Passive")
        # a first crawl ends and a time is told
        self.lab.sh(
            P1,
            "mkdir -p /mnt/p && mount -t glusterfs localhost:/projects /mnt/p && echo hello >/mnt/p/file && umount /mnt/p",
        )
        with contextlib.suppress(RuntimeError):
            until("a time of synchronisation", lambda: "Changelog Crawl" in self.crawl(), 60, 2)
        self.tape.status("status-active", "both workers run", "Active", "Passive")
        self.tape.config("config-running", "sync-method is tarssh")
        self.tape.georep("start-again", "it runs", "start")
        self.tape.georep("resume-running", "it runs", "resume")
        self.tape.georep("delete-running", "it runs", "delete")
        self.tape.georep("create-again-running", "it runs", "create", "no-verify", "force", timeout=600)
        self.tape.ask(
            "volume-stop-running", "the primary volume of a running session", "volume", "stop", "projects", timeout=300
        )

    def crawl(self) -> str:
        return self.lab.run(P1, "gluster", "volume", "geo-replication", "projects", TARGET, "status").out

    def paused(self) -> None:
        "paused, and what undoes it"
        tape = self.tape
        tape.georep("pause", "it runs", "pause")
        tape.status("status-paused", "after that", "Paused", "Paused")
        tape.georep("pause-again", "it is paused", "pause")
        tape.georep("start-paused", "it is paused", "start")
        tape.georep("delete-paused", "it is paused", "delete")
        tape.georep("config-set-paused", "a new value while it is paused", "config", "sync-jobs", "4")
        tape.status("status-after-config-set-paused", "it runs again", "Active", "Passive")
        self.lab.gluster("volume", "geo-replication", "projects", TARGET, "pause")
        tape.georep("resume", "it is paused", "resume")
        self.until_states("Active", "Passive")

    def checkpoints(self) -> None:
        "a checkpoint of a quiet volume, then of one with a change, and what the Active worker's node knows of that"
        tape = self.tape
        active = P1 if self.states()[0] == "Active" else P2
        now = int(self.lab.must(P1, "date", "+%s"))
        utc = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
        question = ("gluster", "--mode=script", "--xml", "--timeout=300", "--", "volume", "geo-replication", "projects", TARGET)
        tape.raw("checkpoint-set", "a time, in UTC", "env", "TZ=UTC0", *question, "config", "checkpoint", utc)
        tape.config("config-checkpoint", "a checkpoint is set")
        time.sleep(6)
        tape.status("status-checkpoint-pending", "nothing has changed since", "Active", "Passive")
        self.lab.sh(
            P1,
            "mkdir -p /mnt/p && mount -t glusterfs localhost:/projects /mnt/p && mkdir /mnt/p/a-change && umount /mnt/p",
        )
        tape.raw("brick-status-waiting", "at the same time", *BRICK_STATUS, node=active)
        until("it is complete", lambda: "<checkpoint_completed>Yes" in self.crawl_xml(), 90, 2)
        tape.status("status-checkpoint-complete", "a folder was made since", "Active", "Passive")
        tape.raw("changelog-journal", "and no change since", *JOURNAL, node=active)
        tape.raw("brick-status", "at the same time", *BRICK_STATUS, node=active)
        tape.georep("checkpoint-reset", "it is complete", "config", "!checkpoint")

    def crawl_xml(self) -> str:
        return self.lab.run(P1, "gluster", "--xml", "volume", "geo-replication", "projects", TARGET, "status").out

    def broken_login(self) -> None:
        "the keys are taken away while it runs: from the Passive worker's node, from the Active one's, then everywhere"
        active = P1 if self.states()[0] == "Active" else P2
        passive = P2 if active == P1 else P1
        with self.keys_away(passive):
            self.tape.status(
                "status-faulty-passive", "the node of the Passive worker cannot log in", "Active", "Faulty"
            )
        self.until_states("Active", "Passive")
        with self.keys_away(active):
            # the other one stays Passive: it takes over only when the brick is gone
            self.tape.status("status-faulty-active", "the node of the Active worker cannot log in", "Faulty", "Passive")
        self.until_states("Active", "Passive")
        self.unauthorize()
        self.lab.must(P1, "truncate", "-s", "0", self.log)
        self.cut_connections(P1, P2)
        until("a worker's own words", lambda: "error=255" in self.log_text(), 120)
        self.tape.status("status-faulty", "no worker can log in", "Faulty", "Faulty")
        self.tape.file("gsyncd-log-faulty", P1, self.log)
        self.authorize()
        self.until_states("Active", "Passive")

    @contextlib.contextmanager
    def keys_away(self, node: str) -> t.Iterator[None]:
        keys = f"{GLUSTERD}/geo-replication"
        self.lab.sh(node, f"mkdir -p /root/away && mv {keys}/secret.pem {keys}/tar_ssh.pem /root/away/")
        self.cut_connections(node)
        try:
            yield
        finally:
            self.lab.sh(node, f"mv /root/away/*.pem {keys}/")

    def stopped(self) -> None:
        "stopped, and what is answered then"
        tape = self.tape
        tape.georep("stop", "it runs", "stop")
        tape.status("status-stopped", "after that", "Stopped", "Stopped")
        tape.georep("stop-again", "it is stopped: success", "stop")
        tape.georep("pause-stopped", "it is stopped: success, and not paused", "pause")
        tape.status("status-pause-stopped", "after that", "Stopped", "Stopped")
        tape.georep("resume-stopped", "it is stopped", "resume")

    def peers_down(self) -> None:
        "glusterd of the second primary node is stopped"
        tape = self.tape
        self.lab.gluster("volume", "geo-replication", "projects", TARGET, "start")
        self.until_states("Active", "Passive")
        self.lab.must(P2, "lab-service", "glusterd", "stop")
        until("primary2 is seen to be down", lambda: "Disconnected" in self.lab.run(P1, "gluster", "pool", "list").out)
        tape.ask("pool-list-peer-down", "primary2 down", "pool", "list")
        tape.status("status-peer-down", "its rows are missing", "Active")
        tape.georep("pause-peer-down", "needs all nodes", "pause")
        tape.georep("stop-peer-down", "needs all nodes", "stop")
        tape.georep("delete-peer-down", "needs all nodes", "delete")
        tape.georep("config-set-peer-down", "does not need all nodes", "config", "sync-jobs", "6")
        tape.ask(
            "create-peer-down",
            "needs all nodes",
            "volume",
            "geo-replication",
            "homes",
            "secondary1::homes-dr",
            "create",
            "no-verify",
            timeout=600,
        )
        tape.georep("pause-force-peer-down", "force does not help here", "pause", "force")
        tape.georep("stop-force-peer-down", "force helps here", "stop", "force")
        self.lab.must(P2, "lab-service", "glusterd", "start")
        self.both_primaries()
        until("all rows are back", lambda: len(self.states()) == 2)
        tape.status("status-mixed", "stopped on primary1 while primary2 was down")
        tape.georep("start-mixed", "stopped on primary1, running on primary2", "start")
        tape.georep("start-force-mixed", "the same with force", "start", "force")
        self.until_states("Active", "Passive")
        self.lab.gluster("volume", "geo-replication", "projects", TARGET, "stop")

    def both_primaries(self) -> None:
        until(
            "both primary nodes are there",
            lambda: self.lab.run(P1, "gluster", "pool", "list").out.count("Connected") == 2,
        )

    @contextlib.contextmanager
    def held(self, node: str, *option: str) -> t.Iterator[None]:
        """Setting a volume's option on this node does not end, and its locks are held, because a hook waits."""
        hook = f"{GLUSTERD}/hooks/1/set/pre/S01hold.sh"
        script = "#!/bin/sh\ntouch /run/held\nwhile [ -e /run/hold ]; do sleep 0.1; done\n"
        self.lab.must(node, "sh", "-c", f"touch /run/hold; cat >{hook}; chmod 755 {hook}", stdin=script)
        holder = self.lab.background(
            node, "gluster", "--mode=script", "--timeout=2", "volume", "set", "projects", *option
        )
        try:
            until("the lock is held", lambda: self.lab.run(node, "test", "-e", "/run/held").rc == 0, 60, 0.3)
            yield
        finally:
            self.lab.must(node, "rm", "-f", "/run/hold", "/run/held", hook)
            holder.wait(120)
        until(
            "the lock is free",
            lambda: self.lab.run(node, "gluster", "volume", "geo-replication", "projects", TARGET, "status").rc == 0,
        )

    def lock_held(self) -> None:
        "another transaction holds the volume's lock; an answer that comes too late"
        tape = self.tape
        status = ("volume", "geo-replication", "projects", TARGET, "status")
        with self.held(P2, "client.event-threads", "3"):
            tape.georep("lock-config-set", "the volume's lock is held", "config", "sync-jobs", "7")
            tape.georep("lock-start", "the volume's lock is held", "start")
            tape.ask("lock-status-pair", "the volume's lock is held", *status)
            tape.ask("lock-status-pair-text", "the volume's lock is held", *status, xml=False)
            tape.config("lock-config-read", "the volume's lock is held; even reading options needs it")
            tape.ask(
                "lock-volume-set",
                "the volume's lock is held",
                "volume",
                "set",
                "projects",
                "client.event-threads",
                "4",
                timeout=300,
            )
        for name, xml in (("timed-out", True), ("timed-out-text", False)):
            with self.held(P1, "client.event-threads", "2"):
                # on this node every other command has to wait for the one that hangs
                tape.ask(
                    name,
                    "gluster gives up waiting",
                    "volume",
                    "set",
                    "homes",
                    "client.event-threads",
                    "2",
                    timeout=2,
                    xml=xml,
                )

    def corrupt(self) -> None:
        "a word where gsyncd reads a number, in the session's own file on both nodes"
        conf = f"{SESSION}/gsyncd.conf"
        for node in (P1, P2):
            self.lab.sh(node, f"cp {conf} /root/gsyncd.conf && echo '{self.secondary_timeout} = abc' >>{conf}")
        tape = self.tape
        tape.status("status-corrupt", "gsyncd cannot read the session's configuration")
        tape.config("config-corrupt", "the same")
        tape.gsyncd_config("gsyncd-config-corrupt", "the same, past glusterd")
        tape.georep("config-set-corrupt", "the same", "config", "sync-jobs", "3")
        for verb in ("start", "stop", "delete"):
            tape.georep(f"{verb}-corrupt", "the same", verb)
        tape.georep("create-corrupt", "the same", "create", "no-verify", "force", timeout=600)
        tape.file("gsyncd-conf-corrupt", P1, conf)
        for node in (P1, P2):
            self.lab.must(node, "cp", "/root/gsyncd.conf", conf)
        tape.status("status-mended", "the file is as it was")

    def daemon_down(self) -> None:
        "glusterd of the asked node is stopped"
        self.lab.must(P1, "lab-service", "glusterd", "stop")
        tape = self.tape
        tape.ask("daemon-down-volume-info", "glusterd is stopped here", "volume", "info", "all")
        tape.ask("daemon-down-pool-list", "glusterd is stopped here", "pool", "list")
        tape.status("daemon-down-status", "glusterd is stopped here")
        tape.georep("daemon-down-start", "glusterd is stopped here", "start")
        self.lab.must(P1, "lab-service", "glusterd", "start")
        self.both_primaries()

    def many(self) -> None:
        "three volumes with two sessions each, some running, one with a plain account, one corrupt"
        for name in ("projects-dr2", "homes-dr2", "media-dr2"):
            self.lab.gluster(
                "volume",
                "create",
                name,
                "replica",
                "2",
                f"{S1}:/bricks/{name}",
                f"{S2}:/bricks/{name}",
                "force",
                node=S1,
            )
            self.lab.gluster("volume", "start", name, node=S1)
        sessions = [
            ("homes", "secondary1::homes-dr"),
            ("media", "secondary1::media-dr"),
            ("projects", "secondary2::projects-dr2"),
            ("homes", "geoaccount@secondary2::homes-dr2"),
            ("media", "secondary2::media-dr2"),
        ]
        for volume, target in sessions:
            self.lab.gluster("volume", "geo-replication", volume, target, "create", "no-verify")
        for volume, target in (("projects", TARGET), sessions[0], sessions[1]):
            self.lab.gluster("volume", "geo-replication", volume, target, "config", "sync-method", "tarssh")
            self.lab.gluster("volume", "geo-replication", volume, target, "start")

        def settled() -> bool:
            # Asked for all at once GlusterFS 11.1 crashes. projects 2 bricks, homes 4, media 3.
            words: list[str] = []
            for volume, target in (("projects", TARGET), sessions[0], sessions[1]):
                out = self.lab.run(P1, "gluster", "--xml", "volume", "geo-replication", volume, target, "status").out
                words += re.findall("<status>([^<]*)<", out)
            return (words.count("Active"), words.count("Passive")) == (5, 4)

        with contextlib.suppress(RuntimeError):
            until("all Active", settled, 240, 3)
        self.tape.status("status-many", "six sessions of three volumes, three of them running")
        for volume, target in (("projects", TARGET), *sessions):
            name = f"status-pair-{target.partition('::')[2]}"
            self.tape.ask(name, "one of the six alone", "volume", "geo-replication", volume, target, "status")
        for volume, node in (("projects", P1), ("homes", P1), ("media", P1)):
            self.tape.file(f"vol-info-file-{volume}", node, f"{GLUSTERD}/vols/{volume}/info", INFO)
        folder = f"{GLUSTERD}/geo-replication/media_secondary2_media-dr2"
        for node in (P1, P2):
            self.lab.sh(node, f"echo '{self.secondary_timeout} = abc' >>{folder}/gsyncd.conf")
        self.tape.status("status-many-one-corrupt", "one of the six cannot be read")
        self.tape.georep("delete", "a session that was stopped", "delete", target="secondary2::projects-dr2")

    def mountbroker(self) -> None:
        """Stands on its own: --first mountbroker does with a lab that has only the volumes it began with."""
        volfile = "/etc/glusterfs/glusterd.vol"
        self.tape.file("glusterd-vol-stock", S1, volfile)
        for node in (S1, S2):
            self.lab.sh(node, "groupadd geogroup; for name in geoaccount other; do useradd -m -s /bin/bash -G geogroup $name; done")
        for words in ("setup /var/mountbroker-root geogroup", "add projects-dr geoaccount", "add homes-dr geoaccount", "add projects-dr other"):
            self.lab.must(S1, "gluster-mountbroker", *words.split())
        self.tape.file("glusterd-vol-by-gluster", S1, volfile)
        program = self.lab.sh(S1, "echo /usr/lib/*/glusterfs/peer_mountbroker.py").strip()
        self.tape.raw("mountbroker-node-status", "after setup and add", "/usr/bin/python3", program, "node-status", node=S1)

        def probe(name: str, note: str, account: str, *more: str) -> None:
            words = ("system::", "mount", account, *more, "volfile-id=.")
            self.tape.ask(f"mountbroker-probe-{name}", note, *words, xml=False, node=S1)

        def whole(volume: str) -> tuple[str, ...]:
            logs = "log-file=/var/log/glusterfs/geo-replication/probe.log"
            words = ("user-map-root=geoaccount", "aux-gfid-mount", "acl", "log-level=INFO", logs, "volfile-server=localhost", "client-pid=-1")
            return (*words, "volfile-id=.", f"volfile-id={volume}")

        probe("unknown-account", "glusterd has not read its file since", "geoaccount")
        self.lab.must(S1, "lab-service", "glusterd", "restart")
        until("glusterd answers", lambda: self.lab.run(S1, "gluster", "pool", "list").rc == 0)
        probe("known-account", "glusterd has read its file", "geoaccount")
        for name, volume in (("known-volume", "projects-dr"), ("other-volume", "media-dr")):
            words = ("system::", "mount", "geoaccount", *whole(volume))
            self.tape.ask(f"mountbroker-probe-{name}", "glusterd has read its file", *words, xml=False, node=S1)

    def counts(self) -> None:
        """Volumes whose numbers are out of the ordinary, and the ends of answers. Stands on its own: --first counts."""
        kinds = {
            # one brick, whose volume has no set at all
            "k-one": ["{0}/k-one"],
            "k-three": ["replica", "3", *(f"{{{n}}}/k-three-{n}" for n in (0, 1, 2))],
            "k-arbiters": ["replica", "3", "arbiter", "1", *(f"{{{n % 3}}}/k-arbiters-{n}" for n in range(6))],
            "k-disperse": ["disperse", "3", "redundancy", "1", *(f"{{{n % 3}}}/k-disperse-{n}" for n in range(6))],
            "k-leaving": ["replica", "2", *(f"{{{n % 2}}}/k-leaving-{n}" for n in range(4))],
        }
        nodes = [f"{node}:/bricks" for node in (P1, P2, P1)]
        for name, words in kinds.items():
            self.lab.gluster("volume", "create", name, *(word.format(*nodes) for word in words), "force")
        self.lab.gluster("volume", "start", "k-leaving")
        leaving = [f"{P1}:/bricks/k-leaving-2", f"{P2}:/bricks/k-leaving-3"]
        self.lab.gluster("volume", "remove-brick", "k-leaving", *leaving, "start")
        self.tape.ask("volume-info-kinds", "one brick, 3, 2 x (2 + 1), 2 x (2 + 1) dispersed, bricks on their way out", "volume", "info", "all")
        self.tape.ask("pool-list-text", "both nodes connected", "pool", "list", xml=False)
        self.lab.gluster("volume", "remove-brick", "k-leaving", *leaving, "stop")
        self.lab.gluster("volume", "stop", "k-leaving")
        for name in kinds:
            self.lab.gluster("volume", "delete", name)

    def releases_apart(self) -> None:
        """A site on the other side of GlusterFS 10, asked from here. Stands on its own, given the node: --first releases_apart."""
        until("glusterd answers there", lambda: self.lab.run(OTHER, "gluster", "pool", "list").rc == 0)
        ask = self.tape.ask
        ask("apart-volume-info-none", "that site has no volumes", "volume", "info", "all", host=OTHER)
        ask("volume-info-none", "no volumes; asked by that site's own command line", "volume", "info", "all", node=OTHER)
        for name in ("far", "src"):
            self.lab.gluster("volume", "create", name, f"{OTHER}:/bricks/{name}", "force", node=OTHER)
            self.lab.gluster("volume", "start", name, node=OTHER)
        self.tape.raw("apart-version", "its version, of which its glusterd tells nothing", "gluster", "--version", node=OTHER)
        ask("apart-volume-info-all", "it has the volumes far and src", "volume", "info", "all", host=OTHER)
        ask("apart-volume-info-one", "one of them by name", "volume", "info", "src", host=OTHER)
        ask("apart-volume-info-unknown", "no such volume there", "volume", "info", "nosuch", host=OTHER)
        ask("apart-pool-list", "its only node", "pool", "list", host=OTHER)
        for name in ("far", "src"):
            self.lab.gluster("volume", "stop", name, node=OTHER)
            self.lab.gluster("volume", "delete", name, node=OTHER)
            self.lab.sh(OTHER, f"rm -rf /bricks/{name}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lab", help="name of the lab; its nodes are LAB-primary1 ...")
    parser.add_argument("folder", type=Path, help="tests/unit/fixtures")
    parser.add_argument("--first", default="volumes", help="begin with this chapter, in a lab that is as it expects it")
    args = parser.parse_args()
    lab = Lab(args.lab)
    version = lab.must(P1, "gluster", "--version").split()[1]
    tape = Tape(lab, args.folder / version, keep=args.first != "volumes")
    started = time.monotonic()
    try:
        Story(lab, tape, version).tell(args.first)
    finally:
        tape.table()
    print(
        f"GlusterFS {version}: {len(tape.rows)} answers and files in {time.monotonic() - started:.0f} s, in {tape.folder}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
