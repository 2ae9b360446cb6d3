"""The figures of an assessment looked up in clocks and events at once, without anything that is kept: what is kept is
held to them, and what a seal of an earlier version says."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

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
from domain.words import Basis, ClockState, EventType, Role
from ledger.engine import reading
from ledger.queries.assessed_parts import MEASURES, PARTIES, Answering, Measure
from ledger.queries.assessing import AssessedPeriod, Assessing, DepartmentTally, Ending, LimitSpan, Tallied
from ledger.queries.visibility import visible
from ledger.tables import cases, clocks, events

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


def looked_up(engine: Engine, visibility: Visibility, period: AssessedPeriod, by: Assessing) -> Tallied:
    """What came of the cases of a period, in the order of departments and procedures."""
    with reading(engine) as connection:
        return _tallied(connection, visibility, period, by)


def _tallied(connection: Connection, visibility: Visibility, period: AssessedPeriod, by: Assessing) -> Tallied:
    counted = [
        DepartmentTally(row.code, row.name, row.procedure, {each: getattr(row, each) for each in MEASURES})
        for row in connection.execute(_counted(visibility, period, by.answering))
    ]
    spans: dict[tuple[Any, ...], list[int]] = {}
    for *of, began, due, ended, late, number in connection.execute(_spans(visibility, period, by.answering)):
        took = None if ended is None else by.days.working_days_between(began, ended)
        found = spans.setdefault((*of, took), [0, 0])
        found[0] += number * max(0, by.days.working_days_between(due, ended or by.today)) if late else 0
        found[1] += number
    ends = [Ending(*row) for row in connection.execute(_ends(visibility, period, by.answering))]
    return in_order(Tallied(counted, [LimitSpan(*of, *found) for of, found in spans.items()], ends))


def in_order(found: Tallied) -> Tallied:
    """The same figures in an order that tells nothing of how they were found."""
    return Tallied(sorted(found.departments, key=str), sorted(found.spans, key=str), sorted(found.ends, key=str))


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


def _facts_of(visibility: Visibility, period: AssessedPeriod, answering: Sequence[Answering]) -> CTE:
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
    facts = _facts_of(visibility, period, answering)
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
    facts = _facts_of(visibility, period, answering)
    group = (facts.c.code, facts.c.procedure, facts.c.outcome)
    return select(*group, func.count()).where(facts.c.disputed).group_by(*group).order_by(*group)
