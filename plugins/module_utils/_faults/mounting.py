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
)
