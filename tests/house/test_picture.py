"""The picture of the parts in docs/architecture.md shows the imports between the rooms: none missing, none besides."""

import re
from collections.abc import Mapping, Set
from functools import cache

import grimp
import pytest

from tests.house.code import ROOT, packages

DOCUMENTS = ("docs/architecture.md", "docs/architecture.zh-CN.md")
PICTURE = re.compile(r"```mermaid\nflowchart(?P<lines>.*?)```", re.DOTALL)
ARROW = re.compile(r"^ *(?P<above>\w+)\b.* --> (?P<below>\w+)", re.MULTILINE)

Arrow = tuple[str, str]


def drawn(text: str) -> Set[Arrow]:
    """The arrows of a document's first picture that are drawn through: imports."""
    found = PICTURE.search(text)
    assert found is not None
    return {(arrow["above"], arrow["below"]) for arrow in ARROW.finditer(found["lines"])}


@cache
def imported() -> Set[Arrow]:
    """Which room imports which."""
    graph = grimp.build_graph(*packages(), cache_dir=None)
    between = {
        (_top(module), _top(other))
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
    }
    return {(above, below) for above, below in between if above != below and below in packages()}


def without_shorter_ways(arrows: Set[Arrow]) -> Set[Arrow]:
    """The arrows that no way over other rooms says already."""
    return {arrow for arrow in arrows if arrow[1] not in _reached(arrow[0], arrows - {arrow})}


def _reached(start: str, arrows: Set[Arrow]) -> Set[str]:
    leads: Mapping[str, Set[str]] = {above: {to for by, to in arrows if by == above} for above, _ in arrows}
    found, ahead = set[str](), [start]
    while ahead:
        new = leads.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return found


def _top(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_arrows_are_the_imports_between_the_rooms(document: str) -> None:
    shown = drawn((ROOT / document).read_text(encoding="utf-8"))
    there = without_shorter_ways(imported())
    assert shown - there == set(), "drawn, but said by another way or by no import"
    assert there - shown == set(), "imported, but not drawn"


def test_no_two_rooms_import_one_another() -> None:
    arrows = imported()
    assert len(arrows) > 20
    assert {above for above, _ in arrows if above in _reached(above, arrows)} == set()


def test_arrows_are_read_and_shorter_ways_left_out() -> None:
    text = '```mermaid\nflowchart TB\n  a["a --- x"] --> b["b"]\n  b --> c\n  a -. HTTP .-> c\n  c -.-> d\n```\n'
    assert drawn(text) == {("a", "b"), ("b", "c")}
    assert without_shorter_ways({("a", "b"), ("b", "c"), ("a", "c")}) == {("a", "b"), ("b", "c")}
