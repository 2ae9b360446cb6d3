"""Questions of those who supervise (监督): how many open cases stand where, and which.

Each number and its cases are one question: whatever is counted is first made a column of the same rows. Closed cases
cost nothing but those of duties of late, which are counted by period.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Engine,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on

from domain.access import Visibility
from domain.codes import code_key
from domain.words import ClockState, ProcedureName, Role, Stage, Unit
from ledger.engine import reading
from ledger.queries.cases import LARGEST_PAGE, shown_page
from ledger.queries.cursors import read_cursor
from ledger.queries.views import Page
from ledger.queries.visibility import visible
from ledger.tables import cases, clocks, events

_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
PARTIES: Final = (Role.REQUESTER, Role.PROVIDER)
DIMENSIONS: Final = ("stage", "statute", "procedure", "age", "rung")
"""What open cases are counted by, each with the light."""

Waiting = tuple[ProcedureName, str, Stage, Role]
"""Under which statute a procedure's stage waits for a role."""


@dataclass(frozen=True)
class Moment:
    """The moment of a count, and what it makes of days.

    ``near``: units with the least amount and the last day of limits that are nearly due; all are that end until
    ``last``, before the next working day.
    ``ages``: names of bands with the instant since which a case of the band was filed, the youngest first; older ones
    are of ``oldest``. ``waits``: who is waited for. ``since``: the filing from which closed duties are counted.
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
    """Which cases a number counts; a field left None does not narrow it.

    ``department``: the code of a department that is waited for, ``awaited``: the organ that is. ``ends_on``: a day on
    which a limit of the case ends, ``named``: the ids of cases. With ``duty`` (how it stands) or ``period`` it is about
    duties, open and closed, and ``department`` is whose duty it is.
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
    """So many cases of one light that have ``value`` in a dimension; ``name`` where the ledger knows one."""

    dimension: str
    value: str
    light: str
    number: int
    name: str | None = None


@dataclass(frozen=True)
class DutyCount:
    """So many duties of a department in a period that stand in one way: open, overdue, or how they ended."""

    code: str
    name: str
    period: str
    standing: str
    number: int


@dataclass(frozen=True)
class Supervised:
    """All numbers of a moment. ``ends``: in how many cases a limit ends on each day."""

    counted: Sequence[Counted]
    ends: Mapping[date, int]
    duties: Sequence[DutyCount]


def supervised(engine: Engine, visibility: Visibility, moment: Moment, until: date) -> Supervised:
    """The numbers of all open cases that ``visibility`` covers, limits to the day ``until``, and those of duties."""
    with reading(engine) as connection:
        counted = [_counted(row) for row in connection.execute(_by_dimension(visibility, moment))]
        held = [Counted(*row) for row in connection.execute(_by_holder(visibility, moment))]
        ends = {row.due_date: row.number for row in connection.execute(_by_day(visibility, moment, until))}
        duties = [DutyCount(*row) for row in connection.execute(_by_period(visibility, moment))]
    return Supervised([*counted, *held], ends, duties)


def chosen_cases(
    engine: Engine, visibility: Visibility, moment: Moment, chosen: Chosen, cursor: str | None, limit: int
) -> tuple[int, Page]:
    """How many cases a number counts, and so many of them after a cursor, the soonest due first. Raises BadCursor."""
    limit = max(1, min(limit, LARGEST_PAGE))
    found = _found(visibility, moment, chosen).subquery()
    wanted = select(found.c.position, found.c.request_id).order_by(found.c.position, found.c.request_id)
    if cursor is not None:
        wanted = wanted.where(tuple_(found.c.position, found.c.request_id) > tuple_(*read_cursor(cursor)))
    with reading(engine) as connection:
        number = connection.execute(select(func.count()).select_from(found)).scalar_one()
    return number, shown_page(engine, wanted.limit(limit + 1).subquery(), limit, latest_first=False)


# What is known of each open case


def _open_cases(visibility: Visibility, moment: Moment) -> CTE:
    """Every open case with its light, its band of age, and whatever else is counted."""
    pressing = (
        select(clocks.c.request_id, clocks.c.due_at, clocks.c.due_date, clocks.c.state, clocks.c.unit, clocks.c.amount)
        .ext(distinct_on(clocks.c.request_id))
        .where(clocks.c.ended_at.is_(None))
        .order_by(clocks.c.request_id, clocks.c.due_at, clocks.c.number)
        .subquery("pressing")
    )
    near = or_(
        pressing.c.due_date <= moment.last,
        *(
            and_(pressing.c.unit == unit, pressing.c.amount >= least, pressing.c.due_date <= last)
            for unit, least, last in moment.near
        ),
    )
    light = case(
        (pressing.c.request_id.is_(None), "grey"),
        (or_(pressing.c.state == ClockState.BREACHED, pressing.c.due_at <= moment.now), "red"),
        (near, "amber"),
        else_="green",
    )
    age = case(*((cases.c.filed_at >= since, name) for name, since in moment.ages), else_=moment.oldest)
    return (
        select(
            cases.c.request_id,
            func.coalesce(cases.c.due_at, _NEVER).label("position"),
            *(cases.c[name] for name in ("stage", "statute", "procedure", "rung")),
            *(cases.c[f"{party}_{part}"] for party in PARTIES for part in ("code", "name")),
            light.label("light"),
            age.label("age"),
        )
        .outerjoin(pressing, pressing.c.request_id == cases.c.request_id)
        .where(cases.c.closed_at.is_(None), visible(visibility))
        .cte("open_cases")
    )


def _by_dimension(visibility: Visibility, moment: Moment) -> Select[Any]:
    found = _open_cases(visibility, moment)
    columns = [found.c[name] for name in DIMENSIONS]
    groups = func.grouping_sets(*(tuple_(each, found.c.light) for each in columns), tuple_(found.c.light))
    return select(
        *columns, func.grouping(*columns).label("left_out"), found.c.light, func.count().label("number")
    ).group_by(groups)


def _counted(row: Any) -> Counted:
    """The one dimension that a row of the groups is of; the light alone where all are left out."""
    kept = ~row.left_out & (2 ** len(DIMENSIONS) - 1)
    name = DIMENSIONS[len(DIMENSIONS) - kept.bit_length()] if kept else "light"
    value = row.light if name == "light" else getattr(row, name)
    return Counted(name, str(value), row.light, row.number)


def _by_holder(visibility: Visibility, moment: Moment) -> Select[Any]:
    """By the department, or the organ, that is waited for."""
    found = _open_cases(visibility, moment)
    turn, here = _turns(found, moment)
    dimension = case((turn.c.role.in_(PARTIES), "department"), else_="awaited")
    value = case(
        (turn.c.role == Role.REQUESTER, func.upper(found.c.requester_code)),
        (turn.c.role == Role.PROVIDER, func.upper(found.c.provider_code)),
        else_=turn.c.role,
    )
    name = case(
        (turn.c.role == Role.REQUESTER, found.c.requester_name), (turn.c.role == Role.PROVIDER, found.c.provider_name)
    )
    number = func.count(found.c.request_id.distinct())
    return (
        select(dimension, value, found.c.light, number, func.max(name))
        .join_from(found, turn, here)
        .group_by(dimension, value, found.c.light)
    )


def _turns(found: CTE, moment: Moment) -> tuple[Any, ColumnElement[bool]]:
    names = ("procedure", "statute", "stage", "role")
    lists = list(zip(*moment.waits, strict=True)) or [()] * len(names)
    turn = (
        func.unnest(*(cast([str(value) for value in values], ARRAY(Text)) for values in lists))
        .table_valued(*(column(name, Text) for name in names))
        .render_derived(name="turn")
    )
    return turn, and_(*(turn.c[name] == found.c[name] for name in names[:-1]))


def _ending(visibility: Visibility, moment: Moment) -> Any:
    """The limits that run in open cases, each with the day on which it ends."""
    found = _open_cases(visibility, moment)
    return found, select(found.c.request_id, clocks.c.due_date).join_from(
        clocks, found, clocks.c.request_id == found.c.request_id
    ).where(clocks.c.ended_at.is_(None))


def _by_day(visibility: Visibility, moment: Moment, until: date) -> Select[Any]:
    ending = _ending(visibility, moment)[1].where(clocks.c.due_date.between(moment.today, until)).subquery()
    number = func.count(ending.c.request_id.distinct()).label("number")
    return select(ending.c.due_date, number).group_by(ending.c.due_date)


# Duties, by the period that their filing names


def _duties(visibility: Visibility, moment: Moment) -> CTE:
    """Duties that are open, and those that were opened of late, with their period and how they stand."""
    standing = case(
        (and_(cases.c.closed_at.is_(None), cases.c.breached), "overdue"),
        (cases.c.closed_at.is_(None), "open"),
        else_=cases.c.outcome,
    )
    known = (
        select(
            cases.c.request_id,
            func.coalesce(cases.c.due_at, _NEVER).label("position"),
            func.upper(cases.c.provider_code).label("code"),
            cases.c.provider_name.label("name"),
            func.coalesce(events.c.data["period"].astext, "event").label("period"),
            standing.label("standing"),
        )
        .join(events, and_(events.c.request_id == cases.c.request_id, events.c.seq == 1))
        .where(cases.c.procedure == ProcedureName.PERIODIC_DUTY, visible(visibility))
    )
    of_late = known.where(cases.c.filed_at >= moment.since)
    still_open = known.where(cases.c.filed_at < moment.since, cases.c.closed_at.is_(None))
    return union_all(of_late, still_open).cte("duties")


def _by_period(visibility: Visibility, moment: Moment) -> Select[Any]:
    found = _duties(visibility, moment)
    group = (found.c.code, found.c.period, found.c.standing)
    numbers = select(found.c.code, func.max(found.c.name), found.c.period, found.c.standing, func.count())
    return numbers.group_by(*group).order_by(*group)


# Which cases a number counts


def _found(visibility: Visibility, moment: Moment, chosen: Chosen) -> Select[Any]:
    if chosen.duty is not None or chosen.period is not None:
        duties = _duties(visibility, moment)
        return select(duties.c.position, duties.c.request_id).where(*_among_duties(duties, chosen))
    found, ending = _ending(visibility, moment)
    wanted = select(found.c.position, found.c.request_id).where(*_holds(found, chosen))
    if chosen.ends_on is not None:
        ending = ending.where(clocks.c.due_date == chosen.ends_on).subquery()
        wanted = wanted.where(found.c.request_id.in_(select(ending.c.request_id)))
    if chosen.department is not None or chosen.awaited is not None:
        turn, here = _turns(found, moment)
        wanted = wanted.where(select(literal(1)).where(here, *_held_by(found, turn, chosen)).exists())
    return wanted


def _holds(found: CTE, chosen: Chosen) -> Iterator[ColumnElement[bool]]:
    for name in (*DIMENSIONS, "light"):
        value = getattr(chosen, name)
        if value is not None:
            yield found.c[name] == value
    if chosen.named is not None:
        yield found.c.request_id.in_(chosen.named)


def _held_by(found: CTE, turn: Any, chosen: Chosen) -> Iterator[ColumnElement[bool]]:
    if chosen.awaited is not None:
        yield turn.c.role == chosen.awaited
    if chosen.department is not None:
        code = code_key(chosen.department)
        yield or_(*(and_(turn.c.role == role, func.upper(found.c[f"{role.value}_code"]) == code) for role in PARTIES))


def _among_duties(found: CTE, chosen: Chosen) -> Iterator[ColumnElement[bool]]:
    if chosen.duty is not None:
        yield found.c.standing == chosen.duty
    if chosen.period is not None:
        yield found.c.period == chosen.period
    if chosen.department is not None:
        yield found.c.code == code_key(chosen.department)
