"""Assessments (考核): figures on the cases of a period by department, and the cases behind each figure.

A case belongs to the period in which it was filed. A figure and its cases are queried from the same rows: one for each
case and each department with a part in it (``ledger.queries.assessed_parts``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Connection,
    Date,
    Engine,
    Select,
    Table,
    Text,
    any_,
    case,
    cast,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB, array

from domain.access import Visibility
from domain.calendar import WorkingDays
from domain.codes import code_key
from ledger.assessed_tables import assessed_kinds, assessed_limits, assessed_parts
from ledger.queries.assessed_parts import BITS, MEASURES, Answering, Measure, kept
from ledger.queries.cases import LARGEST_PAGE, shown_page
from ledger.queries.cursors import read_cursor
from ledger.queries.views import Page
from ledger.queries.visibility import visible

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class AssessedPeriod:
    """A period by the instants of filing (from inclusive, before exclusive), with further filters, if any."""

    since: datetime
    before: datetime
    statute: str | None = None
    procedure: str | None = None
    department: str | None = None


@dataclass(frozen=True)
class Assessing:
    """The basis of an assessment: who must keep which limit (``answering``), and the working days known ``today``."""

    answering: Sequence[Answering]
    days: WorkingDays
    today: date


@dataclass(frozen=True)
class DepartmentTally:
    """For a department and a procedure: in how many cases each measure holds; ``name`` is that of the newest case."""

    code: str
    name: str
    procedure: str
    numbers: Mapping[Measure, int]


@dataclass(frozen=True)
class LimitSpan:
    """How many limits of a department in a procedure took a number of working days (None: they have not ended).

    ``late``: the total of working days by which they were missed.
    """

    code: str
    procedure: str
    policy: bool
    took: int | None
    late: int
    number: int


@dataclass(frozen=True)
class Ending:
    """How many disputed cases of a department in a procedure had an outcome (None: still open)."""

    code: str
    procedure: str
    outcome: str | None
    number: int


class Tallied(NamedTuple):
    """The figures of a period: numbers of cases, how long limits took, how disputes ended."""

    departments: Sequence[DepartmentTally]
    spans: Sequence[LimitSpan]
    ends: Sequence[Ending]


def tallies(engine: Engine, visibility: Visibility, period: AssessedPeriod, by: Assessing) -> Tallied:
    """The figures of a period, of the cases that ``visibility`` covers."""
    with kept(engine, by.answering) as connection:
        return tallied(connection, visibility, period, by)


def tallied(connection: Connection, visibility: Visibility, period: AssessedPeriod, by: Assessing) -> Tallied:
    """As :func:`tallies`, on a connection of :func:`ledger.queries.assessed_parts.kept`."""
    names: dict[tuple[str, str], str] = {}
    numbers: dict[tuple[str, str], dict[Measure, int]] = {}
    ends: dict[tuple[str, str, str | None], int] = {}
    for row in connection.execute(_counted(visibility, period)):
        of = row.code, row.procedure
        names[of] = max(names.get(of, ""), row.name)
        counted = numbers.setdefault(of, dict.fromkeys(MEASURES, 0))
        for measure, bit in BITS.items():
            counted[measure] += row.number if row.measures & bit else 0
        if row.measures & BITS["disputed"]:
            ends[*of, row.outcome] = ends.get((*of, row.outcome), 0) + row.number
    return Tallied(
        [
            DepartmentTally(code, names[code, procedure], procedure, numbers[code, procedure])
            for code, procedure in sorted(numbers)
        ],
        _spans(connection, visibility, period, by),
        [Ending(*of, number) for of, number in ends.items()],
    )


def assessed_cases(
    engine: Engine,
    visibility: Visibility,
    period: AssessedPeriod,
    answering: Sequence[Answering],
    measure: Measure,
    cursor: str | None,
    limit: int,
) -> tuple[int, Page]:
    """How many cases a figure counts, and a page of them after a cursor, latest filing first. Raises BadCursor."""
    limit = max(1, min(limit, LARGEST_PAGE))
    place = (assessed_parts.c.filed_at, assessed_parts.c.request_id)
    of_any = _chosen(assessed_parts, visibility, period, *place).where(_holds(measure))
    wanted = of_any.distinct().order_by(place[0].desc(), place[1].desc())
    if cursor is not None:
        wanted = wanted.where(tuple_(*place) < tuple_(*read_cursor(cursor)))
    with kept(engine, answering) as connection:
        each = of_any.with_only_columns(place[1]).group_by(place[1]).subquery()
        number = connection.execute(select(func.count()).select_from(each)).scalar_one()
    found = wanted.limit(limit + 1).subquery()
    shown = select(found.c.filed_at.label("position"), found.c.request_id).subquery()
    return number, shown_page(engine, shown, limit, latest_first=True)


def standing_parts(visibility: Visibility, period: AssessedPeriod, among: Sequence[str] | None = None) -> CTE:
    """How each case of a period (``among``: only those with these ids) counts for each department with a part in
    it; its measures as a list of words."""
    held = array([case((_holds(each), literal(each, Text))) for each in MEASURES])
    measures = cast(func.to_jsonb(func.array_remove(held, None)), JSONB).label("measures")
    columns = (assessed_parts.c.request_id, assessed_kinds.c.code.label("department"), assessed_kinds.c.procedure)
    chosen = _chosen(assessed_parts, visibility, period, *columns, assessed_parts.c.seq, measures)
    if among is not None:
        chosen = chosen.where(assessed_parts.c.request_id == any_(cast(list(among), ARRAY(Text))))
    return chosen.cte("standing")


def _holds(measure: Measure) -> ColumnElement[bool]:
    return assessed_parts.c.measures.bitwise_and(BITS[measure]) != 0


def _chosen(kept: Table, visibility: Visibility, period: AssessedPeriod, *columns: ColumnElement[Any]) -> Select[Any]:
    """These columns of the parts of a period's cases."""
    kinds = assessed_kinds
    wanted = (
        select(*columns)
        .join_from(kept, kinds, kinds.c.number == kept.c.kind)
        .where(kept.c.filed_at >= period.since, kept.c.filed_at < period.before, visible(visibility, kinds))
    )
    for name in ("statute", "procedure"):
        if (value := getattr(period, name)) is not None:
            wanted = wanted.where(kinds.c[name] == value)
    if period.department is not None:
        wanted = wanted.where(kinds.c.code == code_key(period.department))
    return wanted


def _by_kind(found: Select[Any]) -> Select[Any]:
    """Join the kinds after counting by kind: far fewer rows than joining each part."""
    counted = found.subquery()
    told = [each for each in counted.c if each.name != "kind"]
    kinds = assessed_kinds
    return select(kinds.c.code, kinds.c.name, kinds.c.procedure, *told).join_from(
        counted, kinds, kinds.c.number == counted.c.kind
    )


def _counted(visibility: Visibility, period: AssessedPeriod) -> Select[Any]:
    group = (assessed_parts.c.kind, assessed_parts.c.measures, assessed_parts.c.outcome)
    return _by_kind(_chosen(assessed_parts, visibility, period, *group, func.count().label("number")).group_by(*group))


def _spans(
    connection: Connection, visibility: Visibility, period: AssessedPeriod, by: Assessing
) -> Sequence[LimitSpan]:
    its = assessed_limits.c
    bounds = func.min(its.began), func.max(its.due), func.max(its.ended)
    first, *last = connection.execute(_chosen(assessed_limits, visibility, period, *bounds)).one()
    if first is None:
        return ()
    working = _working_days(by.days, first, max(by.today, *(day for day in last if day)))
    took = (_rank(its.ended, working) - _rank(its.began, working)).label("took")
    missed = _rank(func.coalesce(its.ended, by.today), working) - _rank(its.due, working)
    late = func.sum(case((its.late, func.greatest(missed, 0)), else_=0)).label("late")
    group = its.kind, its.policy, took
    found = _chosen(assessed_limits, visibility, period, *group, late, func.count().label("number")).group_by(*group)
    return [
        LimitSpan(row.code, row.procedure, row.policy, row.took, row.late, row.number)
        for row in connection.execute(_by_kind(found))
    ]


def _working_days(days: WorkingDays, first: date, last: date) -> ColumnElement[Sequence[date]]:
    between = (first + number * _DAY for number in range((last - first).days + 1))
    return cast([day for day in between if days.is_working_day(day)], ARRAY(Date))


def _rank(day: ColumnElement[date], working: ColumnElement[Sequence[date]]) -> ColumnElement[int]:
    """The number of working days up to a day, as SQL."""
    return func.width_bucket(day, working)
