"""Notifications: each is written once before it is sent, claimed by one sender, and gets an outcome.

If sending was begun and never finished, the notification may have arrived: it is ``unknown`` and not sent again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Engine, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from domain.access import Visibility
from domain.messages import Language
from domain.words import EventType
from ledger.desk_tables import desk_moves
from ledger.engine import reading
from ledger.notification_tables import console_notifications
from ledger.queries.notified import NotificationChannel, NotificationKind
from ledger.queries.visibility import visible
from ledger.tables import cases, events


class NotificationState(StrEnum):
    """Where a notification stands.

    ``before``: there already when its recipient chose to be told, so never sent; ``nothing``: a digest of nothing.
    """

    BEFORE = "before"
    NOTHING = "nothing"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"


LOST: Final = (NotificationState.UNKNOWN, NotificationState.FAILED)
HANDED_OF_LATE: Final = timedelta(days=7)

_row = console_notifications.c
_NEW: Final = ("occasion", "recipient", "channel", "kind", "language", "title", "body", "state")


@dataclass(frozen=True)
class NewNotification:
    """A notification to be written: to an owner by mail, or to the group of a department by its code."""

    occasion: str
    recipient: str
    channel: NotificationChannel
    kind: NotificationKind
    language: Language
    title: str
    body: str
    state: NotificationState


@dataclass(frozen=True)
class DueNotification:
    """A notification to be sent now, and how often sending was begun, including this time."""

    id: int
    recipient: str
    channel: NotificationChannel
    language: Language
    title: str
    body: str
    tries: int


@dataclass(frozen=True)
class LostNotification:
    """A notification that was not delivered, or perhaps not; for operators."""

    id: int
    recipient: str
    channel: NotificationChannel
    kind: NotificationKind
    title: str
    state: NotificationState
    error: str | None
    created_at: datetime
    tries: int


@dataclass(frozen=True)
class LastUrging:
    """The last urging of a case: the number of its event, its level, and the stage of the case then."""

    seq: int
    level: str
    stage: str


@dataclass(frozen=True)
class HandedOver:
    """A case that a colleague has handed over to somebody."""

    number: int
    request_id: str
    officer: str
    by: str


# Occasions that no list of cases shows


def last_urgings(engine: Engine, request_ids: Collection[str]) -> Mapping[str, LastUrging]:
    """The last urging of each of these cases; cases without one are left out."""
    there = (events.c.request_id.in_(request_ids), events.c.type == EventType.URGED.value)
    query = (
        select(events.c.request_id, events.c.seq, events.c.data["level"].astext.label("level"), events.c.stage)
        .ext(distinct_on(events.c.request_id))
        .where(*there)
        .order_by(events.c.request_id, events.c.seq.desc())
    )
    with reading(engine) as connection:
        return {row.request_id: LastUrging(row.seq, row.level, row.stage) for row in connection.execute(query)}


def handed_over_to(engine: Engine, unit: str, officer: str, visibility: Visibility) -> Sequence[HandedOver]:
    """The visible open cases that colleagues of a unit have recently handed over to somebody."""
    there = (
        desk_moves.c.kind == "hand_over",
        desk_moves.c.unit == unit,
        desk_moves.c.officer == officer,
        desk_moves.c.by != officer,
        desk_moves.c.at > func.clock_timestamp() - HANDED_OF_LATE,
        cases.c.closed_at.is_(None),
    )
    of = (desk_moves.c.number, desk_moves.c.request_id, desk_moves.c.officer, desk_moves.c.by)
    query = select(*of).join(cases, cases.c.request_id == desk_moves.c.request_id).where(*there, visible(visibility))
    with reading(engine) as connection:
        return [HandedOver(*row) for row in connection.execute(query.order_by(desk_moves.c.number).limit(500))]


# Writing before sending


def known_occasions(
    engine: Engine, occasions: Collection[str], recipient: str, channel: NotificationChannel
) -> frozenset[str]:
    """Those of some occasions for which a recipient already has a notification."""
    query = select(_row.occasion).where(
        _row.occasion.in_(occasions), _row.recipient == recipient, _row.channel == channel.value
    )
    with reading(engine) as connection:
        return frozenset(connection.execute(query).scalars())


def write_notifications(engine: Engine, new: Sequence[NewNotification], at: datetime) -> int:
    """Write new notifications, one for each occasion, recipient and channel; returns how many were new."""
    if not new:
        return 0
    rows = [{name: str(getattr(each, name)) for name in _NEW} | {"due_at": at} for each in new]
    put = insert_or_skip(console_notifications).values(rows)
    with engine.begin() as connection:
        unless_known = put.on_conflict_do_nothing(constraint="console_notifications_once")
        return len(connection.execute(unless_known.returning(_row.id)).all())


# Sending


def claim_notifications(
    engine: Engine, at: datetime, at_most: Mapping[NotificationChannel, int]
) -> Sequence[DueNotification]:
    """Claim the notifications that have waited longest, with all others that wait for the same recipients; none twice.

    ``at_most``: the channels, and how many at once on each.
    """
    waits = (_row.state == NotificationState.WAITING.value, _row.due_at <= at, _row.channel.in_(list(at_most)))
    first = select(_row.recipient, _row.channel).where(*waits).order_by(_row.due_at, _row.id).limit(1)
    with engine.begin() as connection:
        found = connection.execute(first.with_for_update(skip_locked=True)).first()
        if found is None:
            return []
        to = (_row.recipient == found.recipient, _row.channel == found.channel)
        limit = at_most[NotificationChannel(found.channel)]
        free = select(_row.id).where(*waits, *to).order_by(_row.due_at, _row.id).limit(limit)
        begin = update(console_notifications).where(_row.id.in_(free.with_for_update(skip_locked=True)))
        begun = begin.values(state=NotificationState.SENDING.value, begun_at=at, tries=_row.tries + 1)
        rows = connection.execute(begun.returning(*(_row[name] for name in DueNotification.__dataclass_fields__)))
        return sorted((_due(row) for row in rows.mappings()), key=lambda each: each.id)


def _due(row: Mapping[Any, Any]) -> DueNotification:
    return DueNotification(**{**row, "channel": NotificationChannel(row["channel"])})


def note_outcome(
    engine: Engine, ids: Collection[int], state: NotificationState, at: datetime, error: str | None = None
) -> None:
    """Record the outcome of what this sender began, even if it was given up as unknown meanwhile."""
    ours = (_row.id.in_(ids), _row.state.in_([NotificationState.SENDING.value, NotificationState.UNKNOWN.value]))
    with engine.begin() as connection:
        ended = update(console_notifications).where(*ours)
        connection.execute(ended.values(state=state.value, ended_at=at, error=error))


def send_later(engine: Engine, ids: Collection[int], then: datetime, error: str) -> None:
    """Postpone notifications that certainly did not arrive."""
    ours = (_row.id.in_(ids), _row.state == NotificationState.SENDING.value)
    with engine.begin() as connection:
        later = update(console_notifications).where(*ours)
        connection.execute(later.values(state=NotificationState.WAITING.value, due_at=then, error=error))


def silent_are_unknown(engine: Engine, begun_before: datetime, at: datetime) -> int:
    """Mark as unknown what was begun before an instant and never finished; returns how many."""
    silent = (_row.state == NotificationState.SENDING.value, _row.begun_at < begun_before)
    with engine.begin() as connection:
        given_up = update(console_notifications).where(*silent)
        return connection.execute(given_up.values(state=NotificationState.UNKNOWN.value, ended_at=at)).rowcount


def lost_notifications(engine: Engine, limit: int) -> Sequence[LostNotification]:
    """The notifications that were not delivered, or perhaps not, newest first."""
    query = select(*(_row[name] for name in LostNotification.__dataclass_fields__))
    query = query.where(_row.state.in_([state.value for state in LOST])).order_by(_row.id.desc()).limit(limit)
    with reading(engine) as connection:
        return [_lost(row) for row in connection.execute(query).mappings()]


def _lost(row: Mapping[Any, Any]) -> LostNotification:
    words = {
        "channel": NotificationChannel(row["channel"]),
        "kind": NotificationKind(row["kind"]),
        "state": NotificationState(row["state"]),
    }
    return LostNotification(**{**row, **words})
