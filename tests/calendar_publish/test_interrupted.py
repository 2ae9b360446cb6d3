"""A publication that is broken off, again and again: it goes on, and nothing is superseded twice."""

import asyncio
import json
import random
import signal
import subprocess
from collections.abc import Sequence

from sqlalchemy import text

from ledger.queries.calendars import publication, store_edition
from tests.calendar_publish.editions import as_edition, days_off, edition_off, written
from tests.calendar_publish.stack import PublishStack, now
from tests.engine.looking import handle_of, until

SEED = 20261125


async def all_once(stack: PublishStack, cases: Sequence[str], edition: str) -> None:
    for name in cases:
        assert await asyncio.to_thread(stack.superseded, name) == {f"calendar:{edition}": 1}, name


async def test_a_publisher_killed_anywhere_goes_on_where_it_was(apart: PublishStack) -> None:
    cases = await apart.file_many(["cn-809-2025"] * 60)
    edition = edition_off(apart.calendar, now().date(), days_off(apart.calendar, now().date()))
    file, chance = written(edition, apart.folder), random.Random(SEED)
    ends = []
    for number in range(6):
        process = await asyncio.to_thread(apart.begin, "calendar", "publish", file, "--yes", "--json")
        try:
            await asyncio.to_thread(process.wait, chance.uniform(0.8, 3.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT if number % 2 else signal.SIGKILL)
        out, err = await asyncio.to_thread(process.communicate)
        ends.append(process.returncode)
        assert "Traceback" not in out + err
    assert -9 in ends, f"no publisher was killed: {ends}"
    report = await apart.json("calendar", "publish", file, "--yes")
    assert (report["complete"], report["superseded"], report["left"]) == (True, len(cases), [])
    await all_once(apart, cases, edition["id"])


async def test_a_worker_finishes_what_its_publisher_left(apart: PublishStack) -> None:
    cases = await apart.file_many(["cn-809-2025"] * 10)
    edition = edition_off(apart.calendar, now().date(), days_off(apart.calendar, now().date()))
    # As a publisher leaves it that died right after it stored the edition, a while ago.
    await asyncio.to_thread(store_edition, apart.engine, as_edition(edition), "gone", len(cases))
    with apart.engine.begin() as connection:
        connection.execute(text("UPDATE calendar_publications SET seen_at = seen_at - interval '1 hour'"))
    assert "under way: 0 of 10" in await apart.run("calendar", "list")

    async def finished() -> bool:
        there = await asyncio.to_thread(publication, apart.engine, edition["id"])
        return there is not None and there.finished_at is not None

    await until(finished, within=60)
    await all_once(apart, cases, edition["id"])


async def test_a_database_that_goes_away_meanwhile_is_waited_for(apart: PublishStack) -> None:
    cases = await apart.file_many(["cn-809-2025"] * 60)
    edition = edition_off(apart.calendar, now().date(), days_off(apart.calendar, now().date()))
    file = written(edition, apart.folder)
    publisher = await asyncio.to_thread(apart.begin, "calendar", "publish", file, "--yes", "--json")

    async def begun() -> bool:
        return await apart.count_superseded() > 0

    await until(begun, within=60)
    await apart.database.kill()
    await apart.database.start()
    out, err = await asyncio.to_thread(publisher.communicate, timeout=120)
    assert publisher.returncode == 0, (out, err)
    await all_once(apart, cases, edition["id"])


async def test_a_case_whose_workflow_is_gone_is_told_as_left(apart: PublishStack) -> None:
    gone, *cases = await apart.file_many(["cn-809-2025"] * 4)
    await handle_of(apart.client, gone).terminate("lost")
    edition = edition_off(apart.calendar, now().date(), days_off(apart.calendar, now().date()))
    file = written(edition, apart.folder)
    publisher = await asyncio.to_thread(apart.begin, "calendar", "publish", file, "--yes", "--json")
    out, err = await asyncio.to_thread(publisher.communicate, timeout=60)
    report = json.loads(out)
    assert (publisher.returncode, report["complete"], report["superseded"]) == (1, False, 3), err
    assert report["left"] == [{"request_id": gone, "reason": "workflow_missing"}]
    await all_once(apart, cases, edition["id"])
    assert "under way: 3 of 4" in await apart.run("calendar", "list")
