"""How long lists take in a ledger of a million cases, 98 of a hundred closed, and beside one of 10,000.

The questions are those of the doors, by the ledger's reader: the worklists of a department, of a place's bureau and of
a bureau everywhere; what is stuck; first pages of cases; the feed at several positions. Both ledgers are asked in
turns, so that what else the machine does falls on both. Each figure is the slowest question of its kind, in
milliseconds, at the 95th hundredth; ``_growth`` is that by the same figure at 10,000 cases.

Pages of the console are asked for in a third ledger, of 100,000 cases (``bench/pages.py``).

Of 10,000 cases 200 are open: they fill a part of a department's worklist, and a million fill its first page. So
``_rows`` and ``_rows_of_few`` say how much each question shows in the large and in the small ledger, and
``_growth_of_equal_pages`` is the greatest growth, at the middle, of a question that shows as much in both.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import psycopg2

from background.turns import waiting_for
from bench import pages, servers
from bench.cases import APPLICATION
from bench.contestants.shareflow import in_one_process
from bench.filling import Original, fill, hurried
from bench.originals import DEPARTMENTS, department, played
from bench.rounds import percentile
from domain.access import EVERYWHERE, Caller, visibility_of
from domain.words import Role
from embedded.stack.postgres import Postgres
from ledger.engine import connect
from ledger.queries.messages import MessageFilter
from ledger.queries.views import CaseFilter, WorklistFilter
from ledger.reader import Reader

SMALL: Final = 10_000
LARGE: Final = int(os.environ.get("SHAREFLOW_BENCH_LISTED") or 1_000_000)
PAGED: Final = int(os.environ.get("SHAREFLOW_BENCH_PAGED") or 100_000)
"""In the ledger of the pages."""
ASKED, WARMING = 100, 3
AT_MOST_SECONDS: Final = 6.0
"""For one question, in both ledgers."""
FEED_PAGE: Final = 100


@dataclass(frozen=True)
class Question:
    """Something that a door asks of the ledger; ``kind``: the figure that it counts for."""

    kind: str
    name: str
    ask: Callable[[Reader], Any]


def callers() -> dict[str, Caller]:
    """Who looks at lists: a department on each side, the bureau of a place, one everywhere, an operator."""
    requester, provider = (APPLICATION.requester.code or "", APPLICATION.provider.code or "")
    return {
        "requester": Caller("a", department(requester), frozenset({Role.REQUESTER})),
        "provider": Caller("b", department(provider), frozenset({Role.PROVIDER})),
        "bureau_of_a_place": Caller("c", "bureau", frozenset({Role.BUREAU}), frozenset({"nantong"})),
        "bureau_everywhere": Caller("d", "bureau", frozenset({Role.BUREAU}), frozenset({EVERYWHERE})),
        "operator": Caller("e", None, frozenset({Role.OPERATOR})),
    }


def questions(newest: int) -> Sequence[Question]:
    """All that is asked; ``newest``: the newest position of the feed."""
    who = callers()
    found: list[Question] = []
    for name, caller in who.items():
        seen = visibility_of(caller)
        if name != "operator":
            waiting = waiting_for(caller)
            found.append(Question("worklist", name, partial(_worklist, waiting)))
        if name in ("operator", "bureau_of_a_place"):
            wanted = CaseFilter(stuck=True, visibility=seen)
            found.append(Question("stuck", name, partial(_cases, wanted)))
        found.append(Question("cases", name, partial(_cases, CaseFilter(visibility=seen))))
        found.append(Question("cases", f"{name}_open", partial(_cases, CaseFilter(visibility=seen, open=True))))
        for said, place in (("start", 0), ("middle", newest // 2), ("end", max(0, newest - FEED_PAGE))):
            found.append(Question("feed", f"{name}_from_the_{said}", partial(_feed, seen, place)))
    return found


def _worklist(waiting: Sequence[WorklistFilter], reader: Reader) -> Any:
    return reader.worklist(waiting)


def _cases(wanted: CaseFilter, reader: Reader) -> Any:
    return reader.cases(wanted)


def _feed(seen: Any, place: int, reader: Reader) -> Any:
    return reader.messages(seen, place, FEED_PAGE, MessageFilter())


@dataclass(frozen=True)
class Answers:
    """How long a question took each time, in milliseconds, and how many rows its answer has."""

    times: Sequence[float]
    rows: int

    @property
    def p50(self) -> float:
        """At the middle."""
        return percentile(self.times, 0.5)

    @property
    def p95(self) -> float:
        """At the 95th hundredth."""
        return percentile(self.times, 0.95)


@dataclass(frozen=True)
class Pair:
    """What one question took among few cases and among many."""

    few: Answers
    many: Answers

    @property
    def growth(self) -> float:
        """How much longer it takes among many, at the middle: the 95th hundredth of one question has its moods."""
        return self.many.p50 / self.few.p50

    @property
    def equal(self) -> bool:
        """Whether there was as much to show."""
        return self.few.rows == self.many.rows


def answered(readers: Sequence[Reader], questions: Sequence[Question]) -> Pair:
    """Ask each reader its question in turns, after a few times that do not count."""
    times: list[list[float]] = [[] for _ in readers]
    rows = [0 for _ in readers]
    stops = time.monotonic() + AT_MOST_SECONDS
    for number in range(WARMING + ASKED):
        for side, (reader, question) in enumerate(zip(readers, questions, strict=True)):
            begun = time.perf_counter()
            answer = question.ask(reader)
            if number >= WARMING:
                times[side].append((time.perf_counter() - begun) * 1000)
            rows[side] = len(answer.messages if question.kind == "feed" else answer.cases)
        if all(times) and time.monotonic() > stops:
            break
    few, many = (Answers(*each) for each in zip(times, rows, strict=True))
    return Pair(few, many)


def asked(small: str, large: str) -> dict[str, Pair]:
    """All questions by kind and name, asked in both ledgers."""
    readers = [Reader(connect(url, pool_size=1)) for url in (small, large)]
    try:
        each = [questions(reader.newest_message()) for reader in readers]
        return {f"{pair[0].kind}.{pair[0].name}": answered(readers, pair) for pair in zip(*each, strict=True)}
    finally:
        for reader in readers:
            reader.close()


def compared(found: dict[str, Pair]) -> dict[str, float]:
    """The slowest question of each kind, how much slower that is than in the small ledger, and each question."""
    figures: dict[str, float] = {}
    for kind in ("worklist", "stuck", "cases", "feed"):
        its = [pair for name, pair in found.items() if name.startswith(f"{kind}.")]
        here = max(pair.many.p95 for pair in its)
        figures |= {
            f"{kind}_ms_p95": here,
            f"{kind}_growth": here / max(pair.few.p95 for pair in its),
            f"{kind}_growth_of_equal_pages": max(pair.growth for pair in its if pair.equal),
        }
    for name, pair in found.items():
        figures |= {f"{name}_ms_p50": pair.many.p50, f"{name}_ms_p95": pair.many.p95, f"{name}_growth": pair.growth}
        figures |= {f"{name}_rows": pair.many.rows, f"{name}_rows_of_few": pair.few.rows}
    return figures


async def _originals(database: Postgres) -> tuple[str, Sequence[Original]]:
    """A ledger with the real cases, which nobody uses any more; its name and what they are."""
    url = await asyncio.to_thread(servers.ledger, database, "originals")
    async with servers.temporal(None) as temporal, in_one_process(temporal.address, url) as shareflow:
        return "originals", await played(shareflow.client)


def _filled(database: Postgres, originals: Sequence[Original], cases: int) -> str:
    begun = time.monotonic()
    url = servers.database(database, f"of_{cases}", "originals")
    fill(url, originals, cases, DEPARTMENTS)
    with psycopg2.connect(url) as connection, connection.cursor() as there:
        there.execute(
            "SELECT count(*), count(*) FILTER (WHERE closed_at IS NULL), pg_database_size(current_database()) "
            "FROM cases"
        )
        row = there.fetchone() or (0, 0, 0)
    sys.stderr.write(
        f"a ledger of {row[0]:,} cases, {row[1]:,} of them open, {row[2] / 1e9:.1f} GB: "
        f"{time.monotonic() - begun:.0f} s\n"
    )
    return url


async def _measure() -> dict[str, float]:
    async with servers.folder() as folder, servers.postgres(folder) as database:
        _, originals = await _originals(database)
        await asyncio.to_thread(hurried, database)
        small = await asyncio.to_thread(_filled, database, originals, SMALL)
        large = await asyncio.to_thread(_filled, database, originals, LARGE)
        found = compared(await asyncio.to_thread(asked, small, large))
        whole = [replace(original, closed=False) for original in originals]
        taken = await pages.timed(await asyncio.to_thread(_filled, database, whole, PAGED))
        sys.stderr.write(f"{pages.table(taken)}\n")
        return {"cases": LARGE, **found, "paged_cases": PAGED, **taken}


def run() -> dict[str, float]:
    """Measure and return the figures."""
    return asyncio.run(_measure())
