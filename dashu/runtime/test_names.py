"""
Whether the names that tests and benchmarks take from each other are there; the type checker does not read them.

A file that cannot be imported stops none of the others, so its tests would be missed only when the whole suite has run.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .home import SOURCE_DIR

ROOTS = ("tests", "benchmarks")


def missing_names(source: Path = SOURCE_DIR) -> list[str]:
    """Return "file:line: name" of each name that a module of `ROOTS` does not have."""
    found = []
    for root in ROOTS:
        for path in sorted((source / root).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ROOTS:
                    found += [
                        f"{path.relative_to(source)}:{node.lineno}: {node.module} has no {each.name}"
                        for each in node.names
                        if not _has(source, node.module, each.name)
                    ]
    return found


def _has(source: Path, module: str, name: str) -> bool:
    folder = source.joinpath(*module.split("."))
    if (folder / name).is_dir() or (folder / f"{name}.py").is_file():
        return True
    return name in _names(folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py"))


@cache
def _names(path: Path) -> frozenset[str]:
    return frozenset(_bound(ast.parse(path.read_bytes()).body)) if path.is_file() else frozenset()


def _bound(statements: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that a module binds itself."""
    for statement in statements:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield statement.name
            case ast.Import() | ast.ImportFrom():
                yield from ((each.asname or each.name).split(".")[0] for each in statement.names)
            case _:
                yield from (
                    each.id
                    for each in ast.walk(statement)
                    if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
                )


if __name__ == "__main__":
    missing = missing_names()
    print("\n".join(missing))  # noqa: T201 – a command
    sys.exit(1 if missing else 0)
