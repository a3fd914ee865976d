# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Which trust nobody needs any more: pure decisions over what was read on both sites. Touches nothing.

All sessions of a cluster share its keys. A key line goes where no session that stays uses the account on that node; what
cannot be told for sure stays, and is named.
"""

from __future__ import annotations

import typing as t

from .._model import key_lines
from .._model.cluster import Cluster, Secondary
from .._model.identity import SessionId, session_of, spelled
from .._model.ssh_options import GEOREP_DIR
from .clusters import Managed, apart, goes_to, uuids_of
from .former_volumes import hosts_for, not_opened, set_writable, still_read_only, to_open


class Use(t.NamedTuple):
    """Where the sessions that stay go."""

    node_uuids: dict[str, list[str]]  #: account -> glusterd's UUIDs of the secondary nodes it is used on
    hosts: dict[str, list[str]]  #: account -> every name by which they are reached
    unknown: dict[str, list[str]]  #: account -> sessions of which nobody knows where they go

    @property
    def all_hosts(self) -> list[str]:
        return list(dict.fromkeys(host for found in self.hosts.values() for host in found))

    @property
    def all_accounts(self) -> list[str]:
        return [f"{user}@{host}" for user, found in self.hosts.items() for host in dict.fromkeys(found)]


def use_of(sessions: t.Sequence[SessionId], secondaries: t.Mapping[str, Secondary]) -> Use:
    """By what the secondary clusters told of their volumes."""
    uuids: dict[str, list[str]] = {}
    hosts: dict[str, list[str]] = {}
    unknown: dict[str, list[str]] = {}
    for session in sessions:
        own = hosts.setdefault(session.secondary_user, [])
        own.append(spelled(session.secondary_host))
        secondary = secondaries.get(session.secondary_host)
        volume = secondary.volume(session.secondary_volume) if secondary else None
        if secondary is None or secondary.error or volume is None:
            unknown.setdefault(session.secondary_user, []).append(str(session))
            continue
        own += [key_lines.token(brick.node, 22) for brick in volume.bricks]
        uuids.setdefault(session.secondary_user, []).extend([secondary.node_uuid or "", *(brick.node_uuid for brick in volume.bricks)])
    return Use(
        {user: [uuid for uuid in dict.fromkeys(found) if uuid] for user, found in uuids.items()},
        hosts,
        unknown,
    )


class Lines(t.NamedTuple):
    """The cluster's key lines."""

    ours: list[str]  #: all that may be taken away
    departed: list[str]  #: of those, the keys of nodes that are not in the cluster any more
    strange: list[str]  #: gathered here once, and nobody can tell whose they are: described, not lines


def lines_of(near: t.Sequence[t.Mapping[str, t.Any]], peers: t.Sequence[t.Mapping[str, t.Any]]) -> Lines:
    """What the primary nodes in the play know of their cluster's keys.

    :param near: results of gluster_ssh_trust of the primary nodes; :param peers: the cluster's nodes.
    """
    present = _unique(line for node in near for line in node["own_public_keys"])
    recorded = _unique(line for node in near for line in node["recorded_public_keys"])
    gathered = _unique(line for node in near for line in node["public_keys"])
    identities = {key_lines.identity(line) for line in present}
    known = identities | {key_lines.identity(line) for line in recorded}
    everybody = {peer["uuid"] for peer in peers} == {node["node_uuid"] for node in near}
    departed = [line for line in recorded if key_lines.identity(line) not in identities] if everybody else []
    return Lines(
        # The lines with their forced commands first: they say more where they are shown.
        _unique([*recorded, *(line for line in gathered if key_lines.identity(line) in known), *present]),
        departed,
        key_lines.described(line for line in gathered if key_lines.identity(line) not in known) if everybody else [],
    )


def _unique(lines: t.Iterable[str]) -> list[str]:
    found: dict[t.Any, str] = {}
    for line in lines:
        if key_lines.authorized_key(line) is not None:
            found.setdefault(key_lines.identity(line), line)
    return list(found.values())


def plan_withdrawal(
    plan: t.Mapping[str, t.Any],
    info: t.Mapping[str, t.Any],
    near: t.Sequence[t.Mapping[str, t.Any]],
    far: t.Sequence[t.Mapping[str, t.Any]] = (),
    cleaned: t.Sequence[t.Mapping[str, t.Any]] = (),
    *,
    given_known_hosts: t.Sequence[str] = (),
    managed: bool = True,
    login: bool = False,
    reached: t.Sequence[str] = (),
    unreached: t.Sequence[t.Mapping[str, t.Any]] = (),
    hosts: Managed | None = None,
) -> dict[str, t.Any]:
    """What is to be taken away where, and what stays and why.

    :param plan: the role's plan: which sessions are ``going``, and which ``staying``, those nobody declared among them; and
        where keys were brought that the sessions have ``abandoned``.
    :param info: result of gluster_georep_info.
    :param near: results of gluster_ssh_trust of the primary nodes in the play, which only looked.
    :param far: its results of the secondary nodes that Ansible manages, as far as they were asked.
    :param cleaned: its results of those from which keys of nodes that have left were taken.
    :param given_known_hosts: lines that the user gave for nodes that it does not manage.
    :param login: the user gave a login for those.
    :param reached: hosts of secondary clusters that are logged in to with what the user gave.
    :param unreached: nodes that could not be logged in to, as gluster_ssh_trust names them.
    :param hosts: the inventory hosts of the secondary sites, and which nodes they are.
    """
    absent = plan["to_delete"]
    abandoned = plan.get("abandoned", [])
    stay = [session_of(entry) for entry in plan["remaining"]]
    cluster = Cluster.from_result(info)
    use = use_of(stay, cluster.secondaries)
    lines = lines_of(near, info["peers"])
    looked = [node for node in far if "host_keys" in node]
    accounts = list(dict.fromkeys(entry["secondary_user"] for entry in (*absent, *abandoned)))
    used = {uuid for found in use.node_uuids.values() for uuid in found}
    # Keys that have left may be forgotten only where nobody else holds them any more.
    everywhere = used <= {node["node_uuid"] for node in cleaned if "host_keys" in node} if managed else {s.secondary_host for s in stay} <= set(reached)
    copies = _copies(absent, stay, cluster if managed else cluster._replace(secondaries={}))
    host_keys = _host_keys(near, given_known_hosts)
    sites, logins, aliases = _sites([*absent, *abandoned], near, use, host_keys)
    unseen = _unseen(abandoned, looked, host_keys) if managed else []
    sites = [site for site in sites if _place(site) not in {_place(one) for one in unseen}]
    sites = _without(sites, unreached)
    opened, stays = to_open(absent, stay, cluster, looked, managed)
    lost = {node["item"][0] for node in far if "host_keys" not in node}
    reachable = {node["item"][0]: node["node_uuid"] for node in looked}
    reachable.update((host, uuid) for host, uuid in (hosts or {}).items() if host not in lost)
    missed = [entry for entry in absent if managed and _unmanaged(entry, cluster, looked)]
    sites = [site for site in sites if _place(site)[:2] not in {(spelled(entry["secondary_host"]), entry["secondary_user"]) for entry in missed}]
    notes = [
        f"The keys of this cluster stay in authorized_keys of the account {user} on the secondary nodes. {', '.join(use.unknown[user])} may use these keys, "
        "but it is not known to which host that session replicates."
        for user in accounts
        if user in use.unknown
    ]
    if lines.strange:
        remover = "gluster_georep_authorized_keys" if managed else "gluster_ssh_trust with bootstrap_password"
        notes.append(
            f"These keys were not removed from the secondary nodes, because they are not known to belong to this cluster: {', '.join(lines.strange)}. If a "
            f"node that has left the cluster used these keys, remove them with {remover} (state: absent, public_keys)."
        )
    if managed:
        notes += _not_reached([node["item"] for node in far if "host_keys" not in node], lines.ours)
        notes += _not_reached(
            [(entry["secondary_host"], entry["secondary_user"]) for entry in missed], lines.ours, "Run again with the hosts of that cluster in "
            "geo_replication_secondary_hosts."
        )
        stays += not_opened(opened, reachable)
        notes += [
            f"Keys were copied to {one['secondary_user']} on {', '.join(one['secondary_nodes'])}. No session replicates to these nodes any more, but Ansible "
            "does not manage them, so the keys stay in authorized_keys of this account."
            for one in unseen
        ]
    else:
        notes += aliases if lines.ours else []
        if unreached:
            notes += _not_reached([(one["secondary_host"], one["secondary_user"]) for one in unreached], lines.ours)
        elif not login and logins and lines.ours:
            notes += _by_hand(logins, lines.ours, copies)
    if not managed and opened:
        names = ", ".join(one.volume for one in opened)
        commands = "; ".join(set_writable(one.volume) for one in opened)
        notes.append(f"To make {names} writable for clients, run on the secondary site: {commands}")
    return {
        "accounts": [user for user in accounts if user not in use.unknown],
        "all_accounts": list(dict.fromkeys([*accounts, *(session.secondary_user for session in stay)])),
        "lines": lines.ours,
        "departed": lines.departed,
        "departed_gone": not use.unknown and everywhere,
        "in_use": use.node_uuids,
        "hosts_in_use": use.all_hosts,
        "accounts_in_use": use.all_accounts,
        "copies_of": copies,
        "sites": sites,
        "logins": logins,
        # As long as lines may be left somewhere it is remembered where.
        "forget_sites": (login and not unreached) if not managed else all("host_keys" in node for node in far),
        "forget_host_keys": list(
            dict.fromkeys(key for node in looked if node["node_uuid"] not in used for key in node["host_keys"])
        ),
        "to_open": [
            {"host": host, "volumes": [one.volume], "uuids": {one.volume: one.uuid}} for one in opened if one.uuid for host in hosts_for(one, reachable)
        ],
        "steps": _steps(looked, "that no session needs") + _steps(cleaned, "of nodes that have left"),
        "left": still_read_only(absent, stay, cluster, plan.get("obsolete_directories", ())),
        "notes": notes + stays + [text for node in looked for text in node["leftovers"]],
    }


def _copies(absent: t.Sequence[t.Mapping[str, t.Any]], stay: t.Sequence[SessionId], cluster: Cluster) -> list[dict[str, t.Any]]:
    """The pairs of volumes whose copies of the public keys go, and on which nodes: the same pair may stay on another cluster."""
    found = []
    for entry in absent:
        uuids = uuids_of(cluster.secondaries.get(entry["secondary_host"]))
        pair = {"primary_volume": entry["primary_volume"], "secondary_volume": entry["secondary_volume"]}
        if not any(
            (session.primary_volume, session.secondary_volume) == tuple(pair.values()) and not apart(uuids, goes_to(session, cluster))
            for session in stay
        ):
            found.append({**pair, **({"node_uuids": sorted(uuids)} if uuids else {})})
    return found


def _unmanaged(entry: t.Mapping[str, t.Any], cluster: Cluster, looked: t.Sequence[t.Mapping[str, t.Any]]) -> bool:
    """Whether the cluster of a session that goes is there, and none of the nodes that were looked at is of it."""
    uuids = uuids_of(cluster.secondaries.get(entry["secondary_host"]))
    return bool(uuids and looked) and not any(node["node_uuid"] in uuids for node in looked)


def _host_keys(near: t.Sequence[t.Mapping[str, t.Any]], given: t.Sequence[str]) -> dict[str, set[str]]:
    """Names as known_hosts has them, and their host keys, by all that the primary nodes and the user know."""
    found: dict[str, set[str]] = {}
    for known in (*(node["recorded_host_keys"] for node in near), key_lines.keys_of_names("".join(f"{line}\n" for line in given))):
        for name, host_keys in known.items():
            found.setdefault(name, set()).update(host_keys)
    return found


def _alias_of(host: str, port: int, used: t.Iterable[str], host_keys: t.Mapping[str, set[str]]) -> str | None:
    """The name in use that is the same machine: it shows one of the same host keys, by whatever port."""
    own = host_keys.get(key_lines.token(host, port)) or host_keys.get(key_lines.token(host, 22), set())
    others = [key_lines.host_of(name) for name, shown in host_keys.items() if shown & own]
    return next((name for name in used if name in others), None)


def _place(site: t.Mapping[str, t.Any]) -> tuple[str, str, int]:
    return (spelled(site["secondary_host"]), site["secondary_user"], site["ssh_port"])


def _unseen(
    abandoned: t.Sequence[t.Mapping[str, t.Any]], looked: t.Sequence[t.Mapping[str, t.Any]], host_keys: t.Mapping[str, set[str]]
) -> list[t.Mapping[str, t.Any]]:
    """Those with a node that was not looked at, by its host keys: nobody declared them, so they may be of another site."""
    seen = {key for node in looked for key in node["host_keys"]}
    return [
        site
        for site in abandoned
        if not all(host_keys.get(key_lines.token(name, site["ssh_port"]), set()) & seen for name in site["secondary_nodes"])
    ]


def _places(session: t.Mapping[str, t.Any], recorded: t.Iterable[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Host, account and port; where nobody has said the port, those to which keys were brought."""
    host, user = spelled(session["secondary_host"]), session["secondary_user"]
    if session["ssh_port"] is None:
        return [place for place in recorded if place[:2] == (host, user)] or [(host, user, 22)]
    return [_place(session)]


def _sites(
    absent: t.Sequence[t.Mapping[str, t.Any]],
    near: t.Sequence[t.Mapping[str, t.Any]],
    use: Use,
    host_keys: t.Mapping[str, set[str]],
) -> tuple[list[dict[str, t.Any]], list[dict[str, t.Any]], list[str]]:
    """Whose host keys to forget, whom to log in to, and whom not: the nodes to which keys were brought, and nobody uses any more.

    The far glusterd cannot be asked, it may be gone: the record of what was brought names the nodes. No other node is ever
    sent a password; the host of a session that was made before there was a record is known by its host key. By that, too,
    a node is known that a session that stays uses by another name: its account is the same one.
    """
    recorded: dict[tuple[str, str, int], list[str]] = {}
    for site in (site for node in near for site in node["recorded_sites"]):
        recorded.setdefault(_place(site), []).extend(key_lines.token(name, 22) for name in site["secondary_nodes"])
    sites, logins, notes = [], [], []
    for host, user, port in dict.fromkeys(place for one in absent for place in _places(one, recorded)):
        brought = recorded.get((host, user, port)) or ([host] if key_lines.token(host, port) in host_keys else [])
        nodes = [name for name in dict.fromkeys(brought) if name not in use.hosts.get(user, ())]
        aliases = {name: _alias_of(name, port, use.hosts.get(user, ()), host_keys) for name in nodes}
        account = {"secondary_host": host, "secondary_user": user, "ssh_port": port}
        if host not in use.hosts.get(user, ()):
            sites.append({**account, "secondary_nodes": list(dict.fromkeys([host, *nodes]))})
        notes += [
            f"The keys stay in the account {user} on {name}: {name} has the same host key as {used}, so both names are the same node, and another session "
            "uses it."
            for name, used in aliases.items()
            if used
        ]
        idle = [name for name in nodes if not aliases[name]]
        if idle and user not in use.unknown:
            logins.append({**account, "secondary_nodes": idle})
    return sites, logins, list(dict.fromkeys(notes))


def _without(sites: t.Sequence[dict[str, t.Any]], unreached: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Host keys of nodes that may be back one day are needed to log in then."""
    lost = {_place(one) for one in unreached}
    left = [
        {**site, "secondary_nodes": [node for node in site["secondary_nodes"] if (node, site["secondary_user"], site["ssh_port"]) not in lost]}
        for site in sites
    ]
    return [site for site in left if site["secondary_nodes"]]


def _not_reached(accounts: t.Sequence[t.Sequence[str]], lines: t.Sequence[str], remedy: str = "Run again when these nodes are back.") -> list[str]:
    """Secondary nodes that may be gone for good, or only down."""
    lost = [f"{account} on {host}" for host, account in accounts]
    if not lost or not lines:
        return []
    return [
        f"Could not reach {', '.join(lost)}. authorized_keys of these accounts may still contain these keys of this cluster: "
        f"{', '.join(key_lines.described(lines))}. {remedy}"
    ]


def _by_hand(
    logins: t.Sequence[t.Mapping[str, t.Any]], lines: t.Sequence[str], copies: t.Sequence[t.Mapping[str, t.Any]]
) -> list[str]:
    where = ", ".join(f"{site['secondary_user']} on {node}" for site in logins for node in site["secondary_nodes"])
    users = dict.fromkeys(site["secondary_user"] for site in logins)
    # The end of a key tells it from all others.
    ends = [entry.key.blob[-32:] for entry in map(key_lines.authorized_key, lines) if entry]
    edit = "; ".join(f"\\|{end}|d" for end in dict.fromkeys(ends))
    commands = [f"sed -i '{edit}' ~{user}/.ssh/authorized_keys" for user in users]
    files = [f"{GEOREP_DIR}/{pair['primary_volume']}_{pair['secondary_volume']}_common_secret.pem.pub" for pair in copies]
    return [
        "No login for the secondary nodes is set (geo_replication_bootstrap_password or geo_replication_bootstrap_private_key_file), so these keys stay in "
        f"authorized_keys of {where}: {', '.join(key_lines.described(lines))}. To delete these keys, run as root on these nodes (if AuthorizedKeysFile in "
        f"sshd_config names another file, change the path): {'; '.join([*commands, *(f'rm -f {file}' for file in files)])}"
    ]


def _steps(far: t.Sequence[t.Mapping[str, t.Any]], which: str) -> list[str]:
    found = []
    for node in (node for node in far if "host_keys" in node):
        host, account = node["item"]
        for entry in node["accounts"]:
            if entry["actions"]:
                found.append(f"{account} on {host}: {len(entry['actions'])} key lines deleted {which}")
        found += [f"{host}: {path} removed" for paths in node["before"]["copies"].values() for path in paths]
    return list(dict.fromkeys(found))


def plan_cleanup(
    plan: t.Mapping[str, t.Any],
    near: t.Sequence[t.Mapping[str, t.Any]],
    far: t.Sequence[t.Mapping[str, t.Any]],
    cleaned: t.Sequence[t.Mapping[str, t.Any]],
    *,
    managed: bool,
    login: bool,
    known_hosts: t.Sequence[str],
    unreached: t.Sequence[t.Mapping[str, t.Any]],
    share: t.Mapping[str, t.Sequence[str]],
) -> dict[str, t.Any]:
    """What is to be taken away, with the steps of tasks/withdraw.yml: by what is known of the nodes so far.

    :param far: results of the secondary nodes, each with its ``host`` and ``account`` as ``item``; see :func:`plan_withdrawal` for the others.
    :param share: the secondary hosts that each primary host does.
    """
    reached = [target["secondary_host"] for target in plan["targets"]] if login else []
    found = plan_withdrawal(
        plan, plan["info"], near, _by_pair(far), _by_pair(cleaned), given_known_hosts=known_hosts, managed=managed, login=login,
        reached=reached, unreached=unreached, hosts=plan["node_uuids"],
    )  # fmt: skip
    found["todo"] = {
        "keys": managed and bool(found["accounts"]),
        "departed": managed and bool(found["departed"]),
        "login": not managed and login and bool(found["logins"] and found["lines"]),
        "departed_login": not managed and login and bool(plan["targets"] and found["departed"]),
        "forget": bool(found["sites"] or found["forget_host_keys"] or (found["departed_gone"] and found["departed"])),
        "writable": managed and bool(found["to_open"]),
    }
    found["departed_keys"] = found["departed"] if found["departed_gone"] else []
    found["share"] = {
        primary: {name: [{"host": host, "account": user} for host in hosts for user in found[name]] for name in ("accounts", "all_accounts")}
        for primary, hosts in share.items()
    }
    # A host that has left the play has not done its share, and those that took it over may not have done it yet.
    wanted = {(entry["host"], entry["account"]) for own in found["share"].values() for entry in own["accounts"]}
    found["forget_sites"] = found["forget_sites"] and (not managed or wanted <= {node["item"] for node in _by_pair(far)})
    return found


def _by_pair(answers: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    return [{**answer, "item": (answer["item"]["host"], answer["item"]["account"])} for answer in answers if "item" in answer]
