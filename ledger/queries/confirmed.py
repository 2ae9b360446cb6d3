"""How far workflows are known to have come: which heads of the ledger somebody still has to ask for."""

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
    """The database's own instant, by which changes are dated."""
    with reading(engine) as connection:
        now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return now


def heads_unconfirmed(
    engine: Engine, since: datetime, until: datetime, after: Head | None = None, limit: int | None = None
) -> tuple[Head, ...]:
    """The heads written from ``since`` until before ``until`` of which no workflow is known to have them.

    Oldest change first; ``after`` is the last one of the page before. The time of a change is the writer's, taken
    shortly before its commit: ask again from a minute before the last ``until``, so that no slow writer is missed.
    """
    query = _UNCONFIRMED.where(cases.c.updated_at >= since, cases.c.updated_at < until)
    if after is not None:
        query = query.where(tuple_(cases.c.updated_at, cases.c.request_id) > (after.updated_at, after.request_id))
    return _heads(engine, query.order_by(cases.c.updated_at, cases.c.request_id).limit(limit))


def unconfirmed_of(engine: Engine, request_ids: Collection[str]) -> tuple[Head, ...]:
    """Those heads of these cases of which no workflow is known to have them."""
    if not request_ids:
        return ()
    return _heads(engine, _UNCONFIRMED.where(cases.c.request_id.in_(request_ids)).order_by(cases.c.updated_at))


def latest_heads(engine: Engine, limit: int, before: Head | None = None) -> tuple[Head, ...]:
    """The heads that were written last, or those written before one, whether confirmed or not; the latest first."""
    query = _HEADS.order_by(cases.c.updated_at.desc(), cases.c.request_id.desc()).limit(limit)
    if before is not None:
        query = query.where(tuple_(cases.c.updated_at, cases.c.request_id) < (before.updated_at, before.request_id))
    return _heads(engine, query)


def heads_parked_for(engine: Engine, reason: str) -> tuple[Head, ...]:
    """The heads of cases that are held up for a reason."""
    query = _HEADS.join(parked, parked.c.request_id == cases.c.request_id).where(parked.c.reason == reason)
    return _heads(engine, query.order_by(cases.c.request_id))


def confirm(engine: Engine, heads: Mapping[str, int]) -> None:
    """Note that Temporal has each of these cases up to an event. What was noted to be further on stays."""
    if not heads:
        return
    # In one order, so that two who note the same cases do not wait for each other crosswise.
    rows = [{"request_id": request_id, "seq": heads[request_id]} for request_id in sorted(heads)]
    put = insert_or_skip(confirmed).values(rows)
    further = put.on_conflict_do_update(
        index_elements=["request_id"], set_={"seq": put.excluded.seq}, where=confirmed.c.seq < put.excluded.seq
    )
    with engine.begin() as connection:
        connection.execute(further)


def unconfirm(engine: Engine, request_ids: Collection[str]) -> None:
    """Note that it is not known how far Temporal has these cases: it was seen to have less than was noted."""
    if request_ids:
        with engine.begin() as connection:
            connection.execute(delete(confirmed).where(confirmed.c.request_id.in_(request_ids)))


def last_change(engine: Engine) -> datetime | None:
    """When any case was written last; None for an empty ledger."""
    with reading(engine) as connection:
        found: datetime | None = connection.execute(select(func.max(cases.c.updated_at))).scalar()
        return found


def _heads(engine: Engine, query: Select[Any]) -> tuple[Head, ...]:
    with reading(engine) as connection:
        return tuple(Head(**row) for row in connection.execute(query).mappings())
