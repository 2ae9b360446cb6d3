"""A use that a platform tells: counted at the grant that the request opened, where its text has grants."""

import asyncio
import json

from api.cases.idempotency import engine_key
from api.context import AppContext
from api.events_in.envelope import Envelope
from api.events_in.kinds import AccessUsed
from domain.access import Caller
from domain.engine.commands import Command
from domain.engine.records import Actor
from domain.words import CommandName, ProcedureName, Role
from ledger.queries.views import CaseDetail
from starter.errors import NotFound, Unavailable


async def count_at_the_grant(
    context: AppContext, caller: Caller, event: Envelope, said: AccessUsed, case: CaseDetail
) -> None:
    """Record a use at the grant of a request, once however often the event comes.

    Raises RequestRefused where the grant takes no use (suspended, expired, ended), Unavailable while the grant is still
    being opened.
    """
    grant = await asyncio.to_thread(_grant_of, context, case)
    if grant is None:
        return
    command = Command(
        name=CommandName.RECORD_USE,
        actor=Actor(role=Role.PLATFORM, org=caller.org, person=caller.subject),
        fields={"count": said.count, **({"mode": said.mode} if said.mode else {})},
        key=engine_key(caller, f"use {json.dumps([event.source, event.id], ensure_ascii=False)}"),
        received_at=said.at,
        places=caller.places,
    )
    try:
        await context.client.command(grant, command)
    except NotFound:
        raise Unavailable(f"The grant {grant} is still being opened; tell it again.") from None


def _grant_of(context: AppContext, case: CaseDetail) -> str | None:
    """The grant that a request opened, from its own events: it may not stand in the ledger yet."""
    opened = context.reader.openings(case.request_id, case.seq)
    grants = [x.data["request_id"] for x in opened if x.data["procedure"] == ProcedureName.ACCESS_GRANT]
    return grants[-1] if grants else None
