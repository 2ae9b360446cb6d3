"""How fast a published notice reaches the open cases: every one of them has a running limit that it moves.

One stack as ``shareflow up`` runs it, in a process of its own. The cases are filed as doors file them, then
``shareflow calendar publish`` supersedes their limits; both are told as cases a second. SHAREFLOW_BENCH_CASES says how
many cases (500 unless it does). Besides: what asking for a newer edition costs each step that sets a deadline.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from bench import servers
from bench.cases import APPLICATION
from bench.stack import up
from domain.calendar import CHINA, Calendar
from domain.calendar.regulation import packaged_regulation, regulation_days, version_for
from ledger.engine import connect
from protocol.connecting import connect_to
from starter.engine_client import ShareflowClient

CASES = int(os.environ.get("SHAREFLOW_BENCH_CASES") or 500)
FILERS = 10
CHECKS = 2000


def edition(today: datetime) -> dict[str, Any]:
    """A notice of today that takes two working days off that lie in every limit."""
    calendar, day = Calendar.packaged(), today.date()
    days = calendar.as_known_on(day)
    off = [days.add_working_days(day, place) for place in (2, 3)]
    year = max(off).year
    own = [each.id for each in calendar.editions if each.year == year and each.amends is None]
    # The notice of a year that has none yet must give every festival its day off.
    whole = () if own else regulation_days(year, version_for(year, packaged_regulation()))
    return {
        "id": "bench",
        "year": year,
        "published": day.isoformat(),
        "notice": "bench",
        "amends": own[0] if own else None,
        "days": {each.isoformat(): "off" for each in (*whole, *off)},
    }


async def _file(client: ShareflowClient) -> float:
    """File every case; how many a second."""
    left = iter(range(CASES))

    async def filer() -> None:
        for number in left:
            await client.file("cn-809-2025", APPLICATION, key=f"bench-{number}")

    begun = time.perf_counter()
    await asyncio.gather(*(filer() for _ in range(FILERS)))
    return CASES / (time.perf_counter() - begun)


async def _run(folder: Path, *arguments: str) -> tuple[dict[str, Any], float]:
    """What a command prints as JSON, and the seconds it took."""
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("shareflow"),
        *("calendar", *arguments, "--json"),
        env={**os.environ, "SHAREFLOW_STATE": str(folder)},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out
    return json.loads(out), time.perf_counter() - begun


def _seconds(connection: Connection, ask: Callable[[Connection], Any]) -> float:
    """For one question, in one transaction."""
    begun = time.perf_counter()
    for _ in range(CHECKS):
        ask(connection)
    return (time.perf_counter() - begun) / CHECKS


async def _measure() -> dict[str, float]:
    async with servers.folder() as folder:
        file = folder / "edition.json"
        file.write_text(json.dumps(edition(datetime.now(CHINA))), encoding="utf-8")
        async with up(folder, {}) as there:
            engine = connect(there.ledger)
            temporal = await connect_to(there.temporal)
            filed = await _file(ShareflowClient(temporal, engine, patience=timedelta(seconds=120)))
            impact, looked = await _run(folder, "impact", str(file))
            report, took = await _run(folder, "publish", str(file), "--yes", "--minutes", "60")
            assert report["complete"]
            assert impact["superseded"] == report["superseded"] == CASES
            still = select(func.calendar_is_still(0))
            with engine.begin() as connection:
                check = _seconds(connection, lambda asked: asked.execute(still).scalar())
                empty = _seconds(connection, lambda asked: asked.execute(select(1)).scalar())
            engine.dispose()
    return {
        "cases": CASES,
        "cases_per_second": CASES / took,
        "of_filing": CASES / took / filed,
        "seconds": took,
        "impact_cases_per_second": CASES / looked,
        "check_of_an_empty_query": check / empty,
        "check_milliseconds": check * 1000,
    }


def run() -> dict[str, float]:
    """Measure and return the figures."""
    return asyncio.run(_measure())
