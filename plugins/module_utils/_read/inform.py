# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""What the role needs to know of both sites, read on one primary node, as plain data that travels through Ansible."""

from __future__ import annotations

import concurrent.futures
import os
import typing as t

from .._faults import health
from .._gluster.runner import READ_TIMEOUT, GlusterCli, Run
from .._gluster.store import GLUSTERD_DIR, orphans, read_registered
from .._host.names import unresolved
from .._host.processes import monitors
from .._model import key_lines
from .._model.identity import SessionId, check_host, check_session, known_as
from .._model.views import merge
from .._ssh import georep_keys, key_record
from .facts import gather
from .local import read_local
from .logs import LOG_DIR
from .site import PATIENCE, read_site, with_bricks


def inform(
    cli: GlusterCli,
    run: Run,
    *,
    config_of: t.Callable[[SessionId], bool] = lambda _id: True,
    only: t.Callable[[SessionId], bool] = lambda _id: True,
    far_hosts: t.Sequence[str] = (),
    declared: t.Sequence[SessionId] | None = None,
    with_others: t.Callable[[SessionId], bool] | None = None,
    glusterd_dir: str = GLUSTERD_DIR,
    log_dir: str = LOG_DIR,
    far_of_sessions: bool = False,
    with_sessions: bool = True,
    far_bricks: bool = False,
) -> dict[str, t.Any]:
    """Read the primary cluster and the volumes of the named secondary hosts, all side by side.

    :param config_of: of which sessions to read the options; :param only: which sessions to return at all.
    :param far_hosts: hosts whose glusterd is asked for its volumes; one that does not answer is reported, not raised.
    :param far_of_sessions: ask the hosts of the sessions, too.
    :param far_bricks: ask them for the state of their bricks, too. If a session's worker fails, its host is asked for that in any case.
    :param with_sessions: False: the nodes tell of the sessions; here they are left out.
    :param declared: read the options of these, too, and of those that may be the same under another name of the host.
    :param with_others: of which registered sessions the hosts are asked, too; then all their names are tried as well.
    """
    meant: set[SessionId] = set()
    if declared is not None:
        known = [entry.id for entry in read_registered(glusterd_dir)]
        meant = known_as(declared, known)
        # Whether they are the same, the far volume's UUID tells.
        far_hosts = [*far_hosts, *(session.secondary_host for session in known if session in meant and session not in declared and far_hosts)]
    if far_of_sessions:
        far_hosts = [*far_hosts, *(entry.id.secondary_host for entry in read_registered(glusterd_dir) if only(entry.id))]
    registered = [entry.id for entry in read_registered(glusterd_dir)] if with_others else []
    others = [session for session in registered if with_others and with_others(session)]
    lost = unresolved(registered, or_lent=True)
    far_hosts = [*far_hosts, *(session.secondary_host for session in others if session.secondary_host not in lost)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        far_jobs = {host: pool.submit(read_site, cli, host, PATIENCE if far_bricks else READ_TIMEOUT) for host in dict.fromkeys(far_hosts)}
        site = gather(
            cli, run, config_of=lambda session: only(session) and (session in meant or config_of(session)), with_peers=True, with_version=True,
            with_defaults=True,
            with_sessions=with_sessions, glusterd_dir=glusterd_dir,
        )
        far = [job.result() for job in far_jobs.values()]
    view = read_local(only, glusterd_dir=glusterd_dir, log_dir=log_dir)
    folder = os.path.join(glusterd_dir, "geo-replication")
    cluster = site._replace(
        sessions=[session for session in site.sessions if only(session.id)],
        secondaries={secondary.host: secondary for secondary in far},
        unresolved=tuple(lost),
        keyed_nodes=keyed_nodes(folder),
        recorded_sites=recorded_sites(folder),
        orphans=tuple(path for path in orphans(glusterd_dir) if os.path.isfile(os.path.join(path, "gsyncd.conf"))),
    )
    result = cluster.to_result(monitors() if any(seen.record for seen in site.sessions) else {})
    status = merge(result["status"], [view])
    doubtful = {entry["secondary_host"] for entry in status if health.doubtful(entry)}
    looked = {secondary.host: secondary for secondary in with_bricks(cli, [each for each in far if far_bricks or each.host in doubtful])}
    secondaries = [looked.get(secondary.host, secondary).to_result() for secondary in far]
    return {**result, "status": health.judged(status, secondaries), "local": view, "secondaries": secondaries}


def read_declared(
    cli: GlusterCli,
    run: Run,
    *,
    config_of: t.Sequence[t.Mapping[str, t.Any]] | None,
    secondary_hosts: t.Sequence[str] = (),
    undeclared_secondaries: bool = False,
    config: bool = True,
    **more: t.Any,
) -> dict[str, t.Any]:
    """:func:`inform`, asked as a module is: by names of sessions, whole or in part.

    :raises InvalidInput: a name that cannot be one.
    """
    asked_for = among(config_of)
    declared = whole_names(config_of)
    return inform(
        cli,
        run,
        config_of=lambda session: config and asked_for(session),
        declared=declared if config else None,
        far_hosts=[check_host("secondary_hosts", host) for host in secondary_hosts],
        with_others=(lambda session: not among(config_of or [])(session)) if undeclared_secondaries else None,
        **more,
    )


def whole_names(entries: t.Sequence[t.Mapping[str, t.Any]] | None) -> list[SessionId]:
    """The sessions that are named in full: only such a name can be that of a session under another name of its host."""
    whole = [{"secondary_user": "root", **{name: value for name, value in entry.items() if value}} for entry in entries or []]
    return [check_session(**entry) for entry in whole if len(entry) == 4]


def config_wanted(config_of: t.Sequence[t.Mapping[str, t.Any]] | None, glusterd_dir: str = GLUSTERD_DIR) -> t.Callable[[SessionId], bool]:
    """Of which sessions :func:`read_declared` reads the options."""
    asked_for = among(config_of)
    meant = known_as(whole_names(config_of), [entry.id for entry in read_registered(glusterd_dir)])
    return lambda session: session in meant or asked_for(session)


def among(entries: t.Sequence[t.Mapping[str, t.Any]] | None) -> t.Callable[[SessionId], bool]:
    """Whether a session is one of those given; all are, where none were. What an entry leaves out may be anything."""
    for entry in entries or []:
        # Only names that can be: a typing error is told, not taken for a session that is not there.
        check_session(**{name: value or "root" for name, value in entry.items()})
    given = None if entries is None else [{name: value for name, value in entry.items() if value is not None} for entry in entries]
    return lambda session: given is None or any(entry.items() <= session._asdict().items() for entry in given)


def keyed_nodes(folder: str) -> int:
    """Of how many nodes this one knows the geo-replication keys, those that have left among them."""
    record = key_record.read(folder)
    lines = [*(record.lines if record else ()), *georep_keys.common_text(folder).splitlines()]
    return len({key_lines.identity(line) for line in lines} - {None}) // len(georep_keys.PAIRS)


def recorded_sites(folder: str) -> list[dict[str, t.Any]]:
    """Where this cluster has brought its keys, and not taken them away again, as far as this node remembers."""
    record = key_record.read(folder)
    return [site.as_dict() for site in record.destinations] if record else []
