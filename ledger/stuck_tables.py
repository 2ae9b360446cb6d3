"""The tables of what is stuck: current findings, the watching process, and batches of retries."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, func, text, true
from sqlalchemy.dialects.postgresql import JSONB

from ledger.tables import Instant, metadata

parked = Table(
    "parked",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("since", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("filed_at", Instant),
    Column("kind", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("error", Text),
    Column("waits_on", Text),
    Column("looked_at", Instant),
    Index("parked_by_filing", "filed_at", "request_id", postgresql_where=text("filed_at IS NOT NULL")),
    Index("parked_by_cause", "cause", "since"),
)
"""``filed_at`` is that of the case, since lists of cases are in that order; null if ``request_id`` is not a case."""

stuck_watch = Table(
    "stuck_watch",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=true()),
    Column("holder", Text, nullable=False),
    Column("until", Instant, nullable=False),
    Column("seen_at", Instant),
)
"""The process that watches for what is stuck, until when, and when the last watch ended."""

stuck_batches = Table(
    "stuck_batches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("left_out", Integer, nullable=False),
    Column("prepared_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("confirmed_at", Instant),
    Column("ended_at", Instant),
)

stuck_batch_items = Table(
    "stuck_batch_items",
    metadata,
    Column("batch_id", Text, ForeignKey("stuck_batches.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("subject", Text, nullable=False),
    Column("begun_at", Instant),
    Column("result", Text),
    Column("why", Text),
    Column("ended_at", Instant),
)
"""The subjects of a batch, frozen when it was prepared, each with its result."""
