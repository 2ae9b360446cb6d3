"""监督: how many open cases stand where, exactly which, and pressing many of them at once (督办)."""

import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.cases.commands import carry_out
from api.cases.schemas import CommandIn
from api.context import AppContext
from api.dependencies import require_role
from api.http.problems import Problem
from api.supervision.endpoints import chosen_page
from api.supervision.figures import figures, rung_label, standing_label
from api.supervision.moment import SUPERVISORS
from api.supervision.schemas import ChosenIn
from console.desk import ROWS, next_of, rows
from console.door import Visitor, door_of, form_of, language_of, visitor_of
from console.kept import address_of_kept, kept_form, to_kept
from console.listed_names import ListedNames
from console.pages import ANY_CASE, page, see_other, whole_text_name
from console.refusals import REFUSED, refusal_told
from console.strip import strip
from domain.access import Caller
from domain.messages import LANGUAGES, Language, label, words
from domain.messages.days import day_text
from domain.messages.period_names import period_said
from domain.words import CommandName, Role, Urgency
from ledger.queries.supervising import Chosen
from starter.errors import KeyReused, NotFound

CONFIRMATION: Final = "/supervision/confirm"
URGED: Final = "/supervision/urge"
AT_ONCE: Final = 200
"""So many cases are urged with one form."""
TOGETHER: Final = 8
"""So many of them at a time."""


async def show(request: Request) -> Response:
    """The figures of all that the visitor supervises."""
    visitor = await _supervisor(request)
    context, language = door_of(request).context, language_of(request)
    told = await asyncio.to_thread(figures, context, visitor.caller, language)
    shown = {"told": told, "strip": strip([(each.date, each.ends) for each in told.coming])}
    return page(request, "supervision.html", visitor, shown, live=ANY_CASE)


async def cases(request: Request) -> Response:
    """The cases that a number counts."""
    return await _list(request, await _supervisor(request))


async def confirm(request: Request) -> Response:
    """On to the exact cases that are about to be urged, as they stand now."""
    visitor = await _supervisor(request)
    require_role(visitor.caller, [Role.BUREAU])
    form = await form_of(request, visitor)
    named = list(dict.fromkeys(str(each) for each in form.getlist("case")))
    context, language = door_of(request).context, language_of(request)
    if form.get("all"):
        asked = _asked(dict(request.query_params))
        _, found = await asyncio.to_thread(chosen_page, context, visitor.caller, asked.chosen(), None, AT_ONCE)
        named = [case.request_id for case in found.cases]
    if not 0 < len(named) <= AT_ONCE:
        wrong = label("console", "tick_some" if not named else "tick_fewer", language).format(number=AT_ONCE)
        return await _list(request, visitor, wrong, 422)
    frozen = {"cases": " ".join(named), "key": secrets.token_hex(16)}
    return await to_kept(request, CONFIRMATION, frozen)


async def show_confirmation(request: Request) -> Response:
    """The list as it was frozen, with the form that urges all of it."""
    visitor = await _supervisor(request)
    require_role(visitor.caller, [Role.BUREAU])
    kept = await kept_form(request, CONFIRMATION)
    if kept is None:
        return see_other("/supervision")
    return await _confirmation(request, visitor, kept["cases"].split(), kept)


async def urge(request: Request) -> Response:
    """Urge each case of the list as the rules have it, and on to what came of each; the same form urges once."""
    visitor = await _supervisor(request)
    require_role(visitor.caller, [Role.BUREAU])
    form = await form_of(request, visitor)
    values = {name: value for name, value in form.items() if isinstance(value, str)}
    named = list(dict.fromkeys(values.get("cases", "").split()))
    if not 0 < len(named) <= AT_ONCE:
        raise Problem(422, "invalid")
    language, level = language_of(request), values.get("level", "")
    if level not in {rung.value for rung in Urgency}:
        wrong = label("console", "choose_level", language)
        return await _confirmation(request, visitor, named, values, wrong)
    said = {"level": level, **({"reason": values["reason"]} if values.get("reason", "").strip() else {})}
    body = CommandIn.model_validate({"command": CommandName.URGE, "as": Role.BUREAU, "with": said})
    key, gate = values.get("key") or secrets.token_hex(16), asyncio.Semaphore(TOGETHER)
    context = door_of(request).context

    async def one(request_id: str) -> dict[str, Any]:
        async with gate:
            return await _urged(context, visitor.caller, request_id, body, key)

    results = await asyncio.gather(*(one(request_id) for request_id in named))
    came = {"results": json.dumps(results), "level": level, "reason": values.get("reason", "")}
    return await to_kept(request, URGED, came)


async def show_urged(request: Request) -> Response:
    """What came of each case that was urged."""
    visitor, language = await _supervisor(request), language_of(request)
    kept = await kept_form(request, URGED)
    if kept is None:
        return see_other("/supervision")
    came = json.loads(kept["results"])
    seen = [each["id"] for each in came if each.get("seen")]
    abouts = await asyncio.to_thread(door_of(request).context.reader.stuck_book.abouts, seen)
    results = [{**each, "about": abouts.get(each["id"]), "sentence": each["sentences"][language]} for each in came]
    done = sum(each["done"] for each in results)
    told = {"results": results, "done": done, "refused": len(results) - done, "reason": kept["reason"]}
    return page(request, "urged.html", visitor, {**told, "level": rung_label(kept["level"], language)})


async def _urged(context: AppContext, caller: Caller, request_id: str, body: CommandIn, key: str) -> dict[str, Any]:
    """What came of one; the same key for the same case acts once, however often the form is sent."""
    try:
        answer = await carry_out(context, caller, request_id, body, key, None)
    except NotFound:
        return _outcome(request_id, False, words("problem")["not_found"], seen=False)
    except KeyReused:
        return _outcome(request_id, False, words("console")["urged_by_this_list"])
    except REFUSED as refusal:
        return _outcome(request_id, False, {each: refusal_told(refusal, each)[1] for each in LANGUAGES})
    return _outcome(request_id, True, words("console")["urged_before" if answer.repeated else "urged_now"])


def _outcome(request_id: str, done: bool, sentences: Mapping[str, str], seen: bool = True) -> dict[str, Any]:
    """``seen``: the case is the visitor's to see, and so is what it is about."""
    return {"id": request_id, "done": done, "sentences": dict(sentences), "seen": seen}


async def _supervisor(request: Request) -> Visitor:
    visitor = await visitor_of(request)
    require_role(visitor.caller, SUPERVISORS)
    return visitor


def _asked(query: Mapping[str, str]) -> ChosenIn:
    """What a link asks for. Raises Problem 422 for what no link of ours says."""
    try:
        return ChosenIn.model_validate({name: value for name, value in query.items() if name != "cursor"})
    except ValidationError:
        raise Problem(422, "invalid") from None


async def _list(request: Request, visitor: Visitor, wrong: str | None = None, status: int = 200) -> Response:
    context, language = door_of(request).context, language_of(request)
    query = dict(request.query_params)
    asked, cursor = _asked(query), query.pop("cursor", None)
    total, found = await asyncio.to_thread(chosen_page, context, visitor.caller, asked.chosen(), cursor, ROWS)
    shown = await asyncio.to_thread(rows, context, found.cases, language)
    told = {
        "total": total,
        "rows": shown,
        "chosen": _chosen_words(context, asked, language),
        "next": next_of("/supervision/cases", found, query),
        "first": f"/supervision/cases?{urlencode(query)}",
        "query": request.url.query,
        "may_urge": Role.BUREAU in visitor.caller.roles,
        "at_once": AT_ONCE,
        "wrong": wrong,
    }
    return page(request, "supervised.html", visitor, told, status)


async def _confirmation(
    request: Request, visitor: Visitor, named: Sequence[str], values: Mapping[str, str], wrong: str | None = None
) -> Response:
    """The list as it is frozen: what is not the visitor's, or is closed by now, is told apart and left out."""
    context, language = door_of(request).context, language_of(request)
    chosen = Chosen(named=named)
    _, found = await asyncio.to_thread(chosen_page, context, visitor.caller, chosen, None, AT_ONCE)
    shown = await asyncio.to_thread(rows, context, found.cases, language)
    told = {
        "rows": shown,
        "frozen": " ".join(case.request_id for case in found.cases),
        "left_out": len(named) - len(found.cases),
        "values": values,
        "levels": [(rung.value, label("urgency", rung, language)) for rung in Urgency],
        "wrong": wrong,
        "scripted": True,
    }
    if wrong is None:
        return page(request, "urge.html", visitor, told)
    back = await address_of_kept(request, CONFIRMATION, values)
    return page(request, "urge.html", visitor, {**told, "back": back}, 422)


def _chosen_words(context: AppContext, asked: ChosenIn, language: Language) -> list[tuple[str, str]]:
    """What was chosen, in words."""
    said: list[tuple[str, str]] = []
    kinds = {"stage": "stage", "procedure": "procedure", "age": "age_band", "awaited": "role"}
    for name in ChosenIn.model_fields:
        value = getattr(asked, name)
        if value is None:
            continue
        match name:
            case "light":
                text = label("console", f"light_{value}", language)
            case "rung":
                text = rung_label(value, language)
            case "duty":
                text = standing_label(value, language)
            case "department":
                text = ListedNames(context).name(value) or value
            case "statute":
                text = whole_text_name(value, language)
            case "ends_on":
                text = day_text(value, language)
            case "period":
                text = period_said(value, language)
            case _ if name in kinds:
                text = label(kinds[name], value, language)
            case _:
                text = str(value)
        said.append((label("console", f"by_{name}", language), text))
    return said
