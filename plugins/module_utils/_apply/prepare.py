# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Before the first command: the plans of the sessions by what gluster says now, and every objection to them."""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import os
import re
import typing as t

from .._faults import site as judge
from .._gluster import peers, volumes
from .._gluster.runner import GlusterCli, Run
from .._gluster.store import GLUSTERD_DIR, read_registered
from .._host import mounts
from .._host.names import unresolved
from .._model import errors, identity
from .._model.cluster import Cluster, SessionFiles, Volume
from .._model.identity import SessionId
from .._model.states import State
from .._plan import decide, eligibility, features
from .._plan.session import Plan, Wanted
from .._read import site as site_of
from .._read.facts import gather
from .._ssh.command import Target, read_secondary_version

#: gluster locks by primary volume, so that sessions of several do not wait for each other. A glusterd does one thing at a time,
#: and while it works on one session, that of another node works on the next.
CHANGES_AT_ONCE = 4


class Settings(t.NamedTuple):
    check_mode: bool = False
    wait: bool = True
    wait_timeout: float = 120.0
    push_pem: bool = False  #: let gluster itself check the far side over SSH and push its keys there
    secondary_version: t.Optional[str] = None  #: GlusterFS version of the secondary site, where known
    #: The same by secondary host, where there are several sites.
    secondary_versions: t.Mapping[str, str] = {}
    may_create: bool = True
    #: What gluster_georep_preflight_info saw of the sessions' files on the primary nodes; without it other nodes' are not seen.
    nodes: t.Sequence[SessionFiles] = ()
    #: In check mode, volumes that the run is going to make first: (host, volume) to what they will be.
    pending: t.Mapping[tuple[str, str], mounts.Usage] = {}
    changes_at_once: int = CHANGES_AT_ONCE
    glusterd_dir: str = GLUSTERD_DIR

    def version_of(self, session: SessionId) -> str | None:
        """GlusterFS version of the cluster that a session goes to."""
        return self.secondary_versions.get(session.secondary_host, self.secondary_version)


class Prepared(t.NamedTuple):
    """What is going to be done; the lists are in the order of the sessions that were asked for."""

    cluster: Cluster
    plans: list[Plan]
    remarks: list[list[str]]  #: what people should know of a session's name
    notes: list[list[str]]  #: objections that were waived


def prepare(cli: GlusterCli, run: Run, wanted: t.Sequence[Wanted], settings: Settings) -> Prepared:
    """Nothing is touched.

    :raises InvalidInput: an option is at fault.
    :raises GeorepError: gluster is, or an objection stands.
    """
    for index, item in enumerate(wanted):
        decide.check_once(f"sessions[{index}]", item.id, {f"sessions[{place}]": other.id for place, other in enumerate(wanted[:index])})
    to_read = identity.known_as([item.id for item in wanted], [entry.id for entry in read_registered(settings.glusterd_dir)])
    cluster = gather(
        cli, run, config_of=lambda session: session in to_read, with_version=True, with_defaults=True, glusterd_dir=settings.glusterd_dir
    )._replace(files=settings.nodes)
    settings = _with_versions(wanted, cluster, settings, run)
    _check_releases(wanted, cluster, settings)
    wanted, remarks = _recognise(cli, wanted, cluster)
    if any(seen.missing for seen in (cluster.find(item.id) for item in wanted) if seen is not None):
        cluster = cluster._replace(peers=peers.read_peers(cli))
    plans = [_plan(item, cluster, settings) for item in wanted]
    notes = _check(cli, run, plans, cluster, settings)
    return Prepared(cluster, plans, remarks, notes)


def _recognise(cli: GlusterCli, wanted: t.Sequence[Wanted], cluster: Cluster) -> tuple[list[Wanted], list[list[str]]]:
    """The sessions by the names that gluster has for them, and what to tell of each; no two of them share anything."""
    ask = functools.partial(far_volume, cli)
    found: dict[str, SessionId] = {}
    recognised = []
    remarks = []
    for index, item in enumerate(wanted):
        known, said = decide.recognise(item, cluster, ask)
        decide.check_once(f"sessions[{index}]", known.id, found, item.id)
        if known.state != "absent" or known.id in cluster.ids:
            identity.check_apart(known.id, cluster.ids)
        found[f"sessions[{index}]"] = known.id
        recognised.append(known)
        remarks.append(said)
    return recognised, remarks


def _with_versions(wanted: t.Sequence[Wanted], cluster: Cluster, settings: Settings, run: Run) -> Settings:
    """With the versions of the secondary hosts of sessions that are to be created, where nobody named them; each host is asked once."""
    asked: dict[str, str] = {}
    for host in dict.fromkeys(item.id.secondary_host for item in wanted):
        new = [item for item in wanted if item.id.secondary_host == host and item.state != "absent" and cluster.find(item.id) is None]
        if new and not settings.version_of(new[0].id):
            asked[host] = _ask_version(run, new[0], settings) or ""
    return settings._replace(secondary_versions={**settings.secondary_versions, **{host: version for host, version in asked.items() if version}})


def _check_releases(wanted: t.Sequence[Wanted], cluster: Cluster, settings: Settings) -> None:
    """Before the secondary is asked for anything: across some releases not even its answers mean what they say.

    :raises PreconditionFailed: no session that is to stay could work. What is to be absent is deleted all the same.
    """
    staying = [item.id for item in wanted if item.state != "absent"]
    for version in dict.fromkeys(map(settings.version_of, staying)):
        apart = eligibility.releases_apart({"the primary": cluster.version}, {"the secondary": version})
        if apart:
            names = ", ".join(str(session) for session in staying if settings.version_of(session) == version)
            raise errors.PreconditionFailed(f"Nothing was changed. {names}: {apart.message}", remedy=apart.remedy, option="secondary_version", value=version)


def _ask_version(run: Run, wanted: Wanted, settings: Settings) -> str | None:
    """For a session that is not there yet, by the key that its workers are going to use; None: there is none, or it does not log in."""
    folder = f"{settings.glusterd_dir}/geo-replication"
    key = f"{folder}/secret.pem"
    if not os.path.exists(key):
        return None
    own = re.search(r"UserKnownHostsFile=(\S+)", wanted.config.get("ssh-options") or "")
    target = Target(wanted.id.secondary_host, wanted.ssh_port or 22, wanted.id.secondary_user)
    return read_secondary_version(run, target, key, own[1] if own else f"{folder}/known_hosts")


def far_uuid(cli: GlusterCli, session: SessionId) -> str | None:
    volume = far_volume(cli, session)
    return volume.id if volume else None


def far_volume(cli: GlusterCli, session: SessionId) -> Volume | None:
    """The secondary volume, asked of the far glusterd on its own port."""
    try:
        found = volumes.read_volumes(cli, session.secondary_volume, remote_host=session.secondary_host)
    except (errors.DaemonUnreachable, errors.CommandTimeout) as exc:
        tls = isinstance(exc, errors.ManagementTls)
        why = exc.message if tls else f"glusterd on that host does not answer this node (session {session})."
        raise errors.PreconditionFailed(
            f"secondary_host = {session.secondary_host!r}: {why}",
            remedy=exc.remedy if tls else decide.UNREACHED,
            command=exc.command, rc=exc.rc, stdout=exc.stdout, stderr=exc.stderr, option="secondary_host", value=session.secondary_host,
        ) from exc
    return found.get(session.secondary_volume)


def _plan(wanted: Wanted, cluster: Cluster, settings: Settings) -> Plan:
    """:raises PreconditionFailed: the session cannot be read."""
    seen = cluster.find(wanted.id)
    session = wanted.id
    plan = decide.plan_one(wanted, cluster, may_create=settings.may_create)
    # One that cannot be read for another reason (no node reports it) may still be deleted.
    if seen is not None and seen.known_here and seen.state is State.UNREADABLE:
        if wanted.state != "absent" or not settings.check_mode:
            _check_names(session, cluster)
        elif unresolved(_neighbours(session, cluster)):
            # The role lends such names for as long as it takes.
            return plan
    if seen is not None and seen.known_here and seen.state is State.UNREADABLE and (wanted.state != "absent" or seen.config is None):
        # A corrupt session hides others of its volume, too; their own options can still be read.
        suspects = [
            other.id.directory
            for other in cluster.sessions
            if other.id.primary_volume == session.primary_volume and other.state is State.UNREADABLE and other.config is None
        ]
        raise errors.PreconditionFailed(
            f"The session {session} is registered with glusterd, but its status cannot be read"
            + (", because its configuration is corrupt" if seen.workers or seen.config is None else "")
            + f". Check {' and '.join(f'geo-replication/{name}/gsyncd.conf' for name in suspects or [session.directory])} "
            + f"below {settings.glusterd_dir} on every node.",
            remedy="Delete the line that gsyncd cannot read (for example a word instead of a number) from that file on every node, then run again. "
            "If no file has such a line, gsyncd itself cannot run, as with Python 3.12 and newer (see python-readfp in "
            "docs/known-faults.md).",
        )
    return plan


def _neighbours(session: SessionId, cluster: Cluster) -> list[SessionId]:
    return [other.id for other in cluster.sessions if other.id.primary_volume == session.primary_volume]


def _check_names(session: SessionId, cluster: Cluster) -> None:
    """:raises PreconditionFailed: a name that cannot be resolved hides all sessions of the volume."""
    lost = unresolved(_neighbours(session, cluster))
    if lost:
        raise errors.PreconditionFailed(
            f"The secondary host {' and '.join(lost)} cannot be resolved on this node. Until the name can be resolved, glusterd finds none of the "
            f"sessions of {session.primary_volume}, and {session} cannot be read.",
            remedy="Make the name resolve on every primary node. If the host is gone for good, give it any address until its session is deleted, "
            f"for example: echo '192.0.2.1 {lost[0]}' >> /etc/hosts on every primary node. The role does this by itself.",
        )


def _check(cli: GlusterCli, run: Run, plans: t.Sequence[Plan], cluster: Cluster, settings: Settings) -> list[list[str]]:
    """Every objection to what is about to be done; the notes say what was waived.

    :raises PreconditionFailed: naming all objections that stand, before anything is touched.
    """
    notes: list[list[str]] = [[] for _plan_ in plans]
    if not any(plan.changed for plan in plans):
        return notes
    down = [peer.name for peer in cluster.peers or peers.read_peers(cli) if not peer.connected]
    creating = [plan for plan in plans if plan.creates]
    ask = functools.partial(far_volume, cli)
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        usages = _Usages(cli, run, pool)
        for (host, volume), usage in settings.pending.items() if settings.check_mode else ():
            usages.take(volume, host, usage)
        for plan in creating:
            usages.prefetch(plan.wanted.id.primary_volume, "localhost")
        for plan in creating:
            if not usages.has(plan.wanted.id.secondary_volume, plan.wanted.id.secondary_host):
                decide.check_destination(plan, ask(plan.wanted.id), cluster, ask)
        for plan in plans:
            if plan.completes:
                _check_same_volume(cli, plan, cluster)
        for plan in creating:
            usages.prefetch(plan.wanted.id.secondary_volume, plan.wanted.id.secondary_host)
        standing: list[str] = []
        for plan, note in zip(plans, notes):
            if not plan.changed:
                continue
            seen = cluster.find(plan.wanted.id)
            # A node that is down is told of by the bricks whose workers are missing.
            hinders = down if seen is not None and seen.missing else []
            found = [
                eligibility.peer_refusal(hinders, (step.verb for step in plan.steps)) or eligibility.peer_objection(down, plan.left_behind)
            ]
            if plan in creating:
                found += _creation_objections(plan, usages, cluster.version, settings.version_of(plan.wanted.id))
            refused = eligibility.refused(found, plan.wanted.accept)
            standing += [f"{plan.wanted.id}: {objection}" for objection in refused]
            note += [f"Accepted ({item.consent}): {item.message}" for item in found if item is not None and item not in refused]
    if standing:
        raise errors.PreconditionFailed("Nothing was changed. " + " ".join(standing))
    return notes


class _Usages:
    """Looks into volumes through mounts, each once, side by side."""

    def __init__(self, cli: GlusterCli, run: Run, pool: concurrent.futures.Executor) -> None:
        self._cli = cli
        self._run = run
        self._pool = pool
        self._jobs: dict[tuple[str, str], concurrent.futures.Future[mounts.Usage]] = {}

    def take(self, volume: str, host: str, usage: mounts.Usage) -> None:
        """What a volume that is not there yet will be."""
        self._jobs[volume, host] = concurrent.futures.Future()
        self._jobs[volume, host].set_result(usage)

    def has(self, volume: str, host: str) -> bool:
        return (volume, host) in self._jobs

    def prefetch(self, volume: str, host: str) -> None:
        key = (volume, host)
        if key not in self._jobs:
            self._jobs[key] = self._pool.submit(mounts.read_usage, self._run, volume, host)

    def read(self, volume: str, host: str) -> mounts.Usage:
        try:
            return self._jobs[volume, host].result()
        except errors.MountFailed as exc:
            lost = self._lost(volume, host)
            if lost:
                exc.message += "".join(f" {trouble.what}" for trouble in lost)
                exc.remedy = " ".join(trouble.remedy for trouble in lost)
            else:
                exc.remedy = self._by_options(volume, host) or exc.remedy
            raise

    def _lost(self, volume: str, host: str) -> list[judge.Trouble]:
        """What is wrong with a secondary volume of which no brick runs: it would not be mounted through any network."""
        found = [] if host == "localhost" else site_of.of_volume(self._cli, host, volume)
        return found if any(trouble.ends for trouble in found) else []

    def _by_options(self, volume: str, host: str) -> str | None:
        """The log of a mount does not say so."""
        with contextlib.suppress(errors.GeorepError):
            remote = None if host == "localhost" else host
            found = volumes.read_volumes(self._cli, volume, remote_host=remote).get(volume)
            return features.unreachable(found) if found else None
        return None


def _check_same_volume(cli: GlusterCli, plan: Plan, cluster: Cluster) -> None:
    """Before a node is told of a session by force: the far volume has to be the one that the others replicate into."""
    session = plan.wanted.id
    seen = cluster.find(session)
    volume = far_volume(cli, session)
    uuid = seen.secondary_uuid if seen else None
    if volume is None or (uuid is not None and uuid != volume.id):
        raise errors.PreconditionFailed(
            f"{session}: {plan.current.incomplete}. This was not corrected, because the session was created for another secondary volume, with the "
            f"UUID {uuid}. The volume {session.secondary_volume} on {session.secondary_host} "
            + (f"has the UUID {volume.id} now." if volume else "does not exist."),
            remedy="If the volume was created again on purpose, declare the session absent with reset_sync_time: true and run. Then declare the "
            "session again and run: everything is copied again.",
        )


def _creation_objections(
    plan: Plan, usages: _Usages, own_version: str, far_version: str | None
) -> list[eligibility.Objection | None]:
    session = plan.wanted.id
    near = usages.read(session.primary_volume, "localhost")
    far = usages.read(session.secondary_volume, session.secondary_host)
    return [
        eligibility.version_objection(own_version, far_version),
        eligibility.size_objection(eligibility.Sizes(*near[:3]), eligibility.Sizes(*far[:3])),
        eligibility.empty_objection(session.secondary_volume, session.secondary_host, far.entries),
    ]
