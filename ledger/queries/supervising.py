"""Supervision (监督): counts of open cases by several dimensions, and the cases behind each count.

A count and its cases are queried from the same rows, in which everything that is counted is a column. Closed cases cost
nothing, except recent duties, which are counted by period.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Date,
    Engine,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    or_,
    select,
    tuple_,
    union_all,
)

from domain.access import Visibility
from domain.codes import code_key
from domain.words import ProcedureName, Role, Stage, Unit
from ledger.engine import reading
from ledger.queries.cases import LARGEST_PAGE, shown_page
from ledger.queries.cursors import read_cursor
from ledger.queries.views import Page
from ledger.queries.visibility import visible
from ledger.tables import cases, clocks, events

_TWO_DAYS: Final = timedelta(days=2)
"""A limit ends within this time after its last day began; lets the index on instants skip older limits."""
_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
PARTIES: Final = (Role.REQUESTER, Role.PROVIDER)
DIMENSIONS: Final = ("stage", "statute", "procedure", "age", "rung")
"""The dimensions by which open cases are counted, each together with the light."""

Waiting = tuple[ProcedureName, str, Stage, Role]
"""By statute: a procedure's stage that waits for a role."""


@dataclass(frozen=True)
class Moment:
    """The moment of a count, with what depends on the calendar.

    ``near``: for each unit, the least amount and the last day of limits that are nearly due; all limits that end by
    ``last``, before the next working day, are.
    ``ages``: names of age bands, each with the earliest filing of the band, youngest first; older cases are in
    ``oldest``. ``waits``: who is waited for. ``since``: the filing from which closed duties are counted.
    """

    now: datetime
    today: date
    last: date
    near: Sequence[tuple[Unit, int, date]]
    ages: Sequence[tuple[str, datetime]]
    oldest: str
    waits: Sequence[Waiting]
    since: datetime


@dataclass(frozen=True)
class Chosen:
    """Which cases a count covers; None means any.

    ``department``: the code of a department that is waited for; ``awaited``: the organ that is. ``ends_on``: a day on
    which a limit of the case ends. ``named``: ids of cases. With ``duty`` (its state) or ``period`` it covers duties,
    open and closed, and ``department`` is the one that has the duty.
    """

    light: str | None = None
    stage: str | None = None
    statute: str | None = None
    procedure: str | None = None
    age: str | None = None
    rung: int | None = None
    department: str | None = None
    awaited: Role | None = None
    ends_on: date | None = None
    duty: str | None = None
    period: str | None = None
    named: Sequence[str] | None = None


@dataclass(frozen=True)
class Counted:
    """The number of cases with one light and one value in a dimension; ``name`` if the ledger has one."""

    dimension: str
    value: str
    light: str
    number: int
    name: str | None = None


@dataclass(frozen=True)
class DutyCount:
    """The number of duties of a department in a period in one state: open, overdue, or an outcome."""

    code: str
    name: str
    period: str
    standing: str
    number: int


@dataclass(frozen=True)
class Supervised:
    """All counts at a moment. ``ends``: in how many cases a limit ends on each day."""

    counted: Sequence[Counted]
    ends: Mapping[date, int]
    duties: Sequence[DutyCount]


def supervised(engine: Engine, visibility: Visibility, moment: Moment, until: date) -> Supervised:
    """The counts of all visible open cases, of limits ending by the day ``until``, and of duties."""
    with reading(engine) as connection:
        rows = connection.execute(_groups(visibility, moment)).all()
        ends = {row.due_date: row.number for row in connection.execute(_by_day(visibility, moment, until))}
        duties = [DutyCount(*row) for row in connection.execute(_by_period(visibility, moment))]
    counted = [_counted(row) for row in rows if row.which <= _SINGLE]
    return Supervised([*counted, *_held(rows, moment)], ends, duties)


def chosen_cases(
    engine: Engine, visibility: Visibility, moment: Moment, chosen: Chosen, cursor: str | None, limit: int
) -> tuple[int, Page]:
    """How many cases a count covers, and a page of them after a cursor, soonest due first. Raises BadCursor."""
    limit = max(1, min(limit, LARGEST_PAGE))
    found = _found(visibility, moment, chosen).subquery()
    wanted = select(found.c.position, found.c.request_id).order_by(found.c.position, found.c.request_id)
    if cursor is not None:
        wanted = wanted.where(tuple_(found.c.position, found.c.request_id) > tuple_(*read_cursor(cursor)))
    with reading(engine) as connection:
        number = connection.execute(select(func.count()).select_from(found)).scalar_one()
    return number, shown_page(engine, wanted.limit(limit + 1).subquery(), limit, latest_first=False)


# The rows of open cases


def _open_cases(visibility: Visibility, moment: Moment) -> CTE:
    """Every open case with its light, its age band, and everything else that is counted."""
    # 24:00 of a day is the first instant of the next.
    due_date = cast(cases.c.due_at - timedelta(microseconds=1), Date)
    near = or_(
        due_date <= moment.last,
        *(
            and_(cases.c.due_unit == unit, cases.c.due_amount >= least, due_date <= last)
            for unit, least, last in moment.near
        ),
    )
    light = case(
        (cases.c.due_at.is_(None), "grey"),
        (or_(cases.c.breached, cases.c.due_at <= moment.now), "red"),
        (near, "amber"),
        else_="green",
    )
    age = case(*((cases.c.filed_at >= since, name) for name, since in moment.ages), else_=moment.oldest)
    return (
        select(
            cases.c.request_id,
            func.coalesce(cases.c.due_at, _NEVER).label("position"),
            *(cases.c[name] for name in ("stage", "statute", "procedure", "rung")),
            *(func.upper(cases.c[f"{party}_code"]).label(f"{party}_key") for party in PARTIES),
            *(cases.c[f"{party}_name"] for party in PARTIES),
            light.label("light"),
            age.label("age"),
        )
        .where(cases.c.closed_at.is_(None), visible(visibility))
        .cte("open_cases")
    )


_STAGED: Final = ("procedure", "statute", "stage")
_HELD: Final = ((*_STAGED, "requester_key", "same"), (*_STAGED, "provider_key", "same"))
_SETS: Final = ((), *((name,) for name in DIMENSIONS), *_HELD)
"""The grouping sets, each with the light: nothing else, one dimension, a party in a stage."""
_SINGLE: Final = len(DIMENSIONS)


def _groups(visibility: Visibility, moment: Moment) -> Select[Any]:
    """All counts except those of days and duties, in one scan of the open cases; ``which`` is the set of a row."""
    known = _open_cases(visibility, moment)
    same = known.c.requester_key == known.c.provider_key
    found = select(*known.c, same.label("same")).subquery("found")
    names = list(dict.fromkeys(name for each in _SETS for name in each))
    columns = [found.c[name] for name in names]
    # GROUPING has a bit for each column that a row leaves out, the highest for the first.
    left_out = func.grouping(*columns)
    whole = 2 ** len(names) - 1
    bits = {name: 2 ** (len(names) - 1 - place) for place, name in enumerate(names)}
    which = case(*((left_out == whole - sum(bits[name] for name in each), n) for n, each in enumerate(_SETS)))
    party = [func.max(found.c[f"{party}_name"]).label(f"{party}_name") for party in PARTIES]
    sets = func.grouping_sets(*(tuple_(*(found.c[name] for name in each), found.c.light) for each in _SETS))
    return select(*columns, which.label("which"), found.c.light, func.count().label("number"), *party).group_by(sets)


def _counted(row: Any) -> Counted:
    """The dimension of a row of the groups; None if it is the light alone."""
    name = DIMENSIONS[row.which - 1] if row.which else "light"
    return Counted(name, str(row.light if name == "light" else getattr(row, name)), row.light, row.number)


def _held(rows: Sequence[Any], moment: Moment) -> list[Counted]:
    """Counts by the department or organ that is waited for; a department on both sides of a case counts once."""
    roles: dict[tuple[str, ...], set[Role]] = {}
    for *place, role in moment.waits:
        roles.setdefault(tuple(str(part) for part in place), set()).add(role)
    numbers: dict[tuple[str, str, str], int] = {}
    names: dict[str, str] = {}
    for row in rows:
        if row.which <= _SINGLE:
            continue
        waited = roles.get(tuple(getattr(row, name) for name in _STAGED), set())
        role = PARTIES[row.which - _SINGLE - 1]
        held = [("awaited", each.value) for each in waited - set(PARTIES)] if role is PARTIES[0] else []
        if (waited & set(PARTIES) if row.same else role in waited) and not (row.same and role is not PARTIES[0]):
            held.append(("department", getattr(row, f"{role.value}_key")))
            names[held[-1][1]] = getattr(row, f"{role.value}_name")
        for dimension, value in held:
            numbers[dimension, value, row.light] = numbers.get((dimension, value, row.light), 0) + row.number
    return [
        Counted(dimension, value, light, number, names.get(value) if dimension == "department" else None)
        for (dimension, value, light), number in numbers.items()
    ]


def _ending(visibility: Visibility) -> Select[Any]:
    """The limits that run in open cases."""
    return (
        select(clocks.c.request_id, clocks.c.due_date)
        .join(cases, cases.c.request_id == clocks.c.request_id)
        .where(clocks.c.ended_at.is_(None), cases.c.closed_at.is_(None), visible(visibility))
    )


def _by_day(visibility: Visibility, moment: Moment, until: date) -> Select[Any]:
    day = clocks.c.due_date
    number = func.count(clocks.c.request_id.distinct()).label("number")
    within = _ending(visibility).where(day.between(moment.today, until), clocks.c.due_at > moment.now - _TWO_DAYS)
    return within.with_only_columns(day, number).group_by(day)


# Duties, by the period in their filing


def _duties(visibility: Visibility, moment: Moment) -> CTE:
    """Open duties, and those opened recently, with period and state."""
    standing = case(
        (and_(cases.c.closed_at.is_(None), cases.c.breached), "overdue"),
        (cases.c.closed_at.is_(None), "open"),
        else_=cases.c.outcome,
    )
    # A correlated subquery: with a join, the first events of all cases might be scanned.
    filed_for = (
        select(events.c.data["period"].astext)
        .where(events.c.request_id == cases.c.request_id, events.c.seq == 1)
        .scalar_subquery()
    )
    known = select(
        cases.c.request_id,
        func.coalesce(cases.c.due_at, _NEVER).label("position"),
        func.upper(cases.c.provider_code).label("code"),
        cases.c.provider_name.label("name"),
        func.coalesce(filed_for, "event").label("period"),
        standing.label("standing"),
    ).where(cases.c.procedure == ProcedureName.PERIODIC_DUTY, visible(visibility))
    of_late = known.where(cases.c.filed_at >= moment.since)
    still_open = known.where(cases.c.filed_at < moment.since, cases.c.closed_at.is_(None))
    return union_all(of_late, still_open).cte("duties")


def _by_period(visibility: Visibility, moment: Moment) -> Select[Any]:
    found = _duties(visibility, moment)
    group = (found.c.code, found.c.period, found.c.standing)
    numbers = select(found.c.code, func.max(found.c.name), found.c.period, found.c.standing, func.count())
    return numbers.group_by(*group).order_by(*group)


# Which cases a count covers


def _found(visibility: Visibility, moment: Moment, chosen: Chosen) -> Select[Any]:
    if chosen.duty is not None or chosen.period is not None:
        duties = _duties(visibility, moment)
        return select(duties.c.position, duties.c.request_id).where(*_among_duties(duties, chosen))
    found = _open_cases(visibility, moment)
    wanted = select(found.c.position, found.c.request_id).where(*_holds(found, chosen))
    if chosen.ends_on is not None:
        ending = _ending(visibility).where(clocks.c.due_date == chosen.ends_on).subquery()
        wanted = wanted.where(found.c.request_id.in_(select(ending.c.request_id)))
    if chosen.awaited is not None:
        wanted = wanted.where(_waits_for(found, moment, chosen.awaited))
    if chosen.department is not None:
        code = code_key(chosen.department)
        theirs = [and_(found.c[f"{role.value}_key"] == code, _waits_for(found, moment, role)) for role in PARTIES]
        wanted = wanted.where(or_(*theirs))
    return wanted


def _waits_for(found: CTE, moment: Moment, role: Role) -> ColumnElement[bool]:
    """Condition: the case is in a stage that waits for a role."""
    places = [(procedure, statute, stage) for procedure, statute, stage, of in moment.waits if of == role]
    lists = list(zip(*places, strict=True)) or [()] * len(_STAGED)
    turn = (
        func.unnest(*(cast([str(value) for value in values], ARRAY(Text)) for values in lists))
        .table_valued(*(column(name, Text) for name in _STAGED))
        .render_derived(name=f"turn_of_{role}")
    )
    return tuple_(*(found.c[name] for name in _STAGED)).in_(select(*(turn.c[name] for name in _STAGED)))


def _holds(found: CTE, chosen: Chosen) -> Iterator[ColumnElement[bool]]:
    for name in (*DIMENSIONS, "light"):
        value = getattr(chosen, name)
        if value is not None:
            yield found.c[name] == value
    if chosen.named is not None:
        yield found.c.request_id.in_(chosen.named)


def _among_duties(found: CTE, chosen: Chosen) -> Iterator[ColumnElement[bool]]:
    if chosen.duty is not None:
        yield found.c.standing == chosen.duty
    if chosen.period is not None:
        yield found.c.period == chosen.period
    if chosen.department is not None:
        yield found.c.code == code_key(chosen.department)
