"""A calendar published while many cases run, with the worker and the publisher killed meanwhile.

Most of the time goes into filing the cases, 2,000 in the whole form; publishing takes about half as long. What a killed
worker had in hand is given to the next one only after a while.
"""

import asyncio
import subprocess
import time
from collections import Counter
from datetime import timedelta

import pytest

from tests.calendar_publish.editions import as_edition, days_off, edition_off, written
from tests.calendar_publish.stack import PublishStack, now
from tests.forms import either

CASES = either(40, 2000)
UNTOUCHED, ENDED = either((8, 6), (300, 100))
KILLS = either(
    ((6, "worker"), (16, "publisher")),
    ((150, "worker"), (500, "publisher"), (900, "worker")),
)
"""How many clocks are superseded when which of the two is killed."""


async def until_superseded(stack: PublishStack, number: int, publisher: subprocess.Popen[str]) -> None:
    async with asyncio.timeout(120):
        while await stack.count_superseded() < number:
            assert publisher.poll() is None, "the publisher was done before it could be disturbed"
            await asyncio.sleep(0.05)


@pytest.mark.long
async def test_every_affected_clock_is_superseded_once(stack: PublishStack) -> None:
    begun = time.monotonic()
    # A check takes one working day and ends before the days that are taken off; an answer due weeks ago has ended.
    affected, untouched, ended = await asyncio.gather(
        stack.file_many(["cn-809-2025", "changshu-2019"] * ((CASES - UNTOUCHED - ENDED) // 2)),
        stack.file_many(["nantong-2020"] * UNTOUCHED),
        stack.file_many(["cn-809-2025"] * ENDED, now() - timedelta(days=60)),
    )
    filed = time.monotonic() - begun
    assert len({*affected, *untouched, *ended}) == CASES
    before = {name: (await asyncio.to_thread(stack.events, name))[-1].seq for name in untouched}
    off = days_off(stack.calendar, now().date())
    edition = edition_off(stack.calendar, now().date(), off)
    file = written(edition, stack.folder)
    foretold = await stack.json("calendar", "impact", file, "--clocks")
    later = Counter(row["request"] for row in foretold["clocks"] if row["then"] > row["due"])
    assert {name: later[name] for name in (*affected, *untouched, *ended) if later[name]} == dict.fromkeys(affected, 1)

    others = await stack.count_superseded()
    with stack.refusing(affected[0]):
        publisher = await asyncio.to_thread(stack.begin, "calendar", "publish", file, "--yes", "--json")
        for number, killed in KILLS:
            await until_superseded(stack, others + number, publisher)
            if killed == "worker":
                await stack.worker.kill()
                await stack.worker.start()
            else:
                publisher.kill()
                await asyncio.to_thread(publisher.communicate)
                assert publisher.returncode == -9
                publisher = await asyncio.to_thread(stack.begin, "calendar", "publish", file, "--yes", "--json")
    out, err = await asyncio.to_thread(publisher.communicate, timeout=150)
    assert publisher.returncode == 0, (out, err)
    published = time.monotonic() - begun - filed

    reason = f"calendar:{edition['id']}"
    calendar = stack.calendar
    assert as_edition(edition) in calendar.editions
    days = calendar.as_known_on(now().date())
    for name in affected:
        assert await asyncio.to_thread(stack.superseded, name) == {reason: 1}, name
        old, new = (await asyncio.to_thread(stack.client.get, name)).clocks
        assert new.supersedes == old.number
        assert (
            new.due_date == days.due(old.started_at.astimezone(now().tzinfo).date(), old.amount, "working_day").due_date
        )
        assert new.due_date > old.due_date
    for name in untouched:
        assert (await asyncio.to_thread(stack.events, name))[-1].seq == before[name], name
    for name in ended:
        assert not await asyncio.to_thread(stack.superseded, name), name
    assert (await stack.json("calendar", "impact", file))["superseded"] == 0
    print(f"\n{CASES} cases filed in {filed:.0f} s, published in {published:.0f} s with {len(KILLS)} kills")
