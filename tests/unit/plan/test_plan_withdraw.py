# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be taken away when sessions go, and above all what may not."""

from __future__ import annotations

import re
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import complete_declared
from ansible_collections.glusterops.georep.plugins.module_utils._plan.withdraw import plan_withdrawal, session_of
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples

UUIDS = {f"{site}{number}": f"{site}-{number}" for site in ("primary", "dr", "east") for number in (1, 2)}
HOST_KEY = samples.public(77).line()


def entry(primary: str = "projects", host: str = "dr1", **more: t.Any) -> dict[str, t.Any]:
    return {"primary_volume": primary, "secondary_host": host, "secondary_volume": f"{primary}-dr", **more}


def registered(*entries: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    return [{"secondary_user": "root", **one} for one in entries]


def far(host: str, *volumes: str, error: str | None = None) -> dict[str, t.Any]:
    site = host.rstrip("12")
    bricks = [{"node": f"{site}{number}", "path": "/brick", "node_uuid": UUIDS[f"{site}{number}"]} for number in (1, 2)]
    return {
        "secondary_host": host, "error": error, "node_uuid": None if error else UUIDS[host],
        "volumes": [{"name": name, "status": "Started", "bricks": bricks} for name in volumes],
    }  # fmt: skip


def node(number: int, *, recorded: t.Sequence[int] = (), gathered: t.Sequence[int] = (), hosts: t.Sequence[str] = ("dr1", "dr2")) -> dict[str, t.Any]:
    return {
        "node_uuid": UUIDS[f"primary{number}"],
        "own_public_keys": [samples.public(number).line(), samples.public(100 + number).line()],
        "recorded_public_keys": lines(*recorded),
        "public_keys": lines(*gathered),
        # Somebody else's may stand there, too.
        "recorded_host_keys": {name: [host_key(name)] for name in (*hosts, "other.example")},
        "recorded_sites": [site(*hosts)] if hosts else [],
    }


def site(*nodes: str, port: int = 22) -> dict[str, t.Any]:
    return {"secondary_host": "dr1", "secondary_user": "root", "ssh_port": port, "secondary_nodes": list(nodes)}


def host_key(name: str) -> str:
    """One of its own for each machine."""
    return samples.public(sum(name.encode()) + 1000).line()


def lines(*numbers: int) -> list[str]:
    return [line for number in numbers for line in (samples.gsyncd_line(number), samples.tar_line(number))]


def secondary(name: str, account: str = "root", **more: t.Any) -> dict[str, t.Any]:
    return {
        "item": [name, account], "node_uuid": UUIDS[name], "host_keys": [HOST_KEY], "receiving": [], "leftovers": [],
        "accounts": [], "before": {"copies": {}}, **more,
    }  # fmt: skip


NEAR = [node(1, recorded=[1, 2], gathered=[1, 2]), node(2, recorded=[1, 2])]


def plan(
    declared: list[dict[str, t.Any]], status: list[dict[str, t.Any]], *secondaries: dict[str, t.Any],
    near: list[dict[str, t.Any]] | None = None, nodes: t.Sequence[dict[str, t.Any]] = (), cleaned: t.Sequence[dict[str, t.Any]] = (),
    **more: t.Any,
) -> dict[str, t.Any]:  # fmt: skip
    peers = [{"name": "localhost", "uuid": UUIDS["primary1"], "connected": True}, {"name": "primary2", "uuid": UUIDS["primary2"], "connected": True}]
    info = {"secondaries": list(secondaries), "peers": peers, "status": [], "volumes": []}
    complete = complete_declared(declared)
    gone = {session_of(one) for one in complete if one["state"] == "absent"}
    stay = [one for one in complete + registered(*status) if session_of(one) not in gone]
    going = [{**one, "secondary_volume_id": f"id of {one['secondary_volume']}"} for one in complete if one["state"] == "absent"]
    sessions = {"to_delete": going, "remaining": stay}
    return plan_withdrawal(sessions, info, NEAR if near is None else near, nodes, cleaned, **more)


def test_the_last_session_takes_everything_along() -> None:
    found = plan([entry(state="absent")], [entry()], nodes=[secondary("dr1"), secondary("dr2")])
    assert found["accounts"] == ["root"] and found["in_use"] == {} and found["hosts_in_use"] == []
    assert found["lines"] == lines(1, 2)
    assert found["copies_of"] == [{"primary_volume": "projects", "secondary_volume": "projects-dr"}]
    assert found["sites"] == [site("dr1", "dr2")] == found["logins"] and found["forget_sites"]
    assert found["forget_host_keys"] == [HOST_KEY]
    assert found["departed"] == [] and found["notes"] == []


def test_a_session_that_stays_keeps_the_nodes_it_uses() -> None:
    declared = [entry(state="absent"), entry("homes")]
    found = plan(declared, [entry(), entry("homes")], far("dr1", "projects-dr", "homes-dr"), nodes=[secondary("dr1"), secondary("dr2")])
    assert found["in_use"] == {"root": [UUIDS["dr1"], UUIDS["dr2"]]}
    assert found["hosts_in_use"] == ["dr1", "dr2"] and found["sites"] == [] and found["logins"] == []
    assert found["forget_host_keys"] == []


def test_one_that_nobody_declared_keeps_them_too() -> None:
    found = plan([entry(state="absent")], [entry(), entry("homes")], far("dr1", "homes-dr"))
    assert found["in_use"] == {"root": [UUIDS["dr1"], UUIDS["dr2"]]}


def test_one_that_goes_elsewhere_does_not() -> None:
    near = [node(1, recorded=[1, 2])]
    near[0]["recorded_sites"].append({**site("east1", "east2"), "secondary_host": "east1"})
    found = plan([entry(state="absent")], [entry(), entry("homes", "east1")], far("east1", "homes-dr"), near=near)
    assert found["in_use"] == {"root": [UUIDS["east1"], UUIDS["east2"]]} and found["accounts"] == ["root"]
    assert found["sites"] == found["logins"] == [site("dr1", "dr2")]


def test_another_account_is_another_matter() -> None:
    declared = [entry(state="absent", secondary_user="geo"), entry("homes")]
    found = plan(declared, [entry(secondary_user="geo"), entry("homes")], far("dr1", "homes-dr"))
    assert found["accounts"] == ["geo"] and "geo" not in found["in_use"]
    assert found["hosts_in_use"] == ["dr1", "dr2"], "the nodes are still reached, by another account"
    assert found["accounts_in_use"] == ["root@dr1", "root@dr2"]
    # That keys were brought to geo is to be forgotten all the same.
    assert found["sites"] == [{**site("dr1"), "secondary_user": "geo"}]


@pytest.mark.parametrize("answer", [far("east1", error="glusterd on that host does not answer"), far("east1")])
def test_where_nobody_knows_where_a_session_goes_everything_stays(answer: dict[str, t.Any]) -> None:
    found = plan([entry(state="absent")], [entry(), entry("homes", "east1")], answer)
    assert found["accounts"] == [] and found["logins"] == [] and not found["departed_gone"]
    assert "homes -> east1::homes-dr" in found["notes"][0]


def test_keys_of_a_node_that_has_left_are_told_by_the_record_alone() -> None:
    near = [node(1, recorded=[1, 2, 3], gathered=[1, 2, 3, 4]), node(2, recorded=[1, 2])]
    cleaned = [secondary("dr1", accounts=[{"actions": ["a"]}]), secondary("dr2")]
    found = plan([entry("homes")], [entry("homes")], far("dr1", "homes-dr"), near=near, cleaned=cleaned)
    assert found["departed"] == lines(3) and found["departed_gone"]
    assert found["steps"] == ["root on dr1: 1 key lines deleted of nodes that have left"] and found["forget_host_keys"] == []
    # Gathered here once, but not in the record: another cluster's, for all we know.
    assert not set(lines(4)) & set(found["lines"])
    [note] = [text for text in found["notes"] if "they are not known to belong to this cluster: " in text]
    assert samples.public(4).fingerprint in note and "AAAA" not in note


def test_as_long_as_a_node_is_not_in_the_play_none_has_left() -> None:
    near = [node(1, recorded=[1, 2, 3], gathered=[1, 2, 3])]
    found = plan([entry("homes")], [entry("homes")], far("dr1", "homes-dr"), near=near)
    assert found["departed"] == [] and found["notes"] == []


def test_departed_keys_are_not_forgotten_while_a_node_was_not_looked_at() -> None:
    near = [node(1, recorded=[1, 2, 3]), node(2)]
    found = plan([entry("homes")], [entry("homes")], far("dr1", "homes-dr"), near=near, cleaned=[secondary("dr1")])
    assert found["departed"] and not found["departed_gone"]
    found = plan([entry("homes")], [entry("homes")], far("dr1", "homes-dr"), near=near, managed=False, reached=["dr1"])
    assert found["departed_gone"]


def test_nodes_that_are_gone_are_named_with_what_may_be_left() -> None:
    found = plan([entry(state="absent")], [entry()], nodes=[secondary("dr1"), {"item": ["dr2", "root"], "unreachable": True}])
    [note] = found["notes"]
    assert not found["forget_sites"]
    assert "root on dr2" in note and samples.public(1).fingerprint in note and "AAAA" not in note


def test_nodes_that_could_not_be_logged_in_to_are_remembered() -> None:
    gone = [{"secondary_host": "dr2", "secondary_user": "root", "ssh_port": 22}]
    found = plan([entry(state="absent")], [entry()], managed=False, login=True, unreached=gone)
    [note] = found["notes"]
    assert "Could not reach root on dr2." in note and samples.public(1).fingerprint in note and "AAAA" not in note
    assert not found["forget_sites"] and found["sites"] == [site("dr1")] and found["logins"] == [site("dr1", "dr2")]
    everything = [{**gone[0], "secondary_host": host} for host in ("dr1", "dr2")]
    assert plan([entry(state="absent")], [entry()], managed=False, login=True, unreached=everything)["sites"] == []


def test_without_a_login_people_are_told_what_to_do() -> None:
    found = plan([entry(state="absent", secondary_writable=True)], [entry()], managed=False)
    text = " ".join(found["notes"])
    assert "root on dr1, root on dr2" in text and "projects_projects-dr_common_secret.pem.pub" in text
    assert "make projects-dr writable for clients, run on the secondary site: gluster volume set projects-dr features.read-only off" in text
    assert not any("No login for the secondary nodes is set" in note for note in plan([entry(state="absent")], [entry()], managed=False, login=True)["notes"])
    assert plan([entry(state="absent")], [], near=[node(1, hosts=[])], managed=False)["notes"] == [], "nobody was ever reached"


def protected(host: str, *volumes: str, read_only: bool = True) -> dict[str, t.Any]:
    found = far(host, *volumes)
    for volume in found["volumes"]:
        volume["read_only"] = read_only
    return found


def test_a_volume_that_stays_read_only_is_told_with_the_command() -> None:
    gone, there = [entry(state="absent")], [entry()]
    told = "clients of projects-dr on dr1 may only read it. To let clients write to it, run on dr1: gluster volume set projects-dr features.read-only off"
    for managed in (True, False):
        assert plan(gone, there, protected("dr1", "projects-dr"), managed=managed)["left"] == [told]
        assert plan(gone, there, protected("dr1", "projects-dr", read_only=False), managed=managed)["left"] == []
        assert plan(gone, there, managed=managed)["left"] == [], "nobody knows"
        assert plan([entry(state="absent", secondary_writable=True)], there, protected("dr1", "projects-dr"), managed=managed)["left"] == []
    other = {**entry("homes"), "secondary_volume": "projects-dr"}
    assert plan(gone, [entry(), other], protected("dr1", "projects-dr"))["left"] == [], "another session replicates into it"


def test_what_people_run_without_a_login_deletes_these_keys_and_no_others(tmp_path: Path) -> None:
    found = plan([entry(state="absent")], [entry()], managed=False)
    (note,) = [note for note in found["notes"] if "No login for the secondary nodes is set" in note]
    (command,) = re.findall(r"sed -i '[^']*' ~root/.ssh/authorized_keys", note)
    assert "rm -f /var/lib/glusterd/geo-replication/projects_projects-dr_common_secret.pem.pub" in note
    keys = tmp_path / "authorized_keys"
    keys.write_text("\n".join([samples.public(5).line(), *lines(1, 3, 2), "# a comment"]) + "\n")
    subprocess.run(["sh", "-c", command.replace("~root/.ssh/authorized_keys", str(keys))], check=True)
    assert keys.read_text().splitlines() == [samples.public(5).line(), *lines(3), "# a comment"]


def test_ports_are_kept_apart() -> None:
    near = [node(1, recorded=[1])]
    near[0]["recorded_sites"] = [site("dr1", "dr2", port=2222), site("dr3")]
    assert plan([entry(state="absent", ssh_port=2222)], [entry()], near=near)["logins"] == [site("dr1", "dr2", port=2222)]


def test_where_nobody_said_the_port_the_record_knows_it() -> None:
    near = [node(1, recorded=[1])]
    near[0]["recorded_sites"] = [site("dr1", "dr2", port=2222), {**site("dr1", port=24), "secondary_user": "geo"}]
    going = {**entry(), "secondary_user": "root", "ssh_port": None, "secondary_writable": False}
    info: dict[str, t.Any] = {"secondaries": [], "peers": [], "status": [], "volumes": []}
    found = plan_withdrawal({"to_delete": [going], "remaining": []}, info, near, managed=False, login=True)
    assert found["logins"] == found["sites"] == [site("dr1", "dr2", port=2222)]
    near[0]["recorded_sites"] = []
    assert plan_withdrawal({"to_delete": [going], "remaining": []}, info, near, managed=False, login=True)["logins"] == [site("dr1")]


def test_where_no_session_goes_any_more_is_finished() -> None:
    """The run that deleted the session was ended before it took the keys away: nothing but the record tells of them."""
    left = {**site("dr1", "dr2"), "secondary_user": "geo"}
    near = [node(1, recorded=[1])]
    near[0]["recorded_sites"] = [site("dr1", "dr2"), left]
    info = {"secondaries": [far("dr1", "projects-dr")], "peers": [], "status": [], "volumes": []}
    sessions = {"to_delete": [], "remaining": registered(entry()), "abandoned": [left]}
    found = plan_withdrawal(sessions, info, near, managed=False, login=True)
    assert found["logins"] == found["sites"] == [left] and found["copies_of"] == [] and found["forget_sites"]

    def looked(*names: str) -> list[dict[str, t.Any]]:
        return [secondary(name, "geo", host_keys=[host_key(name)]) for name in names]

    found = plan_withdrawal(sessions, info, near, looked("dr1", "dr2"))
    assert found["accounts"] == ["geo"] and found["sites"] == [left] and found["notes"] == []
    # A site that is not the one that is managed just now: nobody asked for it, so it is not forgotten unseen.
    for nodes in ([], looked("dr1"), looked("east1", "east2")):
        found = plan_withdrawal(sessions, info, near, nodes)
        assert found["sites"] == [] and ["Keys were copied to geo on dr1, dr2" in note for note in found["notes"]] == [True]


def test_nobody_but_the_nodes_that_were_given_keys_is_logged_in_to() -> None:
    """A password would go there: that a host key is known is not enough."""
    near = [node(1, recorded=[1])]
    near[0]["recorded_sites"] = []
    assert plan([entry(state="absent")], [entry()], near=near, managed=False, login=True)["logins"] == [site("dr1")]
    near[0]["recorded_host_keys"] = {"other.example": [host_key("other.example")]}
    assert plan([entry(state="absent")], [entry()], near=near, managed=False, login=True)["logins"] == []


ALIAS = "dr.example.com"


def by_alias(user: str = "root", port: int = 22) -> list[dict[str, t.Any]]:
    """Keys were brought to dr1 by two names; its host key is known by both."""
    near = [node(1, recorded=[1])]
    name = ALIAS if port == 22 else f"[{ALIAS}]:{port}"
    near[0]["recorded_host_keys"][name] = [host_key("dr1")]
    near[0]["recorded_sites"].append({**site(ALIAS, "dr1", "dr2", port=port), "secondary_host": ALIAS, "secondary_user": user})
    return near


@pytest.mark.parametrize("login", [True, False])
@pytest.mark.parametrize("port", [22, 2222])
def test_the_keys_of_a_session_that_stays_are_not_taken_by_another_name_of_its_host(port: int, login: bool) -> None:
    declared = [entry(), entry("homes", ALIAS, state="absent", ssh_port=port)]
    found = plan(declared, [entry(), entry("homes", ALIAS)], far("dr1", "projects-dr"), near=by_alias(port=port), managed=False, login=login)
    assert found["logins"] == [], "a login there would take the keys of projects away"
    same = f"{ALIAS} has the same host key as dr1, so both names are the same node, and another session uses it."
    assert found["notes"] == [f"The keys stay in the account root on {ALIAS}: {same}"]
    # The name itself is in use by nobody any more.
    assert found["sites"] == [{**site(ALIAS, port=port), "secondary_host": ALIAS}]


def test_another_name_with_another_host_key_or_account_is_another_place() -> None:
    going = [entry("homes", ALIAS)]
    near = by_alias()
    near[0]["recorded_host_keys"][ALIAS] = [host_key("dr3")]
    found = plan([entry(), entry("homes", ALIAS, state="absent")], [entry(), *going], far("dr1", "projects-dr"), near=near, managed=False, login=True)
    assert found["logins"] == [{**site(ALIAS), "secondary_host": ALIAS}] and found["notes"] == []
    # What the user gives counts like what is recorded.
    given = [f"{ALIAS},other {host_key('dr1')}"]
    found = plan(
        [entry(), entry("homes", ALIAS, state="absent")], [entry(), *going], far("dr1", "projects-dr"), near=near, managed=False, login=True,
        given_known_hosts=given,
    )  # fmt: skip
    assert found["logins"] == [] and len(found["notes"]) == 1
    found = plan(
        [entry(), entry("homes", ALIAS, state="absent", secondary_user="geo")], [entry(), entry("homes", ALIAS, secondary_user="geo")],
        far("dr1", "projects-dr"), near=by_alias("geo"), managed=False, login=True,
    )  # fmt: skip
    assert found["logins"][0]["secondary_nodes"] == [ALIAS, "dr1", "dr2"] and found["notes"] == []


def test_a_managed_site_goes_by_what_its_glusterd_says() -> None:
    declared = [entry(), entry("homes", ALIAS, state="absent")]
    found = plan(declared, [entry(), entry("homes", ALIAS)], far("dr1", "projects-dr"), near=by_alias(), nodes=[secondary("dr1")])
    assert found["notes"] == [] and found["in_use"] == {"root": [UUIDS["dr1"], UUIDS["dr2"]]}


def test_what_was_taken_is_said() -> None:
    done = secondary("dr1", accounts=[{"actions": ["a", "b"]}], before={"copies": {"dr1": ["/x/p_s_common_secret.pem.pub"]}})
    found = plan([entry(state="absent")], [entry()], nodes=[done, secondary("dr2")])
    assert found["steps"] == [
        "root on dr1: 2 key lines deleted that no session needs",
        "dr1: /x/p_s_common_secret.pem.pub removed",
    ]


@pytest.mark.parametrize(
    ("declared", "status", "receiving", "opened"),
    [
        ([entry(state="absent")], [entry()], [], []),
        ([entry(state="absent", secondary_writable=True)], [entry()], [], ["projects-dr"]),
        ([entry(state="absent", secondary_writable=True)], [entry(), entry("homes", secondary_volume="projects-dr")], [], []),
        ([entry(state="absent", secondary_writable=True)], [entry()], ["elsewhere"], []),
        # Its own processes are still there in a check run.
        ([entry(state="absent", secondary_writable=True)], [entry()], [UUIDS["primary2"]], ["projects-dr"]),
    ],
)
def test_a_volume_becomes_writable_only_where_nobody_else_writes_to_it(
    declared: list[dict[str, t.Any]], status: list[dict[str, t.Any]], receiving: list[str], opened: list[str]
) -> None:
    others = [
        {"primary_volume": "p", "primary_node": "n", "primary_node_uuid": uuid, "secondary_volume": "projects-dr"} for uuid in receiving
    ]
    found = plan(declared, status, far("dr1", "projects-dr"), nodes=[secondary("dr1", receiving=others)])
    assert [one["volumes"] for one in found["to_open"]] == [[name] for name in opened]
    assert all((one["host"], one["uuids"]) == ("dr1", {"projects-dr": "id of projects-dr"}) for one in found["to_open"])
    asked = any(one.get("secondary_writable") for one in declared)
    assert any("stays read-only" in note for note in found["notes"]) is (asked and not opened)
