# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue of known faults: what it promises, what it finds on a node, and what it says of real texts."""

from __future__ import annotations

import ast
import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.glusterops.georep.plugins.module_utils._faults import catalogue, source_edits
from ansible_collections.glusterops.georep.plugins.module_utils._faults.catalogue import (
    BY_ID,
    CHANGES,
    CLI,
    EVERYTHING,
    FAULTS,
    KEYS,
    NOTHING,
    OTHER_METHOD,
    PRIMARY,
    RSYNC,
    SECONDARY,
    SOURCE_FIX,
    TARSSH,
    Fault,
    advice,
    explain,
    filled,
    find,
    unexplained,
)
from ansible_collections.glusterops.georep.plugins.module_utils._faults.entry import LOG, SSH
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._model.ssh_options import (
    COMMAND,
    CONNECT,
    HOST_KEY,
    KEY,
    RESOLVE,
)
from ansible_collections.glusterops.georep.plugins.module_utils._plan.session import CONSENTS
from ansible_collections.glusterops.georep.tests.unit.nodes import (
    IS_ALIVE,
    NEW_PYTHON,
    NEXT_PYTHON,
    OLD_PYTHON,
    OPENSSH_10,
    READFP,
    RSYNC_3_5,
    RSYNC_3_5_1,
    facts,
)
from ansible_collections.glusterops.georep.tests.unit.recorded import VERSIONS, recorded, recorded_file
from ansible_collections.glusterops.georep.tests.unit.support import ROOT

BOTH = (PRIMARY, SECONDARY)
NO_CHECK = Fault._field_defaults["check"]
WORDS = {"host": "dr1", "port": 22, "user": "geo", "key": "secret.pem", "key_file": "/k/secret.pem", "known_hosts": "/k/known_hosts"}


def ids(found: t.Iterable[catalogue.Finding]) -> list[str]:
    return [finding.fault.id for finding in found]


# --- the catalogue


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(FAULTS) and set(BY_ID) == {fault.id for fault in FAULTS}
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in BY_ID)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_every_entry_is_complete(fault: Fault) -> None:
    for name in ("title", "checked", "shown", "versions", "cause", "remedy"):
        assert getattr(fault, name).strip(), name
    assert fault.cause.endswith(".") and fault.remedy.endswith("."), "they are put one after the other"
    assert not fault.title.endswith(".")
    assert fault.stops in (EVERYTHING, RSYNC, TARSSH, CHANGES, KEYS, NOTHING) and fault.role in (None, SOURCE_FIX, OTHER_METHOD)
    assert fault.sites and set(fault.sites) <= set(BOTH)
    assert all(link.startswith("https://") for link in fault.reference)
    for symptom in (*fault.log, *fault.cli, *fault.ssh):
        re.compile(symptom)
        assert not re.search(symptom, ""), "it would explain everything"
    assert bool(fault.step) is bool(fault.ssh) and fault.step in ("", RESOLVE, CONNECT, HOST_KEY, KEY, COMMAND)
    whole = filled(fault, WORDS)
    assert not re.search(r"\{\w", whole.cause + whole.remedy)


@pytest.mark.parametrize("name", ["python-readfp", "sshd-session"])
def test_no_release_is_said_to_have_ended_a_fault_that_none_ended(name: str) -> None:
    """GlusterFS 11.2 has both, too: what was seen is named, and no last release."""
    assert "up to" not in BY_ID[name].versions and "11.1" in BY_ID[name].versions and "11.2" in BY_ID[name].versions


def test_what_the_role_mends_it_can_mend() -> None:
    assert {fault.id for fault in FAULTS if fault.role == SOURCE_FIX} == set(source_edits.BY_FAULT)
    assert {fault.stops for fault in FAULTS if fault.role == OTHER_METHOD} == {RSYNC}
    # That releases are apart shows on no node alone: both sites are compared (see test_operate_releases).
    alone = [fault for fault in FAULTS if fault.id != "releases-apart"]
    assert all(fault.check is not NO_CHECK for fault in alone if fault.stops != NOTHING), "what stops a run is looked for"


@pytest.mark.parametrize(
    ("fault", "where"),
    [(fault, where) for fault in FAULTS if not fault.shown.startswith("nothing:") for where in (LOG, CLI, SSH) if fault.seen_in(where)],
    ids=lambda value: value.id if isinstance(value, Fault) else value,
)
def test_what_people_see_is_explained_by_its_own_entry(fault: Fault, where: str) -> None:
    found = explain(fault.shown, where)
    # That a host key is not the recorded one, ssh says before that it refuses it: the probe looks for that first.
    assert found and found.id == fault.id


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.shown.startswith("nothing:")], ids=lambda f: f.id)
def test_where_people_see_nothing_something_else_tells(fault: Fault) -> None:
    assert fault.log and [explain(fault.shown, where) for where in (LOG, CLI, SSH)] == [None] * 3


# --- on a node

#: id, what is found out, on which sites it is found, what the evidence names.
ON_A_NODE: list[tuple[str, dict[str, t.Any], tuple[str, ...], str]] = [
    ("python-readfp", NEW_PYTHON, BOTH, "Python 3.13.5 has no RawConfigParser.readfp, which is used in gsyncdconfig.py:99, "),
    ("python-isalive", OLD_PYTHON, BOTH, "Python 3.9.2 has no Thread.isAlive, which is used in resource.py:893"),
    ("python-readfp", NEXT_PYTHON, BOTH, "Python 3.14.8 has no RawConfigParser.readfp, which is used in gsyncdconfig.py:99, "),
    ("rsync-detached-mount", RSYNC_3_5, (SECONDARY,), "rsync 3.5.0 did not write a file"),
    ("rsync-detached-mount", RSYNC_3_5_1, (SECONDARY,), "rsync 3.5.1 did not write a file"),
    ("sshd-session", OPENSSH_10, (SECONDARY,), "below a process named sshd-session"),
    ("rsync-missing", {"rsync.version": None, "rsync.delivers": None, "rsync.admitted": None}, BOTH, "not installed"),
    ("gsyncd-missing", {"helper_dir": None, "python": None}, BOTH, "syncdaemon/gsyncd.py"),
    (
        "gsyncd-configuration",
        {"python.loads_configuration": False, "python.load_error": "ValueError: invalid literal"},
        BOTH,
        "config-check says: ValueError: invalid literal",
    ),
    (
        "gsyncd-syntax",
        {"python.broken": [{"file": "repce.py", "line": 7, "name": "invalid syntax"}]},
        BOTH,
        "repce.py:7: invalid syntax",
    ),
    ("no-fuse", {"fuse": False}, BOTH, "/dev/fuse"),
    (
        "glusterd-silent",
        {"glusterd": {"answers": False, "error": "glusterd does not answer on this node.", "down": []}},
        BOTH,
        "glusterd does not answer on this node.",
    ),
    ("locale-not-utf8", {"python.encoding": "ascii"}, BOTH, "as ascii"),
    ("locale-not-utf8", {"python.encoding": "iso8859-1"}, BOTH, "as iso8859-1"),
    (
        "selinux-rsync",
        {"selinux": {"mode": "enforcing", "booleans": {"rsync_full_access": False, "rsync_client": False}}},
        BOTH,
        "rsync_full_access and rsync_client are off",
    ),
    (
        "selinux-rsync",
        {"selinux": {"mode": "enforcing", "booleans": {"rsync_full_access": True, "rsync_client": False}}},
        BOTH,
        "enforcing and rsync_client is off",
    ),
    ("sftp-missing", {"openssh.sftp": None, "openssh.sftp_works": False}, (SECONDARY,), "has no subsystem sftp"),
    (
        "sftp-missing",
        {"openssh.sftp": "/usr/lib/sftp-server", "openssh.sftp_works": False},
        (SECONDARY,),
        "sftp = /usr/lib/sftp-server, which cannot be run",
    ),
    ("tar-missing", {"tar": None}, BOTH, "tar is not installed"),
    (
        "programs-missing",
        {"programs": {"ssh": None, "ssh-keygen": None, "umount": "/bin/umount"}},
        BOTH,
        "ssh is not installed (Debian: openssh-client), and the replication workers log in to the secondary nodes with this program; ssh-keygen is",
    ),
    ("programs-missing", {"programs": {"ssh-keyscan": None}}, BOTH, "ssh-keyscan is not installed"),
    (
        "place-not-writable",
        {"obstacles": {"/run": "the file system at /run has no free inodes", "/x/syncdaemon": "the file system at /x is mounted read-only"}},
        BOTH,
        "/run: the file system at /run has no free inodes",
    ),
    ("account-takes-no-keys", {"accounts": {"geo": [], "root": ["/root/.ssh: it is full"]}}, (SECONDARY,), "/root/.ssh: it is full"),
    ("clock", {"clock_offset": 45.0, "clock": {"read_at": 1042.4, "received_at": 1000.0}}, BOTH, "the node's clock is at least 42 s ahead of"),
    ("clock", {"clock_offset": -11.0}, BOTH, "the node's clock is at least 11 s behind"),
    ("changelog-layout", {"glusterfs": "7.9"}, (PRIMARY,), "GlusterFS 7.9"),
]


@pytest.mark.parametrize("site", BOTH)
@pytest.mark.parametrize(("name", "changes", "sites", "words"), ON_A_NODE)
def test_a_fault_is_found_where_it_matters(
    name: str, changes: dict[str, t.Any], sites: tuple[str, ...], words: str, site: str
) -> None:
    found = find(facts(changes), site)
    assert ids(found) == ([name] if site in sites else []), "it, and nothing else"
    assert all(words in finding.evidence for finding in found)


@pytest.mark.parametrize("site", BOTH)
def test_a_healthy_node_has_no_fault(site: str) -> None:
    assert find(facts(), site) == []


def test_every_entry_that_looks_at_a_node_is_tested() -> None:
    # That one comes with another: see below.
    assert {fault.id for fault in FAULTS if fault.check is not NO_CHECK} == {row[0] for row in ON_A_NODE} | {"sources-not-writable"}


def test_sources_that_have_to_be_patched_and_cannot_be() -> None:
    found = find(facts({**NEW_PYTHON, "obstacles": {"/x/syncdaemon": "the file system at /usr is mounted read-only"}}), PRIMARY)
    assert ids(found) == ["python-readfp", "sources-not-writable"]
    assert found[1].evidence == "/x/syncdaemon: the file system at /usr is mounted read-only"


def test_every_program_is_some_site_s_or_asked_for_by_the_run() -> None:
    assert [program.name for program in catalogue.PROGRAMS if not program.sites] == ["ssh-keyscan"]
    assert catalogue.programs_of(SECONDARY) == ["umount", "glusterfs"] and "ssh" in catalogue.programs_of(PRIMARY)


@pytest.mark.parametrize(
    "changes",
    [
        {"python": None},
        {"openssh": None},
        {"selinux": None},
        {"glusterd": None},
        {"glusterfs": None},
        {"clock_offset": None, "clock": None},
        # The way to the node may have taken all that time.
        {"clock_offset": 25.0},
        {"clock_offset": 25.0, "clock": {"read_at": 1026.0, "received_at": 1026.5}},
        {"obstacles": None},
        {"programs": None},
        {"programs": {"ssh-keyscan": "/usr/bin/ssh-keyscan"}},
        {"accounts": {"root": []}},
        # What needs no patch need not be writable.
        {"obstacles": {"/usr/lib/glusterfs/python/syncdaemon": "the file system at /usr is mounted read-only"}},
        {"rsync.delivers": None, "rsync.admitted": None},
        {"python.encoding": None},
        {"openssh.sftp": None, "openssh.sftp_works": False, "openssh.settings_read": False},
        {"clock_offset": 11.0, "clock": {"read_at": 1010.0, "received_at": 1000.0}},
        {"clock_offset": -10.0},
        {"python.encoding": "utf8"},
        {"selinux": {"mode": "permissive", "booleans": {"rsync_client": False}}},
        {"selinux": {"mode": "enforcing", "booleans": {}}},
        {"selinux": {"mode": "enforcing", "booleans": {"rsync_client": True, "rsync_full_access": True}}},
        {"glusterfs": "8.0"},
        {"glusterfs": "11.1"},
        {"glusterd": {"answers": True, "error": None, "down": ["node2"]}},
        {"python.gone": [{"file": "master.py", "line": 634, "name": "string.zfill"}]},
    ],
)
@pytest.mark.parametrize("site", BOTH)
def test_what_could_not_be_found_out_or_does_no_harm_is_no_fault(changes: dict[str, t.Any], site: str) -> None:
    assert find(facts(changes), site) == []


def test_the_cause_is_told_once() -> None:
    """Without readfp the configuration does not load either; that is one fault."""
    assert ids(find(facts(NEW_PYTHON), PRIMARY)) == ["python-readfp"]
    several = {**NEW_PYTHON, **RSYNC_3_5, **OPENSSH_10, "python.gone": READFP + IS_ALIVE}
    assert ids(find(facts(several), SECONDARY)) == [
        "python-readfp", "python-isalive", "rsync-detached-mount", "sshd-session",
    ]  # fmt: skip


def test_a_finding_travels_as_data() -> None:
    (finding,) = find(facts(RSYNC_3_5), SECONDARY)
    told = finding.as_dict()
    fault = BY_ID["rsync-detached-mount"]
    assert (told["id"], told["stops"], told["role"]) == (fault.id, RSYNC, OTHER_METHOD)
    assert told["evidence"] == finding.evidence and told["reference"] == list(fault.reference)
    assert set(told) == {"id", "title", "evidence", "cause", "remedy", "reference", "stops", "role"}


def test_what_no_entry_knows_is_told_once() -> None:
    zfill = {"file": "master.py", "line": 634, "name": "string.zfill"}
    found = unexplained(facts({"python.gone": [*READFP, zfill, dict(zfill), *IS_ALIVE, dict(zfill, line=12)]}))
    assert found == ["string.zfill (master.py:12)", "string.zfill (master.py:634)"]
    assert unexplained(facts()) == [] and unexplained(facts({"python": None})) == []


# --- texts

SSH_LINE = "E [syncdutils(worker /b):845:errlog] Popen: command returned error [{cmd=ssh -oPasswordAuthentication=no -i /k.pem -p 22 "
WORKER = SSH_LINE + "secondary2 /nonexistent/gsyncd %s projects secondary1::projects-dr --local-node secondary2}, {error=%d}]"
RSYNC_FAILED = (
    "E [syncdutils(worker /b):845:errlog] Popen: command returned error [{cmd=rsync -aR0 --inplace --files-from=- --super --stats "
    "--numeric-ids --no-implied-dirs --existing --xattrs --acls . -e ssh -i /k.pem -p 22 secondary2:/proc/4711/cwd}, {error=%d}]"
)

TEXTS: list[tuple[str, str | None]] = [
    ("AttributeError: 'RawConfigParser' object has no attribute 'readfp'. Did you mean: 'read'?", "python-readfp"),
    ("<top>: FAIL: AttributeError: 'Thread' object has no attribute 'isAlive'", "python-isalive"),
    ('not creating new directory ".gfid"', "rsync-detached-mount"),
    (RSYNC_FAILED % 12, "rsync-stream"),
    ("Popen: rsync> gsyncd sibling not found", "sshd-session"),
    (RSYNC_FAILED % 14, "selinux-rsync"),
    (RSYNC_FAILED % 23, None),
    (RSYNC_FAILED % 255, "ssh-failed"),
    ("<top>: FAIL: FileNotFoundError: [Errno 2] No such file or directory: 'rsync'", "rsync-missing"),
    ("<top>: FAIL: FileNotFoundError: [Errno 2] No such file or directory: b'rsync'", "rsync-missing"),
    ("unrecognized word: geo-replication (position 1)", "gsyncd-missing"),
    ("sh: 1: /usr/lib/x86_64-linux-gnu/glusterfs/gsyncd: not found", "gsyncd-elsewhere"),
    ("bash: line 1: gsyncd: command not found", "gsyncd-missing"),
    # A worker that cannot log in, the forced command that is not there, and the words of another release: one command.
    (WORKER % ("secondary", 255), "ssh-failed"),
    (WORKER % ("slave", 255), "ssh-failed"),
    (WORKER % ("secondary", 127), "gsyncd-not-found-there"),
    (WORKER % ("slave", 126), "gsyncd-not-found-there"),
    (WORKER % ("secondary", 2), "releases-apart"),
    (WORKER % ("slave", 2), "releases-apart"),
    (WORKER % ("secondary", 1), "secondary-gsyncd-failed"),
    (WORKER % ("secondary", 11), None),
    ("Popen: ssh> bash: /nonexistent/gsyncd: No such file or directory", "plain-key-first"),
    ("Popen: ssh> sh: 1: /nonexistent/gsyncd: not found", "plain-key-first"),
    (
        'getting "No such file or directory"errors is most likely due to MISCONFIGURATION, please remove all the public keys '
        "added by geo-replication from authorized_keys file in secondary nodes",
        "gsyncd-not-found-there",
    ),
    ("gsyncd.py: error: argument subcmd: invalid choice: 'slave' (choose from 'monitor-status', 'secondary')", "releases-apart"),
    ("ssh> Host key verification failed.", "host-key"),
    ("ssh> ssh: connect to host secondary2 port 22: Connection refused", "sshd-unreachable"),
    ("ssh> root@secondary2: Permission denied (publickey).", "key-refused"),
    ("gluster command not found on secondary1 for user geoaccount.", "gluster-not-on-path"),
    ("This account is currently not available.", "account-unusable"),
    ("E [resource(secondary primary1/bricks/x):1024:handle_mounter] MountbrokerMounter: glusterd answered [{mnt=}]", "mountbroker-refuses"),
    ("Popen: /usr/sbin/gluster> 2 : failed with this errno (No such file or directory)", "mountbroker-refuses"),
    ("PermissionError: [Errno 13] Permission denied: '/var/log/glusterfs/geo-replication-slaves/a_h_b'", "far-logs-not-writable"),
    ("Meta-volume is not mounted. Worker Exiting...", "meta-volume"),
    ("<top>: FAIL: UnicodeDecodeError: 'ascii' codec can't decode byte 0xc3 in position 4", "locale-not-utf8"),
    ("Changelog History Crawl failed [{error=[Errno 0] Success}]", "changelog-layout"),
    ("TypeError: a bytes-like object is required, not 'str'", "cause-hidden"),
    ('TypeError: can only concatenate str (not "bytes") to str', "cause-hidden"),
    ('Getting "Input/Output error" is most likely due to a. Brick is down or b. Split brain issue.', "brick-io-error"),
    ("incomplete sync, retrying changelogs [{files=['CHANGELOG.1']}]", "sync-incomplete"),
    ("changelogs could not be processed completely - moving on... [{files=['CHANGELOG.1']}]", "changelogs-skipped"),
    ("E [primary(worker /bricks/x):788:log_failures] _GPrimary: ENTRY FAILED [{data=({'op': 'CREATE'}, 2, {})}]", "changes-refused"),
    ("E [master(worker /bricks/x):788:log_failures] _GMaster: META FAILED [{data=({'op': 'META'}, 22, 'chmod')}]", "changes-refused"),
    ("subsystem request failed on channel 0", "sftp-missing"),
    ("fuse: failed to open /dev/fuse: No such file or directory", "no-fuse"),
    ("The session is Active but delivers nothing. A worker can lose a race", "stalled"),
    ("connection to peer is broken", None),
    ("worker died in startup phase [{brick=/bricks/projects}]", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "name"), TEXTS)
def test_a_text_is_explained_by_the_entry_it_belongs_to(text: str, name: str | None) -> None:
    found = {fault.id for fault in (explain(text, LOG), explain(text, CLI)) if fault}
    assert found == ({name} if name else set())


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_logs_of_refused_keys(version: str) -> None:
    lines = recorded_file(version, "gsyncd-log-faulty").read_text().splitlines()
    for line in lines:
        fault = explain(line, LOG)
        expected = "key-refused" if "Permission denied" in line else "ssh-failed" if "error=255" in line else None
        assert (fault.id if fault else None) == expected, line
    assert sum("error=255" in line for line in lines) > 0


@pytest.mark.parametrize(
    ("version", "name", "fault"),
    [
        ("11.1", "create-readfp", "gsyncd-configuration"),
        ("11.1", "start-readfp", "gsyncd-configuration"),
        *[(version, "config-corrupt", "gsyncd-configuration") for version in VERSIONS],
        *[(version, "daemon-down-status", "glusterd-silent") for version in VERSIONS],
        *[(version, "create-unknown-volume", "volume-unknown") for version in VERSIONS],
        *[(version, "status-active", None) for version in VERSIONS],
    ],
)
def test_recorded_answers(version: str, name: str, fault: str | None) -> None:
    answer = recorded(version, name)
    found = explain(answer.out + answer.err, CLI)
    assert (found.id if found else None) == fault


SSH_FAILED = (
    "Popen: command returned error [{cmd=ssh -oPasswordAuthentication=no -p 22 secondary1 /usr/sbin/gluster --xml "
    "--remote-host=localhost volume info projects-dr}, {error=255}]"
)


@pytest.mark.parametrize(
    ("error", "known"),
    [
        (SSH_FAILED, True),
        ("Popen: ssh> root@secondary1: Permission denied (publickey,password).", True),
        ("Popen: ssh> Host key verification failed.", True),
        (SSH_FAILED.replace("255", "1"), False),
        ("Popen: command returned error [{cmd=rsync -aR0 . x}, {error=255}]", True),
        ("<top>: FAIL: AttributeError: 'Thread' object has no attribute 'isAlive'", False),
    ],
)
def test_failed_logins_are_known(error: str, known: bool) -> None:
    fault = explain(error, LOG)
    assert ("gluster_ssh_trust" in (fault.remedy if fault else "")) is known


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ssh: connect to host dr1 port 2222: Connection refused", "dr1 is up but nothing listens on TCP port 2222."),
        ("ssh: Could not resolve hostname dr1: Name or service not known", "The name dr1 cannot be resolved on this node."),
        ("geo@dr1: Permission denied (publickey).", "dr1 refuses the key of this node for the account geo."),
        ("Permission denied (publickey).", "The secondary node refuses the key of this node for the account of the session."),
        (WORKER % ("secondary", 255), "ssh from the worker to secondary2 failed: secondary2 could not be reached,"),
    ],
)
def test_what_a_text_tells_is_in_the_cause(text: str, words: str) -> None:
    fault = explain(text, LOG)
    assert fault and fault.cause.startswith(words)


# --- what gluster refuses

REFUSED: list[tuple[str, str | None, str]] = [
    ("Volume v needs to be started before geo-replication start", "volume-not-started", "gluster volume start"),
    ("gluster command not found on dr1 for user geo.", "gluster-not-on-path", "/usr/sbin"),
    ("/x/common_secret.pem.pub required for push-pem is not present. Please run ...", "no-common-keys", "gluster_georep_keys"),
    ("dr1::v is not empty. Please delete existing files in dr1::v and retry, or use force ...", "secondary-not-empty", "secondary_not_empty"),
    ("Total disk size of primary is greater than disk size of secondary.", "secondary-too-small", "secondary_smaller"),
    ("Total available size of master is greater than available size of slave", "secondary-too-small", "secondary_smaller"),
    ("Gluster version mismatch between primary and secondary.", "releases-apart", "version_mismatch"),
    ("Quorum not met. Volume operation not allowed.", "quorum-lost", "Start the nodes of the primary cluster"),
    ("unrecognized word: geo-replication (position 1)", "gsyncd-missing", "Install glusterfs-geo-replication"),
    ("Passwordless ssh login has not been setup with dr1 for user root.", "no-passwordless-login", "push_pem: false"),
    ("something that nobody has heard of", None, ""),
]


@pytest.mark.parametrize(("text", "name", "remedy"), REFUSED)
def test_what_helps_against_a_refusal(text: str, name: str | None, remedy: str) -> None:
    fault = explain(text, CLI)
    assert (fault.id if fault else None) == name
    said = advice(errors.CommandFailed(f"Creating v -> dr1::v: {text}"))
    assert (said is None) is (name is None) and remedy in (said or "")
    assert advice(errors.CommandFailed(text, remedy="Do that.")) == "Do that.", "who raised the error knows more"
    assert advice(errors.InvalidInput(text)) is None, "gluster did not say it"


# --- options that a remedy names

#: Files and programs, groups of the inventory, words of GlusterFS and of other collections: everything with an underscore that is no option.
OTHER_WORDS = {
    "authorized_keys", "sshd_config", "ssh_config", "gluster_shared_storage", "shared_storage", "gluster_primary",
    "rsync_full_access", "rsync_client", "read_file", "is_alive", "gsec_create",
}  # fmt: skip


def names_of_options() -> set[str]:
    """Every option of a module, role, playbook or filter, every value that one of them takes by name, and what they return."""
    found: set[str] = set()

    def take(options: t.Mapping[str, t.Any]) -> None:
        for name, spec in options.items():
            found.update((name, *map(str, spec.get("choices") or ())))
            take(spec.get("suboptions") or spec.get("options") or {})

    for path in [*(ROOT / "plugins").glob("modules/*.py"), *(ROOT / "plugins").glob("filter/*.py"), *(ROOT / "plugins").glob("doc_fragments/*.py")]:
        found.add(path.stem)
        # A fragment has several parts, which are attributes of its class.
        for text in re.findall(r'^(?:DOCUMENTATION|    [A-Z_]+) = r"""(.*?)"""', path.read_text(), re.S | re.M):
            take(yaml.safe_load(text).get("options") or {})
        for text in re.findall(r'RETURN = r"""(.*?)"""', path.read_text(), re.S):
            found.update(yaml.safe_load(text))
    for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"):
        take(yaml.safe_load(path.read_text())["argument_specs"]["main"]["options"])
    for path in (ROOT / "playbooks").glob("*.yml"):
        found.update(re.findall(r"\bgeorep_\w+", path.read_text()))
    return found | set(CONSENTS)


WORD = re.compile(r"(?<![\w./{-])[a-z]+(?:_[a-z]+)+(?![\w}.])")


def remedies_in(path: Path) -> t.Iterator[str]:
    """What the errors of a file advise: ``remedy=`` of any call, and the last argument of ``invalid()``."""
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call):
            nodes = [keyword.value for keyword in call.keywords if keyword.arg == "remedy"]
            nodes += call.args[3:4] if getattr(call.func, "id", "") == "invalid" else []
            for node in (part for whole in nodes for part in ast.walk(whole)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_every_option_that_a_remedy_names_exists() -> None:
    known = names_of_options() | OTHER_WORDS
    assert {"push_pem", "login_key_file", "geo_replication_fix_known_faults", "peer_down", "gate_failures_known", "georep_restart_stalled"} <= known
    said = [(fault.id, f"{fault.cause} {fault.remedy}") for fault in FAULTS]
    said += [(path.name, text) for path in sorted((ROOT / "plugins").rglob("*.py")) for text in remedies_in(path)]
    assert len(said) > len(FAULTS) + 100
    assert {f"{where}: {word}" for where, text in said for word in WORD.findall(text) if word not in known} == set()
