# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the unit tests share: a scripted command runner, and a way to run a module's main() in this process."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import subprocess
import threading
import types
import typing as t
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "ansible_collections.glusterops.georep"

Answer = t.Union[tuple[int, str, str], BaseException]
Matcher = t.Union[t.Sequence[str], t.Callable[[list[str]], bool]]


class Call(t.NamedTuple):
    """One call as it was made."""

    argv: list[str]
    timeout: float | None
    stdin: str | None
    env: dict[str, str] | None


def load_script(name: str) -> types.ModuleType:
    """A Python program of the folder script/, which is no package."""
    spec = importlib.util.spec_from_file_location(name.strip("_"), ROOT / "script" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def git_files() -> list[Path]:
    """Every file of the checkout that is, or will be, part of the repository; relative to ROOT."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "-z"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if listed.returncode == 0:
        names = [Path(name) for name in listed.stdout.decode().split("\0") if name]
    else:  # a plain copy, as ansible-test and the built artifact are
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*") if "output" not in path.parts]
    return sorted(path for path in names if (ROOT / path).is_file() and not (ROOT / path).is_symlink())


class FakeRun:
    """A runner that plays a script: exact argv lists, in order, each with its answer. No call may be missing or extra.

    Each entry of the script is ``(argv, answer)`` or ``(argv, answer, wanted)``:

    - ``argv``: the exact list, or a function that says whether an argv is the one meant.
    - ``answer``: ``(rc, out, err)``, or an exception to raise.
    - ``wanted``: keyword arguments the call must have been given, for example ``{"stdin": "..."}``.

    With ``ordered=False`` the calls may come in any order, for code that asks side by side. Use it as a context manager,
    through the fixture ``fake_run``, or call ``done()``: a call that never came is only seen then.
    """

    def __init__(self, script: t.Iterable[t.Sequence[t.Any]] = (), *, ordered: bool = True) -> None:
        self._pending: list[tuple[Matcher, Answer, dict[str, t.Any]]] = []
        self._ordered = ordered
        self._lock = threading.Lock()
        self._problems: list[str] = []
        self.calls: list[Call] = []
        for entry in script:
            self.expect(*entry)

    def expect(self, argv: Matcher, answer: Answer = (0, "", ""), wanted: dict[str, t.Any] | None = None) -> FakeRun:
        """Add one call to the end of the script."""
        self._pending.append((argv if callable(argv) else list(argv), answer, dict(wanted or {})))
        return self

    @property
    def argvs(self) -> list[list[str]]:
        """What was run so far."""
        return [call.argv for call in self.calls]

    def __call__(
        self,
        argv: t.Sequence[str],
        *,
        timeout: float | None = None,
        stdin: str | None = None,
        env: t.Mapping[str, str] | None = None,
    ) -> tuple[int, str, str]:
        with self._lock:
            if isinstance(argv, str) or not all(isinstance(word, str) for word in argv):
                self._fail(f"a command has to be a list of strings, this is {argv!r}")
            call = Call(list(argv), timeout, stdin, None if env is None else dict(env))
            self.calls.append(call)
            answer = self._take(call)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _take(self, call: Call) -> Answer:
        if not self._pending:
            self._fail(f"one call too many: {call.argv}")
        choices = range(1) if self._ordered else range(len(self._pending))
        for index in choices:
            matcher, answer, wanted = self._pending[index]
            if matcher(call.argv) if callable(matcher) else matcher == call.argv:
                for name, value in wanted.items():
                    if getattr(call, name) != value:
                        self._fail(f"{call.argv} was given {name}={getattr(call, name)!r}, expected {value!r}")
                del self._pending[index]
                return answer
        expected = "\n  ".join(str(self._pending[index][0]) for index in choices)
        return self._fail(f"call {len(self.calls)} is\n  {call.argv}\nexpected\n  {expected}")

    def _fail(self, problem: str) -> t.NoReturn:
        # Kept too: the code under test may well catch what is raised here.
        self._problems.append(problem)
        raise AssertionError(problem)

    def done(self) -> None:
        """Fail if a call was wrong, or if one never came."""
        assert not self._problems, "\n".join(self._problems)
        missing = [str(matcher) for matcher, _answer, _wanted in self._pending]
        assert not missing, "these calls never came:\n  " + "\n  ".join(missing)

    def __enter__(self) -> FakeRun:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None or self._problems:
            self.done()


class Result(dict[str, t.Any]):
    """What a module returned, as it went over the wire."""

    @property
    def failed(self) -> bool:
        return bool(self.get("failed"))

    @property
    def changed(self) -> bool:
        return bool(self.get("changed"))


@contextlib.contextmanager
def _arguments(arguments: dict[str, t.Any]) -> t.Iterator[None]:
    from ansible.module_utils import basic

    # ansible-core up to 2.18 knows no profile; from 2.19 on it is part of the contract with the controller.
    sent = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    with (
        mock.patch.object(basic, "_ANSIBLE_ARGS", sent),
        mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True),
    ):
        yield


@contextlib.contextmanager
def _runner(run: t.Callable[..., tuple[int, str, str]] | None) -> t.Iterator[None]:
    if run is None:
        yield
        return
    from ansible_collections.glusterops.georep.plugins.module_utils._gluster import runner

    real = runner.run_process
    patches = [mock.patch.object(runner, "run_process", run)]
    # A default argument keeps the function that it was defined with.
    for function in (runner.Recorder.__init__, runner.GlusterCli.__init__):
        for attribute in ("__defaults__", "__kwdefaults__"):
            values = getattr(function, attribute)
            if not values:
                continue
            if isinstance(values, dict):
                swapped: t.Any = {name: run if value is real else value for name, value in values.items()}
            else:
                swapped = tuple(run if value is real else value for value in values)
            patches.append(mock.patch.object(function, attribute, swapped))
    with contextlib.ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch)
        yield


def _raised(exc: Exception, _node: str) -> t.NoReturn:
    raise exc


def _forget_warnings() -> None:
    """Ansible collects a module's warnings in its process; here the modules of many tests share one."""
    from ansible.module_utils.common import warnings

    for found in (warnings._global_warnings, warnings._global_deprecations):
        found.clear()


def run_module(
    module: types.ModuleType,
    params: dict[str, t.Any] | None = None,
    check_mode: bool = False,
    diff_mode: bool = False,
    run: t.Callable[..., tuple[int, str, str]] | None = None,
    root: bool = True,
    bugs: bool = False,
    verbosity: int = 1,
) -> Result:
    """Run ``module.main()`` as Ansible would, in this process; return the JSON it printed.

    A failed module has ``failed: true`` in its result, nothing is raised. With ``run`` (a FakeRun) every command that
    goes through ``_gluster.runner.run_process`` goes there instead.

    :param root: whether the module believes to be root's.
    :param verbosity: how often -v is given; without it a failure comes with less evidence.
    :param bugs: whether an error that nobody thought of becomes a result, as it does for users. Otherwise it is raised.
    """
    from ansible_collections.glusterops.georep.plugins.module_utils import _module

    arguments = dict(params or {})
    arguments.update(_ansible_check_mode=check_mode, _ansible_diff=diff_mode, _ansible_syslog_facility="LOG_USER", _ansible_verbosity=verbosity)
    printed = io.StringIO()
    _forget_warnings()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_arguments(arguments))
        stack.enter_context(_runner(run))
        stack.enter_context(mock.patch.object(_module, "_is_root", return_value=root))
        if not bugs:
            stack.enter_context(mock.patch.object(_module, "unexpected", _raised))
        if run is not None and hasattr(module, "run_process"):
            stack.enter_context(mock.patch.object(module, "run_process", run))
        stack.enter_context(contextlib.redirect_stdout(printed))
        code: t.Any = "none"
        try:
            module.main()
        except SystemExit as ended:
            code = ended.code
    assert code != "none", f"{module.__name__}.main() returned without exit_json or fail_json"
    lines = [line for line in printed.getvalue().splitlines() if line.strip()]
    assert len(lines) == 1, f"a module prints one line of JSON, this one printed {printed.getvalue()!r}"
    result = Result(json.loads(lines[0]))
    assert bool(code) == result.failed, f"exit code {code} does not fit the result {result}"
    return result
