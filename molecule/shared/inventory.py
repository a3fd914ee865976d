# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the inventory of one lab, which is also the description that the playbooks build the lab from.

inventory.py init --name LAB --release RELEASE --image IMAGE    the four nodes, in a subnet nobody here uses
inventory.py add NODE --release RELEASE --image IMAGE           one more node, in no cluster
inventory.py remove NODE                                        an added node
"""

from __future__ import annotations

import argparse
import hashlib
import ipaddress
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml  # type: ignore[import-untyped]

SITES = {
    "gluster_primary": ("projects", ("primary1", "primary2"), 11),
    "gluster_secondary": ("projects-dr", ("secondary1", "secondary2"), 21),
}
FIRST_EXTRA = 31
HEAD = "---\n# Written by script/lab; the next script/lab up writes it anew.\n"


def output(*argv: str) -> str:
    """Standard output of a command that has to succeed."""
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout


def used_networks() -> list[ipaddress.IPv4Network]:
    """Every IPv4 network that podman or the kernel of this machine knows."""
    found = [route.get("dst", "") for route in json.loads(output("ip", "-json", "-4", "route", "show") or "[]")]
    names = output("podman", "network", "ls", "--format", "{{.Name}}").split()
    if names:
        for network in json.loads(output("podman", "network", "inspect", *names)):
            found += [subnet["subnet"] for subnet in network.get("subnets") or []]
    networks = []
    for text in found:
        try:
            networks.append(ipaddress.IPv4Network(text, strict=False))
        except ValueError:  # "default", IPv6
            continue
    return networks


def free_subnet(name: str) -> ipaddress.IPv4Network:
    """A free 10.x.y.0/24; the name of the lab decides where the search begins, so labs started at once differ."""
    used = used_networks()
    start = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
    for step in range(1 << 16):
        number = (start + step) % (1 << 16)
        candidate = ipaddress.IPv4Network((0x0A000000 + (number << 8), 24))
        if not any(candidate.overlaps(other) for other in used):
            return candidate
    raise SystemExit("error: no free 10.x.y.0/24 on this machine")


def node(name: str, address: ipaddress.IPv4Address, lab: str, release: str, image: str) -> dict[str, str]:
    """Variables of one node."""
    return {
        "ansible_host": str(address),
        "lab_container": f"{lab}-{name}",
        "lab_image": image,
        # Of the address: the others still know the hardware address of a removed node, and need 12 seconds to ask for a new one.
        "lab_mac": "02:00:" + address.packed.hex(":"),
        "lab_release": release,
    }


def init(folder: Path, lab: str, release: str, image: str) -> dict:
    """The inventory of a new lab."""
    subnet = free_subnet(lab)
    groups = {}
    for group, (volume, names, first) in SITES.items():
        groups[group] = {
            "vars": {"lab_site": group, "lab_volume": volume},
            "hosts": {name: node(name, subnet[first + i], lab, release, image) for i, name in enumerate(names)},
        }
    ssh = ("-o", f"UserKnownHostsFile={folder}/known_hosts", "-o", "GlobalKnownHostsFile=/dev/null",
           "-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes")
    variables = {
        "ansible_user": "root",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_private_key_file": f"{folder}/id_ed25519",
        "ansible_ssh_common_args": " ".join(ssh),
        # molecule's own ansible.cfg turns the check off
        "ansible_host_key_checking": True,
        "ansible_ssh_pipelining": True,
        "lab_name": lab,
        "lab_dir": str(folder),
        "lab_subnet": str(subnet),
        "lab_gateway": str(subnet[1]),
    }
    return {"all": {"children": {"gluster": {"vars": variables, "children": groups}}}}


def add(inventory: dict, name: str, release: str, image: str) -> None:
    """Put one more node into the group gluster_extra."""
    gluster = inventory["all"]["children"]["gluster"]
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
        raise SystemExit(f"error: '{name}' is no host name: use small letters, digits and -")
    taken = {}
    for group in gluster["children"].values():
        taken.update(group["hosts"])
    if name in taken:
        raise SystemExit(f"error: the lab already has a node {name}")
    subnet = ipaddress.IPv4Network(gluster["vars"]["lab_subnet"])
    addresses = {host["ansible_host"] for host in taken.values()}
    address = next(subnet[i] for i in range(FIRST_EXTRA, 255) if str(subnet[i]) not in addresses)
    extra = gluster["children"].setdefault("gluster_extra", {"hosts": {}})
    extra["hosts"][name] = node(name, address, gluster["vars"]["lab_name"], release, image)


def remove(inventory: dict, name: str) -> None:
    """Take an added node out again."""
    groups = inventory["all"]["children"]["gluster"]["children"]
    hosts = groups.get("gluster_extra", {}).get("hosts", {})
    if name not in hosts:
        raise SystemExit(f"error: {name} was not added with script/lab add-node")
    del hosts[name]
    if not hosts:
        del groups["gluster_extra"]


def main() -> int:
    """Read, change, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("init", "add", "remove"))
    parser.add_argument("node", nargs="?", default="")
    parser.add_argument("--file", required=True, type=Path)
    parser.add_argument("--name")
    parser.add_argument("--release")
    parser.add_argument("--image")
    args = parser.parse_args()
    if args.verb == "init":
        inventory = init(args.file.parent, args.name, args.release, args.image)
    else:
        inventory = yaml.safe_load(args.file.read_text(encoding="utf-8"))
        if args.verb == "add":
            add(inventory, args.node, args.release, args.image)
        else:
            remove(inventory, args.node)
    part = args.file.with_suffix(".part")
    part.write_text(HEAD + yaml.safe_dump(inventory, sort_keys=False, width=1000), encoding="utf-8")
    os.replace(part, args.file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
