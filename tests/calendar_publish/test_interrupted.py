"""A publication that is broken off, again and again: it goes on, and nothing is superseded twice."""

import asyncio
import json
import random
import signal
import subprocess
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta

import pytest
from sqlalchemy import text

from background.publication import put_right
from domain.log.acts import Acting
from ledger.calendar_store import CalendarStore
from ledger.queries.calendars import publication, store_edition
from tests.calendar_publish.editions import as_edition, days_off, edition_off, written
from tests.calendar_publish.stack import PublishStack, now
from tests.engine.looking import handle_of, until
from tests.forms import either

SEED = 20261125
GONE = Acting(subject="gone")
CASES = 60
INTERRUPTIONS = either(3, 12)


@pytest.fixture(scope="module")
async def cases(stack: PublishStack) -> Sequence[str]:
    """Cases each of whose limits every edition here moves."""
    return await stack.file_many(["cn-809-2025"] * CASES)


async def all_once(stack: PublishStack, cases: Sequence[str], edition: str) -> None:
    """Each has a clock that was superseded for this edition, and none was twice for any."""
    for name in cases:
        told = await asyncio.to_thread(stack.superseded, name)
        assert (told[f"calendar:{edition}"], set(told.values())) == (1, {1}), name


@pytest.mark.long
async def test_a_publisher_killed_anywhere_goes_on_where_it_was(stack: PublishStack, cases: Sequence[str]) -> None:
    edition = edition_off(stack.calendar, now().date(), days_off(stack.calendar, now().date()))
    file, chance = written(edition, stack.folder), random.Random(SEED)
    foretold = (await stack.json("calendar", "impact", file))["superseded"]
    ends = []
    for number in range(INTERRUPTIONS):
        enough = await stack.count_superseded() + chance.randint(1, CASES // INTERRUPTIONS - 1)
        # The first one cannot be done before it is killed.
        with stack.refusing(cases[-1]) if number == 0 else nullcontext():
            process = await asyncio.to_thread(stack.begin, "calendar", "publish", file, "--yes", "--json")

            async def under_way(process: subprocess.Popen[str] = process, enough: int = enough) -> bool:
                return process.poll() is not None or await stack.count_superseded() >= enough

            await until(under_way, within=60)
            process.send_signal(signal.SIGINT if number % 2 else signal.SIGKILL)
            out, err = await asyncio.to_thread(process.communicate)
        ends.append(process.returncode)
        assert "Traceback" not in out + err
    assert ends[0] == -9, f"the first publisher was not killed: {ends}"
    report = await stack.json("calendar", "publish", file, "--yes")
    assert (report["complete"], report["superseded"], report["left"]) == (True, foretold, [])
    await all_once(stack, cases, edition["id"])


async def test_a_worker_finishes_what_its_publisher_left(stack: PublishStack, cases: Sequence[str]) -> None:
    edition = edition_off(stack.calendar, now().date(), days_off(stack.calendar, now().date()))
    # As a publisher leaves it that died right after it stored the edition, a while ago.
    await asyncio.to_thread(store_edition, stack.engine, as_edition(edition), GONE, len(cases))
    # Whoever puts limits right leaves these to the one who takes the publication over.
    calendar = CalendarStore(stack.engine)
    assert (await put_right(stack.client.temporal, stack.engine, calendar, timedelta(seconds=30))).told == 0
    with stack.engine.begin() as connection:
        connection.execute(text("UPDATE calendar_publications SET seen_at = seen_at - interval '1 hour'"))
    assert f"under way: 0 of {CASES}" in await stack.run("calendar", "list")

    async def finished() -> bool:
        there = await asyncio.to_thread(publication, stack.engine, edition["id"])
        return there is not None and there.finished_at is not None

    await until(finished, within=60)
    await all_once(stack, cases, edition["id"])


async def test_a_database_that_goes_away_meanwhile_is_waited_for(stack: PublishStack, cases: Sequence[str]) -> None:
    edition = edition_off(stack.calendar, now().date(), days_off(stack.calendar, now().date()))
    file, others = written(edition, stack.folder), await stack.count_superseded()
    publisher = await asyncio.to_thread(stack.begin, "calendar", "publish", file, "--yes", "--json")

    async def begun() -> bool:
        return await stack.count_superseded() > others

    await until(begun, within=60)
    await stack.database.kill()
    await stack.database.start()
    out, err = await asyncio.to_thread(publisher.communicate, timeout=120)
    assert publisher.returncode == 0, (out, err)
    await all_once(stack, cases, edition["id"])


async def test_a_case_whose_workflow_is_gone_is_told_as_left(stack: PublishStack) -> None:
    gone, *others = await stack.file_many(["cn-809-2025"] * 4)
    await handle_of(stack.client, gone).terminate("lost")
    edition = edition_off(stack.calendar, now().date(), days_off(stack.calendar, now().date()))
    file = written(edition, stack.folder)
    foretold = (await stack.json("calendar", "impact", file))["superseded"]
    publisher = await asyncio.to_thread(stack.begin, "calendar", "publish", file, "--yes", "--json")
    out, err = await asyncio.to_thread(publisher.communicate, timeout=60)
    report = json.loads(out)
    assert (publisher.returncode, report["complete"], report["superseded"]) == (1, False, foretold - 1), err
    assert report["left"] == [{"request_id": gone, "reason": "workflow_missing"}]
    await all_once(stack, others, edition["id"])
    assert f"under way: {foretold - 1} of {foretold}" in await stack.run("calendar", "list")
    # Nobody can carry it on, and the publications of other tests are not to be left incomplete for it.
    with stack.engine.begin() as connection:
        connection.execute(text("UPDATE clocks SET state = 'cancelled' WHERE request_id = :gone"), {"gone": gone})
