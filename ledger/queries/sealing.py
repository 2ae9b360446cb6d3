"""Sealed assessments (封存): the figures of a period at one moment, and the cases that have changed since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    RowMapping,
    Select,
    Text,
    and_,
    any_,
    cast,
    func,
    insert,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.access import Visibility
from domain.calendar import CHINA
from domain.evidence import plain
from domain.log.acts import Acting, ActKind, NewAct
from ledger.engine import reading
from ledger.log_tables import operator_acts
from ledger.queries.acts import note_act
from ledger.queries.assessed_parts import Answering, kept
from ledger.queries.assessing import AssessedPeriod, Assessing, Tallied, standing_parts, tallied
from ledger.queries.cursors import numbered_cursor, read_numbered_cursor
from ledger.seal_tables import assessment_seals
from ledger.tables import cases

UNDER_WAY: Final = timedelta(minutes=10)
"""The longest time that a step may have been in progress, unseen, when figures were read."""
_LIST: Final = "seal"
_SEALS_LOCK = 0x7365616C  # "seal" in ASCII: one writer at a time
_row = assessment_seals.c
_TOLD: Final = [each for each in _row if each.name != "cases"]

CasePart = Mapping[str, Any]
"""How a case counted for a department: ``request_id``, ``department``, ``procedure``, last ``seq``, ``measures``."""


@dataclass(frozen=True)
class NewSeal:
    """Figures to be sealed. ``scope``: what was assessed, as JSON; ``digest`` covers the scope and the figures."""

    scope: Mapping[str, Any]
    sealed_at: datetime
    figures: Sequence[Mapping[str, Any]]
    digest: str
    cases: Sequence[CasePart]
    reason: str


@dataclass(frozen=True)
class Seal:
    """A stored seal, without its cases; ``edition`` counts the seals of its scope from 1."""

    number: int
    scope: Mapping[str, Any]
    edition: int
    sealed_at: datetime
    figures: Sequence[Mapping[str, Any]]
    digest: str
    reason: str
    by: Acting


@dataclass(frozen=True)
class MovedCase:
    """A case that has changed for a department since a seal: the measures then (``had``) and now.

    None: it did not count for the department. ``procedure`` is that of the case.
    """

    request_id: str
    department: str
    procedure: str
    had: frozenset[str] | None
    has: frozenset[str] | None


def standing(
    engine: Engine, visibility: Visibility, period: AssessedPeriod, by: Assessing
) -> tuple[Tallied, Sequence[CasePart]]:
    """The figures of a period and how each of its cases counts, all at one moment."""
    with kept(engine, by.answering) as connection:
        figures = tallied(connection, visibility, period, by)
        return figures, [dict(row) for row in connection.execute(select(standing_parts(visibility, period))).mappings()]


def seal(engine: Engine, new: NewSeal, by: Acting) -> tuple[Seal, bool]:
    """Seal figures as the next edition of their scope, unless the newest edition has the same digest."""
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_SEALS_LOCK)))
        there = connection.execute(_newest(new.scope)).mappings().first()
        if there is not None and there["digest"] == new.digest:
            return _seal(there), False
        edition = there["edition"] + 1 if there else 1
        adding = insert(assessment_seals).values(**vars(new), edition=edition, by=plain(by)).returning(*_TOLD)
        made = _seal(connection.execute(adding).mappings().one())
        details = {**new.scope, "edition": edition, "sha256": new.digest, "cases": len(new.cases)}
        target = f"assessment/{made.number}"
        act = NewAct(kind=ActKind.ASSESSMENT_SEAL, by=by, target=target, reason=new.reason, details=details)
        note_act(connection, act)
        return made, True


def newest_seal(engine: Engine, scope: Mapping[str, Any]) -> Seal | None:
    """The newest edition of exactly this scope, or None."""
    with reading(engine) as connection:
        found = connection.execute(_newest(scope)).mappings().first()
        return _seal(found) if found is not None else None


def seal_numbered(engine: Engine, number: int, visibility: Visibility) -> Seal | None:
    """A seal of places that ``visibility`` covers, or None."""
    with reading(engine) as connection:
        query = select(*_TOLD).where(_row.number == number, _covered(visibility))
        found = connection.execute(query).mappings().first()
        return _seal(found) if found is not None else None


def list_seals(
    engine: Engine, visibility: Visibility, cursor: str | None, limit: int
) -> tuple[Sequence[Seal], str | None]:
    """A page of visible seals, newest first, and the next cursor. Raises BadCursor."""
    query = select(*_TOLD).where(_covered(visibility)).order_by(_row.number.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(_row.number < read_numbered_cursor(_LIST, cursor))
    with reading(engine) as connection:
        found = [_seal(row) for row in connection.execute(query).mappings()]
    page = found[:limit]
    return page, numbered_cursor(_LIST, page[-1].number) if len(found) > limit else None


def moved_cases(
    engine: Engine, number: int, visibility: Visibility, period: AssessedPeriod, answering: Sequence[Answering]
) -> Sequence[MovedCase]:
    """The cases of a seal's period that have changed since, in order of their ids.

    Only cases in which something was recorded since are compared; comparing all would take ten times as long.
    """
    with kept(engine, answering) as connection:
        touched = connection.execute(_touched_since(connection, number, period)).scalars().all()
        rows = connection.execute(_moved_among(touched, number, visibility, period)) if touched else ()
        return [
            MovedCase(*row[:3], *(frozenset(each) if each is not None else None for each in row[3:])) for row in rows
        ]


def _moved_among(touched: Sequence[str], number: int, visibility: Visibility, period: AssessedPeriod) -> Select[Any]:
    """Those of these cases that count differently for a department than in the seal, or have new events."""
    then, now = _sealed_cases(number, touched), standing_parts(visibility, period, touched)
    same = and_(then.c.request_id == now.c.request_id, then.c.department == now.c.department)
    both = [func.coalesce(then.c[name], now.c[name]).label(name) for name in ("request_id", "department", "procedure")]
    return (
        select(*both, then.c.measures.label("had"), now.c.measures.label("has"))
        .select_from(then.join(now, same, full=True))
        .where(or_(then.c.seq.is_distinct_from(now.c.seq), then.c.measures.is_distinct_from(now.c.measures)))
        .order_by(both[0], both[1])
    )


def _touched_since(connection: Connection, number: int, period: AssessedPeriod) -> Select[Any]:
    """The cases of a period in which something was recorded since shortly before the seal."""
    sealed = (operator_acts.c.kind == ActKind.ASSESSMENT_SEAL, operator_acts.c.target == f"assessment/{number}")
    # Passed as a value, so that the planner knows how few they are.
    at = connection.execute(select(func.min(operator_acts.c.at)).where(*sealed)).scalar_one()
    filed = (cases.c.filed_at >= period.since, cases.c.filed_at < period.before)
    return select(cases.c.request_id).where(cases.c.updated_at >= at - UNDER_WAY, *filed)


def _sealed_cases(number: int, among: Sequence[str]) -> CTE:
    """How cases counted when the seal was made."""
    kept = func.jsonb_array_elements(_row.cases).table_valued("value", joins_implicitly=True).alias("kept")
    said = cast(kept.c.value, JSONB)
    told = [
        said["request_id"].astext.label("request_id"),
        said["department"].astext.label("department"),
        said["procedure"].astext.label("procedure"),
        cast(said["seq"].astext, Integer).label("seq"),
        said["measures"].label("measures"),
    ]
    wanted = said["request_id"].astext == any_(cast(list(among), ARRAY(Text)))
    return select(*told).select_from(assessment_seals).where(_row.number == number, wanted).cte("then")


def _newest(scope: Mapping[str, Any]) -> Any:
    of_scope = _row.scope == cast(dict(scope), JSONB)
    return select(*_TOLD).where(of_scope).order_by(_row.edition.desc()).limit(1)


def _covered(visibility: Visibility) -> ColumnElement[bool]:
    if visibility.everything:
        return true()
    covered: ColumnElement[bool] = _row.scope["places"].contained_by(cast(sorted(visibility.places), JSONB))
    return covered


def _seal(row: RowMapping) -> Seal:
    return Seal(
        row["number"],
        row["scope"],
        row["edition"],
        row["sealed_at"].astimezone(CHINA),
        row["figures"],
        row["digest"],
        row["reason"],
        Acting.model_validate(row["by"]),
    )
