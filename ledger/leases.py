"""What one process alone should do, held as a row that lapses: a pooler in front of the database loses no row."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import Column, Engine, Table, Text, delete, func
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from ledger.tables import Instant, metadata

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Instant, nullable=False),
)
"""Who does what, and until when unless it is prolonged."""

LAPSES_AFTER: Final = timedelta(seconds=10)
"""So long after its holder died somebody else may take a lease, unless that says otherwise."""


@dataclass(frozen=True)
class Lease:
    """One holder's claim to what is done under a name. Every method blocks, and raises one of DATABASE_FAILED."""

    engine: Engine
    name: str
    lapses_after: timedelta = LAPSES_AFTER
    holder: str = field(default_factory=lambda: uuid.uuid4().hex)

    def take(self) -> bool:
        """Take the lease or prolong it; whether it is this holder's now.

        One that lasts far longer than any is given was taken while the database's clock was ahead: it binds nobody, or
        else nobody would do what its holder did, were he gone, until the clock has come there again.
        """
        until = func.clock_timestamp() + self.lapses_after
        new = insert_or_skip(leases).values(name=self.name, holder=self.holder, until=until)
        lapsed = leases.c.until < func.clock_timestamp()
        taken_ahead = leases.c.until > func.clock_timestamp() + 2 * self.lapses_after
        free = (leases.c.holder == self.holder) | lapsed | taken_ahead
        taken = new.on_conflict_do_update(
            index_elements=[leases.c.name], set_={"holder": self.holder, "until": until}, where=free
        )
        with self.engine.begin() as connection:
            return connection.execute(taken.returning(leases.c.holder)).first() is not None

    def give_back(self) -> None:
        """Let others have it at once."""
        mine = delete(leases).where(leases.c.name == self.name, leases.c.holder == self.holder)
        with self.engine.begin() as connection:
            connection.execute(mine)
