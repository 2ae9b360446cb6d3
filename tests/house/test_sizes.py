"""Rooms of a size to live in: no package holds the house, no file is longer than one can keep in mind."""

import re
from pathlib import Path

import pytest

from tests.house.code import everything, shown
from tests.house.sizes import ARCHITECTURE, BEGINS, ENDS, by_package, lines

LARGEST_PACKAGE = 0.30
LONGEST_FILE = 400
ROUNDLY = 3
"""In hundredths: how far the documents may lag behind before the table is made again."""


@pytest.mark.parametrize("depth", [1, 2])
def test_no_package_holds_more_than_three_tenths_of_the_code(depth: int) -> None:
    sizes = by_package(depth)
    whole = sum(sizes.values())
    assert {name: size / whole for name, size in sizes.items() if size / whole > LARGEST_PACKAGE} == {}
    assert whole == sum(by_package(1).values())


def test_no_file_is_longer_than_this() -> None:
    assert {shown(path): lines(path) for path in everything() if lines(path) > LONGEST_FILE} == {}


@pytest.mark.parametrize("document", ARCHITECTURE, ids=shown)
def test_the_table_in_the_documents_is_about_right(document: Path) -> None:
    table = document.read_text(encoding="utf-8").partition(BEGINS)[2].partition(ENDS)[0]
    said = {name: int(share) for name, share in re.findall(r"\| `([a-z_.]+)` \| (\d+)% \|", table)}
    sizes = by_package(1)
    whole = sum(sizes.values())
    assert said.keys() == sizes.keys()
    assert {name: share for name, share in said.items() if abs(share - 100 * sizes[name] / whole) > ROUNDLY} == {}
