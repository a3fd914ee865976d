# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gluster_georep_authorized_keys on this machine: what it edits, what it leaves alone, and which options it refuses together."""

from __future__ import annotations

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._apply import authorized_keys, key_work
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._plan import declaration
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import authorized_keys as key_text
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import sshd
from ansible_collections.glusterops.georep.plugins.modules import gluster_georep_authorized_keys
from ansible_collections.glusterops.georep.tests.unit.cases import sessions_of
from ansible_collections.glusterops.georep.tests.unit.ssh import ssh_samples as samples
from ansible_collections.glusterops.georep.tests.unit.ssh.trust_support import HOST


def test_lines_are_added_once(here, folder, fake_run, run_module):
    given = dict(public_keys=[samples.gsyncd_line(1)])
    dry = run_module(gluster_georep_authorized_keys, given, check_mode=True, run=fake_run())
    assert dry.changed and not here.exists()
    real = run_module(gluster_georep_authorized_keys, given, run=fake_run())
    assert real.changed and here.read_text() == samples.gsyncd_line(1) + "\n"
    assert real["after"] == dry["after"]
    assert real["host_keys"] == [HOST.line()]
    assert not run_module(gluster_georep_authorized_keys, given, run=fake_run()).changed
    assert not run_module(gluster_georep_authorized_keys, dict(given, state="verified"), run=fake_run()).failed


def test_keys_leaves_other_nodes_alone(here, folder, fake_run, run_module):
    given = dict(public_keys=[samples.gsyncd_line(1)], only_nodes=["another"])
    result = run_module(gluster_georep_authorized_keys, given, run=fake_run())
    assert not result.changed and not here.exists()
    assert result["host_keys"] == [HOST.line()]
    assert result["node_uuid"] == "404c73f0-38c5-4c9f-aa0c-64317b3c9e01"
    given["only_nodes"].append(result["node_uuid"])
    assert run_module(gluster_georep_authorized_keys, given, run=fake_run()).changed


def test_keys_takes_login_keys_by_consent_only(here, folder, fake_run, run_module):
    given = dict(public_keys=[samples.public(9).line()])
    assert run_module(gluster_georep_authorized_keys, given, run=fake_run())["error"] == "InvalidInput"
    assert run_module(gluster_georep_authorized_keys, dict(given, shell_keys=True), run=fake_run()).changed


def test_what_stops_a_login_is_returned(here, folder, fake_run, run_module, monkeypatch):
    settings = {"hostkey": [f"{here.parent.parent}/ssh_host_key"], "forcecommand": ["/bin/true"]}
    monkeypatch.setattr(sshd, "local_settings", lambda _run, _user: settings)
    result = run_module(gluster_georep_authorized_keys, dict(public_keys=[samples.gsyncd_line(1)]), run=fake_run())
    assert len(result["obstacles"]) == 1 and result["obstacles"][0].startswith("ForceCommand is set")
    assert result["obstacles"][0] in result["notes"][-1]


@pytest.fixture
def own_gsyncd(tmp_path, monkeypatch):
    """gsyncd of this node, in a folder that the primary nodes do not have."""
    path = tmp_path / "libexec" / "glusterfs" / "gsyncd"
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    monkeypatch.setattr(key_text, "HELPER_DIRS", (str(tmp_path / "lib*" / "glusterfs"),))
    return str(path)


@pytest.mark.parametrize("before", ["", "primary", "own", "plain"])
def test_B15_the_node_s_own_path_in_one_run(here, folder, fake_run, run_module, own_gsyncd, before):
    line = samples.gsyncd_line(1)
    mine = line.replace(samples.GSYNCD, own_gsyncd)
    here.parent.mkdir(mode=0o700)
    here.write_text({"": "", "primary": line + "\n", "own": f"# ours\n{mine}\n", "plain": samples.public(1).line() + "\n"}[before])
    given = dict(public_keys=[line, samples.tar_line(1)])
    if before != "own":
        assert run_module(gluster_georep_authorized_keys, dict(given, state="verified"), run=fake_run()).failed
    dry = run_module(gluster_georep_authorized_keys, given, check_mode=True, run=fake_run())
    real = run_module(gluster_georep_authorized_keys, given, run=fake_run())
    assert dry["after"] == real["after"] and dry.changed and real.changed
    assert here.read_text() == ("# ours\n" if before == "own" else "") + f"{mine}\n{samples.tar_line(1)}\n"
    for state in ("present", "verified"):
        again = run_module(gluster_georep_authorized_keys, dict(given, state=state), run=fake_run())
        assert not again.changed and not again.failed, again
    assert run_module(gluster_georep_authorized_keys, dict(given, state="absent"), run=fake_run()).changed
    assert samples.public(1).blob not in here.read_text()


def test_B15_without_gsyncd_gluster_s_line_is_written(here, folder, fake_run, run_module, own_gsyncd, monkeypatch):
    monkeypatch.setattr(key_text, "HELPER_DIRS", ())
    assert run_module(gluster_georep_authorized_keys, dict(public_keys=[samples.gsyncd_line(1)]), run=fake_run()).changed
    assert here.read_text() == samples.gsyncd_line(1) + "\n"


@pytest.fixture
def copies(here, monkeypatch):
    """The places where gluster leaves copies of the keys: on this machine, the account's home alone."""
    real = key_work.Context
    monkeypatch.setattr(key_work, "Context", lambda *given, **more: real(*given, **{**more, "georep_dir": str(here.parent.parent)}))
    here.parent.mkdir()
    others = f"# others\nssh-ed25519 AAAA x \r\n{samples.gsyncd_line(9)}"
    here.write_text(f"{others}\n{samples.gsyncd_line(1)}\n{samples.tar_line(1)}\n")
    (here.parent.parent / "p_s_common_secret.pem.pub").write_text(samples.gsyncd_line(1) + "\n")
    (here.parent.parent / "q_s_common_secret.pem.pub").write_text(f"{samples.gsyncd_line(1)}\n{samples.gsyncd_line(9)}\n")
    return others


def test_exactly_our_lines_and_copies_go(here, copies, fake_run, run_module):
    home = here.parent.parent
    pairs = [{"primary_volume": name, "secondary_volume": "s"} for name in "pqr"]
    given = dict(state="absent", public_keys=[samples.gsyncd_line(1), samples.public(101).line()], copies_of=pairs)
    dry = run_module(gluster_georep_authorized_keys, given, check_mode=True, diff_mode=True, run=fake_run())
    assert dry.changed and (home / "p_s_common_secret.pem.pub").exists()
    real = run_module(gluster_georep_authorized_keys, given, diff_mode=True, run=fake_run())
    assert real.changed and real["diff"] == dry["diff"] != []
    assert here.read_bytes().decode() == copies + "\n"
    assert not (home / "p_s_common_secret.pem.pub").exists() and (home / "q_s_common_secret.pem.pub").exists()
    assert any("q_s_common_secret.pem.pub holds keys" in text for text in real["leftovers"])
    assert not run_module(gluster_georep_authorized_keys, given, run=fake_run()).changed


def test_an_account_that_is_in_use_keeps_its_lines_and_loses_the_copies(here, copies, fake_run, run_module):
    before = here.read_text()
    given = dict(
        state="absent", public_keys=[samples.gsyncd_line(1)], copies_of=[{"primary_volume": "p", "secondary_volume": "s"}],
        keep_on_nodes=["404c73f0-38c5-4c9f-aa0c-64317b3c9e01"],
    )  # fmt: skip
    real = run_module(gluster_georep_authorized_keys, given, run=fake_run())
    assert real.changed and here.read_text() == before and real["host_keys"] == [HOST.line()]
    assert not (here.parent.parent / "p_s_common_secret.pem.pub").exists()
    assert not run_module(gluster_georep_authorized_keys, given, run=fake_run()).changed


@pytest.mark.parametrize("own", ["404c73f0-38c5-4c9f-aa0c-64317b3c9e01", None])
def test_copies_stay_on_nodes_of_another_cluster(here, copies, fake_run, run_module, monkeypatch, own):
    """Where a session between volumes of the same names stays."""
    monkeypatch.setattr(authorized_keys, "read_node_uuid", lambda: own)
    copy = here.parent.parent / "p_s_common_secret.pem.pub"
    pair = {"primary_volume": "p", "secondary_volume": "s"}
    given = dict(state="absent", public_keys=[samples.gsyncd_line(1)])
    run_module(gluster_georep_authorized_keys, {**given, "copies_of": [{**pair, "node_uuids": ["of another cluster"]}]}, run=fake_run())
    assert copy.exists()
    run_module(gluster_georep_authorized_keys, {**given, "copies_of": [{**pair, "node_uuids": ["x", "404c73f0-38c5-4c9f-aa0c-64317b3c9e01"]}]}, run=fake_run())
    assert copy.exists() is (own is None)


def test_an_account_that_is_gone_holds_nothing(fake_run, run_module, monkeypatch):
    monkeypatch.setattr(sshd, "local_settings", lambda _run, _user: {})
    given = dict(state="absent", account="nobody-knows-it", public_keys=[samples.gsyncd_line(1)])
    result = run_module(gluster_georep_authorized_keys, given, run=fake_run())
    assert not result.failed and not result.changed and any("no account nobody-knows-it" in note for note in result["notes"])


PAIR = {"primary_volume": "p", "secondary_volume": "s"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (dict(), "missing: public_keys"),
        (dict(state="absent"), "missing: public_keys"),
        (dict(account="a b", public_keys=[]), "account = 'a b'"),
        (dict(public_keys=["x"]), "public_keys[0]"),
        (dict(public_keys=[], keep_on_nodes=[]), "keep_on_nodes can be used only together with state: absent"),
        (dict(public_keys=[], copies_of=[PAIR]), "copies_of can be used only together with state: absent"),
        (dict(public_keys=[], state="absent", shell_keys=True), "shell_keys can be used only together with state: present or state: verified"),
        (dict(public_keys=[], state="absent", copies_of=[{**PAIR, "primary_volume": "../x"}]), "copies_of[0].primary_volume"),
    ],
)
def test_no_option_is_ignored(here, folder, fake_run, run_module, given, words):
    result = run_module(gluster_georep_authorized_keys, given, run=fake_run())
    assert result.failed and words in result["msg"] and not here.exists(), result["msg"]


@pytest.mark.parametrize("account", ["geo.account", "GeoAccount"])
def test_b27_an_account_that_is_refused_for_a_session_is_refused_for_keys(here, folder, fake_run, run_module, account):
    entry = next(one for one in sessions_of("B27") if one["secondary_user"] == account)
    found = run_module(gluster_georep_authorized_keys, dict(public_keys=[samples.gsyncd_line(1)], account=account), run=fake_run())
    if account == "GeoAccount":
        assert found.changed and declaration.read_declaration([entry])[0].wanted.id.secondary_user == account
        return
    with pytest.raises(errors.InvalidInput) as caught:
        declaration.read_declaration([entry])
    # The same words, whatever the option is called.
    assert found.failed and found["msg"].partition(":")[2] == f"{caught.value.message} {caught.value.remedy}".partition(":")[2]
