"""The tables of what is kept for assessments: what each case counts for, so that a period is added up, not looked up.

Nothing stands here that events, clocks and cases do not say: it can be made again at any time, and is, where the rules
by which limits are somebody's have changed (``ledger.queries.assessed_parts``).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    true,
)

from ledger.tables import Instant, metadata, of_case

assessed_mark = Table(
    "assessed_mark",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=true()),
    Column("rules", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("filled", Text),
)
"""Under which rules parts are kept, up to which message of the outbox; ``filled``: the last case of those that were
there before, None when all have been looked at."""

assessed_kinds = Table(
    "assessed_kinds",
    metadata,
    Column("number", Integer, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("statute", Text, nullable=False),
    Column("superior", Text, nullable=False),
    UniqueConstraint("code", "name", "procedure", "statute", "superior", name="assessed_kinds_once"),
)
"""What many parts have in common: whose they are, and of which cases; ``superior`` is empty where there is none."""


def _of_kind() -> Column[int]:
    return Column("kind", Integer, ForeignKey("assessed_kinds.number"), nullable=False)


assessed_parts = Table(
    "assessed_parts",
    metadata,
    of_case(),
    Column("role", Text, primary_key=True),
    _of_kind(),
    Column("filed_at", Instant, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("measures", Integer, nullable=False),
    Column("outcome", Text),
    Index("assessed_parts_by_filing", "filed_at", "request_id"),
)
"""A part that a department has in a case, and what it counts for: a bit for each measure. ``seq``: the case's last."""

assessed_limits = Table(
    "assessed_limits",
    metadata,
    of_case(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _of_kind(),
    Column("filed_at", Instant, nullable=False),
    Column("policy", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("began", Date, nullable=False),
    Column("due", Date, nullable=False),
    Column("ended", Date),
    Index("assessed_limits_by_filing", "filed_at"),
)
"""The days of each limit of a part that was kept or missed, by the number of its clock."""
