# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a worker's log says: each entry of the catalogue with a whole excerpt, and excerpts that must not be explained wrongly."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import BY_ID, FAULTS, explain
from ansible_collections.glusterops.georep.plugins.module_utils._faults.entry import LOG, Fault
from ansible_collections.glusterops.georep.plugins.module_utils._model.gsyncd_log import last_words
from ansible_collections.glusterops.georep.tests.unit.gsyncd_logs import BRICK, LOCAL, OPTIONS, RECV, Log, recorded_log
from ansible_collections.glusterops.georep.tests.unit.recorded import FOLDER, VERSIONS

CASES = FOLDER / "cases"


def found_in(log: Log | str, brick: str | None = BRICK) -> Fault | None:
    words = last_words(str(log), brick)
    return explain(words.text, LOG) if words else None


def named(log: Log | str, brick: str | None = BRICK) -> str | None:
    found = found_in(log, brick)
    return found.id if found else None


def told(log: Log | str, brick: str | None = BRICK) -> str:
    """Cause and remedy."""
    found = found_in(log, brick)
    return f"{found.cause} {found.remedy}" if found else ""


def said(log: Log | str, brick: str | None = BRICK) -> str | None:
    words = last_words(str(log), brick)
    return words.line if words else None


# --- each entry, as gsyncd comes to write it

Write = t.Callable[[Log], Log]


def at_login(code: int, *output: str) -> Write:
    return lambda log: log.starts().connects().ssh_ends(code, *output).died()


def at_work(write: Write) -> Write:
    """After an hour of work: the monitor says no more than that the worker is Faulty."""
    return lambda log: write(log.starts().works()).faulty()


def rsync(code: int, *output: str) -> Write:
    return at_work(lambda log: log.rsync_ends(code, *output))


def at_mount(write: Write) -> Write:
    return lambda log: write(log.starts().connected()).died()


def of_monitor(write: Write) -> Write:
    return write


CHANGED = (
    "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@",
    "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
    "Offending ED25519 key in /root/.ssh/known_hosts:1",
    "Host key for dr1 has changed and you have requested strict checking.",
    "Host key verification failed.",
)
OPEN_KEY = (
    "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @",
    "Permissions 0644 for '/k/secret.pem' are too open.",
    'Load key "/k/secret.pem": bad permissions',
    "root@dr1: Permission denied (publickey).",
)
NO_SPACE = "OSError: [Errno 28] No space left on device"
MARK = (("resource.py", 345, "set_entry_stime", "errno_wrap(Xattr.lsetxattr,"), ("libcxattr.py", 38, "raise_oserr", "raise OSError(errn, os.strerror(errn))"))
TRIPPED = "TypeError: a bytes-like object is required, not 'str'"

EXCERPTS: list[tuple[str, Write]] = [
    # What ssh says of the login.
    ("name-server-silent", at_login(255, "ssh: Could not resolve hostname dr1: Temporary failure in name resolution")),
    ("name-unknown", at_login(255, "ssh: Could not resolve hostname dr1: Name or service not known")),
    ("sshd-unreachable", at_login(255, "ssh: connect to host dr1 port 22: Connection refused")),
    ("secondary-silent", at_login(255, "ssh: connect to host dr1 port 22: Connection timed out")),
    ("no-route", at_login(255, "ssh: connect to host dr1 port 22: No route to host")),
    ("firewall-here", at_login(255, "ssh: connect to host dr1 port 22: Permission denied")),
    ("host-key-revoked", at_login(255, "@       WARNING: REVOKED HOST KEY DETECTED!               @", "Host key verification failed.")),
    ("host-key", at_login(255, *CHANGED)),
    ("host-key", at_login(255, "Host key verification failed.")),
    (
        "host-key-unknown",
        at_login(255, "No ED25519 host key is known for dr1 and you have requested strict checking.", "Host key verification failed."),
    ),
    ("key-open-to-others", at_login(255, *OPEN_KEY)),
    (
        "key-file-unreadable",
        at_login(255, "Warning: Identity file /k/secret.pem not accessible: No such file or directory.", "root@dr1: Permission denied (publickey)."),
    ),
    ("key-file-unreadable", at_login(255, 'Load key "/k/secret.pem": Permission denied', "root@dr1: Permission denied (publickey).")),
    ("key-file-damaged", at_login(255, 'Load key "/k/secret.pem": error in libcrypto', "root@dr1: Permission denied (publickey).")),
    ("too-many-keys", at_login(255, "Received disconnect from 192.0.2.21 port 22:2: Too many authentication failures", "Disconnected from 192.0.2.21 port 22")),
    (
        "signature-refused",
        at_login(255, "sign_and_send_pubkey: no mutual signature supported", "root@dr1: Permission denied (publickey,password)."),
    ),
    ("key-refused", at_login(255, "root@dr1: Permission denied (publickey,password).")),
    ("key-refused", at_login(255, "Permission denied (gssapi-keyex,publickey).")),
    ("second-factor", at_login(255, "geoaccount@dr1: Permission denied (keyboard-interactive).")),
    ("second-factor", at_login(255, "geoaccount@dr1: Permission denied (password,keyboard-interactive).")),
    ("password-expired", at_login(1, "WARNING: Your password has expired.", "Password change required but no TTY available.")),
    ("password-expired", at_login(1, "You are required to change your password immediately (administrator enforced).")),
    ("account-expired", at_login(255, "Your account has expired; please contact your system administrator.", "Connection closed by 192.0.2.21 port 22")),
    ("account-unusable", at_login(1, "This account is currently not available.")),
    ("no-common-encryption", at_login(255, "Unable to negotiate with 192.0.2.21 port 22: no matching key exchange method found. Their offer: x")),
    ("login-dropped", at_login(255, "kex_exchange_identification: Connection closed by remote host", "Connection closed by 192.0.2.21 port 22")),
    ("login-dropped", at_login(255, "Connection reset by 192.0.2.21 port 22")),
    ("logins-closed", at_login(255, "Unprivileged users are not permitted to log in yet.", "Connection closed by 192.0.2.21 port 22")),
    ("ssh-config-broken", at_login(255, "/root/.ssh/config: line 2: Bad configuration option: foo")),
    ("ssh-config-broken", at_login(255, "Bad owner or permissions on /root/.ssh/config")),
    ("ssh-config-broken", at_login(255, "Cannot execute command-line and remote command.")),
    ("ssh-failed", at_login(255)),
    ("ssh-failed", at_login(255, "Warning: Permanently added 'dr1' (ED25519) to the list of known hosts.")),
    ("ssh-failed", rsync(255)),
    # What the secondary node answers.
    ("plain-key-first", at_login(127, "bash: line 1: /nonexistent/gsyncd: No such file or directory")),
    ("plain-key-first", at_login(127, "sh: 1: /nonexistent/gsyncd: not found")),
    ("gsyncd-elsewhere", at_login(127, "bash: line 1: /usr/lib/x86_64-linux-gnu/glusterfs/gsyncd: No such file or directory")),
    ("gsyncd-elsewhere", at_login(127, "sh: 1: /usr/libexec/glusterfs/gsyncd: not found")),
    ("gsyncd-elsewhere", at_login(127, "zsh:1: no such file or directory: /usr/lib/aarch64-linux-gnu/glusterfs/gsyncd")),
    ("gsyncd-elsewhere", at_login(127, "/usr/libexec/glusterfs/gsyncd: Command not found.")),
    ("gsyncd-not-found-there", at_login(127)),
    ("gsyncd-not-found-there", at_login(126)),
    ("gsyncd-missing", at_login(127, "bash: line 1: gsyncd: command not found")),
    ("gsyncd-missing", at_login(2, "python3: can't open file '/usr/libexec/glusterfs/python/syncdaemon/gsyncd.py': [Errno 2] No such file or directory")),
    ("python-missing-there", at_login(127, "exec of '/usr/bin/python3' failed")),
    ("releases-apart", at_login(2, "gsyncd.py: error: argument subcmd: invalid choice: 'slave' (choose from 'monitor-status', 'secondary')")),
    ("releases-apart", at_login(2)),
    ("gsyncd-of-another-version", at_login(2, "usage: gsyncd.py [-h]", "gsyncd.py: error: unrecognized arguments: --secondary-access-mount")),
    ("gsyncd-of-another-version", lambda log: log.starts().connects().says("<top>: RePCe major version mismatch: local {'proto': 1.0}, remote {}").died()),
    ("python-readfp", at_login(1, "AttributeError: 'RawConfigParser' object has no attribute 'readfp'. Did you mean: 'read'?")),
    ("python-isalive", at_login(1, "failed with AttributeError: 'Thread' object has no attribute 'isAlive'.")),
    ("gsyncd-configuration", at_login(1, "configparser.MissingSectionHeaderError: File contains no section headers.")),
    ("gsyncd-configuration", at_work(lambda log: log.raises("ValueError: invalid literal for int() with base 10: 'abc'", *OPTIONS))),
    ("gsyncd-syntax", at_login(1, '  File "/usr/libexec/glusterfs/python/syncdaemon/repce.py", line 7', "SyntaxError: invalid syntax")),
    ("python-module-missing", at_login(1, "ModuleNotFoundError: No module named 'imp'")),
    ("mountbroker-refuses", at_login(1, "failure: glusterd answered [{mnt=}]")),
    (
        "far-logs-not-writable",
        at_login(1, "PermissionError: [Errno 13] Permission denied: '/var/log/glusterfs/geo-replication-secondaries/projects_dr1_dr'"),
    ),
    ("rsync-xattrs-of-an-account", at_login(1, "failure: using rsync for extended attributes is not supported")),
    ("secondary-gsyncd-failed", at_login(1)),
    ("secondary-gsyncd-failed", at_login(1, "failed with AssertionError: .")),
    ("login-script-prints", lambda log: log.starts().connects().peer_is_gone().aborted()),
    ("login-script-prints", lambda log: log.starts().connects().raises("ValueError: invalid literal for int() with base 10: 'am dr1'", *RECV).died()),
    ("login-script-prints", lambda log: log.starts().connects().raises("_pickle.UnpicklingError: invalid load key, 'W'.", *RECV).died()),
    ("login-script-prints", lambda log: log.starts().connects().raises("KeyError: 87", *RECV).died()),
    ("login-script-prints", rsync(2, "protocol version mismatch -- is your shell clean?", "rsync error: protocol incompatibility (code 2) at compat.c(622)")),
    ("secondary-start-hangs", lambda log: log.starts().connects().aborted()),
    ("primary-mount-hangs", lambda log: log.starts().connected().aborted()),
    ("worker-not-confirmed", lambda log: log.starts().aborted()),
    # The monitor's question for the volume, before any worker starts.
    ("key-refused", of_monitor(lambda log: log.asks_for_volume(255, "root@dr1: Permission denied (publickey)."))),
    ("secondary-volume-unknown", of_monitor(lambda log: log.asks_for_volume(1))),
    ("secondary-volume-unknown", of_monitor(lambda log: log.says("<top>: getting volume info of dr (via ssh -p 22 dr1)  failed with errorcode 2"))),
    ("gluster-missing-there", of_monitor(lambda log: log.asks_for_volume(127))),
    ("gluster-missing-there", of_monitor(lambda log: log.asks_for_volume(127, "bash: line 1: /usr/sbin/gluster: No such file or directory"))),
    ("primary-volume-unknown", of_monitor(lambda log: log.ends("/usr/sbin/gluster --xml --remote-host=localhost volume info projects", 1))),
    ("primary-volume-unknown", of_monitor(lambda log: log.says("<top>: getting volume info of projects  failed with errorcode 30800"))),
    ("login-script-prints", of_monitor(lambda log: log.raises("xml.etree.ElementTree.ParseError: syntax error: line 1, column 0"))),
    ("node-id-missing", of_monitor(lambda log: log.says("<top>: Failed to get Host UUID from /var/lib/glusterd/glusterd.info"))),
    ("monitor-runs-already", of_monitor(lambda log: log.says("<top>: cannot grab temporary pidfile"))),
    # This node's own mount, changelogs and programs.
    ("no-fuse", at_mount(lambda log: log.ends("/usr/sbin/glusterfs --aux-gfid-mount /tmp/x", 1, "fuse: cannot open /dev/fuse"))),
    ("mount-failed", at_mount(lambda log: log.ends("/usr/sbin/glusterfs --aux-gfid-mount --acl --volfile-id=projects /tmp/gsyncd-aux-mount-x", 1))),
    ("mount-failed", at_mount(lambda log: log.says("<top>: cleaning up temp mountpoint /tmp/gsyncd-aux-mount-x failed with status 32"))),
    ("primary-bricks-down", lambda log: log.starts().connected().says("GLUSTER: Subvols are not up", "resource:959:inner").died()),
    ("primary-bricks-down", lambda log: log.starts().connected().says("GLUSTER: Subvols are not up", "resource:959:inner").later(2)
     .says("<top>: Gluster Mount process exited [{error=ENOTCONN}]").died()),
    ("primary-mount-lost", at_work(lambda log: log.says("<top>: Gluster Mount process exited [{error=ENOTCONN}]"))),
    ("brick-io-error", at_work(lambda log: log.raises("OSError: [Errno 5] Input/output error: '.gfid/1/a'"))),
    ("brick-io-error", at_work(lambda log: log.says(
        '<top>: Getting "Input/Output error" is most likely due to a. Brick is down or b. Split brain issue.')
        .says("<top>: This is expected as per design to keep the consistency of the file system. Once the above issue is resolved ...")
        .raises("OSError: [Errno 5] Input/output error: '.gfid'", *LOCAL))),
    ("changelog-register", lambda log: log.starts().mounted().says("GLUSTER: Changelog register failed [{error=[Errno 2] No such file or directory}]").died()),
    ("changelog-register", lambda log: log.starts().mounted().says("GLUSTER: Changelog register failed [{error=[Errno 21] Is a directory}]").died()),
    ("changelog-crawl", at_work(lambda log: log.says("GLUSTER: Changelog crawl failed [{error=[Errno 104] Connection reset by peer}]"))),
    ("changelog-layout", lambda log: log.starts().mounted().says("GLUSTER: Changelog History Crawl failed [{error=[Errno 0] Success}]").died()),
    (
        "changelog-history",
        lambda log: log.starts().mounted().says("GLUSTER: Changelog History Crawl failed [{error=[Errno 2] No such file or directory}]").died(),
    ),
    ("meta-volume", lambda log: log.starts().mounted().says("_GPrimary: Meta-volume is not mounted. Worker Exiting...").died()),
    ("libgfchangelog-missing", lambda log: log.starts().mounted().raises(
        "OSError: libgfchangelog.so: cannot open shared object file: No such file or directory").died()),
    ("marks-full", at_work(lambda log: log.raises(NO_SPACE, *MARK))),
    ("no-temporary-folder", lambda log: log.starts().raises(
        "FileNotFoundError: [Errno 2] No usable temporary directory found in ['/tmp', '/var/tmp', '/usr/tmp', '/']").died()),
    ("indexing-off", lambda log: log.starts().mounted().says("<top>: primary volinfo unavailable").died()),
    ("several-sources", lambda log: log.starts().mounted().says("<top>: cannot work with multiple foreign masters").died()),
    ("time-went-back", at_work(lambda log: log.says("<top>: timestamp corruption for ./a"))),
    ("rsync-missing", at_work(lambda log: log.says('<top>: execution of "rsync" failed with ENOENT (No such file or directory)'))),
    ("rsync-missing", at_work(lambda log: log.raises("FileNotFoundError: [Errno 2] No such file or directory: 'rsync'"))),
    ("tar-missing", at_work(lambda log: log.says('<top>: execution of "tar" failed with ENOENT (No such file or directory)'))),
    ("programs-missing", lambda log: log.starts().says('<top>: execution of "ssh" failed with ENOENT (No such file or directory)').died()),
    ("programs-missing", lambda log: log.starts().connected().says('<top>: execution of "/usr/sbin/glusterfs" failed with ENOENT (No such ...)').died()),
    ("program-not-runnable", lambda log: log.starts().says('<top>: execution of "/opt/ssh" failed with EACCES (Permission denied)').died()),
    ("out-of-resources", lambda log: log.starts().says('<top>: execution of "ssh" failed with ENOMEM (Cannot allocate memory)').died()),
    ("out-of-resources", at_work(lambda log: log.raises("OSError: [Errno 24] Too many open files"))),
    ("out-of-resources", at_work(lambda log: log.raises("RuntimeError: can't start new thread"))),
    ("disk-full", at_work(lambda log: log.raises(f"{NO_SPACE}: '/var/lib/misc/gluster/gsyncd/p_dr1_dr/bricks-b1/.processed/archive_202603.tar'"))),
    ("read-only-here", lambda log: log.starts().mounted().raises("OSError: [Errno 30] Read-only file system: '/var/lib/misc/gluster'").died()),
    ("access-denied", lambda log: log.starts().mounted().raises("PermissionError: [Errno 13] Permission denied: '/var/lib/misc/gluster'").died()),
    ("name-not-utf8", at_work(lambda log: log.raises("UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 4: invalid continuation byte"))),
    ("name-not-utf8", at_work(lambda log: log.raises("UnicodeEncodeError: 'utf-8' codec can't encode character '\\udce9': surrogates not allowed"))),
    ("locale-not-utf8", at_work(lambda log: log.raises("UnicodeDecodeError: 'ascii' codec can't decode byte 0xc3 in position 4: ordinal not in range(128)"))),
    # Calls on the secondary.
    ("secondary-full", at_work(lambda log: log.call_raises(NO_SPACE))),
    ("secondary-full", at_work(lambda log: log.call_raises("OSError: [Errno 122] Disk quota exceeded: '.gfid/1/a'"))),
    ("secondary-full", at_login(1, f"failed with {NO_SPACE}: '/var/log/glusterfs/geo-replication-secondaries/x'.")),
    ("secondary-full", rsync(11, 'rsync: [receiver] write failed on ".gfid/5c": No space left on device (28)', "rsync error: error in file IO (code 11)")),
    ("secondary-read-only", at_work(lambda log: log.call_raises("OSError: [Errno 30] Read-only file system: '.gfid/1/a'"))),
    ("directory-not-empty", at_work(lambda log: log.call_raises("OSError: [Errno 39] Directory not empty: '.gfid/1/a'"))),
    ("secondary-volume-down", at_work(lambda log: log.says(
        "RepceClient: call failed [{call=1:2:3.4}, {method=entry_ops}, {error=OSError}]", "repce:210:__call__")
        .says("<top>: Gluster Mount process exited [{error=ENOTCONN}]"))),
    ("secondary-io-error", at_work(lambda log: log.says(
        "RepceClient: call failed [{call=1:2:3.4}, {method=meta_ops}, {error=OSError}]", "repce:210:__call__")
        .says('<top>: Getting "Input/Output error" is most likely due to a. Brick is down or b. Split brain issue.')
        .raises("OSError: [Errno 5] Input/output error: '.gfid/1/a'"))),
    ("secondary-touched", at_work(lambda log: log.call_raises("OSError: [Errno 116] Stale file handle: '.gfid/1/a'"))),
    ("secondary-call-failed", at_work(lambda log: log.call_raises("OSError: [Errno 22] Invalid argument"))),
    ("directory-refused", at_work(lambda log: log.says(
        "_GPrimary: ENTRY FAILED [{data=({'uid': 0, 'gid': 0, 'gfid': 'x', 'mode': 16877, 'entry': '.gfid/1/a', 'op': 'MKDIR'}, 17, {})}]",
        "primary:788:log_failures").says("<top>: The above directory failed to sync. Please fix it to proceed further."))),
    ("connection-lost", at_work(lambda log: log.ssh_ends(255, "Timeout, server dr1 not responding."))),
    ("connection-lost", at_work(lambda log: log.ssh_ends(255, "client_loop: send disconnect: Broken pipe"))),
    ("connection-lost", at_work(lambda log: log.ssh_ends(255))),
    ("ended-by-signal", at_work(lambda log: log.ssh_ends(137))),
    ("ended-by-signal", at_work(lambda log: log.rsync_ends(-9))),
    ("ended-by-signal", at_work(lambda log: log.rsync_ends(20))),
    # What the exit codes of rsync and tar tell.
    ("rsync-detached-mount", rsync(12, 'not creating new directory ".gfid"')),
    ("sshd-session", rsync(12, "gsyncd sibling not found", "disallowed rsync invocation")),
    ("rsync-protects-its-arguments", rsync(12, "need an rsync invocation without protected args", "disallowed rsync invocation")),
    ("rsync-options", rsync(1)),
    ("rsync-options", rsync(4)),
    ("rsync-protocol", rsync(2)),
    ("rsync-file-io", rsync(3)),
    ("rsync-file-io", rsync(11)),
    *[("rsync-network", rsync(code)) for code in (5, 10, 30, 35)],
    ("rsync-stream", rsync(12)),
    ("selinux-rsync", rsync(14)),
    ("out-of-resources", rsync(22)),
    ("rsync-missing-there", rsync(127)),
    ("rsync-missing-there", rsync(127, "exec of rsync failed")),
    ("tar-missing-there", at_work(lambda log: log.tar_ends(127))),
    ("tar-missing-there", at_work(lambda log: log.tar_ends(127, "bash: line 1: tar: command not found"))),
    # What goes along.
    ("sync-incomplete", at_work(lambda log: log.says(
        "_GPrimary: incomplete sync, retrying changelogs [{files=['CHANGELOG.1772458155']}]", "primary:1410:process", "W"))),
    ("changelogs-skipped", at_work(lambda log: log.says(
        "_GPrimary: changelogs could not be processed completely - moving on... [{files=['CHANGELOG.1']}]", "primary:1388:process"))),
    ("changes-refused", at_work(lambda log: log.says(
        "_GPrimary: ENTRY FAILED [{data=({'op': 'CREATE', 'entry': '.gfid/1/a'}, 17, {})}]", "primary:788:log_failures"))),
    ("cause-hidden", at_work(lambda log: log.raises(TRIPPED))),
    ("sftp-missing", at_login(1, "subsystem request failed on channel 0")),
]  # fmt: skip


@pytest.mark.parametrize("old_words", [False, True], ids=["secondary", "slave"])
@pytest.mark.parametrize(("name", "write"), EXCERPTS, ids=[f"{name}-{number}" for number, (name, _write) in enumerate(EXCERPTS)])
def test_an_excerpt_is_explained_by_its_entry(name: str, write: Write, old_words: bool) -> None:
    log = write(Log(old_words))
    assert named(log) == name, said(log)
    assert "\n" not in (said(log) or "\n")


@pytest.mark.parametrize(("name", "write"), EXCERPTS, ids=[f"{name}-{number}" for number, (name, _write) in enumerate(EXCERPTS)])
def test_what_was_before_and_beside_it_changes_nothing(name: str, write: Write) -> None:
    """Another failure of the same worker before, another worker that fails at the same time, and commands of gluster in between."""
    log = Log()
    log.starts().connects().ssh_ends(255, "ssh: connect to host dr1 port 22: No route to host").died().later(1000)
    write(log)
    log.starts("/bricks/b2").connects("/bricks/b2").ssh_ends(255, "ssh: connect to host dr1 port 22: Connection refused", brick="/bricks/b2")
    log.record("E", "gsyncd(config-get):299:main", "<top>: FAIL: OSError: [Errno 28] No space left on device")
    assert named(log) == name, said(log)
    assert named(log, "/bricks/b2") == "sshd-unreachable"


def test_every_entry_that_a_log_speaks_of_has_an_excerpt() -> None:
    # That one says nothing in gsyncd.log: the proof of a session writes such words.
    assert {fault.id for fault in FAULTS if fault.log} == {name for name, _write in EXCERPTS} | {"stalled"}


# --- what gsyncd's own code of a release wrote, with a program in place of ssh and of the mount

RECORDED = {
    "ssh-denied": "key-refused",
    "ssh-255": "ssh-failed",
    "ssh-expired": "password-expired",
    "ssh-elsewhere": "gsyncd-elsewhere",
    "ssh-nonexistent": "plain-key-first",
    "ssh-1": "secondary-gsyncd-failed",
    "ssh-no-glusterfs": "programs-missing",
    "ssh-killed": "ended-by-signal",
    "ssh-missing": "programs-missing",
    "ssh-hangs": "secondary-start-hangs",
    "prints-welcome": "login-script-prints",
    "prints-i-am": "login-script-prints",
    "prints-last-login": "login-script-prints",
    "prints-stars": "login-script-prints",
    "version": "gsyncd-of-another-version",
    "mount-fails": "mount-failed",
    "mount-hangs": "primary-mount-hangs",
    "mount-not-a-program": "program-not-runnable",
    "volume-garbled": "login-script-prints",
    "volume-denied": "key-refused",
    "volume-1": "secondary-volume-unknown",
    "volume-127": "gluster-missing-there",
}
#: 11 trips over its own report: what ssh and the secondary node said is not in its log.
HIDDEN_BY_11 = {
    "ssh-denied": "ssh-failed",
    "ssh-expired": "secondary-gsyncd-failed",
    "ssh-elsewhere": "gsyncd-not-found-there",
    "ssh-nonexistent": "gsyncd-not-found-there",
    "ssh-no-glusterfs": "secondary-gsyncd-failed",
    "volume-denied": "ssh-failed",
}


#: Debian's next release, too: 11.2, patched, on Python 3.14, which draws carets below each line of a traceback.
LOGGED = (*VERSIONS, "11.2")


@pytest.mark.parametrize("version", LOGGED)
@pytest.mark.parametrize("name", RECORDED)
def test_recorded_logs_of_workers(version: str, name: str) -> None:
    log = recorded_log(version, name)
    expected = {**RECORDED, **(HIDDEN_BY_11 if version.startswith("11.") else {})}[name]
    assert named(log, "/bricks/projects") == named(log, None) == expected, said(log, None)


@pytest.mark.parametrize("version", LOGGED)
def test_a_connection_that_ends_without_a_word_is_not_explained(version: str) -> None:
    log = recorded_log(version, "ssh-0")
    assert (said(log, "/bricks/projects") or "").endswith(" <top>: connection to peer is broken") and named(log, "/bricks/projects") is None


def test_an_rsync_that_openssh_10_6_and_11_2_refuse() -> None:
    log = recorded_log("11.2", "rsync-refused")
    assert named(log, "/bricks/p") == named(log, None) == "rsync-stream", said(log, None)


# --- the cases


def test_B02_the_password_of_the_account_has_expired() -> None:
    log = (CASES / "B02" / "gsyncd.log").read_text()
    assert named(log) == "password-expired" and "chage -d $(date +%F) -M -1 -I -1 -E -1 geoaccount" in told(log)
    assert "The password of the account geoaccount on dr1.example.net has expired" in told(log)
    assert (said(log) or "").endswith("ssh> WARNING: Your password has expired. ssh> Password change required but no TTY available.")


def test_B05_a_hang_that_is_told_as_information() -> None:
    log = (CASES / "B05" / "gsyncd.log").read_text()
    assert "Monitor: Worker not confirmed after wait" in (said(log) or "") and named(log) == "secondary-start-hangs"
    assert "ssh hangs" in told(log) and "hangs while it mounts the secondary volume" in told(log)


def test_B06_an_old_error_is_not_the_cause() -> None:
    log = (CASES / "B06" / "gsyncd.log").read_text()
    assert "error=255" not in (said(log) or "") and named(log) == "secondary-start-hangs"
    until = "".join(line for line in log.splitlines(keepends=True) if "not confirmed" not in line and "Faulty" not in line)
    assert said(until) is None, "no error since it started"


def test_B15_gsyncd_lies_elsewhere() -> None:
    rc, _stderr, output = (CASES / "B15" / "answer.txt").read_text().splitlines()
    log = Log().starts().connects().ssh_ends(int(rc[3:]), output).died()
    assert named(log) == "gsyncd-elsewhere" and "is /usr/lib/x86_64-linux-gnu/glusterfs/gsyncd. dr1 has no such file" in told(log)


#: Line by line, as the file has them.
B21 = (
    "primary-mount-lost", "primary-bricks-down", "changelog-register", "changelog-crawl", "rsync-missing", "programs-missing", "rsync-protocol",
    "rsync-file-io", "connection-lost", "connection-lost", "secondary-full", "secondary-read-only", "directory-not-empty", "login-script-prints",
)  # fmt: skip


def test_B21_lines_without_an_entry() -> None:
    lines = (CASES / "B21" / "lines.txt").read_text().splitlines()
    assert tuple(named(line) for line in lines) == tuple(explain(line, LOG) and t.cast("Fault", explain(line, LOG)).id for line in lines) == B21


def test_B21_lines_with_a_wrong_entry() -> None:
    lines = (CASES / "B21" / "lines-with-a-wrong-entry.txt").read_text().splitlines()
    assert [named(line) for line in lines] == [None, "ssh-failed"]


# --- what must not be explained wrongly

HARMLESS = (
    "Warning: Permanently added 'dr1' (ED25519) to the list of known hosts.",
    "** WARNING: connection is not using a post-quantum key exchange algorithm.",
    '** This session may be vulnerable to "store now, decrypt later" attacks.',
    "** The server may need to be upgraded. See https://openssh.com/pq.html",
    "bash: warning: setlocale: LC_ALL: cannot change locale (en_US.UTF-8)",
    "mux_client_request_session: session request failed: Session open refused by peer",
    "ControlSocket /tmp/gsyncd-aux-ssh-x/y.sock already exists, disabling multiplexing",
    "Killed by signal 15.",
    "Control socket connect(/tmp/gsyncd-aux-ssh-x/y.sock): Connection refused",
    "stty: standard input: Inappropriate ioctl for device",
    "Could not chdir to home directory /home/geo: No such file or directory",
    "",
)


@pytest.mark.parametrize("line", HARMLESS)
def test_harmless_output_is_left_out(line: str) -> None:
    log = Log().starts().connects().ssh_ends(255, line, "root@dr1: Permission denied (publickey).").died()
    assert named(log) == "key-refused" and (said(log) or "").endswith("{error=255}] ssh> root@dr1: Permission denied (publickey).")
    assert named(Log().starts().connects().ssh_ends(255, line).died()) == "ssh-failed"


def test_harmless_records_are_no_error() -> None:
    log = Log().starts().connected().says("<top>: failed to get the xattr value", "syncdutils:110:gf_mount_ready")
    assert said(log) is None


@pytest.mark.parametrize(
    "write",
    [
        lambda log: log.raises("ValueError: invalid literal for int() with base 10: ''"),
        lambda log: log.raises("ValueError: invalid literal for int() with base 10: ''", *LOCAL),
        lambda log: log.raises("KeyError: 'gfid'"),
        lambda log: log.raises("EOFError: Ran out of input", *RECV),
        lambda log: log.raises("OSError: [Errno 116] Stale file handle: '.gfid/1/a'"),
        lambda log: log.ssh_ends(2, "bash: -c: line 1: syntax error near unexpected token `('"),
        lambda log: log.ssh_ends(3),
        lambda log: log.raises("OSError: [Errno 2] No such file or directory: '.gfid/1/a'"),
        lambda log: log.raises("_pickle.UnpicklingError: pickle data was truncated", *RECV),
        lambda log: log.raises("xml.etree.ElementTree.ParseError: no element found: line 1, column 0"),
        lambda log: log.rsync_ends(23),
        lambda log: log.rsync_ends(24),
        lambda log: log.rsync_ends(25),
        lambda log: log.tar_ends(1),
        lambda log: log.peer_is_gone(),
        lambda log: log.died(),
    ],
)
def test_what_has_several_causes_is_not_explained(write: Write) -> None:
    log = write(Log().starts().works())
    assert said(log) is not None and named(log) is None


def test_the_end_counts_and_not_what_the_worker_went_on_after() -> None:
    log = Log().starts().works()
    log.says("_GPrimary: ENTRY FAILED [{data=({'op': 'CREATE'}, 17, {})}]", "primary:788:log_failures").later(7200)
    log.says("<top>: Gluster Mount process exited [{error=ENOTCONN}]").faulty()
    assert named(log) == "primary-mount-lost" and "ENTRY FAILED" not in (said(log) or "")


def test_the_end_counts_even_right_after_it() -> None:
    log = Log().starts().works().says("_GPrimary: ENTRY FAILED [{data=({'op': 'CREATE'}, 17, {})}]", "primary:788:log_failures")
    log.says("<top>: Gluster Mount process exited [{error=ENOTCONN}]").faulty()
    assert named(log) == "primary-mount-lost"


def test_words_of_rsync_tell_more_than_its_code() -> None:
    log = Log().starts().works().says(
        "SSH: SYNC Error [{sync_engine=Rsync}, {error=rsync: [receiver] write failed on \".gfid/5c\": No space left on device (28)}]", "resource:1509:rsync"
    )
    assert named(log.rsync_ends(12).faulty()) == "secondary-full"


def test_the_node_is_named_whose_words_they_are() -> None:
    """What stands behind "ssh> " is said by the secondary node, unless ssh itself says it."""
    line = 'execution of "/usr/sbin/glusterfs" failed with ENOENT (No such file or directory)'
    here, there = Log().starts().connected().says(f"<top>: {line}").died(), Log().starts().connects().ssh_ends(1, f"failure: {line}").died()
    assert named(here) == named(there) == "programs-missing"
    assert told(here).count("On this node, install") == told(there).count("On the secondary node, install") == 1 and "this node" not in told(there)
    full = found_in(Log().starts().connects().ssh_ends(1, "failed with OSError: [Errno 24] Too many open files.").died())
    assert full and full.title.startswith("The secondary node has no memory") and BY_ID[full.id].title.startswith("This node")
    ours = told(Log().starts().connects().ssh_ends(255, "ssh: connect to host dr1 port 22: No route to host").died())
    assert "between this node and dr1" in ours


@pytest.mark.parametrize(("user", "says"), [("", "account root on dr1"), ("geo", "account geo on dr1")])
def test_the_login_is_taken_from_the_command(user: str, says: str) -> None:
    log = Log(user=user).starts().connects().ssh_ends(1, "Password change required but no TTY available.").died()
    assert says in told(log) and f"-E -1 {user or 'root'}." in told(log)


def test_without_a_command_nothing_is_made_up() -> None:
    fault = explain("Popen: ssh> Password change required but no TTY available.", LOG)
    assert fault and fault.cause.startswith("The password of the account of the session on the secondary node") and "-E -1 ACCOUNT." in fault.remedy


@pytest.mark.parametrize(
    "name", ["gsyncd-configuration", "marks-full", "login-script-prints", "secondary-full", "secondary-volume-down", "directory-refused", "primary-mount-hangs"]
)
def test_the_line_that_people_see_says_enough(name: str) -> None:
    """What is passed on without the traceback is explained alike."""
    for write in [write for entry, write in EXCERPTS if entry == name]:
        fault = explain(said(write(Log())) or "", LOG)
        assert fault and fault.id == name


def test_what_says_more_comes_first() -> None:
    """Each of them matches; the errno of a call tells more than its failing, and the failing more than that changes were refused."""
    texts = ("ENTRY FAILED [{}]", "RepceClient: call failed [{}]", "OSError: [Errno 28] No space left on device: '.gfid/1'")
    found = [explain("\n".join(texts[: number + 1]), LOG) for number in range(3)]
    assert [fault and fault.id for fault in found] == ["changes-refused", "secondary-call-failed", "secondary-full"]
    assert BY_ID["changes-refused"].says > BY_ID["secondary-call-failed"].says > BY_ID["secondary-full"].says
