"""A case that an older version let in with a day beyond its calendar and then had to park: an operator frees it."""

import asyncio
import contextlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from activities import ledger_steps
from domain.calendar import CHINA, CalendarError, WorkingDays
from domain.clocks import ClockId
from domain.engine import decide
from domain.engine.commands import Command
from domain.engine.deadlines import resolve
from domain.engine.records import Actor, Clock, ClockOrder
from domain.words import ClockState, CommandName, EventType, Outcome, ProcedureName, Role, Stage
from embedded.simulate.sandbox import Sandbox
from ledger.queries.cases import get_case
from ledger.queries.events import events_of
from protocol.messages import Answer, CalendarNews, CaseView
from protocol.names import workflow_id
from protocol.opening import Played
from starter import case_opening
from starter.case_opening import enter_case
from starter.engine_client import ShareflowClient
from tests.procedures.grants import PROVIDER, USER, grant, opened

BEGINS = datetime(2026, 1, 5, 9, 0, tzinfo=CHINA)
FORMER_LAST = date(2060, 12, 31)


@contextmanager
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The doors let every day in, and the calendar ends with 2060: so it was."""

    def former(order: ClockOrder, calendar: WorkingDays, close: Any) -> Clock:
        clock = resolve(order, calendar, close)
        if clock.due_date > FORMER_LAST:
            raise CalendarError(f"The calendar covers 2018-01-01 to {FORMER_LAST}, not {clock.due_date}.")
        return clock

    with monkeypatch.context() as earlier:
        earlier.setattr(ledger_steps, "resolve", former)
        earlier.setattr(case_opening, "refuse_days_out_of_range", lambda _: None)
        earlier.setattr(decide, "refuse_days_out_of_range", lambda _: None)
        yield


@pytest.mark.parametrize("last", ["2099-12-31", "9999-12-31"])
async def test_a_grant_that_could_not_be_opened_is_opened(
    last: str, ground: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ShareflowClient(ground.temporal, ground.engine, patience=timedelta(seconds=20))
    with as_before(monkeypatch):
        matter, actor = grant(use_until=last), Actor(role=Role.PROVIDER, org=PROVIDER)
        played = Played(BEGINS - datetime.now(UTC))
        entered = enter_case(
            ProcedureName.ACCESS_GRANT,
            "nantong-2020",
            matter,
            actor,
            client.policy,
            uuid.uuid4().hex,
            BEGINS,
            played=played,
        )
        opening = asyncio.create_task(client._start(entered.opening))
        handle = handle_of(ground, entered.opening.request_id)
        assert (await until(handle, "LedgerConflict")).head == 0
        assert await asyncio.to_thread(get_case, ground.engine, entered.opening.request_id) is None
    await handle.signal("retry_step")
    view = await until(handle, None)
    await asyncio.wait([opening])
    assert (view.stage, dues(view, ClockId.GRANT_TERM)) == (Stage.IN_USE, [date.fromisoformat(last)])
    await it_goes_on(ground, client, handle, entered.opening.request_id)


async def test_a_change_of_service_that_could_not_be_recorded_is_recorded(
    ground: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ShareflowClient(ground.temporal, ground.engine, patience=timedelta(seconds=20))
    request_id = await opened(client, "nantong-2020+809", grant(use_until="2030-12-31"), BEGINS)
    handle = handle_of(ground, request_id)
    terms = {"expires_on": "9999-12-31"}
    with as_before(monkeypatch):
        await client.command(
            request_id, given(CommandName.PROPOSE_END, Role.PROVIDER, reason="改造", change="change", terms=terms)
        )
        await client.command(request_id, given(CommandName.ANSWER_END, Role.REQUESTER, agrees=True))
        change = given(CommandName.END_SERVICE, Role.PROVIDER, reason="改造")
        asked = asyncio.create_task(handle.execute_update("command", change, id=change.key, result_type=Answer))
        await until(handle, "LedgerConflict")
        # A notice that is published meanwhile waits with it.
        await handle.signal("calendar_published", CalendarNews(edition="2026", published_at=BEGINS))
    await handle.signal("retry_step")
    answer: Answer = await asyncio.wait_for(asked, 60)
    assert answer.stage is Stage.IN_USE
    view = await until(handle, None)
    assert dues(view, ClockId.GRANT_TERM) == [date(9999, 12, 31)]
    await it_goes_on(ground, client, handle, request_id)


async def it_goes_on(
    ground: Sandbox, client: ShareflowClient, handle: WorkflowHandle[Any, Any], request_id: str
) -> None:
    """Its data is used, a notice changes its other limits, and it ends as any grant does."""
    await client.command(request_id, given(CommandName.RECORD_USE, Role.PLATFORM))
    await handle.signal("calendar_published", CalendarNews(edition="2026", published_at=datetime.now(CHINA)))
    await ground.skipper.fast_forward(handle, timedelta(days=20))
    back = given(CommandName.RELINQUISH, Role.REQUESTER, cause="unnecessary", disposal="已删除")
    await client.command(request_id, back)
    async with asyncio.timeout(60):
        await handle.result()
    done: CaseView = await handle.query("case", result_type=CaseView)
    assert (done.outcome, list(done.stuck)) == (Outcome.RELINQUISHED, [])
    events = await asyncio.to_thread(events_of, ground.engine, request_id)
    assert events[-1].type is EventType.CLOSED


def dues(view: CaseView, clock: ClockId) -> list[date]:
    """The last days of the running clocks of a kind."""
    return [each.due_date for each in view.clocks if each.id is clock and each.state is ClockState.RUNNING]


def given(name: CommandName, role: Role, **fields: Any) -> Command:
    orgs = {Role.PROVIDER: PROVIDER, Role.REQUESTER: USER, Role.PLATFORM: "platform"}
    return Command(name=name, actor=Actor(role=role, org=orgs[role]), fields=fields, key=uuid.uuid4().hex)


def handle_of(ground: Sandbox, request_id: str) -> WorkflowHandle[Any, Any]:
    return ground.temporal.get_workflow_handle(workflow_id(request_id))


async def until(handle: WorkflowHandle[Any, Any], stuck: str | None) -> CaseView:
    """The case once it is stuck for this reason, or no longer."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(RPCError):  # it is only just being started
                view: CaseView = await handle.query("case", result_type=CaseView)
                if list(view.stuck) == ([stuck] if stuck else []) and (stuck or view.head):
                    return view
            await asyncio.sleep(0.1)
