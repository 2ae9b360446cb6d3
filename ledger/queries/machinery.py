"""For operators: reconciliation, parked cases and figures. Nothing here touches the merits of a case."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, select, update

from domain.words import ClockId, ClockState, Outcome, Stage
from ledger.queries.views import Counts, Head
from ledger.tables import cases, clocks, outbox


def heads_changed_since(engine: Engine, since: datetime, limit: int | None = None) -> tuple[Head, ...]:
    """The heads of cases written at or after ``since``, oldest change first.

    The time is the writer's, taken shortly before its commit: ask again from a minute before the
    last answer, so that no slow writer is missed.
    """
    query = (
        select(
            cases.c.request_id,
            cases.c.seq,
            cases.c.outcome.is_not(None).label("closed"),
            cases.c.stuck_reason,
            cases.c.workflow_id,
            cases.c.updated_at,
        )
        .where(cases.c.updated_at >= since)
        .order_by(cases.c.updated_at, cases.c.request_id)
        .limit(limit)
    )
    with engine.connect() as connection:
        return tuple(Head(**row) for row in connection.execute(query).mappings())


def last_change(engine: Engine) -> datetime | None:
    """When any case was written last; None for an empty ledger."""
    with engine.connect() as connection:
        found: datetime | None = connection.execute(select(func.max(cases.c.updated_at))).scalar()
        return found


def mark_stuck(engine: Engine, request_id: str, reason: str) -> bool:
    """Park a case with a reason that an operator can act on; a case parked before keeps its time.

    The next recorded step clears it. False for an unknown case.
    """
    change = (
        update(cases)
        .where(cases.c.request_id == request_id)
        .values(stuck_reason=reason, stuck_since=func.coalesce(cases.c.stuck_since, func.clock_timestamp()))
    )
    with engine.begin() as connection:
        return connection.execute(change).rowcount == 1


def clear_stuck(engine: Engine, request_id: str) -> bool:
    """Take the reason away; False when there was none."""
    change = (
        update(cases)
        .where(cases.c.request_id == request_id, cases.c.stuck_reason.is_not(None))
        .values(stuck_reason=None, stuck_since=None)
    )
    with engine.begin() as connection:
        return connection.execute(change).rowcount == 1


def counts(engine: Engine) -> Counts:
    """Figures of the moment: cases by (statute, stage, outcome), open clocks, parked cases, messages."""
    with engine.connect() as connection:
        pending, oldest = connection.execute(
            select(func.count(), func.min(outbox.c.created_at)).where(outbox.c.published_at.is_(None))
        ).one()
        return Counts(
            cases=_cases(connection),
            running=_open_clocks(connection, ClockState.RUNNING),
            breached=_open_clocks(connection, ClockState.BREACHED),
            stuck=connection.execute(
                select(func.count()).select_from(cases).where(cases.c.stuck_reason.is_not(None))
            ).scalar_one(),
            pending=pending,
            oldest_pending=oldest,
        )


def _cases(connection: Connection) -> dict[tuple[str, Stage, Outcome | None], int]:
    groups = (cases.c.statute, cases.c.stage, cases.c.outcome)
    rows: Any = connection.execute(select(*groups, func.count()).group_by(*groups))
    return {
        (statute, Stage(stage), Outcome(outcome) if outcome else None): number
        for statute, stage, outcome, number in rows
    }


def _open_clocks(connection: Connection, state: ClockState) -> dict[ClockId, int]:
    query = (
        select(clocks.c.id, func.count())
        .where(clocks.c.state == state, clocks.c.ended_at.is_(None))
        .group_by(clocks.c.id)
    )
    return {ClockId(name): number for name, number in connection.execute(query)}
