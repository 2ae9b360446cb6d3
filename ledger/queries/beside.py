"""What changes beside cases without an event: who has taken which, and what was noted. Told to whoever looks on."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, FromClause, and_, exists, func, or_, select

from ledger.desk_tables import desk_moves
from ledger.engine import reading
from ledger.session_tables import console_notes


@dataclass(frozen=True)
class Onlooker:
    """Who looks on: at the work of a department, and where a case is named at what is noted for one of these sides."""

    unit: str
    sides: Collection[str]
    request_id: str | None = None


@dataclass(frozen=True)
class BesidePosition:
    """The newest of what was claimed, released or handed over, and of what was noted."""

    moves: int
    notes: int


@dataclass(frozen=True)
class Beside:
    """All of it, to be asked by doors. Every method blocks, as those of the reader do."""

    engine: Engine

    def newest(self) -> BesidePosition:
        """How far all has come."""
        with reading(self.engine) as connection:
            row = connection.execute(select(*_newest())).one()
            return BesidePosition(row[0], row[1])

    def moved(self, who: Onlooker, after: BesidePosition) -> tuple[BesidePosition, bool]:
        """How far all has come, and whether something of it since then is what somebody looks at."""
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
