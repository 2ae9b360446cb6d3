"""The house as text: its packages, their files, and what each of these imports."""

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


@cache
def packages() -> Sequence[str]:
    """The packages of the product, as a wheel carries them: every folder at the top that is one, but these two."""
    folders = (path.parent.name for path in ROOT.glob("*/__init__.py"))
    return sorted(name for name in folders if name not in ("tests", "bench"))


@cache
def product() -> Sequence[Path]:
    """Every Python file of the product."""
    return [path for package in packages() for path in sorted((ROOT / package).rglob("*.py"))]


@cache
def everything() -> Sequence[Path]:
    """Every Python file that is kept by hand: the product, its tests and measurements, the examples."""
    folders = (path for name in ("tests", "bench", "docs") for path in sorted((ROOT / name).rglob("*.py")))
    return [*product(), *folders]


def shown(path: Path) -> str:
    """A file as it is named in a sentence."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """A file, read."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def nodes(path: Path) -> Sequence[ast.AST]:
    """All that stands in a file."""
    return list(ast.walk(tree(path)))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Each module that a file names in an import, wherever it stands, with its line."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


def room(path: Path) -> str:
    """The package of the top that a file is in; a file at the top is its own room."""
    return path.relative_to(ROOT).parts[0]
