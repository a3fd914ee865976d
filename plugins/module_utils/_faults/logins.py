# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""Entries of the catalogue about a login from a primary to a secondary node: what ssh says, and what gsyncd's log says of it.

The first expression that matches wins: ssh says several lines, and an early one tells more.
"""

from __future__ import annotations

from .._model.ssh_options import COMMAND, CONNECT, HOST_KEY, KEY, RESOLVE
from .entry import ISSUE, Fault

_PLACE = r"connect to host (?P<host>\S+) port (?P<port>\d+): "


def _login(
    name: str,
    title: str,
    step: str,
    ssh: str,
    shown: str,
    cause: str,
    remedy: str,
    *,
    log: tuple[str, ...] = (),
    checked: str = "the login with each key, from every primary node (gluster_ssh_trust)",
    versions: str = "any",
    reference: tuple[str, ...] = (),
    retry: bool = False,
) -> Fault:
    return Fault(name, title, checked, log, shown, versions, cause, reference, remedy, ssh=(ssh,), step=step, retry=retry)


LOGINS: tuple[Fault, ...] = (
    _login(
        "ssh-config-broken",
        "ssh cannot use its own configuration",
        CONNECT,
        r"Bad configuration option:|terminating, \d+ bad configuration options|Bad owner or permissions on (?P<file>\S+)"
        r"|Can't open user config file|Cannot execute command-line and remote command|(?m:^\S+ line \d+: (?:[Uu]nsupported option|missing argument))",
        "`/root/.ssh/config: line 2: Bad configuration option: foo`, `Bad owner or permissions on /root/.ssh/config`, "
        "`Cannot execute command-line and remote command.`",
        "ssh on this node stops because of an error in its configuration. The workers' ssh reads the same configuration.",
        "Correct the file that ssh names: ~/.ssh/config of root, /etc/ssh/ssh_config, or a file in /etc/ssh/ssh_config.d. It must belong to root and must not "
        "be writable by others. If ssh names no file, remove RemoteCommand from the settings that apply to {host}.",
        log=(
            r"\S+: line \d+: Bad configuration option: ",
            r"terminating, \d+ bad configuration options",
            r"Bad owner or permissions on \S+",
            r"Cannot execute command-line and remote command",
        ),
    ),
    _login(
        "login-shell-refuses",
        "The account on the secondary has a shell that ends every login",
        COMMAND,
        r"account is currently not available",
        "`This account is currently not available.`",
        "{host} accepts the key {key}, but the shell of the account {user} is nologin, which runs no command.",
        "On every secondary node, give the account a shell: usermod --shell /bin/bash {login}.",
    ),
    _login(
        "sftp-only",
        "The account on the secondary may only use SFTP",
        COMMAND,
        r"This service allows sftp connections only",
        "`This service allows sftp connections only.`",
        "{host} accepts the key {key}, but its sshd_config has ForceCommand internal-sftp for the account {user}, so that sshd does not run gsyncd.",
        "In sshd_config of every secondary node, leave the account {login} out of the Match block with ForceCommand.",
    ),
    _login(
        "logins-closed",
        "The secondary node accepts no logins at the moment",
        COMMAND,
        r"[Uu]nprivileged users are not permitted to log in|System is (?:going down|booting up)",
        "`System is going down. Unprivileged users are not permitted to log in anymore.`",
        "{host} accepts no logins except of root at the moment, because it starts up or shuts down (/run/nologin, /etc/nologin).",
        "Wait until {host} has started. If it is up, find out who created /run/nologin or /etc/nologin there, and remove it.",
        log=(r"[Uu]nprivileged users are not permitted to log in",),
        retry=True,
    ),
    _login(
        "name-server-silent",
        "The name of the secondary cannot be resolved at the moment",
        RESOLVE,
        r"Could not resolve hostname .*(Temporary failure|Try again)",
        "`Could not resolve hostname H: Temporary failure in name resolution`",
        "the name {host} cannot be resolved at the moment (the name server does not answer).",
        "Check this node's name servers (/etc/resolv.conf), or put {host} into /etc/hosts on every primary node.",
        log=(r"Could not resolve hostname (?P<host>\S+): (Temporary failure|Try again)",),
        retry=True,
    ),
    _login(
        "name-unknown",
        "The name of the secondary cannot be resolved",
        RESOLVE,
        r"Could not resolve hostname",
        "`Could not resolve hostname H: Name or service not known`",
        "the name {host} cannot be resolved on this node.",
        "Put {host} into DNS or into /etc/hosts on every primary node. gluster uses the names under which the bricks "
        "of the secondary volume were created, even if these are internal names of that site.",
        log=(r"Could not resolve hostname (?P<host>[^\s:]+)",),
    ),
    _login(
        "sshd-unreachable",
        "No SSH server answers at the secondary",
        CONNECT,
        r"Connection refused",
        "status `Faulty`; gsyncd.log: `ssh: connect to host H port 22: Connection refused`",
        "{host} is up but nothing listens on TCP port {port}.",
        "Start sshd on {host}, or set ssh_port to the port on which sshd listens.",
        log=(_PLACE + "Connection refused",),
        checked="the connection to every secondary node, from every primary node (gluster_ssh_trust)",
        versions="any; every worker connects to the secondary host of the session first, so all workers fail if that host is down",
        reference=(ISSUE + "3956",),
    ),
    _login(
        "secondary-silent",
        "The secondary does not answer",
        CONNECT,
        r"connect to host .* Connection timed out|connect to host .* Operation timed out|Connection timed out during",
        "status `Faulty`; gsyncd.log: `ssh: connect to host H port 22: Connection timed out`",
        "{host} does not answer on TCP port {port}.",
        "Check that {host} is up and that firewalls on the way let TCP port {port} through from every primary node.",
        log=(_PLACE + "(Connection|Operation) timed out",),
        checked="the connection to every secondary node, from every primary node (gluster_ssh_trust)",
        reference=(ISSUE + "3956",),
    ),
    _login(
        "no-route",
        "There is no network path to the secondary",
        CONNECT,
        r"No route to host|Network is unreachable|Host is down",
        "status `Faulty`; gsyncd.log: `ssh: connect to host H port 22: No route to host`",
        "there is no network path to {host}.",
        "Check routing and firewalls between this node and {host}, and that {host} is up.",
        log=(_PLACE + "(No route to host|Network is unreachable|Host is down)",),
        checked="the connection to every secondary node, from every primary node (gluster_ssh_trust)",
        reference=(ISSUE + "3956",),
    ),
    _login(
        "firewall-here",
        "A firewall of the primary node forbids the connection",
        CONNECT,
        r"connect to host .* (?:Permission denied|Operation not permitted)",
        "`ssh: connect to host H port 22: Permission denied`",
        "a local firewall rule on this node forbids connections to {host} port {port}.",
        "Allow outgoing TCP to {host} port {port}.",
        log=(_PLACE + "(Permission denied|Operation not permitted)",),
    ),
    _login(
        "host-key-revoked",
        "The host key of the secondary is revoked",
        HOST_KEY,
        r"REVOKED HOST KEY",
        "`WARNING: REVOKED HOST KEY DETECTED!`",
        "the host key of {host} is marked @revoked in {known_hosts}.",
        "Find out why the host key was revoked. Create a new host key on {host}, and add it to known_hosts.",
        log=(r"REVOKED HOST KEY",),
    ),
    _login(
        "known-hosts-unreadable",
        "ssh cannot read the known host keys",
        HOST_KEY,
        r"(?:Could not|can't|cannot) .*load .*known|known_hosts.*Permission denied",
        "`Could not load host keys: known_hosts: Permission denied`",
        "ssh cannot read {known_hosts}.",
        "Run as root (become: true).",
    ),
    _login(
        "host-key-unknown",
        "The host key of the secondary is not known",
        HOST_KEY,
        r"No \S+ host key is known for|Host key verification failed",
        "`No ED25519 host key is known for H and you have requested strict checking.`",
        "the host key of {host} is not in {known_hosts}.",
        "Add the host key of {host} (/etc/ssh/ssh_host_*_key.pub on that node) to the option known_hosts (in the role: geo_replication_known_hosts). Or set "
        "trust_on_first_use: true, and compare the fingerprints afterwards.",
        log=(r"No \S+ host key is known for (?P<host>\S+)",),
    ),
    Fault(
        "host-key",
        "The secondary shows another host key",
        "the host key of every secondary node (gluster_ssh_trust)",
        (r"REMOTE HOST IDENTIFICATION HAS CHANGED", r"Host key for \S+ has changed", r"Host key verification failed"),
        "status `Faulty`; gsyncd.log: `Host key verification failed.`",
        "any",
        "The secondary node was rebuilt, or another machine answers under its name.",
        (),
        "Run gluster_ssh_trust with state: verified, which shows the recorded and the new key. If the new key is right, add it to "
        "geo_replication_known_hosts, or delete the old line from the known_hosts file.",
    ),
    _login(
        "key-open-to-others",
        "Other users can read the private key",
        KEY,
        r"UNPROTECTED PRIVATE KEY FILE|bad permissions",
        "`WARNING: UNPROTECTED PRIVATE KEY FILE!`",
        "ssh refuses the private key {key}: other users of this node can read it.",
        "Allow only root to read it: chmod 0600 {key_file}.",
        log=(r"UNPROTECTED PRIVATE KEY FILE",),
    ),
    _login(
        "key-file-unreadable",
        "The private key cannot be read",
        KEY,
        r"Identity file .* not accessible|Load key .*(?:No such file|Permission denied)",
        "`Warning: Identity file K not accessible: No such file or directory.`",
        "the private key {key_file} on the primary node cannot be read.",
        "On the primary node, check whether the file exists and belongs to root. If it does not exist, create the keys with gluster_georep_keys.",
        log=(r"Identity file (?P<key_file>\S+) not accessible", r"Load key \"(?P<key_file>[^\"]+)\": (No such file|Permission denied)"),
    ),
    _login(
        "key-file-damaged",
        "The private key cannot be used",
        KEY,
        r"Load key .*(?:invalid format|error in libcrypto|incorrect passphrase)",
        "`Load key \"K\": invalid format`",
        "{key_file} is not a private key that ssh can use (damaged, or protected by a passphrase).",
        "Replace this file by a working private key without a passphrase.",
        log=(r"Load key \"(?P<key_file>[^\"]+)\": (invalid format|error in libcrypto|incorrect passphrase)",),
    ),
    _login(
        "too-many-keys",
        "The secondary ends the login because too many keys were offered",
        KEY,
        r"Too many authentication failures",
        "`Received disconnect from H port 22:2: Too many authentication failures`",
        "{host} ended the login after too many keys were offered, or its MaxAuthTries is too low.",
        "On this node, find out which keys ssh offers before the key of geo-replication: IdentityAgent and CertificateFile in ~/.ssh/config of root and in "
        "/etc/ssh/ssh_config, and SSH_AUTH_SOCK in the environment of glusterd. Let a Host block for {host} say IdentitiesOnly yes and IdentityAgent none, "
        "or raise MaxAuthTries in sshd_config of {host}.",
        log=(r"Too many authentication failures",),
    ),
    _login(
        "signature-refused",
        "The secondary accepts no signature algorithm of the key",
        KEY,
        r"no mutual signature|sign_and_send_pubkey|signature algorithm",
        "`sign_and_send_pubkey: no mutual signature supported`",
        "{host} accepts none of the signature algorithms that the key {key} can make.",
        "Usually the key is an old RSA key, and {host} was upgraded. Create new keys, or allow the algorithm on {host} (PubkeyAcceptedAlgorithms in "
        "sshd_config).",
        log=(r"no mutual signature",),
    ),
    _login(
        "key-refused",
        "The secondary refuses the key",
        KEY,
        r"(?m)(?:^|> |@\S+: )Permission denied \([\w,@.-]+\)",
        "status `Faulty`, or it stays `Created`; gsyncd.log up to 10: `ssh> ACCOUNT@H: Permission denied (publickey).`; 11 logs only "
        "`{error=255}`, see [ssh-failed](#ssh-failed)",
        "{host} refuses the key {key} for the account {user}. In most cases the key is not in authorized_keys of this account.",
        "Run the role, or gluster_ssh_trust with state: present. Both put this node's keys into authorized_keys of the account {user} on {host}. If the keys "
        "are in this file already, run gluster_ssh_trust with state: verified on the node of the worker: it reports which step of the login fails. The "
        "account {user} must own its home, .ssh and authorized_keys, and others must not be able to write to them. sshd_config of {host} must allow this "
        "account to log in by key (PermitRootLogin, AllowUsers, PubkeyAuthentication).",
        log=(r"(?P<user>[^\s@]+)@(?P<host>[^\s@]+): Permission denied \([^)\n]*publickey", r"Permission denied \([^)\n]*publickey"),
        versions="any; typical after a node was rebuilt and its keys were created again",
        reference=(ISSUE + "1754", ISSUE + "4439"),
    ),
    _login(
        "no-common-encryption",
        "The two nodes have no encryption settings in common",
        CONNECT,
        r"no matching (?:key exchange|cipher|MAC|host key)|Unable to negotiate|no kex alg|kex_choose",
        "`Unable to negotiate with H port 22: no matching key exchange method found.`",
        "this node and {host} have no encryption settings in common.",
        "Compare 'ssh -Q kex' of this node with 'sshd -T' of {host}. Usually one of the two nodes is much older, or its crypto policy forbids the settings.",
        log=(r"Unable to negotiate with (?P<host>\S+) port", r"no matching (?:key exchange|cipher|MAC|host key)"),
    ),
    _login(
        "login-dropped",
        "The secondary closes the connection before the login",
        CONNECT,
        r"kex_exchange_identification|ssh_exchange_identification|Connection closed|Connection reset|banner exchange|Exceeded MaxStartups",
        "`kex_exchange_identification: Connection closed by remote host`",
        "{host} closed the connection before the login was complete, and did not say why.",
        "On {host}, read what sshd logged at that time (journalctl -t sshd, or /var/log/auth.log or secure). Usual causes: MaxStartups in sshd_config is "
        "too low (many workers log in at once), PerSourcePenalties (OpenSSH 9.8 and newer), fail2ban or tcp wrappers block this node, or PAM refuses the "
        "account (chage -l {login}, /run/nologin, /etc/security/access.conf).",
        log=(r"(kex|ssh)_exchange_identification: ", r"ssh> Connection (closed|reset) by \S+ port \d+", r"banner exchange: Connection to"),
        retry=True,
    ),
)
