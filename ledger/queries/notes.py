"""Notes on cases (append-only), each for everybody or for one side."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, RowMapping, or_, select
from sqlalchemy.dialects.postgresql import insert

from domain.calendar import CHINA
from ledger.engine import reading
from ledger.queries.cursors import numbered_cursor, read_numbered_cursor
from ledger.session_tables import console_notes

_LIST: Final = "note"
_row = console_notes.c


@dataclass(frozen=True)
class NewNote:
    """A note to be added: its author, the role, and for whom it is (``side`` None: all who see the case)."""

    request_id: str
    role: str
    org: str | None
    person: str
    side: str | None
    text: str
    key: str


@dataclass(frozen=True)
class Note(NewNote):
    """A stored note."""

    number: int
    at: datetime


def add_note(engine: Engine, new: NewNote) -> tuple[Note, bool]:
    """Add a note, once for its idempotency key; returns the note of the key, and whether it was added now."""
    with engine.begin() as connection:
        adding = insert(console_notes).values(**vars(new)).on_conflict_do_nothing(constraint=_ONCE)
        added = connection.execute(adding.returning(*console_notes.c)).mappings().first()
        if added is not None:
            return _note(added), True
        there = select(console_notes).where(_row.request_id == new.request_id, _row.key == new.key)
        return _note(connection.execute(there).mappings().one()), False


_ONCE: Final = "console_notes_request_id_key_key"


def notes_of(
    engine: Engine, request_id: str, sides: Collection[str], cursor: str | None, limit: int
) -> tuple[Sequence[Note], str | None]:
    """The notes for one of these sides or for all, newest first, and the next cursor. Raises BadCursor."""
    theirs = or_(_row.side.is_(None), _row.side.in_(sides))
    query = select(console_notes).where(_row.request_id == request_id, theirs).order_by(_row.number.desc())
    if cursor is not None:
        query = query.where(_row.number < read_numbered_cursor(_LIST, cursor))
    with reading(engine) as connection:
        found = [_note(row) for row in connection.execute(query.limit(limit + 1)).mappings()]
    page = found[:limit]
    return page, numbered_cursor(_LIST, page[-1].number) if len(found) > limit else None


def _note(row: RowMapping) -> Note:
    return Note(**{**row, "at": row["at"].astimezone(CHINA)})
