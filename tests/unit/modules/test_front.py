# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all modules have in common: how a result and a failure leave the process."""

from __future__ import annotations

import errno
import json
import os
import socket
import types
import typing as t
from pathlib import Path

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils import _module
from ansible_collections.glusterops.georep.plugins.module_utils._gluster import xml
from ansible_collections.glusterops.georep.plugins.module_utils._model import errors
from ansible_collections.glusterops.georep.plugins.module_utils._ssh import descriptors
from ansible_collections.glusterops.georep.tests.unit.support import FakeRun, Result, run_module

SPEC = dict(argument_spec=dict(_module.required(_module.IDENTITY, "primary_volume"), **_module.LOCK_TIMEOUT))
LIST = (["gluster", "--mode=script", "--timeout=120", "--", "volume", "list"], (0, "projects\n", ""))


def front(
    work: t.Callable[[_module.Call], dict[str, t.Any]], *, needs_lxml: bool = False, root: bool = True, bugs: bool = False, verbosity: int = 1,
    **params: t.Any,
) -> Result:  # fmt: skip
    module = types.ModuleType("front")
    module.main = lambda: _module.run_module(SPEC, work, needs_lxml=needs_lxml)  # type: ignore[attr-defined]
    with FakeRun([LIST] if params.pop("asks", False) else []) as run:
        return run_module(module, {"primary_volume": "projects", **params}, run=run, root=root, bugs=bugs, verbosity=verbosity)


def test_every_command_is_in_the_result_and_nothing_has_changed_unless_the_work_says_so() -> None:
    def work(call: _module.Call) -> dict[str, t.Any]:
        return {"text": call.cli.call(["volume", "list"]).out}

    result = front(work, asks=True)
    assert (result.failed, result["changed"], result["text"]) == (False, False, "projects\n")
    assert [command["argv"] for command in result["commands"]] == [LIST[0]]


@pytest.mark.parametrize("seconds", [0, 7])
def test_lock_timeout_is_how_long_the_cli_waits(seconds: int) -> None:
    seen: list[float] = []
    front(lambda call: seen.append(call.cli._lock_patience) or {}, lock_timeout=seconds)
    assert seen == [seconds]


def test_a_failure_has_all_evidence_and_what_was_done_before() -> None:
    def work(call: _module.Call) -> dict[str, t.Any]:
        call.so_far = lambda: {"changed": True, "msg": "not this", "generated": ["secret.pem"]}
        call.cli.call(["volume", "list"])
        raise errors.CommandFailed("It was refused.", remedy="Ask again.", command=["gluster"], rc=1, stdout="no", stderr="never")

    result = front(work, asks=True)
    assert result.failed and result["msg"] == "It was refused. Ask again." and result["error"] == "CommandFailed"
    assert [result[name] for name in ("cmd", "rc", "stdout", "stderr", "remedy")] == [["gluster"], 1, "no", "never", "Ask again."]
    assert result.changed and result["generated"] == ["secret.pem"] and len(result["commands"]) == 1


def test_a_result_may_be_a_failure() -> None:
    result = front(lambda _call: {"failed": True, "msg": "It did not arrive.", "proofs": [1]})
    assert result.failed and result["msg"] == "It did not arrive." and result["proofs"] == [1]


def test_a_mistake_of_ours_is_called_one_and_keeps_its_traceback() -> None:
    def work(call: _module.Call) -> dict[str, t.Any]:
        call.so_far = lambda: {"changed": True}
        return {"never": 1 // 0}

    result = front(work, bugs=True)
    assert result.failed and result.changed and result["error"] == "UnexpectedError"
    assert "ZeroDivisionError: " in result["msg"] and "bug of the collection" in result["msg"]
    assert "Traceback" not in result["msg"]
    with pytest.raises(ZeroDivisionError):
        front(work)


@pytest.mark.parametrize(
    ("number", "path", "says"),
    [
        (errno.ENOSPC, "/var/lib/glusterd/x", "/var/lib/glusterd/x: No space left on device. Make room"),
        (errno.EROFS, "/root/.ssh/authorized_keys", "/root/.ssh/authorized_keys: Read-only file system. Mount that file system writable"),
        (errno.EACCES, b"/srv/\xff", "/srv/\ufffd: Permission denied. Check the owner"),
        (errno.ENOTCONN, None, "Transport endpoint is not connected. The GlusterFS process of this mount has ended"),
        (errno.ELOOP, "/x", "/x: Too many levels of symbolic links. Run again with -vvv"),
    ],
)
def test_what_the_system_refuses_is_named_with_its_place(number: int, path: t.Any, says: str) -> None:
    def work(_call: _module.Call) -> dict[str, t.Any]:
        raise OSError(number, os.strerror(number), path)

    result = front(work)
    assert result.failed and says in result["msg"] and result["msg"].startswith(socket.gethostname()), result["msg"]
    assert result["error"] == "SystemRefused" and "Traceback" not in result["msg"]


def test_who_is_not_root_is_told_to_become_root() -> None:
    worked: list[bool] = []
    result = front(lambda _call: worked.append(True) or {}, root=False)
    assert result.failed and "become: true" in result["msg"] and "glusterd does not answer" not in result["msg"] and not worked


def test_a_flood_is_shown_by_its_ends() -> None:
    def work(_call: _module.Call) -> dict[str, t.Any]:
        raise errors.UnreadableOutput("No.", stdout="begin" + "x" * 10_000_000 + "end", stderr="short")

    result = front(work)
    assert len(result["stdout"]) < 5000 and result["stdout"].startswith("begin") and result["stdout"].endswith("end")
    assert "9996008 characters are left out" in result["stdout"] and result["stderr"] == "short"


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_what_a_module_creates_has_its_own_mode(tmp_path: Path, mask: int) -> None:
    """By the mask of a hardened login, or of a careless one, a folder of a volume would be closed to clients, or a file open to all."""

    def work(_call: _module.Call) -> dict[str, t.Any]:
        descriptors.makedirs(str(tmp_path / "srv" / "dr"), 0o755)
        (tmp_path / "file").touch()
        return {}

    before = os.umask(mask)
    try:
        assert not front(work).failed
    finally:
        os.umask(before)
    modes = [oct(path.stat().st_mode & 0o777) for path in (tmp_path / "srv", tmp_path / "srv" / "dr", tmp_path / "file")]
    assert modes == ["0o755", "0o755", "0o644"]


@pytest.mark.parametrize("verbosity", [0, 1])
def test_a_failure_is_short_without_v(verbosity: int) -> None:
    def work(call: _module.Call) -> dict[str, t.Any]:
        call.run.commands += [{"argv": ["gluster", str(number)], "rc": 0, "seconds": 0.1} for number in range(40)]
        call.so_far = lambda: {"changed": True, "generated": ["secret.pem"]}
        raise errors.CommandFailed("It was refused.", remedy="Ask again.", command=["gluster", "7"], rc=0, stdout="begin" + "x" * 3000 + "end", stderr="")

    result = front(work, verbosity=verbosity)
    assert result.failed and result.changed and result["msg"] == "It was refused. Ask again." and result["generated"] == ["secret.pem"]
    assert (len(result["commands"]), len(result["stdout"])) == (40, 3008) if verbosity else ([result["commands"][0]["argv"]] == [["gluster", "7"]])
    if not verbosity:
        assert len(result["commands"]) == 1 and result["stdout"].startswith("begin") and result["stdout"].endswith("end")
        shown = {name: value for name, value in result.items() if name != "invocation"}  # Ansible shows that with -vvv only
        assert json.dumps(shown, sort_keys=True).index("It was refused") < 250, "the message comes first"
    assert not front(lambda call: {"ran": call.run.commands}, verbosity=verbosity).failed


def test_a_failure_whose_command_nobody_names() -> None:
    def work(call: _module.Call) -> dict[str, t.Any]:
        call.run.commands += [{"argv": [word], "rc": rc, "seconds": 0.1} for word, rc in (("a", 0), ("b", None), ("c", 1), ("d", 0))]
        return {"failed": True, "msg": "It did not arrive."}

    assert [entry["argv"] for entry in front(work, verbosity=0)["commands"]] == [["c"]]


def test_a_missing_library_is_named_apart_from_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "HAS_LXML", False)
    result = front(lambda _call: {}, needs_lxml=True)
    assert result.failed and result["missing_library"] == "lxml" and "(lxml)" in result["msg"]
    assert not front(lambda _call: {}).failed


def test_null_is_not_given() -> None:
    options: _module.Options = {
        **_module.IDENTITY, **_module.LOCK_TIMEOUT, "sessions": _module.each(_module.SESSION), "one": dict(type="dict", options=_module.DESTINATION),
        "words": dict(type="list", elements="str", default=["a"]), "text": dict(type="str"),
    }  # fmt: skip
    params = {
        "primary_volume": "a", "secondary_user": "", "lock_timeout": None, "sessions": [{"primary_volume": "a", "secondary_user": None}],
        "one": {"secondary_host": "h", "secondary_user": "", "ssh_port": 23}, "words": None, "text": "", "no_such": None,
    }  # fmt: skip
    found = _module.filled(options, params)
    assert (found["secondary_user"], found["lock_timeout"], found["words"], found["text"], found["secondary_host"]) == ("root", 120, ["a"], "", None)
    assert found["sessions"][0]["secondary_user"] == found["one"]["secondary_user"] == "root" and found["one"]["ssh_port"] == 23
    assert front(lambda call: {"timeout": call.params["lock_timeout"]})["timeout"] == 120


def test_a_specification_stays_as_it_is() -> None:
    """Ansible writes into the one that it is given; several modules share theirs."""
    assert "required" not in _module.IDENTITY["primary_volume"] and _module.SESSION["primary_volume"]["required"]
    before = repr(SPEC)
    front(lambda _call: {})
    assert repr(SPEC) == before


def test_a_result_holds_nothing_that_a_terminal_obeys() -> None:
    def work(call: _module.Call) -> dict[str, t.Any]:
        call.warn("the file caf\udce9")
        raise errors.PreconditionFailed("The volume holds \x1b]0;owned\x07.", remedy="Empty it.\nThen run again.", stdout="\x1b[2J")

    result = front(work)
    assert result["msg"] == "The volume holds \\x1b]0;owned\\x07. Empty it.\nThen run again." and result["stdout"] == "\\x1b[2J"
    assert front(lambda _call: {"notes": ["caf\udce9"], "lines": "one\ntwo"})["notes"] == ["caf\\xe9"]
