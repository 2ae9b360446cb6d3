"""The desk: claims (认领), hand-overs (转交), stand-ins (替岗), and what an officer did.

``unit`` is the department or organ within which work is divided; nothing here reaches beyond it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Text, delete, func, insert, null, select, union, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from domain.access import Visibility
from domain.codes import code_key
from domain.words import EventType, Stage
from ledger.desk_tables import desk_claims, desk_moves, desk_substitutes
from ledger.engine import reading
from ledger.queries.visibility import visible
from ledger.session_tables import console_sessions
from ledger.tables import cases, events

_NOW = func.clock_timestamp()
_CLAIM: Final = (desk_claims.c.request_id, desk_claims.c.officer, desk_claims.c.since, desk_claims.c.by)
NOT_DONE_BY_ANYBODY: Final = tuple(
    kind.value for kind in EventType if kind.value.startswith("clock_") or kind is EventType.CLOSED
)
"""Events that only follow from what somebody did."""
MOST_OFFICERS: Final = 500


@dataclass(frozen=True)
class CaseClaim:
    """Who is handling a case, since when, and who said so."""

    request_id: str
    officer: str
    since: datetime
    by: str


@dataclass(frozen=True)
class StandIn:
    """Somebody handles the cases of an absent colleague, from one day to another (both inclusive)."""

    id: int
    absent: str
    substitute: str
    first_day: date
    last_day: date
    by: str
    reason: str | None


@dataclass(frozen=True)
class Deed:
    """Something that somebody did in a case."""

    request_id: str
    procedure: str
    resource_name: str
    stage: Stage
    at: datetime
    type: str


def claim(engine: Engine, request_id: str, unit: str, officer: str) -> CaseClaim | None:
    """Claim a case unless a colleague has it; returns who has it then. None: the case is closed or unknown."""
    with engine.begin() as connection:
        if not _is_open(connection, request_id):
            return None
        values = {"request_id": request_id, "unit": unit, "officer": officer, "by": officer}
        put = insert_or_skip(desk_claims).values(values).on_conflict_do_nothing().returning(desk_claims.c.officer)
        if connection.execute(put).first() is not None:
            _note(connection, "claim", values, None)
        return _claim_of(connection, request_id, unit)


def release(engine: Engine, request_id: str, unit: str, by: str, on_behalf: Collection[str]) -> CaseClaim | None:
    """Release a case that one of these officers has; returns who has it then."""
    there = (desk_claims.c.request_id == request_id, desk_claims.c.unit == unit)
    with engine.begin() as connection:
        gone = delete(desk_claims).where(*there, desk_claims.c.officer.in_(on_behalf)).returning(desk_claims.c.officer)
        if connection.execute(gone).first() is not None:
            _note(connection, "release", {"request_id": request_id, "unit": unit, "officer": None, "by": by}, None)
        return _claim_of(connection, request_id, unit)


def hand_over(
    engine: Engine, request_id: str, unit: str, to: str, by: str, reason: str, holder: str | None
) -> CaseClaim | None:
    """Hand a case that ``holder`` has (None: nobody) to a colleague; returns who has it then, None as :func:`claim`.

    If somebody else has it by now, nothing changes.
    """
    with engine.begin() as connection:
        if not _is_open(connection, request_id):
            return None
        now = _claim_of(connection, request_id, unit, for_update=True)
        if (now.officer if now else None) != holder or to == holder:
            return now
        values = {"request_id": request_id, "unit": unit, "officer": to, "by": by}
        put = insert_or_skip(desk_claims).values(values)
        if now is None:
            put = put.on_conflict_do_nothing()
        else:
            changed = {"officer": to, "by": by, "since": _NOW}
            put = put.on_conflict_do_update(index_elements=["request_id", "unit"], set_=changed)
        if connection.execute(put.returning(desk_claims.c.officer)).first() is not None:
            _note(connection, "hand_over", values, reason)
        return _claim_of(connection, request_id, unit)


def officers_of(engine: Engine, unit: str) -> Mapping[str, str | None]:
    """The officers known in a unit by sign-in name, each with the name that the issuer told of them, if any.

    Known are those who signed in within a month, hold a case, or are part of a stand-in.
    """
    signed_in, nameless = console_sessions.c.bearer, null().cast(Text)
    here = func.upper(signed_in["org"].astext) == unit
    known = union(
        select(signed_in["subject"].astext.label("officer"), signed_in["name"].astext.label("name")).where(here),
        select(desk_claims.c.officer, nameless).where(desk_claims.c.unit == unit),
        select(desk_substitutes.c.absent, nameless).where(desk_substitutes.c.unit == unit),
        select(desk_substitutes.c.substitute, nameless).where(desk_substitutes.c.unit == unit),
    ).subquery()
    each = select(known.c.officer, func.max(known.c.name)).group_by(known.c.officer)
    with reading(engine) as connection:
        found = connection.execute(each.order_by(known.c.officer).limit(MOST_OFFICERS))
        return {officer: name for officer, name in found}


def claims_of(engine: Engine, unit: str, request_ids: Collection[str]) -> Mapping[str, CaseClaim]:
    """The claims of a unit on these cases; unclaimed cases are left out."""
    query = select(*_CLAIM).where(desk_claims.c.unit == unit, desk_claims.c.request_id.in_(request_ids))
    with reading(engine) as connection:
        return {row.request_id: CaseClaim(*row) for row in connection.execute(query)}


def _is_open(connection: Connection, request_id: str) -> bool:
    """Whether a case is open; locks it until the end of the transaction."""
    query = select(cases.c.closed_at).where(cases.c.request_id == request_id).with_for_update(read=True)
    found = connection.execute(query).first()
    return found is not None and found.closed_at is None


def _claim_of(connection: Connection, request_id: str, unit: str, for_update: bool = False) -> CaseClaim | None:
    query = select(*_CLAIM).where(desk_claims.c.request_id == request_id, desk_claims.c.unit == unit)
    row = connection.execute(query.with_for_update() if for_update else query).first()
    return None if row is None else CaseClaim(*row)


def _note(connection: Connection, kind: str, values: Mapping[str, Any], reason: str | None) -> None:
    connection.execute(insert(desk_moves).values({**values, "kind": kind, "reason": reason}))


# Stand-ins

_OF_STAND_IN: Final = tuple(desk_substitutes.c[name] for name in StandIn.__dataclass_fields__)


def stand_ins(engine: Engine, unit: str, since: date) -> Sequence[StandIn]:
    """The stand-ins of a unit that last until a day or longer and were not ended, in order of their first day."""
    there = (desk_substitutes.c.unit == unit, desk_substitutes.c.last_day >= since)
    query = select(*_OF_STAND_IN).where(*there, desk_substitutes.c.ended_at.is_(None))
    order = (desk_substitutes.c.first_day, desk_substitutes.c.id)
    with reading(engine) as connection:
        return [StandIn(*row) for row in connection.execute(query.order_by(*order).limit(500))]


def stand_in(engine: Engine, unit: str, new: StandIn) -> StandIn:
    """Add a stand-in, unless it exists already; ``new.id`` is ignored."""
    values = {name: getattr(new, name) for name in StandIn.__dataclass_fields__ if name != "id"}
    same = [desk_substitutes.c[name] == values[name] for name in ("absent", "substitute", "first_day", "last_day")]
    query = select(*_OF_STAND_IN).where(desk_substitutes.c.unit == unit, *same, desk_substitutes.c.ended_at.is_(None))
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"desk {unit}"))))
        row = connection.execute(query).first()
        if row is None:
            put = insert(desk_substitutes).values({**values, "unit": unit}).returning(*_OF_STAND_IN)
            row = connection.execute(put).one()
        return StandIn(*row)


def end_stand_in(engine: Engine, unit: str, number: int, by: str) -> bool:
    """End one of a unit's stand-ins now; returns whether there is such a one, even if it had ended before."""
    there = (desk_substitutes.c.unit == unit, desk_substitutes.c.id == number)
    with engine.begin() as connection:
        ends = update(desk_substitutes).where(*there, desk_substitutes.c.ended_at.is_(None))
        connection.execute(ends.values(ended_at=_NOW, ended_by=by))
        return connection.execute(select(desk_substitutes.c.id).where(*there)).first() is not None


# What somebody did


def deeds_of(engine: Engine, officer: str, org: str | None, visibility: Visibility, limit: int) -> Sequence[Deed]:
    """What somebody last did for an organisation, in cases that ``visibility`` covers, newest first."""
    person, of = events.c.actor["person"].astext, events.c.actor["org"].astext
    mine = func.upper(of) == code_key(org) if org is not None else of.is_(None)
    query = (
        select(events.c.request_id, cases.c.procedure, cases.c.resource_name, cases.c.stage, events.c.at, events.c.type)
        .join(cases, cases.c.request_id == events.c.request_id)
        .where(person == officer, person.is_not(None), mine, events.c.type.not_in(NOT_DONE_BY_ANYBODY))
        .where(visible(visibility))
        .order_by(events.c.at.desc(), events.c.seq.desc())
        .limit(limit)
    )
    with reading(engine) as connection:
        return [Deed(*row[:3], Stage(row.stage), *row[4:]) for row in connection.execute(query)]
