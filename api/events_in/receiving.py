"""What an incoming event does: it files a request, or is kept as evidence. None of them decides anything.

An event is one by its sender (the organisation), source and id. The same again answers as the first time.
"""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from api.cases.filing import place_of_filing
from api.cases.idempotency import engine_key, owner_of
from api.cases.share_requests import open_request, refuse_unless_theirs
from api.context import AppContext
from api.dependencies import parties_of, require_role, visible_case
from api.events_in.envelope import Envelope
from api.events_in.grants import count_at_the_grant
from api.events_in.kinds import AccessOpened, AccessUsed, CatalogueChanged, Submitted
from api.events_in.reading import Incoming
from api.http.problems import Problem
from domain.access import Caller, stands_as
from domain.messages import Language, label
from domain.words import Role
from ledger.queries.received import Arrival, Received
from ledger.queries.views import CaseDetail
from procedures.share_request.delivery import is_granted
from starter.errors import EngineError, KeyReused, RequestRefused, Unavailable

SENDERS = (Role.PLATFORM, Role.REQUESTER)
CLOCK_SKEW = timedelta(minutes=5)
"""How far the sender's clock may be ahead of ours, or behind."""


@dataclass(frozen=True)
class Receipt:
    """What became of an event; ``filing_key`` is the engine's key of the request that it filed."""

    received: Received
    duplicate: bool
    filing_key: str | None = None


async def receive(context: AppContext, caller: Caller, event: Incoming, language: Language) -> Receipt:
    """Take one event in.

    Raises Problem 403 for a sender that may not tell it, 409 for access that was not granted, 422 for a time to come or
    before the case;
    NotFound for a case that is not the sender's to see, KeyReused for an id that stands for other content;
    RequestRefused and Unavailable as a filing does.
    """
    match event.said:
        case Submitted():
            place = place_of_filing(event.said, caller, language, event.statute_at)
            return await _submitted(context, caller, event.envelope, event.said, place)
        case AccessOpened() | AccessUsed():
            return await _accessed(context, caller, event.envelope, event.said, language)
        case CatalogueChanged():
            return await _changed(context, caller, event.envelope, event.said, language)


def refuse_without_a_text(caller: Caller, event: Incoming, language: Language) -> None:
    """Raise Problem 422 for an event that would file under no text: nothing of it, or of its batch, can be used."""
    if isinstance(event.said, Submitted):
        place_of_filing(event.said, caller, language, event.statute_at)


async def _submitted(
    context: AppContext, caller: Caller, event: Envelope, said: Submitted, place: str | None
) -> Receipt:
    """需求提交. The case belongs to the sender's source and subject: a later event of the same finds it there."""
    refuse_unless_theirs(caller, said, place)
    arrival = _arrival(caller, event)
    key = _filing_key(caller, event)
    there = _same(await asyncio.to_thread(context.writer.begin, arrival), arrival)
    if there.effect is not None:
        return Receipt(there, duplicate=True, filing_key=key)
    try:
        filed = await open_request(context, caller, said, place, key)
    except (RequestRefused, KeyReused):
        # Nothing was filed by it, so its id stands for nothing yet.
        await asyncio.to_thread(context.writer.withdraw, arrival)
        raise
    arrival = replace(arrival, request_id=filed.case.request_id)
    there, first = await asyncio.to_thread(context.writer.finish_filing, arrival)
    return Receipt(_same(there, arrival), duplicate=not first, filing_key=key)


def _filing_key(caller: Caller, event: Envelope) -> str:
    """The key of what an event files. No caller's own key has a blank, so that the two never meet."""
    about = ["subject", event.subject] if event.subject is not None else ["id", event.id]
    return engine_key(caller, f"event {json.dumps([event.source, *about], ensure_ascii=False)}")


async def _accessed(
    context: AppContext, caller: Caller, event: Envelope, said: AccessOpened | AccessUsed, language: Language
) -> Receipt:
    """开通、使用: evidence of what was done with a grant. The platform of the case's place tells it, nobody else."""
    case = await asyncio.to_thread(visible_case, context, caller, said.request_id)
    if not stands_as(caller, Role.PLATFORM, parties_of(case)):
        raise Problem(403, "role_required")
    uses = said.count if isinstance(said, AccessUsed) else None
    arrival = replace(_arrival(caller, event), request_id=said.request_id, occurred_at=said.at, uses=uses)
    earlier = await asyncio.to_thread(context.reader.received_before, arrival)
    if earlier is None:
        _refuse_the_future(context, said.at, language)
        if said.at < case.filed_at - CLOCK_SKEW:
            raise _bad_instant("before_the_case", language)
        if not is_granted(case.stage, case.outcome):
            raise Problem(409, "access_not_granted")
    if isinstance(said, AccessUsed):
        return await _used(context, caller, event, said, case, arrival)
    return await _recorded(context, arrival)


async def _used(
    context: AppContext, caller: Caller, event: Envelope, said: AccessUsed, case: CaseDetail, arrival: Arrival
) -> Receipt:
    """使用: evidence and counted at the grant, or neither. Until it is counted it is noted and shown to nobody."""
    there = _same(await asyncio.to_thread(context.writer.begin, arrival), arrival)
    if there.effect is not None:
        return Receipt(there, duplicate=True)
    try:
        await count_at_the_grant(context, caller, event, said, case)
    except Unavailable:
        raise  # told again, it is counted then
    except EngineError:
        await asyncio.to_thread(context.writer.withdraw, arrival)
        raise
    return await _recorded(context, arrival)


async def _changed(
    context: AppContext, caller: Caller, event: Envelope, said: CatalogueChanged, language: Language
) -> Receipt:
    """目录变更: kept for those who look at the resource later; no case changes by it."""
    require_role(caller, (Role.PLATFORM,))
    _refuse_the_future(context, said.at, language)
    return await _recorded(context, replace(_arrival(caller, event), resource_code=said.resource.code))


async def _recorded(context: AppContext, arrival: Arrival) -> Receipt:
    there, first = await asyncio.to_thread(context.writer.record, arrival)
    return Receipt(_same(there, arrival), duplicate=not first)


def _arrival(caller: Caller, event: Envelope) -> Arrival:
    return Arrival(
        sender=owner_of(caller),
        source=event.source,
        id=event.id,
        type=event.type,
        subject=event.subject,
        time=event.time,
        data=event.data,
        digest=event.digest(),
        received_from=caller.subject,
        places=tuple(sorted(caller.places)),
    )


def _same(there: Received, arrival: Arrival) -> Received:
    """What is kept under an event's name, if it is this event."""
    if there.digest != arrival.digest:
        raise KeyReused(f"The event {arrival.id} of {arrival.source} said something else before.")
    return there


def _refuse_the_future(context: AppContext, at: datetime, language: Language) -> None:
    if at > context.known_on() + CLOCK_SKEW:
        raise _bad_instant("in_the_future", language)


def _bad_instant(word: str, language: Language) -> Problem:
    return Problem(422, "invalid", errors=[{"path": "data.at", "reason": label("input", word, language)}])
