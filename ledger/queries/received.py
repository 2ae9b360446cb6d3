"""Received events (收到的事件): unique by sender, source and id, kept as evidence and never changed.

An event with an effect elsewhere (a filing, or a use counted in a grant) is stored before the effect and finished
after it, so its id means one content from the start, and after a crash it is enough to send it again. All other events
are stored and finished at once.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, TypedDict

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.exc import IntegrityError

from domain.access import EVERYWHERE, Visibility
from ledger.queries.cursors import numbered_cursor, read_numbered_cursor
from ledger.queries.visibility import visible
from ledger.tables import cases, received_events

Effect = Literal["started", "attached", "recorded"]
"""The effect of an event: it started a case, belongs to an existing one, or is only evidence."""

LIST = "received"
"""The name of the list in its cursors."""

_table = received_events.c


@dataclass(frozen=True)
class Arrival:
    """An incoming event: ``digest`` is that of its content, ``places`` are the jurisdiction of its sender.

    Events about access have ``occurred_at`` and ``uses``, those about the catalogue ``resource_code``.
    """

    sender: str
    source: str
    id: str
    type: str
    data: Mapping[str, Any]
    digest: str
    received_from: str
    places: tuple[str, ...] = ()
    subject: str | None = None
    time: datetime | None = None
    request_id: str | None = None
    resource_code: str | None = None
    occurred_at: datetime | None = None
    uses: int | None = None


@dataclass(frozen=True)
class Received(Arrival):
    """A stored event; ``effect`` is None until its effect is known to be done."""

    number: int = 0
    received_at: datetime | None = None
    effect: Effect | None = None


@dataclass(frozen=True)
class ReceivedFilter:
    """Filter of a list of events; None means any."""

    type: str | None = None
    request_id: str | None = None
    resource_code: str | None = None


@dataclass(frozen=True)
class ReceivedPage:
    """A page of events, latest first; ``next`` is the cursor of the next page, None on the last."""

    events: tuple[Received, ...]
    next: str | None


class Access(TypedDict):
    """Reported access to a case's data (开通与使用): when it was opened and last used, and how often."""

    opened_at: datetime | None
    last_used_at: datetime | None
    uses: int


def begin(engine: Engine, arrival: Arrival) -> Received:
    """Store an incoming event, unless one with its sender, source and id exists; returns the stored one."""
    with engine.begin() as connection:
        connection.execute(insert(received_events).values(**asdict(arrival)).on_conflict_do_nothing())
        there = _there(connection, arrival)
    if there is None:  # another call has just withdrawn it
        return begin(engine, arrival)
    return there


def withdraw(engine: Engine, arrival: Arrival) -> None:
    """Delete an event whose effect was refused, so that its id can be used again; keeps one that had an effect."""
    with engine.begin() as connection:
        connection.execute(delete(received_events).where(_same(arrival), _table.effect.is_(None)))


def record(engine: Engine, arrival: Arrival) -> tuple[Received, bool]:
    """Store an event that is only evidence; returns the stored one, and whether this call stored it."""
    return _finish(engine, arrival, literal("recorded"))


def finish_filing(engine: Engine, arrival: Arrival) -> tuple[Received, bool]:
    """Finish an event that filed ``arrival.request_id``; returns the stored one, and whether this call finished it.

    The first event of a case started it; later ones are attached to it.
    """
    started = exists().where(_table.request_id == arrival.request_id, _table.effect == "started")
    effect = case((started, "attached"), else_="started")
    try:
        return _finish(engine, arrival, effect)
    except IntegrityError:
        # Two first events at once: the database accepted one of them as the first.
        return _finish(engine, arrival, effect)


def _finish(engine: Engine, arrival: Arrival, effect: ColumnElement[Any]) -> tuple[Received, bool]:
    written = insert(received_events).values(**asdict(arrival), effect=effect)
    unfinished = and_(_table.effect.is_(None), _table.digest == arrival.digest)
    done = written.on_conflict_do_update(
        index_elements=[_table.sender, _table.source, _table.id],
        set_={"effect": written.excluded.effect, "request_id": written.excluded.request_id},
        where=unfinished,
    ).returning(_table.number)
    with engine.begin() as connection:
        first = connection.execute(done).scalar() is not None
        there = _there(connection, arrival)
    assert there is not None  # an event that had an effect is never deleted
    return there, first


def find_received(engine: Engine, arrival: Arrival) -> Received | None:
    """The stored event with this sender, source and id, or None."""
    with engine.connect() as connection:
        return _there(connection, arrival)


def list_received(
    engine: Engine, visibility: Visibility, wanted: ReceivedFilter, cursor: str | None = None, limit: int = 50
) -> ReceivedPage:
    """The visible events that had an effect, latest first. Raises BadCursor.

    An event about a case is visible to everybody who sees the case; one about the catalogue, to the organs of places
    in its sender's jurisdiction.
    """
    query = (
        select(received_events)
        .outerjoin(cases, cases.c.request_id == _table.request_id)
        .where(_table.effect.is_not(None), _seen(visibility))
        .order_by(_table.number.desc())
        .limit(limit + 1)
    )
    asked = {
        _table.type: wanted.type,
        _table.request_id: wanted.request_id,
        _table.resource_code: wanted.resource_code,
    }
    query = query.where(*(column == value for column, value in asked.items() if value is not None))
    if cursor is not None:
        query = query.where(_table.number < read_numbered_cursor(LIST, cursor))
    with engine.connect() as connection:
        # One more than asked for shows whether there is another page.
        found = tuple(_from(row) for row in connection.execute(query).mappings())
    shown = found[:limit]
    return ReceivedPage(shown, numbered_cursor(LIST, shown[-1].number) if len(found) > limit else None)


def access_of(engine: Engine, request_id: str) -> Access | None:
    """The reported access to a case's data, or None if nothing was reported."""
    opened = _table.uses.is_(None)
    query = select(
        func.min(_table.occurred_at).filter(opened),
        func.max(_table.occurred_at).filter(~opened),
        func.coalesce(func.sum(_table.uses), 0),
    ).where(_table.request_id == request_id, _table.occurred_at.is_not(None), _table.effect.is_not(None))
    with engine.connect() as connection:
        opened_at, last_used_at, uses = connection.execute(query).one()
    if opened_at is None and last_used_at is None:
        return None
    return Access(opened_at=opened_at, last_used_at=last_used_at, uses=int(uses))


def _seen(visibility: Visibility) -> ColumnElement[bool]:
    if visibility.everything:
        return true()
    of_a_case = and_(_table.request_id.is_not(None), visible(visibility))
    if not visibility.places:
        return of_a_case
    common = _table.places.has_any(array(sorted({*visibility.places, EVERYWHERE})))
    return or_(of_a_case, and_(_table.request_id.is_(None), common))


def _same(arrival: Arrival) -> ColumnElement[bool]:
    return and_(_table.sender == arrival.sender, _table.source == arrival.source, _table.id == arrival.id)


def _there(connection: Connection, arrival: Arrival) -> Received | None:
    row = connection.execute(select(received_events).where(_same(arrival))).mappings().first()
    return _from(row) if row else None


def _from(row: Mapping[Any, Any]) -> Received:
    return Received(**{**row, "places": tuple(row["places"])})
