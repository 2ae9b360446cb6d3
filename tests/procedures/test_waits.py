"""One case that waits for three things at once: each has its own reason and its own retry, wherever one looks."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from background.stuck import note_what_is_held_up
from cli.program import app
from domain.calendar import CHINA
from domain.words import EventType, ProcedureName
from ledger.queries.views import CaseFilter
from protocol.messages import Answer, CalendarNews
from starter.engine_client import ShareflowClient
from tests.engine.cases import sealed
from tests.engine.looking import handle_of, types_in, until, view_of
from tests.engine.machines import engine_apart
from tests.procedures.grants import grant, in_days, opened, renewal, use
from tests.procedures.held_up import opened_by, refuses, torn

OPENING, CALENDAR, LEDGER = (
    "other_case_unavailable: application_incomplete",
    "calendar_unavailable",
    "ledger_unavailable",
)


async def told(client: ShareflowClient, environment: pytest.MonkeyPatch, request_id: str) -> set[str]:
    """What `shareflow stuck` says that a case is parked for."""
    with environment.context() as there:
        there.setenv("SHAREFLOW_DATABASE_URL", client.reader.engine.url.render_as_string(hide_password=False))
        there.setenv("TEMPORAL_ADDRESS", client.temporal.service_client.config.target_host)
        said = await asyncio.to_thread(CliRunner().invoke, app, ["stuck", "--json"])
    assert said.exit_code == 0, said.stderr
    rows = [row for row in json.loads(said.stdout) if row["request_id"] == request_id]
    assert {row["why"] for row in rows} <= {"parked"}
    assert len(rows) == len({row["what"] for row in rows})
    return {row["what"] for row in rows}


async def test_three_waits_interleaved(monkeypatch: pytest.MonkeyPatch) -> None:
    async with engine_apart() as (client, database):
        now = datetime.now(CHINA)
        request_id = await opened(client, "nantong-2020", grant(use_until=in_days(now, 365)), now)
        handle = handle_of(client, request_id)

        def stuck_on(*reasons: str) -> Callable[[], Any]:
            async def is_so() -> bool:
                view = await view_of(client, request_id)
                return list(view.stuck) == list(reasons)

            return is_so

        async def noted() -> list[str]:
            await note_what_is_held_up(client.temporal, client.reader.engine)
            pages = await asyncio.to_thread(client.reader.cases, CaseFilter(stuck=True), limit=500)
            return [each.reason for case in pages.cases if case.request_id == request_id for each in case.parked]

        with monkeypatch.context() as refusing, monkeypatch.context() as tearing:
            refusing.setattr("activities.other_cases.OtherCases._opening", refuses)
            tearing.setattr("activities.ledger_steps.resolve", torn)
            # It opens another, records, and counts again, all at once; none of it comes.
            await client.command(request_id, renewal(now))
            await until(stuck_on(OPENING))
            await handle.signal("calendar_published", CalendarNews(edition="2026", published_at=now))
            await until(stuck_on(OPENING, CALENDAR))
            await database.kill()
            given = sealed(use("meanwhile", now))
            sent = asyncio.create_task(handle.execute_update("command", given, id=given.key, result_type=Answer))
            await until(stuck_on(OPENING, CALENDAR, LEDGER))
            # The ledger is back: that is the end of that wait alone.
            await database.start()
            await asyncio.wait_for(sent, 60)
            await until(stuck_on(OPENING, CALENDAR))

            async def noted_in_order() -> bool:
                return set(await noted()) == {OPENING, CALENDAR}

            await until(noted_in_order)
            assert await told(client, monkeypatch, request_id) == {OPENING, CALENDAR}
            # One word to all is heard by all: what is still torn is tried, fails, and waits on.
            tries = await tried(client, request_id)
            await handle.signal("retry_step")

            async def both_tried() -> bool:
                now_tried = await tried(client, request_id)
                return all(now_tried[name] > tries[name] for name in ("open_case", "recount_clocks"))

            await until(both_tried)
            await until(stuck_on(OPENING, CALENDAR))
            # One word to one is not heard by the other.
            tearing.undo()
            tries = await tried(client, request_id)
            await handle.signal("retry_step", CALENDAR)
            await until(stuck_on(OPENING))
            assert (await tried(client, request_id))["open_case"] == tries["open_case"]
        await handle.signal("retry_step")
        await until(stuck_on())
        follows = await opened_by(client, request_id)
        assert follows is not None
        assert follows.procedure == ProcedureName.SHARE_REQUEST

        async def nothing_noted() -> bool:
            return await noted() == []

        await until(nothing_noted)
        assert await told(client, monkeypatch, request_id) == set()
        assert (await types_in(client, request_id))[EventType.CASE_OPENED] == 1


async def tried(client: ShareflowClient, request_id: str) -> dict[str, int]:
    """How often a case's workflow has begun each activity."""
    history = await handle_of(client, request_id).fetch_history()
    begun = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    return {name: begun.count(name) for name in ("open_case", "recount_clocks", "record_step")}
