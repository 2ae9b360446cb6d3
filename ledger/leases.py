"""Leases for work that one process alone should do: rows that expire, which work behind a pooler, unlike locks."""

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
"""The holder of each lease, and when it expires unless renewed."""

LAPSES_AFTER: Final = timedelta(seconds=10)
"""The usual duration of a lease: so long after its holder died, another process may take it."""


@dataclass(frozen=True)
class Lease:
    """One holder's lease of a name. Every method blocks, and raises one of DATABASE_FAILED."""

    engine: Engine
    name: str
    lapses_after: timedelta = LAPSES_AFTER
    holder: str = field(default_factory=lambda: uuid.uuid4().hex)

    def take(self) -> bool:
        """Take or renew the lease; returns whether this holder has it now.

        A lease that lasts far longer than any is granted for was taken while the database's clock was ahead. It is
        ignored, because otherwise nobody could take over until the clock reaches that time again.
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
        """Release the lease, so that others can take it at once."""
        mine = delete(leases).where(leases.c.name == self.name, leases.c.holder == self.holder)
        with self.engine.begin() as connection:
            connection.execute(mine)
