"""The tables of what is stuck: what was found, which comes and goes; who watches; and batches of retries."""

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
"""``filed_at`` is the case's own: lists of cases are in that order. Without it ``request_id`` names no case."""

stuck_watch = Table(
    "stuck_watch",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=true()),
    Column("holder", Text, nullable=False),
    Column("until", Instant, nullable=False),
    Column("seen_at", Instant),
)
"""Who watches for what is stuck, until when, and when somebody last did."""

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
"""What a batch is about, frozen when it was prepared, and what came of each."""
