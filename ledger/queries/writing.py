"""The statements that record a step. Only ``ledger.recording`` uses them, inside its transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from domain.engine.records import Clock, RecordedEvent
from domain.evidence import COVERED, Algorithm, body_of, plain
from domain.words import Outcome, Stage
from ledger.tables import cases, clocks, events, outbox

# "outbo" in ASCII. Taken last in each recording transaction.
_OUTBOX_LOCK = 0x6F7574626F

_MOVING = ("state", "ended_at", "warned", "climbed")
"""The columns of a clock that change after it started; the database refuses changes to all others."""


@dataclass(frozen=True)
class LockedCase:
    """The part of a case's row that the next step needs; its row is locked until the transaction ends."""

    statute: str
    seq: int
    head_digest: str
    algorithm: Algorithm


def insert_case(connection: Connection, values: Mapping[str, Any]) -> None:
    """Put a case in unless its id or filing key is taken; waits for another writer of the same."""
    connection.execute(insert_or_skip(cases).values(**values).on_conflict_do_nothing())


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


def insert_clock(connection: Connection, request_id: str, clock: Clock) -> None:
    """Add a clock that started."""
    row = {name: getattr(clock, name) for name in Clock.model_fields}
    as_json = {name: plain(row[name]) for name in ("calendar_editions", "warn_at", "rungs")}
    connection.execute(insert(clocks).values(request_id=request_id, **(row | as_json)))


def update_clock(connection: Connection, request_id: str, clock: Clock) -> None:
    """Write what became of a clock."""
    connection.execute(
        update(clocks)
        .where(clocks.c.request_id == request_id, clocks.c.number == clock.number)
        .values({name: getattr(clock, name) for name in _MOVING})
    )


def advance_case(
    connection: Connection,
    request_id: str,
    last: RecordedEvent,
    outcome: Outcome | None,
    closed_at: datetime | None,
) -> None:
    """Move a case's row to its ``last`` event; ``outcome`` and ``closed_at`` only when it closed."""
    closing = {} if outcome is None else {"outcome": outcome, "closed_at": closed_at}
    connection.execute(
        update(cases)
        .where(cases.c.request_id == request_id)
        .values(
            stage=Stage(last.stage),
            seq=last.seq,
            head_digest=last.digest,
            updated_at=func.clock_timestamp(),
            **closing,
        )
    )


def insert_messages(connection: Connection, request_id: str, recorded: Sequence[RecordedEvent]) -> None:
    """One message an event, in the order of the events. Call it last.

    Ids are drawn under a lock held until commit: otherwise a message with a lower id could become
    visible after one with a higher id, and a reader that keeps the last id would miss it.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _OUTBOX_LOCK})
    connection.execute(
        insert(outbox),
        [
            {"request_id": request_id, "seq": event.seq, "type": event.type, "payload": plain(event)}
            for event in recorded
        ],
    )
