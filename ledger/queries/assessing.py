"""Questions of an assessment (考核): what came of the cases of a period, department by department, and exactly which.

A case is assessed in the period in which it was filed. Each number and its cases are one question: for every case and
every department that had a part in it there is one row, whose columns are what is counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Connection,
    Date,
    Engine,
    Select,
    Text,
    and_,
    any_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    union,
)

from domain.access import Visibility
from domain.clocks import ClockId, is_duty
from domain.codes import code_key
from domain.words import Basis, ClockState, EventType, ProcedureName, Role, Stage
from ledger.engine import reading
from ledger.queries.cases import LARGEST_PAGE, shown_page
from ledger.queries.cursors import read_cursor
from ledger.queries.views import Page
from ledger.queries.visibility import visible
from ledger.tables import cases, clocks, events

Measure = Literal[
    "all", "closed", "in_time", "late", "overdue", "policy_in_time", "policy_late",
    "extension_asked", "extended", "refused", "refused_without_reason", "disputed", "urged",
]  # fmt: skip
"""What is counted: cases of which it holds for the department."""
MEASURES: Final[Sequence[Measure]] = (
    "all", "closed", "in_time", "late", "overdue", "policy_in_time", "policy_late",
    "extension_asked", "extended", "refused", "refused_without_reason", "disputed", "urged",
)  # fmt: skip
PARTIES: Final = (Role.REQUESTER, Role.PROVIDER)

_LATE: Final = (ClockState.BREACHED, ClockState.MET_LATE)
_ENDED: Final = (ClockState.MET, ClockState.MET_LATE)
_DISPUTES: Final = (
    EventType.NEGOTIATION_OPENED,
    EventType.EXPLANATION_DISPUTED,
    EventType.IMPASSE_DECLARED,
    EventType.COORDINATION_REFERRED,
    EventType.FINAL_INSTANCE_REFERRED,
)
_TOLD: Final = (EventType.EXTENSION_REQUESTED, EventType.EXTENSION_APPROVED, EventType.REFUSED, *_DISPUTES)

Answering = tuple[ProcedureName, str, ClockId, Stage, Role]
"""Under which statute the limit of a procedure, begun in a stage, is a party's to keep."""


@dataclass(frozen=True)
class AssessedPeriod:
    """The instants from which and before which the cases were filed, and what else narrows them, if anything."""

    since: datetime
    before: datetime
    statute: str | None = None
    procedure: str | None = None
    department: str | None = None


@dataclass(frozen=True)
class DepartmentTally:
    """In how many cases of a procedure each measure holds for a department; ``name`` as it stands in the newest."""

    code: str
    name: str
    procedure: str
    numbers: dict[Measure, int]


@dataclass(frozen=True)
class LimitSpan:
    """So many limits of a department in a procedure that began, were due and ended on these days; None: not yet."""

    code: str
    procedure: str
    policy: bool
    began: date
    due: date
    ended: date | None
    late: bool
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


def tallies(engine: Engine, visibility: Visibility, period: AssessedPeriod, answering: Sequence[Answering]) -> Tallied:
    """What came of the cases of a period that ``visibility`` covers."""
    with reading(engine) as connection:
        return tallied(connection, visibility, period, answering)


def tallied(
    connection: Connection, visibility: Visibility, period: AssessedPeriod, answering: Sequence[Answering]
) -> Tallied:
    """What :func:`tallies` gives, asked on the caller's connection."""
    counted = [
        DepartmentTally(row.code, row.name, row.procedure, {each: getattr(row, each) for each in MEASURES})
        for row in connection.execute(_counted(visibility, period, answering))
    ]
    spans = [LimitSpan(*row) for row in connection.execute(_spans(visibility, period, answering))]
    return Tallied(counted, spans, [Ending(*row) for row in connection.execute(_ends(visibility, period, answering))])


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
    facts = facts_of(visibility, period, answering)
    of_any = select(facts.c.filed_at.label("position"), facts.c.request_id).where(facts.c[measure]).distinct()
    found = of_any.subquery()
    wanted = select(found.c.position, found.c.request_id).order_by(found.c.position.desc(), found.c.request_id.desc())
    if cursor is not None:
        at, request_id = read_cursor(cursor)
        wanted = wanted.where(or_(found.c.position < at, and_(found.c.position == at, found.c.request_id < request_id)))
    with reading(engine) as connection:
        number = connection.execute(select(func.count()).select_from(found)).scalar_one()
    return number, shown_page(engine, wanted.limit(limit + 1).subquery(), limit, latest_first=True)


def _chosen(visibility: Visibility, period: AssessedPeriod) -> CTE:
    wanted = select(cases).where(
        cases.c.filed_at >= period.since, cases.c.filed_at < period.before, visible(visibility)
    )
    for name in ("statute", "procedure"):
        if (value := getattr(period, name)) is not None:
            wanted = wanted.where(cases.c[name] == value)
    if period.department is not None:
        code = code_key(period.department)
        wanted = wanted.where(or_(*(func.upper(cases.c[f"{party}_code"]) == code for party in PARTIES)))
    return wanted.cte("chosen")


def _limits(chosen: CTE, answering: Sequence[Answering]) -> CTE:
    """The limits that bind somebody in the chosen cases, each with the party whose it is."""
    began = and_(events.c.request_id == clocks.c.request_id, events.c.seq == clocks.c.seq)
    duties = [each.value for each in ClockId if is_duty(each)]
    found = (
        select(
            clocks.c.request_id,
            _party(chosen, answering).label("role"),
            (events.c.clock["basis"].astext == Basis.POLICY).label("policy"),
            clocks.c.state,
            _day(clocks.c.started_at).label("began"),
            clocks.c.due_date.label("due"),
            _day(clocks.c.ended_at).label("ended"),
        )
        .join_from(chosen, clocks, clocks.c.request_id == chosen.c.request_id)
        .join(events, began)
        .where(clocks.c.id.in_(duties), clocks.c.state.not_in([ClockState.CANCELLED, ClockState.SUPERSEDED]))
        .subquery("found")
    )
    return select(found).where(found.c.role.is_not(None)).cte("limits")


def _party(chosen: CTE, answering: Sequence[Answering]) -> ColumnElement[str | None]:
    """Whose a limit is, looked up in a list of all that are somebody's.

    Joined with that list, limits would be taken for very few, and what follows be searched through for each.
    """
    known = func.concat_ws(_BETWEEN, chosen.c.procedure, chosen.c.statute, clocks.c.id, events.c.stage)
    theirs: dict[Role, list[str]] = {role: [] for role in PARTIES}
    for procedure, statute, clock, stage, role in answering:
        if is_duty(clock):
            theirs[role].append(_BETWEEN.join((procedure, statute, clock, stage)))
    return case(*((known == any_(cast(limits, ARRAY(Text))), role.value) for role, limits in theirs.items()))


_BETWEEN: Final = "|"


def _day(instant: ColumnElement[datetime]) -> ColumnElement[date]:
    return cast(func.timezone("Asia/Shanghai", instant), Date)


def facts_of(visibility: Visibility, period: AssessedPeriod, answering: Sequence[Answering]) -> CTE:
    """A row for each chosen case and each department with a part in it: its provider, and whoever had a limit."""
    chosen = _chosen(visibility, period)
    limits = _limits(chosen, answering)
    parts = union(
        select(chosen.c.request_id, literal(Role.PROVIDER.value).label("role")),
        select(limits.c.request_id, limits.c.role),
    ).subquery("parts")
    kept, missed = limits.c.state == ClockState.MET, limits.c.state.in_(_LATE)
    of_limits = select(
        limits.c.request_id,
        limits.c.role,
        func.bool_or(and_(kept, ~limits.c.policy)).label("in_time"),
        func.bool_or(and_(missed, ~limits.c.policy)).label("late"),
        func.bool_or(and_(missed, ~limits.c.policy, limits.c.ended.is_(None))).label("overdue"),
        func.bool_or(and_(kept, limits.c.policy)).label("policy_in_time"),
        func.bool_or(and_(missed, limits.c.policy)).label("policy_late"),
    ).group_by(limits.c.request_id, limits.c.role)
    held = of_limits.subquery("held")
    told = _told(parts).lateral("told")
    code, name = (_of_party(chosen, parts.c.role, part) for part in ("code", "name"))
    answers = parts.c.role == Role.PROVIDER
    measures: dict[Measure, ColumnElement[Any]] = {
        "all": true(),
        "closed": chosen.c.closed_at.is_not(None),
        **{each: func.coalesce(held.c[each], False) for each in MEASURES[2:7]},
        **{each: func.coalesce(told.c[each], False) for each in MEASURES[7:11]},
        "disputed": and_(answers, func.coalesce(told.c.disputed, False)),
        "urged": and_(answers, chosen.c.rung > 0),
    }
    wanted = (
        select(
            chosen.c.request_id,
            chosen.c.filed_at,
            chosen.c.procedure,
            chosen.c.outcome,
            chosen.c.seq,
            func.upper(code).label("code"),
            name.label("name"),
            *(expression.label(each) for each, expression in measures.items()),
        )
        .join_from(parts, chosen, chosen.c.request_id == parts.c.request_id)
        .outerjoin(held, and_(held.c.request_id == parts.c.request_id, held.c.role == parts.c.role))
        .join(told, true())
    )
    if period.department is not None:
        wanted = wanted.where(func.upper(code) == code_key(period.department))
    return wanted.cte("facts")


def _told(parts: Any) -> Select[Any]:
    """What a party did in a case, and whether it was disputed."""
    own = events.c.actor["role"].astext == parts.c.role
    reason = func.btrim(func.coalesce(events.c.data["reason"].astext, "")) != ""
    refused = and_(own, events.c.type == EventType.REFUSED)
    asked_here = and_(own, events.c.type == EventType.EXTENSION_REQUESTED)
    granted_here = and_(parts.c.role == Role.PROVIDER, events.c.type == EventType.EXTENSION_APPROVED)
    return select(
        func.bool_or(asked_here).label("extension_asked"),
        func.bool_or(granted_here).label("extended"),
        func.bool_or(refused).label("refused"),
        func.bool_or(and_(refused, ~reason)).label("refused_without_reason"),
        func.bool_or(events.c.type.in_(_DISPUTES)).label("disputed"),
    ).where(events.c.request_id == parts.c.request_id, events.c.type.in_(_TOLD))


def _of_party(chosen: CTE, role: ColumnElement[str], part: str) -> ColumnElement[str]:
    return case((role == Role.REQUESTER, chosen.c[f"requester_{part}"]), else_=chosen.c[f"provider_{part}"])


def _counted(visibility: Visibility, period: AssessedPeriod, answering: Sequence[Answering]) -> Select[Any]:
    facts = facts_of(visibility, period, answering)
    numbers = (func.count().filter(facts.c[each]).label(each) for each in MEASURES)
    newest = func.max(facts.c.name).label("name")
    group = (facts.c.code, facts.c.procedure)
    return select(*group, newest, *numbers).group_by(*group).order_by(*group)


def _spans(visibility: Visibility, period: AssessedPeriod, answering: Sequence[Answering]) -> Select[Any]:
    chosen = _chosen(visibility, period)
    limits = _limits(chosen, answering)
    code = func.upper(_of_party(chosen, limits.c.role, "code"))
    group: Iterator[ColumnElement[Any]] = iter(
        (code, chosen.c.procedure, limits.c.policy, limits.c.began, limits.c.due, limits.c.ended)
    )
    columns = [*group, limits.c.state.in_(_LATE)]
    wanted = select(*columns, func.count()).join_from(limits, chosen, chosen.c.request_id == limits.c.request_id)
    if period.department is not None:
        wanted = wanted.where(code == code_key(period.department))
    return wanted.where(or_(limits.c.state.in_(_ENDED), limits.c.state == ClockState.BREACHED)).group_by(*columns)


def _ends(visibility: Visibility, period: AssessedPeriod, answering: Sequence[Answering]) -> Select[Any]:
    facts = facts_of(visibility, period, answering)
    group = (facts.c.code, facts.c.procedure, facts.c.outcome)
    return select(*group, func.count()).where(facts.c.disputed).group_by(*group).order_by(*group)
