"""Questions of an assessment (考核): what came of the cases of a period, department by department, and exactly which.

A case is assessed in the period in which it was filed. Each number and its cases are one question of the same rows: one
for every case and every department that had a part in it (``ledger.queries.assessed_parts``).
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
    """The instants from which and before which the cases were filed, and what else narrows them, if anything."""

    since: datetime
    before: datetime
    statute: str | None = None
    procedure: str | None = None
    department: str | None = None


@dataclass(frozen=True)
class Assessing:
    """By what is assessed: whose limits are (``answering``), and the working days as known on the day ``today``."""

    answering: Sequence[Answering]
    days: WorkingDays
    today: date


@dataclass(frozen=True)
class DepartmentTally:
    """In how many cases of a procedure each measure holds for a department; ``name`` as it stands in the newest."""

    code: str
    name: str
    procedure: str
    numbers: Mapping[Measure, int]


@dataclass(frozen=True)
class LimitSpan:
    """So many limits of a department in a procedure that took so many working days (None: they have not ended).

    ``late``: by how many working days they were missed, all together.
    """

    code: str
    procedure: str
    policy: bool
    took: int | None
    late: int
    number: int


@dataclass(frozen=True)
class Ending:
    """So many disputed cases of a department in a procedure ended so; None: they are open."""

    code: str
    procedure: str
    outcome: str | None
    number: int


class Tallied(NamedTuple):
    """What came of the cases of a period: numbers of cases, how long limits took, how disputes ended."""

    departments: Sequence[DepartmentTally]
    spans: Sequence[LimitSpan]
    ends: Sequence[Ending]


def tallies(engine: Engine, visibility: Visibility, period: AssessedPeriod, by: Assessing) -> Tallied:
    """What came of the cases of a period that ``visibility`` covers."""
    with kept(engine, by.answering) as connection:
        return tallied(connection, visibility, period, by)


def tallied(connection: Connection, visibility: Visibility, period: AssessedPeriod, by: Assessing) -> Tallied:
    """What :func:`tallies` gives, asked on a connection of :func:`ledger.queries.assessed_parts.kept`."""
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
    """How many cases a number counts, and so many of them after a cursor, latest filing first. Raises BadCursor."""
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
    """How each case of a period (``among`` these, by their ids) stands for each department with a part in
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
    """Of what is kept of the cases of a period, these columns."""
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
    """Rows that were counted by kind, told whose they are: fewer are joined than there are parts."""
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
    """How many of the working days there are up to a day."""
    return func.width_bucket(day, working)
