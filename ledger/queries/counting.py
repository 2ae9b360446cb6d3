"""Figures for metrics, at a cost that does not grow with the number of closed cases.

Counts of cases are kept in a table that each caller first updates from newer messages of the outbox, one caller at a
time. Open clocks, parked cases and waiting messages are few and counted directly. What became of limits is read from
the messages since the caller's last position.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Connection, Engine, Select, and_, case, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from domain.clocks import ClockId
from domain.stuck import StuckKind
from domain.words import ClockState, EventType, Outcome, Stage
from ledger.archive_tables import unarchived
from ledger.engine import reading
from ledger.queries.backups import unbacked_since, wal_waits_since
from ledger.queries.log import length, newest_checkpoint, next_entries
from ledger.queries.outbox_position import Mark, mark, move_mark, newest_position
from ledger.queries.views import Counts, LimitsEnded
from ledger.stuck_tables import parked
from ledger.tables import case_counts, cases, clocks, events, outbox, webhook_deliveries, webhooks

# "count" in ASCII.
_COUNTING_LOCK = 0x636F756E74

_OF_CASES = (StuckKind.PARKED.value, StuckKind.OPENING_WAITS.value)
_PARKED = select(func.count(parked.c.request_id.distinct())).where(
    or_(parked.c.filed_at.is_not(None), parked.c.kind.in_(_OF_CASES))
)
"""Whether a row of ``parked`` counts; a filing that was never recorded has no ``filed_at``."""

_UNARCHIVED = select(func.min(unarchived.c.asked_at))

MOST_CAUSES = 50
"""The most causes reported: each is a time series in the monitoring system."""
_CAUSES = (
    select(parked.c.kind, parked.c.cause, func.count().label("number"))
    .group_by(parked.c.kind, parked.c.cause)
    .order_by(func.count().desc(), parked.c.cause)
    .limit(MOST_CAUSES)
)

AT_ONCE = 5_000
"""Messages counted in one transaction."""
LONGEST = 4
"""The most transactions for one caller; after a long pause the next caller continues."""


def counts(engine: Engine, since: int | None = None) -> Counts:
    """Current figures: cases by (statute, stage, outcome), open clocks, parked cases, messages.

    Cases are counted up to the last counted message, which is the newest unless nobody has asked for very long. What
    became of limits is read from position ``since`` on (None: from now on), over at most 5,000 messages.
    """
    for _ in range(LONGEST):
        if not count_on(engine):
            break
    with reading(engine) as connection:
        pending, oldest = _pending(connection)
        return Counts(
            cases=_cases(connection),
            running=_open_clocks(connection, ClockState.RUNNING),
            breached=_open_clocks(connection, ClockState.BREACHED),
            ended=_ended(connection, since),
            stuck=connection.execute(_PARKED).scalar_one(),
            causes={(StuckKind(row.kind), row.cause): row.number for row in connection.execute(_CAUSES)},
            pending=pending,
            oldest_pending=oldest,
            unsigned_since=_unsigned(connection),
            unarchived_since=connection.execute(_UNARCHIVED).scalar(),
            unbacked_since=unbacked_since(connection),
            wal_waits_since=wal_waits_since(connection),
        )


def count_on(engine: Engine, at_once: int = AT_ONCE) -> bool:
    """Count the next messages; returns whether there may be more. Does nothing while somebody else is counting."""
    with reading(engine) as connection:
        here, newest = connection.execute(select(mark(Mark.COUNTED), newest_position())).one()
    if here >= newest:
        return False
    with engine.begin() as connection:
        if not connection.execute(select(func.pg_try_advisory_xact_lock(_COUNTING_LOCK))).scalar_one():
            return False
        here = connection.execute(select(mark(Mark.COUNTED))).scalar_one()
        ahead = select(outbox.c.position).where(outbox.c.position > here, outbox.c.position <= newest)
        first = ahead.order_by(outbox.c.position).limit(at_once).subquery()
        upto = connection.execute(select(func.max(first.c.position))).scalar()
        if upto is None:
            return False
        _count(connection, here, upto)
        move_mark(connection, Mark.COUNTED, upto)
        return bool(upto < newest)


def _count(connection: Connection, after: int, upto: int) -> None:
    """Each message moves its case from the state after the previous event to the state after its own event."""
    told = select(outbox.c.request_id, outbox.c.seq).where(outbox.c.position > after, outbox.c.position <= upto).cte()
    moves = union_all(*(_moves(told, back, by) for back, by in ((0, 1), (1, -1)))).subquery()
    there = (moves.c.statute, moves.c.stage, moves.c.outcome)
    change = func.sum(moves.c.by)
    changes = select(*there, change).group_by(*there).having(change != 0)
    put = insert_or_skip(case_counts).from_select(["statute", "stage", "outcome", "number"], changes)
    more = case_counts.c.number + put.excluded.number
    connection.execute(put.on_conflict_do_update(index_elements=["statute", "stage", "outcome"], set_={"number": more}))


def _moves(told: CTE, back: int, by: int) -> Select[Any]:
    outcome = case((events.c.stage == Stage.CLOSED, func.coalesce(cases.c.outcome, "")), else_="")
    return (
        select(cases.c.statute, events.c.stage, outcome.label("outcome"), literal(by).label("by"))
        .join_from(told, events, and_(events.c.request_id == told.c.request_id, events.c.seq == told.c.seq - back))
        .join(cases, cases.c.request_id == told.c.request_id)
    )


def _cases(connection: Connection) -> dict[tuple[str, Stage, Outcome | None], int]:
    return {
        (row.statute, Stage(row.stage), Outcome(row.outcome) if row.outcome else None): row.number
        for row in connection.execute(select(case_counts).where(case_counts.c.number > 0))
    }


def _open_clocks(connection: Connection, state: ClockState) -> dict[ClockId, int]:
    query = (
        select(clocks.c.id, func.count())
        .where(clocks.c.state == state, clocks.c.ended_at.is_(None))
        .group_by(clocks.c.id)
    )
    return {ClockId(name): number for name, number in connection.execute(query)}


def _ended(connection: Connection, since: int | None) -> LimitsEnded:
    newest: int = connection.execute(select(newest_position())).scalar_one()
    if since is None or since >= newest:
        return LimitsEnded(newest)
    told = (
        select(outbox.c.position, outbox.c.request_id, outbox.c.seq, outbox.c.type)
        .where(outbox.c.type.in_((EventType.CLOCK_BREACHED, EventType.CLOCK_MET)))
        .where(outbox.c.position > since, outbox.c.position <= newest)
        .order_by(outbox.c.position)
        .limit(AT_ONCE)
        .subquery()
    )
    number = events.c.data["number"].as_integer()
    ends = (
        select(told.c.position, told.c.type, clocks.c.id, clocks.c.state, clocks.c.started_at, events.c.at)
        .join_from(told, events, and_(events.c.request_id == told.c.request_id, events.c.seq == told.c.seq))
        .join(clocks, and_(clocks.c.request_id == told.c.request_id, clocks.c.number == number))
        .order_by(told.c.position)
    )
    rows = connection.execute(ends).all()
    kept = [row for row in rows if row.type == EventType.CLOCK_MET]
    upto = rows[-1].position if len(rows) == AT_ONCE else newest
    return LimitsEnded(
        upto,
        Counter(ClockId(row.id) for row in rows if row.type == EventType.CLOCK_BREACHED),
        [(ClockId(row.id), row.state == ClockState.MET_LATE, row.at - row.started_at) for row in kept],
    )


def _pending(connection: Connection) -> tuple[int, datetime | None]:
    """Messages that an active webhook has yet to look at or send, and when the oldest was written."""
    sent_to = and_(webhooks.c.state == "active", webhooks.c.deleted_at.is_(None))
    reached = select(func.min(webhooks.c.reached)).where(sent_to).scalar_subquery()
    ahead = select(outbox.c.position, outbox.c.created_at).where(outbox.c.position > reached)
    queued = (
        select(webhook_deliveries.c.message_id, webhook_deliveries.c.created_at)
        .join(webhooks, webhooks.c.id == webhook_deliveries.c.webhook_id)
        .where(webhook_deliveries.c.delivered_at.is_(None), sent_to)
    )
    waiting = union_all(ahead, queued).subquery()
    pending, oldest = connection.execute(
        select(func.count(), func.min(waiting.c.created_at)).select_from(waiting)
    ).one()
    return pending, oldest


def _unsigned(connection: Connection) -> datetime | None:
    """When the newest checkpoint was made, if it does not cover everything that was recorded."""
    newest = newest_checkpoint(connection)
    if newest is None or (length(connection) <= newest.size and not next_entries(connection, 1)):
        return None
    return newest.made_at
