"""A rule that does what no process declares is a bug: it is told to whoever asks, seen by operators, and never written.

The program is broken here as a release might break it, and mended as the next one would.
"""

from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from background.stuck import held_up
from domain.clocks import ClockId
from domain.engine.decision import Decision
from domain.engine.process import UndeclaredStep
from domain.engine.records import Clock
from domain.words import ClockState, CommandName, Outcome, ProcedureName, Stage
from procedures.registry import PROCEDURES
from procedures.share_request.process import SHARE_REQUEST
from starter.engine_client import ShareflowClient
from starter.errors import NeedsOperator, Unavailable
from tests.engine.cases import TERMS, application, command
from tests.engine.looking import B, C, P, events_in, filed, handle_of, history_of, key, until
from tests.engine.machines import engine_apart

LONG_AGO = timedelta(days=60)
"""Every limit of the answer is over by then."""

SOON_AGAIN = ('history.defaultWorkflowTaskTimeout="1s"', 'history.workflowTaskRetryMaxInterval="1s"')
"""A server that tries a failing task again after a second, not after ten; a problem is one that comes five times."""

Mend = Callable[[], None]


@pytest.fixture
def broken() -> Iterator[Callable[..., Mend]]:
    """Breaks the share request, ``broken(on_breach=…)``, until the test is over or what it answers is called."""
    there = cast(MutableMapping[ProcedureName, Any], PROCEDURES)

    def mend() -> None:
        there[ProcedureName.SHARE_REQUEST] = SHARE_REQUEST

    def breaks(**changes: Any) -> Mend:
        there[ProcedureName.SHARE_REQUEST] = replace(SHARE_REQUEST, **changes)
        return mend

    yield breaks
    mend()


def moves_on(decision: Decision[Any], _: Any) -> None:
    decision.stage = Stage.IN_USE


def limits_delivery(decision: Decision[Any], _: Any) -> None:
    decision.start(ClockId.DELIVERY)


def closes(decision: Decision[Any], _: Clock) -> None:
    decision.close(Outcome.REFUSED)


async def test_a_command_that_leads_nowhere_is_told_and_leaves_no_trace(
    client: ShareflowClient, broken: Callable[..., Mend]
) -> None:
    request_id = await filed(client)
    before, history = await events_in(client, request_id), await history_of(handle_of(client, request_id))
    grant = replace(SHARE_REQUEST.rules[CommandName.GRANT], rule=moves_on)
    mend = broken(rules={**SHARE_REQUEST.rules, CommandName.GRANT: grant})
    with pytest.raises(NeedsOperator, match="grant leads from provider_answer to in_use, which is not declared"):
        await client.command(request_id, command(P, C.GRANT, TERMS))
    assert await events_in(client, request_id) == before
    assert await history_of(handle_of(client, request_id)) == history
    mend()
    answer = await client.command(request_id, command(P, C.GRANT, TERMS))
    assert answer.stage is Stage.DELIVERY


async def test_a_limit_that_starts_in_anothers_stage_is_told_and_leaves_no_trace(
    client: ShareflowClient, broken: Callable[..., Mend]
) -> None:
    """The delivery is limited by the text, in its own stage and not while the answer is waited for."""
    request_id = await filed(client)
    before, history = await events_in(client, request_id), await history_of(handle_of(client, request_id))
    urge = replace(SHARE_REQUEST.rules[CommandName.URGE], rule=limits_delivery)
    mend = broken(rules={**SHARE_REQUEST.rules, CommandName.URGE: urge})
    with pytest.raises(NeedsOperator, match="the clock delivery starts in provider_answer, which is not declared"):
        await client.command(request_id, command(B, C.URGE))
    assert await events_in(client, request_id) == before
    assert await history_of(handle_of(client, request_id)) == history
    mend()
    answer = await client.command(request_id, command(B, C.URGE))
    assert answer.head == len(before) + 1


@pytest.fixture
async def apart() -> AsyncIterator[ShareflowClient]:
    async with engine_apart(SOON_AGAIN) as (client, _):
        yield client


async def test_a_limit_that_leads_nowhere_is_seen_and_the_case_goes_on_when_it_is_mended(
    apart: ShareflowClient, broken: Callable[..., Mend]
) -> None:
    client = apart
    mend = broken(on_breach=closes)
    long_ago = datetime.now(UTC) - LONG_AGO
    case = await client.file("cn-809-2025", application(), key=key(), received_at=long_ago)
    request_id, handle = case.request_id, handle_of(client, case.request_id)

    async def failed() -> bool:
        return (await history_of(handle))["WORKFLOW_TASK_FAILED"] > 0

    await until(failed)
    said = {"provider_answer leads from provider_answer to closed, which is not declared"}
    assert set(await _said_in_history(handle)) == said  # once, or twice where the next try came already
    filing = await events_in(client, request_id)
    assert [event.clock.state for event in filing if event.clock] == [ClockState.RUNNING]

    async def seen() -> bool:
        return (request_id, "workflow_task_failing") in [
            (it.subject, it.reason) for it in await held_up(client.temporal)
        ]

    await until(seen, within=120)
    with pytest.raises((Unavailable, NeedsOperator)):
        await ShareflowClient(client.temporal, client.reader.engine, patience=timedelta(seconds=2)).command(
            request_id, command(P, C.GRANT, TERMS)
        )
    assert await events_in(client, request_id) == filing
    # It is tried again ever more seldom, not over and over.
    assert (await history_of(handle))["WORKFLOW_TASK_FAILED"] < 5
    mend()

    async def goes_on() -> bool:
        # Asked in the ledger: until its next try the case answers no query.
        return len(await events_in(client, request_id)) > len(filing)

    await until(goes_on, within=120)
    closed = [event for event in await events_in(client, request_id) if event.stage is Stage.CLOSED]
    assert not closed


async def test_a_filing_that_leads_nowhere_starts_nothing(client: ShareflowClient, broken: Callable[..., Mend]) -> None:
    def begin(decision: Decision[Any], digests: Any) -> None:
        SHARE_REQUEST.begin(decision, digests)
        decision.stage = Stage.DELIVERY

    broken(begin=begin)
    with pytest.raises(UndeclaredStep, match="a filing leads to delivery"):
        await client.file("cn-809-2025", application(), key=key())


async def _said_in_history(handle: Any) -> list[str]:
    history = await handle.fetch_history()
    failed = [event for event in history.events if event.HasField("workflow_task_failed_event_attributes")]
    return [event.workflow_task_failed_event_attributes.failure.message for event in failed]
