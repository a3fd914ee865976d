# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A test double that lets wrong calls pass makes every test behind it worthless."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.glusterops.georep.plugins.module_utils._gluster import runner
from ansible_collections.glusterops.georep.tests.unit.support import FakeRun, run_module

GOOD = (0, "out", "")


def test_plays_its_script_in_order() -> None:
    with FakeRun([(["a", "1"], GOOD), (lambda argv: argv[0] == "b", (3, "", "no"))]) as run:
        assert run(["a", "1"], timeout=5) == GOOD
        assert run(["b", "anything"]) == (3, "", "no")
    assert run.argvs == [["a", "1"], ["b", "anything"]]
    assert run.calls[0].timeout == 5


def test_a_missing_call_fails() -> None:
    run = FakeRun([(["a"], GOOD), (["b"], GOOD)])
    run(["a"])
    with pytest.raises(AssertionError, match=r"never came:\n  \['b'\]"):
        run.done()


def test_an_extra_call_fails() -> None:
    with pytest.raises(AssertionError, match="too many"):
        FakeRun()(["a"])


@pytest.mark.parametrize("argv", [["a", "2"], ["a"], ["a", "1", "x"]])
def test_another_argv_fails(argv: list[str]) -> None:
    with pytest.raises(AssertionError, match="expected"):
        FakeRun([(["a", "1"], GOOD)])(argv)


def test_the_wrong_order_fails() -> None:
    with pytest.raises(AssertionError, match="expected"):
        FakeRun([(["a"], GOOD), (["b"], GOOD)])(["b"])


def test_any_order_where_asked_for() -> None:
    with FakeRun([(["a"], (1, "", "")), (["b"], GOOD)], ordered=False) as run:
        assert run(["b"]) == GOOD
        assert run(["a"]) == (1, "", "")


def test_a_string_is_no_command() -> None:
    with pytest.raises(AssertionError, match="list of strings"):
        FakeRun([(["a"], GOOD)])("a")


def test_a_failure_that_the_code_swallowed_is_still_reported() -> None:
    run = FakeRun()
    with pytest.raises(AssertionError):
        run(["a"])
    with pytest.raises(AssertionError, match="too many"):
        run.done()


def test_wanted_keyword_arguments_are_checked() -> None:
    with FakeRun([(["a"], GOOD, {"stdin": "secret"})]) as run:
        run(["a"], stdin="secret")
    with pytest.raises(AssertionError, match="stdin"):
        FakeRun([(["a"], GOOD, {"stdin": "secret"})])(["a"])


def test_an_exception_is_raised() -> None:
    with FakeRun([(["a"], OSError("gone"))]) as run, pytest.raises(OSError, match="gone"):
        run(["a"])


def _module(main: t.Callable[[], None]) -> types.ModuleType:
    module = types.ModuleType("stand_in")
    module.main = main  # type: ignore[attr-defined]
    return module


def _main() -> None:
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(
        argument_spec={"fail": {"type": "bool", "default": False}, "word": {"no_log": True}}, supports_check_mode=True
    )
    recorder = runner.Recorder()
    recorder(["gluster", "--version"])
    if module.params["fail"]:
        module.fail_json(msg="told to")
    module.exit_json(changed=True, check=module.check_mode, diffs=module._diff, commands=recorder.commands)


@pytest.mark.parametrize(("check", "diff"), [(False, False), (True, False), (False, True)])
def test_run_module_gives_arguments_modes_and_runner(check: bool, diff: bool) -> None:
    with FakeRun([(["gluster", "--version"], GOOD)]) as run:
        result = run_module(_module(_main), {"word": "hush"}, check_mode=check, diff_mode=diff, run=run)
    assert result.changed
    assert not result.failed
    assert (result["check"], result["diffs"]) == (check, diff)
    assert [command["argv"] for command in result["commands"]] == [["gluster", "--version"]]
    assert "hush" not in str(result)


def test_run_module_reports_failures_and_bad_options() -> None:
    with FakeRun([(["gluster", "--version"], GOOD)]) as run:
        assert run_module(_module(_main), {"fail": True}, run=run)["msg"] == "told to"
    assert "Unsupported parameters" in run_module(_module(_main), {"other": 1})["msg"]


def test_run_module_leaves_the_real_runner_behind() -> None:
    real = runner.run_process
    with FakeRun([(["gluster", "--version"], GOOD)]) as run:
        run_module(_module(_main), {}, run=run)
    assert runner.run_process is real
    assert real in (runner.Recorder.__init__.__defaults__ or ())


def test_a_main_that_just_returns_is_a_defect() -> None:
    with pytest.raises(AssertionError, match="without exit_json"):
        run_module(_module(lambda: None), {})
