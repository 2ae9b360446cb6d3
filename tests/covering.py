"""The few that stand for many: together they show whatever all of them show."""

from collections.abc import Callable, Hashable, Mapping, Set
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def few(shown: Mapping[T, Set[Hashable]], length: Callable[[T], float] = lambda _: 1.0) -> list[T]:
    """Of those that show something, so many that nothing is missing, in their order.

    First who shows most that is new for its length is taken, and so on; whoever then shows nothing that the others do
    not is left out again.
    """
    missing: set[Hashable] = set().union(*shown.values())
    taken: list[T] = []
    while missing:
        best = max(shown, key=lambda one: len(shown[one] & missing) / length(one))
        taken.append(best)
        missing -= shown[best]
    for one in tuple(taken):
        others = set[Hashable]().union(*(shown[other] for other in taken if other != one))
        if shown[one] <= others:
            taken.remove(one)
    return [one for one in shown if one in taken]
