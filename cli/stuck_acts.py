"""What the commands below ``shareflow stuck`` do on a running engine, and how they tell of it."""

import asyncio
from typing import Any, Final

import typer

from api.stuck.presenters import batch_out, note_out, why_text
from cli.connection import connected
from cli.errors import REFUSED, UNUSABLE, Failure
from cli.output import print_json, print_table
from cli.who import operator
from domain.messages import label
from domain.stuck import BatchState, Remedied, RemedyResult
from ledger.queries.stuck_batches import Batch
from starter.engine_client import ShareflowClient
from starter.stuck import StuckDesk

LOOK_EVERY: Final = 0.5
"""Seconds between two looks at a batch that runs."""


async def retry_and_tell(subject: str | None, cause: str | None, reason: str, yes: bool, as_json: bool) -> None:
    """Retry one, or all of a cause. Raises Failure where something is still stuck, or was not executed."""
    if subject is None and cause is None:
        raise Failure("Name what to try again: an ID, or --cause for all that share one.", UNUSABLE)
    async with connected() as client:
        desk = StuckDesk(client)
        if subject is not None:
            _tell(subject, await desk.retry(subject, operator(), reason, cause), as_json)
        else:
            await _batch(client, cause or "", reason, yes, as_json)


async def reset_and_tell(subject: str, to: str, reason: str, as_json: bool) -> None:
    """Reset one to a point. Raises Failure where it is still stuck, or nothing was done."""
    async with connected() as client:
        _tell(subject, await StuckDesk(client).reset(subject, operator(), to, reason), as_json)


async def note_and_tell(subject: str, text: str, as_json: bool) -> None:
    """Write a note."""
    async with connected() as client:
        desk = StuckDesk(client)
        await desk.note(subject, operator(), text)
        await _acted(desk, subject, as_json)


async def hand_over_and_tell(subject: str, to: str, reason: str, as_json: bool) -> None:
    """Hand one over."""
    async with connected() as client:
        desk = StuckDesk(client)
        await desk.hand_over(subject, operator(), to, reason)
        await _acted(desk, subject, as_json)


def _tell(subject: str, came: Remedied, as_json: bool) -> None:
    why = why_text(came.why, "en")
    if as_json:
        print_json({"request_id": subject, "result": came.result.value, "why": why})
    elif came.result is RemedyResult.RECOVERED:
        typer.echo(_line(subject, came.result, why))
    if came.result is not RemedyResult.RECOVERED:
        raise Failure(_line(subject, came.result, why), REFUSED)


def _line(subject: str, result: RemedyResult, why: str) -> str:
    said = f"{subject} {label('stuck_result', result, 'zh')} {label('stuck_result', result, 'en')}"
    return f"{said}: {why.rstrip('.')}." if why else f"{said}."


async def _acted(desk: StuckDesk, subject: str, as_json: bool) -> None:
    acts = (await asyncio.to_thread(desk.acts_on, [subject])).get(subject, ())
    if as_json:
        print_json([note_out(act, "en").model_dump(mode="json") for act in acts])
        return
    typer.echo(f"Recorded as act {acts[0].number}, under the name of {acts[0].by.subject}.")


async def _batch(client: ShareflowClient, cause: str, reason: str, yes: bool, as_json: bool) -> None:
    desk = StuckDesk(client)
    there = await desk.prepare(cause, operator(), reason)
    if not yes:
        _show_list(there)
        if not typer.confirm(f"Try these {len(there.items)} again?", err=True):
            await desk.move(there.id, "cancel", operator())
            raise Failure("Nothing was done.", REFUSED)
    await desk.move(there.id, "confirm", operator())
    while there.state not in (BatchState.FINISHED, BatchState.CANCELLED):
        await asyncio.sleep(LOOK_EVERY)
        there = await desk.batch(there.id)
    if as_json:
        abouts = await asyncio.to_thread(client.reader.stuck_book.abouts, [item.subject for item in there.items])
        print_json(batch_out(there, abouts, "en").model_dump(mode="json"))
    else:
        _show_results(there)
    came = there.results
    if came[RemedyResult.RECOVERED] < len(there.items):
        raise Failure(_sum(there), REFUSED)


def _show_list(there: Batch) -> None:
    for item in there.items:
        typer.echo(item.subject, err=True)
    if there.left_out:
        typer.echo(f"{there.left_out} more are left for another batch.", err=True)


def _show_results(there: Batch) -> None:
    rows = [
        (item.subject, label("stuck_result", item.result, "en") if item.result else "", why_text(item.why or "", "en"))
        for item in there.items
    ]
    print_table(f"Batch {there.id}", ("request", "result", "why"), rows)
    typer.echo(_sum(there))


def _sum(there: Batch) -> str:
    came: dict[RemedyResult, Any] = there.results
    said = ", ".join(f"{came[each]} {label('stuck_result', each, 'en')}" for each in RemedyResult)
    return f"Of {len(there.items)}: {said}."
