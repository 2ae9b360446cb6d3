"""The arithmetic of side-by-side measurements: rounds, pairs within a round, and what is thrown away.

Machines differ and have moods, so no contestant is compared with itself of another minute: in each round every
contestant has one turn, and a ratio is the median of the quotients of two turns of one round.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, TypeVar

DISTURBED: Final = 0.08
"""The share of the machine that processes of others may take during a turn."""

T = TypeVar("T")


@dataclass(frozen=True)
class Sample:
    """What one contestant did in one round: so many cases in so many seconds.

    ``cpu``: seconds of processor time by kind of process. ``foreign``: the share of the machine (0 to 1) that
    processes which are not ours took meanwhile.
    """

    cases: int
    seconds: float
    cpu: Mapping[str, float]
    foreign: float

    @property
    def rate(self) -> float:
        """Cases a second."""
        return self.cases / self.seconds

    @property
    def cpu_a_case(self) -> float:
        """Seconds of processor time a case, all processes together."""
        return sum(self.cpu.values()) / self.cases

    @property
    def disturbed(self) -> bool:
        """Whether others took more of the machine than a measurement bears."""
        return self.foreign > DISTURBED


Round = Mapping[str, Sample]
"""The turns of one round by contestant."""


def undisturbed(rounds: Sequence[Round], *names: str) -> Sequence[Round]:
    """The rounds in which each of these contestants had its turn and none of them was disturbed."""
    return [each for each in there(rounds, *names) if not any(each[name].disturbed for name in names)]


def there(rounds: Sequence[Round], *names: str) -> Sequence[Round]:
    """The rounds in which each of these contestants had its turn."""
    return [each for each in rounds if all(name in each for name in names)]


def usable(rounds: Sequence[Round], *names: str) -> Sequence[Round]:
    """The undisturbed rounds of these contestants; where there is none at all, the disturbed ones."""
    return undisturbed(rounds, *names) or there(rounds, *names)


def ratio(rounds: Sequence[Round], above: str, below: str, of: Callable[[Sample], float]) -> float | None:
    """The median over rounds of what ``of`` says of one contestant, divided by what it says of another in that round.

    None where the two never met.
    """
    pairs = [of(each[above]) / of(each[below]) for each in usable(rounds, above, below)]
    return median(pairs) if pairs else None


def typical(rounds: Sequence[Round], name: str, of: Callable[[Sample], float]) -> float | None:
    """The median over rounds of what ``of`` says of a contestant; None where it never had a turn."""
    found = [of(each[name]) for each in usable(rounds, name)]
    return median(found) if found else None


def turned(names: Sequence[T], number: int) -> Sequence[T]:
    """The order of a round: each round another begins, so that nobody always comes after the same one."""
    start = number % len(names)
    return [*names[start:], *names[:start]]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies (the nearest rank). Raises ValueError for no values."""
    if not values:
        raise ValueError("there are no values")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
