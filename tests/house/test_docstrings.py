"""Every docstring stands by itself: whoever reads it in a list of names knows what is meant."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.house.code import product, shown, tree

POINTS_ELSEWHERE = re.compile(
    r"(\w+ ){0,3}(the|that|this|these|those) (very )?same\b"
    r"|(\w+ )?(likewise|ditto|as (above|before|there)|see (above|below))\b",
    re.IGNORECASE,
)
"""Whatever begins with "the same", also after a few words: one page of the same events."""
LEANS = re.compile(
    r"\braises (what|whatever) [^.]*\braises\b|\bthe same as\b"
    r"|^(\w+ )?as (the |a |an )?[`:\w.-]+( \w+)? (prints|does|says|has|gives|tells|shows|writes|takes|returns)\b"
    r"|^as `+[^`]+`+ (\w+ )?\w+s (it|them)\b",
    re.IGNORECASE,
)
"""Whatever leaves what it is, or what it raises, to another: as `--json` prints it; raises what open raises."""
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def docstrings(path: Path) -> Iterator[tuple[int, str, str]]:
    """Each docstring of a file with its line and whose it is; a string below a value is the value's."""
    for node in ast.walk(tree(path)):
        if isinstance(node, DOCUMENTED):
            said = ast.get_docstring(node)
            if said is not None:
                yield getattr(node, "lineno", 1), getattr(node, "name", "the module"), said
        body = getattr(node, "body", None)
        for before, after in pairwise(body) if isinstance(body, list) else ():
            if isinstance(before, ast.Assign | ast.AnnAssign) and isinstance(after, ast.Expr):
                value = after.value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield after.lineno, "a value", value.value


def leans(said: str) -> bool:
    """Whether a docstring leaves to another what it should say."""
    flat = " ".join(said.split())
    return bool(POINTS_ELSEWHERE.match(flat) or LEANS.search(flat))


def test_none_says_only_the_same() -> None:
    found = [
        f"{shown(path)}:{line} {name}: {said.splitlines()[0]}"
        for path in product()
        for line, name, said in docstrings(path)
        if leans(said)
    ]
    assert found == []


@pytest.mark.parametrize(
    "said",
    [
        *("The same.", "The same, awaiting.", "As above; but once.", "The same of one.", "Again the same."),
        *("The same headers, without the paper.", "One page of the same events.", "All that these same cases say."),
        *("As ``--json`` prints it.", "As the case has it, with more.", "Files it. Raises what :meth:`open` raises."),
        *("Opens it. Raises whatever opening it raises.", "A demand; the same as the body of a request."),
    ],
)
def test_one_that_points_elsewhere_would_be_found(said: str) -> None:
    assert leans(said)


@pytest.mark.parametrize(
    "said", ["As the law has it, until when.", "A case as the ledger has it.", "Raises what is missing as a list."]
)
def test_one_that_stands_by_itself_is_none(said: str) -> None:
    assert not leans("Whose move it is. " + said)


def test_every_public_function_and_class_says_what_it_is() -> None:
    silent = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in product()
        if "/migrations/versions/" not in shown(path)
        for node in tree(path).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []
