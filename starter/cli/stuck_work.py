"""What ``shareflow stuck`` does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass

import typer

from domain.naming import request_id_of
from domain.words import ClockState
from ledger.queries.cases import list_stuck
from ledger.queries.views import CaseView
from starter.cli.output import print_json, print_table
from starter.client import ShareflowClient
from starter.connection import connected

WORKFLOW_TROUBLE = 'TemporalReportedProblems IS NOT NULL AND ExecutionStatus = "Running"'
PARKED = 'StuckReason != "" AND ExecutionStatus = "Running"'


@dataclass(frozen=True)
class StuckCase:
    """A case that does not move: ``why`` is ``overdue``, ``parked`` or ``workflow_task_failing``."""

    request_id: str
    why: str
    what: str
    since: str | None


async def tell_stuck(as_json: bool) -> None:
    """Tell what is stuck."""
    found = await _stuck()
    if as_json:
        print_json([asdict(case) for case in found])
        return
    if not found:
        typer.echo("Nothing is stuck.")
        return
    rows = [(case.request_id, case.why, case.what, case.since or "") for case in found]
    print_table("Stuck", ("request", "why", "what", "since"), rows)


async def _stuck() -> list[StuckCase]:
    async with connected() as client:
        overdue = await asyncio.to_thread(lambda: list(_overdue(client)))
        parked = [case async for case in _listed(client, PARKED, "parked")]
        failing = [case async for case in _listed(client, WORKFLOW_TROUBLE, "workflow_task_failing")]
        return [*parked, *failing, *overdue]


def _overdue(client: ShareflowClient) -> Iterator[StuckCase]:
    cursor: str | None = None
    while True:
        page = list_stuck(client.engine, cursor)
        for case in page.cases:
            yield from _breaches(case)
        cursor = page.next
        if cursor is None:
            return


def _breaches(case: CaseView) -> Iterator[StuckCase]:
    if case.stuck_reason and case.stuck_since:
        yield StuckCase(case.request_id, "parked", case.stuck_reason, case.stuck_since.isoformat())
    for clock in case.clocks:
        if clock.open and clock.state is ClockState.BREACHED:
            yield StuckCase(case.request_id, "overdue", f"{clock.id} due {clock.due_date}", clock.due_at.isoformat())


async def _listed(client: ShareflowClient, query: str, why: str) -> AsyncIterator[StuckCase]:
    async for execution in client.temporal.list_workflows(query):
        attributes = {pair.key.name: pair.value for pair in execution.typed_search_attributes}
        yield StuckCase(request_id_of(execution.id), why, str(attributes.get("StuckReason") or why), None)
