"""A case that is told of a notice while its database does not answer."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from domain.words import EventType
from embedded.simulate.sandbox import Sandbox
from ledger.calendar_store import CalendarStore
from starter.engine_client import ShareflowClient
from tests.engine.looking import handle_of, history_of, types_in, until, view_of
from tests.engine.test_outages_and_notices import SPRING_FESTIVAL, filed_before_the_epidemic

TRIES_WITHIN_THE_WORKFLOW = 4


async def test_it_counts_again_by_itself_when_the_database_answers(
    ground: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ShareflowClient(ground.temporal, ground.engine, patience=timedelta(seconds=20))
    request_id = await filed_before_the_epidemic(client)
    handle = handle_of(client, request_id)
    await ground.skipper.fast_forward(handle, timedelta(days=6, hours=-10, seconds=2))
    asked, answers = 0, CalendarStore.now

    def away(here: CalendarStore) -> Any:
        nonlocal asked
        asked += 1
        if asked <= TRIES_WITHIN_THE_WORKFLOW + 1:
            raise OperationalError("SELECT", {}, Exception("the database is away"))
        return answers(here)

    monkeypatch.setattr(CalendarStore, "now", away)
    await handle.signal("calendar_published", SPRING_FESTIVAL)

    async def superseded() -> bool:
        view = await view_of(client, request_id)
        return not view.stuck and len(view.clocks) == 2

    await until(superseded)
    assert asked == TRIES_WITHIN_THE_WORKFLOW + 2
    assert (await types_in(client, request_id))[EventType.CLOCK_SUPERSEDED] == 1
    assert (await history_of(handle))["ACTIVITY_TASK_COMPLETED"] == 1
