# -*- coding: utf-8 -*-
# Copyright (c) 2026, GlusterOps contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""A program, run on its own under gsyncd's Python: what syncdaemon's sources ask of this Python that it no longer has.

``python3 -I - FOLDER < this file`` prints one JSON object. It reads the sources and imports modules of the standard
library; it runs none of gsyncd's code.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import os
import sys
import sysconfig
import typing as t

#: Methods that classes of the standard library once had: a call by one of these names can only mean them.
METHODS = {
    "readfp": ("configparser", "RawConfigParser"),
    "isAlive": ("threading", "Thread"),
    "getchildren": ("xml.etree.ElementTree", "Element"),
    "getiterator": ("xml.etree.ElementTree", "Element"),
    "has_key": ("builtins", "dict"),
    "iteritems": ("builtins", "dict"),
    "itervalues": ("builtins", "dict"),
    "tostring": ("array", "array"),
}
#: Modules that left the standard library; no Python tells what it once had.
LEFT = set(
    (
        "_bootlocale aifc asynchat asyncore audioop binhex cgi cgitb chunk crypt distutils dummy_threading formatter imghdr imp "
        "lib2to3 macpath mailcap msilib nis nntplib ossaudiodev parser pipes smtpd sndhdr spwd sre_compile sre_constants sre_parse "
        "sunau symbol telnetlib uu xdrlib"
    ).split()
)
#: What holds nothing that could be asked for: two thirds of all nodes.
LEAVES = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop)
#: Whoever catches one of these expects what is asked for to be missing.
GUARDS = ("ImportError", "ModuleNotFoundError", "AttributeError", "NameError", "'Exception'", "'BaseException'")


def is_stdlib(name: str) -> bool:
    """Whether a module is one of the standard library, or was."""
    top = name.partition(".")[0]
    if top in LEFT:
        return True
    known = getattr(sys, "stdlib_module_names", None)
    if known is not None:
        return top in known
    spec = importlib.util.find_spec(top)
    return spec is not None and (
        spec.origin in ("built-in", "frozen")
        or (spec.origin or "").startswith((sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")))
    )


class Walk(ast.NodeVisitor):
    """Collects what one file asks for that is gone."""

    def __init__(self, file: str, own: set[str]) -> None:
        self.file = file
        self.own = own
        self.modules: dict[str, t.Any] = {}
        self.gone: list[dict[str, t.Any]] = []
        self.guarded = False

    def generic_visit(self, node: ast.AST) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            for item in value if isinstance(value, list) else (value,):
                if isinstance(item, ast.AST) and not isinstance(item, LEAVES):
                    self.visit(item)

    def missing(self, node: t.Any, what: str) -> None:
        if not self.guarded:
            self.gone.append({"file": self.file, "line": node.lineno, "name": what})

    def load(self, node: t.Any, name: str) -> t.Any:
        """A module of the standard library; None where it is none, or is gone."""
        if name.partition(".")[0] in self.own or not is_stdlib(name):
            return None
        try:
            return importlib.import_module(name)
        except ImportError:
            self.missing(node, name)
            return None

    # What stands in try or behind a look at the version is somebody's way to live with several Pythons.
    def visit_Try(self, node: ast.Try) -> None:
        caught = " ".join(ast.dump(handler.type) if handler.type else "'Exception'" for handler in node.handlers)
        before = self.guarded
        self.guarded = before or any(word in caught for word in GUARDS)
        for part in node.body:
            self.visit(part)
        if not self.guarded:
            for handler in node.handlers:
                self.visit(handler)
        self.guarded = before
        for part in node.orelse + node.finalbody:
            self.visit(part)

    def visit_If(self, node: ast.If) -> None:
        named = {getattr(part, "attr", getattr(part, "id", "")) for part in ast.walk(node.test)}
        if "version_info" not in named:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            module = self.load(node, alias.name)
            if module is not None:
                name = alias.asname or alias.name.partition(".")[0]
                self.modules[name] = module if alias.asname else sys.modules[name]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = None if node.level or not node.module else self.load(node, node.module)
        if module is None:
            return
        for alias in node.names:
            found = getattr(module, alias.name, None)
            if found is None and hasattr(module, "__path__") and importlib.util.find_spec(module.__name__ + "." + alias.name):
                found = importlib.import_module(module.__name__ + "." + alias.name)
            if isinstance(found, type(os)):
                self.modules[alias.asname or alias.name] = found
            elif alias.name != "*" and not hasattr(module, alias.name):
                self.missing(node, module.__name__ + "." + alias.name)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and node.value.id in self.modules and isinstance(node.ctx, ast.Load):
            module = self.modules[node.value.id]
            if not hasattr(module, node.attr):
                self.missing(node, module.__name__ + "." + node.attr)
        elif node.attr in METHODS and node.attr not in self.own:
            module, owner = METHODS[node.attr]
            if not hasattr(getattr(importlib.import_module(module), owner), node.attr):
                self.missing(node, owner + "." + node.attr)
        self.generic_visit(node)


def functions(body: t.Iterable[t.Any]) -> t.Iterator[str]:
    """Names of all functions and methods in statements, however deep; no expression holds one."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from functions(getattr(node, part, ()))


def walk(folder: str) -> tuple[list[dict[str, t.Any]], list[dict[str, t.Any]]]:
    """What every file of a folder asks for that is gone; files that do not parse."""
    trees = {}
    broken = []
    for file in sorted(os.listdir(folder)):
        if file.endswith(".py"):
            with open(os.path.join(folder, file), "rb") as source:
                try:
                    trees[file] = ast.parse(source.read(), file)
                except SyntaxError as exc:
                    broken.append({"file": file, "line": exc.lineno or 0, "name": exc.msg})
    # Names that the folder defines itself: its modules come first on its path, its methods are no one else's.
    own = {file[:-3] for file in os.listdir(folder)} | {name for tree in trees.values() for name in functions(tree.body)}
    gone: list[dict[str, t.Any]] = []
    for file, tree in trees.items():
        visitor = Walk(file, own)
        visitor.visit(tree)
        gone += visitor.gone
    return gone, broken


def main() -> None:
    gone, broken = walk(sys.argv[1])
    told = {
        "version": ".".join(str(part) for part in sys.version_info[:3]),
        "executable": sys.executable,
        "encoding": sys.getfilesystemencoding(),
        "gone": gone,
        "broken": broken,
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
