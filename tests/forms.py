"""How much a test tries: ``make test`` has the short form of what takes long, ``make test-long`` the whole of it.

A test with two forms is marked ``long`` and shows the same in both; the whole tries it more often, on more cases, over
more years.
"""

import os
from collections.abc import Sequence
from typing import Final, TypeVar

T = TypeVar("T")

WHOLE: Final = os.environ.get("SHAREFLOW_LONG_TESTS") == "1"
"""Whether the whole is tried."""


def either(short: T, whole: T) -> T:
    """What is tried in the form that runs now."""
    return whole if WHOLE else short


def dealt(everything: Sequence[T], turn: int, of: int) -> Sequence[T]:
    """The whole, or in the short form each so-manieth of it, others at each turn: after ``of`` turns all were tried."""
    return everything if WHOLE else everything[turn % of :: of]
