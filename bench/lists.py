"""How long lists take in a ledger of a million cases, 98 of a hundred closed, and beside one of 10,000.

The questions are those of the doors, by the ledger's reader: the worklists of a department, of a place's bureau and of
a bureau everywhere; what is stuck; first pages of cases; the feed at several positions. Each figure is the slowest
question of its kind, in milliseconds, at the 95th hundredth; ``_growth`` is that by the same figure at 10,000 cases.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import psycopg2

from api.worklist.endpoints import waiting_for
from bench import servers
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
ASKED, WARMING = 25, 2
AT_MOST_SECONDS: Final = 3.0
"""For one question."""
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


def answered(reader: Reader, question: Question) -> list[float]:
    """The milliseconds of each time that a question was asked, after a few that do not count."""
    found: list[float] = []
    stops = time.monotonic() + AT_MOST_SECONDS
    for number in range(WARMING + ASKED):
        begun = time.perf_counter()
        question.ask(reader)
        if number >= WARMING:
            found.append((time.perf_counter() - begun) * 1000)
        if found and time.monotonic() > stops:
            break
    return found


def asked(url: str) -> dict[str, tuple[float, float]]:
    """Of each question the milliseconds at the middle and at the 95th hundredth."""
    reader = Reader(connect(url, pool_size=1))
    try:
        found = {}
        for question in questions(reader.newest_message()):
            times = answered(reader, question)
            found[f"{question.kind}.{question.name}"] = (percentile(times, 0.5), percentile(times, 0.95))
        return found
    finally:
        reader.close()


def compared(small: dict[str, tuple[float, float]], large: dict[str, tuple[float, float]]) -> dict[str, float]:
    """The slowest question of each kind, and how much slower that is than in the small ledger."""
    found: dict[str, float] = {}
    for kind in ("worklist", "stuck", "cases", "feed"):
        here = max(p95 for name, (_, p95) in large.items() if name.startswith(f"{kind}."))
        there = max(p95 for name, (_, p95) in small.items() if name.startswith(f"{kind}."))
        found |= {f"{kind}_ms_p95": here, f"{kind}_growth": here / there}
    for name, (p50, p95) in large.items():
        found |= {f"{name}_ms_p50": p50, f"{name}_ms_p95": p95}
    return found


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
        return {
            "cases": LARGE,
            **compared(await asyncio.to_thread(asked, small), await asyncio.to_thread(asked, large)),
        }


def run() -> dict[str, float]:
    """Measure and return the figures."""
    return asyncio.run(_measure())
