# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that become words of a command line and parts of paths."""

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._model.errors import InvalidInput
from ansible_collections.glusterops.georep.plugins.module_utils._model.identity import (
    SecondaryUrl,
    SessionId,
    adopt,
    adoption,
    alike,
    check_group,
    check_host,
    check_port,
    check_session,
    check_user,
    check_volume,
    known_as,
    parse_secondary_url,
)

UUID = "5d2e3ab6-26ac-4d47-a8b5-6dbd0ff9a1f3"


@pytest.mark.parametrize("name", ["a", "projects", "Projects-2_x", "0", "x" * 255])
def test_volume_names(name: str) -> None:
    assert check_volume("primary_volume", name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-rf",
        "--xml",
        "a b",
        "a;reboot",
        "a:b",
        "a/b",
        "..",
        "a.b",
        "größe",
        "a\n",
        "\na",
        "a\t",
        "x" * 256,
        "$(id)",
        "a'b",
        "*",
        "a=b",
    ],
)
def test_what_is_no_volume_name(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_volume("primary_volume", name)
    assert (caught.value.option, caught.value.value) == ("primary_volume", name)
    assert "gluster volume list" in caught.value.remedy


@pytest.mark.parametrize(
    "name", ["dr1", "dr1.example.org", "dr1.example.org.", "192.0.2.7", "a", "A-b_c", "x" * 63 + ".org", "1a"]
)
def test_hosts(name: str) -> None:
    assert check_host("secondary_host", name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-oProxyCommand=x",
        "-dr1",
        "dr1-",
        "a b",
        "a;b",
        "root@dr1",
        "dr1::vol",
        "dr1:22",
        ":::",
        "a..b",
        ".a",
        "dr1\n",
        "höst",
        "a/b",
        "[dr1]",
        "x" * 254,
        "$(id)",
    ],
)
def test_what_is_no_host(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_host("secondary_host", name)
    assert (caught.value.option, caught.value.value) == ("secondary_host", name)
    assert "IPv6" not in str(caught.value)


@pytest.mark.parametrize("name", ["2001:db8::1", "[2001:db8::1]", "fe80::1%eth0", "::1", "::ffff:192.0.2.1"])
def test_ipv6_literals_get_an_answer_of_their_own(name: str) -> None:
    with pytest.raises(InvalidInput, match="IPv6 literal") as caught:
        check_host("secondary_host", name)
    assert "/etc/hosts" in caught.value.remedy


@pytest.mark.parametrize("name", ["root", "geoaccount", "_x", "a-b_1", "x" * 32, "GeoAccount"])
def test_users(name: str) -> None:
    assert check_user("secondary_user", name) == name


@pytest.mark.parametrize("name", ["geo.account", "Geo.Account", "a.b.c"])
def test_a_dot_in_an_account_gets_an_answer_of_its_own(name: str) -> None:
    with pytest.raises(InvalidInput, match="gluster-mountbroker") as caught:
        check_user("secondary_user", name)
    assert (caught.value.option, caught.value.value) == ("secondary_user", name)


@pytest.mark.parametrize("name", ["geogroup", "geo.group", "GeoGroup", "_x"])
def test_groups(name: str) -> None:
    """A dot does harm in the name of an option of glusterd.vol only."""
    assert check_group("group", name) == name
    for wrong in ("", "a b", "-x", "x\n", "a,b", "#"):
        with pytest.raises(InvalidInput, match="group name"):
            check_group("group", wrong)


@pytest.mark.parametrize("name", ["", "-x", ".x", "svc$", "a b", "a@b", "a;b", "1a", "x" * 33, "root\n", "a:b", "a/b", "%u", "ü"])
def test_what_is_no_user(name: str) -> None:
    with pytest.raises(InvalidInput):
        check_user("secondary_user", name)


@pytest.mark.parametrize(
    ("port", "good"), [(1, True), (22, True), (65535, True), (0, False), (-22, False), (65536, False), (70000, False)]
)
def test_ports(port: int, good: bool) -> None:
    if good:
        assert check_port("ssh_port", port) == port
    else:
        with pytest.raises(InvalidInput, match="ssh_port = "):
            check_port("ssh_port", port)


def test_a_session_names_itself_as_gluster_does() -> None:
    root = check_session("projects", "dr1", "projects-dr")
    other = check_session("projects", "dr1", "projects-dr", "geoaccount")
    assert root == SessionId("projects", "dr1", "projects-dr", "root")
    assert (root.target, str(root), root.directory) == (
        "dr1::projects-dr",
        "projects -> dr1::projects-dr",
        "projects_dr1_projects-dr",
    )
    assert (other.target, other.directory) == ("geoaccount@dr1::projects-dr", "projects_dr1_projects-dr")


@pytest.mark.parametrize(
    ("wrong", "option"),
    [
        (("a b", "dr1", "v", "root"), "sessions[2].primary_volume"),
        (("v", "dr 1", "v", "root"), "sessions[2].secondary_host"),
        (("v", "dr1", "v/", "root"), "sessions[2].secondary_volume"),
        (("v", "dr1", "v", "ro ot"), "sessions[2].secondary_user"),
    ],
)
def test_errors_name_the_option_with_its_place(wrong: tuple[str, str, str, str], option: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_session(*wrong, prefix="sessions[2].")
    assert caught.value.option == option


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ssh://dr1::v", SecondaryUrl("root", "dr1", "v", None)),
        ("ssh://geoaccount@dr1::v", SecondaryUrl("geoaccount", "dr1", "v", None)),
        (f"{UUID}:ssh://dr1.example.org::v-2:{UUID}", SecondaryUrl("root", "dr1.example.org", "v-2", UUID)),
        (f"{UUID}:ssh://geo@192.0.2.7::v", SecondaryUrl("geo", "192.0.2.7", "v", None)),
    ],
)
def test_urls_of_gluster(url: str, expected: SecondaryUrl) -> None:
    assert parse_secondary_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "dr1::v",
        "ssh://dr1:v",
        "ssh://dr1::",
        "ssh://::v",
        "ssh://dr1::v:notauuid",
        "gluster://dr1::v",
        "ssh://dr1::v/x:y:z",
    ],
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(ValueError, match="not a geo-replication URL"):
        parse_secondary_url(url)


# --- one session by several names

SESSION = SessionId("projects", "dr1", "projects-dr")
OTHERS = {
    "alias": SESSION._replace(secondary_host="dr1.example.org"),
    "address": SESSION._replace(secondary_host="192.0.2.7"),
    "account": SESSION._replace(secondary_user="geo"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_may_be_the_same(name: str) -> None:
    assert alike(OTHERS[name], SESSION) and alike(SESSION, OTHERS[name])
    assert known_as([OTHERS[name]], [SESSION]) == {SESSION}


def test_what_is_another_session() -> None:
    assert not alike(SESSION, SESSION)
    for other in (SESSION._replace(primary_volume="homes"), SESSION._replace(secondary_volume="homes-dr")):
        assert not alike(other, SESSION)
        assert known_as([other], [SESSION]) == set()


def test_its_own_name_goes_before_all_others() -> None:
    known = [SESSION, OTHERS["alias"]]
    assert known_as([SESSION], known) == {SESSION}
    assert known_as([OTHERS["address"]], known) == set(known)


def test_adopted_by_the_name_that_gluster_has() -> None:
    assert adopt(OTHERS["alias"], SESSION) is SESSION
    said = adoption(OTHERS["alias"], SESSION)
    assert "projects -> dr1.example.org::projects-dr" in said and "UUID" in said and said.endswith("write secondary_host: dr1.")


def test_never_with_another_account() -> None:
    with pytest.raises(InvalidInput, match="is not the user of the session that exists") as caught:
        adopt(OTHERS["account"]._replace(secondary_host="192.0.2.7"), SESSION, "sessions[1].")
    assert (caught.value.option, caught.value.value) == ("sessions[1].secondary_user", "geo")
    assert "secondary_user: root" in caught.value.remedy
