"""The division of work within a department: who takes a case, hands it over, stands in for an absent colleague.

It says who does what inside, and nothing of what the department may do: whoever may act in a case may act in it still.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from api.cases.schemas import ClaimOut
from api.context import AppContext
from api.dependencies import parties_of, visible_filing
from api.http.problems import Problem
from api.worklist.schemas import HandOverIn, StandInIn
from background.turns import DIVIDING, unit_of, waiting_for
from domain.access import Caller, capacities
from domain.calendar import day_of
from domain.messages import Language, label
from ledger.queries.desk import CaseClaim, StandIn
from ledger.queries.views import CaseSummary, Held, Page

Tab = Literal["mine", "department", "unclaimed"]


def today(context: AppContext) -> date:
    """The day that counts for who stands in for whom."""
    return day_of(context.known_on())


def on_behalf_of(context: AppContext, caller: Caller) -> frozenset[str]:
    """The caller, and the colleagues of the same department for whom it stands in today; blocking."""
    day = today(context)
    found = context.reader.stand_ins(unit_of(caller), day)
    absent = {each.absent for each in found if each.substitute == caller.subject and each.first_day <= day}
    return frozenset({caller.subject, *absent})


def tab_of_worklist(context: AppContext, caller: Caller, tab: Tab, cursor: str | None, limit: int) -> Page:
    """One of the views of what waits for a caller; blocking. Raises BadCursor."""
    return context.reader.worklist(waiting_for(caller), cursor, limit, held_in(context, caller, tab))


def held_in(context: AppContext, caller: Caller, tab: Tab) -> Held | None:
    """Whose cases a view has; None: whoever does them; blocking."""
    if tab == "mine":
        return Held(unit_of(caller), on_behalf_of(context, caller))
    return Held(unit_of(caller)) if tab == "unclaimed" else None


def claims_out(context: AppContext, caller: Caller, cases: Sequence[CaseSummary]) -> Mapping[str, ClaimOut]:
    """Who of a caller's department does which of these cases; blocking."""
    if not cases:
        return {}
    found = context.reader.claims(unit_of(caller), [case.request_id for case in cases])
    mine = on_behalf_of(context, caller) if found else frozenset[str]()
    return {request_id: claim_out(each, mine) for request_id, each in found.items()}


def claim_out(found: CaseClaim, mine: frozenset[str]) -> ClaimOut:
    """What is shown of a claim to somebody who does the cases of ``mine``."""
    return ClaimOut(officer=found.officer, since=found.since, by=found.by, yours=found.officer in mine)


async def claim(context: AppContext, caller: Caller, request_id: str, language: Language) -> CaseClaim:
    """Take a case. Raises Problem 409 that names the colleague who has it, and as :func:`_own_case`."""
    await _own_case(context, caller, request_id)
    found = await asyncio.to_thread(context.writer.claim, request_id, unit_of(caller), caller.subject)
    return _expect(found, caller.subject, language)


async def release(context: AppContext, caller: Caller, request_id: str, language: Language) -> None:
    """Give a case back. Raises Problem 409 that names a colleague who has it, and as :func:`_own_case`."""
    await _own_case(context, caller, request_id)

    def given_back() -> CaseClaim | None:
        mine = on_behalf_of(context, caller)
        return context.writer.release(request_id, unit_of(caller), caller.subject, mine)

    left = await asyncio.to_thread(given_back)
    if left is not None:
        raise _held_by(left, language)


async def hand_over(
    context: AppContext, caller: Caller, request_id: str, said: HandOverIn, language: Language
) -> CaseClaim:
    """Hand a case over to a colleague. Raises Problem 409 where another than ``holder`` has it, and as above."""
    await _own_case(context, caller, request_id)
    unit, by = unit_of(caller), caller.subject
    found = await asyncio.to_thread(
        context.writer.hand_over, request_id, unit, said.to, by, said.reason, said.holder or None
    )
    return _expect(found, said.to, language)


def stand_in(context: AppContext, caller: Caller, said: StandInIn) -> StandIn:
    """Have somebody stand in within the caller's department; blocking. Raises Problem 403, 422."""
    require_division(caller)
    absent = said.absent or caller.subject
    if said.last_day < said.first_day or said.last_day < today(context):
        raise Problem(422, "invalid", errors=[{"path": "last_day", "reason": "before first_day, or over"}])
    if absent == said.substitute:
        raise Problem(422, "invalid", errors=[{"path": "substitute", "reason": "nobody stands in for himself"}])
    new = StandIn(0, absent, said.substitute, said.first_day, said.last_day, caller.subject, said.reason)
    return context.writer.stand_in(unit_of(caller), new)


def require_division(caller: Caller) -> None:
    """Raises Problem 403 for whoever decides no case."""
    if not caller.roles & frozenset(DIVIDING):
        raise Problem(403, "role_required")


async def _own_case(context: AppContext, caller: Caller, request_id: str) -> None:
    """Raises NotFound for a case that is not the caller's to see, Problem 403 for one in which it has no part."""
    filed = await visible_filing(context, caller, request_id)
    parties = parties_of(filed)
    if not any(capacities(caller, DIVIDING, parties, settling) for settling in (False, True)):
        raise Problem(403, "not_your_turn")


def _expect(found: CaseClaim | None, officer: str, language: Language) -> CaseClaim:
    if found is None:
        raise Problem(409, "case_closed")
    if found.officer != officer:
        raise _held_by(found, language)
    return found


def _held_by(found: CaseClaim, language: Language) -> Problem:
    title = label("problem", "claimed", language).format(officer=found.officer)
    return Problem(409, "claimed", title=title, officer=found.officer)
