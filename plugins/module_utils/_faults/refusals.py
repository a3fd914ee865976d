# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Entries of the catalogue that the gluster command alone speaks of. Source: glusterd-geo-rep.c, gverify.sh."""

from __future__ import annotations

from .entry import Fault


def _refusal(name: str, title: str, pattern: str, shown: str, cause: str, remedy: str, versions: str = "any") -> Fault:
    return Fault(name, title, "the error message of the gluster command", (), shown, versions, cause, (), remedy, cli=(pattern,))


REFUSALS: tuple[Fault, ...] = (
    _refusal(
        "volume-unknown",
        "The cluster has no volume of this name",
        r"Volume (name )?\S+ does not exist",
        "a command fails: `Volume projects does not exist`",
        "The cluster that received the command has no volume with this name.",
        "Write the name of a volume of this cluster ('gluster volume list').",
    ),
    _refusal(
        "volume-not-started",
        "The primary volume is not started",
        r"needs to be started before geo-replication start",
        "start fails: `Volume projects needs to be started before geo-replication start`",
        "A session starts only on a volume whose bricks run.",
        "Start the volume: gluster volume start NAME.",
    ),
    _refusal(
        "secondary-volume-unreadable",
        "The secondary volume cannot be read from the primary node",
        r"Unable to get remote volume uuid",
        "create fails: `Unable to get remote volume uuid`",
        "glusterd asks the secondary host for its volumes through TCP port 24007 before it creates a session.",
        "Check that the secondary host's name resolves on every primary node, that its TCP port 24007 is open for this node, and that the secondary volume "
        "exists in its cluster.",
    ),
    _refusal(
        "secondary-host-unresolved",
        "A node cannot resolve the name of a secondary host",
        r"Staging failed on \S+ Error: Geo-replication session between .* does not exist",
        "a command fails: `Staging failed on N Error: Geo-replication session between V and H::V does not exist`",
        "Before it looks for a session, glusterd resolves the secondary hosts of all sessions of the volume. One name that cannot be resolved hides "
        "all these sessions.",
        "The node that this message names cannot resolve the name of a secondary host of this volume. Add the name to DNS, or to /etc/hosts of that node, "
        "then run again.",
    ),
    _refusal(
        "peer-away",
        "A node of the primary volume is down",
        r"Peer \S+, which is a part of \S+ volume, is down",
        "a command fails: `Peer N, which is a part of V volume, is down. Please bring it up and retry`",
        "glusterd changes a session on all nodes of the primary volume, or on none.",
        "Start the node, then run again. To continue without this node now, add peer_down to the session's option accept. Then run again when the node is "
        "back.",
    ),
    _refusal(
        "session-by-another-name",
        "The session already exists, but was created with another name of the secondary host",
        r"is already created! Cannot create with new (secondary|slave)",
        "create fails: `Session between V and H::V is already created! Cannot create with new secondary:H2 again!`",
        "glusterd identifies the secondary volume by its UUID. A session to this volume exists, but with another name of the secondary host.",
        "The session already exists with another name of the host. Use the name that "
        "'gluster volume geo-replication status' shows.",
    ),
    _refusal(
        "no-passwordless-login",
        "create push-pem cannot log in to the secondary",
        r"Passwordless ssh login has not been setup",
        "create fails: `Passwordless ssh login has not been setup with H for user U.`",
        "create push-pem copies the keys over SSH. For that, root of this node must be able to log in to the secondary host with an SSH key and "
        "without a password.",
        "Either set up that SSH login with gluster_ssh_trust and login_key_file. Or create the session with push_pem: false, and "
        "copy the keys with gluster_ssh_trust, as the role does.",
    ),
    _refusal(
        "no-common-keys",
        "The keys of the primary cluster were not generated",
        r"required for push-pem is not present",
        "create fails: `common_secret.pem.pub required for push-pem is not present`",
        "create push-pem copies the public keys of all primary nodes, which were not collected yet.",
        "Generate the keys first: gluster_georep_keys, or gluster system:: execute gsec_create.",
    ),
    _refusal(
        "secondary-not-empty",
        "The secondary volume holds files",
        r"is not empty",
        "create fails: `H::V is not empty. Please delete existing files in H::V and retry`",
        "Files that are in the secondary volume may be overwritten. They are never deleted automatically.",
        "Empty the secondary volume, or set accept: [secondary_not_empty] for the session.",
    ),
    _refusal(
        "secondary-too-small",
        "The secondary volume is smaller than the primary volume",
        r"Total (disk|available) size of (primary|master) is greater",
        "create fails: `Total disk size of primary is greater than disk size of secondary.`",
        "The secondary volume is smaller than the primary volume, so it can become full before everything is copied.",
        "Enlarge the secondary volume, or set accept: [secondary_smaller] for the session.",
    ),
    _refusal(
        "quorum-lost",
        "The primary cluster has lost its quorum",
        r"Quorum not met",
        "a command fails: `Quorum not met. Volume operation not allowed.`",
        "More nodes of the primary cluster are missing than server quorum allows, so glusterd refuses all changes.",
        "Start the nodes of the primary cluster that are down, or start glusterd on them (systemctl start glusterd).",
    ),
)
