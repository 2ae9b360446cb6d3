"""Rooms of a size to live in: no package holds the house."""

from tests.house.sizes import by_package

LARGEST_PACKAGE = 0.30


def test_no_package_holds_more_than_three_tenths_of_the_code() -> None:
    sizes = by_package(2)
    whole = sum(sizes.values())
    assert {name: size / whole for name, size in sizes.items() if size / whole > LARGEST_PACKAGE} == {}
    assert whole == sum(by_package(1).values())
