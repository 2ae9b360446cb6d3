"""推演: a scenario in the page, a step of it moved, and what comes of it on the real engine with skipped time."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from api.context import AppContext
from api.dependencies import visible_case
from api.http.problems import Problem
from api.simulations.playing import play_texts, read_scenario_text
from api.simulations.schemas import LONGEST, SimulatedOut, SimulationList
from console.added_step import WITH, act_said, offered_step, with_step
from console.door import Visitor, door_of, form_of, language_of, visitor_of
from console.forms import fields_of
from console.kept import address_of_kept, kept_form, kept_results, to_kept
from console.pages import page, see_other
from console.refusals import problem_told
from console.shown_forms import MORE, with_more_rows
from console.simulated import simulated
from domain.calendar import CalendarError, WorkingDays, day_of
from domain.evidence import instant_text
from domain.messages import Language, label
from domain.yaml_text import read_yaml, written_yaml
from starter.errors import Unavailable
from starter.recorded_scenarios import recorded_commands, scenario_of
from starter.scenarios import Scenario

PAGE: Final = "/what-if"
PLAYED: Final = "/what-if/play"
FURTHEST: Final = 250
"""So many working days a step is moved at once."""


async def show(request: Request) -> Response:
    """The page: blank, with an example, with a case that the visitor may see, or as it was typed.

    Raises NotFound for any other.
    """
    visitor, context = await visitor_of(request), door_of(request).context
    kept = await kept_form(request, PAGE)
    if kept is not None:
        return await _page(request, visitor, kept)
    named, example = request.query_params.get("case"), request.query_params.get("example")
    text = ""
    if named:
        text = await _of_case(context, visitor, named)
    elif example and context.simulator:
        there = {each.name: each.text for each in await asyncio.to_thread(context.simulator.examples)}
        if example not in there:
            raise Problem(404, "not_found")
        text = there[example]
    return await _page(request, visitor, {"scenario": text, "original": text})


async def edit(request: Request) -> Response:
    """On to the page as it was typed so far, with one more row of a list where that is asked for."""
    _, values = await _sent(request)
    return await to_kept(request, PAGE, with_more_rows(values))


async def add(request: Request) -> Response:
    """On to the page with one step more; before, with the fields of its command where it has any."""
    visitor, values = await _sent(request)
    language = language_of(request)
    try:
        _refuse_too_long(values, language)
        read = await asyncio.to_thread(read_scenario_text, values["scenario"], language)
        act = act_said(read, values["act"], language)
        if values["fields_of"] != act.word and fields_of(act.rule.says):
            asked = {**_without_step(values), "act": act.word, "fields_of": act.word}
            return see_other(f"{await address_of_kept(request, PAGE, asked)}#act")
        more = with_step(read, act, values, language)
        await asyncio.to_thread(read_scenario_text, more, language)
    except Problem as problem:
        return await _page(request, visitor, values, _why(problem, language), problem.status_code)
    original = values["original"] or more
    return await to_kept(request, PAGE, {**_without_step(values), "scenario": more, "original": original, "at": ""})


def _without_step(values: Mapping[str, str]) -> dict[str, str]:
    """What the page holds, without what was said of a step that is added, or is to be another."""
    left = {name: value for name, value in values.items() if not name.startswith(WITH)}
    return {**left, "act": "", "fields_of": ""}


async def move(request: Request) -> Response:
    """On to the page with a step at another time; nothing is played."""
    visitor, values = await _sent(request)
    context, language = door_of(request).context, language_of(request)
    try:
        _refuse_too_long(values, language)
        read = await asyncio.to_thread(read_scenario_text, values["scenario"], language)
        moved = await asyncio.to_thread(_moved, context, values, read, language)
        await asyncio.to_thread(read_scenario_text, moved, language)
    except Problem as problem:
        return await _page(request, visitor, values, _why(problem, language), problem.status_code)
    return await to_kept(request, PAGE, {**values, "scenario": moved, "original": values["original"] or moved})


async def play(request: Request) -> Response:
    """On to what comes of the scenario, beside the one that it was made from."""
    visitor, values = await _sent(request)
    context, language = door_of(request).context, language_of(request)
    try:
        _refuse_too_long(values, language)
        for text in _texts(values):
            await asyncio.to_thread(read_scenario_text, text, language)
        plays = await play_texts(context, _texts(values), language)
    except Problem as problem:
        again = problem.headers or {}
        return await _page(request, visitor, values, _why(problem, language), problem.status_code, headers=again)
    except Unavailable as error:
        return await _page(request, visitor, values, str(error), 503)
    came = SimulationList(list(plays)).model_dump_json()
    return await to_kept(request, PAGE, {**values, "came": came}, PLAYED)


async def show_played(request: Request) -> Response:
    """What came of a scenario, beside the one that it was made from, with both to be changed again."""
    visitor, language = await visitor_of(request), language_of(request)
    kept = await kept_results(request, PAGE)
    if kept is None:
        return see_other(PAGE)
    scenarios = [await asyncio.to_thread(read_scenario_text, text, language) for text in _texts(kept)]
    plays = SimulationList.model_validate_json(kept["came"]).root
    return await _page(request, visitor, kept, played=(plays, scenarios))


def _texts(values: Mapping[str, str]) -> Sequence[str]:
    """The scenario, after the one that it was made from where that is another."""
    scenario, original = values["scenario"], values["original"]
    return [original, scenario] if original.strip() and original != scenario else [scenario]


async def _of_case(context: AppContext, visitor: Visitor, request_id: str) -> str:
    case = await asyncio.to_thread(visible_case, context, visitor.caller, request_id)
    client, reader = context.client, context.reader
    commands = await recorded_commands(client.temporal, reader, request_id, context.archive)
    events = await asyncio.to_thread(reader.events, request_id, limit=case.seq)
    until = case.closed_at or context.known_on().replace(microsecond=0)
    return scenario_of(case, events, commands, until)


async def _sent(request: Request) -> tuple[Visitor, dict[str, str]]:
    """What a form of the page sent; line ends as they are written here."""
    visitor = await visitor_of(request)
    form = await form_of(request, visitor)
    said = {name: "" for name in _OWN} | {name: str(value) for name, value in form.items() if _is_read(name)}
    return visitor, {name: value.replace("\r\n", "\n") for name, value in said.items()}


_OWN: Final = ("scenario", "original", "step", "days", "along", "act", "at", "fields_of")
"""The fields of the page, beside those of a command."""


def _is_read(name: str) -> bool:
    return name in _OWN or name == MORE or name.startswith(WITH)


def _refuse_too_long(values: Mapping[str, str], language: Language) -> None:
    """Raises Problem 413, which says how long a scenario is and may be."""
    number = max(len(values["scenario"]), len(values["original"]))
    if number > LONGEST:
        said = label("what_if", "too_many_characters", language).format(most=LONGEST, number=number)
        raise Problem(413, "too_large", detail=said)


def _moved(context: AppContext, values: Mapping[str, str], scenario: Scenario, language: Language) -> str:
    """The text with a step moved by working days, and those after it where that is wanted; blocking. Raises Problem."""
    number, days = (_whole(values[name], language) for name in ("step", "days"))
    if not 1 <= number <= len(scenario.steps) or not 0 < abs(days) <= FURTHEST:
        raise Problem(422, "invalid", detail=label("what_if", "no_such_move", language))
    data: Any = read_yaml(values["scenario"], "").data
    known = context.calendar_store.now().as_known_on(None)
    last = len(scenario.steps) if values["along"] else number
    try:
        for place in range(number - 1, last):
            data["steps"][place]["at"] = instant_text(_by_working_days(scenario.steps[place].at, days, known))
        if scenario.until is not None and (ends := datetime.fromisoformat(data["steps"][-1]["at"])) > scenario.until:
            data["until"] = instant_text(ends)
    except CalendarError:
        raise Problem(422, "invalid", detail=label("what_if", "outside_calendar", language)) from None
    return written_yaml(data)


def _by_working_days(at: datetime, days: int, known: WorkingDays) -> datetime:
    """An instant moved so many working days later, or earlier, at its own time of day."""
    there = day_of(at)
    moved = known.add_working_days(there, days) if days > 0 else _earlier(there, -days, known)
    return at + (moved - there)


def _earlier(day: date, days: int, known: WorkingDays) -> date:
    while days:
        day -= timedelta(days=1)
        days -= known.is_working_day(day)
    return day


def _whole(text: str, language: Language) -> int:
    said = text.strip()
    if not (said.isascii() and said.removeprefix("-").isdigit() and len(said) < 5):
        raise Problem(422, "invalid", detail=label("what_if", "no_such_move", language))
    return int(said)


def _why(problem: Problem, language: Language) -> str:
    """What is wrong; steps are counted from 1, as the page numbers them."""
    return re.sub(
        r"steps\[(\d+)\]\.?",
        lambda found: label("what_if", "step", language).format(number=int(found[1]) + 1),
        problem_told(problem, language),
    )


async def _page(
    request: Request,
    visitor: Visitor,
    values: Mapping[str, str],
    wrong: str | None = None,
    status: int = 200,
    played: tuple[Sequence[SimulatedOut], Sequence[Scenario]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    context, language = door_of(request).context, language_of(request)
    shown: dict[str, Any] = {
        **await asyncio.to_thread(_told, context, values, language),
        "offered": context.simulator is not None,
        "values": {"step": "", "days": "1", "along": "on", **values},
        "wrong": wrong,
        "longest": LONGEST,
        "scripted": True,
        "result": await asyncio.to_thread(simulated, context, *played, language) if played else None,
    }
    if wrong is not None:
        shown["back"] = await address_of_kept(request, PAGE, values)
    answer = page(request, "what_if.html", visitor, shown, status)
    answer.headers.update(headers or {})
    return answer


def _told(context: AppContext, values: Mapping[str, str], language: Language) -> dict[str, Any]:
    """The examples; of a text that can be read its steps, and what one more may be; blocking."""
    examples = context.simulator.examples() if context.simulator else ()
    scenario = _read(values["scenario"], language)
    if scenario is None:
        return {"steps": [], "adding": None, "examples": examples}
    steps = [
        {
            "number": number,
            "at": step.at,
            "by": label("role", step.by, language),
            "do": label("command", step.do, language),
        }
        for number, step in enumerate(scenario.steps, start=1)
    ]
    known = context.calendar_store.now().as_known_on(None)
    return {"steps": steps, "adding": offered_step(scenario, values, known, language), "examples": examples}


def _read(text: str, language: Language) -> Scenario | None:
    """A text as a scenario; None for one that cannot be read."""
    if not text.strip() or len(text) > LONGEST:
        return None
    try:
        return read_scenario_text(text, language)
    except Problem:
        return None
