"""Rounds of periodic duties by real Temporal Schedules: every case once, whatever is triggered or filled in again."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, ScheduleBackfill, WorkflowExecutionStatus

from domain.policy import default_policy
from domain.side_effects import DUTY_ROUND, TASK_QUEUE, RoundOrder, RoundResult
from domain.words import ClockState, EventType, ProcedureName, Role
from ledger.queries.cases import list_cases
from ledger.queries.events import events_of
from ledger.queries.views import CaseFilter, CaseView
from starter.departments import VARIABLE, departments_in_force
from starter.duty_schedules import described, schedule_id, sync_schedules
from starter.simulate.playground import Playground

POLICE, CIVIL = "113206000140000028", "113206000140000015"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The operator's list of departments, as a file that a test may change."""
    file = tmp_path / "departments.yaml"
    monkeypatch.setenv(VARIABLE, str(file))
    return file


@pytest.fixture
async def client(ground: Playground) -> AsyncIterator[Client]:
    """The session's Temporal, without schedules before and after."""
    yield ground.temporal
    await sync_schedules(ground.temporal, {}, default_policy())


async def test_probe(client: Client, registry: Path, ground: Playground) -> None:
    registry.write_text(f"nantong:\n  - {{code: '{POLICE}', name: 南通市公安局}}\n  - {{code: '{CIVIL}', name: 南通市民政局}}\n")
    print(await sync_schedules(client, departments_in_force(), default_policy()))
    print(await sync_schedules(client, departments_in_force(), default_policy()))
    h = client.get_schedule_handle(schedule_id("nantong-2020", "catalogue_survey"))
    await h.backfill(ScheduleBackfill(datetime(2022,12,1,tzinfo=UTC), datetime(2026,2,1,tzinfo=UTC)))
    await h.trigger(); await h.trigger()
    for _ in range(40):
        await asyncio.sleep(0.25)
        d = await h.describe()
        print(d.info.num_actions, [ (a.scheduled_at, a.action.workflow_id) for a in d.info.recent_actions])
        if d.info.num_actions >= 6: break
    for a in d.info.recent_actions:
        print(a.action.workflow_id, await client.get_workflow_handle(a.action.workflow_id, run_id=a.action.first_execution_run_id).result())
    print(await sync_schedules(client, {}, default_policy()))
