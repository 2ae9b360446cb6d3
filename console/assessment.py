"""考核: what came of the cases of a period, by department, exactly which cases, and the table to be saved."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.assessment.endpoints import TableIn, table_of
from api.assessment.figures import assessed_page, assessment, period_of, scope_of
from api.assessment.schemas import AssessedIn, AssessedOut, AssessmentOut, PeriodIn
from api.assessment.seal_schemas import SealDifferenceOut, SealOut
from api.assessment.sealing import SEALERS, differences, seal_out
from api.assessment.tables import end_label, wholes
from api.context import AppContext
from api.dependencies import require_role
from api.http.problems import Problem
from api.supervision.moment import SUPERVISORS, overseen
from console.desk import ROWS, next_of, rows
from console.door import Visitor, door_of, language_of, visitor_of
from console.listed_names import ListedNames
from console.pages import page
from console.refusals import problem_told
from console.saved import saved_as
from domain import periods
from domain.access import Visibility
from domain.calendar import day_of
from domain.messages import Language, label, words
from domain.validation_messages import all_problems
from ledger.queries.assessed_parts import MEASURES

P = TypeVar("P", bound=PeriodIn)
BY_PROCEDURE: Final = "by"
"""The part of an address that asks for the procedures of each department."""
SEALS = 20
"""So many seals are listed, the newest first."""


async def show(request: Request) -> Response:
    """The figures of a period. One that cannot be is told above the form, and what was asked stays in it."""
    visitor = await assessor_of(request)
    context, language = door_of(request).context, language_of(request)
    query = dict(request.query_params)
    opened = query.pop(BY_PROCEDURE, "")
    today = day_of(context.known_on())
    wrong, status, asked = None, 200, PeriodIn()
    try:
        asked = asked_of(PeriodIn, query, language)
        told = await asyncio.to_thread(assessment, context, visitor.caller, asked, language)
    except Problem as problem:
        wrong, status = problem_told(problem, language), 422
        told = await asyncio.to_thread(assessment, context, visitor.caller, PeriodIn(), language)
    first, last, _ = period_of(asked if wrong is None else PeriodIn(), today, language)
    by_procedure = bool(opened or query.get("department"))
    rows_shown = list(_rows_apart(told.departments, by_procedure))
    sight = overseen(visitor.caller)
    newest, found, changed = await asyncio.to_thread(
        _seals, context, sight, scope_of(asked if wrong is None else PeriodIn(), first, last, sight), told, language
    )
    shown = {
        "told": told,
        "newest": newest,
        "changed": changed,
        "seals": found,
        "may_seal": wrong is None and bool(visitor.caller.roles & set(SEALERS)),
        "wrong": wrong,
        "values": query,
        "first": first,
        "last": last,
        "usual": _usual_periods(today),
        "known": sorted({(row.department, row.name) for row in told.departments}),
        "namesakes": _namesakes(told.departments),
        "measures": MEASURES,
        "a": {word: texts[language] for word, texts in words("assessment").items()},
        "busy": [(row, ended_text(row, language), alone) for row, alone in rows_shown],
        "wholes": [row for row in wholes(told.departments) if row.numbers["all"]],
        "by_procedure": by_procedure,
        "other_view": _other_view(query, by_procedure),
        "idle": [row for row in told.departments if not row.numbers["all"]],
        "saved": urlencode({name: value for name, value in query.items() if value}) if wrong is None else "",
    }
    return page(request, "assessment.html", visitor, shown, status)


def _usual_periods(today: date) -> Sequence[tuple[str, date, date]]:
    """What is most often assessed and sealed, each by its word: the last month, quarter and year that are over."""
    month = today.replace(day=1) - timedelta(days=1)
    quarter = periods.period_of("quarter", periods.period_of("quarter", today).first - timedelta(days=1))
    year = periods.period_of("year", today.replace(month=1, day=1) - timedelta(days=1))
    wholes = [("last_quarter", quarter), ("last_year", year)]
    return [("last_month", month.replace(day=1), month), *((word, it.first, it.last) for word, it in wholes)]


def _other_view(query: Mapping[str, str], by_procedure: bool) -> str:
    """The query that shows procedures where they are left out, and leaves them out where they are shown."""
    kept = {name: value for name, value in query.items() if value}
    return urlencode(kept if by_procedure else {**kept, BY_PROCEDURE: "1"})


def _rows_apart(rows: Sequence[AssessedOut], by_procedure: bool) -> Iterator[tuple[AssessedOut, bool]]:
    """The rows of departments with cases, and whether one stands alone: where a department has a single procedure, its
    sum would say the same twice. Those of several are left to their sums unless asked for ``by_procedure``."""
    busy = [row for row in rows if row.numbers["all"]]
    procedures = Counter(row.department for row in busy if row.procedure is not None)
    for row in busy:
        alone = procedures[row.department] == 1
        is_sum = row.procedure is None
        if alone != is_sum or (by_procedure and not alone):
            yield row, alone


def _namesakes(rows: Sequence[AssessedOut]) -> Collection[str]:
    """The names that several departments bear: beside them stands the code."""
    bearers = Counter(name for name, _ in {(row.name, row.department) for row in rows})
    return {name for name, number in bearers.items() if number > 1}


def ended_text(row: AssessedOut, language: Language) -> str:
    """How the disputes of a department ended, in words."""
    return label("console", "and_also", language).join(
        f"{end_label(name, language)} {number}" for name, number in sorted(row.ends.items())
    )


def _seals(
    context: AppContext, sight: Visibility, scope: Mapping[str, Any], told: AssessmentOut, language: Language
) -> tuple[SealOut | None, list[SealOut], list[SealDifferenceOut]]:
    """The newest seal of what is shown, the latest of all, and what has changed since that one; blocking."""
    newest = context.reader.seals.newest(scope)
    page, _ = context.reader.seals.page(sight, None, SEALS)
    changed = list(differences(context, newest, told, language)) if newest is not None else []
    return seal_out(newest) if newest is not None else None, [seal_out(each) for each in page], changed


async def cases(request: Request) -> Response:
    """The cases that a number counts."""
    visitor = await assessor_of(request)
    context, language = door_of(request).context, language_of(request)
    query = dict(request.query_params)
    cursor = query.pop("cursor", None)
    asked = asked_of(AssessedIn, query, language)

    def found() -> dict[str, Any]:
        total, there = assessed_page(context, visitor.caller, asked, cursor, ROWS, language)
        return {
            "total": total,
            "rows": rows(context, there.cases, language),
            "next": next_of("/assessment/cases", there, query),
        }

    said = [(label("console", "by_measure", language), label("assessment", asked.measure, language))]
    if asked.department is not None:
        said.append(
            (
                label("console", "by_department", language),
                ListedNames(context).name(asked.department) or asked.department,
            )
        )
    if asked.procedure is not None:
        said.append((label("console", "by_procedure", language), label("procedure", asked.procedure, language)))
    told = {**await asyncio.to_thread(found), "chosen": said, "first": f"/assessment/cases?{urlencode(query)}"}
    return page(request, "assessed.html", visitor, told)


async def save(request: Request) -> Response:
    """The table as a file."""
    visitor = await assessor_of(request)
    context, language = door_of(request).context, language_of(request)
    asked = asked_of(TableIn, dict(request.query_params), language)
    told = await asyncio.to_thread(assessment, context, visitor.caller, asked, language)
    return saved_as(await table_of(told, asked.form, language, with_total=True), "assessment", language)


async def assessor_of(request: Request) -> Visitor:
    """Who assesses. Raises Problem 403 for all others."""
    visitor = await visitor_of(request)
    require_role(visitor.caller, SUPERVISORS)
    return visitor


def asked_of(kind: type[P], query: Mapping[str, str], language: Language) -> P:
    """What a form or a link asks for. Raises Problem 422, naming what of it cannot be used."""
    try:
        return kind.model_validate(query)
    except ValidationError as error:
        raise Problem(422, "invalid", title=_unusable(error, language)) from None


def _unusable(error: ValidationError, language: Language) -> str | None:
    """What cannot be used, field by field, each by its name on the page; None where a field has none."""
    wrong = all_problems(error.errors(include_url=False), language)
    named = [(_NAMES.get(".".join(map(str, path))), reason) for path, reason in wrong]
    said = [
        label("console", "field_is_wrong", language).format(field=label("console", name, language), reason=reason)
        for name, reason in named
        if name
    ]
    return label("console", "and_also", language).join(said) or None


_NAMES: Final = {
    "from": "assess_from",
    "to": "assess_to",
    "department": "by_department",
    "procedure": "by_procedure",
    "statute": "by_statute",
}
