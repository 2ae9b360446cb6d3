"""The table of the sessions of people at the console."""

from sqlalchemy import Column, Table
from sqlalchemy.dialects.postgresql import JSONB

from ledger.tables import Digest, Instant, metadata

console_sessions = Table(
    "console_sessions",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("bearer", JSONB, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)
"""``digest`` is of what the browser holds: whoever reads the table can be nobody with it."""
