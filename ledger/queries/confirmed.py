"""Up to which event workflows are known to have come, and which heads still have to be checked with them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Select, delete, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from ledger.engine import reading
from ledger.queries.views import Head
from ledger.stuck_tables import parked
from ledger.tables import cases, confirmed

_HEADS = select(
    cases.c.request_id,
    cases.c.seq,
    cases.c.outcome.is_not(None).label("closed"),
    cases.c.workflow_id,
    cases.c.updated_at,
)
_UNCONFIRMED = _HEADS.outerjoin(confirmed, confirmed.c.request_id == cases.c.request_id).where(
    or_(confirmed.c.seq.is_(None), confirmed.c.seq < cases.c.seq)
)


def moment(engine: Engine) -> datetime:
    """The database's current time, by which changes are dated."""
    with reading(engine) as connection:
        now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return now


def heads_unconfirmed(
    engine: Engine, since: datetime, until: datetime, after: Head | None = None, limit: int | None = None
) -> tuple[Head, ...]:
    """The heads written from ``since`` to before ``until`` that no workflow is known to have, oldest first.

    ``after`` is the last one of the page before. The time of a change is taken shortly before its commit; to miss no
    slow writer, start the next query a minute before the last ``until``.
    """
    query = _UNCONFIRMED.where(cases.c.updated_at >= since, cases.c.updated_at < until)
    if after is not None:
        query = query.where(tuple_(cases.c.updated_at, cases.c.request_id) > (after.updated_at, after.request_id))
    return _heads(engine, query.order_by(cases.c.updated_at, cases.c.request_id).limit(limit))


def unconfirmed_of(engine: Engine, request_ids: Collection[str]) -> tuple[Head, ...]:
    """The heads of these cases that no workflow is known to have."""
    if not request_ids:
        return ()
    return _heads(engine, _UNCONFIRMED.where(cases.c.request_id.in_(request_ids)).order_by(cases.c.updated_at))


def latest_heads(engine: Engine, limit: int, before: Head | None = None) -> tuple[Head, ...]:
    """The heads written last, or before a given one, confirmed or not, latest first."""
    query = _HEADS.order_by(cases.c.updated_at.desc(), cases.c.request_id.desc()).limit(limit)
    if before is not None:
        query = query.where(tuple_(cases.c.updated_at, cases.c.request_id) < (before.updated_at, before.request_id))
    return _heads(engine, query)


def heads_parked_for(engine: Engine, reason: str) -> tuple[Head, ...]:
    """The heads of cases that are stuck for a reason."""
    query = _HEADS.join(parked, parked.c.request_id == cases.c.request_id).where(parked.c.reason == reason)
    return _heads(engine, query.order_by(cases.c.request_id))


def confirm(engine: Engine, heads: Mapping[str, int]) -> None:
    """Record that Temporal has each of these cases up to an event; never moves backwards."""
    if not heads:
        return
    # In a fixed order, so that two writers cannot deadlock.
    rows = [{"request_id": request_id, "seq": heads[request_id]} for request_id in sorted(heads)]
    put = insert_or_skip(confirmed).values(rows)
    further = put.on_conflict_do_update(
        index_elements=["request_id"], set_={"seq": put.excluded.seq}, where=confirmed.c.seq < put.excluded.seq
    )
    with engine.begin() as connection:
        connection.execute(further)


def unconfirm(engine: Engine, request_ids: Collection[str]) -> None:
    """Remove the confirmation of these cases, because Temporal was seen to have less than was recorded."""
    if request_ids:
        with engine.begin() as connection:
            connection.execute(delete(confirmed).where(confirmed.c.request_id.in_(request_ids)))


def last_change(engine: Engine) -> datetime | None:
    """When a case was last written; None for an empty ledger."""
    with reading(engine) as connection:
        found: datetime | None = connection.execute(select(func.max(cases.c.updated_at))).scalar()
        return found


def _heads(engine: Engine, query: Select[Any]) -> tuple[Head, ...]:
    with reading(engine) as connection:
        return tuple(Head(**row) for row in connection.execute(query).mappings())
