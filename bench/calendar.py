"""How fast working days are added, against workalendar's own China over the same dates.

Run as ``python -m bench.calendar``. workalendar has data for 2018 to 2023 and cannot cross into a year
without, so the starts stay clear of the year ends. Its warnings are silenced around its calls only.
"""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Callable
from datetime import date, timedelta

from workalendar.asia import China

from domain.calendar import Calendar

SEED = 809
PAIRS = 2000
LONGEST = 20
REPEATS = 20

Pair = tuple[date, int]


def _pairs() -> list[Pair]:
    source = random.Random(SEED)
    first, days = date(2018, 1, 2), 300
    return [
        (
            first.replace(year=source.randint(2018, 2023)) + timedelta(days=source.randrange(days)),
            source.randint(1, LONGEST),
        )
        for _ in range(PAIRS)
    ]


def _measure(add: Callable[[date, int], date], pairs: list[Pair], repeats: int) -> tuple[float, list[date]]:
    """Microseconds per addition, the best of the repeats, and the results."""
    best, results = float("inf"), []
    for _ in range(repeats):
        begin = time.perf_counter()
        results = [add(start, n) for start, n in pairs]
        best = min(best, time.perf_counter() - begin)
    return best / len(pairs) * 1e6, results


def run() -> dict[str, float | int]:
    """The measurement: microseconds per addition of each, their ratio, and how often they differ.

    They differ where the limit meets 2020-01-31 or 2020-02-01, which workalendar has wrong.
    """
    pairs = _pairs()
    begin = time.perf_counter()
    working_days = Calendar.packaged().as_known_on(None)
    working_days.is_working_day(date(2026, 1, 1))
    ready = time.perf_counter() - begin
    ours, our_days = _measure(working_days.add_working_days, pairs, REPEATS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        china = China()
        for year in range(2018, 2024):
            china.holidays(year)  # fills its cache, so that only the additions are measured
        theirs, their_days = _measure(china.add_working_days, pairs, 1)
    return {
        "additions": len(pairs),
        "ready_ms": round(ready * 1e3, 2),
        "shareflow_us": round(ours, 3),
        "workalendar_us": round(theirs, 1),
        "ratio": round(theirs / ours, 1),
        "different_results": sum(a != b for a, b in zip(our_days, their_days, strict=True)),
    }


def main() -> None:
    """Print the measurement."""
    for key, value in run().items():
        print(f"{key:18} {value}")


if __name__ == "__main__":
    main()
