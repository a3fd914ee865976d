# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sshd of a secondary node goes by for the logins that are really made. Its answers were recorded from OpenSSH 9.2."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import authorized_keys as applied
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import account_files, accounts, descriptors, sshd
from ansible_collections.glusterops.georep.plugins.modules import gluster_georep_authorized_keys
from ansible_collections.glusterops.georep.tests.unit.cases import FOLDER, text_of
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples

LINE = samples.gsyncd_line(1)
HERE = "192.0.2.21"


class Node:
    """A secondary node: its sshd_config, its sshd, its root's home."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.case = ""
        self.asked: list[str] = []
        self.home = folder / "root"
        self.home.mkdir(mode=0o700)
        self.program = folder / "sshd"
        self.program.write_text("")
        self.nothing = str(folder / "none")
        self.config = folder / "sshd_config"
        self.named: dict[str, str] = {}
        monkeypatch.setattr(sshd, "SSHD", (str(self.program),))
        monkeypatch.setattr(sshd, "CONFIG", str(self.config))
        monkeypatch.setattr(sshd, "is_own", lambda address: address == HERE)
        monkeypatch.setattr(sshd, "local_address_to", lambda _address: HERE)
        monkeypatch.setattr(accounts, "NOLOGIN", ())
        monkeypatch.setattr(accounts, "SHADOW", self.nothing)
        entry = type("Entry", (), {"pw_dir": str(self.home), "pw_uid": os.getuid(), "pw_gid": os.getgid()})
        monkeypatch.setattr(accounts.pwd, "getpwnam", lambda _name: entry)
        monkeypatch.setattr(applied, "_entry", lambda _user, _gid: (["root"], "/bin/sh"))
        monkeypatch.setattr(applied, "read_node_uuid", lambda: "u1")

    def configure(self, name: str, elsewhere: Path | None = None) -> None:
        self.name, self.elsewhere = name, elsewhere
        self.config.write_text(text_of("B03", name))

    def __call__(self, argv: t.Sequence[str], **_more: t.Any) -> tuple[int, str, str]:
        assert list(argv[:3]) == [str(self.program), "-T", "-C"], argv
        words = dict(word.split("=", 1) for word in argv[3].split(","))
        self.asked.append(argv[3])
        out = text_of("B03", f"{self.name}-T-{words['addr']}.txt")
        return 0, out.replace("/etc/ssh/cluster_keys", str(self.elsewhere)), ""


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    return Node(tmp_path, monkeypatch)


def logins(*last: int) -> list[dict[str, t.Any]]:
    return [{"address": f"192.0.2.{number}", "local_address": HERE, "port": 22} for number in last]


def put_keys(path: Path) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(LINE + "\n")
    path.chmod(0o600)


def test_b03_root_may_come_from_the_primary_nodes(node: Node, folder: Path, run_module: t.Any) -> None:
    node.configure("sshd_config")
    put_keys(node.home / ".ssh/authorized_keys")
    given = dict(state="verified", public_keys=[LINE], logins=logins(11, 12, 11))
    found = run_module(gluster_georep_authorized_keys, given, run=node)
    assert not found.failed and not any("PermitRootLogin" in note or "depend" in note for note in found["notes"]), found
    spec = "user=root,host=192.0.2.{0},addr=192.0.2.{0},laddr=192.0.2.21,lport=22"
    assert node.asked == [spec.format(11), spec.format(12)], "once for each login that differs"


def test_b03_root_may_not_come_from_another_one(node: Node, folder: Path, run_module: t.Any) -> None:
    node.configure("sshd_config")
    put_keys(node.home / ".ssh/authorized_keys")
    found = run_module(gluster_georep_authorized_keys, dict(state="verified", public_keys=[LINE], logins=logins(11, 99)), run=node)
    assert found.failed and "Logins from 192.0.2.99: PermitRootLogin is no" in found["msg"], found
    found = run_module(gluster_georep_authorized_keys, dict(state="verified", public_keys=[LINE], logins=logins(99)), run=node)
    assert found.failed and "do not work as they are: PermitRootLogin is no" in found["msg"], found


@pytest.mark.parametrize(
    "given",
    [None, [], [{"address": "192.0.2.11", "local_address": "203.0.113.7", "port": 22}]],
    ids=["B03 nobody says which logins", "B03 no login", "B03 the address is translated on the way"],
)
def test_of_logins_that_are_not_known_nothing_is_said(node: Node, folder: Path, run_module: t.Any, given: t.Any) -> None:
    node.configure("sshd_config")
    put_keys(node.home / ".ssh/authorized_keys")
    found = run_module(gluster_georep_authorized_keys, dict(state="verified", public_keys=[LINE], logins=given), run=node)
    assert not found.failed and len(node.asked) == 1, found
    [note] = found["notes"]
    assert "sshd's settings for root depend on the connection" in note and "sshd_config line 3: Match Address 192.0.2.11,192.0.2.12" in note


def test_b03_logins_to_another_node_of_the_cluster_come_from_the_same_place(
    node: Node, folder: Path, run_module: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first set-up, primary nodes know the session's host alone."""
    node.configure("sshd_config")
    put_keys(node.home / ".ssh/authorized_keys")
    monkeypatch.setattr(applied, "peer_names", lambda: ["dr1.example.net", "gone"])
    monkeypatch.setattr(applied, "resolve", lambda name: ["192.0.2.20"] if name == "dr1.example.net" else [])
    given = [{"address": f"192.0.2.{number}", "local_address": "192.0.2.20", "port": 2222} for number in (11, 12)]
    found = run_module(gluster_georep_authorized_keys, dict(state="verified", public_keys=[LINE], logins=given), run=node)
    assert not found.failed and found["notes"] == []
    assert [asked.partition("addr=")[2] for asked in node.asked] == [f"192.0.2.{number},laddr=192.0.2.21,lport=2222" for number in (11, 12)]


def test_b03_keys_go_where_sshd_reads_them_for_the_primary_nodes(node: Node, folder: Path, tmp_path: Path, run_module: t.Any) -> None:
    elsewhere = tmp_path / "cluster_keys"
    node.configure("sshd_config-keys-elsewhere", elsewhere)
    node.config.write_text(node.config.read_text().replace("/etc/ssh/cluster_keys", str(elsewhere)))
    given = dict(public_keys=[LINE], logins=logins(11, 12))
    missing = run_module(gluster_georep_authorized_keys, given, run=node)
    assert missing.failed and f"The folder {elsewhere} for the keys of root does not exist" in missing["msg"]
    elsewhere.mkdir(mode=0o755)
    dry = run_module(gluster_georep_authorized_keys, given, check_mode=True, run=node)
    assert dry.changed and not (elsewhere / "root").exists()
    real = run_module(gluster_georep_authorized_keys, given, run=node)
    assert real.changed and real["after"] == dry["after"] and (elsewhere / "root").read_text() == LINE + "\n"
    assert not (node.home / ".ssh").exists() and real["accounts"][0]["path"] == str(elsewhere / "root")
    assert not run_module(gluster_georep_authorized_keys, given, run=node).changed
    # Nobody has to say from where the logins came to remove them.
    put_keys(node.home / ".ssh/authorized_keys")
    gone = run_module(gluster_georep_authorized_keys, dict(state="absent", public_keys=[LINE]), run=node)
    assert gone.changed and (elsewhere / "root").read_text() == (node.home / ".ssh/authorized_keys").read_text() == ""


def test_b03_keys_go_into_the_file_of_each_login(node: Node, folder: Path, tmp_path: Path, run_module: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A primary node outside of the Match block reads another file."""
    elsewhere = tmp_path / "cluster_keys"
    elsewhere.mkdir(mode=0o755)
    node.configure("sshd_config-keys-elsewhere", elsewhere)
    given = dict(public_keys=[LINE], logins=[*logins(11), {"address": "127.0.0.1", "local_address": HERE, "port": 22}])
    real = run_module(gluster_georep_authorized_keys, given, run=node)
    assert real.changed and (elsewhere / "root").read_text() == (node.home / ".ssh/authorized_keys").read_text() == LINE + "\n"
    assert not run_module(gluster_georep_authorized_keys, given, run=node).changed
    (node.home / ".ssh/authorized_keys").write_text("")
    assert run_module(gluster_georep_authorized_keys, dict(given, state="verified"), run=node).failed


def test_without_such_blocks_sshd_is_asked_once(node: Node, folder: Path, run_module: t.Any) -> None:
    node.configure("sshd_config")
    node.config.write_text("# Match Address 192.0.2.11\nMatch User root\n    PermitRootLogin no\nMatch Group host\nInclude none.d/*.conf\n")
    run_module(gluster_georep_authorized_keys, dict(public_keys=[LINE], logins=logins(11, 12)), run=node)
    assert len(node.asked) == 1 and "addr=192.0.2.11" in node.asked[0]


@pytest.mark.parametrize(
    ("line", "depends"),
    [
        ("Match Address 192.0.2.0/24", True), ("match\taddress=192.0.2.1", True), ("Match User root LocalPort 2222", True), ("MATCH HOST *.example.net", True),
        ("Match LocalAddress 192.0.2.21", True), ("Match all", False), ("Match User address", False), ("Match Group hosts", False), ("# Match Host x", False),
        ("PermitRootLogin no # Match Host x", False), ("Match=Address 192.0.2.1", True), ("  Match RDomain x", True),
    ],
)  # fmt: skip
def test_b03_which_blocks_depend_on_the_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, depends: bool) -> None:
    monkeypatch.setattr(sshd, "CONFIG", str(tmp_path / "sshd_config"))
    (tmp_path / "d").mkdir()
    (tmp_path / "sshd_config").write_text("Port 22\nInclude d/*.conf\n")
    (tmp_path / "d" / "50.conf").write_text(f"{line}\n")
    found = sshd.connection_match(sshd.config_lines())
    assert (found is not None) is depends, found
    assert found is None or found.startswith(f"{tmp_path}/d/50.conf line 1: Match ")


def test_a_file_that_includes_itself_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sshd, "CONFIG", str(tmp_path / "sshd_config"))
    (tmp_path / "sshd_config").write_text("UsePAM yes\nInclude sshd_config\n")
    assert sshd.uses_pam(sshd.config_lines()) is True and sshd.connection_match(sshd.config_lines()) is None
    (tmp_path / "sshd_config").write_text("Port 22\n")
    assert sshd.uses_pam(sshd.config_lines()) is False
    (tmp_path / "sshd_config").unlink()
    assert sshd.uses_pam(sshd.config_lines()) is None


def test_b03_a_port_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sshd.sshd_settings_argv("geo", "/sshd", sshd.Login("2001:db8::11", "2001:db8::21", 2222))[-1] == (
        "user=geo,host=2001:db8::11,addr=2001:db8::11,laddr=2001:db8::21,lport=2222"
    )
    monkeypatch.setattr(sshd, "is_own", lambda address: address == HERE)
    monkeypatch.setattr(sshd, "local_address_to", lambda address: "192.0.2.22" if address == "192.0.2.13" else None)
    given = [("192.0.2.11", HERE, 2222), ("192.0.2.12", "192.0.2.99", 22), ("192.0.2.13", None, 22), ("192.0.2.14", None, 22), ("192.0.2.11", HERE, 2222)]
    assert sshd.logins_here(given) == [("192.0.2.11", HERE, 2222), ("192.0.2.13", "192.0.2.22", 22)]


def test_addresses_of_this_machine() -> None:
    assert sshd.is_own("127.0.0.1") and sshd.local_address_to("127.0.0.1") == "127.0.0.1"
    assert not sshd.is_own("192.0.2.254")


@pytest.mark.parametrize(("name", "value"), [("address", "primary1"), ("local_address", "192.0.2.300"), ("port", 0)])
def test_what_is_no_connection_is_refused(node: Node, folder: Path, run_module: t.Any, name: str, value: t.Any) -> None:
    node.configure("sshd_config")
    found = run_module(gluster_georep_authorized_keys, dict(public_keys=[LINE], logins=[{**logins(11)[0], name: value}]), run=node)
    assert found["error"] == "InvalidInput" and f"logins[0].{name}" in found["msg"] and node.asked == []


# --- who may log in


def refused(text: str, groups: t.Sequence[str] | None = ("geogroup",), address: str | None = "192.0.2.11", user: str = "geoaccount") -> list[str]:
    return sshd.obstacles(sshd.read_sshd_settings(text), user, 1001, groups, address)


def test_b13_the_account_is_in_none_of_the_groups() -> None:
    [problem] = refused(text_of("B13", "sshd_config-T.txt"))
    assert problem == (
        "AllowGroups is set (sshusers), and geoaccount is in none of these groups (it is in geogroup). Run: usermod --append --groups sshusers geoaccount"
    )
    assert refused(text_of("B13", "sshd_config-T.txt"), ("geogroup", "sshusers")) == []
    assert refused(text_of("B13", "sshd_config-T.txt"), None) == [], "nobody knows its groups"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("denygroups geogroup", "DenyGroups names geogroup"),
        ("denygroups geo*\nallowgroups geogroup", "DenyGroups names geogroup"),
        ("denygroups others", None),
        ("allowgroups ssh*\nallowgroups geo?roup", None),
        ("allowgroups GeoGroup", "AllowGroups"),
        ("allowgroups two words", "AllowGroups is set (two words)"),
        ("allowgroups geogrou", "AllowGroups"),
        ("allowgroups *", None),
        ("denyusers geo*", "DenyUsers names geoaccount (geo*)"),
        ("denyusers geoaccount@192.0.2.0/24", "DenyUsers names geoaccount (geoaccount@192.0.2.0/24)"),
        ("denyusers geoaccount@198.51.100.0/24", None),
        ("denyusers root", None),
        ("allowusers admin", "AllowUsers is set (admin) and does not name geoaccount"),
        ("allowusers admin\nallowusers geo*", None),
        ("allowusers geoaccount@192.0.2.11", None),
        ("allowusers geoaccount@192.0.2.12", "AllowUsers"),
        ("allowusers geoaccount@192.0.2.*", None),
        ("allowusers geoaccount@192.0.2.?", "AllowUsers"),
        ("allowusers *@198.51.100.0/24\nallowusers *@192.0.2.0/28", None),
        ("allowusers *@!192.0.2.11,192.0.2.0/24", "AllowUsers"),
        ("allowusers *@!192.0.2.12,192.0.2.0/24", None),
        ("allowusers *@2001:db8::/32", "AllowUsers"),
        ("usedns no\nallowusers geoaccount@*.example.net", "AllowUsers"),
        ("usedns yes\nallowusers geoaccount@*.example.net", None),
        ("allowusers Geoaccount", "AllowUsers"),
        ("allowusers [g]eoaccount", "AllowUsers"),
        ("authenticationmethods publickey,keyboard-interactive", "AuthenticationMethods is publickey,keyboard-interactive: sshd wants more than the key"),
        ("authenticationmethods publickey,password publickey", None),
        ("authenticationmethods any", None),
        ("refuseconnection yes", "RefuseConnection"),
        ("forcecommand /usr/bin/Wrapper X", "ForceCommand is set (/usr/bin/Wrapper X)"),
    ],
)
def test_b13_siblings(text: str, words: str | None) -> None:
    found = refused(text)
    assert (found == []) if words is None else (len(found) == 1 and words in found[0]), found


def test_an_address_that_is_not_known_is_no_obstacle() -> None:
    for text in ("allowusers geoaccount@192.0.2.12", "allowusers *@192.0.2.0/24", "denyusers geoaccount@192.0.2.11"):
        assert refused(text, address=None) == []
    assert len(refused("allowusers admin@192.0.2.11", address=None)) == 1, "another account is none, wherever it comes from"
    assert refused("allowusers geoaccount@2001:DB8:0::/48", address="2001:db8::11") == []


# --- what the account itself may not do


def plain(home: Path, uid: int) -> account_files.Account:
    return account_files.Account("geoaccount", str(home), uid, uid, (f"{home}/.ssh/authorized_keys",))


UID = 12345


@pytest.fixture
def home(open_path: Path) -> Path:
    found = open_path / "home" / "geoaccount"
    (found / ".ssh").mkdir(parents=True)
    (found / ".ssh/authorized_keys").write_text(LINE + "\n")
    for path, mode in ((found.parent, 0o755), (found, 0o755), (found / ".ssh", 0o700), (found / ".ssh/authorized_keys", 0o600)):
        path.chmod(mode)
        os.chown(path, UID if path != found.parent else 0, UID if path != found.parent else 0)
    return found


as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can take the rights of an account")


@as_root
@pytest.mark.parametrize(
    ("part", "mode", "owner", "words"),
    [
        ("", 0o755, UID, None),
        ("", 0o100, UID, None),
        ("", 0o655, UID, "may not enter {0} (owner uid 12345, mode 0655), so sshd cannot read its keys. Run: chmod u+x {0}"),
        ("", 0o600, UID, "chmod u+x {0}"),
        ("", 0o750, 0, "may not enter {0} (owner root, mode 0750), so sshd cannot read its keys. Run: chmod o+x {0}"),
        ("..", 0o700, 0, "chmod o+x {0}"),
        ("..", 0o711, 0, None),
        (".ssh", 0o600, UID, "chmod u+x {0}"),
        (".ssh", 0o700, 0, "chmod o+x {0}"),
        (".ssh/authorized_keys", 0o600, 0, "may not read {0} (owner root, mode 0600), so sshd cannot read its keys. Run: chown geoaccount: {0}"),
        (".ssh/authorized_keys", 0o200, UID, "chmod u+r {0}"),
        (".ssh/authorized_keys", 0o644, 0, None),
    ],
    ids=["B29 fine", "B29 x alone", "B29", "B29 0600", "B29 root's", "B29 parent", "B29 parent 0711", "B29 .ssh", "B29 .ssh of root",
         "B29 keys of root", "B29 keys without r", "B29 keys of root that all read"],
)  # fmt: skip
def test_b29_what_the_account_may_not_enter(home: Path, part: str, mode: int, owner: int, words: str | None) -> None:
    path = Path(os.path.normpath(home / part))
    os.chown(path, owner, owner)
    path.chmod(mode)
    found = accounts.reading_obstacles(account_files.LocalFiles(), plain(home, UID))
    assert (found == []) if words is None else (len(found) == 1 and words.format(path) in found[0]), found
    assert (os.geteuid(), os.getegid()) == (0, 0), "with root's rights again"


@as_root
@pytest.mark.parametrize("state", ["present", "verified", "absent"])
def test_b29_the_command_that_mends_it_is_told(home: Path, state: str) -> None:
    home.chmod(0o655)
    wanted = applied.authorized_keys.read_wanted([LINE], "public_keys")
    with pytest.raises(errors.PreconditionFailed, match=r"geoaccount may not enter .* mode 0655") as caught:
        accounts.edit(account_files.LocalFiles("dr1"), plain(home, UID), wanted, state, check_mode=False)
    assert caught.value.remedy == f"Run on dr1: chmod u+x {home}" and "chown" not in str(caught.value)


@as_root
def test_keys_outside_of_the_home_do_not_need_the_home(home: Path, open_path: Path) -> None:
    elsewhere = open_path / "keys"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    (elsewhere / "geoaccount").write_text(LINE + "\n")
    home.chmod(0o600)
    account = plain(home, UID)._replace(files=(f"{elsewhere}/geoaccount",))
    assert accounts.reading_obstacles(account_files.LocalFiles(), account) == []
    elsewhere.chmod(0o777)
    found = accounts.home_obstacles(account_files.LocalFiles(), account)
    assert any(f"The folder {elsewhere} can be written by other accounts" in one and f"chmod go-w {elsewhere}" in one for one in found)
    assert not any("home directory" in one for one in found)


def test_root_enters_everything() -> None:
    assert descriptors.barrier("/root/.ssh/authorized_keys", [0, 0]) is None


# --- the account's shell and its expiry


@pytest.fixture
def account_here(node: Node, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> t.Callable[..., list[str]]:
    def told(shadow: str = "", shell: str = "/bin/sh", pam: str = "yes", uid: int = 0) -> list[str]:
        (tmp_path / "shadow").write_text(shadow)
        monkeypatch.setattr(accounts, "SHADOW", str(tmp_path / "shadow"))
        monkeypatch.setattr(accounts, "today", lambda: 20787)
        monkeypatch.setattr(applied, "_entry", lambda _user, _gid: (["geogroup"], shell))
        account = account_files.Account("geoaccount", str(node.home), uid, uid, (f"{node.home}/.ssh/authorized_keys",))
        return applied.obstacles(account_files.LocalFiles(), account, [sshd.View({"usepam": [pam], "strictmodes": ["no"]})])

    return told


def test_b02_an_expired_account_is_an_obstacle(account_here: t.Callable[..., list[str]]) -> None:
    assert account_here("geoaccount:*:20787:7::7:::\n") == []
    [problem] = account_here("geoaccount:*:20454:7:60:7:30::\n")
    assert problem.startswith("The account geoaccount is inactive") and problem.endswith("Run: chage -M -1 -I -1 -E -1 geoaccount")
    assert account_here("geoaccount:*:20454:7:60:7:30::\n", pam="no") == []


def test_b02_a_shell_that_runs_nothing_is_an_obstacle(account_here: t.Callable[..., list[str]], tmp_path: Path) -> None:
    nologin = tmp_path / "nologin"
    nologin.write_text("#!/bin/sh\n")
    nologin.chmod(0o755)
    assert "runs no commands" in account_here(shell=str(nologin))[0]
    assert "does not exist or cannot be run" in account_here(shell=str(tmp_path / "none"))[0]


def test_b02_nologin_refuses_all_but_root(account_here: t.Callable[..., list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As seen: without PAM, sshd itself looks at the first file alone."""
    first, second = tmp_path / "etc-nologin", tmp_path / "run-nologin"
    monkeypatch.setattr(accounts, "NOLOGIN", (str(first), str(second)))
    second.touch()
    assert f"{second} exists" in account_here(uid=1)[0]
    assert account_here() == [] and not any("exists" in one for one in account_here(uid=1, pam="no"))
    first.touch()
    assert f"{first} exists" in account_here(uid=1, pam="no")[0] and account_here() == []


def test_inputs_of_the_cases_are_here() -> None:
    assert {"B01", "B02", "B03", "B11", "B13", "B29"} <= set(os.listdir(FOLDER))
