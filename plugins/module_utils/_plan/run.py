# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""One run of the role: what it reads, which of its steps have something to do, and which host does which share. Touches nothing.

Each primary host takes a share of the secondary hosts, so that they are done side by side.
"""

from __future__ import annotations

import base64
import binascii
import re
import typing as t

from .._faults.catalogue import CHANGES, KEYS, PRIMARY, SECONDARY
from .._faults.health import judged
from .._model.cluster import Cluster
from .._model.errors import InvalidInput, PreconditionFailed
from .._model.identity import spelled
from .._model.node import Node, nodes_from
from .._model.views import merge
from .clusters import nodes_of
from .declaration import KEEP, Entry, check_undeclared, read_declaration
from .directories import Looked, directories_to_do, with_planned
from .role import Options, plan_role
from .verdict import judge
from .views import join

Result = t.Mapping[str, t.Any]  #: of a module
Shares = dict[str, list[t.Any]]  #: by primary host

#: What a plan may still lack, in the order in which it is read.
LACKS = ("library", "status", "reading", "versions", "directories", "packages")

#: The steps of a run, in the order of tasks/change.yml.
STEPS = (
    "consent", "rsync", "mappings", "remedies", "directories", "trust_managed", "trust_unmanaged", "record", "mapping_removal", "sessions",
    "agreement", "cleanup", "read_only", "directory_removal",
)  # fmt: skip

#: What ``create push-pem`` logs in with.
LOGIN_KEY = "/root/.ssh/id_ed25519"


class Settings(t.NamedTuple):
    """The role's options, as far as they decide something."""

    sessions: t.Any
    primary_hosts: t.Sequence[str]  #: inventory hosts of the play, the first one first
    secondary_hosts: t.Sequence[str] = ()  #: inventory hosts of the secondary site; empty: Ansible does not manage it
    undeclared: str = KEEP
    login: bool = False  #: the user gave a login for secondary nodes that Ansible does not manage
    preflight: bool = True
    fix_known_faults: bool = False
    sync_method: str = "auto"
    pin_rsync: bool = False
    prove: bool = True
    install_packages: bool = True
    secondary_read_only: bool = True
    known_hosts_file: t.Optional[str] = None
    known_hosts: t.Sequence[str] = ()
    trust_on_first_use: bool = False
    push_pem: bool = False
    hosts_before: t.Sequence[str] = ()  #: hosts of earlier batches of the same play (serial), which have used the role

    @property
    def managed(self) -> bool:
        return bool(self.secondary_hosts)


class Found(t.NamedTuple):
    """What the hosts answered."""

    #: Of gluster_georep_info; without ``status`` the sites could not be read, and with ``from_views`` the nodes tell of the sessions.
    info: Result
    nodes: t.Sequence[Node] = ()  #: of both sites
    node_files: t.Sequence[Result] = ()  #: of slurp: glusterd.info of each secondary host
    versions: t.Optional[t.Mapping[str, str]] = None  #: GlusterFS versions by secondary host; None: they were not asked
    directories: t.Optional[t.Sequence[Result]] = None  #: of gluster_georep_directory in check mode; None: it did not run
    remedied: bool = False  #: this run has already patched gsyncd's sources

    @classmethod
    def from_results(cls, info: Result, nodes: t.Iterable[Result] = (), *others: t.Any, **more: t.Any) -> Found:
        """:param nodes: results of gluster_georep_preflight_info, each with its inventory host as ``item``."""
        return cls(info, nodes_from(nodes), *others, **more)


def share_out(items: t.Sequence[t.Any], hosts: t.Sequence[str]) -> Shares:
    """Hand out the items in turn.

    >>> share_out(["s1", "s2", "s3"], ["p1", "p2"])
    {'p1': ['s1', 's3'], 'p2': ['s2']}
    """
    return {host: list(items[place :: len(hosts)]) for place, host in enumerate(hosts)}


# --- before anything is read -----------------------------------------------------------------------------------------


def declare(settings: Settings, inventory: t.Collection[str], groups: t.Container[str] = ()) -> dict[str, t.Any]:
    """Check the declaration, and say what has to be read for it.

    :param inventory: all hosts of Ansible's inventory; :param groups: the names of its groups.
    :returns: ``settings``; ``read``, arguments of gluster_georep_info; ``look``, by primary host the nodes that it looks at, with arguments
        of gluster_georep_preflight_info; ``todo``, which of these tasks have something to do; and the shares of the secondary hosts.
    :raises InvalidInput: naming the option, the value and the remedy.
    """
    unknown = [host for host in settings.secondary_hosts if host not in inventory]
    if unknown:
        raise InvalidInput(
            f"geo_replication_secondary_hosts = {', '.join(unknown)}: not in the inventory.",
            remedy=_in_inventory(unknown[0], inventory, groups)
            + "Write inventory hosts of the secondary cluster, or leave the list empty for a site that Ansible does not manage.",
            option="geo_replication_secondary_hosts",
            value=unknown,
        )
    entries = read_declaration(settings.sessions)
    check_undeclared(entries, settings.undeclared)
    wanted = wanted_of(entries)
    looks = settings.preflight and bool(wanted)
    read = {
        "config_of": [entry.wanted.id._asdict() for entry in entries],
        # Sessions that go are asked about, too: what they leave behind is on the nodes of one cluster, and there may be several.
        "secondary_hosts": unique(entry["secondary_host"] for entry in [*wanted, *(entry.given for entry in entries)]),
        # What sessions that go leave behind may be needed by others.
        "undeclared_secondaries": settings.undeclared == "absent" or len(wanted) < len(entries),
    }
    registered = [entry.wanted.id._asdict() for entry in entries if entry.wanted.state != "absent"]
    return {
        "settings": settings._asdict(),
        "managed": settings.managed,
        "info": read,
        "look": _look(settings, wanted, {**read, "registered": registered} if looks else None),
        "todo": {"read": not looks, "look": looks, "node_files": settings.managed and not looks},
        "share": share_out(settings.secondary_hosts, settings.primary_hosts),
    }


#: Strategies with which each host goes through the tasks for itself, and a task that is to run once runs on all of them.
APART = ("free", "host_pinned", "mitogen_free", "mitogen_host_pinned")


def check_strategy(strategy: str, hosts: t.Sequence[str]) -> None:
    """A host plans by what all of them have read, and what is done once would be done by each of them at the same time.

    :raises InvalidInput: the hosts of the play do not go through the tasks together.
    """
    if strategy.rpartition(".")[2] in APART and len(hosts) > 1:
        raise InvalidInput(
            f"strategy = {strategy!r}: cannot be used with several primary nodes. Each task of the role needs the results of the tasks before it from "
            "all hosts of the play. Nothing was changed.",
            remedy="Set strategy: linear in the play. If the strategy is set in ansible.cfg, run with the environment variable ANSIBLE_STRATEGY=linear.",
            option="strategy",
            value=strategy,
        )


def hosts_before(play: t.Sequence[str], batch: t.Sequence[str]) -> list[str]:
    """Hosts of the batches before this one.

    :param play: hosts of the play that have not failed, in its order; :param batch: those of this batch.

    >>> hosts_before(["p1", "p2", "p3"], ["p2"])
    ['p1']
    """
    return list(play[: min((play.index(host) for host in batch if host in play), default=0)])


def _in_inventory(host: str, inventory: t.Iterable[str], groups: t.Container[str]) -> str:
    """What the inventory has in place of a host that it does not have."""
    if host in groups:
        return f"{host} is a group: write \"{{{{ groups['{host}'] }}}}\" for its hosts. "
    known = next((name for name in inventory if spelled(name) == spelled(host)), None)
    return f"The inventory has {known}. " if known else ""


def unique(values: t.Iterable[t.Any]) -> list[t.Any]:
    return list(dict.fromkeys(values))


def destinations(entries: t.Iterable[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The hosts, accounts and ports that sessions go to, each once."""
    places = unique((entry["secondary_host"], entry["secondary_user"], entry["ssh_port"]) for entry in entries)
    return [{"secondary_host": host, "secondary_user": user, "ssh_port": port} for host, user, port in places]


def _look(settings: Settings, wanted: t.Sequence[t.Mapping[str, t.Any]], read: dict[str, t.Any] | None) -> Shares:
    """The nodes that each primary host looks at, itself first, with the arguments of gluster_georep_preflight_info.

    One status of many sessions takes glusterd long, during which processors idle. So the first primary host reads, and the others look
    at the secondary ones, as long as they have not too many for that.
    """
    hosts, others = settings.primary_hosts, settings.secondary_hosts
    apart = len(hosts) > 1 and len(others) <= 2 * (len(hosts) - 1)
    share = {hosts[0]: [], **share_out(others, hosts[1:])} if apart else share_out(others, hosts)
    nothing: dict[str, t.Any] = {key: [] for key in ("secondaries", "resolve", "volumes", "programs", "written", "accounts")}
    own = {
        **nothing,
        "site": PRIMARY,
        "secondaries": destinations(wanted),
        "resolve": unique(entry["secondary_host"] for entry in wanted),
        "programs": ["ssh-keyscan"] if settings.trust_on_first_use and not settings.managed else [],
        "written": [LOGIN_KEY] if settings.push_pem and settings.login and not settings.managed else [],
    }
    other = {
        **nothing,
        "site": SECONDARY,
        # Each node has to know those of its own cluster by the names that the volumes have.
        "volumes": unique(entry["secondary_volume"] for entry in wanted),
        "accounts": unique(entry["secondary_user"] for entry in wanted),
    }
    return {
        host: [{**own, "host": host, **({"info": read} if read and host == hosts[0] else {})}, *({**other, "host": one} for one in share[host])]
        for host in hosts
    }


# --- the plan --------------------------------------------------------------------------------------------------------


def plan_run(settings: Settings, found: Found, check_mode: bool = False) -> dict[str, t.Any]:
    """The run's plan, or what it still lacks.

    :returns: ``lacks``, of which one is true at most; ``todo``, which steps have something to do, and ``any``; ``share``, by primary host;
        and the arguments of the steps.
    :raises InvalidInput: naming the option, the value and the remedy.
    :raises PreconditionFailed: a fault of a node, or something missing there, keeps sessions from working.
    """
    entries = read_declaration(settings.sessions)
    if "status" not in found.info:
        return _plan_unreadable(settings, entries, found)
    if found.info.get("from_views"):
        return _plan_by_views(settings, found, check_mode)
    uuids = node_uuids(settings.secondary_hosts, found)
    managed = uuids if settings.managed else None
    views = [node.local for node in nodes_of(PRIMARY, found.nodes)]
    info = {**found.info, "status": judged(merge(found.info["status"], views))}
    cluster = Cluster.from_result(info)
    apart = _versions_wanted(settings, entries, found, cluster)
    directories = _directories(settings, entries, cluster)
    if (apart and found.versions is None) or (directories["present"] and found.directories is None):
        lack = "versions" if apart and found.versions is None else "directories"
        return _unplanned(lack, directories=directories["present"])
    looked = with_planned(cluster, (found.directories or ()) if directories["present"] else ())
    cluster = looked.cluster
    if directories["present"]:
        info["secondaries"] = [secondary.to_result() for secondary in cluster.secondaries.values()]
        _check_claims(looked, directories["present"], settings)
        directories["absent"] = _directories(settings, entries, cluster)["absent"]
    strangers = _strangers(entries, cluster, uuids)
    nodes = _of_this_run(found.nodes, {*looked.lacking, *strangers})
    verdict = judge(nodes, settings.fix_known_faults)
    # Where the library is missing nobody knows yet what the directories will be.
    known = set(_hosts_of(directories["present"])) <= set(looked.found_hosts)
    plan = plan_role(entries, cluster, _options(settings, found, nodes, managed)).to_result() if known else {}
    _check_faults(verdict)
    if looked.lacking:
        _check_may_install(settings, looked.lacking, check_mode)
        share = _preparations(settings, looked.lacking)
        return _unplanned("packages", share=share, look=_look(settings, wanted_of(entries), None), directories=directories["present"])
    return _with_steps(settings, found, plan, info, nodes, verdict, directories, strangers, check_mode)


#: What a plan lacks, in words.
_LACKED = {
    "library": "python3-lxml is missing on the primary node that reads the sessions",
    "status": "gluster did not report the sessions",
    "reading": "the sessions could not be read",
    "versions": "the GlusterFS versions of the secondary hosts are not known",
    "directories": "the directories that receive data (secondary_directory) were not checked",
    "packages": "nodes with a secondary_directory still lack packages or a running glusterd",
}


def check_complete(plan: Result, info: Result) -> None:
    """:raises PreconditionFailed: the plan lacks what the steps before have tried to read; :param info: the last reading, which may say why."""
    lacking = [_LACKED[name] for name in LACKS if plan["lacks"][name]]
    if lacking:
        raise PreconditionFailed(
            " ".join([f"The changes could not be planned: {' and '.join(lacking)}.", *([info["msg"]] if info.get("msg") else []), "No session was changed."]),
            remedy=info.get("remedy") or "Run again. If this repeats, run with -v and read the results of the tasks before this one.",
        )


def _plan_by_views(settings: Settings, found: Found, check_mode: bool) -> dict[str, t.Any]:
    """The plan, if the nodes' own views of the sessions are whole and nothing has to be done. In any other case gluster is asked first."""
    joined = join(found.info, nodes_of(PRIMARY, found.nodes))
    if joined.doubts:
        return _unplanned("status", doubts=list(joined.doubts))
    try:
        plan = plan_run(settings, found._replace(info={name: part for name, part in joined.info.items() if name != "from_views"}), check_mode)
    except (InvalidInput, PreconditionFailed) as exc:
        # What is refused is refused because of what gluster says.
        return _unplanned("status", doubts=[str(exc)])
    # The mountbroker of the secondary nodes is looked at in every run with unprivileged accounts, and none of it concerns these sessions.
    steps = [step for step in STEPS if plan["todo"][step] and step != "mappings"]
    return _unplanned("status", doubts=[f"the sessions are not as declared: {', '.join([*plan['steps'], *steps])}"]) if steps else plan


def _options(settings: Settings, found: Found, nodes: t.Sequence[Node], managed: t.Mapping[str, str] | None) -> Options:
    return Options(
        known_hosts_file=settings.known_hosts_file,
        read_only=settings.secondary_read_only,
        sync_method=settings.sync_method,
        nodes=nodes,
        pin_rsync=settings.pin_rsync,
        undeclared=settings.undeclared,
        managed=managed,
        versions=found.versions or {},
    )


def wanted_of(entries: t.Iterable[Entry]) -> list[dict[str, t.Any]]:
    return [entry.given for entry in entries if entry.wanted.state != "absent"]


def _hosts_of(directories: t.Sequence[Result]) -> list[str]:
    return unique(entry["secondary_host"] for entry in directories)


def _unplanned(lack: str, **more: t.Any) -> dict[str, t.Any]:
    nothing: dict[str, t.Any] = {
        "todo": _todo({}), "checks": {"access": False, "mappings": False}, "push_pem": False, "login_key_file": "", "node_keys": [], "without_library": [],
    }  # fmt: skip
    return {**nothing, "lacks": {name: name == lack for name in LACKS}, **more}


def _todo(steps: t.Mapping[str, t.Any]) -> dict[str, bool]:
    todo = {name: bool(steps.get(name)) for name in STEPS}
    return {**todo, "any": any(todo.values())}


def node_uuids(hosts: t.Sequence[str], found: Found) -> dict[str, str]:
    """Which nodes the inventory's secondary hosts are, by glusterd's UUIDs; empty where that could not be read."""
    uuids = dict.fromkeys(hosts, "")
    uuids.update((node.host, node.uuid or "") for node in nodes_of(SECONDARY, found.nodes))
    uuids.update((file["item"], _uuid_in(file["content"])) for file in found.node_files if "content" in file)
    return uuids


def _uuid_in(content: str) -> str:
    """From glusterd.info, in base64."""
    try:
        text = base64.b64decode(content).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
    uuid = re.search(r"^UUID=(\S+)", text, re.M)
    return uuid.group(1) if uuid else ""


def _versions_wanted(settings: Settings, entries: t.Sequence[Entry], found: Found, cluster: Cluster) -> bool:
    """Across some releases no session works, and not even what the secondary answers means what it says. The preflight tells them anyway."""
    if not settings.managed or found.nodes:
        return False
    known = {(session.primary_volume, session.secondary_volume) for session in cluster.ids}
    unread = any(secondary.error for secondary in cluster.secondaries.values())
    return unread or any((entry["primary_volume"], entry["secondary_volume"]) not in known for entry in wanted_of(entries))


def _directories(settings: Settings, entries: t.Sequence[Entry], cluster: Cluster) -> dict[str, list[dict[str, t.Any]]]:
    """What has to be done about volumes over directories; nothing where none is declared, or where nobody can do it."""
    return directories_to_do(entries if settings.managed else (), cluster, settings.secondary_read_only)


def _check_claims(looked: Looked, wanted: t.Sequence[Result], settings: Settings) -> None:
    """Each directory is on exactly one of the managed nodes."""
    claims = [f"secondary_host = {host}: each of {', '.join(nodes)} resolves this name to itself, so it is not known on which of them the volume must "
              "be created." for host, nodes in looked.claimed_twice.items()]  # fmt: skip
    if claims:
        raise PreconditionFailed(
            " ".join(claims),
            remedy="Make the name resolve to one node only (DNS or /etc/hosts), or remove the other hosts from geo_replication_secondary_hosts. "
            "Nothing was changed.",
        )
    nowhere = [host for host in _hosts_of(wanted) if host not in looked.found_hosts]
    if nowhere and not looked.lacking:
        paths = [entry["directory"] for entry in wanted if entry["secondary_host"] in nowhere]
        raise InvalidInput(
            f"secondary_host = {', '.join(nowhere)}: none of geo_replication_secondary_hosts ({', '.join(settings.secondary_hosts)}) has the address that "
            f"{', '.join(nowhere)} resolves to, so no host can create the volume that uses {', '.join(paths)}.",
            remedy="Add the host to geo_replication_secondary_hosts. On that host, the name must resolve to its own address.",
            option="secondary_host",
            value=nowhere,
        )


def _strangers(entries: t.Sequence[Entry], cluster: Cluster, uuids: t.Mapping[str, str]) -> list[str]:
    """Inventory hosts of clusters to which no declared session goes: what is wrong there matters to no session."""
    hosts = {entry["secondary_host"] for entry in wanted_of(entries)}
    asked = [secondary for host, secondary in cluster.secondaries.items() if host in hosts]
    if not asked or any(secondary.error for secondary in asked):
        return []
    known = {uuid for secondary in asked for uuid in secondary.cluster_uuids}
    return [host for host, uuid in uuids.items() if uuid and uuid not in known]


def _of_this_run(nodes: t.Sequence[Node], left_out: t.Container[str]) -> list[Node]:
    """A secondary node that has no GlusterFS yet is judged when it has."""
    return [*nodes_of(PRIMARY, nodes), *(node for node in nodes_of(SECONDARY, nodes) if node.host not in left_out)]


def _check_faults(verdict: Result) -> None:
    if verdict["stops"]:
        raise PreconditionFailed(verdict["stops"])


def _check_may_install(settings: Settings, lacking: t.Mapping[str, t.Any], check_mode: bool) -> None:
    if not check_mode and settings.install_packages:
        return
    lacks = [
        f"{host} is the target of a session into a directory, but lacks "
        + ", ".join([*lack["packages"], *([f"a running {lack['service']}"] if lack["service"] else [])])
        for host, lack in lacking.items()
    ]
    raise PreconditionFailed(
        f"{'; '.join(lacks)}.",
        remedy="A real run installs and starts what is missing. A check run cannot continue without it."
        if settings.install_packages
        else "Install and start what is missing on this host, or set geo_replication_install_packages to true.",
    )


def _preparations(settings: Settings, lacking: t.Mapping[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """What each primary host installs and starts on its share of the secondary nodes."""
    return {
        primary: {
            "packages": [{"host": host, "packages": lacking[host]["packages"]} for host in hosts if host in lacking and lacking[host]["packages"]],
            "services": [{"host": host, "service": lacking[host]["service"]} for host in hosts if host in lacking and lacking[host]["service"]],
        }
        for primary, hosts in share_out(settings.secondary_hosts, settings.primary_hosts).items()
    }


def _plan_unreadable(settings: Settings, entries: t.Sequence[Entry], found: Found) -> dict[str, t.Any]:
    """The sites could not be read. Some faults of gsyncd's sources cause that: they are patched first."""
    if found.info.get("missing_library") == "lxml":
        return _unplanned("library", need=found.info["msg"])
    verdict = judge(found.nodes, settings.fix_known_faults)
    _check_faults(verdict)
    mends = bool(verdict["mend"]) and not found.remedied
    # Nobody knows yet which nodes have to be reached, only that something does not work.
    brings = mends and any(node.ways_error for node in nodes_of(PRIMARY, found.nodes))
    if mends:
        _check_faults(_needed(settings, found.nodes, brings, None))
    return _unplanned(
        "reading",
        todo=_todo({"remedies": mends}),
        checks={"access": brings and not settings.managed, "mappings": False},
        targets=destinations(wanted_of(entries)),
        share=_shares(settings, found.nodes, verdict["mend"], {}),
        node_keys=_node_keys(found.nodes),
    )


def _needed(settings: Settings, nodes: t.Sequence[Node], trust: bool, account_nodes: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """What the steps of a run that changes something would miss half-way."""
    return judge(nodes, settings.fix_known_faults, [CHANGES, *([KEYS] if trust and settings.managed else [])], account_nodes)


def _with_steps(
    settings: Settings,
    found: Found,
    plan: Result,
    info: Result,
    nodes: t.Sequence[Node],
    verdict: Result,
    directories: Result,
    strangers: t.Container[str],
    check_mode: bool,
) -> dict[str, t.Any]:
    """The plan with the steps of the role that follow from it."""
    push_pem = settings.push_pem and not settings.managed and settings.login and plan["creates"]
    # Every way works from every node of the primary cluster, with every key: nothing has to be made or brought. Host keys that
    # are given have to be recorded, whatever works already.
    reached = not settings.known_hosts and not push_pem and plan["reached"]
    trust = plan["targets"] and not reached
    todo = _todo({
        "consent": plan["creates"] or plan["doubtful"],
        "rsync": settings.pin_rsync and plan["pin"],
        "mappings": settings.managed and plan["mappings"],
        "remedies": verdict["mend"] and not found.remedied,
        "directories": directories["present"],
        "trust_managed": settings.managed and trust,
        "trust_unmanaged": not settings.managed and trust,
        "record": (plan["creates"] or plan["to_delete"]) and (not plan["targets"] or reached),
        "mapping_removal": settings.managed and plan["obsolete_mappings"],
        "sessions": plan["sessions"],
        "agreement": plan["to_recheck"] and found.nodes and not check_mode,
        "cleanup": plan["to_delete"] or plan["abandoned"] or plan["departed"],
        "read_only": settings.managed and plan["to_protect"],
        "directory_removal": directories["absent"],
    })  # fmt: skip
    if todo["any"]:
        _check_faults(_needed(settings, nodes, bool(trust), plan["account_nodes"]))
    protected = {entry["host"] for entry in plan["to_protect"]} if settings.managed else set()
    asked = found.versions or {}
    there = _of_this_run(found.nodes, strangers)
    whole = {
        **{name: value for name, value in plan.items() if name != "warnings"},
        # Ansible shows what is called warnings itself, and without the sessions.
        "cautions": plan["warnings"],
        "lacks": dict.fromkeys(LACKS, False),
        "todo": todo,
        "checks": {"access": todo["trust_unmanaged"], "mappings": not settings.managed and bool(plan["mappings_to_verify"])},
        "share": _shares(settings, there, verdict["mend"], plan),
        "info": info,
        "directories": directories["present"],
        "obsolete_directories": directories["absent"],
        "proves": settings.prove and bool(plan["to_prove"]) and not check_mode,
        "push_pem": bool(push_pem),
        "login_key_file": LOGIN_KEY if push_pem else "",
        "obsolete_login_key_file": LOGIN_KEY if settings.push_pem else "",
        "node_keys": _node_keys(nodes),
        "logins": _logins(found.nodes),
        "peer_uuids": [peer["uuid"] for peer in info["peers"]],
        "pending_names": [volume["secondary_volume"] for volume in plan["pending_volumes"]],
        # Known only of nodes that were looked at; protect.yml sees to others.
        "without_library": [
            {"host": node.host, "need": f"Python on {node.host} has no module lxml, which is needed to set secondary volumes read-only."}
            for node in nodes_of(SECONDARY, nodes)
            if not node.lxml and node.host in protected
        ],
        "secondary_versions": {
            **plan["secondary_versions"],
            **{one["secondary_host"]: asked[one["host"]] for one in plan["versions_to_ask"] if one["host"] in asked},
        },
        "temporary_hosts_entries": [{"host": host, "name": name} for host in settings.primary_hosts for name in plan["temporary_names"]],
        "fault_notes": verdict["notes"],
        "node_uuids": node_uuids(settings.secondary_hosts, found),
    }
    return _without_what_was_announced(settings, whole) if check_mode and settings.hosts_before else whole


def _without_what_was_announced(settings: Settings, plan: dict[str, t.Any]) -> dict[str, t.Any]:
    """A check run of a later batch: in the run, the batches before it have made the changes of the cluster by then."""
    share = {
        host: {**own, "remedies": [repair for repair in own["remedies"] if repair["host"] == host], "rsync": []} for host, own in plan["share"].items()
    }
    note = (
        f"The changes of the cluster are shown for an earlier batch of this play ({', '.join(settings.hosts_before)}) and not again here. A run also "
        f"records the host keys of the secondary nodes on {', '.join(settings.primary_hosts)} if they are missing."
    )
    return {
        **plan,
        "share": share,
        "todo": _todo({"remedies": any(own["remedies"] for own in share.values())}),
        "checks": {"access": False, "mappings": False},
        "notes": [*plan["notes"], *([note] if plan["todo"]["any"] else [])],
        **{name: [] for name in ("steps", "to_prove", "without_library")},
        "push_pem": False,
    }


def _shares(settings: Settings, nodes: t.Sequence[Node], mend: t.Collection[str], plan: Result) -> dict[str, dict[str, t.Any]]:
    """What each primary host does."""
    users = unique(target["secondary_user"] for target in plan.get("targets", ()))
    found = {}
    for primary, hosts in share_out(settings.secondary_hosts, settings.primary_hosts).items():
        own = [node for node in nodes if node.host in (hosts if node.site == SECONDARY else [primary])]
        repairs = [{"host": node.host, "faults": [name for name in mend if node.has(name)]} for node in own]
        found[primary] = {
            "secondary_hosts": hosts,
            "remedies": [repair for repair in repairs if repair["faults"]],
            "rsync": [host for host in hosts if host in plan.get("pin", ())],
            # Where no session logs in to an account, it may not even be there.
            "accounts": [
                {"host": host, "account": user, "node_uuids": plan["account_nodes"].get(user, [])} for host in hosts for user in users
            ],
        }
    return found


def _node_keys(nodes: t.Sequence[Node]) -> list[dict[str, t.Any]]:
    """Whose keys have to be gathered: a node that was set up anew has others than before."""
    return [{"node": node.name, "keys": list(node.key_identities)} for node in nodes_of(PRIMARY, nodes)]


def _logins(nodes: t.Sequence[Node]) -> list[dict[str, t.Any]]:
    """The connections from all primary nodes to the secondary ones, for what sshd there makes depend on them."""
    return [login._asdict() for login in unique(login for node in nodes_of(PRIMARY, nodes) for login in node.logins)]


def logins_by_account(logins: t.Iterable[Result]) -> dict[str, list[dict[str, t.Any]]]:
    """Connections to secondary nodes as gluster_georep_authorized_keys takes them, each once."""
    found: dict[str, list[dict[str, t.Any]]] = {}
    for login in logins:
        entry = {name: login[name] for name in ("address", "local_address", "port")}
        if entry not in found.setdefault(login["user"], []):
            found[login["user"]].append(entry)
    return found
