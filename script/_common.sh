#!/usr/bin/env bash
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sourced by the other scripts: places, environment and the checks they share.
# shellcheck shell=bash

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# Nothing that the scripts make lands in the repository; each clone has a place of its own.
WORK=${GEOREP_WORK:-${XDG_CACHE_HOME:-$HOME/.cache}/glusterops-georep/$(printf %s "$ROOT" | sha256sum | cut -c1-8)}
VENV=$WORK/venv
COLLECTIONS=$WORK/collections

mkdir -p "$WORK/lab" "$WORK/ansible/tmp"
WORK=$(cd "$WORK" && pwd -P)

if [ ! -e "$COLLECTIONS/ansible_collections/glusterops/georep/script" ]; then
    mkdir -p "$COLLECTIONS/ansible_collections/glusterops"
    ln -sfn "$ROOT" "$COLLECTIONS/ansible_collections/glusterops/georep"
fi

export ANSIBLE_COLLECTIONS_PATH=$COLLECTIONS
export ANSIBLE_HOME=$WORK/ansible
export ANSIBLE_LOCAL_TEMP=$WORK/ansible/tmp
export ANSIBLE_NOCOWS=1
# podman 5 says this with every command on hosts with cgroups v1
export PODMAN_IGNORE_CGROUPSV1_WARNING=1
export PIP_DISABLE_PIP_VERSION_CHECK=1
PATH=$VENV/bin:$PATH

# The user's own choice, if any; lab_runtime() below writes ours, and only where the host needs it.
HOST_CONTAINERS_CONF=${HOST_CONTAINERS_CONF-${CONTAINERS_CONF-}}
export HOST_CONTAINERS_CONF
if [ -s "$WORK/containers.conf" ]; then
    export CONTAINERS_CONF=$WORK/containers.conf
fi

STEP=0
STEPS=${STEPS:-}

say() { printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# A numbered progress line. Set STEPS to the number of steps to come for "[2/6]".
step() {
    STEP=$((STEP + 1))
    printf '[%s%s] %3ds  %s\n' "$STEP" "${STEPS:+/$STEPS}" "$SECONDS" "$*"
}

# Debian packages, installed where they are missing.
need_packages() {
    local missing=() package
    command -v dpkg-query >/dev/null || die "this needs a Debian system (no dpkg here); install by hand: $*"
    for package in "$@"; do
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
            missing+=("$package")
        fi
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" -eq 0 ] || die "packages are missing; as root run: apt-get install ${missing[*]}"
    say "        installing Debian packages: ${missing[*]}"
    local log=$WORK/apt.log
    {
        apt-get update -q &&
            DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
    } >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "apt-get failed; the whole output is in $log"; }
}

# The development venv, made from the system's Python and requirements-dev.txt.
need_venv() {
    local python=/usr/bin/python3 stamp log=$WORK/venv.log
    [ -x "$python" ] || python=$(command -v python3) || die "no python3 found; install the package python3"
    stamp=$( { "$python" -V; cat "$ROOT/requirements-dev.txt"; } | sha256sum)
    [ "$(cat "$VENV/.stamp" 2>/dev/null)" != "$stamp" ] || return 0
    if [ "$python" = /usr/bin/python3 ] && command -v dpkg-query >/dev/null; then
        need_packages python3-venv
    fi
    say "        installing the tools of requirements-dev.txt into $VENV (about 40 s)"
    rm -rf "$VENV"
    {
        "$python" -m venv "$VENV" &&
            "$VENV/bin/python" -m pip install -q -r "$ROOT/requirements-dev.txt"
    } >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "pip failed; the whole output is in $log"; }
    printf '%s\n' "$stamp" >"$VENV/.stamp"
}

# release -> molecule scenario
lab_scenario() {
    case $1 in
        bookworm | default | debian12) echo default ;;
        bullseye | debian11) echo debian11 ;;
        trixie | debian13) echo debian13 ;;
        *) die "unknown release '$1'; use bookworm, bullseye or trixie" ;;
    esac
}

# molecule scenario -> release
lab_release() {
    case $1 in
        default) echo bookworm ;;
        debian11) echo bullseye ;;
        debian13) echo trixie ;;
        *) die "unknown scenario '$1'" ;;
    esac
}

# Environment of one lab. Argument: release or scenario. GEOREP_LAB=WORD: not the usual lab of the release, but one more.
lab_env() {
    local more=${GEOREP_LAB:+-$GEOREP_LAB}
    [[ $more =~ ^(-[a-z0-9]{1,12})?$ ]] || die "GEOREP_LAB: $GEOREP_LAB is not one short word of a-z and 0-9"
    LAB_SCENARIO=$(lab_scenario "$1")
    LAB_RELEASE=$(lab_release "$LAB_SCENARIO")
    LAB_NAME=georep-$(printf %s "$WORK" | sha256sum | cut -c1-8)-$LAB_SCENARIO$more
    LAB_DIR=$WORK/lab/$LAB_SCENARIO$more
    LAB_INVENTORY=$LAB_DIR/inventory.yml
    LAB_LABEL=glusterops.georep.lab=$LAB_NAME
    export LAB_SCENARIO LAB_RELEASE LAB_NAME LAB_DIR LAB_INVENTORY LAB_LABEL
    export MOLECULE_EPHEMERAL_DIRECTORY=$WORK/molecule/$LAB_SCENARIO$more
    export MOLECULE_GLOB='molecule/*/molecule.yml'
}

# A running lab for the caller, who then uses $LAB_INVENTORY. Argument: release (default bookworm).
need_lab() {
    "$ROOT/script/lab" up --release "${1:-bookworm}" || die "the lab did not come up"
    if [ -s "$WORK/containers.conf" ]; then
        export CONTAINERS_CONF=$WORK/containers.conf
    fi
    lab_env "${1:-bookworm}"
}
