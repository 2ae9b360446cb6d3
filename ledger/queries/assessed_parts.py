"""What cases count for in an assessment (考核), as materialised tables that are brought up to date on demand.

Computed from clocks and events it takes 50 µs for each case. So there is a row for each department's part in a case,
and whoever asks first updates the rows: it looks at the cases with newer messages in the outbox, and writes what they
count for now. Recording a step pays nothing for this.

The rows follow from the rules of one version. When the rules change (another text, another procedure), the first one
to ask rebuilds all rows; during an upgrade, two versions that ask in turn each find the figures of their own rules.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from typing import Any, Final, Literal

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Connection,
    Date,
    Engine,
    Row,
    Select,
    Text,
    and_,
    any_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    union,
)
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from domain.clocks import ClockId, is_duty
from domain.evidence import digest_of
from domain.words import Basis, ClockState, EventType, ProcedureName, Role, Stage
from ledger.assessed_tables import assessed_kinds, assessed_limits, assessed_mark, assessed_parts
from ledger.engine import reading
from ledger.queries.outbox_position import Mark, mark, newest_position
from ledger.tables import cases, clocks, events, outbox

Measure = Literal[
    "all", "closed", "in_time", "late", "overdue", "policy_in_time", "policy_late",
    "extension_asked", "extended", "refused", "refused_without_reason", "disputed", "urged",
]  # fmt: skip
"""What is counted: cases for which it holds, for a department."""
MEASURES: Final[Sequence[Measure]] = (
    "all", "closed", "in_time", "late", "overdue", "policy_in_time", "policy_late",
    "extension_asked", "extended", "refused", "refused_without_reason", "disputed", "urged",
)  # fmt: skip
BITS: Final = {measure: 1 << place for place, measure in enumerate(MEASURES)}
"""The bit of each measure in a part's ``measures``."""
PARTIES: Final = (Role.REQUESTER, Role.PROVIDER)

Answering = tuple[ProcedureName, str, ClockId, Stage, Role]
"""By statute, procedure, clock and stage: the party that must keep a limit."""

AT_ONCE: Final = 2_000
"""Cases looked at in one transaction."""
_LOCK: Final = 0x617373657373  # "assess" in ASCII
_LATE: Final = (ClockState.BREACHED, ClockState.MET_LATE)
_COUNT: Final = (ClockState.MET, *_LATE)
_DISPUTES: Final = (
    EventType.NEGOTIATION_OPENED,
    EventType.EXPLANATION_DISPUTED,
    EventType.IMPASSE_DECLARED,
    EventType.COORDINATION_REFERRED,
    EventType.FINAL_INSTANCE_REFERRED,
)
_TOLD: Final = (EventType.EXTENSION_REQUESTED, EventType.EXTENSION_APPROVED, EventType.REFUSED, *_DISPUTES)
_BETWEEN: Final = "|"
_KIND: Final = ("code", "name", "procedure", "statute", "superior")


@contextmanager
def kept(engine: Engine, answering: Sequence[Answering]) -> Iterator[Connection]:
    """A connection on which all rows reflect the ledger at one moment, not earlier than this call."""
    rules = _rules(tuple(answering))
    while True:
        while _further(engine, rules, answering):
            pass
        with engine.begin() as connection:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            # Another version may have started a rebuild meanwhile.
            if connection.execute(select(assessed_mark.c.rules).where(*_whole(rules))).scalar() is not None:
                yield connection
                return


@cache
def _rules(answering: tuple[Answering, ...]) -> str:
    """A digest of everything but the ledger that parts follow from; bump the number in it when a rule above changes."""
    said = {"version": 1, "answering": sorted(map(list, answering)), "measures": list(MEASURES)}
    return digest_of({**said, "told": list(_TOLD), "duties": _duties()}, "sha256")


def _whole(rules: str) -> tuple[ColumnElement[bool], ...]:
    return assessed_mark.c.rules == rules, assessed_mark.c.filled.is_(None)


def _further(engine: Engine, rules: str, answering: Sequence[Answering]) -> bool:
    """Update the parts of the next cases; returns whether there may be more. One at a time, others wait."""
    if _is_level(engine, rules):
        return False
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        there = connection.execute(select(assessed_mark)).first()
        # Read before the cases, so that what comes between the statements is looked at again.
        newest = connection.execute(select(newest_position())).scalar_one()
        if there is None or there.rules != rules:
            return _begin_anew(connection, rules, newest)
        if there.filled is not None:
            return _fill(connection, there.filled, answering)
        found = _told_after(connection, there.position)
        # Read after the messages: none may have been pruned before it was looked at.
        if connection.execute(select(mark(Mark.PRUNED))).scalar_one() > there.position:
            return _begin_anew(connection, rules, newest)
        if found:
            keep(connection, sorted({row.request_id for row in found}), answering)
            upto = max(there.position, min(newest, found[-1].position))
            connection.execute(assessed_mark.update().values(position=upto))
        return len(found) == AT_ONCE


def _is_level(engine: Engine, rules: str) -> bool:
    """Whether there is nothing newer, so that no lock is needed."""
    told = select(outbox.c.position).where(outbox.c.position > assessed_mark.c.position).exists()
    missed = assessed_mark.c.position < mark(Mark.PRUNED)
    with reading(engine) as connection:
        return connection.execute(select(literal(1)).where(*_whole(rules), ~told, ~missed)).first() is not None


def _begin_anew(connection: Connection, rules: str, newest: int) -> bool:
    """Start a rebuild. Pruned messages do not matter, because all cases are looked at."""
    pruned = connection.execute(select(mark(Mark.PRUNED))).scalar_one()
    for table in (assessed_limits, assessed_parts, assessed_kinds, assessed_mark):
        connection.execute(delete(table))
    connection.execute(insert(assessed_mark).values(rules=rules, position=max(newest, pruned), filled=""))
    return True


def _fill(connection: Connection, after: str, answering: Sequence[Answering]) -> bool:
    """Continue a rebuild with the next cases, in order of their ids."""
    following = select(cases.c.request_id).where(cases.c.request_id > after).order_by(cases.c.request_id)
    found = connection.execute(following.limit(AT_ONCE)).scalars().all()
    keep(connection, found, answering)
    connection.execute(assessed_mark.update().values(filled=found[-1] if len(found) == AT_ONCE else None))
    return True


def _told_after(connection: Connection, position: int) -> Sequence[Row[int, str]]:
    """The next messages, including those after which an earlier one may still be committed."""
    told = select(outbox.c.position, outbox.c.request_id).where(outbox.c.position > position)
    return connection.execute(told.order_by(outbox.c.position).limit(AT_ONCE)).all()


def keep(connection: Connection, request_ids: Sequence[str], answering: Sequence[Answering]) -> None:
    """Replace the parts of these cases."""
    chosen = select(cases).where(cases.c.request_id == any_(cast(list(request_ids), ARRAY(Text)))).cte("chosen")
    for table in (assessed_limits, assessed_parts):
        connection.execute(delete(table).where(table.c.request_id == any_(cast(list(request_ids), ARRAY(Text)))))
    kinds = union(*(select(*_kind_of(chosen, literal(role.value))) for role in PARTIES))
    connection.execute(insert_or_skip(assessed_kinds).from_select(_KIND, kinds).on_conflict_do_nothing())
    connection.execute(
        insert(assessed_parts).from_select([each.name for each in assessed_parts.c], _parts(chosen, answering))
    )
    connection.execute(
        insert(assessed_limits).from_select([each.name for each in assessed_limits.c], _days(chosen, answering))
    )


def _kind_of(chosen: CTE, role: ColumnElement[str]) -> Sequence[ColumnElement[str]]:
    """The columns that make up the kind of a part, in order."""
    code, name = (_of_party(chosen, role, part) for part in ("code", "name"))
    superior = func.coalesce(chosen.c.superior, "")
    return [
        func.upper(code).label("code"),
        name.label("name"),
        chosen.c.procedure,
        chosen.c.statute,
        superior.label("superior"),
    ]


def _of_party(chosen: CTE, role: ColumnElement[str], part: str) -> ColumnElement[str]:
    return case((role == Role.REQUESTER, chosen.c[f"requester_{part}"]), else_=chosen.c[f"provider_{part}"])


def _parts(chosen: CTE, answering: Sequence[Answering]) -> Select[Any]:
    """A row for each chosen case and each department in it: the provider, and whoever had a limit to keep."""
    parts = _measured(chosen, answering)
    measures = sum((case((parts.c[name], bit), else_=0) for name, bit in BITS.items()), literal(0))
    columns = (parts.c.request_id, parts.c.role, assessed_kinds.c.number, parts.c.filed_at, parts.c.seq, measures)
    return select(*columns, parts.c.outcome).join_from(parts, assessed_kinds, _same_kind(parts))


def _same_kind(parts: CTE) -> ColumnElement[bool]:
    return and_(*(assessed_kinds.c[name] == parts.c[name] for name in _KIND))


def _days(chosen: CTE, answering: Sequence[Answering]) -> Select[Any]:
    """The limits that were kept or missed, each with the kind of its part."""
    limits = _limits(chosen, answering)
    of_part = and_(assessed_parts.c.request_id == limits.c.request_id, assessed_parts.c.role == limits.c.role)
    names = ("policy", "late", "began", "due", "ended")
    columns = (limits.c.request_id, limits.c.number, assessed_parts.c.kind, assessed_parts.c.filed_at)
    return (
        select(*columns, *(limits.c[name] for name in names))
        .join_from(limits, assessed_parts, of_part)
        .where(limits.c.state.in_(_COUNT))
    )


def _duties() -> list[str]:
    return [each.value for each in ClockId if is_duty(each)]


def _limits(chosen: CTE, answering: Sequence[Answering]) -> CTE:
    """The limits in the chosen cases that somebody must keep, each with that party."""
    began = and_(events.c.request_id == clocks.c.request_id, events.c.seq == clocks.c.seq)
    found = (
        select(
            clocks.c.request_id,
            clocks.c.number,
            _party(chosen, answering).label("role"),
            (events.c.clock["basis"].astext == Basis.POLICY).label("policy"),
            clocks.c.state.in_(_LATE).label("late"),
            clocks.c.state,
            _day(clocks.c.started_at).label("began"),
            clocks.c.due_date.label("due"),
            _day(clocks.c.ended_at).label("ended"),
        )
        .join_from(chosen, clocks, clocks.c.request_id == chosen.c.request_id)
        .join(events, began)
        .where(clocks.c.id.in_(_duties()), clocks.c.state.not_in([ClockState.CANCELLED, ClockState.SUPERSEDED]))
        .subquery("found")
    )
    return select(found).where(found.c.role.is_not(None)).cte("limits")


def _party(chosen: CTE, answering: Sequence[Answering]) -> ColumnElement[str | None]:
    """The party that must keep a limit, looked up in a list of all such limits."""
    known = func.concat_ws(_BETWEEN, chosen.c.procedure, chosen.c.statute, clocks.c.id, events.c.stage)
    theirs: dict[Role, list[str]] = {role: [] for role in PARTIES}
    for procedure, statute, clock, stage, role in answering:
        if is_duty(clock):
            theirs[role].append(_BETWEEN.join((procedure, statute, clock, stage)))
    return case(*((known == any_(cast(limits, ARRAY(Text))), role.value) for role, limits in theirs.items()))


def _day(instant: ColumnElement[datetime]) -> ColumnElement[date]:
    return cast(func.timezone("Asia/Shanghai", instant), Date)


def _measured(chosen: CTE, answering: Sequence[Answering]) -> CTE:
    """The parts, with each measure as a column."""
    limits = _limits(chosen, answering)
    parts = union(
        select(chosen.c.request_id, literal(Role.PROVIDER.value).label("role")),
        select(limits.c.request_id, limits.c.role),
    ).subquery("parts")
    kept_in_time, missed = limits.c.state == ClockState.MET, limits.c.late
    of_limits = select(
        limits.c.request_id,
        limits.c.role,
        func.bool_or(and_(kept_in_time, ~limits.c.policy)).label("in_time"),
        func.bool_or(and_(missed, ~limits.c.policy)).label("late"),
        func.bool_or(and_(missed, ~limits.c.policy, limits.c.ended.is_(None))).label("overdue"),
        func.bool_or(and_(kept_in_time, limits.c.policy)).label("policy_in_time"),
        func.bool_or(and_(missed, limits.c.policy)).label("policy_late"),
    ).group_by(limits.c.request_id, limits.c.role)
    held = of_limits.subquery("held")
    told = _told(parts).lateral("told")
    answers = parts.c.role == Role.PROVIDER
    measures: dict[Measure, ColumnElement[Any]] = {
        "all": literal(True),
        "closed": chosen.c.closed_at.is_not(None),
        **{each: func.coalesce(held.c[each], False) for each in MEASURES[2:7]},
        **{each: func.coalesce(told.c[each], False) for each in MEASURES[7:11]},
        "disputed": and_(answers, func.coalesce(told.c.disputed, False)),
        "urged": and_(answers, chosen.c.rung > 0),
    }
    return (
        select(
            *(chosen.c[name] for name in ("request_id", "filed_at", "outcome", "seq")),
            parts.c.role,
            *_kind_of(chosen, parts.c.role),
            *(expression.label(each) for each, expression in measures.items()),
        )
        .join_from(parts, chosen, chosen.c.request_id == parts.c.request_id)
        .outerjoin(held, and_(held.c.request_id == parts.c.request_id, held.c.role == parts.c.role))
        .join(told, literal(True))
        .cte("measured")
    )


def _told(parts: Any) -> Select[Any]:
    """For each part: what the party did in the case, and whether it was disputed."""
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
