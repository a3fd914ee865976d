# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The role's plan: all declared sessions against what was read, one by one as the session module decides, and what follows for both sites.

Touches nothing. One call with all that is known: a mistake in the declaration is found here or not at all.
"""

from __future__ import annotations

import typing as t

from .._faults import health
from .._faults.catalogue import BY_ID, PRIMARY, SECONDARY
from .._model import identity
from .._model.cluster import Cluster, Secondary, Session, SessionFiles, Volume
from .._model.errors import InvalidInput, invalid
from .._model.identity import SessionId, check_session
from .._model.node import Node, nodes_from
from .._model.options import default_of, differs, undeclared_differences
from .._model.ssh_options import session_options
from .._model.states import State
from .._model.words import modern, truth
from . import decide, features
from .clusters import Managed, Uuids, check_managed, hosts_in, nodes_of, seen_in, uuids_of, volume_id
from .declaration import KEEP, UNDECLARED, Entry, check_undeclared, read_declaration
from .eligibility import releases_apart
from .mappings import by_hand, mapping_to_verify, needed_mappings, obsolete_mappings
from .session import Current, Plan, Step, Wanted, current_of, effective_config, plan_session, whole_config
from .ssh_paths import all_reached, ssh_paths
from .sync_method import AUTO, PROGRAMS, RSYNC, SHARDED, Choice, choose, nodes_without
from .sync_method import decide as decide_method
from .verdict import pinnable

Item = dict[str, t.Any]  #: arguments of a module, or a part of its result


class Options(t.NamedTuple):
    """What the role is told besides the sessions, and what its nodes said."""

    known_hosts_file: t.Optional[str] = None  #: sessions verify host keys with it, unless they declare SSH options themselves
    read_only: bool = True  #: secondary volumes are made read-only for clients
    #: ``auto``, ``rsync`` or ``tarssh``, for sessions that do not declare one; None leaves it to gluster
    sync_method: t.Optional[str] = None
    nodes: t.Sequence[Node] = ()  #: of both sites
    pin_rsync: bool = False  #: an rsync that works is wanted, and is installed where only its version is at fault
    undeclared: str = KEEP  #: what becomes of sessions that are not declared: ``keep``, ``stop`` or ``absent``
    managed: t.Optional[Managed] = None  #: None: Ansible manages no secondary site, or nobody asks
    versions: t.Mapping[str, str] = {}  #: of GlusterFS, by secondary node that was asked otherwise


class RolePlan(t.NamedTuple):
    """What has to be done for all declared sessions; most fields are arguments of a module."""

    sessions: list[Item]  #: for gluster_georep_session: those that differ, and those that have to be waited for
    steps: list[str]  #: in words
    changed: bool
    creates: bool  #: a session has to be created
    doubtful: bool  #: a node is told of a session by force, or a change leaves a node behind that is down
    to_recheck: list[Item]  #: what other nodes' files have to say afterwards
    nodes: list[Item]  #: for gluster_georep_session: the files of the sessions that differ
    to_prove: list[Item]  #: sessions that are owed a proof
    unwell: list[str]  #: workers of sessions that are not changed, and deliver nothing
    targets: list[Item]
    reached: bool  #: every path to the targets works already
    host_names: dict[str, list[str]]
    account_nodes: dict[str, list[str]]
    to_protect: list[Item]  #: secondary volumes that are made read-only, by cluster
    mappings: list[Item]
    obsolete_mappings: list[Item]
    mappings_to_verify: list[Item]
    pending_volumes: list[Item]  #: volumes that this run creates first
    secondary_versions: dict[str, str]  #: of clusters in which sessions are created
    versions_to_ask: list[Item]  #: hosts that can tell the others
    uses_rsync: bool
    pin: list[str]  #: inventory hosts that need another rsync, and nothing else
    notes: list[str]
    warnings: list[str]
    undeclared: list[str]
    left_alone: list[str]  #: undeclared sessions about which nothing is done
    temporary_names: list[str]  #: names that have to resolve for a moment, so that their sessions can be deleted
    to_delete: list[Item]  #: sessions that are absent afterwards
    remaining: list[Item]  #: all others
    abandoned: list[Item]  #: where keys were brought, and no session goes any more
    departed: bool  #: keys of nodes are known that have left the primary cluster

    def to_result(self) -> dict[str, t.Any]:
        return self._asdict()


class Decided(t.NamedTuple):
    """One declared session, and what follows for it."""

    entry: Entry
    plan: Plan
    seen: t.Optional[Session]  #: as it was read; None: it does not exist
    there: t.Sequence[Node]  #: the nodes of its secondary cluster that were looked at
    secondary: t.Optional[Secondary] = None  #: None: it is declared absent
    volume: t.Optional[Volume] = None
    method: t.Optional[str] = None  #: the sync method afterwards, where anybody asks
    pins: t.Sequence[str] = ()
    notes: t.Sequence[str] = ()
    warnings: t.Sequence[str] = ()

    @property
    def id(self) -> SessionId:
        return self.plan.wanted.id

    @property
    def goes(self) -> bool:
        return self.plan.wanted.state == "absent"

    @property
    def opens(self) -> bool:
        """The secondary volume becomes writable when the session is gone. A volume over a directory is deleted anyway."""
        return bool(self.entry.given["secondary_writable"]) and self.entry.directory is None

    @property
    def settled(self) -> bool:
        """Nothing is sent, and nothing has to be waited for."""
        return not self.plan.changed and not self.plan.needs_waiting

    @property
    def unwell(self) -> list[str]:
        """The workers that do not deliver by what was read of them; none of a session that this run restarts anyway."""
        if self.seen is None or self.plan.wanted.state != "started" or not self.settled:
            return []
        return health.unwell(self.seen.to_result(), self.secondary.to_result() if self.secondary else None)

    @property
    def owed(self) -> bool:
        """Whether the session has to deliver after this run and nobody has seen that it does: not since this run changed it, not since
        an earlier one did that was killed or whose proof failed, or what was read of its workers says otherwise.
        """
        if self.plan.wanted.state != "started":
            return False
        return self.seen is None or not self.settled or self.seen.last_proved() is None or bool(self.unwell)


def plan_declared(declared: t.Any, info: t.Mapping[str, t.Any], nodes: t.Iterable[t.Mapping[str, t.Any]] = (), **options: t.Any) -> dict[str, t.Any]:
    """:func:`plan_role` as results of modules have it.

    :param info: result of gluster_georep_info with ``secondary_hosts``; :param nodes: results of gluster_georep_preflight_info.
    :param options: see :class:`Options`.
    """
    return plan_role(read_declaration(declared), Cluster.from_result(info), Options(nodes=nodes_from(nodes), **options)).to_result()


def plan_role(entries: t.Sequence[Entry], cluster: Cluster, options: Options) -> RolePlan:
    """What has to be done for all declared sessions.

    :raises InvalidInput: naming the entry and option at fault.
    """
    check_undeclared(entries, options.undeclared)
    check_releases(entries, cluster, options)
    cluster = cluster._replace(files=_files_of(options.nodes, cluster))
    decided: list[Decided] = []
    for entry in entries:
        decided.append(_decide(entry, cluster, options, decided))
    others = _plan_others([session for session in cluster.sessions if session.id not in [one.id for one in decided]], cluster, options)
    return _together(decided, others, cluster, options)


# --- one session -----------------------------------------------------------------------------------------------------


def check_releases(entries: t.Iterable[Entry], cluster: Cluster, options: Options) -> None:
    """Before anything is made of what the secondary answers: across some releases not even that means what it says.

    Nodes that are known to be of another cluster than a session goes to are nothing to it.

    :raises InvalidInput: naming the first session that stays, and the nodes.
    """
    near = _versions(nodes_of(PRIMARY, options.nodes)) or {"this cluster": cluster.version}
    for entry in entries:
        uuids = uuids_of(cluster.secondaries.get(entry.wanted.id.secondary_host))
        there = _versions(seen_in(uuids, nodes_of(SECONDARY, options.nodes)))
        asked = {host: found for host, found in options.versions.items() if not uuids or ((options.managed or {}).get(host) or "") in ("", *uuids)}
        objection = releases_apart(near, {**there, **asked}) if entry.wanted.state != "absent" else None
        if objection:
            raise invalid(
                entry.prefix + "secondary_host", entry.wanted.id.secondary_host, f"cannot be the secondary of this cluster. {objection.message} "
                "Nothing was changed.", objection.remedy,
            )


def _versions(nodes: t.Iterable[Node]) -> dict[str, t.Any]:
    return {node.name: node.glusterfs for node in nodes}


def _files_of(nodes: t.Sequence[Node], cluster: Cluster) -> list[SessionFiles]:
    """What concerns the sessions' files, of nodes that take part just now."""
    return [
        SessionFiles(node.name, node.uuid, node.sessions, node.site_defaults)
        for node in nodes_of(PRIMARY, nodes)
        if node.uuid in cluster.connected
    ]


def _decide(entry: Entry, cluster: Cluster, options: Options, earlier: t.Sequence[Decided]) -> Decided:
    wanted, notes = decide.recognise(entry.wanted, cluster, decide.as_read(cluster), entry.prefix)
    decide.check_once(entry.label, wanted.id, {one.entry.label: one.id for one in earlier}, entry.wanted.id)
    seen = cluster.find(wanted.id)
    if wanted.state != "absent" or seen is not None:
        identity.check_apart(wanted.id, cluster.ids, (), entry.label, str(wanted.id))
    secondary = cluster.secondaries.get(wanted.id.secondary_host)
    there = seen_in(uuids_of(secondary), nodes_of(SECONDARY, options.nodes))
    near = cluster.volumes.get(wanted.id.primary_volume)
    shards = features.sharded(near) or features.sharded(secondary.volume(wanted.id.secondary_volume) if secondary else None)
    chosen = Chosen(wanted) if wanted.state == "absent" else _choose(wanted, current_of(cluster, wanted.id), there, options, entry.prefix, shards)
    plan = decide.plan_one(chosen.wanted, cluster, entry.prefix)
    found = Decided(entry, plan, seen, there, method=chosen.method, pins=chosen.pins, notes=[*notes, *chosen.notes], warnings=chosen.warnings)
    if found.goes:
        if options.managed is not None and found.opens:
            check_managed(wanted.id, secondary, options.managed, entry.prefix, "secondary_writable")
        found = found._replace(notes=[*found.notes, *([] if plan.changed else _orphan_notes(wanted.id, cluster))])
    else:
        # Hosts of another cluster come before whatever the volume, if there is one, is like.
        if options.managed is not None and secondary and secondary.volume(wanted.id.secondary_volume):
            check_managed(wanted.id, secondary, options.managed, entry.prefix)
        secondary, volume = _secondary_volume(entry, plan, cluster, [*nodes_of(PRIMARY, options.nodes), *there])
        found = found._replace(secondary=secondary, volume=volume)
        _check_receives_once(found, earlier)
        _check_free(found, cluster)
    said = [*_file_warnings(found), *_peer_warnings(plan, cluster), *_address_warnings(found.volume)]
    if not found.goes:
        said += features.warnings(wanted.id, near, found.volume, effective_config(plan.wanted, plan.current), seen is not None)
    return found._replace(warnings=[*found.warnings, *said])


class Chosen(t.NamedTuple):
    """A declaration with the options that follow from the role's."""

    wanted: Wanted
    method: t.Optional[str] = None  #: the sync method afterwards, where anybody asks
    pins: t.Sequence[str] = ()  #: inventory hosts that need another rsync for it
    notes: t.Sequence[str] = ()
    warnings: t.Sequence[str] = ()


def _choose(
    wanted: Wanted, current: Current, there: t.Sequence[Node], options: Options, prefix: str, sharded: bool = False
) -> Chosen:
    """How host keys are verified, and the sync method.

    :param sharded: whether one of the volumes is.

    :raises InvalidInput: the sync method cannot work.
    """
    if options.known_hosts_file:
        wanted = wanted._replace(config={**session_options(options.known_hosts_file), **wanted.config})
    chosen = Chosen(wanted)
    if options.sync_method:
        chosen = _choose_method(wanted, current, there, options, prefix, sharded)
    config = effective_config(chosen.wanted, current)
    return chosen._replace(warnings=[*chosen.warnings, *_meta_volume_warnings(config, options.nodes)])


def _choose_method(
    wanted: Wanted, current: Current, there: t.Sequence[Node], options: Options, prefix: str, sharded: bool
) -> Chosen:
    involved = [*nodes_of(PRIMARY, options.nodes), *there]
    choice = choose(involved, options.pin_rsync)
    # null stands for the site's default, which is GlusterFS' own, rsync, unless its gsyncd.conf says otherwise.
    own = (wanted.config["sync-method"] or default_of("sync-method", current.site) or RSYNC) if "sync-method" in wanted.config else None
    now = current.effective.get("sync-method")
    decision = decide_method(own, options.sync_method or "", now, choice, prefer_rsync=options.pin_rsync, sharded=sharded)
    if sharded and own is None and options.sync_method == AUTO and choice.rsync_works is False and current.state is State.ABSENT:
        raise invalid(
            prefix + "primary_volume", wanted.id.primary_volume, f"can be replicated by rsync only, because {SHARDED}. But {choice.why}.",
            "Make rsync work on the secondary nodes. If only the version of rsync is the problem and the nodes use apt, set geo_replication_pin_rsync: true. "
            "The role then installs an older rsync.",
        )
    method = decision.method or own or now or RSYNC
    if decision.method:
        wanted = wanted._replace(config={**wanted.config, "sync-method": decision.method})
    if wanted.config_exclusive and "sync-method" in current.modified:
        # Chosen by an earlier run of the role, which is as good as declared.
        wanted = wanted._replace(config={"sync-method": method, **wanted.config})
    if wanted.state != "stopped":
        _check_program(method, choice.why if decision.method else "", involved, prefix)
    if method == RSYNC:
        _check_existing(wanted, current, choice, prefix)
    # Of another cluster the rsync is as good as it has to be for what goes there.
    pins = [host for host in map(pinnable, there) if host] if method == RSYNC and choose(involved, True).rsync_works else []
    return Chosen(wanted, method, pins, [said for said in (decision.note,) if said], [said for said in (decision.warning,) if said])


def _check_program(method: str, why: str, nodes: t.Sequence[Node], prefix: str) -> None:
    """Without the method's program on each node the workers would be Faulty.

    :param why: for a method that was chosen: why it was.
    """
    without = nodes_without(method, nodes)
    if without:
        program, _fault = PROGRAMS[method]
        chosen = f", and was chosen because {why}" if why else ""
        raise invalid(
            prefix + "config",
            {"sync-method": method},
            f"runs {program}, which is not installed on {', '.join(without)}{chosen}.",
            f"Install {program} on these nodes (apt install {program}), or use another sync-method. Then run again.",
        )


def _check_existing(wanted: Wanted, current: Current, choice: Choice, prefix: str) -> None:
    """Without --existing an rsync that takes / for the volume would write under the nodes' own root directory."""
    name = "rsync-opt-existing"
    if choice.rsync_works is False and truth(effective_config(wanted, current).get(name)) is False:
        sites = truth(current.site.get(name)) is False
        where = "is the default of this site, in /etc/glusterfs/gsyncd.conf" if sites else "is the session's current value"
        raise invalid(
            prefix + "config",
            {name: "false"},
            f"{where}. With it, the rsync of the secondary nodes would write into their root directory.",
            f"Write {name}: {'true' if sites else 'null to reset it'}, or sync-method: tarssh.",
        )


def _secondary_volume(entry: Entry, plan: Plan, cluster: Cluster, nodes: t.Sequence[Node]) -> tuple[Secondary, Volume]:
    """:raises InvalidInput: the secondary host, or the volume there, is at fault.

    :param nodes: of both sites, that were looked at.
    """
    session = plan.wanted.id
    secondary = cluster.secondaries.get(session.secondary_host)
    if secondary is None:
        raise invalid(
            entry.prefix + "secondary_host", session.secondary_host, "has not reported its volumes.",
            "Read the cluster with gluster_georep_info, and list this host in its option secondary_hosts.",
        )
    if secondary.error:
        tls = _tls_differs(nodes)
        raise invalid(
            entry.prefix + "secondary_host", session.secondary_host,
            f"does not report its volumes: {tls or secondary.error}",
            TLS_REMEDY if tls else secondary.remedy or decide.UNREACHED,
        )
    volume = secondary.volume(session.secondary_volume)
    if volume is None and entry.directory is not None:
        name, host = session.secondary_volume, session.secondary_host
        raise invalid(
            entry.prefix + "secondary_directory", entry.directory, f"has no volume on {host} yet, and Ansible does not manage that site.",
            f"Create the volume on {host}, over an empty directory: gluster volume create {name} {host}:{entry.directory} force; gluster volume start {name}. "
            "Or add the host to geo_replication_secondary_hosts: the role then creates the volume.",
        )
    names = [known.name for known in secondary.volumes]
    return secondary, decide.check_destination(plan, volume, cluster, decide.as_read(cluster), entry.prefix, names)


TLS_REMEDY = (
    "Use management TLS on every node of both sites, or on no node. To use it on a node, set up its certificates and create /var/lib/glusterd/secure-access. "
    "To stop using it, remove this file. Then restart glusterd on the nodes that were changed."
)


def _tls_differs(nodes: t.Sequence[Node]) -> str:
    """Which nodes of the two sites use TLS for management connections and which do not; empty if all do the same, or it is not known."""
    known = {node.name: node.tls for node in nodes if node.tls is not None}
    using, others = ([node for node, uses in known.items() if uses is wanted] for wanted in (True, False))
    if not using or not others:
        return ""
    return (
        f"{', '.join(using)} {'uses' if len(using) == 1 else 'use'} TLS for management connections (/var/lib/glusterd/secure-access), and "
        f"{', '.join(others)} {'does' if len(others) == 1 else 'do'} not."
    )


def _check_receives_once(found: Decided, earlier: t.Sequence[Decided]) -> None:
    """Two declared sessions into one volume, by whatever names: a new one would be created over the other.

    A directory on two nodes of a cluster, or on one that goes by two names, gives two volumes of one name: glusterd would refuse the
    second one, with the first one created.
    """
    volume = found.volume
    for other in earlier:
        if volume is None or other.volume is None:
            continue
        if volume.id and volume.id == other.volume.id and (found.seen is None or other.seen is None):
            raise decide.taken(found.entry.prefix + "secondary_volume", volume.name, f"{other.id} ({other.entry.label})")
        if (
            volume.planned and other.volume.planned and not volume.id and volume.name == other.volume.name
            and set(volume.planned.cluster_uuids) & set(other.volume.planned.cluster_uuids)
        ):
            raise invalid(
                found.entry.prefix + "secondary_directory",
                found.entry.directory,
                f"on {found.id.secondary_host} needs a volume with the name {volume.name}. {other.entry.label} on {other.id.secondary_host}, in the same "
                "cluster, needs a volume with this name, too.",
                "Use another directory for one of the two sessions.",
            )


def _check_free(found: Decided, cluster: Cluster) -> None:
    """A session of another cluster shows by its processes on the secondary nodes."""
    if not found.plan.creates:
        return
    own = {peer.uuid for peer in cluster.peers}
    for node in found.there:
        for other in node.receiving:
            if other.secondary_volume == found.id.secondary_volume and other.primary_node_uuid not in own:
                name = f"{other.primary_volume} of {other.primary_node} in another cluster (seen on {node.name})"
                raise decide.taken(found.entry.prefix + "secondary_volume", found.id.secondary_volume, name)


def _file_warnings(found: Decided) -> list[str]:
    """What people should know of a session's files, and of its secondary volume."""
    seen, volume, wanted, current = found.seen, found.volume, found.plan.wanted, found.plan.current
    if seen is None or volume is None:
        return []
    said = []
    if volume.id and seen.secondary_uuid not in (None, volume.id):
        said.append(
            f"The secondary volume {volume.name} was created again after the session: its UUID is {volume.id}, but the session has "
            f"{seen.secondary_uuid}. Files that were copied to the old volume are not copied again automatically. To copy all files to the new volume, delete "
            "the session with reset_sync_time: true, then create it again."
        )
    stale = seen.config.stale if seen.config else ()
    if stale:
        said.append(
            f"The session's configuration file still contains option names from before the upgrade to GlusterFS 10, which gsyncd ignores: "
            f"{', '.join(stale)}. To set these options again, declare {', '.join(modern(name) for name in stale)} in the session's config."
        )
    if not wanted.config_exclusive:
        config = whole_config(wanted, current)
        differences = undeclared_differences(
            config, current.config, current.modified, current.nodes, "the first node", current.site, current.sites
        )
        said += [
            f"{difference}, and the option is not declared. Declare the option (null for the default): the role then sets it on all nodes."
            for difference in differences
        ]
    return said


def _peer_warnings(plan: Plan, cluster: Cluster) -> list[str]:
    down = cluster.peers_down
    if not down or not plan.changed or "peer_down" not in plan.wanted.accept:
        return []
    left = f": {', '.join(plan.left_behind)}" if plan.left_behind else ""
    return [f"{', '.join(down)} cannot be reached, and did not get the changes of this run{left}. Run again when all primary nodes are back."]


def _address_warnings(volume: Volume | None) -> list[str]:
    """Of a session that exists. A new one is refused."""
    return [f"{volume.name} {decide.addressed_words(volume)} {decide.ADDRESSED_REMEDY}"] if volume and decide.addressed(volume) else []


def _meta_volume_warnings(config: t.Mapping[str, t.Any], nodes: t.Sequence[Node]) -> list[str]:
    """use-meta-volume without shared storage makes every worker Faulty."""
    if truth(config.get("use-meta-volume")) is not True:
        return []
    without = [node.name for node in nodes_of(PRIMARY, nodes) if node.shared_storage is False]
    return [f"use-meta-volume is on, and shared storage is not mounted on {', '.join(without)}. {BY_ID['meta-volume'].remedy}"] if without else []


def _orphan_notes(session: SessionId, cluster: Cluster) -> list[str]:
    """The folder of a session that glusterd does not know any more would be in the way of a new one."""
    path = next((path for path in cluster.orphans if path.rsplit("/", 1)[-1] == session.directory), None)
    if path is None:
        return []
    return [
        f"glusterd does not know the session of the folder {path}. This folder is left over, and would be in the way of a new session. "
        f"Run on every primary node: rm -r {path}"
    ]


# --- sessions that are not declared ----------------------------------------------------------------------------------


class Others(t.NamedTuple):
    """The sessions that nobody declared."""

    ids: list[SessionId]
    plans: list[Plan]  #: of those about which something is done
    warnings: list[tuple[SessionId, str]]


def _plan_others(sessions: t.Sequence[Session], cluster: Cluster, options: Options) -> Others:
    """:raises InvalidInput: one of them shares its directory with another."""
    ids = [session.id for session in sessions]
    shared = [(one, identity.sharing(one, cluster.ids)) for one in ids]
    warnings = [(one, identity.shared_words(one, beside)) for one, beside in shared if beside]
    plans = []
    for session in sessions if options.undeclared != KEEP else ():
        plan = plan_session(Wanted(session.id, UNDECLARED[options.undeclared], None), Current(session.state))
        if plan.changed:
            identity.check_apart(session.id, cluster.ids, option="geo_replication_undeclared", value=options.undeclared)
        if not _is_readable(session):
            warnings.append((session.id, f"{session.id} is not declared and cannot be read, so it was left alone. To see why, declare it and run again."))
        elif plan.changed:
            plans.append(plan)
    return Others(ids, plans, warnings)


def _is_readable(session: Session) -> bool:
    try:
        check_session(*session.id)
    except InvalidInput:
        return False
    return session.state is not State.UNREADABLE


# --- all together ----------------------------------------------------------------------------------------------------


def _together(decided: t.Sequence[Decided], others: Others, cluster: Cluster, options: Options) -> RolePlan:
    plans = [one.plan for one in decided]
    staying = [one for one in decided if not one.goes]
    gone = {plan.wanted.id for plan in [*plans, *others.plans] if plan.wanted.state == "absent"}
    left = [session for session in dict.fromkeys([*(one.id for one in decided), *cluster.ids]) if session not in gone]
    unsettled = [one for one in decided if not one.settled]
    directories = {one.id.directory for one in unsettled}
    temporary_names = _names_to_lend(plans, cluster)
    ours = [(one.id, one.plan.wanted.ssh_port or 22, one.secondary, one.volume) for one in staying]
    paths = ssh_paths((session, port, secondary, volume) for session, port, secondary, volume in ours if secondary and volume)
    obsolete, unclear = obsolete_mappings(gone, [*(one.id for one in staying), *(known for known in cluster.ids if known not in gone)], cluster)
    created = [one for one in staying if one.plan.creates]
    versions = {one.id.secondary_host: next((node.glusterfs for node in one.there if node.glusterfs), None) for one in created}
    notes = [(one.id, said) for one in decided for said in one.notes]
    if options.managed is not None:
        notes += [(session, _unclear_words(session)) for session in unclear]
    return RolePlan(
        sessions=[*(one.entry.params(one.plan.wanted) for one in unsettled), *map(_only_state, others.plans)],
        steps=[
            *(_said(plan, step, temporary_names) for plan in plans for step in plan.steps),
            *(f"{plan.wanted.id}: {step}: it is not declared" for plan in others.plans for step in plan.steps),
        ],
        changed=any(plan.changed for plan in [*plans, *others.plans]),
        creates=bool(created),
        doubtful=any(plan.completes or (cluster.peers_down and plan.changed) for plan in plans),
        to_recheck=[heal for plan in plans for heal in _heals(plan)],
        nodes=[files.to_result(directories) for files in cluster.files],
        to_prove=[one.id._asdict() for one in decided if one.owed],
        unwell=[said for one in decided for said in one.unwell],
        targets=paths.targets,
        reached=all_reached(paths.targets, cluster.peers, options.nodes),
        host_names=paths.host_names,
        account_nodes=paths.account_nodes,
        to_protect=_to_protect(staying, options) if options.read_only else [],
        mappings=needed_mappings([one.id for one in staying], cluster),
        obsolete_mappings=[*obsolete, *(by_hand(session) for session in unclear if options.managed is None)],
        mappings_to_verify=[mapping_to_verify(one.id, one.volume) for one in created if one.volume and one.id.secondary_user != "root"],
        pending_volumes=[_pending(one.id, one.volume) for one in staying if one.volume and one.volume.planned and one.volume.planned.coming],
        secondary_versions={host: found for host, found in versions.items() if found},
        versions_to_ask=_versions_to_ask([host for host, found in versions.items() if not found], cluster, options.managed or {}),
        uses_rsync=any(one.method == RSYNC for one in staying),
        pin=list(dict.fromkeys(host for one in staying for host in one.pins)),
        notes=_once(notes, [*left, *gone]),
        warnings=_once([*((one.id, said) for one in decided for said in one.warnings), *others.warnings], [*left, *gone]),
        undeclared=[str(session) for session in others.ids],
        left_alone=[str(session) for session in others.ids if session not in [plan.wanted.id for plan in others.plans]],
        temporary_names=temporary_names,
        to_delete=[*(_going(one, cluster) for one in decided if one.goes), *(_going_too(plan, cluster) for plan in others.plans)],
        remaining=[session._asdict() for session in left],
        abandoned=_abandoned(cluster.recorded_sites, [*left, *gone]) if options.undeclared == "absent" else [],
        # Keys of more nodes than the cluster has: some of them have left.
        departed=not cluster.peers_down and cluster.keyed_nodes > len(cluster.peers),
    )


def _only_state(plan: Plan) -> Item:
    return {**plan.wanted.id._asdict(), "state": plan.wanted.state, "only_state": True}


def _said(plan: Plan, step: Step, temporary_names: t.Sequence[str]) -> str:
    if temporary_names and step.verb == "stop" and plan.current.state is State.UNREADABLE:
        return (
            f"{plan.wanted.id}: stop, if the session runs: its state can be read only if {' and '.join(temporary_names)} can be resolved, which the run "
            f"makes possible"
        )
    return f"{plan.wanted.id}: {step}: {step.why}"


def _once(said: t.Iterable[tuple[SessionId, str]], known: t.Iterable[SessionId]) -> list[str]:
    """What is to be said of several sessions is said once."""
    kept: dict[str, list[SessionId]] = {}
    for session, words in said:
        kept.setdefault(words, []).append(session)
    others = [session._asdict() for session in known]
    names = {words: identity.names_of([session._asdict() for session in sessions], others) for words, sessions in kept.items()}
    return [f"{', '.join(dict.fromkeys(names[words]))}: {words}" for words in kept]


def _unclear_words(session: SessionId) -> str:
    return (
        f"glusterd on {session.secondary_host} does not answer, so it is not known which nodes are in its cluster. The permission of {session.secondary_user} "
        f"to mount {session.secondary_volume} (mountbroker) stays in glusterd.vol of these nodes. Start glusterd on {session.secondary_host}, then run "
        "again."
    )


def _to_protect(staying: t.Sequence[Decided], options: Options) -> list[Item]:
    """Volumes over directories may be of another cluster; they are protected where they are created."""
    found: dict[Uuids, dict[str, str]] = {}
    for one in staying:
        if one.volume and not one.volume.read_only and one.entry.directory is None:
            found.setdefault(uuids_of(one.secondary), {})[one.volume.name] = one.volume.id
    return [
        {"host": next(iter(hosts_in(uuids, options.managed or {})), None), "volumes": sorted(volumes), "uuids": volumes}
        for uuids, volumes in found.items()
    ]


def _pending(session: SessionId, volume: Volume) -> Item:
    """As gluster_georep_session takes it in a check run."""
    planned = volume.to_result()
    return {
        "secondary_host": session.secondary_host,
        "secondary_volume": volume.name,
        **{name: planned[name] for name in ("size", "used", "available", "entries")},
    }


def _versions_to_ask(hosts: t.Sequence[str], cluster: Cluster, managed: Managed) -> list[Item]:
    """Of secondary hosts whose nodes nobody looked at, an inventory host each that can say its GlusterFS version."""
    found = {host: hosts_in(uuids_of(cluster.secondaries.get(host)), managed) for host in hosts}
    return [{"secondary_host": host, "host": nodes[0]} for host, nodes in found.items() if nodes]


def _going(one: Decided, cluster: Cluster) -> Item:
    return {
        **one.id._asdict(), "ssh_port": one.entry.given["ssh_port"], "secondary_writable": one.opens,
        "secondary_volume_id": volume_id(one.id, cluster),
    }  # fmt: skip


def _going_too(plan: Plan, cluster: Cluster) -> Item:
    """A session that nobody declared. If its options were not read, the record of distributed keys may know its port."""
    session = plan.wanted.id
    seen = cluster.find(session)
    port = seen.values.get("ssh-port", "") if seen else ""
    return {
        **session._asdict(), "ssh_port": int(port) if port.isdecimal() else None, "secondary_writable": False,
        "secondary_volume_id": volume_id(session, cluster),
    }  # fmt: skip


def _abandoned(sites: t.Iterable[t.Mapping[str, t.Any]], sessions: t.Iterable[SessionId]) -> list[Item]:
    """Where keys were brought and no session goes any more: a run may have been ended after it had deleted the last one."""
    used = {(identity.spelled(session.secondary_host), session.secondary_user) for session in sessions}
    return [dict(site) for site in sites if (identity.spelled(site["secondary_host"]), site["secondary_user"]) not in used]


def _names_to_lend(plans: t.Sequence[Plan], cluster: Cluster) -> list[str]:
    """Names that have to resolve for a moment, so that sessions of hosts that are gone can be deleted."""
    volumes = {plan.wanted.id.primary_volume for plan in plans if plan.after is State.ABSENT and plan.changed}
    hosts = [session.secondary_host for session in cluster.ids if session.primary_volume in volumes]
    return [host for host in dict.fromkeys(hosts) if host in cluster.unresolved]


# --- what other nodes' files have to say -----------------------------------------------------------------------------


def _heals(plan: Plan) -> list[Item]:
    """What other nodes' files have to say after the run."""
    changes = [step.change for step in plan.steps if step.change is not None]
    return [
        {"directory": plan.wanted.id.directory, "option": change.name, "value": change.after}
        for change in changes
        if change.nodes or plan.completes
    ]


def still_differs(to_recheck: t.Sequence[t.Mapping[str, t.Any]], nodes: t.Sequence[Node]) -> list[str]:
    """Which nodes' files still say something else, in words.

    :param to_recheck: of the plan; :param nodes: the primary nodes after the run.
    """
    found = []
    for node in nodes:
        for heal in to_recheck:
            own = node.sessions.get(heal["directory"])
            if own is None:
                found.append(f"{node.name} still does not know {heal['directory']}")
            elif differs(heal["option"], own.get(heal["option"]), heal["value"], node.site_defaults):
                value = own.get(heal["option"]) or node.site_defaults.get(heal["option"]) or "(default)"
                found.append(f"{heal['option']} of {heal['directory']} is {value} on {node.name}")
    return list(dict.fromkeys(found))
