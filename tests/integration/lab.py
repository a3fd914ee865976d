# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two real clusters for the integration tests, and a judge from outside.

Ansible runs the modules over SSH as users do. What they did is read by the stock tools in the nodes' own namespaces
(:class:`Node`, the ``raw_*`` methods of :class:`Lab`), never by code of this collection.

``from lab import Lab, Session`` works in every test file beside the conftest.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import typing as t
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import yaml
from warm import Process, Warm

ROOT = Path(__file__).resolve().parents[2]
GEOREP = "/var/lib/glusterd/geo-replication"
PREFIX = "it-"  #: names of all volumes that these tests make; leftovers of an interrupted run are found by it
PATIENCE = 180.0  #: seconds to poll for a state; the machine may be busy

Result = dict[str, t.Any]

# What a run may ask without changing anything. All else counts as a change, known or not.
_READS = (
    r"gluster --version",
    r"gluster .*-- volume geo-replication (\S+ \S+ )?status",
    r"(gluster .*-- volume geo-replication \S+ \S+ config|\S+/gsyncd config-get \S+ \S+ --config-file \S+ --show-defaults --use-underscore)",
    r"gluster .*-- volume info( \S+)?",
    r"gluster .*-- pool list",
    r"gluster .*-- volume status all detail",
    r"glusterfs --read-only .*",
    r"(stat|df|ls) .*",
    r"umount --lazy /run/georep-\S+",
    # the release of a secondary, by the key of geo-replication
    r"ssh -T .* -- \S+ gluster --version",
    # what gluster_georep_preflight_info asks and tries
    r"gluster --mode=script( --timeout=\d+)? -- pool list",
    r"(rsync|tar) --version",
    r"getenforce|getsebool -a",
    r"(ssh|\S*sshd) -V",
    r"\S*sshd -T.*",
    r"(unshare --mount --propagation private )?\S*python3[\d.]* (-W ignore )?-I -( \S+)?",
    r"\S*python3 \S*/gsyncd.py config-check sync-jobs --value 3",
    r"\S*python3 -c import sys; print\(sys.getfilesystemencoding\(\)\)",
)


def mutating(result: t.Mapping[str, t.Any]) -> list[str]:
    """The commands of a module's result that are not plain reads."""
    lines = [" ".join(entry["argv"]) for entry in result["commands"]]
    return [line for line in lines if not any(re.fullmatch(read, line) for read in _READS)]


def config_reads(result: t.Mapping[str, t.Any]) -> list[str]:
    """The commands of a module's result that read a session's configuration."""
    lines = [" ".join(entry["argv"]) for entry in result["commands"]]
    return [line for line in lines if re.fullmatch(_READS[2], line)]


def status_calls(result: t.Mapping[str, t.Any]) -> list[str]:
    """The status calls of a module's result."""
    lines = [" ".join(entry["argv"]) for entry in result["commands"]]
    return [line for line in lines if re.search(r"-- volume geo-replication (\S+ \S+ )?status", line)]


def poll(what: str, look: t.Callable[[], t.Any], patience: float = PATIENCE, pause: float = 1.0) -> t.Any:
    """Look until the answer is true, and return it; an assertion error names ``what`` when it never is."""
    end = time.monotonic() + patience
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < end, f"not within {patience:g} s: {what}; last seen: {seen!r}"
        time.sleep(pause)


def _all_up(words: t.Sequence[str], sets: int) -> bool:
    """Whether the workers of so many replica sets, by their sorted words, do what they are for."""
    return len(words) >= sets and list(words) == ["Active"] * sets + ["Passive"] * (len(words) - sets)


@dataclasses.dataclass(frozen=True)
class Session:
    """A session by its names; ``args`` are the options of the modules."""

    primary: str
    secondary: str
    host: str = "secondary1"
    user: str = "root"
    sets: int = 1  #: replica sets of the primary volume: each has a worker that is Active

    @property
    def target(self) -> str:
        return ("" if self.user == "root" else f"{self.user}@") + f"{self.host}::{self.secondary}"

    @property
    def directory(self) -> str:
        return f"{GEOREP}/{self.primary}_{self.host}_{self.secondary}"

    def args(self, **more: t.Any) -> dict[str, t.Any]:
        own = {"primary_volume": self.primary, "secondary_host": self.host, "secondary_volume": self.secondary}
        if self.user != "root":
            own["secondary_user"] = self.user
        return {**own, **more}


class Node:
    """One node, by its container's namespaces: the way in that needs nothing of what is tested.

    ``podman exec`` does the same, for twenty times the time.
    """

    def __init__(self, name: str, container: str, address: str) -> None:
        self.name = name
        self.container = container
        self.address = address
        self._first: int | None = None

    def within(self) -> list[str]:
        """What to put before a command to have it run there."""
        # A container that was started anew has another first process.
        if self._first is None or not os.path.exists(f"/proc/{self._first}"):
            asked = subprocess.run(["podman", "inspect", "--format", "{{.State.Pid}}", self.container], stdout=subprocess.PIPE, check=True)
            self._first = int(asked.stdout)
            assert self._first, f"{self.container} is not running"
        spaces = ["--mount", "--uts", "--ipc", "--net", "--pid"]
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return ["nsenter", "--target", str(self._first), *spaces, "--", "/usr/bin/env", "--ignore-environment", f"PATH={path}", "HOME=/root"]

    def run(
        self, argv: t.Sequence[str], *, stdin: bytes | None = None, timeout: float = 300
    ) -> subprocess.CompletedProcess[bytes]:
        """One command, without a shell; never fails by itself."""
        return subprocess.run(
            [*self.within(), *argv],
            input=stdin or b"",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
            timeout=timeout,
        )

    def sh(self, script: str, *, check: bool = True, stdin: bytes | None = None, timeout: float = 300) -> str:
        """A bash script; its standard output. With ``check`` its failure is the test's."""
        done = self.run(["bash", "-c", script], stdin=stdin, timeout=timeout)
        out, err = done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "replace")
        if check:
            assert done.returncode == 0, f"{self.name}: {script}\nrc {done.returncode}\n{out}\n{err}"
        return out

    def gluster(self, *words: str, check: bool = True) -> str:
        """The stock CLI in text form; both streams, as gluster spreads its words over them.

        A lock held by another command (a session's own workers take it too) is waited out.
        """
        text = ""
        end = time.monotonic() + PATIENCE
        while True:
            done = self.run(["gluster", "--mode=script", "--timeout=300", "--", *words])
            text = (done.stdout + done.stderr).decode("utf-8", "replace")
            if not re.search(r"Another transaction (is|could be) in progress|Locking failed", text):
                break
            assert time.monotonic() < end, text
            time.sleep(0.5)
        if check:
            assert done.returncode == 0, f"{self.name}: gluster {shlex.join(words)}\nrc {done.returncode}\n{text}"
        return text

    def read(self, path: str) -> str:
        """A file's content; empty where there is none."""
        return self.sh(f"cat {shlex.quote(path)} 2>/dev/null || true")

    def write(self, path: str, content: str, mode: str = "0600") -> None:
        where = shlex.quote(path)
        self.sh(f"cat > {where} && chmod {mode} {where}", stdin=content.encode("utf-8", "surrogateescape"))

    def service(self, name: str, verb: str) -> None:
        """glusterd or sshd: start, stop or restart."""
        self.sh(f"lab-service {name} {verb}", timeout=120)


# Everything that a run could change, as one text. gsyncd itself adds two of the options; glusterd logs what it was
# sent; a monitor's process id changes when its session is restarted.
_RAW_STATE = r"""#!/bin/bash
cd /var/lib/glusterd || exit 1
for file in vols/*/info; do
    echo "$file $(grep -E '^(slave|secondary)[0-9]*=|^status=|^features' "$file" | sort | xargs)"
done
for dir in geo-replication/*/; do
    [ -d "$dir" ] || continue
    echo "$dir $(grep -v -e '^stime.xattr.prefix' -e '^primary.distribution.count' -e '^$' "$dir/gsyncd.conf" 2>/dev/null | sha256sum | cut -c1-16)"
done
echo "sent: $(grep -E ' : (v|volume|system::|peer|snapshot) ' /var/log/glusterfs/cmd_history.log |
    grep -cvE ' (status|info|list|config|copy file.*)( [a-z_-]+)? : ')"
for pid in $(pgrep -f 'gsyncd.py .*--monitor '); do
    echo "monitor $pid $(xargs -0 -n 1 < "/proc/$pid/cmdline" | grep -E '^:[^:]|::' | xargs)"
done | sort
exit 0
"""


_SCENE = r"""
ps -eo pid,etimes,stat,wchan:20,args | grep -E '[p]ython3$|[A]nsiballZ|[g]luster |[g]lusterfs --|gsyncd.py [w]orker' | cut -c1-250
timeout 60 gluster volume geo-replication status detail 2>&1
tail -qn 15 /var/log/glusterfs/geo-replication/*/gsyncd.log | cut -c1-300
"""


# gsyncd keeps the count of what the secondary refused in a file for each worker, and only adds to what it finds there. It
# replaces that file while it holds its lock.
_SET_FAILURES = r"""
import fcntl, glob, json, os, sys
for path in glob.glob(sys.argv[1] + "/brick_*.status"):
    with open(path, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = dict(json.load(file), failures=int(sys.argv[2]))
        with open(path + ".it", "w") as new:
            json.dump(found, new)
        os.rename(path + ".it", path)
"""


class Run:
    """A playbook that is running; ``results`` waits for it."""

    def __init__(self, lab: Lab, process: Process, host: str, playbook: str, timeout: float) -> None:
        self._lab = lab
        self.process = process
        self._host = host
        self._playbook = playbook
        self._timeout = timeout

    def results(self) -> list[Result]:
        """One result a task, in order; failures are results too (``failed``), unreachable hosts are not."""
        try:
            out, err = self._lab.ended(self.process, "ansible-playbook", self._timeout)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._playbook)
        text = out.decode()
        try:
            told = json.loads(text[text.index("{") :])
        except ValueError:
            raise AssertionError(f"ansible-playbook said no JSON: {text}\n{err.decode()}") from None
        found = [task["hosts"][self._host] for play in told["plays"] for task in play["tasks"]]
        assert not any(entry.get("unreachable") for entry in found), found
        return found


class FourSteps(t.NamedTuple):
    """Results of check, run, check again and run again."""

    check: Result
    run: Result
    check_again: Result
    run_again: Result


class Lab:
    """The lab that the tests use.

    :param inventory: path of the inventory that ``script/lab inventory`` prints.
    """

    def __init__(self, inventory: str) -> None:
        self.inventory = inventory
        work = Path(inventory).resolve().parents[2]
        if (work / "containers.conf").exists():
            os.environ["CONTAINERS_CONF"] = str(work / "containers.conf")
        self._warm: dict[str, Warm] = {}
        self._readers: set[Node] = set()
        self.nodes: dict[str, Node] = {}
        self.groups: dict[str, list[str]] = {}
        self._walk(yaml.safe_load(Path(inventory).read_text(encoding="utf-8")))
        self.primaries = [self.nodes[name] for name in self.groups["gluster_primary"]]
        self.secondaries = [self.nodes[name] for name in self.groups["gluster_secondary"]]
        self.p1, self.p2 = self.primaries
        self.s1, self.s2 = self.secondaries
        # Short, because it will hold sockets.
        self._folder = tempfile.mkdtemp(prefix="georep-it-", dir="/tmp")
        collections = Path(self._folder, "c", "ansible_collections", "glusterops")
        collections.mkdir(parents=True)
        (collections / "georep").symlink_to(ROOT)
        Path(self._folder, "ansible.cfg").touch()
        for node in self.nodes.values():
            node.write("/root/it-raw-state", _RAW_STATE, "0700")

    def _walk(self, tree: dict[str, t.Any]) -> None:
        for group, content in tree.items():
            content = content or {}
            for name, values in (content.get("hosts") or {}).items():
                self.groups.setdefault(group, []).append(name)
                if values and "lab_container" in values:
                    self.nodes[name] = Node(name, values["lab_container"], values["ansible_host"])
            self._walk(content.get("children") or {})

    def close(self) -> None:
        for warm in self._warm.values():
            warm.close()
        subprocess.run(["rm", "-rf", self._folder], check=False)

    def node(self, name: str) -> Node:
        return self.nodes[name]

    # --- Ansible ---------------------------------------------------------------------------------

    def env(self) -> dict[str, str]:
        """Environment for Ansible: this checkout's collection, nothing of the user's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        return dict(
            kept,
            PATH=os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")]),
            LC_ALL="C.UTF-8",
            ANSIBLE_CONFIG=f"{self._folder}/ansible.cfg",
            ANSIBLE_COLLECTIONS_PATH=f"{self._folder}/c",
            ANSIBLE_HOME=f"{self._folder}/h",
            ANSIBLE_LOCAL_TEMP=f"{self._folder}/t",
            ANSIBLE_SSH_CONTROL_PATH_DIR=f"{self._folder}/s",
            ANSIBLE_STDOUT_CALLBACK="ansible.posix.json",
            ANSIBLE_DEPRECATION_WARNINGS="0",
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_RETRY_FILES_ENABLED="0",
            # Without -v a failure tells only of the command that failed.
            ANSIBLE_VERBOSITY="1",
        )

    def start_play(self, tasks: t.Sequence[t.Mapping[str, t.Any]], host: str = "primary1", timeout: float = 600) -> Run:
        """Begin to run tasks on one node; every task runs, whether or not those before it failed."""
        play = {
            "hosts": host,
            "gather_facts": False,
            "ignore_errors": True,
            "tasks": [{"name": f"step {number}", **task} for number, task in enumerate(tasks)],
        }
        descriptor, path = tempfile.mkstemp(suffix=".yml", dir=self._folder)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump([play], file)
        return Run(self, self.ansible_playbook("-i", self.inventory, path), host, path, timeout)

    def ansible_playbook(self, *argv: str, callback: str = "ansible.posix.json") -> Process:
        """Begin a run of ansible-playbook; ``callback`` is what its standard output is made by."""
        if callback not in self._warm:
            self._warm[callback] = Warm(self._folder, dict(self.env(), ANSIBLE_STDOUT_CALLBACK=callback))
        return self._warm[callback].start(argv)

    def play(self, tasks: t.Sequence[t.Mapping[str, t.Any]], host: str = "primary1", timeout: float = 600) -> list[Result]:
        """Run tasks on one node; one result a task."""
        return self.start_play(tasks, host, timeout).results()

    @staticmethod
    def task(module: str, args: t.Mapping[str, t.Any], check: bool = False) -> dict[str, t.Any]:
        """A task of one of this collection's modules, in diff mode; ``module`` is its short name."""
        return {f"glusterops.georep.{module}": dict(args), "check_mode": check, "diff": True}

    def run_module(self, module: str, args: t.Mapping[str, t.Any], check: bool = False, host: str = "primary1") -> Result:
        """One run of a module; the result, a failure too."""
        return self.play([self.task(module, args, check)], host)[0]

    def four_steps(
        self,
        module: str,
        args: t.Mapping[str, t.Any],
        changed: bool = True,
        host: str = "primary1",
        settling: bool = False,
    ) -> FourSteps:
        """Check, run, check again, run again, with the raw state read in between.

        The check run changes nothing and predicts what the run then reports; the second run does nothing.

        :param changed: whether the first run has something to do.
        :param settling: the run does not wait for workers that it restarted: it may see them on their way.
        """
        look = {"ansible.builtin.command": "/root/it-raw-state", "check_mode": False}
        check_it, run_it = (self.task(module, args, check) for check in (True, False))
        tasks = [look, check_it, look, run_it, look]
        # Where the first two have nothing to do they are the second two as well.
        found = self.play([*tasks, check_it, run_it, look] if changed else tasks, host)
        looks = [entry for entry in found if entry["action"] == "ansible.builtin.command"]
        assert all(entry["rc"] == 0 for entry in looks), looks
        raw = [entry["stdout"] for entry in looks]
        ran = [_settled(entry) if settling else entry for entry in found if entry not in looks]
        results = FourSteps(*ran) if changed else FourSteps(*ran, *ran)
        for result in results:
            assert not result.get("failed"), result
        check, run, check_again, run_again = results
        assert check["changed"] is changed, check
        assert mutating(check) == []
        assert raw[1] == raw[0], f"the check run changed something:\n{raw[0]}\n{raw[1]}"
        assert run["changed"] is changed, run
        assert (raw[2] != raw[1]) is changed, "the run says otherwise than what the nodes show"
        assert bool(mutating(run)) is changed, mutating(run)
        for part in ("before", "after", "steps", "sessions", "volumes", "diff"):
            assert _comparable(check.get(part)) == _comparable(run.get(part)), f"the check run predicted another {part}"
        for again in (check_again, run_again):
            assert again["changed"] is False, again
            assert mutating(again) == []
            assert again["diff"] == []
            for part in ("before", "after"):
                assert _left_by(again.get(part), run.get("after")), f"{part} of the second run is not what the first one left"
        assert raw[-1] == raw[2], f"the second check run or run changed something:\n{raw[2]}\n{raw[-1]}"
        return results

    def refused(self, tasks: t.Sequence[t.Mapping[str, t.Any]], host: str = "primary1") -> list[Result]:
        """Run tasks that must all fail, and leave both sites as they are."""
        before = self.raw_state()
        found = self.play(tasks, host)
        assert self.raw_state() == before, "something was touched"
        for result in found:
            assert result.get("failed"), result
            assert "Traceback" not in result["msg"] and "MODULE FAILURE" not in result["msg"], result
            assert result["msg"].strip(), result
            assert mutating(result) == [], result
        return found

    # --- the judge -------------------------------------------------------------------------------

    def raw_state(self) -> dict[str, str]:
        """Everything on the primary nodes that a run could change, and the secondary volumes."""
        state = {node.name: node.sh("/root/it-raw-state") for node in self.primaries}
        state["secondary"] = self.s1.sh("gluster volume info | grep -v '^Volume ID'; cat /root/.ssh/authorized_keys")
        return state

    def ended(self, process: Process, name: str, timeout: float) -> tuple[bytes, bytes]:
        """What a run said; one that does not end in time is ended, and told with what was going on."""
        try:
            return process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            scene = self.scene()
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{name} did not end within {timeout:g} s: {out!r} {err!r} {scene}") from None

    def scene(self) -> str:
        """What is going on just now, for a test that waited in vain: who runs what, and what the workers say."""
        told = ["On this machine:"]
        # What goes wrong here (a node that is down, or says nothing for so long) must not hide that a test waited in vain.
        try:
            here = subprocess.run(["ps", "-eo", "pid,ppid,etimes,stat,wchan:20,args"], stdout=subprocess.PIPE, check=True).stdout.decode()
            told += [line[:250] for line in here.splitlines() if "warm.py" in line or "ansible" in line]
            for node in self.primaries:
                told += [f"On {node.name}:", node.sh(_SCENE, check=False, timeout=90)]
        except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as exc:
            told.append(f"... and no more: {exc!r}")
        return "\n".join(told)

    def raw_status(
        self, session: Session | None = None, node: Node | None = None, detail: bool = False
    ) -> list[dict[str, str]]:
        """Rows of the text status, by its header's words in lower case, such as ``status`` and ``crawl status``."""
        words = [session.primary, session.target] if session else []
        more = ["detail"] if detail else []
        text = (node or self.p1).gluster("volume", "geo-replication", *words, "status", *more, check=False)
        if "No active geo-replication sessions" in text:
            return []
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("-")]
        names = re.split(r"\s{2,}", lines[0].strip())
        assert names[0] in ("PRIMARY NODE", "MASTER NODE") and "STATUS" in names, text
        # By columns: a cell may be empty.
        starts = [lines[0].index(names[0])]
        for name in names[1:]:
            starts.append(lines[0].index(f"  {name}", starts[-1]) + 2)
        spans = list(zip(names, starts, [*starts[1:], None]))
        return [{name.lower(): line[start:end].strip() for name, start, end in spans} for line in lines[1:]]

    def raw_rows(self, session: Session) -> dict[tuple[str, str], dict[str, str]]:
        """Every field of the XML status in the words of GlusterFS >= 10, by node UUID and brick."""
        words = ["volume", "geo-replication", "status", "detail"]
        text = self.p1.run(["gluster", "--mode=script", "--xml", "--", *words]).stdout.decode()
        if not text.startswith("<?xml"):
            return {}
        rows = [
            {field.tag.replace("master", "primary").replace("slave", "secondary"): (field.text or "").strip() for field in pair}
            for volume in ElementTree.fromstring(text).iter("volume")
            for shown in volume.iter("session")
            if volume.findtext("name") == session.primary and f"ssh://{session.target}:" in f"{shown[0].text}:"
            for pair in shown.iter("pair")
        ]
        return {(row["primary_node_uuid"], row["primary_brick"]): row for row in rows}

    def node_views(self, node: Node, session: Session) -> dict[str, t.Any]:
        """What a node's own files say of a session, as the collection reads them: ``problem``, or ``rows`` and ``config``."""
        if node not in self._readers:
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as packed:
                folder = "ansible_collections/glusterops/georep/plugins/module_utils"
                for part in itertools.accumulate(folder.split("/"), "{}/{}".format):
                    packed.writestr(f"{part}/__init__.py", "")
                for path in (ROOT / "plugins" / "module_utils").glob("_*/*.py"):
                    packed.write(path, f"{folder}/{path.parent.name}/{path.name}")
            node.sh("cat > /root/it-collection.zip", stdin=archive.getvalue())
            self._readers.add(node)
        # gsyncd itself may create some meanwhile, but not each time.
        for _turn in range(3):
            before = node.sh(_FILES)
            found = json.loads(node.sh("python3 -", stdin=_VIEW.encode()))
            if node.sh(_FILES) == before:
                return dict(found[f"{session.primary} {session.target}"])
        raise AssertionError("reading creates or removes files")

    def raw_words(self, session: Session) -> list[str]:
        """The status words of a session's workers, sorted."""
        return sorted(row["status"] for row in self.raw_status(session))

    def raw_is(self, session: Session, state: str) -> bool:
        """Whether the text status shows ``absent``, ``created``, ``stopped``, ``paused`` or ``started``.

        Started means one Active for each replica set, all others Passive.
        """
        return self._shows(session, self.raw_words(session), state)

    def _shows(self, session: Session, words: list[str], state: str) -> bool:
        if state == "absent":
            return words == [] and not self.registered(session)
        if state == "started":
            return _all_up(words, session.sets)
        return len(words) > 0 and set(words) == {state.capitalize()}

    def reach(self, session: Session, state: str = "started", patience: float = PATIENCE) -> None:
        """Wait until the text status shows the state, see ``raw_is``.

        Each answer of gluster takes most of a second of CPU time, which workers need to come up. So while a session starts,
        gsyncd's own files are looked at, and gluster is asked once they speak for it, or have not for a while.
        """
        asked = 0.0

        def look() -> bool:
            nonlocal asked
            since = time.monotonic() - asked
            starting = state == "started" and not _all_up(sorted(worker["worker_status"] for worker in self.said(session)), session.sets)
            if since < (5 if starting else 1):
                return False
            shown = self.raw_is(session, state)
            asked = time.monotonic()
            return shown

        poll(f"{session} {state}", look, patience, pause=0.25)

    def said(self, session: Session) -> list[dict[str, t.Any]]:
        """What the workers of a session write of themselves into gsyncd's own files: good for waiting, not for judging."""
        script = f"for file in {session.directory}/brick_*.status; do [ ! -e $file ] || {{ cat $file; echo; }}; done"
        lines = "".join(node.sh(script) for node in self.primaries).splitlines()
        # One that is just being written is none.
        return [json.loads(line) for line in lines if line.endswith("}")]

    def set_failures(self, session: Session, count: int) -> None:
        """As if the secondary had refused so many changes of each worker; the stock CLI shows it."""
        for node in self.primaries:
            node.sh(f"python3 - {session.directory} {count}", stdin=_SET_FAILURES.encode())

    def registered(self, session: Session) -> bool:
        """Whether glusterd's files on any primary node know the session."""
        wanted = f"::{session.secondary}"
        return any(
            wanted in node.read(f"/var/lib/glusterd/vols/{session.primary}/info")
            or node.run(["test", "-e", session.directory]).returncode == 0
            for node in self.primaries
        )

    def raw_option(self, session: Session, name: str, node: Node | None = None) -> str:
        """One option's value in text form."""
        return (node or self.p1).gluster("volume", "geo-replication", session.primary, session.target, "config", name).strip()

    def raw_config(self, session: Session, node: Node | None = None) -> dict[str, str]:
        """All options as the text form lists them on a node; names with dashes."""
        text = (node or self.p1).gluster("volume", "geo-replication", session.primary, session.target, "config")
        pairs = (line.partition(":") for line in text.splitlines() if ":" in line)
        return {name.strip().replace("_", "-"): value.strip() for name, _colon, value in pairs}

    def set_option(self, session: Session, name: str, value: str | None = None) -> None:
        """Set an option (None: reset it) by the stock CLI."""
        words = [f"!{name}"] if value is None else [name, value]
        self.p1.gluster("volume", "geo-replication", session.primary, session.target, "config", *words)

    def act(self, session: Session, *words: str) -> str:
        """A sub-command of a session by the stock CLI, such as ``start`` or ``create no-verify``."""
        more = [word for text in words for word in text.split()]
        return self.p1.gluster("volume", "geo-replication", session.primary, session.target, *more)

    def monitors(self, session: Session) -> dict[str, str]:
        """Process ids of a session's monitors, by node: they change when the session is restarted."""
        found = {}
        for node in self.primaries:
            lines = node.sh("/root/it-raw-state").splitlines()
            found[node.name] = " ".join(
                line.split()[1] for line in lines if line.startswith("monitor ") and line.endswith(f":{session.primary} {session.target}")
            )
        return found

    def bring(self, session: Session, state: str) -> None:
        """Put a session into a state by the stock CLI, from whatever state it is in."""
        words = self.raw_words(session)
        if self._shows(session, words, state):
            return
        if state == "absent" or (state == "created" and words):
            self.forget(session)
            words = []
            if state == "absent":
                return
        if not words:
            self.act(session, "create no-verify force")
            self.set_option(session, "sync-method", "tarssh")
            words = ["Created"]
        if state == "stopped":
            # stop of a session that never ran leaves it Created, unless forced
            self.act(session, "stop force")
        elif state in ("started", "paused"):
            if set(words) == {"Paused"}:
                self.act(session, "resume")
            elif set(words) <= {"Created", "Stopped"}:
                self.act(session, "start")
            if state == "paused":
                self.reach(session)
                self.act(session, "pause")
        self.reach(session, state)

    def live(self, session: Session) -> None:
        """Started, and seen to deliver what is written now, from every replica set.

        Any start may lose GlusterFS's race between a brick and its worker, and nothing new is delivered by that one until its
        next start. Only those that lost start anew: with several, all would hardly ever win at once.
        """
        self.bring(session, "started")
        for _turn in range(10):
            poll("the crawl of the history to end", lambda: self.follows(session), pause=0.25)
            stamp = f"live-{time.monotonic_ns()}"
            with self.mounted(self.p1, session.primary) as where:
                self.p1.sh(f"for number in $(seq {1 if session.sets == 1 else 12 * session.sets}); do echo live > {where}/{stamp}-$number; done")
            written = {node: self._files(node, session.primary, stamp) for node in self.primaries}

            def lost(written: dict[Node, set[str]] = written, stamp: str = stamp) -> list[Node]:
                arrived = set().union(*(self._files(node, session.secondary, stamp) for node in self.secondaries))
                return [node for node, names in written.items() if not names <= arrived]

            with contextlib.suppress(AssertionError):
                poll(f"{stamp} over there", lambda: not lost(), patience=25, pause=0.25)
                return
            for node in lost():
                self.start_worker_anew(node, session)
        raise AssertionError(f"{session} delivers nothing new, however often its workers are started")

    @staticmethod
    def _files(node: Node, volume: str, stamp: str) -> set[str]:
        """Names of files with content on a node's brick."""
        return set(node.sh(f"[ ! -d /bricks/{volume} ] || find /bricks/{volume} -maxdepth 1 -name '{stamp}*' -size +0 -printf '%f\\n'").split())

    def workers(self, node: Node, session: Session) -> set[str]:
        """The process id of a session's worker on a node, if it runs: of its children those that are yet to be another program look the same."""
        return set(node.sh(f"pgrep -o -f '[g]syncd.py worker {session.primary} {session.target} '", check=False).split())

    def start_worker_anew(self, node: Node, session: Session) -> None:
        """Have a session's worker on a node end by itself, and its monitor make a new one."""
        old = self.workers(node, session)
        if old:
            # It may have ended by itself by now.
            node.sh(f"kill {' '.join(old)}", check=False)
        poll(f"a new worker on {node.name}", lambda: self.workers(node, session) - old)

    def follows(self, session: Session) -> bool:
        """Whether each replica set has a worker that is at what is written now."""
        active = [worker["crawl_status"] for worker in self.said(session) if worker["worker_status"] == "Active"]
        return len(active) == session.sets and set(active) == {"Changelog Crawl"}

    def has(self, session: Session, name: str) -> bool:
        """Whether a file with content lies on a brick of the secondary volume."""
        return any(node.run(["test", "-s", f"/bricks/{session.secondary}/{name}"]).returncode == 0 for node in self.secondaries)

    def forget(self, session: Session) -> None:
        """Remove a session by the stock CLI; half-made and broken ones too."""
        # A node that was added or set up anew refuses to delete what it does not know: tell it first.
        for first in ((), ("create no-verify force",)):
            for words in (*first, "stop force", "delete"):
                self.p1.gluster("volume", "geo-replication", session.primary, session.target, *words.split(), check=False)
            if not self.registered(session):
                return
        for node in self.primaries:
            node.sh(f"rm -rf {session.directory}")
        assert not self.registered(session), f"{session} cannot be removed"

    def wait_for_peers(self, nodes: t.Sequence[Node] = ()) -> None:
        """Until every node of a site sees all others, as after glusterd was started somewhere; by default the primary one."""
        nodes = nodes or self.primaries
        for node in nodes:
            poll(f"{node.name} to see the other nodes", lambda node=node: self._seen_by(node) >= len(nodes) - 1)

    @staticmethod
    def _seen_by(node: Node) -> int:
        return node.gluster("peer", "status", check=False).count("Peer in Cluster (Connected)")

    # --- volumes and keys ------------------------------------------------------------------------

    def whole(self) -> dict[str, list[str]]:
        """By node, whatever a run could leave behind: content, mode and owner of files, packages, accounts, mounts, options of volumes.

        Without what running sessions write all the time.
        """
        look = (
            "set -- /var/lib/glusterd/geo-replication /etc/glusterfs /etc/passwd /etc/group /etc/hosts /etc/apt/preferences.d /root/.ssh /home"
            " /var/lib/glusterd/vols/*/info /usr/lib/*/glusterfs/python/syncdaemon /var/mountbroker-root;"
            r" pass='( -name __pycache__ -o -name *.status* -o -name *.pid* ) -prune -o'; set -f;"
            r" find $(set +f; ls -d $* 2>/dev/null) $pass -printf '%p %y %m %U %G %l\n';"
            " find $(set +f; ls -d $* 2>/dev/null) $pass -type f -exec sha256sum {} +;"
            " set +f; ls -d /run/georep* /tmp/georep* /tmp/gsyncd* 2>/dev/null; cut -d' ' -f2,3 /proc/mounts; dpkg-query -W; true"
        )
        return {node.name: sorted(node.sh(look).splitlines()) for node in self.nodes.values()}

    def make_volume(
        self, site: str, name: str, replica: int = 2, sets: int = 1, start: bool = True, options: t.Mapping[str, str] | None = None
    ) -> str:
        """A volume of so many replica sets, at most one brick a node, on ``primary`` or ``secondary``; its name.

        ``name`` begins with ``it-``.
        """
        assert name.startswith(PREFIX)
        nodes = self.primaries if site == "primary" else self.secondaries
        assert replica * sets <= len(nodes)
        bricks = [f"{node.name}:/bricks/{name}" for node in nodes[: replica * sets]]
        kind = ["replica", str(replica)] if replica > 1 else []
        nodes[0].gluster("volume", "create", name, *kind, *bricks, "force")
        for option, value in (options or {}).items():
            nodes[0].gluster("volume", "set", name, option, value)
        if start:
            nodes[0].gluster("volume", "start", name)
        return name

    def remove_volume(self, site: str, name: str) -> None:
        """Stop and delete a volume and its bricks. Sessions have to be gone."""
        nodes = self.primaries if site == "primary" else self.secondaries
        nodes[0].gluster("volume", "stop", name, "force", check=False)
        nodes[0].gluster("volume", "delete", name)
        for node in nodes:
            node.sh(f"rm -rf /bricks/{name}")

    def volumes(self, site: str) -> list[str]:
        """Names of a site's volumes."""
        node = self.p1 if site == "primary" else self.s1
        return [line for line in node.gluster("volume", "list").split() if line]

    def make_pair(self, name: str, **options: t.Any) -> Session:
        """Volumes ``it-NAME`` and ``it-NAME-dr``, and the session they would have. Changes travel within seconds."""
        primary, secondary = f"{PREFIX}{name}", f"{PREFIX}{name}-dr"
        self.make_volume("primary", primary, options={"changelog.rollover-time": "3"}, **options)
        self.make_volume("secondary", secondary, **options)
        return Session(primary, secondary, sets=options.get("sets", 1))

    def clean(self) -> None:
        """Remove every session and volume that carries the tests' prefix."""
        registered = self.p1.sh("grep -hoE '^(slave|secondary)[0-9]+=.*' /var/lib/glusterd/vols/it-*/info /dev/null || true")
        folders = self.p1.sh(f"cd {GEOREP} && ls -d it-*/ 2>/dev/null || true").split()
        for line in registered.splitlines():
            found = re.search(r"ssh://(?:([^@]+)@)?([^:]+)::([^:]+)", line)
            assert found, line
            for folder in folders:
                primary = folder.rstrip("/")[: -len(f"_{found[2]}_{found[3]}")]
                if folder == f"{primary}_{found[2]}_{found[3]}/":
                    self.forget(Session(primary, found[3], found[2], found[1] or "root"))
        for node in self.primaries:
            node.sh(f"rm -rf {GEOREP}/it-*")
        for site in ("primary", "secondary"):
            for name in self.volumes(site):
                if name.startswith(PREFIX):
                    self.remove_volume(site, name)

    def distribute_keys(self) -> list[str]:
        """The primary cluster's keys, made by the stock CLI and put into root's account on the secondary nodes.

        :returns: the lines of common_secret.pem.pub.
        """
        self.p1.gluster("system::", "execute", "gsec_create")
        text = self.p1.read(f"{GEOREP}/common_secret.pem.pub")
        lines = [line for line in text.splitlines() if line.startswith("command=")]
        assert len(lines) == 4, text
        for node in self.secondaries:
            have = node.read("/root/.ssh/authorized_keys").splitlines()
            missing = [line for line in lines if line not in have]
            if missing:
                node.write("/root/.ssh/authorized_keys", "\n".join([line for line in have if line] + missing) + "\n")
        return lines

    @contextlib.contextmanager
    def mounted(self, node: Node, volume: str) -> t.Iterator[str]:
        """A volume, mounted as a client would; the path."""
        where = f"/mnt/{volume}"
        node.sh(f"mkdir -p {where} && mount -t glusterfs localhost:/{volume} {where}")
        try:
            yield where
        finally:
            node.sh(f"umount --lazy {where} && rmdir {where}")


#: What gsyncd writes to, but for the temporary names that it replaces its files by.
_FILES = f"find {GEOREP} /run/gluster /var/log/glusterfs/geo-replication -not -name 'tmp*' | sort"
_VIEW = """
import json, sys
sys.path.insert(0, "/root/it-collection.zip")
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import gsyncd, store
view, entries, found = gsyncd.read_view(), store.read_registered(), {}
for entry, session in zip(entries, view.sessions):
    own = {"problem": session.problem, "node_uuid": view.node_uuid}
    if session.problem is None:
        options = gsyncd.read_options(entry.id)
        bricks = store.bricks_of_node(entry.primary_volume, view.node_uuid)
        own.update(config=options.values, modified=sorted(session.modified), rows=[gsyncd.row_of(entry, brick, options.values) for brick in bricks])
    found[entry.primary_volume + " " + entry.id.target] = own
print(json.dumps(found))
"""


def _settled(part: t.Any) -> t.Any:
    """A result with workers that are on their way taken for active."""
    if isinstance(part, list):
        return [_settled(item) for item in part]
    if isinstance(part, dict):
        return {
            name: "active" if (name, value) == ("state", "initializing") else _settled(value) for name, value in part.items()
        }
    return part


def _left_by(seen: t.Any, after: t.Any) -> bool:
    """Whether a second run saw what the first one reported; null there stands for a default, which only gluster knows."""
    if not isinstance(after, dict) or not isinstance(seen, dict):
        return seen == after
    # An option that was reset, and that nobody declares, is of no interest any more.
    return seen.keys() <= after.keys() and all(
        value is None or (name in seen and (_left_by(seen[name], value) if name == "config" else seen[name] == value))
        for name, value in after.items()
    )


def _comparable(part: t.Any) -> t.Any:
    """A part of a result without what only a real run can know: the workers as read last, and remarks."""
    if isinstance(part, list):
        return [_comparable(item) for item in part]
    if isinstance(part, dict):
        return {name: value for name, value in part.items() if name not in ("workers", "missing", "notes")}
    return part
