# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Management TLS on one site only is named, instead of a glusterd that does not answer."""

from __future__ import annotations

import json
import os
import socket
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import PRIMARY, advice
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import management
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.management import speaks_tls
from ansible_collections.glusterops.georep.plugins.module_utils._gluster.runner import GlusterCli
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.cluster import Brick, Cluster, Volume
from ansible_collections.glusterops.georep.plugins.module_utils._model.node import nodes_from
from ansible_collections.glusterops.georep.plugins.module_utils._plan.declaration import read_declaration
from ansible_collections.glusterops.georep.plugins.module_utils._plan.features import unreachable
from ansible_collections.glusterops.georep.plugins.module_utils._plan.role import Options, plan_role
from ansible_collections.glusterops.georep.plugins.module_utils._read.inform import inform
from ansible_collections.glusterops.georep.tests.unit.fake_cluster import World, wanted
from ansible_collections.glusterops.georep.tests.unit.nodes import looked

ENTRY = {"primary_volume": "projects", "secondary_host": "secondary1", "secondary_volume": "projects-dr"}
#: What glusterd 10.3 with TLS answers to a client without a certificate, and without TLS to one that uses it (nothing).
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"


@pytest.fixture
def listen() -> t.Iterator[t.Callable[[bytes | None], int]]:
    """A port that reads once, answers so and closes; with None it never answers."""
    held: list[socket.socket] = []

    def start(answer: bytes | None) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        held.append(server)

        def serve() -> None:
            connection, _address = server.accept()
            held.append(connection)
            if answer is not None:
                connection.recv(4096)
                connection.sendall(answer)
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        return int(server.getsockname()[1])

    yield start
    for one in held:
        one.close()


@pytest.mark.parametrize(
    ("answer", "expected"), [(ALERT, True), (b"", False), (b"HTTP/1.1 400 Bad Request\r\n", False), (None, None)], ids=["alert", "closed", "words", "silent"]
)
def test_whether_a_port_speaks_tls(listen: t.Callable[[bytes | None], int], answer: bytes | None, expected: bool | None) -> None:
    assert speaks_tls("127.0.0.1", listen(answer), timeout=60 if answer is not None else 0.5) is expected


def test_a_port_that_is_closed_tells_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert speaks_tls("127.0.0.1", port, timeout=1) is None
    assert speaks_tls("no such name" + "x" * 80, port, timeout=1) is None


def test_the_file_of_this_node(tmp_path: Path) -> None:
    assert not management.uses_tls(str(tmp_path))
    (tmp_path / "secure-access").touch()
    assert management.uses_tls(str(tmp_path))


SAYS = {
    (False, True): "glusterd on secondary1 uses TLS for management connections (/var/lib/glusterd/secure-access), and this node does not.",
    (True, False): "This node uses TLS for management connections (/var/lib/glusterd/secure-access), and glusterd on secondary1 does not.",
    (True, True): "This node and glusterd on secondary1 use TLS for management connections, and the connection fails.",
    (False, False): "glusterd does not answer on secondary1.",
    (True, None): "glusterd does not answer on secondary1.",
    (False, None): "glusterd does not answer on secondary1.",
}


@pytest.mark.parametrize(("here", "there"), SAYS, ids=[f"B23 here {here}, there {there}" for here, there in SAYS])
def test_what_is_told_of_a_secondary(world: World, monkeypatch: pytest.MonkeyPatch, here: bool, there: bool | None) -> None:
    monkeypatch.setattr(management, "uses_tls", lambda *_folder: here)
    monkeypatch.setattr(management, "speaks_tls", lambda _host: there)
    world.far["secondary1"] = None
    says = SAYS[here, there]
    with pytest.raises(errors.DaemonUnreachable) as caught:
        world.cli().call(["volume", "info"], remote_host="secondary1")
    assert caught.value.message == says and isinstance(caught.value, errors.ManagementTls) is (says != SAYS[False, False])
    info = inform(world.cli(), world, far_hosts=["secondary1"], glusterd_dir=str(world.folder), log_dir=str(world.folder / "log"))
    cluster = Cluster.from_result(json.loads(json.dumps(info)))
    with pytest.raises(errors.InvalidInput) as role:
        plan_role(read_declaration([ENTRY]), cluster, Options())
    assert str(role.value) == f"geo_replication_sessions[0].secondary_host = 'secondary1': does not report its volumes: {says}"
    with pytest.raises(errors.PreconditionFailed) as module:
        world.converge(wanted())
    assert world.mutations == []
    tls = says != SAYS[False, False]
    assert (says in str(module.value)) is tls
    for remedy in (role.value.remedy, module.value.remedy):
        assert ("restart glusterd" in (remedy or "")) is tls and ("24007" in (remedy or "")) is not tls


@pytest.mark.parametrize(("broken", "passes"), [(1, True), (3, True), (4, False)])
def test_a_connection_with_tls_that_breaks_is_made_again(monkeypatch: pytest.MonkeyPatch, broken: int, passes: bool) -> None:
    """Seen on GlusterFS 10.3: one of eight in a second, "decryption failed or bad record mac". Certificates that are wrong break all of them."""
    monkeypatch.setattr(management, "uses_tls", lambda *_folder: True)
    monkeypatch.setattr(management, "speaks_tls", lambda _host: True)
    answers = [(1, "Connection failed. Please check if gluster daemon is operational.\n", "")] * broken + [(0, "UUID\n", "")]
    waited: list[float] = []
    cli = GlusterCli(lambda _argv, **_more: answers.pop(0), lock_patience=0, sleep=waited.append)
    if passes:
        assert cli.read(["pool", "list"], remote_host="secondary1").text == "UUID" and answers == []
    else:
        with pytest.raises(errors.ManagementTls, match="the connection fails"):
            cli.read(["pool", "list"], remote_host="secondary1")
    assert len(waited) == min(broken, 3)


def test_this_node_s_own_glusterd_is_not_asked_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command reaches it through a socket file."""
    monkeypatch.setattr(management, "speaks_tls", lambda _host: pytest.fail("there is nothing to find out"))
    cli = GlusterCli(lambda _argv, **_more: (1, "Connection failed. Please check if gluster daemon is operational.\n", ""), lock_patience=0)
    with pytest.raises(errors.DaemonUnreachable, match="on this node"):
        cli.call(["volume", "info"])


@pytest.mark.parametrize(
    ("near", "far", "says"),
    [
        (False, True, "dr1 uses TLS for management connections (/var/lib/glusterd/secure-access), and p1 does not."),
        (True, False, "p1 uses TLS for management connections (/var/lib/glusterd/secure-access), and dr1 does not."),
        (False, False, "glusterd does not answer on secondary1."),
        (True, True, "glusterd does not answer on secondary1."),
    ],
)  # fmt: skip
def test_b23_by_what_the_nodes_of_both_sites_have(world: World, near: bool, far: bool, says: str) -> None:
    world.far["secondary1"] = None
    info = inform(world.cli(), world, far_hosts=["secondary1"], glusterd_dir=str(world.folder), log_dir=str(world.folder / "log"))
    nodes = [looked("p1", PRIMARY, {"glusterd.tls": near}), looked("dr1", changes={"glusterd.tls": far})]
    with pytest.raises(errors.InvalidInput) as caught:
        plan_role(read_declaration([ENTRY]), Cluster.from_result(info), Options(nodes=nodes_from(nodes)))
    assert str(caught.value).endswith(f"does not report its volumes: {says}")
    assert ("restart glusterd" in (caught.value.remedy or "")) is (near is not far)


# --- mounts, as GlusterFS 10.3 logs them

REFUSED = """\
[2026-11-30 16:07:24.402956 +0000] E [MSGID: 114044] [client-handshake.c:756:client_setvolume_cbk] 0-gv-client-0: SETVOLUME on remote-host failed \
[{remote-error=Authentication failed}, {errno=13}, {error=Permission denied}]
[2026-11-30 16:07:24.402991 +0000] E [fuse-bridge.c:6552:notify] 0-fuse: Server authentication failed. Shutting down.
"""
NO_CERTIFICATE = """\
[2026-11-30 16:07:32.880608 +0000] E [socket.c:4405:ssl_setup_connection_params] 0-gv-client-0: could not load our cert at /usr/lib/ssl/glusterfs.pem
[2026-11-30 16:07:32.880625 +0000] E [socket.c:224:ssl_dump_error_stack] 0-gv-client-0:   error:80000002:system library::No such file or directory
[2026-11-30 16:07:32.883709 +0000] E [fuse-bridge.c:5364:fuse_first_lookup] 0-fuse: first lookup on root failed (Transport endpoint is not connected)
"""
ALERTED = """\
[2026-11-30 16:06:28.877361 +0000] E [socket.c:224:ssl_dump_error_stack] 0-glusterfs:   error:0A000410:SSL routines::sslv3 alert handshake failure
"""
NO_IPV6 = """\
[2026-11-30 20:11:25.147004 +0000] E [MSGID: 101075] [common-utils.c:519:gf_resolve_ip6] 0-resolver: error in getaddrinfo [{family=10}, \
{ret=Temporary failure in name resolution}]
[2026-11-30 20:11:25.147009 +0000] E [name.c:267:af_inet_client_get_remote_sockaddr] 0-v6-client-0: DNS resolution failed on host probe
[2026-11-30 20:11:25.148590 +0000] E [fuse-bridge.c:5364:fuse_first_lookup] 0-fuse: first lookup on root failed (Transport endpoint is not connected)
"""
NO_NAME = NO_IPV6.replace("family=10", "family=2")
NETWORK = """\
[2026-11-30 16:07:49.311763 +0000] E [socket.c:2578:socket_connect_finish] 0-gv-client-0: connection to 192.0.2.1:24007 failed (Connection refused); \
disconnecting socket
"""


@pytest.mark.parametrize(
    ("log", "says"),
    [(REFUSED, "auth.allow, auth.reject or auth.ssl-allow"), (NO_CERTIFICATE, "cannot read a file of its certificate"), (ALERTED, "each other's certificate")],
    ids=["auth", "no certificate", "certificates"],
)
def test_why_a_mount_fails(log: str, says: str) -> None:
    told = advice(errors.MountFailed("The volume cannot be mounted.", remedy="Look at the network.", stderr=log)) or ""
    assert says in told and "It is not the network." in told


@pytest.mark.parametrize(
    ("log", "says"),
    [(NO_IPV6, "probe has no IPv6 address on this node"), (NO_IPV6, "getent ahostsv6 probe"), (NO_NAME, "The name probe cannot be resolved on this node")],
)
def test_a_node_of_the_volume_without_an_address(log: str, says: str) -> None:
    assert says in (advice(errors.MountFailed("The volume cannot be mounted.", remedy="Look at the network.", stderr=log)) or "")


@pytest.mark.parametrize("log", [NETWORK, "", None])
def test_else_the_network_is_the_likeliest(log: str | None) -> None:
    assert advice(errors.MountFailed("The volume cannot be mounted.", remedy="Look at the network.", stderr=log)) == "Look at the network."


@pytest.mark.parametrize(
    ("server", "client", "says"),
    [("on", "off", "server.ssl of the volume gv is on and client.ssl is not"), ("off", "on", "client.ssl of the volume gv is on and server.ssl is not"),
     ("on", "on", None), ("off", "off", None)],
)  # fmt: skip
def test_tls_of_a_volume_at_one_end_only(server: str, client: str, says: str | None) -> None:
    options = {name: value for name, value in (("server.ssl", server), ("client.ssl", client)) if value == "on"}
    told = unreachable(Volume("gv", "id", "Started", "Replicate", [Brick("n1", "/b", "u")], 1, options))
    assert (told is None) if says is None else says in (told or "")


@pytest.mark.parametrize(("family", "says"), [("inet6", "getent ahostsv6 must print an address of each"), ("inet", None), (None, None)])
def test_a_volume_that_is_reached_by_ipv6_only(family: str | None, says: str | None) -> None:
    options = {"transport.address-family": family} if family else {}
    bricks = [Brick(node, path, "u") for node, path in (("n1", "/a"), ("n2", "/a"), ("n1", "/b"))]
    told = unreachable(Volume("gv", "id", "Started", "Distribute", bricks, 1, options))
    assert (told is None) if says is None else says in (told or "") and "nodes of the bricks: n1, n2." in (told or "")


@pytest.mark.parametrize(
    ("options", "offline", "down", "message", "remedy"),
    [
        ({}, False, (), "", "TCP port 24007"),
        ({"server.ssl": "on"}, False, (), "", "server.ssl of the volume projects-dr is on and client.ssl is not"),
        ({"transport.address-family": "inet6"}, False, (), "", "getent ahostsv6"),
        ({}, True, (), "does not accept changes: the bricks secondary1:/bricks/projects-dr, secondary2", "gluster volume start projects-dr force"),
        ({"cluster.server-quorum-type": "server"}, True, (), "does not accept changes", "gluster volume start projects-dr force"),
        ({"cluster.server-quorum-type": "server"}, True, ("secondary2",), "is not connected to secondary1", "Start glusterd on secondary2"),
    ],
)
def test_a_secondary_volume_that_cannot_be_mounted(
    world: World, monkeypatch: pytest.MonkeyPatch, options: dict[str, str], offline: bool, down: tuple[str, ...], message: str, remedy: str
) -> None:
    """Nothing is created, and the message names what is known of the volume rather than the network."""
    there = world.far["secondary1"]
    assert there is not None
    there["projects-dr"].more = options
    world.down.update(down)
    world.offline.update(f"{node}:/bricks/projects-dr" for node in ("secondary1", "secondary2") if offline)
    mounted = os.path.ismount
    monkeypatch.setattr(os.path, "ismount", lambda path: "projects-dr" not in path and mounted(path))
    (entered,) = read_declaration([ENTRY])
    with pytest.raises(errors.MountFailed) as caught:
        world.converge(entered.wanted, check_mode=True)
    assert caught.value.message.startswith("The volume projects-dr of secondary1 cannot be mounted on this node.") and message in caught.value.message
    assert remedy in (caught.value.remedy or "") and ("TCP port" in (caught.value.remedy or "")) is (remedy == "TCP port 24007")
    assert ("force" in (caught.value.remedy or "")) is (offline and not down) and world.mutations == []
