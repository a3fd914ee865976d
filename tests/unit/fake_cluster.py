# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A primary cluster of two nodes that keeps its own state, for tests of whole runs.

It answers as recorded clusters did, the traps included: stop and pause of a session that does not run succeed, a new
option starts a paused session, any value over 0 is "already set", status lags behind start, no session means no XML.
Every command is kept; a command that it does not know fails the test.
"""

from __future__ import annotations

import calendar
import threading
import time
import typing as t
from collections import Counter
from pathlib import Path
from xml.sax.saxutils import escape

from ansible_collections.glusterops.georep.plugins.module_utils._apply.prepare import Settings
from ansible_collections.glusterops.georep.plugins.module_utils._apply.session import Clock, Outcome, converge
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import SessionFiles
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import SessionId
from ansible_collections.glusterops.georep.plugins.module_utils._model.option_table import OPTIONS
from ansible_collections.glusterops.georep.plugins.module_utils._model.words import to_old_words
from ansible_collections.glusterops.georep.plugins.module_utils._plan.session import Wanted
from ansible_collections.glusterops.georep.tests.unit.recorded import recorded

Answer = t.Union[tuple[int, str, str], BaseException, t.Callable[[], t.Any]]

NODES = ("primary1", "primary2")
UUIDS = {"primary1": "11111111-1111-4111-8111-111111111111", "primary2": "22222222-2222-4222-8222-222222222222"}
FAR_UUIDS = {"secondary1": "33333333-3333-4333-8333-333333333333", "secondary2": "44444444-4444-4444-8444-444444444444"}
G = 1024**3
#: The traps' own words, see tests/unit/fixtures.
NOT_SET_UP = "geo-replication is not set up"


def document(body: str = "", ret: int = 0, errno: int = 0, errstr: str = "") -> tuple[int, str, str]:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return (
        0,
        f"{head}<cliOutput><opRet>{ret}</opRet><opErrno>{errno}</opErrno><opErrstr>{escape(errstr)}</opErrstr>{body}</cliOutput>",
        "",
    )


def refusal(errstr: str, ret: int = -1) -> tuple[int, str, str]:
    return document(ret=ret, errno=30800, errstr=errstr)


def volume_of_mount(argv: t.Sequence[str]) -> tuple[str, str]:
    """Host and volume of a glusterfs command line."""
    words = dict(word.partition("=")[::2] for word in argv)
    return words["--volfile-server"], words["--volfile-id"]


def uuid_of(name: str) -> str:
    return f"{sum(name.encode()) * 7919:08x}-0000-4000-8000-{len(name):012x}"


def far_uuids(host: str) -> dict[str, str]:
    """The nodes of a secondary host's cluster: the host ``other`` is a cluster of its own."""
    return {host: uuid_of(host)} if host == "other" else FAR_UUIDS


class Volume:
    def __init__(
        self, name: str, nodes: t.Sequence[str] = NODES, sets: int = 1, status: str = "Started", uuid: str = ""
    ) -> None:
        self.name = name
        self.status = status
        self.uuid = uuid or uuid_of(name)
        self.bricks = [
            (node, f"/bricks/{name}{'-' + 'abc'[i] if sets > 1 else ''}") for i in range(sets) for node in nodes
        ]
        self.read_only = False
        self.mark = ""
        self.more: dict[str, str] = {}
        self.used = 1 * G
        self.size = 10 * G
        self.entries: list[str] = []

    def xml(self, uuids: t.Mapping[str, str]) -> str:
        size = min(2, len(self.bricks))
        bricks = "".join(
            f'<brick uuid="{uuids[node]}">{node}:{path}<name>{node}:{path}</name><hostUuid>{uuids[node]}</hostUuid></brick>'
            for node, path in self.bricks
        )
        options = "<option><name>features.read-only</name><value>on</value></option>" if self.read_only else ""
        options += f"<option><name>user.glusterops.georep</name><value>{self.mark}</value></option>" if self.mark else ""
        options += "".join(f"<option><name>{name}</name><value>{value}</value></option>" for name, value in self.more.items())
        return (
            f"<volume><name>{self.name}</name><id>{self.uuid}</id><statusStr>{self.status}</statusStr>"
            f"<brickCount>{len(self.bricks)}</brickCount><distCount>{len(self.bricks) // size}</distCount>"
            f"<replicaCount>{size}</replicaCount><disperseCount>0</disperseCount><typeStr>Replicate</typeStr>"
            f"<bricks>{bricks}</bricks><optCount>{options.count('<option>')}</optCount><options>{options}</options></volume>"
        )


class Session:
    def __init__(self, volume: Volume, target: str, far_uuid: str, words: t.Sequence[str]) -> None:
        self.volume = volume
        self.target = target
        #: What this site's file for all sessions says.
        self.site: dict[str, str] = {}
        self.far_uuid = far_uuid
        #: What each coming status call tells; the last stays.
        self.script: list[list[str | None]] = [list(words)]
        self.own: dict[str, str] = {}
        #: By node: what stands otherwise in its file than in that of the node that is asked; None: not at all.
        self.elsewhere: dict[str, dict[str, str | None]] = {}
        self.conf_broken = False
        #: More fields of a brick's row, or others than usual: given its node, path and word.
        self.tell: t.Callable[[str, str, str], t.Mapping[str, str]] = lambda _node, _path, _word: {}

    @property
    def words(self) -> list[str | None]:
        """Where the session really is: the end of the script."""
        return self.script[-1]

    @property
    def runs(self) -> bool:
        return any(word in ("Active", "Passive", "Initializing...", "Faulty") for word in self.words)

    @property
    def paused(self) -> bool:
        return "Paused" in self.words

    def become(self, *words: str, through: t.Sequence[t.Sequence[str]] = ()) -> None:
        count = len(self.volume.bricks)
        whole = [list(step) if len(step) == count else [step[0]] * count for step in (*through, words)]
        self.script = t.cast("list[list[str | None]]", whole)

    def run(self, lag: bool = True, only: t.Callable[[str, str], bool] = lambda _node, _word: True) -> None:
        """Have workers run: all of them, or those that are chosen by their node and word."""
        before = t.cast("list[str]", list(self.words))
        chosen = [only(node, word) for (node, _path), word in zip(self.volume.bricks, before)]
        whole = [("Active" if i % 2 == 0 else "Passive") if chosen[i] else before[i] for i in range(len(chosen))]
        on_the_way = ["Initializing..." if chosen[i] else before[i] for i in range(len(chosen))]
        self.become(*whole, through=[before, on_the_way] if lag else [])

    def node_value(self, node: str, name: str) -> str | None:
        """What stands in a node's file."""
        return self.elsewhere.get(node, {}).get(name, self.own.get(name))

    def effective(self) -> dict[str, str]:
        values = {}
        for option in OPTIONS:
            value = self.own.get(option.name, self.site.get(option.name, option.default or ""))
            values[option.name] = value
        return values


class Cluster:
    """Give it to converge() as the runner, and its folder as glusterd's."""

    def __init__(self, folder: Path, version: str = "10.3") -> None:
        self.folder = folder
        self.version = version
        self.old = int(version.split(".")[0]) < 10
        self.volumes = {"projects": Volume("projects")}
        far = ("secondary1", "secondary2")
        self.far: dict[str, dict[str, Volume] | None] = {}
        dr = {"projects-dr": Volume("projects-dr", far)}
        self.far["secondary1"] = self.far["secondary2"] = dr
        self.sessions: dict[tuple[str, str], Session] = {}
        self.down: set[str] = set()
        #: Bricks whose processes are gone, as node:path.
        self.offline: set[str] = set()
        #: Hosts of GlusterFS 10 or newer, as the command line of 9 shows them.
        self.newer_hosts: set[str] = set()
        #: GlusterFS versions that secondary hosts tell over the geo-replication key.
        self.told_versions: dict[str, str] = {}
        self.site: dict[str, str] = {}
        self.calls: list[list[str]] = []
        #: verb -> answers to give instead of doing it, in turn
        self.instead: dict[str, list[Answer]] = {}
        #: verb -> answers to give although it was done
        self.afterwards: dict[str, list[Answer]] = {}
        #: What happens before a command, while others may run.
        self.before_each: t.Callable[[t.Sequence[str]], None] = lambda _argv: None
        #: As many rows gluster can show at once; with more it dies.
        self.crash_above = 1000
        #: Time passes for every session with each status call, not only for those that it asks about.
        self.in_step = False
        self.mounted: set[str] = set()
        #: What happens when a mount of a host's volume ends.
        self.unmounted: t.Callable[[str, str], None] = lambda _host, _name: None
        self.env: dict[str, str] = {}
        #: Hosts that this node cannot resolve. One of them hides all sessions of its volume.
        self.lost_names: set[str] = set()
        self.lent_names: set[str] = set()
        self._lock = threading.RLock()
        self.write_files()

    # --- arranging

    def add_volume(self, name: str, sets: int = 1) -> None:
        self.volumes[name] = Volume(name, sets=sets)
        far = self.far["secondary1"]
        if far is not None:
            far[f"{name}-dr"] = Volume(f"{name}-dr", ("secondary1", "secondary2"), sets)
        self.write_files()

    def add_session(self, volume: str, target: str, *words: str, **own: str) -> Session:
        host, _colons, far_volume = target.rpartition("@")[2].partition("::")
        far = self.far.get(host)
        far_uuid = far[far_volume].uuid if far and far_volume in far else uuid_of(far_volume)
        made = Session(self.volumes[volume], target, far_uuid, ["Created"])
        made.become(*(words or ("Created",)))
        made.own = {name.replace("_", "-"): value for name, value in own.items()}
        made.site = self.site
        self.sessions[volume, target] = made
        self.write_files()
        return made

    # --- looking back

    @property
    def words(self) -> list[list[str]]:
        """What followed -- of each gluster command; other commands whole."""
        return [words_of(argv) for argv in self.calls]

    @property
    def mutations(self) -> list[str]:
        """Everything that changes something, in order, without the words that are always the same."""
        found = []
        for words in self.words:
            if words[:2] == ["volume", "geo-replication"] and words[-1] not in ("status", "config"):
                found.append(" ".join(words[2:]))
            elif words[:2] == ["volume", "set"]:
                found.append(" ".join(words))
        return found

    @property
    def reads(self) -> dict[str, int]:
        """Everything else, counted, because reads come side by side."""
        found: Counter[str] = Counter()
        for argv, words in zip(self.calls, self.words):
            host = next((word.partition("=")[2] + ": " for word in argv if word.startswith("--remote-host=")), "")
            if words[:2] == ["volume", "geo-replication"]:
                if words[2:] == ["status"]:
                    found["status" if "--xml" in argv else "status as text"] += 1
                elif words[-1] in ("config", "status"):
                    found[" ".join([words[-1], *words[2:4]])] += 1
            elif words[:2] == ["volume", "info"]:
                found[f"{host}volumes" if words[2] == "all" else f"{host}volume {words[2]}"] += 1
            elif words == ["pool", "list"]:
                found[f"{host}peers"] += 1
            elif words[:2] == ["volume", "status"]:
                found[f"{host}bricks"] += 1
            elif words == ["gluster", "--version"]:
                found["version"] += 1
            elif words[0] == "glusterfs":
                found["mount " + " ".join(volume_of_mount(words))] += 1
            elif words[0] not in ("stat", "df", "ls", "umount") and words[:2] != ["volume", "set"]:
                found[" ".join(words)] += 1
        return dict(found)

    # --- files

    def write_files(self) -> None:
        word = "slave" if self.old else "secondary"
        for name in self.volumes:
            folder = self.folder / "vols" / name
            folder.mkdir(parents=True, exist_ok=True)
            lines = ["type=2", "status=1"]
            own = [session for (volume, _target), session in self.sessions.items() if volume == name]
            lines += [f"{word}{i}={self._url(session)}" for i, session in enumerate(own, 1)]
            (folder / "info").write_text("\n".join(lines) + "\n")
        for (volume, target), session in self.sessions.items():
            host = target.rpartition("@")[2].replace("::", "_")
            folder = self.folder / "geo-replication" / f"{volume}_{host}"
            folder.mkdir(parents=True, exist_ok=True)
            spelt = {to_old_words(name) if self.old else name: value for name, value in session.own.items()}
            text = "".join(f"{name} = {value}\n" for name, value in spelt.items())
            (folder / "gsyncd.conf").write_text(f"[vars]\n{text}" if spelt else "")

    def _url(self, session: Session) -> str:
        return f"{UUIDS['primary1']}:ssh://{session.target}:{session.far_uuid}"

    # --- answering

    def __call__(
        self,
        argv: t.Sequence[str],
        *,
        timeout: float | None = None,
        stdin: str | None = None,
        env: t.Mapping[str, str] | None = None,
    ) -> tuple[int, str, str]:
        assert timeout, f"no time limit for {argv}"
        self.before_each(argv)
        with self._lock:
            self.calls.append(list(argv))
            self.env = dict(env or {})
            answer = self._answer(list(argv))
            while callable(answer):
                answer = answer()
        if isinstance(answer, BaseException):
            raise answer
        assert answer is not None, f"the cluster does not know {argv}"
        return t.cast("tuple[int, str, str]", answer)

    def _answer(self, argv: list[str]) -> Answer:
        if argv == ["gluster", "--version"]:
            return 0, f"glusterfs {self.version}\nRepository revision: git://git.gluster.org/glusterfs.git\n", ""
        if argv[0] == "ssh" and argv[-1] == "gluster --version":
            version = self.told_versions.get(argv[-2])
            return (0, f"glusterfs {version}\n", "") if version else (255, "", f"root@{argv[-2]}: Permission denied (publickey).\n")
        if argv[0] != "gluster":
            return self._local(argv)
        head, words = argv[: argv.index("--")], argv[argv.index("--") + 1 :]
        host = next((word.partition("=")[2] for word in head if word.startswith("--remote-host=")), None)
        if host is not None and self.far.get(host) is None:
            return 1, "Connection failed. Please check if gluster daemon is operational.\n", ""
        if words[:2] == ["volume", "info"]:
            if host in self.newer_hosts:
                return recorded("9.2", "apart-volume-info-all" if words[2] == "all" else "apart-volume-info-one").answer
            return self._info(words[2], host)
        if words == ["pool", "list"]:
            return self._pool(host)
        if words == ["volume", "status", "all", "detail"]:
            return self._bricks(host)
        if words[:2] == ["volume", "set"]:
            return self._verb("set", lambda: self._set_volume(words[2], words[3], words[4], "--xml" in head))
        assert words[:2] == ["volume", "geo-replication"], words
        if words[-1] == "status":
            return self._verb("status", lambda: self._status("--xml" in head, words[2:-1]))
        assert "--xml" in head, argv
        volume, target, verb, *rest = words[2:]
        if verb == "config" and not rest:
            return self._verb("read", lambda: self._config(volume, target))
        if verb == "config":
            return self._verb("config", lambda: self._set_option(volume, target, rest))
        return self._verb(verb, lambda: getattr(self, f"_{verb}")(volume, target, rest))

    def _verb(self, verb: str, do: t.Callable[[], Answer]) -> Answer:
        if self.instead.get(verb):
            return self.instead[verb].pop(0)
        done = do()
        self.write_files()
        if self.afterwards.get(verb):
            return self.afterwards[verb].pop(0)
        return done

    def _local(self, argv: list[str]) -> Answer:
        if argv[0] == "glusterfs":
            host, name = volume_of_mount(argv)
            self.mounted.add(argv[-1])
            self._last = {argv[-1]: (host, name), **getattr(self, "_last", {})}
        elif argv[0] == "umount":
            self.mounted.discard(argv[-1])
            self.unmounted(*self._last[argv[-1]])
        elif argv[0] in ("df", "ls"):
            host, name = self._last[argv[-1]]
            volume = self.volumes[name] if host == "localhost" else t.cast("dict[str, Volume]", self.far[host])[name]
            if argv[0] == "ls":
                return 0, "".join(f"{entry}\n" for entry in [".trashcan", *volume.entries]), ""
            return 0, f"1B-blocks Used Avail\n{volume.size} {volume.used} {volume.size - volume.used}\n", ""
        else:
            assert argv[0] == "stat", argv
        return 0, "", ""

    def _info(self, name: str, host: str | None) -> Answer:
        all_volumes = self.volumes if host is None else t.cast("dict[str, Volume]", self.far[host])
        uuids = UUIDS if host is None else far_uuids(host)
        if name != "all" and name not in all_volumes:
            return document(
                "<volInfo><volumes><count>0</count></volumes></volInfo>", -1, 30806, "Volume does not exist"
            )
        shown = [volume.xml(uuids) for volume in all_volumes.values() if name in ("all", volume.name)]
        return document(f"<volInfo><volumes>{''.join(shown)}<count>{len(shown)}</count></volumes></volInfo>")

    def _bricks(self, host: str | None) -> Answer:
        volumes = self.volumes if host is None else t.cast("dict[str, Volume]", self.far[host])
        uuids = UUIDS if host is None else far_uuids(host)
        body = ""
        for volume in volumes.values():
            rows = [
                f"<node><hostname>{node}</hostname><path>{path}</path><peerid>{uuids[node]}</peerid>"
                f"<status>{int(f'{node}:{path}' not in self.offline)}</status><mntOptions>rw</mntOptions></node>"
                for node, path in volume.bricks
            ]
            if volume.status == "Started":
                body += f"<volume><volName>{volume.name}</volName><nodeCount>{len(rows)}</nodeCount>{''.join(rows)}</volume>"
        return document(f"<volStatus><volumes>{body}</volumes></volStatus>")

    def _pool(self, host: str | None) -> Answer:
        uuids = UUIDS if host is None else far_uuids(host)
        asked = "primary1" if host is None else host
        peers = [(name if name != asked else "localhost", uuid, name not in self.down) for name, uuid in uuids.items()]
        body = "".join(
            f"<peer><uuid>{uuid}</uuid><hostname>{name}</hostname><connected>{int(up)}</connected></peer>"
            for name, uuid, up in peers
        )
        return document(f"<peerStatus>{body}</peerStatus>")

    def _set_volume(self, name: str, option: str, value: str, xml: bool) -> Answer:
        done = document("<volSet/>") if xml else (0, "volume set: success\n", "")
        if option.startswith("user."):
            assert value and "secondary" not in option and "slave" not in option
            self.volumes[name].more[option] = value
            return done
        assert option == "features.read-only"
        self.volumes[name].read_only = value == "on"
        return done

    def _status(self, xml: bool, pair: list[str]) -> Answer:
        seen = []
        count = 0
        for (volume, target), session in self.sessions.items():
            asked = not pair or pair == [volume, target]
            words = session.script[0]
            if len(session.script) > 1 and (asked or self.in_step):
                del session.script[0]
            if not asked or session.conf_broken or self._hidden(volume):
                continue
            rows = [
                self._row(session, node, path, word)
                for (node, path), word in zip(session.volume.bricks, words)
                if word is not None and node not in self.down
            ]
            count += len(rows)
            if rows:
                key = "session_slave" if self.old else "session_secondary"
                seen.append(
                    f"<volume><name>{volume}</name><sessions><session><{key}>{self._url(session)}</{key}>{''.join(rows)}"
                    "</session></sessions></volume>"
                )
        if count > self.crash_above:
            return -11, "", ""
        if not seen:
            return (
                (2, "geo-replication command failed\n", "")
                if xml
                else (1, "No active geo-replication sessions\ngeo-replication command failed\n", "")
            )
        if not xml:
            return 0, "PRIMARY NODE ...\n", ""
        return document(f"<geoRep>{''.join(seen)}</geoRep>", errstr="primary not found")

    def _row(self, session: Session, node: str, path: str, word: str) -> str:
        near, far = ("master", "slave") if self.old else ("primary", "secondary")
        live = word == "Active"
        user = session.target.partition("@")[0] if "@" in session.target else "root"
        fields = {
            f"{near}_node": node, f"{near}_brick": path, f"{far}_user": user, far: f"ssh://{session.target}", f"{far}_node": "",
            "status": word, "crawl_status": "Changelog Crawl" if live else "N/A", "entry": "0" if live else "N/A",
            "data": "0" if live else "N/A", "meta": "0" if live else "N/A",
            "failures": "0" if live else "N/A", f"{near}_node_uuid": UUIDS[node],
            **dict.fromkeys(("checkpoint_completed", "checkpoint_time", "checkpoint_completion_time"), "N/A"),
            "last_synced": "2026-01-02 10:00:15" if live else "N/A",
            **session.tell(node, path, word),
        }  # fmt: skip
        return "<pair>" + "".join(f"<{name}>{value}</{name}>" for name, value in fields.items()) + "</pair>"

    def _config(self, volume: str, target: str) -> Answer:
        session = self.sessions.get((volume, target))
        if session is None:
            return refusal(f"Geo-replication session between {volume} and {target} does not exist.")
        if self._hidden(volume):
            return document("<geoRep><config></config></geoRep>")
        if session.conf_broken:
            return refusal("Staging failed on localhost. Please check the log file for more details.")
        body = ""
        for name, value in session.effective().items():
            tag = (to_old_words(name) if self.old else name).replace("-", "_")
            body += f"<{tag}>{escape(value)}</{tag}>"
        return document(f"<geoRep><config>{body}</config></geoRep>")

    def _hidden(self, volume: str) -> bool:
        hosts = {target.rpartition("@")[2].partition("::")[0] for name, target in self.sessions if name == volume}
        return bool(hosts & self.lost_names)

    def _pair(self, volume: str, target: str) -> Session | None:
        return None if self._hidden(volume) else self.sessions.get((volume, target))

    def _missing(self, volume: str, target: str) -> Answer:
        return refusal(f"Geo-replication session between {volume} and {target} does not exist.")

    def _peer_down(self, volume: str) -> Answer | None:
        for node in sorted(self.down):
            return refusal(
                f"Peer {node}, which is a part of {volume} volume, is down. Please bring up the peer and retry."
            )
        return None

    def _create(self, volume: str, target: str, rest: list[str]) -> Answer:
        forced = rest[-1] == "force"
        if self.down and not forced:
            return t.cast("Answer", self._peer_down(volume))
        if self._pair(volume, target) is not None and not forced:
            return refusal(f"Session between {volume} and {target} is already created.")
        known = self._pair(volume, target)
        if known is not None:
            # Nodes and bricks that lacked it get it, and nothing else changes.
            known.become(*[word or "Stopped" for word in known.words])
            return document("<geoRep/>")
        self.add_session(volume, target)
        return document("<geoRep/>")

    def _start(self, volume: str, target: str, rest: list[str]) -> Answer:
        session = self._pair(volume, target)
        if session is None:
            return self._missing(volume, target)
        if (session.runs or session.paused) and rest != ["force"]:
            return refusal(f"geo-replication session between {volume} & {target} already started")
        # T9: what is paused stays so, and what runs goes on.
        session.run(only=lambda _node, word: word in ("Created", "Stopped"))
        return document("<geoRep/>")

    def _stop(self, volume: str, target: str, rest: list[str]) -> Answer:
        session = self._pair(volume, target)
        if session is None:
            return self._missing(volume, target)
        if self.down and rest != ["force"]:
            return t.cast("Answer", self._peer_down(volume))
        if not session.runs and not session.paused:
            return document("<geoRep/>", errstr=NOT_SET_UP)
        session.become("Stopped")
        return document("<geoRep/>")

    def _pause(self, volume: str, target: str, rest: list[str]) -> Answer:
        session = self._pair(volume, target)
        if session is None:
            return self._missing(volume, target)
        if self.down:
            return t.cast("Answer", self._peer_down(volume))
        if session.paused and rest != ["force"]:
            where = "" if session.words[0] == "Paused" else "Staging failed on primary2. Error: "
            return refusal(f"{where}Geo-replication session between {volume} and {target} already Paused.", 1)
        if not session.runs:
            return document("<geoRep/>", errstr=NOT_SET_UP)
        session.become(*[word if word in ("Created", "Stopped") else "Paused" for word in session.words])
        return document("<geoRep/>")

    def _resume(self, volume: str, target: str, rest: list[str]) -> Answer:
        session = self._pair(volume, target)
        if session is None:
            return self._missing(volume, target)
        if self.down:
            return t.cast("Answer", self._peer_down(volume))
        if rest != ["force"] and set(session.words) != {"Paused"}:
            where = "Staging failed on primary2. Error: " if session.words[0] == "Paused" else ""
            return refusal(f"{where}Geo-replication session between {volume} and {target} is not Paused.", 1)
        session.run(only=lambda _node, word: word == "Paused")
        return document("<geoRep/>")

    def _delete(self, volume: str, target: str, rest: list[str]) -> Answer:
        assert rest in ([], ["reset-sync-time"])
        session = self._pair(volume, target)
        if session is None:
            return self._missing(volume, target)
        if self.down:
            return t.cast("Answer", self._peer_down(volume))
        if session.runs or session.paused:
            return refusal(
                f"geo-replication session between {volume} & {target} is still active. Please stop the session and retry."
            )
        del self.sessions[volume, target]
        host = target.rpartition("@")[2].replace("::", "_")
        folder = self.folder / "geo-replication" / f"{volume}_{host}"
        (folder / "gsyncd.conf").unlink()
        folder.rmdir()
        return document("<geoRep/>", errstr="delete successful")

    def _modern(self) -> dict[str, str]:
        return {to_old_words(option.name) if self.old else option.name: option.name for option in OPTIONS}

    def _set_in(self, session: Session, modern: str, value: str | None) -> None:
        differing = {node for node in NODES if value is None or session.node_value(node, modern) != value}
        for other in session.elsewhere.values():
            other.pop(modern, None)
        if value is None:
            session.own.pop(modern, None)
        else:
            session.own[modern] = value
        if modern != "checkpoint" and (modern != "log-rsync-performance" or value is None):
            # T10, T11: the workers are started anew, paused ones too
            if session.paused:
                session.run(only=lambda node, word: word == "Paused" and node in differing)

    def _set_option(self, volume: str, target: str, rest: list[str]) -> Answer:
        session = self._pair(volume, target)
        if session is None:
            return self._missing(volume, target)
        name = self._modern().get(rest[0].lstrip("!"))
        if name is None:
            return refusal("Invalid option")
        if rest[0].startswith("!"):
            assert len(rest) == 1
            self._set_in(session, name, None)
            return document("<geoRep/>", errstr="config-del successful")
        (value,) = rest[1:]
        if name == "checkpoint":
            # The CLI takes local time, and makes an epoch of it.
            assert self.env == {"TZ": "UTC0"}, self.env
            session.own[name] = str(calendar.timegm(time.strptime(value, "%Y-%m-%d %H:%M:%S")))
            return document("<geoRep/>", errstr="config-set successful")
        current = session.effective()[name]
        if current == value and session.elsewhere:
            # Each node looks at its own file.
            self._set_in(session, name, value)
            return document("<geoRep/>", errstr="config-set successful")
        truths = ("1", "yes", "true")
        if (
            current == value
            or (current in ("0", "no", "false") and value not in truths)
            or (current in truths and value in truths)
        ):
            return document("<geoRep/>")
        self._set_in(session, name, value)
        return document("<geoRep/>", errstr="config-set successful")


def words_of(argv: t.Sequence[str]) -> list[str]:
    """What the CLI is asked, without its own options; other commands as they are."""
    return list(argv[argv.index("--") + 1 :]) if "--" in argv else list(argv)


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class World(Cluster):
    """A cluster, a clock, and converge() bound to both."""

    def __init__(self, folder: Path, version: str = "10.3") -> None:
        super().__init__(folder, version)
        self.time = Time()

    def cli(self, patience: float = 0) -> GlusterCli:
        return GlusterCli(self, lock_patience=patience, clock=lambda: self.time.now, sleep=self.time.sleep)

    def converge(self, *wanted: Wanted, **settings: t.Any) -> list[Outcome]:
        settings.setdefault("wait_timeout", 60)
        # So that what is sent has an order.
        settings.setdefault("changes_at_once", 1)
        settings["nodes"] = [SessionFiles.from_result(node) for node in settings.get("nodes", ())]
        return converge(
            self.cli(),
            self,
            wanted,
            Settings(glusterd_dir=str(self.folder), **settings),
            Clock(lambda: self.time.now, self.time.sleep),
        )


def wanted(
    state: str = "started",
    config: dict[str, str | None] | None = None,
    accept: t.Iterable[str] = (),
    volume: str = "projects",
    host: str = "secondary1",
    user: str = "root",
    port: int | None = 22,
    **more: t.Any,
) -> Wanted:
    return Wanted(SessionId(volume, host, f"{volume}-dr", user), state, port, config or {}, frozenset(accept), **more)
