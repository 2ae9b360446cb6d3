"""From the outbox to receivers: fan-out of messages, and a queue for each webhook and case.

A queue keeps the order: only the oldest undelivered message of a case is ever sent to a webhook. A sender claims a
queue for a while; after a claim has expired, anybody may claim it. To avoid deadlocks, the row of a webhook is always
locked before its queues.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from background.webhooks.queries.subscriptions import DisabledFor, Webhook, WebhookState, act_on, hurry, webhook_from
from domain.evidence import instant_text
from domain.log.acts import Acting, ActKind
from ledger.errors import CursorExpired
from ledger.queries.acts import note_act
from ledger.queries.messages import MESSAGES
from ledger.queries.outbox_position import Mark, mark, newest_position
from ledger.queries.views import OutboxMessage, message_from
from ledger.queries.visibility import visible
from ledger.tables import cases, outbox, webhook_attempts, webhook_deliveries, webhook_queues, webhooks

# "hooks" in ASCII.
FAN_OUT_LOCK = 0x686F6F6B73

AT_ONCE = 1000
"""Messages processed in one transaction."""

_deliveries = webhook_deliveries.c
_queues = webhook_queues.c


@dataclass(frozen=True)
class Claim:
    """The right to send the messages of one queue, until its lease expires."""

    webhook_id: str
    request_id: str
    token: str


@dataclass(frozen=True)
class DueDelivery:
    """A message to be sent now, its receiver, and the number of failures in a row."""

    webhook: Webhook
    message: OutboxMessage
    failures: int


@dataclass(frozen=True)
class Attempt:
    """The result of one sending: the status, or an error word; ``response`` is the beginning of the body."""

    at: datetime
    status: int | None
    error: str | None
    milliseconds: int
    response: str = field(repr=False)

    @property
    def delivered(self) -> bool:
        """Whether the receiver accepted it."""
        return self.error is None


# Fan-out


def fan_out(engine: Engine, at: datetime, at_once: int = AT_ONCE) -> bool:
    """Queue new messages for every webhook that may see and wants them; returns whether there may be more.

    In one transaction, so each webhook gets each message once. Does nothing while somebody else is doing it.
    """
    with engine.begin() as connection:
        if not connection.execute(select(func.pg_try_advisory_xact_lock(FAN_OUT_LOCK))).scalar_one():
            return False
        newest = connection.execute(select(newest_position())).scalar_one()
        more = [
            _follow(connection, reached, list(rows), newest, at, at_once)
            for reached, rows in groupby(_behind(connection, newest), lambda row: int(row["reached"]))
        ]
        return any(more)


def _behind(connection: Connection, newest: int) -> Sequence[RowMapping]:
    """The webhooks with messages to queue, locked and grouped by position."""
    query = select(webhooks).where(webhooks.c.deleted_at.is_(None), webhooks.c.reached < newest)
    ordered = query.order_by(webhooks.c.reached, webhooks.c.id).with_for_update(key_share=True)
    return connection.execute(ordered).mappings().all()


def _follow(
    connection: Connection, reached: int, rows: Sequence[RowMapping], newest: int, at: datetime, at_once: int
) -> bool:
    """Queue the next messages for webhooks at one position; returns whether there are more."""
    ahead = (
        select(outbox.c.position)
        .where(outbox.c.position > reached, outbox.c.position <= newest)
        .order_by(outbox.c.position)
    )
    upto: int = connection.execute(select(func.max(ahead.limit(at_once).subquery().c.position))).scalar_one()
    for webhook in map(webhook_from, rows):
        _queue(connection, webhook, _wanted(webhook, reached, upto), at)
    come_on = update(webhooks).where(webhooks.c.id.in_([row["id"] for row in rows]))
    connection.execute(come_on.values(reached=upto))
    return upto < newest


def _wanted(webhook: Webhook, after: int, upto: int) -> Select[Any]:
    """The messages between two positions that a webhook may see and wants."""
    query = (
        select(outbox.c.position, outbox.c.request_id)
        .join(cases, cases.c.request_id == outbox.c.request_id)
        .where(outbox.c.position > after, outbox.c.position <= upto, visible(webhook.visibility))
    )
    return query.where(outbox.c.type.in_(webhook.events)) if webhook.events else query


def _queue(connection: Connection, webhook: Webhook, wanted: Select[Any], at: datetime) -> int:
    """Put messages into a webhook's queues, delivered ones again; returns how many."""
    found = wanted.subquery()
    rows = select(literal(webhook.id), found.c.position, found.c.request_id, literal(at))
    names = ("webhook_id", "message_id", "request_id", "created_at")
    put = insert_or_skip(webhook_deliveries).from_select(names, rows)
    again = put.on_conflict_do_update(index_elements=["webhook_id", "message_id"], set_={"delivered_at": None})
    queued = connection.execute(again.returning(_deliveries.request_id)).scalars().all()
    _open_queues(connection, webhook.id, set(queued), at)
    return len(queued)


def _open_queues(connection: Connection, webhook_id: str, request_ids: Collection[str], at: datetime) -> None:
    """Create missing queues of these cases, and lock existing ones so that nobody finds them empty meanwhile."""
    if not request_ids:
        return
    rows = [{"webhook_id": webhook_id, "request_id": each, "due_at": at} for each in sorted(request_ids)]
    put = insert_or_skip(webhook_queues).values(rows)
    connection.execute(
        put.on_conflict_do_update(index_elements=["webhook_id", "request_id"], set_={"due_at": _queues.due_at})
    )


# Claiming and sending


def due_webhooks(engine: Engine, at: datetime) -> tuple[str, ...]:
    """The active webhooks with something due and unclaimed."""
    waiting = exists().where(_queues.webhook_id == webhooks.c.id, *free_at(at))
    query = select(webhooks.c.id).where(sent_to(), waiting).order_by(webhooks.c.id)
    with engine.connect() as connection:
        return tuple(connection.execute(query).scalars())


def claim(engine: Engine, webhook_id: str, at: datetime, until: datetime, at_most: int) -> tuple[Claim, ...]:
    """Claim due queues of a webhook, longest waiting first. No queue is claimed twice at once."""
    token = uuid.uuid4().hex
    free = (
        select(_queues.webhook_id, _queues.request_id)
        .join(webhooks, webhooks.c.id == _queues.webhook_id)
        .where(_queues.webhook_id == webhook_id, sent_to(), *free_at(at))
        .order_by(_queues.due_at, _queues.request_id)
        .limit(at_most)
        .with_for_update(of=webhook_queues, skip_locked=True)
        .cte("free")
    )
    change = (
        update(webhook_queues)
        .where(_queues.webhook_id == free.c.webhook_id, _queues.request_id == free.c.request_id)
        .values(claim=token, leased_until=until)
        .returning(_queues.request_id)
    )
    with engine.begin() as connection:
        return tuple(Claim(webhook_id, each, token) for each in connection.execute(change).scalars())


def next_due(engine: Engine, claim: Claim, until: datetime) -> DueDelivery | None:
    """The oldest undelivered message of a claimed queue, renewing its lease; None if the claim has ended.

    It ends if the queue is empty, the webhook is no longer active, or somebody else has claimed the queue.
    """
    with engine.begin() as connection:
        # Locked, so that a concurrent fan-out is either seen here or opens the queue again.
        queue = connection.execute(select(_queues.failures).where(*_of(claim)).with_for_update()).first()
        if queue is None:
            return None
        row = connection.execute(select(webhooks).where(webhooks.c.id == claim.webhook_id, sent_to())).mappings()
        webhook, message = row.first(), _oldest(connection, claim)
        if webhook is None:
            _end(connection, claim)
            return None
        if message is None:
            connection.execute(delete(webhook_queues).where(*_of(claim)))
            return None
        connection.execute(update(webhook_queues).where(*_of(claim)).values(leased_until=until))
        return DueDelivery(webhook_from(webhook), message, queue.failures)


def _oldest(connection: Connection, claim: Claim) -> OutboxMessage | None:
    query = (
        MESSAGES.join(webhook_deliveries, _deliveries.message_id == outbox.c.position)
        .where(
            _deliveries.webhook_id == claim.webhook_id,
            _deliveries.request_id == claim.request_id,
            _deliveries.delivered_at.is_(None),
        )
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return message_from(row) if row else None


def note_delivered(engine: Engine, claim: Claim, message_id: int, attempt: Attempt) -> None:
    """Record that the receiver has the message; valid even if the claim was lost meanwhile."""
    with engine.begin() as connection:
        _log(connection, claim.webhook_id, message_id, attempt)
        connection.execute(
            update(webhook_deliveries)
            .where(_deliveries.webhook_id == claim.webhook_id, _deliveries.message_id == message_id)
            .values(delivered_at=attempt.at)
        )
        connection.execute(update(webhook_queues).where(*_of(claim)).values(failures=0))


def note_failed(engine: Engine, claim: Claim, message_id: int, attempt: Attempt, then: datetime | DisabledFor) -> None:
    """Record a failure: retry at an instant, or disable the webhook for a reason. Ends the claim."""
    with engine.begin() as connection:
        _log(connection, claim.webhook_id, message_id, attempt)
        if isinstance(then, DisabledFor):
            _disable(connection, claim.webhook_id, then, attempt.at)
        due_at = attempt.at if isinstance(then, DisabledFor) else then
        connection.execute(
            update(webhook_queues).where(*_of(claim)).values(failures=_queues.failures + 1, due_at=due_at)
        )
        _end(connection, claim)


def note_test(engine: Engine, webhook_id: str, attempt: Attempt) -> None:
    """Log the sending of a test event, which is not a delivery."""
    with engine.begin() as connection:
        _log(connection, webhook_id, None, attempt)


def release(engine: Engine, claim: Claim) -> None:
    """Release a claim before its lease expires."""
    with engine.begin() as connection:
        _end(connection, claim)


# Replay


def replay_one(engine: Engine, webhook_id: str, request_id: str, seq: int, by: Acting, at: datetime) -> bool:
    """Send one message again; False if this webhook never had it."""
    this = select(outbox.c.position).where(outbox.c.request_id == request_id, outbox.c.seq == seq).scalar_subquery()
    change = (
        update(webhook_deliveries)
        .where(_deliveries.webhook_id == webhook_id, _deliveries.message_id == this)
        .values(delivered_at=None)
    )
    with engine.begin() as connection:
        if connection.execute(change).rowcount == 0:
            return False
        _open_queues(connection, webhook_id, {request_id}, at)
        again = and_(_queues.webhook_id == webhook_id, _queues.request_id == request_id)
        connection.execute(update(webhook_queues).where(again).values(due_at=at, failures=0))
        note_act(connection, act_on(webhook_id, ActKind.WEBHOOK_REPLAY, by, {"seq": seq}, request_id))
        return True


def replay_since(engine: Engine, webhook_id: str, since: int | datetime, by: Acting, at: datetime) -> int:
    """Send again everything recorded after a message's id, or at or after an instant; returns how many messages.

    Includes messages older than the webhook that it may see and wants; waiting messages are tried at once. Raises
    CursorExpired for an id after which messages were pruned.
    """
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(FAN_OUT_LOCK)))
        if isinstance(since, int) and 0 < since < connection.execute(select(mark(Mark.PRUNED))).scalar_one():
            raise CursorExpired("Messages after this cursor are not kept any more; begin at the start.")
        query = select(webhooks).where(webhooks.c.id == webhook_id, webhooks.c.deleted_at.is_(None))
        row = connection.execute(query.with_for_update(key_share=True)).mappings().first()
        if row is None:
            return 0
        webhook = webhook_from(row)
        wanted = _wanted(webhook, since if isinstance(since, int) else 0, row["reached"])
        if isinstance(since, datetime):
            wanted = wanted.where(outbox.c.created_at >= since)
        queued = _queue(connection, webhook, wanted, at)
        hurry(connection, webhook_id, at)
        begin = instant_text(since) if isinstance(since, datetime) else since
        note_act(connection, act_on(webhook_id, ActKind.WEBHOOK_REPLAY, by, {"since": begin, "queued": queued}))
        return queued


def sent_to() -> Any:
    """Condition: the webhook is active and not deleted."""
    return and_(webhooks.c.state == WebhookState.ACTIVE, webhooks.c.deleted_at.is_(None))


def free_at(at: datetime | ColumnElement[Any]) -> Iterable[Any]:
    """Condition: due, and without a valid claim."""
    return _queues.due_at <= at, or_(_queues.leased_until.is_(None), _queues.leased_until <= at)


def _of(claim: Claim) -> Iterable[Any]:
    """Condition: the claimed queue, if the claim is still the latest."""
    return (
        _queues.webhook_id == claim.webhook_id,
        _queues.request_id == claim.request_id,
        _queues.claim == claim.token,
    )


def _end(connection: Connection, claim: Claim) -> None:
    connection.execute(update(webhook_queues).where(*_of(claim)).values(claim=None, leased_until=None))


def _disable(connection: Connection, webhook_id: str, reason: DisabledFor, at: datetime) -> None:
    """Disable a webhook; one that is disabled already keeps its reason."""
    change = update(webhooks).where(webhooks.c.id == webhook_id, sent_to())
    connection.execute(change.values(state=WebhookState.DISABLED, reason=reason, since=at))


def _log(connection: Connection, webhook_id: str, message_id: int | None, attempt: Attempt) -> None:
    connection.execute(
        insert(webhook_attempts).values(
            webhook_id=webhook_id,
            message_id=message_id,
            at=attempt.at,
            status=attempt.status,
            error=attempt.error,
            milliseconds=attempt.milliseconds,
            response=attempt.response,
        )
    )
