"""What ``shareflow stuck`` does."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import typer

from background.stuck import TASK_FAILING, WORKFLOW_MISSING, held_up
from cli.connection import connected
from cli.output import print_json, print_table
from domain.words import ClockState
from ledger.queries.views import CaseSummary
from starter.engine_client import ShareflowClient


@dataclass(frozen=True)
class StuckCase:
    """One reason why a case does not move: ``why`` is ``overdue``, ``parked`` or ``workflow_task_failing``."""

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
        noted = await asyncio.to_thread(lambda: list(_noted(client)))
        known = {(case.request_id, case.what): case for case in noted}
        now = [
            _held_up(case, reason) for case, reasons in (await held_up(client.temporal)).items() for reason in reasons
        ]
        # Temporal knows first, and the ledger since when; that a workflow is missing Temporal cannot know.
        parked = [known.get((case.request_id, case.what), case) for case in now]
        missing = [case for case in noted if case.what == WORKFLOW_MISSING]
        return [*parked, *missing, *(case for case in noted if case.why == "overdue")]


def _held_up(request_id: str, reason: str, since: str | None = None) -> StuckCase:
    return StuckCase(request_id, TASK_FAILING if reason == TASK_FAILING else "parked", reason, since)


def _noted(client: ShareflowClient) -> Iterator[StuckCase]:
    """What the ledger has: every reason of every case, and every limit that has run out."""
    cursor: str | None = None
    while True:
        page = client.reader.stuck(cursor)
        for case in page.cases:
            yield from _of(case)
        cursor = page.next
        if cursor is None:
            return


def _of(case: CaseSummary) -> Iterator[StuckCase]:
    for each in case.parked:
        yield _held_up(case.request_id, each.reason, each.since.isoformat())
    for clock in case.clocks:
        if clock.open and clock.state is ClockState.BREACHED:
            yield StuckCase(case.request_id, "overdue", f"{clock.id} due {clock.due_date}", clock.due_at.isoformat())
