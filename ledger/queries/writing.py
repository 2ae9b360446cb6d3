"""The statements that record a step. Only ``ledger.recording`` uses them, inside its transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from domain.engine.records import Clock, RecordedEvent
from domain.evidence import COVERED, Algorithm, body_of
from domain.words import Stage
from ledger.queries.views import MOVING
from ledger.tables import cases, clocks, events, filings, outbox

_STARTED = ("number", "id", "started_at", "amount", "unit", "due_date", "due_at", "provisional")
"""The columns of a clock that the database refuses to change."""


@dataclass(frozen=True)
class LockedCase:
    """The part of a case's row that the next step needs; its row is locked until the transaction ends."""

    statute: str
    seq: int
    head_digest: str
    algorithm: Algorithm


def insert_case(connection: Connection, values: Mapping[str, Any], application: Mapping[str, Any]) -> None:
    """Put a case in unless its id or filing key is taken; waits for another writer of the same."""
    put = insert_or_skip(cases).values(**values).on_conflict_do_nothing().returning(cases.c.request_id)
    new = connection.execute(put).scalar()
    if new is not None:
        connection.execute(insert(filings).values(request_id=new, application=application))


def lock_case(connection: Connection, request_id: str) -> LockedCase | None:
    """Lock a case's row, waiting up to the connection's lock_timeout, and read it as it then is."""
    row = connection.execute(
        select(cases.c.statute, cases.c.seq, cases.c.head_digest, cases.c.algorithm)
        .where(cases.c.request_id == request_id)
        .with_for_update()
    ).first()
    return LockedCase(*row) if row else None


def insert_events(connection: Connection, request_id: str, recorded: Sequence[RecordedEvent]) -> None:
    """Append events; the database refuses a gap or a broken link."""
    rows = []
    for event in recorded:
        body = body_of(event)
        # A real instant for the column; everything else as the digest saw it.
        row = {name: body[name] for name in COVERED} | {"at": event.at}
        rows.append({"request_id": request_id, **row, "prev": event.prev, "digest": event.digest})
    connection.execute(insert(events), rows)


def insert_clock(connection: Connection, request_id: str, seq: int, clock: Clock) -> None:
    """Add a clock that the event with that number started."""
    row = {name: getattr(clock, name) for name in (*_STARTED, *MOVING)}
    connection.execute(insert(clocks).values(request_id=request_id, seq=seq, **row))


def update_clock(connection: Connection, request_id: str, clock: Clock) -> None:
    """Write what became of a clock."""
    connection.execute(
        update(clocks)
        .where(clocks.c.request_id == request_id, clocks.c.number == clock.number)
        .values({name: getattr(clock, name) for name in MOVING})
    )


def advance_case(connection: Connection, request_id: str, last: RecordedEvent, also: Mapping[str, Any]) -> None:
    """Move a case's row to its ``last`` event, and these columns to these values."""
    connection.execute(
        update(cases)
        .where(cases.c.request_id == request_id)
        .values(
            stage=Stage(last.stage),
            seq=last.seq,
            head_digest=last.digest,
            updated_at=func.clock_timestamp(),
            **also,
        )
    )


def insert_messages(connection: Connection, request_id: str, recorded: Sequence[RecordedEvent]) -> None:
    """One message an event, in the order of the events, at the places that belong to this transaction."""
    here = connection.execute(select(func.outbox_here())).scalar_one()
    connection.execute(
        insert(outbox),
        [
            {"position": place, "request_id": request_id, "seq": event.seq, "type": event.type}
            for place, event in enumerate(recorded, here)
        ],
    )
