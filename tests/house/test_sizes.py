"""Rooms of a size to live in: no package holds the house, no file is longer than one can keep in mind."""

from tests.house.code import everything, shown
from tests.house.sizes import by_package, lines

LARGEST_PACKAGE = 0.30
LONGEST_FILE = 400


def test_no_package_holds_more_than_three_tenths_of_the_code() -> None:
    sizes = by_package(2)
    whole = sum(sizes.values())
    assert {name: size / whole for name, size in sizes.items() if size / whole > LARGEST_PACKAGE} == {}
    assert whole == sum(by_package(1).values())


def test_no_file_is_longer_than_this() -> None:
    assert {shown(path): lines(path) for path in everything() if lines(path) > LONGEST_FILE} == {}
