"""The figures of an assessment: per department and procedure, and in all procedures together."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from api.assessment.schemas import AssessedIn, AssessedOut, AssessmentOut, DaysOut, PeriodIn
from api.context import AppContext
from api.http.prefix import prefixed
from api.http.problems import Problem
from api.supervision.moment import overseen
from domain.access import EVERYWHERE, Caller, Visibility
from domain.calendar import day_of, end_of
from domain.codes import code_key
from domain.evidence import digest_of
from domain.messages import Language, label
from domain.statutes.loader import packaged_statutes
from domain.words import ProcedureName
from ledger.queries.assessed_parts import MEASURES, PARTIES, Answering, Measure
from ledger.queries.assessing import AssessedPeriod, Assessing, DepartmentTally, Ending, LimitSpan, Tallied
from ledger.queries.views import Page
from procedures.assignees import answerable
from procedures.registry import ALL

R = TypeVar("R", DepartmentTally, LimitSpan, Ending)
CASES: Final = "/v1/assessment/cases"
LONGEST: Final = timedelta(days=3 * 366)


def period_of(asked: PeriodIn, today: date, language: Language) -> tuple[date, date, AssessedPeriod]:
    """The first day, the last, and what the ledger is asked. Raises Problem 422 for days that no period has."""
    first, last = asked.first or (asked.last or today).replace(month=1, day=1), asked.last or today
    if not timedelta() <= last - first <= LONGEST:
        raise Problem(422, "invalid", detail=label("assessment", "wrong_period", language))
    if first == date.min or last == date.max:
        raise Problem(422, "invalid", detail=label("assessment", "no_such_period", language))
    since, before = end_of(first - timedelta(days=1)), end_of(last)
    return first, last, AssessedPeriod(since, before, asked.statute, asked.procedure, asked.department)


def assessment(context: AppContext, caller: Caller, asked: PeriodIn, language: Language) -> AssessmentOut:
    """All figures of what a caller supervises; blocking. Raises Problem 422."""
    sight, (_, _, period) = overseen(caller), period_of(asked, day_of(context.known_on()), language)
    return assessed_as(
        context, context.reader.assessments.figures(sight, period, assessing(context)), sight, asked, language
    )


def assessing(context: AppContext) -> Assessing:
    """By what is assessed today; blocking."""
    today = day_of(context.known_on())
    return Assessing(answering(), context.calendar_store.now().as_known_on(today), today)


def assessed_as(
    context: AppContext, found: Tallied, sight: Visibility, asked: PeriodIn, language: Language
) -> AssessmentOut:
    """What was found of the cases in sight, as it is told; blocking. Raises Problem 422."""
    now = context.known_on()
    first, last, _ = period_of(asked, day_of(now), language)
    listed = () if asked.department else _listed(context, sight)
    rows = list(_rows(found, listed, asked, language))
    digest = digest_of({**scope_of(asked, first, last, sight), "departments": plain_figures(rows)}, "sha256")
    return AssessmentOut(at=now, first=first, last=last, departments=rows, digest=digest)


def scope_of(asked: PeriodIn, first: date, last: date, sight: Visibility) -> dict[str, Any]:
    """What is assessed, as plain JSON: which cases, of which places."""
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "department": code_key(asked.department) if asked.department else None,
        "procedure": asked.procedure.value if asked.procedure else None,
        "statute": asked.statute,
        "places": [EVERYWHERE] if sight.everything else sorted(sight.places),
    }


def plain_figures(rows: Iterable[AssessedOut]) -> list[dict[str, Any]]:
    """The figures as plain JSON, in which a number that is not whole is text."""
    return [
        {
            "department": row.department,
            "name": row.name,
            "procedure": row.procedure.value if row.procedure else None,
            "numbers": dict(row.numbers),
            "law": _plain_days(row.law),
            "policy": _plain_days(row.policy),
            "ends": dict(row.ends),
        }
        for row in rows
    ]


def _plain_days(days: DaysOut) -> dict[str, Any]:
    of_middle = {name: None if value is None else str(value) for name, value in _middles(days)}
    return {"ended": days.ended, **of_middle, "late": days.late}


def _middles(days: DaysOut) -> Sequence[tuple[str, float | None]]:
    return ("average", days.average), ("median", days.median)


def assessed_page(
    context: AppContext, caller: Caller, asked: AssessedIn, cursor: str | None, limit: int, language: Language
) -> tuple[int, Page]:
    """How many cases a number counts, and a page of them; blocking. Raises Problem 422, BadCursor."""
    _, _, period = period_of(asked, day_of(context.known_on()), language)
    return context.reader.assessments.cases(overseen(caller), period, answering(), asked.measure, cursor, limit)


def _listed(context: AppContext, sight: Visibility) -> list[tuple[str, str]]:
    """The departments of the places in sight, also those without a case."""
    return [
        (code_key(department.code), department.name)
        for place, departments in context.departments().items()
        if sight.everything or place in sight.places
        for department in departments
    ]


def _rows(
    found: Tallied, listed: Iterable[tuple[str, str]], asked: PeriodIn, language: Language
) -> Iterator[AssessedOut]:
    names = {**{each.code: each.name for each in found.departments}, **dict(listed)}
    tallies, spans, endings = _by_code(found.departments), _by_code(found.spans), _by_code(found.ends)
    for code in sorted(names):
        own = tallies.get(code, ())
        several: list[ProcedureName | None] = [None, *(ProcedureName(each.procedure) for each in own)]
        for procedure in several:
            counted = _among(own, procedure)
            took = _among(spans.get(code, ()), procedure)
            yield AssessedOut(
                department=code,
                name=names[code],
                procedure=procedure,
                label=label("procedure", procedure, language) if procedure else label("assessment", "all", language),
                numbers={name: sum(each.numbers[name] for each in counted) for name in MEASURES},
                law=_days([each for each in took if not each.policy]),
                policy=_days([each for each in took if each.policy]),
                ends=_ends(_among(endings.get(code, ()), procedure)),
                cases={name: way(asked, code, procedure, name) for name in MEASURES},
            )


def _by_code(rows: Iterable[R]) -> Mapping[str, Sequence[R]]:
    found: dict[str, list[R]] = {}
    for row in rows:
        found.setdefault(row.code, []).append(row)
    return found


def _among(rows: Iterable[R], procedure: ProcedureName | None) -> Sequence[R]:
    return [row for row in rows if procedure in (None, row.procedure)]


def _ends(endings: Iterable[Ending]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in endings:
        name = each.outcome or "open"
        found[name] = found.get(name, 0) + each.number
    return found


def _days(spans: Sequence[LimitSpan]) -> DaysOut:
    took: Counter[int] = Counter()
    for each in spans:
        if each.took is not None:
            took[each.took] += each.number
    ended = took.total()
    return DaysOut(
        ended=ended,
        average=round(sum(days * number for days, number in took.items()) / ended, 1) if ended else None,
        median=_median(took, ended) if ended else None,
        late=sum(each.late for each in spans),
    )


def _median(took: Counter[int], ended: int) -> float:
    """The middle of so many numbers of days, or the mean of the two in the middle."""
    upto = list(accumulate(took[days] for days in sorted(took)))
    middle = (sorted(took)[bisect_right(upto, place)] for place in ((ended - 1) // 2, ended // 2))
    return sum(middle) / 2


def way(asked: PeriodIn, code: str, procedure: ProcedureName | None, measure: Measure) -> str:
    """The way to the cases of a number."""
    said: Mapping[str, object | None] = {
        "from": asked.first,
        "to": asked.last,
        "statute": asked.statute,
        "department": code,
        "procedure": procedure.value if procedure else asked.procedure,
        "measure": measure,
    }
    return prefixed(f"{CASES}?{urlencode({name: str(value) for name, value in said.items() if value is not None})}")


@cache
def answering() -> Sequence[Answering]:
    """Which limits are a party's to keep: of each procedure under each text, by the stage in which they began.

    That is whoever the stage waits for that the limit measures; of several stages the one in which it began.
    """
    found: list[Answering] = []
    for it in ALL:
        for statute in packaged_statutes().values():
            for clock in {clock for stage in it.process.stages for clock in stage.limits}:
                for begun in it.process.stages:
                    role = answerable(it.name, clock, begun.stage, statute)
                    if role in PARTIES:
                        found.append((it.name, statute.id, clock, begun.stage, role))
    return found
