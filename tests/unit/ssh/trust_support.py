# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the modules about trust share: a node's keys, and what gluster and ssh say."""

from __future__ import annotations

import os

from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples

POOL = ["gluster", "--mode=script", "--timeout=120", "--", "pool", "list"]
GSYNCD_SAYS = (1, "", "invoking echo in restricted SSH session is not allowed\n")
TAR_SAYS = (0, "tar (GNU tar) 1.34\n", "")
PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ==\n-----END OPENSSH PRIVATE KEY-----\n"
HOST = samples.public(77)


def pool(*states):
    rows = [
        f"21ab0cc1-100f-4c06-9aff-3ba592c9c9{number:02d}\t{f'node{number}' if number else 'localhost'} \t{state} "
        for number, state in reversed(list(enumerate(states)))
    ]
    return (0, "\n".join(["UUID\t\t\t\t\tHostname \tState", *rows]) + "\n", "")


def fill(folder, node=1, gathered=(1, 2)):
    for name, line in (("secret.pem", samples.gsyncd_line(node)), ("tar_ssh.pem", samples.tar_line(node))):
        (folder / name).write_text(PEM)
        os.chmod(folder / name, 0o600)
        (folder / f"{name}.pub").write_text(" ".join(line.split()[-3:]) + "\n")
    if gathered is not None:
        lines = [line for number in gathered for line in (samples.gsyncd_line(number), samples.tar_line(number))]
        (folder / "common_secret.pem.pub").write_text("".join(line + "\n" for line in lines))


def params(folder, **more):
    return {"known_hosts_file": str(folder / "known_hosts"), **more}


def to(*hosts, nodes=None, **more):
    """The option ``secondaries``."""
    return [{"secondary_host": host, **({"secondary_nodes": nodes} if nodes else {}), **more} for host in hosts]


def is_ssh(host, key):
    return lambda argv: argv[0] == "ssh" and argv[-2] == host and argv[argv.index("-i") + 1].endswith("/" + key)
