# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measurements of script/bench: seconds and ratios, calls by kind, peak memory. All from one run."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import typing as t

import yaml

MUTATING = {"create", "start", "stop", "pause", "resume", "delete"}
GEOREP_DIR = "/var/lib/glusterd/geo-replication"
RSS_FILE = "/tmp/georep-bench-rss"
#: Stands in for Python on the nodes and writes down the peak memory of what it ran, in KiB.
RSS_PYTHON = f"""#!/usr/bin/python3
import os, sys
pid = os.spawnv(os.P_NOWAIT, "/usr/bin/python3", ["/usr/bin/python3"] + sys.argv[1:])
_pid, status, usage = os.wait4(pid, 0)
with open("{RSS_FILE}", "a") as file:
    file.write("%d\\n" % usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Bench:
    def __init__(self, count: int, inventory: str, folder: str) -> None:
        self.names = [f"bench{number}" for number in range(1, count + 1)]
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.inventory = inventory
        hosts = yaml.safe_load(pathlib.Path(inventory).read_text())["all"]["children"]["gluster"]
        self.container = {
            name: settings["lab_container"]
            for group in hosts["children"].values()
            for name, settings in (group.get("hosts") or {}).items()
        }

    # --- running things ---------------------------------------------------------------------------------------------

    def node(self, name: str, *argv: str, check: bool = True, stdin: str | None = None) -> str:
        done = subprocess.run(
            ["podman", "exec", "--interactive", self.container[name], *argv],
            input=stdin, capture_output=True, text=True, check=False,
        )
        if check and done.returncode != 0:
            sys.exit(f"{name}: {' '.join(argv)}: {done.stdout}{done.stderr}")
        return done.stdout

    def on_primary(self, script: str) -> float:
        """Seconds that a shell script takes on primary1, podman's own time left out."""
        out = self.node("primary1", "bash", "-c", f"exec 3>&1 >/dev/null; TIMEFORMAT=%R; {{ time {{ set -e; {script}\n}} 2>&4; }} 4>&1 2>&3")
        return float(out.split()[-1].replace(",", "."))

    def play(self, playbook: list[dict[str, t.Any]], *extra: str, python: str | None = None) -> tuple[float, dict[str, t.Any]]:
        path = self.folder / "play.yml"
        path.write_text(yaml.safe_dump(playbook))
        env = dict(os.environ, ANSIBLE_STDOUT_CALLBACK="ansible.posix.json", ANSIBLE_JSON_INDENT="0")
        env["ANSIBLE_COLLECTIONS_PATH"] += os.pathsep + next(p for p in sys.path if p.endswith("site-packages"))
        more = ["-e", f"ansible_python_interpreter={python}"] if python else []
        started = time.monotonic()
        done = subprocess.run(
            ["ansible-playbook", "-i", self.inventory, str(path), *extra, *more], env=env, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - started
        (self.folder / "last-output.json").write_text(done.stdout)
        if done.returncode != 0:
            sys.exit(f"the playbook failed; see {self.folder}/last-output.json\n{done.stderr[-2000:]}")
        return seconds, json.loads(done.stdout[done.stdout.index("{"):])

    # --- what is measured -------------------------------------------------------------------------------------------

    def make_volumes(self) -> None:
        def make(site: str, suffix: str) -> None:
            lines = []
            for name in self.names:
                volume = name + suffix
                bricks = " ".join(f"{site}{n}:/bricks/{volume}" for n in (1, 2))
                lines.append(
                    f"gluster volume info {volume} >/dev/null 2>&1 || {{ gluster --mode=script volume create {volume} "
                    f"replica 2 {bricks} force; gluster --mode=script volume start {volume}; }}"
                )
            self.node(f"{site}1", "bash", "-c", "\n".join(lines))

        with concurrent.futures.ThreadPoolExecutor() as pool:
            for job in [pool.submit(make, "primary", ""), pool.submit(make, "secondary", "-dr")]:
                job.result()

    def remove_sessions(self) -> None:
        lines = [
            f"gluster --mode=script volume geo-replication {name} secondary1::{name}-dr {what} >/dev/null 2>&1 || :"
            for name in self.names
            for what in ("stop", "delete")
        ]
        self.node("primary1", "bash", "-c", "\n".join(lines))
        off = [f"gluster --mode=script volume set {name}-dr features.read-only off" for name in self.names]
        self.node("secondary1", "bash", "-c", "\n".join(off))

    def remove_volumes(self) -> None:
        for site, suffix in (("primary1", ""), ("secondary1", "-dr")):
            lines = [
                f"gluster --mode=script volume {what} {name}{suffix} >/dev/null 2>&1 || :"
                for name in self.names
                for what in ("stop", "delete")
            ]
            self.node(site, "bash", "-c", "\n".join(lines))

    def options(self) -> dict[str, str]:
        common = f"-oPasswordAuthentication=no -oStrictHostKeyChecking=yes -oUserKnownHostsFile={GEOREP_DIR}/known_hosts"
        return {
            "sync-method": "tarssh",
            "ssh-options": f"{common} -i {GEOREP_DIR}/secret.pem",
            "ssh-options-tar": f"{common} -i {GEOREP_DIR}/tar_ssh.pem",
        }

    def allow_login(self) -> None:
        """push-pem logs in as root: for this measurement only, primary1 may."""
        key = self.node("primary1", "sh", "-c", "mkdir -p -m 700 /root/.ssh; test -e /root/.ssh/id_ed25519 || "
                        "ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519; cat /root/.ssh/id_ed25519.pub")
        hosts = self.node("primary1", "cat", f"{GEOREP_DIR}/known_hosts")
        self.node("primary1", "sh", "-c", "cat >/root/.ssh/known_hosts", stdin=hosts)
        for name in ("secondary1", "secondary2"):
            self.node(name, "sh", "-c", "cd /root/.ssh; cp -p authorized_keys authorized_keys.bench; cat >>authorized_keys", stdin=key)

    def forbid_login(self) -> None:
        # The hook of push-pem works in the background; it is done when nothing comes any more.
        time.sleep(5)
        for name in ("secondary1", "secondary2"):
            self.node(name, "sh", "-c", "cd /root/.ssh; test ! -e authorized_keys.bench || mv authorized_keys.bench authorized_keys")

    def raw_converge(self, mode: str, names: list[str] | None = None, start: bool = True) -> float:
        lines = []
        for name in self.names if names is None else names:
            session = f"gluster --mode=script -- volume geo-replication {name} secondary1::{name}-dr"
            lines.append(f"{session} create {mode}")
            lines += [f"{session} config {option} '{value}'" for option, value in self.options().items()]
            if start:
                lines.append(f"{session} start")
        return self.on_primary("\n".join(lines))

    def read_floor(self, count: int | None = None) -> float:
        targets = " ".join(f"{name}:secondary1::{name}-dr" for name in self.names[:count])
        return self.on_primary(
            "gluster --mode=script volume geo-replication status detail\n"
            f"printf '%s\\n' {targets} | sed 's/:/ /' | xargs -P $(nproc) -L1 sh -c 'exec gluster --mode=script volume geo-replication $0 $1 config'"
        )

    def role(self, count: int | None = None, preflight: bool = True, state: str = "started") -> list[dict[str, t.Any]]:
        sessions = [
            {
                "primary_volume": name,
                "secondary_host": "secondary1",
                "secondary_volume": f"{name}-dr",
                "state": state,
                "config": {"sync-method": "tarssh"},
            }
            for name in self.names[:count]
        ]
        return [
            {
                "hosts": "gluster_primary",
                "gather_facts": False,
                "vars": {
                    "geo_replication_secondary_hosts": "{{ groups['gluster_secondary'] }}",
                    "geo_replication_sessions": sessions,
                    # Neither loops nor raw commands prove anything: measured by itself below.
                    "geo_replication_prove": False,
                    "geo_replication_preflight": preflight,
                },
                "roles": ["glusterops.georep.geo_replication"],
            }
        ]

    def loops(self, count: int | None = None) -> list[dict[str, t.Any]]:
        return [
            {
                "hosts": "primary1",
                "gather_facts": False,
                "tasks": [
                    {
                        "ansible.builtin.command": f"gluster volume geo-replication {{{{ item }}}} secondary1::{{{{ item }}}}-dr {what}",
                        "loop": self.names[:count],
                        "changed_when": False,
                    }
                    for what in ("status detail", "config")
                ],
            }
        ]


def kinds(output: dict[str, t.Any]) -> collections.Counter[str]:
    """How many gluster calls of each kind the modules of a run report."""
    found: collections.Counter[str] = collections.Counter()
    for result in results(output):
        for command in result.get("commands") or []:
            argv = command["argv"]
            if argv[1:2] == ["config-get"]:
                # What the CLI runs for a config read, run past glusterd.
                found["geo-replication config read"] += 1
            if argv[0] != "gluster":
                continue
            words = argv[argv.index("--") + 1:] if "--" in argv else argv[1:]
            if words[:2] == ["volume", "geo-replication"]:
                tail = words[4:] if len(words) > 3 else words[2:]
                kind = tail[0] if tail[0] != "config" else ("config read" if len(tail) == 1 else "config write")
                found["geo-replication " + kind] += 1
            else:
                found[" ".join(words[:2])] += 1
    return found


def results(output: dict[str, t.Any]) -> t.Iterator[dict[str, t.Any]]:
    for play in output["plays"]:
        for task in play["tasks"]:
            for result in task["hosts"].values():
                yield from result.get("results") or [result]


def tasks_run(output: dict[str, t.Any]) -> int:
    return sum(
        1 for play in output["plays"] for task in play["tasks"] if any(not host.get("skipped") for host in task["hosts"].values())
    )


class Growth(t.NamedTuple):
    """A run that changes nothing, for one number of sessions."""

    sessions: int
    noop: float
    floor: float
    loops: float
    calls: str
    memory: float  #: MiB of the largest module process on a node

    @property
    def asks(self) -> bool:
        """Whether gluster was asked about the sessions."""
        return "status" in self.calls or "config" in self.calls


def peak_memory(bench: Bench, playbook: list[dict[str, t.Any]]) -> float:
    """MiB of the largest Python process that Ansible starts on primary1."""
    names = [name for name in bench.container if name.startswith(("primary", "secondary"))]
    for name in names:
        bench.node(name, "sh", "-c", f"cat >/usr/local/bin/python-rss && chmod 755 /usr/local/bin/python-rss && rm -f {RSS_FILE}", stdin=RSS_PYTHON)
    bench.play(playbook, python="/usr/local/bin/python-rss")
    peak = max(int(line) for line in bench.node("primary1", "cat", RSS_FILE).split())
    for name in names:
        bench.node(name, "rm", "-f", RSS_FILE, "/usr/local/bin/python-rss")
    return peak / 1024


def grow(bench: Bench, counts: list[int]) -> list[Growth]:
    """The same measurements for more and more sessions.

    The sessions are created and not started, so that fifty fit a small machine: gluster's status starts one Python a session and brick
    in any state.
    """
    found: list[Growth] = []
    for count in counts:
        print(f"{count} sessions: creating them ...", flush=True)
        if found:
            # The first ones brought the keys. Fifty take long by the role, which checks each; it adds what these commands leave out.
            bench.raw_converge("no-verify", bench.names[found[-1].sessions : count], start=False)
        bench.play(bench.role(count, state="present"))
        print(f"{count} sessions: measuring ...", flush=True)
        noops = [bench.play(bench.role(count, state="present")) for turn in range(3)]
        if any(result.get("changed") for _seconds, output in noops for result in results(output)):
            sys.exit("a run that should change nothing reported a change")
        calls = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds(noops[-1][1]).items()))
        found.append(
            Growth(
                count, statistics.median(seconds for seconds, _output in noops), statistics.median(bench.read_floor(count) for turn in range(3)),
                bench.play(bench.loops(count))[0], calls, peak_memory(bench, bench.role(count, state="present")),
            )
        )  # fmt: skip
    return found


def show_growth(rows: list[Growth]) -> None:
    first = rows[0]
    print()
    print(f"{'sessions':>8} {'no-op':>8} {'x first':>8} {'floor':>8} {'x floor':>8} {'loops':>8} {'faster':>8} {'memory':>9}  asks gluster for sessions")
    for row in rows:
        print(
            f"{row.sessions:>8} {row.noop:>6.1f} s {row.noop / first.noop:>8.2f} {row.floor:>6.1f} s {row.noop / row.floor:>8.2f}"
            f" {row.loops:>6.1f} s {row.loops / row.noop:>6.1f} x {row.memory:>5.0f} MiB  {'yes' if row.asks else 'no'}"
        )
    print("goals: x first <= 1.2 at 10 and 1.5 at 50; x floor <= 0.5 at 10 and 0.15 at 50; faster >= 3 at 10 and 10 at 50; memory < 60 MiB")
    print("floor: status detail, then config reads side by side. loops: two command loops doing the same reads.")
    for row in rows:
        print(f"gluster calls with {row.sessions}: {row.calls}")


def main_noop(bench: Bench, counts: list[int]) -> None:
    print(f"Making {len(bench.names)} volumes on each site ...", flush=True)
    with contextlib.ExitStack() as stack:
        for site in ("primary1", "secondary1"):
            # One process serves all bricks of a node, so that many fit.
            bench.node(site, "gluster", "--mode=script", "volume", "set", "all", "cluster.brick-multiplex", "on")
            stack.callback(bench.node, site, "gluster", "--mode=script", "volume", "reset", "all", "cluster.brick-multiplex")
        stack.callback(bench.remove_volumes)
        stack.callback(bench.remove_sessions)
        bench.make_volumes()
        bench.remove_sessions()
        show_growth(grow(bench, counts))


def main() -> None:
    counts = sorted({int(word) for word in sys.argv[4:]})
    bench = Bench(max(counts), sys.argv[2], sys.argv[3])
    if sys.argv[1] == "noop":
        main_noop(bench, counts)
        return
    count = len(bench.names)
    print(f"{count} sessions. Making {count} volumes on each site ...", flush=True)
    with contextlib.ExitStack() as stack:
        stack.callback(bench.remove_volumes)
        stack.callback(bench.remove_sessions)
        bench.make_volumes()
        bench.remove_sessions()
        print("Keys and host keys, by the role with one session ...", flush=True)
        bench.play(bench.role(1))
        bench.remove_sessions()
        print("Raw: create push-pem as documented, three options, start, one session after the other ...", flush=True)
        bench.allow_login()
        stack.callback(bench.forbid_login)
        raw = bench.raw_converge("push-pem")
        bench.forbid_login()
        bench.remove_sessions()
        print("Raw: the same with create no-verify, which checks nothing and brings no keys ...", flush=True)
        bare = bench.raw_converge("no-verify")
        bench.remove_sessions()
        print("The role's first converge ...", flush=True)
        first, first_output = bench.play(bench.role())
        print("Reads and no-op runs, three times each ...", flush=True)
        floor = statistics.median(bench.read_floor() for turn in range(3))
        noops = [bench.play(bench.role()) for turn in range(3)]
        noop = statistics.median(seconds for seconds, _output in noops)
        reading = statistics.median(bench.play(bench.role(preflight=False))[0] for turn in range(3))
        check = statistics.median(bench.play(bench.role(), "--check")[0] for turn in range(3))
        loop = statistics.median(bench.play(bench.loops())[0] for turn in range(3))
        one_output = bench.play(bench.role(1))[1]
        noop_kinds, first_kinds = kinds(noops[0][1]), kinds(first_output)
        mutating = sum(n for kind, n in noop_kinds.items() if kind.split()[-1] in MUTATING or "write" in kind)
        changed = any(result.get("changed") for _seconds, output in noops for result in results(output))
        rows = [
            ("floor of a read (status detail, then config reads side by side)", floor, ""),
            ("role, no-op", noop, f"{noop / floor:.2f} x floor; goal <= {1.25 * floor + 6:.1f} s (1.25 x floor + 6 s)"),
            ("role, no-op, without looking for known faults", reading, f"{reading / floor:.2f} x floor"),
            ("role, check run", check, f"{check / floor:.2f} x floor"),
            (
                "two command loops doing the same reads",
                loop,
                f"{loop / reading:.2f} x the role's reading the same (goal >= 1.5), {loop / noop:.2f} x with its preflight",
            ),
            ("raw first converge, create push-pem (checks, brings keys)", raw, ""),
            ("raw first converge, create no-verify (checks nothing)", bare, ""),
            ("role, first converge, with checks, until all are active", first, f"{first / raw:.2f} x push-pem, goal <= 1.15; {first / bare:.2f} x no-verify"),
        ]
        print()
        for name, seconds, note in rows:
            print(f"{name:<66} {seconds:8.1f} s  {note}", flush=True)
        print("gluster calls of a no-op:   ", ", ".join(f"{n} {kind}" for kind, n in sorted(noop_kinds.items())))
        print(f"  mutating: {mutating}; anything changed: {'yes' if changed else 'no'}")
        print("gluster calls of a converge:", ", ".join(f"{n} {kind}" for kind, n in sorted(first_kinds.items())))
        print(f"Ansible tasks run in a no-op: {tasks_run(noops[0][1])} for {count} sessions, {tasks_run(one_output)} for 1")
        print()
        print("The proof of all sessions ...", flush=True)
        prove = [{"hosts": "primary1", "gather_facts": False, "tasks": [{"glusterops.georep.gluster_georep_proof": {"restart_stalled": True}}]}]
        proof, proof_output = bench.play(prove)
        [proved] = [result["proofs"] for result in results(proof_output)]
        peak = peak_memory(bench, [{"hosts": "primary1", "gather_facts": False, "tasks": [{"glusterops.georep.gluster_georep_info": {}}]}])

    restarts = sum(entry["restarts"] for entry in proved)
    print(f"{f'proof of all {count}, side by side, {restarts} restarted':<66} {proof:8.1f} s")
    print(f"peak memory of gluster_georep_info on the node: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
