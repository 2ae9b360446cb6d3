"""The tables of assessments: what each case counts for, so that the figures of a period are a sum over few rows.

They are derived from events, clocks and cases and can be rebuilt at any time, as happens when the rules change that say
who must keep which limit (``ledger.queries.assessed_parts``).
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
"""The rules under which parts are kept, and the position in the outbox up to which they are current; ``filled``: the
last case reached by a rebuild, None when it is complete."""

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
"""What many parts have in common: department, procedure and so on; ``superior`` is empty if there is none."""


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
"""A department's part in a case, with one bit for each measure. ``seq``: the case's last event."""

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
"""The days that each limit of a part took, kept or missed, by the number of its clock."""
