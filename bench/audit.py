"""What checking costs: dossiers a second and core; checkpoints of logs of ten, a hundred, a thousand thousand entries.

A dossier is that of a case of the demonstration with some thirty events, checked again and again in this process;
what counts is the CPU that it took. The log is that of a ledger filled with copies of one open case, whose events are
entered in order: ``log_s_at_N`` is the time from an empty log to a checkpoint of N entries, ``new_entry_us_at_N`` what
each of the next thousand takes with everything that goes with it, ``checkpoint_ms`` how long signing takes when all is
entered.
"""

import asyncio
import os
import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import psycopg2

from audit.dossier.contents import CaseDossier
from audit.verification.verify import Verifier, failed
from bench import servers
from bench.contestants.shareflow import in_one_process
from bench.filling import Original, fill, hurried
from bench.originals import DEPARTMENTS, played
from configuration.memory import settle_memory
from domain.log.keys import Ed25519Signer
from embedded.demo import demo_cases
from embedded.simulate.player import Player
from embedded.simulate.sandbox import sandbox
from embedded.stack.postgres import Postgres
from ledger.engine import connect
from ledger.log_book import AT_ONCE, LogBook
from ledger.reader import Reader
from starter.dossiers import dossier_of

SIZES: Final = tuple(
    size for size in (10_000, 100_000, 1_000_000) if size <= int(os.environ.get("SHAREFLOW_BENCH_LOGGED") or 1_000_000)
)
NEXT: Final = 1_000
CASE: Final = "14"
"""Which case of the demonstration, by its number: the one with thirty events."""
VERIFY_SECONDS: Final = 10.0


async def _dossier() -> tuple[CaseDossier, int]:
    """The dossier, and how many events it has."""
    [scenario] = [each for number, each in enumerate(demo_cases(), start=1) if f"{number:02}" == CASE]
    async with sandbox() as ground:
        case = await Player(ground, scenario).play()
        assert case.request_id
        return await dossier_of(Reader(ground.engine), ground.temporal, case.request_id), len(case.events)


def verified(dossier: CaseDossier) -> float:
    """How many dossiers a second of one core are checked."""
    with Verifier() as verifier:  # as `audit verify FOLDER` does, and settles memory
        if failed(verifier.verify(dossier)):
            raise RuntimeError("The dossier does not hold.")
        settle_memory()
        begun, spent, number = time.monotonic(), time.process_time(), 0
        while time.monotonic() - begun < VERIFY_SECONDS:
            verifier.verify(dossier)
            number += 1
        return number / (time.process_time() - spent)


def logged(url: str) -> dict[str, float]:
    """Enter the events of a ledger into its log, and make a checkpoint of them all."""
    engine = connect(url, pool_size=1)
    book, signer = LogBook(engine), Ed25519Signer("shareflow-bench", secrets.token_bytes(32))
    found: dict[str, float] = {}
    entered, spent = 0, 0.0
    for size in SIZES:
        begun = time.perf_counter()
        while entered < size:
            entered += _entered(book, min(AT_ONCE, size - entered))
        spent += time.perf_counter() - begun
        found[f"log_s_at_{size}"] = spent
        begun = time.perf_counter()
        entered += _entered(book, NEXT)
        took = time.perf_counter() - begun
        spent += took
        found[f"new_entry_us_at_{size}"] = took / NEXT * 1e6
    while book.extend():
        pass
    begun = time.perf_counter()
    book.checkpoint(signer, datetime.now(UTC))
    found["checkpoint_ms"] = (time.perf_counter() - begun) * 1000
    engine.dispose()
    return found


def _entered(book: LogBook, number: int) -> int:
    entered = book.extend(number)
    if not entered:
        raise RuntimeError("The ledger has too few events.")
    return entered


async def _originals(database: Postgres) -> tuple[str, Original, int]:
    """A ledger with the case, the case, and how many events it has."""
    url = await asyncio.to_thread(servers.ledger, database, "originals")
    async with servers.temporal(None) as temporal, in_one_process(temporal.address, url) as shareflow:
        cases = [each for each in await played(shareflow.client) if not each.closed]
    with psycopg2.connect(url) as connection, connection.cursor() as there:
        there.execute("SELECT request_id, count(*) FROM events GROUP BY request_id")
        events = dict(there.fetchall())
    longest = max(cases, key=lambda each: events[each.request_id])
    return "originals", replace(longest, of_a_thousand=1000), events[longest.request_id]


async def _measure() -> dict[str, float]:
    dossier, events = await _dossier()
    checking = {"dossier_events": float(events), "dossiers_per_core_second": await asyncio.to_thread(verified, dossier)}
    async with servers.folder() as folder, servers.postgres(folder) as database:
        name, original, events = await _originals(database)
        await asyncio.to_thread(hurried, database)
        url = await asyncio.to_thread(servers.database, database, "logged", name)
        cases = (SIZES[-1] + NEXT * len(SIZES)) // events + 1
        await asyncio.to_thread(fill, url, [original], cases, DEPARTMENTS)
        return {**checking, **await asyncio.to_thread(logged, url)}


def run() -> dict[str, float]:
    """Measure and return the figures."""
    return asyncio.run(_measure())
