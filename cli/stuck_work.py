"""What ``shareflow stuck`` does."""

import asyncio
from collections.abc import Sequence
from typing import Any

import typer

from background.stuck import held_up
from cli.connection import connected
from cli.output import print_json, print_table
from domain.access import Visibility
from domain.calendar import CHINA
from domain.stuck import StuckKind, Trouble
from ledger.reader import Reader
from starter.engine_client import ShareflowClient

EVERYTHING = Visibility(everything=True)
WHY = {
    StuckKind.OPENING_WAITS: "parked",
    StuckKind.MISSING: "parked",
    StuckKind.TASK_FAILING: "workflow_task_failing",
}
"""What is told in fewer words under ``why``; ``kind`` has them all."""


async def tell_stuck(as_json: bool) -> None:
    """Tell what is stuck."""
    async with connected() as client:
        found = await _stuck(client)
    if as_json:
        print_json([_row(each) for each in found])
        return
    if not found:
        typer.echo("Nothing is stuck.")
        return
    rows = [(each.subject, _why(each), each.reason, _since(each) or "", _error(each)) for each in found]
    print_table("Stuck", ("request", "why", "what", "since", "error"), rows)


async def _stuck(client: ShareflowClient) -> list[Trouble]:
    """What the ledger has noted, and what Temporal lists that the watch has not come to yet."""
    noted = await asyncio.to_thread(_noted, client.reader)
    listed = {(each.subject, each.reason): each for each in await held_up(client.temporal)}
    said = {(each.subject, each.reason) for each in noted}
    fresh = [each for key, each in listed.items() if key not in said]
    gone = {StuckKind.PARKED, StuckKind.OPENING_WAITS, StuckKind.TASK_FAILING}
    there = [each for each in noted if each.kind not in gone or (each.subject, each.reason) in listed]
    return [*fresh, *there]


def _noted(reader: Reader) -> list[Trouble]:
    found, cursor = list[Trouble](), None
    while True:
        page = reader.troubles(EVERYTHING, None, cursor, 500)
        found += page.troubles
        cursor = page.next
        if cursor is None:
            return found


def _row(each: Trouble) -> dict[str, Any]:
    return {
        "request_id": each.subject,
        "why": _why(each),
        "what": each.reason,
        "since": _since(each),
        "kind": each.kind.value,
        "cause": each.cause,
        "error": each.error,
        "waits_on": each.waits_on,
    }


def _why(each: Trouble) -> str:
    return WHY.get(each.kind, each.kind.value)


def _since(each: Trouble) -> str | None:
    return each.since.astimezone(CHINA).isoformat(timespec="seconds") if each.since else None


def _error(each: Trouble) -> str:
    first = (each.error or "").partition("\n")[0]
    waits: Sequence[str] = [f"waits on {each.waits_on}"] if each.waits_on else []
    return "; ".join([*waits, *([first] if first else [])])
