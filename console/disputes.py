"""争议: disputes by the instance before which they stand, with what each side said and who comes next."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.context import AppContext
from api.disputes.endpoints import dispute_out, disputes_of
from api.disputes.standing import INSTANCES, running
from console.desk import ROWS, next_after
from console.door import door_of, language_of, visitor_of
from console.forms import FormField
from console.pages import ANY_CASE, page
from console.said import value_text
from console.shown_forms import choice_of, name_of
from domain.calendar import day_of
from domain.engine.lights import light_of
from domain.messages import Language, label
from ledger.queries.disputing import DisputedCase


async def show(request: Request) -> Response:
    """The disputes that are the visitor's to see, in a column for each instance."""
    visitor = await visitor_of(request)
    context, language = door_of(request).context, language_of(request)
    cursor = request.query_params.get("cursor")
    found, following = await asyncio.to_thread(disputes_of, context, visitor.caller, cursor, ROWS)
    disputed = await asyncio.to_thread(_shown, context, found, language)
    columns = [
        {"name": label("stage", instance, language), "id": instance.value, "rows": disputed[instance.value]}
        for instance in INSTANCES
    ]
    shown = {"columns": columns, "next": next_after("/disputes", following)}
    return page(request, "disputes.html", visitor, shown, live=ANY_CASE)


def _shown(
    context: AppContext, found: Sequence[DisputedCase], language: Language
) -> Mapping[str, list[dict[str, Any]]]:
    """Each dispute under its instance; blocking, for the calendar is asked."""
    now = context.known_on()
    days, warnings = context.calendar_store.now().as_known_on(day_of(now)), context.client.policy.warnings
    shown: dict[str, list[dict[str, Any]]] = {instance.value: [] for instance in INSTANCES}
    for each in found:
        told, clock = dispute_out(each, language), running(each)
        light = light_of(clock, now, days, warnings) if clock else None
        said = [
            (position, [(_name(name, language), _text(name, value, language)) for name, value in position.said.items()])
            for position in told.positions
        ]
        words = light.words(language, day_of(now)) if light else ""
        shown[told.instance].append({"told": told, "positions": said, "light": light, "light_words": words})
    return shown


def _name(name: str, language: Language) -> str:
    return name_of(FormField(name, "text"), language)


def _text(name: str, value: Any, language: Language) -> str:
    """What somebody said, on one line for each part."""
    if name in ("result", "decision"):
        try:
            return choice_of(str(value), language)
        except LookupError:  # a word that only later versions say in words
            return str(value)
    return value_text(name, value, language)
