"""我的待办: the cases in which it is the visitor's move, who of the department does them; lists of cases in general."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, get_args
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.cases.presenters import before_anything, case_out
from api.cases.schemas import ClaimOut
from api.context import AppContext
from api.dependencies import parties_of, visible_case
from api.http.problems import Problem, title_of
from api.worklist import division
from api.worklist.division import Tab, claims_out, tab_of_worklist
from api.worklist.division_endpoints import deeds_out
from api.worklist.schemas import HandOverIn
from background.turns import DIVIDING, unit_of
from console.colleagues import colleagues_of
from console.desk_sizes import of_requester, sizes
from console.door import Visitor, door_of, form_of, language_of, visitor_of
from console.menu import first_page
from console.pages import ANY_CASE, page, see_other
from domain.access import Caller, stands_as
from domain.calendar import day_of
from domain.engine.evolve import evolve_all
from domain.engine.lights import most_pressing
from domain.messages import Language, label
from domain.words import CommandName, Role
from ledger.queries.desk import CaseClaim
from ledger.queries.views import CaseFilter, CaseSummary, Page
from procedures.registry import allowed

ROWS: Final = 50
_OTHER: Final = "_other"
"""What a field is called beside a list of colleagues, after the name of the list."""
VIEWS: Final[Mapping[str, Tab]] = {view: view for view in get_args(Tab)}


async def home(request: Request) -> Response:
    """The first page is where the visitor's day begins."""
    return see_other(first_page((await visitor_of(request)).caller))


async def show(request: Request) -> Response:
    """What waits for the visitor, in one of several views."""
    return await _shown(request, await visitor_of(request), request.query_params.get("tab", "department"))


async def _shown(
    request: Request,
    visitor: Visitor,
    tab: str,
    wrong: str | None = None,
    status: int = 200,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """A list; ``typed``: the form of a hand-over that came back."""
    context, language, caller = door_of(request).context, language_of(request), visitor.caller
    divides = bool(caller.roles & set(DIVIDING))
    told: dict[str, Any] = {"tab": tab, "wrong": wrong, "divides": divides, "typed": typed or {}}
    told["sizes"] = await asyncio.to_thread(sizes, context, caller)
    if tab == "done":
        deeds = await asyncio.to_thread(deeds_out, context, caller, language)
        return page(request, "done.html", visitor, {**told, "deeds": deeds}, status)
    cursor, handed = request.query_params.get("cursor"), request.query_params.get("handed", "")
    asks = of_requester(caller)
    if tab == "filed" and asks is not None:
        filed = await asyncio.to_thread(_filed, context, asks, cursor, language)
        return page(request, "filed.html", visitor, {**told, **filed}, status, ANY_CASE)
    view = VIEWS.get(tab)
    if view is None:
        raise Problem(422, "invalid")

    def asked() -> dict[str, Any]:
        found = tab_of_worklist(context, caller, view, cursor, ROWS)
        claims = claims_out(context, caller, found.cases)
        return {
            "rows": rows(context, found.cases, language, claims),
            "next": next_of("/desk", found, {"tab": tab}),
            "colleagues": colleagues_of(context, caller, language) if divides else None,
            "handed": _handed_over(context, caller, handed) if divides and handed else None,
        }

    return page(request, "desk.html", visitor, {**told, **await asyncio.to_thread(asked)}, status, ANY_CASE)


def _filed(context: AppContext, asks: CaseFilter, cursor: str | None, language: Language) -> dict[str, Any]:
    """What the visitor's department asked for, with who has it; blocking. Raises BadCursor."""
    found = context.reader.cases(asks, cursor, ROWS)
    return {"rows": rows(context, found.cases, language), "next": next_of("/desk", found, {"tab": "filed"})}


def _handed_over(context: AppContext, caller: Caller, request_id: str) -> CaseClaim | None:
    """Who has a case that the visitor handed over, as the address says; None where it did not; blocking."""
    found = context.reader.claims(unit_of(caller), [request_id]).get(request_id)
    return found if found and found.by == caller.subject != found.officer else None


async def claim(request: Request) -> Response:
    """Claim a case, and back to the list."""

    async def claimed(asked: Asked, _: Mapping[str, str]) -> object:
        await asyncio.to_thread(_refuse_out_of_turn, *asked)
        return await division.claim(*asked)

    return await _divided(request, claimed)


def _refuse_out_of_turn(context: AppContext, caller: Caller, request_id: str, language: Language) -> None:
    """Raises Problem 409 for an open case that would not be listed as claimed, for it waits for others; blocking."""
    case = visible_case(context, caller, request_id)
    now = evolve_all(before_anything(case, case.statute_then), context.reader.events(request_id, limit=case.seq))
    awaited = {holder.role for holder in case_out(case, language).waiting_for}
    if CommandName.DENY_EXTENSION in allowed(now, Role.BUREAU):
        awaited.add(Role.BUREAU)
    stands = (stands_as(caller, role, parties_of(case), each) for role in awaited for each in (False, True))
    if awaited and not any(stands):
        title = label("console", "claim_out_of_turn", language).format(case=request_id)
        raise Problem(409, "not_your_turn", title=title)


async def release(request: Request) -> Response:
    """Release a case, and back to the list."""
    return await _divided(request, lambda asked, _: division.release(*asked))


async def hand_over(request: Request) -> Response:
    """Hand a case over to a colleague, and back to the list, which says to whom; a name that is new is asked about."""

    async def handed(asked: Asked, form: Mapping[str, str]) -> object:
        context, caller, _, language = asked
        said = HandOverIn.model_validate({name: form[name] for name in ("to", "reason", "holder") if form.get(name)})
        if said.to == caller.subject:
            title = label("console", "hand_over_to_oneself", language).format(name=said.to)
            raise Problem(422, "invalid", title=title)
        if not form.get("sure"):
            here = await asyncio.to_thread(colleagues_of, context, caller, language)
            here.refuse_unknown(said.to)
        return await division.hand_over(*asked[:3], said, language)

    return await _divided(request, handed, told="handed")


Asked = tuple[AppContext, Caller, str, Language]
"""Where, by whom, of which case, in which language something is asked."""


async def _divided(
    request: Request, do: Callable[[Asked, Mapping[str, str]], Awaitable[object]], told: str | None = None
) -> Response:
    """Do something with the case of a form; a refusal is told above the list. ``told``: as what the list tells it."""
    visitor, language = await visitor_of(request), language_of(request)
    form = with_others(await form_of(request, visitor))
    tab = form.get("tab", "department")
    try:
        await do((door_of(request).context, visitor.caller, form.get("case", ""), language), form)
    except Problem as refusal:
        return await _shown(request, visitor, tab, title_of(refusal, language), refusal.status_code, form)
    except ValidationError:
        return await _shown(request, visitor, tab, label("console", "hand_over_incomplete", language), 422, form)
    done = {told: form.get("case", "")} if told else {}
    return see_other(f"/desk?{urlencode({'tab': tab, **done})}")


def with_others(form: Mapping[str, object]) -> dict[str, str]:
    """The fields of a form; who is not on a list of colleagues and named beside it stands in the list's place."""
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    others = {name.removesuffix(_OTHER): value for name, value in typed.items() if name.endswith(_OTHER) and value}
    return {name: value for name, value in typed.items() if not name.endswith(_OTHER)} | others


def next_of(path: str, found: Page, query: Mapping[str, str] | None = None) -> str | None:
    """Where the following page of a list is, under the same ``query``."""
    return next_after(path, found.next, query)


def next_after(path: str, cursor: str | None, query: Mapping[str, str] | None = None) -> str | None:
    """Where the page after a cursor is; None after the last."""
    return f"{path}?{urlencode({**(query or {}), 'cursor': cursor})}" if cursor else None


def rows(
    context: AppContext,
    cases: Sequence[CaseSummary],
    language: Language,
    claims: Mapping[str, ClaimOut] | None = None,
) -> list[dict[str, Any]]:
    """What a list says of each case; blocking, for the calendar is asked."""
    now = context.known_on()
    days, today = context.calendar_store.now().as_known_on(day_of(now)), day_of(now)
    found = [_row(context, case, language, now, days, today) for case in cases]
    return [{**row, "claim": (claims or {}).get(row["case"].request_id)} for row in found]


def _row(
    context: AppContext, case: CaseSummary, language: Language, now: datetime, days: Any, today: date
) -> dict[str, Any]:
    clock, light = most_pressing(case.clocks, now, days, context.client.policy.warnings)
    return {
        "case": case_out(case, language),
        "clock": clock,
        "clock_label": label("clock", clock.id, language) if clock else "",
        "light": light,
        "light_words": light.words(language, today),
    }
