# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Entries of the catalogue that the log of a mount speaks of: what refuses it besides the network. Recorded on GlusterFS 10.3."""

from __future__ import annotations

from .entry import Fault


def _mount(name: str, title: str, log: tuple[str, ...], shown: str, cause: str, remedy: str) -> Fault:
    return Fault(name, title, "the log of a mount that fails", (), shown, "any", cause, (), remedy, mount=log)


MOUNTS: tuple[Fault, ...] = (
    _mount(
        "mount-refused",
        "The volume refuses the node",
        (r"Server authentication failed", r"remote-error=Authentication failed"),
        "a volume cannot be mounted; log of the mount: `SETVOLUME on remote-host failed [{remote-error=Authentication failed}]`",
        "The volume's options auth.allow, auth.reject or auth.ssl-allow do not admit this node. It is not the network.",
        "Read these options (gluster volume get VOLUME all | grep auth), and admit the addresses of all nodes of both sites. The primary nodes also mount the "
        "secondary volume, to check its size before a session is created. auth.reject applies to the volume's own nodes, too.",
    ),
    _mount(
        "mount-without-certificate",
        "A node has no certificate for TLS",
        (r"could not load our cert at \S+", r"could not load private key at \S+", r"could not load CA list"),
        "a volume cannot be mounted; log of the mount: `could not load our cert at /usr/lib/ssl/glusterfs.pem`",
        "The volume (client.ssl, server.ssl) or glusterd (/var/lib/glusterd/secure-access) uses TLS, and GlusterFS cannot read a file of its "
        "certificate on this node. It is not the network.",
        "Put glusterfs.pem, glusterfs.key and glusterfs.ca into the folder that the message names, on every node of both sites.",
    ),
    _mount(
        "mount-tls",
        "TLS between a node and a volume fails",
        (r"SSL connect error", r"ssl_dump_error_stack.*(?:alert|certificate verify failed)"),
        "a volume cannot be mounted; log of the mount: `SSL connect error`, `SSL routines::certificate verify failed`",
        "The node and the volume, or glusterd, do not accept each other's certificate, or only one of them uses TLS. It is not the network.",
        "Compare client.ssl and server.ssl of the volume and /var/lib/glusterd/secure-access on both sites. glusterfs.ca of each node must contain the "
        "certificates of the other nodes, or those of their authority.",
    ),
    _mount(
        "mount-no-ipv6",
        "A node of a volume has no IPv6 address",
        (r"error in getaddrinfo \[\{family=10\}.*\n.*DNS resolution failed on host (?P<node>\S+)",),
        "a volume cannot be mounted; log of the mount: `error in getaddrinfo [{family=10}`, `DNS resolution failed on host secondary1`",
        "{node} has no IPv6 address on this node, and clients reach the bricks of the volume by IPv6 only (its option transport.address-family is inet6).",
        "Add the IPv6 address of each node of the volume to DNS, or to /etc/hosts on every node of both sites (check: getent ahostsv6 {node}). glusterd of "
        "these nodes must listen on IPv6, too: option transport.address-family inet6 in /etc/glusterfs/glusterd.vol.",
    ),
    _mount(
        "mount-name",
        "A node of a volume cannot be resolved",
        (r"DNS resolution failed on host (?P<node>\S+)",),
        "a volume cannot be mounted; log of the mount: `DNS resolution failed on host secondary1`",
        "The name {node} cannot be resolved on this node. The volume has bricks on the node of this name (gluster volume info).",
        "Add the name to DNS, or to /etc/hosts on every node of both sites (check: getent hosts {node}).",
    ),
)
