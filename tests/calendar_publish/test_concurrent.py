"""Two editions at once: each is the reason for what its own publication finds, and none is given twice for a limit."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from background.publication import Progress, carry_out, put_right
from domain.calendar import Calendar
from domain.log.acts import Acting
from ledger.calendar_store import CalendarStore
from ledger.queries.calendars import store_edition
from tests.calendar_publish.editions import as_edition, days_off, edition_off
from tests.calendar_publish.stack import PublishStack, now

SOMEBODY = Acting(subject="somebody")
WITHIN = timedelta(seconds=60)


@pytest.fixture(scope="module")
async def cases(stack: PublishStack) -> Sequence[str]:
    """Cases each of whose limits every edition here moves."""
    return await stack.file_many(["cn-809-2025"] * 6)


def store(stack: PublishStack) -> str:
    """Put an edition in force that moves every running limit, and no more; its id."""
    content: dict[str, Any] = edition_off(stack.calendar, now().date(), days_off(stack.calendar, now().date()))
    store_edition(stack.engine, as_edition(content), SOMEBODY, 0)
    return str(content["id"])


async def publish(stack: PublishStack, edition: str, tell: Any = lambda _: None) -> Progress:
    """Carry out the publication of a stored edition."""
    return await carry_out(stack.client.temporal, stack.engine, CalendarStore(stack.engine), edition, WITHIN, tell)


def reasons(stack: PublishStack, cases: Sequence[str], *editions: str) -> Sequence[Counter[str]]:
    """Of each case how often these editions superseded its limits."""
    told = [stack.superseded(case) for case in cases]
    return [Counter({edition: each[f"calendar:{edition}"] for edition in editions}) for each in told]


async def test_who_takes_over_too_late_leaves_the_next_edition_to_its_publisher(
    stack: PublishStack, cases: Sequence[str]
) -> None:
    """A worker that found a publication abandoned may have its turn when that is finished and another has begun."""
    first = store(stack)
    assert (await publish(stack, first)).finished
    second = store(stack)
    late = await publish(stack, first)
    assert (late.finished, late.told) == (True, 0)
    assert (await publish(stack, second)).finished
    assert reasons(stack, cases, first, second) == [Counter({first: 1, second: 1})] * len(cases)


async def test_an_edition_stored_while_another_is_published_is_the_reason_for_what_it_moves(
    stack: PublishStack, cases: Sequence[str]
) -> None:
    first, stored = store(stack), list[str]()

    def meanwhile(progress: Progress) -> None:
        if progress.cases_done >= len(cases) and not stored:
            stored.append(store(stack))

    assert (await publish(stack, first, meanwhile)).finished
    (second,) = stored
    assert (await publish(stack, second)).finished
    found = reasons(stack, cases, first, second)
    assert [each[first] for each in found] == [1] * len(cases)
    assert {each[second] for each in found} <= {0, 1}
    assert any(each[second] for each in found)
    nothing_left = await put_right(stack.client.temporal, stack.engine, CalendarStore(stack.engine), WITHIN)
    assert (nothing_left.finished, nothing_left.told) == (True, 0)


async def test_an_edition_whose_publication_lies_idle_keeps_none_from_moving_what_was_counted_with_it(
    stack: PublishStack, cases: Sequence[str]
) -> None:
    """Both take as many days off: counted with the first alone or with the second alone, a limit ends on one day."""
    first = store(stack)
    later = await stack.file("cn-809-2025")
    second = store(stack)
    assert (await publish(stack, second)).finished
    assert reasons(stack, [later, *cases], first, second) == [Counter({first: 0, second: 1})] * (1 + len(cases))
    rest = await publish(stack, first)
    assert (rest.finished, rest.told) == (True, 0)


async def test_who_puts_limits_right_leaves_an_edition_stored_meanwhile_to_its_publisher(
    stack: PublishStack, cases: Sequence[str]
) -> None:
    first, stored = store(stack), list[str]()
    assert (await publish(stack, first)).finished

    class PublishedMeanwhile(CalendarStore):
        """Somebody stores an edition when it has once been asked."""

        asked = 0

        def now(self) -> Calendar:
            self.asked += 1
            if self.asked == 2:
                stored.append(store(stack))
            return super().now()

    progress = await put_right(stack.client.temporal, stack.engine, PublishedMeanwhile(stack.engine), WITHIN)
    assert (progress.finished, progress.told) == (True, 0)
    (second,) = stored
    assert (await publish(stack, second)).finished
    found = await asyncio.to_thread(reasons, stack, cases, first, second)
    assert found == [Counter({first: 1, second: 1})] * len(cases)
