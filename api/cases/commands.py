"""Commands: what people decide, given over HTTP."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import Header, Request, Response

from api.cases.idempotency import Key, engine_key
from api.cases.presenters import as_of, case_out, etag_of, opened_out
from api.cases.routers import at_both, both_routers
from api.cases.schemas import AnswerOut, CommandIn
from api.context import AppContext
from api.dependencies import CallerIn, IfMatch, RequestId, asked_of, parties_of, visible_filing
from api.http.problems import Problem
from api.http.responses import answer
from domain.access import Caller, Parties, capacities
from domain.engine.commands import Command
from domain.engine.records import Actor
from domain.refusal_codes import RefusalCode
from domain.words import EventType, ProcedureName, Role
from ledger.queries.views import CaseDetail
from procedures.registry import PROCEDURES
from protocol.messages import Answer
from starter.errors import RequestRefused

routers = both_routers()

NEVER = -1
"""No case has this head: a command that wants it is refused, unless it was given before."""


@at_both("POST", "/{request_id}/commands", routers, response_model=AnswerOut, summary="Give a command")
async def give(
    request_id: RequestId,
    body: CommandIn,
    request: Request,
    caller: CallerIn,
    idempotency_key: Annotated[Key | None, Header(description="Yours: the same key acts once.")] = None,
    if_match: IfMatch = None,
) -> Response:
    """Give a command (办理). Answers when it is in the ledger, or says why the rules refuse it.

    The fields stand beside `command` or under `with`. With `If-Match` it is done only while the case is as known.
    """
    context, language = asked_of(request)
    done = await carry_out(context, caller, request_id, body, idempotency_key or uuid.uuid4().hex, if_match)
    after = await asyncio.to_thread(_as_it_was, context, request_id, done.head)
    opens = None
    if EventType.CASE_OPENED in done.events:
        opens = opened_out(await asyncio.to_thread(context.reader.openings, request_id, done.head), language)
    told = AnswerOut.model_construct(
        request_id=request_id, head=done.head, events=list(done.events), case=case_out(after, language, opens=opens)
    )
    headers = {"ETag": etag_of(after), **({"Idempotency-Replayed": "true"} if done.repeated else {})}
    return answer(told, language, headers=headers)


async def carry_out(
    context: AppContext, caller: Caller, request_id: str, body: CommandIn, key: str, if_match: str | None
) -> Answer:
    """What a command of a caller did at a case; ``key`` is the caller's own, ``if_match`` the ETags it wants.

    Raises NotFound for a case that is not the caller's to see, Problem for a role that it has not, and whatever
    giving a command raises.
    """
    return await context.client.command(request_id, await command_of(context, caller, request_id, body, key, if_match))


async def command_of(
    context: AppContext, caller: Caller, request_id: str, body: CommandIn, key: str, if_match: str | None
) -> Command:
    """What goes to the case, in a role that the caller has there.

    Raises NotFound for a case that is not the caller's to see, Problem for a role that it has not, and RequestRefused
    for a command of other procedures.
    """
    filed = await visible_filing(context, caller, request_id)
    rule = PROCEDURES[ProcedureName(filed.procedure)].rules.get(body.command)
    if rule is None:
        raise RequestRefused(RefusalCode.WRONG_PROCEDURE, None, filed.statute)
    role = acting_role(caller, rule.by, parties_of(filed), body.as_role, rule.settles)
    return Command(
        name=body.command,
        actor=Actor(role=role, org=caller.org, person=caller.subject),
        fields=body.fields(),
        key=engine_key(caller, key),
        received_at=context.receipt(),
        places=caller.places,
        if_head=await _wanted_head(context, request_id, if_match),
    )


def acting_role(
    caller: Caller, may: Sequence[Role], parties: Parties, wanted: Role | None, settling: bool = False
) -> Role:
    """In which of its roles a caller gives a command that these may give.

    Raises Problem 403 when it has none that ever may, 422 when it has several and does not say which.
    """
    able = capacities(caller, may, parties, settling)
    if wanted is not None:
        able = [role for role in able if role is wanted]
    if not able:
        raise Problem(403, "not_your_turn")
    if len(able) > 1:
        raise Problem(422, "role_ambiguous", errors=[{"path": "as", "reason": ", ".join(able)}])
    return able[0]


async def _wanted_head(context: AppContext, request_id: str, if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    case = await asyncio.to_thread(context.client.get, request_id)
    tags = {tag.strip() for tag in if_match.split(",")}
    return case.seq if etag_of(case) in tags else NEVER


def _as_it_was(context: AppContext, request_id: str, head: int) -> CaseDetail:
    return as_of(context.reader, context.client.get(request_id), head)
