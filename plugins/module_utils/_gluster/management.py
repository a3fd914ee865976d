# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Management connections with TLS: glusterd and its clients use it for port 24007 if /var/lib/glusterd/secure-access exists.

If only one of two sites has the file, gluster says ``Connection failed`` and nothing more (seen on GlusterFS 10.3).
"""

from __future__ import annotations

import os
import socket
import ssl
import typing as t

from .store import GLUSTERD_DIR

PORT = 24007
SECURE_ACCESS = "secure-access"
TIMEOUT = 5.0
#: What OpenSSL says of an answer that is no TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNEXPECTED_EOF_WHILE_READING", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")


class Mismatch(t.NamedTuple):
    """Why glusterd of another host does not answer."""

    message: str
    remedy: str
    both: bool = False  #: whether both nodes use TLS


def uses_tls(glusterd_dir: str = GLUSTERD_DIR) -> bool:
    """Whether this node asks glusterd of other hosts with TLS."""
    return os.path.exists(os.path.join(glusterd_dir, SECURE_ACCESS))


def speaks_tls(host: str, port: int = PORT, timeout: float = TIMEOUT) -> bool | None:
    """Whether glusterd of another host answers with TLS; None: its port is not open, or it does not answer in time.

    No certificate is shown or checked. glusterd refuses the connection for that with an alert, which is an answer with TLS, too.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        connection = socket.create_connection((host, port), timeout=timeout)
    except (OSError, UnicodeError):
        return None
    with connection:
        try:
            context.wrap_socket(connection).close()
        except socket.timeout:
            return None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError, ConnectionError):
            return False
        except ssl.SSLError as exc:
            return exc.reason not in _NO_TLS
        except OSError:
            return None
    return True


#: GlusterFS 9 has the folder built in, newer releases that of the OpenSSL they were built with.
_FILES = (
    "/var/lib/glusterd/secure-access and the certificates glusterfs.pem, glusterfs.key and glusterfs.ca (in /etc/ssl for GlusterFS 9, in the folder "
    "that 'openssl version -d' prints for newer releases)"
)


def mismatch(host: str) -> Mismatch | None:
    """Why glusterd of a host did not answer, if management TLS is the cause; None: it is something else, or it cannot be told."""
    there = speaks_tls(host)
    if there is None:
        return None
    here = uses_tls()
    if there and not here:
        return Mismatch(
            f"glusterd on {host} uses TLS for management connections (/var/lib/glusterd/secure-access), and this node does not.",
            f"Use management TLS on every node of both sites, or on none: set up {_FILES} on the nodes of this site, or remove secure-access from the "
            "nodes of the other site. Then restart glusterd on the nodes that were changed.",
        )
    if here and not there:
        return Mismatch(
            f"This node uses TLS for management connections (/var/lib/glusterd/secure-access), and glusterd on {host} does not.",
            f"Use management TLS on every node of both sites, or on none: set up {_FILES} on the nodes of {host}'s cluster, or remove secure-access "
            "from the nodes of this site. Then restart glusterd on the nodes that were changed.",
        )
    if here and there:
        return Mismatch(
            f"This node and glusterd on {host} use TLS for management connections, and the connection fails.",
            "Check the certificates: glusterfs.ca of each site must contain the certificates, or their authority, of the other site. Then restart "
            "glusterd on the nodes that were changed.",
            both=True,
        )
    return None
