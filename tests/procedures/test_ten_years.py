"""A grant that is used every day for years, ten in the whole form: many runs, one case, nothing lost or twice."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.calendar import CHINA
from domain.clocks import ClockId
from domain.engine.evolve import evolve_all
from domain.evidence import verify_chain
from domain.policy import default_policy
from domain.statutes.loader import get_statute
from domain.words import ClockState, EventType, Outcome, Stage
from embedded.simulate.sandbox import Sandbox
from ledger.queries.cases import get_case
from ledger.queries.events import events_of
from procedures.access_grant.case import GrantCase
from procedures.access_grant.process import ACCESS_GRANT
from protocol.messages import CaseState, CaseView
from protocol.names import workflow_id
from starter.engine_client import ShareflowClient
from tests.forms import either
from tests.procedures.grants import grant, opened, runs_of, use
from workflows.this_run import MOST_UPDATES

BEGINS = datetime(2026, 1, 5, 9, 0, tzinfo=CHINA)
LAST_DAY = either("2026-07-06", "2036-01-05")
MONTH = 30
MONTHS = either(6, 121)
"""All that fit before the last day, in months of thirty days."""
UPDATES_IN_A_RUN = either(50, MOST_UPDATES)
"""A run is long sooner in the short form, so that as many hand over."""
CROWDED = either(5, 10)
"""In every fifth or tenth month all uses come at once: some meet the case while one run hands over to the next."""
MOST_EVENTS, MOST_BYTES = 10_000, 10_000_000
"""Temporal warns at 10,240 events and 10 MB of one run, and ends a workflow at 51,200 and 50 MB."""


@pytest.mark.long
async def test_years_of_daily_use(ground: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.this_run.MOST_UPDATES", UPDATES_IN_A_RUN)
    client = ShareflowClient(ground.temporal, ground.engine)
    matter = grant(use_until=LAST_DAY)
    request_id = await opened(client, "nantong-2020", matter, BEGINS)
    handle = ground.temporal.get_workflow_handle(workflow_id(request_id))
    shift = BEGINS - await ground.skipper.get_current_time(handle)

    async def reach(instant: datetime) -> None:
        ahead = instant - (await ground.skipper.get_current_time(handle) + shift)
        if ahead > timedelta():
            await ground.skipper.fast_forward(handle, ahead)

    for month in range(MONTHS):
        await reach(BEGINS + timedelta(days=MONTH * (month + 1)))
        days = [BEGINS + timedelta(days=MONTH * month + day, hours=1) for day in range(MONTH)]
        uses = [use(f"use-{month}-{number}", at) for number, at in enumerate(days)]
        if month % CROWDED == 0:
            await asyncio.gather(*(client.command(request_id, each) for each in uses))
        else:
            for each in uses:
                await client.command(request_id, each)
    # What was said in the first run is remembered in the last.
    assert (await client.command(request_id, use("use-0-0", BEGINS + timedelta(hours=1)))).repeated
    view = await handle.query("case", result_type=CaseView)
    events = await asyncio.to_thread(events_of, ground.engine, request_id)
    kept = await asyncio.to_thread(get_case, ground.engine, request_id)
    assert kept is not None
    verify_chain(events, kept.algorithm, kept.head_digest)
    folded = evolve_all(
        ACCESS_GRANT.new_case(request_id, get_statute("nantong-2020"), default_policy(), matter), events
    )
    assert isinstance(folded, GrantCase)
    assert folded.uses == MONTHS * MONTH
    assert (view.stage, view.head, list(view.clocks)) == (Stage.IN_USE, kept.seq, list(folded.clocks.values()))
    said = Counter(event.key for event in events if event.type is EventType.USED)
    assert len(said) == MONTHS * MONTH
    assert set(said.values()) == {1}
    unused = [clock for clock in view.clocks if clock.id is ClockId.UNUSED_ACCESS]
    assert {clock.state for clock in unused[:-1]} == {ClockState.SUPERSEDED}
    assert len(unused) >= MONTHS // 3
    assert not any(event.type is EventType.CLOCK_BREACHED for event in events)

    await reach(datetime.fromisoformat(LAST_DAY).replace(tzinfo=CHINA) + timedelta(days=87))
    async with asyncio.timeout(60):
        ended = await handle.result()
    assert CaseState.model_validate(ended).outcome is Outcome.EXPIRED
    runs = await runs_of(ground, request_id, 4)
    assert {run.status for run in runs} == {WorkflowExecutionStatus.CONTINUED_AS_NEW, WorkflowExecutionStatus.COMPLETED}
    for run in runs:
        assert run.history_length < MOST_EVENTS
        assert run.raw_info.history_size_bytes < MOST_BYTES
