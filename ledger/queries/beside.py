"""Changes beside cases that are not events: claims and notes. Lets open pages notice them."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, FromClause, and_, exists, func, or_, select

from ledger.desk_tables import desk_moves
from ledger.engine import reading
from ledger.session_tables import console_notes


@dataclass(frozen=True)
class Onlooker:
    """Who is watching: the claims of a department, and, if a case is named, its notes for one of these sides."""

    unit: str
    sides: Collection[str]
    request_id: str | None = None


@dataclass(frozen=True)
class BesidePosition:
    """The newest claim, release or hand-over, and the newest note."""

    moves: int
    notes: int


@dataclass(frozen=True)
class Beside:
    """Queries on these changes, for doors. Every method blocks, like those of the reader."""

    engine: Engine

    def newest(self) -> BesidePosition:
        """The current position."""
        with reading(self.engine) as connection:
            row = connection.execute(select(*_newest())).one()
            return BesidePosition(row[0], row[1])

    def moved(self, who: Onlooker, after: BesidePosition) -> tuple[BesidePosition, bool]:
        """The current position, and whether anything since ``since`` concerns the onlooker."""
        with reading(self.engine) as connection:
            row = connection.execute(select(*_newest(), _for(who, after))).one()
            return BesidePosition(row[0], row[1]), bool(row[2])


def _for(who: Onlooker, after: BesidePosition) -> ColumnElement[bool]:
    moves, notes = desk_moves.c, console_notes.c
    claimed = and_(moves.number > after.moves, moves.unit == who.unit)
    if who.request_id is None:
        return exists().where(claimed)
    theirs = or_(notes.side.is_(None), notes.side.in_(who.sides))
    noted = exists().where(notes.number > after.notes, notes.request_id == who.request_id, theirs)
    return or_(exists().where(claimed, moves.request_id == who.request_id), noted)


def _newest() -> list[ColumnElement[int]]:
    def of(table: FromClause) -> ColumnElement[int]:
        return func.coalesce(select(func.max(table.c.number)).scalar_subquery(), 0)

    return [of(desk_moves), of(console_notes)]
