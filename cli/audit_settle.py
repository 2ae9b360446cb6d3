"""What ``shareflow audit settle`` does."""

import asyncio

import typer

from background.archive.comparison import Comparison
from background.archive.differing import Discrepancy
from background.archive.settling import SETTLED, settling, to_settle
from cli.audit_export import paper_there_in
from cli.connection import connected
from cli.options import option
from cli.output import print_json
from cli.who import named_operator, operator
from configuration.archive import archive_of
from configuration.settings import Settings
from domain.evidence import plain
from domain.field_types import Given
from starter.errors import InvalidInput, NotFound


async def settle(request_id: str, difference: str, reason: str, by: str | None, as_json: bool) -> None:
    """Settle a difference of a case. Raises InvalidInput, and NotFound where the case has no such difference."""
    why, settings = option("--reason", Given, reason), Settings()
    actor = operator() if by is None else named_operator(option("--by", Given, by))
    if difference not in SETTLED:
        raise InvalidInput(
            f"--difference must be one of {', '.join(SETTLED)}: others are repaired, or to be looked into."
        )
    async with connected(settings) as client:
        there = paper_there_in(settings)
        comparison = Comparison(client.temporal, client.reader, archive_of(settings), paper_there=there)
        if await asyncio.to_thread(client.reader.case, request_id) is None:
            raise NotFound(f"There is no case {request_id}.")
        found = await asyncio.to_thread(to_settle, comparison, request_id, Discrepancy(difference))
        if not found:
            raise NotFound(f"{request_id} has nothing {difference} to settle.")
        act = await asyncio.to_thread(client.writer.note_act, settling(found, why, actor))
    if as_json:
        print_json(plain(act))
    else:
        typer.echo(f"{request_id}: {act.details['says']} Settled by act {act.number}.")
